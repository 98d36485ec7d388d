//! How near to the floor do many dense networks train?
//!
//! Twenty networks 100-110-110-100, a batch of 64 each: forward, reverse, Adam. Items are floating-point
//! operations of the products: three times 2 · 64 · 34 100 a network. Plain networks with tanh save those
//! by the first inputs, which nobody asks for; networks with batch normalisation and ReLU, as published,
//! do not: the first normalisation has parameters too.

use divan::{Bencher, counter::ItemsCount};
use esperance_bench::twenty::{Desks, Kind, NETWORKS, POINTS, Unit, flops};
use ground::kernel::lane::{Real, level_named};
use rayon::prelude::*;

fn main() {
    divan::main();
}

fn train<T: Real>(bencher: Bencher<'_, '_>, kind: Kind, name: &str, threads: usize) {
    let Some(level) = level_named(name) else { return };
    let mut units: Vec<Unit<T>> = (0..NETWORKS).map(|_| Unit::new(kind)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let (desks, mut step) = (Desks::<T>::new(), 0);
    bencher.counter(ItemsCount::new(NETWORKS * POINTS * flops(kind))).bench_local(|| {
        step += 1;
        pool.install(|| {
            units
                .par_iter_mut()
                .with_max_len(1)
                .for_each(|unit| unit.train(kind, level, &desks, step));
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
