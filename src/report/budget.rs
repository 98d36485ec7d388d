//! The error budget as a table: each error in words, its size, and how it is known.

use frame::{ErrorBudget, Sheet, Target, Term};

use crate::cases::Family;

/// The table of a budget.
pub(super) fn table(budget: &ErrorBudget, family: Family) -> Sheet {
    let (draws, cuts) = match family {
        Family::Paths | Family::Control => ("finitely many paths", "time cut into steps"),
        Family::Lab | Family::Program => ("finitely many draws", "numbers rounded"),
        Family::Atoms => ("finitely many frames", "numbers rounded, functions in tables"),
    };
    let rows = [
        ("estimation", draws, &budget.estimation),
        ("optimisation", "training stopped short", &budget.optimisation),
        ("discretisation", cuts, &budget.discretisation),
        ("approximation", "the function cannot be exact", &budget.approximation),
    ];
    Sheet {
        name: "budget".to_owned(),
        title: "Error budget".to_owned(),
        caption: "How far the answer may be off, cause by cause. Measured: against an independent \
                  value or from the spread of the draws. Bound: proved. Indicator: a sign of the \
                  size, no more than that. Unknown is said, not hidden."
            .to_owned(),
        head: ["error", "cause", "known as", "size", "how"].map(str::to_owned).to_vec(),
        rows: rows.map(|(name, cause, term)| row(name, cause, term)).to_vec(),
    }
}

fn row(name: &str, cause: &str, term: &Term) -> Vec<String> {
    let (word, size, how) = match term {
        Term::Measured { size, how } => ("measured", short(*size), how.clone()),
        Term::Bounded { below, above, of, how } => {
            let of = if *of == Target::Exact { "exact" } else { "N-step" };
            ("bound", format!("[{below}, {above}]"), format!("of the {of} answer: {how}"))
        }
        Term::Indicated { size, how } => ("indicator", short(*size), how.clone()),
        Term::Absent { why } => ("none", "0".to_owned(), why.clone()),
        Term::Unknown { why } => ("unknown", "–".to_owned(), why.clone()),
    };
    vec![name.to_owned(), cause.to_owned(), word.to_owned(), size, how]
}

/// Two digits of a size.
fn short(size: f64) -> String {
    if size == 0.0 { "0".to_owned() } else { format!("{size:.1e}") }
}
