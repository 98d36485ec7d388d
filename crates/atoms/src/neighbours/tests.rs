//! Neighbours by bins against all pairs of all images.

use super::*;
use crate::model::{Labels, Mat3};
use ground::stream::Stream;

/// Atoms anywhere, also outside the cell.
fn some(n: usize, cell: Option<Mat3>, seed: u64) -> Snapshot {
    let stream = Stream::new(seed).child("positions");
    let cell = cell.map(|rows| Cell::new(rows).unwrap());
    let place = |i: usize| {
        let f: Vec3 = std::array::from_fn(|k| 3.0 * stream.uniform(i as u64, 0, k) - 1.0);
        cell.map_or(f.map(|v| 5.0 * v), |cell| cell.position(f))
    };
    let positions = (0..n).map(place).collect();
    Snapshot { types: vec![0; n].into(), positions, cell, labels: Labels::default() }
}

#[expect(clippy::cast_possible_truncation, reason = "some 1e11 at most")]
fn whole(x: f64) -> i64 {
    x.round() as i64
}

/// Every neighbour by trying every image: atom, and d to 1e-9 Å.
fn by_force(snapshot: &Snapshot, i: usize, within: f64) -> Vec<(usize, [i64; 3])> {
    let mut found = Vec::new();
    let widths = snapshot.cell.map(|cell| cell.widths());
    // Positions may be two cells outside.
    let images: [i64; 3] = std::array::from_fn(|k| widths.map_or(0, |w| whole(within / w[k]) + 4));
    for (j, x) in snapshot.positions.iter().enumerate() {
        for a in -images[0]..=images[0] {
            for b in -images[1]..=images[1] {
                for c in -images[2]..=images[2] {
                    let shift = snapshot
                        .cell
                        .map_or([0.0; 3], |cell| times([a, b, c].map(|v| v as f64), cell.rows()));
                    let from = snapshot.positions[i];
                    let d: Vec3 = std::array::from_fn(|k| x[k] + shift[k] - from[k]);
                    let r2: f64 = d.iter().map(|v| v * v).sum();
                    if r2 <= within * within && (j != i || [a, b, c] != [0; 3]) {
                        found.push((j, d.map(|v| whole(v * 1e9))));
                    }
                }
            }
        }
    }
    found.sort_unstable();
    found
}

fn by_bins(snapshot: &Snapshot, within: f64) -> Vec<Vec<(usize, [i64; 3])>> {
    let grid = Grid::new(snapshot, within);
    let mut all = vec![Vec::new(); snapshot.len()];
    let mut near = Vec::new();
    for place in 0..grid.len() {
        grid.around(place, &mut near);
        let own = &mut all[grid.atom(place)];
        own.extend(near.iter().map(|n| {
            assert!((n.r2 - n.d.iter().map(|v| v * v).sum::<f64>()).abs() < 1e-12);
            (grid.atom(n.place as usize), n.d.map(|v| whole(v * 1e9)))
        }));
        own.sort_unstable();
    }
    all
}

/// The same pairs, with d equal to a few rounding errors.
fn agree(a: &[(usize, [i64; 3])], b: &[(usize, [i64; 3])]) -> bool {
    let near = |p: &[i64; 3], q: &[i64; 3]| (0..3).all(|k| (p[k] - q[k]).abs() <= 1);
    a.len() == b.len() && a.iter().all(|(j, d)| b.iter().any(|(k, e)| j == k && near(d, e)))
}

#[test]
fn agree_with_every_image_tried() {
    let cube = |l: f64| [[l, 0.0, 0.0], [0.0, l, 0.0], [0.0, 0.0, l]];
    let skew = [[4.1, 0.3, -0.2], [-1.9, 3.9, 0.4], [1.2, -1.4, 5.1]];
    let flat = [[20.0, 0.0, 0.0], [19.0, 3.0, 0.0], [0.0, 0.0, 9.0]];
    let left = [[0.0, 4.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 7.0]];
    let cells = [None, Some(cube(3.0)), Some(cube(13.0)), Some(skew), Some(flat), Some(left)];
    for (seed, cell) in cells.into_iter().enumerate() {
        for n in [1, 2, 40] {
            let snapshot = some(n, cell, seed as u64);
            for within in [2.0, 4.5, 9.1] {
                let all = by_bins(&snapshot, within);
                for (i, found) in all.iter().enumerate() {
                    let right = by_force(&snapshot, i, within);
                    assert!(agree(found, &right), "{cell:?}, {n} atoms, {within}: atom {i}");
                }
            }
        }
    }
}

#[test]
fn exact_counts_of_a_lattice() {
    // One atom in a cubic cell of 1 Å: 6, 18, 26 and 32 lattice points within 1, √2, √3 and 2.
    let one = some(1, Some([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), 3);
    for (within, count) in [(1.001, 6), (1.4143, 18), (1.7321, 26), (2.001, 32)] {
        assert_eq!(by_bins(&one, within)[0].len(), count);
    }
}

#[test]
fn two_atoms_at_one_place_are_neighbours() {
    let mut two = some(2, None, 1);
    two.positions[1] = two.positions[0];
    assert!(by_bins(&two, 1.0).iter().all(|near| near.len() == 1));
}

#[test]
fn cost_is_linear() {
    // Bins grow with the atoms, and how many are looked at does not depend on their number.
    let lattice = |n: usize| {
        let l = 2.0 * n as f64;
        let at = |i: usize| [i / (n * n), i / n % n, i % n].map(|v| 2.0 * v as f64);
        let cell = Cell::new([[l, 0.0, 0.0], [0.0, l, 0.0], [0.0, 0.0, l]]).unwrap();
        let positions = (0..n * n * n).map(at).collect();
        let types = vec![0; n * n * n].into();
        Grid::new(&Snapshot { types, positions, cell: Some(cell), labels: Labels::default() }, 6.0)
    };
    let (small, large) = (lattice(9), lattice(18));
    assert_eq!(small.reach, large.reach);
    assert_eq!(8 * (small.starts.len() - 1), large.starts.len() - 1);
}
