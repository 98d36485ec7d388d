//! Construction of expressions, with the simplifications that cost or save work.
//!
//! A vector is kept as *scalar factor times vector* with the factor outermost, and a number factor
//! leftmost in a scalar product: then factors meet, one pass over the components is saved for every
//! pair of them, and "a constant times z" can be read off. Every constructor is a function of its
//! operands alone, and building an expression again from its own operands gives the same handle.

use super::expr::{Bits, Expr, Node, Shape};
use super::operation::{Binary, Fold, Unary};
use super::reduction::fold;

/// The largest exponent that becomes repeated multiplication.
const LARGEST_POWER: f64 = 64.0;

pub(super) fn number(x: f64) -> Expr {
    Expr::intern(Node::Number(Bits::of(x)), Shape::Scalar)
}

pub(super) fn vector(data: &[f64]) -> Expr {
    assert!(!data.is_empty(), "a vector has at least one component");
    let bits: Box<[Bits]> = data.iter().map(|&x| Bits::of(x)).collect();
    if bits.iter().all(|x| *x == bits[0]) {
        return repeat(number(data[0]), data.len());
    }
    Expr::intern(Node::Vector(bits), Shape::Vector(data.len()))
}

/// `value` in every component.
pub(super) fn full(value: f64, shape: Shape) -> Expr {
    spread(number(value), shape)
}

/// A scalar given the shape of its surroundings; a vector as it is.
pub(super) fn spread(e: Expr, shape: Shape) -> Expr {
    match (e.shape(), shape) {
        (Shape::Scalar, Shape::Vector(n)) => repeat(e, n),
        _ => e,
    }
}

pub(super) fn repeat(e: Expr, n: usize) -> Expr {
    assert!(e.shape() == Shape::Scalar, "repeat of {}", e.shape());
    assert!(n > 0, "a vector has at least one component");
    Expr::intern(Node::Repeat(e, n), Shape::Vector(n))
}

/// The shape of a componentwise operation.
///
/// Panics if two lengths differ.
pub(super) fn common(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    shapes.into_iter().fold(Shape::Scalar, |all, shape| match (all, shape) {
        (Shape::Scalar, other) | (other, Shape::Scalar) => other,
        (Shape::Vector(m), Shape::Vector(n)) => {
            assert!(m == n, "componentwise operation on {all} and {shape}");
            all
        }
    })
}

/// The scalar of a repetition, or the expression itself.
fn unrepeat(e: Expr) -> Expr {
    if let Node::Repeat(s, _) = *e.node() { s } else { e }
}

/// A componentwise operation with repetitions moved outwards.
fn broadcast<const N: usize>(of: [Expr; N], build: impl Fn([Expr; N]) -> Expr) -> Option<Expr> {
    if !of.iter().any(|e| matches!(e.node(), Node::Repeat(..))) {
        return None;
    }
    let shape = common(of.map(Expr::shape));
    Some(spread(build(of.map(unrepeat)), shape))
}

/// The components of a constant; one component for a number.
pub(super) fn constant(e: Expr) -> Option<Vec<f64>> {
    match e.node() {
        Node::Number(x) => Some(vec![x.0]),
        Node::Vector(data) => Some(data.iter().map(|x| x.0).collect()),
        Node::Repeat(s, n) => Some(vec![constant(*s)?[0]; *n]),
        _ => None,
    }
}

/// `f` of constants, component by component.
fn fold_constants<const N: usize>(of: [Expr; N], f: impl Fn([f64; N]) -> f64) -> Option<Expr> {
    let shape = common(of.map(Expr::shape));
    let mut data = [const { Vec::new() }; N];
    for (data, e) in data.iter_mut().zip(of) {
        *data = constant(e)?;
    }
    let at = |i: usize| f(std::array::from_fn(|k| data[k][i.min(data[k].len() - 1)]));
    Some(match shape {
        Shape::Scalar => number(at(0)),
        Shape::Vector(n) => vector(&(0..n).map(at).collect::<Vec<_>>()),
    })
}

pub(super) fn as_number(e: Expr) -> Option<f64> {
    if let Node::Number(x) = e.node() { Some(x.0) } else { None }
}

pub(super) fn is_number(e: Expr, x: f64) -> bool {
    as_number(e) == Some(x)
}

/// True for a zero of any shape.
pub(super) fn is_zero(e: Expr) -> bool {
    is_number(unrepeat(e), 0.0)
}

/// The scalar factor and the rest. Of a scalar only a number is split off.
pub(super) fn split(e: Expr) -> (Expr, Expr) {
    let one = number(1.0);
    let is_scalar = e.shape() == Shape::Scalar;
    match *e.node() {
        Node::Number(_) => (e, one),
        Node::Binary(Binary::Mul, s, v)
            if s.shape() == Shape::Scalar && (!is_scalar || as_number(s).is_some()) =>
        {
            (s, v)
        }
        Node::Binary(Binary::Div, s, v)
            if s.shape() == Shape::Scalar && (!is_scalar || as_number(s).is_some()) =>
        {
            (s, raw(Binary::Div, one, v))
        }
        _ => (one, e),
    }
}

fn raw(op: Binary, a: Expr, b: Expr) -> Expr {
    Expr::intern(Node::Binary(op, a, b), common([a.shape(), b.shape()]))
}

/// `s * e` where `e` has no scalar factor left.
pub(super) fn scale(s: Expr, e: Expr) -> Expr {
    if is_number(s, 1.0) {
        return e;
    }
    if is_number(e, 1.0) {
        return s;
    }
    if is_number(s, 0.0) {
        return full(0.0, e.shape());
    }
    if let Some(e) = fold_constants([s, e], |[s, e]| s * e) {
        return e;
    }
    match *e.node() {
        Node::Binary(Binary::Div, one, d) if is_number(one, 1.0) => raw(Binary::Div, s, d),
        Node::Repeat(t, n) => repeat(mul(s, t), n),
        _ => raw(Binary::Mul, s, e),
    }
}

pub(super) fn add(a: Expr, b: Expr) -> Expr {
    binary(Binary::Add, a, b)
}
pub(super) fn sub(a: Expr, b: Expr) -> Expr {
    binary(Binary::Sub, a, b)
}
pub(super) fn mul(a: Expr, b: Expr) -> Expr {
    binary(Binary::Mul, a, b)
}
pub(super) fn div(a: Expr, b: Expr) -> Expr {
    binary(Binary::Div, a, b)
}
pub(super) fn negate(a: Expr) -> Expr {
    mul(number(-1.0), a)
}

/// A componentwise operation on two expressions.
pub(super) fn binary(op: Binary, a: Expr, b: Expr) -> Expr {
    let shape = common([a.shape(), b.shape()]);
    if let Some(e) = broadcast([a, b], |[a, b]| binary(op, a, b)) {
        return e;
    }
    if let Some(e) = fold_constants([a, b], |[a, b]| op.of(a, b)) {
        return e;
    }
    match op {
        Binary::Add if is_number(a, 0.0) => b,
        Binary::Add | Binary::Sub if is_number(b, 0.0) => a,
        Binary::Add if a == b => mul(number(2.0), a),
        Binary::Sub if a == b => full(0.0, shape),
        Binary::Sub if is_number(a, 0.0) => negate(b),
        Binary::Add => match (positive(a), positive(b)) {
            (_, Some(b)) => sub(a, b),
            (Some(a), None) => sub(b, a),
            (None, None) => raw(op, a, b),
        },
        Binary::Sub => positive(b).map_or_else(|| raw(op, a, b), |b| add(a, b)),
        Binary::Mul => product(a, b),
        Binary::Div => quotient(a, b),
        Binary::Pow => as_number(b).and_then(|p| power(a, p)).unwrap_or_else(|| raw(op, a, b)),
        Binary::Min | Binary::Max if a == b => a,
        _ => raw(op, a, b),
    }
}

/// `-e` if a negative number leads `e`.
fn positive(e: Expr) -> Option<Expr> {
    match *e.node() {
        Node::Number(x) => (x.0 < 0.0).then(|| number(-x.0)),
        Node::Binary(Binary::Mul | Binary::Div, s, _) => {
            (s.shape() == Shape::Scalar && positive(s).is_some()).then(|| negate(e))
        }
        _ => None,
    }
}

fn product(a: Expr, b: Expr) -> Expr {
    if is_number(a, 1.0) {
        return b;
    }
    if is_number(b, 1.0) {
        return a;
    }
    match (a.shape(), b.shape()) {
        (Shape::Scalar, Shape::Vector(_)) => {
            let (s, v) = split(b);
            scale(mul(a, s), v)
        }
        (Shape::Vector(_), Shape::Scalar) => product(b, a),
        _ => {
            let ((s, v), (t, w)) = (split(a), split(b));
            scale(mul(s, t), product_of_rests(v, w))
        }
    }
}

/// The product of two expressions of one shape without scalar factors.
fn product_of_rests(a: Expr, b: Expr) -> Expr {
    if is_number(a, 1.0) {
        return b;
    }
    if is_number(b, 1.0) {
        return a;
    }
    if let Some(e) = fold_constants([a, b], |[a, b]| a * b) {
        return e;
    }
    let ((x, m), (y, n)) = (base(a), base(b));
    if x == y {
        return power(x, f64::from(m + n)).unwrap_or_else(|| raw(Binary::Mul, a, b));
    }
    match (a.node(), b.node()) {
        (_, &Node::Binary(Binary::Div, one, d)) if is_number(one, 1.0) => quotient(a, d),
        (&Node::Binary(Binary::Div, one, d), _) if is_number(one, 1.0) => quotient(b, d),
        _ => raw(Binary::Mul, a, b),
    }
}

/// What is raised to which positive integer.
fn base(e: Expr) -> (Expr, u32) {
    match *e.node() {
        Node::Unary(Unary::Square, x) => (x, 2),
        Node::Unary(Unary::Power(n), x) => (x, n),
        Node::Fold(Fold::NormSquared, v) => (fold(Fold::Norm, v), 2),
        _ => (e, 1),
    }
}

fn quotient(a: Expr, b: Expr) -> Expr {
    if is_number(b, 1.0) {
        return a;
    }
    if is_number(a, 0.0) {
        return full(0.0, b.shape());
    }
    if let Some(inverse) = inverse(b) {
        return mul(inverse, a);
    }
    if b.shape() == Shape::Scalar && a.shape() != Shape::Scalar {
        let (s, v) = split(a);
        return scale(div(s, b), v);
    }
    let ((s, v), (t, w)) = (split(a), split(b));
    if as_number(b).is_some() {
        return raw(Binary::Div, a, b);
    }
    if a.shape() == Shape::Scalar && b.shape() != Shape::Scalar {
        return raw_quotient(div(a, t), w);
    }
    scale(div(s, t), raw_quotient(v, w))
}

/// One over a constant; none if it is zero or subnormal, for then it is not finite.
fn inverse(b: Expr) -> Option<Expr> {
    fold_constants([b], |[b]| 1.0 / b).filter(|&c| is_finite(c, 1))
}

/// A quotient without scalar factors, with fractions in numerator and denominator resolved.
fn raw_quotient(a: Expr, b: Expr) -> Expr {
    if let Some(inverse) = inverse(b) {
        return mul(inverse, a);
    }
    match (a.node(), b.node()) {
        (_, &Node::Binary(Binary::Div, one, q)) if is_number(one, 1.0) => mul(a, q),
        (&Node::Binary(Binary::Div, p, q), _) if q.shape() == b.shape() => div(p, mul(q, b)),
        _ => raw(Binary::Div, a, b),
    }
}

/// `a` to a number; none if no cheaper form than the general power is known.
fn power(a: Expr, p: f64) -> Option<Expr> {
    if p == 0.0 {
        return Some(full(1.0, a.shape()));
    }
    if is_number(number(p), 1.0) {
        return Some(a);
    }
    if is_number(number(p.abs()), 0.5) {
        let root = unary(Unary::Sqrt, a);
        return Some(if p < 0.0 { div(number(1.0), root) } else { root });
    }
    if p.fract() != 0.0 || p.abs() > LARGEST_POWER {
        return None;
    }
    if p < 0.0 {
        return Some(div(number(1.0), power(a, -p)?));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "p is in 2..=64")]
    let n = p as u32;
    Some(unary(if n == 2 { Unary::Square } else { Unary::Power(n) }, a))
}

/// An operation on every component.
pub(super) fn unary(op: Unary, a: Expr) -> Expr {
    if let Some(e) = broadcast([a], |[a]| unary(op, a)) {
        return e;
    }
    if let Some(e) = fold_constants([a], |[a]| op.of(a)) {
        return e;
    }
    let plain = || Expr::intern(Node::Unary(op, a), a.shape());
    let (s, rest) = split(a);
    let inner = a.node();
    match (op, inner) {
        (Unary::Square, &Node::Fold(Fold::Norm, v)) => fold(Fold::NormSquared, v),
        (Unary::Square, &Node::Unary(Unary::Abs, x)) => unary(op, x),
        (Unary::Sqrt, &Node::Fold(Fold::NormSquared, v)) => fold(Fold::Norm, v),
        (Unary::Sqrt, &Node::Unary(Unary::Square, x)) => unary(Unary::Abs, x),
        (
            Unary::Abs,
            Node::Fold(Fold::Norm | Fold::NormSquared, _)
            | Node::Unary(Unary::Abs | Unary::Square | Unary::Exp | Unary::Sqrt, _),
        ) => a,
        (Unary::Power(n), &Node::Fold(Fold::Norm, v)) if n % 2 == 0 => {
            let squared = fold(Fold::NormSquared, v);
            power(squared, f64::from(n / 2)).unwrap_or_else(plain)
        }
        (Unary::Square | Unary::Power(_) | Unary::Abs, _) if !is_number(s, 1.0) => {
            mul(unary(op, s), unary(op, rest))
        }
        _ => plain(),
    }
}

/// `a` where `condition` is not zero, else `b`.
pub(super) fn select(condition: Expr, a: Expr, b: Expr) -> Expr {
    let shape = common([condition.shape(), a.shape(), b.shape()]);
    if let Some(e) = broadcast([condition, a, b], |[c, a, b]| select(c, a, b)) {
        return e;
    }
    if let Some(c) = as_number(condition) {
        return spread(if c == 0.0 { b } else { a }, shape);
    }
    if a == b {
        return spread(a, shape);
    }
    fold_constants([condition, a, b], |[c, a, b]| if c == 0.0 { b } else { a })
        .unwrap_or_else(|| Expr::intern(Node::Select(condition, a, b), shape))
}

/// False if a number that is not finite stands at most `depth` operations below `e`.
pub(super) fn is_finite(e: Expr, depth: usize) -> bool {
    match *e.node() {
        Node::Number(x) => x.0.is_finite(),
        Node::Vector(ref data) => data.iter().all(|x| x.0.is_finite()),
        _ => depth == 0 || e.children().all(|child| is_finite(child, depth - 1)),
    }
}
