//! A small dense network on blocks: forward and reverse.
//!
//! Layer k maps a ∈ R^in to W a + b ∈ R^out; hidden layers apply the activation, the last is linear.
//! Lanes are points, weights are broadcast: the products of a layer are dot products of rows, done
//! for several outputs at once so that each row is loaded once a tile. Activations are a second pass
//! over rows that are still in the first cache, four registers interleaved.
//!
//! Reverse: with δ = ∂/∂(W a + b), a gradient of W is Σ δ aᵀ over evaluations and lanes. Tiles of it
//! are summed over all evaluations lane by lane, and the lanes at the end, in one fixed order. So many
//! evaluations in one call (the steps of a block of paths) cost less than many calls.
//!
//! Widths up to some hundreds; larger products belong to a library.

use fearless_simd::Level;

use super::lane::Real;

pub(super) mod forward;
pub(super) mod reverse;

/// What a hidden layer does to each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// tanh x.
    Tanh,
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// ln(1 + eˣ).
    Softplus,
    /// max(x, 0), with slope 0 at 0.
    Relu,
    /// sin x.
    Sin,
    /// x Φ(x), with Φ the distribution function of the standard normal.
    Gelu,
    /// ½ x (1 + tanh(√(2/π)(x + 0.044715 x³))): within 5e-4 of the above, and what some programs mean by it.
    GeluTanh,
    /// x/(1 + e⁻ˣ).
    Silu,
    /// x: a linear network.
    Identity,
}

impl Activation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Tanh,
        Self::Sigmoid,
        Self::Softplus,
        Self::Relu,
        Self::Sin,
        Self::Gelu,
        Self::GeluTanh,
        Self::Silu,
        Self::Identity,
    ];

    /// Whether the derivative needs the argument: it does not follow from the value.
    pub(super) fn keeps_argument(self) -> bool {
        matches!(self, Self::Sin | Self::Gelu | Self::GeluTanh | Self::Silu)
    }
}

/// A dense network of given widths.
///
/// The parameters are one slice: for each layer W `[out, in]` row after row, then b `[out]`.
///
/// ```
/// use ground::kernel::{lane, network::{Activation, Network}};
/// let network = Network { widths: vec![2, 1], activation: Activation::Tanh };
/// let input = [lane::Row8::default(); 2];
/// let mut output = [lane::Row8::default(); 1];
/// network.forward(lane::level(), &[3.0, 4.0, 0.5f64], &input, &mut [], &mut output);
/// assert_eq!(output[0].as_ref(), [0.5; 8]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// `[n_in, h1, …, n_out]`, at least two.
    pub widths: Vec<usize>,
    /// Of the hidden layers.
    pub activation: Activation,
}

/// Several evaluations of a network on one block, one after the other in each slice.
#[derive(Clone, Copy, Debug)]
pub struct Evaluations<'a, T: Real> {
    /// What went in. `[count * n_in]`
    pub inputs: &'a [T::Row],
    /// What [`Network::forward`] kept. `[count * cache_rows]`
    pub caches: &'a [T::Row],
    /// The derivative of the scalar by each output. `[count * n_out]`
    pub seeds: &'a [T::Row],
    /// How many.
    pub count: usize,
}

/// Where a reverse pass puts its results.
#[derive(Debug)]
pub struct Reversed<'a, T: Real> {
    /// Memory, grown as needed.
    pub scratch: &'a mut Vec<T::Row>,
    /// By the parameters, added.
    pub gradient: &'a mut [T],
    /// By the inputs, if asked for; written. `[count * n_in]`
    pub input: Option<&'a mut [T::Row]>,
}

/// One layer's place in parameters, cache and deltas.
#[derive(Clone, Copy, Debug)]
struct Layer {
    n_in: usize,
    n_out: usize,
    /// The first weight.
    theta: usize,
    /// The first output row among those of all layers.
    row: usize,
}

impl Layer {
    fn len(self) -> usize {
        (self.n_in + 1) * self.n_out
    }
}

impl Network {
    /// The number of parameters.
    #[expect(clippy::len_without_is_empty, reason = "a network is never empty")]
    pub fn len(&self) -> usize {
        self.layers().map(Layer::len).sum()
    }

    /// Rows of activations that one evaluation keeps for the reverse pass.
    ///
    /// The values of the hidden layers; also their arguments where the derivative of the activation does
    /// not follow from the value.
    pub fn cache_rows(&self) -> usize {
        self.n_hidden() * if self.activation.keeps_argument() { 2 } else { 1 }
    }

    /// Floating-point operations of the products of one forward pass of one point.
    pub fn flops(&self) -> usize {
        super::dense::flops(&self.widths)
    }

    /// The outputs of one block.
    ///
    /// `input` `[n_in]`, `cache` `[cache_rows]` (written), `output` `[n_out]`, all in rows.
    ///
    /// # Panics
    /// If a slice has another length.
    #[expect(clippy::too_many_arguments, reason = "three slices go in, two come out")]
    pub fn forward<T: Real>(
        &self,
        level: Level,
        theta: &[T],
        input: &[T::Row],
        cache: &mut [T::Row],
        output: &mut [T::Row],
    ) {
        assert_eq!(theta.len(), self.len(), "parameters: found, needed");
        assert_eq!(input.len(), self.widths[0], "input rows: found, needed");
        assert_eq!(cache.len(), self.cache_rows(), "cache rows: found, needed");
        assert_eq!(output.len(), self.n_out(), "output rows: found, needed");
        T::forward(level, self, (theta, input), [cache, output]);
    }

    /// Adds to `gradient` that of Σ seed · output over evaluations, outputs and lanes.
    ///
    /// In the precision T and in a fixed order. `scratch` is grown as needed; keep it for the next
    /// call.
    ///
    /// # Panics
    /// If a slice has another length than [`Evaluations`] says.
    #[expect(clippy::too_many_arguments, reason = "three slices go in, two come out")]
    pub fn reverse<T: Real>(
        &self,
        level: Level,
        theta: &[T],
        batch: Evaluations<'_, T>,
        scratch: &mut Vec<T::Row>,
        gradient: &mut [T],
    ) {
        self.check(theta, batch, gradient);
        T::reverse(level, self, theta, batch, Reversed { scratch, gradient, input: None });
    }

    /// The same, and the derivative by the inputs into `input`, `[count * n_in]` rows (written).
    ///
    /// # Panics
    /// If a slice has another length than [`Evaluations`] says.
    #[expect(clippy::too_many_arguments, reason = "three slices go in, three come out")]
    pub fn reverse_input<T: Real>(
        &self,
        level: Level,
        theta: &[T],
        batch: Evaluations<'_, T>,
        scratch: &mut Vec<T::Row>,
        gradient: &mut [T],
        input: &mut [T::Row],
    ) {
        self.check(theta, batch, gradient);
        assert_eq!(input.len(), batch.inputs.len(), "input gradients: found, needed");
        let input = Some(input);
        T::reverse(level, self, theta, batch, Reversed { scratch, gradient, input });
    }

    fn check<T: Real>(&self, theta: &[T], batch: Evaluations<'_, T>, gradient: &[T]) {
        let n = batch.count;
        assert_eq!(theta.len(), self.len(), "parameters: found, needed");
        assert_eq!(gradient.len(), self.len(), "gradients: found, needed");
        assert_eq!(batch.inputs.len(), n * self.widths[0], "input rows: found, needed");
        assert_eq!(batch.caches.len(), n * self.cache_rows(), "cache rows: found, needed");
        assert_eq!(batch.seeds.len(), n * self.n_out(), "seed rows: found, needed");
    }

    fn n_out(&self) -> usize {
        *self.widths.last().expect("a network has widths")
    }

    fn n_hidden(&self) -> usize {
        self.widths[1..self.widths.len() - 1].iter().sum()
    }

    fn layers(&self) -> impl Iterator<Item = Layer> {
        let mut next = (0, 0);
        self.widths.windows(2).map(move |pair| {
            let layer = Layer { n_in: pair[0], n_out: pair[1], theta: next.0, row: next.1 };
            next = (next.0 + layer.len(), next.1 + layer.n_out);
            layer
        })
    }
}

#[cfg(test)]
mod tests;
