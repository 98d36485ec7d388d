//! Every shipped case, quick, meets what it promises.
#![allow(clippy::unwrap_used, reason = "a test")]

use esperance::cases::{Resolved, resolve, shipped};
use esperance::frame::Term;

/// A shipped case, quick.
fn quick(name: &str) -> Resolved {
    let mut case = shipped::open(name).unwrap();
    case.quicken().unwrap();
    resolve(case).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_case_meets_its_quick_promise() {
    let mut broken = Vec::new();
    for (_, name) in shipped::names() {
        let resolved = quick(&name);
        let expect = resolved.expect.clone().unwrap_or_else(|| panic!("{name} has no [expect]"));
        let within = expect.quick_tolerance().unwrap();
        let within = within.unwrap_or_else(|| panic!("{name} has no quick promise"));
        let report = resolved.job().unwrap().run(&resolved.run, &mut ()).unwrap();
        let found = report.answer.headline();
        let off = (found.mean - expect.answer.value).abs();
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
        assert!(first.differences(&text).is_empty());
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
