//! Products by tiles: M lines by one panel, their sums in registers.

use fearless_simd::{Simd, SimdBase, SimdFloat};

use crate::kernel::lane::Real;

/// What becomes of a finished row: line i, panel p.
pub(in crate::kernel) trait Sink<T: Real, S: Simd> {
    /// Takes it.
    fn take(&mut self, simd: S, place: [usize; 2], sum: T::V<S>);
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
    for (p, panel) in panels.chunks_exact(length).enumerate() {
        let mut start = T::V::splat(simd, T::of(0.0));
        if bias == Bias::Added {
            start = T::load(simd, &panel[k]);
        }
        let panel = &panel[..k];
        let mut i = 0;
        if S::f32s::LEN == 16 {
            i = lines::<T, S, K, 12>(simd, (i, m, p), a, panel, (start, sink));
        }
        if S::f32s::LEN >= 8 {
            // Two tiles of four, rather than one of six and one of two.
            let even = if (m - i) % 6 == 2 && m - i >= 8 { m - 8 } else { m };
            i = lines::<T, S, K, 6>(simd, (i, even, p), a, panel, (start, sink));
            i = lines::<T, S, K, 4>(simd, (i, m, p), a, panel, (start, sink));
        }
        i = lines::<T, S, K, 2>(simd, (i, m, p), a, panel, (start, sink));
        lines::<T, S, K, 1>(simd, (i, m, p), a, panel, (start, sink));
    }
}

/// Tiles of M lines from line i on, as many as fit below m; returns the first one left.
#[inline(always)]
fn lines<T: Real, S: Simd, K: Sink<T, S>, const M: usize>(
    simd: S,
    (mut i, m, p): (usize, usize, usize),
    a: Lines<'_, T::Row>,
    panel: &[T::Row],
    (start, sink): (T::V<S>, &mut K),
) -> usize {
    while i + M <= m {
        let mut sum = [start; M];
        let mut row = [0; M];
        for j in 0..M {
            row[j] = (i + j) * a.stride;
        }
        let mut whole = panel.chunks_exact(T::LANES);
        for weights in &mut whole {
            let mut x: [&[T]; M] = [&[]; M];
            for j in 0..M {
                x[j] = a.rows[row[j]].as_ref();
                row[j] += 1;
            }
            for l in 0..T::LANES {
                let w = T::load(simd, &weights[l]);
                for j in 0..M {
                    sum[j] = T::V::splat(simd, x[j][l]).mul_add(w, sum[j]);
                }
            }
        }
        let rest = whole.remainder();
        if !rest.is_empty() {
            let mut x: [&[T]; M] = [&[]; M];
            for j in 0..M {
                x[j] = &a.rows[row[j]].as_ref()[..rest.len()];
            }
            for (l, weights) in rest.iter().enumerate() {
                let w = T::load(simd, weights);
                for j in 0..M {
                    sum[j] = T::V::splat(simd, x[j][l]).mul_add(w, sum[j]);
                }
            }
        }
        for j in 0..M {
            sink.take(simd, [i + j, p], sum[j]);
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
    for p in 0..d.stride {
        let mut i = 0;
        while i < k {
            // The inputs of one row of a.
            let end = k.min(i + T::LANES);
            let place = |i: usize| (i, end, p);
            if S::f32s::LEN == 16 {
                i = inputs::<T, S, K, 8>(simd, place(i), n, [a, d], sink);
            } else if S::f32s::LEN == 8 && T::LANES == 16 {
                i = inputs::<T, S, K, 6>(simd, place(i), n, [a, d], sink);
            }
            if S::f32s::LEN >= 8 {
                i = inputs::<T, S, K, 4>(simd, place(i), n, [a, d], sink);
            }
            i = inputs::<T, S, K, 2>(simd, place(i), n, [a, d], sink);
            i = inputs::<T, S, K, 1>(simd, place(i), n, [a, d], sink);
        }
        if bias {
            let mut sum = T::V::splat(simd, T::of(0.0));
            for q in 0..n {
                sum += T::load(simd, &d.rows[q * d.stride + p]);
            }
            sink.take(simd, [k, p], sum);
        }
    }
}

/// Tiles of M inputs from input i on, as many as fit below `end`; returns the first one left.
#[inline(always)]
fn inputs<T: Real, S: Simd, K: Sink<T, S>, const M: usize>(
    simd: S,
    (mut i, end, p): (usize, usize, usize),
    n: usize,
    [a, d]: [Lines<'_, T::Row>; 2],
    sink: &mut K,
) -> usize {
    while i + M <= end {
        let mut sum = [T::V::splat(simd, T::of(0.0)); M];
        let (row, lane) = (i / T::LANES, i % T::LANES);
        for q in 0..n {
            let x = &a.rows[q * a.stride + row].as_ref()[lane..lane + M];
            let d = T::load(simd, &d.rows[q * d.stride + p]);
            for j in 0..M {
                sum[j] = T::V::splat(simd, x[j]).mul_add(d, sum[j]);
            }
        }
        for j in 0..M {
            sink.take(simd, [i + j, p], sum[j]);
        }
        i += M;
    }
    i
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
