//! `fit`: the laws of a table, whoever made it.

use std::path::{Path, PathBuf};

use clap::Args;
use frame::study::axes::Setting;
use frame::{Axis, Figure, Mark, Series};
use ground::fit::Points;
use ground::{Error, Result};
use serde_json::{Map, Value, json};

use crate::cases::schema::nearest;
use crate::cases::sweep::{Law, Statistic};
use crate::failure::{Outcome, code};
use crate::run_folder::RunFolder;
use crate::study::finish::draw_all;
use crate::study::fits::{Fitted, Found, Question, answer};
use crate::{output, print};

/// Points of a curve.
const POINTS: usize = 60;

/// The arguments of `fit`.
#[derive(Args, Debug)]
pub(crate) struct FitVerb {
    /// A table with a head: CSV, a row a run; rows of one x are repeats
    table: PathBuf,
    /// The column of x. Default: the first with numbers
    #[arg(long, value_name = "COLUMN")]
    x: Option<String>,
    /// The column of y. Default: the last with numbers
    #[arg(long, value_name = "COLUMN")]
    y: Option<String>,
    /// One fit for every word or number of this column; may be repeated
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,
    /// The laws to choose from. Default: power, exponential, constant
    #[arg(long, value_name = "LAW", value_enum, value_delimiter = ',')]
    law: Vec<Law>,
    /// What stands for repeats
    #[arg(long, value_enum, default_value = "mean")]
    statistic: Statistic,
    /// The exponent that theory gives: how probable a fit as far from it is
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    exponent: Option<f64>,
    /// Of a change point: how many times its plateau y has to be
    #[arg(long, value_name = "NUMBER", default_value = "10")]
    factor: f64,
    /// Of a change point: the points at the beginning that are the plateau
    #[arg(long, value_name = "N", default_value = "3")]
    plateau: usize,
    /// Draw it: fit.svg, .pdf, .png and .csv in this new folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// A table that was read.
struct Table {
    file: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl FitVerb {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let table = Table::read(&self.table)?;
        let x = table.column("--x", self.x.as_deref(), true)?;
        let y = table.column("--y", self.y.as_deref(), false)?;
        if x == y {
            return Err(Error::input(
                "--y",
                format!("x and y are one column, `{}`", table.head[x]),
            )
            .allowed(format!("Name two of {}", table.head.join(", ")))
            .in_file(&table.file)
            .into());
        }
        let by = self.by.iter().map(|name| table.named("--by", name));
        let by = by.collect::<Result<Vec<_>>>()?;
        let groups = table.groups(x, y, &by)?;
        let question = self.question(&table.head[x], &table.head[y]);
        let fits: Vec<(Fitted, Numbers)> = groups
            .into_iter()
            .map(|(at, numbers)| {
                let found = answer(&question, numbers.clone());
                (Fitted { question: question.clone(), at, found }, numbers)
            })
            .collect();
        let place = self.out.as_deref().map(|out| RunFolder::new(Some(out), "fit")).transpose()?;
        let mut files = Vec::new();
        if let Some(place) = &place {
            files = draw_all(&figure(&question, &fits), place)?;
        }
        // A table that no law can be fitted to is wrong input.
        if let [(Fitted { found: Err(why), .. }, _)] = fits.as_slice() {
            return Err(Error::input("", why.trim_end_matches('.').to_owned())
                .in_file(&table.file)
                .into());
        }
        if self.json {
            let mut object = Map::new();
            object.insert("table".to_owned(), json!(table.file));
            object.insert("fits".to_owned(), fits.iter().map(|(f, _)| f.json()).collect::<Value>());
            object.insert("figures".to_owned(), json!(files));
            print::answer(&output::text(&object)?)?;
        } else {
            let mut lines: Vec<String> = fits.iter().map(|(f, _)| f.words()).collect();
            lines.extend(place.iter().map(|place| place.name_of("fit.svg")));
            print::answer(&lines.join("\n"))?;
        }
        let all = fits.iter().all(|(fitted, _)| fitted.found.is_ok());
        Ok(if all { code::CONVERGED } else { code::DOUBTFUL })
    }

    fn question(&self, x: &str, y: &str) -> Question {
        let usual = || vec![Law::Power, Law::Exponential, Law::Constant];
        Question {
            of: y.to_owned(),
            along: x.to_owned(),
            laws: if self.law.is_empty() { usual() } else { self.law.clone() },
            centre: self.statistic.into(),
            exponent: self.exponent,
            change: (self.factor, self.plateau),
        }
    }
}

/// x, and y of its repeats.
type Numbers = Vec<(f64, Vec<Option<f64>>)>;

/// The settings that rows have in common, and their numbers.
type Group = (Vec<(String, Setting)>, Numbers);

impl Table {
    fn read(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let wrong = |found: String| {
            Error::input("", found)
                .allowed("Give a CSV file with a head and a row a run")
                .in_file(&file)
        };
        let text = std::fs::read_to_string(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => wrong("there is no such file".to_owned()),
            _ => wrong(format!("this file cannot be read: {e}")),
        })?;
        let first = text.lines().next().unwrap_or_default();
        let count = |c: char| first.matches(c).count();
        let comma = [';', '\t'].into_iter().find(|c| count(*c) > count(',')).unwrap_or(',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(comma as u8)
            .trim(csv::Trim::All)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        let broken = |e: csv::Error| match e.kind() {
            csv::ErrorKind::UnequalLengths { pos: Some(pos), expected_len, len } => {
                wrong(format!("line {} has {len} columns, the head has {expected_len}", pos.line()))
            }
            _ => wrong(format!("this is no table: {e}")),
        };
        let head: Vec<String> =
            reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
        if head.iter().any(|name| name.parse::<f64>().is_ok()) {
            return Err(wrong("the first line has numbers, and no names of columns".to_owned()));
        }
        let rows =
            reader.records().map(|row| row.map(|row| row.iter().map(str::to_owned).collect()));
        let rows = rows.collect::<std::result::Result<Vec<Vec<String>>, _>>().map_err(broken)?;
        if rows.is_empty() {
            return Err(wrong("this table has no rows".to_owned()));
        }
        Ok(Self { file, head, rows })
    }

    /// A column that was named, or one with numbers.
    fn column(&self, option: &str, name: Option<&str>, first: bool) -> Result<usize> {
        if let Some(name) = name {
            return self.named(option, name);
        }
        let number = |k: &usize| {
            let cells =
                self.rows.iter().map(|row| row[*k].as_str()).filter(|cell| !cell.is_empty());
            cells.clone().count() > 0 && cells.into_iter().all(|cell| cell.parse::<f64>().is_ok())
        };
        let columns = 0..self.head.len();
        let found =
            if first { columns.into_iter().find(number) } else { columns.rev().find(number) };
        found.ok_or_else(|| {
            Error::input(option, "no column has numbers alone")
                .allowed("Name one")
                .in_file(&self.file)
        })
    }

    fn named(&self, option: &str, name: &str) -> Result<usize> {
        self.head.iter().position(|known| known == name).ok_or_else(|| {
            Error::input(option, format!("there is no column `{name}`"))
                .nearest(nearest(name, self.head.iter().map(String::as_str)))
                .allowed(format!("The columns are {}", self.head.join(", ")))
                .in_file(&self.file)
        })
    }

    /// A number of a cell; none where it is empty.
    fn number(&self, row: usize, column: usize) -> Result<Option<f64>> {
        let cell = self.rows[row][column].as_str();
        if cell.is_empty() {
            return Ok(None);
        }
        let wrong = |what: &str| {
            let found = format!("`{cell}` in column `{}` {what}", self.head[column]);
            // The head is the first line.
            Error::input(format!("line {}", row + 2), found)
                .allowed("Write a number, or nothing")
                .in_file(&self.file)
        };
        let number: f64 = cell.parse().map_err(|_| wrong("is no number"))?;
        if number.is_finite() { Ok(Some(number)) } else { Err(wrong("is not finite")) }
    }

    /// The numbers of every combination of some columns, in the order in which they come.
    fn groups(&self, x: usize, y: usize, by: &[usize]) -> Result<Vec<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        for k in 0..self.rows.len() {
            let setting = |column: &usize| {
                let cell = &self.rows[k][*column];
                let value =
                    cell.parse().map_or_else(|_| Setting::Word(cell.clone()), Setting::Number);
                (self.head[*column].clone(), value)
            };
            let key: Vec<(String, Setting)> = by.iter().map(setting).collect();
            let Some(place) = self.number(k, x)? else { continue };
            let value = self.number(k, y)?;
            let at = groups.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            let numbers = &mut groups[at].1;
            match numbers.iter_mut().find(|(known, _)| *known == place) {
                Some((_, values)) => values.push(value),
                None => numbers.push((place, vec![value])),
            }
        }
        for (_, numbers) in &mut groups {
            let most = numbers.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
            for (_, values) in numbers.iter_mut() {
                values.resize(most, None);
            }
        }
        Ok(groups)
    }
}

/// The points of every group with its law.
fn figure(question: &Question, fits: &[(Fitted, Numbers)]) -> Figure {
    let mut series = Vec::new();
    for (fitted, numbers) in fits {
        let words: Vec<String> = fitted.at.iter().map(|(n, s)| format!("{n} = {s}")).collect();
        let (x, values): (Vec<f64>, Vec<_>) = numbers
            .iter()
            .filter(|(_, values)| values.iter().any(Option::is_some))
            .cloned()
            .unzip();
        let Ok(cells) = Points::new(&x, &values).and_then(|points| points.cells(question.centre))
        else {
            continue;
        };
        let name = if words.is_empty() { question.of.clone() } else { words.join(", ") };
        let points = cells.iter().map(|cell| [cell.x, cell.value]).collect();
        let errors = cells.iter().map(|cell| cell.stderr.unwrap_or(0.0)).collect();
        series.push(Series::dots(name, points, errors));
        let (low, high) = (
            x.iter().copied().fold(f64::INFINITY, f64::min),
            x.iter().copied().fold(0.0, f64::max),
        );
        if let (Ok(Found::Law { best, .. }), true) = (&fitted.found, low > 0.0) {
            let at = |k: usize| low * (high / low).powf(k as f64 / (POINTS - 1) as f64);
            let bands: Vec<(f64, [f64; 2])> = (0..POINTS)
                .map(|k| (at(k), best.predict(at(k))))
                .map(|(x, band)| (x, [band.low, band.high]))
                .collect();
            let line = (0..POINTS).map(|k| [at(k), best.predict(at(k)).value]).collect();
            series.push(Series::band("", &bands).beside());
            series.push(Series::new(best.law.name(), Mark::Line, line).beside());
        }
    }
    Figure {
        name: "fit".to_owned(),
        title: format!("{} over {}", question.of, question.along),
        caption: "The fitted law in the band that holds it in 95 of 100 tables; bars are two standard errors."
            .to_owned(),
        x: Axis::logarithmic(question.along.clone()),
        y: Axis::logarithmic(question.of.clone()),
        series,
    }
}
