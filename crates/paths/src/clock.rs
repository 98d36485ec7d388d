//! The part of the driver that is of t alone: it needs no path, and no step.
//!
//! ```text
//! f(t, x, z) = c(t) + r(t, x, z)
//! y₀ = g(X_N) + Σ h_n r + ∫c dt − Σ Z·ΔB
//! ```
//! Paths take h f at the start of every step; ∫c dt − Σ h_n c(t_n) is added to y₀. What is of x as well
//! is left to the steps; whether they see how it varies in t is asked at a few spots ([`strobe`]).

use ground::Result;
use ground::formula::Expr;
use ground::quadrature;

use crate::model::{At, Equation};
use crate::spacing::{Cut, Spacing};

/// c(t), from the formula of the driver.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clock {
    c: Expr,
    t: Expr,
    horizon: f64,
}

impl Clock {
    /// The terms of the driver that are of t alone; none where it depends on u, whose value at every
    /// step they change.
    pub(crate) fn of(equation: &Equation) -> Result<Self> {
        let At { t, x, u, z, .. } = equation.variables();
        let driver = equation.driver()?;
        let c = if driver.depends_on(u) { Expr::number(0.0) } else { driver.apart_from(&[x, z]).0 };
        Ok(Self { c, t, horizon: equation.horizon })
    }

    /// c.
    pub(crate) fn formula(&self) -> Expr {
        self.c
    }

    /// ∫c dt − Σ h_n c(t_n) over steps of lengths h_n that begin at `times`.
    pub(crate) fn beyond(&self, times: &[f64], lengths: &[f64]) -> f64 {
        if !self.c.depends_on(self.t) {
            return 0.0;
        }
        let c = |t: f64| self.c.evaluate(&[(self.t, &[t])])[0];
        let from = times.first().copied().unwrap_or(self.horizon);
        let sum: f64 = times.iter().zip(lengths).map(|(&t, h)| h * c(t)).sum();
        quadrature::panels(c, from, self.horizon) - sum
    }
}

/// Where a formula is looked at: x̂, a value of u, and z.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<'a> {
    /// x̂.
    pub(crate) point: &'a [f64],
    /// u.
    pub(crate) value: f64,
    /// z.
    pub(crate) slope: &'a [f64],
}

/// ∫F dt at a spot, extrapolated from the levels' sums Σ h_n F(t_n) with the given order, and itself.
pub(crate) fn strobe(
    formula: Expr,
    (variables, spot): (At, Spot<'_>),
    (spacing, horizon): (&Spacing, f64),
    (levels, order): (&[usize], f64),
) -> [f64; 2] {
    let At { t, x, u, z, .. } = variables;
    let Spot { point, value, slope } = spot;
    let at =
        |time: f64| formula.evaluate(&[(t, &[time]), (x, point), (u, &[value]), (z, slope)])[0];
    let sum = |steps: usize| {
        let Cut { times, lengths } = spacing.cut((0.0, horizon), steps);
        times.iter().zip(lengths).map(|(&t, h)| h * at(t)).sum::<f64>()
    };
    let (first, last) = (levels[0], levels[levels.len() - 1]);
    let ratio = (last as f64 / first as f64).powf(order);
    let seen = (ratio * sum(last) - sum(first)) / (ratio - 1.0);
    [seen, quadrature::panels(at, 0.0, horizon)]
}
