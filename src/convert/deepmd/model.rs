//! `model`: the species, the descriptor, the fitting networks.

use ground::{Error, Result};
use serde_json::Value as Json;
use toml::{Table, Value};

use super::keys::{Section, count, one_of, wrong};
use super::{list, shapes, table, whole};
use crate::cases::schema::nearest;

/// What a model says.
#[derive(Debug)]
pub(super) struct Described {
    /// `[model]`.
    pub(super) model: Table,
    /// `[representation]`.
    pub(super) representation: Table,
    /// Of all numbers: "f32" or "f64".
    pub(super) precision: &'static str,
}

/// Descriptors that DeePMD-kit has and this program does not train, with what to do.
const DESCRIPTORS: [(&[&str], &str); 4] = [
    (
        &["se_e2_r", "se_r", "se_e3", "se_at", "se_a_3be", "hybrid", "loc_frame"],
        "Write \"se_e2_a\", or train with DeePMD-kit",
    ),
    (
        &["dpa1", "se_atten", "se_atten_v2", "dpa2", "dpa3", "dpa4", "DPA4", "SeZM", "sezm"],
        "Write \"se_e2_a\", and learn from frames that the larger model has labelled",
    ),
    (
        &["se_e3_tebd", "se_a_tpe", "se_a_ebd", "se_a_ebd_v2"],
        "Write \"se_e2_a\", which has a network for each species",
    ),
    (&["se_a_mask"], "Write \"se_e2_a\"; frames may differ in their atoms here"),
];

/// Fitting networks that DeePMD-kit has.
const FITTINGS: [&str; 9] = [
    "dos",
    "dipole",
    "polar",
    "property",
    "population",
    "ener_spin",
    "dens",
    "dpa4_ener",
    "sezm_ener",
];

/// Model types that DeePMD-kit has.
const MODELS: [&str; 5] = ["frozen", "pairtab", "linear_ener", "pairwise_dprc", "dpa4"];

/// Activations there and here.
const ACTIVATIONS: [(&str, &str); 10] = [
    ("tanh", "tanh"),
    ("sigmoid", "sigmoid"),
    ("softplus", "softplus"),
    ("relu", "relu"),
    ("gelu", "gelu-tanh"),
    ("gelu_tf", "gelu-tanh"),
    ("silu", "silu"),
    ("linear", "identity"),
    ("none", "identity"),
    ("None", "identity"),
];

/// Reads `model`.
pub(super) fn read(input: Section<'_>, notes: &mut Vec<String>) -> Result<Described> {
    let model = input.below("model", &shapes::MODEL)?;
    kind(model, "standard", &["standard"], |name| MODELS.contains(&name).then_some(""))?;
    let model = model.checked()?;
    for (key, write) in [("descriptor", "{ \"type\": \"se_e2_a\" }"), ("fitting_net", "{}")] {
        let there = model.get(key).map(|_| ());
        model.needed(key, there, &format!("Write at least {write}"))?;
    }
    let descriptor = model.below("descriptor", &shapes::DESCRIPTOR)?;
    let known = |name: &str| {
        DESCRIPTORS.iter().find(|(names, _)| names.contains(&name)).map(|(_, way)| *way)
    };
    kind(descriptor, "se_e2_a", &["se_e2_a", "se_a"], known)?;
    let descriptor = descriptor.checked()?;
    let fitting = model.below("fitting_net", &shapes::FITTING)?;
    kind(fitting, "ener", &["ener"], |name| FITTINGS.contains(&name).then_some(""))?;
    let fitting = fitting.checked()?;

    let species = species(model)?;
    let mut representation = table([("kind", "deep-potential".into())]);
    describe(descriptor, species.as_deref(), &mut representation)?;
    fit(fitting, species.as_deref(), &mut representation)?;
    if let Some(floor) = model.number("data_stat_protect", 0.0)? {
        representation.insert("deviation-floor".into(), floor.into());
    }
    if fitting.get("rcond").is_some() {
        notes.push(
            "model.fitting_net.rcond has no effect: energies of species start from a fit by least \
             squares that needs no such number."
                .to_owned(),
        );
    }
    let mut kept = table([("kind", "atoms".into())]);
    if let Some(species) = species {
        kept.insert("species".into(), list(species));
    }
    Ok(Described { model: kept, representation, precision: precision(descriptor, fitting)? })
}

/// Refuses a section whose type is none of `supported`; `known` says what to do about some others.
fn kind(
    section: Section<'_>,
    default: &'static str,
    supported: &[&str],
    known: impl Fn(&str) -> Option<&'static str>,
) -> Result<()> {
    let found = section.text("type")?.unwrap_or(default);
    if supported.contains(&found) {
        return Ok(());
    }
    let path = section.path("type");
    let write = format!("Write {}", one_of(supported));
    Err(match known(found) {
        Some(way) => {
            let way = if way.is_empty() {
                format!("{write}, or train with DeePMD-kit")
            } else {
                way.to_owned()
            };
            Error::input(path, format!("`{found}` is not supported in training")).allowed(way)
        }
        None => Error::input(path, format!("unknown word `{found}`"))
            .nearest(nearest(found, supported.iter().copied()))
            .allowed(write),
    })
}

/// The names of the species, in the order of their numbers.
fn species(model: Section<'_>) -> Result<Option<Vec<String>>> {
    let write = "Write a list of names, such as [\"O\", \"H\"]";
    let names = |value: &Json| -> Option<Vec<String>> {
        let names = value.as_array()?.iter();
        let names: Option<Vec<String>> =
            names.map(|name| name.as_str().map(str::to_owned)).collect();
        names.filter(|names| !names.is_empty())
    };
    let names = model.read("type_map", names, write)?;
    for (k, name) in names.iter().flatten().enumerate() {
        if names.iter().flatten().take(k).any(|before| before == name) {
            let found = format!("`{name}` is there twice");
            return Err(Error::input(model.path("type_map"), found).allowed("Write each name once"));
        }
    }
    Ok(names)
}

/// The species, where something is said by their numbers.
fn numbered<'s>(
    section: Section<'_>,
    key: &str,
    species: Option<&'s [String]>,
) -> Result<&'s [String]> {
    species.ok_or_else(|| {
        Error::input("model.type_map", "missing key").allowed(format!(
            "Write the names of the species in the order that {} counts them, such as [\"O\", \"H\"]",
            section.path(key)
        ))
    })
}

fn describe(section: Section<'_>, species: Option<&[String]>, into: &mut Table) -> Result<()> {
    let cutoff = section.positive("rcut")?.unwrap_or(6.0);
    let smooth = section.number("rcut_smth", 0.0)?.unwrap_or(0.5);
    if smooth >= cutoff {
        let found = format!("{smooth} is not below rcut = {cutoff}");
        return Err(Error::input(section.path("rcut_smth"), found)
            .allowed("Write the distance from which neighbours count less, below rcut"));
    }
    let embedding = section.widths("neuron", &[10, 20, 40])?;
    let axis = section.whole("axis_neuron", 1)?.unwrap_or(4);
    if let Some(last) = embedding.last().filter(|last| axis > **last) {
        let found = format!("{axis} is more than the last of neuron, {last}");
        return Err(Error::input(section.path("axis_neuron"), found)
            .allowed(format!("Write a whole number, 1 to {last}")));
    }
    into.extend(table([
        ("cutoff", cutoff.into()),
        ("smooth-from", smooth.into()),
        ("selection", selection(section, species)?),
        ("embedding", list(embedding.into_iter().map(whole))),
        ("embedding-steps", section.truth("resnet_dt", false)?.into()),
        ("axis", whole(axis)),
        ("one-sided", section.truth("type_one_side", false)?.into()),
        ("activation", activation(section)?.into()),
        ("mean-free", section.truth("set_davg_zero", false)?.into()),
    ]));
    let excluded = excluded(section, species)?;
    if !excluded.is_empty() {
        into.insert("exclude".into(), Value::Array(excluded));
    }
    Ok(())
}

fn fit(section: Section<'_>, species: Option<&[String]>, into: &mut Table) -> Result<()> {
    let fitting = section.widths("neuron", &[120, 120, 120])?;
    into.extend(table([
        ("fitting", list(fitting.into_iter().map(whole))),
        ("fitting-steps", section.truth("resnet_dt", true)?.into()),
        ("fitting-activation", activation(section)?.into()),
    ]));
    let energies = atom_energies(section, species)?;
    if !energies.is_empty() {
        into.insert("atom-energies".into(), energies.into());
    }
    Ok(())
}

/// `sel`: how many neighbours of each species.
fn selection(section: Section<'_>, species: Option<&[String]>) -> Result<Value> {
    let write =
        "Write \"auto\", \"auto:\" with a factor above 1, or a list: neighbours of each species";
    let Some((path, value)) = section.get("sel") else { return Ok("auto".into()) };
    if let Some(text) = value.as_str() {
        let factor = text.strip_prefix("auto:").map(str::parse);
        return match factor {
            None if text == "auto" => Ok("auto".into()),
            Some(Ok::<f64, _>(factor)) if factor >= 1.0 && factor.is_finite() => Ok(text.into()),
            _ => Err(wrong(path, value, write)),
        };
    }
    let numbers =
        value.as_array().and_then(|all| all.iter().map(count).collect::<Option<Vec<_>>>());
    let numbers = numbers.filter(|numbers| numbers.iter().any(|n| *n > 0));
    let numbers = numbers.ok_or_else(|| wrong(&path, value, write))?;
    let n = numbered(section, "sel", species)?.len();
    if numbers.len() != n {
        let found = format!("a list of length {} for {n} species", numbers.len());
        return Err(Error::input(path, found).allowed("Write one for each name in model.type_map"));
    }
    Ok(list(numbers.into_iter().map(whole)))
}

/// Pairs of species that do not see each other.
fn excluded(section: Section<'_>, species: Option<&[String]>) -> Result<Vec<Value>> {
    let pair = |value: &Json| match value.as_array()?.as_slice() {
        [one, other] => Some([count(one)?, count(other)?]),
        _ => None,
    };
    let pairs = |value: &Json| value.as_array()?.iter().map(pair).collect::<Option<Vec<_>>>();
    let write = "Write a list of pairs of species by number, from 0: [[0, 1]]";
    let pairs = section.read("exclude_types", pairs, write)?.unwrap_or_default();
    let name = |number: u64| {
        let species = numbered(section, "exclude_types", species)?;
        let found = usize::try_from(number).ok().and_then(|k| species.get(k));
        found.cloned().ok_or_else(|| {
            let found = format!("there is no species {number}");
            let last = species.len() - 1;
            Error::input(section.path("exclude_types"), found)
                .allowed(format!("The names in model.type_map have the numbers 0 to {last}"))
        })
    };
    pairs.into_iter().map(|[one, other]| Ok(list([name(one)?, name(other)?]))).collect()
}

/// Energies of atoms alone.
fn atom_energies(section: Section<'_>, species: Option<&[String]>) -> Result<Table> {
    let number = |value: &Json| if value.is_null() { Some(None) } else { value.as_f64().map(Some) };
    let numbers = |value: &Json| value.as_array()?.iter().map(number).collect::<Option<Vec<_>>>();
    let write = "Write a list of numbers, one for each species, null where it is to be fitted";
    let numbers = section.read("atom_ener", numbers, write)?.unwrap_or_default();
    if numbers.iter().all(Option::is_none) {
        return Ok(Table::new());
    }
    let species = numbered(section, "atom_ener", species)?;
    if numbers.len() != species.len() {
        let found = format!("a list of length {} for {} species", numbers.len(), species.len());
        return Err(Error::input(section.path("atom_ener"), found).allowed(write));
    }
    let named = species.iter().zip(numbers);
    Ok(named.filter_map(|(name, energy)| Some((name.clone(), energy?.into()))).collect())
}

fn activation(section: Section<'_>) -> Result<&'static str> {
    let found = section.text("activation_function")?.unwrap_or("tanh");
    ACTIVATIONS.iter().find(|(there, _)| *there == found).map(|(_, here)| *here).ok_or_else(|| {
        let path = section.path("activation_function");
        let known = ACTIVATIONS.map(|(there, _)| there);
        let error = if ["relu6", "silut"].contains(&found) || found.starts_with("silut:") {
            Error::input(path, format!("`{found}` is not supported"))
        } else {
            Error::input(path, format!("unknown word `{found}`")).nearest(nearest(found, known))
        };
        error.allowed(format!("Write {}", one_of(&known[..9])))
    })
}

/// One precision for everything.
fn precision(descriptor: Section<'_>, fitting: Section<'_>) -> Result<&'static str> {
    let [one, other] = [descriptor, fitting].map(|section| {
        let path = section.path("precision");
        Ok(match section.text("precision")?.unwrap_or("default") {
            "default" | "float64" => "f64",
            "float32" => "f32",
            known @ ("float16" | "bfloat16") => {
                return Err(Error::input(path, format!("`{known}` is not supported"))
                    .allowed("Write \"float32\" or \"float64\""));
            }
            found => {
                return Err(Error::input(path, format!("unknown word `{found}`"))
                    .nearest(nearest(found, ["default", "float32", "float64"]))
                    .allowed("Write \"float32\" or \"float64\""));
            }
        })
    });
    let (one, other) = (one?, other?);
    if one == other {
        return Ok(one);
    }
    let long = |short| if short == "f32" { "float32" } else { "float64" };
    let found = format!("this is {}, that of the descriptor {}", long(other), long(one));
    Err(Error::input(fitting.path("precision"), found)
        .allowed("Write one precision to both: all networks have the same here"))
}
