//! The reverse pass of a normalised batch: through each normalisation, then through its layer.

use fearless_simd::{Level, Select, Simd, SimdBase, SimdFloat};

use super::super::product::{Bias, Lines, Store};
use super::super::reverse::{Add, Move};
use super::super::{Batch, Gradient, Layer};
use super::forward::in_the_pass;
use super::{Norm, Normed};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;

/// The body of [`Normed::reverse`].
///
/// The deltas of a layer are finished before its weights move: they need the weights as they were.
pub(super) fn reverse<T: Real>(
    level: Level,
    (network, theta): (&Normed, &mut [T::Row]),
    batch: Batch<'_, T>,
    scratch: &mut Vec<T::Row>,
    (mut gradient, by_input): (Gradient<'_, T>, Option<&mut [T::Row]>),
) {
    let norms: Vec<_> = network.norms::<T>().collect();
    let layers: Vec<_> = network.layers::<T>().collect();
    let widest = norms.iter().map(|norm| norm.rows).max().unwrap_or(0);
    let turned = layers.iter().map(|layer| layer.turned::<T>()).max().unwrap_or(0);
    scratch.resize(2 * widest * (batch.n + 1) + turned, T::Row::default());
    let (sums, rest) = scratch.split_at_mut(2 * widest);
    let (turned, rest) = rest.split_at_mut(turned);
    let (mut here, mut before) = rest.split_at_mut(widest * batch.n);
    here[..batch.seeds.len()].copy_from_slice(batch.seeds);
    let mut pass = Reverse { level, theta, batch, cache: Cache::new(network, &batch) };
    for (k, &layer) in layers.iter().enumerate().rev() {
        let (n_in, n_out) = (norms[k], norms[k + 1]);
        let delta = &mut here[..batch.n * n_out.rows];
        let is_hidden = k + 1 < layers.len();
        let activation = if is_hidden { network.activation } else { Activation::Identity };
        pass.normalisation((n_out, activation, true), delta, sums, &mut gradient);
        pass.layer(
            (layer, n_in),
            [delta, &mut before[..batch.n * n_in.rows], turned],
            &mut gradient,
        );
        std::mem::swap(&mut here, &mut before);
    }
    let delta = &mut here[..batch.input.len()];
    let is_wanted = by_input.is_some();
    pass.normalisation((norms[0], Activation::Identity, is_wanted), delta, sums, &mut gradient);
    if let Some(input) = by_input {
        input.copy_from_slice(delta);
    }
}

/// The parts of what the forward pass kept.
#[derive(Clone, Copy)]
struct Cache<'a, R> {
    hats: &'a [R],
    values: &'a [R],
    inverse: &'a [R],
    arguments: &'a [R],
}

impl<'a, R> Cache<'a, R> {
    fn new<T: Real<Row = R>>(network: &Normed, batch: &Batch<'a, T>) -> Self {
        let (hats, rest) = batch.cache.split_at(batch.n * network.norm_rows::<T>());
        let (values, rest) = rest.split_at(network.value_rows::<T>(batch.n));
        let (inverse, arguments) = rest.split_at(network.norm_rows::<T>());
        Self { hats, values, inverse, arguments }
    }
}

/// A reverse pass under way.
struct Reverse<'a, T: Real> {
    level: Level,
    theta: &'a mut [T::Row],
    batch: Batch<'a, T>,
    cache: Cache<'a, T::Row>,
}

impl<T: Real> Reverse<'_, T> {
    /// From the derivatives by the values of a normalisation to those by what was normalised, if they
    /// are wanted; γ and β get theirs.
    fn normalisation(
        &mut self,
        (norm, activation, is_wanted): (Norm, Activation, bool),
        deltas: &mut [T::Row],
        sums: &mut [T::Row],
        gradient: &mut Gradient<'_, T>,
    ) {
        let (n, cache) = (self.batch.n, self.cache);
        let place = n * norm.first..n * (norm.first + norm.rows);
        let fused = if in_the_pass(activation) { activation } else { Activation::Identity };
        if fused != activation {
            let keeps = activation.keeps_argument();
            let kept = if keeps { cache.arguments } else { cache.values };
            T::derive(self.level, activation, &kept[place.clone()], deltas);
        }
        // Without an activation nobody reads the values; those of the last normalisation were not kept.
        let values = if fused == Activation::Relu { cache.values } else { cache.hats };
        let sums = &mut sums[..2 * norm.rows];
        let back = Back {
            n,
            activation: fused,
            gamma: &self.theta[norm.theta..][..norm.rows],
            hats: &cache.hats[place.clone()],
            values: &values[place],
            inverse: is_wanted.then_some(&cache.inverse[norm.first..][..norm.rows]),
            deltas,
            sums: &mut *sums,
        };
        T::unnormalise(self.level, back);
        let place = norm.theta..norm.theta + 2 * norm.rows;
        match gradient {
            Gradient::Add(all) => {
                for (to, from) in all[place].iter_mut().zip(sums) {
                    for (to, &from) in to.as_mut().iter_mut().zip(from.as_ref()) {
                        *to += from;
                    }
                }
            }
            Gradient::Move { memory: [m, v], rule } => {
                let rows = [&mut self.theta[place.clone()], &mut m[place.clone()], &mut v[place]];
                T::step_rows(self.level, *rule, rows, sums);
            }
        }
    }

    /// From the derivatives by the outputs of a layer to those by its inputs; the weights get theirs.
    fn layer(
        &mut self,
        (layer, norm): (Layer, Norm),
        [here, before, turned]: [&mut [T::Row]; 3],
        gradient: &mut Gradient<'_, T>,
    ) {
        let (level, n) = (self.level, self.batch.n);
        let stride = norm.rows;
        let delta = Lines { rows: &*here, stride: here.len() / n };
        let panels = &self.theta[layer.weights::<T>()];
        let transposed = &mut turned[..stride * layer.n_out];
        T::turn(level, layer, (panels, 0..stride), transposed);
        T::across(
            level,
            (n, layer.n_out, Bias::Absent),
            delta,
            transposed,
            Store { rows: before, stride },
        );
        let a = Lines { rows: &self.cache.values[n * norm.first..][..n * stride], stride };
        let (first, panel, shape) = (layer.theta, layer.panel(), (n, layer.n_in, layer.bias));
        match gradient {
            Gradient::Add(sums) => {
                T::down_add(level, shape, [a, delta], Add { rows: &mut sums[first..], panel });
            }
            Gradient::Move { memory: [m, v], rule } => {
                let rows = [&mut self.theta[first..], &mut m[first..], &mut v[first..]];
                let to = Move { rows, rule: *rule, gradient: &mut turned[..panel] };
                T::down_move(level, shape, [a, delta], to);
            }
        }
    }
}

/// What the way back through one normalisation reads and writes, r rows a point.
#[derive(Debug)]
pub struct Back<'a, T: Real> {
    /// Points.
    n: usize,
    /// Of the values; the slopes of others than the positive part are in the deltas already.
    activation: Activation,
    /// `[r]`
    gamma: &'a [T::Row],
    /// `[n, r]`
    hats: &'a [T::Row],
    /// Positive parts, read only where there are such. `[n, r]`
    values: &'a [T::Row],
    /// 1/√(v + ε), if derivatives by what was normalised are wanted. `[r]`
    inverse: Option<&'a [T::Row]>,
    /// The derivatives by the values; become those by what was normalised. `[n, r]`
    deltas: &'a mut [T::Row],
    /// By γ, then by β; written. `[2 r]`
    sums: &'a mut [T::Row],
}

/// The way back through one normalisation and the positive part after it.
#[inline(always)]
pub(in crate::kernel) fn unnormalise<T: Real, S: Simd>(simd: S, back: &mut Back<'_, T>) {
    let stride = back.gamma.len();
    // A negated number, since signs are not to be flipped here: see `dispatch_products!`.
    let minus_each = T::V::splat(simd, T::of(-1.0 / back.n as f64));
    for p in 0..stride {
        let [by_gamma, by_beta] = sums::<T, S>(simd, back, p);
        T::store(by_gamma, &mut back.sums[p]);
        T::store(by_beta, &mut back.sums[stride + p]);
        let Some(inverse) = back.inverse else { continue };
        let factor = T::load(simd, &back.gamma[p]) * T::load(simd, &inverse[p]);
        let (tilt, shift) = (by_gamma * minus_each, by_beta * minus_each);
        let lines = back.deltas.chunks_exact_mut(stride).zip(back.hats.chunks_exact(stride));
        for (deltas, hats) in lines {
            let free = T::load(simd, &deltas[p]) + shift;
            let free = T::load(simd, &hats[p]).mul_add(tilt, free);
            T::store(free * factor, &mut deltas[p]);
        }
    }
}

/// Σ δ x̂ and Σ δ of row p, the slope of the positive part multiplied into δ before.
#[inline(always)]
fn sums<T: Real, S: Simd>(simd: S, back: &mut Back<'_, T>, p: usize) -> [T::V<S>; 2] {
    let stride = back.gamma.len();
    let mut sums = [[T::V::splat(simd, T::of(0.0)); 2]; 2];
    // Two lines at a time, each into sums of its own; then the last, if their number is odd.
    let even = back.n / 2 * 2 * stride;
    let (deltas, last) = back.deltas.split_at_mut(even);
    let pairs = deltas.chunks_exact_mut(2 * stride);
    let pairs = pairs.zip(back.hats.chunks_exact(2 * stride));
    for ((deltas, hats), values) in pairs.zip(back.values.chunks_exact(2 * stride)) {
        for j in 0..2 {
            let q = j * stride + p;
            let kept = [&hats[q], &values[q]];
            add::<T, S>(simd, back.activation, &mut deltas[q], kept, &mut sums[j]);
        }
    }
    if let Some(delta) = last.get_mut(p) {
        let kept = [&back.hats[even + p], &back.values[even + p]];
        add::<T, S>(simd, back.activation, delta, kept, &mut sums[0]);
    }
    [sums[0][0] + sums[1][0], sums[0][1] + sums[1][1]]
}

/// Adds δ x̂ and δ of one row to their sums; `kept` is x̂ and the value.
#[inline(always)]
fn add<T: Real, S: Simd>(
    simd: S,
    activation: Activation,
    delta: &mut T::Row,
    [hat, value]: [&T::Row; 2],
    [by_gamma, by_beta]: &mut [T::V<S>; 2],
) {
    let mut d = T::load(simd, delta);
    if activation == Activation::Relu {
        let zero = T::V::splat(simd, T::of(0.0));
        d = T::load(simd, value).simd_gt(zero).select(d, zero);
        T::store(d, delta);
    }
    *by_gamma = T::load(simd, hat).mul_add(d, *by_gamma);
    *by_beta += d;
}
