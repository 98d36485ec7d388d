//! Work on a thread of its own, while the thread of Python listens for Ctrl-C and shows progress.
//!
//! Python hears signals on its main thread alone, and only where that thread asks. So the work never
//! touches Python: it writes down how far it is, and is told by a flag to save and leave.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use esperance::Onlooker;
use esperance::ground::par::STACK;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Between two looks at signals and progress.
const BETWEEN: Duration = Duration::from_millis(50);

/// How long a run that was asked to stop is waited for; what it saves in a folder is waited for anyway.
const PATIENCE: Duration = Duration::from_millis(350);

/// Where a run is, as its last words said.
#[derive(Debug, Default)]
struct Place {
    made: u64,
    of: u64,
    loss: Option<f64>,
    stage: String,
    said: Vec<String>,
}

/// What the two threads share.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    /// Whether there is something to save.
    working: AtomicBool,
    place: Mutex<Place>,
}

/// The onlooker of the work.
#[derive(Clone, Debug)]
pub(crate) struct Watching(Arc<Shared>);

impl Watching {
    fn note(&self, change: impl FnOnce(&mut Place)) {
        change(&mut self.0.place.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Onlooker for Watching {
    fn moves(&mut self, made: u64, of: u64, loss: Option<f64>) {
        self.0.working.store(true, Ordering::Relaxed);
        self.note(|place| (place.made, place.of, place.loss) = (made, of, loss));
    }

    fn stage(&mut self, what: &str, done: usize, of: usize) {
        self.0.working.store(true, Ordering::Relaxed);
        self.note(|place| {
            (place.made, place.of, place.loss) = (done as u64, of as u64, None);
            if place.stage != what {
                what.clone_into(&mut place.stage);
            }
        });
    }

    fn say(&mut self, sentence: &str) {
        self.note(|place| place.said.push(sentence.to_owned()));
    }

    fn asks_to_stop(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }
}

/// What became of work, and the exception that asked it to stop.
pub(crate) struct Driven<R> {
    /// None where it was not waited for.
    pub(crate) result: Option<R>,
    /// Where it will arrive, then.
    pub(crate) rest: Option<Receiver<R>>,
    /// What a signal raised.
    pub(crate) signal: Option<PyErr>,
}

impl<R> Driven<R> {
    /// The result of work that keeps nothing: a signal is raised.
    pub(crate) fn or_signal(self) -> PyResult<R> {
        match (self.result, self.signal) {
            (_, Some(signal)) => Err(signal),
            (Some(result), None) => Ok(result),
            (None, None) => Err(lost()),
        }
    }
}

/// A thread that ended without a word.
pub(crate) fn lost() -> PyErr {
    PyRuntimeError::new_err(
        "this is a bug, please report it: a run ended without an end; stderr says where",
    )
}

/// Does work. `told` is called with (made, of, loss, stage, sentences) about every 50 ms; `keeps` says
/// that the work writes into a folder, so that it is waited for.
pub(crate) fn drive<R: Send + 'static>(
    py: Python<'_>,
    told: Option<&Bound<'_, PyAny>>,
    keeps: bool,
    work: impl FnOnce(&mut Watching) -> R + Send + 'static,
) -> PyResult<Driven<R>> {
    let shared = Arc::new(Shared::default());
    let (give, take) = channel();
    let mut theirs = Watching(Arc::clone(&shared));
    std::thread::Builder::new().name("esperance".to_owned()).stack_size(STACK).spawn(
        move || {
            // Nobody may be waiting any more.
            let _nobody = give.send(work(&mut theirs));
        },
    )?;
    let mut signal: Option<(PyErr, Instant)> = None;
    let mut take = take;
    loop {
        let heard;
        (heard, take) = listen(py, take);
        match heard {
            Ok(result) => {
                // What a signal has raised is more than what telling raises.
                let told = tell(told, &shared);
                let signal = signal.map(|(error, _)| error).or(told.err());
                return Ok(Driven { result: Some(result), rest: None, signal });
            }
            Err(RecvTimeoutError::Disconnected) => return Err(lost()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let asked = match signal {
            None => py.check_signals().and_then(|()| tell(told, &shared)),
            Some(_) => py.check_signals(),
        };
        if let Err(error) = asked {
            shared.stop.store(true, Ordering::Relaxed);
            if signal.is_some() {
                // Asked twice: nothing is waited for.
                return Ok(Driven { result: None, rest: Some(take), signal: Some(error) });
            }
            signal = Some((error, Instant::now()));
        }
        let left = |since: &Instant| since.elapsed() >= PATIENCE;
        let waits = keeps && shared.working.load(Ordering::Relaxed);
        if let Some((error, _)) = signal.take_if(|(_, since)| left(since) && !waits) {
            return Ok(Driven { result: None, rest: Some(take), signal: Some(error) });
        }
    }
}

/// Waits for work a while, without the interpreter.
fn listen<R: Send>(
    py: Python<'_>,
    take: Receiver<R>,
) -> (Result<R, RecvTimeoutError>, Receiver<R>) {
    py.detach(move || (take.recv_timeout(BETWEEN), take))
}

/// Waits for work that was not waited for; a signal is raised, and the work goes on. None once it was lost.
pub(crate) fn await_rest<R: Send>(
    py: Python<'_>,
    mut take: Receiver<R>,
) -> Result<Option<R>, (PyErr, Receiver<R>)> {
    loop {
        let heard;
        (heard, take) = listen(py, take);
        match heard {
            Ok(result) => return Ok(Some(result)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(error) = py.check_signals() {
            return Err((error, take));
        }
    }
}

/// Tells how far the work is.
fn tell(told: Option<&Bound<'_, PyAny>>, shared: &Shared) -> PyResult<()> {
    let Some(told) = told else { return Ok(()) };
    let now = {
        let mut place = shared.place.lock().unwrap_or_else(PoisonError::into_inner);
        let said = std::mem::take(&mut place.said);
        (place.made, place.of, place.loss, place.stage.clone(), said)
    };
    told.call1(now).map(drop)
}
