//! Dense row-major arrays of f64: the currency of the tape.
