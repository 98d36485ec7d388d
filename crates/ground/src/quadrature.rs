//! Gauss rules.
