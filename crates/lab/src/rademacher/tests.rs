//! Complexities against goldens, against independent maxima and against a published table.

use super::*;

fn all() -> Draws {
    Draws { signs: None, directions: 64, stream: stream() }
}

fn stream() -> Stream {
    Stream::new(5)
}

/// X_ij = cos(ij), i = 1 … n, j = 1 … d.
fn cosines(n: usize, d: usize) -> Sample {
    let at = |k: usize| (((k / d + 1) * (k % d + 1)) as f64).cos();
    Sample { d, outputs: 0, x: (0..n * d).map(at).collect(), y: vec![] }
}

/// Uniform on [−1, 1]^d.
fn uniform(n: usize, d: usize, stream: &Stream) -> Sample {
    let at = |k: usize| 2.0 * stream.uniform((k / d) as u64, 1, k % d) - 1.0;
    Sample { d, outputs: 0, x: (0..n * d).map(at).collect(), y: vec![] }
}

#[test]
fn exact_goldens_over_all_signs() {
    let goldens = [
        (Class::LinearL1, 3, 0.299_342_577_189_379_57),
        (Class::LinearL2, 3, 0.357_425_039_908_711_55),
        (Class::PathNorm { most: 1.0 }, 2, 0.219_708_557_184_917_94),
    ];
    for (class, d, wanted) in goldens {
        let found = complexity(&class, &cosines(10, d), &all()).unwrap();
        assert!((found.value.mean - wanted).abs() < 1e-12, "{class:?}: {found:?}");
        assert_eq!((found.value.stderr, found.value.n), (0.0, 1024));
        assert_eq!(found.worth, Worth::Exact);
        assert!(found.value.mean <= found.bound.value);
    }
}

#[test]
fn exact_kernel_ball_of_the_linear_kernel_is_the_l2_ball() {
    let points = cosines(10, 3);
    let x = ground::array::rows(10, 3, &points.x);
    let class = Class::Kernel { matrix: x.dot(&x.t()), radius: 2.0 };
    let found = complexity(&class, &points, &all()).unwrap();
    assert!((found.value.mean - 2.0 * 0.357_425_039_908_711_55).abs() < 1e-12);
    let bound = bound(&Class::LinearL2, &points).value;
    assert!((found.bound.value - 2.0 * bound).abs() < 1e-15);
}

#[test]
fn exact_bounds_of_the_table() {
    let points = uniform(200, 10, &stream());
    assert!((bound(&Class::LinearL1, &points).value - 0.173_081_838_260_228_52).abs() < 1e-15);
    let path = bound(&Class::PathNorm { most: 1.0 }, &points);
    assert!((path.value - 0.346_163_676_520_457_04).abs() < 1e-15);
    let large = Sample { x: points.x.iter().map(|x| 4.0 * x).collect(), ..points.clone() };
    assert!(bound(&Class::LinearL1, &large).value > 3.9 * 0.173);
    assert_eq!(bound(&Class::LinearL2, &points).formula, "√(tr XXᵀ)/n");
}

/// The mean over data sets, its spread over data sets, against a table of one data set and 500 signs.
fn beside_table(class: &Class, (d, n): (usize, usize), wanted: f64) {
    const SETS: usize = 12;
    let found: Vec<f64> = (0..SETS)
        .map(|set| {
            let stream = Stream::new(set as u64).child("points");
            let draws = Draws { signs: Some(500), directions: 0, stream };
            complexity(class, &uniform(n, d, &stream), &draws).unwrap().value.mean
        })
        .collect();
    let mean = Estimate::of(&found);
    // The table is one more draw of data set and signs.
    let one = mean.stderr * (SETS as f64).sqrt() * (1.0 + 1.0 / SETS as f64).sqrt();
    assert!((mean.mean - wanted).abs() < 4.0 * one, "{class:?} {d} {n}: {mean}, {wanted}");
    assert!(one < 0.08 * wanted);
}

#[test]
fn statistical_table_of_sampled_values() {
    beside_table(&Class::LinearL1, (2, 50), 0.095_998_295_604_041_79);
    beside_table(&Class::LinearL1, (10, 200), 0.075_718_414_097_588_95);
    beside_table(&Class::LinearL2, (2, 200), 0.050_977_975_632_622_18);
    beside_table(&Class::LinearL2, (10, 200), 0.124_733_931_664_333_65);
    beside_table(&Class::PathNorm { most: 1.0 }, (2, 50), 0.085_588_632_730_795_23);
}

#[test]
fn statistical_sampled_signs_agree_with_all_signs() {
    let points = cosines(10, 2);
    let draws = Draws { signs: Some(20_000), ..all() };
    for class in [Class::LinearL1, Class::LinearL2, Class::PathNorm { most: 1.0 }] {
        let all = complexity(&class, &points, &all()).unwrap();
        let sampled = complexity(&class, &points, &draws).unwrap();
        assert_eq!(sampled.worth, Worth::Sampled);
        assert!(sampled.value.deviation(all.value.mean) < 4.0);
    }
}

#[test]
fn the_plane_is_not_below_a_fine_scan_of_the_ball() {
    let points = uniform(9, 2, &stream());
    let neuron = Neuron::new(&points, 0, &stream());
    for code in 0..16_u32 {
        let signs: Vec<f64> =
            (0..9).map(|i| if (code * 37) >> i & 1 == 1 { -1.0 } else { 1.0 }).collect();
        let scan = (0..40_000_u32).map(|k| {
            let (side, t) = (k / 10_000, f64::from(k % 10_000) / 1e4);
            let w = [[1.0 - t, t], [-t, 1.0 - t], [t - 1.0, -t], [t, t - 1.0]][side as usize];
            let sum: f64 = (0..9)
                .map(|i| {
                    signs[i] * (w[0] * points.point(i)[0] + w[1] * points.point(i)[1]).max(0.0)
                })
                .sum();
            sum.abs()
        });
        let scan = scan.fold(0.0, f64::max);
        let exact = neuron.largest(&signs);
        assert!(exact >= scan - 1e-14 && exact < scan + 2e-3, "{exact} and {scan}");
    }
}

#[test]
fn the_search_in_space_is_a_lower_bound_and_not_far_below() {
    // In a plane of space the best neuron is known: those of the plane, the third weight being 0.
    let plane = cosines(10, 2);
    let x = plane.x.chunks(2).flat_map(|p| [p[0], p[1], 0.0]).collect();
    let space = Sample { d: 3, x, ..plane };
    let found = complexity(&Class::PathNorm { most: 1.0 }, &space, &all()).unwrap();
    assert_eq!(found.worth, Worth::Lower);
    let exact = 0.219_708_557_184_917_94;
    assert!(found.value.mean <= exact + 1e-12, "{}", found.value.mean);
    assert!(found.value.mean > 0.97 * exact, "{}", found.value.mean);
}

#[test]
fn failures_are_errors() {
    let points = cosines(21, 2);
    let failed = complexity(&Class::LinearL1, &points, &all()).unwrap_err().to_string();
    assert_eq!(
        failed,
        "signs: 2^21 signs are too many to try them all. Allowed: all signs of 20 points, or a number of draws."
    );
    let one = Draws { signs: Some(1), ..all() };
    assert!(complexity(&Class::LinearL1, &points, &one).is_err());
    assert!(complexity(&Class::LinearL1, &Sample::default(), &all()).is_err());
    let class = Class::Kernel { matrix: Array::eye(3), radius: 1.0 };
    assert!(complexity(&class, &cosines(4, 2), &all()).is_err());
}
