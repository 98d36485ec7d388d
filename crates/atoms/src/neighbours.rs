//! Who is within a distance: exact, for any cell, all images, at a cost linear in the atoms.
//!
//! ```text
//! f = x h⁻¹ mod 1            fractions, wrapped into the cell
//! bin of an atom             ⌊f_k b_k⌋ of b_k bins along each lattice vector
//! within r of an atom        bins at most ⌈r b_k/w_k⌉ away, as often as they repeat; w the widths
//! ```
//! A cell shorter than the distance is one bin, and its images are bins that repeat. Without a cell
//! the bins divide the box around the atoms. Atoms are kept in the order of their bins, so that
//! neighbours are near in memory; [`Grid::atom`] says which they were. Nothing is ever left out.

use fearless_simd::{Level, Simd, SimdBase, f64x8};
use ground::kernel::lane;
use ground::{Error, Result, dispatch};

use crate::cell::{Cell, times};
use crate::model::{Snapshot, Vec3};

mod verlet;

pub use verlet::Verlet;

/// Who is near whom.
pub trait Surroundings: Sync {
    /// How many atoms there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The atom of the snapshot that stands at a place.
    fn atom(&self, place: usize) -> usize;

    /// Everyone within the distance of the atom at a place, that atom's own images included, at most
    /// that distance away. Replaces what `near` held; the order depends on positions alone.
    fn around(&self, place: usize, near: &mut Vec<Near>);
}

/// Images of the cell that may be within reach, along one vector.
const IMAGES: f64 = 100.0;

/// More neighbours has no atom of matter.
const CROWD: f64 = 20_000.0;

/// Refuses a cell so thin that its images within a distance cannot be counted out, or with so many atoms
/// within it that something must be wrong.
pub fn check(snapshot: &Snapshot, within: f64) -> Result<()> {
    let Some(cell) = &snapshot.cell else { return Ok(()) };
    if let Some(w) = cell.widths().into_iter().find(|&w| within / w > IMAGES) {
        return Err(Error::input("cell", format!("it is {w} Å wide between two of its faces"))
            .allowed(format!("Neighbours within {within} Å need {} Å", within / IMAGES)));
    }
    let room = cell.volume() / snapshot.len().max(1) as f64;
    let sphere = 4.0 / 3.0 * std::f64::consts::PI * within.powi(3);
    if sphere > CROWD * room {
        let found = format!(
            "it has {room:.2e} Å³ an atom, which makes {:.1e} neighbours within {within} Å",
            sphere / room
        );
        return Err(Error::input("cell", found)
            .allowed(format!("At most {CROWD} neighbours; is the cell in nm?")));
    }
    Ok(())
}

/// Atoms closer than the root of this are at one place, Å².
pub const AT_ONE_PLACE: f64 = 1e-8;

/// Refuses two atoms at one place, from their places.
pub fn at_one_place(around: &impl Surroundings, place: usize, other: u32) -> Error {
    let mut atoms = [around.atom(place), around.atom(other as usize)].map(|atom| atom + 1);
    atoms.sort_unstable();
    Error::input("", format!("atoms {} and {} are at one place", atoms[0], atoms[1]))
        .allowed("Forces need atoms that are apart")
}

/// Bins are about this part of the distance wide: narrower ones hold fewer atoms that are too far,
/// wider ones are fewer.
const PART: f64 = 0.5;
/// Never more bins than this many times the atoms.
const SPARSE: usize = 4;

/// Distances that are found before they are looked at.
const AT_ONCE: usize = 8;

/// Atoms in bins.
#[derive(Clone, Debug)]
pub struct Grid {
    level: Level,
    /// The distance that is asked for, Å.
    within: f64,
    /// Positions inside the cell, in the order of bins: x, y, z. Behind the last there is nobody.
    places: [Vec<f64>; 3],
    /// The atom that stands at each place.
    atoms: Vec<u32>,
    /// The bin of each place.
    bins: Vec<u32>,
    /// The first place of each bin, and the end of the last.
    starts: Vec<u32>,
    shape: [usize; 3],
    reach: [usize; 3],
    /// None in free space.
    cell: Option<Cell>,
}

/// A neighbour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Its place in the [`Grid`].
    pub place: u32,
    /// From the centre to it, Å.
    pub d: Vec3,
    /// |d|², Å².
    pub r2: f64,
}

impl Grid {
    /// Bins of the atoms of a snapshot, for neighbours within a distance (Å, positive).
    pub fn new(snapshot: &Snapshot, within: f64) -> Self {
        assert!(within > 0.0, "a distance is positive, not {within}");
        let positions = &snapshot.positions;
        let frame = Frame::of(snapshot);
        let n = positions.len();
        let most = (SPARSE * n).max(1);
        let mut shape = frame.widths.map(|w| bins_along(w, PART * within));
        while shape.iter().product::<usize>() > most {
            let widest = (0..3).max_by_key(|&k| shape[k]).expect("there are three");
            shape[widest] = shape[widest].div_ceil(2);
        }
        let reach = std::array::from_fn(|k| reached(within * shape[k] as f64 / frame.widths[k]));
        let fractions: Vec<Vec3> = positions.iter().map(|&x| frame.wrapped(x)).collect();
        let bin = |f: &Vec3| {
            let at: [usize; 3] = std::array::from_fn(|k| along(f[k], shape[k]));
            (at[0] * shape[1] + at[1]) * shape[2] + at[2]
        };
        let own: Vec<u32> = fractions.iter().map(|f| small(bin(f))).collect();
        let mut starts = vec![0u32; shape.iter().product::<usize>() + 1];
        for &bin in &own {
            starts[bin as usize + 1] += 1;
        }
        for bin in 1..starts.len() {
            starts[bin] += starts[bin - 1];
        }
        let (mut next, mut atoms) = (starts.clone(), vec![0u32; n]);
        for (atom, &bin) in own.iter().enumerate() {
            atoms[next[bin as usize] as usize] = small(atom);
            next[bin as usize] += 1;
        }
        let inside: Vec<Vec3> =
            atoms.iter().map(|&atom| frame.position(fractions[atom as usize])).collect();
        let nowhere = [f64::INFINITY; AT_ONCE];
        let places = std::array::from_fn(|k| inside.iter().map(|x| x[k]).chain(nowhere).collect());
        let bins = atoms.iter().map(|&atom| own[atom as usize]).collect();
        let level = lane::level();
        Self { level, within, places, atoms, bins, starts, shape, reach, cell: snapshot.cell }
    }

    /// Those of a run of places that are within the distance.
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, run: std::ops::Range<u32>, from: Vec3, near: &mut Vec<Near>) {
        let limit = self.within * self.within;
        let (mut start, end) = (run.start as usize, run.end as usize);
        while start < end {
            let mut d = [[0.0; AT_ONCE]; 3];
            let mut r2 = f64x8::splat(simd, 0.0);
            for k in 0..3 {
                let x = f64x8::from_slice(simd, &self.places[k][start..start + AT_ONCE]);
                let own = x + from[k];
                own.store_slice(&mut d[k]);
                r2 += own * own;
            }
            let mut distances = [0.0; AT_ONCE];
            r2.store_slice(&mut distances);
            // Written down always, counted if near: whether one is cannot be foretold.
            let (mut hits, mut n) = ([0; AT_ONCE], 0);
            for (k, &r2) in distances.iter().enumerate() {
                hits[n % AT_ONCE] = k;
                n += usize::from(r2 <= limit) * usize::from(start + k < end);
            }
            for &k in &hits[..n] {
                let d = [d[0][k], d[1][k], d[2][k]];
                near.push(Near { place: small(start + k), d, r2: distances[k] });
            }
            start += AT_ONCE;
        }
    }

    /// A bin along one vector, and the image it is in; None where there is none.
    fn fold(&self, k: usize, at: i64) -> Option<(usize, i64)> {
        let n = signed(self.shape[k]);
        let (image, bin) = match at {
            _ if (0..n).contains(&at) => (0, at),
            _ if (n..2 * n).contains(&at) => (1, at - n),
            _ if (-n..0).contains(&at) => (-1, at + n),
            _ => (at.div_euclid(n), at.rem_euclid(n)),
        };
        let exists = image == 0 || self.cell.is_some();
        exists.then(|| (usize::try_from(bin).unwrap_or(0), image))
    }

    /// Where the atoms of an image stand, from where they stand in the cell.
    fn shift(&self, image: [i64; 3]) -> Vec3 {
        match &self.cell {
            Some(cell) if image != [0; 3] => times(image.map(|i| i as f64), cell.rows()),
            _ => [0.0; 3],
        }
    }

    #[inline(always)]
    fn around_on<S: Simd>(&self, simd: S, place: usize, near: &mut Vec<Near>) {
        near.clear();
        let bin = self.bins[place] as usize;
        let [_, b, c] = self.shape;
        let home = [bin / (b * c), bin / c % b, bin % c].map(signed);
        let x = self.places.each_ref().map(|x| x[place]);
        let reach = self.reach.map(signed);
        for i in home[0] - reach[0]..=home[0] + reach[0] {
            let Some((i, image_i)) = self.fold(0, i) else { continue };
            for j in home[1] - reach[1]..=home[1] + reach[1] {
                let Some((j, image_j)) = self.fold(1, j) else { continue };
                let row = (i * b + j) * c;
                let (mut k, end) = (home[2] - reach[2], home[2] + reach[2]);
                // Bins along the last vector stand side by side in memory: one run an image.
                while k <= end {
                    let Some((first, image)) = self.fold(2, k) else {
                        k += 1;
                        continue;
                    };
                    let count = (c - first).min(usize::try_from(end - k + 1).unwrap_or(0));
                    let run = self.starts[row + first]..self.starts[row + first + count];
                    let shift = self.shift([image_i, image_j, image]);
                    let from = std::array::from_fn(|k| shift[k] - x[k]);
                    self.run(simd, run, from, near);
                    k += signed(count);
                }
            }
        }
        // The centre itself, the only one at no distance in its own image.
        if let Some(own) = near.iter().position(|n| n.place as usize == place && n.r2 == 0.0) {
            near.swap_remove(own);
        }
    }
}

impl Surroundings for Grid {
    fn len(&self) -> usize {
        self.atoms.len()
    }

    fn atom(&self, place: usize) -> usize {
        self.atoms[place] as usize
    }

    fn around(&self, place: usize, near: &mut Vec<Near>) {
        dispatch!(self.level, simd => self.around_on(simd, place, near));
    }
}

/// The coordinates that bins divide: fractions of the cell, or of the box around the atoms.
struct Frame {
    cell: Option<Cell>,
    low: Vec3,
    widths: Vec3,
}

impl Frame {
    fn of(snapshot: &Snapshot) -> Self {
        if let Some(cell) = snapshot.cell {
            return Self { cell: Some(cell), low: [0.0; 3], widths: cell.widths() };
        }
        let bound = |pick: fn(f64, f64) -> f64, start: f64| -> Vec3 {
            std::array::from_fn(|k| snapshot.positions.iter().map(|x| x[k]).fold(start, pick))
        };
        let (low, high) = (bound(f64::min, f64::INFINITY), bound(f64::max, f64::NEG_INFINITY));
        let widths = std::array::from_fn(|k| (high[k] - low[k]).max(1e-3));
        Self { cell: None, low, widths }
    }

    /// Fractions in [0, 1), or for a box in [0, 1].
    fn wrapped(&self, x: Vec3) -> Vec3 {
        match &self.cell {
            Some(cell) => cell.fractions(x).map(|f| {
                let f = f - f.floor();
                // −1e-17 wraps to 1 exactly.
                if f < 1.0 { f } else { 0.0 }
            }),
            None => std::array::from_fn(|k| (x[k] - self.low[k]) / self.widths[k]),
        }
    }

    fn position(&self, f: Vec3) -> Vec3 {
        match &self.cell {
            Some(cell) => cell.position(f),
            None => std::array::from_fn(|k| self.low[k] + f[k] * self.widths[k]),
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
fn bins_along(width: f64, edge: f64) -> usize {
    (width / edge).floor().clamp(1.0, 1024.0) as usize
}

/// How many bins away something at most this many bin widths away can be.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
fn reached(bins: f64) -> usize {
    // A rounded fraction may put an atom one bin further.
    (bins * (1.0 + 1e-12)).ceil() as usize
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of n")]
fn along(f: f64, n: usize) -> usize {
    ((f * n as f64) as usize).min(n - 1)
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("fewer than 2^32 atoms")
}

fn signed(n: usize) -> i64 {
    i64::try_from(n).expect("fewer than 2^63 bins")
}

#[cfg(test)]
mod tests;
