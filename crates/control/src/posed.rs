//! Control as a problem: what it costs, how it is coupled, what is known of the answer.

use frame::problem::Findings;
use frame::{
    ErrorBudget, Forecast, Params, Precision, Problem, Representation as _, Run, Table, Term, Watch,
};
use ground::stream::Stream;
use ground::{Error, Result};

use crate::answer::Reached;
use crate::model::{Beyond, Model};
use crate::plan::{Plan, SLICE};
use crate::policy::Policy;
use crate::problem::Control;

impl<M: Model> Problem<Policy> for Control<M> {
    type Functional = Plan<M>;
    type Answer = Reached;

    fn forecast(&self, form: &Policy, run: &Run) -> Result<Forecast> {
        let shape = self.model.shape();
        let weights: usize = form.layout().blocks.iter().map(|(_, packing)| packing.len()).sum();
        let widths = form.parts().into_iter().map(|part| form.widths(part));
        let widths: Vec<Vec<usize>> = widths.collect();
        let products: usize =
            widths.iter().flat_map(|w| w.windows(2)).map(|pair| pair[0] * pair[1]).sum();
        let lines: usize = widths.iter().flatten().sum();
        let bytes = if run.precision == Precision::F32 { 4.0 } else { 8.0 };
        let steps = shape.steps as f64;
        let paths = run.batch.next_multiple_of(SLICE.min(run.batch.max(1)));
        let numbers = (3 * lines + 2 * (shape.state + shape.action + shape.noise())) as f64;
        let looks = (run.iterations / run.look_every.max(1)) as f64 * run.look as f64;
        let paths_made = 3.0 * run.batch as f64 * run.iterations as f64 + looks + run.fresh as f64;
        let shown =
            |widths: &[usize]| widths.iter().map(ToString::to_string).collect::<Vec<_>>().join("-");
        let own = match (form.shared, form.stationary) {
            (true, true) => "one for all steps, without the time",
            (true, false) => "one for all steps",
            _ => "one a step",
        };
        let facts = [
            ("steps", shape.steps.to_string()),
            ("state", format!("{} numbers, {} random ones a step", shape.state, shape.noise())),
            ("action", format!("{} numbers", shape.action)),
            (
                "policy",
                format!(
                    "{}, {own}, {weights} weights",
                    widths.iter().map(|w| shown(w)).collect::<Vec<_>>().join(" + ")
                ),
            ),
            (
                "best is",
                format!(
                    "the {}",
                    if self.model.sense().sign() > 0.0 { "least cost" } else { "largest reward" }
                ),
            ),
            (
                "judged by",
                match self.exact() {
                    Some(exact) => exact.how(),
                    None => "its own mean: no optimum is known".to_owned(),
                },
            ),
        ];
        Ok(Forecast {
            facts: facts.into_iter().map(|(topic, fact)| (topic.to_owned(), fact)).collect(),
            bytes: bytes * (7.0 * weights as f64 + numbers * steps * paths as f64)
                + 8.0 * numbers * steps * 2048.0,
            operations: steps * (2.0 * products as f64 + self.model.operations()) * paths_made,
            cites: ["HE16", "KB15"].map(str::to_owned).to_vec(),
        })
    }

    fn couple(self, form: Policy, run: &Run) -> Result<Plan<M>> {
        Plan::new(self, form, run)
    }

    fn answer(
        j: &mut Plan<M>,
        theta: &Params,
        stream: &Stream,
        watch: &mut dyn Watch,
    ) -> Result<Findings<Reached>> {
        let answer = Reached::of(j, theta, stream, watch)?;
        Ok(Findings {
            error: budget(&answer),
            contradiction: None,
            doubts: answer.doubts(),
            slack: SLACK * answer.value.mean.abs(),
            late: (answer.exact.is_none() && answer.bounds.is_none()).then_some(LATE),
            answer,
        })
    }

    fn columns(j: &Plan<M>) -> Vec<String> {
        let [states, _] = j.problem.model.names();
        std::iter::once("t".to_owned()).chain(states).collect()
    }

    fn at_points(
        j: &mut Plan<M>,
        theta: &Params,
        points: &Table,
        _: &mut dyn Watch,
    ) -> Result<Table> {
        let [_, actions] = j.problem.model.names();
        let columns = <Self as Problem<Policy>>::columns(j);
        let rows = arranged(points, &columns)?;
        let steps = j.problem.model.shape().steps;
        if j.form.memory > 0 {
            return Err(Error::input("", "this policy acts on what it remembers of a path")
                .allowed("A state alone does not say what it does; its networks are in policy.safetensors"));
        }
        let mut acting = j.acting(theta);
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let t = row[0];
            if t.fract() != 0.0 || !(0.0..steps as f64).contains(&t) {
                return Err(Error::input("t", format!("there is no step {t}"))
                    .allowed(format!("Steps are counted from 0 to {}", steps - 1)));
            }
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and bounded"
            )]
            let a = acting(t as usize, &row[1..]);
            let mut beyond = Vec::new();
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and bounded"
            )]
            j.problem.model.beyond((t as usize, &row[1..], &a), &mut beyond);
            let is_off = |b: &Beyond| b.by.is_nan() || b.by > 1e-9 * b.scale.abs().max(1.0);
            if a.iter().any(|x| !x.is_finite()) || beyond.iter().any(is_off) {
                let state: Vec<String> = row[1..].iter().map(ToString::to_string).collect();
                return Err(Error::input(
                    "",
                    format!("no action is allowed in the state {}", state.join(",")),
                )
                .allowed("Give states that the model can be in"));
            }
            found.push(row.iter().copied().chain(a).collect());
        }
        Ok(Table { columns: columns.into_iter().chain(actions).collect(), rows: found })
    }
}

/// The rows with their columns in the order of the state, whatever order they were given in.
fn arranged(points: &Table, columns: &[String]) -> Result<Vec<Vec<f64>>> {
    let place = |name: &String| points.columns.iter().position(|own| own == name);
    let places: Option<Vec<usize>> = columns.iter().map(place).collect();
    let Some(places) = places.filter(|all| all.len() == points.columns.len()) else {
        let found = format!("the columns are {}", points.columns.join(","));
        return Err(Error::input("", found).allowed(format!(
            "They must be {}, in any order: the step, counted from 0, and the state",
            columns.join(",")
        )));
    };
    let row = |row: &Vec<f64>| places.iter().map(|k| row[*k]).collect();
    Ok(points.rows.iter().map(row).collect())
}

/// The share of the value by which the mean cost may still move without mattering.
const SLACK: f64 = 1e-4;

/// The share of all that was gained which the second half of a run may bring, where neither an optimum nor bounds
/// are known.
const LATE: f64 = 0.02;

/// What is known of the four errors.
fn budget(answer: &Reached) -> ErrorBudget {
    let size = answer.value.stderr;
    let sampling = |how: &str| Term::Measured { size, how: how.to_owned() };
    ErrorBudget {
        estimation: match answer.regret {
            Some(_) => sampling("standard error of the regret over fresh paths"),
            None => sampling(
                "standard error of the mean over paths, less what is linear in chance or bounded",
            ),
        },
        optimisation: match answer.regret {
            Some(regret) => Term::Measured {
                size: regret.mean,
                how: "regret against the exact optimum, with what the form cannot represent"
                    .to_owned(),
            },
            None => match &answer.bounds {
                Some(bounds) => Term::Bounded {
                    below: bounds.lower.mean - 1.96 * bounds.lower.stderr,
                    above: bounds.upper.mean + 1.96 * bounds.upper.stderr,
                    of: frame::Target::Exact,
                    how: "the policy and penalised foresight, each with its noise of 95 %"
                        .to_owned(),
                },
                None => Term::Unknown { why: "no optimum is known".to_owned() },
            },
        },
        discretisation: Term::Absent { why: "time is discrete".to_owned() },
        approximation: match answer.regret {
            Some(_) => Term::Absent { why: "counted with the optimisation".to_owned() },
            None => Term::Unknown { why: "no optimum is known".to_owned() },
        },
    }
}
