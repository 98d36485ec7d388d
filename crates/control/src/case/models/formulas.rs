//! `kind = "formulas"`: a problem of one's own.

use indexmap::IndexMap;

use frame::text::{Constant, Text};
use ground::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kept, Matrix};
use crate::model::formulas;

mod chance;
mod fitted;
mod names;
mod read;

/// `[model] kind = "formulas"`: a problem of your own, in formulas of names that you give. Formulas may name t
/// (the step, from 0), T, d, i (1, 2, …, d), pi, constants, series and states; `next`, `cost` and `reward`
/// also actions and noise, `constraints` actions, `start` noise alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Formulas {
    /// T, steps.
    #[schemars(range(min = 1))]
    pub horizon: usize,
    /// d, the length of the index vector i in formulas. Default: no i.
    #[serde(default)]
    pub dim: Option<usize>,
    /// β: costs of step t count β^t, that of the end β^T. Default: 1.
    #[serde(default)]
    pub discount: Option<f64>,
    /// What is known when an action is chosen: NAME = how it begins, a number, a list or a formula of noise; or
    /// { start = …, size = n } for n numbers.
    #[serde(default)]
    pub states: IndexMap<String, Begin>,
    /// What every state becomes: NAME = a formula.
    #[serde(default)]
    pub next: IndexMap<String, Text>,
    /// What is chosen.
    pub actions: IndexMap<String, Chosen>,
    /// What chance does in every step, independently of all before.
    #[serde(default)]
    pub noise: IndexMap<String, Noise>,
    /// Markov chains: states that no action moves.
    #[serde(default)]
    pub chains: IndexMap<String, Chain>,
    /// Numbers that are known beforehand, step by step, or prices that somebody has recorded.
    #[serde(default)]
    pub series: IndexMap<String, Recorded>,
    /// Names for numbers, lists (vectors) and lists of rows (matrices).
    #[serde(default)]
    pub constants: IndexMap<String, Constant>,
    /// What actions have to keep beside their own limits: "sum(c) <= E", "sum(w) == 1". Linear in the actions,
    /// with constant coefficients; what they are set beside may be any formula of t, series and states.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// How constraints are kept: "shares" of what is allowed, for limits and sums; "projection" to the nearest
    /// allowed action, for everything linear; "penalty": not at all in training, where the squares of what is
    /// beyond, times `penalty`, are a cost; the answer brings what was asked to the nearest allowed action.
    /// Default: "shares" where they can be, else "projection".
    #[serde(default)]
    pub limits: Option<Kept>,
    /// The weight of the squares, with limits = "penalty". Default: 100.
    #[serde(default)]
    pub penalty: Option<f64>,
    /// What is paid in a step: a formula that gives a number. Either this or `reward`.
    #[serde(default)]
    pub cost: Option<Text>,
    /// What is earned in a step.
    #[serde(default)]
    pub reward: Option<Text>,
    /// What is paid, or earned, at the end: a formula of the last states. Default: 0.
    #[serde(default)]
    pub end: Option<Text>,
    /// What a policy sees: a list of formulas. Default: all states.
    #[serde(default)]
    pub seen: Option<Vec<String>>,
    /// Rules that learn nothing, to compare with: NAME = { ACTION = a formula, … }. What they do is brought to
    /// the nearest allowed action.
    #[serde(default)]
    pub rules: IndexMap<String, IndexMap<String, Text>>,
}

/// How a state begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Begin {
    /// A number.
    Number(f64),
    /// A list.
    List(Vec<f64>),
    /// A formula of noise.
    Formula(String),
    /// So many numbers.
    Sized(Sized),
}

/// How a list of numbers begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sized {
    /// A number for all of them, or a formula of noise.
    pub start: Text,
    /// How many.
    #[schemars(range(min = 1))]
    pub size: usize,
}

/// What is chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Chosen {
    /// How many numbers. Default: one number, which is no list.
    pub size: Option<usize>,
    /// The least it may be: a formula. Default: no limit.
    pub low: Option<Text>,
    /// The most it may be: a formula. Default: no limit.
    pub high: Option<Text>,
    /// Where a policy begins, where there are not two limits: a formula. Default: 0.
    pub centre: Option<Text>,
    /// How far it moves when its network says 1, where there are not two limits: a formula. Default: 1.
    pub unit: Option<Text>,
    /// What is done at the last step, where nothing is left to choose: a formula.
    pub last: Option<Text>,
}

/// What chance does in a step: { normal = n } for n standard normal numbers, or with `covariance`; { low = a,
/// high = b } for a uniform number; { values = […], probabilities = […] } for one of some outcomes, each a
/// number or a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Noise {
    /// How many normal numbers, as a list; true for one that is none.
    pub normal: Option<Count>,
    /// Their covariance: a number (times the identity), a list (the diagonal), rows or a pattern.
    pub covariance: Option<Matrix>,
    /// The least of a uniform number.
    pub low: Option<f64>,
    /// The most of a uniform number.
    pub high: Option<f64>,
    /// Outcomes: numbers, or lists of one length.
    pub values: Option<Outcomes>,
    /// The probability of each outcome. Default: equal.
    pub probabilities: Option<Vec<f64>>,
}

/// How many numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Count {
    /// One number.
    One(bool),
    /// A list.
    Many(usize),
}

/// Outcomes of chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Outcomes {
    /// Numbers.
    Numbers(Vec<f64>),
    /// Lists of one length.
    Lists(Vec<Vec<f64>>),
}

/// A Markov chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Chain {
    /// What it can be.
    pub values: Vec<f64>,
    /// A row for each value: the probabilities of all values after it.
    pub transitions: Vec<Vec<f64>>,
    /// The first value.
    pub start: f64,
}

/// Numbers, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Recorded {
    /// One a step, or a list a step. A `file` gives them as well.
    pub values: Option<Outcomes>,
    /// A CSV or .npy file, beside the case file: its numbers stand in `values` of the complete case.
    pub file: Option<String>,
    /// The column: its name, or its number from 1. Default: the only column of numbers.
    pub column: Option<Column>,
    /// The column of dates or times, or "none". Default: the first that holds no numbers.
    pub time: Option<Column>,
    /// How dates are written, such as "%d/%m/%Y". Default: found where it is clear.
    pub format: Option<String>,
    /// The sign before decimals, "." or ",". Default: found where it is clear.
    pub decimal: Option<String>,
    /// What separates columns: ",", ";" or "tab". Default: found.
    pub separator: Option<String>,
    /// What is done about steps that lack: "refuse" or "join". Default: "refuse".
    pub gaps: Option<String>,
    /// What they are: "known" beforehand, from the first step on; "reverting": prices whose mean, reversion and
    /// noise are estimated from them, a state that goes on from the last; "windows": a path is a stretch of the
    /// record that begins anywhere. Default: "known".
    pub r#as: As,
    /// Whether logarithms revert. Default: false.
    pub log: bool,
    /// The share of the record, at its end, that is held back for the answer. Default: 0.25 for windows.
    pub held: Option<f64>,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Column {
    /// Its number, from 1.
    Number(usize),
    /// Its name.
    Name(String),
}

/// What a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum As {
    /// Known beforehand.
    #[default]
    Known,
    /// What a mean-reverting model is fitted to.
    Reverting,
    /// Paths.
    Windows,
}

impl Formulas {
    /// The model.
    pub fn model(&self) -> Result<formulas::Formulas> {
        formulas::Formulas::new(self.definition()?)
    }
}
