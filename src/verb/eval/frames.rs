//! Potentials on frames: energies, forces, virials, and how far several potentials are apart.

use atoms::Snapshot;
use atoms::deviation::{self, Deviation};
use atoms::potential::Evaluation;
use frame::Named;
use ground::{Error, Result};

use super::{Eval, object};
use crate::export;
use crate::failure::{Outcome, code};
use crate::frames::Loaded;
use crate::place;
use crate::potentials::{self, Committee};
use crate::print;

/// What is kept of the frames of one file or system.
#[derive(Default)]
pub(super) struct System {
    name: String,
    /// The number of each frame in its file.
    steps: Vec<usize>,
    /// What the first model says.
    pub(super) found: Vec<Evaluation>,
    /// How far several are apart; empty for one.
    pub(super) deviations: Vec<Deviation>,
    /// What came to notice.
    pub(super) noted: Vec<atoms::plan::Noted>,
}

/// Does it.
pub(super) fn eval(asked: &Eval) -> Outcome {
    asked.out.as_deref().map_or(Ok(()), place::refuse)?;
    let arrays =
        asked.out.as_deref().is_some_and(|out| out.extension().is_some_and(|e| e == "npz"));
    let models =
        asked.what.iter().map(|path| Ok(potentials::models(path)?.len())).sum::<Result<_>>()?;
    refuse_idle(asked, arrays, models)?;
    let all = asked.chosen.read(&asked.at, atoms::format::Options::default(), true)?;
    asked.chosen.refuse_none(&all)?;
    if arrays {
        refuse_uneven(&all)?;
    }
    if asked.wanted.real_error {
        all.iter().try_for_each(refuse_unlabelled)?;
    }
    let committee = asked.how.committee(&asked.what)?;
    let mut systems = Vec::new();
    for loaded in all {
        systems.push(system(&committee, asked, loaded)?);
    }
    if asked.json {
        print::answer(&object::text(&committee, asked.wanted.atomic, &systems)?)?;
    } else if committee.members.len() > 1 {
        print::answer(text(&systems, asked.wanted.atomic).trim_end())?;
    } else {
        print::answer(&table(&committee, &systems))?;
    }
    if let Some(out) = &asked.out {
        let bytes =
            if arrays { npz(&systems)? } else { text(&systems, asked.wanted.atomic).into_bytes() };
        place::write(out, &bytes)?;
    }
    Ok(code::CONVERGED)
}

/// Refuses options that would do nothing.
fn refuse_idle(asked: &Eval, arrays: bool, models: usize) -> Result<()> {
    let (one, wanted) = (models < 2, &asked.wanted);
    let idle = [
        (asked.out.is_some() && !arrays, "--out"),
        (wanted.atomic, "--atomic"),
        (wanted.real_error, "--real-error"),
    ];
    if let Some((_, option)) = idle.iter().find(|(given, _)| one && *given) {
        return Err(Error::input(*option, "one model has no deviation")
            .allowed("Give several models; arrays are written to --out FILE.npz"));
    }
    if wanted.descriptor && !asked.json && !arrays {
        return Err(Error::input("--descriptor", "there is no place for descriptors")
            .allowed("Add --json or --out FILE.npz"));
    }
    Ok(())
}

/// Arrays are of frames with equally many atoms.
fn refuse_uneven(all: &[Loaded]) -> Result<()> {
    let mut sizes = all.iter().flat_map(|one| one.frames.snapshots.iter().map(Snapshot::len));
    let first = sizes.next();
    if sizes.all(|n| Some(n) == first) {
        return Ok(());
    }
    Err(Error::input("--out", "the frames have different numbers of atoms")
        .allowed("Choose frames of one system, or --json"))
}

/// Errors want labels; a virial that is not there counts as none, as in DeePMD-kit.
fn refuse_unlabelled(one: &Loaded) -> Result<()> {
    for (snapshot, number) in one.frames.snapshots.iter().zip(&one.numbers) {
        let labels = &snapshot.labels;
        let missing = [(labels.energy.is_none(), "energy"), (labels.forces.is_none(), "forces")];
        if let Some((_, what)) = missing.iter().find(|(missing, _)| *missing) {
            return Err(Error::input("--real-error", format!("frame {number} has no {what}"))
                .allowed("Errors are taken from labels: energies and forces of every frame")
                .in_file(&one.name));
        }
    }
    Ok(())
}

/// Every frame of one file or system.
fn system(committee: &Committee, asked: &Eval, loaded: Loaded) -> Result<System> {
    let mut system = System { name: loaded.name.clone(), ..System::default() };
    committee.each(loaded, asked.wanted.descriptor, |number, snapshot, mut members, noted| {
        system.steps.push(number);
        if members.len() > 1 {
            let labels = asked.wanted.real_error.then_some(&snapshot.labels);
            system.deviations.push(Deviation::of(&members, labels));
        }
        system.found.push(members.swap_remove(0));
        system.noted.push(noted);
    })?;
    Ok(system)
}

/// `model_devi.out`, one system after another.
fn text(systems: &[System], atomic: bool) -> String {
    let one = |system: &System| {
        let rows: Vec<_> =
            system.steps.iter().copied().zip(system.deviations.iter().cloned()).collect();
        deviation::text(&system.name, &rows, atomic)
    };
    systems.iter().map(one).collect()
}

/// A line a frame, for people.
fn table(committee: &Committee, systems: &[System]) -> String {
    let head = ["frame", "atoms", "E (eV)", "E/atom", "max |F| (eV/Å)", "tr Ξ/3 (eV)"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for system in systems {
        for (step, found) in system.steps.iter().zip(&system.found) {
            let n = found.forces.len();
            let size = |f: &[f64; 3]| f.iter().map(|v| v * v).sum::<f64>().sqrt();
            let most = found.forces.iter().map(size).fold(0.0, f64::max);
            let trace = (0..3).map(|k| found.virial[k][k]).sum::<f64>() / 3.0;
            let name = if systems.len() > 1 {
                format!("{}:{step}", system.name)
            } else {
                step.to_string()
            };
            rows.push(vec![
                name,
                n.to_string(),
                format!("{:.6}", found.energy),
                format!("{:.6}", found.energy / n.max(1) as f64),
                format!("{most:.6}"),
                format!("{trace:.6}"),
            ]);
        }
    }
    let how = committee.embeddings();
    format!("{}\n{how}\n--json prints all of it, --out FILE.npz writes arrays", print::table(&rows))
}

/// Arrays of frames with equally many atoms.
fn npz(systems: &[System]) -> Result<Vec<u8>> {
    let found: Vec<&Evaluation> = systems.iter().flat_map(|system| &system.found).collect();
    let (frames, n) = (found.len(), found[0].forces.len());
    let all = |numbers: fn(&Evaluation) -> Vec<f64>| -> Vec<f64> {
        found.iter().flat_map(|one| numbers(one)).collect()
    };
    let energy = all(|one| vec![one.energy]);
    let forces = all(|one| one.forces.concat());
    let virial = all(|one| one.virial.concat());
    let atomic = all(|one| one.atomic_energies.clone());
    let descriptor = all(|one| one.descriptors.iter().flatten().flatten().copied().collect());
    let mut arrays = vec![
        Named { name: "energy", shape: vec![frames], numbers: &energy },
        Named { name: "force", shape: vec![frames, n, 3], numbers: &forces },
        Named { name: "virial", shape: vec![frames, 9], numbers: &virial },
        Named { name: "atom_energy", shape: vec![frames, n], numbers: &atomic },
    ];
    if !descriptor.is_empty() {
        let width = descriptor.len() / (frames * n);
        let shape = vec![frames, n, width];
        arrays.push(Named { name: "descriptor", shape, numbers: &descriptor });
    }
    export::npz(&arrays)
}
