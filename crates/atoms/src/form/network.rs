//! The networks of a Deep Potential, layer by layer, and what their layers compute.
//!
//! ```text
//! y = (x, … x) + c ∘ φ(x W + b)      copies of x: 0, 1 or 2; time steps c where a layer has them
//! ```
//! The numbers of a network stand layer by layer: W `[n_in, n_out]`, b `[n_out]`, c `[n_out]`.
//! `value` is the norm, on the tape, in elementary operations.

use ground::array;
use ground::kernel::dense::frozen::Still;
pub use ground::kernel::dense::trained::Shape as Layer;
use ground::kernel::dense::trained::Trained;
use ground::kernel::network::Activation;
use ground::stream::Stream;
use ground::tape::networks::activated;
use ground::tape::{Var, join};

/// Layers one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// At least one.
    pub layers: Vec<Layer>,
}

/// Which layers have their inputs added to their outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Those with as many outputs as inputs, or twice as many.
    Doubling,
    /// Those with as many outputs as inputs; never the first.
    Equal,
}

impl Network {
    /// Layers of these widths, all with one activation. Time steps, if any, are in the layers that have
    /// inputs added: where nothing is added they do nothing that the next weights could not.
    pub fn new(widths: &[usize], activation: Activation, skip: Skip, steps: bool) -> Self {
        let layer = |(k, pair): (usize, &[usize])| {
            let (n_in, n_out) = (pair[0], pair[1]);
            let copies = skip.copies(k, n_in, n_out);
            Layer { n_in, n_out, copies, step: steps && copies > 0, activation }
        };
        Self { layers: widths.windows(2).enumerate().map(layer).collect() }
    }

    /// The same, and a linear layer with one output after it.
    pub fn with_output(mut self) -> Self {
        let (n_in, activation) = (self.n_out(), Activation::Identity);
        self.layers.push(Layer { n_in, n_out: 1, copies: 0, step: false, activation });
        self
    }

    /// The same layers as kernels train them.
    pub fn trained(&self) -> Trained {
        Trained { shapes: self.layers.clone() }
    }

    /// Numbers that go in.
    pub fn n_in(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.n_in)
    }

    /// Numbers that come out.
    pub fn n_out(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.n_out)
    }

    /// How many numbers it has.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters()).sum()
    }

    /// Multiplications with one input.
    pub fn products(&self) -> usize {
        self.layers.iter().map(|layer| layer.n_in * layer.n_out).sum()
    }

    /// Each layer with its W, b and c (empty without time steps).
    pub fn split<'a>(&'a self, theta: &'a [f64]) -> impl Iterator<Item = (Layer, [&'a [f64]; 3])> {
        let mut rest = theta;
        self.layers.iter().map(move |&layer| {
            let lengths = [layer.n_in * layer.n_out, layer.n_out];
            let (w, after) = rest.split_at(lengths[0]);
            let (b, after) = after.split_at(lengths[1]);
            let (c, after) = after.split_at(if layer.step { layer.n_out } else { 0 });
            rest = after;
            (layer, [w, b, c])
        })
    }

    /// The layers with their numbers, as a kernel takes them.
    pub fn stills<'a>(&'a self, theta: &'a [f64]) -> Vec<Still<'a>> {
        let still = |(layer, [w, b, c]): (Layer, [&'a [f64]; 3])| {
            let Layer { activation, copies, .. } = layer;
            Still { activation, copies, w, b, c }
        };
        self.split(theta).map(still).collect()
    }

    /// Outputs `[n, n_out]` of inputs `[n, n_in]`, θ `[1, parameters]`.
    pub fn value<'t>(&self, theta: Var<'t>, x: Var<'t>) -> Var<'t> {
        let (mut a, mut place) = (x, 0);
        for layer in &self.layers {
            let &Layer { n_in, n_out, .. } = layer;
            let w = theta.columns(place, n_in * n_out).reshape([n_in, n_out]);
            let b = theta.columns(place + n_in * n_out, n_out);
            let mut y = activated(layer.activation, a.matmul(w) + b);
            if layer.step {
                y = y * theta.columns(place + (n_in + 1) * n_out, n_out);
            }
            place += layer.parameters();
            a = match layer.copies {
                0 => y,
                copies => y + join(&vec![a; copies]),
            };
        }
        assert_eq!(array::shape(&theta.value()), [1, place], "shape of θ: found, needed");
        a
    }

    /// First numbers, as the reference program draws them: W ~ N(0, 1/(n_in + n_out)), b ~ N(0, 1), time
    /// steps near `step`.
    pub fn drawn(&self, step: f64, stream: &Stream, network: usize) -> Vec<f64> {
        let (mut numbers, mut next) = (Vec::with_capacity(self.parameters()), 0);
        let mut normal = |scale: f64| {
            next += 1;
            scale * stream.normal(network as u64, 0, next - 1)
        };
        for layer in &self.layers {
            let scale = 1.0 / ((layer.n_in + layer.n_out) as f64).sqrt();
            numbers.extend((0..layer.n_in * layer.n_out).map(|_| normal(scale)));
            numbers.extend((0..layer.n_out).map(|_| normal(1.0)));
            if layer.step {
                numbers.extend((0..layer.n_out).map(|_| step + normal(0.001)));
            }
        }
        numbers
    }
}

impl Skip {
    /// How often layer k adds its inputs.
    pub fn copies(self, k: usize, n_in: usize, n_out: usize) -> usize {
        match self {
            Self::Doubling if n_out == n_in => 1,
            Self::Doubling if n_out == 2 * n_in => 2,
            Self::Equal if k > 0 && n_out == n_in => 1,
            _ => 0,
        }
    }
}
