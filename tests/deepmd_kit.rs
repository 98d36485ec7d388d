//! Models go to DeePMD-kit and come from it, and both programs give the same numbers.
//!
//! DeePMD-kit 3.2.0 is looked for in `.deepmd`, where `scripts/setup deepmd` puts it; without it nothing
//! is compared. What runs there: `deepmd_kit/*.py`.
#![allow(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use esperance::atoms::cell::Cell;
use esperance::atoms::form::network::Skip;
use esperance::atoms::form::{DeepPotential, Empty, Network, Statistics, Switch};
use esperance::atoms::interchange::{self, Imported, Rules};
use esperance::atoms::plan::{Embeddings, Plan};
use esperance::atoms::{Labels, Potential, Snapshot};
use esperance::frame::{Params, Precision, Representation};
use esperance::ground::kernel::network::Activation;
use esperance::ground::stream::Stream;
use serde_json::{Value, json};
use tempfile::tempdir;

const SPECIES: [&str; 3] = ["O", "H", "C"];
/// Of everything in double precision, eV and eV/Å.
const DOUBLE: f64 = 1e-10;
/// Where DeePMD-kit computes in single precision.
const SINGLE: f64 = 5e-6;

/// The interpreter that has DeePMD-kit; None where there is none.
fn python() -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(".deepmd/bin/python");
    if found.is_file() {
        return Some(found);
    }
    println!("left out: no DeePMD-kit in `.deepmd`; `scripts/setup deepmd` installs it");
    None
}

/// Runs a script of `deepmd_kit/` on a folder.
fn script(python: &Path, name: &str, folder: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deepmd_kit").join(name);
    let output = Command::new(python)
        .arg("-B")
        .args([&script, folder])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{name}: {said}");
}

/// Eight atoms near the points of a lattice: in two oblique cells shorter than twice the cutoff, and in
/// free space.
fn snapshots(species: usize) -> Vec<Snapshot> {
    let cells = [
        Some([[5.2, 0.3, 0.1], [0.4, 5.5, -0.2], [0.6, -0.3, 5.0]]),
        Some([[4.4, 0.0, 0.0], [1.0, 5.5, 0.0], [-0.6, 0.8, 5.3]]),
        None,
    ];
    let stream = Stream::new(5).child("positions");
    let one = |(k, rows): (usize, Option<[[f64; 3]; 3]>)| {
        let cell = rows.map(|rows| Cell::new(rows).unwrap());
        let position = |i: usize| -> [f64; 3] {
            let f = std::array::from_fn(|axis| {
                let shift = stream.uniform(i as u64, u32::try_from(k).unwrap(), axis) - 0.5;
                0.5 * (f64::from(u8::from(i >> axis & 1 == 1)) + 0.3 * shift)
            });
            // One atom stands outside the cell.
            let f = if i == 3 { f.map(|f| f - 1.0) } else { f };
            cell.map_or(f.map(|f| 3.4 * f), |cell| cell.position(f))
        };
        let types = (0..8).map(|i| (i * 5 + 1) % u32::try_from(species).unwrap());
        Snapshot {
            types: types.collect(),
            positions: (0..8).map(position).collect(),
            cell,
            labels: Labels::default(),
        }
    };
    cells.into_iter().enumerate().map(one).collect()
}

/// Writes the frames for models of one, two and three species.
fn frames(folder: &Path) {
    for species in 1..=3 {
        let frame = |s: Snapshot| {
            json!({
                "types": *s.types,
                "positions": s.positions.concat(),
                "cell": s.cell.map(|cell| cell.rows().concat()),
            })
        };
        let all: Value = snapshots(species).into_iter().map(frame).collect();
        std::fs::write(folder.join(format!("frames-{species}.json")), all.to_string()).unwrap();
    }
}

/// Compares a model with what DeePMD-kit gives, everything that it gives.
#[track_caller]
fn compare(potential: &Potential, folder: &Path, numbers: &str, within: f64) {
    let text = std::fs::read_to_string(folder.join(numbers)).unwrap();
    let given: Vec<Value> = serde_json::from_str(&text).unwrap();
    let plan = Plan::<f64>::new(potential, Embeddings::Networks);
    let snapshots = snapshots(potential.form.species.len());
    assert_eq!(given.len(), snapshots.len());
    let mut worst: f64 = 0.0;
    for (snapshot, given) in snapshots.iter().zip(&given) {
        let (found, _) = plan.evaluate(snapshot, false).unwrap();
        let parts = [
            ("energy", vec![found.energy]),
            ("force", found.forces.concat()),
            ("virial", found.virial.concat()),
            ("atom_energy", found.atomic_energies),
        ];
        for (part, found) in parts {
            let Some(due) = given[part].as_array() else {
                assert!(numbers.ends_with("numpy.json") && part != "energy", "{numbers}: {part}");
                continue;
            };
            assert_eq!(due.len(), found.len(), "{numbers}: {part}");
            for (found, due) in found.iter().zip(due) {
                let off = (found - due.as_f64().unwrap()).abs();
                assert!(
                    off <= within,
                    "{numbers}: {part} is {found} and not {due}, off by {off:e}"
                );
                worst = worst.max(off);
            }
        }
    }
    println!("{numbers}: {worst:.1e}");
}

/// A model of this program, as its parts.
struct Made {
    name: &'static str,
    species: usize,
    one_sided: bool,
    embedding: Network,
    fitting: Network,
    excluded: Vec<[usize; 2]>,
    vacuum: bool,
    precision: Precision,
}

impl Made {
    fn new(name: &'static str, species: usize, widths: [&[usize]; 2], steps: [bool; 2]) -> Self {
        let hidden: Vec<usize> =
            [3 * widths[0].last().unwrap()].into_iter().chain(widths[1].to_vec()).collect();
        let embedding: Vec<usize> = [1].into_iter().chain(widths[0].to_vec()).collect();
        let tanh = Activation::Tanh;
        Self {
            name,
            species,
            one_sided: true,
            embedding: Network::new(&embedding, tanh, Skip::Doubling, steps[0]),
            fitting: Network::new(&hidden, tanh, Skip::Equal, steps[1]).with_output(),
            excluded: Vec::new(),
            vacuum: false,
            precision: Precision::F64,
        }
    }

    fn activated(mut self, embedding: Activation, fitting: Activation) -> Self {
        let last = self.fitting.layers.len() - 1;
        self.embedding.layers.iter_mut().for_each(|layer| layer.activation = embedding);
        self.fitting.layers[..last].iter_mut().for_each(|layer| layer.activation = fitting);
        self
    }

    fn potential(&self) -> Potential {
        let stream = Stream::new(11).child(self.name);
        let number = |k: usize| stream.child("numbers").uniform(0, 0, k);
        let statistics = |i: usize| Statistics {
            mean: 0.05 * number(4 * i),
            radial: 0.2 + 0.1 * number(4 * i + 1),
            angular: 0.1 + 0.1 * number(4 * i + 2),
        };
        let form = DeepPotential {
            species: SPECIES[..self.species].iter().map(ToString::to_string).collect(),
            switch: Switch::new(0.75, 4.5).unwrap(),
            selection: vec![40; self.species],
            one_sided: self.one_sided,
            embedding: self.embedding.clone(),
            axis: 3,
            fitting: self.fitting.clone(),
            statistics: (0..self.species).map(statistics).collect(),
            bias: (0..self.species).map(|i| -3.0 * number(4 * i + 3)).collect(),
            from_vacuum: (0..self.species).map(|i| self.vacuum && i == 0).collect(),
            excluded: self.excluded.clone(),
            empty: Empty::Silent,
        };
        let theta = form.init(Precision::F64, &stream).unwrap();
        let theta = match self.precision {
            Precision::F64 => theta,
            Precision::F32 => rounded(&theta),
        };
        Potential { form, theta, precision: self.precision, nearest: Some(1.25) }
    }
}

/// The same weights, as single precision has them.
fn rounded(theta: &Params) -> Params {
    let mut single = theta.zeros_like();
    for block in 0..theta.layout().blocks.len() {
        #[allow(clippy::cast_possible_truncation, reason = "this is what it is for")]
        let numbers: Vec<f64> = theta.get(block).iter().map(|v| f64::from(*v as f32)).collect();
        single.set(block, &numbers);
    }
    single
}

fn made() -> Vec<Made> {
    use Activation::{GeluTanh, Silu, Softplus, Tanh};
    let new = Made::new;
    vec![
        new("plain", 2, [&[4, 8, 16], &[10, 10, 10]], [false, true]),
        new("alone", 1, [&[5, 5], &[8]], [true, true]),
        Made { one_sided: false, ..new("pairs", 3, [&[3, 6, 6], &[7, 7]], [true, false]) },
        Made {
            excluded: vec![[0, 1], [2, 2]],
            ..new("apart", 3, [&[4, 8], &[9, 9]], [false, true])
        },
        Made {
            one_sided: false,
            excluded: vec![[0, 1]],
            ..new("pairs-apart", 2, [&[4, 8], &[9, 5]], [false, false])
        },
        Made { vacuum: true, ..new("vacuum", 2, [&[4, 8], &[9, 9]], [false, true]) },
        new("smooth", 2, [&[4, 8], &[9, 9]], [false, true]).activated(Silu, GeluTanh),
        new("smoother", 2, [&[4, 8], &[9, 9]], [true, true]).activated(GeluTanh, Softplus),
        Made {
            precision: Precision::F32,
            ..new("single", 2, [&[4, 8], &[9, 9]], [false, true]).activated(Tanh, Silu)
        },
    ]
}

#[test]
fn agree_on_our_models() {
    let Some(python) = python() else { return };
    let here = tempdir().unwrap();
    frames(here.path());
    for made in made() {
        for end in ["dp", "yaml"] {
            let name = format!("{}.{end}", made.name);
            let bytes = interchange::write(&name, &made.potential()).unwrap();
            std::fs::write(here.path().join(&name), bytes).unwrap();
        }
    }
    script(&python, "ours.py", here.path());
    for made in made() {
        let within = if made.precision == Precision::F32 { SINGLE } else { DOUBLE };
        for end in ["dp", "yaml"] {
            compare(&made.potential(), here.path(), &format!("{}.{end}.json", made.name), within);
        }
    }
}

/// A model of DeePMD-kit.
fn read(folder: &Path, name: &str, rules: Option<Rules>) -> Imported {
    let bytes = std::fs::read(folder.join(name)).unwrap();
    interchange::read(name, &bytes, rules).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Models that were never trained, made by its NumPy classes, by the rules of either back end.
#[test]
fn agree_on_their_models() {
    let Some(python) = python() else { return };
    let here = tempdir().unwrap();
    frames(here.path());
    script(&python, "theirs.py", here.path());
    for name in ["plain", "pairs", "excluded", "apart", "alone", "gelu", "widths", "single"] {
        let within = if name == "single" { SINGLE } else { DOUBLE };
        for (rules, numbers) in [(Rules::NumPy, "numpy"), (Rules::TensorFlow, "tensorflow")] {
            for end in ["dp", "yaml"] {
                let model = read(here.path(), &format!("{name}.{end}"), Some(rules));
                compare(&model.potential, here.path(), &format!("{name}.{numbers}.json"), within);
                // Written again it says by itself what it is.
                let again = interchange::write("again.dp", &model.potential).unwrap();
                let again = interchange::read("again.dp", &again, None).unwrap().potential;
                compare(&again, here.path(), &format!("{name}.{numbers}.json"), within);
            }
        }
        let own = read(here.path(), &format!("{name}.dp"), None);
        assert_eq!(own.rules, Rules::NumPy, "{name}");
    }
}

/// A model that its TensorFlow back end trained. The file says so, and how near atoms came.
#[test]
fn agree_on_a_trained_model() {
    let Some(python) = python() else { return };
    let here = tempdir().unwrap();
    frames(here.path());
    script(&python, "trained.py", here.path());
    for (name, knows) in [("trained.dp", true), ("trained.yaml", false)] {
        let model = read(here.path(), name, None);
        assert_eq!((model.rules, model.warnings.len()), (Rules::TensorFlow, 0), "{name}");
        assert_eq!(model.potential.nearest.is_some_and(|r| r > 1.0 && r < 2.5), knows, "{name}");
        compare(&model.potential, here.path(), "trained.json", DOUBLE);
    }
}
