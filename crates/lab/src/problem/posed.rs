//! Regression as a problem: what it costs, how it is coupled, what is known of the answer.

use frame::problem::Findings;
use frame::{ErrorBudget, Forecast, Params, Precision, Problem, Run, Table, Term, Watch};
use ground::stream::Stream;
use ground::{Error, Result};

use super::Regression;
use super::measure::{Measure, measure};
use crate::answer::Measured;
use crate::form::TwoLayer;
use crate::plan::Plan;

/// The share of the test error, beside its standard error, by which the training value may still move.
const SLACK: f64 = 1e-2;

/// A training error of at most this share of the variance of the labels counts as fitted.
const FITTED: f64 = 0.1;

impl Problem<TwoLayer> for Regression {
    type Functional = Plan;
    type Answer = Measured;

    fn forecast(&self, form: &TwoLayer, run: &Run) -> Result<Forecast> {
        self.check(form)?;
        let (n, m, d) = (self.train.n(), form.width, form.inputs);
        let number = if run.precision == Precision::F32 { 4.0 } else { 8.0 };
        let facts = [
            ("network", format!("{d}-{m}-1, {}, {} scaling", word(form), form.scaling.word())),
            ("samples", format!("{n} to learn from, all at once; {} to judge by", self.test.n())),
            ("neurons for n/(d+1)", format!("m (d+1)/n = {:.2}", (m * (d + 1)) as f64 / n as f64)),
            ("judged by", "the training loss: a full-batch problem has no other".to_owned()),
        ];
        let numbers = 2 * n * d + 2 * self.test.n() * d + 9 * m * (d + 2) + n.min(8192) * m;
        Ok(Forecast {
            facts: facts.map(|(topic, fact)| (topic.to_owned(), fact)).into(),
            bytes: number * numbers as f64,
            operations: (4 * n * m * (d + 1)) as f64 * run.iterations as f64,
            cites: ["MWE20", "EMW19a"].map(str::to_owned).into(),
        })
    }

    fn couple(self, form: TwoLayer, run: &Run) -> Result<Plan> {
        Plan::new(self, form, run)
    }

    fn answer(
        j: &mut Plan,
        theta: &Params,
        _: &Stream,
        _: &mut dyn Watch,
    ) -> Result<Findings<Measured>> {
        let found = measure(j, theta)?;
        Ok(Findings {
            error: budget(&found),
            contradiction: found.contradiction(),
            doubts: doubts(&found),
            slack: found.test.stderr.max(SLACK * found.test.mean),
            late: None,
            answer: found.answer,
        })
    }

    fn columns(j: &Plan) -> Vec<String> {
        (1..=j.form.inputs).map(|k| format!("x{k}")).collect()
    }

    fn at_points(j: &mut Plan, theta: &Params, points: &Table, _: &mut dyn Watch) -> Result<Table> {
        let columns = Self::columns(j);
        let place = |name: &String| points.columns.iter().position(|own| own == name);
        let places: Option<Vec<usize>> = columns.iter().map(place).collect();
        let Some(places) = places.filter(|all| all.len() == points.columns.len()) else {
            let found = format!("the columns are {}", points.columns.join(","));
            let allowed = format!("They must be {}, in any order", columns.join(","));
            return Err(Error::input("", found).allowed(allowed));
        };
        let x: Vec<f64> =
            points.rows.iter().flat_map(|row| places.iter().map(|&k| row[k])).collect();
        let f = j.at(&j.form.weights(theta), &x);
        let exact = j.problem.truth.as_ref().map(|truth| truth.target.values(&x));
        let rows = x.chunks_exact(columns.len()).zip(&f).enumerate().map(|(i, (x, &f))| {
            let exact = exact.as_ref().map(|exact| exact[i]);
            x.iter().copied().chain([f]).chain(exact).collect()
        });
        let rows = rows.collect();
        let more = ["f", "target"].into_iter().take(1 + usize::from(exact.is_some()));
        let columns = columns.into_iter().chain(more.map(str::to_owned)).collect();
        Ok(Table { columns, rows })
    }
}

/// The activation in a word.
fn word(form: &TwoLayer) -> String {
    let bias = if form.bias { "with biases" } else { "without biases" };
    format!("{} {bias}", format!("{:?}", form.activation).to_lowercase())
}

fn budget(found: &Measure) -> ErrorBudget {
    let (test, tests) = (found.test, found.test.n);
    ErrorBudget {
        estimation: Term::Measured {
            size: test.stderr,
            how: format!("standard error of the test error over {tests} points"),
        },
        optimisation: Term::Indicated {
            size: found.training,
            how: "training error that is left, with what the network cannot represent".to_owned(),
        },
        discretisation: Term::Absent { why: "nothing is cut into steps".to_owned() },
        approximation: if found.representable {
            Term::Absent { why: "the target is a network of this form".to_owned() }
        } else {
            Term::Unknown { why: "the best network of this width is not known".to_owned() }
        },
    }
}

fn doubts(found: &Measure) -> Vec<String> {
    let mut doubts = Vec::new();
    if found.training > FITTED * found.variance {
        doubts.push(format!(
            "the training error is {:.0} % of the variance of the labels; try more run.iterations, another \
             descent.rate or a wider representation.width",
            100.0 * found.training / found.variance
        ));
    }
    if found.test.mean >= found.untaught.mean {
        doubts.push("the test error is no less than that of the mean of the labels".to_owned());
    }
    if found.test.stderr > 0.5 * found.test.mean {
        doubts.push(
            "the standard error of the test error is half of it or more; try more problem.test-points"
                .to_owned(),
        );
    }
    doubts
}
