//! A number that a network gives of each point, and its slope along a direction: what trains both.
//!
//! ```text
//! E(x), ∂E/∂x                        forward, and back from 1
//! Ė = ∂E/∂x · ẋ                      ẋ forward through the same layers
//! ∂(s E + Ė)/∂(x, θ)                 back: with e = ∂E/∂y of each layer, known from the first way back,
//!   z̄ = c (φ' ȳ + φ'' ż e),  d = (z̄, c φ' e),  W̄ = x z̄ + ẋ d_ẋ,  c̄ = φ ȳ + φ' ż e
//! ```
//! The derivative of Ė by ẏ of any layer is e itself: nothing is computed for it.

use fearless_simd::Level;

use super::super::product::Bias;
use super::super::rows;
use super::super::skip::add;
use super::super::steps::Factors;
use super::{Part, Ply, Trained, Weights};
use crate::kernel::lane::Real;

/// Points under way through a network.
#[derive(Clone, Debug)]
pub struct Pass<T: Real> {
    n: usize,
    layers: Vec<Kept<T>>,
    room: [Vec<T::Row>; 2],
}

/// What one layer keeps of all points.
#[derive(Clone, Debug)]
struct Kept<T: Real> {
    /// x, then ẋ. `[2 n, rows(n_in)]`
    x: Vec<T::Row>,
    /// What slopes are computed from. `[n, rows(n_out)]`
    base: Vec<T::Row>,
    /// ż.
    dots: Vec<T::Row>,
    /// e.
    by: Vec<T::Row>,
    /// z̄, then ∂E/∂z. `[2 n, rows(n_out)]`
    d: Vec<T::Row>,
    /// c̄, a line; empty without steps.
    steps: Vec<T::Row>,
}

impl<T: Real> Default for Pass<T> {
    fn default() -> Self {
        Self { n: 0, layers: Vec::new(), room: [Vec::new(), Vec::new()] }
    }
}

impl<T: Real> Pass<T> {
    /// Room for n points in a network with one output.
    pub fn prepare(&mut self, network: &Trained, n: usize) {
        let none = || Kept {
            x: Vec::new(),
            base: Vec::new(),
            dots: Vec::new(),
            by: Vec::new(),
            d: Vec::new(),
            steps: Vec::new(),
        };
        self.n = n;
        self.layers.resize_with(network.shapes.len(), none);
        let mut widest = 1;
        for (kept, shape) in self.layers.iter_mut().zip(&network.shapes) {
            let [before, after] = [shape.n_in, shape.n_out].map(rows::<T>);
            kept.x.resize(2 * n * before, T::Row::default());
            for lines in [&mut kept.base, &mut kept.dots, &mut kept.by] {
                lines.resize(n * after, T::Row::default());
            }
            kept.d.resize(2 * n * after, T::Row::default());
            kept.steps.resize(if shape.step { after } else { 0 }, T::Row::default());
            widest = widest.max(after);
        }
        self.room.iter_mut().for_each(|room| room.resize(n * widest, T::Row::default()));
    }

    /// x, then ẋ, of the points: `[2 n, rows(n_in)]`.
    pub fn inputs(&mut self) -> &mut [T::Row] {
        &mut self.layers[0].x
    }

    /// Lines of layer k whose products are its gradient.
    pub fn part(&self, k: usize) -> Part<'_, T::Row> {
        Part { x: &self.layers[k].x, d: &self.layers[k].d, values: self.n }
    }

    /// Adds c̄ of layer k to a line.
    pub fn add_steps(&self, k: usize, to: &mut [T::Row]) {
        for (to, from) in to.iter_mut().zip(&self.layers[k].steps) {
            add::<T>(to, from);
        }
    }

    /// E of every point and ∂E/∂x: `outputs` `[n]`, `by_input` `[n, rows(n_in)]` (written).
    pub fn energies(
        &mut self,
        level: Level,
        (network, weights): (&Trained, Weights<'_, T::Row>),
        outputs: &mut [T],
        by_input: &mut [T::Row],
    ) {
        let n = self.n;
        let plies = Ply::<T>::all(level, network, weights);
        let last = plies.len() - 1;
        for (k, ply) in plies.iter().enumerate() {
            let [before, after] = ply.strides();
            let (done, rest) = self.layers.split_at_mut(k + 1);
            let Kept { x, base: kept, by, .. } = &mut done[k];
            let x = &x[..n * before];
            let y = match rest.first_mut() {
                Some(next) => &mut next.x[..n * after],
                None => &mut by[..],
            };
            ply.through(Bias::Added, x, y);
            ply.finish(x, y, kept);
        }
        for (output, row) in outputs.iter_mut().zip(&mut self.layers[last].by) {
            *output = row.as_ref()[0];
            *row = T::Row::default();
            row.as_mut()[0] = T::of(1.0);
        }
        for (k, ply) in plies.iter().enumerate().rev() {
            let (before, rest) = self.layers.split_at_mut(k);
            let Kept { by, base: kept, .. } = &rest[0];
            let deltas = &mut self.room[0][..by.len()];
            deltas.copy_from_slice(by);
            ply.scale(deltas);
            T::derive(level, ply.activation, kept, deltas);
            let to = match before.last_mut() {
                Some(before) => &mut before.by[..],
                None => &mut *by_input,
            };
            ply.back(deltas, by, to);
        }
    }

    /// The derivatives of Σ s E + Σ Ė, ẋ being in place: by x into `by_input`, and the lines whose products
    /// are those by the weights.
    pub fn second(
        &mut self,
        level: Level,
        (network, weights): (&Trained, Weights<'_, T::Row>),
        seeds: &[T],
        by_input: &mut [T::Row],
    ) {
        let n = self.n;
        let plies = Ply::<T>::all(level, network, weights);
        let last = plies.len() - 1;
        for (k, ply) in plies.iter().enumerate().take(last) {
            let [before, after] = ply.strides();
            let (done, rest) = self.layers.split_at_mut(k + 1);
            let Kept { x, base: kept, dots, .. } = &mut done[k];
            let x = &x[n * before..];
            let y = &mut rest[0].x[n * after..];
            ply.through(Bias::Passed, x, dots);
            y.copy_from_slice(dots);
            T::derive(level, ply.activation, kept, y);
            ply.scale(y);
            if ply.layer.copies > 0 {
                T::add_copies(level, ply.layer, x, y);
            }
        }
        let [here, before] = &mut self.room;
        for (row, &seed) in here.iter_mut().zip(seeds) {
            *row = T::Row::default();
            row.as_mut()[0] = seed;
        }
        for (k, ply) in plies.iter().enumerate().rev() {
            let own = &mut self.layers[k];
            let here_n = &mut here[..own.by.len()];
            own.d[..here_n.len()].copy_from_slice(here_n);
            own.d[here_n.len()..].copy_from_slice(&own.by);
            own.gather_steps(ply, here_n);
            let (deltas, tangents) = own.d.split_at_mut(here_n.len());
            ply.scale(deltas);
            ply.scale(tangents);
            T::derive_twice(level, ply.activation, [&own.base, &own.dots], [deltas, tangents]);
            let to =
                if k == 0 { &mut *by_input } else { &mut before[..n * ply.layer.before::<T>()] };
            ply.back(&own.d[..here_n.len()], here_n, to);
            std::mem::swap(here, before);
        }
    }
}

impl<T: Real> Kept<T> {
    /// c̄ = Σ φ ȳ + Σ φ' ż e.
    fn gather_steps(&mut self, ply: &Ply<'_, T>, by: &[T::Row]) {
        if !ply.layer.steps {
            return;
        }
        self.steps.fill(T::Row::default());
        let (activation, kept) = (ply.activation, &self.base[..]);
        let values = Factors { activation, kept, dots: None, deltas: by };
        let tangents = Factors { dots: Some(&self.dots), deltas: &self.by, ..values };
        T::weigh(ply.level, values, &mut self.steps);
        T::weigh(ply.level, tangents, &mut self.steps);
    }
}
