//! Tables of words and arrays for other programs: what a run shows beside pictures.
//!
//! Not here: widths, colours, files.

use serde::{Deserialize, Serialize};

/// A table of words, with what it shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What it is called in a page: `levels`.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// How to read it, for somebody who never saw one.
    pub caption: String,
    /// The heads of the columns; none where the first column says what each row is.
    pub head: Vec<String>,
    /// Row by row.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// A table of facts: a topic and what is known of it, row by row.
    pub fn facts<T: Into<String>>(
        name: &str,
        title: &str,
        caption: &str,
        rows: impl IntoIterator<Item = (T, String)>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            caption: caption.to_owned(),
            head: Vec::new(),
            rows: rows.into_iter().map(|(topic, fact)| vec![topic.into(), fact]).collect(),
        }
    }
}

/// An array with its name and its shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<'a> {
    /// What it is called.
    pub name: &'static str,
    /// Its sides.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub numbers: &'a [f64],
}
