//! POSCAR and CONTCAR: one structure of VASP, without labels.
//!
//! ```text
//! comment
//! 1.0                     scale; negative: the volume in Å³; three: one for x, y, z each
//! ax ay az …              three lattice vectors
//! O H                     names; absent in files of VASP 4
//! 2 4                     counts
//! Selective dynamics      may be absent
//! Direct                  or Cartesian, in units of the scale
//! x y z …                 a line for each atom; what follows a blank line is passed over
//! ```
//! Without names the comment is asked, and taken if it is as many symbols of elements as there are
//! counts. When written, atoms are sorted by species.

use std::fmt::Write as _;

use ground::{Error, Result};

use super::lines::{Lines, columns, shortest};
use super::{Read, Tree, Written, sound};
use crate::cell::Cell;
use crate::elements;
use crate::model::{Frames, Labels, Mat3, Snapshot, Vec3};

/// The structure in the bytes of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Read> {
    let mut lines = Lines::new(bytes);
    let structure = structure(&mut lines);
    let (frames, warnings) = structure.map_err(|error| match error {
        Error::Input(mut input) if input.key.is_empty() => {
            input.key = format!("line {}", lines.at);
            Error::Input(input)
        }
        other => other,
    })?;
    Ok(Read { frames, warnings })
}

fn structure(lines: &mut Lines<'_>) -> Result<(Frames, Vec<String>)> {
    let comment = next(lines, "a comment")?;
    let scale = next(lines, "the scale")?;
    let rows: Mat3 = [row(lines)?, row(lines)?, row(lines)?];
    let (cell, scale) = scaled(rows, &scale, lines.at - 3)?;
    let mut warnings = Vec::new();
    let (names, counts) = species(lines, &comment, &mut warnings)?;
    let mut mode = next(lines, "Direct or Cartesian")?;
    let selective = mode.trim_start().starts_with(['S', 's']);
    if selective {
        mode = next(lines, "Direct or Cartesian")?;
    }
    let cartesian = match mode.trim_start().chars().next() {
        Some('C' | 'c' | 'K' | 'k') => true,
        Some('D' | 'd') => false,
        _ => {
            return Err(Error::input(
                "",
                format!("`{}` is neither Direct nor Cartesian", mode.trim()),
            )
            .allowed("This line says what the positions below it are"));
        }
    };
    let n: usize = counts.iter().sum();
    let mut positions = Vec::new();
    for k in 0..n {
        let line = lines.next().filter(|line| !line.trim().is_empty()).ok_or_else(|| {
            Error::input("", format!("there are {k} positions, and the counts are {n} atoms"))
                .allowed("A line for each atom")
        })?;
        let x: Vec3 = columns(&line).ok_or_else(|| no_vector(&line))?;
        if selective {
            flags(&line)?;
        }
        let x = if cartesian { std::array::from_fn(|k| x[k] * scale[k]) } else { cell.position(x) };
        positions.push(x);
    }
    if let Some(line) = lines.next()
        && columns::<3>(&line).is_some()
    {
        return Err(Error::input(
            "",
            format!("there is a position more than the {n} atoms counted"),
        )
        .allowed("Velocities follow a blank line"));
    }
    let mut all = Vec::new();
    let mut unique: Vec<String> = Vec::new();
    for (name, count) in names.iter().zip(counts) {
        let at = unique.iter().position(|known| known == name).unwrap_or_else(|| {
            unique.push(name.clone());
            unique.len() - 1
        });
        all.extend(std::iter::repeat_n(u32::try_from(at).unwrap_or(u32::MAX), count));
    }
    let labels = Labels::default();
    let snapshot = Snapshot { types: all.into(), positions, cell: Some(cell), labels };
    Ok((Frames { species: unique, snapshots: vec![snapshot] }, warnings))
}

fn next(lines: &mut Lines<'_>, what: &str) -> Result<String> {
    lines.next().map(std::borrow::Cow::into_owned).ok_or_else(|| {
        Error::input("", format!("the file ends where {what} is due"))
            .allowed("A POSCAR has comment, scale, three vectors, names, counts, mode, positions")
    })
}

fn no_vector(line: &str) -> Error {
    Error::input("", format!("`{}` does not begin with three numbers", line.trim()))
        .allowed("Write x y z")
}

/// Refuses a line of selective dynamics without T or F for each direction.
fn flags(line: &str) -> Result<()> {
    let is_flag = |word: &str| word.trim_matches('.').starts_with(['T', 't', 'F', 'f']);
    if line.split_whitespace().skip(3).take(3).filter(|word| is_flag(word)).count() == 3 {
        return Ok(());
    }
    Err(Error::input("", format!("`{}` does not end with three of T and F", line.trim()))
        .allowed("With Selective dynamics every atom has them"))
}

fn row(lines: &mut Lines<'_>) -> Result<Vec3> {
    let line = next(lines, "a lattice vector")?;
    columns(&line).ok_or_else(|| no_vector(&line))
}

/// The cell, and what Cartesian positions are multiplied by. The scale stands on line `at`.
fn scaled(rows: Mat3, scale: &str, at: usize) -> Result<(Cell, Vec3)> {
    let wrong = || {
        Error::input(format!("line {at}"), format!("`{}` is no scale", scale.trim())).allowed(
            "A positive number, a negative one whose size is the volume in Å³, or three positive ones",
        )
    };
    let scale: Vec3 = match columns::<3>(scale) {
        Some(scale) if scale.iter().all(|s| *s > 0.0) => scale,
        Some(_) => return Err(wrong()),
        None => match columns::<1>(scale).ok_or_else(wrong)? {
            [s] if s > 0.0 => [s; 3],
            [s] if s < 0.0 => [(-s / sound::cell(rows, sound::VOLUME)?.volume()).cbrt(); 3],
            _ => return Err(wrong()),
        },
    };
    let rows = rows.map(|row| std::array::from_fn(|k| row[k] * scale[k]));
    Ok((sound::cell(rows, sound::VOLUME)?, scale))
}

/// Names and counts.
fn species(
    lines: &mut Lines<'_>,
    comment: &str,
    warnings: &mut Vec<String>,
) -> Result<(Vec<String>, Vec<usize>)> {
    let line = next(lines, "a line of names")?;
    if let Some(counts) = counts(&line) {
        // A word such as Al16 or Al_pv names an element too.
        let symbol = |word: &str| {
            let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
            elements::charge(&word[..end]).map(|_| word[..end].to_owned())
        };
        let names: Option<Vec<String>> = comment.split_whitespace().map(symbol).collect();
        let Some(names) = names.filter(|names| names.len() == counts.len()) else {
            return Err(Error::input("", "there are counts and no names: a POSCAR of VASP 4")
                .allowed(
                    "Write the symbols on a line above the counts, in the order of the POTCAR",
                ));
        };
        warnings.push(format!("species are not named; the comment says {}", names.join(", ")));
        return Ok((names, counts));
    }
    let plain = |word: &str| word.split(['/', '_']).next().unwrap_or(word).to_owned();
    let names: Vec<String> = line.split_whitespace().map(plain).collect();
    let line = next(lines, "a line of counts")?;
    let counts = counts(&line).ok_or_else(|| {
        Error::input("", format!("`{}` are no counts of atoms", line.trim()))
            .allowed("Below the names stand whole numbers, one for each")
    })?;
    if counts.len() != names.len() {
        let found = format!("{} counts for the {} names above", counts.len(), names.len());
        return Err(Error::input("", found).allowed("Whole numbers, one for each name"));
    }
    Ok((names, counts))
}

/// More atoms than these are a slip, and would be room asked for nothing.
const MOST: usize = 100_000_000;

fn counts(line: &str) -> Option<Vec<usize>> {
    let words = line.split('!').next().unwrap_or("").split_whitespace();
    let counts: Vec<usize> = words.map(|w| w.parse().ok()).collect::<Option<_>>()?;
    let fine = !counts.is_empty()
        && counts.iter().all(|n| *n <= MOST)
        && counts.iter().fold(0_usize, |s, n| s.saturating_add(*n)) <= MOST;
    fine.then_some(counts)
}

/// One frame is a file, several are a folder of files.
pub(super) fn write(frames: &Frames) -> Result<Written> {
    if let [frame] = frames.snapshots.as_slice() {
        return Ok(Written::File(text(frames, frame)?));
    }
    let one = |(k, frame)| Ok((format!("POSCAR.{k:06}"), text(frames, frame)?));
    let files: Result<Tree> = frames.snapshots.iter().enumerate().map(one).collect();
    files.map(Written::Folder)
}

fn text(frames: &Frames, frame: &Snapshot) -> Result<Vec<u8>> {
    let Some(cell) = &frame.cell else {
        return Err(Error::input("", "a molecule in free space has no cell")
            .allowed("POSCAR needs one; write extxyz, or give the molecule a cell"));
    };
    let mut order: Vec<usize> = (0..frame.len()).collect();
    order.sort_by_key(|&i| frame.types[i]);
    let vector = |v: Vec3| format!(" {}\n", v.map(shortest).join(" "));
    let mut text = format!("{}\n1.0\n", super::deepmd::formula(frames, frame));
    cell.rows().into_iter().for_each(|row| text.push_str(&vector(row)));
    let (mut names, mut counts) = (String::new(), String::new());
    for run in order.chunk_by(|&i, &j| frame.types[i] == frame.types[j]) {
        // Writing to a string cannot fail.
        let _done = write!(names, " {}", frames.species[frame.types[run[0]] as usize]);
        let _done = write!(counts, " {}", run.len());
    }
    let _done = write!(text, "{names}\n{counts}\nCartesian\n");
    for i in order {
        text.push_str(&vector(frame.positions[i]));
    }
    Ok(text.into_bytes())
}

/// Whether writing changes the order of atoms.
pub(super) fn sorts(frames: &Frames) -> bool {
    frames.snapshots.iter().any(|frame| !frame.types.is_sorted())
}

#[cfg(test)]
mod tests;
