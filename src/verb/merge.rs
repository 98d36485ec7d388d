//! `merge`: shares of a study, computed apart, become one.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use ground::{Error, Result};

use super::sweep::begin;
use crate::cases::{Case, resolve};
use crate::failure::{Failure, Outcome};
use crate::run_folder::{self as folder, RunFolder};
use crate::study::cell::stamp;
use crate::study::finish::Come;
use crate::study::log::{self, Log};
use crate::study::plan::Plan;
use crate::{output, print, record};

/// The arguments of `merge`.
#[derive(Args, Debug)]
pub(crate) struct Merge {
    /// Folders of `esperance sweep --shard`
    #[arg(required = true, value_name = "DIR")]
    shares: Vec<PathBuf>,
    /// The folder of the whole study, which is new
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Take cells that were computed by different versions, or with different vector instructions
    #[arg(long)]
    allow_mixed: bool,
}

impl Merge {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let began = Instant::now();
        let shares = self.shares.iter().map(|path| RunFolder::existing(path));
        let shares = shares.collect::<Result<Vec<_>>>()?;
        let plan = plan(&shares)?;
        let mut records = Vec::new();
        for share in &shares {
            let (own, _) = log::read(share)?;
            if own.is_empty() {
                return Err(Error::input("", "this folder holds no cell of a study")
                    .allowed("Give folders of `esperance sweep`")
                    .in_file(&share.path.display().to_string())
                    .into());
            }
            // The last record of a cell is what its folder says of it.
            let own = log::by_name(own);
            let mine = plan.cells.iter().filter_map(|cell| own.get(&cell.name).cloned());
            records.extend(mine.map(|record| (share, record)));
        }
        let mut whole = std::collections::HashMap::new();
        let mut order = Vec::new();
        for (share, record) in records {
            match whole.insert(record.cell.clone(), record.clone()) {
                None => order.push((share, record)),
                Some(other) if other.object == record.object && other.outcome == record.outcome => {
                }
                Some(_) => {
                    return Err(Error::input(
                        "",
                        format!("cell {} is another elsewhere", record.cell),
                    )
                    .allowed("Two folders disagree about a cell: leave one of them out")
                    .in_file(&share.name_of(log::LOG))
                    .into());
                }
            }
        }
        if !self.allow_mixed {
            one_make(&plan, &order)?;
        }
        let place = RunFolder::new(self.out.as_deref(), &plan.resolved.case.name)?;
        let _mine = begin(&place, &plan)?;
        let (mut to, _) = Log::open(&place)?;
        for planned in &plan.cells {
            // A cell that is said in two ways is one line.
            let own = order.iter().position(|(_, record)| record.cell == planned.name);
            if let Some(at) = own {
                to.add(&order.swap_remove(at).1)?;
            }
        }
        let known = whole.len();
        let ended = Come::of(&plan, &whole, known)?.end(&place, began, false)?;
        print::answer(&if self.json { output::text(&ended.object)? } else { ended.text })?;
        Ok(ended.code)
    }
}

/// The study that all folders are of.
pub(super) fn plan(shares: &[RunFolder]) -> std::result::Result<Plan, Failure> {
    let mut plan: Option<Plan> = None;
    for share in shares {
        let text = share.text(folder::CASE)?;
        let name = record::name_in(&text).unwrap_or("case").to_owned();
        let own = Case::parse(&name, &share.name_of(folder::CASE), &text)?;
        match &plan {
            None => plan = Some(Plan::of(resolve(own)?)?),
            Some(first) => {
                let other = Plan::of(resolve(own)?)?;
                if first.name() != other.name() {
                    return Err(Error::input("", "this is a share of another study")
                        .allowed("All folders have to be of one case, with the same cells")
                        .in_file(&share.path.display().to_string())
                        .into());
                }
            }
        }
    }
    plan.ok_or_else(|| Error::bug("merge has a folder").into())
}

/// An error where cells are of different makes.
fn one_make(plan: &Plan, records: &[(&RunFolder, frame::study::record::Record)]) -> Result<()> {
    let here = stamp(plan.resolved.run.vector);
    let first = records.first().map_or(&here, |(_, record)| &record.stamp);
    let odd =
        records.iter().find_map(|(share, record)| Some((share, first.differs(&record.stamp)?)));
    odd.map_or(Ok(()), |(share, differs)| {
        Err(Error::input("", format!("its cells are of another make: {differs}"))
            .allowed("Run that share again, or take it as it is with --allow-mixed")
            .in_file(&share.name_of(log::LOG)))
    })
}
