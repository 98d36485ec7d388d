//! `check`: read, fill in the defaults, predict memory and time; run nothing.

use clap::Args;
use frame::Run;

use super::Chosen;
use crate::cases::{Family, Resolved};
use crate::failure::{Outcome, code};
use crate::progress::human;
use crate::ready::refuse_too_large;
use crate::study::plan::Plan;
use crate::{machine, print};

/// Operations a thread does a second, roughly: the shipped cases ran at 2e10 to 6e10 on a processor
/// with AVX2 or more.
const RATE: f64 = 3e10;

/// How long, how many, which seed.
fn run(resolved: &Resolved) -> String {
    let Run { iterations, batch, fresh, seed, threads, .. } = &resolved.run;
    let draws = match resolved.family() {
        Family::Paths => format!(" of {batch} draws, {fresh} fresh paths"),
        Family::Control => format!(" of {batch} paths, {fresh} fresh paths"),
        Family::Atoms | Family::Lab | Family::Program => String::new(),
    };
    format!("{iterations} iterations{draws}, seed {seed}, {threads} threads")
}

/// What a study runs over.
fn studied(plan: &Plan) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for axis in &plan.grid.axes {
        let level = |level: &frame::study::axes::Level| {
            let settings: Vec<String> = level.settings.iter().map(ToString::to_string).collect();
            settings.join(" with ")
        };
        let levels: Vec<String> = axis.levels.iter().map(level).collect();
        rows.push((
            "axis".to_owned(),
            format!("{} = {}", axis.names.join(", "), levels.join(", ")),
        ));
    }
    let seeds = plan.grid.repeats;
    let cells = format!(
        "{} ({} combinations, {})",
        plan.cells.len(),
        plan.grid.rows(),
        print::plural(seeds, "seed")
    );
    rows.push(("cells".to_owned(), cells));
    rows.push(("study".to_owned(), plan.name()));
    rows
}

/// The arguments of `check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    chosen: Chosen,
    /// Print the complete case file as well
    #[arg(long)]
    complete: bool,
}

impl Check {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let study = self.chosen.resolved()?;
        let plan = study.sweep.is_some().then(|| Plan::of(study)).transpose()?;
        let ready = self.chosen.ready()?;
        let (resolved, forecast) = (&ready.resolved, &ready.forecast);
        let threads = resolved.run.threads.min(machine::cores()) as f64;
        let mut rows =
            vec![("case".to_owned(), format!("{}: {}", resolved.case.name, resolved.title))];
        rows.extend(forecast.facts.iter().cloned());
        let mut operations = forecast.operations;
        if let Some(plan) = &plan {
            rows.extend(studied(plan));
            operations = plan.cells.iter().map(|cell| cell.cost).sum();
        }
        rows.push(("run".to_owned(), run(resolved)));
        let free = machine::available()
            .map_or_else(String::new, |free| format!(", {} can be had", print::bytes(free)));
        rows.push((
            "memory".to_owned(),
            format!("about {} (a prediction){free}", print::bytes(forecast.bytes)),
        ));
        rows.push((
            "time".to_owned(),
            format!(
                "about {} (a prediction: {:.1e} operations at {:.0e} a second and thread)",
                human(operations / (RATE * threads)),
                operations,
                RATE
            ),
        ));
        let width = rows.iter().map(|(topic, _)| topic.chars().count()).max().unwrap_or(0);
        let lines: Vec<String> =
            rows.iter().map(|(topic, what)| format!("{topic:<width$}  {what}")).collect();
        print::answer(&lines.join("\n"))?;
        if self.complete {
            let whole = plan.as_ref().map_or(resolved, |plan| &plan.resolved);
            print::answer(&format!("\n{}", whole.text()?))?;
        }
        refuse_too_large(&ready)?;
        Ok(code::CONVERGED)
    }
}
