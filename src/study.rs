//! A study on this machine: its cells are run, kept, fitted, drawn and judged.
//!
//! What a study is, its axes, names, records and table, is `frame::study`; here are the log, the workers, the
//! clocks and the files.

pub(crate) mod cell;
pub(crate) mod checks;
pub(crate) mod csv;
pub(crate) mod derive;
pub(crate) mod figures;
pub(crate) mod finish;
pub(crate) mod fits;
pub(crate) mod log;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod text;
pub(crate) mod verify;
