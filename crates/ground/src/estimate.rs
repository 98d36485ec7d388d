//! A mean with its error.
