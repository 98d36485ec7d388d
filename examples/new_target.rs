//! A target of one's own: is a product of two neurons easier for a mean-field network than for its kernel?
#![allow(clippy::print_stdout, reason = "an example")]

use esperance::lab::form::{Scaling, Start, TwoLayer};
use esperance::lab::inputs::{Inputs, Role};
use esperance::lab::problem::{Loss, Regression};
use esperance::lab::{Activation, Sample};
use esperance::prelude::*;
use ground::stream::Stream;

/// Two neurons on different coordinates, multiplied: no sum of few neurons.
fn target(x: &[f64]) -> f64 {
    x[0].max(0.0) * x[1].max(0.0)
}

/// n points of a role with the target there.
fn sample(n: usize, role: Role) -> Sample {
    let x = Inputs::Sphere.draw((n, 10), role, &Stream::new(1));
    Sample { d: 10, outputs: 1, y: x.chunks_exact(10).map(target).collect(), x }
}

fn main() -> esperance::Result<()> {
    let (train, test) = (sample(400, Role::Train), sample(2000, Role::Test));
    let problem = Regression { train, test, loss: Loss::MeanSquare, penalty: 0.0, truth: None };
    let form = TwoLayer {
        inputs: 10,
        width: 100,
        scaling: Scaling::MeanField,
        activation: Activation::Relu,
        bias: false,
        start: Start::ZeroOuterUnitInner,
    };
    let run = Run::new(3000).until(1e-6);
    let descent = Momentum::constant(0.1 * form.width as f64, 0.9);
    println!("{}", solve(problem, form, descent, &run, &mut ())?.answer);
    Ok(())
}
