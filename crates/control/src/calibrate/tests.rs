//! Fits against closed forms, other programs and the spread of many series.

use ground::stream::Stream;

use super::*;

/// A number of a fit.
type Part = fn(&Reversion) -> Estimate;

fn close(found: f64, due: f64) -> bool {
    (found - due).abs() <= 1e-12 * due.abs().max(1e-2)
}

fn refused(values: &[f64], log: bool) -> String {
    Reversion::fit(values, log).unwrap_err().to_string()
}

/// μ = 50, κ = `rate`, σ = 2, from its stationary law.
fn series(path: u64, n: u32, rate: f64) -> Vec<f64> {
    let stream = Stream::new(7).child("series");
    let stationary = 2.0 / (rate * (2.0 - rate)).sqrt();
    let mut x = 50.0 + stationary * stream.normal(path, 0, 0);
    (1..=n)
        .map(|t| {
            let now = x;
            x += rate * (50.0 - x) + 2.0 * stream.normal(path, t, 0);
            now
        })
        .collect()
}

/// By hand: x̄ = x̄' = 9/8, S = 39/8, Σ (x − x̄)(x' − x̄') = −17/8, Σ e² = 154/39.
#[test]
fn exact_least_squares_of_nine_values() {
    let fit = Reversion::fit(&[1.0, 2.0, 0.0, 1.0, 2.0, 1.0, 0.0, 2.0, 1.0], false).unwrap();
    assert!(close(fit.rate.mean, 56.0 / 39.0), "{fit:?}");
    assert!(close(fit.mean.mean, 9.0 / 8.0), "{fit:?}");
    assert!(close(fit.sigma.mean, (77.0_f64 / 117.0).sqrt()), "{fit:?}");
    assert!(close(fit.rate.stderr, (616.0_f64 / 4563.0).sqrt()), "{fit:?}");
    assert!(close(fit.mean.stderr, (77.0_f64 / 117.0 / 8.0).sqrt() * 39.0 / 56.0), "{fit:?}");
    assert!(close(fit.sigma.stderr, (77.0_f64 / 117.0 / 12.0).sqrt()), "{fit:?}");
    assert_eq!((fit.first, fit.last, fit.rate.n), (1.0, 1.0, 8));
}

/// numpy 2: β = (XᵀX)⁻¹Xᵀy, its covariance s²(XᵀX)⁻¹, and the gradient of a / (1 − b).
#[test]
fn agree_with_the_covariance_of_the_normal_equations() {
    let values =
        [52.1, 49.3, 50.8, 47.7, 51.9, 55.2, 53.4, 50.1, 48.6, 49.9, 52.7, 51.3, 46.8, 49.0, 50.5];
    let plain = [
        50.477_670_743_589_86,
        0.812_165_772_408_980_8,
        0.757_357_160_422_969,
        0.275_027_133_211_107_4,
        2.296_247_165_521_960_7,
        0.468_719_489_903_415_8,
        0.155_370_800_521_034_7,
    ];
    let log = [
        3.920_657_146_588_149,
        0.015_759_999_251_255_274,
        0.770_458_708_723_234_4,
        0.275_738_964_512_948_16,
        0.045_334_742_820_739_98,
        0.009_253_915_627_592_991,
        0.146_410_322_574_821_7,
    ];
    for (is_log, due) in [(false, plain), (true, log)] {
        let fit = Reversion::fit(&values, is_log).unwrap();
        let found = [
            fit.mean.mean,
            fit.mean.stderr,
            fit.rate.mean,
            fit.rate.stderr,
            fit.sigma.mean,
            fit.sigma.stderr,
            fit.residual.mean,
        ];
        for (found, due) in found.into_iter().zip(due) {
            assert!((found - due).abs() < 1e-9 * due, "{fit:?}");
        }
        assert!(!fit.is_doubtful());
    }
}

/// The spread of 400 fits has itself the relative error 1/√800; five of them are allowed.
#[test]
fn statistical_errors_are_the_spread_of_many_series() {
    let fits: Vec<Reversion> =
        (0..400).map(|path| Reversion::fit(&series(path, 1000, 0.4), false).unwrap()).collect();
    let parts: [(Part, f64); 4] = [
        (|fit| fit.mean, 50.0),
        // The bias (1 + 3b) / n of the estimator is known.
        (|fit| fit.rate, 0.4 + 2.8 / 999.0),
        (|fit| fit.sigma, 2.0),
        (|fit| fit.residual, 0.0),
    ];
    for (k, (part, due)) in parts.into_iter().enumerate() {
        let found: Vec<f64> = fits.iter().map(|fit| part(fit).mean).collect();
        let errors: Vec<f64> = fits.iter().map(|fit| part(fit).stderr).collect();
        let all = Estimate::of(&found);
        let spread = all.stderr * 20.0;
        let said = Estimate::of(&errors).mean;
        assert!((spread / said - 1.0).abs() < 5.0 / 800_f64.sqrt(), "{k}: {spread} {said}");
        assert!((all.mean - due).abs() < 5.0 * all.stderr + 3.0 / 999.0, "{k}: {all} {due}");
    }
}

#[test]
fn statistical_a_second_lag_is_seen_in_the_residuals() {
    let stream = Stream::new(3);
    let (mut before, mut now) = (0.0, 0.0);
    let values: Vec<f64> = (0..2000)
        .map(|t| {
            let next = 0.9 * now - 0.4 * before + stream.normal(0, t, 0);
            (before, now) = (now, next);
            next
        })
        .collect();
    let fit = Reversion::fit(&values, false).unwrap();
    assert!(fit.residual.deviation(0.0) > 5.0, "{}", fit.residual);
}

#[test]
fn a_shift_of_the_values_shifts_the_mean_alone() {
    let values = series(1, 200, 0.5);
    let far: Vec<f64> = values.iter().map(|x| x + 1e7).collect();
    let (near, far) =
        (Reversion::fit(&values, false).unwrap(), Reversion::fit(&far, false).unwrap());
    assert!((far.mean.mean - near.mean.mean - 1e7).abs() < 1e-6);
    assert!((far.rate.mean - near.rate.mean).abs() < 1e-6);
}

#[test]
fn a_weak_return_is_doubtful() {
    let doubtful = (0..40)
        .filter_map(|path| Reversion::fit(&series(path, 60, 0.02), false).ok())
        .filter(Reversion::is_doubtful)
        .count();
    assert!(doubtful > 10, "{doubtful}");
    assert!(!Reversion::fit(&series(0, 400, 0.5), false).unwrap().is_doubtful());
}

#[test]
fn it_prints_on_one_line() {
    let fit = Reversion::fit(&series(0, 1000, 0.4), true).unwrap();
    let said = fit.to_string();
    assert!(said.starts_with("mean of the logarithms 3.9"), "{said}");
    assert!(said.ends_with(" a step") && said.contains(", rate 0.389(25), "), "{said}");
}

#[test]
fn what_cannot_be_fitted_is_said() {
    assert_eq!(refused(&[1.0; 7], false), "7 values. At least 8 can be fitted.");
    assert_eq!(
        refused(&[3.5; 20], false),
        "all values but the last are 3.5. A series that varies can be fitted."
    );
    assert_eq!(
        refused(&[1.0, 2.0, -3.0, 1.0, 2.0, 1.0, 0.5, 2.0], true),
        "value 3 is -3, which has no logarithm. Fit the values themselves, or a series of positive ones."
    );
    assert_eq!(
        refused(&[1.0, f64::NAN, 3.0, 1.0, 2.0, 1.0, 0.5, 2.0], false),
        "value 2 is NaN, which is not finite. Finite numbers can be fitted."
    );
    let grows: Vec<f64> = (0..20).map(|t| 1.3_f64.powi(t) + f64::from(t % 3)).collect();
    let said = refused(&grows, false);
    assert!(said.starts_with("the fitted rate is -0.298(12) a step"), "{said}");
    assert!(
        said.ends_with("nothing returns to a mean. A random walk is nearer, or a longer series.")
    );
    let swings: Vec<f64> = (0..20).map(|t| (-1.2_f64).powi(t)).collect();
    assert!(refused(&swings, false).contains("further beyond the mean"));
    let large: Vec<f64> = series(0, 20, 0.5).iter().map(|x| x * 1e200).collect();
    assert!(refused(&large, false).contains("beyond what numbers can hold"));
}

#[test]
fn a_series_without_noise_has_no_error() {
    let values: Vec<f64> = (0..12).map(|t| 3.0 + 0.5_f64.powi(t)).collect();
    let fit = Reversion::fit(&values, false).unwrap();
    assert!((fit.rate.mean - 0.5).abs() < 1e-12 && (fit.mean.mean - 3.0).abs() < 1e-12);
    assert!(fit.sigma.mean < 1e-12);
}
