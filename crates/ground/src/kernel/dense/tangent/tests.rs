//! Tests of tangents against the tape, where the network is written in elementary operations.

use super::super::tests::{flat, lines, near, numbers};
use super::super::{Dense, Skip};
use super::*;
use crate::array::Array;
use crate::kernel::lane::levels;
use crate::kernel::network::Activation;
use crate::stream::Stream;
use crate::tape::networks::dense_in_elements;
use crate::tape::{Tape, Var, grad, pull};

type Numbers = Vec<Vec<f64>>;

/// An array of lines of equal length.
fn array(lines: &[Vec<f64>]) -> Array {
    Array::from_shape_vec((lines.len(), lines[0].len()), lines.concat()).unwrap()
}

fn back(var: Var<'_>) -> Numbers {
    var.value().outer_iter().map(|line| line.to_vec()).collect()
}

/// Values, tangents, and the gradients of Σ s·y + Σ ṡ·ẏ by θ, x and ẋ.
struct Answer {
    outputs: [Numbers; 2],
    gradient: Vec<f64>,
    by_inputs: [Numbers; 2],
}

/// A network with a batch, in plain numbers.
struct Problem {
    network: Dense,
    n: usize,
    theta: Vec<f64>,
    inputs: [Numbers; 2],
    seeds: [Numbers; 2],
}

impl Problem {
    fn new(widths: &[usize], activation: Activation, skip: Skip) -> Self {
        let network = Dense { widths: widths.to_vec(), activation, skip };
        let (n, stream) = (5, Stream::new(12));
        let theta = (0..network.parameters()).map(|i| 0.4 * stream.normal(0, 1, i)).collect();
        let pair = |name: &str, width| {
            [0, 1].map(|k| numbers(&stream.child(&format!("{name} {k}")), n, width))
        };
        let (inputs, seeds) = (pair("inputs", widths[0]), pair("seeds", network.n_out()));
        Self { network, n, theta, inputs, seeds }
    }

    fn judge(&self) -> Answer {
        let tape = Tape::new();
        let theta = tape.variable(array(std::slice::from_ref(&self.theta)));
        let [x, dx] = self.inputs.each_ref().map(|lines| tape.variable(array(lines)));
        let [s, ds] = self.seeds.each_ref().map(|lines| tape.variable(array(lines)));
        let y = dense_in_elements(&self.network, theta, x);
        // Jᵀu is linear in u; its derivative along ẋ is J ẋ.
        let u = tape.variable(Array::zeros(y.shape()));
        let dy = pull(pull(y, u, &[x])[0], dx, &[u])[0];
        let by = grad((s * y).sum() + (ds * dy).sum(), &[theta, x, dx]);
        Answer {
            outputs: [y, dy].map(back),
            gradient: back(by[0]).concat(),
            by_inputs: [by[1], by[2]].map(back),
        }
    }

    fn solve<T: Real>(&self, level: Level) -> Answer {
        let (network, n) = (&self.network, self.n);
        let packed = network.pack::<T>(&self.theta);
        let [inputs, seeds] =
            [&self.inputs, &self.seeds].map(|pair| pair.each_ref().map(|l| lines::<T>(l)));
        let zeros = |n: usize| vec![T::Row::default(); n];
        let mut cache = zeros(network.tangent_cache_rows::<T>(n));
        let [mut y, mut dy] = [zeros(seeds[0].len()), zeros(seeds[0].len())];
        let both = inputs.each_ref().map(|rows| &rows[..]);
        network.tangent::<T>(level, &packed, n, both, &mut cache, [&mut y, &mut dy]);
        let (mut plain, mut kept) = (y.clone(), zeros(network.cache_rows::<T>(n)));
        network.forward::<T>(level, &packed, n, &inputs[0], &mut kept, &mut plain);
        assert_eq!(plain, y, "the values are those of the forward pass");
        let seeds = seeds.each_ref().map(|rows| &rows[..]);
        let batch: Tangents<'_, T> = Tangents { n, inputs: both, cache: &cache, seeds };
        let mut gradient = zeros(packed.len());
        let [mut by_x, mut by_dx] = [zeros(both[0].len()), zeros(both[0].len())];
        let by = Some([&mut by_x[..], &mut by_dx[..]]);
        network.reverse_tangent(level, &packed, batch, &mut Vec::new(), &mut gradient, by);
        let mut again = zeros(packed.len());
        network.reverse_tangent(level, &packed, batch, &mut Vec::new(), &mut again, None);
        assert_eq!(gradient, again, "the gradient does not depend on what else is asked for");
        let n_in = network.widths[0];
        Answer {
            outputs: [&y, &dy].map(|rows| flat::<T>(rows, network.n_out())),
            gradient: network.unpack::<T>(&gradient),
            by_inputs: [&by_x, &by_dx].map(|rows| flat::<T>(rows, n_in)),
        }
    }
}

/// No layer with a skip, some, all; whole rows and parts of rows.
const SHAPES: [&[usize]; 4] = [&[3, 2], &[5, 17, 17, 34, 3], &[8, 16, 16, 32, 1], &[7, 7, 14, 2]];

#[test]
fn agree_with_the_tape() {
    for widths in SHAPES {
        for activation in Activation::ALL.into_iter().step_by(if cfg!(miri) { 3 } else { 1 }) {
            for skip in [Skip::Nothing, Skip::Inputs] {
                let problem = Problem::new(widths, activation, skip);
                let exact = problem.judge();
                let compare = |found: &Answer, to: f64| {
                    for k in 0..2 {
                        near(&found.outputs[k], &exact.outputs[k], to, "outputs");
                        near(&found.by_inputs[k], &exact.by_inputs[k], to, "by the inputs");
                    }
                    let exact = std::slice::from_ref(&exact.gradient);
                    near(std::slice::from_ref(&found.gradient), exact, to, "gradient");
                };
                for level in levels() {
                    compare(&problem.solve::<f64>(level), 1e-12);
                    compare(&problem.solve::<f32>(level), 1e-5);
                }
            }
        }
    }
}

/// ẏ and the gradients as differences of the values alone.
#[test]
fn invariant_differences() {
    use Activation::{Gelu, GeluTanh, Sigmoid, Silu, Softplus, Tanh};
    for activation in [Tanh, Sigmoid, Softplus, Gelu, GeluTanh, Silu] {
        let mut problem = Problem::new(&[7, 7, 14, 2], activation, Skip::Inputs);
        let level = crate::kernel::lane::level();
        let found = problem.solve::<f64>(level);
        let scalar = |problem: &Problem| -> f64 {
            let answer = problem.solve::<f64>(level);
            let pairs = answer.outputs.iter().flatten().flatten();
            pairs.zip(problem.seeds.iter().flatten().flatten()).map(|(y, s)| y * s).sum()
        };
        let h = 1e-5;
        for j in (0..problem.theta.len()).step_by(if cfg!(miri) { 101 } else { 11 }) {
            let kept = problem.theta[j];
            let [up, down] = [h, -h].map(|h| {
                problem.theta[j] = kept + h;
                scalar(&problem)
            });
            problem.theta[j] = kept;
            let off = (up - down) / (2.0 * h) - found.gradient[j];
            assert!(off.abs() < 1e-7, "{activation:?} parameter {j}: {off:e}");
        }
        for (side, i) in [(0, 3), (1, 5)] {
            let kept = problem.inputs[side][2][i];
            let [up, down] = [h, -h].map(|h| {
                problem.inputs[side][2][i] = kept + h;
                scalar(&problem)
            });
            problem.inputs[side][2][i] = kept;
            let off = (up - down) / (2.0 * h) - found.by_inputs[side][2][i];
            assert!(off.abs() < 1e-7, "{activation:?} input {i}: {off:e}");
        }
        let outputs = found.outputs;
        let [up, down] = [h, -h].map(|h| {
            let mut moved = Problem::new(&[7, 7, 14, 2], activation, Skip::Inputs);
            for (x, dx) in moved.inputs[0].iter_mut().zip(&problem.inputs[1]) {
                x.iter_mut().zip(dx).for_each(|(x, dx)| *x += h * dx);
            }
            moved.solve::<f64>(level).outputs[0].clone()
        });
        let slopes = up.iter().flatten().zip(down.iter().flatten());
        for ((up, down), dy) in slopes.zip(outputs[1].iter().flatten()) {
            assert!(((up - down) / (2.0 * h) - dy).abs() < 1e-8, "{activation:?}");
        }
    }
}
