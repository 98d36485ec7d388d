//! A descent of one's own: Nesterov's accelerated gradient, beside the heavy ball, on Figure 11's problem. [Nes83]
#![allow(clippy::print_stdout, reason = "an example")]

use esperance::frame::{Batch, Descent, Functional, Keeper, Params};
use esperance::lab::form::{Scaling, Start, TwoLayer};
use esperance::lab::inputs::Inputs;
use esperance::lab::problem::{Regression, Truth};
use esperance::lab::{Activation, target::Target};
use esperance::prelude::*;
use ground::stream::Stream;

/// θₖ₊₁ = yₖ − r ∇J(yₖ),  yₖ₊₁ = θₖ₊₁ + k/(k + 3) (θₖ₊₁ − θₖ); θ of the solver is y.
struct Nesterov {
    rate: f64,
    made: u64,
    before: Vec<f64>,
}

impl<J: Functional + ?Sized> Descent<J> for Nesterov {
    fn step(&mut self, y: &mut Params, j: &mut J, batch: Batch) -> esperance::Result<Estimate> {
        let mut gradient = y.zeros_like();
        let value = j.gradient(y, batch, &mut gradient)?;
        let moved = |(y, g): (f64, f64)| y - self.rate * g;
        let theta: Vec<f64> = y.flat().into_iter().zip(gradient.flat()).map(moved).collect();
        let weight = self.made as f64 / (self.made as f64 + 3.0);
        let before = if self.made == 0 { &theta } else { &self.before };
        let next: Vec<f64> =
            theta.iter().zip(before).map(|(now, then)| now + weight * (now - then)).collect();
        let mut rest = next.as_slice();
        for block in 0..y.layout().blocks.len() {
            let (own, more) = rest.split_at(y.layout().blocks[block].1.len());
            y.set(block, own);
            rest = more;
        }
        (self.before, self.made) = (theta, self.made + 1);
        Ok(value)
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> esperance::Result<()> {
        keeper.count("nesterov/made", &mut self.made)?;
        keeper.numbers("nesterov/before", &mut self.before)
    }
}

fn main() -> esperance::Result<()> {
    let start = Start::ZeroOuterUnitInner;
    let (scaling, activation) = (Scaling::MeanField, Activation::Relu);
    let form = TwoLayer { inputs: 10, width: 32, scaling, activation, bias: false, start };
    let target = Target::formula("relu(x[1])", 10, "target")?;
    let truth = Truth { inputs: Inputs::Normal, target, noise: 0.0 };
    let problem = Regression::drawn(truth, [200, 2000], &Stream::new(1))?;
    let run = Run::new(1500);
    let own = Nesterov { rate: 0.02 * 32.0, made: 0, before: Vec::new() };
    let heavy = Momentum::constant(0.01 * 32.0, 0.9);
    println!("Nesterov    {}", solve(problem.clone(), form, own, &run, &mut ())?.answer.headline());
    println!("heavy ball  {}", solve(problem, form, heavy, &run, &mut ())?.answer.headline());
    Ok(())
}
