//! The forward pass: products by tiles of outputs, then activations.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use super::{Activation, Network};
use crate::kernel::lane::Real;
use crate::kernel::math;

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
            if network.activation == Activation::Sin {
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

/// Registers whose activations are computed at once.
const INTERLEAVED: usize = 4;

/// The activation of each row, in place.
#[inline(always)]
fn activate<T: Real, S: Simd>(simd: S, activation: Activation, rows: &mut [T::Row]) {
    match activation {
        Activation::Tanh => each::<T, S>(simd, rows, math::tanh_n::<T, S, INTERLEAVED>),
        Activation::Sigmoid => each::<T, S>(simd, rows, math::sigmoid_n::<T, S, INTERLEAVED>),
        Activation::Softplus => {
            each::<T, S>(simd, rows, |simd, x| map(simd, x, math::softplus::<T, S>))
        }
        Activation::Relu => each::<T, S>(simd, rows, |simd, x| map(simd, x, relu::<T, S>)),
        Activation::Sin => each::<T, S>(simd, rows, |simd, x| map(simd, x, math::sin::<T, S>)),
        Activation::Identity => {}
    }
}

/// Runs over the rows, some at once; the last ones with padding.
#[inline(always)]
fn each<T: Real, S: Simd>(
    simd: S,
    rows: &mut [T::Row],
    f: impl Fn(S, [T::V<S>; INTERLEAVED]) -> [T::V<S>; INTERLEAVED],
) {
    for rows in rows.chunks_mut(INTERLEAVED) {
        let mut x = [T::V::splat(simd, T::of(0.0)); INTERLEAVED];
        for (x, row) in x.iter_mut().zip(rows.iter()) {
            *x = T::load(simd, row);
        }
        for (row, y) in rows.iter_mut().zip(f(simd, x)) {
            T::store(y, row);
        }
    }
}

/// One register after the other.
#[inline(always)]
fn map<S: Simd, V: Copy>(
    simd: S,
    mut x: [V; INTERLEAVED],
    f: impl Fn(S, V) -> V,
) -> [V; INTERLEAVED] {
    for x in &mut x {
        *x = f(simd, *x);
    }
    x
}

/// max(x, 0).
#[inline(always)]
fn relu<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let zero = T::V::splat(simd, T::of(0.0));
    x.simd_lt(zero).select(zero, x)
}
