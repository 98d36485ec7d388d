//! Tests of `points`.

use super::*;
use ground::estimate::Estimate;

fn draw(points: Points, m: usize, d: usize, seed: u64) -> Vec<f64> {
    points.in_dimension(d).unwrap().uniform(m, &Stream::new(seed)).unwrap()
}

/// How many of the points are in each of the boxes with `sides` parts.
fn counts(x: &[f64], sides: [usize; 2]) -> Vec<usize> {
    let mut counts = vec![0; sides[0] * sides[1]];
    for x in x.chunks(2) {
        let [a, b] =
            [0, 1].map(|c| (0..sides[c]).rfind(|k| x[c] >= *k as f64 / sides[c] as f64).unwrap());
        counts[a * sides[1] + b] += 1;
    }
    counts
}

#[test]
fn statistical_every_point_is_uniform() {
    for points in Points::ALL {
        for (i, c) in [(0, 0), (0, 4), (3, 1), (6, 2)] {
            let u: Vec<f64> = (0..2000).map(|seed| draw(points, 7, 5, seed)[5 * i + c]).collect();
            assert!(u.iter().all(|u| *u > 0.0 && *u < 1.0));
            let moment = |k: i32| {
                let powers: Vec<f64> = u.iter().map(|u| u.powi(k)).collect();
                Estimate::of(&powers).deviation(1.0 / f64::from(k + 1))
            };
            for k in 1..=4 {
                assert!(moment(k) < 5.0, "{} {i} {c} {k}", points.name());
            }
        }
    }
}

#[test]
fn exact_sobol_points_are_a_net() {
    // The first two coordinates are a (0, k, 2)-net: one point in every box of 2^a × 2^(k − a) parts.
    for seed in 0..4 {
        let x = draw(Points::Sobol, 64, 2, seed);
        for a in 0..=6 {
            assert!(counts(&x, [1 << a, 1 << (6 - a)]).iter().all(|n| *n == 1), "{seed} {a}");
        }
        let independent = draw(Points::MonteCarlo, 64, 2, seed);
        assert!(counts(&independent, [8, 8]).iter().any(|n| *n != 1));
    }
    // And any coordinate has one point in every 1/m, far out as well.
    let (m, d) = (128, 1001);
    let x = draw(Points::Sobol, m, d, 3);
    for c in [0, 57, 500, 1000] {
        let mut parts: Vec<f64> = (0..m).map(|i| (x[i * d + c] * m as f64).floor()).collect();
        parts.sort_by(f64::total_cmp);
        assert!(parts.iter().enumerate().all(|(k, part)| *part == k as f64), "{c}");
    }
}

#[test]
fn exact_halton_points_fill_boxes() {
    // m = 2^a 3^b points: one in every box of 2^a × 3^b parts.
    for seed in 0..4 {
        for (a, b) in [(1, 1), (3, 2), (4, 1), (0, 4)] {
            let sides = [2_usize.pow(a), 3_usize.pow(b)];
            let x = draw(Points::Halton, sides[0] * sides[1], 2, seed);
            assert!(counts(&x, sides).iter().all(|n| *n == 1), "{seed} {a} {b}");
        }
    }
}

#[test]
fn statistical_variance_of_a_scrambled_mean() {
    // One uniform number in each of m parts: the mean of u has the variance 1/(12 m³).
    for m in [1, 4, 32] {
        let sampler = Points::Sobol.in_dimension(1).unwrap();
        let squares: Vec<f64> = (0..2000)
            .map(|seed| {
                let u = sampler.uniform(m, &Stream::new(seed)).unwrap();
                (u.iter().sum::<f64>() / m as f64 - 0.5).powi(2)
            })
            .collect();
        let wanted = (12.0 * (m as f64).powi(3)).recip();
        assert!(Estimate::of(&squares).deviation(wanted) < 5.0, "{m}");
    }
}

#[test]
fn statistical_normal_vectors() {
    let stream = Stream::new(9).child("normal");
    for points in Points::ALL {
        let sampler = points.in_dimension(6).unwrap();
        assert_eq!((sampler.points(), sampler.d()), (points, 6));
        let w: Vec<f64> = (0..400)
            .flat_map(|r| sampler.normal(5, &stream.child(&r.to_string())).unwrap())
            .collect();
        // One coordinate of one point of every replicate: independent numbers.
        let z: Vec<f64> = w.chunks(30).map(|w| w[13]).collect();
        let moment = |k: i32| Estimate::of(&z.iter().map(|z| z.powi(k)).collect::<Vec<_>>());
        for (k, wanted) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)] {
            assert!(moment(k).deviation(wanted) < 5.0, "{} {k}", points.name());
        }
    }
    let sampler = Points::MonteCarlo.in_dimension(6).unwrap();
    assert_eq!(sampler.uniform(11, &stream).unwrap()[6 * 10 + 5], stream.uniform(10, 0, 5));
    let w = sampler.normal(11, &stream).unwrap();
    assert!((w[6 * 10 + 3] - stream.normal(10, 0, 3)).abs() < 1e-13);
}

#[test]
fn normal_vectors_are_those_of_the_uniform_points() {
    let stream = Stream::new(4);
    let below = |z: f64| 0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2);
    for points in [Points::Sobol, Points::Halton] {
        let sampler = points.in_dimension(3).unwrap();
        let [u, w] =
            [sampler.uniform(20, &stream), sampler.normal(20, &stream)].map(Result::unwrap);
        for (u, w) in u.iter().zip(w) {
            assert!((below(w) - u).abs() < 1e-15);
        }
    }
}

#[test]
fn statistical_sphere() {
    let (n, d) = (4000, 4);
    let x = sphere(n, d, &Stream::new(3).child("sphere"));
    assert!(x.chunks(d).all(|x| (x.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-14));
    // E x₁² = 1/d, E x₁⁴ = 3/(d(d + 2)).
    for (k, wanted) in [(1, 0.0), (2, 0.25), (4, 0.125)] {
        let powers: Vec<f64> = x.chunks(d).map(|x| x[1].powi(k)).collect();
        assert!(Estimate::of(&powers).deviation(wanted) < 5.0, "{k}");
    }
}

#[test]
fn replicates_differ_and_repeat() {
    for points in Points::ALL {
        assert_eq!(draw(points, 9, 3, 1), draw(points, 9, 3, 1));
        assert_ne!(draw(points, 9, 3, 1), draw(points, 9, 3, 2));
    }
}

#[test]
fn limits_are_errors() {
    for points in [Points::Sobol, Points::Halton] {
        let error = points.in_dimension(21_202).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "dimension: `{}` has no points in 21202 dimensions. It has 1 to 21201.",
                points.name()
            )
        );
    }
    assert!(Points::Sobol.in_dimension(0).is_err());
    let sampler = Points::MonteCarlo.in_dimension(1 << 10).unwrap();
    for m in [0, (1 << 17) + 1, usize::MAX] {
        let error = sampler.uniform(m, &Stream::new(1)).unwrap_err().to_string();
        assert!(error.contains("From 1 to 131072 fit"), "{error}");
        assert!(sampler.normal(m, &Stream::new(1)).is_err());
    }
    let error = Points::named("latin").unwrap_err().to_string();
    assert_eq!(
        error,
        "points: `latin` is not a family of points. Known here: monte-carlo, sobol, halton."
    );
    for points in Points::ALL {
        assert_eq!(Points::named(points.name()).unwrap(), points);
        assert_eq!(serde_json::to_value(points).unwrap(), points.name());
    }
}

#[test]
fn the_ends_of_the_interval_are_left_out() {
    assert_eq!(open(1.0), 1.0 - 0.5 * f64::EPSILON);
    assert!(open(0.0) > 0.0 && Normal::standard().inverse_cdf(open(0.0)).is_finite());
    assert!(Normal::standard().inverse_cdf(open(1.0)).is_finite());
    assert_eq!(open(0.25), 0.25);
}
