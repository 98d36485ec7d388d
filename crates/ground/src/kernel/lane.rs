//! One vector type per precision: a row of lanes, one lane a path.
//!
//! Everything fast works on *blocks*: `LANES` independent points side by side. Element i of a vector
//! quantity is one [`Real::Row`] of 64 bytes (16 lanes of f32, 8 of f64), so a block of points in
//! R^d is `[Row; d]`, and a scalar per point is one row. Sums over coordinates run in one fixed
//! order inside every lane; so results depend neither on threads nor on who computes what.
//!
//! The instructions are chosen at run time: [`level`] is the best of the machine; kernels are
//! generic over `S: Simd` and enter through [`dispatch!`](crate::dispatch).

use std::fmt::Debug;

use bytemuck::{Pod, Zeroable};
pub use fearless_simd::Level;
use fearless_simd::{Simd, SimdBase, f32x16, f64x8};

use super::math::parts::Parts;
use super::normal::Draw;
use super::once::Once;

/// A precision that kernels exist for: f32 and f64. Its register is `Self::V<S>`.
pub trait Real:
    Parts + Once + Draw + Pod + Debug + Default + PartialEq + PartialOrd + Send + Sync + 'static
{
    /// Points in a block.
    const LANES: usize;
    /// One number of each point of a block: 64 aligned bytes.
    type Row: Row<Self>;

    /// The nearest number of this precision.
    fn of(x: f64) -> Self;
    /// The same number in double precision.
    fn wide(self) -> f64;
    /// The square root.
    fn root(self) -> Self;
    /// A row into registers.
    fn load<S: Simd>(simd: S, row: &Self::Row) -> Self::V<S>;
    /// Registers into a row.
    fn store<S: Simd>(v: Self::V<S>, row: &mut Self::Row);
}

/// One number of each point of a block, in memory.
pub trait Row<T>:
    Pod + Debug + Default + PartialEq + Send + Sync + AsRef<[T]> + AsMut<[T]> + 'static
{
    /// The same number in every lane.
    fn splat(x: T) -> Self;
}

/// Sixteen numbers of single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct Row16([f32; 16]);

/// Eight numbers of double precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct Row8([f64; 8]);

/// The numbers of rows, one after the other.
pub fn flat<T: Real>(rows: &[T::Row]) -> &[T] {
    bytemuck::cast_slice(rows)
}

/// The same, to be changed.
pub fn flat_mut<T: Real>(rows: &mut [T::Row]) -> &mut [T] {
    bytemuck::cast_slice_mut(rows)
}

/// Ties a number to its row and its register.
macro_rules! real {
    ($real:ident, $row:ident, $vector:ident, $lanes:literal) => {
        impl AsRef<[$real]> for $row {
            fn as_ref(&self) -> &[$real] {
                &self.0
            }
        }
        impl AsMut<[$real]> for $row {
            fn as_mut(&mut self) -> &mut [$real] {
                &mut self.0
            }
        }
        impl Row<$real> for $row {
            fn splat(x: $real) -> Self {
                Self([x; $lanes])
            }
        }
        impl Real for $real {
            const LANES: usize = $lanes;
            type Row = $row;

            #[inline]
            #[allow(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
            fn of(x: f64) -> Self {
                x as $real
            }
            #[inline]
            fn wide(self) -> f64 {
                self.into()
            }
            #[inline]
            fn root(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn load<S: Simd>(simd: S, row: &$row) -> $vector<S> {
                $vector::from_slice(simd, &row.0)
            }
            #[inline(always)]
            fn store<S: Simd>(v: $vector<S>, row: &mut $row) {
                v.store_slice(&mut row.0);
            }
        }
    };
}

real!(f32, Row16, f32x16, 16);
real!(f64, Row8, f64x8, 8);

/// The best instructions of this machine among those that kernels are compiled for.
pub fn level() -> Level {
    Level::new()
}

/// What code that is not compiled for AVX-512 runs with on such a machine: AVX2. All but products.
pub fn common(level: Level) -> Level {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let (Level::Avx512(_), Some(avx2)) = (level, level.as_avx2()) {
        return Level::Avx2(avx2);
    }
    level
}

/// The instructions of this name, if the machine has them.
///
/// `"native"` is [`level`]; `"portable"` is what every machine of the architecture has; `"avx2"`,
/// `"avx512"` and `"neon"` are what they say. Tests and benchmarks compare levels with it.
pub fn level_named(name: &str) -> Option<Level> {
    let native = level();
    match name {
        "native" => Some(native),
        "portable" => Some(Level::baseline()),
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        "avx2" => native.as_avx2().map(Level::Avx2),
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        "avx512" => native.as_avx512().map(Level::Avx512),
        #[cfg(target_arch = "aarch64")]
        "neon" => native.as_neon().map(Level::Neon),
        _ => None,
    }
}

/// The name that [`level_named`] knows these instructions by.
pub fn level_name(level: Level) -> &'static str {
    match level {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx2(_) => "avx2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx512(_) => "avx512",
        #[cfg(target_arch = "aarch64")]
        Level::Neon(_) => "neon",
        _ => "portable",
    }
}

/// Every level of this machine, the portable one first.
pub fn levels() -> Vec<Level> {
    ["portable", "avx2", "avx512", "neon"].into_iter().filter_map(level_named).collect()
}

/// Runs an expression with the token of a level, in code compiled for its instructions:
/// `dispatch!(level, simd => kernel(simd, x))`.
///
/// Compiled are AVX2, NEON, and what every machine of the architecture has (SSE2, or plain loops).
/// AVX-512 is left out here: the code generator of the present compiler combines sign operations
/// wrongly there (LLVM issue 157929), and the tests of the functions caught it. Products have no
/// signs to combine: [`dispatch_products!`](crate::dispatch_products).
#[macro_export]
macro_rules! dispatch {
    ($level:expr, $simd:pat => $body:expr) => {{
        use fearless_simd::Simd as _;
        match $crate::kernel::lane::common($level) {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2(token) => token.vectorize(
                #[inline(always)]
                || {
                    let $simd = token;
                    $body
                },
            ),
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon(token) => token.vectorize(
                #[inline(always)]
                || {
                    let $simd = token;
                    $body
                },
            ),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            level => {
                // SSE2 is part of the architecture: this is the portable path here.
                let token = level.as_sse2().expect("every machine of this architecture has it");
                token.vectorize(
                    #[inline(always)]
                    || {
                        let $simd = token;
                        $body
                    },
                )
            }
            #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
            _ => {
                let $simd = fearless_simd::Fallback::new();
                $body
            }
        }
    }};
}

/// The same for sums of products alone, which AVX-512 runs as well: the same bits, twice as fast.
#[macro_export]
macro_rules! dispatch_products {
    ($level:expr, $simd:pat => $body:expr) => {{
        match $level {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx512(token) => {
                use fearless_simd::Simd as _;
                token.vectorize(
                    #[inline(always)]
                    || {
                        let $simd = token;
                        $body
                    },
                )
            }
            level => $crate::dispatch!(level, $simd => $body),
        }
    }};
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn agree_names_and_levels() {
        for level in levels() {
            let name = level_name(level);
            assert_eq!(level_name(level_named(name).unwrap()), name);
            // The dispatcher must not put a better level in its place.
            let common = level_name(common(level));
            assert_eq!(dispatch!(level, simd => level_name(simd.level())), common);
            assert_eq!(dispatch_products!(level, simd => level_name(simd.level())), name);
        }
        assert!(level_named("avx1024").is_none());
    }
}
