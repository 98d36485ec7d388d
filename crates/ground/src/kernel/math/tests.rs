//! Tests of elementary functions: std and libm in double precision are the judges.

use crate::dispatch;
use fearless_simd::Level;

use super::*;
use crate::kernel::lane::levels;
use crate::stream::Stream;

mod activations;
mod twice;

/// A function's name, its judge and its bounds in ulp for f32 and f64.
///
/// The judge errs by up to 1 ulp in f64, which the second bound includes; the one of `normcdf` errs
/// as x², so `exact_normal_distribution` judges it.
type Case = (&'static str, fn(f64) -> f64, [f64; 2]);

const CASES: [Case; 14] = [
    ("exp", f64::exp, [1.5, 2.0]),
    ("expm1", f64::exp_m1, [2.5, 3.0]),
    ("ln", f64::ln, [2.0, 2.0]),
    ("log1p", f64::ln_1p, [3.0, 3.0]),
    ("tanh", libm::tanh, [3.0, 3.0]),
    ("sigmoid", |x| 1.0 / (1.0 + (-x).exp()), [3.0, 3.0]),
    ("softplus", |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), [3.0, 4.0]),
    ("asinh", libm::asinh, [4.0, 4.0]),
    ("sin", libm::sin, [2.5, 2.5]),
    ("cos", libm::cos, [2.5, 2.5]),
    ("tan", f64::tan, [1.0, 2.0]),
    ("erf", libm::erf, [1.0, 1.0]),
    ("normcdf", |x| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2), [1.0, 2e3]),
    ("cube", |x| libm::pow(x, 3.0), [1.0, 1.0]),
];

#[inline(always)]
fn apply<T: Real, S: Simd>(simd: S, name: &str, rows: &mut [T::Row]) {
    for row in rows {
        let x = T::load(simd, row);
        let y = match name {
            "exp" => exp::<T, S>(simd, x),
            "expm1" => expm1::<T, S>(simd, x),
            "ln" => ln::<T, S>(simd, x),
            "log1p" => log1p::<T, S>(simd, x),
            "tanh" => tanh::<T, S>(simd, x),
            "sigmoid" => sigmoid::<T, S>(simd, x),
            "softplus" => softplus::<T, S>(simd, x),
            "gelu" => gelu::<T, S>(simd, x),
            "gelu_slope" => gelu_slope::<T, S>(simd, x),
            "gelu_curvature" => gelu_curvature::<T, S>(simd, x),
            "silu" => gated::<T, S>(simd, Gate::Plain, x),
            "silu_slope" => gated_slope::<T, S>(simd, Gate::Plain, x),
            "silu_curvature" => gated_curvature::<T, S>(simd, Gate::Plain, x),
            "gelu_tanh" => gated::<T, S>(simd, Gate::Cubic, x),
            "gelu_tanh_slope" => gated_slope::<T, S>(simd, Gate::Cubic, x),
            "gelu_tanh_curvature" => gated_curvature::<T, S>(simd, Gate::Cubic, x),
            "asinh" => asinh::<T, S>(simd, x),
            "sin" => sin::<T, S>(simd, x),
            "cos" => cos::<T, S>(simd, x),
            "tan" => tan::<T, S>(simd, x),
            "erf" => erf::<T, S>(simd, x),
            "normcdf" => normcdf::<T, S>(simd, x),
            "cube" => pow::<T, S>(simd, x, T::V::splat(simd, T::of(3.0))),
            _ => unreachable!("{name}"),
        };
        T::store(y, row);
    }
}

/// Every magnitude, the places where something happens, and the specials.
fn arguments<T: Real>() -> Vec<f64> {
    let stream = Stream::new(9).child("arguments");
    let exponents = if T::LANES == 16 { 127.0 } else { 1023.0 };
    let mut all = vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    all.extend([
        1.0, -1.0, 0.5, 2.0, 88.7, 88.73, -87.4, -103.0, 709.7, 709.8, -708.5, -745.0, -746.0,
    ]);
    for i in 0..if cfg!(miri) { 8 } else { 40_000 } {
        let u = |k| 2.0 * stream.uniform(i, 0, k) - 1.0;
        let sign = u(0).signum();
        all.push(sign * 2f64.powf(exponents * u(1)));
        all.push(sign * 2f64.powf(10.0 * u(2)));
        all.push(20.0 * u(3));
        all.push(0.75 * exponents * u(4));
        all.push(1e4 * u(5));
        all.push((6366.0 * u(6)).round() * std::f64::consts::FRAC_PI_2);
        all.push(1.0 + 1e-3 * u(7).powi(3));
    }
    all.into_iter()
        .map(|x| T::of(x).wide())
        .filter(|x| x.is_nan() || T::of(*x).wide().abs() <= 1e300)
        .collect()
}

/// |value − exact| in units in the last place of `exact`; subnormal results count as flushed.
fn ulp<T: Real>(value: f64, exact: f64) -> f64 {
    let (bits, least, most) = if T::LANES == 16 {
        (24, f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX))
    } else {
        (53, f64::MIN_POSITIVE, f64::MAX)
    };
    if value.is_nan() || exact.is_nan() {
        return if value.is_nan() && exact.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if exact.abs() > most || value.is_infinite() {
        return if value.is_infinite() && exact.abs() > most * 0.999_999 {
            0.0
        } else {
            f64::INFINITY
        };
    }
    if exact.abs() < least {
        return if value.abs() <= 1.000_001 * least { 0.0 } else { f64::INFINITY };
    }
    (value - exact).abs() / libm::scalbn(1.0, libm::ilogb(exact) + 1 - bits)
}

/// The worst argument of each function.
fn worst<T: Real>(level: Level, (name, judge, _): Case) -> (f64, f64) {
    let arguments = arguments::<T>();
    let mut worst = (0.0, 0.0);
    for xs in arguments.chunks(64 * T::LANES) {
        let mut rows = vec![T::Row::default(); xs.len().div_ceil(T::LANES)];
        for (x, slot) in xs.iter().zip(rows.iter_mut().flat_map(std::convert::AsMut::as_mut)) {
            *slot = T::of(*x);
        }
        dispatch!(level, simd => apply::<T, _>(simd, name, &mut rows));
        for (&x, y) in xs.iter().zip(rows.iter().flat_map(std::convert::AsRef::as_ref)) {
            let error = ulp::<T>(y.wide(), judge(x));
            if error > worst.0 {
                worst = (error, x);
            }
            // Signed zeros are those of std, for all odd functions and the others too.
            if x.abs() <= 0.0 && judge(x).abs() <= 0.0 {
                assert_eq!(y.wide().is_sign_negative(), judge(x).is_sign_negative(), "{name} {x}");
            }
        }
    }
    worst
}

#[test]
fn agree_with_std_over_the_whole_range() {
    let mut failed = Vec::new();
    for level in levels() {
        for case in CASES {
            let errors = [worst::<f32>(level, case), worst::<f64>(level, case)];
            if errors[0].0 > case.2[0] || errors[1].0 > case.2[1] {
                failed.push((level, case.0, errors));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn agree_interleaved_with_single() {
    fn both<S: Simd>(simd: S) {
        let mut x = [fearless_simd::f64x8::splat(simd, 0.3); 4];
        for (i, x) in x.iter_mut().enumerate() {
            *x = fearless_simd::f64x8::from_fn(simd, |l| (l as f64 - 3.5) * (i as f64 + 0.25));
        }
        let (t, s) = (tanh_n::<f64, S, 4>(simd, x), sigmoid_n::<f64, S, 4>(simd, x));
        for i in 0..4 {
            assert_eq!(t[i].as_slice(), tanh::<f64, S>(simd, x[i]).as_slice());
            assert_eq!(s[i].as_slice(), sigmoid::<f64, S>(simd, x[i]).as_slice());
        }
    }
    for level in levels() {
        dispatch!(level, simd => both(simd));
    }
}

/// Selecting between a value and its own argument must do that: see `signed`.
#[test]
fn agree_under_a_selection() {
    #[inline(always)]
    fn chosen<T: Real, S: Simd>(simd: S, name: &str, rows: &mut [T::Row; 3]) {
        let x = T::load(simd, &rows[0]);
        let y = match name {
            "expm1" => expm1::<T, S>(simd, x),
            "log1p" => log1p::<T, S>(simd, x),
            "tanh" => tanh::<T, S>(simd, x),
            "asinh" => asinh::<T, S>(simd, x),
            "sin" => sin::<T, S>(simd, x),
            _ => unreachable!("{name}"),
        };
        T::store(y, &mut rows[1]);
        let above = x.simd_gt(T::V::splat(simd, T::of(0.25)));
        T::store(above.select(y, x), &mut rows[2]);
    }
    fn check<T: Real>(level: Level, name: &str) {
        let mut rows = [T::Row::default(); 3];
        for (l, x) in rows[0].as_mut().iter_mut().enumerate() {
            *x = T::of(0.3 * l as f64 - 0.8);
        }
        dispatch!(level, simd => chosen::<T, _>(simd, name, &mut rows));
        for l in 0..T::LANES {
            let [x, y, z] = [0, 1, 2].map(|i| rows[i].as_ref()[l].wide());
            let exact = if x > 0.25 { y } else { x };
            assert_eq!(z.to_bits(), exact.to_bits(), "{level:?} {name} {x}");
        }
    }
    for level in levels() {
        for name in ["expm1", "log1p", "tanh", "asinh", "sin"] {
            check::<f32>(level, name);
            check::<f64>(level, name);
        }
    }
}

/// Values by mpmath with 90 digits: `erfc(-x/sqrt(2))/2`.
#[test]
#[expect(clippy::unreadable_literal, reason = "as mpmath prints them")]
fn exact_normal_distribution() {
    let table = [
        (-37.5, 4.605353009581955e-308),
        (-36.43328476567208, 6.327906144670913e-291),
        (-30.1, 2.4226672179857586e-199),
        (-20.3, 6.429244467698346e-92),
        (-12.7, 2.95648536485205e-37),
        (-8.3, 5.205569744890254e-17),
        (-5.55, 1.4283479893922769e-08),
        (-3.3, 0.0004834241423837775),
        (-2.0, 0.02275013194817921),
        (-1.1, 0.13566606094638264),
        (-0.7, 0.24196365222307303),
        (-0.1, 0.460172162722971),
        (0.3, 0.6179114221889527),
        (1.7, 0.955434537241457),
        (4.4, 0.9999945874560923),
        (8.8, 1.0),
    ];
    for (x, exact) in table {
        let error = ulp::<f64>(normal_distribution(x), exact);
        assert!(error <= 4.0, "{x}: {error}");
    }
}
