//! Semilinear parabolic equations, method-free.
//!
//! ```text
//! u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f(t, x, u, z) = 0,   u(T, x) = g(x),   z = σᵀ∇u
//! ```
//! x ∈ R^d; μ(t, x) a vector; σ(t, x) a number times the identity, a diagonal, a constant matrix, or
//! a diagonal times a constant matrix; f may be written in z or in ∇u (`grad_u`), not in both.

use ground::formula::{Expr, Shape};
use ground::{Error, Result, array, linalg};

/// What a formula of the equation may name.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// Time.
    pub t: Expr,
    /// The point, of length d.
    pub x: Expr,
    /// u(t, x).
    pub u: Expr,
    /// σᵀ∇u, of length d.
    pub z: Expr,
    /// ∇u, of length d.
    pub grad_u: Expr,
}

impl At {
    /// The variables in d dimensions.
    pub fn new(dim: usize) -> Self {
        let vector = |name| Expr::variable(name, Shape::Vector(dim));
        Self {
            t: Expr::variable("t", Shape::Scalar),
            x: vector("x"),
            u: Expr::variable("u", Shape::Scalar),
            z: vector("z"),
            grad_u: vector("grad_u"),
        }
    }
}

/// σ.
#[derive(Clone, Debug, PartialEq)]
pub enum Diffusion {
    /// A number (or a formula for one) times the identity.
    Scalar(Expr),
    /// The diagonal, a formula for a vector.
    Diagonal(Expr),
    /// A constant d × d matrix, row by row.
    Matrix(Vec<f64>),
    /// diag(v) L: components with volatilities of their own and correlated noise.
    Correlated {
        /// v, a formula for a number or a vector.
        volatility: Expr,
        /// L, a constant d × d matrix, row by row; rows of length 1 where L Lᵀ is a correlation.
        factor: Vec<f64>,
    },
}

impl Diffusion {
    /// A number times the identity.
    pub fn scalar(sigma: f64) -> Self {
        Self::Scalar(Expr::number(sigma))
    }
}

impl Diffusion {
    /// Whether σ ≡ 0 by its formula.
    pub(crate) fn is_zero(&self) -> bool {
        let zero = |numbers: &[f64]| numbers.iter().all(|v| *v == 0.0);
        match self {
            Self::Scalar(sigma) | Self::Diagonal(sigma) => {
                sigma.as_constant().is_some_and(|numbers| zero(&numbers))
            }
            Self::Matrix(numbers) => zero(numbers),
            Self::Correlated { volatility, factor } => {
                zero(factor) || volatility.as_constant().is_some_and(|numbers| zero(&numbers))
            }
        }
    }
}

impl From<f64> for Diffusion {
    fn from(sigma: f64) -> Self {
        Self::scalar(sigma)
    }
}

impl From<Expr> for Diffusion {
    /// A number times the identity or a diagonal, by the shape.
    fn from(sigma: Expr) -> Self {
        match sigma.shape() {
            Shape::Scalar => Self::Scalar(sigma),
            Shape::Vector(_) => Self::Diagonal(sigma),
        }
    }
}

/// A semilinear parabolic equation. Formulas are traced once and never called in a loop.
///
/// An implementer need not think about time steps, paths or networks.
pub trait Parabolic {
    /// d.
    fn dim(&self) -> usize;
    /// T.
    fn horizon(&self) -> f64;
    /// μ, a vector; zero by default.
    fn drift(&self, at: At) -> Expr {
        0.0 * at.x
    }
    /// σ.
    fn diffusion(&self, at: At) -> Diffusion;
    /// f, a number.
    fn source(&self, at: At) -> Expr;
    /// g, a number.
    fn terminal(&self, x: Expr) -> Expr;
}

/// An equation written down on the spot, or traced from a [`Parabolic`].
///
/// ```
/// use paths::model::{At, Equation};
/// let lambda = 1.0;
/// let hjb = Equation::new(100, 1.0)
///     .diffusion(2f64.sqrt())
///     .source(move |At { z, .. }| -0.5 * lambda * z.dot(z))
///     .terminal(|x| (0.5 * (1.0 + x.dot(x))).ln());
/// assert!(hjb.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    /// d.
    pub dim: usize,
    /// T.
    pub horizon: f64,
    /// μ.
    pub drift: Expr,
    /// σ.
    pub diffusion: Diffusion,
    /// f.
    pub source: Expr,
    /// g.
    pub terminal: Expr,
}

impl Equation {
    /// u_t + ½Δu = 0 with zero data.
    pub fn new(dim: usize, horizon: f64) -> Self {
        let zero = Expr::number(0.0);
        let diffusion = Diffusion::scalar(1.0);
        Self { dim, horizon, drift: zero, diffusion, source: zero, terminal: zero }
    }

    /// μ.
    pub fn drift(self, mu: impl FnOnce(At) -> Expr) -> Self {
        Self { drift: mu(At::new(self.dim)), ..self }
    }

    /// σ, constant.
    pub fn diffusion(self, sigma: impl Into<Diffusion>) -> Self {
        Self { diffusion: sigma.into(), ..self }
    }

    /// σ, of t and x: a number times the identity, or the diagonal.
    pub fn diffusion_at(self, sigma: impl FnOnce(At) -> Expr) -> Self {
        Self { diffusion: sigma(At::new(self.dim)).into(), ..self }
    }

    /// f.
    pub fn source(self, f: impl FnOnce(At) -> Expr) -> Self {
        Self { source: f(At::new(self.dim)), ..self }
    }

    /// g.
    pub fn terminal(self, g: impl FnOnce(Expr) -> Expr) -> Self {
        Self { terminal: g(At::new(self.dim).x), ..self }
    }

    /// What its formulas may name.
    pub fn variables(&self) -> At {
        At::new(self.dim)
    }

    /// Whether f depends on z or ∇u.
    pub fn is_nonlinear(&self) -> bool {
        let At { z, grad_u, .. } = self.variables();
        self.source.depends_on(z) || self.source.depends_on(grad_u)
    }

    /// Whether f depends on u.
    pub fn depends_on_value(&self) -> bool {
        self.source.depends_on(self.variables().u)
    }

    /// Whether f is of first degree in u and z, as far as its formula shows.
    pub fn is_linear_in_values(&self) -> Result<bool> {
        let At { u, z, .. } = self.variables();
        let f = self.driver()?;
        let slopes = [f.gradient(u), f.gradient(z)];
        Ok(slopes.iter().all(|slope| !slope.depends_on(u) && !slope.depends_on(z)))
    }

    /// f(t, x, u, z): ∇u is replaced by σ^(−T) z.
    pub fn driver(&self) -> Result<Expr> {
        let At { z, grad_u, .. } = self.variables();
        if !self.source.depends_on(grad_u) {
            return Ok(self.source);
        }
        let singular = || {
            Error::input("model.diffusion", "σ is singular, so ∇u does not follow from σᵀ∇u")
                .allowed("Write model.source in z, or make σ invertible")
        };
        let p = match &self.diffusion {
            Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => {
                if sigma.as_number() == Some(0.0) {
                    return Err(singular());
                }
                z / *sigma
            }
            Diffusion::Matrix(sigma) => self.divided(z, sigma).map_err(|_| singular())?,
            Diffusion::Correlated { volatility, factor } => {
                if volatility.as_number() == Some(0.0) {
                    return Err(singular());
                }
                self.divided(z, factor).map_err(|_| singular())? / *volatility
            }
        };
        Ok(self.source.substitute(&[(grad_u, p)]))
    }

    /// A^(−T) z for a constant matrix A.
    fn divided(&self, z: Expr, matrix: &[f64]) -> Result<Expr> {
        let d = self.dim;
        let inverse = linalg::inverse(&array::rows(d, d, matrix))?;
        Ok(z.times_matrix(d, d, &inverse.t().iter().copied().collect::<Vec<f64>>()))
    }

    /// σᵀ p for a vector formula p.
    pub fn sigma_transposed(&self, p: Expr) -> Expr {
        let d = self.dim;
        let transposed = |matrix: &[f64]| -> Vec<f64> {
            (0..d * d).map(|at| matrix[(at % d) * d + at / d]).collect()
        };
        match &self.diffusion {
            Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => *sigma * p,
            Diffusion::Matrix(sigma) => p.times_matrix(d, d, &transposed(sigma)),
            Diffusion::Correlated { volatility, factor } => {
                (*volatility * p).times_matrix(d, d, &transposed(factor))
            }
        }
    }

    /// σ w for a vector formula w.
    pub fn sigma_times(&self, w: Expr) -> Expr {
        match &self.diffusion {
            Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => *sigma * w,
            Diffusion::Matrix(sigma) => w.times_matrix(self.dim, self.dim, sigma),
            Diffusion::Correlated { volatility, factor } => {
                *volatility * w.times_matrix(self.dim, self.dim, factor)
            }
        }
    }

    /// Whether it is an equation that can be solved here.
    pub fn check(&self) -> Result<()> {
        if self.dim == 0 {
            return Err(Error::input("model.dim", "`0` is no dimension")
                .allowed("A whole number, at least 1"));
        }
        if !(self.horizon.is_finite() && self.horizon > 0.0) {
            return Err(Error::input("model.horizon", format!("`{}` is no time", self.horizon))
                .allowed("A positive number"));
        }
        self.check_coefficients()?;
        self.check_data()
    }

    fn check_coefficients(&self) -> Result<()> {
        let at = self.variables();
        self.names_only("model.drift", self.drift, &[("t", at.t), ("x", at.x)])?;
        fits("model.drift", self.drift, self.dim)?;
        match &self.diffusion {
            Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => {
                self.names_only("model.diffusion", *sigma, &[("t", at.t), ("x", at.x)])?;
                fits("model.diffusion", *sigma, self.dim)
            }
            Diffusion::Matrix(sigma) => self.square("σ", sigma),
            Diffusion::Correlated { volatility, factor } => {
                let key = "model.diffusion.volatility";
                self.names_only(key, *volatility, &[("t", at.t), ("x", at.x)])?;
                fits(key, *volatility, self.dim)?;
                self.square("the factor of σ", factor)
            }
        }
    }

    /// An error unless a matrix has d² numbers.
    fn square(&self, what: &str, matrix: &[f64]) -> Result<()> {
        let (n, d) = (matrix.len(), self.dim);
        if n == d * d {
            return Ok(());
        }
        Err(Error::input("model.diffusion", format!("the matrix has {n} numbers"))
            .allowed(format!("{what} is a {d} x {d} matrix here, d² = {} numbers", d * d)))
    }

    fn check_data(&self) -> Result<()> {
        let at = self.variables();
        if self.source.depends_on(at.z) && self.source.depends_on(at.grad_u) {
            return Err(Error::input("model.source", "the driver names both z and grad_u")
                .allowed("Write it in z = σᵀ∇u or in grad_u, not in both"));
        }
        number("model.source", self.source)?;
        self.names_only("model.terminal", self.terminal, &[("x", at.x)])?;
        number("model.terminal", self.terminal)
    }

    /// An error unless `formula` names nothing but `allowed` of the equation's variables.
    fn names_only(&self, key: &str, formula: Expr, allowed: &[(&str, Expr)]) -> Result<()> {
        let at = self.variables();
        let all = [("t", at.t), ("x", at.x), ("u", at.u), ("z", at.z), ("grad_u", at.grad_u)];
        let foreign = all
            .iter()
            .find(|(_, v)| formula.depends_on(*v) && allowed.iter().all(|(_, known)| known != v));
        let Some((name, _)) = foreign else { return Ok(()) };
        let known: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
        Err(Error::input(key, format!("`{name}` is not defined here"))
            .allowed(format!("Known here: {}", known.join(", "))))
    }
}

fn number(key: &str, formula: Expr) -> Result<()> {
    match formula.shape() {
        Shape::Scalar => Ok(()),
        Shape::Vector(n) => {
            Err(Error::input(key, format!("the formula gives a vector of length {n}"))
                .allowed("It must give one number; use sum, mean, dot or a component"))
        }
    }
}

fn fits(key: &str, formula: Expr, dim: usize) -> Result<()> {
    match formula.shape() {
        Shape::Vector(n) if n != dim => {
            Err(Error::input(key, format!("the formula gives a vector of length {n}"))
                .allowed(format!("It must give a number or a vector of length {dim}")))
        }
        _ => Ok(()),
    }
}

impl Parabolic for Equation {
    fn dim(&self) -> usize {
        self.dim
    }
    fn horizon(&self) -> f64 {
        self.horizon
    }
    fn drift(&self, _: At) -> Expr {
        self.drift
    }
    fn diffusion(&self, _: At) -> Diffusion {
        self.diffusion.clone()
    }
    fn source(&self, _: At) -> Expr {
        self.source
    }
    fn terminal(&self, _: Expr) -> Expr {
        self.terminal
    }
}

impl<P: Parabolic + ?Sized> From<&P> for Equation {
    /// Traces the formulas.
    fn from(model: &P) -> Self {
        let at = At::new(model.dim());
        Self {
            dim: model.dim(),
            horizon: model.horizon(),
            drift: model.drift(at),
            diffusion: model.diffusion(at),
            source: model.source(at),
            terminal: model.terminal(at.x),
        }
    }
}
