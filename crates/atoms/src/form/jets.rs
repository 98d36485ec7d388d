//! An embedding and its first two derivatives at many points: what a table is made of.

use ground::array::Array;
use ground::kernel::dense::frozen::Frozen;
use ground::kernel::dense::rows;
use ground::kernel::lane::{self, flat};

use super::network::Network;

/// g, g' and g'' at points: `[n, M]` each.
pub fn jets(network: &Network, theta: &[f64], points: &[f64]) -> [Array; 3] {
    let level = lane::level();
    let lines = Frozen::<f64>::new(level, &network.stills(theta)).jets(level, points);
    let (m, stride) = (network.n_out(), rows::<f64>(network.n_out()) * 8);
    lines.map(|lines| {
        Array::from_shape_fn((points.len(), m), |(i, k)| flat::<f64>(&lines)[i * stride + k])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::network::Skip;
    use ground::array;
    use ground::kernel::network::Activation;
    use ground::stream::Stream;
    use ground::tape::{Tape, grad};

    #[test]
    fn agree_with_the_tape() {
        for activation in Activation::ALL {
            let network = Network::new(&[1, 5, 10, 10, 3], activation, Skip::Doubling, true);
            let theta = network.drawn(1.0, &Stream::new(1), 0);
            let points: Vec<f64> = (0..9).map(|i| f64::from(i) * 0.31 - 1.1).collect();
            let found = jets(&network, &theta, &points);
            let tape = Tape::new();
            let x = tape.variable(array::rows(9, 1, &points));
            let y = network.value(tape.variable(array::rows(1, theta.len(), &theta)), x);
            for m in 0..3 {
                let y = y.columns(m, 1);
                let first = grad(y, &[x])[0];
                let second = grad(first, &[x])[0];
                for (k, right) in [y, first, second].into_iter().enumerate() {
                    for i in 0..9 {
                        let off = (found[k][[i, m]] - right.value()[[i, 0]]).abs();
                        assert!(off < 1e-12, "{activation:?}, derivative {k}: {off:e}");
                    }
                }
            }
        }
    }
}
