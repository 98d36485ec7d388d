//! Tests of the network: plain loops in double precision are the judge.

use super::*;
use crate::kernel::lane::{Row, level, levels};
use crate::stream::Stream;

fn shapes() -> Vec<Vec<usize>> {
    vec![vec![3, 2], vec![8, 1, 6], vec![8, 32, 32, 6], vec![5, 7, 20, 11, 3], vec![1, 1, 1]]
}

fn value(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Softplus => x.exp().ln_1p(),
        Activation::Relu => x.max(0.0),
        Activation::Sin => x.sin(),
        Activation::Gelu => x * 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
        Activation::GeluTanh => 0.5 * x * (1.0 + bent(x)[0].tanh()),
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Identity => x,
    }
}

/// √(2/π) (x + 0.044715 x³) and its derivative.
fn bent(x: f64) -> [f64; 2] {
    let (a, cube) = (std::f64::consts::FRAC_2_PI.sqrt(), 0.044_715);
    [a * (x + cube * x.powi(3)), a * (1.0 + 3.0 * cube * x * x)]
}

fn slope(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Tanh => 1.0 - x.tanh() * x.tanh(),
        Activation::Sigmoid => value(activation, x) * (1.0 - value(activation, x)),
        Activation::Softplus => 1.0 / (1.0 + (-x).exp()),
        Activation::Relu => f64::from(u8::from(x > 0.0)),
        Activation::Sin => x.cos(),
        Activation::Gelu => {
            let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
            0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2) + x * density
        }
        Activation::GeluTanh => {
            let [v, dv] = bent(x);
            0.5 * (1.0 + v.tanh()) + 0.5 * x * dv * (1.0 - v.tanh().powi(2))
        }
        Activation::Silu => {
            let y = value(Activation::Sigmoid, x);
            y * (1.0 + x * (1.0 - y))
        }
        Activation::Identity => 1.0,
    }
}

/// The arguments of every layer at one point.
fn plain(network: &Network, theta: &[f64], input: &[f64]) -> Vec<Vec<f64>> {
    let mut a = input.to_vec();
    let mut all: Vec<Vec<f64>> = Vec::new();
    for layer in network.layers() {
        let (w, b) = theta[layer.theta..][..layer.len()].split_at(layer.n_in * layer.n_out);
        let z: Vec<f64> = (0..layer.n_out)
            .map(|o| b[o] + (0..layer.n_in).map(|i| w[o * layer.n_in + i] * a[i]).sum::<f64>())
            .collect();
        a = z.iter().map(|&z| value(network.activation, z)).collect();
        all.push(z);
    }
    all
}

/// The gradient by parameters (added) and by inputs at one point.
fn plain_reverse(
    network: &Network,
    theta: &[f64],
    input: &[f64],
    seed: &[f64],
    gradient: &mut [f64],
) -> Vec<f64> {
    let z = plain(network, theta, input);
    let layers: Vec<Layer> = network.layers().collect();
    let mut delta = seed.to_vec();
    for (k, layer) in layers.iter().enumerate().rev() {
        let a: Vec<f64> = if k == 0 {
            input.to_vec()
        } else {
            z[k - 1].iter().map(|&z| value(network.activation, z)).collect()
        };
        for o in 0..layer.n_out {
            for i in 0..layer.n_in {
                gradient[layer.theta + o * layer.n_in + i] += delta[o] * a[i];
            }
            gradient[layer.theta + layer.n_in * layer.n_out + o] += delta[o];
        }
        delta = (0..layer.n_in)
            .map(|i| {
                let back: f64 = (0..layer.n_out)
                    .map(|o| theta[layer.theta + o * layer.n_in + i] * delta[o])
                    .sum();
                if k == 0 { back } else { back * slope(network.activation, z[k - 1][i]) }
            })
            .collect();
    }
    delta
}

/// Parameters, inputs and seeds that are the same in both precisions.
struct Problem {
    network: Network,
    theta: Vec<f64>,
    count: usize,
    stream: Stream,
}

/// What the kernel made of it: outputs, gradient by parameters, gradient by inputs, in lane order.
struct Answer {
    outputs: Vec<f64>,
    gradient: Vec<f64>,
    inputs: Vec<f64>,
}

impl Problem {
    fn new(widths: Vec<usize>, activation: Activation) -> Self {
        let network = Network { widths, activation };
        let stream = Stream::new(11).child("network");
        let round = |x: f64| f64::from(f32::of(x));
        let theta = (0..network.len())
            .map(|i| round(0.5 * stream.child("theta").normal(0, 0, i)))
            .collect();
        Self { network, theta, count: 3, stream }
    }

    fn rows<T: Real>(&self, name: &str, n: usize) -> Vec<T::Row> {
        let stream = self.stream.child(name);
        let mut rows = vec![T::Row::default(); n * self.count];
        for (i, row) in rows.iter_mut().enumerate() {
            for (l, x) in row.as_mut().iter_mut().enumerate() {
                *x = T::of(f64::from(f32::of(stream.normal(l as u64, 0, i))));
            }
        }
        rows
    }

    fn solve<T: Real>(&self, level: Level) -> Answer {
        let network = &self.network;
        let theta: Vec<T> = self.theta.iter().map(|&x| T::of(x)).collect();
        let inputs = self.rows::<T>("input", network.widths[0]);
        let seeds = self.rows::<T>("seed", network.n_out());
        let mut caches = vec![T::Row::default(); network.cache_rows() * self.count];
        let mut outputs = vec![T::Row::default(); network.n_out() * self.count];
        for e in 0..self.count {
            network.forward(
                level,
                &theta,
                &inputs[e * network.widths[0]..][..network.widths[0]],
                &mut caches[e * network.cache_rows()..][..network.cache_rows()],
                &mut outputs[e * network.n_out()..][..network.n_out()],
            );
        }
        let batch =
            Evaluations { inputs: &inputs, caches: &caches, seeds: &seeds, count: self.count };
        let mut scratch = vec![T::Row::splat(T::of(f64::NAN)); 3];
        let (mut gradient, mut again) =
            (vec![T::of(0.0); network.len()], vec![T::of(0.0); network.len()]);
        let mut by_input = inputs.clone();
        network.reverse(level, &theta, batch, &mut scratch, &mut again);
        network.reverse_input(level, &theta, batch, &mut scratch, &mut gradient, &mut by_input);
        assert_eq!(gradient, again);
        network.reverse(level, &theta, batch, &mut scratch, &mut again);
        assert!(
            again
                .iter()
                .zip(&gradient)
                .all(|(a, g)| (a.wide() - 2.0 * g.wide()).abs() <= 1e-5 * g.wide().abs())
        );
        let wide = |rows: &[T::Row]| {
            rows.iter().flat_map(|row| row.as_ref().to_vec()).map(T::wide).collect()
        };
        Answer {
            outputs: wide(&outputs),
            gradient: gradient.into_iter().map(T::wide).collect(),
            inputs: wide(&by_input),
        }
    }

    /// The judge, on as many lanes as precision T has.
    fn judge<T: Real>(&self) -> Answer {
        let network = &self.network;
        let (n_in, n_out) = (network.widths[0], network.n_out());
        let (inputs, seeds) = (self.rows::<T>("input", n_in), self.rows::<T>("seed", n_out));
        let at = |rows: &[T::Row], e: usize, n: usize, l: usize| -> Vec<f64> {
            rows[e * n..][..n].iter().map(|row| row.as_ref()[l].wide()).collect()
        };
        let mut answer = Answer {
            outputs: vec![0.0; self.count * n_out * T::LANES],
            gradient: vec![0.0; network.len()],
            inputs: vec![0.0; self.count * n_in * T::LANES],
        };
        for e in 0..self.count {
            for l in 0..T::LANES {
                let (x, seed) = (at(&inputs, e, n_in, l), at(&seeds, e, n_out, l));
                let z = plain(network, &self.theta, &x);
                for (o, &z) in z[z.len() - 1].iter().enumerate() {
                    answer.outputs[(e * n_out + o) * T::LANES + l] = z;
                }
                let back = plain_reverse(network, &self.theta, &x, &seed, &mut answer.gradient);
                for (i, &g) in back.iter().enumerate() {
                    answer.inputs[(e * n_in + i) * T::LANES + l] = g;
                }
            }
        }
        answer
    }
}

impl Answer {
    /// The largest difference, relative to the largest number.
    fn distance(&self, other: &Self) -> f64 {
        let part = |a: &[f64], b: &[f64]| {
            let scale = b.iter().fold(1.0, |m: f64, b| m.max(b.abs()));
            a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs() / scale))
        };
        part(&self.outputs, &other.outputs)
            .max(part(&self.gradient, &other.gradient))
            .max(part(&self.inputs, &other.inputs))
    }
}

#[test]
fn agree_with_plain_loops() {
    for widths in shapes() {
        for activation in Activation::ALL.into_iter().step_by(if cfg!(miri) { 3 } else { 1 }) {
            let problem = Problem::new(widths.clone(), activation);
            let (double, single) = (problem.judge::<f64>(), problem.judge::<f32>());
            for level in levels() {
                let distance = problem.solve::<f64>(level).distance(&double);
                assert!(distance < 1e-13, "{widths:?} {activation:?} {level:?}: {distance:e}");
                let distance = problem.solve::<f32>(level).distance(&single);
                assert!(distance < 5e-6, "{widths:?} {activation:?} {level:?}: {distance:e}");
            }
        }
    }
}

#[test]
fn invariant_gradient_by_differences() {
    use Activation::{Gelu, GeluTanh, Silu, Sin, Softplus, Tanh};
    for activation in [Tanh, Softplus, Sin, Gelu, GeluTanh, Silu] {
        let mut problem = Problem::new(vec![3, 6, 5, 2], activation);
        let answer = problem.solve::<f64>(level());
        let seeds = problem.rows::<f64>("seed", 2);
        let h = 1e-5;
        for j in (0..problem.theta.len()).step_by(if cfg!(miri) { 29 } else { 7 }) {
            let kept = problem.theta[j];
            let mut side = [0.0; 2];
            for (side, sign) in side.iter_mut().zip([1.0, -1.0]) {
                problem.theta[j] = kept + sign * h;
                let outputs = problem.solve::<f64>(level()).outputs;
                let seeds = seeds.iter().flat_map(|row| row.as_ref().to_vec());
                *side = outputs.iter().zip(seeds).map(|(o, s)| o * s).sum();
            }
            problem.theta[j] = kept;
            let slope = (side[0] - side[1]) / (2.0 * h);
            assert!((slope - answer.gradient[j]).abs() < 1e-7, "{activation:?} {j}");
        }
    }
}

#[test]
fn exact_sizes() {
    let network = Network { widths: vec![8, 32, 32, 6], activation: Activation::Tanh };
    assert_eq!(network.len(), 9 * 32 + 33 * 32 + 33 * 6);
    assert_eq!(network.cache_rows(), 64);
    assert_eq!(network.flops(), 2 * 1472);
    let sin = Network { activation: Activation::Sin, ..network };
    assert_eq!(sin.cache_rows(), 128);
}
