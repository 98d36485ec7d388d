//! Networks whose layers differ, in training: y = copies of x + c ∘ φ(x W + b), weights in panels.
//!
//! [`values`] trains what the networks give, [`slope`] a number and its slope along a direction, [`jets`] a
//! line of features and their first two derivatives. All end in lines x and d of every layer
//! whose products are the gradient, W̄ = Σ x d over all lines, b̄ = Σ d over those of values alone; the sums
//! run over the points of a whole batch, and are shared out among threads by panels, not by points.

use std::ops::Range;

use fearless_simd::Level;

use super::packing::{pack_layers, unpack_layers};
use super::product::{Bias, Lines, Panels, Store};
use super::skip::add;
use super::{Layer, places, rows};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;

pub mod jets;
pub mod slope;
mod third;
pub mod values;

/// Rows of inputs whose lines are near enough to one another to be read where they are.
const NARROW: usize = 32;

/// What a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Inputs.
    pub n_in: usize,
    /// Outputs.
    pub n_out: usize,
    /// How often the inputs are added to the outputs, side by side: 0, 1 or 2 times.
    pub copies: usize,
    /// Whether the results of the activation are multiplied by trainable numbers.
    pub step: bool,
    /// φ.
    pub activation: Activation,
}

impl Shape {
    /// How many numbers it has.
    pub fn parameters(self) -> usize {
        (self.n_in + 1 + usize::from(self.step)) * self.n_out
    }
}

/// Layers one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trained {
    /// At least one.
    pub shapes: Vec<Shape>,
}

/// The weights of a network at work.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a, R> {
    /// All of them. `[Trained::rows]`
    pub theta: &'a [R],
    /// Panels of the transposed, layer by layer: [`Trained::turn`].
    pub turned: &'a [Vec<R>],
}

/// Lines of inputs and of derivatives by what the weights give, of one part of a batch: their products are
/// gradients.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a, R> {
    /// `[lines, rows(n_in)]`
    pub x: &'a [R],
    /// `[lines, rows(n_out)]`
    pub d: &'a [R],
    /// Lines of values, which come first: those that the bias is added to.
    pub values: usize,
}

impl Trained {
    /// Rows of the parameters.
    pub fn rows<T: Real>(&self) -> usize {
        self.layers::<T>().iter().map(|layer| layer.len::<T>()).sum()
    }

    /// Numbers that are parameters.
    pub fn parameters(&self) -> usize {
        self.shapes.iter().map(|shape| shape.parameters()).sum()
    }

    /// Parameters in the order W `[in, out]`, b `[out]` and c `[out]` where there is one, layer by layer,
    /// from rows.
    pub fn unpack<T: Real>(&self, theta: &[T::Row]) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(self.parameters());
        unpack_layers::<T>(self.layers::<T>().into_iter(), theta, &mut numbers);
        numbers
    }

    /// Rows from parameters in the order of [`Trained::unpack`].
    pub fn pack<T: Real>(&self, numbers: &[f64]) -> Vec<T::Row> {
        let mut theta = vec![T::Row::default(); self.rows::<T>()];
        pack_layers::<T>(self.layers::<T>().into_iter(), &mut numbers.iter(), &mut theta);
        theta
    }

    /// Numbers that go in.
    pub fn n_in(&self) -> usize {
        self.shapes.first().map_or(0, |shape| shape.n_in)
    }

    /// Numbers that come out.
    pub fn n_out(&self) -> usize {
        self.shapes.last().map_or(0, |shape| shape.n_out)
    }

    /// Where the rows of panel p of layer k stand among the parameters: an input each, then the bias.
    pub fn panel<T: Real>(&self, k: usize, p: usize) -> Range<usize> {
        let layer = self.layers::<T>()[k];
        let first = layer.theta + p * layer.panel();
        first..first + layer.panel()
    }

    /// Where the numbers c of layer k stand among the parameters; empty where it has none.
    pub fn steps<T: Real>(&self, k: usize) -> Range<usize> {
        self.layers::<T>()[k].tau::<T>()
    }

    /// Rows of the transposed weights of layer k: as many for each row of inputs.
    pub fn turned<T: Real>(&self, k: usize) -> [usize; 2] {
        [rows::<T>(self.shapes[k].n_in), self.shapes[k].n_out]
    }

    /// Panels of the transposed weights of layer k, for some rows of inputs: `to` `[n_out]` each.
    pub fn turn<T: Real>(
        &self,
        level: Level,
        theta: &[T::Row],
        (k, inputs): (usize, Range<usize>),
        to: &mut [T::Row],
    ) {
        let layer = self.layers::<T>()[k];
        T::turn(level, layer, (&theta[layer.weights::<T>()], inputs), to);
    }

    /// The gradient by the weights of some inputs of layer k, the first of which begins a row: `to`
    /// `[rows(n_out) · inputs]` (written), panel by panel. `room` is grown as needed; keep it for the next
    /// call.
    ///
    /// # Panics
    /// If a slice has another length than [`Part`] says, or the inputs are not there.
    pub fn products<T: Real>(
        &self,
        level: Level,
        (k, inputs): (usize, Range<usize>),
        parts: &[Part<'_, T::Row>],
        (room, to): (&mut Vec<T::Row>, &mut [T::Row]),
    ) {
        let panels = rows::<T>(self.shapes[k].n_out);
        assert_eq!(to.len(), panels * inputs.len(), "gradient rows: found, needed");
        let sums = Panels { rows: to, first: 0, panel: inputs.len() };
        self.inputs::<T>(level, (k, inputs), parts, (room, sums));
    }

    /// The same into panels that may be longer.
    fn inputs<'a, T: Real>(
        &self,
        level: Level,
        (k, inputs): (usize, Range<usize>),
        parts: &[Part<'a, T::Row>],
        (room, sums): (&mut Vec<T::Row>, Panels<'_, T::Row>),
    ) {
        let shape = self.shapes[k];
        let [x, d] = [shape.n_in, shape.n_out].map(rows::<T>);
        assert!(inputs.start.is_multiple_of(T::LANES) && inputs.end <= shape.n_in, "{inputs:?}");
        let lines = |part: &Part<'a, T::Row>| Lines { rows: part.d, stride: d };
        if inputs.len() == shape.n_in && x <= NARROW {
            let pair = |part: &Part<'a, T::Row>| [Lines { rows: part.x, stride: x }, lines(part)];
            let lines: Vec<_> = parts.iter().map(pair).collect();
            return T::down_parts(level, (inputs.len(), 0..d), &lines, sums);
        }
        // Lines of a few rows follow one another; whole ones may each be on a page of its own.
        let (first, width) = (inputs.start / T::LANES, rows::<T>(inputs.len()));
        room.clear();
        for part in parts {
            assert_eq!(part.x.len() * d, part.d.len() * x, "lines of x and of d");
            part.x.chunks_exact(x).for_each(|line| room.extend(&line[first..first + width]));
        }
        let (mut rest, mut all) = (&room[..], Vec::with_capacity(parts.len()));
        for part in parts {
            let (own, after) = rest.split_at(part.d.len() / d * width);
            rest = after;
            all.push([Lines { rows: own, stride: width }, lines(part)]);
        }
        T::down_parts(level, (inputs.len(), 0..d), &all, sums);
    }

    /// The gradient by the biases of layer k: `to` `[rows(n_out)]` (written).
    pub fn biases<T: Real>(&self, k: usize, parts: &[Part<'_, T::Row>], to: &mut [T::Row]) {
        to.fill(T::Row::default());
        for part in parts {
            for line in part.d.chunks_exact(to.len()).take(part.values) {
                to.iter_mut().zip(line).for_each(|(to, from)| add::<T>(to, from));
            }
        }
        debug_assert_eq!(to.len(), rows::<T>(self.shapes[k].n_out), "rows: found, needed");
    }

    /// The gradient by weights and biases of layer k, in the panels of the parameters: `to` has all rows of
    /// the network. `room` is grown as needed; keep it for the next call.
    pub fn gradient<T: Real>(
        &self,
        level: Level,
        (k, parts): (usize, &[Part<'_, T::Row>]),
        room: &mut Vec<T::Row>,
        to: &mut [T::Row],
    ) {
        let layer = self.layers::<T>()[k];
        let (n, panels) = (layer.n_in, rows::<T>(layer.n_out));
        let own = &mut to[layer.weights::<T>()];
        let sums = Panels { rows: &mut *own, first: 0, panel: n + 1 };
        self.inputs::<T>(level, (k, 0..n), parts, (room, sums));
        room.resize(panels, T::Row::default());
        self.biases::<T>(k, parts, &mut room[..panels]);
        for (p, bias) in room[..panels].iter().enumerate() {
            own[p * (n + 1) + n] = *bias;
        }
    }

    /// The layers' places among the parameters.
    fn layers<T: Real>(&self) -> Vec<Layer> {
        let mut widths = vec![self.n_in()];
        widths.extend(self.shapes.iter().map(|shape| shape.n_out));
        let complete = |k: usize, layer| {
            let Shape { copies, step, .. } = self.shapes[k];
            Layer { bias: true, copies, steps: step, ..layer }
        };
        places::<T>(&widths, 0, complete).collect()
    }
}

/// A layer with all that its passes need.
#[derive(Clone, Copy)]
struct Ply<'a, T: Real> {
    level: Level,
    layer: Layer,
    activation: Activation,
    theta: &'a [T::Row],
    turned: &'a [T::Row],
}

impl<'a, T: Real> Ply<'a, T> {
    /// All of a network.
    fn all(level: Level, network: &Trained, weights: Weights<'a, T::Row>) -> Vec<Self> {
        let layers = network.layers::<T>().into_iter().zip(&network.shapes).zip(weights.turned);
        layers
            .map(|((layer, shape), turned)| Self {
                level,
                layer,
                activation: shape.activation,
                theta: weights.theta,
                turned,
            })
            .collect()
    }

    /// Rows of its inputs and outputs.
    fn strides(&self) -> [usize; 2] {
        [self.layer.before::<T>(), rows::<T>(self.layer.n_out)]
    }

    /// `to` = x W, and b where the bias is added.
    fn through(&self, bias: Bias, x: &[T::Row], to: &mut [T::Row]) {
        let [before, after] = self.strides();
        let n = to.len() / after;
        let panels = &self.theta[self.layer.weights::<T>()];
        let a = Lines { rows: x, stride: before };
        let store = Store { rows: to, stride: after };
        T::across(self.level, (n, self.layer.n_in, bias), a, panels, store);
    }

    /// `to` = d Wᵀ, and what passes by the layer: the derivatives `by` of its outputs folded.
    fn back(&self, d: &[T::Row], by: &[T::Row], to: &mut [T::Row]) {
        let [before, after] = self.strides();
        let n = d.len() / after;
        let a = Lines { rows: d, stride: after };
        let store = Store { rows: &mut *to, stride: before };
        T::across(self.level, (n, self.layer.n_out, Bias::Absent), a, self.turned, store);
        if self.layer.copies > 0 {
            T::fold_copies(self.level, self.layer, by, to);
        }
    }

    /// Lines times c.
    fn scale(&self, lines: &mut [T::Row]) {
        if self.layer.steps {
            T::scale(self.level, &self.theta[self.layer.tau::<T>()], lines);
        }
    }

    /// From z to y in place; `kept` gets what slopes are computed from.
    fn finish(&self, x: &[T::Row], y: &mut [T::Row], kept: &mut [T::Row]) {
        if self.activation.keeps_argument() {
            kept.copy_from_slice(y);
        }
        T::activate(self.level, self.activation, y);
        if !self.activation.keeps_argument() {
            kept.copy_from_slice(y);
        }
        self.scale(y);
        if self.layer.copies > 0 {
            T::add_copies(self.level, self.layer, x, y);
        }
    }
}
