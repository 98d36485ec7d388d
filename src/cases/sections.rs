//! The sections that belong to no family: `[case]`, `[run]` and `[quick]`.
//!
//! These structs are the documentation: `explain` and the checks are made from the comments below.

use std::time::Duration;

use frame::run::Vector;
use frame::{Precision, Run};
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[case]`: what the file is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Title {
    /// The version of the grammar of case files: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// One line that says what is solved. Default: the name of the case.
    #[serde(default)]
    pub title: String,
}

/// `[run]`: how long, how many, which seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RunSection {
    /// Moves of the descent. Default: 300; 12000 for atoms.
    pub iterations: u64,
    /// Draws a move; of atoms problem.batch says it. Default: 64.
    #[schemars(range(min = 2))]
    pub batch: usize,
    /// When the descent ends before its last move, such as { loss = 1e-6 }. For networks trained on a whole
    /// sample: other problems must not be judged by the batch they have just learned from. Default: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// The seed of all random streams. Default: 1.
    pub seed: u64,
    /// Threads; nothing but the time depends on it. Default: the cores of the machine.
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<usize>,
    /// Of paths, networks and parameters: "f32" or "f64"; sums over paths are always double.
    /// Default: "f32".
    pub precision: Digits,
    /// Moves between two looks at the validation value. Default: a twentieth of the iterations.
    #[schemars(range(min = 1))]
    pub look_every: Option<u64>,
    /// Draws of a look; for atoms frames, at most all there are. Default: 1024.
    #[schemars(range(min = 1))]
    pub look: usize,
    /// Fresh paths for the answer, of which atoms have none. Default: 60000.
    #[schemars(range(min = 16))]
    pub fresh_paths: usize,
    /// Longest time of the training, such as "60s" or "5 min"; the answer is then computed with
    /// what was reached. Default: none.
    pub time_limit: Option<String>,
    /// Time between two checkpoints, such as "5s". Default: "5s".
    pub checkpoint_every: String,
    /// The vector instructions to use: "native" for the best of the machine, "avx2" for AVX2 at
    /// most, "portable" for none. Default: "native".
    pub vector: Level,
    /// A run folder whose trained function to start from; for atoms a model file too, whose form,
    /// statistics and energies of atoms are kept. Default: the form's own start.
    pub init: Option<String>,
    /// For atoms: a model file or run folder to start from, the energies of atoms fitted again to these
    /// data; species may be new. Default: none.
    pub finetune: Option<String>,
}

/// When a descent ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Until {
    /// Once the training loss is at most this.
    #[schemars(range(min = 0.0))]
    pub loss: f64,
}

/// The precision of paths, networks and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Digits {
    /// Single.
    F32,
    /// Double.
    F64,
}

/// Vector instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The best of the machine.
    Native,
    /// AVX2 at most.
    Avx2,
    /// None.
    Portable,
}

impl Default for RunSection {
    fn default() -> Self {
        Self {
            iterations: 300,
            batch: 64,
            until: None,
            seed: 1,
            threads: None,
            precision: Digits::F32,
            look_every: None,
            look: 1024,
            fresh_paths: 60_000,
            time_limit: None,
            checkpoint_every: "5s".to_owned(),
            vector: Level::Native,
            init: None,
            finetune: None,
        }
    }
}

impl RunSection {
    /// The same, with the looks filled in.
    pub fn complete(self) -> Self {
        let look_every = self.look_every.unwrap_or((self.iterations / 20).max(1));
        Self { look_every: Some(look_every), ..self }
    }

    /// The run itself, its threads and looks filled in.
    pub fn run(&self) -> Run {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Run {
            batch: self.batch,
            until: self.until.map(|until| until.loss),
            seed: self.seed,
            threads: self.threads.unwrap_or(cores),
            precision: match self.precision {
                Digits::F32 => Precision::F32,
                Digits::F64 => Precision::F64,
            },
            look_every: self.look_every.unwrap_or((self.iterations / 20).max(1)),
            look: self.look,
            fresh: self.fresh_paths,
            vector: match self.vector {
                Level::Native => Vector::Native,
                Level::Avx2 => Vector::Avx2,
                Level::Portable => Vector::Portable,
            },
            ..Run::new(self.iterations)
        }
    }

    /// The longest time of the training.
    pub fn time_limit(&self) -> Result<Option<Duration>> {
        self.time_limit.as_deref().map(|text| duration("run.time-limit", text)).transpose()
    }

    /// The time between two checkpoints.
    pub fn checkpoint_every(&self) -> Result<Duration> {
        duration("run.checkpoint-every", &self.checkpoint_every)
    }
}

/// A time with its unit.
fn duration(key: &str, text: &str) -> Result<Duration> {
    let text = text.trim();
    // The longest beginning that is a number: 1e3s is a thousand seconds.
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let split = ends.rev().find(|&end| text[..end].trim().parse::<f64>().is_ok()).unwrap_or(0);
    let (number, unit) = (text[..split].trim(), text[split..].trim());
    let seconds = match unit {
        "ms" => 1e-3,
        "s" | "sec" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => 0.0,
    };
    let wrong = |what: &str| {
        Error::input(key, format!("`{text}` {what}"))
            .allowed("Write a time such as \"60s\", \"5 min\" or \"1 h\"")
    };
    let number: f64 = number.parse().map_err(|_| wrong("does not begin with a number"))?;
    if seconds == 0.0 {
        return Err(wrong(if unit.is_empty() { "has no unit" } else { "has an unknown unit" }));
    }
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong("is not a time to wait"))
}

/// `[quick]`: what `--quick` changes, as section.key = value, such as problem.steps = 20.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quick {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let millis = |text: &str| duration("run.time-limit", text).unwrap().as_millis();
        assert_eq!([millis("60s"), millis("5 min"), millis("1.5 h")], [60_000, 300_000, 5_400_000]);
        assert_eq!([millis("20ms"), millis("1e3 s")], [20, 1_000_000]);
        for wrong in ["60", "s", "-3 s", "1e400 s", "5 years", ""] {
            assert!(duration("run.time-limit", wrong).is_err(), "{wrong}");
        }
    }
}
