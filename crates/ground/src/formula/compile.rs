//! From formulas to a program: which operations share a pass, in which order, in which registers.
//!
//! A sum, difference or product of vectors is not formed in memory if its users can form it on the
//! way: always for a single user, and for several if its operands are inputs, constants or numbers,
//! which cost nothing to read again. So |x + c|^2 and its gradient 2 (x + c) never store x + c.

use std::collections::{HashMap, HashSet};

use super::expr::{Expr, Node, Shape, postorder};
use super::operation::{Binary, Fold, Unary};
use super::program::{Action, Fused, Instruction, Operand, Place, Program, Target, Term};

pub(super) fn compile(inputs: &[Expr], outputs: &[Expr]) -> Program {
    let order = postorder(outputs, |_| false);
    let mut compiler = Compiler {
        program: Program {
            inputs: inputs.iter().map(|e| e.shape().count()).collect(),
            outputs: outputs.iter().map(|e| e.shape().count()).collect(),
            instructions: vec![],
            constants: vec![],
            matrices: vec![],
            registers: vec![],
        },
        inputs,
        operands: HashMap::new(),
        plan: plan(&order, outputs),
    };
    for &e in &order {
        compiler.visit(e);
    }
    compiler.deliver(outputs);
    let mut program = compiler.program;
    allocate(&mut program);
    program
}

/// Which user forms which pair on the way.
#[derive(Default)]
struct Plan {
    /// From the user to the pair.
    forms: HashMap<Expr, Expr>,
    /// The pairs that are never stored.
    unstored: HashSet<Expr>,
}

fn plan(order: &[Expr], outputs: &[Expr]) -> Plan {
    let mut users: HashMap<Expr, Vec<Expr>> = HashMap::new();
    for &user in order {
        for child in user.children() {
            let of = users.entry(child).or_default();
            if !of.contains(&user) {
                of.push(user);
            }
        }
    }
    let mut plan = Plan::default();
    for &e in order.iter().filter(|e| !outputs.contains(e)) {
        let (Some((first, of)), Some(users)) = (pair(e), users.get(&e)) else { continue };
        let is_free = |e: &Expr| e.shape() == Shape::Scalar || is_at_hand(*e);
        let willing =
            |user: &Expr| !plan.forms.contains_key(user) && takes(*user, e, first).is_some();
        if !plan.forms.contains_key(&e)
            && (users.len() == 1 || of.iter().all(is_free))
            && users.iter().all(willing)
        {
            plan.forms.extend(users.iter().map(|&user| (user, e)));
            plan.unstored.insert(e);
        }
    }
    plan
}

/// The operation and operands of what can be formed on the way.
fn pair(e: Expr) -> Option<(Binary, [Expr; 2])> {
    match *e.node() {
        Node::Binary(op @ (Binary::Add | Binary::Sub), a, b) if e.shape() != Shape::Scalar => {
            Some((op, [a, b]))
        }
        Node::Binary(Binary::Mul, a, b) => Some((Binary::Mul, [a, b])),
        Node::Unary(Unary::Square, a) => Some((Binary::Mul, [a, a])),
        _ => None,
    }
}

/// True for what is read where it is.
fn is_at_hand(e: Expr) -> bool {
    match *e.node() {
        Node::Number(_) | Node::Vector(_) | Node::Variable(..) => true,
        Node::Slice(v, ..) | Node::At(v, _) => is_at_hand(v),
        _ => false,
    }
}

/// How `user` forms the pair `e` of operation `first`.
enum Way {
    Reduced,
    /// With the third operand.
    Fused(Fused, Expr),
}

fn takes(user: Expr, e: Expr, first: Binary) -> Option<Way> {
    let is_vector = e.shape() != Shape::Scalar;
    match *user.node() {
        Node::Fold(Fold::Norm | Fold::NormSquared, _) => Some(Way::Reduced),
        Node::Dot(a, b) => (a != b && is_vector && first == Binary::Mul).then_some(Way::Reduced),
        Node::Binary(second, a, b) if a != b && user.shape() == e.shape() => {
            let (is_left, other) = (a == e, if a == e { b } else { a });
            let fused = match (first, second, is_left) {
                (Binary::Mul, Binary::Add, _) => Fused::MulAdd,
                (Binary::Mul, Binary::Sub, true) => Fused::MulSub,
                (Binary::Mul, Binary::Sub, false) => Fused::MulFrom,
                // The factor of a vector is a number, by construction or not at all.
                (_, Binary::Mul, _) if other.shape() != Shape::Scalar => return None,
                (Binary::Mul, Binary::Mul, _) => Fused::MulMul,
                (Binary::Add, Binary::Mul, _) => Fused::AddMul,
                (Binary::Sub, Binary::Mul, _) => Fused::SubMul,
                _ => return None,
            };
            Some(Way::Fused(fused, other))
        }
        _ => None,
    }
}

struct Compiler<'a> {
    program: Program,
    inputs: &'a [Expr],
    /// Where each expression is, in registers that are not shared yet.
    operands: HashMap<Expr, Operand>,
    plan: Plan,
}

impl Compiler<'_> {
    /// Finds or makes a place for `e`, whose operands have one.
    fn visit(&mut self, e: Expr) {
        let count = e.shape().count();
        let whole = |place| Operand { place, from: 0, count };
        let operand = match *e.node() {
            Node::Number(x) => whole(Place::Number(x.0)),
            Node::Vector(ref data) => {
                self.program.constants.push(data.iter().map(|x| x.0).collect());
                whole(Place::Constant(self.program.constants.len() - 1))
            }
            Node::Variable(..) => {
                let found = self.inputs.iter().position(|input| *input == e);
                whole(Place::Input(found.unwrap_or_else(|| panic!("`{e}` is not an input"))))
            }
            Node::At(v, from) | Node::Slice(v, from, _) => {
                let of = self.operands[&v];
                Operand { place: of.place, from: of.from + from, count }
            }
            Node::Repeat(s, _) => self.operands[&s],
            _ if self.plan.unstored.contains(&e) => return,
            _ => {
                let action = self.action(e);
                self.emit(action, count)
            }
        };
        self.operands.insert(e, operand);
    }

    fn emit(&mut self, action: Action, count: usize) -> Operand {
        let register = self.program.registers.len();
        self.program.registers.push(count);
        let target = Target::Register(register);
        self.program.instructions.push(Instruction::new(action, target, count));
        Operand { place: Place::Register(register), from: 0, count }
    }

    fn term(&self, e: Expr) -> Term {
        match pair(e) {
            Some((op, of)) if self.plan.unstored.contains(&e) => {
                Term::Pair(op, of.map(|e| self.operands[&e]))
            }
            _ => Term::Single(self.operands[&e]),
        }
    }

    fn action(&mut self, e: Expr) -> Action {
        let of = |e: Expr| self.operands[&e];
        if let Some(action) = self.fused(e) {
            return action;
        }
        match *e.node() {
            Node::Unary(op, a) => Action::Unary(op, of(a)),
            Node::Binary(op, a, b) => Action::Binary(op, [of(a), of(b)]),
            Node::Select(c, a, b) => Action::Select([of(c), of(a), of(b)]),
            Node::Dot(a, b) => match (self.term(a), self.term(b)) {
                (term, Term::Single(operand)) | (Term::Single(operand), term) => {
                    Action::Dot(term, operand)
                }
                _ => unreachable!("a user forms one pair"),
            },
            Node::Fold(Fold::Sum, v) => Action::Sum(of(v)),
            Node::Fold(Fold::NormSquared, v) => Action::NormSquared(self.term(v)),
            Node::Fold(Fold::Norm, v) => {
                let squared = self.emit(Action::NormSquared(self.term(v)), 1);
                Action::Unary(Unary::Sqrt, squared)
            }
            Node::Fold(op, v) => Action::Extreme(op, of(v)),
            Node::Embed(x, from, _) => Action::Embed(of(x), from),
            Node::Matrix(ref m, v) => {
                let of = of(v);
                self.program.matrices.push((**m).clone());
                Action::Matrix(self.program.matrices.len() - 1, of)
            }
            _ => unreachable!("{e} has a place of its own"),
        }
    }

    /// The action of a user that forms a pair on the way.
    fn fused(&self, user: Expr) -> Option<Action> {
        let formed = *self.plan.forms.get(&user)?;
        let (first, [a, b]) = pair(formed)?;
        match takes(user, formed, first)? {
            Way::Fused(op, c) => Some(Action::Fused(op, [a, b, c].map(|e| self.operands[&e]))),
            Way::Reduced => None,
        }
    }

    /// Results into the sinks: directly if the sink is the only reader.
    fn deliver(&mut self, outputs: &[Expr]) {
        for (k, e) in outputs.iter().enumerate() {
            let operand = self.operands[e];
            let reads = |other: &Operand| other.place == operand.place;
            let instructions = &mut self.program.instructions;
            let readers = instructions
                .iter()
                .filter(|instruction| instruction.action.operands().iter().any(reads));
            let is_only_reader = readers.count() == 0
                && outputs.iter().filter(|other| reads(&self.operands[other])).count() == 1;
            let count = e.shape().count();
            let maker = instructions.iter_mut().find(|instruction| match operand.place {
                Place::Register(r) => instruction.target == Target::Register(r),
                _ => false,
            });
            match maker {
                Some(maker) if is_only_reader && maker.count == count => {
                    maker.target = Target::Output(k);
                }
                _ => {
                    let (action, target) = (Action::Copy(operand), Target::Output(k));
                    instructions.push(Instruction::new(action, target, count));
                }
            }
        }
    }
}

/// Shares registers of one length between values whose lives do not overlap. The result of an
/// instruction never shares with its operands.
fn allocate(program: &mut Program) {
    let mut last_use = vec![0; program.registers.len()];
    for (k, instruction) in program.instructions.iter().enumerate() {
        for operand in instruction.action.operands() {
            if let Place::Register(r) = operand.place {
                last_use[r] = k;
            }
        }
    }
    let lengths = std::mem::take(&mut program.registers);
    let (mut shared, mut free) = (vec![usize::MAX; lengths.len()], Vec::<usize>::new());
    for (k, instruction) in program.instructions.iter_mut().enumerate() {
        if let Target::Register(r) = &mut instruction.target {
            let fits = |&f: &usize| program.registers[f] == lengths[*r];
            shared[*r] = if let Some(at) = free.iter().position(fits) {
                free.swap_remove(at)
            } else {
                program.registers.push(lengths[*r]);
                program.registers.len() - 1
            };
            *r = shared[*r];
        }
        for operand in instruction.action.operands() {
            if let Place::Register(value) = operand.place
                && last_use[value] == k
                && !free.contains(&shared[value])
            {
                free.push(shared[value]);
            }
        }
        instruction.action = instruction.action.moved(|operand| match operand.place {
            Place::Register(value) => Operand { place: Place::Register(shared[value]), ..operand },
            _ => operand,
        });
    }
}
