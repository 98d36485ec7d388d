//! Model A against closed forms, goldens, and the flow on a grid of angles.

use super::*;

fn relu(z: f64) -> f64 {
    z.max(0.0)
}

/// The target of the goldens.
fn three(u: f64) -> f64 {
    (2.0 * u).cos() + 0.5 * (4.0 * u).cos() + 0.25 * (3.0 * u).cos()
}

const TIMES: [f64; 5] = [0.0, 10.0, 100.0, 1000.0, 10_000.0];

/// From the closed form, to 16 digits.
const RISKS: [f64; 5] = [
    0.65625,
    0.472_731_803_413_964_9,
    0.141_182_517_642_328_53,
    0.051_886_229_616_914_55,
    0.031_250_001_879_807_59,
];

#[test]
fn exact_factors_of_relu() {
    let circle = Circle::new(MODES, relu, three).unwrap();
    for (k, c) in circle.factors.iter().enumerate() {
        let size = 1.0 / (PI * ((k * k) as f64 - 1.0));
        let wanted = match k {
            1 => 0.25,
            _ if k % 2 == 1 => 0.0,
            _ if k % 4 == 0 => -size,
            _ => size,
        };
        assert!((c - wanted).abs() < 1e-12, "c_{k} = {c}, not {wanted}");
        assert!(k < 3 || k % 2 == 0 || *c == 0.0, "mode {k} is not seen");
    }
    // The table: digits, not the formula.
    for (k, wanted) in
        [(2, 0.106_103_295_394_596_9), (6, 0.009_094_568_176_679_7), (12, -0.002_225_943_260_026_5)]
    {
        assert!((circle.factors[k] - wanted).abs() < 1e-12);
    }
}

#[test]
fn exact_factors_of_other_activations() {
    // A jump away from the edges of panels: c_k = sin(k u₀)/(π k) with u₀ = arccos 0.3.
    let jump = Circle::new(8, |z| if z > 0.3 { 1.0 } else { 0.0 }, three).unwrap();
    let edge = 0.3_f64.acos();
    for k in 1..=8 {
        let wanted = (k as f64 * edge).sin() / (PI * k as f64);
        assert!((jump.factors[k] - wanted).abs() < 1e-11);
    }
    // T_3 is cos 3u: one mode.
    let cubic = Circle::new(8, |z| 4.0 * z * z * z - 3.0 * z, three).unwrap();
    for (k, c) in cubic.factors.iter().enumerate() {
        assert!((c - if k == 3 { 0.5 } else { 0.0 }).abs() < 1e-14);
    }
}

#[test]
fn exact_golden_risks_by_both_ways() {
    let circle = Circle::new(MODES, relu, three).unwrap();
    let stepped = circle.integrate(&TIMES, 1.0).unwrap();
    for ((&t, wanted), stepped) in TIMES.iter().zip(RISKS).zip(stepped) {
        assert!((circle.risk(t) - wanted).abs() < 1e-13, "t = {t}: {}", circle.risk(t));
        assert!((stepped - wanted).abs() < 1e-8, "t = {t}, stepped: {stepped}");
        assert!((circle.risk_of(&circle.weights(t)) - wanted).abs() < 1e-13);
    }
    assert!((circle.floor() - 1.0 / 32.0).abs() < 1e-15);
}

#[test]
fn order_of_the_steps_is_four() {
    let circle = Circle::new(4, relu, |u| 1.0 + u.cos()).unwrap();
    let error = |dt: f64| (circle.integrate(&[8.0], dt).unwrap()[0] - circle.risk(8.0)).abs();
    let order = (error(1.0) / error(0.5)).log2();
    assert!((order - 4.0).abs() < 0.2, "{order}");
}

/// The risk at the times 1, 2, … by small Euler steps, extrapolated, for a on a grid of n angles: only σ and
/// f* go in.
fn on_grid(n: usize, sigma: fn(f64) -> f64, target: fn(f64) -> f64, times: usize) -> Vec<f64> {
    let at = |i: usize| TAU * i as f64 / n as f64;
    let feature: Vec<f64> = (0..n).map(|i| sigma(at(i).cos()) / n as f64).collect();
    let turned =
        |a: &[f64], i: usize| -> f64 { (0..n).map(|j| feature[(n + i - j) % n] * a[j]).sum() };
    let run = |steps: usize| {
        let (mut a, mut risks) = (vec![0.0; n], Vec::new());
        for step in 0..=times * steps {
            let left: Vec<f64> = (0..n).map(|i| turned(&a, i) - target(at(i))).collect();
            if step % steps == 0 {
                risks.push(left.iter().map(|r| r * r).sum::<f64>() / n as f64);
            }
            for (i, a) in a.iter_mut().enumerate() {
                *a -= 2.0 / steps as f64 * turned(&left, i);
            }
        }
        risks
    };
    let (coarse, fine) = (run(20), run(40));
    fine.iter().zip(coarse).map(|(fine, coarse)| 2.0 * fine - coarse).collect()
}

#[test]
fn agree_with_the_flow_on_a_grid_of_angles() {
    let sigma: fn(f64) -> f64 = |z| (1.5 * z + 0.3).tanh() + 0.2 * z.exp();
    let target: fn(f64) -> f64 = |u| (u.sin() + 0.4 * (2.0 * u).cos()).exp();
    let circle = Circle::new(MODES, sigma, target).unwrap();
    for (t, risk) in on_grid(64, sigma, target, 6).iter().enumerate() {
        let exact = circle.risk(t as f64);
        assert!((exact - risk).abs() < 2e-4 * exact, "t = {t}: {exact} and {risk}");
    }
}

#[test]
fn exact_prediction_and_beyond() {
    let circle = Circle::new(MODES, relu, |u| 0.3 + u.sin() - 0.2 * (6.0 * u).sin()).unwrap();
    let late = circle.weights(1e9);
    for u in [0.1, 1.0, 4.0] {
        let wanted = 0.3 + f64::sin(u) - 0.2 * f64::sin(6.0 * u);
        assert!((circle.predict(&late, u) - wanted).abs() < 1e-12);
    }
    assert_eq!(circle.beyond, 0.0);
    // a = 0.3π + 4 sin u − …: its mean square.
    let wanted = (0.3 * PI).powi(2) + 8.0 + 0.5 * (0.2 * 35.0 * PI).powi(2);
    assert!((circle.weight(1e9) - wanted).abs() < 1e-8);
    // cos 9u is beyond eight modes and stays.
    let short = Circle::new(8, relu, |u| u.cos() + (9.0 * u).cos()).unwrap();
    assert!((short.beyond - 0.5).abs() < 1e-14 && (short.risk(1e6) - 0.5).abs() < 1e-12);
}

#[test]
fn failures_are_errors() {
    assert!(Circle::new(4096, relu, three).is_err());
    assert!(Circle::new(4, |_| f64::NAN, three).is_err());
    assert!(Circle::new(4, relu, |u| 1.0 / u).is_err());
    assert!(Circle::new(4, relu, three).unwrap().integrate(&[1.0], 0.0).is_err());
}
