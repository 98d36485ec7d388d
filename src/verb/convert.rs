//! `convert`: a case file from the input of another program.

use std::io::ErrorKind;
use std::path::PathBuf;

use clap::Args;
use ground::{Error, Result};

use super::write_new;
use crate::cases::schema::nearest;
use crate::convert::deepbsde::{self, Method};
use crate::failure::{Outcome, code};
use crate::print;

/// What can be converted.
const PROGRAMS: [&str; 1] = ["deepbsde"];

/// The arguments of `convert`.
#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// The program: deepbsde, the published code of the Deep BSDE method
    program: String,
    /// Its input: for deepbsde a configuration in JSON
    input: PathBuf,
    /// Keep the published method, a batch-normalised network a step, instead of ours
    #[arg(long)]
    published: bool,
    /// A new file for the case; without it the case is printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Convert {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        if !PROGRAMS.contains(&self.program.as_str()) {
            return Err(Error::input("", format!("`{}` is no program known here", self.program))
                .nearest(nearest(&self.program, PROGRAMS))
                .allowed(format!("Known here: {}", PROGRAMS.join(", ")))
                .into());
        }
        let method = if self.published { Method::Published } else { Method::Directions };
        let text = deepbsde::case(&self.input.display().to_string(), &self.text()?, method)?;
        match &self.out {
            None => print::answer(text.trim_end())?,
            Some(out) => write_new(out, text.as_bytes())?,
        }
        Ok(code::CONVERGED)
    }

    fn text(&self) -> Result<String> {
        let file = self.input.display().to_string();
        std::fs::read_to_string(&self.input).map_err(|e| {
            let what = match e.kind() {
                ErrorKind::NotFound => "there is no such file".to_owned(),
                ErrorKind::InvalidData => "this file is not text".to_owned(),
                _ => format!("this file cannot be read: {e}"),
            };
            Error::input("", what).allowed("Give a configuration in JSON").in_file(&file)
        })
    }
}
