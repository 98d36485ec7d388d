//! An expression as text that parses back to it.

use std::fmt::{self, Write};

use super::expr::{Bits, Expr, Node, Shape};
use super::operation::{Binary, Fold, Unary};

/// Longer texts are cut: a graph that shares much is exponentially long on paper.
const LONGEST: usize = 1_000_000;

/// How tightly a piece of text holds together.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Tight {
    Loose,
    Comparison,
    Sum,
    Product,
    Minus,
    Power,
    Whole,
}

/// What is still to be written.
enum Piece {
    Text(&'static str),
    Owned(String),
    /// In parentheses if it holds together less tightly than its surroundings ask for.
    Of(Expr, Tight),
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stack = vec![Piece::Of(*self, Tight::Loose)];
        let mut written = 0;
        while let Some(piece) = stack.pop() {
            match piece {
                Piece::Text(text) => written += write(f, text)?,
                Piece::Owned(text) => written += write(f, &text)?,
                Piece::Of(e, around) => {
                    let (tight, mut pieces) = e.pieces();
                    if tight < around {
                        pieces.insert(0, Piece::Text("("));
                        pieces.push(Piece::Text(")"));
                    }
                    stack.extend(pieces.into_iter().rev());
                }
            }
            if written > LONGEST {
                return f.write_char('…');
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write(f: &mut fmt::Formatter<'_>, text: &str) -> Result<usize, fmt::Error> {
    f.write_str(text)?;
    Ok(text.len())
}

/// The shortest text that reads back to `x`; one that does not read back if `x` is not finite.
fn number(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "0 / 0" } else { ["-1 / 0", "1 / 0"][usize::from(x > 0.0)] }.into();
    }
    let text = format!("{x:?}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn list(data: &[Bits]) -> String {
    let numbers: Vec<String> = data.iter().map(|x| number(x.0)).collect();
    format!("[{}]", numbers.join(", "))
}

fn call(name: &'static str, of: &[Expr]) -> (Tight, Vec<Piece>) {
    let mut pieces = vec![Piece::Text(name), Piece::Text("(")];
    for (i, &e) in of.iter().enumerate() {
        if i > 0 {
            pieces.push(Piece::Text(", "));
        }
        pieces.push(Piece::Of(e, Tight::Loose));
    }
    pieces.push(Piece::Text(")"));
    (Tight::Whole, pieces)
}

fn infix(tight: Tight, of: [(Expr, Tight); 2], op: &'static str) -> (Tight, Vec<Piece>) {
    let [(a, left), (b, right)] = of;
    (tight, vec![Piece::Of(a, left), Piece::Text(op), Piece::Of(b, right)])
}

fn indexed(v: Expr, index: String) -> (Tight, Vec<Piece>) {
    (Tight::Whole, vec![Piece::Of(v, Tight::Whole), Piece::Owned(index)])
}

fn raised(x: Expr, n: u32) -> (Tight, Vec<Piece>) {
    (Tight::Power, vec![Piece::Of(x, Tight::Whole), Piece::Owned(format!("^{n}"))])
}

impl Expr {
    fn pieces(self) -> (Tight, Vec<Piece>) {
        match *self.node() {
            Node::Number(x) => {
                let tight = if x.0 < 0.0 { Tight::Minus } else { Tight::Whole };
                let tight = if x.0.is_finite() { tight } else { Tight::Product };
                (tight, vec![Piece::Owned(number(x.0))])
            }
            Node::Vector(ref data) => (Tight::Whole, vec![Piece::Owned(list(data))]),
            Node::Variable(ref name, _) => (Tight::Whole, vec![Piece::Owned(name.to_string())]),
            Node::Unary(Unary::Square, x) => raised(x, 2),
            Node::Unary(Unary::Power(n), x) => raised(x, n),
            Node::Unary(Unary::Abs, x) if x.shape() == Shape::Scalar => bars(x, "|"),
            Node::Unary(op, x) => call(op.name().unwrap_or("?"), &[x]),
            Node::Binary(op, a, b) => infix_of(op, a, b),
            Node::Select(c, a, b) => call("if", &[c, a, b]),
            Node::Fold(Fold::Sum, v) => call("sum", &[v]),
            Node::Fold(Fold::Smallest, v) => call("min", &[v]),
            Node::Fold(Fold::Largest, v) => call("max", &[v]),
            Node::Fold(Fold::Norm, v) => bars(v, "|"),
            Node::Fold(Fold::NormSquared, v) => (Tight::Power, bars(v, "|^2").1),
            Node::Dot(a, b) => call("dot", &[a, b]),
            Node::At(v, i) => indexed(v, format!("[{}]", i + 1)),
            Node::Slice(v, from, to) => indexed(v, format!("[{}:{to}]", from + 1)),
            Node::Embed(x, from, n) => with_counts("embed", x, format!(", {}, {n})", from + 1)),
            Node::Repeat(x, n) => with_counts("repeat", x, format!(", {n})")),
            Node::Matrix(ref m, v) => {
                let rows: Vec<String> = m.data.chunks(m.columns).map(list).collect();
                let text = format!("[{}] * ", rows.join(", "));
                (Tight::Product, vec![Piece::Owned(text), Piece::Of(v, Tight::Minus)])
            }
        }
    }
}

fn bars(v: Expr, close: &'static str) -> (Tight, Vec<Piece>) {
    (Tight::Whole, vec![Piece::Text("|"), Piece::Of(v, Tight::Loose), Piece::Text(close)])
}

fn with_counts(name: &'static str, x: Expr, counts: String) -> (Tight, Vec<Piece>) {
    let open = [Piece::Text(name), Piece::Text("("), Piece::Of(x, Tight::Loose)];
    (Tight::Whole, open.into_iter().chain([Piece::Owned(counts)]).collect())
}

fn infix_of(op: Binary, a: Expr, b: Expr) -> (Tight, Vec<Piece>) {
    use Tight::{Comparison, Minus, Power, Product, Sum, Whole};
    match op {
        Binary::Add => infix(Sum, [(a, Sum), (b, Product)], " + "),
        Binary::Sub => infix(Sum, [(a, Sum), (b, Product)], " - "),
        Binary::Mul if a.as_number() == Some(-1.0) => {
            (Minus, vec![Piece::Text("-"), Piece::Of(b, Power)])
        }
        Binary::Mul => infix(Product, [(a, Product), (b, Minus)], " * "),
        Binary::Div => infix(Product, [(a, Product), (b, Minus)], " / "),
        Binary::Pow => infix(Power, [(a, Whole), (b, Power)], "^"),
        Binary::Min => call("min", &[a, b]),
        Binary::Max => call("max", &[a, b]),
        Binary::Less => infix(Comparison, [(a, Sum), (b, Sum)], " < "),
        Binary::LessEqual => infix(Comparison, [(a, Sum), (b, Sum)], " <= "),
        Binary::Equal => infix(Comparison, [(a, Sum), (b, Sum)], " == "),
        Binary::Share => call("share", &[a, b]),
    }
}
