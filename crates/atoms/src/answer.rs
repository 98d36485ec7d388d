//! A trained potential, and how well it meets labels.

use std::fmt;
use std::ops::ControlFlow;

use frame::{Answer, Figure, Known, Named, Params, Sheet, Watch};
use ground::estimate::Estimate;
use ground::{Error, Result};
use serde_json::{Map, Value, json};

use crate::form::{DeepPotential, Potential};
use crate::model::Snapshot;
use crate::plan::{Embeddings, Fast};
use crate::problem::ForceMatching;
use crate::problem::statistics::Environments;
use crate::score::{Errors, Score};

/// What training leaves.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The potential.
    pub potential: Potential,
    /// On the frames it was trained on.
    pub training: Score,
    /// On those it was not, where there are any.
    pub validation: Option<Score>,
}

impl Trained {
    /// The potential of some weights, and its errors.
    pub fn of(
        problem: &ForceMatching,
        form: &DeepPotential,
        theta: &Params,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        let all: Vec<&Snapshot> = problem.training.iter().collect();
        let nearest = Environments::of(&all, form.species.len(), form.switch)?.nearest;
        let precision = theta.precision();
        let potential = Potential { form: form.clone(), theta: theta.clone(), precision, nearest };
        let plan = Fast::new(&potential, precision, Embeddings::Tabulated);
        let mut score = |frames: &[Snapshot], what: &str| {
            let mut score = Score::new(form.species.len());
            for (k, snapshot) in frames.iter().enumerate() {
                if watch.stage(what, k, frames.len()) == ControlFlow::Break(()) {
                    return Err(Error::Interrupted { at: 0 });
                }
                score.add(snapshot, &plan.evaluate(snapshot, false)?.0);
            }
            Ok(score)
        };
        let training = score(&problem.training, "training frames")?;
        let validation = match problem.validation.is_empty() {
            true => None,
            false => Some(score(&problem.validation, "validation frames")?),
        };
        Ok(Self { potential, training, validation })
    }

    /// Why it should not be relied on, where that is seen.
    pub fn doubts(&self) -> Vec<String> {
        let errors = &self.judged().force;
        let adds_nothing = errors.rmse().zip(errors.zero_rmse()).is_some_and(|(a, b)| a >= b);
        let sentence = "the force errors are no smaller than those of zero forces";
        adds_nothing.then(|| sentence.to_owned()).into_iter().collect()
    }

    /// The score that counts: on frames it was not trained on, where there are any.
    pub fn judged(&self) -> &Score {
        self.validation.as_ref().unwrap_or(&self.training)
    }
}

impl fmt::Display for Trained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rmse = |errors: &Errors| errors.rmse().unwrap_or(f64::NAN);
        let judged = self.judged();
        write!(
            f,
            "force {:.1} meV/Å, energy {:.2} meV/atom",
            1e3 * rmse(&judged.force),
            1e3 * rmse(&judged.energy_per_atom)
        )
    }
}

impl Answer for Trained {
    fn headline(&self) -> Estimate {
        let errors = &self.judged().force;
        let mean = errors.rmse().unwrap_or(f64::NAN);
        let stderr = errors.stderr().unwrap_or(f64::NAN);
        Estimate { mean, stderr, n: self.judged().frames }
    }

    fn json(&self) -> Map<String, Value> {
        let part = |score: &Score| {
            json!({
                "energy_rmse_per_atom": score.energy_per_atom.rmse(),
                "force_rmse": score.force.rmse(),
                "virial_rmse_per_atom": score.virial_per_atom.rmse(),
            })
        };
        let mut object = Map::new();
        object.insert(
            "accuracy".to_owned(),
            json!({ "train": part(&self.training), "validation": self.validation.as_ref().map(part) }),
        );
        object
    }

    fn figures(&self, _: &Known) -> Vec<Figure> {
        Vec::new()
    }

    fn sheets(&self, _: &Known) -> Vec<Sheet> {
        Vec::new()
    }

    fn paths(&self) -> Vec<Named<'_>> {
        Vec::new()
    }
}
