//! The equation compiled: what a path needs at every step, as programs over blocks.
//!
//! ```text
//! step      x' = Φ(t, h, x, ΔB)
//! smooth    G = g(Φ(t, T − t, x, ξ)),  p = ∂G/∂x          summed over ±ξ_m
//! slope     b = σ(t, x)ᵀ p / 2M
//! driver    f(t, x, z, u),  a = ∂f/∂z,  β = ∂f/∂u
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

/// f and what is needed of its derivatives.
#[derive(Debug)]
pub(crate) struct Driver {
    /// From t and x, and z and u where it depends on them, to f, a and β; none where f = 0.
    pub(crate) program: Option<Program>,
    /// Whether it depends on z.
    pub(crate) of_z: bool,
    /// Whether it depends on u.
    pub(crate) of_u: bool,
}

impl Compiled {
    /// Compiles an equation with its step, for `samples` evaluations of the smoothed terminal value.
    pub(crate) fn new(equation: &Equation, step: &Step, samples: usize) -> Result<Self> {
        let At { t, x, .. } = equation.variables();
        let xi = Expr::variable("xi", Shape::Vector(equation.dim));
        let moved = step.to_the_end(equation, xi);
        let value = equation.terminal.substitute(&[(x, moved)]);
        let parts = hoist(&[value, value.gradient(x)], &[t, xi]);
        let mut inputs = vec![x];
        inputs.extend(parts.uniforms.iter().map(|(name, _)| *name));
        let definitions: Vec<Expr> = parts.uniforms.iter().map(|(_, e)| *e).collect();
        let p = Expr::variable("p", Shape::Vector(equation.dim));
        let slope = equation.sigma_transposed(p) / samples as f64;
        Ok(Self {
            dim: equation.dim,
            step: Program::new(&[t, step.h, x, step.dw], &[vector(step.formula, equation.dim)]),
            smooth: Program::new(&inputs, &parts.outputs),
            hoisted: Program::new(&[t, xi], &definitions),
            widths: definitions.iter().map(|e| length(*e)).collect(),
            slope: Program::new(&[t, x, p], &[vector(slope, equation.dim)]),
            driver: Driver::new(equation)?,
            clock: Clock::of(equation)?,
            terminal: Program::new(&[x], &[equation.terminal]),
        })
    }

    /// Floating-point operations of one path at one step, without normal numbers and network.
    pub(crate) fn operations(&self, samples: usize) -> f64 {
        let driver = self.driver.program.as_ref().map_or(0, Program::operations);
        let once = self.step.operations() + self.slope.operations() + driver;
        (once + samples * self.smooth.operations()) as f64
    }
}

impl Driver {
    fn new(equation: &Equation) -> Result<Self> {
        let At { t, x, z, u, .. } = equation.variables();
        let f = equation.driver()?;
        let (of_z, of_u) = (f.depends_on(z), f.depends_on(u));
        let (mut inputs, mut outputs) = (vec![t, x], vec![f]);
        for variable in [(of_z, z), (of_u, u)].into_iter().filter_map(|(of, v)| of.then_some(v)) {
            inputs.push(variable);
            outputs.push(f.gradient(variable));
        }
        let is_zero = f.as_number() == Some(0.0);
        let program = (!is_zero).then(|| Program::new(&inputs, &outputs));
        Ok(Self { program, of_z, of_u })
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
