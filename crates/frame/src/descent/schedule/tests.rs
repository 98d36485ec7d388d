//! Rates in time against their formulas.

use super::*;

#[test]
fn exact_values() {
    let cosine = Schedule::Cosine { from: 1e-2, to: 1e-4 };
    assert!((cosine.at(0, 300) - 1e-2).abs() < 1e-17);
    assert!((cosine.at(150, 300) - 0.00505).abs() < 1e-15);
    assert!((cosine.at(300, 300) - 1e-4).abs() < 1e-17);
    let exponential = Schedule::Exponential { from: 1.0, to: 0.01 };
    assert!((exponential.at(5, 10) - 0.1).abs() < 1e-15);
    let steps = Schedule::Steps { at: vec![2, 4], values: vec![3.0, 2.0, 1.0] };
    let seen: Vec<f64> = (0..6).map(|i| steps.at(i, 6)).collect();
    assert_eq!(seen, [3.0, 3.0, 2.0, 2.0, 1.0, 1.0]);
}

#[test]
fn exact_staircase() {
    let stairs = |ratio| Schedule::Staircase { from: 1.0, to: 0.125, every: 3, ratio };
    let given: Vec<f64> = (0..13).map(|i| stairs(Some(0.5)).at(i, 12)).collect();
    let exact = [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125];
    assert_eq!(given[..12], exact);
    assert_eq!(given[12], 0.125, "never below the last");
    // (1/8)^(3/9) = 1/2.
    for (i, exact) in [(0, 1.0), (2, 1.0), (3, 0.5), (6, 0.25), (8, 0.25), (9, 0.125)] {
        assert!((stairs(None).at(i, 9) - exact).abs() < 1e-15, "at {i}");
    }
}

#[test]
fn exact_plateau() {
    let plateau = |tail| Schedule::Plateau { from: 1.0, to: 0.5, fall: 4, tail };
    for (tail, half) in [(Tail::Inverse, 2.0 / 3.0), (Tail::Linear, 0.75), (Tail::Cosine, 0.75)] {
        let seen = [0, 6, 8, 10, 12].map(|i| plateau(tail).at(i, 10));
        let exact = [1.0, 1.0, half, 0.5, 0.5];
        assert!(seen.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-15), "{tail:?}: {seen:?}");
    }
    // A fall longer than the run takes the run.
    assert!((plateau(Tail::Linear).at(1, 2) - 0.75).abs() < 1e-15);
}

#[test]
fn exact_warm_up() {
    let then = Schedule::Plateau { from: 1.0, to: 0.5, fall: 5, tail: Tail::Linear };
    let warm = Schedule::WarmUp { steps: 4, share: 0.2, then: Box::new(then) };
    let seen = [0, 1, 3, 4, 5, 10, 14].map(|i| warm.at(i, 14));
    let exact = [0.2, 0.4, 0.8, 1.0, 1.0, 0.9, 0.5];
    assert!(seen.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-15), "{seen:?}");
    assert_eq!(warm.start(), 1.0);
}
