//! Fresh paths on all levels at once: what the answer is made of.
//!
//! All levels follow common Brownian paths: a coarse increment is the sum of fine ones. Each path
//! gives, level by level, y₀ = g(X_N) + Σ h f − Σ Z·ΔB (a part of f that is of t alone integrated
//! exactly), g(X_N) and the control Σ |ΔW_n|² − h_n d, whose
//! mean is zero; the finest level also gives the moments of (y₀ − pivot) ΔW₀ for the gradient.
//!
//! On paths that follow the function (κ = 1) each path also gives
//!
//! ```text
//! ρ = Π (1 + a·ΔB) e^(−a·ΔB + h|a|²/2),   E ρ = 1
//! ```
//! The exponential goes back to the law of plain paths (Girsanov); Π (1 + a·ΔB) there is the adjoint
//! of the N-step scheme, of which the shifted law is the limit h → 0. So E ρ y₀ is one Newton step
//! of the N-step scheme itself.

use frame::{Stored, Watch};
use ground::kernel::lane::Real;
use ground::kernel::span;
use ground::stream::Stream;
use ground::{Error, Result};
use rayon::prelude::*;

use super::function::{Function, Which};
use super::grid::Grid;
use super::walk::{Shared, Value, Walk};
use super::{Plan, add, forget, scout};
use crate::origin::Origin;

/// Blocks of one piece of work, and pieces between two looks of the watch.
const BLOCKS: usize = 4;
const PIECES: usize = 32;

/// Which fresh paths are wanted.
pub(crate) struct Fresh<'a> {
    /// What they are for, shown while they are drawn.
    pub(crate) what: &'static str,
    /// The levels, by their place among all.
    pub(crate) levels: std::ops::Range<usize>,
    /// Start elsewhere: t, x and numbers of steps, instead of the levels.
    pub(crate) from: Option<(f64, &'a [f64], &'a [usize])>,
    /// y₀, level by level: where Y starts, if f depends on u.
    pub(crate) start: &'a [f64],
    /// 0 on plain paths, 1 on paths that follow the function.
    pub(crate) kappa: f64,
    /// Paths, one after another, that share a start where x₀ has a law.
    pub(crate) group: usize,
    /// How many.
    pub(crate) n: usize,
    /// Where they are drawn from.
    pub(crate) stream: &'a Stream,
    /// Near the mean of y₀.
    pub(crate) pivot: f64,
}

/// The paths of one level, path by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct LevelDraws {
    /// N.
    pub(crate) steps: usize,
    /// h_0.
    pub(crate) h: f64,
    /// Paths, one after another, that share one of many starts; 1 where all are independent.
    pub(crate) group: usize,
    /// Where Y started, if f depends on u.
    pub(crate) start: Option<f64>,
    /// What a path says of u(0, x₀): y₀ + (g(X_N) − Y_N)/J.
    pub(crate) value: Vec<f64>,
    /// J = ∂Y_N/∂y₀; 1 where f does not depend on u.
    pub(crate) tangent: Vec<f64>,
    /// g(X_N).
    pub(crate) terminal: Vec<f64>,
    /// Σ |ΔW|² − h_n d.
    pub(crate) control: Vec<f64>,
    /// ρ; 1 on plain paths.
    pub(crate) weight: Vec<f64>,
    /// Sums of (y₀ − pivot) ΔW₀ and of its square, `[d]`; of the last level only.
    pub(crate) moments: Vec<[f64; 2]>,
    /// Steps of paths on which the driver did not see Y as it is.
    pub(crate) clipped: usize,
}

/// One level of one block under way.
struct Place<T: Real> {
    x: Vec<T::Row>,
    /// The increment gathered so far.
    dw: Vec<T::Row>,
    first: Vec<T::Row>,
    /// Where Y starts.
    start: f64,
    /// Σ h f − z·ΔB so far.
    y: Vec<f64>,
    tangent: Vec<f64>,
    control: Vec<f64>,
    weight: Vec<f64>,
    /// Lanes that count.
    lanes: usize,
    clipped: usize,
}

/// Everything a thread works with.
struct Desk<T: Real> {
    walk: Walk<T>,
    dw: Vec<T::Row>,
    places: Vec<Place<T>>,
}

impl<T: Stored> Plan<T> {
    pub(super) fn evaluate(
        &mut self,
        which: Which<'_>,
        fresh: &Fresh<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Vec<LevelDraws>> {
        let own: Vec<Grid<T>>;
        let (grids, all) = match fresh.from {
            None => (&self.grids[fresh.levels.clone()], &self.grids[..]),
            Some((t, x, levels)) => {
                let (compiled, level) = (&self.shared.compiled, self.shared.level);
                let here = Origin::from(x);
                let grid = |&steps: &usize| {
                    Grid::new(compiled, &self.pilot, (t, &here), (&self.elsewhere, steps), level)
                };
                own = levels.iter().map(grid).collect();
                (&own[..], &own[..])
            }
        };
        // Drawn on the finest grid of all, so that every evaluation of one stream sees the same paths.
        let finest = all.last().expect("there is a level");
        self.work.fresh += fresh.n as u64;
        let function = &self.function(which);
        let of_u = self.shared.compiled.driver.of_u;
        let starts = |k: usize| if of_u { fresh.start.get(k).copied() } else { None };
        let mut all: Vec<LevelDraws> = grids
            .iter()
            .enumerate()
            .map(|(k, g)| LevelDraws {
                steps: g.steps,
                h: g.h[0],
                group: fresh.group,
                start: starts(k),
                ..LevelDraws::default()
            })
            .collect();
        let pieces = fresh.n.div_ceil(T::LANES * BLOCKS);
        for from in (0..pieces).step_by(PIECES) {
            let part = from..pieces.min(from + PIECES);
            let done: Vec<Vec<LevelDraws>> = self.pool.install(|| {
                part.into_par_iter()
                    .map_init(
                        || Desk::new(&self.shared, grids, starts),
                        |desk, piece| {
                            desk.piece(&self.shared, (grids, finest), function, (fresh, piece))
                        },
                    )
                    .collect()
            });
            for piece in done {
                all.iter_mut().zip(piece).for_each(|(all, part)| all.join(part));
            }
            if watch.stage(fresh.what, (from + PIECES).min(pieces), pieces).is_break() {
                return Err(Error::Interrupted { at: self.iterations });
            }
        }
        if all.iter().flat_map(|l| &l.value).all(|v| v.is_finite()) {
            Ok(all)
        } else {
            let what = "the value on fresh paths".to_owned();
            Err(Error::Numeric { what, at: self.iterations })
        }
    }
}

impl LevelDraws {
    fn join(&mut self, part: Self) {
        self.value.extend(part.value);
        self.terminal.extend(part.terminal);
        self.control.extend(part.control);
        self.weight.extend(part.weight);
        self.tangent.extend(part.tangent);
        self.clipped += part.clipped;
        if self.moments.is_empty() {
            self.moments = part.moments;
        } else {
            for (sum, part) in self.moments.iter_mut().zip(part.moments) {
                *sum = [sum[0] + part[0], sum[1] + part[1]];
            }
        }
    }
}

impl<T: Real> Desk<T> {
    fn new(shared: &Shared<T>, grids: &[Grid<T>], starts: impl Fn(usize) -> Option<f64>) -> Self {
        let rows = || vec![T::Row::default(); shared.compiled.dim];
        let place = |k: usize| Place {
            start: starts(k).unwrap_or(0.0),
            tangent: vec![1.0; T::LANES],
            lanes: T::LANES,
            clipped: 0,
            x: rows(),
            dw: rows(),
            first: rows(),
            y: vec![0.0; T::LANES],
            control: vec![0.0; T::LANES],
            weight: vec![1.0; T::LANES],
        };
        Self { walk: Walk::new(shared), dw: rows(), places: (0..grids.len()).map(place).collect() }
    }

    /// The paths of one piece.
    fn piece(
        &mut self,
        shared: &Shared<T>,
        (grids, finest): (&[Grid<T>], &Grid<T>),
        function: &Function<'_, T>,
        (fresh, piece): (&Fresh<'_>, usize),
    ) -> Vec<LevelDraws> {
        let mut out = vec![LevelDraws::default(); grids.len()];
        for block in piece * BLOCKS..(piece + 1) * BLOCKS {
            let first = block * T::LANES;
            let lanes = fresh.n.saturating_sub(first).min(T::LANES);
            if lanes == 0 {
                break;
            }
            self.places.iter_mut().for_each(|place| place.lanes = lanes);
            self.block(shared, (grids, finest), function, (fresh, first));
            for (place, out) in self.places.iter_mut().zip(&mut out) {
                std::mem::swap(&mut self.walk.x, &mut place.x);
                let g = self.walk.terminal(shared);
                std::mem::swap(&mut self.walk.x, &mut place.x);
                add(&mut place.y, g.as_ref());
                // y₀ + δ/J with δ = g + Σ h f − z·ΔB − y₀.
                for (y, j) in place.y.iter_mut().zip(&place.tangent) {
                    *y = place.start + (*y - place.start) / j;
                }
                out.value.extend(&place.y[..lanes]);
                out.tangent.extend(&place.tangent[..lanes]);
                out.clipped += place.clipped;
                out.terminal.extend(g.as_ref()[..lanes].iter().map(|g| g.wide()));
                out.control.extend(&place.control[..lanes]);
                out.weight.extend(&place.weight[..lanes]);
            }
            if let (Some(place), Some(out)) = (self.places.last(), out.last_mut()) {
                gather(place, lanes, fresh.pivot, &mut out.moments);
            }
        }
        out
    }

    /// All levels of one block, along one Brownian path a lane.
    fn block(
        &mut self,
        shared: &Shared<T>,
        (grids, finest): (&[Grid<T>], &Grid<T>),
        function: &Function<'_, T>,
        (fresh, path): (&Fresh<'_>, usize),
    ) {
        self.walk.start(finest, (fresh.stream, path as u64, fresh.group));
        for (place, grid) in self.places.iter_mut().zip(grids) {
            place.x.copy_from_slice(&self.walk.x);
            place.dw.fill(T::Row::default());
            place.y.fill(grid.shift);
            place.tangent.fill(1.0);
            place.clipped = 0;
            place.control.fill(0.0);
            place.weight.fill(1.0);
        }
        for s in 0..finest.steps {
            scout::draw(shared.level, fresh.stream, finest, (path, s), &mut self.dw);
            for (place, grid) in self.places.iter_mut().zip(grids) {
                let ratio = finest.steps / grid.steps;
                if ratio == 1 {
                    place.dw.copy_from_slice(&self.dw);
                } else {
                    span::add::<T>(shared.level, &self.dw, &mut place.dw);
                }
                if (s + 1) % ratio == 0 {
                    place.step((shared, grid), &mut self.walk, function, (s / ratio, fresh.kappa));
                }
            }
        }
    }
}

impl<T: Real> Place<T> {
    fn step(
        &mut self,
        (shared, grid): (&Shared<T>, &Grid<T>),
        walk: &mut Walk<T>,
        function: &Function<'_, T>,
        (n, kappa): (usize, f64),
    ) {
        if n == 0 {
            self.first.copy_from_slice(&self.dw);
        }
        std::mem::swap(&mut walk.x, &mut self.x);
        std::mem::swap(&mut walk.dw, &mut self.dw);
        walk.find(shared, grid, n, function);
        let y = Value { start: self.start, sums: &self.y };
        let change = walk.drive(shared, grid, n, (kappa, y));
        add(&mut self.y, change.as_ref());
        if shared.compiled.driver.of_u {
            forget(&mut self.tangent, grid.h[n], walk.beta.as_ref());
            self.clipped += walk.clipped(shared, self.lanes);
        }
        if kappa > 0.0 {
            let [along, square] = walk.tilt(shared);
            let pairs = along.as_ref().iter().zip(square.as_ref());
            for (weight, (along, square)) in self.weight.iter_mut().zip(pairs) {
                let (s, q) = (along.wide(), square.wide());
                *weight *= (1.0 + s) * (0.5 * grid.h[n] * q - s).exp();
            }
        }
        let square = span::dot::<T>(shared.level, &walk.dw, &walk.dw);
        let mean = grid.h[n] * shared.compiled.dim as f64;
        self.control.iter_mut().zip(square.as_ref()).for_each(|(c, v)| *c += v.wide() - mean);
        walk.advance(shared, grid, n);
        std::mem::swap(&mut walk.x, &mut self.x);
        std::mem::swap(&mut walk.dw, &mut self.dw);
        self.dw.fill(T::Row::default());
    }
}

/// Adds (y₀ − pivot) ΔW₀ and its square.
fn gather<T: Real>(place: &Place<T>, lanes: usize, pivot: f64, moments: &mut Vec<[f64; 2]>) {
    moments.resize(place.first.len(), [0.0; 2]);
    for (sum, dw) in moments.iter_mut().zip(&place.first) {
        for (y, dw) in place.y[..lanes].iter().zip(dw.as_ref()) {
            let v = (y - pivot) * dw.wide();
            *sum = [sum[0] + v, sum[1] + v * v];
        }
    }
}

#[cfg(test)]
mod tests {
    use frame::{Precision, Representation, Run};
    use ground::formula::Expr;

    use super::*;
    use crate::known::{Heat, HjbLqg};
    use crate::model::Equation;
    use crate::plan::PathPlan;
    use crate::problem::DeepBsde;
    use crate::spacing::{Cut, Spacing};

    const PATHS: usize = 64;

    fn draws(problem: DeepBsde, from: Option<(f64, &[f64], &[usize])>) -> Vec<LevelDraws> {
        grouped(problem, from, 1)
    }

    fn grouped(
        problem: DeepBsde,
        from: Option<(f64, &[f64], &[usize])>,
        group: usize,
    ) -> Vec<LevelDraws> {
        let form = problem.default_form();
        let run = Run::new(1).precision(Precision::F64);
        let theta = form.init(Precision::F64, &Stream::new(1)).unwrap();
        let levels = 0..problem.levels.len();
        let mut plan = PathPlan::new(problem, form.into(), &run).unwrap();
        let stream = &Stream::new(5);
        let (kappa, n, pivot) = (0.0, PATHS, 0.0);
        let what = "";
        let fresh = Fresh { what, levels, from, start: &[], kappa, group, n, stream, pivot };
        plan.evaluate(Which::Learned(&theta), &fresh, &mut ()).unwrap()
    }

    /// Every level sees the same X_T: its increments are sums of the finest ones.
    fn share_paths(levels: &[LevelDraws]) {
        let [coarse @ .., finest] = levels else { panic!("no levels") };
        for level in coarse {
            for (a, b) in level.terminal.iter().zip(&finest.terminal) {
                assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{a} and {b}");
            }
        }
    }

    #[test]
    fn invariant_coarse_increments_are_sums_of_fine_ones_on_every_grid() {
        let given = [0.0, 0.02, 0.3, 0.35, 1.0];
        let grids = [Spacing::default(), Spacing::power(2.0), Spacing::power(0.5)];
        for grid in grids.into_iter().chain([Spacing::times(given)]) {
            let problem = DeepBsde::new(&Heat { dim: 3 }).levels([4, 8, 24]).grid(grid.clone());
            let levels = draws(problem.clone(), None);
            share_paths(&levels);
            let first = levels.iter().map(|level| level.h);
            for (h, steps) in first.zip([4, 8, 24]) {
                assert_eq!(h, grid.cut((0.0, 1.0), steps).lengths[0]);
            }
            share_paths(&draws(problem, Some((0.4, &[0.1, 0.2, 0.3], &[6, 12, 24]))));
        }
    }

    #[test]
    fn invariant_levels_and_groups_share_starts() {
        let law = Origin::normal(1.0, 2.0);
        let heat = DeepBsde::new(&Heat { dim: 3 }).levels([4, 8]).starting(law.clone());
        share_paths(&grouped(heat.clone(), None, 8));
        share_paths(&grouped(heat, None, 1));
        // Nothing moves: g tells where a path began.
        let still = Equation::new(1, 1.0).diffusion(0.0).terminal(Expr::sum);
        let still = DeepBsde::new(still).levels([2, 4]).starting(law.clone());
        for group in [1, 8] {
            let own = Stream::new(5).child("origin");
            for level in grouped(still.clone(), None, group) {
                assert_eq!(level.group, group);
                for (path, g) in level.terminal.iter().enumerate() {
                    assert_eq!(*g, law.draw(&own, (path / group) as u64, 0), "path {path}");
                }
            }
        }
        // Elsewhere is a point, whatever the law.
        let there = grouped(still, Some((0.5, &[3.0], &[2])), 1);
        assert!(there[0].terminal.iter().all(|g| *g == 3.0));
    }

    /// Var X_n = 2 t_n in every component. On 2048 paths of 20 components it is known to a relative
    /// √(2/40960).
    #[test]
    fn statistical_the_pilot_knows_the_times_of_its_grid() {
        for grid in [Spacing::power(3.0), Spacing::power(0.5)] {
            let problem = DeepBsde::new(&HjbLqg::new(20, 1.0)).levels([5, 10]).grid(grid.clone());
            let form = problem.default_form();
            let plan = PathPlan::new(problem, form.into(), &Run::new(1)).unwrap();
            let Cut { times, .. } = grid.cut((0.0, 1.0), 10);
            for t in times.into_iter().skip(1).chain([1.0]) {
                let variance = plan.pilot().inverse_sd_at(t).powi(-2);
                let noise = (2.0 / 40_960_f64).sqrt();
                assert!((variance / (2.0 * t) - 1.0).abs() < 5.0 * noise, "{variance} at {t}");
            }
        }
    }
}
