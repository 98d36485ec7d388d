//! The way forward of a piece: from neighbours to energies and forces.
//!
//! ```text
//! B = Σ_j φ(t_j) ⊗ R̃_j + empty φ(t_z) ⊗ (z, 0, 0, 0),   A = Bᵀ Y/N_c,   D = Aᵀ A_<,   E, ∂E/∂D
//! pA = f(A, ∂E/∂D)/N_c,   Z = Y pAᵀ,   p_j = φ·Z + e₀ (φ'·Z R̃_j)/h,   g_j = p_j ∂R̃_j/∂d_j
//! ```
//! f is the way back through the products of columns. With nodes of their own, φ is 1 on the first line and
//! φ' is 1 on the second.

use fearless_simd::Simd;
use ground::dispatch;
use ground::kernel::gathered::{self, Table};
use ground::kernel::gram;
use ground::kernel::lane::{Real, flat, flat_mut};

use super::Shared;
use super::piece::{Group, Piece};
use crate::plan::block::NONE;
use crate::plan::block::between::Between;
use crate::plan::block::describe::spread;
use crate::plan::block::pull::{Slopes, Tally, on_nodes, on_own, slot};
use crate::plan::environment::{LANES, Octet, Scale};
use crate::plan::table::LINES;

impl<T: Real> Piece<T> {
    /// Energies of the atoms, ∂E/∂D, and forces on everyone near.
    pub(super) fn forth(&mut self, shared: &Shared<'_, T>) {
        let (n, points, four) = (self.centres.len(), self.points(), 4 * shared.stride);
        self.gather(shared);
        let fitted = shared.fitted(self.species);
        let line = fitted.line();
        self.pass.prepare(&fitted.folded, points);
        let lines = flat_mut::<T>(self.pass.inputs());
        for (a, to) in self.a.chunks_exact(four).zip(lines.chunks_exact_mut(line * T::LANES)) {
            gram::products::<T>(shared.level, shared.pairs, a, to);
        }
        if self.vacuum {
            self.pass.inputs()[n * line..points * line].fill(T::Row::default());
        }
        self.by_input.iter_mut().for_each(|lines| lines.resize(points * line, T::Row::default()));
        self.outputs.resize(points, T::default());
        let network = (&fitted.folded, fitted.weights());
        let [by_input, _] = &mut self.by_input;
        self.pass.energies(shared.level, network, &mut self.outputs, by_input);
        self.back.resize(n * four, T::Row::default());
        self.clear(shared.atoms);
        for i in 0..n {
            let a = &self.a[i * four..][..four];
            let seeds = flat::<T>(&self.by_input[0][i * line..][..line]);
            let back = &mut self.back[i * four..][..four];
            let room = &mut self.room;
            gram::reverse::<T>(
                shared.level,
                shared.pairs,
                (a, shared.by_slots),
                (seeds, room),
                back,
            );
            dispatch!(shared.level, simd => self.pull(simd, i, shared));
        }
        for &(atom, _) in &self.touched {
            self.local[atom as usize] = NONE;
        }
    }

    /// B on the lines that are touched, and A.
    fn gather(&mut self, shared: &Shared<'_, T>) {
        let four = 4 * shared.stride;
        self.at.clear();
        self.b.clear();
        self.a.clear();
        self.a.resize(self.centres.len() * four, T::Row::default());
        self.slots.resize(self.slots.len().max(shared.most_nodes()), NONE);
        for i in 0..self.centres.len() {
            let [first, end] = self.centres[i].groups;
            for g in first..end {
                let from = self.at.len();
                if shared.own {
                    self.list_own(g, shared);
                } else {
                    self.list_shared(g, shared);
                }
                self.groups[g].at = [from, self.at.len()];
                let rows = lines(&self.own, self.groups[g].network, shared);
                let table = Table { rows, stride: shared.stride };
                let (at, b, a) = (&self.at[from..], &self.b[from..], i * four..(i + 1) * four);
                gathered::gather::<T>(shared.level, table, at, b, &mut self.a[a]);
            }
            for v in flat_mut::<T>(&mut self.a[i * four..][..four]) {
                *v *= shared.by_slots;
            }
        }
    }

    /// Touched lines and B of neighbours between shared nodes.
    fn list_shared(&mut self, g: usize, shared: &Shared<'_, T>) {
        let Self { octets, groups, slots, at, b, .. } = self;
        let (group, scale) = (groups[g], shared.scales[self.species]);
        let axis = shared.embedded[group.network].0.axis();
        let from = at.len();
        // Lines of this group, from nothing.
        let mut own_b = std::mem::take(&mut self.z);
        own_b.clear();
        dispatch!(shared.level, simd => {
            for (o, count) in group.octets() {
                let between = Between::new(simd, &octets[o], scale, axis);
                spread(simd, &between, count, (slots, at, &mut own_b));
            }
            if group.empty != 0.0 {
                let mut between = Between::new(simd, &shared.nothing, scale, axis);
                between.scaled[0][0] *= T::of(group.empty);
                spread(simd, &between, 1, (slots, at, &mut own_b));
            }
        });
        b.extend_from_slice(&own_b);
        self.z = own_b;
        for &line in at[from..].iter().step_by(LINES) {
            slots[line as usize / LINES] = NONE;
        }
    }

    /// The same of neighbours with nodes of their own.
    fn list_own(&mut self, g: usize, shared: &Shared<'_, T>) {
        let (group, scale) = (self.groups[g], shared.scales[self.species]);
        let mut node = u32::try_from(group.own * LINES).expect("few neighbours");
        let mut put = |scaled: [T; 4]| {
            self.at.extend([node, node + 1, node + 2]);
            self.b.extend([scaled, [T::default(); 4], [T::default(); 4]]);
            node += 3;
        };
        for (o, count) in group.octets() {
            for lane in 0..count {
                put(scale.of(&self.octets[o].get(lane)).map(T::of));
            }
        }
        if group.empty != 0.0 {
            let z = T::of(group.empty * scale.radial(0.0));
            put([z, T::default(), T::default(), T::default()]);
        }
    }

    /// The forces of one centre on its neighbours and on itself, and its virial.
    #[inline(always)]
    fn pull<S: Simd>(&mut self, simd: S, i: usize, shared: &Shared<'_, T>) {
        let scale = shared.scales[self.species];
        let centre = self.centres[i];
        let mut tally = Tally::new(simd);
        for g in centre.groups[0]..centre.groups[1] {
            let group = self.groups[g];
            self.project(i, &group, shared);
            for (k, (o, count)) in group.octets().enumerate() {
                let p = if shared.own {
                    own_slopes(&self.z[k * LANES * LINES..], &self.octets[o], (scale, count))
                } else {
                    self.slopes(simd, o, (&group, count), shared)
                };
                let pulls = tally.add(simd, scale, &self.octets[o], &p);
                for lane in 0..count {
                    let other = self.others[o * LANES + lane];
                    let other = slot(other, &mut self.local, &mut self.touched);
                    for a in 0..3 {
                        self.touched[other].1[a] -= pulls[a].as_ref()[lane];
                    }
                }
            }
            self.forget(&group);
        }
        let own = slot(centre.atom, &mut self.local, &mut self.touched);
        if self.virials.last().is_none_or(|(frame, _)| *frame != centre.frame) {
            self.virials.push((centre.frame, [[0.0; 3]; 3]));
        }
        let virial = &mut self.virials.last_mut().expect("one was pushed").1;
        tally.close(&mut self.touched[own].1, virial);
    }

    /// Z of the touched lines of a group, which then are found by their nodes.
    fn project(&mut self, i: usize, group: &Group, shared: &Shared<'_, T>) {
        let four = 4 * shared.stride;
        let mut z = std::mem::take(&mut self.z);
        let at = &self.at[group.at[0]..group.at[1]];
        z.resize(at.len(), [T::default(); 4]);
        let table = Table { rows: lines(&self.own, group.network, shared), stride: shared.stride };
        gathered::project::<T>(shared.level, table, at, &self.back[i * four..][..four], &mut z);
        self.z = z;
        self.remember(group, shared);
    }

    /// Where the lines of the nodes of a group stand among its own.
    pub(super) fn remember(&mut self, group: &Group, shared: &Shared<'_, T>) {
        if shared.own {
            return;
        }
        for (k, &line) in self.at[group.at[0]..group.at[1]].iter().step_by(LINES).enumerate() {
            self.slots[line as usize / LINES] = u32::try_from(k * LINES).expect("few lines");
        }
    }

    /// No longer.
    pub(super) fn forget(&mut self, group: &Group) {
        for &line in self.at[group.at[0]..group.at[1]].iter().step_by(LINES) {
            if let Some(slot) = self.slots.get_mut(line as usize / LINES) {
                *slot = NONE;
            }
        }
    }

    /// ∂E/∂R̃ of neighbours between shared nodes.
    #[inline(always)]
    fn slopes<S: Simd>(
        &self,
        simd: S,
        o: usize,
        (group, count): (&Group, usize),
        shared: &Shared<'_, T>,
    ) -> Slopes {
        let axis = shared.embedded[group.network].0.axis();
        let between =
            Between::<T, S>::new(simd, &self.octets[o], shared.scales[self.species], axis);
        let slopes = between.derivatives(axis);
        on_nodes(simd, &between, &slopes, (&self.slots, &self.z), count)
    }
}

/// The lines of an embedding: of the nodes of a piece, or of those that all share.
pub(super) fn lines<'a, T: Real>(
    own: &'a [super::table::Table<T>],
    network: usize,
    shared: &'a Shared<'_, T>,
) -> &'a [T::Row] {
    if shared.own { &own[network].lines } else { &shared.embedded[network].0.table.lines }
}

/// ∂E/∂R̃ of neighbours with nodes of their own.
fn own_slopes<T: Real>(z: &[[T; 4]], octet: &Octet, (scale, count): (Scale, usize)) -> Slopes {
    let mut all = Slopes::default();
    for lane in 0..count {
        let lines = [z[lane * LINES], z[lane * LINES + 1]];
        let p = on_own(lines, scale.of(&octet.get(lane)).map(T::of));
        for k in 0..4 {
            all[k].as_mut()[lane] = p[k].wide();
        }
    }
    all
}
