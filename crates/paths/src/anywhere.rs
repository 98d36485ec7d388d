//! The trained function anywhere: Z(t, x), and an estimate of u(t, x).
//!
//! u is the mean of y₀ on fresh paths from (t, x), as many steps as the finest level, the learned Z
//! as control variate; its error is that of sampling alone. Z is the learned value: how far it may
//! be off is what R² indicates, where training paths go; elsewhere nothing is known.

use frame::Solution;
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::answer::Value;
use crate::plan::{Fresh, PathPlan};

/// Paths behind one value of u.
const PATHS: usize = 1024;
/// Newton steps to it, where the driver depends on u.
const ROUNDS: usize = 4;

/// The trained function at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// u(t, x).
    pub u: Estimate,
    /// Z(t, x) = σᵀ∇u, `[d]`.
    pub z: Vec<f64>,
}

/// A solution that can be asked anywhere.
pub trait Anywhere {
    /// u and Z at (t, x), 0 ≤ t < T.
    fn at(&mut self, t: f64, x: &[f64]) -> Result<Point>;

    /// Z(t, x) = σᵀ∇u alone, `[d]`, 0 ≤ t < T.
    fn z(&self, t: f64, x: &[f64]) -> Result<Vec<f64>>;
}

impl Anywhere for Solution<Value, PathPlan> {
    fn z(&self, t: f64, x: &[f64]) -> Result<Vec<f64>> {
        let equation = &self.functional.problem.equation;
        let (dim, horizon) = (equation.dim, equation.horizon);
        if x.len() != dim || x.iter().any(|v| !v.is_finite()) {
            return Err(Error::input("x", format!("a point of {} components", x.len()))
                .allowed(format!("{dim} finite numbers")));
        }
        if !(0.0..horizon).contains(&t) {
            return Err(Error::input("t", format!("the time {t}"))
                .allowed(format!("From 0 to below T = {horizon}, where u = g")));
        }
        Ok(self.functional.slope_at(&self.params, t, x))
    }

    fn at(&mut self, t: f64, x: &[f64]) -> Result<Point> {
        let z = self.z(t, x)?;
        let problem = &self.functional.problem;
        let steps = problem.levels[problem.levels.len() - 1];
        let nonlinear = problem.equation.is_nonlinear();
        let kappa = if nonlinear { 1.0 } else { 0.0 };
        let rounds = if problem.equation.depends_on_value() { ROUNDS } else { 1 };
        let stream = &Stream::new(self.functional.seed()).child("anywhere");
        let mut u = Estimate { mean: self.functional.pilot().m_g, stderr: f64::NAN, n: 0 };
        for _ in 0..rounds {
            let fresh = Fresh {
                what: "paths from a point",
                levels: 0..1,
                from: Some((t, x, steps)),
                start: &[u.mean],
                kappa,
                n: PATHS,
                stream,
                pivot: 0.0,
            };
            let paths = self.functional.evaluate(&self.params, &fresh, &mut ())?;
            u = Estimate::with_controls(&paths[0].value, &[&paths[0].control]);
        }
        Ok(Point { u, z })
    }
}
