//! Rates in time against their formulas and against those of DeePMD-kit.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use super::*;

#[test]
fn exact_values() {
    let cosine = Schedule::Cosine { from: 1e-2, to: 1e-4 };
    assert!((cosine.at(0, 300) - 1e-2).abs() < 1e-17);
    assert!((cosine.at(150, 300) - 0.00505).abs() < 1e-15);
    assert!((cosine.at(300, 300) - 1e-4).abs() < 1e-17);
    let exponential = Schedule::Exponential { from: 1.0, to: 0.01 };
    assert!((exponential.at(5, 10) - 0.1).abs() < 1e-15);
    let steps = Schedule::Steps { at: vec![2, 4], values: vec![3.0, 2.0, 1.0] };
    let seen: Vec<f64> = (0..6).map(|i| steps.at(i, 6)).collect();
    assert_eq!(seen, [3.0, 3.0, 2.0, 2.0, 1.0, 1.0]);
}

#[test]
fn exact_staircase() {
    let stairs = |ratio| Schedule::Staircase { from: 1.0, to: 0.125, every: 3, ratio };
    let given: Vec<f64> = (0..13).map(|i| stairs(Some(0.5)).at(i, 12)).collect();
    let exact = [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125];
    assert_eq!(given[..12], exact);
    assert_eq!(given[12], 0.125, "never below the last");
    // (1/8)^(3/9) = 1/2.
    for (i, exact) in [(0, 1.0), (2, 1.0), (3, 0.5), (6, 0.25), (8, 0.25), (9, 0.125)] {
        assert!((stairs(None).at(i, 9) - exact).abs() < 1e-15, "at {i}");
    }
}

#[test]
fn exact_plateau() {
    let plateau = |tail| Schedule::Plateau { from: 1.0, to: 0.5, fall: 4, tail };
    for (tail, half) in [(Tail::Inverse, 2.0 / 3.0), (Tail::Linear, 0.75), (Tail::Cosine, 0.75)] {
        let seen = [0, 6, 8, 10, 12].map(|i| plateau(tail).at(i, 10));
        let exact = [1.0, 1.0, half, 0.5, 0.5];
        assert!(seen.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-15), "{tail:?}: {seen:?}");
    }
    // A fall longer than the run takes the run.
    assert!((plateau(Tail::Linear).at(1, 2) - 0.75).abs() < 1e-15);
}

#[test]
fn exact_warm_up() {
    let then = Schedule::Plateau { from: 1.0, to: 0.5, fall: 5, tail: Tail::Linear };
    let warm = Schedule::WarmUp { steps: 4, share: 0.2, then: Box::new(then) };
    let seen = [0, 1, 3, 4, 5, 10, 14].map(|i| warm.at(i, 14));
    let exact = [0.2, 0.4, 0.8, 1.0, 1.0, 0.9, 0.5];
    assert!(seen.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-15), "{seen:?}");
    assert_eq!(warm.start(), 1.0);
}

/// A schedule from the options of DeePMD-kit.
fn schedule(options: &Value, n: u64) -> Schedule {
    let number = |key: &str| options.get(key).and_then(Value::as_f64);
    let whole = |key: &str| options.get(key).and_then(Value::as_u64);
    let from = number("start_lr").unwrap();
    let to = number("stop_lr").unwrap_or_else(|| from * number("stop_lr_ratio").unwrap());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, positive")]
    let part = |share: f64| (share * n as f64) as u64;
    let warm = whole("warmup_steps").or(number("warmup_ratio").map(part)).unwrap_or(0);
    let rest = n - warm;
    let ratio = number("decay_rate");
    let mut every = whole("decay_steps").unwrap_or(5000);
    if ratio.is_none() && every >= rest {
        every = if rest / 10 > 100 { 100 } else { rest / 100 + 1 };
    }
    let then = match options["type"].as_str().unwrap() {
        "exp" if options.get("smooth").is_some() => Schedule::Exponential { from, to },
        "exp" => Schedule::Staircase { from, to, every, ratio },
        "cosine" => Schedule::Cosine { from, to },
        "wsd" => {
            let tail = match options.get("decay_type").and_then(Value::as_str) {
                None | Some("inverse_linear") => Tail::Inverse,
                Some("linear") => Tail::Linear,
                Some("cosine") => Tail::Cosine,
                other => panic!("{other:?}"),
            };
            let fall = part(number("decay_phase_ratio").unwrap_or(0.1)).clamp(1, rest);
            Schedule::Plateau { from, to, fall, tail }
        }
        other => panic!("{other}"),
    };
    let share = number("warmup_start_factor").unwrap_or(0.0);
    if warm == 0 { then } else { Schedule::WarmUp { steps: warm, share, then: Box::new(then) } }
}

#[test]
fn agree_with_deepmd_kit() {
    let path = "../../../shared/data/deeppot_golden/lr_schedules.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let Ok(text) = std::fs::read_to_string(&path) else {
        let _unheard = writeln!(std::io::stderr(), "left out: {} is not there", path.display());
        return;
    };
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(all.len(), 11);
    for set in all {
        let n = set["options"]["num_steps"].as_u64().unwrap();
        let schedule = schedule(&set["options"], n);
        let start = set["options"]["start_lr"].as_f64().unwrap();
        assert_eq!(schedule.start(), start);
        let rows = set["step"].as_array().unwrap().iter().zip(set["lr"].as_array().unwrap());
        for (step, rate) in rows {
            let (step, rate) = (step.as_u64().unwrap(), rate.as_f64().unwrap());
            let off = (schedule.at(step, n) - rate).abs() / start;
            assert!(off <= 2e-16, "{}: step {step}: {off:e} of the start", set["options"]);
        }
    }
}
