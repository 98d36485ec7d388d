//! Tests of estimates.

use super::*;
use crate::stream::Stream;

fn normals(name: &str, n: usize) -> Vec<f64> {
    let stream = Stream::new(5).child(name);
    (0..n).map(|i| stream.normal(i as u64, 0, 0)).collect()
}

#[test]
fn exact_printing() {
    let show = |mean, stderr| Estimate { mean, stderr, n: 9 }.to_string();
    assert_eq!(show(4.597_71, 0.001_93), "4.5977(19)");
    assert_eq!(show(4.597_71, 0.009_96), "4.598(10)");
    assert_eq!(show(4.597_71, 0.099_6), "4.60(10)");
    assert_eq!(show(4.597_71, 0.996), "4.6(1.0)");
    assert_eq!(show(4.597_71, 1.23), "4.6(1.2)");
    assert_eq!(show(4.597_71, 9.96), "5(10)");
    assert_eq!(show(1234.4, 67.0), "1234(67)");
    assert_eq!(show(1234.4, 167.0), "1230(170)");
    assert_eq!(show(-0.5, 0.0), "-0.5");
    assert_eq!(show(-0.5, 0.021), "-0.500(21)");
    assert_eq!(show(1.25e-12, 3.1e-14), "0.000000000001250(31)");
    assert_eq!(show(2.0, f64::INFINITY), "2");
    assert_eq!(show(f64::NAN, 1.0), "NaN");
    assert_eq!(Estimate::of(&[2.5]).to_string(), "2.5");
}

#[test]
fn exact_small_samples() {
    let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0]);
    assert!((estimate.mean - 2.5).abs() < 1e-15);
    assert!((estimate.stderr - (5.0f64 / 12.0).sqrt()).abs() < 1e-15);
    assert!(Estimate::of(&[1.0]).stderr.is_nan());
    assert!(Estimate::of(&[]).mean.is_nan());
    let (low, high) = estimate.interval95();
    assert!((high - low - 2.0 * 1.959_963_984_540_054 * estimate.stderr).abs() < 1e-15);
    // A large offset costs no digits of the error.
    let far = Estimate::of(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0, 1e9 + 4.0]);
    assert!((far.stderr - estimate.stderr).abs() < 1e-14);
}

#[test]
fn exact_merging() {
    let sample = [1.0, 2.5, -0.5, 4.0, 3.0, 0.25, 7.0];
    let whole = Estimate::of(&sample);
    for cut in 0..=sample.len() {
        let merged = Estimate::of(&sample[..cut]).merged(Estimate::of(&sample[cut..]));
        assert!((merged.mean - whole.mean).abs() < 1e-14);
        assert!((merged.stderr - whole.stderr).abs() < 1e-14);
        assert_eq!(merged.n, whole.n);
    }
}

#[test]
fn exact_controls_that_explain_everything() {
    let (a, b) = (normals("a", 500), normals("b", 500));
    let values: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 3.0 + 2.0 * a - b).collect();
    let ones = vec![1.0; 500];
    let sums: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
    let estimate = Estimate::with_controls(&values, &[&a, &ones, &b, &sums]);
    assert!((estimate.mean - 3.0).abs() < 1e-13, "{estimate:?}");
    assert!(estimate.stderr < 1e-14);
}

#[test]
fn exact_one_control_against_the_textbook() {
    // Slope Sxy/Sxx, intercept ȳ − b x̄, Var a = s²(1/n + x̄²/Sxx), s² = SSE/(n − 2).
    let x = [0.5, -1.0, 2.0, 0.25, -0.5];
    let y = [1.0, 0.5, 4.0, 1.5, 0.0];
    let (mx, my) = (0.25, 1.4);
    let sxx: f64 = x.iter().map(|x| (x - mx) * (x - mx)).sum();
    let sxy: f64 = x.iter().zip(&y).map(|(x, y)| (x - mx) * (y - my)).sum();
    let slope = sxy / sxx;
    let intercept = my - slope * mx;
    let sse: f64 = x.iter().zip(&y).map(|(x, y)| (y - intercept - slope * x).powi(2)).sum();
    let stderr = (sse / 3.0 * (0.2 + mx * mx / sxx)).sqrt();
    let estimate = Estimate::with_controls(&y, &[&x]);
    assert!((estimate.mean - intercept).abs() < 1e-14);
    assert!((estimate.stderr - stderr).abs() < 1e-14);
}

#[test]
fn invariant_no_controls_is_the_mean() {
    let values = normals("values", 300);
    let (plain, none) = (Estimate::of(&values), Estimate::with_controls(&values, &[]));
    assert!((plain.mean - none.mean).abs() < 1e-15 && (plain.stderr - none.stderr).abs() < 1e-15);
    // More controls than numbers leave an estimate, not a panic.
    let few =
        Estimate::with_controls(&values[..3], &[&values[3..6], &values[6..9], &values[9..12]]);
    assert!(few.stderr.is_finite());
}

#[test]
fn statistical_controls_cover() {
    // E e^Z = √e, control Z: the 95 % interval must hold it in about 95 of 100 runs.
    let z = normals("cover", 200 * 400);
    let covered = z
        .chunks(400)
        .filter(|z| {
            let values: Vec<f64> = z.iter().map(|z| z.exp()).collect();
            let (low, high) = Estimate::with_controls(&values, &[z]).interval95();
            (low..high).contains(&0.5f64.exp())
        })
        .count();
    assert!((175..=199).contains(&covered), "{covered} of 200");
}

#[test]
fn statistical_ratio() {
    let (a, b) = (normals("above", 20_000), normals("below", 20_000));
    let above: Vec<f64> = a.iter().map(|a| 3.0 + a).collect();
    let below: Vec<f64> = b.iter().map(|b| 2.0 + 0.1 * b).collect();
    let ratio = Estimate::ratio(&above, &below);
    assert!(ratio.deviation(1.5) < 5.0);
    assert!((ratio.stderr / (0.5 / 20_000f64.sqrt()) - 1.0).abs() < 0.05);
}

#[test]
fn an_error_of_rounding_is_none_and_large_numbers_have_an_exponent() {
    let printed = |mean: f64, stderr: f64| Estimate { mean, stderr, n: 9 }.to_string();
    assert_eq!(printed(-110.948_838_024_213_2, 4e-17), "-110.948838");
    assert_eq!(printed(1.0, 2e-15), "1.0000000000000000(20)");
    assert_eq!(printed(-2.043_369_7e18, 5e12), "-2.0433697(50)e18");
    assert_eq!(printed(3.5e40, 0.0), "3.5e40");
    assert_eq!(printed(123_456_789_012.0, 0.0), "123456789000");
}
