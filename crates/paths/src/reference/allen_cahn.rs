//! The Allen–Cahn equation from a radial terminal value, in one dimension.
//!
//! u_t + a Δu + u − u³ = 0, u(T, x) = g(x) = 1/(2 + 0.4 |x|²), x ∈ R^d; as a backward equation
//! σ = √(2a), f = u − u³. The published test has a = 1, T = 0.3 and asks for u(0, 0).
//!
//! u is a function of s = |x|², here of q = 1/(1 + s/L) ∈ (0, 1), by n Chebyshev polynomials: s = 0 and
//! s = ∞ are the ends, neither needs a condition. L = √(5M), M = 5 + 2adT, keeps the poles of g
//! (at s = −5) and of what the heat makes of it (at s ≈ −M) equally far from (0, 1).
//!
//! Heat. E v(|x + √(2ah) ξ|²) with |·|² = (r + √(2ah) ζ)² + 2ah χ²_{d−1}, both laws by Gauss rules:
//! a matrix P, `[n, n]`, exact to rounding for any h.
//! Reaction. v′ = v − v³ from v: v e^h / √(1 + v²(e^{2h} − 1)).
//! Together by the symmetric splitting, half a reaction, heat, half a reaction, whose error is a
//! series in h²: Romberg from N, 2N, 4N, … steps.
//!
//! In discrete time the same P gives what a perfect method returns at N steps,
//! Y_n = E_n[Y_{n+1}] + h (Y_n − Y_n³).
//!
//! With the numbers of this file and T ≤ 0.3, u(0, 0) is good to 1e-12 for d ≤ 1000 and to 3e-12 at
//! d = 10 000: more polynomials, nodes or steps change no further digit. [HJE18]
//!
//! Not here: other terminal values, starts in discrete time other than a radius.

use ground::array::Array;
use ground::quadrature::{Rule, chi_squared, hermite};
use std::f64::consts::PI;

/// Polynomials n.
const DEGREES: usize = 64;
/// Nodes of both Gauss rules.
const NODES: usize = 20;
/// Steps of the coarsest splitting, and how often they are doubled.
const COARSEST: usize = 4;
const LEVELS: usize = 4;
/// g = 1/(2 + 0.4 s) has its pole at s = −5.
const POLE: f64 = 5.0;

/// The equation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AllenCahn {
    /// d ≥ 1.
    pub dimension: usize,
    /// a, 1 in the published test, ½ for σ = 1.
    pub diffusivity: f64,
    /// T.
    pub horizon: f64,
}

impl AllenCahn {
    /// The published test: a = 1, T = 0.3.
    ///
    /// ```
    /// use paths::reference::allen_cahn::AllenCahn;
    /// let (u, _) = AllenCahn::published(100).at_radius(0.0, 0.0);
    /// assert!((u - 0.0527813574).abs() < 1e-10);
    /// ```
    pub fn published(dimension: usize) -> Self {
        Self { dimension, diffusivity: 1.0, horizon: 0.3 }
    }

    /// u and ∂u/∂r at time `t` ≤ T and |x| = `radius`.
    pub fn at_radius(self, t: f64, radius: f64) -> (f64, f64) {
        let left = self.horizon - t;
        assert!(left >= 0.0, "t = {t} lies after the horizon {}", self.horizon);
        let radial = Radial::new(self);
        if left == 0.0 {
            return radial.at(&radial.terminal(), radius);
        }
        // a triangle of Romberg: row k from COARSEST 2^k steps, extrapolated k times
        let mut row: Vec<(f64, f64)> = Vec::new();
        for level in 0..LEVELS {
            let split = radial.split(left, COARSEST << level);
            let mut next = vec![radial.at(&split, radius)];
            let mut power = 1.0;
            for (k, before) in row.iter().enumerate() {
                power *= 4.0;
                let better = |new: f64, old: f64| new + (new - old) / (power - 1.0);
                next.push((better(next[k].0, before.0), better(next[k].1, before.1)));
            }
            row = next;
        }
        row[LEVELS - 1]
    }

    /// Y_0 at |x₀| = `radius` of the equation in discrete time, N = `n_steps`.
    pub fn stepped(self, n_steps: usize, radius: f64) -> f64 {
        let radial = Radial::new(self);
        let h = self.horizon / n_steps as f64;
        let heat = radial.heat(h);
        let mut y = radial.terminal();
        for _ in 0..n_steps {
            y = heat.dot(&y);
            y.mapv_inplace(|mean| implicit(mean, h));
        }
        radial.at(&y, radius).0
    }
}

/// y = `mean` + h (y − y³), by Newton's method: 1 − h(1 − 3y²) > 0 for h < 1.
fn implicit(mean: f64, h: f64) -> f64 {
    let mut y = mean;
    for _ in 0..8 {
        y -= (y - h * (y - y * y * y) - mean) / (1.0 - h * (1.0 - 3.0 * y * y));
    }
    y
}

/// The flow of v′ = v − v³ over a time h.
fn react(v: f64, h: f64) -> f64 {
    v * h.exp() / (1.0 + v * v * (2.0 * h).exp_m1()).sqrt()
}

/// Values at the n Chebyshev points, `[n, 1]`.
type Values = Array;

/// Functions of the radius.
struct Radial {
    equation: AllenCahn,
    /// L.
    length: f64,
    along: Rule,
    /// The rule of χ²_{d−1}.
    across: Rule,
    /// From values to coefficients, `[n, n]`.
    coefficients: Array,
}

impl Radial {
    fn new(equation: AllenCahn) -> Self {
        let AllenCahn { dimension, diffusivity, horizon } = equation;
        assert!(dimension >= 1, "the dimension is at least 1");
        assert!(diffusivity > 0.0 && horizon > 0.0, "a and T are positive");
        let reach = POLE + 2.0 * diffusivity * dimension as f64 * horizon;
        // c_k = (2 − δ_k0)/n Σ_j v_j T_k(y_j)
        let scale = |k: usize| if k == 0 { 1.0 } else { 2.0 } / DEGREES as f64;
        let coefficients = Array::from_shape_fn((DEGREES, DEGREES), |(k, j)| {
            scale(k) * (k as f64 * angle(j)).cos()
        });
        Self {
            equation,
            length: (POLE * reach).sqrt(),
            along: hermite(NODES),
            across: chi_squared(NODES, dimension - 1),
            coefficients,
        }
    }

    /// y = 2q − 1 at s = r².
    fn place(&self, s: f64) -> f64 {
        2.0 / (1.0 + s / self.length) - 1.0
    }

    /// s at the Chebyshev point j.
    fn square(&self, j: usize) -> f64 {
        let q = 0.5 * (1.0 + angle(j).cos());
        self.length * (1.0 - q) / q
    }

    fn terminal(&self) -> Values {
        Array::from_shape_fn((DEGREES, 1), |(j, _)| 1.0 / (2.0 + 0.4 * self.square(j)))
    }

    /// P, from values at a time to their expectations h earlier.
    fn heat(&self, h: f64) -> Array {
        let variance = 2.0 * self.equation.diffusivity * h;
        let mut means = Array::zeros((DEGREES, DEGREES)); // E T_k, one row a point
        for j in 0..DEGREES {
            let r = self.square(j).sqrt();
            for (zeta, along) in self.along.iter() {
                let near = (r + variance.sqrt() * zeta).powi(2);
                for (chi, across) in self.across.iter() {
                    let y = self.place(near + variance * chi);
                    for (k, value) in polynomials(y).enumerate() {
                        means[[j, k]] += along * across * value;
                    }
                }
            }
        }
        means.dot(&self.coefficients)
    }

    /// v after `left` by N symmetric steps from the terminal value.
    fn split(&self, left: f64, n_steps: usize) -> Values {
        let h = left / n_steps as f64;
        let heat = self.heat(h);
        let mut v = self.terminal();
        for _ in 0..n_steps {
            v.mapv_inplace(|v| react(v, 0.5 * h));
            v = heat.dot(&v);
            v.mapv_inplace(|v| react(v, 0.5 * h));
        }
        v
    }

    /// The function through these values and its slope in r.
    fn at(&self, values: &Values, radius: f64) -> (f64, f64) {
        let c = self.coefficients.dot(values); // [n, 1]
        let y = self.place(radius * radius);
        let value = polynomials(y).zip(c.iter()).map(|(t, c)| t * c).sum();
        // T_k′ = k U_{k−1}; U_k = 2 y U_{k−1} − U_{k−2}
        let (mut before, mut now, mut slope) = (0.0, 1.0, 0.0);
        for (k, c) in c.iter().enumerate().skip(1) {
            slope += c * k as f64 * now;
            (before, now) = (now, 2.0 * y * now - before);
        }
        // dy/dr = −4 r/(L (1 + s/L)²) = −(1 + y)² r/L
        (value, -slope * (1.0 + y) * (1.0 + y) * radius / self.length)
    }
}

/// The angle of the Chebyshev point j: y_j = cos of it.
fn angle(j: usize) -> f64 {
    PI * (j as f64 + 0.5) / DEGREES as f64
}

/// T_0(y), T_1(y), …, n of them.
fn polynomials(y: f64) -> impl Iterator<Item = f64> {
    let (mut before, mut now) = (y, 1.0);
    (0..DEGREES).map(move |_| {
        let value = now;
        (before, now) = (now, 2.0 * y * now - before);
        value
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(dimension: usize) -> f64 {
        AllenCahn::published(dimension).at_radius(0.0, 0.0).0
    }

    /// Digits of an independent program (collocation in q, diffusion by Padé approximants). The last
    /// line is this program's own, at 64 to 128 polynomials, 20 to 40 nodes and up to 192 steps.
    #[test]
    fn exact_in_all_dimensions() {
        let known = [
            (1, 0.566_471_639),
            (2, 0.523_995_201),
            (5, 0.423_828_081),
            (10, 0.316_512_713),
            (20, 0.206_354_820),
            (50, 0.099_081_171),
            (100, 0.052_781_357),
            (200, 0.027_243_499),
            (250, 0.021_933_787),
            (300, 0.018_355_746),
            (500, 0.011_107_086),
            (1000, 0.005_588_883),
            (5000, 0.001_123_458),
            (10_000, 0.000_562_085),
        ];
        for (dimension, value) in known {
            let found = origin(dimension);
            assert!((found - value).abs() < 6e-10, "d = {dimension}: {found} ≠ {value}");
        }
        assert!((origin(100) - 0.052_781_357_409_6).abs() < 1e-12, "{}", origin(100));
    }

    /// σ = 1: the literature's 0.30879 (branching) is 0.03 % high.
    #[test]
    fn exact_with_half_the_laplacian() {
        let half = AllenCahn { dimension: 20, diffusivity: 0.5, horizon: 0.3 };
        let found = half.at_radius(0.0, 0.0).0;
        assert!((found - 0.308_698_546).abs() < 6e-10, "{found}");
    }

    /// What a perfect method gives at N steps.
    #[test]
    fn exact_in_discrete_time() {
        for (n_steps, value) in [(20, 0.052_900_38), (40, 0.052_840_54)] {
            let found = AllenCahn::published(100).stepped(n_steps, 0.0);
            assert!((found - value).abs() < 6e-9, "N = {n_steps}: {found} ≠ {value}");
        }
    }

    #[test]
    fn order_of_the_stepped_value_is_one() {
        let exact = origin(10);
        let off = [40, 80].map(|n| AllenCahn::published(10).stepped(n, 0.0) - exact);
        assert!(((off[0] / off[1]).log2() - 1.0).abs() < 0.05, "{off:?}");
    }

    /// u_t + a (u_rr + (d − 1)/r u_r) + u − u³ = 0 by differences.
    #[test]
    fn exact_solution_of_the_radial_equation() {
        let h = 1e-3;
        for (dimension, t, r) in [(1, 0.1, 0.7), (3, 0.2, 1.5), (100, 0.1, 6.0)] {
            let equation = AllenCahn::published(dimension);
            let ahead = |by: f64| equation.at_radius(t + by, r).0;
            let slope =
                (8.0 * (ahead(h) - ahead(-h)) - (ahead(2.0 * h) - ahead(-2.0 * h))) / (12.0 * h);
            let along = |by: f64| equation.at_radius(t, r + by);
            let (u, first) = along(0.0);
            assert!((first - (along(h).0 - along(-h).0) / (2.0 * h)).abs() < 1e-6);
            let second = (along(h).1 - along(-h).1) / (2.0 * h);
            let laplacian = second + (dimension as f64 - 1.0) / r * first;
            let residual = slope + laplacian + u - u * u * u;
            assert!(residual.abs() < 1e-6, "d = {dimension}: {residual}");
        }
    }

    #[test]
    fn exact_at_the_horizon() {
        let (u, slope) = AllenCahn::published(7).at_radius(0.3, 2.0);
        assert!((u - 1.0 / 3.6).abs() < 1e-12 && (slope + 1.6 / 3.6_f64.powi(2)).abs() < 1e-11);
    }
}
