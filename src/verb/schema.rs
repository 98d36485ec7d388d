//! `schema`: the JSON schema of a verb's output.

use clap::Args;
use ground::Error;

use crate::cases::schema::nearest;
use crate::failure::{Outcome, code};
use crate::{output, print};

/// What has a schema: `solve`, `solve --repeats` and `solve` of several cases.
const VERBS: [&str; 3] = ["solve", "repeats", "cases"];

/// The arguments of `schema`.
#[derive(Args, Debug)]
pub(crate) struct Print {
    /// What printed it: solve, repeats for solve --repeats, or cases for solve of several cases
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
            _ => output::schema(),
        };
        let schema = serde_json::to_string_pretty(&schema)
            .map_err(|e| Error::bug(format!("a schema cannot be written: {e}")))?;
        print::answer(&schema)?;
        Ok(code::CONVERGED)
    }
}
