//! A first-order rule on a block of parameters.
