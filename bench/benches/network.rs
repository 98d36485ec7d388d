//! How many nanoseconds does a small network cost a sample?
//!
//! 8-32-32-6 with tanh: 2944 floating-point operations and 64 tanh a sample forward. Reverse is
//! that of 20 evaluations, parameters only: twice the products of forward.

use divan::{Bencher, counter::ItemsCount};
use ground::kernel::lane::{Real, Row, level_named};
use ground::kernel::network::{Activation, Evaluations, Network};

fn main() {
    divan::main();
}

fn network() -> Network {
    Network { widths: vec![8, 32, 32, 6], activation: Activation::Tanh }
}

fn theta<T: Real>() -> Vec<T> {
    (0..network().len()).map(|i| T::of(0.2 * (i as f64).sin())).collect()
}

/// Items are samples.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn forward<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    let (network, theta) = (network(), theta::<T>());
    let input = [T::Row::splat(T::of(0.3)); 8];
    let mut cache = vec![T::Row::default(); network.cache_rows()];
    let mut output = [T::Row::default(); 6];
    bencher.counter(ItemsCount::new(T::LANES)).bench_local(|| {
        network.forward(level, &theta, divan::black_box(&input), &mut cache, &mut output);
    });
}

/// Items are samples.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn reverse<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    let (network, theta) = (network(), theta::<T>());
    let count = 20;
    let inputs = vec![T::Row::splat(T::of(0.3)); 8 * count];
    let caches = vec![T::Row::splat(T::of(0.4)); network.cache_rows() * count];
    let seeds = vec![T::Row::splat(T::of(1.0)); 6 * count];
    let mut gradient = vec![T::of(0.0); network.len()];
    let mut scratch = Vec::new();
    bencher.counter(ItemsCount::new(T::LANES * count)).bench_local(|| {
        let batch = Evaluations {
            inputs: divan::black_box(&inputs),
            caches: &caches,
            seeds: &seeds,
            count,
        };
        network.reverse(level, &theta, batch, &mut scratch, &mut gradient);
    });
}

/// The floor: items are floating-point operations.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn peak<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    bencher
        .counter(ItemsCount::new(esperance_bench::PEAK_FLOPS * T::LANES))
        .bench_local(|| esperance_bench::peak(level, divan::black_box(T::of(0.5))));
}
