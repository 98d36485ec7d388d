//! Steps 2 and 3 of a block: features on nodes, their inner products, and the fitting networks.

use fearless_simd::{Simd, SimdBase, SimdFloat};
use ground::dispatch;
use ground::kernel::dense::rows;
use ground::kernel::gathered::{self, Table};
use ground::kernel::gram;
use ground::kernel::lane::{Real, flat, flat_mut};

use super::between::Between;
use super::{Desk, NONE, of};
use crate::plan::Plan;
use crate::plan::table::{LINES, Tabulated};

impl<T: Real> Plan<T> {
    /// Step 2.
    pub(super) fn describe(&self, desk: &mut Desk<T>) {
        let Desk { octets, groups, centres, own, at, own_at, slots, b, own_b, a, .. } = desk;
        at.clear();
        let most = self.tables.iter().map(Tabulated::nodes).max().unwrap_or(0);
        slots.resize(most, NONE);
        for (i, centre) in centres.iter().enumerate() {
            let a = &mut a[i * 4 * self.stride..][..4 * self.stride];
            let scale = self.scales[centre.species];
            for group in &mut groups[centre.groups[0]..centre.groups[1]] {
                if let Some(first) = group.own {
                    own_at.clear();
                    own_b.clear();
                    for (o, count) in group.octets() {
                        let scaled = |lane| scale.of(&octets[o].get(lane)).map(T::of);
                        own_b.extend((0..count).map(scaled));
                    }
                    own_at.extend((2 * first..).step_by(2).take(group.count));
                    let table = Table { rows: own, stride: self.stride };
                    gathered::gather::<T>(self.level, table, own_at, own_b, a);
                    continue;
                }
                let first = at.len();
                let table = &self.tables[group.network];
                b.clear();
                dispatch!(self.level, simd => {
                    for (o, count) in group.octets() {
                        let between = Between::new(simd, &octets[o], scale, table.axis());
                        spread(simd, &between, count, (slots, at, b));
                    }
                });
                group.at = [first, at.len()];
                for &line in at[first..].iter().step_by(LINES) {
                    slots[line as usize / LINES] = NONE;
                }
                gathered::gather::<T>(self.level, table.lines(), &at[first..], b, a);
            }
            let by = self.by_slots;
            for v in flat_mut::<T>(a) {
                *v *= by;
            }
        }
    }

    /// D of the centres of a species.
    pub(super) fn multiply(&self, desk: &mut Desk<T>, species: usize) {
        let Desk { centres, a, lines, .. } = desk;
        let line = self.line();
        lines.resize(of(centres, species).count() * line, T::Row::default());
        for (i, centre) in of(centres, species) {
            let to = flat_mut::<T>(&mut lines[centre.line * line..][..line]);
            let a = &a[i * 4 * self.stride..][..4 * self.stride];
            gram::products::<T>(self.level, self.pairs, a, to);
            if self.natural {
                self.unfold(to);
            }
        }
    }

    /// Step 3, for a species: energies, and the derivatives by D in its place.
    pub(super) fn fit(&self, desk: &mut Desk<T>, species: usize, energies: &mut Vec<(u32, f64)>) {
        let Desk { centres, lines, outputs, frozen, .. } = desk;
        let line = self.line();
        outputs.resize(lines.len() / line, T::default());
        if outputs.is_empty() {
            return;
        }
        self.fitting[species].values(self.level, lines, frozen, outputs);
        if self.natural {
            for line in lines.chunks_exact_mut(line) {
                self.fold(flat_mut::<T>(line));
            }
        }
        let energy = |output: &T| output.wide() + self.offsets[species];
        let places = of(centres, species).map(|(_, centre)| centre.place);
        energies.extend(places.zip(outputs.iter().map(energy)));
    }

    /// Rows of a line of D.
    pub(super) fn line(&self) -> usize {
        rows::<T>(if self.natural {
            self.pairs.columns * self.pairs.first
        } else {
            self.pairs.len()
        })
    }

    /// From each product once to D in its natural order.
    fn unfold(&self, line: &mut [T]) {
        let once = line[..self.pairs.len()].to_vec();
        for (m, k) in self.natural_order() {
            line[m * self.pairs.first + k] = once[self.pairs.place(m, k)];
        }
    }

    /// From derivatives by D in its natural order to those by each product once.
    fn fold(&self, line: &mut [T]) {
        let mut once = vec![T::default(); self.pairs.len()];
        for (m, k) in self.natural_order() {
            once[self.pairs.place(m, k)] += line[m * self.pairs.first + k];
        }
        line[..once.len()].copy_from_slice(&once);
    }

    /// Row and column of D, row by row.
    fn natural_order(&self) -> impl Iterator<Item = (usize, usize)> + use<T> {
        let (columns, first) = (self.pairs.columns, self.pairs.first);
        (0..columns).flat_map(move |m| (0..first).map(move |k| (m, k)))
    }

    /// D of the centres of a species in its natural order.
    pub(super) fn descriptors(&self, desk: &Desk<T>, species: usize, all: &mut Vec<Vec<f64>>) {
        let line = self.line();
        let place = |(m, k)| {
            if self.natural { m * self.pairs.first + k } else { self.pairs.place(m, k) }
        };
        all.extend(of(&desk.centres, species).map(|(_, centre)| {
            let own = flat::<T>(&desk.lines[centre.line * line..][..line]);
            self.natural_order().map(|pair| own[place(pair)].wide()).collect()
        }));
    }
}

/// Adds φ ⊗ R̃ of the first neighbours to B on the nodes of their cells.
#[inline(always)]
pub(crate) fn spread<T: Real, S: Simd>(
    simd: S,
    between: &Between<T, S>,
    count: usize,
    (slots, at, b): (&mut [u32], &mut Vec<u32>, &mut Vec<[T; 4]>),
) {
    for lane in 0..count {
        let scaled = T::Four::from_slice(simd, &between.scaled[lane]);
        for side in 0..2 {
            let node = between.cell[lane] + side;
            let own = &mut slots[node as usize];
            if *own == NONE {
                *own = u32::try_from(b.len()).expect("few lines");
                at.extend([3 * node, 3 * node + 1, 3 * node + 2]);
                b.extend([[T::default(); 4]; LINES]);
            }
            let lines = &mut b[*own as usize..][..LINES];
            for r in 0..LINES {
                let phi = T::Four::splat(simd, between.phi[side as usize * LINES + r][lane]);
                let sum = phi.mul_add(scaled, T::Four::from_slice(simd, &lines[r]));
                sum.store_slice(&mut lines[r]);
            }
        }
    }
}
