//! Devices that store energy between wind, a market and a demand.
//!
//! ```text
//! seen       R_i levels, E wind, P price, before acting;  D_t demand, known
//! done       c_i charged of the wind, y_i discharged, per device
//! limits     0 ≤ c_i ≤ min(γᶜ_i, (R̄_i − R_i)/ηᶜ_i),  0 ≤ y_i ≤ min(γᵈ_i, R_i),  Σ c_i ≤ E
//! R_i        ← R_i + ηᶜ_i c_i − y_i
//! reward     P (Σ ηᵈ_i y_i + min(E − Σ c_i, D_t))
//! ```
//! What is discharged goes to the demand or to the market, what the demand lacks is bought: both at the
//! price P, so that the split is free. Wind and price are independent Markov chains of whole numbers.

use ground::array::{Array, reshaped};
use ground::kernel::network::Activation;
use ground::tape::{Var, join, select};

use super::{Act, Beyond, Model, OnTape, Sense, Shape, Step};
use crate::answer::Baseline;
use crate::bounds::Relaxed;
use crate::limits::{project, project_back, share, share_back, sum, weighted};
use crate::number::Number;
use crate::reference::Exact;
use crate::reference::market::Table;

mod penalty;
mod rules;

/// A Markov chain of whole numbers: x ← clip(x + round(κ (mean − x)) + k, low, high).
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The least and the largest number.
    pub range: [f64; 2],
    /// Where it is drawn to.
    pub mean: f64,
    /// κ.
    pub reversion: f64,
    /// The numbers k.
    pub moves: Vec<f64>,
    /// Their probabilities, which add to 1.
    pub probabilities: Vec<f64>,
    /// The first number.
    pub start: f64,
}

impl Chain {
    /// Where x goes with a move.
    pub fn moved(&self, x: f64, k: f64) -> f64 {
        let [low, high] = self.range;
        (x + (self.reversion * (self.mean - x)).round() + k).clamp(low, high)
    }

    /// Where x goes with a uniform number.
    pub fn next(&self, x: f64, u: f64) -> f64 {
        let mut sum = 0.0;
        for (&k, p) in self.moves.iter().zip(&self.probabilities) {
            sum += p;
            if u < sum {
                return self.moved(x, k);
            }
        }
        self.moved(x, self.moves.last().copied().unwrap_or(0.0))
    }

    /// All numbers it can be.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small range")]
    pub fn states(&self) -> Vec<f64> {
        let [low, high] = self.range;
        (0..=(high - low).max(0.0) as usize).map(|k| low + k as f64).collect()
    }
}

/// The devices, one number each in every list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Devices {
    /// R̄, the highest level.
    pub capacity: Vec<f64>,
    /// γᶜ, the most that is charged in a step.
    pub charge: Vec<f64>,
    /// γᵈ, the most that is discharged in a step.
    pub discharge: Vec<f64>,
    /// ηᶜ, what arrives of what is charged.
    pub charged: Vec<f64>,
    /// 1/ηᶜ.
    pub per_charged: Vec<f64>,
    /// ηᵈ, what arrives of what is discharged.
    pub discharged: Vec<f64>,
    /// The first level.
    pub start: Vec<f64>,
}

/// How what a policy says becomes what is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Limits {
    /// Shares of what is allowed, by sigmoids; charges are scaled where the wind is too little.
    #[default]
    Shares,
    /// Parts of the rates, and from there to the nearest point that is allowed.
    Projection,
    /// Parts of the rates, allowed or not; what is beyond costs this weight. See `penalty`.
    Penalty(f64),
}

/// The problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// How limits are kept.
    pub limits: Limits,
    /// The devices.
    pub devices: Devices,
    /// E.
    pub wind: Chain,
    /// P.
    pub price: Chain,
    /// D_t, t < T.
    pub demand: Vec<f64>,
}

/// The smaller one.
#[inline(always)]
fn smaller<T: Number>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

/// The larger one.
#[inline(always)]
fn larger<T: Number>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

impl Devices {
    /// n.
    pub fn count(&self) -> usize {
        self.capacity.len()
    }
}

impl Storage {
    /// n.
    fn n(&self) -> usize {
        self.devices.count()
    }

    /// γᶜ, then γᵈ.
    #[inline(always)]
    fn rates(&self) -> impl Iterator<Item = &f64> {
        self.devices.charge.iter().chain(&self.devices.discharge)
    }

    /// c_i and y_i before the wind limits their sum.
    #[inline(always)]
    fn wished<T: Number>(&self, s: &[T], z: &[T], a: &mut [T]) {
        let n = self.n();
        let Devices { capacity, charge, discharge, per_charged, .. } = &self.devices;
        let (capacity, charge) = (&capacity[..n], &charge[..n]);
        let (discharge, per_charged) = (&discharge[..n], &per_charged[..n]);
        let (level, of_c, of_y) = (&s[..n], &z[..n], &z[n..2 * n]);
        let (c, y) = a.split_at_mut(n);
        let y = &mut y[..n];
        for i in 0..n {
            let room = (T::of(capacity[i]) - level[i]) * T::of(per_charged[i]);
            c[i] = smaller(T::of(charge[i]), larger(room, T::zero())) * of_c[i];
            y[i] = smaller(T::of(discharge[i]), level[i]) * of_y[i];
        }
    }

    /// The most that may be charged.
    #[inline(always)]
    fn most<T: Number>(&self, i: usize, level: T) -> T {
        let Devices { capacity, charge, per_charged, .. } = &self.devices;
        let room = (T::of(capacity[i]) - level) * T::of(per_charged[i]);
        smaller(T::of(charge[i]), larger(room, T::zero()))
    }

    /// The nearest action that is allowed to the parts of the rates that are said. Returns μ.
    #[inline(always)]
    fn nearest<T: Number>(&self, s: &[T], z: &[T], a: &mut [T]) -> T {
        let n = self.n();
        let Devices { charge, discharge, .. } = &self.devices;
        let (c, y) = a.split_at_mut(n);
        for i in 0..n {
            c[i] = T::of(charge[i]) * z[i];
            let wished = larger(T::of(discharge[i]) * z[n + i], T::zero());
            y[i] = smaller(wished, smaller(T::of(discharge[i]), s[i]));
        }
        project(c, |i| self.most(i, s[i]), s[n])
    }

    /// The way back through it.
    #[inline(always)]
    fn nearest_back<T: Number>(&self, at: Act<'_, T>, by: &[T], [by_s, by_z]: [&mut [T]; 2]) {
        let (n, Act { s, z, .. }) = (self.n(), at);
        let Devices { capacity, charge, discharge, per_charged, .. } = &self.devices;
        // by_z holds the action for a while.
        let mu = self.nearest(s, z, by_z);
        by_z.copy_from_slice(by);
        let (by_c, by_y) = by_z.split_at_mut(n);
        let wished = |i: usize| T::of(charge[i]) * z[i];
        project_back((wished, |i: usize| self.most(i, s[i])), mu, by_c, |i, by| {
            let room = (T::of(capacity[i]) - s[i]) * T::of(per_charged[i]);
            if room < T::of(charge[i]) && room > T::zero() {
                by_s[i] -= by * T::of(per_charged[i]);
            }
        });
        for i in 0..n {
            by_c[i] *= T::of(charge[i]);
            let (rate, wished) = (T::of(discharge[i]), T::of(discharge[i]) * z[n + i]);
            let high = smaller(rate, s[i]);
            let by = by_y[i];
            by_y[i] = if wished > T::zero() && wished < high { by * rate } else { T::zero() };
            if wished >= high && s[i] < rate {
                by_s[i] += by;
            }
        }
    }

    /// Wind that is not charged, and whether the demand takes all of it.
    #[inline(always)]
    fn left<T: Number>(&self, t: usize, s: &[T], a: &[T]) -> (T, bool) {
        let n = self.n();
        let left = s[n] - sum(&a[..n]);
        (left, left < T::of(self.demand[t]))
    }

    /// A row of one number a device.
    fn row<'t>(&self, like: Var<'t>, of: impl Fn(&Devices) -> &[f64]) -> Var<'t> {
        like.tape().variable(ground::array::rows(1, self.n(), of(&self.devices)))
    }
}

impl Model for Storage {
    fn shape(&self) -> Shape {
        let n = self.n();
        Shape {
            steps: self.demand.len(),
            state: n + 2,
            action: 2 * n,
            seen: n + 2,
            said: 2 * n,
            normals: 0,
            uniforms: 2,
        }
    }

    fn sense(&self) -> Sense {
        Sense::Maximum
    }

    fn squash(&self) -> Activation {
        match self.limits {
            Limits::Shares => Activation::Sigmoid,
            Limits::Projection | Limits::Penalty(_) => Activation::Identity,
        }
    }

    fn bias(&self) -> Vec<f64> {
        let start = if self.limits == Limits::Shares { 0.0 } else { 0.5 };
        vec![start; 2 * self.n()]
    }

    #[inline(always)]
    fn start<T: Number>(&self, _: &[T], s: &mut [T]) {
        let n = self.n();
        for (s, &start) in s.iter_mut().zip(&self.devices.start) {
            *s = T::of(start);
        }
        s[n] = T::of(self.wind.start);
        s[n + 1] = T::of(self.price.start);
    }

    #[inline(always)]
    fn see<T: Number>(&self, (_, s, _): (usize, &[T], &[T]), seen: &mut [T]) {
        let n = self.n();
        for ((seen, &s), &most) in seen.iter_mut().zip(s).zip(&self.devices.capacity) {
            *seen = s * T::of(2.0 / most) - T::one();
        }
        seen[n] = (s[n] - T::of(self.wind.start)) * T::of(0.5);
        seen[n + 1] = (s[n + 1] - T::of(self.price.mean)) * T::of(0.1);
    }

    #[inline(always)]
    fn see_back<T: Number>(&self, _: (usize, &[T]), by: &[T], by_s: &mut [T]) {
        // Wind and price follow no action: nobody asks for their derivatives.
        for ((to, &by), &most) in by_s.iter_mut().zip(by).zip(&self.devices.capacity) {
            *to += by * T::of(2.0 / most);
        }
    }

    #[inline(always)]
    fn act<T: Number>(&self, (_, s, z): (usize, &[T], &[T]), a: &mut [T]) {
        let n = self.n();
        match self.limits {
            Limits::Projection => {
                self.nearest(s, z, a);
                return;
            }
            Limits::Penalty(_) => {
                for (a, (&rate, &z)) in a.iter_mut().zip(self.rates().zip(z)) {
                    *a = T::of(rate) * z;
                }
                return;
            }
            Limits::Shares => {}
        }
        self.wished(s, z, a);
        share(&mut a[..n], s[n]);
    }

    #[inline(always)]
    fn act_back<T: Number>(&self, at: Act<'_, T>, by: &[T], [by_s, by_z]: [&mut [T]; 2]) {
        match self.limits {
            Limits::Projection => return self.nearest_back(at, by, [by_s, by_z]),
            Limits::Penalty(_) => {
                for (to, (&rate, &by)) in by_z.iter_mut().zip(self.rates().zip(by)) {
                    *to += T::of(rate) * by;
                }
                return;
            }
            Limits::Shares => {}
        }
        let (n, Act { s, z, a, .. }) = (self.n(), at);
        // by_z holds what was wished for a while, then the derivatives by c and y.
        self.wished(s, z, by_z);
        let wished = sum(&by_z[..n]);
        let factor = if wished > s[n] { s[n] / wished } else { T::one() };
        by_z.copy_from_slice(by);
        let (by_c, by_y) = by_z.split_at_mut(n);
        share_back(&a[..n], [factor, wished], by_c);
        let Devices { capacity, charge, discharge, per_charged, .. } = &self.devices;
        let (capacity, charge) = (&capacity[..n], &charge[..n]);
        let (discharge, per_charged) = (&discharge[..n], &per_charged[..n]);
        let (level, of_c, of_y) = (&s[..n], &z[..n], &z[n..2 * n]);
        let (by_s, by_y) = (&mut by_s[..n], &mut by_y[..n]);
        for i in 0..n {
            let per = T::of(per_charged[i]);
            let (rate, most) = (T::of(charge[i]), T::of(discharge[i]));
            let room = (T::of(capacity[i]) - level[i]) * per;
            let of_room = if room > T::zero() { -by_c[i] * of_c[i] * per } else { T::zero() };
            let of_level = by_y[i] * of_y[i];
            let tight = if room < rate { of_room } else { T::zero() };
            let low = if level[i] < most { of_level } else { T::zero() };
            by_s[i] += tight + low;
            by_c[i] *= smaller(rate, larger(room, T::zero()));
            by_y[i] *= smaller(most, level[i]);
        }
    }

    #[inline(always)]
    fn step<T: Number>(&self, Step { t, s, a, xi }: Step<'_, T>, next: &mut [T]) -> T {
        let n = self.n();
        let Devices { charged, discharged, .. } = &self.devices;
        let (c, y) = (&a[..n], &a[n..2 * n]);
        let (level, to) = (&s[..n], &mut next[..n]);
        let (charged, discharged) = (&charged[..n], &discharged[..n]);
        for i in 0..n {
            to[i] = level[i] + T::of(charged[i]) * c[i] - y[i];
        }
        let sold = weighted(discharged, y);
        next[n] = T::of(self.wind.next(s[n].wide(), xi[0].wide()));
        next[n + 1] = T::of(self.price.next(s[n + 1].wide(), xi[1].wide()));
        let (left, _) = self.left(t, s, a);
        let cost = -s[n + 1] * (sold + smaller(left, T::of(self.demand[t])));
        match self.limits {
            Limits::Penalty(weight) => cost + penalty::cost(self, weight, s, a),
            Limits::Shares | Limits::Projection => cost,
        }
    }

    #[inline(always)]
    fn step_back<T: Number>(
        &self,
        Step { t, s, a, .. }: Step<'_, T>,
        (seed, by): (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let n = self.n();
        if let Limits::Penalty(weight) = self.limits {
            penalty::cost_back(self, seed * T::of(weight), (s, a), [&mut *by_s, &mut *by_a]);
        }
        let price = seed * s[n + 1];
        let lost = if self.left(t, s, a).1 { price } else { T::zero() };
        let Devices { charged, discharged, .. } = &self.devices;
        let (charged, discharged) = (&charged[..n], &discharged[..n]);
        let (by, by_s) = (&by[..n], &mut by_s[..n]);
        let (by_c, by_y) = by_a.split_at_mut(n);
        let by_y = &mut by_y[..n];
        for i in 0..n {
            by_s[i] += by[i];
            by_c[i] += by[i] * T::of(charged[i]) + lost;
            by_y[i] -= by[i] + price * T::of(discharged[i]);
        }
    }

    fn beyond(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<Beyond>) {
        let n = self.n();
        let Devices { capacity, charge, discharge, charged, .. } = &self.devices;
        for i in 0..n {
            let (c, y) = (a[i], a[n + i]);
            to.push(Beyond::negative(c, charge[i]));
            to.push(Beyond::negative(y, discharge[i]));
            to.push(Beyond::above(c, charge[i]));
            to.push(Beyond::above(y, discharge[i]));
            to.push(Beyond::above(charged[i] * c, capacity[i] - s[i]));
            to.push(Beyond::above(y, s[i]));
        }
        to.push(Beyond::above(a[..n].iter().sum(), s[n]));
    }

    fn for_answer(&self) -> Self {
        match self.limits {
            Limits::Penalty(_) => Self { limits: Limits::Projection, ..self.clone() },
            Limits::Shares | Limits::Projection => self.clone(),
        }
    }

    fn asked(&self, (_, _, z): (usize, &[f64], &[f64]), a: &mut [f64]) -> bool {
        let Limits::Penalty(_) = self.limits else { return false };
        a.iter_mut().zip(self.rates().zip(z)).for_each(|(a, (rate, z))| *a = rate * z);
        true
    }

    fn exact(&self) -> Option<Box<dyn Exact>> {
        Table::of(self).map(|table| Box::new(table) as Box<dyn Exact>)
    }

    fn relaxed(&self) -> Option<&dyn Relaxed> {
        Some(self)
    }

    fn baselines(&self) -> Vec<Baseline> {
        Table::of(self).map(|table| table.baselines(self)).unwrap_or_default()
    }

    fn rules(&self) -> Vec<String> {
        let known = Table::is_of(self);
        rules::NAMES.iter().filter(|_| !known).map(|name| (*name).to_owned()).collect()
    }

    fn follow(&self, rule: usize, at: (usize, &[f64]), a: &mut [f64]) {
        rules::follow(self, rule, at, a);
    }

    fn words(&self) -> [String; 2] {
        let seen = "2 R/capacity − 1 of every device, (E − E₀)/2, (P − its mean)/10";
        let made = match self.limits {
            Limits::Shares => {
                "σ the logistic function: c = min(rate, room) σ(z), scaled by min(1, E/Σc); y = min(rate, R) σ(z); \
                 first all c, then all y"
            }
            Limits::Projection | Limits::Penalty(_) => {
                "the nearest allowed point to (rates of charge, rates of discharge) times z"
            }
        };
        [seen, made].map(str::to_owned)
    }

    fn shown(&self) -> Vec<String> {
        ["stored", "charged", "discharged", "wind", "price"].map(str::to_owned).to_vec()
    }

    fn show(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        let n = self.n();
        let sum = |v: &[f64]| v.iter().sum::<f64>();
        to.extend([sum(&s[..n]), sum(&a[..n]), sum(&a[n..]), s[n], s[n + 1]]);
    }

    fn names(&self) -> [Vec<String>; 2] {
        let of = |name: &str| (1..=self.n()).map(|i| format!("{name}{i}")).collect::<Vec<_>>();
        let mut state = of("R");
        state.extend(["E".to_owned(), "P".to_owned()]);
        [state, of("c").into_iter().chain(of("y")).collect()]
    }
}

impl OnTape for Storage {
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t> {
        let level = self.row(xi, |d| &d.start);
        let rest =
            reshaped(&ground::array::rows(1, 2, &[self.wind.start, self.price.start]), [1, 2]);
        join(&[level, xi.tape().variable(rest)]) + xi.columns(0, 1) * 0.0
    }

    fn see_on_tape<'t>(&self, _: usize, s: Var<'t>, _: Var<'t>) -> Var<'t> {
        let n = self.n();
        let level = s.columns(0, n) * (self.row(s, |d| &d.capacity).powi(-1) * 2.0) - 1.0;
        let wind = (s.columns(n, 1) - self.wind.start) * 0.5;
        join(&[level, wind, (s.columns(n + 1, 1) - self.price.mean) * 0.1])
    }

    fn act_on_tape<'t>(&self, _: usize, s: Var<'t>, z: Var<'t>) -> Var<'t> {
        let n = self.n();
        if let Limits::Penalty(_) = self.limits {
            return z * join(&[self.row(s, |d| &d.charge), self.row(s, |d| &d.discharge)]);
        }
        assert!(self.limits == Limits::Shares, "the nearest point is not on the tape");
        let (z, level, wind) = (z.sigmoid(), s.columns(0, n), s.columns(n, 1));
        let zeros = level * 0.0;
        let room = (self.row(s, |d| &d.capacity) - level) / self.row(s, |d| &d.charged);
        let charge = (zeros + self.row(s, |d| &d.charge)).min(room).max(zeros);
        let discharge = (zeros + self.row(s, |d| &d.discharge)).min(level);
        let c = charge * z.columns(0, n);
        let sum = c.row_sum();
        let factor = select(wind.less(sum), wind / sum, sum * 0.0 + 1.0);
        join(&[c * factor, discharge * z.columns(n, n)])
    }

    fn step_on_tape<'t>(&self, t: usize, [s, a, xi]: [Var<'t>; 3]) -> [Var<'t>; 2] {
        let n = self.n();
        let (c, y, wind, price) =
            (a.columns(0, n), a.columns(n, n), s.columns(n, 1), s.columns(n + 1, 1));
        let level = s.columns(0, n) + c * self.row(s, |d| &d.charged) - y;
        let moved = |chain: &Chain, x: Var<'t>, k: usize| {
            let (x, xi) = (x.value(), xi.value());
            let next = |(i, _): (usize, usize)| chain.next(x[[i, 0]], xi[[i, k]]);
            s.tape().variable(Array::from_shape_fn((x.nrows(), 1), next))
        };
        let next = join(&[level, moved(&self.wind, wind, 0), moved(&self.price, price, 1)]);
        let left = wind - c.row_sum();
        let used = left.min(left * 0.0 + self.demand[t]);
        let sold = (y * self.row(s, |d| &d.discharged)).row_sum();
        let cost = -(price * (sold + used));
        let Limits::Penalty(weight) = self.limits else { return [next, cost] };
        let (level, zeros) = (s.columns(0, n), c * 0.0);
        let room = (self.row(s, |d| &d.capacity) - level) * self.row(s, |d| &d.per_charged);
        let [charge, discharge] = [self.row(s, |d| &d.charge), self.row(s, |d| &d.discharge)];
        let beyond = |v: Var<'t>| v.max(zeros).square();
        let of_c = (beyond(-c) + beyond(c - (zeros + charge).min(room).max(zeros))) / charge;
        let of_y = (beyond(-y) + beyond(y - (zeros + discharge).min(level))) / discharge;
        let over = c.row_sum() - wind;
        let of_wind = over.max(over * 0.0).square() / charge.row_sum();
        [next, cost + ((of_c + of_y).row_sum() + of_wind) * weight]
    }
}
