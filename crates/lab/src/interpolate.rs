//! Interpolation on an interval: polynomials at two families of nodes, and splines.
//!
//! n + 1 nodes x_k of [a, b], values y_k = f(x_k), interpolant p with p(x_k) = y_k.
//!
//! ```text
//! polynomial     barycentric [BT04], w_k = (−1)^k times
//!   equispaced   C(n, k), x_k = a + (b − a) k/n       p = l(u) Σ w_k y_k/(u − k), u = n (x − a)/(b − a),
//!                                                     l(u) = (−1)^n u Π_(j=1…n) (u − j)/j
//!   chebyshev    1, ½ at both ends, x_k = cos kπ/n    p = Σ w_k y_k/(x − x_k) / Σ w_k/(x − x_k)
//! cubic spline   M_(k−1) + 4 M_k + M_(k+1) = 6 (y_(k−1) − 2 y_k + y_(k+1))/h²,  M = p″ at the nodes
//!   cubic        not a knot: M_0 = 2 M_1 − M_2 and its mirror image
//!   natural      M_0 = M_n = 0
//! Lebesgue       Λ = max_x Σ_k |p of the data e_k at x|: |p̃ − p| ≤ Λ max |ỹ_k − y_k|
//! ```
//! The polynomial at equispaced nodes is the worst case: with it Λ ~ 2^(n+1)/(e n ln n), and a
//! function with a pole nearby is missed by more and more although the error at the nodes is zero.
//! There the quotient of two sums would lose Λ ε of all its digits, half of the answer at n = 60;
//! the product loses Λ ε max |y_k|, which is what rounding of the data does anyway. [Hig04]
//!
//! For the Runge function 1/(1 + c x²) on [−1, 1] both rates are known, from the logarithmic
//! potential of the nodes at the pole i y, y = c^(−1/2):
//!
//! ```text
//! equispaced   error ~ g^n,     ln g = ln 2 − ½ ln(1 + y²) − y atan(1/y)      c = 25: g = 1.4901
//! chebyshev    error ~ r^(−n),  r = y + √(1 + y²)                             c = 25: r = 1.2198
//! ```
//! Splines have equispaced nodes. Not here: derivatives, least squares, more than one dimension
//! ([`crate::grid`]).

use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Points at which the largest error is looked for.
pub const CHECKS: usize = 20_001;

/// The highest degree at equispaced nodes: neither C(n, k) nor its inverse leaves the range of f64.
pub const MOST_EQUISPACED: usize = 500;

/// The most intervals between nodes.
pub const MOST: usize = 10_000;

/// A way to put a function through data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The polynomial of degree n at equispaced nodes.
    Equispaced,
    /// The polynomial of degree n at the extrema of the Chebyshev polynomial, cos kπ/n.
    Chebyshev,
    /// A straight line from node to node.
    LinearSpline,
    /// The cubic spline whose first two and last two pieces are one cubic each: not a knot.
    CubicSpline,
    /// The cubic spline with p″ = 0 at both ends.
    NaturalSpline,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Equispaced,
        Self::Chebyshev,
        Self::LinearSpline,
        Self::CubicSpline,
        Self::NaturalSpline,
    ];

    /// What it is called in a case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equispaced => "equispaced",
            Self::Chebyshev => "chebyshev",
            Self::LinearSpline => "linear-spline",
            Self::CubicSpline => "cubic-spline",
            Self::NaturalSpline => "natural-spline",
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::input("method", format!("`{name}` is not a method of interpolation"))
                .allowed(format!("Known here: {known}"))
        })
    }

    /// The n + 1 nodes in [a, b], ascending. Fails where the interval is empty or n does not fit.
    ///
    /// ```
    /// use lab::interpolate::Method;
    /// assert_eq!(Method::Chebyshev.nodes(2, (0.0, 2.0)).unwrap(), [0.0, 1.0, 2.0]);
    /// ```
    pub fn nodes(self, n: usize, (a, b): (f64, f64)) -> Result<Vec<f64>> {
        if !(a.is_finite() && b.is_finite() && (b - a).is_finite() && a < b) {
            return Err(Error::input("interval", format!("[{a}, {b}] is not an interval"))
                .allowed("Two finite numbers are needed, the smaller one first"));
        }
        let most = if self == Self::Equispaced { MOST_EQUISPACED } else { MOST };
        if !(1..=most).contains(&n) {
            let name = self.name();
            return Err(Error::input("degree", format!("{n} is not a degree for `{name}`"))
                .allowed(format!("It takes from 1 to {most}")));
        }
        let place = |k: usize| match self {
            Self::Chebyshev => {
                // sin instead of cos: nodes are symmetric to the last bit.
                let angle = (2.0 * k as f64 - n as f64) / (2.0 * n as f64);
                0.5 * (a + b) + 0.5 * (b - a) * (std::f64::consts::PI * angle).sin()
            }
            _ => a + (b - a) * (k as f64 / n as f64),
        };
        let mut nodes: Vec<f64> = (0..=n).map(place).collect();
        (nodes[0], nodes[n]) = (a, b);
        if nodes.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::input("interval", format!("[{a}, {b}] is too short for {n} parts"))
                .allowed("Nodes must be different numbers"));
        }
        Ok(nodes)
    }
}

/// What a method needs besides nodes and values.
#[derive(Clone, Debug, PartialEq)]
enum Rest {
    /// Barycentric weights for equispaced nodes, `[n + 1]`.
    Binomials(Vec<f64>),
    /// Barycentric weights for Chebyshev nodes, `[n + 1]`.
    Weights(Vec<f64>),
    /// Second derivatives at the nodes, `[n + 1]`; zero for straight lines.
    Bends(Vec<f64>),
}

/// An interpolant with its data.
///
/// ```
/// use lab::interpolate::{Interpolant, Method, runge};
/// let p = Interpolant::of(&runge(25.0), Method::Equispaced, 10, (-1.0, 1.0)).unwrap();
/// assert_eq!(p.training_error(&runge(25.0)), 0.0);
/// assert!((p.max_error(&runge(25.0)) - 1.9157).abs() < 1e-4);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Interpolant {
    nodes: Vec<f64>,
    values: Vec<f64>,
    rest: Rest,
    method: Method,
}

impl Interpolant {
    /// Through the values of `f` at the n + 1 nodes of the method.
    pub fn of(f: &dyn Fn(f64) -> f64, method: Method, n: usize, ends: (f64, f64)) -> Result<Self> {
        let values = method.nodes(n, ends)?.into_iter().map(f).collect();
        Self::through(values, method, ends)
    }

    /// Through these values at the nodes of the method, ascending; one node a value.
    pub fn through(values: Vec<f64>, method: Method, ends: (f64, f64)) -> Result<Self> {
        let n = values.len().saturating_sub(1);
        let nodes = method.nodes(n, ends)?;
        if let Some(k) = values.iter().position(|y| !y.is_finite()) {
            let what = format!("the function at the node x = {}", nodes[k]);
            return Err(Error::Numeric { what, at: k as u64 });
        }
        let h = (ends.1 - ends.0) / n as f64;
        let rest = match method {
            Method::Equispaced => Rest::Binomials(binomials(n)),
            Method::Chebyshev => Rest::Weights(halved_ends(n)),
            Method::LinearSpline => Rest::Bends(vec![0.0; n + 1]),
            Method::CubicSpline => Rest::Bends(bends(&values, h, Ends::NotAKnot)),
            Method::NaturalSpline => Rest::Bends(bends(&values, h, Ends::Natural)),
        };
        Ok(Self { nodes, values, rest, method })
    }

    /// The nodes, ascending, `[n + 1]`.
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// The values at the nodes, `[n + 1]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// p(x); outside of the interval the end piece goes on.
    pub fn at(&self, x: f64) -> f64 {
        match &self.rest {
            Rest::Binomials(w) => {
                let y = &self.values;
                product(&self.nodes, w, x, |k, part| part * y[k]).unwrap_or_else(|k| y[k])
            }
            Rest::Weights(w) => barycentric((&self.nodes, w, &self.values), x),
            Rest::Bends(bends) => piece((&self.nodes, bends, &self.values), x),
        }
    }

    /// The largest |p − f| at [`CHECKS`] equispaced points of the interval, ends included. NaN where
    /// f is.
    pub fn max_error(&self, f: &dyn Fn(f64) -> f64) -> f64 {
        self.checks().map(|x| (self.at(x) - f(x)).abs()).fold(0.0, larger)
    }

    /// The largest |p − f| at the nodes. NaN where f is.
    pub fn training_error(&self, f: &dyn Fn(f64) -> f64) -> f64 {
        self.nodes.iter().map(|&x| (self.at(x) - f(x)).abs()).fold(0.0, larger)
    }

    /// The Lebesgue constant Λ: the largest of the Lebesgue function at [`CHECKS`] points, then the
    /// best of the two intervals beside it. It depends on the nodes, not on the values.
    pub fn lebesgue_constant(&self) -> f64 {
        let xs: Vec<f64> = self.checks().collect();
        let sums = self.lebesgue_function(&xs);
        let best = (0..xs.len()).fold(0, |best, i| if sums[i] > sums[best] { i } else { best });
        let [low, high] = [xs[best.saturating_sub(1)], xs[(best + 1).min(xs.len() - 1)]];
        let near: Vec<f64> = (0..=200).map(|i| low + (high - low) * f64::from(i) / 200.0).collect();
        self.lebesgue_function(&near).into_iter().fold(sums[best], f64::max)
    }

    /// A bound of what rounding of the values can do to p: 2^(−53) Λ max |y_k|.
    ///
    /// At equispaced nodes it doubles with every degree: an error below it says nothing about f.
    pub fn rounding(&self) -> f64 {
        let largest = self.values.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
        0.5 * f64::EPSILON * self.lebesgue_constant() * largest
    }

    /// Σ_k |p of the data e_k| at each x.
    pub fn lebesgue_function(&self, xs: &[f64]) -> Vec<f64> {
        let polynomial = |x: f64| match &self.rest {
            Rest::Binomials(w) => {
                Some(product(&self.nodes, w, x, |_, part| part.abs()).map_or(1.0, f64::abs))
            }
            Rest::Weights(w) => Some(barycentric_sum(&self.nodes, w, x)),
            Rest::Bends(_) => None,
        };
        if let Some(sums) = xs.iter().map(|&x| polynomial(x)).collect() {
            return sums;
        }
        let n = self.values.len() - 1;
        let h = (self.nodes[n] - self.nodes[0]) / n as f64;
        let mut sums = vec![0.0; xs.len()];
        let mut unit = vec![0.0; n + 1];
        for k in 0..=n {
            unit[k] = 1.0;
            let bends = match self.method {
                Method::CubicSpline => bends(&unit, h, Ends::NotAKnot),
                Method::NaturalSpline => bends(&unit, h, Ends::Natural),
                _ => vec![0.0; n + 1],
            };
            for (sum, &x) in sums.iter_mut().zip(xs) {
                *sum += piece((&self.nodes, &bends, &unit), x).abs();
            }
            unit[k] = 0.0;
        }
        sums
    }

    fn checks(&self) -> impl Iterator<Item = f64> + '_ {
        let (a, b) = (self.nodes[0], self.nodes[self.nodes.len() - 1]);
        (0..CHECKS).map(move |i| a + (b - a) * (i as f64 / (CHECKS - 1) as f64))
    }
}

/// The Runge function 1/(1 + c x²).
pub fn runge(c: f64) -> impl Fn(f64) -> f64 {
    move |x| 1.0 / (1.0 + c * x * x)
}

/// g: the error of the polynomial at equispaced nodes of [−1, 1] grows like g^n for 1/(1 + c x²); it
/// falls where g < 1. c > 0.
///
/// ```
/// assert!((lab::interpolate::equispaced_growth(25.0) - 1.4901).abs() < 1e-4);
/// ```
pub fn equispaced_growth(c: f64) -> f64 {
    let y = c.sqrt().recip();
    2.0 * (-0.5 * (y * y).ln_1p() - y * y.recip().atan()).exp()
}

/// r: the error of the polynomial at Chebyshev nodes of [−1, 1] falls like r^(−n) for 1/(1 + c x²),
/// c > 0.
pub fn chebyshev_decay(c: f64) -> f64 {
    let y = c.sqrt().recip();
    y + y.hypot(1.0)
}

/// The larger one; NaN where one is.
fn larger(most: f64, x: f64) -> f64 {
    if x <= most { most } else { x }
}

/// (−1)^k C(n, k).
fn binomials(n: usize) -> Vec<f64> {
    let mut w = 1.0;
    (0..=n)
        .map(|k| {
            let this = w;
            w *= -((n - k) as f64) / (k + 1) as f64;
            this
        })
        .collect()
}

/// (−1)^k, half of it at both ends.
fn halved_ends(n: usize) -> Vec<f64> {
    let size = |k: usize| if k == 0 || k == n { 0.5 } else { 1.0 };
    (0..=n).map(|k| if k.is_multiple_of(2) { size(k) } else { -size(k) }).collect()
}

/// l(u) times the sum of what `part` makes of each w_k/(u − k), for equispaced nodes; at a node its
/// number, as an error.
fn product(
    nodes: &[f64],
    w: &[f64],
    x: f64,
    part: impl Fn(usize, f64) -> f64,
) -> std::result::Result<f64, usize> {
    let n = nodes.len() - 1;
    // In these units nodes are whole numbers: their rounding, which Λ would multiply, is only in y.
    let u = (x - nodes[0]) / (nodes[n] - nodes[0]) * n as f64;
    let (mut l, mut sum) = (if n.is_multiple_of(2) { u } else { -u }, 0.0);
    for k in 0..=n {
        let gap = u - k as f64;
        if x == nodes[k] || gap == 0.0 {
            return Err(k);
        }
        if k > 0 {
            l *= gap / k as f64;
        }
        sum += part(k, w[k] / gap);
    }
    Ok(l * sum)
}

/// The barycentric formula of the second kind.
fn barycentric((nodes, w, y): (&[f64], &[f64], &[f64]), x: f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    for k in 0..nodes.len() {
        if x == nodes[k] {
            return y[k];
        }
        let part = w[k] / (x - nodes[k]);
        above += part * y[k];
        below += part;
    }
    above / below
}

/// The Lebesgue function of the barycentric formula.
fn barycentric_sum(nodes: &[f64], w: &[f64], x: f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    for k in 0..nodes.len() {
        if x == nodes[k] {
            return 1.0;
        }
        let part = w[k] / (x - nodes[k]);
        above += part.abs();
        below += part;
    }
    above / below.abs()
}

/// The cubic piece around x from values and second derivatives at its two nodes.
fn piece((nodes, bends, y): (&[f64], &[f64], &[f64]), x: f64) -> f64 {
    let i = nodes.partition_point(|node| *node <= x).clamp(1, nodes.len() - 1);
    let h = nodes[i] - nodes[i - 1];
    let (s, t) = ((nodes[i] - x) / h, (x - nodes[i - 1]) / h);
    let bend = (s * s - 1.0) * s * bends[i - 1] + (t * t - 1.0) * t * bends[i];
    s * y[i - 1] + t * y[i] + bend * h * h / 6.0
}

/// What closes the equations of a cubic spline.
#[derive(Clone, Copy)]
enum Ends {
    Natural,
    NotAKnot,
}

/// The second derivatives at the nodes; with fewer than four nodes the spline that is not a knot
/// anywhere is the polynomial through all of them.
fn bends(y: &[f64], h: f64, ends: Ends) -> Vec<f64> {
    let n = y.len() - 1;
    let mut m = vec![0.0; n + 1];
    let second = |k: usize| ((y[k + 1] - y[k]) - (y[k] - y[k - 1])) / (h * h);
    if n == 1 {
        return m;
    }
    match ends {
        Ends::Natural => thomas(&mut m, 1, n, &second),
        Ends::NotAKnot => {
            // M_0 = 2 M_1 − M_2 in the first equation leaves 6 M_1 alone on its left side.
            (m[1], m[n - 1]) = (second(1), second(n - 1));
            thomas(&mut m, 2, n - 1, &second);
            (m[0], m[n]) =
                if n == 2 { (m[1], m[1]) } else { (2.0 * m[1] - m[2], 2.0 * m[n - 1] - m[n - 2]) };
        }
    }
    m
}

/// Solves M_(k−1) + 4 M_k + M_(k+1) = 6 d_k for k in low..high; M beside them is given.
fn thomas(m: &mut [f64], low: usize, high: usize, d: &dyn Fn(usize) -> f64) {
    if low >= high {
        return;
    }
    let mut upper = Vec::with_capacity(high - low); // what is left of the 1 above the diagonal
    let (mut factor, mut before) = (0.0, m[low - 1]);
    for k in low..high {
        let pivot = 4.0 - factor;
        let right = 6.0 * d(k) - if k + 1 == high { m[high] } else { 0.0 };
        before = (right - before) / pivot;
        m[k] = before;
        factor = 1.0 / pivot;
        upper.push(factor);
    }
    for k in (low..high - 1).rev() {
        m[k] -= upper[k - low] * m[k + 1];
    }
}

#[cfg(test)]
mod tests;
