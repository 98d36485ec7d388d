//! Reductions, components and matrices: construction with simplifications.
//!
//! Scalar factors leave a reduction; a sum of products becomes an inner product, a sum of squares a
//! squared norm; a component or slice is taken at the leaves.

use super::expr::{Bits, Expr, Matrix, Node, Shape, transform};
use super::operation::{Binary, Fold, Unary};
use super::simplify::{
    as_number, binary, constant, full, is_number, is_zero, mul, number, repeat, select, split,
    spread, unary, vector,
};

/// A reduction; of a scalar, that of a vector of length one.
pub(super) fn fold(op: Fold, v: Expr) -> Expr {
    let n = match v.shape() {
        Shape::Scalar => return fold_single(op, v),
        Shape::Vector(1) => return fold_single(op, at(v, 0)),
        Shape::Vector(n) => number(n as f64),
    };
    if let Some(data) = constant(v) {
        return number(op.of(&data));
    }
    let (s, rest) = split(v);
    let has_factor = !is_number(s, 1.0);
    let plain = || Expr::intern(Node::Fold(op, v), Shape::Scalar);
    match (op, v.node()) {
        (Fold::Sum, &Node::Repeat(s, _)) => mul(n, s),
        (Fold::NormSquared, &Node::Repeat(s, _)) => mul(n, unary(Unary::Square, s)),
        (Fold::Norm, &Node::Repeat(s, _)) => mul(unary(Unary::Sqrt, n), unary(Unary::Abs, s)),
        (Fold::Smallest | Fold::Largest, &Node::Repeat(s, _)) => s,
        (Fold::Sum, &Node::Embed(x, ..)) => fold(op, x),
        (Fold::Norm | Fold::NormSquared, &Node::Embed(x, ..) | &Node::Unary(Unary::Abs, x)) => {
            fold(op, x)
        }
        (Fold::Sum, _) if has_factor => mul(s, fold(op, rest)),
        (Fold::NormSquared, _) if has_factor => mul(unary(Unary::Square, s), fold(op, rest)),
        (Fold::Norm, _) if has_factor => mul(unary(Unary::Abs, s), fold(op, rest)),
        (Fold::Smallest | Fold::Largest, _) if has_factor => match as_number(s) {
            Some(c) if c > 0.0 => mul(s, fold(op, rest)),
            Some(_) if op == Fold::Smallest => mul(s, fold(Fold::Largest, rest)),
            Some(_) => mul(s, fold(Fold::Smallest, rest)),
            None => plain(),
        },
        (Fold::Sum, &Node::Unary(Unary::Square, x)) => fold(Fold::NormSquared, x),
        (Fold::Sum, &Node::Binary(Binary::Mul, a, b)) => dot(a, b),
        (Fold::Sum, &Node::Binary(op @ (Binary::Add | Binary::Sub), a, b))
            if a.shape() != b.shape() =>
        {
            let sum =
                |e: Expr| if e.shape() == Shape::Scalar { mul(n, e) } else { fold(Fold::Sum, e) };
            binary(op, sum(a), sum(b))
        }
        _ => plain(),
    }
}

fn fold_single(op: Fold, x: Expr) -> Expr {
    match op {
        Fold::Sum | Fold::Smallest | Fold::Largest => x,
        Fold::Norm => unary(Unary::Abs, x),
        Fold::NormSquared => unary(Unary::Square, x),
    }
}

/// The inner product of two expressions of one shape.
pub(super) fn dot(a: Expr, b: Expr) -> Expr {
    assert!(a.shape() == b.shape(), "dot of {} and {}", a.shape(), b.shape());
    match a.shape() {
        Shape::Scalar => return mul(a, b),
        Shape::Vector(1) => return mul(at(a, 0), at(b, 0)),
        Shape::Vector(_) => {}
    }
    match (a.node(), b.node()) {
        (&Node::Repeat(s, _), _) => return mul(s, fold(Fold::Sum, b)),
        (_, &Node::Repeat(s, _)) => return mul(s, fold(Fold::Sum, a)),
        (&Node::Embed(x, from, _), _) => return dot_part(x, b, from),
        (_, &Node::Embed(x, from, _)) => return dot_part(x, a, from),
        _ => {}
    }
    if let (Some(a), Some(b)) = (constant(a), constant(b)) {
        return number(a.iter().zip(&b).map(|(a, b)| a * b).sum());
    }
    let ((s, v), (t, w)) = (split(a), split(b));
    if (v, w) != (a, b) {
        return mul(mul(s, t), dot(v, w));
    }
    if v == w {
        return fold(Fold::NormSquared, v);
    }
    Expr::intern(Node::Dot(v, w), Shape::Scalar)
}

fn dot_part(part: Expr, whole: Expr, from: usize) -> Expr {
    match part.shape() {
        Shape::Scalar => mul(part, at(whole, from)),
        Shape::Vector(n) => dot(part, slice(whole, from, from + n)),
    }
}

/// Component `i`, from 0, taken at the leaves: no pass over the others.
pub(super) fn at(e: Expr, i: usize) -> Expr {
    assert!(i < e.shape().count(), "component {i} of {}", e.shape());
    let take = |e: Expr| match (e.shape(), e.node()) {
        (Shape::Scalar, _) => Some(e),
        (_, Node::Vector(data)) => Some(number(data[i].0)),
        (_, &Node::Repeat(s, _)) => Some(s),
        (_, &Node::Slice(v, from, _)) => Some(at(v, from + i)),
        (_, &Node::Embed(x, from, _)) => Some(match i.checked_sub(from) {
            Some(k) if k < x.shape().count() => at(x, k),
            _ => number(0.0),
        }),
        (_, Node::Matrix(m, v)) => Some(dot(vector(&m.row(i)), *v)),
        (_, Node::Variable(..)) => Some(Expr::intern(Node::At(e, i), Shape::Scalar)),
        _ => None,
    };
    transform(&[e], take)[0]
}

/// Components `from..to`, taken at the leaves.
pub(super) fn slice(e: Expr, from: usize, to: usize) -> Expr {
    let n = e.shape().count();
    assert!(from < to && to <= n, "components {from}..{to} of {}", e.shape());
    if to - from == n {
        return e;
    }
    let take = |e: Expr| match (e.shape(), e.node()) {
        (Shape::Scalar, _) => Some(e),
        (_, Node::Vector(data)) => {
            Some(vector(&data[from..to].iter().map(|x| x.0).collect::<Vec<_>>()))
        }
        (_, &Node::Repeat(s, _)) => Some(repeat(s, to - from)),
        (_, &Node::Slice(v, first, _)) => Some(slice(v, first + from, first + to)),
        (_, Node::Matrix(m, v)) => Some(matrix(m.rows_between(from, to), *v)),
        (_, Node::Variable(..) | Node::Embed(..)) => {
            Some(Expr::intern(Node::Slice(e, from, to), Shape::Vector(to - from)))
        }
        _ => None,
    };
    transform(&[e], take)[0]
}

/// Zeros with `e` from component `from` on.
pub(super) fn embed(e: Expr, from: usize, n: usize) -> Expr {
    let count = e.shape().count();
    assert!(from + count <= n, "{} from component {from} on in a vector of {n}", e.shape());
    if is_zero(e) {
        return full(0.0, Shape::Vector(n));
    }
    if count == n {
        return spread(e, Shape::Vector(n));
    }
    if let Some(part) = constant(e) {
        let mut data = vec![0.0; n];
        data[from..from + count].copy_from_slice(&part);
        return vector(&data);
    }
    Expr::intern(Node::Embed(e, from, n), Shape::Vector(n))
}

impl Matrix {
    pub(super) fn new(rows: usize, columns: usize, data: &[f64]) -> Self {
        assert!(
            rows * columns == data.len() && !data.is_empty(),
            "a {rows} by {columns} matrix of {} numbers",
            data.len()
        );
        let data = data.iter().map(|&x| Bits::of(x)).collect();
        Self { rows, columns, data }
    }

    pub(super) fn row(&self, i: usize) -> Vec<f64> {
        self.data[i * self.columns..(i + 1) * self.columns].iter().map(|x| x.0).collect()
    }

    fn rows_between(&self, from: usize, to: usize) -> Self {
        let data = self.data[from * self.columns..to * self.columns].into();
        Self { rows: to - from, columns: self.columns, data }
    }

    pub(super) fn transposed(&self) -> Self {
        let data = (0..self.columns)
            .flat_map(|j| (0..self.rows).map(move |i| self.data[i * self.columns + j]))
            .collect();
        Self { rows: self.columns, columns: self.rows, data }
    }
}

/// A constant matrix times a vector.
pub(super) fn matrix(m: Matrix, v: Expr) -> Expr {
    assert!(
        v.shape() == Shape::Vector(m.columns),
        "a {} by {} matrix times {}",
        m.rows,
        m.columns,
        v.shape()
    );
    if m.data.iter().all(|x| x.0 == 0.0) || is_zero(v) {
        return full(0.0, Shape::Vector(m.rows));
    }
    let times = |v: &[f64]| -> Expr {
        let dot = |i| m.row(i).iter().zip(v).map(|(a, b)| a * b).sum();
        vector(&(0..m.rows).map(dot).collect::<Vec<f64>>())
    };
    if let Some(data) = constant(v) {
        return times(&data);
    }
    if let Node::Repeat(s, n) = *v.node() {
        return mul(s, times(&vec![1.0; n]));
    }
    if m.rows == 1 {
        return repeat(dot(vector(&m.row(0)), v), 1);
    }
    if m.columns == 1 {
        return mul(at(v, 0), times(&[1.0]));
    }
    let (s, rest) = split(v);
    if rest != v {
        return mul(s, matrix(m, rest));
    }
    let shape = Shape::Vector(m.rows);
    Expr::intern(Node::Matrix(Box::new(m), rest), shape)
}

impl Expr {
    /// The same operation on other operands.
    pub(super) fn rebuild(self, of: &[Expr]) -> Expr {
        match self.node() {
            Node::Number(_) | Node::Vector(_) | Node::Variable(..) => self,
            Node::Unary(op, _) => unary(*op, of[0]),
            Node::Binary(op, ..) => binary(*op, of[0], of[1]),
            Node::Select(..) => select(of[0], of[1], of[2]),
            Node::Fold(op, _) => fold(*op, of[0]),
            Node::Dot(..) => dot(of[0], of[1]),
            Node::At(_, i) => at(of[0], *i),
            Node::Slice(_, from, to) => slice(of[0], *from, *to),
            Node::Embed(_, from, n) => embed(of[0], *from, *n),
            // Slicing turns a repetition into a scalar only at its own leaf.
            Node::Repeat(_, n) => repeat(of[0], *n),
            Node::Matrix(m, _) => matrix((**m).clone(), of[0]),
        }
    }
}
