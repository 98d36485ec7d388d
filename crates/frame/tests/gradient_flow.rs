//! The gradient flow against closed forms and against another program for ordinary equations.
#![allow(clippy::unwrap_used, reason = "tests")]

use frame::{
    Batch, Descent, Functional, GradientFlow, Keeper, Layout, Params, Precision, Purpose, Work,
};
use ground::archive::Archive;
use ground::estimate::Estimate;
use ground::{Error, Result};
use ode_solvers::{DVector, Dopri5, OutputType, System};

/// J and its gradient at a point.
type Given = fn(&[f64], &mut [f64]) -> f64;

/// J given in full, in two blocks.
struct Whole {
    given: Given,
    work: Work,
    asked: Vec<Batch>,
}

impl Whole {
    fn new(given: Given) -> Self {
        Self { given, work: Work::default(), asked: Vec::new() }
    }
}

impl Functional for Whole {
    fn value(&mut self, theta: &Params, _: Batch) -> Result<Estimate> {
        let theta = theta.flat();
        let mean = (self.given)(&theta, &mut vec![0.0; theta.len()]);
        Ok(Estimate { mean, stderr: 0.0, n: 1 })
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        self.work.gradients += 1;
        self.asked.push(batch);
        let theta = theta.flat();
        let mut slope = vec![0.0; theta.len()];
        let mean = (self.given)(&theta, &mut slope);
        let (first, second) = slope.split_at(into.get(0).len());
        into.set(0, first);
        into.set(1, second);
        Ok(Estimate { mean, stderr: 0.0, n: 1 })
    }

    fn work(&self) -> Work {
        self.work
    }
}

/// θ in two blocks, the first of one number.
fn params(values: &[f64], precision: Precision) -> Params {
    let layout = Layout::default().list("first", 1).list("rest", values.len() - 1);
    let mut theta = Params::zeros(layout, precision);
    theta.set(0, &values[..1]);
    theta.set(1, &values[1..]);
    theta
}

fn batch(step: u64) -> Batch {
    Batch { purpose: Purpose::Training, step, n: 1 }
}

/// Steps until the end.
fn flow(flow: &mut GradientFlow, theta: &mut Params, j: &mut Whole) {
    for step in 0..100_000 {
        if flow.ended() {
            return;
        }
        flow.step(theta, j, batch(step)).unwrap();
    }
    panic!("no end");
}

fn furthest(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// θ = e^{−At} θ₀ for A = Q diag(1/2, 1, 4) Qᵀ, Q the reflection along (1, 1, 1).
const RATES: [f64; 3] = [0.5, 1.0, 4.0];
const START: [f64; 3] = [1.0, -2.0, 0.5];

fn reflected(x: [f64; 3]) -> [f64; 3] {
    let mean = 2.0 * (x[0] + x[1] + x[2]) / 3.0;
    x.map(|x| x - mean)
}

fn quadratic(theta: &[f64], slope: &mut [f64]) -> f64 {
    let z = reflected([theta[0], theta[1], theta[2]]);
    let pull = [0, 1, 2].map(|k| RATES[k] * z[k]);
    slope.copy_from_slice(&reflected(pull));
    0.5 * (0..3).map(|k| pull[k] * z[k]).sum::<f64>()
}

fn decayed(t: f64) -> [f64; 3] {
    let z = reflected(START);
    reflected([0, 1, 2].map(|k| z[k] * (-RATES[k] * t).exp()))
}

/// The valley of Rosenbrock, a tenth as steep, and a coupled quartic number.
fn valley(theta: &[f64], slope: &mut [f64]) -> f64 {
    let [x, y, z] = [theta[0], theta[1], theta[2]];
    let (u, w) = (y - x * x, z * z - x * y);
    slope[0] = -2.0 * (1.0 - x) - 40.0 * x * u - 2.0 * y * w;
    slope[1] = 20.0 * u - 2.0 * x * w;
    slope[2] = 4.0 * z * w;
    (1.0 - x) * (1.0 - x) + 10.0 * u * u + w * w
}

const VALLEY: [f64; 3] = [-1.2, 1.0, 0.3];

#[test]
fn exact_linear_flow() {
    for (precision, tolerance, bound) in
        [(Precision::F64, 1e-12, 2e-12), (Precision::F64, 1e-6, 2e-6), (Precision::F32, 1e-6, 4e-6)]
    {
        let mut theta = params(&START, precision);
        let mut by = GradientFlow::new(tolerance, tolerance).unwrap().until(2.5);
        flow(&mut by, &mut theta, &mut Whole::new(quadratic));
        let off = furthest(&theta.flat(), &decayed(2.5));
        assert!(off <= bound, "{precision:?}: {off:e} at tolerance {tolerance:e}");
        assert_eq!(by.t.to_bits(), 2.5_f64.to_bits());
    }
}

#[test]
fn order_of_steps_of_one_length_is_five() {
    let error = |n: u32| {
        let mut theta = params(&START, Precision::F64);
        let mut j = Whole::new(quadratic);
        let mut by = GradientFlow::new(1.0, 1e6).unwrap();
        for step in 0..n {
            by.h = 2.0 / f64::from(n);
            by.step(&mut theta, &mut j, batch(step.into())).unwrap();
        }
        assert_eq!((by.accepted, by.rejected), (n.into(), 0));
        furthest(&theta.flat(), &decayed(2.0))
    };
    let order = (error(80) / error(160)).log2();
    assert!((order - 5.0).abs() < 0.2, "{order}");
}

#[test]
fn order_of_error_and_of_work_in_the_tolerance() {
    let run = |tolerance: f64| {
        let mut theta = params(&START, Precision::F64);
        let mut by = GradientFlow::new(tolerance, tolerance).unwrap().until(2.5);
        flow(&mut by, &mut theta, &mut Whole::new(quadratic));
        (furthest(&theta.flat(), &decayed(2.5)), by.accepted as f64)
    };
    let [(coarse, few), (fine, many)] = [1e-6, 1e-11].map(run);
    let error = (coarse / fine).log10() / 5.0;
    assert!((error - 1.0).abs() < 0.2, "the error goes as the tolerance to the {error}");
    let work = (many / few).log10() / 5.0;
    assert!((work - 0.2).abs() < 0.03, "steps go as one over the tolerance to the {work}");
}

/// The same flow as the other program asks for it.
struct Other(Given);

impl System<f64, DVector<f64>> for Other {
    fn system(&self, _: f64, theta: &DVector<f64>, into: &mut DVector<f64>) {
        (self.0)(theta.as_slice(), into.as_mut_slice());
        into.neg_mut();
    }
}

#[test]
fn agree_with_another_program() {
    for (given, start) in [(valley as Given, VALLEY), (quadratic, START)] {
        let mut theta = params(&start, Precision::F64);
        let mut by = GradientFlow::new(1e-11, 1e-11).unwrap().until(3.0);
        flow(&mut by, &mut theta, &mut Whole::new(given));
        let start = DVector::from_column_slice(&start);
        let mut other = Dopri5::new(Other(given), 0.0, 3.0, 3.0, start, 1e-11, 1e-11);
        other.set_output(OutputType::Sparse);
        let stats = other.integrate().unwrap();
        assert_eq!(other.x_out().last(), Some(&3.0));
        let off = furthest(&theta.flat(), other.y_out().last().unwrap().as_slice());
        assert!(off <= 1e-8, "{off:e}");
        let counts = (by.accepted as f64, f64::from(stats.accepted_steps));
        assert!((counts.0 / counts.1 - 1.0).abs() < 0.1, "{counts:?} steps");
    }
}

#[test]
fn invariant_energy_falls_by_the_square_of_the_slope() {
    // By central differences of J at times around t: their own error is O(δ²).
    let at = |t: f64| {
        let mut theta = params(&VALLEY, Precision::F64);
        let mut by = GradientFlow::new(1e-12, 1e-12).unwrap().until(t);
        flow(&mut by, &mut theta, &mut Whole::new(valley));
        let mut slope = [0.0; 3];
        let value = valley(&theta.flat(), &mut slope);
        (value, slope.iter().map(|g| g * g).sum::<f64>())
    };
    let delta = 1e-3;
    for t in [0.05, 0.4, 2.0] {
        let [(before, _), (_, square), (after, _)] = [t - delta, t, t + delta].map(at);
        let off = (after - before) / (2.0 * delta) / square + 1.0;
        assert!(off.abs() < 1e-3, "at {t}: {off:e}");
    }
    let mut theta = params(&VALLEY, Precision::F64);
    let mut j = Whole::new(valley);
    let mut by = GradientFlow::new(1e-3, 1e-3).unwrap();
    let values: Vec<f64> =
        (0..60).map(|k| by.step(&mut theta, &mut j, batch(k)).unwrap().mean).collect();
    assert!(values.windows(2).all(|pair| pair[1] < pair[0]), "{values:?}");
}

#[test]
fn a_resumed_flow_is_the_flow_to_the_bit() {
    for (precision, tolerance) in [(Precision::F64, 1e-7), (Precision::F32, 1e-4)] {
        let start = || (params(&VALLEY, precision), Whole::new(valley));
        let new = || GradientFlow::new(tolerance, tolerance).unwrap().until(3.0);
        let (mut theta, mut j) = start();
        let mut by = new();
        let mut archive = Archive::default();
        for step in 0..7 {
            by.step(&mut theta, &mut j, batch(step)).unwrap();
        }
        theta.keep(&mut Keeper::saving(&mut archive)).unwrap();
        <GradientFlow as Descent<Whole>>::keep(&mut by, &mut Keeper::saving(&mut archive)).unwrap();
        let gradients = j.work.gradients;
        flow(&mut by, &mut theta, &mut j);

        let (mut again, mut k) = start();
        let mut resumed = new();
        let mut keeper = Keeper::restoring(&mut archive);
        again.keep(&mut keeper).unwrap();
        <GradientFlow as Descent<Whole>>::keep(&mut resumed, &mut keeper).unwrap();
        assert!(resumed.t > 0.0 && resumed.accepted == 7);
        flow(&mut resumed, &mut again, &mut k);
        assert_eq!(again, theta);
        assert_eq!(resumed, by);
        assert_eq!(k.work.gradients, j.work.gradients - gradients, "nothing is computed twice");

        let (mut whole, mut j) = start();
        let mut never = new();
        flow(&mut never, &mut whole, &mut j);
        assert_eq!((whole, never), (theta, by), "saving disturbs nothing");
    }
}

#[test]
fn cost_is_six_gradients_a_trial_of_one_batch() {
    let mut theta = params(&VALLEY, Precision::F64);
    let mut j = Whole::new(valley);
    let mut by = GradientFlow::new(1e-4, 1e-4).unwrap().until(2.0);
    by.h = 0.01;
    flow(&mut by, &mut theta, &mut j);
    assert!(by.rejected > 0);
    assert_eq!(j.work.gradients, 1 + 6 * (by.accepted + by.rejected));
    assert!(j.asked.iter().all(|batch| batch.step == 0));
    let before = theta.clone();
    let value = by.step(&mut theta, &mut j, batch(9)).unwrap();
    assert_eq!(value.mean.to_bits(), j.value(&theta, batch(9)).unwrap().mean.to_bits());
    assert_eq!(theta, before, "after the end nothing moves");
    assert_eq!(j.work.gradients, 1 + 6 * (by.accepted + by.rejected));
}

/// Falls to θ₀ = 1/2, beyond which it is no number.
fn cliff(theta: &[f64], slope: &mut [f64]) -> f64 {
    slope.fill(0.0);
    slope[0] = if theta[0] > 0.5 { 1.0 } else { f64::NAN };
    theta[0]
}

#[test]
fn numbers_that_are_not_finite_are_an_error_and_theta_stays() {
    let mut theta = params(&[0.4, 0.0], Precision::F64);
    let before = theta.clone();
    let mut by = GradientFlow::new(1e-6, 1e-6).unwrap();
    let error = by.step(&mut theta, &mut Whole::new(cliff), batch(3)).unwrap_err();
    assert!(matches!(error, Error::Numeric { at: 3, .. }), "{error}");
    assert_eq!(theta, before);

    let mut theta = params(&[1.0, 0.0], Precision::F64);
    let mut j = Whole::new(cliff);
    let mut by = GradientFlow::new(1e-6, 1e-6).unwrap();
    for step in 0..1000 {
        let (before, t) = (theta.clone(), by.t);
        let Err(error) = by.step(&mut theta, &mut j, batch(step)) else { continue };
        assert!(matches!(error, Error::Numeric { at, .. } if at == step), "{error}");
        assert_eq!((theta, by.t), (before, t));
        assert!((t - 0.5).abs() < 1e-9, "it went to the edge: {t}");
        return;
    }
    panic!("it went over the edge");
}

#[test]
fn bad_tolerances_and_foreign_checkpoints_are_refused() {
    for (rtol, atol) in [(-1.0, 1.0), (f64::NAN, 1.0), (1e-3, 0.0), (1e-3, f64::INFINITY)] {
        let error = GradientFlow::new(rtol, atol).unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{error}");
    }
    let mut theta = params(&VALLEY, Precision::F64);
    let mut by = GradientFlow::new(1e-6, 1e-6).unwrap();
    by.step(&mut theta, &mut Whole::new(valley), batch(0)).unwrap();
    let mut archive = Archive::default();
    <GradientFlow as Descent<Whole>>::keep(&mut by, &mut Keeper::saving(&mut archive)).unwrap();
    let mut other = GradientFlow::new(1e-6, 1e-6).unwrap();
    <GradientFlow as Descent<Whole>>::keep(&mut other, &mut Keeper::restoring(&mut archive))
        .unwrap();
    let mut theta = params(&[0.4, 0.0], Precision::F64);
    let error = other.step(&mut theta, &mut Whole::new(cliff), batch(0)).unwrap_err();
    assert!(error.to_string().contains("does not fit"), "{error}");
}
