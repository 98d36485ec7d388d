//! The terminal mismatch from path to path.
//!
//! ```text
//! X_0 = x₀,   X_{n+1} = Φ(h_n, X_n, ΔB_n),   ΔB_n = ΔW_n + κ a h_n,   a = ∂f/∂z held fixed
//! Y_0 = y₀,   Y_{n+1} = Y_n − h_n f(t_n, X_n, clip(Y_n), Z_n) + Z_n·ΔB_n
//! δ = g(X_N) − Y_N,   J = ∂Y_N/∂y₀ held fixed,   Δ = mean(δJ)/mean(J²)
//! L = n/(n − 1) · mean (δ − JΔ)² / s_c²
//! ```
//! Where x₀ has a law, y₀ is a function and L is conditional: Δ and the mean are over the 8 paths of one
//! start, L is the mean over starts. So L estimates E Var(δ | x₀) / E Var(g | x₀) without bias, and how u
//! varies from start to start is no part of it.
//!
//! With the exact Z and y₀ = u(0, x₀) every δ is 0, up to the steps h. y₀ is eliminated: Δ is the
//! Newton step to its best value; where f does not depend on u, J = 1 and L is the variance of what
//! the paths say of u(0, x₀), whatever y₀. Paths and directions are data: no derivative goes through them.
//! [HJE18] with the directions of [`crate::form`]; the published form has a loss of its own, said there.
//! [`on_tape`] writes both on the tape: the judge of the plan.

pub mod on_tape;

use frame::{Findings, Forecast, Params, Precision, Problem, Representation, Run, Table, Watch};
use ground::formula::Expr;
use ground::stream::Stream;
use ground::{Error, Result};
pub use on_tape::OnTape;

use crate::answer::{self, Value};
use crate::case::{Enclosure, Reading, Scheme, Wanted};
use crate::form::{Directions, Form};
use crate::model::{At, Equation};
use crate::origin::{GROUP, Origin};
use crate::pilot::Pilot;
use crate::plan::{Course, PathPlan};
use crate::quadratic::Quadratic;
use crate::sde::Step;
use crate::spacing::Spacing;
use crate::{anywhere, bounds};

/// Find Z along the paths from x₀, and with it u(0, x₀).
#[derive(Clone, Debug, PartialEq)]
pub struct DeepBsde {
    /// The equation.
    pub equation: Equation,
    /// x₀, or its law.
    pub at: Origin,
    /// N, increasing, each a divisor of the last.
    pub levels: Vec<usize>,
    /// How the times of a level are spaced.
    pub grid: Spacing,
    /// How paths step.
    pub scheme: Scheme,
    /// Whether training paths follow the function; None: where f depends on z.
    pub on_policy: Option<bool>,
    /// How u(0, x₀) is read off.
    pub reading: Reading,
    /// Which bounds are computed.
    pub bounds: Enclosure,
    /// Between what numbers f sees Y; None: far outside of what g and f at the start suggest.
    pub range: Option<[f64; 2]>,
}

impl DeepBsde {
    /// The equation at the origin, on 20, 40 and 80 steps.
    pub fn new(equation: impl Into<Equation>) -> Self {
        let equation = equation.into();
        Self {
            at: Origin::Point(0.0.into()),
            equation,
            levels: vec![20, 40, 80],
            grid: Spacing::default(),
            scheme: Scheme::Auto,
            on_policy: None,
            reading: Reading::Auto,
            bounds: Enclosure::default(),
            range: None,
        }
    }

    /// x₀.
    pub fn at(self, x: &[f64]) -> Self {
        self.starting(x.into())
    }

    /// x₀ drawn from a law: the answer is E u(0, x₀).
    ///
    /// ```
    /// use paths::{known::Heat, origin::Origin, problem::DeepBsde};
    /// let problem = DeepBsde::new(&Heat { dim: 3 }).starting(Origin::normal(0.0, 0.5));
    /// assert!(problem.check().is_ok());
    /// ```
    pub fn starting(self, origin: Origin) -> Self {
        Self { at: origin, ..self }
    }

    /// Levels of the time grid.
    pub fn levels(self, levels: impl IntoIterator<Item = usize>) -> Self {
        Self { levels: levels.into_iter().collect(), ..self }
    }

    /// One level.
    pub fn steps(self, steps: usize) -> Self {
        self.levels([steps])
    }

    /// How the times of a level are spaced.
    pub fn grid(self, grid: Spacing) -> Self {
        Self { grid, ..self }
    }

    /// How u(0, x₀) is read off.
    pub fn reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// Which bounds are computed.
    pub fn bounds(self, bounds: Enclosure) -> Self {
        Self { bounds, ..self }
    }

    /// Between what numbers f sees Y.
    pub fn range_of_value(self, range: [f64; 2]) -> Self {
        Self { range: Some(range), ..self }
    }

    /// Whether training paths follow the function.
    pub fn on_policy(self, on: bool) -> Self {
        Self { on_policy: Some(on), ..self }
    }

    /// Solves with the default form and descent.
    pub fn solve(self, run: &Run) -> Result<frame::Solution<Value, PathPlan>> {
        let form = self.default_form();
        frame::solve(self, form, frame::Adam::cosine(run.iterations), run, &mut ())
    }

    /// Four pairs, 64 where the terminal value is kinked.
    pub fn default_form(&self) -> Directions {
        let pairs = if self.equation.terminal.is_kinked() { 64 } else { 4 };
        Directions::new(self.equation.dim, pairs)
    }

    /// Whether it is a problem that can be solved here.
    pub fn check(&self) -> Result<()> {
        self.equation.check()?;
        self.at.check(self.equation.dim)?;
        if self.at.is_law() && self.equation.depends_on_value() {
            let found = "x₀ is a distribution, and the driver depends on u";
            return Err(Error::input("problem.at", found).allowed(
                "The driver would need y₀ = u(0, x₀), an unknown function, from the first step on: \
                 give one point, or a driver without u",
            ));
        }
        self.check_levels()?;
        self.grid.check(self.equation.horizon, &self.levels)?;
        self.check_start()?;
        if self.reading == Reading::Logarithmic && self.at.is_law() {
            let found =
                "the logarithmic mean is a statement at one point, and x₀ is a distribution";
            return Err(Error::input("problem.value", found)
                .allowed("Write \"auto\" or \"adjoint\", or give one point in problem.at"));
        }
        if self.reading == Reading::Logarithmic && Quadratic::of(self)?.is_none() {
            let found = "the logarithmic mean does not apply to this equation";
            return Err(Error::input("problem.value", found).allowed(
                "It needs f = -lambda |z|^2 / 2 + c(t) and constant coefficients; use \"auto\" or \
                 \"adjoint\"",
            ));
        }
        if let (Enclosure::Steps(_), Some(why)) = (self.bounds, bounds::none(self)) {
            return Err(Error::input("problem.bounds", format!("there are none: {why}"))
                .allowed("Write \"auto\" or \"none\""));
        }
        self.check_range()?;
        self.step().map(|_| ())
    }

    fn check_range(&self) -> Result<()> {
        let Some([low, high]) = self.range else { return Ok(()) };
        if !self.equation.depends_on_value() {
            return Err(Error::input("problem.range", "the driver does not depend on u")
                .allowed("Leave it out"));
        }
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(Error::input("problem.range", format!("[{low}, {high}] holds nothing"))
                .allowed("Two finite numbers, the smaller one first"));
        }
        Ok(())
    }

    /// Steps of the bounds, where there are any.
    pub(crate) fn bound_steps(&self) -> Option<usize> {
        match self.bounds {
            Enclosure::Steps(steps) => Some(steps),
            Enclosure::Word(Wanted::Auto) if bounds::none(self).is_none() => {
                self.levels.last().map(|finest| 2 * finest)
            }
            Enclosure::Word(_) => None,
        }
    }

    fn check_levels(&self) -> Result<()> {
        let shown = format!("{:?}", self.levels);
        let last = self.levels.last().copied().unwrap_or(0);
        if self.levels.contains(&0) || self.levels.is_empty() {
            return Err(Error::input("problem.steps", format!("`{shown}` has no steps"))
                .allowed("Whole numbers, at least 1"));
        }
        if self.levels.windows(2).any(|pair| pair[1] <= pair[0]) {
            return Err(Error::input("problem.steps", format!("`{shown}` does not increase"))
                .allowed("Levels from coarse to fine, as [20, 40, 80]"));
        }
        match self.levels.iter().find(|&&level| !last.is_multiple_of(level)) {
            None => Ok(()),
            Some(level) => {
                Err(Error::input("problem.steps", format!("{level} does not divide {last}"))
                    .allowed("Each level divides the last, so that they share Brownian paths"))
            }
        }
    }

    /// The data at the start are finite: a first look that costs nothing.
    fn check_start(&self) -> Result<()> {
        let At { t, x, u, z, grad_u } = self.equation.variables();
        let (zero, at) = (vec![0.0; self.equation.dim], self.at.mean(self.equation.dim));
        let g = self.equation.terminal.evaluate(&[(x, &at)]);
        let here: [(Expr, &[f64]); 5] =
            [(t, &[0.0]), (x, &at), (u, &g), (z, &zero), (grad_u, &zero)];
        let data =
            [("model.terminal", self.equation.terminal), ("model.source", self.equation.source)];
        for (key, formula) in data {
            if formula.evaluate(&here).iter().any(|v| !v.is_finite()) {
                return Err(Error::input(key, "the formula is not finite at x₀")
                    .allowed("It must give a finite number where the paths start"));
            }
        }
        Ok(())
    }

    /// An error where time steps or the start are beyond the numbers of a precision.
    fn fits(&self, precision: Precision) -> Result<()> {
        let single = precision == Precision::F32;
        let (least, most) = if single {
            (f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX))
        } else {
            (f64::MIN_POSITIVE, f64::MAX)
        };
        let (word, way) = if single {
            ("single", "or run.precision = \"f64\", or other units")
        } else {
            ("double", "or other units")
        };
        let beyond = |key: &str, number: f64| {
            Error::input(
                key,
                format!("{number:e} is beyond what paths in {word} precision can hold"),
            )
            .allowed(format!("Sizes from about {least:.0e} to {most:.0e}, {way}"))
        };
        // The square of an increment is summed too.
        let (finest, horizon) = (self.levels[self.levels.len() - 1], self.equation.horizon);
        let h = self.grid.shortest(horizon, finest);
        if h < least || horizon * self.equation.dim as f64 > most {
            return Err(beyond("model.horizon", horizon));
        }
        let furthest = self.at.furthest(self.equation.dim);
        if furthest.abs() > most { Err(beyond("problem.at", furthest)) } else { Ok(()) }
    }

    /// An error where paths cannot be compared start by start.
    fn comes_in_groups(&self, run: &Run) -> Result<()> {
        let odd = |n: usize| !n.is_multiple_of(self.at.group());
        let all = [("run.batch", run.batch), ("run.look", run.look)];
        match all.into_iter().find(|(_, n)| odd(*n)) {
            None => Ok(()),
            Some((key, n)) => Err(Error::input(key, format!("{n} is no multiple of {GROUP}"))
                .allowed(format!(
                    "x₀ is a distribution, and the loss compares {GROUP} paths of each start: write \
                     {} or another multiple",
                    n.next_multiple_of(GROUP)
                ))),
        }
    }

    /// The form, if it can be trained on this problem in this run.
    fn can_take(&self, form: impl Into<Form>, run: &Run) -> Result<Form> {
        self.check()?;
        self.fits(run.precision)?;
        self.comes_in_groups(run)?;
        let form = form.into();
        form.fits(self)?;
        Ok(form)
    }

    /// How its paths step.
    pub fn step(&self) -> Result<Step> {
        Step::new(&self.equation, self.scheme)
    }

    /// Whether training paths follow the function.
    pub(crate) fn follows(&self) -> Result<bool> {
        let driver = self.equation.driver()?;
        let nonlinear = driver.depends_on(self.equation.variables().z);
        Ok(nonlinear && self.on_policy.unwrap_or(true))
    }

    /// Between what bounds f sees Y: far outside of what g and f at the start suggest.
    pub(crate) fn range(&self, pilot: &Pilot) -> Result<[f64; 2]> {
        if let Some(range) = self.range {
            return Ok(range);
        }
        let At { t, x, u, z, .. } = self.equation.variables();
        let zero = vec![0.0; self.equation.dim];
        let at = self.at.mean(self.equation.dim);
        let here: [(Expr, &[f64]); 4] = [(t, &[0.0]), (x, &at), (u, &[pilot.m_g]), (z, &zero)];
        let f = self.equation.driver()?.evaluate(&here)[0].abs();
        let f = if f.is_finite() { f } else { 0.0 };
        let away = 8.0 * pilot.s_g + 2.0 * self.equation.horizon * f;
        Ok([pilot.m_g - away, pilot.m_g + away])
    }

    pub(crate) fn course(&self) -> Course {
        Course {
            horizon: self.equation.horizon,
            dim: self.equation.dim,
            origin: self.at.clone(),
            levels: self.levels.clone(),
            spacing: self.grid.clone(),
        }
    }
}

impl<R: Representation + Clone + Into<Form>> Problem<R> for DeepBsde {
    type Functional = PathPlan;
    type Answer = Value;

    fn forecast(&self, form: &R, run: &Run) -> Result<Forecast> {
        let form = self.can_take(form.clone(), run)?;
        crate::forecast::forecast(self, &form, run)
    }

    fn couple(self, form: R, run: &Run) -> Result<PathPlan> {
        let form = self.can_take(form, run)?;
        PathPlan::new(self, form, run)
    }

    fn answer(
        j: &mut PathPlan,
        theta: &Params,
        stream: &Stream,
        watch: &mut dyn Watch,
    ) -> Result<Findings<Value>> {
        answer::answer(j, theta, stream, watch)
    }

    fn columns(j: &PathPlan) -> Vec<String> {
        anywhere::columns(j.problem.equation.dim)
    }

    fn at_points(
        j: &mut PathPlan,
        theta: &Params,
        points: &Table,
        watch: &mut dyn Watch,
    ) -> Result<Table> {
        anywhere::at_points(j, theta, points, watch)
    }
}
