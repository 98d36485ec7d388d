//! `report`: the page of a finished run again, and its pictures as files.

use std::path::PathBuf;

use clap::Args;

use crate::failure::{Outcome, code};
use crate::print;
use crate::report::{self, Page};
use crate::run_folder::{CASE, PAGE, RunFolder, SHOWN};
use ground::Error;

/// The arguments of `report`.
#[derive(Args, Debug)]
pub(crate) struct Write {
    /// The folder of a finished run
    run: PathBuf,
    /// Write every picture as figures/<name>.png too
    #[arg(long)]
    png: bool,
    /// Write every picture as figures/<name>.svg too
    #[arg(long)]
    svg: bool,
}

impl Write {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let place = RunFolder::existing(&self.run)?;
        if !place.has(SHOWN) || !place.has(CASE) {
            return Err(Error::input("", "this folder holds no run that has come to its end")
                .allowed("Give the folder of a finished run, such as runs/hjb-lqg-100d-1")
                .in_file(&place.path.display().to_string())
                .into());
        }
        let page = Page::read(&place)?;
        page.render(&place)?;
        let mut lines = Vec::new();
        for (wanted, as_png) in [(self.svg, false), (self.png, true)] {
            if wanted {
                lines.extend(report::pictures(&page.figures, &place, as_png)?);
            }
        }
        lines.push(place.name_of(PAGE));
        print::answer(&lines.join("\n"))?;
        Ok(code::CONVERGED)
    }
}
