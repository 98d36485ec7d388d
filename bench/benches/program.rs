//! What does one operation of a formula program cost, per component?
//!
//! Formulas of x with d = 100 over one block of lanes. The floor is one pass over the rows, a load, a
//! product and a store, in a loop of its own: the least an instruction of a program can cost.

#![allow(clippy::inline_always, reason = "inlining is what makes a level")]

use divan::{Bencher, counter::ItemsCount};
use fearless_simd::Simd;
use fearless_simd::SimdBase;
use ground::dispatch;
use ground::formula::{Expr, Machine, Program, Scope, Shape, Sink, Source, parse};
use ground::kernel::lane::{Real, Row, level_named};

fn main() {
    divan::main();
}

const DIM: usize = 100;

fn x() -> Expr {
    Expr::variable("x", Shape::Vector(DIM))
}

fn formula(text: &str) -> Expr {
    let scope = Scope { dim: Some(DIM), ..Scope::new() }.variable("x", Shape::Vector(DIM));
    parse(text, &scope).expect("a formula")
}

fn point<T: Real>() -> Vec<T::Row> {
    (0..DIM).map(|i| T::Row::splat(T::of(0.1 + 0.01 * i as f64))).collect()
}

#[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
fn a_pass<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
    #[inline(always)]
    fn run<T: Real, S: Simd>(simd: S, from: &[T::Row], to: &mut [T::Row]) {
        let factor = T::V::splat(simd, T::of(1.25));
        for (from, to) in from.iter().zip(to) {
            T::store(T::load(simd, from) * factor, to);
        }
    }
    let Some(level) = level_named(name) else { return };
    let (from, mut to) = (point::<T>(), point::<T>());
    bencher.counter(ItemsCount::new(DIM * T::LANES)).bench_local(|| {
        let (from, to) = (divan::black_box(&from[..]), divan::black_box(&mut to[..]));
        dispatch!(level, simd => run::<T, _>(simd, from, to));
    });
}

fn program<T: Real>(bencher: Bencher<'_, '_>, name: &str, outputs: &[Expr]) {
    let Some(level) = level_named(name) else { return };
    let program = Program::new(&[x()], outputs);
    let mut machine = Machine::<T>::new(&program);
    let point = point::<T>();
    let rows = |e: &Expr| match e.shape() {
        Shape::Scalar => vec![T::Row::default(); 1],
        Shape::Vector(n) => vec![T::Row::default(); n],
    };
    let mut results: Vec<Vec<T::Row>> = outputs.iter().map(rows).collect();
    bencher.counter(ItemsCount::new(DIM * T::LANES)).bench_local(|| {
        let inputs = [Source::Lanes(divan::black_box(&point[..]))];
        let mut sinks: Vec<Sink<'_, T>> = results.iter_mut().map(|r| Sink::Set(r)).collect();
        machine.run(level, &program, &inputs, &mut sinks);
    });
}

/// A formula's value, and its value with its gradient.
macro_rules! formulas {
    ($($name:ident, $with_gradient:ident = $text:expr;)*) => {
        $(
            #[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
            fn $name<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
                program::<T>(bencher, name, &[formula($text)]);
            }

            #[divan::bench(types = [f32, f64], args = esperance_bench::LEVELS)]
            fn $with_gradient<T: Real>(bencher: Bencher<'_, '_>, name: &str) {
                let g = formula($text);
                program::<T>(bencher, name, &[g, g.gradient(x())]);
            }
        )*
    };
}

formulas! {
    product, product_with_gradient = "sum(1.25 * x)";
    norm, norm_with_gradient = "ln(0.5 * (1 + |x|^2))";
    tanh, tanh_with_gradient = "sum(tanh(x))";
    basket, basket_with_gradient = "max(mean(x) - 1, 0)";
    neighbours, neighbours_with_gradient = "sum((x[2:100] - x[1:99])^2)";
}
