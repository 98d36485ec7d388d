//! Every activation within 3 ulp of the true value, on a dense sample of the range it is used in.
//!
//! The judge has twice the precision and errs by less than 1e-8 ulp of double precision. Fifty times as
//! many points once gave at most 2.6 for tanh, 2.5 for sigmoid, 1.7 for softplus and 3.0 for gelu.

use super::twice::{self, Twice};
use super::*;

/// A function's name, its judge, and the ends of the range in single and double precision: where the
/// results are normal, or to where nothing changes any more.
type Case = (&'static str, fn(f64) -> Twice, [[f64; 2]; 2]);

const ACTIVATIONS: [Case; 7] = [
    ("tanh", twice::tanh, [[-20.0, 20.0]; 2]),
    ("sigmoid", twice::sigmoid, [[-87.0, 30.0], [-708.0, 50.0]]),
    ("softplus", twice::softplus, [[-87.0, 100.0], [-708.0, 1000.0]]),
    ("sin", twice::sin, [[-100.0, 100.0]; 2]),
    ("gelu", twice::gelu, [[-13.1, 100.0], [-37.5, 1000.0]]),
    ("silu", |x| twice::gated(Gate::Plain, x)[0], [[-87.0, 100.0], [-708.0, 1000.0]]),
    ("gelu_tanh", |x| twice::gated(Gate::Cubic, x)[0], [[0.0, 100.0], [0.0, 1000.0]]),
];

/// Even over the whole range, even around zero, and of every magnitude from 1e-9 on.
fn sample<T: Real>(ends: [f64; 2], n: u64) -> Vec<f64> {
    let stream = Stream::new(4).child("activations");
    let one = |i: u64, k: u64| {
        let u = stream.uniform(i, 0, usize::try_from(k).unwrap());
        let x = match k {
            0 => ends[0] + u * (ends[1] - ends[0]),
            1 => 16.0 * u - 8.0,
            2 => 10f64.powf(10.0 * u - 9.0),
            _ => -(10f64.powf(10.0 * u - 9.0)),
        };
        T::of(x).wide()
    };
    let all = (0..n).flat_map(|i| (0..4).map(move |k| (i, k)));
    all.map(|(i, k)| one(i, k)).filter(|x| ends[0] <= *x && *x <= ends[1]).collect()
}

/// The function of every number, at a level.
fn values<T: Real>(level: Level, name: &str, xs: &[f64]) -> Vec<f64> {
    let mut rows = vec![T::Row::default(); xs.len().div_ceil(T::LANES)];
    for (x, slot) in xs.iter().zip(rows.iter_mut().flat_map(std::convert::AsMut::as_mut)) {
        *slot = T::of(*x);
    }
    dispatch!(level, simd => apply::<T, _>(simd, name, &mut rows));
    let all = rows.iter().flat_map(|row| row.as_ref().to_vec());
    all.take(xs.len()).map(T::wide).collect()
}

/// |value − exact| in units in the last place of the exact value.
fn ulp_twice<T: Real>(value: f64, exact: Twice) -> f64 {
    let bits = if T::LANES == 16 { 24 } else { 53 };
    let off = (value - exact.high) - exact.low;
    off.abs() / libm::scalbn(1.0, libm::ilogb(exact.high) + 1 - bits)
}

fn worst_of<T: Real>(which: usize) -> Vec<String> {
    let (name, judge, ends) = ACTIVATIONS[which];
    let n = if cfg!(miri) { 8 } else { 4_000 };
    let xs = sample::<T>(ends[usize::from(T::LANES == 8)], n);
    let exact: Vec<Twice> = xs.iter().map(|&x| judge(x)).collect();
    let mut failed = Vec::new();
    for level in levels() {
        let mut worst = (0.0, 0.0);
        for ((&x, &exact), y) in xs.iter().zip(&exact).zip(values::<T>(level, name, &xs)) {
            let off = ulp_twice::<T>(y, exact);
            if off > worst.0 {
                worst = (off, x);
            }
        }
        if worst.0 > 3.0 || worst.0.is_nan() {
            failed.push(format!("{name} {level:?} {} lanes: {worst:?}", T::LANES));
        }
    }
    failed
}

#[test]
fn exact_within_three_ulp() {
    for which in 0..ACTIVATIONS.len() {
        let failed = [worst_of::<f32>(which), worst_of::<f64>(which)].concat();
        assert!(failed.is_empty(), "{failed:#?}");
    }
}

/// Slope and curvature in units of the last place of 1, since they cross zero.
#[test]
fn exact_slope_and_curvature_of_gelu() {
    fn check<T: Real>(ends: [f64; 2], unit: f64) {
        let xs = sample::<T>(ends, if cfg!(miri) { 8 } else { 3_000 });
        for level in levels() {
            let found = ["gelu_slope", "gelu_curvature"].map(|name| values::<T>(level, name, &xs));
            for (i, &x) in xs.iter().enumerate() {
                let (phi, density) = (twice::distribution(x).high, twice::density(x).high);
                let off = [phi + x * density - found[0][i], density * (2.0 - x * x) - found[1][i]];
                assert!(off[0].abs() <= 4.0 * unit, "slope at {x}: {:e}", off[0]);
                assert!(off[1].abs() <= 8.0 * unit, "curvature at {x}: {:e}", off[1]);
            }
        }
    }
    check::<f32>([-13.0, 20.0], f64::from(f32::EPSILON));
    check::<f64>([-37.0, 50.0], f64::EPSILON);
}

/// Where the gate closes, the values in units of the last place of 1; slopes and curvatures everywhere.
#[test]
fn exact_gates() {
    fn check<T: Real>(unit: f64) {
        let xs = sample::<T>([-30.0, 30.0], if cfg!(miri) { 8 } else { 3_000 });
        for (gate, name) in [(Gate::Plain, "silu"), (Gate::Cubic, "gelu_tanh")] {
            let exact: Vec<_> = xs.iter().map(|&x| twice::gated(gate, x)).collect();
            let parts = ["", "_slope", "_curvature"].into_iter().zip([1.0, 4.0, 8.0]);
            for (k, (part, most)) in parts.enumerate() {
                for level in levels() {
                    let found = values::<T>(level, &format!("{name}{part}"), &xs);
                    for ((&x, exact), found) in xs.iter().zip(&exact).zip(found) {
                        let off = ((found - exact[k].high) - exact[k].low).abs() / unit;
                        let fine = off <= most || k == 0 && x > 0.0;
                        assert!(fine, "{name}{part} {level:?} at {x}: {off} units");
                    }
                }
            }
        }
    }
    check::<f32>(f64::from(f32::EPSILON));
    check::<f64>(f64::EPSILON);
}

/// At the ends: their limits, signed zeros, and no number for no number.
#[test]
fn exact_ends_of_gated() {
    fn check<T: Real>() {
        let ends = [f64::NEG_INFINITY, -1e30, -0.0, 0.0, 1e30, f64::INFINITY, f64::NAN];
        let exact = [-0.0, -0.0, -0.0, 0.0, T::of(1e30).wide(), f64::INFINITY, f64::NAN];
        for level in levels() {
            for name in ["gelu", "silu", "gelu_tanh"] {
                for (found, exact) in values::<T>(level, name, &ends).iter().zip(exact) {
                    let same = found.to_bits() == exact.to_bits();
                    assert!(same || found.is_nan() && exact.is_nan(), "{name}: {found}, {exact}");
                }
                for (part, limit) in [("slope", 1.0), ("curvature", 0.0)] {
                    let found = values::<T>(level, &format!("{name}_{part}"), &ends);
                    assert!(found[6].is_nan(), "{name} {part}: {found:?}");
                    assert_eq!([found[0], found[1]].map(f64::abs), [0.0; 2], "{name} {part}");
                    assert_eq!([found[4], found[5]].map(f64::abs), [limit; 2], "{name} {part}");
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
}
