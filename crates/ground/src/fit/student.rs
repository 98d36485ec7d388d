//! Student's t and Fisher's F: the tails that intervals of fits need.
//!
//! P(|T_ν| > t) = I_{ν/(ν + t²)}(ν/2, 1/2) and P(F_{a,b} > f) = I_{b/(b + a f)}(b/2, a/2), with the
//! regularised incomplete beta function I. The quantile is found by halving on the tail itself: it is as
//! exact as I.

use statrs::function::beta::beta_reg;
use statrs::function::erf::erfc;

/// What is left outside a 95 % interval.
const OUTSIDE: f64 = 0.05;

/// P(|T| > |t|) with `freedom` degrees of freedom; 0 for an infinite t, 1 for none.
pub(super) fn two_sided(t: f64, freedom: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    beta_reg(0.5 * freedom, 0.5, (freedom / (freedom + t * t)).clamp(0.0, 1.0))
}

/// The t with P(|T| > t) = 5 %, for `freedom` ≥ 1.
pub(super) fn quantile(freedom: f64) -> f64 {
    // One degree of freedom has 12.706, infinitely many have 1.960.
    let (mut low, mut high) = (1.9, 13.0);
    for _ in 0..52 {
        let middle = 0.5 * (low + high);
        if two_sided(middle, freedom) > OUTSIDE {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// P(F > f) with `above` and `below` degrees of freedom.
pub(super) fn fisher_tail(f: f64, above: f64, below: f64) -> f64 {
    beta_reg(0.5 * below, 0.5 * above, (below / (below + above * f)).clamp(0.0, 1.0))
}

/// The share of a percentile interval that is cut off at each end so that it is as wide as that of
/// Student: Φ(−t √(n/(n − 1))) for n seeds. [Hes15, §3.4]
pub(super) fn expanded_tail(n: usize) -> f64 {
    let (n, freedom) = (n as f64, (n - 1) as f64);
    let t = quantile(freedom) * (n / freedom).sqrt();
    0.5 * erfc(t * std::f64::consts::FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_tails_have_the_digits_of_scipy() {
        // scipy.stats.t.ppf(0.975, ν)
        for (freedom, expected) in [
            (1.0, 12.706_204_736_174_694),
            (2.0, 4.302_652_729_749_462),
            (3.0, 3.182_446_305_283_707_8),
            (7.0, 2.364_624_251_592_784),
            (24.0, 2.063_898_561_628_024_5),
            (200.0, 1.971_896_223_633_908_8),
            (1e6, 1.959_966_356_814_107),
        ] {
            let found = quantile(freedom);
            // With 10⁶ degrees of freedom the logarithms of Γ in I cancel.
            let tolerance = if freedom < 1e5 { 1e-11 } else { 1e-7 };
            assert!((found / expected - 1.0).abs() < tolerance, "{freedom}: {found}");
        }
        // 2 scipy.stats.t.sf(2.5, 7), scipy.stats.f.sf(1.7, 3, 24), scipy.stats.norm.cdf(…) with 5 seeds.
        assert!((two_sided(2.5, 7.0) - 0.040_992_218_585_752_89).abs() < 1e-12);
        assert!((fisher_tail(1.7, 3.0, 24.0) - 0.193_684_225_937_977_32).abs() < 1e-12);
        assert!((expanded_tail(5) - 0.000_954_100_551_882_490_7).abs() < 1e-11);
        assert_eq!(two_sided(f64::INFINITY, 3.0), 0.0);
        assert_eq!(two_sided(0.0, 3.0), 1.0);
    }
}
