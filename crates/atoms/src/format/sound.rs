//! Positions and cells that can be what they say: finite, and no farther out than a double resolves.

use ground::{Error, Result};

use super::lines::six;
use crate::cell::Cell;
use crate::model::{Mat3, Snapshot, Vec3};

/// Farther from the origin than this, Å, neighbouring doubles are more than 1e-9 Å apart.
const FARTHEST: f64 = 1e-9 / f64::EPSILON;
/// What is allowed where a format has no way to say that there is no cell.
pub(super) const VOLUME: &str = "Needed are three vectors that do not lie in one plane";

/// Refuses a position that says nothing; `atom` is counted from 1.
pub(super) fn position(x: Vec3, atom: usize) -> Result<()> {
    if x.iter().any(|v| !v.is_finite()) {
        return Err(Error::input(
            "",
            format!("the position of atom {atom} is not a finite number"),
        ));
    }
    match x.iter().find(|v| v.abs() > FARTHEST) {
        None => Ok(()),
        Some(far) => {
            let found = format!(
                "atom {atom} is at {} Å, where numbers are more than 1e-9 Å apart",
                six(*far)
            );
            Err(Error::input("", found).allowed(format!("Positions reach to {} Å", six(FARTHEST))))
        }
    }
}

/// The same for all atoms of a frame.
pub(super) fn positions(frame: &Snapshot) -> Result<()> {
    frame.positions.iter().enumerate().try_for_each(|(k, x)| position(*x, k + 1))
}

/// The cell of these lattice vectors; `hint` is what a format allows instead of a flat one.
pub(super) fn cell(rows: Mat3, hint: &str) -> Result<Cell> {
    if let Some(far) = rows.iter().flatten().find(|v| v.is_finite() && v.abs() > FARTHEST) {
        let found = format!("a lattice vector reaches to {} Å", six(*far));
        return Err(Error::input("cell", found).allowed(format!("At most {} Å", six(FARTHEST))));
    }
    Cell::new(rows).map_err(|error| {
        if rows.iter().flatten().any(|v| !v.is_finite()) {
            return error;
        }
        let row = |row: Vec3| format!("({})", row.map(six).join(" "));
        let found = format!("the lattice vectors {} span no volume", rows.map(row).join(", "));
        Error::input("cell", found).allowed(hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_positions_and_flat_cells_are_said_shortly() {
        assert!(position([4.5e6, -4.5e6, 0.0], 1).is_ok());
        let said = position([0.0, -1e300, 0.0], 3).unwrap_err().to_string();
        assert_eq!(
            said,
            "atom 3 is at -1e300 Å, where numbers are more than 1e-9 Å apart. Positions reach to 4503600 Å."
        );
        let said = position([0.0, f64::NAN, 0.0], 3).unwrap_err().to_string();
        assert_eq!(said, "the position of atom 3 is not a finite number.");
        let said = cell([[1.0 / 3.0, 0.0, 0.0], [2e-300, 0.0, 0.0], [0.0; 3]], VOLUME).unwrap_err();
        assert_eq!(
            said.to_string(),
            "cell: the lattice vectors (0.333333 0 0), (2e-300 0 0), (0 0 0) span no volume. Needed are \
             three vectors that do not lie in one plane."
        );
        let said = cell([[1e300, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0; 3]], VOLUME).unwrap_err();
        assert_eq!(
            said.to_string(),
            "cell: a lattice vector reaches to 1e300 Å. At most 4503600 Å."
        );
    }
}
