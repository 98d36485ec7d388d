//! Every wrong file of frames produces its sentence, word for word, and writes nothing.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::path::Path;

use door::{code, names, run, stderr, stdout};
use tempfile::tempdir;

const XYZ: &str = "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1\n\
                   O 0 0 0 0.1 0 0\nH 1 0 0 -0.1 0 0\n";
const POSCAR: &str = "NaCl\n1.0\n0 2 2\n2 0 2\n2 2 0\nNa Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n";
const OUTCAR: &str = " TITEL  = PAW_PBE H 15Jun2001\n ions per type =   1\n NELM   =   12;\n\
    --- Iteration  1(  3)  ---\n--- aborting loop because EDIFF is reached ---\n in kB 1 2 3 4 5 6\n\
    volume of cell : 8\n direct lattice vectors\n 2 0 0\n 0 2 0\n 0 0 2\n\
    POSITION   TOTAL-FORCE (eV/Angst)\n ---\n 0 0 0 0 0 0\n ---\n free  energy   TOTEN  =  -1.0 eV\n";
const VASPRUN: &str = "<modeling><atominfo>\n<array name=\"atoms\"><set><rc><c>H</c><c>1</c></rc></set></array>\n\
    </atominfo>\n<calculation>\n<structure>";

/// The good system that wrong ones are made of.
fn system(at: &Path) {
    std::fs::write(at.join("good.xyz"), XYZ).unwrap();
    let words = ["data", "convert", "good.xyz", "--to", "deepmd/npy", "--out", "system"];
    assert_eq!(code(&run(at, &words)), 0);
}

/// Runs `data check` on a path of the folder, expects exit 2, and gives the sentence.
fn said(at: &Path, words: &[&str]) -> String {
    let before = names(at);
    let output = run(at, &[&["data"], words].concat());
    assert_eq!(code(&output), 2, "{words:?}: {}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).is_empty());
    assert_eq!(names(at), before, "something was written");
    stderr(&output).trim().to_owned()
}

/// Compares all and shows those that differ.
fn compare(found: Vec<(String, &str)>) {
    let differ: Vec<String> = found
        .into_iter()
        .filter(|(found, due)| found != due)
        .map(|(found, due)| format!("  found    {found}\n  expected {due}"))
        .collect();
    assert!(differ.is_empty(), "\n{}", differ.join("\n"));
}

/// numpy.save of one number repeated.
fn array(shape: &str, n: usize, value: f64) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    (0..n).for_each(|_| bytes.extend(value.to_le_bytes()));
    bytes
}

/// What is said of the good system with another file, or without one.
fn with(file: &str, bytes: Option<Vec<u8>>) -> String {
    let here = tempdir().unwrap();
    system(here.path());
    let path = here.path().join("system").join(file);
    match bytes {
        Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
    said(here.path(), &["check", "system"])
}

#[test]
fn arrays_of_deepmd() {
    let here = tempdir().unwrap();
    system(here.path());
    let cut = std::fs::read(here.path().join("system/set.000/coord.npy")).unwrap();
    compare(vec![
        (
            with("set.000/box.npy", Some(array("(1, 6)", 6, 1.0))),
            "system: set.000/box.npy: an array of shape [1, 6], and type.raw has 2 atoms. box of F frames of 2 atoms has the shape [F, 9] or [F, 3, 3].",
        ),
        (
            with("set.000/box.npy", None),
            "system: set.000/box.npy: there is no such file. A system in free space has an empty file `nopbc` beside type.raw.",
        ),
        (
            with("set.000/energy.npy", Some(array("(1,)", 1, f64::NAN))),
            "system: frame 0: the energy is not a finite number.",
        ),
        (
            with("set.000/force.npy", Some(array("(1, 6)", 6, f64::INFINITY))),
            "system: frame 0: a force is not a finite number.",
        ),
        (
            with("set.000/energy.npy", Some(array("(4,)", 4, 1.0))),
            "system: set.000/energy.npy: 4 frames, and coord has 1. A frame has 1 of them here.",
        ),
        (
            with("set.000/coord.npy", Some(cut[..cut.len() - 8].to_vec())),
            "system: set.000/coord.npy: this NumPy array of shape [1, 6] has 40 bytes of numbers, not 48. The file is cut or damaged; copy it again.",
        ),
        (
            with("set.000/force.npy", Some(b"<html>".to_vec())),
            "system: set.000/force.npy: this is not a NumPy array, or it ends in its header. Write it with numpy.save, from an array of numbers.",
        ),
    ]);
}

#[test]
fn types_of_deepmd() {
    compare(vec![
        (
            with("type.raw", Some(b"0\n2\n".to_vec())),
            "system: type.raw: atom 2 is of type 2, and type_map.raw has 2 names. Types are counted from 0.",
        ),
        (
            with("type.raw", Some(b"0\n1\n1\n".to_vec())),
            "system: set.000/coord.npy: an array of shape [1, 6], and type.raw has 3 atoms. coord of F frames of 3 atoms has the shape [F, 9] or [F, 3, 3].",
        ),
        (
            with("type_map.raw", Some(b"O\nO\n".to_vec())),
            "system: type_map.raw: `O` is there twice. Every name once; types are counted in their order.",
        ),
    ]);
}

/// What is said of a file of this name and text.
fn of(name: &str, text: &str) -> String {
    let here = tempdir().unwrap();
    std::fs::write(here.path().join(name), text).unwrap();
    said(here.path(), &["check", name])
}

#[test]
fn extended_xyz() {
    compare(vec![
        (
            of("a.xyz", &XYZ.replace("-0.1 0 0", "-0.1 0")),
            "a.xyz: line 4 (frame 0): 6 columns. Properties asks for 7.",
        ),
        (
            of("a.xyz", &XYZ.replace("energy=-1", "energy=x")),
            "a.xyz: line 2 (frame 0): energy: `x` is no number. Numbers separated by blanks, in quotes.",
        ),
        (
            of("a.xyz", &format!("{XYZ}2\n")),
            "a.xyz: line 5 (frame 1): the file ends inside a frame. After the comment there are 2 lines of atoms here.",
        ),
        (
            of(
                "a.xyz",
                &XYZ.replace(
                    "energy=-1",
                    "virial=\"9 0 0 0 9 0 0 0 9\" stress=\"1 0 0 0 1 0 0 0 1\"",
                ),
            ),
            "a.xyz: line 2 (frame 0): virial: virial has the trace 27 eV, and −V stress has -2187 eV. Here a virial is positive when compressed, a stress (eV/Å³) positive under tension; change the sign of one or remove it.",
        ),
    ]);
}

#[test]
fn files_of_vasp() {
    compare(vec![
        (
            of("POSCAR", &POSCAR.replace("1 1\nD", "1 2\nD")),
            "POSCAR: line 10: there are 2 positions, and the counts are 3 atoms. A line for each atom.",
        ),
        (
            of("POSCAR", &POSCAR.replace("1 1\nD", "2\nD")),
            "POSCAR: line 7: 1 counts for the 2 names above. Whole numbers, one for each name.",
        ),
        (
            of("POSCAR", &POSCAR.replace("Na Cl\n", "")),
            "POSCAR: line 6: there are counts and no names: a POSCAR of VASP 4. Write the symbols on a line above the counts, in the order of the POTCAR.",
        ),
        (
            of("OUTCAR", &OUTCAR[..OUTCAR.len() - 20]),
            "OUTCAR: there is no finished ionic step in this OUTCAR. A step ends with the line `free  energy   TOTEN`.",
        ),
        (
            of("OUTCAR", &OUTCAR.replace("TITEL", "title")),
            "OUTCAR: line 16: there are 1 counts of atoms, and 0 species are named. The line `ions per type` and the lines TITEL must agree; try vasprun.xml.",
        ),
        (
            of("OUTCAR", &OUTCAR.replace("ions per type", "ions")),
            "OUTCAR: line 12: atoms are printed before the line `ions per type`. The head of the file is missing.",
        ),
        (
            of("vasprun.xml", VASPRUN),
            "vasprun.xml: this XML ends or breaks at line 5, before a calculation is complete. Give a vasprun.xml of VASP.",
        ),
    ]);
}

#[test]
fn files_that_are_not_read() {
    compare(vec![
        (
            of("t.json", "[{\"structure\": 1}]"),
            "t.json: this is not the JSON of mlearn: invalid type: integer `1`, expected struct Structure at line 1 column 16. A list of {structure: {lattice, sites}, outputs: {energy, forces}}.",
        ),
        (
            of("data.hdf5", ""),
            "data.hdf5: this is HDF5, which is not read. Convert it to folders: dpdata.MultiSystems.load_systems_from_file(FILE, fmt=\"deepmd/hdf5\").to(\"deepmd/npy\", FOLDER).",
        ),
        (
            of("frames", "hello\n"),
            "frames: neither its name nor its first lines say which format this file has. Give --from one of deepmd/npy, deepmd/raw, deepmd/npy/mixed, npz, extxyz, vasp/poscar, vasp/outcar, vasp/xml, mlearn.",
        ),
        (
            of("frames", ""),
            "frames: this file is empty. Give --from one of deepmd/npy, deepmd/raw, deepmd/npy/mixed, npz, extxyz, vasp/poscar, vasp/outcar, vasp/xml, mlearn.",
        ),
        (
            of("OUTCAR.gz", "x"),
            "OUTCAR.gz: this file is packed. Unpack it first, with gunzip or tar.",
        ),
    ]);
}

#[test]
fn words_of_the_command() {
    let here = tempdir().unwrap();
    let at = here.path();
    std::fs::write(at.join("a.xyz"), XYZ).unwrap();
    std::fs::create_dir(at.join("empty")).unwrap();
    let known = "Known here: deepmd/npy, deepmd/raw, deepmd/npy/mixed, npz, extxyz, vasp/poscar, vasp/outcar, vasp/xml, mlearn.";
    let written =
        "Written are deepmd/npy, deepmd/raw, deepmd/npy/mixed, extxyz, vasp/poscar, mlearn.";
    let convert = |to: &str| said(at, &["convert", "a.xyz", "--to", to, "--out", "new"]);
    compare(vec![
        (
            convert("extxzy"),
            &format!("--to: unknown format `extxzy`; did you mean `extxyz`? {written}"),
        ),
        (convert("xyz"), &format!("--to: unknown format `xyz`; did you mean `extxyz`? {written}")),
        (
            convert("mixed"),
            &format!("--to: unknown format `mixed`; did you mean `deepmd/npy/mixed`? {written}"),
        ),
        (
            said(at, &["info", "a.xyz", "--from", "outcar"]),
            &format!("--from: unknown format `outcar`; did you mean `vasp/outcar`? {known}"),
        ),
        (
            said(at, &["info", "a.xyz", "--from", "vasprun"]),
            &format!("--from: unknown format `vasprun`; did you mean `vasp/xml`? {known}"),
        ),
        (
            said(at, &["info", "a.xyz", "--from", "vasp/outcra"]),
            &format!("--from: unknown format `vasp/outcra`; did you mean `vasp/outcar`? {known}"),
        ),
        (
            convert("vasp/outcar"),
            "--to: vasp/outcar is only read. Written are deepmd/npy, deepmd/raw, deepmd/npy/mixed, extxyz, vasp/poscar, mlearn.",
        ),
        (
            said(at, &["convert", "a.xyz", "--frames", "5:", "--to", "extxyz", "--out", "new"]),
            "a.xyz: --frames: there are no such frames. They are counted from 0; `data info` says how many there \
             are.",
        ),
        (said(at, &["info", "nowhere"]), "nowhere: there is no such file or folder."),
        (
            said(at, &["info", "empty"]),
            "empty: there is nothing to read in this folder. Systems with type.raw, or files of the formats deepmd/npy, deepmd/raw, deepmd/npy/mixed, npz, extxyz, vasp/poscar, vasp/outcar, vasp/xml, mlearn.",
        ),
        (
            said(at, &["info", "a.xyz", "--from", "deepmd/npy"]),
            "a.xyz: this is a file. deepmd/npy is a folder that holds type.raw.",
        ),
        (
            said(at, &["split", "a.xyz", "--parts", "0.5,0.6", "--out", "new"]),
            "--parts: these shares sum to 1.1. Positive shares that sum to 1, such as 0.8,0.1,0.1.",
        ),
        (
            said(at, &["split", "a.xyz", "--parts", "0.5,0.5", "--out", "new"]),
            "--parts: part 2 of 1 frames is empty. Give larger shares or more frames.",
        ),
    ]);
    let bad = said(at, &["info", "a.xyz", "--frames", "1,7"]);
    assert!(bad.contains("`1,7` are no frames; write one number, begin:end or"), "{bad}");
}

#[test]
fn two_atoms_at_one_place_are_a_finding() {
    let here = tempdir().unwrap();
    std::fs::write(here.path().join("a.xyz"), XYZ.replace("H 1 0 0", "H 0 0 0")).unwrap();
    let output = run(here.path(), &["data", "check", "a.xyz"]);
    assert_eq!(code(&output), 1);
    assert_eq!(
        stdout(&output).trim(),
        "a.xyz: [collision] the frame has atoms nearer than 0.5 Å; nearest are 1 (O) and 2 (H) of frame 0, \
         0.0000 Å apart\n1 finding in 1 frame"
    );
}
