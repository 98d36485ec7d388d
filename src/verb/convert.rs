//! `convert`: a case or a model from a file of another program.

use std::path::{Path, PathBuf};

use atoms::interchange::{self, ModelFormat};
use clap::Args;
use ground::{Error, Result};

use crate::cases::schema::nearest;
use crate::convert::deepbsde::{self, Method};
use crate::failure::{Outcome, code};
use crate::frames;
use crate::place;
use crate::potentials::Reading;
use crate::print;

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
    #[command(flatten)]
    reading: Reading,
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
        if let Some(option) = self.reading.given() {
            return Err(Error::input(option, "this is about deepmd only"));
        }
        let about = |error: Error| error.allowed("Give a configuration in JSON");
        let text = String::from_utf8(frames::bytes(&self.input).map_err(about)?).map_err(|_| {
            about(Error::input("", "this file is not text").in_file(&shown(&self.input)))
        })?;
        let text = deepbsde::case(&shown(&self.input), &text, method)?;
        match &self.out {
            None => print::answer(text.trim_end()),
            Some(out) => place::write(out, text.as_bytes()),
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
        let to = shown(out);
        if ModelFormat::of(&to).is_err() {
            return Err(Error::input("--out", "this is not the name of a model")
                .allowed("Choose a name that ends in .dp or .yaml")
                .in_file(&to));
        }
        place::refuse(out)?;
        let read = self.reading.read(&self.input)?;
        let bytes = interchange::write(&to, &read.potential).map_err(|e| e.in_file(&to))?;
        place::write(out, &bytes)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
