//! What a layer adds of its inputs to its outputs, and the way back.

use super::{Layer, rows};
use crate::kernel::lane::Real;

/// Adds the inputs of each point, once or twice side by side, to its outputs.
#[inline(always)]
pub(in crate::kernel) fn add_copies<T: Real>(layer: Layer, from: &[T::Row], to: &mut [T::Row]) {
    if layer.copies == 1 {
        for (to, from) in to.iter_mut().zip(from) {
            add::<T>(to, from);
        }
        return;
    }
    let (before, after) = (layer.before::<T>(), rows::<T>(layer.n_out));
    for (to, from) in to.chunks_exact_mut(after).zip(from.chunks_exact(before)) {
        if layer.n_in.is_multiple_of(T::LANES) {
            for (r, to) in to.iter_mut().enumerate() {
                add::<T>(to, &from[r % before]);
            }
        } else {
            for o in 0..layer.n_out {
                let i = o % layer.n_in;
                to[o / T::LANES].as_mut()[o % T::LANES] +=
                    from[i / T::LANES].as_ref()[i % T::LANES];
            }
        }
    }
}

/// Adds the derivatives by the outputs of each point to those by the inputs they were copied from.
#[inline(always)]
pub(in crate::kernel) fn fold_copies<T: Real>(layer: Layer, from: &[T::Row], to: &mut [T::Row]) {
    if layer.copies == 1 {
        for (to, from) in to.iter_mut().zip(from) {
            add::<T>(to, from);
        }
        return;
    }
    let (before, after) = (layer.before::<T>(), rows::<T>(layer.n_out));
    for (to, from) in to.chunks_exact_mut(before).zip(from.chunks_exact(after)) {
        if layer.n_in.is_multiple_of(T::LANES) {
            for (r, from) in from.iter().enumerate() {
                add::<T>(&mut to[r % before], from);
            }
        } else {
            for o in 0..layer.n_out {
                let i = o % layer.n_in;
                to[i / T::LANES].as_mut()[i % T::LANES] +=
                    from[o / T::LANES].as_ref()[o % T::LANES];
            }
        }
    }
}

/// Adds a row.
#[inline(always)]
pub(super) fn add<T: Real>(to: &mut T::Row, from: &T::Row) {
    for (to, &from) in to.as_mut().iter_mut().zip(from.as_ref()) {
        *to += from;
    }
}
