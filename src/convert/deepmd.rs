//! Cases from the training inputs of DeePMD-kit: `input.json`, or the same as YAML.
//!
//! An input of version 2 or 3 has the sections `model`, `learning_rate`, `loss`, `training` and, at
//! times, `optimizer`. Each becomes a section of a case with the same meaning to the last rounding: the
//! descent is that of TensorFlow, the rate falls as there. Keys that begin with `_` are comments. A key
//! that nothing knows is an error, and so is an option that is not supported: none is left out in
//! silence.
//!
//! Nothing is read from a disk here, so what depends on the data is handed on: the number of
//! iterations where epochs are asked for, and the names of the systems as they stand in the input.

use ground::{Error, Result};
use serde_json::Value as Json;
use toml::{Table, Value};

mod json;
mod keys;
mod loss;
mod model;
mod rate;
mod shapes;
mod systems;
mod training;

use keys::Section;

/// How the text of an input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// What the name of a file says: YAML where it ends in .yaml or .yml, else JSON.
    pub fn of(file: &str) -> Self {
        let end = file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if end == "yaml" || end == "yml" { Self::Yaml } else { Self::Json }
    }
}

/// What an input says.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// The sections of the case: `case`, `model`, `problem`, `representation`, `descent`, `run`. The
    /// names in `problem.data` and `problem.validation` are those of the input: they are taken from the
    /// working folder, not from the folder of the input.
    pub sections: Table,
    /// What somebody should know who has used the input with DeePMD-kit: one sentence each.
    pub notes: Vec<String>,
    /// The table of errors that is written on the way.
    pub curve: Output,
    /// The checkpoints: what their names begin with.
    pub checkpoint: Output,
    /// Passes over the data, where the input asks for those and `steps` was not given. Then
    /// `run.iterations` is absent and the rate not final: ask again with the iterations that they are.
    pub epochs: Option<f64>,
}

/// A file that a training writes, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name, from the working folder.
    pub file: String,
    /// Iterations between two times.
    pub every: u64,
}

/// The case that an input describes. `file` is what the user calls the input; `steps` replaces its
/// number of steps, before anything is computed from it.
///
/// ```
/// use esperance::convert::deepmd::{self, Format};
/// let json = r#"{ "model": { "type_map": ["O", "H"],
///                            "descriptor": { "type": "se_e2_a", "sel": [46, 92], "rcut": 6.0 },
///                            "fitting_net": { "neuron": [240, 240, 240] } },
///                 "learning_rate": { "start_lr": 0.001, "stop_lr": 3.51e-8 },
///                 "training": { "training_data": { "systems": ["data_0", "data_1"] },
///                               "numb_steps": 1000000 } }"#;
/// let case = deepmd::case_of(json, "input.json", Format::Json, None).unwrap();
/// assert_eq!(case.sections["representation"]["cutoff"].as_float(), Some(6.0));
/// assert_eq!(case.sections["descent"]["rate"]["every"].as_integer(), Some(5000));
/// ```
pub fn case_of(text: &str, file: &str, format: Format, steps: Option<u64>) -> Result<Converted> {
    tree(text, format)
        .and_then(|whole| converted(&whole, file, steps))
        .map_err(|error| error.in_file(file))
}

/// The tree of an input.
fn tree(text: &str, format: Format) -> Result<Json> {
    let text = text.trim_start_matches('\u{feff}');
    let (name, parsed) = match format {
        Format::Json => ("JSON", json::tree(text).map_err(|e| e.to_string())),
        Format::Yaml => ("YAML", serde_saphyr::from_str(text).map_err(|e| e.to_string())),
    };
    parsed.map_err(|said: String| {
        let said = said.lines().next().unwrap_or_default();
        Error::input("", format!("this is not {name}: {said}"))
            .allowed("Give a training input of DeePMD-kit, as JSON or as YAML")
    })
}

/// What an input calls a key of the case that it became, where it has a name for it.
pub(crate) fn name_of(key: &str) -> Option<&'static str> {
    let near = |of: &str| {
        key == of || key.strip_prefix(of).is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    NAMES.iter().find(|(of, _)| near(of)).map(|(_, name)| *name)
}

/// Keys of a case, those further in first, and what an input calls them.
const NAMES: [(&str, &str); 20] = [
    ("problem.data", "training.training_data.systems"),
    ("problem.validation", "training.validation_data.systems"),
    ("problem.batch", "training.training_data.batch_size"),
    ("problem.probabilities", "training.training_data.auto_prob"),
    ("problem.weights.energy", "loss.start_pref_e"),
    ("problem.weights.force", "loss.start_pref_f"),
    ("problem.weights.virial", "loss.start_pref_v"),
    ("problem.weights.atomic-energy", "loss.start_pref_ae"),
    ("problem.weights", "loss"),
    ("model.species", "model.type_map"),
    ("representation.selection", "model.descriptor.sel"),
    ("representation.cutoff", "model.descriptor.rcut"),
    ("representation.smooth-from", "model.descriptor.rcut_smth"),
    ("representation.axis", "model.descriptor.axis_neuron"),
    ("representation", "model.descriptor"),
    ("descent.rate", "learning_rate"),
    ("descent", "optimizer"),
    ("run.iterations", "training.numb_steps"),
    ("run.look-every", "training.disp_freq"),
    ("run.seed", "training.seed"),
];

fn converted(whole: &Json, file: &str, steps: Option<u64>) -> Result<Converted> {
    if whole.get("model").is_none_or(Json::is_null) {
        return Err(Error::input("model", "missing key")
            .allowed("A training input has the sections model, learning_rate, loss and training"));
    }
    let input = Section::of(Some(whole), &shapes::TOP)?.checked()?;
    let mut notes = Vec::new();
    let described = model::read(input, &mut notes)?;
    let asked = training::read(input, steps, &mut notes)?;
    let mut run = asked.run;
    run.insert("precision".into(), described.precision.into());
    let mut problem = asked.problem;
    loss::read(input, &mut problem)?;
    let descent = rate::read(input, asked.steps, &mut notes)?;
    let named = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let title = format!("Deep Potential, from {named}");
    let case = Table::from_iter([("version".to_owned(), 1.into()), ("title".into(), title.into())]);
    let sections = [
        ("case", case),
        ("model", described.model),
        ("problem", problem),
        ("representation", described.representation),
        ("descent", descent),
        ("run", run),
    ];
    Ok(Converted {
        sections: sections.map(|(name, keys)| (name.to_owned(), keys.into())).into_iter().collect(),
        notes,
        curve: asked.curve,
        checkpoint: asked.checkpoint,
        epochs: asked.epochs,
    })
}

/// A whole number, which the keys have bounded.
fn whole(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A list of values.
fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::Array(items.into_iter().map(Into::into).collect())
}

/// A table of a few keys.
fn table<const N: usize>(keys: [(&str, Value); N]) -> Table {
    keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}

#[cfg(test)]
mod tests;
