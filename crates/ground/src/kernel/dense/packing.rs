//! Parameters in their natural order, to and from rows.

use super::{Layer, rows};
use crate::kernel::lane::Real;

/// Appends W `[in, out]` and then b `[out]`, if there is one, of every layer.
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
    }
}

/// Appends two vectors of each width, one after the other, each padded to whole rows.
pub(super) fn unpack_pairs<T: Real>(widths: &[usize], pairs: &[T::Row], numbers: &mut Vec<f64>) {
    let mut pairs = pairs;
    for &width in widths.iter().flat_map(|width| [width; 2]) {
        let (vector, rest) = pairs.split_at(rows::<T>(width));
        let all = vector.iter().flat_map(|row| row.as_ref().iter().map(|x| x.wide()));
        numbers.extend(all.take(width));
        pairs = rest;
    }
}

/// Takes from `numbers` what [`unpack_pairs`] appends.
pub(super) fn pack_pairs<'a, T: Real>(
    widths: &[usize],
    numbers: &mut impl Iterator<Item = &'a f64>,
    pairs: &mut [T::Row],
) {
    let mut pairs = pairs;
    for &width in widths.iter().flat_map(|width| [width; 2]) {
        let (vector, rest) = pairs.split_at_mut(rows::<T>(width));
        let all = vector.iter_mut().flat_map(|row| row.as_mut().iter_mut());
        for (to, number) in all.take(width).zip(numbers.by_ref()) {
            *to = T::of(*number);
        }
        pairs = rest;
    }
}
