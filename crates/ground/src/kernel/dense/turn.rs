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
    let zero = T::Row::default();
    for (p, panel) in panels.chunks_exact(layer.panel()).enumerate() {
        let outputs = T::LANES.min(layer.n_out - p * T::LANES);
        for q in 0..rows::<T>(layer.n_in) {
            let inputs = T::LANES.min(layer.n_in - q * T::LANES);
            let mut block = [zero; 16];
            block[..inputs].copy_from_slice(&panel[q * T::LANES..][..inputs]);
            square::<T, S>(simd, &mut block);
            to[q * layer.n_out + p * T::LANES..][..outputs].copy_from_slice(&block[..outputs]);
        }
    }
}

/// Transposes a square of as many rows as there are lanes: shuffling row i with row i + half, as often
/// as halves can be taken, is a transposition. There and back an even number of times.
#[inline(always)]
pub(in crate::kernel) fn square<T: Real, S: Simd>(simd: S, block: &mut [T::Row; 16]) {
    let mut other = [T::Row::default(); 16];
    let mut left = T::LANES;
    while left > 1 {
        shuffle::<T, S>(simd, block, &mut other);
        if left == 2 {
            *block = other;
            return;
        }
        shuffle::<T, S>(simd, &other, block);
        left /= 4;
    }
}

#[inline(always)]
fn shuffle<T: Real, S: Simd>(simd: S, from: &[T::Row; 16], to: &mut [T::Row; 16]) {
    let half = T::LANES / 2;
    for i in 0..half {
        let (a, b) = (T::load(simd, &from[i]), T::load(simd, &from[i + half]));
        T::store(a.zip_low(b), &mut to[2 * i]);
        T::store(a.zip_high(b), &mut to[2 * i + 1]);
    }
}
