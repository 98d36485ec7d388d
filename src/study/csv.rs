//! Tables of a study as CSV, numbers to the last bit.

use frame::Figure;
use frame::study::table::Summary;
use ground::{Error, Result};

use super::finish::Come;

fn text(rows: &[Vec<String>]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let broken = |e: csv::Error| Error::bug(format!("a table cannot be written: {e}"));
    rows.iter().try_for_each(|row| writer.write_record(row)).map_err(broken)?;
    let bytes =
        writer.into_inner().map_err(|e| Error::bug(format!("a table cannot be written: {e}")))?;
    String::from_utf8(bytes).map_err(|_| Error::bug("a table is text"))
}

fn number(number: f64) -> String {
    if number.is_finite() { number.to_string() } else { String::new() }
}

/// The table: settings, and of every record its value, its standard error, its quartiles and n.
pub(crate) fn table(come: &Come<'_>) -> Result<String> {
    let recorded = come.plan.sweep.recorded();
    let mut head = come.table.names.clone();
    for (name, _) in &recorded {
        let ends = ["", " stderr", " q25", " q50", " q75", " n"];
        head.extend(ends.iter().map(|end| format!("{name}{end}")));
    }
    let mut rows = vec![head];
    for row in &come.table.rows {
        let mut cells: Vec<String> = row.settings.iter().map(ToString::to_string).collect();
        for (name, centre) in &recorded {
            match row.summary(name, *centre) {
                Summary::Number { value, stderr, n, quartiles, .. } => {
                    let quartiles = quartiles.unwrap_or([f64::NAN; 3]);
                    cells.extend([number(value), number(stderr.unwrap_or(f64::NAN))]);
                    cells.extend(quartiles.map(number));
                    cells.push(n.to_string());
                }
                Summary::Counts(counts) => {
                    let n: usize = counts.iter().map(|(_, n)| n).sum();
                    let words: Vec<String> =
                        counts.iter().map(|(w, n)| format!("{n} {w}")).collect();
                    cells.push(words.join("; "));
                    cells.extend(std::iter::repeat_n(String::new(), 4));
                    cells.push(n.to_string());
                }
                Summary::Missing => {
                    cells.extend(std::iter::repeat_n(String::new(), 5));
                    cells.push("0".to_owned());
                }
            }
        }
        rows.push(cells);
    }
    text(&rows)
}

/// The numbers of a figure, a line a point.
pub(crate) fn figure(figure: &Figure) -> Result<String> {
    let head = ["series", "mark", &figure.x.label, &figure.y.label, "stderr", "value"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for series in &figure.series {
        for (k, [x, y]) in series.points.iter().enumerate() {
            let stderr = series.errors.get(k).copied().unwrap_or(f64::NAN);
            let value = series.values.get(k).copied().unwrap_or(f64::NAN);
            rows.push(vec![
                series.name.clone(),
                series.mark.word().to_owned(),
                number(*x),
                number(*y),
                number(stderr),
                number(value),
            ]);
        }
    }
    text(&rows)
}
