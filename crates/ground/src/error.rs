//! The one error.
//!
//! A message is one sentence that says what was found, what is allowed and what to do next. Not
//! converging is not an error: it is a verdict of a run.

use std::fmt;
use std::ops::Range;

/// What prevented an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The user's input is wrong.
    Input(Box<Input>),
    /// A number stopped being finite.
    Numeric {
        /// What it was, and where.
        what: String,
        /// The iteration at which it was seen.
        at: u64,
    },
    /// Somebody asked the run to stop; what it had reached is saved where checkpoints are kept.
    Interrupted {
        /// The iteration it had reached.
        at: u64,
    },
    /// A file could not be read or written.
    Io {
        /// Which one.
        path: String,
        /// What went wrong.
        what: String,
    },
    /// The program is wrong.
    Bug {
        /// What was assumed and did not hold.
        what: String,
    },
}

/// A wrong key, argument or formula.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The file, empty where there is none.
    pub file: String,
    /// The key, as the user wrote it: `model.source`.
    pub key: String,
    /// The place inside the value of the key, in bytes.
    pub span: Option<Range<usize>>,
    /// What was found, as the beginning of a sentence: "`kappa` is not defined".
    pub found: String,
    /// What is allowed: "Known here: t, x, lambda".
    pub allowed: String,
    /// The nearest right spelling.
    pub nearest: Option<String>,
}

impl Error {
    /// An input error at `key`.
    pub fn input(key: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Input(Box::new(Input { key: key.into(), found: found.into(), ..Input::default() }))
    }

    /// A broken assumption of the program.
    pub fn bug(what: impl Into<String>) -> Self {
        Self::Bug { what: what.into() }
    }

    /// A file that could not be read or written.
    pub fn io(path: impl Into<String>, what: impl fmt::Display) -> Self {
        Self::Io { path: path.into(), what: what.to_string() }
    }

    /// The same, with what is allowed.
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        if let Self::Input(input) = &mut self {
            input.allowed = allowed.into();
        }
        self
    }

    /// The same, with the nearest right spelling.
    pub fn nearest(mut self, nearest: Option<String>) -> Self {
        if let Self::Input(input) = &mut self {
            input.nearest = nearest;
        }
        self
    }

    /// The same, at a place inside the value of the key.
    pub fn span(mut self, span: Range<usize>) -> Self {
        if let Self::Input(input) = &mut self {
            input.span = Some(span);
        }
        self
    }

    /// The same, in a row of a table, counted from 1.
    pub fn row(mut self, row: usize) -> Self {
        if let Self::Input(input) = &mut self {
            input.key = format!("row {row}: {}", input.key);
        }
        self
    }

    /// The same, in a file, unless one is named already.
    pub fn in_file(mut self, file: &str) -> Self {
        if let Self::Input(input) = &mut self
            && input.file.is_empty()
        {
            file.clone_into(&mut input.file);
        }
        self
    }
}

impl fmt::Display for Input {
    /// `file: key: found; did you mean `nearest`? allowed.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.file, &self.key].into_iter().filter(|part| !part.is_empty()) {
            write!(f, "{part}: ")?;
        }
        write!(f, "{}", self.found)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?")?,
            None => write!(f, ".")?,
        }
        if self.allowed.is_empty() { Ok(()) } else { write!(f, " {}.", self.allowed) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(input) => write!(f, "{input}"),
            Self::Numeric { what, at } => write!(f, "{what} is not finite at iteration {at}."),
            Self::Interrupted { at } => write!(f, "interrupted after iteration {at}."),
            Self::Io { path, what } => write!(f, "{path}: {what}."),
            Self::Bug { what } => write!(f, "this is a bug, please report it: {what}."),
        }
    }
}

impl std::error::Error for Error {}

/// The result of anything that can fail.
pub type Result<T> = std::result::Result<T, Error>;
