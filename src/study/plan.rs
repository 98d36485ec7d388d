//! What a study will run: its cells, each a case with a name and a cost.

use frame::study::axes::{Cell, Grid};
use frame::study::identity;
use ground::{Error, par};

use crate::cases::{Case, Family, Resolved, Sweep, resolve};
use crate::failure::Failure;
use crate::ready;

/// A study, every cell of which was checked.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The case, complete.
    pub(crate) resolved: Resolved,
    /// Its `[sweep]`.
    pub(crate) sweep: Sweep,
    /// The grid.
    pub(crate) grid: Grid,
    /// The cells, in the order of the grid.
    pub(crate) cells: Vec<Planned>,
}

/// A cell to be run.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// Its place.
    pub(crate) cell: Cell,
    /// The case that it is.
    pub(crate) case: Case,
    /// Its name.
    pub(crate) name: String,
    /// Its seed.
    pub(crate) seed: u64,
    /// Operations, roughly.
    pub(crate) cost: f64,
    /// Memory, bytes, roughly.
    pub(crate) bytes: f64,
}

impl Plan {
    /// Of a case that was read.
    pub(crate) fn of(resolved: Resolved) -> Result<Self, Failure> {
        let Some(sweep) = resolved.sweep.clone() else {
            let error = Error::input("sweep", "missing section").allowed(
                "A study says over which keys it goes: [sweep] over = { \"section.key\" = [values] }",
            );
            return Err(resolved.case.locate(error).into());
        };
        let locate = |error: Error| Failure::of(resolved.case.locate(error), &resolved.case);
        let grid = sweep.grid().map_err(locate)?;
        let places = grid.cells();
        let planned =
            par::map(places.len(), |k| planned(&resolved.case, &sweep, &grid, &places[k]));
        let cells = planned.into_iter().collect::<Result<Vec<_>, Failure>>()?;
        Ok(Self { resolved, sweep, grid, cells })
    }

    /// What a cell sets, in words: `samples = 25, width = 4`.
    pub(crate) fn words(&self, cell: &Cell) -> String {
        let settings = self.grid.settings(&cell.place);
        let mut words: Vec<String> = settings.iter().map(|(n, s)| format!("{n} = {s}")).collect();
        if self.grid.repeats > 1 {
            words.push(format!("repeat {}", cell.repeat + 1));
        }
        words.join(", ")
    }

    /// The name of the study: what its cells are.
    pub(crate) fn name(&self) -> String {
        let names: Vec<&str> = self.cells.iter().map(|cell| cell.name.as_str()).collect();
        identity::name(names.join("\n"))
    }
}

/// One cell, checked.
fn planned(case: &Case, sweep: &Sweep, grid: &Grid, cell: &Cell) -> Result<Planned, Failure> {
    let own =
        sweep.case(case, grid, cell).map_err(|error| Failure::of(case.locate(error), case))?;
    let resolved = resolve(own)?;
    let name = identity::name(resolved.identity()?);
    let seed = resolved.run.seed;
    // The data of molecules are read when a cell begins, once.
    let (cost, bytes) = if resolved.family() == Family::Atoms {
        (resolved.run.iterations as f64, 0.0)
    } else {
        let forecast = ready::forecast(&resolved)?;
        (forecast.operations, forecast.bytes)
    };
    Ok(Planned { cell: cell.clone(), case: resolved.case, name, seed, cost, bytes })
}
