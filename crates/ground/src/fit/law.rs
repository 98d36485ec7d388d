//! The laws: their parameters, their values and the derivatives of those.
//!
//! All on logarithms, z = ln y, with coordinates θ in which a fit is as linear as can be:
//!
//! | law          | y                                   | θ                          |
//! |--------------|-------------------------------------|----------------------------|
//! | constant     | C                                   | ln C                       |
//! | power        | C x^a                               | ln C, a                    |
//! | exponential  | C e^{rx}                            | ln C, r                    |
//! | broken-power | C (x/b)^a for x < b, C (x/b)^a' else | ln C, a, a', ln b          |
//! | plateau      | C x^a + f, f ≥ 0                    | ln C, a, f                 |

use super::linear::{Solution, solve};
use super::{broken, plateau};
use crate::{Error, Result};

/// How y may depend on x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// y = C.
    Constant,
    /// y = C x^a: a straight line in log–log.
    Power,
    /// y = C e^{rx}: a straight line in log y over x.
    Exponential,
    /// y = C (x/b)^a below the break b, C (x/b)^a' above it.
    BrokenPower,
    /// y = C x^a + f with a floor f ≥ 0.
    Plateau,
}

/// How a parameter hangs on its coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is the coordinate.
    Plain,
    /// It is the exponential of the coordinate.
    Exponential,
    /// It is the coordinate, which is not negative.
    NotNegative,
}

impl Law {
    /// All laws, from few parameters to many.
    pub const ALL: [Self; 5] =
        [Self::Constant, Self::Power, Self::Exponential, Self::Plateau, Self::BrokenPower];

    /// `constant`, `power`, `exponential`, `broken-power` or `plateau`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Power => "power",
            Self::Exponential => "exponential",
            Self::BrokenPower => "broken-power",
            Self::Plateau => "plateau",
        }
    }

    /// The law of this name.
    pub fn of_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|law| law.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let near = |known: &&&str| strsim::damerau_levenshtein(name, known) <= 3;
            let nearest = names.iter().filter(near);
            let nearest = nearest.min_by_key(|known| strsim::damerau_levenshtein(name, known));
            Error::input("fit", format!("`{name}` is not a law"))
                .allowed(format!("Laws are {}", names.join(", ")))
                .nearest(nearest.map(|&known| known.to_owned()))
        })
    }

    /// The names of the parameters.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Constant => &["scale"],
            Self::Power => &["scale", "exponent"],
            Self::Exponential => &["scale", "rate"],
            Self::BrokenPower => &["scale", "exponent-before", "exponent-after", "break"],
            Self::Plateau => &["scale", "exponent", "floor"],
        }
    }

    /// The parameter that tells how fast y changes for large x; the scale of a constant.
    pub fn rate(self) -> &'static str {
        match self {
            Self::Constant => "scale",
            Self::Power | Self::Plateau => "exponent",
            Self::Exponential => "rate",
            Self::BrokenPower => "exponent-after",
        }
    }

    /// As the beginning of a sentence.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Constant => "a constant",
            Self::Power => "a power law",
            Self::Exponential => "an exponential law",
            Self::BrokenPower => "a broken power law",
            Self::Plateau => "a power law with a floor",
        }
    }

    /// How each parameter hangs on its coordinate.
    pub(super) fn kind(self, k: usize) -> Kind {
        match self.parameters()[k] {
            "scale" | "break" => Kind::Exponential,
            "floor" => Kind::NotNegative,
            _ => Kind::Plain,
        }
    }

    /// ln y at x.
    pub(super) fn value(self, theta: &[f64], x: f64) -> f64 {
        match self {
            Self::Constant => theta[0],
            Self::Power => theta[0] + theta[1] * x.ln(),
            Self::Exponential => theta[0] + theta[1] * x,
            Self::BrokenPower => broken::value(theta, x.ln()),
            Self::Plateau => plateau::value(theta, x.ln()),
        }
    }

    /// The derivatives of [`Law::value`] by θ.
    pub(super) fn gradient(self, theta: &[f64], x: f64) -> Vec<f64> {
        match self {
            Self::Constant => vec![1.0],
            Self::Power => vec![1.0, x.ln()],
            Self::Exponential => vec![1.0, x],
            Self::BrokenPower => broken::gradient(theta, x.ln()),
            Self::Plateau => plateau::gradient(theta, x.ln()),
        }
    }

    /// Least squares of the law to z at ascending x with weights w.
    pub(super) fn solve(self, x: &[f64], z: &[f64], w: &[f64]) -> Result<Solution> {
        let ones = || vec![1.0; x.len()];
        let logs = || x.iter().map(|x| x.ln()).collect::<Vec<f64>>();
        let solution = match self {
            Self::Constant => solve(&[ones()], z, w),
            Self::Power => solve(&[ones(), logs()], z, w),
            Self::Exponential => solve(&[ones(), x.to_vec()], z, w),
            Self::BrokenPower => broken::solve(&logs(), z, w),
            Self::Plateau => plateau::solve(&logs(), z, w),
        };
        solution.ok_or_else(|| self.undetermined())
    }

    /// Refuses data that the law contradicts or that are too few for it.
    pub(super) fn check(self, x: &[f64], centres: &[f64]) -> Result<()> {
        self.check_signs(x, centres)?;
        let wrong =
            |found: String, allowed: String| Err(Error::input("fit", found).allowed(allowed));
        let p = self.parameters().len();
        let mut distinct = x.to_vec();
        // A constant has nothing to do with x.
        if self != Self::Constant {
            distinct.dedup();
        }
        let what = if self == Self::Constant { "points" } else { "different x" };
        let allowed = format!("It has {} and needs {} {what}", counted(p, "parameter"), p + 1);
        if x.len() > 1 && distinct.len() == 1 {
            return wrong(
                format!("{} cannot be fitted where all x are {}", self.title(), x[0]),
                allowed,
            );
        }
        if distinct.len() <= p {
            let found = if x.len() == distinct.len() {
                counted(x.len(), "point")
            } else {
                format!("{} at {} different x", counted(x.len(), "point"), distinct.len())
            };
            return wrong(format!("{} cannot be fitted to {found}", self.title()), allowed);
        }
        Ok(())
    }

    /// Refuses values and x that have no logarithm.
    pub(super) fn check_signs(self, x: &[f64], centres: &[f64]) -> Result<()> {
        let wrong = |found: String, allowed: &str| Err(Error::input("fit", found).allowed(allowed));
        if centres.iter().all(|y| *y < 0.0) {
            let found = format!("{} needs positive data, all values are negative", self.title());
            return wrong(found, "Fit the values with the other sign");
        }
        if let Some(i) = centres.iter().position(|y| *y <= 0.0) {
            let (x, y) = (x[i], centres[i]);
            let found =
                format!("{} needs positive data, the value at x = {x} is {y}", self.title());
            return wrong(found, "Laws are fitted to logarithms");
        }
        let takes_logs = !matches!(self, Self::Constant | Self::Exponential);
        if let Some(x) = x.iter().find(|x| takes_logs && **x <= 0.0) {
            let found = format!("{} needs positive x, one is {x}", self.title());
            return wrong(found, "An exponential law takes any x");
        }
        Ok(())
    }

    /// The data leave a parameter open.
    fn undetermined(self) -> Error {
        let found = match self {
            Self::BrokenPower => {
                "the exponents before and after the break are equal, there is no break"
            }
            Self::Plateau => "the floor cannot be told apart from the power of x",
            _ => "the x are too close to one another for a slope",
        };
        Error::input("fit", found).allowed(format!("Try {}", self.simpler()))
    }

    /// What may fit where this one leaves a parameter open.
    fn simpler(self) -> &'static str {
        match self {
            Self::BrokenPower | Self::Plateau => "a power law or a constant",
            _ => "a wider range of x",
        }
    }
}

/// `1 point`, `3 points`.
pub(super) fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("{n} {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for law in Law::ALL {
            assert_eq!(Law::of_name(law.name()).unwrap(), law);
            assert!(law.parameters().contains(&law.rate()));
        }
        let sentence = Law::of_name("expnential").unwrap_err().to_string();
        let expected = "fit: `expnential` is not a law; did you mean `exponential`? \
                        Laws are constant, power, exponential, plateau, broken-power.";
        assert_eq!(sentence, expected);
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let theta = [0.3, -0.7, 0.4, 1.1];
        for law in Law::ALL {
            let p = law.parameters().len();
            for x in [0.5, 2.0, 7.0] {
                for (k, exact) in law.gradient(&theta[..p], x).into_iter().enumerate() {
                    let at = |h: f64| {
                        let mut moved = theta;
                        moved[k] += h;
                        law.value(&moved[..p], x)
                    };
                    let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
                    assert!((exact - difference).abs() < 1e-9, "{law:?} {k} at {x}");
                }
            }
        }
    }
}
