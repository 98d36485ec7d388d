//! Tests of `interpolate`.

use super::*;

/// The largest errors for 1/(1 + 25 x²) on [−1, 1]: degree, equispaced, Chebyshev.
const GOLDEN: [(usize, f64, f64); 4] = [
    (8, 1.045_176_501_871_858_6, 0.204_682_543_036_900_03),
    (12, 3.663_392_805_417_858_6, 0.084_396_630_767_584_41),
    (16, 14.393_851_285_003_55, 0.036_712_941_176_489_88),
    (20, 59.822_308_710_759_82, 0.017_737_824_286_446_546),
];

/// The same from a program of its own: degree, equispaced, Chebyshev, linear spline.
const TABLE: [(usize, f64, f64, f64); 8] = [
    (5, 0.432_692_307_692_307_7, 0.638_641_379_874_111_1, 0.500_000_000_000_000_2),
    (10, 1.915_658_802_784_831_6, 0.132_197_423_310_703_8, 0.067_442_243_384_596_15),
    (15, 2.107_561_133_349_887_6, 0.099_321_857_951_941_48, 0.100_000_000_000_000_09),
    (20, 59.822_308_710_739_22, 0.017_737_824_286_446_546, 0.041_834_414_345_669_7),
    (30, 2_388.280_971_127_564_5, 0.002_425_789_426_788_616, 0.023_044_205_002_165_197),
    (40, 104_667.727_149_757_25, 0.000_339_877_499_893_725_95, 0.014_040_853_974_604_972),
    (50, 4_821_219.294_647_339, 4.621_596_773_018_988e-5, 0.009_333_513_246_473_246),
    (60, 338_723_193.408_310_06, 6.380_839_422_837_07e-6, 0.006_618_207_497_113_837),
];

fn close(found: f64, wanted: f64, relative: f64) {
    assert!((found - wanted).abs() <= relative * wanted.abs(), "{found} is not {wanted}");
}

fn of(f: &dyn Fn(f64) -> f64, method: Method, n: usize) -> Interpolant {
    Interpolant::of(f, method, n, (-1.0, 1.0)).unwrap()
}

fn runge_error(method: Method, n: usize) -> f64 {
    of(&runge(25.0), method, n).max_error(&runge(25.0))
}

#[test]
fn exact_eight_runge_goldens() {
    for (n, equispaced, chebyshev) in GOLDEN {
        close(runge_error(Method::Equispaced, n), equispaced, 1e-6);
        close(runge_error(Method::Chebyshev, n), chebyshev, 1e-6);
    }
}

#[test]
fn exact_runge_table() {
    for (n, equispaced, chebyshev, linear) in TABLE {
        if n <= 40 {
            close(runge_error(Method::Equispaced, n), equispaced, 1e-6);
        }
        close(runge_error(Method::Chebyshev, n), chebyshev, 1e-6);
        close(runge_error(Method::LinearSpline, n), linear, 1e-6);
    }
}

#[test]
fn exact_runge_errors_in_rational_arithmetic() {
    // The same maximum from fractions. The table lost 3e-4 of it at n = 50 and half of it at n = 60:
    // it divides by Σ w_k/(x − x_k), in which 1/Λ is what rounding leaves.
    let wanted = [
        (20, 59.822_308_710_727_626),
        (30, 2_388.280_971_350_576_2),
        (40, 104_667.685_939_116_56),
        (50, 4_819_789.049_708_733),
        (60, 228_849_992.285_776_2),
        (80, 546_056_544_645.912_54),
    ];
    for (n, exact) in wanted {
        close(runge_error(Method::Equispaced, n), exact, 1e-6);
    }
}

#[test]
fn order_of_the_runge_error_is_the_potential_of_the_pole() {
    close(equispaced_growth(25.0), 0.398_85_f64.exp(), 1e-4);
    close(chebyshev_decay(25.0), (1.0 + 26.0_f64.sqrt()) / 5.0, 1e-14);
    let log = |method, n| runge_error(method, n).ln();
    // g^n n^(−p): the power falls out of the ratios over 20, 40 and 80.
    let [low, middle, high] = [20, 40, 80].map(|n| log(Method::Equispaced, n));
    close((((high - middle) - (middle - low)) / 20.0).exp(), 1.490, 2e-3);
    let fall = (log(Method::Chebyshev, 20) - log(Method::Chebyshev, 40)) / 20.0;
    close(fall.exp(), 1.2198, 2e-3);
    // At c = 3 the pole lies outside of the region where equispaced nodes diverge.
    assert!(equispaced_growth(3.0) < 1.0 && equispaced_growth(4.0) > 1.0);
    let error = |n| of(&runge(3.0), Method::Equispaced, n).max_error(&runge(3.0));
    assert!(error(30) < 0.5 * error(10));
}

#[test]
fn exact_training_error_is_zero() {
    for method in Method::ALL {
        for n in [1, 2, 3, 4, 7, 60] {
            let p = Interpolant::of(&f64::exp, method, n, (-0.3, 2.9)).unwrap();
            assert_eq!(p.training_error(&f64::exp), 0.0, "{} {n}", method.name());
            assert_eq!(p.nodes().len(), n + 1);
            assert_eq!(p.values()[n], 2.9_f64.exp());
        }
    }
}

#[test]
fn exact_polynomials_are_reproduced() {
    let cubic = |x: f64| ((2.0 * x - 1.0) * x + 3.0) * x - 0.5;
    let parabola = |x: f64| 3.0 * x * x - x;
    for n in [3, 4, 5, 12] {
        for method in [Method::Equispaced, Method::Chebyshev, Method::CubicSpline] {
            let p = of(&cubic, method, n);
            let bound = 1e-14 + 2.0 * p.rounding();
            assert!(p.max_error(&cubic) < bound, "{} {n}", method.name());
        }
    }
    assert!(of(&parabola, Method::CubicSpline, 2).max_error(&parabola) < 1e-15);
    let line = |x: f64| 2.0 - x;
    for method in Method::ALL {
        assert!(of(&line, method, 1).max_error(&line) < 1e-15);
        assert!(of(&line, method, 6).max_error(&line) < 1e-14);
    }
}

#[test]
fn order_of_splines() {
    let order = |method, f: &dyn Fn(f64) -> f64| {
        let error = |n| of(f, method, n).max_error(f);
        (error(40) / error(80)).log2()
    };
    let wave = |x: f64| (3.0 * x + 0.4).sin();
    assert!((order(Method::LinearSpline, &wave) - 2.0).abs() < 0.1);
    assert!((order(Method::CubicSpline, &wave) - 4.0).abs() < 0.2);
    // p″ = 0 is wrong at the ends of this one, and right for an odd wave that ends there.
    assert!((order(Method::NaturalSpline, &wave) - 2.0).abs() < 0.1);
    let fits = |x: f64| (std::f64::consts::PI * x).sin();
    assert!((order(Method::NaturalSpline, &fits) - 4.0).abs() < 0.2);
}

#[test]
fn exact_natural_spline_of_a_hat() {
    // One unknown: 4 M₁ = 6 (0 − 2 + 0), so p(½) = ½ + (½³ − ½)(−3)/6 = 11/16.
    let p = Interpolant::through(vec![0.0, 1.0, 0.0], Method::NaturalSpline, (0.0, 2.0)).unwrap();
    close(p.at(0.5), 11.0 / 16.0, 1e-15);
    close(p.at(1.5), 11.0 / 16.0, 1e-15);
}

#[test]
fn exact_lebesgue_constants() {
    // From the products of Lagrange, not from barycentric sums; searched by golden section.
    let wanted = [
        (5, 3.106_301_159_367_828, 1.988_854_381_999_831_7),
        (10, 29.899_955_483_260_45, 2.420_968_780_236_018),
        (20, 10_986.705_892_672_859, 2.867_810_187_302_211_6),
    ];
    for (n, equispaced, chebyshev) in wanted {
        close(of(&f64::abs, Method::Equispaced, n).lebesgue_constant(), equispaced, 1e-8);
        close(of(&f64::abs, Method::Chebyshev, n).lebesgue_constant(), chebyshev, 1e-8);
        close(of(&f64::abs, Method::LinearSpline, n).lebesgue_constant(), 1.0, 1e-14);
    }
    // Ehlich and Zeller: for odd n, Λ = (1/n) Σ cot((2k + 1) π/(4n)).
    let n = 31;
    let cot = |k: usize| (std::f64::consts::PI * (2 * k + 1) as f64 / (4 * n) as f64).tan().recip();
    let exact = (0..n).map(cot).sum::<f64>() / n as f64;
    close(of(&f64::abs, Method::Chebyshev, n).lebesgue_constant(), exact, 1e-8);
}

#[test]
fn exact_lebesgue_function_of_the_cardinal_cubic_spline() {
    // On the whole line, half way between two nodes: (1 + 3√3)/4.
    let wanted = (1.0 + 27.0_f64.sqrt()) / 4.0;
    for method in [Method::CubicSpline, Method::NaturalSpline] {
        let p = Interpolant::through(vec![0.0; 62], method, (0.0, 61.0)).unwrap();
        close(p.lebesgue_function(&[30.5])[0], wanted, 1e-12);
    }
}

#[test]
fn rounding_is_bounded_and_high_degrees_stay_finite() {
    let p = of(&runge(25.0), Method::Equispaced, 60);
    let bound = p.rounding();
    assert!(bound > 0.01 && bound < 10.0, "{bound}");
    // One value moved by its last bit moves p by no more than that.
    let mut values = p.values().to_vec();
    for (k, y) in values.iter_mut().enumerate() {
        *y *= if k % 2 == 0 { 1.0 + f64::EPSILON / 2.0 } else { 1.0 - f64::EPSILON / 2.0 };
    }
    let moved = Interpolant::through(values, Method::Equispaced, (-1.0, 1.0)).unwrap();
    let most = p.checks().map(|x| (p.at(x) - moved.at(x)).abs()).fold(0.0, f64::max);
    assert!(most > 0.0 && most <= 2.0 * bound, "{most} {bound}");
    let high = of(&runge(25.0), Method::Equispaced, MOST_EQUISPACED);
    assert!(high.max_error(&runge(25.0)).is_finite());
    assert_eq!(high.training_error(&runge(25.0)), 0.0);
}

#[test]
fn names_are_what_serde_writes() {
    for method in Method::ALL {
        assert_eq!(Method::named(method.name()).unwrap(), method);
        assert_eq!(serde_json::to_value(method).unwrap(), method.name());
    }
    let error = Method::named("lagrange").unwrap_err().to_string();
    assert!(error.contains("`lagrange`") && error.contains("natural-spline"), "{error}");
}

#[test]
fn wrong_inputs_are_errors() {
    let sentence = |method: Method, n, ends| method.nodes(n, ends).unwrap_err().to_string();
    assert_eq!(
        sentence(Method::Equispaced, 501, (-1.0, 1.0)),
        "degree: 501 is not a degree for `equispaced`. It takes from 1 to 500."
    );
    assert!(sentence(Method::Chebyshev, 0, (-1.0, 1.0)).contains("from 1 to 10000"));
    assert!(sentence(Method::CubicSpline, 4, (1.0, 1.0)).contains("interval"));
    assert!(sentence(Method::CubicSpline, 4, (0.0, f64::INFINITY)).contains("interval"));
    assert!(sentence(Method::LinearSpline, 9, (1.0, 1.0 + 3e-16)).contains("too short"));
    assert!(Interpolant::through(vec![1.0], Method::LinearSpline, (0.0, 1.0)).is_err());
    let error = Interpolant::of(&f64::recip, Method::Equispaced, 2, (-1.0, 1.0)).unwrap_err();
    assert!(error.to_string().contains("x = 0"), "{error}");
    let blind = |x: f64| if x > 0.5 { f64::NAN } else { x };
    assert!(of(&f64::abs, Method::Chebyshev, 4).max_error(&blind).is_nan());
}
