//! Control through the real binary: answers and their errors, files, states, resumption, pictures.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use door::{code, command, kill, names, object, run, stderr, stdout};
use tempfile::tempdir;

const QUICK: [&str; 3] = ["solve", "storage-1", "--quick"];

fn with<'w>(words: &[&'w str]) -> Vec<&'w str> {
    [&QUICK[..], words].concat()
}

#[test]
fn an_answer_has_its_optimum_beside_it() {
    let here = tempdir().unwrap();
    let found = object(&run(here.path(), &with(&["--json", "--out", "a"])));
    let number = |pointer: &str| found.pointer(pointer).unwrap().as_f64().unwrap();
    assert!((number("/reference/value") - 4_177.320_385_72).abs() < 1e-7);
    let off = number("/reference/value") - number("/answer/value") - number("/regret/value");
    assert!(off.abs() < 1e-9, "the answer is V* less the regret");
    assert!(number("/violation") < 1e-12);
    assert_eq!(found["answer"]["of"], "reward");
    let sampled = number("/sampled/value") - number("/answer/value");
    assert!(sampled.abs() < 5.0 * number("/sampled/stderr"), "{found}");
    let left = number("/reference/value") - number("/baselines/0/value");
    assert!((number("/share/value") - (1.0 - number("/regret/value") / left)).abs() < 1e-12);
    let there = names(&here.path().join("a"));
    for file in ["policy.json", "policy.safetensors", "report.html", "trace.csv"] {
        assert!(there.iter().any(|name| name == file), "{file} is not in {there:?}");
    }
    let trace = fs::read_to_string(here.path().join("a/trace.csv")).unwrap();
    assert!(trace.starts_with("iteration,training,validation,stderr,regret\n"), "{trace}");
    let page = fs::read_to_string(here.path().join("a/report.html")).unwrap();
    for word in ["Regret while learning", "best without the price", "Under the policy: price"] {
        assert!(page.contains(word), "{word} is not in the page");
    }
    let verified = run(here.path(), &["verify", "a"]);
    assert!(code(&verified) <= 1, "{}", stderr(&verified));
}

#[test]
fn a_policy_acts_on_states() {
    let here = tempdir().unwrap();
    assert!(code(&run(here.path(), &with(&["--out", "a"]))) <= 1);
    let states = "t,R1,E,P\n0,0,4,50\n5,12.5,7,65\n19,30,1,40\n";
    fs::write(here.path().join("states.csv"), states).unwrap();
    let output = run(here.path(), &["eval", "a", "--at", "states.csv"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["t", "R1", "E", "P", "c1", "y1"]);
    for row in &rows[1..] {
        let x: Vec<f64> = row.iter().map(|x| x.parse().unwrap()).collect();
        let (level, wind, c, y) = (x[1], x[2], x[4], x[5]);
        assert!(c >= 0.0 && c <= wind.min(5.0).min(30.0 - level), "{row:?}");
        assert!(y >= 0.0 && y <= level.min(5.0), "{row:?}");
    }
    for (text, sentence) in [
        (
            "t,R1,E\n0,0,4\n",
            "the columns are t,R1,E. They must be t,R1,E,P, in any order: the step, counted from 0, and \
             the state",
        ),
        ("t,R1,E,P\n20,0,4,50\n", "t: there is no step 20. Steps are counted from 0 to 19"),
    ] {
        fs::write(here.path().join("states.csv"), text).unwrap();
        let output = run(here.path(), &["eval", "a", "--at", "states.csv"]);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(sentence), "{}", stderr(&output));
    }
}

#[test]
fn the_same_bits_for_any_threads_and_after_kills() {
    let here = tempdir().unwrap();
    let at = here.path();
    let more = ["--set", "run.checkpoint-every=10ms", "--set", "run.iterations=600"];
    let whole = with(&[&more[..], &["--out", "whole", "--threads", "1"]].concat());
    assert!(code(&run(at, &whole)) <= 1);
    let params = |name: &str| fs::read(at.join(name).join("params.safetensors")).unwrap();
    let folder = at.join("killed");
    let start = || {
        let mut words = with(&[&more[..], &["--out", "killed", "--threads", "2"]].concat());
        if folder.join("checkpoint.safetensors").exists() {
            words.push("--resume");
        } else if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        command(at, &words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    kill(4, start, |_| {
        assert_eq!(params("killed"), params("whole"));
        fs::remove_dir_all(&folder).unwrap();
    });
}

#[test]
fn the_figure_has_a_line_for_every_number_of_devices() {
    let here = tempdir().unwrap();
    let output = run(here.path(), &["sweep", "storage-figure", "--quick", "--out", "f"]);
    assert!(code(&output) <= 1, "{}", stderr(&output));
    let there = names(&here.path().join("f"));
    for file in ["devices-1-policy", "devices-3-penalty", "share.svg", "learning.svg"] {
        assert!(there.iter().any(|name| name == file), "{file} is not in {there:?}");
    }
    let svg = fs::read_to_string(here.path().join("f/learning.svg")).unwrap();
    assert!(svg.contains("learned share"), "{svg}");
    assert!(stdout(&output).contains("penalty"), "{}", stdout(&output));
    assert!(stdout(&output).contains("4177"), "{}", stdout(&output));
}

/// Hourly prices that return to their mean, of a fixed sequence.
fn prices() -> String {
    let (mut x, mut word) = (50.0, 12345_u64);
    let mut text = "time;price\n".to_owned();
    for hour in 0..400 {
        let mut sum = 0.0;
        for _ in 0..12 {
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (word >> 40) as f64 / (1_u64 << 24) as f64;
        }
        x += 0.3 * (50.0 - x) + 5.0 * (sum - 6.0);
        let (day, hour, price) = (12 + hour / 24, hour % 24, format!("{x:.2}").replace('.', ","));
        writeln!(text, "{day:02}/01/2024 {hour:02}:00;{price}").unwrap();
    }
    text
}

const TRADER: &str = "[case]\nversion = 1\n[model]\nkind = \"formulas\"\nhorizon = 12\n\
    reward = \"P * (y - c) - 0.5 * abs(y - c - last)\"\n[model.states]\nR = 0.0\nlast = 0.0\n\
    [model.actions]\nc = { low = 0, high = \"min(1, 4 - R)\" }\ny = { low = 0, high = \"min(1, R)\" }\n\
    [model.next]\nR = \"R + 0.9 * c - y\"\nlast = \"y - c\"\n\
    [model.series]\nP = { file = \"prices.csv\", format = \"%d/%m/%Y\", AS }\n[problem]\n\
    kind = \"policy-search\"\n[run]\niterations = 150\nbatch = 128\nfresh-paths = 1024\n";

#[test]
fn a_file_of_prices_is_a_model_or_paths() {
    let here = tempdir().unwrap();
    fs::write(here.path().join("prices.csv"), prices()).unwrap();
    let solve = |name: &str, how: &str| {
        fs::write(here.path().join(format!("{name}.toml")), TRADER.replace("AS", how)).unwrap();
        let output = run(here.path(), &["solve", &format!("{name}.toml"), "--json", "--out", name]);
        assert!(code(&output) <= 1, "{}", stderr(&output));
        object(&output)
    };
    let found = solve("fitted", "as = \"reverting\"");
    let number = |pointer: &str| found.pointer(pointer).unwrap().as_f64().unwrap();
    assert_eq!(number("/violation").min(1e-12), number("/violation"));
    // Buying low and selling high is better than what a policy does that has learned nothing.
    assert!(number("/baselines/0/gain/value") > 10.0 * number("/baselines/0/gain/stderr"));
    let notes = found["notes"].as_array().unwrap();
    let fitted = notes.iter().find(|note| note["topic"] == "P, fitted").unwrap();
    let fact = fitted["fact"].as_str().unwrap();
    assert!(
        fact.contains("mean ") && fact.contains("rate 0.") && fact.contains(" a step"),
        "{fact}"
    );
    // What is complete needs no other file.
    let complete = fs::read_to_string(here.path().join("fitted/case.toml")).unwrap();
    assert!(complete.contains("values = [") && !complete.contains("prices.csv"), "{complete}");
    let paths = solve("paths", "as = \"windows\"");
    assert!(paths["answer"]["value"].as_f64().unwrap().is_finite());
    fs::write(here.path().join("states.csv"), "t,last,R,P\n3,0,1,40\n3,0,1,60\n").unwrap();
    let output = run(here.path(), &["eval", "fitted", "--at", "states.csv"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn bounds_hold_the_optimum_and_say_their_guess() {
    let here = tempdir().unwrap();
    for guess in ["table", "learned"] {
        let set = format!("problem.guess={guess}");
        let more = ["--json", "--set", "problem.bound-paths=8", "--set", &set];
        let found = object(&run(here.path(), &with(&more)));
        let number = |pointer: &str| found.pointer(pointer).unwrap().as_f64().unwrap();
        assert_eq!(found["bounds"]["guess"], guess);
        assert!(number("/bounds/least") > -1e-6, "{found}");
        let error = 5.0 * number("/bounds/upper/stderr");
        assert!(number("/bounds/upper/value") + error > number("/reference/value"), "{found}");
        let [gap, alone] = ["upper", "foresight"]
            .map(|side| number(&format!("/bounds/{side}/value")) - number("/bounds/lower/value"));
        assert!(gap < alone, "{found}");
    }
}

#[test]
fn holdings_are_those_of_the_schedule() {
    // x_k/X of the optimum, by sinh κ(5 − k)/sinh 5κ (a sine for a negative weight): shares of what is to be sold.
    let of = |lambda: f64| -> Vec<f64> {
        let c = 1.0 + lambda * 0.95_f64.powi(2) / (2.5e-6 - 0.5 * 2.5e-7) / 2.0;
        let f = |k: f64| if c > 1.0 { (c.acosh() * k).sinh() } else { (c.acos() * k).sin() };
        (0..5)
            .map(|k| if c == 1.0 { 1.0 - f64::from(k) / 5.0 } else { f(f64::from(5 - k)) / f(5.0) })
            .collect()
    };
    let here = tempdir().unwrap();
    for (k, lambda) in [0.0, 1e-6, 2e-6, -2e-7].into_iter().enumerate() {
        let (name, set) = (format!("c{k}"), format!("model.lambda={lambda:?}"));
        let output = run(here.path(), &["solve", "almgren-chriss", "--set", &set, "--out", &name]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let text = fs::read_to_string(here.path().join(&name).join("report.json")).unwrap();
        let page: serde_json::Value = serde_json::from_str(&text).unwrap();
        let figures = page["figures"].as_array().unwrap();
        let left = figures.iter().find(|f| f["name"] == "fan-1").unwrap();
        for series in left["series"].as_array().unwrap() {
            for (point, due) in series["points"].as_array().unwrap().iter().zip(of(lambda)) {
                let found = point[1].as_f64().unwrap();
                assert!((found - due).abs() < 0.005, "λ = {lambda}: {found} for {due}");
            }
        }
    }
}
