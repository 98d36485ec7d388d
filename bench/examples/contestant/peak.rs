//! The most the cores can do: fused multiply-adds on registers.

use std::hint::black_box;

use esperance_bench::{PEAK_FLOPS, peak};
use ground::kernel::lane::{Real, level_named};
use ground::{Error, Result, par};

use crate::windows::Windows;

/// Calls on each thread in an iteration: the pool wakes them once.
const CALLS: usize = 100;

/// Multiplies and adds while windows are asked for. The loss is the number of operations in an iteration.
pub(crate) fn reach<T: Real>(threads: usize, level: &str, windows: &mut Windows) -> Result<()> {
    let level = level_named(level).ok_or_else(|| {
        Error::input("", format!("this machine has no level `{level}`")).allowed("native, portable")
    })?;
    let pool = par::pool(threads)?;
    let operations = (threads * CALLS * PEAK_FLOPS * T::LANES) as f64;
    while windows.before(|| operations).is_continue() {
        pool.broadcast(|_| {
            for _ in 0..CALLS {
                black_box(peak::<T>(level, black_box(T::of(0.5))));
            }
        });
    }
    Ok(())
}
