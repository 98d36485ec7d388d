//! The value of a policy on fresh paths, beside what is exact and what needs no learning.
//!
//! Where the optimum is known the answer is J* + regret (a reward: V* − regret), the regret summed over the
//! steps of a path: it has no noise but its own. Else it is the mean cost. All is computed in double
//! precision, on paths that no descent has seen.

use std::fmt;

use frame::{Answer, Figure, Known, Named, Params, Sheet, Watch};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};
use serde_json::{Map, Value};

mod bounded;
mod export;
mod figures;
mod json;
mod measure;
mod sheets;
mod slices;

use bounded::bounded;
pub use json::Json;
pub use measure::Fan;
use measure::measure;
pub(crate) use measure::regret_of;
pub use slices::Slice;

use crate::bounds::Bounds;
use crate::model::{Model, Sense};
use crate::plan::Plan;
use crate::policy::Policy;

/// What two amounts may differ by, as a share of them, and be the same.
const ALIKE: f64 = 1e-9;

/// A regret that is no more than this share of the optimum is as good as none.
const NEAR: f64 = 1e-3;

/// The least share that has to be learned of what there is to learn.
const LEARNED: f64 = 0.9;

/// What is reached by a rule that learns nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// The rule.
    pub name: String,
    /// What it costs, or earns; without an error where it is known exactly.
    pub value: Estimate,
    /// By how much the policy is better on the same paths, where it was walked along them.
    pub gain: Option<Estimate>,
}

impl Baseline {
    /// One whose value is known exactly.
    pub fn exact(name: &str, value: f64) -> Self {
        Self {
            name: name.to_owned(),
            value: Estimate { mean: value, stderr: 0.0, n: 1 },
            gain: None,
        }
    }
}

/// What a policy reaches.
#[derive(Clone, Debug)]
pub struct Reached {
    /// What the best is.
    pub sense: Sense,
    /// The value: from the regret where the optimum is known, else with a control variate where there is one.
    pub value: Estimate,
    /// The mean over the paths, nothing else used.
    pub sampled: Estimate,
    /// What the policy loses against the optimum, where that is known.
    pub regret: Option<Estimate>,
    /// The optimum, and how it is known.
    pub exact: Option<(f64, String)>,
    /// What needs no learning; first the best that does not look at what is random.
    pub baselines: Vec<Baseline>,
    /// Between what the optimum lies, where that was asked for.
    pub bounds: Option<Bounds>,
    /// The largest violation of a constraint, as a share of its right-hand side.
    pub violation: f64,
    /// Quantiles of what is shown, step by step.
    pub fans: Vec<Fan>,
    /// Costs, or rewards, of paths.
    pub amounts: Vec<f64>,
    /// What the policy does along a number of the state.
    pub slices: Vec<Slice>,
    /// What is to be said beside the answer.
    pub notes: Vec<[String; 2]>,
    /// What is seen, and how what is said becomes an action.
    pub words: [String; 2],
    /// The policy, its weights, and the names of states and actions.
    pub policy: (Policy, Params, [Vec<String>; 2]),
}

impl Reached {
    /// The value of a policy on fresh paths.
    pub fn of<M: Model>(
        plan: &Plan<M>,
        theta: &Params,
        stream: &Stream,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        let model = &plan.problem.model;
        let sense = model.sense();
        let found = measure(plan, theta, stream, watch)?;
        let sampled = found.amount;
        let exact = plan.exact.as_ref().map(|exact| (exact.value(), exact.how()));
        let bounds = bounded(plan, theta, stream, watch)?;
        // Fewer paths say more where what is chance is taken off.
        let controlled = [bounds.map(|b| b.lower), found.controlled].into_iter().flatten();
        let controlled = controlled
            .filter(|one| one.stderr < sampled.stderr)
            .min_by(|a, b| a.stderr.total_cmp(&b.stderr));
        let value = match (&exact, found.regret) {
            (Some((optimum, _)), Some(regret)) => {
                Estimate { mean: optimum + sense.sign() * regret.mean, ..regret }
            }
            _ => controlled.unwrap_or(sampled),
        };
        if !value.mean.is_finite() {
            let what = format!("the mean {}", sense.name());
            return Err(model.trouble().unwrap_or(Error::Numeric { what, at: 0 }));
        }
        Ok(Self {
            sense,
            value,
            sampled,
            regret: found.regret,
            exact,
            baselines: model.baselines().into_iter().chain(found.rules).collect(),
            bounds,
            violation: found.violation,
            fans: found.fans,
            amounts: found.amounts,
            slices: slices::slices(plan, theta, &stream.child("slices")),
            notes: model.notes().into_iter().chain(found.notes).collect(),
            words: model.words(),
            policy: (plan.form.clone(), theta.clone(), model.names()),
        })
    }

    /// How much of what the first baseline leaves to the optimum was learned: 1 for all of it.
    pub fn share(&self) -> Option<Estimate> {
        let ((optimum, _), regret) = (self.exact.as_ref()?, self.regret?);
        let left = (optimum - self.baselines.first()?.value.mean).abs();
        if left <= ALIKE * optimum.abs() {
            return None;
        }
        Some(Estimate { mean: 1.0 - regret.mean / left, stderr: regret.stderr / left, n: regret.n })
    }

    /// Why the policy should not be relied on, where that is seen.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        let loses = |b: &&Baseline| {
            let best = |(optimum, _): &(f64, String)| {
                (b.value.mean - optimum).abs() <= ALIKE * optimum.abs()
            };
            let lost = self.sense.sign() * (self.value.mean - b.value.mean);
            if let Some(gain) = b.gain {
                return gain.mean <= 2.0 * gain.stderr;
            }
            let near = self.regret.zip(self.exact.as_ref());
            let near = near.is_some_and(|(regret, (j, _))| regret.mean <= NEAR * j.abs());
            let fine = near && self.exact.as_ref().is_some_and(best);
            lost >= -2.0 * self.value.stderr && !fine
        };
        if let Some(better) = self.baselines.iter().find(loses) {
            doubts.push(format!(
                "the policy is no better than \"{}\", which learns nothing",
                better.name
            ));
        }
        if let Some(regret) =
            self.regret.filter(|r| r.mean < -4.0 * r.stderr - 1e-9 * self.value.mean.abs())
        {
            doubts.push(format!(
                "the policy is better than the optimum by {}: a reference is wrong",
                -regret.mean
            ));
        }
        if self.share().is_some_and(|share| share.mean < LEARNED) {
            doubts.push(format!(
                "less than {} % of what could be learned was; try more run.iterations, another descent.rate \
                 or wider representation.hidden",
                100.0 * LEARNED
            ));
        }
        if self.value.stderr > 0.1 * self.value.mean.abs() {
            doubts.push(
                "the error of the answer is a tenth of it or more; try more run.fresh-paths"
                    .to_owned(),
            );
        }
        if let Some(bounds) = self.bounds.filter(|bounds| bounds.least < -1e-6) {
            doubts.push(format!(
                "on one path foresight earns less than the policy, by {:.1e} of the mean: a bound is wrong",
                -bounds.least
            ));
        }
        if self.violation > 1e-9 {
            doubts.push(format!("a constraint is violated by {:.1e} of its limit", self.violation));
        }
        doubts
    }

    /// What is lost against the optimum, as a share of it, in percent.
    fn percent(&self, of: Estimate) -> Option<Estimate> {
        let (optimum, _) = self.exact.as_ref()?;
        let scale = 100.0 / optimum.abs();
        Some(Estimate { mean: of.mean * scale, stderr: of.stderr * scale, n: of.n })
    }
}

impl fmt::Display for Reached {
    /// The value; then what it is compared with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mean {} {}", self.sense.name(), self.value)?;
        for row in sheets::facts(self) {
            write!(f, "\n  {:<28}  {}", row[0], row[1])?;
        }
        Ok(())
    }
}

impl Answer for Reached {
    fn headline(&self) -> Estimate {
        self.value
    }

    fn json(&self) -> Map<String, Value> {
        json::object(self)
    }

    fn figures(&self, _: &Known) -> Vec<Figure> {
        figures::figures(self)
    }

    fn sheets(&self, _: &Known) -> Vec<Sheet> {
        sheets::sheets(self)
    }

    fn paths(&self) -> Vec<Named<'_>> {
        Vec::new()
    }

    fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        export::files(self)
    }
}
