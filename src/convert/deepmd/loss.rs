//! `loss`: what counts how much, at the start and at the end.

use ground::{Error, Result};
use toml::{Table, Value};

use super::keys::Section;
use super::{shapes, table};

/// Losses that DeePMD-kit has.
const OTHERS: [&str; 6] = ["dens", "ener_spin", "dos", "population", "property", "tensor"];

/// The terms: the letters there, the name here, their weights at the start and the end.
const TERMS: [(&str, &str, [f64; 2]); 4] = [
    ("e", "energy", [0.02, 1.0]),
    ("f", "force", [1000.0, 1.0]),
    ("v", "virial", [0.0, 0.0]),
    ("ae", "atomic-energy", [0.0, 0.0]),
];

/// Reads `loss` into `[problem]`.
pub(super) fn read(input: Section<'_>, problem: &mut Table) -> Result<()> {
    let loss = input.below("loss", &shapes::LOSS)?;
    if let Some(found) = loss.text("type")?.filter(|found| OTHERS.contains(found)) {
        return Err(Error::input(loss.path("type"), format!("`{found}` is not supported"))
            .allowed("Write \"ener\", or train with DeePMD-kit"));
    }
    loss.word("type", &["ener"])?;
    let loss = loss.checked()?;
    let mut weights = Table::new();
    for (letters, name, [first, last]) in TERMS {
        let [from, to] = [("start", first), ("limit", last)].map(|(end, default)| {
            Ok(loss.number(&format!("{end}_pref_{letters}"), 0.0)?.unwrap_or(default))
        });
        let (from, to): (f64, f64) = (from?, to?);
        let weight: Value = if from == to {
            from.into()
        } else {
            table([("from", from.into()), ("to", to.into())]).into()
        };
        if from > 0.0 || to > 0.0 || ["energy", "force"].contains(&name) {
            weights.insert(name.to_owned(), weight);
        }
    }
    if weights.values().all(|weight| weight.as_float() == Some(0.0)) {
        return Err(Error::input("loss", "all prefactors are 0, so nothing is learned")
            .allowed("Write start_pref_e, start_pref_f or start_pref_v above 0"));
    }
    problem.insert("weights".to_owned(), weights.into());
    problem.insert("single-weights".to_owned(), true.into());
    if loss.truth("intensive_ener_virial", false)? {
        problem.insert("per-atom".to_owned(), "n2".into());
    }
    Ok(())
}
