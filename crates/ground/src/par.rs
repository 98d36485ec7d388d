//! Parallel map and ordered reduction: a thin layer over rayon.
