//! `test`: a model against labels, as `dp test` does, with the error of each figure.

mod detail;
mod object;
mod page;
mod words;

use std::path::PathBuf;
use std::time::Instant;

use atoms::Snapshot;
use atoms::answer::Parity;
use atoms::potential::Evaluation;
use atoms::score::Score;
use clap::Args;
use ground::{Error, Result};

use crate::failure::{Outcome, code};
use crate::frames::Chosen;
use crate::potentials::{Committee, How};
use crate::print;
use crate::run_folder::{RunFolder, refuse_filled};
use detail::Detail;
pub(super) use object::schema;

/// The object that `--json` prints, in the folder.
const OBJECT: &str = "test.json";

/// The arguments of `test`.
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// A model of DeePMD-kit, .dp or .yaml, or the folder of a training
    #[arg(value_name = "MODEL|RUN")]
    model: PathBuf,
    /// Frames with labels: files or folders, as `data` reads them
    #[arg(long, required = true, num_args = 1.., value_name = "SYSTEMS")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
    /// Write to a new folder: report.html, a page with predictions against labels; its pictures as
    /// figures/*.svg; test.json; and every label beside its prediction, detail.e.out, .e_peratom.out,
    /// .f.out, .v.out and .v_peratom.out
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    how: How,
}

/// What was found.
#[derive(Debug)]
struct Tested {
    committee: Committee,
    /// The name of each file or system, and its errors.
    systems: Vec<(String, Score)>,
    /// All frames together.
    total: Score,
    /// What should be known, a sentence each.
    warnings: Vec<String>,
}

/// What only a folder has a place for.
#[derive(Debug)]
struct Kept {
    detail: Detail,
    parity: Parity,
}

impl Kept {
    fn begin(&mut self, name: &str) {
        self.detail.begin(name);
        self.parity.begin(name);
    }

    fn add(&mut self, snapshot: &Snapshot, found: &Evaluation) {
        self.detail.add(snapshot, found);
        self.parity.add(snapshot, found);
    }
}

impl Test {
    /// Does it. `said` are the words of the command line.
    pub(crate) fn act(self, said: &[String]) -> Outcome {
        let began = Instant::now();
        // Said before the work; the folder is made when there is something to write.
        if let Some(out) = &self.out {
            refuse_filled(out, "Choose another --out")?;
        }
        let (tested, kept) = self.compare()?;
        let object = object::text(&tested)?;
        let mut page = None;
        if let (Some(out), Some(kept)) = (&self.out, kept) {
            let place = RunFolder::made(out)?;
            kept.detail.write(&place)?;
            place.write(OBJECT, (object.clone() + "\n").as_bytes())?;
            let (figures, seconds) = (kept.parity.figures(), began.elapsed().as_secs_f64());
            page = Some(page::write(&tested, &figures, &place, &page::Made { said, seconds })?);
        }
        if self.json {
            print::answer(&object)?;
        } else {
            let reading = page.map_or_else(String::new, |page| format!("\n\n{page}  for reading"));
            print::answer(&(words::text(&tested) + &reading))?;
        }
        Ok(code::CONVERGED)
    }

    /// Every frame against its labels.
    fn compare(&self) -> Result<(Tested, Option<Kept>)> {
        let committee = self.how.alone(&self.model)?;
        let model = &committee.members[0];
        let of = |name: &str, text: &String| format!("{name}: {text}");
        let mut warnings: Vec<String> =
            model.imported.warnings.iter().map(|text| of(&model.name, text)).collect();
        let mut kept = self
            .out
            .as_ref()
            .map(|_| Kept { detail: Detail::default(), parity: Parity::new(committee.species()) });
        let mut systems = Vec::new();
        for loaded in self.chosen.read(&self.data, atoms::format::Options::default(), true)? {
            let name = loaded.name.clone();
            warnings.extend(loaded.warnings.iter().map(|text| of(&name, text)));
            if let Some(kept) = &mut kept {
                kept.begin(&name);
            }
            let mut score = Score::new(committee.species().len());
            let noted = committee.each(loaded, false, |_, snapshot, found, _| {
                score.add(snapshot, &found[0]);
                if let Some(kept) = &mut kept {
                    kept.add(snapshot, &found[0]);
                }
            })?;
            warnings.extend(noted);
            systems.push((name, score));
        }
        let mut total = Score::new(committee.species().len());
        for (_, score) in &systems {
            total.join(score);
        }
        if total.energy.n + total.force.n + total.virial.n == 0 {
            return Err(Error::input("--data", "there are no labels to compare with")
                .allowed("Frames to test with have energies, forces or virials"));
        }
        Ok((Tested { committee, systems, total, warnings }, kept))
    }
}
