//! The path norm Σ |a_j| (‖b_j‖₁ + |c_j|) and its sub-gradient, 0 where a number is 0.

use super::forward::Weights;
use crate::kernel::lane::Real;

/// Adds λ times the sub-gradient to gradients by a, b and c; returns the norm.
#[inline(always)]
pub(super) fn penalise<T: Real>(
    weights: Weights<'_, T::Row>,
    lambda: T,
    [by_outer, by_inner, by_bias]: [&mut [T::Row]; 3],
) -> f64 {
    let Weights { d, inner, outer, bias } = weights;
    let mut total = 0.0;
    for (p, a) in outer.iter().enumerate() {
        let mut length = T::Row::default();
        let inner = inner[p * d..][..d].iter().zip(&mut by_inner[p * d..][..d]);
        for (b, into) in inner.chain(bias.get(p).into_iter().zip(by_bias.get_mut(p))) {
            let numbers = b.as_ref().iter().zip(into.as_mut()).zip(a.as_ref());
            for (((&b, into), &a), length) in numbers.zip(length.as_mut()) {
                *length += size(b);
                *into += lambda * size(a) * sign(b);
            }
        }
        let numbers = a.as_ref().iter().zip(by_outer[p].as_mut());
        for ((&a, into), &length) in numbers.zip(length.as_ref()) {
            *into += lambda * sign(a) * length;
            total += (size(a) * length).wide();
        }
    }
    total
}

#[inline(always)]
fn size<T: Real>(x: T) -> T {
    if x < T::of(0.0) { T::of(0.0) - x } else { x }
}

#[inline(always)]
fn sign<T: Real>(x: T) -> T {
    if x > T::of(0.0) {
        T::of(1.0)
    } else if x < T::of(0.0) {
        T::of(-1.0)
    } else {
        T::of(0.0)
    }
}
