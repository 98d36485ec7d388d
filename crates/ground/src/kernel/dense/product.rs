//! Products by tiles: M lines by one panel, their sums in registers.
//!
//! The weights and moments of many networks do not stay in the second cache from one step to the next.
//! What a panel needs next is therefore fetched while this one is multiplied.

use std::ops::Range;

use fearless_simd::{Simd, SimdBase, SimdFloat};
use prefetch_index::prefetch_index;

use crate::kernel::lane::{self, Real};

/// What becomes of a finished row: line i, panel p.
pub(in crate::kernel) trait Sink<T: Real, S: Simd> {
    /// Takes it.
    fn take(&mut self, simd: S, place: [usize; 2], sum: T::V<S>);

    /// Every row of panel p was taken.
    #[inline(always)]
    fn close(&mut self, _: S, _p: usize) {}
}

/// Lines of numbers in rows, `stride` rows a line.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a, R> {
    pub(super) rows: &'a [R],
    pub(super) stride: usize,
}

/// What the last row of a panel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// Weights: there is no bias.
    Absent,
    /// The bias, with which sums begin.
    Added,
    /// The bias, which is passed over.
    Passed,
}

/// Σ_q a[i][q] panel[q] for lines i < m and every panel, q < k.
#[inline(always)]
pub(in crate::kernel) fn across<T: Real, S: Simd, K: Sink<T, S>>(
    simd: S,
    (m, k, bias): (usize, usize, Bias),
    a: Lines<'_, T::Row>,
    panels: &[T::Row],
    sink: &mut K,
) {
    let length = k + usize::from(bias != Bias::Absent);
    let mut p = 0;
    // A row is one register there: two panels share what is read of the lines.
    if S::f32s::LEN == 16 {
        while (p + 2) * length <= panels.len() {
            beside::<T, S, K, 2>(simd, (m, k, bias), a, (panels, p), sink);
            p += 2;
        }
    }
    while (p + 1) * length <= panels.len() {
        beside::<T, S, K, 1>(simd, (m, k, bias), a, (panels, p), sink);
        p += 1;
    }
}

/// All lines by N panels, of which p is the first.
#[inline(always)]
fn beside<T: Real, S: Simd, K: Sink<T, S>, const N: usize>(
    simd: S,
    (m, k, bias): (usize, usize, Bias),
    a: Lines<'_, T::Row>,
    (panels, p): (&[T::Row], usize),
    sink: &mut K,
) {
    let length = k + usize::from(bias != Bias::Absent);
    let mut start = [T::V::splat(simd, T::of(0.0)); N];
    let mut own: [&[T::Row]; N] = [&[]; N];
    for n in 0..N {
        let panel = &panels[(p + n) * length..][..length];
        if bias == Bias::Added {
            start[n] = T::load(simd, &panel[k]);
        }
        own[n] = &panel[..k];
    }
    let rest = &panels[(p + N) * length..];
    let next = &rest[..rest.len().min(N * length)];
    let panels = (own, next);
    let mut i = 0;
    if S::f32s::LEN == 16 {
        i = lines::<T, S, K, 12, N>(simd, (i, m, p), a, panels, (start, sink));
    }
    if S::f32s::LEN >= 8 {
        i = lines::<T, S, K, 6, N>(simd, (i, sixes(i, m), p), a, panels, (start, sink));
        i = lines::<T, S, K, 4, N>(simd, (i, m, p), a, panels, (start, sink));
    }
    i = lines::<T, S, K, 2, N>(simd, (i, m, p), a, panels, (start, sink));
    lines::<T, S, K, 1, N>(simd, (i, m, p), a, panels, (start, sink));
}

/// Where tiles of six from i on are to end: two tiles of four rather than one of six and one of two.
#[inline(always)]
fn sixes(i: usize, end: usize) -> usize {
    if (end - i) % 6 == 2 && end - i >= 8 { end - 8 } else { end }
}

/// Tiles of M lines by N panels from line i on, as many as fit below m; returns the first one left. Each
/// fetches its share of the next panels.
#[inline(always)]
fn lines<T: Real, S: Simd, K: Sink<T, S>, const M: usize, const N: usize>(
    simd: S,
    (mut i, m, p): (usize, usize, usize),
    a: Lines<'_, T::Row>,
    (own, next): ([&[T::Row]; N], &[T::Row]),
    (start, sink): ([T::V<S>; N], &mut K),
) -> usize {
    let (wide, k) = (a.stride * T::LANES, own[0].len());
    while i + M <= m {
        let tile = &lane::flat::<T>(a.rows)[i * wide..][..M * wide];
        let mut x: [&[T]; M] = [&[]; M];
        for j in 0..M {
            x[j] = &tile[j * wide..][..k];
        }
        let mut w: [&[T::Row]; N] = [&[]; N];
        for n in 0..N {
            w[n] = &own[n][..k];
        }
        for row in next.len() * i / m..next.len() * (i + M) / m {
            prefetch_index(next, row);
        }
        let mut sum = [start; M];
        for q in 0..k {
            let mut row = start;
            for n in 0..N {
                row[n] = T::load(simd, &w[n][q]);
            }
            for j in 0..M {
                let x = T::V::splat(simd, x[j][q]);
                for n in 0..N {
                    sum[j][n] = x.mul_add(row[n], sum[j][n]);
                }
            }
        }
        for j in 0..M {
            for n in 0..N {
                sink.take(simd, [i + j, p + n], sum[j][n]);
            }
        }
        i += M;
    }
    i
}

/// Σ_q a[q][i] d[q][p] for inputs i < k and every row p of a line of d, q < n; where there is a `bias`,
/// then Σ_q d[q][p] as input k.
#[inline(always)]
pub(in crate::kernel) fn down<T: Real, S: Simd, K: Sink<T, S>>(
    simd: S,
    (n, k, bias): (usize, usize, bool),
    a: Lines<'_, T::Row>,
    d: Lines<'_, T::Row>,
    sink: &mut K,
) {
    let lines = |all: Lines<'_, T::Row>| n * all.stride;
    let part = [Lines { rows: &a.rows[..lines(a)], ..a }, Lines { rows: &d.rows[..lines(d)], ..d }];
    for p in 0..d.stride {
        inputs::<T, S, K, 1>(simd, (k, p), &[part], sink);
        if bias {
            let mut sum = T::V::splat(simd, T::of(0.0));
            for q in 0..n {
                sum += T::load(simd, &d.rows[q * d.stride + p]);
            }
            sink.take(simd, [k, p], sum);
        }
        sink.close(simd, p);
    }
}

/// Σ a[q][i] d[q][p] over the lines q of all parts, for inputs i < k and the rows p of some panels.
#[inline(always)]
pub(in crate::kernel) fn down_parts<T: Real, S: Simd, K: Sink<T, S>>(
    simd: S,
    (k, panels): (usize, Range<usize>),
    parts: &[[Lines<'_, T::Row>; 2]],
    sink: &mut K,
) {
    let mut p = panels.start;
    if S::f32s::LEN == 16 {
        while p + 2 <= panels.end {
            inputs::<T, S, K, 2>(simd, (k, p), parts, sink);
            p += 2;
        }
    }
    while p < panels.end {
        inputs::<T, S, K, 1>(simd, (k, p), parts, sink);
        p += 1;
    }
}

/// All inputs by N panels, of which p is the first.
#[inline(always)]
fn inputs<T: Real, S: Simd, K: Sink<T, S>, const N: usize>(
    simd: S,
    (k, p): (usize, usize),
    parts: &[[Lines<'_, T::Row>; 2]],
    sink: &mut K,
) {
    let mut i = 0;
    if S::f32s::LEN == 16 {
        i = tiles::<T, S, K, 12, N>(simd, (i, k, p), parts, sink);
    }
    if S::f32s::LEN >= 8 {
        i = tiles::<T, S, K, 6, N>(simd, (i, sixes(i, k), p), parts, sink);
        i = tiles::<T, S, K, 4, N>(simd, (i, k, p), parts, sink);
    }
    i = tiles::<T, S, K, 2, N>(simd, (i, k, p), parts, sink);
    tiles::<T, S, K, 1, N>(simd, (i, k, p), parts, sink);
}

/// Tiles of M inputs by N panels from input i on, as many as fit below `end`; returns the first one left.
#[inline(always)]
fn tiles<T: Real, S: Simd, K: Sink<T, S>, const M: usize, const N: usize>(
    simd: S,
    (mut i, end, p): (usize, usize, usize),
    parts: &[[Lines<'_, T::Row>; 2]],
    sink: &mut K,
) -> usize {
    while i + M <= end {
        let mut sum = [[T::V::splat(simd, T::of(0.0)); N]; M];
        for [a, d] in parts {
            let a = lane::flat::<T>(a.rows).chunks_exact(a.stride * T::LANES);
            for (x, d) in a.zip(d.rows.chunks_exact(d.stride)) {
                let (x, d) = (&x[i..i + M], &d[p..p + N]);
                let mut row = [T::V::splat(simd, T::of(0.0)); N];
                for n in 0..N {
                    row[n] = T::load(simd, &d[n]);
                }
                for j in 0..M {
                    let x = T::V::splat(simd, x[j]);
                    for n in 0..N {
                        sum[j][n] = x.mul_add(row[n], sum[j][n]);
                    }
                }
            }
        }
        for j in 0..M {
            for n in 0..N {
                sink.take(simd, [i + j, p + n], sum[j][n]);
            }
        }
        i += M;
    }
    i
}

/// Writes the sums into panels: line i of panel p, the first one being panel `first`.
#[derive(Debug)]
pub struct Panels<'a, R> {
    pub(super) rows: &'a mut [R],
    pub(super) first: usize,
    pub(super) panel: usize,
}

impl<T: Real, S: Simd> Sink<T, S> for Panels<'_, T::Row> {
    #[inline(always)]
    fn take(&mut self, _: S, [i, p]: [usize; 2], sum: T::V<S>) {
        T::store(sum, &mut self.rows[(p - self.first) * self.panel + i]);
    }
}

/// Writes the sums: line i, row p.
#[derive(Debug)]
pub struct Store<'a, R> {
    pub(super) rows: &'a mut [R],
    pub(super) stride: usize,
}

impl<T: Real, S: Simd> Sink<T, S> for Store<'_, T::Row> {
    #[inline(always)]
    fn take(&mut self, _: S, [i, p]: [usize; 2], sum: T::V<S>) {
        T::store(sum, &mut self.rows[i * self.stride + p]);
    }
}
