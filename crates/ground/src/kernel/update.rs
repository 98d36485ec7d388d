//! A first-order rule on a block of parameters.
//!
//! With gradient g, rates β₁ and β₂, at step t = 1, 2, …: m ← β₁m + (1 − β₁)g,
//! v ← β₂v + (1 − β₂)g². Then [KB15]
//!
//!   Torch: θ ← θ − rate · m̂/(√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ);
//!   Keras: θ ← θ − rate · √(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε).
//!
//! The two differ in what ε is compared with, which matters while t(1 − β₂) is small.

use super::lane::Real;

/// Where ε stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdamForm {
    /// Beside √v̂, the corrected moment; so does the paper's Algorithm 1.
    Torch,
    /// Beside √v, the moment itself.
    Keras,
}

/// A rule that moves parameters along a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Update {
    /// Adam, with the usual names of its numbers.
    Adam {
        /// The learning rate.
        rate: f64,
        /// The memory of the mean.
        beta1: f64,
        /// The memory of the square.
        beta2: f64,
        /// What keeps the quotient finite.
        eps: f64,
        /// The number of this step, from 1.
        step: u64,
        /// Where `eps` stands.
        form: AdamForm,
    },
}

impl Update {
    /// One step, in place. `memory` is m and v, zero before the first step; the factors that depend
    /// on the step are computed in double precision.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn apply<T: Real>(self, theta: &mut [T], memory: [&mut [T]; 2], gradient: &[T]) {
        let [m, v] = memory;
        let n = theta.len();
        assert_eq!(
            [m.len(), v.len(), gradient.len()],
            [n; 3],
            "memories and gradient: found, needed"
        );
        T::adam(theta, [m, v], gradient, self.factors());
    }

    /// a, b, β₁, 1 − β₁, β₂, 1 − β₂: both forms are θ − a m/(√v + b).
    pub fn factors<T: Real>(self) -> [T; 6] {
        let Self::Adam { rate, beta1, beta2, eps, step, form } = self;
        let power = i32::try_from(step).unwrap_or(i32::MAX);
        let mean = 1.0 - beta1.powi(power);
        let root = (1.0 - beta2.powi(power)).sqrt();
        let (a, b) = match form {
            AdamForm::Torch => (rate * root / mean, eps * root),
            AdamForm::Keras => (rate * root / mean, eps),
        };
        [a, b, beta1, 1.0 - beta1, beta2, 1.0 - beta2].map(T::of)
    }
}

/// The plain loop, for the compiler to vectorise.
#[inline(always)]
pub(super) fn adam<T: Real>(
    theta: &mut [T],
    [m, v]: [&mut [T]; 2],
    gradient: &[T],
    factors: [T; 6],
) {
    let [a, b, keep1, take1, keep2, take2] = factors;
    for (((theta, m), v), &g) in theta.iter_mut().zip(m).zip(v).zip(gradient) {
        *m = keep1 * *m + take1 * g;
        *v = keep2 * *v + take2 * g * g;
        *theta -= a * *m / (v.root() + b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The textbook, one parameter, all in double precision.
    fn textbook(form: AdamForm, gradients: &[f64]) -> f64 {
        let (rate, beta1, beta2, eps) = (1e-2, 0.9, 0.999, 1e-7);
        let (mut theta, mut m, mut v) = (0.5, 0.0, 0.0);
        for (t, g) in (1..).zip(gradients) {
            m = beta1 * m + (1.0 - beta1) * g;
            v = beta2 * v + (1.0 - beta2) * g * g;
            let (first, second) = (1.0 - f64::powi(beta1, t), 1.0 - f64::powi(beta2, t));
            theta -= match form {
                AdamForm::Torch => rate * (m / first) / ((v / second).sqrt() + eps),
                AdamForm::Keras => rate * second.sqrt() / first * m / (v.sqrt() + eps),
            };
        }
        theta
    }

    fn run<T: Real>(form: AdamForm, gradients: &[f64]) -> Vec<f64> {
        let mut theta = vec![T::of(0.5); 37];
        let (mut m, mut v) = (vec![T::of(0.0); 37], vec![T::of(0.0); 37]);
        for (step, &g) in (1..).zip(gradients) {
            let adam = Update::Adam { rate: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-7, step, form };
            adam.apply(&mut theta, [&mut m, &mut v], &[T::of(g); 37]);
        }
        theta.into_iter().map(T::wide).collect()
    }

    #[test]
    fn agree_with_the_textbook() {
        let gradients: Vec<f64> = (0..200).map(|i| 1e-6 * f64::from(i).sin() + 1e-7).collect();
        for form in [AdamForm::Torch, AdamForm::Keras] {
            let exact = textbook(form, &gradients);
            assert!(run::<f64>(form, &gradients).iter().all(|x| (x - exact).abs() < 1e-14));
            assert!(run::<f32>(form, &gradients).iter().all(|x| (x - exact).abs() < 1e-4));
        }
        let [torch, keras] =
            [AdamForm::Torch, AdamForm::Keras].map(|form| textbook(form, &gradients));
        assert!((torch - keras).abs() > 1e-3, "the forms must differ where eps matters");
    }
}
