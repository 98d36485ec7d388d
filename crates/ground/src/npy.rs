//! Arrays in NumPy's own format, .npy: numbers of any type and rank.
//!
//! ```text
//! \x93NUMPY, version (1 byte, 1 byte), length of the header (2 bytes; 4 from version 2 on),
//! {'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }, then the numbers
//! ```
//! Read are floats of 4 and 8 bytes, integers of 1 to 8 bytes with and without sign, and truth values,
//! of either byte order, row by row or column by column. The crates for this format parse any Python
//! literal, with a parser generator and an assembler behind them.

use crate::{Error, Result};

/// What the numbers of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Floating point.
    Float,
    /// Whole numbers; beyond 2⁵³ they are rounded here.
    Integer,
    /// Truth values, read as 0 and 1.
    Bool,
}

/// An array, the last index fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// What the numbers were.
    pub kind: Kind,
    /// Its lengths; none for one number.
    pub shape: Vec<usize>,
    /// As many numbers as the product of the lengths.
    pub numbers: Vec<f64>,
}

/// A type that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Floats of eight bytes.
    Double,
    /// Floats of four bytes: 24 bits of a number.
    Single,
    /// Whole numbers of four bytes with a sign.
    Integer,
}

const ALLOWED: &str = "Write it with numpy.save, from an array of numbers";

/// The array in the bytes of a file.
///
/// ```
/// use ground::npy::{Width, read, write};
/// let bytes = write(&[2, 2], &[1.0, 2.0, 3.0, 4.5], Width::Double);
/// assert_eq!(read(&bytes).unwrap().numbers, [1.0, 2.0, 3.0, 4.5]);
/// ```
pub fn read(bytes: &[u8]) -> Result<Array> {
    let (header, numbers) = parts(bytes).ok_or_else(|| {
        Error::input("", "this is not a NumPy array, or it ends in its header").allowed(ALLOWED)
    })?;
    let strange = || {
        let found = format!("the NumPy header {} is not understood", header.trim_end());
        Error::input("", found).allowed(ALLOWED)
    };
    let descr = after(header, "descr").and_then(quoted).ok_or_else(|| {
        Error::input("", "this NumPy array holds records, not numbers").allowed(ALLOWED)
    })?;
    let (kind, size, one) = reader(descr).ok_or_else(|| {
        Error::input("", format!("this NumPy array is of type `{descr}`"))
            .allowed("Floats of 4 or 8 bytes, whole numbers and truth values are read")
    })?;
    let shape = after(header, "shape").and_then(shape).ok_or_else(strange)?;
    let fortran = match after(header, "fortran_order").ok_or_else(strange)? {
        order if order.starts_with("True") => true,
        order if order.starts_with("False") => false,
        _ => return Err(strange()),
    };
    let count = shape.iter().try_fold(1_usize, |count, &n| count.checked_mul(n));
    let due = count.and_then(|count| count.checked_mul(size)).ok_or_else(strange)?;
    if numbers.len() != due {
        let found = format!(
            "this NumPy array of shape {shape:?} has {} bytes of numbers, not {due}",
            numbers.len()
        );
        return Err(Error::input("", found).allowed("The file is cut or damaged; copy it again"));
    }
    let stored: Vec<f64> = numbers.chunks_exact(size).map(one).collect();
    let numbers = if fortran { rows_first(&stored, &shape) } else { stored };
    Ok(Array { kind, shape, numbers })
}

/// The bytes of a file. `numbers` have the last index fastest.
///
/// # Panics
/// If the lengths of `shape` do not multiply to the count of the numbers.
pub fn write(shape: &[usize], numbers: &[f64], width: Width) -> Vec<u8> {
    assert_eq!(shape.iter().product::<usize>(), numbers.len(), "numbers of shape {shape:?}");
    let descr = match width {
        Width::Double => "<f8",
        Width::Single => "<f4",
        Width::Integer => "<i4",
    };
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let lengths = format!("{}{comma}", lengths.join(", "));
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({lengths}), }}");
    // The numbers begin at a multiple of 64 bytes, the newline before them included.
    let begin = 10 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', begin.next_multiple_of(64) - begin));
    header.push('\n');
    let length = u16::try_from(header.len()).expect("a header of a few lengths is short");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(header.as_bytes());
    #[allow(clippy::cast_possible_truncation, reason = "asked for by the width")]
    for &v in numbers {
        match width {
            Width::Double => bytes.extend(v.to_le_bytes()),
            Width::Single => bytes.extend((v as f32).to_le_bytes()),
            Width::Integer => bytes.extend((v as i32).to_le_bytes()),
        }
    }
    bytes
}

/// The header as text, and what follows it.
fn parts(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (version, rest) = rest.split_at_checked(2)?;
    let (length, rest) = if version[0] == 1 {
        let (length, rest) = rest.split_at_checked(2)?;
        (usize::from(u16::from_le_bytes(length.try_into().ok()?)), rest)
    } else {
        let (length, rest) = rest.split_at_checked(4)?;
        (usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?, rest)
    };
    let (header, numbers) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, numbers))
}

/// What follows a key of the header.
fn after<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let (_, rest) = header.split_once(&format!("'{key}':"))?;
    Some(rest.trim_start())
}

/// The text between quotes that begins here.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.split_once('\'').map(|(inside, _)| inside)
}

/// The lengths in parentheses that begin here.
fn shape(text: &str) -> Option<Vec<usize>> {
    let (inside, rest) = text.strip_prefix('(')?.split_once(')')?;
    rest.contains('}').then_some(())?;
    let inside = inside.trim();
    let inside = inside.strip_suffix(',').unwrap_or(inside);
    if inside.is_empty() {
        return Some(Vec::new());
    }
    inside.split(',').map(|n| n.trim().trim_end_matches('L').parse().ok()).collect()
}

/// One number from its bytes.
type Reader = fn(&[u8]) -> f64;

/// The kind, the bytes a number has, and how they are read.
fn reader(descr: &str) -> Option<(Kind, usize, Reader)> {
    macro_rules! of {
        ($kind:ident, $type:ty, $from:ident) => {
            (Kind::$kind, size_of::<$type>(), |b| {
                <$type>::$from(b.try_into().unwrap_or_default()) as f64
            })
        };
    }
    let (order, name) = descr.split_at_checked(1)?;
    let little = match order {
        "<" | "|" | "=" => true,
        ">" => false,
        _ => return None,
    };
    #[allow(clippy::cast_lossless, reason = "one macro for all types")]
    Some(match (name, little) {
        ("f8", true) => of!(Float, f64, from_le_bytes),
        ("f8", false) => of!(Float, f64, from_be_bytes),
        ("f4", true) => of!(Float, f32, from_le_bytes),
        ("f4", false) => of!(Float, f32, from_be_bytes),
        ("i8", true) => of!(Integer, i64, from_le_bytes),
        ("i8", false) => of!(Integer, i64, from_be_bytes),
        ("i4", true) => of!(Integer, i32, from_le_bytes),
        ("i4", false) => of!(Integer, i32, from_be_bytes),
        ("i2", true) => of!(Integer, i16, from_le_bytes),
        ("i2", false) => of!(Integer, i16, from_be_bytes),
        ("i1", _) => of!(Integer, i8, from_le_bytes),
        ("u8", true) => of!(Integer, u64, from_le_bytes),
        ("u8", false) => of!(Integer, u64, from_be_bytes),
        ("u4", true) => of!(Integer, u32, from_le_bytes),
        ("u4", false) => of!(Integer, u32, from_be_bytes),
        ("u2", true) => of!(Integer, u16, from_le_bytes),
        ("u2", false) => of!(Integer, u16, from_be_bytes),
        ("u1", _) => of!(Integer, u8, from_le_bytes),
        ("b1", _) => of!(Bool, u8, from_le_bytes),
        _ => return None,
    })
}

/// Numbers with the first index fastest, in the order with the last index fastest.
fn rows_first(stored: &[f64], shape: &[usize]) -> Vec<f64> {
    let mut strides = vec![1; shape.len()];
    for k in 1..shape.len() {
        strides[k] = strides[k - 1] * shape[k - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    let mut numbers = Vec::with_capacity(stored.len());
    for _ in 0..stored.len() {
        numbers.push(stored[at]);
        for k in (0..shape.len()).rev() {
            index[k] += 1;
            at += strides[k];
            if index[k] < shape[k] {
                break;
            }
            at -= strides[k] * shape[k];
            index[k] = 0;
        }
    }
    numbers
}

#[cfg(test)]
mod tests;
