//! How near to the floor do many dense networks train?
//!
//! Twenty networks 100-110-110-100 with tanh, a batch of 64 each: forward, reverse, Adam. Items are
//! floating-point operations of the products: three times 2 · 64 · 34 100 a network, less those by the
//! first inputs, which nobody asks for.

use divan::{Bencher, counter::ItemsCount};
use esperance_bench::twenty::{NETWORKS, POINTS, Unit, network};
use ground::kernel::lane::{Real, level_named};
use rayon::prelude::*;

fn main() {
    divan::main();
}

fn flops() -> usize {
    NETWORKS * POINTS * (3 * network().flops() - 2 * 100 * 110)
}

fn train<T: Real>(bencher: Bencher<'_, '_>, name: &str, threads: usize) {
    let Some(level) = level_named(name) else { return };
    let network = network();
    let mut units: Vec<Unit<T>> = (0..NETWORKS).map(|_| Unit::new(&network)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let mut step = 0;
    bencher.counter(ItemsCount::new(flops())).bench_local(|| {
        step += 1;
        pool.install(|| {
            units.par_iter_mut().for_each(|unit| unit.train(&network, level, step));
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
