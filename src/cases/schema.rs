//! Docs of keys, for `explain` and for the checks: from the comments on the structs themselves.

use serde_json::Value as Json;

use super::family::Family;
use super::registry::{self, Documented};

/// The documentation of one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// `model.source`.
    pub name: String,
    /// What may be written, in words.
    pub allowed: String,
    /// Whether it must be given.
    pub required: bool,
    /// What holds where it is not given, as TOML would write it.
    pub default: Option<String>,
    /// Where families have another default: their names and those.
    pub other: Vec<(&'static str, String)>,
    /// What it means.
    pub text: String,
    /// The kind of its section, where the section has kinds.
    pub kind: Option<&'static str>,
}

/// The keys of all sections and kinds.
pub fn keys() -> Vec<Key> {
    let mut keys = Vec::new();
    for section in registry::documented() {
        let schema = (section.schema)().to_value();
        keys.push(Key {
            name: section.name.to_owned(),
            allowed: "a section".to_owned(),
            required: section.required,
            default: None,
            other: Vec::new(),
            text: text(&schema),
            kind: section.kind,
        });
        if let Some(kind) = section.kind {
            keys.push(Key {
                name: format!("{}.kind", section.name),
                allowed: registry::kind_words(section.name, None),
                required: section.kind_required,
                default: (!section.kind_required).then(|| format!("\"{kind}\"")),
                other: Vec::new(),
                text: "What the other keys of the section mean.".to_owned(),
                kind: Some(kind),
            });
        }
        let first = keys.len();
        below(&schema, &schema, section.name, &mut keys);
        keys[first..].iter_mut().for_each(|key| key.kind = section.kind);
        for family in Family::ALL {
            differ(family, &section, &mut keys[first..]);
        }
    }
    keys
}

/// Notes where a family has another default.
fn differ(family: Family, section: &Documented, keys: &mut [Key]) {
    let defaults = family.defaults(section.name, section.kind).unwrap_or_default();
    for (name, value) in defaults {
        let name = format!("{}.{name}", section.name);
        let value = match value {
            toml::Value::Float(number) => format!("{number:?}"),
            other => other.to_string(),
        };
        for key in keys.iter_mut().filter(|key| key.name == name) {
            key.other.push((family.name(), value.clone()));
        }
    }
}

/// Appends the documentation of the properties of an object, and of objects inside.
fn below(root: &Json, node: &Json, prefix: &str, into: &mut Vec<Key>) {
    let node = follow(root, node);
    for (name, property) in properties(node) {
        let key = format!("{prefix}.{name}");
        into.push(Key {
            name: key.clone(),
            allowed: allowed(root, property),
            required: requires(node, name),
            default: property.get("default").filter(|d| !d.is_null()).map(plain),
            other: Vec::new(),
            text: text(property),
            kind: None,
        });
        for variant in variants(root, property) {
            below(root, variant, &key, into);
            // Lists of tables.
            let items = follow(root, variant).get("items").into_iter();
            for item in
                items.flat_map(|item| variants(root, item)).filter(|i| type_of(i) == "object")
            {
                below(root, item, &key, into);
            }
            // Tables of names that a user gives.
            let free = follow(root, variant).get("additionalProperties");
            for inner in free
                .filter(|free| free.is_object())
                .into_iter()
                .flat_map(|free| variants(root, free))
            {
                below(root, inner, &format!("{key}.NAME"), into);
            }
        }
    }
}

/// What a schema allows, as words after "write": "a whole number, 0 or more".
pub fn allowed(root: &Json, node: &Json) -> String {
    let mut words: Vec<String> = Vec::new();
    for variant in variants(root, node) {
        let word = one(root, variant);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, front)) => format!("{} or {last}", front.join(", ")),
        None => "nothing".to_owned(),
    }
}

fn one(root: &Json, node: &Json) -> String {
    if let Some(word) = node.get("const") {
        return word.to_string();
    }
    if let Some(Json::Array(words)) = node.get("enum") {
        return words.iter().map(Json::to_string).collect::<Vec<_>>().join(", ");
    }
    let range = match (node.get("minimum"), node.get("maximum")) {
        (Some(least), None) => format!(", {} or more", short(least)),
        (None, Some(most)) => format!(", {} or less", short(most)),
        (Some(least), Some(most)) if least == most => format!(": {}", short(least)),
        (Some(least), Some(most)) => format!(", {} to {}", short(least), short(most)),
        (None, None) => String::new(),
    };
    match type_of(node) {
        "integer" => format!("a whole number{range}"),
        "number" => format!("a number{range}"),
        "string" => "text in quotes".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => {
            let items = node.get("items").map_or("anything".to_owned(), |i| allowed(root, i));
            format!("a list of {}", plural(&items))
        }
        _ => {
            let names: Vec<&str> = properties(node).map(|(name, _)| name).collect();
            if names.is_empty() {
                "a table".to_owned()
            } else {
                format!("a table {{ {} }}", names.join(", "))
            }
        }
    }
}

/// A bound without the ".0" of a whole number.
fn short(bound: &Json) -> String {
    let text = bound.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn plural(words: &str) -> String {
    match words.strip_prefix("a ") {
        Some(rest) if rest.starts_with("whole number") => rest.replacen("number", "numbers", 1),
        Some("number") => "numbers".to_owned(),
        Some(rest) if rest.starts_with("list") => rest.replacen("list", "lists", 1),
        _ => words.to_owned(),
    }
}

/// The alternatives of a node, references followed and "nothing" left out.
pub fn variants<'s>(root: &'s Json, node: &'s Json) -> Vec<&'s Json> {
    let node = follow(root, node);
    match node.get("anyOf").or_else(|| node.get("oneOf")) {
        Some(Json::Array(all)) => all.iter().flat_map(|v| variants(root, v)).collect(),
        _ if type_of(node) == "null" => Vec::new(),
        _ => vec![node],
    }
}

/// The node itself, or what it refers to.
pub fn follow<'s>(root: &'s Json, node: &'s Json) -> &'s Json {
    let target = node.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(node)
}

/// The JSON type of a node; the first that is not null where there are several.
pub fn type_of(node: &Json) -> &str {
    match node.get("type") {
        Some(Json::String(name)) => name,
        Some(Json::Array(names)) => {
            names.iter().filter_map(Json::as_str).find(|n| *n != "null").unwrap_or("null")
        }
        _ => "object",
    }
}

/// The properties of an object, in the order in which the struct lists them.
pub fn properties(node: &Json) -> impl Iterator<Item = (&str, &Json)> {
    let map = node.get("properties").and_then(Json::as_object);
    map.into_iter().flatten().map(|(name, property)| (name.as_str(), property))
}

/// Whether an object must have this property.
pub fn requires(node: &Json, name: &str) -> bool {
    let list = node.get("required").and_then(Json::as_array);
    list.is_some_and(|list| list.iter().any(|r| r.as_str() == Some(name)))
}

/// The comment on a node, as one line.
pub fn text(node: &Json) -> String {
    let text = node.get("description").and_then(Json::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let pairs: Vec<_> = map.iter().map(|(k, v)| format!("{k} = {}", plain(v))).collect();
            format!("{{ {} }}", pairs.join(", ")).replace("{  }", "{}")
        }
        other => other.to_string(),
    }
}

/// The nearest of the known words, if one is near enough to be meant.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let limit = (word.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .filter(|(distance, k)| *distance <= limit && *distance < k.chars().count())
        .min()
        .map(|(_, k)| k.to_owned())
}
