//! The four errors and how each is known.

use std::fmt;

use serde::Serialize;

/// The four errors. There is no default: whoever poses a problem writes what is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorBudget {
    /// The average is over finitely many draws.
    pub estimation: Term,
    /// The descent stopped short, or descended on the wrong thing.
    pub optimisation: Term,
    /// Time or space was cut into steps.
    pub discretisation: Term,
    /// The form cannot represent the function.
    pub approximation: Term,
}

/// One error, and how it is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Term {
    /// Against an exact answer or an independent method.
    Measured {
        /// Its size.
        size: f64,
        /// Against what.
        how: String,
    },
    /// Proved.
    Bounded {
        /// The answer is not below.
        below: f64,
        /// The answer is not above.
        above: f64,
        /// Of what it is a bound.
        of: Target,
        /// By what argument.
        how: String,
    },
    /// Known only up to a constant: never printed as a bound.
    Indicated {
        /// Its size, up to a constant.
        size: f64,
        /// By what sign.
        how: String,
    },
    /// The problem has no such error.
    Absent {
        /// Why not.
        #[serde(rename = "how")]
        why: String,
    },
    /// Said, not hidden.
    Unknown {
        /// What would be needed to know it.
        #[serde(rename = "how")]
        why: String,
    },
}

/// What a bound is a bound of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Target {
    /// The exact answer.
    #[serde(rename = "u")]
    Exact,
    /// The answer of the scheme with finitely many steps.
    #[serde(rename = "N-step value")]
    Discrete,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured { size, how } => write!(f, "{size:<9.1e} {how}"),
            Self::Bounded { below, above, of, how } => {
                let of = if *of == Target::Exact { "exact answer" } else { "N-step answer" };
                write!(f, "[{below}, {above}] bounds the {of}: {how}")
            }
            Self::Indicated { size, how } => write!(f, "{size:<9.1e} {how} (indicator)"),
            Self::Absent { why } => write!(f, "{:<9} {why}", "none"),
            Self::Unknown { why } => write!(f, "{:<9} {why}", "unknown"),
        }
    }
}

impl fmt::Display for ErrorBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error             size      how")?;
        writeln!(f, "  estimation      {}", self.estimation)?;
        writeln!(f, "  optimisation    {}", self.optimisation)?;
        writeln!(f, "  discretisation  {}", self.discretisation)?;
        write!(f, "  approximation   {}", self.approximation)
    }
}
