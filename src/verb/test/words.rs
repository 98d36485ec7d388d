//! A score in words: the block of `dp test`, and a table of errors beside what is had without a model.

use atoms::deviation::scientific;
use atoms::score::{Errors, MAGNITUDES, Score};

use super::Tested;
use crate::print;

/// What stands in the table, for somebody who never saw one.
pub(super) const MEANING: &str = "In brackets: the standard error over frames. Without a model: the mean energy of each \
                                  composition, no forces and no virial.";

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
pub(super) fn text(tested: &Tested) -> String {
    let one = |(name, score): &(String, Score)| {
        let n = score.frames;
        format!("# testing system : {name}\n# number of test data : {n}\n{}", block(score))
    };
    let mut text: String = tested.systems.iter().map(one).collect();
    if let n @ 2.. = tested.systems.len() {
        let head = format!("# weighted average of errors\n# number of systems : {n}\n");
        text.push_str(&head);
        text.push_str(&block(&tested.total));
    }
    format!("{text}{}\n\n{MEANING}", print::table(&rows(tested)))
}

/// An RMSE, with its standard error where there is one.
pub(super) fn rmse(errors: &Errors) -> String {
    match (errors.estimate(), errors.rmse()) {
        (Some(estimate), _) => estimate.to_string(),
        (None, rmse) => number(rmse),
    }
}

/// A number of a table.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |v| format!("{v:.6}"))
}

/// Errors overall, by species and by the size of the force; the first row is the head.
pub(super) fn rows(tested: &Tested) -> Vec<Vec<String>> {
    let (species, total) = (tested.committee.species(), &tested.total);
    let row = |name: String, errors: &Errors, without: [Option<f64>; 2]| {
        let [a, b] = without.map(number);
        vec![name, rmse(errors), a, number(errors.mae()), b, errors.n.to_string()]
    };
    let zeros = |errors: &Errors| [errors.zero_rmse(), errors.zero_mae()];
    let head = ["", "RMSE", "without a model", "MAE", "without a model", "n"];
    let mut rows = vec![head.map(String::from).to_vec()];
    let energy = total.mean_energy().map_or([None; 2], |both| both.map(Some));
    rows.push(row("energy/atom (eV)".into(), &total.energy_per_atom, energy));
    rows.push(row("force (eV/Å)".into(), &total.force, zeros(&total.force)));
    if total.virial.n > 0 {
        let virial = &total.virial_per_atom;
        rows.push(row("virial/atom (eV)".into(), virial, zeros(virial)));
    }
    for (name, errors) in species.iter().zip(&total.by_species) {
        rows.push(row(format!("force on {name}"), errors, zeros(errors)));
    }
    for (k, errors) in total.by_magnitude.iter().enumerate().filter(|(_, e)| e.n > 0) {
        let name = match MAGNITUDES.get(k + 1) {
            Some(to) => format!("force, |F| {} to {to}", MAGNITUDES[k]),
            None => format!("force, |F| from {}", MAGNITUDES[k]),
        };
        rows.push(row(name, errors, zeros(errors)));
    }
    rows
}

/// Errors of each file or system; the first row is the head.
pub(super) fn by_system(systems: &[(String, Score)]) -> Vec<Vec<String>> {
    let head =
        ["", "energy/atom (eV)", "force (eV/Å)", "virial/atom (eV)", "frames", "atoms a frame"];
    let mut rows = vec![head.map(String::from).to_vec()];
    rows.extend(systems.iter().map(|(name, score)| {
        vec![
            name.clone(),
            rmse(&score.energy_per_atom),
            rmse(&score.force),
            rmse(&score.virial_per_atom),
            score.frames.to_string(),
            format!("{}", score.atoms as f64 / score.frames.max(1) as f64),
        ]
    }));
    rows
}
