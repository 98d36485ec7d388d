//! The answer for people: tables and 4.5977(19).

use std::io::{ErrorKind, Write, stdout};

use frame::{Report, Verdict};
use ground::estimate::Estimate;
use ground::{Error, Result};

use crate::progress::human;
use crate::run_folder::{PAGE, RunFolder};

/// Prints to stdout. A reader who has left is no error.
pub(crate) fn answer(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::io("stdout", e)),
        _ => Ok(()),
    }
}

/// The width of the first column of the answer.
const COLUMN: usize = 58;

/// The whole answer: value and verdict, what was had without learning, levels, budget, folder.
pub(crate) fn report(report: &Report, seconds: f64, place: Option<&RunFolder>) -> String {
    let text = report.answer.to_string();
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let (word, why) = verdict(&report.verdict);
    let mut lines = vec![format!("{first:<COLUMN$}{word}, {}", human(seconds))];
    lines.extend(why.map(|why| format!("  {why}")));
    if !rest.is_empty() {
        lines.push(rest.trim_end().to_owned());
    }
    lines.push(String::new());
    lines.push(report.error.to_string());
    if let Some(place) = place {
        lines.push(String::new());
        lines.push(format!("{}  for reading", place.name_of(PAGE)));
        lines.push(place.path.display().to_string());
    }
    lines.join("\n")
}

fn verdict(verdict: &Verdict) -> (&'static str, Option<String>) {
    match verdict {
        Verdict::Converged => ("converged", None),
        Verdict::NotSettled { why } => ("not-settled", Some(why.clone())),
        Verdict::Contradicted { why } => ("contradicted", Some(why.clone())),
        Verdict::NonFinite { .. } => ("not finite", None),
        Verdict::Interrupted { .. } => ("interrupted", None),
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+".contains(c);
    if word.chars().all(plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A table: columns as wide as their widest entry, the first to the left, the others to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |k: usize| rows.iter().filter_map(|r| r.get(k)).map(|c| c.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|k| width(k).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(k, (cell, &w))| {
            if k == 0 { format!("{cell:<w$}") } else { format!("{cell:>w$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The mean of the values of several seeds, and their standard deviation: of one seed, not a number.
pub(crate) fn spread(values: &[f64]) -> (Estimate, f64) {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let sd = if n > 1 { (square / (n as f64 - 1.0)).sqrt() } else { f64::NAN };
    (Estimate { mean, stderr: sd / (n as f64).sqrt(), n }, sd)
}

/// Bytes in words: `850 MB`, `3.2 GB`.
pub(crate) fn bytes(n: f64) -> String {
    match n {
        n if n < 1e6 => format!("{:.0} kB", (n / 1e3).max(1.0)),
        n if n < 1e9 => format!("{:.0} MB", n / 1e6),
        n if n < 1e12 => format!("{:.1} GB", n / 1e9),
        n => format!("{:.1} TB", n / 1e12),
    }
}

/// A count with its noun: `1 cell`, `3 cells`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_mean_and_spread() {
        let (mean, sd) = spread(&[1.0, 2.0, 3.0]);
        assert_eq!((mean.mean, sd, mean.n), (2.0, 1.0, 3));
        assert!((mean.stderr - 1.0 / 3f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn columns_line_up() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(table(&[row(["seed", "x"]), row(["7", "1.25"])]), "seed     x\n7     1.25");
        assert_eq!(
            (bytes(1.0), bytes(2.5e8), bytes(3.2e9)),
            ("1 kB".into(), "250 MB".into(), "3.2 GB".into())
        );
    }
}
