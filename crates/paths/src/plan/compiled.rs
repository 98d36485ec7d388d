//! The equation compiled: what a path needs at every step, as programs over blocks.
//!
//! ```text
//! step      x' = Φ(t, h, x, ΔB)
//! smooth    G = g(Φ(t, T − t, x, ξ)),  p = ∂G/∂x          summed over ±ξ_m
//! slope     b = σ(t, x)ᵀ p / 2M
//! driver    f(t, x, z),  a = ∂f/∂z
//! terminal  g(x)
//! ```
//! What depends on t and ξ only is hoisted out of `smooth` and computed once a time step.

use ground::Result;
use ground::formula::{Expr, Program, Shape, hoist};

use crate::clock::Clock;
use crate::model::{At, Equation};
use crate::sde::Step;

/// The programs of one equation.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) dim: usize,
    pub(crate) step: Program,
    pub(crate) smooth: Program,
    /// From t and ξ to the numbers `smooth` takes beside x.
    pub(crate) hoisted: Program,
    /// Their lengths.
    pub(crate) widths: Vec<usize>,
    pub(crate) slope: Program,
    pub(crate) driver: Driver,
    /// The part of it that is of t alone.
    pub(crate) clock: Clock,
    pub(crate) terminal: Program,
}

/// f.
#[derive(Debug)]
pub(crate) enum Driver {
    /// f = 0.
    None,
    /// f(t, x).
    Source(Program),
    /// f(t, x, z) and ∂f/∂z.
    Controlled(Program),
}

impl Compiled {
    /// Compiles an equation with its step, for `samples` evaluations of the smoothed terminal value.
    pub(crate) fn new(equation: &Equation, step: &Step, samples: usize) -> Result<Self> {
        let At { t, x, z, .. } = equation.variables();
        let xi = Expr::variable("xi", Shape::Vector(equation.dim));
        let moved = step.to_the_end(equation, xi);
        let value = equation.terminal.substitute(&[(x, moved)]);
        let parts = hoist(&[value, value.gradient(x)], &[t, xi]);
        let mut inputs = vec![x];
        inputs.extend(parts.uniforms.iter().map(|(name, _)| *name));
        let definitions: Vec<Expr> = parts.uniforms.iter().map(|(_, e)| *e).collect();
        let p = Expr::variable("p", Shape::Vector(equation.dim));
        let slope = equation.sigma_transposed(p) / samples as f64;
        let driver = equation.driver()?;
        let nonlinear = driver.depends_on(z);
        Ok(Self {
            dim: equation.dim,
            step: Program::new(&[t, step.h, x, step.dw], &[vector(step.formula, equation.dim)]),
            smooth: Program::new(&inputs, &parts.outputs),
            hoisted: Program::new(&[t, xi], &definitions),
            widths: definitions.iter().map(|e| length(*e)).collect(),
            slope: Program::new(&[t, x, p], &[vector(slope, equation.dim)]),
            driver: if nonlinear {
                Driver::Controlled(Program::new(&[t, x, z], &[driver, driver.gradient(z)]))
            } else if driver.as_number() == Some(0.0) {
                Driver::None
            } else {
                Driver::Source(Program::new(&[t, x], &[driver]))
            },
            clock: Clock::of(equation)?,
            terminal: Program::new(&[x], &[equation.terminal]),
        })
    }

    /// Whether f depends on z.
    pub(crate) fn is_nonlinear(&self) -> bool {
        matches!(self.driver, Driver::Controlled(_))
    }

    /// Floating-point operations of one path at one step, without normal numbers and network.
    pub(crate) fn operations(&self, samples: usize) -> f64 {
        let driver = match &self.driver {
            Driver::None => 0,
            Driver::Source(program) | Driver::Controlled(program) => program.operations(),
        };
        let once = self.step.operations() + self.slope.operations() + driver;
        (once + samples * self.smooth.operations()) as f64
    }
}

/// A formula as a vector of length d: a number is repeated.
fn vector(formula: Expr, dim: usize) -> Expr {
    match formula.shape() {
        Shape::Vector(_) => formula,
        Shape::Scalar => formula + Expr::vector(&vec![0.0; dim]),
    }
}

fn length(formula: Expr) -> usize {
    match formula.shape() {
        Shape::Scalar => 1,
        Shape::Vector(n) => n,
    }
}
