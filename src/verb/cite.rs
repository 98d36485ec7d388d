//! `cite`: BibTeX of the methods a case uses.

use clap::Args;
use ground::Error;

use super::Chosen;
use crate::failure::{Outcome, code};
use crate::print;

/// All references of the code.
const REFERENCES: &str = include_str!("../../REFERENCES.bib");

/// The arguments of `cite`.
#[derive(Args, Debug)]
pub(crate) struct Cite {
    #[command(flatten)]
    chosen: Chosen,
}

impl Cite {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let mut keys = self.chosen.ready()?.forecast.cites;
        keys.sort();
        keys.dedup();
        let entries: Result<Vec<&str>, Error> = keys
            .iter()
            .map(|key| {
                entry(key).ok_or_else(|| Error::bug(format!("[{key}] is not in REFERENCES.bib")))
            })
            .collect();
        print::answer(&entries?.join("\n\n"))?;
        Ok(code::CONVERGED)
    }
}

/// Authors, title and year of the entry with this key, as plain text.
pub(crate) fn words(key: &str) -> String {
    let entry = entry(key).unwrap_or_default();
    let field = |name: &str| {
        let line = entry.lines().find(|line| line.trim_start().starts_with(name))?;
        let (_, value) = line.split_once('=')?;
        Some(value.trim().trim_end_matches(',').replace(['{', '}'], ""))
    };
    let all =
        [field("author").map(|names| names.replace(" and ", "; ")), field("title"), field("year")];
    all.into_iter().flatten().collect::<Vec<_>>().join(". ")
}

/// The entry with this key.
pub(crate) fn entry(key: &str) -> Option<&'static str> {
    let mark = format!("{{{key},");
    let at = REFERENCES.find(&mark)?;
    let start = REFERENCES[..at].rfind('@')?;
    let end = REFERENCES[start..].find("\n}").map(|end| start + end + 2)?;
    REFERENCES.get(start..end)
}
