//! Scientific computing in high dimension.
