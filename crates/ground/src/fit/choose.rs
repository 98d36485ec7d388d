//! Which law describes the numbers best.
//!
//! The best has the least AICc; the others are told with ΔAICc above it, or with the sentence that says why
//! they could not be fitted. A difference below 2 decides nothing, one above 10 leaves the worse law no
//! support. [BA02, §2.6]

use super::{Data, Fit, Law, Options, Points};
use crate::{Error, Result};

/// The best law and what became of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The law with the least AICc.
    pub best: Fit,
    /// The others: those that were fitted in ascending AICc, then those that could not be.
    pub rejected: Vec<Rejected>,
}

/// A law that is not the best.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// Which one.
    pub law: Law,
    /// Why.
    pub reason: Reason,
}

/// Why a law is not the best.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// Another fits better for what its parameters cost.
    Worse {
        /// AICc above that of the best.
        delta_aicc: f64,
        /// How it fits.
        fit: Box<Fit>,
    },
    /// It could not be fitted, or not be compared.
    Impossible {
        /// The sentence that says why.
        sentence: String,
    },
}

impl Choice {
    /// AICc of `law` above that of the best: 0 for the best, `None` where it could not be compared.
    pub fn delta(&self, law: Law) -> Option<f64> {
        if self.best.law == law {
            return Some(0.0);
        }
        self.rejected.iter().find(|other| other.law == law).and_then(|other| match other.reason {
            Reason::Worse { delta_aicc, .. } => Some(delta_aicc),
            Reason::Impossible { .. } => None,
        })
    }
}

/// The best of `laws` by AICc. Fails when none of them can be fitted and compared.
///
/// ```
/// use ground::fit::{Centre, Law, Options, Points, Weighting, choose};
/// let x = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
/// let points = Points::single(&x, &[1.02, 0.49, 0.26, 0.12, 0.063, 0.031])?;
/// let options = Options { centre: Centre::GeometricMean, weighting: Weighting::Replicates };
/// let choice = choose(&points, &[Law::Power, Law::Exponential], &options)?;
/// assert_eq!(choice.best.law, Law::Power);
/// assert!(choice.delta(Law::Exponential).is_some_and(|delta| delta > 10.0));
/// # Ok::<(), ground::Error>(())
/// ```
pub fn choose(points: &Points, laws: &[Law], options: &Options) -> Result<Choice> {
    let data = Data::of(points, options)?;
    let mut fitted = Vec::new();
    let mut failed = Vec::new();
    for &law in laws {
        let numbers = data.weights.numbers;
        match data.fit(law).and_then(|fit| compared(fit, numbers)) {
            Ok(pair) => fitted.push(pair),
            Err(error) => {
                let reason = Reason::Impossible { sentence: error.to_string() };
                failed.push((Rejected { law, reason }, error));
            }
        }
    }
    fitted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut fitted = fitted.into_iter();
    let Some((best, least)) = fitted.next() else {
        let none = || Error::input("fit", "no law was given").allowed("Give one at least");
        return Err(failed.into_iter().next().map_or_else(none, |(_, error)| error));
    };
    let worse = fitted.map(|(fit, aicc)| Rejected {
        law: fit.law,
        reason: Reason::Worse { delta_aicc: aicc - least, fit: Box::new(fit) },
    });
    let rejected = worse.chain(failed.into_iter().map(|(rejected, _)| rejected)).collect();
    Ok(Choice { best, rejected })
}

/// A fit with its AICc; refuses what has none.
fn compared(fit: Fit, numbers: usize) -> Result<(Fit, f64)> {
    if let Some(aicc) = fit.aicc {
        return Ok((fit, aicc));
    }
    let needed = fit.parameters.len() + 3;
    let found = format!("{} cannot be compared with others here", fit.law.title());
    let allowed = format!("Its AICc needs {needed} values, there are {numbers}");
    Err(Error::input("fit", found).allowed(allowed))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{noisy, plain};
    use super::*;

    #[test]
    fn laws_that_cannot_be_fitted_say_why() {
        let points =
            Points::single(&[1.0, 2.0, 4.0, 8.0, 16.0], &[1.0, 0.5, 0.26, 0.12, 0.07]).unwrap();
        let choice = choose(&points, &Law::ALL, &plain()).unwrap();
        assert_eq!(choice.best.law, Law::Power);
        let reasons = |law: Law| {
            let found = choice.rejected.iter().find(|other| other.law == law).unwrap();
            match &found.reason {
                Reason::Impossible { sentence } => sentence.clone(),
                Reason::Worse { delta_aicc, .. } => {
                    assert!(*delta_aicc > 2.0);
                    String::new()
                }
            }
        };
        assert_eq!(reasons(Law::Constant), "");
        assert_eq!(
            reasons(Law::BrokenPower),
            "fit: a broken power law cannot be compared with others here. Its AICc needs 7 values, there are 5."
        );
        assert_eq!(choice.rejected.len(), 4);
        assert_eq!(
            choose(&points, &[], &plain()).unwrap_err().to_string(),
            "fit: no law was given. Give one at least."
        );
    }

    #[test]
    fn each_law_wins_on_its_own_data() {
        let x: Vec<f64> = (0..12).map(|k| 2.0_f64.powi(k)).collect();
        let powers = |x: f64| (x / 64.0).powf(if x < 64.0 { -0.3 } else { -2.0 });
        let laws: [(Law, &dyn Fn(f64) -> f64); 5] = [
            (Law::Constant, &|_| 3.0),
            (Law::Power, &|x| 2.0 * x.powf(-0.5)),
            (Law::Exponential, &|x| 2.0 * (-0.01 * x).exp()),
            (Law::BrokenPower, &powers),
            (Law::Plateau, &|x| 1.0 / x + 0.02),
        ];
        for (law, y) in laws {
            let mut wins = 0;
            for repeat in 0..100 {
                let points = noisy(&x, y, 3, repeat);
                wins += usize::from(choose(&points, &Law::ALL, &plain()).unwrap().best.law == law);
            }
            // A constant and a power are special cases of larger laws, which win now and then.
            assert!(wins >= 75, "{law:?} wins {wins} of 100");
        }
    }

    #[test]
    fn exact_data_prefer_the_law_with_fewer_parameters() {
        let x: Vec<f64> = (0..9).map(|k| 2.0_f64.powi(k)).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 * x.powf(-0.5)).collect();
        let choice = choose(&Points::single(&x, &y).unwrap(), &Law::ALL, &plain()).unwrap();
        assert_eq!(choice.best.law, Law::Power);
    }
}
