//! The operations of a formula and their values on numbers.
//!
//! This is the norm: slow, readable, double precision. The derivative conventions at kinks are
//! sign(0) = 0, step(0) = 0, relu'(0) = 0, and equal shares at a tie of `min` and `max`.

/// An operation on one number, applied to every component of a vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Unary {
    Exp,
    Expm1,
    Ln,
    Log1p,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Tanh,
    Erf,
    Normcdf,
    Asinh,
    Sigmoid,
    Softplus,
    Abs,
    Sign,
    Step,
    Relu,
    Round,
    Floor,
    /// 1/x, and 0 at 0: the derivative of |v| needs it.
    Inverse,
    Square,
    /// An integer power of at least 3.
    Power(u32),
}

impl Unary {
    /// Every operation that has a name in the language.
    pub(super) const NAMED: [(&'static str, Self); 21] = [
        ("exp", Self::Exp),
        ("expm1", Self::Expm1),
        ("ln", Self::Ln),
        ("log1p", Self::Log1p),
        ("sqrt", Self::Sqrt),
        ("sin", Self::Sin),
        ("cos", Self::Cos),
        ("tan", Self::Tan),
        ("tanh", Self::Tanh),
        ("erf", Self::Erf),
        ("normcdf", Self::Normcdf),
        ("asinh", Self::Asinh),
        ("sigmoid", Self::Sigmoid),
        ("softplus", Self::Softplus),
        ("abs", Self::Abs),
        ("sign", Self::Sign),
        ("step", Self::Step),
        ("relu", Self::Relu),
        ("round", Self::Round),
        ("floor", Self::Floor),
        ("inverse", Self::Inverse),
    ];

    /// The name in the language; none for powers.
    pub(super) fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(_, op)| *op == self).map(|(name, _)| *name)
    }

    /// The value at `x`.
    pub(super) fn of(self, x: f64) -> f64 {
        match self {
            Self::Exp => x.exp(),
            Self::Expm1 => x.exp_m1(),
            Self::Ln => x.ln(),
            Self::Log1p => x.ln_1p(),
            Self::Sqrt => x.sqrt(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tan => x.tan(),
            Self::Tanh => x.tanh(),
            Self::Erf => erf(x),
            Self::Normcdf => 0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
            // The mirror keeps small negative arguments accurate.
            Self::Asinh => {
                let a = x.abs();
                (a + a * a / (1.0 + (1.0 + a * a).sqrt())).ln_1p().copysign(x)
            }
            Self::Sigmoid if x < 0.0 => x.exp() / (1.0 + x.exp()),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Abs => x.abs(),
            Self::Sign | Self::Inverse if x == 0.0 => 0.0,
            Self::Sign => x.signum(),
            Self::Step => f64::from(x > 0.0),
            Self::Relu => x.max(0.0),
            Self::Round => x.round(),
            Self::Floor => x.floor(),
            Self::Inverse => 1.0 / x,
            Self::Square => x * x,
            Self::Power(n) => power(x, n),
        }
    }

    /// True where the first derivative jumps.
    pub(super) fn is_kinked(self) -> bool {
        matches!(self, Self::Abs | Self::Sign | Self::Step | Self::Relu | Self::Round | Self::Floor)
    }

    /// True where the value jumps.
    pub(super) fn jumps(self) -> bool {
        matches!(self, Self::Sign | Self::Step | Self::Round | Self::Floor)
    }

    /// Arithmetic operations a call counts as.
    pub(super) fn cost(self) -> usize {
        match self {
            Self::Sqrt | Self::Inverse | Self::Square => 1,
            op if op.is_kinked() => 1,
            Self::Power(n) => (n.ilog2() + n.count_ones() - 1) as usize,
            _ => 20,
        }
    }
}

/// An operation on two numbers, componentwise on vectors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Min,
    Max,
    Less,
    LessEqual,
    Equal,
    /// 1 where a < b, 1/2 where a = b, 0 where a > b: what the smaller one gets of a derivative.
    Share,
}

impl Binary {
    /// The value at `(a, b)`.
    #[allow(clippy::float_cmp, reason = "equality is what is asked for")]
    pub(super) fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Pow => a.powf(b),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
            Self::Less => f64::from(a < b),
            Self::LessEqual => f64::from(a <= b),
            Self::Equal => f64::from(a == b),
            Self::Share => 0.5 * (f64::from(a < b) + f64::from(a <= b)),
        }
    }

    /// True where the value or the first derivative jumps.
    pub(super) fn is_kinked(self) -> bool {
        !matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Pow)
    }

    /// Arithmetic operations a call counts as.
    pub(super) fn cost(self) -> usize {
        if self == Self::Pow { 40 } else { 1 }
    }
}

/// From a vector to a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Fold {
    Sum,
    Norm,
    NormSquared,
    Smallest,
    Largest,
}

impl Fold {
    /// The value of `v`.
    pub(super) fn of(self, v: &[f64]) -> f64 {
        match self {
            Self::Sum => v.iter().sum(),
            Self::Norm => v.iter().map(|x| x * x).sum::<f64>().sqrt(),
            Self::NormSquared => v.iter().map(|x| x * x).sum(),
            Self::Smallest => v.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Largest => v.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// x^n by repeated squaring, n >= 1, in the order the compiled program uses.
pub(super) fn power(x: f64, n: u32) -> f64 {
    let mut result = None;
    let (mut base, mut n) = (x, n);
    while n > 0 {
        if n & 1 == 1 {
            result = Some(result.map_or(base, |r: f64| r * base));
        }
        base *= base;
        n >>= 1;
    }
    result.unwrap_or(1.0)
}

/// Where the series of erf gives way to the continued fraction of erfc.
const SERIES_BELOW: f64 = 1.0;
/// Terms of the continued fraction: its error at 1 is below exp(-56).
const FRACTION_TERMS: u32 = 200;

/// The error function, 2/sqrt(pi) times the integral of exp(-s^2) from 0 to `x`.
fn erf(x: f64) -> f64 {
    if x.abs() >= SERIES_BELOW { (1.0 - erfc(x.abs())).copysign(x) } else { series(x) }
}

/// One less the error function, accurate in the right tail.
fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x <= -SERIES_BELOW {
        return 2.0 - erfc(-x);
    }
    if x < SERIES_BELOW {
        return 1.0 - series(x);
    }
    let mut f = x;
    for k in (1..=FRACTION_TERMS).rev() {
        f = x + 0.5 * f64::from(k) / f;
    }
    (-x * x).exp() * 0.5 * std::f64::consts::FRAC_2_SQRT_PI / f
}

/// erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: no cancellation.
fn series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > f64::EPSILON * 0.01 * sum.abs() {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}
