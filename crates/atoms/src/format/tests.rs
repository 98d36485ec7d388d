//! What is written reads back, whatever the frames; what is broken is refused, never a panic.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::cell::Cell;
use crate::model::{Labels, Snapshot};

/// A number of any size, or a plain one.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-10.0..10.0_f64, prop::num::f64::NORMAL.prop_map(|v| v % 1e12), Just(0.0)]
}

fn vectors(n: usize) -> impl Strategy<Value = Vec<[f64; 3]>> {
    prop::collection::vec([number(), number(), number()], n)
}

fn cell() -> impl Strategy<Value = Cell> {
    ([3.0..9.0_f64, 3.0..9.0_f64, 3.0..9.0_f64], [-1.0..1.0_f64, -1.0..1.0_f64, -1.0..1.0_f64])
        .prop_map(|([a, b, c], [x, y, z])| {
            Cell::new([[a, x, 0.0], [y, b, z], [0.0, x, c]]).unwrap()
        })
}

/// Which frames have: a cell, an energy, forces, a virial, atomic energies.
type Has = [bool; 5];

fn snapshot(types: Arc<[u32]>, has: Has) -> impl Strategy<Value = Snapshot> {
    let n = types.len();
    let [cell_there, energy_there, forces_there, virial_there, atomic_there] = has;
    let labels = (number(), vectors(n), vectors(3), prop::collection::vec(number(), n));
    // No farther out than positions are read.
    let near = |all: Vec<[f64; 3]>| all.into_iter().map(|x| x.map(|v| v % 1e6)).collect::<Vec<_>>();
    (vectors(n).prop_map(near), cell(), labels).prop_map(
        move |(positions, cell, (energy, forces, virial, atomic))| Snapshot {
            types: Arc::clone(&types),
            positions,
            cell: cell_there.then_some(cell),
            labels: Labels {
                energy: energy_there.then_some(energy),
                forces: forces_there.then_some(forces),
                virial: virial_there.then(|| [virial[0], virial[1], virial[2]]),
                atomic_energies: atomic_there.then_some(atomic),
                converged: None,
            },
        },
    )
}

/// Frames of one composition with one set of labels.
fn frames() -> impl Strategy<Value = Frames> {
    let types = prop::collection::vec(0..2_u32, 1..6);
    (types, any::<Has>(), 1..4_usize).prop_flat_map(|(mut types, has, n)| {
        // Both species are there, the first one first: formats that find names by looking agree.
        types.insert(0, 0);
        types.insert(1, 1);
        let species = vec!["O".to_owned(), "H".to_owned()];
        prop::collection::vec(snapshot(types.into(), has), n)
            .prop_map(move |snapshots| Frames { species: species.clone(), snapshots })
    })
}

fn there_and_back(frames: &Frames, format: Format) -> Read {
    let (written, _) = write(frames, format, Precision::Double).unwrap();
    let source = match &written {
        Written::File(bytes) => Source::File(bytes),
        Written::Folder(tree) => Source::Folder(tree),
    };
    assert_eq!(detect("frames", source).unwrap(), format);
    read(format, "frames", source, Options::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn frames_read_back_to_the_bit(frames in frames()) {
        for format in [Format::DeepmdNpy, Format::DeepmdRaw, Format::DeepmdMixed, Format::ExtXyz] {
            let back = there_and_back(&frames, format);
            prop_assert_eq!(&back.frames, &frames, "{}", format.name());
            prop_assert!(back.warnings.is_empty());
        }
    }

    #[test]
    fn single_precision_rounds_all_but_energies(frames in frames()) {
        let (written, _) = write(&frames, Format::DeepmdNpy, Precision::Single).unwrap();
        let Written::Folder(tree) = written else { panic!("a folder") };
        let source = Source::Folder(&tree);
        let back = read(Format::DeepmdNpy, "frames", source, Options::default()).unwrap().frames;
        for (a, b) in frames.snapshots.iter().zip(&back.snapshots) {
            prop_assert_eq!(a.labels.energy, b.labels.energy);
            for (x, y) in a.positions.iter().flatten().zip(b.positions.iter().flatten()) {
                prop_assert!((x - y).abs() <= 6e-8 * x.abs() + 1e-37);
            }
        }
    }

    #[test]
    fn mlearn_reads_back(frames in frames()) {
        let mut frames = frames;
        for snapshot in &mut frames.snapshots {
            snapshot.labels.atomic_energies = None;
            if let Some(xi) = &mut snapshot.labels.virial {
                for (i, k) in [(0, 1), (0, 2), (1, 2)] {
                    xi[k][i] = xi[i][k];
                }
            }
        }
        if frames.snapshots.iter().any(|s| s.cell.is_none()) {
            return Ok(());
        }
        let back = there_and_back(&frames, Format::Mlearn).frames;
        for (a, b) in frames.snapshots.iter().zip(&back.snapshots) {
            prop_assert_eq!(&a.positions, &b.positions);
            prop_assert_eq!(&a.labels.forces, &b.labels.forces);
            for (x, y) in a.labels.virial.iter().flatten().flatten().zip(b.labels.virial.iter().flatten().flatten()) {
                prop_assert!((x - y).abs() <= 1e-14 * x.abs());
            }
        }
    }
}

fn water() -> Frames {
    let snapshot = |types: [u32; 3], energy: f64| Snapshot {
        types: types.into(),
        positions: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        cell: Cell::new([[9.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]]).ok(),
        labels: Labels {
            energy: Some(energy),
            forces: Some(vec![[0.1, 0.0, 0.0]; 3]),
            virial: Some([[1.0, 0.5, 0.0], [0.5, 2.0, 0.0], [0.0, 0.0, 3.0]]),
            ..Labels::default()
        },
    };
    let snapshots =
        vec![snapshot([0, 1, 1], -1.0), snapshot([0, 0, 1], -2.0), snapshot([0, 1, 1], -3.0)];
    Frames { species: vec!["O".into(), "H".into()], snapshots }
}

#[test]
fn several_compositions_are_several_systems() {
    let (written, _) = write(&water(), Format::DeepmdNpy, Precision::Double).unwrap();
    let Written::Folder(tree) = written else { panic!("a folder") };
    assert_eq!(systems(&tree), ["O1H2", "O2H1"]);
    let back = read(Format::DeepmdNpy, "w", Source::Folder(&tree), Options::default()).unwrap();
    let energies: Vec<f64> =
        back.frames.snapshots.iter().map(|s| s.labels.energy.unwrap()).collect();
    assert_eq!(energies, [-1.0, -3.0, -2.0]);
    let mixed = there_and_back(&water(), Format::DeepmdMixed);
    assert_eq!(mixed.frames, water());
}

#[test]
fn virtual_atoms_are_dropped() {
    let (written, _) = write(&water(), Format::DeepmdMixed, Precision::Double).unwrap();
    let Written::Folder(mut tree) = written else { panic!("a folder") };
    let types = [0.0, 1.0, -1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0];
    let types = ground::npy::write(&[3, 3], &types, ground::npy::Width::Integer);
    tree.insert("set.000/real_atom_types.npy".into(), types);
    let back = read(Format::DeepmdMixed, "w", Source::Folder(&tree), Options::default()).unwrap();
    assert_eq!(back.frames.snapshots[0].len(), 2);
    assert_eq!(back.frames.snapshots[0].labels.forces.as_ref().unwrap().len(), 2);
    assert_eq!(back.frames.snapshots[2], water().snapshots[2]);
    let none = ground::npy::write(&[3, 3], &[-1.0; 9], ground::npy::Width::Integer);
    tree.insert("set.000/real_atom_types.npy".into(), none);
    let said = read(Format::DeepmdMixed, "w", Source::Folder(&tree), Options::default());
    assert_eq!(said.unwrap_err().to_string(), "w: frame 0: there are no atoms.");
}

#[test]
fn names_and_contents_tell_formats() {
    let of =
        |name: &str, bytes: &[u8]| detect(name, Source::File(bytes)).map_err(|e| e.to_string());
    for (name, format) in [
        ("a/b.extxyz", Format::ExtXyz),
        ("OUTCAR.h2o", Format::Outcar),
        ("x/vasprun.xml", Format::Vasprun),
        ("POSCAR_1", Format::Poscar),
        ("si.vasp", Format::Poscar),
        ("t.npz", Format::Npz),
    ] {
        assert_eq!(of(name, b""), Ok(format), "{name}");
        assert_eq!(of_name(name), Some(format));
    }
    assert_eq!(of("frames", b"2\nLattice=\nH 0 0 0\n"), Ok(Format::ExtXyz));
    assert_eq!(of("out", b" vasp.5.4.4\n POTCAR: PAW\n"), Ok(Format::Outcar));
    assert!(
        of("data.hdf5", b"")
            .unwrap_err()
            .starts_with("data.hdf5: this is HDF5, which is not read.")
    );
    assert_eq!(
        of("a.tar.gz", b""),
        Err("a.tar.gz: this file is packed. Unpack it first, with gunzip or tar.".into())
    );
    assert!(
        of("frames", b"hello")
            .unwrap_err()
            .starts_with("frames: neither its name nor its first lines")
    );
    assert_eq!(Format::ALL.map(|f| Format::named(f.name())), Format::ALL.map(Some));
}

#[test]
fn what_cannot_be_written_is_said() {
    let of = |format| write(&water(), format, Precision::Double).unwrap_err().to_string();
    assert_eq!(
        of(Format::Outcar),
        "--to: vasp/outcar is only read. Written are deepmd/npy, deepmd/raw, deepmd/npy/mixed, extxyz, vasp/poscar, mlearn."
    );
    let (_, lost) = write(&water(), Format::Poscar, Precision::Double).unwrap();
    assert_eq!(lost[0], "vasp/poscar has no place for energies: those of 3 frames are left out");
    assert_eq!(lost.len(), 3);
}

mod folders;
mod mangled;
