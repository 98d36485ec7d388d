//! Elementary functions on registers, with stated accuracy.
