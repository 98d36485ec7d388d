//! Reverse differentiation, repeatable.
//!
//! A [`Tape`] records operations on arrays of shape `[rows, cols]`; a [`Var`] is a place on it.
//! [`grad`] writes the derivative on the same tape, so it can be differentiated again, any number
//! of times.
//!
//! ```
//! use ground::tape::{Tape, grad};
//! let tape = Tape::new();
//! let x = tape.number(2.0);
//! let y = x * x * x;
//! let dy = grad(y, &[x])[0]; // 3 x²
//! let ddy = grad(dy, &[x])[0]; // 6 x
//! assert_eq!((dy.item(), ddy.item()), (12.0, 12.0));
//! ```
//!
//! The tape is the judge: slow, readable, right. A fused kernel enters as one more [`Op`].
//!
//! # Kinks
//!
//! Where a derivative does not exist, the tape takes these values:
//!
//! | function | at | derivative |
//! |---|---|---|
//! | `abs` | 0 | 0 |
//! | `relu`, `clamp` | 0; `lo`, `hi` | 0 |
//! | `min`, `max` of two | equal | shared half and half |
//! | `row_min`, `row_max` | ties | shared equally among the tied |
//! | `step`, `sign`, `round`, `floor`, `less`, `less_equal`, `equal` | everywhere | 0 |
//! | `pow` by the exponent | base 0 | 0 |
//!
//! Not a number in, not a number out, also for `min`, `max`, `relu` and `clamp`; comparisons with
//! it are 0.

pub mod networks;
mod ops;

pub use ops::{join, select};

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use crate::array::{self, Array};

/// One operation and its derivative.
///
/// An implementer need not think about the tape's memory, about the other operations or about
/// second derivatives: `pullback` is written in [`Var`]s and is therefore differentiable.
pub trait Op {
    /// The result from the inputs.
    fn value(&self, inputs: &[Rc<Array>]) -> Array;

    /// From the derivative by the output (the seed) to the derivative by each input, in the shape
    /// of that input.
    ///
    /// `None` means zero. Inputs that are not `wanted` may be answered by `None` as well.
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>>;
}

/// What a pullback may look at.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a, 't> {
    /// The inputs of the operation.
    pub inputs: &'a [Var<'t>],
    /// Which derivatives are asked for, input by input.
    pub wanted: &'a [bool],
    /// Its output.
    pub output: Var<'t>,
    /// The derivative by the output, in the shape of the output.
    pub seed: Var<'t>,
}

/// A record of operations. It only grows: make one for a batch and drop it.
#[derive(Default)]
pub struct Tape {
    records: RefCell<Vec<Record>>,
}

struct Record {
    /// `None` for variables and constants.
    op: Option<Rc<dyn Op>>,
    inputs: Rc<[usize]>,
    value: Rc<Array>,
}

impl Tape {
    /// An empty tape.
    pub fn new() -> Self {
        Self::default()
    }

    /// An array one may differentiate by. A constant is a variable nobody differentiates by.
    pub fn variable(&self, value: Array) -> Var<'_> {
        self.push(None, Rc::new([]), Rc::new(value))
    }

    /// A number as a variable, `[1, 1]`.
    pub fn number(&self, value: f64) -> Var<'_> {
        self.variable(array::number(value))
    }

    /// The number of records, variables and constants included: a cost that tests can pin.
    pub fn len(&self) -> usize {
        self.records.borrow().len()
    }

    /// True before the first variable.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&self, op: Option<Rc<dyn Op>>, inputs: Rc<[usize]>, mut value: Rc<Array>) -> Var<'_> {
        if !value.is_standard_layout() {
            value = Rc::new(value.as_standard_layout().into_owned());
        }
        let mut records = self.records.borrow_mut();
        records.push(Record { op, inputs, value });
        Var { tape: self, index: records.len() - 1 }
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tape of {} records", self.len())
    }
}

/// An array on a tape, always row-major.
///
/// Sides of length 1 are repeated when two variables of different shape meet; a number is `[1, 1]`.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t Tape,
    index: usize,
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var {} of shape {:?}", self.index, self.shape())
    }
}

impl<'t> Var<'t> {
    /// The tape it is on.
    pub fn tape(self) -> &'t Tape {
        self.tape
    }

    /// Its value.
    pub fn value(self) -> Rc<Array> {
        Rc::clone(&self.tape.records.borrow()[self.index].value)
    }

    /// `[rows, cols]`.
    pub fn shape(self) -> [usize; 2] {
        array::shape(&self.value())
    }

    /// Its value as a number. Panics unless the shape is `[1, 1]`.
    pub fn item(self) -> f64 {
        array::item(&self.value())
    }

    /// The same value, constant: derivatives stop here.
    pub fn detached(self) -> Self {
        self.tape.push(None, Rc::new([]), self.value())
    }

    /// Records an operation. Panics when there are no inputs, or when they are on different tapes.
    pub fn record(op: impl Op + 'static, inputs: &[Self]) -> Self {
        let tape = Self::common_tape(inputs);
        let values: Vec<_> = inputs.iter().map(|v| v.value()).collect();
        let value = Rc::new(op.value(&values));
        tape.push(Some(Rc::new(op)), inputs.iter().map(|v| v.index).collect(), value)
    }

    fn common_tape(vars: &[Self]) -> &'t Tape {
        let tape = vars.first().expect("an operation has at least one input").tape;
        assert!(vars.iter().all(|v| std::ptr::eq(v.tape, tape)), "variables of two tapes met");
        tape
    }
}

/// The derivative of the sum of `y` by each of `wrt`, on the same tape.
///
/// With `y: [n, 1]` made row by row from `x: [n, d]`, the result is the gradient row by row,
/// `[n, d]`. Zero where `y` does not depend on it.
pub fn grad<'t>(y: Var<'t>, wrt: &[Var<'t>]) -> Vec<Var<'t>> {
    let ones = y.tape.variable(Array::ones(y.shape()));
    pull(y, ones, wrt)
}

/// The derivative of the sum of `seed * y` by each of `wrt`, on the same tape, `seed` held fixed.
///
/// `seed` has the shape of `y`; it may itself be a variable, and second derivatives see it.
/// An intermediate result may stand in `wrt`: the derivative by it counts every way from it to `y`.
/// Panics when the shapes differ or the variables are on different tapes.
pub fn pull<'t>(y: Var<'t>, seed: Var<'t>, wrt: &[Var<'t>]) -> Vec<Var<'t>> {
    let tape = Var::common_tape(&[&[y, seed], wrt].concat());
    assert!(seed.shape() == y.shape(), "a seed {:?} for {:?}", seed.shape(), y.shape());
    let needed = depends_on(tape, wrt, y.index);
    let mut seeds: Vec<Option<Var<'t>>> = vec![None; y.index + 1];
    seeds[y.index] = Some(seed);
    for index in (0..=y.index).rev().filter(|&i| needed[i]) {
        let Some(seed) = seeds[index] else { continue };
        for (input, part) in pull_one(tape, index, seed, &needed) {
            seeds[input] = Some(seeds[input].map_or(part, |sum| sum + part));
        }
    }
    let zero = |v: &Var<'t>| tape.variable(Array::zeros(v.shape()));
    wrt.iter().map(|v| seeds.get(v.index).copied().flatten().unwrap_or_else(|| zero(v))).collect()
}

/// The contributions of one record to the derivatives by its needed inputs.
fn pull_one<'t>(
    tape: &'t Tape,
    index: usize,
    seed: Var<'t>,
    needed: &[bool],
) -> Vec<(usize, Var<'t>)> {
    let (op, indices) = {
        let record = &tape.records.borrow()[index];
        let Some(op) = &record.op else { return Vec::new() };
        (Rc::clone(op), Rc::clone(&record.inputs))
    };
    let inputs: Vec<_> = indices.iter().map(|&i| Var { tape, index: i }).collect();
    let wanted: Vec<_> = indices.iter().map(|&i| needed[i]).collect();
    let output = Var { tape, index };
    let pulled = op.pullback(&Node { inputs: &inputs, wanted: &wanted, output, seed });
    assert!(pulled.len() == inputs.len(), "a pullback answers every input");
    let mut parts = Vec::with_capacity(pulled.len());
    for (input, part) in inputs.iter().zip(pulled).filter(|(input, _)| needed[input.index]) {
        let Some(part) = part else { continue };
        let (found, right) = (part.shape(), input.shape());
        assert!(found == right, "a pullback answered {found:?} for {right:?}");
        parts.push((input.index, part));
    }
    parts
}

/// For every place up to `last`: does it depend on one of `wrt`?
fn depends_on(tape: &Tape, wrt: &[Var<'_>], last: usize) -> Vec<bool> {
    let records = tape.records.borrow();
    let mut needed = vec![false; last + 1];
    for v in wrt.iter().filter(|v| v.index <= last) {
        needed[v.index] = true;
    }
    for index in 0..=last {
        needed[index] |= records[index].inputs.iter().any(|&i| needed[i]);
    }
    needed
}

#[cfg(test)]
mod tests;
