//! Neighbours that are kept while atoms move a little: those within the distance and a skin. [Ver67]
//!
//! ```text
//! kept      pairs with |d| ≤ r + σ when the list was made
//! true      while 2 max_i |x_i − x_i(made)| ≤ σ: no pair can have come within r unseen
//! ```
//! Every question is answered exactly: of the kept pairs those within r now. 8 bytes a pair.

use super::{Grid, Near, Surroundings};
use crate::cell::{Cell, times};
use crate::model::{Snapshot, Vec3};

/// Kept neighbours.
#[derive(Clone, Debug)]
pub struct Verlet {
    within: f64,
    skin: f64,
    cell: Option<Cell>,
    /// Positions when the list was made, and what was added to bring each into the cell.
    made: Vec<Vec3>,
    into_cell: Vec<Vec3>,
    atoms: Vec<u32>,
    /// Where atoms are now, in the order of places, continued from the cell they were in.
    now: Vec<Vec3>,
    starts: Vec<usize>,
    pairs: Vec<Pair>,
}

/// A neighbour and the image of the cell it is in.
#[derive(Clone, Copy, Debug)]
struct Pair {
    place: u32,
    image: [i8; 3],
}

impl Verlet {
    /// The list of a snapshot, for neighbours within a distance, with a skin (Å).
    ///
    /// # Panics
    /// If the distance is not positive or the skin is negative.
    pub fn new(snapshot: &Snapshot, within: f64, skin: f64) -> Self {
        assert!(within > 0.0 && skin >= 0.0, "distance {within}, skin {skin}");
        let grid = Grid::new(snapshot, within + skin);
        let atoms: Vec<u32> = grid.atoms.clone();
        let [x, y, z] = &grid.places;
        let now: Vec<Vec3> = (0..grid.len()).map(|p| [x[p], y[p], z[p]]).collect();
        let from = |(p, &atom): (usize, &u32)| {
            let x = snapshot.positions[atom as usize];
            std::array::from_fn(|k| now[p][k] - x[k])
        };
        let into_cell = atoms.iter().enumerate().map(from).collect();
        let (mut starts, mut pairs, mut near) = (vec![0], Vec::new(), Vec::new());
        for place in 0..grid.len() {
            grid.around(place, &mut near);
            pairs.extend(near.iter().map(|n| {
                let plain: Vec3 =
                    std::array::from_fn(|k| n.d[k] - now[n.place as usize][k] + now[place][k]);
                let image = snapshot.cell.map_or([0; 3], |cell| cell.fractions(plain).map(whole));
                Pair { place: n.place, image }
            }));
            starts.push(pairs.len());
        }
        let (cell, made) = (snapshot.cell, snapshot.positions.clone());
        Self { within, skin, cell, made, into_cell, atoms, now, starts, pairs }
    }

    /// Follows the atoms to where they are in a snapshot of the same atoms; makes the list again where
    /// they went too far, or the cell is another. Whether it did.
    pub fn follow(&mut self, snapshot: &Snapshot) -> bool {
        let same = self.cell == snapshot.cell && self.made.len() == snapshot.len();
        let moved = |(a, b): (&Vec3, &Vec3)| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>();
        let most = snapshot.positions.iter().zip(&self.made).map(moved).fold(0.0, f64::max);
        if !same || 2.0 * most.sqrt() > self.skin {
            *self = Self::new(snapshot, self.within, self.skin);
            return true;
        }
        for ((now, &atom), by) in self.now.iter_mut().zip(&self.atoms).zip(&self.into_cell) {
            let x = snapshot.positions[atom as usize];
            *now = std::array::from_fn(|k| x[k] + by[k]);
        }
        false
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        std::mem::size_of_val(&self.pairs[..]) + 76 * self.made.len()
    }
}

impl Surroundings for Verlet {
    fn len(&self) -> usize {
        self.atoms.len()
    }

    fn atom(&self, place: usize) -> usize {
        self.atoms[place] as usize
    }

    fn around(&self, place: usize, near: &mut Vec<Near>) {
        near.clear();
        let (own, limit) = (self.now[place], self.within * self.within);
        for pair in &self.pairs[self.starts[place]..self.starts[place + 1]] {
            let shift = match &self.cell {
                Some(cell) if pair.image != [0; 3] => times(pair.image.map(f64::from), cell.rows()),
                _ => [0.0; 3],
            };
            let x = self.now[pair.place as usize];
            let d: Vec3 = std::array::from_fn(|k| x[k] + shift[k] - own[k]);
            let r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if r2 <= limit {
                near.push(Near { place: pair.place, d, r2 });
            }
        }
    }
}

/// The nearest whole number; a cell with more than 127 images within reach is refused before.
#[allow(clippy::cast_possible_truncation, reason = "a small whole number")]
fn whole(f: f64) -> i8 {
    f.round() as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Labels;
    use ground::stream::Stream;

    fn sorted(all: &impl Surroundings, place: usize) -> Vec<(usize, [i64; 3])> {
        let mut near = Vec::new();
        all.around(place, &mut near);
        #[allow(clippy::cast_possible_truncation, reason = "a few ångströms")]
        let key = |n: &Near| (all.atom(n.place as usize), n.d.map(|v| (v * 1e8).round() as i64));
        let mut found: Vec<_> = near.iter().map(key).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn agree_with_the_grid_while_atoms_move() {
        let skew = Cell::new([[7.0, 0.5, 0.0], [-1.0, 6.0, 0.4], [0.3, 1.0, 5.0]]).unwrap();
        let stream = Stream::new(6);
        for cell in [None, Some(skew)] {
            let place = |i: usize| std::array::from_fn(|k| 12.0 * stream.uniform(i as u64, 0, k));
            let mut snapshot = Snapshot {
                types: vec![0; 30].into(),
                positions: (0..30).map(place).collect(),
                cell,
                labels: Labels::default(),
            };
            let mut kept = Verlet::new(&snapshot, 4.0, 0.6);
            let mut made = 0;
            for step in 1..40u32 {
                for (i, x) in snapshot.positions.iter_mut().enumerate() {
                    (0..3).for_each(|k| x[k] += 0.03 * stream.normal(i as u64, step, k));
                }
                made += usize::from(kept.follow(&snapshot));
                let grid = Grid::new(&snapshot, 4.0);
                for p in 0..30 {
                    let own = (0..30).find(|&q| grid.atom(q) == kept.atom(p)).unwrap();
                    let (a, b) = (sorted(&kept, p), sorted(&grid, own));
                    assert_eq!(a.len(), b.len(), "step {step}");
                    assert!(a.iter().zip(&b).all(|(a, b)| a.0 == b.0));
                }
            }
            assert!(0 < made && made < 20, "made {made} times in 39 steps");
        }
    }
}
