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

/// Which labels frames have.
#[derive(Clone, Copy, Debug)]
struct Has {
    cell: bool,
    energy: bool,
    forces: bool,
    virial: bool,
    atomic: bool,
}

fn has() -> impl Strategy<Value = Has> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(cell, energy, forces, virial, atomic)| Has { cell, energy, forces, virial, atomic },
    )
}

fn snapshot(types: Arc<[u32]>, has: Has) -> impl Strategy<Value = Snapshot> {
    let n = types.len();
    let labels = (number(), vectors(n), vectors(3), prop::collection::vec(number(), n));
    (vectors(n), cell(), labels).prop_map(
        move |(positions, cell, (energy, forces, virial, atomic))| Snapshot {
            types: Arc::clone(&types),
            positions,
            cell: has.cell.then_some(cell),
            labels: Labels {
                energy: has.energy.then_some(energy),
                forces: has.forces.then_some(forces),
                virial: has.virial.then(|| [virial[0], virial[1], virial[2]]),
                atomic_energies: has.atomic.then_some(atomic),
                converged: None,
            },
        },
    )
}

/// Frames of one composition with one set of labels.
fn frames() -> impl Strategy<Value = Frames> {
    let types = prop::collection::vec(0..2_u32, 1..6);
    (types, has(), 1..4_usize).prop_flat_map(|(mut types, has, n)| {
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
fn folders_that_do_not_fit() {
    let (written, _) = write(&water(), Format::DeepmdNpy, Precision::Double).unwrap();
    let Written::Folder(all) = written else { panic!("a folder") };
    let tree: Tree = all
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix("O1H2/")?.to_owned(), bytes.clone())))
        .collect();
    let array = |shape: &[usize], fill: f64| {
        let n = shape.iter().product();
        ground::npy::write(shape, &vec![fill; n], ground::npy::Width::Double)
    };
    let said = |change: &dyn Fn(&mut Tree)| {
        let mut tree = tree.clone();
        change(&mut tree);
        let source = Source::Folder(&tree);
        let found = detect("w", source).and_then(|f| read(f, "w", source, Options::default()));
        found.map(|read| read.warnings.join("; ")).unwrap_or_else(|error| error.to_string())
    };
    let put = |name: &'static str, bytes: Vec<u8>| {
        move |tree: &mut Tree| {
            tree.insert(name.to_owned(), bytes.clone());
        }
    };
    let drop = |name: &'static str| {
        move |tree: &mut Tree| {
            tree.remove(name);
        }
    };
    assert_eq!(said(&|_| {}), "");
    for (change, due) in [
        (
            &put("set.000/box.npy", array(&[2, 6], 1.0)) as &dyn Fn(&mut Tree),
            "w: set.000/box.npy: 12 numbers for 2 frames. A frame has 9 of them here.",
        ),
        (
            &put("set.000/box.npy", array(&[2, 9], 0.0)),
            "w: frame 0: cell: the lattice vectors (0 0 0), (0 0 0), (0 0 0) span no volume. A molecule without a cell is marked as such (deepmd: an empty file `nopbc`).",
        ),
        (
            &drop("set.000/box.npy"),
            "w: set.000/box.npy: there is no such file. A system in free space has an empty file `nopbc` beside type.raw.",
        ),
        (
            &put("set.000/energy.npy", array(&[3], 1.0)),
            "w: set.000/energy.npy: 3 frames, and coord has 2. A frame has 1 of them here.",
        ),
        (&put("set.000/energy.npy", array(&[2, 1], 1.0)), ""),
        (
            &put("set.000/energy.npy", array(&[2], f64::NAN)),
            "w: frame 0: the energy is not a finite number.",
        ),
        (
            &put("set.000/force.npy", array(&[2, 6], 1.0)),
            "w: set.000/force.npy: 12 numbers for 2 frames. A frame has 9 of them here.",
        ),
        (
            &put("set.000/coord.npy", array(&[2, 7], 1.0)),
            "w: set.000/coord.npy: 14 numbers, and type.raw has 3 atoms. A frame has 9 of them here.",
        ),
        (
            &put("set.000/coord.npy", b"\x93NUMPY".to_vec()),
            "w: set.000/coord.npy: this is not a NumPy array, or it ends in its header. Write it with numpy.save, from an array of numbers.",
        ),
        (
            &put("type.raw", b"0 1 2".to_vec()),
            "w: type.raw: atom 3 is of type 2, and type_map.raw has 2 names. Types are counted from 0.",
        ),
        (
            &put("type.raw", b"0 1 O".to_vec()),
            "w: type.raw: `O` is no type. Write a whole number for each atom, counted from 0.",
        ),
        (
            &put("type.raw", b"0 1 -1".to_vec()),
            "w: type.raw: `-1` is no type. Write a whole number for each atom, counted from 0.",
        ),
        (&put("type.raw", b"0.0e+00\n1.0\n1\n".to_vec()), ""),
        (
            &put("type.raw", Vec::new()),
            "w: type.raw: there are no atoms. Write a whole number for each atom, counted from 0.",
        ),
        (
            &put("type_map.raw", b"O O".to_vec()),
            "w: type_map.raw: `O` is there twice. Every name once; types are counted in their order.",
        ),
        (&drop("type_map.raw"), "there is no type_map.raw: species are called Type_0, Type_1"),
        (
            &drop("type.raw"),
            "w: this folder holds no system: there is no type.raw in it. A system is type.raw with set.000/coord.npy or coord.raw beside it.",
        ),
        (
            &drop("set.000/coord.npy"),
            "w: type.raw: there are no coordinates beside it. A system is type.raw with set.000/coord.npy or coord.raw beside it.",
        ),
        (
            &put("set.000/fparam.npy", array(&[2, 1], 1.0)),
            "fparam left out: no such label is kept here",
        ),
    ] {
        assert_eq!(said(change), due);
    }
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

mod mangled;
