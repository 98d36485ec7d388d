//! What a network gives of each point, forward and back: what trains values.
//!
//! ```text
//! forward   y = c ∘ φ(x W + b) + copies of x
//! back      z̄ = c φ' ȳ,  x̄ = z̄ Wᵀ + copies folded,  W̄ = x z̄,  c̄ = φ ȳ
//! ```

use fearless_simd::Level;

use super::super::product::Bias;
use super::super::rows;
use super::super::steps::Factors;
use super::{Part, Ply, Trained, Weights};
use crate::kernel::lane::Real;

/// Points under way through a network.
#[derive(Clone, Debug)]
pub struct Pass<T: Real> {
    n: usize,
    layers: Vec<Kept<T>>,
    room: [Vec<T::Row>; 2],
    /// What the last layer gives. `[n, rows(n_out)]`
    y: Vec<T::Row>,
}

/// What one layer keeps of all points.
#[derive(Clone, Debug)]
struct Kept<T: Real> {
    /// `[n, rows(n_in)]`
    x: Vec<T::Row>,
    /// What slopes are computed from, where that is not what the layer gives. `[n, rows(n_out)]`
    base: Vec<T::Row>,
    /// z̄. `[n, rows(n_out)]`
    d: Vec<T::Row>,
    /// c̄, a line; empty without steps.
    steps: Vec<T::Row>,
}

impl<T: Real> Default for Pass<T> {
    fn default() -> Self {
        let (layers, room) = (Vec::new(), [Vec::new(), Vec::new()]);
        Self { n: 0, layers, room, y: Vec::new() }
    }
}

impl<T: Real> Pass<T> {
    /// Room for n points.
    pub fn prepare(&mut self, network: &Trained, n: usize) {
        let none = || Kept { x: Vec::new(), base: Vec::new(), d: Vec::new(), steps: Vec::new() };
        self.n = n;
        self.layers.resize_with(network.shapes.len(), none);
        let mut widest = 1;
        for (kept, shape) in self.layers.iter_mut().zip(&network.shapes) {
            let [before, after] = [shape.n_in, shape.n_out].map(rows::<T>);
            let changes = shape.copies > 0 || shape.step || shape.activation.keeps_argument();
            kept.x.resize(n * before, T::Row::default());
            kept.base.resize(if changes { n * after } else { 0 }, T::Row::default());
            kept.d.resize(n * after, T::Row::default());
            kept.steps.resize(if shape.step { after } else { 0 }, T::Row::default());
            widest = widest.max(before).max(after);
        }
        self.y.resize(n * rows::<T>(network.n_out()), T::Row::default());
        self.room.iter_mut().for_each(|room| room.resize(n * widest, T::Row::default()));
    }

    /// x of the points: `[n, rows(n_in)]`.
    pub fn inputs(&mut self) -> &mut [T::Row] {
        &mut self.layers[0].x
    }

    /// What the network gives: `[n, rows(n_out)]`.
    pub fn outputs(&self) -> &[T::Row] {
        &self.y
    }

    /// Lines of layer k whose products are its gradient.
    pub fn part(&self, k: usize) -> Part<'_, T::Row> {
        Part { x: &self.layers[k].x, d: &self.layers[k].d, values: self.n }
    }

    /// From inputs to outputs.
    pub fn forward(&mut self, level: Level, network: &Trained, theta: &[T::Row]) {
        // Nothing goes back yet: the transposed weights are not asked for.
        let turned = vec![Vec::new(); network.shapes.len()];
        let plies = Ply::<T>::all(level, network, Weights { theta, turned: &turned });
        for (k, ply) in plies.iter().enumerate() {
            let (done, rest) = self.layers.split_at_mut(k + 1);
            let Kept { x, base, .. } = &mut done[k];
            let y = rest.first_mut().map_or(&mut self.y[..], |next| &mut next.x[..]);
            ply.through(Bias::Added, x, y);
            if base.is_empty() {
                T::activate(level, ply.activation, y);
            } else {
                ply.finish(x, y, base);
            }
        }
    }

    /// From the derivatives by the outputs, `[n, rows(n_out)]`, to the lines whose products are those by the
    /// weights, and to those by the inputs where they are asked for, `[n, rows(n_in)]` (written).
    pub fn back(
        &mut self,
        level: Level,
        (network, weights): (&Trained, Weights<'_, T::Row>),
        seeds: &[T::Row],
        mut by_input: Option<&mut [T::Row]>,
    ) {
        let plies = Ply::<T>::all(level, network, weights);
        let [here, before] = &mut self.room;
        here[..seeds.len()].copy_from_slice(seeds);
        for (k, ply) in plies.iter().enumerate().rev() {
            let (own, rest) = self.layers[k..].split_at_mut(1);
            let Kept { base, d, steps, .. } = &mut own[0];
            let by = &here[..d.len()];
            d.copy_from_slice(by);
            let values = rest.first().map_or(&self.y[..], |next| &next.x[..]);
            let kept = if base.is_empty() { values } else { &base[..] };
            if ply.layer.steps {
                steps.fill(T::Row::default());
                let activation = ply.activation;
                let factors = Factors { activation, kept, dots: None, deltas: by };
                T::weigh(level, factors, steps);
                ply.scale(d);
            }
            T::derive(level, ply.activation, kept, d);
            let n_in = self.n * ply.layer.before::<T>();
            let to = match &mut by_input {
                Some(input) if k == 0 => &mut **input,
                None if k == 0 => return,
                _ => &mut before[..n_in],
            };
            ply.back(d, by, to);
            std::mem::swap(here, before);
        }
    }

    /// Adds c̄ of layer k to a line.
    pub fn add_steps(&self, k: usize, to: &mut [T::Row]) {
        for (to, from) in to.iter_mut().zip(&self.layers[k].steps) {
            super::add::<T>(to, from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::dense::trained::Shape;
    use crate::kernel::dense::{Batch, Dense, Gradient, Skip, Steps};
    use crate::kernel::lane::{self, flat, flat_mut};
    use crate::kernel::network::Activation;
    use crate::stream::Stream;

    /// The gradient by all weights and by the inputs, in parts of points.
    fn ours<T: Real>(
        level: Level,
        (network, theta): (&Trained, &[T::Row]),
        (input, seeds): (&[T::Row], &[T::Row]),
        n: usize,
    ) -> [Vec<T::Row>; 3] {
        let turned: Vec<Vec<T::Row>> = (0..network.shapes.len())
            .map(|k| {
                let [inputs, outputs] = network.turned::<T>(k);
                let mut to = vec![T::Row::default(); inputs * outputs];
                network.turn::<T>(level, theta, (k, 0..inputs), &mut to);
                to
            })
            .collect();
        let mut pass = Pass::<T>::default();
        pass.prepare(network, n);
        pass.inputs().copy_from_slice(input);
        pass.forward(level, network, theta);
        let mut by_input = vec![T::Row::default(); input.len()];
        let weights = Weights { theta, turned: &turned };
        pass.back(level, (network, weights), seeds, Some(&mut by_input));
        let mut gradient = vec![T::Row::default(); theta.len()];
        for k in 0..network.shapes.len() {
            let parts = [Pass::<T>::part(&pass, k)];
            network.gradient::<T>(level, (k, &parts), &mut Vec::new(), &mut gradient);
        }
        [pass.outputs().to_vec(), by_input, gradient]
    }

    fn agrees<T: Real>(activation: Activation, tolerance: f64) {
        let (widths, n) = (vec![5, 19, 11, 3], 13);
        let (skip, steps) = (Skip::Nothing, Steps::None);
        let dense = Dense { widths: widths.clone(), activation, skip, steps };
        let shape = |(k, pair): (usize, &[usize])| Shape {
            n_in: pair[0],
            n_out: pair[1],
            copies: 0,
            step: false,
            activation: if k == 2 { Activation::Identity } else { activation },
        };
        let shapes = widths.windows(2).enumerate().map(shape).collect();
        let network = Trained { shapes };
        let stream = Stream::new(3);
        let numbers: Vec<f64> =
            (0..dense.parameters()).map(|i| 0.4 * stream.normal(0, 0, i)).collect();
        let mut theta = dense.pack::<T>(&numbers);
        assert_eq!(theta, network.pack::<T>(&numbers), "both stand alike in memory");
        let lines = |width: usize, path: u64| {
            let mut to = vec![T::Row::default(); n * rows::<T>(width)];
            for (q, line) in to.chunks_exact_mut(rows::<T>(width)).enumerate() {
                for (i, x) in flat_mut::<T>(line)[..width].iter_mut().enumerate() {
                    *x = T::of(stream.normal(path, 1, q * width + i));
                }
            }
            to
        };
        let (input, seeds) = (lines(5, 1), lines(3, 2));
        for level in lane::levels() {
            let found = ours::<T>(level, (&network, &theta), (&input, &seeds), n);
            let mut cache = vec![T::Row::default(); dense.cache_rows::<T>(n)];
            let mut output = vec![T::Row::default(); seeds.len()];
            dense.forward::<T>(level, &theta, n, &input, &mut cache, &mut output);
            let batch = Batch { n, input: &input, cache: &cache, seeds: &seeds };
            let mut sums = vec![T::Row::default(); theta.len()];
            let mut by = vec![T::Row::default(); input.len()];
            let add = Gradient::Add(&mut sums);
            dense.reverse::<T>(level, &mut theta, batch, &mut Vec::new(), add, Some(&mut by));
            for (found, due) in found.iter().zip([&output, &by, &sums]) {
                for (a, b) in flat::<T>(found).iter().zip(flat::<T>(due)) {
                    let off = (a.wide() - b.wide()).abs();
                    assert!(
                        off <= tolerance * (1.0 + b.wide().abs()),
                        "{activation:?}: {a:?} {b:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn as_a_dense_network() {
        for activation in Activation::ALL {
            agrees::<f32>(activation, 2e-5);
            agrees::<f64>(activation, 1e-13);
        }
    }
}
