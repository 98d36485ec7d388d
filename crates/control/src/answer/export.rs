//! The policy for other programs: its weights as safetensors, and a description of how they act.

use ground::archive::{Archive, Numbers};
use ground::{Error, Result};
use serde_json::{Value, json};

use super::Reached;
use crate::policy::Part;

/// The weights.
const WEIGHTS: &str = "policy.safetensors";
/// How they act.
const WORDS: &str = "policy.json";

/// Both files.
pub(super) fn files(reached: &Reached) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let (policy, theta, [states, actions]) = &reached.policy;
    let mut archive = Archive::default();
    let mut steps: Vec<Value> = Vec::new();
    for t in policy.own_steps() {
        let mut parts = Vec::new();
        for part in policy.parts() {
            let mut numbers = theta.get(policy.block(part, t)).into_iter();
            let widths = policy.widths(part);
            let name = if part == Part::Skip { "linear" } else { "network" };
            let mut layers = Vec::new();
            for (k, pair) in widths.windows(2).enumerate() {
                let names = ["weight", "bias"].map(|what| format!("{name}{t}.{k}.{what}"));
                for (name, n) in names.iter().zip([pair[0] * pair[1], pair[1]]) {
                    let own = numbers.by_ref().take(n).collect();
                    archive.numbers.insert(name.clone(), Numbers::F64(own));
                }
                let [weight, bias] = names;
                layers.push(json!({ "weight": weight, "bias": bias, "shape": pair }));
            }
            parts.push(json!({ "kind": name, "layers": layers }));
        }
        steps.push(parts.into());
    }
    let words = json!({
        "format": "esperance-policy",
        "version": 1,
        "steps": policy.steps,
        "one_network": policy.shared,
        "time_is_an_input": policy.is_timed(),
        "what_is_seen": reached.words[0],
        "action_of_what_is_said": reached.words[1],
        "seen": policy.seen,
        "said": policy.said,
        "memory": policy.memory,
        "activation": format!("{:?}", policy.activation).to_lowercase(),
        "states": states,
        "actions": actions,
        "rule": "each part: x -> act(x weight + bias), weight row by row of shape [inputs, outputs], the last \
                 layer without act; parts are added. Inputs \
                 are what is seen, then the memory, then t/T for one network; outputs are what is said, then \
                 the memory; what is said becomes an action as action_of_what_is_said says.",
        "parts": steps,
    });
    let words = serde_json::to_vec_pretty(&words)
        .map_err(|e| Error::bug(format!("the policy cannot be described: {e}")))?;
    Ok(vec![(WEIGHTS, archive.to_bytes()?), (WORDS, words)])
}
