//! Tests of the fast normal numbers: the scalar stream is the judge.

use super::*;
use crate::dispatch;
#[cfg(not(miri))]
use crate::estimate::Estimate;
use crate::kernel::lane::{Row, levels};

/// The largest difference from the reference over paths, steps and coordinates.
fn worst<T: Real>(level: Level, (path, blocks): (u64, u64), step: u32, d: usize) -> f64 {
    let stream = Stream::new(17).child("dw");
    let mut out = vec![T::Row::default(); d];
    let mut worst = 0f64;
    for block in 0..blocks {
        let first = path.wrapping_add(block * T::LANES as u64);
        normals::<T>(level, &stream, first, step, T::of(2.0), &mut out);
        for (i, row) in out.iter().enumerate() {
            for (l, &z) in row.as_ref().iter().enumerate() {
                let reference = 2.0 * stream.normal(first.wrapping_add(l as u64), step, i);
                worst = worst.max((z.wide() - reference).abs());
            }
        }
    }
    worst
}

#[test]
fn agree_with_the_reference() {
    for level in levels() {
        for d in [1, 2, 3, 4, 7, 100] {
            assert!(worst::<f32>(level, (0, 3), 3, d) < 2e-6, "{level:?}");
            assert!(worst::<f64>(level, (0, 3), 3, d) < 1e-14, "{level:?}");
        }
        // A block across the border of the low word of the path, and the last path of all.
        for path in [(1 << 32) - 5, u64::MAX - 3] {
            assert!(worst::<f32>(level, (path, 1), u32::MAX, 9) < 2e-6);
            assert!(worst::<f64>(level, (path, 1), u32::MAX, 9) < 1e-14);
        }
    }
}

// A million draws are for a processor, not for an interpreter: the loops are those of the tests above.
#[cfg(not(miri))]
#[test]
fn agree_on_a_million_draws() {
    let level = crate::kernel::lane::level();
    let single = worst::<f32>(level, (1000, 625), 0, 100);
    let double = worst::<f64>(level, (1000, 1250), 0, 100);
    assert!(single < 2e-6 && double < 1e-14, "{single:e} {double:e}");
}

/// √(−ln u) and the angle of a word, in f32 and in f64.
#[test]
fn agree_on_extreme_words() {
    fn both<S: Simd>(simd: S, word: u32) -> [[f64; 2]; 2] {
        let narrow = u32x16::splat(simd, word);
        let wide = u64x8::splat(simd, (0xdead_beef << 32) | u64::from(word));
        [
            [f32::ln_unit(simd, narrow)[0].into(), f32::theta(simd, narrow)[0].into()],
            [f64::ln_unit(simd, wide)[0], f64::theta(simd, wide)[0]],
        ]
    }
    let mut words = vec![0, 1, 2, u32::MAX, u32::MAX - 1, 3_037_000_499, 3_037_000_500];
    words.extend((29..32).flat_map(|k| [(1 << k) - 1, 1 << k, (1 << k) + 1]));
    words.extend((0..32).map(|k| u32::MAX >> k).chain((0..32).map(|k| !(u32::MAX >> k))));
    for level in levels() {
        for &word in &words {
            let [single, double] = dispatch!(level, simd => both(simd, word));
            let unit = (f64::from(word) + 0.5) / 2f64.powi(32);
            let exact = [unit.ln(), (unit * 4.0).fract() * std::f64::consts::FRAC_PI_2];
            assert!((double[0] / exact[0] - 1.0).abs() < 1e-15, "{word} {double:?}");
            assert!((double[1] + std::f64::consts::FRAC_PI_4 - exact[1]).abs() < 3e-16);
            assert!((single[0] / exact[0] - 1.0).abs() < 2.5e-7, "{word} {single:?} {exact:?}");
            assert!((single[1] - double[1]).abs() < 1e-7);
        }
    }
}

/// Draws of a million f32 normals in the order [path, coordinate].
#[cfg(not(miri))]
fn sample(stream: Stream, step: u32) -> Vec<f64> {
    let mut out = vec![<f32 as Real>::Row::default(); 50];
    let mut sample = Vec::new();
    for block in 0..1250 {
        normals::<f32>(crate::kernel::lane::level(), &stream, block * 16, step, 1.0, &mut out);
        for l in 0..16 {
            sample.extend(out.iter().map(|row| f64::from(row.as_ref()[l])));
        }
    }
    sample
}

#[cfg(not(miri))]
#[test]
fn statistical_moments() {
    let z = sample(Stream::new(2), 0);
    for (power, moment) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (6, 15.0), (8, 105.0)] {
        let powers: Vec<f64> = z.iter().map(|z| z.powi(power)).collect();
        let estimate = Estimate::of(&powers);
        assert!(estimate.deviation(moment) < 5.0, "{power}: {estimate}");
    }
    for (edge, probability) in [(0.1, 0.539_827_837_277), (2.0, 0.977_249_868_052)] {
        let below: Vec<f64> = z.iter().map(|&z| f64::from(u8::from(z < edge))).collect();
        assert!(Estimate::of(&below).deviation(probability) < 5.0, "{edge}");
    }
}

#[cfg(not(miri))]
#[test]
fn statistical_neighbours_are_independent() {
    let stream = Stream::new(3);
    let here = sample(stream, 7);
    let neighbours = [
        ("path", here[50..].to_vec()),
        ("coordinate", here[1..].to_vec()),
        ("second coordinate", here[2..].to_vec()),
        ("step", sample(stream, 8)),
        ("child", sample(stream.child("a"), 7)),
        ("seed", sample(Stream::new(4), 7)),
    ];
    for (name, there) in &neighbours {
        for (p, q, mean) in [(1, 1, 0.0), (2, 2, 1.0), (1, 2, 0.0), (2, 1, 0.0)] {
            let product: Vec<f64> =
                here.iter().zip(there).map(|(a, b)| a.powi(p) * b.powi(q)).collect();
            let estimate = Estimate::of(&product);
            assert!(estimate.deviation(mean) < 5.0, "{name} {p} {q}: {estimate}");
        }
    }
}

#[test]
fn invariant_rows_are_splats_of_scale_zero() {
    let mut out = [<f64 as Real>::Row::splat(1.0); 3];
    normals::<f64>(crate::kernel::lane::level(), &Stream::new(1), 0, 0, 0.0, &mut out);
    assert!(out.iter().all(|row| row.as_ref().iter().all(|&z| z.abs() <= 0.0)));
}
