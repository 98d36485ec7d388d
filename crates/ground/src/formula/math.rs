//! A stand-in for the vectorised functions: lane by lane, by the library.

use fearless_simd::{Simd, SimdBase};

use super::operation::{Binary, Unary};
use crate::kernel::lane::Real;

macro_rules! functions {
    ($($name:ident $op:ident;)*) => {$(
        #[inline(always)]
        pub(super) fn $name<T: Real, S: Simd>(simd: S, v: T::V<S>) -> T::V<S> {
            T::V::<S>::from_fn(simd, |i| T::of(Unary::$op.of(v[i].wide())))
        }
    )*};
}

functions! {
    exp Exp; expm1 Expm1; ln Ln; log1p Log1p; sin Sin; cos Cos; tan Tan; tanh Tanh; erf Erf;
    normcdf Normcdf; asinh Asinh; sigmoid Sigmoid; softplus Softplus;
}

#[inline(always)]
pub(super) fn pow<T: Real, S: Simd>(simd: S, a: T::V<S>, b: T::V<S>) -> T::V<S> {
    T::V::<S>::from_fn(simd, |i| T::of(Binary::Pow.of(a[i].wide(), b[i].wide())))
}
