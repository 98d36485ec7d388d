//! Frames that other programs wrote, against the numbers that dpdata reads in them.
//!
//! The files are not part of this repository: without the folder `shared` beside it nothing is
//! compared. Sums were made by dpdata 1.1.0 and NumPy (`scripts/compare-dpdata` compares every number).
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::path::{Path, PathBuf};
use std::process::Command;

use door::{object, run};
use esperance::atoms::Frames;
use esperance::atoms::format::{Format, Options, Source, Tree, detect, read};

/// The folder of data, where there is one.
fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    folder.is_dir().then_some(folder)
}

fn file(path: &Path, format: Format) -> Frames {
    let bytes = std::fs::read(path).unwrap();
    let source = Source::File(&bytes);
    assert_eq!(detect(&path.display().to_string(), source).unwrap(), format);
    read(format, "golden", source, Options::default()).unwrap().frames
}

/// A system of DeePMD-kit.
fn system(path: &Path) -> Frames {
    let mut tree = Tree::new();
    let mut add = |name: String, path: PathBuf| tree.insert(name, std::fs::read(path).unwrap());
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).unwrap() {
                let path = entry.unwrap().path();
                let file = path.file_name().unwrap().to_str().unwrap();
                add(format!("{name}/{file}"), path.clone());
            }
        } else {
            add(name, path);
        }
    }
    read(Format::DeepmdNpy, "golden", Source::Folder(&tree), Options::default()).unwrap().frames
}

fn energies(frames: &Frames) -> f64 {
    frames.snapshots.iter().map(|s| s.labels.energy.unwrap()).sum()
}

/// Σ|F| over all components.
fn forces(frames: &Frames) -> f64 {
    let all = frames.snapshots.iter().flat_map(|s| s.labels.forces.as_ref().unwrap());
    all.flatten().map(|f| f.abs()).sum()
}

#[track_caller]
fn close(found: f64, due: f64, relative: f64) {
    assert!((found - due).abs() <= relative * due.abs(), "{found} is not {due}");
}

#[test]
fn water() {
    let Some(data) = data() else { return };
    let frames = system(&data.join("water/data_0"));
    assert_eq!((frames.len(), frames.species.join(" ")), (80, "O H".to_owned()));
    // The sums of dpdata are of single precision.
    close(energies(&frames), -2_395_487.25, 1e-6);
    close(forces(&frames), 27_876.498, 1e-6);
    let four = system(&data.join("deeppot_golden/dp_test/data_3"));
    assert_eq!(four.len(), 4);
    close(energies(&four), -119_773.281_25, 1e-6);
    // The evaluation files hold the first two frames of data_3.
    let both = file(&data.join("deeppot_golden/golden_a1.npz"), Format::Npz);
    let whole = system(&data.join("water/data_3"));
    for (one, other) in both.snapshots.iter().zip(&whole.snapshots) {
        assert_eq!((&one.positions, &one.types), (&other.positions, &other.types));
        assert!(one.labels.virial.is_some() && one.labels.atomic_energies.is_some());
        let sum: f64 = one.labels.atomic_energies.as_ref().unwrap().iter().sum();
        close(sum, one.labels.energy.unwrap(), 1e-12);
    }
    let free = file(&data.join("deeppot_golden/variants/nopbc.npz"), Format::Npz);
    assert!(free.snapshots.iter().all(|s| s.cell.is_none()));
}

#[test]
fn aluminium_of_vasp() {
    let Some(data) = data() else { return };
    let here = tempfile::tempdir().unwrap();
    for archive in ["init", "iter.000000"] {
        let path = data.join(format!("al_vasp_dpgen/{archive}.tar.gz"));
        let unpacked =
            Command::new("tar").arg("xzf").arg(&path).arg("-C").arg(here.path()).status();
        if !unpacked.is_ok_and(|status| status.success()) {
            return;
        }
    }
    let path = "init/al.bcc.02x02x02/02.md/sys-0016/scale-1.000/000001/OUTCAR";
    let frames = file(&here.path().join(path), Format::Outcar);
    assert_eq!((frames.len(), frames.species.join(" ")), (20, "Al".to_owned()));
    close(energies(&frames), -1_163.775_099_22, 1e-14);
    let square = frames.snapshots.iter().flat_map(|s| s.labels.forces.as_ref().unwrap());
    close(square.flatten().map(|f| f * f).sum(), 18.362_936_988_283_998, 1e-12);
    assert!(frames.snapshots.iter().all(|s| s.labels.virial.is_none()));
    for (task, energy, trace, size) in [
        ("000000", -118.073_083_89, 42.863_620_150_599_9, 26.613_504_102_695_7),
        ("000001", -118.038_909_83, 18.044_425_853_091_1, 12.002_842_028_318_9),
    ] {
        let path = format!("iter.000000/02.fp/task.007.{task}/OUTCAR");
        let frames = file(&here.path().join(path), Format::Outcar);
        let labels = &frames.snapshots[0].labels;
        assert_eq!((labels.energy, labels.converged), (Some(energy), Some(true)));
        let xi = labels.virial.unwrap();
        close(xi[0][0] + xi[1][1] + xi[2][2], trace, 1e-12);
        close(xi.iter().flatten().map(|v| v * v).sum::<f64>().sqrt(), size, 1e-12);
        let start = file(
            &here.path().join(format!("iter.000000/02.fp/task.007.{task}/POSCAR")),
            Format::Poscar,
        );
        // Atoms did not move; OUTCAR prints five digits, and may print another image.
        let cell = start.snapshots[0].cell.unwrap();
        for (x, y) in start.snapshots[0].positions.iter().zip(&frames.snapshots[0].positions) {
            let apart = cell.fractions(std::array::from_fn(|k| x[k] - y[k]));
            assert!(apart.iter().all(|f| (f - f.round()).abs() < 1e-5), "{apart:?}");
        }
    }
    // Of each run one file, 22 frames in all; energies and forces belong together.
    let found = object(&run(here.path(), &["data", "check", ".", "--json"]));
    assert_eq!(found["frames"], 22);
    assert_eq!(found["findings"].as_array().unwrap().len(), 0, "{found}");
}

#[test]
fn mlearn() {
    let Some(data) = data() else { return };
    for (name, frames, atoms) in [
        ("Mo/test", 23, 24.0..=54.0),
        ("Si/training", 214, 12.0..=96.0),
        ("Cu/test", 31, 20.0..=108.0),
    ] {
        let found = file(&data.join(format!("mlearn/{name}.json")), Format::Mlearn);
        assert_eq!(found.len(), frames, "{name}");
        for snapshot in &found.snapshots {
            assert!(atoms.contains(&(snapshot.len() as f64)), "{name}: {}", snapshot.len());
            assert!(snapshot.labels.virial.is_some());
        }
    }
}
