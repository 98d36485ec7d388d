//! The trained function away from the start: right on the cloud of paths, and known to be outside it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use frame::{Precision, Problem, Run, Table};
use ground::stream::Stream;
use paths::anywhere::Anywhere;
use paths::form::Directions;
use paths::known::{HjbLqg, Known, ReactionDiffusion};
use paths::problem::DeepBsde;
use paths::reference::cole_hopf::ColeHopf;

/// t and x as paths of dX = √2 dW from 0 go, `[n][d + 1]`.
fn cloud(n: usize, dim: usize) -> Vec<Vec<f64>> {
    let stream = Stream::new(11);
    let point = |k: usize| {
        let t = 0.9 * stream.uniform(k as u64, 0, 0);
        let x = (0..dim).map(|i| (2.0 * t).sqrt() * stream.normal(k as u64, 1, i));
        std::iter::once(t).chain(x).collect()
    };
    (0..n).map(point).collect()
}

#[test]
fn statistical_u_and_its_gradient_on_the_cloud_of_paths() {
    let (dim, n) = (20, 200);
    let exact = ColeHopf::radial(dim, 1.0, 1.0);
    let problem = DeepBsde::new(&HjbLqg::new(dim, 1.0));
    let mut solution = problem.solve(&Run::new(300).seed(3).fresh(4096)).unwrap();
    let columns = std::iter::once("t".to_owned()).chain((1..=dim).map(|i| format!("x{i}")));
    let points = Table { columns: columns.collect(), rows: cloud(n, dim) };
    let asked = <DeepBsde as Problem<Directions>>::at_points;
    let found = asked(&mut solution.functional, &solution.params, &points, &mut ()).unwrap();
    let (mut off, mut size, mut covered) = ([0.0; 2], [0.0; 2], 0);
    let mut indicated = 0.0;
    for row in &found.rows {
        let (t, x) = (row[0], &row[1..=dim]);
        let (u, slope) = (exact.value(t, x), exact.gradient(t, x));
        let [value, stderr] = [row[dim + 1], row[dim + 2]];
        off[0] += (value - u).powi(2);
        size[0] += u.powi(2);
        for (found, wanted) in row[dim + 3..2 * dim + 3].iter().zip(&slope) {
            off[1] += (found - wanted).powi(2);
            size[1] += wanted.powi(2);
        }
        covered += usize::from((value - u).abs() < 1.96 * stderr);
        indicated += row[2 * dim + 3].powi(2);
        assert!(row[2 * dim + 4] == 1.0, "a point of the cloud is inside");
    }
    let relative = [0, 1].map(|k| (off[k] / size[k]).sqrt());
    assert!(relative[0] < 3e-3 && relative[1] < 0.1, "{relative:?}");
    // 95 % of 200, give or take three standard deviations.
    assert!((180..=199).contains(&covered), "{covered} of {n}");
    let told = (indicated / size[1]).sqrt();
    assert!((0.3..4.0).contains(&(told / relative[1])), "told {told}, found {}", relative[1]);
}

#[test]
fn statistical_drivers_in_u_are_solved_from_any_point() {
    let model = ReactionDiffusion { dim: 10 };
    let problem = DeepBsde::new(&model).levels([20, 40]);
    let mut solution = problem.solve(&Run::new(300).seed(3).fresh(4096)).unwrap();
    for t in [0.0, 0.4] {
        let x = [0.3; 10];
        let found = solution.at(t, &x).unwrap().u;
        let exact = model.value(t, &x);
        assert!((found.mean - exact).abs() < 5.0 * found.stderr + 2e-3, "{found} for {exact}");
    }
}

#[test]
fn a_point_far_from_all_paths_is_outside() {
    let problem = DeepBsde::new(&HjbLqg::new(5, 1.0)).steps(5);
    let run = Run::new(5).seed(3).fresh(64).precision(Precision::F64);
    let mut solution = problem.solve(&run).unwrap();
    assert!(solution.at(0.5, &[0.5; 5]).unwrap().inside);
    assert!(!solution.at(0.5, &[9.0; 5]).unwrap().inside);
    let error = solution.at(1.0, &[0.0; 5]).unwrap_err();
    assert_eq!(error.to_string(), "t: the time 1. From 0 to below T = 1, where u = g.");
}
