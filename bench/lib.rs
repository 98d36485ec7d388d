//! Benchmarks live in `benches/`, one question a file; `README.md` holds the measured figures.
//!
//! Times on a shared machine mean little alone. So every file also measures the floor in the same
//! run: a loop of fused multiply-adds on registers, the most a core can do at that level.

use fearless_simd::{Level, Simd, SimdBase, SimdFloat};
use ground::dispatch;
use ground::kernel::lane::{Real, Row};

/// The vector levels that figures are quoted for.
pub const LEVELS: [&str; 2] = ["portable", "avx2"];

/// Floating-point operations of one call of [`peak`] per lane.
pub const PEAK_FLOPS: usize = 2 * 1200;

/// 1200 fused multiply-adds of rows, on so many independent chains as hide the latency of four
/// cycles on two ports and still fit the registers.
pub fn peak<T: Real>(level: Level, start: T) -> T::Row {
    #[allow(clippy::inline_always, reason = "inlining is what makes a level")]
    #[inline(always)]
    fn rounds<T: Real, S: Simd, const CHAINS: usize>(simd: S, start: T) -> T::Row {
        let factor = T::V::splat(simd, T::of(0.999_9));
        let mut sum = [T::V::splat(simd, start); CHAINS];
        for _ in 0..1200 / CHAINS {
            for chain in &mut sum {
                *chain = chain.mul_add(factor, factor);
            }
        }
        let mut row = T::Row::splat(start);
        let total = sum.into_iter().reduce(|a, b| a + b).expect("there are chains");
        T::store(total, &mut row);
        row
    }
    dispatch!(level, simd => rounds::<T, _, 6>(simd, start))
}
