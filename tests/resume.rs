//! Killed at any moment and resumed: the same bits as the run that nobody disturbed.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use door::{code, command, kill, object, run, small, stderr};
use serde_json::Value;
use tempfile::tempdir;

/// A run of a second or so that saves every 20 ms.
const LONG: [&str; 8] = [
    "--set",
    "run.iterations=2000",
    "--set",
    "run.checkpoint-every=20ms",
    "--set",
    "run.fresh-paths=40000",
    "--out",
    "run",
];

fn long<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut all = vec!["solve", "hjb-lqg-10d", "--set", "problem.steps=4", "--json"];
    all.extend(LONG);
    all.extend(words);
    all
}

/// The parameters, and the object without what a clock says.
fn bits(folder: &Path) -> (Vec<u8>, Value) {
    let mut object: Value =
        serde_json::from_slice(&std::fs::read(folder.join("answer.json")).unwrap()).unwrap();
    for clock in ["seconds", "ms_per_iteration", "peak_rss_mb"] {
        object.as_object_mut().unwrap().remove(clock);
    }
    (std::fs::read(folder.join("params.safetensors")).unwrap(), object)
}

fn undisturbed() -> (Vec<u8>, Value) {
    let here = tempdir().unwrap();
    let output = run(here.path(), &long(&[]));
    assert!(code(&output) <= 1, "{}", stderr(&output));
    bits(&here.path().join("run"))
}

/// Starts or goes on.
fn start(here: &Path) -> std::process::Child {
    let again: &[&str] = if here.join("run").exists() { &["--resume"] } else { &[] };
    command(here, &long(again)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn killed_at_twenty_random_moments() {
    let expected = undisturbed();
    let here = tempdir().unwrap();
    kill(
        20,
        || start(here.path()),
        |kills| {
            assert_eq!(bits(&here.path().join("run")), expected, "after {kills} kills");
            fs::remove_dir_all(here.path().join("run")).unwrap();
        },
    );
}

#[test]
fn interrupted_saves_and_says_how_to_go_on() {
    let expected = undisturbed();
    let here = tempdir().unwrap();
    let mut child = command(here.path(), &long(&[]));
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let saved = here.path().join("run/checkpoint.safetensors");
    while !saved.exists() {
        sleep(Duration::from_millis(2));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let found = object(&output);
    assert_eq!(
        (&found["verdict"], &found["answer"]["value"]),
        (&"interrupted".into(), &Value::Null)
    );
    let said = stderr(&output);
    assert!(said.contains("go on with:\n  esperance solve hjb-lqg-10d --set"), "{said}");
    assert!(said.trim_end().ends_with("--out run --resume"), "{said}");
    assert!(code(&run(here.path(), &long(&["--resume"]))) <= 1);
    assert_eq!(bits(&here.path().join("run")), expected);
    assert!(!saved.exists(), "finished: nothing to go on from");
}

#[test]
fn stopped_by_the_time_limit_and_resumed() {
    let expected = undisturbed();
    let here = tempdir().unwrap();
    assert_eq!(code(&run(here.path(), &long(&["--time-limit", "60ms"]))), 1);
    let output = run(here.path(), &long(&["--resume"]));
    assert!(object(&output)["iterations"] == 2000, "{}", stderr(&output));
    assert_eq!(bits(&here.path().join("run")), expected);
}

#[test]
fn stopped_on_an_uneven_grid_and_resumed() {
    let here = tempdir().unwrap();
    let solved = |words: &[&str]| {
        let grid = ["--set", "problem.grid={power=2}", "--out"];
        let output = run(here.path(), &[&long(&[])[..11], &grid, words].concat());
        assert!(code(&output) <= 1, "{}", stderr(&output));
        bits(&here.path().join(words[0]))
    };
    let expected = solved(&["whole"]);
    solved(&["part", "--time-limit", "60ms"]);
    assert!(here.path().join("part/checkpoint.safetensors").exists());
    assert_eq!(solved(&["part", "--resume"]), expected);
}

/// A folder with a checkpoint to go on from.
fn halted(here: &Path, words: &[&str]) {
    let mut all = small(&["--set", "run.iterations=100_000_000", "--time-limit", "50ms"]);
    all.extend(words);
    assert_eq!(code(&run(here, &all)), 1);
}

fn refusal(here: &Path, words: &[&str]) -> String {
    let mut all = small(&["--set", "run.iterations=100_000_000", "--resume"]);
    all.extend(words);
    let output = run(here, &all);
    assert_eq!(code(&output), 2);
    stderr(&output).trim().to_owned()
}

#[test]
fn a_checkpoint_of_another_case_is_refused_by_name() {
    let here = tempdir().unwrap();
    halted(here.path(), &["--out", "a"]);
    assert_eq!(
        refusal(here.path(), &["--out", "a", "--seed", "8"]),
        "a/case.toml: this folder belongs to another version of `hjb-lqg-10d`: run.seed differs. \
         Choose another --out, or the case it belongs to."
    );
    let words = ["solve", "hjb-lqg-100d-lambda-10", "--set", "problem.steps=[4,8]", "--out", "b"];
    let more = ["--set", "run.fresh-paths=1000", "--set", "run.iterations=100_000_000"];
    let other = [&words[..], &more[..]].concat();
    let limited = [other.as_slice(), &["--time-limit", "50ms"]].concat();
    assert_eq!(code(&run(here.path(), &limited)), 1);
    let saved = |run: &str| here.path().join(run).join("checkpoint.safetensors");
    std::fs::copy(saved("a"), saved("b")).unwrap();
    let output = run(here.path(), &[other.as_slice(), &["--resume"]].concat());
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "b/checkpoint.safetensors: this checkpoint belongs to `hjb-lqg-10d`, not to \
         `hjb-lqg-100d-lambda-10`. Choose another --out, or the case it belongs to."
    );
    let output = run(here.path(), &["solve", "hjb-lqg-100d", "--out", "a", "--resume"]);
    assert!(
        stderr(&output).starts_with(
            "a/case.toml: this folder belongs to `hjb-lqg-10d`, not to `hjb-lqg-100d`: model.dim,"
        ),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_corrupt_checkpoint_is_refused() {
    let here = tempdir().unwrap();
    halted(here.path(), &["--out", "a"]);
    let saved = here.path().join("a/checkpoint.safetensors");
    let whole = std::fs::read(&saved).unwrap();
    let sentence = "a/checkpoint.safetensors: this is not a readable archive. It may be cut off or \
                    of another program; remove it to start anew.";
    for broken in [&whole[..whole.len() / 2], &whole[..3], b"", b"GIF89a, not a checkpoint at all"]
    {
        std::fs::write(&saved, broken).unwrap();
        assert_eq!(refusal(here.path(), &["--out", "a"]), sentence);
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(&saved, flipped).unwrap();
    assert_eq!(
        refusal(here.path(), &["--out", "a"]),
        "a/checkpoint.safetensors: the numbers of this file are not those that were written. It is \
         damaged; remove it to start anew."
    );
    std::fs::remove_file(&saved).unwrap();
    std::fs::remove_file(here.path().join("a/answer.json")).unwrap();
    let words = small(&["--resume", "--out", "a", "--set", "run.iterations=100_000_000"]);
    let output = run(here.path(), &[words.as_slice(), &["--time-limit", "50ms"]].concat());
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("a: no checkpoint here; from the beginning"));
}

#[test]
fn two_processes_in_one_folder() {
    let here = tempdir().unwrap();
    let words = small(&["--out", "a", "--set", "run.iterations=100_000_000"]);
    let mut first =
        command(here.path(), &words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !here.path().join("a/checkpoint.safetensors").exists() {
        sleep(Duration::from_millis(10));
    }
    let sentence = "a: another process is at work in this folder. Wait for it, or choose another \
                    --out.";
    assert_eq!(refusal(here.path(), &["--out", "a"]), sentence);
    first.kill().unwrap();
    first.wait().unwrap();
    let words = [words.as_slice(), &["--resume", "--time-limit", "50ms"]].concat();
    assert_eq!(code(&run(here.path(), &words)), 1);
}
