//! What a serialised model says of itself: the keys of DeePMD-kit 3, those we know and no others.
//!
//! A key that is not here may change what the model computes, so it is an error. `Option<Value>` is a
//! key that must be absent, null or empty; [`super::import`] says what it would have meant.

#![allow(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "the keys are not ours"
)]

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `model`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    #[serde(rename = "@class", default)]
    pub(super) class: Option<String>,
    #[serde(rename = "@version", default)]
    pub(super) version: Option<u32>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) type_map: Vec<String>,
    #[serde(default)]
    pub(super) atom_exclude_types: Option<Value>,
    #[serde(default)]
    pub(super) pair_exclude_types: Option<Value>,
    #[serde(default)]
    pub(super) preset_out_bias: Option<Value>,
    #[serde(default)]
    pub(super) rcond: Option<Value>,
    #[serde(rename = "@variables")]
    pub(super) variables: ModelVariables,
    pub(super) descriptor: Value,
    pub(super) fitting: Value,
}

/// Arrays of the model.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelVariables {
    #[serde(default)]
    pub(super) out_bias: Option<String>,
    #[serde(default)]
    pub(super) out_std: Option<String>,
}

/// `descriptor` of type `se_e2_a`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Descriptor {
    #[serde(rename = "@class", default)]
    pub(super) class: Option<String>,
    #[serde(rename = "@version", default)]
    pub(super) version: Option<u32>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) rcut: f64,
    pub(super) rcut_smth: f64,
    pub(super) sel: Vec<usize>,
    pub(super) neuron: Vec<usize>,
    pub(super) axis_neuron: usize,
    #[serde(default)]
    pub(super) resnet_dt: bool,
    #[serde(default)]
    pub(super) trainable: Option<Value>,
    pub(super) type_one_side: bool,
    #[serde(default)]
    pub(super) exclude_types: Option<Vec<[usize; 2]>>,
    #[serde(default)]
    pub(super) env_protection: f64,
    #[serde(default)]
    pub(super) set_davg_zero: bool,
    pub(super) activation_function: String,
    pub(super) precision: String,
    #[serde(default)]
    pub(super) spin: Option<Value>,
    #[serde(default)]
    pub(super) env_mat: Option<EnvMat>,
    #[serde(rename = "@variables")]
    pub(super) variables: DescriptorVariables,
    pub(super) embeddings: Networks,
    #[serde(default)]
    pub(super) type_map: Option<Vec<String>>,
}

/// `env_mat`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvMat {
    pub(super) rcut: f64,
    pub(super) rcut_smth: f64,
    #[serde(default)]
    pub(super) protection: f64,
    #[serde(default)]
    pub(super) use_exp_switch: bool,
}

/// Arrays of the descriptor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DescriptorVariables {
    pub(super) davg: String,
    pub(super) dstd: String,
}

/// A collection of networks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Networks {
    #[serde(rename = "@class", default)]
    pub(super) class: Option<String>,
    #[serde(rename = "@version", default)]
    pub(super) version: Option<u32>,
    pub(super) ndim: usize,
    pub(super) ntypes: usize,
    #[serde(default)]
    pub(super) network_type: Option<String>,
    pub(super) networks: Vec<Option<NetworkOf>>,
}

/// A network.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkOf {
    #[serde(rename = "@class", default)]
    pub(super) class: Option<String>,
    #[serde(rename = "@version", default)]
    pub(super) version: Option<u32>,
    #[serde(default)]
    pub(super) in_dim: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) out_dim: Option<usize>,
    #[serde(default)]
    pub(super) neuron: Option<Vec<usize>>,
    #[serde(default)]
    pub(super) activation_function: Option<String>,
    #[serde(default)]
    pub(super) resnet_dt: Option<bool>,
    #[serde(default)]
    pub(super) precision: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bias: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bias_out: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trainable: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<Value>,
    pub(super) layers: Vec<LayerOf>,
}

/// A layer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerOf {
    #[serde(rename = "@class", default)]
    pub(super) class: Option<String>,
    #[serde(rename = "@version", default)]
    pub(super) version: Option<u32>,
    #[serde(default)]
    pub(super) bias: Option<bool>,
    #[serde(default)]
    pub(super) use_timestep: bool,
    pub(super) activation_function: Option<String>,
    #[serde(default)]
    pub(super) resnet: bool,
    #[serde(default)]
    pub(super) precision: Option<String>,
    #[serde(default)]
    pub(super) trainable: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<Value>,
    #[serde(rename = "@variables")]
    pub(super) variables: LayerVariables,
}

/// Arrays of a layer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerVariables {
    pub(super) w: String,
    #[serde(default)]
    pub(super) b: Option<String>,
    #[serde(default)]
    pub(super) idt: Option<String>,
}

/// `fitting` of type `ener`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fitting {
    #[serde(rename = "@class", default)]
    pub(super) class: Option<String>,
    #[serde(rename = "@version", default)]
    pub(super) version: Option<u32>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) var_name: Option<String>,
    pub(super) ntypes: usize,
    pub(super) dim_descrpt: usize,
    #[serde(default = "one")]
    pub(super) dim_out: usize,
    pub(super) neuron: Vec<usize>,
    #[serde(default)]
    pub(super) resnet_dt: bool,
    #[serde(default)]
    pub(super) numb_fparam: usize,
    #[serde(default)]
    pub(super) numb_aparam: usize,
    #[serde(default)]
    pub(super) dim_case_embd: usize,
    #[serde(default)]
    pub(super) default_fparam: Option<Value>,
    #[serde(default)]
    pub(super) rcond: Option<Value>,
    #[serde(default)]
    pub(super) seed: Option<Value>,
    pub(super) activation_function: String,
    pub(super) precision: String,
    #[serde(default)]
    pub(super) mixed_types: bool,
    #[serde(default)]
    pub(super) exclude_types: Option<Value>,
    #[serde(default)]
    pub(super) atom_ener: Option<Vec<Option<AtomEnergy>>>,
    #[serde(default)]
    pub(super) tot_ener_zero: bool,
    #[serde(default)]
    pub(super) trainable: Option<Value>,
    #[serde(default)]
    pub(super) layer_name: Option<Value>,
    #[serde(default)]
    pub(super) use_aparam_as_mask: bool,
    #[serde(default)]
    pub(super) spin: Option<Value>,
    #[serde(default)]
    pub(super) type_map: Option<Vec<String>>,
    pub(super) nets: Networks,
    #[serde(rename = "@variables")]
    pub(super) variables: FittingVariables,
}

/// The energy of an atom alone: a number, or a list of one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum AtomEnergy {
    /// A number.
    Number(f64),
    /// A list of one.
    List([f64; 1]),
}

/// Arrays of the fitting.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FittingVariables {
    #[serde(default)]
    pub(super) bias_atom_e: Option<String>,
    #[serde(default)]
    pub(super) case_embd: Option<Value>,
    #[serde(default)]
    pub(super) fparam_avg: Option<Value>,
    #[serde(default)]
    pub(super) fparam_inv_std: Option<Value>,
    #[serde(default)]
    pub(super) aparam_avg: Option<Value>,
    #[serde(default)]
    pub(super) aparam_inv_std: Option<Value>,
}

fn one() -> usize {
    1
}

/// Whether a key that must say nothing says something.
pub(super) fn says(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Array(items)) => items.iter().any(|item| says(Some(item))),
        Some(Value::Object(map)) => map.values().any(|item| says(Some(item))),
        Some(_) => true,
    }
}
