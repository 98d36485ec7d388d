//! Where paths start: at a point, or at points drawn from a law.
//!
//! ```text
//! point     X_0 = x₀
//! normal    X_0 = mean + sd ζ_k,              ζ_k ~ N(0, I)
//! uniform   X_0 = low + (high − low) υ_k,     υ_k uniform in (0, 1)^d
//! ```
//! k counts the starts of a stream. Where paths are compared with each other they come in groups of 8
//! that share one start and nothing else, k = path / 8; elsewhere every path has its own, k = path.
//! All levels share starts, as they share Brownian motion.
//!
//! With a law u(0, ·) is a function, and y₀ is one: it is eliminated start by start, by the mean over
//! the group. Without u in the driver no step needs it.

use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Paths that share a start where the loss compares them.
pub(crate) const GROUP: usize = 8;

/// Standard deviations beyond which no draw of a normal law lies.
const TAIL: f64 = 7.0;

/// x₀: a point, or a law with independent components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Origin {
    /// A point.
    Point(Numbers),
    /// A normal law.
    Normal(Normal),
    /// A uniform law.
    Uniform(Uniform),
}

/// A number for every component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Numbers {
    /// The same number in every component.
    Number(f64),
    /// Component by component.
    List(Vec<f64>),
}

/// Independent normal components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Normal {
    /// The mean of x₀, component by component where it is a list.
    pub mean: Numbers,
    /// The standard deviation of x₀, positive, component by component where it is a list.
    pub sd: Numbers,
}

/// Independent uniform components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Uniform {
    /// The lower end of x₀, component by component where it is a list.
    pub low: Numbers,
    /// The upper end of x₀, above low, component by component where it is a list.
    pub high: Numbers,
}

impl From<f64> for Numbers {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(list: Vec<f64>) -> Self {
        Self::List(list)
    }
}

impl From<&[f64]> for Origin {
    fn from(x: &[f64]) -> Self {
        Self::Point(x.to_vec().into())
    }
}

impl Numbers {
    /// Component i.
    fn at(&self, i: usize) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::List(list) => list[i],
        }
    }

    fn given(&self) -> &[f64] {
        match self {
            Self::Number(number) => std::slice::from_ref(number),
            Self::List(list) => list,
        }
    }

    /// Finite numbers, as many as there are dimensions; `what` is their name.
    fn check(&self, key: &str, what: &str, dim: usize) -> Result<()> {
        if let Self::List(list) = self
            && list.len() != dim
        {
            return Err(Error::input(key, format!("{what} has {} components", list.len()))
                .allowed(format!(
                    "The equation has {dim} dimensions: one number, or a list of {dim}"
                )));
        }
        match self.given().iter().find(|x| !x.is_finite()) {
            None => Ok(()),
            Some(bad) => {
                Err(Error::input(key, format!("`{bad}` is no coordinate"))
                    .allowed("Finite numbers"))
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::List(list) => place(list),
        }
    }
}

impl Origin {
    /// A normal law; numbers of every component, or lists.
    ///
    /// ```
    /// let law = paths::origin::Origin::normal(0.0, vec![0.5, 2.0]);
    /// assert_eq!(law.mean(2), [0.0, 0.0]);
    /// assert_eq!(law.variance(2), 0.5 * (0.25 + 4.0));
    /// ```
    pub fn normal(mean: impl Into<Numbers>, sd: impl Into<Numbers>) -> Self {
        Self::Normal(Normal { mean: mean.into(), sd: sd.into() })
    }

    /// A uniform law; numbers of every component, or lists.
    pub fn uniform(low: impl Into<Numbers>, high: impl Into<Numbers>) -> Self {
        Self::Uniform(Uniform { low: low.into(), high: high.into() })
    }

    /// Whether x₀ is drawn.
    pub fn is_law(&self) -> bool {
        !matches!(self, Self::Point(_))
    }

    /// Paths that share a start where paths are compared; 1 for a point, which all of them share.
    pub(crate) fn group(&self) -> usize {
        if self.is_law() { GROUP } else { 1 }
    }

    /// E x₀, `[d]`.
    pub fn mean(&self, dim: usize) -> Vec<f64> {
        let one = |i: usize| match self {
            Self::Point(x) => x.at(i),
            Self::Normal(Normal { mean, .. }) => mean.at(i),
            Self::Uniform(Uniform { low, high }) => 0.5 * (low.at(i) + high.at(i)),
        };
        (0..dim).map(one).collect()
    }

    /// Var x₀, the mean over components.
    pub fn variance(&self, dim: usize) -> f64 {
        let one = |i: usize| match self {
            Self::Point(_) => 0.0,
            Self::Normal(Normal { sd, .. }) => sd.at(i).powi(2),
            Self::Uniform(Uniform { low, high }) => (high.at(i) - low.at(i)).powi(2) / 12.0,
        };
        (0..dim).map(one).sum::<f64>() / dim as f64
    }

    /// Component i of start k of a stream.
    pub fn draw(&self, stream: &Stream, k: u64, i: usize) -> f64 {
        match self {
            Self::Point(x) => x.at(i),
            Self::Normal(Normal { mean, sd }) => mean.at(i) + sd.at(i) * stream.normal(k, 0, i),
            Self::Uniform(Uniform { low, high }) => {
                low.at(i) + (high.at(i) - low.at(i)) * stream.uniform(k, 0, i)
            }
        }
    }

    /// The coordinate furthest from 0 where a path may start.
    pub(crate) fn furthest(&self, dim: usize) -> f64 {
        let ends = |i: usize| match self {
            Self::Point(x) => [x.at(i); 2],
            Self::Normal(Normal { mean, sd }) => [-TAIL, TAIL].map(|k| mean.at(i) + k * sd.at(i)),
            Self::Uniform(Uniform { low, high }) => [low.at(i), high.at(i)],
        };
        let further = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
        (0..dim).flat_map(ends).fold(0.0, further)
    }

    /// Whether it can be drawn in so many dimensions.
    pub(crate) fn check(&self, dim: usize) -> Result<()> {
        match self {
            Self::Point(x) => x.check("problem.at", "x₀", dim),
            Self::Normal(Normal { mean, sd }) => {
                mean.check("problem.at.mean", "mean", dim)?;
                sd.check("problem.at.sd", "sd", dim)?;
                match sd.given().iter().find(|sd| **sd <= 0.0) {
                    None => Ok(()),
                    Some(bad) => Err(Error::input(
                        "problem.at.sd",
                        format!("`{bad}` is no standard deviation"),
                    )
                    .allowed("Positive numbers; for one point write at = the point")),
                }
            }
            Self::Uniform(Uniform { low, high }) => {
                low.check("problem.at.low", "low", dim)?;
                high.check("problem.at.high", "high", dim)?;
                match (0..dim).find(|&i| high.at(i) <= low.at(i)) {
                    None => Ok(()),
                    Some(i) => Err(Error::input(
                        "problem.at.high",
                        format!("{} is not above low = {}", high.at(i), low.at(i)),
                    )
                    .allowed("Give both ends in order; for one point write at = the point")),
                }
            }
        }
    }

    /// The law in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Point(x) => x.words(),
            Self::Normal(Normal { mean, sd }) => {
                format!("normal, mean {}, standard deviation {}", mean.words(), sd.words())
            }
            Self::Uniform(Uniform { low, high }) => {
                format!("uniform between {} and {}", low.words(), high.words())
            }
        }
    }
}

impl Normal {
    /// Standard deviations from the mean, component by component.
    pub(crate) fn hat(&self, x: &[f64]) -> Vec<f64> {
        x.iter().enumerate().map(|(i, x)| (x - self.mean.at(i)) / self.sd.at(i)).collect()
    }
}

impl Uniform {
    /// Whether a point is between the ends.
    pub(crate) fn holds(&self, x: &[f64]) -> bool {
        x.iter().enumerate().all(|(i, x)| (self.low.at(i)..=self.high.at(i)).contains(x))
    }
}

/// A point in a few characters: one number where all components agree.
pub(crate) fn place(at: &[f64]) -> String {
    match at {
        [x] => format!("{x}"),
        [first, rest @ ..] if rest.iter().all(|x| x == first) => {
            if *first == 0.0 {
                "0".to_owned()
            } else {
                format!("({first}, …)")
            }
        }
        [first, second, third] => format!("({first}, {second}, {third})"),
        [first, second] => format!("({first}, {second})"),
        [first, second, .., last] => format!("({first}, {second}, …, {last})"),
        [] => "()".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use ground::estimate::Estimate;

    use super::*;

    #[test]
    fn statistical_draws_have_the_moments_that_are_told() {
        let stream = Stream::new(3).child("origin");
        let laws = [
            Origin::normal(vec![1.0, -2.0], vec![0.5, 3.0]),
            Origin::uniform(vec![-1.0, 4.0], vec![2.0, 4.5]),
        ];
        for law in laws {
            let mean = law.mean(2);
            let mut variance = 0.0;
            for (i, m) in mean.iter().enumerate() {
                let away: Vec<f64> = (0..20_000).map(|k| law.draw(&stream, k, i) - m).collect();
                let squares: Vec<f64> = away.iter().map(|v| v * v).collect();
                assert!(Estimate::of(&away).deviation(0.0) < 5.0, "mean of component {i}");
                // Of two components; each is known to √(2/20000) at most.
                variance += 0.5 * Estimate::of(&squares).mean;
            }
            let told = law.variance(2);
            assert!((variance / told - 1.0).abs() < 5.0 * 1e-2, "{variance} and {told}");
        }
    }

    #[test]
    fn the_furthest_coordinate_has_its_sign() {
        assert_eq!(Origin::from(&[1.0, -3.0][..]).furthest(2), -3.0);
        assert_eq!(Origin::normal(-1.0, 2.0).furthest(1), -15.0);
        assert_eq!(Origin::uniform(-1.0, 2.0).furthest(3), 2.0);
    }
}
