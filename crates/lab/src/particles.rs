//! The particle method: the gradient flow of a two-layer network as m particles that move. [EMW20]
//!
//! ```text
//! f(x) = s Σ_j a_j σ(b_j·x),  u_j = (a_j, b_j),  R = E (f − f*)²,  s = 1/m (mean field) or 1 (plain)
//! du_j/dt = −∇V(u_j) = −m ∇_{u_j} R      V(u) = 2 E (f − f*) a σ(b·x)      (mean field)
//! du_j/dt = −∇_{u_j} R                                                      (plain)
//! ```
//! In the mean field f stands for ∫ aσ(b·x) dρ with ρ = (1/m) Σ δ_{u_j}. Model A moves the a alone, model B
//! moves a and b. Along the flow, exactly:
//!
//! - m particles and the same ones k times over have one f (mean field only);
//! - a_j² − ‖b_j‖² stays, for ReLU and model B;
//! - dR/dt = −(1/m) Σ ‖∇V(u_j)‖², plain −Σ ‖∇_{u_j} R‖².
//!
//! The smoothed method puts a Gaussian bump of width h on every particle: [`Neuron::Smoothed`].
//!
//! [`Particles`] hold u, a [`Risk`] knows R and its gradient, a [`ParticleFlow`] moves: by explicit steps
//! of Euler, or as a [`Functional`] by any descent of the frame, [`frame::GradientFlow`] among them.

mod empirical;
mod neuron;
mod population;

pub use empirical::Empirical;
pub use neuron::Neuron;
pub use population::Population;

use frame::{Batch, Functional, Layout, Params, Precision, Work};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

/// The u_j.
#[derive(Clone, Debug, PartialEq)]
pub struct Particles {
    /// Numbers of a point x.
    pub d: usize,
    /// `[m]`.
    pub a: Vec<f64>,
    /// `[m, d]`, row by row.
    pub b: Vec<f64>,
}

/// What the sum over neurons is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// By m.
    MeanField,
    /// By nothing: the conventional network.
    Plain,
}

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// The a: model A, where f is linear in what moves.
    Outer,
    /// The a and the b: model B.
    Both,
}

/// R as a function of particles.
///
/// An implementer need not think about rates, time scales or what moves.
pub trait Risk: Send {
    /// What f is divided by.
    fn scaling(&self) -> Scaling;

    /// R at `at`; ∇R goes into `slope`, which has as many particles.
    fn gradient(&mut self, at: &Particles, slope: &mut Particles) -> f64;

    /// Points that R is a mean over; 1 where it is an integral in closed form.
    fn points(&self) -> usize;
}

/// Particles that move down a risk.
#[derive(Clone, Debug)]
pub struct ParticleFlow<R> {
    /// R.
    pub risk: R,
    /// What moves.
    pub moves: Moves,
    /// Steps of Euler made.
    pub made: u64,
    /// ∇R of the last call, zero for what does not move.
    slope: Particles,
    work: Work,
}

impl Scaling {
    /// s for m neurons.
    pub fn factor(self, m: usize) -> f64 {
        match self {
            Self::MeanField => 1.0 / m as f64,
            Self::Plain => 1.0,
        }
    }

    /// The velocity of a particle over −∇_{u_j} R.
    pub fn pace(self, m: usize) -> f64 {
        match self {
            Self::MeanField => m as f64,
            Self::Plain => 1.0,
        }
    }
}

impl Particles {
    /// Particles in R × R^d; refused where the lengths do not fit.
    pub fn new(d: usize, a: Vec<f64>, b: Vec<f64>) -> Result<Self> {
        if a.is_empty() || d == 0 || b.len() != a.len() * d {
            let found = format!("{} numbers a, {} numbers b in {d} dimensions", a.len(), b.len());
            return Err(Error::input("particles", found).allowed("There are m ≥ 1 and m d of them"));
        }
        Ok(Self { d, a, b })
    }

    /// The usual start: a = 0, b uniform on the unit sphere.
    pub fn at_rest(m: usize, d: usize, stream: &Stream) -> Result<Self> {
        let mut b = Vec::with_capacity(m * d);
        for j in 0..m {
            let row: Vec<f64> = (0..d).map(|k| stream.normal(j as u64, 0, k)).collect();
            let length = row.iter().map(|b| b * b).sum::<f64>().sqrt();
            b.extend(row.iter().map(|b| b / length));
        }
        Self::new(d, vec![0.0; m], b)
    }

    /// m.
    pub fn m(&self) -> usize {
        self.a.len()
    }

    /// b_j.
    pub fn direction(&self, j: usize) -> &[f64] {
        &self.b[j * self.d..][..self.d]
    }

    /// Every particle k times, one beside the other.
    pub fn repeated(&self, k: usize) -> Self {
        let each = (0..self.m()).flat_map(|j| std::iter::repeat_n(j, k));
        let a = each.clone().map(|j| self.a[j]).collect();
        let b = each.flat_map(|j| self.direction(j).iter().copied()).collect();
        Self { d: self.d, a, b }
    }

    /// f(x).
    pub fn value(&self, x: &[f64], neuron: Neuron, scaling: Scaling) -> f64 {
        let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let one = |j: usize| {
            let z = self.direction(j).iter().zip(x).map(|(b, x)| b * x).sum();
            self.a[j] * neuron.at(z, length).0
        };
        scaling.factor(self.m()) * (0..self.m()).map(one).sum::<f64>()
    }

    /// a_j² − ‖b_j‖² of each particle: what the flow of model B keeps.
    pub fn invariants(&self) -> Vec<f64> {
        let square = |j: usize| self.direction(j).iter().map(|b| b * b).sum::<f64>();
        self.a.iter().enumerate().map(|(j, a)| a * a - square(j)).collect()
    }

    /// The same numbers as the frame has them: blocks `a` and `b`.
    pub fn params(&self, precision: Precision) -> Params {
        let layout = Layout::default().list("a", self.m()).list("b", self.b.len());
        let mut params = Params::zeros(layout, precision);
        params.set(0, &self.a);
        params.set(1, &self.b);
        params
    }

    /// Back from the frame.
    pub fn of_params(params: &Params) -> Result<Self> {
        if params.layout().blocks.len() != 2 {
            return Err(Error::input("particles", "these parameters are of another form")
                .allowed("Particles have the blocks a and b"));
        }
        let (a, b) = (params.get(0), params.get(1));
        Self::new(b.len().checked_div(a.len()).unwrap_or(0), a, b)
    }

    fn zeros_like(&self) -> Self {
        Self { d: self.d, a: vec![0.0; self.a.len()], b: vec![0.0; self.b.len()] }
    }

    fn squares(&self) -> f64 {
        self.a.iter().chain(&self.b).map(|g| g * g).sum()
    }
}

impl<R: Risk> ParticleFlow<R> {
    /// A flow that has made no step.
    pub fn new(risk: R, moves: Moves) -> Self {
        let slope = Particles { d: 0, a: Vec::new(), b: Vec::new() };
        Self { risk, moves, made: 0, slope, work: Work::default() }
    }

    /// R, and dR/dt along the flow from there.
    pub fn descent(&mut self, at: &Particles) -> Result<(f64, f64)> {
        let value = self.look(at)?;
        Ok((value, -self.risk.scaling().pace(at.m()) * self.slope.squares()))
    }

    /// One step of Euler: u_j ← u_j − rate ∇V(u_j). Returns R before it; what is not finite is an error, and
    /// nothing has moved.
    pub fn step(&mut self, at: &mut Particles, rate: f64) -> Result<f64> {
        let value = self.look(at)?;
        let by = rate * self.risk.scaling().pace(at.m());
        let numbers = at.a.iter_mut().chain(&mut at.b);
        for (u, g) in numbers.zip(self.slope.a.iter().chain(&self.slope.b)) {
            *u -= by * g;
        }
        self.made += 1;
        Ok(value)
    }

    /// R, with ∇R in `slope`.
    fn look(&mut self, at: &Particles) -> Result<f64> {
        if self.slope.d != at.d || self.slope.m() != at.m() {
            self.slope = at.zeros_like();
        }
        self.work.gradients += self.risk.points() as u64;
        let value = self.risk.gradient(at, &mut self.slope);
        if self.moves == Moves::Outer {
            self.slope.b.fill(0.0);
        }
        if value.is_finite() && self.slope.squares().is_finite() {
            return Ok(value);
        }
        Err(Error::Numeric { what: "the risk of the particles".to_owned(), at: self.made })
    }

    fn estimate(&self, value: f64, m: usize) -> Estimate {
        let mean = self.risk.scaling().pace(m) * value;
        Estimate { mean, stderr: 0.0, n: self.risk.points() }
    }
}

/// J = m R (plain: R), whose gradient flow is the flow of the particles; all batches are the whole.
impl<R: Risk> Functional for ParticleFlow<R> {
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        let at = Particles::of_params(theta)?;
        self.work.values += self.risk.points() as u64;
        let mut slope = at.zeros_like();
        let value = self.risk.gradient(&at, &mut slope);
        if value.is_finite() {
            return Ok(self.estimate(value, at.m()));
        }
        Err(Error::Numeric { what: "the risk of the particles".to_owned(), at: batch.step })
    }

    fn gradient(&mut self, theta: &Params, _: Batch, into: &mut Params) -> Result<Estimate> {
        let at = Particles::of_params(theta)?;
        let value = self.look(&at)?;
        let pace = self.risk.scaling().pace(at.m());
        let scaled = |g: &[f64]| g.iter().map(|g| pace * g).collect::<Vec<_>>();
        into.set(0, &scaled(&self.slope.a));
        into.set(1, &scaled(&self.slope.b));
        Ok(self.estimate(value, at.m()))
    }

    fn work(&self) -> Work {
        self.work
    }

    fn keep(&mut self, keeper: &mut frame::Keeper<'_>) -> Result<()> {
        keeper.count("particles/made", &mut self.made)?;
        self.work.keep(keeper)
    }
}

#[cfg(test)]
mod tests;
