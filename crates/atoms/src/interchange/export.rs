//! From a potential to a document that DeePMD-kit 3 loads.

use frame::Precision;
use ground::kernel::network::Activation;
use ground::{Error, Result};
use serde::Serialize;
use serde_json::{Value, json};

use super::described::{
    AtomEnergy, Descriptor, DescriptorVariables, EnvMat, Fitting, FittingVariables, LayerOf,
    LayerVariables, Model, ModelVariables, NetworkOf, Networks,
};
use super::document::{Document, Tensor};
use crate::form::network::{Layer, Skip};
use crate::form::{DeepPotential, Empty, Network, Potential};

/// The document of a potential.
///
/// Fails for what the format cannot say.
pub fn document(potential: &Potential) -> Result<Document> {
    let mut writing = Writing { potential, document: Document::default() };
    let model = writing.model()?;
    let form = &potential.form;
    let mut tree = json!({
        "software": "esperance",
        "version": env!("CARGO_PKG_VERSION"),
        "backend": if needs_tensorflow(form) { "TensorFlow" } else { "NumPy" },
        "model": model,
        "model_def_script": script(potential)?,
    });
    if let Some(nearest) = potential.nearest {
        let name = writing.document.push(Tensor::new(&[], vec![nearest]));
        tree["@variables"] = json!({ "min_nbor_dist": name });
    }
    writing.document.tree = tree;
    Ok(writing.document)
}

/// Whether only TensorFlow reads this form as it is.
fn needs_tensorflow(form: &DeepPotential) -> bool {
    let shifted = form.statistics.iter().any(|s| s.mean != 0.0);
    let silent = form.empty == Empty::Silent && form.one_sided && !form.excluded.is_empty();
    (silent && shifted) || form.switch.span != form.switch.to - form.switch.from
}

/// The section `model` of the input that would have made this model: three keys that readers need.
fn script(potential: &Potential) -> Result<Value> {
    let form = &potential.form;
    let neurons = |network: &Network| -> Vec<usize> {
        network.layers.iter().map(|layer| layer.n_out).collect()
    };
    let fitting = neurons(&form.fitting);
    Ok(json!({
        "type_map": form.species,
        "descriptor": {
            "type": "se_e2_a",
            "sel": form.selection,
            "rcut": form.switch.to,
            "rcut_smth": form.switch.from,
            "neuron": neurons(&form.embedding),
            "axis_neuron": form.axis,
            "resnet_dt": steps(&form.embedding),
            "type_one_side": form.one_sided,
            "exclude_types": form.excluded,
            "activation_function": activation(&form.embedding)?,
            "precision": precision(potential.precision),
        },
        "fitting_net": {
            "type": "ener",
            "neuron": fitting[..fitting.len() - 1],
            "resnet_dt": steps(&form.fitting),
            "activation_function": activation(&form.fitting)?,
            "precision": precision(potential.precision),
        },
    }))
}

fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => "float32",
        Precision::F64 => "float64",
    }
}

fn steps(network: &Network) -> bool {
    network.layers.iter().any(|layer| layer.step)
}

/// The name of the activation of the hidden layers.
fn activation(network: &Network) -> Result<&'static str> {
    name(network.layers.first().map_or(Activation::Identity, |layer| layer.activation))
}

fn name(activation: Activation) -> Result<&'static str> {
    Ok(match activation {
        Activation::Tanh => "tanh",
        Activation::Sigmoid => "sigmoid",
        Activation::Softplus => "softplus",
        Activation::Relu => "relu",
        Activation::GeluTanh => "gelu",
        Activation::Silu => "silu",
        Activation::Identity => "none",
        other => {
            return Err(Error::input("activation", format!("DeePMD-kit has no {other:?}")));
        }
    })
}

/// One potential being written.
struct Writing<'a> {
    potential: &'a Potential,
    document: Document,
}

impl Writing<'_> {
    fn model(&mut self) -> Result<Model> {
        let form = &self.potential.form;
        let n = form.species.len();
        let mut filled = |value| self.array(Tensor::new(&[1, n, 1], vec![value; n]));
        let variables = ModelVariables { out_bias: Some(filled(0.0)), out_std: Some(filled(1.0)) };
        Ok(Model {
            class: Some("Model".into()),
            version: Some(2),
            kind: "standard".into(),
            type_map: form.species.clone(),
            atom_exclude_types: Some(json!([])),
            pair_exclude_types: Some(json!([])),
            preset_out_bias: None,
            rcond: None,
            variables,
            descriptor: value(&self.descriptor()?)?,
            fitting: value(&self.fitting()?)?,
        })
    }

    fn descriptor(&mut self) -> Result<Descriptor> {
        let form = &self.potential.form;
        let (n, slots) = (form.species.len(), form.slots());
        let all = |row: fn(&crate::form::Statistics) -> [f64; 4]| -> Tensor {
            let rows = form.statistics.iter().flat_map(|s| std::iter::repeat_n(row(s), slots));
            Tensor::new(&[n, slots, 4], rows.flatten().collect())
        };
        let davg = self.array(all(|s| [s.mean, 0.0, 0.0, 0.0]));
        let dstd = self.array(all(|s| [s.radial, s.angular, s.angular, s.angular]));
        let (rcut, rcut_smth) = (form.switch.to, form.switch.from);
        let networks: Vec<usize> =
            (0..form.embeddings()).map(|k| form.embedding_block(k)).collect();
        Ok(Descriptor {
            class: Some("Descriptor".into()),
            version: Some(2),
            kind: "se_e2_a".into(),
            rcut,
            rcut_smth,
            sel: form.selection.clone(),
            neuron: form.embedding.layers.iter().map(|layer| layer.n_out).collect(),
            axis_neuron: form.axis,
            resnet_dt: steps(&form.embedding),
            trainable: Some(json!(true)),
            type_one_side: form.one_sided,
            exclude_types: Some(form.excluded.clone()),
            env_protection: 0.0,
            set_davg_zero: form.statistics.iter().all(|s| s.mean == 0.0),
            activation_function: activation(&form.embedding)?.into(),
            precision: precision(self.potential.precision).into(),
            spin: None,
            env_mat: Some(EnvMat { rcut, rcut_smth, protection: 0.0, use_exp_switch: false }),
            variables: DescriptorVariables { davg, dstd },
            embeddings: self.networks("embedding", &form.embedding, &networks)?,
            type_map: Some(form.species.clone()),
        })
    }

    fn fitting(&mut self) -> Result<Fitting> {
        let form = &self.potential.form;
        let n = form.species.len();
        let alone = |(&vacuum, &b): (&bool, &f64)| vacuum.then_some(AtomEnergy::Number(b));
        let atom_ener: Vec<_> = form.from_vacuum.iter().zip(&form.bias).map(alone).collect();
        let bias = self.array(Tensor::new(&[n, 1], form.bias.clone()));
        let networks: Vec<usize> = (0..n).map(|i| form.fitting_block(i)).collect();
        let hidden = &form.fitting.layers[..form.fitting.layers.len() - 1];
        Ok(Fitting {
            class: Some("Fitting".into()),
            version: Some(4),
            kind: "ener".into(),
            var_name: Some("energy".into()),
            ntypes: n,
            dim_descrpt: form.fitting.n_in(),
            dim_out: 1,
            neuron: hidden.iter().map(|layer| layer.n_out).collect(),
            resnet_dt: steps(&form.fitting),
            numb_fparam: 0,
            numb_aparam: 0,
            dim_case_embd: 0,
            default_fparam: None,
            rcond: None,
            seed: None,
            activation_function: activation(&form.fitting)?.into(),
            precision: precision(self.potential.precision).into(),
            mixed_types: false,
            exclude_types: Some(json!([])),
            atom_ener: atom_ener.iter().any(Option::is_some).then_some(atom_ener),
            tot_ener_zero: false,
            trainable: Some(json!(vec![true; form.fitting.layers.len()])),
            layer_name: None,
            use_aparam_as_mask: false,
            spin: None,
            type_map: Some(form.species.clone()),
            nets: self.networks("fitting", &form.fitting, &networks)?,
            variables: FittingVariables {
                bias_atom_e: Some(bias),
                case_embd: None,
                fparam_avg: None,
                fparam_inv_std: None,
                aparam_avg: None,
                aparam_inv_std: None,
            },
        })
    }

    /// The networks in these blocks of θ.
    fn networks(&mut self, what: &str, network: &Network, blocks: &[usize]) -> Result<Networks> {
        let n = self.potential.form.species.len();
        let one = |&block: &usize| Ok(Some(self.network(what, network, block)?));
        let networks = blocks.iter().map(one).collect::<Result<Vec<_>>>()?;
        Ok(Networks {
            class: Some("NetworkCollection".into()),
            version: Some(1),
            ndim: if networks.len() == n { 1 } else { 2 },
            ntypes: n,
            network_type: Some(format!("{what}_network")),
            networks,
        })
    }

    fn network(&mut self, what: &str, network: &Network, block: usize) -> Result<NetworkOf> {
        let numbers = self.potential.theta.get(block);
        let precision = precision(self.potential.precision);
        let is_fitting = what == "fitting";
        let mut layers = Vec::new();
        for (k, (layer, parts)) in network.split(&numbers).enumerate() {
            layers.push(self.layer(k, layer, parts)?);
        }
        let inner = layers.len() - usize::from(is_fitting);
        let neuron = network.layers[..inner].iter().map(|layer| layer.n_out).collect();
        Ok(NetworkOf {
            class: Some(if is_fitting { "FittingNetwork" } else { "EmbeddingNetwork" }.into()),
            version: Some(if is_fitting { 1 } else { 2 }),
            in_dim: Some(network.n_in()),
            out_dim: is_fitting.then_some(1),
            neuron: Some(neuron),
            activation_function: Some(activation(network)?.into()),
            resnet_dt: Some(steps(network)),
            precision: Some(precision.into()),
            bias: (!is_fitting).then_some(true),
            bias_out: is_fitting.then_some(true),
            trainable: None,
            seed: None,
            layers,
        })
    }

    fn layer(&mut self, k: usize, layer: Layer, [w, b, c]: [&[f64]; 3]) -> Result<LayerOf> {
        let Layer { n_in, n_out, copies, step, .. } = layer;
        let resnet = copies > 0 || layer.activation != Activation::Identity;
        let own = Skip::Doubling.copies(k, n_in, n_out);
        if copies > 0 && copies != own {
            return Err(Error::bug("a layer adds its inputs as no back end does"));
        }
        let stored = self.potential.precision;
        let single = stored == Precision::F32;
        let mut array = |shape: &[usize], numbers: &[f64]| {
            self.array(Tensor { single, ..Tensor::new(shape, numbers.to_vec()) })
        };
        Ok(LayerOf {
            class: Some("Layer".into()),
            version: Some(2),
            bias: Some(true),
            use_timestep: step,
            activation_function: Some(name(layer.activation)?.into()),
            // TensorFlow does not look at it; the others add what fits where it is set.
            resnet: resnet && copies == own,
            precision: Some(precision(stored).into()),
            trainable: Some(json!(true)),
            seed: None,
            variables: LayerVariables {
                w: array(&[n_in, n_out], w),
                b: Some(array(&[n_out], b)),
                idt: step.then(|| array(&[n_out], c)),
            },
        })
    }

    fn array(&mut self, tensor: Tensor) -> String {
        self.document.push(tensor);
        Document::name(self.document.tensors.len() - 1)
    }
}

fn value<T: Serialize>(part: &T) -> Result<Value> {
    serde_json::to_value(part).map_err(|e| Error::bug(format!("a model cannot be written: {e}")))
}
