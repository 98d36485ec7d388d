//! Normal numbers of a block, straight from the counter.
