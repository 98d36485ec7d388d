//! The watch of a run: progress, checkpoints, the time limit, a request to stop.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use frame::{Checkpoint, Progress, Schedule, Stop, Trace, Watch};
use ground::Result;

use crate::onlooker::Onlooker;
use crate::record;
use crate::run_folder::{Owner, RunFolder};

/// What a session needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// The longest time of the training.
    pub(crate) time: Option<Duration>,
    /// The time between two checkpoints.
    pub(crate) every: Duration,
}

/// Watches one run.
pub(crate) struct Session<'a> {
    /// Who is told.
    pub(crate) onlooker: &'a mut dyn Onlooker,
    /// The looks so far.
    pub(crate) trace: Trace,
    /// Moves made.
    pub(crate) iteration: u64,
    /// The rate of a training on data, and over how many moves; its errors are written at every look.
    pub(crate) rate: Option<(Schedule, u64)>,
    folder: Option<(&'a RunFolder, &'a Owner)>,
    limits: Limits,
    began: Instant,
    saved: Instant,
    /// The last state known to be good, not on disk.
    kept: Option<Checkpoint>,
    first: Option<(u64, Instant)>,
    last: Option<(u64, Instant)>,
}

impl<'a> Session<'a> {
    /// A session that saves into a folder, where there is one.
    pub(crate) fn new(
        folder: Option<(&'a RunFolder, &'a Owner)>,
        limits: Limits,
        onlooker: &'a mut dyn Onlooker,
    ) -> Self {
        let now = Instant::now();
        Self {
            onlooker,
            trace: Trace::default(),
            iteration: 0,
            rate: None,
            folder,
            limits,
            began: now,
            saved: now,
            kept: None,
            first: None,
            last: None,
        }
    }

    /// Milliseconds a move took, since this run was started or resumed.
    pub(crate) fn ms_per_iteration(&self) -> Option<f64> {
        let ((from, start), (to, end)) = (self.first?, self.last?);
        (to > from).then(|| (end - start).as_secs_f64() * 1e3 / (to - from) as f64)
    }

    /// The last state known to be good, where it is not on disk.
    pub(crate) fn take_kept(&mut self) -> Option<Checkpoint> {
        self.kept.take()
    }

    /// Writes the last good state, if there is a folder and it is not there yet.
    pub(crate) fn save_kept(&mut self) -> Result<()> {
        if let Some((folder, owner)) = self.folder
            && let Some(checkpoint) = self.kept.take()
        {
            folder.save(checkpoint, owner)?;
        }
        self.saved = Instant::now();
        Ok(())
    }

    fn save(&mut self, at: &mut Progress<'_>) -> Result<()> {
        self.keep(at)?;
        self.save_kept()
    }

    /// Keeps the state as the last good one; there is never room taken for two.
    fn keep(&mut self, at: &mut Progress<'_>) -> Result<()> {
        self.kept = None;
        self.kept = Some(at.checkpoint()?);
        Ok(())
    }

    /// Whether the last look is a number.
    fn sound(trace: &Trace) -> bool {
        trace.looks.last().is_none_or(|look| look.validation.mean.is_finite())
    }
}

impl Watch for Session<'_> {
    fn step(&mut self, at: &mut Progress<'_>) -> Result<ControlFlow<Stop>> {
        let now = Instant::now();
        self.iteration = at.iteration;
        self.first.get_or_insert((at.iteration, now));
        self.last = Some((at.iteration, now));
        let looked = at.trace.looks.len() > self.trace.looks.len();
        if looked {
            self.trace = at.trace.clone();
            if let (Some((folder, _)), Some(rate)) = (self.folder, &self.rate) {
                record::curve(folder, &self.trace, rate)?;
            }
        }
        if (looked && Self::sound(at.trace)) || at.iteration == at.of {
            self.keep(at)?;
        }
        self.onlooker.moves(at.iteration, at.of, at.training.map(|value| value.mean));
        if self.onlooker.asks_to_stop() {
            self.save(at)?;
            return Ok(ControlFlow::Break(Stop::Leave));
        }
        let late = self.limits.time.is_some_and(|limit| now - self.began >= limit);
        if late && at.iteration < at.of {
            self.save(at)?;
            return Ok(ControlFlow::Break(Stop::Answer));
        }
        if now - self.saved >= self.limits.every {
            self.save(at)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn stage(&mut self, what: &str, done: usize, of: usize) -> ControlFlow<()> {
        self.onlooker.stage(what, done, of);
        // A disk that fails here fails again where the answer is written, and is reported there.
        if self.saved.elapsed() >= self.limits.every && self.save_kept().is_err() {
            self.saved = Instant::now();
        }
        if self.onlooker.asks_to_stop() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
