//! Training as DeePMD-kit trains: statistics, loss, gradient, steps.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod golden;

use atoms::form::Statistics;
use atoms::problem::statistics::{Environments, bias};
use atoms::problem::{Embedding, ForceMatching};
use atoms::training::Training;
use frame::{Adam, Batch, Coupled, Descent, Functional, Precision, Purpose, Run};
use golden::training::{STEPS, curve, off, problem, rate, start, system, weights};
use ground::kernel::update::AdamForm;

/// The batch of a step.
fn batch(step: u64) -> Batch {
    Batch { purpose: Purpose::Training, step, n: 2 }
}

fn adam(form: AdamForm) -> Adam {
    Adam { rate: rate(), beta2: 0.999, form, clip: None, ..Adam::cosine(STEPS) }
}

#[test]
fn statistics_agree() {
    if golden::folder().is_none() {
        return;
    }
    let form = start().form;
    let all: Vec<_> = ["sys_a", "sys_b", "sys_c"].iter().flat_map(|name| system(name)).collect();
    let each: Vec<_> = all.iter().collect();
    let found = Environments::of(&each, 2, form.switch).unwrap();
    let found = found.statistics(form.slots(), 0.01, form.switch.to);
    for (found, right) in found.iter().zip(&form.statistics) {
        let numbers = |s: &Statistics| [s.mean, s.radial, s.angular];
        for (found, right) in numbers(found).into_iter().zip(numbers(right)) {
            assert!((found - right).abs() < 1e-15, "{found} {right}");
        }
    }
    let labelled = all.iter().map(|s| (&*s.types, s.labels.energy.unwrap()));
    for (found, right) in bias(labelled, 2).unwrap().iter().zip(&form.bias) {
        assert!((found - right).abs() < 1e-13, "{found} {right}");
    }
}

/// Loss and gradient at the start, then ten steps.
fn agrees<J: Functional>(mut j: J, form: AdamForm, gradient_within: f64, weights_within: f64) {
    let potential = start();
    let mut theta = potential.theta.clone();
    let mut gradient = theta.zeros_like();
    let value = j.gradient(&theta, batch(0), &mut gradient).unwrap();
    let right = curve()[0][1].powi(2);
    assert!((value.mean / right - 1.0).abs() < 1e-9, "loss {} {right}", value.mean);
    for (k, right) in weights(&potential.form, "grad0").iter().enumerate() {
        let off = off(&gradient.get(k), right);
        assert!(off < gradient_within, "gradient of block {k}: {off:e}");
    }
    let mut descent = adam(form);
    for (step, row) in (0..STEPS).zip(curve()) {
        let value = descent.step(&mut theta, &mut j, batch(step)).unwrap();
        let right = row[1].powi(2);
        assert!((value.mean / right - 1.0).abs() < 1e-6, "loss {step}: {} {right}", value.mean);
        for (k, right) in weights(&potential.form, &format!("w{}", step + 1)).iter().enumerate() {
            let found = theta.get(k);
            let off = found.iter().zip(right).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
            assert!(off < weights_within, "block {k} after {} steps: {off:e}", step + 1);
        }
    }
}

fn tape(embedding: Embedding) -> Coupled<ForceMatching, atoms::DeepPotential> {
    Coupled::new(problem(embedding, false), start().form, &Run::new(STEPS))
}

#[test]
fn the_tape_agrees() {
    if golden::folder().is_none() {
        return;
    }
    agrees(tape(Embedding::Networks), AdamForm::Keras, 1e-9, 1e-7);
}

fn plan(embedding: Embedding, single: bool) -> Training {
    let run = Run::new(STEPS).precision(Precision::F64);
    Training::new(problem(embedding, single), start().form, &run).unwrap()
}

#[test]
fn the_plan_agrees() {
    if golden::folder().is_none() {
        return;
    }
    agrees(plan(Embedding::Networks, false), AdamForm::Keras, 1e-9, 1e-7);
    agrees(plan(Embedding::Networks, true), AdamForm::TensorFlow, 1e-9, 1e-9);
    agrees(plan(Embedding::Nodes, false), AdamForm::Keras, 1e-6, 1e-6);
}

/// What looks tell is what the reference prints, row by row.
#[test]
fn the_curve_agrees() {
    if golden::folder().is_none() {
        return;
    }
    let (mut j, mut theta) = (plan(Embedding::Networks, true), start().theta);
    let mut descent = adam(AdamForm::TensorFlow);
    let names = ["rmse_trn", "rmse_e_trn", "rmse_f_trn", "rmse_v_trn"];
    for (step, row) in (0..).zip(curve()) {
        j.value(&theta, Batch { purpose: Purpose::Validation, step, n: 2 }).unwrap();
        let told = j.told();
        assert_eq!(told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
        for ((name, found), right) in told.iter().zip(&row[1..]) {
            assert!((found / right - 1.0).abs() < 1e-8, "{name} at {step}: {found} {right}");
        }
        descent.step(&mut theta, &mut j, batch(step)).unwrap();
    }
}
