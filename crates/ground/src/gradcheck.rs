//! Finite differences, the judge of derivatives.
