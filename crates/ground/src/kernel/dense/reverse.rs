//! The reverse pass of a batch: deltas layer by layer, weight gradients on the way.

use fearless_simd::{Level, Simd, SimdFloat};
use prefetch_index::prefetch_index;

use super::product::{Bias, Lines, Sink, Store};
use super::{Batch, Dense, Gradient, Layer, rows, steps};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;
use crate::kernel::network::reverse::{curvature, slope};
use crate::kernel::update::{Rule, step_rows};

/// The body of [`Dense::reverse`].
///
/// The deltas of a layer are finished before its weights move: they need the weights as they were.
pub(super) fn reverse<T: Real>(
    level: Level,
    (network, theta): (&Dense, &mut [T::Row]),
    batch: Batch<'_, T>,
    scratch: &mut Vec<T::Row>,
    (mut gradient, mut by_input): (Gradient<'_, T>, Option<&mut [T::Row]>),
) {
    let n = batch.n;
    let (turned, [mut here, mut before, aside]) = buffers::<T, 3>(network, n, scratch);
    here[..batch.seeds.len()].copy_from_slice(batch.seeds);
    let hidden = network.hidden_rows::<T>(n);
    let kept = &batch.cache[network.kept_rows::<T>(n)..];
    let layers: Vec<_> = network.layers::<T>(n).collect();
    for layer in layers.into_iter().rev() {
        let (n_in, n_out) = (layer.before::<T>(), rows::<T>(layer.n_out));
        let is_first = layer.value == 0;
        let delta = &mut here[..n * n_out];
        if layer.copies > 0 {
            aside[..n * n_out].copy_from_slice(delta);
        }
        if layer.value < hidden {
            let kept = &kept[layer.value..][..n * n_out];
            if layer.steps {
                let (own, pair) = ((layer, &mut *theta), (kept, &mut *delta));
                steps::back(level, network.activation, own, pair, (&mut gradient, turned));
            }
            T::derive(level, network.activation, kept, delta);
        }
        let delta = Lines { rows: &*delta, stride: n_out };
        let to = match &mut by_input {
            Some(input) if is_first => Some(&mut **input),
            None if is_first => None,
            _ => Some(&mut before[..n * n_in]),
        };
        if let Some(to) = to {
            let turned = &mut turned[..n_in * layer.n_out];
            T::turn(level, layer, (&theta[layer.weights::<T>()], 0..n_in), turned);
            let store = Store { rows: &mut *to, stride: n_in };
            T::across(level, (n, layer.n_out, Bias::Absent), delta, turned, store);
            if layer.copies > 0 {
                T::fold_copies(level, layer, &aside[..n * n_out], to);
            }
        }
        let from = if is_first { batch.input } else { &batch.cache[layer.value - n * n_in..] };
        let a = Lines { rows: from, stride: n_in };
        let (first, panel, shape) = (layer.theta, layer.panel(), (n, layer.n_in, layer.bias));
        match &mut gradient {
            Gradient::Add(sums) => {
                T::down_add(level, shape, [a, delta], Add { rows: &mut sums[first..], panel });
            }
            Gradient::Move { memory: [m, v], rule } => {
                let rows = [&mut theta[first..], &mut m[first..], &mut v[first..]];
                let to = Move { rows, rule: *rule, gradient: &mut turned[..panel] };
                T::down_move(level, shape, [a, delta], to);
            }
        }
        std::mem::swap(&mut here, &mut before);
    }
}

/// Room for the largest transposed weights or panel, and N times for the widest values of n points.
pub(super) fn buffers<'a, T: Real, const N: usize>(
    network: &Dense,
    n: usize,
    scratch: &'a mut Vec<T::Row>,
) -> (&'a mut [T::Row], [&'a mut [T::Row]; N]) {
    let widest = network.widths.iter().map(|&width| n * rows::<T>(width)).max().unwrap_or(0);
    let turned = network.layers::<T>(n).map(Layer::turned::<T>).max();
    scratch.resize(N * widest + turned.unwrap_or(0), T::Row::default());
    let (mut rest, turned) = scratch.split_at_mut(N * widest);
    let parts = [(); N].map(|()| {
        let (own, others) = std::mem::take(&mut rest).split_at_mut(widest);
        rest = others;
        own
    });
    (turned, parts)
}

/// Rows times the derivative of the activation, by its values, or by its arguments where those are kept.
#[inline(always)]
pub(in crate::kernel) fn derive<T: Real, S: Simd>(
    simd: S,
    activation: Activation,
    values: &[T::Row],
    rows: &mut [T::Row],
) {
    for (row, value) in rows.iter_mut().zip(values) {
        let slope = slope::<T, S>(simd, activation, T::load(simd, value));
        T::store(T::load(simd, row) * slope, row);
    }
}

/// The derivatives of a second order: from those by a = f(z) and by ȧ = f'(z) ż to those by z and ż,
/// f' δa + f'' ż δȧ and f' δȧ. `kept` is what slopes are computed from.
#[inline(always)]
pub(in crate::kernel) fn derive_twice<T: Real, S: Simd>(
    simd: S,
    activation: Activation,
    [kept, dots]: [&[T::Row]; 2],
    [rows, tangents]: [&mut [T::Row]; 2],
) {
    for (((row, tangent), kept), dot) in rows.iter_mut().zip(tangents).zip(kept).zip(dots) {
        let kept = T::load(simd, kept);
        let first = slope::<T, S>(simd, activation, kept);
        let second = curvature::<T, S>(simd, activation, kept) * T::load(simd, dot);
        let by_tangent = T::load(simd, tangent);
        T::store(T::load(simd, row).mul_add(first, second * by_tangent), row);
        T::store(by_tangent * first, tangent);
    }
}

/// Adds the sums to a gradient in panels.
#[derive(Debug)]
pub struct Add<'a, R> {
    pub(super) rows: &'a mut [R],
    pub(super) panel: usize,
}

impl<T: Real, S: Simd> Sink<T, S> for Add<'_, T::Row> {
    #[inline(always)]
    fn take(&mut self, simd: S, [i, p]: [usize; 2], sum: T::V<S>) {
        let row = &mut self.rows[p * self.panel + i];
        T::store(T::load(simd, row) + sum, row);
    }
}

/// Moves parameters in panels, θ and both memories: the gradient of a panel is kept until there is all
/// of it, and θ and the memories are fetched; then roots and quotients of its rows overlap.
#[derive(Debug)]
pub struct Move<'a, T: Real> {
    pub(super) rows: [&'a mut [T::Row]; 3],
    pub(super) rule: Rule<T>,
    /// One panel.
    pub(super) gradient: &'a mut [T::Row],
}

impl<T: Real, S: Simd> Sink<T, S> for Move<'_, T> {
    #[inline(always)]
    fn take(&mut self, _: S, [i, p]: [usize; 2], sum: T::V<S>) {
        T::store(sum, &mut self.gradient[i]);
        for rows in &self.rows {
            prefetch_index(&**rows, p * self.gradient.len() + i);
        }
    }

    #[inline(always)]
    fn close(&mut self, simd: S, p: usize) {
        let panel = self.gradient.len();
        let [theta, m, v] = &mut self.rows;
        let rows = [theta, m, v].map(|rows| &mut rows[p * panel..][..panel]);
        step_rows::<T, S>(simd, self.rule, rows, self.gradient);
    }
}
