//! `solve` of several cases through the real binary: folders, table, JSON, resumption, exit codes.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use door::{SMALL, code, command, names, object, run, stderr, stdout};
use tempfile::tempdir;

/// `solve` of these cases, small, with more words.
fn solve<'w>(cases: &[&'w str], words: &[&'w str]) -> Vec<&'w str> {
    let mut all = vec!["solve"];
    all.extend(cases);
    all.extend(SMALL);
    all.extend(words);
    all
}

/// A case beside the shipped ones: the heat equation in a few dimensions.
fn heat(here: &Path, name: &str, more: &str) {
    let text = format!(
        "[case]\nversion = 1\n[model]\nkind = \"parabolic\"\ndim = 3\nhorizon = 1.0\n\
         diffusion = 1.0\nterminal = \"|x|^2\"\n[problem]\nkind = \"deep-bsde\"\n{more}"
    );
    std::fs::write(here.join(name), text).unwrap();
}

#[test]
fn each_has_a_folder_and_a_line() {
    let here = tempdir().unwrap();
    heat(here.path(), "warm.toml", "");
    let output = run(here.path(), &solve(&["hjb-lqg-10d", "warm.toml"], &["--out", "all"]));
    assert!(code(&output) <= 1, "{}", stderr(&output));
    assert_eq!(names(&here.path().join("all")), ["answer.json", "hjb-lqg-10d", "warm"]);
    assert!(here.path().join("all/warm/params.safetensors").exists());
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    let head: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(head, ["case", "answer", "error", "Z", "=", "0", "R²", "seconds", "verdict"]);
    assert!(lines[1].starts_with("hjb-lqg-10d") && lines[2].starts_with("warm"), "{text}");
    assert_eq!(lines.last(), Some(&"all"));
    assert!(stderr(&output).contains("warm (2 of 2)"), "{}", stderr(&output));
    let output = run(here.path(), &solve(&["warm.toml", "hjb-lqg-10d"], &[]));
    assert!(stdout(&output).trim_end().ends_with("runs/cases-1"), "{}", stdout(&output));
}

#[test]
fn the_object_holds_what_each_prints_alone() {
    let here = tempdir().unwrap();
    heat(here.path(), "warm.toml", "");
    let words = solve(&["hjb-lqg-10d", "warm.toml"], &["--json", "--out", "all"]);
    let found = object(&run(here.path(), &words));
    assert_eq!(found.as_object().unwrap().len(), 1);
    let schema = object(&run(here.path(), &["schema", "cases"]));
    assert!(schema["properties"].get("cases").is_some());
    for (k, case) in ["hjb-lqg-10d", "warm.toml"].into_iter().enumerate() {
        let alone = object(&run(here.path(), &solve(&[case], &["--json"])));
        assert_eq!(found["cases"][k]["answer"], alone["answer"], "{case}");
        assert_eq!(found["cases"][k]["levels"], alone["levels"]);
    }
    let stored = std::fs::read(here.path().join("all/answer.json")).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&stored).unwrap(), found);
}

#[test]
fn resumption_does_what_is_not_done() {
    let here = tempdir().unwrap();
    heat(here.path(), "warm.toml", "");
    let cases = ["hjb-lqg-10d", "warm.toml"];
    let first = object(&run(here.path(), &solve(&cases, &["--json", "--out", "all"])));
    std::fs::remove_dir_all(here.path().join("all/warm")).unwrap();
    std::fs::remove_file(here.path().join("all/answer.json")).unwrap();
    let output = run(here.path(), &solve(&cases, &["--json", "--out", "all", "--resume"]));
    let said = stderr(&output);
    assert!(said.contains("all/hjb-lqg-10d: this run is finished; nothing was done"), "{said}");
    assert!(!said.contains("all/warm: this run is finished"), "{said}");
    let again = object(&output);
    assert_eq!(first["cases"][0], again["cases"][0]);
    assert_eq!(first["cases"][1]["answer"], again["cases"][1]["answer"]);
}

#[test]
fn interrupted_in_the_second_goes_on_there() {
    let here = tempdir().unwrap();
    heat(here.path(), "warm.toml", "");
    heat(here.path(), "long.toml", "[run]\ncheckpoint-every = \"20ms\"\n");
    let cases = ["warm.toml", "long.toml"];
    let many = ["--set", "run.iterations=3000", "--json"];
    let words = |more: &[&'static str]| [&solve(&cases, &many)[..], more].concat();
    let expected = object(&run(here.path(), &words(&["--out", "all"])));
    let mut child = command(here.path(), &words(&[]));
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !here.path().join("runs/cases-1/long/checkpoint.safetensors").exists() {
        sleep(Duration::from_millis(2));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    assert_eq!(object(&output)["cases"][1]["verdict"], "interrupted");
    let said = stderr(&output);
    assert!(said.contains("go on with:\n  esperance solve warm.toml long.toml --set"), "{said}");
    assert!(said.trim_end().ends_with("--out runs/cases-1 --resume"), "{said}");
    let output = run(here.path(), &words(&["--out", "runs/cases-1", "--resume"]));
    assert!(stderr(&output).contains("cases-1/warm: this run is finished"), "{}", stderr(&output));
    let found = object(&output);
    for k in 0..2 {
        assert_eq!(found["cases"][k]["answer"], expected["cases"][k]["answer"]);
    }
}

#[test]
fn the_exit_code_is_the_worst() {
    let here = tempdir().unwrap();
    heat(here.path(), "warm.toml", "");
    heat(here.path(), "wild.toml", "[descent]\nrate = 1e30\nclip = inf\n");
    let words = solve(&["wild.toml", "warm.toml"], &["--set", "run.look-every=1", "--out", "all"]);
    let output = run(here.path(), &words);
    assert_eq!(code(&output), 3, "{}\n{}", stdout(&output), stderr(&output));
    let text = stdout(&output);
    let line = text.lines().find(|line| line.starts_with("wild")).unwrap();
    assert!(line.contains("none") && line.ends_with("non-finite"), "{text}");
    let line = text.lines().find(|line| line.starts_with("warm")).unwrap();
    assert!(!line.contains("none"), "the next case is solved all the same: {text}");
}

#[test]
fn everything_is_checked_before_anything_is_done() {
    let here = tempdir().unwrap();
    heat(here.path(), "warm.toml", "");
    heat(here.path(), "wrong.toml", "steps = 0\n");
    let said = |words: &[&str]| {
        let output = run(here.path(), words);
        assert_eq!(code(&output), 2, "{}", stdout(&output));
        stderr(&output).lines().next().unwrap_or_default().to_owned()
    };
    assert!(
        said(&["solve", "warm.toml", "wrong.toml"]).starts_with("wrong.toml:"),
        "the second is wrong"
    );
    assert_eq!(
        said(&["solve", "warm.toml", "./warm.toml"]),
        "two cases are called `warm`. Each case has a folder with its name: solve them one at a time."
    );
    assert_eq!(
        said(&["solve", "warm.toml", "hjb-lqg-10d", "--repeats", "2"]),
        "--repeats: several cases and several seeds at once. Give one case, or leave --repeats \
         out."
    );
    assert_eq!(names(here.path()), ["warm.toml", "wrong.toml"]);
    std::fs::create_dir(here.path().join("mine")).unwrap();
    std::fs::write(here.path().join("mine/thesis.tex"), "all of it").unwrap();
    let words = ["solve", "warm.toml", "hjb-lqg-10d", "--out", "mine", "--resume"];
    assert_eq!(said(&words), "mine: this folder holds no run. Choose another --out.");
    assert_eq!(names(&here.path().join("mine")), ["thesis.tex"]);
}
