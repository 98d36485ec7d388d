//! Elementary functions on registers, with stated accuracy.
//!
//! Accuracy is in units in the last place (ulp) of the exact value, over the whole range of the
//! argument unless said otherwise, and holds at every vector level. NaN gives NaN; infinities and
//! signed zeros give what `std` gives. Results below the smallest normal number may lose digits.
//! Functions named `…_n` work on N registers at once: the steps of one hide the latency of another.
//!
//! References: Cody and Waite for the reductions [CW80], fdlibm for `ln`, `sin`, `cos`, Cephes for
//! their single precision [Mos92].

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use super::lane::Real;
use parts::polynomial;

mod double;
mod gate;
pub(super) mod parts;
mod single;
mod tail;

pub use gate::{Gate, gated, gated_curvature, gated_n, gated_slope};
pub use tail::{gelu, gelu_curvature, gelu_slope};

/// The same numbers in all lanes; a loop, since closures are not inlined for certain.
#[inline(always)]
fn splat<T: Real, S: Simd, const N: usize>(simd: S, numbers: [T; N]) -> [T::V<S>; N] {
    let mut all = [T::V::splat(simd, T::of(0.0)); N];
    for i in 0..N {
        all[i] = T::V::splat(simd, numbers[i]);
    }
    all
}

/// The value with the sign of x, for values that are not negative.
///
/// A product, not `copysign`: where a caller selects between the result and x itself, LLVM 22
/// folds both into a masked `vpternlog` with the wrong truth table, and AVX-512 gives wrong
/// numbers (llvm-project issue 157929).
#[inline(always)]
fn signed<T: Real, S: Simd>(simd: S, value: T::V<S>, x: T::V<S>) -> T::V<S> {
    value * T::V::splat(simd, T::of(1.0)).copysign(x)
}

/// The value, and x where it is zero: sums of zeros forget their sign.
#[inline(always)]
fn odd_zero<T: Real, S: Simd>(simd: S, x: T::V<S>, value: T::V<S>) -> T::V<S> {
    x.simd_eq(T::V::splat(simd, T::of(0.0))).select(x, value)
}

/// expm1(r) and n + magic, with x = n ln 2 + r.
#[inline(always)]
fn reduce_n<T: Real, S: Simd, const N: usize>(simd: S, x: [T::V<S>; N]) -> [[T::V<S>; N]; 2] {
    let magic = T::V::splat(simd, T::MAGIC);
    let (mut shifted, mut r) = (x, x);
    for i in 0..N {
        shifted[i] = x[i].mul_add(T::V::splat(simd, T::LOG2_E), magic);
    }
    for i in 0..N {
        let n = shifted[i] - magic;
        let high = n.mul_add(T::V::splat(simd, -T::LN2_HIGH), x[i]);
        r[i] = n.mul_add(T::V::splat(simd, -T::LN2_LOW), high);
    }
    let mut p = [T::V::splat(simd, T::EXPM1[0]); N];
    for &c in &T::EXPM1[1..] {
        for i in 0..N {
            p[i] = p[i].mul_add(r[i], T::V::splat(simd, c));
        }
    }
    for i in 0..N {
        p[i] = p[i].mul_add(r[i], T::V::splat(simd, T::of(0.5)));
    }
    for i in 0..N {
        p[i] = (r[i] * r[i]).mul_add(p[i], r[i]);
    }
    [p, shifted]
}

/// eˣ, lane by lane. At most 1.5 ulp; results below the smallest normal number to its last digit.
#[inline(always)]
pub fn exp<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    exp_n::<T, S, 1>(simd, [x])[0]
}

/// [`exp`] of N registers.
#[inline(always)]
pub fn exp_n<T: Real, S: Simd, const N: usize>(simd: S, x: [T::V<S>; N]) -> [T::V<S>; N] {
    let [p, shifted] = reduce_n::<T, S, N>(simd, x);
    let mut y = p;
    for i in 0..N {
        y[i] = bounded::<T, S>(simd, x[i], scaled::<T, S>(simd, p[i], shifted[i]));
    }
    y
}

/// 2ⁿ(1 + p) from n + magic.
#[inline(always)]
fn scaled<T: Real, S: Simd>(simd: S, p: T::V<S>, shifted: T::V<S>) -> T::V<S> {
    // 2ⁿ = 2^h 2^(n − h): either factor is a normal number where 2ⁿ is not.
    let magic = T::V::splat(simd, T::MAGIC);
    let n = shifted - magic;
    let half = n.mul_add(T::V::splat(simd, T::of(0.5)), magic);
    let rest = n - (half - magic) + magic;
    let scale = T::power(simd, half, 0);
    p.mul_add(scale, scale) * T::power(simd, rest, 0)
}

/// The value of exp where it is neither 0 nor infinite.
#[inline(always)]
fn bounded<T: Real, S: Simd>(simd: S, x: T::V<S>, value: T::V<S>) -> T::V<S> {
    let [high, low] = splat::<T, S, 2>(simd, T::EXP_RANGE);
    let value = x.simd_gt(high).select(T::V::splat(simd, T::of(f64::INFINITY)), value);
    x.simd_lt(low).select(T::V::splat(simd, T::of(0.0)), value)
}

/// eˣ − 1, lane by lane. At most 2.5 ulp.
#[inline(always)]
pub fn expm1<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let [p, shifted] = reduce_n::<T, S, 1>(simd, [x]);
    // Half of 2ⁿ, since 2ⁿ may be infinite where eˣ is not.
    let half = T::power(simd, shifted[0], -1);
    let value = p[0].mul_add(half, half - T::of(0.5));
    let value = value + value;
    let infinity = T::V::splat(simd, T::of(f64::INFINITY));
    let value = x.simd_gt(T::V::splat(simd, T::EXP_RANGE[0])).select(infinity, value);
    let floor = x.simd_lt(T::V::splat(simd, T::EXPM1_FLOOR));
    odd_zero::<T, S>(simd, x, floor.select(T::V::splat(simd, T::of(-1.0)), value))
}

/// tanh x, lane by lane. At most 3 ulp.
#[inline(always)]
pub fn tanh<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    tanh_n::<T, S, 1>(simd, [x])[0]
}

/// [`tanh`] of N registers: tanh|x| = −e/(e + 2) with e = expm1(−2|x|).
#[inline(always)]
pub fn tanh_n<T: Real, S: Simd, const N: usize>(simd: S, x: [T::V<S>; N]) -> [T::V<S>; N] {
    let one = T::V::splat(simd, T::of(1.0));
    let floor = T::V::splat(simd, T::EXPM1_FLOOR);
    let mut a = x;
    for i in 0..N {
        a[i] = x[i].abs() * T::V::splat(simd, T::of(-2.0));
    }
    let [p, shifted] = reduce_n::<T, S, N>(simd, a);
    let mut y = p;
    for i in 0..N {
        let scale = T::power(simd, shifted[i], 0);
        let e = p[i].mul_add(scale, scale - one);
        let value = T::quotient(simd, e, e + T::V::splat(simd, T::of(2.0))).abs();
        y[i] = signed::<T, S>(simd, a[i].simd_lt(floor).select(one, value), x[i]);
    }
    y
}

/// 1/(1 + e⁻ˣ), lane by lane. At most 3 ulp.
#[inline(always)]
pub fn sigmoid<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    sigmoid_n::<T, S, 1>(simd, [x])[0]
}

/// [`sigmoid`] of N registers.
#[inline(always)]
pub fn sigmoid_n<T: Real, S: Simd, const N: usize>(simd: S, x: [T::V<S>; N]) -> [T::V<S>; N] {
    let one = T::V::splat(simd, T::of(1.0));
    let mut y = x;
    for i in 0..N {
        y[i] = -x[i];
    }
    y = exp_n::<T, S, N>(simd, y);
    for i in 0..N {
        y[i] = one / (one + y[i]);
    }
    y
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), lane by lane. At most 3 ulp.
#[inline(always)]
pub fn softplus<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let zero = T::V::splat(simd, T::of(0.0));
    let positive = x.simd_gt(zero).select(x, zero);
    positive + log1p::<T, S>(simd, exp::<T, S>(simd, -x.abs()))
}

/// ln x, lane by lane. At most 2 ulp, subnormal numbers included.
#[inline(always)]
pub fn ln<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let [tiny, up, power] = splat::<T, S, 3>(simd, T::TINY);
    let [zero, one] = splat::<T, S, 2>(simd, [T::of(0.0), T::of(1.0)]);
    let small = x.simd_lt(tiny);
    let [e, m, _] = T::split(simd, small.select(x * up, x));
    let value = T::ln_split(simd, small.select(e - power, e), m - one);
    ends::<T, S>(simd, x, zero, value)
}

/// The logarithm's values at and below its pole and at infinity.
#[inline(always)]
fn ends<T: Real, S: Simd>(simd: S, x: T::V<S>, pole: T::V<S>, value: T::V<S>) -> T::V<S> {
    let infinity = T::V::splat(simd, T::of(f64::INFINITY));
    let value = x.simd_lt(infinity).select(value, x);
    let value = x.simd_eq(pole).select(-infinity, value);
    x.simd_lt(pole).select(T::V::splat(simd, T::of(f64::NAN)), value)
}

/// ln(1 + x), lane by lane. At most 3 ulp.
#[inline(always)]
pub fn log1p<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let one = T::V::splat(simd, T::of(1.0));
    let sum = x + one;
    // What rounding took from the sum, exactly: the fraction then carries it.
    let back = sum - one;
    let lost = (one - (sum - back)) + (x - back);
    let [e, m, unit] = T::split(simd, sum);
    // Far out nothing is lost, and the unit may be no number.
    let large = x.simd_gt(T::V::splat(simd, T::of(1e30)));
    let f = large.select(m - one, lost.mul_add(unit, m - one));
    let value = T::ln_split(simd, e, f);
    ends::<T, S>(simd, x, -one, odd_zero::<T, S>(simd, x, value))
}

/// arsinh x = ±ln(|x| + √(x² + 1)), lane by lane. At most 4 ulp.
#[inline(always)]
pub fn asinh<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let one = T::V::splat(simd, T::of(1.0));
    let a = x.abs();
    // Above 2²⁸ it is ln 2|x| to the last place; the square would overflow later on.
    let large = a.simd_gt(T::V::splat(simd, T::of(268_435_456.0)));
    let square = a * a;
    let near = a + square / (one + (square + one).sqrt());
    let value = log1p::<T, S>(simd, large.select(a - one, near));
    let ln2 = T::V::splat(simd, T::of(std::f64::consts::LN_2));
    signed::<T, S>(simd, large.select(value + ln2, value), x)
}

/// Arguments beyond are handed to `std`: their multiples of π/2 are no longer exact.
const TRIGONOMETRIC_RANGE: f64 = 1e4;

/// n + magic, sin r and cos r, with x = nπ/2 + r.
#[inline(always)]
fn turn<T: Real, S: Simd>(simd: S, x: T::V<S>) -> (T::V<S>, [T::V<S>; 2]) {
    let magic = T::V::splat(simd, T::MAGIC);
    let shifted = x.mul_add(T::V::splat(simd, T::TWO_OVER_PI), magic);
    let n = shifted - magic;
    let mut r = x;
    for part in T::HALF_PI {
        r = n.mul_add(T::V::splat(simd, -part), r);
    }
    let square = r * r;
    let sin = (polynomial::<T, S>(simd, T::SIN, square) * square).mul_add(r, r);
    let half = square * T::V::splat(simd, T::of(0.5));
    let one = T::V::splat(simd, T::of(1.0));
    // 1 − r²/2 rounds; the second difference is what it lost.
    let near = one - half;
    let lost = (one - near) - half;
    let cos = near + (square * square).mul_add(polynomial::<T, S>(simd, T::COS, square), lost);
    (shifted, [sin, cos])
}

/// sin x, lane by lane. At most 2.5 ulp; slow in lanes beyond |x| = 10⁴.
#[inline(always)]
pub fn sin<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let (shifted, parts) = turn::<T, S>(simd, x);
    let value = T::quadrant(simd, shifted, 0, parts);
    far::<T, S>(simd, x, odd_zero::<T, S>(simd, x, value), libm::sin)
}

/// cos x, lane by lane. At most 2.5 ulp; slow in lanes beyond |x| = 10⁴.
#[inline(always)]
pub fn cos<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    let (shifted, parts) = turn::<T, S>(simd, x);
    let value = T::quadrant(simd, shifted, 1, parts);
    far::<T, S>(simd, x, value, libm::cos)
}

/// The value where |x| ≤ 10⁴, and `f` elsewhere.
#[inline(always)]
fn far<T: Real, S: Simd>(simd: S, x: T::V<S>, value: T::V<S>, f: fn(f64) -> f64) -> T::V<S> {
    let near = x.abs().simd_le(T::V::splat(simd, T::of(TRIGONOMETRIC_RANGE)));
    if fearless_simd::SimdMask::all_true(near) {
        value
    } else {
        near.select(value, each::<T, S>(simd, x, f))
    }
}

/// `f` in double precision, one lane after the other.
#[inline(always)]
fn each<T: Real, S: Simd>(simd: S, x: T::V<S>, f: fn(f64) -> f64) -> T::V<S> {
    let mut y = T::V::splat(simd, T::of(0.0));
    for i in 0..T::LANES {
        y[i] = T::of(f(x[i].wide()));
    }
    y
}

/// tan x by libm in double precision, one lane after the other. At most 1 ulp.
#[inline(always)]
pub fn tan<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    each::<T, S>(simd, x, libm::tan)
}

/// The error function by libm in double precision, one lane after the other. At most 1 ulp.
#[inline(always)]
pub fn erf<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    each::<T, S>(simd, x, libm::erf)
}

/// The normal distribution function ½ erfc(−x/√2), one lane after the other. At most 4 ulp.
#[inline(always)]
pub fn normcdf<T: Real, S: Simd>(simd: S, x: T::V<S>) -> T::V<S> {
    each::<T, S>(simd, x, normal_distribution)
}

/// ½ erfc(y + δ) ≈ ½ erfc y − δ exp(−y²)/√π, where δ is what rounding took from y = −x/√2.
///
/// Without δ the error would grow as x².
fn normal_distribution(x: f64) -> f64 {
    /// 1/√2 less its nearest f64.
    const LOW: f64 = -4.833_646_656_726_457e-17;
    let y = -x * std::f64::consts::FRAC_1_SQRT_2;
    if x.abs() >= 40.0 {
        return 0.5 * libm::erfc(y);
    }
    let lost = libm::fma(-x, std::f64::consts::FRAC_1_SQRT_2, -y) - x * LOW;
    0.5 * (libm::erfc(y) - lost * std::f64::consts::FRAC_2_SQRT_PI * libm::exp(-y * y))
}

/// xʸ by libm in double precision, one lane after the other. At most 1 ulp.
#[inline(always)]
pub fn pow<T: Real, S: Simd>(simd: S, x: T::V<S>, y: T::V<S>) -> T::V<S> {
    let mut z = T::V::splat(simd, T::of(0.0));
    for i in 0..T::LANES {
        z[i] = T::of(libm::pow(x[i].wide(), y[i].wide()));
    }
    z
}

#[cfg(test)]
mod tests;
