//! Whether rows are equally spaced in time, and where they are not.
//!
//! The step is the spacing found most often, of several the smallest. Days without Saturdays and Sundays,
//! months and years are equally spaced as well, each in its own count; where several counts are possible,
//! the one with the fewest gaps is meant.

use ground::{Error, Result};
use jiff::civil::Date;

use super::grid::Grid;
use super::times::Time;

/// Spacings that differ by less than this part are the same.
const SAME: f64 = 1e-6;

/// Nanoseconds of a day.
const DAY: i128 = 86_400_000_000_000;

/// Where rows stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Positions {
    /// In time.
    Times(Vec<Time>),
    /// On an axis of numbers.
    Numbers(Vec<f64>),
}

/// What positions are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Seconds,
    Weekdays,
    Months,
    Ones,
}

/// Spacings that are not the step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gaps {
    /// The row before the first.
    row: usize,
    /// How long it is.
    length: f64,
    /// How many there are.
    n: usize,
    step: f64,
    unit: Unit,
}

/// Whether every time is later than the one before, or every time earlier.
pub(super) fn is_in_order(times: &[Time]) -> bool {
    times.windows(2).all(|pair| pair[0].instant < pair[1].instant)
        || times.windows(2).all(|pair| pair[0].instant > pair[1].instant)
}

impl Positions {
    /// Refuses positions that do not increase.
    pub(super) fn increase(&self, grid: &Grid<'_>, k: usize) -> Result<()> {
        let steps: Vec<std::cmp::Ordering> = match self {
            Self::Times(times) => {
                times.windows(2).map(|pair| pair[0].instant.cmp(&pair[1].instant)).collect()
            }
            Self::Numbers(x) => x.windows(2).map(|pair| pair[0].total_cmp(&pair[1])).collect(),
        };
        let Some(row) = steps.iter().position(|step| step.is_ge()) else { return Ok(()) };
        let (cell, next) = (grid.cell(row, k), grid.cell(row + 1, k));
        let place = grid.place(k);
        let (found, allowed) = if steps.iter().all(|step| step.is_gt()) {
            (
                format!("the latest row comes first: {cell}, {next} {place}"),
                "Sort the rows, the earliest first",
            )
        } else if steps[row].is_eq() {
            (
                format!("{next} {place}, is the same time as {cell}"),
                "One row a time; clocks that are put back need a zone: 2024-10-27T02:00+02:00",
            )
        } else {
            (format!("{next} {place}, is before {cell}"), "Sort the rows, the earliest first")
        };
        Err(Error::input("time", found).allowed(allowed))
    }

    /// Refuses gaps.
    pub(super) fn are_regular(&self, grid: &Grid<'_>, k: usize) -> Result<()> {
        let Some(gaps) = self.gaps() else { return Ok(()) };
        let (cell, next) = (grid.cell(gaps.row, k), grid.cell(gaps.row + 1, k));
        let (step, place) = (gaps.unit.words(gaps.step), grid.place(k));
        let missing = gaps.length / gaps.step - 1.0;
        let whole = missing.round();
        let is_whole = whole >= 1.0 && (missing - whole).abs() < 1e-3;
        let found = if is_whole {
            let (steps, are) = if whole == 1.0 { ("step", "is") } else { ("steps", "are") };
            format!("{whole} {steps} of {step} {are} missing between {cell} and {next} {place}")
        } else {
            let length = gaps.unit.words(gaps.length);
            format!("between {cell} and {next} {place}, lie {length}, elsewhere {step}")
        };
        let count = if gaps.n == 1 {
            "the only gap".to_owned()
        } else {
            format!("the first of {} gaps", gaps.n)
        };
        Err(Error::input("gaps", format!("{found}, {count}")).allowed(
            "Put the missing rows in, or write gaps = \"join\" to take rows as neighbours",
        ))
    }

    /// The gaps in the count that leaves the fewest.
    pub(super) fn gaps(&self) -> Option<Gaps> {
        let counts = match self {
            Self::Numbers(x) => vec![(Unit::Ones, x.clone())],
            Self::Times(times) => counts(times),
        };
        let mut least: Option<Gaps> = None;
        for (unit, positions) in counts {
            let Some(found) = gaps(unit, &positions)? else { continue };
            if least.is_none_or(|least| found.n < least.n) {
                least = Some(found);
            }
        }
        least
    }
}

/// The gaps of positions in one count: `None` where there are none at all, nothing where the count is not
/// one of these positions.
#[allow(clippy::option_option, reason = "no gaps end the search, another count does not")]
fn gaps(unit: Unit, positions: &[f64]) -> Option<Option<Gaps>> {
    let lengths: Vec<f64> = positions.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let step = common(&lengths);
    // Fridays are a week apart, not five weekdays.
    if unit == Unit::Weekdays && step != 1.0 {
        return Some(None);
    }
    let is_gap = |length: &f64| (length - step).abs() > SAME * step;
    let row = lengths.iter().position(is_gap)?;
    let n = lengths.iter().filter(|length| is_gap(length)).count();
    Some(Some(Gaps { row, length: lengths[row], n, step, unit }))
}

/// The length that is found most often, of several the smallest.
fn common(lengths: &[f64]) -> f64 {
    let mut sorted = lengths.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (mut best, mut most) = (0.0, 0);
    let mut k = 0;
    while let Some(&first) = sorted.get(k) {
        let n = sorted[k..].iter().take_while(|length| **length <= first * (1.0 + SAME)).count();
        // NaN equals nothing, itself neither.
        if n > most {
            (best, most) = (first, n);
        }
        k += n.max(1);
    }
    best
}

/// Times as numbers, in every count that may be theirs.
fn counts(times: &[Time]) -> Vec<(Unit, Vec<f64>)> {
    let Some(first) = times.first() else { return Vec::new() };
    let seconds = |from: i128, to: i128| (to - from) as f64 / 1e9;
    let of_instants = times.iter().map(|t| seconds(first.instant, t.instant)).collect();
    let mut counts = vec![(Unit::Seconds, of_instants)];
    if first.is_zoned {
        counts.push((Unit::Seconds, times.iter().map(|t| seconds(first.wall, t.wall)).collect()));
    }
    if times.iter().any(|t| t.wall.rem_euclid(DAY) != first.wall.rem_euclid(DAY)) {
        return counts;
    }
    if let Some(days) = times.iter().map(|t| weekday(t.wall.div_euclid(DAY))).collect() {
        counts.push((Unit::Weekdays, days));
    }
    let dates: Vec<Date> = times.iter().map(|t| t.date).collect();
    if are_of_months(&dates) {
        let month = |date: &Date| f64::from(date.year()) * 12.0 + f64::from(date.month());
        // Of as many gaps those in months are the ones to speak of.
        counts.insert(0, (Unit::Months, dates.iter().map(month).collect()));
    }
    counts
}

/// The count of a day where Saturdays and Sundays do not count. Day 0 was a Thursday.
fn weekday(day: i128) -> Option<f64> {
    let (week, day) = ((day + 3).div_euclid(7), (day + 3).rem_euclid(7));
    (day < 5).then_some((week * 5 + day) as f64)
}

/// Whether all dates are one day of their month, or all the first or last working day of it.
fn are_of_months(dates: &[Date]) -> bool {
    let latest = dates.iter().map(|date| date.day()).max().unwrap_or(0);
    let is_same = |date: &Date| date.day() == latest.min(date.days_in_month());
    let weekday = |date: Date| date.weekday().to_monday_zero_offset();
    let is_last = |date: &Date| {
        let last = weekday(date.last_of_month());
        date.day() == date.days_in_month() - (last - 4).max(0)
    };
    let is_first = |date: &Date| {
        let first = weekday(date.first_of_month());
        date.day() == if first > 4 { 8 - first } else { 1 }
    };
    dates.iter().all(is_same) || dates.iter().all(is_last) || dates.iter().all(is_first)
}

impl Unit {
    /// A length in words: 1 day, 15 min, 3 months.
    fn words(self, length: f64) -> String {
        let parts: &[(f64, &str)] = match self {
            Self::Seconds => &[(86_400.0, "day"), (3600.0, "h"), (60.0, "min"), (1.0, "s")],
            Self::Weekdays => &[(1.0, "weekday")],
            Self::Months => &[(12.0, "year"), (1.0, "month")],
            Self::Ones => return length.to_string(),
        };
        let fits = |(size, _): &&(f64, &str)| length >= *size && length % size == 0.0;
        let (size, word) = *parts.iter().find(fits).or(parts.last()).unwrap_or(&(1.0, ""));
        let n = length / size;
        let s = if n == 1.0 || word.len() < 4 && word != "day" { "" } else { "s" };
        format!("{n} {word}{s}")
    }
}
