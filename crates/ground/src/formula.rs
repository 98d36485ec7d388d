//! Formulas from text or closure to vectorised code.
