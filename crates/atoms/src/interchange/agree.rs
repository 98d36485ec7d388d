//! Whether a model contradicts itself: what it says twice must be the same.

use ground::{Error, Result};
use serde_json::Value;

use super::described::{Descriptor, Fitting, Model, Networks};
use super::import::activation;

/// Refuses two values for one thing.
pub(super) fn refuse(model: &Model, descriptor: &Descriptor, fitting: &Fitting) -> Result<()> {
    let (d, f) = ("model.descriptor", "model.fitting");
    if let Some(env) = &descriptor.env_mat {
        let pairs = [
            ("rcut", env.rcut, descriptor.rcut),
            ("rcut_smth", env.rcut_smth, descriptor.rcut_smth),
        ];
        if let Some((name, found, other)) = pairs.into_iter().find(|(_, a, b)| a != b) {
            return Err(Error::input(format!("{d}.env_mat.{name}"), format!("found {found}"))
                .allowed(format!("{d}.{name} is {other}: they are the same number")));
        }
    }
    for (key, names) in [(d, &descriptor.type_map), (f, &fitting.type_map)] {
        if let Some(names) = names.as_ref().filter(|names| **names != model.type_map) {
            let found = format!("found {}", names.join(", "));
            let due = model.type_map.join(", ");
            return Err(Error::input(format!("{key}.type_map"), found)
                .allowed(format!("model.type_map is {due}: they are the same names")));
        }
    }
    layers(
        &format!("{d}.embeddings"),
        &descriptor.embeddings,
        0,
        d,
        &descriptor.activation_function,
    )?;
    layers(&format!("{f}.nets"), &fitting.nets, 1, f, &fitting.activation_function)
}

/// Refuses hidden layers whose activation is not the one above them.
fn layers(key: &str, networks: &Networks, last: usize, above: &str, name: &str) -> Result<()> {
    let due = activation(&format!("{above}.activation_function"), Some(name))?;
    for (k, network) in networks.networks.iter().enumerate() {
        let Some(network) = network else { continue };
        let hidden = network.layers.len().saturating_sub(last);
        for (l, layer) in network.layers.iter().take(hidden).enumerate() {
            let key = format!("{key}.networks[{k}].layers[{l}].activation_function");
            let Some(own) = layer.activation_function.as_deref() else { continue };
            if activation(&key, Some(own))? != due {
                return Err(Error::input(key, format!("found `{own}`")).allowed(format!(
                    "{above}.activation_function is `{name}`: they are the same function"
                )));
            }
        }
    }
    Ok(())
}

/// The newest versions of parts that are known: the end of their keys, and the version.
const NEWEST: [(&str, u64); 6] = [
    ("model", 2),
    ("model.descriptor", 2),
    ("model.fitting", 4),
    ("model.descriptor.embeddings", 2),
    ("model.fitting.nets", 2),
    ("", 2),
];

/// A sentence for each part whose version is newer than those that are known.
pub(super) fn versions(key: &str, value: &Value, said: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let newest = NEWEST.iter().find(|(part, _)| *part == key || part.is_empty());
            let newest = newest.map_or(0, |(_, newest)| *newest);
            if let Some(found) = map.get("@version").and_then(Value::as_u64)
                && !(1..=newest).contains(&found)
            {
                said.push(format!(
                    "{key}.@version: version {found} is not known here ({newest} and before are): read \
                     as version {newest}"
                ));
            }
            for (name, value) in map {
                versions(&format!("{key}.{name}"), value, said);
            }
        }
        Value::Array(items) => {
            for (k, value) in items.iter().enumerate() {
                versions(&format!("{key}[{k}]"), value, said);
            }
        }
        _ => {}
    }
}
