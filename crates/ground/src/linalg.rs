//! Solve, factor, eigenvalues: a thin layer over faer.
