//! Hats of level, wind and price: sums that are linear in between, their means a step ahead, and how they are fitted.
//!
//! ```text
//! f(x, E, P) = Σ_{jkl} θ_{jkl} h_j(x) h_k(E) h_l(P)        h hats on equidistant knots, x ∈ [0, 1] a level
//! E[f(x, E', P') | E, P]                                   the same with E h_k(E'), E h_l(P'), exactly
//! θ    least Σ (f − y)² + ρ Σ (second differences of θ along each axis)²
//! ```
//! Wind and price are independent chains, so that the mean of a product is a product of means. Where no path went,
//! differences keep f a continuation of what is known beside it.

use ground::array::Array;
use ground::{Result, linalg};

use crate::model::storage::Chain;

/// What keeps the equations regular, as a share of the samples.
const RIDGE: f64 = 1e-7;

/// Which hats are not zero, and how high they are.
pub type Heights = Vec<(usize, f64)>;

/// The hats of a chain, for each of its numbers.
#[derive(Clone, Debug)]
struct Hats {
    low: f64,
    count: usize,
    now: Vec<Heights>,
    /// Their means a step ahead.
    ahead: Vec<Heights>,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
fn floor(x: f64) -> usize {
    x.max(0.0) as usize
}

/// The hats that are not zero at x, of so many on [0, 1].
fn hats(count: usize, x: f64) -> Heights {
    if count < 2 {
        return vec![(0, 1.0)];
    }
    let x = x.clamp(0.0, 1.0) * (count - 1) as f64;
    let below = floor(x).min(count - 2);
    let part = x - below as f64;
    vec![(below, 1.0 - part), (below + 1, part)]
}

impl Hats {
    fn of(chain: &Chain, most: usize) -> Self {
        let states = chain.states();
        let count = most.min(states.len());
        let [low, high] = chain.range;
        let at = |x: f64| hats(count, if high > low { (x - low) / (high - low) } else { 0.0 });
        let mean = |x: &f64| {
            let mut sums = vec![0.0; count];
            for (k, p) in chain.moves.iter().zip(&chain.probabilities) {
                for (j, h) in at(chain.moved(*x, *k)) {
                    sums[j] += p * h;
                }
            }
            sums.into_iter().enumerate().filter(|(_, h)| *h > 0.0).collect()
        };
        let ahead = states.iter().map(mean).collect();
        Self { low, count, now: states.iter().map(|x| at(*x)).collect(), ahead }
    }

    /// Those of a number.
    fn at(&self, x: f64, when: When) -> &Heights {
        let place = floor(x - self.low + 0.5).min(self.now.len() - 1);
        match when {
            When::Now => &self.now[place],
            When::Ahead => &self.ahead[place],
        }
    }
}

/// When wind and price are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At these numbers.
    Now,
    /// A step after them, in the mean.
    Ahead,
}

/// Products of hats, of one level or of several that are added.
#[derive(Clone, Debug)]
pub struct Basis {
    /// Hats of each level.
    levels: Vec<usize>,
    wind: Hats,
    price: Hats,
}

impl Basis {
    /// With so many hats of each level, and of two chains.
    pub fn new(levels: &[usize], chains: [(&Chain, usize); 2]) -> Self {
        let [wind, price] = chains.map(|(chain, most)| Hats::of(chain, most));
        Self { levels: levels.to_vec(), wind, price }
    }

    /// Hats of wind and price.
    fn side(&self) -> usize {
        self.wind.count * self.price.count
    }

    /// Numbers of θ.
    pub fn count(&self) -> usize {
        self.levels.iter().sum::<usize>() * self.side()
    }

    /// Adds what is not zero at levels from 0 to 1, wind and price, times `scale`.
    pub fn heights(&self, levels: &[f64], seen: ([f64; 2], When), scale: f64, to: &mut Heights) {
        let ([wind, price], when) = seen;
        let (winds, prices) = (self.wind.at(wind, when), self.price.at(price, when));
        let mut first = 0;
        for (&count, &x) in self.levels.iter().zip(levels) {
            for (j, of_level) in hats(count, x) {
                for (k, of_wind) in winds {
                    let line = first + j * self.side() + k * self.price.count;
                    let height = scale * of_level * of_wind;
                    to.extend(prices.iter().map(|(l, h)| (line + l, height * h)));
                }
            }
            first += count * self.side();
        }
    }

    /// Neighbours in θ along each axis: three in a row.
    fn rows(&self) -> Vec<[usize; 3]> {
        let (side, prices) = (self.side(), self.price.count);
        let mut rows = Vec::new();
        let mut first = 0;
        for &levels in &self.levels {
            let axes = [(levels, side), (self.wind.count, prices), (prices, 1)];
            for (count, stride) in axes {
                for at in 0..levels * side {
                    let k = at / stride % count;
                    if k >= 1 && k + 1 < count {
                        rows.push([first + at - stride, first + at, first + at + stride]);
                    }
                }
            }
            first += levels * side;
        }
        rows
    }
}

/// f at what is not zero.
pub fn value(theta: &[f64], heights: &Heights) -> f64 {
    heights.iter().map(|(k, h)| theta[*k] * h).sum()
}

/// The equations of least squares.
#[derive(Clone, Debug)]
pub struct Equations {
    n: f64,
    /// Σ h hᵀ, its lower half, and Σ h y.
    left: Array,
    right: Vec<f64>,
}

impl Equations {
    /// None yet, for so many numbers.
    pub fn new(count: usize) -> Self {
        Self { n: 0.0, left: Array::zeros((count, count)), right: vec![0.0; count] }
    }

    /// One more sample.
    pub fn hear(&mut self, heights: &Heights, y: f64) {
        self.n += 1.0;
        for (at, (j, h)) in heights.iter().enumerate() {
            self.right[*j] += h * y;
            for (k, g) in &heights[..=at] {
                self.left[[*j.max(k), *j.min(k)]] += h * g;
            }
        }
    }

    /// With those of other samples.
    pub fn with(mut self, other: &Self) -> Self {
        self.n += other.n;
        self.left += &other.left;
        self.right.iter_mut().zip(&other.right).for_each(|(to, from)| *to += from);
        self
    }

    /// θ, with ρ in samples.
    pub fn solve(mut self, basis: &Basis, rho: f64) -> Result<Vec<f64>> {
        let count = basis.count();
        for row in basis.rows() {
            for (j, a) in row.iter().zip([1.0, -2.0, 1.0]) {
                for (k, b) in row.iter().zip([1.0, -2.0, 1.0]).filter(|(k, _)| *k <= j) {
                    self.left[[*j, *k]] += rho * a * b;
                }
            }
        }
        for j in 0..count {
            self.left[[j, j]] += RIDGE * self.n;
        }
        let lower = linalg::cholesky(&self.left)?;
        let mut theta = self.right;
        for j in 0..count {
            let row = lower.row(j);
            let known: f64 = row.iter().zip(&theta[..j]).map(|(l, x)| l * x).sum();
            theta[j] = (theta[j] - known) / row[j];
        }
        for j in (0..count).rev() {
            theta[j] /= lower[[j, j]];
            let (earlier, own) = theta.split_at_mut(j);
            for (x, l) in earlier.iter_mut().zip(lower.row(j)) {
                *x -= l * own[0];
            }
        }
        Ok(theta)
    }
}
