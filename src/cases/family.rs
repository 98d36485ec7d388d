//! The families of problems: which sections belong to each, and what each does by default.

use frame::{Job, Known, Params};
use ground::{Error, Result};
use toml::{Table, Value};

use super::Case;
use super::expect::Expect;

pub(super) mod atoms;
pub(super) mod control;
pub(super) mod lab;
pub(super) mod paths;
pub(super) mod program;

/// A family of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Parabolic equations.
    Paths,
    /// Molecules.
    Atoms,
    /// Stochastic control in discrete time.
    Control,
    /// The theory lab.
    Lab,
    /// A program of the user.
    Program,
}

/// Where a family has another default than equations, in sections that all have; of `[descent]` by kind.
const OF_ATOMS: &str = r#"
[run]
iterations = 12000

[descent.adam]
rate  = { from = 4e-3, to = 1e-5 }
beta2 = 0.95
form  = "keras"
clip  = inf
"#;

/// The same of control.
const OF_CONTROL: &str = r#"
[run]
iterations  = 3000
batch       = 256
fresh-paths = 4096
precision   = "f64"

[descent.adam]
rate  = { from = 3e-3, to = 1e-5 }
clip  = inf
"#;

/// The same of the lab.
const OF_LAB: &str = "
[run]
iterations = 20000

[descent.adam]
rate  = 1e-3
beta2 = 0.999
clip  = inf

[descent.momentum]
rate = 1e-2
clip = inf
";

impl Family {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Paths, Self::Atoms, Self::Control, Self::Lab, Self::Program];

    /// The kinds of its models, which say in a case file that it is meant.
    pub const fn models(self) -> &'static [&'static str] {
        match self {
            Self::Paths => &["parabolic"],
            Self::Atoms => &["atoms"],
            Self::Control => {
                &["lqg", "liquidation", "execution", "storage", "consumption", "formulas"]
            }
            Self::Lab => &["target", "data", "integral", "circle", "function-class"],
            Self::Program => &["command"],
        }
    }

    /// The same in words.
    pub fn words(self) -> String {
        let quoted: Vec<String> = self.models().iter().map(|kind| format!("\"{kind}\"")).collect();
        match quoted.split_last() {
            Some((last, front)) if !front.is_empty() => format!("{} or {last}", front.join(", ")),
            _ => quoted.concat(),
        }
    }

    /// What it is called where its keys are documented.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paths => "equations",
            Self::Atoms => "atoms",
            Self::Control => "control",
            Self::Lab => "the lab",
            Self::Program => "programs",
        }
    }

    /// The family of these sections; that of equations where the model says nothing that is known.
    pub fn of(sections: &Table) -> Self {
        let kind = sections.get("model").and_then(|model| model.get("kind")?.as_str());
        let has = |one: &Self| kind.is_some_and(|kind| one.models().contains(&kind));
        Self::ALL.into_iter().find(has).unwrap_or(Self::Paths)
    }

    /// Defaults of its own in a section that belongs to all families.
    pub fn defaults(self, section: &str, kind: Option<&str>) -> Result<Table> {
        let text = match self {
            Self::Paths | Self::Program => "",
            Self::Atoms => OF_ATOMS,
            Self::Control => OF_CONTROL,
            Self::Lab => OF_LAB,
        };
        let all: Table =
            toml::from_str(text).map_err(|e| Error::bug(format!("defaults of a family: {e}")))?;
        let own = all.get(section).and_then(|own| kind.map_or(Some(own), |kind| own.get(kind)));
        Ok(own.and_then(Value::as_table).cloned().unwrap_or_default())
    }
}

/// A job, and the weights it starts from where its form does not draw them.
pub(super) type Made = (Box<dyn Job>, Option<Params>);

/// The sections of one family.
#[derive(Clone, Debug)]
pub(super) enum Parts {
    /// Of a parabolic equation.
    Paths(Box<paths::Parts>),
    /// Of molecules.
    Atoms(Box<atoms::Parts>),
    /// Of control.
    Control(Box<control::Parts>),
    /// Of the lab.
    Lab(Box<lab::Parts>),
    /// Of a program.
    Program(Box<program::Parts>),
}

impl Parts {
    /// The job.
    pub(super) fn job(&self, case: &Case) -> Result<Made> {
        match self {
            Self::Paths(parts) => Ok((parts.job()?, None)),
            Self::Atoms(parts) => parts.job(case),
            Self::Control(parts) => Ok((parts.job()?, None)),
            Self::Lab(parts) => Ok((parts.job()?, None)),
            Self::Program(parts) => Ok((parts.job()?, None)),
        }
    }

    /// What the case knows beforehand, where a picture shows it.
    pub(super) fn known(&self, expect: &Expect) -> Result<Known> {
        match self {
            Self::Paths(parts) => parts.known(expect),
            Self::Atoms(_) | Self::Control(_) | Self::Lab(_) | Self::Program(_) => {
                Ok(Known::default())
            }
        }
    }

    /// The family.
    pub(super) fn family(&self) -> Family {
        match self {
            Self::Paths(_) => Family::Paths,
            Self::Atoms(_) => Family::Atoms,
            Self::Control(_) => Family::Control,
            Self::Lab(_) => Family::Lab,
            Self::Program(_) => Family::Program,
        }
    }
}
