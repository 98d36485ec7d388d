//! Numbers as people write them: with a decimal point or comma, in groups of thousands or not.

use ground::{Error, Result};

use super::grid::Grid;

/// What may stand between thousands, beside the sign that is not the decimal one.
const GROUPS: [char; 5] = [' ', '\u{a0}', '\u{202f}', '\'', '’'];

/// Whether a cell is a number with either decimal sign.
pub(super) fn is_number(cell: &str) -> bool {
    with(cell, '.').or_else(|| with(cell, ',')).is_some()
}

/// Whether most cells that are not empty are numbers, and some are.
pub(super) fn are_numbers<'a>(cells: impl Iterator<Item = &'a str>) -> bool {
    let (mut n, mut all) = (0_usize, 0_usize);
    for cell in cells.filter(|cell| !cell.is_empty()) {
        all += 1;
        n += usize::from(is_number(cell));
    }
    2 * n > all
}

/// The number that a cell is, with this decimal sign.
fn with(cell: &str, decimal: char) -> Option<f64> {
    let unsigned = cell.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(cell);
    let is_negative = cell.starts_with(['-', '\u{2212}']);
    if ["nan", "inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return Some(f64::NAN);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once(decimal).unwrap_or((mantissa, ""));
    let whole = ungrouped(whole, if decimal == '.' { ',' } else { '.' })?;
    if !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let exponent = exponent.unwrap_or("0");
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !is_digits(digits) {
        return None;
    }
    let number: f64 = format!("0{whole}.{fraction}0e{exponent}").parse().ok()?;
    Some(if is_negative { -number } else { number })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The digits of a whole number, out of their groups of three. A number in groups has no leading zero.
fn ungrouped(whole: &str, thousands: char) -> Option<String> {
    let Some(sign) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return Some(whole.to_owned());
    };
    if sign != thousands && !GROUPS.contains(&sign) {
        return None;
    }
    let (first, rest) = whole.split_once(sign)?;
    let begins = (1..=3).contains(&first.len()) && !first.starts_with('0');
    let goes_on = rest.split(sign).all(|group| group.len() == 3 && is_digits(group));
    (begins && goes_on).then(|| whole.replace(sign, ""))
}

/// The numbers of a column.
pub(super) fn read(grid: &Grid<'_>, k: usize, asked: Option<char>) -> Result<Vec<f64>> {
    let decimal = match asked {
        Some(decimal) => decimal,
        None => decimal(grid, k)?,
    };
    let sign = if decimal == ',' { " with a decimal comma" } else { "" };
    let allowed = "A finite number in every row; rows without one can be left out, with gaps = \
                   \"join\" where they are of one spacing";
    let number = |(row, cell): (usize, &str)| {
        let refused = |what: &str| {
            let found = format!("{} {}, {what}", grid.cell(row, k), grid.place(k));
            Error::input("column", found).allowed(allowed)
        };
        if cell.is_empty() {
            let (line, place) = (grid.rows[row].line, grid.place(k));
            return Err(Error::input(
                "column",
                format!("the cell in line {line} {place}, is empty"),
            )
            .allowed(allowed));
        }
        let number =
            with(cell, decimal).ok_or_else(|| refused(&format!("is not a number{sign}")))?;
        if number.is_finite() { Ok(number) } else { Err(refused("is not finite")) }
    };
    grid.column(k).enumerate().map(number).collect()
}

/// What the cells of a column say of the decimal sign: where each kind is first seen.
#[derive(Clone, Copy, Debug, Default)]
struct Signs {
    /// A cell that is a number with a decimal point only.
    point: Option<usize>,
    /// A cell that is a number with a decimal comma only.
    comma: Option<usize>,
    /// A cell that is one number with a point, and another with a comma.
    either: Option<usize>,
}

fn signs(grid: &Grid<'_>, k: usize) -> Signs {
    let mut signs = Signs::default();
    for (row, cell) in grid.column(k).enumerate() {
        let place = match (with(cell, '.'), with(cell, ',')) {
            (Some(_), None) => &mut signs.point,
            (None, Some(_)) => &mut signs.comma,
            (Some(a), Some(b)) if a.to_bits() != b.to_bits() => &mut signs.either,
            _ => continue,
        };
        place.get_or_insert(row);
    }
    signs
}

/// The decimal sign of a column: what its cells allow, else what those beside it allow.
fn decimal(grid: &Grid<'_>, k: usize) -> Result<char> {
    let own = signs(grid, k);
    match own {
        Signs { point: Some(point), comma: Some(comma), .. } => {
            let found = format!(
                "{} {}, has a decimal point and {} a decimal comma",
                grid.cell(point, k),
                grid.place(k),
                grid.cell(comma, k)
            );
            return Err(Error::input("decimal", found).allowed("Write all numbers with the same"));
        }
        Signs { point: None, comma: Some(_), .. } => return Ok(','),
        Signs { either: None, .. } | Signs { point: Some(_), .. } => return Ok('.'),
        Signs { either: Some(_), .. } => {}
    }
    let beside: Vec<Signs> =
        (0..grid.width()).filter(|j| *j != k).map(|j| signs(grid, j)).collect();
    let has = |part: fn(&Signs) -> bool| beside.iter().any(part);
    let row = own.either.unwrap_or(0);
    let cell = grid.column(k).nth(row).unwrap_or("");
    match (has(|signs| signs.point.is_some()), has(|signs| signs.comma.is_some())) {
        (true, false) => return Ok('.'),
        (false, true) => return Ok(','),
        // Nobody separates by commas what has decimal commas, unless in quotes.
        _ if grid.separator == b',' && !cell.contains(',') => return Ok('.'),
        _ => {}
    }
    let reading = |sign: char| with(cell, sign).unwrap_or(f64::NAN).to_string();
    let found =
        format!("{} {}, is {} or {}", grid.cell(row, k), grid.place(k), reading(','), reading('.'));
    Err(Error::input("decimal", found)
        .allowed("Write decimal = \",\" for the first, decimal = \".\" for the second"))
}
