//! What verbs print as JSON has the shape that `schema` says: every key known, every type as said.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

mod door;
#[path = "../crates/atoms/tests/drawn/mod.rs"]
mod drawn;
mod models;

use door::{code, object, run, stderr};
use models::folder;
use serde_json::{Value, json};

/// What is wrong with a value, by the part of JSON Schema that is used here; a key that no schema names
/// is wrong, too.
fn wrong(value: &Value, schema: &Value, root: &Value, at: &str) -> Vec<String> {
    if schema == &json!(true) {
        return Vec::new();
    }
    if let Some(place) = schema["$ref"].as_str() {
        let of = root.pointer(place.trim_start_matches('#')).unwrap_or_else(|| panic!("{place}"));
        return wrong(value, of, root, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let mut all = any.iter().map(|one| wrong(value, one, root, at));
        return if all.any(|one| one.is_empty()) {
            Vec::new()
        } else {
            vec![format!("{at}: {value}")]
        };
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        other => panic!("{at}: a schema of the type {other}"),
    };
    let fits = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{at}: a schema of the type {other}"),
    };
    if !types.iter().any(fits) {
        return vec![format!("{at}: {value} is not {types:?}")];
    }
    let inside = |key: &str, value: &Value, schema: &Value| {
        wrong(value, schema, root, &format!("{at}/{key}"))
    };
    let mut all = Vec::new();
    for (k, item) in value.as_array().into_iter().flatten().enumerate() {
        all.extend(inside(&k.to_string(), item, &schema["items"]));
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        match (schema["properties"].get(key), schema.get("additionalProperties")) {
            (Some(known), _) => all.extend(inside(key, item, known)),
            (None, Some(other)) if other.is_object() => all.extend(inside(key, item, other)),
            (None, _) => all.push(format!("{at}: `{key}` is not published")),
        }
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(key).is_none() {
            all.push(format!("{at}: `{key}` is missing"));
        }
    }
    all
}

#[test]
fn json_is_as_published() {
    let (here, _, _) = folder();
    let at = here.path();
    for (verb, words) in [
        ("eval", &["model.dp", "--at", "frames.xyz", "--descriptor"][..]),
        ("eval", &["model.dp", "--at", "frames.xyz", "--table", "off"]),
        ("eval", &["model.dp", "other.yaml", "--at", "frames.xyz", "--atomic"]),
        ("test", &["model.dp", "--data", "frames.xyz"]),
        ("test", &["model.dp", "--data", "frames.xyz", "--frames", "0:1", "--table", "off"]),
        ("data info", &["frames.xyz"]),
        ("data check", &["frames.xyz", "frames.xyz"]),
    ] {
        let verb: Vec<&str> = verb.split(' ').collect();
        let schema = object(&run(at, &[&["schema"], &verb[..]].concat()));
        let output = run(at, &[&verb[..], words, &["--json"]].concat());
        let found = object(&output);
        let wrong = wrong(&found, &schema, &schema, "");
        assert!(wrong.is_empty(), "{verb:?} {words:?}: {wrong:#?}");
        for (_, known) in schema["properties"].as_object().unwrap() {
            let said = known["description"].is_string() || known["$ref"].is_string();
            assert!(said, "{verb:?}: {known} says nothing");
        }
    }
}

#[test]
fn a_training_is_as_published() {
    let (here, _, _) = folder();
    let at = here.path();
    let schema = object(&run(at, &["schema", "solve"]));
    let case = "[case]\nversion = 1\n[model]\nkind = \"atoms\"\n[problem]\nkind = \"force-matching\"\n\
                data = \"frames.xyz\"\nheld-out = 0.3\nbatch = { frames = 1 }\n\
                [representation]\ncutoff = 3.0\nembedding = [2, 4]\naxis = 2\nfitting = [4]\n";
    std::fs::write(at.join("one.toml"), case).unwrap();
    let solve = |words: &[&str]| object(&run(at, &[&["solve", "--json"], words].concat()));
    let small = [&["hjb-lqg-10d"], &door::SMALL[..]].concat();
    let trained = ["one.toml", "--steps", "1"];
    let steered = ["lqg-1d", "--quick"];
    for (k, words) in [&small[..], &trained, &steered].into_iter().enumerate() {
        let found = solve(words);
        let family = &schema["anyOf"][k];
        let wrong = wrong(&found, family, &schema, "");
        assert!(wrong.is_empty(), "{words:?}: {wrong:#?}");
    }
}

#[test]
fn a_value_of_another_shape_is_noticed() {
    let schema = json!({
        "type": "object",
        "properties": { "a": { "type": ["number", "null"] }, "b": { "$ref": "#/$defs/B" } },
        "required": ["b"],
        "$defs": { "B": { "type": "array", "items": { "type": "integer" } } },
    });
    let wrong = |value: Value| wrong(&value, &schema, &schema, "");
    assert!(wrong(json!({ "a": null, "b": [1, 2] })).is_empty());
    assert_eq!(wrong(json!({ "a": 1.5 })), [": `b` is missing"]);
    assert_eq!(wrong(json!({ "b": [1.5], "c": 1 })).len(), 2);
}

#[test]
fn what_has_no_schema_is_named() {
    let (here, _, _) = folder();
    let output = run(here.path(), &["schema", "data", "inf"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "`data inf` has no schema; did you mean `data info`? Known here: solve, repeats, cases, sweep, \
         fit, eval, test, data info, data check."
    );
}
