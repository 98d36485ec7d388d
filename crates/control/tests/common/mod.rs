//! Cases of the tests, as a case file would write them.
#![allow(dead_code, reason = "every test uses some of them")]

use control::case::{Consumption, Execution, Liquidation, Lqg, Storage};
use control::model::{self, Model, OnTape};
use control::plan::Plan;
use control::policy::Policy;
use control::problem::Control;
use frame::{
    Batch, Coupled, Functional as _, Params, Precision, Purpose, Representation as _, Run,
};
use ground::kernel::network::Activation;
use ground::stream::Stream;

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|e| panic!("{e}"))
}

/// C1 of n components.
pub(crate) fn lqg(n: usize, more: &str) -> model::lqg::Lqg {
    let text = format!(
        "dim = {n}\nhorizon = 20\na = {{ diagonal = 0.95, above = 0.05 }}\nb = 1.0\nq = 0.1\nr = 0.5\n\
         q-end = 1.0\nnoise = 0.01\nstart = 1.0\n{more}"
    );
    read::<Lqg>(&text).model().unwrap()
}

/// C3.
pub(crate) fn execution(n: usize, m: usize, steps: usize) -> model::execution::Execution {
    let text = format!(
        "stocks = {n}\ninformation = {m}\nhorizon = {steps}\n\
         impact = {{ scale = 1e-8, diagonal = 2.0, decay = 0.5 }}\ninfluence = {{ cosine = 0.005 }}\n\
         memory = {{ diagonal = 0.7, above = 0.1 }}\nnews = 0.25\n\
         returns = {{ scale = 3.076923076923077e-5, diagonal = 0.7, all = 0.3 }}\nstart = 5e6"
    );
    read::<Execution>(&text).model().unwrap()
}

const DEMAND: &str = "
[demand]
3  = [3, 0, 4]
10 = [3, 0, 0, 0, 0, 3, 5, 6, 6, 5]
15 = [3, 1, 0, 0, 0, 0, 0, 2, 3, 5, 6, 6, 6, 5, 4]
20 = [3, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3, 4, 5, 6, 6, 7, 6, 6, 5, 4]
30 = [3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 4, 5, 5, 6, 6, 6, 6, 6, 6, 5, 5, 4, 3]
";

/// C4 and C5: n devices.
pub(crate) fn storage(n: usize, steps: usize, start: f64, more: &str) -> model::storage::Storage {
    let text = format!(
        "devices = {n}\nhorizon = {steps}\ncapacity = 30.0\ncharge = 5.0\ndischarge = 5.0\nstart = {start:?}\n\
         wind = {{ start = 4, low = 1, high = 7, reach = 1 }}\n\
         price = {{ start = 50, low = 30, high = 70, reversion = 0.8, reach = 20, width = 200.0 }}\n{more}\n\
         {DEMAND}"
    );
    read::<Storage>(&text).model().unwrap()
}

/// C5h.
pub(crate) const LOSSY: &str = "
shares = { capacity = [1.0, 1.5, 2.0], charge = [1.0, 1.25, 1.5, 1.75, 2.0], discharge-reversed = [1.0, 1.25, 1.5, 1.75, 2.0] }
charge-efficiency = [0.84, 0.88, 0.92, 0.96]
discharge-efficiency = [0.98, 0.94, 0.90]
";

/// C2.
pub(crate) fn liquidation(lambda: f64) -> model::liquidation::Liquidation {
    let text = format!(
        "shares = 1e6\ndays = 5\nprice = 50.0\nsigma = 0.95\ngamma = 2.5e-7\neta = 2.5e-6\n\
         epsilon = 0.0625\nlambda = {lambda:e}"
    );
    read::<Liquidation>(&text).model().unwrap()
}

/// C7.
pub(crate) fn consumption(wealth: f64) -> model::consumption::Consumption {
    let text = format!(
        "horizon = 10\nwealth = {wealth:?}\ncash = 1.02\nmargin = 0.5\ndiscount = 0.96\n\
         gains = [[1.25, 1.3, 0.3], [1.25, 0.8, 0.2], [0.9, 1.3, 0.2], [0.9, 0.8, 0.3]]\n\
         income = [[0.6, 0.5], [1.4, 0.5]]"
    );
    read::<Consumption>(&text).model().unwrap()
}

/// A policy of tanh.
pub(crate) fn policy(model: &impl Model, hidden: &[usize], skip: bool) -> Policy {
    let shape = model.shape();
    Policy {
        steps: shape.steps,
        seen: shape.seen,
        said: shape.said,
        memory: 0,
        hidden: hidden.to_vec(),
        activation: Activation::Tanh,
        skip,
        shared: false,
        stationary: false,
        bias: model.bias(),
    }
}

/// Weights that do something.
pub(crate) fn weights(form: &Policy, precision: Precision) -> Params {
    let mut theta = form.init(precision, &Stream::new(5)).unwrap();
    let stream = Stream::new(6);
    for k in 0..theta.layout().blocks.len() {
        let mut numbers = theta.get(k);
        for (i, x) in numbers.iter_mut().enumerate() {
            *x += 0.1 * stream.normal(k as u64, 0, i);
        }
        theta.set(k, &numbers);
    }
    theta
}

/// The plan is the tape, and its bits do not depend on threads.
pub(crate) fn agrees<M: OnTape>(model: &M, form: &Policy) {
    let run = Run { threads: 2, precision: Precision::F64, ..Run::new(10) };
    let mut tape = Coupled::new(Control::new(model.clone()), form.clone(), &run);
    let mut plan = Plan::new(Control::new(model.clone()), form.clone(), &run).unwrap();
    let theta = weights(form, Precision::F64);
    let batch = Batch { purpose: Purpose::Training, step: 3, n: 150 };
    let [mut due, mut found] = [theta.zeros_like(), theta.zeros_like()];
    let value = tape.gradient(&theta, batch, &mut due).unwrap();
    let other = plan.gradient(&theta, batch, &mut found).unwrap();
    assert!((value.mean - other.mean).abs() < 1e-12 * value.mean.abs(), "{value:?} {other:?}");
    for k in 0..theta.layout().blocks.len() {
        let (due, found) = (due.get(k), found.get(k));
        let largest = due.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for (i, (a, b)) in due.iter().zip(&found).enumerate() {
            assert!((a - b).abs() <= 1e-10 * largest, "block {k}, number {i}: {a}, {b}");
        }
    }
    // The same bits for any number of threads.
    let alone = Run { threads: 1, ..run };
    let mut one = Plan::new(Control::new(model.clone()), form.clone(), &alone).unwrap();
    let mut again = theta.zeros_like();
    one.gradient(&theta, batch, &mut again).unwrap();
    assert_eq!(again.flat(), found.flat());
}
