//! Whole paths with everything on them: for pictures and for export, one after another.
//!
//! ```text
//! t_n,  X_n,  Y_n = y₀ − Σ (h f − Z·ΔB),  Z_n       n = 0 … N, Z to N − 1
//! ```
//! Where x₀ has a law there is no one y₀: every path then begins at the y₀ with which it ends at g(X_N),
//! which is to read Y backward from there.

use frame::{Params, Stored};
use ground::kernel::lane::Real;
use ground::stream::Stream;

use super::function::{Function, Which};
use super::grid::Grid;
use super::walk::{Value, Walk};
use super::{Plan, add, scout};

/// Paths as arrays, row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectories {
    /// t_n, `[steps + 1]`.
    pub t: Vec<f64>,
    /// X, `[paths][steps + 1][dim]`.
    pub x: Vec<f64>,
    /// Y, `[paths][steps + 1]`.
    pub y: Vec<f64>,
    /// Z, `[paths][steps][dim]`.
    pub z: Vec<f64>,
    /// g(X_N), `[paths]`.
    pub terminal: Vec<f64>,
    /// How many paths.
    pub paths: usize,
    /// d.
    pub dim: usize,
}

impl Trajectories {
    /// N.
    pub fn steps(&self) -> usize {
        self.t.len().saturating_sub(1)
    }

    /// X at step n of a path, `[dim]`.
    pub fn point(&self, path: usize, n: usize) -> &[f64] {
        let at = (path * self.t.len() + n) * self.dim;
        &self.x[at..at + self.dim]
    }

    /// Z at step n of a path, `[dim]`.
    pub fn slope(&self, path: usize, n: usize) -> &[f64] {
        let at = (path * self.steps() + n) * self.dim;
        &self.z[at..at + self.dim]
    }

    /// Y at step n of a path.
    pub fn value(&self, path: usize, n: usize) -> f64 {
        self.y[path * self.t.len() + n]
    }
}

/// Which paths are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The level, by its place among all.
    pub(crate) level: usize,
    /// y₀, unless x₀ has a law.
    pub(crate) start: f64,
    /// 0 on plain paths, 1 on paths that follow the function.
    pub(crate) kappa: f64,
    /// How many.
    pub(crate) n: usize,
    /// Where they are drawn from.
    pub(crate) stream: &'a Stream,
}

impl<T: Stored> Plan<T> {
    pub(super) fn trajectories(&self, theta: &Params, asked: &Asked<'_>) -> Trajectories {
        let grid = &self.grids[asked.level];
        let dim = self.shared.compiled.dim;
        let mut t: Vec<f64> = grid.times.iter().map(|t| t.wide()).collect();
        t.push(self.pilot.horizon);
        let mut out = Trajectories { t, paths: asked.n, dim, ..Trajectories::default() };
        let mut walk = Walk::new(&self.shared);
        let function = self.function(Which::Learned(theta));
        for first in (0..asked.n).step_by(T::LANES) {
            let lanes = T::LANES.min(asked.n - first);
            let block = self.block(&function, (asked, grid), first, &mut walk);
            block.unpack(lanes, &mut out);
        }
        out
    }

    fn block(
        &self,
        function: &Function<'_, T>,
        (asked, grid): (&Asked<'_>, &Grid<T>),
        first: usize,
        walk: &mut Walk<T>,
    ) -> Block<T> {
        let mut sums = vec![0.0; T::LANES];
        let mut block = Block { x: Vec::new(), y: Vec::new(), z: Vec::new(), g: Vec::new() };
        walk.start(grid, (asked.stream, first as u64, 1));
        for n in 0..grid.steps {
            block.x.push(walk.x.clone());
            block.y.push(sums.clone());
            scout::draw(self.shared.level, asked.stream, grid, (first, n), &mut walk.dw);
            walk.find(&self.shared, grid, n, function);
            block.z.push(walk.z.clone());
            let y = Value { start: asked.start, sums: &sums };
            let change = walk.drive(&self.shared, grid, n, (asked.kappa, y));
            add(&mut sums, change.as_ref());
            walk.advance(&self.shared, grid, n);
        }
        block.x.push(walk.x.clone());
        block.y.push(sums.clone());
        block.g = walk.terminal(&self.shared).as_ref().iter().map(|g| g.wide()).collect();
        let ends = block.g.iter().zip(&sums);
        let start: Vec<f64> = match grid.law {
            None => vec![asked.start; T::LANES],
            Some(_) => ends.map(|(g, sum)| g + sum).collect(),
        };
        for sums in &mut block.y {
            sums.iter_mut().zip(&start).for_each(|(sum, start)| *sum = start - *sum);
        }
        block
    }
}

/// One block of paths, step by step.
struct Block<T: Real> {
    x: Vec<Vec<T::Row>>,
    y: Vec<Vec<f64>>,
    z: Vec<Vec<T::Row>>,
    g: Vec<f64>,
}

impl<T: Real> Block<T> {
    /// Its first lanes, path by path.
    fn unpack(&self, lanes: usize, out: &mut Trajectories) {
        let component = |rows: &[T::Row], lane: usize| -> Vec<f64> {
            rows.iter().map(|row| row.as_ref()[lane].wide()).collect()
        };
        for lane in 0..lanes {
            out.x.extend(self.x.iter().flat_map(|rows| component(rows, lane)));
            out.y.extend(self.y.iter().map(|y| y[lane]));
            out.z.extend(self.z.iter().flat_map(|rows| component(rows, lane)));
            out.terminal.push(self.g[lane]);
        }
    }
}
