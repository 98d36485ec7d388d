//! How many nanoseconds does a normal number cost?
//!
//! One block of 100 coordinates: 1600 numbers in f32, 800 in f64.

use divan::{Bencher, counter::ItemsCount};
use ground::kernel::lane::{Real, level_named};
use ground::kernel::normal::normals;
use ground::stream::Stream;

fn main() {
    divan::main();
}

/// Normal numbers of a block.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn block<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    let stream = Stream::new(1);
    let mut out = vec![T::Row::default(); 100];
    let mut path = 0;
    bencher.counter(ItemsCount::new(100 * T::LANES)).bench_local(|| {
        path += T::LANES as u64;
        normals(level, &stream, path, 3, T::of(0.1), divan::black_box(&mut out));
    });
}

/// The same by the scalar reference.
#[divan::bench]
fn reference(bencher: Bencher<'_, '_>) {
    let stream = Stream::new(1);
    bencher
        .counter(ItemsCount::new(100usize))
        .bench_local(|| (0..100).map(|i| stream.normal(7, 3, i)).sum::<f64>());
}

/// The floor: items are floating-point operations.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn peak<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    bencher
        .counter(ItemsCount::new(esperance_bench::PEAK_FLOPS * T::LANES))
        .bench_local(|| esperance_bench::peak(level, divan::black_box(T::of(0.5))));
}
