//! An embedding and its first two derivatives at many points: what a table is made of.
//!
//! ```text
//! z = x W + b, ż = ẋ W, z̈ = ẍ W;   φ(z), φ' ż, φ'' ż² + φ' z̈       the input has ẋ = 1, ẍ = 0
//! ```

use ground::array::{Array, rows};
use ground::kernel::network::Activation;

use super::network::Network;

/// g, g' and g'' at points: `[n, M]` each.
pub fn jets(network: &Network, theta: &[f64], points: &[f64]) -> [Array; 3] {
    let n = points.len();
    let mut x = [rows(n, 1, points), Array::ones((n, 1)), Array::zeros((n, 1))];
    for (layer, [w, b, c]) in network.split(theta) {
        let w = rows(layer.n_in, layer.n_out, w);
        let mut y = x.each_ref().map(|x| x.dot(&w));
        let [y0, y1, y2] = &mut y;
        for (((_, o), z), (first, second)) in
            y0.indexed_iter_mut().zip(y1.iter_mut().zip(y2.iter_mut()))
        {
            let [value, slope, curvature] = activated(layer.activation, *z + b[o]);
            let scale = c.get(o).copied().unwrap_or(1.0);
            *z = scale * value;
            *second = scale * (curvature * *first * *first + slope * *second);
            *first *= scale * slope;
        }
        if layer.copies > 0 {
            for (x, y) in x.iter().zip(&mut y) {
                y.indexed_iter_mut().for_each(|((i, o), y)| *y += x[[i, o % layer.n_in]]);
            }
        }
        x = y;
    }
    x
}

/// φ, φ' and φ'' of a number.
fn activated(activation: Activation, z: f64) -> [f64; 3] {
    let logistic = |v: f64| 1.0 / (1.0 + (-v).exp());
    // x σ(v) with v' and v''.
    let gated = |v: f64, first: f64, second: f64| {
        let y = logistic(v);
        let slope = y * (1.0 - y);
        let curvature = slope * (2.0 * first + z * second + z * first * first * (1.0 - 2.0 * y));
        [z * y, y + z * slope * first, curvature]
    };
    match activation {
        Activation::Tanh => {
            let y = z.tanh();
            let slope = 1.0 - y * y;
            [y, slope, -2.0 * y * slope]
        }
        Activation::Sigmoid => {
            let y = logistic(z);
            let slope = y * (1.0 - y);
            [y, slope, slope * (1.0 - 2.0 * y)]
        }
        Activation::Softplus => {
            let y = logistic(z);
            [z.max(0.0) + (-z.abs()).exp().ln_1p(), y, y * (1.0 - y)]
        }
        Activation::Relu => [z.max(0.0), f64::from(u8::from(z > 0.0)), 0.0],
        Activation::Sin => [z.sin(), z.cos(), -z.sin()],
        Activation::Gelu => {
            let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
            let below = 0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2);
            [z * below, below + z * density, density * (2.0 - z * z)]
        }
        Activation::GeluTanh => {
            let [a, b] = [1.0, 0.044_715].map(|v| v * 2.0 * std::f64::consts::FRAC_2_PI.sqrt());
            gated(z * (a + b * z * z), a + 3.0 * b * z * z, 6.0 * b * z)
        }
        Activation::Silu => gated(z, 1.0, 0.0),
        Activation::Identity => [z, 1.0, 0.0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::network::Skip;
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
            let x = tape.variable(rows(9, 1, &points));
            let y = network.value(tape.variable(rows(1, theta.len(), &theta)), x);
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
