//! Inner products of the columns of four lines, and the way back.
//!
//! ```text
//! D_km = Σ_c a_ck a_cm        k < K, k ≤ m < M: each pair once, k by k, without gaps
//! ā_cm = Σ_k D̄_km a_ck  (k ≤ m),   ā_ck += Σ_m D̄_km a_cm
//! ```
//! a is four lines of `stride` rows, zero in the padding from column M on. 8 flops a pair, and 16 back.

use fearless_simd::{Level, Simd, SimdBase, SimdFloat};

use super::lane::{Real, flat, flat_mut};

/// How many columns there are, and how many of them are paired with all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairs {
    /// M.
    pub columns: usize,
    /// K, at most M.
    pub first: usize,
}

impl Pairs {
    /// How many products there are.
    pub fn len(self) -> usize {
        self.first * self.columns - self.first * self.first.saturating_sub(1) / 2
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Where the pair of columns k and m stands, in either order, one of them below K.
    pub fn place(self, k: usize, m: usize) -> usize {
        let (k, m) = (k.min(m), k.max(m));
        k * self.columns - k * k.saturating_sub(1) / 2 + m - k
    }
}

/// D of a `[4, stride]` into `products` `[≥ len]`; what stands behind them is not touched.
///
/// # Panics
/// If the slices are too short.
pub fn products<T: Real>(level: Level, pairs: Pairs, a: &[T::Row], products: &mut [T]) {
    check::<T>(pairs, a);
    T::gram(level, pairs, a, &mut products[..pairs.len()]);
}

/// The change of D while a changes by ȧ: Σ_c ȧ_ck a_cm + a_ck ȧ_cm, in the places of [`products`].
///
/// # Panics
/// If the slices are too short.
pub fn changes<T: Real>(level: Level, pairs: Pairs, a: [&[T::Row]; 2], products: &mut [T]) {
    for a in a {
        check::<T>(pairs, a);
    }
    T::gram_changes(level, pairs, a, &mut products[..pairs.len()]);
}

/// ā `[4, stride]` (written, zero in the padding) of D̄ `[≥ len]`, times a factor. `lines` is room for D̄ in
/// K lines; leave in it what is there for the next call with the same pairs.
///
/// # Panics
/// If the slices are too short.
pub fn reverse<T: Real>(
    level: Level,
    pairs: Pairs,
    (a, by): (&[T::Row], T),
    (seeds, lines): (&[T], &mut Vec<T::Row>),
    into: &mut [T::Row],
) {
    check::<T>(pairs, a);
    assert_eq!(a.len(), into.len(), "rows of the derivative: needed, found");
    let stride = a.len() / 4;
    // What stands before column k of line k, and behind the last column, is zero and stays so.
    lines.resize(pairs.first * stride, T::Row::default());
    let mut rest = &seeds[..pairs.len()];
    for (k, line) in lines.chunks_exact_mut(stride).enumerate() {
        let (own, after) = rest.split_at(pairs.columns - k);
        rest = after;
        flat_mut::<T>(line)[k..pairs.columns].copy_from_slice(own);
    }
    T::gram_reverse(level, (a, by, lines), into);
}

fn check<T: Real>(pairs: Pairs, a: &[T::Row]) {
    let room = a.len() / 4 * T::LANES;
    assert!(pairs.first <= pairs.columns && pairs.columns <= room, "{pairs:?} in lines of {room}");
}

/// Four lines of numbers.
type Four<'a, T> = [&'a [T]; 4];

/// The four lines as numbers.
#[inline(always)]
fn four<T: Real>(a: &[T::Row]) -> Four<'_, T> {
    let mut all = flat::<T>(a).chunks_exact(a.len() / 4 * T::LANES);
    let mut next = || all.next().unwrap_or(&[]);
    [next(), next(), next(), next()]
}

/// Numbers from a place on, zero behind their end.
#[inline(always)]
fn part<T: Real, S: Simd>(simd: S, numbers: &[T], from: usize) -> T::V<S> {
    if let Some(whole) = numbers.get(from..from + T::LANES) {
        return T::V::from_slice(simd, whole);
    }
    let mut row = T::Row::default();
    for (to, &v) in row.as_mut().iter_mut().zip(&numbers[from.min(numbers.len())..]) {
        *to = v;
    }
    T::load(simd, &row)
}

#[inline(always)]
pub(super) fn products_of<T: Real, S: Simd>(
    simd: S,
    pairs: Pairs,
    a: &[T::Row],
    products: &mut [T],
) {
    sums::<T, S, 1>(simd, pairs, ([four::<T>(a)], [four::<T>(a)]), products);
}

#[inline(always)]
pub(super) fn changes_of<T: Real, S: Simd>(
    simd: S,
    pairs: Pairs,
    [a, change]: [&[T::Row]; 2],
    products: &mut [T],
) {
    let (a, change) = (four::<T>(a), four::<T>(change));
    sums::<T, S, 2>(simd, pairs, ([change, a], [a, change]), products);
}

/// Σ_n Σ_c left_nck right_ncm.
#[inline(always)]
fn sums<T: Real, S: Simd, const N: usize>(
    simd: S,
    pairs: Pairs,
    (left, right): ([Four<'_, T>; N], [Four<'_, T>; N]),
    products: &mut [T],
) {
    let mut rest = products;
    for k in 0..pairs.first {
        let (line, after) = rest.split_at_mut(pairs.columns - k);
        rest = after;
        let mut own = [[T::V::splat(simd, T::of(0.0)); 4]; N];
        for n in 0..N {
            for c in 0..4 {
                own[n][c] = T::V::splat(simd, left[n][c][k]);
            }
        }
        let n = line.len();
        if n < T::LANES {
            let mut row = T::Row::default();
            T::store(paired::<T, S, N>(simd, own, right, k), &mut row);
            line.copy_from_slice(&row.as_ref()[..n]);
            continue;
        }
        for (p, to) in line.chunks_exact_mut(T::LANES).enumerate() {
            paired::<T, S, N>(simd, own, right, k + p * T::LANES).store_slice(to);
        }
        // The last row ends where the line does; some of it is there already.
        let last = n - T::LANES;
        paired::<T, S, N>(simd, own, right, k + last).store_slice(&mut line[last..]);
    }
}

/// Σ_n Σ_c own_nc a_ncm for a row of columns m.
#[inline(always)]
fn paired<T: Real, S: Simd, const N: usize>(
    simd: S,
    own: [[T::V<S>; 4]; N],
    a: [Four<'_, T>; N],
    from: usize,
) -> T::V<S> {
    let mut sum = own[0][0] * part::<T, S>(simd, a[0][0], from);
    for n in 0..N {
        for c in usize::from(n == 0)..4 {
            sum = own[n][c].mul_add(part::<T, S>(simd, a[n][c], from), sum);
        }
    }
    sum
}

#[inline(always)]
pub(super) fn reverse_of<T: Real, S: Simd>(
    simd: S,
    (a, by, seeds): (&[T::Row], T, &[T::Row]),
    into: &mut [T::Row],
) {
    let stride = a.len() / 4;
    let numbers = four::<T>(a);
    let zero = T::V::splat(simd, T::of(0.0));
    let scale = T::V::splat(simd, by);
    // As the second of a pair: row by row.
    for p in 0..stride {
        let mut sum = [zero; 4];
        for (k, line) in seeds.chunks_exact(stride).enumerate() {
            let seed = T::load(simd, &line[p]);
            for c in 0..4 {
                sum[c] = T::V::splat(simd, numbers[c][k]).mul_add(seed, sum[c]);
            }
        }
        for c in 0..4 {
            T::store(sum[c] * scale, &mut into[c * stride + p]);
        }
    }
    // As the first: column by column.
    for (k, line) in seeds.chunks_exact(stride).enumerate() {
        let mut sum = [zero; 4];
        for (p, seed) in line.iter().enumerate() {
            let seed = T::load(simd, seed);
            for c in 0..4 {
                sum[c] = seed.mul_add(T::load(simd, &a[c * stride + p]), sum[c]);
            }
        }
        for c in 0..4 {
            let to = &mut flat_mut::<T>(&mut into[c * stride..])[k];
            *to += sum[c].reduce_sum() * by;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::dense::rows;
    use crate::kernel::lane::levels;
    use crate::stream::Stream;

    fn agree<T: Real>(pairs: Pairs, within: f64) {
        let (stream, m) = (Stream::new(5), pairs.columns);
        let stride = rows::<T>(m);
        let mut a = vec![T::Row::default(); 4 * stride];
        for (c, line) in flat_mut::<T>(&mut a).chunks_mut(stride * T::LANES).enumerate() {
            for (i, v) in line[..m].iter_mut().enumerate() {
                *v = T::of(stream.normal(c as u64, 0, i));
            }
        }
        let at = |c: usize, i: usize| flat::<T>(&a)[c * stride * T::LANES + i].wide();
        let seeds: Vec<T> = (0..pairs.len()).map(|i| T::of(stream.normal(9, 1, i))).collect();
        for level in levels() {
            let mut found = vec![T::of(7.0); pairs.len() + 1];
            products::<T>(level, pairs, &a, &mut found);
            assert_eq!(found[pairs.len()], T::of(7.0));
            let change: Vec<T::Row> = a.iter().rev().copied().collect();
            let mut changed = vec![T::of(0.0); pairs.len()];
            changes::<T>(level, pairs, [&a, &change], &mut changed);
            let by = |v: f64| {
                let mut moved = a.clone();
                for (to, c) in flat_mut::<T>(&mut moved).iter_mut().zip(flat::<T>(&change)) {
                    *to = T::of(to.wide() + v * c.wide());
                }
                let mut found = vec![T::of(0.0); pairs.len()];
                products::<T>(level, pairs, &moved, &mut found);
                found
            };
            // A square is its own difference quotient, taken from both sides.
            for ((changed, up), down) in changed.iter().zip(by(0.5)).zip(by(-0.5)) {
                let right = up.wide() - down.wide();
                assert!((changed.wide() - right).abs() < 4.0 * within, "{pairs:?}");
            }
            let (mut back, mut room) = (vec![T::Row::splat_all(); 4 * stride], Vec::new());
            for _ in 0..2 {
                reverse::<T>(level, pairs, (&a, T::of(0.5)), (&seeds, &mut room), &mut back);
            }
            let mut right = vec![0.0; 4 * stride * T::LANES];
            for k in 0..pairs.first {
                for i in k..m {
                    let d: f64 = (0..4).map(|c| at(c, k) * at(c, i)).sum();
                    let place = pairs.place(i, k);
                    assert_eq!(place, pairs.place(k, i));
                    assert!((found[place].wide() - d).abs() < within, "{pairs:?} D[{k}, {i}]");
                    for c in 0..4 {
                        let seed = 0.5 * seeds[place].wide();
                        right[c * stride * T::LANES + i] += seed * at(c, k);
                        right[c * stride * T::LANES + k] += seed * at(c, i);
                    }
                }
            }
            for (found, right) in flat::<T>(&back).iter().zip(&right) {
                assert!((found.wide() - right).abs() < within, "{pairs:?}");
            }
        }
    }

    /// Rows of anything but zeros.
    trait SplatAll {
        fn splat_all() -> Self;
    }
    impl<R: Default + bytemuck::Pod> SplatAll for R {
        fn splat_all() -> Self {
            let mut row = R::default();
            bytemuck::bytes_of_mut(&mut row).fill(0x40);
            row
        }
    }

    #[test]
    fn agree_with_sums_written_out() {
        for (columns, first) in [(1, 1), (16, 4), (33, 16), (100, 16), (12, 12), (9, 0)] {
            let pairs = Pairs { columns, first };
            agree::<f64>(pairs, 1e-12);
            agree::<f32>(pairs, 2e-4);
        }
    }
}
