//! Bytes that gzip has packed.
//!
//! A file begins with 1f 8b and may have several members one after the other. The checksum and the
//! length at the end of each are verified.

use std::io::{ErrorKind, Read as _};

use flate2::bufread::MultiGzDecoder;
use ground::{Error, Result};

use super::grouped;

/// Whether bytes are packed.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// What was packed, if it has no more than `most` bytes.
pub(super) fn unpack(bytes: &[u8], most: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    // One byte more than allowed tells that there are too many.
    let limit = (most as u64).saturating_add(1);
    let read = MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out);
    if out.len() > most {
        let found = format!("the gzip file unpacks to more than {} bytes", grouped(most));
        return Err(Error::input("", found).allowed("Raise the limit if the file is meant"));
    }
    match read {
        Ok(_) => Ok(out),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            let found = format!(
                "the gzip file ends at byte {} inside its data, after {} bytes unpacked",
                grouped(bytes.len()),
                grouped(out.len())
            );
            Err(Error::input("", found).allowed("It is cut; copy it again"))
        }
        Err(error) => {
            let found = format!(
                "the gzip file is damaged after {} bytes unpacked ({error})",
                grouped(out.len())
            );
            Err(Error::input("", found).allowed("Copy it again"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_one_after_the_other() {
        let both = [packed(b"one,"), packed(b"two")].concat();
        assert!(is(&both));
        assert_eq!(unpack(&both, 7).unwrap(), b"one,two");
        assert_eq!(
            unpack(&both, 6).unwrap_err().to_string(),
            "the gzip file unpacks to more than 6 bytes. Raise the limit if the file is meant."
        );
        assert_eq!(unpack(&packed(b""), 0).unwrap(), b"");
    }

    #[test]
    fn cut_and_damaged() {
        let good = packed(&[7; 5000]);
        for end in 2..good.len() {
            let said = unpack(&good[..end], 1 << 20).unwrap_err().to_string();
            let due = format!("the gzip file ends at byte {end} inside its data, after ");
            assert!(
                said.starts_with(&due) && said.ends_with("It is cut; copy it again."),
                "{said}"
            );
        }
        let mut checksum = good.clone();
        let at = checksum.len() - 6;
        checksum[at] ^= 1;
        let said = unpack(&checksum, 1 << 20).unwrap_err().to_string();
        assert!(
            said.starts_with("the gzip file is damaged after 5 000 bytes unpacked ("),
            "{said}"
        );
        let tail = [&good[..], b"tail that is long enough"].concat();
        let said = unpack(&tail, 1 << 20).unwrap_err().to_string();
        assert!(
            said.starts_with("the gzip file is damaged after 5 000 bytes unpacked ("),
            "{said}"
        );
    }
}
