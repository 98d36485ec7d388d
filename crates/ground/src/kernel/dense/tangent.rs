//! Tangents of dense networks, and the reverse pass through them: what trains derivatives.
//!
//! With a direction ẋ of each point, the tangent of the outputs y(x) is ẏ = J(x) ẋ. Layer by layer,
//!
//! ```text
//! z = W a + b,  ż = W ȧ;   next a = f(z),  next ȧ = f'(z) ż    (and a, ȧ again where inputs are added)
//! ```
//! A loss on forces or on slopes is a loss on ẏ. Its gradient is that of Σ s·y + Σ ṡ·ẏ:
//!
//! ```text
//! δz = f' δa + f'' ż δȧ,  δż = f' δȧ;   δa = Wᵀ δz,  δȧ = Wᵀ δż;   δW = a δzᵀ + ȧ δżᵀ,  δb = δz
//! ```
//! Where a layer has steps τ, f and its derivatives are τ f, τ f', τ f'', and δτ = f(z) δa + f'(z) ż δȧ.
//! The derivative by ẋ is that of ṡ·J(x) ẋ, which is Jᵀ ṡ; the one by x holds the second derivatives of
//! the network along ẋ and ṡ: with s = 0 it is the product of a Hessian with ẋ.
//!
//! One direction a point; several are several batches.

use fearless_simd::Level;

use super::forward::{finish, through};
use super::product::{Bias, Lines, Store};
use super::reverse::{Add, buffers};
use super::{Dense, rows, steps};
use crate::kernel::lane::Real;

/// A batch that went through a network with one direction a point. Pairs are of values and tangents.
#[derive(Clone, Copy, Debug)]
pub struct Tangents<'a, T: Real> {
    /// Points.
    pub n: usize,
    /// x and ẋ. `[n, rows(n_in)]`
    pub inputs: [&'a [T::Row]; 2],
    /// What [`Dense::tangent`] kept. `[tangent_cache_rows(n)]`
    pub cache: &'a [T::Row],
    /// The derivatives of the scalar by y and ẏ, zero in the padding. `[n, rows(n_out)]`
    pub seeds: [&'a [T::Row]; 2],
}

impl Dense {
    /// Rows that [`Dense::tangent`] keeps for the reverse pass: those of [`Dense::forward`], then the
    /// tangents of the values and of the arguments of all hidden layers.
    pub fn tangent_cache_rows<T: Real>(&self, n: usize) -> usize {
        self.cache_rows::<T>(n) + 2 * self.hidden_rows::<T>(n)
    }

    /// y and ẏ = J(x) ẋ of a batch: `inputs` x and ẋ `[n, rows(n_in)]`, `cache` (written), `outputs`
    /// y and ẏ `[n, rows(n_out)]` (written). y is that of [`Dense::forward`], to the bit.
    ///
    /// # Panics
    /// If a slice has another length.
    #[expect(clippy::too_many_arguments, reason = "two pairs and a cache")]
    pub fn tangent<T: Real>(
        &self,
        level: Level,
        theta: &[T::Row],
        n: usize,
        inputs: [&[T::Row]; 2],
        cache: &mut [T::Row],
        outputs: [&mut [T::Row]; 2],
    ) {
        let [n_in, n_out] = [self.widths[0], self.n_out()].map(|width| n * rows::<T>(width));
        assert_eq!(theta.len(), self.rows::<T>(), "parameter rows: found, needed");
        assert_eq!(inputs.map(<[_]>::len), [n_in; 2], "input rows: found, needed");
        assert_eq!(cache.len(), self.tangent_cache_rows::<T>(n), "cache rows: found, needed");
        let found = outputs.each_ref().map(|rows| rows.len());
        assert_eq!(found, [n_out; 2], "output rows: found, needed");
        forward::<T>(level, self, (theta, n, inputs), cache, outputs);
    }

    /// Adds to `gradient` that of Σ s·y + Σ ṡ·ẏ by the parameters; its derivatives by x and ẋ are
    /// written, if asked for (`[n, rows(n_in)]`). `scratch` is grown as needed; keep it for the next call.
    ///
    /// # Panics
    /// If a slice has another length than [`Tangents`] says.
    #[expect(clippy::too_many_arguments, reason = "what goes in and what comes out")]
    pub fn reverse_tangent<T: Real>(
        &self,
        level: Level,
        theta: &[T::Row],
        batch: Tangents<'_, T>,
        scratch: &mut Vec<T::Row>,
        gradient: &mut [T::Row],
        by_inputs: Option<[&mut [T::Row]; 2]>,
    ) {
        let n = batch.n;
        let [n_in, n_out] = [self.widths[0], self.n_out()].map(|width| n * rows::<T>(width));
        assert_eq!(theta.len(), self.rows::<T>(), "parameter rows: found, needed");
        assert_eq!(gradient.len(), theta.len(), "gradient rows: found, needed");
        assert_eq!(batch.inputs.map(<[_]>::len), [n_in; 2], "input rows: found, needed");
        assert_eq!(batch.cache.len(), self.tangent_cache_rows::<T>(n), "cache rows: found, needed");
        assert_eq!(batch.seeds.map(<[_]>::len), [n_out; 2], "seed rows: found, needed");
        if let Some(inputs) = &by_inputs {
            let found = inputs.each_ref().map(|rows| rows.len());
            assert_eq!(found, [n_in; 2], "input gradients: found, needed");
        }
        reverse(level, (self, theta), batch, scratch, (gradient, by_inputs));
    }
}

/// Rows of values and of tangents.
pub(super) type Pair<'a, R> = [&'a [R]; 2];
/// The same, to be written.
pub(super) type PairMut<'a, R> = [&'a mut [R]; 2];

/// The body of [`Dense::tangent`].
fn forward<T: Real>(
    level: Level,
    network: &Dense,
    (theta, n, inputs): (&[T::Row], usize, Pair<'_, T::Row>),
    cache: &mut [T::Row],
    [output, output_dot]: PairMut<'_, T::Row>,
) {
    let hidden = network.hidden_rows::<T>(n);
    let (values, rest) = cache.split_at_mut(hidden);
    let (kept, rest) = rest.split_at_mut(network.kept_rows::<T>(n));
    let (tangents, dots) = rest.split_at_mut(hidden);
    for layer in network.layers::<T>(n) {
        let size = n * rows::<T>(layer.n_out);
        let own = layer.value..layer.value + size;
        let (done, rest) = values.split_at_mut(layer.value);
        let (done_dot, rest_dot) = tangents.split_at_mut(layer.value);
        let place = layer.value.saturating_sub(n * layer.before::<T>());
        let is_first = layer.value == 0;
        let [from, from_dot] = if is_first { inputs } else { [&done[place..], &done_dot[place..]] };
        if layer.value == hidden {
            through::<T>(level, (layer, theta), (n, Bias::Added), from, output);
            through::<T>(level, (layer, theta), (n, Bias::Passed), from_dot, output_dot);
            continue;
        }
        let (to, to_dot) = (&mut rest[..size], &mut rest_dot[..size]);
        through::<T>(level, (layer, theta), (n, Bias::Added), from, to);
        through::<T>(level, (layer, theta), (n, Bias::Passed), from_dot, to_dot);
        dots[own.clone()].copy_from_slice(to_dot);
        finish::<T>(level, network, (layer, theta, from), to, kept.get_mut(own.clone()));
        let slopes = kept.get(own).unwrap_or(to);
        T::derive(level, network.activation, slopes, to_dot);
        if layer.steps {
            T::scale(level, &theta[layer.tau::<T>()], to_dot);
        }
        if layer.copies > 0 {
            T::add_copies(level, layer, from_dot, to_dot);
        }
    }
}

/// The body of [`Dense::reverse_tangent`].
fn reverse<T: Real>(
    level: Level,
    (network, theta): (&Dense, &[T::Row]),
    batch: Tangents<'_, T>,
    scratch: &mut Vec<T::Row>,
    (gradient, mut by_inputs): (&mut [T::Row], Option<PairMut<'_, T::Row>>),
) {
    let n = batch.n;
    let (turned, buffers) = buffers::<T, 6>(network, n, scratch);
    let [one, two, three, four, five, six] = buffers;
    let ([mut here, mut before], mut aside) = ([[one, two], [three, four]], [five, six]);
    for (here, seeds) in here.iter_mut().zip(batch.seeds) {
        here[..seeds.len()].copy_from_slice(seeds);
    }
    let hidden = network.hidden_rows::<T>(n);
    let kept = &batch.cache[network.kept_rows::<T>(n)..];
    let (tangents, dots) = batch.cache[network.cache_rows::<T>(n)..].split_at(hidden);
    let layers: Vec<_> = network.layers::<T>(n).collect();
    for layer in layers.into_iter().rev() {
        let (n_in, n_out) = (layer.before::<T>(), rows::<T>(layer.n_out));
        let (size, is_first) = (n * n_out, layer.value == 0);
        if layer.copies > 0 {
            for (aside, here) in aside.iter_mut().zip(&here) {
                aside[..size].copy_from_slice(&here[..size]);
            }
        }
        if layer.value < hidden {
            let seen = [kept, dots].map(|rows| &rows[layer.value..][..size]);
            let mut deltas = here.each_mut().map(|h| &mut h[..size]);
            if layer.steps {
                let deltas = deltas.each_mut().map(|d| &mut **d);
                let pair = (layer, theta);
                steps::back_twice::<T>(level, network.activation, pair, (seen, deltas), gradient);
            }
            T::derive_twice(level, network.activation, seen, deltas);
        }
        let turned = &mut turned[..n_in * layer.n_out];
        if !is_first || by_inputs.is_some() {
            T::turn(level, layer, (&theta[layer.weights::<T>()], 0..n_in), turned);
        }
        for side in 0..2 {
            let delta = Lines { rows: &here[side][..size], stride: n_out };
            let to = match &mut by_inputs {
                Some(inputs) if is_first => Some(&mut *inputs[side]),
                None if is_first => None,
                _ => Some(&mut before[side][..n * n_in]),
            };
            if let Some(to) = to {
                let store = Store { rows: &mut *to, stride: n_in };
                T::across(level, (n, layer.n_out, Bias::Absent), delta, turned, store);
                if layer.copies > 0 {
                    T::fold_copies(level, layer, &aside[side][..size], to);
                }
            }
            let all = [batch.cache, tangents][side];
            let place = layer.value.saturating_sub(n * n_in);
            let from = if is_first { batch.inputs[side] } else { &all[place..] };
            let shape = (n, layer.n_in, layer.bias && side == 0);
            let sums = Add { rows: &mut gradient[layer.theta..], panel: layer.panel() };
            T::down_add(level, shape, [Lines { rows: from, stride: n_in }, delta], sums);
        }
        std::mem::swap(&mut here, &mut before);
    }
}

#[cfg(test)]
mod tests;
