//! Systems with one thing wrong each, and one with nothing.

use super::*;
use crate::model::Labels;

/// A molecule of two atoms on a spring, its length swinging: E = ½ k (r − r₀)².
fn swing() -> Frames {
    let (k, rest) = (30.0, 0.8);
    let frame = |t: i32| {
        let r = rest + 0.05 * (0.4 * f64::from(t)).sin();
        let f = -k * (r - rest);
        Snapshot {
            types: [0, 0].into(),
            positions: vec![[0.0; 3], [r, 0.0, 0.0]],
            cell: None,
            labels: Labels {
                energy: Some(-7.0 + 0.5 * k * (r - rest) * (r - rest)),
                forces: Some(vec![[-f, 0.0, 0.0], [f, 0.0, 0.0]]),
                ..Labels::default()
            },
        }
    };
    Frames { species: vec!["H".into()], snapshots: (0..12).map(frame).collect() }
}

fn kinds(frames: &Frames) -> Vec<&'static str> {
    findings(frames).into_iter().map(|finding| finding.kind).collect()
}

/// The sentence of the only finding.
fn said(frames: &Frames) -> String {
    let mut all = findings(frames);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).text
}

#[test]
fn nothing_is_wrong_with_a_spring() {
    assert!(kinds(&swing()).is_empty());
}

#[test]
fn energies_of_another_unit() {
    let mut frames = swing();
    for snapshot in &mut frames.snapshots {
        snapshot.labels.energy = snapshot.labels.energy.map(|e| e / 27.211_386);
    }
    let text = said(&frames);
    assert!(
        text.starts_with("energies of 11 pairs of near frames change by 0.0367 times"),
        "{text}"
    );
    for snapshot in &mut frames.snapshots {
        snapshot.labels.energy = snapshot.labels.energy.map(|e| -27.211_386 * e);
    }
    assert!(said(&frames).ends_with("forces have the wrong sign"));
}

#[test]
fn collisions_duplicates_and_outliers() {
    let mut frames = swing();
    frames.snapshots[3].positions[1] = [0.01, 0.0, 0.0];
    let text = said(&frames);
    assert_eq!(
        text,
        "1 of 12 frames has atoms nearer than 0.5 Å; nearest are 1 (H) and 2 (H) of frame 3, 0.0100 Å \
         apart"
    );
    let mut frames = swing();
    let copy = frames.snapshots[2].clone();
    frames.snapshots.push(copy.clone());
    assert_eq!(
        said(&frames),
        "1 of 13 frames was there before, the first is frame 12, the same as frame 2"
    );
    frames.snapshots[12].labels.energy = Some(-5.0);
    assert_eq!(kinds(&frames), ["duplicate", "outlier"]);
    assert!(findings(&frames)[0].text.ends_with("; 1 of them with another energy"));
    assert!(findings(&frames)[1].text.contains("-2.5000 eV/atom in frame 12"));
}

#[test]
fn labels_that_are_missing_or_do_not_balance() {
    let mut frames = swing();
    frames.snapshots[0].labels.forces = None;
    frames.snapshots[1].labels.energy = None;
    frames.snapshots[2].labels.converged = Some(false);
    frames.snapshots[3].labels.forces = Some(vec![[1.0, 0.0, 0.0]; 2]);
    assert_eq!(kinds(&frames), ["no-energy", "no-forces", "unconverged", "net-force"]);
    let all = findings(&frames);
    assert_eq!(all[1].text, "1 of 12 frames has no forces");
    assert_eq!(
        all[3].text,
        "1 of 12 frames has forces that do not sum to zero: 2.000 eV/Å in frame 3"
    );
}

#[test]
fn cells_and_virials() {
    let mut frames = swing();
    for (k, snapshot) in frames.snapshots.iter_mut().enumerate() {
        let a = 9.0 + 0.01 * k as f64;
        snapshot.cell = Cell::new([[a, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]]).ok();
    }
    assert_eq!(kinds(&frames), ["no-virial"]);
    for snapshot in &mut frames.snapshots {
        snapshot.labels.virial = Some([[1e5, 0.0, 0.0], [0.0, 1e5, 0.0], [0.0, 0.0, 1e5]]);
    }
    assert_eq!(kinds(&frames), ["unit-virial"]);
}

#[test]
fn orders_of_species_that_differ() {
    let of = |names: &[&str]| Frames {
        species: names.iter().map(|name| (*name).to_owned()).collect(),
        snapshots: Vec::new(),
    };
    let (a, b, c) = (of(&["O", "H"]), of(&["H", "O"]), of(&["O", "C", "H"]));
    let found = between(&[("a", &a), ("b", &b), ("c", &c)]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].text,
        "species are ordered H, O in b, and O, H in a: programs that go by number mistake one for the \
         other"
    );
}

#[test]
fn virials_that_are_none_and_cells_without_room() {
    let with = |virial, edge: f64| {
        let mut frames = swing();
        let side = |k: usize| std::array::from_fn(|c| if c == k { edge } else { 0.0 });
        for snapshot in &mut frames.snapshots {
            snapshot.cell = Some(Cell::new([side(0), side(1), side(2)]).unwrap());
            snapshot.labels.virial = Some(virial);
        }
        kinds(&frames)
    };
    let fine = [[0.1, 0.0, 0.0], [0.0, 0.2, 0.01], [0.0, 0.01, 0.1]];
    assert!(with(fine, 9.0).is_empty());
    assert_eq!(with([[0.0; 3]; 3], 9.0), ["zero-virial"]);
    assert_eq!(with([[0.1, 0.05, 0.0], [0.0, 0.2, 0.0], [0.0; 3]], 9.0), ["skew-virial"]);
    assert_eq!(with(fine, 1.25), ["collision", "crowded"]);
}
