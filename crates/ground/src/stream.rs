//! Counter-based random streams with names.
//!
//! A stream is a place, not a state: seed → names → (path, step, coordinate) is a number. Any thread
//! can ask for any number, so results do not depend on who computes what, nor in which order.
//!
//! The generator is Philox4x32-10 [SMDS11]. The counter is [path low, step, coordinate / 4, path
//! high]; its four words w₀…w₃ serve the coordinates 4g…4g+3. With u = (w + ½)/2³²,
//!
//!   normal(4g)   = √(−2 ln u₀) cos 2πu₁,   normal(4g+1) = √(−2 ln u₀) sin 2πu₁,
//!   normal(4g+2) = √(−2 ln u₂) cos 2πu₃,   normal(4g+3) = √(−2 ln u₂) sin 2πu₃.
//!
//! Both precisions read the same 32-bit words, so draws in f32 and f64 agree to rounding. The price
//! of 32 bits: u is a multiple of 2⁻³² and the tails end at √(66 ln 2) = 6.76 standard deviations,
//! beyond which a true normal number lies once in 7·10¹⁰ draws.
//!
//! Normals and uniforms at the same place share their words: take a child for each purpose. This file
//! is the readable reference; blocks of lanes are drawn by [`crate::kernel::normal`].

use std::convert::Infallible;
use std::f64::consts::TAU;

use rand_core::TryRng;

/// A reproducible source of random numbers.
///
/// ```
/// let stream = ground::stream::Stream::new(1).child("walkers");
/// let z = stream.normal(7, 0, 3);
/// assert_eq!(z, stream.normal(7, 0, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
}

impl Stream {
    /// The root of all streams of a run.
    pub fn new(seed: u64) -> Self {
        Self { key: halves(seed) }
    }

    /// The stream of this name: independent of its parent, of its siblings and of their children.
    ///
    /// The key is the CBC-MAC of the name, its length first, under the complement of the parent's
    /// key; so no key is a number that the parent also hands out.
    pub fn child(&self, name: &str) -> Self {
        let key = self.key.map(|word| !word);
        let [low, high] = halves(name.len() as u64);
        let mut state = philox([low, high, 0, 0], key);
        for chunk in name.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            let [low, high] = halves(u64::from_le_bytes(bytes));
            state = philox([state[0] ^ low, state[1] ^ high, state[2], state[3]], key);
        }
        Self { key: [state[0], state[1]] }
    }

    /// A standard normal number by Box–Muller, correct to 1e-15 of the formula above.
    ///
    /// # Panics
    /// If `coordinate` is not below 2³⁴.
    pub fn normal(&self, path: u64, step: u32, coordinate: usize) -> f64 {
        let word = self.words(path, step, coordinate / 4);
        let pair = coordinate % 4 / 2;
        let (u, v) = (unit(word[2 * pair]), unit(word[2 * pair + 1]));
        let radius = (-2.0 * u.ln()).sqrt();
        radius * if coordinate.is_multiple_of(2) { (TAU * v).cos() } else { (TAU * v).sin() }
    }

    /// A uniform number in (0, 1): an odd multiple of 2⁻³³.
    ///
    /// # Panics
    /// If `k` is not below 2³⁴.
    pub fn uniform(&self, path: u64, step: u32, k: usize) -> f64 {
        unit(self.words(path, step, k / 4)[k % 4])
    }

    /// The four words of the coordinates `4 * group..4 * group + 4`.
    pub fn words(&self, path: u64, step: u32, group: usize) -> [u32; 4] {
        let [low, high] = halves(path);
        let group = u32::try_from(group).expect("a point has fewer than 2^34 coordinates");
        philox([low, step, group, high], self.key)
    }

    /// The key of the generator.
    pub(crate) fn key(self) -> [u32; 2] {
        self.key
    }

    /// A sequential view for the distributions of other crates, outside hot loops.
    ///
    /// It shares no number with [`Stream::normal`] and [`Stream::uniform`].
    pub fn rng(&self) -> Sequence {
        Sequence { stream: self.child("rng"), position: 0 }
    }
}

/// The words of a stream one after the other: an infallible `rand_core::TryRng`, that is an `Rng`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    stream: Stream,
    position: u64,
}

impl TryRng for Sequence {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let word = self.stream.words(self.position / 4, 0, 0)[(self.position % 4) as usize];
        self.position += 1;
        Ok(word)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_u64_via_u32(self)
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        rand_core::utils::fill_bytes_via_next_word(dst, || self.try_next_u32())
    }
}

/// The low and the high word.
#[allow(clippy::cast_possible_truncation, reason = "the low word is what is asked for")]
fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

/// (word + ½)/2³², which is never 0 nor 1.
fn unit(word: u32) -> f64 {
    (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0)
}

/// The multipliers of Philox4x32. [SMDS11]
pub(crate) const MULTIPLY: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];

/// What is added to the key after each round: the golden ratio and √3 − 1. [SMDS11]
pub(crate) const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// Philox4x32 with ten rounds. [SMDS11]
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let [low0, high0] = halves(u64::from(counter[0]) * u64::from(MULTIPLY[0]));
        let [low1, high1] = halves(u64::from(counter[2]) * u64::from(MULTIPLY[1]));
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

#[cfg(test)]
mod tests {
    use rand_core::Rng as _;

    use super::*;
    use crate::estimate::Estimate;

    #[test]
    fn exact_published_vectors() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn exact_extreme_units() {
        assert_eq!(unit(0).to_bits(), 2f64.powi(-33).to_bits());
        assert_eq!((1.0 - unit(u32::MAX)).to_bits(), 2f64.powi(-33).to_bits());
    }

    #[test]
    fn invariant_places_differ() {
        let stream = Stream::new(3);
        let mut seen = vec![stream.normal(0, 0, 0)];
        for place in [
            stream.normal(1, 0, 0),
            stream.normal(1 << 32, 0, 0),
            stream.normal(0, 1, 0),
            stream.normal(0, 0, 4),
            stream.child("").normal(0, 0, 0),
            stream.child("a").normal(0, 0, 0),
            stream.child("a\0").normal(0, 0, 0),
            stream.child("a").child("b").normal(0, 0, 0),
            stream.child("ab").normal(0, 0, 0),
            stream.child("a name of more than eight bytes").normal(0, 0, 0),
            Stream::new(4).normal(0, 0, 0),
        ] {
            assert!(seen.iter().all(|z: &f64| z.to_bits() != place.to_bits()));
            seen.push(place);
        }
    }

    #[test]
    fn statistical_uniform_moments() {
        let stream = Stream::new(1).child("uniform");
        let u: Vec<f64> =
            (0..40_000).map(|i| stream.uniform(i / 10, 2, (i % 10) as usize)).collect();
        assert!(Estimate::of(&u).deviation(0.5) < 5.0);
        let squares: Vec<f64> = u.iter().map(|u| u * u).collect();
        assert!(Estimate::of(&squares).deviation(1.0 / 3.0) < 5.0);
    }

    #[test]
    fn statistical_sequence_is_uniform() {
        let mut rng = Stream::new(1).rng();
        let top: Vec<f64> =
            (0..40_000).map(|_| (rng.next_u64() >> 11) as f64 / 2f64.powi(53)).collect();
        assert!(Estimate::of(&top).deviation(0.5) < 5.0);
        let mut bytes = [0u8; 7];
        rng.fill_bytes(&mut bytes);
        assert_ne!(bytes, [0; 7]);
    }
}
