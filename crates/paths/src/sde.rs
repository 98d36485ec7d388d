//! Euler–Maruyama and exact paths.
//!
//! ```text
//! dX = μ(t, X) dt + σ(t, X) dB
//! constant coefficients       X ← X + μ h + σ ΔB                         (exact)
//! geometric Brownian motion   X ← X ∘ exp((μ − σ²/2) h + σ ΔB)           (exact)
//!   correlated, σ = diag(v) L X ← X ∘ exp((μ − ½ v²∘l²) h + v∘(L ΔB)), l_i = |row i of L|  (exact)
//! Ornstein–Uhlenbeck          X ← X + φ∘μ(X) + s∘(σ ΔB), see `reversion`     (exact)
//! else, Euler–Maruyama        X ← X + μ(t, X) h + σ(t, X) ΔB             (weak order 1)
//! ```
//! The law is recognised from the formulas, never from samples.

pub(crate) mod reversion;

use std::fmt;

use ground::formula::{Expr, Shape};
use ground::{Error, Result};

use crate::case::Scheme;
use crate::model::{Diffusion, Equation};
use reversion::Reversion;

/// The law of the paths, as far as it is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// μ and σ are constant.
    Constant,
    /// μ and σ are proportional to x, component by component.
    Geometric,
    /// μ is affine in x, component by component, with constant coefficients; σ is constant.
    OrnsteinUhlenbeck,
    /// Anything else.
    General,
}

/// How paths step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What was recognised.
    pub law: Law,
    /// Whether a step has the exact law, whatever its length.
    pub exact: bool,
    /// X after the step: a formula of `t`, `h`, `x` and `dw`.
    pub formula: Expr,
    /// The variable `h`, a number.
    pub h: Expr,
    /// The variable `dw`, a vector.
    pub dw: Expr,
}

impl Step {
    /// The step of an equation under a scheme.
    pub fn new(equation: &Equation, scheme: Scheme) -> Result<Self> {
        let (law, exact_formula) = recognise(equation);
        let known = law != Law::General;
        if scheme == Scheme::Exact && !known {
            let found = "exact steps are not known for this drift and diffusion";
            return Err(Error::input("problem.scheme", found).allowed(
                "They are for constant coefficients, geometric Brownian motion and \
                 Ornstein-Uhlenbeck processes; use \"euler\" or \"auto\"",
            ));
        }
        let exact = known && (scheme != Scheme::Euler || law == Law::Constant);
        let formula = if exact { exact_formula } else { euler(equation) };
        let (h, dw) = variables(equation.dim);
        Ok(Self { law, exact, formula, h, dw })
    }

    /// One step from t to T, driven by √(T − t) ξ: what smooths the terminal value. A formula of
    /// `t`, `x` and `xi`.
    pub fn to_the_end(&self, equation: &Equation, xi: Expr) -> Expr {
        let left = equation.horizon - equation.variables().t;
        self.formula.substitute(&[(self.h, left), (self.dw, left.sqrt() * xi)])
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let law = match self.law {
            Law::Constant => "constant coefficients",
            Law::Geometric => "geometric Brownian motion",
            Law::OrnsteinUhlenbeck => "Ornstein–Uhlenbeck",
            Law::General => "general coefficients",
        };
        write!(f, "{law}, {}", if self.exact { "exact steps" } else { "Euler–Maruyama steps" })
    }
}

fn variables(dim: usize) -> (Expr, Expr) {
    (Expr::variable("h", Shape::Scalar), Expr::variable("dw", Shape::Vector(dim)))
}

fn euler(equation: &Equation) -> Expr {
    let (h, dw) = variables(equation.dim);
    equation.variables().x + equation.drift * h + equation.sigma_times(dw)
}

/// The law and its exact step (Euler's, where the law is general).
fn recognise(equation: &Equation) -> (Law, Expr) {
    let at = equation.variables();
    let (h, dw) = variables(equation.dim);
    let constant = |e: Expr| !e.depends_on(at.t) && !e.depends_on(at.x);
    let sigma = match &equation.diffusion {
        Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => Some(*sigma),
        Diffusion::Correlated { volatility, .. } => Some(*volatility),
        Diffusion::Matrix(_) => None,
    };
    if constant(equation.drift) && sigma.is_none_or(constant) {
        return (Law::Constant, euler(equation));
    }
    // The noise of a component and its variance, both for volatility 1.
    let (noise, variance) = match &equation.diffusion {
        Diffusion::Correlated { factor, .. } => {
            let d = equation.dim;
            (dw.times_matrix(d, d, factor), squared_rows(factor, d))
        }
        _ => (dw, Expr::number(1.0)),
    };
    let geometric = || {
        let rate = if equation.drift.as_number() == Some(0.0) {
            Expr::number(0.0)
        } else {
            equation.drift.linear_in(at.x)?
        };
        let volatility = sigma?.linear_in(at.x)?;
        (constant(rate) && constant(volatility)).then_some((rate, volatility))
    };
    if let Some((mu, sigma)) = geometric() {
        let growth = (mu - 0.5 * sigma * sigma * variance) * h + sigma * noise;
        return (Law::Geometric, at.x * growth.exp());
    }
    match Reversion::of(equation) {
        Some(reversion) => (Law::OrnsteinUhlenbeck, reversion.step(equation, h, dw)),
        None => (Law::General, euler(equation)),
    }
}

/// The squared lengths of the rows of a d × d matrix; 1 where they are that but for rounding.
fn squared_rows(matrix: &[f64], d: usize) -> Expr {
    let squares: Vec<f64> =
        matrix.chunks(d).map(|row| row.iter().map(|l| l * l).sum::<f64>()).collect();
    if squares.iter().all(|square| (square - 1.0).abs() < 1e-12) {
        return Expr::number(1.0);
    }
    Expr::vector(&squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(equation: &Equation) -> (Law, bool) {
        let step = Step::new(equation, Scheme::Auto).unwrap();
        (step.law, step.exact)
    }

    #[test]
    fn exact_recognition() {
        let plain = Equation::new(3, 1.0).diffusion(2f64.sqrt());
        assert_eq!(law(&plain), (Law::Constant, true));
        let drifted = plain.clone().drift(|_| Expr::vector(&[1.0, 2.0, 3.0]));
        assert_eq!(law(&drifted), (Law::Constant, true));
        let matrix = plain.clone().diffusion(Diffusion::Matrix(vec![1.0; 9]));
        assert_eq!(law(&matrix), (Law::Constant, true));
        let geometric = plain.clone().drift(|at| 0.05 * at.x).diffusion_at(|at| at.x * 0.2);
        assert_eq!(law(&geometric), (Law::Geometric, true));
        let correlated = geometric.clone().diffusion(Diffusion::Correlated {
            volatility: geometric.variables().x * 0.2,
            factor: vec![1.0, 0.0, 0.0, 0.6, 0.8, 0.0, 0.0, 0.6, 0.8],
        });
        assert_eq!(law(&correlated), (Law::Geometric, true));
        let driftless = Equation::new(3, 1.0).diffusion_at(|at| at.x * 0.2);
        assert_eq!(law(&driftless), (Law::Geometric, true));
        let reverting = plain.clone().drift(|at| 1.0 - at.x);
        assert_eq!(law(&reverting), (Law::OrnsteinUhlenbeck, true));
        assert_eq!(
            Step::new(&reverting, Scheme::Auto).unwrap().to_string(),
            "Ornstein–Uhlenbeck, exact steps"
        );
        assert!(!Step::new(&reverting, Scheme::Euler).unwrap().exact);
        let in_time = Equation::new(3, 1.0).diffusion_at(|at| at.t + 1.0);
        assert_eq!(law(&in_time), (Law::General, false));
        let mixed = plain.drift(|at| at.t * at.x);
        assert_eq!(law(&mixed), (Law::General, false));
    }

    #[test]
    fn refuses_exact_steps_of_a_general_law() {
        let bistable = Equation::new(2, 1.0).drift(|at| at.x - at.x.powi(3));
        let error = Step::new(&bistable, Scheme::Exact).unwrap_err();
        assert_eq!(
            error.to_string(),
            "problem.scheme: exact steps are not known for this drift and diffusion. They are for \
             constant coefficients, geometric Brownian motion and Ornstein-Uhlenbeck processes; use \
             \"euler\" or \"auto\"."
        );
    }
}
