//! From a document to a potential: what it says is checked, what we lack is refused by name.

use frame::{Params, Precision, Representation};
use ground::kernel::network::Activation;
use ground::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::agree;
use super::described::{
    AtomEnergy, Descriptor, Fitting, LayerOf, Model, NetworkOf, Networks, says,
};
use super::document::{Document, Tensor};
use crate::form::network::{Layer, Skip};
use crate::form::{DeepPotential, Empty, Network, Potential, Statistics, Switch};

/// Whose reading of a file is followed where the back ends of DeePMD-kit disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Cutoffs in single precision; fitting layers skip between equal widths only, never the first; empty
    /// slots of excluded pairs add nothing.
    TensorFlow,
    /// Cutoffs as written; fitting layers skip as embeddings do; all empty slots count. NumPy, JAX and
    /// PyTorch.
    NumPy,
}

/// A potential from a file, and what should be known about it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The potential.
    pub potential: Potential,
    /// The rules that were followed.
    pub rules: Rules,
    /// Sentences.
    pub warnings: Vec<String>,
}

/// The potential in a document; by the rules of the back end that the document names, unless others are
/// given.
pub fn potential(document: &Document, rules: Option<Rules>) -> Result<Imported> {
    let top = document.tree.as_object().ok_or_else(|| {
        Error::input("", "this file holds no model").allowed("A model has the keys model, backend")
    })?;
    let backend = top.get("backend").and_then(Value::as_str).unwrap_or("");
    let own =
        if backend.eq_ignore_ascii_case("tensorflow") { Rules::TensorFlow } else { Rules::NumPy };
    script(top.get("model_def_script"))?;
    let inner = top.get("model").ok_or_else(|| missing("", "model", &document.tree))?;
    let nearest = nearest(document, top.get("@variables"));
    let mut reading = Reading { document, rules: rules.unwrap_or(own), warnings: Vec::new() };
    let mut potential = reading.model(inner)?;
    potential.nearest = nearest;
    Ok(Imported { potential, rules: reading.rules, warnings: reading.warnings })
}

/// What a file says only in the script it was trained from.
fn script(script: Option<&Value>) -> Result<()> {
    let Some(script) = script else { return Ok(()) };
    for key in ["model_dict", "use_srtab", "modifier", "spin", "type_embedding", "compress"] {
        if says(script.get(key)) {
            return Err(lack(&format!("model_def_script.{key}"), &format!("`{key}`")));
        }
    }
    Ok(())
}

/// The smallest distance in the training data, where it is said and can be one: an array of one number,
/// or in YAML a number.
fn nearest(document: &Document, variables: Option<&Value>) -> Option<f64> {
    let found = match variables?.get("min_nbor_dist")? {
        Value::String(name) => *document.tensor(name).ok()?.numbers.first()?,
        other => other.as_f64()?,
    };
    (0.01..1000.0).contains(&found).then_some(found)
}

/// The error about what we do not have.
fn lack(key: &str, what: &str) -> Error {
    Error::input(key, format!("this model uses {what}, which is not supported"))
        .allowed("Supported are energy models with the descriptor se_e2_a (se_a)")
}

/// One document being read.
struct Reading<'a> {
    document: &'a Document,
    rules: Rules,
    warnings: Vec<String>,
}

/// A part of the tree as what it must be.
fn part<T: DeserializeOwned>(key: &str, value: &Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|e| {
        let inside = e.path().to_string();
        let under = key;
        let key = if inside == "." { key.to_owned() } else { format!("{key}.{inside}") };
        let said = e.inner().to_string();
        let mut words = said.split('`').skip(1).step_by(2);
        if said.starts_with("unknown field") {
            let word = words.next().unwrap_or("");
            return Error::input(key, "this key is not known here")
                .nearest(ground::formula::nearest(word, words))
                .allowed("It may change what the model computes; without it the model is read");
        }
        if let Some(name) = words.next().filter(|_| said.starts_with("missing field")) {
            let place = e.path().iter().try_fold(value, |at, segment| match segment {
                Segment::Seq { index } => at.get(index),
                Segment::Map { key } => at.get(key),
                _ => None,
            });
            let key = if inside == "." { under.to_owned() } else { key };
            return missing(&key, name, place.unwrap_or(&Value::Null));
        }
        Error::input(key, said)
    })
}

/// The error about a key that is not in this part of the tree, with one that is and is nearly it.
fn missing(key: &str, name: &str, value: &Value) -> Error {
    let there = value.as_object().into_iter().flat_map(|map| map.keys()).map(String::as_str);
    let found = match ground::formula::nearest(name, there) {
        Some(other) => format!("this key is missing; the nearest that is there is `{other}`"),
        None => "this key is missing".to_owned(),
    };
    let key = if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    Error::input(key, found)
}

impl Reading<'_> {
    fn model(&mut self, value: &Value) -> Result<Potential> {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or("");
        if kind != "standard" {
            return Err(lack("model.type", &format!("the model type `{kind}`")));
        }
        kinds(value)?;
        agree::versions("model", value, &mut self.warnings);
        let model: Model = part("model", value)?;
        let descriptor: Descriptor = part("model.descriptor", &model.descriptor)?;
        let fitting: Fitting = part("model.fitting", &model.fitting)?;
        refuse_model(&model, &descriptor, &fitting)?;
        let species = model.type_map.clone();
        let switch = self.switch(&descriptor)?;
        let embedding = self.embedding(&descriptor)?;
        let axis = descriptor.axis_neuron;
        let features = embedding.n_out();
        if axis == 0 || axis > features {
            return Err(Error::input("model.descriptor.axis_neuron", format!("found {axis}"))
                .allowed(format!("It is at least 1 and at most {features}, the last width")));
        }
        let fitting_network = self.fitting_network(&fitting, features * axis)?;
        let [bias, from_vacuum] = self.energies(&model, &fitting)?;
        let form = DeepPotential {
            switch,
            selection: descriptor.sel.clone(),
            one_sided: descriptor.type_one_side,
            embedding,
            axis,
            fitting: fitting_network,
            statistics: self.statistics(&descriptor, species.len())?,
            bias,
            from_vacuum: from_vacuum.into_iter().map(|v| v != 0.0).collect(),
            excluded: descriptor.exclude_types.clone().unwrap_or_default(),
            empty: if self.rules == Rules::TensorFlow { Empty::Silent } else { Empty::Counted },
            species,
        };
        agree::refuse(&model, &descriptor, &fitting)?;
        self.say_what_differs(&form, &descriptor);
        let precision = precision("model.descriptor.precision", &descriptor.precision)?;
        let theta = self.weights(&form, &descriptor.embeddings, &fitting.nets)?;
        Ok(Potential { form, theta, precision, nearest: None })
    }

    fn switch(&self, descriptor: &Descriptor) -> Result<Switch> {
        let switch = Switch::new(descriptor.rcut_smth, descriptor.rcut)
            .map_err(|e| under("model.descriptor", e))?;
        let tf = self.rules == Rules::TensorFlow;
        Ok(if tf { switch.in_single_precision() } else { switch })
    }

    /// The first network says the layers; [`Self::weights`] checks that the others have the same.
    fn embedding(&self, descriptor: &Descriptor) -> Result<Network> {
        let key = "model.descriptor.embeddings";
        let first = first_network(key, &descriptor.embeddings)?;
        let tf = self.rules == Rules::TensorFlow;
        let network = layers(key, self.document, first, Skip::Doubling, tf)?;
        widths(key, &network, 1, &descriptor.neuron)?;
        Ok(network)
    }

    fn fitting_network(&mut self, fitting: &Fitting, n_in: usize) -> Result<Network> {
        let key = "model.fitting.nets";
        let first = first_network(key, &fitting.nets)?;
        let read = |skip, tf| layers(key, self.document, first, skip, tf);
        let [tensorflow, numpy] = [read(Skip::Equal, true)?, read(Skip::Doubling, false)?];
        if tensorflow != numpy {
            let (name, other) = self.names();
            self.warnings.push(format!(
                "the widths {:?} of the fitting network mean one model to TensorFlow and another to \
                 NumPy, JAX and PyTorch (where inputs are added); read as by {name}, not as by {other}; \
                 --rules chooses",
                fitting.neuron
            ));
        }
        let network = if self.rules == Rules::TensorFlow { tensorflow } else { numpy };
        let expected: Vec<usize> = fitting.neuron.iter().copied().chain([1]).collect();
        widths(key, &network, n_in, &expected)?;
        Ok(network)
    }

    fn names(&self) -> (&'static str, &'static str) {
        match self.rules {
            Rules::TensorFlow => ("TensorFlow", "NumPy, JAX and PyTorch"),
            Rules::NumPy => ("NumPy, JAX and PyTorch", "TensorFlow"),
        }
    }

    /// s̄ and σ of each species, which must be the same in every slot.
    fn statistics(&self, descriptor: &Descriptor, species: usize) -> Result<Vec<Statistics>> {
        let slots: usize = descriptor.sel.iter().sum();
        let read = |name: &str, key: &str| -> Result<Vec<[f64; 4]>> {
            let key = format!("model.descriptor.{key}");
            let numbers = self.array(&key, name, &[species, slots, 4])?;
            (0..species).map(|i| uniform(&key, &numbers[i * slots * 4..][..slots * 4])).collect()
        };
        let mean = read(&descriptor.variables.davg, "davg")?;
        let scale = read(&descriptor.variables.dstd, "dstd")?;
        let each = |(mean, scale): (&[f64; 4], &[f64; 4])| {
            let isotropic = mean[1..] == [0.0; 3] && scale[1..] == [scale[1]; 3];
            if !isotropic || scale.iter().any(|s| *s <= 0.0) {
                let found =
                    "the statistics of the three directions differ, or a scale is not positive";
                return Err(Error::input("model.descriptor.dstd", found));
            }
            Ok(Statistics { mean: mean[0], radial: scale[0], angular: scale[1] })
        };
        mean.iter().zip(&scale).map(each).collect()
    }

    /// b, and 1 for the species that count from the vacuum.
    fn energies(&self, model: &Model, fitting: &Fitting) -> Result<[Vec<f64>; 2]> {
        let n = model.type_map.len();
        let mut bias = vec![0.0; n];
        let variables = [
            ("model.fitting.bias_atom_e", &fitting.variables.bias_atom_e, vec![n, 1]),
            ("model.out_bias", &model.variables.out_bias, vec![1, n, 1]),
        ];
        for (key, name, shape) in variables {
            let Some(name) = name else { continue };
            for (sum, b) in bias.iter_mut().zip(self.array(key, name, &shape)?) {
                *sum += b;
            }
        }
        if let Some(name) = &model.variables.out_std {
            let scale = self.array("model.out_std", name, &[1, n, 1])?;
            if scale.iter().any(|s| *s != 1.0) {
                return Err(lack("model.out_std", "scaled outputs"));
            }
        }
        let mut vacuum = vec![0.0; n];
        if let Some(energies) = &fitting.atom_ener {
            if energies.len() > n {
                let found = format!("{} energies for {n} species", energies.len());
                return Err(Error::input("model.fitting.atom_ener", found));
            }
            for (flag, energy) in vacuum.iter_mut().zip(energies) {
                *flag = f64::from(u8::from(energy.is_some()));
            }
            let number = |e: &AtomEnergy| matches!(e, AtomEnergy::Number(e) | AtomEnergy::List([e]) if e.is_finite());
            if !energies.iter().flatten().all(number) {
                return Err(Error::input("model.fitting.atom_ener", "an energy is not finite"));
            }
        }
        Ok([bias, vacuum])
    }

    /// Where the back ends disagree about this file, and which one is followed.
    fn say_what_differs(&mut self, form: &DeepPotential, descriptor: &Descriptor) {
        let (name, other) = self.names();
        let shifted = form.statistics.iter().any(|s| s.mean != 0.0);
        if form.one_sided && !form.excluded.is_empty() && shifted {
            self.warnings.push(format!(
                "excluded pairs in a one-sided model with davg other than 0: the back ends of DeePMD-kit \
                 disagree about its empty slots; read as by {name}, not as by {other}; --rules chooses"
            ));
        }
        let exact = Switch::new(descriptor.rcut_smth, descriptor.rcut).is_ok_and(Switch::is_single);
        if !exact {
            self.warnings.push(format!(
                "rcut {} and rcut_smth {} are not numbers of single precision, in which TensorFlow keeps \
                 them (about 1e-8 eV an atom); read as by {name}, not as by {other}; --rules chooses",
                descriptor.rcut, descriptor.rcut_smth
            ));
        }
    }

    fn weights(
        &self,
        form: &DeepPotential,
        embeddings: &Networks,
        fittings: &Networks,
    ) -> Result<Params> {
        let n = form.species.len();
        let ndim = if form.one_sided { 1 } else { 2 };
        let all = [
            ("model.descriptor.embeddings", embeddings, &form.embedding, (form.embeddings(), ndim)),
            ("model.fitting.nets", fittings, &form.fitting, (n, 1)),
        ];
        // Before room is made for what the type map promises.
        for (key, networks, _, (count, ndim)) in all {
            if networks.ndim != ndim || networks.ntypes != n || networks.networks.len() != count {
                let found = format!(
                    "{} networks of {} indices over {} species",
                    networks.networks.len(),
                    networks.ndim,
                    networks.ntypes
                );
                return Err(Error::input(key, found)
                    .allowed(format!("Needed are {count} of {ndim} indices over {n} species")));
            }
        }
        let mut theta = Params::zeros(form.layout(), Precision::F64);
        let mut block = 0;
        for (key, networks, shape, _) in all {
            for (k, network) in networks.networks.iter().enumerate() {
                let key = format!("{key}.networks[{k}]");
                let network =
                    network.as_ref().ok_or_else(|| Error::input(&key, "it is missing"))?;
                theta.set(block, &self.numbers(&key, network, shape)?);
                block += 1;
            }
        }
        Ok(theta)
    }

    /// The numbers of a network in the order of [`Network`].
    fn numbers(&self, key: &str, network: &NetworkOf, shape: &Network) -> Result<Vec<f64>> {
        if network.layers.len() != shape.layers.len() {
            let found = format!("{} layers", network.layers.len());
            return Err(
                Error::input(key, found).allowed(format!("Needed are {}", shape.layers.len()))
            );
        }
        let mut numbers = Vec::with_capacity(shape.parameters());
        for (k, (layer, of)) in shape.layers.iter().zip(&network.layers).enumerate() {
            let key = format!("{key}.layers[{k}]");
            let (n_in, n_out) = (layer.n_in, layer.n_out);
            numbers.extend(self.array(&format!("{key}.w"), &of.variables.w, &[n_in, n_out])?);
            match &of.variables.b {
                Some(name) => numbers.extend(self.array(&format!("{key}.b"), name, &[n_out])?),
                None => numbers.extend(vec![0.0; n_out]),
            }
            if layer.step {
                let name = of.variables.idt.as_ref().ok_or_else(|| {
                    Error::input(
                        format!("{key}.idt"),
                        "it is missing, and the first network has it",
                    )
                })?;
                numbers.extend(self.array(&format!("{key}.idt"), name, &[n_out])?);
            }
        }
        Ok(numbers)
    }

    /// The numbers of an array that must have a shape.
    fn array(&self, key: &str, name: &str, shape: &[usize]) -> Result<Vec<f64>> {
        let tensor: &Tensor = self.document.tensor(name).map_err(|e| under(key, e))?;
        if tensor.shape != shape {
            return Err(Error::input(key, format!("its shape is {:?}", tensor.shape))
                .allowed(format!("Needed is {shape:?}")));
        }
        if tensor.numbers.iter().any(|v| !v.is_finite()) {
            return Err(Error::input(key, "a number is not finite"));
        }
        Ok(tensor.numbers.clone())
    }
}

/// The same four numbers in every slot.
fn uniform(key: &str, slots: &[f64]) -> Result<[f64; 4]> {
    let first: [f64; 4] = std::array::from_fn(|k| slots.get(k).copied().unwrap_or(0.0));
    if slots.chunks(4).any(|slot| *slot != first) {
        return Err(lack(key, "statistics that differ from slot to slot"));
    }
    Ok(first)
}

/// Refuses descriptors and fittings of other kinds by name.
fn kinds(model: &Value) -> Result<()> {
    for part in ["descriptor", "fitting"] {
        let inside = model.get(part).ok_or_else(|| missing("model", part, model))?;
        if inside.is_object() && inside.get("type").is_none() {
            return Err(missing(&format!("model.{part}"), "type", inside));
        }
    }
    let kind = |part: &str| model.get(part)?.get("type")?.as_str();
    match kind("descriptor") {
        Some("se_e2_a" | "se_a") => {}
        other => {
            let name = other.unwrap_or("none");
            return Err(lack("model.descriptor.type", &format!("the descriptor `{name}`")));
        }
    }
    match kind("fitting") {
        Some("ener" | "energy") => Ok(()),
        other => {
            let name = other.unwrap_or("none");
            Err(lack("model.fitting.type", &format!("the fitting `{name}`")))
        }
    }
}

/// Refuses what changes the model and is not there.
fn refuse_model(model: &Model, descriptor: &Descriptor, fitting: &Fitting) -> Result<()> {
    let (d, f) = ("model.descriptor", "model.fitting");
    let env = descriptor.env_mat.as_ref();
    let wrong = [
        ("model.atom_exclude_types".to_owned(), says(model.atom_exclude_types.as_ref())),
        ("model.pair_exclude_types".to_owned(), says(model.pair_exclude_types.as_ref())),
        (format!("{d}.env_protection"), descriptor.env_protection != 0.0),
        (format!("{d}.env_mat.protection"), env.is_some_and(|e| e.protection != 0.0)),
        (format!("{d}.env_mat.use_exp_switch"), env.is_some_and(|e| e.use_exp_switch)),
        (format!("{d}.spin"), says(descriptor.spin.as_ref())),
        (format!("{f}.spin"), says(fitting.spin.as_ref())),
        (format!("{f}.numb_fparam"), fitting.numb_fparam != 0),
        (format!("{f}.numb_aparam"), fitting.numb_aparam != 0),
        (format!("{f}.dim_case_embd"), fitting.dim_case_embd != 0),
        (format!("{f}.exclude_types"), says(fitting.exclude_types.as_ref())),
        (format!("{f}.mixed_types"), fitting.mixed_types),
        (format!("{f}.tot_ener_zero"), fitting.tot_ener_zero),
        (format!("{f}.use_aparam_as_mask"), fitting.use_aparam_as_mask),
        (format!("{f}.layer_name"), says(fitting.layer_name.as_ref())),
        (format!("{f}.dim_out"), fitting.dim_out != 1),
    ];
    if let Some((key, _)) = wrong.iter().find(|(_, wrong)| *wrong) {
        let name = key.rsplit('.').next().unwrap_or(key);
        return Err(lack(key, &format!("`{name}`")));
    }
    let n = model.type_map.len();
    if n == 0 || descriptor.sel.len() != n || fitting.ntypes != n {
        let found = format!(
            "sel has {} numbers and the fitting {} species for the type map {:?}",
            descriptor.sel.len(),
            fitting.ntypes,
            model.type_map
        );
        return Err(Error::input("model.type_map", found));
    }
    let slots = descriptor.sel.iter().try_fold(0usize, |sum, &slots| sum.checked_add(slots));
    if slots.is_none_or(|slots| slots == 0) {
        let found =
            if slots.is_none() { "these are too many" } else { "there is room for no neighbour" };
        return Err(Error::input(format!("{d}.sel"), found));
    }
    let pairs = descriptor.exclude_types.iter().flatten().flatten();
    if let Some(t) = pairs.copied().find(|&t| t >= n) {
        return Err(Error::input(format!("{d}.exclude_types"), format!("there is no species {t}")));
    }
    Ok(())
}

fn precision(key: &str, name: &str) -> Result<Precision> {
    match name {
        "float64" | "double" | "default" => Ok(Precision::F64),
        "float32" | "single" => Ok(Precision::F32),
        _ => Err(Error::input(key, format!("this model uses the precision `{name}`"))
            .allowed("Supported are float64 and float32")),
    }
}

pub(super) fn activation(key: &str, name: Option<&str>) -> Result<Activation> {
    Ok(match name.unwrap_or("none").to_ascii_lowercase().as_str() {
        "tanh" => Activation::Tanh,
        "sigmoid" => Activation::Sigmoid,
        "softplus" => Activation::Softplus,
        "relu" => Activation::Relu,
        "gelu" | "gelu_tf" => Activation::GeluTanh,
        "silu" => Activation::Silu,
        "none" | "linear" => Activation::Identity,
        other => {
            return Err(Error::input(key, format!("this model uses the activation `{other}`"))
                .allowed("Supported are tanh, sigmoid, softplus, relu, gelu, silu and linear"));
        }
    })
}

fn first_network<'a>(key: &str, networks: &'a Networks) -> Result<&'a NetworkOf> {
    let first = networks.networks.first().and_then(Option::as_ref);
    first.ok_or_else(|| Error::input(key, "there are no networks"))
}

/// The layers of a network; `only_added`: time steps count only where inputs are added.
fn layers(
    key: &str,
    document: &Document,
    network: &NetworkOf,
    skip: Skip,
    only_added: bool,
) -> Result<Network> {
    let one = |(k, of): (usize, &LayerOf)| {
        let key = format!("{key}.networks[0].layers[{k}]");
        let tensor = document.tensor(&of.variables.w).map_err(|e| under(&key, e))?;
        let [n_in, n_out] = tensor.shape[..] else {
            return Err(Error::input(
                format!("{key}.w"),
                format!("its shape is {:?}", tensor.shape),
            )
            .allowed("Needed are two sides"));
        };
        let copies = if of.resnet { skip.copies(k, n_in, n_out) } else { 0 };
        let step = of.variables.idt.is_some() && (copies > 0 || !only_added);
        let activation = activation(&key, of.activation_function.as_deref())?;
        Ok(Layer { n_in, n_out, copies, step, activation })
    };
    Ok(Network { layers: network.layers.iter().enumerate().map(one).collect::<Result<_>>()? })
}

/// Refuses layers that do not go from `n_in` through these widths.
fn widths(key: &str, network: &Network, n_in: usize, outs: &[usize]) -> Result<()> {
    let mut expected = n_in;
    let fits = network.layers.len() == outs.len()
        && network.layers.iter().zip(outs).all(|(layer, &out)| {
            let fits = layer.n_in == expected && layer.n_out == out;
            expected = out;
            fits
        });
    if fits && !outs.is_empty() && !outs.contains(&0) {
        return Ok(());
    }
    let found: Vec<[usize; 2]> = network.layers.iter().map(|l| [l.n_in, l.n_out]).collect();
    Err(Error::input(key, format!("its layers are {found:?}"))
        .allowed(format!("Needed are layers from {n_in} through {outs:?}")))
}

/// The same error under a key.
fn under(key: &str, mut error: Error) -> Error {
    if let Error::Input(input) = &mut error {
        input.key =
            if input.key.is_empty() { key.to_owned() } else { format!("{key}.{}", input.key) };
    }
    error
}
