//! Numbers of twice the precision: the judge of functions in double precision.
//!
//! A number is high + low with |low| at most half a unit of high: 106 bits. Sums and products err by a
//! few 2⁻¹⁰⁴, the functions below by less than 1e-24 of their value; `exact_judge` compares them with
//! values of fifty digits.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::Gate;

#[derive(Clone, Copy, Debug)]
pub(super) struct Twice {
    pub(super) high: f64,
    pub(super) low: f64,
}

const LN_2: Twice = Twice { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };
const HALF_PI: Twice = Twice { high: std::f64::consts::FRAC_PI_2, low: 6.123_233_995_736_766e-17 };
/// 1/√(2π).
const DENSITY: Twice = Twice { high: 0.398_942_280_401_432_7, low: -2.492_327_202_277_73e-17 };

/// 2 √(2/π).
const CUBIC: Twice = Twice { high: 1.595_769_121_605_730_8, low: -9.969_308_809_110_92e-17 };
/// 0.044715.
const CUBE: Twice = Twice { high: 0.044_715, low: 2.196_021_142_708_559_5e-18 };

/// a + b where |a| ≥ |b| or a is zero.
fn ordered(a: f64, b: f64) -> Twice {
    let high = a + b;
    Twice { high, low: b - (high - a) }
}

/// a + b.
fn sum(a: f64, b: f64) -> Twice {
    let high = a + b;
    let part = high - a;
    Twice { high, low: (a - (high - part)) + (b - part) }
}

/// a b.
fn product(a: f64, b: f64) -> Twice {
    let high = a * b;
    Twice { high, low: libm::fma(a, b, -high) }
}

impl From<f64> for Twice {
    fn from(x: f64) -> Self {
        Self { high: x, low: 0.0 }
    }
}

impl Neg for Twice {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Add for Twice {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (high, low) = (sum(self.high, other.high), sum(self.low, other.low));
        let near = ordered(high.high, high.low + low.high);
        ordered(near.high, near.low + low.low)
    }
}

impl Sub for Twice {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Twice {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let near = product(self.high, other.high);
        ordered(near.high, near.low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Twice {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * Self::from(first);
        let second = rest.high / other.high;
        let last = (rest - other * Self::from(second)).high / other.high;
        ordered(first, second) + Self::from(last)
    }
}

impl Twice {
    /// Times a power of two.
    fn scaled(self, power: i32) -> Self {
        Self { high: libm::scalbn(self.high, power), low: libm::scalbn(self.low, power) }
    }

    /// Σ coefficient(k) xᵏ for k from 0 on, until nothing changes.
    fn series(self, coefficient: impl Fn(f64) -> Self) -> Self {
        let (mut total, mut power) = (Self::from(0.0), Self::from(1.0));
        for k in 0..60 {
            total = total + coefficient(f64::from(k)) * power;
            power = power * self;
        }
        total
    }

    /// eˣ for results that are normal, their low part too.
    pub(super) fn exp(self) -> Self {
        let n = (self.high / LN_2.high).round();
        let r = (self - LN_2 * Self::from(n)).scaled(-8);
        // expm1 doubled eight times: e^2r − 1 = (e^r − 1)(e^r + 1).
        let mut less_one = Self::from(0.0);
        for k in (1..=14).rev() {
            less_one = (less_one + Self::from(1.0)) * r / Self::from(f64::from(k));
        }
        for _ in 0..8 {
            less_one = less_one * (less_one + Self::from(2.0));
        }
        #[expect(clippy::cast_possible_truncation, reason = "some thousand at most")]
        (less_one + Self::from(1.0)).scaled(n as i32)
    }

    /// ln(1 + x) for 0 ≤ x ≤ 1.
    fn log1p(self) -> Self {
        if self.high < 1e-3 {
            let sign = |k: f64| if k % 2.0 == 0.0 { 1.0 } else { -1.0 };
            return self * self.series(|k| Self::from(sign(k)) / Self::from(k + 1.0));
        }
        let near = Self::from(self.high.ln_1p());
        let one = Self::from(1.0);
        near + ((one + self) * (-near).exp() - one)
    }
}

pub(super) fn tanh(x: f64) -> Twice {
    let (x, one) = (Twice::from(x), Twice::from(1.0));
    if x.high.abs() < 1e-5 {
        let cube = x * x * x;
        return x - cube / Twice::from(3.0) + cube * x * x * Twice::from(2.0) / Twice::from(15.0);
    }
    let e = Twice::from(-2.0 * x.high.abs()).exp();
    let value = (one - e) / (one + e);
    if x.high < 0.0 { -value } else { value }
}

pub(super) fn sigmoid(x: f64) -> Twice {
    logistic(Twice::from(x))
}

fn logistic(x: Twice) -> Twice {
    let (one, e) = (Twice::from(1.0), (if x.high < 0.0 { x } else { -x }).exp());
    if x.high < 0.0 { e / (one + e) } else { one / (one + e) }
}

/// x σ(v(x)) of a gate and its two derivatives.
pub(super) fn gated(gate: Gate, x: f64) -> [Twice; 3] {
    let [zero, one, two, three, six] = [0.0, 1.0, 2.0, 3.0, 6.0].map(Twice::from);
    let x = Twice::from(x);
    let [v, first, second] = match gate {
        Gate::Plain => [x, one, zero],
        Gate::Cubic => {
            let square = CUBE * x * x;
            [x * (one + square), one + three * square, six * CUBE * x].map(|part| CUBIC * part)
        }
    };
    let (y, rest) = (logistic(v), logistic(-v));
    let (slope, bend) = (y * rest, rest - y);
    let curvature = two * first + x * second + x * first * first * bend;
    [x * y, y + x * slope * first, slope * curvature]
}

pub(super) fn softplus(x: f64) -> Twice {
    Twice::from(x.max(0.0)) + Twice::from(-x.abs()).exp().log1p()
}

pub(super) fn sin(x: f64) -> Twice {
    let n = (x / HALF_PI.high).round();
    let r = Twice::from(x) - HALF_PI * Twice::from(n);
    let minus_square = -(r * r);
    let (mut odd, mut even) = (Twice::from(0.0), Twice::from(0.0));
    for k in (1..=14).rev().map(|k| 2.0 * f64::from(k)) {
        odd = (odd + Twice::from(1.0)) * minus_square / Twice::from(k * (k + 1.0));
        even = (even + Twice::from(1.0)) * minus_square / Twice::from(k * (k - 1.0));
    }
    let (odd, even) = (r + r * odd, even + Twice::from(1.0));
    let turns = [odd, even, -odd, -even];
    let quarter = n.rem_euclid(4.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0, 1, 2 or 3")]
    turns[quarter as usize]
}

/// The density φ.
pub(super) fn density(x: f64) -> Twice {
    product(x, x).scaled(-1).neg().exp() * DENSITY
}

/// The distribution function Φ: ½ + φ(x)(x + x³/3 + x⁵/(3·5) + …), and in the left tail φ(x) over the
/// continued fraction |x| + 1/(|x| + 2/(|x| + …)).
pub(super) fn distribution(x: f64) -> Twice {
    if x < -5.0 {
        let t = Twice::from(-x);
        let mut fraction = t;
        for k in (1..=150).rev() {
            fraction = t + Twice::from(f64::from(k)) / fraction;
        }
        return density(x) / fraction;
    }
    if x > 9.0 {
        return Twice::from(1.0) - distribution(-x);
    }
    let square = product(x, x);
    let (mut term, mut total) = (Twice::from(x), Twice::from(0.0));
    for k in 1..=200 {
        total = total + term;
        term = term * square / Twice::from(2.0 * f64::from(k) + 1.0);
    }
    Twice::from(0.5) + density(x) * total
}

pub(super) fn gelu(x: f64) -> Twice {
    Twice::from(x) * distribution(x)
}

/// Values by mpmath with 50 digits, as sums of two numbers.
#[test]
#[expect(clippy::unreadable_literal, reason = "as mpmath prints them")]
fn exact_judge() {
    let near = |found: Twice, high: f64, low: f64| {
        let off = ((found.high - high) + (found.low - low)) / high;
        assert!(off.abs() < 1e-24, "{found:?} against {high:e} + {low:e}: {off:e}");
    };
    near(tanh(-0.3), -0.2913126124515909, 6.4602656586469586e-18);
    near(tanh(2.5), 0.9866142981514303, -2.4529238788172874e-17);
    near(sigmoid(-20.25), 1.6052280526088545e-09, 8.808852032066078e-27);
    near(sigmoid(-0.3), 0.425557483188341, -8.05466865782085e-18);
    near(sigmoid(2.5), 0.9241418199787564, 8.549720986121e-18);
    near(softplus(-20.25), 1.605228053897233e-09, 8.882440217532501e-26);
    near(softplus(-6.5), 0.0015023101597542838, 3.667628233183838e-20);
    near(softplus(2.5), 2.5788897342925496, -1.6971384488584093e-17);
    near(sin(-20.25), -0.9855251115651197, 4.1201889004720784e-17);
    near(sin(-0.3), -0.29552020666133955, -1.8315357276792536e-17);
    near(sin(2.5), 0.5984721441039565, -5.521403334082375e-17);
    near(gelu(-20.25), -3.596804726522879e-90, -1.576718335815915e-106);
    near(gelu(-6.5), -2.6104003795084267e-10, 8.602101029158462e-27);
    near(gelu(-4.75), -4.83114540220134e-06, 4.087763923087969e-23);
    near(gelu(-0.3), -0.1146265733433142, 5.207215868085079e-20);
    near(gelu(2.5), 2.4844758366855597, -5.106362162524265e-17);
    let [silu, gelu_tanh] = [Gate::Plain, Gate::Cubic].map(|gate| move |x| gated(gate, x)[0]);
    near(silu(-20.25), -3.2505868065329306e-08, 2.6133553137171302e-24);
    near(silu(-4.75), -0.040743055715131926, -2.5519054242999907e-18);
    near(silu(-0.3), -0.1276672449565023, 7.141037758718547e-18);
    near(silu(2.5), 2.310354549946891, 1.8790775615907598e-16);
    near(gelu_tanh(-4.75), -1.157800580935831e-06, -3.6905411841683935e-23);
    near(gelu_tanh(-0.3), -0.11462907645724076, 6.6611955685084415e-18);
    near(gelu_tanh(2.5), 2.484915733910001, 2.1695245364163096e-16);
}
