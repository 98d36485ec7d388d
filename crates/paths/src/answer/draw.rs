//! All paths of an answer.
//!
//! Where f depends on u the paths of Y start at a y of their own level, found before on paths of its
//! own: a few Newton steps from where training left y₀, so that the error of the answer, quadratic
//! in that of y, is below its noise.
//!
//! Where x₀ has a law, paths that are compared with each other come in groups of one start; those the
//! answer is averaged over have a start each.

use std::ops::Range;

use frame::{Params, Watch};
use ground::Result;
use ground::estimate::Estimate;
use ground::stream::Stream;

use super::measure::{Weighted, minimiser};
use crate::plan::{Fresh, LevelDraws, PathPlan, Which};

/// Plain paths that R² and the minimiser are measured on, unless fewer fresh paths are asked for.
const PLAIN: usize = 8192;
/// Paths of a Newton step, and how many there are.
const NEWTON: (usize, usize) = (2048, 3);

/// All paths of an answer.
pub(super) struct Paths {
    /// Paths by the drift alone.
    pub(super) plain: Vec<LevelDraws>,
    /// The same with Z = 0.
    pub(super) zero: LevelDraws,
    /// The same with the untrained function.
    pub(super) untrained: LevelDraws,
    /// Paths that follow the function.
    pub(super) policy: Vec<LevelDraws>,
}

/// Draws all paths of an answer.
pub(super) fn draw(
    j: &mut PathPlan,
    theta: &Params,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Paths> {
    let fresh = j.fresh();
    let all = 0..j.problem.levels.len();
    let plain_stream = &stream.child("plain");
    let learned = (Which::Learned(theta), j.start(theta));
    let first = plain(j, learned, (all.clone(), "plain paths"), plain_stream, watch)?;
    let one = (0..1, "without training");
    let untrained = (Which::Smoothed, learned.1);
    let untrained = plain(j, untrained, one, plain_stream, watch)?.swap_remove(0);
    let one = (0..1, "without a function");
    let zero = plain(j, (Which::Zero, learned.1), one, plain_stream, watch)?.swap_remove(0);
    let stream = &stream.child("policy");
    let pivot = minimiser(&first[first.len() - 1]).mean;
    let (what, levels, kappa, group, n) = ("fresh paths", all, law(j), 1, fresh);
    let wanted = Wanted { what, levels, kappa, group, n, stream, pivot };
    let policy = wanted.draw(j, learned, adjoint_weighted, watch)?;
    Ok(Paths { plain: first, zero, untrained, policy })
}

/// κ of paths that follow the function, which is no matter where f has no z.
fn law(j: &PathPlan) -> f64 {
    if j.problem.equation.is_nonlinear() { 1.0 } else { 0.0 }
}

/// V of one level.
fn adjoint_weighted(draws: &LevelDraws) -> f64 {
    Estimate::of(&Weighted::new(draws).values(draws)).mean
}

/// Paths that follow a function, about so many, in groups where x₀ has a law.
pub(super) fn follow(
    j: &mut PathPlan,
    asked: (Which<'_>, f64),
    (levels, what): (Range<usize>, &'static str),
    (n, stream): (usize, &Stream),
    watch: &mut dyn Watch,
) -> Result<Vec<LevelDraws>> {
    let (group, n) = grouped(j, n);
    let wanted = Wanted { what, levels, kappa: law(j), group, n, stream, pivot: 0.0 };
    wanted.draw(j, asked, adjoint_weighted, watch)
}

/// How many paths share a start, and about so many paths in whole groups, at most as many as fresh ones
/// are asked for.
fn grouped(j: &PathPlan, n: usize) -> (usize, usize) {
    let group = j.problem.at.group();
    (group, (n.min(j.fresh()) / group).max(1) * group)
}

/// Paths that follow the function from (t, x) on N and 2N steps, N those of the first level, Y
/// starting at y.
pub(crate) fn from_point(
    j: &mut PathPlan,
    theta: &Params,
    (t, x, y): (f64, &[f64], f64),
    (n, stream): (usize, &Stream),
    watch: &mut dyn Watch,
) -> Result<Vec<LevelDraws>> {
    let steps = [j.problem.levels[0], 2 * j.problem.levels[0]];
    let (from, start) = (Some((t, x, steps.as_slice())), [y; 2]);
    let (what, levels, kappa, pivot) = ("paths from a point", 0..2, law(j), 0.0);
    let fresh = Fresh { what, levels, from, start: &start, kappa, group: 1, n, stream, pivot };
    j.evaluate(Which::Learned(theta), &fresh, watch)
}

/// Paths by the drift alone, of a function and from where Y starts.
pub(super) fn plain(
    j: &mut PathPlan,
    asked: (Which<'_>, f64),
    (levels, what): (Range<usize>, &'static str),
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Vec<LevelDraws>> {
    let (group, n) = grouped(j, PLAIN);
    let wanted = Wanted { what, levels, kappa: 0.0, group, n, stream, pivot: 0.0 };
    wanted.draw(j, asked, |draws| minimiser(draws).mean, watch)
}

/// Paths that are wanted.
struct Wanted<'a> {
    what: &'static str,
    levels: Range<usize>,
    kappa: f64,
    group: usize,
    n: usize,
    stream: &'a Stream,
    /// Near the mean of y₀.
    pivot: f64,
}

impl Wanted<'_> {
    /// Finds where Y starts, by what `read` makes of the paths of a level; then draws.
    fn draw(
        &self,
        j: &mut PathPlan,
        (which, start): (Which<'_>, f64),
        read: impl Fn(&LevelDraws) -> f64,
        watch: &mut dyn Watch,
    ) -> Result<Vec<LevelDraws>> {
        let (paths, rounds) = NEWTON;
        let mut start = vec![start; self.levels.len()];
        let rounds = if j.problem.equation.depends_on_value() { rounds } else { 0 };
        let own = self.stream.child("start");
        for _ in 0..rounds {
            let few = Fresh { n: paths.min(self.n), stream: &own, ..self.fresh(&start) };
            let draws = j.evaluate(which, &few, watch)?;
            let [low, high] = j.pilot().range;
            start = draws.iter().map(|level| read(level).clamp(low, high)).collect();
        }
        j.evaluate(which, &self.fresh(&start), watch)
    }

    fn fresh<'a>(&'a self, start: &'a [f64]) -> Fresh<'a> {
        Fresh {
            what: self.what,
            levels: self.levels.clone(),
            from: None,
            start,
            kappa: self.kappa,
            group: self.group,
            n: self.n,
            stream: self.stream,
            pivot: self.pivot,
        }
    }
}
