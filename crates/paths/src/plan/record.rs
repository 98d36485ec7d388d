//! One block of a training batch: its steps forward, and what they say of the parameters.
//!
//! Networks go backward over all steps of a block at once; free networks of a step each step by step.

use ground::kernel::lane::Real;
use ground::kernel::network::{Evaluations, Network};
use ground::stream::Stream;

use super::function::{Function, Kind, Learned};
use super::grid::Grid;
use super::walk::{Shared, Value, Walk};
use super::{add, forget, scout};

/// What one block keeps of its steps.
#[derive(Debug)]
pub(super) struct Record<T: Real> {
    walk: Walk<T>,
    coefficients: Kept<T>,
    free: Kept<T>,
    /// 1 − h β at every step, where f depends on u.
    factors: Vec<T::Row>,
    /// Σ h f − z·ΔB so far, then δ, lane by lane.
    pub(super) y: Vec<f64>,
    /// ∂Y/∂y₀, lane by lane.
    pub(super) tangent: Vec<f64>,
    scratch: Vec<T::Row>,
    /// Of the blocks of θ that the function has: coefficients, then free networks.
    pub(super) gradients: Vec<Vec<T>>,
}

/// What one of the networks keeps.
#[derive(Debug, Default)]
struct Kept<T: Real> {
    inputs: Vec<T::Row>,
    caches: Vec<T::Row>,
    /// ∂δ by its outputs, then ∂L.
    slopes: Vec<T::Row>,
}

impl<T: Real> Kept<T> {
    fn new(network: Option<&Network>, steps: usize) -> Self {
        let rows = |n: usize| vec![T::Row::default(); n * steps];
        let Some(network) = network else {
            return Self::default();
        };
        let (inputs, outputs) = (network.widths[0], network.widths[network.widths.len() - 1]);
        Self { inputs: rows(inputs), caches: rows(network.cache_rows()), slopes: rows(outputs) }
    }

    /// Keeps inputs and activations of step n of so many.
    fn keep(&mut self, (n, steps): (usize, usize), inputs: &[T::Row], cache: &[T::Row]) {
        for (all, one) in [(&mut self.inputs, inputs), (&mut self.caches, cache)] {
            let width = all.len() / steps;
            all[n * width..(n + 1) * width].copy_from_slice(&one[..width]);
        }
    }

    /// Place for the slopes of step n of so many.
    fn slopes(&mut self, n: usize, steps: usize) -> &mut [T::Row] {
        let width = self.slopes.len() / steps;
        &mut self.slopes[n * width..(n + 1) * width]
    }

    /// Steps `first` and on of so many.
    fn evaluations(&self, (first, count): (usize, usize), steps: usize) -> Evaluations<'_, T> {
        let part = |rows: &'_ Vec<T::Row>| {
            rows.len() / steps * first..rows.len() / steps * (first + count)
        };
        Evaluations {
            inputs: &self.inputs[part(&self.inputs)],
            caches: &self.caches[part(&self.caches)],
            seeds: &self.slopes[part(&self.slopes)],
            count,
        }
    }
}

impl<T: Real> Record<T> {
    /// Memory for one block; for its reverse pass where `keep` is set.
    pub(super) fn new(shared: &Shared<T>, steps: usize, keep: bool) -> Self {
        let coefficients = shared.directed.then_some(&shared.network).filter(|_| keep);
        let free = shared.free.as_ref().map(|shape| &shape.network).filter(|_| keep);
        let of_u = keep && shared.compiled.driver.of_u;
        Self {
            walk: Walk::new(shared),
            coefficients: Kept::new(coefficients, steps),
            free: Kept::new(free, steps),
            factors: vec![T::Row::default(); if of_u { steps } else { 0 }],
            tangent: vec![1.0; T::LANES],
            y: vec![0.0; T::LANES],
            scratch: Vec::new(),
            gradients: Vec::new(),
        }
    }

    /// δ of a block of paths.
    pub(super) fn forward(
        &mut self,
        (shared, grid): (&Shared<T>, &Grid<T>),
        (function, start): (&Function<'_, T>, f64),
        (stream, path, group): (&Stream, u64, usize),
        (kappa, keep): (f64, bool),
    ) {
        if keep && self.coefficients.inputs.is_empty() && self.free.inputs.is_empty() {
            *self = Self::new(shared, grid.steps, true);
        }
        let (walk, steps) = (&mut self.walk, grid.steps);
        let of_u = shared.compiled.driver.of_u;
        self.y.fill(0.0);
        self.tangent.fill(1.0);
        walk.start(grid, (stream, path, group));
        for n in 0..steps {
            let first = usize::try_from(path).expect("paths are counted by the machine's words");
            scout::draw(shared.level, stream, grid, (first, n), &mut walk.dw);
            walk.find(shared, grid, n, function);
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
                self.coefficients.keep((n, steps), &walk.psi, &walk.cache);
                self.free.keep((n, steps), &walk.free[0], &walk.free[2]);
                let slopes = [self.coefficients.slopes(n, steps), self.free.slopes(n, steps)];
                walk.sensitivity(shared, grid, (n, kappa), slopes);
            }
            walk.advance(shared, grid, n);
        }
        add(&mut self.y, walk.terminal(shared).as_ref());
        self.y.iter_mut().for_each(|y| *y -= start);
    }

    /// The gradient of Σ seed·δ over the lanes that have a seed. A change of Y at one step reaches
    /// Y_N through the factors of the steps behind it.
    pub(super) fn reverse(
        &mut self,
        (shared, grid): (&Shared<T>, &Grid<T>),
        function: &Function<'_, T>,
        seeds: &[f64],
    ) {
        let (steps, mut reach) = (grid.steps, vec![0.0; T::LANES]);
        reach[..seeds.len()].copy_from_slice(seeds);
        for n in (0..steps).rev() {
            for kept in [&mut self.coefficients, &mut self.free] {
                for row in kept.slopes(n, steps) {
                    let lanes = row.as_mut().iter_mut().zip(&reach);
                    lanes.for_each(|(slope, reach)| *slope = T::of(slope.wide() * reach));
                }
            }
            if let Some(factors) = self.factors.get(n) {
                let lanes = reach.iter_mut().zip(factors.as_ref());
                lanes.for_each(|(reach, factor)| *reach *= factor.wide());
            }
        }
        let Kind::Learned(learned) = &function.kind else { return };
        self.through(shared, steps, learned);
    }

    /// Back through the networks.
    fn through(&mut self, shared: &Shared<T>, steps: usize, learned: &Learned<'_, T>) {
        let (level, scratch) = (shared.level, &mut self.scratch);
        let blocks = learned.coefficients.iter().map(|theta| theta.len());
        let sizes = blocks.chain(learned.free.iter().map(|theta| theta.len()));
        self.gradients.resize_with(sizes.clone().count(), Vec::new);
        for (gradient, n) in self.gradients.iter_mut().zip(sizes) {
            gradient.clear();
            gradient.resize(n, T::default());
        }
        let mut gradients = self.gradients.iter_mut();
        if let Some(theta) = learned.coefficients
            && let Some(gradient) = gradients.next()
        {
            let all = self.coefficients.evaluations((0, steps), steps);
            shared.network.reverse(level, theta, all, scratch, gradient);
        }
        let Some(shape) = &shared.free else { return };
        let each = steps / learned.free.len();
        for (k, (theta, gradient)) in learned.free.iter().zip(gradients).enumerate() {
            let own = self.free.evaluations((k * each, each), steps);
            shape.network.reverse(level, theta, own, scratch, gradient);
        }
    }
}
