//! The forward pass of a batch, layer by layer: products on every vector level, activations on theirs.

use fearless_simd::Level;

use super::product::{Lines, Store};
use super::{Dense, rows};
use crate::kernel::lane::Real;

/// The body of [`Dense::forward`].
pub(super) fn forward<T: Real>(
    level: Level,
    network: &Dense,
    (theta, n, input): (&[T::Row], usize, &[T::Row]),
    [cache, output]: [&mut [T::Row]; 2],
) {
    let hidden = network.hidden_rows::<T>(n);
    let (values, arguments) = cache.split_at_mut(hidden);
    for layer in network.layers::<T>(n) {
        let (before, after) = (rows::<T>(layer.n_in), rows::<T>(layer.n_out));
        let panels = &theta[layer.theta..][..layer.len::<T>()];
        let (done, rest) = values.split_at_mut(layer.value.min(hidden));
        let from = if layer.value == 0 { input } else { &done[layer.value - n * before..] };
        let is_last = layer.value == hidden;
        let to = if is_last { &mut *output } else { &mut rest[..n * after] };
        let a = Lines { rows: from, stride: before };
        T::across(
            level,
            (n, layer.n_in, layer.bias),
            a,
            panels,
            Store { rows: &mut *to, stride: after },
        );
        if is_last {
            continue;
        }
        if network.activation.keeps_argument() {
            arguments[layer.value..][..n * after].copy_from_slice(to);
        }
        T::activate(level, network.activation, to);
    }
}
