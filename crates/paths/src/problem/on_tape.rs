//! The problem on the tape: the judge of the plan, slow and readable.

use frame::problem::At as Place;
use frame::{Batch, Integral, Integrand, Purpose};
use ground::Result;
use ground::array::Array;
use ground::formula::{Expr, Shape};
use ground::kernel::network::Network;
use ground::stream::Stream;
use ground::tape::networks::{activated, normed_in_elements};
use ground::tape::{Tape, Var, grad, join, select};

use super::DeepBsde;
use crate::form::{Directions, Form, Free, PerStep, Time};
use crate::model::At;
use crate::origin::GROUP;
use crate::pilot::Pilot;
use crate::plan::ramp;
use crate::spacing::Cut;

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

impl Integral<Form> for OnTape {
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

    fn integrand<'t>(&self, at: Place<'_, 't, Form, Drawn>) -> Result<Integrand<'t>> {
        let (delta, tangent) = self.mismatch(&at)?;
        if let Some(form) = at.form.per_step() {
            let large = delta.abs();
            let linear = 2.0 * form.clip * large - form.clip.powi(2);
            let inside = large.less(at.tape.number(form.clip));
            return Ok(select(inside, delta.square(), linear).into());
        }
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
    fn mismatch<'t>(&self, at: &Place<'_, 't, Form, Drawn>) -> Result<(Var<'t>, Var<'t>)> {
        let equation = &self.problem.equation;
        let At { t, x, u, z, .. } = equation.variables();
        let (driver, step) = (equation.driver()?, self.problem.step()?);
        let Cut { times, lengths } = self.cut(at.draws.dw.len());
        let published = at.form.per_step().is_some();
        let follows = self.problem.follows()? && !published;
        let kappa = if follows { ramp(at.batch.step, self.iterations) } else { 0.0 };
        let number = |v: f64| at.tape.variable(Array::from_elem((1, 1), v));
        let mut here = at.tape.variable(at.draws.start.clone());
        let [low, high] = self.pilot.range;
        let of_u = equation.depends_on_value();
        let mut tangent = at.tape.variable(Array::ones((at.batch.n, 1)));
        let mut y = at.tape.variable(Array::zeros((at.batch.n, 1)));
        let start = at.theta[at.theta.len() - 1];
        if published {
            y = y + start;
        } else if of_u {
            y = y + (self.pilot.m_g + start.detached());
        }
        for (n, dw) in at.draws.dw.iter().enumerate() {
            let (time, h) = (times[n], lengths[n]);
            let slope = self.slope(at, (time, n), here);
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

    /// Z at step n, `[n, d]`.
    fn slope<'t>(
        &self,
        at: &Place<'_, 't, Form, Drawn>,
        (time, n): (f64, usize),
        here: Var<'t>,
    ) -> Var<'t> {
        let from = usize::from(at.form.directions().is_some());
        let own = |free: &Free| match free.time {
            Time::Input => at.theta[from],
            Time::PerStep => at.theta[from + n],
        };
        match at.form {
            Form::Directions(form) => {
                let z = self.along(at, form, time, here);
                match &form.plus {
                    Some(free) => z + self.free(at, (free, own(free)), time, here),
                    None => z,
                }
            }
            Form::Free(free) => self.free(at, (free, own(free)), time, here),
            Form::PerStep(form) if n == 0 => {
                let rows = at.tape.variable(Array::zeros((at.batch.n, 1)));
                rows + at.theta[form.slope_block()]
            }
            Form::PerStep(form) => {
                let block = PerStep::block(n);
                let running = at.batch.purpose == Purpose::Validation;
                let statistics = running.then_some(at.theta[block + 1]);
                let network = &form.network();
                normed_in_elements(network, at.theta[block], statistics, here) / form.dim as f64
            }
        }
    }

    /// x̂.
    fn hat<'t>(&self, tape: &'t Tape, time: f64, here: Var<'t>) -> Var<'t> {
        let (d, pilot) = (self.problem.equation.dim, &self.pilot);
        let mean = tape.variable(Array::from_shape_fn((1, d), |(_, i)| pilot.mean_at(time)[i]));
        pilot.inverse_sd_at(time) * (here - mean)
    }

    /// 2t/T − 1 and √(1 − t/T).
    fn clocks<'t>(&self, at: &Place<'_, 't, Form, Drawn>, time: f64) -> [Var<'t>; 2] {
        let part = time / self.pilot.horizon;
        [2.0 * part - 1.0, (1.0 - part).max(0.0).sqrt()]
            .map(|v| at.tape.variable(Array::from_elem((at.batch.n, 1), v)))
    }

    /// What a free network says, `[n, d]`.
    fn free<'t>(
        &self,
        at: &Place<'_, 't, Form, Drawn>,
        (form, theta): (&Free, Var<'t>),
        time: f64,
        here: Var<'t>,
    ) -> Var<'t> {
        let mut inputs = vec![self.hat(at.tape, time, here)];
        if form.time == Time::Input {
            inputs.extend(self.clocks(at, time));
        }
        let scale = self.pilot.zeta() / (form.dim as f64).sqrt();
        scale * network(&form.network(), theta, join(&inputs).detached())
    }

    /// Σ c_k D_k, `[n, d]`.
    fn along<'t>(
        &self,
        at: &Place<'_, 't, Form, Drawn>,
        form: &Directions,
        time: f64,
        here: Var<'t>,
    ) -> Var<'t> {
        let tape = at.tape;
        let (d, pilot) = (self.problem.equation.dim, &self.pilot);
        let (smoothed, b) = self.smoothed(tape, time, here);
        let hat = self.hat(tape, time, here);
        let axis = |v: &Vec<f64>| tape.variable(Array::from_shape_fn((1, d), |(_, i)| v[i]));
        let axes: Vec<Var<'t>> = pilot.active.iter().map(axis).collect();
        let mut psi = vec![
            (smoothed - pilot.m_g) / pilot.s_g,
            (hat.dot(hat) - d as f64) / (2.0 * d as f64).sqrt(),
        ];
        psi.extend(axes.iter().map(|v| hat.dot(*v)));
        let follows = self.problem.follows().unwrap_or(false);
        let squash = |v: Var<'t>| if follows { v.asinh() } else { v.clamp(-5.0, 5.0) };
        let mut inputs: Vec<Var<'t>> = psi.into_iter().map(squash).collect();
        inputs.extend(self.clocks(at, time));
        let c = network(&form.network(), at.theta[0], join(&inputs).detached());
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

/// A network, layer by layer; θ as [`Network`] orders it.
fn network<'t>(network: &Network, theta: Var<'t>, inputs: Var<'t>) -> Var<'t> {
    let widths = &network.widths;
    let (mut from, mut values) = (0, inputs);
    for (layer, pair) in widths.windows(2).enumerate() {
        let (rows, cols) = (pair[1], pair[0]);
        let weights = theta.columns(from, rows * cols).reshape([rows, cols]);
        let bias = theta.columns(from + rows * cols, rows);
        values = values.matmul(weights.transpose()) + bias;
        if layer + 2 < widths.len() {
            values = activated(network.activation, values);
        }
        from += rows * cols + rows;
    }
    values
}
