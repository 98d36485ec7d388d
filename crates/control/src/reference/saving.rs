//! The exact optimum of [`Consumption`]: dynamic programming over savings, with an endogenous grid. [Car06]
//!
//! ```text
//! g_t(B)  = max over A ≥ 0, m ΣA ≤ B of E V_{t+1}(r B + Σ A_i (G_i − r) + Y)      B = W − C
//! g_t'(B) = r E V'_{t+1} + μ/m,   μ = max(0, max_i E[V'_{t+1} (G_i − r)]) at the best A
//! C = (β g_t'(B))^{−½},  W = B + C,  V_t(W) = u(C) + β g_t(B),  V_t'(W) = u'(C)
//! ```
//! Wealth below that of B = 0 is consumed. Between nodes −1/V is a cubic by its slopes, which is exact for
//! what V is far out.

use super::{Exact, Seen};
use crate::model::consumption::{Consumption, Outcome};

/// Values of all steps.
#[derive(Clone, Debug)]
pub struct Saving {
    model: Consumption,
    /// V_t, t ≤ T.
    values: Vec<Value>,
}

/// V of one step.
#[derive(Clone, Debug)]
struct Value {
    /// W, −1/V and its slope; W increasing. Empty at the end, where V = u.
    nodes: Vec<[f64; 3]>,
    /// g(0) times β: below the first node all is consumed.
    below: f64,
}

/// Savings on the grid.
const NODES: usize = 600;
/// From zero to here, evenly in ln(1 + 20 B).
const LARGEST: f64 = 1e3;

/// V and V' at a wealth.
type Pair = [f64; 2];

impl Value {
    fn at(&self, w: f64) -> Pair {
        let Some(first) = self.nodes.first() else { return [-1.0 / w, 1.0 / (w * w)] };
        if w <= first[0] {
            return [-1.0 / w + self.below, 1.0 / (w * w)];
        }
        let k = self.nodes.partition_point(|node| node[0] <= w).clamp(1, self.nodes.len() - 1);
        let [[x0, h0, d0], [x1, h1, d1]] = [self.nodes[k - 1], self.nodes[k]];
        let (h, slope) = if w > x1 {
            (h1 + d1 * (w - x1), d1)
        } else {
            let (l, s) = (x1 - x0, (w - x0) / (x1 - x0));
            let cubic = [
                h0,
                l * d0,
                3.0 * (h1 - h0) - l * (2.0 * d0 + d1),
                2.0 * (h0 - h1) + l * (d0 + d1),
            ];
            let [a, b, c, d] = cubic;
            (a + s * (b + s * (c + s * d)), (b + s * (2.0 * c + 3.0 * s * d)) / l)
        };
        [-1.0 / h, slope / (h * h)]
    }
}

impl Saving {
    /// The optimum of a problem, with the assets or with cash alone.
    pub fn of(model: &Consumption, assets: bool) -> Self {
        let mut values = vec![Value { nodes: Vec::new(), below: 0.0 }];
        let grid = |k: usize| {
            let end = (1.0 + 20.0 * LARGEST).ln();
            ((end * k as f64 / (NODES - 1) as f64).exp() - 1.0) / 20.0
        };
        for _ in 0..model.steps {
            let next = &values[values.len() - 1];
            let node = |k: usize| {
                let b = grid(k);
                let held = assets.then(|| best(model, next, b));
                let [g, slope] = ahead(model, next, b, held);
                let c = (model.discount * slope).powf(-0.5);
                let v = -1.0 / c + model.discount * g;
                // h = −1/V: h' = V'/V² with V' = u'(C).
                ([b + c, -1.0 / v, 1.0 / (c * c * v * v)], g)
            };
            let all: Vec<([f64; 3], f64)> = (0..NODES).map(node).collect();
            let below = model.discount * all[0].1;
            values.push(Value { nodes: all.into_iter().map(|(node, _)| node).collect(), below });
        }
        values.reverse();
        Self { model: model.clone(), values }
    }

    /// E V_{t+1} after savings and assets.
    fn expected(&self, t: usize, b: f64, held: [f64; 2]) -> f64 {
        let each = self.model.outcomes.iter();
        each.map(|o| o.probability * self.values[t + 1].at(wealth(&self.model, b, held, o))[0])
            .sum()
    }
}

/// W'.
fn wealth(model: &Consumption, b: f64, held: [f64; 2], o: &Outcome) -> f64 {
    let over = |k: usize| held[k] * (o.gains[k] - model.cash);
    model.cash * b + over(0) + over(1) + o.income
}

/// E[V' (G_k − r)]: what a little more of each asset brings.
fn slopes(model: &Consumption, next: &Value, b: f64, held: [f64; 2]) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for o in &model.outcomes {
        let slope = o.probability * next.at(wealth(model, b, held, o))[1];
        for (sum, gain) in sums.iter_mut().zip(o.gains) {
            *sum += slope * (gain - model.cash);
        }
    }
    sums
}

/// g(B) and g'(B) at the best assets, or without any where there are none.
fn ahead(model: &Consumption, next: &Value, b: f64, best: Option<[f64; 2]>) -> Pair {
    let (mut g, mut slope) = (0.0, 0.0);
    let held = best.unwrap_or_default();
    for o in &model.outcomes {
        let [v, by] = next.at(wealth(model, b, held, o));
        g += o.probability * v;
        slope += o.probability * by;
    }
    // What a little more of the margin brings; at B = 0 it binds.
    let more = best.map_or([0.0; 2], |held| slopes(model, next, b, held));
    let margin = more[0].max(more[1]).max(0.0);
    [g, model.cash * slope + margin / model.margin]
}

/// The best assets for savings: the first by a root of its slope, the second inside it by another.
fn best(model: &Consumption, next: &Value, b: f64) -> [f64; 2] {
    let most = b / model.margin;
    let second = |first: f64| root(|x| slopes(model, next, b, [first, x])[1], most - first);
    // With the second at its best, and where it is at the margin traded for the first.
    let first = root(
        |x| {
            let other = second(x);
            let [by_first, by_second] = slopes(model, next, b, [x, other]);
            let at_margin = other >= most - x && by_second > 0.0;
            if at_margin { by_first - by_second } else { by_first }
        },
        most,
    );
    [first, second(first)]
}

/// Where a falling function crosses zero between 0 and `most`; an end where it does not.
fn root(f: impl Fn(f64) -> f64, most: f64) -> f64 {
    if most <= 0.0 || f(0.0) <= 0.0 {
        return 0.0;
    }
    if f(most) >= 0.0 {
        return most;
    }
    let [mut low, mut high] = [0.0, most];
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if f(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= 1e-13 * most {
            break;
        }
    }
    0.5 * (low + high)
}

impl Exact for Saving {
    fn value(&self) -> f64 {
        self.values[0].at(self.model.wealth)[0]
    }

    fn how(&self) -> String {
        "exact: dynamic programming with an endogenous grid".to_owned()
    }

    fn regret(&self, Seen { t, s, a, .. }: Seen<'_>, _: &mut Vec<f64>) -> f64 {
        let weight = self.model.discount.powi(i32::try_from(t).unwrap_or(i32::MAX));
        let best = self.values[t].at(s[0])[0];
        let next = self.expected(t, s[0] - a[0], [a[1], a[2]]);
        weight * (best + 1.0 / a[0] - self.model.discount * next)
    }
}
