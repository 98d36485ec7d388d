//! `schema`: the JSON schema of a verb's output.

use clap::Args;
use ground::Error;

use crate::cases::schema::nearest;
use crate::failure::{Outcome, code};
use crate::{output, print};

/// What has a schema: `solve`, and `solve --repeats`.
const VERBS: [&str; 2] = ["solve", "repeats"];

/// The arguments of `schema`.
#[derive(Args, Debug)]
pub(crate) struct Print {
    /// What printed it: solve, or repeats for solve --repeats
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
        let schema =
            if self.verb == "repeats" { output::repeats_schema() } else { output::schema() };
        let schema = serde_json::to_string_pretty(&schema)
            .map_err(|e| Error::bug(format!("a schema cannot be written: {e}")))?;
        print::answer(&schema)?;
        Ok(code::CONVERGED)
    }
}
