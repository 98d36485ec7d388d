//! The answer in words: what is printed, and the tables of a page.

use frame::Sheet;
use ground::estimate::Estimate;

use super::Reached;

/// A number to nine significant digits.
fn number(x: f64) -> String {
    Estimate { mean: x, stderr: 0.0, n: 1 }.to_string()
}

/// What the value is compared with: a topic and a fact, row by row.
pub(super) fn facts(reached: &Reached) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let mut row = |topic: &str, fact: String| rows.push([topic.to_owned(), fact]);
    if let (Some((optimum, how)), Some(regret)) = (&reached.exact, reached.regret) {
        row("optimum", format!("{} ({how})", number(*optimum)));
        let percent = reached.percent(regret);
        let percent = percent.map_or_else(String::new, |p| format!(", {p} % of the optimum"));
        row("regret", format!("{regret}{percent}"));
    }
    if reached.exact.is_none() && reached.bounds.is_none() {
        row("optimum", "unknown: compare with rules, and with a wider or longer run".to_owned());
    }
    if let (Some(share), Some(first)) = (reached.share(), reached.baselines.first()) {
        row("learned share", format!("{share} of what \"{}\" leaves", first.name));
    }
    if let Some(bounds) = &reached.bounds {
        let percent = |of: Estimate| {
            let scale = 100.0 / bounds.lower.mean.abs();
            Estimate { mean: of.mean * scale, stderr: of.stderr * scale, n: of.n }
        };
        row("lower bound", format!("{} (the policy, controlled)", bounds.lower));
        row(
            "upper bound",
            format!("{} (foresight, penalised by a guess: {})", bounds.upper, bounds.guess.name()),
        );
        row(
            "gap",
            format!(
                "{}, {} %, least {:.1e} of a path",
                bounds.gap,
                percent(bounds.gap),
                bounds.least
            ),
        );
        let gap = Estimate { mean: bounds.foresight.mean - bounds.lower.mean, ..bounds.foresight };
        row("foresight alone", format!("{}, gap {:.2} %", bounds.foresight, percent(gap).mean));
    }
    for baseline in &reached.baselines {
        let lost = Estimate { mean: 0.0, stderr: 0.0, n: 1 };
        let off = reached.exact.as_ref().map(|(optimum, _)| (baseline.value.mean - optimum).abs());
        let percent = off.and_then(|off| reached.percent(Estimate { mean: off, ..lost }));
        let percent = percent.map_or_else(String::new, |p| format!(", regret {:.3} %", p.mean));
        let gain = baseline.gain.map_or_else(String::new, |gain| {
            format!(", the policy is better by {gain} on the same paths")
        });
        row(&baseline.name, format!("{}{percent}{gain}", baseline.value));
    }
    let sampled = reached.sampled;
    row("mean of the paths alone", format!("{sampled} over {} paths", sampled.n));
    row("violation", format!("{:.1e}", reached.violation));
    rows.extend(reached.notes.iter().cloned());
    rows
}

/// The tables.
pub(super) fn sheets(reached: &Reached) -> Vec<Sheet> {
    let rows = facts(reached).into_iter().map(|[topic, fact]| (topic, fact));
    vec![Sheet::facts(
        "policy",
        "What the policy reaches",
        "The regret is what the policy loses against the exact optimum, summed over the steps of fresh \
         paths. The learned share is 1 where nothing is lost, and 0 where the policy is as good as the best \
         that does not look at what is random. Rules that learn nothing stand below. The violation is the \
         largest of any constraint at any step, as a share of its right-hand side.",
        rows,
    )]
}
