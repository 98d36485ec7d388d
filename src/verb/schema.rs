//! `schema`: the JSON schema of a verb's output.

use clap::Args;
use ground::Error;
use serde_json::Value;

use super::{data, eval, test};
use crate::cases::schema::nearest;
use crate::failure::{Outcome, code};
use crate::{output, print};

/// A schema, when it is asked for.
type Schema = fn() -> Value;

/// What has a schema, and the schema.
const ALL: [(&str, Schema); 9] = [
    ("solve", output::schema),
    ("repeats", output::repeats_schema),
    ("cases", output::cases_schema),
    ("sweep", output::sweep_schema),
    ("fit", output::fit_schema),
    ("eval", eval::schema),
    ("test", test::schema),
    ("data info", data::info_schema),
    ("data check", data::check_schema),
];

/// The arguments of `schema`.
#[derive(Args, Debug)]
pub(crate) struct Print {
    /// What printed it: solve, repeats for solve --repeats, cases for solve of several cases, sweep
    /// (merge prints the same), fit; eval (of models), test, data info or data check
    #[arg(required = true, num_args = 1..=2)]
    verb: Vec<String>,
}

impl Print {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let asked = self.verb.join(" ");
        let Some((_, schema)) = ALL.iter().find(|(name, _)| *name == asked) else {
            let names = ALL.map(|(name, _)| name);
            return Err(Error::input("", format!("`{asked}` has no schema"))
                .nearest(nearest(&asked, names))
                .allowed(format!("Known here: {}", names.join(", ")))
                .into());
        };
        let schema = serde_json::to_string_pretty(&schema())
            .map_err(|e| Error::bug(format!("a schema cannot be written: {e}")))?;
        print::answer(&schema)?;
        Ok(code::CONVERGED)
    }
}
