//! How near to the floor does a two-layer network train on its whole sample?
//!
//! R^10, n samples, m neurons, ReLU without biases: forward, reverse and a heavy ball. Items are
//! floating-point operations of the products, 4 n m (d + 1) a move. The floor is that of a thread in the same
//! run; narrow networks fill their last block up with zeros, which are computed for nothing.

use divan::{Bencher, counter::ItemsCount};
use ground::kernel::lane::{Real, level_named};
use ground::kernel::network::Activation;
use ground::kernel::packing::Packing;
use ground::kernel::two_layer::{Regression, TwoLayer};
use ground::kernel::update::Update;
use ground::stream::Stream;

const D: usize = 10;

const SAMPLES: [usize; 5] = [25, 50, 100, 200, 400];

fn main() {
    divan::main();
}

/// Moves before a network starts anew: no neuron dies or settles meanwhile.
const MOVES: u32 = 200;

fn train<T: Real, const M: usize>(bencher: Bencher<'_, '_>, n: usize, name: &str) {
    let Some(level) = level_named(name) else { return };
    let (activation, scale) = (Activation::Relu, 1.0 / M as f64);
    let network = TwoLayer { inputs: D, width: M, bias: false, activation, scale };
    let stream = Stream::new(1);
    let draw = |name: &str, n: usize| -> Vec<f64> {
        (0..n).map(|k| stream.child(name).normal(k as u64, 0, 0)).collect()
    };
    let x = draw("x", n * D);
    let y: Vec<f64> = x.chunks(D).map(|x| x[0].max(0.0)).collect();
    let mut batch = Regression::<T>::new(level, network, &x, &y);
    let inner = Packing::Blocks([M, D]).pack::<T>(&draw("b", M * D));
    let zeros = |n: usize| vec![T::Row::default(); n];
    let [outer_rows, inner_rows, _] = network.rows::<T>();
    let by = Update::Momentum { rate: 1e-3 * M as f64, keep: 0.9 };
    let (mut a, mut b) = ([(); 3].map(|()| zeros(outer_rows)), [(); 3].map(|()| zeros(inner_rows)));
    let mut made = 0;
    bencher.counter(ItemsCount::new(4 * n * M * (D + 1))).bench_local(|| {
        if made % MOVES == 0 {
            b[0].copy_from_slice(&inner);
            a.iter_mut().chain(&mut b[1..]).for_each(|rows| rows.fill(T::Row::default()));
        }
        made += 1;
        let squares = batch.gradient([&a[0], &b[0], &[]], 2.0 / n as f64);
        let rows = |block| <[Vec<T::Row>; 3]>::each_mut(block).map(|rows| &mut rows[..]);
        batch.move_along(by, [rows(&mut a), rows(&mut b), [&mut [], &mut [], &mut []]]);
        squares
    });
}

#[divan::bench(types = [f32, f64], consts = [4, 16, 32, 64, 128, 256, 512], args = SAMPLES)]
fn native<T: Real, const M: usize>(bencher: Bencher<'_, '_>, n: usize) {
    train::<T, M>(bencher, n, "native");
}

#[divan::bench(types = [f32, f64], consts = [16, 512], args = SAMPLES)]
fn avx2<T: Real, const M: usize>(bencher: Bencher<'_, '_>, n: usize) {
    train::<T, M>(bencher, n, "avx2");
}

#[divan::bench(types = [f32, f64], consts = [512], args = SAMPLES)]
fn portable<T: Real, const M: usize>(bencher: Bencher<'_, '_>, n: usize) {
    train::<T, M>(bencher, n, "portable");
}

/// The floor: items are floating-point operations.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn peak<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    bencher
        .counter(ItemsCount::new(esperance_bench::PEAK_FLOPS * T::LANES))
        .bench_local(|| esperance_bench::peak(level, divan::black_box(T::of(0.5))));
}
