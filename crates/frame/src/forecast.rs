//! What a run will do and cost, said before it starts.

use serde::Serialize;

/// What was recognised in a case, what it will cost and whose methods it uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forecast {
    /// What was recognised: a topic and a sentence.
    pub facts: Vec<(String, String)>,
    /// Memory at the peak, bytes.
    pub bytes: f64,
    /// Floating-point operations.
    pub operations: f64,
    /// Keys of the references of the methods used.
    pub cites: Vec<String>,
}
