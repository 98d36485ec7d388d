//! Training of the published form: four passes over threads, and every number once.
//!
//! ```text
//! paths      a block of paths each: ΔW_n, X_n of all steps; no function is needed for them
//! forward    a network each: X_n as lines → Z_n
//! value      a block of paths each: Y along the steps, δ = Y_N − g, and back: ∂L/∂Z_n
//! reverse    a network each: its gradient, and its parameters moved while they are in cache
//! ```
//! Networks stand for lines, paths for lanes: between passes blocks are transposed. Sums over paths are
//! ordered, so bits do not depend on threads. The slope of y₀ is Σ ∂L/∂Y_0, that of z₀ Σ ∂L/∂Z_0.

use std::cell::RefCell;

use frame::{Batch, Block as Numbers, Move, Params, Purpose, Stored};
use ground::estimate::Estimate;
use ground::kernel::block;
use ground::kernel::dense::{self, Gradient, Normed};
use ground::kernel::lane::{self, Real, Row};
use ground::kernel::span;
use ground::stream::Stream;
use ground::{Error, Result};
use rayon::prelude::*;
use thread_local::ThreadLocal;

use super::function::Which;
use super::grid::Grid;
use super::walk::{Shared, Value, Walk};
use super::{Plan, add, scout};
use crate::form::PerStep;

/// What training keeps between its passes.
#[derive(Debug)]
pub(super) struct Published<T: Real> {
    form: PerStep,
    network: Normed,
    blocks: Vec<Paths<T>>,
    steps: Vec<Step<T>>,
    desks: Desks<T>,
}

/// One a thread, so that it stays in the cache; it holds nothing from one network to the next.
type Desks<T> = ThreadLocal<RefCell<Desk<<T as Real>::Row>>>;

/// Room for the reverse pass of one network.
#[derive(Debug, Default)]
struct Desk<R> {
    seeds: Vec<R>,
    scratch: Vec<R>,
}

/// A block of paths.
#[derive(Debug)]
struct Paths<T: Real> {
    walk: Walk<T>,
    /// ΔW_n, `[N][d]`.
    dw: Vec<Vec<T::Row>>,
    /// X_n, `[N + 1][d]`.
    x: Vec<Vec<T::Row>>,
    /// ∂Y_{n+1}/∂Z_n, then ∂L/∂Z_n, `[N][d]`.
    slopes: Vec<Vec<T::Row>>,
    /// 1 − h β, `[N]`.
    factors: Vec<T::Row>,
    /// Σ h f − z·ΔW, then δ, lane by lane.
    y: Vec<f64>,
    /// ∂L/∂Y_n, lane by lane.
    reach: Vec<f64>,
}

/// The network of one step at work.
#[derive(Debug)]
struct Step<T: Real> {
    input: Vec<T::Row>,
    cache: Vec<T::Row>,
    output: Vec<T::Row>,
    statistics: Vec<T::Row>,
}

/// Where y₀ and z₀ begin.
struct Start<'a, T> {
    y: f64,
    z: &'a [T],
}

impl<T: Stored> Published<T> {
    pub(super) fn new(form: PerStep) -> Self {
        let (blocks, steps) = (Vec::new(), Vec::new());
        Self { network: form.network(), form, blocks, steps, desks: ThreadLocal::new() }
    }

    /// Memory for a batch of n.
    fn make_room(&mut self, shared: &Shared<T>, n: usize) {
        let (network, dim) = (&self.network, shared.compiled.dim);
        let rows = |n: usize| vec![T::Row::default(); n];
        let steps = self.form.steps;
        self.blocks.resize_with(n.div_ceil(T::LANES), || Paths {
            walk: Walk::new(shared),
            dw: vec![rows(dim); steps],
            x: vec![rows(dim); steps + 1],
            slopes: vec![rows(dim); steps],
            factors: rows(steps),
            y: vec![0.0; T::LANES],
            reach: vec![0.0; T::LANES],
        });
        let lines = n * dense::rows::<T>(dim);
        if self.steps.first().is_some_and(|step| step.input.len() == lines) {
            return;
        }
        let step = |_| Step {
            input: rows(lines),
            cache: rows(network.cache_rows::<T>(n)),
            output: rows(lines),
            statistics: rows(network.statistics_rows::<T>()),
        };
        self.steps = (1..steps).map(step).collect();
    }

    /// δ of a batch, path by path, and ∂L/∂Z_n on the blocks.
    fn forward(
        &mut self,
        (shared, grid): (&Shared<T>, &Grid<T>),
        theta: &Params,
        (stream, first, n): (&Stream, u64, usize),
    ) -> Vec<f64> {
        self.make_room(shared, n);
        let Self { form, network, blocks, steps, .. } = self;
        let lines = dense::rows::<T>(form.dim);
        blocks.par_iter_mut().enumerate().with_max_len(1).for_each(|(k, paths)| {
            paths.draw((shared, grid), (stream, first + (k * T::LANES) as u64));
        });
        let numbers = T::blocks(theta);
        let all = &*blocks;
        steps.par_iter_mut().enumerate().with_max_len(1).for_each(|(k, step)| {
            let parts = step.input.chunks_mut(T::LANES * lines);
            for (to, paths) in parts.zip(all) {
                block::to_lines::<T>(shared.level, &paths.x[k + 1], T::of(1.0), to);
            }
            let theta = &numbers[PerStep::block(k + 1)].rows;
            let Step { input, cache, output, statistics, .. } = step;
            network.forward::<T>(shared.level, theta, n, input, cache, output, statistics);
        });
        let place = form.slope_block();
        let start = Start { y: numbers[place + 1].list()[0].wide(), z: numbers[place].list() };
        let all = &*steps;
        blocks.par_iter_mut().enumerate().with_max_len(1).for_each(|(k, paths)| {
            let place = (k * T::LANES, T::LANES.min(n - k * T::LANES), n);
            paths.value((shared, grid), (form, &start), all, place);
        });
        blocks.iter().flat_map(|paths| &paths.y).take(n).copied().collect()
    }

    /// Back through the networks, each moved on the way.
    fn descend(&mut self, shared: &Shared<T>, n: usize, numbers: &mut [Numbers<T>], by: Move) {
        let (network, blocks, dim) = (&self.network, &self.blocks, self.form.dim);
        let at = (shared.level, network, &self.desks);
        let (numbers, rest) = numbers.split_at_mut(self.form.slope_block());
        let rule = by.update.rule::<T>();
        let pairs = self.steps.par_iter().zip(numbers.par_chunks_mut(2));
        pairs.enumerate().with_max_len(1).for_each(|(k, (step, numbers))| {
            let [own, running] = numbers else { unreachable!("chunks of two") };
            let [first, second] = &mut own.memory;
            let gradient = Gradient::Move { memory: [first, second], rule };
            step.reverse(at, (blocks, k + 1, n), &mut own.rows, gradient);
            network.remember::<T>(&mut running.rows, &step.statistics, PerStep::KEEP);
        });
        let [slope, start] = rest else { unreachable!("z₀ and y₀ are the last blocks") };
        slope.step(by.update, &by_slope(blocks, dim));
        start.step(by.update, &[by_start(blocks)]);
    }

    /// Running statistics see those of the batch.
    fn remember(&self, numbers: &mut [Numbers<T>]) {
        for (k, step) in self.steps.iter().enumerate() {
            let running = &mut numbers[PerStep::block(k + 1) + 1].rows;
            self.network.remember::<T>(running, &step.statistics, PerStep::KEEP);
        }
    }

    /// Back through the networks; the gradient is set.
    fn gradient(&mut self, shared: &Shared<T>, n: usize, theta: &Params, into: &mut Params) {
        let (network, blocks, dim) = (&self.network, &self.blocks, self.form.dim);
        let at = (shared.level, network, &self.desks);
        let (numbers, into) = (T::blocks(theta), T::blocks_mut(into));
        let (into, rest) = into.split_at_mut(self.form.slope_block());
        let pairs = self.steps.par_iter().zip(into.par_chunks_mut(2));
        pairs.enumerate().with_max_len(1).for_each(|(k, (step, into))| {
            let mut theta = numbers[PerStep::block(k + 1)].rows.clone();
            for block in into.iter_mut() {
                block.rows.fill(T::Row::default());
            }
            let gradient = Gradient::Add(&mut into[0].rows);
            step.reverse(at, (blocks, k + 1, n), &mut theta, gradient);
        });
        rest[0].list_mut().copy_from_slice(&by_slope(blocks, dim));
        rest[1].list_mut()[0] = by_start(blocks);
    }
}

/// ∂L/∂z₀.
fn by_slope<T: Real>(blocks: &[Paths<T>], dim: usize) -> Vec<T> {
    let sum = |i: usize| -> f64 {
        blocks.iter().flat_map(|paths| paths.slopes[0][i].as_ref()).map(|v| v.wide()).sum()
    };
    (0..dim).map(sum).map(T::of).collect()
}

/// ∂L/∂y₀.
fn by_start<T: Real>(blocks: &[Paths<T>]) -> T {
    T::of(blocks.iter().flat_map(|paths| &paths.reach).sum())
}

impl<T: Real> Step<T> {
    /// The gradient of one network, from ∂L/∂Z_n on the blocks.
    fn reverse(
        &self,
        (level, network, desks): (lane::Level, &Normed, &Desks<T>),
        (blocks, step, n): (&[Paths<T>], usize, usize),
        theta: &mut [T::Row],
        gradient: Gradient<'_, T>,
    ) {
        let dim = network.widths[0];
        let shrink = T::of(1.0 / dim as f64);
        let mut desk = desks.get_or_default().borrow_mut();
        let Desk { seeds, scratch } = &mut *desk;
        seeds.resize(self.input.len(), T::Row::default());
        for (to, paths) in seeds.chunks_mut(T::LANES * dense::rows::<T>(dim)).zip(blocks) {
            block::to_lines::<T>(level, &paths.slopes[step], shrink, to);
        }
        let batch = dense::Batch { n, input: &self.input, cache: &self.cache, seeds };
        network.reverse::<T>(level, theta, batch, scratch, gradient, None);
    }
}

impl<T: Real> Paths<T> {
    /// ΔW and X of all steps.
    fn draw(&mut self, (shared, grid): (&Shared<T>, &Grid<T>), (stream, path): (&Stream, u64)) {
        let Self { walk, dw, x, .. } = self;
        let first = usize::try_from(path).expect("paths are counted by the machine's words");
        walk.start(grid, (stream, path, 1));
        std::mem::swap(&mut walk.x, &mut x[0]);
        for (n, dw) in dw.iter_mut().enumerate() {
            scout::draw(shared.level, stream, grid, (first, n), dw);
            let (before, after) = x.split_at_mut(n + 1);
            walk.pass((shared, grid, n), [&before[n], dw], &mut after[0]);
        }
    }

    /// Y along the steps, δ, and back; of `lanes` paths from the one at `first` on, of n in all.
    fn value(
        &mut self,
        (shared, grid): (&Shared<T>, &Grid<T>),
        (form, start): (&PerStep, &Start<'_, T>),
        networks: &[Step<T>],
        (first, lanes, all): (usize, usize, usize),
    ) {
        let (walk, d, level) = (&mut self.walk, form.dim, shared.level);
        let lines = dense::rows::<T>(d);
        let shrink = T::of(1.0 / d as f64);
        self.y.fill(0.0);
        for n in 0..grid.steps {
            std::mem::swap(&mut walk.x, &mut self.x[n]);
            std::mem::swap(&mut walk.dw, &mut self.dw[n]);
            if n == 0 {
                let rows = walk.z.iter_mut().zip(start.z);
                rows.for_each(|(row, &z)| *row = T::Row::splat(z));
            } else {
                let from = &networks[n - 1].output[first * lines..(first + lanes) * lines];
                block::from_lines::<T>(level, from, shrink, &mut walk.z);
            }
            let y = Value { start: start.y, sums: &self.y };
            let change = walk.drive(shared, grid, n, (0.0, y));
            add(&mut self.y, change.as_ref());
            let factors = self.factors[n].as_mut().iter_mut().zip(walk.beta.as_ref());
            factors.for_each(|(v, beta)| *v = T::of(1.0 - grid.h[n] * beta.wide()));
            walk.towards(shared, grid.h[n], &mut self.slopes[n]);
            std::mem::swap(&mut walk.x, &mut self.x[n]);
            std::mem::swap(&mut walk.dw, &mut self.dw[n]);
        }
        std::mem::swap(&mut walk.x, &mut self.x[grid.steps]);
        let g = walk.terminal(shared);
        for (lane, (y, g)) in self.y.iter_mut().zip(g.as_ref()).enumerate() {
            *y = start.y - *y - g.wide();
            let seed = form.loss(*y)[1] / all as f64;
            self.reach[lane] = if lane < lanes { seed } else { 0.0 };
        }
        for n in (0..grid.steps).rev() {
            let mut reach = T::Row::default();
            reach.as_mut().iter_mut().zip(&self.reach).for_each(|(to, &v)| *to = T::of(v));
            span::scale::<T>(level, &reach, &mut self.slopes[n]);
            let lanes = self.reach.iter_mut().zip(self.factors[n].as_ref());
            lanes.for_each(|(reach, factor)| *reach *= factor.wide());
        }
    }
}

impl<T: Stored> Plan<T> {
    /// The mean loss of a batch: by its own statistics for training, by running ones elsewhere.
    pub(super) fn published_value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        if batch.purpose == Purpose::Training {
            let deltas = self.published_forward(theta, batch);
            return self.published_loss(&deltas, batch);
        }
        let function = self.function(Which::Learned(theta));
        // Without u in the driver Y runs from 0.
        let start = super::last::<T>(theta) - self.start(theta);
        let ends = self.ends((theta, &function), batch, false);
        let deltas: Vec<f64> = ends.iter().map(|(delta, _)| start - delta).collect();
        self.published_loss(&deltas, batch)
    }

    pub(super) fn published_gradient(
        &mut self,
        theta: &Params,
        batch: Batch,
        into: &mut Params,
    ) -> Result<Estimate> {
        let deltas = self.published_forward(theta, batch);
        let value = self.published_loss(&deltas, batch)?;
        let Self { shared, published, pool, .. } = self;
        if let Some(published) = published {
            pool.install(|| published.gradient(shared, batch.n, theta, into));
        }
        Ok(value)
    }

    /// Gradient and move in one, unless the norm of the gradient must be known before.
    pub(super) fn published_descend(
        &mut self,
        theta: &mut Params,
        batch: Batch,
        by: Move,
    ) -> Result<Estimate> {
        if by.clip.is_some() {
            let mut gradient = self.gradient.take().unwrap_or_else(|| theta.zeros_like());
            let value = self.published_gradient(theta, batch, &mut gradient)?;
            by.apply(theta, &mut gradient, batch.step)?;
            self.gradient = Some(gradient);
            if let Some(published) = &self.published {
                published.remember(T::blocks_mut(theta));
            }
            return Ok(value);
        }
        let deltas = self.published_forward(theta, batch);
        let value = self.published_loss(&deltas, batch)?;
        let Self { shared, published, pool, .. } = self;
        if let Some(published) = published {
            pool.install(|| published.descend(shared, batch.n, T::blocks_mut(theta), by));
        }
        Ok(value)
    }

    fn published_forward(&mut self, theta: &Params, batch: Batch) -> Vec<f64> {
        let Self { shared, published, pool, grids, training, validation, .. } = self;
        let (stream, first) = super::draws([training, validation], batch);
        let draws = (stream, first, batch.n);
        let published = published.as_mut().expect("the form is the published one");
        pool.install(|| published.forward((shared, &grids[0]), theta, draws))
    }

    fn published_loss(&self, deltas: &[f64], batch: Batch) -> Result<Estimate> {
        let form = self.form.per_step().expect("the form is the published one");
        let losses: Vec<f64> = deltas.iter().map(|&delta| form.loss(delta)[0]).collect();
        let value = Estimate::of(&losses);
        if value.mean.is_finite() {
            Ok(value)
        } else {
            Err(Error::Numeric { what: "the loss".to_owned(), at: batch.step })
        }
    }
}
