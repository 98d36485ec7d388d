//! Rates and weights in time.

use std::f64::consts::PI;

/// A number that depends on the iteration i of n.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// The same always.
    Constant(f64),
    /// From `from` to `to` along half a cosine: to + (from − to)(1 + cos πi/n)/2.
    Cosine {
        /// At the start.
        from: f64,
        /// At the end.
        to: f64,
    },
    /// From `from` to `to`, the logarithm linear in i.
    Exponential {
        /// At the start.
        from: f64,
        /// At the end.
        to: f64,
    },
    /// `values[k]` for iterations `at[k-1] <= i < at[k]`: one value more than boundaries.
    Steps {
        /// The boundaries, increasing.
        at: Vec<u64>,
        /// The values between them.
        values: Vec<f64>,
    },
}

impl Schedule {
    /// The number at iteration i of n.
    pub fn at(&self, i: u64, n: u64) -> f64 {
        let part = if n == 0 { 0.0 } else { i.min(n) as f64 / n as f64 };
        match self {
            Self::Constant(value) => *value,
            Self::Cosine { from, to } => to + (from - to) * 0.5 * (1.0 + (PI * part).cos()),
            Self::Exponential { from, to } => from * (to / from).powf(part),
            Self::Steps { at, values } => values[at.partition_point(|&boundary| boundary <= i)],
        }
    }
}

#[cfg(test)]
mod tests {
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
}
