//! Extended XYZ: a count, a comment of keys and values, a line for each atom; frame after frame.
//!
//! ```text
//! 2
//! Lattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 pbc="T T T"
//! H 0.0 0.0 0.0  0.1 0.0 0.0
//! H 1.0 0.0 0.0 -0.1 0.0 0.0
//! ```
//! Å, eV, eV/Å. `virial` (eV) is positive when compressed; `stress` (eV/Å³, nine numbers, or six as xx
//! yy zz yz xz xy) is positive under tension, as ASE has it: Ξ = −V stress. Where both are there they
//! must agree. Without `Properties` a line is a symbol and a position. A frame that is periodic in one
//! or two directions is read as periodic in all, and that is said.

mod comment;
mod labels;
mod write;

use ground::{Error, Result};

use super::Read;
use super::lines::Lines;
use super::notes::Notes;
use super::sound;
use crate::cell::Cell;
use crate::elements;
use crate::model::{Frames, Snapshot, Vec3};
use comment::{Comment, Property};
use labels::Columns;

pub(super) use write::write;

/// The snapshots in the bytes of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Read> {
    let mut reader =
        Reader { lines: Lines::new(bytes), notes: Notes::default(), species: vec![], line: None };
    let mut frames = Vec::new();
    while let Some(frame) = reader.frame().map_err(|e| reader.located(e, frames.len()))? {
        frames.push(frame);
    }
    if frames.is_empty() {
        return Err(Error::input("", "there are no frames in this file").allowed(
            "A frame is a line with the count of atoms, a comment, and a line for each atom",
        ));
    }
    let frames = Frames { species: reader.species, snapshots: frames };
    Ok(Read { frames, warnings: reader.notes.sentences() })
}

struct Reader<'a> {
    lines: Lines<'a>,
    notes: Notes,
    species: Vec<String>,
    /// The line that errors are about, where it is not the last that was read.
    line: Option<usize>,
}

impl Reader<'_> {
    /// The same error with the line it was found on.
    fn located(&self, error: Error, frame: usize) -> Error {
        match error {
            Error::Input(mut input) => {
                let at = format!("line {} (frame {frame})", self.line.unwrap_or(self.lines.at));
                input.key = if input.key.is_empty() { at } else { format!("{at}: {}", input.key) };
                Error::Input(input)
            }
            other => other,
        }
    }

    fn frame(&mut self) -> Result<Option<Snapshot>> {
        self.line = None;
        if self.lines.is_over() {
            return Ok(None);
        }
        let between = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        let Some(first) = self.lines.find(|line| !between(line)) else { return Ok(None) };
        let n = first.trim().parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(|| {
            Error::input("", format!("`{}` is no count of atoms", cut(first.trim())))
                .allowed("A frame begins with a line that holds the count of its atoms")
        })?;
        let comment = self.lines.next().ok_or_else(|| ends(n))?;
        let comment = Comment::parse(&comment)?;
        let properties = comment.properties()?;
        let columns = Columns::find(&properties, !comment.is_extended(), &mut self.notes)?;
        let mut atoms =
            Atoms { columns, types: vec![], positions: vec![], forces: vec![], energies: vec![] };
        let cell = cell(&comment, &mut self.notes)?;
        let mut labels = labels::of(&comment, cell.as_ref(), &mut self.notes)?;
        let said = self.lines.at;
        for _ in 0..n {
            let line = self.lines.next().ok_or_else(|| ends(n))?;
            atoms.add(&line, &properties, &mut self.species)?;
        }
        // What is wrong with a line of atoms was said there.
        self.line = Some(said);
        labels.forces = atoms.columns.forces.map(|_| atoms.forces);
        labels.atomic_energies = atoms.columns.energies.map(|_| atoms.energies);
        labels::scale_forces(&comment, &mut labels)?;
        let snapshot =
            Snapshot { types: atoms.types.into(), positions: atoms.positions, cell, labels };
        snapshot.check(self.species.len())?;
        Ok(Some(snapshot))
    }
}

fn ends(n: usize) -> Error {
    Error::input("", "the file ends inside a frame")
        .allowed(format!("After the comment there are {n} lines of atoms here"))
}

/// The beginning of a text that may be long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The atoms of a frame as they are read.
struct Atoms {
    columns: Columns,
    types: Vec<u32>,
    positions: Vec<Vec3>,
    forces: Vec<Vec3>,
    energies: Vec<f64>,
}

impl Atoms {
    fn add(
        &mut self,
        line: &str,
        properties: &[Property],
        species: &mut Vec<String>,
    ) -> Result<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let due: usize = properties.iter().map(|property| property.width).sum();
        let exact = !self.columns.plain;
        if words.len() < due || (exact && words.len() > due) {
            return Err(Error::input("", format!("{} columns", words.len())).allowed(if exact {
                format!("Properties asks for {due}")
            } else {
                "A line is a symbol and a position, four words".to_owned()
            }));
        }
        let name = words[self.columns.species];
        let name = match name.parse::<usize>() {
            Ok(charge) => elements::symbol(charge).ok_or_else(|| {
                Error::input("", format!("there is no element of nuclear charge {charge}"))
                    .allowed("Write symbols, or charges from 1 to 118")
            })?,
            Err(_) => name,
        };
        let at = species.iter().position(|known| known == name).unwrap_or_else(|| {
            species.push(name.to_owned());
            species.len() - 1
        });
        self.types.push(u32::try_from(at).unwrap_or(u32::MAX));
        let number = |column: usize| {
            words[column].parse::<f64>().map_err(|_| {
                let found = format!("column {}: `{}` is no number", column + 1, words[column]);
                Error::input("", found).allowed("Positions and forces are three numbers each")
            })
        };
        let vector = |at: usize| Ok([number(at)?, number(at + 1)?, number(at + 2)?]);
        let position = vector(self.columns.positions)?;
        sound::position(position, self.positions.len() + 1)?;
        self.positions.push(position);
        let finite = |what: &str, numbers: &[f64]| {
            if numbers.iter().all(|v| v.is_finite()) {
                return Ok(());
            }
            Err(Error::input("", format!("{what} is not a finite number")))
        };
        if let Some(at) = self.columns.forces {
            let force = vector(at)?;
            finite("a force", &force)?;
            self.forces.push(force);
        }
        if let Some(at) = self.columns.energies {
            let energy = number(at)?;
            finite("an atomic energy", &[energy])?;
            self.energies.push(energy);
        }
        Ok(())
    }
}

/// The cell, from `Lattice` and `pbc`.
fn cell(comment: &Comment, notes: &mut Notes) -> Result<Option<Cell>> {
    let lattice = match comment.numbers("Lattice")? {
        None => None,
        Some(rows) if rows.len() == 9 => Some(rows),
        Some(rows) => {
            return Err(Error::input("Lattice", format!("{} numbers", rows.len()))
                .allowed("Nine: the lattice vectors a, b, c, three numbers each"));
        }
    };
    let pbc = match comment.first(&["pbc"]) {
        None => [lattice.is_some(); 3],
        Some((_, text)) => directions(text)?,
    };
    let molecule = pbc == [false; 3];
    if lattice.is_none()
        && (!molecule || comment.get("pbc").is_none())
        && let Some(key) = comment.near_lattice()
    {
        return Err(Error::input(key, "this key is not known, and there is no Lattice")
            .nearest(Some("Lattice".to_owned()))
            .allowed("A molecule has pbc=\"F F F\""));
    }
    if molecule {
        return Ok(None);
    }
    let Some(rows) = lattice else {
        return Err(Error::input("pbc", "the frame is periodic and has no Lattice")
            .allowed("Give Lattice=\"ax ay az bx by bz cx cy cz\", or pbc=\"F F F\""));
    };
    if pbc != [true; 3] {
        notes.say(
            "periodic in some directions only, read as periodic in all: atoms see the images of \
             the slab or wire where the vacuum is thinner than the cut-off",
        );
    }
    let rows = std::array::from_fn(|i| std::array::from_fn(|k| rows[3 * i + k]));
    sound::cell(rows, "A molecule has no Lattice, or pbc=\"F F F\"").map(Some)
}

/// Three truth values.
fn directions(text: &str) -> Result<[bool; 3]> {
    let words = text.split(|c: char| c.is_whitespace() || ",[]{}".contains(c));
    let one = |word: &str| match word.to_ascii_lowercase().as_str() {
        "t" | "true" | ".true." | "1" => Some(true),
        "f" | "false" | ".false." | "0" => Some(false),
        _ => None,
    };
    let found: Option<Vec<bool>> = words.filter(|word| !word.is_empty()).map(one).collect();
    match found.as_deref() {
        Some([all]) => Ok([*all; 3]),
        Some([a, b, c]) => Ok([*a, *b, *c]),
        _ => Err(Error::input("pbc", format!("`{}` is not understood", cut(text)))
            .allowed("Write \"T T T\" for a crystal or a liquid, \"F F F\" for a molecule")),
    }
}

#[cfg(test)]
mod tests;
