//! Whether a law holds from the first point on: fits without the first k points.
//!
//! θ₀ is fitted to all points and θₖ without the first k. Under the law θₖ − θ₀ has the variance
//! s² ((JᵀWJ)ₖ⁻¹ − (JᵀWJ)₀⁻¹) and is independent of the residuals of the later points, so that with their s² it is
//! Student distributed [Hau78]: each k has a p-value, exact for laws that are linear in θ. They agree
//! when the least p-value times the number of tests is 5 % or more.

use super::{Data, Fit, Law, Options, Points, student};
use crate::Result;

/// The level at which fits disagree.
const LEVEL: f64 = 0.05;

/// A difference of variances below this share of them is rounding.
const ROUNDING: f64 = 1e-12;

/// A fit without the first points.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    /// How many points were left out.
    pub dropped: usize,
    /// The fit to the rest.
    pub fit: Fit,
    /// The p-value of its difference from the fit to all points; 1 for that fit itself.
    pub p_value: f64,
}

/// The fits without the first points.
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    /// The parameter that was compared, [`Law::rate`].
    pub parameter: &'static str,
    /// The fits, from none dropped to as few points left as the law can be fitted to.
    pub fits: Vec<Dropped>,
    /// Whether they agree, at the level of 5 % for all together.
    pub agree: bool,
}

/// Fits `law` without the first 0, 1, 2, … points, as long as it can be fitted.
///
/// Fails where [`super::fit`] does.
pub fn stability(points: &Points, law: Law, options: &Options) -> Result<Stability> {
    let data = Data::of(points, options)?;
    let all = data.fit(law)?;
    let names = law.parameters();
    let k = names.iter().position(|name| *name == law.rate()).unwrap_or_default();
    let unscaled = |data: &Data| data.solve(law).map(|solution| solution.unscaled[k][k]);
    let whole = unscaled(&data)?;
    let mut fits = vec![Dropped { dropped: 0, fit: all, p_value: 1.0 }];
    for dropped in 1..points.len() {
        let rest = data.without(dropped);
        let (Ok(fit), Ok(part)) = (rest.fit(law), unscaled(&rest)) else { break };
        let gap = fit.theta[k] - fits[0].fit.theta[k];
        let variance = fit.covariance[k][k] * (1.0 - whole / part);
        let is_certain = variance <= ROUNDING * fit.covariance[k][k];
        let p_value =
            if is_certain { 1.0 } else { student::two_sided(gap / variance.sqrt(), fit.freedom) };
        fits.push(Dropped { dropped, fit, p_value });
    }
    let least = fits.iter().map(|dropped| dropped.p_value).fold(1.0, f64::min);
    let agree = least * (fits.len() - 1) as f64 >= LEVEL || fits.len() == 1;
    Ok(Stability { parameter: law.rate(), fits, agree })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{noisy, plain};
    use super::*;

    #[test]
    fn a_power_law_agrees_and_an_approach_to_one_does_not() {
        let x: Vec<f64> = (0..9).map(|k| 2.0_f64.powi(k)).collect();
        let (mut agree, mut bent) = (0, 0);
        for repeat in 0..500 {
            let straight = noisy(&x, &|x: f64| x.powf(-0.5), 1, repeat);
            agree += usize::from(stability(&straight, Law::Power, &plain()).unwrap().agree);
            let slow = noisy(&x, &|x: f64| x.powf(-0.5) * (1.0 + 10.0 / x), 3, repeat);
            bent += usize::from(!stability(&slow, Law::Power, &plain()).unwrap().agree);
        }
        // 5 % false alarms at most: Bonferroni is careful.
        assert!(agree >= 475, "{agree} of 500");
        assert!(bent >= 450, "{bent} of 500");
    }

    #[test]
    fn fits_are_those_to_the_rest() {
        let x = [1.0, 2.0, 4.0, 8.0, 16.0];
        let points = Points::single(&x, &[5.0, 1.0, 0.5, 0.25, 0.125]).unwrap();
        let found = stability(&points, Law::Power, &plain()).unwrap();
        assert_eq!((found.parameter, found.fits.len()), ("exponent", 3));
        let last = &found.fits[1];
        assert!((last.fit.parameter("exponent").unwrap().value + 1.0).abs() < 1e-13);
        // The rest is exact: any difference is certain.
        assert!(last.p_value < 1e-6 && !found.agree);
    }
}
