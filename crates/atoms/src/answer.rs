//! A trained potential, and how well it meets labels.
//!
//! The answer is the RMSE of force components on frames that were not learned from, where there are any;
//! of energies per atom where no frame has forces.

use std::fmt;
use std::ops::ControlFlow;

use frame::{Answer, Figure, Known, Named, Params, Sheet, Watch};
use ground::estimate::Estimate;
use ground::{Error, Result};
use serde_json::{Map, Value};

use crate::form::{DeepPotential, Potential};
use crate::interchange;
use crate::model::Snapshot;
use crate::plan::{Embeddings, Fast};
use crate::problem::ForceMatching;
use crate::score::{Errors, Score};

mod json;
mod parity;
mod sheets;

pub use json::Json;
pub use parity::Parity;

/// The name of the file that holds the potential of a run.
pub const MODEL: &str = "model.dp";

/// What training leaves.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The potential.
    pub potential: Potential,
    /// On the frames it was trained on.
    pub training: Score,
    /// On those it was not, where there are any.
    pub validation: Option<Score>,
    /// The frames of each system that were learned from.
    pub systems: Vec<(String, usize)>,
    /// Labels beside predictions, on the frames that it is judged by.
    pub parity: Parity,
}

/// Which error the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Force,
    Energy,
}

impl Quantity {
    fn of(self, score: &Score) -> &Errors {
        match self {
            Self::Force => &score.force,
            Self::Energy => &score.energy_per_atom,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Force => "force_rmse",
            Self::Energy => "energy_rmse_per_atom",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Force => "eV/Å",
            Self::Energy => "eV/atom",
        }
    }
}

impl Trained {
    /// The potential of some weights, and its errors; `nearest` is the smallest distance it has learned from.
    pub fn of(
        problem: &ForceMatching,
        (form, theta, nearest): (&DeepPotential, &Params, Option<f64>),
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        let precision = theta.precision();
        let potential = Potential { form: form.clone(), theta: theta.clone(), precision, nearest };
        let plan = Fast::new(&potential, precision, Embeddings::Tabulated);
        let mut score = |frames: &[Snapshot], what: &str| {
            let mut score = Score::new(form.species.len());
            let mut parity = Parity::new(&form.species);
            parity.begin(what);
            for (k, snapshot) in frames.iter().enumerate() {
                if watch.stage(what, k, frames.len()) == ControlFlow::Break(()) {
                    return Err(Error::Interrupted { at: 0 });
                }
                let found = plan.evaluate(snapshot, false)?.0;
                score.add(snapshot, &found);
                parity.add(snapshot, &found);
            }
            Ok((score, parity))
        };
        let (training, mut parity) = score(&problem.training, "training frames")?;
        let mut validation = None;
        if !problem.validation.is_empty() {
            let (score, own) = score(&problem.validation, "validation frames")?;
            (validation, parity) = (Some(score), own);
        }
        let systems = problem.systems.iter().map(|(name, range)| (name.clone(), range.len()));
        let systems = systems.collect();
        Ok(Self { potential, training, validation, systems, parity })
    }

    /// Why it should not be relied on, where that is seen: errors that are had without learning.
    pub fn doubts(&self) -> Vec<String> {
        let judged = self.judged();
        let mut doubts = Vec::new();
        if judged.force.n == 0 && judged.energy.n == 0 {
            doubts.push("the frames to judge by have neither forces nor energies".to_owned());
        }
        // Within twice its error it is no smaller.
        let error = 2.0 * judged.force.stderr().unwrap_or(0.0);
        let forces = judged.force.rmse().zip(judged.force.zero_rmse());
        if forces.is_some_and(|(own, zeros)| own + error >= zeros) {
            doubts.push("the force errors are no smaller than those of zero forces".to_owned());
        }
        let energies = judged.energy_per_atom.rmse().zip(judged.mean_energy());
        if energies.is_some_and(|(own, [mean, _])| mean > 0.0 && own > mean) {
            let sentence = "the energy errors are no smaller than those of each composition's mean";
            doubts.push(sentence.to_owned());
        }
        doubts
    }

    /// The score that counts: on frames it was not trained on, where there are any.
    pub fn judged(&self) -> &Score {
        self.validation.as_ref().unwrap_or(&self.training)
    }

    /// Which frames those are, in a word.
    pub(crate) fn frames(&self) -> &'static str {
        if self.validation.is_some() { "validation" } else { "training" }
    }

    pub(crate) fn quantity(&self) -> Quantity {
        if self.judged().force.n > 0 { Quantity::Force } else { Quantity::Energy }
    }
}

/// An error with that of its mean: `61.3(9)`, in thousandths of the unit.
fn thousandths(errors: &Errors) -> String {
    match (errors.estimate(), errors.rmse()) {
        (Some(Estimate { mean, stderr, n }), _) => {
            Estimate { mean: 1e3 * mean, stderr: 1e3 * stderr, n }.to_string()
        }
        (None, Some(rmse)) => format!("{:.3}", 1e3 * rmse),
        (None, None) => "–".to_owned(),
    }
}

impl fmt::Display for Trained {
    /// The error that is the answer; then all errors beside what is had without learning.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (judged, quantity) = (self.judged(), self.quantity());
        let (what, unit) = match quantity {
            Quantity::Force => ("force", "meV/Å"),
            Quantity::Energy => ("energy", "meV/atom"),
        };
        let frames = self.frames();
        write!(f, "{what} RMSE {} {unit} ({frames})", thousandths(quantity.of(judged)))?;
        let rows = sheets::errors(self);
        let width = |k: usize| {
            let own = rows.iter().map(|row| row[k].chars().count()).max();
            own.unwrap_or(0)
        };
        for row in &rows {
            write!(f, "\n  {:<w$}", row[0], w = width(0))?;
            for (k, cell) in row.iter().enumerate().skip(1) {
                write!(f, "  {cell:>w$}", w = width(k))?;
            }
        }
        Ok(())
    }
}

impl Answer for Trained {
    fn headline(&self) -> Estimate {
        let judged = self.judged();
        let errors = self.quantity().of(judged);
        let mean = errors.rmse().unwrap_or(f64::NAN);
        let stderr = errors.stderr().unwrap_or(f64::NAN);
        Estimate { mean, stderr, n: judged.frames }
    }

    fn json(&self) -> Map<String, Value> {
        json::object(self)
    }

    fn figures(&self, _: &Known) -> Vec<Figure> {
        self.parity.clone().figures()
    }

    fn sheets(&self, _: &Known) -> Vec<Sheet> {
        sheets::sheets(self)
    }

    fn paths(&self) -> Vec<Named<'_>> {
        Vec::new()
    }

    fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        Ok(vec![(MODEL, interchange::write(MODEL, &self.potential)?)])
    }
}
