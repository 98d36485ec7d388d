//! `data info`: what frames hold, as a list or as JSON.

use atoms::survey::{Span, Survey, survey};
use clap::Args;
use ground::units::KILOBAR;

use super::{Given, counted, object};
use crate::failure::{Outcome, code};
use crate::frames::Loaded;
use crate::print;

/// The arguments of `data info`.
#[derive(Args, Debug)]
pub(super) struct Info {
    #[command(flatten)]
    given: Given,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Info {
    /// Does it.
    pub(super) fn act(self) -> Outcome {
        let all = self.given.read(!self.json)?;
        self.given.chosen.refuse_none(&all)?;
        let text = if self.json {
            object::info(&all)?
        } else {
            all.iter().map(page).collect::<Vec<_>>().join("\n\n")
        };
        print::answer(&text)?;
        Ok(code::CONVERGED)
    }
}

/// A span in words.
fn span(span: Span, digits: usize) -> String {
    let (least, most) = (format!("{:.digits$}", span.least), format!("{:.digits$}", span.most));
    if least == most { least } else { format!("{least} to {most}") }
}

/// Pairs of name and count in words.
fn counts<'c>(counts: impl IntoIterator<Item = &'c (String, usize)>) -> String {
    let words = counts.into_iter().map(|(name, n)| format!("{name} {n}"));
    words.collect::<Vec<_>>().join(", ")
}

fn page(one: &Loaded) -> String {
    let found = survey(&one.frames);
    let head = format!("{}  {}, {}", one.name, one.format.name(), counted(found.frames));
    let lines = rows(&found).into_iter().map(|(name, text)| format!("  {name:<18} {text}"));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

/// What is known, a line each.
fn rows(found: &Survey) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    rows.extend(found.atoms.map(|atoms| ("atoms", span(atoms, 0))));
    rows.push((
        "species",
        found.species.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", "),
    ));
    let shown = found.compositions.iter().take(8);
    let more = if found.compositions.len() > 8 {
        format!(", … ({} in all)", found.compositions.len())
    } else {
        String::new()
    };
    rows.push(("compositions", format!("{}{more}", counts(shown))));
    let labels = found.labels.iter().filter(|(_, n)| *n > 0).map(|(name, n)| {
        if *n == found.frames { (*name).to_owned() } else { format!("{name} ({n} frames)") }
    });
    let labels: Vec<String> = labels.collect();
    rows.push(("labels", if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }));
    rows.push((
        "cell",
        match found.cells {
            0 => "none: free space".to_owned(),
            n if n == found.frames => "periodic".to_owned(),
            n => format!("periodic in {n} of {} frames", found.frames),
        },
    ));
    rows.extend(found.volume.map(|v| ("volume", format!("{} Å³", span(v, 3)))));
    rows.extend(found.density.map(|d| ("density", format!("{} g/cm³", span(d, 4)))));
    rows.extend(found.energy_per_atom.map(|e| ("energy per atom", format!("{} eV", span(e, 6)))));
    if let (Some(rms), Some(most)) = (found.force_rms, found.force_most) {
        rows.push(("force", format!("{rms:.4} eV/Å in the mean, at most {most:.4}")));
    }
    let kbar = |p: Span| Span { least: p.least / KILOBAR, most: p.most / KILOBAR };
    rows.extend(found.pressure.map(|p| ("pressure", format!("{} kbar", span(kbar(p), 2)))));
    rows.extend(found.closest.map(|pair| {
        let [i, k] = pair.atoms.map(|i| i + 1);
        let where_ = format!("atoms {i} and {k} of frame {}", pair.frame);
        ("smallest distance", format!("{:.4} Å, {where_}", pair.distance))
    }));
    if found.unconverged > 0 {
        rows.push(("not converged", counted(found.unconverged)));
    }
    rows
}
