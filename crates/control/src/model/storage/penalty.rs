//! Limits that are not kept but paid for: w Σ v²/r, v what is beyond a limit and r the rate that belongs to it.
//!
//! ```text
//! asked      c = γᶜ z,  y = γᵈ z                    whatever the limits are
//! v          −c,  c − min(γᶜ, room),  −y,  y − min(γᵈ, R),  Σ c − E,   where above 0
//! ```
//! A descent sees the cost; an answer brings what is asked to the nearest allowed action, and its violation is
//! that of what was asked.

use super::{Storage, larger, smaller};
use crate::limits::sum;
use crate::number::Number;

/// What is beyond the limits of a device: −c, c − its most, −y, y − its most; 0 where nothing is.
#[inline(always)]
fn device<T: Number>(model: &Storage, i: usize, s: &[T], a: &[T]) -> [T; 4] {
    let n = model.n();
    let (c, y) = (a[i], a[n + i]);
    let most = smaller(T::of(model.devices.discharge[i]), s[i]);
    [-c, c - model.most(i, s[i]), -y, y - most].map(|v| larger(v, T::zero()))
}

/// What charging takes beyond the wind, and the rate that belongs to it.
#[inline(always)]
fn wind<T: Number>(model: &Storage, s: &[T], a: &[T]) -> (T, T) {
    let n = model.n();
    let rate: f64 = model.devices.charge.iter().sum();
    (larger(sum(&a[..n]) - s[n], T::zero()), T::of(rate))
}

/// The cost.
#[inline(always)]
pub(super) fn cost<T: Number>(model: &Storage, weight: f64, s: &[T], a: &[T]) -> T {
    let (beyond, rate) = wind(model, s, a);
    let mut total = beyond * beyond / rate;
    for i in 0..model.n() {
        let [c, high, y, most] = device(model, i, s, a);
        total += (c * c + high * high) / T::of(model.devices.charge[i]);
        total += (y * y + most * most) / T::of(model.devices.discharge[i]);
    }
    T::of(weight) * total
}

/// Adds the derivatives by states and actions of `seed` times the cost.
#[inline(always)]
pub(super) fn cost_back<T: Number>(
    model: &Storage,
    seed: T,
    (s, a): (&[T], &[T]),
    [by_s, by_a]: [&mut [T]; 2],
) {
    let n = model.n();
    let twice = T::of(2.0) * seed;
    let (beyond, rate) = wind(model, s, a);
    let by_sum = twice * beyond / rate;
    by_s[n] -= by_sum;
    for i in 0..n {
        let [c, high, y, most] = device(model, i, s, a);
        let charge = T::of(model.devices.charge[i]);
        let discharge = T::of(model.devices.discharge[i]);
        let [by_c, by_high] = [c, high].map(|v| twice * v / charge);
        let [by_y, by_most] = [y, most].map(|v| twice * v / discharge);
        by_a[i] += by_sum + by_high - by_c;
        by_a[n + i] += by_most - by_y;
        let per = T::of(model.devices.per_charged[i]);
        let room = (T::of(model.devices.capacity[i]) - s[i]) * per;
        if room > T::zero() && room < charge {
            by_s[i] += by_high * per;
        }
        if s[i] < discharge {
            by_s[i] -= by_most;
        }
    }
}
