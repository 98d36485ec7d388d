//! Laws of rates fitted to replicated numbers, with intervals, tests and the choice between laws.
//!
//! A law y(x) with parameters θ is fitted to the logarithms zᵢ of the centres at xᵢ by weighted least squares,
//! Q = Σ wᵢ (zᵢ − ln y(xᵢ))². The weights come from the replicates; so does, with the residuals, the variance
//! s² of unit weight and its degrees of freedom ν. The covariance of θ is s² (JᵀWJ)⁻¹, the 95 % interval
//! θₖ ± t_ν √covₖₖ, exact for laws that are linear in θ with normal errors, else to first order; the
//! interval of a scale or of a break is that of its logarithm. Laws are compared by
//!
//!   AICc = n ln(S/n) + 2k + 2k(k + 1)/(n − k − 1),   k = parameters + 1,   [HT89]
//!
//! S the sum of squares of all n numbers, replicates included, in units of their variance.
//!
//! Errors at different x are taken for independent. Seeds that all x share may tie them together; then ask
//! [`bootstrap`], which draws whole seeds. Here nothing is known of what x and y are.

mod bootstrap;
mod broken;
mod change_point;
mod choose;
mod law;
mod linear;
mod orders;
mod plateau;
mod points;
mod richardson;
mod stability;
mod student;
mod theil_sen;
mod weights;

pub use bootstrap::{Bootstrap, Resampling, bootstrap};
pub use change_point::{By, ChangePoint, End, PlateauRule, change_point};
pub use choose::{Choice, Reason, Rejected, choose};
pub use law::Law;
pub use orders::{Order, orders};
pub use points::{Cell, Centre, Points};
pub use richardson::{Richardson, richardson, richardson_with};
pub use stability::{Dropped, Stability, stability};
pub use theil_sen::{TheilSen, theil_sen};
pub use weights::Scale;

use law::Kind;
use linear::Solution;
use weights::{Variance, Weights};

use crate::{Error, Result};

/// Half the width of a 95 % interval in standard errors, with so many degrees of freedom.
pub fn student_95(freedom: f64) -> f64 {
    student::quantile(freedom)
}

/// Where weights come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// From the variance of the replicates; equal where there are none.
    Replicates,
    /// All points weigh the same.
    Equal,
}

/// How to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What stands for the values at an x.
    pub centre: Centre,
    /// Where weights come from.
    pub weighting: Weighting,
}

/// A fitted parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, one of [`Law::parameters`].
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Its standard error.
    pub stderr: f64,
    /// The interval that holds the true value in 95 of 100 runs.
    pub ci95: [f64; 2],
}

/// The law at an x, with the band that holds the true law there in 95 of 100 runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The fitted value.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A fitted law.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Which law.
    pub law: Law,
    /// What stood for the values at an x.
    pub centre: Centre,
    /// The parameters, in the order of [`Law::parameters`].
    pub parameters: Vec<Parameter>,
    /// AICc; `None` when there are too few numbers for it.
    pub aicc: Option<f64>,
    /// How many points.
    pub points: usize,
    /// The root mean square of what is left of ln y, by N − p.
    pub scatter: f64,
    /// Where the variance of unit weight comes from.
    pub scale: Scale,
    /// Its degrees of freedom.
    pub freedom: f64,
    /// The p-value of the test that the law holds, from replicates against residuals; `None` without replicates.
    pub lack_of_fit: Option<f64>,
    theta: Vec<f64>,
    covariance: Vec<Vec<f64>>,
}

/// Fits a law.
///
/// Fails when the data are too few or have the wrong sign for the law, when replicates give no weights, and
/// when the data leave a parameter open.
///
/// ```
/// use ground::fit::{Centre, Law, Options, Points, Weighting, fit};
/// let points = Points::single(&[1.0, 2.0, 4.0, 8.0], &[1.02, 0.49, 0.26, 0.12])?;
/// let options = Options { centre: Centre::GeometricMean, weighting: Weighting::Replicates };
/// let fit = fit(&points, Law::Power, &options)?;
/// assert!((fit.parameter("exponent")?.value + 1.0).abs() < 0.03);
/// assert!(fit.p_value("exponent", -1.0)? > 0.05 && fit.p_value("exponent", -0.5)? < 0.01);
/// # Ok::<(), ground::Error>(())
/// ```
pub fn fit(points: &Points, law: Law, options: &Options) -> Result<Fit> {
    let data = Data::of(points, options)?;
    data.fit(law)
}

impl Fit {
    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Result<&Parameter> {
        Ok(&self.parameters[self.index(name)?])
    }

    /// The p-value of the two-sided t test that the parameter `name` is `value`; for a scale or a break that
    /// of its logarithm.
    pub fn p_value(&self, name: &str, value: f64) -> Result<f64> {
        let k = self.index(name)?;
        let coordinate = match self.law.kind(k) {
            Kind::Exponential if value <= 0.0 => return Ok(0.0),
            Kind::Exponential => value.ln(),
            Kind::Plain | Kind::NotNegative => value,
        };
        let t = (self.theta[k] - coordinate) / self.covariance[k][k].sqrt();
        Ok(student::two_sided(t, self.freedom))
    }

    /// The law at `x`.
    ///
    /// # Panics
    /// If the law needs a positive x and this is none.
    pub fn predict(&self, x: f64) -> Band {
        let takes_logs = !matches!(self.law, Law::Constant | Law::Exponential);
        assert!(x > 0.0 || !takes_logs, "{} has no value at x = {x}", self.law.title());
        let z = self.law.value(&self.theta, x);
        let gradient = self.law.gradient(&self.theta, x);
        let product = |i: usize| gradient.iter().zip(&self.covariance[i]).map(|(g, c)| g * c);
        let variance: f64 =
            gradient.iter().enumerate().map(|(i, g)| g * product(i).sum::<f64>()).sum();
        let half = student::quantile(self.freedom) * variance.max(0.0).sqrt();
        Band { value: z.exp(), low: (z - half).exp(), high: (z + half).exp() }
    }

    /// The place of a parameter.
    fn index(&self, name: &str) -> Result<usize> {
        let names = self.law.parameters();
        names.iter().position(|known| *known == name).ok_or_else(|| {
            let found = format!("{} has no parameter `{name}`", self.law.title());
            Error::input("fit", found).allowed(format!("Its parameters are {}", names.join(", ")))
        })
    }
}

/// What a fit is made from.
struct Data {
    x: Vec<f64>,
    centres: Vec<f64>,
    weights: Weights,
    centre: Centre,
}

impl Data {
    fn of(points: &Points, options: &Options) -> Result<Self> {
        let cells = points.cells(options.centre)?;
        let weights = Weights::of(&cells, options)?;
        let centres = cells.iter().map(|cell| cell.value).collect();
        Ok(Self { x: points.x().to_vec(), centres, weights, centre: options.centre })
    }

    /// Without the first `k` points.
    fn without(&self, k: usize) -> Self {
        Self {
            x: self.x[k..].to_vec(),
            centres: self.centres[k..].to_vec(),
            weights: self.weights.without(k),
            centre: self.centre,
        }
    }

    fn solve(&self, law: Law) -> Result<Solution> {
        law.check(&self.x, &self.centres)?;
        let z: Vec<f64> = self.centres.iter().map(|y| y.ln()).collect();
        law.solve(&self.x, &z, &self.weights.w)
    }

    fn fit(&self, law: Law) -> Result<Fit> {
        let solution = self.solve(law)?;
        let variance = self.weights.variance(&solution);
        let scaled = |row: &Vec<f64>| row.iter().map(|v| v * variance.value).collect();
        let covariance: Vec<Vec<f64>> = solution.unscaled.iter().map(scaled).collect();
        let t = student::quantile(variance.freedom);
        let p = law.parameters().len();
        let parameters = (0..p)
            .map(|k| parameter(law, k, solution.theta[k], [covariance[k][k].sqrt(), t]))
            .collect();
        let left = |(x, y): (&f64, &f64)| (y.ln() - law.value(&solution.theta, *x)).powi(2);
        let squares: f64 = self.x.iter().zip(&self.centres).map(left).sum();
        let Variance { freedom, scale, lack_of_fit, .. } = variance;
        Ok(Fit {
            law,
            centre: self.centre,
            parameters,
            aicc: self.weights.aicc(solution.squares, p),
            points: self.x.len(),
            scatter: (squares / (self.x.len() - p) as f64).sqrt(),
            scale,
            freedom,
            lack_of_fit,
            theta: solution.theta,
            covariance,
        })
    }
}

/// A parameter from its coordinate, the error of that and the quantile of Student.
fn parameter(law: Law, k: usize, theta: f64, [stderr, t]: [f64; 2]) -> Parameter {
    let ends = [theta - t * stderr, theta + t * stderr];
    let (value, stderr, ci95) = match law.kind(k) {
        Kind::Plain => (theta, stderr, ends),
        Kind::Exponential => (theta.exp(), theta.exp() * stderr, ends.map(f64::exp)),
        Kind::NotNegative => (theta, stderr, ends.map(|end| end.max(0.0))),
    };
    Parameter { name: law.parameters()[k], value, stderr, ci95 }
}

#[cfg(test)]
mod tests;
