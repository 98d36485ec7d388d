//! The way back of a piece: from the derivatives of the loss by what it gave to those by the weights.
//!
//! With u = ∂L/∂F and y = ∂L/∂Ξ held fixed, what forces and virial add to dL is the change of the energies
//! while each d_ij changes by
//!
//! ```text
//! w_ij = u_i − u_j − y d_ij,   v_j = (∂R̃_j/∂d_j) w_ij
//! B' = Σ φ ⊗ v_j + (v_j0/h) φ' ⊗ R̃_j,   A' = B'ᵀ Y/N_c,   D' = the change of D
//! rA = f(A, rD) + f(A', ∂E/∂D),   Ȳ += (B rA + B' pA)/N_c
//! ```
//! rD is the derivative by D of Σ s E + Σ Ė, s the derivative of the loss by an energy: one way back through
//! the network. No second derivative in s̃ is ever taken.

use fearless_simd::{Simd, SimdBase, SimdFloat, f64x8};
use ground::dispatch;
use ground::kernel::gathered::{self, Outer, Table};
use ground::kernel::gram;
use ground::kernel::lane::{Real, Row8, flat, flat_mut};

use super::forth::lines;
use super::piece::Piece;
use super::{Pulls, Shared};
use crate::model::Mat3;
use crate::plan::block::between::Between;
use crate::plan::environment::{LANES, Octet, Scale};
use crate::plan::table::LINES;

impl<T: Real> Piece<T> {
    /// The lines whose products are the gradient by the fitting network, and Ȳ of every embedding.
    pub(super) fn back(&mut self, shared: &Shared<'_, T>, pulls: &Pulls) {
        let (n, points, four) = (self.centres.len(), self.points(), 4 * shared.stride);
        self.change.clear();
        self.change.resize(self.b.len(), [T::default(); 4]);
        for i in 0..n {
            dispatch!(shared.level, simd => self.push(simd, i, shared, pulls));
        }
        let fitted = shared.fitted(self.species);
        let line = fitted.line();
        let mut changes = std::mem::take(&mut self.four[1]);
        changes.clear();
        changes.resize(n * four, T::Row::default());
        for (i, change) in changes.chunks_exact_mut(four).enumerate() {
            let [first, end] = self.centres[i].groups;
            for group in &self.groups[first..end] {
                let [from, to] = group.at;
                let table =
                    Table { rows: lines(&self.own, group.network, shared), stride: shared.stride };
                let terms = (&self.at[from..to], &self.change[from..to]);
                gathered::gather::<T>(shared.level, table, terms.0, terms.1, change);
            }
            for v in flat_mut::<T>(change) {
                *v *= shared.by_slots;
            }
            let a = &self.a[i * four..][..four];
            let to = flat_mut::<T>(&mut self.pass.inputs()[(points + i) * line..][..line]);
            gram::changes::<T>(shared.level, shared.pairs, [a, change], to);
        }
        for (seed, centre) in self.outputs.iter_mut().zip(&self.centres) {
            *seed = T::of(pulls.energies[centre.atom as usize]);
        }
        if self.vacuum {
            self.pass.inputs()[(points + n) * line..].fill(T::Row::default());
            self.outputs[n] = T::of(-pulls.species[self.species]);
        }
        let network = (&fitted.folded, fitted.weights());
        let [_, by_input] = &mut self.by_input;
        self.pass.second(shared.level, network, &self.outputs, by_input);
        self.collect(shared, &changes);
        self.four[1] = changes;
    }

    /// B' of one centre.
    #[inline(always)]
    fn push<S: Simd>(&mut self, simd: S, i: usize, shared: &Shared<'_, T>, pulls: &Pulls) {
        let (centre, scale) = (self.centres[i], shared.scales[self.species]);
        let own = pulls.forces[centre.atom as usize];
        let strain = pulls.virials[centre.frame as usize];
        for g in centre.groups[0]..centre.groups[1] {
            let group = self.groups[g];
            self.remember(&group, shared);
            let axis = shared.embedded[group.network].0.axis();
            for (k, (o, count)) in group.octets().enumerate() {
                let mut w = [Row8::default(); 3];
                for lane in 0..count {
                    let other = pulls.forces[self.others[o * LANES + lane] as usize];
                    for a in 0..3 {
                        w[a].as_mut()[lane] = own[a] - other[a];
                    }
                }
                let moved = self.moved(simd, o, scale, (w, strain));
                let lines = &mut self.change[group.at[0]..group.at[1]];
                if shared.own {
                    let from = k * LANES * LINES;
                    push_own(&mut lines[from..], &self.octets[o], (scale, count), &moved);
                    continue;
                }
                let between = Between::<T, S>::new(simd, &self.octets[o], scale, axis);
                let slopes = between.derivatives(axis);
                for (lane, v) in moved.iter().enumerate().take(count) {
                    let moved = T::Four::from_slice(simd, v);
                    let scaled = T::Four::from_slice(simd, &between.scaled[lane])
                        * T::Four::splat(simd, v[0]);
                    for side in 0..2 {
                        let first = self.slots[between.cell[lane] as usize + side] as usize;
                        let lines = &mut lines[first..][..LINES];
                        for r in 0..LINES {
                            let weight = side * LINES + r;
                            let phi = T::Four::splat(simd, between.phi[weight][lane]);
                            let slope = T::Four::splat(simd, slopes[weight][lane]);
                            let line = T::Four::from_slice(simd, &lines[r]);
                            let sum = slope.mul_add(scaled, phi.mul_add(moved, line));
                            sum.store_slice(&mut lines[r]);
                        }
                    }
                }
            }
            self.forget(&group);
        }
    }

    /// v of eight neighbours, lane by lane.
    #[inline(always)]
    fn moved<S: Simd>(
        &self,
        simd: S,
        o: usize,
        scale: Scale,
        (w, strain): ([Row8; 3], Option<Mat3>),
    ) -> [[T; 4]; LANES] {
        let seen = self.octets[o].all(simd);
        let mut by = [f64x8::splat(simd, 0.0); 3];
        for a in 0..3 {
            by[a] = f64::load(simd, &w[a]);
        }
        if let Some(y) = strain {
            let r = f64x8::splat(simd, 1.0) / seen.inverse;
            for a in 0..3 {
                for b in 0..3 {
                    by[a] -= seen.e[b] * r * y[a][b];
                }
            }
        }
        let pushed = scale.push(by, &seen);
        let mut all = [[T::default(); 4]; LANES];
        for k in 0..4 {
            let mut row = Row8::default();
            f64::store(pushed[k], &mut row);
            for lane in 0..LANES {
                all[lane][k] = T::of(row.as_ref()[lane]);
            }
        }
        all
    }

    /// Ȳ of every embedding.
    fn collect(&mut self, shared: &Shared<'_, T>, changes: &[T::Row]) {
        let (four, line) = (4 * shared.stride, shared.fitted(self.species).line());
        for (network, sums) in self.sums.iter_mut().enumerate() {
            let rows = if shared.own {
                self.own[network].lines.len()
            } else {
                shared.embedded[network].0.table.lines.len()
            };
            sums.clear();
            sums.resize(rows, T::Row::default());
        }
        let [first, _, second] = &mut self.four;
        first.resize(four, T::Row::default());
        second.resize(four, T::Row::default());
        for (i, centre) in self.centres.iter().enumerate() {
            let own = i * four..(i + 1) * four;
            let [by_energy, by_loss] =
                self.by_input.each_ref().map(|lines| flat::<T>(&lines[i * line..][..line]));
            let (level, pairs, room) = (shared.level, shared.pairs, &mut self.room);
            let a = (&self.a[own.clone()], shared.by_slots);
            gram::reverse::<T>(level, pairs, a, (by_loss, room), first);
            let change = (&changes[own.clone()], shared.by_slots);
            gram::reverse::<T>(level, pairs, change, (by_energy, room), second);
            for (to, from) in flat_mut::<T>(first).iter_mut().zip(flat::<T>(second)) {
                *to += *from;
            }
            for group in &self.groups[centre.groups[0]..centre.groups[1]] {
                let [from, to] = group.at;
                let terms: [Outer<'_, T>; 2] = [
                    (&self.b[from..to], &first[..]),
                    (&self.change[from..to], &self.back[own.clone()]),
                ];
                let (at, sums) = (&self.at[from..to], &mut self.sums[group.network]);
                gathered::scatter::<T>(level, at, terms, T::of(1.0), sums);
            }
        }
    }
}

/// B' of neighbours with nodes of their own.
fn push_own<T: Real>(
    lines: &mut [[T; 4]],
    octet: &Octet,
    (scale, count): (Scale, usize),
    moved: &[[T; 4]; LANES],
) {
    for lane in 0..count {
        let scaled = scale.of(&octet.get(lane)).map(T::of);
        let v = moved[lane];
        lines[lane * LINES] = v;
        lines[lane * LINES + 1] = scaled.map(|r| r * v[0]);
    }
}
