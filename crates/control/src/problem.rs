//! The least mean cost of a policy, on the tape: the judge of the plan.

use std::sync::{Arc, OnceLock};

use frame::problem::At;
use frame::{Batch, Integral, Integrand, Purpose};
use ground::Result;
use ground::array::Array;
use ground::stream::Stream;

use crate::bounds::Guess;
use crate::model::{Model, OnTape, Shape};
use crate::policy::Policy;
use crate::reference::Exact;

/// Find the policy of a form whose mean cost is least.
#[derive(Clone, Debug)]
pub struct Control<M> {
    /// What happens.
    pub model: M,
    /// Paths on which the optimum is bounded, 0 for no bounds; without a number only where it is not known.
    pub bound_paths: Option<usize>,
    /// The guess that makes them near; without one that of a table, where there is one.
    pub guess: Option<Guess>,
    /// The optimum, once it was asked for.
    exact: OnceLock<Option<Arc<dyn Exact>>>,
}

/// The stream of a batch, of those of training and of validation, and its first path.
pub(crate) fn named(stream: &Stream, batch: Batch) -> (Stream, u64) {
    match batch.purpose {
        Purpose::Training => (stream.child("training"), batch.step * batch.n as u64),
        Purpose::Validation => (stream.child("validation"), 0),
    }
}

/// The random numbers of step t of a path: normals, then uniforms.
pub(crate) fn noise(shape: &Shape, (stream, path): (&Stream, u64), t: usize) -> Vec<f64> {
    let uniforms = stream.child("uniform");
    let step = u32::try_from(t).expect("steps are counted in 32 bits");
    let normals = (0..shape.normals).map(|k| stream.normal(path, step, k));
    normals.chain((0..shape.uniforms).map(|k| uniforms.uniform(path, step, k))).collect()
}

impl<M: Model> Control<M> {
    /// The problem of a model.
    pub fn new(model: M) -> Self {
        Self { model, bound_paths: None, guess: None, exact: OnceLock::new() }
    }

    /// The same with so many paths for bounds, and with a guess.
    pub fn bounded(self, bound_paths: Option<usize>, guess: Option<Guess>) -> Self {
        Self { bound_paths, guess, ..self }
    }

    /// The exact optimum, where it is known; computed at the first call.
    pub fn exact(&self) -> Option<Arc<dyn Exact>> {
        self.exact.get_or_init(|| self.model.exact().map(Arc::from)).clone()
    }

    /// The random numbers of step t of n paths: normals, then uniforms. `[n, noise]`
    pub fn noise(&self, stream: &Stream, (first, n): (u64, usize), t: usize) -> Array {
        let shape = self.model.shape();
        let all = (0..n as u64).flat_map(|p| noise(&shape, (stream, first + p), t));
        ground::array::rows(n, shape.noise(), &all.collect::<Vec<_>>())
    }
}

impl<M: OnTape> Integral<Policy> for Control<M> {
    type Draws = Vec<Array>;

    fn draws(&self, batch: Batch, stream: &Stream) -> Result<Vec<Array>> {
        let (stream, first) = named(stream, batch);
        let steps = self.model.shape().steps;
        Ok((0..=steps).map(|t| self.noise(&stream, (first, batch.n), t)).collect())
    }

    fn integrand<'t>(&self, at: At<'_, 't, Policy, Vec<Array>>) -> Result<Integrand<'t>> {
        let (model, policy) = (&self.model, at.form);
        let xi: Vec<_> = at.draws.iter().map(|xi| at.tape.variable(xi.clone())).collect();
        let mut s = model.start_on_tape(xi[0]);
        let n = at.batch.n;
        let none = at.tape.variable(Array::zeros((n, policy.memory.max(1))));
        let mut memory = (policy.memory > 0).then_some(none);
        let mut total = at.tape.variable(Array::zeros((n, 1)));
        for t in 0..model.shape().steps {
            let seen = model.see_on_tape(t, s, xi[t]);
            let said = policy.on_tape(at.theta, t, seen, memory);
            let a = model.act_on_tape(t, s, said.columns(0, policy.said));
            memory = memory.map(|_| said.columns(policy.said, policy.memory));
            let [next, cost] = model.step_on_tape(t, [s, a, xi[t + 1]]);
            (s, total) = (next, total + cost);
        }
        Ok((total + model.last_on_tape(s)).into())
    }
}
