//! `data` as a user meets it: convert, info, split, check; nothing is written over.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::path::Path;

use door::{code, names, object, run, stderr, stdout};
use tempfile::tempdir;

/// Ten frames of a molecule in a cell, two compositions.
fn frames() -> String {
    let frame = |k: i32| {
        let x = f64::from(k);
        let name = if k % 3 == 0 { "H" } else { "O" };
        format!(
            "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3:forces:R:3 \
             energy={} virial=\"1 0 0 0 1 0 0 0 {k}\"\n\
             {name} 0 0 0 0.25 0 0\nH 0.{} 0 0 -0.25 0 0\n",
            -1.0 - 0.001 * x,
            700 + 13 * k
        )
    };
    (0..10).map(frame).collect()
}

fn here() -> tempfile::TempDir {
    let here = tempdir().unwrap();
    std::fs::write(here.path().join("a.xyz"), frames()).unwrap();
    here
}

fn ok(folder: &Path, words: &[&str]) -> String {
    let output = run(folder, words);
    assert_eq!(code(&output), 0, "{words:?}\n{}{}", stdout(&output), stderr(&output));
    stdout(&output).trim().to_owned()
}

#[test]
fn there_and_back_through_every_format() {
    let here = here();
    let said = ok(here.path(), &["data", "convert", "a.xyz", "--to", "deepmd/npy", "--out", "npy"]);
    assert_eq!(said, "10 frames as deepmd/npy in npy");
    assert_eq!(names(&here.path().join("npy")), ["H1O1", "H2"]);
    let mut last = "npy".to_owned();
    for (k, format) in ["deepmd/raw", "deepmd/npy/mixed", "extxyz"].into_iter().enumerate() {
        let out = format!("out-{k}");
        ok(here.path(), &["data", "convert", &last, "--to", format, "--out", &out]);
        last = out;
    }
    let back = |folder: &str| {
        let words = ["data", "info", folder, "--json", "--species", "O,H"];
        let mut found = object(&run(here.path(), &words));
        found["systems"][0].take()
    };
    let (first, last) = (back("a.xyz"), back(&last));
    for key in [
        "frames",
        "atoms",
        "compositions",
        "labels",
        "force_rms",
        "energy_per_atom",
        "pressure_kbar",
    ] {
        assert_eq!(first[key], last[key], "{key}");
    }
    assert_eq!(first["closest"]["frame"], 0);
    assert_eq!(first["compositions"]["O1H1"], 6);
}

#[test]
fn a_slice_of_frames_in_single_precision() {
    let here = here();
    let words = [
        "data",
        "convert",
        "a.xyz",
        "--frames",
        "1:9:4",
        "--to",
        "deepmd/npy",
        "--out",
        "o",
        "--single",
    ];
    assert_eq!(ok(here.path(), &words), "2 frames as deepmd/npy in o");
    let bytes = std::fs::read(here.path().join("o/set.000/coord.npy")).unwrap();
    assert!(bytes.windows(3).any(|w| w == b"<f4"));
    let bytes = std::fs::read(here.path().join("o/set.000/energy.npy")).unwrap();
    assert!(bytes.windows(3).any(|w| w == b"<f8"));
}

#[test]
fn nothing_is_written_over() {
    let here = here();
    std::fs::create_dir(here.path().join("there")).unwrap();
    std::fs::write(here.path().join("b.xyz"), "mine").unwrap();
    for words in [
        ["data", "convert", "a.xyz", "--to", "deepmd/npy", "--out", "there"].as_slice(),
        &["data", "convert", "a.xyz", "--to", "extxyz", "--out", "b.xyz"],
        &["data", "convert", "a.xyz", "--to", "extxyz", "--out", "a.xyz"],
        &["data", "split", "a.xyz", "--out", "there"],
    ] {
        let output = run(here.path(), words);
        assert_eq!(code(&output), 2);
        let out = words.last().unwrap();
        let kind = if *out == "there" { "folder" } else { "file" };
        assert_eq!(
            stderr(&output).trim(),
            format!("{out}: --out: this {kind} is there already. Choose another --out.")
        );
    }
    assert_eq!(std::fs::read_to_string(here.path().join("b.xyz")).unwrap(), "mine");
    assert_eq!(names(here.path()), ["a.xyz", "b.xyz", "there"]);
}

#[test]
fn info_says_what_is_there() {
    let here = here();
    let said = ok(here.path(), &["data", "info", "a.xyz"]);
    for line in [
        "a.xyz  extxyz, 10 frames",
        "  species            H, O",
        "  compositions       H2 4, H1O1 6",
        "  labels             energy, forces, virial",
        "  cell               periodic",
        "  volume             729.000 Å³",
        "  energy per atom    -0.504500 to -0.500000 eV",
        "  force              0.1443 eV/Å in the mean, at most 0.2500",
        "  smallest distance  0.7000 Å, atoms 1 and 2 of frame 0",
    ] {
        assert!(said.lines().any(|found| found == line), "{line}\n{said}");
    }
}

#[test]
fn parts_are_disjoint_whole_and_the_same_for_a_seed() {
    let here = here();
    let split = |out: &str, words: &[&str]| {
        let words =
            [&["data", "split", "a.xyz", "--parts", "0.5,0.3,0.2", "--out", out], words].concat();
        ok(here.path(), &words);
        assert_eq!(names(&here.path().join(out)), ["test.xyz", "train.xyz", "valid.xyz"]);
        let text = |name| std::fs::read_to_string(here.path().join(out).join(name)).unwrap();
        ["train.xyz", "valid.xyz", "test.xyz"].map(text)
    };
    let energies = |text: &str| -> Vec<String> {
        text.split(" energy=").skip(1).map(|e| e.split(' ').next().unwrap().to_owned()).collect()
    };
    let first = split("one", &["--seed", "3"]);
    assert_eq!(first, split("two", &["--seed", "3"]));
    assert_ne!(first, split("three", &["--seed", "4"]));
    assert_eq!(first.each_ref().map(|text| energies(text).len()), [5, 3, 2]);
    let mut all: Vec<String> = first.iter().flat_map(|text| energies(text)).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 10);
    let ordered = split("four", &["--by-order"]);
    assert_eq!(energies(&ordered[2]), ["-1.008", "-1.009"]);
}

#[test]
fn check_finds_or_does_not() {
    let here = here();
    assert_eq!(ok(here.path(), &["data", "check", "a.xyz"]), "nothing is doubtful in 10 frames");
    let doubled = format!("{}{}", frames(), "1\n\nO 0 0 0\n");
    std::fs::write(here.path().join("b.xyz"), doubled).unwrap();
    let output = run(here.path(), &["data", "check", "b.xyz"]);
    assert_eq!(code(&output), 1);
    assert_eq!(
        stdout(&output).trim(),
        "b.xyz: [no-energy] 1 of 11 frames has no energy\n\
         b.xyz: [no-forces] 1 of 11 frames has no forces\n2 findings in 11 frames"
    );
    let found = object(&run(here.path(), &["data", "check", "b.xyz", "--json"]));
    assert_eq!(found["findings"][1]["frames"][0], 10);
}

#[test]
fn several_files_and_folders_at_once() {
    let here = here();
    ok(here.path(), &["data", "convert", "a.xyz", "--to", "deepmd/npy", "--out", "npy"]);
    std::fs::create_dir(here.path().join("all")).unwrap();
    std::fs::rename(here.path().join("npy"), here.path().join("all/npy")).unwrap();
    let found = object(&run(here.path(), &["data", "info", "all", "a.xyz", "--json"]));
    let names: Vec<&str> =
        found["systems"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(
        (found["frames"].as_u64(), names),
        (Some(20), vec!["all/npy/H1O1", "all/npy/H2", "a.xyz"])
    );
}

#[test]
fn species_are_ordered_and_named() {
    let here = here();
    let convert = |path: &str, species: &str, out: &str| {
        ok(
            here.path(),
            &["data", "convert", path, "--species", species, "--to", "deepmd/npy", "--out", out],
        );
    };
    convert("a.xyz", "O,H", "first");
    let map = here.path().join("first/H2/type_map.raw");
    assert_eq!(std::fs::read_to_string(&map).unwrap(), "O\nH\n");
    std::fs::remove_file(map).unwrap();
    convert("first/H2", "C,N", "second");
    let map = here.path().join("second/type_map.raw");
    assert_eq!(std::fs::read_to_string(map).unwrap(), "C\nN\n");
    let words = ["data", "info", "a.xyz", "--species", "O,C"];
    assert_eq!(
        stderr(&run(here.path(), &words)).trim(),
        "a.xyz: there are atoms of the species `H`. Known here: O, C."
    );
}
