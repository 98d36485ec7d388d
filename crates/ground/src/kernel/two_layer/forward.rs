//! Forward: tiles of samples by blocks of neurons, the outer sum on the way, residuals at its end.
//!
//! A tile is M samples by N blocks: its sums stay in registers while the inputs go by, each number of a
//! sample read once for N blocks and each weight once for M samples. What a neuron gives is kept for the
//! way back. A sum over neurons is one number a lane until all blocks were added; then LANES samples at a
//! time are folded into one row.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use crate::kernel::lane::{self, Real};

/// Samples that are packed together: number q of all of them, then number q + 1.
pub(super) const TILE: usize = 12;

/// Rows of squares that are added in the precision of the kernel before they become double.
const FLUSH: usize = 32;

/// The weights of blocks of neurons: `[blocks, d]`, `[blocks]` and, where there is a bias, `[blocks]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'a, R> {
    pub(super) d: usize,
    pub(super) inner: &'a [R],
    pub(super) outer: &'a [R],
    pub(super) bias: &'a [R],
}

/// Some samples on their way forward.
#[derive(Debug)]
pub(super) struct Forth<'a, T: Real> {
    pub(super) weights: Weights<'a, T::Row>,
    /// How many samples.
    pub(super) n: usize,
    /// Their inputs, in tiles.
    pub(super) x: &'a [T],
    /// Whether values are max(·, 0), and summed here; else arguments are kept and nothing is summed.
    pub(super) relu: bool,
    /// What is kept, `[blocks, n]`.
    pub(super) kept: &'a mut [T::Row],
    /// Sums over blocks, `[n]`.
    pub(super) sums: &'a mut [T::Row],
}

/// The body of the forward pass.
#[inline(always)]
pub(super) fn forward<T: Real, S: Simd>(simd: S, pass: &mut Forth<'_, T>) {
    let blocks = pass.weights.outer.len();
    let mut p = 0;
    if S::f32s::LEN == 16 {
        while p + 2 <= blocks {
            beside::<T, S, 2>(simd, pass, p);
            p += 2;
        }
    }
    while p < blocks {
        beside::<T, S, 1>(simd, pass, p);
        p += 1;
    }
}

/// All samples by N blocks, of which p is the first.
#[inline(always)]
fn beside<T: Real, S: Simd, const N: usize>(simd: S, pass: &mut Forth<'_, T>, p: usize) {
    let mut first = 0;
    while first < pass.n {
        let width = TILE.min(pass.n - first);
        let place = (p, first, width);
        let mut j = 0;
        if S::f32s::LEN == 16 {
            if width == TILE {
                tile::<T, S, TILE, N>(simd, pass, (p, first, TILE), 0);
                j = TILE;
            }
            j = tiles::<T, S, 8, N>(simd, pass, place, j);
        }
        if S::f32s::LEN >= 8 {
            j = tiles::<T, S, 6, N>(simd, pass, place, j);
            j = tiles::<T, S, 4, N>(simd, pass, place, j);
        }
        j = tiles::<T, S, 2, N>(simd, pass, place, j);
        tiles::<T, S, 1, N>(simd, pass, place, j);
        first += width;
    }
}

/// Tiles of M samples from the j-th of the packed ones on, as many as fit; returns the first one left.
#[inline(always)]
fn tiles<T: Real, S: Simd, const M: usize, const N: usize>(
    simd: S,
    pass: &mut Forth<'_, T>,
    place: (usize, usize, usize),
    mut j: usize,
) -> usize {
    while j + M <= place.2 {
        tile::<T, S, M, N>(simd, pass, place, j);
        j += M;
    }
    j
}

/// One tile: block p, samples first + j …, of `width` packed together.
#[inline(always)]
fn tile<T: Real, S: Simd, const M: usize, const N: usize>(
    simd: S,
    pass: &mut Forth<'_, T>,
    (p, first, width): (usize, usize, usize),
    j: usize,
) {
    let Weights { d, inner, outer, bias } = pass.weights;
    let zero = T::V::splat(simd, T::of(0.0));
    let mut start = [zero; N];
    let mut w: [&[T::Row]; N] = [&[]; N];
    for n in 0..N {
        w[n] = &inner[(p + n) * d..][..d];
        if !bias.is_empty() {
            start[n] = T::load(simd, &bias[p + n]);
        }
    }
    let mut sum = [start; M];
    let x = &pass.x[first * d..][..width * d];
    for (q, x) in x.chunks_exact(width).enumerate().take(d) {
        let x = &x[j..j + M];
        let mut row = start;
        for n in 0..N {
            row[n] = T::load(simd, &w[n][q]);
        }
        for m in 0..M {
            let x = T::V::splat(simd, x[m]);
            for n in 0..N {
                sum[m][n] = x.mul_add(row[n], sum[m][n]);
            }
        }
    }
    for n in 0..N {
        let kept = &mut pass.kept[(p + n) * pass.n + first + j..][..M];
        for m in 0..M {
            if pass.relu {
                sum[m][n] = sum[m][n].simd_gt(zero).select(sum[m][n], zero);
            }
            T::store(sum[m][n], &mut kept[m]);
        }
    }
    if pass.relu {
        let sums = &mut pass.sums[first + j..][..M];
        let mut a = start;
        for n in 0..N {
            a[n] = T::load(simd, &outer[p + n]);
        }
        for m in 0..M {
            let mut total = if p == 0 { zero } else { T::load(simd, &sums[m]) };
            for n in 0..N {
                total = sum[m][n].mul_add(a[n], total);
            }
            T::store(total, &mut sums[m]);
        }
    }
}

/// Σ over blocks of what they give times the outer weights: values `[blocks, n]` to sums `[n]`.
#[inline(always)]
pub(super) fn combine<T: Real, S: Simd>(
    simd: S,
    outer: &[T::Row],
    values: &[T::Row],
    sums: &mut [T::Row],
) {
    sums.fill(T::Row::default());
    for (a, values) in outer.iter().zip(values.chunks_exact(sums.len())) {
        let a = T::load(simd, a);
        for (sum, value) in sums.iter_mut().zip(values) {
            T::store(T::load(simd, value).mul_add(a, T::load(simd, sum)), sum);
        }
    }
}

/// What turns sums into residuals.
#[derive(Debug)]
pub(super) struct Residuals<'a, T: Real> {
    /// Sums over blocks: whole rows of samples, zero where there is no sample.
    pub(super) sums: &'a [T::Row],
    /// Targets, a lane a sample.
    pub(super) y: &'a [T::Row],
    /// s.
    pub(super) scale: T,
    /// What residuals are multiplied by for the way back.
    pub(super) weight: T,
    /// Weighted residuals, a lane a sample.
    pub(super) r: &'a mut [T::Row],
}

/// e = s Σ_lanes − y of every sample; returns Σ e².
#[inline(always)]
pub(super) fn residuals<T: Real, S: Simd>(simd: S, pass: &mut Residuals<'_, T>) -> f64 {
    let (scale, weight) = (T::V::splat(simd, pass.scale), T::V::splat(simd, pass.weight));
    let zero = T::V::splat(simd, T::of(0.0));
    let mut total = 0.0;
    let groups = pass.sums.chunks(FLUSH * T::LANES);
    for ((sums, y), r) in groups.zip(pass.y.chunks(FLUSH)).zip(pass.r.chunks_mut(FLUSH)) {
        let mut squares = zero;
        for ((sums, y), r) in sums.chunks_exact(T::LANES).zip(y).zip(r) {
            let e = fold::<T, S>(simd, sums) * scale - T::load(simd, y);
            squares = e.mul_add(e, squares);
            T::store(e * weight, r);
        }
        let mut row = T::Row::default();
        T::store(squares, &mut row);
        total += lane::flat::<T>(&[row]).iter().map(|v| v.wide()).sum::<f64>();
    }
    total
}

/// The sums of the lanes of LANES rows, in one row.
#[inline(always)]
fn fold<T: Real, S: Simd>(simd: S, rows: &[T::Row]) -> T::V<S> {
    let mut v = [T::V::splat(simd, T::of(0.0)); 16];
    for k in 0..T::LANES {
        v[k] = T::load(simd, &rows[k]);
    }
    let mut half = T::LANES / 2;
    while half > 0 {
        for k in 0..half {
            v[k] = v[2 * k].unzip_low(v[2 * k + 1]) + v[2 * k].unzip_high(v[2 * k + 1]);
        }
        half /= 2;
    }
    v[0]
}
