//! Each operation with its derivative beside it.
//!
//! In the pullbacks `x`, `a`, `b` are inputs, `y` is the output and `g` the derivative by it.
//! Where nothing else is said an operation works element by element, and two or three variables
//! meet with sides of length 1 repeated. The conventions at kinks are in [`crate::tape`].

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::rc::Rc;

use super::{Node, Op, Var};
use crate::array::{self, Array};

// ---- one input, element by element ----

/// From `(g, x, y)` to the derivative by `x`.
type PullOne = for<'t> fn(Var<'t>, Var<'t>, Var<'t>) -> Var<'t>;

/// y = f(x), element by element.
struct Elementwise {
    value: fn(f64) -> f64,
    pull: PullOne,
}

impl Op for Elementwise {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        x[0].mapv(self.value)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        vec![Some((self.pull)(at.seed, at.inputs[0], at.output))]
    }
}

impl Var<'_> {
    fn elementwise(self, value: fn(f64) -> f64, pull: PullOne) -> Self {
        Self::record(Elementwise { value, pull }, &[self])
    }

    /// The same variable under a new name: a derivative by the alias does not see how the original
    /// was made. A pullback that recomputes its operation differentiates by aliases.
    pub fn alias(self) -> Self {
        self.elementwise(|x| x, |g, _, _| g)
    }

    /// eˣ.
    pub fn exp(self) -> Self {
        self.elementwise(f64::exp, |g, _, y| g * y)
    }

    /// eˣ − 1, exact near 0.
    pub fn expm1(self) -> Self {
        self.elementwise(f64::exp_m1, |g, x, _| g * x.exp())
    }

    /// The natural logarithm.
    pub fn ln(self) -> Self {
        self.elementwise(f64::ln, |g, x, _| g / x)
    }

    /// ln(1 + x), exact near 0.
    pub fn log1p(self) -> Self {
        self.elementwise(f64::ln_1p, |g, x, _| g / (1.0 + x))
    }

    /// √x. The derivative at 0, which is infinite, counts as 0: so max(x, 0) may stand under it.
    pub fn sqrt(self) -> Self {
        self.elementwise(f64::sqrt, |g, _, y| {
            let zero = y.equal(y.tape.number(0.0));
            0.5 * g * (1.0 - zero) / (y + zero)
        })
    }

    /// x².
    pub fn square(self) -> Self {
        self * self
    }

    /// The sine.
    pub fn sin(self) -> Self {
        self.elementwise(f64::sin, |g, x, _| g * x.cos())
    }

    /// The cosine.
    pub fn cos(self) -> Self {
        self.elementwise(f64::cos, |g, x, _| -(g * x.sin()))
    }

    /// The tangent.
    pub fn tan(self) -> Self {
        self.elementwise(f64::tan, |g, _, y| g * (1.0 + y * y))
    }

    /// The hyperbolic tangent.
    pub fn tanh(self) -> Self {
        self.elementwise(f64::tanh, |g, _, y| g * (1.0 - y * y))
    }

    /// The inverse of the hyperbolic sine.
    pub fn asinh(self) -> Self {
        self.elementwise(f64::asinh, |g, x, _| g / (1.0 + x * x).sqrt())
    }

    /// The error function 2/√π ∫₀ˣ e^(−s²) ds.
    pub fn erf(self) -> Self {
        self.elementwise(libm::erf, |g, x, _| g * FRAC_2_SQRT_PI * (-(x * x)).exp())
    }

    /// The distribution function of the standard normal, Φ(x), exact in the left tail.
    pub fn normcdf(self) -> Self {
        const HALF_DENSITY: f64 = 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2; // 1/√(2π)
        self.elementwise(
            |x| 0.5 * libm::erfc(-x * FRAC_1_SQRT_2),
            |g, x, _| g * HALF_DENSITY * (-0.5 * (x * x)).exp(),
        )
    }

    /// |x|.
    pub fn abs(self) -> Self {
        self.elementwise(f64::abs, |g, x, _| g * x.sign())
    }

    /// The positive part, x where x > 0 and 0 elsewhere.
    pub fn relu(self) -> Self {
        self.elementwise(|x| if x <= 0.0 { 0.0 } else { x }, |g, x, _| g * x.step())
    }

    /// 1 / (1 + e^(−x)).
    pub fn sigmoid(self) -> Self {
        // σ(−x) and not 1 − σ(x), which cancels for large x.
        self.elementwise(sigmoid, |g, x, y| g * y * (-x).sigmoid())
    }

    /// ln(1 + eˣ).
    pub fn softplus(self) -> Self {
        self.elementwise(
            |x| if x <= 0.0 { x.exp().ln_1p() } else { x + (-x).exp().ln_1p() },
            |g, x, _| g * x.sigmoid(),
        )
    }

    /// 1 where x > 0, else 0. Constant on the tape, as all functions with a zero derivative are.
    pub fn step(self) -> Self {
        self.constant(|x| f64::from(x > 0.0))
    }

    /// 1, 0 or −1. Constant on the tape.
    pub fn sign(self) -> Self {
        self.constant(|x| if x == 0.0 { 0.0 } else { x.signum() })
    }

    /// The nearest whole number, halves away from zero. Constant on the tape.
    pub fn round(self) -> Self {
        self.constant(f64::round)
    }

    /// The largest whole number not above x. Constant on the tape.
    pub fn floor(self) -> Self {
        self.constant(f64::floor)
    }

    fn constant(self, value: impl Fn(f64) -> f64) -> Self {
        self.tape.variable(self.value().mapv(value))
    }

    /// x inside the interval `lo` to `hi`, its nearer end outside. Panics unless `lo <= hi`.
    pub fn clamp(self, lo: f64, hi: f64) -> Self {
        let inside = self.constant(|x| f64::from(lo < x && x < hi));
        select(inside, self, self.constant(|x| x.clamp(lo, hi)))
    }

    /// xⁿ with a whole number n.
    pub fn powi(self, n: i32) -> Self {
        Self::record(Powi(n), &[self])
    }

    /// x^p with a real constant p; not a number where x < 0, unless p is whole.
    pub fn powf(self, p: f64) -> Self {
        Self::record(Powf(p), &[self])
    }
}

/// 1 / (1 + e^(−x)), without overflow on either side.
fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

struct Powi(i32);

impl Op for Powi {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        x[0].mapv(|x| x.powi(self.0))
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let n = self.0;
        vec![(n != 0).then(|| f64::from(n) * at.seed * at.inputs[0].powi(n - 1))]
    }
}

struct Powf(f64);

impl Op for Powf {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        x[0].mapv(|x| x.powf(self.0))
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let p = self.0;
        vec![(p != 0.0).then(|| p * at.seed * at.inputs[0].powf(p - 1.0))]
    }
}

// ---- two or three inputs, element by element ----

/// From `(g, a, b, y)` to the derivative by one of `a`, `b`, before the sum over repeated sides.
type PullTwo = for<'t> fn(Var<'t>, Var<'t>, Var<'t>, Var<'t>) -> Var<'t>;

/// y = f(a, b), element by element.
struct Pairwise {
    value: fn(f64, f64) -> f64,
    by_a: PullTwo,
    by_b: PullTwo,
}

impl Op for Pairwise {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::zip(&x[0], &x[1], self.value)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let (a, b) = (at.inputs[0], at.inputs[1]);
        let pull = |by: PullTwo, x: Var<'t>| by(at.seed, a, b, at.output).sum_to(x.shape());
        vec![at.wanted[0].then(|| pull(self.by_a, a)), at.wanted[1].then(|| pull(self.by_b, b))]
    }
}

impl Var<'_> {
    fn pairwise(self, b: Self, value: fn(f64, f64) -> f64, by_a: PullTwo, by_b: PullTwo) -> Self {
        Self::record(Pairwise { value, by_a, by_b }, &[self, b])
    }

    /// a^b. The derivative by `a` is not a number at 0⁰; by `b` it is 0 where a = 0.
    pub fn pow(self, exponent: Self) -> Self {
        self.pairwise(
            exponent,
            f64::powf,
            |g, a, b, _| g * b * a.pow(b - 1.0),
            |g, a, _, y| {
                let zero = a.equal(a.tape.number(0.0));
                g * y * select(zero, a.tape.number(1.0), a).ln()
            },
        )
    }

    /// The smaller of two.
    pub fn min(self, other: Self) -> Self {
        self.pairwise(other, smaller, |g, a, b, _| g * share(a, b), |g, a, b, _| g * share(b, a))
    }

    /// The larger of two.
    pub fn max(self, other: Self) -> Self {
        self.pairwise(other, larger, |g, a, b, _| g * share(b, a), |g, a, b, _| g * share(a, b))
    }

    /// 1 where a < b, else 0. Constant on the tape.
    pub fn less(self, other: Self) -> Self {
        self.comparison(other, |a, b| f64::from(a < b))
    }

    /// 1 where a ≤ b, else 0. Constant on the tape.
    pub fn less_equal(self, other: Self) -> Self {
        self.comparison(other, |a, b| f64::from(a <= b))
    }

    /// 1 where a = b, else 0. Constant on the tape.
    #[expect(clippy::float_cmp, reason = "equality to the bit is what is asked for")]
    pub fn equal(self, other: Self) -> Self {
        self.comparison(other, |a, b| f64::from(a == b))
    }

    fn comparison(self, other: Self, value: fn(f64, f64) -> f64) -> Self {
        let tape = Self::common_tape(&[self, other]);
        tape.variable(array::zip(&self.value(), &other.value(), value))
    }
}

/// The smaller, or not a number when one of them is not.
fn smaller(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

/// The larger, or not a number when one of them is not.
fn larger(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

/// What the smaller of two owes to `a`: 1 where a < b, 1/2 where they are equal.
fn share<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
    0.5 * (a.less(b) + a.less_equal(b))
}

/// `a` where `cond` is not 0, `b` where it is. The derivative by `cond` is 0.
///
/// Derivatives reach only the side that was chosen. Trap: where the other side has an infinite
/// derivative of its own (`ln` at 0), 0 times infinity is not a number; choose the argument
/// first, then apply the function.
pub fn select<'t>(cond: Var<'t>, a: Var<'t>, b: Var<'t>) -> Var<'t> {
    Var::record(Select, &[cond, a, b])
}

struct Select;

impl Op for Select {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        let branches = array::joint_shape(array::shape(&x[1]), array::shape(&x[2]));
        let shape = array::joint_shape(array::shape(&x[0]), branches);
        let [cond, mut out, b] = [0, 1, 2].map(|i| array::repeated(&x[i], shape));
        ndarray::Zip::from(&mut out).and(&cond).and(&b).for_each(|out, &cond, &b| {
            if cond == 0.0 {
                *out = b;
            }
        });
        out
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let &[cond, a, b] = at.inputs else { unreachable!("select records three inputs") };
        let zero = at.seed.tape.number(0.0);
        let by_a = at.wanted[1].then(|| select(cond, at.seed, zero).sum_to(a.shape()));
        let by_b = at.wanted[2].then(|| select(cond, zero, at.seed).sum_to(b.shape()));
        vec![None, by_a, by_b]
    }
}

impl Neg for Var<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.elementwise(|x| -x, |g, _, _| -g)
    }
}

/// Declares an operator between variables, and between a variable and a number on either side.
macro_rules! operator {
    ($trait:ident, $method:ident, $value:expr, $by_a:expr, $by_b:expr) => {
        impl<'t> $trait for Var<'t> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.pairwise(other, $value, $by_a, $by_b)
            }
        }
        impl<'t> $trait<f64> for Var<'t> {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                self.$method(self.tape.number(other))
            }
        }
        impl<'t> $trait<Var<'t>> for f64 {
            type Output = Var<'t>;
            fn $method(self, other: Var<'t>) -> Var<'t> {
                other.tape.number(self).$method(other)
            }
        }
    };
}

operator!(Add, add, |a, b| a + b, |g, _, _, _| g, |g, _, _, _| g);
operator!(Sub, sub, |a, b| a - b, |g, _, _, _| g, |g, _, _, _| -g);
operator!(Mul, mul, |a, b| a * b, |g, _, b, _| g * b, |g, a, _, _| g * a);
operator!(Div, div, |a, b| a / b, |g, _, b, _| g / b, |g, _, b, y| -(g * y) / b);

// ---- sums, extremes and shapes ----

impl Var<'_> {
    /// Sums over the sides that are longer than in `shape`, `[n, d] → [n, 1]`, `[1, d]`, `[1, 1]`.
    pub fn sum_to(self, shape: [usize; 2]) -> Self {
        if self.shape() == shape { self } else { Self::record(SumTo(shape), &[self]) }
    }

    /// Repeats sides of length 1 up to `shape`: the adjoint of [`Var::sum_to`].
    pub fn repeated(self, shape: [usize; 2]) -> Self {
        if self.shape() == shape { self } else { Self::record(Repeat(shape), &[self]) }
    }

    /// The sum of all elements, `[1, 1]`.
    pub fn sum(self) -> Self {
        self.sum_to([1, 1])
    }

    /// The mean of all elements, `[1, 1]`.
    pub fn mean(self) -> Self {
        let [n, d] = self.shape();
        self.sum() / (n * d) as f64
    }

    /// The sum of each row, `[n, d] → [n, 1]`.
    pub fn row_sum(self) -> Self {
        self.sum_to([self.shape()[0], 1])
    }

    /// The mean of each row, `[n, d] → [n, 1]`.
    pub fn row_mean(self) -> Self {
        self.row_sum() / self.shape()[1] as f64
    }

    /// The dot product row by row, `[n, d], [n, d] → [n, 1]`; `x.dot(x)` is |x|².
    pub fn dot(self, other: Self) -> Self {
        (self * other).row_sum()
    }

    /// The smallest of each row, `[n, d] → [n, 1]`. Panics when d = 0.
    pub fn row_min(self) -> Self {
        Self::record(RowExtreme(smaller), &[self])
    }

    /// The largest of each row, `[n, d] → [n, 1]`. Panics when d = 0.
    pub fn row_max(self) -> Self {
        Self::record(RowExtreme(larger), &[self])
    }

    /// The same elements, row by row, in another shape. Panics when their number differs.
    pub fn reshape(self, shape: [usize; 2]) -> Self {
        Self::record(Reshape(shape), &[self])
    }

    /// Columns `from..from + n`, `[rows, d] → [rows, n]`.
    pub fn columns(self, from: usize, n: usize) -> Self {
        Self::record(Columns { from, n }, &[self])
    }

    /// The same columns at `from` among `width`, zeros around: the adjoint of [`Var::columns`].
    pub fn padded(self, from: usize, width: usize) -> Self {
        Self::record(Padded { from, width }, &[self])
    }

    /// The transpose, `[n, m] → [m, n]`.
    pub fn transpose(self) -> Self {
        Self::record(Transpose, &[self])
    }

    /// The matrix product, `[n, k] · [k, m] → [n, m]`.
    pub fn matmul(self, other: Self) -> Self {
        Self::record(MatMul, &[self, other])
    }
}

/// The parts side by side: `[n, a], [n, b] → [n, a + b]`. Panics when there are none.
pub fn join<'t>(parts: &[Var<'t>]) -> Var<'t> {
    Var::record(Join, parts)
}

struct SumTo([usize; 2]);

impl Op for SumTo {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::sum_to(&x[0], self.0)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        vec![Some(at.seed.repeated(at.inputs[0].shape()))]
    }
}

struct Repeat([usize; 2]);

impl Op for Repeat {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::repeated(&x[0], self.0)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        vec![Some(at.seed.sum_to(at.inputs[0].shape()))]
    }
}

/// The smallest or the largest of each row, by the function that picks one of two.
struct RowExtreme(fn(f64, f64) -> f64);

impl Op for RowExtreme {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        assert!(x[0].ncols() > 0, "no extreme in a row of the shape {:?}", array::shape(&x[0]));
        let rows = x[0].outer_iter();
        let picked: Vec<f64> =
            rows.map(|row| row.iter().copied().skip(1).fold(row[0], self.0)).collect();
        Array::from_shape_vec((picked.len(), 1), picked).expect("one element a row")
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let tied = at.inputs[0].equal(at.output); // [n, d]
        vec![Some(at.seed * (tied / tied.row_sum()))]
    }
}

struct Reshape([usize; 2]);

impl Op for Reshape {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::reshaped(&x[0], self.0)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        vec![Some(at.seed.reshape(at.inputs[0].shape()))]
    }
}

struct Columns {
    from: usize,
    n: usize,
}

impl Op for Columns {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::columns(&x[0], self.from, self.n)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        vec![Some(at.seed.padded(self.from, at.inputs[0].shape()[1]))]
    }
}

struct Padded {
    from: usize,
    width: usize,
}

impl Op for Padded {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::padded(&x[0], self.from, self.width)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        vec![Some(at.seed.columns(self.from, at.inputs[0].shape()[1]))]
    }
}

struct Join;

impl Op for Join {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        let views: Vec<_> = x.iter().map(|part| part.view()).collect();
        array::joined(&views)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let mut from = 0;
        let parts = at.inputs.iter().zip(at.wanted).map(|(part, &wanted)| {
            let n = part.shape()[1];
            from += n;
            wanted.then(|| at.seed.columns(from - n, n))
        });
        parts.collect()
    }
}

struct Transpose;

impl Op for Transpose {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::transposed(&x[0])
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        vec![Some(at.seed.transpose())]
    }
}

struct MatMul;

impl Op for MatMul {
    fn value(&self, x: &[Rc<Array>]) -> Array {
        array::matmul(&x[0], &x[1])
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let (a, b) = (at.inputs[0], at.inputs[1]);
        let by_a = at.wanted[0].then(|| at.seed.matmul(b.transpose()));
        let by_b = at.wanted[1].then(|| a.transpose().matmul(at.seed));
        vec![by_a, by_b]
    }
}
