//! What is known of the four errors of u(0, x₀).

use frame::{ErrorBudget, Term};
use ground::estimate::Estimate;

use super::{Learning, Limit, Value};
use crate::case::Reading;

/// The budget of an answer.
pub(super) fn budget(value: &Value) -> ErrorBudget {
    ErrorBudget {
        estimation: Term::Measured {
            size: value.sampled.stderr,
            how: format!("standard error over {} fresh paths, Z as control variate", value.fresh),
        },
        optimisation: optimisation(value),
        discretisation: discretisation(value),
        approximation: approximation(value),
    }
}

/// The minimiser and the adjoint-weighted value estimate the same number with errors of different
/// kinds: a disagreement beyond their noise is an error of one of them.
fn optimisation(value: &Value) -> Term {
    let (first, second) = (value.minimiser, value.levels[0].value);
    let (size, noise) = difference(first, second);
    let mut steps = super::steps(value.levels[0].steps);
    if value.reading == Reading::Logarithmic {
        steps.push_str("; the answer uses neither");
    }
    if size.abs() > 2.0 * noise {
        let how = format!(
            "the minimiser {first} and the adjoint-weighted value {second} differ on {steps}"
        );
        return Term::Measured { size: size.abs(), how };
    }
    let how = format!("minimiser {first} and adjoint-weighted value agree on {steps}");
    Term::Indicated { size: size.abs(), how }
}

fn discretisation(value: &Value) -> Term {
    let logarithmic = value.logarithmic.as_ref();
    if value.reading == Reading::Logarithmic {
        let why = "the logarithmic mean of piecewise constant policies has no time-step error";
        return Term::Absent { why: why.to_owned() };
    }
    match &value.limit {
        Some(Limit { order: None, .. }) => {
            Term::Absent { why: "steps and source are exact for any length".to_owned() }
        }
        Some(Limit { value: limit, order: Some(order), rest, .. }) => {
            let finest = value.levels[value.levels.len() - 1].value;
            let size = (limit.mean - finest.mean).abs();
            let how = format!(
                "from the finest level to the limit with order {order:.2}; {rest:.1e} that a next term \
                 may add are in the interval"
            );
            Term::Indicated { size, how }
        }
        None => match logarithmic.filter(|log| log.trusted) {
            Some(log) => {
                let (size, _) = difference(value.answer, log.value);
                let how = format!("against the logarithmic mean {}, which has none", log.value);
                Term::Measured { size: size.abs(), how }
            }
            None => Term::Unknown { why: "one level; solve on several steps".to_owned() },
        },
    }
}

fn approximation(value: &Value) -> Term {
    let trusted = value.logarithmic.as_ref().filter(|log| log.trusted);
    if let (Some(log), Some(limit)) = (trusted, &value.limit) {
        let (size, noise) = difference(limit.value, log.value);
        let policy = limit.value;
        let how = if size.abs() > 2.0 * noise {
            format!("the policy's value {policy} is off by its learning error")
        } else {
            format!("the policy's value {policy} shows no learning error beyond its noise")
        };
        return Term::Measured { size: size.abs(), how };
    }
    match &value.learning {
        Some(Learning { size, share }) if size.is_finite() => Term::Indicated {
            size: *size,
            how: format!(
                "Z leaves {:.2} % of Var g unexplained in the limit of fine steps; what that does to \
                 the answer, by the curvature of the driver; it is in the interval",
                100.0 * share
            ),
        },
        Some(_) => {
            Term::Unknown { why: "the driver is not finite where Y and Z may be".to_owned() }
        }
        None => Term::Absent { why: "the answer does not depend on the error of Z".to_owned() },
    }
}

/// The difference and its standard error, as if independent.
pub(super) fn difference(a: Estimate, b: Estimate) -> (f64, f64) {
    (a.mean - b.mean, a.stderr.hypot(b.stderr))
}
