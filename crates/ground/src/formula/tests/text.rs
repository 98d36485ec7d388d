//! Printing, parsing, simplification, substitution, questions, intervals, hoisting.

use proptest::prelude::*;

use super::super::expr::postorder;
use super::super::{Expr, Interval, Shape, hoist, parse};
use super::{D, FORMULAS, at_point, formula, scope, t, u, x, z};

#[test]
fn every_formula_reads_back() {
    for text in FORMULAS {
        let e = formula(text);
        for e in [e, e.gradient(x()), e.gradient(z()), e.along(u(), Expr::number(1.0))] {
            assert_eq!(formula(&e.to_string()), e, "{text} prints {e}");
        }
    }
}

#[test]
fn simplification_is_as_written() {
    for (text, short) in [
        ("x + 0", "x"),
        ("1 * x", "x"),
        ("x * 0", "repeat(0, 5)"),
        ("u * 0", "0"),
        ("x / 1", "x"),
        ("x^1", "x"),
        ("x^2", "x^2"),
        ("x * x", "x^2"),
        ("x * x * x", "x^3"),
        ("--x", "x"),
        ("2 * (3 * u)", "6 * u"),
        ("(2 * x) * (3 * z)", "6 * (x * z)"),
        ("x - -z", "x + z"),
        ("-z + x", "x - z"),
        ("sum(u * x)", "u * sum(x)"),
        ("sum(x * z)", "dot(x, z)"),
        ("sum(x^2)", "|x|^2"),
        ("dot(2 * x, x)", "2 * |x|^2"),
        ("sqrt(sum(x^2))", "|x|"),
        ("|x|^4", "(|x|^2)^2"),
        ("sum(x + u)", "sum(x) + 5 * u"),
        ("t * (u * x)", "t * u * x"),
        ("x / u", "1 / u * x"),
        ("-x^2", "-x^2"),
        ("(-x)^2", "x^2"),
        ("2^3^2", "512"),
        ("2^-1", "0.5"),
        ("-2^2", "-4"),
        ("6 / 3 / 2", "1"),
        ("1 - 2 - 3", "-4"),
        ("(x * z)[2]", "x[2] * z[2]"),
        ("x[2:4][1:2]", "x[2:3]"),
        ("i[3]", "3"),
        ("if(1 < 2, u, t)", "u"),
        ("u >= t", "t <= u"),
        ("1e300 * x", "1e300 * x"),
        ("||x| - |z||", "||x| - |z||"),
    ] {
        assert_eq!(formula(text).to_string(), short, "{text}");
    }
}

#[test]
fn substitution_is_simultaneous() {
    let e = formula("x * sum(z) + u");
    let swapped = e.substitute(&[(x(), z()), (z(), x()), (u(), t())]);
    assert_eq!(swapped, formula("z * sum(x) + t"));
    let path = formula("ln(1 + |x|^2)").substitute(&[(x(), x() * u() + 2.0 * z())]);
    assert_eq!(path, formula("ln(1 + |u * x + 2 * z|^2)").substitute(&[]));
}

#[test]
fn questions_have_answers() {
    assert!(formula("max(u, 0)").is_kinked() && !formula("|x| + exp(u)").is_kinked());
    let jumps = |text: &str| formula(text).jumps_in(formula("u"));
    assert!(jumps("2 * step(u - 0.5)") && jumps("floor(u + t)") && jumps("if(u > 1, 2, 3)"));
    assert!(!jumps("max(u, 0) + step(t)") && !jumps("if(u > 0, u, 0)") && !jumps("u"));
    assert!(formula("sum(x) * u").depends_on(x()) && !formula("u").depends_on(x()));
    assert!(formula("u * sin(x) + c").elementwise_in(x()));
    assert!(!formula("sum(x) * x").elementwise_in(x()) && !formula("A * x").elementwise_in(x()));
    assert_eq!(formula("2 * 3").as_number(), Some(6.0));
    let linear = |text: &str| formula(text).linear_in(x()).map(|c| c.to_string());
    assert_eq!(linear("x").as_deref(), Some("1"));
    assert_eq!(linear("-lambda * x").as_deref(), Some("-1.5"));
    assert_eq!(linear("u * t * x + 2 * x").as_deref(), Some("u * t + 2"));
    assert_eq!(linear("c * x / u").as_deref(), Some("1 / u * [0.5, -1, 2, 0.25, 1.5]"));
    for text in ["x^2", "x + 1", "sum(x) * x", "sin(x)", "u", "sum(x)"] {
        assert_eq!(linear(text), None, "{text}");
    }
    for text in ["floor(x)", "step(x)", "sign(x) * u", "if(x > 1, x + 1, x)"] {
        assert_eq!(linear(text), None, "{text} has a constant tangent, and jumps");
    }
    let affine =
        |text: &str| formula(text).affine_in(x()).map(|(a, b)| (a.to_string(), b.to_string()));
    assert_eq!(affine("c * (u - 2 * x)").unwrap().1, "[-1, 2, -4, -0.5, -3]");
    assert_eq!(affine("u + 0 * x").unwrap().1, "0");
    assert!(affine("x^2").is_none() && affine("u").is_none());
}

#[test]
fn uniform_parts_are_named_once() {
    let (a, b) = (formula("exp(-t) * x + t * u"), formula("exp(-t) * sum(z) + t"));
    let hoisted = hoist(&[a, b, t(), formula("2 * 3"), formula("repeat(t^2, 5)")], &[t()]);
    let definitions: Vec<String> = hoisted.uniforms.iter().map(|(_, e)| e.to_string()).collect();
    assert_eq!(definitions, ["exp(-t)", "t", "t^2"]);
    for (output, original) in hoisted.outputs.iter().zip([a, b]) {
        let known: Vec<Expr> = hoisted.uniforms.iter().map(|(v, _)| *v).collect();
        assert!(
            output.variables().iter().all(|v| known.contains(v) || [x(), u(), z()].contains(v))
        );
        let back: Vec<(Expr, Expr)> = hoisted.uniforms.clone();
        assert_eq!(output.substitute(&back), original);
    }
    assert_eq!(hoisted.outputs[2], t());
}

#[test]
fn intervals_know_squares() {
    let real = [(x(), Interval::new(f64::NEG_INFINITY, f64::INFINITY))];
    let range = |text: &str| formula(text).range(&real);
    assert_eq!(range("|x|^2"), Interval::new(0.0, f64::INFINITY));
    assert_eq!(range("x^4").low, 0.0);
    let g = range("ln(0.5 * (1 + |x|^2))");
    assert!(g.low <= 0.5_f64.ln() && g.low > 0.5_f64.ln() - 1e-14);
    assert_eq!(range("sin(x)"), Interval::new(-1.0, 1.0));
    assert_eq!(range("1 / (1 + |x|^2)"), Interval::new(0.0, 1.0));
}

/// Grammatical texts over the test scope.
fn grammatical() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("t".to_owned()),
        Just("u".to_owned()),
        Just("lambda".to_owned()),
        Just("x[2]".to_owned()),
        (-30..30_i32).prop_map(|k| format!("({})", f64::from(k) / 8.0)),
    ];
    let leaf = prop_oneof![
        scalar,
        Just("x".to_owned()),
        Just("z".to_owned()),
        Just("c".to_owned()),
        Just("i".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let op = prop::sample::select(vec!["+", "-", "*", "/", "<", ">=", "=="]);
        let function = prop::sample::select(vec![
            "exp", "sin", "abs", "sqrt", "relu", "step", "tanh", "inverse", "softplus", "-", "sum",
        ]);
        let pair = prop::sample::select(vec!["min", "max", "dot", "share"]);
        prop_oneof![
            4 => (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            2 => (function, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            1 => (pair, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            1 => (inner.clone(), -3..5_i32).prop_map(|(a, n)| format!("({a})^{n}")),
            1 => inner.clone().prop_map(|a| format!("|{a}|")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(c, a, b)| format!("if({c}, {a}, {b})")),
        ]
    })
}

proptest! {
    #[test]
    fn printed_text_reads_back(text in grammatical()) {
        if let Ok(e) = parse(&text, &scope()) {
            let again = parse(&e.to_string(), &scope());
            prop_assert_eq!(again.ok(), Some(e), "{} prints {}", text, e);
            let gradient = e.gradient(x());
            if let Ok(again) = parse(&gradient.to_string(), &scope()) {
                prop_assert_eq!(again, gradient, "gradient of {}", text);
            }
        }
    }

    #[test]
    fn simplification_keeps_the_value(
        a in prop::collection::vec(-2.0..2.0_f64, D),
        b in -2.0..2.0_f64,
        k in 0..FORMULAS.len(),
    ) {
        // Replacing a variable by a constant folds everything: the other way to the same number.
        let e = formula(FORMULAS[k]);
        let at = [(x(), Expr::vector(&a)), (z(), Expr::vector(&a)), (u(), Expr::number(b)),
            (t(), Expr::number(b))];
        let direct = e.evaluate(&[(x(), &a), (z(), &a), (u(), &[b]), (t(), &[b])]);
        let folded = e.substitute(&at).as_constant();
        prop_assert!(folded.is_some());
        for (p, q) in direct.iter().zip(folded.unwrap_or_default()) {
            prop_assert!((p - q).abs() <= 1e-9 * (1.0 + p.abs()) || p.is_nan() && q.is_nan()
                || *p == q, "{}: {} {}", e, p, q);
        }
    }

    #[test]
    fn intervals_hold_the_values(
        text in grammatical(),
        ends in prop::collection::vec((-3.0..3.0_f64, 0.0..3.0_f64), 4),
        place in prop::collection::vec(0.0..=1.0_f64, 2 * D + 2),
    ) {
        let Ok(e) = parse(&text, &scope()) else { return Ok(()) };
        let variables = [t(), u(), x(), z()];
        let interval = |k: usize| Interval::new(ends[k].0, ends[k].0 + ends[k].1);
        let ranges: Vec<_> = (0..4).map(|k| (variables[k], interval(k))).collect();
        let range = e.range(&ranges);
        let mut next = place.iter();
        let points: Vec<Vec<f64>> = (0..4)
            .map(|k| (0..variables[k].shape().count())
                .map(|_| (ends[k].0 + next.next().unwrap() * ends[k].1).min(interval(k).high))
                .collect())
            .collect();
        let at: Vec<_> = variables.iter().zip(&points).map(|(v, p)| (*v, p.as_slice())).collect();
        // A part that is not a number makes comparisons meaningless.
        if postorder(&[e], |_| false).iter().any(|e| e.evaluate(&at).iter().any(|v| v.is_nan())) {
            return Ok(());
        }
        for value in e.evaluate(&at) {
            prop_assert!(range.contains(value), "{value} not in {range:?}: {e}");
        }
    }
}

#[test]
fn values_are_those_of_the_paper() {
    assert_eq!(at_point(formula("sum(i)")), [15.0]);
    assert!((at_point(formula("erf(0.5)"))[0] - 0.520_499_877_813_046_5).abs() < 1e-15);
    assert!((at_point(formula("normcdf(-3)"))[0] - 1.349_898_031_630_094_6e-3).abs() < 1e-17);
    assert!((at_point(formula("erf(2)"))[0] - 0.995_322_265_018_952_7).abs() < 1e-15);
    assert_eq!(at_point(formula("A * x")).len(), 2);
    assert_eq!(Expr::variable("x", Shape::Vector(D)), x());
}
