//! Selling one position in a few days, at prices that every sale moves for good and for the moment. [AC01]
//!
//! ```text
//! x_k left after day k, n_k = x_{k−1} − x_k sold on it, all by day N
//! sold at   S_{k−1} − ε sgn n_k − η n_k;    S_k = S_{k−1} + σ ξ_k − γ n_k
//! minimise  E[C + λ Σ_{k≥1} σ² x_k²],       C = X S₀ − what the sales bring
//! ```
//! The optimum is a schedule that does not look at the price, and equals E[C] + λ Var[C] of it. (Policies that
//! look could make E + λ Var smaller: another problem, whose optimum is not consistent in time.)

use ground::array::Array;
use ground::tape::{Var, join};

use super::{Act, Beyond, Model, OnTape, Sense, Shape, Step};
use crate::answer::Baseline;
use crate::number::Number;
use crate::reference::Exact;
use crate::reference::schedule::Schedule;

/// The problem, with the letters above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Liquidation {
    /// X, shares.
    pub shares: f64,
    /// N, days.
    pub days: usize,
    /// S₀.
    pub price: f64,
    /// σ, of a day.
    pub sigma: f64,
    /// γ, what a share sold does to the price for good.
    pub gamma: f64,
    /// η, what it does for the moment.
    pub eta: f64,
    /// ε, half the spread.
    pub epsilon: f64,
    /// λ, the weight of the variance.
    pub lambda: f64,
}

impl Liquidation {
    /// Whether there is an optimum: no day pays for ever larger sales.
    pub fn is_bounded(&self) -> bool {
        Schedule::of(self).is_convex()
    }

    fn is_last(&self, t: usize) -> bool {
        t + 1 == self.days
    }

    /// A share of an equal slice.
    fn slice(&self) -> f64 {
        self.shares / self.days as f64
    }
}

impl Model for Liquidation {
    fn shape(&self) -> Shape {
        Shape { steps: self.days, state: 2, action: 1, seen: 2, said: 1, normals: 1, uniforms: 0 }
    }

    fn sense(&self) -> Sense {
        Sense::Minimum
    }

    fn bias(&self) -> Vec<f64> {
        vec![1.0]
    }

    #[inline(always)]
    fn start<T: Number>(&self, _: &[T], s: &mut [T]) {
        s[0] = T::of(self.shares);
        s[1] = T::of(self.price);
    }

    #[inline(always)]
    fn see<T: Number>(&self, (_, s, _): (usize, &[T], &[T]), seen: &mut [T]) {
        seen[0] = s[0] * T::of(1.0 / self.shares);
        seen[1] = (s[1] - T::of(self.price)) * T::of(1.0 / self.sigma);
    }

    #[inline(always)]
    fn see_back<T: Number>(&self, _: (usize, &[T]), by: &[T], by_s: &mut [T]) {
        by_s[0] += by[0] * T::of(1.0 / self.shares);
        by_s[1] += by[1] * T::of(1.0 / self.sigma);
    }

    #[inline(always)]
    fn act<T: Number>(&self, (t, s, z): (usize, &[T], &[T]), a: &mut [T]) {
        a[0] = if self.is_last(t) { s[0] } else { z[0] * T::of(self.slice()) };
    }

    #[inline(always)]
    fn act_back<T: Number>(&self, at: Act<'_, T>, by: &[T], [by_s, by_z]: [&mut [T]; 2]) {
        if self.is_last(at.t) {
            by_s[0] += by[0];
        } else {
            by_z[0] += by[0] * T::of(self.slice());
        }
    }

    #[inline(always)]
    fn step<T: Number>(&self, Step { t, s, a, xi }: Step<'_, T>, next: &mut [T]) -> T {
        let [x, price, n] = [s[0], s[1], a[0]];
        next[0] = x - n;
        next[1] = price + T::of(self.sigma) * xi[0] - T::of(self.gamma) * n;
        let start = if t == 0 { T::of(self.shares * self.price) } else { T::zero() };
        let impact = T::of(self.epsilon) * n.abs() + T::of(self.eta) * n * n;
        start - price * n + impact + T::of(self.lambda * self.sigma.powi(2)) * next[0] * next[0]
    }

    #[inline(always)]
    fn step_back<T: Number>(
        &self,
        Step { s, a, .. }: Step<'_, T>,
        (seed, by): (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let [x, price, n] = [s[0], s[1], a[0]];
        let risk = T::of(2.0 * self.lambda * self.sigma.powi(2)) * (x - n);
        let sign = if n > T::zero() { T::one() } else { -T::one() };
        by_s[0] += by[0] + seed * risk;
        by_s[1] += by[1] - seed * n;
        let own = T::of(self.epsilon) * sign + T::of(2.0 * self.eta) * n - price - risk;
        by_a[0] += seed * own - by[0] - T::of(self.gamma) * by[1];
    }

    fn beyond(&self, (t, s, a): (usize, &[f64], &[f64]), to: &mut Vec<Beyond>) {
        let left = if self.is_last(t) { (a[0] - s[0]).abs() } else { 0.0 };
        to.push(Beyond { by: left, scale: self.shares });
    }

    fn exact(&self) -> Option<Box<dyn Exact>> {
        // A schedule that buys pays the spread of it, which the recursion does not count.
        let schedule = Schedule::of(self);
        schedule.only_sells().then(|| Box::new(schedule) as Box<dyn Exact>)
    }

    fn baselines(&self) -> Vec<Baseline> {
        vec![Baseline::exact("equal slices", Schedule::equal(self))]
    }

    fn words(&self) -> [String; 2] {
        ["(x/X, (S − S₀)/σ)", "n = z X/N; on the last day all that is left"].map(str::to_owned)
    }

    fn shown(&self) -> Vec<String> {
        ["left (share of X)", "sold (share of X)", "price"].map(str::to_owned).to_vec()
    }

    fn show(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        to.extend([s[0] / self.shares, a[0] / self.shares, s[1]]);
    }

    fn names(&self) -> [Vec<String>; 2] {
        [vec!["x".to_owned(), "S".to_owned()], vec!["n".to_owned()]]
    }
}

impl OnTape for Liquidation {
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t> {
        let start = ground::array::rows(1, 2, &[self.shares, self.price]);
        xi.columns(0, 1) * 0.0 + xi.tape().variable(start)
    }

    fn see_on_tape<'t>(&self, _: usize, s: Var<'t>, _: Var<'t>) -> Var<'t> {
        let shift = s.tape().variable(ground::array::rows(1, 2, &[0.0, self.price]));
        let unit =
            s.tape().variable(ground::array::rows(1, 2, &[1.0 / self.shares, 1.0 / self.sigma]));
        (s - shift) * unit
    }

    fn act_on_tape<'t>(&self, t: usize, s: Var<'t>, z: Var<'t>) -> Var<'t> {
        if self.is_last(t) { s.columns(0, 1) + z * 0.0 } else { z * self.slice() }
    }

    fn step_on_tape<'t>(&self, t: usize, [s, n, xi]: [Var<'t>; 3]) -> [Var<'t>; 2] {
        let (x, price) = (s.columns(0, 1) - n, s.columns(1, 1));
        let moved = price + xi * self.sigma - n * self.gamma;
        let start = s.tape().variable(Array::from_elem(
            (1, 1),
            if t == 0 { self.shares * self.price } else { 0.0 },
        ));
        let impact = n.abs() * self.epsilon + n.square() * self.eta;
        let risk = x.square() * (self.lambda * self.sigma.powi(2));
        [join(&[x, moved]), impact - price * n + risk + start]
    }
}
