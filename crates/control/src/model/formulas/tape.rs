//! The same formulas on the tape.

use ground::array::{Array, rows};
use ground::formula::Expr;
use ground::tape::{Var, join};

use super::Next;
use super::chance::Law;
use super::compiled::Compiled;

/// The variables of a step, bound.
fn bound<'t>(all: &Compiled, t: usize, s: Var<'t>) -> Vec<(Expr, Var<'t>)> {
    let d = &all.definition;
    let mut to = vec![(d.time, s.tape().number(t as f64))];
    for series in &d.series {
        let values = &series.values[t.min(series.values.len() - 1)];
        to.push((series.named.var, s.tape().variable(rows(1, values.len(), values))));
    }
    for (state, range) in d.states.iter().zip(&all.states) {
        to.push((state.named.var, s.columns(range.start, range.len())));
    }
    to
}

/// The noise of a step, bound.
fn noise<'t>(all: &Compiled, xi: Var<'t>) -> Vec<(Expr, Var<'t>)> {
    let each = all.definition.noise.iter().zip(&all.raw);
    each.map(|(drawn, first)| {
        let n = drawn.named.count();
        let var = match drawn.law {
            Law::Normal | Law::Uniform => xi.columns(*first, n),
            Law::Discrete { .. } => {
                let u = xi.value();
                let of = |(p, i): (usize, usize)| {
                    drawn.outcome(u[[p, *first]]).map_or(0.0, |own| own[i])
                };
                xi.tape().variable(Array::from_shape_fn((u.nrows(), n), of))
            }
        };
        (drawn.named.var, var)
    })
    .collect()
}

/// Formulas side by side, each with a line a path.
fn lines<'t>(
    formulas: impl Iterator<Item = Expr>,
    at: &[(Expr, Var<'t>)],
    like: Var<'t>,
) -> Var<'t> {
    let zero = like.columns(0, 1) * 0.0;
    let of = |e: Expr| e.on_tape(like.tape(), at) + zero;
    join(&formulas.map(of).collect::<Vec<_>>())
}

pub(super) fn start<'t>(all: &Compiled, xi: Var<'t>) -> Var<'t> {
    let at = noise(all, xi);
    let u = xi.value();
    let row =
        |p: usize| all.window().map_or(0, |(window, uniform)| window.row(u[[p, uniform]], false));
    let constant = |of: &dyn Fn(usize) -> f64| {
        xi.tape().variable(Array::from_shape_fn((u.nrows(), 1), |(p, _)| of(p)))
    };
    let mut parts: Vec<Var<'t>> = all
        .definition
        .states
        .iter()
        .map(|state| match &state.next {
            Next::Formula(_) => lines(std::iter::once(state.start), &at, xi),
            Next::Follows(follower) => constant(&|p| follower.first(row(p))),
        })
        .collect();
    if all.window().is_some() {
        parts.push(constant(&|p| row(p) as f64));
    }
    join(&parts)
}

pub(super) fn see<'t>(all: &Compiled, t: usize, s: Var<'t>) -> Var<'t> {
    lines(all.seen.iter().copied(), &bound(all, t, s), s)
}

pub(super) fn act<'t>(all: &Compiled, t: usize, s: Var<'t>, z: Var<'t>) -> Var<'t> {
    assert!(!all.allowed.is_projected(), "the nearest point is not on the tape");
    let mut at = bound(all, t, s);
    let said = all.allowed.said.iter().zip(&all.actions);
    at.extend(said.map(|(var, range)| (*var, z.columns(range.start, range.len()))));
    lines(all.allowed.raw.iter().copied(), &at, s)
}

pub(super) fn step<'t>(all: &Compiled, t: usize, [s, a, xi]: [Var<'t>; 3]) -> [Var<'t>; 2] {
    let d = &all.definition;
    let mut at = bound(all, t, s);
    let acts = d.actions.iter().zip(&all.actions);
    at.extend(acts.map(|(action, r)| (action.named.var, a.columns(r.start, r.len()))));
    at.extend(noise(all, xi));
    let (was, u) = (s.value(), xi.value());
    let row = |p: usize| all.window().map_or(0.0, |_| was[[p, all.shape.state - 1]]);
    let constant = |of: &dyn Fn(usize) -> f64| {
        s.tape().variable(Array::from_shape_fn((was.nrows(), 1), |(p, _)| of(p)))
    };
    let mut parts = Vec::new();
    for (k, state) in d.states.iter().enumerate() {
        parts.push(match &state.next {
            Next::Formula(next) => lines(std::iter::once(*next), &at, s),
            Next::Follows(follower) => {
                let own = all.followers.iter().find(|(of, _)| *of == k).map_or(0, |(_, u)| *u);
                let x = all.states[k].start;
                constant(&|p| follower.next(was[[p, x]], u[[p, own]], place(row(p)) + t + 1))
            }
        });
    }
    if all.window().is_some() {
        parts.push(constant(&row));
    }
    let cost = lines(std::iter::once(all.cost), &at, s) * all.discounts[t];
    [join(&parts), cost]
}

pub(super) fn last<'t>(all: &Compiled, s: Var<'t>) -> Var<'t> {
    let at = bound(all, all.shape.steps, s);
    lines(std::iter::once(all.end), &at, s) * all.discounts[all.shape.steps]
}

/// A row that is kept as a number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a row")]
fn place(row: f64) -> usize {
    row as usize
}
