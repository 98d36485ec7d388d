//! The answer for machines: keys of the published schema.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Reached;
use crate::model::Sense;

/// The part of the output that a control problem owns.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Control")]
pub struct Json {
    /// What the policy costs or earns.
    answer: Amount,
    /// What the policy loses against the exact optimum; null where that is not known.
    regret: Option<Mean>,
    /// How much of what the first baseline leaves to the optimum was learned; null where the optimum is
    /// not known.
    share: Option<Mean>,
    /// The exact optimum; null where it is not known.
    reference: Option<Reference>,
    /// What is reached without learning; first the best that does not look at what is random.
    baselines: Vec<Rule>,
    /// Between what the optimum lies, all on the same paths; null where that was not asked for.
    bounds: Option<Sides>,
    /// The mean over the paths, nothing else used.
    sampled: Mean,
    /// The largest violation of a constraint at any step, as a share of its right-hand side.
    violation: f64,
    /// What is to be said beside it, as the fit of a price.
    notes: Vec<Note>,
}

/// A fact.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Note {
    /// What it is about.
    topic: String,
    /// In words.
    fact: String,
}

/// A mean cost or reward.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Amount {
    /// J* + regret, or V* − regret; the mean over paths where there is no exact optimum.
    value: f64,
    /// Its standard error.
    stderr: f64,
    /// Paths behind it.
    n: usize,
    /// "cost", which the policy makes small, or "reward", which it makes large.
    of: String,
}

/// A mean.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Mean {
    /// Its value.
    value: f64,
    /// Its standard error.
    stderr: f64,
}

/// Bounds of the largest reward.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Sides {
    /// The policy's reward, with a control variate.
    lower: Mean,
    /// What penalised foresight earns.
    upper: Mean,
    /// Their difference, path by path.
    gap: Mean,
    /// What foresight earns without a penalty.
    foresight: Mean,
    /// The least difference of a path, as a share of the mean.
    least: f64,
    /// Paths behind them.
    n: usize,
    /// What the guess of the value function was made of: "table" or "learned".
    guess: String,
}

/// An optimum.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Reference {
    /// Its value.
    value: f64,
    /// How it is known.
    how: String,
}

/// A rule that learns nothing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Rule {
    /// What it is.
    name: String,
    /// What it costs or earns.
    value: f64,
    /// Its standard error; 0 where the value is exact.
    stderr: f64,
    /// By how much the policy is better on the same paths; null where the rule was not walked.
    gain: Option<Mean>,
}

/// The object.
pub(super) fn object(reached: &Reached) -> Map<String, Value> {
    let mean = |e: ground::estimate::Estimate| Mean { value: e.mean, stderr: e.stderr };
    let value = reached.value;
    let of = match reached.sense {
        Sense::Minimum => "cost",
        Sense::Maximum => "reward",
    };
    let note = |[topic, fact]: &[String; 2]| Note { topic: topic.clone(), fact: fact.clone() };
    let rule = |b: &super::Baseline| Rule {
        name: b.name.clone(),
        value: b.value.mean,
        stderr: b.value.stderr,
        gain: b.gain.map(mean),
    };
    let json = Json {
        answer: Amount { value: value.mean, stderr: value.stderr, n: value.n, of: of.to_owned() },
        regret: reached.regret.map(mean),
        share: reached.share().map(mean),
        reference: reached
            .exact
            .as_ref()
            .map(|(value, how)| Reference { value: *value, how: how.clone() }),
        baselines: reached.baselines.iter().map(rule).collect(),
        bounds: reached.bounds.map(|b| Sides {
            lower: mean(b.lower),
            upper: mean(b.upper),
            gap: mean(b.gap),
            foresight: mean(b.foresight),
            least: b.least,
            n: b.gap.n,
            guess: b.guess.name().to_owned(),
        }),
        sampled: mean(reached.sampled),
        violation: reached.violation,
        notes: reached.notes.iter().map(note).collect(),
    };
    match serde_json::to_value(json) {
        Ok(Value::Object(mut map)) => {
            let unknown = "no optimum is known";
            let unasked = "problem.bound-paths is 0, or the model has no bounds";
            let even = "no optimum is known, or nothing is left to learn";
            for (key, why) in
                [("regret", unknown), ("reference", unknown), ("share", even), ("bounds", unasked)]
            {
                if let Some(absent) = map.get_mut(key).filter(|value| value.is_null()) {
                    *absent = serde_json::json!({ "value": null, "why": why });
                }
            }
            map
        }
        other => unreachable!("a struct is an object: {other:?}"),
    }
}
