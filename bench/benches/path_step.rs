//! What does one step of one path cost, features, network, driver and all?
//!
//! `value` walks plain blocks on one thread; the time per path and step follows from the counts.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use frame::{Batch, Functional, Precision, Problem, Purpose, Representation, Run};
use ground::stream::Stream;
use paths::known::{BasketCall, HjbLqg, QuadraticGradient};
use paths::problem::DeepBsde;

fn main() {
    divan::main();
}

const PATHS: usize = 512;

fn value(bencher: Bencher<'_, '_>, problem: DeepBsde, precision: Precision) {
    let steps = problem.levels[0];
    let form = problem.default_form();
    let run = Run::new(1).threads(1).precision(precision);
    let theta = form.init(precision, &Stream::new(1)).expect("a start");
    let mut plan = problem.couple(form, &run).expect("a plan");
    let batch = Batch { purpose: Purpose::Validation, step: 1, n: PATHS };
    bencher.counter(ItemsCount::new(PATHS * steps)).bench_local(|| {
        black_box(plan.value(&theta, batch)).expect("finite");
    });
}

#[divan::bench]
fn hjb_100d_f32(bencher: Bencher<'_, '_>) {
    value(bencher, DeepBsde::new(&HjbLqg::new(100, 1.0)).steps(20), Precision::F32);
}

#[divan::bench]
fn hjb_100d_f64(bencher: Bencher<'_, '_>) {
    value(bencher, DeepBsde::new(&HjbLqg::new(100, 1.0)).steps(20), Precision::F64);
}

#[divan::bench]
fn quadratic_gradient_100d_f32(bencher: Bencher<'_, '_>) {
    value(bencher, DeepBsde::new(&QuadraticGradient { dim: 100 }).steps(20), Precision::F32);
}

#[divan::bench]
fn basket_100d_f32(bencher: Bencher<'_, '_>) {
    let call = BasketCall { dim: 100, rate: 0.05, volatility: 0.2, strike: 100.0 };
    let problem = DeepBsde::new(&call).at(&[100.0; 100]).steps(20);
    value(bencher, problem, Precision::F32);
}
