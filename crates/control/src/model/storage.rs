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
use crate::limits::{share, share_back};
use crate::number::Number;
use crate::reference::Exact;
use crate::reference::market::Table;

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

/// One device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Device {
    /// R̄, the highest level.
    pub capacity: f64,
    /// γᶜ, the most that is charged in a step.
    pub charge: f64,
    /// γᵈ, the most that is discharged in a step.
    pub discharge: f64,
    /// ηᶜ, what arrives of what is charged.
    pub charged: f64,
    /// ηᵈ, what arrives of what is discharged.
    pub discharged: f64,
    /// The first level.
    pub start: f64,
}

/// The problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// The devices.
    pub devices: Vec<Device>,
    /// E.
    pub wind: Chain,
    /// P.
    pub price: Chain,
    /// D_t, t < T.
    pub demand: Vec<f64>,
}

impl Storage {
    /// The limits of c_i and y_i, without the wind.
    #[inline(always)]
    fn limits<T: Number>(&self, i: usize, level: T) -> [T; 2] {
        let device = &self.devices[i];
        let room = (T::of(device.capacity) - level) / T::of(device.charged);
        [T::of(device.charge).min(room).max(T::zero()), T::of(device.discharge).min(level)]
    }

    /// The derivatives of the limits by the level.
    #[inline(always)]
    fn slopes<T: Number>(&self, i: usize, level: T) -> [T; 2] {
        let device = &self.devices[i];
        let room = (T::of(device.capacity) - level) / T::of(device.charged);
        let of_room = if room < T::of(device.charge) && room > T::zero() {
            -T::one() / T::of(device.charged)
        } else {
            T::zero()
        };
        let of_level = if level < T::of(device.discharge) { T::one() } else { T::zero() };
        [of_room, of_level]
    }

    /// Wind that is not charged, and whether the demand takes all of it.
    #[inline(always)]
    fn left<T: Number>(&self, t: usize, s: &[T], a: &[T]) -> (T, bool) {
        let n = self.devices.len();
        let left = s[n] - a[..n].iter().copied().sum::<T>();
        (left, left < T::of(self.demand[t]))
    }

    /// A row of one number a device.
    fn row<'t>(&self, like: Var<'t>, of: impl Fn(&Device) -> f64) -> Var<'t> {
        let n = self.devices.len();
        like.tape().variable(Array::from_shape_fn((1, n), |(_, i)| of(&self.devices[i])))
    }
}

impl Model for Storage {
    fn shape(&self) -> Shape {
        let n = self.devices.len();
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
        Activation::Sigmoid
    }

    #[inline(always)]
    fn start<T: Number>(&self, _: &[T], s: &mut [T]) {
        let n = self.devices.len();
        for (s, device) in s.iter_mut().zip(&self.devices) {
            *s = T::of(device.start);
        }
        s[n] = T::of(self.wind.start);
        s[n + 1] = T::of(self.price.start);
    }

    #[inline(always)]
    fn see<T: Number>(&self, (_, s, _): (usize, &[T], &[T]), seen: &mut [T]) {
        let n = self.devices.len();
        for i in 0..n {
            seen[i] = s[i] * T::of(2.0 / self.devices[i].capacity) - T::one();
        }
        seen[n] = (s[n] - T::of(self.wind.start)) * T::of(0.5);
        seen[n + 1] = (s[n + 1] - T::of(self.price.mean)) * T::of(0.1);
    }

    #[inline(always)]
    fn see_back<T: Number>(&self, _: (usize, &[T]), by: &[T], by_s: &mut [T]) {
        // Wind and price follow no action: nobody asks for their derivatives.
        for (i, device) in self.devices.iter().enumerate() {
            by_s[i] += by[i] * T::of(2.0 / device.capacity);
        }
    }

    #[inline(always)]
    fn act<T: Number>(&self, (_, s, z): (usize, &[T], &[T]), a: &mut [T]) {
        let n = self.devices.len();
        for i in 0..n {
            let [charge, discharge] = self.limits(i, s[i]);
            a[i] = charge * z[i];
            a[n + i] = discharge * z[n + i];
        }
        share(&mut a[..n], s[n]);
    }

    #[inline(always)]
    fn act_back<T: Number>(&self, at: Act<'_, T>, by: &[T], [by_s, by_z]: [&mut [T]; 2]) {
        let (n, Act { s, z, a, .. }) = (self.devices.len(), at);
        let sum: T = (0..n).map(|i| self.limits(i, s[i])[0] * z[i]).sum();
        let factor = if sum > s[n] { s[n] / sum } else { T::one() };
        // by_z holds the derivatives by c and y for a while; whoever calls gives zeros.
        let (by_c, by_y) = by_z.split_at_mut(n);
        by_c.copy_from_slice(&by[..n]);
        by_y.copy_from_slice(&by[n..]);
        share_back(&a[..n], [factor, sum], by_c);
        for i in 0..n {
            let [charge, discharge] = self.limits(i, s[i]);
            let [of_charge, of_discharge] = self.slopes(i, s[i]);
            by_s[i] += by_c[i] * z[i] * of_charge + by_y[i] * z[n + i] * of_discharge;
            by_c[i] *= charge;
            by_y[i] *= discharge;
        }
    }

    #[inline(always)]
    fn step<T: Number>(&self, Step { t, s, a, xi }: Step<'_, T>, next: &mut [T]) -> T {
        let n = self.devices.len();
        let mut sold = T::zero();
        for (i, device) in self.devices.iter().enumerate() {
            next[i] = s[i] + T::of(device.charged) * a[i] - a[n + i];
            sold += T::of(device.discharged) * a[n + i];
        }
        next[n] = T::of(self.wind.next(s[n].wide(), xi[0].wide()));
        next[n + 1] = T::of(self.price.next(s[n + 1].wide(), xi[1].wide()));
        let (left, _) = self.left(t, s, a);
        -s[n + 1] * (sold + left.min(T::of(self.demand[t])))
    }

    #[inline(always)]
    fn step_back<T: Number>(
        &self,
        Step { t, s, a, .. }: Step<'_, T>,
        (seed, by): (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let n = self.devices.len();
        let price = seed * s[n + 1];
        let lost = if self.left(t, s, a).1 { price } else { T::zero() };
        for (i, device) in self.devices.iter().enumerate() {
            by_s[i] += by[i];
            by_a[i] += by[i] * T::of(device.charged) + lost;
            by_a[n + i] -= by[i] + price * T::of(device.discharged);
        }
    }

    fn beyond(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<Beyond>) {
        let n = self.devices.len();
        for (i, device) in self.devices.iter().enumerate() {
            let (c, y) = (a[i], a[n + i]);
            to.push(Beyond::negative(c, device.charge));
            to.push(Beyond::negative(y, device.discharge));
            to.push(Beyond::above(c, device.charge));
            to.push(Beyond::above(y, device.discharge));
            to.push(Beyond::above(device.charged * c, device.capacity - s[i]));
            to.push(Beyond::above(y, s[i]));
        }
        to.push(Beyond::above(a[..n].iter().sum(), s[n]));
    }

    fn exact(&self) -> Option<Box<dyn Exact>> {
        Table::of(self).map(|table| Box::new(table) as Box<dyn Exact>)
    }

    fn baselines(&self) -> Vec<Baseline> {
        Table::of(self).map(|table| table.baselines(self)).unwrap_or_default()
    }

    fn shown(&self) -> Vec<String> {
        ["stored", "charged", "discharged", "wind", "price"].map(str::to_owned).to_vec()
    }

    fn show(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        let n = self.devices.len();
        let sum = |v: &[f64]| v.iter().sum::<f64>();
        to.extend([sum(&s[..n]), sum(&a[..n]), sum(&a[n..]), s[n], s[n + 1]]);
    }

    fn names(&self) -> [Vec<String>; 2] {
        let of =
            |name: &str| (1..=self.devices.len()).map(|i| format!("{name}{i}")).collect::<Vec<_>>();
        let mut state = of("R");
        state.extend(["E".to_owned(), "P".to_owned()]);
        [state, of("c").into_iter().chain(of("y")).collect()]
    }
}

impl OnTape for Storage {
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t> {
        let level = self.row(xi, |device| device.start);
        let rest =
            reshaped(&ground::array::rows(1, 2, &[self.wind.start, self.price.start]), [1, 2]);
        join(&[level, xi.tape().variable(rest)]) + xi.columns(0, 1) * 0.0
    }

    fn see_on_tape<'t>(&self, _: usize, s: Var<'t>, _: Var<'t>) -> Var<'t> {
        let n = self.devices.len();
        let level = s.columns(0, n) * self.row(s, |device| 2.0 / device.capacity) - 1.0;
        let wind = (s.columns(n, 1) - self.wind.start) * 0.5;
        join(&[level, wind, (s.columns(n + 1, 1) - self.price.mean) * 0.1])
    }

    fn act_on_tape<'t>(&self, _: usize, s: Var<'t>, z: Var<'t>) -> Var<'t> {
        let n = self.devices.len();
        let (z, level, wind) = (z.sigmoid(), s.columns(0, n), s.columns(n, 1));
        let zeros = level * 0.0;
        let room = (self.row(s, |d| d.capacity) - level) / self.row(s, |d| d.charged);
        let charge = (zeros + self.row(s, |d| d.charge)).min(room).max(zeros);
        let discharge = (zeros + self.row(s, |d| d.discharge)).min(level);
        let c = charge * z.columns(0, n);
        let sum = c.row_sum();
        let factor = select(wind.less(sum), wind / sum, sum * 0.0 + 1.0);
        join(&[c * factor, discharge * z.columns(n, n)])
    }

    fn step_on_tape<'t>(&self, t: usize, [s, a, xi]: [Var<'t>; 3]) -> [Var<'t>; 2] {
        let n = self.devices.len();
        let (c, y, wind, price) =
            (a.columns(0, n), a.columns(n, n), s.columns(n, 1), s.columns(n + 1, 1));
        let level = s.columns(0, n) + c * self.row(s, |d| d.charged) - y;
        let moved = |chain: &Chain, x: Var<'t>, k: usize| {
            let (x, xi) = (x.value(), xi.value());
            let next = |(i, _): (usize, usize)| chain.next(x[[i, 0]], xi[[i, k]]);
            s.tape().variable(Array::from_shape_fn((x.nrows(), 1), next))
        };
        let next = join(&[level, moved(&self.wind, wind, 0), moved(&self.price, price, 1)]);
        let left = wind - c.row_sum();
        let used = left.min(left * 0.0 + self.demand[t]);
        let sold = (y * self.row(s, |d| d.discharged)).row_sum();
        [next, -(price * (sold + used))]
    }
}
