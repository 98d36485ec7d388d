//! `data check`: what is doubtful in frames, one line each.

use atoms::Frames;
use atoms::findings::{Finding, between, findings};
use clap::Args;

use super::{Given, object};
use crate::failure::{Outcome, code};
use crate::frames::Loaded;
use crate::print;

/// The arguments of `data check`.
#[derive(Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    given: Given,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Does it.
    pub(super) fn act(self) -> Outcome {
        let all = self.given.read(false)?;
        self.given.chosen.refuse_none(&all)?;
        let mut found: Vec<(String, Finding)> = Vec::new();
        for one in &all {
            found.extend(of(one).into_iter().map(|finding| (one.name.clone(), finding)));
        }
        let systems: Vec<(&str, &Frames)> =
            all.iter().map(|one| (one.name.as_str(), &one.frames)).collect();
        found.extend(between(&systems).into_iter().map(|finding| (String::new(), finding)));
        let frames: usize = all.iter().map(|one| one.frames.len()).sum();
        let text = if self.json { object::check(frames, &found)? } else { lines(frames, &found) };
        print::answer(&text)?;
        Ok(if found.is_empty() { code::CONVERGED } else { code::DOUBTFUL })
    }
}

/// What is doubtful in one system; what its reader said comes first.
fn of(one: &Loaded) -> Vec<Finding> {
    let said = one.warnings.iter().map(|text| Finding {
        kind: "reading",
        text: text.clone(),
        frames: Vec::new(),
    });
    let unnamed = one.warnings.iter().any(|text| text.contains("are called"));
    let rest = findings(&one.frames).into_iter().filter(|f| !(unnamed && f.kind == "unnamed"));
    said.chain(rest).collect()
}

fn lines(frames: usize, found: &[(String, Finding)]) -> String {
    let line = |(name, finding): &(String, Finding)| match name.as_str() {
        "" => format!("[{}] {}", finding.kind, finding.text),
        name => format!("{name}: [{}] {}", finding.kind, finding.text),
    };
    let frames = super::counted(frames);
    match found.len() {
        0 => format!("nothing is doubtful in {frames}"),
        n => {
            let findings = if n == 1 { "1 finding" } else { &format!("{n} findings") };
            let lines: Vec<String> = found.iter().map(line).collect();
            format!("{}\n{findings} in {frames}", lines.join("\n"))
        }
    }
}
