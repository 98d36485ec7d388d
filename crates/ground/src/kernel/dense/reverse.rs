//! The reverse pass of a batch: deltas layer by layer, weight gradients on the way.

use fearless_simd::{Simd, SimdBase, SimdFloat};

use super::product::{Lines, Sink, Store, across, down};
use super::turn::turn;
use super::{Batch, Dense, Gradient, rows};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;
use crate::kernel::network::reverse::slope;

/// The body of [`Dense::reverse`] at one level.
///
/// The deltas of a layer are finished before its weights move: they need the weights as they were.
#[inline(always)]
pub(in crate::kernel) fn reverse<T: Real, S: Simd>(
    simd: S,
    network: &Dense,
    theta: &mut [T::Row],
    batch: Batch<'_, T>,
    scratch: &mut Vec<T::Row>,
    (mut gradient, mut by_input): (Gradient<'_, T>, Option<&mut [T::Row]>),
) {
    let n = batch.n;
    let widest = network.widths.iter().map(|&width| n * rows::<T>(width)).max().unwrap_or(0);
    let turned = network.widths.windows(2).map(|pair| rows::<T>(pair[0]) * pair[1]).max();
    scratch.resize(2 * widest + turned.unwrap_or(0), T::Row::default());
    let (deltas, turned) = scratch.split_at_mut(2 * widest);
    let (mut here, mut before) = deltas.split_at_mut(widest);
    here[..batch.seeds.len()].copy_from_slice(batch.seeds);
    let hidden = network.hidden_rows::<T>(n);
    let layers: Vec<_> = network.layers::<T>(n).collect();
    for layer in layers.into_iter().rev() {
        let (n_in, n_out) = (rows::<T>(layer.n_in), rows::<T>(layer.n_out));
        let is_first = layer.value == 0;
        let place = layer.value.saturating_sub(n * n_in);
        let from = if is_first { batch.input } else { &batch.cache[place..][..n * n_in] };
        let delta = Lines { rows: &here[..n * n_out], stride: n_out };
        let panels = &theta[layer.theta..][..layer.len::<T>()];
        if !is_first || by_input.is_some() {
            let turned = &mut turned[..n_in * layer.n_out];
            turn::<T, S>(simd, layer, panels, turned);
            let shape = (n, layer.n_out, false);
            match &mut by_input {
                Some(input) if is_first => {
                    let mut store = Store { rows: &mut **input, stride: n_in };
                    across::<T, S, _>(simd, shape, delta, turned, &mut store);
                }
                _ => {
                    let kept = if network.activation == Activation::Sin { hidden } else { 0 };
                    let values = &batch.cache[kept + place..][..n * n_in];
                    let activation = network.activation;
                    let mut derive = Derive { rows: before, stride: n_in, values, activation };
                    across::<T, S, _>(simd, shape, delta, turned, &mut derive);
                }
            }
        }
        let a = Lines { rows: from, stride: n_in };
        let (first, panel, shape) = (layer.theta, layer.panel(), (n, layer.n_in));
        match &mut gradient {
            Gradient::Add(sums) => {
                let mut add = Add { rows: &mut sums[first..], panel };
                down::<T, S, _>(simd, shape, a, delta, &mut add);
            }
            Gradient::Adam([m, v], factors) => {
                let rows = [&mut theta[first..], &mut m[first..], &mut v[first..]];
                let mut adam = Adam { rows, panel, factors: *factors };
                down::<T, S, _>(simd, shape, a, delta, &mut adam);
            }
        }
        std::mem::swap(&mut here, &mut before);
    }
}

/// Writes the sums times the derivative of the activation.
struct Derive<'a, R> {
    rows: &'a mut [R],
    stride: usize,
    values: &'a [R],
    activation: Activation,
}

impl<T: Real, S: Simd> Sink<T, S> for Derive<'_, T::Row> {
    #[inline(always)]
    fn take(&mut self, simd: S, [i, p]: [usize; 2], sum: T::V<S>) {
        let place = i * self.stride + p;
        let value = T::load(simd, &self.values[place]);
        T::store(sum * slope::<T, S>(simd, self.activation, value), &mut self.rows[place]);
    }
}

/// Adds the sums to a gradient in panels.
struct Add<'a, R> {
    rows: &'a mut [R],
    panel: usize,
}

impl<T: Real, S: Simd> Sink<T, S> for Add<'_, T::Row> {
    #[inline(always)]
    fn take(&mut self, simd: S, [i, p]: [usize; 2], sum: T::V<S>) {
        let row = &mut self.rows[p * self.panel + i];
        T::store(T::load(simd, row) + sum, row);
    }
}

/// Moves parameters in panels: θ and both memories.
struct Adam<'a, T: Real> {
    rows: [&'a mut [T::Row]; 3],
    panel: usize,
    factors: [T; 6],
}

impl<T: Real, S: Simd> Sink<T, S> for Adam<'_, T> {
    #[inline(always)]
    fn take(&mut self, simd: S, [i, p]: [usize; 2], g: T::V<S>) {
        let place = p * self.panel + i;
        let [theta, m, v] = &mut self.rows;
        let [a, b, keep1, take1, keep2, take2] = self.factors;
        let number = |x: T| T::V::splat(simd, x);
        let mean = T::load(simd, &m[place]).mul_add(number(keep1), g * number(take1));
        let square = T::load(simd, &v[place]).mul_add(number(keep2), g * g * number(take2));
        T::store(mean, &mut m[place]);
        T::store(square, &mut v[place]);
        let step = number(a) * mean / (square.sqrt() + number(b));
        T::store(T::load(simd, &theta[place]) - step, &mut theta[place]);
    }
}
