//! A study: one case at many values of its keys, with repeats; its cells, their records, one table.
//!
//! A *cell* is one run: a level of every axis and one seed. Its name is a digest of everything its answer
//! depends on, so a cell that is known is never computed again, by whom and where it was ever computed. What
//! is found of a cell is one [`Record`]; records are only ever added. A [`Table`](table::Table) shows, for
//! every combination of levels, the records over the repeats, each by a [`Statistic`](table::Statistic) that
//! is said.
//!
//! Nothing here knows a family, a file or a clock: who runs the cells hands in objects and seconds.

pub mod axes;
pub mod identity;
pub mod pace;
pub mod record;
pub mod table;
