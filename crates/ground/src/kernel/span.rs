//! Vectors in the span of a few directions: features, combinations, projections.
//!
//! ```text
//! x̂ = (x − m)/s
//! features      |x̂|²,  V_1·x̂, …, V_K·x̂                                    [1 + K]
//! combination   z = c_0 b + c_1 r x̂ + Σ_j c_{2+j} V_j                      [d]
//! projection    b·e,  r x̂·e,  V_1·e, …, V_K·e                              [2 + K]
//! ```
//! One pass over the coordinates each, four active directions at a time. Flops a lane: about
//! (2K + 4) d, (2K + 4) d and (2K + 5) d.

use crate::dispatch;
use fearless_simd::{Level, Simd, SimdBase, SimdFloat};

use super::lane::Real;
use super::math;

/// Active directions handled in one pass.
const GROUP: usize = 4;

/// What is the same for all points at one time: m, 1/s, and the active directions.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a, T> {
    /// m, `[d]`.
    pub mean: &'a [T],
    /// 1/s.
    pub inverse_sd: T,
    /// r, the length of the direction x̂.
    pub radial: T,
    /// V, packed by [`pack`].
    pub active: &'a [T],
}

/// Packs directions `[k][d]` as `[k/4][d][4]`, padded by zeros: what a pass reads in order.
pub fn pack<T: Real>(directions: &[Vec<f64>], dim: usize) -> Vec<T> {
    let groups = directions.len().div_ceil(GROUP).max(1);
    let mut packed = vec![T::default(); groups * dim * GROUP];
    for (k, direction) in directions.iter().enumerate() {
        for (i, &v) in direction.iter().enumerate() {
            packed[(k / GROUP * dim + i) * GROUP + k % GROUP] = T::of(v);
        }
    }
    packed
}

/// |x̂|² and V·x̂ into `out`, `[1 + k]`; `x: [d]`.
pub fn features<T: Real>(level: Level, span: Span<'_, T>, x: &[T::Row], out: &mut [T::Row]) {
    T::features(level, span, x, out);
}

#[inline(always)]
pub(super) fn features_of<T: Real, S: Simd>(
    simd: S,
    span: Span<'_, T>,
    x: &[T::Row],
    out: &mut [T::Row],
) {
    let (square, linear) = out.split_first_mut().expect("there is room for |x̂|²");
    let zero = T::V::<S>::splat(simd, T::default());
    let scale = T::V::<S>::splat(simd, span.inverse_sd);
    for (g, active) in span.active.chunks_exact(x.len() * GROUP).enumerate() {
        let mut sum = [zero; 2];
        let mut dots = [[zero; GROUP]; 2];
        let (rows, _) = active.as_chunks::<GROUP>();
        for (i, ((row, &mean), x)) in rows.iter().zip(span.mean).zip(x).enumerate() {
            let hat = (T::load(simd, x) - T::V::<S>::splat(simd, mean)) * scale;
            sum[i & 1] = hat.mul_add(hat, sum[i & 1]);
            for j in 0..GROUP {
                dots[i & 1][j] = hat.mul_add(T::V::<S>::splat(simd, row[j]), dots[i & 1][j]);
            }
        }
        if g == 0 {
            T::store(sum[0] + sum[1], square);
        }
        for (j, out) in linear.iter_mut().skip(g * GROUP).take(GROUP).enumerate() {
            T::store(dots[0][j] + dots[1][j], out);
        }
    }
}

/// What varies from point to point.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a, R> {
    /// x, `[d]`.
    pub x: &'a [R],
    /// b, `[d]`.
    pub b: &'a [R],
}

/// z into `out`, `[d]`; `c: [2 + k]`.
pub fn combine<T: Real>(
    level: Level,
    span: Span<'_, T>,
    points: Points<'_, T::Row>,
    c: &[T::Row],
    out: &mut [T::Row],
) {
    T::combine(level, span, points, c, out);
}

#[inline(always)]
pub(super) fn combine_of<T: Real, S: Simd>(
    simd: S,
    span: Span<'_, T>,
    points: Points<'_, T::Row>,
    (c, out): (&[T::Row], &mut [T::Row]),
) {
    let zero = T::V::<S>::splat(simd, T::default());
    let slope = T::load(simd, &c[1])
        * T::V::<S>::splat(simd, span.radial)
        * T::V::<S>::splat(simd, span.inverse_sd);
    let first = T::load(simd, &c[0]);
    for (g, active) in span.active.chunks_exact(out.len() * GROUP).enumerate() {
        let mut weights = [zero; GROUP];
        for (weight, c) in weights.iter_mut().zip(&c[(2 + g * GROUP).min(c.len())..]) {
            *weight = T::load(simd, c);
        }
        let (rows, _) = active.as_chunks::<GROUP>();
        for (i, row) in rows.iter().enumerate() {
            let mut z = if g == 0 {
                let away = T::load(simd, &points.x[i]) - T::V::<S>::splat(simd, span.mean[i]);
                first.mul_add(T::load(simd, &points.b[i]), slope * away)
            } else {
                T::load(simd, &out[i])
            };
            for j in 0..GROUP {
                z = weights[j].mul_add(T::V::<S>::splat(simd, row[j]), z);
            }
            T::store(z, &mut out[i]);
        }
    }
}

/// b·e, r x̂·e, V·e into `out`, `[2 + k]`; `e: [d]`.
pub fn project<T: Real>(
    level: Level,
    span: Span<'_, T>,
    points: Points<'_, T::Row>,
    e: &[T::Row],
    out: &mut [T::Row],
) {
    T::project(level, span, points, e, out);
}

#[inline(always)]
pub(super) fn project_of<T: Real, S: Simd>(
    simd: S,
    span: Span<'_, T>,
    points: Points<'_, T::Row>,
    (e, out): (&[T::Row], &mut [T::Row]),
) {
    let zero = T::V::<S>::splat(simd, T::default());
    let scale = T::V::<S>::splat(simd, span.radial) * T::V::<S>::splat(simd, span.inverse_sd);
    for (g, active) in span.active.chunks_exact(e.len() * GROUP).enumerate() {
        let (mut on_b, mut on_x) = (zero, zero);
        let mut dots = [zero; GROUP];
        let (rows, _) = active.as_chunks::<GROUP>();
        for (i, row) in rows.iter().enumerate() {
            let e = T::load(simd, &e[i]);
            if g == 0 {
                let away = T::load(simd, &points.x[i]) - T::V::<S>::splat(simd, span.mean[i]);
                on_b = e.mul_add(T::load(simd, &points.b[i]), on_b);
                on_x = e.mul_add(away, on_x);
            }
            for j in 0..GROUP {
                dots[j] = e.mul_add(T::V::<S>::splat(simd, row[j]), dots[j]);
            }
        }
        if g == 0 {
            T::store(on_b, &mut out[0]);
            T::store(on_x * scale, &mut out[1]);
        }
        for (j, out) in out.iter_mut().skip(2 + g * GROUP).take(GROUP).enumerate() {
            T::store(dots[j], out);
        }
    }
}

/// a·b, lane by lane; both `[d]`.
pub fn dot<T: Real>(level: Level, a: &[T::Row], b: &[T::Row]) -> T::Row {
    T::dot(level, a, b)
}

#[inline(always)]
pub(super) fn dot_of<T: Real, S: Simd>(simd: S, a: &[T::Row], b: &[T::Row]) -> T::Row {
    let mut sums = [T::V::<S>::splat(simd, T::default()); 4];
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        sums[i & 3] = T::load(simd, a).mul_add(T::load(simd, b), sums[i & 3]);
    }
    let mut row = T::Row::default();
    T::store((sums[0] + sums[1]) + (sums[2] + sums[3]), &mut row);
    row
}

/// Adds a to `sums`; both `[d]`.
pub fn add<T: Real>(level: Level, a: &[T::Row], sums: &mut [T::Row]) {
    dispatch!(level, simd => {
        for (a, sum) in a.iter().zip(sums) {
            T::store(T::load(simd, a) + T::load(simd, sum), sum);
        }
    });
}

/// a + s b into `out`; all `[d]`, s a number.
pub fn axpy<T: Real>(level: Level, a: &[T::Row], s: T, b: &[T::Row], out: &mut [T::Row]) {
    dispatch!(level, simd => {
        let s = T::V::<_>::splat(simd, s);
        for ((a, b), out) in a.iter().zip(b).zip(out) {
            T::store(T::load(simd, b).mul_add(s, T::load(simd, a)), out);
        }
    });
}

/// Every row times one row, in place.
pub fn scale<T: Real>(level: Level, by: &T::Row, rows: &mut [T::Row]) {
    dispatch!(level, simd => {
        let by = T::load(simd, by);
        for row in rows {
            T::store(T::load(simd, row) * by, row);
        }
    });
}

/// x̂ = (x − m) scale into the first rows of `out`, `[d]`.
pub fn standardise<T: Real>(
    level: Level,
    x: &[T::Row],
    (mean, scale): (&[T], T),
    out: &mut [T::Row],
) {
    dispatch!(level, simd => {
        let scale = T::V::<_>::splat(simd, scale);
        for ((x, &mean), out) in x.iter().zip(mean).zip(out) {
            T::store((T::load(simd, x) - T::V::<_>::splat(simd, mean)) * scale, out);
        }
    });
}

/// asinh of every number, in place.
pub fn asinh<T: Real>(level: Level, rows: &mut [T::Row]) {
    T::asinh(level, rows);
}

#[inline(always)]
pub(super) fn asinh_of<T: Real, S: Simd>(simd: S, rows: &mut [T::Row]) {
    for row in rows {
        T::store(math::asinh::<T, _>(simd, T::load(simd, row)), row);
    }
}

/// Every number clipped to ±limit, in place.
pub fn clip<T: Real>(level: Level, limit: T, rows: &mut [T::Row]) {
    dispatch!(level, simd => {
        let top = T::V::<_>::splat(simd, limit);
        for row in rows {
            T::store(T::load(simd, row).min(top).max(-top), row);
        }
    });
}

/// Adds b_i b_j for j ≤ i to `sums`, `[d (d + 1)/2]` rows.
pub fn outer<T: Real>(level: Level, b: &[T::Row], sums: &mut [T::Row]) {
    T::outer(level, b, sums);
}

#[inline(always)]
pub(super) fn outer_of<T: Real, S: Simd>(simd: S, b: &[T::Row], sums: &mut [T::Row]) {
    let mut at = 0;
    for (i, row) in b.iter().enumerate() {
        let left = T::load(simd, row);
        for (right, sum) in b[..=i].iter().zip(&mut sums[at..=at + i]) {
            T::store(left.mul_add(T::load(simd, right), T::load(simd, sum)), sum);
        }
        at += i + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::lane::{Row, level};

    const D: usize = 7;
    const K: usize = 6;

    fn rows(seed: f64, n: usize) -> Vec<<f64 as Real>::Row> {
        let number = |i: usize, l: usize| ((i * 8 + l) as f64 * 0.7 + seed).sin();
        let fill = |i: usize| {
            let mut row = <f64 as Real>::Row::default();
            row.as_mut().iter_mut().enumerate().for_each(|(l, v)| *v = number(i, l));
            row
        };
        (0..n).map(fill).collect()
    }

    /// Everything against loops over coordinates, on the first lane and the last.
    #[test]
    fn agree_with_loops() {
        let active: Vec<Vec<f64>> =
            (0..K).map(|k| (0..D).map(|i| ((k * D + i) as f64).cos()).collect()).collect();
        let packed = pack::<f64>(&active, D);
        let mean: Vec<f64> = (0..D).map(|i| i as f64 * 0.1).collect();
        let span = Span { mean: &mean, inverse_sd: 1.7, radial: 0.3, active: &packed };
        let (x, b, e, c) = (rows(0.1, D), rows(0.2, D), rows(0.3, D), rows(0.4, 2 + K));
        let points = Points { x: &x, b: &b };
        let mut features_out = rows(0.0, 1 + K);
        features(level(), span, &x, &mut features_out);
        let mut z = rows(0.0, D);
        combine(level(), span, points, &c, &mut z);
        let mut p = rows(0.0, 2 + K);
        project(level(), span, points, &e, &mut p);
        let mut outer_out = vec![<f64 as Real>::Row::splat(0.0); D * (D + 1) / 2];
        outer::<f64>(level(), &b, &mut outer_out);
        let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-13, "{got} {want}");
        for l in [0, 7] {
            let at = |rows: &[<f64 as Real>::Row], i: usize| rows[i].as_ref()[l];
            let hat = |i: usize| (at(&x, i) - mean[i]) * 1.7;
            close(at(&features_out, 0), (0..D).map(|i| hat(i) * hat(i)).sum());
            close(at(&p, 0), (0..D).map(|i| at(&b, i) * at(&e, i)).sum());
            close(at(&p, 1), (0..D).map(|i| 0.3 * hat(i) * at(&e, i)).sum());
            for k in 0..K {
                close(at(&features_out, 1 + k), (0..D).map(|i| active[k][i] * hat(i)).sum());
                close(at(&p, 2 + k), (0..D).map(|i| active[k][i] * at(&e, i)).sum());
            }
            for i in 0..D {
                let along: f64 = (0..K).map(|k| at(&c, 2 + k) * active[k][i]).sum();
                close(at(&z, i), at(&c, 0) * at(&b, i) + at(&c, 1) * 0.3 * hat(i) + along);
                close(at(&outer_out, i * (i + 1) / 2), at(&b, i) * at(&b, 0));
            }
            close(
                dot::<f64>(level(), &x, &b).as_ref()[l],
                (0..D).map(|i| at(&x, i) * at(&b, i)).sum(),
            );
        }
    }
}
