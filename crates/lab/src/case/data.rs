//! `[model] kind = "data"`: points and labels from files.

use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::split::{self, Features, Recipe, Split};
use crate::data::{Label, Options, Table, labels, read};

/// `[model] kind = "data"`: points with labels, from files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Data {
    /// The file: CSV, IDX (as MNIST has it, gzipped or not), NPY, NPZ or the binary of CIFAR-10; "digits" for
    /// the 1797 images of handwritten digits that are shipped. Its path begins at the folder of the case file.
    pub file: String,
    /// A second file with the labels, as IDX has them. Default: the labels are in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// A file of points to test on. Default: some of the first file are held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_file: Option<String>,
    /// A file with the labels of those. Default: they are in test-file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_labels: Option<String>,
    /// The column of the labels, by its name or its number from 1; the name of the array in NPZ.
    /// Default: the last column; the array "y".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<LabelAt>,
    /// The array of NPZ that holds the points. Default: "x".
    #[serde(default = "x")]
    pub points: String,
    /// Whether images are stored column by column, as those of EMNIST are. Default: false.
    #[serde(default)]
    pub transposed: bool,
    /// What numbers are divided by, or "standardise": to mean 0 and standard deviation 1. Default: 1; 16 for
    /// the digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// What is learned: "one-hot" for one number a class, "parity" for +1 where the label is even and -1
    /// where it is odd, "value" for the label itself. Default: "one-hot".
    #[serde(default = "one_hot")]
    pub target: Target,
    /// Which points are held out to test on: { every = 5 } for each fifth, or { share = 0.2, seed = 1 }.
    /// Default: { every = 5 }.
    #[serde(default)]
    pub held_out: Held,
    /// The digest of what the files hold; written by a run, which other data are refused by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Bytes of the files, in their order; whoever reads the case puts them here.
    #[serde(skip)]
    pub files: Vec<File>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The key that names it.
    pub key: &'static str,
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Where labels are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LabelAt {
    /// The number of a column, from 1.
    Column(usize),
    /// Its name.
    Name(String),
}

/// How numbers are scaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scale {
    /// Divided by a number.
    Divided(f64),
    /// By a word.
    Word(Standard),
}

/// A way to scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standard {
    /// To mean 0 and standard deviation 1 in training.
    Standardise,
}

/// What is learned of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// One number a class.
    OneHot,
    /// +1 or -1.
    Parity,
    /// The label.
    Value,
}

/// Which points are held out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Held {
    /// Each so manieth.
    Every {
        /// How manieth.
        every: usize,
    },
    /// A share of them.
    Share {
        /// The share.
        share: f64,
        /// The seed by which they are chosen.
        seed: u64,
    },
}

impl Default for Held {
    fn default() -> Self {
        Self::Every { every: 5 }
    }
}

fn x() -> String {
    "x".to_owned()
}

fn one_hot() -> Target {
    Target::OneHot
}

/// The name of the shipped images.
pub const DIGITS: &str = "digits";

/// The greatest pixel of the shipped images.
const INK: f64 = 16.0;

impl Data {
    /// The files it names, with their keys.
    pub fn named(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("model.file", Some(&self.file)),
            ("model.labels", self.labels.as_ref()),
            ("model.test-file", self.test_file.as_ref()),
            ("model.test-labels", self.test_labels.as_ref()),
        ];
        all.into_iter().filter_map(|(key, name)| Some((key, name?.as_str()))).collect()
    }

    /// A digest of what the files hold is taken of these.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.files.iter().map(|file| file.bytes.as_slice())
    }

    fn table(&self, key: &str) -> Result<Option<Table>> {
        let Some(file) = self.files.iter().find(|file| file.key == key) else { return Ok(None) };
        let label = self.label.as_ref().map(|label| match label {
            LabelAt::Column(k) => Label::Column(*k),
            LabelAt::Name(name) => Label::Named(name.clone()),
        });
        let options = Options {
            label: if key.ends_with("labels") { Some(Label::Absent) } else { label },
            x: self.points.clone(),
            transposed: self.transposed,
            ..Options::default()
        };
        read(&file.name, &file.bytes, &options).map(Some).map_err(said)
    }

    /// Points and their labels.
    fn labelled(&self, key: &str, labels: &str) -> Result<Option<Table>> {
        let Some(points) = self.table(key)? else { return Ok(None) };
        match self.table(labels)? {
            None => Ok(Some(points)),
            Some(labels) => points.with_labels(labels).map(Some),
        }
    }

    /// Training and test samples. `noise` is the share of training labels that are replaced, or the standard
    /// deviation of what is added to values.
    pub(super) fn split(&self, n: Option<usize>, noise: f64, stream: &Stream) -> Result<Split> {
        let missing = || Error::bug("the file of model.file was read");
        let table = self.labelled("model.file", "model.labels")?.ok_or_else(missing)?;
        let scale = match &self.scale {
            None if self.file == DIGITS => Features::Divided(INK),
            None => Features::Divided(1.0),
            Some(Scale::Divided(by)) => Features::Divided(*by),
            Some(Scale::Word(Standard::Standardise)) => Features::Standardised,
        };
        let target = match self.target {
            Target::OneHot => labels::Target::OneHot,
            Target::Parity => labels::Target::Parity,
            Target::Value => labels::Target::Value,
        };
        let recipe = Recipe {
            features: scale,
            target,
            held: match self.held_out {
                Held::Every { every } => split::Held::Every(every),
                Held::Share { share, seed } => split::Held::Share { share, seed },
            },
            train: n,
            noise: match (noise, self.target) {
                (0.0, _) => labels::Noise::Absent,
                (size, Target::Value) => labels::Noise::Gaussian(size),
                (share, _) => labels::Noise::Replaced(share),
            },
        };
        let split = match self.labelled("model.test-file", "model.test-labels")? {
            Some(test) => recipe.pair(&table, &test, stream),
            None => recipe.split(&table, stream),
        }
        .map_err(said)?;
        Ok(split)
    }
}

/// An error about data under the key of the case that can mend it; the file is named there already.
fn said(mut error: Error) -> Error {
    if let Error::Input(input) = &mut error {
        let known =
            [("label", "model.label"), ("labels", "model.labels"), ("train", "problem.samples")];
        let more =
            [("held", "model.held-out"), ("noise", "problem.noise"), ("scale", "model.scale")];
        let own = known.iter().chain(&more).find(|(key, _)| *key == input.key);
        if let Some((_, key)) = own {
            (*key).clone_into(&mut input.key);
            input.file.clear();
        }
    }
    error
}
