//! Eight neighbours between nodes of a table.

use fearless_simd::{Simd, f64x8};
use ground::kernel::lane::{Real, Row8};

use crate::plan::environment::{LANES, Octet, Scale};
use crate::plan::table::{Axis, basis, derivatives, slopes};

/// Six numbers of each.
pub(crate) type Weights<T> = [[T; LANES]; 6];

/// Where they are, and what they weigh.
pub(crate) struct Between<T, S: Simd> {
    /// q.
    pub(crate) cell: [u32; LANES],
    /// t.
    t: f64x8<S>,
    /// φ(t).
    pub(crate) phi: Weights<T>,
    /// R̃.
    pub(crate) scaled: [[T; 4]; LANES],
}

impl<T: Real, S: Simd> Between<T, S> {
    #[inline(always)]
    pub(crate) fn new(simd: S, octet: &Octet, scale: Scale, axis: Axis) -> Self {
        let seen = octet.all(simd);
        let scaled = scale.of(&seen);
        let [cell, t] = axis.place(simd, scaled[0]);
        Self { cell: whole(&stored(cell)), t, phi: weights(basis(t)), scaled: turned(scaled) }
    }

    /// φ'(t)/h.
    #[inline(always)]
    pub(super) fn slopes(&self, axis: Axis) -> Weights<T> {
        let mut all = slopes::<T, _>(self.t);
        for v in &mut all {
            *v *= axis.per_cell();
        }
        weights(all)
    }

    /// The same of the very derivative, in both precisions.
    #[inline(always)]
    pub(crate) fn derivatives(&self, axis: Axis) -> Weights<T> {
        let mut all = derivatives(self.t);
        for v in &mut all {
            *v *= axis.per_cell();
        }
        weights(all)
    }
}

#[inline(always)]
fn stored<S: Simd>(v: f64x8<S>) -> [f64; LANES] {
    let mut row = Row8::default();
    f64::store(v, &mut row);
    let mut numbers = [0.0; LANES];
    numbers.copy_from_slice(row.as_ref());
    numbers
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cells of a table")]
fn whole(numbers: &[f64; LANES]) -> [u32; LANES] {
    let mut all = [0; LANES];
    for (to, &v) in all.iter_mut().zip(numbers) {
        *to = v as u32;
    }
    all
}

#[inline(always)]
fn weights<T: Real, S: Simd>(all: [f64x8<S>; 6]) -> Weights<T> {
    let mut weights = [[T::default(); LANES]; 6];
    for r in 0..6 {
        let numbers = stored(all[r]);
        for lane in 0..LANES {
            weights[r][lane] = T::of(numbers[lane]);
        }
    }
    weights
}

/// Lane by lane.
#[inline(always)]
fn turned<T: Real, S: Simd>(all: [f64x8<S>; 4]) -> [[T; 4]; LANES] {
    let mut turned = [[T::default(); 4]; LANES];
    for k in 0..4 {
        let numbers = stored(all[k]);
        for lane in 0..LANES {
            turned[lane][k] = T::of(numbers[lane]);
        }
    }
    turned
}
