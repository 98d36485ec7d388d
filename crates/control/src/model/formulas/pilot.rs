//! What first policies meet: where nothing is allowed, what is not finite, and how large things are.
//!
//! One has learned nothing and says 0; another says anything, so that states that follow actions move as well.

use ground::Result;
use ground::stream::Stream;

use super::{Formulas, refused};
use crate::model::{Model, Step};
use crate::problem::noise;

/// Paths of a pilot.
const PATHS: usize = 256;

/// What is seen and never moves has this unit.
const STILL: f64 = 1.0;

/// Sums of what is seen.
struct Moments {
    n: f64,
    sums: Vec<[f64; 2]>,
}

/// Mean and standard deviation of everything that is seen, along the paths of both.
pub(super) fn scales(model: &Formulas, stream: &Stream) -> Result<Vec<[f64; 2]>> {
    let shape = model.shape();
    let mut moments = Moments { n: 0.0, sums: vec![[0.0; 2]; shape.seen] };
    for path in 0..PATHS {
        let draw = (stream, path as u64);
        walk(model, draw, false, &mut moments)?;
        // What goes wrong for one that says anything is no error.
        let mut more = Moments { n: 0.0, sums: vec![[0.0; 2]; shape.seen] };
        if walk(model, draw, true, &mut more).is_ok() {
            moments.n += more.n;
            for (sums, more) in moments.sums.iter_mut().zip(&more.sums) {
                sums[0] += more[0];
                sums[1] += more[1];
            }
        }
    }
    let scale = |[sum, squares]: &[f64; 2]| {
        let mean = sum / moments.n;
        let deviation = (squares / moments.n - mean * mean).max(0.0).sqrt();
        let moves = deviation > 1e-9 * mean.abs() && deviation > 1e-300;
        [mean, if moves { deviation } else { STILL.max(mean.abs()) }]
    };
    Ok(moments.sums.iter().map(scale).collect())
}

fn walk(model: &Formulas, draw: (&Stream, u64), any: bool, moments: &mut Moments) -> Result<()> {
    let shape = model.shape();
    let [mut s, mut next] = [vec![0.0; shape.state], vec![0.0; shape.state]];
    let (mut seen, mut a) = (vec![0.0; shape.seen], vec![0.0; shape.action]);
    let said = draw.0.child("said");
    let mut z = vec![0.0; shape.said];
    model.start(&noise(&shape, draw, 0), &mut s);
    finite(model, &s, 0)?;
    for t in 0..shape.steps {
        model.see((t, &s, &[]), &mut seen);
        moments.n += 1.0;
        for (sums, x) in moments.sums.iter_mut().zip(&seen) {
            sums[0] += x;
            sums[1] += x * x;
        }
        if seen.iter().any(|x| !x.is_finite()) {
            return Err(refused(
                "model.seen",
                format!("what is seen is not finite at step {t}"),
                FINITE,
            ));
        }
        if any {
            let step = u32::try_from(t).unwrap_or(u32::MAX);
            z.iter_mut().enumerate().for_each(|(k, z)| *z = said.normal(draw.1, step, k));
        } else {
            // One that says anything may go where nothing is allowed: it is not asked.
            allowed(model, (t, &s))?;
        }
        model.act((t, &s, &z), &mut a);
        let xi = noise(&shape, draw, t + 1);
        let cost: f64 = model.step(Step { t, s: &s, a: &a, xi: &xi }, &mut next);
        if !cost.is_finite() {
            let key = if model.sense() == super::Sense::Minimum { "cost" } else { "reward" };
            let found =
                format!("it is not finite at step {t} of a policy that has learned nothing");
            return Err(refused(&format!("model.{key}"), found, FINITE));
        }
        finite(model, &next, t + 1)?;
        s.copy_from_slice(&next);
    }
    if !model.last(&s).is_finite() {
        return Err(refused(
            "model.end",
            "it is not finite for a policy that has learned nothing",
            FINITE,
        ));
    }
    Ok(())
}

/// What is asked of every formula.
const FINITE: &str = "Formulas must give finite numbers wherever the states may be";

fn finite(model: &Formulas, s: &[f64], t: usize) -> Result<()> {
    let Some(k) = s.iter().position(|x| !x.is_finite()) else { return Ok(()) };
    let states = model.inner.states.iter().zip(&model.definition().states);
    let of = states.filter(|(range, _)| range.contains(&k)).map(|(_, state)| state);
    let name = of.map(|state| state.named.name.as_str()).next().unwrap_or_default();
    let found = format!("it is not finite at step {t} of a policy that has learned nothing");
    let section = if t == 0 { "states" } else { "next" };
    Err(refused(&format!("model.{section}.{name}"), found, FINITE))
}

/// Whether anything is allowed in a state; an error names what contradicts itself.
fn allowed(model: &Formulas, (t, s): (usize, &[f64])) -> Result<()> {
    let compiled = &model.inner;
    let sides = compiled.sides(model.one(t, s, &[]));
    if let Some(k) = sides.iter().position(|x| !x.is_finite()) {
        let found = format!("{} is not finite at step {t}", compiled.allowed.name_of(k));
        return Err(refused("model.actions", found, FINITE));
    }
    let zeros = vec![0.0; compiled.shape.action];
    let found = compiled.allowed.polyhedron.project(&zeros, &sides);
    found.map(|_| ()).map_err(|why| compiled.allowed.named(&why, t))
}
