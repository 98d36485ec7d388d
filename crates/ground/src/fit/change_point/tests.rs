//! Change points of tables, of exact lines and of noise.

use super::*;
use crate::stream::Stream;

const WIDTHS: [f64; 8] = [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

fn resampling() -> Resampling {
    Resampling { stream: Stream::new(1).child("change"), resamples: 500 }
}

fn rule(by: By) -> PlateauRule {
    PlateauRule { end: End::First, points: 3, by, factor: 10.0 }
}

/// The first width past the crossing.
fn first_past(y: &[f64; 8], by: By) -> f64 {
    let points = Points::single(&WIDTHS, y).unwrap();
    let found = change_point(&points, Centre::GeometricMean, &rule(by), &resampling()).unwrap();
    let at = found.at.unwrap();
    assert_eq!((found.ci95, found.seeds, found.seeds_with), (None, 1, 1));
    *WIDTHS.iter().find(|width| **width >= at).unwrap()
}

#[test]
fn the_published_table_has_its_transitions() {
    // Test errors over the width for 100, 200 and 400 samples, and the widths where they exceed ten times
    // the median and the minimum of the three smallest widths.
    let table = [
        ([1.31e-5, 9.51e-6, 6.57e-4, 5.44e-4, 3.45e-2, 3.45e-2, 2.19e-2, 2.53e-2], 16.0, 16.0),
        ([2.34e-6, 5.40e-6, 1.01e-5, 3.70e-5, 1.87e-3, 1.38e-2, 1.51e-2, 1.35e-2], 64.0, 32.0),
        ([1.36e-6, 1.01e-5, 5.20e-6, 8.48e-6, 1.72e-5, 3.67e-3, 1.27e-3, 5.80e-3], 128.0, 64.0),
    ];
    for (y, median, minimum) in table {
        assert_eq!(first_past(&y, By::Median), median);
        assert_eq!(first_past(&y, By::Minimum), minimum);
    }
}

#[test]
fn a_crossing_is_read_off_the_logarithms() {
    let x = [1.0, 10.0, 100.0, 1000.0];
    let points = Points::single(&x, &[1.0, 1.0, 100.0, 1e4]).unwrap();
    let rule = PlateauRule { points: 2, ..rule(By::Median) };
    let found = change_point(&points, Centre::Mean, &rule, &resampling()).unwrap();
    assert!((found.at.unwrap() - 10.0 * 10.0_f64.sqrt()).abs() < 1e-12);
    // From the other end, downwards: from 1e4, past 1e3, half-way between 1000 and 100.
    let back = PlateauRule { end: End::Last, points: 1, by: By::Median, factor: 0.1 };
    let found = change_point(&points, Centre::Mean, &back, &resampling()).unwrap();
    assert!((found.at.unwrap() - 100.0 * 10.0_f64.sqrt()).abs() < 1e-11);
    assert!((found.threshold - 1e3).abs() < 1e-9);
}

#[test]
fn none_is_an_answer_and_opens_the_interval() {
    let rows = [1.0, 1.0, 1.0, 30.0].map(|last: f64| [1.0, 1.0, 1.0, last]).map(|y: [f64; 4]| y);
    let by_x: Vec<Vec<Option<f64>>> =
        (0..4).map(|i| rows.iter().map(|row| Some(row[i])).collect()).collect();
    let points = Points::new(&[1.0, 2.0, 4.0, 8.0], &by_x).unwrap();
    let found =
        change_point(&points, Centre::GeometricMean, &rule(By::Median), &resampling()).unwrap();
    assert_eq!((found.at, found.seeds_with, found.seeds), (None, 1, 4));
    assert_eq!(found.ci95.unwrap()[1], f64::INFINITY);
    // Three or four of four draws must be the last seed: 13/256.
    assert!((found.resampled.unwrap() - 13.0 / 256.0).abs() < 0.03, "{:?}", found.resampled);
}

#[test]
fn the_interval_covers_the_change_point() {
    let x: Vec<f64> = (0..8).map(|k| 2.0_f64.powi(k)).collect();
    let stream = Stream::new(2).child("noise");
    // The level 1 up to x = 16, from there x³/16³: ten times the plateau at 16 ∛10.
    let mean = |x: f64| if x < 16.0 { 1.0 } else { (x / 16.0).powi(3) };
    let truth = {
        // The line of the logarithms between 32 and 64 is exact.
        16.0 * 10.0_f64.cbrt()
    };
    let covered = (0..200)
        .filter(|&repeat| {
            let rows: Vec<Vec<Option<f64>>> = x
                .iter()
                .enumerate()
                .map(|(i, &x)| {
                    let y = |j| mean(x) * (0.3 * stream.normal(repeat, 0, 64 * i + j)).exp();
                    (0..6).map(|j| Some(y(j))).collect()
                })
                .collect();
            let points = Points::new(&x, &rows).unwrap();
            let found =
                change_point(&points, Centre::GeometricMean, &rule(By::Median), &resampling());
            let [low, high] = found.unwrap().ci95.unwrap();
            low <= truth && truth <= high
        })
        .count();
    assert!((182..=198).contains(&covered), "{covered} of 200");
}

#[test]
fn sentences_say_what_a_change_point_needs() {
    let sentence = |y: [f64; 3], x: [f64; 3], rule: PlateauRule| {
        let points = Points::single(&x, &y).unwrap();
        change_point(&points, Centre::Mean, &rule, &resampling()).unwrap_err().to_string()
    };
    let (x, y) = ([1.0, 2.0, 4.0], [1.0, 1.0, 20.0]);
    let two = PlateauRule { points: 2, ..rule(By::Median) };
    let expected = "change-point: a plateau of 3 points was asked among 3. \
                    It has 1 point at least and leaves 1 beside it.";
    assert_eq!(sentence(y, x, rule(By::Median)), expected);
    let expected =
        "change-point: the factor is 1. It is above 1 for a rise, between 0 and 1 for a fall.";
    assert_eq!(sentence(y, x, PlateauRule { factor: 1.0, ..two }), expected);
    let expected =
        "change-point: a change point needs positive x, one is -1. It is read off logarithms.";
    assert_eq!(sentence(y, [-1.0, 2.0, 4.0], two), expected);
    let expected = "change-point: x = 2 is there twice. Give its values as seeds of one point.";
    assert_eq!(sentence(y, [1.0, 2.0, 2.0], two), expected);
    let expected = "change-point: a change point needs positive data, the value at x = 2 is 0. \
                    It is read off logarithms.";
    assert_eq!(sentence([1.0, 0.0, 20.0], x, two), expected);
}
