//! The verbs of the command, one file each.

pub(crate) mod cases;
pub(crate) mod check;
pub(crate) mod cite;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod data;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod fit;
pub(crate) mod merge;
pub(crate) mod repeats;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod schema;
mod several;
mod show;
pub(crate) mod solve;
pub(crate) mod sweep;
mod test;
pub(crate) mod verify;

use clap::{Args, Parser, Subcommand};

use crate::cases as files;
use crate::failure::{Failure, Outcome};
use crate::progress::say;
use crate::ready::{Ready, ready};
use crate::terminal::Terminal;

/// What the exit codes mean: [`crate::failure::code`].
const EXIT: &str = "Exit codes: 0 done, the answer has converged; 1 an answer that is not settled, \
                    is contradicted or was cut short, or answers that disagree; 2 the input is wrong, \
                    nothing was changed; 3 a number was not finite or the disk failed; 130 \
                    interrupted, saved.";

/// Scientific computing in high dimension: you draw, you average, you descend.
#[derive(Debug, Parser)]
#[command(name = "esperance", version, max_term_width = 100, after_help = EXIT)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Solve a case, or several: the answer with its error, and a run folder
    Solve(Box<solve::Solve>),
    /// Run a case at many values of its keys: a table with errors, fitted laws, figures
    Sweep(Box<sweep::Sweep>),
    /// Fit laws to a table: exponents with intervals, whoever made it
    Fit(fit::FitVerb),
    /// Put shares of a study together that were run apart
    Merge(merge::Merge),
    /// Read a case, fill in the defaults, predict memory and time; run nothing
    Check(check::Check),
    /// What a key of a case file means, its default, what may be written
    Explain(explain::Explain),
    /// The shipped cases, one line each, with the expected answer
    Cases(cases::Cases),
    /// The trained function of a finished run at any points, or potentials on frames
    Eval(Box<eval::Eval>),
    /// A model against the energies, forces and virials of labelled frames
    Test(Box<test::Test>),
    /// What is in a model: species, networks, domain, cost
    Show(show::Show),
    /// Recompute the answer of a finished run on fresh draws; exit 1 if they disagree
    Verify(verify::Verify),
    /// Write the page of a finished run again, and its pictures as files
    Report(report::Write),
    /// BibTeX of the methods a case uses
    Cite(cite::Cite),
    /// Make a case file, or a model file, from a file of another program
    Convert(convert::Convert),
    /// Frames of molecules and crystals: convert, describe, split and check them
    Data(data::Data),
    /// The JSON schema of a verb's output
    Schema(schema::Print),
    /// Completions for a shell
    Completions(completions::Completions),
}

impl Verb {
    /// Does it. `said` are the words of the command line.
    pub(crate) fn act(self, said: &[String]) -> Outcome {
        match self {
            Self::Solve(verb) => verb.act(said),
            Self::Sweep(verb) => verb.act(said),
            Self::Fit(verb) => verb.act(),
            Self::Merge(verb) => verb.act(),
            Self::Check(verb) => verb.act(),
            Self::Explain(verb) => verb.act(),
            Self::Cases(verb) => verb.act(),
            Self::Eval(verb) => verb.act(),
            Self::Test(verb) => verb.act(said),
            Self::Show(verb) => verb.act(),
            Self::Verify(verb) => verb.act(),
            Self::Report(verb) => verb.act(),
            Self::Cite(verb) => verb.act(),
            Self::Convert(verb) => verb.act(),
            Self::Data(verb) => verb.act(),
            Self::Schema(verb) => verb.act(),
            Self::Completions(verb) => verb.act(),
        }
    }
}

/// A case and what is changed in it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Chosen {
    /// A case file, or the name of a shipped case
    case: String,
    #[command(flatten)]
    changes: Changes,
}

impl Chosen {
    /// Reads the case, applies the changes, checks everything.
    pub(crate) fn ready(&self) -> Result<Ready, Failure> {
        self.changes.ready(&self.case)
    }

    /// Reads the case, applies the changes, fills in the defaults.
    pub(crate) fn resolved(&self) -> Result<files::Resolved, Failure> {
        self.changes.resolved(&self.case)
    }
}

/// What is changed in a case.
#[derive(Args, Clone, Debug)]
pub(crate) struct Changes {
    /// Change a key: section.key=value, such as run.seed=3; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Short for --set run.seed=N
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<String>,
    /// Short for --set run.threads=N
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<String>,
    /// Short for --set run.precision=…: f32 or f64
    #[arg(long, value_name = "PRECISION")]
    pub(crate) precision: Option<String>,
    /// Short for --set run.time-limit=…: such as 60s or 5min
    #[arg(long, value_name = "TIME")]
    pub(crate) time_limit: Option<String>,
    /// Short for --set run.iterations=N; the rate falls over all of them
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<String>,
    /// Short for --set run.init=…: a run folder whose trained function to start from; of molecules a model
    /// file too
    #[arg(long, value_name = "RUN|MODEL", visible_alias = "init-model")]
    pub(crate) init: Option<String>,
    /// Short for --set run.finetune=…: a model file or run folder to start from, the energies of atoms
    /// fitted again; species may be new
    #[arg(long, value_name = "RUN|MODEL", conflicts_with = "init")]
    pub(crate) finetune: Option<String>,
    /// The changes of the case's own [quick] section
    #[arg(long)]
    pub(crate) quick: bool,
}

impl Changes {
    /// Reads a case, applies the changes, checks everything; it is run once, whatever its [sweep] says.
    pub(crate) fn ready(&self, case: &str) -> Result<Ready, Failure> {
        Ok(self.alone(case)?.0)
    }

    /// The same, and whether a [sweep] was left out.
    pub(crate) fn alone(&self, case: &str) -> Result<(Ready, bool), Failure> {
        let mut case = self.changed(case)?;
        let expected = case.sections.get("expect").and_then(|expect| expect.get("study"));
        if case.sections.contains_key("sweep") || expected.is_some() {
            // What its study says must be right, too.
            files::resolve(case.clone())?;
        }
        let studied = case.alone();
        Ok((ready(files::resolve(case)?, &mut Terminal::new())?, studied))
    }

    /// Reads a case, applies the changes, fills in the defaults.
    pub(crate) fn resolved(&self, case: &str) -> Result<files::Resolved, Failure> {
        Ok(files::resolve(self.changed(case)?)?)
    }

    fn changed(&self, case: &str) -> Result<files::Case, Failure> {
        let mut case = files::shipped::open_with(case, self.steps.as_deref())?;
        case.notes.iter().for_each(|note| say(&format!("{}: {note}", case.file)));
        if self.quick {
            case.quicken()?;
        }
        for pair in &self.set {
            case.set_pair(pair)?;
        }
        for (option, key, value) in [
            ("--seed", "run.seed", &self.seed),
            ("--threads", "run.threads", &self.threads),
            ("--precision", "run.precision", &self.precision),
            ("--steps", "run.iterations", &self.steps),
        ] {
            if let Some(value) = value {
                case.set(option, key, value)?;
            }
        }
        for (option, key, value) in [
            ("--time-limit", "run.time-limit", &self.time_limit),
            ("--init", "run.init", &self.init),
            ("--finetune", "run.finetune", &self.finetune),
        ] {
            if let Some(value) = value {
                case.set_text(option, key, value)?;
            }
        }
        Ok(case)
    }
}
