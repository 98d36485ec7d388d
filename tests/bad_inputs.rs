//! Every wrong training input of DeePMD-kit produces its sentence, word for word.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use std::path::{Path, PathBuf};

use esperance::convert::deepmd::{self, Format};

/// The wrong inputs, with the sentence that each keeps under `_expect`.
fn wrong() -> Vec<(PathBuf, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/bad/deepmd");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let file = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let tree: serde_json::Value = serde_json::from_str(&text).unwrap();
        let sentence = tree["_expect"].as_str().unwrap_or_else(|| panic!("{}", path.display()));
        (path, sentence.to_owned(), text)
    };
    paths.into_iter().map(file).collect()
}

#[test]
fn each_says_its_sentence() {
    let all = wrong();
    assert!(all.len() >= 24, "{} wrong inputs", all.len());
    let mut differ = Vec::new();
    for (path, sentence, text) in all {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let found = match deepmd::case_of(&text, "input.json", Format::of(&name), None) {
            Ok(_) => "nothing is wrong".to_owned(),
            Err(error) => error.to_string(),
        };
        if found != format!("input.json: {sentence}") {
            differ.push(format!("{name}\n  found    {found}\n  expected {sentence}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn what_is_no_tree_is_refused() {
    let said = |text: &str, file: &str| {
        deepmd::case_of(text, file, Format::of(file), None).unwrap_err().to_string()
    };
    let json = said("{\n  \"model\": {,\n}", "input.json");
    assert!(
        json.starts_with("input.json: this is not JSON: ") && json.contains("line 2"),
        "{json}"
    );
    let yaml = said("model: [1", "input.yaml");
    assert!(yaml.starts_with("input.yaml: this is not YAML: "), "{yaml}");
    let list = said("[]", "input.json");
    assert_eq!(
        list,
        "input.json: model: missing key. A training input has the sections model, learning_rate, loss \
         and training."
    );
}
