//! `cases`: the shipped cases, one line each, with the expected answer.

use clap::Args;
use ground::Error;

use crate::cases::expect::Expect;
use crate::cases::schema::nearest;
use crate::cases::{resolve, shipped};
use crate::failure::{Outcome, code};
use crate::print;

/// The arguments of `cases`.
#[derive(Args, Debug)]
pub(crate) struct Cases {
    /// A family, such as paths; none for all
    family: Option<String>,
}

impl Cases {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let names = shipped::names();
        let families: Vec<&str> = names.iter().map(|(family, _)| family.as_str()).collect();
        if let Some(family) = &self.family
            && !families.contains(&family.as_str())
        {
            let mut known = families.clone();
            known.dedup();
            return Err(Error::input("", format!("unknown family `{family}`"))
                .nearest(nearest(family, families))
                .allowed(format!("Known here: {}", known.join(", ")))
                .into());
        }
        let mut lines = Vec::new();
        for (family, name) in &names {
            if self.family.as_ref().is_some_and(|chosen| chosen != family) {
                continue;
            }
            let resolved = resolve(shipped::open(name)?)?;
            let expected = resolved.expect.as_ref().map_or_else(String::new, Expect::words);
            lines.push((name.clone(), resolved.title, expected));
        }
        let wide = |of: fn(&(String, String, String)) -> &String| {
            lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0)
        };
        let (name, title) = (wide(|l| &l.0), wide(|l| &l.1));
        let lines: Vec<String> =
            lines.iter().map(|(n, t, e)| format!("{n:<name$}  {t:<title$}  {e}")).collect();
        print::answer(&lines.join("\n"))?;
        Ok(code::CONVERGED)
    }
}
