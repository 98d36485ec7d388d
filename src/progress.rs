//! What a run shows on its way: a bar on a terminal, plain lines elsewhere, always on stderr.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The shortest time between two plain lines.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// A display of one run.
#[derive(Debug)]
pub(crate) struct Display {
    bar: Option<ProgressBar>,
    lined: Instant,
    began: Instant,
    first: Option<u64>,
    stage: String,
}

impl Display {
    /// A bar where stderr is a terminal, else lines.
    pub(crate) fn new() -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style =
                ProgressStyle::with_template("{msg:40!} {wide_bar:.cyan} {pos}/{len}  {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        let now = Instant::now();
        Self { bar, lined: now, began: now, first: None, stage: String::new() }
    }

    /// `made` of `of` moves; `loss` is the last training value.
    pub(crate) fn moves(&mut self, made: u64, of: u64, loss: Option<f64>) {
        let first = *self.first.get_or_insert(made);
        let spent = self.began.elapsed().as_secs_f64();
        let rate = (made - first) as f64 / spent.max(1e-9);
        let loss = loss.map_or_else(String::new, |loss| format!("  loss {loss:.3e}"));
        if let Some(bar) = &self.bar {
            bar.set_length(of);
            bar.set_position(made);
            bar.set_message(format!("{rate:.0} iterations/s{loss}"));
        } else if self.lined.elapsed() >= BETWEEN_LINES {
            let left = (of - made.min(of)) as f64 / rate.max(1e-9);
            self.line(&format!(
                "iteration {made} of {of}  {rate:.0}/s{loss}  {} left",
                human(left)
            ));
        }
    }

    /// `done` of `of` parts of a stage of the answer.
    pub(crate) fn stage(&mut self, what: &str, done: usize, of: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
            bar.set_message(what.to_owned());
        } else if self.lined.elapsed() >= BETWEEN_LINES {
            self.line(&format!("{what}: {done} of {of}"));
        }
        what.clone_into(&mut self.stage);
    }

    /// Takes the bar away.
    pub(crate) fn end(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&mut self, text: &str) {
        say(text);
        self.lined = Instant::now();
    }
}

/// A line on stderr. Nobody listening is no reason to stop.
pub(crate) fn say(sentence: &str) {
    let _unheard = writeln!(stderr().lock(), "{sentence}");
}

/// Seconds in words: `0.8 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn human(seconds: f64) -> String {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rounded time, not negative"
    )]
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        _ if seconds < 9.95 => format!("{:.1} s", seconds.max(0.0)),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600..360_000 => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}
