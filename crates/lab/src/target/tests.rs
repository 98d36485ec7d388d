//! Tests of `target`.

use super::*;

#[test]
fn formulas_are_evaluated_and_refused() {
    let target = Target::formula("exp(-|x|^2 / 2) + d", 2, "problem.target").unwrap();
    assert!(target.neurons.is_none());
    let x: Vec<f64> = (0..38).map(|k| f64::from(k) / 10.0).collect();
    for (x, value) in x.chunks(2).zip(target.values(&x)) {
        let exact = (-(x[0] * x[0] + x[1] * x[1]) / 2.0).exp() + 2.0;
        assert!((value - exact).abs() < 1e-14);
    }
    let error = Target::formula("relu(y[1])", 2, "problem.target").unwrap_err().to_string();
    assert!(error.contains("problem.target") && error.contains("`y`"), "{error}");
    assert!(Target::formula("x", 2, "problem.target").is_err());
}

#[test]
fn sums_of_neurons_are_recognised() {
    let neurons = |text: &str| Target::formula(text, 3, "t").unwrap().neurons;
    let one = neurons("relu(x[1])").unwrap();
    assert_eq!((one.a, one.b), (vec![1.0], vec![1.0, 0.0, 0.0]));
    let two = neurons("-0.5 * relu(x[1] - 2 * x[3]) + relu(sum(x)) / 4").unwrap();
    assert_eq!((two.a, two.b), (vec![-0.5, 0.25], vec![1.0, 0.0, -2.0, 1.0, 1.0, 1.0]));
    let linear = neurons("2 * x[2]").unwrap();
    assert_eq!((linear.a, linear.b), (vec![-2.0, 2.0], vec![0.0, -1.0, 0.0, 0.0, 1.0, 0.0]));
    for text in
        ["relu(x[1] + 1)", "relu(x[1])^2", "relu(x[1]) * x[2]", "1 + relu(x[1])", "tanh(x[1])"]
    {
        assert!(neurons(text).is_none(), "{text}");
    }
}

#[test]
fn exact_multi_neuron() {
    let target = Target::multi_neuron(5, (2, 4), &Stream::new(1)).unwrap();
    let neurons = target.neurons.as_ref().unwrap();
    for w in neurons.b.chunks(4) {
        assert!((w[0] * w[0] + w[1] * w[1] - 1.0).abs() < 1e-14 && w[2..] == [0.0, 0.0]);
    }
    let x = [0.3, -0.2, 9.0, 9.0];
    let by_hand: f64 = neurons.b.chunks(4).map(|w| (0.3 * w[0] - 0.2 * w[1]).max(0.0)).sum();
    assert!((target.values(&x)[0] - by_hand / 5.0).abs() < 1e-15);
    assert!(Target::multi_neuron(5, (5, 4), &Stream::new(1)).is_err());
}

#[test]
fn noise_depends_on_its_place_alone() {
    let (mut few, mut many) = ([1.0; 3], [1.0; 9]);
    with_noise(&mut few, 0.1, &Stream::new(1));
    with_noise(&mut many, 0.1, &Stream::new(1));
    assert!(few == many[..3] && few != [1.0; 3]);
}
