//! Rows of numbers under named columns: points to be asked at, and what is found there.

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What the columns hold.
    pub columns: Vec<String>,
    /// Row by row, as long as there are columns.
    pub rows: Vec<Vec<f64>>,
}
