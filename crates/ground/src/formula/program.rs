//! Stand-in.
use std::marker::PhantomData;

use super::Expr;
use crate::kernel::lane::{Level, Real};

/// Program.
#[derive(Clone, Debug)]
pub struct Program {
    inputs: Vec<Expr>,
    outputs: Vec<Expr>,
}
impl Program {
    /// New.
    pub fn new(inputs: &[Expr], outputs: &[Expr]) -> Self {
        Self { inputs: inputs.to_vec(), outputs: outputs.to_vec() }
    }
    /// Ops.
    pub fn operations(&self) -> usize {
        1
    }
}
/// Source.
#[derive(Debug)]
pub enum Source<'a, T: Real> {
    /// L.
    Lanes(&'a [T::Row]),
    /// U.
    Uniform(&'a [T]),
}
/// Sink.
#[derive(Debug)]
pub enum Sink<'a, T: Real> {
    /// S.
    Set(&'a mut [T::Row]),
    /// A.
    Add(&'a mut [T::Row]),
}
/// Machine.
#[derive(Debug)]
pub struct Machine<T>(PhantomData<T>);
impl<T: Real> Machine<T> {
    /// New.
    pub fn new(_: &Program) -> Self {
        Self(PhantomData)
    }
    /// Run.
    pub fn run(
        &mut self,
        _: Level,
        program: &Program,
        inputs: &[Source<'_, T>],
        outputs: &mut [Sink<'_, T>],
    ) {
        for l in 0..T::LANES {
            let data: Vec<Vec<f64>> = inputs
                .iter()
                .map(|s| match s {
                    Source::Lanes(rows) => rows.iter().map(|r| r.as_ref()[l].wide()).collect(),
                    Source::Uniform(v) => v.iter().map(|v| v.wide()).collect(),
                })
                .collect();
            let at: Vec<(Expr, &[f64])> =
                program.inputs.iter().zip(&data).map(|(e, d)| (*e, d.as_slice())).collect();
            for (output, sink) in program.outputs.iter().zip(outputs.iter_mut()) {
                let values = output.evaluate(&at);
                match sink {
                    Sink::Set(rows) => {
                        rows.iter_mut().zip(values).for_each(|(r, v)| r.as_mut()[l] = T::of(v))
                    }
                    Sink::Add(rows) => rows.iter_mut().zip(values).for_each(|(r, v)| {
                        let old = r.as_ref()[l].wide();
                        r.as_mut()[l] = T::of(old + v);
                    }),
                }
            }
        }
    }
}
