//! Several formulas compiled together to straight-line code over a block of lanes.
//!
//! A program is a list of instructions, each one pass over the components. Vectors live in registers
//! of one row per component, numbers in registers of one row; constants, uniform inputs and inputs
//! per lane are read where they are, and the last instruction of a formula writes into the sink. The
//! order is that of a depth-first walk from the outputs, so the same formulas give the same bits
//! whatever else the process has done. Registers are shared by values whose lives do not overlap.

use super::compile::compile;
use super::expr::{Expr, Matrix};
use super::operation::{Binary, Fold, Unary};

/// Several formulas compiled together.
///
/// ```
/// use ground::formula::{Expr, Machine, Program, Shape, Sink, Source};
/// use ground::kernel::lane::{Real, Row, level};
/// let x = Expr::variable("x", Shape::Vector(3));
/// let g = 0.5 * x.norm_squared();
/// let program = Program::new(&[x], &[g, g.gradient(x)]);
/// let point: Vec<_> = [1.0, 2.0, 3.0].map(<f64 as Real>::Row::splat).into();
/// let (mut value, mut gradient) = ([Default::default()], [Default::default(); 3]);
/// let mut outputs = [Sink::Set(&mut value), Sink::Set(&mut gradient)];
/// Machine::<f64>::new(&program).run(level(), &program, &[Source::Lanes(&point)], &mut outputs);
/// assert_eq!(value[0].as_ref()[0], 7.0);
/// assert_eq!(gradient[2].as_ref()[0], 3.0);
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    /// Lengths of the inputs.
    pub(super) inputs: Vec<usize>,
    /// Lengths of the outputs.
    pub(super) outputs: Vec<usize>,
    pub(super) instructions: Vec<Instruction>,
    pub(super) constants: Vec<Vec<f64>>,
    pub(super) matrices: Vec<Matrix>,
    /// Rows of each register; those of one row hold numbers.
    pub(super) registers: Vec<usize>,
}

impl Program {
    /// Code for `outputs` as functions of the variables `inputs`.
    ///
    /// Panics if an output holds a variable that is not an input.
    pub fn new(inputs: &[Expr], outputs: &[Expr]) -> Self {
        compile(inputs, outputs)
    }

    /// Arithmetic operations per lane: a fused multiplication and addition counts two, a function
    /// such as exp twenty.
    pub fn operations(&self) -> usize {
        self.instructions.iter().map(|instruction| instruction.cost(self)).sum()
    }

    /// Rows of scratch memory, 64 bytes each.
    pub fn registers(&self) -> usize {
        self.registers.iter().sum()
    }

    /// Passes over memory: instructions whose result or operand is a vector.
    pub fn passes(&self) -> usize {
        self.instructions.iter().filter(|instruction| instruction.rows > 1).count()
    }
}

/// Where a value lives.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Place {
    Number(f64),
    Constant(usize),
    Input(usize),
    Register(usize),
}

/// Some consecutive components of a value; one component beside several stands for each of them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Operand {
    pub(super) place: Place,
    pub(super) from: usize,
    pub(super) count: usize,
}

/// Where a result goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Target {
    Register(usize),
    Output(usize),
}

/// Two operations in one pass, by what is done to (a, b, c).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fused {
    /// a b + c
    MulAdd,
    /// a b - c
    MulSub,
    /// c - a b
    MulFrom,
    /// a b c, c a number
    MulMul,
    /// (a + b) c, c a number
    AddMul,
    /// (a - b) c, c a number
    SubMul,
}

/// What is reduced: a value, or a sum, difference or product that is formed on the way.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Term {
    Single(Operand),
    Pair(Binary, [Operand; 2]),
}

/// What an instruction does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Action {
    Copy(Operand),
    Unary(Unary, Operand),
    Binary(Binary, [Operand; 2]),
    Fused(Fused, [Operand; 3]),
    Select([Operand; 3]),
    Sum(Operand),
    NormSquared(Term),
    /// Of smallest and largest.
    Extreme(Fold, Operand),
    Dot(Term, Operand),
    /// Zeros, and the operand from a place on.
    Embed(Operand, usize),
    Matrix(usize, Operand),
}

/// One pass.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Instruction {
    pub(super) action: Action,
    pub(super) target: Target,
    /// Rows of the result.
    pub(super) count: usize,
    /// Rows of the longest of the result and the operands.
    pub(super) rows: usize,
}

impl Action {
    /// Every operand, padded with the last one.
    pub(super) fn operands(&self) -> [Operand; 3] {
        match *self {
            Self::Copy(a)
            | Self::Unary(_, a)
            | Self::Sum(a)
            | Self::NormSquared(Term::Single(a))
            | Self::Extreme(_, a)
            | Self::Embed(a, _)
            | Self::Matrix(_, a) => [a; 3],
            Self::Binary(_, [a, b])
            | Self::NormSquared(Term::Pair(_, [a, b]))
            | Self::Dot(Term::Single(a), b) => [a, b, b],
            Self::Fused(_, of) | Self::Select(of) => of,
            Self::Dot(Term::Pair(_, [a, b]), c) => [a, b, c],
        }
    }

    /// How many operands there are.
    pub(super) fn arity(&self) -> usize {
        match self {
            Self::Copy(_)
            | Self::Unary(..)
            | Self::Sum(_)
            | Self::NormSquared(Term::Single(_))
            | Self::Extreme(..)
            | Self::Embed(..)
            | Self::Matrix(..) => 1,
            Self::Binary(..) | Self::NormSquared(_) | Self::Dot(Term::Single(_), _) => 2,
            Self::Fused(..) | Self::Select(_) | Self::Dot(..) => 3,
        }
    }

    /// Components of the longest operand.
    pub(super) fn longest(&self) -> usize {
        let [a, b, c] = self.operands();
        a.count.max(b.count).max(c.count)
    }

    /// The same action with its operands elsewhere.
    pub(super) fn moved(self, to: impl Fn(Operand) -> Operand) -> Self {
        let term = |term| match term {
            Term::Single(a) => Term::Single(to(a)),
            Term::Pair(op, of) => Term::Pair(op, of.map(&to)),
        };
        match self {
            Self::Copy(a) => Self::Copy(to(a)),
            Self::Unary(op, a) => Self::Unary(op, to(a)),
            Self::Binary(op, of) => Self::Binary(op, of.map(to)),
            Self::Fused(op, of) => Self::Fused(op, of.map(to)),
            Self::Select(of) => Self::Select(of.map(to)),
            Self::Sum(a) => Self::Sum(to(a)),
            Self::NormSquared(a) => Self::NormSquared(term(a)),
            Self::Extreme(op, a) => Self::Extreme(op, to(a)),
            Self::Dot(a, b) => Self::Dot(term(a), to(b)),
            Self::Embed(a, from) => Self::Embed(to(a), from),
            Self::Matrix(k, a) => Self::Matrix(k, to(a)),
        }
    }
}

impl Instruction {
    pub(super) fn new(action: Action, target: Target, count: usize) -> Self {
        Self { action, target, count, rows: action.longest().max(count) }
    }

    fn cost(&self, program: &Program) -> usize {
        let pair = |term: Term| usize::from(matches!(term, Term::Pair(..)));
        match self.action {
            Action::Copy(_) | Action::Embed(..) => 0,
            Action::Unary(op, _) => self.count * op.cost(),
            Action::Binary(op, _) => self.count * op.cost(),
            Action::Fused(..) => 2 * self.count,
            Action::Select(_) => self.count,
            Action::Sum(a) | Action::Extreme(_, a) => a.count,
            Action::NormSquared(term) | Action::Dot(term, _) => self.rows * (2 + pair(term)),
            Action::Matrix(k, _) => 2 * program.matrices[k].data.len(),
        }
    }
}
