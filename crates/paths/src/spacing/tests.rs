//! Grids: their ends, their nesting, their lengths, and what is refused.

use super::*;

fn all(horizon: f64) -> Vec<Spacing> {
    let given = [0.0, 0.1, 0.15, 0.6, 1.0].map(|part| part * horizon);
    let powers = [0.3, 0.5, 1.0, 4.0 / 3.0, 2.0, 3.7].map(Spacing::power);
    [Spacing::default(), Spacing::times(given)].into_iter().chain(powers).collect()
}

#[test]
fn exact_ends_and_lengths() {
    let horizon = 0.7;
    for spacing in all(horizon) {
        for steps in [4, 8, 24] {
            let Cut { times, lengths } = spacing.cut((0.0, horizon), steps);
            assert_eq!((times.len(), lengths.len(), times[0]), (steps, steps, 0.0), "{spacing:?}");
            let least = lengths.iter().copied().fold(horizon, f64::min);
            assert!((spacing.shortest(horizon, steps) / least - 1.0).abs() < 1e-12, "{spacing:?}");
            for (n, h) in lengths.iter().enumerate() {
                let next = times.get(n + 1).copied().unwrap_or(horizon);
                assert!((next - times[n] - h).abs() < 1e-15, "{spacing:?}: step {n} of {steps}");
            }
        }
    }
}

#[test]
fn exact_power_law() {
    let Cut { times, lengths } = Spacing::power(2.0).cut((0.5, 2.5), 4);
    for (found, due) in times.iter().zip([0.5, 1.375, 2.0, 2.375]) {
        assert!((found - due).abs() < 1e-15, "{times:?}");
    }
    for (found, due) in lengths.iter().zip([0.875, 0.625, 0.375, 0.125]) {
        assert!((found - due).abs() < 1e-15, "{lengths:?}");
    }
    // The last of many steps has all its digits, though T − t has lost some.
    let steps = Spacing::power(5.0).cut((0.0, 1.0), 200);
    assert!((steps.lengths[199] * 200f64.powi(5) - 1.0).abs() < 1e-13);
}

#[test]
fn invariant_times_of_a_level_are_times_of_the_finer_ones() {
    let horizon = 0.7;
    for spacing in all(horizon) {
        let fine = spacing.cut((0.0, horizon), 48);
        for steps in [4, 8, 16, 24] {
            let ratio = 48 / steps;
            let coarse = spacing.cut((0.0, horizon), steps);
            for n in 0..steps {
                let off = (coarse.times[n] - fine.times[n * ratio]).abs();
                let bound = if spacing.is_uniform() { 1e-15 } else { 0.0 };
                assert!(off <= bound, "{spacing:?}: time {n} of {steps} is off by {off:e}");
                let sum: f64 = fine.lengths[n * ratio..(n + 1) * ratio].iter().sum();
                assert!((coarse.lengths[n] - sum).abs() < 1e-15, "{spacing:?}: step {n}");
            }
        }
    }
}

/// Σ h_n² c(t_n) by levels of 2^k steps: the order that is claimed.
#[test]
fn order_of_sums_over_steps() {
    for power in [0.25, 0.4, 0.75, 1.5, 3.0] {
        let spacing = Spacing::power(power);
        let sum = |steps: usize| -> f64 {
            let Cut { times, lengths } = spacing.cut((0.0, 1.0), steps);
            times.iter().zip(lengths).map(|(t, h)| h * h * (1.0 + t)).sum()
        };
        let seen = (sum(1 << 14) / sum(1 << 15)).log2();
        let due = spacing.order();
        assert!((seen - due).abs() < 0.1, "power {power}: order {seen}, not {due}");
    }
}

fn refusal(spacing: &Spacing, levels: &[usize]) -> String {
    spacing.check(1.0, levels).unwrap_err().to_string()
}

#[test]
fn refuses_what_is_no_grid() {
    assert!(Spacing::times([0.0, 0.2, 1.0]).check(1.0, &[2, 4]).is_ok());
    assert!(Spacing::times([0.0, 0.1 + 0.2]).check(0.3, &[1]).is_ok(), "0.30000000000000004");
    let finest = Spacing::power(8.0);
    assert!(finest.check(1.0, &[10]).is_ok());
    assert_eq!(
        refusal(&finest, &[80]),
        "problem.grid.power: the shortest of 80 steps is 6.0e-16 T. Steps of at least 1e-12 T, \
         which rounding leaves alone."
    );
    for power in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert!(refusal(&Spacing::power(power), &[4]).contains("is no power"));
    }
    assert!(refusal(&Spacing::times([]), &[1]).contains("fewer than 2 times"));
    assert!(refusal(&Spacing::times([0.0, f64::NAN, 1.0]), &[2]).contains("is followed by `NaN`"));
    assert_eq!(
        refusal(&Spacing::times([0.0, 0.5, 1.0]), &[2, 3, 6]),
        "problem.steps: 3 steps do not cut the 2 intervals of problem.grid into equal parts. \
         Multiples of 2."
    );
}
