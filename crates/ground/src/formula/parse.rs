//! From text to an expression.
//!
//! A Pratt parser: every operator has a strength, and an operand belongs to the stronger of its
//! neighbours. From weak to strong: `< <= > >= ==` (not chained), `+ -`, `* /`, unary minus,
//! `^` (from the right; -x^2 = -(x^2)), and an index `x[1]`, `x[2:d]` (from 1, the end included).

use std::ops::Range;

use super::expr::{Expr, Matrix, Shape};
use super::operation::Binary;
use super::scope::{Constant, Scope, nearest};
use super::token::{Token, Word, clip, error, tokens};
use super::{call, reduction, simplify};
use crate::error::{Error, Result};

/// Deeper nesting is refused, so that no input overflows the stack.
const DEEPEST: usize = 200;
/// Longer texts are refused, in bytes.
const LONGEST: usize = 1_000_000;

/// The strength of a comparison.
const COMPARISON: u8 = 1;
/// The strength of unary minus.
const MINUS: u8 = 4;

/// The expression that `text` stands for.
///
/// An [`Error::Input`] holds the place in `text` in bytes, what was found and what is allowed; file
/// and key are the caller's.
///
/// ```
/// use ground::formula::{Scope, Shape, parse};
/// let scope = Scope::new().variable("z", Shape::Vector(3));
/// let error = parse("-0.5 * kappa * |z|^2", &scope).unwrap_err();
/// assert_eq!(error.to_string(), "`kappa` is not defined. Known here: z.");
/// ```
pub fn parse(text: &str, scope: &Scope) -> Result<Expr> {
    if text.len() > LONGEST {
        return Err(error(0..0, format!("the formula is longer than {LONGEST} bytes")));
    }
    if text.trim().is_empty() {
        return Err(error(0..text.len(), "the formula is empty"));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens, next: 0, depth: 0, scope };
    let piece = parser.expression(0)?;
    if parser.peek() != Word::End {
        return Err(parser.stray());
    }
    parser.expr(&piece)
}

/// What a part of the text stands for.
#[derive(Clone)]
pub(super) enum Value {
    Formula(Expr),
    Matrix(Matrix),
}

/// A part of the text and what it stands for.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) value: Value,
    pub(super) span: Range<usize>,
}

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    scope: &'a Scope,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Word<'a> {
        self.tokens[self.next].word
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.tokens[self.next].clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn accept(&mut self, symbol: &'static str) -> bool {
        let found = self.peek() == Word::Symbol(symbol);
        if found {
            self.take();
        }
        found
    }

    /// The text of a place, short enough for a sentence.
    pub(super) fn quote(&self, span: &Range<usize>) -> String {
        clip(&self.text[span.clone()])
    }

    /// The formula of a piece: a matrix is none.
    pub(super) fn expr(&self, piece: &Piece) -> Result<Expr> {
        match &piece.value {
            Value::Formula(e) => Ok(*e),
            Value::Matrix(m) => {
                let name = self.quote(&piece.span);
                let found = format!("`{name}` is a matrix of {} by {}", m.rows, m.columns);
                let allowed = format!("Write {name} * v with a vector v of {}", m.columns);
                Err(error(piece.span.clone(), found).allowed(allowed))
            }
        }
    }

    /// A piece, unless a constant in it overflowed: it stands at the top, or in a scalar factor.
    pub(super) fn piece(&self, e: Expr, span: Range<usize>) -> Result<Piece> {
        if simplify::is_finite(e, 2) {
            return Ok(Piece { value: Value::Formula(e), span });
        }
        Err(error(span.clone(), format!("`{}` is not a finite number", self.quote(&span))))
    }

    /// The longest expression whose operators are at least `weakest`.
    fn expression(&mut self, weakest: u8) -> Result<Piece> {
        if self.depth == DEEPEST {
            let span = self.tokens[self.next].span.clone();
            return Err(error(span, format!("the formula is nested deeper than {DEEPEST}")));
        }
        self.depth += 1;
        let mut left = self.operand()?;
        while let Word::Symbol(symbol) = self.peek() {
            let Some((strength, right)) = strength(symbol) else { break };
            if strength < weakest {
                break;
            }
            self.take();
            if symbol == "[" {
                left = self.indexed(&left)?;
                continue;
            }
            let right = self.expression(right)?;
            left = self.combine(symbol, &left, &right)?;
            if strength == COMPARISON
                && let Word::Symbol("<" | ">" | "<=" | ">=" | "==") = self.peek()
            {
                let span = self.tokens[self.next].span.clone();
                return Err(error(span, "comparisons do not chain")
                    .allowed("Write (a < b) * (b < c) where both must hold"));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    /// A number, a name, a call, or something in brackets.
    fn operand(&mut self) -> Result<Piece> {
        let token = self.take();
        let span = token.span.clone();
        match token.word {
            Word::Number(x) => self.piece(Expr::number(x), span),
            Word::Name(name) if self.peek() == Word::Symbol("(") => self.call(name, span),
            Word::Name(name) => self.name(name, span),
            Word::Symbol("-") => {
                let piece = self.expression(MINUS)?;
                let e = self.expr(&piece)?;
                self.piece(-e, span.start..piece.span.end)
            }
            Word::Symbol("(") => {
                let piece = self.expression(0)?;
                Ok(Piece { span: span.start..self.close(")", &span)?, ..piece })
            }
            Word::Symbol("|") => {
                let piece = self.expression(0)?;
                let end = self.close("|", &span)?;
                let e = self.expr(&piece)?;
                self.piece(e.norm(), span.start..end)
            }
            Word::Symbol("[") => self.list(&span),
            Word::End => Err(error(span, "an operand is missing at the end of the formula")),
            Word::Symbol(symbol) => {
                Err(error(span, format!("an operand is missing before `{symbol}`")))
            }
        }
    }

    /// The end of the closing bracket, which must come now.
    fn close(&mut self, bracket: &'static str, open: &Range<usize>) -> Result<usize> {
        if self.peek() == Word::Symbol(bracket) {
            return Ok(self.take().span.end);
        }
        if self.peek() == Word::End {
            let found = format!("`{}` is never closed", self.quote(open));
            return Err(error(open.clone(), found).allowed(format!("Add `{bracket}`")));
        }
        Err(self.stray())
    }

    /// What stands where an operator or the end was due.
    fn stray(&self) -> Error {
        let Token { word, span } = self.tokens[self.next].clone();
        let text = self.quote(&span);
        match word {
            Word::Symbol(")" | "]") => error(span, format!("`{text}` closes nothing")),
            Word::Symbol("," | ":") => error(span, format!("`{text}` is out of place"))
                .allowed("A comma separates the arguments of a function, a colon those of a slice"),
            _ => error(span, format!("an operator is missing before `{text}`"))
                .allowed("Write * to multiply"),
        }
    }

    fn name(&self, name: &str, span: Range<usize>) -> Result<Piece> {
        if let Some((_, shape)) = self.scope.variables.iter().find(|(known, _)| known == name) {
            return self.piece(Expr::variable(name, *shape), span);
        }
        if let Some((_, constant)) = self.scope.constants.iter().find(|(known, _)| known == name) {
            return match constant {
                Constant::Number(x) => self.piece(Expr::number(*x), span),
                Constant::Vector(data) => self.piece(Expr::vector(data), span),
                Constant::Matrix { rows, columns, data } => {
                    Ok(Piece { value: Value::Matrix(Matrix::new(*rows, *columns, data)), span })
                }
            };
        }
        if let (Some(dim), "i") = (self.scope.dim, name) {
            let index: Vec<f64> = (1..=dim).map(|i| i as f64).collect();
            return self.piece(Expr::vector(&index), span);
        }
        if call::names().any(|known| known == name) {
            return Err(error(span, format!("`{name}` is a function"))
                .allowed(format!("Write {}", call::usage(name))));
        }
        let known: Vec<&str> = self.scope.names().collect();
        let allowed = if known.is_empty() {
            "No names are known here".to_owned()
        } else {
            format!("Known here: {}", known.join(", "))
        };
        let candidates = known.into_iter();
        Err(error(span, format!("`{name}` is not defined"))
            .allowed(allowed)
            .nearest(nearest(name, candidates)))
    }

    /// A call: the name was taken, the parenthesis comes now.
    fn call(&mut self, name: &str, at: Range<usize>) -> Result<Piece> {
        if !call::names().any(|known| known == name) {
            return Err(self.no_function(name, at));
        }
        let open = self.take().span;
        let mut arguments = Vec::new();
        if self.peek() != Word::Symbol(")") {
            arguments.push(self.expression(0)?);
            while self.accept(",") {
                arguments.push(self.expression(0)?);
            }
        }
        let span = at.start..self.close(")", &open)?;
        call::apply(self, name, &arguments, span)
    }

    fn no_function(&self, name: &str, at: Range<usize>) -> Error {
        if self.scope.names().any(|known| known == name) || name == "i" && self.scope.dim.is_some()
        {
            return error(at, format!("`{name}` is not a function"))
                .allowed(format!("Write {name} * (...) to multiply"));
        }
        let names: Vec<&str> = call::names().collect();
        error(at, format!("there is no function `{name}`"))
            .allowed(format!("Functions: {}", names.join(", ")))
            .nearest(nearest(name, call::names()))
    }
}

/// The strength of an infix operator, and that of its right operand.
fn strength(symbol: &str) -> Option<(u8, u8)> {
    match symbol {
        "<" | ">" | "<=" | ">=" | "==" => Some((COMPARISON, COMPARISON + 1)),
        "+" | "-" => Some((2, 3)),
        "*" | "/" => Some((3, MINUS)),
        // The exponent may have a sign, and further exponents belong to it.
        "^" => Some((5, MINUS)),
        "[" => Some((6, 0)),
        _ => None,
    }
}

impl Parser<'_> {
    fn combine(&self, symbol: &'static str, left: &Piece, right: &Piece) -> Result<Piece> {
        let span = left.span.start..right.span.end;
        if let (Value::Matrix(m), "*") = (&left.value, symbol) {
            return self.times(m, left, right);
        }
        let (a, b) = (self.expr(left)?, self.expr(right)?);
        self.check_lengths(left, right)?;
        let (op, a, b) = match symbol {
            "+" => (Binary::Add, a, b),
            "-" => (Binary::Sub, a, b),
            "*" => (Binary::Mul, a, b),
            "/" => (Binary::Div, a, b),
            "^" => (Binary::Pow, a, b),
            "<" => (Binary::Less, a, b),
            "<=" => (Binary::LessEqual, a, b),
            ">" => (Binary::Less, b, a),
            ">=" => (Binary::LessEqual, b, a),
            _ => (Binary::Equal, a, b),
        };
        self.piece(simplify::binary(op, a, b), span)
    }

    fn times(&self, m: &Matrix, left: &Piece, right: &Piece) -> Result<Piece> {
        let v = self.expr(right)?;
        if v.shape() == Shape::Vector(m.columns) {
            return self.piece(reduction::matrix(m.clone(), v), left.span.start..right.span.end);
        }
        let (a, b) = (self.quote(&left.span), self.quote(&right.span));
        let found =
            format!("`{a}` is a matrix of {} by {} and `{b}` is {}", m.rows, m.columns, v.shape());
        Err(error(right.span.clone(), found)
            .allowed(format!("The vector needs {} components", m.columns)))
    }

    /// Two vectors must have one length.
    pub(super) fn check_lengths(&self, left: &Piece, right: &Piece) -> Result<()> {
        let (a, b) = (self.expr(left)?.shape(), self.expr(right)?.shape());
        match (a, b) {
            (Shape::Vector(m), Shape::Vector(n)) if m != n => {
                let (left_text, right_text) = (self.quote(&left.span), self.quote(&right.span));
                let found = format!("`{left_text}` is {a} and `{right_text}` is {b}");
                Err(error(left.span.start..right.span.end, found)
                    .allowed("Operations on vectors need one length"))
            }
            _ => Ok(()),
        }
    }

    /// A list of constants, or of lists of one length: a matrix. The bracket was taken.
    fn list(&mut self, open: &Range<usize>) -> Result<Piece> {
        let (mut rows, mut data): (Vec<Vec<f64>>, Vec<f64>) = (vec![], vec![]);
        loop {
            let piece = self.expression(0)?;
            let e = self.expr(&piece)?;
            match (e.as_constant(), e.shape()) {
                (Some(x), Shape::Scalar) if rows.is_empty() => data.extend(x),
                (Some(row), Shape::Vector(_))
                    if data.is_empty() && rows.first().is_none_or(|r| r.len() == row.len()) =>
                {
                    rows.push(row);
                }
                _ => {
                    let found = format!("`{}` does not fit into a list", self.quote(&piece.span));
                    return Err(error(piece.span, found)
                        .allowed("A list holds constant numbers, or lists of one length"));
                }
            }
            if !self.accept(",") {
                break;
            }
        }
        let span = open.start..self.close("]", open)?;
        if rows.is_empty() {
            return self.piece(Expr::vector(&data), span);
        }
        let m = Matrix::new(rows.len(), rows[0].len(), &rows.concat());
        Ok(Piece { value: Value::Matrix(m), span })
    }

    /// `v[k]` or `v[k:l]`; the bracket was taken.
    fn indexed(&mut self, of: &Piece) -> Result<Piece> {
        let v = self.expr(of)?;
        let open = self.tokens[self.next - 1].span.clone();
        let Shape::Vector(n) = v.shape() else {
            let name = self.quote(&of.span);
            return Err(error(open, format!("`{name}` is a number and has no components")));
        };
        let first = self.expression(0)?;
        let from = self.index(&first, of, n)?;
        let to = if self.accept(":") {
            let last = self.expression(0)?;
            let to = self.index(&last, of, n)?;
            if to < from {
                let span = first.span.start..last.span.end;
                return Err(error(span, format!("the slice from {from} to {to} is empty")));
            }
            Some(to)
        } else {
            None
        };
        let span = of.span.start..self.close("]", &open)?;
        self.piece(to.map_or_else(|| v.at(from - 1), |to| v.slice(from - 1..to)), span)
    }

    /// An index from 1 into `of`, a vector of `n`.
    fn index(&self, piece: &Piece, of: &Piece, n: usize) -> Result<usize> {
        let k = self.whole(piece, "the index")?;
        if (1..=n).contains(&k) {
            return Ok(k);
        }
        let name = self.quote(&of.span);
        Err(error(piece.span.clone(), format!("index {k} is outside `{name}`, a vector of {n}"))
            .allowed(format!("Indices run from 1 to {n}")))
    }

    /// A constant whole number that is not negative.
    pub(super) fn whole(&self, piece: &Piece, what: &str) -> Result<usize> {
        let e = self.expr(piece)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        match e.as_number() {
            Some(x) if x >= 0.0 && x.fract() == 0.0 && x < 1e15 => Ok(x as usize),
            _ => {
                let (shape, text) = (e.shape(), self.quote(&piece.span));
                let found = match (e.as_number(), shape) {
                    (None, Shape::Vector(_)) => format!("{what} `{text}` is {shape}"),
                    (None, Shape::Scalar) => format!("{what} `{text}` is not constant"),
                    (Some(x), _) => format!("{what} {x} is not a whole number from 1 on"),
                };
                Err(error(piece.span.clone(), found).allowed("A constant whole number is due here"))
            }
        }
    }
}
