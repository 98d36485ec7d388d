//! Parameters in their natural order, to and from rows.

use super::{Layer, rows};
use crate::kernel::lane::{self, Real};

/// Appends W `[in, out]`, then b `[out]` and τ `[out]`, if there are such, of every layer.
pub(super) fn unpack_layers<T: Real>(
    layers: impl Iterator<Item = Layer>,
    theta: &[T::Row],
    numbers: &mut Vec<f64>,
) {
    for layer in layers {
        for i in 0..layer.panel() {
            numbers.extend((0..layer.n_out).map(|o| {
                let row = layer.theta + o / T::LANES * layer.panel() + i;
                theta[row].as_ref()[o % T::LANES].wide()
            }));
        }
        if layer.steps {
            unpack_lists::<T>(&[layer.n_out], &theta[layer.tau::<T>()], numbers);
        }
    }
}

/// Takes from `numbers` what [`unpack_layers`] appends.
pub(super) fn pack_layers<'a, T: Real>(
    layers: impl Iterator<Item = Layer>,
    numbers: &mut impl Iterator<Item = &'a f64>,
    theta: &mut [T::Row],
) {
    for layer in layers {
        for i in 0..layer.panel() {
            for (o, number) in (0..layer.n_out).zip(numbers.by_ref()) {
                let row = layer.theta + o / T::LANES * layer.panel() + i;
                theta[row].as_mut()[o % T::LANES] = T::of(*number);
            }
        }
        if layer.steps {
            pack_lists::<T>(&[layer.n_out], numbers, &mut theta[layer.tau::<T>()]);
        }
    }
}

/// Appends lists of these lengths, each of which begins a row.
pub(in crate::kernel) fn unpack_lists<T: Real>(
    lengths: &[usize],
    packed: &[T::Row],
    numbers: &mut Vec<f64>,
) {
    let mut left = packed;
    for &n in lengths {
        let (list, rest) = left.split_at(rows::<T>(n));
        numbers.extend(lane::flat::<T>(list)[..n].iter().map(|v| v.wide()));
        left = rest;
    }
}

/// Takes from `numbers` what [`unpack_lists`] appends.
pub(in crate::kernel) fn pack_lists<'a, T: Real>(
    lengths: &[usize],
    numbers: &mut impl Iterator<Item = &'a f64>,
    packed: &mut [T::Row],
) {
    let mut left = packed;
    for &n in lengths {
        let (list, rest) = left.split_at_mut(rows::<T>(n));
        for (place, &v) in lane::flat_mut::<T>(list)[..n].iter_mut().zip(numbers.by_ref()) {
            *place = T::of(v);
        }
        left = rest;
    }
}
