//! The log of a study: a line a cell, only ever added to, safe on the disk before the next begins.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;

use frame::study::record::Record;
use ground::{Error, Result};

use crate::progress::say;
use crate::run_folder::RunFolder;

/// The name of the file.
pub(crate) const LOG: &str = "log.jsonl";

/// The log, open at its end.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    name: String,
}

impl Log {
    /// Opens the log of a folder, and reads it. What a kill left of a last line is cut off.
    pub(crate) fn open(place: &RunFolder) -> Result<(Self, Vec<Record>)> {
        let name = place.name_of(LOG);
        let io = |e: std::io::Error| Error::io(&name, e);
        let (records, whole) = read(place)?;
        let path = place.file(LOG);
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(io)?;
        file.set_len(whole as u64).map_err(io)?;
        file.sync_all().map_err(io)?;
        Ok((Self { file, name }, records))
    }

    /// Adds a record; when this returns it is on the disk.
    pub(crate) fn add(&mut self, record: &Record) -> Result<()> {
        let line = serde_json::to_string(record)
            .map_err(|e| Error::bug(format!("a record cannot be written: {e}")))?;
        let whole = || -> std::io::Result<()> {
            self.file.write_all((line + "\n").as_bytes())?;
            self.file.sync_data()
        };
        whole().map_err(|e| Error::io(&self.name, e))
    }
}

/// The records of a folder, and the bytes that whole lines take; none where there is no log yet.
pub(crate) fn read(place: &RunFolder) -> Result<(Vec<Record>, usize)> {
    if !place.has(LOG) {
        return Ok((Vec::new(), 0));
    }
    let bytes = place.read(LOG)?;
    let mut records = Vec::new();
    let (mut at, mut line) = (0, 0);
    while let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        line += 1;
        let own = &bytes[at..at + end];
        match serde_json::from_slice(own) {
            Ok(record) => records.push(record),
            // The file system may have kept the length of a last line and not its bytes.
            Err(_) if at + end + 1 == bytes.len() => return Ok((records, at)),
            Err(_) if own.trim_ascii().is_empty() => {}
            Err(_) => {
                let name = place.name_of(LOG);
                say(&format!("{name}: line {line} is no record; its cell counts as unknown"));
            }
        }
        at += end + 1;
    }
    Ok((records, at))
}

/// The last record of every cell, by name.
pub(crate) fn by_name(records: Vec<Record>) -> HashMap<String, Record> {
    records.into_iter().map(|record| (record.cell.clone(), record)).collect()
}

#[cfg(test)]
mod tests {
    use frame::study::identity::Stamp;
    use frame::study::record::Outcome;
    use serde_json::Map;

    use super::*;

    fn record(cell: &str) -> Record {
        Record {
            cell: cell.to_owned(),
            settings: Map::new(),
            seed: 1,
            outcome: Outcome::Done,
            why: None,
            seconds: 0.5,
            stamp: Stamp { version: "1".to_owned(), vector: "avx2".to_owned() },
            object: Map::new(),
        }
    }

    #[test]
    fn a_kill_at_any_byte_loses_the_last_line_alone() {
        let here = tempfile::tempdir().unwrap();
        let place = RunFolder { path: here.path().to_owned() };
        let (mut log, found) = Log::open(&place).unwrap();
        assert!(found.is_empty());
        for name in ["a", "b", "c"] {
            log.add(&record(name)).unwrap();
        }
        let whole = place.read(LOG).unwrap();
        let ends: Vec<usize> =
            (0..whole.len()).filter(|k| whole[*k] == b'\n').map(|k| k + 1).collect();
        for cut in 0..=whole.len() {
            std::fs::write(place.file(LOG), &whole[..cut]).unwrap();
            let (mut log, found) = Log::open(&place).unwrap();
            assert_eq!(found.len(), ends.iter().filter(|end| **end <= cut).count(), "{cut}");
            log.add(&record("d")).unwrap();
            let (again, _) = read(&place).unwrap();
            assert_eq!(again.last().unwrap().cell, "d");
            assert_eq!(again.len(), found.len() + 1);
        }
    }

    #[test]
    fn a_damaged_line_loses_its_cell_alone() {
        let here = tempfile::tempdir().unwrap();
        let place = RunFolder { path: here.path().to_owned() };
        let (mut log, _) = Log::open(&place).unwrap();
        log.add(&record("a")).unwrap();
        let mut bytes = b"nonsense\n\n".to_vec();
        bytes.extend(place.read(LOG).unwrap());
        std::fs::write(place.file(LOG), &bytes).unwrap();
        let (found, whole) = read(&place).unwrap();
        assert_eq!((found.len(), whole), (1, bytes.len()));
    }
}
