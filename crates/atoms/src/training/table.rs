//! Features on nodes in training: lines of a table, and the way back from them to the weights.
//!
//! ```text
//! three lines a node: g, h g', h² g''       as in the tables of a plan; their derivatives Ȳ come back
//! ```
//! Where every neighbour is a node of its own, h is 1 and the third line is not used.

use fearless_simd::Level;
use ground::kernel::dense::rows;
use ground::kernel::dense::trained::jets::Jets;
use ground::kernel::dense::trained::{Trained, Weights};
use ground::kernel::lane::{Real, flat_mut};

use crate::plan::table::LINES;

/// Nodes with their features.
#[derive(Debug)]
pub(super) struct Table<T: Real> {
    points: Vec<T>,
    h: f64,
    pub(super) jets: Jets<T>,
    /// `[3 n, rows(M)]`, node by node.
    pub(super) lines: Vec<T::Row>,
    seeds: Vec<T::Row>,
}

impl<T: Real> Default for Table<T> {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            h: 1.0,
            jets: Jets::default(),
            lines: Vec::new(),
            seeds: Vec::new(),
        }
    }
}

impl<T: Real> Table<T> {
    /// Nodes of so many cells between two ends.
    pub(super) fn of_cells(ends: [f64; 2], cells: usize) -> Self {
        let h = (ends[1] - ends[0]) / cells as f64;
        let points = (0..=cells).map(|q| T::of(ends[0] + h * q as f64)).collect();
        Self { points, h, ..Self::default() }
    }

    /// A node at each of these points.
    pub(super) fn place(&mut self, points: impl Iterator<Item = f64>) {
        self.points.clear();
        self.points.extend(points.map(T::of));
    }

    /// Whether there are no nodes.
    pub(super) fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// h^r.
    fn scales(&self) -> [f64; LINES] {
        [1.0, self.h, self.h * self.h]
    }

    /// The lines, from the weights.
    pub(super) fn forward(
        &mut self,
        level: Level,
        (network, weights): (&Trained, Weights<'_, T::Row>),
    ) {
        let (n, stride, scales) = (self.points.len(), rows::<T>(network.n_out()), self.scales());
        self.lines.resize(LINES * n * stride, T::Row::default());
        if n == 0 {
            return;
        }
        let features = self.jets.forward(level, (network, weights), &self.points);
        for q in 0..n {
            for (r, &scale) in scales.iter().enumerate() {
                let from = &features[(r * n + q) * stride..][..stride];
                let to = &mut self.lines[(LINES * q + r) * stride..][..stride];
                scaled::<T>(from, scale, to);
            }
        }
    }

    /// The way back from Ȳ, in the order of the lines.
    pub(super) fn reverse(
        &mut self,
        level: Level,
        (network, weights): (&Trained, Weights<'_, T::Row>),
        sums: &[T::Row],
    ) {
        let (n, stride, scales) = (self.points.len(), rows::<T>(network.n_out()), self.scales());
        self.seeds.resize(LINES * n * stride, T::Row::default());
        for q in 0..n {
            for (r, &scale) in scales.iter().enumerate() {
                let from = &sums[(LINES * q + r) * stride..][..stride];
                let to = &mut self.seeds[(r * n + q) * stride..][..stride];
                scaled::<T>(from, scale, to);
            }
        }
        self.jets.reverse(level, (network, weights), &self.seeds);
    }
}

fn scaled<T: Real>(from: &[T::Row], by: f64, to: &mut [T::Row]) {
    let by = T::of(by);
    to.copy_from_slice(from);
    for v in flat_mut::<T>(to) {
        *v *= by;
    }
}
