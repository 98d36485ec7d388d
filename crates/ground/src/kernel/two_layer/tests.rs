//! The kernel of a two-layer network against plain loops.

use super::*;
use crate::kernel::lane::{Row, flat, flat_mut, level_name, levels};
use crate::kernel::packing::Packing;
use crate::stream::Stream;

/// a, b `[m, d]` and c, in double precision, and the samples.
struct Case {
    network: TwoLayer,
    theta: [Vec<f64>; 3],
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Case {
    fn new((n, m, d): (usize, usize, usize), bias: bool, activation: Activation) -> Self {
        let stream = Stream::new(7);
        let draw = |name: &str, n: usize, by: f64| -> Vec<f64> {
            let stream = stream.child(name);
            // Single numbers, so that both precisions mean the same.
            let single = |x: f64| f64::from(f32::of(x));
            (0..n).map(|k| single(by * stream.normal(k as u64, 0, 0))).collect()
        };
        let network = TwoLayer { inputs: d, width: m, bias, activation, scale: 0.25 };
        let size = 1.0 / (d as f64).sqrt();
        let c = draw("c", if bias { m } else { 0 }, 0.5);
        let theta = [draw("a", m, 2.0 / (m as f64).sqrt()), draw("b", m * d, size), c];
        Self { network, theta, x: draw("x", n * d, 1.0), y: draw("y", n, 0.3) }
    }

    fn packings(&self) -> [Packing; 3] {
        let TwoLayer { inputs, width, bias, .. } = self.network;
        let none = if bias { width } else { 0 };
        [Packing::list(width), Packing::Blocks([width, inputs]), Packing::list(none)]
    }

    fn packed<T: Real>(&self) -> [Vec<T::Row>; 3] {
        let packings = self.packings();
        [0, 1, 2].map(|k| packings[k].pack::<T>(&self.theta[k]))
    }

    /// Σ r² and the gradient of ½ weight Σ r² + λ s Σ |a| (‖b‖₁ + |c|), by loops.
    fn plain(&self, weight: f64, lambda: f64) -> (f64, [Vec<f64>; 3], f64) {
        let TwoLayer { inputs: d, width: m, scale, activation, .. } = self.network;
        let [a, b, c] = &self.theta;
        let shift = |j: usize| c.get(j).copied().unwrap_or(0.0);
        let mut slopes = [vec![0.0; m], vec![0.0; m * d], vec![0.0; c.len()]];
        let (mut squares, mut norm) = (0.0, 0.0);
        for (x, y) in self.x.chunks(d).zip(&self.y) {
            let inner =
                |j: usize| shift(j) + x.iter().zip(&b[j * d..]).map(|(x, b)| x * b).sum::<f64>();
            let f: f64 = (0..m).map(|j| a[j] * value(activation, inner(j)).0).sum();
            let r = scale * f - y;
            squares += r * r;
            for j in 0..m {
                let (h, slope) = value(activation, inner(j));
                slopes[0][j] += weight * scale * r * h;
                for q in 0..d {
                    slopes[1][j * d + q] += weight * scale * r * a[j] * slope * x[q];
                }
                if !c.is_empty() {
                    slopes[2][j] += weight * scale * r * a[j] * slope;
                }
            }
        }
        let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
        for j in 0..m {
            let b = &b[j * d..][..d];
            let length = b.iter().map(|b| b.abs()).sum::<f64>() + shift(j).abs();
            norm += a[j].abs() * length;
            slopes[0][j] += lambda * scale * sign(a[j]) * length;
            for q in 0..d {
                slopes[1][j * d + q] += lambda * scale * a[j].abs() * sign(b[q]);
            }
            if !c.is_empty() {
                slopes[2][j] += lambda * scale * a[j].abs() * sign(shift(j));
            }
        }
        (squares, slopes, lambda * scale * norm)
    }

    fn at<T: Real>(&self, level: Level) -> (f64, [Vec<f64>; 3], f64) {
        let (theta, packings) = (self.packed::<T>(), self.packings());
        let theta = theta.each_ref().map(|rows| &rows[..]);
        let mut batch = Regression::<T>::new(level, self.network, &self.x, &self.y);
        let squares = batch.gradient(theta, 0.5).unwrap();
        assert_eq!(squares, batch.squares(theta), "values do not depend on what is asked for");
        let penalty = batch.penalise(theta, 0.125);
        let slopes = batch.slopes();
        (squares, [0, 1, 2].map(|k| packings[k].unpack::<T>(slopes[k])), penalty)
    }
}

/// σ and σ'.
fn value(activation: Activation, z: f64) -> (f64, f64) {
    match activation {
        Activation::Relu => (z.max(0.0), f64::from(u8::from(z > 0.0))),
        Activation::Tanh => (z.tanh(), 1.0 - z.tanh().powi(2)),
        Activation::Sigmoid => {
            let s = 1.0 / (1.0 + (-z).exp());
            (s, s * (1.0 - s))
        }
        Activation::Sin => (z.sin(), z.cos()),
        other => panic!("{other:?} is not tested"),
    }
}

fn all_cases() -> Vec<Case> {
    let relu = Activation::Relu;
    let mut cases: Vec<Case> = [
        ((1, 1, 1), false),
        ((25, 4, 10), false),
        ((37, 21, 3), true),
        ((50, 40, 13), true),
        ((13, 33, 27), false),
        // More than one slab in either precision.
        ((700, 301, 10), false),
    ]
    .map(|(sizes, bias)| Case::new(sizes, bias, relu))
    .into();
    for activation in [Activation::Tanh, Activation::Sigmoid, Activation::Sin] {
        cases.push(Case::new((37, 21, 3), true, activation));
        cases.push(Case::new((700, 301, 2), false, activation));
    }
    cases
}

fn compare<T: Real>(tolerance: f64) {
    for case in all_cases() {
        let (squares, slopes, penalty) = case.plain(0.5, 0.125);
        for level in levels() {
            let (found, found_slopes, found_penalty) = case.at::<T>(level);
            let name = (level_name(level), case.network);
            assert!((found - squares).abs() <= tolerance * squares, "{name:?} {found} {squares}");
            assert!((found_penalty - penalty).abs() <= tolerance * penalty, "{name:?}");
            for k in 0..3 {
                let most = slopes[k].iter().fold(0.0_f64, |most, s| most.max(s.abs()));
                for (found, exact) in found_slopes[k].iter().zip(&slopes[k]) {
                    assert!((found - exact).abs() <= tolerance * most, "{name:?} {k}");
                }
            }
        }
    }
}

#[test]
fn agree_with_plain_loops_in_double_precision() {
    compare::<f64>(1e-10);
}

#[test]
fn agree_with_plain_loops_in_single_precision() {
    compare::<f32>(1e-5);
}

#[test]
fn agree_levels_to_the_bit() {
    fn bits<T: Real>() {
        for case in all_cases() {
            let fused = levels().into_iter().filter(|level| level_name(*level) != "portable");
            let all: Vec<_> = fused.map(|level| case.at::<T>(level)).collect();
            assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", case.network);
        }
    }
    bits::<f32>();
    bits::<f64>();
}

/// Moves of a case, by the kernel or by plain rules.
fn moved<T: Real>(case: &Case, by: Update, fused: bool) -> [[Vec<T::Row>; 3]; 3] {
    let level = crate::kernel::lane::level();
    let mut batch = Regression::<T>::new(level, case.network, &case.x, &case.y);
    let mut blocks = case.packed::<T>().map(|rows| {
        let zeros = vec![T::Row::default(); rows.len()];
        [rows, zeros.clone(), zeros]
    });
    for _ in 0..30 {
        let theta = blocks.each_ref().map(|block| &block[0][..]);
        batch.gradient(theta, 2.0 / case.y.len() as f64).unwrap();
        if fused {
            let blocks = blocks.each_mut().map(|block| block.each_mut().map(|rows| &mut rows[..]));
            batch.move_along(by, blocks);
        } else {
            for (block, slope) in blocks.iter_mut().zip(batch.slopes()) {
                by.apply_rows::<T>(level, block.each_mut().map(|rows| &mut rows[..]), slope);
            }
        }
    }
    blocks
}

#[test]
fn agree_moves_with_the_rules_and_fillings_stay_zero() {
    fn all<T: Real>() {
        let adam = Update::Adam {
            rate: 1e-2,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            step: 1,
            form: crate::kernel::update::AdamForm::Torch,
        };
        for activation in [Activation::Relu, Activation::Sigmoid] {
            let case = Case::new((37, 21, 3), true, activation);
            for by in [Update::Momentum { rate: 0.05, keep: 0.9 }, adam] {
                let blocks = moved::<T>(&case, by, true);
                assert_eq!(blocks, moved::<T>(&case, by, false), "{by:?}");
                assert!(blocks[0][0] != case.packed::<T>()[0], "nothing moved");
                for rows in blocks.iter().flatten() {
                    let last = if rows.len() == blocks[1][0].len() { 3 } else { 1 };
                    for row in &rows[rows.len() - last..] {
                        let used = 21 % T::LANES;
                        assert!(row.as_ref()[used..].iter().all(|&v| v == T::of(0.0)), "{by:?}");
                    }
                }
            }
        }
    }
    all::<f32>();
    all::<f64>();
}

#[test]
fn a_ball_that_rolls_out_is_never_subnormal() {
    let network =
        TwoLayer { inputs: 1, width: 1, bias: false, activation: Activation::Relu, scale: 1.0 };
    // The neuron is off at the only sample: no gradient ever.
    let mut batch = Regression::<f32>::new(lane::level(), network, &[-1.0], &[1.0]);
    let one = || vec![<f32 as Real>::Row::default(); 1];
    let (mut a, mut b) = ([one(), one(), one()], [one(), one(), one()]);
    flat_mut::<f32>(&mut b[0])[0] = 1.0;
    flat_mut::<f32>(&mut b[1])[0] = 1e-3;
    let ball = Update::Momentum { rate: 1e-3, keep: 0.9 };
    for _ in 0..2000 {
        batch.gradient([&a[0], &b[0], &[]], 1.0).unwrap();
        let ([a0, a1, a2], [b0, b1, b2]) = (&mut a, &mut b);
        let none: [&mut [_]; 3] = [&mut [], &mut [], &mut []];
        batch.move_along(ball, [[a0, a1, a2], [b0, b1, b2], none]);
    }
    let ball = flat::<f32>(&b[1])[0];
    assert!(ball < 1e-30 && !ball.is_subnormal(), "{ball}");
}

#[test]
fn what_is_not_finite_is_said() {
    let case = Case::new((5, 3, 2), false, Activation::Relu);
    let mut batch = Regression::<f32>::new(lane::level(), case.network, &case.x, &case.y);
    let mut theta = case.packed::<f32>();
    theta[0][0] = Row::splat(1e30);
    assert!(batch.gradient(theta.each_ref().map(|rows| &rows[..]), 1.0).is_none());
    theta[0][0] = Row::splat(f32::NAN);
    assert!(batch.gradient(theta.each_ref().map(|rows| &rows[..]), 1.0).is_none());
}
