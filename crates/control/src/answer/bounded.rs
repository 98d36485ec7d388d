//! Bounds on paths of their own, with a guess that is learned on others or read from a table.

use std::ops::ControlFlow;

use frame::{Params, Watch};
use ground::stream::Stream;
use ground::{Error, Result};

use crate::bounds::{Bounds, Guess, Made, Relaxation};
use crate::model::Model;
use crate::plan::{Path, Plan};

/// Paths that are bounded at once.
const ROUND: usize = 16;

/// Paths that are heard at once.
const CHUNK: usize = 1024;

/// Bounds from paths that are drawn under another name than those of the answer.
pub(super) fn bounded<M: Model>(
    plan: &Plan<M>,
    theta: &Params,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Option<Bounds>> {
    if plan.bound_paths == 0 {
        return Ok(None);
    }
    let Some((guess, relaxation)) = relaxation(plan, theta, stream, watch)? else {
        return Ok(None);
    };
    let model = &plan.problem.model.for_answer();
    let (stream, n) = (stream.child("bounds"), plan.bound_paths);
    let mut said = Vec::with_capacity(n);
    for first in (0..n).step_by(ROUND) {
        proceed(watch, "bounds", [first, n])?;
        let draws = (&stream, first as u64, ROUND.min(n - first));
        let made = |path: Path<'_>| Made {
            states: (0..=path.steps()).map(|t| path.state(t).to_vec()).collect(),
            actions: (0..path.steps()).map(|t| path.action(t).to_vec()).collect(),
        };
        let paths = plan.watch(theta, (model, draws), made);
        for one in plan.each(&paths, |path| relaxation.of_path(path)) {
            said.push(one?);
        }
    }
    Ok(Bounds::of(&said, guess))
}

/// Foresight with the guess that was asked for, or else with the nearest one; none where the model has none.
fn relaxation<M: Model>(
    plan: &Plan<M>,
    theta: &Params,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Option<(Guess, Box<dyn Relaxation>)>> {
    let Some(relaxed) = plan.problem.model.relaxed() else {
        return Ok(None);
    };
    if plan.problem.guess != Some(Guess::Learned) {
        let tabled = relaxed.tabled();
        if tabled.is_some() || plan.problem.guess == Some(Guess::Table) {
            return Ok(tabled.map(|foresight| (Guess::Table, foresight)));
        }
    }
    let mut learner = relaxed.learner();
    let (stream, n) = (stream.child("guess"), learner.paths());
    for first in (0..n).step_by(CHUNK) {
        proceed(watch, "guess", [first, n])?;
        learner.hear(&plan.lived(theta, (&stream, first as u64, CHUNK.min(n - first))));
    }
    let learned = plan.within(|| learner.learned())?;
    Ok(Some((Guess::Learned, learned)))
}

/// Goes on unless somebody wants an end.
fn proceed(watch: &mut dyn Watch, stage: &str, [at, of]: [usize; 2]) -> Result<()> {
    match watch.stage(stage, at, of) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Interrupted { at: 0 }),
    }
}
