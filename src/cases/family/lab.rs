//! The sections of the theory lab.

use std::path::Path;

use frame::study::identity;
use frame::{Job, Run};
use ground::{Error, Result};
use lab::case::{self, Data, File, Forms, Models, Problems};
use toml::Table;

use crate::cases::Case;
use crate::cases::descent::{Descents, GradientFlowSection};
use crate::cases::registry::{as_kind, section, shaped};
use crate::cases::sections::RunSection;
use crate::cases::shipped;

/// The sections, read.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    model: Models,
    problem: Problems,
    form: Forms,
    descent: Option<Descents>,
    run: Run,
}

/// Reads them; what is returned beside them are the complete tables: of the model, the problem, the
/// representation and the descent, empty where the problem has none.
pub(crate) fn read(case: &Case, tables: &Table, run: &RunSection) -> Result<(Parts, [Table; 4])> {
    let (model, model_table) = modelled(case, tables)?;
    let (problem, problem_table) = posed(tables)?;
    let (form, form_table) = represented(tables, &problem)?;
    case::fit_together(&model, &problem, &form)?;
    let (descent, descent_table) = if case::descends(&problem) {
        let (descent, table) = descending(tables, run)?;
        (Some(descent), table)
    } else {
        refuse(tables, "descent", &problem)?;
        (None, Table::new())
    };
    let parts = Parts { model, problem, form, descent, run: run.run() };
    Ok((parts, [model_table, problem_table, form_table, descent_table]))
}

/// `[model]`, by its kind, with what its files hold.
fn modelled(case: &Case, tables: &Table) -> Result<(Models, Table)> {
    let name = "model";
    match shaped(tables, name)? {
        Some("data") => {
            let (mut data, mut table) = section::<Data>(tables, name)?;
            let named: Vec<(&'static str, String)> =
                data.named().into_iter().map(|(key, file)| (key, file.to_owned())).collect();
            for (key, file) in named {
                let bytes = bytes(case, key, &file)?;
                // The complete case is read from other folders.
                if let Ok(path) = std::path::absolute(case.folder(key).join(&file))
                    && file != case::DIGITS
                {
                    let own = key.trim_start_matches("model.").to_owned();
                    table.insert(own, path.display().to_string().into());
                }
                data.files.push(File { key, name: file, bytes });
            }
            let found = digest(&data);
            if let Some(due) = data.digest.as_ref().filter(|due| **due != found) {
                let found = format!("the data are others: their digest is {found}, not {due}");
                return Err(Error::input("model.digest", found)
                    .allowed("Give the data that the run began with"));
            }
            Ok((Models::Data(Box::new(data)), table))
        }
        Some("integral") => as_kind(tables, name, Models::Integral),
        Some("circle") => as_kind(tables, name, Models::Circle),
        Some("function-class") => as_kind(tables, name, Models::Class),
        _ => as_kind(tables, name, Models::Target),
    }
}

/// The digest of what the files hold.
fn digest(data: &Data) -> String {
    identity::name(data.bytes().collect::<Vec<_>>().concat())
}

/// The bytes of a file that a case names.
fn bytes(case: &Case, key: &str, file: &str) -> Result<Vec<u8>> {
    if file == case::DIGITS {
        let shipped = shipped::data("lab", "digits.csv.gz");
        return shipped.map(<[u8]>::to_vec).ok_or_else(|| Error::bug("the digits are shipped"));
    }
    let path = case.folder(key).join(Path::new(file));
    std::fs::read(&path).map_err(|e| {
        let found = match e.kind() {
            std::io::ErrorKind::NotFound => format!("there is no file `{file}`"),
            _ => format!("`{file}` cannot be read: {e}"),
        };
        Error::input(key, found)
            .allowed("Give a file, whose path begins at the folder of the case file, or \"digits\"")
    })
}

/// `[problem]`, by its kind.
fn posed(tables: &Table) -> Result<(Problems, Table)> {
    let name = "problem";
    match shaped(tables, name)? {
        Some("least-squares") => as_kind(tables, name, Problems::LeastSquares),
        Some("interpolation") => as_kind(tables, name, Problems::Interpolation),
        Some("grid") => as_kind(tables, name, Problems::Grid),
        Some("monte-carlo") => as_kind(tables, name, Problems::MonteCarlo),
        Some("spectral-flow") => as_kind(tables, name, Problems::SpectralFlow),
        Some("rademacher") => as_kind(tables, name, Problems::Rademacher),
        _ => as_kind(tables, name, Problems::Regression),
    }
}

/// `[representation]`, by its kind; the usual one of the problem where none is said.
fn represented(tables: &Table, problem: &Problems) -> Result<(Forms, Table)> {
    let name = "representation";
    let Some(usual) = case::usual_form(problem) else {
        refuse(tables, name, problem)?;
        return Ok((Forms::None, Table::new()));
    };
    let mut tables = tables.clone();
    let own = tables.entry(name).or_insert_with(|| Table::new().into());
    if let toml::Value::Table(own) = own {
        own.entry("kind").or_insert_with(|| usual.to_owned().into());
    }
    match shaped(&tables, name)? {
        Some("random-features") => as_kind(&tables, name, Forms::RandomFeatures),
        Some("kernel") => as_kind(&tables, name, Forms::Kernel),
        Some("interpolant") => as_kind(&tables, name, Forms::Interpolant),
        _ => as_kind(&tables, name, Forms::TwoLayer),
    }
}

fn refuse(tables: &Table, name: &str, problem: &Problems) -> Result<()> {
    if tables.get(name).is_none() {
        return Ok(());
    }
    let found = format!("problem.kind = \"{}\" has no such section", problem.kind());
    Err(Error::input(name, found).allowed("Leave it out"))
}

/// `[descent]`, by its kind.
fn descending(tables: &Table, run: &RunSection) -> Result<(Descents, Table)> {
    let name = "descent";
    if shaped(tables, name)? == Some("gradient-flow") {
        let (flow, table) = section::<GradientFlowSection>(tables, name)?;
        return Ok((Descents::Flow(flow.of()?), table));
    }
    let (descent, table) = super::super::resolve::descending(tables)?;
    Ok((descent.of(run.iterations)?, table))
}

impl Parts {
    /// The job.
    pub(crate) fn job(&self) -> Result<Box<dyn Job>> {
        let descent = self.descent.clone().map(Descents::boxed);
        case::job((&self.model, &self.problem, &self.form), &self.run, descent)
    }

    /// The digest of what its files hold.
    pub(crate) fn digest(&self) -> Option<String> {
        match &self.model {
            Models::Data(data) => Some(digest(data)),
            _ => None,
        }
    }

    /// Whether its batches are the whole sample.
    pub(crate) fn is_whole_sample(&self) -> bool {
        case::descends(&self.problem)
    }
}
