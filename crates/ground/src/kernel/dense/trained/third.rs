//! An activation and its first three derivatives, number by number: for few points.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, FRAC_2_SQRT_PI};

use crate::kernel::network::Activation;

/// φ, φ', φ'' and φ''' from what slopes are computed from: the value, or the argument where that is kept.
pub(super) fn jet(activation: Activation, kept: f64) -> [f64; 4] {
    let (x, y) = (kept, kept);
    match activation {
        Activation::Identity => [y, 1.0, 0.0, 0.0],
        Activation::Relu => [y, if y > 0.0 { 1.0 } else { 0.0 }, 0.0, 0.0],
        Activation::Tanh => {
            let first = 1.0 - y * y;
            let second = -2.0 * y * first;
            [y, first, second, -2.0 * (first * first + y * second)]
        }
        Activation::Sigmoid => logistic(y),
        Activation::Softplus => {
            let [value, first, second, _] = logistic(-(-y).exp_m1());
            [y, value, first, second]
        }
        Activation::Sin => [x.sin(), x.cos(), -x.sin(), -x.cos()],
        Activation::Gelu => {
            let density = 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (-0.5 * x * x).exp();
            let share = 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
            let first = share + x * density;
            [x * share, first, (2.0 - x * x) * density, x * (x * x - 4.0) * density]
        }
        Activation::Silu => gated(x, [x, 1.0, 0.0, 0.0]),
        Activation::GeluTanh => {
            let (c, a) = (2.0 * FRAC_2_PI.sqrt(), 0.044_715);
            let v = [
                c * (x + a * x * x * x),
                c * (1.0 + 3.0 * a * x * x),
                6.0 * c * a * x,
                6.0 * c * a,
            ];
            gated(x, v)
        }
    }
}

/// The logistic function from its value, and its derivatives.
fn logistic(y: f64) -> [f64; 4] {
    let first = y * (1.0 - y);
    let second = first * (1.0 - 2.0 * y);
    [y, first, second, second * (1.0 - 2.0 * y) - 2.0 * first * first]
}

/// x σ(v(x)), from v and its derivatives.
fn gated(x: f64, [v, v1, v2, v3]: [f64; 4]) -> [f64; 4] {
    let [s, p, q, r] = logistic(1.0 / (1.0 + (-v).exp()));
    let s1 = p * v1;
    let s2 = q * v1 * v1 + p * v2;
    let s3 = r * v1 * v1 * v1 + 3.0 * q * v1 * v2 + p * v3;
    [x * s, s + x * s1, 2.0 * s1 + x * s2, 3.0 * s2 + x * s3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::networks::activated;
    use crate::tape::{Tape, grad};

    #[test]
    fn agree_with_the_tape() {
        for activation in Activation::ALL.into_iter().chain([Activation::Identity]) {
            for x in [-2.3, -0.4, 0.7, 1.9] {
                let tape = Tape::new();
                let at = tape.number(x);
                let mut right = vec![activated(activation, at)];
                for k in 0..3 {
                    right.push(grad(right[k], &[at])[0]);
                }
                let kept = if activation.keeps_argument() { x } else { right[0].item() };
                for (k, (found, right)) in jet(activation, kept).into_iter().zip(right).enumerate()
                {
                    let off = (found - right.item()).abs();
                    assert!(off < 1e-12, "{activation:?}, derivative {k} at {x}: {off:e}");
                }
            }
        }
    }
}
