//! A fitting network in training, on each product of features once.
//!
//! D is symmetric among its first columns, so that the two numbers of a pair have one weight together; both
//! have one gradient.

use std::ops::Range;

use fearless_simd::Level;
use ground::kernel::dense::rows;
use ground::kernel::dense::trained::{Part, Trained, Weights};
use ground::kernel::gram::Pairs;
use ground::kernel::lane::Real;

use crate::form::DeepPotential;

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
}

/// Panels of a layer whose gradient is computed at once.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    pub(super) layer: usize,
    pub(super) panels: Range<usize>,
}

impl<T: Real> Fitted<T> {
    pub(super) fn new(form: &DeepPotential, pairs: Pairs) -> Self {
        let natural = form.fitting.trained();
        let mut folded = natural.clone();
        folded.shapes[0].n_in = pairs.len();
        Self {
            held: vec![T::Row::default(); folded.rows::<T>()],
            turned: vec![Vec::new(); folded.shapes.len()],
            natural,
            folded,
            places: (0..pairs.columns * pairs.first)
                .map(|i| pairs.place(i / pairs.first, i % pairs.first))
                .collect(),
        }
    }

    /// Rows of an input.
    pub(super) fn line(&self) -> usize {
        rows::<T>(self.folded.shapes[0].n_in)
    }

    /// The weights at work.
    pub(super) fn weights(&self) -> Weights<'_, T::Row> {
        Weights { theta: &self.held, turned: &self.turned }
    }

    /// Panels of the first layer.
    fn panels(&self) -> usize {
        rows::<T>(self.natural.shapes[0].n_out)
    }

    /// Takes over the weights.
    pub(super) fn refresh(&mut self, level: Level, theta: &[T::Row]) {
        let panels = self.panels();
        for p in 0..panels {
            let from = &theta[self.natural.panel::<T>(0, p)];
            let to = &mut self.held[self.folded.panel::<T>(0, p)];
            fold::<T>(&self.places, from, to);
        }
        let after = |network: &Trained| network.panel::<T>(0, panels - 1).end;
        self.held[after(&self.folded)..].copy_from_slice(&theta[after(&self.natural)..]);
        for (k, turned) in self.turned.iter_mut().enumerate() {
            self.folded.turn::<T>(level, &self.held, k, turned);
        }
    }

    /// All slabs, and the rows of the gradient that each writes, in the order of the rows.
    pub(super) fn slabs<'a>(&self, gradient: &'a mut [T::Row]) -> Vec<(Slab, &'a mut [T::Row])> {
        let mut rest = gradient;
        let mut all = Vec::new();
        for (layer, shape) in self.natural.shapes.iter().enumerate() {
            let panels = rows::<T>(shape.n_out);
            for p in (0..panels).step_by(2) {
                let slab = Slab { layer, panels: p..(p + 2).min(panels) };
                let length = slab.panels.len() * (shape.n_in + 1);
                let (own, after) = std::mem::take(&mut rest).split_at_mut(length);
                all.push((slab, own));
                rest = after;
            }
            let steps = self.natural.steps::<T>(layer).len();
            let (own, after) = std::mem::take(&mut rest).split_at_mut(steps);
            if steps > 0 {
                all.push((Slab { layer, panels: 0..0 }, own));
            }
            rest = after;
        }
        all
    }

    /// The gradient by a slab from the lines of all parts.
    pub(super) fn gradient(
        &self,
        level: Level,
        slab: &Slab,
        parts: &[Part<'_, T::Row>],
        to: &mut [T::Row],
    ) {
        let at = (slab.layer, slab.panels.clone());
        if slab.layer > 0 {
            return self.folded.products::<T>(level, at, parts, to);
        }
        let length = self.folded.shapes[0].n_in + 1;
        let mut once = vec![T::Row::default(); slab.panels.len() * length];
        self.folded.products::<T>(level, at, parts, &mut once);
        let panels = to.chunks_exact_mut(self.natural.shapes[0].n_in + 1);
        for (once, to) in once.chunks_exact(length).zip(panels) {
            let (bias, natural) = to.split_last_mut().expect("a panel ends with its bias");
            for (to, &place) in natural.iter_mut().zip(&self.places) {
                *to = once[place];
            }
            *bias = once[length - 1];
        }
    }
}

/// A panel in natural order to one on each product once.
fn fold<T: Real>(places: &[usize], from: &[T::Row], to: &mut [T::Row]) {
    to.fill(T::Row::default());
    for (from, &place) in from.iter().zip(places) {
        add::<T>(&mut to[place], from);
    }
    let bias = to.len() - 1;
    to[bias] = from[places.len()];
}

/// Adds a row.
#[inline]
fn add<T: Real>(to: &mut T::Row, from: &T::Row) {
    for (to, &from) in to.as_mut().iter_mut().zip(from.as_ref()) {
        *to += from;
    }
}
