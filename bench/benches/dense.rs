//! How near to the floor do many dense networks train?
//!
//! Twenty networks 100-110-110-100, a batch of 64 each: forward, reverse, Adam. Items are floating-point
//! operations of the products: three times 2 · 64 · 34 100 a network. Plain networks with tanh save those
//! by the first inputs, which nobody asks for; networks with batch normalisation and ReLU, as published,
//! do not: the first normalisation has parameters too.

use divan::{Bencher, counter::ItemsCount};
use ground::kernel::dense::{Batch, Dense, Gradient, Normed, Skip, rows};
use ground::kernel::lane::{Level, Real, level_named};
use ground::kernel::network::Activation;
use ground::kernel::update::{AdamForm, Update};
use rayon::prelude::*;

const NETWORKS: usize = 20;
const POINTS: usize = 64;

fn main() {
    divan::main();
}

fn plain() -> Dense {
    let widths = vec![100, 110, 110, 100];
    Dense { widths, activation: Activation::Tanh, skip: Skip::Nothing }
}

fn normed() -> Normed {
    Normed { widths: vec![100, 110, 110, 100], activation: Activation::Relu, eps: 1e-6 }
}

/// Operations of one network and one point.
fn flops(kind: Kind) -> usize {
    match kind {
        Kind::Plain => 3 * plain().flops() - 2 * 100 * 110,
        Kind::Normed => 3 * normed().flops(),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Normed,
}

/// One network with everything it works with.
struct Unit<T: Real> {
    theta: Vec<T::Row>,
    memory: [Vec<T::Row>; 2],
    input: Vec<T::Row>,
    cache: Vec<T::Row>,
    output: Vec<T::Row>,
    statistics: Vec<T::Row>,
    scratch: Vec<T::Row>,
}

fn zeros<T: Real>(n: usize) -> Vec<T::Row> {
    vec![T::Row::default(); n]
}

impl<T: Real> Unit<T> {
    fn new(kind: Kind) -> Self {
        let numbers = |n: usize| -> Vec<f64> { (0..n).map(|i| 0.1 * (i as f64).sin()).collect() };
        let (theta, cache, statistics) = match kind {
            Kind::Plain => {
                let network = plain();
                let theta = network.pack::<T>(&numbers(network.parameters()));
                (theta, network.cache_rows::<T>(POINTS), 0)
            }
            Kind::Normed => {
                let network = normed();
                let theta = network.pack::<T>(&numbers(network.parameters()));
                (theta, network.cache_rows::<T>(POINTS), network.statistics_rows::<T>())
            }
        };
        let mut input = zeros::<T>(POINTS * rows::<T>(100));
        for (i, row) in input.iter_mut().enumerate() {
            for (l, lane) in row.as_mut().iter_mut().enumerate() {
                *lane = T::of((1.7 * i as f64 + l as f64).sin());
            }
        }
        Self {
            memory: [zeros::<T>(theta.len()), zeros::<T>(theta.len())],
            theta,
            input,
            cache: zeros::<T>(cache),
            output: zeros::<T>(POINTS * rows::<T>(100)),
            statistics: zeros::<T>(statistics),
            scratch: Vec::new(),
        }
    }

    fn train(&mut self, kind: Kind, level: Level, step: u64) {
        let Self { theta, memory: [m, v], input, cache, output, statistics, scratch } = self;
        let (rate, beta1, beta2, eps) = (1e-6, 0.9, 0.999, 1e-8);
        let adam = Update::Adam { rate, beta1, beta2, eps, step, form: AdamForm::Keras };
        let into = Gradient::Move { memory: [m, v], rule: adam.rule() };
        match kind {
            Kind::Plain => {
                let network = plain();
                network.forward::<T>(level, theta, POINTS, input, cache, output);
                let batch: Batch<'_, T> = Batch { n: POINTS, input, cache, seeds: output };
                network.reverse(level, theta, batch, scratch, into, None);
            }
            Kind::Normed => {
                let network = normed();
                network.forward::<T>(level, theta, POINTS, input, cache, output, statistics);
                let batch: Batch<'_, T> = Batch { n: POINTS, input, cache, seeds: output };
                network.reverse(level, theta, batch, scratch, into, None);
            }
        }
    }
}

fn train<T: Real>(bencher: Bencher<'_, '_>, kind: Kind, name: &str, threads: usize) {
    let Some(level) = level_named(name) else { return };
    let mut units: Vec<Unit<T>> = (0..NETWORKS).map(|_| Unit::new(kind)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let mut step = 0;
    bencher.counter(ItemsCount::new(NETWORKS * POINTS * flops(kind))).bench_local(|| {
        step += 1;
        pool.install(|| {
            units.par_iter_mut().for_each(|unit| unit.train(kind, level, step));
        });
    });
}

#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn one_thread<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    train::<T>(bencher, Kind::Plain, name, 1);
}

#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn two_threads<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    train::<T>(bencher, Kind::Plain, name, 2);
}

#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn normed_one_thread<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    train::<T>(bencher, Kind::Normed, name, 1);
}

#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn normed_two_threads<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    train::<T>(bencher, Kind::Normed, name, 2);
}

/// The floor: items are floating-point operations.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn peak<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    bencher
        .counter(ItemsCount::new(esperance_bench::PEAK_FLOPS * T::LANES))
        .bench_local(|| esperance_bench::peak(level, divan::black_box(T::of(0.5))));
}
