//! What is simulated: atoms in a cell or in free space, and what is known of them.
//!
//! ```text
//! positions   [n, 3]    Å
//! cell        [3, 3]    Å, a lattice vector a row; none for a molecule in free space
//! energy      eV        forces [n, 3] eV/Å        atomic energies [n] eV
//! virial      [3, 3]    eV,  Ξ_ab = −Σ_pairs (∂E/∂d_a) d_b = −∂E/∂ε_ab:  positive when compressed
//! ```
//! ε is a strain that moves every point x to (1 + ε) x, cell and atoms alike; the pressure of the
//! potential energy is tr Ξ/(3 V). Not here: how any of it is computed, and in which files it is kept.

use std::sync::Arc;

use ground::{Error, Result};

use crate::cell::Cell;

/// A vector in space, or one of a quantity with three components.
pub type Vec3 = [f64; 3];
/// Three of them, a row each.
pub type Mat3 = [[f64; 3]; 3];

/// Atoms at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Which species each atom is: an index into [`Frames::species`]. Shared by frames of one composition.
    pub types: Arc<[u32]>,
    /// Where each atom is, inside the cell or not.
    pub positions: Vec<Vec3>,
    /// The periodic cell; none in free space.
    pub cell: Option<Cell>,
    /// What is known.
    pub labels: Labels,
}

/// What is known of a snapshot, each by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The potential energy.
    pub energy: Option<f64>,
    /// Minus its derivative by each position.
    pub forces: Option<Vec<Vec3>>,
    /// Minus its derivative by a strain.
    pub virial: Option<Mat3>,
    /// The energy as a sum over atoms.
    pub atomic_energies: Option<Vec<f64>>,
    /// False where a program says that its iteration had not converged.
    pub converged: Option<bool>,
}

/// Snapshots of one set of species.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frames {
    /// Names of the species.
    pub species: Vec<String>,
    /// The snapshots, in order.
    pub snapshots: Vec<Snapshot>,
}

impl Snapshot {
    /// How many atoms there are.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Refuses shapes that do not fit, species that are not there and numbers that are not finite.
    pub fn check(&self, species: usize) -> Result<()> {
        let n = self.types.len();
        let counts = [
            ("positions", Some(self.positions.len())),
            ("forces", self.labels.forces.as_ref().map(Vec::len)),
            ("atomic energies", self.labels.atomic_energies.as_ref().map(Vec::len)),
        ];
        for (what, count) in counts {
            if count.is_some_and(|count| count != n) {
                let found = format!("{} {what} for {n} atoms", count.unwrap_or(0));
                return Err(Error::input("", found));
            }
        }
        if let Some(at) = self.types.iter().position(|&t| t as usize >= species) {
            let found = format!("atom {} has type {}", at + 1, self.types[at]);
            return Err(Error::input("", found)
                .allowed(format!("There are {species} species, counted from 0")));
        }
        self.finite()
    }

    /// Refuses numbers that are not finite.
    fn finite(&self) -> Result<()> {
        let labels = &self.labels;
        let ok = |rows: &[Vec3]| rows.iter().flatten().all(|v| v.is_finite());
        let wrong = [
            ("a position", !ok(&self.positions)),
            ("the energy", labels.energy.is_some_and(|e| !e.is_finite())),
            ("a force", labels.forces.as_deref().is_some_and(|f| !ok(f))),
            ("the virial", labels.virial.is_some_and(|v| !ok(&v))),
            (
                "an atomic energy",
                labels.atomic_energies.as_ref().is_some_and(|e| e.iter().any(|e| !e.is_finite())),
            ),
        ];
        match wrong.iter().find(|(_, wrong)| *wrong) {
            Some((what, _)) => Err(Error::input("", format!("{what} is not a finite number"))),
            None => Ok(()),
        }
    }
}

impl Frames {
    /// How many snapshots there are.
    pub fn len(&self) -> usize {
        self.snapshots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.snapshots.is_empty()
    }

    /// The same snapshots in terms of other species, by name.
    ///
    /// Fails where an atom is of a species that `species` lacks; names no atom has may be absent.
    pub fn in_terms_of(self, species: &[String]) -> Result<Self> {
        if self.species == species {
            return Ok(self);
        }
        let place = |name: &String| species.iter().position(|other| other == name);
        let places: Vec<Option<usize>> = self.species.iter().map(place).collect();
        let mut last: Option<[Arc<[u32]>; 2]> = None;
        let mut snapshots = self.snapshots;
        for snapshot in &mut snapshots {
            if let Some([_, new]) = last.as_ref().filter(|[old, _]| *old == snapshot.types) {
                snapshot.types = Arc::clone(new);
                continue;
            }
            let new = |&t: &u32| {
                places[t as usize].and_then(|p| u32::try_from(p).ok()).ok_or_else(|| {
                    let name = &self.species[t as usize];
                    Error::input("", format!("there are atoms of the species `{name}`"))
                        .allowed(format!("Known here: {}", species.join(", ")))
                })
            };
            let types: Arc<[u32]> = snapshot.types.iter().map(new).collect::<Result<_>>()?;
            let old = std::mem::replace(&mut snapshot.types, Arc::clone(&types));
            last = Some([old, types]);
        }
        Ok(Self { species: species.to_vec(), snapshots })
    }

    /// Appends other snapshots; species that are new are added by name.
    pub fn append(&mut self, other: Self) {
        for name in &other.species {
            if !self.species.contains(name) {
                self.species.push(name.clone());
            }
        }
        let species = self.species.clone();
        let other = other.in_terms_of(&species).expect("every name was added");
        self.snapshots.extend(other.snapshots);
    }

    /// Checks every snapshot; errors say which, counted from 0.
    pub fn check(&self) -> Result<()> {
        for (i, snapshot) in self.snapshots.iter().enumerate() {
            snapshot.check(self.species.len()).map_err(|error| in_frame(error, i))?;
        }
        Ok(())
    }
}

/// The same error, about a frame, counted from 0.
pub fn in_frame(mut error: Error, frame: usize) -> Error {
    if let Error::Input(input) = &mut error {
        let key = std::mem::take(&mut input.key);
        input.key =
            if key.is_empty() { format!("frame {frame}") } else { format!("frame {frame}: {key}") };
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Frames {
        let types: Arc<[u32]> = [0, 1].into();
        let positions = vec![[0.0; 3], [1.0, 0.0, 0.0]];
        let snapshot = Snapshot { types, positions, cell: None, labels: Labels::default() };
        Frames {
            species: vec!["O".into(), "H".into()],
            snapshots: vec![snapshot.clone(), snapshot],
        }
    }

    #[test]
    fn species_are_mapped_by_name() {
        let other = ["H", "C", "O"].map(String::from);
        let mapped = pair().in_terms_of(&other).unwrap();
        assert_eq!(*mapped.snapshots[1].types, [2, 0]);
        assert!(Arc::ptr_eq(&mapped.snapshots[0].types, &mapped.snapshots[1].types));
        let error = pair().in_terms_of(&other[1..]).unwrap_err().to_string();
        assert_eq!(error, "there are atoms of the species `H`. Known here: C, O.");
    }

    #[test]
    fn appending_adds_species() {
        let mut all = pair();
        let mut other = pair();
        other.species = ["H", "C"].map(String::from).to_vec();
        all.append(other);
        assert_eq!(all.species, ["O", "H", "C"]);
        assert_eq!(*all.snapshots[2].types, [1, 2]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut frames = pair();
        frames.snapshots[1].labels.forces = Some(vec![[0.0; 3]]);
        let said = frames.check().unwrap_err().to_string();
        assert_eq!(said, "frame 1: 1 forces for 2 atoms.");
        frames.snapshots[1].labels.forces = None;
        frames.snapshots[1].positions[0][1] = f64::NAN;
        let said = frames.check().unwrap_err().to_string();
        assert_eq!(said, "frame 1: a position is not a finite number.");
        frames.species.pop();
        let said = frames.check().unwrap_err().to_string();
        assert_eq!(said, "frame 0: atom 2 has type 1. There are 1 species, counted from 0.");
    }
}
