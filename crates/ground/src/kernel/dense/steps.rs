//! Numbers that scale what the activations of a layer give, and their gradients.
//!
//! ```text
//! forward   y = τ ∘ f(z) + what is added of the inputs
//! reverse   δτ = Σ δ ∘ f(z),  δ ← τ ∘ δ    over points; then on through f, as without τ
//! tangents  ẏ = τ ∘ f'(z) ż + …,  δτ = Σ δ ∘ f(z) + Σ δ̇ ∘ f'(z) ż,  both δ scaled
//! ```
//! f(z) is what the forward pass kept, or computed again where that is z. Sums run over points q ≡ 0, 1, 2,
//! 3 (mod 4) of whole fours, the rest with the first, and over the four sums, on every level alike.

use fearless_simd::{Level, Simd, SimdBase, SimdFloat};

use super::tangent::{Pair, PairMut};
use super::{Gradient, Layer};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;
use crate::kernel::network::forward::value;
use crate::kernel::network::reverse::slope;

/// Points whose products are added at once.
const N: usize = 4;

/// The way back through τ: its gradient by what slopes are computed from and by the deltas of y, which
/// become those of f(z). They are scaled by τ as it was before it moves. `room` is for one line.
pub(super) fn back<T: Real>(
    level: Level,
    activation: Activation,
    (layer, theta): (Layer, &mut [T::Row]),
    (kept, deltas): (&[T::Row], &mut [T::Row]),
    (gradient, room): (&mut Gradient<'_, T>, &mut [T::Row]),
) {
    let own = layer.tau::<T>();
    let factors = Factors { activation, kept, dots: None, deltas };
    match gradient {
        Gradient::Add(sums) => {
            T::weigh(level, factors, &mut sums[own.clone()]);
            T::scale(level, &theta[own], deltas);
        }
        Gradient::Move { memory: [m, v], rule } => {
            let sums = &mut room[..own.len()];
            sums.fill(T::Row::default());
            T::weigh(level, factors, sums);
            let theta = &mut theta[own.clone()];
            T::scale(level, theta, deltas);
            T::step_rows(level, *rule, [theta, &mut m[own.clone()], &mut v[own]], sums);
        }
    }
}

/// The same for values and tangents. `kept` is what slopes are computed from, and ż.
pub(super) fn back_twice<T: Real>(
    level: Level,
    activation: Activation,
    (layer, theta): (Layer, &[T::Row]),
    (kept, [deltas, tangents]): (Pair<'_, T::Row>, PairMut<'_, T::Row>),
    gradient: &mut [T::Row],
) {
    let own = layer.tau::<T>();
    let ([kept, dots], sums) = (kept, &mut gradient[own.clone()]);
    T::weigh(level, Factors { activation, kept, dots: None, deltas }, sums);
    T::weigh(level, Factors { activation, kept, dots: Some(dots), deltas: tangents }, sums);
    for deltas in [deltas, tangents] {
        T::scale(level, &theta[own.clone()], deltas);
    }
}

/// Each line times the line `by`.
#[inline(always)]
pub(in crate::kernel) fn scale<T: Real, S: Simd>(simd: S, by: &[T::Row], lines: &mut [T::Row]) {
    for line in lines.chunks_exact_mut(by.len()) {
        for (row, by) in line.iter_mut().zip(by) {
            T::store(T::load(simd, row) * T::load(simd, by), row);
        }
    }
}

/// The factors of a sum over points, Σ δ f(z) or, where there are ż, Σ δ̇ f'(z) ż; lines of one length.
#[derive(Clone, Copy, Debug)]
pub struct Factors<'a, R> {
    pub(super) activation: Activation,
    /// What slopes are computed from.
    pub(super) kept: &'a [R],
    /// ż.
    pub(super) dots: Option<&'a [R]>,
    /// δ or δ̇.
    pub(super) deltas: &'a [R],
}

/// Adds the sums over points to a line of sums.
#[inline(always)]
pub(in crate::kernel) fn weigh<T: Real, S: Simd>(
    simd: S,
    factors: Factors<'_, T::Row>,
    sums: &mut [T::Row],
) {
    let stride = sums.len();
    let n = factors.deltas.len() / stride;
    let whole = n / N * N;
    for (p, total) in sums.iter_mut().enumerate() {
        let mut sum = [T::V::splat(simd, T::of(0.0)); N];
        for q in (0..whole).step_by(N) {
            products::<T, S, N>(simd, factors, (q * stride + p, stride), &mut sum);
        }
        for q in whole..n {
            products::<T, S, 1>(simd, factors, (q * stride + p, stride), &mut sum);
        }
        T::store(T::load(simd, total) + ((sum[0] + sum[1]) + (sum[2] + sum[3])), total);
    }
}

/// Adds the products of K points, one to each of the first sums; their rows are `stride` apart.
#[inline(always)]
fn products<T: Real, S: Simd, const K: usize>(
    simd: S,
    Factors { activation, kept, dots, deltas }: Factors<'_, T::Row>,
    (first, stride): (usize, usize),
    sum: &mut [T::V<S>; N],
) {
    let mut x = [T::V::splat(simd, T::of(0.0)); K];
    for j in 0..K {
        x[j] = T::load(simd, &kept[first + j * stride]);
    }
    if let Some(dots) = dots {
        for j in 0..K {
            let dot = T::load(simd, &dots[first + j * stride]);
            x[j] = slope::<T, S>(simd, activation, x[j]) * dot;
        }
    } else if activation.keeps_argument() {
        x = value::<T, S, K>(simd, activation, x);
    }
    for j in 0..K {
        sum[j] = x[j].mul_add(T::load(simd, &deltas[first + j * stride]), sum[j]);
    }
}
