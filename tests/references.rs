//! Every [KEY] in the code is an entry of REFERENCES.bib, and every entry is whole.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use std::collections::BTreeSet;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Texts of all files below a folder with one of these endings.
fn texts(folder: &Path, endings: &[&str], into: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, endings, into);
        } else if path.extension().is_some_and(|e| endings.iter().any(|known| e == *known)) {
            into.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// `HJE18`: letters, the first a capital, and two digits of a year.
fn is_key(word: &str) -> bool {
    let (letters, year) = word.split_at(word.find(|c: char| c.is_ascii_digit()).unwrap_or(0));
    letters.len() >= 2
        && letters.starts_with(|c: char| c.is_ascii_uppercase())
        && letters.chars().all(|c| c.is_ascii_alphabetic())
        && year.len() == 2
        && year.chars().all(|c| c.is_ascii_digit())
}

#[test]
fn every_key_is_an_entry() {
    let mut all = Vec::new();
    for folder in ["src", "crates", "cases", "examples"] {
        texts(&Path::new(ROOT).join(folder), &["rs", "toml"], &mut all);
    }
    let keys: BTreeSet<&str> = all
        .iter()
        .flat_map(|text| text.split('[').skip(1))
        .filter_map(|rest| rest.split_once(']').map(|(word, _)| word))
        .filter(|word| is_key(word))
        .collect();
    assert!(keys.contains("HJE18"), "{keys:?}");
    let bib = std::fs::read_to_string(Path::new(ROOT).join("REFERENCES.bib")).unwrap();
    let missing: Vec<_> = keys.iter().filter(|key| !bib.contains(&format!("{{{key},"))).collect();
    assert!(missing.is_empty(), "REFERENCES.bib lacks {missing:?}");
    for entry in bib.split("\n@").skip(1) {
        assert!(entry.contains("author") && entry.contains("title") && entry.contains("year"));
    }
}
