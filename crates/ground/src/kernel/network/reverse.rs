//! The reverse pass: deltas of all evaluations, then weight gradients by tiles.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use super::{Activation, Evaluations, Layer, Network, Reversed};
use crate::kernel::lane::{Real, Row};
use crate::kernel::math::{self, Gate};

/// Outputs and inputs of a tile of weight gradients.
const TILE: usize = 4;

/// The body of [`Network::reverse`] at one level.
#[inline(always)]
pub(in crate::kernel) fn reverse<T: Real, S: Simd>(
    simd: S,
    network: &Network,
    theta: &[T],
    batch: Evaluations<'_, T>,
    Reversed { scratch, gradient, input: mut by_input }: Reversed<'_, T>,
) {
    let layers: Vec<Layer> = network.layers().collect();
    let n_rows = network.n_hidden() + network.n_out();
    // Four lines of gradients, padded to whole registers on either side.
    let line = network.widths.iter().max().map_or(0, |&n| (n + 1).next_multiple_of(T::LANES));
    scratch.resize(n_rows * batch.count + TILE * line, T::Row::default());
    let (deltas, lines) = scratch.split_at_mut(n_rows * batch.count);
    for (e, deltas) in deltas.chunks_exact_mut(n_rows).enumerate() {
        let seeds = &batch.seeds[e * network.n_out()..][..network.n_out()];
        deltas[network.n_hidden()..].copy_from_slice(seeds);
        let cache = &batch.caches[e * network.cache_rows()..][..network.cache_rows()];
        for layer in layers[1..].iter().rev() {
            let (before, here) = deltas.split_at_mut(layer.row);
            let before = &mut before[layer.row - layer.n_in..];
            transposed::<T, S>(simd, &theta[layer.theta..], &here[..layer.n_out], before);
            derive::<T, S>(simd, network, cache, (layer.row - layer.n_in, before));
        }
        if let Some(input) = &mut by_input {
            let n_in = network.widths[0];
            let here = &deltas[..layers[0].n_out];
            transposed::<T, S>(simd, theta, here, &mut input[e * n_in..][..n_in]);
        }
    }
    for layer in layers {
        let (a, a_step) = if layer.row == 0 {
            (batch.inputs, layer.n_in)
        } else {
            (&batch.caches[layer.row - layer.n_in..], network.cache_rows())
        };
        let factors = Factors {
            delta: Rows { rows: &deltas[layer.row..], step: n_rows },
            a: Rows { rows: a, step: a_step },
            count: batch.count,
        };
        products::<T, S>(simd, layer, factors, lines, &mut gradient[layer.theta..][..layer.len()]);
    }
}

/// `to` = Wᵀ `delta`.
#[inline(always)]
fn transposed<T: Real, S: Simd>(simd: S, weights: &[T], delta: &[T::Row], to: &mut [T::Row]) {
    let mut done = 0;
    if S::f32s::LEN == 16 {
        done = columns::<T, S, 8>(simd, weights, delta, to, done);
    }
    done = columns::<T, S, 4>(simd, weights, delta, to, done);
    done = columns::<T, S, 2>(simd, weights, delta, to, done);
    columns::<T, S, 1>(simd, weights, delta, to, done);
}

/// Tiles of N inputs from input `done` on, as many as fit; returns the first one left.
#[inline(always)]
fn columns<T: Real, S: Simd, const N: usize>(
    simd: S,
    weights: &[T],
    delta: &[T::Row],
    to: &mut [T::Row],
    mut done: usize,
) -> usize {
    let n_in = to.len();
    while done + N <= n_in {
        let mut sum = [T::V::splat(simd, T::of(0.0)); N];
        for (line, row) in weights.chunks_exact(n_in).zip(delta) {
            let d = T::load(simd, row);
            let line: &[T] = &line[done..done + N];
            for k in 0..N {
                sum[k] = d.mul_add(T::V::splat(simd, line[k]), sum[k]);
            }
        }
        for (row, sum) in to[done..done + N].iter_mut().zip(sum) {
            T::store(sum, row);
        }
        done += N;
    }
    done
}

/// Times the derivative of the activation, rows `first..` of the cache.
#[inline(always)]
fn derive<T: Real, S: Simd>(
    simd: S,
    network: &Network,
    cache: &[T::Row],
    (first, delta): (usize, &mut [T::Row]),
) {
    let activation = network.activation;
    let kept = if activation.keeps_argument() { network.n_hidden() + first } else { first };
    for (d, y) in delta.iter_mut().zip(&cache[kept..]) {
        T::store(T::load(simd, d) * slope::<T, S>(simd, activation, T::load(simd, y)), d);
    }
}

/// The derivative of the activation, from its value y, or from its argument where that is kept.
#[inline(always)]
pub(in crate::kernel) fn slope<T: Real, S: Simd>(
    simd: S,
    activation: Activation,
    y: T::V<S>,
) -> T::V<S> {
    let one = T::V::splat(simd, T::of(1.0));
    let zero = T::V::splat(simd, T::of(0.0));
    match activation {
        Activation::Tanh => one - y * y,
        Activation::Sigmoid => y * (one - y),
        // y = ln(1 + eˣ) has the derivative 1/(1 + e⁻ˣ) = 1 − e⁻ʸ.
        Activation::Softplus => -math::expm1::<T, S>(simd, -y),
        Activation::Relu => y.simd_gt(zero).select(one, zero),
        Activation::Sin => math::cos::<T, S>(simd, y),
        Activation::Gelu => math::gelu_slope::<T, S>(simd, y),
        Activation::GeluTanh => math::gated_slope::<T, S>(simd, Gate::Cubic, y),
        Activation::Silu => math::gated_slope::<T, S>(simd, Gate::Plain, y),
        Activation::Identity => one,
    }
}

/// The second derivative of the activation, from what [`slope`] is computed from.
#[inline(always)]
pub(in crate::kernel) fn curvature<T: Real, S: Simd>(
    simd: S,
    activation: Activation,
    y: T::V<S>,
) -> T::V<S> {
    let [zero, one, minus_two] = [0.0, 1.0, -2.0].map(|x| T::V::splat(simd, T::of(x)));
    match activation {
        Activation::Tanh => y * minus_two * (one - y * y),
        Activation::Sigmoid => y * (one - y) * y.mul_add(minus_two, one),
        Activation::Softplus => {
            let slope = slope::<T, S>(simd, activation, y);
            slope * (one - slope)
        }
        Activation::Sin => -math::sin::<T, S>(simd, y),
        Activation::Gelu => math::gelu_curvature::<T, S>(simd, y),
        Activation::GeluTanh => math::gated_curvature::<T, S>(simd, Gate::Cubic, y),
        Activation::Silu => math::gated_curvature::<T, S>(simd, Gate::Plain, y),
        Activation::Relu | Activation::Identity => zero,
    }
}

/// Rows of several evaluations, `step` apart.
#[derive(Clone, Copy)]
struct Rows<'a, R> {
    rows: &'a [R],
    step: usize,
}

/// The two factors of the weight gradients of a layer.
#[derive(Clone, Copy)]
struct Factors<'a, R> {
    delta: Rows<'a, R>,
    a: Rows<'a, R>,
    count: usize,
}

/// Adds Σ δ aᵀ and Σ δ over evaluations and lanes to the gradient of a layer.
///
/// Four outputs at a time: their lines of sums, one row an input and one for the bias, stay in the
/// first cache until the lanes are added.
#[inline(always)]
fn products<T: Real, S: Simd>(
    simd: S,
    layer: Layer,
    factors: Factors<'_, T::Row>,
    lines: &mut [T::Row],
    gradient: &mut [T],
) {
    let (weights, biases) = gradient.split_at_mut(layer.n_in * layer.n_out);
    let line = (layer.n_in + 1).next_multiple_of(T::LANES);
    for first in (0..layer.n_out).step_by(TILE) {
        let n = TILE.min(layer.n_out - first);
        let lines = &mut lines[..TILE * line];
        if n == TILE {
            outer::<T, S, TILE>(simd, layer.n_in, first, factors, lines);
        } else {
            for k in 0..n {
                outer::<T, S, 1>(
                    simd,
                    layer.n_in,
                    first + k,
                    factors,
                    &mut lines[k * line..][..line],
                );
            }
        }
        for k in 0..n {
            let line = &mut lines[k * line..][..line];
            let bias = line[layer.n_in];
            line[layer.n_in..].fill(T::Row::splat(T::of(0.0)));
            add_lanes::<T, S>(simd, line, &mut weights[(first + k) * layer.n_in..][..layer.n_in]);
            biases[first + k] += T::load(simd, &bias).reduce_sum();
        }
    }
}

/// N lines of sums over evaluations, of outputs `first..first + N`.
#[inline(always)]
fn outer<T: Real, S: Simd, const N: usize>(
    simd: S,
    n_in: usize,
    first: usize,
    factors: Factors<'_, T::Row>,
    lines: &mut [T::Row],
) {
    let line = lines.len() / N;
    let mut done = 0;
    if S::f32s::LEN == 16 {
        while done + TILE <= n_in {
            tile::<T, S, N, TILE>(simd, (first, done), factors, lines);
            done += TILE;
        }
    }
    while done + 2 <= n_in {
        tile::<T, S, N, 2>(simd, (first, done), factors, lines);
        done += 2;
    }
    if done < n_in {
        tile::<T, S, N, 1>(simd, (first, done), factors, lines);
    }
    for k in 0..N {
        let mut sum = T::V::splat(simd, T::of(0.0));
        for e in 0..factors.count {
            sum += T::load(simd, &factors.delta.rows[e * factors.delta.step + first + k]);
        }
        T::store(sum, &mut lines[k * line + n_in]);
    }
}

/// Sums over evaluations of δ aᵀ for N outputs and M inputs.
#[inline(always)]
fn tile<T: Real, S: Simd, const N: usize, const M: usize>(
    simd: S,
    (output, input): (usize, usize),
    Factors { delta, a, count }: Factors<'_, T::Row>,
    lines: &mut [T::Row],
) {
    let zero = T::V::splat(simd, T::of(0.0));
    let mut sum = [[zero; M]; N];
    for e in 0..count {
        let delta = &delta.rows[e * delta.step + output..][..N];
        let a = &a.rows[e * a.step + input..][..M];
        let mut x = [zero; M];
        for i in 0..M {
            x[i] = T::load(simd, &a[i]);
        }
        for k in 0..N {
            let d = T::load(simd, &delta[k]);
            for i in 0..M {
                sum[k][i] = d.mul_add(x[i], sum[k][i]);
            }
        }
    }
    let line = lines.len() / N;
    for k in 0..N {
        for i in 0..M {
            T::store(sum[k][i], &mut lines[k * line + input + i]);
        }
    }
}

/// Adds the sum over the lanes of row i to `gradient[i]`.
///
/// As many rows as there are lanes at once: neighbours are added until one register holds the sums.
#[inline(always)]
fn add_lanes<T: Real, S: Simd>(simd: S, rows: &mut [T::Row], gradient: &mut [T]) {
    for (rows, gradient) in rows.chunks_exact_mut(T::LANES).zip(gradient.chunks_mut(T::LANES)) {
        let mut n = T::LANES;
        while n > 1 {
            n /= 2;
            for j in 0..n {
                let (a, b) = (T::load(simd, &rows[2 * j]), T::load(simd, &rows[2 * j + 1]));
                T::store(a.unzip_low(b) + a.unzip_high(b), &mut rows[j]);
            }
        }
        for (g, &sum) in gradient.iter_mut().zip(rows[0].as_ref()) {
            *g += sum;
        }
    }
}
