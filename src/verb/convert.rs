//! `convert`: a case or a model from a file of another program.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use atoms::interchange::{self, ModelFormat};
use clap::Args;
use ground::{Error, Result};

use super::{refuse_existing, write_new};
use crate::cases::schema::nearest;
use crate::convert::deepbsde::{self, Method};
use crate::failure::{Outcome, code};
use crate::print;
use crate::progress::say;

/// What can be converted.
const PROGRAMS: [&str; 2] = ["deepbsde", "deepmd"];

/// The arguments of `convert`.
#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// The program: deepbsde, the published code of the Deep BSDE method, or deepmd, DeePMD-kit
    program: String,
    /// Its file: for deepbsde a configuration in JSON, for deepmd a model, .dp or .yaml
    input: PathBuf,
    /// deepbsde: keep the published method, a batch-normalised network a step, instead of ours
    #[arg(long)]
    published: bool,
    /// A new file: for deepbsde the case, printed without this; for deepmd the model, .dp or .yaml
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Convert {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        match self.program.as_str() {
            "deepbsde" => self.case()?,
            "deepmd" => self.model()?,
            other => {
                return Err(Error::input("", format!("`{other}` is no program known here"))
                    .nearest(nearest(other, PROGRAMS))
                    .allowed(format!("Known here: {}", PROGRAMS.join(", ")))
                    .into());
            }
        }
        Ok(code::CONVERGED)
    }

    /// A case from a configuration.
    fn case(&self) -> Result<()> {
        let method = if self.published { Method::Published } else { Method::Directions };
        let text = self.bytes("Give a configuration in JSON").and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| {
                Error::input("", "this file is not text")
                    .allowed("Give a configuration in JSON")
                    .in_file(&shown(&self.input))
            })
        })?;
        let text = deepbsde::case(&shown(&self.input), &text, method)?;
        match &self.out {
            None => print::answer(text.trim_end()),
            Some(out) => write_new(out, text.as_bytes()),
        }
    }

    /// The same model in a file of another form.
    fn model(&self) -> Result<()> {
        if self.published {
            return Err(Error::input("--published", "this is about deepbsde only"));
        }
        let Some(out) = &self.out else {
            return Err(Error::input("--out", "a model is not printed")
                .allowed("Name a new file that ends in .dp or .yaml"));
        };
        let (from, to) = (shown(&self.input), shown(out));
        if ModelFormat::of(&to).is_err() {
            return Err(Error::input("--out", "this is not the name of a model")
                .allowed("Choose a name that ends in .dp or .yaml")
                .in_file(&to));
        }
        ModelFormat::of(&from)?;
        refuse_existing(Some(out))?;
        let bytes = self.bytes("Give a model of DeePMD-kit, .dp or .yaml")?;
        let read = interchange::read(&from, &bytes, None).map_err(|e| e.in_file(&from))?;
        for warning in &read.warnings {
            say(&format!("{from}: {warning}"));
        }
        let bytes = interchange::write(&to, &read.potential).map_err(|e| e.in_file(&to))?;
        write_new(out, &bytes)
    }

    fn bytes(&self, allowed: &str) -> Result<Vec<u8>> {
        std::fs::read(&self.input).map_err(|e| {
            let what = match e.kind() {
                ErrorKind::NotFound => "there is no such file".to_owned(),
                _ => format!("this file cannot be read: {e}"),
            };
            Error::input("", what).allowed(allowed).in_file(&shown(&self.input))
        })
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
