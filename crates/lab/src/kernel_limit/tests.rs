//! Kernels against sampled features, risks against sampled points, regression against its conditions.

use ground::estimate::Estimate;
use ground::stream::Stream;

use super::*;

const X: [f64; 3] = [0.4, -1.0, 0.7];
const Y: [f64; 3] = [1.2, 0.5, -0.3];

fn relu(z: f64) -> f64 {
    z.max(0.0)
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// Means over a million normal vectors of three numbers.
fn sampled<const N: usize>(seed: u64, f: impl Fn([f64; 3]) -> [f64; N] + Sync) -> [Estimate; N] {
    let stream = Stream::new(seed);
    let at = |p: u64| f([0, 1, 2].map(|i| stream.normal(p, 0, i)));
    let parts = par::map(100, |block| {
        let values: Vec<[f64; N]> = (0..10_000).map(|p| at(block as u64 * 10_000 + p)).collect();
        std::array::from_fn::<_, N, _>(|k| {
            Estimate::of(&values.iter().map(|v| v[k]).collect::<Vec<_>>())
        })
    });
    std::array::from_fn(|k| parts.iter().map(|p| p[k]).reduce(Estimate::merged).unwrap())
}

#[test]
fn statistical_kernels_against_a_million_features() {
    let (outer, inner) = (0.7, 1.4);
    // A neuron of the wide network and what its two derivatives add to the tangent kernel. E a² = σ_a².
    let found = sampled(1, |w| {
        let (p, q) = (dot(&w, &X), dot(&w, &Y));
        let both = if p > 0.0 && q > 0.0 { 1.0 } else { 0.0 };
        let (b_p, b_q) = (inner * p, inner * q);
        [
            both,
            relu(p) * relu(q),
            relu(p) * relu(q) / dot(&w, &w),
            outer * outer * relu(b_p) * relu(b_q),
            relu(b_p) * relu(b_q) + outer * outer * both * dot(&X, &Y),
        ]
    });
    let kernels = [
        Kernel::ArcCosine0,
        Kernel::ArcCosine1,
        Kernel::Sphere,
        Kernel::Nngp { outer, inner },
        Kernel::Tangent { outer, inner },
    ];
    for (kernel, found) in kernels.iter().zip(found) {
        let value = kernel.value(&X, &Y);
        assert_eq!(found.n, 1_000_000);
        assert!(found.deviation(value) < 4.0, "{kernel:?}: {value} and {found}");
        assert!(found.stderr < 0.01 * value.abs());
    }
}

#[test]
fn statistical_population_risk_against_a_million_points() {
    let (a, b) = ([0.9, -0.4, 1.3], [1.0, 0.2, 0.0, -0.3, 0.8, 0.5, 0.0, -1.0, 2.0]);
    let (a_star, b_star) = ([2.0, -1.0], [0.6, 0.8, 0.0, 0.0, 0.0, -1.0]);
    let network = TwoLayer { d: 3, a: &a, b: &b, c: &[], scale: 0.5 };
    let target = TwoLayer { d: 3, a: &a_star, b: &b_star, c: &[], scale: 1.0 };
    let value = |net: &TwoLayer<'_>, x: &[f64]| -> f64 {
        net.scale * (0..net.width()).map(|j| net.a[j] * relu(dot(net.inner(j), x))).sum::<f64>()
    };
    let [found] = sampled(2, |x| [(value(&network, &x) - value(&target, &x)).powi(2)]);
    let risk = population_risk(&network, &target).unwrap();
    assert_eq!(found.n, 1_000_000);
    assert!(found.deviation(risk) < 4.0, "{risk} and {found}");
    assert!(found.stderr < 0.01 * risk);
}

#[test]
fn exact_population_risks() {
    // One neuron along e₁ against one at an angle t: (1/2π)(2π − 2(sin t + (π − t) cos t)).
    for t in [1e-9, 1e-4, 0.5, 2.0, PI - 1e-6, PI] {
        let b = [t.cos(), t.sin()];
        let network = TwoLayer { d: 2, a: &[1.0], b: &b, c: &[], scale: 1.0 };
        let target = TwoLayer { b: &[1.0, 0.0], ..network };
        let wanted = (PI - t.sin() - (PI - t) * t.cos()) / PI;
        assert!((population_risk(&network, &target).unwrap() - wanted).abs() < 1e-15);
    }
    // The target itself, its neuron split into 200, and a pair of neurons that makes it linear.
    let target = TwoLayer { d: 3, a: &[1.5], b: &X, c: &[0.0], scale: 1.0 };
    assert!(population_risk(&target, &target).unwrap().abs() < 1e-14);
    let split = TwoLayer { a: &[1.5; 200], b: &X.repeat(200), c: &[], scale: 1.0 / 200.0, d: 3 };
    assert!(population_risk(&split, &target).unwrap().abs() < 1e-13);
    let opposite = [X, X.map(|x| -x)].concat();
    let line = TwoLayer { a: &[1.0, -1.0], b: &opposite, c: &[], ..target };
    let none = TwoLayer { a: &[], b: &[], ..target };
    assert!((population_risk(&line, &none).unwrap() - dot(&X, &X)).abs() < 1e-14);
    assert!(population_risk(&TwoLayer { c: &[0.1], ..target }, &none).is_err());
    assert!(population_risk(&TwoLayer { b: &[0.1], ..target }, &none).is_err());
}

#[test]
fn exact_kernels_of_parallel_vectors() {
    let far = X.map(|x| -3.0 * x);
    let (one, zero) = (Kernel::ArcCosine1, Kernel::ArcCosine0);
    assert!((one.value(&X, &X) - 0.5 * dot(&X, &X)).abs() < 1e-15);
    assert!(one.value(&X, &far).abs() < 1e-30 && zero.value(&X, &far).abs() < 1e-15);
    assert!((zero.value(&X, &X) - 0.5).abs() < 1e-15);
    assert_eq!(one.value(&X, &[0.0; 3]), 0.0);
    // φ = π − θ small: κ_1 → φ³/6π, with all its digits; 0.3 is where the series ends.
    for phi in [1e-6_f64, 0.01] {
        let value = one.value(&[1.0, 0.0], &[-phi.cos(), phi.sin()]);
        let wanted = phi.powi(3) / (6.0 * PI) * (1.0 - phi * phi / 10.0);
        assert!((value / wanted - 1.0).abs() < phi.powi(4).max(1e-13));
    }
    let at = |phi: f64| Angle { size: 1.0, theta: PI - phi, beyond: phi }.curve();
    let (series, direct) = (at(0.3 - 1e-12), at(0.3));
    assert!((series / direct - 1.0).abs() < 2e-11);
}

#[test]
fn a_quarter_turn_has_known_values() {
    let right = |kernel: Kernel| kernel.value(&[2.0, 0.0], &[0.0, 3.0]);
    assert!((right(Kernel::ArcCosine1) - 6.0 / TAU).abs() < 1e-15);
    assert!((right(Kernel::Sphere) - 3.0 / TAU).abs() < 1e-15);
    assert!((right(Kernel::ArcCosine0) - 0.25).abs() < 1e-15);
    assert!((right(Kernel::Tangent { outer: 5.0, inner: 2.0 }) - 24.0 / TAU).abs() < 1e-14);
}

/// Twelve points of the plane with two outputs.
fn sample() -> Sample {
    let stream = Stream::new(4);
    let x: Vec<f64> = (0..24).map(|i| stream.normal(i, 0, 0)).collect();
    let y: Vec<f64> = (0..12).flat_map(|i| [x[2 * i].abs(), x[2 * i + 1]]).collect();
    Sample { d: 2, outputs: 2, x, y }
}

#[test]
fn exact_regression_of_two_points() {
    // ‖x‖ = 1 at a right angle: K = [[½, 1/2π], [1/2π, ½]].
    let sample = Sample { d: 2, outputs: 1, x: vec![1.0, 0.0, 0.0, 1.0], y: vec![1.0, -1.0] };
    let fit = Regression::fit(Kernel::ArcCosine1, &sample, 0.25).unwrap();
    let wanted = 1.0 / (0.75 - 1.0 / TAU);
    assert!((fit.weights[[0, 0]] - wanted).abs() < 1e-14);
    assert!((fit.weights[[1, 0]] + wanted).abs() < 1e-14);
}

#[test]
fn regression_interpolates_without_ridge_and_shrinks_with_it() {
    let sample = sample();
    let kernel = Kernel::Tangent { outer: 1.0, inner: 1.0 };
    let mean = |lambda: f64| {
        let found = Regression::fit(kernel, &sample, lambda).unwrap().predict(&sample);
        found.iter().zip(&sample.y).map(|(f, y)| (f - y).powi(2)).sum::<f64>()
    };
    assert!(mean(0.0) < 1e-18);
    assert!(mean(0.0) < mean(0.1) && mean(0.1) < mean(10.0));
    // Twice the same point: singular without a ridge.
    let twice = Sample { d: 1, outputs: 1, x: vec![1.0, 1.0], y: vec![1.0, 2.0] };
    assert!(Regression::fit(Kernel::ArcCosine1, &twice, 0.0).is_err());
    assert!(Regression::fit(Kernel::ArcCosine1, &twice, -1.0).is_err());
}
