//! Frames as programs write them, and comments that contradict themselves.

use super::*;
use crate::format::Precision;

fn of(text: &str) -> Result<Read> {
    read(text.as_bytes())
}

fn said(text: &str) -> String {
    of(text).unwrap_err().to_string()
}

const HEAD: &str = "Lattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:3:forces:R:3";
const ATOMS: &str = "H 0 0 0 0.1 0 0\nO 1 0 0 -0.1 0 0\n";

/// Two atoms with forces, and more keys.
fn two(more: &str) -> String {
    format!("2\n{HEAD} {more}\n{ATOMS}")
}

#[test]
fn a_frame_of_ase() {
    let read =
        of(&two("energy=-1.5 stress=\"0.01 0.02 0.03 0.004 0.005 0.006\" pbc=\"T T T\"")).unwrap();
    let frame = &read.frames.snapshots[0];
    assert_eq!((read.frames.species.join(","), &*frame.types), ("H,O".to_owned(), &[0, 1][..]));
    assert_eq!(frame.labels.energy, Some(-1.5));
    assert_eq!(frame.labels.forces.as_ref().unwrap()[1], [-0.1, 0.0, 0.0]);
    let due = [[0.01, 0.006, 0.005], [0.006, 0.02, 0.004], [0.005, 0.004, 0.03]];
    let virial = frame.labels.virial.unwrap();
    for (found, due) in virial.iter().flatten().zip(due.iter().flatten()) {
        assert!((found + 27.0 * due).abs() < 1e-14);
    }
    assert!(read.warnings.is_empty());
}

#[test]
fn dialects() {
    for (key, energy) in
        [("Energy", -1.0), ("REF_energy", -2.0), ("dft_energy", -3.0), ("free_energy", -4.0)]
    {
        let read = of(&two(&format!("{key}={energy}"))).unwrap();
        assert_eq!(read.frames.snapshots[0].labels.energy, Some(energy), "{key}");
    }
    let read = of(&two("energy=-1.0 free_energy=-1.5")).unwrap();
    assert_eq!(read.frames.snapshots[0].labels.energy, Some(-1.0));
    assert_eq!(
        read.warnings,
        [
            "1 frame: energy and free_energy differ, energy is used (in the first, -1 and -1.5; forces \
          are derivatives of a free energy)"
        ]
    );
    let text = "2\nenergy=1 Properties=species:S:1:pos:R:3:magmom:R:1:dft_forces:R:3:local_energy:R:1\n\
                8 0 0 0 9 1 2 3 0.25\n1 0 0 1 9 4 5 6 0.75\n";
    let read = of(text).unwrap();
    let labels = &read.frames.snapshots[0].labels;
    assert_eq!(read.frames.species, ["O", "H"]);
    assert_eq!(labels.forces.as_ref().unwrap()[1], [4.0, 5.0, 6.0]);
    assert_eq!(labels.atomic_energies, Some(vec![0.25, 0.75]));
    assert_eq!(read.warnings, ["1 frame: columns left out: magmom"]);
}

#[test]
fn molecules_slabs_and_plain_files() {
    let molecule = of("2\nwater, nothing else\nO 0 0 0\nH 0 0 1 extra\n\n").unwrap();
    assert!(molecule.frames.snapshots[0].cell.is_none());
    assert!(of(&two("pbc=\"F F F\"")).unwrap().frames.snapshots[0].cell.is_none());
    let slab = of(&two("pbc=\"T T F\"")).unwrap();
    assert!(slab.frames.snapshots[0].cell.is_some());
    assert!(slab.warnings[0].starts_with("1 frame: periodic in some directions only"));
    let left = of("1\nstress=\"1 0 0 0 1 0 0 0 1\"\nH 0 0 0\n").unwrap();
    assert_eq!(left.warnings, ["1 frame: stress left out: a molecule in free space has no volume"]);
    let kept = of("1\nvirial=\"1 0 0 0 1 0 0 0 1\"\nH 0 0 0\n").unwrap();
    assert!(kept.frames.snapshots[0].labels.virial.is_some());
}

#[test]
fn units_that_are_named() {
    let read = of(&two("energy=-0.5 energy-unit=hartree force-unit=hartree/bohr stress=\"1 0 0 0 1 0 0 0 1\" stress-unit=GPa")).unwrap();
    let labels = &read.frames.snapshots[0].labels;
    assert!((labels.energy.unwrap() + 13.605_693_123).abs() < 1e-8);
    assert!((labels.forces.as_ref().unwrap()[0][0] - 5.142_206_7).abs() < 1e-6);
    assert!((labels.virial.unwrap()[0][0] + 27.0 / 160.217_663_4).abs() < 1e-12);
    assert_eq!(
        said(&two("energy=1 energy_unit=furlong")),
        "line 2 (frame 0): energy_unit: the unit `furlong` is not known. Energies in eV, meV, hartree, \
         rydberg, kcal/mol or kJ/mol."
    );
}

#[test]
fn a_virial_and_a_stress_must_agree() {
    let agree = two("virial=\"27 0 0 0 27 0 0 0 27\" stress=\"-1 0 0 0 -1 0 0 0 -1\"");
    assert_eq!(of(&agree).unwrap().frames.snapshots[0].labels.virial.unwrap()[0][0], 27.0);
    let other = two("virial=\"27 0 0 0 27 0 0 0 27\" stress=\"1 0 0 0 1 0 0 0 1\"");
    assert_eq!(
        said(&other),
        "line 2 (frame 0): virial: virial has the trace 81 eV, and −V stress has -81 eV. Here a \
         virial is positive when compressed, a stress (eV/Å³) positive under tension; change the \
         sign of one or remove it."
    );
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, due) in [
        (
            "two\n",
            "line 1 (frame 0): `two` is no count of atoms. A frame begins with a line that holds the count of its atoms.",
        ),
        (
            "2\n",
            "line 1 (frame 0): the file ends inside a frame. After the comment there are 2 lines of atoms here.",
        ),
        (
            "2\n\nH 0 0 0\n",
            "line 3 (frame 0): the file ends inside a frame. After the comment there are 2 lines of atoms here.",
        ),
        (
            "1\n\nH 0 0\n",
            "line 3 (frame 0): 3 columns. A line is a symbol and a position, four words.",
        ),
        (
            "1\n\nH 0 0 x\n",
            "line 3 (frame 0): column 4: `x` is no number. Positions and forces are three numbers each.",
        ),
        ("1\n\nH 0 0 nan\n", "line 3 (frame 0): the position of atom 1 is not a finite number."),
        (
            "1\n\n119 0 0 0\n",
            "line 3 (frame 0): there is no element of nuclear charge 119. Write symbols, or charges from 1 to 118.",
        ),
        (
            "1\nProperties=pos:R:3\n0 0 0\n",
            "line 2 (frame 0): Properties: there are no species. Among the columns there must be species:S:1 or Z:I:1.",
        ),
        (
            "1\npbc=T\nH 0 0 0\n",
            "line 2 (frame 0): pbc: the frame is periodic and has no Lattice. Give Lattice=\"ax ay az bx by bz cx cy cz\", or pbc=\"F F F\".",
        ),
        (
            "1\nLattice=\"1 2 3\"\nH 0 0 0\n",
            "line 2 (frame 0): Lattice: 3 numbers. Nine: the lattice vectors a, b, c, three numbers each.",
        ),
        (
            "1\nenergy=low\nH 0 0 0\n",
            "line 2 (frame 0): energy: `low` is no number. Numbers separated by blanks, in quotes.",
        ),
        (
            "\n \n",
            "there are no frames in this file. A frame is a line with the count of atoms, a comment, and a line for each atom.",
        ),
    ] {
        assert_eq!(said(text), due);
    }
    let wrong = two("").replace("H 0 0 0 0.1 0 0", "H 0 0 0 0.1 0 0 9");
    assert_eq!(said(&wrong), "line 3 (frame 0): 8 columns. Properties asks for 7.");
    let second = format!("{}{}", two(""), two("stress=\"1 2 3\""));
    assert!(said(&second).starts_with("line 6 (frame 1): stress: 3 numbers."), "{}", said(&second));
}

#[test]
fn keys_in_any_case_and_keys_that_are_near() {
    for lattice in ["lattice", "LATTICE"] {
        let text = two("").replace("Lattice", lattice).replace("Properties", "PROPERTIES");
        let read = of(&text).unwrap();
        assert!(read.frames.snapshots[0].cell.is_some(), "{lattice}");
        assert!(read.frames.snapshots[0].labels.forces.is_some(), "{lattice}");
    }
    for key in ["Latice", "Latttice", "LATICE", "cell"] {
        let text = two("").replace("Lattice", key);
        assert_eq!(
            said(&text),
            format!(
                "line 2 (frame 0): {key}: this key is not known, and there is no Lattice; did you \
                 mean `Lattice`? A molecule has pbc=\"F F F\"."
            )
        );
    }
    assert_eq!(
        said(&two("energy=-1.5 energy=-2")),
        "line 2 (frame 0): energy: this key is there twice. Each key once in a comment."
    );
    let nan = two("").replace("H 0 0 0 0.1", "H 0 0 0 nan");
    assert_eq!(said(&nan), "line 3 (frame 0): a force is not a finite number.");
    let far = two("").replace("O 1 0 0", "O 1e300 0 0");
    assert!(said(&far).starts_with("line 4 (frame 0): atom 2 is at 1e300 Å,"), "{}", said(&far));
}

#[test]
fn what_is_written_reads_back() {
    let text = two("energy=-1.5 virial=\"1 2 3 2 4 5 3 5 0.1\" converged=F");
    let read = of(&(text + "1\n\nC 0 0 1e-7\n")).unwrap();
    assert_eq!(read.frames.snapshots[0].labels.converged, Some(false));
    let back = super::read(&write(&read.frames, Precision::Double)).unwrap();
    assert_eq!(back.frames, read.frames);
    assert!(back.warnings.is_empty());
}
