//! `schema`: the JSON schema of a verb's output.

use clap::Args;
use ground::Error;
use schemars::schema_for;

use crate::cases::schema::nearest;
use crate::failure::{Outcome, code};
use crate::output::Output;
use crate::print;

/// Verbs whose output has a schema.
const VERBS: [&str; 1] = ["solve"];

/// The arguments of `schema`.
#[derive(Args, Debug)]
pub(crate) struct Print {
    /// A verb: solve
    verb: String,
}

impl Print {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        if !VERBS.contains(&self.verb.as_str()) {
            return Err(Error::input("", format!("`{}` prints no object", self.verb))
                .nearest(nearest(&self.verb, VERBS))
                .allowed(format!("Known here: {}", VERBS.join(", ")))
                .into());
        }
        let schema = serde_json::to_string_pretty(&schema_for!(Output))
            .map_err(|e| Error::bug(format!("a schema cannot be written: {e}")))?;
        print::answer(&schema)?;
        Ok(code::CONVERGED)
    }
}
