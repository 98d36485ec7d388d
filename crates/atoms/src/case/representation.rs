//! `[representation]`: the descriptor and the networks.

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data::Parted;
use super::{Alone, Bend};
use crate::form::network::Skip;
use crate::form::{DeepPotential, Empty, Network, Switch};
use crate::model::Snapshot;
use crate::problem::Embedding;
use crate::problem::statistics::{Environments, bias};

/// The most neighbours that there is room for.
const MOST: usize = 20_000;

/// `[representation] kind = "deep-potential"`: the energy of an atom from a network of what stands around
/// it, smooth edition, with full information of the two-body embedding (`se_e2_a`). [ZHW18]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Representation {
    /// Where the environment of an atom ends, Å. Default: 6.
    pub cutoff: f64,
    /// Where its weight begins to fall, Å. Default: 0.5.
    pub smooth_from: f64,
    /// Room for neighbours, one number a species: their sum is N_c, the scale of the descriptor, and no
    /// neighbour is ever left out. "auto": 1.1 times the most there are, rounded up to a multiple of 4;
    /// "auto:1.2": another factor. Default: "auto".
    pub selection: Room,
    /// Widths of the embedding network. Default: [25, 50, 100].
    pub embedding: Vec<usize>,
    /// Whether its layers that add their inputs have time steps. Default: false.
    pub embedding_steps: bool,
    /// M_<, how many features are paired with all. Default: 16.
    #[schemars(range(min = 1))]
    pub axis: usize,
    /// Whether an embedding depends on the species of the neighbour alone. Default: true.
    pub one_sided: bool,
    /// Of the embedding: "tanh", "sigmoid", "softplus", "relu", "gelu-tanh", "silu" or "identity". Default:
    /// "tanh".
    pub activation: Bend,
    /// Widths of the hidden layers of the fitting networks. Default: [240, 240, 240].
    pub fitting: Vec<usize>,
    /// Whether their layers that add their inputs have time steps. Default: true.
    pub fitting_steps: bool,
    /// Of the fitting networks. Default: "tanh".
    pub fitting_activation: Bend,
    /// Whether radial components keep their mean, so that empty places add nothing. Default: false.
    pub mean_free: bool,
    /// Pairs of species that do not see each other. Default: none.
    pub exclude: Vec<[String; 2]>,
    /// Deviations of environments below this are taken for it. Default: 0.01.
    #[schemars(range(min = 0.0))]
    pub deviation_floor: f64,
    /// Energies of atoms alone, eV, by species: there the energy is counted from. Default: none.
    pub atom_energies: Alone,
    /// How embeddings are computed in training: "nodes", on a grid between whose nodes features are
    /// polynomials, with their error measured; or "networks", at every neighbour. Default: "nodes".
    pub embeddings: Way,
}

/// Room for neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Room {
    /// "auto", "auto:1.2".
    Auto(String),
    /// One number a species.
    Counts(Vec<usize>),
}

/// How embeddings are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// On nodes.
    #[default]
    Nodes,
    /// At every neighbour.
    Networks,
}

impl Default for Representation {
    fn default() -> Self {
        Self {
            cutoff: 6.0,
            smooth_from: 0.5,
            selection: Room::Auto("auto".to_owned()),
            embedding: vec![25, 50, 100],
            embedding_steps: false,
            axis: 16,
            one_sided: true,
            activation: Bend::Tanh,
            fitting: vec![240; 3],
            fitting_steps: true,
            fitting_activation: Bend::Tanh,
            mean_free: false,
            exclude: Vec::new(),
            deviation_floor: 0.01,
            atom_energies: Alone::new(),
            embeddings: Way::Nodes,
        }
    }
}

impl Representation {
    /// How embeddings are computed.
    pub fn embedding(&self) -> Embedding {
        match self.embeddings {
            Way::Nodes => Embedding::Nodes,
            Way::Networks => Embedding::Networks,
        }
    }

    /// The form, with what it takes from the data.
    pub fn form(&self, data: &Parted) -> Result<DeepPotential> {
        let switch = Switch::new(self.smooth_from, self.cutoff).map_err(|_| {
            let found = format!("the weight falls from {} to {} Å", self.smooth_from, self.cutoff);
            Error::input("representation.smooth-from", found)
                .allowed("It is at least 0 and less than representation.cutoff")
        })?;
        self.widths()?;
        let n = data.species.len();
        let training: Vec<&Snapshot> = data.training.iter().collect();
        let found = Environments::of(&training, n, switch)?;
        let selection = self.room(&found, n)?;
        let slots = selection.iter().sum();
        let mut statistics = found.statistics(slots, self.deviation_floor, self.cutoff);
        if self.mean_free {
            for s in &mut statistics {
                s.mean = 0.0;
            }
        }
        let labelled = data.training.iter().filter_map(|s| Some((&*s.types, s.labels.energy?)));
        let mut bias = bias(labelled, n)?;
        let mut from_vacuum = vec![false; n];
        for (name, energy) in &self.atom_energies {
            let at = place(&data.species, name, "representation.atom-energies")?;
            (bias[at], from_vacuum[at]) = (*energy, true);
        }
        let pair = |[a, b]: &[String; 2]| {
            let key = "representation.exclude";
            Ok([place(&data.species, a, key)?, place(&data.species, b, key)?])
        };
        let widths = |first: usize, rest: &[usize]| [&[first], rest].concat();
        let features = self.embedding.last().copied().unwrap_or(0);
        Ok(DeepPotential {
            species: data.species.clone(),
            switch,
            selection,
            one_sided: self.one_sided,
            embedding: Network::new(
                &widths(1, &self.embedding),
                self.activation.into(),
                Skip::Doubling,
                self.embedding_steps,
            ),
            axis: self.axis,
            fitting: Network::new(
                &widths(features * self.axis, &self.fitting),
                self.fitting_activation.into(),
                Skip::Equal,
                self.fitting_steps,
            )
            .with_output(),
            statistics,
            bias,
            from_vacuum,
            excluded: self.exclude.iter().map(pair).collect::<Result<_>>()?,
            empty: Empty::Silent,
        })
    }

    fn widths(&self) -> Result<()> {
        let lists = [("embedding", &self.embedding), ("fitting", &self.fitting)];
        for (key, widths) in lists {
            if widths.is_empty() || widths.contains(&0) {
                let found = format!("{widths:?} are no widths");
                return Err(Error::input(format!("representation.{key}"), found)
                    .allowed("Write one or more whole numbers, each at least 1"));
            }
        }
        let features = self.embedding.last().copied().unwrap_or(0);
        if self.axis > features {
            let found = format!("{} of {features} features", self.axis);
            return Err(Error::input("representation.axis", found)
                .allowed("It is at most the last width of the embedding"));
        }
        Ok(())
    }

    /// Room for neighbours, one number a species.
    pub(super) fn room(&self, found: &Environments, species: usize) -> Result<Vec<usize>> {
        let key = "representation.selection";
        match &self.selection {
            Room::Counts(counts) if counts.iter().any(|&n| n > MOST) => {
                let most = counts.iter().max().copied().unwrap_or(0);
                Err(Error::input(key, format!("room for {most} neighbours"))
                    .allowed(format!("No atom has more than {MOST}; \"auto\" counts them")))
            }
            Room::Counts(counts) if counts.len() == species && counts.iter().any(|&n| n > 0) => {
                Ok(counts.clone())
            }
            Room::Counts(counts) => {
                let found = format!("{} numbers for {species} species", counts.len());
                Err(Error::input(key, found).allowed("Write one a species, or \"auto\""))
            }
            Room::Auto(text) => {
                let by = match text.split_once(':') {
                    None if text == "auto" => Some(1.1),
                    Some(("auto", factor)) => factor.parse().ok(),
                    _ => None,
                };
                let by = by.filter(|by: &f64| *by >= 1.0 && *by <= 100.0).ok_or_else(|| {
                    Error::input(key, format!("`{text}` says nothing of room"))
                        .allowed("Write \"auto\", \"auto:1.2\" or one number a species")
                })?;
                Ok(found.selection(by))
            }
        }
    }
}

/// Which species a name is.
fn place(species: &[String], name: &str, key: &str) -> Result<usize> {
    species.iter().position(|other| other == name).ok_or_else(|| {
        Error::input(key, format!("`{name}` is not a species here"))
            .allowed(format!("Known here: {}", species.join(", ")))
    })
}
