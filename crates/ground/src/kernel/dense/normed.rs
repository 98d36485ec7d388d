//! Dense networks with a batch normalisation before and after every layer, on batches.
//!
//! The networks of the code published with [HJE18], in training mode [IS15]: with W of each layer, b of
//! the last,
//!
//! ```text
//! N₀ → (W → N → activation) for each hidden layer → (W, b) → N
//! N(x)   x̂ = (x − m)/√(v + ε),  y = γ x̂ + β,  m and v the mean and the biased variance of the batch
//! N'     dγ = Σ dy x̂,  dβ = Σ dy,  dx = γ/√(v + ε) · (dy − dβ/n − x̂ dγ/n)
//! ```
//! A bias before a normalisation changes nothing but its mean: the hidden layers have none, the last has
//! the one that the published code gives it.
//!
//! Values, panels and products are those of [`super`]. A normalisation works panel by panel: a column
//! of one row a point stays in the first cache through all its passes. The sums over the batch run over
//! points q ≡ 0, 1, 2, 3 (mod 4) and over the four sums, on every level alike.
//!
//! The average statistics that are used once training is over make every normalisation affine, and the
//! whole a plain network: [`Normed::folded`].

use fearless_simd::Level;

use super::packing::{pack_layers, pack_lists, unpack_layers, unpack_lists};
use super::{Batch, Gradient, Layer, flops, places, rows};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;

mod fold;
pub(in crate::kernel) mod forward;
pub(in crate::kernel) mod reverse;

/// A dense network on batches, normalised before and after every layer.
///
/// Parameters are rows: weights in panels layer by layer, then γ₀, β₀, γ₁, β₁, …, each padded with
/// zeros to whole rows. Statistics are m₀, v₀, m₁, v₁, … in the same way.
///
/// ```
/// use ground::kernel::{dense::Normed, network::Activation};
/// let widths = vec![100, 110, 110, 100];
/// let network = Normed { widths, activation: Activation::Relu, eps: 1e-6 };
/// assert_eq!(network.parameters(), 35_040);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Normed {
    /// `[n_in, h1, …, n_out]`, at least two.
    pub widths: Vec<usize>,
    /// Of the hidden layers.
    pub activation: Activation,
    /// What is added to the variances.
    pub eps: f64,
}

/// One normalisation's place.
#[derive(Clone, Copy, Debug)]
struct Norm {
    /// Rows of its numbers.
    rows: usize,
    /// The first of them among those of all normalisations.
    first: usize,
    /// Where γ stands among the parameters; β follows.
    theta: usize,
}

impl Normed {
    /// Rows of the parameters.
    pub fn rows<T: Real>(&self) -> usize {
        self.weight_rows::<T>() + self.statistics_rows::<T>()
    }

    /// Rows of the statistics.
    pub fn statistics_rows<T: Real>(&self) -> usize {
        2 * self.norm_rows::<T>()
    }

    /// Numbers that are parameters: without padding.
    pub fn parameters(&self) -> usize {
        self.weights() + 2 * self.widths.iter().sum::<usize>()
    }

    /// Floating-point operations of the products of one forward pass of one point.
    pub fn flops(&self) -> usize {
        flops(&self.widths)
    }

    /// Rows that the forward pass of a batch keeps for the reverse pass: x̂ and 1/√(v + ε) of all
    /// normalisations, the inputs of all layers, and the arguments of activations whose derivative
    /// needs them.
    pub fn cache_rows<T: Real>(&self, n: usize) -> usize {
        let values = self.value_rows::<T>(n);
        let arguments = if self.activation.keeps_argument() { values } else { 0 };
        (n + 1) * self.norm_rows::<T>() + values + arguments
    }

    /// The outputs of a batch by its own statistics: `input` `[n, rows(n_in)]`, `cache` (written),
    /// `output` `[n, rows(n_out)]` (written), `statistics` `[statistics_rows]` (written). The padding
    /// of `input` is any finite number.
    ///
    /// # Panics
    /// If a slice has another length, or the batch is empty.
    #[expect(clippy::too_many_arguments, reason = "two slices go in, three come out")]
    pub fn forward<T: Real>(
        &self,
        level: Level,
        theta: &[T::Row],
        n: usize,
        input: &[T::Row],
        cache: &mut [T::Row],
        output: &mut [T::Row],
        statistics: &mut [T::Row],
    ) {
        assert!(n > 0, "an empty batch has no statistics");
        assert_eq!(theta.len(), self.rows::<T>(), "parameter rows: found, needed");
        assert_eq!(input.len(), n * rows::<T>(self.widths[0]), "input rows: found, needed");
        assert_eq!(cache.len(), self.cache_rows::<T>(n), "cache rows: found, needed");
        assert_eq!(output.len(), n * rows::<T>(self.n_out()), "output rows: found, needed");
        let needed = self.statistics_rows::<T>();
        assert_eq!(statistics.len(), needed, "statistics rows: found, needed");
        forward::forward::<T>(level, self, (theta, n, input), [cache, output, statistics]);
    }

    /// The gradient of Σ seed · output by the parameters, through the statistics of the batch, and by
    /// the inputs if asked for (`[n, rows(n_in)]`, written). `scratch` is grown as needed; keep it for
    /// the next call.
    ///
    /// # Panics
    /// If a slice has another length than [`Batch`] says, or the batch is empty.
    #[expect(clippy::too_many_arguments, reason = "what goes in and what comes out")]
    pub fn reverse<T: Real>(
        &self,
        level: Level,
        theta: &mut [T::Row],
        batch: Batch<'_, T>,
        scratch: &mut Vec<T::Row>,
        gradient: Gradient<'_, T>,
        by_input: Option<&mut [T::Row]>,
    ) {
        assert!(batch.n > 0, "an empty batch has no statistics");
        assert_eq!(theta.len(), self.rows::<T>(), "parameter rows: found, needed");
        batch.check(&self.widths, self.cache_rows::<T>(batch.n), by_input.as_deref());
        gradient.check(theta.len());
        reverse::reverse(level, (self, theta), batch, scratch, (gradient, by_input));
    }

    /// Average statistics take in those of a batch: moving ← k · moving + (1 − k) · batch, with
    /// k = `momentum`, 0.99 in the published code.
    ///
    /// # Panics
    /// If a slice has another length than `[statistics_rows]`.
    pub fn remember<T: Real>(&self, moving: &mut [T::Row], batch: &[T::Row], momentum: f64) {
        let needed = self.statistics_rows::<T>();
        assert_eq!([moving.len(), batch.len()], [needed; 2], "statistics rows: found, needed");
        let (keep, take) = (T::of(momentum), T::of(1.0 - momentum));
        for (moving, batch) in moving.iter_mut().zip(batch) {
            for (moving, &batch) in moving.as_mut().iter_mut().zip(batch.as_ref()) {
                *moving = keep * *moving + take * batch;
            }
        }
    }

    /// Parameters as numbers: W `[in, out]` layer by layer, b `[out]` after the last, then γ₀, β₀, γ₁,
    /// β₁, ….
    pub fn unpack<T: Real>(&self, theta: &[T::Row]) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(self.parameters());
        unpack_layers::<T>(self.layers::<T>(), theta, &mut numbers);
        unpack_lists::<T>(&self.statistics(), &theta[self.weight_rows::<T>()..], &mut numbers);
        numbers
    }

    /// Rows from parameters in the order of [`Normed::unpack`].
    pub fn pack<T: Real>(&self, numbers: &[f64]) -> Vec<T::Row> {
        let mut theta = vec![T::Row::default(); self.rows::<T>()];
        let mut numbers = numbers.iter();
        pack_layers::<T>(self.layers::<T>(), &mut numbers, &mut theta);
        let scales = &mut theta[self.weight_rows::<T>()..];
        pack_lists::<T>(&self.statistics(), &mut numbers, scales);
        theta
    }

    /// Lengths of the statistics m₀, v₀, m₁, v₁, …, each of which begins a row.
    pub fn statistics(&self) -> Vec<usize> {
        self.widths.iter().flat_map(|&width| [width; 2]).collect()
    }

    fn n_out(&self) -> usize {
        *self.widths.last().expect("a network has widths")
    }

    /// Numbers that are weights, or biases of the last layer.
    fn weights(&self) -> usize {
        self.flops() / 2 + self.n_out()
    }

    fn weight_rows<T: Real>(&self) -> usize {
        self.layers::<T>().map(Layer::len::<T>).sum()
    }

    fn norm_rows<T: Real>(&self) -> usize {
        self.widths.iter().map(|&width| rows::<T>(width)).sum()
    }

    /// Rows of the inputs of all layers.
    fn value_rows<T: Real>(&self, n: usize) -> usize {
        n * (self.norm_rows::<T>() - rows::<T>(self.n_out()))
    }

    /// The layers; only the last has a bias.
    fn layers<T: Real>(&self) -> impl Iterator<Item = Layer> {
        let last = self.widths.len() - 2;
        places::<T>(&self.widths, 0, move |k, layer| Layer { bias: k == last, ..layer })
    }

    /// The normalisations: of the input, then of the outputs of each layer.
    fn norms<T: Real>(&self) -> impl Iterator<Item = Norm> {
        let (mut first, weights) = (0, self.weight_rows::<T>());
        self.widths.iter().map(move |&width| {
            let norm = Norm { rows: rows::<T>(width), first, theta: weights + 2 * first };
            first += norm.rows;
            norm
        })
    }
}

#[cfg(test)]
mod tests;
