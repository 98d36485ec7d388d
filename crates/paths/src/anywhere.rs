//! The trained function anywhere: u(t, x), Z(t, x) and ∇u(t, x).
//!
//! ```text
//! u    read off as u(0, x₀) is: paths from (t, x) that follow the function, on N and 2N steps of
//!      [t, T], spaced by the law of the grid, extrapolated, or their logarithmic mean; N is the
//!      first level's
//! ∇u   σ^(−T) Z, the learned value
//! ```
//! The error of u is that of sampling and, where u is not a logarithmic mean, the learning error of the
//! answer, which is taken to grow evenly with T − t. How far ∇u may be off is indicated where training
//! paths go, by the share of Var g (of E Var(g | x₀) where x₀ has a law) that Z leaves unexplained:
//! `du_error` = √(1 − R²) |∇u|, R² in the limit of fine steps; elsewhere nothing is known. `inside` says
//! whether (t, x) is where they go, by the pilot: |ψ| at most 4 for the standardised radius and every
//! active direction. Where x₀ has a law, that law says it at t = 0: between the ends of a uniform one,
//! |ψ| at most 4 for a normal one.

use frame::{Params, Solution, Table, Watch};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::answer::{Learning, Value, from_point, gradient_of, learned, value_of, widened};
use crate::case::Reading;
use crate::origin::Origin;
use crate::pilot::Pilot;
use crate::plan::{Everywhere, PathPlan};
use crate::problem::DeepBsde;

/// Paths behind one value of u.
const PATHS: usize = 1024;
/// Newton steps to it at most, where the driver depends on u.
const ROUNDS: usize = 8;
/// Standard errors by which a last step may move.
const SETTLED: f64 = 0.5;
/// Standard deviations from the mean of the paths beyond which a point is outside.
const REACH: f64 = 4.0;

/// The trained function at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// u(t, x), with the error of sampling.
    pub u: Estimate,
    /// How it was read off.
    pub reading: Reading,
    /// Z(t, x) = σᵀ∇u, `[d]`.
    pub z: Vec<f64>,
    /// Whether paths of the pilot go there.
    pub inside: bool,
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
        check(&self.functional.problem, t, x)?;
        Ok(self.functional.slope_at(&self.params, t, x))
    }

    fn at(&mut self, t: f64, x: &[f64]) -> Result<Point> {
        check(&self.functional.problem, t, x)?;
        let stream = Stream::new(self.functional.seed()).child("anywhere");
        point(&mut self.functional, &self.params, (t, x), &stream)
    }
}

/// Whether u is to be found at (t, x).
fn check(problem: &DeepBsde, t: f64, x: &[f64]) -> Result<()> {
    let (dim, horizon) = (problem.equation.dim, problem.equation.horizon);
    if x.len() != dim || x.iter().any(|v| !v.is_finite()) {
        let found = match x.iter().find(|v| !v.is_finite()) {
            Some(odd) => format!("{odd} is no coordinate"),
            None => format!("a point of {} components", x.len()),
        };
        return Err(Error::input("x", found).allowed(format!("{dim} finite numbers")));
    }
    if !(0.0..horizon).contains(&t) {
        return Err(Error::input("t", format!("the time {t}"))
            .allowed(format!("From 0 to below T = {horizon}, where u = g")));
    }
    Ok(())
}

fn point(
    j: &mut PathPlan,
    theta: &Params,
    (t, x): (f64, &[f64]),
    stream: &Stream,
) -> Result<Point> {
    let z = j.slope_at(theta, t, x);
    let problem = j.problem.clone();
    let many = (PATHS, stream);
    let draws = from_point(j, theta, (t, x, 0.0), many, &mut ())?;
    let inside = |j: &PathPlan| is_inside((j.pilot(), &problem.at), t, x);
    if !problem.equation.depends_on_value() {
        let (u, reading) = value_of(&problem, &draws)?;
        return Ok(Point { u, reading, z, inside: inside(j) });
    }
    // E g from here, and what the driver adds to it, as it does at x₀.
    let g = &draws[0].terminal;
    let mean = g.iter().sum::<f64>() / g.len() as f64;
    let (m_g, [low, high]) = (j.pilot().m_g, j.pilot().range);
    let left = 1.0 - t / problem.equation.horizon;
    let mut start = mean + left * (j.start(theta) - m_g);
    let mut round = 0;
    loop {
        let draws = from_point(j, theta, (t, x, start), many, &mut ())?;
        let (u, reading) = value_of(&problem, &draws)?;
        let moved = u.mean - start;
        round += 1;
        if moved.abs() <= SETTLED * u.stderr || round == ROUNDS {
            // What the last step still moved is not known better.
            let open = if moved.abs() <= SETTLED * u.stderr { 0.0 } else { moved };
            let u = Estimate { stderr: u.stderr.hypot(open), ..u };
            return Ok(Point { u, reading, z, inside: inside(j) });
        }
        start = u.mean.clamp(low, high);
    }
}

/// Whether paths of the pilot go to (t, x); at t = 0 whether they may begin there.
fn is_inside((pilot, origin): (&Pilot, &Origin), t: f64, x: &[f64]) -> bool {
    let hat = match origin {
        Origin::Uniform(law) if t == 0.0 => return law.holds(x),
        Origin::Normal(law) if t == 0.0 => law.hat(x),
        _ => {
            let (mean, scale) = (pilot.mean_at(t), pilot.inverse_sd_at(t));
            x.iter().zip(mean).map(|(x, m)| (x - m) * scale).collect()
        }
    };
    let d = hat.len() as f64;
    let radius = (hat.iter().map(|v| v * v).sum::<f64>() - d) / (2.0 * d).sqrt();
    let along = |v: &Vec<f64>| hat.iter().zip(v).map(|(x, v)| x * v).sum::<f64>().abs();
    radius <= REACH && pilot.active.iter().all(|v| along(v) <= REACH)
}

/// The columns of points in d dimensions: t, x1 … xd.
pub(crate) fn columns(dim: usize) -> Vec<String> {
    std::iter::once("t".to_owned()).chain((1..=dim).map(|i| format!("x{i}"))).collect()
}

/// What is known of the function everywhere: found once, and kept for the next table of points.
fn everywhere(j: &mut PathPlan, theta: &Params, watch: &mut dyn Watch) -> Result<Everywhere> {
    if let Some((_, known)) = j.known.as_ref().filter(|(own, _)| own == theta) {
        return Ok(*known);
    }
    let known = learned(j, theta, &Stream::new(j.seed()).child("share"), watch)?;
    j.known = Some((theta.clone(), known));
    Ok(known)
}

/// u, its standard error, ∇u, its indicated error and whether the point is inside, row by row.
pub(crate) fn at_points(
    j: &mut PathPlan,
    theta: &Params,
    points: &Table,
    watch: &mut dyn Watch,
) -> Result<Table> {
    let dim = j.problem.equation.dim;
    let wanted = columns(dim);
    if points.columns != wanted {
        let differ = points.columns.iter().zip(&wanted).find(|(found, wanted)| found != wanted);
        let found = match differ {
            Some((found, wanted)) => format!("a column `{found}` where `{wanted}` is due"),
            None => format!("{} columns", points.columns.len()),
        };
        let last = &wanted[dim];
        return Err(Error::input("", found)
            .allowed(format!("Columns t, x1, … to {last}, in this order: {} in all", dim + 1)));
    }
    let mut out = Table { columns: wanted, rows: Vec::with_capacity(points.rows.len()) };
    let more = ["u", "stderr"].map(str::to_owned).into_iter();
    let slopes = (1..=dim).map(|i| format!("du{i}"));
    out.columns.extend(more.chain(slopes).chain(["du_error", "inside"].map(str::to_owned)));
    let (learning, share) = everywhere(j, theta, watch)?;
    let part = share.sqrt();
    let stream = Stream::new(j.seed()).child("points");
    for (k, row) in points.rows.iter().enumerate() {
        let (t, x) = (row[0], &row[1..]);
        let numbered = |error: Error| error.row(k + 1);
        check(&j.problem, t, x).map_err(numbered)?;
        let found = point(j, theta, (t, x), &stream.child(&k.to_string()));
        let Point { u, reading, z, inside } = found.map_err(|error| match error {
            Error::Numeric { .. } => numbered(
                Error::input("x", "paths from this point are not finite")
                    .allowed("Points such as the paths of the run go to"),
            ),
            other => other,
        })?;
        let left = 1.0 - t / j.problem.equation.horizon;
        let u = match (reading, learning) {
            (Reading::Adjoint, Some(Learning { size, .. })) => widened(u, left * size),
            _ => u,
        };
        let slope = gradient_of(&j.problem, (t, x), &z);
        let mut all = row.clone();
        all.extend([u.mean, u.stderr]);
        all.extend(&slope);
        all.push(part * slope.iter().map(|v| v * v).sum::<f64>().sqrt());
        all.push(f64::from(u8::from(inside)));
        out.rows.push(all);
        if watch.stage("points", k + 1, points.rows.len()).is_break() {
            return Err(Error::Interrupted { at: 0 });
        }
    }
    Ok(out)
}
