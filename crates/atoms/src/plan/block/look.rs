//! Step 1 of a block: neighbours sorted by species and measured; who is outside the tables.

use ground::Result;
use ground::kernel::lane::{Real, flat, flat_mut};

use super::{Centre, Desk, Group};
use crate::form::jets::jets;
use crate::neighbours::{AT_ONE_PLACE, Surroundings, at_one_place};
use crate::plan::environment::{LANES, measure};
use crate::plan::table::write;
use crate::plan::{Noted, Plan};

impl<T: Real> Plan<T> {
    /// Step 1.
    pub(super) fn look_around(
        &self,
        (around, species): (&impl Surroundings, &[u32]),
        places: std::ops::Range<usize>,
        desk: &mut Desk<T>,
        noted: &mut Noted,
    ) -> Result<()> {
        desk.octets.clear();
        desk.places.clear();
        desk.outside.clear();
        desk.groups.clear();
        desk.centres.clear();
        let n_species = self.form.species.len();
        let (mut counts, mut lines) = (vec![0usize; n_species], vec![0usize; n_species]);
        for place in places {
            around.around(place, &mut desk.near);
            let centre = species[place] as usize;
            counts.fill(0);
            let mut nearest = (f64::INFINITY, 0);
            for n in &desk.near {
                counts[species[n.place as usize] as usize] += 1;
                if n.r2 < nearest.0 {
                    nearest = (n.r2, n.place);
                }
            }
            if nearest.0 < AT_ONE_PLACE {
                return Err(at_one_place(around, place, nearest.1));
            }
            if nearest.0 < self.domain {
                noted.close.push((around.atom(place), nearest.0.sqrt()));
            }
            noted.count(&counts, &self.form.selection);
            let groups = self.sort((species, centre), (&counts, nearest.0 <= self.reach), desk);
            let a = four_lines(&mut desk.a, desk.centres.len(), self.stride);
            self.pads(centre, &counts, a);
            let place = u32::try_from(place).expect("fewer than 2^32 atoms");
            desk.centres.push(Centre { place, species: centre, groups, line: lines[centre] });
            lines[centre] += 1;
        }
        measure(self.level, self.form.switch, &mut desk.octets);
        self.list_outside(desk);
        Ok(())
    }

    /// Puts the neighbours of an atom into octets, species by species; returns its groups. Excluded
    /// pairs fill slots and do nothing else.
    fn sort(
        &self,
        (species, centre): (&[u32], usize),
        (counts, outside): (&[usize], bool),
        desk: &mut Desk<T>,
    ) -> [usize; 2] {
        let Desk { near, octets, places, groups, .. } = desk;
        let (start, mut first) = (groups.len(), octets.len());
        for (t, &count) in counts.iter().enumerate() {
            let network = self.form.embedding_of(t, centre);
            let own = outside.then_some(0);
            groups.push(Group { network, first, count: 0, own, at: [0; 2] });
            let seen = if self.form.excludes(centre, t) { 0 } else { count };
            first += seen.div_ceil(LANES);
        }
        octets.resize(first, self.nobody);
        places.resize(first * LANES, 0);
        let own = &mut groups[start..];
        for n in near.iter() {
            let t = species[n.place as usize] as usize;
            if self.form.excludes(centre, t) {
                continue;
            }
            let at = own[t].first * LANES + own[t].count;
            own[t].count += 1;
            places[at] = n.place;
            octets[at / LANES].put(at % LANES, n.d, n.r2);
        }
        [start, groups.len()]
    }

    /// The neighbours that have nodes of their own.
    fn list_outside(&self, desk: &mut Desk<T>) {
        let Desk { octets, groups, centres, outside, .. } = desk;
        for centre in centres.iter() {
            let scale = self.scales[centre.species];
            for group in &mut groups[centre.groups[0]..centre.groups[1]] {
                if group.own.is_none() {
                    continue;
                }
                group.own = Some(u32::try_from(outside.len()).expect("few neighbours"));
                for (o, count) in group.octets() {
                    let x = |lane| scale.radial(octets[o].get(lane).s);
                    outside.extend((0..count).map(|lane| (group.network, x(lane))));
                }
            }
        }
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
    pub(super) fn ask_networks(&self, desk: &mut Desk<T>) {
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
}

/// The four lines of a centre, the buffer grown to hold them.
fn four_lines<R: Clone + Default>(a: &mut Vec<R>, centre: usize, stride: usize) -> &mut [R] {
    let end = (centre + 1) * 4 * stride;
    if a.len() < end {
        a.resize(end, R::default());
    }
    &mut a[end - 4 * stride..end]
}
