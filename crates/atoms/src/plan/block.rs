//! A block of atoms, from their neighbours to energies and forces.
//!
//! ```text
//! 1  neighbours of every atom, measured                       octets
//! 2  B = Σ_j φ(t_j) ⊗ R̃_j on nodes,  A = Bᵀ Y/N_c             lines of the table that are touched
//! 3  D = Aᵀ A_<, networks forward and back, species by species
//! 4  Z = Y Āᵀ on the same nodes,  p_j = φ·Z + e₀ (φ'·Z R̃_j)/h,  g_j = p_j ∂R̃_j/∂d_j
//! ```
//! The work as wide as the features is done on nodes, not on neighbours. Around an atom with a neighbour
//! closer than the tables reach, and around all where there are none, each neighbour has a node of its own,
//! with g and g' from the network.

use ground::Result;
use ground::kernel::dense::frozen;
use ground::kernel::lane::Real;

use super::environment::{self, Octet};
use super::{Noted, Plan};
use crate::model::{Mat3, Vec3};
use crate::neighbours::{Near, Surroundings};

pub(crate) mod between;
pub(crate) mod describe;
mod look;
pub(crate) mod pull;

/// No slot.
pub(crate) const NONE: u32 = u32::MAX;

/// Room for a block, kept by a thread from one to the next.
#[derive(Debug)]
pub(super) struct Desk<T: Real> {
    near: Vec<Near>,
    octets: Vec<Octet>,
    /// Places of the neighbours in the octets.
    places: Vec<u32>,
    groups: Vec<Group>,
    centres: Vec<Centre>,
    /// Arguments that have nodes of their own: the network, and x.
    outside: Vec<(usize, f64)>,
    /// g and g' of those.
    own: Vec<T::Row>,
    /// Touched lines of all groups.
    at: Vec<u32>,
    own_at: Vec<u32>,
    /// Where the lines of a node stand among those of the group.
    slots: Vec<u32>,
    b: Vec<[T; 4]>,
    own_b: Vec<[T; 4]>,
    z: Vec<[T; 4]>,
    /// D̄ in lines.
    seeds: Vec<T::Row>,
    /// A of every centre, then Ā of one.
    a: Vec<T::Row>,
    back: Vec<T::Row>,
    /// D of the centres of a species, then the derivatives by it.
    lines: Vec<T::Row>,
    outputs: Vec<T>,
    frozen: frozen::Desk<T::Row>,
    /// Where a place stands in `touched`.
    local: Vec<u32>,
    touched: Vec<(u32, Vec3)>,
}

/// Neighbours of one species around one atom.
#[derive(Clone, Copy, Debug)]
struct Group {
    network: usize,
    /// The first octet.
    first: usize,
    /// How many neighbours.
    count: usize,
    /// The first of their own nodes; None where they are between nodes of a table.
    own: Option<u32>,
    /// Among the touched lines.
    at: [usize; 2],
}

impl Group {
    /// Its octets, and how many neighbours are in each.
    fn octets(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        environment::octets(self.first, self.count)
    }
}

/// An atom of the block.
#[derive(Clone, Copy, Debug)]
struct Centre {
    place: u32,
    species: usize,
    /// Among the groups.
    groups: [usize; 2],
    /// Its line of D among those of its species.
    line: usize,
}

/// The centres of a species, and where they stand among all.
fn of(centres: &[Centre], species: usize) -> impl Iterator<Item = (usize, &Centre)> {
    centres.iter().enumerate().filter(move |(_, centre)| centre.species == species)
}

/// What a block gives.
#[derive(Debug)]
pub(super) struct Part {
    /// Place and force, of everyone touched.
    pub(super) forces: Vec<(u32, Vec3)>,
    /// Place and energy.
    pub(super) energies: Vec<(u32, f64)>,
    pub(super) virial: Mat3,
    /// D of the same places, if asked for.
    pub(super) descriptors: Vec<Vec<f64>>,
    pub(super) noted: Noted,
}

impl<T: Real> Default for Desk<T> {
    fn default() -> Self {
        Self {
            near: Vec::new(),
            octets: Vec::new(),
            places: Vec::new(),
            groups: Vec::new(),
            centres: Vec::new(),
            outside: Vec::new(),
            own: Vec::new(),
            at: Vec::new(),
            own_at: Vec::new(),
            slots: Vec::new(),
            b: Vec::new(),
            own_b: Vec::new(),
            z: Vec::new(),
            seeds: Vec::new(),
            a: Vec::new(),
            back: Vec::new(),
            lines: Vec::new(),
            outputs: Vec::new(),
            frozen: frozen::Desk::default(),
            local: Vec::new(),
            touched: Vec::new(),
        }
    }
}

impl<T: Real> Plan<T> {
    /// Energies and forces of the atoms at some places of a grid; `species` of every place.
    pub(super) fn block(
        &self,
        (around, species): (&impl Surroundings, &[u32]),
        places: std::ops::Range<usize>,
        desk: &mut Desk<T>,
        with_descriptors: bool,
    ) -> Result<Part> {
        let mut noted = Noted::default();
        self.look_around((around, species), places, desk, &mut noted)?;
        self.ask_networks(desk);
        self.describe(desk);
        let mut part = Part {
            forces: Vec::new(),
            energies: Vec::with_capacity(desk.centres.len()),
            virial: [[0.0; 3]; 3],
            descriptors: Vec::new(),
            noted,
        };
        desk.local.resize(around.len(), NONE);
        for species in 0..self.fitting.len() {
            self.multiply(desk, species);
            if with_descriptors {
                self.descriptors(desk, species, &mut part.descriptors);
            }
            self.fit(desk, species, &mut part.energies);
            self.pull(desk, species, &mut part.virial);
        }
        for &(place, _) in &desk.touched {
            desk.local[place as usize] = NONE;
        }
        part.forces = std::mem::take(&mut desk.touched);
        Ok(part)
    }
}
