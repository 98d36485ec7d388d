//! The forward pass of a batch, layer by layer: products on every vector level, activations on theirs.

use fearless_simd::Level;

use super::product::{Bias, Lines, Store};
use super::{Dense, Layer, rows};
use crate::kernel::lane::Real;

/// The body of [`Dense::forward`].
pub(super) fn forward<T: Real>(
    level: Level,
    network: &Dense,
    (theta, n, input): (&[T::Row], usize, &[T::Row]),
    [cache, output]: [&mut [T::Row]; 2],
) {
    let hidden = network.hidden_rows::<T>(n);
    let (values, kept) = cache.split_at_mut(hidden);
    for layer in network.layers::<T>(n) {
        let (before, after) = (layer.before::<T>(), rows::<T>(layer.n_out));
        let (done, rest) = values.split_at_mut(layer.value.min(hidden));
        let from = if layer.value == 0 { input } else { &done[layer.value - n * before..] };
        let is_last = layer.value == hidden;
        let to = if is_last { &mut *output } else { &mut rest[..n * after] };
        through::<T>(level, (layer, theta), (n, Bias::Added), from, to);
        if !is_last {
            let kept = kept.get_mut(layer.value..layer.value + n * after);
            finish::<T>(level, network, (layer, theta, from), to, kept);
        }
    }
}

/// `to` = `from` W, and b where the bias is added.
pub(super) fn through<T: Real>(
    level: Level,
    (layer, theta): (Layer, &[T::Row]),
    (n, bias): (usize, Bias),
    from: &[T::Row],
    to: &mut [T::Row],
) {
    let a = Lines { rows: from, stride: layer.before::<T>() };
    let panels = &theta[layer.weights::<T>()];
    let store = Store { rows: to, stride: rows::<T>(layer.n_out) };
    T::across(level, (n, layer.n_in, bias), a, panels, store);
}

/// From the sums of a hidden layer to its values: the activation, its scale, what is added of its inputs.
/// `kept` gets what slopes are computed from, if that is not the values.
pub(super) fn finish<T: Real>(
    level: Level,
    network: &Dense,
    (layer, theta, from): (Layer, &[T::Row], &[T::Row]),
    to: &mut [T::Row],
    kept: Option<&mut [T::Row]>,
) {
    let keeps_argument = network.activation.keeps_argument();
    match kept {
        Some(kept) if keeps_argument => {
            kept.copy_from_slice(to);
            T::activate(level, network.activation, to);
        }
        Some(kept) => {
            T::activate(level, network.activation, to);
            kept.copy_from_slice(to);
        }
        None => T::activate(level, network.activation, to),
    }
    if layer.steps {
        T::scale(level, &theta[layer.tau::<T>()], to);
    }
    if layer.copies > 0 {
        T::add_copies(level, layer, from, to);
    }
}
