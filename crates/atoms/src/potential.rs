//! What a potential gives: energy, forces, virial, and the energy of each atom.

use crate::model::{Mat3, Vec3};

/// The potential energy of a snapshot and its derivatives: units and signs as in [`crate::model`].
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// E, eV.
    pub energy: f64,
    /// −∂E/∂x, eV/Å.
    pub forces: Vec<Vec3>,
    /// Ξ = −∂E/∂ε, eV: positive when compressed.
    pub virial: Mat3,
    /// E_i, eV; their sum is E.
    pub atomic_energies: Vec<f64>,
    /// D of each atom, row by row, where it was asked for.
    pub descriptors: Option<Vec<Vec<f64>>>,
}

impl Evaluation {
    /// Nothing yet, for so many atoms; with descriptors of so many numbers if they are wanted.
    pub fn zeros(n: usize, descriptor: Option<usize>) -> Self {
        Self {
            energy: 0.0,
            forces: vec![[0.0; 3]; n],
            virial: [[0.0; 3]; 3],
            atomic_energies: vec![0.0; n],
            descriptors: descriptor.map(|width| vec![vec![0.0; width]; n]),
        }
    }
}
