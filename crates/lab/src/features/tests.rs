//! Filters against descent that was run, and the two figures that the model is known for.

use std::f64::consts::TAU;

use ground::estimate::Estimate;

use super::*;
use crate::kernel_limit::{Kernel, Regression};

/// Points uniform on [−1, 1]^d and a target of two outputs with noise.
fn sample(n: usize, d: usize, noise: f64, stream: &Stream) -> Sample {
    let x: Vec<f64> =
        (0..n * d).map(|k| 2.0 * stream.uniform((k / d) as u64, 0, k % d) - 1.0).collect();
    let y = (0..n).flat_map(|i| {
        let clean = [x[i * d], x[i * d + 1].abs()];
        [0, 1].map(|k| clean[k] + noise * stream.child("noise").normal(i as u64, 0, k))
    });
    Sample { d, outputs: 2, y: y.collect(), x }
}

fn spectrum(features: &Features, sample: &Sample) -> (Array, Spectrum) {
    let matrix = features.matrix(sample);
    let y = rows(sample.n(), sample.outputs, &sample.y);
    let spectrum = Spectrum::of(&matrix, &y).unwrap();
    (matrix, spectrum)
}

fn gap(a: &Array, b: &Array) -> f64 {
    assert_eq!(a.dim(), b.dim());
    (a - b).iter().fold(0.0, |most: f64, v| most.max(v.abs()))
}

#[test]
fn agree_with_descent_that_is_run() {
    for m in [7, 12, 30] {
        let sample = sample(12, 3, 0.1, &Stream::new(m as u64));
        let features = Features::draw(Law::Sphere, (m, 3), 1.0, &Stream::new(1)).unwrap();
        let (matrix, spectrum) = spectrum(&features, &sample);
        let y = rows(12, 2, &sample.y);
        // Below and above the step from which on the fastest mode changes its sign.
        for share in [0.4, 1.7] {
            let step = share / spectrum.largest().powi(2);
            let mut a = Array::zeros((m, 2));
            for steps in 0..=301_u64 {
                let filter = Filter::Descent { step, steps };
                let left = matrix.dot(&a) - &y;
                if [0, 1, 2, 17, 300, 301].contains(&steps) {
                    let error = gap(&spectrum.weights(filter), &a);
                    assert!(error < 1e-12, "m = {m}, {steps} steps: {error}");
                    let mean = left.iter().map(|r| r * r).sum::<f64>() / 24.0;
                    assert!((spectrum.training_error(filter) - mean).abs() < 1e-12);
                }
                a = a - matrix.t().dot(&left) * step;
            }
        }
    }
}

#[test]
fn flow_is_descent_in_short_steps_and_ends_at_least_squares() {
    let sample = sample(20, 3, 0.1, &Stream::new(3));
    let law = Law::Normal { deviation: 1.0 };
    let features = Features::draw(law, (9, 3), 1.0 / 3.0, &Stream::new(2)).unwrap();
    let (matrix, spectrum) = spectrum(&features, &sample);
    let flow = spectrum.weights(Filter::Flow { time: 2.0 });
    let error = |steps: u64| {
        gap(&spectrum.weights(Filter::Descent { step: 2.0 / steps as f64, steps }), &flow)
    };
    let order = (error(1000) / error(2000)).log2();
    assert!((order - 1.0).abs() < 0.05, "{order}");
    let best = ground::linalg::least_squares(&matrix, &rows(20, 2, &sample.y)).unwrap();
    assert!(gap(&spectrum.weights(Filter::Flow { time: 1e9 }), &best) < 1e-10);
    assert!(gap(&spectrum.weights(Filter::MinimumNorm { cut: 1e-12 }), &best) < 1e-10);
}

#[test]
fn ridge_solves_its_normal_equations() {
    for m in [6, 25] {
        let sample = sample(12, 4, 0.2, &Stream::new(5));
        let features = Features::draw(Law::BiasedSphere, (m, 4), 0.7, &Stream::new(6)).unwrap();
        let (matrix, spectrum) = spectrum(&features, &sample);
        let y = rows(12, 2, &sample.y);
        let a = spectrum.weights(Filter::Ridge { lambda: 0.3 });
        let slope = matrix.t().dot(&(matrix.dot(&a) - &y)) + &a * 0.3;
        assert!(slope.iter().all(|v| v.abs() < 1e-12));
        let error = mean_square(&features.predict(&sample, &a), &sample);
        assert!((spectrum.training_error(Filter::Ridge { lambda: 0.3 }) - error).abs() < 1e-14);
    }
}

#[test]
fn exact_features_laws_and_path_norm() {
    let features = Features {
        w: ground::array::array![[3.0, 4.0], [1.0, -1.0], [-2.0, -5.0]],
        d: 1,
        scale: 0.5,
        sigma: relu,
    };
    let points = Sample { d: 1, outputs: 1, x: vec![1.0, 2.0], y: vec![1.0, 0.0] };
    let wanted = ground::array::array![[3.5, 0.0, 0.0], [5.0, 0.5, 0.0]];
    assert_eq!(features.matrix(&points), wanted);
    assert_eq!(dead(&wanted), 1);
    let a = ground::array::array![[2.0], [-1.0], [0.0]];
    assert!((features.path_norm(&a)[0] - 0.5 * (10.0 + 2.0_f64.sqrt())).abs() < 1e-14);
    assert_eq!(mean_square(&features.predict(&points, &a), &points), 63.125);
    let scores = ground::array::array![[0.1, 0.9], [0.8, 0.7]];
    let classes = Sample { d: 1, outputs: 2, x: vec![0.0; 2], y: vec![0.0, 1.0, 0.0, 1.0] };
    let scores: Vec<f64> = scores.iter().copied().collect();
    assert_eq!(crate::data::labels::accuracy(classes.outputs, &classes.y, &scores), 0.5);

    let stream = Stream::new(8);
    let normal = Features::draw(Law::Normal { deviation: 0.125 }, (5000, 4), 1.0, &stream).unwrap();
    let squares: Vec<f64> = normal.w.iter().map(|w| w * w).collect();
    assert!(Estimate::of(&squares).deviation(1.0 / 64.0) < 4.0);
    for law in [Law::Sphere, Law::BiasedSphere] {
        let sphere = Features::draw(law, (5000, 4), 1.0, &stream).unwrap();
        assert!(sphere.w.outer_iter().all(|w| (w.dot(&w) - 1.0).abs() < 1e-14));
        let first: Vec<f64> = sphere.w.column(0).iter().map(|w| w * w).collect();
        assert!(Estimate::of(&first).deviation(1.0 / law.inner(4) as f64) < 4.0);
    }
    assert!(Features::draw(Law::Normal { deviation: 0.0 }, (1, 1), 1.0, &stream).is_err());
}

/// The Runge function at n + 1 equispaced points of [−1, 1].
fn runge(n: usize) -> Sample {
    let x: Vec<f64> = (0..=n).map(|i| 2.0 * i as f64 / n as f64 - 1.0).collect();
    let y = x.iter().map(|x| 1.0 / (1.0 + 25.0 * x * x)).collect();
    Sample { d: 1, outputs: 1, x, y }
}

/// m features on the circle and the shortest weights that interpolate.
fn shortest(nodes: &Sample, m: usize, seed: u64) -> (Features, Array) {
    let features = Features::draw(Law::BiasedSphere, (m, 1), 1.0, &Stream::new(seed)).unwrap();
    let (_, spectrum) = spectrum(&features, nodes);
    let a = spectrum.weights(Filter::MinimumNorm { cut: 1e-12 });
    assert!(mean_square(&features.predict(nodes, &a), nodes) < 1e-20);
    (features, a)
}

/// E|a(w)| of the interpolation with infinitely many features: a(w) = Σ α_i σ(w·(x_i, 1)).
fn limit(nodes: &Sample) -> f64 {
    let x = nodes.x.iter().flat_map(|x| [*x, 1.0]).collect();
    let plane = Sample { d: 2, x, ..nodes.clone() };
    let alpha = Regression::fit(Kernel::Sphere, &plane, 0.0).unwrap().weights;
    let a = |angle: f64| -> f64 {
        let neuron = |(x, alpha): (&f64, &f64)| alpha * relu(x * angle.cos() + angle.sin());
        nodes.x.iter().zip(alpha.iter()).map(neuron).sum()
    };
    ground::quadrature::panels(|angle| a(angle).abs(), 0.0, TAU) / TAU
}

#[test]
fn statistical_path_norm_of_the_runge_function_stays() {
    // One drawn set of 2000 features each, by another program.
    for (n, table) in
        [(10, 13.639_446_256_065_531), (20, 13.150_774_009_973_41), (40, 13.464_792_134_110_29)]
    {
        let nodes = runge(n);
        let mut norms: Vec<f64> = (0..9)
            .map(|seed| {
                let (features, a) = shortest(&nodes, 2000, seed);
                features.path_norm(&a)[0]
            })
            .collect();
        let spread = Estimate::of(&norms);
        let one = spread.stderr * (9.0_f64 + 1.0).sqrt();
        assert!((spread.mean - table).abs() < 4.0 * one && one < 0.5, "n = {n}: {norms:?}");
        norms.sort_by(f64::total_cmp);
        assert!((norms[4] - 13.5).abs() < 0.5, "n = {n}: {norms:?}");
        let (features, a) = shortest(&nodes, 16_000, 1);
        let (wide, limit) = (features.path_norm(&a)[0], limit(&nodes));
        assert!((wide / limit - 1.0).abs() < 0.01, "n = {n}: {wide} and {limit}");
        let fine = runge(100);
        let errors = features.predict(&fine, &a) - rows(101, 1, &fine.y);
        // The polynomial has 1.9, 60 and 1e5.
        assert!(errors.iter().all(|e| e.abs() < 0.05), "n = {n}");
    }
}

#[test]
fn statistical_double_descent_and_what_ridge_makes_of_it() {
    const N: usize = 40;
    let train = sample(N, 5, 0.3, &Stream::new(1));
    let test = sample(500, 5, 0.0, &Stream::new(2));
    let errors = |m: usize, filter: Filter| {
        let mut found: Vec<f64> = (0..9)
            .map(|seed| {
                let law = Law::Normal { deviation: 1.0 };
                let scale = 1.0 / (m as f64).sqrt();
                let features = Features::draw(law, (m, 5), scale, &Stream::new(seed)).unwrap();
                let (_, spectrum) = spectrum(&features, &train);
                mean_square(&features.predict(&test, &spectrum.weights(filter)), &test)
            })
            .collect();
        found.sort_by(f64::total_cmp);
        found[4]
    };
    let widths = [10, 20, 30, 40, 50, 80, 160, 640];
    let of = |filter| widths.map(|m| errors(m, filter));
    let plain = of(Filter::MinimumNorm { cut: 1e-13 });
    let peak = plain.iter().copied().fold(0.0, f64::max);
    assert_eq!(peak, plain[3], "the peak is not at m = n: {plain:?}");
    assert!(peak > 10.0 * plain[7] && peak > 10.0 * plain[0]);
    let ridge = of(Filter::Ridge { lambda: 0.3 });
    assert!(ridge.iter().all(|e| *e < 0.1 * peak), "{ridge:?} beside {peak}");
    assert!(ridge.windows(2).all(|pair| pair[1] < 1.15 * pair[0]), "{ridge:?}");
}

#[test]
fn failures_are_errors_and_small_singular_values_are_kept() {
    let y = ground::array::array![[1.0], [1.0]];
    assert!(Spectrum::of(&ground::array::array![[f64::NAN], [1.0]], &y).is_err());
    // 1e-11 of the largest: its square would be gone beside 1.
    let narrow = ground::array::array![[1.0, 0.0, 0.0], [0.0, 1e-11, 0.0]];
    let spectrum = Spectrum::of(&narrow, &y).unwrap();
    assert_eq!((spectrum.rank(1e-13), spectrum.rank(1e-10)), (2, 1));
    let a = spectrum.weights(Filter::MinimumNorm { cut: 1e-13 });
    assert!((a[[1, 0]] * 1e-11 - 1.0).abs() < 1e-12);
    assert!((spectrum.training_error(Filter::MinimumNorm { cut: 1e-10 }) - 0.5).abs() < 1e-14);
}
