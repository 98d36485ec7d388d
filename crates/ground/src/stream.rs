//! Counter-based random streams with names.
