//! A training from the command line: what it leaves, how it goes on, what it refuses.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use atoms::interchange;
use door::{code, command, kill, names, object, run, stderr, stdout};
use serde_json::Value;
use tempfile::tempdir;

/// Files of a finished training.
const FILES: [&str; 9] = [
    "answer.json",
    "case.toml",
    "lcurve.out",
    "model.dp",
    "params.safetensors",
    "provenance.json",
    "report.html",
    "report.json",
    "trace.csv",
];

/// Dimers of two species, in free space, with springs for labels: a case that takes no time.
fn folder() -> tempfile::TempDir {
    let here = tempdir().unwrap();
    let case = "[case]\nversion = 1\n[model]\nkind = \"atoms\"\n[problem]\nkind = \"force-matching\"\n\
                data = \"dimers.xyz\"\nheld-out = 0.25\nbatch = { atoms = 4 }\n\
                [representation]\ncutoff = 4.0\nembedding = [2, 4]\naxis = 2\nfitting = [4]\n\
                [run]\niterations = 3\nlook = 2\nlook-every = 1\nthreads = 1\n";
    fs::write(here.path().join("dimer.toml"), case).unwrap();
    frames(here.path(), "dimers.xyz", "H", 0.0);
    here
}

/// Eight dimers of O and another species, energies shifted.
fn frames(here: &Path, name: &str, other: &str, shift: f64) {
    let one = |k: u32| {
        let r = 1.0 + 0.05 * f64::from(k);
        let (energy, force) = (shift + (r - 1.2).powi(2), -2.0 * (r - 1.2));
        format!(
            "2\nProperties=species:S:1:pos:R:3:forces:R:3 energy={energy} pbc=\"F F F\"\n\
             O 0 0 0 {} 0 0\n{other} {r} 0 0 {force} 0 0\n",
            -force
        )
    };
    fs::write(here.join(name), (0..8).map(one).collect::<String>()).unwrap();
}

/// `solve dimer.toml` with more words; it has an answer.
fn solve(here: &Path, words: &[&str]) -> String {
    let output = run(here, &[&["solve", "dimer.toml"], words].concat());
    assert!(code(&output) <= 1, "{words:?}: {}", stderr(&output));
    stdout(&output)
}

/// What is said against it.
fn refused(here: &Path, words: &[&str]) -> String {
    let output = run(here, words);
    assert_eq!(code(&output), 2, "{words:?}: {}", stdout(&output));
    stderr(&output).trim().to_owned()
}

fn bias(here: &Path, model: &str) -> (Vec<String>, Vec<f64>) {
    let bytes = fs::read(here.join(model)).unwrap();
    let form = interchange::read(model, &bytes, None).unwrap().potential.form;
    (form.species, form.bias)
}

#[test]
fn a_run_leaves_a_model_and_says_how_good_it_is() {
    let here = folder();
    let at = here.path();
    let text = solve(at, &["--out", "a"]);
    assert!(text.starts_with("force RMSE ") && text.contains("meV/Å (validation)"), "{text}");
    assert!(text.contains("without learning") && text.contains("energy (meV/atom)"), "{text}");
    assert_eq!(names(&at.join("a")), FILES);
    let html = fs::read_to_string(at.join("a/report.html")).unwrap();
    assert!(!html.contains("http") && !html.contains("<script") && !html.contains("NaN"));
    for said in [
        "What was trained",
        "6 frames, 12 atoms",
        "2 other frames, 4 atoms",
        "Without learning",
        "finitely many frames",
        "figure-energy",
        "figure-force",
        "figure-loss",
        "--repeats 4",
        "esperance test a/model.dp",
        "ZHW18",
    ] {
        let cites = said == "ZHW18";
        assert!(cites || html.contains(said) || html.contains(&said.to_lowercase()), "{said}");
    }
    let words = ["a", "a/model.dp"].map(|model| {
        let output = run(at, &["test", model, "--data", "dimers.xyz", "--json"]);
        object(&output)["force_rmse"].clone()
    });
    assert_eq!(words[0], words[1]);
    assert!(stdout(&run(at, &["show", "a"])).contains("O, H"));
    let table = stdout(&run(at, &["eval", "a", "--at", "dimers.xyz", "--frames", "0:2"]));
    assert_eq!(table.lines().count(), 5, "{table}");
    let verified = run(at, &["verify", "a"]);
    assert_eq!(code(&verified), 0, "{}", stderr(&verified));
    assert!(stdout(&verified).contains("they agree"));
}

#[test]
fn the_same_seed_is_the_same_potential() {
    let here = folder();
    let at = here.path();
    let of = |words: &[&str], out: &str| {
        solve(at, &[words, &["--out", out]].concat());
        fs::read(at.join(out).join("params.safetensors")).unwrap()
    };
    let first = of(&[], "a");
    assert_eq!(of(&["--threads", "2"], "b"), first);
    assert_ne!(of(&["--seed", "2"], "c"), first);
}

#[test]
fn several_seeds_are_a_committee() {
    let here = folder();
    let at = here.path();
    let found =
        object(&run(at, &["solve", "dimer.toml", "--repeats", "2", "--out", "r", "--json"]));
    assert_eq!(found["mean"]["n"], 2);
    assert!(found["spread"].as_f64().unwrap() > 0.0);
    let deviations = stdout(&run(at, &["eval", "r", "--at", "dimers.xyz"]));
    assert!(deviations.contains("max_devi_f") && deviations.lines().count() == 10, "{deviations}");
    assert_eq!(
        refused(at, &["show", "r"]),
        "r: there are 2 models in this folder. Give one of them, such as r/seed-1/model.dp."
    );
}

#[test]
fn a_potential_goes_on_by_name() {
    let here = folder();
    let at = here.path();
    solve(at, &["--out", "a"]);
    let (species, own) = bias(at, "a/model.dp");
    assert_eq!(species, ["O", "H"]);
    let turned = ["--init-model", "a", "--set", "model.species=[\"H\", \"O\"]", "--out", "b"];
    solve(at, &[&turned[..], &["--steps", "0"]].concat());
    assert_eq!(bias(at, "b/model.dp"), (vec!["H".into(), "O".into()], vec![own[1], own[0]]));
    let error = |model: &str| {
        let output = run(at, &["test", model, "--data", "dimers.xyz", "--json"]);
        object(&output)["force_rmse"].as_f64().unwrap()
    };
    assert!((error("a") - error("b")).abs() < 1e-6 * error("a"));
    frames(at, "shifted.xyz", "H", 5.0);
    let tuned = ["--finetune", "a/model.dp", "--set", "problem.data=shifted.xyz", "--steps", "0"];
    solve(at, &[&tuned[..], &["--out", "c"]].concat());
    let (_, new) = bias(at, "c/model.dp");
    assert!((new[0] - own[0] - (new[1] - own[1])).abs() < 1e-9, "alike: {own:?} {new:?}");
    assert!(error("c") - error("a") < 1e-6 * error("a"));
    frames(at, "salt.xyz", "Na", 0.0);
    let salt = ["--set", "problem.data=salt.xyz", "--out", "d"];
    assert_eq!(
        refused(at, &[&["solve", "dimer.toml", "--init", "a"], &salt[..]].concat()),
        "--init: run.init: there are atoms of `Na`, which the model does not know. It knows O, H; \
         run.finetune instead adds species."
    );
    solve(at, &[&["--finetune", "a"], &salt[..]].concat());
    assert_eq!(bias(at, "d/model.dp").0, ["O", "H", "Na"]);
    let verified = run(at, &["verify", "d"]);
    assert_eq!(code(&verified), 0, "{}", stderr(&verified));
}

#[test]
fn other_data_are_another_run() {
    let here = folder();
    let at = here.path();
    solve(at, &["--out", "a", "--time-limit", "0ms"]);
    assert!(at.join("a/checkpoint.safetensors").exists());
    frames(at, "dimers.xyz", "H", 1.0);
    let said =
        refused(at, &["solve", "dimer.toml", "--out", "a", "--restart", "--time-limit", "0ms"]);
    assert_eq!(
        said,
        "a/case.toml: the data have changed since this run began. Choose another --out, or give the data \
         it began with."
    );
    // Elsewhere, they are the same data.
    frames(at, "dimers.xyz", "H", 0.0);
    fs::rename(at.join("dimers.xyz"), at.join("moved.xyz")).unwrap();
    solve(at, &["--set", "problem.data=moved.xyz", "--out", "a", "--resume"]);
    solve(at, &["--set", "problem.data=moved.xyz", "--out", "whole"]);
    let params = |run: &str| fs::read(at.join(run).join("params.safetensors")).unwrap();
    assert_eq!(params("a"), params("whole"));
}

#[test]
fn without_validation_the_answer_says_so() {
    let here = folder();
    let words = ["solve", "dimer.toml", "--json", "--set", "problem.held-out=0", "--out", "a"];
    let found = object(&run(here.path(), &words));
    assert_eq!(found["answer"]["frames"], "training");
    assert_eq!(found["accuracy"]["validation"], Value::Null);
    assert_eq!(found["accuracy"]["train"]["virial_rmse_per_atom"], Value::Null);
    assert_eq!(found["answer"]["value"], found["accuracy"]["train"]["force_rmse"]);
    assert_eq!(found["data"]["training_frames"], 8);
}

/// A training input of DeePMD-kit beside the dimers as a system.
fn input(here: &Path, training: &str) {
    fs::create_dir_all(here.join("data")).unwrap();
    let converted =
        run(here, &["data", "convert", "dimers.xyz", "--to", "deepmd/npy", "--out", "data/all"]);
    assert_eq!(code(&converted), 0, "{}", stderr(&converted));
    let text = format!(
        r#"{{ "_comment": "small", "model": {{ "type_map": ["O", "H"],
        "descriptor": {{ "type": "se_e2_a", "sel": "auto", "rcut": 4.0, "neuron": [2, 4],
                         "axis_neuron": 2, "type_one_side": true, "seed": 1 }},
        "fitting_net": {{ "n_neuron": [4], "_why": "fast" }} }},
        "learning_rate": {{ "type": "exp", "start_lr": 1e-3, "stop_lr": 1e-5, "decay_steps": 2 }},
        "loss": {{ "start_pref_e": 0.02, "start_pref_f": 1000 }},
        "training": {{ "training_data": {{ "systems": "data", "batch_size": 2 }},
                       "validation_data": {{ "systems": ["data/all"], "numb_btch": 2 }},
                       {training}, "disp_freq": 2 }} }}"#
    );
    fs::create_dir_all(here.join("inputs")).unwrap();
    fs::write(here.join("inputs/input.json"), text).unwrap();
}

#[test]
fn an_input_of_deepmd_kit_runs_as_it_is() {
    let here = folder();
    let at = here.path();
    input(at, r#""numb_steps": 1000"#);
    let output = run(at, &["solve", "inputs/input.json", "--steps", "6"]);
    assert!(code(&output) <= 1, "{}", stderr(&output));
    let curve = fs::read_to_string(at.join("runs/input-1/lcurve.out")).unwrap();
    let head: Vec<&str> = curve.lines().next().unwrap().split_whitespace().collect();
    let columns =
        ["rmse_val", "rmse_trn", "rmse_e_val", "rmse_e_trn", "rmse_f_val", "rmse_f_trn", "lr"];
    assert_eq!(head[2..], columns);
    let steps: Vec<&str> =
        curve.lines().skip(2).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(steps, ["0", "2", "4", "6"]);
    assert_eq!(bias(at, "runs/input-1/model.dp").0, ["O", "H"]);
    // Types without names are those of the input, in order.
    fs::remove_file(at.join("data/all/type_map.raw")).unwrap();
    let output = run(at, &["solve", "inputs/input.json", "--steps", "6", "--out", "unnamed"]);
    assert!(code(&output) <= 1, "{}", stderr(&output));
    // As YAML, which JSON is.
    fs::copy(at.join("inputs/input.json"), at.join("inputs/input.yaml")).unwrap();
    let output = run(at, &["solve", "inputs/input.yaml", "--steps", "6", "--out", "y"]);
    assert!(code(&output) <= 1, "{}", stderr(&output));
    let params = |run: &str| fs::read(at.join(run).join("params.safetensors")).unwrap();
    assert_eq!(params("y").len(), params("runs/input-1").len());
}

#[test]
fn epochs_are_counted_in_the_data() {
    let here = folder();
    let at = here.path();
    input(at, r#""numb_epoch": 2"#);
    let output = run(at, &["solve", "inputs/input.json", "--out", "e"]);
    assert!(stderr(&output).contains("2 epochs of these data are 8 steps"), "{}", stderr(&output));
    let curve = fs::read_to_string(at.join("e/lcurve.out")).unwrap();
    assert!(curve.lines().last().unwrap().trim_start().starts_with("8 "), "{curve}");
}

#[test]
fn killed_at_twenty_random_moments() {
    let here = folder();
    let at = here.path();
    let words = ["solve", "dimer.toml", "--steps", "4000", "--set", "run.checkpoint-every=10ms"];
    let more = ["--set", "run.look-every=500", "--threads", "2"];
    let long = |out: &'static str| [&words[..], &more[..], &["--out", out]].concat();
    let bits = |run: &str| {
        ["params.safetensors", "lcurve.out", "model.dp"]
            .map(|file| fs::read(at.join(run).join(file)).unwrap())
    };
    assert!(code(&run(at, &long("whole"))) <= 1);
    let start = || {
        let again: &[&str] = if at.join("k").exists() { &["--resume"] } else { &[] };
        let mut child = command(at, &[&long("k")[..], again].concat());
        child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    kill(20, start, |kills| {
        assert!(bits("k") == bits("whole"), "after {kills} kills");
        fs::remove_dir_all(at.join("k")).unwrap();
    });
}
