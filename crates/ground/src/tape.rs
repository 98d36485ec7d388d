//! Reverse differentiation, repeatable.
