//! A study for people: a table with errors, the fits, what was expected.

use frame::study::record::Outcome;
use frame::study::table::{Row, Summary};
use ground::estimate::Estimate;
use ground::fit::Centre;

use super::finish::Come;
use super::fits::digits;
use crate::cases::sweep::Axes;
use crate::print;
use crate::run_folder::RunFolder;
use crate::verb::rows::NONE;

/// Rows of the table that are printed; all of them are in the file.
const MOST: usize = 60;

/// Everything that is printed.
pub(crate) fn all(come: &Come<'_>, word: &str, figures: &[String], place: &RunFolder) -> String {
    let mut parts = vec![table(come)];
    let hidden = come.table.rows.len().saturating_sub(MOST);
    if hidden > 0 {
        let file = place.name_of(super::finish::TABLE);
        parts.push(format!("and {} more in {file}", print::plural(hidden, "row")));
    }
    if come.plan.grid.repeats > 1 {
        parts.push(statistics(come));
    }
    let fits: Vec<String> = come.fits.iter().map(super::fits::Fitted::words).collect();
    if !fits.is_empty() {
        parts.push(fits.join("\n"));
    }
    let troubles = troubles(come);
    if !troubles.is_empty() {
        parts.push(troubles.join("\n"));
    }
    if !come.missing.is_empty() {
        parts.push(come.missing.join("\n"));
    }
    let judged = come.judged.iter().map(|one| {
        format!("{}  {}", if one.met { "as expected   " } else { "NOT AS EXPECTED" }, one.words)
    });
    let judged: Vec<String> = judged.collect();
    if !judged.is_empty() {
        parts.push(judged.join("\n"));
    }
    parts.push(format!("{}; {word}", come.counted()));
    let svgs: Vec<&String> = figures
        .iter()
        .filter(|name| name.rsplit_once('.').is_some_and(|(_, end)| end == "svg"))
        .collect();
    let mut last: Vec<String> = svgs.iter().map(|name| place.name_of(name)).collect();
    last.push(place.path.display().to_string());
    parts.push(last.join("\n"));
    parts.join("\n\n")
}

/// A line a row: its settings, its records, and how its cells ended.
fn table(come: &Come<'_>) -> String {
    let sweep = &come.plan.sweep;
    let recorded = sweep.recorded();
    let known: Vec<&(String, Centre)> =
        recorded.iter().filter(|(name, _)| sweep.known.contains_key(name)).collect();
    let mut head: Vec<String> = come.table.names.clone();
    head.extend(recorded.iter().map(|(name, _)| name.clone()));
    head.extend(known.iter().map(|(name, _)| format!("known {name}")));
    head.push("ended".to_owned());
    let axes = Axes::of(&come.plan.grid);
    let mut rows = vec![head];
    for (k, row) in come.table.rows.iter().take(MOST).enumerate() {
        let mut cells: Vec<String> = row.settings.iter().map(ToString::to_string).collect();
        cells.extend(recorded.iter().map(|(name, centre)| shown(&row.summary(name, *centre))));
        let place = come.plan.grid.place(k);
        let settings = come.plan.grid.settings(&place);
        for (name, _) in &known {
            let value =
                axes.value("", &sweep.known[name], &settings).map_or(NONE.to_owned(), digits);
            cells.push(value);
        }
        cells.push(ended(row));
        rows.push(cells);
    }
    print::table(&rows)
}

/// A summary as a cell of the table.
pub(crate) fn shown(summary: &Summary) -> String {
    match summary {
        Summary::Missing => NONE.to_owned(),
        Summary::Counts(counts) => {
            let words: Vec<String> = counts
                .iter()
                .map(
                    |(word, n)| {
                        if counts.len() == 1 { word.clone() } else { format!("{n} {word}") }
                    },
                )
                .collect();
            words.join(", ")
        }
        Summary::Number { value, stderr: Some(stderr), .. }
            if *stderr > 0.0 && value.is_finite() =>
        {
            let (value, stderr) = (*value, *stderr);
            if stderr >= value.abs() && !(1e-3..1e5).contains(&value.abs()) {
                return format!("{value:.1e} ± {stderr:.0e}");
            }
            scientific(value, stderr)
        }
        Summary::Number { value, .. } => digits(*value),
    }
}

/// A number with its error: `0.0283(12)`, and `2.83(12)e-5` where it is small or large.
fn scientific(value: f64, stderr: f64) -> String {
    if (1e-3..1e6).contains(&value.abs()) {
        return Estimate { mean: value, stderr, n: 1 }.to_string();
    }
    let size = value.abs().log10().floor();
    let scale = 10f64.powf(size);
    let scaled = Estimate { mean: value / scale, stderr: stderr / scale, n: 1 };
    format!("{scaled}e{size:.0}")
}

/// How the cells of a row ended.
fn ended(row: &Row) -> String {
    let n = row.records.len();
    let outcomes = [Outcome::Done, Outcome::Capped, Outcome::TimedOut, Outcome::Failed];
    let mut words = Vec::new();
    for outcome in outcomes {
        let count = row.records.iter().flatten().filter(|r| r.outcome == outcome).count();
        if count == n {
            return outcome.word().to_owned();
        }
        if count > 0 {
            words.push(format!("{count} {}", outcome.word()));
        }
    }
    let pending = row.records.iter().filter(|r| r.is_none()).count();
    if pending == n {
        return "pending".to_owned();
    }
    if pending > 0 {
        words.push(format!("{pending} pending"));
    }
    words.join(", ")
}

/// What the numbers of the table are.
fn statistics(come: &Come<'_>) -> String {
    let n = come.plan.grid.repeats;
    let mut recorded = come.plan.sweep.recorded();
    let has_words = |name: &str, centre: Centre| {
        let all = come.table.rows.iter().map(|row| row.summary(name, centre));
        all.into_iter().any(|one| matches!(one, Summary::Counts(_)))
    };
    recorded.retain(|(name, centre)| !has_words(name, *centre));
    let mut words = Vec::new();
    for centre in [Centre::Mean, Centre::Median, Centre::GeometricMean] {
        let names: Vec<&str> =
            recorded.iter().filter(|(_, c)| *c == centre).map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() && names.len() == recorded.len() {
            words = vec![format!("{} with its standard error", centre.name())];
            break;
        }
        if !names.is_empty() {
            words.push(format!("{} of {}", centre.name(), names.join(", ")));
        }
    }
    format!("over {n} seeds: {}", words.join("; "))
}

/// Why cells did not end well, each reason once.
fn troubles(come: &Come<'_>) -> Vec<String> {
    let mut told: Vec<(String, usize)> = Vec::new();
    for record in come.table.rows.iter().flat_map(|row| row.records.iter().flatten()) {
        let (Some(why), Outcome::Failed | Outcome::TimedOut) = (&record.why, record.outcome) else {
            continue;
        };
        match told.iter_mut().find(|(known, _)| known == why) {
            Some((_, n)) => *n += 1,
            None => told.push((why.clone(), 1)),
        }
    }
    told.into_iter().map(|(why, n)| format!("{}: {why}", print::plural(n, "cell"))).collect()
}
