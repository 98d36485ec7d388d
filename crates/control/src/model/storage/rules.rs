//! Rules that learn nothing, for devices whose optimum no table gives.

use super::Storage;

/// Their names.
pub(super) const NAMES: [&str; 2] = ["two lines", "no storage"];

/// What one of them does: the second nothing; the first stores what the demand leaves of the wind, shared out by
/// what each device may charge, and sells all it can at the mean price or above, or when time runs out.
pub(super) fn follow(model: &Storage, rule: usize, (t, s): (usize, &[f64]), a: &mut [f64]) {
    a.fill(0.0);
    if rule > 0 {
        return;
    }
    let (n, steps) = (model.n(), model.demand.len());
    let (wind, price) = (s[n], s[n + 1]);
    let (c, y) = a.split_at_mut(n);
    if t + 1 < steps {
        for (i, c) in c.iter_mut().enumerate() {
            *c = model.most(i, s[i]);
        }
        let (left, all) = ((wind - model.demand[t]).max(0.0), c.iter().sum::<f64>());
        if all > left {
            for c in c.iter_mut() {
                *c *= left / all;
            }
        }
    }
    let rates = &model.devices.discharge;
    let (stored, rate) = (s[..n].iter().sum::<f64>(), rates.iter().sum::<f64>());
    if price >= model.price.mean || stored >= rate * (steps - t) as f64 {
        for (y, (rate, level)) in y.iter_mut().zip(rates.iter().zip(s)) {
            *y = rate.min(*level);
        }
    }
}
