//! Normal numbers of a block, straight from the counter.
//!
//! The definition is [`Stream::normal`]: Philox words, then Box–Muller. Here the words of 8 or 16
//! paths are made at once. A word lives in the low half of a 64-bit lane, where its product with the
//! multiplier needs no shuffling; the high half is rubbish until the end. In single precision two
//! registers hold the even and the odd paths. The first two rounds are the same for all coordinates
//! or the same for all paths, and are done apart.
//!
//! Box–Muller with the angle 2πv in quadrant k, halfway point subtracted: θ ∈ (−π/4, π/4) and
//! cos, sin of the angle are ±(cos θ ∓ sin θ)/√2, where the bits of k give the signs; the √½ goes
//! into the radius, √(−ln u).

use fearless_simd::{Bytes, Level, Select, Simd, SimdBase, SimdFloat, SimdInt};
use fearless_simd::{f32x16, f64x8, i32x16, u32x16, u64x8};

use super::lane::Real;
use super::math::parts::{Parts, polynomial};
use crate::stream::{MULTIPLY, Stream, WEYL};

/// Row i, lane l of `out` becomes `scale` · `stream.normal(path + l, step, i)`.
///
/// `out` has one row a coordinate, any number of them. Against the reference, relative to
/// `scale`: 1e-6 in f32, 1e-14 in f64.
///
/// ```
/// use ground::{kernel::{lane, normal}, stream::Stream};
/// let stream = Stream::new(1);
/// let mut dw = vec![lane::Row16::default(); 5]; // [d] rows of 16 paths
/// normal::normals(lane::level(), &stream, 32, 7, 0.1f32, &mut dw);
/// let reference = 0.1 * stream.normal(32 + 3, 7, 4);
/// assert!((f64::from(dw[4].as_ref()[3]) - reference).abs() < 1e-7);
/// ```
#[expect(clippy::too_many_arguments, reason = "a place has three parts and a block two")]
pub fn normals<T: Real>(
    level: Level,
    stream: &Stream,
    path: u64,
    step: u32,
    scale: T,
    out: &mut [T::Row],
) {
    T::normals(level, stream, (path, step), scale, out);
}

/// Rows whose words are made before they become normal numbers; a multiple of four.
const STRIP: usize = 32;

/// The body of [`normals`] at one level, for kernels that draw in their own loops.
///
/// All words of a strip come first: each of the two loops then has enough independent work in
/// flight to hide the latency of its own instructions.
#[inline(always)]
pub fn fill<T: Real, S: Simd>(
    simd: S,
    stream: &Stream,
    (path, step): (u64, u32),
    scale: T,
    out: &mut [T::Row],
) {
    let start = T::start(simd, stream.key(), path);
    let scale = T::V::splat(simd, scale);
    let mut words = [T::Row::default(); STRIP];
    let mut group = 0;
    for rows in out.chunks_mut(STRIP) {
        for four in words[..rows.len().next_multiple_of(4)].chunks_exact_mut(4) {
            let uniform = Uniform::new(stream.key(), step, group);
            for (row, word) in four.iter_mut().zip(T::words(simd, &start, &uniform)) {
                T::store(T::V::from_bits(word), row);
            }
            group += 1;
        }
        for (pair, word) in rows.chunks_mut(2).zip(words.chunks_exact(2)) {
            let radius = T::load(simd, &word[0]).to_bits();
            let angle = T::load(simd, &word[1]).to_bits();
            let [x, y] = box_muller::<T, S>(simd, radius, angle, scale);
            T::store(x, &mut pair[0]);
            if let Some(second) = pair.get_mut(1) {
                T::store(y, second);
            }
        }
    }
}

/// A pair of normal numbers, times `scale`, from a word for the radius and one for the angle.
#[inline(always)]
fn box_muller<T: Real, S: Simd>(
    simd: S,
    radius: Bits<T, S>,
    angle: Bits<T, S>,
    scale: T::V<S>,
) -> [T::V<S>; 2] {
    let radius = (-T::ln_unit(simd, radius)).sqrt() * scale;
    let theta = T::theta(simd, angle);
    let square = theta * theta;
    let sin = (polynomial::<T, S>(simd, T::SIN, square) * square).mul_add(theta, theta);
    let near = square.mul_add(T::V::splat(simd, T::of(-0.5)), T::V::splat(simd, T::of(1.0)));
    let cos = (square * square).mul_add(polynomial::<T, S>(simd, T::COS, square), near);
    // Odd quadrants run backwards; the cosine is negative in 1 and 2, the sine in 2 and 3.
    let sin = T::flip::<S, 30>(simd, sin, angle);
    let x = T::flip::<S, 30>(simd, radius, angle) * (cos - sin);
    let y = radius * (cos + sin);
    [T::flip::<S, 31>(simd, x, angle), T::flip::<S, 31>(simd, y, angle)]
}

/// Words in the layout of a precision.
type Bits<T, S> = <<T as Parts>::V<S> as SimdFloat<S>>::Bits;

/// What a precision makes of the words.
pub trait Draw: Parts {
    /// What the counters of a block have in common, over all coordinates.
    type Start<S: Simd>;

    /// The paths from `path` on, one a lane.
    fn start<S: Simd>(simd: S, key: [u32; 2], path: u64) -> Self::Start<S>;
    /// The four words of a group of coordinates.
    fn words<S: Simd>(simd: S, start: &Self::Start<S>, uniform: &Uniform) -> [Bits<Self, S>; 4];
    /// ln u with u = (word + ½)/2³², to a few ulp also near u = 1.
    fn ln_unit<S: Simd>(simd: S, word: Bits<Self, S>) -> Self::V<S>;
    /// The angle of the low 30 bits within its quadrant, less π/4.
    fn theta<S: Simd>(simd: S, word: Bits<Self, S>) -> Self::V<S>;
    /// The sign changed where this bit of the word is set.
    fn flip<S: Simd, const BIT: u32>(simd: S, x: Self::V<S>, word: Bits<Self, S>) -> Self::V<S>;
}

const LOW: u64 = 0xffff_ffff;

/// The vector words after two rounds, before the words of [`Uniform`] are mixed in.
#[derive(Clone, Copy, Debug)]
pub struct Start<S: Simd>([u64x8<S>; 3]);

/// The words that all paths share after two rounds, and the keys of the other eight.
#[derive(Clone, Copy, Debug)]
pub struct Uniform {
    words: [u64; 3],
    keys: [[u64; 2]; 8],
}

impl Uniform {
    #[inline(always)]
    fn new(key: [u32; 2], step: u32, group: u32) -> Self {
        let after = |key: [u32; 2]| [0, 1].map(|i: usize| key[i].wrapping_add(WEYL[i]));
        let [m0, m1] = MULTIPLY.map(u64::from);
        let first = u64::from(group) * m1;
        let second = ((first >> 32) ^ u64::from(step ^ key[0])) * m0;
        let mut next = after(key);
        let [k0, k1] = next.map(u64::from);
        let mut keys = [[0; 2]; 8];
        for round in &mut keys {
            next = after(next);
            *round = next.map(u64::from);
        }
        Self { words: [(first & LOW) ^ k0, (second >> 32) ^ k1, second & LOW], keys }
    }
}

/// The part of the first two rounds that depends on the path: lanes path, path + stride, …
#[inline(always)]
fn start<S: Simd>(simd: S, key: [u32; 2], path: u64, stride: u64) -> Start<S> {
    let m0 = u64x8::splat(simd, MULTIPLY[0].into());
    let m1 = u64x8::splat(simd, MULTIPLY[1].into());
    let low = u64x8::splat(simd, LOW);
    let path = u64x8::from_fn(simd, |lane| path.wrapping_add(stride * lane as u64));
    let first = (path & low) * m0;
    let third = (first >> 32) ^ (path >> 32) ^ u64x8::splat(simd, key[1].into());
    let second = (third & low) * m1;
    Start([second >> 32, second, first])
}

/// Rounds three to ten.
#[inline(always)]
fn philox<S: Simd>(simd: S, start: &Start<S>, uniform: &Uniform) -> [u64x8<S>; 4] {
    let m0 = u64x8::splat(simd, MULTIPLY[0].into());
    let m1 = u64x8::splat(simd, MULTIPLY[1].into());
    let low = u64x8::splat(simd, LOW);
    let mut word = [
        start.0[0] ^ u64x8::splat(simd, uniform.words[0]),
        start.0[1],
        start.0[2] ^ u64x8::splat(simd, uniform.words[1]),
        u64x8::splat(simd, uniform.words[2]),
    ];
    for key in uniform.keys {
        let first = (word[0] & low) * m0;
        let second = (word[2] & low) * m1;
        let (k0, k1) = (u64x8::splat(simd, key[0]), u64x8::splat(simd, key[1]));
        word = [down(simd, second) ^ word[1] ^ k0, second, down(simd, first) ^ word[3] ^ k1, first];
    }
    word
}

/// The high half of each lane in its low half, above it rubbish.
///
/// A shuffle where a shift would do: it runs on the port that the products leave free, and LLVM
/// does not merge it with them into products of 64 bits.
#[inline(always)]
fn down<S: Simd>(simd: S, word: u64x8<S>) -> u64x8<S> {
    let halves: u32x16<S> = word.bitcast();
    if simd.level().is_fallback() {
        word >> 32
    } else {
        halves.slide_within_blocks::<1>(halves).bitcast()
    }
}

/// The low half of each lane in its high half, below it rubbish.
#[inline(always)]
fn up<S: Simd>(simd: S, word: u64x8<S>) -> u64x8<S> {
    let halves: u32x16<S> = word.bitcast();
    if simd.level().is_fallback() {
        word << 32
    } else {
        halves.slide_within_blocks::<3>(halves).bitcast()
    }
}

impl Draw for f64 {
    type Start<S: Simd> = Start<S>;

    #[inline(always)]
    fn start<S: Simd>(simd: S, key: [u32; 2], path: u64) -> Start<S> {
        start(simd, key, path, 1)
    }

    #[inline(always)]
    fn words<S: Simd>(simd: S, start: &Start<S>, uniform: &Uniform) -> [u64x8<S>; 4] {
        philox(simd, start, uniform)
    }

    #[inline(always)]
    fn ln_unit<S: Simd>(simd: S, word: u64x8<S>) -> f64x8<S> {
        let unit = (whole(simd, word & u64x8::splat(simd, LOW)) + 0.5) * 2f64.powi(-32);
        let [e, m, _] = f64::split(simd, unit);
        f64::ln_split(simd, e, m - 1.0)
    }

    #[inline(always)]
    fn theta<S: Simd>(simd: S, word: u64x8<S>) -> f64x8<S> {
        let within = whole(simd, word & u64x8::splat(simd, LOW >> 2)) - (2f64.powi(29) - 0.5);
        within * (std::f64::consts::FRAC_PI_2 * 2f64.powi(-30))
    }

    #[inline(always)]
    fn flip<S: Simd, const BIT: u32>(simd: S, x: f64x8<S>, word: u64x8<S>) -> f64x8<S> {
        let sign = up(simd, word) << (31 - BIT);
        f64x8::from_bits(x.to_bits() ^ (sign & u64x8::splat(simd, 1 << 63)))
    }
}

/// Whole numbers below 2⁵² as floats.
#[inline(always)]
fn whole<S: Simd>(simd: S, n: u64x8<S>) -> f64x8<S> {
    let base = 2f64.powi(52);
    f64x8::from_bits(n | u64x8::splat(simd, base.to_bits())) - base
}

impl Draw for f32 {
    type Start<S: Simd> = [Start<S>; 2];

    #[inline(always)]
    fn start<S: Simd>(simd: S, key: [u32; 2], path: u64) -> [Start<S>; 2] {
        [start(simd, key, path, 2), start(simd, key, path.wrapping_add(1), 2)]
    }

    #[inline(always)]
    fn words<S: Simd>(simd: S, start: &[Start<S>; 2], uniform: &Uniform) -> [u32x16<S>; 4] {
        let even = philox(simd, &start[0], uniform);
        let odd = philox(simd, &start[1], uniform);
        let low = u64x8::splat(simd, LOW);
        let mut word = [u32x16::splat(simd, 0); 4];
        for i in 0..4 {
            word[i] = ((even[i] & low) | (up(simd, odd[i]) & !low)).bitcast();
        }
        word
    }

    /// Words from 2³¹ on are read as negative numbers, which makes u − 1 of u without rounding.
    #[inline(always)]
    fn ln_unit<S: Simd>(simd: S, word: u32x16<S>) -> f32x16<S> {
        let zero = f32x16::splat(simd, 0.0);
        let one = f32x16::splat(simd, 1.0);
        let signed: f32x16<S> = word.bitcast::<i32x16<S>>().to_float();
        let near = signed.mul_add(2f32.powi(-32), 2f32.powi(-33));
        let unit = near + near.simd_lt(zero).select(one, zero);
        let [e, m, _] = f32::split(simd, unit);
        // Exponent 0 is u in [√½, 1].
        f32::ln_split(simd, e, e.simd_eq(zero).select(near, m - one))
    }

    #[inline(always)]
    fn theta<S: Simd>(simd: S, word: u32x16<S>) -> f32x16<S> {
        let within = (word << 2) ^ u32x16::splat(simd, 1 << 31);
        let within: f32x16<S> = within.bitcast::<i32x16<S>>().to_float();
        let unit = std::f32::consts::FRAC_PI_4 * 2f32.powi(-31);
        within.mul_add(unit, 2.0 * unit)
    }

    #[inline(always)]
    fn flip<S: Simd, const BIT: u32>(simd: S, x: f32x16<S>, word: u32x16<S>) -> f32x16<S> {
        f32x16::from_bits(x.to_bits() ^ ((word << (31 - BIT)) & u32x16::splat(simd, 1 << 31)))
    }
}

#[cfg(test)]
mod tests;
