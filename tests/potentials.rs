//! Models through the command: eval, test and show, their numbers and their sentences.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

mod door;
#[path = "../crates/atoms/tests/drawn/mod.rs"]
mod drawn;
mod models;

use std::fs;

use atoms::form::on_tape;
use atoms::interchange;
use door::{code, names, object, run, stderr, stdout};
use models::{folder, write};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

fn close(a: &[f64], b: &[f64], within: f64) {
    assert_eq!(a.len(), b.len());
    let off = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off < within, "{off:e}");
}

#[test]
fn agree_eval_with_the_tape() {
    let (here, potential, frames) = folder();
    for (words, within) in [
        (vec!["--table", "off", "--descriptor"], 1e-10),
        (vec!["--threads", "1"], 1e-8),
        (vec!["--precision", "f32"], 2e-4),
    ] {
        let all =
            [vec!["eval", "model.dp", "--at", "frames.xyz", "--json"], words.clone()].concat();
        let output = run(here.path(), &all);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let found = object(&output);
        assert_eq!(found["frames"].as_array().unwrap().len(), 3);
        for (frame, snapshot) in found["frames"].as_array().unwrap().iter().zip(&frames.snapshots) {
            let right = on_tape::evaluate(&potential, snapshot);
            close(&numbers(&frame["energy"]), &[right.energy], within);
            close(&numbers(&frame["forces"]), &right.forces.concat(), within);
            close(&numbers(&frame["virial"]), &right.virial.concat(), within);
            close(&numbers(&frame["atomic_energies"]), &right.atomic_energies, within);
            let descriptor = frame.get("descriptor").map(numbers);
            assert_eq!(descriptor.is_some(), words.contains(&"--descriptor"));
            if let Some(descriptor) = descriptor {
                close(&descriptor, &right.descriptors.unwrap().concat(), within);
            }
        }
        assert_eq!(found["table"].is_null(), words.contains(&"off"));
    }
}

#[test]
fn frames_are_chosen_and_arrays_written_once() {
    let (here, _, _) = folder();
    let words = ["eval", "model.dp", "--at", "frames.xyz", "--frames", "0:3:2", "--out", "f.npz"];
    let output = run(here.path(), &words);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("embeddings from tables: errors at most"));
    let lines: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
    assert!(lines[2].trim_start().starts_with("2 "), "{}", lines[2]);
    let file = fs::File::open(here.path().join("f.npz")).unwrap();
    let mut npz = ndarray_npy::NpzReader::new(file).unwrap();
    let force: ndarray::Array3<f64> = npz.by_name("force").unwrap();
    assert_eq!(force.dim(), (2, 14, 3));
    let again = run(here.path(), &words);
    assert_eq!(code(&again), 2);
    assert_eq!(
        stderr(&again).trim(),
        "f.npz: --out: this file is there already. Choose another --out."
    );
}

/// What is said of words that are wrong; nothing is written.
fn refused(here: &std::path::Path, words: &[&str]) -> String {
    let count = || fs::read_dir(here).unwrap().count();
    let before = count();
    let output = run(here, words);
    assert_eq!(code(&output), 2, "{words:?}: {}", stderr(&output));
    assert_eq!(count(), before, "something was written");
    stderr(&output).trim().to_owned()
}

#[test]
fn what_cannot_be_is_said_before_the_work() {
    let (here, _, _) = folder();
    let xyz = |name: &str, lattice: f64, more: &str| {
        let text = format!(
            "1\nLattice=\"{lattice} 0 0 0 {lattice} 0 0 0 {lattice}\" \
             Properties=species:S:1:pos:R:3 {more}\nO 0 0 0\n"
        );
        fs::write(here.path().join(name), text).unwrap();
    };
    xyz("dense.xyz", 0.2, "");
    xyz("bare.xyz", 9.0, "energy=-1");
    let at = |more: &[&str]| refused(here.path(), &[&["eval", "model.dp", "--at"], more].concat());
    let dense = at(&["dense.xyz"]);
    assert!(
        dense.contains("cell: it has 8.00e-3 Å³ an atom") && dense.ends_with("is the cell in nm?.")
    );
    let uneven = at(&["frames.xyz", "bare.xyz", "--out", "a.npz"]);
    assert!(uneven.starts_with("--out: the frames have different numbers of atoms"), "{uneven}");
    assert_eq!(
        at(&["frames.xyz", "--out", "none/a.npz"]),
        "none/a.npz: --out: the folder that it should stand in is not there. Choose another --out."
    );
    assert_eq!(
        at(&["frames.xyz", "--frames", "7:9"]),
        "frames.xyz: --frames: there are no such frames. They are counted from 0; `data info` says how \
         many there are."
    );
    assert!(at(&["frames.xyz", "--threads", "100000"]).contains("100000"));
    let words = ["eval", "model.dp", "other.yaml", "--at", "bare.xyz", "--real-error"];
    assert_eq!(
        refused(here.path(), &words),
        "bare.xyz: --real-error: frame 0 has no forces. Errors are taken from labels: energies and \
         forces of every frame."
    );
    let one =
        run(here.path(), &["eval", "model.dp", "--at", "frames.xyz", "--frames", "-1", "--json"]);
    assert_eq!(object(&one)["frames"].as_array().unwrap().len(), 1);
}

#[test]
fn several_models_give_their_deviation() {
    let (here, _, _) = folder();
    let words = ["eval", "model.dp", "other.yaml", "--at", "frames.xyz"];
    let output = run(here.path(), &words);
    let text = stdout(&output);
    assert!(text.starts_with("# frames.xyz\n# step      max_devi_v         "), "{text}");
    assert_eq!(text.lines().count(), 5);
    let json = object(&run(here.path(), &[&words[..], &["--json", "--atomic"]].concat()));
    let row = &json["deviation"][1];
    let atoms = numbers(&row["atm_devi_f"]);
    let most = atoms.iter().copied().fold(0.0, f64::max);
    assert_eq!(row["max_devi_f"].as_f64().unwrap(), most);
    assert!(most > 0.0 && row["devi_e"].as_f64().unwrap() > 0.0);
}

#[test]
fn exact_errors_of_test() {
    let (here, _, _) = folder();
    let words = ["test", "model.dp", "--data", "frames.xyz", "--table", "off"];
    let found = object(&run(here.path(), &[&words[..], &["--json"]].concat()));
    let of = |key: &str| found[key].as_f64().unwrap();
    let near = |key: &str, right: f64| {
        assert!((of(key) - right).abs() < 1e-8, "{key}: {} not {right}", of(key));
    };
    near("energy_rmse_per_atom", 0.1);
    near("energy_mae_per_atom", 0.1);
    near("force_rmse", 0.3 / 3.0_f64.sqrt());
    near("force_mae", 0.1);
    near("virial_rmse_per_atom", 0.0);
    assert_eq!(found["n"], 3);
    let output = run(here.path(), &words);
    assert!(
        stdout(&output).contains("Energy RMSE/Natoms : 1.000000e-01 eV\n"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn show_says_what_is_in_a_model() {
    let (here, _, _) = folder();
    let found = object(&run(here.path(), &["show", "other.yaml", "--json"]));
    assert_eq!(found["species"], serde_json::json!(["O", "H"]));
    assert_eq!(found["embedding"]["widths"], serde_json::json!([1, 5, 10, 20]));
    assert_eq!(found["cutoff"], 4.5);
    let text = stdout(&run(here.path(), &["show", "model.dp"]));
    assert!(
        text.contains("fitting               widths 120-24-24-24-1, activation tanh"),
        "{text}"
    );
}

/// What is wrong, and the sentence about it.
#[test]
#[expect(clippy::too_many_lines, reason = "a list")]
fn wrong_models_and_frames_are_named() {
    let (here, _, frames) = folder();
    let at = here.path();
    let mut other = frames.clone();
    other.species = ["O", "Cu"].map(String::from).to_vec();
    write(at, "copper.xyz", &other);
    let mut same = frames.clone();
    same.snapshots[1].positions[4] = same.snapshots[1].positions[2];
    write(at, "same.xyz", &same);
    let mut bare = frames;
    bare.snapshots.iter_mut().for_each(|s| s.labels = atoms::Labels::default());
    write(at, "bare.xyz", &bare);
    let kind = drawn::KINDS[4];
    let three = interchange::write("three.dp", &drawn::potential(kind, 1)).unwrap();
    fs::write(at.join("three.dp"), &three).unwrap();
    fs::write(at.join("cut.dp"), &three[..three.len() / 2]).unwrap();
    fs::write(at.join("empty.yaml"), "").unwrap();
    let cases = [
        (
            vec!["eval", "model.pb", "--at", "frames.xyz"],
            "model.pb: `.pb` is a file of one back end of DeePMD-kit. Convert it: dp convert-backend \
             model.pb model.dp.",
        ),
        (
            vec!["eval", "model.txt", "--at", "frames.xyz"],
            "model.txt: `model.txt` is not the name of a model. A model is a file of DeePMD-kit that ends \
             in .dp or .yaml.",
        ),
        (
            vec!["eval", "none.dp", "--at", "frames.xyz"],
            "none.dp: there is no such file. Give a model of DeePMD-kit, .dp or .yaml.",
        ),
        (
            vec!["eval", "model.dp", "--at", "copper.xyz"],
            "copper.xyz: there are atoms of the species `Cu`. Known here: O, H.",
        ),
        (
            vec!["eval", "model.dp", "--at", "same.xyz"],
            "same.xyz: frame 1: atoms 3 and 5 are at one place. Forces need atoms that are apart.",
        ),
        (
            vec!["eval", "model.dp", "three.dp", "--at", "frames.xyz"],
            "three.dp: its species are O, H, Al, Mg. Those of model.dp are O, H.",
        ),
        (
            vec!["test", "model.dp", "--data", "bare.xyz"],
            "--data: there are no labels to compare with. Frames to test with have energies, forces or \
             virials.",
        ),
        (
            vec!["eval", "model.dp", "--at", "frames.xyz", "--out", "d.out"],
            "--out: one model has no deviation. Give several models; arrays are written to --out FILE.npz.",
        ),
        (
            vec!["eval", "model.dp", "--at", "frames.xyz", "--descriptor"],
            "--descriptor: there is no place for descriptors. Add --json or --out FILE.npz.",
        ),
        (
            vec!["eval", ".", "--at", "points.csv", "--precision", "f32"],
            "--precision: a run was given, not models. This option says how models are evaluated on \
             frames.",
        ),
        (
            vec!["eval", "model.dp", "--at", "frames.xyz", "--frames", "7:"],
            "frames.xyz: --frames: there are no such frames. They are counted from 0; `data info` says how \
             many there are.",
        ),
        (
            vec!["show", "empty.yaml"],
            "empty.yaml: this file holds no model. A model has the keys model, backend.",
        ),
    ];
    for (words, sentence) in cases {
        let output = run(at, &words);
        assert_eq!((code(&output), stderr(&output).trim()), (2, sentence), "{words:?}");
    }
    let output = run(at, &["eval", "cut.dp", "--at", "frames.xyz"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).starts_with("cut.dp: this is not a .dp file: "), "{}", stderr(&output));
    assert!(!names(at).contains(&"d.out".to_owned()));
}
