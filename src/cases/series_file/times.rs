//! Dates and times as people write them, and which of two readings is meant.

use ground::{Error, Result};
use jiff::civil::{self, Date, DateTime};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::Offset;

use super::grid::Grid;
use super::spacing::{Positions, is_in_order};
use super::{Asked, numbers, shown};

/// Dates that can be read in one way only.
const CLEAR: [&str; 20] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y-%m",
    "%Y/%m",
    "%m/%Y",
    "%m-%Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%b %Y",
    "%b-%Y",
    "%d %B %Y",
    "%d. %B %Y",
    "%B %d, %Y",
    "%B %d %Y",
    "%B %Y",
];

/// Dates of which day and month may be taken for one another: the day first, the month first.
const UNCLEAR: [[&str; 2]; 3] =
    [["%d/%m/%Y", "%m/%d/%Y"], ["%d-%m-%Y", "%m-%d-%Y"], ["%d.%m.%Y", "%m.%d.%Y"]];

/// Dates whose year has two digits.
const SHORT: [&str; 13] = [
    "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%d.%m.%y", "%m.%d.%y",
    "%y.%m.%d", "%d-%b-%y", "%d %b %y", "%b-%y", "%b %y",
];

/// Times of a day.
const CLOCKS: [&str; 6] =
    ["%H:%M", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p"];

/// What a format may hold that writes times, but cannot read them.
const ONE_WAY: [&str; 6] = ["%c", "%q", "%r", "%x", "%X", "%Z"];

/// How many cells say what a column holds.
const SAMPLE: usize = 100;

/// A time, or the beginning of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// Nanoseconds from 1970 on, in UTC where a zone is given.
    pub(super) instant: i128,
    /// The same where clocks showed it.
    pub(super) wall: i128,
    /// The day there.
    pub(super) date: Date,
    /// Whether a zone is given.
    pub(super) is_zoned: bool,
}

impl Time {
    fn of(civil: DateTime, offset: Option<Offset>) -> Option<Self> {
        let instant = offset.unwrap_or(Offset::UTC).to_timestamp(civil).ok()?;
        let wall = Offset::UTC.to_timestamp(civil).ok()?;
        Some(Self {
            instant: instant.as_nanosecond(),
            wall: wall.as_nanosecond(),
            date: civil.date(),
            is_zoned: offset.is_some(),
        })
    }
}

/// Why a format cannot be used, where it cannot.
pub(super) fn reason_against(format: &str) -> Option<String> {
    let zoned = civil::date(2024, 3, 4).at(13, 5, 6, 0);
    let zoned = zoned.to_zoned_datetime(Offset::UTC.to_time_zone()).ok()?;
    let reason = match BrokenDownTime::from(&zoned).to_string(format) {
        Err(e) => e.to_string().replace('\n', " "),
        Ok(_) if !format.contains('%') => "it holds nothing like %Y".to_owned(),
        Ok(_) => {
            let found = ONE_WAY.into_iter().find(|code| format.contains(code))?;
            format!("{found} can be written, not read")
        }
    };
    Some(reason)
}

/// Whether a cell is written in this format, alone or with a clock time behind it.
pub(super) fn fits(cell: &str, format: &str) -> bool {
    read(cell, format).is_some()
}

/// Whether a cell is a time in any dialect.
pub(super) fn is_time(cell: &str) -> bool {
    let known = CLEAR.iter().chain(UNCLEAR.iter().flatten());
    let (date, clock) = parts(cell);
    let is_date = known.into_iter().any(|format| is_full(date, format))
        || quarter(date).is_some()
        || SHORT.iter().any(|format| strtime::parse(format, date).is_ok());
    is_date && clock.is_none_or(|clock| clocked(clock).is_some())
}

/// Whether most cells of a column are times, as far as its beginning says.
pub(super) fn are_times<'a>(cells: impl Iterator<Item = &'a str>) -> bool {
    let (mut n, mut all) = (0_usize, 0_usize);
    for cell in cells.filter(|cell| !cell.is_empty()).take(SAMPLE) {
        all += 1;
        n += usize::from(is_time(cell));
    }
    2 * n > all
}

/// Where the rows stand in time, by the column of times.
pub(super) fn positions(grid: &Grid<'_>, k: usize, asked: &Asked) -> Result<Positions> {
    if let Some(row) = grid.column(k).position(str::is_empty) {
        let (line, place) = (grid.rows[row].line, grid.place(k));
        return Err(Error::input("time", format!("the cell in line {line} {place}, is empty"))
            .allowed("A time in every row"));
    }
    if let Some(format) = &asked.format {
        return formatted(grid, k, format).map(Positions::Times);
    }
    if numbers::are_numbers(grid.column(k)) && !are_times(grid.column(k)) {
        let read = numbers::read(grid, k, asked.decimal);
        return read.map(Positions::Numbers).map_err(|mut error| {
            if let Error::Input(input) = &mut error {
                "time".clone_into(&mut input.key);
                "A number in every row, or a date".clone_into(&mut input.allowed);
            }
            error
        });
    }
    let times = dated(grid, k)?;
    if let Some(row) = times.iter().position(|time| time.is_zoned != times[0].is_zoned) {
        let (with, without) = if times[0].is_zoned { (0, row) } else { (row, 0) };
        let found = format!(
            "{} {}, has a zone and {} has none",
            grid.cell(with, k),
            grid.place(k),
            grid.cell(without, k)
        );
        return Err(Error::input("time", found).allowed("Write the zone in every row, or in none"));
    }
    Ok(Positions::Times(times))
}

/// Times in the format that the user gives.
fn formatted(grid: &Grid<'_>, k: usize, format: &str) -> Result<Vec<Time>> {
    let time = |(row, cell)| {
        read(cell, format).ok_or_else(|| {
            let found = format!("{} {}, is not of this format", grid.cell(row, k), grid.place(k));
            Error::input("format", found).allowed(
                "Every time of the column is read by it; a time of day such as 13:05 may follow",
            )
        })
    };
    grid.column(k).enumerate().map(time).collect()
}

/// Times in the dialect that the column settles.
fn dated(grid: &Grid<'_>, k: usize) -> Result<Vec<Time>> {
    let mut reached = (0, CLEAR[0]);
    let mut whole: Vec<(&str, Vec<Time>)> = Vec::new();
    for format in CLEAR.into_iter().chain(UNCLEAR.into_iter().flatten()).chain(["quarter"]) {
        let times: Vec<Time> = grid.column(k).map_while(|cell| full(cell, format)).collect();
        if times.len() == grid.rows.len() {
            if whole.iter().all(|(_, others)| *others != times) {
                whole.push((format, times));
            }
        } else if times.len() > reached.0 {
            reached = (times.len(), format);
        }
    }
    if let [first, second] = &whole[..] {
        return settled(grid, k, [first, second]);
    }
    match whole.pop() {
        Some((_, times)) => Ok(times),
        None => Err(unread(grid, k, reached.0)),
    }
}

/// The one of two readings that is in order, or else the one that has no gaps.
fn settled(grid: &Grid<'_>, k: usize, readings: [&(&str, Vec<Time>); 2]) -> Result<Vec<Time>> {
    let [a, b] = readings.map(|(_, times)| is_in_order(times));
    let [c, d] = readings.map(|(_, times)| Positions::Times(times.clone()).gaps().is_none());
    let [first, second] = readings;
    match (a, b) {
        (true, false) => return Ok(first.1.clone()),
        (false, true) => return Ok(second.1.clone()),
        (true, true) if c && !d => return Ok(first.1.clone()),
        (true, true) if d && !c => return Ok(second.1.clone()),
        _ => {}
    }
    let row = first.1.iter().zip(&second.1).position(|(a, b)| a != b).unwrap_or(0);
    let (one, other) = (first.1[row].date, second.1[row].date);
    let found = format!(
        "{} {}, is {} or {} {}",
        grid.cell(row, k),
        grid.place(k),
        one.strftime("%-d %B"),
        other.strftime("%-d %B"),
        other.year()
    );
    let (first, second) = (first.0, second.0);
    Err(Error::input("format", found).allowed(format!(
        "Write format = \"{first}\" for the first, format = \"{second}\" for the second"
    )))
}

/// What is wrong with the cell at which the best of all dialects ends.
fn unread(grid: &Grid<'_>, k: usize, row: usize) -> Error {
    let cell = grid.cell(row, k);
    let place = grid.place(k);
    let (date, _) = parts(grid.column(k).nth(row).unwrap_or(""));
    let short: Vec<String> = SHORT
        .iter()
        .filter(|format| strtime::parse(format, date).is_ok_and(|time| time.to_date().is_ok()))
        .map(|format| format!("format = \"{format}\""))
        .collect();
    if row > 0 {
        let before = grid.cell(row - 1, k);
        return Error::input("time", format!("{cell} {place}, is no time like {before}"))
            .allowed("One way of writing times in all rows, or a `format` that says it");
    }
    if !short.is_empty() {
        let found = format!("{cell} {place}, has a year of two digits");
        return Error::input("format", found).allowed(format!(
            "Write {}: 69 to 99 are then of the years 1900, 00 to 68 of the years 2000",
            short.join(" or ")
        ));
    }
    let called = shown(&grid.called(k));
    Error::input("time", format!("{cell} {place}, is not understood as a time"))
        .allowed(format!(
            "ISO times such as 2024-03-04 13:00 are; say how others are written: format = \"%d/%m/%Y\", or \
             time = \"none\" where column {called} holds no times"
        ))
}

/// A cell whose date is of this dialect, with a year of four digits.
fn full(cell: &str, format: &str) -> Option<Time> {
    let (date, clock) = parts(cell);
    let date = if format == "quarter" {
        quarter(date)?
    } else {
        is_full(date, format).then(|| day(&mut strtime::parse(format, date).ok()?))??
    };
    timed(date, clock)
}

fn is_full(date: &str, format: &str) -> bool {
    strtime::parse(format, date).is_ok_and(|mut time| {
        day(&mut time).is_some_and(|date| (1000..=9999).contains(&date.year()))
    })
}

/// A cell of this format: the whole of it, or its date with a time of day behind.
fn read(cell: &str, format: &str) -> Option<Time> {
    if let Ok(mut time) = strtime::parse(format, cell) {
        let date = day(&mut time)?;
        let clock = time.to_time().unwrap_or(civil::Time::midnight());
        if let Some(moment) = time.timestamp() {
            return Time::of(Offset::UTC.to_datetime(moment), Some(Offset::UTC));
        }
        return Time::of(date.to_datetime(clock), time.offset());
    }
    let (date, clock) = parts(cell);
    let date = day(&mut strtime::parse(format, date).ok()?)?;
    timed(date, clock)
}

/// The day of a parsed time: the first of a month or year where no day is said.
fn day(time: &mut BrokenDownTime) -> Option<Date> {
    if let Some(moment) = time.timestamp() {
        return Some(Offset::UTC.to_datetime(moment).date());
    }
    if let Ok(date) = time.to_date() {
        return Some(date);
    }
    if time.day().is_none() && time.year().is_some() {
        time.set_day(Some(1)).ok()?;
        if time.month().is_none() {
            time.set_month(Some(1)).ok()?;
        }
    }
    time.to_date().ok()
}

/// The first day of 2024-Q3, 2024Q3 or Q3 2024.
fn quarter(text: &str) -> Option<Date> {
    let (year, rest) = match text.split_once(['Q', 'q'])? {
        ("", rest) => rest.split_once([' ', '-', '/']).map(|(quarter, year)| (year, quarter))?,
        (year, rest) => (year.trim_end_matches([' ', '-', '/']), rest),
    };
    let quarter: i8 = rest.parse().ok().filter(|q| (1..=4).contains(q))?;
    let year: i16 = year.parse().ok().filter(|year| (1000..=9999).contains(year))?;
    Date::new(year, 3 * quarter - 2, 1).ok()
}

/// The date of a cell, and the time of day behind it.
fn parts(cell: &str) -> (&str, Option<&str>) {
    let Some(colon) = cell.find(':') else { return (cell, None) };
    let hour = cell[..colon].trim_end_matches(|c: char| c.is_ascii_digit());
    let date = hour.trim_end_matches(['T', 't', ' ', ',']);
    if date.len() == hour.len() {
        return (cell, None);
    }
    (date, Some(&cell[hour.len()..]))
}

fn timed(date: Date, clock: Option<&str>) -> Option<Time> {
    let Some(clock) = clock else {
        return Time::of(date.to_datetime(civil::Time::midnight()), None);
    };
    let (clock, offset) = clocked(clock)?;
    Time::of(date.to_datetime(clock), offset)
}

/// A time of day and its zone: 13:05, 13:05:06.7+02:00, 1:05 PM, 13:05Z.
fn clocked(text: &str) -> Option<(civil::Time, Option<Offset>)> {
    let (clock, offset) = zone(text)?;
    let clock = clock.trim_end();
    let time =
        CLOCKS.iter().find_map(|format| strtime::parse(format, clock).ok()?.to_time().ok())?;
    Some((time, offset))
}

/// The text before a zone, and the zone.
fn zone(text: &str) -> Option<(&str, Option<Offset>)> {
    for name in ["Z", "z", "UTC", "GMT"] {
        if let Some(before) = text.strip_suffix(name) {
            return Some((before, Some(Offset::UTC)));
        }
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, None)) };
    let digits = text[at + 1..].replacen(':', "", 1);
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits.get(2..4).and_then(|m| m.parse().ok()).unwrap_or(0);
    let sign = if text[at..].starts_with('-') { -1 } else { 1 };
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    Some((&text[..at], Some(offset)))
}
