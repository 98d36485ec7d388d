//! Deep Potential, smooth edition: the energy of an atom from a network of what stands around it. [ZHW18]
//!
//! ```text
//! d = x_j − x_i, r = |d|        every image j within r_c of i
//! s = w(r)/r                    w from 1 to 0 between r_s and r_c: [`switch`]
//! R̃_j = ((s − s̄)/σ_r, s d/(r σ_a))            [4], statistics of the species of i
//! G_j = embedding(R̃_j0)                         [M], a network a species of j, or a pair (j, i)
//! A = Σ_j R̃_jᵀ G_j / N_c,  D = Aᵀ A_<           [4, M], [M, M_<]: A_< the first M_< columns
//! E = Σ_i fitting(D) + b                          a network and a number a species of i
//! ```
//! N_c = Σ `selection` also fixes what an imported model was trained with: slots without a neighbour
//! hold R = 0, so R̃_0 = −s̄/σ_r, and count in A. They are added in closed form, and no neighbour is
//! ever left out. What is asked of it: [`crate::plan`] is fast, [`on_tape`] is the judge.

use frame::{Layout, Params, Precision, Representation};
use ground::Result;
use ground::kernel::packing::Packing;
use ground::stream::Stream;

pub mod jets;
pub mod network;
pub mod on_tape;
pub mod switch;

pub use network::Network;
pub use switch::Switch;

/// The descriptor and the networks; their weights are [`Params`].
#[derive(Clone, Debug, PartialEq)]
pub struct DeepPotential {
    /// Names of the species.
    pub species: Vec<String>,
    /// Where the environment ends.
    pub switch: Switch,
    /// Neighbours of each species that the model was trained to hold; their sum is N_c.
    pub selection: Vec<usize>,
    /// Whether an embedding depends on the species of the neighbour alone.
    pub one_sided: bool,
    /// The embedding network, from 1 number to M.
    pub embedding: Network,
    /// M_<, the columns of A_<.
    pub axis: usize,
    /// The fitting network, from M M_< numbers to one.
    pub fitting: Network,
    /// Of the centres, one a species.
    pub statistics: Vec<Statistics>,
    /// b, eV, one a species.
    pub bias: Vec<f64>,
    /// Species whose energy is counted from that of an atom alone: the network's value at D = 0 is
    /// taken off.
    pub from_vacuum: Vec<bool>,
    /// Pairs of species that do not see each other, in both orders.
    pub excluded: Vec<[usize; 2]>,
    /// What the empty slots of excluded pairs do in a one-sided model.
    pub empty: Empty,
}

/// The scale of an environment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// s̄, 1/Å.
    pub mean: f64,
    /// σ_r, 1/Å.
    pub radial: f64,
    /// σ_a, 1/Å.
    pub angular: f64,
}

/// What the empty slots of excluded pairs do in a one-sided model: programs disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// They add nothing (TensorFlow).
    Silent,
    /// They count like all others (NumPy, JAX, PyTorch).
    Counted,
}

/// A trained potential: its form, its weights, what is known of where they came from.
#[derive(Clone, Debug)]
pub struct Potential {
    /// The form.
    pub form: DeepPotential,
    /// The weights.
    pub theta: Params,
    /// The precision the weights were stored in.
    pub precision: Precision,
    /// The smallest distance of its training data, Å, where it is known.
    pub nearest: Option<f64>,
}

impl DeepPotential {
    /// N_c.
    pub fn slots(&self) -> usize {
        self.selection.iter().sum()
    }

    /// M.
    pub fn features(&self) -> usize {
        self.embedding.n_out()
    }

    /// How many embedding networks there are.
    pub fn embeddings(&self) -> usize {
        let n = self.species.len();
        if self.one_sided { n } else { n * n }
    }

    /// The embedding network of a neighbour of species j around a centre of species i.
    pub fn embedding_of(&self, j: usize, i: usize) -> usize {
        if self.one_sided { j } else { j * self.species.len() + i }
    }

    /// Whether a pair of species does not see each other.
    pub fn excludes(&self, i: usize, j: usize) -> bool {
        self.excluded.iter().any(|pair| *pair == [i, j] || *pair == [j, i])
    }

    /// Whether empty slots of species j around a centre of species i add to A.
    pub fn pads(&self, j: usize, i: usize) -> bool {
        let counted = self.one_sided && self.empty == Empty::Counted;
        self.statistics[i].mean != 0.0 && (counted || !self.excludes(i, j))
    }

    /// The block of θ that holds an embedding network.
    pub fn embedding_block(&self, network: usize) -> usize {
        network
    }

    /// The block of θ that holds the fitting network of a species.
    pub fn fitting_block(&self, species: usize) -> usize {
        self.embeddings() + species
    }
}

impl Representation for DeepPotential {
    fn layout(&self) -> Layout {
        let mut layout = Layout::default();
        for k in 0..self.embeddings() {
            let n = self.species.len();
            let name = if self.one_sided {
                format!("embedding/{}", self.species[k])
            } else {
                format!("embedding/{}/{}", self.species[k / n], self.species[k % n])
            };
            layout = layout.block(name, Packing::Layers(self.embedding.trained()));
        }
        for name in &self.species {
            let numbers = Packing::Layers(self.fitting.trained());
            layout = layout.block(format!("fitting/{name}"), numbers);
        }
        layout
    }

    /// As the reference program starts: time steps near 1 in embeddings, near 0.1 in fitting networks.
    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params> {
        let mut theta = Params::zeros(self.layout(), precision);
        for k in 0..self.embeddings() {
            let stream = stream.child("embedding");
            theta.set(self.embedding_block(k), &self.embedding.drawn(1.0, &stream, k));
        }
        for i in 0..self.species.len() {
            let stream = stream.child("fitting");
            theta.set(self.fitting_block(i), &self.fitting.drawn(0.1, &stream, i));
        }
        Ok(theta)
    }
}
