//! The nearest point of a polyhedron: constraints, conditions of optimality, derivatives.
#![allow(clippy::unwrap_used, reason = "a test")]

use control::limits::projection::{Contradiction, Polyhedron, Projected};
use ground::array::{Array, rows};
use ground::stream::Stream;

/// Limits of a storage device: w, m, d, s, c ≥ 0; w + c ≤ E, d + s ≤ y, c ≤ h; w + m + d = D.
fn device() -> Polyhedron {
    let mut g = Array::zeros((8, 5));
    for i in 0..5 {
        g[[i, i]] = -1.0;
    }
    (g[[5, 0]], g[[5, 4]], g[[6, 2]], g[[6, 3]], g[[7, 4]]) = (1.0, 1.0, 1.0, 1.0, 1.0);
    Polyhedron::new(&g, &rows(1, 5, &[1.0, 1.0, 1.0, 0.0, 0.0]))
}

/// E, y, h and D of a state.
fn sides(stream: &Stream, k: u64) -> Vec<f64> {
    let u = |i: usize| stream.uniform(k, 1, i);
    let mut all = vec![0.0; 5];
    all.extend([7.0 * u(0), 5.0 * u(1), 5.0 * u(2), 7.0 * u(3)]);
    all
}

fn point(stream: &Stream, k: u64) -> Vec<f64> {
    (0..5).map(|i| 4.0 * stream.normal(k, 0, i)).collect()
}

/// The largest violation, relative to the sides.
fn off(a: &[f64], sides: &[f64]) -> f64 {
    let [w, m, d, s, c] = [a[0], a[1], a[2], a[3], a[4]];
    let above = [w + c - sides[5], d + s - sides[6], c - sides[7]];
    let worst = a.iter().map(|x| -x).chain(above).fold(0.0, f64::max);
    worst.max((w + m + d - sides[8]).abs()) / 7.0
}

#[test]
fn a_million_states_keep_every_constraint() {
    let (set, stream) = (device(), Stream::new(1));
    let mut worst: f64 = 0.0;
    for k in 0..1_000_000 {
        let sides = sides(&stream, k);
        let found = set.project(&point(&stream, k), &sides).unwrap();
        worst = worst.max(off(&found.point, &sides));
    }
    assert!(worst <= 1e-12, "{worst}");
}

#[test]
fn no_feasible_point_is_nearer() {
    let (set, stream) = (device(), Stream::new(2));
    for k in 0..2000 {
        let (z, sides) = (point(&stream, k), sides(&stream, k));
        let Projected { point: a, active, multipliers } = set.project(&z, &sides).unwrap();
        // Multipliers of inequalities are not negative, and (z − a)·(b − a) ≤ 0 for every feasible b.
        let fine = active.iter().zip(&multipliers).all(|(k, u)| *k >= 8 || *u >= -1e-10);
        assert!(fine, "{active:?} {multipliers:?}");
        for other in 0..20 {
            let b = set.project(&point(&stream, 100_000 + 20 * k + other), &sides).unwrap().point;
            let along: f64 = (0..5).map(|i| (z[i] - a[i]) * (b[i] - a[i])).sum();
            assert!(along <= 1e-9, "{along}");
        }
    }
}

#[test]
fn derivatives_are_differences() {
    let (set, stream) = (device(), Stream::new(3));
    let mut tried = 0;
    for k in 0..4000 {
        let (z, sides) = (point(&stream, k), sides(&stream, k));
        let found = set.project(&z, &sides).unwrap();
        // Away from where the binding rows change.
        let slack = |j: usize| {
            let a = &found.point;
            let lhs = [-a[0], -a[1], -a[2], -a[3], -a[4], a[0] + a[4], a[2] + a[3], a[4]];
            sides[j] - lhs[j]
        };
        let near = (0..8).any(|j| match found.active.iter().position(|k| *k == j) {
            Some(at) => found.multipliers[at] < 1e-3,
            None => slack(j) < 1e-3,
        });
        if near {
            continue;
        }
        tried += 1;
        let by: Vec<f64> = (0..5).map(|i| stream.normal(k, 5, i)).collect();
        let slopes = set.back(&found, &by);
        let value = |z: &[f64], sides: &[f64]| -> f64 {
            let a = set.project(z, sides).unwrap().point;
            a.iter().zip(&by).map(|(a, by)| a * by).sum()
        };
        let h = 1e-6;
        for i in 0..5 {
            let moved = |h: f64| {
                let mut z = z.clone();
                z[i] += h;
                value(&z, &sides)
            };
            let slope = (moved(h) - moved(-h)) / (2.0 * h);
            assert!((slope - slopes.by_z[i]).abs() < 1e-6, "z{i}: {slope} {}", slopes.by_z[i]);
        }
        for j in 0..9 {
            let moved = |h: f64| {
                let mut sides = sides.clone();
                sides[j] += h;
                value(&z, &sides)
            };
            let slope = (moved(h) - moved(-h)) / (2.0 * h);
            assert!((slope - slopes.by_sides[j]).abs() < 1e-6, "side {j}");
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn contradictions_are_named() {
    // a ≤ 1, −a ≤ −2, b ≤ 5.
    let set = Polyhedron::new(&rows(3, 2, &[1.0, 0.0, -1.0, 0.0, 0.0, 1.0]), &Array::zeros((0, 2)));
    let found = set.project(&[0.0, 0.0], &[1.0, -2.0, 5.0]).unwrap_err();
    assert_eq!(found, Contradiction(vec![0, 1]));
}
