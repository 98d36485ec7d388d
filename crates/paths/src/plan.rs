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
mod grid;
mod scout;
mod trajectory;
mod walk;

use std::sync::Arc;

use frame::{Batch, Functional, Move, Params, Precision, Purpose, Run, Stored, Watch, Work};
use ground::estimate::Estimate;
use ground::kernel::lane::Real;
use ground::kernel::network::Evaluations;
use ground::stream::Stream;
use ground::{Error, Result};
use rayon::prelude::*;

pub(crate) use compiled::Compiled;
pub(crate) use evaluate::{Fresh, LevelDraws};
pub(crate) use grid::Grid;
pub(crate) use scout::Course;
pub(crate) use trajectory::Asked;
pub use trajectory::Trajectories;
use walk::{Shared, Value, Walk};

use crate::form::Directions;
use crate::origin::Origin;
use crate::pilot::Pilot;
use crate::problem::DeepBsde;
use crate::spacing::Spacing;

/// The fast functional of [`DeepBsde`] with [`Directions`], in the precision of the run.
#[derive(Debug)]
pub struct PathPlan {
    inner: Inner,
    /// The problem it solves.
    pub(crate) problem: DeepBsde,
    /// The form it trains.
    pub(crate) form: Directions,
}

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
    pub(crate) fn new(problem: DeepBsde, form: Directions, run: &Run) -> Result<Self> {
        let inner = match run.precision {
            Precision::F32 => Inner::F32(Plan::new(&problem, &form, run)?),
            Precision::F64 => Inner::F64(Plan::new(&problem, &form, run)?),
        };
        Ok(Self { inner, problem, form })
    }

    /// What the pilot found.
    pub fn pilot(&self) -> &Pilot {
        either!(&self.inner, plan => &plan.pilot)
    }

    /// Fresh paths, level by level.
    pub(crate) fn evaluate(
        &mut self,
        theta: &Params,
        fresh: &Fresh<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Vec<LevelDraws>> {
        either!(&mut self.inner, plan => plan.evaluate(theta, fresh, watch))
    }

    /// Whole paths of one level.
    pub(crate) fn trajectories(&self, theta: &Params, asked: &Asked<'_>) -> Trajectories {
        either!(&self.inner, plan => plan.trajectories(theta, asked))
    }

    /// Z at points, `[d]` each.
    pub(crate) fn slope_at(&self, theta: &Params, t: f64, x: &[f64]) -> Vec<f64> {
        either!(&self.inner, plan => plan.slope_at(theta, t, x))
    }

    /// y₀ of the training, if f depends on u; else 0.
    pub(crate) fn start(&self, theta: &Params) -> f64 {
        either!(&self.inner, plan => plan.start(theta))
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
    pilot: Pilot,
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

/// What one block of the training batch keeps of its steps.
#[derive(Debug)]
struct Record<T: Real> {
    walk: Walk<T>,
    inputs: Vec<T::Row>,
    caches: Vec<T::Row>,
    /// ∂δ/∂c, then ∂L/∂c.
    slopes: Vec<T::Row>,
    /// 1 − h β at every step, where f depends on u.
    factors: Vec<T::Row>,
    /// Σ h f − z·ΔB so far, then δ, lane by lane.
    y: Vec<f64>,
    /// ∂Y/∂y₀, lane by lane.
    tangent: Vec<f64>,
    scratch: Vec<T::Row>,
    gradient: Vec<T>,
}

impl<T: Stored> Plan<T> {
    fn new(problem: &DeepBsde, form: &Directions, run: &Run) -> Result<Self> {
        let level = crate::problem::level(run.vector);
        let pool = ground::par::pool(run.threads)?;
        let (samples, on_policy) = (form.samples(), problem.follows()?);
        let compiled = Arc::new(Compiled::new(&problem.equation, &problem.step()?, samples)?);
        let course = problem.course();
        let stream = Stream::new(run.seed);
        let mut pilot =
            pool.install(|| scout::scout::<T>(&compiled, form, &course, &stream, level))?;
        pilot.range = problem.range(&pilot)?;
        let grids = course
            .levels
            .iter()
            .map(|&n| {
                let cut = (&course.spacing, n);
                Grid::new(&compiled, &pilot, (0.0, &course.origin), cut, level)
            })
            .collect();
        Ok(Self {
            shared: Shared::new(compiled, form.network(), &pilot, on_policy, level),
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

    /// δ − J Δ on all paths of a batch, Δ that of the paths of one start; what the reverse pass needs
    /// is kept when `keep` is set.
    fn forward(&mut self, theta: &Params, batch: Batch, keep: bool) -> Result<Vec<f64>> {
        let blocks = batch.n.div_ceil(T::LANES);
        let (shared, grid) = (&self.shared, &self.grids[0]);
        while self.records.len() < blocks {
            self.records.push(Record::new(shared, grid.steps, keep));
        }
        let kappa = self.kappa(batch.step);
        let (stream, first) = match batch.purpose {
            Purpose::Training => (&self.training, batch.step * batch.n as u64),
            Purpose::Validation => (&self.validation, 0),
        };
        let parameters = &T::blocks(theta)[0].theta;
        let (start, group) = (self.start(theta), self.group);
        let records = &mut self.records[..blocks];
        self.pool.install(|| {
            records.par_iter_mut().enumerate().for_each(|(k, record)| {
                let path = first + (k * T::LANES) as u64;
                let draws = (stream, path, group);
                record.forward((shared, grid), (parameters, start), draws, (kappa, keep));
            });
        });
        let lanes = records.iter().flat_map(|r| r.y.iter().zip(&r.tangent)).take(batch.n);
        let all: Vec<(f64, f64)> = lanes.map(|(delta, j)| (*delta, *j)).collect();
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
        if self.shared.compiled.driver.of_u {
            self.pilot.m_g + T::blocks(theta)[1].theta[0].wide()
        } else {
            0.0
        }
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
        let rest = self.forward(theta, batch, false)?;
        Ok(self.loss(&rest))
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        self.work.gradients += batch.n as u64;
        let rest = self.forward(theta, batch, true)?;
        let alike = self.alike(batch.n);
        let free = (batch.n / alike) as f64 * (alike as f64 - 1.0);
        let scale = 2.0 / free / self.pilot.s_c.powi(2);
        let parameters = &T::blocks(theta)[0].theta;
        let (shared, steps) = (&self.shared, self.grids[0].steps);
        let records = &mut self.records[..batch.n.div_ceil(T::LANES)];
        self.pool.install(|| {
            records.par_iter_mut().zip(rest.par_chunks(T::LANES)).for_each(|(record, rest)| {
                let seeds: Vec<f64> = rest.iter().map(|r| scale * r).collect();
                record.reverse(shared, steps, parameters, &seeds);
            });
        });
        let sum = &mut T::blocks_mut(into)[0].theta;
        for (k, sum) in sum.iter_mut().enumerate() {
            *sum = T::of(records.iter().map(|record| record.gradient[k].wide()).sum());
        }
        Ok(self.loss(&rest))
    }

    fn descend(&mut self, theta: &mut Params, batch: Batch, by: Move) -> Result<Estimate> {
        let mut gradient = self.gradient.take().unwrap_or_else(|| theta.zeros_like());
        let value = self.gradient(theta, batch, &mut gradient)?;
        by.apply(theta, &mut gradient, batch.step)?;
        if self.shared.compiled.driver.of_u {
            let rate = 0.02_f64.max(1.0 / (1.0 + batch.step as f64));
            let s_g = self.pilot.s_g;
            let start = &mut T::blocks_mut(theta)[1].theta[0];
            *start = T::of(start.wide() + rate * self.newton.clamp(-s_g, s_g));
        }
        self.gradient = Some(gradient);
        Ok(value)
    }

    fn slope_at(&self, theta: &Params, t: f64, x: &[f64]) -> Vec<f64> {
        let (compiled, level) = (&self.shared.compiled, self.shared.level);
        let here = Origin::from(x);
        let grid = Grid::new(compiled, &self.pilot, (t, &here), (&self.elsewhere, 1), level);
        let mut walk = Walk::new(compiled, &self.shared.network);
        walk.start(&grid, (&self.training, 0, 1));
        walk.look(&self.shared, &grid, 0);
        walk.decide(&self.shared, &grid, 0, &T::blocks(theta)[0].theta);
        walk.z.iter().map(|row| row.as_ref()[0].wide()).collect()
    }
}

/// κ at iteration i of n: 2i/n, at most 1.
pub(crate) fn ramp(i: u64, n: u64) -> f64 {
    if n == 0 { 1.0 } else { (2.0 * i as f64 / n as f64).min(1.0) }
}

impl<T: Real> Record<T> {
    fn new(shared: &Shared<T>, steps: usize, keep: bool) -> Self {
        let network = &shared.network;
        let (inputs, outputs) = (network.widths[0], network.widths[network.widths.len() - 1]);
        let rows = |n: usize| if keep { vec![T::Row::default(); n * steps] } else { vec![] };
        Self {
            walk: Walk::new(&shared.compiled, network),
            inputs: rows(inputs),
            caches: rows(network.cache_rows()),
            slopes: rows(outputs),
            factors: if shared.compiled.driver.of_u { rows(1) } else { vec![] },
            tangent: vec![1.0; T::LANES],
            y: vec![0.0; T::LANES],
            scratch: Vec::new(),
            gradient: vec![T::default(); network.len()],
        }
    }

    fn forward(
        &mut self,
        (shared, grid): (&Shared<T>, &Grid<T>),
        (theta, start): (&[T], f64),
        (stream, path, group): (&Stream, u64, usize),
        (kappa, keep): (f64, bool),
    ) {
        if keep && self.inputs.is_empty() {
            *self = Self::new(shared, grid.steps, true);
        }
        let walk = &mut self.walk;
        let (inputs, outputs, cached) = (walk.psi.len(), walk.c.len(), walk.cache.len());
        let of_u = shared.compiled.driver.of_u;
        self.y.fill(0.0);
        self.tangent.fill(1.0);
        walk.start(grid, (stream, path, group));
        for n in 0..grid.steps {
            let first = usize::try_from(path).expect("paths are counted by the machine's words");
            scout::draw(shared.level, stream, grid, (first, n), &mut walk.dw);
            walk.look(shared, grid, n);
            walk.decide(shared, grid, n, theta);
            let y = Value { start, sums: &self.y };
            let change = walk.drive(shared, grid, n, (kappa, y));
            let h = grid.h[n];
            add(&mut self.y, change.as_ref());
            if of_u {
                forget(&mut self.tangent, h, walk.beta.as_ref());
            }
            if keep && of_u {
                let factors = self.factors[n].as_mut().iter_mut().zip(walk.beta.as_ref());
                factors.for_each(|(v, beta)| *v = T::of(1.0 - h * beta.wide()));
            }
            if keep {
                self.inputs[n * inputs..(n + 1) * inputs].copy_from_slice(&walk.psi);
                self.caches[n * cached..(n + 1) * cached].copy_from_slice(&walk.cache);
                let slopes = &mut self.slopes[n * outputs..(n + 1) * outputs];
                walk.sensitivity(shared, grid, (n, kappa), slopes);
            }
            walk.advance(shared, grid, n);
        }
        add(&mut self.y, walk.terminal(shared).as_ref());
        self.y.iter_mut().for_each(|y| *y -= start);
    }

    /// The gradient of Σ seed·δ over the lanes that have a seed. A change of Y at one step reaches
    /// Y_N through the factors of the steps behind it.
    fn reverse(&mut self, shared: &Shared<T>, steps: usize, theta: &[T], seeds: &[f64]) {
        let mut reach = vec![0.0; T::LANES];
        reach[..seeds.len()].copy_from_slice(seeds);
        let outputs = self.slopes.len() / steps;
        for n in (0..steps).rev() {
            for row in &mut self.slopes[n * outputs..(n + 1) * outputs] {
                let lanes = row.as_mut().iter_mut().zip(&reach);
                lanes.for_each(|(slope, reach)| *slope = T::of(slope.wide() * reach));
            }
            if let Some(factors) = self.factors.get(n) {
                let lanes = reach.iter_mut().zip(factors.as_ref());
                lanes.for_each(|(reach, factor)| *reach *= factor.wide());
            }
        }
        self.gradient.fill(T::default());
        let batch = Evaluations {
            inputs: &self.inputs,
            caches: &self.caches,
            seeds: &self.slopes,
            count: steps,
        };
        let scratch = &mut self.scratch;
        shared.network.reverse(shared.level, theta, batch, scratch, &mut self.gradient);
    }
}

/// J ← J (1 − h β).
fn forget<T: Real>(tangent: &mut [f64], h: f64, beta: &[T]) {
    tangent.iter_mut().zip(beta).for_each(|(j, beta)| *j *= 1.0 - h * beta.wide());
}

/// Adds a row to sums in double precision.
fn add<T: Real>(sums: &mut [f64], row: &[T]) {
    sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v.wide());
}
