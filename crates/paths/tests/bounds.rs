//! The truth lies between the bounds, and where a side is not known it is not said.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use frame::Run;
use frame::budget::Target;
use paths::bounds::{Bounds, Side};
use paths::case::Enclosure;
use paths::known::HjbLqg;
use paths::model::{At, Equation};
use paths::problem::DeepBsde;
use paths::reference::cole_hopf::ColeHopf;

fn bounds(problem: DeepBsde) -> Option<Bounds> {
    problem.solve(&Run::new(150).seed(3).fresh(4096)).unwrap().answer.bounds
}

/// Both sides hold the exact value, and are no wider than a part of it.
fn hold(problem: DeepBsde, exact: f64, width: f64) -> Bounds {
    let found = bounds(problem.levels([10, 20])).unwrap();
    let (Side::Known(low), Side::Known(high)) = (&found.lower, &found.upper) else {
        panic!("{found:?}")
    };
    assert!(low.mean - 3.0 * low.stderr < exact, "{low} for {exact}");
    assert!(high.mean + 3.0 * high.stderr > exact, "{high} for {exact}");
    let [from, to] = found.enclosure().unwrap();
    assert!(to - from < width * exact, "[{from}, {to}] is wider than {width} of {exact}");
    assert_eq!(found.crossing(), None);
    found
}

#[test]
fn statistical_hjb_is_held_from_both_sides() {
    for (lambda, width) in [(1.0, 2e-3), (4.0, 8e-3)] {
        let model = HjbLqg::new(20, lambda);
        let exact = ColeHopf::radial(20, lambda, 1.0).value(0.0, &[0.0; 20]);
        let found = hold(DeepBsde::new(&model), exact, width);
        assert_eq!((found.of, found.steps), (Target::Exact, 40));
    }
}

#[test]
fn statistical_a_convex_driver_swaps_the_sides() {
    // λ = −1: e^u = E e^g = E (1 + |x|²)/2.
    let model = HjbLqg::new(20, -1.0);
    let found = hold(DeepBsde::new(&model), 20.5_f64.ln(), 3e-3);
    assert_eq!(found.of, Target::Exact);
}

#[test]
fn a_source_of_x_bounds_the_scheme_only() {
    let equation = Equation::from(&HjbLqg::new(5, 1.0));
    let source = equation.source + 0.1 * equation.variables().x.sum().sin();
    let found = bounds(DeepBsde::new(equation.source(|_| source)).levels([5, 10])).unwrap();
    assert_eq!(found.of, Target::Discrete);
    assert!(found.enclosure().is_some());
}

#[test]
fn the_other_side_of_a_policy_is_unknown() {
    let concave = Equation::from(&HjbLqg::new(5, 1.0)).source(|At { z, .. }| -z.norm());
    let found = bounds(DeepBsde::new(concave).levels([5, 10])).unwrap();
    assert!(matches!((&found.lower, &found.upper), (Side::Unknown(_), Side::Known(_))));
    let steep = DeepBsde::new(&HjbLqg::new(5, 50.0)).at(&[1.0; 5]).levels([4, 8]);
    let found = bounds(steep).unwrap();
    let Side::Unknown(why) = &found.lower else { panic!("{found:?}") };
    assert!(why.contains("misses the tail"), "{why}");
}

#[test]
fn no_bounds_without_z_or_with_u() {
    let heat = Equation::new(3, 1.0).terminal(|x| x.dot(x));
    assert_eq!(bounds(DeepBsde::new(heat.clone()).levels([2, 4])), None);
    let growth = heat.source(|At { u, .. }| u);
    assert_eq!(bounds(DeepBsde::new(growth.clone()).levels([2, 4])), None);
    let asked = DeepBsde::new(growth).steps(4).bounds(Enclosure::Steps(8));
    assert_eq!(
        asked.check().unwrap_err().to_string(),
        "problem.bounds: there are none: the driver depends on u. Write \"auto\" or \"none\"."
    );
}
