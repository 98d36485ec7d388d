//! The same coupling by hand, at speed: all steps of a block of paths, one network call a step.
//!
//! ```text
//! forward   every block of the batch: paths, ψ, c, z, δ = g(X_N) − Y_N, J = ∂Y_N/∂y₀
//! loss      L = n/(n − 1) · mean (δ − J Δ)² / s_c²,   Δ = mean(δJ)/mean(J²);
//!           where x₀ has a law, the same over every 8 paths of one start, and then the mean
//! reverse   ∂L/∂c_k at every step, then the network backward over all steps of a block at once
//! start     y₀ ← y₀ + max(0.02, 1/(1 + i)) clip(Δ, ±s_g), where f depends on u; J = 1 elsewhere
//! ```
//! Blocks are independent and their sums are ordered, so the bits do not depend on threads. Where
//! paths follow the function (ΔB = ΔW + κ a h, a = ∂f/∂z) the slope holds the law of the paths
//! fixed: a semi-gradient. κ rises from 0 to 1 over the first half of the run.
//!
//! The twin on the tape is [`crate::problem`]; `agree_*` tests compare the two on one named batch.

mod compiled;
mod evaluate;
mod function;
mod grid;
mod published;
mod record;
mod scout;
mod trajectory;
mod walk;

use std::sync::Arc;

use frame::{Batch, Functional, Move, Params, Precision, Purpose, Run, Stored, Watch, Work};
use ground::estimate::Estimate;
use ground::kernel::lane::Real;
use ground::stream::Stream;
use ground::{Error, Result};
use rayon::prelude::*;

pub(crate) use compiled::Compiled;
pub(crate) use evaluate::{Fresh, LevelDraws};
pub(crate) use function::Which;
use function::{Function, Shape};
pub(crate) use grid::Grid;
use published::Published;
use record::Record;
pub(crate) use scout::Course;
pub(crate) use trajectory::Asked;
pub use trajectory::Trajectories;
use walk::{Shared, Walk};

use crate::form::Form;
use crate::origin::Origin;
use crate::pilot::Pilot;
use crate::problem::DeepBsde;
use crate::spacing::Spacing;

/// The fast functional of [`DeepBsde`] with a [`Form`], in the precision of the run.
#[derive(Debug)]
pub struct PathPlan {
    inner: Inner,
    /// The problem it solves.
    pub(crate) problem: DeepBsde,
    /// The form it trains.
    pub(crate) form: Form,
    /// What is known of the function everywhere, of the parameters it was last asked for.
    pub(crate) known: Option<(Params, Everywhere)>,
}

/// The learning error of a function, where it has one, and the share of Var g that it leaves unexplained.
pub(crate) type Everywhere = (Option<crate::answer::Learning>, f64);

#[derive(Debug)]
enum Inner {
    F32(Plan<f32>),
    F64(Plan<f64>),
}

/// `$body` with `$plan` the plan of either precision.
macro_rules! either {
    ($inner:expr, $plan:ident => $body:expr) => {
        match $inner {
            Inner::F32($plan) => $body,
            Inner::F64($plan) => $body,
        }
    };
}

impl PathPlan {
    pub(crate) fn new(problem: DeepBsde, form: Form, run: &Run) -> Result<Self> {
        let inner = match run.precision {
            Precision::F32 => Inner::F32(Plan::new(&problem, &form, run)?),
            Precision::F64 => Inner::F64(Plan::new(&problem, &form, run)?),
        };
        Ok(Self { inner, problem, form, known: None })
    }

    /// What the pilot found.
    pub fn pilot(&self) -> &Pilot {
        either!(&self.inner, plan => &plan.pilot)
    }

    /// Fresh paths, level by level.
    pub(crate) fn evaluate(
        &mut self,
        which: Which<'_>,
        fresh: &Fresh<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Vec<LevelDraws>> {
        either!(&mut self.inner, plan => plan.evaluate(which, fresh, watch))
    }

    /// Whole paths of one level.
    pub(crate) fn trajectories(&self, theta: &Params, asked: &Asked<'_>) -> Trajectories {
        either!(&self.inner, plan => plan.trajectories(theta, asked))
    }

    /// Z at points, `[d]` each.
    pub(crate) fn slope_at(&self, theta: &Params, t: f64, x: &[f64]) -> Vec<f64> {
        either!(&self.inner, plan => plan.slope_at(theta, t, x))
    }

    /// Where Y starts after training, if f depends on u; else 0.
    pub(crate) fn start(&self, theta: &Params) -> f64 {
        either!(&self.inner, plan => plan.start(theta))
    }

    /// y₀ as the descent left it, where the form trains it like a weight.
    pub(crate) fn trained(&self, theta: &Params) -> Option<f64> {
        let form = self.form.per_step()?;
        theta.get(form.slope_block() + 1).first().copied()
    }

    /// What the loss of Z = 0 is about: 1 where it is a share of Var g, Var g where it is not.
    pub(crate) fn unit(&self) -> f64 {
        if self.form.per_step().is_some() { self.pilot().s_c.powi(2) } else { 1.0 }
    }

    /// The seed of the run.
    pub(crate) fn seed(&self) -> u64 {
        either!(&self.inner, plan => plan.seed)
    }

    /// Fresh draws the answer asked for in the run.
    pub(crate) fn fresh(&self) -> usize {
        either!(&self.inner, plan => plan.fresh)
    }
}

impl Functional for PathPlan {
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        either!(&mut self.inner, plan => plan.value(theta, batch))
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        either!(&mut self.inner, plan => plan.gradient(theta, batch, into))
    }

    fn descend(&mut self, theta: &mut Params, batch: Batch, by: Move) -> Result<Estimate> {
        either!(&mut self.inner, plan => plan.descend(theta, batch, by))
    }

    fn work(&self) -> Work {
        either!(&self.inner, plan => plan.work)
    }

    fn keep(&mut self, keeper: &mut frame::Keeper<'_>) -> Result<()> {
        either!(&mut self.inner, plan => plan.work.keep(keeper))
    }
}

/// The plan in one precision.
#[derive(Debug)]
struct Plan<T: Stored> {
    shared: Shared<T>,
    form: Form,
    pilot: Pilot,
    /// Training of the published form, where it is that.
    published: Option<Published<T>>,
    /// One a level, increasing; training is on the first.
    grids: Vec<Grid<T>>,
    /// How grids of other times and steps are cut.
    elsewhere: Spacing,
    records: Vec<Record<T>>,
    pool: rayon::ThreadPool,
    /// Paths that share a start; 1 where all of them do.
    group: usize,
    training: Stream,
    validation: Stream,
    on_policy: bool,
    /// The Δ of the last batch.
    newton: f64,
    iterations: u64,
    seed: u64,
    fresh: usize,
    gradient: Option<Params>,
    work: Work,
}

impl<T: Stored> Plan<T> {
    fn new(problem: &DeepBsde, form: &Form, run: &Run) -> Result<Self> {
        let level = run.vector.level();
        let pool = ground::par::pool(run.threads)?;
        let beside = form.beside(problem);
        let on_policy = form.per_step().is_none() && problem.follows()?;
        let samples = beside.samples();
        let compiled = Arc::new(Compiled::new(&problem.equation, &problem.step()?, samples)?);
        let course = problem.course();
        let stream = Stream::new(run.seed);
        let mut pilot =
            pool.install(|| scout::scout::<T>(&compiled, &beside, &course, &stream, level))?;
        if form.per_step().is_none() || problem.range.is_some() {
            pilot.range = problem.range(&pilot)?;
        }
        let grids: Vec<Grid<T>> = course
            .levels
            .iter()
            .map(|&n| {
                let cut = (&course.spacing, n);
                Grid::new(&compiled, &pilot, (0.0, &course.origin), cut, level)
            })
            .collect();
        let mut shared = Shared::new(compiled, beside.network(), &pilot, on_policy, level);
        shared.directed = form.directions().is_some();
        shared.free = Shape::new(form, pilot.zeta(), &grids[0].times);
        Ok(Self {
            published: form.per_step().map(|form| Published::new(form.clone())),
            form: form.clone(),
            shared,
            pilot,
            grids,
            elsewhere: course.spacing.elsewhere(),
            records: Vec::new(),
            pool,
            group: course.origin.group(),
            training: stream.child("training"),
            validation: stream.child("validation"),
            on_policy,
            newton: 0.0,
            iterations: run.iterations,
            seed: run.seed,
            fresh: run.fresh,
            gradient: None,
            work: Work::default(),
        })
    }

    /// κ at an iteration: a ramp over the first half of the run.
    fn kappa(&self, step: u64) -> f64 {
        if self.on_policy { ramp(step, self.iterations) } else { 0.0 }
    }

    /// δ and J on all paths of a batch; what the reverse pass needs is kept when `keep` is set.
    fn ends(
        &mut self,
        (theta, function): (&Params, &Function<'_, T>),
        batch: Batch,
        keep: bool,
    ) -> Vec<(f64, f64)> {
        let blocks = batch.n.div_ceil(T::LANES);
        let (shared, grid) = (&self.shared, &self.grids[0]);
        while self.records.len() < blocks {
            self.records.push(Record::new(shared, grid.steps, keep));
        }
        let kappa = self.kappa(batch.step);
        let (stream, first) = draws([&self.training, &self.validation], batch);
        let (start, group) = (self.start(theta), self.group);
        let records = &mut self.records[..blocks];
        self.pool.install(|| {
            records.par_iter_mut().enumerate().for_each(|(k, record)| {
                let path = first + (k * T::LANES) as u64;
                let draws = (stream, path, group);
                record.forward((shared, grid), (function, start), draws, (kappa, keep));
            });
        });
        let lanes = records.iter().flat_map(|r| r.y.iter().zip(&r.tangent)).take(batch.n);
        lanes.map(|(delta, j)| (*delta, *j)).collect()
    }

    /// δ − J Δ on all paths of a batch, Δ that of the paths of one start.
    fn forward(
        &mut self,
        function: (&Params, &Function<'_, T>),
        batch: Batch,
        keep: bool,
    ) -> Result<Vec<f64>> {
        let all = self.ends(function, batch, keep);
        let mut rest = Vec::with_capacity(batch.n);
        for alike in all.chunks(self.alike(batch.n)) {
            let squares: f64 = alike.iter().map(|(_, j)| j * j).sum();
            let newton = alike.iter().map(|(delta, j)| delta * j).sum::<f64>() / squares;
            if !newton.is_finite() {
                return Err(Error::Numeric { what: "the loss".to_owned(), at: batch.step });
            }
            rest.extend(alike.iter().map(|(delta, j)| delta - j * newton));
            self.newton = newton;
        }
        Ok(rest)
    }

    /// Paths of a batch of n that share a start.
    fn alike(&self, n: usize) -> usize {
        let group = self.group;
        assert!(n.is_multiple_of(group), "a batch of {n} is no multiple of groups of {group}");
        if group == 1 { n } else { group }
    }

    /// y₀; 0 where f does not depend on u, so that δ is what a path says of u(0, x₀).
    fn start(&self, theta: &Params) -> f64 {
        if !self.shared.compiled.driver.of_u {
            return 0.0;
        }
        let start = last::<T>(theta);
        if self.form.per_step().is_some() { start } else { self.pilot.m_g + start }
    }

    /// n/(n − 1) (δ − J Δ)²/s_c², path by path; of groups of n their means, which are independent.
    fn loss(&self, rest: &[f64]) -> Estimate {
        let n = self.alike(rest.len()) as f64;
        let scale = n / (n - 1.0) / self.pilot.s_c.powi(2);
        let losses: Vec<f64> = rest.iter().map(|r| scale * r.powi(2)).collect();
        let mean = |alike: &[f64]| alike.iter().sum::<f64>() / alike.len() as f64;
        match self.group {
            1 => Estimate::of(&losses),
            group => Estimate::of(&losses.chunks(group).map(mean).collect::<Vec<f64>>()),
        }
    }

    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        self.work.values += batch.n as u64;
        if self.published.is_some() {
            return self.published_value(theta, batch);
        }
        let function = self.function(Which::Learned(theta));
        let rest = self.forward((theta, &function), batch, false)?;
        Ok(self.loss(&rest))
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        self.work.gradients += batch.n as u64;
        if self.published.is_some() {
            return self.published_gradient(theta, batch, into);
        }
        let function = self.function(Which::Learned(theta));
        let rest = self.forward((theta, &function), batch, true)?;
        let alike = self.alike(batch.n);
        let free = (batch.n / alike) as f64 * (alike as f64 - 1.0);
        let scale = 2.0 / free / self.pilot.s_c.powi(2);
        let (shared, grid) = (&self.shared, &self.grids[0]);
        let records = &mut self.records[..batch.n.div_ceil(T::LANES)];
        self.pool.install(|| {
            records.par_iter_mut().zip(rest.par_chunks(T::LANES)).for_each(|(record, rest)| {
                let seeds: Vec<f64> = rest.iter().map(|r| scale * r).collect();
                record.reverse((shared, grid), &function, &seeds);
            });
        });
        let records = &self.records[..batch.n.div_ceil(T::LANES)];
        for (block, sums) in T::blocks_mut(into).iter_mut().enumerate() {
            let parts: Vec<&[T]> = records
                .iter()
                .filter_map(|record| record.gradients.get(block).map(Vec::as_slice))
                .collect();
            for (k, sum) in sums.list_mut().iter_mut().enumerate() {
                *sum = T::of(parts.iter().map(|gradient| gradient[k].wide()).sum());
            }
        }
        Ok(self.loss(&rest))
    }

    fn descend(&mut self, theta: &mut Params, batch: Batch, by: Move) -> Result<Estimate> {
        if self.published.is_some() {
            self.work.gradients += batch.n as u64;
            return self.published_descend(theta, batch, by);
        }
        let mut gradient = self.gradient.take().unwrap_or_else(|| theta.zeros_like());
        let value = self.gradient(theta, batch, &mut gradient)?;
        by.apply(theta, &mut gradient, batch.step)?;
        if self.shared.compiled.driver.of_u {
            let rate = 0.02_f64.max(1.0 / (1.0 + batch.step as f64));
            let s_g = self.pilot.s_g;
            let last = T::blocks(theta).len() - 1;
            let start = &mut T::blocks_mut(theta)[last].list_mut()[0];
            *start = T::of(start.wide() + rate * self.newton.clamp(-s_g, s_g));
        }
        self.gradient = Some(gradient);
        Ok(value)
    }

    fn slope_at(&self, theta: &Params, t: f64, x: &[f64]) -> Vec<f64> {
        let (compiled, level) = (&self.shared.compiled, self.shared.level);
        let here = Origin::from(x);
        let grid = Grid::new(compiled, &self.pilot, (t, &here), (&self.elsewhere, 1), level);
        let mut walk = Walk::new(&self.shared);
        walk.start(&grid, (&self.training, 0, 1));
        walk.find(&self.shared, &grid, 0, &self.function(Which::Learned(theta)));
        walk.z.iter().map(|row| row.as_ref()[0].wide()).collect()
    }
}

/// The last number of θ: where Y starts, as it is or from the mean of g.
fn last<T: Stored>(theta: &Params) -> f64 {
    let blocks = T::blocks(theta);
    blocks[blocks.len() - 1].list()[0].wide()
}

/// The stream of a batch, of those for training and for validation, and its first path.
fn draws([training, validation]: [&Stream; 2], batch: Batch) -> (&Stream, u64) {
    match batch.purpose {
        Purpose::Training => (training, batch.step * batch.n as u64),
        Purpose::Validation => (validation, 0),
    }
}

/// κ at iteration i of n: 2i/n, at most 1.
pub(crate) fn ramp(i: u64, n: u64) -> f64 {
    if n == 0 { 1.0 } else { (2.0 * i as f64 / n as f64).min(1.0) }
}

/// J ← J (1 − h β).
fn forget<T: Real>(tangent: &mut [f64], h: f64, beta: &[T]) {
    tangent.iter_mut().zip(beta).for_each(|(j, beta)| *j *= 1.0 - h * beta.wide());
}

/// Adds a row to sums in double precision.
fn add<T: Real>(sums: &mut [f64], row: &[T]) {
    sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v.wide());
}
