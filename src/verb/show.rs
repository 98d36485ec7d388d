//! `show`: what is in a model: its species, its networks, its domain, what it costs.

use std::path::PathBuf;

use atoms::form::Network;
use atoms::plan::{Embeddings, Plan};
use atoms::{DeepPotential, Potential};
use clap::Args;
use frame::Precision;
use ground::kernel::network::Activation;
use ground::{Error, Result};
use serde_json::{Value, json};

use crate::failure::{Outcome, code};
use crate::potentials::Reading;
use crate::print;

/// The arguments of `show`.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// A model of DeePMD-kit, .dp or .yaml, or the folder of a training
    #[arg(value_name = "MODEL|RUN")]
    model: PathBuf,
    /// Print one object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

impl Show {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let imported = self.reading.one(&self.model)?;
        let object = describe(&imported.potential, &format!("{:?}", imported.rules));
        if self.json {
            let text = serde_json::to_string_pretty(&object)
                .map_err(|e| Error::bug(format!("a model cannot be shown: {e}")))?;
            print::answer(&text)?;
        } else {
            print::answer(&for_people(&object)?)?;
        }
        Ok(code::CONVERGED)
    }
}

/// Everything that is shown.
fn describe(potential: &Potential, rules: &str) -> Value {
    let form = &potential.form;
    let plan = Plan::<f64>::new(potential, Embeddings::Tabulated);
    let [nodes, bytes] = plan.table_size();
    let [error, slope] = plan.table_errors().unwrap_or_default();
    let statistics = |s: &atoms::form::Statistics| {
        json!({
            "mean": s.mean, "radial": s.radial, "angular": s.angular,
        })
    };
    json!({
        "descriptor": "se_e2_a",
        "species": form.species,
        "cutoff": form.switch.to,
        "switch_from": form.switch.from,
        "sel": form.selection,
        "one_sided": form.one_sided,
        "excluded_pairs": form.excluded,
        "embedding": network(&form.embedding),
        "embedding_networks": form.embeddings(),
        "axis": form.axis,
        "fitting": network(&form.fitting),
        "statistics": form.statistics.iter().map(statistics).collect::<Vec<_>>(),
        "atom_energies": form.bias,
        "parameters": potential.theta.flat().len(),
        "stored_in": if potential.precision == Precision::F32 { "float32" } else { "float64" },
        "read_as": rules,
        "nearest_in_training": potential.nearest,
        "table": { "nodes": nodes, "bytes": bytes, "error": error, "slope_error": slope },
        "flops": { "fitting": 4 * form.fitting.products(), "per_neighbour": per_neighbour(form) },
    })
}

fn network(network: &Network) -> Value {
    let widths: Vec<usize> = std::iter::once(network.n_in())
        .chain(network.layers.iter().map(|layer| layer.n_out))
        .collect();
    let activation = network.layers.first().map_or(Activation::Identity, |layer| layer.activation);
    json!({
        "widths": widths,
        "activation": format!("{activation:?}").to_lowercase(),
        "time_steps": network.layers.iter().any(|layer| layer.step),
    })
}

/// Operations a neighbour, energy and forces, with the embedding by its network.
fn per_neighbour(form: &DeepPotential) -> usize {
    4 * form.embedding.products() + 24 * form.features()
}

/// The same as lines.
fn for_people(object: &Value) -> Result<String> {
    let map = object.as_object().ok_or_else(|| Error::bug("a model is shown as an object"))?;
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(short).collect();
            if items.is_empty() { "none".to_owned() } else { items.join(", ") }
        }
        Value::Null => "not said".to_owned(),
        other => short(other),
    };
    let line =
        |(key, value): (&String, &Value)| format!("{:<22}{}", key.replace('_', " "), text(value));
    Ok(map.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            let each: Vec<String> =
                map.iter().map(|(k, v)| format!("{} {}", k.replace('_', " "), short(v))).collect();
            each.join(", ")
        }
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join("-"),
        other => other.to_string(),
    }
}
