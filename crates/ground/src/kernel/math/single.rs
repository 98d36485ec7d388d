//! Constants of single precision.
//!
//! expm1 and the tail of the normal distribution: minimax of this project, 1e-9 and 3e-9. ln, sin, cos: Cephes [Mos92]. ln 2 and π/2 are split so that
//! products with whole numbers stay exact without a fused multiply-add.

use fearless_simd::{Simd, SimdBase, SimdFloat, f32x16};

use super::parts::{Constants, polynomial};

impl Constants for f32 {
    const MAGIC: f32 = 12_582_912.0;
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN2_HIGH: f32 = 0.693_145_75;
    const LN2_LOW: f32 = 1.428_606_8e-6;
    const EXPM1: &'static [f32] =
        &[0.000_198_826_98, 0.001_392_618_4, 0.008_333_321, 0.041_666_556, 0.166_666_67];
    const EXP_RANGE: [f32; 2] = [88.722_84, -103.972_08];
    const EXPM1_FLOOR: f32 = -20.0;
    const TWO_OVER_PI: f32 = std::f32::consts::FRAC_2_PI;
    const HALF_PI: [f32; 4] = [1.570_312_5, 4.837_513e-4, 7.549_533_6e-8, 2.563_344e-12];
    const SIN: &'static [f32] = &[-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1];
    const COS: &'static [f32] = &[2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2];
    const TAIL: &'static [f32] = &[
        -3.144_553_4e-4,
        1.229_244_5e-4,
        1.670_918e-3,
        4.821_351e-4,
        -9.013_219e-3,
        -3.578_459_8e-3,
        7.061_373e-2,
        -1.508_523e-1,
        1.364_822_5e-1,
        3.533_283_3e-1,
    ];
    const TAIL_MIDDLE: f32 = 2.5;
    const TAIL_END: f32 = 15.0;
    const TAIL_GRID: f32 = 49_152.0;
    const CENTRE: &'static [f32] =
        &[1.026_259_82e-4, -1.180_969_7e-3, 9.972_252e-3, -6.649_028_6e-2, 3.989_423e-1];
    const TINY: [f32; 3] = [f32::MIN_POSITIVE, 33_554_432.0, 25.0];
}

/// ln(1 + f) = f − f²/2 + f³P(f).
const LN: &[f32] = &[
    7.037_683_6e-2,
    -1.151_461e-1,
    1.167_699_9e-1,
    -1.242_014_1e-1,
    1.424_932_3e-1,
    -1.666_805_8e-1,
    2.000_071_5e-1,
    -2.499_999_4e-1,
    3.333_333e-1,
];

/// ln(2ᵉ(1 + f)).
#[inline(always)]
pub(super) fn ln_split<S: Simd>(simd: S, e: f32x16<S>, f: f32x16<S>) -> f32x16<S> {
    let square = f * f;
    let low = e.mul_add(f32x16::splat(simd, f32::LN2_LOW), polynomial(simd, LN, f) * f * square);
    let low = square.mul_add(f32x16::splat(simd, -0.5), low);
    e.mul_add(f32x16::splat(simd, f32::LN2_HIGH), f + low)
}

/// a/b.
#[inline(always)]
pub(super) fn quotient<S: Simd>(_: S, a: f32x16<S>, b: f32x16<S>) -> f32x16<S> {
    // Sixteen divisions take sixteen cycles with AVX-512, this takes four: the reciprocal is good
    // to 14 bits there, and one correction doubles them.
    if S::f32s::LEN < 16 {
        return a / b;
    }
    let reciprocal = b.approximate_recip();
    let near = a * reciprocal;
    (-near).mul_add(b, a).mul_add(reciprocal, near)
}
