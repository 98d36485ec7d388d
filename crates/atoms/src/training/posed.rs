//! Force matching as a problem: what it costs, how it is coupled, and what is known of the answer.

use frame::problem::Findings;
use frame::{Answer as _, ErrorBudget, Forecast, Params, Problem, Run, Table, Term, Watch};
use ground::stream::Stream;
use ground::{Error, Result};

use super::{Training, forecast};
use crate::answer::Trained;
use crate::form::DeepPotential;
use crate::problem::ForceMatching;

impl Problem<DeepPotential> for ForceMatching {
    type Functional = Training;
    type Answer = Trained;

    fn forecast(&self, form: &DeepPotential, run: &Run) -> Result<Forecast> {
        Ok(forecast::forecast(self, form, run))
    }

    fn couple(self, form: DeepPotential, run: &Run) -> Result<Training> {
        Training::new(self, form, run)
    }

    fn answer(
        j: &mut Training,
        theta: &Params,
        _: &Stream,
        watch: &mut dyn Watch,
    ) -> Result<Findings<Trained>> {
        let answer = Trained::of(&j.problem, (&j.form, theta, j.nearest), watch)?;
        let mut doubts = answer.doubts();
        doubts.extend(j.node_errors().and_then(kinked));
        Ok(Findings {
            error: budget(&answer, j.node_errors()),
            answer,
            contradiction: None,
            doubts,
            // The loss changes with its weights: only the end of the schedule says that it has settled.
            slack: f64::INFINITY,
            late: None,
        })
    }

    fn columns(_: &Training) -> Vec<String> {
        Vec::new()
    }

    fn at_points(_: &mut Training, _: &Params, _: &Table, _: &mut dyn Watch) -> Result<Table> {
        Err(Error::input("--at", "a potential is asked at frames, not at points of a table")
            .allowed("Write: esperance eval RUN/model.dp FRAMES"))
    }
}

/// What is known of the four errors.
fn budget(answer: &Trained, nodes: Option<[f64; 2]>) -> ErrorBudget {
    let unknown = |why: &str| Term::Unknown { why: why.to_owned() };
    let training = answer.training.force.rmse();
    let judged = answer.validation.as_ref().and_then(|score| score.force.rmse());
    let headline = answer.headline();
    ErrorBudget {
        estimation: if headline.stderr.is_finite() {
            let how = "standard error of the answer over frames, taken as independent";
            Term::Measured { size: headline.stderr, how: how.to_owned() }
        } else {
            unknown("one frame has no spread")
        },
        optimisation: match (training, judged) {
            (Some(training), Some(judged)) => Term::Indicated {
                size: (judged - training).max(0.0),
                how: "force RMSE on frames set aside, less that on frames learned from, eV/Å"
                    .to_owned(),
            },
            _ => unknown("no frames with forces were set aside"),
        },
        discretisation: match nodes {
            Some([_, slope]) => Term::Indicated {
                size: slope,
                how: "largest error of an embedding's slope between nodes, at its last measurement"
                    .to_owned(),
            },
            None => Term::Absent { why: "embeddings are asked at every neighbour".to_owned() },
        },
        approximation: match training {
            Some(size) => Term::Indicated {
                size,
                how: "force RMSE on the frames learned from, eV/Å: what form and descent leave"
                    .to_owned(),
            },
            None => unknown("no forces were learned"),
        },
    }
}

/// Why nodes cannot stand for an embedding, where that is seen.
fn kinked([_, slope]: [f64; 2]) -> Option<String> {
    (slope > 1e-3).then(|| {
        format!(
            "between nodes the slope of an embedding is off by {slope:.0e}; \
             representation.embeddings = \"networks\" asks the networks"
        )
    })
}
