//! Rates and weights in time.
//!
//! A schedule is a function of the iteration i of n. What falls is of the value r₀ at the start and
//! of r₁ at the end; a warm-up stands in front of another schedule, which then has the rest of the
//! iterations.

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
    /// From `from` towards `to` in steps: from · r^⌊i/every⌋, never below `to`. r is `ratio`, or what
    /// would reach `to` at n: (to/from)^(every/n).
    Staircase {
        /// At the start.
        from: f64,
        /// The lowest.
        to: f64,
        /// Iterations that a value holds, at least 1.
        every: u64,
        /// The factor between a value and the next.
        ratio: Option<f64>,
    },
    /// `from` until `fall` iterations are left, then from it to `to`.
    Plateau {
        /// Until the fall.
        from: f64,
        /// At the end.
        to: f64,
        /// Iterations of the fall, at least 1; all where there are not so many.
        fall: u64,
        /// How it falls.
        tail: Tail,
    },
    /// A straight line from `share` times the start of `then` to that start, over `steps` iterations;
    /// then `then` over the n − steps that remain.
    WarmUp {
        /// Iterations of the rise.
        steps: u64,
        /// Where it begins, as a share of where it ends.
        share: f64,
        /// What follows.
        then: Box<Schedule>,
    },
    /// `values[k]` for iterations `at[k-1] <= i < at[k]`: one value more than boundaries.
    Steps {
        /// The boundaries, increasing.
        at: Vec<u64>,
        /// The values between them.
        values: Vec<f64>,
    },
}

/// How a plateau ends. x goes from 0 to 1 over the fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// The reciprocal linear in x: 1/(x/to + (1 − x)/from).
    Inverse,
    /// Linear in x: from + (to − from) x.
    Linear,
    /// Half a cosine: to + (from − to)(1 + cos πx)/2.
    Cosine,
}

impl Tail {
    fn at(self, [from, to]: [f64; 2], x: f64) -> f64 {
        match self {
            Self::Inverse => 1.0 / (x / to + (1.0 - x) / from),
            Self::Linear => from + (to - from) * x,
            Self::Cosine => cosine([from, to], x),
        }
    }
}

/// Half a cosine over x from 0 to 1.
fn cosine([from, to]: [f64; 2], x: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * x).cos())
}

impl Schedule {
    /// The number at the start, warm-up aside: what other numbers are compared with that fall in
    /// proportion.
    pub fn start(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Cosine { from, .. }
            | Self::Exponential { from, .. }
            | Self::Staircase { from, .. }
            | Self::Plateau { from, .. } => *from,
            Self::WarmUp { then, .. } => then.start(),
            Self::Steps { values, .. } => values[0],
        }
    }

    /// The number at iteration i of n.
    pub fn at(&self, i: u64, n: u64) -> f64 {
        let part = if n == 0 { 0.0 } else { i.min(n) as f64 / n as f64 };
        match self {
            Self::Constant(value) => *value,
            Self::Cosine { from, to } => cosine([*from, *to], part),
            Self::Exponential { from, to } => from * (to / from).powf(part),
            Self::Staircase { from, to, every, ratio } => {
                let steps = i.min(n) / (*every).max(1);
                let r =
                    ratio.unwrap_or_else(|| ((to / from).ln() / (n as f64 / *every as f64)).exp());
                (from * r.powf(steps as f64)).max(*to)
            }
            Self::Plateau { from, to, fall, tail } => {
                let fall = (*fall).clamp(1, n.max(1));
                let gone = i.min(n).saturating_sub(n.saturating_sub(fall));
                if gone == 0 { *from } else { tail.at([*from, *to], gone as f64 / fall as f64) }
            }
            Self::WarmUp { steps, share, then } if i < *steps => {
                let (low, high) = (share * then.start(), then.start());
                low + (high - low) * (i as f64 / *steps as f64)
            }
            Self::WarmUp { steps, then, .. } => then.at(i - steps, n.saturating_sub(*steps)),
            Self::Steps { at, values } => values[at.partition_point(|&boundary| boundary <= i)],
        }
    }
}

#[cfg(test)]
mod tests;
