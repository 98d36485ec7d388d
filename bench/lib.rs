//! Benchmarks live in `benches/`, one question a file; `README.md` holds the measured figures.
//!
//! Times on a shared machine mean little alone. So every file also measures the floor in the same
//! run: a loop of fused multiply-adds on registers, the most a core can do at that level.

pub mod twenty;

use fearless_simd::{Level, Simd, SimdFloat};
use ground::dispatch_products;
use ground::kernel::lane::Real;

/// The vector levels that figures are quoted for.
pub const LEVELS: [&str; 3] = ["portable", "avx2", "avx512"];

/// Floating-point operations of one call of [`peak`] per lane.
pub const PEAK_FLOPS: usize = 2 * 24_000;

/// 24 000 fused multiply-adds of rows, on so many independent chains as hide the latency of four
/// cycles on two ports and still fit the registers. No two chains and no two lanes hold the same
/// numbers: what is the same would be computed once.
pub fn peak<T: Real>(level: Level, start: T) -> T::Row {
    #[allow(clippy::inline_always, reason = "inlining is what makes a level")]
    #[inline(always)]
    fn rounds<T: Real, S: Simd, const CHAINS: usize>(simd: S, start: &[T::Row; 6]) -> T::Row {
        let factor = T::load(simd, &start[0]);
        let mut sum = [factor; CHAINS];
        for i in 0..CHAINS {
            sum[i] = T::load(simd, &start[i]);
        }
        for _ in 0..24_000 / CHAINS {
            for chain in &mut sum {
                *chain = chain.mul_add(factor, factor);
            }
        }
        let mut row = T::Row::default();
        let total = sum.into_iter().reduce(|a, b| a + b).expect("there are chains");
        T::store(total, &mut row);
        row
    }
    let mut rows = [T::Row::default(); 6];
    for (k, row) in rows.iter_mut().enumerate() {
        for (l, lane) in row.as_mut().iter_mut().enumerate() {
            *lane = T::of(start.wide() * (0.9 + 1e-3 * (16 * k + l) as f64));
        }
    }
    dispatch_products!(level, simd => rounds::<T, _, 6>(simd, &rows))
}
