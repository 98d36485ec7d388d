//! Points to average over: Monte Carlo, scrambled Sobol points and scrambled Halton points.
//!
//! m points of (0, 1)^d, and m normal vectors. Each point on its own is uniform (normal), so that
//! an average over any family is unbiased; they differ in how the m points depend on one another.
//!
//! ```text
//! monte-carlo   independent                                          error ~ m^(−1/2)
//! sobol         a digital net in base 2 with the direction numbers of Joe and Kuo [JK08], its
//!               digits permuted by Owen's nested scrambling [Owe97]
//! halton        radical inverses in the first d primes, every digit of every coordinate under a
//!               uniform permutation of its own [Owe17]
//! ```
//! What a smooth integrand in few dimensions gains from the last two is a steeper rate; in high
//! dimension little may be left of it. Their error comes from replicates: a stream is one
//! scrambling, several streams give a mean with its standard error. m = 2^k suits Sobol points best.
//!
//! Normal vectors are z_i = Φ^(−1)(u_i), coordinate by coordinate; those of Monte Carlo are the normal
//! numbers of the stream, with no detour. [`average`] measures what m points are worth.

use ground::kernel::{lane, normal};
use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

pub mod average;
mod halton;
mod sobol;

/// The highest dimension of Sobol and Halton points: that of the table of direction numbers.
pub const MOST_DIMENSIONS: usize = 21_201;

/// The most numbers m d of one draw: 1 GiB.
pub const MOST_NUMBERS: usize = 1 << 27;

/// A family of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Points {
    /// Independent points.
    MonteCarlo,
    /// Sobol points under Owen's nested scrambling.
    Sobol,
    /// Halton points under random permutations of their digits.
    Halton,
}

impl Points {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MonteCarlo, Self::Sobol, Self::Halton];

    /// What it is called in a case.
    pub fn name(self) -> &'static str {
        match self {
            Self::MonteCarlo => "monte-carlo",
            Self::Sobol => "sobol",
            Self::Halton => "halton",
        }
    }

    /// The family of this name.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|points| points.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::input("points", format!("`{name}` is not a family of points"))
                .allowed(format!("Known here: {known}"))
        })
    }

    /// The family in R^d, ready to be drawn. Fails where it has not as many dimensions.
    pub fn in_dimension(self, d: usize) -> Result<Sampler> {
        let most = if self == Self::MonteCarlo { MOST_NUMBERS } else { MOST_DIMENSIONS };
        if !(1..=most).contains(&d) {
            let found = format!("`{}` has no points in {d} dimensions", self.name());
            return Err(Error::input("dimension", found).allowed(format!("It has 1 to {most}")));
        }
        let table = match self {
            Self::MonteCarlo => Table::None,
            Self::Sobol => Table::Sobol(sobol::Net::new(d)),
            Self::Halton => Table::Halton(halton::primes(d)),
        };
        Ok(Sampler { points: self, d, table })
    }
}

/// What a family knows before it draws.
#[derive(Clone, Debug)]
enum Table {
    None,
    Sobol(sobol::Net),
    /// The bases, `[d]`.
    Halton(Vec<u32>),
}

/// A family of points in R^d.
///
/// ```
/// use {ground::stream::Stream, lab::points::Points};
/// let sampler = Points::Sobol.in_dimension(2).unwrap();
/// let x = sampler.uniform(4, &Stream::new(1)).unwrap(); // [4, 2]
/// // One point in each quarter of every side.
/// let mut quarters: Vec<_> = x.chunks(2).map(|x| (4.0 * x[1]).floor()).collect();
/// quarters.sort_by(f64::total_cmp);
/// assert_eq!(quarters, [0.0, 1.0, 2.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Sampler {
    points: Points,
    d: usize,
    table: Table,
}

impl Sampler {
    /// Which family it is.
    pub fn points(&self) -> Points {
        self.points
    }

    /// d.
    pub fn d(&self) -> usize {
        self.d
    }

    /// m points of (0, 1)^d, `[m, d]`; the stream is the replicate. Fails where m d numbers are none
    /// or too many.
    pub fn uniform(&self, m: usize, stream: &Stream) -> Result<Vec<f64>> {
        self.fits(m)?;
        Ok(match &self.table {
            Table::None => independent(m, self.d, stream),
            Table::Sobol(net) => net.draw(m, stream),
            Table::Halton(bases) => halton::draw(bases, m, stream),
        })
    }

    /// m normal vectors, `[m, d]`; the stream is the replicate. Fails where m d numbers are none or
    /// too many.
    pub fn normal(&self, m: usize, stream: &Stream) -> Result<Vec<f64>> {
        self.fits(m)?;
        if let Table::None = self.table {
            return Ok(normals(m, self.d, stream));
        }
        let law = Normal::standard();
        let mut w = self.uniform(m, stream)?;
        for w in &mut w {
            *w = law.inverse_cdf(*w);
        }
        Ok(w)
    }

    fn fits(&self, m: usize) -> Result<()> {
        if m > 0 && m.checked_mul(self.d).is_some_and(|numbers| numbers <= MOST_NUMBERS) {
            return Ok(());
        }
        let (found, most) = (format!("{m} points in {} dimensions", self.d), MOST_NUMBERS / self.d);
        Err(Error::input("points", format!("{found} cannot be drawn"))
            .allowed(format!("From 1 to {most} fit into memory")))
    }
}

/// n points of the unit sphere of R^d, uniform and independent, `[n, d]`: normal vectors over their
/// length.
///
/// ```
/// let x = lab::points::sphere(3, 5, &ground::stream::Stream::new(1));
/// assert!((x[5..10].iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-15);
/// ```
pub fn sphere(n: usize, d: usize, stream: &Stream) -> Vec<f64> {
    let mut x = normals(n, d, stream);
    for point in x.chunks_mut(d.max(1)) {
        let length = point.iter().map(|x| x * x).sum::<f64>().sqrt();
        for x in point {
            *x /= length;
        }
    }
    x
}

/// `stream.normal(i, 0, c)`, `[m, d]`, eight points at a time.
fn normals(m: usize, d: usize, stream: &Stream) -> Vec<f64> {
    let lanes = <f64 as lane::Real>::LANES;
    let mut rows = vec![lane::Row8::default(); d];
    let mut out = vec![0.0; m * d];
    for (block, points) in out.chunks_mut(lanes * d.max(1)).enumerate() {
        let first = (block * lanes) as u64;
        normal::normals(lane::level(), stream, first, 0, 1.0, &mut rows);
        for (l, point) in points.chunks_mut(d).enumerate() {
            for (x, row) in point.iter_mut().zip(&rows) {
                *x = row.as_ref()[l];
            }
        }
    }
    out
}

/// `stream.uniform(i, 0, c)`, `[m, d]`, four coordinates at a time.
fn independent(m: usize, d: usize, stream: &Stream) -> Vec<f64> {
    let mut out = vec![0.0; m * d];
    for (i, point) in out.chunks_mut(d).enumerate() {
        for (group, four) in point.chunks_mut(4).enumerate() {
            for (x, word) in four.iter_mut().zip(stream.words(i as u64, 0, group)) {
                *x = unit(word);
            }
        }
    }
    out
}

/// (word + ½)/2³², as the stream makes uniform numbers of words.
fn unit(word: u32) -> f64 {
    (f64::from(word) + 0.5) / 4_294_967_296.0
}

/// What rounding took to 1 is put back into (0, 1).
fn open(u: f64) -> f64 {
    u.clamp(f64::MIN_POSITIVE, 1.0 - 0.5 * f64::EPSILON)
}

#[cfg(test)]
mod tests;
