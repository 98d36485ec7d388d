//! Solved values and their judge, for the tests that compare with exact ones.

use frame::{Run, Verdict};
use paths::answer::Value;
use paths::problem::DeepBsde;

/// The answer of a short training.
pub(crate) fn solved(problem: DeepBsde, fresh: usize) -> Value {
    let solution = problem.solve(&Run::new(150).seed(11).fresh(fresh)).unwrap();
    assert!(!matches!(solution.verdict, Verdict::Contradicted { .. }), "{}", solution.verdict);
    solution.answer
}

/// Within five standard errors of sampling alone: the wider interval of the answer would hide a bias.
pub(crate) fn within(value: &Value, exact: f64) {
    let z = value.sampled.deviation(exact);
    assert!(z < 5.0, "{} is {z:.1} standard errors from {exact}", value.sampled);
}
