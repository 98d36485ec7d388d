//! Energies, forces and virials of a batch, and the gradient of anything that depends on them.
//!
//! ```text
//! forth   embeddings on their nodes · pieces: neighbours, A, D, E, forces          over pieces
//!         forces of all pieces added in order                                      the loss sees them
//! back    pieces: change along ∂L/∂F, one way back through the network, Ȳ          over pieces
//!         W̄ of fitting networks by panels, each over all pieces in order; Ȳ added in order, through the
//!         embeddings                                                               over panels, networks
//! ```
//! No sum depends on the number of threads. Pieces are cut by the number of atoms alone.

use std::cell::RefCell;

use fearless_simd::Level;
use frame::{Keeper, Params, Stored};
use ground::kernel::dense::rows;
use ground::kernel::dense::trained::Trained;
use ground::kernel::gram::Pairs;
use ground::kernel::lane::Real;
use ground::kernel::update::Update;
use ground::{Result, par};
use thread_local::ThreadLocal;

use super::embedded::Embedded;
use super::fitted::{self, Fitted, Of, Slab, Strip};
use super::piece::Piece;
use super::{Found, Frame, Pulls, Shared};
use crate::form::DeepPotential;
use crate::model::Snapshot;
use crate::plan::environment::{Octet, Scale, measure};

/// The fewest and the most atoms of a piece, and about how many pieces there should be.
const PIECE: [usize; 2] = [32, 96];
const PIECES: usize = 6;

/// A form at work in one precision.
#[derive(Debug)]
pub(super) struct Engine<T: Real> {
    pub(super) form: DeepPotential,
    level: Level,
    /// Whether every neighbour has a node of its own.
    own: bool,
    pub(super) embedded: Vec<Embedded<T>>,
    fitted: Vec<Fitted<T>>,
    scales: Vec<Scale>,
    pairs: Pairs,
    pieces: Vec<Piece<T>>,
    /// How many of them are of this batch.
    used: usize,
    /// The gradient by every embedding network.
    gradients: Vec<Vec<T::Row>>,
    /// Room of every thread.
    rooms: ThreadLocal<RefCell<Vec<T::Row>>>,
}

/// What a thread has to do of a gradient.
enum Task<'a, T: Real> {
    Fit {
        species: usize,
        network: &'a Trained,
        slab: Slab,
        to: &'a mut [T::Row],
    },
    Embed {
        embedded: &'a mut Embedded<T>,
        network: usize,
        theta: &'a [T::Row],
        to: &'a mut [T::Row],
    },
}

impl<T: Stored> Engine<T> {
    /// A form whose atoms are never closer than that.
    pub(super) fn new((form, closest, own, level): (DeepPotential, f64, bool, Level)) -> Self {
        let pairs = Pairs { columns: form.features(), first: form.axis };
        Self {
            level,
            own,
            embedded: (0..form.embeddings()).map(|k| Embedded::new(&form, k, closest)).collect(),
            fitted: form.species.iter().map(|_| Fitted::new(&form, pairs)).collect(),
            scales: form.statistics.iter().map(|s| Scale::new(*s)).collect(),
            pairs,
            pieces: Vec::new(),
            used: 0,
            gradients: {
                let rows = form.embedding.trained().rows::<T>();
                vec![vec![T::Row::default(); rows]; form.embeddings()]
            },
            rooms: ThreadLocal::new(),
            form,
        }
    }

    /// Sees to it that nodes stand well enough for the embeddings.
    pub(super) fn measure(&mut self, theta: &Params) {
        if self.own {
            return;
        }
        let form = &self.form;
        par::map_mut(&mut self.embedded, |k, embedded| {
            embedded.measure(&theta.get(form.embedding_block(k)));
        });
    }

    fn shared<'a>(
        &'a self,
        embedded: &'a [(&'a Embedded<T>, &'a [T::Row])],
        frames: &'a [Frame<'a>],
        atoms: usize,
    ) -> Shared<'a, T> {
        let nobody = Octet::empty(self.form.switch);
        let mut nothing = [nobody];
        measure(self.level, self.form.switch, &mut nothing);
        Shared {
            form: &self.form,
            level: self.level,
            frames,
            embedded,
            fitted: &self.fitted,
            scales: &self.scales,
            pairs: self.pairs,
            stride: rows::<T>(self.form.features()),
            by_slots: T::of(1.0 / self.form.slots() as f64),
            nobody,
            nothing: nothing[0],
            own: self.own,
            atoms,
        }
    }

    /// What the potential with these weights gives of every snapshot.
    pub(super) fn forth(&mut self, theta: &Params, snapshots: &[&Snapshot]) -> Result<Vec<Found>> {
        let (level, own) = (self.level, self.own);
        let blocks = T::blocks(theta);
        let form = &self.form;
        par::map_mut(&mut self.embedded, |k, embedded| {
            embedded.refresh(level, &blocks[form.embedding_block(k)].rows, !own);
        });
        let fitting = |species: usize| &blocks[form.fitting_block(species)].rows[..];
        let taken = self.fitted.iter_mut().enumerate();
        let mut takeovers: Vec<_> = taken.flat_map(|(k, own)| own.takeovers(fitting(k))).collect();
        par::map_mut(&mut takeovers, |_, takeover| takeover.make());
        let mut turns: Vec<_> = self.fitted.iter_mut().flat_map(Fitted::turns).collect();
        par::map_mut(&mut turns, |_, turn| turn.make(level));
        let frames = Frame::all(snapshots, self.form.switch.to)?;
        let atoms = frames.iter().map(|frame| frame.snapshot.len()).sum();
        let mut pieces = std::mem::take(&mut self.pieces);
        self.used = self.cut(&frames, &mut pieces);
        let embedded = self.with_weights(theta);
        let shared = self.shared(&embedded, &frames, atoms);
        let outcomes = par::map_mut(&mut pieces[..self.used], |_, piece| {
            piece.look(&shared)?;
            if own {
                piece.place_own(&shared);
            }
            piece.forth(&shared);
            Ok(())
        });
        let found = outcomes.into_iter().collect::<Result<Vec<()>>>().map(|_| {
            let mut found: Vec<Found> = frames.iter().map(Found::zeros).collect();
            let offsets = self.offsets(&pieces[..self.used]);
            for piece in &pieces[..self.used] {
                add(offsets[piece.species], piece, &frames, &mut found);
            }
            for found in &mut found {
                found.energy = found.atomic.iter().sum();
            }
            found
        });
        drop(embedded);
        self.pieces = pieces;
        found
    }

    /// The gradient of what depends on the last batch like that, by the weights: kept, until it is asked
    /// for. False where it is not finite.
    pub(super) fn back(&mut self, theta: &Params, pulls: &Pulls) -> bool {
        let mut pieces = std::mem::take(&mut self.pieces);
        {
            let embedded = self.with_weights(theta);
            let shared = self.shared(&embedded, &[], pulls.energies.len());
            par::map_mut(&mut pieces[..self.used], |_, piece| {
                piece.back(&shared, pulls);
                if shared.own {
                    piece.reverse_own(&shared);
                }
            });
        }
        let blocks = T::blocks(theta);
        let mut tasks = Vec::new();
        let embeddings = self.embedded.iter_mut().zip(&mut self.gradients).enumerate();
        for (network, (embedded, to)) in embeddings {
            let theta = &blocks[self.form.embedding_block(network)].rows[..];
            tasks.push(Task::Embed { embedded, network, theta, to });
        }
        for (species, fitted) in self.fitted.iter_mut().enumerate() {
            let (network, slabs) = fitted.slabs();
            let slabs = slabs.into_iter();
            tasks.extend(slabs.map(|(slab, to)| Task::Fit { species, network, slab, to }));
        }
        let (level, own, rooms) = (self.level, self.own, &self.rooms);
        let used = &pieces[..self.used];
        let finite = par::map_mut(&mut tasks, |_, task| match task {
            Task::Fit { species, network, slab, to } => {
                let room = &mut rooms.get_or_default().borrow_mut();
                fit((level, network, *species), used, slab, (room, to))
            }
            Task::Embed { embedded, network, theta, to } => {
                let room = &mut rooms.get_or_default().borrow_mut();
                embed(level, (embedded, *network, theta, own), used, (room, to))
            }
        });
        drop(tasks);
        self.pieces = pieces;
        finite.into_iter().all(|finite| finite)
    }

    /// The gradient that was kept.
    pub(super) fn gradient(&self, into: &mut Params) {
        let blocks = T::blocks_mut(into);
        for (network, gradient) in self.gradients.iter().enumerate() {
            blocks[self.form.embedding_block(network)].rows.copy_from_slice(gradient);
        }
        for (species, fitted) in self.fitted.iter().enumerate() {
            let mut rest = &mut blocks[self.form.fitting_block(species)].rows[..];
            for strip in fitted.strips() {
                let (own, after) = std::mem::take(&mut rest).split_at_mut(strip.length);
                fitted.strip(strip, own);
                rest = after;
            }
        }
    }

    /// One step along the gradient that was kept.
    pub(super) fn step(&self, theta: &mut Params, by: Update) {
        let blocks = T::blocks_mut(theta);
        let n = self.gradients.len();
        let mut steps = Vec::new();
        for (k, block) in blocks.iter_mut().enumerate() {
            let mut rest = block.all();
            let strips: Vec<Option<Strip>> = match k.checked_sub(n) {
                None => vec![None],
                Some(species) => self.fitted[species].strips().into_iter().map(Some).collect(),
            };
            for strip in strips {
                let length = strip.map_or(rest[0].len(), |strip| strip.length);
                let rows = rest.each_mut().map(|rest| rest.split_off_mut(..length));
                steps.push((k, strip, rows.map(Option::unwrap_or_default)));
            }
        }
        let level = self.level;
        par::map_mut(&mut steps, |_, (k, strip, rows)| {
            let rows = rows.each_mut().map(|rows| &mut **rows);
            let Some(strip) = strip else {
                return by.apply_rows::<T>(level, rows, &self.gradients[*k]);
            };
            let room = &mut *self.rooms.get_or_default().borrow_mut();
            room.resize(strip.length, T::Row::default());
            self.fitted[*k - n].strip(*strip, room);
            by.apply_rows::<T>(level, rows, room);
        });
    }

    /// What is added to what the network of each species gives.
    fn offsets(&self, pieces: &[Piece<T>]) -> Vec<f64> {
        let mut offsets = self.form.bias.clone();
        for piece in pieces.iter().filter(|piece| piece.vacuum) {
            offsets[piece.species] -= piece.outputs[piece.centres.len()].wide();
        }
        offsets
    }

    /// Embeddings with their weights.
    fn with_weights<'a>(&'a self, theta: &'a Params) -> Vec<(&'a Embedded<T>, &'a [T::Row])> {
        let blocks = T::blocks(theta);
        let rows = |k: usize| &blocks[self.form.embedding_block(k)].rows[..];
        self.embedded.iter().enumerate().map(|(k, embedded)| (embedded, rows(k))).collect()
    }

    /// Cuts the atoms of a batch into pieces, species by species; returns how many there are.
    fn cut(&self, frames: &[Frame<'_>], pieces: &mut Vec<Piece<T>>) -> usize {
        let mut of: Vec<Vec<[u32; 3]>> = vec![Vec::new(); self.form.species.len()];
        let small = |n: usize| u32::try_from(n).expect("fewer than 2^32 atoms");
        for (f, frame) in frames.iter().enumerate() {
            for place in 0..frame.snapshot.len() {
                let place = small(place);
                let atom = frame.atom(place);
                let species = frame.snapshot.types[(atom - frame.first) as usize] as usize;
                of[species].push([small(f), place, atom]);
            }
        }
        let total: usize = of.iter().map(Vec::len).sum();
        let size = total.div_ceil(PIECES).clamp(PIECE[0], PIECE[1]);
        let mut used = 0;
        for (species, atoms) in of.iter().enumerate().filter(|(_, atoms)| !atoms.is_empty()) {
            let parts = atoms.len().div_ceil(size);
            for k in 0..parts {
                let part = &atoms[k * atoms.len() / parts..(k + 1) * atoms.len() / parts];
                if used == pieces.len() {
                    pieces.push(Piece::new(self.form.embeddings()));
                }
                let vacuum = k == 0 && self.form.from_vacuum[species];
                pieces[used].begin((species, vacuum), part);
                used += 1;
            }
        }
        used
    }

    /// What must survive an interruption.
    pub(super) fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        let mut all = self.embedded.iter_mut().enumerate();
        all.try_for_each(|(k, embedded)| embedded.keep(&format!("nodes/{k}"), keeper))
    }
}

/// Adds what a piece gave.
fn add<T: Real>(offset: f64, piece: &Piece<T>, frames: &[Frame<'_>], to: &mut [Found]) {
    let frame_of = |atom: u32| frames.partition_point(|frame| frame.first <= atom) - 1;
    for &(atom, force) in &piece.touched {
        let f = frame_of(atom);
        let own = &mut to[f].forces[(atom - frames[f].first) as usize];
        (0..3).for_each(|k| own[k] += force[k]);
    }
    for (centre, output) in piece.centres.iter().zip(&piece.outputs) {
        let f = centre.frame as usize;
        to[f].atomic[(centre.atom - frames[f].first) as usize] = output.wide() + offset;
    }
    for &(f, virial) in &piece.virials {
        let own = to[f as usize].virial.iter_mut().flatten();
        own.zip(virial.iter().flatten()).for_each(|(to, v)| *to += v);
    }
}

/// The gradient by a slab of a fitting network.
fn fit<T: Real>(
    (level, network, species): (Level, &Trained, usize),
    pieces: &[Piece<T>],
    slab: &Slab,
    (room, to): (&mut Vec<T::Row>, &mut [T::Row]),
) -> bool {
    let own = || pieces.iter().filter(|piece| piece.species == species);
    if matches!(slab.of, Of::Steps) {
        to.fill(T::Row::default());
        own().for_each(|piece| piece.pass.add_steps(slab.layer, to));
    }
    let parts: Vec<_> = own().map(|piece| piece.pass.part(slab.layer)).collect();
    fitted::gradient::<T>((level, network), slab, &parts, (room, to))
}

/// The gradient by an embedding network.
fn embed<T: Real>(
    level: Level,
    (embedded, network, theta, own): (&mut Embedded<T>, usize, &[T::Row], bool),
    pieces: &[Piece<T>],
    to: (&mut Vec<T::Row>, &mut [T::Row]),
) -> bool {
    if own {
        let tables: Vec<_> =
            pieces.iter().map(|piece| &piece.own[network]).filter(|own| !own.is_empty()).collect();
        let parts = |k: usize| tables.iter().map(|table| table.jets.part(k)).collect();
        let add_steps =
            |k: usize, to: &mut [T::Row]| tables.iter().for_each(|t| t.jets.add_steps(k, to));
        return embedded.gradient(level, parts, add_steps, to);
    }
    embedded.reverse(level, theta, pieces.iter().map(|piece| &piece.sums[network][..]));
    let jets = &embedded.table.jets;
    let add_steps = |k: usize, to: &mut [T::Row]| jets.add_steps(k, to);
    embedded.gradient(level, |k| vec![jets.part(k)], add_steps, to)
}
