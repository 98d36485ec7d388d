//! How many nanoseconds does an elementary function cost an element?
//!
//! 64 rows in the first cache, four registers at once where the function has that form.

#![allow(clippy::inline_always, reason = "inlining is what makes a level")]

use divan::{Bencher, counter::ItemsCount};
use fearless_simd::Simd;
use ground::dispatch;
use ground::kernel::lane::{Real, Row, level_named};
use ground::kernel::math;

fn main() {
    divan::main();
}

const ROWS: usize = 64;

/// Measures a function of four registers over the rows.
macro_rules! element {
    ($name:ident, |$simd:ident, $x:ident| $y:expr) => {
        #[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
        fn $name<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
            #[inline(always)]
            fn run<T: Real, S: Simd>($simd: S, from: &[T::Row], to: &mut [T::Row]) {
                for (from, to) in from.chunks_exact(4).zip(to.chunks_exact_mut(4)) {
                    let $x = [
                        T::load($simd, &from[0]),
                        T::load($simd, &from[1]),
                        T::load($simd, &from[2]),
                        T::load($simd, &from[3]),
                    ];
                    for (y, to) in $y.into_iter().zip(to) {
                        T::store(y, to);
                    }
                }
            }
            let Some(level) = level_named(name) else { return };
            let from: Vec<T::Row> =
                (0..ROWS).map(|i| T::Row::splat(T::of(0.1 + 0.05 * i as f64))).collect();
            let mut to = from.clone();
            bencher.counter(ItemsCount::new(ROWS * T::LANES)).bench_local(|| {
                let (from, to) = (divan::black_box(&from[..]), divan::black_box(&mut to[..]));
                dispatch!(level, simd => run::<T, _>(simd, from, to));
            });
        }
    };
    ($name:ident, $f:ident) => {
        element!($name, |simd, x| [
            math::$f::<T, _>(simd, x[0]),
            math::$f::<T, _>(simd, x[1]),
            math::$f::<T, _>(simd, x[2]),
            math::$f::<T, _>(simd, x[3]),
        ]);
    };
}

element!(exp, |simd, x| math::exp_n::<T, _, 4>(simd, x));
element!(tanh, |simd, x| math::tanh_n::<T, _, 4>(simd, x));
element!(sigmoid, |simd, x| math::sigmoid_n::<T, _, 4>(simd, x));
element!(ln, ln);
element!(sin, sin);
element!(softplus, softplus);
element!(gelu, gelu);

/// std, for comparison.
#[divan::bench(types = [f32, f64])]
fn std_tanh<T: Real>(bencher: Bencher<'_, '_>) {
    let x: Vec<T> = (0..1024).map(|i| T::of(0.1 + 0.003 * f64::from(i))).collect();
    bencher
        .counter(ItemsCount::new(x.len()))
        .bench_local(|| divan::black_box(&x).iter().map(|x| x.wide().tanh()).sum::<f64>());
}

/// The floor: items are floating-point operations.
#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn peak<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    let Some(level) = level_named(name) else { return };
    bencher
        .counter(ItemsCount::new(esperance_bench::PEAK_FLOPS * T::LANES))
        .bench_local(|| esperance_bench::peak(level, divan::black_box(T::of(0.5))));
}
