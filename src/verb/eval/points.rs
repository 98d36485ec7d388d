//! The trained function of a run at any points.

use std::path::Path;
use std::time::Duration;

use frame::Table;
use ground::{Error, Result};

use crate::failure::{Outcome, code};
use crate::place;
use crate::print;
use crate::ready::finished;
use crate::run_folder::RunFolder;
use crate::session::{Limits, Session};
use crate::terminal::{Terminal, listen};

/// The function of a run at the points of a file.
pub(super) fn eval(run: &Path, at: &Path, out: Option<&Path>) -> Outcome {
    let place = RunFolder::existing(run)?;
    let (ready, trained) = finished(&place, &mut Terminal::new())?;
    let points = read(at)?;
    // Said before the work; whether it is still so is asked again when the file is made.
    out.map_or(Ok(()), place::refuse)?;
    listen()?;
    let mut terminal = Terminal::new();
    let limits = Limits { time: None, every: Duration::MAX };
    let mut session = Session::new(None, limits, &mut terminal);
    let run = &ready.resolved.run;
    let mut function = ready.job.trained(run, &trained)?;
    let found = function.at_points(&points, &mut session);
    session.onlooker.end();
    let found = found.map_err(|error| error.in_file(&at.display().to_string()))?;
    let text = text_of(&found)?;
    match out {
        Some(out) => place::write(out, text.as_bytes())?,
        None => print::answer(text.trim_end())?,
    }
    Ok(code::CONVERGED)
}

/// The table in a CSV file with a header.
fn read(path: &Path) -> Result<Table> {
    let file = path.display().to_string();
    let wrong = |found: String| {
        Error::input("", found)
            .allowed("Write a line of names, t,x1,x2,…, and a line of numbers for each point")
            .in_file(&file)
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_path(path)
        .map_err(|e| wrong(format!("this file cannot be read: {e}")))?;
    let header = reader.headers().map_err(|e| wrong(format!("this is not CSV: {e}")))?;
    let columns: Vec<String> = header.iter().map(str::to_owned).collect();
    if let [one] = columns.as_slice()
        && let Some(other) = [';', '\t', ' '].into_iter().find(|mark| one.contains(*mark))
    {
        return Err(wrong(format!("the columns are separated by {other:?}, not by commas")));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            wrong(match e.kind() {
                csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
                    let line = pos.as_ref().map_or(0, csv::Position::line);
                    format!("line {line} has {len} numbers, the first line {expected_len} names")
                }
                _ => format!("this is not CSV: {e}"),
            })
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let number = |(text, name): (&str, &String)| {
            text.parse::<f64>()
                .map_err(|_| wrong(format!("line {line}, column {name}: `{text}` is no number")))
        };
        rows.push(record.iter().zip(&columns).map(number).collect::<Result<Vec<f64>>>()?);
    }
    if rows.is_empty() {
        return Err(wrong("there are no points".to_owned()));
    }
    Ok(Table { columns, rows })
}

/// The table as CSV, every number to the last bit.
fn text_of(table: &Table) -> Result<String> {
    let broken = |e: &dyn std::fmt::Display| Error::bug(format!("a table cannot be written: {e}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(|e| broken(&e))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(f64::to_string)).map_err(|e| broken(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| broken(&e))?;
    String::from_utf8(bytes).map_err(|e| broken(&e))
}
