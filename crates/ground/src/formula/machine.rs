//! Runs a program on one block of lanes.
//!
//! The interpreter costs a few nanoseconds an instruction and a block, that is per 16 paths in
//! single precision. What is uniform is decided here, not in the program: the same program reads an
//! input from rows or from one number for all lanes.

use crate::dispatch;
use fearless_simd::{Level, Simd, SimdBase};

use super::lanes::increase;
use super::pass::{self, Scratch};
use super::program::{Instruction, Operand, Place, Program, Target};
use crate::kernel::lane::Real;

/// Where an input is read.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a, T: Real> {
    /// One row per component.
    Lanes(&'a [T::Row]),
    /// One number per component, the same on all lanes.
    Uniform(&'a [T]),
}

/// Where an output goes: one row per component.
#[derive(Debug)]
pub enum Sink<'a, T: Real> {
    /// Overwritten.
    Set(&'a mut [T::Row]),
    /// Added to.
    Add(&'a mut [T::Row]),
}

/// The registers of one program in one precision: one per thread.
#[derive(Clone, Debug)]
pub struct Machine<T: Real> {
    registers: Vec<Vec<T::Row>>,
    constants: Vec<Vec<T>>,
    matrices: Vec<Vec<T>>,
    scratch: Scratch<T>,
}

/// An operand, found.
pub(super) enum View<'a, T: Real, S: Simd> {
    Rows(&'a [T::Row]),
    Uniform(&'a [T]),
    Same(T::V<S>),
}

impl<T: Real, S: Simd> Clone for View<'_, T, S> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Real, S: Simd> Copy for View<'_, T, S> {}

/// What instructions read.
#[derive(Clone, Copy)]
pub(super) struct Memory<'a, T: Real> {
    inputs: &'a [Source<'a, T>],
    registers: &'a [Vec<T::Row>],
    constants: &'a [Vec<T>],
    pub(super) matrices: &'a [Vec<T>],
}

impl<'a, T: Real> Memory<'a, T> {
    /// Rows or numbers of an operand; a single component is loaded.
    #[inline(always)]
    pub(super) fn view<S: Simd>(&self, simd: S, operand: Operand) -> View<'a, T, S> {
        let part = operand.from..operand.from + operand.count;
        let source = match operand.place {
            Place::Number(x) => return View::Same(T::V::<S>::splat(simd, T::of(x))),
            Place::Constant(k) => Source::Uniform(self.constants[k].as_slice()),
            Place::Register(r) => Source::Lanes(self.registers[r].as_slice()),
            Place::Input(k) => self.inputs[k],
        };
        match source {
            Source::Lanes(rows) if operand.count == 1 => {
                View::Same(T::load(simd, &rows[operand.from]))
            }
            Source::Lanes(rows) => View::Rows(&rows[part]),
            Source::Uniform(numbers) if operand.count == 1 => {
                View::Same(T::V::<S>::splat(simd, numbers[operand.from]))
            }
            Source::Uniform(numbers) => View::Uniform(&numbers[part]),
        }
    }

    /// Two operands.
    #[inline(always)]
    pub(super) fn pair<S: Simd>(&self, simd: S, [a, b]: [Operand; 2]) -> [View<'a, T, S>; 2] {
        [self.view(simd, a), self.view(simd, b)]
    }

    /// Three operands.
    #[inline(always)]
    pub(super) fn triple<S: Simd>(&self, simd: S, of: [Operand; 3]) -> [View<'a, T, S>; 3] {
        [self.view(simd, of[0]), self.view(simd, of[1]), self.view(simd, of[2])]
    }

    /// One row of an operand of one component.
    #[inline(always)]
    pub(super) fn row<S: Simd>(&self, simd: S, operand: Operand) -> T::V<S> {
        match self.view(simd, operand) {
            View::Same(v) => v,
            View::Rows(rows) => T::load(simd, &rows[0]),
            View::Uniform(numbers) => T::V::<S>::splat(simd, numbers[0]),
        }
    }
}

impl<T: Real> Machine<T> {
    /// Registers for `program`.
    pub fn new(program: &Program) -> Self {
        let narrow = |data: &[f64]| data.iter().map(|&x| T::of(x)).collect();
        Self {
            registers: program.registers.iter().map(|&n| vec![T::Row::default(); n]).collect(),
            constants: program.constants.iter().map(|data| narrow(data)).collect(),
            matrices: program
                .matrices
                .iter()
                .map(|m| m.data.iter().map(|x| T::of(x.0)).collect())
                .collect(),
            scratch: Scratch::default(),
        }
    }

    /// The outputs of `program`, whose registers these are, from the inputs.
    ///
    /// Panics if a source or sink has not the length of its input or output.
    pub fn run(
        &mut self,
        level: Level,
        program: &Program,
        inputs: &[Source<'_, T>],
        outputs: &mut [Sink<'_, T>],
    ) {
        let given = inputs.iter().map(|source| match source {
            Source::Lanes(rows) => rows.len(),
            Source::Uniform(numbers) => numbers.len(),
        });
        assert!(
            given.clone().eq(program.inputs.iter().copied()),
            "inputs are {:?} long, not {:?}",
            program.inputs,
            given.collect::<Vec<_>>()
        );
        let due = outputs.iter().map(|sink| match sink {
            Sink::Set(rows) | Sink::Add(rows) => rows.len(),
        });
        assert!(
            due.clone().eq(program.outputs.iter().copied()),
            "outputs are {:?} long, not {:?}",
            program.outputs,
            due.collect::<Vec<_>>()
        );
        dispatch!(level, simd => self.run_all(simd, program, inputs, outputs));
    }

    #[inline(always)]
    fn run_all<S: Simd>(
        &mut self,
        simd: S,
        program: &Program,
        inputs: &[Source<'_, T>],
        outputs: &mut [Sink<'_, T>],
    ) {
        for instruction in &program.instructions {
            // The target is taken out of the registers while the others are read.
            let mut register = match instruction.target {
                Target::Register(r) => std::mem::take(&mut self.registers[r]),
                Target::Output(_) => Vec::new(),
            };
            let memory = Memory {
                inputs,
                registers: &self.registers,
                constants: &self.constants,
                matrices: &self.matrices,
            };
            let sink = match instruction.target {
                Target::Register(_) => Sink::Set(&mut register),
                Target::Output(k) => match &mut outputs[k] {
                    Sink::Set(rows) => Sink::Set(rows),
                    Sink::Add(rows) => Sink::Add(rows),
                },
            };
            step(simd, &memory, instruction, (sink, &mut self.scratch));
            if let Target::Register(r) = instruction.target {
                self.registers[r] = register;
            }
        }
    }
}

/// One instruction.
#[inline(always)]
fn step<T: Real, S: Simd>(
    simd: S,
    memory: &Memory<'_, T>,
    instruction: &Instruction,
    (sink, scratch): (Sink<'_, T>, &mut Scratch<T>),
) {
    if instruction.count == 1 {
        let value = pass::number(simd, memory, &instruction.action, scratch);
        match sink {
            Sink::Set(rows) => T::store::<S>(value, &mut rows[0]),
            Sink::Add(rows) => {
                let sum = T::load::<S>(simd, &rows[0]) + value;
                T::store::<S>(sum, &mut rows[0]);
            }
        }
        return;
    }
    let action = &instruction.action;
    match sink {
        Sink::Set(rows) => {
            let rows = &mut rows[..instruction.count];
            pass::vector(simd, memory, action, (rows, scratch));
        }
        Sink::Add(rows) => {
            let rows = &mut rows[..instruction.count];
            if !pass::add_scaled(simd, memory, action, (&mut *rows, &mut *scratch)) {
                let mut landing = std::mem::take(&mut scratch.landing);
                landing.resize(rows.len(), T::Row::default());
                pass::vector(simd, memory, action, (&mut landing, &mut *scratch));
                increase::<T, S>(simd, rows, super::lanes::Rows(&landing[..rows.len()]));
                scratch.landing = landing;
            }
        }
    }
}
