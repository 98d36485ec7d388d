//! Constants of double precision.
//!
//! expm1: minimax of this project, 7e-17. ln, sin, cos: FreeBSD's msun. ln 2 and π/2 are split so that
//! products with whole numbers stay exact without a fused multiply-add.

use fearless_simd::{Simd, SimdBase, SimdFloat, f64x8};

use super::parts::{Constants, polynomial};

impl Constants for f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const EXPM1: &'static [f64] = &[
        2.509_555_467_711_111_2e-8,
        2.761_380_686_153_829e-7,
        2.755_728_006_701_698e-6,
        0.000_024_801_536_388_690_766,
        0.000_198_412_698_543_386_1,
        0.001_388_888_890_588_154_2,
        0.008_333_333_333_332_155,
        0.041_666_666_666_651_36,
        0.166_666_666_666_666_66,
    ];
    const EXP_RANGE: [f64; 2] = [709.782_712_893_384, -745.133_219_101_941_2];
    const EXPM1_FLOOR: f64 = -40.0;
    const TWO_OVER_PI: f64 = std::f64::consts::FRAC_2_PI;
    const HALF_PI: [f64; 4] = [
        1.570_796_326_734_125_6,
        6.077_100_506_303_966e-11,
        2.022_266_248_711_166_5e-21,
        8.478_427_660_368_9e-32,
    ];
    const SIN: &'static [f64] = &[
        1.589_690_995_211_55e-10,
        -2.505_076_025_340_686_3e-8,
        2.755_731_370_707_006_8e-6,
        -1.984_126_982_985_795e-4,
        8.333_333_333_322_49e-3,
        -1.666_666_666_666_663_2e-1,
    ];
    const COS: &'static [f64] = &[
        -1.135_964_755_778_819_5e-11,
        2.087_572_321_298_175e-9,
        -2.755_731_435_139_066_3e-7,
        2.480_158_728_947_673e-5,
        -1.388_888_888_887_411e-3,
        4.166_666_666_666_66e-2,
    ];
    const TINY: [f64; 3] = [f64::MIN_POSITIVE, 18_014_398_509_481_984.0, 54.0];
}

/// ln(1 + f) = f − s(f − R) with s = f/(2 + f), R = s² P(s²).
const LN: &[f64] = &[
    1.479_819_860_511_658_6e-1,
    1.531_383_769_920_937_3e-1,
    1.818_357_216_161_805e-1,
    2.222_219_843_214_978_4e-1,
    2.857_142_874_366_239e-1,
    3.999_999_999_940_942e-1,
    6.666_666_666_666_735e-1,
];

/// ln(2ᵉ(1 + f)).
#[inline(always)]
pub(super) fn ln_split<S: Simd>(simd: S, e: f64x8<S>, f: f64x8<S>) -> f64x8<S> {
    let s = f / (f + f64x8::splat(simd, 2.0));
    let z = s * s;
    let half_square = f * f * f64x8::splat(simd, 0.5);
    let rest = polynomial(simd, LN, z).mul_add(z, half_square);
    let low = s.mul_add(rest, e * f64x8::splat(simd, f64::LN2_LOW));
    e.mul_add(f64x8::splat(simd, f64::LN2_HIGH), f - (half_square - low))
}

/// a/b.
#[inline(always)]
pub(super) fn quotient<S: Simd>(_: S, a: f64x8<S>, b: f64x8<S>) -> f64x8<S> {
    a / b
}
