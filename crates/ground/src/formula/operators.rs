//! The operators and functions of an expression in Rust.
//!
//! A scalar beside a vector stands for all its components; two vectors must have one length, else
//! the operation panics with both shapes. Functions without a remark act on every component.

use std::ops::{Add, Div, Mul, Neg, Range, Sub};

use super::expr::{Expr, Matrix, Node, Shape};
use super::operation::{Binary, Fold, Unary};
use super::{reduction as r, simplify as s};

/// The functions of one argument.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident => $op:ident;)*) => {
        impl Expr {
            $($(#[$doc])* pub fn $name(self) -> Self {
                s::unary(Unary::$op, self)
            })*
        }
    };
}

functions! {
    /// e^x.
    exp => Exp;
    /// e^x - 1, accurate near 0.
    expm1 => Expm1;
    /// The natural logarithm.
    ln => Ln;
    /// ln(1 + x), accurate near 0.
    log1p => Log1p;
    /// The square root. Its derivative at 0 is infinite.
    sqrt => Sqrt;
    /// The sine, of radians.
    sin => Sin;
    /// The cosine, of radians.
    cos => Cos;
    /// The tangent, of radians.
    tan => Tan;
    /// The hyperbolic tangent.
    tanh => Tanh;
    /// The error function, 2/sqrt(pi) times the integral of exp(-s^2) from 0 to x.
    erf => Erf;
    /// The normal distribution function, P(N(0, 1) <= x).
    normcdf => Normcdf;
    /// The inverse of the hyperbolic sine.
    asinh => Asinh;
    /// 1 / (1 + e^-x).
    sigmoid => Sigmoid;
    /// ln(1 + e^x).
    softplus => Softplus;
    /// |x| of every component. Its derivative is `sign`.
    abs => Abs;
    /// -1, 0 or 1; 0 at 0. Its derivative is 0.
    sign => Sign;
    /// 1 where x > 0, else 0. Its derivative is 0.
    step => Step;
    /// max(x, 0). Its derivative is `step`: 0 at 0.
    relu => Relu;
    /// The nearest whole number, halves away from 0. Its derivative is 0.
    round => Round;
    /// The largest whole number not above x. Its derivative is 0.
    floor => Floor;
    /// 1/x, and 0 at 0: what the derivative of |v| needs.
    inverse => Inverse;
}

/// The functions of two arguments.
macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $op:ident;)*) => {
        impl Expr {
            $($(#[$doc])* pub fn $name(self, other: impl Into<Self>) -> Self {
                s::binary(Binary::$op, self, other.into())
            })*
        }
    };
}

comparisons! {
    /// The smaller of the two. At a tie each gets half the derivative.
    min => Min;
    /// The larger of the two. At a tie each gets half the derivative.
    max => Max;
    /// 1 where self < other, else 0.
    less => Less;
    /// 1 where self <= other, else 0.
    less_equal => LessEqual;
    /// 1 where self == other, else 0.
    equal => Equal;
    /// 1 where self < other, 1/2 where they are equal, 0 where self > other.
    share => Share;
    /// self to the power other. Whole powers are defined for negative bases too.
    pow => Pow;
}

impl Expr {
    /// A number. Negative zero becomes zero.
    pub fn number(x: f64) -> Self {
        s::number(x)
    }

    /// A constant vector. Panics if it is empty.
    pub fn vector(data: &[f64]) -> Self {
        s::vector(data)
    }

    /// A variable. Two variables of one name and one shape are the same.
    ///
    /// Panics if it is a vector of no components.
    pub fn variable(name: &str, shape: Shape) -> Self {
        assert!(shape.count() > 0, "`{name}` has no components");
        Self::intern(Node::Variable(name.into(), shape), shape)
    }

    /// `self` in each of `n` components. Panics if `self` is a vector.
    pub fn repeat(self, n: usize) -> Self {
        s::repeat(self, n)
    }

    /// self to a constant power.
    pub fn powf(self, p: f64) -> Self {
        self.pow(p)
    }

    /// self to a whole power.
    pub fn powi(self, n: i32) -> Self {
        self.pow(f64::from(n))
    }

    /// self kept between `low` and `high`: min(max(self, low), high).
    pub fn clamp(self, low: impl Into<Self>, high: impl Into<Self>) -> Self {
        self.max(low).min(high)
    }

    /// `a` where `condition` is not 0, else `b`.
    pub fn select(condition: Self, a: impl Into<Self>, b: impl Into<Self>) -> Self {
        s::select(condition, a.into(), b.into())
    }

    /// The sum of the components.
    pub fn sum(self) -> Self {
        r::fold(Fold::Sum, self)
    }

    /// The mean of the components.
    pub fn mean(self) -> Self {
        self.sum() / self.shape().count() as f64
    }

    /// The smallest component. Ties share the derivative equally.
    pub fn smallest(self) -> Self {
        r::fold(Fold::Smallest, self)
    }

    /// The largest component. Ties share the derivative equally.
    pub fn largest(self) -> Self {
        r::fold(Fold::Largest, self)
    }

    /// The sum of the products of the components. Panics unless the shapes are equal.
    pub fn dot(self, other: Self) -> Self {
        r::dot(self, other)
    }

    /// The Euclidean norm |v|. Its derivative at 0 is 0.
    pub fn norm(self) -> Self {
        r::fold(Fold::Norm, self)
    }

    /// The squared Euclidean norm |v|^2.
    pub fn norm_squared(self) -> Self {
        r::fold(Fold::NormSquared, self)
    }

    /// Component `i`, from 0. Panics if there is none.
    pub fn at(self, i: usize) -> Self {
        assert!(self.shape() != Shape::Scalar, "component {i} of a number");
        r::at(self, i)
    }

    /// Some consecutive components, from 0. Panics if they are none or outside.
    pub fn slice(self, of: Range<usize>) -> Self {
        r::slice(self, of.start, of.end)
    }

    /// A vector of `n` zeros with `self` from component `from` on: the derivative of a slice.
    pub fn embed(self, from: usize, n: usize) -> Self {
        r::embed(self, from, n)
    }

    /// A constant matrix, row after row in `data`, times `self`. Panics if the lengths differ.
    pub fn times_matrix(self, rows: usize, columns: usize, data: &[f64]) -> Self {
        r::matrix(Matrix::new(rows, columns, data), self)
    }
}

impl From<f64> for Expr {
    fn from(x: f64) -> Self {
        s::number(x)
    }
}

impl Neg for Expr {
    type Output = Self;
    fn neg(self) -> Self {
        s::negate(self)
    }
}

/// One operator between expressions and numbers.
macro_rules! operator {
    ($($trait:ident $method:ident;)*) => {$(
        impl $trait for Expr {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                s::$method(self, other)
            }
        }
        impl $trait<f64> for Expr {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                s::$method(self, s::number(other))
            }
        }
        impl $trait<Expr> for f64 {
            type Output = Expr;
            fn $method(self, other: Expr) -> Expr {
                s::$method(s::number(self), other)
            }
        }
    )*};
}

operator! { Add add; Sub sub; Mul mul; Div div; }
