//! Gated activations, x σ(v(x)) with the logistic function σ: silu, and gelu in its form with tanh.
//!
//! ```text
//! silu        v = x
//! gelu tanh   v = 2 √(2/π) (x + 0.044715 x³):   x σ(v) = ½ x (1 + tanh(v/2))
//! f' = σ + x σ' v',   f'' = σ' (2 v' + x v'') + x σ'' v'²;   σ' = σ(1 − σ), σ'' = σ'(1 − 2σ)
//! ```
//! v of silu is exact. That of gelu is rounded, which costs σ some |v| units where the gate closes: there the
//! value is small, and what is stated is its error beside 1.
//!
//! Reference: [HG16], which has both.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use super::{exp, exp_n, splat};
use crate::kernel::lane::Real;

/// v of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// x: silu.
    Plain,
    /// 2 √(2/π) (x + 0.044715 x³): gelu in its form with tanh.
    Cubic,
}

/// 2 √(2/π) and 0.044715 times that.
const CUBIC: [f64; 2] = [1.595_769_121_605_730_8, 0.071_354_816_272_600_25];
/// Beyond this |x| the gate is open or closed to the last digit, and x³ need not be taken.
const FAR: f64 = 1e3;

/// x, but at most where the gate is open for good.
#[inline(always)]
fn below<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let far = T::V::splat(simd, T::of(FAR));
    x.simd_gt(far).select(far, x)
}

/// x, but at least where the gate is closed for good.
#[inline(always)]
fn above<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let far = T::V::splat(simd, T::of(-FAR));
    x.simd_lt(far).select(far, x)
}

/// v, v', v''.
#[inline(always)]
fn argument<T: Real, S: Simd>(simd: S, gate: Gate, x: T::V<S>) -> [T::V<S>; 3] {
    let [zero, one] = splat::<T, S, 2>(simd, [0.0, 1.0].map(T::of));
    match gate {
        Gate::Plain => [x, one, zero],
        Gate::Cubic => {
            let [a, b] = splat::<T, S, 2>(simd, CUBIC.map(T::of));
            let [three, six] = splat::<T, S, 2>(simd, [3.0, 6.0].map(T::of));
            let square = x * x;
            [x * square.mul_add(b, a), square.mul_add(three * b, a), x * (six * b)]
        }
    }
}

/// σ(v) and σ'(v). The smaller of σ and 1 − σ is no difference: it may be multiplied by a large x.
#[inline(always)]
fn opening<T: Real, S: Simd>(simd: S, v: T::V<S>) -> [T::V<S>; 2] {
    let [zero, one] = splat::<T, S, 2>(simd, [0.0, 1.0].map(T::of));
    let e = exp::<T, S>(simd, -v.abs());
    let large = one / (one + e);
    let small = e * large;
    [v.simd_lt(zero).select(small, large), small * large]
}

/// x σ(v(x)) = x/(1 + e⁻ᵛ), lane by lane; its limits at the infinities. Silu is within 3 ulp for
/// x ≥ −87 in f32 and x ≥ −708 in f64, gelu for x ≥ 0; elsewhere they are within one unit in the last
/// place of 1.
#[inline(always)]
pub fn gated<T: Real, S: Simd>(simd: S, gate: Gate, x: T::V<S>) -> T::V<S> {
    gated_n::<T, S, 1>(simd, gate, [x])[0]
}

/// [`gated`] of N registers.
#[inline(always)]
pub fn gated_n<T: Real, S: Simd, const N: usize>(
    simd: S,
    gate: Gate,
    x: [T::V<S>; N],
) -> [T::V<S>; N] {
    let one = T::V::splat(simd, T::of(1.0));
    let (mut y, mut e) = (x, x);
    for i in 0..N {
        y[i] = above::<T, S>(simd, x[i]);
        e[i] = -argument::<T, S>(simd, gate, below::<T, S>(simd, y[i]))[0];
    }
    e = exp_n::<T, S, N>(simd, e);
    for i in 0..N {
        y[i] = y[i] / (one + e[i]);
    }
    y
}

/// The derivative of [`gated`], lane by lane. At most 4 units in the last place of 1.
#[inline(always)]
pub fn gated_slope<T: Real, S: Simd>(simd: S, gate: Gate, x: T::V<S>) -> T::V<S> {
    let x = above::<T, S>(simd, below::<T, S>(simd, x));
    let [v, first, _] = argument::<T, S>(simd, gate, x);
    let [y, slope] = opening::<T, S>(simd, v);
    (x * first).mul_add(slope, y)
}

/// The second derivative of [`gated`], lane by lane. At most 8 units in the last place of 1.
#[inline(always)]
pub fn gated_curvature<T: Real, S: Simd>(simd: S, gate: Gate, x: T::V<S>) -> T::V<S> {
    let [one, two, minus_two] = splat::<T, S, 3>(simd, [1.0, 2.0, -2.0].map(T::of));
    let x = above::<T, S>(simd, below::<T, S>(simd, x));
    let [v, first, second] = argument::<T, S>(simd, gate, x);
    let [y, slope] = opening::<T, S>(simd, v);
    let bend = y.mul_add(minus_two, one);
    slope * (x * (first * first)).mul_add(bend, x.mul_add(second, two * first))
}
