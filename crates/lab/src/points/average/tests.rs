//! Tests of `average`.

use super::*;

fn monte_carlo(m: usize, repeats: usize) -> Draw {
    Draw { points: Points::MonteCarlo, m, repeats }
}

fn linear(d: usize, at: At, draw: &Draw, seed: u64) -> Errors {
    let target = Stein::Linear.target(d).unwrap();
    mean_square_error(&target, at, draw, &Stream::new(seed)).unwrap()
}

/// The slope of a straight line through log m, log error by least squares.
fn slope(errors: &[Errors]) -> f64 {
    let x: Vec<f64> = errors.iter().map(|e| (e.m as f64).ln()).collect();
    let y: Vec<f64> = errors.iter().map(|e| e.root().mean.ln()).collect();
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (a, b) = (mean(&x), mean(&y));
    let along: f64 = x.iter().zip(&y).map(|(x, y)| (x - a) * (y - b)).sum();
    along / x.iter().map(|x| (x - a).powi(2)).sum::<f64>()
}

#[test]
fn statistical_constant_over_the_sphere() {
    for (d, repeats, m) in
        [(2, 2000, 16), (2, 800, 64), (10, 800, 64), (100, 200, 64), (1000, 60, 64)]
    {
        let constant = linear(d, At::Sphere(20), &monte_carlo(m, repeats), 1).constant();
        let wanted = 0.5 + 0.75 / d as f64;
        assert!(constant.deviation(wanted) < 4.0, "{d} {m}: {constant} {wanted}");
        assert!(constant.stderr < 0.1 * wanted);
    }
}

#[test]
fn statistical_constant_of_fixed_points() {
    let d = 3;
    // The first and the second axis: 1.25 and 0.5.
    for (x, wanted) in [([1.0, 0.0, 0.0], 1.25), ([0.0, 1.0, 0.0], 0.5)] {
        assert_eq!(Stein::Linear.mean_variance(&x, d), wanted);
        let constant = linear(d, At::Points(&x), &monte_carlo(32, 3000), 2).constant();
        assert!(constant.deviation(wanted) < 4.0, "{constant} {wanted}");
    }
    let x = sphere(50, d, &Stream::new(7));
    for stein in Stein::ALL {
        let target = stein.target(d).unwrap();
        let draw = monte_carlo(64, 1500);
        let errors = mean_square_error(&target, At::Points(&x), &draw, &Stream::new(3)).unwrap();
        let wanted = stein.mean_variance(&x, d);
        assert!(errors.constant().deviation(wanted) < 4.0, "{} {wanted}", errors.constant());
    }
}

#[test]
fn exact_sphere_averages() {
    for stein in Stein::ALL {
        for d in [2, 5] {
            let x = sphere(40_000, d, &Stream::new(5));
            let values: Vec<f64> = x.chunks(d).map(|x| stein.variance(x)).collect();
            assert!(Estimate::of(&values).deviation(stein.sphere_variance(d)) < 5.0);
        }
    }
    for (d, wanted) in [(2, 0.875), (10, 0.575), (100, 0.5075), (1000, 0.50075)] {
        assert!((Stein::Linear.sphere_variance(d) - wanted).abs() < 1e-15);
    }
}

/// The slope over m = 16…4096 with 800 repeats.
fn slope_in(d: usize) -> f64 {
    slope(&[16, 64, 256, 1024, 4096].map(|m| linear(d, At::Sphere(8), &monte_carlo(m, 800), 1)))
}

#[test]
fn order_of_monte_carlo_in_the_plane_is_one_half() {
    let slope = slope_in(2);
    assert!((-0.53..=-0.47).contains(&slope), "{slope}");
}

#[test]
fn order_of_monte_carlo_in_ten_dimensions_is_one_half() {
    let slope = slope_in(10);
    assert!((-0.53..=-0.47).contains(&slope), "{slope}");
}

#[test]
fn order_of_scrambled_points_is_steeper_in_the_plane() {
    let x = sphere(10, 2, &Stream::new(1));
    let measured = |points| {
        let error = |m| linear(2, At::Points(&x), &Draw { points, m, repeats: 40 }, 1);
        slope(&[16, 64, 256, 1024].map(error))
    };
    let [plain, sobol, halton] = Points::ALL.map(measured);
    assert!(sobol < plain - 0.2 && sobol < -0.75, "{sobol} {plain}");
    assert!(halton < plain - 0.2, "{halton} {plain}");
}

#[test]
fn statistical_scrambled_points_are_unbiased() {
    // The mean of many averages, at one point: the signed error through a shifted target.
    let x = [0.6, 0.8];
    for points in Points::ALL {
        let draw = Draw { points, m: 8, repeats: 4000 };
        let shift = 1.0;
        let target = Stein::Linear.target(2).unwrap();
        let moved = |x: &[f64]| 0.5 * x[0] - shift;
        let errors = [target.exact, &moved].map(|exact| {
            let target = Target { exact, ..target };
            mean_square_error(&target, At::Points(&x), &draw, &Stream::new(6)).unwrap().squares
        });
        // (e + 1)² − e² − 1 = 2e.
        let bias: Vec<f64> =
            errors[0].iter().zip(&errors[1]).map(|(e, moved)| 0.5 * (moved - e - 1.0)).collect();
        let bias = Estimate::of(&bias);
        assert!(bias.deviation(0.0) < 4.0 && bias.stderr < 0.01, "{} {bias}", points.name());
    }
}

#[test]
fn statistical_standard_errors_are_right() {
    // χ² of 20 degrees: outside of 5.92…45.3 once in 500.
    let x = sphere(20, 10, &Stream::new(1));
    let wanted = Stein::Linear.mean_variance(&x, 10);
    let chi: f64 = (0..20)
        .map(|seed| linear(10, At::Points(&x), &monte_carlo(32, 200), seed).constant())
        .map(|constant| constant.deviation(wanted).powi(2))
        .sum();
    assert!(chi > 5.92 && chi < 45.3, "{chi}");
    let roots: Vec<Estimate> = (0..20)
        .map(|seed| linear(10, At::Points(&x), &monte_carlo(32, 200), seed).root())
        .collect();
    let chi: f64 = roots.iter().map(|r| r.deviation((wanted / 32.0).sqrt()).powi(2)).sum();
    assert!(chi > 5.92 && chi < 45.3, "{chi}");
}

#[test]
fn ridges_are_what_general_integrands_are() {
    let d = 7;
    let x = sphere(13, d, &Stream::new(2));
    let general = |w: &[f64], x: &[f64]| {
        w[0] * w[1] * w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>().max(0.0)
    };
    let ridge = Stein::Product.target(d).unwrap();
    let slow = Target { integrand: Integrand::General(&general), ..ridge };
    for points in Points::ALL {
        let draw = Draw { points, m: 300, repeats: 3 };
        let [fast, slow] = [&ridge, &slow].map(|target| {
            mean_square_error(target, At::Points(&x), &draw, &Stream::new(1)).unwrap().squares
        });
        for (fast, slow) in fast.iter().zip(slow) {
            assert!((fast / slow - 1.0).abs() < 1e-11, "{fast} {slow}");
        }
    }
    assert_eq!(format!("{ridge:?}"), "Target { d: 7, integrand: a(w) sigma(w.x) }");
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for points in Points::ALL {
        let work = || linear(3, At::Sphere(5), &Draw { points, m: 40, repeats: 9 }, 1);
        let [one, three] = [1, 3].map(|threads| par::pool(threads).unwrap().install(work));
        assert_eq!(one, three);
        // Repeats are places: more of them change none.
        let more = linear(3, At::Sphere(5), &Draw { points, m: 40, repeats: 12 }, 1);
        assert_eq!(one.squares, more.squares[..9]);
    }
}

#[test]
fn wrong_inputs_are_errors() {
    assert!(Stein::Linear.target(0).is_err());
    let error = Stein::Product.target(1).unwrap_err().to_string();
    assert!(error.contains("At least 2"), "{error}");
    let target = Stein::Linear.target(2).unwrap();
    let asked = |at, draw: &Draw| {
        mean_square_error(&target, at, draw, &Stream::new(1)).unwrap_err().to_string()
    };
    assert!(asked(At::Sphere(3), &monte_carlo(4, 0)).contains("repeats"));
    assert!(asked(At::Sphere(0), &monte_carlo(4, 1)).contains("test points"));
    assert!(asked(At::Points(&[]), &monte_carlo(4, 1)).contains("test points"));
    assert!(asked(At::Sphere(3), &monte_carlo(0, 1)).contains("cannot be drawn"));
    let broken = Target { exact: &|_| f64::NAN, ..target };
    let draw = monte_carlo(4, 2);
    assert!(mean_square_error(&broken, At::Sphere(1), &draw, &Stream::new(1)).is_err());
    for stein in Stein::ALL {
        assert_eq!(serde_json::to_value(stein).unwrap(), stein.name());
    }
}
