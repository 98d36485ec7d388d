//! IDX, the format of MNIST: arrays of any rank up to four, big-endian.
//!
//! ```text
//! 00 00, type (1 byte), rank (1 byte), lengths (4 bytes each), the numbers, last index fastest
//! type: 08 u8, 09 i8, 0b i16, 0c i32, 0d f32, 0e f64
//! ```
//! The first index counts the points. Images and their labels are two files.

use ground::{Error, Result};

use super::{Label, Table, grouped, times};

/// The greatest rank.
const MOST_RANK: u8 = 4;

/// The type of numbers: its code, the bytes a number has, and how they are read.
type Kind = (u8, usize, fn(&[u8]) -> f64);

macro_rules! kind {
    ($code:literal, $type:ty) => {
        ($code, size_of::<$type>(), |b| {
            f64::from(<$type>::from_be_bytes(b.try_into().unwrap_or_default()))
        })
    };
}

const KINDS: [Kind; 6] = [
    kind!(0x08, u8),
    kind!(0x09, i8),
    kind!(0x0b, i16),
    kind!(0x0c, i32),
    kind!(0x0d, f32),
    kind!(0x0e, f64),
];

/// Whether bytes begin as such a file does.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.len() >= 4 && header(bytes).is_ok()
}

/// The type and the rank.
fn header(bytes: &[u8]) -> Result<(Kind, usize)> {
    let &[a, b, code, rank, ..] = bytes else {
        let found = format!("the IDX header has 4 bytes and lengths, the file has {}", bytes.len());
        return Err(Error::input("", found).allowed("The file is cut; copy it again"));
    };
    if (a, b) != (0, 0) {
        let found = format!("the file begins with {a:02x} {b:02x} {code:02x} {rank:02x}");
        return Err(Error::input("", found).allowed("An IDX file begins with 00 00"));
    }
    let kind = KINDS.into_iter().find(|kind| kind.0 == code).ok_or_else(|| {
        Error::input("", format!("the IDX type at byte 2 is {code:02x}"))
            .allowed("Types are 08 (u8), 09 (i8), 0b (i16), 0c (i32), 0d (f32) and 0e (f64)")
    })?;
    if rank == 0 || rank > MOST_RANK {
        let found = format!("the IDX rank at byte 3 is {rank}");
        return Err(Error::input("", found).allowed(format!("Ranks are 1 to {MOST_RANK}")));
    }
    Ok((kind, usize::from(rank)))
}

/// The table in the bytes of a file.
pub(super) fn read(bytes: &[u8], label: Option<&Label>) -> Result<Table> {
    if !matches!(label, None | Some(Label::Absent)) {
        return Err(Error::input("label", "an IDX file has no columns to choose from")
            .allowed("Its labels are a second IDX file"));
    }
    let ((_, size, one), rank) = header(bytes)?;
    let begin = 4 + 4 * rank;
    let Some(lengths) = bytes.get(4..begin) else {
        let found = format!(
            "the IDX header of rank {rank} has {begin} bytes, the file has {}",
            bytes.len()
        );
        return Err(Error::input("", found).allowed("The file is cut; copy it again"));
    };
    let lengths: Vec<usize> = lengths
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes(b.try_into().unwrap_or_default()) as usize)
        .collect();
    let count = lengths.iter().try_fold(1_usize, |count, &n| count.checked_mul(n));
    let due = count.and_then(|count| count.checked_mul(size)?.checked_add(begin));
    let Some(due) = due else {
        let found = format!("the IDX header says {}, more than can be counted", times(&lengths));
        return Err(Error::input("", found).allowed(
            "Lengths are big-endian, from byte 4 on; the file is damaged or no IDX file",
        ));
    };
    if bytes.len() != due {
        return Err(misfit(&lengths, size, due, bytes.len()));
    }
    Table::of(&lengths, bytes[begin..].chunks_exact(size).map(one).collect())
}

/// A file that is longer or shorter than its header says.
fn misfit(lengths: &[usize], size: usize, due: usize, has: usize) -> Error {
    let of = if size == 1 { String::new() } else { format!(" numbers of {size} bytes") };
    let found = format!(
        "the IDX header says {}{of} = {} bytes, the file has {} (header included)",
        times(lengths),
        grouped(due),
        grouped(has)
    );
    let allowed = if has < due {
        format!("The file is cut at byte {}; copy it again", grouped(has))
    } else {
        format!("{} bytes are too many, from byte {} on", grouped(has - due), grouped(due))
    };
    Error::input("", found).allowed(allowed)
}

#[cfg(test)]
pub(super) mod tests;
