//! A case, trained by the loop that the command runs: its watch opens and closes the windows.

use std::ops::ControlFlow;

use esperance::cases::{resolve, shipped};
use esperance::frame::watch::{Progress, Stop, Watch};
use ground::{Error, Result};

use crate::windows::Windows;

/// More iterations than anyone waits for. There is one look at the validation value, before the
/// first.
const ENDLESS: &str = "1000000000000";

/// Solves a case while windows are asked for. `changes` are its keys, as `--set` takes them.
pub(crate) fn solve(
    name: &str,
    changes: &[&str],
    run: [(&str, &str); 3],
    windows: &mut Windows,
) -> Result<()> {
    let mut case = shipped::open(name)?;
    changes.iter().try_for_each(|pair| case.set_pair(pair))?;
    for (key, value) in run.into_iter().chain([("iterations", ENDLESS), ("look-every", ENDLESS)]) {
        case.set("contestant", &format!("run.{key}"), value)?;
    }
    let resolved = resolve(case)?;
    match resolved.job()?.run(&resolved.run, windows) {
        Err(Error::Interrupted { .. }) => Ok(()),
        ended => ended.map(|_| ()),
    }
}

impl Watch for Windows {
    fn step(&mut self, at: &mut Progress<'_>) -> Result<ControlFlow<Stop>> {
        let loss = at.training.map_or(f64::NAN, |value| value.mean);
        Ok(match self.before(|| loss) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(()) => ControlFlow::Break(Stop::Leave),
        })
    }
}
