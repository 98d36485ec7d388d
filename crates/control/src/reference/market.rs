//! The exact optimum of equal devices without losses: dynamic programming over a table.
//!
//! With whole data the flow is totally unimodular: the optimum of one device of the whole capacity is
//! reached at whole levels, and V*_t(R, E, P) is linear between them. n equal devices have the same
//! optimum, in R = Σ R_i: sums of a feasible plan are feasible, and splitting the plan of one device
//! equally keeps all levels equal.

use super::{Exact, Seen};
use crate::answer::Baseline;
use crate::model::storage::{Chain, Storage};

/// A table of values.
#[derive(Clone, Debug)]
pub struct Table {
    market: Market,
    /// V*_t(R, E, P), t < T.
    values: Vec<Vec<f64>>,
    /// E V*_{t+1}(R, E', P') given E, P, t < T.
    ahead: Vec<Vec<f64>>,
}

/// The whole numbers of the problem.
#[derive(Clone, Debug)]
struct Market {
    capacity: usize,
    charge: usize,
    discharge: usize,
    start: f64,
    wind: Chain,
    price: Chain,
    demand: Vec<f64>,
    /// Where wind and price go: index and probability of every number.
    moves: [Vec<Vec<(usize, f64)>>; 2],
}

/// States of the largest table.
const LARGEST: f64 = 2e6;

/// A rule: level, wind, price to what is charged and discharged.
type Rule<'a> = &'a dyn Fn(usize, [f64; 3]) -> [f64; 2];

/// The whole number that x is, to rounding.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole")]
fn whole(x: f64) -> Option<usize> {
    let near = x.round();
    ((x - near).abs() < 1e-9 && (0.0..1e6).contains(&near)).then_some(near as usize)
}

impl Market {
    /// The market, where the devices are equal and without losses, and all data are whole.
    fn of(model: &Storage) -> Option<Self> {
        let devices = &model.devices;
        let n = devices.count() as f64;
        let lists = [&devices.capacity, &devices.charge, &devices.discharge, &devices.start];
        let alike = lists.iter().all(|list| list.iter().all(|x| *x == list[0]));
        let mut efficiencies = devices.charged.iter().chain(&devices.discharged);
        let lossless = efficiencies.all(|x| *x == 1.0);
        let chains = [&model.wind, &model.price];
        let sound = chains.iter().all(|chain| {
            let numbers = chain.range.iter().chain(&chain.moves).chain([&chain.start]);
            numbers.copied().all(|x| x.fract() == 0.0)
        });
        let demand = model.demand.iter().all(|d| whole(*d).is_some());
        if !alike || !lossless || !sound || !demand {
            return None;
        }
        let states: f64 =
            chains.iter().map(|chain| chain.range[1] - chain.range[0] + 1.0).product();
        if n * devices.capacity[0] * states > LARGEST {
            return None;
        }
        let moves = chains.map(|chain| {
            let low = chain.range[0];
            let from = |x: &f64| {
                let each = chain.moves.iter().zip(&chain.probabilities);
                each.filter_map(|(k, p)| Some((whole(chain.moved(*x, *k) - low)?, *p))).collect()
            };
            chain.states().iter().map(from).collect()
        });
        Some(Self {
            capacity: whole(n * devices.capacity[0])?,
            charge: whole(n * devices.charge[0])?,
            discharge: whole(n * devices.discharge[0])?,
            start: n * devices.start[0],
            wind: model.wind.clone(),
            price: model.price.clone(),
            demand: model.demand.clone(),
            moves,
        })
    }

    fn sizes(&self) -> [usize; 3] {
        [self.capacity + 1, self.moves[0].len(), self.moves[1].len()]
    }

    /// Where a state stands in a table.
    fn at(&self, [level, wind, price]: [usize; 3]) -> usize {
        let [_, winds, prices] = self.sizes();
        (level * winds + wind) * prices + price
    }

    /// All states: their indices, and their numbers.
    fn each(&self, mut task: impl FnMut([usize; 3], [f64; 3])) {
        let (winds, prices) = (self.wind.states(), self.price.states());
        for r in 0..=self.capacity {
            for (e, &wind) in winds.iter().enumerate() {
                for (p, &price) in prices.iter().enumerate() {
                    task([r, e, p], [r as f64, wind, price]);
                }
            }
        }
    }

    /// E V(R, E', P') given E, P.
    fn ahead(&self, values: &[f64]) -> Vec<f64> {
        let mut ahead = vec![0.0; values.len()];
        let mut half = vec![0.0; values.len()];
        self.each(|[r, e, p], _| {
            let to = self.moves[1][p].iter();
            half[self.at([r, e, p])] = to.map(|&(q, x)| x * values[self.at([r, e, q])]).sum();
        });
        self.each(|[r, e, p], _| {
            let to = self.moves[0][e].iter();
            ahead[self.at([r, e, p])] = to.map(|&(f, x)| x * half[self.at([r, f, p])]).sum();
        });
        ahead
    }

    /// A table at a level that need not be whole.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the table")]
    fn between(&self, table: &[f64], level: f64, [e, p]: [usize; 2]) -> f64 {
        let level = level.clamp(0.0, self.capacity as f64);
        let below = (level as usize).min(self.capacity.saturating_sub(1));
        let part = level - below as f64;
        let low = table[self.at([below, e, p])];
        if part == 0.0 {
            return low;
        }
        low + part * (table[self.at([below + 1, e, p])] - low)
    }

    /// V_t of all t < T, and E V_{t+1}, by the best action, the price being `price` where it is given.
    fn best(&self, fixed: Option<f64>) -> [Vec<Vec<f64>>; 2] {
        self.back(|t, ahead, [r, e, p], [_, wind, price]| {
            let mut best = f64::NEG_INFINITY;
            let most = whole(wind).unwrap_or(0).min(self.charge).min(self.capacity - r);
            for c in 0..=most {
                for y in 0..=self.discharge.min(r) {
                    let next = ahead[self.at([r + c - y, e, p])];
                    let sold = y as f64 + (wind - c as f64).min(self.demand[t]);
                    best = best.max(fixed.unwrap_or(price) * sold + next);
                }
            }
            best
        })
    }

    /// V_t of a rule.
    fn of_rule(&self, rule: Rule<'_>) -> f64 {
        let [values, _] = self.back(|t, ahead, [_, e, p], [level, wind, price]| {
            let [c, y] = rule(t, [level, wind, price]);
            let sold = y + (wind - c).min(self.demand[t]);
            price * sold + self.between(ahead, level + c - y, [e, p])
        });
        self.first(&values)
    }

    fn back(
        &self,
        value: impl Fn(usize, &[f64], [usize; 3], [f64; 3]) -> f64,
    ) -> [Vec<Vec<f64>>; 2] {
        let (mut values, mut all_ahead) = (Vec::new(), Vec::new());
        let mut next = vec![0.0; self.sizes().iter().product()];
        for t in (0..self.demand.len()).rev() {
            let ahead = self.ahead(&next);
            self.each(|at, state| next[self.at(at)] = value(t, &ahead, at, state));
            values.push(next.clone());
            all_ahead.push(ahead);
        }
        values.reverse();
        all_ahead.reverse();
        [values, all_ahead]
    }

    /// V₀ where it begins.
    fn first(&self, values: &[Vec<f64>]) -> f64 {
        let place = self.place([self.wind.start, self.price.start]);
        values.first().map_or(0.0, |table| self.between(table, self.start, place))
    }

    /// Indices of wind and price.
    fn place(&self, [wind, price]: [f64; 2]) -> [usize; 2] {
        let at = |x: f64, chain: &Chain| whole(x - chain.range[0]).unwrap_or(0);
        [at(wind, &self.wind), at(price, &self.price)]
    }
}

impl Table {
    /// The table of a problem, where it is one of whole numbers.
    pub fn of(model: &Storage) -> Option<Self> {
        let market = Market::of(model)?;
        let [values, ahead] = market.best(None);
        Some(Self { market, values, ahead })
    }

    /// Whether there is one.
    pub fn is_of(model: &Storage) -> bool {
        Market::of(model).is_some()
    }

    /// What simple rules reach, exactly.
    pub fn baselines(&self, _: &Storage) -> Vec<Baseline> {
        let market = &self.market;
        let (charge, discharge) = (market.charge as f64, market.discharge as f64);
        let steps = market.demand.len();
        let mean = market.price.mean;
        let lines = |t: usize, [level, wind, price]: [f64; 3]| {
            let room = charge.min(market.capacity as f64 - level);
            let surplus = (wind - market.demand[t]).max(0.0).min(room);
            let sells = price >= mean || level >= discharge * (steps - t) as f64;
            [
                if t + 1 == steps { 0.0 } else { surplus },
                if sells { discharge.min(level) } else { 0.0 },
            ]
        };
        let mut all = Vec::new();
        // Only where the price is symmetric about its mean does its mean stay there.
        if market.price.start == mean {
            let [blind, _] = market.best(Some(mean));
            all.push(Baseline::exact("best without the price", market.first(&blind)));
        }
        all.push(Baseline::exact("two lines", market.of_rule(&lines)));
        all.push(Baseline::exact("no storage", market.of_rule(&|_, _| [0.0; 2])));
        all
    }
}

impl Exact for Table {
    fn value(&self) -> f64 {
        self.market.first(&self.values)
    }

    fn how(&self) -> String {
        "exact: dynamic programming".to_owned()
    }

    fn regret(&self, Seen { t, s, a, .. }: Seen<'_>, _: &mut Vec<f64>) -> f64 {
        let n = s.len() - 2;
        let sum = |v: &[f64]| v.iter().sum::<f64>();
        let (level, wind, price) = (sum(&s[..n]), s[n], s[n + 1]);
        let (c, y) = (sum(&a[..n]), sum(&a[n..]));
        let place = self.market.place([wind, price]);
        let reward = price * (y + (wind - c).min(self.market.demand[t]));
        let best = self.market.between(&self.values[t], level, place);
        let next = self.market.between(&self.ahead[t], level + c - y, place);
        best - reward - next
    }
}
