//! Panels of the transposed weights.

use fearless_simd::{Simd, SimdBase};

use super::{Layer, rows};
use crate::kernel::lane::Real;

/// Panel p of `to` holds inputs p·L … p·L + L − 1 of the layer, a row an output; zero beyond the last
/// input. `panels` are the layer's own.
#[inline(always)]
pub(in crate::kernel) fn turn<T: Real, S: Simd>(
    simd: S,
    layer: Layer,
    panels: &[T::Row],
    to: &mut [T::Row],
) {
    let (lanes, zero) = (T::LANES, T::Row::default());
    let [mut block, mut turned, mut first, mut second] = [[zero; 16]; 4];
    for (p, panel) in panels.chunks_exact(layer.panel()).enumerate() {
        let outputs = lanes.min(layer.n_out - p * lanes);
        for q in 0..rows::<T>(layer.n_in) {
            let inputs = lanes.min(layer.n_in - q * lanes);
            let mut from = &panel[q * lanes..][..inputs];
            if inputs < lanes {
                block[..inputs].copy_from_slice(from);
                block[inputs..].fill(zero);
                from = &block[..lanes];
            }
            let to = &mut to[q * layer.n_out + p * lanes..][..outputs];
            let between = [&mut first[..lanes], &mut second[..lanes]];
            if outputs < lanes {
                square::<T, S>(simd, from, between, &mut turned[..lanes]);
                to.copy_from_slice(&turned[..outputs]);
            } else {
                square::<T, S>(simd, from, between, to);
            }
        }
    }
}

/// Transposes a square of as many rows as there are lanes: shuffling row i with row i + half, as often
/// as halves can be taken, is a transposition.
#[inline(always)]
pub(in crate::kernel) fn square<T: Real, S: Simd>(
    simd: S,
    from: &[T::Row],
    [first, second]: [&mut [T::Row]; 2],
    to: &mut [T::Row],
) {
    shuffle::<T, S>(simd, from, first);
    shuffle::<T, S>(simd, first, second);
    if T::LANES == 16 {
        shuffle::<T, S>(simd, second, first);
        shuffle::<T, S>(simd, first, to);
    } else {
        shuffle::<T, S>(simd, second, to);
    }
}

#[inline(always)]
fn shuffle<T: Real, S: Simd>(simd: S, from: &[T::Row], to: &mut [T::Row]) {
    let half = T::LANES / 2;
    let (low, high) = from.split_at(half);
    for (i, to) in to.chunks_exact_mut(2).enumerate() {
        let (a, b) = (T::load(simd, &low[i]), T::load(simd, &high[i]));
        T::store(a.zip_low(b), &mut to[0]);
        T::store(a.zip_high(b), &mut to[1]);
    }
}
