//! What a perfect method gives at N steps: the equation in discrete time, on a radial grid.
//!
//! The problem is that of [`super::cole_hopf`] with equal weights: u_t + Δu − λ|∇u|² = 0,
//! u(T, x) = g(x) = ln ½(1 + |x|²), X_{n+1} = X_n + √2 ΔW_n, h = T/N. The discrete solution is
//!
//! Z_n = E_n[Y_{n+1} ΔW_n] / h,  Y_n = E_n[Y_{n+1}] − ½ h λ |Z_n|²,  Y_N = g(X_N):
//!
//! Y_0 is what networks and optimiser without error would return at N steps. Everything is a
//! function of r = |x|, and Z points along x:
//! |x + √(2h) ξ|² = (r + √(2h) ζ)² + 2h χ²_{d−1}, ζ ~ N(0, 1), both laws by Gauss rules.
//! Functions of r are cubic splines; g itself is used where it is known, at the last step.
//!
//! The same recursion gives the value that any feedback Z reaches on the grid, either along
//! controlled paths or along plain ones, see [`Paths`].
//!
//! Not here: the loss, R², the minimiser over both y₀ and Z.

use super::cole_hopf::ColeHopf;
use ground::quadrature::{Rule, chi_squared, hermite};
use std::f64::consts::SQRT_2;

/// Nodes of both Gauss rules.
const NODES: usize = 20;
/// Distance of the grid points in r; the curvature of g lives on the scale 1.
const SPACING: f64 = 0.06;
/// How many standard deviations of X_T the grid reaches beyond the typical radius.
const MARGIN: f64 = 9.0;
/// Stands for r = 0 in Z/r, which is even in r.
const NEARLY_ZERO: f64 = 1e-4;

/// The equation and its grid in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepped {
    /// d ≥ 1.
    pub dimension: usize,
    /// λ ≥ 0.
    pub lambda: f64,
    /// T.
    pub horizon: f64,
    /// N ≥ 1.
    pub n_steps: usize,
    /// The greatest radius |x₀| that will be asked for.
    pub start: f64,
}

/// Which Z is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// Z_n of the discrete solution, E_n[Y_{n+1} ΔW_n] / h.
    Discrete,
    /// √2 ∇u(t_n, x) of the equation in continuous time.
    Continuous,
}

/// Along which paths the costs of a feedback Z are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// X_{n+1} = X_n + √2 (ΔW_n − λ Z_n h): E[g(X_N) + Σ ½ h λ |Z_n|²], the adjoint-weighted
    /// value. It is the cost of an admissible policy and lies above u.
    Controlled,
    /// X_{n+1} = X_n + √2 ΔW_n: E[g(X_N) − Σ ½ h λ |Z_n|²]. With the discrete Z it is Y_0.
    Plain,
}

/// The discrete solution at all times.
#[derive(Clone, Debug)]
pub struct Backward {
    problem: Stepped,
    step: Step,
    /// Y_0.
    first: Profile,
    /// The component of Z_n along x/r, divided by r, one per step.
    quotients: Vec<Profile>,
}

impl Stepped {
    /// Solves backward from T.
    ///
    /// ```
    /// use paths::reference::radial::Stepped;
    /// let hjb = Stepped { dimension: 10, lambda: 1.0, horizon: 1.0, n_steps: 20, start: 0.0 };
    /// assert!((hjb.backward().value(0.0) - 2.163693).abs() < 1e-6);
    /// ```
    pub fn backward(self) -> Backward {
        let step = Step::new(self);
        let mut next = Profile::Terminal;
        let mut all = Vec::with_capacity(self.n_steps);
        for _ in 0..self.n_steps {
            let (means, quotients): (Vec<f64>, Vec<f64>) = step
                .radii()
                .map(|r| {
                    let r = r.max(NEARLY_ZERO);
                    let (mean, slope) = step.expect(&next, r);
                    let z = slope / step.h.sqrt();
                    (mean - 0.5 * step.h * self.lambda * z * z, z / r)
                })
                .unzip();
            next = Profile::spline(means, End::Value);
            all.push(Profile::spline(quotients, End::Quotient));
        }
        all.reverse();
        Backward { problem: self, step, first: next, quotients: all }
    }
}

impl Backward {
    /// Y_0 at |x₀| = `radius`.
    pub fn value(&self, radius: f64) -> f64 {
        self.first.at(radius)
    }

    /// The component of Z_n along x/|x| at |x| = `radius`.
    pub fn control(&self, n: usize, radius: f64) -> f64 {
        radius * self.quotients[n].at(radius)
    }

    /// What `feedback` costs along `paths` from |x₀| = `radius`.
    pub fn cost(&self, feedback: Feedback, paths: Paths, radius: f64) -> f64 {
        let Stepped { dimension, lambda, horizon, n_steps, .. } = self.problem;
        let exact = ColeHopf::radial(dimension, lambda, horizon);
        let step = &self.step;
        let mut next = Profile::Terminal;
        for n in (0..n_steps).rev() {
            let t = n as f64 * step.h;
            let cost_from = |r: f64| {
                let z = match feedback {
                    Feedback::Discrete => r * self.quotients[n].at(r),
                    Feedback::Continuous => SQRT_2 * exact.at_radius(t, r).1,
                };
                let running = 0.5 * step.h * lambda * z * z;
                match paths {
                    Paths::Controlled => {
                        let drift = -SQRT_2 * lambda * z * step.h;
                        step.expect(&next, r + drift).0 + running
                    }
                    Paths::Plain => step.expect(&next, r).0 - running,
                }
            };
            let costs = step.radii().map(cost_from).collect();
            next = Profile::spline(costs, End::Value);
        }
        next.at(radius)
    }
}

fn terminal(r: f64) -> f64 {
    (r * r).ln_1p() - std::f64::consts::LN_2
}

/// One step in time: its rules and the grid in r.
#[derive(Clone, Debug)]
struct Step {
    h: f64,
    n_radii: usize,
    along: Rule,
    /// The rule of 2h χ²_{d−1}.
    across: Rule,
}

impl Step {
    fn new(problem: Stepped) -> Self {
        let Stepped { dimension, lambda, horizon, n_steps, start } = problem;
        assert!(dimension >= 1 && n_steps >= 1, "d = {dimension} and N = {n_steps} are at least 1");
        assert!(
            lambda >= 0.0 && horizon > 0.0,
            "λ = {lambda} ≥ 0 and T = {horizon} > 0 are needed"
        );
        let h = horizon / n_steps as f64;
        let mut across = chi_squared(NODES, dimension - 1);
        across.nodes.iter_mut().for_each(|q| *q *= 2.0 * h);
        let variance = 2.0 * horizon;
        let reach = (start * start + variance * dimension as f64).sqrt() + MARGIN * variance.sqrt();
        let mut n_radii = 2;
        while n_radii as f64 * SPACING < reach {
            n_radii += 1;
        }
        Self { h, n_radii, along: hermite(NODES), across }
    }

    fn radii(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.n_radii).map(|i| i as f64 * SPACING)
    }

    /// E f(ρ) and E[f(ρ) ζ] after a step from the point (`mean`, 0, …); `mean` may be negative.
    fn expect(&self, f: &Profile, mean: f64) -> (f64, f64) {
        let deviation = (2.0 * self.h).sqrt();
        let (mut value, mut slope) = (0.0, 0.0);
        for (zeta, weight) in self.along.iter() {
            let along = (mean + deviation * zeta).powi(2);
            let inner = self.across.integrate(|across| f.at((along + across).sqrt()));
            value += weight * inner;
            slope += weight * zeta * inner;
        }
        (value, slope)
    }
}

/// How a function of r goes on beyond the grid.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Like g, up to a constant.
    Value,
    /// Like √2 g′(r) / r, up to a constant.
    Quotient,
}

impl End {
    fn at(self, r: f64) -> f64 {
        match self {
            Self::Value => terminal(r),
            Self::Quotient => 2.0 * SQRT_2 / (1.0 + r * r),
        }
    }
}

/// An even function of r.
#[derive(Clone, Debug)]
enum Profile {
    /// g itself.
    Terminal,
    /// A cubic spline, with its slopes at the nodes.
    Spline { values: Vec<f64>, slopes: Vec<f64>, end: End },
}

impl Profile {
    /// The even spline through `values` on the grid.
    fn spline(values: Vec<f64>, end: End) -> Self {
        let n = values.len();
        let r = (n - 1) as f64 * SPACING;
        let mut slopes = vec![0.0; n];
        let mut pivots = vec![0.0; n];
        // slopes m: m_{i−1} + 4 m_i + m_{i+1} = 3 (y_{i+1} − y_{i−1}) / spacing, from the left
        for i in 1..n - 1 {
            let right = 3.0 * (values[i + 1] - values[i - 1]) / SPACING;
            let pivot = 4.0 - pivots[i - 1];
            pivots[i] = 1.0 / pivot;
            slopes[i] = (right - slopes[i - 1]) / pivot;
        }
        slopes[n - 1] = match end {
            End::Value => 2.0 * r / (1.0 + r * r),
            End::Quotient => -4.0 * SQRT_2 * r / (1.0 + r * r).powi(2),
        };
        for i in (1..n - 1).rev() {
            slopes[i] -= pivots[i] * slopes[i + 1];
        }
        Self::Spline { values, slopes, end }
    }

    fn at(&self, r: f64) -> f64 {
        let Self::Spline { values, slopes, end } = self else { return terminal(r) };
        let last = values.len() - 1;
        let place = r.abs() / SPACING;
        if place >= last as f64 {
            return values[last] + end.at(r) - end.at(last as f64 * SPACING);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let i = place as usize; // 0 ≤ place < last
        let a = place - i as f64;
        let rise = values[i + 1] - values[i];
        let (left, right) = (SPACING * slopes[i] - rise, rise - SPACING * slopes[i + 1]);
        values[i] + a * (rise + (1.0 - a) * ((1.0 - a) * left + a * right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance, "{found} ≠ {wanted}");
    }

    fn hjb(dimension: usize, lambda: f64, n_steps: usize, start: f64) -> Backward {
        Stepped { dimension, lambda, horizon: 1.0, n_steps, start }.backward()
    }

    #[test]
    fn exact_backward_at_lambda_one() {
        close(hjb(10, 1.0, 20, 0.0).value(0.0), 2.163_693, 6e-7);
        let known = [(10, 4.591_195), (20, 4.590_679), (40, 4.590_421), (80, 4.590_291)];
        for (n_steps, value) in known {
            close(hjb(100, 1.0, n_steps, 0.0).value(0.0), value, 6e-7);
        }
    }

    #[test]
    fn exact_backward_at_lambda_ten() {
        for (n_steps, value) in [(20, 4.499_550), (40, 4.496_279), (80, 4.494_615)] {
            close(hjb(100, 10.0, n_steps, 0.0).value(0.0), value, 6e-7);
        }
    }

    #[test]
    fn exact_backward_elsewhere() {
        close(hjb(50, 1.0, 20, 0.0).value(0.0), 3.883_078, 6e-7);
        close(hjb(200, 1.0, 20, 0.0).value(0.0), 5.291_069, 6e-7);
        close(hjb(100, 5.0, 20, 0.0).value(0.0), 4.551_379, 6e-7);
        let far = [(20.0, 4.385_451), (30.0, 4.254_412), (40.0, 4.102_177), (50.0, 3.924_578)];
        for (lambda, value) in far {
            close(hjb(100, lambda, 20, 0.0).value(0.0), value, 6e-7);
        }
        close(hjb(100, 1.0, 20, 5.0).value(5.0), 4.708_022, 6e-7);
        close(hjb(100, 10.0, 20, 5.0).value(5.0), 4.616_765, 6e-7);
    }

    /// Digits of an independent program (SciPy's splines and rules, 24 × 24 and 40 × 40 nodes).
    fn costs((dimension, lambda): (usize, f64), known: &[(usize, [f64; 4])]) {
        use Feedback::{Continuous, Discrete};
        for &(n_steps, values) in known {
            let backward = hjb(dimension, lambda, n_steps, 0.0);
            let found = [
                backward.cost(Discrete, Paths::Controlled, 0.0),
                backward.cost(Continuous, Paths::Controlled, 0.0),
                backward.cost(Discrete, Paths::Plain, 0.0),
                backward.cost(Continuous, Paths::Plain, 0.0),
            ];
            for (found, wanted) in found.into_iter().zip(values) {
                close(found, wanted, 3e-7);
            }
        }
    }

    #[test]
    fn exact_costs_of_a_feedback_in_dimension_10() {
        costs((10, 1.0), &[(20, [2.163_497_5, 2.163_497_4, 2.163_693_1, 2.162_374_4])]);
        costs((10, 10.0), &[(20, [1.272_942_5, 1.205_534_5, 1.062_398_2, 1.046_381_2])]);
    }

    #[test]
    fn exact_costs_of_a_feedback_in_dimension_100() {
        costs((100, 1.0), &[(20, [4.590_676_4, 4.590_676_4, 4.590_679_3, 4.590_666_6])]);
        costs((100, 10.0), &[(20, [4.499_189_9, 4.499_188_5, 4.499_550_1, 4.497_993_4])]);
    }

    /// With one step, Y_0 is E g less its cost and, by Stein's identity, Z_0 = √2 ∇E g.
    #[test]
    fn exact_single_step() {
        let (dimension, horizon) = (10, 0.05);
        let one = Stepped { dimension, lambda: 3.0, horizon, n_steps: 1, start: 2.0 }.backward();
        let free = ColeHopf::radial(dimension, 0.0, horizon);
        for radius in [0.0, 0.6, 2.0] {
            let (mean, slope) = free.at_radius(0.0, radius);
            close(one.control(0, radius), SQRT_2 * slope, 1e-6);
            close(one.value(radius), mean - 3.0 * horizon * slope * slope, 1e-6);
        }
    }

    #[test]
    fn order_of_the_backward_value_in_h_is_one() {
        let exact = ColeHopf::radial(100, 1.0, 1.0).at_radius(0.0, 0.0).0;
        let errors = [10, 20].map(|n| hjb(100, 1.0, n, 0.0).value(0.0) - exact);
        close((errors[0] / errors[1]).log2(), 1.0, 0.1);
    }
}
