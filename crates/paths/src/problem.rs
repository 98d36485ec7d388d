//! The terminal mismatch from path to path, on the tape: the judge of the plan.
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
//! [HJE18] with the directions of [`crate::form`].

use frame::problem::At as Place;
use frame::run::Vector;
use frame::{
    Batch, Findings, Forecast, Integral, Integrand, Params, Precision, Problem, Purpose, Run,
    Table, Watch,
};
use ground::array::Array;
use ground::formula::{Expr, Shape};
use ground::kernel::lane::{self, Level};
use ground::stream::Stream;
use ground::tape::{Tape, Var, grad, join};
use ground::{Error, Result};

use crate::answer::{self, Value};
use crate::case::{Enclosure, Reading, Scheme, Wanted};
use crate::form::Directions;
use crate::model::{At, Equation};
use crate::origin::{GROUP, Origin};
use crate::pilot::Pilot;
use crate::plan::{Course, PathPlan, ramp};
use crate::quadratic::Quadratic;
use crate::sde::Step;
use crate::spacing::{Cut, Spacing};
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

impl Problem<Directions> for DeepBsde {
    type Functional = PathPlan;
    type Answer = Value;

    fn forecast(&self, form: &Directions, run: &Run) -> Result<Forecast> {
        self.check()?;
        self.fits(run.precision)?;
        self.comes_in_groups(run)?;
        crate::forecast::forecast(self, form, run)
    }

    fn couple(self, form: Directions, run: &Run) -> Result<PathPlan> {
        self.check()?;
        self.fits(run.precision)?;
        self.comes_in_groups(run)?;
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

    fn at_points(
        j: &mut PathPlan,
        theta: &Params,
        points: &Table,
        watch: &mut dyn Watch,
    ) -> Result<Table> {
        anywhere::at_points(j, theta, points, watch)
    }
}

/// The instructions a run asks for.
pub(crate) fn level(vector: Vector) -> Level {
    let named = match vector {
        Vector::Native => None,
        Vector::Avx2 => lane::level_named("avx2"),
        Vector::Portable => lane::level_named("portable"),
    };
    named.unwrap_or_else(lane::level)
}

/// The problem with its pilot, written on the tape.
#[derive(Clone, Debug)]
pub struct OnTape {
    /// The problem; paths have the steps of its first level.
    pub problem: DeepBsde,
    /// What the plan's pilot found.
    pub pilot: Pilot,
    /// Moves of the whole run: κ rises over the first half.
    pub iterations: u64,
}

/// What is drawn of the paths of a batch.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// X_0, `[n, d]`.
    pub start: Array,
    /// ΔW, `[n, d]` a step.
    pub dw: Vec<Array>,
}

impl Integral<Directions> for OnTape {
    type Draws = Drawn;

    fn draws(&self, batch: Batch, stream: &Stream) -> Result<Drawn> {
        let (d, steps) = (self.problem.equation.dim, self.problem.levels[0]);
        let (own, first) = match batch.purpose {
            Purpose::Training => (stream.child("training"), batch.step * batch.n as u64),
            Purpose::Validation => (stream.child("validation"), 0),
        };
        let Cut { lengths, .. } = self.cut(steps);
        let step = |n: usize| {
            let scale = lengths[n].sqrt();
            let n = u32::try_from(n).expect("a grid has fewer than 2^32 steps");
            Array::from_shape_fn((batch.n, d), |(path, i)| {
                scale * own.normal(first + path as u64, n, i)
            })
        };
        let (origin, places) = (&self.problem.at, own.child("origin"));
        let place = |(path, i)| {
            let k = (first + path as u64) / origin.group() as u64;
            origin.draw(&places, k, i)
        };
        let start = Array::from_shape_fn((batch.n, d), place);
        Ok(Drawn { start, dw: (0..steps).map(step).collect() })
    }

    fn integrand<'t>(&self, at: Place<'_, 't, Directions, Drawn>) -> Result<Integrand<'t>> {
        let (delta, tangent) = self.mismatch(&at)?;
        if self.problem.at.is_law() {
            // Without u in the driver J = 1, and Δ is the mean over a group.
            let alike = delta.reshape([at.batch.n / GROUP, GROUP]);
            let squares = (alike - alike.row_mean()).square().row_sum();
            return Ok((squares / (GROUP as f64 - 1.0) / self.pilot.s_c.powi(2)).into());
        }
        let n = at.batch.n as f64;
        let scale = n / (n - 1.0) / self.pilot.s_c.powi(2);
        let newton = (delta * tangent).mean() / tangent.square().mean();
        Ok((scale * (delta - tangent * newton).square()).into())
    }
}

impl OnTape {
    /// The steps of the paths.
    fn cut(&self, steps: usize) -> Cut {
        self.problem.grid.cut((0.0, self.problem.equation.horizon), steps)
    }

    /// δ and J path by path, `[n, 1]`.
    fn mismatch<'t>(&self, at: &Place<'_, 't, Directions, Drawn>) -> Result<(Var<'t>, Var<'t>)> {
        let equation = &self.problem.equation;
        let At { t, x, u, z, .. } = equation.variables();
        let (driver, step) = (equation.driver()?, self.problem.step()?);
        let Cut { times, lengths } = self.cut(at.draws.dw.len());
        let kappa =
            if self.problem.follows()? { ramp(at.batch.step, self.iterations) } else { 0.0 };
        let number = |v: f64| at.tape.variable(Array::from_elem((1, 1), v));
        let mut here = at.tape.variable(at.draws.start.clone());
        let [low, high] = self.pilot.range;
        let of_u = equation.depends_on_value();
        let mut tangent = at.tape.variable(Array::ones((at.batch.n, 1)));
        let mut y = at.tape.variable(Array::zeros((at.batch.n, 1)));
        if of_u {
            y = y + (self.pilot.m_g + at.theta[1].detached());
        }
        for (n, dw) in at.draws.dw.iter().enumerate() {
            let (time, h) = (times[n], lengths[n]);
            let slope = self.slope(at, time, here);
            let seen = y.clamp(low, high);
            let bound = [(t, number(time)), (x, here), (u, seen), (z, slope)];
            let f = driver.on_tape(at.tape, &bound);
            if of_u {
                let beta = grad(f, &[y])[0].detached();
                tangent = tangent * (1.0 - h * beta);
            }
            let mut db = at.tape.variable(dw.clone());
            if kappa > 0.0 {
                db = db + kappa * h * grad(f, &[slope])[0].detached();
            }
            y = y - h * f + slope.dot(db);
            let bound = [(t, number(time)), (step.h, number(h)), (x, here), (step.dw, db)];
            here = step.formula.on_tape(at.tape, &bound).detached();
        }
        Ok((equation.terminal.on_tape(at.tape, &[(x, here)]) - y, tangent))
    }

    /// Z(t, x), `[n, d]`.
    fn slope<'t>(
        &self,
        at: &Place<'_, 't, Directions, Drawn>,
        time: f64,
        here: Var<'t>,
    ) -> Var<'t> {
        let tape = at.tape;
        let (d, pilot) = (self.problem.equation.dim, &self.pilot);
        let (smoothed, b) = self.smoothed(tape, time, here);
        let mean = tape.variable(Array::from_shape_fn((1, d), |(_, i)| pilot.mean_at(time)[i]));
        let hat = pilot.inverse_sd_at(time) * (here - mean);
        let axis = |v: &Vec<f64>| tape.variable(Array::from_shape_fn((1, d), |(_, i)| v[i]));
        let axes: Vec<Var<'t>> = pilot.active.iter().map(axis).collect();
        let mut psi = vec![
            (smoothed - pilot.m_g) / pilot.s_g,
            (hat.dot(hat) - d as f64) / (2.0 * d as f64).sqrt(),
        ];
        psi.extend(axes.iter().map(|v| hat.dot(*v)));
        let follows = self.problem.follows().unwrap_or(false);
        let squash = |v: Var<'t>| if follows { v.asinh() } else { v.clamp(-5.0, 5.0) };
        let part = time / pilot.horizon;
        let clock = |v: f64| tape.variable(Array::from_elem((at.batch.n, 1), v));
        let mut inputs: Vec<Var<'t>> = psi.into_iter().map(squash).collect();
        inputs.extend([clock(2.0 * part - 1.0), clock((1.0 - part).max(0.0).sqrt())]);
        let c = coefficients(at.form, at.theta[0], join(&inputs).detached());
        let zeta = pilot.zeta();
        let mut z = c.columns(0, 1) * b + zeta / (d as f64).sqrt() * c.columns(1, 1) * hat;
        for (k, v) in axes.iter().enumerate() {
            z = z + zeta * c.columns(2 + k, 1) * *v;
        }
        z
    }

    /// g̃ and b = σᵀ∇g̃ by the tape's own derivative.
    fn smoothed<'t>(&self, tape: &'t Tape, time: f64, here: Var<'t>) -> (Var<'t>, Var<'t>) {
        let equation = &self.problem.equation;
        let At { t, x, .. } = equation.variables();
        let xi = Expr::variable("xi", Shape::Vector(equation.dim));
        let step = self.problem.step().expect("the problem was checked");
        let moved = step.to_the_end(equation, xi);
        let value = equation.terminal.substitute(&[(x, moved)]);
        let number = tape.variable(Array::from_elem((1, 1), time));
        let samples = self.pilot.samples();
        let mut sum: Option<Var<'t>> = None;
        for sample in &samples {
            let row = Array::from_shape_fn((1, equation.dim), |(_, i)| sample[i]);
            let one = value.on_tape(tape, &[(t, number), (x, here), (xi, tape.variable(row))]);
            sum = Some(sum.map_or(one, |sum| sum + one));
        }
        let mean = sum.expect("there is a sample") / samples.len() as f64;
        let slope = grad(mean, &[here])[0];
        let p = Expr::variable("p", Shape::Vector(equation.dim));
        let b = equation.sigma_transposed(p);
        (mean.detached(), b.on_tape(tape, &[(t, number), (x, here), (p, slope)]).detached())
    }
}

/// The network of the coefficients, layer by layer.
fn coefficients<'t>(form: &Directions, theta: Var<'t>, inputs: Var<'t>) -> Var<'t> {
    let widths = form.network().widths;
    let mut from = 0;
    let mut values = inputs;
    for (layer, pair) in widths.windows(2).enumerate() {
        let (rows, cols) = (pair[1], pair[0]);
        let weights = theta.columns(from, rows * cols).reshape([rows, cols]);
        let bias = theta.columns(from + rows * cols, rows);
        values = values.matmul(weights.transpose()) + bias;
        if layer + 2 < widths.len() {
            values = values.tanh();
        }
        from += rows * cols + rows;
    }
    values
}
