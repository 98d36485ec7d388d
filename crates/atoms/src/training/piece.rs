//! Some atoms of one species of a batch, with all that stands around them.
//!
//! A piece keeps what it found on the way to energies and forces, for the way back; its room is kept from
//! one batch to the next.

use ground::Result;
use ground::kernel::dense::trained::slope::Pass;
use ground::kernel::lane::Real;

use super::Shared;
use super::table::Table;
use crate::model::{Mat3, Vec3};
use crate::neighbours::{AT_ONE_PLACE, Near, Surroundings as _, at_one_place};
use crate::plan::block::NONE;
use crate::plan::environment::{self, LANES, Octet, measure};

/// An atom of a piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Centre {
    /// Among the frames of the batch.
    pub(super) frame: u32,
    /// Its place in the grid of the frame.
    pub(super) place: u32,
    /// Among the atoms of the batch.
    pub(super) atom: u32,
    /// Among the groups.
    pub(super) groups: [usize; 2],
}

/// Neighbours of one species around one atom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Their embedding.
    pub(super) network: usize,
    /// The first octet.
    first: usize,
    /// How many neighbours.
    count: usize,
    /// Places without a neighbour that count in A, as a number.
    pub(super) empty: f64,
    /// Among the touched lines.
    pub(super) at: [usize; 2],
    /// The first of their own nodes, where they have such; behind them is that of empty places.
    pub(super) own: usize,
}

impl Group {
    /// Its octets, and how many neighbours are in each.
    pub(super) fn octets(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        environment::octets(self.first, self.count)
    }
}

/// Some atoms of one species.
#[derive(Debug)]
pub(super) struct Piece<T: Real> {
    pub(super) species: usize,
    pub(super) centres: Vec<Centre>,
    /// Whether the network is also asked at D = 0, as the last of its points.
    pub(super) vacuum: bool,
    near: Vec<Near>,
    pub(super) octets: Vec<Octet>,
    /// Neighbours in the octets, among the atoms of the batch.
    pub(super) others: Vec<u32>,
    pub(super) groups: Vec<Group>,
    /// Where the lines of a node stand among those of the group.
    pub(super) slots: Vec<u32>,
    /// Touched lines of all groups, and B and B' there.
    pub(super) at: Vec<u32>,
    pub(super) b: Vec<[T; 4]>,
    pub(super) change: Vec<[T; 4]>,
    pub(super) z: Vec<[T; 4]>,
    /// A and ∂E/∂A over N_c of every centre, `[4, stride]` each.
    pub(super) a: Vec<T::Row>,
    pub(super) back: Vec<T::Row>,
    /// Room for derivatives by D in lines, and for two of `[4, stride]`.
    pub(super) room: Vec<T::Row>,
    pub(super) four: [Vec<T::Row>; 3],
    pub(super) pass: Pass<T>,
    /// ∂E/∂D, later the derivatives of the loss by D.
    pub(super) by_input: [Vec<T::Row>; 2],
    pub(super) outputs: Vec<T>,
    /// Nodes of its own, a table for each network, where neighbours have such.
    pub(super) own: Vec<Table<T>>,
    /// Ȳ of every network.
    pub(super) sums: Vec<Vec<T::Row>>,
    /// Where an atom stands in `touched`.
    pub(super) local: Vec<u32>,
    pub(super) touched: Vec<(u32, Vec3)>,
    /// Virials by frame.
    pub(super) virials: Vec<(u32, Mat3)>,
}

impl<T: Real> Piece<T> {
    pub(super) fn new(networks: usize) -> Self {
        let none = || Vec::new();
        Self {
            species: 0,
            centres: Vec::new(),
            vacuum: false,
            near: Vec::new(),
            octets: Vec::new(),
            others: Vec::new(),
            groups: Vec::new(),
            slots: Vec::new(),
            at: Vec::new(),
            b: Vec::new(),
            change: Vec::new(),
            z: Vec::new(),
            a: none(),
            back: none(),
            room: none(),
            four: [none(), none(), none()],
            pass: Pass::default(),
            by_input: [none(), none()],
            outputs: Vec::new(),
            own: (0..networks).map(|_| Table::default()).collect(),
            sums: vec![Vec::new(); networks],
            local: Vec::new(),
            touched: Vec::new(),
            virials: Vec::new(),
        }
    }

    /// Begins anew with some atoms of one species: their frames, places and numbers.
    pub(super) fn begin(&mut self, (species, vacuum): (usize, bool), atoms: &[[u32; 3]]) {
        (self.species, self.vacuum) = (species, vacuum);
        self.centres.clear();
        self.centres.extend(atoms.iter().map(|&[frame, place, atom]| Centre {
            frame,
            place,
            atom,
            groups: [0; 2],
        }));
    }

    /// Points at which the network is asked.
    pub(super) fn points(&self) -> usize {
        self.centres.len() + usize::from(self.vacuum)
    }

    /// Finds and measures all neighbours.
    pub(super) fn look(&mut self, shared: &Shared<'_, T>) -> Result<()> {
        let Self { near, octets, others, groups, .. } = self;
        octets.clear();
        others.clear();
        groups.clear();
        let n = shared.form.species.len();
        let mut counts = vec![0_usize; n];
        for centre in &mut self.centres {
            let frame = &shared.frames[centre.frame as usize];
            frame.grid.around(centre.place as usize, near);
            if let Some(other) = near.iter().find(|n| n.r2 < AT_ONE_PLACE) {
                return Err(at_one_place(&frame.grid, centre.place as usize, other.place));
            }
            let types = &frame.snapshot.types;
            let species = |n: &Near| types[frame.grid.atom(n.place as usize)] as usize;
            counts.fill(0);
            for n in near.iter() {
                counts[species(n)] += 1;
            }
            let start = groups.len();
            let mut first = octets.len();
            for (t, &count) in counts.iter().enumerate() {
                let excluded = shared.form.excludes(self.species, t);
                let empty = if shared.form.pads(t, self.species) {
                    shared.form.selection[t] as f64 - count as f64
                } else {
                    0.0
                };
                let network = shared.form.embedding_of(t, self.species);
                groups.push(Group { network, first, count: 0, empty, at: [0; 2], own: 0 });
                first += if excluded { 0 } else { count.div_ceil(LANES) };
            }
            octets.resize(first, shared.nobody);
            others.resize(first * LANES, 0);
            for other in near.iter() {
                let t = species(other);
                if shared.form.excludes(self.species, t) {
                    continue;
                }
                let group = &mut groups[start + t];
                let at = group.first * LANES + group.count;
                group.count += 1;
                others[at] = frame.atom(other.place);
                octets[at / LANES].put(at % LANES, other.d, other.r2);
            }
            centre.groups = [start, groups.len()];
        }
        measure(shared.level, shared.form.switch, octets);
        Ok(())
    }

    /// Gives every neighbour a node of its own, and asks the networks there.
    pub(super) fn place_own(&mut self, shared: &Shared<'_, T>) {
        let scale = shared.scales[self.species];
        let mut points: Vec<Vec<f64>> = vec![Vec::new(); self.own.len()];
        for group in &mut self.groups {
            let own = &mut points[group.network];
            group.own = own.len();
            for (o, count) in group.octets() {
                let octet = &self.octets[o];
                own.extend((0..count).map(|lane| scale.radial(octet.get(lane).s)));
            }
            if group.empty != 0.0 {
                own.push(scale.radial(0.0));
            }
        }
        for ((table, points), network) in self.own.iter_mut().zip(points).zip(shared.embedded) {
            table.place(points.into_iter());
            let weights = network.0.weights(network.1);
            table.forward(shared.level, (&network.0.trained, weights));
        }
    }

    /// Clears what is collected in the way forward.
    pub(super) fn clear(&mut self, atoms: usize) {
        self.touched.clear();
        self.virials.clear();
        self.local.resize(atoms.max(self.local.len()), NONE);
    }

    /// The way back through the nodes of its own.
    pub(super) fn reverse_own(&mut self, shared: &Shared<'_, T>) {
        for ((table, sums), network) in self.own.iter_mut().zip(&self.sums).zip(shared.embedded) {
            if !table.is_empty() {
                let weights = network.0.weights(network.1);
                table.reverse(shared.level, (&network.0.trained, weights), sums);
            }
        }
    }
}
