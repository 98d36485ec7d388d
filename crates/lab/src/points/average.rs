//! Averages of an integral representation at m points: their error, and two targets with a constant.
//!
//! ```text
//! f*(x) = E g(w, x),  w ~ N(0, I_d)        f_m(x) = (1/m) Σ_j g(w_j, x)
//! error of a repeat = mean over test points of (f_m(x) − f*(x))²
//! ```
//! For independent points its expectation is Var g/m, whatever d: m·error is a constant that can be
//! known. Stein's identity gives two exact targets on the unit sphere, σ(z) = max(z, 0): [E20]
//!
//! ```text
//!            E g(w, x)                      m·error at x                      over the sphere
//! linear     E w₁σ(w·x) = x₁/2              ½ + ¾ x₁²                         ½ + 3/(4d)
//! product    E w₁w₂σ(w·x) = x₁x₂/√(2π)      ½ + x₁² + x₂² − x₁²x₂²/(2π)       ½ + 2/d − 1/(2π d(d + 2))
//! ```
//! With fixed test points the constant is the mean of the third column over them, not the fourth.
//!
//! A repeat is one scrambling of one m: repeats and different m are independent, so that their spread
//! gives a standard error and a slope. g(w, x) = a(w) σ(w·x) costs one product of matrices.

use std::f64::consts::TAU;

use ground::array::ArrayView2;
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result, par};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Points, Sampler, sphere};

/// Points w whose products with all test points are in memory at once.
const CHUNK: usize = 256;

/// A function of a vector, to be called from many threads.
pub type Function<'a> = &'a (dyn Fn(&[f64]) -> f64 + Sync);

/// g(w, x).
#[derive(Clone, Copy)]
pub enum Integrand<'a> {
    /// Any g(w, x).
    General(&'a (dyn Fn(&[f64], &[f64]) -> f64 + Sync)),
    /// a(w) σ(w·x).
    Ridge {
        /// a(w).
        factor: Function<'a>,
        /// σ(z).
        sigma: &'a (dyn Fn(f64) -> f64 + Sync),
    },
}

impl std::fmt::Debug for Integrand<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::General(_) => "g(w, x)",
            Self::Ridge { .. } => "a(w) sigma(w.x)",
        })
    }
}

/// A function of R^d that is an integral, and its value.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// d.
    pub d: usize,
    /// g(w, x).
    pub integrand: Integrand<'a>,
    /// f*(x) = E g(w, x).
    pub exact: Function<'a>,
}

impl std::fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("d", &self.d).field("integrand", &self.integrand).finish()
    }
}

/// Where the average is compared with the integral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At<'a> {
    /// At these points in all repeats, `[n, d]`.
    Points(&'a [f64]),
    /// At so many points of the unit sphere, new ones in every repeat.
    Sphere(usize),
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The family.
    pub points: Points,
    /// Points of an average.
    pub m: usize,
    /// Independent averages.
    pub repeats: usize,
}

/// The errors of repeated averages of m points.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// Points of an average.
    pub m: usize,
    /// The mean square error over the test points, `[repeats]`.
    pub squares: Vec<f64>,
}

impl Errors {
    /// The mean square error over repeats.
    pub fn mean_square(&self) -> Estimate {
        Estimate::of(&self.squares)
    }

    /// m times the mean square error: the variance of g, where points are independent.
    pub fn constant(&self) -> Estimate {
        let (square, m) = (self.mean_square(), self.m as f64);
        Estimate { mean: m * square.mean, stderr: m * square.stderr, n: square.n }
    }

    /// The root of the mean square error, its standard error by the delta method.
    pub fn root(&self) -> Estimate {
        let square = self.mean_square();
        let mean = square.mean.sqrt();
        let stderr = if mean == 0.0 { 0.0 } else { square.stderr / (2.0 * mean) };
        Estimate { mean, stderr, n: square.n }
    }
}

/// The mean square error of averages of m points, repeat by repeat.
///
/// ```
/// use ground::stream::Stream;
/// use lab::points::{Points, average::{At, Draw, Stein, mean_square_error}};
/// let target = Stein::Linear.target(10).unwrap();
/// let draw = Draw { points: Points::MonteCarlo, m: 64, repeats: 400 };
/// let errors = mean_square_error(&target, At::Sphere(10), &draw, &Stream::new(1)).unwrap();
/// assert!(errors.constant().deviation(0.575) < 5.0);
/// ```
///
/// Fails where points cannot be drawn, there is nothing to average, or a number is not finite.
pub fn mean_square_error(target: &Target, at: At, draw: &Draw, stream: &Stream) -> Result<Errors> {
    let d = target.d;
    let (points, m) = (draw.points, draw.m);
    let n = match at {
        At::Points(x) => x.len().checked_div(d).unwrap_or(0),
        At::Sphere(n) => n,
    };
    for (key, count) in [("repeats", draw.repeats), ("test points", n)] {
        if count == 0 {
            return Err(Error::input(key, "none were asked for").allowed("At least 1 is needed"));
        }
    }
    if let At::Points(x) = at {
        assert!(x.len() == n * d, "{} numbers are not points of R^{d}", x.len());
    }
    let sampler = points.in_dimension(d)?;
    let stream = stream.child(points.name()).child(&format!("{m} points"));
    let repeat = |r: usize| {
        let stream = stream.child(&format!("repeat {r}"));
        match at {
            At::Points(x) => square(target, x, (&sampler, m), &stream),
            At::Sphere(n) => {
                square(target, &sphere(n, d, &stream.child("test")), (&sampler, m), &stream)
            }
        }
    };
    let squares: Vec<f64> = par::map(draw.repeats, repeat).into_iter().collect::<Result<_>>()?;
    if let Some(r) = squares.iter().position(|square| !square.is_finite()) {
        return Err(Error::Numeric { what: "the error of an average".into(), at: r as u64 });
    }
    Ok(Errors { m, squares })
}

/// The mean square error of one average.
fn square(
    target: &Target,
    x: &[f64],
    (sampler, m): (&Sampler, usize),
    stream: &Stream,
) -> Result<f64> {
    let d = target.d;
    let w = sampler.normal(m, &stream.child("points"))?;
    let n = x.len() / d;
    let mut sums = vec![0.0; n];
    match target.integrand {
        Integrand::General(g) => {
            for w in w.chunks(d) {
                for (sum, x) in sums.iter_mut().zip(x.chunks(d)) {
                    *sum += g(w, x);
                }
            }
        }
        Integrand::Ridge { factor, sigma } => {
            let columns = ArrayView2::from_shape((n, d), x).map_err(shape)?.reversed_axes();
            for w in w.chunks(CHUNK * d) {
                let rows = ArrayView2::from_shape((w.len() / d, d), w).map_err(shape)?;
                let z = rows.dot(&columns); // [chunk, n]
                for (w, z) in w.chunks(d).zip(z.rows()) {
                    let a = factor(w);
                    for (sum, z) in sums.iter_mut().zip(z) {
                        *sum += a * sigma(*z);
                    }
                }
            }
        }
    }
    let error = |(sum, x): (&f64, &[f64])| (sum / m as f64 - (target.exact)(x)).powi(2);
    Ok(sums.iter().zip(x.chunks(d)).map(error).sum::<f64>() / n as f64)
}

fn shape(error: impl std::fmt::Display) -> Error {
    Error::bug(format!("the shape of a matrix: {error}"))
}

/// Functions of the unit sphere that are integrals by Stein's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stein {
    /// x₁/2.
    Linear,
    /// x₁x₂/√(2π).
    Product,
}

impl Stein {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Linear, Self::Product];

    /// What it is called in a case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Product => "product",
        }
    }

    /// The target in R^d. Fails where it has too few coordinates.
    pub fn target(self, d: usize) -> Result<Target<'static>> {
        let least = if self == Self::Linear { 1 } else { 2 };
        if d < least {
            let found = format!("the target `{}` needs more than {d}", self.name());
            return Err(
                Error::input("dimension", found).allowed(format!("At least {least} is needed"))
            );
        }
        let (factor, exact): (Function, Function) = match self {
            Self::Linear => (&|w| w[0], &|x| Self::Linear.at(x)),
            Self::Product => (&|w| w[0] * w[1], &|x| Self::Product.at(x)),
        };
        let integrand = Integrand::Ridge { factor, sigma: &|z: f64| z.max(0.0) };
        Ok(Target { d, integrand, exact })
    }

    /// f*(x), |x| = 1.
    pub fn at(self, x: &[f64]) -> f64 {
        match self {
            Self::Linear => 0.5 * x[0],
            Self::Product => x[0] * x[1] / TAU.sqrt(),
        }
    }

    /// The variance of g(w, x), |x| = 1.
    pub fn variance(self, x: &[f64]) -> f64 {
        match self {
            Self::Linear => 0.5 + 0.75 * x[0].powi(2),
            Self::Product => {
                let [p, q] = [x[0].powi(2), x[1].powi(2)];
                0.5 + p + q - p * q / TAU
            }
        }
    }

    /// The mean of the variance over points of the unit sphere, `[n, d]`.
    pub fn mean_variance(self, x: &[f64], d: usize) -> f64 {
        x.chunks(d).map(|x| self.variance(x)).sum::<f64>() / (x.len() / d) as f64
    }

    /// The mean of the variance over the whole unit sphere of R^d.
    ///
    /// ```
    /// use lab::points::average::Stein;
    /// assert_eq!(Stein::Linear.sphere_variance(2), 0.875);
    /// ```
    pub fn sphere_variance(self, d: usize) -> f64 {
        let d = d as f64;
        match self {
            Self::Linear => 0.5 + 0.75 / d,
            Self::Product => 0.5 + 2.0 / d - (TAU * d * (d + 2.0)).recip(),
        }
    }
}

#[cfg(test)]
mod tests;
