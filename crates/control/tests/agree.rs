//! The plan against the tape, and its gradient against differences.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{LOSSY, agrees, consumption, execution, liquidation, lqg, policy, storage, weights};
use control::model::OnTape;
use control::plan::Plan;
use control::policy::Policy;
use control::problem::Control;
use frame::{Batch, Functional as _, Precision, Purpose, Run};

#[test]
fn plan_and_tape() {
    let model = lqg(3, "");
    agrees(&model, &policy(&model, &[], true));
    agrees(&model, &policy(&model, &[7, 5], true));
    agrees(&model, &Policy { shared: true, ..policy(&model, &[9], false) });
    let model = lqg(3, "delayed = true");
    agrees(&model, &policy(&model, &[6], true));
    let seen = lqg(4, "spread = 0.25\nobservation = { of = [1, 3], noise = 0.25 }");
    agrees(&seen, &Policy { memory: 5, ..policy(&seen, &[], true) });
    agrees(&seen, &Policy { memory: 3, ..policy(&seen, &[8], true) });
    let model = execution(3, 2, 6);
    agrees(&model, &policy(&model, &[8], true));
    let model = liquidation(1e-6);
    agrees(&model, &policy(&model, &[8], true));
    let model = consumption(3.0);
    agrees(&model, &policy(&model, &[8], false));
    let paid = "limits = \"penalty\"\npenalty = 30.0";
    for (n, more) in [(1, ""), (4, ""), (5, LOSSY), (4, paid)] {
        let model = storage(n, 10, 15.0, more);
        agrees(&model, &policy(&model, &[10], false));
        agrees(&model, &Policy { memory: 3, shared: true, ..policy(&model, &[10], true) });
    }
}

#[test]
fn gradients_are_differences() {
    fn differ<M: OnTape>(model: &M, form: &Policy, step: f64) {
        let run = Run { threads: 2, precision: Precision::F64, ..Run::new(10) };
        let mut plan = Plan::new(Control::new(model.clone()), form.clone(), &run).unwrap();
        let theta = weights(form, Precision::F64);
        let batch = Batch { purpose: Purpose::Training, step: 0, n: 64 };
        let mut gradient = theta.zeros_like();
        plan.gradient(&theta, batch, &mut gradient).unwrap();
        for k in 0..theta.layout().blocks.len() {
            let own = gradient.get(k);
            let largest = own.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            for i in (0..own.len()).step_by(own.len().div_ceil(5)) {
                let mut at = |h: f64| {
                    let mut moved = theta.clone();
                    let mut numbers = theta.get(k);
                    numbers[i] += h;
                    moved.set(k, &numbers);
                    plan.value(&moved, batch).unwrap().mean
                };
                let slope = (8.0 * (at(step) - at(-step)) - (at(2.0 * step) - at(-2.0 * step)))
                    / (12.0 * step);
                assert!(
                    (slope - own[i]).abs() <= 1e-6 * largest,
                    "block {k}, {i}: {slope}, {}",
                    own[i]
                );
            }
        }
    }
    let model = lqg(3, "");
    differ(&model, &policy(&model, &[7], true), 1e-3);
    let model = execution(2, 2, 5);
    differ(&model, &policy(&model, &[7], true), 1e-3);
    let model = consumption(3.0);
    differ(&model, &policy(&model, &[7], false), 1e-3);
    // Kinks are where paths meet limits: a step so small meets few.
    let model = storage(4, 10, 15.0, "limits = \"projection\"");
    differ(&model, &policy(&model, &[7], false), 1e-7);
}

#[test]
fn precisions_agree() {
    let model = storage(4, 10, 0.0, "");
    let form = policy(&model, &[10], false);
    let value = |precision: Precision| {
        let run = Run { precision, ..Run::new(10) };
        let mut plan = Plan::new(Control::new(model.clone()), form.clone(), &run).unwrap();
        let batch = Batch { purpose: Purpose::Validation, step: 0, n: 256 };
        plan.value(&weights(&form, precision), batch).unwrap().mean
    };
    let [single, double] = [Precision::F32, Precision::F64].map(value);
    assert!((single - double).abs() < 1e-5 * double.abs(), "{single} {double}");
}
