//! Consuming and investing out of wealth, with a margin.
//!
//! ```text
//! W' = r (W − C) + A₁ (G₁ − r) + A₂ (G₂ − r) + Y          r = 1.02 for cash and for debt
//! C, A₁, A₂ ≥ 0,   C + m (A₁ + A₂) ≤ W                     m, the margin: ½
//! maximise  E[Σ_{t<T} β^t u(C_t) + β^T u(W_T)],  u(c) = −1/c
//! ```
//! Gains G₁, G₂ have two values each and are correlated; Y has two, independent of them. The policy says three
//! shares, each between 0 and 1: of wealth that is consumed, of what the margin then allows that is invested,
//! of that which goes into the first asset.

use ground::array::Array;
use ground::kernel::network::Activation;
use ground::tape::{Var, join};

use super::{Act, Beyond, Model, OnTape, Sense, Shape, Step};
use crate::answer::Baseline;
use crate::number::Number;
use crate::reference::Exact;
use crate::reference::saving::Saving;

/// What one draw brings: G₁, G₂, Y, and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// G₁ and G₂.
    pub gains: [f64; 2],
    /// Y.
    pub income: f64,
    /// Its probability.
    pub probability: f64,
}

/// The problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumption {
    /// T.
    pub steps: usize,
    /// W₀.
    pub wealth: f64,
    /// r.
    pub cash: f64,
    /// m.
    pub margin: f64,
    /// β.
    pub discount: f64,
    /// What may happen in a step.
    pub outcomes: Vec<Outcome>,
}

impl Consumption {
    /// What a uniform number brings.
    fn outcome(&self, u: f64) -> Outcome {
        let mut sum = 0.0;
        for outcome in &self.outcomes {
            sum += outcome.probability;
            if u < sum {
                return *outcome;
            }
        }
        self.outcomes[self.outcomes.len() - 1]
    }

    /// β^t.
    fn weight(&self, t: usize) -> f64 {
        self.discount.powi(i32::try_from(t).unwrap_or(i32::MAX))
    }

    /// What is gained over cash, and the income.
    #[inline(always)]
    fn brought<T: Number>(&self, xi: &[T]) -> [T; 3] {
        let Outcome { gains: [first, second], income, .. } = self.outcome(xi[0].wide());
        [first - self.cash, second - self.cash, income].map(T::of)
    }
}

impl Model for Consumption {
    fn shape(&self) -> Shape {
        Shape { steps: self.steps, state: 1, action: 3, seen: 2, said: 3, normals: 0, uniforms: 1 }
    }

    fn sense(&self) -> Sense {
        Sense::Maximum
    }

    fn squash(&self) -> Activation {
        Activation::Sigmoid
    }

    #[inline(always)]
    fn start<T: Number>(&self, _: &[T], s: &mut [T]) {
        s[0] = T::of(self.wealth);
    }

    #[inline(always)]
    fn see<T: Number>(&self, (_, s, _): (usize, &[T], &[T]), seen: &mut [T]) {
        seen[0] = s[0].ln();
        seen[1] = T::one() / s[0];
    }

    #[inline(always)]
    fn see_back<T: Number>(&self, (_, s): (usize, &[T]), by: &[T], by_s: &mut [T]) {
        let over = T::one() / s[0];
        by_s[0] += by[0] * over - by[1] * over * over;
    }

    #[inline(always)]
    fn act<T: Number>(&self, (_, s, z): (usize, &[T], &[T]), a: &mut [T]) {
        a[0] = s[0] * z[0];
        let invested = (s[0] - a[0]) * T::of(1.0 / self.margin) * z[1];
        a[1] = invested * z[2];
        a[2] = invested - a[1];
    }

    #[inline(always)]
    fn act_back<T: Number>(&self, at: Act<'_, T>, by: &[T], [by_s, by_z]: [&mut [T]; 2]) {
        let Act { s, z, a, .. } = at;
        let allowed = (s[0] - a[0]) * T::of(1.0 / self.margin);
        let by_invested = by[1] * z[2] + by[2] * (T::one() - z[2]);
        by_z[2] += (by[1] - by[2]) * allowed * z[1];
        by_z[1] += by_invested * allowed;
        let by_left = by_invested * z[1] * T::of(1.0 / self.margin);
        let by_c = by[0] - by_left;
        by_s[0] += by_left + by_c * z[0];
        by_z[0] += by_c * s[0];
    }

    #[inline(always)]
    fn step<T: Number>(&self, Step { t, s, a, xi }: Step<'_, T>, next: &mut [T]) -> T {
        let [first, second, income] = self.brought(xi);
        next[0] = T::of(self.cash) * (s[0] - a[0]) + a[1] * first + a[2] * second + income;
        T::of(self.weight(t)) / a[0]
    }

    #[inline(always)]
    fn step_back<T: Number>(
        &self,
        Step { t, a, xi, .. }: Step<'_, T>,
        (seed, by): (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let [first, second, _] = self.brought(xi);
        let kept = T::of(self.cash) * by[0];
        by_s[0] += kept;
        by_a[0] -= kept + seed * T::of(self.weight(t)) / (a[0] * a[0]);
        by_a[1] += first * by[0];
        by_a[2] += second * by[0];
    }

    #[inline(always)]
    fn last<T: Number>(&self, s: &[T]) -> T {
        T::of(self.weight(self.steps)) / s[0]
    }

    #[inline(always)]
    fn last_back<T: Number>(&self, s: &[T], seed: T, to: &mut [T]) {
        to[0] -= seed * T::of(self.weight(self.steps)) / (s[0] * s[0]);
    }

    fn beyond(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<Beyond>) {
        to.extend(a.iter().map(|a| Beyond::negative(*a, s[0])));
        to.push(Beyond::above(a[0] + self.margin * (a[1] + a[2]), s[0]));
    }

    fn exact(&self) -> Option<Box<dyn Exact>> {
        Some(Box::new(Saving::of(self, true)))
    }

    fn baselines(&self) -> Vec<Baseline> {
        vec![Baseline::exact("best without assets", Saving::of(self, false).value())]
    }

    fn words(&self) -> [String; 2] {
        ["(ln W, 1/W)", "σ the logistic function: C = W σ(z₁), I = (W − C)/margin σ(z₂), A₁ = I σ(z₃), A₂ = I − A₁"].map(str::to_owned)
    }

    fn shown(&self) -> Vec<String> {
        ["wealth", "consumed", "first asset", "second asset"].map(str::to_owned).to_vec()
    }

    fn show(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        to.extend([s[0], a[0], a[1], a[2]]);
    }

    fn names(&self) -> [Vec<String>; 2] {
        [vec!["W".to_owned()], ["C", "A1", "A2"].map(str::to_owned).to_vec()]
    }
}

impl OnTape for Consumption {
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t> {
        xi * 0.0 + self.wealth
    }

    fn see_on_tape<'t>(&self, _: usize, s: Var<'t>, _: Var<'t>) -> Var<'t> {
        join(&[s.ln(), s.powi(-1)])
    }

    fn act_on_tape<'t>(&self, _: usize, s: Var<'t>, z: Var<'t>) -> Var<'t> {
        let z = z.sigmoid();
        let c = s * z.columns(0, 1);
        let invested = (s - c) / self.margin * z.columns(1, 1);
        let first = invested * z.columns(2, 1);
        join(&[c, first, invested - first])
    }

    fn step_on_tape<'t>(&self, t: usize, [s, a, xi]: [Var<'t>; 3]) -> [Var<'t>; 2] {
        let drawn = xi.value();
        let brought = |k: usize| {
            let of = |(i, _): (usize, usize)| self.brought::<f64>(&[drawn[[i, 0]]])[k];
            s.tape().variable(Array::from_shape_fn((drawn.nrows(), 1), of))
        };
        let c = a.columns(0, 1);
        let assets = a.columns(1, 1) * brought(0) + a.columns(2, 1) * brought(1);
        [(s - c) * self.cash + assets + brought(2), c.powi(-1) * self.weight(t)]
    }

    fn last_on_tape<'t>(&self, s: Var<'t>) -> Var<'t> {
        s.powi(-1) * self.weight(self.steps)
    }
}
