//! Potentials and snapshots that are drawn: what tests need and no file holds.
#![allow(dead_code, clippy::unwrap_used, reason = "test support")]

use atoms::cell::Cell;
use atoms::form::network::{Network, Skip};
use atoms::form::{DeepPotential, Empty, Statistics, Switch};
use atoms::model::Mat3;
use atoms::{Labels, Potential, Snapshot};
use frame::{Precision, Representation};
use ground::kernel::network::Activation;
use ground::stream::Stream;

/// What of a potential matters to a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) species: usize,
    pub(crate) one_sided: bool,
    pub(crate) steps: bool,
    pub(crate) activation: Activation,
    pub(crate) excluded: bool,
}

/// One- and two-sided, one to four species.
pub(crate) const KINDS: [Kind; 5] = [
    Kind {
        species: 1,
        one_sided: true,
        steps: false,
        activation: Activation::Tanh,
        excluded: false,
    },
    Kind {
        species: 2,
        one_sided: true,
        steps: true,
        activation: Activation::Tanh,
        excluded: false,
    },
    Kind {
        species: 2,
        one_sided: false,
        steps: true,
        activation: Activation::GeluTanh,
        excluded: true,
    },
    Kind {
        species: 3,
        one_sided: true,
        steps: false,
        activation: Activation::Silu,
        excluded: true,
    },
    Kind {
        species: 4,
        one_sided: false,
        steps: false,
        activation: Activation::Softplus,
        excluded: false,
    },
];

/// A potential with drawn weights.
pub(crate) fn potential(kind: Kind, seed: u64) -> Potential {
    let n = kind.species;
    let names = ["O", "H", "Al", "Mg"];
    let statistics = |i: usize| Statistics {
        mean: 0.05 + 0.01 * i as f64,
        radial: 0.14 - 0.02 * i as f64,
        angular: 0.09 + 0.01 * i as f64,
    };
    let form = DeepPotential {
        species: names[..n].iter().map(ToString::to_string).collect(),
        switch: Switch::new(0.5, 4.5).unwrap(),
        selection: (0..n).map(|i| 60 - 10 * i).collect(),
        one_sided: kind.one_sided,
        embedding: Network::new(&[1, 5, 10, 20], kind.activation, Skip::Doubling, kind.steps),
        axis: 6,
        fitting: Network::new(&[120, 24, 24, 24], kind.activation, Skip::Equal, true).with_output(),
        statistics: (0..n).map(statistics).collect(),
        bias: (0..n).map(|i| -3.0 - i as f64).collect(),
        from_vacuum: (0..n).map(|i| i == 1).collect(),
        excluded: if kind.excluded { vec![[0, 1]] } else { Vec::new() },
        empty: Empty::Counted,
    };
    let theta = form.init(Precision::F64, &Stream::new(seed)).unwrap();
    Potential { form, theta, precision: Precision::F64, nearest: None }
}

/// Atoms that keep a distance, in a skew cell or in free space.
pub(crate) fn snapshot(n: usize, species: usize, cell: Option<Mat3>, seed: u64) -> Snapshot {
    let stream = Stream::new(seed).child("snapshot");
    let cell = cell.map(|rows| Cell::new(rows).unwrap());
    let side = (n as f64 * 12.0).cbrt();
    let mut positions: Vec<[f64; 3]> = Vec::new();
    let mut draw = 0;
    while positions.len() < n {
        let f: [f64; 3] = std::array::from_fn(|k| stream.uniform(draw, 0, k));
        draw += 1;
        assert!(draw < 1_000_000, "there is no room for {n} atoms");
        let x = cell.map_or(f.map(|v| side * v), |cell| cell.position(f));
        let far = |y: &[f64; 3]| {
            let d: [f64; 3] = std::array::from_fn(|k| x[k] - y[k]);
            let d = cell.map_or(d, |cell| cell.position(cell.fractions(d).map(|f| f - f.round())));
            d.iter().map(|v| v * v).sum::<f64>() > 1.0
        };
        if positions.iter().all(far) {
            positions.push(x);
        }
    }
    let types: Vec<u32> =
        (0..n as u64).map(|i| stream.words(i, 1, 0)[0] % u32::try_from(species).unwrap()).collect();
    Snapshot { types: types.into(), positions, cell, labels: Labels::default() }
}

/// A skew cell with room for so many atoms.
pub(crate) fn skew(n: usize) -> Mat3 {
    let l = (n as f64 * 12.0).cbrt();
    [[l, 0.1 * l, 0.0], [-0.2 * l, l, 0.15 * l], [0.3 * l, -0.1 * l, l]]
}
