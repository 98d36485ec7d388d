//! The same at speed: a batch in slices of paths, a network call a step and slice, the way back by hand.
//!
//! ```text
//! forward    slices, in parallel: t = 0 … T−1: what is seen, networks, action, step
//! back       slices, in parallel: t = T−1 … 0: step, action, networks to their inputs and weights
//! sums       blocks, in parallel: over slices in order, and on into the step of the descent
//! ```
//! Slices have a fixed length and sums a fixed order: bits do not depend on threads. The twin on the tape
//! is [`crate::problem`].

mod lived;
mod slice;

use std::sync::Arc;

use frame::{Batch, Functional, Keeper, Move, Params, Precision, Run, Stored, Work};
use ground::estimate::Estimate;
use ground::kernel::dense::trained::{Trained, Weights};
use ground::kernel::lane::{Level, flat, flat_mut};
use ground::kernel::update::Update;
use ground::stream::Stream;
use ground::{Error, Result, par};

pub(crate) use slice::{Path, Slice};

use crate::answer::regret_of;
use crate::model::{Model, Shape};
use crate::number::Number;
use crate::policy::{Part, Policy};
use crate::problem::{Control, named};
use crate::reference::Exact;

/// Paths on which a look tells the regret, which has little noise.
const LOOKED: usize = 256;

/// Paths on which an optimum is bounded that nobody knows.
const BOUNDED: usize = 100;

/// Paths of a slice.
pub const SLICE: usize = 128;

/// The fast functional of [`Control`] with a [`Policy`], in the precision of the run.
#[derive(Debug)]
pub struct Plan<M: Model> {
    /// The problem.
    pub problem: Control<M>,
    /// The form.
    pub form: Policy,
    inner: Inner,
    pool: par::ThreadPool,
    stream: Stream,
    gradient: Option<Params>,
    work: Work,
    /// The optimum, where it is known.
    pub(crate) exact: Option<Arc<dyn Exact>>,
    /// Paths on which the optimum is bounded.
    pub(crate) bound_paths: usize,
    /// The regret of the last look.
    regret: f64,
    /// Fresh paths the run asks for.
    pub(crate) fresh: usize,
}

#[derive(Debug)]
enum Inner {
    F32(Rollout<f32>),
    F64(Rollout<f64>),
}

/// `$body` with `$rollout` that of either precision.
macro_rules! either {
    ($inner:expr, $rollout:ident => $body:expr) => {
        match $inner {
            Inner::F32($rollout) => $body,
            Inner::F64($rollout) => $body,
        }
    };
}

impl<M: Model> Plan<M> {
    /// The plan of a run.
    pub fn new(problem: Control<M>, form: Policy, run: &Run) -> Result<Self> {
        let level = run.vector.level();
        let inner = match run.precision {
            Precision::F32 => Inner::F32(Rollout::new(&problem.model, &form, level)),
            Precision::F64 => Inner::F64(Rollout::new(&problem.model, &form, level)),
        };
        let unknown = if problem.exact().is_none() { BOUNDED } else { 0 };
        let bound_paths = match problem.model.relaxed() {
            Some(_) => problem.bound_paths.unwrap_or(unknown),
            None => 0,
        };
        Ok(Self {
            inner,
            pool: par::pool(run.threads)?,
            stream: Stream::new(run.seed),
            gradient: None,
            work: Work::default(),
            bound_paths,
            exact: problem.exact(),
            regret: f64::NAN,
            fresh: run.fresh,
            problem,
            form,
        })
    }

    /// A rollout in double precision, whatever that of the run.
    fn double(&self) -> Rollout<f64> {
        let level = either!(&self.inner, rollout => rollout.nets.level);
        Rollout::new(&self.problem.model, &self.form, level)
    }

    /// The paths of a batch in double precision, slice by slice: `task` sees each path.
    pub(crate) fn watch<R: Send>(
        &self,
        theta: &Params,
        (model, draws): (&M, (&Stream, u64, usize)),
        task: impl Fn(Path<'_>) -> R + Sync,
    ) -> Vec<R> {
        let theta = in_double(theta);
        let mut rollout = self.double();
        self.pool.install(|| {
            rollout.forward(model, &theta, draws);
            let each = |k: usize| {
                let slice = &rollout.slices[k];
                (0..slice.n()).map(|p| task(slice.path(model, p))).collect::<Vec<R>>()
            };
            par::map(rollout.slices.len(), each).into_iter().flatten().collect()
        })
    }

    /// A task for each item, over threads, in order.
    pub(crate) fn each<A: Sync, R: Send>(
        &self,
        all: &[A],
        task: impl Fn(&A) -> R + Sync,
    ) -> Vec<R> {
        self.pool.install(|| par::map(all.len(), |k| task(&all[k])))
    }

    /// A task with the threads of the run.
    pub(crate) fn within<R: Send>(&self, task: impl FnOnce() -> R + Send) -> R {
        self.pool.install(task)
    }

    /// What the policy does at steps and states, memory as it begins.
    pub(crate) fn acting<'a>(
        &'a self,
        theta: &Params,
    ) -> impl FnMut(usize, &[f64]) -> Vec<f64> + use<'a, M> {
        let theta = in_double(theta);
        let mut rollout = self.double();
        let model = self.problem.model.for_answer();
        move |t, s| rollout.at(&model, &theta, t, s)
    }
}

/// Parameters in double precision.
fn in_double(theta: &Params) -> Params {
    let mut wide = Params::zeros(theta.layout().clone(), Precision::F64);
    for k in 0..theta.layout().blocks.len() {
        wide.set(k, &theta.get(k));
    }
    wide
}

impl<M: Model> Functional for Plan<M> {
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        self.work.values += batch.n as u64;
        let (stream, first) = named(&self.stream, batch);
        let (model, pool) = (&self.problem.model, &self.pool);
        let draws = (&stream, first, batch.n);
        let value = either!(&mut self.inner, rollout => {
            pool.install(|| rollout.forward(model, theta, draws));
            rollout.mean(model, batch.step)
        })?;
        if let Some(exact) = &self.exact {
            let draws = (&stream, first, batch.n.min(LOOKED));
            let model = &model.for_answer();
            let regrets =
                self.watch(theta, (model, draws), |path| regret_of(model, &**exact, path));
            self.regret = Estimate::of(&regrets).mean;
        }
        Ok(value)
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        self.work.gradients += batch.n as u64;
        let (stream, first) = named(&self.stream, batch);
        let (model, pool) = (&self.problem.model, &self.pool);
        let draws = (&stream, first, batch.n);
        either!(&mut self.inner, rollout => pool.install(|| {
            let value = rollout.through(model, theta, draws, batch.step)?;
            rollout.sums(into);
            Ok(value)
        }))
    }

    fn descend(&mut self, theta: &mut Params, batch: Batch, by: Move) -> Result<Estimate> {
        if by.clip.is_some() {
            let mut gradient = self.gradient.take().unwrap_or_else(|| theta.zeros_like());
            let value = self.gradient(theta, batch, &mut gradient);
            let moved = match value {
                Ok(_) => self.pool.install(|| by.apply(theta, &mut gradient, batch.step)),
                Err(_) => Ok(()),
            };
            self.gradient = Some(gradient);
            return moved.and(value);
        }
        self.work.gradients += batch.n as u64;
        let (stream, first) = named(&self.stream, batch);
        let (model, pool) = (&self.problem.model, &self.pool);
        let draws = (&stream, first, batch.n);
        either!(&mut self.inner, rollout => pool.install(|| {
            let value = rollout.through(model, theta, draws, batch.step)?;
            rollout.step(theta, by.update, batch.step)?;
            Ok(value)
        }))
    }

    fn work(&self) -> Work {
        self.work
    }

    fn told(&self) -> Vec<(String, f64)> {
        self.exact.iter().map(|_| ("regret".to_owned(), self.regret)).collect()
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        self.work.keep(keeper)
    }
}

/// The networks of the policy at work.
#[derive(Debug)]
pub(crate) struct Nets {
    /// The parts, in the order of their blocks, and their networks.
    pub(crate) parts: Vec<(Part, Trained)>,
    /// The form.
    pub(crate) policy: Policy,
    /// Of the model.
    pub(crate) shape: Shape,
    /// The instructions to use.
    pub(crate) level: Level,
}

/// A batch in one precision.
#[derive(Debug)]
pub(crate) struct Rollout<T: Number> {
    nets: Nets,
    slices: Vec<Slice<T>>,
    /// Transposed weights, block by block, layer by layer.
    turned: Vec<Vec<Vec<T::Row>>>,
    spare: Vec<Slice<T>>,
    /// Room for the gradient of each block.
    room: Vec<Vec<T::Row>>,
}

impl<T: Number + Stored> Rollout<T> {
    fn new(model: &impl Model, policy: &Policy, level: Level) -> Self {
        let parts = policy.parts().into_iter().map(|part| (part, policy.network(part))).collect();
        let nets = Nets { parts, policy: policy.clone(), shape: model.shape(), level };
        Self { nets, slices: Vec::new(), turned: Vec::new(), spare: Vec::new(), room: Vec::new() }
    }

    /// Slices for n paths.
    fn prepare(&mut self, n: usize) {
        let count = n.div_ceil(SLICE);
        while self.slices.len() > count {
            self.spare.extend(self.slices.pop());
        }
        while self.slices.len() < count {
            self.slices.push(self.spare.pop().unwrap_or_else(|| Slice::new(&self.nets)));
        }
        for (k, slice) in self.slices.iter_mut().enumerate() {
            slice.prepare(&self.nets, (n - k * SLICE).min(SLICE));
        }
    }

    fn forward<M: Model>(&mut self, model: &M, theta: &Params, draws: (&Stream, u64, usize)) {
        let (stream, first, n) = draws;
        self.prepare(n);
        let (nets, blocks) = (&self.nets, T::blocks(theta));
        par::map_mut(&mut self.slices, |k, slice| {
            slice.draw(nets, stream, first + (k * SLICE) as u64);
            slice.forward(nets, model, |block| &blocks[block].rows);
        });
    }

    fn at<M: Model>(&mut self, model: &M, theta: &Params, t: usize, s: &[f64]) -> Vec<f64> {
        self.prepare(1);
        let blocks = T::blocks(theta);
        self.slices[0].at(&self.nets, (model, t), s, |block| &blocks[block].rows)
    }

    /// There and back: the mean cost, and in every slice its gradient.
    fn through<M: Model>(
        &mut self,
        model: &M,
        theta: &Params,
        draws: (&Stream, u64, usize),
        at: u64,
    ) -> Result<Estimate> {
        self.turn(theta);
        self.forward(model, theta, draws);
        self.back(model, theta, draws.2);
        self.mean(model, at)
    }

    /// Transposed weights, for the way back.
    fn turn(&mut self, theta: &Params) {
        let nets = &self.nets;
        let blocks = T::blocks(theta);
        self.turned.resize_with(blocks.len(), Vec::new);
        par::map_mut(&mut self.turned, |block, layers| {
            let network = &nets.parts[block % nets.parts.len()].1;
            layers.resize_with(network.shapes.len(), Vec::new);
            for (k, to) in layers.iter_mut().enumerate() {
                let [inputs, outputs] = network.turned::<T>(k);
                to.resize(inputs * outputs, T::Row::default());
                network.turn::<T>(nets.level, &blocks[block].rows, (k, 0..inputs), to);
            }
        });
    }

    fn back<M: Model>(&mut self, model: &M, theta: &Params, n: usize) {
        let (nets, turned, blocks) = (&self.nets, &self.turned, T::blocks(theta));
        let weights = |block: usize| Weights { theta: &blocks[block].rows, turned: &turned[block] };
        let seed = T::of(1.0 / n as f64);
        par::map_mut(&mut self.slices, |_, slice| slice.back(nets, model, weights, seed));
    }

    /// The gradient by all weights.
    fn sums(&self, into: &mut Params) {
        let slices = &self.slices;
        par::map_mut(T::blocks_mut(into), |block, to| sum::<T>(slices, block, to.all()[0]));
    }

    /// One step along it, which is not kept; none where it is not finite.
    fn step(&mut self, theta: &mut Params, by: Update, at: u64) -> Result<()> {
        let (slices, level) = (&self.slices, self.nets.level);
        let finite = par::map(slices.len(), |k| {
            slices[k].gradient.iter().all(|rows| flat::<T>(rows).iter().all(|x| x.is_finite()))
        });
        if finite.contains(&false) {
            return Err(Error::Numeric { what: "the gradient".to_owned(), at });
        }
        let blocks = T::blocks_mut(theta);
        self.room.resize_with(blocks.len(), Vec::new);
        let mut tasks: Vec<_> = blocks.iter_mut().zip(&mut self.room).collect();
        par::map_mut(&mut tasks, |block, (own, room)| {
            room.resize(own.rows.len(), T::Row::default());
            sum::<T>(slices, block, room);
            by.apply_rows::<T>(level, own.all(), room);
        });
        Ok(())
    }

    /// The mean cost.
    fn mean(&self, model: &impl Model, at: u64) -> Result<Estimate> {
        let costs: Vec<f64> = self.slices.iter().flat_map(Slice::costs).collect();
        let estimate = Estimate::of(&costs);
        if estimate.mean.is_finite() {
            Ok(estimate)
        } else {
            let unknown = || Error::Numeric { what: "the mean cost".to_owned(), at };
            Err(model.trouble().unwrap_or_else(unknown))
        }
    }
}

/// The gradient of a block: the sum over slices, in order.
fn sum<T: Number>(slices: &[Slice<T>], block: usize, to: &mut [T::Row]) {
    let mut slices = slices.iter().map(|slice| &slice.gradient[block]);
    if let Some(first) = slices.next() {
        to.copy_from_slice(first);
    }
    for more in slices {
        for (to, from) in flat_mut::<T>(to).iter_mut().zip(flat::<T>(more)) {
            *to += *from;
        }
    }
}
