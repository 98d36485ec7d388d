//! What each point weighs, and how far replicates are to be trusted.
//!
//! vᵢ is the variance of the logarithm of a centre, sᵢ² = nᵢ vᵢ that of one replicate, νᵢ = nᵢ − 1.
//!
//! * One replicate everywhere: all weights are 1.
//! * Fewer than [`MANY`] replicates say little about their own variance: the weight is nᵢ/s² with the pooled
//!   s² = Σ νᵢ sᵢ²/Σ νᵢ.
//! * From [`MANY`] on the weight is (1 − 2/νᵢ)/vᵢ, which has the mean 1/σᵢ² for normal replicates.
//!
//! Two measures of the variance of unit weight stand beside each other: 1, from ν = Σ νᵢ degrees of
//! freedom of the replicates, and Q/(N − p) from the residuals of N points. Their ratio tests the lack of
//! fit. Where its p-value is 10 % or more both are pooled, else the residuals decide: a law that fits badly
//! has wide intervals. Where the law holds, 95 % become 95.5 %: one in ten fits is wide for nothing. [Ban44]
//!
//! Weights that are estimated make a fit worse than it believes to be. For a mean Meier found the factor
//! 1 + 4 Σ cᵢ (1 − hᵢ)/νᵢ for weights 1/vᵢ, with cᵢ the share of point i in the variance and hᵢ its leverage
//! [Mei53]; here 2 of the 4 are in the weight already, and cᵢ is hᵢ/p.

use super::linear::Solution;
use super::points::Cell;
use super::student::fisher_tail;
use super::{Options, Weighting};
use crate::{Error, Result};

/// From here on replicates have their own variance.
pub(super) const MANY: usize = 10;

/// The level of the test of the lack of fit above which replicates and residuals are pooled.
const POOLED: f64 = 0.1;

/// The rounding error of the logarithm of a number that was computed.
const ROUNDING: f64 = 1e-14;

/// Where the variance of unit weight comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From the residuals of the points.
    Residuals,
    /// From the replicates and the residuals together.
    Replicates,
}

/// The weights of the points.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// One a point.
    pub w: Vec<f64>,
    /// 1/νᵢ for a point with its own variance, 0 for the others.
    own: Vec<f64>,
    /// ν, 0 without replicates.
    freedom: f64,
    /// How many numbers all points have together where replicates count, else how many points.
    pub numbers: usize,
}

/// The variance of unit weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variance {
    pub value: f64,
    pub freedom: f64,
    pub scale: Scale,
    pub lack_of_fit: Option<f64>,
}

impl Weights {
    /// The weights of `cells`.
    pub(super) fn of(cells: &[Cell], options: &Options) -> Result<Self> {
        let points = cells.len();
        let nu = |cell: &Cell| (cell.n - 1) as f64;
        let freedom: f64 = cells.iter().map(nu).sum();
        if options.weighting == Weighting::Equal || freedom == 0.0 {
            let equal = vec![1.0; points];
            return Ok(Self { w: equal, own: vec![0.0; points], freedom: 0.0, numbers: points });
        }
        let variance = |cell: &Cell| cell.log_stderr.map_or(0.0, |s| s * s);
        let sum: f64 = cells.iter().map(|c| nu(c) * c.n as f64 * variance(c)).sum();
        let pooled = sum / freedom;
        if pooled <= ROUNDING * ROUNDING {
            let found = "the replicates at each x are equal, their variance 0 gives no weights";
            return Err(Error::input("fit", found).allowed("Give one value at each x instead"));
        }
        let mut weights = Self {
            w: Vec::new(),
            own: Vec::new(),
            freedom,
            numbers: cells.iter().map(|c| c.n).sum(),
        };
        for cell in cells {
            if cell.n < MANY {
                weights.w.push(cell.n as f64 / pooled);
                weights.own.push(0.0);
                continue;
            }
            if variance(cell) <= ROUNDING * ROUNDING {
                let found = format!(
                    "the {} replicates at x = {} are equal, their variance 0 gives no weight",
                    cell.n, cell.x
                );
                return Err(Error::input("fit", found).allowed("Weigh all points equally instead"));
            }
            weights.w.push((1.0 - 2.0 / nu(cell)) / variance(cell));
            weights.own.push(1.0 / nu(cell));
        }
        Ok(weights)
    }

    /// The weights without the first `k` points; what the replicates say stays.
    pub(super) fn without(&self, k: usize) -> Self {
        Self { w: self.w[k..].to_vec(), own: self.own[k..].to_vec(), ..self.clone() }
    }

    /// Whether replicates decide about the weights.
    pub(super) fn has_replicates(&self) -> bool {
        self.freedom > 0.0
    }

    /// The variance of unit weight after a fit.
    pub(super) fn variance(&self, solution: &Solution) -> Variance {
        let p = solution.theta.len() as f64;
        let left = self.w.len() as f64 - p;
        let squares = self.least(solution.squares);
        let residuals = squares / left;
        let alone = Variance {
            value: residuals,
            freedom: left,
            scale: Scale::Residuals,
            lack_of_fit: None,
        };
        if !self.has_replicates() {
            return alone;
        }
        let lack_of_fit = Some(fisher_tail(residuals, left, self.freedom));
        let shares = self.own.iter().zip(&solution.leverage);
        let meier: f64 = shares.map(|(own, h)| own * h * (1.0 - 2.0 * h).max(0.0)).sum();
        let factor = 1.0 + 2.0 * meier / p;
        if lack_of_fit.is_some_and(|level| level < POOLED) {
            return Variance { value: residuals * factor, lack_of_fit, ..alone };
        }
        let freedom = left + self.freedom;
        let value = (squares + self.freedom) / freedom * factor;
        Variance { value, freedom, scale: Scale::Replicates, lack_of_fit }
    }

    /// AIC with the correction of Hurvich and Tsai, up to a number that is the same for all laws; `p` is the
    /// number of parameters, and the variance is one more. `None` when there are too few numbers for it.
    pub(super) fn aicc(&self, squares: f64, p: usize) -> Option<f64> {
        let (n, k) = (self.numbers as f64, (p + 1) as f64);
        let squares = self.least(squares) + self.freedom;
        (n - k - 1.0 > 0.0)
            .then(|| n * (squares / n).ln() + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0))
    }

    /// A sum of squares, but not below what rounding makes.
    fn least(&self, squares: f64) -> f64 {
        squares.max(ROUNDING * ROUNDING * self.w.iter().sum::<f64>())
    }
}
