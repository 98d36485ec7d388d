//! The forward pass of a batch, layer by layer.

use fearless_simd::Simd;

use super::product::{Lines, Store, across};
use super::{Dense, rows};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;
use crate::kernel::network::forward::activate;

/// The body of [`Dense::forward`] at one level.
#[inline(always)]
pub(in crate::kernel) fn forward<T: Real, S: Simd>(
    simd: S,
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
        let mut store = Store { rows: &mut *to, stride: after };
        across::<T, S, _>(simd, (n, layer.n_in, true), a, panels, &mut store);
        if is_last {
            continue;
        }
        if network.activation == Activation::Sin {
            arguments[layer.value..][..n * after].copy_from_slice(to);
        }
        activate::<T, S>(simd, network.activation, to);
    }
}
