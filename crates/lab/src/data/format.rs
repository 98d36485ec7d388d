//! Which format bytes are in, told by how they begin.

use std::fmt::Write as _;

use ground::{Error, Result};

use super::{Format, cifar, grouped, idx};

/// How files begin that are often met and not read here.
const OTHERS: [(&[u8], &str); 14] = [
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF", "an HDF5 file"),
    (b"MATLAB 5", "a MATLAB file"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x80", "a Python pickle"),
    (b"\x1f\x8b", "gzip inside gzip"),
    (b"BZh", "packed by bzip2"),
    (b"\xfd7zXZ", "packed by xz"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
];

const KNOWN: &str = "Known are IDX (00 00), NPY (93 4e 55 4d 50 59), NPZ (50 4b 03 04), \
                     CIFAR-10 in binary (records of 3073 bytes) and CSV (text), each also packed by gzip";

/// How much of a file tells whether it is text.
const BEGINNING: usize = 1024;

/// The format.
pub(super) fn tell(bytes: &[u8]) -> Result<Format> {
    if bytes.is_empty() {
        return Err(Error::input("", "the file is empty").allowed(KNOWN));
    }
    let other = OTHERS.iter().find(|(begin, _)| bytes.starts_with(begin)).map(|(_, what)| *what);
    let tar =
        bytes.get(257..262).filter(|magic| *magic == b"ustar").map(|_| "a tar archive; unpack it");
    if let Some(what) = other.or(tar) {
        return Err(unknown(bytes, &format!(": {what}")));
    }
    if bytes.starts_with(b"\x93NUMPY") {
        return Ok(Format::Npy);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Format::Npz);
    }
    // The magic of IDX before the length of CIFAR-10, and the length before two bytes of zero: an
    // image of CIFAR-10 may begin with them.
    if idx::is(bytes) {
        return Ok(Format::Idx);
    }
    if cifar::is(bytes) && !is_text(bytes) {
        return Ok(Format::Cifar10);
    }
    if bytes.starts_with(&[0, 0]) {
        return Ok(Format::Idx);
    }
    if is_text(&bytes[..bytes.len().min(BEGINNING)]) {
        return Ok(Format::Csv);
    }
    Err(unknown(bytes, &almost(bytes)))
}

/// No control characters but tabs and ends of lines and pages.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| matches!(b, b'\t' | b'\n' | b'\r' | 0x0c) || (b >= 0x20 && b != 0x7f))
}

/// A word on a file that could be one of CIFAR-10, cut.
fn almost(bytes: &[u8]) -> String {
    let (records, rest) = (bytes.len() / cifar::RECORD, bytes.len() % cifar::RECORD);
    if records == 0 || bytes[0] > cifar::LAST_CLASS {
        return String::new();
    }
    format!(
        ", and it has {} bytes, {rest} more than {} records of CIFAR-10",
        grouped(bytes.len()),
        grouped(records)
    )
}

fn unknown(bytes: &[u8], more: &str) -> Error {
    let mut begin = String::new();
    for byte in bytes.iter().take(8) {
        write!(begin, " {byte:02x}").expect("a String takes what it is given");
    }
    Error::input("", format!("the file begins with{begin}{more}")).allowed(KNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_content() {
        let tell = |bytes: &[u8]| tell(bytes).unwrap();
        assert_eq!(tell(b"\x93NUMPY\x01"), Format::Npy);
        assert_eq!(tell(b"PK\x03\x04"), Format::Npz);
        assert_eq!(tell(&[0, 0, 8, 1, 0, 0, 0, 1, 5]), Format::Idx);
        assert_eq!(tell(&[0, 0, 7, 1]), Format::Idx);
        assert_eq!(tell(b"a,b\n1,2\n"), Format::Csv);
        assert_eq!(tell("größe;b\n1;2\n".as_bytes()), Format::Csv);
        let mut record = vec![0; 2 * cifar::RECORD];
        assert_eq!(tell(&record), Format::Cifar10);
        record[cifar::RECORD] = 200;
        assert_eq!(tell(&record), Format::Cifar10);
        assert_eq!(tell(&vec![b'\t'; cifar::RECORD]), Format::Csv);
    }

    #[test]
    fn what_is_unknown_is_shown() {
        let said = |bytes: &[u8]| tell(bytes).unwrap_err().to_string();
        let due = |found: &str| format!("{found}. {KNOWN}.");
        assert_eq!(said(b""), due("the file is empty"));
        assert_eq!(said(b"\x01"), due("the file begins with 01"));
        assert_eq!(
            said(b"\x89PNG\r\n\x1a\n...."),
            due("the file begins with 89 50 4e 47 0d 0a 1a 0a: a PNG picture")
        );
        assert_eq!(
            said(b"\x80\x02}q\x01(U\x0bbatch"),
            due("the file begins with 80 02 7d 71 01 28 55 0b: a Python pickle")
        );
        let mut tar = vec![b'a'; 512];
        tar[100] = 0;
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(
            said(&tar),
            due("the file begins with 61 61 61 61 61 61 61 61: a tar archive; unpack it")
        );
        let cut = [vec![6], vec![0; 3 * cifar::RECORD + 9]].concat();
        assert_eq!(
            said(&cut),
            due(
                "the file begins with 06 00 00 00 00 00 00 00, and it has 9 229 bytes, 10 more than 3 records of CIFAR-10"
            )
        );
    }
}
