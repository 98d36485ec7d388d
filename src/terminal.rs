//! The terminal looks on: progress on stderr, and Ctrl-C.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use ground::{Error, Result};

use crate::onlooker::Onlooker;
use crate::progress::{Display, say};

/// How often Ctrl-C was pressed.
static ASKED: AtomicU8 = AtomicU8::new(0);

/// Whether a run has come as far as its first step or stage, after which it has something to save.
static WORKING: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C and for the signals that end a process. The first asks the run to save and
/// leave, the second leaves; while nothing has begun, as data are prepared, the first leaves too.
pub(crate) fn listen() -> Result<()> {
    let heard = ctrlc::set_handler(|| {
        if ASKED.fetch_add(1, Ordering::SeqCst) > 0 || !WORKING.load(Ordering::SeqCst) {
            #[allow(clippy::exit, reason = "the user asked twice, or there is nothing to save")]
            std::process::exit(130);
        }
        say("saving; once more to leave at once");
    });
    match heard {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(e) => Err(Error::io("Ctrl-C", e)),
    }
}

/// Whether somebody asked to stop.
pub(crate) fn asked_to_stop() -> bool {
    ASKED.load(Ordering::SeqCst) > 0
}

/// Something has begun that is kept: the first Ctrl-C waits for it.
pub(crate) fn working() {
    WORKING.store(true, Ordering::SeqCst);
}

/// A terminal, for one run; its display goes with it.
#[derive(Debug)]
pub(crate) struct Terminal {
    display: Display,
}

impl Terminal {
    /// A new display.
    pub(crate) fn new() -> Self {
        Self { display: Display::new() }
    }
}

impl Onlooker for Terminal {
    fn moves(&mut self, made: u64, of: u64, loss: Option<f64>) {
        WORKING.store(true, Ordering::SeqCst);
        self.display.moves(made, of, loss);
    }

    fn stage(&mut self, what: &str, done: usize, of: usize) {
        WORKING.store(true, Ordering::SeqCst);
        self.display.stage(what, done, of);
    }

    fn say(&mut self, sentence: &str) {
        say(sentence);
    }

    fn asks_to_stop(&self) -> bool {
        asked_to_stop()
    }

    fn end(&mut self) {
        self.display.end();
    }
}
