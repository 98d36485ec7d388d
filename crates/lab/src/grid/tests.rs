//! Tests of `grid`.

use super::*;

fn square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

fn close(found: f64, wanted: f64, relative: f64) {
    assert!((found - wanted).abs() <= relative * wanted.abs(), "{found} is not {wanted}");
}

#[test]
fn exact_square_by_quadrature_in_every_cell() {
    for (d, cells) in
        [(1, 32), (2, 1), (2, 32), (3, 1), (3, 16), (4, 5), (5, 3), (6, 2), (7, 2), (8, 1), (8, 2)]
    {
        let found = Grid::of(&square, d, cells).unwrap().exact_error(&square, 3).unwrap();
        close(found, square_error(d, cells), 1e-10);
    }
}

#[test]
fn exact_square_by_its_parts() {
    let part = |x: f64| x * x;
    for d in 1..=8 {
        for cells in [1, 2, 3, 4, 32] {
            let found = error_of_sum(&vec![&part as &dyn Fn(f64) -> f64; d], cells, 3);
            close(found, square_error(d, cells), 1e-10);
        }
    }
}

#[test]
fn exact_closed_form_has_the_tabled_digits() {
    for (d, cells, wanted) in [
        (1, 32, 1.782_951_033_545_462_5e-4),
        (2, 32, 3.414_091_302_637_212e-4),
        (3, 32, 5.042_947_065_374_24e-4),
        (4, 32, 6.671_191_904_921_613e-4),
        (6, 8, 1.588_328_196_039_261_2e-2),
        (8, 4, 8.436_856_971_381_91e-2),
    ] {
        close(square_error(d, cells), wanted, 1e-10);
    }
}

#[test]
fn order_against_the_cells_is_two_in_every_dimension() {
    for d in [1, 2, 4, 6] {
        let error = |cells| Grid::of(&square, d, cells).unwrap().exact_error(&square, 3).unwrap();
        let slope = (error(1) / error(2)).log2();
        assert!((slope - 2.0).abs() < 1e-10, "{d}: {slope}");
        if d < 6 {
            let slope = (error(2) / error(4)).log2();
            assert!((slope - 2.0).abs() < 1e-10, "{d}: {slope}");
        }
    }
}

#[test]
fn exact_product_of_two_squares() {
    // In one cell x²y² is interpolated by xy: ∫(x²y² − xy)² = 1/25 − 2/16 + 1/9.
    let f = |x: &[f64]| (x[0] * x[1]).powi(2);
    let found = Grid::of(&f, 2, 1).unwrap().exact_error(&f, 3).unwrap();
    close(found, (1.0_f64 / 25.0 - 2.0 / 16.0 + 1.0 / 9.0).sqrt(), 1e-12);
}

#[test]
fn exact_sum_of_different_parts() {
    let (cubic, wave) = (|x: f64| x * x * x, |x: f64| (5.0 * x).sin());
    let f = |x: &[f64]| cubic(x[0]) + wave(x[1]) - 2.0 * x[2];
    let line = |x: f64| -2.0 * x;
    for cells in [1, 3] {
        let tensor = Grid::of(&f, 3, cells).unwrap().exact_error(&f, 12).unwrap();
        close(error_of_sum(&[&cubic, &wave, &line], cells, 12), tensor, 1e-12);
    }
}

#[test]
fn exact_multilinear_functions_and_nodes() {
    let f = |x: &[f64]| (1.0 + x[0]) * (2.0 - 3.0 * x[1]) * (x[2] - 0.25);
    let grid = Grid::of(&f, 3, 4).unwrap();
    assert_eq!(grid.n_nodes(), 125);
    for x in [[0.1, 0.7, 0.33], [1.0, 0.0, 1.0], [0.5, 0.25, 0.75], [1.2, -0.1, 0.5]] {
        assert!((grid.at(&x) - f(&x)).abs() < 1e-14, "{x:?}");
    }
    let (smooth, cells) = (|x: &[f64]| (x[0] - 2.0 * x[1]).exp(), 5);
    let grid = Grid::of(&smooth, 2, cells).unwrap();
    for k in 0..36 {
        let x = [f64::from(k / 6) / 5.0, f64::from(k % 6) / 5.0];
        assert!((grid.at(&x) - smooth(&x)).abs() < 1e-14);
    }
}

#[test]
fn statistical_sampled_error_and_its_standard_error() {
    for (d, cells) in [(1, 8), (2, 32), (4, 8), (8, 2)] {
        let grid = Grid::of(&square, d, cells).unwrap();
        let wanted = square_error(d, cells);
        let estimates: Vec<Estimate> = (0..20)
            .map(|seed| grid.sampled_error(&square, 2000, &Stream::new(seed).child("points")))
            .collect();
        // χ² of 20 degrees: below 5.92 or above 45.3 once in 500.
        let chi: f64 = estimates.iter().map(|e| e.deviation(wanted).powi(2)).sum();
        assert!(chi > 5.92 && chi < 45.3, "{d}: {chi}");
        let all = Estimate::of(&estimates.iter().map(|e| e.mean).collect::<Vec<_>>());
        assert!(all.deviation(wanted) < 5.0, "{d}: {all} {wanted}");
    }
    let line = |x: &[f64]| x[0];
    let none = Grid::of(&line, 1, 1).unwrap().sampled_error(&line, 100, &Stream::new(1));
    assert!(none.mean.abs() < 1e-15);
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let work = || {
        let grid = Grid::of(&square, 4, 3).unwrap();
        let sampled = grid.sampled_error(&square, 5000, &Stream::new(1));
        (grid.exact_error(&square, 3).unwrap().to_bits(), sampled.mean.to_bits())
    };
    let [one, three] = [1, 3].map(|threads| par::pool(threads).unwrap().install(work));
    assert_eq!(one, three);
}

#[test]
fn what_does_not_fit_is_refused() {
    let sentence = |d, cells| nodes(d, cells).unwrap_err().to_string();
    assert_eq!(
        sentence(8, 32),
        "cells: 33^8 nodes of 8 bytes do not fit into memory. At most 134217728 nodes are allowed: \
         take fewer cells a side."
    );
    assert!(sentence(16, usize::MAX).contains("do not fit"));
    assert!(sentence(0, 2).contains("From 1 to 16") && sentence(17, 1).contains("From 1 to 16"));
    assert!(sentence(2, 0).contains("At least 1 cell"));
    assert!(Grid::of(&square, 9, 99).is_err());
    let grid = Grid::of(&square, 8, 4).unwrap();
    let error = grid.exact_error(&square, 4).unwrap_err().to_string();
    assert!(error.contains("(4 cells x 4 Gauss nodes)^8") && error.contains("sample"), "{error}");
    let pole = |x: &[f64]| x[0].recip();
    assert!(Grid::of(&pole, 2, 3).unwrap_err().to_string().contains("node"));
}
