//! Twenty dense networks, shared out to threads.

use esperance_bench::twenty::{Desks, Kind, NETWORKS, Unit};
use ground::kernel::lane::{Real, level_named};
use ground::{Error, Result};
use rayon::prelude::*;

use crate::windows::Windows;

/// Trains them while windows are asked for.
pub(crate) fn train<T: Real>(threads: usize, level: &str, windows: &mut Windows) -> Result<()> {
    let level = level_named(level).ok_or_else(|| {
        Error::input("", format!("this machine has no level `{level}`")).allowed("native, portable")
    })?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| Error::bug(format!("no threads: {e}")))?;
    let mut units: Vec<Unit<T>> = (0..NETWORKS).map(|_| Unit::new(Kind::Plain)).collect();
    let (desks, mut step) = (Desks::<T>::new(), 0);
    while windows.before(|| units.iter().map(Unit::loss).sum()).is_continue() {
        step += 1;
        pool.install(|| {
            units
                .par_iter_mut()
                .with_max_len(1)
                .for_each(|unit| unit.train(Kind::Plain, level, &desks, step));
        });
    }
    Ok(())
}
