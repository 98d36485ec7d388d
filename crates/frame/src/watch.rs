//! What may look at a run and never change it. Printing, files and clocks live behind it.

use std::ops::ControlFlow;

use ground::Result;
use ground::estimate::Estimate;

use crate::checkpoint::Checkpoint;
use crate::trace::Trace;

/// Looks at a run; may ask it to stop.
pub trait Watch: Send {
    /// Called before every move, and once after the last.
    fn step(&mut self, at: &mut Progress<'_>) -> Result<ControlFlow<Stop>>;

    /// Called while the answer is computed: `done` of `of` parts of the stage `what`. A stop means
    /// that nobody waits for the answer any more.
    fn stage(&mut self, what: &str, done: usize, of: usize) -> ControlFlow<()> {
        let _ = (what, done, of);
        ControlFlow::Continue(())
    }
}

/// What a run should do when it is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Stop training and answer with what was reached.
    Answer,
    /// Leave.
    Leave,
}

/// Where a run is.
#[expect(missing_debug_implementations, reason = "it borrows a closure")]
pub struct Progress<'a> {
    /// Moves made.
    pub iteration: u64,
    /// Moves to make.
    pub of: u64,
    /// J on the last training batch.
    pub training: Option<Estimate>,
    /// The looks so far.
    pub trace: &'a Trace,
    pub(crate) save: &'a mut dyn FnMut() -> Result<Checkpoint>,
}

impl Progress<'_> {
    /// Everything needed to go on from here.
    pub fn checkpoint(&mut self) -> Result<Checkpoint> {
        (self.save)()
    }
}

/// Nobody looks.
impl Watch for () {
    fn step(&mut self, _: &mut Progress<'_>) -> Result<ControlFlow<Stop>> {
        Ok(ControlFlow::Continue(()))
    }
}
