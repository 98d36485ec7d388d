//! Step 4 of a block: from the derivatives by D to forces and the virial.

use ground::kernel::gathered::{self, Table};
use ground::kernel::gram;
use ground::kernel::lane::{Real, flat};

use super::{Desk, NONE};
use crate::model::{Mat3, Vec3};
use crate::plan::Plan;
use crate::plan::environment::LANES;
use crate::plan::table::{LINES, Place, basis, slopes};

impl<T: Real> Plan<T> {
    /// Step 4: forces on everyone touched, and the virial.
    pub(super) fn pull(&self, desk: &mut Desk<T>, virial: &mut Mat3) {
        let starts = self.first_lines(&desk.centres);
        let Desk { octets, links, groups, centres, own, at, slots, a, by_lines, .. } = desk;
        let Desk { back, z, local, touched, .. } = desk;
        let line = self.line();
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
                    let p = match self.place(group.network, scale.radial(seen.s)) {
                        Some(place) => slope_on_nodes(place, (slots, z), scaled, inverse),
                        None => self.slope_on_own((own, links[j].own), back, scaled),
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

    /// ∂E/∂R̃_j of a neighbour with a node of its own.
    fn slope_on_own(
        &self,
        (own, node): (&[T::Row], u32),
        back: &[T::Row],
        scaled: [T; 4],
    ) -> [T; 4] {
        let table = Table { rows: own, stride: self.stride };
        let mut z = [[T::default(); 4]; 2];
        gathered::project::<T>(self.level, table, &[2 * node, 2 * node + 1], back, &mut z);
        let [mut p, slope] = z;
        for k in 0..4 {
            p[0] += slope[k] * scaled[k];
        }
        p
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
