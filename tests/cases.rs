//! Every shipped case, quick, meets what it promises; one that brings no data does where they are found.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]
#![allow(clippy::print_stderr, reason = "a case that is left out says why")]

use std::path::Path;

use esperance::cases::{Case, Family, Resolved, resolve, shipped};
use esperance::frame::Term;

/// Where the data of cases that do not bring them may lie, beside the repository: the case, then what it
/// learns from and what it is judged by.
const ELSEWHERE: [(&str, &[&str], &[&str]); 5] = [
    ("water", &["water/data_0", "water/data_1", "water/data_2"], &["water/data_3"]),
    ("mlearn-si", &["mlearn/Si/training.json"], &["mlearn/Si/test.json"]),
    ("mlearn-ge", &["mlearn/Ge/training.json"], &["mlearn/Ge/test.json"]),
    ("mlearn-li", &["mlearn/Li/training.json"], &["mlearn/Li/test.json"]),
    ("mlearn-mo", &["mlearn/Mo/training.json"], &["mlearn/Mo/test.json"]),
];

/// Gives a case its data, where it brings none; false where they are not found.
fn with_data(name: &str, case: &mut Case) -> bool {
    let Some((_, data, validation)) = ELSEWHERE.iter().find(|known| known.0 == name) else {
        return true;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    for (key, paths) in [("problem.data", data), ("problem.validation", validation)] {
        let paths: Vec<_> = paths.iter().map(|path| folder.join(path)).collect();
        if !paths.iter().all(|path| path.exists()) {
            eprintln!("{name} is left out: its data are not in {}", folder.display());
            return false;
        }
        case.set_pair(&format!("{key}={paths:?}")).unwrap();
    }
    true
}

/// A shipped case, quick; none where its data are not found.
fn quick(name: &str) -> Option<Resolved> {
    let mut case = shipped::open(name).unwrap();
    case.quicken().unwrap();
    let found = with_data(name, &mut case);
    found.then(|| resolve(case).unwrap_or_else(|error| panic!("{error}")))
}

/// What is said against a potential: nothing, where the error of forces is below the bound.
fn potential(name: &str, resolved: &Resolved) -> Option<String> {
    let expect = resolved.expect.as_ref().unwrap_or_else(|| panic!("{name} has no [expect]"));
    expect.bound(false).unwrap().unwrap_or_else(|| panic!("{name} promises nothing"));
    let below = expect.bound(true).unwrap();
    let below = below.unwrap_or_else(|| panic!("{name} has no quick promise"));
    let (job, run) = resolved.ready().unwrap_or_else(|error| panic!("{name}: {error}"));
    let found = job.run(&run, &mut ()).unwrap().answer.headline().mean;
    (found.is_nan() || found > below).then(|| format!("{name}: {found} is not below {below} eV/Å"))
}

/// What is said against a study, quick: nothing, where it shows what it promises.
fn study(name: &str) -> Option<String> {
    let here = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_esperance"))
        .args(["sweep", name, "--quick", "--out", "study"])
        .current_dir(here.path())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = || format!("{name}: {}{}", text(&output.stdout), text(&output.stderr));
    (!output.status.success()).then(said)
}

#[test]
fn every_case_meets_its_quick_promise() {
    let mut broken = Vec::new();
    for (_, name) in shipped::names() {
        let Some(resolved) = quick(&name) else { continue };
        if resolved.family() == Family::Atoms {
            broken.extend(potential(&name, &resolved));
            continue;
        }
        let expect = resolved.expect.clone().unwrap_or_else(|| panic!("{name} has no [expect]"));
        if !expect.study.is_empty() {
            broken.extend(study(&name));
        }
        if resolved.family() == Family::Lab {
            assert!(!expect.study.is_empty(), "{name} has no quick promise");
            continue;
        }
        let goal = expect.goal(true).unwrap();
        let goal = goal.unwrap_or_else(|| panic!("{name} has no quick promise"));
        let within = goal.within;
        let report = resolved.job().unwrap().run(&resolved.run, &mut ()).unwrap();
        let found = report.answer.headline();
        let off = (found.mean - goal.value).abs();
        let line = format!("{name}: {found}, off by {off:.2e} of {within:.2e}");
        // The noise alone: the interval of the answer is wider.
        let Term::Measured { size: noise, .. } = report.error.estimation else { panic!("{name}") };
        if off > within || off > 5.0 * noise + 0.5 * within {
            broken.push(line);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_case_can_be_written_and_read_again() {
    for (_, name) in shipped::names() {
        let first = resolve(shipped::open(&name).unwrap()).unwrap();
        assert!(!first.title.is_empty() && first.expect.is_some());
        let text = first.text().unwrap();
        let case = esperance::cases::Case::parse(&name, "again.toml", &text).unwrap();
        let again = resolve(case).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(first.identity().unwrap(), again.identity().unwrap());
        assert_eq!(again.text().unwrap(), text);
        assert!(first.differences(&text).unwrap().is_empty());
    }
}

#[test]
fn the_case_of_the_readme_is_one() {
    let readme = include_str!("../README.md");
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let text = block.split("```").next().unwrap();
        let case = esperance::cases::Case::parse("readme", "README.md", text).unwrap();
        resolve(case).and_then(|case| case.job()).unwrap_or_else(|error| panic!("{error}"));
    }
}
