//! vasprun.xml: what a run of VASP wrote as XML; one snapshot for each calculation.
//!
//! ```text
//! energy     e_fr_energy of the last <energy> of the <calculation>: TOTEN of the OUTCAR
//! virial     Ξ = V · stress/1602.176634, stress in kbar, positive when compressed
//! positions  fractions of the lattice vectors
//! ```
//! Read element by element. Of a file that ends or breaks in the middle the complete calculations are
//! kept. A calculation whose electrons took NELM iterations counts as unconverged: the file does not say
//! whether the last of them was enough. One without iterations, in a run with `ML_LMLFF`, is a force
//! field's.

use ground::units::KILOBAR;
use ground::{Error, Result};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::lines::columns;
use super::outcar::warn;
use super::{Options, Read, sound};
use crate::model::{Frames, Labels, Mat3, Snapshot, Vec3};

/// The snapshots in the bytes of a file.
pub(super) fn read(bytes: &[u8], options: Options) -> Result<Read> {
    let text = String::from_utf8_lossy(bytes);
    let mut xml = Reader::from_str(&text);
    let mut run = Run::default();
    let line = |xml: &Reader<&[u8]>| {
        let end = usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX).min(text.len());
        1 + text.as_bytes()[..end].split(|b| *b == b'\n').skip(1).count()
    };
    let whole = loop {
        let handled = match xml.read_event() {
            Ok(Event::Start(tag)) => {
                run.open(&tag);
                Ok(())
            }
            Ok(Event::Text(text)) => {
                run.text.push_str(&text);
                Ok(())
            }
            Ok(Event::End(_)) => run.close(),
            Ok(Event::Eof) => break run.path.is_empty(),
            Ok(_) => Ok(()),
            Err(_) => break false,
        };
        handled.map_err(|error| match error {
            Error::Input(mut input) if input.key.is_empty() => {
                input.key = format!("line {}", line(&xml));
                Error::Input(input)
            }
            other => other,
        })?;
    };
    let mut warnings = Vec::new();
    if run.done.is_empty() {
        let found = if whole {
            "there is no calculation in this file".to_owned()
        } else {
            let line = line(&xml);
            format!("this XML ends or breaks at line {line}, before a calculation is complete")
        };
        return Err(Error::input("", found).allowed("Give a vasprun.xml of VASP"));
    }
    if !whole {
        warnings.push(format!(
            "the XML ends or breaks at line {}: kept are the {} complete calculations before",
            line(&xml),
            run.done.len()
        ));
    }
    Ok(run.finish(options, warnings))
}

/// An element that is open.
#[derive(Debug)]
struct Tag {
    tag: String,
    name: String,
}

/// Where vectors go.
type Place = fn(&mut Calculation) -> &mut Vec<Vec3>;

#[derive(Debug, Default)]
struct Run {
    path: Vec<Tag>,
    text: String,
    /// Names of species, and the species of each atom.
    species: Vec<String>,
    types: Vec<u32>,
    /// Whether the next cell of the list of atoms is the first of its row.
    row_begins: bool,
    nelm: Option<usize>,
    force_field: bool,
    now: Calculation,
    done: Vec<Calculation>,
}

#[derive(Debug, Default)]
struct Calculation {
    basis: Vec<Vec3>,
    positions: Vec<Vec3>,
    forces: Vec<Vec3>,
    stress: Vec<Vec3>,
    energy: Option<f64>,
    iterations: usize,
    snapshot: Option<Snapshot>,
}

impl Run {
    fn open(&mut self, tag: &BytesStart<'_>) {
        let name = tag.try_get_attribute("name").ok().flatten();
        let name = name.map_or_else(String::new, |name| name.value.into_owned());
        self.text.clear();
        match tag.name().0 {
            "calculation" => self.now = Calculation::default(),
            "scstep" => self.now.iterations += 1,
            "rc" => self.row_begins = true,
            _ => {}
        }
        self.path.push(Tag { tag: tag.name().0.to_owned(), name });
    }

    /// Whether the open elements end with these; `tag:name` asks for a name too.
    fn inside(&self, pattern: &[&str]) -> bool {
        let Some(begin) = self.path.len().checked_sub(pattern.len()) else { return false };
        self.path[begin..].iter().zip(pattern).all(|(open, asked)| match asked.split_once(':') {
            Some((tag, name)) => open.tag == tag && open.name == name,
            None => open.tag == *asked,
        })
    }

    fn close(&mut self) -> Result<()> {
        let tag = self.path.last().map_or("", |tag| tag.tag.as_str());
        let done = match tag {
            "v" => self.vector(),
            "i" => self.item(),
            "c" if self.inside(&["array:atoms", "set", "rc", "c"]) => {
                self.atom();
                Ok(())
            }
            "calculation" => self.calculation(),
            _ => Ok(()),
        };
        self.path.pop();
        self.text.clear();
        done
    }

    fn atom(&mut self) {
        if !std::mem::take(&mut self.row_begins) {
            return;
        }
        let name = self.text.trim();
        let at = self.species.iter().position(|known| known == name).unwrap_or_else(|| {
            self.species.push(name.to_owned());
            self.species.len() - 1
        });
        self.types.push(u32::try_from(at).unwrap_or(u32::MAX));
    }

    fn vector(&mut self) -> Result<()> {
        let places: [(&[&str], Place); 4] = [
            (&["calculation", "structure", "crystal", "varray:basis", "v"], |c| &mut c.basis),
            (&["calculation", "structure", "varray:positions", "v"], |c| &mut c.positions),
            (&["calculation", "varray:forces", "v"], |c| &mut c.forces),
            (&["calculation", "varray:stress", "v"], |c| &mut c.stress),
        ];
        if let Some((_, field)) = places.iter().find(|(pattern, _)| self.inside(pattern)) {
            let vector = columns(&self.text).ok_or_else(|| {
                Error::input("", format!("`{}` are not three numbers", self.text.trim()))
            })?;
            field(&mut self.now).push(vector);
        }
        Ok(())
    }

    fn item(&mut self) -> Result<()> {
        let name = self.path.last().map_or("", |tag| tag.name.as_str());
        match name {
            "NELM" if self.nelm.is_none() && self.path.iter().any(|t| t.tag == "parameters") => {
                self.nelm = self.text.trim().parse().ok();
            }
            "ML_LMLFF" => self.force_field |= self.text.trim().starts_with(['T', 't']),
            "e_fr_energy" if self.inside(&["calculation", "energy", "i"]) => {
                let [energy] = columns(&self.text).ok_or_else(|| {
                    Error::input("", format!("the energy `{}` is no number", self.text.trim()))
                })?;
                self.now.energy = Some(energy);
            }
            _ => {}
        }
        Ok(())
    }

    fn calculation(&mut self) -> Result<()> {
        let mut now = std::mem::take(&mut self.now);
        let n = self.types.len();
        let count = |what: &str, found: usize, due: usize| {
            let found = format!("a calculation with {found} {what}");
            Error::input("", found).allowed(format!("There are {due} here"))
        };
        let energy = now.energy.ok_or_else(|| count("energies", 0, 1))?;
        let basis =
            matrix(&now.basis).ok_or_else(|| count("lattice vectors", now.basis.len(), 3))?;
        let cell = sound::cell(basis, sound::VOLUME)?;
        if now.positions.len() != n || n == 0 {
            return Err(count("positions", now.positions.len(), n));
        }
        if ![0, n].contains(&now.forces.len()) {
            return Err(count("forces", now.forces.len(), n));
        }
        let kbar = cell.volume() * KILOBAR;
        let virial = matrix(&now.stress).map(|m| m.map(|row| row.map(|s| s * kbar)));
        let types = match self.done.last().and_then(|last| last.snapshot.as_ref()) {
            Some(last) if *last.types == *self.types => last.types.clone(),
            _ => self.types.clone().into(),
        };
        let forces = std::mem::take(&mut now.forces);
        let labels = Labels {
            energy: Some(energy),
            forces: Some(forces).filter(|forces| !forces.is_empty()),
            virial,
            atomic_energies: None,
            converged: self.nelm.filter(|_| now.iterations > 0).map(|nelm| now.iterations < nelm),
        };
        let positions = now.positions.iter().map(|&f| cell.position(f)).collect();
        now.positions.clear();
        now.snapshot = Some(Snapshot { types, positions, cell: Some(cell), labels });
        self.done.push(now);
        Ok(())
    }

    fn finish(self, options: Options, mut warnings: Vec<String>) -> Read {
        let of_field = |c: &Calculation| self.force_field && c.iterations == 0;
        let unconverged = |c: &Calculation| {
            c.snapshot.as_ref().is_some_and(|s| s.labels.converged == Some(false))
        };
        let which = |is: &dyn Fn(&Calculation) -> bool| -> Vec<usize> {
            let steps = self.done.iter().enumerate().filter(|(_, c)| is(c));
            steps.map(|(k, _)| k + 1).collect()
        };
        let what = "electrons took all NELM iterations";
        warn(&mut warnings, &which(&unconverged), options.keep_unconverged, what);
        let what = "computed with a force field of VASP, not from electrons";
        warn(&mut warnings, &which(&of_field), options.keep_force_field, what);
        let kept = |c: &Calculation| {
            (options.keep_unconverged || !unconverged(c))
                && (options.keep_force_field || !of_field(c))
        };
        let mask: Vec<bool> = self.done.iter().map(kept).collect();
        let kept = self.done.into_iter().zip(mask).filter(|(_, kept)| *kept);
        let snapshots = kept.filter_map(|(c, _)| c.snapshot).collect();
        Read { frames: Frames { species: self.species, snapshots }, warnings }
    }
}

fn matrix(rows: &[Vec3]) -> Option<Mat3> {
    rows.try_into().ok()
}

#[cfg(test)]
mod tests;
