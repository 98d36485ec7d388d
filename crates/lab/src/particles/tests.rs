//! Tests of `particles`.

use std::f64::consts::PI;

use frame::{Descent, GradientFlow, Purpose};
use ground::quadrature;

use super::*;
use crate::Sample;

const SMOOTHED: Neuron = Neuron::Smoothed { h: 0.3 };

/// n normal points and f* = max(x₁, 0) − x₂ / 2.
fn sample(n: usize, d: usize) -> Sample {
    let stream = Stream::new(7).child("points");
    let x: Vec<f64> = (0..n)
        .flat_map(|i| (0..d).map(move |k| (i, k)))
        .map(|(i, k)| stream.normal(i as u64, 0, k))
        .collect();
    let y = x.chunks(d).map(|x| x[0].max(0.0) - 0.5 * x[1]).collect();
    Sample { d, outputs: 1, x, y }
}

/// Normal a and b.
fn particles(m: usize, d: usize, seed: u64) -> Particles {
    let stream = Stream::new(seed);
    let numbers = |name: &str, n: usize| {
        let stream = stream.child(name);
        (0..n).map(|k| stream.normal(k as u64, 0, 0)).collect::<Vec<_>>()
    };
    Particles::new(d, numbers("a", m), numbers("b", m * d)).unwrap()
}

fn target(d: usize) -> Particles {
    let mut target = particles(2, d, 99);
    target.a = vec![1.0, -0.5];
    target
}

fn empirical(neuron: Neuron, scaling: Scaling) -> Empirical {
    Empirical::new(&sample(60, 3), neuron, scaling).unwrap()
}

fn furthest(one: &Particles, other: &Particles) -> f64 {
    let pairs = one.a.iter().zip(&other.a).chain(one.b.iter().zip(&other.b));
    pairs.map(|(u, v)| (u - v).abs()).fold(0.0, f64::max)
}

/// ∇R against central differences of R.
fn slope_is_that_of_the_risk(risk: &mut dyn Risk, at: &Particles) {
    let mut slope = at.zeros_like();
    risk.gradient(at, &mut slope);
    let mut into = at.zeros_like();
    for k in 0..at.a.len() + at.b.len() {
        let mut value = |by: f64| {
            let mut moved = at.clone();
            *moved.a.iter_mut().chain(&mut moved.b).nth(k).unwrap() += by;
            risk.gradient(&moved, &mut into)
        };
        let difference = (value(1e-6) - value(-1e-6)) / 2e-6;
        let found = slope.a.iter().chain(&slope.b).nth(k).unwrap();
        assert!(
            (difference - found).abs() < 1e-8 * (1.0 + found.abs()),
            "{k}: {difference} {found}"
        );
    }
}

#[test]
fn invariant_slopes_are_those_of_the_risk() {
    let at = particles(5, 3, 1);
    for scaling in [Scaling::MeanField, Scaling::Plain] {
        for neuron in [Neuron::Relu, SMOOTHED] {
            slope_is_that_of_the_risk(&mut empirical(neuron, scaling), &at);
        }
        slope_is_that_of_the_risk(&mut Population::new(target(3), scaling).unwrap(), &at);
    }
}

#[test]
fn exact_risks() {
    // By hand from f(x) and y.
    let (at, points) = (particles(5, 3, 1), sample(60, 3));
    for (neuron, scaling) in [(Neuron::Relu, Scaling::Plain), (SMOOTHED, Scaling::MeanField)] {
        let off = |i: usize| at.value(points.point(i), neuron, scaling) - points.value(i)[0];
        let by_hand = (0..60).map(|i| off(i) * off(i)).sum::<f64>() / 60.0;
        let found = empirical(neuron, scaling).gradient(&at, &mut at.zeros_like());
        assert!((found - by_hand).abs() < 1e-14 * by_hand, "{found} {by_hand}");
    }
    // In the plane, f − f* is homogeneous: R = E|x|² times the mean of its square over the circle, piece
    // by piece between the kinks.
    let (at, target) = (particles(4, 2, 3), target(2));
    let kinks = at.b.chunks(2).chain(target.b.chunks(2)).flat_map(|b| {
        let angle = b[1].atan2(b[0]);
        [0.5, 1.5].map(|turn| (angle + turn * PI).rem_euclid(2.0 * PI))
    });
    let mut edges: Vec<f64> = kinks.chain([0.0, 2.0 * PI]).collect();
    edges.sort_by(f64::total_cmp);
    let square = |t: f64| {
        let x = [t.cos(), t.sin()];
        let f = at.value(&x, Neuron::Relu, Scaling::MeanField);
        (f - target.value(&x, Neuron::Relu, Scaling::Plain)).powi(2)
    };
    let piece = |edge: &[f64]| quadrature::legendre(20, edge[0], edge[1]).integrate(square);
    let by_angle = 2.0 * edges.windows(2).map(piece).sum::<f64>() / (2.0 * PI);
    let mut risk = Population::new(target.clone(), Scaling::MeanField).unwrap();
    let found = risk.gradient(&at, &mut at.zeros_like());
    assert!((found - by_angle).abs() < 1e-13, "{found} {by_angle}");
}

/// The furthest that three of a kind come from one, in 500 steps; and the furthest of f.
fn duplication(risk: impl Risk + Clone, start: &Particles, rate: f64) -> (f64, f64) {
    let scaling = risk.scaling();
    let [mut few, mut many] = [risk.clone(), risk].map(|risk| ParticleFlow::new(risk, Moves::Both));
    let (mut one, mut three) = (start.clone(), start.repeated(3));
    let (mut u, mut f) = (0.0_f64, 0.0_f64);
    let x = [0.3, -1.1, 0.7];
    for _ in 0..500 {
        few.step(&mut one, rate).unwrap();
        many.step(&mut three, rate).unwrap();
        u = u.max(furthest(&one.repeated(3), &three));
        let values = [&one, &three].map(|at| at.value(&x, Neuron::Relu, scaling));
        f = f.max((values[0] - values[1]).abs());
    }
    (u, f)
}

#[test]
fn invariant_three_of_a_kind_move_as_one() {
    let start = particles(10, 3, 5);
    for neuron in [Neuron::Relu, SMOOTHED] {
        let (u, f) = duplication(empirical(neuron, Scaling::MeanField), &start, 0.05);
        assert!(u <= 1e-12 && f <= 1e-12, "{neuron:?}: {u:e}, {f:e}");
    }
    let population = Population::new(target(3), Scaling::MeanField).unwrap();
    let (u, f) = duplication(population, &start, 0.05);
    assert!(u <= 1e-12 && f <= 1e-12, "{u:e}, {f:e}");
}

#[test]
fn plain_networks_do_not_move_as_one() {
    let start = particles(10, 3, 5);
    let (u, f) = duplication(empirical(Neuron::Relu, Scaling::Plain), &start, 0.005);
    assert!(u > 0.1 && f > 0.01, "{u:e}, {f:e}");
}

/// The furthest that a² − ‖b‖² has come by time 10.
fn drift(rate: f64, steps: usize) -> f64 {
    let mut flow = ParticleFlow::new(empirical(Neuron::Relu, Scaling::MeanField), Moves::Both);
    let mut at = Particles::at_rest(10, 3, &Stream::new(11)).unwrap();
    let before = at.invariants();
    for _ in 0..steps {
        flow.step(&mut at, rate).unwrap();
    }
    let pairs = before.iter().zip(at.invariants());
    pairs.map(|(before, after)| (before - after).abs()).fold(0.0, f64::max)
}

#[test]
fn order_of_the_drift_of_what_the_flow_keeps() {
    let [coarse, fine] = [drift(0.05, 200), drift(0.005, 2000)];
    let ratio = coarse / fine;
    assert!((ratio - 10.0).abs() <= 2.0, "{coarse:e} / {fine:e} = {ratio}");
    assert!((1e-3..0.2).contains(&coarse), "{coarse:e}");
}

#[test]
fn order_of_the_fall_of_the_risk() {
    for (scaling, moves) in [
        (Scaling::MeanField, Moves::Both),
        (Scaling::MeanField, Moves::Outer),
        (Scaling::Plain, Moves::Both),
    ] {
        let start = particles(8, 3, 2);
        let mut flow = ParticleFlow::new(Population::new(target(3), scaling).unwrap(), moves);
        let (risk, falls) = flow.descent(&start).unwrap();
        let mut slope = start.zeros_like();
        flow.risk.gradient(&start, &mut slope);
        if moves == Moves::Outer {
            slope.b.fill(0.0);
        }
        let squares: f64 = slope.a.iter().chain(&slope.b).map(|g| g * g).sum();
        let by_hand = match scaling {
            Scaling::MeanField => 64.0 * squares / 8.0,
            Scaling::Plain => squares,
        };
        assert!((falls + by_hand).abs() < 1e-12 * by_hand);
        let mut off = |rate: f64| {
            let mut at = start.clone();
            flow.step(&mut at, rate).unwrap();
            let (after, _) = flow.descent(&at).unwrap();
            ((after - risk) / rate - falls).abs() / falls.abs()
        };
        let [coarse, fine] = [1e-3, 1e-4].map(&mut off);
        assert!(coarse < 0.1, "{coarse:e}");
        assert!((coarse / fine - 10.0).abs() < 1.0, "{coarse:e} / {fine:e}");
    }
}

#[test]
fn exact_smoothed_neuron() {
    // The mean over ξ in the plane, by Gauss rules between kinks: no formula of the neuron is used.
    let (b, x, h) = ([0.4, -0.3], [0.8, 1.3], 0.7_f64);
    let normal = |s: f64| (-0.5 * s * s).exp() / (2.0 * PI).sqrt();
    let mean = |neuron: &dyn Fn(f64) -> f64| {
        quadrature::legendre(200, -9.0, 9.0).integrate(|u| {
            let z = |v: f64| (b[0] + h * u) * x[0] + (b[1] + h * v) * x[1];
            let kink = (-z(0.0) / (h * x[1])).clamp(-9.0, 9.0);
            let half = |from, to| {
                quadrature::legendre(60, from, to).integrate(|v| neuron(z(v)) * normal(v))
            };
            normal(u) * (half(-9.0, kink) + half(kink, 9.0))
        })
    };
    let length = (x[0] * x[0] + x[1] * x[1]).sqrt();
    let (value, slope) = Neuron::Smoothed { h }.at(b[0] * x[0] + b[1] * x[1], length);
    let off = (value - mean(&|z| z.max(0.0))).abs();
    assert!(off < 1e-10, "{off:e}");
    let off = (slope - mean(&|z| f64::from(z > 0.0))).abs();
    assert!(off < 1e-10, "{off:e}");
    // g(1) = Φ(1) + φ(1), in digits of mpmath.
    let (value, slope) = Neuron::Smoothed { h: 1.0 }.at(1.0, 1.0);
    assert!((value - 1.083_315_470_587_686_4).abs() < 1e-15);
    assert!((slope - 0.841_344_746_068_542_9).abs() < 1e-15);
}

#[test]
fn no_width_is_the_plain_method() {
    let start = particles(10, 3, 5);
    let end = |neuron: Neuron| {
        let mut flow = ParticleFlow::new(empirical(neuron, Scaling::MeanField), Moves::Both);
        let mut at = start.clone();
        for _ in 0..200 {
            flow.step(&mut at, 0.05).unwrap();
        }
        at
    };
    let plain = end(Neuron::Relu);
    assert_eq!(end(Neuron::Smoothed { h: 0.0 }), plain);
    let off = [1e-1, 1e-2, 1e-3].map(|h| furthest(&end(Neuron::Smoothed { h }), &plain));
    assert!(off[0] > 1e-2 && off[1] < 0.3 * off[0] && off[2] < 0.3 * off[1], "{off:?}");
    assert!(furthest(&end(Neuron::Smoothed { h: 1e-12 }), &plain) < 1e-9);
    for z in [-0.4, 0.0, 1e-4, 2.0] {
        let off = Neuron::Smoothed { h: 1e-3 }.at(z, 2.0).0 - Neuron::Relu.at(z, 2.0).0;
        assert!((0.0..=1e-3 * 2.0 / (2.0 * PI).sqrt()).contains(&off), "{off:e} at {z}");
    }
}

#[test]
fn exact_model_a_of_one_kind() {
    // Model A with all particles on one b: da/dt = −2 (k a − g), k = E σ², g = E σ y, whatever m is.
    let points = sample(60, 3);
    let b = [0.6, -0.8, 0.1];
    let sigma = |i: usize| points.point(i).iter().zip(b).map(|(x, b)| x * b).sum::<f64>().max(0.0);
    let k = (0..60).map(|i| sigma(i) * sigma(i)).sum::<f64>() / 60.0;
    let g = (0..60).map(|i| sigma(i) * points.value(i)[0]).sum::<f64>() / 60.0;
    let start = Particles::new(3, vec![0.0], b.to_vec()).unwrap().repeated(4);
    let mut flow = ParticleFlow::new(empirical(Neuron::Relu, Scaling::MeanField), Moves::Outer);
    let mut theta = start.params(Precision::F64);
    let mut by = GradientFlow::new(1e-11, 1e-11).unwrap().until(1.5);
    while !by.ended() {
        let batch = Batch { purpose: Purpose::Training, step: by.accepted, n: 1 };
        by.step(&mut theta, &mut flow, batch).unwrap();
    }
    let end = Particles::of_params(&theta).unwrap();
    let exact = g / k * (1.0 - (-2.0 * k * 1.5_f64).exp());
    assert!(end.a.iter().all(|a| (a - exact).abs() < 1e-9), "{:?} {exact}", end.a);
    assert_eq!(end.b, start.b);
}

#[test]
fn order_of_steps_of_euler_is_one() {
    let start = particles(6, 3, 4);
    let risk = || Population::new(target(3), Scaling::MeanField).unwrap();
    let mut flow = ParticleFlow::new(risk(), Moves::Both);
    let mut theta = start.params(Precision::F64);
    let mut by = GradientFlow::new(1e-11, 1e-11).unwrap().until(1.0);
    while !by.ended() {
        let batch = Batch { purpose: Purpose::Training, step: by.accepted, n: 1 };
        by.step(&mut theta, &mut flow, batch).unwrap();
    }
    let exact = Particles::of_params(&theta).unwrap();
    let kept = start.invariants().into_iter().zip(exact.invariants());
    let drift = kept.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(drift < 1e-8, "the flow keeps a² − ‖b‖²: {drift:e}");
    let off = |n: u32| {
        let mut flow = ParticleFlow::new(risk(), Moves::Both);
        let mut at = start.clone();
        for _ in 0..n {
            flow.step(&mut at, 1.0 / f64::from(n)).unwrap();
        }
        furthest(&at, &exact)
    };
    let order = (off(200) / off(400)).log2();
    assert!((order - 1.0).abs() < 0.2, "{order}");
}

#[test]
fn what_cannot_be_is_refused() {
    assert!(Particles::new(2, vec![1.0], vec![1.0]).is_err());
    assert!(Particles::new(2, Vec::new(), Vec::new()).is_err());
    let points = sample(4, 2);
    for h in [-1.0, f64::NAN] {
        assert!(Empirical::new(&points, Neuron::Smoothed { h }, Scaling::Plain).is_err());
    }
    let empty = Sample { d: 2, outputs: 1, ..Sample::default() };
    assert!(Empirical::new(&empty, Neuron::Relu, Scaling::Plain).is_err());
    let mut flow = ParticleFlow::new(empirical(Neuron::Relu, Scaling::MeanField), Moves::Both);
    let mut at = particles(2, 3, 1);
    at.a[0] = f64::INFINITY;
    let before = at.clone();
    assert!(matches!(flow.step(&mut at, 0.1), Err(Error::Numeric { at: 0, .. })));
    assert_eq!(at, before);
}
