//! The table of a study: for every combination of levels what the repeats found, by a statistic that is said.

use ground::fit::{Centre, Points};
use serde_json::{Map, Value, json};

use super::axes::{Grid, Setting};
use super::record::{Found, Outcome, Record};

/// A row: one combination of levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it sets, in the order of the table's names.
    pub settings: Vec<Setting>,
    /// Its records, repeat by repeat; none where a cell is pending.
    pub records: Vec<Option<Record>>,
}

/// All rows, in the order of the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the rows set.
    pub names: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What the repeats of a cell say of one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Summary {
    /// Numbers, by a statistic.
    Number {
        /// The centre.
        value: f64,
        /// Its standard error.
        stderr: Option<f64>,
        /// How many repeats.
        n: usize,
        /// The lower quartile, the median and the upper quartile, of several.
        quartiles: Option<[f64; 3]>,
        /// Which centre.
        centre: Centre,
    },
    /// Words, and how many repeats say each.
    Counts(Vec<(String, usize)>),
    /// Nothing.
    Missing,
}

impl Table {
    /// Of a grid; `record` finds what is known of a row and a repeat.
    pub fn of(grid: &Grid, mut record: impl FnMut(usize, usize) -> Option<Record>) -> Self {
        let names = grid.names().into_iter().map(str::to_owned).collect();
        let row = |k: usize| {
            let place = grid.place(k);
            let settings = grid.settings(&place).into_iter().map(|(_, s)| s.clone()).collect();
            Row { settings, records: (0..grid.repeats).map(|r| record(k, r)).collect() }
        };
        Self { names, rows: (0..grid.rows()).map(row).collect() }
    }

    /// How many cells ended so.
    pub fn count(&self, outcome: Outcome) -> usize {
        let records = self.rows.iter().flat_map(|row| row.records.iter().flatten());
        records.filter(|record| record.outcome == outcome).count()
    }

    /// How many cells nothing is known of.
    pub fn pending(&self) -> usize {
        self.rows.iter().flat_map(|row| &row.records).filter(|record| record.is_none()).count()
    }

    /// Whether any cell has this record.
    pub fn has(&self, name: &str) -> bool {
        self.rows.iter().flat_map(|row| row.records.iter().flatten()).any(|r| r.get(name).is_some())
    }
}

impl Row {
    /// The numbers of a record, repeat by repeat; none where it is missing or not finite.
    pub fn numbers(&self, name: &str) -> Vec<Option<f64>> {
        let number = |record: &Option<Record>| match record.as_ref().and_then(|r| r.get(name)) {
            Some(Found::Number(number, _)) => Some(number).filter(|x| x.is_finite()),
            Some(Found::Word(_)) | None => None,
        };
        self.records.iter().map(number).collect()
    }

    /// What the repeats say of a record. Of a single one it is that one, with its own error.
    pub fn summary(&self, name: &str, centre: Centre) -> Summary {
        let found: Vec<Found> =
            self.records.iter().flatten().filter_map(|record| record.get(name)).collect();
        let mut counts: Vec<(String, usize)> = Vec::new();
        for one in &found {
            let Found::Word(word) = one else { continue };
            match counts.iter_mut().find(|(known, _)| known == word) {
                Some((_, n)) => *n += 1,
                None => counts.push((word.clone(), 1)),
            }
        }
        if !counts.is_empty() {
            return Summary::Counts(counts);
        }
        if let [Found::Number(value, stderr)] = *found.as_slice() {
            return Summary::Number { value, stderr, n: 1, quartiles: None, centre };
        }
        // Of no numbers, or of some that have no such centre, there is no summary.
        let all = Points::new(&[0.0], &[self.numbers(name)]);
        match all.and_then(|points| points.cell(0, centre)) {
            Ok(cell) => Summary::Number {
                value: cell.value,
                stderr: cell.stderr,
                n: cell.n,
                quartiles: Some(cell.quartiles),
                centre,
            },
            Err(_) => Summary::Missing,
        }
    }

    /// As the published object has it: settings, then records.
    pub fn json(&self, names: &[String], records: &[(String, Centre)]) -> Map<String, Value> {
        let mut object = Map::new();
        for (name, setting) in names.iter().zip(&self.settings) {
            object.insert(name.clone(), json!(setting));
        }
        for (name, centre) in records {
            object.insert(name.clone(), self.summary(name, *centre).json());
        }
        object
    }
}

impl Summary {
    /// The number, where it is one.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Number { value, .. } => Some(*value),
            Self::Counts(_) | Self::Missing => None,
        }
    }

    /// Its standard error.
    pub fn stderr(&self) -> Option<f64> {
        match self {
            Self::Number { stderr, .. } => *stderr,
            Self::Counts(_) | Self::Missing => None,
        }
    }

    /// As the published object has it.
    pub fn json(&self) -> Value {
        match self {
            Self::Number { value, stderr, n, quartiles, centre } => {
                let mut object = json!({
                    "value": value, "stderr": stderr, "n": n, "statistic": centre.name(),
                });
                if let (Some(quartiles), Value::Object(object)) = (quartiles, &mut object) {
                    object.insert("quartiles".to_owned(), json!(quartiles));
                }
                object
            }
            Self::Counts(counts) => {
                let counts: Map<String, Value> =
                    counts.iter().map(|(word, n)| (word.clone(), json!(n))).collect();
                json!({ "counts": counts })
            }
            Self::Missing => json!({ "value": null, "n": 0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::axes::{Axis, Level};
    use crate::study::identity::Stamp;

    fn record(answer: Value) -> Record {
        let stamp = Stamp { version: "1".to_owned(), vector: "avx2".to_owned() };
        let object = Map::from_iter([("answer".to_owned(), answer)]);
        let (cell, settings) = (String::new(), Map::new());
        let outcome = Outcome::Capped;
        Record { cell, settings, seed: 1, outcome, why: None, seconds: 1.0, stamp, object }
    }

    fn table(answers: &[[Value; 3]; 2]) -> Table {
        let level = |v: f64| Level { settings: vec![Setting::Number(v)], changes: Vec::new() };
        let axis = Axis { names: vec!["m".to_owned()], levels: vec![level(4.0), level(8.0)] };
        let grid = Grid { axes: vec![axis], repeats: 3 };
        Table::of(&grid, |row, repeat| {
            let answer = answers[row][repeat].clone();
            (!answer.is_null()).then(|| record(answer))
        })
    }

    #[test]
    fn repeats_become_one_number_by_the_statistic_that_is_said() {
        let number = |v: f64| json!({ "value": v, "stderr": 0.5 });
        let table = table(&[
            [number(1.0), number(2.0), number(4.0)],
            [Value::Null, number(-3.0), Value::Null],
        ]);
        let of = |row: usize, centre| table.rows[row].summary("answer", centre);
        let mean = of(0, Centre::Mean);
        assert!((mean.value().unwrap() - 7.0 / 3.0).abs() < 1e-14);
        // s²/n = (16/9 + 1/9 + 25/9)/2/3.
        assert!((mean.stderr().unwrap() - (7.0_f64 / 9.0).sqrt()).abs() < 1e-14);
        assert_eq!(of(0, Centre::Median).value(), Some(2.0));
        assert!((of(0, Centre::GeometricMean).value().unwrap() - 2.0).abs() < 1e-14);
        let alone = of(1, Centre::Mean);
        assert_eq!((alone.value(), alone.stderr()), (Some(-3.0), Some(0.5)));
        assert_eq!((table.pending(), table.count(Outcome::Capped)), (2, 4));
        let shown = table.rows[0].json(&table.names, &[("answer".to_owned(), Centre::Median)]);
        assert_eq!(shown["m"], json!(4.0));
        assert_eq!(shown["answer"]["statistic"], json!("median"));
        assert_eq!(shown["answer"]["quartiles"], json!([1.5, 2.0, 3.0]));
    }

    #[test]
    fn words_are_counted() {
        let table =
            table(&[[json!("a"), json!("b"), json!("a")], [json!("b"), Value::Null, Value::Null]]);
        let counts = table.rows[0].summary("answer", Centre::Mean);
        assert_eq!(counts, Summary::Counts(vec![("a".to_owned(), 2), ("b".to_owned(), 1)]));
        assert_eq!(counts.json(), json!({ "counts": { "a": 2, "b": 1 } }));
        assert_eq!(table.rows[0].summary("other", Centre::Mean), Summary::Missing);
    }
}
