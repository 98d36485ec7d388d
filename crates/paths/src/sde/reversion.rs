//! The exact step of an Ornstein–Uhlenbeck process.
//!
//! ```text
//! dX = (c − κ∘X) dt + σ dB           κ a number or a vector of any sign, c and σ constant
//! X ← X + φ∘(c − κ∘X) + s∘(σ ΔB)     φ = (1 − e^(−κh))/κ,   s² = (1 − e^(−2κh))/(2κh)
//! ```
//! with φ = h and s = 1 where κ_i = 0; for κ ≠ 0 this is θ + e^(−κh)(X − θ) + s σ ΔB, θ = c/κ. Where
//! σ is a matrix, κ is a number: only then is s σ ΔB a multiple of the grid's own normal.
//!
//! A step of any length has the law of the process, so that the mean of every level has no time-step
//! error. Levels that share Brownian paths agree in law, not path by path: two steps of h and one of
//! 2h weigh the two increments differently. Where ΔB = ΔW + a h follows a function, the shift is
//! s a h for (1 − e^(−κh))/κ a: not exact, but the driver's own step error is of lower order.

use ground::formula::Expr;

use crate::model::{Diffusion, Equation};

/// κ, recognised from the formulas.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reversion {
    /// One number, or one a component; not all zero.
    kappa: Vec<f64>,
}

impl Reversion {
    /// An affine drift, component by component, with a constant σ that fits it.
    pub(crate) fn of(equation: &Equation) -> Option<Self> {
        let (constant, slope) = equation.drift.affine_in(equation.variables().x)?;
        constant.as_constant()?;
        let kappa = (-slope).as_constant()?;
        let fits = match &equation.diffusion {
            Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => sigma.as_constant().is_some(),
            Diffusion::Matrix(_) => alike(&kappa),
            Diffusion::Correlated { volatility, .. } => {
                volatility.as_constant().is_some() && alike(&kappa)
            }
        };
        (fits && kappa.iter().any(|k| *k != 0.0)).then_some(Self { kappa })
    }

    /// X after a step of length `h` driven by `dw`.
    pub(crate) fn step(&self, equation: &Equation, h: Expr, dw: Expr) -> Expr {
        let moves = self.each(|k| if k == 0.0 { 0.0 } else { 1.0 });
        let stays = self.each(|k| if k == 0.0 { 1.0 } else { 0.0 });
        let kappa = self.each(|k| if k == 0.0 { 1.0 } else { k });
        let phi = moves * ((-kappa * h).expm1() / -kappa) + stays * h;
        let twice = -2.0 * kappa * h;
        let s = moves * (twice.expm1() / twice).sqrt() + stays;
        equation.variables().x + phi * equation.drift + s * equation.sigma_times(dw)
    }

    /// e^(−κh)/s, component by component: what turns E[u(h, X_h) ΔW]/h, which is s σᵀ E ∇u(h, X_h),
    /// into σᵀ∇u(0, x₀), which is σᵀ e^(−κh) E ∇u(h, X_h) where f = 0.
    pub(crate) fn pull(&self, h: f64) -> Vec<f64> {
        let one = |&k: &f64| {
            let twice = -2.0 * k * h;
            let square = if twice == 0.0 { 1.0 } else { twice.exp_m1() / twice };
            (-k * h).exp() / square.sqrt()
        };
        self.kappa.iter().map(one).collect()
    }

    /// A function of κ: a number, or a vector.
    fn each(&self, f: impl Fn(f64) -> f64) -> Expr {
        match self.kappa.as_slice() {
            [k] => Expr::number(f(*k)),
            all => Expr::vector(&all.iter().map(|&k| f(k)).collect::<Vec<_>>()),
        }
    }
}

fn alike(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| *number == numbers[0])
}

#[cfg(test)]
mod tests {
    use ground::formula::Shape;

    use super::*;

    /// The factors of x and of dw after a step, and the value at x = dw = 0, for one component.
    fn parts(equation: &Equation, h: f64, i: usize) -> [f64; 3] {
        let d = equation.dim;
        let (h_name, dw) =
            (Expr::variable("h", Shape::Scalar), Expr::variable("dw", Shape::Vector(d)));
        let step = Reversion::of(equation).unwrap().step(equation, h_name, dw);
        let value = |x: f64, w: f64| {
            let at = [(equation.variables().x, &vec![x; d][..]), (h_name, &[h]), (dw, &vec![w; d])];
            step.evaluate(&at)[i]
        };
        let zero = value(0.0, 0.0);
        [value(1.0, 0.0) - zero, value(0.0, 1.0) - zero, zero]
    }

    #[test]
    fn exact_moments_of_any_sign() {
        let (kappa, theta, sigma, h) = ([2.0, 0.0, -0.7], [1.0, 0.0, 3.0], 0.4, 0.3);
        let equation = Equation::new(3, 1.0).diffusion(sigma).drift(|at| {
            Expr::vector(&kappa) * (Expr::vector(&theta) - at.x) + Expr::vector(&[0.0, 0.5, 0.0])
        });
        for i in 0..3 {
            let [decay, noise, constant] = parts(&equation, h, i);
            let k = kappa[i];
            let due = if k == 0.0 {
                [1.0, sigma, 0.5 * h]
            } else {
                let variance = sigma * sigma * (1.0 - (-2.0 * k * h).exp()) / (2.0 * k);
                [(-k * h).exp(), (variance / h).sqrt(), theta[i] * (1.0 - (-k * h).exp())]
            };
            for (found, due) in [decay, noise, constant].into_iter().zip(due) {
                assert!((found - due).abs() < 1e-14, "component {i}: {found} for {due}");
            }
        }
    }

    #[test]
    fn a_slow_reversion_loses_no_digits() {
        let equation = Equation::new(1, 1.0).drift(|at| 1e-9 * (2.0 - at.x));
        let [decay, noise, constant] = parts(&equation, 0.01, 0);
        assert!((1.0 - decay - 1e-11).abs() < 1e-16 && (noise - 1.0).abs() < 1e-10);
        assert!((constant / 2e-11 - 1.0).abs() < 1e-9, "{constant}");
    }

    #[test]
    fn two_steps_have_the_law_of_one() {
        let equation = Equation::new(1, 1.0).diffusion(0.3).drift(|at| 1.5 * (0.2 - at.x));
        let (one, two) = (parts(&equation, 0.4, 0), parts(&equation, 0.2, 0));
        let variance = 0.2 * two[1].powi(2) * (two[0].powi(2) + 1.0);
        assert!((one[0] - two[0].powi(2)).abs() < 1e-15);
        assert!((0.4 * one[1].powi(2) - variance).abs() < 1e-15);
        assert!((one[2] - (two[2] + two[0] * two[2])).abs() < 1e-15);
    }

    #[test]
    fn only_constant_coefficients_are_recognised() {
        let is = |equation: &Equation| Reversion::of(equation).is_some();
        let plain = Equation::new(2, 1.0).drift(|at| 1.0 - at.x);
        let different = plain.clone().drift(|at| Expr::vector(&[1.0, 2.0]) * at.x);
        assert!(is(&plain) && is(&different));
        let matrix = Diffusion::Matrix(vec![1.0, 0.5, 0.0, 1.0]);
        assert!(is(&plain.clone().diffusion(matrix.clone())));
        assert!(!is(&different.diffusion(matrix)), "a matrix and two rates");
        assert!(!is(&plain.clone().diffusion_at(|at| at.x)));
        assert!(!is(&plain.clone().drift(|at| at.t - at.x)));
        assert!(!is(&plain.clone().drift(|at| at.t * at.x)));
        assert!(!is(&plain.clone().drift(|at| at.x.mean() - at.x)));
        assert!(!is(&plain.clone().drift(|at| at.x.floor())), "it jumps");
        assert!(!is(&plain.drift(|_| Expr::vector(&[1.0, 2.0]))), "nothing reverts");
    }
}
