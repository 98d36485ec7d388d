//! Signs that an answer is wrong beyond what its interval says.
//!
//! The interval holds the noise of the fresh paths, an indicated learning error and what the limit may
//! miss. What these rest on may fail: that has signs, and they are looked for.

use frame::budget::Target;
use ground::Result;
use ground::formula::{Expr, Shape};

use super::draw::Paths;
use super::measure::{Weighted, squares, unexplained};
use super::print::share;
use super::{Limit, Value, budget, steps};
use crate::bounds::Side;
use crate::case::Reading;
use crate::clock::{Spot, strobe};
use crate::form::Form;
use crate::model::Diffusion;
use crate::pilot::Pilot;
use crate::plan::PathPlan;
use crate::problem::DeepBsde;

/// Standard errors between minimiser and adjoint-weighted value that are no chance.
const FAR: f64 = 5.0;
/// The share of s_c by which they may differ all the same: the minimiser has a bias of its own, which
/// falls with the steps.
const NEAR: f64 = 0.03;
/// Orders below this are no approach to a limit.
const SLOWEST: f64 = 0.2;
/// The share of the variance that one path of a large sample may have; of n Gaussian numbers the
/// largest square has 2 ln n / n.
const ONE_PATH: f64 = 0.05;
/// Standard errors beyond a bound that are no chance.
const OUTSIDE: f64 = 4.0;
/// The share of steps on which the driver may be truncated.
const CLIPPED: f64 = 1e-3;
/// The relative error of the integral of a coefficient over time that levels may leave.
const STROBE: f64 = 0.05;

/// The signs that are seen, as sentences.
pub(super) fn doubts(
    value: &Value,
    paths: &Paths,
    (problem, j): (&DeepBsde, &PathPlan),
    start: f64,
) -> Result<Vec<String>> {
    let pilot = j.pilot();
    let all = [
        harmful(value, paths).or_else(|| idle(value, &j.form)),
        blind(value, problem),
        lonely(value, paths),
        clipped(paths, pilot.range),
        no_limit(value),
        strobed(value, problem, pilot)?,
        on_its_way(value, problem, (start, pilot.s_g)),
        two_values(value, problem, pilot.s_c)?,
        jumps(problem)?,
        outside(value),
    ];
    Ok(all.into_iter().flatten().collect())
}

/// y₀ moves by at most s_g in an iteration, and the answer is one Newton step from where it stopped, whose
/// error is of second order in that step. Where g hardly varies beside what the driver does, y₀ stops on
/// its way.
fn on_its_way(value: &Value, problem: &DeepBsde, (start, s_g): (f64, f64)) -> Option<String> {
    let first = value.levels.first()?;
    let left = (first.value.mean - start).abs();
    let is_far = problem.equation.depends_on_value()
        && value.reading == Reading::Adjoint
        && left > s_g.max(FAR * first.value.stderr);
    is_far.then(|| {
        format!(
            "y₀ was still on its way: the training left it at {start:.6}, a step of {left:.1e} from the \
             answer; try more run.iterations"
        )
    })
}

/// The function leaves more noise than no function.
fn harmful(value: &Value, paths: &Paths) -> Option<String> {
    (unexplained(&paths.plain[0]) > 1.001 * unexplained(&paths.zero)).then(|| {
        format!(
            "the learned Z explains less than Z = 0 does (R² {}); try a smaller descent.rate, more \
             run.iterations or problem.steps",
            share(value.r2)
        )
    })
}

/// R² below which a function says next to nothing of g.
const IDLE: f64 = 0.05;

/// Networks that are given no directions learned next to nothing.
fn idle(value: &Value, form: &Form) -> Option<String> {
    (form.directions().is_none() && value.r2 < IDLE).then(|| {
        format!(
            "the networks explain next to nothing of g (R² {}): y₀ is about that of Z = 0; try \
             representation.kind = \"directions\"",
            share(value.r2)
        )
    })
}

/// g is one number on all paths, though they spread: what it is elsewhere was not seen.
fn blind(value: &Value, problem: &DeepBsde) -> Option<String> {
    let equation = &problem.equation;
    let should_vary = equation.terminal.depends_on(equation.variables().x);
    (value.r2.is_nan() && should_vary && !equation.diffusion.is_zero()).then(|| {
        let (n, from) = (value.plain, value.alike());
        format!("g is the same on all {n} plain paths{from}: where it differs no path came")
    })
}

/// One path has much of the variance: the next sample may hold a larger one, and no standard error
/// of this one tells of it.
fn lonely(value: &Value, paths: &Paths) -> Option<String> {
    if value.reading == Reading::Logarithmic {
        return None;
    }
    let finest = paths.policy.last()?;
    let squares = squares(&Weighted::new(&paths.policy[0]).values(finest));
    let (sum, n) = (squares.iter().sum::<f64>(), squares.len() as f64);
    let share = squares.iter().copied().fold(0.0, f64::max) / sum;
    (share > ONE_PATH.max(5.0 * n.ln() / n)).then(|| {
        format!(
            "one of {n} paths has {:.0} % of the variance: events too rare or tails too heavy for \
             the interval; try more run.fresh-paths",
            100.0 * share
        )
    })
}

/// The bounds contradict each other or, where they are bounds of the limit, the answer.
fn outside(value: &Value) -> Option<String> {
    let bounds = value.bounds.as_ref()?;
    if let Some(crossing) = bounds.crossing() {
        return Some(crossing);
    }
    if bounds.of != Target::Exact || value.limit.is_none() {
        return None;
    }
    let beyond = |side: &Side, sign: f64| match side {
        Side::Known(bound) => {
            let (away, noise) = budget::difference(value.answer, *bound);
            (sign * away > OUTSIDE * noise).then_some(*bound)
        }
        Side::Unknown(_) => None,
    };
    let (side, bound) = match (beyond(&bounds.lower, -1.0), beyond(&bounds.upper, 1.0)) {
        (Some(bound), _) => ("below its lower bound", bound),
        (None, Some(bound)) => ("above its upper bound", bound),
        (None, None) => return None,
    };
    Some(format!("the answer {} is {side} {bound}", value.answer))
}

/// The driver saw Y within bounds that Y left.
fn clipped(paths: &Paths, [low, high]: [f64; 2]) -> Option<String> {
    let finest = paths.policy.last()?;
    let share = finest.clipped as f64 / (finest.steps * finest.value.len()) as f64;
    (share > CLIPPED).then(|| {
        format!(
            "on {:.1} % of the steps Y is outside of what the driver is shown of it, \
             problem.range = [{low:.4}, {high:.4}]; try a wider one where u is of another size than \
             g, or more run.iterations where paths ran away",
            100.0 * share
        )
    })
}

/// The levels do not approach one another.
fn no_limit(value: &Value) -> Option<String> {
    if value.reading == Reading::Logarithmic {
        return None;
    }
    let Some(Limit { order: Some(_), seen, .. }) = &value.limit else { return None };
    let slow = seen.filter(|order| order.mean + 2.0 * order.stderr < SLOWEST);
    let [.., a, b, c] = value.levels.as_slice() else { return None };
    let first = budget::difference(b.value, a.value);
    let second = budget::difference(c.value, b.value);
    // Independent errors: more cautious than common paths need.
    let grows = second.0.abs() - first.0.abs() > 4.0 * first.1.hypot(second.1);
    let turns = first.0 * second.0 < 0.0
        && [first, second].iter().all(|(size, noise)| size.abs() > 4.0 * noise);
    let grows = grows || turns;
    if slow.is_none() && !grows {
        return None;
    }
    let seen = slow.map(|order| format!(" (order {order} is seen)")).unwrap_or_default();
    Some(format!(
        "the values on {}, {} and {} do not approach a limit{seen}; try more problem.steps",
        a.steps,
        b.steps,
        steps(c.steps)
    ))
}

/// The driver jumps in u or z: its slope says nothing of that, and V is not of second order.
fn jumps(problem: &DeepBsde) -> Result<Option<String>> {
    let variables = problem.equation.variables();
    let driver = problem.equation.driver()?;
    let name = [(variables.u, "u"), (variables.z, "z")]
        .into_iter()
        .find(|(variable, _)| driver.jumps_in(*variable))
        .map(|(_, name)| name);
    Ok(name.map(|name| {
        format!(
            "model.source jumps where {name} crosses a value: the error of this answer is of first \
             order in that of Z, and not known; a steep slope instead of the jump can be solved"
        )
    }))
}

/// Minimiser and adjoint-weighted value contradict each other, and the answer rests on the latter,
/// which is exact where the driver is linear.
fn two_values(value: &Value, problem: &DeepBsde, s_c: f64) -> Result<Option<String>> {
    let first = value.levels[0].value;
    let (size, noise) = budget::difference(value.minimiser, first);
    let allowed = (FAR * noise).max(NEAR * s_c);
    let linear = problem.equation.is_linear_in_values()?;
    if value.reading == Reading::Logarithmic || size.abs() <= allowed || linear {
        return Ok(None);
    }
    let follow = if problem.follows()? { "" } else { ", or problem.on-policy = true" };
    Ok(Some(format!(
        "the minimiser {} and the adjoint-weighted value {first} on {} are {:.0} standard errors \
         apart; try more run.iterations or problem.steps{follow}",
        value.minimiser,
        steps(value.levels[0].steps),
        size.abs() / noise
    )))
}

/// The grid times do not show what the coefficients do between them. At a few spots that are typical
/// the integral of each over time is extrapolated from the levels and compared with the exact one.
fn strobed(value: &Value, problem: &DeepBsde, pilot: &Pilot) -> Result<Option<String>> {
    let Some(Limit { value: limit, order: Some(order), .. }) = &value.limit else {
        return Ok(None);
    };
    if value.reading == Reading::Logarithmic {
        return Ok(None);
    }
    let equation = &problem.equation;
    let variables = equation.variables();
    let (typical, zero) = (pilot.typical(), vec![0.0; equation.dim]);
    let slope = vec![pilot.zeta() / (equation.dim as f64).sqrt(); equation.dim];
    let levels: Vec<usize> = value.levels.iter().map(|level| level.steps).collect();
    let at_rest = Spot { point: &typical, value: value.answer.mean, slope: &zero };
    let compare = |formula: Expr, spot| {
        let formula = if formula.shape() == Shape::Scalar { formula } else { formula.sum() };
        let grid = (&problem.grid, equation.horizon);
        strobe(formula, (variables, spot), grid, (&levels, *order))
    };
    let say = |key: &str, [seen, exact]: [f64; 2]| {
        format!(
            "the steps miss how {key} varies in t: at a typical point its integral over time is \
             {exact:.4}, from the levels {seen:.4}; try other problem.steps"
        )
    };
    let driver = equation.driver()?;
    let source = compare(driver.apart_from(&[variables.x, variables.z]).1, at_rest);
    let finest = value.levels[value.levels.len() - 1].value;
    let allowed = (limit.mean - finest.mean).abs().max(3.0 * value.sampled.stderr);
    if (source[0] - source[1]).abs() > allowed.max(1e-9 * source[1].abs()) {
        return Ok(Some(say("model.source", source)));
    }
    let missed =
        |[seen, exact]: [f64; 2]| (seen - exact).abs() > STROBE * exact.abs().max(seen.abs());
    // What multiplies u or z: by its share alone, for it has no size of the answer's.
    let steep = Spot { slope: &slope, ..at_rest };
    let larger = Spot { value: value.answer.mean + pilot.s_g, ..at_rest };
    let smaller = Spot { value: value.answer.mean - pilot.s_g, ..at_rest };
    for spot in [at_rest, steep, larger, smaller] {
        let seen = compare(driver, spot);
        let counts = (seen[0] - seen[1]).abs() > 1e-3 * pilot.s_g;
        if driver.depends_on(variables.t) && missed(seen) && counts {
            return Ok(Some(say("model.source", seen)));
        }
    }
    if problem.step()?.exact {
        return Ok(None);
    }
    let squared = match equation.diffusion {
        Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => sigma.powi(2),
        Diffusion::Correlated { volatility, .. } => volatility.powi(2),
        Diffusion::Matrix(_) => Expr::number(0.0),
    };
    let paths = [("model.drift", equation.drift), ("the square of model.diffusion", squared)];
    let seen = paths.map(|(key, formula)| (key, compare(formula, at_rest)));
    let first = seen.into_iter().find(|(_, both)| missed(*both));
    Ok(first.map(|(key, both)| say(key, both)))
}
