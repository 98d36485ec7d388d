//! The nodes against the same networks in elementary operations: values and three orders of derivatives.

use super::*;
use crate::kernel::dense::{Normed, Skip, Steps};
use crate::kernel::network::Activation;
use crate::stream::Stream;
use crate::tape::{Tape, grad};

fn drawn<'t>(tape: &'t Tape, name: &str, shape: [usize; 2], scale: f64) -> Var<'t> {
    let stream = Stream::new(21).child(name);
    tape.variable(Array::from_shape_fn(shape, |(i, j)| scale * stream.normal(i as u64, 0, j)))
}

fn near(found: Var<'_>, exact: Var<'_>, what: &str) {
    let (found, exact) = (found.value(), exact.value());
    assert_eq!(found.shape(), exact.shape(), "{what}");
    let size = exact.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    for (found, exact) in found.iter().zip(exact.iter()) {
        assert!((found - exact).abs() <= 1e-12 * size, "{what}: {found} against {exact}");
    }
}

/// y, the derivatives of s·y by θ and x, those of r·these by θ, x and s, and one order more.
fn derivatives<'t>(tape: &'t Tape, y: Var<'t>, [theta, x]: [Var<'t>; 2]) -> Vec<(String, Var<'t>)> {
    let s = drawn(tape, "s", y.shape(), 1.0);
    let mut all = vec![("value".to_owned(), y)];
    for (name, by) in [("θ", theta), ("x", x)] {
        let first = pull(y, s, &[by])[0];
        all.push((format!("first by {name}"), first));
        let r = drawn(tape, &format!("r{name}"), first.shape(), 1.0);
        let second = pull(first, r, &[theta, x, s]);
        let q = drawn(tape, "q", x.shape(), 1.0);
        let third = grad((second[1] * q).sum(), &[theta, x, s, r]);
        let names = ["θ", "x", "s"].iter().zip(&second);
        all.extend(names.map(|(and, v)| (format!("second by {name}, {and}"), *v)));
        let names = ["θ", "x", "s", "r"].iter().zip(&third);
        all.extend(names.map(|(and, v)| (format!("third by {name}, x, {and}"), *v)));
    }
    all
}

fn compare<'t>(tape: &'t Tape, [found, exact]: [Var<'t>; 2], inputs: [Var<'t>; 2], what: &str) {
    let found = derivatives(tape, found, inputs);
    for ((name, found), (_, exact)) in found.iter().zip(derivatives(tape, exact, inputs)) {
        near(*found, exact, &format!("{what}: {name}"));
    }
}

/// Layers of every kind with every kind of steps.
fn kinds() -> Vec<(Vec<usize>, (Skip, Steps))> {
    let mut all = vec![(vec![2, 3], (Skip::Inputs, Steps::All))];
    for skip in [Skip::Nothing, Skip::Inputs, Skip::Equal] {
        let each = [Steps::None, Steps::Added, Steps::All].map(|steps| (skip, steps));
        all.extend(each.map(|kind| (vec![3, 9, 9, 18, 2], kind)));
        all.extend(each.map(|kind| (vec![4, 4, 5, 3], kind)));
    }
    all
}

#[test]
fn agree_plain_node_with_elements() {
    for activation in Activation::ALL {
        for (widths, (skip, steps)) in kinds() {
            let tape = Tape::new();
            let network = Dense { widths, activation, skip, steps };
            let theta = drawn(&tape, "theta", [1, network.parameters()], 0.5);
            let x = drawn(&tape, "x", [6, network.widths[0]], 1.0);
            let both = [dense(&network, theta, x), dense_in_elements(&network, theta, x)];
            compare(&tape, both, [theta, x], &format!("{network:?}"));
        }
    }
}

#[test]
fn agree_tangent_node_with_elements() {
    for (k, (widths, (skip, steps))) in kinds().into_iter().enumerate() {
        let tape = Tape::new();
        let activation = [Activation::Gelu, Activation::Tanh, Activation::GeluTanh][k % 3];
        let network = Dense { widths, activation, skip, steps };
        let theta = drawn(&tape, "theta", [1, network.parameters()], 0.5);
        let [x, dx] = ["x", "dx"].map(|name| drawn(&tape, name, [6, network.widths[0]], 1.0));
        let node = dense_tangent(&network, theta, x, dx);
        let y = dense_in_elements(&network, theta, x);
        let u = drawn(&tape, "u", y.shape(), 1.0);
        let elements = pull(pull(y, u, &[x])[0], dx, &[u])[0];
        compare(&tape, [node, elements], [theta, x], &format!("tangent of {network:?}"));
        let what = format!("tangent of {network:?}, by its direction");
        compare(&tape, [node, elements], [theta, dx], &what);
    }
}

#[test]
fn agree_normalised_node_with_elements() {
    for activation in Activation::ALL {
        for widths in [vec![3, 9, 5, 2], vec![4, 3]] {
            let tape = Tape::new();
            let network = Normed { widths, activation, eps: 1e-2 };
            let theta = drawn(&tape, "theta", [1, network.parameters()], 0.5);
            let x = drawn(&tape, "x", [7, network.widths[0]], 1.0);
            let both = [normed(&network, theta, x), normed_in_elements(&network, theta, None, x)];
            compare(&tape, both, [theta, x], &format!("{network:?}"));
        }
    }
}

/// A loss on slopes, as training on derivatives has it, costs records by its own operations alone.
#[test]
fn cost_records_of_a_loss_on_slopes() {
    let (activation, skip, steps) = (Activation::Tanh, Skip::Inputs, Steps::Added);
    let network = Dense { widths: vec![3, 9, 9, 1], activation, skip, steps };
    let tape = Tape::new();
    let theta = drawn(&tape, "theta", [1, network.parameters()], 0.5);
    let x = drawn(&tape, "x", [6, 3], 1.0);
    let before = tape.len();
    let slopes = grad(dense(&network, theta, x), &[x])[0];
    let loss = (slopes * slopes).sum();
    let gradient = grad(loss, &[theta])[0];
    assert_eq!(gradient.shape(), [1, network.parameters()]);
    assert!(tape.len() - before < 20, "{} records", tape.len() - before);
}
