//! The forward pass of a normalised batch: products, and normalisations panel by panel.

use fearless_simd::{Level, Select, Simd, SimdBase, SimdFloat};

use super::super::forward::through;
use super::super::product::Bias;
use super::Normed;
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;

/// The body of [`Normed::forward`].
pub(super) fn forward<T: Real>(
    level: Level,
    network: &Normed,
    (theta, n, input): (&[T::Row], usize, &[T::Row]),
    [cache, output, statistics]: [&mut [T::Row]; 3],
) {
    let (hats, rest) = cache.split_at_mut(n * network.norm_rows::<T>());
    let (values, rest) = rest.split_at_mut(network.value_rows::<T>(n));
    let (inverse, arguments) = rest.split_at_mut(network.norm_rows::<T>());
    let layers: Vec<_> = network.layers::<T>().collect();
    let mut from = 0..0;
    for (k, norm) in network.norms::<T>().enumerate() {
        let place = n * norm.first..n * (norm.first + norm.rows);
        let hats = &mut hats[place.clone()];
        if k == 0 {
            hats.copy_from_slice(input);
        } else {
            let layer = layers[k - 1];
            let bias = if layer.bias { Bias::Added } else { Bias::Absent };
            through::<T>(level, (layer, theta), (n, bias), &values[from], hats);
        }
        let is_hidden = 0 < k && k < layers.len();
        let activation = if is_hidden { network.activation } else { Activation::Identity };
        let to = if k < layers.len() { &mut values[place.clone()] } else { &mut *output };
        let [inverse, statistics] = [&mut inverse[norm.first..], &mut statistics[2 * norm.first..]];
        let pass = Forth {
            n,
            eps: T::of(network.eps),
            activation,
            scale: &theta[norm.theta..][..2 * norm.rows],
            hats,
            values: &mut *to,
            inverse: &mut inverse[..norm.rows],
            statistics: &mut statistics[..2 * norm.rows],
        };
        T::normalise(level, pass);
        if is_hidden && !in_the_pass(activation) {
            if activation.keeps_argument() {
                arguments[place.clone()].copy_from_slice(to);
            }
            T::activate(level, activation, to);
        }
        from = place;
    }
}

/// Whether the pass of a normalisation applies the activation, or its slope, itself.
pub(super) fn in_the_pass(activation: Activation) -> bool {
    matches!(activation, Activation::Relu | Activation::Identity)
}

/// What one normalisation of a batch reads and writes, r rows a point.
#[derive(Debug)]
pub struct Forth<'a, T: Real> {
    /// Points.
    pub(super) n: usize,
    /// What is added to the variance.
    pub(super) eps: T,
    /// Of the values; others than the positive part are left to the caller.
    pub(super) activation: Activation,
    /// γ, then β. `[2 r]`
    pub(super) scale: &'a [T::Row],
    /// What is normalised; becomes x̂. `[n, r]`
    pub(super) hats: &'a mut [T::Row],
    /// γ x̂ + β, or its positive part; written. `[n, r]`
    pub(super) values: &'a mut [T::Row],
    /// 1/√(v + ε); written. `[r]`
    pub(super) inverse: &'a mut [T::Row],
    /// m, then v; written. `[2 r]`
    pub(super) statistics: &'a mut [T::Row],
}

/// One normalisation with the positive part after it.
#[inline(always)]
pub(in crate::kernel) fn normalise<T: Real, S: Simd>(simd: S, pass: &mut Forth<'_, T>) {
    let stride = pass.inverse.len();
    let [zero, one, eps] = [T::of(0.0), T::of(1.0), pass.eps].map(|x| T::V::splat(simd, x));
    let each = T::V::splat(simd, T::of(1.0 / pass.n as f64));
    let is_positive_part = pass.activation == Activation::Relu;
    for p in 0..stride {
        let mean = sum::<T, S>(simd, pass.hats, (stride, p)) * each;
        let variance = squares::<T, S>(simd, pass.hats, (stride, p), mean) * each;
        let inverse = one / (variance + eps).sqrt();
        T::store(mean, &mut pass.statistics[p]);
        T::store(variance, &mut pass.statistics[stride + p]);
        T::store(inverse, &mut pass.inverse[p]);
        let gamma = T::load(simd, &pass.scale[p]);
        let beta = T::load(simd, &pass.scale[stride + p]);
        let lines = pass.hats.chunks_exact_mut(stride).zip(pass.values.chunks_exact_mut(stride));
        for (hats, values) in lines {
            let hat = (T::load(simd, &hats[p]) - mean) * inverse;
            T::store(hat, &mut hats[p]);
            let mut value = hat.mul_add(gamma, beta);
            if is_positive_part {
                value = value.simd_lt(zero).select(zero, value);
            }
            T::store(value, &mut values[p]);
        }
    }
}

/// The sum of row p of all lines.
#[inline(always)]
fn sum<T: Real, S: Simd>(simd: S, rows: &[T::Row], (stride, p): (usize, usize)) -> T::V<S> {
    let mut sum = [T::V::splat(simd, T::of(0.0)); 4];
    let mut fours = rows.chunks_exact(4 * stride);
    for four in &mut fours {
        for j in 0..4 {
            sum[j] += T::load(simd, &four[j * stride + p]);
        }
    }
    for line in fours.remainder().chunks_exact(stride) {
        sum[0] += T::load(simd, &line[p]);
    }
    (sum[0] + sum[1]) + (sum[2] + sum[3])
}

/// The sum of (x − m)² of row p of all lines.
#[inline(always)]
fn squares<T: Real, S: Simd>(
    simd: S,
    rows: &[T::Row],
    (stride, p): (usize, usize),
    mean: T::V<S>,
) -> T::V<S> {
    let mut sum = [T::V::splat(simd, T::of(0.0)); 4];
    let mut fours = rows.chunks_exact(4 * stride);
    for four in &mut fours {
        for j in 0..4 {
            let off = T::load(simd, &four[j * stride + p]) - mean;
            sum[j] = off.mul_add(off, sum[j]);
        }
    }
    for line in fours.remainder().chunks_exact(stride) {
        let off = T::load(simd, &line[p]) - mean;
        sum[0] = off.mul_add(off, sum[0]);
    }
    (sum[0] + sum[1]) + (sum[2] + sum[3])
}
