//! Studies through the real binary: tables, fits, figures, resumption after kills, shards, what goes wrong.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]
#![allow(clippy::print_stderr, reason = "a test that is left out says why")]

mod door;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use door::{code, object, run, stderr, stdout};
use serde_json::Value;
use tempfile::tempdir;

/// A program that notes that it was run, and prints 3 m^(-1/2) times 1 + seed/100.
const SCRIPT: &str = "echo run >> runs.txt; sleep {pause}; \
                      awk 'BEGIN { printf \"%.17g\\n\", 3 * {m}^(-0.5) * (1 + {seed} / 100) }'";

fn case(here: &Path, sweep: &str, pause: &str) {
    let text = format!(
        "[case]\nversion = 1\n\n[model]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", '''{SCRIPT}''']\n\
         values = {{ m = 1, pause = {pause} }}\n\n[sweep]\n{sweep}\n"
    );
    fs::write(here.join("mine.toml"), text).unwrap();
}

const RATE: &str = "over = { \"model.values.m\" = [1, 4, 16, 64] }\nrepeats = 3\n\
                    fit = { of = \"answer\", law = [\"power\", \"exponential\"], exponent = -0.5 }\n\
                    figure = { y = \"answer\" }\nknown = { answer = \"3.06 / sqrt(m)\" }";

fn runs(here: &Path) -> usize {
    fs::read_to_string(here.join("runs.txt")).map_or(0, |text| text.lines().count())
}

#[test]
fn a_command_has_its_rate() {
    let here = tempdir().unwrap();
    case(here.path(), RATE, "0");
    let output = run(here.path(), &["sweep", "mine.toml", "--json", "--out", "s"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let found = object(&output);
    let schema = object(&run(here.path(), &["schema", "sweep"]));
    for key in found.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key} is not published");
    }
    assert_eq!(found["cells"]["done"], 12);
    assert_eq!(found["table"][1]["m"], 4.0);
    assert_eq!(found["table"][1]["answer"]["n"], 3);
    assert_eq!(found["table"][1]["answer"]["statistic"], "mean");
    let mean = found["table"][1]["answer"]["value"].as_f64().unwrap();
    assert!((mean - 1.53).abs() < 1e-12, "{mean}");
    let fit = &found["fits"][0];
    assert_eq!(fit["law"], "power");
    let exponent = &fit["parameters"]["exponent"];
    assert!((exponent["value"].as_f64().unwrap() + 0.5).abs() < 1e-9, "{exponent}");
    assert!(fit["p-value"].as_f64().unwrap() > 0.5, "{fit}");
    assert_eq!(fit["rejected"][0]["law"], "exponential");
    for file in ["answer.svg", "answer.pdf", "answer.png", "answer.csv", "table.csv", "log.jsonl"] {
        assert!(here.path().join("s").join(file).is_file(), "{file}");
    }
    // The numbers in the file are those in the picture.
    let drawn = fs::read_to_string(here.path().join("s/answer.csv")).unwrap();
    assert!(drawn.contains(&format!("4,{mean}")), "{drawn}");
    let text = stdout(&run(here.path(), &["sweep", "mine.toml", "--out", "s", "--resume"]));
    assert!(text.contains("answer ~ m^-0.5"), "{text}");
    assert_eq!(runs(here.path()), 12, "known cells were run again");
}

#[test]
fn a_kill_loses_the_cells_in_flight_alone() {
    let here = tempdir().unwrap();
    case(here.path(), RATE, "0.1");
    let mut child = Command::new(env!("CARGO_BIN_EXE_esperance"))
        .args(["sweep", "mine.toml", "--out", "s", "--threads", "2"])
        .current_dir(here.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let log = here.path().join("s/log.jsonl");
    let began = Instant::now();
    while fs::read_to_string(&log).map_or(0, |text| text.lines().count()) < 3 {
        assert!(began.elapsed() < Duration::from_mins(1), "nothing is logged");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let (known, begun) = (fs::read_to_string(&log).unwrap().lines().count(), runs(here.path()));
    assert!(begun <= known + 2, "{begun} were begun, {known} are known");
    let output = run(here.path(), &["sweep", "mine.toml", "--json", "--out", "s", "--resume"]);
    assert_eq!(object(&output)["cells"]["resumed"], known);
    assert_eq!(object(&output)["cells"]["done"], 12);
    assert_eq!(runs(here.path()), begun + 12 - known);
    let whole = tempdir().unwrap();
    case(whole.path(), RATE, "0.1");
    run(whole.path(), &["sweep", "mine.toml", "--out", "s", "--threads", "1"]);
    let table = |at: &Path| fs::read(at.join("s/table.csv")).unwrap();
    assert_eq!(table(here.path()), table(whole.path()));
}

#[test]
fn shares_become_the_whole_to_the_bit() {
    let here = tempdir().unwrap();
    case(here.path(), RATE, "0");
    for share in ["1/3", "2/3", "3/3"] {
        let out = format!("s{}", &share[..1]);
        let output = run(here.path(), &["sweep", "mine.toml", "--shard", share, "--out", &out]);
        assert_eq!(code(&output), 0, "a share that is done: {}", stdout(&output));
    }
    // Of the second and third share half a line is left by a kill, and they go on.
    for out in ["s2", "s3"] {
        let log = here.path().join(out).join("log.jsonl");
        let text = fs::read(&log).unwrap();
        fs::write(&log, &text[..text.len() - 40]).unwrap();
        let share = format!("{}/3", &out[1..]);
        run(here.path(), &["sweep", "mine.toml", "--shard", &share, "--out", out, "--resume"]);
    }
    let merged = run(here.path(), &["merge", "s1", "s2", "s3", "--out", "all", "--json"]);
    assert_eq!(code(&merged), 0, "{}", stderr(&merged));
    let whole = run(here.path(), &["sweep", "mine.toml", "--out", "whole", "--json"]);
    let file = |folder: &str| fs::read(here.path().join(folder).join("table.csv")).unwrap();
    assert_eq!(file("all"), file("whole"));
    assert_eq!(object(&merged)["table"], object(&whole)["table"]);
    assert_eq!(object(&merged)["fits"], object(&whole)["fits"]);
    let text = fs::read_to_string(here.path().join("mine.toml")).unwrap();
    fs::write(here.path().join("other.toml"), text.replace("[1, 4, 16, 64]", "[1, 4]")).unwrap();
    run(here.path(), &["sweep", "other.toml", "--out", "other"]);
    for (words, sentence) in [
        (&["merge", "s1", "other", "--out", "x"][..], "this is a share of another study"),
        (&["merge", "nothing", "--out", "x"], "there is no such folder"),
        (&["sweep", "mine.toml", "--shard", "3/2"], "there is no share 3 of 2"),
        (&["sweep", "mine.toml", "--shard", "two"], "write which share of how many"),
    ] {
        let output = run(here.path(), words);
        assert_eq!(code(&output), 2, "{words:?}");
        assert!(stderr(&output).contains(sentence), "{words:?}: {}", stderr(&output));
    }
}

#[test]
fn what_fails_is_recorded_and_run_again_on_request() {
    let here = tempdir().unwrap();
    let text = "[case]\nversion = 1\n[model]\nkind = \"command\"\n\
                command = [\"sh\", \"-c\", \"if [ {m} = 2 ]; then [ -f ok ] && echo 5; elif [ {m} = 3 ]; then \
                exec sleep 20; else echo {m}; fi\"]\nvalues = { m = 1 }\n\
                [run]\ntime-limit = \"300 ms\"\n\
                [sweep]\nover = { \"model.values.m\" = [1, 2, 3, 4] }\nfit = { of = \"answer\", law = \"power\" }\n";
    fs::write(here.path().join("mine.toml"), text).unwrap();
    let sweep = |more: &[&str]| {
        let words = [&["sweep", "mine.toml", "--json", "--out", "s"][..], more].concat();
        run(here.path(), &words)
    };
    let output = sweep(&[]);
    assert_eq!(code(&output), 1);
    let found = object(&output);
    assert_eq!(found["verdict"], "failed-cells");
    let cells = &found["cells"];
    assert_eq!([&cells["done"], &cells["failed"], &cells["timed-out"]], [2, 1, 1]);
    let said = stderr(&output);
    assert!(said.contains("m = 2: failed: ") && said.contains("ended with exit code 1"), "{said}");
    assert!(said.contains("had not ended after 0.3 s"), "{said}");
    fs::write(here.path().join("ok"), "").unwrap();
    assert_eq!(object(&sweep(&["--resume"]))["cells"]["failed"], 1, "nobody asked to run it again");
    assert_eq!(object(&sweep(&["--resume", "--retry"]))["cells"]["done"], 3);
}

#[test]
fn a_changed_case_is_another_study() {
    let here = tempdir().unwrap();
    case(here.path(), RATE, "0");
    run(here.path(), &["sweep", "mine.toml", "--out", "s"]);
    let text = fs::read_to_string(here.path().join("mine.toml")).unwrap();
    let resume = |text: String| {
        fs::write(here.path().join("mine.toml"), text).unwrap();
        run(here.path(), &["sweep", "mine.toml", "--json", "--out", "s", "--resume"])
    };
    let other = resume(text.replace("3 * {m}", "4 * {m}"));
    assert_eq!(code(&other), 2);
    assert!(stderr(&other).contains("model.command differs"), "{}", stderr(&other));
    // More values, more seeds and another law are the same study.
    let more =
        resume(text.replace("16, 64]", "16, 64, 256]").replace("\"exponential\"", "\"constant\""));
    assert_eq!(object(&more)["cells"]["done"], 15, "{}", stderr(&more));
    assert_eq!(runs(here.path()), 15);
    let log = here.path().join("s/log.jsonl");
    let mixed = fs::read_to_string(&log).unwrap().replace("\"vector\":\"", "\"vector\":\"old-");
    fs::write(&log, mixed).unwrap();
    let refused = resume(text.clone());
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("--allow-mixed"), "{}", stderr(&refused));
    let taken = run(
        here.path(),
        &["sweep", "mine.toml", "--json", "--out", "s", "--resume", "--allow-mixed"],
    );
    assert_eq!(code(&taken), 0, "{}", stderr(&taken));
    let verified = run(here.path(), &["verify", "s"]);
    assert_eq!(code(&verified), 0, "{}", stderr(&verified));
    assert!(stdout(&verified).contains("they agree: 3 of"), "{}", stdout(&verified));
}

#[test]
fn verification_finds_a_changed_number() {
    let here = tempdir().unwrap();
    case(here.path(), RATE, "0");
    run(here.path(), &["sweep", "mine.toml", "--out", "s"]);
    let agree = run(here.path(), &["verify", "s"]);
    assert_eq!(code(&agree), 0, "{}{}", stdout(&agree), stderr(&agree));
    assert_eq!(stdout(&agree).matches("the same to the bit").count(), 3);
    let log = here.path().join("s/log.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let changed: Vec<String> = text
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            record["object"]["answer"]["value"] = 7.5.into();
            record.to_string()
        })
        .collect();
    fs::write(&log, changed.join("\n") + "\n").unwrap();
    let disagree = run(here.path(), &["verify", "s"]);
    assert_eq!(code(&disagree), 1);
    assert!(stdout(&disagree).contains("answer.value was 7.5"), "{}", stdout(&disagree));
}

#[test]
fn expectations_are_judged() {
    let here = tempdir().unwrap();
    let expect = |study: &str| {
        case(here.path(), RATE, "0");
        let text = fs::read_to_string(here.path().join("mine.toml")).unwrap();
        let text = format!("{text}\n[expect]\nstudy = [{study}]\n");
        fs::write(here.path().join("mine.toml"), text).unwrap();
        let _absent = fs::remove_dir_all(here.path().join("s"));
        run(here.path(), &["sweep", "mine.toml", "--json", "--out", "s"])
    };
    for (study, met) in [
        ("{ of = \"answer\", near = \"3.06 / sqrt(m)\", within = \"1e-9 %\" }", true),
        ("{ of = \"answer\", near = \"3.06 / sqrt(m)\" }", true),
        ("{ of = \"answer\", at = { m = 4 }, over = { m = 16 }, near = 2, within = 1e-9 }", true),
        ("{ of = \"answer\", at = { m = 4 }, minus = { m = 16 }, at-least = 0.9 }", false),
        ("{ of = \"answer\", fit = \"exponent\", near = -0.5, within = 1e-6 }", true),
        ("{ of = \"answer\", law = \"exponential\" }", false),
        ("{ of = \"answer\", across = \"spread\", near = 8, within = 1e-9 }", true),
        ("{ of = \"answer\", across = \"median\", near = 1.1475, within = 1e-9 }", true),
        ("{ of = \"answer\", across = \"largest\", along = \"m\", near = 1, within = 0 }", true),
        ("{ of = \"answer\", times = \"sqrt(m)\", at-least = 3, at-most = 3.1 }", true),
    ] {
        let output = expect(study);
        let found = object(&output);
        assert_eq!(found["expected"][0]["met"], met, "{study}: {}", found["expected"]);
        assert_eq!(code(&output), i32::from(!met), "{study}");
    }
    for (study, sentence) in [
        ("{ of = \"answer\" }", "this says nothing that could be missed"),
        ("{ of = \"other\", at-least = 1 }", "`other` is not recorded"),
        ("{ of = \"answer\", at = { n = 1 }, at-least = 1 }", "`n` is no axis"),
        ("{ of = \"answer\", at = { m = 5 }, at-least = 0 }", "`m` is nowhere 5"),
        ("{ of = \"answer\", near = 1, within = -1 }", "a distance is not negative"),
        ("{ of = \"answer\", near = 1, within = \"near\" }", "`near` is no distance"),
        ("{ of = \"answer\", across = \"largest\", near = 1 }", "Write the axis along which"),
    ] {
        let output = expect(study);
        assert_eq!(code(&output), 2, "{study}");
        assert!(stderr(&output).contains(sentence), "{study}: {}", stderr(&output));
    }
}

#[test]
fn a_sweep_of_equations_has_an_order() {
    let here = tempdir().unwrap();
    let words = ["sweep", "hjb-error-against-steps", "--quick", "--json", "--out", "s"];
    let output = run(here.path(), &words);
    let found = object(&output);
    assert_eq!(code(&output), 0, "{}", found["expected"]);
    assert!(found["fits"][0]["parameters"]["exponent"]["value"].as_f64().unwrap() < -0.5);
    assert!(here.path().join("s/error.svg").is_file());
}

#[test]
fn cells_that_keep_folders_have_pages_and_go_on() {
    let here = tempdir().unwrap();
    let mut words = vec!["sweep", "hjb-lqg-100d-lambda", "--quick", "--out", "all"];
    words.extend(door::SMALL);
    let output = run(here.path(), &words);
    assert!(code(&output) <= 1, "{}", stderr(&output));
    let folder = here.path().join("all/lambda-10");
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("4.4929"), "the page does not know the answer of its λ");
    let case = fs::read_to_string(folder.join("case.toml")).unwrap();
    assert!(!case.contains("[sweep]"), "{case}");
    let text = stdout(&output);
    assert!(text.lines().next().unwrap().starts_with("lambda"), "{text}");
    let svg = fs::read_to_string(here.path().join("all/answer.svg")).unwrap();
    for word in ["lambda", "known", "bounds.upper", "baselines.zero"] {
        assert!(svg.contains(word), "{word} is not in the picture");
    }
}

#[test]
fn the_example_of_a_command_has_an_order() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out: there is no python3");
        return;
    }
    let here = tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = Path::new(env!("CARGO_BIN_EXE_esperance"));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new(own)
        .arg("sweep")
        .arg(root.join("examples/command/hjb.toml"))
        .args(["--quick", "--json", "--out", "s", "--set"])
        .arg("model.command=[\"python3\", \"error.py\", \"{steps}\", \"{seed}\", \"--quick\"]")
        .env("PATH", format!("{}:{path}", own.parent().unwrap().display()))
        .current_dir(here.path())
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let exponent = object(&output)["fits"][0]["parameters"]["exponent"]["value"].as_f64().unwrap();
    assert!((-1.5..-0.5).contains(&exponent), "{exponent}");
}
