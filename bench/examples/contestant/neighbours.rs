//! Neighbour lists: bins, and everyone around every atom.

use std::sync::Arc;

use esperance::atoms::cell::Cell;
use esperance::atoms::neighbours::{Grid, Surroundings};
use esperance::atoms::{Labels, Snapshot};
use ground::stream::Stream;
use ground::{Result, par};

use crate::windows::Windows;

/// The distance, Å.
const WITHIN: f64 = 6.0;
/// Atoms in a volume, 1/Å³: water.
const DENSITY: f64 = 0.1;
/// Atoms in a piece of work.
const PIECE: usize = 64;

/// Makes lists of so many atoms, drawn evenly in a cube, while windows are asked for. The loss is the
/// mean number of neighbours.
pub(crate) fn list(threads: usize, n: usize, windows: &mut Windows) -> Result<()> {
    let side = (n as f64 / DENSITY).cbrt();
    let stream = Stream::new(1);
    let position = |i: usize| std::array::from_fn(|k| side * stream.uniform(i as u64, 0, k));
    let snapshot = Snapshot {
        types: Arc::from(vec![0; n]),
        positions: (0..n).map(position).collect(),
        cell: Some(Cell::new([[side, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]])?),
        labels: Labels::default(),
    };
    let pool = par::pool(threads)?;
    let mut count = 0;
    pool.install(|| {
        while windows.before(|| count as f64 / n as f64).is_continue() {
            let grid = Grid::new(&snapshot, WITHIN);
            let piece = |k: usize| {
                let mut near = Vec::new();
                let around = |place| {
                    grid.around(place, &mut near);
                    near.len()
                };
                (k * PIECE..((k + 1) * PIECE).min(n)).map(around).sum::<usize>()
            };
            count = par::map(n.div_ceil(PIECE), piece).into_iter().sum();
        }
    });
    Ok(())
}
