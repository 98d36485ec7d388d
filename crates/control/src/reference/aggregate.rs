//! One lossy device in the place of many: dynamic programming over a fine table of levels.
//!
//! Not the optimum of many unequal devices, but near enough to guess its slopes. Levels stand a quarter apart;
//! what is charged ends on a level of the table or at its limit.

use crate::model::storage::{Chain, Storage};

/// Parts of a unit of level.
const PARTS: usize = 4;

/// States of the largest table.
const LARGEST: f64 = 2e6;

/// Units of level over which a slope is taken: what a device discharges in a step.
const SPAN: f64 = 5.0;

/// A table of values.
#[derive(Clone, Debug)]
pub struct Aggregate {
    levels: usize,
    chains: [Chain; 2],
    /// V_t, t < T, and E V_{t+1} given wind and price of step t.
    values: Vec<Vec<f64>>,
    ahead: Vec<Vec<f64>>,
}

/// The device that stands for all.
struct Device {
    charge: f64,
    discharge: f64,
    charged: f64,
    discharged: f64,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the table")]
fn floor(x: f64) -> usize {
    x.max(0.0) as usize
}

impl Aggregate {
    /// The table of a problem: whole capacity and rates, mean efficiencies; none where it would have no level
    /// between empty and full, or too many.
    pub fn of(model: &Storage) -> Option<Self> {
        let devices = &model.devices;
        let sum = |list: &[f64]| list.iter().sum::<f64>();
        let n = devices.count() as f64;
        let device = Device {
            charge: sum(&devices.charge),
            discharge: sum(&devices.discharge),
            charged: sum(&devices.charged) / n,
            discharged: sum(&devices.discharged) / n,
        };
        let levels = Self::levels(model)?;
        let chains = [model.wind.clone(), model.price.clone()];
        let mut all = Self { levels, chains, values: Vec::new(), ahead: Vec::new() };
        let moves = all.chains.each_ref().map(goes);
        let mut next = vec![0.0; levels * all.side()];
        for demand in model.demand.iter().rev() {
            let ahead = Self::expected(&next, &moves);
            all.best(&device, *demand, &ahead, &mut next);
            all.values.push(next.clone());
            all.ahead.push(ahead);
        }
        all.values.reverse();
        all.ahead.reverse();
        Some(all)
    }

    /// How many levels the table of a problem has; none where that is too few, or the table too large.
    pub fn levels(model: &Storage) -> Option<usize> {
        let parts = (model.devices.capacity.iter().sum::<f64>() * PARTS as f64).round();
        let states: f64 =
            [&model.wind, &model.price].map(|c| c.range[1] - c.range[0] + 1.0).iter().product();
        (parts >= 2.0 && parts * states <= LARGEST).then(|| floor(parts) + 1)
    }

    /// Pairs of wind and price.
    fn side(&self) -> usize {
        self.chains.iter().map(|chain| chain.states().len()).product()
    }

    /// E V(R, E', P') given E, P.
    fn expected(values: &[f64], moves: &[Vec<Vec<(usize, f64)>>; 2]) -> Vec<f64> {
        let [winds, prices] = moves;
        let n = prices.len();
        let mut half = vec![0.0; values.len()];
        for (to, from) in half.chunks_exact_mut(n).zip(values.chunks_exact(n)) {
            for (to, moves) in to.iter_mut().zip(prices) {
                *to = moves.iter().map(|&(k, p)| p * from[k]).sum();
            }
        }
        let mut ahead = vec![0.0; values.len()];
        let block = n * winds.len();
        for (to, from) in ahead.chunks_exact_mut(block).zip(half.chunks_exact(block)) {
            for (e, moves) in winds.iter().enumerate() {
                for &(k, p) in moves {
                    for q in 0..n {
                        to[e * n + q] += p * from[k * n + q];
                    }
                }
            }
        }
        ahead
    }

    /// V_t of every state, by the best of what ends on the table.
    fn best(&self, device: &Device, demand: f64, ahead: &[f64], to: &mut [f64]) {
        let [winds, prices] = self.chains.each_ref().map(Chain::states);
        let (side, unit) = (self.side(), 1.0 / PARTS as f64);
        for r in 0..self.levels {
            let level = r as f64 * unit;
            let room = (self.levels - 1 - r) as f64 * unit;
            let sold = floor(device.discharge.min(level) / unit + 1e-9);
            for (e, wind) in winds.iter().enumerate() {
                let most = device.charge.min(*wind).min(room / device.charged);
                let stored = floor(most * device.charged / unit + 1e-9);
                // What is charged: a number of parts, or all that may be.
                let charges = (0..=stored).map(|k| k as f64 * unit / device.charged);
                let charges: Vec<f64> = charges.chain([most]).collect();
                for (p, price) in prices.iter().enumerate() {
                    let at = |level: f64| self.between(ahead, level, e * prices.len() + p);
                    let mut best = f64::NEG_INFINITY;
                    for &c in &charges {
                        let used = (wind - c).min(demand);
                        for k in 0..=sold {
                            let y = k as f64 * unit;
                            let next = at(level + device.charged * c - y);
                            best = best.max(price * (device.discharged * y + used) + next);
                        }
                    }
                    to[r * side + e * prices.len() + p] = best;
                }
            }
        }
    }

    /// A table at a level between those that it has.
    fn between(&self, table: &[f64], level: f64, place: usize) -> f64 {
        let side = self.side_known(table);
        let x = (level * PARTS as f64).clamp(0.0, (self.levels - 1) as f64);
        let below = floor(x).min(self.levels.saturating_sub(2));
        let (low, high) = (table[below * side + place], table[(below + 1) * side + place]);
        low + (x - below as f64) * (high - low)
    }

    fn side_known(&self, table: &[f64]) -> usize {
        table.len() / self.levels
    }

    /// Where wind and price stand.
    fn place(&self, [wind, price]: [f64; 2]) -> usize {
        let [winds, prices] = &self.chains;
        let at = |chain: &Chain, x: f64| floor(x - chain.range[0] + 0.5);
        at(winds, wind) * prices.states().len() + at(prices, price)
    }

    /// V_t.
    pub fn value(&self, t: usize, level: f64, seen: [f64; 2]) -> f64 {
        self.between(&self.values[t], level, self.place(seen))
    }

    /// E V_{t+1} given wind and price of step t.
    pub fn ahead(&self, t: usize, level: f64, seen: [f64; 2]) -> f64 {
        self.between(&self.ahead[t], level, self.place(seen))
    }

    /// The slope at a level of what is stored there already: a backward difference.
    pub fn slope(&self, level: f64, value: impl Fn(f64) -> f64) -> f64 {
        let low = (level - SPAN).max(0.0);
        let high = level.max(1.0 / PARTS as f64);
        (value(high) - value(low)) / (high - low)
    }
}

/// Where a chain goes from each of its numbers.
fn goes(chain: &Chain) -> Vec<Vec<(usize, f64)>> {
    let from = |x: &f64| {
        let each = chain.moves.iter().zip(&chain.probabilities);
        each.map(|(k, p)| (floor(chain.moved(*x, *k) - chain.range[0] + 0.5), *p)).collect()
    };
    chain.states().iter().map(from).collect()
}
