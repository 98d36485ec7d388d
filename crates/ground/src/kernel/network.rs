//! A small dense network on blocks: forward and reverse.
