//! A potential made fast: vectorised, in either precision, over threads, with the same bits for any number of them.
//!
//! Atoms are taken in blocks in the order of their bins (`block`); a block gives the forces on all it
//! touched, and blocks are added one after another. Nothing is kept of an atom but its position, its
//! force and its energy. Tables stand for the embeddings unless they are not wanted ([`table`]); the
//! norm is [`crate::form::on_tape`].

use std::cell::RefCell;

use fearless_simd::Level;
use frame::Precision;
use ground::kernel::dense::frozen::{Desk as Room, Frozen};
use ground::kernel::dense::rows;
use ground::kernel::gram::Pairs;
use ground::kernel::lane::{self, Real};
use ground::{Result, par};
use thread_local::ThreadLocal;

use crate::form::jets::jets;
use crate::form::{DeepPotential, Network, Potential, Statistics};
use crate::model::Snapshot;
use crate::neighbours::{self, Grid, Surroundings};
use crate::potential::Evaluation;
use block::{Desk, Part};
use environment::{Octet, Scale};
use table::{Range, Tabulated};

pub(crate) mod block;
pub mod environment;
pub mod table;

/// The fewest and the most atoms in a block: weights are read once a block, and blocks are shared out
/// among threads.
const BLOCK: [usize; 2] = [48, 192];
/// As many blocks as there should be at least.
const BLOCKS: usize = 8;
/// Blocks at work before their forces are added.
const AHEAD: usize = 64;
/// Tables go to this distance where the nearest neighbour of the training data is not known, Å.
const CLOSEST: f64 = 0.5;

/// How embeddings are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embeddings {
    /// From tables.
    Tabulated,
    /// By their networks.
    Networks,
}

/// What came to notice on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noted {
    /// Atoms with more neighbours of a species than the model was trained to hold: the reference drops
    /// the farthest, nothing is dropped here.
    pub crowded: usize,
    /// The largest number of neighbours too many.
    pub excess: usize,
    /// Atoms whose nearest neighbour is closer than any in the training data, or, where that is not
    /// known, than the tables reach: the atom, and that distance, Å.
    pub close: Vec<(usize, f64)>,
}

impl Noted {
    fn count(&mut self, counts: &[usize], selection: &[usize]) {
        let excess = counts.iter().zip(selection).map(|(c, s)| c.saturating_sub(*s)).max();
        let excess = excess.unwrap_or(0);
        self.crowded += usize::from(excess > 0);
        self.excess = self.excess.max(excess);
    }

    /// Adds what came to notice elsewhere.
    fn join(&mut self, other: Self) {
        self.crowded += other.crowded;
        self.excess = self.excess.max(other.excess);
        self.close.extend(other.close);
    }
}

/// A potential in one precision.
#[derive(Debug)]
pub struct Plan<T: Real> {
    form: DeepPotential,
    level: Level,
    pairs: Pairs,
    /// Rows of a line of features.
    stride: usize,
    /// Weights of the embedding networks.
    embeddings: Vec<Vec<f64>>,
    /// Empty where the networks are asked.
    tables: Vec<Tabulated<T>>,
    fitting: Vec<Frozen<T>>,
    /// Whether the fitting networks take D as it is, because the first layer adds it to its outputs; else
    /// they take each product of columns once.
    natural: bool,
    scales: Vec<Scale>,
    /// z g(z), what an empty slot adds to the first line of A: centre by centre, then neighbours.
    pads: Vec<Vec<T::Row>>,
    /// 1/N_c.
    by_slots: T,
    /// What is added to the output of the fitting network of a species, eV.
    offsets: Vec<f64>,
    nobody: Octet,
    /// Closer than this is closer than in training, Å².
    domain: f64,
    /// This close or closer is outside the tables, Å²; everyone is where there are none.
    reach: f64,
    desks: ThreadLocal<RefCell<Desk<T>>>,
}

impl<T: Real> Plan<T> {
    /// The plan of a potential, on the best instructions of this machine.
    pub fn new(potential: &Potential, embeddings: Embeddings) -> Self {
        Self::at_level(potential, embeddings, lane::level())
    }

    /// The same on given instructions.
    pub fn at_level(potential: &Potential, embeddings: Embeddings, level: Level) -> Self {
        let form = potential.form.clone();
        let n = form.species.len();
        let theta = |block: usize| potential.theta.get(block);
        let weights: Vec<Vec<f64>> =
            (0..form.embeddings()).map(|k| theta(form.embedding_block(k))).collect();
        let tables = match embeddings {
            Embeddings::Networks => Vec::new(),
            Embeddings::Tabulated => par::map(weights.len(), |k| {
                Tabulated::new(&form.embedding, &weights[k], range::<T>(potential, k))
            }),
        };
        let pairs = Pairs { columns: form.features(), first: form.axis };
        let stride = rows::<T>(form.features());
        let pads = (0..n * n).map(|k| pad::<T>(&form, &weights, (k / n, k % n))).collect();
        let fitting: Vec<Frozen<T>> = (0..n)
            .map(|i| folded(level, &form.fitting, &theta(form.fitting_block(i)), pairs))
            .collect();
        let natural = form.fitting.layers[0].copies > 0;
        let vacuum = |i: usize| {
            let mut line = vec![T::Row::default(); rows::<T>(fitting[i].n_in())];
            let mut output = [T::default()];
            fitting[i].values(level, &mut line, &mut Room::default(), &mut output);
            output[0].wide()
        };
        let offset = |i: usize| form.bias[i] - if form.from_vacuum[i] { vacuum(i) } else { 0.0 };
        Self {
            level,
            pairs,
            stride,
            tables,
            pads,
            by_slots: T::of(1.0 / form.slots() as f64),
            offsets: (0..n).map(offset).collect(),
            fitting,
            natural,
            scales: form.statistics.iter().map(|s| Scale::new(*s)).collect(),
            embeddings: weights,
            nobody: Octet::empty(form.switch),
            domain: potential.nearest.unwrap_or(closest(potential)).powi(2),
            reach: match embeddings {
                Embeddings::Tabulated => closest(potential).powi(2),
                Embeddings::Networks => f64::INFINITY,
            },
            desks: ThreadLocal::new(),
            form,
        }
    }

    /// The largest errors of tabulated embeddings and of their slopes, as found between nodes; None where
    /// there are no tables.
    pub fn table_errors(&self) -> Option<[f64; 2]> {
        let larger = |a: [f64; 2], b: [f64; 2]| [a[0].max(b[0]), a[1].max(b[1])];
        self.tables.iter().map(|table| table.errors).reduce(larger)
    }

    /// Nodes of all tables, and the bytes they take.
    pub fn table_size(&self) -> [usize; 2] {
        [
            self.tables.iter().map(Tabulated::nodes).sum(),
            self.tables.iter().map(Tabulated::bytes).sum(),
        ]
    }

    /// Energy, forces, virial and atomic energies of a snapshot whose types are the species of the form.
    ///
    /// Fails where two atoms are at one place, or the cell is too thin to have neighbours counted.
    pub fn evaluate(&self, snapshot: &Snapshot, descriptors: bool) -> Result<(Evaluation, Noted)> {
        neighbours::check(snapshot, self.form.switch.to)?;
        let grid = Grid::new(snapshot, self.form.switch.to);
        self.evaluate_around(&grid, &snapshot.types, descriptors)
    }

    /// The same, from neighbours within the cutoff that somebody keeps.
    pub fn evaluate_around(
        &self,
        around: &impl Surroundings,
        types: &[u32],
        descriptors: bool,
    ) -> Result<(Evaluation, Noted)> {
        let n = around.len();
        let species: Vec<u32> = (0..n).map(|place| types[around.atom(place)]).collect();
        let width = descriptors.then_some(self.pairs.columns * self.pairs.first);
        let mut found = Evaluation::zeros(n, width);
        let mut noted = Noted::default();
        // Never by the number of threads, which must not change a bit.
        let size = n.div_ceil(BLOCKS).clamp(BLOCK[0], BLOCK[1]);
        let blocks = n.div_ceil(size);
        for first in (0..blocks).step_by(AHEAD) {
            let ahead = AHEAD.min(blocks - first);
            let parts = par::map(ahead, |k| {
                let start = (first + k) * size;
                let desk = self.desks.get_or_default();
                let places = start..(start + size).min(n);
                self.block((around, &species), places, &mut desk.borrow_mut(), descriptors)
            });
            for part in parts {
                noted.join(add(around, part?, &mut found));
            }
        }
        found.energy = found.atomic_energies.iter().sum();
        noted.close.sort_by_key(|(atom, _)| *atom);
        Ok((found, noted))
    }
}

/// Adds what a block gave.
fn add(around: &impl Surroundings, part: Part, to: &mut Evaluation) -> Noted {
    for (place, force) in part.forces {
        let own = &mut to.forces[around.atom(place as usize)];
        (0..3).for_each(|k| own[k] += force[k]);
    }
    for (own, part) in to.virial.iter_mut().flatten().zip(part.virial.iter().flatten()) {
        *own += part;
    }
    let mut descriptors = part.descriptors.into_iter();
    for (place, energy) in part.energies {
        let atom = around.atom(place as usize);
        to.atomic_energies[atom] = energy;
        if let (Some(all), Some(own)) = (&mut to.descriptors, descriptors.next()) {
            all[atom] = own;
        }
    }
    part.noted
}

/// The distance that tables reach down to, Å.
fn closest(potential: &Potential) -> f64 {
    potential.nearest.map_or(CLOSEST, |r| 0.9 * r).min(0.5 * potential.form.switch.to)
}

/// Where the table of an embedding must reach.
fn range<T: Real>(potential: &Potential, network: usize) -> Range {
    let ends = ends(&potential.form, network, closest(potential));
    // In single precision a table need not be better than its numbers.
    let within = if T::LANES == 16 { 5e-7 } else { 1e-10 };
    Range { ends, within }
}

/// The lowest and the highest argument of an embedding where nobody is closer than that.
pub(crate) fn ends(form: &DeepPotential, network: usize, closest: f64) -> [f64; 2] {
    let n = form.species.len();
    let most = form.switch.at(closest)[0] / closest;
    let centres = (0..n).filter(|i| form.one_sided || network % n == *i);
    let ends = centres.map(|i| {
        let Statistics { mean, radial, .. } = form.statistics[i];
        [-mean / radial, (most - mean) / radial]
    });
    ends.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]).unwrap_or([0.0, 1.0])
}

/// z g(z) of the empty slots of a species around another.
fn pad<T: Real>(
    form: &DeepPotential,
    weights: &[Vec<f64>],
    (centre, species): (usize, usize),
) -> Vec<T::Row> {
    if !form.pads(species, centre) {
        return Vec::new();
    }
    let Statistics { mean, radial, .. } = form.statistics[centre];
    let z = -mean / radial;
    let theta = &weights[form.embedding_of(species, centre)];
    let [g, ..] = jets(&form.embedding, theta, &[z]);
    let mut line = vec![T::Row::default(); rows::<T>(form.features())];
    table::write::<T>(&mut line, g.mapv(|g| z * g).iter());
    line
}

/// The fitting network on each product of columns once: D is symmetric among its first columns. Where the
/// first layer adds D itself to its outputs, on D as it is.
fn folded<T: Real>(level: Level, network: &Network, theta: &[f64], pairs: Pairs) -> Frozen<T> {
    let mut stills = network.stills(theta);
    let first = network.layers[0];
    if first.copies > 0 {
        return Frozen::new(level, &stills);
    }
    let mut sums = vec![0.0; pairs.len() * first.n_out];
    for m in 0..pairs.columns {
        for k in 0..pairs.first {
            let from = (m * pairs.first + k) * first.n_out;
            let to = pairs.place(m, k) * first.n_out;
            for o in 0..first.n_out {
                sums[to + o] += stills[0].w[from + o];
            }
        }
    }
    stills[0].w = &sums;
    Frozen::new(level, &stills)
}

/// A plan in the precision that was asked for.
#[derive(Debug)]
pub enum Fast {
    /// Single.
    F32(Box<Plan<f32>>),
    /// Double.
    F64(Box<Plan<f64>>),
}

impl Fast {
    /// The plan of a potential.
    pub fn new(potential: &Potential, precision: Precision, embeddings: Embeddings) -> Self {
        match precision {
            Precision::F32 => Self::F32(Box::new(Plan::new(potential, embeddings))),
            Precision::F64 => Self::F64(Box::new(Plan::new(potential, embeddings))),
        }
    }

    /// See [`Plan::evaluate`].
    pub fn evaluate(&self, snapshot: &Snapshot, descriptors: bool) -> Result<(Evaluation, Noted)> {
        match self {
            Self::F32(plan) => plan.evaluate(snapshot, descriptors),
            Self::F64(plan) => plan.evaluate(snapshot, descriptors),
        }
    }

    /// See [`Plan::table_errors`].
    pub fn table_errors(&self) -> Option<[f64; 2]> {
        match self {
            Self::F32(plan) => plan.table_errors(),
            Self::F64(plan) => plan.table_errors(),
        }
    }
}
