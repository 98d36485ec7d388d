//! A fitting network in training, on each product of features once.
//!
//! D is symmetric among its first columns, so that the two numbers of a pair have one weight together; both
//! have one gradient. The gradient is computed by slabs, the weights of some inputs of a layer each; a slab
//! takes the lines of all pieces in order.

use std::ops::Range;

use fearless_simd::Level;
use ground::kernel::dense::rows;
use ground::kernel::dense::trained::{Part, Trained, Weights};
use ground::kernel::gram::Pairs;
use ground::kernel::lane::{Real, flat};

use crate::form::DeepPotential;

/// Inputs of a slab: their lines stay in the second cache.
const SLAB: usize = 96;

/// A fitting network.
#[derive(Debug)]
pub(super) struct Fitted<T: Real> {
    /// As it is kept.
    natural: Trained,
    /// As it works.
    pub(super) folded: Trained,
    /// Where each product of columns stands among those that are there once.
    places: Vec<usize>,
    held: Vec<T::Row>,
    turned: Vec<Vec<T::Row>>,
    /// The gradient by all slabs of each layer one after another, then by its biases, then by its steps.
    sums: Vec<T::Row>,
}

/// A part of the gradient that is computed at once.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    pub(super) layer: usize,
    pub(super) of: Of,
}

/// Slabs and the rows that each writes.
type Slabs<'a, R> = Vec<(Slab, &'a mut [R])>;

/// What a slab is the gradient by.
#[derive(Clone, Debug)]
pub(super) enum Of {
    /// The weights of some inputs.
    Inputs(Range<usize>),
    /// The biases.
    Biases,
    /// The numbers that scale the results of activations.
    Steps,
}

/// Rows of a layer of the weights that stand together: a panel, or the steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strip {
    pub(super) layer: usize,
    /// None for the steps.
    panel: Option<usize>,
    /// How many rows.
    pub(super) length: usize,
}

impl<T: Real> Fitted<T> {
    pub(super) fn new(form: &DeepPotential, pairs: Pairs) -> Self {
        let natural = form.fitting.trained();
        let mut folded = natural.clone();
        folded.shapes[0].n_in = pairs.len();
        Self {
            held: vec![T::Row::default(); folded.rows::<T>()],
            turned: (0..folded.shapes.len())
                .map(|k| vec![T::Row::default(); folded.turned::<T>(k).iter().product()])
                .collect(),
            sums: vec![T::Row::default(); folded.rows::<T>()],
            natural,
            folded,
            places: (0..pairs.columns * pairs.first)
                .map(|i| pairs.place(i / pairs.first, i % pairs.first))
                .collect(),
        }
    }

    /// Rows of an input.
    pub(super) fn line(&self) -> usize {
        rows::<T>(self.folded.n_in())
    }

    /// The weights at work.
    pub(super) fn weights(&self) -> Weights<'_, T::Row> {
        Weights { theta: &self.held, turned: &self.turned }
    }

    /// Panels of a layer.
    fn panels(&self, layer: usize) -> usize {
        rows::<T>(self.natural.shapes[layer].n_out)
    }

    /// What is to be done to take over the weights: strips, and where they go.
    pub(super) fn takeovers<'a>(
        &'a mut self,
        theta: &'a [T::Row],
    ) -> impl Iterator<Item = Takeover<'a, T>> {
        let (first, panels) = (self.folded.shapes[0].n_in + 1, self.panels(0));
        let length = self.natural.shapes[0].n_in + 1;
        let (panelled, rest) = self.held.split_at_mut(panels * first);
        let (from, after) = theta.split_at(panels * length);
        rest.copy_from_slice(after);
        let places = &self.places;
        panelled
            .chunks_exact_mut(first)
            .zip(from.chunks_exact(length))
            .map(move |(to, from)| Takeover { places, from, to })
    }

    /// What is to be done to have the transposed weights.
    pub(super) fn turns(&mut self) -> impl Iterator<Item = Turn<'_, T>> {
        let (network, held) = (&self.folded, &self.held[..]);
        self.turned.iter_mut().enumerate().flat_map(move |(k, turned)| {
            let [inputs, outputs] = network.turned::<T>(k);
            let chunk = 8;
            turned.chunks_mut(chunk * outputs).enumerate().map(move |(c, to)| {
                let inputs = c * chunk..((c + 1) * chunk).min(inputs);
                Turn { network, held, layer: k, inputs, to }
            })
        })
    }

    /// The network as it works; all slabs, and the rows that each writes.
    pub(super) fn slabs(&mut self) -> (&Trained, Slabs<'_, T::Row>) {
        let mut rest = &mut self.sums[..];
        let mut all = Vec::new();
        for (layer, shape) in self.folded.shapes.iter().enumerate() {
            let panels = rows::<T>(shape.n_out);
            let mut put = |of: Of, length: usize| {
                let (own, after) = std::mem::take(&mut rest).split_at_mut(length);
                rest = after;
                if length > 0 {
                    all.push((Slab { layer, of }, own));
                }
            };
            for first in (0..shape.n_in).step_by(SLAB) {
                let inputs = first..(first + SLAB).min(shape.n_in);
                let length = inputs.len() * panels;
                put(Of::Inputs(inputs), length);
            }
            put(Of::Biases, panels);
            put(Of::Steps, if shape.step { panels } else { 0 });
        }
        (&self.folded, all)
    }

    /// The strips of the weights as they are kept, in order.
    pub(super) fn strips(&self) -> Vec<Strip> {
        let mut all = Vec::new();
        for (layer, shape) in self.natural.shapes.iter().enumerate() {
            let length = shape.n_in + 1;
            all.extend((0..self.panels(layer)).map(|p| Strip { layer, panel: Some(p), length }));
            if shape.step {
                all.push(Strip { layer, panel: None, length: self.panels(layer) });
            }
        }
        all
    }

    /// The gradient by a strip, from the sums: `to` has as many rows.
    pub(super) fn strip(&self, strip: Strip, to: &mut [T::Row]) {
        let before: usize = self.folded.shapes[..strip.layer].iter().map(|s| len::<T>(*s)).sum();
        let shape = self.folded.shapes[strip.layer];
        let panels = rows::<T>(shape.n_out);
        let sums = &self.sums[before..];
        let biases = shape.n_in * panels;
        let Some(p) = strip.panel else {
            return to.copy_from_slice(&sums[biases + panels..][..panels]);
        };
        let at = |i: usize| {
            let first = i / SLAB * SLAB;
            let length = SLAB.min(shape.n_in - first);
            sums[first * panels + p * length + i - first]
        };
        let (bias, weights) = to.split_last_mut().expect("a panel ends with its bias");
        if strip.layer == 0 {
            weights.iter_mut().zip(&self.places).for_each(|(to, &i)| *to = at(i));
        } else {
            weights.iter_mut().enumerate().for_each(|(i, to)| *to = at(i));
        }
        *bias = sums[biases + p];
    }
}

/// Rows of a layer.
fn len<T: Real>(shape: ground::kernel::dense::trained::Shape) -> usize {
    (shape.n_in + 1 + usize::from(shape.step)) * rows::<T>(shape.n_out)
}

/// A panel in natural order, to be taken over as one on each product once.
pub(super) struct Takeover<'a, T: Real> {
    places: &'a [usize],
    from: &'a [T::Row],
    to: &'a mut [T::Row],
}

impl<T: Real> Takeover<'_, T> {
    /// Does it.
    pub(super) fn make(&mut self) {
        self.to.fill(T::Row::default());
        for (from, &place) in self.from.iter().zip(self.places) {
            for (to, &from) in self.to[place].as_mut().iter_mut().zip(from.as_ref()) {
                *to += from;
            }
        }
        if let (Some(to), Some(from)) = (self.to.last_mut(), self.from.last()) {
            *to = *from;
        }
    }
}

/// Some rows of transposed weights, to be made.
pub(super) struct Turn<'a, T: Real> {
    network: &'a Trained,
    held: &'a [T::Row],
    layer: usize,
    inputs: Range<usize>,
    to: &'a mut [T::Row],
}

impl<T: Real> Turn<'_, T> {
    /// Does it.
    pub(super) fn make(&mut self, level: Level) {
        self.network.turn::<T>(level, self.held, (self.layer, self.inputs.clone()), self.to);
    }
}

/// The gradient by a slab of a network from the lines of all parts; false where it is not finite.
pub(super) fn gradient<T: Real>(
    (level, network): (Level, &Trained),
    slab: &Slab,
    parts: &[Part<'_, T::Row>],
    (room, to): (&mut Vec<T::Row>, &mut [T::Row]),
) -> bool {
    match &slab.of {
        Of::Inputs(inputs) => {
            network.products::<T>(level, (slab.layer, inputs.clone()), parts, (room, to));
        }
        Of::Biases => network.biases::<T>(slab.layer, parts, to),
        Of::Steps => {}
    }
    finite::<T>(to)
}

/// Whether all numbers are finite.
pub(super) fn finite<T: Real>(rows: &[T::Row]) -> bool {
    let mut sums = [T::default(); 16];
    for numbers in flat::<T>(rows).chunks(16) {
        for (sum, &v) in sums.iter_mut().zip(numbers) {
            // Not a number where v is not finite.
            *sum += v * T::default();
        }
    }
    sums.iter().all(|sum| sum.wide() == 0.0)
}
