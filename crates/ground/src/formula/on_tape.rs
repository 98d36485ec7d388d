//! A formula written on the tape: elementary operations of the tape's own, with its own derivatives.
//!
//! The judge of programs and of symbolic derivatives. A scalar formula is `[n, 1]` or `[1, 1]`, a
//! vector of length d is `[n, d]` or `[1, d]`.

use std::collections::HashMap;

use super::expr::{Expr, Node, postorder};
use super::operation::{Binary, Fold, Unary};
use crate::array::Array;
use crate::tape::{Tape, Var, select};

impl Expr {
    /// The formula on a tape, with its variables bound.
    ///
    /// # Panics
    /// If a variable is not bound.
    pub fn on_tape<'t>(self, tape: &'t Tape, at: &[(Self, Var<'t>)]) -> Var<'t> {
        let mut done: HashMap<Self, Var<'t>> = HashMap::new();
        for e in postorder(&[self], |_| false) {
            let bound = at.iter().find(|(variable, _)| *variable == e);
            let var = bound.map_or_else(|| e.record(tape, &|child| done[&child]), |(_, v)| *v);
            done.insert(e, var);
        }
        done[&self]
    }

    fn record<'t>(self, tape: &'t Tape, of: &impl Fn(Self) -> Var<'t>) -> Var<'t> {
        let row = |data: Vec<f64>| {
            let n = data.len();
            tape.variable(Array::from_shape_vec((1, n), data).expect("one row"))
        };
        match *self.node() {
            Node::Number(x) => tape.number(x.0),
            Node::Vector(ref data) => row(data.iter().map(|x| x.0).collect()),
            Node::Variable(..) => panic!("`{self}` is not bound"),
            Node::Unary(op, a) => unary(op, of(a)),
            Node::Binary(op, a, b) => binary(op, of(a), of(b)),
            Node::Select(c, a, b) => select(of(c), of(a), of(b)),
            Node::Fold(op, v) => fold(op, of(v)),
            Node::Dot(a, b) => of(a).dot(of(b)),
            Node::At(v, i) => of(v).columns(i, 1),
            Node::Slice(v, from, to) => of(v).columns(from, to - from),
            Node::Embed(x, from, n) => of(x).padded(from, n),
            Node::Repeat(s, n) => of(s) * row(vec![1.0; n]),
            Node::Matrix(ref m, v) => {
                let data: Vec<f64> = m.data.iter().map(|x| x.0).collect();
                let matrix = Array::from_shape_vec((m.rows, m.columns), data).expect("it is full");
                of(v).matmul(tape.variable(matrix).transpose())
            }
        }
    }
}

fn unary(op: Unary, x: Var<'_>) -> Var<'_> {
    match op {
        Unary::Exp => x.exp(),
        Unary::Expm1 => x.expm1(),
        Unary::Ln => x.ln(),
        Unary::Log1p => x.log1p(),
        Unary::Sqrt => x.sqrt(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tan => x.tan(),
        Unary::Tanh => x.tanh(),
        Unary::Erf => x.erf(),
        Unary::Normcdf => x.normcdf(),
        Unary::Asinh => x.asinh(),
        Unary::Sigmoid => x.sigmoid(),
        Unary::Softplus => x.softplus(),
        Unary::Abs => x.abs(),
        Unary::Sign => x.sign(),
        Unary::Step => x.step(),
        Unary::Relu => x.relu(),
        Unary::Round => x.round(),
        Unary::Floor => x.floor(),
        Unary::Inverse => {
            let zero = x.equal(x.tape().number(0.0));
            (1.0 - zero) / (x + zero)
        }
        Unary::Square => x.square(),
        Unary::Power(n) => x.powi(i32::try_from(n).expect("a power fits a word")),
    }
}

fn binary<'t>(op: Binary, a: Var<'t>, b: Var<'t>) -> Var<'t> {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Pow => a.pow(b),
        Binary::Min => a.min(b),
        Binary::Max => a.max(b),
        Binary::Less => a.less(b),
        Binary::LessEqual => a.less_equal(b),
        Binary::Equal => a.equal(b),
        Binary::Share => 0.5 * (a.less(b) + a.less_equal(b)),
    }
}

fn fold(op: Fold, v: Var<'_>) -> Var<'_> {
    match op {
        Fold::Sum => v.row_sum(),
        Fold::NormSquared => v.dot(v),
        Fold::Norm => v.dot(v).sqrt(),
        Fold::Smallest => v.row_min(),
        Fold::Largest => v.row_max(),
    }
}
