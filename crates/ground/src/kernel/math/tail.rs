//! The tail of the normal distribution, and the activation made of it.
//!
//! With φ the density and Φ the distribution function of the standard normal, and t = |x|,
//!
//!   t Φ(−t) = e^(−t²/2) P(q),  q = (t − k)/(t + k),  for t > ¾;   Φ(x) = ½ + x R(x²)  elsewhere.
//!
//! P rises from 0.23 to 1/√(2π), so a polynomial does for all t. In the exponent t is split into a head,
//! whose square is exact, and a rest: the rounding of t² would cost t²/2 units of the result.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use super::parts::polynomial;
use super::{scaled, splat};
use crate::kernel::lane::Real;

/// t = |x|, at most where the exponential is zero; e^(−t²/2); t Φ(−t) e^(t²/2), if t > ¾.
#[inline(always)]
fn tail<T: Real, S: Simd>(simd: S, x: T::V<S>) -> [T::V<S>; 3] {
    let [end, middle] = splat::<T, S, 2>(simd, [T::TAIL_END, T::TAIL_MIDDLE]);
    let t = x.abs();
    let t = t.simd_gt(end).select(end, t);
    let p = polynomial::<T, S>(simd, T::TAIL, (t - middle) / (t + middle));
    [t, bell::<T, S>(simd, t), p]
}

/// Φ(x) for |x| ≤ ¾.
#[inline(always)]
fn centre<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let half = T::V::splat(simd, T::of(0.5));
    polynomial::<T, S>(simd, T::CENTRE, x * x).mul_add(x, half)
}

/// e^(−t²/2) for 0 ≤ t ≤ `TAIL_END`. At most 1.5 ulp.
#[inline(always)]
fn bell<T: Real, S: Simd>(simd: S, t: T::V<S>) -> T::V<S> {
    let [grid, magic] = splat::<T, S, 2>(simd, [T::TAIL_GRID, T::MAGIC]);
    let [log2_e, high, low] = splat::<T, S, 3>(simd, [T::LOG2_E, T::LN2_HIGH, T::LN2_LOW]);
    let [half, minus_half] = splat::<T, S, 2>(simd, [0.5, -0.5].map(T::of));
    let head = (t + grid) - grid;
    let main = head * head * minus_half;
    let rest = (t - head) * (t + head) * minus_half;
    let shifted = (main + rest).mul_add(log2_e, magic);
    let n = shifted - magic;
    let r = (main - n * high) + (rest - n * low);
    let p = polynomial::<T, S>(simd, T::EXPM1, r).mul_add(r, half);
    scaled::<T, S>(simd, (r * r).mul_add(p, r), shifted)
}

/// x Φ(x) = max(x, 0) − t Φ(−t), lane by lane: the Gaussian error linear unit [HG16]. At most 3 ulp where
/// the result is normal; its limits at the infinities.
#[inline(always)]
pub fn gelu<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let [zero, minus_one, border] = splat::<T, S, 3>(simd, [0.0, -1.0, 0.75].map(T::of));
    let [t, bell, p] = tail::<T, S>(simd, x);
    let part = p * bell;
    let far = x.simd_lt(zero).select(part * minus_one, x - part);
    t.simd_le(border).select(centre::<T, S>(simd, x) * x, far)
}

/// The derivative of [`gelu`], Φ(x) + x φ(x), lane by lane. At most 4 units in the last place of 1.
#[inline(always)]
pub fn gelu_slope<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let [zero, one, border] = splat::<T, S, 3>(simd, [0.0, 1.0, 0.75].map(T::of));
    let density = T::V::splat(simd, T::of(DENSITY));
    let [t, bell, p] = tail::<T, S>(simd, x);
    let part = (p / t - t * density) * bell;
    let far = x.simd_lt(zero).select(part, one - part);
    let near = (x * density).mul_add(bell, centre::<T, S>(simd, x));
    t.simd_le(border).select(near, far)
}

/// The second derivative of [`gelu`], φ(x)(2 − x²), lane by lane. At most 8 units in the last place of 1.
#[inline(always)]
pub fn gelu_curvature<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let [two, density] = splat::<T, S, 2>(simd, [2.0, DENSITY].map(T::of));
    let [t, bell, _] = tail::<T, S>(simd, x);
    (two - t * t) * (bell * density)
}

/// 1/√(2π): the density at 0.
const DENSITY: f64 = 0.398_942_280_401_432_7;
