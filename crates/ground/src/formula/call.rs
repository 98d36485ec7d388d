//! The functions of the language: their names, their arguments, what they stand for.

use std::ops::Range;

use super::expr::{Expr, Shape};
use super::operation::Unary;
use super::parse::{Parser, Piece};
use super::token::error;
use crate::error::Result;

/// A longer vector is refused.
const LONGEST_VECTOR: usize = 1_000_000;

/// The functions of more than one argument, or of a vector: name, counts of arguments, usage.
const OTHERS: [(&str, &[usize], &str); 10] = [
    ("sum", &[1], "sum(v)"),
    ("mean", &[1], "mean(v)"),
    ("min", &[1, 2], "min(v) or min(a, b)"),
    ("max", &[1, 2], "max(v) or max(a, b)"),
    ("dot", &[2], "dot(a, b)"),
    ("clamp", &[3], "clamp(v, lo, hi)"),
    ("if", &[3], "if(c, a, b)"),
    ("share", &[2], "share(a, b)"),
    ("repeat", &[2], "repeat(a, n)"),
    ("embed", &[3], "embed(v, from, n)"),
];

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    Unary::NAMED.iter().map(|(name, _)| *name).chain(OTHERS.iter().map(|(name, ..)| *name))
}

/// How a function is written.
pub(super) fn usage(name: &str) -> String {
    let other = OTHERS.iter().find(|(known, ..)| *known == name);
    other.map_or_else(|| format!("{name}(a)"), |(_, _, usage)| (*usage).to_owned())
}

/// How every function of the language is written.
pub fn usages() -> impl Iterator<Item = String> {
    names().map(usage)
}

/// The value of a call.
pub(super) fn apply(
    parser: &Parser<'_>,
    name: &str,
    arguments: &[Piece],
    span: Range<usize>,
) -> Result<Piece> {
    let other = OTHERS.iter().find(|(known, ..)| *known == name);
    let counts = other.map_or(&[1][..], |(_, counts, _)| counts);
    if !counts.contains(&arguments.len()) {
        let due: Vec<String> = counts.iter().map(ToString::to_string).collect();
        let plural = if counts == [1] { "" } else { "s" };
        let found = format!(
            "`{name}` takes {} argument{plural}, not {}",
            due.join(" or "),
            arguments.len()
        );
        return Err(error(span, found).allowed(format!("Write {}", usage(name))));
    }
    let of = arguments.iter().map(|piece| parser.expr(piece)).collect::<Result<Vec<_>>>()?;
    if let Some((_, op)) = Unary::NAMED.iter().find(|(known, _)| *known == name) {
        return parser.piece(super::simplify::unary(*op, of[0]), span);
    }
    if matches!(name, "sum" | "mean" | "min" | "max") && of.len() == 1 || name == "dot" {
        vectors(parser, name, arguments)?;
    }
    // The arguments of repeat and embed after the first are counts.
    if !matches!(name, "repeat" | "embed") {
        for (k, piece) in arguments.iter().enumerate() {
            arguments[..k].iter().try_for_each(|before| parser.check_lengths(before, piece))?;
        }
    }
    let e = match (name, of.as_slice()) {
        ("sum", [v]) => v.sum(),
        ("mean", [v]) => v.mean(),
        ("min", [v]) => v.smallest(),
        ("max", [v]) => v.largest(),
        ("min", [a, b]) => a.min(*b),
        ("max", [a, b]) => a.max(*b),
        ("dot", [a, b]) => a.dot(*b),
        ("clamp", [v, low, high]) => v.clamp(*low, *high),
        ("if", [c, a, b]) => Expr::select(*c, *a, *b),
        ("share", [a, b]) => a.share(*b),
        ("repeat", [a, _]) => repeated(parser, *a, arguments)?,
        (_, [v, ..]) => embedded(parser, *v, arguments)?,
        (_, []) => return Err(error(span, format!("`{name}` has no arguments"))),
    };
    parser.piece(e, span)
}

/// All arguments must be vectors.
fn vectors(parser: &Parser<'_>, name: &str, arguments: &[Piece]) -> Result<()> {
    for piece in arguments {
        if parser.expr(piece)?.shape() == Shape::Scalar {
            let found =
                format!("`{name}` takes a vector, and `{}` is a number", parser.quote(&piece.span));
            return Err(error(piece.span.clone(), found).allowed(format!("Write {}", usage(name))));
        }
    }
    Ok(())
}

/// The length a call asks for.
fn length(parser: &Parser<'_>, piece: &Piece) -> Result<usize> {
    let n = parser.whole(piece, "the length")?;
    if (1..=LONGEST_VECTOR).contains(&n) {
        return Ok(n);
    }
    Err(error(piece.span.clone(), format!("a vector cannot have {n} components"))
        .allowed(format!("Lengths run from 1 to {LONGEST_VECTOR}")))
}

fn repeated(parser: &Parser<'_>, a: Expr, arguments: &[Piece]) -> Result<Expr> {
    let n = length(parser, &arguments[1])?;
    if a.shape() == Shape::Scalar {
        return Ok(a.repeat(n));
    }
    let found = format!(
        "`repeat` takes a number, and `{}` is {}",
        parser.quote(&arguments[0].span),
        a.shape()
    );
    Err(error(arguments[0].span.clone(), found).allowed(format!("Write {}", usage("repeat"))))
}

fn embedded(parser: &Parser<'_>, v: Expr, arguments: &[Piece]) -> Result<Expr> {
    let n = length(parser, &arguments[2])?;
    let from = parser.whole(&arguments[1], "the place")?;
    let count = v.shape().count();
    if from >= 1 && from - 1 + count <= n {
        return Ok(v.embed(from - 1, n));
    }
    let text = parser.quote(&arguments[0].span);
    let found = format!("`{text}` at place {from} does not fit into a vector of {n}");
    Err(error(arguments[1].span.clone(), found).allowed("Places run from 1 on"))
}
