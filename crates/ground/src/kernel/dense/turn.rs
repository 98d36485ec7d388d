//! Panels of the transposed weights.

use std::ops::Range;

use fearless_simd::{Simd, SimdBase};

use super::Layer;
use crate::kernel::lane::Real;

/// Panel q of `to` holds inputs q·L … q·L + L − 1 of the layer, a row an output; zero beyond the last
/// input. `panels` are the layer's own; `to` begins with the first of some panels.
#[inline(always)]
pub(in crate::kernel) fn turn<T: Real, S: Simd>(
    simd: S,
    layer: Layer,
    (panels, inputs): (&[T::Row], Range<usize>),
    to: &mut [T::Row],
) {
    let (lanes, zero) = (T::LANES, T::Row::default());
    let [mut block, mut turned, mut between] = [[zero; 16]; 3];
    for (p, panel) in panels.chunks_exact(layer.panel()).enumerate() {
        let outputs = lanes.min(layer.n_out - p * lanes);
        for q in inputs.clone() {
            let some = lanes.min(layer.n_in - q * lanes);
            let mut from = &panel[q * lanes..][..some];
            if some < lanes {
                block[..some].copy_from_slice(from);
                block[some..].fill(zero);
                from = &block[..lanes];
            }
            let to = &mut to[(q - inputs.start) * layer.n_out + p * lanes..][..outputs];
            let between = &mut between[..lanes];
            if outputs < lanes {
                square::<T, S>(simd, from, between, &mut turned[..lanes]);
                to.copy_from_slice(&turned[..outputs]);
            } else {
                square::<T, S>(simd, from, between, to);
            }
        }
    }
}

/// Transposes a square of as many rows as there are lanes. Shuffling row i with row i + half, as often as
/// halves can be taken, is a transposition: twice at a time, and once where their number is odd.
#[inline(always)]
pub(in crate::kernel) fn square<T: Real, S: Simd>(
    simd: S,
    from: &[T::Row],
    between: &mut [T::Row],
    to: &mut [T::Row],
) {
    if T::LANES == 16 {
        shuffle_twice::<T, S>(simd, from, between);
    } else {
        shuffle::<T, S>(simd, from, between);
    }
    shuffle_twice::<T, S>(simd, between, to);
}

#[inline(always)]
fn shuffle<T: Real, S: Simd>(simd: S, from: &[T::Row], to: &mut [T::Row]) {
    let (low, high) = from.split_at(T::LANES / 2);
    for (i, to) in to.chunks_exact_mut(2).enumerate() {
        let (a, b) = (T::load(simd, &low[i]), T::load(simd, &high[i]));
        T::store(a.zip_low(b), &mut to[0]);
        T::store(a.zip_high(b), &mut to[1]);
    }
}

#[inline(always)]
fn shuffle_twice<T: Real, S: Simd>(simd: S, from: &[T::Row], to: &mut [T::Row]) {
    let quarter = T::LANES / 4;
    for (i, to) in to.chunks_exact_mut(4).enumerate() {
        let row = |j: usize| T::load(simd, &from[j * quarter + i]);
        let (a, b, c, d) = (row(0), row(1), row(2), row(3));
        let (even, odd) = (a.zip_low(c), b.zip_low(d));
        T::store(even.zip_low(odd), &mut to[0]);
        T::store(even.zip_high(odd), &mut to[1]);
        let (even, odd) = (a.zip_high(c), b.zip_high(d));
        T::store(even.zip_low(odd), &mut to[2]);
        T::store(even.zip_high(odd), &mut to[3]);
    }
}
