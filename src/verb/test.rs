//! `test`: a model against labels, as `dp test` does, with the error of each figure.

mod detail;

use std::path::PathBuf;

use atoms::deviation::scientific;
use atoms::score::{Errors, MAGNITUDES, Score};
use clap::Args;
use ground::Error;
use serde_json::{Map, Value, json};

use crate::failure::{Outcome, code};
use crate::frames::Chosen;
use crate::potentials::{Committee, How};
use crate::print;
use detail::Detail;

/// The arguments of `test`.
#[derive(Args, Debug)]
pub(crate) struct Test {
    /// A model of DeePMD-kit: .dp or .yaml
    model: PathBuf,
    /// Frames with labels: files or folders, as `data` reads them
    #[arg(long, required = true, num_args = 1.., value_name = "SYSTEMS")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
    /// Write labels beside predictions to new files PREFIX.e.out, .e_peratom.out, .f.out, .v.out and
    /// .v_peratom.out
    #[arg(long, value_name = "PREFIX")]
    detail: Option<PathBuf>,
    /// Print one object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    how: How,
}

impl Test {
    /// Does it.
    pub(crate) fn act(self) -> Outcome {
        let mut detail = self.detail.as_deref().map(Detail::new).transpose()?;
        let committee = self.how.committee(std::slice::from_ref(&self.model))?;
        let mut systems = Vec::new();
        for loaded in self.chosen.read(&self.data, atoms::format::Options::default(), true)? {
            let name = loaded.name.clone();
            if let Some(detail) = &mut detail {
                detail.begin(&name);
            }
            let mut score = Score::new(committee.species().len());
            committee.each(loaded, false, |_, snapshot, found, _| {
                score.add(snapshot, &found[0]);
                if let Some(detail) = &mut detail {
                    detail.add(snapshot, &found[0]);
                }
            })?;
            systems.push((name, score));
        }
        let mut total = Score::new(committee.species().len());
        for (_, score) in &systems {
            total.join(score);
        }
        if total.energy.n + total.force.n + total.virial.n == 0 {
            return Err(Error::input("--data", "there are no labels to compare with")
                .allowed("Frames to test with have energies, forces or virials")
                .into());
        }
        if let Some(detail) = detail {
            detail.write()?;
        }
        if self.json {
            let object = object(&committee, &systems, &total);
            let text = serde_json::to_string_pretty(&object)
                .map_err(|e| Error::bug(format!("a score cannot be written: {e}")))?;
            print::answer(&text)?;
        } else {
            print::answer(&text(&committee, &systems, &total))?;
        }
        Ok(code::CONVERGED)
    }
}

/// The figures of a score as JSON.
fn figures(score: &Score) -> Map<String, Value> {
    let mut map = Map::new();
    let all = [
        ("energy", "", &score.energy),
        ("energy", "_per_atom", &score.energy_per_atom),
        ("force", "", &score.force),
        ("virial", "", &score.virial),
        ("virial", "_per_atom", &score.virial_per_atom),
    ];
    for (name, end, errors) in all {
        map.insert(format!("{name}_rmse{end}"), json!(errors.rmse()));
        map.insert(format!("{name}_mae{end}"), json!(errors.mae()));
        map.insert(format!("{name}_rmse{end}_stderr"), json!(errors.stderr()));
    }
    map.insert("n".to_owned(), json!(score.frames));
    map
}

/// One object: all frames together, then species, sizes and systems.
fn object(committee: &Committee, systems: &[(String, Score)], total: &Score) -> Value {
    let mut map = figures(total);
    map.insert(
        "without_model".to_owned(),
        json!({
            "energy_rmse_per_atom": total.mean_energy_rmse(),
            "force_rmse": total.zero_force.rmse(),
        }),
    );
    let of = |errors: &Errors| json!({ "rmse": errors.rmse(), "mae": errors.mae(), "n": errors.n });
    let species = committee.species().iter().zip(&total.by_species);
    let species: Map<String, Value> = species.map(|(name, e)| (name.clone(), of(e))).collect();
    map.insert("force_by_species".to_owned(), Value::Object(species));
    let sizes =
        MAGNITUDES.iter().zip(&total.by_magnitude).enumerate().map(|(k, (from, errors))| {
            let mut one = of(errors);
            one["from"] = json!(from);
            one["to"] = json!(MAGNITUDES.get(k + 1));
            one
        });
    map.insert("force_by_size".to_owned(), sizes.collect());
    let systems = systems.iter().map(|(name, score)| {
        let mut one = figures(score);
        one.insert("system".to_owned(), json!(name));
        Value::Object(one)
    });
    map.insert("systems".to_owned(), systems.collect());
    let units = json!({ "energy": "eV", "force": "eV/Å", "virial": "eV", "n": "frames" });
    map.insert("units".to_owned(), units);
    Value::Object(map)
}

/// The block of `dp test`, a line a figure.
fn block(score: &Score) -> String {
    let lines = [
        ("Energy MAE         ", score.energy.mae(), "eV"),
        ("Energy RMSE        ", score.energy.rmse(), "eV"),
        ("Energy MAE/Natoms  ", score.energy_per_atom.mae(), "eV"),
        ("Energy RMSE/Natoms ", score.energy_per_atom.rmse(), "eV"),
        ("Force  MAE         ", score.force.mae(), "eV/Å"),
        ("Force  RMSE        ", score.force.rmse(), "eV/Å"),
        ("Virial MAE         ", score.virial.mae(), "eV"),
        ("Virial RMSE        ", score.virial.rmse(), "eV"),
        ("Virial MAE/Natoms  ", score.virial_per_atom.mae(), "eV"),
        ("Virial RMSE/Natoms ", score.virial_per_atom.rmse(), "eV"),
    ];
    let known = lines.into_iter().filter_map(|(name, value, unit)| {
        Some(format!("{name}: {} {unit}\n", scientific(value?, 6)))
    });
    known.collect()
}

/// Everything for people.
fn text(committee: &Committee, systems: &[(String, Score)], total: &Score) -> String {
    let one = |(name, score): &(String, Score)| {
        let n = score.frames;
        format!("# testing system : {name}\n# number of test data : {n}\n{}", block(score))
    };
    let mut text: String = systems.iter().map(one).collect();
    if let n @ 2.. = systems.len() {
        let head = format!("# weighted average of errors\n# number of systems : {n}\n");
        text.push_str(&head);
        text.push_str(&block(total));
    }
    let shown = |errors: &Errors| match (errors.estimate(), errors.rmse()) {
        (Some(estimate), _) => estimate.to_string(),
        (None, Some(rmse)) => format!("{rmse:.6}"),
        (None, None) => "–".to_owned(),
    };
    let mae = |errors: &Errors| errors.mae().map_or("–".to_owned(), |mae| format!("{mae:.6}"));
    let row = |name: String, errors: &Errors, without: Option<f64>| {
        let without = without.map_or(String::new(), |v| format!("{v:.6}"));
        vec![name, shown(errors), mae(errors), without, errors.n.to_string()]
    };
    let head = ["", "RMSE", "MAE", "without a model", "n"];
    let mut rows = vec![head.map(String::from).to_vec()];
    let energy = total.mean_energy_rmse();
    rows.push(row("energy/atom (eV)".into(), &total.energy_per_atom, energy));
    rows.push(row("force (eV/Å)".into(), &total.force, total.zero_force.rmse()));
    if total.virial.n > 0 {
        rows.push(row("virial/atom (eV)".into(), &total.virial_per_atom, None));
    }
    for (name, errors) in committee.species().iter().zip(&total.by_species) {
        rows.push(row(format!("force on {name}"), errors, None));
    }
    for (k, errors) in total.by_magnitude.iter().enumerate().filter(|(_, e)| e.n > 0) {
        let name = match MAGNITUDES.get(k + 1) {
            Some(to) => format!("force, |F| {} to {to}", MAGNITUDES[k]),
            None => format!("force, |F| from {}", MAGNITUDES[k]),
        };
        rows.push(row(name, errors, None));
    }
    text.push_str(&print::table(&rows));
    text.push_str(
        "\nIn brackets: the standard error over frames. Without a model: the mean energy of each \
         composition, no forces.",
    );
    text
}
