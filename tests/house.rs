//! The rules of the house, as tests: what lives where, what is never there, how files begin.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CRATES: [&str; 6] = ["ground", "frame", "paths", "atoms", "control", "lab"];

/// Every Rust file below a folder of the repository, with its text.
fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(below)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn all() -> Vec<(PathBuf, String)> {
    ["src", "tests", "examples", "crates", "bench"].iter().flat_map(|f| sources(f)).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(ROOT).unwrap().display().to_string()
}

/// The code of a file: no comments.
fn code(text: &str) -> String {
    let line = |line: &str| line.split("//").next().unwrap_or("").to_owned();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_file_is_over_600_lines() {
    for (path, text) in all() {
        let n = text.lines().count();
        assert!(n <= 600, "{} has {n} lines; one idea a file", shown(&path));
    }
}

#[test]
fn every_file_begins_with_its_caption() {
    for (path, text) in all() {
        let first = text.lines().next().unwrap_or("");
        assert!(first.starts_with("//! "), "{} begins with `{first}`", shown(&path));
    }
}

#[test]
fn storeys_are_kept() {
    let allowed: [(&str, &[&str]); 6] = [
        ("ground", &[]),
        ("frame", &["ground"]),
        ("paths", &["ground", "frame"]),
        ("atoms", &["ground", "frame"]),
        ("control", &["ground", "frame"]),
        ("lab", &["ground", "frame"]),
    ];
    for (name, below) in allowed {
        let manifest = fs::read_to_string(format!("{ROOT}/crates/{name}/Cargo.toml")).unwrap();
        for other in CRATES {
            let used =
                manifest.lines().any(|l| l.trim().starts_with(&format!("{other}.workspace")));
            assert!(!used || below.contains(&other), "{name} uses {other}");
        }
    }
}

#[test]
fn ground_and_frame_name_no_family() {
    let foreign = ["pde", "bsde", "atom", "walker", "molecule", "brownian"];
    for (path, text) in sources("crates/ground/src").into_iter().chain(sources("crates/frame/src"))
    {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        for word in foreign {
            assert!(!words.contains(&word), "{} says `{word}`", shown(&path));
        }
    }
}

#[test]
fn only_the_doors_touch_files_and_clocks() {
    let doors = ["std::fs", "std::time::Instant", "std::env", "println!", "eprintln!", "toml::"];
    for name in CRATES {
        for (path, text) in sources(&format!("crates/{name}/src")) {
            for door in doors {
                assert!(!code(&text).contains(door), "{} uses {door}", shown(&path));
            }
        }
    }
}

#[test]
fn only_cases_parse_toml() {
    for (path, text) in sources("src") {
        let inside = shown(&path).starts_with("src/cases");
        let parses =
            code(&text).contains("toml::from_str") || code(&text).contains("DeTable::parse");
        assert!(inside || !parses, "{} parses TOML", shown(&path));
    }
}

#[test]
fn no_unsafe_and_no_stubs_anywhere() {
    let nevers = [
        concat!("uns", "afe {"),
        concat!("uns", "afe fn"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ign", "ore"),
    ];
    for (path, text) in all() {
        for never in nevers {
            assert!(!code(&text).contains(never), "{} contains `{never}`", shown(&path));
        }
    }
}

#[test]
fn references_share_nothing_with_what_they_check() {
    for (path, text) in sources("crates/paths/src/reference") {
        for line in code(&text).lines().filter(|l| l.starts_with("use ")) {
            let own = ["use ground", "use std", "use super", "use crate::reference"];
            let fine = own.iter().any(|o| line.trim_start().starts_with(o));
            assert!(fine, "{}: `{line}`", shown(&path));
        }
    }
}

#[test]
fn the_model_knows_no_method() {
    let (path, text) = &sources("crates/paths/src")
        .into_iter()
        .find(|(path, _)| path.ends_with("src/model.rs"))
        .expect("there is a model");
    let words = code(text).to_lowercase();
    for word in ["network", "batch", "steps", "iteration"] {
        assert!(!words.contains(word), "{} says `{word}`", shown(path));
    }
}

/// ARCHITECTURE lists every file of the crates with its caption, word for word.
#[test]
fn architecture_lists_every_room() {
    let page = fs::read_to_string(format!("{ROOT}/ARCHITECTURE.md")).unwrap();
    let mut missing = Vec::new();
    let crates = CRATES.map(|name| format!("crates/{name}/src"));
    for below in crates.iter().map(String::as_str).chain(["src", "crates/py/src"]) {
        for (path, text) in sources(below) {
            if shown(&path).contains("/tests") {
                continue;
            }
            let caption = text.lines().next().unwrap_or("").trim_start_matches("//! ").to_owned();
            let file = shown(&path);
            let line = format!("- `{file}` {caption}");
            if !page.contains(&line) {
                missing.push(line);
            }
        }
    }
    let package = format!("{ROOT}/crates/py/python/esperance");
    for entry in fs::read_dir(package).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "py") {
            let text = fs::read_to_string(&path).unwrap();
            let caption = text.lines().next().unwrap_or("").trim_matches('"');
            let line = format!("- `{}` {caption}", shown(&path));
            if !page.contains(&line) {
                missing.push(line);
            }
        }
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md lacks:\n{}", missing.join("\n"));
}

#[test]
fn every_shipped_case_says_what_to_expect() {
    let families =
        ["paths", "atoms", "control", "lab"].map(|family| format!("{ROOT}/cases/{family}"));
    for entry in families.iter().flat_map(|family| fs::read_dir(family).unwrap()) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("[expect]"), "{} has no [expect]", shown(&path));
        assert!(text.starts_with('#'), "{} begins without a comment", shown(&path));
    }
}

#[test]
fn every_example_is_tested() {
    let tests: String = sources("tests").into_iter().map(|(_, text)| text).collect();
    for (path, _) in sources("examples") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(tests.contains(&name), "the example `{name}` is run by no test");
    }
}
