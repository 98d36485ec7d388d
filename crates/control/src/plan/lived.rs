//! Paths that a policy lived: what every step earned, and how the rest depends on the state.

use frame::{Params, Stored};
use ground::kernel::dense::trained::Weights;
use ground::par;
use ground::stream::Stream;

use super::{Path, Plan, Rollout, in_double};
use crate::bounds::Lived;
use crate::model::{Model, Step};

impl<M: Model> Plan<M> {
    /// The paths of a batch in double precision, in the sense of the model.
    pub(crate) fn lived(&self, theta: &Params, draws: (&Stream, u64, usize)) -> Vec<Lived> {
        let theta = in_double(theta);
        let mut rollout = self.double();
        let model = &self.problem.model.for_answer();
        self.pool.install(|| {
            rollout.forward(model, &theta, draws);
            let costates = rollout.costates(model, &theta);
            let each = |k: usize| {
                let slice = &rollout.slices[k];
                let of = |p: usize| lived(model, slice.path(model, p), (&costates[k], p));
                (0..slice.n()).map(of).collect::<Vec<_>>()
            };
            par::map(rollout.slices.len(), each).into_iter().flatten().collect()
        })
    }
}

impl Rollout<f64> {
    /// Of every slice and step, the derivatives of what is paid from there on.
    fn costates<M: Model>(&mut self, model: &M, theta: &Params) -> Vec<Vec<Vec<f64>>> {
        self.turn(theta);
        let (nets, turned, blocks) = (&self.nets, &self.turned, f64::blocks(theta));
        let weights = |block: usize| Weights { theta: &blocks[block].rows, turned: &turned[block] };
        par::map_mut(&mut self.slices, |_, slice| slice.costates(nets, model, weights))
    }
}

/// One of them, from the derivatives of its slice.
fn lived<M: Model>(model: &M, path: Path<'_>, (costates, p): (&[Vec<f64>], usize)) -> Lived {
    let (shape, sign) = (model.shape(), model.sense().sign());
    let mut next = vec![0.0; shape.state];
    let mut cost = |t: usize| {
        let step = Step { t, s: path.state(t), a: path.action(t), xi: path.noise(t + 1) };
        let end = if t + 1 == shape.steps { model.last(path.state(t + 1)) } else { 0.0 };
        model.step(step, &mut next) + end
    };
    let signed = |costs: &[f64]| costs.iter().map(|x| sign * x).collect::<Vec<f64>>();
    let own =
        |all: &Vec<f64>| signed(all.get(p * shape.state..(p + 1) * shape.state).unwrap_or(&[]));
    Lived {
        states: (0..=shape.steps).map(|t| path.state(t).to_vec()).collect(),
        amounts: (0..shape.steps).map(|t| sign * cost(t)).collect(),
        slopes: costates.iter().map(own).collect(),
    }
}
