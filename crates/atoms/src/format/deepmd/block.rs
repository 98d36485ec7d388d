//! Snapshots as arrays with a row a frame, and back.

use std::sync::Arc;

use ground::{Error, Result};

use super::System;
use crate::format::sound;
use crate::model::{Labels, Mat3, Snapshot, Vec3, in_frame};

/// What is said of a flat cell.
const FLAT: &str = "A molecule without a cell is marked as such (deepmd: an empty file `nopbc`)";

/// A quantity that has an array.
#[derive(Debug)]
pub(in crate::format) struct Field {
    /// What the array is called.
    pub(in crate::format) name: &'static str,
    /// Numbers for each atom.
    per_atom: usize,
    /// Numbers for each frame, atoms apart.
    per_frame: usize,
    /// Its numbers in a snapshot.
    pub(super) of: fn(&Snapshot) -> Option<Vec<f64>>,
}

/// All of them; coordinates first, the others may be absent.
pub(in crate::format) const FIELDS: [Field; 6] = [
    Field { name: "coord", per_atom: 3, per_frame: 0, of: |s| Some(s.positions.concat()) },
    Field { name: "box", per_atom: 0, per_frame: 9, of: |s| Some(s.cell?.rows().concat()) },
    Field { name: "energy", per_atom: 0, per_frame: 1, of: |s| Some(vec![s.labels.energy?]) },
    Field {
        name: "force",
        per_atom: 3,
        per_frame: 0,
        of: |s| Some(s.labels.forces.as_ref()?.concat()),
    },
    Field { name: "virial", per_atom: 0, per_frame: 9, of: |s| Some(s.labels.virial?.concat()) },
    Field {
        name: "atom_ener",
        per_atom: 1,
        per_frame: 0,
        of: |s| s.labels.atomic_energies.clone(),
    },
];

impl Field {
    /// How many numbers a frame of `n` atoms has.
    pub(in crate::format) fn width(&self, n: usize) -> usize {
        self.per_atom * n + self.per_frame
    }

    /// What is allowed instead of an array whose sides are not frames, then the numbers of one; none
    /// where they are. An array of one frame may have one side, as DeePMD-kit has it.
    pub(in crate::format) fn misfit(&self, shape: &[usize], n: usize) -> Option<String> {
        let width = self.width(n);
        let last = match (self.per_atom, self.per_frame) {
            (0, 1) => [vec![], vec![1]],
            (0, _) => [vec![width], vec![3, 3]],
            (per, _) => [vec![width], vec![n, per]],
        };
        let rows = |last: &Vec<usize>| shape.split_first().is_some_and(|(_, rest)| rest == last);
        let flat = shape == [width] || (width == 1 && shape.is_empty());
        if flat || last.iter().any(rows) {
            return None;
        }
        let show = |last: &Vec<usize>| {
            let sides: Vec<String> = last.iter().map(ToString::to_string).collect();
            format!("[F, {}]", sides.join(", "))
        };
        let [a, b] = last.each_ref().map(show);
        Some(format!("{} of F frames of {n} atoms has the shape {a} or {b}", self.name))
    }
}

/// Frames as arrays.
#[derive(Clone, Debug, Default)]
pub(in crate::format) struct Block {
    /// How many frames.
    pub(in crate::format) frames: usize,
    /// The arrays, in the order of [`FIELDS`].
    pub(in crate::format) arrays: [Option<Vec<f64>>; 6],
    /// The types of each frame, −1 for an atom that is none.
    pub(in crate::format) real: Option<Vec<f64>>,
}

impl Block {
    /// From frames of as many atoms and the same labels.
    pub(super) fn of(frames: &[&Snapshot]) -> Self {
        let array = |field: &Field| {
            let rows: Option<Vec<Vec<f64>>> = frames.iter().map(|s| (field.of)(s)).collect();
            rows.map(|rows| rows.concat())
        };
        Self { frames: frames.len(), arrays: FIELDS.each_ref().map(array), real: None }
    }

    /// Numbers of one quantity in one frame.
    fn row(&self, field: usize, frame: usize, n: usize) -> Option<&[f64]> {
        let width = FIELDS[field].width(n);
        self.arrays[field].as_ref().map(|all| &all[frame * width..(frame + 1) * width])
    }

    /// The frames; errors say which, counted from 0.
    pub(in crate::format) fn snapshots(&self, system: &System) -> Result<Vec<Snapshot>> {
        let mut last: Option<Arc<[u32]>> = None;
        let one = |frame| {
            let snapshot = match &self.real {
                None => self.snapshot(frame, system, &system.types, None),
                Some(real) => {
                    let n = system.types.len();
                    let row = &real[frame * n..(frame + 1) * n];
                    let types = real_types(row, system)?;
                    let types: Arc<[u32]> = match &last {
                        Some(last) if **last == *types => Arc::clone(last),
                        _ => types.into(),
                    };
                    last = Some(Arc::clone(&types));
                    self.snapshot(frame, system, &types, Some(row))
                }
            };
            snapshot.and_then(|s| {
                sound::positions(&s)?;
                s.check(system.names.len()).map(|()| s)
            })
        };
        (0..self.frames).map(one_with_frame(one)).collect()
    }

    fn snapshot(
        &self,
        frame: usize,
        system: &System,
        types: &Arc<[u32]>,
        real: Option<&[f64]>,
    ) -> Result<Snapshot> {
        let n = system.types.len();
        let kept = |atom: &usize| real.is_none_or(|real| real[*atom] >= 0.0);
        let vectors = |field: usize| -> Option<Vec<Vec3>> {
            let row = self.row(field, frame, n)?;
            Some((0..n).filter(kept).map(|i| vector(&row[3 * i..])).collect())
        };
        let cell = match self.row(1, frame, n).filter(|_| system.periodic) {
            Some(row) => Some(sound::cell(matrix(row), FLAT)?),
            None => None,
        };
        let labels = Labels {
            energy: self.row(2, frame, n).map(|row| row[0]),
            forces: vectors(3),
            virial: self.row(4, frame, n).map(matrix),
            atomic_energies: self
                .row(5, frame, n)
                .map(|row| (0..n).filter(kept).map(|i| row[i]).collect()),
            converged: None,
        };
        let positions = vectors(0).unwrap_or_default();
        Ok(Snapshot { types: Arc::clone(types), positions, cell, labels })
    }
}

/// The same function, its errors with the frame.
fn one_with_frame(
    mut one: impl FnMut(usize) -> Result<Snapshot>,
) -> impl FnMut(usize) -> Result<Snapshot> {
    move |frame| one(frame).map_err(|error| in_frame(error, frame))
}

fn real_types(row: &[f64], system: &System) -> Result<Vec<u32>> {
    let real = row.iter().enumerate().filter(|(_, t)| **t >= 0.0);
    real.map(|(atom, &t)| {
        if t < system.names.len() as f64 && t.fract() == 0.0 {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
            return Ok(t as u32);
        }
        let found = format!(
            "atom {} is of type {t}, and type_map.raw has {} names",
            atom + 1,
            system.names.len()
        );
        Err(Error::input("real_atom_types.npy", found)
            .allowed("Types are counted from 0; −1 is an atom that is none"))
    })
    .collect()
}

fn vector(row: &[f64]) -> Vec3 {
    std::array::from_fn(|k| row[k])
}

fn matrix(row: &[f64]) -> Mat3 {
    std::array::from_fn(|i| vector(&row[3 * i..]))
}
