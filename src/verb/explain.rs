//! `explain`: what a key means, its default, what may be written – from the code's own docs.

use clap::Args;
use ground::Error;

use crate::cases::schema::{Key, keys, nearest};
use crate::failure::{Outcome, code};
use crate::print;

/// The arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A key, such as model.source; none for the list of all
    key: Option<String>,
}

impl Explain {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let keys = keys();
        let text = match &self.key {
            None => keys.iter().map(line).collect::<Vec<_>>().join("\n"),
            Some(name) => one(name, &keys)?,
        };
        print::answer(&text)?;
        Ok(code::CONVERGED)
    }
}

/// The longest line of the list.
const WIDTH: usize = 100;

/// Name and first sentence, cut to a line.
fn line(key: &Key) -> String {
    let first = key.text.split_once(". ").map_or(key.text.as_str(), |(first, _)| first);
    let line = format!("{:<26}  {}", key.name, first.trim_end_matches('.'));
    if line.chars().count() <= WIDTH {
        return line;
    }
    let cut: String = line.chars().take(WIDTH - 1).collect();
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole))
}

/// The whole documentation of a key, and one line for each key below it.
fn one(name: &str, keys: &[Key]) -> Result<String, Error> {
    let Some(key) = keys.iter().find(|key| key.name == name) else {
        // Half a key is meant by its last part.
        let ending = keys.iter().find(|key| key.name.ends_with(&format!(".{name}")));
        let near = ending
            .map(|key| key.name.clone())
            .or_else(|| nearest(name, keys.iter().map(|key| key.name.as_str())));
        return Err(Error::input(name, "unknown key")
            .nearest(near)
            .allowed("`esperance explain` lists all keys"));
    };
    let need = match (&key.default, key.required) {
        (_, true) => "required".to_owned(),
        (Some(default), false) => format!("default {default}"),
        (None, false) => "may be absent".to_owned(),
    };
    let mut lines = vec![
        key.name.clone(),
        format!("  {}", key.text),
        format!("  write {} ({need})", key.allowed),
    ];
    let below = format!("{name}.");
    lines.extend(
        keys.iter().filter(|k| k.name.starts_with(&below)).map(|k| format!("  {}", line(k))),
    );
    Ok(lines.join("\n"))
}
