//! Dense networks on batches: forward, reverse, and reverse with the step of a descent in it.
//!
//! Widths of tens to hundreds and batches of tens to thousands: the networks of one time step, of a
//! policy, of a species. One network is the unit of work; many of them go over threads.
//!
//! ```text
//! values    [n, rows]        a line a point, its numbers padded with zeros to whole rows
//! weights   panels           panel p holds outputs p·L … p·L + L − 1: a row an input, then the bias
//! forward   A W + b          tiles of points by one panel: a row of weights serves all points of a tile
//! hidden    τ ∘ f(A W + b)   and what is added of the inputs; τ, where there is one, is a line of rows
//! reverse   δ Wᵀ             the same loop on the transposed panels, made when they are needed
//!           Aᵀ δ             tiles of inputs by one panel; a finished row is added to the gradient, or
//!                            moves the weights by a rule while it is in a register
//! ```
//! Sums run over inputs, or over the points of the batch, in one order: bits do not depend on threads.
//! What stands in the padding is never read into a number that counts; padded weights stay zero.
//!
//! [`super::network`] is the twin for few inputs and many points, whose lanes are points.

use std::ops::Range;

use fearless_simd::Level;

use packing::{pack_layers, unpack_layers};

use super::lane::Real;
use super::network::Activation;
use super::update::Rule;

mod forward;
pub mod frozen;
pub(super) mod normed;
pub(super) mod packing;
pub(super) mod product;
pub(super) mod reverse;
pub(super) mod skip;
pub(super) mod steps;
pub(super) mod tangent;
pub mod trained;
pub(super) mod turn;

pub use normed::Normed;
pub use tangent::Tangents;

/// A dense network on batches: hidden layers apply the activation, the last is linear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dense {
    /// `[n_in, h1, …, n_out]`, at least two.
    pub widths: Vec<usize>,
    /// Of the hidden layers.
    pub activation: Activation,
    /// What is added to the outputs of the hidden layers.
    pub skip: Skip,
    /// Which hidden layers scale what their activations give.
    pub steps: Steps,
}

/// What is added to the outputs of a hidden layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Nothing.
    Nothing,
    /// Its inputs, where it has as many outputs, y = x + act(W x + b); its inputs twice, where it has
    /// twice as many, y = (x, x) + act(W x + b); else nothing.
    Inputs,
    /// Its inputs, where it has as many outputs and is not the first layer.
    Equal,
}

/// Which hidden layers multiply the results of their activations by trainable numbers τ, one an output,
/// before inputs are added: y = x + τ ∘ act(W x + b). They are steps in the sense that x, y, … follow a
/// differential equation whose right side is the activation. The last layer has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// None.
    None,
    /// Those whose inputs are added to their outputs.
    Added,
    /// All.
    All,
}

/// Floating-point operations of the products of one forward pass of one point.
pub(super) fn flops(widths: &[usize]) -> usize {
    widths.windows(2).map(|pair| 2 * pair[0] * pair[1]).sum()
}

/// Rows that hold so many numbers.
pub fn rows<T: Real>(numbers: usize) -> usize {
    numbers.div_ceil(T::LANES)
}

/// One layer's place among parameters and values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layer {
    pub(super) n_in: usize,
    pub(super) n_out: usize,
    /// Whether a row of biases ends each panel.
    pub(super) bias: bool,
    /// How often its inputs are added to its outputs: 0, 1 or 2 times.
    pub(super) copies: usize,
    /// Whether a line of numbers that scale the results of its activations follows its panels.
    pub(super) steps: bool,
    /// The first row of its panels.
    pub(super) theta: usize,
    /// The first value row of a point, among those of all hidden layers, times points.
    pub(super) value: usize,
}

impl Layer {
    /// Rows of one panel: an input each, and the bias if there is one.
    pub(super) fn panel(self) -> usize {
        self.n_in + usize::from(self.bias)
    }

    /// Rows of the inputs of a point.
    pub(super) fn before<T: Real>(self) -> usize {
        rows::<T>(self.n_in)
    }

    /// Rows that the reverse pass works with: sums for the steps, then the panels of the transposed
    /// weights, later a panel.
    fn turned<T: Real>(self) -> usize {
        self.panel().max(self.before::<T>() * self.n_out).max(self.step_rows::<T>())
    }

    /// Rows of all panels.
    fn panels<T: Real>(self) -> usize {
        self.panel() * rows::<T>(self.n_out)
    }

    /// Rows of the numbers that scale the results of its activations.
    fn step_rows<T: Real>(self) -> usize {
        if self.steps { rows::<T>(self.n_out) } else { 0 }
    }

    /// Rows of all its parameters.
    pub(super) fn len<T: Real>(self) -> usize {
        self.panels::<T>() + self.step_rows::<T>()
    }

    /// Its panels among all parameters.
    pub(super) fn weights<T: Real>(self) -> Range<usize> {
        self.theta..self.theta + self.panels::<T>()
    }

    /// The numbers τ that scale the results of its activations, among all parameters.
    pub(super) fn tau<T: Real>(self) -> Range<usize> {
        self.theta + self.panels::<T>()..self.theta + self.len::<T>()
    }
}

/// The layers of these widths one after another, their values those of n points; `complete` says what
/// layer k has beside its weights.
fn places<T: Real>(
    widths: &[usize],
    n: usize,
    complete: impl Fn(usize, Layer) -> Layer,
) -> impl Iterator<Item = Layer> {
    let mut next = (0, 0);
    widths.windows(2).enumerate().map(move |(k, pair)| {
        let (theta, value) = next;
        let (n_in, n_out) = (pair[0], pair[1]);
        let plain = Layer { n_in, n_out, bias: false, copies: 0, steps: false, theta, value };
        let layer = complete(k, plain);
        next = (theta + layer.len::<T>(), value + n * rows::<T>(layer.n_out));
        layer
    })
}

/// A batch that went through a network.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, T: Real> {
    /// Points.
    pub n: usize,
    /// What went in. `[n, rows(n_in)]`
    pub input: &'a [T::Row],
    /// What [`Dense::forward`] kept. `[cache_rows(n)]`
    pub cache: &'a [T::Row],
    /// The derivative of the scalar by each output, zero in the padding. `[n, rows(n_out)]`
    pub seeds: &'a [T::Row],
}

impl<T: Real> Batch<'_, T> {
    /// Panics unless its slices are those of a network, and of its input gradients if there are any.
    fn check(&self, widths: &[usize], cache: usize, by_input: Option<&[T::Row]>) {
        let lines = |width: usize| self.n * rows::<T>(width);
        let (n_in, n_out) = (widths[0], widths[widths.len() - 1]);
        assert_eq!(self.input.len(), lines(n_in), "input rows: found, needed");
        assert_eq!(self.cache.len(), cache, "cache rows: found, needed");
        assert_eq!(self.seeds.len(), lines(n_out), "seed rows: found, needed");
        if let Some(input) = by_input {
            assert_eq!(input.len(), lines(n_in), "input gradients: found, needed");
        }
    }
}

/// What becomes of the gradient by the parameters.
#[derive(Debug)]
pub enum Gradient<'a, T: Real> {
    /// It is added to these rows.
    Add(&'a mut [T::Row]),
    /// It moves the parameters, whose memories these are.
    Move {
        /// m and v of [`super::update::Update::apply`], in rows as the parameters.
        memory: [&'a mut [T::Row]; 2],
        /// From [`super::update::Update::rule`].
        rule: Rule<T>,
    },
}

impl<T: Real> Gradient<'_, T> {
    /// Panics unless its slices have so many rows.
    pub(super) fn check(&self, rows: usize) {
        match self {
            Self::Add(sums) => assert_eq!(sums.len(), rows, "gradient rows: found, needed"),
            Self::Move { memory: [m, v], .. } => {
                assert_eq!([m.len(), v.len()], [rows; 2], "memory rows: found, needed");
            }
        }
    }
}

impl Dense {
    /// Rows of the parameters.
    pub fn rows<T: Real>(&self) -> usize {
        self.layers::<T>(0).map(Layer::len::<T>).sum()
    }

    /// Numbers that are parameters: without padding.
    pub fn parameters(&self) -> usize {
        let own = |k: usize| self.widths[k] + 1 + usize::from(self.has_steps(k));
        (0..self.widths.len() - 1).map(|k| own(k) * self.widths[k + 1]).sum()
    }

    /// How often layer k, the first being 0, adds its inputs to its outputs: 0, 1 or 2 times.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn copies(&self, k: usize) -> usize {
        let (n_in, n_out) = (self.widths[k], self.widths[k + 1]);
        let (is_last, is_equal) = (k + 2 == self.widths.len(), n_in == n_out);
        match self.skip {
            Skip::Inputs if !is_last && is_equal => 1,
            Skip::Inputs if !is_last && n_out == 2 * n_in => 2,
            Skip::Equal if !is_last && is_equal && k > 0 => 1,
            _ => 0,
        }
    }

    /// Whether layer k, the first being 0, scales the results of its activations.
    ///
    /// # Panics
    /// If there is no such layer.
    pub fn has_steps(&self, k: usize) -> bool {
        match self.steps {
            Steps::None => false,
            Steps::Added => self.copies(k) > 0,
            Steps::All => k + 2 < self.widths.len(),
        }
    }

    /// Floating-point operations of the products of one forward pass of one point.
    pub fn flops(&self) -> usize {
        flops(&self.widths)
    }

    /// Rows that the forward pass of a batch keeps for the reverse pass: the values of the hidden
    /// layers; what slopes are computed from too, where that is not the values themselves.
    pub fn cache_rows<T: Real>(&self, n: usize) -> usize {
        self.hidden_rows::<T>(n) + self.kept_rows::<T>(n)
    }

    /// The outputs of a batch: `input` `[n, rows(n_in)]`, `cache` (written), `output`
    /// `[n, rows(n_out)]` (written).
    ///
    /// # Panics
    /// If a slice has another length.
    #[expect(clippy::too_many_arguments, reason = "two slices go in, two come out")]
    pub fn forward<T: Real>(
        &self,
        level: Level,
        theta: &[T::Row],
        n: usize,
        input: &[T::Row],
        cache: &mut [T::Row],
        output: &mut [T::Row],
    ) {
        assert_eq!(theta.len(), self.rows::<T>(), "parameter rows: found, needed");
        assert_eq!(input.len(), n * rows::<T>(self.widths[0]), "input rows: found, needed");
        assert_eq!(cache.len(), self.cache_rows::<T>(n), "cache rows: found, needed");
        assert_eq!(output.len(), n * rows::<T>(self.n_out()), "output rows: found, needed");
        forward::forward::<T>(level, self, (theta, n, input), [cache, output]);
    }

    /// The gradient of Σ seed · output by the parameters, and by the inputs if asked for
    /// (`[n, rows(n_in)]`, written). `scratch` is grown as needed; keep it for the next call.
    ///
    /// # Panics
    /// If a slice has another length than [`Batch`] says.
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
        assert_eq!(theta.len(), self.rows::<T>(), "parameter rows: found, needed");
        batch.check(&self.widths, self.cache_rows::<T>(batch.n), by_input.as_deref());
        gradient.check(theta.len());
        reverse::reverse(level, (self, theta), batch, scratch, (gradient, by_input));
    }

    /// Parameters in the order W `[in, out]`, b `[out]` and τ `[out]` where there is one, layer by layer,
    /// from rows.
    pub fn unpack<T: Real>(&self, theta: &[T::Row]) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(self.parameters());
        unpack_layers::<T>(self.layers::<T>(0), theta, &mut numbers);
        numbers
    }

    /// Rows from parameters in the order of [`Dense::unpack`].
    pub fn pack<T: Real>(&self, numbers: &[f64]) -> Vec<T::Row> {
        let mut theta = vec![T::Row::default(); self.rows::<T>()];
        pack_layers::<T>(self.layers::<T>(0), &mut numbers.iter(), &mut theta);
        theta
    }

    fn n_out(&self) -> usize {
        *self.widths.last().expect("a network has widths")
    }

    pub(super) fn hidden_rows<T: Real>(&self, n: usize) -> usize {
        self.widths[1..self.widths.len() - 1].iter().map(|&width| n * rows::<T>(width)).sum()
    }

    /// Rows of the arguments or results of activations, where the values of the layers are not those.
    fn kept_rows<T: Real>(&self, n: usize) -> usize {
        let changes = self.skip != Skip::Nothing || self.steps == Steps::All;
        if changes || self.activation.keeps_argument() { self.hidden_rows::<T>(n) } else { 0 }
    }

    /// The layers, their values those of n points.
    pub(super) fn layers<T: Real>(&self, n: usize) -> impl Iterator<Item = Layer> {
        places::<T>(&self.widths, n, |k, layer| Layer {
            bias: true,
            copies: self.copies(k),
            steps: self.has_steps(k),
            ..layer
        })
    }
}

#[cfg(test)]
mod tests;
