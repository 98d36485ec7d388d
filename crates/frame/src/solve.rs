//! The verb and its one loop.

use std::ops::ControlFlow;

use ground::archive::Archive;
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::checkpoint::{Checkpoint, Keeper};
use crate::descent::Descent;
use crate::functional::{Batch, Functional, Purpose};
use crate::params::Params;
use crate::problem::{Findings, Problem};
use crate::representation::Representation;
use crate::run::Run;
use crate::solution::Solution;
use crate::trace::Trace;
use crate::verdict::{Stopped, Verdict};
use crate::watch::{Progress, Stop, Watch};

/// A solution of problem `P` by form `R`.
pub type SolutionOf<P, R> = Solution<<P as Problem<R>>::Answer, <P as Problem<R>>::Functional>;

/// Couples, descends, answers.
///
/// Draws of move i are named (training, i), the looks are all named (validation, 0), and the answer
/// is drawn from a stream of its own: so the result depends on the seed and on nothing else.
pub fn solve<P, R, D>(
    problem: P,
    form: R,
    descent: D,
    run: &Run,
    watch: &mut dyn Watch,
) -> Result<SolutionOf<P, R>>
where
    R: Representation,
    P: Problem<R>,
    D: Descent<P::Functional>,
{
    let stream = Stream::new(run.seed);
    let mut theta = form.init(run.precision, &stream.child("init"))?;
    if let Some(start) = &run.init {
        start.restore(&mut theta)?;
        theta.forget();
    }
    let functional = problem.couple(form, run)?;
    let mut course = Course { functional, descent, theta, trace: Trace::default(), made: 0 };
    if let Some(Checkpoint(archive)) = &run.resume {
        course.keep(&mut Keeper::restoring(&mut archive.clone()))?;
    }
    let untouched = run.iterations == 0 && run.init.is_none();
    let (stopped, cut) = course.descend(run, watch)?;
    let cut = cut.or_else(|| untouched.then(|| "nothing was trained".to_owned()));
    let Course { mut functional, theta, trace, .. } = course;
    let found = P::answer(&mut functional, &theta, &stream.child("fresh"), watch)?;
    // Where it was said when to end, nothing else says whether it has come to its end.
    let told = if run.until.is_some() { Trace::default() } else { trace.clone() };
    Ok(Solution {
        verdict: judge(&told, &found, cut),
        stopped,
        answer: found.answer,
        error: found.error,
        params: theta,
        trace,
        work: functional.work(),
        functional,
    })
}

/// A run on its way.
struct Course<J, D> {
    functional: J,
    descent: D,
    theta: Params,
    trace: Trace,
    made: u64,
}

impl<J: Functional, D: Descent<J>> Course<J, D> {
    /// All moves that are left. Returns what ended it, and why it was cut short, if it was.
    fn descend(&mut self, run: &Run, watch: &mut dyn Watch) -> Result<(Stopped, Option<String>)> {
        // A run that was interrupted at its end knows it by its last look.
        let looked = self.trace.looks.last().filter(|look| look.iteration == self.made);
        let mut last = looked.map(|look| Estimate { mean: look.training, ..look.validation });
        loop {
            let small = run.until.filter(|until| last.is_some_and(|value| value.mean <= *until));
            self.look(run, last, small.is_some())?;
            match self.show(run, last, watch)? {
                ControlFlow::Continue(()) if small.is_some() => return Ok((Stopped::Loss, None)),
                ControlFlow::Continue(()) if self.made < run.iterations => {}
                ControlFlow::Continue(()) => {
                    return Ok((Stopped::Iterations, self.above(run, last)));
                }
                ControlFlow::Break(Stop::Leave) => {
                    return Err(Error::Interrupted { at: self.made });
                }
                ControlFlow::Break(Stop::Answer) => {
                    let (made, of) = (self.made, run.iterations);
                    let why = format!("stopped after {made} of {of} iterations");
                    return Ok((Stopped::Time, Some(why)));
                }
            }
            let batch = Batch { purpose: Purpose::Training, step: self.made, n: run.batch };
            last = Some(self.descent.step(&mut self.theta, &mut self.functional, batch)?);
            self.made += 1;
        }
    }

    /// Why all moves were not enough, where it was said how small the training value has to be.
    fn above(&self, run: &Run, last: Option<Estimate>) -> Option<String> {
        let (until, last) = (run.until?, last?.mean);
        Some(format!("after {} iterations the loss is {last:.2e}, above {until:.0e}", self.made))
    }

    /// Judges by the validation draws, where a look is due and was not made before.
    fn look(&mut self, run: &Run, last: Option<Estimate>, is_last: bool) -> Result<()> {
        let is_last = is_last || self.made == run.iterations;
        let due = self.made.is_multiple_of(run.look_every.max(1)) || is_last;
        if !due || self.trace.looks.last().is_some_and(|look| look.iteration == self.made) {
            return Ok(());
        }
        let batch = Batch { purpose: Purpose::Validation, step: self.made, n: run.look };
        let validation = self.functional.value(&self.theta, batch)?;
        let unknown = Estimate { mean: f64::NAN, stderr: f64::NAN, n: 0 };
        let values = [last.unwrap_or(unknown), validation];
        self.trace.add(self.made, values, self.functional.told());
        Ok(())
    }

    fn show(
        &mut self,
        run: &Run,
        training: Option<Estimate>,
        watch: &mut dyn Watch,
    ) -> Result<ControlFlow<Stop>> {
        // Both the watch and a checkpoint see the trace: it is lent to the one and kept by the other.
        let trace = std::mem::take(&mut self.trace);
        let (iteration, of) = (self.made, run.iterations);
        let mut save = || {
            let mut archive = Archive::default();
            let mut keeper = Keeper::saving(&mut archive);
            self.keep_all_but_the_trace(&mut keeper)?;
            trace.clone().keep(&mut keeper.within("trace"))?;
            Ok(Checkpoint(archive))
        };
        let flow =
            watch.step(&mut Progress { iteration, of, training, trace: &trace, save: &mut save });
        self.trace = trace;
        flow
    }

    /// What must survive an interruption, in one place.
    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        self.keep_all_but_the_trace(keeper)?;
        self.trace.keep(&mut keeper.within("trace"))
    }

    fn keep_all_but_the_trace(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        keeper.count("made", &mut self.made)?;
        self.theta.keep(&mut keeper.within("theta"))?;
        self.descent.keep(&mut keeper.within("descent"))?;
        self.functional.keep(&mut keeper.within("functional"))
    }
}

/// The verdict: settled when the validation value of the last fifth of the run differs from the
/// fifth before by less than two standard errors or the answer's slack, and nothing contradicts the
/// answer or throws doubt on it.
pub(crate) fn judge<A>(trace: &Trace, found: &Findings<A>, cut: Option<String>) -> Verdict {
    if let Some(why) = &found.contradiction {
        return Verdict::Contradicted { why: why.clone() };
    }
    let moves = |drift: &Estimate| drift.mean.abs() > found.slack.max(2.0 * drift.stderr);
    let drift = trace.drift().filter(moves).map(|drift| {
        let errors = drift.mean.abs() / drift.stderr;
        let errors = if errors.is_finite() {
            format!(" ({errors:.1} standard errors)")
        } else {
            String::new()
        };
        format!(
            "the validation loss still moved by {:.2e}{errors} over the last fifth; try more \
             run.iterations",
            drift.mean
        )
    });
    let most = found.late.unwrap_or(f64::INFINITY);
    let late = trace.late().filter(|share| drift.is_none() && *share > most).map(|share| {
        format!(
            "the second half of the run still brought {:.1} % of all that was gained; try more \
             run.iterations",
            100.0 * share
        )
    });
    let whys: Vec<String> =
        cut.into_iter().chain(drift).chain(late).chain(found.doubts.iter().cloned()).collect();
    if whys.is_empty() { Verdict::Converged } else { Verdict::NotSettled { why: whys.join("; ") } }
}
