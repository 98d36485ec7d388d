//! x₀ with a law, through the command: every verb knows that u(0, x₀) is a function.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use door::{SMALL, code, command, object, run, stderr, stdout};
use paths::known::HjbLqg;
use paths::reference::cole_hopf::ColeHopf;
use serde_json::Value;
use tempfile::tempdir;

const CASE: &str = "hjb-lqg-distributed-20d";

/// The shipped case, small, with more words.
fn small<'w>(words: &[&'w str]) -> Vec<&'w str> {
    [&["solve", CASE], &SMALL[..], words].concat()
}

fn answer(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("answer.json")).unwrap()).unwrap()
}

#[test]
fn the_object_says_the_law_and_what_does_not_apply() {
    let here = tempdir().unwrap();
    let output = run(here.path(), &small(&["--json", "--out", "a", "--export", "paths"]));
    assert!(code(&output) <= 1, "{}", stderr(&output));
    let found = object(&output);
    assert_eq!(found["at"], serde_json::json!({ "mean": 0.0, "sd": 1.0 }));
    for key in ["gradient", "logarithmic"] {
        assert_eq!(found[key]["value"], Value::Null, "{}", found[key]);
        assert!(!found[key]["why"].as_str().unwrap().is_empty());
    }
    assert_eq!(found["bounds"]["lower"], Value::Null);
    let schema = object(&run(here.path(), &["schema", "solve"]));
    let required = schema["anyOf"][0]["required"].as_array().unwrap();
    assert!(required.iter().all(|key| found.get(key.as_str().unwrap()).is_some()), "{found}");
    let page = std::fs::read_to_string(here.path().join("a/report.html")).unwrap();
    for said in ["E u(0, x₀) = ", "normal, mean 0, standard deviation 1", "read backward"] {
        assert!(page.contains(said), "{said}");
    }
    assert!(here.path().join("a/paths.npz").exists());
    let point = ["solve", "hjb-lqg-10d", "--json", "--out", "b"];
    let found = object(&run(here.path(), &[&point[..], &SMALL].concat()));
    assert_eq!(found["at"], 0.0);
    assert_eq!(found["gradient"].as_array().unwrap().len(), 10);
}

#[test]
fn check_says_the_law_and_the_groups() {
    let here = tempdir().unwrap();
    let text = stdout(&run(here.path(), &["check", CASE]));
    assert!(text.contains("normal, mean 0, standard deviation 1"), "{text}");
    assert!(text.contains("conditional: 8 paths from each of 32 starts a batch"), "{text}");
    let text = stdout(&run(here.path(), &["explain", "problem.at"]));
    assert!(text.contains("{ mean = m, sd = s }") && text.contains("{ low = a, high = b }"));
}

/// A header and points at t = 0 in a normal law, the last one outside.
fn points(dim: usize) -> (String, Vec<Vec<f64>>) {
    let own = ground::stream::Stream::new(5);
    let mut all: Vec<Vec<f64>> =
        (0..5).map(|k| (0..dim).map(|i| own.normal(k, 0, i)).collect()).collect();
    all.push(vec![3.0; dim]);
    let header: Vec<String> = (1..=dim).map(|i| format!("x{i}")).collect();
    let row = |x: &Vec<f64>| {
        let numbers: Vec<String> = x.iter().map(ToString::to_string).collect();
        format!("0,{}", numbers.join(","))
    };
    let rows: Vec<String> = all.iter().map(row).collect();
    (format!("t,{}\n{}\n", header.join(","), rows.join("\n")), all)
}

#[test]
fn the_function_is_evaluated_verified_and_shown_again() {
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a"]));
    let (text, all) = points(20);
    std::fs::write(here.path().join("points.csv"), text).unwrap();
    let output = run(here.path(), &["eval", "a", "--at", "points.csv"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let exact = ColeHopf::weighted(&HjbLqg::new(20, 1.0).weights, 1.0, 1.0);
    let lines = stdout(&output);
    for (line, x) in lines.lines().skip(1).zip(&all) {
        let numbers: Vec<f64> = line.split(',').map(|v| v.parse().unwrap()).collect();
        let (u, error, inside) = (numbers[21], numbers[22], numbers[numbers.len() - 1]);
        let far = (u - exact.value(0.0, x)).abs() / error;
        assert!(far < 5.0, "{far} standard errors at {x:?}");
        assert_eq!(inside == 1.0, x[0] != 3.0, "{x:?}");
    }
    assert_eq!(lines.lines().count(), 7);
    let verified = run(here.path(), &["verify", "a"]);
    assert_eq!(code(&verified), 0, "{}", stdout(&verified));
    assert!(stdout(&verified).contains("they agree"));
    let page = || std::fs::read_to_string(here.path().join("a/report.html")).unwrap();
    let before = page();
    assert_eq!(code(&run(here.path(), &["report", "a", "--svg"])), 0);
    assert_eq!(before, page());
}

#[test]
fn seeds_differ_and_a_law_is_swept() {
    let here = tempdir().unwrap();
    let found = object(&run(here.path(), &small(&["--repeats", "2", "--json", "--out", "a"])));
    let value = |run: &Value| run["answer"]["value"].as_f64().unwrap();
    let runs = found["repeats"].as_array().unwrap();
    assert_ne!(value(&runs[0]), value(&runs[1]));
    let sweep = ["--set", "sweep.over={ \"problem.at.sd\" = [0.1, 2.0] }"];
    let mut words = small(&[&sweep[..], &["--json", "--out", "b"]].concat());
    words[0] = "sweep";
    let found = object(&run(here.path(), &words));
    let rows = found["table"].as_array().unwrap();
    assert!(value(&rows[1]) > value(&rows[0]) + 0.3, "{found}");
    assert_eq!(rows[1]["sd"], 2.0);
}

#[test]
fn a_killed_run_goes_on_to_the_same_bits_on_any_number_of_threads() {
    let here = tempdir().unwrap();
    let long = |out: &'static str, words: &[&'static str]| {
        let more = ["--json", "--set", "run.iterations=1500", "--set", "problem.steps=4"];
        small(&[&more[..], &["--set", "run.checkpoint-every=20ms", "--out", out], words].concat())
    };
    let whole = run(here.path(), &long("a", &["--threads", "2"]));
    assert!(code(&whole) <= 1, "{}", stderr(&whole));
    let mut child = command(here.path(), &long("b", &["--threads", "1"]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !here.path().join("b/checkpoint.safetensors").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!here.path().join("b/answer.json").exists(), "it was killed on its way");
    run(here.path(), &long("b", &["--threads", "1", "--resume"]));
    let [one, other] = ["a", "b"].map(|folder| {
        let mut object = answer(&here.path().join(folder));
        for clock in ["seconds", "ms_per_iteration", "peak_rss_mb"] {
            object.as_object_mut().unwrap().remove(clock);
        }
        (std::fs::read(here.path().join(folder).join("params.safetensors")).unwrap(), object)
    });
    assert_eq!(one, other);
}
