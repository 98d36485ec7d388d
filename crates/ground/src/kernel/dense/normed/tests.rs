//! Tests of normalised networks against the textbook, in plain double precision.

use super::super::tests::{act, flat, lines, near, numbers, updates};
use super::*;
use crate::kernel::lane::{Row8, level_named, levels};
use crate::kernel::network::Network;
use crate::kernel::packing::Packing;
use crate::stream::Stream;

type Lines = Vec<Vec<f64>>;

/// How the statistics of a network stand in rows.
fn lists(network: &Normed) -> Packing {
    Packing::Lists(network.statistics())
}

/// x̂, 1/√(v + ε), m and v of a batch, number by number.
struct Hats {
    x: Lines,
    inverse: Vec<f64>,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

fn hats(x: &[Vec<f64>], eps: f64) -> Hats {
    let (n, width) = (x.len() as f64, x[0].len());
    let mean: Vec<f64> = (0..width).map(|i| x.iter().map(|x| x[i]).sum::<f64>() / n).collect();
    let off = |i: usize, x: &[f64]| (x[i] - mean[i]).powi(2);
    let variance: Vec<f64> =
        (0..width).map(|i| x.iter().map(|x| off(i, x)).sum::<f64>() / n).collect();
    let inverse: Vec<f64> = variance.iter().map(|v| 1.0 / (v + eps).sqrt()).collect();
    let hat = |x: &Vec<f64>| (0..width).map(|i| (x[i] - mean[i]) * inverse[i]).collect();
    Hats { x: x.iter().map(hat).collect(), inverse, mean, variance }
}

/// One network in plain numbers: layers are W `[in, out]` and b, then γ and β of each width.
struct Textbook<'a> {
    network: &'a Normed,
    theta: &'a [f64],
}

/// What the textbook keeps: normalisations, what activations are applied to, what layers are given.
struct Kept {
    norms: Vec<Hats>,
    arguments: Vec<Lines>,
    values: Vec<Lines>,
}

impl Textbook<'_> {
    /// Where W of layer k stands, and γ of normalisation k.
    fn places(&self) -> [Vec<usize>; 2] {
        let widths = &self.network.widths;
        let mut weights = vec![0];
        for pair in widths.windows(2) {
            weights.push(weights[weights.len() - 1] + pair[0] * pair[1]);
        }
        let mut scales = vec![weights[weights.len() - 1] + widths[widths.len() - 1]];
        for width in widths {
            scales.push(scales[scales.len() - 1] + 2 * width);
        }
        [weights, scales]
    }

    fn activation(&self, k: usize) -> Activation {
        let is_hidden = 0 < k && k + 1 < self.network.widths.len();
        if is_hidden { self.network.activation } else { Activation::Identity }
    }

    fn forward(&self, input: &[Vec<f64>]) -> Kept {
        let [weights, scales] = self.places();
        let mut kept = Kept { norms: vec![], arguments: vec![], values: vec![] };
        let mut z = input.to_vec();
        for (k, &width) in self.network.widths.iter().enumerate() {
            let norm = hats(&z, self.network.eps);
            let (gamma, beta) = self.theta[scales[k]..].split_at(width);
            let one = |hat: &Vec<f64>| (0..width).map(|i| gamma[i] * hat[i] + beta[i]).collect();
            let arguments: Lines = norm.x.iter().map(one).collect();
            let act = |x: &Vec<f64>| x.iter().map(|&x| act(self.activation(k), x).0).collect();
            let values: Lines = arguments.iter().map(act).collect();
            if let Some(&next) = self.network.widths.get(k + 1) {
                let w = &self.theta[weights[k]..];
                let is_last = k + 2 == self.network.widths.len();
                let b = |o: usize| if is_last { w[width * next + o] } else { 0.0 };
                let out = |a: &Vec<f64>| {
                    let sum = |o: usize| (0..width).map(|i| a[i] * w[i * next + o]).sum::<f64>();
                    (0..next).map(|o| b(o) + sum(o)).collect()
                };
                z = values.iter().map(out).collect();
            }
            kept.norms.push(norm);
            kept.arguments.push(arguments);
            kept.values.push(values);
        }
        kept
    }

    /// By the parameters and by the inputs.
    fn reverse(&self, kept: &Kept, seeds: &[Vec<f64>]) -> (Vec<f64>, Lines) {
        let [weights, scales] = self.places();
        let mut gradient = vec![0.0; self.theta.len()];
        let (mut delta, n) = (seeds.to_vec(), seeds.len() as f64);
        for (k, &width) in self.network.widths.iter().enumerate().rev() {
            let norm = &kept.norms[k];
            for (delta, x) in delta.iter_mut().zip(&kept.arguments[k]) {
                for i in 0..width {
                    delta[i] *= act(self.activation(k), x[i]).1;
                }
            }
            for i in 0..width {
                let pairs = || delta.iter().zip(&norm.x);
                let by_gamma: f64 = pairs().map(|(d, hat)| d[i] * hat[i]).sum();
                let by_beta: f64 = delta.iter().map(|d| d[i]).sum();
                gradient[scales[k] + i] = by_gamma;
                gradient[scales[k] + width + i] = by_beta;
                let factor = self.theta[scales[k] + i] * norm.inverse[i];
                for (d, hat) in delta.iter_mut().zip(&norm.x) {
                    d[i] = factor * (d[i] - by_beta / n - hat[i] * by_gamma / n);
                }
            }
            if k == 0 {
                break;
            }
            let before = self.network.widths[k - 1];
            let w = &self.theta[weights[k - 1]..];
            for (delta, a) in delta.iter_mut().zip(&kept.values[k - 1]) {
                let own = &mut gradient[weights[k - 1]..];
                for o in 0..width {
                    for i in 0..before {
                        own[i * width + o] += a[i] * delta[o];
                    }
                    if k + 1 == self.network.widths.len() {
                        own[before * width + o] += delta[o];
                    }
                }
                let back = |i: usize| (0..width).map(|o| delta[o] * w[i * width + o]).sum();
                *delta = (0..before).map(back).collect();
            }
        }
        (gradient, delta)
    }
}

/// Parameters of the sizes that training has: weights of order 1/√in, γ around 1, β around 0.
fn parameters(network: &Normed, stream: &Stream) -> Vec<f64> {
    let weights = network.weights();
    let one = |i: usize| {
        let normal = stream.normal(0, 1, i);
        if i < weights { 0.4 * normal } else { 0.5 + 0.3 * normal }
    };
    (0..network.parameters()).map(one).collect()
}

/// One batch through the kernels.
struct Run<T: Real> {
    network: Normed,
    theta: Vec<T::Row>,
    n: usize,
    input: Vec<T::Row>,
    seeds: Vec<T::Row>,
    cache: Vec<T::Row>,
    output: Vec<T::Row>,
    statistics: Vec<T::Row>,
}

impl<T: Real> Run<T> {
    fn new(network: &Normed, theta: &[f64], [input, seeds]: [&Lines; 2]) -> Self {
        let zeros = |n: usize| vec![T::Row::default(); n];
        let n = input.len();
        Self {
            network: network.clone(),
            theta: network.pack::<T>(theta),
            n,
            input: lines::<T>(input),
            seeds: lines::<T>(seeds),
            cache: zeros(network.cache_rows::<T>(n)),
            output: zeros(n * rows::<T>(network.n_out())),
            statistics: zeros(network.statistics_rows::<T>()),
        }
    }

    fn forward(&mut self, level: Level) {
        let Self { network, theta, n, input, cache, output, statistics, .. } = self;
        network.forward::<T>(level, theta, *n, input, cache, output, statistics);
    }

    fn reverse(&mut self, level: Level, gradient: Gradient<'_, T>, by: Option<&mut [T::Row]>) {
        let Self { network, theta, n, input, cache, seeds, .. } = self;
        let batch: Batch<'_, T> = Batch { n: *n, input, cache, seeds };
        network.reverse(level, theta, batch, &mut Vec::new(), gradient, by);
    }
}

const SHAPES: [(usize, &[usize]); 4] =
    [(1, &[3, 2]), (2, &[5, 17, 1]), (7, &[20, 16, 33, 8]), (64, &[10, 20, 20, 10])];

/// All of them; under an interpreter the small ones.
fn shapes() -> impl Iterator<Item = (usize, &'static [usize])> {
    SHAPES.into_iter().take(if cfg!(miri) { 2 } else { SHAPES.len() })
}

/// ε as published, but large where the exact derivative would be of its order: for n = 2 all x̂ are ±1.
fn network(n: usize, widths: &[usize], activation: Activation) -> Normed {
    Normed { widths: widths.to_vec(), activation, eps: if n < 3 { 0.5 } else { 1e-6 } }
}

fn agree<T: Real>(to: f64) {
    let each = if cfg!(miri) { 3 } else { 1 };
    for (k, activation) in Activation::ALL.into_iter().enumerate().step_by(each) {
        for (n, widths) in shapes() {
            let network = network(n, widths, activation);
            let stream = Stream::new(5).child(&format!("{k} {n}"));
            let theta = parameters(&network, &stream);
            let input = numbers(&stream.child("input"), n, widths[0]);
            let seeds = numbers(&stream.child("seeds"), n, network.n_out());
            let textbook = Textbook { network: &network, theta: &theta };
            let kept = textbook.forward(&input);
            let (gradient, by_input) = textbook.reverse(&kept, &seeds);
            let seen =
                kept.norms.iter().flat_map(|norm| [norm.mean.clone(), norm.variance.clone()]);
            let seen: Lines = seen.collect();
            for level in levels() {
                let mut run = Run::<T>::new(&network, &theta, [&input, &seeds]);
                run.forward(level);
                let outputs = flat::<T>(&run.output, network.n_out());
                near(&outputs, kept.values.last().unwrap(), to, "outputs");
                let found = lists(&network).unpack::<T>(&run.statistics);
                near(&[found], &[seen.concat()], to, "statistics");
                let mut sums = vec![T::Row::default(); run.theta.len()];
                let mut back = vec![T::Row::default(); run.input.len()];
                run.reverse(level, Gradient::Add(&mut sums), Some(&mut back));
                assert_eq!(run.theta, network.pack::<T>(&theta), "a gradient moves nothing");
                near(
                    &[network.unpack::<T>(&sums)],
                    std::slice::from_ref(&gradient),
                    to,
                    "gradient",
                );
                near(&flat::<T>(&back, widths[0]), &by_input, to, "by the inputs");
                let mut again = vec![T::Row::default(); run.theta.len()];
                run.reverse(level, Gradient::Add(&mut again), None);
                assert_eq!(sums, again, "the gradient does not depend on what else is asked for");
            }
        }
    }
}

#[test]
fn agree_with_the_textbook() {
    agree::<f64>(1e-12);
    agree::<f32>(1e-5);
}

/// The textbook's own derivatives, and with them those of the kernels.
#[test]
fn invariant_gradients_are_finite_differences() {
    let step = 1e-6;
    for activation in [Activation::Tanh, Activation::Relu, Activation::Sin] {
        for (n, widths) in shapes() {
            let network = network(n, widths, activation);
            let stream = Stream::new(6).child(&format!("{n}"));
            let mut theta = parameters(&network, &stream);
            let mut input = numbers(&stream.child("input"), n, widths[0]);
            let seeds = numbers(&stream.child("seeds"), n, network.n_out());
            let scalar = |theta: &[f64], input: &[Vec<f64>]| -> f64 {
                let kept = Textbook { network: &network, theta }.forward(input);
                let pairs =
                    kept.values.last().unwrap().iter().flatten().zip(seeds.iter().flatten());
                pairs.map(|(y, s)| y * s).sum()
            };
            let textbook = Textbook { network: &network, theta: &theta };
            let (gradient, by_input) = textbook.reverse(&textbook.forward(&input), &seeds);
            let mut found = Vec::new();
            for i in (0..theta.len()).step_by(7) {
                let at = theta[i];
                let [up, down] = [step, -step].map(|h| {
                    theta[i] = at + h;
                    scalar(&theta, &input)
                });
                theta[i] = at;
                found.push((up - down) / (2.0 * step));
            }
            let exact: Vec<f64> = gradient.iter().copied().step_by(7).collect();
            near(&[found], &[exact], 1e-7, "by the parameters");
            for i in 0..widths[0] {
                let at = input[n / 2][i];
                let [up, down] = [step, -step].map(|h| {
                    input[n / 2][i] = at + h;
                    scalar(&theta, &input)
                });
                input[n / 2][i] = at;
                let off = (up - down) / (2.0 * step) - by_input[n / 2][i];
                assert!(
                    off.abs() < 1e-7 * gradient.iter().fold(1.0, |m, g| g.abs().max(m)),
                    "{off}"
                );
            }
        }
    }
}

fn agree_fused<T: Real>(which: usize, to: f64) {
    let network = network(7, &[5, 17, 20, 3], Activation::Relu);
    let stream = Stream::new(8);
    let theta = parameters(&network, &stream);
    let input = numbers(&stream.child("input"), 7, 5);
    let seeds = numbers(&stream.child("seeds"), 7, 3);
    for level in levels() {
        let mut run = Run::<T>::new(&network, &theta, [&input, &seeds]);
        let zeros = vec![T::Row::default(); run.theta.len()];
        let mut plain = network.unpack::<T>(&run.theta);
        let [mut m, mut v] = [zeros.clone(), zeros.clone()];
        let mut memory = [vec![0.0; plain.len()], vec![0.0; plain.len()]];
        for step in 1..4 {
            let update = updates(step)[which];
            run.forward(level);
            let mut sums = zeros.clone();
            run.reverse(level, Gradient::Add(&mut sums), None);
            let [first, second] = &mut memory;
            update.apply(&mut plain, [first, second], &network.unpack::<T>(&sums));
            let into = Gradient::Move { memory: [&mut m, &mut v], rule: update.rule() };
            run.reverse(level, into, None);
            near(&[network.unpack::<T>(&run.theta)], std::slice::from_ref(&plain), to, "moved");
        }
        let unpacked = network.unpack::<T>(&run.theta);
        assert_eq!(network.pack::<T>(&unpacked), run.theta, "padding stays zero");
    }
}

#[test]
fn agree_with_a_rule_on_its_own() {
    for which in 0..updates(1).len() {
        agree_fused::<f64>(which, 1e-12);
        agree_fused::<f32>(which, 2e-5);
    }
}

/// What stands on either side of AVX-512 must not show.
#[test]
fn agree_to_the_bit_between_avx2_and_avx512() {
    fn bits<T: Real>(level: Level) -> [Vec<T::Row>; 3] {
        let network = network(64, &[10, 20, 20, 10], Activation::Relu);
        let stream = Stream::new(9);
        let input = numbers(&stream.child("input"), 64, 10);
        let seeds = numbers(&stream.child("seeds"), 64, 10);
        let mut run = Run::<T>::new(&network, &parameters(&network, &stream), [&input, &seeds]);
        run.forward(level);
        let mut sums = vec![T::Row::default(); run.theta.len()];
        run.reverse(level, Gradient::Add(&mut sums), None);
        [run.output, run.statistics, sums]
    }
    if let (Some(avx2), Some(avx512)) = (level_named("avx2"), level_named("avx512")) {
        assert_eq!(bits::<f32>(avx2), bits::<f32>(avx512));
        assert_eq!(bits::<f64>(avx2), bits::<f64>(avx512));
    }
}

#[test]
fn exact_packing() {
    let network = network(7, &[3, 20, 2], Activation::Relu);
    let numbers: Vec<f64> = (0..network.parameters()).map(|i| i as f64).collect();
    assert_eq!(network.unpack::<f32>(&network.pack::<f32>(&numbers)), numbers);
    assert_eq!(network.unpack::<f64>(&network.pack::<f64>(&numbers)), numbers);
    assert_eq!(network.rows::<f32>(), 2 * 3 + 21 + 2 * (1 + 2 + 1));
    let numbers: Vec<f64> = (0..50).map(f64::from).collect();
    let packed = lists(&network).pack::<f32>(&numbers);
    assert_eq!(lists(&network).unpack::<f32>(&packed), numbers);
    // Panel 1 of W₁ holds outputs 16 to 19: its first row is W[0, 16..20].
    let numbers: Vec<f64> = (0..network.parameters()).map(|i| i as f64).collect();
    let theta = network.pack::<f32>(&numbers);
    assert_eq!(theta[3].as_ref()[..5], [16.0, 17.0, 18.0, 19.0, 0.0]);
    assert_eq!(theta[6 + 21].as_ref()[..4], [102.0, 103.0, 104.0, 0.0], "γ₀ after 60 + 40 + 2");
}

#[test]
fn exact_averages_of_statistics() {
    let network = network(7, &[3, 2], Activation::Relu);
    let [old, new] = [1.0, 3.0].map(|x| lists(&network).pack::<f64>(&[x; 10]));
    let mut moving = old.clone();
    network.remember::<f64>(&mut moving, &new, 0.75);
    assert_eq!(lists(&network).unpack::<f64>(&moving), [1.5; 10]);
}

/// Folded, it is the plain network with every normalisation by the given statistics.
#[test]
fn agree_folded_with_normalisation_by_given_statistics() {
    for widths in [&[5, 17, 4, 3][..], &[4, 6]] {
        let network = network(7, widths, Activation::Softplus);
        let stream = Stream::new(10);
        let theta = parameters(&network, &stream);
        let n_seen = 2 * widths.iter().sum::<usize>();
        let seen: Vec<f64> = (0..n_seen).map(|i| 0.1 + stream.normal(1, 0, i).powi(2)).collect();
        let packed = [network.pack::<f64>(&theta), lists(&network).pack::<f64>(&seen)];
        let folded = network.folded::<f64>(&packed[0], &packed[1]);
        let plain = Network { widths: widths.to_vec(), activation: Activation::Softplus };
        assert_eq!(folded.len(), plain.len());
        let input = numbers(&stream.child("input"), 8, widths[0]);
        let exact: Lines = input.iter().map(|x| inference(&network, &theta, &seen, x)).collect();
        let transposed = |i: usize| lines::<f64>(&[input.iter().map(|x| x[i]).collect()])[0];
        let columns: Vec<_> = (0..widths[0]).map(transposed).collect();
        for level in levels() {
            let mut cache = vec![Row8::default(); plain.cache_rows()];
            let mut out = vec![Row8::default(); network.n_out()];
            plain.forward::<f64>(level, &folded, &columns, &mut cache, &mut out);
            let line = |q: usize| out.iter().map(|row| row.as_ref()[q]).collect();
            near(&(0..8).map(line).collect::<Lines>(), &exact, 1e-13, "folded");
        }
    }
}

/// One point, every normalisation by given statistics, as the textbook writes it.
fn inference(network: &Normed, theta: &[f64], seen: &[f64], x: &[f64]) -> Vec<f64> {
    let textbook = Textbook { network, theta };
    let [weights, scales] = textbook.places();
    let (mut z, mut seen) = (x.to_vec(), seen);
    for (k, &width) in network.widths.iter().enumerate() {
        let (gamma, beta) = theta[scales[k]..].split_at(width);
        let a: Vec<f64> = (0..width)
            .map(|i| {
                let hat = (z[i] - seen[i]) / (seen[width + i] + network.eps).sqrt();
                act(textbook.activation(k), gamma[i] * hat + beta[i]).0
            })
            .collect();
        let Some(&next) = network.widths.get(k + 1) else { return a };
        let w = &theta[weights[k]..];
        let is_last = k + 2 == network.widths.len();
        let bias = |o: usize| if is_last { w[width * next + o] } else { 0.0 };
        let sum = |o: usize| (0..width).map(|i| a[i] * w[i * next + o]).sum::<f64>() + bias(o);
        z = (0..next).map(sum).collect();
        seen = &seen[2 * width..];
    }
    unreachable!("the last normalisation returns")
}
