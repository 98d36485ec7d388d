//! Every verb through the real binary: exit codes, JSON, the run folder.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use door::{code, command, names, object, run, small, stderr, stdout};
use serde_json::Value;
use tempfile::tempdir;

/// Files of a finished run.
const FILES: [&str; 7] = [
    "answer.json",
    "case.toml",
    "params.safetensors",
    "provenance.json",
    "report.html",
    "report.json",
    "trace.csv",
];

#[test]
fn solve_leaves_a_folder_and_says_where() {
    let here = tempdir().unwrap();
    let first = run(here.path(), &small(&[]));
    assert!(code(&first) <= 1, "{}", stderr(&first));
    assert!(stdout(&first).contains("u(0, 0) = "), "{}", stdout(&first));
    assert!(stdout(&first).contains("estimation"));
    assert!(stdout(&first).trim_end().ends_with("runs/hjb-lqg-10d-1"));
    run(here.path(), &small(&[]));
    assert_eq!(names(&here.path().join("runs")), ["hjb-lqg-10d-1", "hjb-lqg-10d-2"]);
    assert_eq!(names(&here.path().join("runs/hjb-lqg-10d-1")), FILES);
}

fn has_the_published_keys(found: &Value, what: &str) {
    let here = tempdir().unwrap();
    let whole = object(&run(here.path(), &["schema", what]));
    let schema = whole.get("anyOf").map_or(&whole, |families| &families[0]);
    for key in schema["required"].as_array().unwrap() {
        assert!(found.get(key.as_str().unwrap()).is_some(), "{key} is missing in {found}");
    }
    for key in found.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key} is not published");
    }
}

#[test]
fn json_has_the_published_keys() {
    let here = tempdir().unwrap();
    let output = run(here.path(), &small(&["--json", "--seed", "3"]));
    let found = object(&output);
    has_the_published_keys(&found, "solve");
    assert_eq!(found["case"], "hjb-lqg-10d");
    assert_eq!(found["seed"], 3);
    assert_eq!(found["iterations"], 20);
    assert_eq!(found["gradient"].as_array().unwrap().len(), 10);
    assert_eq!(found["levels"].as_array().unwrap().len(), 2);
    assert!(found["answer"]["value"].is_f64() && found["answer"]["stderr"].is_f64());
    for term in ["estimation", "optimisation", "discretisation", "approximation"] {
        assert!(found["error"][term]["kind"].is_string(), "{found}");
    }
    let stored = std::fs::read(here.path().join("runs/hjb-lqg-10d-1/answer.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&stored).unwrap(), found);
}

#[test]
fn the_complete_case_gives_the_same_answer() {
    let here = tempdir().unwrap();
    let first = object(&run(here.path(), &small(&["--json", "--out", "a"])));
    let words = ["solve", "a/case.toml", "--json", "--out", "b"];
    let again = object(&run(here.path(), &words));
    assert_eq!(first["answer"], again["answer"]);
    let read = |name: &str| std::fs::read(here.path().join(name)).unwrap();
    let tail =
        |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().split_once('\n').unwrap().1.to_owned();
    assert_eq!(tail(read("a/case.toml")), tail(read("b/case.toml")));
}

#[test]
fn a_folder_that_is_not_empty_is_left_alone() {
    let here = tempdir().unwrap();
    std::fs::create_dir(here.path().join("mine")).unwrap();
    std::fs::write(here.path().join("mine/thesis.tex"), "all of it").unwrap();
    let output = run(here.path(), &small(&["--out", "mine"]));
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "mine: this folder is not empty. Choose another --out, or go on with --resume."
    );
    let output = run(here.path(), &small(&["--out", "mine", "--resume"]));
    assert_eq!(code(&output), 2);
    assert_eq!(stderr(&output).trim(), "mine: this folder holds no run. Choose another --out.");
    assert_eq!(names(&here.path().join("mine")), ["thesis.tex"]);
}

#[test]
fn a_finished_run_says_so() {
    let here = tempdir().unwrap();
    let first = object(&run(here.path(), &small(&["--json", "--out", "a"])));
    let again = run(here.path(), &small(&["--json", "--out", "a", "--resume"]));
    assert_eq!(stderr(&again).trim(), "a: this run is finished; nothing was done");
    assert_eq!(object(&again), first);
}

#[test]
fn the_time_limit_answers_with_what_was_reached() {
    let here = tempdir().unwrap();
    let words = small(&["--time-limit", "100ms", "--set", "run.iterations=1e9", "--out", "a"]);
    let output = run(here.path(), &words);
    assert_eq!(code(&output), 2, "1e9 is no whole number: {}", stderr(&output));
    let words =
        small(&["--time-limit", "100ms", "--set", "run.iterations=100_000_000", "--out", "a"]);
    let output = run(here.path(), &[words.as_slice(), &["--json"]].concat());
    assert_eq!(code(&output), 1);
    let found = object(&output);
    assert_eq!(found["verdict"], "not-settled");
    assert!(found["answer"]["value"].is_f64());
    assert!(here.path().join("a/checkpoint.safetensors").exists(), "it can go on");
}

#[test]
fn a_run_that_turns_non_finite_says_what_to_try() {
    let here = tempdir().unwrap();
    let words = small(&["--json", "--out", "a", "--set", "descent.rate=1e30"]);
    let clip = ["--set", "descent.clip=inf", "--set", "run.look-every=1"];
    let output = run(here.path(), &[words.as_slice(), &clip].concat());
    let found = object(&output);
    assert_eq!((code(&output), &found["verdict"]), (3, &Value::from("non-finite")), "{found}");
    has_the_published_keys(&found, "solve");
    assert_eq!(found["answer"]["value"], Value::Null);
    assert!(found["answer"]["why"].as_str().unwrap().contains("descent.rate"));
    assert!(here.path().join("a/checkpoint.safetensors").exists(), "the last good state is kept");
}

#[test]
fn repeats_give_mean_and_spread() {
    let here = tempdir().unwrap();
    let output = run(here.path(), &small(&["--repeats", "3", "--json", "--out", "a"]));
    let found = object(&output);
    has_the_published_keys(&found, "repeats");
    let runs = found["repeats"].as_array().unwrap();
    let values: Vec<f64> = runs.iter().map(|r| r["answer"]["value"].as_f64().unwrap()).collect();
    let mean = values.iter().sum::<f64>() / 3.0;
    assert!((found["mean"]["value"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!(found["spread"].as_f64().unwrap() > 0.0);
    let seeds: Vec<u64> = runs.iter().map(|r| r["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [7, 8, 9]);
    let again = run(here.path(), &small(&["--repeats", "3", "--json", "--out", "a", "--resume"]));
    assert_eq!(object(&again)["mean"], found["mean"]);
    let text = stdout(&run(here.path(), &small(&["--repeats", "2"])));
    assert!(text.contains("spread") && text.starts_with("seed"), "{text}");
}

#[test]
fn a_run_starts_from_a_trained_function() {
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a"]));
    let words = small(&["--json", "--init", "a", "--set", "run.iterations=0"]);
    let output = run(here.path(), &words);
    let (trained, found) =
        (std::fs::read_to_string(here.path().join("a/answer.json")).unwrap(), object(&output));
    let trained: Value = serde_json::from_str(&trained).unwrap();
    assert_eq!(trained["answer"], found["answer"], "no move: the same function");
    let output = run(here.path(), &small(&["--init", "nowhere"]));
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "nowhere: there is no such folder. Give the folder of a run."
    );
    let other = ["--init", "a", "--set", "representation.hidden=[3]"];
    for verb in ["solve", "check"] {
        let output = run(here.path(), &[[verb, "hjb-lqg-10d"].as_slice(), &other].concat());
        assert_eq!(
            stderr(&output).trim(),
            "a/params.safetensors: block `coefficients` has another length. The parameters belong \
             to another case."
        );
    }
}

#[test]
fn a_folder_that_cannot_be_made() {
    let here = tempdir().unwrap();
    std::fs::write(here.path().join("file"), "").unwrap();
    let output = run(here.path(), &small(&["--out", "file/a"]));
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(said.starts_with("file/a: --out: this folder cannot be made: "), "{said}");
}

#[test]
fn verify_agrees_and_sees_what_was_changed() {
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a"]));
    let output = run(here.path(), &["verify", "a"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("they agree"));
    let path = here.path().join("a/answer.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"seed\": 7", "\"seed\": 8")).unwrap();
    let output = run(here.path(), &["verify", "a"]);
    assert_eq!(code(&output), 1);
    assert_eq!(stdout(&output).trim(), "changed since the run: answer.json (digest differs)");
    assert_eq!(code(&run(here.path(), &["verify", "nowhere"])), 2);
}

#[test]
fn check_predicts_and_refuses() {
    let here = tempdir().unwrap();
    let text = stdout(&run(here.path(), &["check", "hjb-lqg-100d"]));
    assert!(text.contains("memory") && text.contains("prediction"), "{text}");
    let words = ["check", "hjb-lqg-100d", "--set", "model.dim=400_000_000"];
    let output = run(here.path(), &words);
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(said.contains("more than") && said.contains("Reduce model.dim"), "{said}");
    let output = run(here.path(), &["solve", words[1], words[2], words[3]]);
    assert_eq!(code(&output), 2);
    assert!(names(here.path()).is_empty(), "nothing is written");
}

#[test]
fn explain_knows_every_key() {
    let here = tempdir().unwrap();
    let text = stdout(&run(here.path(), &["explain"]));
    for key in ["model.source", "problem.steps", "representation.pairs", "descent.rate.law"] {
        assert!(text.contains(key), "{text}");
        assert_eq!(code(&run(here.path(), &["explain", key])), 0);
    }
    let output = run(here.path(), &["explain", "model.sorce"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "model.sorce: unknown key; did you mean `model.source`? `esperance explain` lists all keys."
    );
}

#[test]
fn cases_cite_and_completions_print() {
    let here = tempdir().unwrap();
    let text = stdout(&run(here.path(), &["cases", "paths"]));
    let shipped = esperance::cases::shipped::names();
    let equations = shipped.iter().filter(|(family, _)| family == "paths").count();
    assert_eq!(text.lines().count(), equations, "{text}");
    assert!(text.contains("4.5901617246"));
    let text = stdout(&run(here.path(), &["cite", "hjb-lqg-100d"]));
    assert!(text.contains("@article{HJE18,") && text.trim_end().ends_with('}'), "{text}");
    let text = stdout(&run(here.path(), &["completions", "bash"]));
    assert!(text.contains("esperance"));
    let output = run(here.path(), &["cases", "path"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "unknown family `path`; did you mean `paths`? Known here: atoms, control, lab, paths."
    );
}

#[test]
fn words_that_mean_nothing_are_refused() {
    let here = tempdir().unwrap();
    for words in [&["solv", "x"][..], &["solve"], &["solve", "x", "--resume"], &["solve", "--jsn"]]
    {
        assert_eq!(code(&run(here.path(), words)), 2, "{words:?}");
    }
    assert_eq!(code(&run(here.path(), &["--version"])), 0);
    assert!(names(here.path()).is_empty());
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let here = tempdir().unwrap();
    let mut child =
        command(here.path(), &["explain"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
