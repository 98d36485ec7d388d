//! A first-order rule on a block of parameters.
//!
//! With gradient g and rates β₁ and β₂, at step t = 1, 2, …, Adam [KB15] makes m ← β₁m + (1 − β₁)g,
//! v ← β₂v + (1 − β₂)g². Then
//!
//!   Torch: θ ← θ − rate · m̂/(√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ);
//!   Keras: θ ← θ − rate · √(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε).
//!
//! The two differ in what ε is compared with, which matters while t(1 − β₂) is small. TensorFlow's is
//! Keras' with rate, β₁ and β₂ rounded to single precision, whatever the precision of the parameters,
//! and β₁ᵗ and β₂ᵗ products of t single numbers, each rounded: a step differs by up to 1e-5 of the
//! rate, which is seen where two programs are compared.
//!
//!   Momentum, in PyTorch's form: m ← keep · m + g,  θ ← θ − rate · m;
//!   AdaGrad [DHS11]:             v ← v + g²,        θ ← θ − rate · g/(√v + ε).
//!
//! All are one rule with six numbers, [`Rule`]: one loop serves them.

use fearless_simd::{Level, Simd, SimdBase, SimdFloat};

use super::lane::Real;

/// Where ε stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdamForm {
    /// Beside √v̂, the corrected moment; so does the paper's Algorithm 1.
    Torch,
    /// Beside √v, the moment itself.
    Keras,
    /// Beside √v, with the roundings of TensorFlow.
    TensorFlow,
}

impl AdamForm {
    /// The rate and the two memories, as this form knows them.
    fn known(self, numbers: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Torch | Self::Keras => numbers,
            Self::TensorFlow => numbers.map(|x| f64::from(single(x))),
        }
    }

    /// 1 − βᵗ.
    fn forgotten(self, beta: f64, step: u64) -> f64 {
        let power = i32::try_from(step).unwrap_or(i32::MAX);
        1.0 - match self {
            Self::Torch | Self::Keras => beta.powi(power),
            Self::TensorFlow => f64::from(product(single(beta), step)),
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the rounding is what is wanted")]
fn single(x: f64) -> f32 {
    x as f32
}

/// βᵗ as a product of t numbers, each rounded; zero once it cannot be seen beside 1 in double
/// precision.
fn product(beta: f32, step: u64) -> f32 {
    let mut power = 1.0;
    for _ in 0..step {
        power *= beta;
        if power < f32::EPSILON * f32::EPSILON * f32::EPSILON {
            return 0.0;
        }
    }
    power
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
    /// Gradient descent with momentum; plain gradient descent where nothing is kept.
    Momentum {
        /// The learning rate.
        rate: f64,
        /// What is kept of the sum of gradients, from 0 to 1.
        keep: f64,
    },
    /// AdaGrad: a rate that falls with the squares seen so far.
    AdaGrad {
        /// The learning rate.
        rate: f64,
        /// What keeps the quotient finite.
        eps: f64,
    },
}

/// What a rule does to one parameter θ with its memories m and v, in the precision of a kernel.
///
/// m ← k₁m + t₁g,  v ← k₂v + t₂g²,  θ ← θ − a m/(√v + b).
///
/// Momentum has k₂ = t₂ = 0 and b = 1, AdaGrad k₁ = 0 and t₁ = k₂ = t₂ = 1: what they do not need is
/// multiplied by 0 or 1, which changes no bit of a finite number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule<T> {
    /// a and b.
    step: [T; 2],
    /// k₁ and t₁.
    first: [T; 2],
    /// k₂ and t₂.
    second: [T; 2],
}

impl Update {
    /// One step, in place. `memory` is m and v, zero before the first step. Adam uses both; momentum
    /// keeps its sum in m and leaves v zero; AdaGrad keeps its squares in v and the last gradient in m.
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
        T::step(theta, [m, v], gradient, self.rule());
    }

    /// One step on rows, with fused sums: θ, m and v of one length, in place.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn apply_rows<T: Real>(self, level: Level, rows: [&mut [T::Row]; 3], gradient: &[T::Row]) {
        let found = rows.each_ref().map(|rows| rows.len());
        assert_eq!(found, [gradient.len(); 3], "parameters and memories: found, needed");
        T::step_rows(level, self.rule(), rows, gradient);
    }

    /// The numbers of this step; what depends on its number is computed in double precision.
    pub fn rule<T: Real>(self) -> Rule<T> {
        let [step, first, second] = match self {
            Self::Adam { rate, beta1, beta2, eps, step, form } => {
                let [rate, beta1, beta2] = form.known([rate, beta1, beta2]);
                let mean = form.forgotten(beta1, step);
                let root = form.forgotten(beta2, step).sqrt();
                let b = match form {
                    AdamForm::Torch => eps * root,
                    AdamForm::Keras | AdamForm::TensorFlow => eps,
                };
                [[rate * root / mean, b], [beta1, 1.0 - beta1], [beta2, 1.0 - beta2]]
            }
            Self::Momentum { rate, keep } => [[rate, 1.0], [keep, 1.0], [0.0, 0.0]],
            Self::AdaGrad { rate, eps } => [[rate, eps], [0.0, 1.0], [1.0, 1.0]],
        };
        Rule { step: step.map(T::of), first: first.map(T::of), second: second.map(T::of) }
    }
}

/// The plain loop, for the compiler to vectorise.
#[inline(always)]
pub(super) fn step<T: Real>(theta: &mut [T], [m, v]: [&mut [T]; 2], gradient: &[T], rule: Rule<T>) {
    let ([a, b], [keep1, take1], [keep2, take2]) = (rule.step, rule.first, rule.second);
    for (((theta, m), v), &g) in theta.iter_mut().zip(m).zip(v).zip(gradient) {
        *m = keep1 * *m + take1 * g;
        *v = keep2 * *v + take2 * g * g;
        *theta -= a * *m / (v.root() + b);
    }
}

/// The same on rows, with fused sums: θ, m, v.
#[inline(always)]
pub(super) fn step_rows<T: Real, S: Simd>(
    simd: S,
    rule: Rule<T>,
    [theta, m, v]: [&mut [T::Row]; 3],
    gradient: &[T::Row],
) {
    for (((theta, m), v), g) in theta.iter_mut().zip(m).zip(v).zip(gradient) {
        step_row::<T, S>(simd, rule, [theta, m, v], T::load(simd, g));
    }
}

#[inline(always)]
fn step_row<T: Real, S: Simd>(simd: S, rule: Rule<T>, [theta, m, v]: [&mut T::Row; 3], g: T::V<S>) {
    let ([a, b], [keep1, take1], [keep2, take2]) = (rule.step, rule.first, rule.second);
    let number = |x: T| T::V::splat(simd, x);
    let mean = T::load(simd, m).mul_add(number(keep1), g * number(take1));
    let square = T::load(simd, v).mul_add(number(keep2), g * number(take2) * g);
    T::store(mean, m);
    T::store(square, v);
    let step = number(a) * mean / (square.sqrt() + number(b));
    T::store(T::load(simd, theta) - step, theta);
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [AdamForm; 3] = [AdamForm::Torch, AdamForm::Keras, AdamForm::TensorFlow];

    /// The rules compared: Adam in all forms, momentum with and without memory, AdaGrad.
    fn updates(step: u64) -> Vec<Update> {
        let (rate, beta1, beta2, eps) = (1e-2, 0.9, 0.999, 1e-7);
        let adam = |form| Update::Adam { rate, beta1, beta2, eps, step, form };
        let mut all = FORMS.map(adam).to_vec();
        all.extend([0.0, 0.9].map(|keep| Update::Momentum { rate: 3e3, keep }));
        all.push(Update::AdaGrad { rate, eps });
        all
    }

    /// The textbook, one parameter, all in double precision but for what TensorFlow rounds.
    #[allow(clippy::cast_possible_truncation, reason = "roundings that are meant")]
    fn textbook(rule: Update, gradients: &[f64]) -> f64 {
        let (mut theta, mut m, mut v) = (0.5, 0.0, 0.0);
        let mut singles = [1.0f32; 2];
        for (t, g) in (1..).zip(gradients) {
            theta -= match rule {
                Update::Adam { rate, beta1, beta2, eps, form, .. } => {
                    let mut powers = [f64::powi(beta1, t), f64::powi(beta2, t)];
                    let [mut rate, mut beta1, mut beta2] = [rate, beta1, beta2];
                    if form == AdamForm::TensorFlow {
                        // In single precision: 0.9, 0.999 and the rate are other numbers there.
                        let [r, b1, b2] = [rate as f32, beta1 as f32, beta2 as f32];
                        singles = [singles[0] * b1, singles[1] * b2];
                        [rate, beta1, beta2] = [r.into(), b1.into(), b2.into()];
                        powers = singles.map(f64::from);
                    }
                    m = beta1 * m + (1.0 - beta1) * g;
                    v = beta2 * v + (1.0 - beta2) * g * g;
                    let [first, second] = powers.map(|power| 1.0 - power);
                    match form {
                        AdamForm::Torch => rate * (m / first) / ((v / second).sqrt() + eps),
                        AdamForm::Keras | AdamForm::TensorFlow => {
                            rate * second.sqrt() / first * m / (v.sqrt() + eps)
                        }
                    }
                }
                Update::Momentum { rate, keep } => {
                    m = keep * m + g;
                    rate * m
                }
                Update::AdaGrad { rate, eps } => {
                    v += g * g;
                    rate * g / (v.sqrt() + eps)
                }
            };
        }
        theta
    }

    fn run<T: Real>(which: usize, gradients: &[f64]) -> Vec<f64> {
        let mut theta = vec![T::of(0.5); 37];
        let (mut m, mut v) = (vec![T::of(0.0); 37], vec![T::of(0.0); 37]);
        for (step, &g) in (1..).zip(gradients) {
            updates(step)[which].apply(&mut theta, [&mut m, &mut v], &[T::of(g); 37]);
        }
        theta.into_iter().map(T::wide).collect()
    }

    fn gradients() -> Vec<f64> {
        (0..200).map(|i| 1e-6 * f64::from(i).sin() + 1e-7).collect()
    }

    #[test]
    fn agree_with_the_textbook() {
        for (which, update) in updates(1).into_iter().enumerate() {
            let exact = textbook(update, &gradients());
            let off =
                |found: Vec<f64>| found.iter().fold(0.0, |m: f64, x| m.max((x - exact).abs()));
            assert!(off(run::<f64>(which, &gradients())) < 1e-14, "{update:?}");
            assert!(off(run::<f32>(which, &gradients())) < 1e-4, "{update:?}");
        }
        let [torch, keras, tensorflow] =
            [0, 1, 2].map(|which| textbook(updates(1)[which], &gradients()));
        assert!((torch - keras).abs() > 1e-3, "the forms must differ where eps matters");
        let off = (keras - tensorflow).abs();
        assert!(off > 1e-9 && off < 1e-4, "the roundings must be seen, and only just: {off:e}");
    }

    #[test]
    fn a_power_of_singles_ends_at_nothing() {
        let [one, hundred, far] = [1, 100, 200_000].map(|step| product(0.999, step));
        assert_eq!(one, 0.999f32);
        assert!((f64::from(hundred) - f64::from(0.999f32).powi(100)).abs() < 1e-5);
        assert_eq!((far, AdamForm::TensorFlow.forgotten(0.999, 200_000)), (0.0, 1.0));
    }
}
