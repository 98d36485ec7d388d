//! A case with `[sweep]` through the real binary: folders, table, picture, JSON, resumption.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use door::{SMALL, code, names, object, run, stderr, stdout};
use tempfile::tempdir;

const CASE: &str = "hjb-lqg-100d-lambda";

/// `solve hjb-lqg-100d-lambda` at λ = 1 and 10, small, with more words.
fn solve<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut all = vec!["solve", CASE, "--quick"];
    all.extend(SMALL);
    all.extend(words);
    all
}

#[test]
fn one_command_makes_a_table_and_a_picture() {
    let here = tempdir().unwrap();
    let output = run(here.path(), &solve(&["--out", "all"]));
    assert!(code(&output) <= 1, "{}", stderr(&output));
    let found = names(&here.path().join("all"));
    assert_eq!(
        found,
        ["answer.json", "case.toml", "lambda-1", "lambda-10", "sweep.png", "sweep.svg"]
    );
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("lambda") && lines[0].contains("upper bound"), "{text}");
    assert!(lines[1].starts_with("1 ") && lines[2].starts_with("10 "), "{text}");
    assert!(lines[2].contains("4.4929294914"), "{text}");
    let svg = std::fs::read_to_string(here.path().join("all/sweep.svg")).unwrap();
    for word in ["lambda", "u(0, x₀)", "known", "answer", "upper bound", "without learning"] {
        assert!(svg.contains(word), "{word} is not in the picture");
    }
    let page = std::fs::read_to_string(here.path().join("all/lambda-10/report.html")).unwrap();
    assert!(page.contains("4.4929"), "the page does not know the answer of its λ");
}

#[test]
fn each_value_is_the_case_with_that_value() {
    let here = tempdir().unwrap();
    let found = object(&run(here.path(), &solve(&["--json", "--out", "all"])));
    let schema = object(&run(here.path(), &["schema", "sweep"]));
    for key in found.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key} is not published");
    }
    let case = std::fs::read_to_string(here.path().join("all/lambda-10/case.toml")).unwrap();
    assert!(!case.contains("[sweep]"), "{case}");
    std::fs::copy(here.path().join("all/lambda-10/case.toml"), here.path().join("ten.toml"))
        .unwrap();
    let alone = object(&run(here.path(), &["solve", "ten.toml", "--json"]));
    assert_eq!(found["sweep"][1]["answer"], alone["answer"]);
    assert_eq!(found["sweep"][1]["levels"], alone["levels"]);
}

#[test]
fn resumption_does_what_is_not_done() {
    let here = tempdir().unwrap();
    let first = object(&run(here.path(), &solve(&["--json", "--out", "all"])));
    std::fs::remove_dir_all(here.path().join("all/lambda-10")).unwrap();
    let output = run(here.path(), &solve(&["--json", "--out", "all", "--resume"]));
    let said = stderr(&output);
    assert!(said.contains("all/lambda-1: this run is finished; nothing was done"), "{said}");
    assert_eq!(object(&output)["sweep"][1]["answer"], first["sweep"][1]["answer"]);
    let other = run(here.path(), &solve(&["--out", "all", "--resume", "--seed", "8"]));
    assert_eq!(code(&other), 2);
    assert!(stderr(&other).contains("run.seed differs"), "{}", stderr(&other));
}

#[test]
fn what_cannot_be_swept_is_said_before_anything_runs() {
    let here = tempdir().unwrap();
    for (words, sentence) in [
        (
            &["--set", "model.constants.lambda=3"][..],
            "--set: model.constants.lambda: this is the key of the case's [sweep]",
        ),
        (&["--set", "sweep.values=[1,-1e400]"], "sweep.values"),
        (&["--set", "sweep.values=[1,2,3]"], "2 known answers for 3 values"),
        (&["--set", "sweep.key=model.dim", "--set", "sweep.values=[10,-2]"], "model.dim"),
        (&["--repeats", "2"], "a sweep and several seeds at once"),
    ] {
        let output = run(here.path(), &solve(words));
        assert_eq!(code(&output), 2, "{words:?}: {}", stdout(&output));
        assert!(stderr(&output).contains(sentence), "{words:?}: {}", stderr(&output));
        assert!(names(here.path()).is_empty(), "{words:?}: {:?}", names(here.path()));
    }
}
