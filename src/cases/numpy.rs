//! Matrices in NumPy's own format, .npy: the few types a matrix of numbers has.
//!
//! ```text
//! \x93NUMPY, version (1 byte, 1 byte), length of the header (2 bytes; 4 from version 2 on),
//! {'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }, then the numbers
//! ```
//! Read here are f8 and f4 of either byte order, row by row or column by column. The crates for this
//! format parse any Python literal, with a parser generator and an assembler behind them.

/// A matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) data: Vec<f64>,
}

/// The matrix in the bytes of a file; None where they are anything else.
pub(super) fn matrix(bytes: &[u8]) -> Option<Matrix> {
    let (header, numbers) = parts(bytes)?;
    let shape = after(header, "shape")?.strip_prefix('(')?;
    let (rows, rest) = shape.split_once(',')?;
    let (columns, rest) = rest.split_once(')')?;
    let columns = columns.trim_end_matches(|c: char| c == ',' || c.is_whitespace());
    let (rows, columns) = (rows.trim().parse().ok()?, columns.trim().parse().ok()?);
    rest.contains('}').then_some(())?;
    let read: fn(&[u8]) -> Option<f64> = match quoted(after(header, "descr")?)? {
        "<f8" => |b| Some(f64::from_le_bytes(b.try_into().ok()?)),
        ">f8" => |b| Some(f64::from_be_bytes(b.try_into().ok()?)),
        "<f4" => |b| Some(f32::from_le_bytes(b.try_into().ok()?).into()),
        ">f4" => |b| Some(f32::from_be_bytes(b.try_into().ok()?).into()),
        _ => return None,
    };
    let size = if quoted(after(header, "descr")?)?.ends_with('8') { 8 } else { 4 };
    let count: usize = usize::checked_mul(rows, columns)?;
    if numbers.len() != count.checked_mul(size)? {
        return None;
    }
    let stored: Vec<f64> = numbers.chunks_exact(size).map(read).collect::<Option<_>>()?;
    let order = after(header, "fortran_order")?;
    let data = if order.starts_with("True") {
        (0..count).map(|at| stored[(at % columns) * rows + at / columns]).collect()
    } else if order.starts_with("False") {
        stored
    } else {
        return None;
    };
    Some(Matrix { rows, columns, data })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A file such as numpy.save writes.
    fn file(version: u8, descr: &str, fortran: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        let length = u32::try_from(header.len()).unwrap().to_le_bytes();
        bytes.extend(&length[..if version == 1 { 2 } else { 4 }]);
        bytes.extend(header.as_bytes());
        bytes.extend(numbers);
        bytes
    }

    #[test]
    fn both_types_both_orders_both_ends() {
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let bytes = |f: fn(f64) -> Vec<u8>| numbers.into_iter().flat_map(f).collect::<Vec<_>>();
        let due = Matrix { rows: 2, columns: 3, data: numbers.to_vec() };
        #[allow(clippy::cast_possible_truncation, reason = "small whole numbers")]
        let all = [
            ("<f8", bytes(|v| v.to_le_bytes().to_vec())),
            (">f8", bytes(|v| v.to_be_bytes().to_vec())),
            ("<f4", bytes(|v| (v as f32).to_le_bytes().to_vec())),
            (">f4", bytes(|v| (v as f32).to_be_bytes().to_vec())),
        ];
        for (descr, numbers) in &all {
            for version in [1, 2, 3] {
                let found = matrix(&file(version, descr, "False", "(2, 3)", numbers));
                assert_eq!(found, Some(due.clone()), "{descr}");
            }
        }
        let columns = matrix(&file(1, "<f8", "True", "(2, 3)", &all[0].1)).unwrap();
        assert_eq!(columns.data, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    }

    #[test]
    fn anything_else_is_none() {
        let eight = [0; 32];
        assert!(matrix(&file(1, "<f8", "False", "(2, 2)", &eight)).is_some());
        for (descr, order, shape) in [
            ("<i8", "False", "(2, 2)"),
            ("<f8", "False", "(4,)"),
            ("<f8", "False", "(2, 2, 1)"),
            ("<f8", "False", "(2, 3)"),
            ("<f8", "Perhaps", "(2, 2)"),
            ("<f8", "False", "(18446744073709551615, 2)"),
        ] {
            assert_eq!(matrix(&file(1, descr, order, shape, &eight)), None, "{descr} {shape}");
        }
        let whole = file(1, "<f8", "False", "(2, 2)", &eight);
        for end in 0..whole.len() {
            assert_eq!(matrix(&whole[..end]), None, "the first {end} bytes");
        }
    }
}
