//! Rates in time against those of DeePMD-kit, where its numbers are at hand.
//!
//! To 2^-52 of the first rate: the smooth exponential is one power here and two there.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::io::Write as _;
use std::path::Path;

use frame::descent::schedule::{Schedule, Tail};
use serde_json::Value;

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
            assert!(off <= f64::EPSILON, "{}: step {step}: {off:e} of the start", set["options"]);
        }
    }
}
