//! Blocks of points as lines, and lines as blocks.
//!
//! ```text
//! block    a row a coordinate, a lane a point        what paths are computed in
//! lines    a line a point, its coordinates in rows   what a network of a batch takes
//! ```
//! Squares of as many rows as there are lanes are transposed in registers: every number is read and
//! written once.

use fearless_simd::{Level, Simd, SimdBase};

use super::dense::rows;
use super::dense::turn::square;
use super::lane::Real;

/// The first points of a block times a factor as lines, as many as there is room for.
///
/// `block` `[d]`, `lines` `[n, rows(d)]` (written), n at most the number of lanes.
///
/// # Panics
/// If there is room for parts of lines.
pub fn to_lines<T: Real>(level: Level, block: &[T::Row], by: T, lines: &mut [T::Row]) {
    assert!(lines.len().is_multiple_of(rows::<T>(block.len())), "whole lines");
    T::to_lines(level, block, by, lines);
}

/// Lines times a factor as the first points of a block; what the others are is not said.
///
/// `lines` `[n, rows(d)]`, n at most the number of lanes, `block` `[d]` (written).
///
/// # Panics
/// If there are parts of lines.
pub fn from_lines<T: Real>(level: Level, lines: &[T::Row], by: T, block: &mut [T::Row]) {
    assert!(lines.len().is_multiple_of(rows::<T>(block.len())), "whole lines");
    T::from_lines(level, lines, by, block);
}

#[inline(always)]
pub(super) fn to_lines_of<T: Real, S: Simd>(
    simd: S,
    block: &[T::Row],
    by: T,
    lines: &mut [T::Row],
) {
    let stride = rows::<T>(block.len());
    let by = T::V::splat(simd, by);
    let mut tile = Tile::<T>::default();
    for (q, part) in block.chunks(T::LANES).enumerate() {
        tile.from[..part.len()].copy_from_slice(part);
        tile.from[part.len()..].fill(T::Row::default());
        tile.turn::<S>(simd);
        for (line, row) in lines.chunks_exact_mut(stride).zip(&tile.to) {
            T::store(T::load(simd, row) * by, &mut line[q]);
        }
    }
}

#[inline(always)]
pub(super) fn from_lines_of<T: Real, S: Simd>(
    simd: S,
    lines: &[T::Row],
    by: T,
    block: &mut [T::Row],
) {
    let stride = rows::<T>(block.len());
    let by = T::V::splat(simd, by);
    let mut tile = Tile::<T>::default();
    for (q, part) in block.chunks_mut(T::LANES).enumerate() {
        for (row, line) in tile.from.iter_mut().zip(lines.chunks_exact(stride)) {
            *row = line[q];
        }
        tile.turn::<S>(simd);
        for (to, row) in part.iter_mut().zip(&tile.to) {
            T::store(T::load(simd, row) * by, to);
        }
    }
}

/// A square of numbers, and the same transposed.
#[derive(Default)]
struct Tile<T: Real> {
    from: [T::Row; 16],
    between: [T::Row; 16],
    to: [T::Row; 16],
}

impl<T: Real> Tile<T> {
    #[inline(always)]
    fn turn<S: Simd>(&mut self, simd: S) {
        let l = T::LANES;
        square::<T, S>(simd, &self.from[..l], &mut self.between[..l], &mut self.to[..l]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::lane::levels;

    fn there_and_back<T: Real>(d: usize, n: usize) {
        let number = |i: usize, lane: usize| (100 * i + lane) as f64;
        let mut block = vec![T::Row::default(); d];
        for (i, row) in block.iter_mut().enumerate() {
            row.as_mut().iter_mut().enumerate().for_each(|(lane, v)| *v = T::of(number(i, lane)));
        }
        for level in levels() {
            let mut lines = vec![T::Row::default(); n * rows::<T>(d)];
            to_lines::<T>(level, &block, T::of(0.5), &mut lines);
            for (lane, line) in lines.chunks(rows::<T>(d)).enumerate() {
                let numbers: Vec<f64> =
                    line.iter().flat_map(AsRef::as_ref).map(|v| v.wide()).collect();
                for (i, v) in numbers.iter().enumerate() {
                    assert_eq!(*v, if i < d { 0.5 * number(i, lane) } else { 0.0 });
                }
            }
            let mut back = vec![T::Row::default(); d];
            from_lines::<T>(level, &lines, T::of(2.0), &mut back);
            for (a, b) in back.iter().zip(&block) {
                assert_eq!(a.as_ref()[..n], b.as_ref()[..n]);
            }
        }
    }

    #[test]
    fn exact_there_and_back() {
        for d in [1, 7, 8, 16, 33, 100] {
            for n in [1, 5, 8] {
                there_and_back::<f64>(d, n);
                there_and_back::<f32>(d, 2 * n);
            }
        }
    }
}
