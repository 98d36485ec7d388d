//! Networks written in elementary operations of the tape: the judges of their nodes.

use crate::kernel::dense::{Dense, Normed, Skip};
use crate::kernel::network::Activation;
use crate::tape::{Var, join};

/// [`dense`](super::dense) in elementary operations.
pub fn dense_in_elements<'t>(network: &Dense, theta: Var<'t>, x: Var<'t>) -> Var<'t> {
    let (mut a, mut place, last) = (x, 0, network.widths.len() - 2);
    for (k, pair) in network.widths.windows(2).enumerate() {
        let (n_in, n_out) = (pair[0], pair[1]);
        let w = theta.columns(place, n_in * n_out).reshape([n_in, n_out]);
        let z = a.matmul(w) + theta.columns(place + n_in * n_out, n_out);
        place += (n_in + 1) * n_out;
        if k == last {
            return z;
        }
        let y = activated(network.activation, z);
        a = match network.skip {
            Skip::Inputs if n_out == n_in => y + a,
            Skip::Inputs if n_out == 2 * n_in => y + join(&[a, a]),
            _ => y,
        };
    }
    unreachable!("the last layer returns")
}

/// [`normed`](super::normed) in elementary operations; with `statistics` `[1, …]`, in the order of
/// [`Normed::statistics`], by those instead of the batch's own: what it is once training is over.
pub fn normed_in_elements<'t>(
    network: &Normed,
    theta: Var<'t>,
    statistics: Option<Var<'t>>,
    x: Var<'t>,
) -> Var<'t> {
    let (widths, last) = (&network.widths, network.widths.len() - 1);
    let mut scales: usize =
        widths.windows(2).map(|pair| pair[0] * pair[1]).sum::<usize>() + widths[last];
    let (mut z, mut place, mut kept) = (x, 0, 0);
    for (k, &width) in widths.iter().enumerate() {
        let n = z.shape()[0] as f64;
        let [off, variance] = if let Some(all) = statistics {
            [z - all.columns(kept, width), all.columns(kept + width, width)]
        } else {
            let off = z - z.sum_to([1, width]) / n;
            [off, off.square().sum_to([1, width]) / n]
        };
        kept += 2 * width;
        let hat = off / (variance + network.eps).sqrt();
        let y = hat * theta.columns(scales, width) + theta.columns(scales + width, width);
        scales += 2 * width;
        let a = if 0 < k && k < last { activated(network.activation, y) } else { y };
        let Some(&next) = widths.get(k + 1) else { return a };
        z = a.matmul(theta.columns(place, width * next).reshape([width, next]));
        place += width * next;
        if k + 1 == last {
            z = z + theta.columns(place, next);
        }
    }
    unreachable!("the last normalisation returns")
}

/// What a hidden layer does to each number.
pub fn activated(activation: Activation, x: Var<'_>) -> Var<'_> {
    match activation {
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => x.sigmoid(),
        Activation::Softplus => x.softplus(),
        Activation::Relu => x.relu(),
        Activation::Sin => x.sin(),
        Activation::Gelu => x * x.normcdf(),
        Activation::GeluTanh => {
            let v = (x + x.powi(3) * 0.044_715) * std::f64::consts::FRAC_2_PI.sqrt();
            x * (v * 2.0).sigmoid()
        }
        Activation::Silu => x * x.sigmoid(),
        Activation::Identity => x,
    }
}
