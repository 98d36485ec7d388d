//! Interval arithmetic: where the values of an expression must lie.
//!
//! The answer holds every value, and may be too wide where a variable occurs more than once.
//! Rounding is outward: a bound that is not exact moves to the next number.

use std::collections::HashMap;
use std::f64::consts::PI;

use super::expr::{Expr, Node, postorder};
use super::operation::{Binary, Fold, Unary};

/// All numbers from `low` to `high`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// The lower end, perhaps minus infinity.
    pub low: f64,
    /// The upper end, perhaps infinity.
    pub high: f64,
}

impl Interval {
    /// The whole line.
    pub const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// From `low` to `high`. An end that is no number is an infinite one.
    pub fn new(low: f64, high: f64) -> Self {
        let low = if low.is_nan() { f64::NEG_INFINITY } else { low };
        Self { low, high: if high.is_nan() { f64::INFINITY } else { high } }
    }

    /// True if `x` lies inside.
    pub fn contains(self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    fn point(x: f64) -> Self {
        Self::new(x, x)
    }

    /// The smallest interval that holds both.
    fn hull(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }

    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(f(self.low), f(self.high))
    }

    /// For library functions, which are accurate to a few of the last digits; `within` their range.
    fn widened(self, within: Self) -> Self {
        const ULPS: f64 = 4.0 * f64::EPSILON;
        let low = (self.low - self.low.abs() * ULPS).next_down().max(within.low);
        Self::new(low, (self.high + self.high.abs() * ULPS).next_up().min(within.high))
    }

    fn add(self, other: Self) -> Self {
        let exact = |a: f64, b: f64| {
            let sum = a + b;
            let back = sum - a;
            (sum, (a - (sum - back)) + (b - back))
        };
        Self::new(down(exact(self.low, other.low)), up(exact(self.high, other.high)))
    }

    fn negate(self) -> Self {
        Self::new(-self.high, -self.low)
    }

    fn mul(self, other: Self) -> Self {
        let exact = |(a, b): (f64, f64)| match a * b {
            // Zero times an unbounded set is zero.
            p if p.is_nan() => (0.0, 0.0),
            p => (p, a.mul_add(b, -p)),
        };
        let ends = self.pairs(other).map(exact);
        let low = ends.map(down).into_iter().fold(f64::INFINITY, f64::min);
        Self::new(low, ends.map(up).into_iter().fold(f64::NEG_INFINITY, f64::max))
    }

    fn div(self, other: Self) -> Self {
        if other.contains(0.0) {
            // Bounded on one side only if the divisor is not negative, and the dividend keeps its
            // sign.
            return match (self.low >= 0.0, self.high <= 0.0, other.low >= 0.0 && other.high > 0.0) {
                (true, _, true) => Self::new(0.0, f64::INFINITY),
                (_, true, true) => Self::new(f64::NEG_INFINITY, 0.0),
                _ => Self::ALL,
            };
        }
        let exact = |(a, b): (f64, f64)| match a / b {
            // The limit for a growing divisor.
            q if q.is_nan() || b.is_infinite() => (0.0, 0.0),
            q => (q, (-q).mul_add(b, a) * b.signum()),
        };
        let ends = self.pairs(other).map(exact);
        let low = ends.map(down).into_iter().fold(f64::INFINITY, f64::min);
        Self::new(low, ends.map(up).into_iter().fold(f64::NEG_INFINITY, f64::max))
    }

    fn pairs(self, other: Self) -> [(f64, f64); 4] {
        let (a, b) = (self, other);
        [(a.low, b.low), (a.low, b.high), (a.high, b.low), (a.high, b.high)]
    }

    /// max(|low|, |high|) and the smallest absolute value.
    fn magnitude(self) -> Self {
        let (a, b) = (self.low.abs(), self.high.abs());
        Self::new(if self.contains(0.0) { 0.0 } else { a.min(b) }, a.max(b))
    }

    fn times(self, n: usize) -> Self {
        self.mul(Self::point(n as f64))
    }

    /// x^n of the ends, n >= 1; an even power is that of the magnitude.
    fn power(self, n: u32) -> Self {
        let of = if n.is_multiple_of(2) { self.magnitude() } else { self };
        let within = if of.low >= 0.0 { Self::new(0.0, f64::INFINITY) } else { Self::ALL };
        let ends = of.map(|x| Unary::Power(n).of(x));
        // A product of n factors has n - 1 roundings.
        let slack = f64::from(n) * f64::EPSILON;
        let low = ends.low - ends.low.abs() * slack;
        Self::new(low, ends.high + ends.high.abs() * slack).widened(within)
    }

    /// sin on the interval: 1 if it holds a point pi/2 + 2 k pi, -1 likewise.
    fn sine(self) -> Self {
        let unit = Self::new(-1.0, 1.0);
        // Beyond, the period is not resolved well enough to look for the extrema.
        if self.magnitude().high > 1e6 || self.high - self.low >= 2.0 * PI {
            return unit;
        }
        let holds = |extremum: f64| {
            let k = ((self.low - extremum) / (2.0 * PI) - 1e-9).ceil();
            extremum + 2.0 * PI * k <= self.high + 1e-9
        };
        let ends = self.map(f64::sin);
        let mut value = Self::new(ends.low.min(ends.high), ends.low.max(ends.high));
        if holds(0.5 * PI) {
            value.high = 1.0;
        }
        if holds(-0.5 * PI) {
            value.low = -1.0;
        }
        value.widened(unit)
    }

    fn tangent(self) -> Self {
        let cosine = self.add(Self::point(0.5 * PI)).widened(Self::ALL).sine();
        if cosine.contains(0.0) { Self::ALL } else { self.map(f64::tan).widened(Self::ALL) }
    }

    /// a^b for a >= 0: monotone in both, so the ends decide.
    fn pow(self, other: Self) -> Self {
        if self.low < 0.0 {
            return Self::ALL;
        }
        let values = self.pairs(other).map(|(a, b)| a.powf(b));
        // 0^0 and infinity^0 are 1 but limits of anything.
        let low = values.into_iter().fold(f64::INFINITY, f64::min);
        let high = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let all = Self::new(low, high);
        let crosses = self.contains(1.0) || other.contains(0.0);
        let all = if crosses { all.hull(Self::point(1.0)) } else { all };
        all.widened(Self::new(0.0, f64::INFINITY))
    }
}

/// A bound from a value and the sign of what is missing.
fn down((value, missing): (f64, f64)) -> f64 {
    // An unknown error counts as one.
    if missing < 0.0 || (missing.is_nan() && value.is_finite()) { value.next_down() } else { value }
}

fn up((value, missing): (f64, f64)) -> f64 {
    if missing > 0.0 || (missing.is_nan() && value.is_finite()) { value.next_up() } else { value }
}

impl Unary {
    fn range(self, x: Interval) -> Interval {
        let f = |x: f64| self.of(x);
        let positive = Interval::new(0.0, f64::INFINITY);
        let domain = |low: f64| Interval::new(x.low.max(low), x.high.max(low));
        match self {
            Self::Exp | Self::Softplus => x.map(f).widened(positive),
            Self::Expm1 => x.map(f).widened(Interval::new(-1.0, f64::INFINITY)),
            Self::Ln => domain(0.0).map(f).widened(Interval::ALL),
            Self::Log1p => domain(-1.0).map(f).widened(Interval::ALL),
            Self::Sqrt => domain(0.0).map(f).widened(positive),
            Self::Sin => x.sine(),
            Self::Cos => x.add(Interval::point(0.5 * PI)).widened(Interval::ALL).sine(),
            Self::Tan => x.tangent(),
            Self::Tanh | Self::Erf => x.map(f).widened(Interval::new(-1.0, 1.0)),
            Self::Normcdf | Self::Sigmoid => x.map(f).widened(Interval::new(0.0, 1.0)),
            Self::Asinh => x.map(f).widened(Interval::ALL),
            Self::Abs => x.magnitude(),
            Self::Sign | Self::Step | Self::Relu | Self::Round | Self::Floor => x.map(f),
            Self::Inverse => {
                let quotient = Interval::point(1.0).div(x);
                if x.contains(0.0) { quotient.hull(Interval::point(0.0)) } else { quotient }
            }
            Self::Square => x.magnitude().mul(x.magnitude()),
            Self::Power(n) => x.power(n),
        }
    }
}

impl Binary {
    fn range(self, a: Interval, b: Interval) -> Interval {
        let truth = |never: bool, always: bool| Interval::new(f64::from(always), f64::from(!never));
        match self {
            Self::Add => a.add(b),
            Self::Sub => a.add(b.negate()),
            Self::Mul => a.mul(b),
            Self::Div => a.div(b),
            Self::Pow => a.pow(b),
            Self::Min => Interval::new(a.low.min(b.low), a.high.min(b.high)),
            Self::Max => Interval::new(a.low.max(b.low), a.high.max(b.high)),
            Self::Less => truth(a.low >= b.high, a.high < b.low),
            Self::LessEqual => truth(a.low > b.high, a.high <= b.low),
            Self::Equal => {
                let same = a == b && a == Interval::point(a.low);
                truth(a.low > b.high || a.high < b.low, same)
            }
            Self::Share => truth(a.low > b.high, a.high < b.low),
        }
    }
}

impl Expr {
    /// Where the values of every component must lie if every component of each variable lies in its
    /// interval. A variable without one may be anything.
    ///
    /// |x|^2 and even powers are not negative: ln(0.5 (1 + |x|^2)) lies above ln(0.5).
    pub fn range(self, of: &[(Expr, Interval)]) -> Interval {
        let mut ranges: HashMap<Expr, Interval> = HashMap::new();
        for e in postorder(&[self], |_| false) {
            let range = match of.iter().find(|(variable, _)| *variable == e) {
                Some((_, given)) => *given,
                None => e.range_of(&ranges),
            };
            ranges.insert(e, range);
        }
        ranges[&self]
    }

    fn range_of(self, of: &HashMap<Expr, Interval>) -> Interval {
        let hull = |data: &mut dyn Iterator<Item = Interval>| data.reduce(Interval::hull);
        // A sum in another order differs by this much, relative to the sum of the magnitudes.
        let rounded = |sum: Interval, magnitude: Interval, n: usize| {
            let slack = n as f64 * f64::EPSILON * magnitude.high;
            let slack = if slack.is_finite() { slack } else { 0.0 };
            sum.add(Interval::new(-slack, slack))
        };
        match *self.node() {
            Node::Number(x) => Interval::point(x.0),
            Node::Vector(ref data) => {
                hull(&mut data.iter().map(|x| Interval::point(x.0))).unwrap_or(Interval::ALL)
            }
            Node::Variable(..) => Interval::ALL,
            Node::Unary(op, a) => op.range(of[&a]),
            Node::Binary(op, a, b) => op.range(of[&a], of[&b]),
            Node::Select(c, a, b) => match of[&c] {
                c if !c.contains(0.0) => of[&a],
                c if c == Interval::point(0.0) => of[&b],
                _ => of[&a].hull(of[&b]),
            },
            Node::Fold(op, v) => {
                let n = v.shape().count();
                match op {
                    Fold::Sum => {
                        let sum = of[&v].times(n);
                        rounded(sum, sum.magnitude(), n)
                    }
                    Fold::NormSquared | Fold::Norm => {
                        let sum = Unary::Square.range(of[&v]).times(n);
                        let sum = rounded(sum, sum, n);
                        let sum = Interval::new(sum.low.max(0.0), sum.high);
                        if op == Fold::Norm { Unary::Sqrt.range(sum) } else { sum }
                    }
                    Fold::Smallest | Fold::Largest => of[&v],
                }
            }
            Node::Dot(a, b) => {
                let n = a.shape().count();
                let sum = of[&a].mul(of[&b]).times(n);
                rounded(sum, sum.magnitude(), n)
            }
            Node::At(v, _) | Node::Slice(v, ..) | Node::Repeat(v, _) => of[&v],
            Node::Embed(x, ..) => of[&x].hull(Interval::point(0.0)),
            Node::Matrix(ref m, v) => {
                let row = |i: usize| {
                    let entries = m.row(i).into_iter().map(|a| Interval::point(a).mul(of[&v]));
                    let sum = entries.fold(Interval::point(0.0), Interval::add);
                    rounded(sum, sum.magnitude(), m.columns)
                };
                hull(&mut (0..m.rows).map(row)).unwrap_or(Interval::ALL)
            }
        }
    }
}
