//! Forward, reverse and Adam against the textbook, on every level.

use super::*;
use crate::kernel::lane::levels;
use crate::kernel::update::{AdamForm, Update};
use crate::stream::Stream;

/// An activation and its derivative.
pub(super) fn act(activation: Activation, x: f64) -> (f64, f64) {
    match activation {
        Activation::Tanh => (x.tanh(), 1.0 - x.tanh().powi(2)),
        Activation::Sigmoid => {
            let y = 1.0 / (1.0 + (-x).exp());
            (y, y * (1.0 - y))
        }
        Activation::Softplus => (x.exp().ln_1p(), 1.0 / (1.0 + (-x).exp())),
        Activation::Relu => (x.max(0.0), f64::from(u8::from(x > 0.0))),
        Activation::Sin => (x.sin(), x.cos()),
        Activation::Gelu => {
            let phi = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
            (x * phi, phi + x * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt())
        }
        Activation::GeluTanh => {
            let (a, cube) = (std::f64::consts::FRAC_2_PI.sqrt(), 0.044_715);
            let t = (a * (x + cube * x.powi(3))).tanh();
            let slope = a * (1.0 + 3.0 * cube * x * x) * (1.0 - t * t);
            (0.5 * x * (1.0 + t), 0.5 * (1.0 + t) + 0.5 * x * slope)
        }
        Activation::Silu => {
            let y = 1.0 / (1.0 + (-x).exp());
            (x * y, y * (1.0 + x * (1.0 - y)))
        }
        Activation::Identity => (x, 1.0),
    }
}

/// W `[in, out]` and b of every layer, forward and reverse, as the textbook writes them.
fn textbook(
    network: &Dense,
    theta: &[f64],
    inputs: &[Vec<f64>],
    seeds: &[Vec<f64>],
) -> [Vec<Vec<f64>>; 3] {
    let mut places = vec![0];
    for pair in network.widths.windows(2) {
        places.push(places[places.len() - 1] + (pair[0] + 1) * pair[1]);
    }
    let mut gradient = vec![0.0; theta.len()];
    let (mut outputs, mut by_input) = (Vec::new(), Vec::new());
    for (input, seed) in inputs.iter().zip(seeds) {
        let (mut values, mut slopes) = (vec![input.clone()], Vec::new());
        let last = network.widths.len() - 2;
        // Which input is added to output o of layer k.
        let source = |k: usize, o: usize| {
            let (n_in, n_out) = (network.widths[k], network.widths[k + 1]);
            let fits = network.skip == Skip::Inputs && (n_out == n_in || n_out == 2 * n_in);
            (fits && k != last).then_some(o % n_in)
        };
        for (k, pair) in network.widths.windows(2).enumerate() {
            let (a, w) = (&values[k], &theta[places[k]..]);
            let z = (0..pair[1]).map(|o| {
                let sum: f64 = a.iter().enumerate().map(|(i, a)| a * w[i * pair[1] + o]).sum();
                sum + w[pair[0] * pair[1] + o]
            });
            let both: Vec<_> =
                z.map(|z| if k == last { (z, 1.0) } else { act(network.activation, z) }).collect();
            let added = |o: usize| source(k, o).map_or(0.0, |i| a[i]);
            values.push(both.iter().enumerate().map(|(o, b)| b.0 + added(o)).collect());
            slopes.push(both.iter().map(|b| b.1).collect::<Vec<f64>>());
        }
        outputs.push(values[last + 1].clone());
        let mut delta = seed.clone();
        for (k, pair) in network.widths.windows(2).enumerate().rev() {
            let w = &theta[places[k]..];
            let g = &mut gradient[places[k]..];
            let by_z: Vec<f64> = delta.iter().zip(&slopes[k]).map(|(d, slope)| d * slope).collect();
            for o in 0..pair[1] {
                for i in 0..pair[0] {
                    g[i * pair[1] + o] += values[k][i] * by_z[o];
                }
                g[pair[0] * pair[1] + o] += by_z[o];
            }
            let through =
                |i: usize| (0..pair[1]).map(|o| by_z[o] * w[i * pair[1] + o]).sum::<f64>();
            let around = |i: usize| {
                (0..pair[1]).filter(|&o| source(k, o) == Some(i)).map(|o| delta[o]).sum::<f64>()
            };
            delta = (0..pair[0]).map(|i| through(i) + around(i)).collect();
        }
        by_input.push(delta);
    }
    [outputs, by_input, vec![gradient]]
}

pub(super) fn numbers(stream: &Stream, n: usize, width: usize) -> Vec<Vec<f64>> {
    let one = |k: usize| (0..width).map(|i| stream.normal(k as u64, 0, i)).collect();
    (0..n).map(one).collect()
}

pub(super) fn lines<T: Real>(numbers: &[Vec<f64>]) -> Vec<T::Row> {
    let mut all = Vec::new();
    for line in numbers {
        for part in line.chunks(T::LANES) {
            let mut row = T::Row::default();
            for (to, &x) in row.as_mut().iter_mut().zip(part) {
                *to = T::of(x);
            }
            all.push(row);
        }
    }
    all
}

pub(super) fn flat<T: Real>(rows_: &[T::Row], width: usize) -> Vec<Vec<f64>> {
    let line = |line: &[T::Row]| {
        let all = line.iter().flat_map(|row| row.as_ref().to_vec()).map(T::wide);
        all.take(width).collect()
    };
    rows_.chunks(rows::<T>(width)).map(line).collect()
}

pub(super) fn near(found: &[Vec<f64>], exact: &[Vec<f64>], to: f64, what: &str) {
    let size = exact.iter().flatten().fold(0.0, |m: f64, x| m.max(x.abs()));
    for (found, exact) in found.iter().flatten().zip(exact.iter().flatten()) {
        let off = (found - exact).abs();
        assert!(off <= to * size, "{what}: {found} against {exact}, {:.1e}", off / size);
    }
}

fn agree<T: Real>(to: f64) {
    let stream = Stream::new(3);
    let each = if cfg!(miri) { 3 } else { 1 };
    for (k, activation) in Activation::ALL.into_iter().enumerate().step_by(each) {
        for (n, widths, skip) in [
            (1, vec![3, 2], Skip::Nothing),
            (9, vec![5, 17, 33, 1], Skip::Nothing),
            (14, vec![20, 16, 8], Skip::Nothing),
            (1, vec![3, 3], Skip::Inputs),
            (9, vec![5, 17, 17, 34, 3], Skip::Inputs),
            (14, vec![16, 16, 32, 32], Skip::Inputs),
        ] {
            let network = Dense { widths: widths.clone(), activation, skip };
            let own = stream.child(&format!("{k} {n}"));
            let theta: Vec<f64> =
                (0..network.parameters()).map(|i| 0.4 * own.normal(0, 1, i)).collect();
            let input = numbers(&own.child("input"), n, widths[0]);
            let seeds = numbers(&own.child("seeds"), n, *widths.last().unwrap());
            let [outputs, by_input, gradient] = textbook(&network, &theta, &input, &seeds);
            for level in levels() {
                let packed = network.pack::<T>(&theta);
                let (rows_in, n_out) = (lines::<T>(&input), *widths.last().unwrap());
                let mut cache = vec![T::Row::default(); network.cache_rows::<T>(n)];
                let mut out = vec![T::Row::default(); n * rows::<T>(n_out)];
                network.forward::<T>(level, &packed, n, &rows_in, &mut cache, &mut out);
                near(&flat::<T>(&out, n_out), &outputs, to, "outputs");
                let seeds = lines::<T>(&seeds);
                let batch: Batch<T> = Batch { n, input: &rows_in, cache: &cache, seeds: &seeds };
                let mut sums = vec![T::Row::default(); packed.len()];
                let mut back = vec![T::Row::default(); rows_in.len()];
                let (mut moved, mut scratch) = (packed.clone(), Vec::new());
                let into = Gradient::Add(&mut sums);
                network.reverse(level, &mut moved, batch, &mut scratch, into, Some(&mut back));
                assert_eq!(moved, packed, "a gradient moves nothing");
                near(&[network.unpack::<T>(&sums)], &gradient, to, "gradient");
                near(&flat::<T>(&back, widths[0]), &by_input, to, "by the inputs");
            }
        }
    }
}

#[test]
fn agree_with_the_textbook() {
    agree::<f64>(1e-13);
    agree::<f32>(2e-6);
}

/// The rules at a step.
pub(super) fn updates(step: u64) -> [Update; 4] {
    let (rate, beta1, beta2, eps) = (1e-2, 0.9, 0.999, 1e-8);
    let adam = |form| Update::Adam { rate, beta1, beta2, eps, step, form };
    [
        adam(AdamForm::Keras),
        adam(AdamForm::Torch),
        Update::Momentum { rate, keep: 0.9 },
        Update::AdaGrad { rate, eps },
    ]
}

fn agree_fused<T: Real>(which: usize, to: f64) {
    let network =
        Dense { widths: vec![5, 17, 17, 3], activation: Activation::Tanh, skip: Skip::Inputs };
    let (n, stream) = (6, Stream::new(8));
    let theta: Vec<f64> = (0..network.parameters()).map(|i| stream.normal(0, 0, i)).collect();
    let input = lines::<T>(&numbers(&stream.child("input"), n, 5));
    let seeds = lines::<T>(&numbers(&stream.child("seeds"), n, 3));
    for level in levels() {
        let packed = network.pack::<T>(&theta);
        let zeros = || vec![T::Row::default(); packed.len()];
        let (mut fused, mut plain) = (packed.clone(), network.unpack::<T>(&packed));
        let (mut m, mut v) = (zeros(), zeros());
        let mut memory = [vec![0.0; plain.len()], vec![0.0; plain.len()]];
        for step in 1..4 {
            let update = updates(step)[which];
            let mut cache = vec![T::Row::default(); network.cache_rows::<T>(n)];
            let mut out = vec![T::Row::default(); seeds.len()];
            network.forward::<T>(level, &fused, n, &input, &mut cache, &mut out);
            let batch: Batch<T> = Batch { n, input: &input, cache: &cache, seeds: &seeds };
            let (mut scratch, mut sums) = (Vec::new(), zeros());
            let add = Gradient::Add(&mut sums);
            network.reverse(level, &mut fused.clone(), batch, &mut scratch, add, None);
            let [first, second] = &mut memory;
            update.apply(&mut plain, [first, second], &network.unpack::<T>(&sums));
            let into = Gradient::Move { memory: [&mut m, &mut v], rule: update.rule() };
            network.reverse(level, &mut fused, batch, &mut scratch, into, None);
            near(&[network.unpack::<T>(&fused)], &[plain.clone()], to, "moved");
            near(&[network.unpack::<T>(&m)], &[memory[0].clone()], to, "first memory");
            near(&[network.unpack::<T>(&v)], &[memory[1].clone()], to, "second memory");
        }
        assert_eq!(network.pack::<T>(&network.unpack::<T>(&fused)), fused, "padding stays zero");
    }
}

#[test]
fn agree_with_a_rule_on_its_own() {
    for which in 0..updates(1).len() {
        agree_fused::<f64>(which, 1e-13);
        agree_fused::<f32>(which, 2e-5);
    }
}

#[test]
fn exact_packing() {
    let network =
        Dense { widths: vec![3, 20, 2], activation: Activation::Relu, skip: Skip::Nothing };
    let numbers: Vec<f64> = (0..network.parameters()).map(|i| i as f64).collect();
    assert_eq!(network.unpack::<f32>(&network.pack::<f32>(&numbers)), numbers);
    assert_eq!(network.unpack::<f64>(&network.pack::<f64>(&numbers)), numbers);
    assert_eq!(network.rows::<f32>(), 2 * 4 + 21);
}
