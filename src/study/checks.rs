//! What a study must show, against what it shows.

use frame::study::axes::{Grid, Setting};
use frame::study::table::Table;
use ground::Result;
use ground::fit::Points;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::fits::{Fitted, digits, with_error};
use crate::cases::expect::{Across, Check, Distance, Near, Where};
use crate::cases::sweep::{Axes, Item, Sweep};

/// One expectation, judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judged {
    /// What was expected and found, in words.
    pub(crate) words: String,
    /// Whether it is so.
    pub(crate) met: bool,
}

/// A value at some settings.
#[derive(Clone, Debug)]
struct Shown {
    at: Vec<(String, Setting)>,
    value: f64,
    stderr: f64,
    law: Option<&'static str>,
}

/// What the checks are about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Study<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) grid: &'a Grid,
    pub(crate) table: &'a Table,
    pub(crate) fits: &'a [Fitted],
}

/// Judges all expectations.
pub(crate) fn all(checks: &[Check], study: Study<'_>) -> Result<Vec<Judged>> {
    checks.iter().enumerate().map(|(k, check)| judge(k, check, study)).collect()
}

impl Judged {
    /// As the published object has it.
    pub(crate) fn json(&self) -> Value {
        json!({ "what": self.words, "met": self.met })
    }
}

fn judge(k: usize, check: &Check, study: Study<'_>) -> Result<Judged> {
    let place = format!("expect.study[{}]", k + 1);
    let shown = shown(check, study, &place)?;
    let what = name(check);
    if shown.is_empty() {
        return Ok(Judged { words: format!("{what}: there is no such cell"), met: false });
    }
    let values: Vec<Shown> = match check.across {
        Across::Every => shown,
        Across::Median => vec![alone(median(&shown))],
        Across::Spread => {
            let all = shown.iter().map(|one| one.value);
            let (low, high) = all.fold((f64::INFINITY, 0.0_f64), |(a, b), v| (a.min(v), b.max(v)));
            vec![alone(high / low)]
        }
        Across::Largest => {
            let largest = shown.iter().max_by(|a, b| a.value.total_cmp(&b.value));
            let along = check.along.as_deref().unwrap_or_default();
            let at = largest.and_then(|one| one.at.iter().find(|(name, _)| name == along));
            vec![alone(at.and_then(|(_, s)| s.number()).unwrap_or(f64::NAN))]
        }
    };
    let judged = values.iter().map(|one| one_value(check, one, study, &place));
    let judged = judged.collect::<Result<Vec<_>>>()?;
    // Of many places the worst is shown.
    let worst = judged.iter().position(|(met, _)| !met).unwrap_or(0);
    let met = judged.iter().all(|(met, _)| *met);
    let of = if judged.len() > 1 {
        let so = judged.iter().filter(|(met, _)| *met).count();
        let at: Vec<String> = values[worst].at.iter().map(|(n, s)| format!("{n} = {s}")).collect();
        format!(" ({so} of {} places; this at {})", judged.len(), at.join(", "))
    } else {
        String::new()
    };
    Ok(Judged { words: format!("{what}: {}{of}", judged[worst].1), met })
}

fn alone(value: f64) -> Shown {
    Shown { at: Vec::new(), value, stderr: f64::NAN, law: None }
}

fn median(shown: &[Shown]) -> f64 {
    let mut values: Vec<f64> = shown.iter().map(|one| one.value).collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    0.5 * (values[(n - 1) / 2] + values[n / 2])
}

/// What is judged, in words.
fn name(check: &Check) -> String {
    let mut words = match &check.fit {
        Some(parameter) => format!("{parameter} of {}", check.of),
        None => check.of.clone(),
    };
    words = match check.across {
        Across::Every => words,
        Across::Median => format!("median of {words}"),
        Across::Spread => format!("largest by smallest {words}"),
        Across::Largest => {
            format!("{} of the largest {words}", check.along.as_deref().unwrap_or_default())
        }
    };
    let list = |all: &[Item]| {
        all.iter().map(|item| item.setting().to_string()).collect::<Vec<_>>().join("|")
    };
    let at: Vec<String> = check
        .at
        .iter()
        .map(|(name, w)| match w {
            Where::One(item) => format!("{name} = {}", item.setting()),
            Where::Many(all) => format!("{name} = {}", list(all)),
        })
        .collect();
    if !at.is_empty() {
        words = format!("{words} at {}", at.join(", "));
    }
    for (how, others) in [("by", &check.over), ("less", &check.minus)] {
        let all: Vec<String> =
            others.iter().map(|(n, i)| format!("{n} = {}", i.setting())).collect();
        if !all.is_empty() {
            words = format!("{words} {how} that at {}", all.join(", "));
        }
    }
    match &check.times {
        Some(text) => format!("{words}, times {text}"),
        None => words,
    }
}

/// The values at all places that are meant.
fn shown(check: &Check, study: Study<'_>, place: &str) -> Result<Vec<Shown>> {
    let mut all = match &check.fit {
        Some(parameter) => fitted(check, Some(parameter), study),
        None if check.law.is_some() => fitted(check, None, study),
        None => recorded(check, study),
    };
    all.retain(|one| check.at.iter().all(|(name, w)| meant(one, name, w)));
    if let Some(text) = &check.times {
        let axes = Axes::of(study.grid);
        for one in &mut all {
            let at: Vec<(&str, &Setting)> = one.at.iter().map(|(n, s)| (n.as_str(), s)).collect();
            let factor = axes.value(&format!("{place}.times"), text, &at)?;
            one.value *= factor;
            one.stderr *= factor.abs();
        }
    }
    Ok(all)
}

fn meant(one: &Shown, name: &str, place: &Where) -> bool {
    let Some((_, setting)) = one.at.iter().find(|(known, _)| known == name) else { return false };
    match place {
        Where::One(item) => item.setting() == *setting,
        Where::Many(all) => all.iter().any(|item| item.setting() == *setting),
    }
}

/// A parameter of every fit of the record.
fn fitted(check: &Check, parameter: Option<&str>, study: Study<'_>) -> Vec<Shown> {
    let own = study.fits.iter().filter(|fitted| fitted.question.of == check.of);
    own.map(|fitted| {
        let at = fitted.at.clone();
        let found = fitted.found.as_ref().ok();
        let all = found.map_or_else(Vec::new, super::fits::Found::parameters);
        let own = all.iter().find(|p| Some(p.name) == parameter);
        // Half an interval of 95 of 100 is two standard errors.
        let stderr = own.and_then(|p| p.ci95).map_or(f64::NAN, |[low, high]| 0.25 * (high - low));
        let value = own.map_or(f64::NAN, |p| p.value);
        Shown { at, value, stderr, law: found.map(super::fits::Found::law) }
    })
    .collect()
}

/// The record at every row, divided by that of another where this is asked.
fn recorded(check: &Check, study: Study<'_>) -> Vec<Shown> {
    let Study { sweep, grid, table, .. } = study;
    let centre = check.statistic.map_or_else(|| sweep.centre(&check.of), Into::into);
    let mut all = Vec::new();
    for row in 0..grid.rows() {
        let place = grid.place(row);
        let at =
            grid.settings(&place).into_iter().map(|(n, s)| (n.to_owned(), s.clone())).collect();
        let is_ratio = !check.over.is_empty();
        let others = if is_ratio { &check.over } else { &check.minus };
        let (value, stderr) = if others.is_empty() {
            let own = table.rows[row].summary(&check.of, centre);
            (own.value().unwrap_or(f64::NAN), own.stderr().unwrap_or(f64::NAN))
        } else {
            let Some(other) = changed(others, grid, &place) else { continue };
            let own = table.rows[row].numbers(&check.of);
            let other = table.rows[grid.row(&other)].numbers(&check.of);
            // Seed by seed: what both owe to their seed goes out.
            let pair = |(a, b): (Option<f64>, Option<f64>)| {
                let (a, b) = (a?, b?);
                Some(if is_ratio { a / b } else { a - b }).filter(|v| v.is_finite())
            };
            let pairs: Vec<Option<f64>> = own.into_iter().zip(other).map(pair).collect();
            let found = Points::new(&[0.0], &[pairs]).and_then(|points| points.cell(0, centre));
            found.map_or((f64::NAN, f64::NAN), |cell| (cell.value, cell.stderr.unwrap_or(f64::NAN)))
        };
        all.push(Shown { at, value, stderr, law: None });
    }
    all
}

/// The place that is compared with; none where the axes have no such values, or it is the place itself.
fn changed(to: &IndexMap<String, Item>, grid: &Grid, place: &[usize]) -> Option<Vec<usize>> {
    let mut other = place.to_vec();
    for (name, item) in to {
        let axis = grid.axis(name)?;
        let at = grid.axes[axis].names.iter().position(|known| known == name)?;
        let wanted = item.setting();
        other[axis] = grid.axes[axis].levels.iter().position(|l| l.settings[at] == wanted)?;
    }
    (other != place).then_some(other)
}

/// One value against what is expected: whether it is so, and in words.
fn one_value(check: &Check, one: &Shown, study: Study<'_>, place: &str) -> Result<(bool, String)> {
    let mut met = true;
    let mut words = vec![with_error(one.value, one.stderr)];
    if let Some(least) = check.at_least {
        met &= one.value >= least;
        words.push(format!("at least {least}"));
    }
    if let Some(most) = check.at_most {
        met &= one.value <= most;
        words.push(format!("at most {most}"));
    }
    if let Some(near) = &check.near {
        let at: Vec<(&str, &Setting)> = one.at.iter().map(|(n, s)| (n.as_str(), s)).collect();
        let should = match near {
            Near::Number(number) => *number,
            Near::Formula(text) => {
                Axes::of(study.grid).value(&format!("{place}.near"), text, &at)?
            }
        };
        let (within, said) = match check.distance(place)? {
            Distance::Number(number) => (number, format!("{number}")),
            Distance::Share(share) => (share * should.abs(), check.said_within()),
            Distance::Errors(n) => (n * one.stderr, format!("{n} standard errors")),
        };
        met &= (one.value - should).abs() <= within;
        words.push(format!("{} within {said}", digits(should)));
    }
    if let Some(law) = check.law {
        let wanted = crate::cases::sweep::law_word(law);
        met &= one.law == Some(wanted);
        let found = one.law.unwrap_or("no law");
        words = if check.fit.is_none() { Vec::new() } else { words };
        words.insert(0, found.to_owned());
        words.push(format!("law {wanted}"));
    }
    let met = met && (one.value.is_finite() || check.fit.is_none() && check.law.is_some());
    Ok((met, words.join(", expected ")))
}
