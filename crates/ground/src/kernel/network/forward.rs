//! The forward pass: products by tiles of outputs, then activations.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use super::{Activation, Network};
use crate::kernel::lane::Real;
use crate::kernel::math::{self, Gate};

/// The body of [`Network::forward`] at one level.
#[inline(always)]
pub(in crate::kernel) fn forward<T: Real, S: Simd>(
    simd: S,
    network: &Network,
    theta: &[T],
    [input]: [&[T::Row]; 1],
    [cache, output]: [&mut [T::Row]; 2],
) {
    let n_hidden = network.n_hidden();
    let (values, arguments) = cache.split_at_mut(n_hidden);
    for layer in network.layers() {
        let theta = &theta[layer.theta..][..layer.len()];
        let (done, rest) = values.split_at_mut(layer.row.min(n_hidden));
        let from = if layer.row == 0 { input } else { &done[layer.row - layer.n_in..] };
        if layer.row == n_hidden {
            dense::<T, S>(simd, theta, from, output);
        } else {
            let to = &mut rest[..layer.n_out];
            dense::<T, S>(simd, theta, from, to);
            if network.activation.keeps_argument() {
                arguments[layer.row..][..layer.n_out].copy_from_slice(to);
            }
            activate::<T, S>(simd, network.activation, to);
        }
    }
}

/// `to` = W `from` + b.
#[inline(always)]
fn dense<T: Real, S: Simd>(simd: S, theta: &[T], from: &[T::Row], to: &mut [T::Row]) {
    let (weights, biases) = theta.split_at(from.len() * to.len());
    let mut done = 0;
    // Eight accumulators fill the pipes; with half registers, four are eight.
    if S::f32s::LEN == 16 {
        done = tiles::<T, S, 8>(simd, weights, biases, from, (to, done));
    }
    done = tiles::<T, S, 4>(simd, weights, biases, from, (to, done));
    done = tiles::<T, S, 2>(simd, weights, biases, from, (to, done));
    tiles::<T, S, 1>(simd, weights, biases, from, (to, done));
}

/// Tiles of N outputs from output `done` on, as many as fit; returns the first one left.
#[inline(always)]
fn tiles<T: Real, S: Simd, const N: usize>(
    simd: S,
    weights: &[T],
    biases: &[T],
    from: &[T::Row],
    (to, mut done): (&mut [T::Row], usize),
) -> usize {
    let n_in = from.len();
    while done + N <= to.len() {
        let mut sum = [T::V::splat(simd, biases[done]); N];
        let mut line = [&weights[..0]; N];
        for k in 0..N {
            sum[k] = T::V::splat(simd, biases[done + k]);
            line[k] = &weights[(done + k) * n_in..][..n_in];
        }
        for (i, row) in from.iter().enumerate() {
            let x = T::load(simd, row);
            for k in 0..N {
                sum[k] = x.mul_add(T::V::splat(simd, line[k][i]), sum[k]);
            }
        }
        for (row, sum) in to[done..done + N].iter_mut().zip(sum) {
            T::store(sum, row);
        }
        done += N;
    }
    done
}

/// Rows whose activations are computed at once.
const N: usize = 4;

/// The activation of each row, in place.
///
/// The choice is made inside the loop: a function passed as an argument would not be inlined for
/// certain, and then it would be compiled without the instructions of its level.
#[inline(always)]
pub(in crate::kernel) fn activate<T: Real, S: Simd>(
    simd: S,
    activation: Activation,
    rows: &mut [T::Row],
) {
    let mut chunks = rows.chunks_exact_mut(N);
    for rows in &mut chunks {
        let mut x = [T::V::splat(simd, T::of(0.0)); N];
        for i in 0..N {
            x[i] = T::load(simd, &rows[i]);
        }
        let y = value::<T, S, N>(simd, activation, x);
        for i in 0..N {
            T::store(y[i], &mut rows[i]);
        }
    }
    for row in chunks.into_remainder() {
        let [y] = value::<T, S, 1>(simd, activation, [T::load(simd, row)]);
        T::store(y, row);
    }
}

/// The activation of K registers.
#[inline(always)]
fn value<T: Real, S: Simd, const K: usize>(
    simd: S,
    activation: Activation,
    mut x: [T::V<S>; K],
) -> [T::V<S>; K] {
    match activation {
        Activation::Tanh => return math::tanh_n::<T, S, K>(simd, x),
        Activation::Sigmoid => return math::sigmoid_n::<T, S, K>(simd, x),
        Activation::Softplus => {
            for x in &mut x {
                *x = math::softplus::<T, S>(simd, *x);
            }
        }
        Activation::Relu => {
            for x in &mut x {
                *x = relu::<T, S>(simd, *x);
            }
        }
        Activation::Sin => {
            for x in &mut x {
                *x = math::sin::<T, S>(simd, *x);
            }
        }
        Activation::Gelu => {
            for x in &mut x {
                *x = math::gelu::<T, S>(simd, *x);
            }
        }
        Activation::GeluTanh => return math::gated_n::<T, S, K>(simd, Gate::Cubic, x),
        Activation::Silu => return math::gated_n::<T, S, K>(simd, Gate::Plain, x),
        Activation::Identity => {}
    }
    x
}

/// max(x, 0).
#[inline(always)]
fn relu<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let zero = T::V::splat(simd, T::of(0.0));
    x.simd_lt(zero).select(zero, x)
}
