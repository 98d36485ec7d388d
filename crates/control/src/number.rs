//! Numbers that models compute with: f32 in training where the run asks for it, else f64.

use std::iter::Sum;
use std::ops::{AddAssign, MulAssign, SubAssign};

use frame::Stored;
use num_traits::Float;

/// f32 or f64.
pub trait Number: Stored + Float + AddAssign + SubAssign + MulAssign + Sum {}

impl Number for f32 {}
impl Number for f64 {}

/// The numbers of a list in double precision.
pub fn wide<T: Number>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|x| x.wide()).collect()
}
