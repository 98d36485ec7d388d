//! From records to what a study leaves: table, fits, figures, verdict.

use std::collections::HashMap;
use std::time::Instant;

use frame::Figure;
use frame::study::record::{Outcome, Record};
use frame::study::table::Table;
use ground::{Error, Result};
use serde_json::{Map, Value, json};

use super::checks::{self, Judged, Study};
use super::fits::{self, Fitted};
use super::plan::Plan;
use super::{csv, figures, text};
use crate::cases::schema::nearest;
use crate::failure::{Failure, code};
use crate::report::{draw, pdf};
use crate::run_folder::{self as folder, RunFolder};
use crate::verb::solve::Ended;
use crate::{output, print};

/// The table as text for other programs.
pub(crate) const TABLE: &str = "table.csv";

/// A study as far as it has come.
#[derive(Debug)]
pub(crate) struct Come<'a> {
    /// What was planned.
    pub(crate) plan: &'a Plan,
    /// The table.
    pub(crate) table: Table,
    /// The fits.
    pub(crate) fits: Vec<Fitted>,
    /// What was expected.
    pub(crate) judged: Vec<Judged>,
    /// Records that no cell has, in sentences.
    pub(crate) missing: Vec<String>,
    /// Cells that were known before.
    pub(crate) resumed: usize,
}

/// Records that no cell has, where any cell has an answer.
fn missing(plan: &Plan, table: &Table) -> Vec<String> {
    let mut records = table.rows.iter().flat_map(|row| row.records.iter().flatten());
    let Some(one) = records.rfind(|record| !record.object.is_empty()) else {
        return Vec::new();
    };
    let mut sentences = Vec::new();
    for (name, _) in plan.sweep.recorded().iter().filter(|(name, _)| !table.has(name)) {
        let known = one.names();
        let near = nearest(name, known.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let mut copy = one.clone();
        let why = super::derive::derive(&plan.sweep, &mut copy).unwrap_or_default();
        let own = format!("sweep.derive.{name}");
        let why = why.into_iter().find(|e| matches!(e, Error::Input(input) if input.key == own));
        sentences.push(match why {
            Some(error) => error.to_string(),
            None => format!("`{name}` is in no cell{near}"),
        });
    }
    sentences
}

impl<'a> Come<'a> {
    /// From the records by name.
    pub(crate) fn of(
        plan: &'a Plan,
        records: &HashMap<String, Record>,
        resumed: usize,
    ) -> Result<Self> {
        let repeats = plan.grid.repeats;
        let mut derived = HashMap::new();
        for planned in &plan.cells {
            let Some(mut record) = records.get(&planned.name).cloned() else { continue };
            super::derive::derive(&plan.sweep, &mut record)?;
            derived.insert(planned.name.as_str(), record);
        }
        let table = Table::of(&plan.grid, |row, repeat| {
            derived.get(plan.cells[row * repeats + repeat].name.as_str()).cloned()
        });
        let missing = missing(plan, &table);
        let fits = fits::all(&plan.sweep, &plan.grid, &table);
        let study = Study { sweep: &plan.sweep, grid: &plan.grid, table: &table, fits: &fits };
        let checks = plan.resolved.expect.as_ref().map_or(&[][..], |expect| &expect.study);
        let judged =
            checks::all(checks, study).map_err(|error| plan.resolved.case.locate(error))?;
        Ok(Self { plan, table, fits, judged, missing, resumed })
    }

    /// The word of the verdict, and the exit code.
    fn verdict(&self) -> (&'static str, u8) {
        let broken = self.table.count(Outcome::Failed) + self.table.count(Outcome::TimedOut);
        if self.table.pending() > 0 {
            ("incomplete", code::DOUBTFUL)
        } else if broken > 0 {
            ("failed-cells", code::DOUBTFUL)
        } else if !self.missing.is_empty() {
            ("records-missing", code::DOUBTFUL)
        } else if self.judged.iter().any(|one| !one.met) {
            ("expectations-missed", code::DOUBTFUL)
        } else {
            ("done", code::CONVERGED)
        }
    }

    /// Writes everything into the folder; what the verb prints.
    pub(crate) fn end(
        &self,
        place: &RunFolder,
        began: Instant,
        stopped: bool,
    ) -> std::result::Result<Ended, Failure> {
        let mut drawn = figures::all(self)?;
        drawn.extend(figures::learning(self, place)?);
        let mut paths = Vec::new();
        for figure in &drawn {
            paths.extend(draw_all(figure, place)?);
        }
        place.write(TABLE, csv::table(self)?.as_bytes())?;
        let (word, exit) = self.verdict();
        let object = self.object(word, &paths, began);
        place.write(folder::ANSWER, (output::text(&object)? + "\n").as_bytes())?;
        let text = text::all(self, word, &paths, place);
        let code = if stopped { code::INTERRUPTED } else { exit };
        Ok(Ended { object, text, code })
    }

    fn object(&self, word: &str, figures: &[String], began: Instant) -> Map<String, Value> {
        let count = |outcome| self.table.count(outcome);
        let recorded = self.plan.sweep.recorded();
        let rows = self.table.rows.iter().map(|row| row.json(&self.table.names, &recorded));
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("case", json!(self.plan.resolved.case.name));
        put("version", json!(crate::VERSION));
        put("study", json!(self.plan.name()));
        put(
            "cells",
            json!({
                "done": count(Outcome::Done),
                "pending": self.table.pending(),
                "failed": count(Outcome::Failed),
                "capped": count(Outcome::Capped),
                "timed-out": count(Outcome::TimedOut),
                "resumed": self.resumed,
            }),
        );
        put("table", rows.collect::<Vec<_>>().into());
        put("fits", self.fits.iter().map(Fitted::json).collect());
        put("figures", json!(figures));
        put("expected", self.judged.iter().map(Judged::json).collect());
        put("verdict", json!(word));
        put("seconds", json!(began.elapsed().as_secs_f64()));
        object
    }
}

/// A figure as SVG for a page, PDF for a paper, PNG for a slide, and its numbers; the names of the files.
pub(crate) fn draw_all(figure: &Figure, place: &RunFolder) -> Result<Vec<String>> {
    let figure = figure.clone().finite();
    let svg = draw::standalone(&figure);
    let name = &figure.name;
    place.write(&format!("{name}.svg"), svg.as_bytes())?;
    place.write(&format!("{name}.pdf"), &pdf::pdf(&svg)?)?;
    place.write(&format!("{name}.png"), &crate::report::png::png(&svg)?)?;
    place.write(&format!("{name}.csv"), csv::figure(&figure)?.as_bytes())?;
    Ok(["svg", "pdf", "png", "csv"].iter().map(|end| format!("{name}.{end}")).collect())
}

impl Come<'_> {
    /// How many cells ended so, in words; nothing of those there are none of.
    pub(crate) fn counted(&self) -> String {
        let of = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
        let all = [
            of(self.table.count(Outcome::Done), "done"),
            of(self.table.count(Outcome::Capped), "capped"),
            of(self.table.count(Outcome::TimedOut), "timed out"),
            of(self.table.count(Outcome::Failed), "failed"),
            of(self.table.pending(), "pending"),
            of(self.resumed, "known before"),
        ];
        let counts: Vec<String> = all.into_iter().flatten().collect();
        format!("{}: {}", print::plural(self.plan.cells.len(), "cell"), counts.join(", "))
    }
}
