//! Sums over chosen rows of a table of lines, four at a time: there and back.
//!
//! ```text
//! a_k += Σ_i b_ik y_i        k < 4; y_i the line number at_i of the table
//! z_ik  = a_k · y_i
//! ```
//! A line is `stride` rows, zero in the padding; a is four of them. Where few lines of a large table
//! serve many terms, this is what a product with the whole table would cost too much for. 16 flops a
//! line and number for both; a line is read once each way.

use fearless_simd::{Level, Simd, SimdBase, SimdFloat};

use super::lane::Real;

/// Lines of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a, R> {
    /// All lines, one after another.
    pub rows: &'a [R],
    /// Rows of a line.
    pub stride: usize,
}

/// Factors b `[n]` and lines a `[4, stride]` whose products b_i a are meant.
pub type Outer<'a, T> = (&'a [[T; 4]], &'a [<T as Real>::Row]);

/// Adds Σ_i b_i ⊗ y_i to a `[4, stride]`; `at` and `b` `[n]`.
///
/// # Panics
/// If lengths differ or a line is not there.
pub fn gather<T: Real>(
    level: Level,
    table: Table<'_, T::Row>,
    at: &[u32],
    b: &[[T; 4]],
    a: &mut [T::Row],
) {
    assert_eq!(at.len(), b.len(), "lines and factors");
    assert_eq!(a.len(), 4 * table.stride, "rows of sums: found, needed");
    T::gather(level, table, (at, b), a);
}

/// z_i = a y_i for each line; `at` and `z` `[n]`, `a` `[4, stride]`.
///
/// # Panics
/// If lengths differ or a line is not there.
pub fn project<T: Real>(
    level: Level,
    table: Table<'_, T::Row>,
    at: &[u32],
    a: &[T::Row],
    z: &mut [[T; 4]],
) {
    assert_eq!(at.len(), z.len(), "lines and results");
    assert_eq!(a.len(), 4 * table.stride, "rows of factors: found, needed");
    T::project_gathered(level, table, (at, a), z);
}

/// Adds b_i a + b'_i a' times a factor to line `at_i` of `to`, for each i; `at`, `b` and b' `[n]`, a and a'
/// `[4, stride]`.
///
/// # Panics
/// If lengths differ or a line is not there.
pub fn scatter<T: Real>(
    level: Level,
    at: &[u32],
    terms: [Outer<'_, T>; 2],
    by: T,
    to: &mut [T::Row],
) {
    for (b, a) in terms {
        assert_eq!(at.len(), b.len(), "lines and factors");
        assert_eq!(a.len(), terms[0].1.len(), "rows of lines: found, needed");
    }
    T::scatter(level, (at, terms), by, to);
}

#[inline(always)]
pub(super) fn gather_of<T: Real, S: Simd>(
    simd: S,
    table: Table<'_, T::Row>,
    (at, b): (&[u32], &[[T; 4]]),
    a: &mut [T::Row],
) {
    let mut p = 0;
    // Four sums are too few to hide their own latency where a row is one register.
    if S::f32s::LEN == 16 {
        while p + 2 <= table.stride {
            panels::<T, S, 2>(simd, table, (at, b), a, p);
            p += 2;
        }
    }
    while p < table.stride {
        panels::<T, S, 1>(simd, table, (at, b), a, p);
        p += 1;
    }
}

/// N panels of a from panel p on.
#[inline(always)]
fn panels<T: Real, S: Simd, const N: usize>(
    simd: S,
    table: Table<'_, T::Row>,
    (at, b): (&[u32], &[[T; 4]]),
    a: &mut [T::Row],
    p: usize,
) {
    let stride = table.stride;
    let mut sum = [[T::V::splat(simd, T::of(0.0)); 4]; N];
    for j in 0..N {
        for k in 0..4 {
            sum[j][k] = T::load(simd, &a[k * stride + p + j]);
        }
    }
    for (&at, b) in at.iter().zip(b) {
        let line = &table.rows[at as usize * stride + p..][..N];
        for j in 0..N {
            let y = T::load(simd, &line[j]);
            for k in 0..4 {
                sum[j][k] = T::V::splat(simd, b[k]).mul_add(y, sum[j][k]);
            }
        }
    }
    for j in 0..N {
        for k in 0..4 {
            T::store(sum[j][k], &mut a[k * stride + p + j]);
        }
    }
}

#[inline(always)]
pub(super) fn project_of<T: Real, S: Simd>(
    simd: S,
    table: Table<'_, T::Row>,
    (at, a): (&[u32], &[T::Row]),
    z: &mut [[T; 4]],
) {
    let stride = table.stride;
    let mut all = a.chunks_exact(stride);
    let mut next = || all.next().unwrap_or(&[]);
    let a = [next(), next(), next(), next()];
    let mut i = 0;
    if S::f32s::LEN == 16 {
        while i + 3 <= at.len() {
            lines::<T, S, 3>(simd, table, (&at[i..], a), &mut z[i..]);
            i += 3;
        }
    }
    while i < at.len() {
        lines::<T, S, 1>(simd, table, (&at[i..], a), &mut z[i..]);
        i += 1;
    }
}

/// The first N lines.
#[inline(always)]
fn lines<T: Real, S: Simd, const N: usize>(
    simd: S,
    table: Table<'_, T::Row>,
    (at, a): (&[u32], [&[T::Row]; 4]),
    z: &mut [[T; 4]],
) {
    let stride = table.stride;
    let mut line: [&[T::Row]; N] = [&[]; N];
    for i in 0..N {
        line[i] = &table.rows[at[i] as usize * stride..][..stride];
    }
    let mut sum = [[T::V::splat(simd, T::of(0.0)); 4]; N];
    for p in 0..stride {
        for k in 0..4 {
            let a = T::load(simd, &a[k][p]);
            for i in 0..N {
                sum[i][k] = T::load(simd, &line[i][p]).mul_add(a, sum[i][k]);
            }
        }
    }
    for i in 0..N {
        for k in 0..4 {
            z[i][k] = sum[i][k].reduce_sum();
        }
    }
}

#[inline(always)]
pub(super) fn scatter_of<T: Real, S: Simd>(
    simd: S,
    (at, [(b, a), (c, e)]): (&[u32], [Outer<'_, T>; 2]),
    by: T,
    to: &mut [T::Row],
) {
    let stride = a.len() / 4;
    let by = T::V::splat(simd, by);
    for p in 0..stride {
        let mut own = [[T::V::splat(simd, T::of(0.0)); 4]; 2];
        for k in 0..4 {
            own[0][k] = T::load(simd, &a[k * stride + p]) * by;
            own[1][k] = T::load(simd, &e[k * stride + p]) * by;
        }
        for ((&at, b), c) in at.iter().zip(b).zip(c) {
            let row = &mut to[at as usize * stride + p];
            let mut first = T::load(simd, row);
            let mut second = T::V::splat(simd, T::of(0.0));
            for k in 0..4 {
                first = T::V::splat(simd, b[k]).mul_add(own[0][k], first);
                second = T::V::splat(simd, c[k]).mul_add(own[1][k], second);
            }
            T::store(first + second, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::lane::{Row, flat, levels};
    use crate::stream::Stream;

    fn agree<T: Real>(within: f64) {
        let (stream, stride, lines, n) = (Stream::new(3), 5, 7usize, 11u32);
        let row = |i: usize, part: u32| {
            let mut row = T::Row::splat(T::of(0.0));
            for (lane, v) in row.as_mut().iter_mut().enumerate() {
                *v = T::of(stream.normal(i as u64, part, lane));
            }
            row
        };
        let rows: Vec<T::Row> = (0..lines * stride).map(|i| row(i, 0)).collect();
        let start: Vec<T::Row> = (0..4 * stride).map(|i| row(i, 1)).collect();
        let at: Vec<u32> = (0..n).map(|i| i * i % 7).collect();
        let b: Vec<[T; 4]> =
            (0..n).map(|i| std::array::from_fn(|k| T::of(stream.normal(i.into(), 2, k)))).collect();
        let wide = stride * T::LANES;
        let (table, start_flat) = (flat::<T>(&rows), flat::<T>(&start));
        let y = |i: usize, m: usize| table[at[i] as usize * wide + m].wide();
        for level in levels() {
            let table = Table { rows: &rows, stride };
            let mut a = start.clone();
            gather::<T>(level, table, &at, &b, &mut a);
            let mut z = vec![[T::of(0.0); 4]; at.len()];
            project::<T>(level, table, &at, &start, &mut z);
            for k in 0..4 {
                for m in 0..wide {
                    let sum: f64 = (0..b.len()).map(|i| b[i][k].wide() * y(i, m)).sum();
                    let right = start_flat[k * wide + m].wide() + sum;
                    assert!((flat::<T>(&a)[k * wide + m].wide() - right).abs() < within);
                }
                for i in 0..b.len() {
                    let right: f64 =
                        (0..wide).map(|m| start_flat[k * wide + m].wide() * y(i, m)).sum();
                    assert!((z[i][k].wide() - right).abs() < within);
                }
            }
        }
    }

    #[test]
    fn agree_with_sums_written_out() {
        agree::<f64>(1e-12);
        agree::<f32>(1e-4);
    }
}
