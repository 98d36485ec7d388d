//! CIFAR-10 in binary: records of a label and a picture.
//!
//! ```text
//! label (1 byte, 0 to 9), 1024 bytes of red, 1024 of green, 1024 of blue, each 32 rows of 32
//! ```

use ground::{Error, Result};

use super::{Label, Labels, Table, grouped};

/// Bytes of a record.
pub(super) const RECORD: usize = 1 + 3 * 32 * 32;

/// The greatest label.
pub(super) const LAST_CLASS: u8 = 9;

/// Whether bytes could be such records.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.len().is_multiple_of(RECORD) && bytes.first().is_some_and(|&b| b <= LAST_CLASS)
}

/// The table in the bytes of a file.
pub(super) fn read(bytes: &[u8], label: Option<&Label>) -> Result<Table> {
    if !matches!(label, None | Some(Label::Absent)) {
        return Err(Error::input("label", "a file of CIFAR-10 has no columns to choose from")
            .allowed("Its labels are the first bytes of the records"));
    }
    if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
        let whole = bytes.len() / RECORD * RECORD;
        let found = format!(
            "a file of CIFAR-10 has records of {RECORD} bytes; this one has {} bytes, {} after byte {}",
            grouped(bytes.len()),
            grouped(bytes.len() - whole),
            grouped(whole)
        );
        return Err(Error::input("", found).allowed("It is cut; copy it again"));
    }
    let records = bytes.chunks_exact(RECORD);
    let wrong = records.clone().position(|record| record[0] > LAST_CLASS);
    if let Some(k) = wrong {
        let found = format!(
            "record {} of CIFAR-10 has the label {} at byte {}",
            k + 1,
            bytes[k * RECORD],
            grouped(k * RECORD)
        );
        return Err(Error::input("", found).allowed("Labels are 0 to 9"));
    }
    let x = records.clone().flat_map(|record| record[1..].iter().map(|&b| f64::from(b))).collect();
    let numbers = records.map(|record| f64::from(record[0])).collect();
    let labels = Labels { outputs: 1, numbers, words: Vec::new() };
    let labels = label.is_none().then_some(labels);
    Ok(Table { shape: vec![3, 32, 32], x, labels, ..Table::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records whose k-th byte after the label is k mod 251, plus the label.
    fn file(labels: &[u8]) -> Vec<u8> {
        let record = |&label: &u8| {
            let picture =
                (0..3072).map(move |k| u8::try_from(k % 251).unwrap().wrapping_add(label));
            std::iter::once(label).chain(picture)
        };
        labels.iter().flat_map(record).collect()
    }

    #[test]
    fn labels_and_channels() {
        let table = read(&file(&[6, 9, 0]), None).unwrap();
        assert_eq!((table.n(), table.d(), &table.shape[..]), (3, 3072, &[3, 32, 32][..]));
        assert_eq!(table.point(0)[..3], [6.0, 7.0, 8.0]);
        // Green begins after 1024 bytes of red: 1024 mod 251 = 20.
        assert_eq!(table.point(1)[1024], 29.0);
        assert_eq!(table.labels.unwrap().numbers, [6.0, 9.0, 0.0]);
        assert_eq!(read(&file(&[1]), Some(&Label::Absent)).unwrap().labels, None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |bytes: &[u8], label| read(bytes, label).unwrap_err().to_string();
        assert_eq!(
            said(&file(&[3, 2, 17, 4]), None),
            "record 3 of CIFAR-10 has the label 17 at byte 6 146. Labels are 0 to 9."
        );
        assert_eq!(
            said(&file(&[3, 2])[..6000], None),
            "a file of CIFAR-10 has records of 3073 bytes; this one has 6 000 bytes, 2 927 after byte 3 073. It is cut; copy it again."
        );
        assert_eq!(
            said(&file(&[3]), Some(&Label::Last)),
            "label: a file of CIFAR-10 has no columns to choose from. Its labels are the first bytes of the records."
        );
    }
}
