//! How near to the floor do many dense networks train?
//!
//! Twenty networks 100-110-110-100 with tanh, a batch of 64 each: forward, reverse, Adam. Items are
//! floating-point operations of the products: three times 2 · 64 · 34 100 a network, less those by the
//! first inputs, which nobody asks for.

use divan::{Bencher, counter::ItemsCount};
use ground::kernel::dense::{Batch, Dense, Gradient, rows};
use ground::kernel::lane::{Real, Row, level_named};
use ground::kernel::network::Activation;
use ground::kernel::update::{AdamForm, Update};
use rayon::prelude::*;

const NETWORKS: usize = 20;
const POINTS: usize = 64;

fn main() {
    divan::main();
}

fn network() -> Dense {
    Dense { widths: vec![100, 110, 110, 100], activation: Activation::Tanh }
}

/// One network with everything it works with.
struct Unit<T: Real> {
    theta: Vec<T::Row>,
    memory: [Vec<T::Row>; 2],
    input: Vec<T::Row>,
    cache: Vec<T::Row>,
    output: Vec<T::Row>,
    scratch: Vec<T::Row>,
}

impl<T: Real> Unit<T> {
    fn new() -> Self {
        let network = network();
        let numbers: Vec<f64> = (0..network.parameters()).map(|i| 0.1 * (i as f64).sin()).collect();
        let theta = network.pack::<T>(&numbers);
        let zeros = |n: usize| vec![T::Row::default(); n];
        Self {
            memory: [zeros(theta.len()), zeros(theta.len())],
            theta,
            input: vec![T::Row::splat(T::of(0.3)); POINTS * rows::<T>(100)],
            cache: zeros(network.cache_rows::<T>(POINTS)),
            output: zeros(POINTS * rows::<T>(100)),
            scratch: Vec::new(),
        }
    }

    fn train(&mut self, network: &Dense, name: &str, step: u64) {
        let Some(level) = level_named(name) else { return };
        let (theta, cache, output) = (&mut self.theta, &mut self.cache, &mut self.output);
        network.forward::<T>(level, theta, POINTS, &self.input, cache, output);
        let batch: Batch<'_, T> = Batch { n: POINTS, input: &self.input, cache, seeds: output };
        let (rate, beta1, beta2, eps) = (1e-6, 0.9, 0.999, 1e-8);
        let adam = Update::Adam { rate, beta1, beta2, eps, step, form: AdamForm::Keras };
        let [m, v] = &mut self.memory;
        let into = Gradient::Move { memory: [m, v], rule: adam.rule() };
        network.reverse(level, theta, batch, &mut self.scratch, into, None);
    }
}

fn flops() -> usize {
    NETWORKS * POINTS * (3 * network().flops() - 2 * 100 * 110)
}

fn train<T: Real>(bencher: Bencher<'_, '_>, name: &str, threads: usize) {
    if level_named(name).is_none() {
        return;
    }
    let network = network();
    let mut units: Vec<Unit<T>> = (0..NETWORKS).map(|_| Unit::new()).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let mut step = 0;
    bencher.counter(ItemsCount::new(flops())).bench_local(|| {
        step += 1;
        pool.install(|| {
            units.par_iter_mut().for_each(|unit| unit.train(&network, name, step));
        });
    });
}

#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn one_thread<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    train::<T>(bencher, name, 1);
}

#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn two_threads<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    train::<T>(bencher, name, 2);
}

/// The floor: items are floating-point operations.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn peak<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    bencher
        .counter(ItemsCount::new(esperance_bench::PEAK_FLOPS * T::LANES))
        .bench_local(|| esperance_bench::peak(level, divan::black_box(T::of(0.5))));
}
