//! `explain`: what a key means, its default, what may be written – from the code's own docs.

use clap::Args;
use ground::{Error, Result};

use crate::cases::schema::{Key, keys, nearest};
use crate::failure::{Outcome, code};
use crate::print;

/// The arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A key, such as model.source, `formulas`, or `answer` for the words of an answer; none for the
    /// list of all keys
    key: Option<String>,
}

/// The topics that are no keys, and what is said of them in the list.
const TOPICS: [(&str, &str); 2] = [
    ("formulas", "What may be written in a formula"),
    ("answer", "What the words of an answer mean"),
];

/// The words of an answer.
const WORDS: [(&str, &str); 19] = [
    ("95 % interval", "the answer ± 1.96 times sampling, learning error and limit together"),
    ("minimiser", "the y₀ of the smallest loss on paths by the drift alone: what Deep BSDE prints"),
    ("adjoint-weighted value", "y₀ averaged over paths that follow the function: one Newton step"),
    ("", "from it, its error of second order in that of Z; exact where f is linear"),
    ("logarithmic mean", "−λ⁻¹ ln of the mean of e^(−λG), for f = −½λ|z|² + c(t): no other error"),
    ("limit", "the levels extrapolated to infinitely many steps"),
    (
        "N-step value",
        "what the scheme with N steps has as its exact solution; one level answers it",
    ),
    ("R²", "the share of Var g(X_T) that Z explains, on draws no training has seen"),
    ("untrained", "the same on the directions as they are before training, whatever is trained"),
    (
        "trained y₀",
        "of kind = \"per-step\": y₀ as the descent left it, without an error of its own;",
    ),
    ("", "the answer is the adjoint-weighted value of the same networks"),
    ("converged", "no check speaks against the answer and its interval (exit code 0)"),
    ("not-settled", "a check does; it is named, with what to try (exit code 1)"),
    ("contradicted", "the equation does not allow this answer (exit code 1)"),
    ("inside (eval)", "1 where the paths of the run go, 0 where Z was never trained"),
    ("force RMSE", "of molecules: √⟨δ²⟩ of force components on frames that were not learned from"),
    ("validation, training", "frames that were not learned from; those that were"),
    ("without learning", "the error of the mean energy of each composition, and of no forces"),
    (
        "stderr, du_error (eval)",
        "of u: sampling and learning error; of ∇u: √(1 − R²) |∇u|, indicated",
    ),
];

impl Explain {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        print::answer(&explain(self.key.as_deref())?)?;
        Ok(code::CONVERGED)
    }
}

/// What a key of a case means, its default and what may be written; without one the list of all keys.
///
/// Fails for what is no key, with the nearest one.
pub fn explain(key: Option<&str>) -> Result<String> {
    let keys = keys();
    Ok(match key {
        None => {
            let topics = TOPICS.map(|(name, text)| format!("{name:<26}  {text}"));
            keys.iter().map(line).chain(topics).collect::<Vec<_>>().join("\n")
        }
        Some(name) if name == TOPICS[0].0 => formulas(),
        Some(name) if name == TOPICS[1].0 => {
            let lines = WORDS.map(|(word, means)| format!("  {word:<24} {means}"));
            format!("answer\n{}", lines.join("\n"))
        }
        Some(name) => one(name, &keys)?,
    })
}

/// The longest line of the list.
const WIDTH: usize = 100;

/// The column in which the text begins.
const COLUMN: usize = 28;

/// Name and first sentence; what is too long goes on below.
fn line(key: &Key) -> String {
    let first = key.text.split_once(". ").map_or(key.text.as_str(), |(first, _)| first);
    let mut lines = vec![format!("{:<width$} ", key.name, width = COLUMN - 2)];
    for word in first.trim_end_matches('.').split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{:COLUMN$}{word}", ""));
        } else {
            last.push(' ');
            last.push_str(word);
        }
    }
    lines.join("\n")
}

/// The language of formulas.
fn formulas() -> String {
    let operators = [
        ("a < b, <=, >, >=, ==", "1 where it holds, else 0"),
        ("a + b, a - b, a * b, a / b", "numbers; vectors by components; A * v with a matrix A"),
        ("-a, a ^ b", "a power binds first: -x^2 is -(x^2)"),
        ("x[1], x[2:d]", "components, counted from 1, the end included"),
        ("|v|, |v|^2", "the Euclidean norm and its square"),
        ("[1, 2, 3], [[1, 0], [2, 1]]", "a constant vector, a constant matrix by rows"),
        ("i", "the vector 1, 2, …, d"),
        ("t, x, u, z, grad_u", "time, place, u, z = σᵀ∇u, ∇u, where a key says so"),
        ("your own names", "from model.constants"),
    ];
    let mut lines = vec!["formulas".to_owned()];
    lines.extend(operators.map(|(written, means)| format!("  {written:<28} {means}")));
    let usages: Vec<String> = ground::formula::usages().collect();
    lines.push(format!("  functions: {}", usages.join(", ")));
    lines.push("  a function of a number, given a vector, acts on every component".to_owned());
    lines.join("\n")
}

/// The whole documentation of a key, and one line for each key below it.
fn one(name: &str, keys: &[Key]) -> Result<String> {
    let own: Vec<&Key> = keys.iter().filter(|key| key.name == name).collect();
    if own.is_empty() {
        // Half a key is meant by its last part.
        let ending = keys.iter().find(|key| key.name.ends_with(&format!(".{name}")));
        let near = ending
            .map(|key| key.name.clone())
            .or_else(|| nearest(name, keys.iter().map(|key| key.name.as_str())));
        return Err(Error::input(name, "unknown key")
            .nearest(near)
            .allowed("`esperance explain` lists all keys"));
    }
    let several = own.iter().any(|key| key.kind != own[0].kind);
    let said: Vec<String> = own.iter().map(|key| documented(key, several, keys)).collect();
    Ok(said.join("\n"))
}

/// A key and all below it, of one kind of its section.
fn documented(key: &Key, several: bool, keys: &[Key]) -> String {
    let need = match (&key.default, key.required) {
        (_, true) => "required".to_owned(),
        (Some(default), false) => {
            let others = key.other.iter().map(|(family, other)| format!(", of {family} {other}"));
            format!("default {default}{}", others.collect::<String>())
        }
        (None, false) => "may be absent".to_owned(),
    };
    let of = key.kind.filter(|_| several).map(|kind| format!("  (kind = \"{kind}\")"));
    let mut lines = vec![
        format!("{}{}", key.name, of.unwrap_or_default()),
        format!("  {}", key.text),
        format!("  write {} ({need})", key.allowed),
    ];
    let below = format!("{}.", key.name);
    let inner = keys.iter().filter(|k| k.name.starts_with(&below) && k.kind == key.kind);
    let mut seen: Vec<String> = Vec::new();
    for one in inner.map(|k| format!("  {}", line(k).replace('\n', "\n  "))) {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    lines.extend(seen);
    lines.join("\n")
}
