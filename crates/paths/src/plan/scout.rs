//! The pilot's paths, and the active directions along them.

use std::sync::Arc;

use ground::kernel::lane::{Level, Real};
use ground::kernel::normal::normals;
use ground::kernel::span;
use ground::stream::Stream;
use ground::{Error, Result};
use ground::{array, linalg, par};

use super::compiled::Compiled;
use super::grid::Grid;
use super::walk::{Shared, Walk};
use crate::form::Directions;
use crate::origin::Origin;
use crate::pilot::{ACTIVE_PATHS, PAIR, PATHS, Pilot};
use crate::smoothing;
use crate::spacing::Spacing;

/// Pieces of work; fixed, so that sums do not depend on threads.
const TASKS: usize = 8;

/// Where paths start and how finely they are cut.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) horizon: f64,
    pub(crate) dim: usize,
    pub(crate) origin: Origin,
    /// N, increasing.
    pub(crate) levels: Vec<usize>,
    pub(crate) spacing: Spacing,
}

impl Course {
    fn coarsest(&self) -> usize {
        self.levels[0]
    }

    fn finest(&self) -> usize {
        self.levels[self.levels.len() - 1]
    }
}

/// Runs the pilot.
pub(crate) fn scout<T: Real>(
    compiled: &Arc<Compiled>,
    form: &Directions,
    course: &Course,
    stream: &Stream,
    level: Level,
) -> Result<Pilot> {
    let mut pilot = blank(form, course, stream);
    let shared = Shared::<T>::new(Arc::clone(compiled), form.network(), &pilot, false, level);
    let cut = (&course.spacing, course.finest());
    let grid = Grid::new(compiled, &pilot, (0.0, &course.origin), cut, level);
    moments(&shared, &grid, &stream.child("pilot"), &mut pilot);
    if !pilot.variance.iter().all(|v| v.is_finite()) {
        return Err(not_finite("a path by model.drift and model.diffusion"));
    }
    if !(pilot.m_g.is_finite() && pilot.s_g.is_finite()) {
        return Err(not_finite("model.terminal, or its square, on the paths"));
    }
    if form.active > 0 {
        let cut = (&course.spacing, course.coarsest());
        let grid = Grid::new(compiled, &pilot, (0.0, &course.origin), cut, level);
        let shared = Shared::<T>::new(Arc::clone(compiled), form.network(), &pilot, false, level);
        pilot.active = directions(&shared, &grid, &stream.child("active"), form.active)?;
    }
    Ok(pilot)
}

/// Nothing was learned yet.
fn not_finite(what: &str) -> Error {
    Error::Numeric { what: what.to_owned(), at: 0 }
}

/// Scales of one, and the ξ of the run.
fn blank(form: &Directions, course: &Course, stream: &Stream) -> Pilot {
    let (d, n) = (course.dim, course.finest());
    let uneven = !course.spacing.is_uniform();
    let times = uneven.then(|| course.spacing.cut((0.0, course.horizon), n).times);
    Pilot {
        horizon: course.horizon,
        times: times.unwrap_or_default(),
        mean: vec![course.origin.mean(d); n + 1],
        variance: vec![1.0; n + 1],
        m_g: 0.0,
        s_g: 1.0,
        s_c: 1.0,
        range: [f64::NEG_INFINITY, f64::INFINITY],
        xi: smoothing::points(d, form.pairs, &stream.child("xi")),
        active: Vec::new(),
    }
}

/// Sums over the paths of one task: X − E x₀ and its square at every time, and every g.
struct Sums {
    first: Vec<f64>,
    second: Vec<f64>,
    g: Vec<f64>,
}

fn moments<T: Real>(shared: &Shared<T>, grid: &Grid<T>, stream: &Stream, pilot: &mut Pilot) {
    let d = shared.compiled.dim;
    let blocks = PATHS / T::LANES;
    let parts = par::map(TASKS, |task| {
        let mut walk = Walk::<T>::new(shared);
        let mut sums =
            Sums { first: vec![0.0; grid.steps * d], second: vec![0.0; grid.steps], g: vec![] };
        for block in task * blocks / TASKS..(task + 1) * blocks / TASKS {
            pilot_block(shared, grid, (stream, block), (&mut walk, &mut sums));
        }
        sums
    });
    let n = (blocks * T::LANES) as f64;
    for step in 0..grid.steps {
        let mut square = 0.0;
        for i in 0..d {
            let away: f64 = parts.iter().map(|p| p.first[step * d + i]).sum::<f64>() / n;
            pilot.mean[step + 1][i] = grid.start[i].wide() + away;
            square += away * away;
        }
        let second: f64 = parts.iter().map(|p| p.second[step]).sum::<f64>() / n;
        pilot.variance[step + 1] = ((second - square) / d as f64).max(0.0);
    }
    pilot.variance[0] = grid.law.as_ref().map_or(0.0, |law| law.variance(d));
    let g: Vec<f64> = parts.into_iter().flat_map(|p| p.g).collect();
    pilot.m_g = g.iter().sum::<f64>() / n;
    let spread = g.iter().map(|v| (v - pilot.m_g).powi(2)).sum::<f64>() / n;
    let scale = |variance: f64| if variance > 0.0 { variance.sqrt() } else { 1.0 };
    pilot.s_g = scale(spread);
    pilot.s_c = if grid.law.is_some() { scale(within(&g)) } else { pilot.s_g };
}

/// E Var(g | x₀) from pairs of one start.
fn within(g: &[f64]) -> f64 {
    let half_square = |pair: &[f64]| 0.5 * (pair[0] - pair[1]).powi(2);
    let pairs = g.chunks_exact(PAIR);
    let n = pairs.len() as f64;
    pairs.map(half_square).sum::<f64>() / n
}

fn pilot_block<T: Real>(
    shared: &Shared<T>,
    grid: &Grid<T>,
    (stream, block): (&Stream, usize),
    (walk, sums): (&mut Walk<T>, &mut Sums),
) {
    let d = shared.compiled.dim;
    walk.start(grid, (stream, (block * T::LANES) as u64, PAIR));
    for n in 0..grid.steps {
        draw(shared.level, stream, grid, (block * T::LANES, n), &mut walk.dw);
        walk.drift_along(shared, grid, n);
        let first = &mut sums.first[n * d..(n + 1) * d];
        for ((sum, row), start) in first.iter_mut().zip(&walk.x).zip(&grid.start) {
            for x in row.as_ref() {
                let away = x.wide() - start.wide();
                *sum += away;
                sums.second[n] += away * away;
            }
        }
    }
    sums.g.extend(walk.terminal(shared).as_ref().iter().map(|g| g.wide()));
}

/// ΔW of step n for the block whose first path is `path`.
pub(crate) fn draw<T: Real>(
    level: Level,
    stream: &Stream,
    grid: &Grid<T>,
    (path, n): (usize, usize),
    out: &mut [T::Row],
) {
    let step = u32::try_from(n).expect("a grid has fewer than 2^32 steps");
    normals(level, stream, path as u64, step, T::of(grid.h[n].sqrt()), out);
}

/// Leading eigenvectors of the mean of b bᵀ along the paths, `[k][d]`.
fn directions<T: Real>(
    shared: &Shared<T>,
    grid: &Grid<T>,
    stream: &Stream,
    k: usize,
) -> Result<Vec<Vec<f64>>> {
    let d = shared.compiled.dim;
    let blocks = ACTIVE_PATHS / T::LANES;
    let tasks = TASKS / 2;
    let parts = par::map(tasks, |task| {
        let mut walk = Walk::<T>::new(shared);
        let mut sums = vec![T::Row::default(); d * (d + 1) / 2];
        for block in task * blocks / tasks..(task + 1) * blocks / tasks {
            walk.start(grid, (stream, (block * T::LANES) as u64, 1));
            for n in 0..grid.steps {
                walk.look(shared, grid, n);
                span::outer::<T>(shared.level, walk.slope(), &mut sums);
                draw(shared.level, stream, grid, (block * T::LANES, n), &mut walk.dw);
                walk.drift_along(shared, grid, n);
            }
        }
        let lanes = |row: &T::Row| row.as_ref().iter().map(|v| v.wide()).sum::<f64>();
        sums.iter().map(lanes).collect::<Vec<f64>>()
    });
    if parts.iter().flatten().any(|sum| !sum.is_finite()) {
        let what = "the gradient of model.terminal, or model.diffusion or a derivative of either, on \
                    the paths";
        return Err(not_finite(what));
    }
    let mut matrix = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let sum: f64 = parts.iter().map(|p| p[i * (i + 1) / 2 + j]).sum();
            matrix[i * d + j] = sum;
            matrix[j * d + i] = sum;
        }
    }
    let (_, vectors) = linalg::leading_eigenvectors(&array::rows(d, d, &matrix), k)?;
    Ok(vectors.rows().into_iter().map(|row| row.to_vec()).collect())
}
