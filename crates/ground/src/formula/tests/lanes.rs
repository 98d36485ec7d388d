//! Compiled programs against the slow value, in both precisions, from rows and from uniform inputs.

use super::super::{Expr, Machine, Program, Shape, Sink, Source};
use super::{FORMULAS, POINT, at_point, formula, t, u, x, z};
use crate::kernel::lane::{Real, Row, level};

/// The bits of two runs are compared by this.
fn rows<T: Real>(values: &[f64]) -> Vec<T::Row> {
    values.iter().map(|&value| T::Row::splat(T::of(value))).collect()
}

/// What is in the sinks before: additions must keep it.
const BEFORE: f64 = 0.5;

/// The outputs at the point, from `Lanes` where the bit of `which` is set, else from `Uniform`.
fn run<T: Real>(outputs: &[Expr], which: usize, adds: bool) -> Vec<Vec<f64>> {
    let inputs = [t(), x(), u(), z()];
    let values: [&[f64]; 4] = [&POINT.0, &POINT.1, &POINT.2, &POINT.3];
    let program = Program::new(&inputs, outputs);
    let lanes: Vec<Vec<T::Row>> = values.iter().map(|value| rows::<T>(value)).collect();
    let uniform: Vec<Vec<T>> =
        values.iter().map(|value| value.iter().map(|&x| T::of(x)).collect()).collect();
    let sources: Vec<Source<T>> = (0..4)
        .map(|k| match which >> k & 1 {
            1 => Source::Lanes(&lanes[k]),
            _ => Source::Uniform(&uniform[k]),
        })
        .collect();
    let mut results: Vec<Vec<T::Row>> =
        outputs.iter().map(|e| rows::<T>(&vec![BEFORE; e.shape().count()])).collect();
    let mut sinks: Vec<Sink<T>> = results
        .iter_mut()
        .map(|rows| if adds { Sink::Add(rows) } else { Sink::Set(rows) })
        .collect();
    let mut machine = Machine::new(&program);
    machine.run(level(), &program, &sources, &mut sinks);
    let wide = |row: &T::Row| {
        let lanes = row.as_ref();
        assert!(lanes.iter().all(|x| x.wide().to_bits() == lanes[0].wide().to_bits()));
        lanes[0].wide() - if adds { BEFORE } else { 0.0 }
    };
    results.iter().map(|rows| rows.iter().map(wide).collect()).collect()
}

fn check<T: Real>(outputs: &[Expr], tolerance: f64) {
    for which in [0b1111, 0b1010, 0b0101, 0b0010, 0b0000] {
        for adds in [false, true] {
            for (e, found) in outputs.iter().zip(run::<T>(outputs, which, adds)) {
                let expected = at_point(*e);
                let size = expected.iter().fold(1.0_f64, |all, x| all.max(x.abs()));
                for (a, b) in found.iter().zip(&expected) {
                    assert!((a - b).abs() <= tolerance * size, "{e}: {a} is not {b} ({which:b})");
                }
            }
        }
    }
}

#[test]
fn programs_have_the_value_of_the_formula() {
    for text in FORMULAS {
        let e = formula(text);
        check::<f64>(&[e], 1e-12);
        check::<f32>(&[e], 1e-5);
    }
}

#[test]
fn derivatives_compile_with_their_formula() {
    let v = Expr::vector(&[0.4, -0.3, 0.8, 1.1, -0.2]);
    for text in FORMULAS {
        let e = formula(text);
        let outputs = [e, e.gradient(x()), e.along(z(), v), e.gradient(u()), e];
        check::<f64>(&outputs, 1e-12);
        check::<f32>(&outputs, 4e-5);
    }
}

#[test]
fn one_program_holds_everything() {
    let outputs: Vec<Expr> = FORMULAS.iter().map(|text| formula(text)).collect();
    check::<f64>(&outputs, 1e-12);
}

#[test]
fn inputs_constants_and_repetitions_are_outputs() {
    let outputs = ["x", "c", "3", "t", "repeat(u, 4)", "repeat(2, 3)", "x[2:3]", "x[4]"];
    check::<f64>(&outputs.map(formula), 1e-15);
}

#[test]
fn the_order_does_not_depend_on_what_came_before() {
    let build = |prefix: &str| {
        // Fresh variables make fresh formulas, numbered after whatever exists.
        let x = Expr::variable(&format!("{prefix}_x"), Shape::Vector(7));
        let y = Expr::variable(&format!("{prefix}_y"), Shape::Vector(7));
        let e = (x * y + x.sin()).norm_squared().ln() + (x - 2.0 * y).sum() * y.dot(x);
        Program::new(&[x, y], &[e, e.gradient(x), e.gradient(y)])
    };
    let first = build("first");
    for k in 0..10 {
        let noise = Expr::variable(&format!("noise_{k}"), Shape::Vector(7));
        let second_x = Expr::variable("second_x", Shape::Vector(7));
        assert!(((noise + second_x) * 2.0).sum().exp().depends_on(noise));
        // Parts in another order than they will be needed.
        assert!(
            Expr::variable("second_y", Shape::Vector(7)).dot(second_x).sin().depends_on(second_x)
        );
    }
    let second = build("second");
    assert_eq!(first.instructions, second.instructions);
    assert_eq!(first.registers, second.registers);
}

#[test]
fn passes_over_memory_are_few() {
    let x = Expr::variable("x", Shape::Vector(100));
    let c = Expr::variable("c", Shape::Vector(100));
    let g = (0.5 * (1.0 + (x + c).norm_squared())).ln();
    let program = Program::new(&[x, c], &[g, g.gradient(x)]);
    assert_eq!(program.passes(), 2, "{program:?}");
    assert_eq!(program.registers.iter().filter(|rows| **rows > 1).count(), 0);
    let f = Program::new(&[x], &[-0.5 * x.norm_squared()]);
    assert_eq!((f.passes(), f.operations()), (1, 201));
    let w = Expr::vector(&(0..100).map(|i| 0.1 + 0.02 * f64::from(i)).collect::<Vec<_>>());
    let h = (0.5 * (1.0 + (w * x.powi(2)).sum())).ln();
    assert_eq!(Program::new(&[x], &[h, h.gradient(x)]).passes(), 2);
    // An Euler step: x + b dt + s dw.
    let [dt, s] = ["dt", "s"].map(|name| Expr::variable(name, Shape::Scalar));
    let step = Program::new(&[x, c, dt, s], &[x + x.sin() * dt + s * c]);
    assert_eq!(step.passes(), 3);
}

#[test]
#[should_panic(expected = "`z` is not an input")]
fn missing_inputs_are_named() {
    Program::new(&[x()], &[formula("sum(x * z)")]);
}
