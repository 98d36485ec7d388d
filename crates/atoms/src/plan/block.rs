//! A block of atoms, from their neighbours to energies and forces.
//!
//! ```text
//! 1  neighbours of every atom, measured                       octets
//! 2  B = Σ_j φ(t_j) ⊗ R̃_j on nodes,  A = Bᵀ Y/N_c             lines of the table that are touched
//! 3  D = Aᵀ A_<, networks forward and back, species by species
//! 4  Z = Y Āᵀ on the same nodes,  p_j = φ·Z + e₀ (φ'·Z R̃_j)/h,  g_j = p_j ∂R̃_j/∂d_j
//! ```
//! The work as wide as the features is done on nodes, not on neighbours. A neighbour outside the table, or
//! every one where there is none, has a node of its own, with g and g' from the network.

use ground::kernel::dense::{frozen, rows};
use ground::kernel::gathered::{self, Table};
use ground::kernel::gram;
use ground::kernel::lane::{Real, flat, flat_mut};
use ground::{Error, Result};

use super::environment::{LANES, Octet, measure};
use super::table::{LINES, Place, basis, slopes, write};
use super::{Noted, Plan};
use crate::form::jets::jets;
use crate::model::{Mat3, Vec3};
use crate::neighbours::{Grid, Near};

/// No slot, no own node.
const NONE: u32 = u32::MAX;

/// Room for a block, kept by a thread from one to the next.
#[derive(Debug)]
pub(super) struct Desk<T: Real> {
    near: Vec<Near>,
    octets: Vec<Octet>,
    links: Vec<Link>,
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
    own_z: Vec<[T; 4]>,
    /// A of every centre, then Ā of one.
    a: Vec<T::Row>,
    back: Vec<T::Row>,
    /// D of every centre, and the derivatives by it.
    lines: Vec<T::Row>,
    by_lines: Vec<T::Row>,
    outputs: Vec<T>,
    frozen: frozen::Desk<T::Row>,
    /// Where a place stands in `touched`.
    local: Vec<u32>,
    touched: Vec<(u32, Vec3)>,
}

/// A neighbour: its place, and its own node.
#[derive(Clone, Copy, Debug)]
struct Link {
    place: u32,
    own: u32,
}

/// Neighbours of one species around one atom.
#[derive(Clone, Copy, Debug)]
struct Group {
    network: usize,
    /// Among the links.
    first: usize,
    end: usize,
    /// Among the touched lines.
    at: [usize; 2],
}

/// An atom of the block.
#[derive(Clone, Copy, Debug)]
struct Centre {
    place: u32,
    species: usize,
    /// Among the groups.
    groups: [usize; 2],
    /// Its line of D.
    line: usize,
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
            links: Vec::new(),
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
            own_z: Vec::new(),
            a: Vec::new(),
            back: Vec::new(),
            lines: Vec::new(),
            by_lines: Vec::new(),
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
        (grid, species): (&Grid, &[u32]),
        places: std::ops::Range<usize>,
        desk: &mut Desk<T>,
        with_descriptors: bool,
    ) -> Result<Part> {
        let mut noted = Noted::default();
        self.look_around((grid, species), places, desk, &mut noted)?;
        self.ask_networks(desk);
        self.describe(desk);
        let mut part = Part {
            forces: Vec::new(),
            energies: Vec::with_capacity(desk.centres.len()),
            virial: [[0.0; 3]; 3],
            descriptors: Vec::new(),
            noted,
        };
        self.fit(desk, &mut part);
        if with_descriptors {
            part.descriptors = self.descriptors(desk);
        }
        desk.local.resize(grid.len(), NONE);
        self.pull(desk, &mut part.virial);
        for &(place, _) in &desk.touched {
            desk.local[place as usize] = NONE;
        }
        part.forces = std::mem::take(&mut desk.touched);
        Ok(part)
    }

    /// Step 1.
    fn look_around(
        &self,
        (grid, species): (&Grid, &[u32]),
        places: std::ops::Range<usize>,
        desk: &mut Desk<T>,
        noted: &mut Noted,
    ) -> Result<()> {
        let Desk { near, octets, links, groups, centres, outside, .. } = desk;
        octets.clear();
        links.clear();
        groups.clear();
        centres.clear();
        outside.clear();
        let n_species = self.form.species.len();
        let mut counts = vec![0usize; n_species];
        let mut lines = vec![0usize; n_species];
        for place in places {
            grid.around(place, near);
            let centre = species[place] as usize;
            counts.fill(0);
            for n in near.iter() {
                counts[species[n.place as usize] as usize] += 1;
                if n.r2 < 1e-8 {
                    return Err(at_one_place(grid, place, n.place));
                }
                noted.nearest = noted.nearest.min(n.r2);
            }
            noted.count(&counts, &self.form.selection);
            let (first, start) = (links.len(), groups.len());
            let mut next = first;
            for (t, &count) in counts.iter().enumerate() {
                // Excluded pairs fill slots and do nothing else.
                let seen = if self.form.excludes(centre, t) { 0 } else { count };
                let network = self.form.embedding_of(t, centre);
                groups.push(Group { network, first: next, end: next + seen, at: [0; 2] });
                next += seen;
            }
            let own = &groups[start..];
            let octet = octets.len();
            octets.resize(octet + (next - first).div_ceil(LANES), self.nobody);
            links.resize(octets.len() * LANES, Link { place: 0, own: NONE });
            let mut ends: Vec<usize> = own.iter().map(|group| group.first).collect();
            for n in near.iter() {
                let t = species[n.place as usize] as usize;
                if own[t].first == own[t].end {
                    continue;
                }
                let at = ends[t];
                ends[t] += 1;
                links[at].place = n.place;
                octets[at / LANES].put(at % LANES, n.d, n.r2);
            }
            self.pads(centre, &counts, desk_line(&mut desk.a, centres.len(), self.stride));
            centres.push(Centre {
                place: u32::try_from(place).expect("fewer than 2^32 atoms"),
                species: centre,
                groups: [start, groups.len()],
                line: lines[centre],
            });
            lines[centre] += 1;
        }
        measure(self.level, self.form.switch, octets);
        for centre in centres.iter() {
            let statistics = self.form.statistics[centre.species];
            for group in &groups[centre.groups[0]..centre.groups[1]] {
                for at in group.first..group.end {
                    let x = (octets[at / LANES].get(at % LANES).s - statistics.mean)
                        / statistics.radial;
                    if self.place(group.network, x).is_none() {
                        links[at].own = u32::try_from(outside.len()).expect("few neighbours");
                        outside.push((group.network, x));
                    }
                }
            }
        }
        noted.outside += if self.tables.is_empty() { 0 } else { outside.len() };
        Ok(())
    }

    /// Where an argument is in the table of a network, if there is one.
    #[inline]
    fn place(&self, network: usize, x: f64) -> Option<Place> {
        self.tables.get(network)?.place(x)
    }

    /// What empty slots add to A.
    fn pads(&self, centre: usize, counts: &[usize], a: &mut [T::Row]) {
        a.fill(T::Row::default());
        let n = counts.len();
        for (t, &count) in counts.iter().enumerate() {
            let pad = &self.pads[centre * n + t];
            let empty = T::of(self.form.selection[t] as f64 - count as f64);
            for (row, pad) in flat_mut::<T>(a).iter_mut().zip(flat::<T>(pad)) {
                *row += empty * *pad;
            }
        }
    }

    /// g and g' of the neighbours outside the tables.
    fn ask_networks(&self, desk: &mut Desk<T>) {
        let stride = self.stride;
        desk.own.resize(2 * desk.outside.len() * stride, T::Row::default());
        if desk.outside.is_empty() {
            return;
        }
        for (network, theta) in self.embeddings.iter().enumerate() {
            let own: Vec<usize> =
                (0..desk.outside.len()).filter(|&i| desk.outside[i].0 == network).collect();
            let x: Vec<f64> = own.iter().map(|&i| desk.outside[i].1).collect();
            let [g, slope, _] = jets(&self.form.embedding, theta, &x);
            for (k, i) in own.into_iter().enumerate() {
                let lines = &mut desk.own[2 * i * stride..][..2 * stride];
                let (first, second) = lines.split_at_mut(stride);
                write::<T>(first, g.row(k).iter());
                write::<T>(second, slope.row(k).iter());
            }
        }
    }

    /// Step 2, and D.
    fn describe(&self, desk: &mut Desk<T>) {
        let Desk { octets, links, groups, centres, own, at, own_at, slots, b, own_b, a, .. } = desk;
        at.clear();
        let most = self.tables.iter().map(super::table::Tabulated::nodes).max().unwrap_or(0);
        slots.resize(most, NONE);
        for (i, centre) in centres.iter().enumerate() {
            let a = &mut a[i * 4 * self.stride..][..4 * self.stride];
            let scale = self.scales[centre.species];
            for group in &mut groups[centre.groups[0]..centre.groups[1]] {
                let first = at.len();
                b.clear();
                own_b.clear();
                own_at.clear();
                for j in group.first..group.end {
                    let seen = octets[j / LANES].get(j % LANES);
                    let scaled = scale.of::<T>(seen.s, seen.e);
                    let Some(place) = self.place(group.network, scale.radial(seen.s)) else {
                        own_at.push(2 * links[j].own);
                        own_b.push(scaled);
                        continue;
                    };
                    let phi = basis::<T>(T::of(place.t));
                    for (side, phi) in phi.chunks_exact(LINES).enumerate() {
                        let node = place.cell as usize + side;
                        let mut slot = slots[node] as usize;
                        if slots[node] == NONE {
                            slot = b.len();
                            slots[node] = u32::try_from(slot).expect("few lines");
                            at.extend((0..LINES).map(|r| (node * LINES + r) as u32));
                            b.resize(slot + LINES, [T::default(); 4]);
                        }
                        for (b, &phi) in b[slot..slot + LINES].iter_mut().zip(phi) {
                            for k in 0..4 {
                                b[k] += phi * scaled[k];
                            }
                        }
                    }
                }
                group.at = [first, at.len()];
                for &line in at[first..].iter().step_by(LINES) {
                    slots[line as usize / LINES] = NONE;
                }
                if !b.is_empty() {
                    let table = self.tables[group.network].lines();
                    gathered::gather::<T>(self.level, table, &at[first..], b, a);
                }
                if !own_b.is_empty() {
                    let table = Table { rows: own, stride: self.stride };
                    gathered::gather::<T>(self.level, table, own_at, own_b, a);
                }
            }
            let by = self.by_slots;
            flat_mut::<T>(a).iter_mut().for_each(|v| *v = *v * by);
        }
    }

    /// Step 3: species by species.
    fn fit(&self, desk: &mut Desk<T>, part: &mut Part) {
        let Desk { centres, a, lines, by_lines, outputs, frozen, .. } = desk;
        let line = rows::<T>(self.pairs.len());
        lines.resize(centres.len() * line, T::Row::default());
        by_lines.resize(centres.len() * line, T::Row::default());
        outputs.resize(centres.len(), T::default());
        let mut first = 0;
        for (species, network) in self.fitting.iter().enumerate() {
            let own = || centres.iter().enumerate().filter(|(_, c)| c.species == species);
            let n = own().count();
            for (i, centre) in own() {
                let to = &mut lines[(first + centre.line) * line..][..line];
                let a = &a[i * 4 * self.stride..][..4 * self.stride];
                gram::products::<T>(self.level, self.pairs, a, flat_mut::<T>(to));
            }
            let range = first * line..(first + n) * line;
            let (input, by_input) = (&lines[range.clone()], &mut by_lines[range]);
            let outputs = &mut outputs[first..first + n];
            if n > 0 {
                network.values(self.level, n, input, frozen, outputs, by_input);
            }
            first += n;
        }
        let starts = self.first_lines(centres);
        part.energies.extend(centres.iter().map(|centre| {
            let net = outputs[starts[centre.species] + centre.line].wide();
            (centre.place, net + self.offsets[centre.species])
        }));
    }

    /// The first line of D of each species.
    fn first_lines(&self, centres: &[Centre]) -> Vec<usize> {
        let counts = (0..self.form.species.len())
            .map(|species| centres.iter().filter(|c| c.species == species).count());
        counts.scan(0, |next, n| Some(std::mem::replace(next, *next + n))).collect()
    }

    /// D of every centre in its natural order.
    fn descriptors(&self, desk: &Desk<T>) -> Vec<Vec<f64>> {
        let line = rows::<T>(self.pairs.len());
        let starts = self.first_lines(&desk.centres);
        let one = |centre: &Centre| {
            let own = starts[centre.species] + centre.line;
            let own = &flat::<T>(&desk.lines)[own * line * T::LANES..][..self.pairs.len()];
            let all = (0..self.pairs.columns).flat_map(|m| (0..self.pairs.first).map(move |k| (m, k)));
            all.map(|(m, k)| own[self.pairs.place(m, k)].wide()).collect()
        };
        desk.centres.iter().map(one).collect()
    }

    /// Step 4: forces on everyone touched, and the virial.
    fn pull(&self, desk: &mut Desk<T>, virial: &mut Mat3) {
        let starts = self.first_lines(&desk.centres);
        let Desk { octets, links, groups, centres, own, at, own_at, slots, a, by_lines, .. } = desk;
        let Desk { back, z, own_z, local, touched, .. } = desk;
        let line = rows::<T>(self.pairs.len());
        back.resize(4 * self.stride, T::Row::default());
        touched.clear();
        for (i, centre) in centres.iter().enumerate() {
            let a = &a[i * 4 * self.stride..][..4 * self.stride];
            let seeds = (starts[centre.species] + centre.line) * line;
            let seeds = flat::<T>(&by_lines[seeds..][..line]);
            gram::reverse::<T>(self.level, self.pairs, (a, self.by_slots), seeds, back);
            let scale = self.scales[centre.species];
            let mut total = [0.0; 3];
            for group in &groups[centre.groups[0]..centre.groups[1]] {
                let at = &at[group.at[0]..group.at[1]];
                z.resize(at.len(), [T::default(); 4]);
                let mut inverse = T::default();
                if let Some(table) = self.tables.get(group.network) {
                    inverse = T::of(table.inverse());
                    gathered::project::<T>(self.level, table.lines(), at, back, z);
                }
                for (k, &line) in at.iter().step_by(LINES).enumerate() {
                    slots[line as usize / LINES] = u32::try_from(k * LINES).expect("few lines");
                }
                for j in group.first..group.end {
                    let seen = octets[j / LANES].get(j % LANES);
                    let scaled = scale.of::<T>(seen.s, seen.e);
                    let p = if links[j].own == NONE {
                        let x = scale.radial(seen.s);
                        let place = self.place(group.network, x).expect("it was inside before");
                        slope_on_nodes(place, (slots, z), scaled, inverse)
                    } else {
                        own_at.clear();
                        own_at.extend([0, 1].map(|r| 2 * links[j].own + r));
                        own_z.resize(2, [T::default(); 4]);
                        let table = Table { rows: own, stride: self.stride };
                        gathered::project::<T>(self.level, table, own_at, back, own_z);
                        let mut p = own_z[0];
                        for k in 0..4 {
                            p[0] += own_z[1][k] * scaled[k];
                        }
                        p
                    };
                    let g = scale.chain(p.map(T::wide), seen);
                    let d = seen.e.map(|e| e / seen.inverse);
                    let other = slot(links[j].place, local, touched);
                    for a in 0..3 {
                        total[a] += g[a];
                        touched[other].1[a] -= g[a];
                        for b in 0..3 {
                            virial[a][b] -= g[a] * d[b];
                        }
                    }
                }
                for &line in at.iter().step_by(LINES) {
                    slots[line as usize / LINES] = NONE;
                }
            }
            let own = slot(centre.place, local, touched);
            for a in 0..3 {
                touched[own].1[a] += total[a];
            }
        }
    }
}

/// ∂E/∂R̃_j of a neighbour between two nodes.
#[inline]
fn slope_on_nodes<T: Real>(
    place: Place,
    (slots, z): (&[u32], &[[T; 4]]),
    scaled: [T; 4],
    inverse: T,
) -> [T; 4] {
    let t = T::of(place.t);
    let (phi, dphi) = (basis(t), slopes(t));
    let (mut p, mut q) = ([T::default(); 4], [T::default(); 4]);
    for side in 0..2 {
        let first = slots[place.cell as usize + side] as usize;
        let lines = &z[first..first + LINES];
        for r in 0..LINES {
            for k in 0..4 {
                p[k] += phi[side * LINES + r] * lines[r][k];
                q[k] += dphi[side * LINES + r] * lines[r][k];
            }
        }
    }
    let along = q[0] * scaled[0] + q[1] * scaled[1] + q[2] * scaled[2] + q[3] * scaled[3];
    p[0] += along * inverse;
    p
}

/// Where a place stands among the touched.
#[inline]
fn slot(place: u32, local: &mut [u32], touched: &mut Vec<(u32, Vec3)>) -> usize {
    let own = &mut local[place as usize];
    if *own == NONE {
        *own = u32::try_from(touched.len()).expect("fewer than 2^32 atoms");
        touched.push((place, [0.0; 3]));
    }
    *own as usize
}

/// The four lines of a centre, the buffer grown to hold them.
fn desk_line<R: Clone + Default>(a: &mut Vec<R>, centre: usize, stride: usize) -> &mut [R] {
    let end = (centre + 1) * 4 * stride;
    if a.len() < end {
        a.resize(end, R::default());
    }
    &mut a[end - 4 * stride..end]
}

fn at_one_place(grid: &Grid, place: usize, other: u32) -> Error {
    let mut atoms = [grid.atom(place), grid.atom(other as usize)].map(|atom| atom + 1);
    atoms.sort_unstable();
    Error::input("", format!("atoms {} and {} are at one place", atoms[0], atoms[1]))
        .allowed("Forces need atoms that are apart")
}
