//! `schema`: the JSON schema of a verb's output.

use clap::Args;
use ground::Error;

use crate::cases::schema::nearest;
use crate::failure::{Outcome, code};
use crate::{output, print};

/// What has a schema: `solve`, `solve --repeats`, `solve` of several cases and of a sweep.
const VERBS: [&str; 4] = ["solve", "repeats", "cases", "sweep"];

/// The arguments of `schema`.
#[derive(Args, Debug)]
pub(crate) struct Print {
    /// What printed it: solve, repeats for solve --repeats, cases for solve of several cases, or
    /// sweep for solve of a case with [sweep]
    verb: String,
}

impl Print {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        if !VERBS.contains(&self.verb.as_str()) {
            return Err(Error::input("", format!("`{}` has no schema", self.verb))
                .nearest(nearest(&self.verb, VERBS))
                .allowed(format!("Known here: {}", VERBS.join(", ")))
                .into());
        }
        let schema = match self.verb.as_str() {
            "repeats" => output::repeats_schema(),
            "cases" => output::cases_schema(),
            "sweep" => output::sweep_schema(),
            _ => output::schema(),
        };
        let schema = serde_json::to_string_pretty(&schema)
            .map_err(|e| Error::bug(format!("a schema cannot be written: {e}")))?;
        print::answer(&schema)?;
        Ok(code::CONVERGED)
    }
}
