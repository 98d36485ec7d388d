//! The vectorised functions an instruction may call.

pub(super) use crate::kernel::math::{
    asinh, cos, erf, exp, expm1, ln, log1p, normcdf, pow, sigmoid, sin, softplus, tan, tanh,
};
