//! Golden models and numbers of DeePMD-kit, where they are at hand.
#![allow(
    dead_code,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support"
)]

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use atoms::cell::Cell;
use atoms::format::{self, Format, Options, Source, Tree};
use atoms::interchange::{self, Imported, Rules};
use atoms::potential::Evaluation;
use atoms::{Labels, Snapshot};
use ground::npy;
use zip::ZipArchive;

pub(crate) mod training;

/// The folder of the goldens; None on a machine without them.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/deeppot_golden");
    if folder.is_dir() {
        return Some(folder);
    }
    // A machine without the goldens: the tests that need them say so.
    let _unheard = writeln!(std::io::stderr(), "left out: {} is not there", folder.display());
    None
}

/// Water of ab initio dynamics: the first frame and the 41st of each of its systems, 192 atoms each, oxygen
/// as species 0; None on a machine without them.
pub(crate) fn water() -> Option<Vec<Snapshot>> {
    let folder = folder()?.join("../water");
    if !folder.is_dir() {
        let _unheard = writeln!(std::io::stderr(), "left out: {} is not there", folder.display());
        return None;
    }
    let system = |k: usize| {
        let own = folder.join(format!("data_{k}"));
        let files = ["type.raw", "type_map.raw", "set.000/coord.npy", "set.000/box.npy"];
        let tree: Tree = files
            .map(|f| (f.to_owned(), std::fs::read(own.join(f)).unwrap()))
            .into_iter()
            .collect();
        let source = Source::Folder(&tree);
        let read = format::read(Format::DeepmdNpy, "water", source, Options::default()).unwrap();
        let frames = read.frames.in_terms_of(&["O", "H"].map(String::from)).unwrap();
        frames.snapshots.into_iter().step_by(40).take(2)
    };
    Some((0..4).flat_map(system).collect())
}

/// A model of the goldens.
pub(crate) fn model(file: &str, rules: Option<Rules>) -> Imported {
    let path = folder().unwrap().join(file);
    let bytes = std::fs::read(&path).unwrap();
    interchange::read(file, &bytes, rules).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Frames of the goldens with what the reference gives for each.
pub(crate) struct Golden {
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) right: Vec<Evaluation>,
}

pub(crate) fn numbers(file: &str) -> Golden {
    let path = folder().unwrap().join(file);
    let mut archive = ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut read = |name: &str| -> Option<Vec<f64>> {
        let mut bytes = Vec::new();
        archive.by_name(&format!("{name}.npy")).ok()?.read_to_end(&mut bytes).unwrap();
        Some(npy::read(&bytes).unwrap().numbers)
    };
    let [coord, energy, force, virial, atomic, types] =
        ["coord", "energy", "force", "virial", "atom_energy", "type"]
            .map(|name| read(name).unwrap());
    let [boxes, descriptor] = ["box", "descriptor"].map(&mut read);
    let types: Vec<u32> = types.iter().map(|&t| t as u32).collect();
    let (frames, n) = (energy.len(), types.len());
    let triples = |all: &[f64], f: usize| -> Vec<[f64; 3]> {
        all[f * 3 * n..(f + 1) * 3 * n].chunks(3).map(|v| [v[0], v[1], v[2]]).collect()
    };
    let square = |all: &[f64], f: usize| -> [[f64; 3]; 3] {
        std::array::from_fn(|i| std::array::from_fn(|k| all[9 * f + 3 * i + k]))
    };
    let snapshot = |f: usize| Snapshot {
        types: types.clone().into(),
        positions: triples(&coord, f),
        cell: boxes.as_ref().map(|b| Cell::new(square(b, f)).unwrap()),
        labels: Labels::default(),
    };
    let right = |f: usize| Evaluation {
        energy: energy[f],
        forces: triples(&force, f),
        virial: square(&virial, f),
        atomic_energies: atomic[f * n..(f + 1) * n].to_vec(),
        descriptors: descriptor.as_ref().map(|all| {
            let width = all.len() / (frames * n);
            all[f * n * width..(f + 1) * n * width].chunks(width).map(<[f64]>::to_vec).collect()
        }),
    };
    Golden {
        snapshots: (0..frames).map(snapshot).collect(),
        right: (0..frames).map(right).collect(),
    }
}

/// The largest difference between two evaluations, over everything that both have.
pub(crate) fn off(a: &Evaluation, b: &Evaluation) -> f64 {
    fn most<'a>(a: impl Iterator<Item = &'a f64>, b: impl Iterator<Item = &'a f64>) -> f64 {
        a.zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, |m, v| if v > m || v.is_nan() { v } else { m })
    }
    assert_eq!(a.forces.len(), b.forces.len());
    let mut worst = (a.energy - b.energy).abs();
    worst = worst.max(most(a.forces.iter().flatten(), b.forces.iter().flatten()));
    worst = worst.max(most(a.virial.iter().flatten(), b.virial.iter().flatten()));
    worst = worst.max(most(a.atomic_energies.iter(), b.atomic_energies.iter()));
    if let (Some(a), Some(b)) = (&a.descriptors, &b.descriptors) {
        assert_eq!(a[0].len(), b[0].len());
        worst = worst.max(most(a.iter().flatten(), b.iter().flatten()));
    }
    worst
}

/// A model file, the numbers of it, whose rules they follow, and how near they can be.
pub(crate) type Case = (&'static str, &'static str, Option<Rules>, f64);

/// Every case: the goldens of `variants/` come from TensorFlow, or from JAX where the name says so.
pub(crate) const CASES: [Case; 18] = [
    ("a1.yaml", "golden_a1.npz", None, 1e-10),
    ("a2.yaml", "golden_a2.npz", None, 1e-10),
    ("a3.yaml", "golden_a3.npz", None, 1e-10),
    ("twoside.yaml", "golden_twoside.npz", None, 1e-10),
    ("variants/tri3.dp", "variants/tri3.npz", None, 1e-10),
    ("variants/tri3two.dp", "variants/tri3two.npz", None, 1e-10),
    ("variants/tri3two.yaml", "variants/tri3two.npz", None, 1e-10),
    ("variants/nopbc.dp", "variants/nopbc.npz", None, 1e-10),
    ("variants/excl.dp", "variants/excl.npz", Some(Rules::TensorFlow), 1e-10),
    ("variants/excl.dp", "variants/excl.jax.npz", None, 1e-10),
    ("variants/excl2.dp", "variants/excl2.npz", None, 1e-10),
    ("variants/exclzero.dp", "variants/exclzero.npz", None, 1e-10),
    ("variants/widths.dp", "variants/widths.npz", Some(Rules::TensorFlow), 1e-10),
    ("variants/widths.dp", "variants/widths.jax.npz", None, 1e-10),
    ("variants/act.dp", "variants/act.npz", None, 1e-10),
    ("variants/atomener.dp", "variants/atomener.npz", None, 1e-10),
    ("variants/cut32.dp", "variants/cut32.npz", Some(Rules::TensorFlow), 1e-10),
    ("variants/f32.dp", "variants/f32.npz", None, 1e-6),
];
