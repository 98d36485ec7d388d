//! OUTCAR: what a run of VASP printed; one snapshot for each ionic step.
//!
//! ```text
//! energy     free  energy   TOTEN: the free energy, which the forces are derivatives of
//! virial     Ξ = V · (in kB)/1602.176634, printed as XX YY ZZ XY YZ ZX, positive when compressed
//! species    TITEL, else VRHFIN, else POTCAR; counts from `ions per type`
//! ```
//! A step is over when its energy is printed; one that is not is left out. A step is unconverged where
//! its electrons took NELM iterations and the last changed the energy by EDIFF or more, or where VASP 6
//! says so; VASP 5 prints `EDIFF is reached` even then. Steps of a force field (`ML`) are told from those
//! of density functional theory. Positions stay in the file's own cell.

mod head;

use ground::units::KILOBAR;
use ground::{Error, Result};

use super::lines::{Lines, columns};
use super::{Options, Read, sound};
use crate::cell::Cell;
use crate::model::{Frames, Labels, Mat3, Snapshot, Vec3};
use head::Head;

/// The snapshots in the bytes of a file.
pub(super) fn read(bytes: &[u8], options: Options) -> Result<Read> {
    let mut reader = Reader { lines: Lines::new(bytes), ..Reader::default() };
    while let Some(line) = reader.lines.next() {
        let more = reader.line(&line);
        more.map_err(|error| at_line(error, reader.lines.at))?;
    }
    reader.finish(options)
}

fn at_line(error: Error, line: usize) -> Error {
    match error {
        Error::Input(mut input) if input.key.is_empty() => {
            input.key = format!("line {line}");
            Error::Input(input)
        }
        other => other,
    }
}

/// What Fortran prints of a number that is too long.
const STARS: &str = "there is `****` for a number that is too large for its column";

#[derive(Default)]
struct Reader<'a> {
    lines: Lines<'a>,
    head: Head,
    /// The lattice vectors printed last below a volume.
    cell: Option<Mat3>,
    /// Whether a volume was printed, and lattice vectors are due.
    volume: bool,
    step: Step,
    /// Steps that are over.
    done: Vec<Done>,
    /// Why steps are left out, the step counted from 1.
    damaged: Vec<(usize, String)>,
}

/// An ionic step as it is read.
#[derive(Default)]
struct Step {
    iterations: usize,
    /// What the last iteration changed: the energy, and the energy of the bands.
    change: Option<[f64; 2]>,
    refused: bool,
    stress: Option<[f64; 6]>,
    /// Positions and forces, and whether they are a force field's.
    atoms: Option<(Vec<Vec3>, Vec<Vec3>, bool)>,
    damage: Option<String>,
}

/// A step that is over.
struct Done {
    snapshot: Snapshot,
    force_field: bool,
    /// Counted from 1.
    number: usize,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<()> {
        let text = line.trim_start();
        if text.starts_with("POSITION") && text.contains("TOTAL-FORCE") {
            return self.atoms(text.contains("(ML)"));
        }
        if let Some(rest) = text.strip_prefix("in kB") {
            self.step.stress = columns(rest);
            if rest.contains("**") {
                self.step.damage = Some(format!("line {}: {STARS}", self.lines.at));
            }
        } else if text.starts_with("volume of cell") {
            self.volume = true;
        } else if text.starts_with("direct lattice vectors") && self.volume {
            self.volume = false;
            self.lattice();
        } else if let Some(rest) = text.strip_prefix("free  energy") {
            return self.energy(rest);
        } else if text.starts_with("---") {
            self.iteration(text);
        } else if let Some(rest) = text.strip_prefix("total energy-change (2. order) :") {
            self.step.change = columns(&rest.replace(['(', ')'], " "));
        } else {
            self.head.line(text)?;
        }
        Ok(())
    }

    /// `---- Iteration      1(  15)  ----`, and how the loop ended.
    fn iteration(&mut self, text: &str) {
        if let Some((_, rest)) = text.split_once("Iteration") {
            let inside = rest.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
            if let Some(n) = inside.and_then(|(n, _)| n.trim().parse().ok()) {
                (self.step.iterations, self.step.change) = (n, None);
            }
        } else if text.contains("EDIFF was not reached") {
            self.step.refused = true;
        }
    }

    fn lattice(&mut self) {
        let mut rows = [[0.0; 3]; 3];
        for row in &mut rows {
            let Some(found) = self.lines.next().as_deref().and_then(columns::<3>) else { return };
            *row = found;
        }
        self.cell = Some(rows);
    }

    fn atoms(&mut self, force_field: bool) -> Result<()> {
        let n = self.head.atoms()?;
        let _rule = self.lines.next();
        let (mut positions, mut forces) = (Vec::new(), Vec::new());
        while positions.len() < n {
            // Only a copy is advanced: what is no row of numbers may be the next thing to read.
            let mut ahead = self.lines.clone();
            let line = ahead.next();
            let Some(row) = line.as_deref().and_then(columns::<6>) else {
                let stars = line.is_some_and(|line| line.contains("**"));
                let why = if stars {
                    STARS.to_owned()
                } else {
                    format!("{} of {n} atoms are printed", positions.len())
                };
                self.step.damage = Some(format!("line {}: {why}", ahead.at));
                return Ok(());
            };
            self.lines = ahead;
            positions.push([row[0], row[1], row[2]]);
            forces.push([row[3], row[4], row[5]]);
        }
        self.step.atoms = Some((positions, forces, force_field));
        Ok(())
    }

    /// The end of a step: `   TOTEN  =  -118.07 eV`, or `ML TOTEN  =  …`.
    fn energy(&mut self, rest: &str) -> Result<()> {
        let force_field = rest.trim_start().starts_with("ML TOTEN");
        if !force_field && !rest.trim_start().starts_with("TOTEN") {
            return Ok(());
        }
        let Some((_, value)) = rest.split_once('=') else { return Ok(()) };
        // A number that is not followed by its unit is cut.
        let Some((value, _)) = value.split_once("eV") else { return Ok(()) };
        let number = self.done.len() + self.damaged.len() + 1;
        let step = std::mem::take(&mut self.step);
        let damage = |why: &str| Some((number, why.to_owned()));
        let Some([energy]) = columns::<1>(value) else {
            let stars = value.contains("**");
            let why = if stars { STARS } else { "its energy is no number" };
            self.damaged.extend(damage(why));
            return Ok(());
        };
        if let Some(why) = step.damage {
            self.damaged.push((number, why));
            return Ok(());
        }
        let converged = if force_field { None } else { self.converged(&step) };
        let Some((positions, forces, _)) = step.atoms.filter(|(.., ml)| *ml == force_field) else {
            self.damaged.extend(damage("positions and forces are not printed (NWRITE)"));
            return Ok(());
        };
        let rows =
            self.cell.ok_or_else(|| Error::input("", "no lattice vectors precede this energy"))?;
        let cell = sound::cell(rows, sound::VOLUME)?;
        let labels = Labels {
            energy: Some(energy),
            forces: Some(forces),
            virial: step.stress.map(|kbar| virial(kbar, &cell)),
            atomic_energies: None,
            converged,
        };
        let types = self.head.types()?;
        let snapshot = Snapshot { types, positions, cell: Some(cell), labels };
        self.done.push(Done { snapshot, force_field, number });
        Ok(())
    }

    /// Whether the electrons of a step had converged; None where nothing is said of them.
    fn converged(&self, step: &Step) -> Option<bool> {
        let nelm = self.head.nelm.filter(|_| step.iterations > 0)?;
        let small = |(change, ediff): ([f64; 2], f64)| change.iter().all(|c| c.abs() < ediff);
        let reached = step.iterations < nelm || step.change.zip(self.head.ediff).is_some_and(small);
        Some(reached && !step.refused)
    }

    fn finish(self, options: Options) -> Result<Read> {
        let mut warnings = Vec::new();
        if self.step.iterations > 0 || self.step.atoms.is_some() || self.step.damage.is_some() {
            warnings.push("the last ionic step is not finished: left out".to_owned());
        }
        if self.done.is_empty() && self.damaged.is_empty() {
            return Err(Error::input("", "there is no finished ionic step in this OUTCAR")
                .allowed("A step ends with the line `free  energy   TOTEN`"));
        }
        for (why, steps) in gathered(&self.damaged) {
            warnings.push(format!("{} left out: {why}", said(&steps)));
        }
        let number = |done: &Done| done.number;
        let (fields, rest): (Vec<Done>, Vec<Done>) =
            self.done.into_iter().partition(|done| done.force_field);
        let bad = |done: &&Done| done.snapshot.labels.converged == Some(false);
        let unconverged: Vec<usize> = rest.iter().filter(bad).map(number).collect();
        warn(&mut warnings, &unconverged, options.keep_unconverged, "electrons had not converged");
        let of_field: Vec<usize> = fields.iter().map(number).collect();
        let what = "computed with a force field of VASP, not from electrons";
        warn(&mut warnings, &of_field, options.keep_force_field, what);
        let kept =
            |done: &Done| options.keep_unconverged || done.snapshot.labels.converged != Some(false);
        let mut kept: Vec<Done> = rest.into_iter().filter(kept).collect();
        if options.keep_force_field {
            kept.extend(fields);
            kept.sort_by_key(number);
        }
        let snapshots = kept.into_iter().map(|done| done.snapshot).collect();
        Ok(Read { frames: Frames { species: self.head.species, snapshots }, warnings })
    }
}

/// The virial of a stress that VASP prints.
pub(super) fn virial(kbar: [f64; 6], cell: &Cell) -> Mat3 {
    let [xx, yy, zz, xy, yz, zx] = kbar.map(|s| s * cell.volume() * KILOBAR);
    [[xx, xy, zx], [xy, yy, yz], [zx, yz, zz]]
}

/// Says which steps are left out, or kept although.
pub(super) fn warn(warnings: &mut Vec<String>, steps: &[usize], keep: bool, what: &str) {
    if !steps.is_empty() {
        let done = if keep { "kept" } else { "left out" };
        warnings.push(format!("{} {done}: {what}", said(steps)));
    }
}

/// Reasons with their steps, in order.
fn gathered(damaged: &[(usize, String)]) -> Vec<(&str, Vec<usize>)> {
    let mut all: Vec<(&str, Vec<usize>)> = Vec::new();
    for (step, why) in damaged {
        match all.iter_mut().find(|(said, _)| said == why) {
            Some((_, steps)) => steps.push(*step),
            None => all.push((why, vec![*step])),
        }
    }
    all
}

/// `3 ionic steps (1, 2, 7)`.
fn said(steps: &[usize]) -> String {
    let first: Vec<String> = steps.iter().take(5).map(usize::to_string).collect();
    let more = if steps.len() > 5 { ", …" } else { "" };
    let s = if steps.len() == 1 { "" } else { "s" };
    format!("{} ionic step{s} ({}{more})", steps.len(), first.join(", "))
}

#[cfg(test)]
mod tests;
