//! Potentials that go on: the same by any order of species, shifted by what the labels are.

use std::ops::Range;

use super::*;
use crate::cell::Cell;
use crate::form::network::Skip;
use crate::form::{Empty, Network, Statistics, Switch};
use crate::model::Labels;
use ground::kernel::network::Activation;

/// A small potential of some species, its weights drawn.
fn potential(names: &[&str], one_sided: bool, mean: f64) -> Potential {
    let n = names.len();
    let form = DeepPotential {
        species: names.iter().map(ToString::to_string).collect(),
        switch: Switch::new(0.5, 4.0).unwrap(),
        selection: (0..n).map(|i| 20 + 4 * i).collect(),
        one_sided,
        embedding: Network::new(&[1, 4, 8], Activation::Tanh, Skip::Doubling, false),
        axis: 3,
        fitting: Network::new(&[24, 6, 6], Activation::Tanh, Skip::Equal, true).with_output(),
        statistics: (0..n)
            .map(|i| Statistics { mean, radial: 0.2, angular: 0.1 + 0.01 * i as f64 })
            .collect(),
        bias: (0..n).map(|i| -2.0 - i as f64).collect(),
        from_vacuum: vec![false; n],
        excluded: Vec::new(),
        empty: Empty::Silent,
    };
    let theta = form.init(Precision::F64, &Stream::new(7)).unwrap();
    Potential { form, theta, precision: Precision::F64, nearest: None }
}

/// Frames of so many atoms of two species, of several compositions.
fn frames(range: Range<u64>) -> Vec<Snapshot> {
    let one = |k: u64| {
        let stream = Stream::new(k).child("frame");
        let n = 6;
        let types: Vec<u32> = (0..n).map(|i| u32::from((i as u64) < 2 + k % 3)).collect();
        let place = |i: usize| {
            let grid = [i % 2, (i / 2) % 2, i / 4];
            std::array::from_fn(|c| 2.5 * grid[c] as f64 + 0.6 * stream.uniform(i as u64, 0, c))
        };
        Snapshot {
            types: types.into(),
            positions: (0..n).map(place).collect(),
            cell: Some(Cell::new([[6.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 6.0]]).unwrap()),
            labels: Labels::default(),
        }
    };
    range.map(one).collect()
}

fn energy(potential: &Potential, snapshot: &Snapshot) -> f64 {
    let plan = Fast::new(potential, Precision::F64, Embeddings::Networks);
    plan.evaluate(snapshot, false).unwrap().0.energy
}

fn parted(names: &[&str], training: Vec<Snapshot>) -> Parted {
    let species = names.iter().map(ToString::to_string).collect();
    Parted { species, training, ..Parted::default() }
}

fn begun(start: Start, data: &Parted) -> Potential {
    let room = Representation::default();
    let begun = start.begin(&room, data, 1).unwrap();
    let theta = begun.theta.unwrap();
    Potential { form: begun.form, theta, precision: Precision::F64, nearest: None }
}

fn start(potential: &Potential, finetune: bool) -> Start {
    Start { potential: potential.clone(), finetune, precision: Precision::F64 }
}

/// The same atoms, their types renamed.
fn renamed(snapshot: &Snapshot, types: impl Fn(u32) -> u32) -> Snapshot {
    let types: Vec<u32> = snapshot.types.iter().map(|&t| types(t)).collect();
    Snapshot { types: types.into(), ..snapshot.clone() }
}

#[test]
fn exact_shifts_of_atoms_are_found() {
    let own = potential(&["O", "H"], true, 0.05);
    let mut training = frames(0..5);
    for snapshot in &mut training {
        let of = |t: u32| snapshot.types.iter().filter(|&&u| u == t).count() as f64;
        let shift = 1.25 * of(0) - 0.5 * of(1);
        snapshot.labels.energy = Some(energy(&own, snapshot) + shift);
    }
    let data = parted(&["O", "H"], training);
    let tuned = begun(start(&own, true), &data);
    for (k, shift) in [1.25, -0.5].into_iter().enumerate() {
        let found = tuned.form.bias[k] - own.form.bias[k];
        assert!((found - shift).abs() < 1e-9, "{found} is not {shift}");
    }
    assert_eq!(tuned.theta.flat(), own.theta.flat());
    let plain = begun(start(&own, false), &data);
    assert_eq!((plain.form.bias, plain.theta.flat()), (own.form.bias, own.theta.flat()));
}

#[test]
fn invariant_under_the_order_of_species() {
    for one_sided in [true, false] {
        let own = potential(&["O", "H"], one_sided, 0.05);
        let data = parted(&["H", "O"], Vec::new());
        let turned = begun(start(&own, false), &data);
        assert_eq!(turned.form.selection, [24, 20]);
        for snapshot in frames(0..3) {
            let [a, b] = [energy(&own, &snapshot), energy(&turned, &renamed(&snapshot, |t| 1 - t))];
            assert!((a - b).abs() < 1e-10, "{a} is not {b}");
        }
    }
}

#[test]
fn a_new_species_leaves_pairs_of_known_ones_as_they_were() {
    for one_sided in [true, false] {
        let own = potential(&["O", "H"], one_sided, 0.0);
        let mut training = frames(0..4);
        training.push(renamed(&training[0], |t| if t == 0 { 2 } else { t }));
        let grown = begun(start(&own, true), &parted(&["O", "H", "Na"], training));
        assert_eq!(grown.form.selection[..2], own.form.selection);
        assert!(grown.form.selection[2] >= 4 && grown.form.statistics[2].radial > 0.0);
        for snapshot in frames(5..8) {
            let [a, b] = [energy(&own, &snapshot), energy(&grown, &snapshot)];
            assert!((a - b).abs() < 1e-10, "{a} is not {b}");
        }
    }
}

#[test]
fn a_species_that_is_not_known_is_refused() {
    let own = potential(&["O", "H"], true, 0.0);
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let said = start(&own, false).species(&names(&["H", "Na"])).unwrap_err().to_string();
    assert_eq!(
        said,
        "run.init: there are atoms of `Na`, which the model does not know. It knows O, H; \
         run.finetune instead adds species."
    );
    assert_eq!(start(&own, true).species(&names(&["Na", "H"])).unwrap(), ["O", "H", "Na"]);
    let room = Representation::default();
    let lost = start(&own, false).begin(&room, &parted(&["O"], Vec::new()), 1);
    assert_eq!(
        lost.unwrap_err().to_string(),
        "model.species: the model of run.init knows `H`. Name all of its species, or leave \
         model.species out."
    );
}
