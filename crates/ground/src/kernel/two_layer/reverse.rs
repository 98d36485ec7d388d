//! Reverse: sums over samples of what goes back, M inputs of N blocks of neurons in registers.
//!
//! With r the weighted residuals, h the values and G_j = Σ_i r_i σ'(·)_ij x_i, the gradients are
//! ∂b_j = a_j G_j and, where σ(t) = t σ'(t) as for max(t, 0), ∂a_j = b_j · G_j: no second sum.

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use super::forward::Weights;
use crate::kernel::lane::{self, Real};

/// 2⁻⁸⁰: added and taken away again, it leaves multiples of 2⁻¹⁰³ in single precision, of 2⁻¹³² in double.
const GRAIN: f64 = 8.271_806_125_530_277e-25;

/// Some samples on their way back.
#[derive(Debug)]
pub(super) struct Back<'a, T: Real> {
    /// Numbers of a sample, filled up to an even number.
    pub(super) wide: usize,
    /// The inputs, sample after sample.
    pub(super) x: &'a [T],
    /// Weighted residuals.
    pub(super) r: &'a [T],
    /// Whether `kept` are values of max(·, 0); else they are what r σ' is.
    pub(super) relu: bool,
    /// `[blocks, n]`.
    pub(super) kept: &'a [T::Row],
    /// Whether sums begin here; else they go on.
    pub(super) first: bool,
    /// G, `[blocks, wide]`.
    pub(super) sums: &'a mut [T::Row],
}

/// The body of the reverse pass.
#[inline(always)]
pub(super) fn reverse<T: Real, S: Simd>(simd: S, pass: &mut Back<'_, T>) {
    if pass.relu {
        all::<T, S, true>(simd, pass);
    } else {
        all::<T, S, false>(simd, pass);
    }
}

#[inline(always)]
fn all<T: Real, S: Simd, const RELU: bool>(simd: S, pass: &mut Back<'_, T>) {
    let blocks = pass.sums.len() / pass.wide;
    let mut p = 0;
    if S::f32s::LEN == 16 {
        while p + 2 <= blocks {
            beside::<T, S, RELU, 2>(simd, pass, p);
            p += 2;
        }
    }
    while p < blocks {
        beside::<T, S, RELU, 1>(simd, pass, p);
        p += 1;
    }
}

/// Inputs that are summed at once, of so many that are left: as even as the registers allow.
#[inline(always)]
fn share(left: usize, most: usize) -> usize {
    left.div_ceil(left.div_ceil(most)).next_multiple_of(2)
}

/// All inputs by N blocks, of which p is the first.
#[inline(always)]
fn beside<T: Real, S: Simd, const RELU: bool, const N: usize>(
    simd: S,
    pass: &mut Back<'_, T>,
    p: usize,
) {
    let mut q = 0;
    while q < pass.wide {
        let left = pass.wide - q;
        if S::f32s::LEN == 16 {
            q += match share(left, 12) {
                12 => tile::<T, S, RELU, 12, N>(simd, pass, p, q),
                10 => tile::<T, S, RELU, 10, N>(simd, pass, p, q),
                8 => tile::<T, S, RELU, 8, N>(simd, pass, p, q),
                6 => tile::<T, S, RELU, 6, N>(simd, pass, p, q),
                4 => tile::<T, S, RELU, 4, N>(simd, pass, p, q),
                _ => tile::<T, S, RELU, 2, N>(simd, pass, p, q),
            };
        } else if S::f32s::LEN >= 8 {
            q += match share(left, 6) {
                6 => tile::<T, S, RELU, 6, N>(simd, pass, p, q),
                4 => tile::<T, S, RELU, 4, N>(simd, pass, p, q),
                _ => tile::<T, S, RELU, 2, N>(simd, pass, p, q),
            };
        } else {
            q += tile::<T, S, RELU, 2, N>(simd, pass, p, q);
        }
    }
}

/// M inputs from q on by N blocks from p on; returns M.
#[inline(always)]
fn tile<T: Real, S: Simd, const RELU: bool, const M: usize, const N: usize>(
    simd: S,
    pass: &mut Back<'_, T>,
    p: usize,
    q: usize,
) -> usize {
    let (wide, n) = (pass.wide, pass.r.len());
    let zero = T::V::splat(simd, T::of(0.0));
    let mut sum = [[zero; N]; M];
    let mut kept: [&[T::Row]; N] = [&[]; N];
    for k in 0..N {
        kept[k] = &pass.kept[(p + k) * n..][..n];
        if !pass.first {
            let sums = &pass.sums[(p + k) * wide + q..][..M];
            for m in 0..M {
                sum[m][k] = T::load(simd, &sums[m]);
            }
        }
    }
    for (i, (x, r)) in pass.x.chunks_exact(wide).zip(pass.r).enumerate().take(n) {
        let (x, r) = (&x[q..q + M], T::V::splat(simd, *r));
        let mut back = [zero; N];
        for k in 0..N {
            let kept = T::load(simd, &kept[k][i]);
            back[k] = if RELU { kept.simd_gt(zero).select(r, zero) } else { kept };
        }
        for m in 0..M {
            let x = T::V::splat(simd, x[m]);
            for k in 0..N {
                sum[m][k] = x.mul_add(back[k], sum[m][k]);
            }
        }
    }
    for k in 0..N {
        let sums = &mut pass.sums[(p + k) * wide + q..][..M];
        for m in 0..M {
            T::store(sum[m][k], &mut sums[m]);
        }
    }
    M
}

/// Adds Σ_i r_i values_i to the sum of every block: values `[blocks, n]`.
#[inline(always)]
pub(super) fn weigh<T: Real, S: Simd>(simd: S, r: &[T], values: &[T::Row], sums: &mut [T::Row]) {
    for (sum, values) in sums.iter_mut().zip(values.chunks_exact(r.len())) {
        let mut total = T::load(simd, sum);
        for (value, &r) in values.iter().zip(r) {
            total = T::load(simd, value).mul_add(T::V::splat(simd, r), total);
        }
        T::store(total, sum);
    }
}

/// What turns sums over samples into gradients.
#[derive(Debug)]
pub(super) struct Finish<'a, T: Real> {
    pub(super) weights: Weights<'a, T::Row>,
    /// G, `[blocks, wide]`.
    pub(super) sums: &'a [T::Row],
    /// As in [`Back`].
    pub(super) wide: usize,
    /// Whether ∂a follows from G; else it is there.
    pub(super) relu: bool,
    /// ∂a, ∂b and ∂c.
    pub(super) into: [&'a mut [T::Row]; 3],
}

/// ∂b = a G, and ∂a = b · G. Whether all is finite.
#[inline(always)]
pub(super) fn finish<T: Real, S: Simd>(simd: S, pass: &mut Finish<'_, T>) -> bool {
    let Weights { d, inner, outer, bias } = pass.weights;
    let zero = T::V::splat(simd, T::of(0.0));
    let mut check = zero;
    let [by_outer, by_inner, by_bias] = &mut pass.into;
    for (p, sums) in pass.sums.chunks_exact(pass.wide).enumerate() {
        let (a, b) = (T::load(simd, &outer[p]), &inner[p * d..][..d]);
        let into = &mut by_inner[p * d..][..d];
        let mut total = zero;
        for q in 0..d {
            let sum = T::load(simd, &sums[q]);
            let slope = sum * a;
            total = sum.mul_add(T::load(simd, &b[q]), total);
            check = slope.mul_add(zero, check);
            T::store(slope, &mut into[q]);
        }
        if !bias.is_empty() {
            let sum = T::load(simd, &sums[d]);
            let slope = sum * a;
            total = sum.mul_add(T::load(simd, &bias[p]), total);
            check = slope.mul_add(zero, check);
            T::store(slope, &mut by_bias[p]);
        }
        if pass.relu {
            T::store(total, &mut by_outer[p]);
        } else {
            total = T::load(simd, &by_outer[p]);
        }
        check = total.mul_add(zero, check);
    }
    let mut row = T::Row::default();
    T::store(check, &mut row);
    lane::flat::<T>(&[row]).iter().all(|&v| v == T::of(0.0))
}

/// A heavy ball on rows.
#[derive(Debug)]
pub(super) struct Roll<'a, T: Real> {
    /// Rate and what is kept.
    pub(super) numbers: [T; 2],
    pub(super) theta: &'a mut [T::Row],
    pub(super) ball: &'a mut [T::Row],
    pub(super) gradient: &'a [T::Row],
}

/// v ← keep v + g, θ ← θ − rate v, as [`Update::Momentum`](crate::kernel::update::Update::Momentum) without
/// its quotients. A ball that rolls out never becomes a subnormal number, which costs a hundred times a normal
/// one: it would stay one for ever. What is lost is below the rounding of any θ.
#[inline(always)]
pub(super) fn roll<T: Real, S: Simd>(simd: S, pass: Roll<'_, T>) {
    let [rate, keep] = pass.numbers;
    let (rate, keep) = (T::V::splat(simd, rate), T::V::splat(simd, keep));
    let grain = T::V::splat(simd, T::of(GRAIN));
    for ((theta, v), g) in pass.theta.iter_mut().zip(pass.ball).zip(pass.gradient) {
        let ball = T::load(simd, v).mul_add(keep, T::load(simd, g)) + grain - grain;
        T::store(ball, v);
        T::store(T::load(simd, theta) - rate * ball, theta);
    }
}
