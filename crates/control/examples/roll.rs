use control::case::*;
use control::plan::Plan;
use control::problem::Control;
use frame::{Batch, Functional as _, Precision, Purpose, Representation as _, Run};
use ground::stream::Stream;
use std::time::Instant;

fn go<M: control::Model>(
    model: M,
    hidden: &[usize],
    skip: bool,
    precision: Precision,
    threads: usize,
) {
    let shape = model.shape();
    let form = control::Policy {
        steps: shape.steps,
        seen: shape.seen,
        said: shape.said,
        memory: 0,
        hidden: hidden.to_vec(),
        activation: ground::kernel::network::Activation::Relu,
        skip,
        shared: false,
        bias: model.bias(),
    };
    let run = Run { threads, precision, ..Run::new(1000) };
    let mut theta = form.init(precision, &Stream::new(1)).unwrap();
    let mut plan = Plan::new(Control { model }, form, &run).unwrap();
    let by = frame::Move {
        update: ground::kernel::update::Update::Adam {
            rate: 1e-3,
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            form: ground::kernel::update::AdamForm::Torch,
            step: 1,
        },
        clip: None,
    };
    let mut best = f64::MAX;
    for w in 0..12 {
        let t = Instant::now();
        for k in 0..10 {
            plan.descend(
                &mut theta,
                Batch { purpose: Purpose::Training, step: w * 10 + k, n: 256 },
                by,
            )
            .unwrap();
        }
        best = best.min(t.elapsed().as_secs_f64() * 100.0);
    }
    println!("{precision:?} {threads} threads: {best:.2} ms");
}
fn main() {
    let which = std::env::args().nth(1).unwrap();
    let lqg = |n: usize| {
        toml::from_str::<Lqg>(&format!("dim = {n}\nhorizon = 20\na = {{ diagonal = 0.95, above = 0.05 }}\nb = 1.0\nq = 0.1\nr = 0.5\nq-end = 1.0\nnoise = 0.01\nstart = 1.0\n")).unwrap().model().unwrap()
    };
    let storage = |n: usize| {
        toml::from_str::<Storage>(&format!("devices = {n}\nhorizon = 20\ncapacity = 30.0\ncharge = 5.0\ndischarge = 5.0\nwind = {{ start = 4, low = 1, high = 7, reach = 1 }}\nprice = {{ start = 50, low = 30, high = 70, reversion = 0.8, reach = 20, width = 200.0 }}\ndemand = {{20 = [3, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3, 4, 5, 6, 6, 7, 6, 6, 5, 4]}}")).unwrap().model().unwrap()
    };
    for p in [Precision::F64, Precision::F32] {
        for threads in [1, 2] {
            if which == "lqg" {
                go(lqg(100), &[], true, p, threads);
            } else {
                go(storage(50), &[110, 110], false, p, threads);
            }
        }
    }
}
