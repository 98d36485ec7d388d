//! One vector type per precision: a row of lanes, one lane a path.
//!
//! Everything fast works on *blocks*: `LANES` independent points side by side. Element i of a vector
//! quantity is one [`Real::Row`] of 64 bytes (16 lanes of f32, 8 of f64), so a block of points in
//! R^d is `[Row; d]`, and a scalar per point is one row. Sums over coordinates run in one fixed
//! order inside every lane; so results depend neither on threads nor on who computes what.
//!
//! The instructions are chosen at run time: [`level`] is the best of the machine; kernels are
//! generic over `S: Simd` and enter through `fearless_simd::dispatch!`.

use std::fmt::Debug;

use fearless_simd::{Level, Simd, SimdBase, SimdFloat, SimdFloatElement, f32x16, f64x8};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A precision that kernels exist for.
pub trait Real:
    sealed::Sealed
    + SimdFloatElement
    + Copy
    + Debug
    + Default
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + 'static
{
    /// Points in a block.
    const LANES: usize;
    /// One number of each point of a block: 64 aligned bytes.
    type Row: Row<Self>;
    /// The row in registers.
    type V<S: Simd>: SimdFloat<S, Element = Self>;

    /// The nearest number of this precision.
    fn of(x: f64) -> Self;
    /// The same number in double precision.
    fn wide(self) -> f64;
    /// A row into registers.
    fn load<S: Simd>(simd: S, row: &Self::Row) -> Self::V<S>;
    /// Registers into a row.
    fn store<S: Simd>(v: Self::V<S>, row: &mut Self::Row);
}

/// One number of each point of a block, in memory.
pub trait Row<T>:
    Copy + Debug + Default + PartialEq + Send + Sync + AsRef<[T]> + AsMut<[T]> + 'static
{
    /// The same number in every lane.
    fn splat(x: T) -> Self;
}

/// Sixteen numbers of single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Row16([f32; 16]);

/// Eight numbers of double precision.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Row8([f64; 8]);

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
            type V<S: Simd> = $vector<S>;

            #[allow(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
            fn of(x: f64) -> Self {
                x as $real
            }
            fn wide(self) -> f64 {
                self.into()
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

/// The best instructions of this machine.
pub fn level() -> Level {
    Level::new()
}
