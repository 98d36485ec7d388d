//! Step 4 of a block: from the derivatives by D to forces and the virial.

use fearless_simd::{Simd, SimdBase, SimdFloat, f64x8};
use ground::dispatch;
use ground::kernel::gathered::{self, Table};
use ground::kernel::gram;
use ground::kernel::lane::{Real, Row8, flat};

use super::between::{Between, Weights};
use super::{Centre, Desk, Group, NONE};
use crate::model::{Mat3, Vec3};
use crate::plan::Plan;
use crate::plan::environment::{LANES, Octet, Scale};
use crate::plan::table::LINES;

/// ∂E/∂R̃ of eight neighbours.
pub(crate) type Slopes = [Row8; 4];

impl<T: Real> Plan<T> {
    /// Step 4, for the centres of a species: forces on everyone touched, and the virial.
    pub(super) fn pull(&self, desk: &mut Desk<T>, species: usize, virial: &mut Mat3) {
        let line = self.line();
        desk.back.resize(4 * self.stride, T::Row::default());
        for i in 0..desk.centres.len() {
            let centre = desk.centres[i];
            if centre.species != species {
                continue;
            }
            let Desk { a, lines, seeds: room, back, .. } = desk;
            let a = &a[i * 4 * self.stride..][..4 * self.stride];
            let seeds = flat::<T>(&lines[centre.line * line..][..line]);
            gram::reverse::<T>(self.level, self.pairs, (a, self.by_slots), (seeds, room), back);
            dispatch!(self.level, simd => self.pull_on(simd, centre, desk, virial));
        }
    }

    /// The forces of one centre on its neighbours and on itself.
    #[inline(always)]
    fn pull_on<S: Simd>(&self, simd: S, centre: Centre, desk: &mut Desk<T>, virial: &mut Mat3) {
        let Desk { octets, places, groups, own, at, slots, back, z, local, touched, .. } = desk;
        let scale = self.scales[centre.species];
        let mut tally = Tally::new(simd);
        for group in &groups[centre.groups[0]..centre.groups[1]] {
            let lines = match group.own {
                None => &at[group.at[0]..group.at[1]],
                Some(_) => &[],
            };
            if group.own.is_none() {
                z.resize(lines.len(), [T::default(); 4]);
                let table = self.tables[group.network].lines();
                gathered::project::<T>(self.level, table, lines, back, z);
                for (k, &line) in lines.iter().step_by(LINES).enumerate() {
                    slots[line as usize / LINES] = u32::try_from(k * LINES).expect("few lines");
                }
            }
            for (k, (o, count)) in group.octets().enumerate() {
                let p = match group.own {
                    None => {
                        self.slopes_on_nodes(simd, &octets[o], (group, count), (scale, slots, z))
                    }
                    Some(first) => {
                        let first = first as usize + k * LANES;
                        self.slopes_on_own((own, first), back, &octets[o], (scale, count))
                    }
                };
                let pulls = tally.add(simd, scale, &octets[o], &p);
                for (lane, &place) in places[o * LANES..][..count].iter().enumerate() {
                    let other = slot(place, local, touched);
                    for a in 0..3 {
                        touched[other].1[a] -= pulls[a].as_ref()[lane];
                    }
                }
            }
            for &line in lines.iter().step_by(LINES) {
                slots[line as usize / LINES] = NONE;
            }
        }
        let own = slot(centre.place, local, touched);
        tally.close(&mut touched[own].1, virial);
    }

    /// ∂E/∂R̃ of neighbours between nodes.
    #[inline(always)]
    fn slopes_on_nodes<S: Simd>(
        &self,
        simd: S,
        octet: &Octet,
        (group, count): (&Group, usize),
        (scale, slots, z): (Scale, &[u32], &[[T; 4]]),
    ) -> Slopes {
        let axis = self.tables[group.network].axis();
        let between = Between::<T, S>::new(simd, octet, scale, axis);
        let slopes = between.slopes(axis);
        on_nodes(simd, &between, &slopes, (slots, z), count)
    }

    /// ∂E/∂R̃ of neighbours with nodes of their own.
    fn slopes_on_own(
        &self,
        (own, first): (&[T::Row], usize),
        back: &[T::Row],
        octet: &Octet,
        (scale, count): (Scale, usize),
    ) -> Slopes {
        let table = Table { rows: own, stride: self.stride };
        let mut all = Slopes::default();
        for lane in 0..count {
            let node = u32::try_from(2 * (first + lane)).expect("few neighbours");
            let mut z = [[T::default(); 4]; 2];
            gathered::project::<T>(self.level, table, &[node, node + 1], back, &mut z);
            let p = on_own(z, scale.of(&octet.get(lane)).map(T::of));
            for k in 0..4 {
                all[k].as_mut()[lane] = p[k].wide();
            }
        }
        all
    }
}

/// The pulls of all neighbours of one centre, added up.
pub(crate) struct Tally<S: Simd> {
    total: [f64x8<S>; 3],
    stress: [[f64x8<S>; 3]; 3],
}

impl<S: Simd> Tally<S> {
    #[inline(always)]
    pub(crate) fn new(simd: S) -> Self {
        let zero = f64x8::splat(simd, 0.0);
        Self { total: [zero; 3], stress: [[zero; 3]; 3] }
    }

    /// Adds eight neighbours, from ∂E/∂R̃; returns ∂E/∂d.
    #[inline(always)]
    pub(crate) fn add(&mut self, simd: S, scale: Scale, octet: &Octet, p: &Slopes) -> [Row8; 3] {
        let seen = octet.all(simd);
        let g = scale.chain(loaded(simd, p), &seen);
        let r = f64x8::splat(simd, 1.0) / seen.inverse;
        let mut pulls = [Row8::default(); 3];
        for a in 0..3 {
            self.total[a] += g[a];
            let by_r = g[a] * r;
            for b in 0..3 {
                self.stress[a][b] = by_r.mul_add(seen.e[b], self.stress[a][b]);
            }
            f64::store(g[a], &mut pulls[a]);
        }
        pulls
    }

    /// What is left for the centre itself, and for the virial.
    #[inline(always)]
    pub(crate) fn close(self, force: &mut Vec3, virial: &mut Mat3) {
        for a in 0..3 {
            force[a] += self.total[a].reduce_sum();
            for b in 0..3 {
                virial[a][b] -= self.stress[a][b].reduce_sum();
            }
        }
    }
}

/// ∂E/∂R̃ of the first of eight neighbours between nodes: p = φ·Z + e₀ (slopes·Z R̃).
#[inline(always)]
pub(crate) fn on_nodes<T: Real, S: Simd>(
    simd: S,
    between: &Between<T, S>,
    slopes: &Weights<T>,
    (slots, z): (&[u32], &[[T; 4]]),
    count: usize,
) -> Slopes {
    let mut all = Slopes::default();
    for lane in 0..count {
        let zero = T::Four::splat(simd, T::default());
        let (mut p, mut q) = (zero, zero);
        for side in 0..2 {
            let first = slots[between.cell[lane] as usize + side] as usize;
            let lines = &z[first..][..LINES];
            for r in 0..LINES {
                let line = T::Four::from_slice(simd, &lines[r]);
                let weight = side * LINES + r;
                p = T::Four::splat(simd, between.phi[weight][lane]).mul_add(line, p);
                q = T::Four::splat(simd, slopes[weight][lane]).mul_add(line, q);
            }
        }
        let along = (q * T::Four::from_slice(simd, &between.scaled[lane])).reduce_sum();
        let mut by = [T::default(); 4];
        p.store_slice(&mut by);
        by[0] += along;
        for k in 0..4 {
            all[k].as_mut()[lane] = by[k].wide();
        }
    }
    all
}

/// The same of a neighbour with a node of its own, from the lines of Z of g and g'.
#[inline(always)]
pub(crate) fn on_own<T: Real>([mut p, slope]: [[T; 4]; 2], scaled: [T; 4]) -> [T; 4] {
    for k in 0..4 {
        p[0] += slope[k] * scaled[k];
    }
    p
}

#[inline(always)]
fn loaded<S: Simd>(simd: S, p: &Slopes) -> [f64x8<S>; 4] {
    let mut all = [f64x8::splat(simd, 0.0); 4];
    for k in 0..4 {
        all[k] = f64::load(simd, &p[k]);
    }
    all
}

/// Where a place stands among the touched.
#[inline]
pub(crate) fn slot(place: u32, local: &mut [u32], touched: &mut Vec<(u32, Vec3)>) -> usize {
    let own = &mut local[place as usize];
    if *own == NONE {
        *own = u32::try_from(touched.len()).expect("fewer than 2^32 atoms");
        touched.push((place, [0.0; 3]));
    }
    *own as usize
}
