//! Every wrong case file produces its sentence, word for word, and nothing else.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::path::{Path, PathBuf};

use door::{code, names, run, stderr, stdout};
use esperance::cases::{Case, resolve};
use tempfile::tempdir;

/// The wrong files and their sentences. In a sentence `…` stands for what depends on the machine.
fn wrong() -> Vec<(PathBuf, String, String)> {
    let bad = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/bad");
    let file = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let last = text.lines().last().unwrap();
        let sentence = last
            .strip_prefix("#^ ")
            .unwrap_or_else(|| panic!("{} has no sentence", path.display()));
        (path, text.clone(), sentence.to_owned())
    };
    let of = |family: &str| {
        let folder = bad.join(family);
        names(&folder).into_iter().map(move |name| folder.join(name)).collect::<Vec<_>>()
    };
    ["paths", "atoms", "control", "lab"].into_iter().flat_map(of).map(file).collect()
}

fn matches(found: &str, sentence: &str) -> bool {
    let mut rest = found;
    let parts: Vec<&str> = sentence.split('…').collect();
    for (k, part) in parts.iter().enumerate() {
        let Some(at) = rest.find(part) else { return false };
        if k == 0 && at > 0 {
            return false;
        }
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// A message without the file and the line it begins with.
fn without_place<'m>(message: &'m str, file: &str) -> &'m str {
    // A data file is a place of its own.
    let Some(rest) = message.strip_prefix(file) else { return message };
    let rest = rest.strip_prefix(':').unwrap();
    rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(':').trim_start()
}

#[test]
fn there_are_enough() {
    assert!(wrong().len() >= 24, "{} wrong files", wrong().len());
}

#[test]
fn the_library_says_the_sentence() {
    let mut differ = Vec::new();
    for (path, text, sentence) in wrong() {
        // What the machine cannot hold is refused by the command, below.
        if path.ends_with("dimension-beyond-memory.toml") {
            continue;
        }
        // With its folder: what a case names beside itself is looked for there.
        let file = path.to_string_lossy().into_owned();
        let solved = Case::parse("bad", &file, &text)
            .and_then(resolve)
            .and_then(|r| r.job()?.forecast(&r.run).map_err(|error| r.case.locate(error)));
        let found = match solved {
            Ok(_) => "nothing is wrong".to_owned(),
            Err(error) => without_place(&error.to_string(), &file).to_owned(),
        };
        if !matches(&found, &sentence) {
            differ.push(format!("{file}\n  found    {found}\n  expected {sentence}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn the_command_says_it_and_writes_nothing() {
    let here = tempdir().unwrap();
    for (path, _, sentence) in wrong() {
        let file = path.to_string_lossy().into_owned();
        let output = run(here.path(), &["solve", &file]);
        let said = stderr(&output);
        let first = said.lines().next().unwrap_or_default();
        assert_eq!(code(&output), 2, "{file}: {said}");
        assert!(matches(without_place(first, &file), &sentence), "{file}\n{first}\n{sentence}");
        assert!(stdout(&output).is_empty());
    }
    assert!(names(here.path()).is_empty());
}

#[test]
fn the_wrong_place_is_marked() {
    let here = tempdir().unwrap();
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/bad/paths/unknown-letter.toml"),
    );
    let text = text.unwrap();
    std::fs::write(here.path().join("mine.toml"), &text).unwrap();
    let said = stderr(&run(here.path(), &["check", "mine.toml"]));
    let lines: Vec<&str> = said.lines().collect();
    let line = 1 + text.lines().position(|line| line.contains("kappa")).unwrap();
    assert!(lines[0].starts_with(&format!("mine.toml:{line}: model.source: `kappa`")), "{said}");
    let (at, mark) = (lines[1].find("kappa").unwrap(), lines[2].find("^^^^^").unwrap());
    assert_eq!(at, mark, "{said}");
}

#[test]
fn files_that_cannot_be_read() {
    let here = tempdir().unwrap();
    std::fs::create_dir(here.path().join("folder.toml")).unwrap();
    std::fs::write(here.path().join("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
    std::fs::write(here.path().join("broken.toml"), "[model]\ndim = \n").unwrap();
    let said = |case: &str| {
        let output = run(here.path(), &["solve", case]);
        assert_eq!(code(&output), 2);
        stderr(&output).trim().to_owned()
    };
    let shipped = "Give a case file, or the name of a shipped case; `esperance cases` lists them.";
    assert_eq!(said("nowhere.toml"), format!("nowhere.toml: there is no such file. {shipped}"));
    assert!(said("folder.toml").starts_with("folder.toml: this file cannot be read: "));
    assert_eq!(
        said("binary.toml"),
        "binary.toml: this file is not text. A case file is TOML in UTF-8."
    );
    assert!(said("broken.toml").starts_with("broken.toml:2: this is not TOML: "));
    assert_eq!(
        said("hjb-lqg-100"),
        "`hjb-lqg-100` is neither a file nor a shipped case; did you mean `hjb-lqg-100d`? \
         `esperance cases` lists the shipped ones."
    );
}

#[test]
fn changes_on_the_command_line_are_named() {
    let here = tempdir().unwrap();
    let said = |words: &[&str]| {
        let output = run(here.path(), &[&["solve", "hjb-lqg-10d"], words].concat());
        assert_eq!(code(&output), 2);
        stderr(&output).trim().to_owned()
    };
    assert_eq!(
        said(&["--set", "run.seed"]),
        "--set: `run.seed` has no `=`. Write section.key=value, such as run.seed=3."
    );
    assert_eq!(
        said(&["--set", "seed=3"]),
        "--set: seed: this is not a key. Write section.key=value, such as run.seed=3."
    );
    assert_eq!(
        said(&["--threads", "two"]),
        "--threads: run.threads: this is the text \"two\". Write a whole number, 1 to 1024."
    );
    assert_eq!(
        said(&["--precision", "f16"]),
        "--precision: run.precision: unknown word `f16`; did you mean `f32`? Write \"f32\" or \"f64\"."
    );
    assert_eq!(
        said(&["--time-limit", "60"]),
        "--time-limit: run.time-limit: `60` has no unit. Write a time such as \"60s\", \"5 min\" or \"1 h\"."
    );
    assert_eq!(
        said(&["--set", "modle.dim=3"]),
        "--set: modle: unknown section; did you mean `model`? Known here: case, model, problem, \
         representation, descent, run, sweep, quick, expect."
    );
}
