//! An embedding network in training: where its nodes are, how well they stand for it, its gradient.

use fearless_simd::Level;
use frame::Keeper;
use ground::kernel::dense::trained::{Part, Trained, Weights};
use ground::kernel::lane::{Real, flat, flat_mut};
use ground::{Error, Result};

use super::fitted::finite;
use super::table::Table;
use crate::form::{DeepPotential, Network};
use crate::plan::ends;
use crate::plan::table::{self, Axis, Range};

/// The fewest and the most cells.
const CELLS: [usize; 2] = [32, 2048];
/// The error of g' that nodes may have, in units of its largest value or of 1: single, double.
const WITHIN: [f64; 2] = [2e-6, 1e-8];

/// An embedding network.
#[derive(Debug)]
pub(super) struct Embedded<T: Real> {
    network: Network,
    pub(super) trained: Trained,
    turned: Vec<Vec<T::Row>>,
    ends: [f64; 2],
    /// Cells between nodes.
    pub(super) cells: usize,
    /// The largest errors of g and g' found between nodes.
    pub(super) errors: [f64; 2],
    /// The shared nodes.
    pub(super) table: Table<T>,
}

impl<T: Real> Embedded<T> {
    /// Network k of a form whose atoms are never closer than that.
    pub(super) fn new(form: &DeepPotential, k: usize, closest: f64) -> Self {
        let trained = form.embedding.trained();
        Self {
            network: form.embedding.clone(),
            turned: vec![Vec::new(); trained.shapes.len()],
            trained,
            ends: ends(form, k, closest),
            cells: 0,
            errors: [f64::NAN; 2],
            table: Table::default(),
        }
    }

    /// More nodes, if those there are do not stand well enough for a network with these numbers.
    pub(super) fn measure(&mut self, theta: &[f64]) {
        let within = WITHIN[usize::from(T::LANES == 8)];
        let range = Range { ends: self.ends, within };
        let first = self.cells.max(CELLS[0]);
        let (cells, errors) = table::cells(&self.network, theta, range, [first, CELLS[1]]);
        self.errors = errors;
        self.set(cells);
    }

    fn set(&mut self, cells: usize) {
        if cells != self.cells {
            self.cells = cells;
            self.table = Table::of_cells(self.ends, cells);
        }
    }

    /// Where its nodes are.
    pub(super) fn axis(&self) -> Axis {
        Axis::new(self.ends, self.cells.max(1))
    }

    /// The weights at work.
    pub(super) fn weights<'a>(&'a self, theta: &'a [T::Row]) -> Weights<'a, T::Row> {
        Weights { theta, turned: &self.turned }
    }

    /// What is needed of the weights before anything is computed with them.
    pub(super) fn refresh(&mut self, level: Level, theta: &[T::Row], shared: bool) {
        for (k, turned) in self.turned.iter_mut().enumerate().skip(1) {
            let [inputs, outputs] = self.trained.turned::<T>(k);
            turned.resize(inputs * outputs, T::Row::default());
            self.trained.turn::<T>(level, theta, (k, 0..inputs), turned);
        }
        if shared {
            let weights = Weights { theta, turned: &self.turned };
            self.table.forward(level, (&self.trained, weights));
        }
    }

    /// The way back from Ȳ of all pieces, added in order, on the shared nodes.
    pub(super) fn reverse<'p>(
        &mut self,
        level: Level,
        theta: &[T::Row],
        mut pieces: impl Iterator<Item = &'p [T::Row]>,
    ) {
        let mut sums = pieces.next().map(<[T::Row]>::to_vec).unwrap_or_default();
        for piece in pieces {
            for (to, from) in flat_mut::<T>(&mut sums).iter_mut().zip(flat::<T>(piece)) {
                *to += *from;
            }
        }
        let Self { trained, turned, table, .. } = self;
        table.reverse(level, (trained, Weights { theta, turned }), &sums);
    }

    /// The gradient by the weights: `parts` of every layer, and what adds c̄ of a layer to a line. False
    /// where it is not finite.
    pub(super) fn gradient<'p>(
        &self,
        level: Level,
        parts: impl Fn(usize) -> Vec<Part<'p, T::Row>>,
        add_steps: impl Fn(usize, &mut [T::Row]),
        (room, to): (&mut Vec<T::Row>, &mut [T::Row]),
    ) -> bool {
        for k in 0..self.trained.shapes.len() {
            self.trained.gradient::<T>(level, (k, &parts(k)), room, to);
            let steps = &mut to[self.trained.steps::<T>(k)];
            steps.fill(T::Row::default());
            add_steps(k, steps);
        }
        finite::<T>(to)
    }

    /// What must survive an interruption: nodes are added on the way.
    pub(super) fn keep(&mut self, name: &str, keeper: &mut Keeper<'_>) -> Result<()> {
        let mut cells = self.cells as u64;
        keeper.count(&format!("{name}/cells"), &mut cells)?;
        let mut errors = self.errors.to_vec();
        keeper.numbers(&format!("{name}/errors"), &mut errors)?;
        self.errors = errors.try_into().map_err(|_| Error::bug("two errors of nodes"))?;
        let cells = usize::try_from(cells).map_err(|_| Error::bug("few cells"))?;
        if cells > 0 {
            self.set(cells.min(CELLS[1]));
        }
        Ok(())
    }
}
