//! Exact derivatives of expressions, again as expressions.
//!
//! [`Expr::gradient`] walks the graph once from the result to the variable (reverse mode: the cost
//! is a small multiple of the expression's, whatever the length of the variable), [`Expr::along`]
//! once from the variable to the result (forward mode). Both may be differentiated again.
//!
//! Conventions: sign, step, round, floor and comparisons have derivative 0; |v| and sqrt have
//! derivative 0 at 0; ties of `min` and `max` share equally; of `if` only the branch taken is
//! differentiated.

use std::collections::{HashMap, HashSet};

use super::expr::{Expr, Node, Shape, postorder};
use super::operation::{Binary, Fold, Unary};
use super::reduction::{at, dot, embed, fold, matrix, slice};
use super::simplify::{add, binary, full, is_zero, number, repeat, select, spread, unary};

impl Expr {
    /// d self / d by, of the sum of the components if `self` is a vector; the shape is that of `by`.
    ///
    /// gradient of ln((1 + |x|^2)/2) by x: 2 x / (1 + |x|^2). Panics if `by` is not a variable.
    pub fn gradient(self, by: Self) -> Self {
        assert!(matches!(by.node(), Node::Variable(..)), "gradient by {by}, which is no variable");
        let result = Reverse { by, on_the_way: on_the_way(self, by) }
            .sweep(self, full(1.0, self.shape()))
            .unwrap_or_else(|| number(0.0));
        spread(result, by.shape())
    }

    /// d/ds self(by + s direction) at s = 0; the shape is that of `self`.
    ///
    /// Panics if `by` is not a variable or `direction` has not its shape.
    pub fn along(self, by: Self, direction: Self) -> Self {
        assert!(matches!(by.node(), Node::Variable(..)), "along {by}, which is no variable");
        let direction = spread(direction, by.shape());
        assert!(by.shape() == direction.shape(), "{by} along {}", direction.shape());
        let on_the_way = on_the_way(self, by);
        let mut tangents = HashMap::from([(by, direction)]);
        for e in postorder(&[self], |e| !on_the_way.contains(&e)) {
            if e != by && on_the_way.contains(&e) {
                let tangent = e.tangent(&tangents);
                tangents.insert(e, spread(tangent, e.shape()));
            }
        }
        tangents.get(&self).copied().unwrap_or_else(|| full(0.0, self.shape()))
    }

    /// The tangent from the tangents of the operands; an operand without one is constant.
    fn tangent(self, tangents: &HashMap<Expr, Expr>) -> Expr {
        let of = |e: Expr| tangents.get(&e).copied();
        let zero = || number(0.0);
        match *self.node() {
            Node::Number(_) | Node::Vector(_) | Node::Variable(..) => zero(),
            Node::Unary(..) | Node::Binary(..) => self
                .children()
                .zip(self.partials())
                .filter_map(|(child, partial)| Some(of(child)? * partial?))
                .reduce(add)
                .unwrap_or_else(zero),
            Node::Select(c, a, b) => {
                select(c, of(a).unwrap_or_else(zero), of(b).unwrap_or_else(zero))
            }
            Node::Dot(a, b) => {
                let left = of(a).map_or_else(zero, |da| dot(da, b));
                add(left, of(b).map_or_else(zero, |db| dot(a, db)))
            }
            Node::Fold(op, v) => {
                let Some(dv) = of(v) else { return zero() };
                match op {
                    Fold::Sum => fold(Fold::Sum, dv),
                    Fold::NormSquared => 2.0 * dot(v, dv),
                    Fold::Norm => unary(Unary::Inverse, self) * dot(v, dv),
                    Fold::Smallest | Fold::Largest => {
                        let mask = binary(Binary::Equal, v, self);
                        dot(mask, dv) / fold(Fold::Sum, mask)
                    }
                }
            }
            Node::At(v, i) => of(v).map_or_else(zero, |dv| at(dv, i)),
            Node::Slice(v, from, to) => of(v).map_or_else(zero, |dv| slice(dv, from, to)),
            Node::Embed(x, from, n) => of(x).map_or_else(zero, |dx| embed(dx, from, n)),
            Node::Repeat(x, n) => of(x).map_or_else(zero, |dx| repeat(dx, n)),
            Node::Matrix(ref m, v) => of(v).map_or_else(zero, |dv| matrix((**m).clone(), dv)),
        }
    }

    /// The derivatives of a componentwise operation by its operands, none where they are zero.
    fn partials(self) -> [Option<Expr>; 2] {
        match *self.node() {
            Node::Unary(op, a) => [self.slope(op, a), None],
            Node::Binary(op, a, b) => {
                let share = |a, b| Some(binary(Binary::Share, a, b));
                match op {
                    Binary::Add => [Some(number(1.0)), Some(number(1.0))],
                    Binary::Sub => [Some(number(1.0)), Some(number(-1.0))],
                    Binary::Mul => [Some(b), Some(a)],
                    Binary::Div => [Some(1.0 / b), Some(-(self / b))],
                    Binary::Pow => [Some(b * a.pow(b - 1.0)), Some(self * a.ln())],
                    Binary::Min => [share(a, b), share(b, a)],
                    Binary::Max => [share(b, a), share(a, b)],
                    Binary::Less | Binary::LessEqual | Binary::Equal | Binary::Share => [None; 2],
                }
            }
            _ => [None; 2],
        }
    }

    /// The derivative of `self` = op(x).
    fn slope(self, op: Unary, x: Expr) -> Option<Expr> {
        Some(match op {
            Unary::Exp => self,
            Unary::Expm1 => self + 1.0,
            Unary::Ln => 1.0 / x,
            Unary::Log1p => 1.0 / (1.0 + x),
            Unary::Sqrt => 0.5 * unary(Unary::Inverse, self),
            Unary::Sin => x.cos(),
            Unary::Cos => -x.sin(),
            Unary::Tan => 1.0 + self.powi(2),
            Unary::Tanh => 1.0 - self.powi(2),
            Unary::Erf => std::f64::consts::FRAC_2_SQRT_PI * (-x.powi(2)).exp(),
            Unary::Normcdf => {
                let peak = 0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
                peak * (-0.5 * x.powi(2)).exp()
            }
            Unary::Asinh => 1.0 / (1.0 + x.powi(2)).sqrt(),
            Unary::Sigmoid => self * (1.0 - self),
            Unary::Softplus => x.sigmoid(),
            Unary::Abs => x.sign(),
            Unary::Relu => x.step(),
            Unary::Sign | Unary::Step | Unary::Round | Unary::Floor => return None,
            Unary::Inverse => -self.powi(2),
            Unary::Square => 2.0 * x,
            Unary::Power(n) => f64::from(n) * x.pow(f64::from(n - 1)),
        })
    }
}

/// The sub-expressions of `e` that depend on `by`, itself included.
pub(super) fn on_the_way(e: Expr, by: Expr) -> HashSet<Expr> {
    let mut found = HashSet::new();
    for e in postorder(&[e], |_| false) {
        if e == by || e.children().any(|child| found.contains(&child)) {
            found.insert(e);
        }
    }
    found
}

/// Reverse mode: what reaches `by`.
struct Reverse {
    by: Expr,
    on_the_way: HashSet<Expr>,
}

impl Reverse {
    /// The derivative of <seed, root> by the variable; none if it does not depend on it.
    fn sweep(&self, root: Expr, seed: Expr) -> Option<Expr> {
        if !self.on_the_way.contains(&root) || is_zero(seed) {
            return None;
        }
        let mut seeds = HashMap::from([(root, seed)]);
        let order =
            postorder(&[root], |e| !self.on_the_way.contains(&e) || self.branches(e).is_some());
        for &e in order.iter().rev().filter(|&&e| e != self.by) {
            let Some(seed) = seeds.remove(&e) else { continue };
            let contributions = match self.branches(e) {
                Some((c, a, b)) => vec![(self.by, self.choose(c, [a, b], seed))],
                None => e.pull_back(seed),
            };
            for (child, part) in contributions {
                if self.on_the_way.contains(&child) && !is_zero(part) {
                    let part = reduce(part, child.shape());
                    seeds.entry(child).and_modify(|all| *all = add(*all, part)).or_insert(part);
                }
            }
        }
        seeds.get(&self.by).copied()
    }

    /// The parts of an `if` whose branches can be differentiated apart, so that an infinite
    /// derivative of the branch not taken does not spoil the other: one condition for all, or one
    /// for each component.
    fn branches(&self, e: Expr) -> Option<(Expr, Expr, Expr)> {
        let Node::Select(c, a, b) = *e.node() else { return None };
        let apart =
            c.shape() == Shape::Scalar || c.shape() == self.by.shape() && e.elementwise_in(self.by);
        apart.then_some((c, a, b))
    }

    fn choose(&self, condition: Expr, of: [Expr; 2], seed: Expr) -> Expr {
        let [a, b] = of.map(|branch| {
            self.sweep(branch, reduce(seed, branch.shape())).unwrap_or_else(|| number(0.0))
        });
        spread(select(condition, a, b), self.by.shape())
    }
}

/// A contribution to a scalar operand of a vector operation is summed.
fn reduce(part: Expr, shape: Shape) -> Expr {
    match (part.shape(), shape) {
        (Shape::Vector(_), Shape::Scalar) => fold(Fold::Sum, part),
        _ => spread(part, shape),
    }
}

impl Expr {
    /// The operands and what reaches each of them of `seed`.
    fn pull_back(self, seed: Expr) -> Vec<(Expr, Expr)> {
        match *self.node() {
            Node::Number(_) | Node::Vector(_) | Node::Variable(..) => vec![],
            Node::Unary(..) | Node::Binary(..) => self
                .children()
                .zip(self.partials())
                .filter_map(|(child, partial)| Some((child, seed * partial?)))
                .collect(),
            Node::Select(c, a, b) => {
                let zero = number(0.0);
                vec![(a, select(c, seed, zero)), (b, select(c, zero, seed))]
            }
            Node::Dot(a, b) => vec![(a, seed * b), (b, seed * a)],
            Node::Fold(op, v) => {
                let part = match op {
                    Fold::Sum => repeat(seed, v.shape().count()),
                    Fold::NormSquared => 2.0 * seed * v,
                    Fold::Norm => seed * unary(Unary::Inverse, self) * v,
                    Fold::Smallest | Fold::Largest => {
                        let mask = binary(Binary::Equal, v, self);
                        seed / fold(Fold::Sum, mask) * mask
                    }
                };
                vec![(v, part)]
            }
            Node::At(v, i) => vec![(v, embed(seed, i, v.shape().count()))],
            Node::Slice(v, from, _) => vec![(v, embed(seed, from, v.shape().count()))],
            Node::Embed(x, from, _) => vec![match x.shape() {
                Shape::Scalar => (x, at(seed, from)),
                Shape::Vector(n) => (x, slice(seed, from, from + n)),
            }],
            Node::Repeat(x, _) => vec![(x, fold(Fold::Sum, seed))],
            Node::Matrix(ref m, v) => vec![(v, matrix(m.transposed(), seed))],
        }
    }
}
