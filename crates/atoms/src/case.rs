//! The parameters of a case file, documented.
//!
//! These structs are the documentation: `explain` and the schema are made from the comments below.

use std::collections::BTreeMap;

use frame::{Descent, Job, Params, Posed, Schedule};
use ground::kernel::network::Activation;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod data;
pub mod representation;
pub mod start;

pub use data::Data;
pub use representation::{Representation, Room};
pub use start::Start;

use start::Begun;

use crate::problem::{Batches, Embedding, ForceMatching, PerAtom, Weight, Weights};
use crate::training::Training;

/// `[model] kind = "atoms"`: atoms whose potential energy is sought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Model {
    /// Names of the species, in the order of types. Default: those of the data, as they appear.
    pub species: Vec<String>,
}

/// `[problem] kind = "force-matching"`: a potential whose energies, forces and virials are those of
/// labelled frames. [ZHW18]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Problem {
    /// Labelled frames: a file or folder, or a list of them, relative to the case file; every system
    /// below a folder is one. What begins with "shipped:" is brought by the program.
    #[serde(default)]
    pub data: Paths,
    /// Where the data can be had, for a case that does not bring them. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Frames to judge by: a file or folder, or a list of them. Default: none.
    #[serde(default)]
    pub validation: Paths,
    /// The share of the frames of `data` that is set aside to judge by where `validation` is empty, 0
    /// for none. Default: 0.1.
    #[serde(default = "held_out")]
    #[schemars(range(min = 0.0, max = 0.9))]
    pub held_out: f64,
    /// What makes a batch: { atoms = 32 }, frames of all systems mixed, about so many atoms; { frames = 1
    /// }, so many frames of one system, a number for all or a list with one for each system; { auto = 32
    /// }, frames of one system, the fewest with so many atoms. Default: { atoms = 32 }.
    #[serde(default)]
    pub batch: Batch,
    /// Of the systems, one number each, where batches are of one system. Default: every batch once an
    /// epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Vec<f64>>,
    /// Of the terms of the loss.
    #[serde(default)]
    pub weights: Terms,
    /// What energies and virials are divided by in the loss: "n", the number of atoms, or "n2", its
    /// square. Default: "n".
    #[serde(default)]
    pub per_atom: Divisor,
    /// Whether weights are rounded to single precision, as TensorFlow has them. Default: false.
    #[serde(default)]
    pub single_weights: bool,
    /// The SHA-256 of all frames and labels: other data are refused. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A path, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// What makes a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Batch {
    /// Frames of all systems mixed, about so many atoms.
    Atoms(usize),
    /// So many frames of one system.
    Frames(Counts),
    /// Frames of one system, the fewest with so many atoms.
    Auto(usize),
}

/// A number for all systems, or one for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Counts {
    /// For all.
    One(usize),
    /// One for each.
    Each(Vec<usize>),
}

/// The weights of the terms of the loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Terms {
    /// Of squares of energies, 1/eV²: a number, or { from, to }, which follows the rate of the descent.
    /// Default: { from = 0.02, to = 1 }.
    pub energy: Fall,
    /// Of squares of force components, Å²/eV². Default: { from = 1000, to = 1 }.
    pub force: Fall,
    /// Of squares of virial components, 1/eV². Default: 0.
    pub virial: Fall,
    /// Of squares of atomic energies, 1/eV². Default: 0.
    pub atomic_energy: Fall,
}

/// A weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Fall {
    /// The same always.
    Number(f64),
    /// From one number to another as the rate falls.
    FromTo(FromTo),
}

/// From one number to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FromTo {
    /// At the start.
    pub from: f64,
    /// Where the rate is zero.
    pub to: f64,
}

/// What energies and virials are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Divisor {
    /// N.
    #[default]
    N,
    /// N².
    N2,
}

fn held_out() -> f64 {
    0.1
}

impl Default for Paths {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Paths {
    /// One after another.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::Atoms(32)
    }
}

impl Default for Terms {
    fn default() -> Self {
        let fall = |from, to| Fall::FromTo(FromTo { from, to });
        let zero = Fall::Number(0.0);
        Self {
            energy: fall(0.02, 1.0),
            force: fall(1000.0, 1.0),
            virial: zero,
            atomic_energy: zero,
        }
    }
}

impl From<Fall> for Weight {
    fn from(fall: Fall) -> Self {
        match fall {
            Fall::Number(value) => Self::constant(value),
            Fall::FromTo(FromTo { from, to }) => Self { from, to },
        }
    }
}

/// A job from the sections of a case and its data, and the weights it starts from where they are those of
/// a potential; `rate` is that of the descent, over so many iterations. Errors carry the key.
pub fn job(
    (model, problem, representation): (&Model, &Problem, &Representation),
    data: Data,
    rate: (Schedule, u64),
    descent: Box<dyn Descent<Training>>,
) -> Result<(Box<dyn Job>, Option<Params>)> {
    let (start, seed) = (data.start.clone(), data.seed);
    let data = data.of_species(model)?;
    let Begun { form, theta } = match start {
        Some(start) => start.begin(representation, &data, seed)?,
        None => Begun { form: representation.form(&data)?, theta: None },
    };
    let problem = problem.pose(&data, representation.embedding(), rate)?;
    problem.check()?;
    Ok((Box::new(Posed { problem, form, descent }), theta))
}

impl Problem {
    /// What makes a batch, from the atoms of every frame, system by system.
    pub fn batches(&self, sizes: &[Vec<usize>]) -> Result<Batches> {
        let each = |counts: &Counts| match counts {
            Counts::One(n) => vec![*n; sizes.len()],
            Counts::Each(all) => all.clone(),
        };
        let no_zero = |n: usize| {
            if n > 0 {
                return Ok(n);
            }
            Err(Error::input("problem.batch", "a batch of no atoms").allowed("Write at least 1"))
        };
        let mut batches = match &self.batch {
            Batch::Atoms(atoms) => Batches::Mixed { atoms: no_zero(*atoms)? },
            Batch::Auto(atoms) => Batches::of_atoms(sizes, no_zero(*atoms)?),
            Batch::Frames(counts) => Batches::Frames { counts: each(counts), probabilities: None },
        };
        if let Some(all) = &self.probabilities {
            let Batches::Frames { probabilities, .. } = &mut batches else {
                return Err(Error::input("problem.probabilities", "batches mix all systems")
                    .allowed(
                        "Write problem.batch = { frames = … } or { auto = … }, or leave it out",
                    ));
            };
            *probabilities = Some(all.clone());
        }
        batches.check(sizes.len())?;
        Ok(batches)
    }

    /// The problem on parted data.
    pub fn pose(
        &self,
        data: &data::Parted,
        embedding: Embedding,
        rate: (Schedule, u64),
    ) -> Result<ForceMatching> {
        let batches = self.batches(&data.sizes())?;
        let Terms { energy, force, virial, atomic_energy } = self.weights;
        Ok(ForceMatching {
            species: data.species.clone(),
            training: data.training.clone(),
            systems: data.systems.clone(),
            validation: data.validation.clone(),
            batches,
            weights: Weights {
                energy: energy.into(),
                force: force.into(),
                virial: virial.into(),
                atomic: atomic_energy.into(),
                per_atom: match self.per_atom {
                    Divisor::N => PerAtom::Once,
                    Divisor::N2 => PerAtom::Squared,
                },
                single: self.single_weights,
            },
            rate,
            embedding,
        })
    }
}

/// What a layer does to each number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bend {
    /// tanh x.
    #[default]
    Tanh,
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// ln(1 + eˣ).
    Softplus,
    /// max(x, 0).
    Relu,
    /// ½ x (1 + tanh(√(2/π)(x + 0.044715 x³))).
    GeluTanh,
    /// x/(1 + e⁻ˣ).
    Silu,
    /// x.
    Identity,
}

impl From<Bend> for Activation {
    fn from(bend: Bend) -> Self {
        match bend {
            Bend::Tanh => Self::Tanh,
            Bend::Sigmoid => Self::Sigmoid,
            Bend::Softplus => Self::Softplus,
            Bend::Relu => Self::Relu,
            Bend::GeluTanh => Self::GeluTanh,
            Bend::Silu => Self::Silu,
            Bend::Identity => Self::Identity,
        }
    }
}

/// Energies of atoms alone, by species, eV.
pub type Alone = BTreeMap<String, f64>;
