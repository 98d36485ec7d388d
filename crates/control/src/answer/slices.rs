//! What a policy does as one number of the state moves and the others stay at their medians.

use frame::Params;
use frame::{Axis, Figure, Mark, Series};
use ground::stream::Stream;

use super::measure::quantile;
use crate::model::Model;
use crate::plan::{Path, Plan};

/// Paths that say where states are.
const PATHS: usize = 256;

/// Points of a curve.
const POINTS: usize = 41;

/// Numbers of the state that are moved, and numbers of the action that are drawn, at most.
const DRAWN: [usize; 2] = [4, 2];

/// One number of the action against one of the state, at some steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Their names: of the state, of the action.
    pub names: [String; 2],
    /// Steps, and the curve of each.
    pub steps: Vec<(usize, Vec<[f64; 2]>)>,
}

/// One of each kind of names: R1, R2, … are of one kind.
fn kinds(names: &[String], most: usize) -> Vec<usize> {
    let stem = |name: &String| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let mut seen: Vec<String> = Vec::new();
    let mut chosen: Vec<usize> = Vec::new();
    for (k, name) in names.iter().enumerate() {
        if !seen.contains(&stem(name)) {
            seen.push(stem(name));
            chosen.push(k);
        }
    }
    // Where few kinds are left, more of each.
    let others = (0..names.len()).filter(|k| !chosen.contains(k)).collect::<Vec<_>>();
    if chosen.len() < most.min(2) {
        chosen.extend(others);
    }
    chosen.truncate(most);
    chosen
}

/// The curves of a policy that has no memory; one with a memory acts on more than a state.
pub(super) fn slices<M: Model>(plan: &Plan<M>, theta: &Params, stream: &Stream) -> Vec<Slice> {
    let model = plan.problem.model.for_answer();
    let [states, actions] = model.names();
    let last = model.shape().steps - 1;
    if plan.form.memory > 0 {
        return Vec::new();
    }
    let mut steps = vec![last.div_ceil(4), last.div_ceil(2), (3 * last).div_ceil(4)];
    steps.dedup();
    let at = |path: Path<'_>| steps.iter().map(|t| path.state(*t).to_vec()).collect::<Vec<_>>();
    let all = plan.watch(theta, (&model, (stream, 0, PATHS)), at);
    let mut act = plan.acting(theta);
    let (moved, drawn) = (kinds(&states, DRAWN[0]), kinds(&actions, DRAWN[1]));
    let name = |(k, i): (&usize, &usize)| [states[*k].clone(), actions[*i].clone()];
    let pairs = moved.iter().flat_map(|k| drawn.iter().map(move |i| (k, i)));
    let mut slices: Vec<Slice> =
        pairs.map(|pair| Slice { names: name(pair), steps: Vec::new() }).collect();
    for (i, t) in steps.iter().enumerate() {
        let sorted = |k: usize| {
            let mut own: Vec<f64> = all.iter().map(|path| path[i][k]).collect();
            own.sort_by(f64::total_cmp);
            own
        };
        let middle: Vec<f64> = (0..states.len()).map(|k| quantile(&sorted(k), 0.5)).collect();
        for (k, own) in moved.iter().zip(slices.chunks_mut(drawn.len())) {
            let range = sorted(*k);
            let [low, high] = [0.05, 0.95].map(|q| quantile(&range, q));
            let moves = high - low > 1e-9 * (high.abs() + low.abs());
            if !moves {
                continue;
            }
            let mut curves = vec![Vec::with_capacity(POINTS); drawn.len()];
            for point in 0..POINTS {
                let x = low + (high - low) * point as f64 / (POINTS - 1) as f64;
                let mut s = middle.clone();
                s[*k] = x;
                let a = act(*t, &s);
                for (curve, i) in curves.iter_mut().zip(&drawn) {
                    curve.push([x, a[*i]]);
                }
            }
            for (slice, curve) in own.iter_mut().zip(curves) {
                slice.steps.push((*t, curve));
            }
        }
    }
    slices.retain(|slice| !slice.steps.is_empty());
    slices
}

/// The picture of a slice.
pub(super) fn figure(k: usize, slice: &Slice) -> Figure {
    let [state, action] = &slice.names;
    let line = |(t, points): &(usize, Vec<[f64; 2]>)| {
        Series::new(format!("step {t}"), Mark::Line, points.clone())
    };
    Figure {
        name: format!("slice-{}", k + 1),
        title: format!("The policy: {action} against {state}"),
        caption: format!(
            "What the policy does as {state} moves where nine in ten paths are, all other states at their \
             medians."
        ),
        x: Axis::linear(state.clone()),
        y: Axis::linear(action.clone()),
        series: slice.steps.iter().map(line).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_kind_is_drawn() {
        let names = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(kinds(&names(&["R1", "R2", "R3", "E", "P"]), 4), [0, 3, 4]);
        assert_eq!(kinds(&names(&["u1", "u2", "u3"]), 2), [0, 1]);
        assert_eq!(kinds(&names(&["x"]), 4), [0]);
    }
}
