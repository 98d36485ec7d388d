//! The loss of a snapshot, and its derivatives by what a potential gives.

use ground::{Error, Result};

use crate::model::{Mat3, Snapshot, Vec3};

/// A weight that goes from one number to another as the rate of the descent falls.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weight {
    /// At the start.
    pub from: f64,
    /// Where the rate is zero.
    pub to: f64,
}

/// What energies and virials are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PerAtom {
    /// N: their weight falls with the size of the snapshot.
    #[default]
    Once,
    /// N²: squares of energies an atom.
    Squared,
}

/// The weights of the terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// p_e, 1/eV².
    pub energy: Weight,
    /// p_f, Å²/eV².
    pub force: Weight,
    /// p_v, 1/eV².
    pub virial: Weight,
    /// p_a, 1/eV².
    pub atomic: Weight,
    /// What energies and virials are divided by.
    pub per_atom: PerAtom,
    /// Whether weights are rounded to single precision, as TensorFlow has them.
    pub single: bool,
}

/// The weights of one iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// p_e.
    pub energy: f64,
    /// p_f.
    pub force: f64,
    /// p_v.
    pub virial: f64,
    /// p_a.
    pub atomic: f64,
    /// See [`Weights::per_atom`].
    pub per_atom: PerAtom,
}

impl Weight {
    /// The same always.
    pub fn constant(value: f64) -> Self {
        Self { from: value, to: value }
    }

    /// Whether it is 0 always.
    pub fn is_zero(self) -> bool {
        self.from == 0.0 && self.to == 0.0
    }

    /// Refuses what is no weight.
    pub fn check(self, key: &str) -> Result<()> {
        match [self.from, self.to].into_iter().find(|v| !(*v >= 0.0 && v.is_finite())) {
            Some(v) => Err(Error::input(key, format!("{v} is not a weight"))
                .allowed("Write a finite number, at least 0")),
            None => Ok(()),
        }
    }

    fn at(self, share: f64) -> f64 {
        self.to + (self.from - self.to) * share
    }
}

impl Default for Weights {
    /// Those of the reference program: forces first, energies when the rate has fallen.
    fn default() -> Self {
        Self {
            energy: Weight { from: 0.02, to: 1.0 },
            force: Weight { from: 1000.0, to: 1.0 },
            virial: Weight::default(),
            atomic: Weight::default(),
            per_atom: PerAtom::Once,
            single: false,
        }
    }
}

impl Weights {
    /// The weights where the rate is such a share of its start.
    #[allow(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
    pub fn at(&self, share: f64) -> Factors {
        let at = |weight: Weight| {
            let exact = weight.at(share);
            if self.single { f64::from(exact as f32) } else { exact }
        };
        Factors {
            energy: at(self.energy),
            force: at(self.force),
            virial: at(self.virial),
            atomic: at(self.atomic),
            per_atom: self.per_atom,
        }
    }
}

/// What a potential gives of a snapshot, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// E, eV.
    pub energy: f64,
    /// F, eV/Å.
    pub forces: &'a [Vec3],
    /// Ξ, eV.
    pub virial: Mat3,
    /// E_i, eV.
    pub atomic: &'a [f64],
}

/// Squares of differences: ⟨δ²⟩ of each kind, where there are labels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Squares {
    /// (ΔE)², eV².
    pub energy: Option<f64>,
    /// ⟨ΔF²⟩, (eV/Å)².
    pub force: Option<f64>,
    /// ⟨ΔΞ²⟩, eV².
    pub virial: Option<f64>,
    /// ⟨Δe²⟩, eV².
    pub atomic: Option<f64>,
}

impl Squares {
    /// Of what was found from the labels.
    pub fn of(snapshot: &Snapshot, found: Found<'_>) -> Self {
        let labels = &snapshot.labels;
        let mean = |pairs: &mut dyn Iterator<Item = [f64; 2]>| {
            let (mut sum, mut n) = (0.0, 0);
            for [a, b] in pairs {
                sum += (a - b) * (a - b);
                n += 1;
            }
            sum / f64::from(n.max(1))
        };
        let force = labels.forces.as_ref().map(|right| {
            let pairs = found.forces.as_flattened().iter().zip(right.as_flattened());
            mean(&mut pairs.map(|(a, b)| [*a, *b]))
        });
        let virial = labels.virial.map(|right| {
            let pairs = found.virial.as_flattened().iter().zip(right.as_flattened());
            mean(&mut pairs.map(|(a, b)| [*a, *b]))
        });
        let atomic = labels
            .atomic_energies
            .as_ref()
            .map(|right| mean(&mut found.atomic.iter().zip(right).map(|(a, b)| [*a, *b])));
        let energy = labels.energy.map(|right| (found.energy - right).powi(2));
        Self { energy, force, virial, atomic }
    }
}

impl Factors {
    /// What a square of an energy or of a virial is divided by.
    pub(super) fn divisor(&self, n: usize) -> f64 {
        let n = n.max(1) as f64;
        if self.per_atom == PerAtom::Squared { n * n } else { n }
    }

    /// l of a snapshot of n atoms.
    pub fn loss(&self, n: usize, squares: Squares) -> f64 {
        let divisor = self.divisor(n);
        let term = |factor: f64, square: Option<f64>| factor * square.unwrap_or(0.0);
        term(self.energy, squares.energy) / divisor
            + term(self.force, squares.force)
            + term(self.virial, squares.virial) / divisor
            + term(self.atomic, squares.atomic)
    }

    /// The derivatives of `by` l: by E, by every E_i, by F and by Ξ.
    pub fn slopes(&self, snapshot: &Snapshot, found: Found<'_>, by: f64) -> Slopes {
        let (labels, n) = (&snapshot.labels, snapshot.len());
        let divisor = self.divisor(n);
        let energy = labels
            .energy
            .map_or(0.0, |right| by * 2.0 * self.energy / divisor * (found.energy - right));
        let atomic = labels.atomic_energies.as_ref().filter(|_| self.atomic != 0.0).map(|right| {
            let factor = by * 2.0 * self.atomic / n.max(1) as f64;
            found.atomic.iter().zip(right).map(|(e, right)| factor * (e - right)).collect()
        });
        let factor = by * 2.0 * self.force / (3 * n.max(1)) as f64;
        let forces = labels.forces.as_ref().filter(|_| self.force != 0.0).map(|right| {
            let one = |(f, right): (&Vec3, &Vec3)| [0, 1, 2].map(|k| factor * (f[k] - right[k]));
            found.forces.iter().zip(right).map(one).collect()
        });
        let factor = by * 2.0 * self.virial / (9.0 * divisor);
        let virial = labels.virial.filter(|_| self.virial != 0.0).map(|right| {
            [0, 1, 2].map(|a| [0, 1, 2].map(|b| factor * (found.virial[a][b] - right[a][b])))
        });
        Slopes { energy, atomic, forces, virial }
    }
}

/// Derivatives of a loss by what a potential gave; None where it does not depend on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slopes {
    /// By E.
    pub energy: f64,
    /// By E_i, beside that by E.
    pub atomic: Option<Vec<f64>>,
    /// By F.
    pub forces: Option<Vec<Vec3>>,
    /// By Ξ.
    pub virial: Option<Mat3>,
}
