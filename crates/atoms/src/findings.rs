//! What is doubtful in a set of snapshots: a list, empty where nothing is.
//!
//! ```text
//! closest < 0.5 Å                               atoms that collide
//! V/N < 1 Å³                                    cells of another unit
//! Ξ = 0 beside forces, or not symmetric         virials that are none
//! |Σ F| > 0.1 F_rms √N                          forces that push the whole
//! |e − median| > 10 · 1.48 · MAD, > 0.1 eV      energies of one composition, at most 2 % of them: more
//!                                               are another phase, not a slip
//! slope of ΔE by −F̄·Δx                          1 where energies and forces have the same units
//! ```
//! The slope is taken over pairs of frames that follow each other and are near, as in dynamics. Limits
//! are wide: what is found deserves a look, what is not found may still be wrong.

use std::collections::BTreeMap;

use crate::cell::{Cell, norm};
use crate::format::formula;
use crate::model::{Frames, Snapshot, Vec3};
use crate::survey::{closest, pressure};

/// Nearer atoms collide, Å: the shortest bond, of H₂, is 0.74 Å.
const COLLISION: f64 = 0.5;
/// Less room has no atom, Å³: diamond has 5.7, hydrogen at 500 GPa 1.5.
const CROWDED: f64 = 1.0;
/// A virial is symmetric to this part of its largest number: programs print five digits or more.
const SKEW: f64 = 1e-3;
/// A net force above this part of what random forces would sum to.
const NET: f64 = 0.1;
/// A net force below this is rounding, eV/Å.
const NET_LEAST: f64 = 1e-2;
/// Energies per atom farther from the median than these: in robust standard deviations, and in eV.
const OUTLIER: [f64; 2] = [10.0, 0.1];
/// More than this part of a composition are no outliers.
const RARE: f64 = 0.02;
/// Pressures above this are no pressures of matter that is computed so, eV/Å³ (1600 GPa).
const PRESSURE: f64 = 10.0;
/// Root mean square forces above this are of another unit, eV/Å.
const FORCE: f64 = 30.0;
/// Frames that follow each other are near when no atom moves farther, Å.
const STEP: f64 = 0.15;
/// So many pairs of them, and so close to a line, say something of units.
const PAIRS: usize = 5;
const LINE: f64 = 0.9;
const SLOPE: [f64; 2] = [0.8, 1.25];
/// Positions that agree to this are the same, Å.
const SAME: f64 = 1e-6;

/// Something doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A word for programs.
    pub kind: &'static str,
    /// A sentence.
    pub text: String,
    /// The frames it is about, counted from 0; empty where it is about all.
    pub frames: Vec<usize>,
}

/// Everything doubtful in one system.
pub fn findings(frames: &Frames) -> Vec<Finding> {
    let mut all = Vec::new();
    all.extend(labels(frames));
    all.extend(unconverged(frames));
    all.extend(collisions(frames));
    all.extend(crowded(frames));
    all.extend(virials(frames));
    all.extend(duplicates(frames));
    all.extend(net_forces(frames));
    all.extend(outliers(frames));
    all.extend(units(frames));
    all.extend(moving_cells(frames));
    all
}

/// What is doubtful of several systems together: orders of species that differ.
pub fn between(systems: &[(&str, &Frames)]) -> Vec<Finding> {
    let Some((first, frames)) = systems.first() else { return Vec::new() };
    let differs = |species: &[String]| {
        let shared = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|name| b.contains(name)).cloned().collect()
        };
        shared(species, &frames.species) != shared(&frames.species, species)
    };
    let others = systems.iter().filter(|(_, other)| differs(&other.species));
    let one = |(name, other): &(&str, &Frames)| Finding {
        kind: "type-map",
        text: format!(
            "species are ordered {} in {name}, and {} in {first}: programs that go by number mistake \
             one for the other",
            other.species.join(", "),
            frames.species.join(", ")
        ),
        frames: Vec::new(),
    };
    others.map(one).collect()
}

/// A finding about some frames.
fn about(kind: &'static str, frames: Vec<usize>, text: impl Into<String>) -> Option<Finding> {
    (!frames.is_empty()).then(|| Finding { kind, text: text.into(), frames })
}

/// Frames with a property.
fn which(frames: &Frames, is: impl Fn(&Snapshot) -> bool) -> Vec<usize> {
    let those = frames.snapshots.iter().enumerate().filter(|(_, s)| is(s));
    those.map(|(k, _)| k).collect()
}

/// `1 frame has`, `3 of 7 frames have`.
fn share(some: usize, frames: &Frames) -> String {
    match (some, frames.len()) {
        (1, 1) => "the frame has".to_owned(),
        (some, all) if some == all => format!("all {all} frames have"),
        (1, all) => format!("1 of {all} frames has"),
        (some, all) => format!("{some} of {all} frames have"),
    }
}

fn labels(frames: &Frames) -> Vec<Finding> {
    let no_energy = which(frames, |s| s.labels.energy.is_none());
    let no_forces = which(frames, |s| s.labels.forces.is_none());
    let some = no_energy.len();
    let mut all = Vec::new();
    all.extend(about("no-energy", no_energy, format!("{} no energy", share(some, frames))));
    let some = no_forces.len();
    all.extend(about("no-forces", no_forces, format!("{} no forces", share(some, frames))));
    let unnamed = frames.species.iter().any(|name| name.starts_with("Type_"));
    all.extend(unnamed.then(|| Finding {
        kind: "unnamed",
        text: format!("species have no names: {}", frames.species.join(", ")),
        frames: Vec::new(),
    }));
    all
}

fn unconverged(frames: &Frames) -> Option<Finding> {
    let those = which(frames, |s| s.labels.converged == Some(false));
    let text = format!("{} electrons that had not converged", share(those.len(), frames));
    about("unconverged", those, text)
}

fn collisions(frames: &Frames) -> Option<Finding> {
    let pairs = frames.snapshots.iter().enumerate().filter_map(|(k, s)| closest(s, k));
    let near: Vec<_> = pairs.filter(|pair| pair.distance < COLLISION).collect();
    let worst = near.iter().min_by(|a, b| a.distance.total_cmp(&b.distance))?;
    let snapshot = &frames.snapshots[worst.frame];
    let [i, k] =
        worst.atoms.map(|i| format!("{} ({})", i + 1, frames.species[snapshot.types[i] as usize]));
    let text = format!(
        "{} atoms nearer than {COLLISION} Å; nearest are {i} and {k} of frame {}, {:.4} Å apart",
        share(near.len(), frames),
        worst.frame,
        worst.distance
    );
    about("collision", near.iter().map(|pair| pair.frame).collect(), text)
}

fn crowded(frames: &Frames) -> Option<Finding> {
    let room = |s: &Snapshot| Some(s.cell?.volume() / s.len().max(1) as f64);
    let those = which(frames, |s| room(s).is_some_and(|room| room < CROWDED));
    let least = frames.snapshots.iter().filter_map(room).fold(f64::INFINITY, f64::min);
    let text = format!(
        "{} less than {CROWDED} Å³ an atom, {least:.3} at the least; is the cell in nm?",
        share(those.len(), frames)
    );
    about("crowded", those, text)
}

fn virials(frames: &Frames) -> Vec<Finding> {
    let size = |xi: &[[f64; 3]; 3]| xi.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
    let moved = |s: &Snapshot| s.labels.forces.iter().flatten().flatten().any(|f| *f != 0.0);
    let zero = which(frames, |s| s.labels.virial.is_some_and(|xi| size(&xi) == 0.0) && moved(s));
    let skew = which(frames, |s| {
        s.labels.virial.is_some_and(|xi| {
            let off = (0..3).map(|k| (xi[k][(k + 1) % 3] - xi[(k + 1) % 3][k]).abs());
            off.fold(0.0, f64::max) > SKEW * size(&xi)
        })
    });
    let text = format!(
        "{} a virial of zeros beside forces; is it a missing one?",
        share(zero.len(), frames)
    );
    let mut all: Vec<Finding> = about("zero-virial", zero, text).into_iter().collect();
    let text = format!("{} a virial that is not symmetric", share(skew.len(), frames));
    all.extend(about("skew-virial", skew, text));
    all
}

/// A structure as whole numbers, for comparing.
fn structure(snapshot: &Snapshot) -> Vec<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "a finite number of steps of 1e-6 Å")]
    let whole = |v: f64| (v / SAME).round() as i64;
    let cell = snapshot.cell.map(|cell| cell.rows());
    let vectors = cell.iter().flatten().chain(&snapshot.positions).flatten();
    let types = snapshot.types.iter().map(|&t| i64::from(t));
    types.chain(vectors.map(|&v| whole(v))).collect()
}

fn duplicates(frames: &Frames) -> Option<Finding> {
    let mut seen: BTreeMap<Vec<i64>, usize> = BTreeMap::new();
    let mut again: Vec<(usize, usize)> = Vec::new();
    for (k, snapshot) in frames.snapshots.iter().enumerate() {
        let first = *seen.entry(structure(snapshot)).or_insert(k);
        if first != k {
            again.push((first, k));
        }
    }
    let &(first, second) = again.first()?;
    let energy = |k: usize| frames.snapshots[k].labels.energy;
    let differ = |&&(a, b): &&(usize, usize)| {
        energy(a).zip(energy(b)).is_some_and(|(one, other)| one.to_bits() != other.to_bits())
    };
    let labels = match again.iter().filter(differ).count() {
        0 => String::new(),
        n => format!("; {n} of them with another energy"),
    };
    let some = again.len();
    let text = format!(
        "{some} of {} frames {} there before, the first is frame {second}, the same as frame \
         {first}{labels}",
        frames.len(),
        if some == 1 { "was" } else { "were" }
    );
    about("duplicate", again.into_iter().map(|(_, k)| k).collect(), text)
}

/// The sum of forces, and the size that random ones would give it.
fn net(snapshot: &Snapshot) -> Option<(f64, f64)> {
    let forces = snapshot.labels.forces.as_ref()?;
    let sum: Vec3 = std::array::from_fn(|k| forces.iter().map(|f| f[k]).sum());
    let square: f64 = forces.iter().flatten().map(|f| f * f).sum();
    Some((norm(sum), square.sqrt()))
}

fn net_forces(frames: &Frames) -> Option<Finding> {
    let pushed =
        |s: &Snapshot| net(s).is_some_and(|(net, random)| net > NET * random && net > NET_LEAST);
    let those = which(frames, pushed);
    let size = |k: &usize| net(&frames.snapshots[*k]).map_or(0.0, |(net, _)| net);
    let worst = those.iter().max_by(|a, b| size(a).total_cmp(&size(b))).copied()?;
    let text = format!(
        "{} forces that do not sum to zero: {:.3} eV/Å in frame {worst}",
        share(those.len(), frames),
        size(&worst)
    );
    about("net-force", those, text)
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len();
    if n == 0 { 0.0 } else { 0.5 * (numbers[(n - 1) / 2] + numbers[n / 2]) }
}

fn outliers(frames: &Frames) -> Option<Finding> {
    let mut groups: BTreeMap<String, Vec<(usize, f64)>> = BTreeMap::new();
    for (k, snapshot) in frames.snapshots.iter().enumerate() {
        if let Some(energy) = snapshot.labels.energy {
            let group = groups.entry(formula(frames, snapshot)).or_default();
            group.push((k, energy / snapshot.len() as f64));
        }
    }
    let mut far: Vec<(usize, f64, f64)> = Vec::new();
    for group in groups.values().filter(|group| group.len() >= 5) {
        let middle = median(&mut group.iter().map(|(_, e)| *e).collect::<Vec<_>>());
        let mut off: Vec<f64> = group.iter().map(|(_, e)| (e - middle).abs()).collect();
        let limit = (OUTLIER[0] * 1.4826 * median(&mut off)).max(OUTLIER[1]);
        let those = group.iter().filter(|(_, e)| (e - middle).abs() > limit);
        let those: Vec<_> = those.map(|(k, e)| (*k, *e, middle)).collect();
        if those.len() as f64 <= (RARE * group.len() as f64).max(1.0) {
            far.extend(those);
        }
    }
    let &(k, energy, middle) =
        far.iter().max_by(|a, b| (a.1 - a.2).abs().total_cmp(&(b.1 - b.2).abs()))?;
    let text = format!(
        "{} an energy far from the others of its composition: {energy:.4} eV/atom in frame {k}, the \
         median is {middle:.4}",
        share(far.len(), frames)
    );
    about("outlier", far.iter().map(|(k, ..)| *k).collect(), text)
}

fn units(frames: &Frames) -> Vec<Finding> {
    let mut all = Vec::new();
    let high = which(frames, |s| pressure(s).is_some_and(|p| p.abs() > PRESSURE));
    if let Some(&k) = high.first() {
        let p = pressure(&frames.snapshots[k]).unwrap_or(0.0);
        let text = format!(
            "{} a virial that is a pressure of {p:.1} eV/Å³ (frame {k}); is it a stress in kbar or GPa?",
            share(high.len(), frames)
        );
        all.extend(about("unit-virial", high, text));
    }
    let forces = frames.snapshots.iter().filter_map(|s| s.labels.forces.as_ref());
    let (mut square, mut n) = (0.0, 0_usize);
    forces.flatten().flatten().for_each(|f| (square, n) = (square + f * f, n + 1));
    let rms = (square / n.max(1) as f64).sqrt();
    all.extend((rms > FORCE).then(|| Finding {
        kind: "unit-force",
        text: format!("forces are {rms:.1} eV/Å in the mean; are they in another unit?"),
        frames: Vec::new(),
    }));
    all.extend(slope(frames));
    all
}

/// How far each atom moves between two frames of one cell and composition.
fn moves(a: &Snapshot, b: &Snapshot) -> Option<Vec<Vec3>> {
    if a.types != b.types || a.cell.map(|c| c.rows()) != b.cell.map(|c| c.rows()) {
        return None;
    }
    let nearest = |cell: &Cell, d: Vec3| cell.position(cell.fractions(d).map(|f| f - f.round()));
    let one = |(x, y): (&Vec3, &Vec3)| {
        let d = std::array::from_fn(|k| y[k] - x[k]);
        let d = a.cell.as_ref().map_or(d, |cell| nearest(cell, d));
        (norm(d) < STEP).then_some(d)
    };
    a.positions.iter().zip(&b.positions).map(one).collect()
}

/// ΔE, and −F̄·Δx with the mean of both forces.
fn work(a: &Snapshot, b: &Snapshot) -> Option<[f64; 2]> {
    let d = moves(a, b)?;
    let forces = a.labels.forces.as_ref()?.iter().zip(b.labels.forces.as_ref()?);
    let one = |((f, g), d): ((&Vec3, &Vec3), &Vec3)| -> f64 {
        (0..3).map(|k| -0.5 * (f[k] + g[k]) * d[k]).sum()
    };
    let work = forces.zip(&d).map(one).sum();
    Some([b.labels.energy? - a.labels.energy?, work])
}

fn slope(frames: &Frames) -> Option<Finding> {
    let pairs = frames.snapshots.windows(2).filter_map(|pair| work(&pair[0], &pair[1]));
    let pairs: Vec<[f64; 2]> = pairs.filter(|[_, work]| work.abs() > 1e-9).collect();
    let sum = |f: fn(&[f64; 2]) -> f64| pairs.iter().map(f).sum::<f64>();
    let (ee, ew, ww) = (sum(|p| p[0] * p[0]), sum(|p| p[0] * p[1]), sum(|p| p[1] * p[1]));
    let (slope, line) = (ew / ww, ew * ew / (ee * ww));
    let fine = (SLOPE[0]..=SLOPE[1]).contains(&slope);
    if pairs.len() < PAIRS || line.is_nan() || line < LINE || fine {
        return None;
    }
    let hint = if slope < 0.0 {
        "forces have the wrong sign"
    } else {
        "their units differ: 27.2 eV are a Hartree, 13.6 a Rydberg, 51.4 eV/Å a Hartree/Bohr"
    };
    Some(Finding {
        kind: "unit-energy",
        text: format!(
            "energies of {} pairs of near frames change by {slope:.4} times what their forces say: {hint}",
            pairs.len()
        ),
        frames: Vec::new(),
    })
}

/// Cells that vary want virials.
fn moving_cells(frames: &Frames) -> Option<Finding> {
    let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
    let mut vary = false;
    for snapshot in &frames.snapshots {
        let Some(cell) = snapshot.cell else { continue };
        let first = cells.entry(formula(frames, snapshot)).or_insert(cell);
        vary |= first.rows() != cell.rows();
    }
    let none = frames.snapshots.iter().all(|s| s.labels.virial.is_none());
    let labelled = frames.snapshots.iter().any(|s| s.labels.energy.is_some());
    (vary && none && labelled).then(|| Finding {
        kind: "no-virial",
        text: "cells vary and no frame has a virial: pressure is learned from energies alone"
            .to_owned(),
        frames: Vec::new(),
    })
}

#[cfg(test)]
mod tests;
