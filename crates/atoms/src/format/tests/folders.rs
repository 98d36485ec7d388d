//! Folders of DeePMD-kit with one thing wrong each, and what is said of it.

use ground::npy::{self, Width};

use super::*;

/// A good system of two frames.
fn good() -> Tree {
    let (written, _) = write(&water(), Format::DeepmdNpy, Precision::Double).unwrap();
    let Written::Folder(all) = written else { panic!("a folder") };
    all.iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix("O1H2/")?.to_owned(), bytes.clone())))
        .collect()
}

/// What is said of the good system with another file, or without one.
fn said(name: &str, bytes: Option<Vec<u8>>) -> String {
    let mut tree = good();
    match bytes {
        Some(bytes) => tree.insert(name.to_owned(), bytes),
        None => tree.remove(name),
    };
    let source = Source::Folder(&tree);
    let found = detect("w", source).and_then(|f| read(f, "w", source, Options::default()));
    found.map_or_else(|error| error.to_string(), |read| read.warnings.join("; "))
}

#[test]
fn arrays_that_do_not_fit() {
    for (name, shape, fill, due) in [
        (
            "box",
            vec![2, 6],
            1.0,
            "box.npy: an array of shape [2, 6], and type.raw has 3 atoms. box of F frames of 3 atoms has the shape [F, 9] or [F, 3, 3].",
        ),
        (
            "energy",
            vec![3],
            1.0,
            "energy.npy: 3 frames, and coord has 2. A frame has 1 of them here.",
        ),
        (
            "force",
            vec![2, 6],
            1.0,
            "force.npy: an array of shape [2, 6], and type.raw has 3 atoms. force of F frames of 3 atoms has the shape [F, 9] or [F, 3, 3].",
        ),
        (
            "coord",
            vec![2, 7],
            1.0,
            "coord.npy: an array of shape [2, 7], and type.raw has 3 atoms. coord of F frames of 3 atoms has the shape [F, 9] or [F, 3, 3].",
        ),
    ] {
        let n = shape.iter().product();
        let bytes = npy::write(&shape, &vec![fill; n], Width::Double);
        let found = said(&format!("set.000/{name}.npy"), Some(bytes));
        assert_eq!(found, format!("w: set.000/{due}"));
    }
    let energies = |shape: &[usize], e: f64| npy::write(shape, &[e, e], Width::Double);
    assert_eq!(said("set.000/energy.npy", Some(energies(&[2, 1], 1.0))), "");
    assert_eq!(
        said("set.000/energy.npy", Some(energies(&[2], f64::NAN))),
        "w: frame 0: the energy is not a finite number."
    );
    assert_eq!(
        said("set.000/box.npy", Some(npy::write(&[2, 9], &[0.0; 18], Width::Double))),
        "w: frame 0: cell: the lattice vectors (0 0 0), (0 0 0), (0 0 0) span no volume. A molecule \
         without a cell is marked as such (deepmd: an empty file `nopbc`)."
    );
    assert_eq!(
        said("set.000/coord.npy", Some(b"\x93NUMPY".to_vec())),
        "w: set.000/coord.npy: this is not a NumPy array, or it ends in its header. Write it with \
         numpy.save, from an array of numbers."
    );
    assert_eq!(
        said("set.000/fparam.npy", Some(energies(&[2, 1], 1.0))),
        "fparam left out: no such label is kept here"
    );
}

#[test]
fn arrays_of_other_shapes() {
    let save = |shape: &[usize]| {
        let n = shape.iter().product();
        let numbers: Vec<f64> = (0..n).map(|k| k as f64).collect();
        npy::write(shape, &numbers, Width::Double)
    };
    for (name, shape, fine) in [
        ("coord", vec![2, 9], true),
        ("coord", vec![2, 3, 3], true),
        ("coord", vec![9, 2], false),
        ("coord", vec![18], false),
        ("coord", vec![3, 2, 3], false),
        ("force", vec![2, 1, 9], false),
        ("box", vec![9, 2], false),
        ("virial", vec![2, 3, 3], true),
        ("virial", vec![3, 2, 3], false),
        ("energy", vec![1, 2], false),
        ("atom_ener", vec![2, 3, 1], true),
        ("atom_ener", vec![3, 2], false),
    ] {
        let found = said(&format!("set.000/{name}.npy"), Some(save(&shape)));
        assert_eq!(found.is_empty(), fine, "{name} {shape:?}: {found}");
    }
    assert_eq!(
        said("set.000/force.npy", Some(save(&[3, 2, 3]))),
        "w: set.000/force.npy: an array of shape [3, 2, 3], and type.raw has 3 atoms. force of F frames \
         of 3 atoms has the shape [F, 9] or [F, 3, 3]."
    );
    let far = npy::write(&[2, 9], &[1e8; 18], Width::Double);
    assert_eq!(
        said("set.000/coord.npy", Some(far)),
        "w: frame 0: atom 1 is at 100000000 Å, where numbers are more than 1e-9 Å apart. Positions reach \
         to 4503600 Å."
    );
}

#[test]
fn mixed_systems_and_marks_of_encoding() {
    let mut tree = good();
    for name in ["type.raw", "type_map.raw"] {
        let bytes = [b"\xef\xbb\xbf", tree[name].as_slice()].concat();
        tree.insert(name.to_owned(), bytes);
    }
    let found =
        |tree: &Tree| read(Format::DeepmdNpy, "w", Source::Folder(tree), Options::default());
    assert_eq!(found(&tree).unwrap().frames.species, ["O", "H"]);
    let types = npy::write(&[2, 3], &[0.0; 6], Width::Integer);
    tree.insert("set.000/real_atom_types.npy".into(), types);
    assert_eq!(
        found(&tree).unwrap_err().to_string(),
        "w: set.000/real_atom_types.npy: each frame of this system has types of its own. Its format is \
         deepmd/npy/mixed."
    );
}

#[test]
fn types_that_do_not_fit() {
    let whole = "Write a whole number for each atom, counted from 0.";
    for (text, due) in [
        ("0 1 2", "atom 3 is of type 2, and type_map.raw has 2 names. Types are counted from 0."),
        ("0 1 O", &format!("`O` is no type. {whole}")),
        ("0 1 -1", &format!("`-1` is no type. {whole}")),
        ("", &format!("there are no atoms. {whole}")),
    ] {
        assert_eq!(said("type.raw", Some(text.into())), format!("w: type.raw: {due}"));
    }
    assert_eq!(said("type.raw", Some(b"0.0e+00\n1.0\n1\n".to_vec())), "");
    assert_eq!(
        said("type_map.raw", Some(b"O O".to_vec())),
        "w: type_map.raw: `O` is there twice. Every name once; types are counted in their order."
    );
}

#[test]
fn files_that_are_missing() {
    let system = "A system is type.raw with set.000/coord.npy or coord.raw beside it.";
    for (name, due) in [
        ("none", String::new()),
        ("type_map.raw", "there is no type_map.raw: species are called Type_0, Type_1".into()),
        (
            "type.raw",
            format!("w: this folder holds no system: there is no type.raw in it. {system}"),
        ),
        ("set.000/coord.npy", format!("w: type.raw: there are no coordinates beside it. {system}")),
        (
            "set.000/box.npy",
            "w: set.000/box.npy: there is no such file. A system in free space has an empty file \
             `nopbc` beside type.raw."
                .into(),
        ),
    ] {
        assert_eq!(said(name, None), due);
    }
}

#[test]
fn of_several_sets_the_one_is_named() {
    let mut tree = good();
    let second: Vec<(String, Vec<u8>)> = tree
        .iter()
        .filter_map(|(path, bytes)| {
            Some((format!("set.001/{}", path.strip_prefix("set.000/")?), bytes.clone()))
        })
        .collect();
    tree.extend(second);
    let both = read(Format::DeepmdNpy, "w", Source::Folder(&tree), Options::default());
    assert_eq!(both.unwrap().frames.len(), 4);
    let wrong = npy::write(&[2], &[0.0, f64::INFINITY], Width::Double);
    tree.insert("set.001/energy.npy".into(), wrong);
    let said = read(Format::DeepmdNpy, "w", Source::Folder(&tree), Options::default());
    assert_eq!(
        said.unwrap_err().to_string(),
        "w: set.001: frame 1: the energy is not a finite number."
    );
}
