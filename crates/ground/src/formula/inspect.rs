//! Questions to an expression, substitution, and its slow value.

use std::collections::{HashMap, HashSet};

use super::derivative::on_the_way;
use super::expr::{Expr, Node, Shape, postorder, transform};
use super::operation::{Binary, Fold};
use super::simplify::{binary, constant, full, is_zero};

impl Expr {
    /// The expression with variables replaced, all at once.
    ///
    /// Panics if a replacement has not the shape of its variable.
    pub fn substitute(self, replacements: &[(Expr, Expr)]) -> Expr {
        for (variable, by) in replacements {
            let (a, b) = (variable.shape(), by.shape());
            assert!(matches!(variable.node(), Node::Variable(..)), "{variable} is no variable");
            assert!(a == b, "`{variable}` is {a}, its replacement {b}");
        }
        let table: HashMap<Expr, Expr> = replacements.iter().copied().collect();
        transform(&[self], |e| table.get(&e).copied())[0]
    }

    /// True if `variable` occurs.
    pub fn depends_on(self, variable: Expr) -> bool {
        postorder(&[self], |_| false).contains(&variable)
    }

    /// The number, if it is one.
    pub fn as_number(self) -> Option<f64> {
        match self.node() {
            Node::Number(x) => Some(x.0),
            _ => None,
        }
    }

    /// The components, if it is a constant.
    pub fn as_constant(self) -> Option<Vec<f64>> {
        constant(self)
    }

    /// The variables that occur, in the order in which they are met.
    pub fn variables(self) -> Vec<Expr> {
        let mut all = postorder(&[self], |_| false);
        all.retain(|e| matches!(e.node(), Node::Variable(..)));
        all
    }

    /// `Some((a, b, true))` of a == b, `Some((a, b, false))` of a <= b; none of anything else.
    pub fn relation(self) -> Option<(Expr, Expr, bool)> {
        match *self.node() {
            Node::Binary(Binary::Equal, a, b) => Some((a, b, true)),
            Node::Binary(Binary::LessEqual, a, b) => Some((a, b, false)),
            _ => None,
        }
    }

    /// True if the first derivative may jump: it contains min, max, relu, abs, sign, step,
    /// clamp, round, floor, a comparison or `if`. The norm of a vector does not count.
    pub fn is_kinked(self) -> bool {
        postorder(&[self], |_| false).into_iter().any(Self::has_a_kink)
    }

    /// True if the value itself jumps where the variable crosses a number: sign, step, round or floor
    /// of what depends on it, or an `if` about it between two constants. What other choices meet is
    /// not looked at.
    pub fn jumps_in(self, variable: Expr) -> bool {
        postorder(&[self], |_| false).into_iter().any(|e| match e.node() {
            Node::Unary(op, of) => op.jumps() && of.depends_on(variable),
            Node::Select(about, a, b) => {
                about.depends_on(variable) && constant(*a).is_some() && constant(*b).is_some()
            }
            _ => false,
        })
    }

    /// Whether the first derivative of the last operation may jump.
    fn has_a_kink(self) -> bool {
        match self.node() {
            Node::Unary(op, _) => op.is_kinked(),
            Node::Binary(op, ..) => op.is_kinked(),
            Node::Select(..) => true,
            Node::Fold(op, _) => matches!(op, Fold::Smallest | Fold::Largest),
            _ => false,
        }
    }

    /// True if component i depends on component i of the variable only: no reduction, slice or
    /// matrix on the way. An expression without the variable qualifies.
    pub fn elementwise_in(self, variable: Expr) -> bool {
        let on_the_way = on_the_way(self, variable);
        postorder(&[self], |e| !on_the_way.contains(&e))
            .iter()
            .all(|e| !on_the_way.contains(e) || e.is_elementwise())
    }

    /// `Some(c)` if self = c * variable, component by component, with c free of the variable.
    ///
    /// `c` is a number or a vector; [`Expr::affine_in`] with a zero constant.
    pub fn linear_in(self, variable: Expr) -> Option<Expr> {
        self.affine_in(variable).filter(|(at_zero, _)| is_zero(*at_zero)).map(|(_, slope)| slope)
    }

    /// `Some((a, b))` if self = a + b * variable, component by component, with a and b free of the
    /// variable.
    ///
    /// Decided on symbols: elementwise, constant tangent, no jumps. `b` is a number or a vector.
    pub fn affine_in(self, variable: Expr) -> Option<(Expr, Expr)> {
        let same = self.shape() == variable.shape() || variable.shape() == Shape::Scalar;
        if !same || !self.elementwise_in(variable) {
            return None;
        }
        // floor(x) and if(x > 1, x + 1, x) have a constant tangent and are not affine.
        if on_the_way(self, variable).into_iter().any(Self::has_a_kink) {
            return None;
        }
        let tangent = self.along(variable, full(1.0, variable.shape()));
        let at_zero = self.substitute(&[(variable, full(0.0, variable.shape()))]);
        if tangent.depends_on(variable) {
            return None;
        }
        Some((at_zero, if let Node::Repeat(b, _) = *tangent.node() { b } else { tangent }))
    }

    /// self = a + b, where a gathers the terms that are free of the variables.
    ///
    /// Decided on symbols: sums, differences and products with numbers are taken apart, nothing
    /// else is.
    pub fn apart_from(self, variables: &[Expr]) -> (Expr, Expr) {
        let zero = full(0.0, self.shape());
        if !variables.iter().any(|v| self.depends_on(*v)) {
            return (self, zero);
        }
        let of = |e: Expr| e.apart_from(variables);
        match *self.node() {
            Node::Binary(Binary::Add, a, b) if a.shape() == b.shape() => {
                let ((a, rest_a), (b, rest_b)) = (of(a), of(b));
                (a + b, rest_a + rest_b)
            }
            Node::Binary(Binary::Sub, a, b) if a.shape() == b.shape() => {
                let ((a, rest_a), (b, rest_b)) = (of(a), of(b));
                (a - b, rest_a - rest_b)
            }
            Node::Binary(op @ (Binary::Mul | Binary::Div), a, b) if b.as_number().is_some() => {
                let (a, rest) = of(a);
                (binary(op, a, b), binary(op, rest, b))
            }
            Node::Binary(Binary::Mul, a, b) if a.as_number().is_some() => {
                let (b, rest) = of(b);
                (a * b, a * rest)
            }
            _ => (zero, self),
        }
    }

    /// The value at one point: slow, readable, double precision.
    ///
    /// Panics if a variable is missing or has another length.
    pub fn evaluate(self, at: &[(Expr, &[f64])]) -> Vec<f64> {
        let mut values: HashMap<Expr, Vec<f64>> = HashMap::new();
        for e in postorder(&[self], |_| false) {
            let value = match at.iter().find(|(variable, _)| *variable == e) {
                Some((_, given)) => {
                    assert!(given.len() == e.shape().count(), "`{e}` is {}", e.shape());
                    given.to_vec()
                }
                None => e.value(&|child| &values[&child]),
            };
            values.insert(e, value);
        }
        values.remove(&self).expect("the root is visited last")
    }

    /// The value from the values of the operands.
    fn value<'a>(self, of: &impl Fn(Expr) -> &'a Vec<f64>) -> Vec<f64> {
        let n = self.shape().count();
        // A scalar beside a vector stands for all its components.
        let pick = |e: Expr, i: usize| of(e)[if e.shape() == Shape::Scalar { 0 } else { i }];
        let each = |f: &dyn Fn(usize) -> f64| (0..n).map(f).collect();
        match *self.node() {
            Node::Number(x) => vec![x.0],
            Node::Vector(ref data) => data.iter().map(|x| x.0).collect(),
            Node::Variable(..) => panic!("`{self}` has no value"),
            Node::Unary(op, a) => each(&|i| op.of(pick(a, i))),
            Node::Binary(op, a, b) => each(&|i| op.of(pick(a, i), pick(b, i))),
            Node::Select(c, a, b) => {
                each(&|i| if pick(c, i) == 0.0 { pick(b, i) } else { pick(a, i) })
            }
            Node::Fold(op, v) => vec![op.of(of(v))],
            Node::Dot(a, b) => vec![of(a).iter().zip(of(b)).map(|(a, b)| a * b).sum()],
            Node::At(v, i) => vec![of(v)[i]],
            Node::Slice(v, from, to) => of(v)[from..to].to_vec(),
            Node::Embed(x, from, _) => {
                let part = of(x);
                each(&|i| i.checked_sub(from).and_then(|k| part.get(k)).copied().unwrap_or(0.0))
            }
            Node::Repeat(s, _) => each(&|_| pick(s, 0)),
            Node::Matrix(ref m, v) => {
                each(&|i| m.row(i).iter().zip(of(v)).map(|(a, b)| a * b).sum())
            }
        }
    }
}

/// Maximal sub-formulas that depend on `uniform` variables only, named: they are computed once per
/// time step, not once per path.
#[derive(Clone, Debug)]
pub struct Hoisted {
    /// The formulas, with every such part replaced by its variable.
    pub outputs: Vec<Expr>,
    /// Each variable and its definition, in the order in which they are met; a bare uniform variable
    /// is its own definition.
    pub uniforms: Vec<(Expr, Expr)>,
}

/// Names the maximal parts of `outputs` that depend on nothing but `uniform` variables.
pub fn hoist(outputs: &[Expr], uniform: &[Expr]) -> Hoisted {
    let order = postorder(outputs, |_| false);
    // Variable: only uniform ones below. Mixed: some other one. Neither: a constant.
    let (mut lifted, mut mixed) = (HashSet::new(), HashSet::new());
    for &e in &order {
        let is_variable = matches!(e.node(), Node::Variable(..));
        if is_variable && !uniform.contains(&e) || e.children().any(|c| mixed.contains(&c)) {
            mixed.insert(e);
        } else if is_variable || e.children().any(|c| lifted.contains(&c)) {
            lifted.insert(e);
        }
    }
    // A repetition is cheaper outside than a vector of equal numbers.
    let is_part = |e: Expr| lifted.contains(&e) && !matches!(e.node(), Node::Repeat(..));
    let names: HashMap<Expr, Expr> = lifted_names(&order, &is_part);
    let mut uniforms = Vec::new();
    for e in postorder(outputs, is_part) {
        if is_part(e) {
            uniforms.push((names[&e], e));
        }
    }
    let outputs = transform(outputs, |e| is_part(e).then(|| names[&e]));
    Hoisted { outputs, uniforms }
}

fn lifted_names(order: &[Expr], is_part: &impl Fn(Expr) -> bool) -> HashMap<Expr, Expr> {
    let name = |e: Expr| match e.node() {
        Node::Variable(..) => e,
        _ => Expr::variable(&format!("uniform_{}", e.id()), e.shape()),
    };
    order.iter().filter(|&&e| is_part(e)).map(|&e| (e, name(e))).collect()
}
