//! What an elementary function needs to know of a precision.
//!
//! The bits of a float are touched here and nowhere else. Numbers of the form n + `MAGIC`, where n
//! is a small whole number, hold n in their low bits; the additions round to nearest.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat, SimdFloatElement};
use fearless_simd::{f32x4, f32x16, f64x4, f64x8, u32x16, u64x8};

/// Constants and polynomials of a precision, highest power first.
pub trait Constants: SimdFloatElement + Copy + 'static {
    /// 1.5 · 2^(mantissa bits).
    const MAGIC: Self;
    /// 1/ln 2.
    const LOG2_E: Self;
    /// ln 2 with zeros at its end: n · `LN2_HIGH` is exact.
    const LN2_HIGH: Self;
    /// ln 2 − `LN2_HIGH`.
    const LN2_LOW: Self;
    /// expm1(r) = r + r²(½ + r P(r)) for |r| ≤ ½ ln 2.
    const EXPM1: &'static [Self];
    /// Above: exp is infinite. Below: exp is zero.
    const EXP_RANGE: [Self; 2];
    /// Below: expm1 is −1. Half of it, in absolute value and above: tanh is 1.
    const EXPM1_FLOOR: Self;
    /// 2/π.
    const TWO_OVER_PI: Self;
    /// π/2 in four parts; multiples of the first three by n < 2¹³ are exact.
    const HALF_PI: [Self; 4];
    /// sin r = r + r³ P(r²) for |r| ≤ π/4.
    const SIN: &'static [Self];
    /// cos r = 1 − r²/2 + r⁴ P(r²) for |r| ≤ π/4.
    const COS: &'static [Self];
    /// t Φ(−t) = e^(−t²/2) P((t − k)/(t + k)) for ¾ ≤ t ≤ `TAIL_END`.
    const TAIL: &'static [Self];
    /// k.
    const TAIL_MIDDLE: Self;
    /// Here and above e^(−t²/2) is zero.
    const TAIL_END: Self;
    /// Added and taken away again, it rounds t ≤ `TAIL_END` to so few bits that t² is exact.
    const TAIL_GRID: Self;
    /// Φ(x) = ½ + x R(x²) for |x| ≤ ¾.
    const CENTRE: &'static [Self];
    /// The smallest normal number, 2^k that makes every subnormal normal, and k.
    const TINY: [Self; 3];
}

/// The registers of a precision and the operations on bits.
pub trait Parts: Constants {
    /// One number of each lane, in registers.
    type V<S: Simd>: SimdFloat<S, Element = Self>;
    /// Four numbers that belong together.
    type Four<S: Simd>: SimdFloat<S, Element = Self>;

    /// 2^(n + up) from n + `MAGIC`, for exponents of normal numbers.
    fn power<S: Simd>(simd: S, shifted: Self::V<S>, up: i32) -> Self::V<S>;

    /// (e, m, 2⁻ᵉ) with x = 2ᵉm and m in [√½, √2), for normal positive x.
    fn split<S: Simd>(simd: S, x: Self::V<S>) -> [Self::V<S>; 3];

    /// a/b to 1 ulp, for finite a and b far from the ends of the range.
    fn quotient<S: Simd>(simd: S, a: Self::V<S>, b: Self::V<S>) -> Self::V<S>;

    /// ln(2ᵉ(1 + f)) for 1 + f in [√½, √2), to 1 ulp.
    fn ln_split<S: Simd>(simd: S, e: Self::V<S>, f: Self::V<S>) -> Self::V<S>;

    /// sin(r + (n + turn)π/2) from n + `MAGIC`, sin r and cos r.
    fn quadrant<S: Simd>(
        simd: S,
        shifted: Self::V<S>,
        turn: u8,
        sin_cos: [Self::V<S>; 2],
    ) -> Self::V<S>;
}

/// The polynomial with these coefficients, by Horner's rule.
#[inline(always)]
pub(in crate::kernel) fn polynomial<T: Parts, S: Simd>(
    simd: S,
    coefficients: &[T],
    x: T::V<S>,
) -> T::V<S> {
    let mut sum = T::V::splat(simd, coefficients[0]);
    for &c in &coefficients[1..] {
        sum = sum.mul_add(x, T::V::splat(simd, c));
    }
    sum
}

/// Ties a precision to its bits.
macro_rules! parts {
    ($real:ident, $v:ident, $four:ident, $bits:ident, $int:ident, $mantissa:literal, $bias:literal, $own:ident) => {
        impl Parts for $real {
            type V<S: Simd> = $v<S>;
            type Four<S: Simd> = $four<S>;

            #[inline(always)]
            fn power<S: Simd>(simd: S, shifted: $v<S>, up: i32) -> $v<S> {
                let bias = ($bias as $int).wrapping_add_signed(up.into());
                let exponent: $bits<S> = shifted.to_bits() + $bits::splat(simd, bias);
                $v::from_bits(exponent << $mantissa)
            }

            #[inline(always)]
            fn split<S: Simd>(simd: S, x: $v<S>) -> [$v<S>; 3] {
                let one = (1.0 as $real).to_bits();
                let half = std::$real::consts::FRAC_1_SQRT_2.to_bits();
                let bits = x.to_bits();
                // The exponent is kept positive by the bias: no signed shift is needed.
                let moved = bits + $bits::splat(simd, one.wrapping_sub(half));
                let biased = moved >> $mantissa;
                let fraction = $bits::splat(simd, (1 << $mantissa) - 1);
                let m = $v::from_bits((moved & fraction) + $bits::splat(simd, half));
                let two = (2.0 as $real).powi($mantissa);
                let e = $v::from_bits(biased | $bits::splat(simd, two.to_bits()))
                    - $v::splat(simd, two + <$real as From<i16>>::from($bias));
                let unit = $v::from_bits(($bits::splat(simd, 2 * $bias) - biased) << $mantissa);
                [e, m, unit]
            }

            #[inline(always)]
            fn ln_split<S: Simd>(simd: S, e: $v<S>, f: $v<S>) -> $v<S> {
                super::$own::ln_split(simd, e, f)
            }

            #[inline(always)]
            fn quotient<S: Simd>(simd: S, a: $v<S>, b: $v<S>) -> $v<S> {
                super::$own::quotient(simd, a, b)
            }

            #[inline(always)]
            fn quadrant<S: Simd>(
                simd: S,
                shifted: $v<S>,
                turn: u8,
                [sin, cos]: [$v<S>; 2],
            ) -> $v<S> {
                let top = $int::BITS - 1;
                let quadrant = shifted.to_bits() + $bits::splat(simd, turn.into());
                let odd = (quadrant & $bits::splat(simd, 1)).simd_eq($bits::splat(simd, 1));
                let sign = (quadrant >> 1) << top;
                $v::from_bits(odd.select(cos, sin).to_bits() ^ sign)
            }
        }
    };
}

parts!(f32, f32x16, f32x4, u32x16, u32, 23, 127, single);
parts!(f64, f64x8, f64x4, u64x8, u64, 52, 1023, double);
