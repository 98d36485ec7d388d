//! Gauss rules.
//!
//! A rule replaces an integral or an expectation by a weighted sum,
//! ∫ f dμ ≈ Σ_i w_i f(x_i). With n nodes a Gauss rule is exact for polynomials of degree 2n − 1.
//! The nodes are the eigenvalues of the Jacobi matrix of the orthogonal polynomials of μ, the
//! weights come from the first components of its eigenvectors (Golub and Welsch, 1969).
//!
//! Measures: Lebesgue on [a, b], the standard normal, the gamma and χ² laws. For smooth
//! integrands on [0, ∞) without a natural weight there is [`half_line`], the exp-sinh rule
//! of Takahasi and Mori (1974).
//!
//! Not here: rules in more than one dimension, oscillatory integrals.

/// Iterations allowed for one eigenvalue; two or three are usual.
const QL_ITERATIONS: usize = 60;

/// Nodes and weights of a quadrature rule, nodes ascending.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Where the integrand is evaluated, `[n]`.
    pub nodes: Vec<f64>,
    /// How much each evaluation counts, `[n]`.
    pub weights: Vec<f64>,
}

impl Rule {
    /// The weighted sum Σ_i w_i f(x_i).
    ///
    /// ```
    /// let cube = ground::quadrature::legendre(2, 0.0, 1.0).integrate(|x| x * x * x);
    /// assert!((cube - 0.25).abs() < 1e-15);
    /// ```
    pub fn integrate(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.iter().map(|(x, w)| w * f(x)).sum()
    }

    /// The pairs (x_i, w_i) in order of the nodes.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.nodes.iter().copied().zip(self.weights.iter().copied())
    }

    /// The mean of each pair of mirror images, for rules that are symmetric about 0.
    fn symmetrised(mut self) -> Self {
        let n = self.nodes.len();
        for i in 0..n.div_ceil(2) {
            let j = n - 1 - i;
            let node = 0.5 * (self.nodes[j] - self.nodes[i]);
            let weight = 0.5 * (self.weights[j] + self.weights[i]);
            (self.nodes[i], self.nodes[j]) = (-node, node);
            (self.weights[i], self.weights[j]) = (weight, weight);
        }
        self
    }
}

/// Gauss–Legendre: ∫_a^b f(x) dx ≈ Σ_i w_i f(x_i), any number of nodes `n` ≥ 1.
pub fn legendre(n: usize, a: f64, b: f64) -> Rule {
    let off = (1..n).map(|k| k as f64 / (4.0 * (k * k) as f64 - 1.0).sqrt()).collect();
    let mut rule = golub_welsch(vec![0.0; n], off).symmetrised();
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
    rule.nodes.iter_mut().for_each(|x| *x = middle + half * *x);
    rule.weights.iter_mut().for_each(|w| *w *= b - a);
    rule
}

/// Gauss–Hermite for expectations: E f(ξ) ≈ Σ_i w_i f(x_i), ξ ~ N(0, 1). The weights sum to 1.
///
/// ```
/// let fourth = ground::quadrature::hermite(3).integrate(|x| x.powi(4));
/// assert!((fourth - 3.0).abs() < 1e-13);
/// ```
pub fn hermite(n: usize) -> Rule {
    golub_welsch(vec![0.0; n], (1..n).map(|k| (k as f64).sqrt()).collect()).symmetrised()
}

/// Gauss–Laguerre for expectations: E f(G) ≈ Σ_i w_i f(x_i), G of the gamma law with density
/// x^{k−1} e^{−x} / Γ(k), `shape` k > 0. The weights sum to 1.
pub fn gamma(n: usize, shape: f64) -> Rule {
    assert!(shape > 0.0, "the shape of a gamma law is positive, found {shape}");
    let diagonal = (0..n).map(|j| 2.0 * j as f64 + shape).collect();
    let off = (1..n).map(|j| (j as f64 * (j as f64 + shape - 1.0)).sqrt()).collect();
    golub_welsch(diagonal, off)
}

/// Gauss rule for the χ² law: E f(χ²_k) ≈ Σ_i w_i f(x_i), `freedom` k ≥ 0. With k = 0 the law
/// is a point at 0 and the rule has one node.
pub fn chi_squared(n: usize, freedom: usize) -> Rule {
    if freedom == 0 {
        return Rule { nodes: vec![0.0], weights: vec![1.0] };
    }
    let mut rule = gamma(n, 0.5 * freedom as f64);
    rule.nodes.iter_mut().for_each(|x| *x *= 2.0);
    rule
}

/// Nodes and weights from the three-term recurrence: `diagonal` a_0…a_{n−1}, `off` √b_1…√b_{n−1},
/// p_{j+1} = (x − a_j) p_j − b_j p_{j−1}. The measure has mass 1.
fn golub_welsch(mut diagonal: Vec<f64>, mut off: Vec<f64>) -> Rule {
    let n = diagonal.len();
    assert!(n > 0, "a rule has at least one node");
    off.push(0.0);
    let mut first = vec![0.0; n];
    first[0] = 1.0;
    for l in 0..n {
        let mut left = QL_ITERATIONS;
        loop {
            let m = (l..n - 1)
                .find(|&m| {
                    off[m].abs() <= f64::EPSILON * (diagonal[m].abs() + diagonal[m + 1].abs())
                })
                .unwrap_or(n - 1);
            if m == l {
                break;
            }
            assert!(left > 0, "eigenvalue {l} of {n} did not converge");
            left -= 1;
            ql_sweep((l, m), &mut diagonal, &mut off, &mut first);
        }
    }
    let mut pairs: Vec<(f64, f64)> =
        diagonal.into_iter().zip(first.into_iter().map(|v| v * v)).collect();
    pairs.sort_by(|p, q| p.0.total_cmp(&q.0));
    let (nodes, weights) = pairs.into_iter().unzip();
    Rule { nodes, weights }
}

/// One QL step with implicit shift on the block l..=m of a symmetric tridiagonal matrix; `v` is
/// the first row of the accumulated rotations.
fn ql_sweep((l, m): (usize, usize), d: &mut [f64], e: &mut [f64], v: &mut [f64]) {
    let shift = (d[l + 1] - d[l]) / (2.0 * e[l]);
    let mut g = d[m] - d[l] + e[l] / (shift + shift.hypot(1.0).copysign(shift));
    let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
    for i in (l..m).rev() {
        let (f, b) = (s * e[i], c * e[i]);
        let r = f.hypot(g);
        e[i + 1] = r;
        if r == 0.0 {
            d[i + 1] -= p;
            e[m] = 0.0;
            return;
        }
        (s, c) = (f / r, g / r);
        g = d[i + 1] - p;
        let turn = (d[i] - g) * s + 2.0 * c * b;
        p = s * turn;
        d[i + 1] = g + p;
        g = c * turn - b;
        (v[i], v[i + 1]) = (c * v[i] - s * v[i + 1], s * v[i] + c * v[i + 1]);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0.0;
}

/// ∫_a^b f(x) dx for f with jumps, kinks or narrow features: 64 panels of 8 Gauss nodes, each halved
/// until the halves agree with the whole to 1e-13 of ∫|f|, at most 40 times and 10 000 in all.
///
/// A feature narrower than (b − a)/1000 may be missed, and of a jump beside the edge of a panel as
/// much as 1e-4 (b − a) of its height. Not finite where f is not.
pub fn panels(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    const PANELS: usize = 64;
    const HALVINGS: usize = 40;
    const MOST: usize = 10_000;
    let rule = legendre(8, 0.0, 1.0);
    let on = |low: f64, high: f64, g: &dyn Fn(f64) -> f64| {
        (high - low) * rule.integrate(|x| g(low + (high - low) * x))
    };
    let edge = |k: usize| a + (b - a) * k as f64 / PANELS as f64;
    let size: f64 = (0..PANELS).map(|k| on(edge(k), edge(k + 1), &|x| f(x).abs())).sum();
    let mut left: Vec<_> = (0..PANELS)
        .rev()
        .map(|k| (edge(k), edge(k + 1), on(edge(k), edge(k + 1), &f), HALVINGS))
        .collect();
    let (mut sum, mut halved) = (0.0, 0);
    while let Some((low, high, whole, halvings)) = left.pop() {
        let middle = 0.5 * (low + high);
        let halves = [on(low, middle, &f), on(middle, high, &f)];
        let both = halves[0] + halves[1];
        let agree = (both - whole).abs() <= 1e-13 * size;
        if agree || halvings == 0 || halved == MOST || !both.is_finite() {
            sum += both;
        } else {
            halved += 1;
            left.push((middle, high, halves[1], halvings - 1));
            left.push((low, middle, halves[0], halvings - 1));
        }
    }
    sum
}

/// An integral and how far its last two approximations lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Integral {
    /// The last approximation.
    pub value: f64,
    /// Its distance from the one with half the nodes: a pessimistic error where the rule converges.
    pub change: f64,
}

/// The exp-sinh rule: ∫_0^∞ f(x) dx with x = exp(½π sinh t), trapezoidal in t, halved until the
/// relative change is below `tolerance`.
///
/// It needs f analytic on (0, ∞); integrable singularities at 0 and tails down to x^{−1.1} are
/// allowed. Values that are not finite count as 0, so that f may underflow at the far ends.
///
/// ```
/// let half_pi = ground::quadrature::half_line(|x| 1.0 / (1.0 + x * x), 1e-13);
/// assert!((half_pi.value - std::f64::consts::FRAC_PI_2).abs() < 1e-13);
/// ```
pub fn half_line(f: impl Fn(f64) -> f64, tolerance: f64) -> Integral {
    const REACH: f64 = 6.0; // x from 1e-137 to 1e137
    const HALVINGS: u32 = 10;
    let term = |t: f64| {
        let x = (std::f64::consts::FRAC_PI_2 * t.sinh()).exp();
        let value = f(x) * x * std::f64::consts::FRAC_PI_2 * t.cosh();
        if value.is_finite() { value } else { 0.0 }
    };
    let mut step = 0.5;
    let mut sum: f64 = (-12_i32..=12).map(|i| term(f64::from(i) * step)).sum();
    let mut value = sum * step;
    let mut change = f64::INFINITY;
    for _ in 0..HALVINGS {
        let mut t = -REACH + 0.5 * step;
        while t < REACH {
            sum += term(t);
            t += step;
        }
        step *= 0.5;
        change = (sum * step - value).abs();
        value = sum * step;
        if change <= tolerance * value.abs() {
            break;
        }
    }
    Integral { value, change }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn close(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{found} ≠ {wanted}");
    }

    #[test]
    fn exact_legendre_on_polynomials_and_exponentials() {
        for n in [1, 2, 5, 20, 64, 200] {
            let rule = legendre(n, -1.0, 3.0);
            close(rule.weights.iter().sum(), 4.0, 1e-13);
            let degree = (2 * n - 1).min(31);
            let power = i32::try_from(degree + 1).unwrap();
            let wanted = (3_f64.powi(power) - 1.0) / f64::from(power);
            close(rule.integrate(|x| x.powi(power - 1)) / wanted, 1.0, 1e-12);
        }
        close(legendre(24, 0.0, 2.0).integrate(f64::exp), 2_f64.exp() - 1.0, 1e-14);
    }

    #[test]
    fn exact_known_nodes() {
        let three = legendre(3, -1.0, 1.0);
        close(three.nodes[2], 0.6_f64.sqrt(), 1e-15);
        close(three.weights[1], 8.0 / 9.0, 1e-15);
        let hermite = hermite(3);
        close(hermite.nodes[2], 3_f64.sqrt(), 1e-15);
        close(hermite.weights[1], 2.0 / 3.0, 1e-15);
    }

    #[test]
    fn exact_normal_moments_and_transform() {
        let rule = hermite(40);
        let mut wanted = 1.0;
        for k in 1..20 {
            wanted *= f64::from(2 * k - 1);
            close(rule.integrate(|x| x.powi(2 * k)) / wanted, 1.0, 1e-11);
            assert!(rule.integrate(|x| x.powi(2 * k - 1)).abs() / wanted < 1e-12);
        }
        close(rule.integrate(f64::cos), (-0.5_f64).exp(), 1e-14);
    }

    #[test]
    fn exact_gamma_and_chi_squared_moments() {
        for freedom in [1, 2, 9, 99, 999] {
            let (rule, k) = (chi_squared(24, freedom), freedom as f64);
            close(rule.weights.iter().sum(), 1.0, 1e-13);
            close(rule.integrate(|x| x) / k, 1.0, 1e-12);
            close(rule.integrate(|x| x * x) / (k * (k + 2.0)), 1.0, 1e-12);
            let transform = (1.0 + 0.2 / k).powf(-0.5 * k);
            close(rule.integrate(|x| (-0.1 * x / k).exp()), transform, 1e-13);
        }
        assert_eq!(chi_squared(24, 0).nodes, [0.0]);
    }

    #[test]
    fn exact_panels_with_jumps_and_narrow_features() {
        close(panels(|x| (20.0 * PI * x).cos().powi(2), 0.0, 1.0), 0.5, 1e-13);
        close(panels(|x| if x < 1.0 / 3.0 { 3.0 } else { 0.0 }, 0.0, 1.0), 1.0, 1e-11);
        close(panels(|x| f64::from(u8::from((x - 0.7).abs() < 1e-3)), 0.0, 2.0), 2e-3, 2e-4);
        assert!(panels(|_| f64::NAN, 0.0, 1.0).is_nan());
    }

    #[test]
    fn exact_half_line() {
        close(half_line(|x| (-x).exp(), 1e-13).value, 1.0, 1e-13);
        close(half_line(|x| (-x * x).exp(), 1e-13).value, 0.5 * PI.sqrt(), 1e-13);
        close(half_line(|x| (-x).exp() / x.sqrt(), 1e-13).value, PI.sqrt(), 1e-13);
        close(
            half_line(|x| x.powi(20) * (-x).exp(), 1e-13).value / 2.432_902_008_176_64e18,
            1.0,
            1e-13,
        );
        close(half_line(|x| (1.0 + x).powf(-1.5), 1e-12).value, 2.0, 1e-12);
    }
}
