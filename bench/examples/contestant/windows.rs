//! Windows of iterations: asked for on standard input, answered on standard output.
//!
//! Ready, it says `ready TITLE`. To each line `window K` it makes K iterations and answers
//! `MILLISECONDS LOSS`: the time of one, and the loss of the last. It ends with its input.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::fmt::Display;
use std::io::{Write, stderr, stdin, stdout};
use std::ops::ControlFlow;
use std::time::Instant;

use ground::kernel::lane::{level_name, level_named};

/// Where the windows are.
pub(crate) struct Windows {
    title: String,
    open: Option<(Instant, u64)>,
    left: u64,
}

impl Windows {
    /// Nothing was asked for yet. The title says with which instructions it iterates.
    pub(crate) fn new(title: &str, level: &str) -> Self {
        let level = level_named(level).map_or("no such level", level_name);
        Self { title: format!("{title} {level}"), open: None, left: 0 }
    }

    /// More to say in the title.
    pub(crate) fn say(&mut self, fact: &str) {
        self.title.push_str(fact);
    }

    /// To be called before every iteration: closes a window that is done, and waits for the next.
    /// A break means that no more is wanted.
    pub(crate) fn before(&mut self, loss: impl FnOnce() -> f64) -> ControlFlow<()> {
        if self.left == 0 {
            let said = match self.open {
                None => format!("ready {}", self.title),
                Some((began, of)) => {
                    let ms = 1e3 * began.elapsed().as_secs_f64() / of as f64;
                    format!("{ms:.5} {:.5e}", loss())
                }
            };
            let Some(next) = ask(&said).filter(|&n| n > 0) else { return ControlFlow::Break(()) };
            (self.open, self.left) = (Some((Instant::now(), next)), next);
        }
        self.left -= 1;
        ControlFlow::Continue(())
    }
}

/// Says a line and reads how long the next window is; `None` where nobody asks any more.
fn ask(said: &str) -> Option<u64> {
    writeln!(stdout(), "{said}").ok()?;
    let mut line = String::new();
    stdin().read_line(&mut line).ok()?;
    line.trim().strip_prefix("window ")?.parse().ok()
}

/// Says what went wrong.
pub(crate) fn complain(error: &impl Display) {
    let _unheard = writeln!(stderr(), "{error}");
}
