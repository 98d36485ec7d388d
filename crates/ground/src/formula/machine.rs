//! Runs a program on one block of lanes.
//!
//! The interpreter costs a few nanoseconds an instruction and a block, that is per 16 paths in
//! single precision. What is uniform is decided here, not in the program: the same program reads an
//! input from rows or from one number for all lanes.

use std::any::Any;

use fearless_simd::{Level, Simd, SimdBase};

use crate::dispatch;

use super::lanes::{Rows, increase};
use super::pass::{self, Spare};
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
    spare: Spare<T>,
    landing: Vec<T::Row>,
    run: Run<T>,
}

/// An operand, found.
#[derive(Clone, Copy)]
pub(super) enum View<'a, T: Real, S: Simd> {
    Rows(&'a [T::Row]),
    Uniform(&'a [T]),
    Same(T::V<S>),
}

/// What instructions read.
#[derive(Clone, Copy)]
pub(super) struct Memory<'a, T: Real> {
    inputs: &'a [Source<'a, T>],
    registers: &'a [Vec<T::Row>],
    constants: &'a [Vec<T>],
    pub(super) matrices: &'a [Vec<T>],
}

impl<'a, T: Real> Memory<'a, T> {
    /// Rows or numbers of an operand; one component for all is loaded.
    #[inline(always)]
    fn view<S: Simd>(&self, simd: S, operand: Operand, n: usize) -> View<'a, T, S> {
        let part = operand.from..operand.from + operand.count;
        let is_for_all = operand.count == 1 && n > 1;
        let source = match operand.place {
            Place::Number(x) => return View::Same(T::V::<S>::splat(simd, T::of(x))),
            Place::Constant(k) => Source::Uniform(self.constants[k].as_slice()),
            Place::Register(r) => Source::Lanes(self.registers[r].as_slice()),
            Place::Input(k) => self.inputs[k],
        };
        match source {
            Source::Lanes(rows) if is_for_all => View::Same(T::load(simd, &rows[operand.from])),
            Source::Lanes(rows) => View::Rows(&rows[part]),
            Source::Uniform(numbers) if is_for_all => {
                View::Same(T::V::<S>::splat(simd, numbers[operand.from]))
            }
            Source::Uniform(numbers) => View::Uniform(&numbers[part]),
        }
    }

    /// The row of an operand of one component.
    #[inline(always)]
    pub(super) fn number<S: Simd>(&self, simd: S, operand: Operand) -> T::V<S> {
        let source = match operand.place {
            Place::Number(x) => return T::V::<S>::splat(simd, T::of(x)),
            Place::Constant(k) => Source::Uniform(self.constants[k].as_slice()),
            Place::Register(r) => Source::Lanes(self.registers[r].as_slice()),
            Place::Input(k) => self.inputs[k],
        };
        match source {
            Source::Lanes(rows) => T::load(simd, &rows[operand.from]),
            Source::Uniform(numbers) => T::V::<S>::splat(simd, numbers[operand.from]),
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
            spare: [const { Vec::new() }; 3],
            landing: Vec::new(),
            run: entry(),
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
        let due = outputs.iter().map(|sink| match sink {
            Sink::Set(rows) | Sink::Add(rows) => rows.len(),
        });
        let (inputs_fit, outputs_fit) = (
            given.clone().eq(program.inputs.iter().copied()),
            due.clone().eq(program.outputs.iter().copied()),
        );
        assert!(
            inputs_fit,
            "inputs of {:?} rows, not {:?}",
            program.inputs,
            given.collect::<Vec<_>>()
        );
        assert!(
            outputs_fit,
            "outputs of {:?} rows, not {:?}",
            program.outputs,
            due.collect::<Vec<_>>()
        );
        (self.run)(self, level, program, (inputs, outputs));
    }
}

/// What a program reads and writes.
type Ends<'a, 'b, 'c, T> = (&'a [Source<'b, T>], &'a mut [Sink<'c, T>]);

/// The interpreter of one precision.
type Run<T> = for<'a, 'b, 'c> fn(&mut Machine<T>, Level, &Program, Ends<'a, 'b, 'c, T>);

fn run_single(
    machine: &mut Machine<f32>,
    level: Level,
    program: &Program,
    ends: Ends<'_, '_, '_, f32>,
) {
    dispatch!(level, simd => run_all(simd, machine, program, ends));
}

fn run_double(
    machine: &mut Machine<f64>,
    level: Level,
    program: &Program,
    ends: Ends<'_, '_, '_, f64>,
) {
    dispatch!(level, simd => run_all(simd, machine, program, ends));
}

/// The interpreter of `T`. Found by type, so that it is compiled here and not by every user.
fn entry<T: Real>() -> Run<T> {
    let (single, double): (Run<f32>, Run<f64>) = (run_single, run_double);
    let all: [&dyn Any; 2] = [&single, &double];
    let found = all.into_iter().find_map(|run| run.downcast_ref::<Run<T>>());
    *found.expect("a precision is single or double")
}

#[inline(always)]
fn run_all<T: Real, S: Simd>(
    simd: S,
    machine: &mut Machine<T>,
    program: &Program,
    (inputs, outputs): Ends<'_, '_, '_, T>,
) {
    let Machine { registers, constants, matrices, spare, landing, .. } = machine;
    for Instruction { action, target, rows: n, .. } in &program.instructions {
        if *n == 1 {
            let memory = Memory { inputs, registers, constants, matrices };
            if let Some(value) = pass::number(simd, &memory, action) {
                match target {
                    Target::Register(r) => T::store(value, &mut registers[*r][0]),
                    Target::Output(k) => deliver(simd, &mut outputs[*k], value),
                }
                continue;
            }
        }
        // The target is taken out of the registers while the others are read.
        let mut register = match target {
            Target::Register(r) => std::mem::take(&mut registers[*r]),
            Target::Output(_) => Vec::new(),
        };
        let memory = Memory { inputs, registers, constants, matrices };
        let [a, b, c] = action.operands();
        let of = [memory.view(simd, a, *n), memory.view(simd, b, *n), memory.view(simd, c, *n)];
        let of = pass::arrange(simd, action, (of, *n), spare);
        let rows = match target {
            Target::Register(_) => &mut register[..],
            Target::Output(k) => match &mut outputs[*k] {
                Sink::Set(rows) => &mut rows[..],
                Sink::Add(rows) => {
                    if pass::add_scaled(simd, action, of, rows) {
                        continue;
                    }
                    landing.resize(rows.len().max(landing.len()), T::Row::default());
                    &mut landing[..rows.len()]
                }
            },
        };
        pass::execute(simd, &memory, action, (of, rows));
        match target {
            Target::Register(r) => registers[*r] = register,
            Target::Output(k) => {
                if let Sink::Add(rows) = &mut outputs[*k] {
                    increase::<T, S>(simd, rows, Rows(&landing[..rows.len()]));
                }
            }
        }
    }
}

/// A number into its sink.
#[inline(always)]
fn deliver<T: Real, S: Simd>(simd: S, sink: &mut Sink<'_, T>, value: T::V<S>) {
    match sink {
        Sink::Set(rows) => T::store(value, &mut rows[0]),
        Sink::Add(rows) => T::store(T::load(simd, &rows[0]) + value, &mut rows[0]),
    }
}
