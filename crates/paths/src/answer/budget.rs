//! What is known of the four errors of u(0, x₀).

use frame::{ErrorBudget, Term};
use ground::estimate::Estimate;

use super::{Level, Limit, Value};
use crate::case::Reading;

/// The budget of an answer.
pub(super) fn budget(value: &Value) -> ErrorBudget {
    ErrorBudget {
        estimation: Term::Measured {
            size: value.answer.stderr,
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
            "the minimiser {first} and the adjoint-weighted value {second} disagree on {steps}"
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
        Some(Limit { value: limit, order: Some(order), .. }) => {
            let finest = value.levels[value.levels.len() - 1].value;
            let size = (limit.mean - finest.mean).abs();
            let how = format!("from the finest level to the limit with order {order:.2}");
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
    let seen = |level: &Level| (level.steps, level.r2);
    let (first, last) = (&value.levels[0], &value.levels[value.levels.len() - 1]);
    let share = unexplained(seen(first), seen(last));
    let rest = if value.levels.len() > 1 {
        ", in the limit of fine steps"
    } else {
        "; time steps leave some of it"
    };
    if share.is_finite() {
        let how = format!("share of {} that Z leaves unexplained{rest}", value.variance());
        Term::Indicated { size: share, how }
    } else {
        let from = value.alike();
        let why =
            format!("g is the same on all plain paths{from}: there is no share of it to explain");
        Term::Unknown { why }
    }
}

/// 1 − R² in the limit of fine steps, from N and R² of the first level and the last: what time steps
/// leave falls like 1/N.
pub(super) fn unexplained(first: (usize, f64), last: (usize, f64)) -> f64 {
    if first.0 == last.0 {
        return 1.0 - first.1;
    }
    let ratio = last.0 as f64 / first.0 as f64;
    ((ratio * (1.0 - last.1) - (1.0 - first.1)) / (ratio - 1.0)).abs()
}

/// The difference and its standard error, as if independent.
pub(super) fn difference(a: Estimate, b: Estimate) -> (f64, f64) {
    (a.mean - b.mean, a.stderr.hypot(b.stderr))
}
