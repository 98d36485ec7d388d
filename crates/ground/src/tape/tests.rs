//! Every operation and its derivatives against finite differences, and the rules at kinks.

#![expect(clippy::float_cmp, reason = "whole numbers are compared where they must be exact")]
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "`Var::exp` belongs to one tape, a closure to every tape"
)]

use super::*;
use crate::array::array;
use crate::gradcheck::check_order;

/// Derivatives of five-point differences agree to this, relative to max(1, |derivative|).
const TOLERANCE: f64 = 1e-9;

/// Random numbers in [0, 1): Weyl's sequence through the mixer of SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Elements of either sign with sizes in `lo..hi`.
    fn signed(&mut self, shape: [usize; 2], lo: f64, hi: f64) -> Array {
        Array::from_shape_simple_fn(shape, || {
            let size = lo + (hi - lo) * self.next();
            if self.next() < 0.5 { -size } else { size }
        })
    }
}

/// Checks derivatives of the first three orders.
fn judge(name: &str, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Array]) {
    for order in 1..=3 {
        let error = check_order(order, |_, x| f(x), at)
            .unwrap_or_else(|error| panic!("{name}, order {order}: {error}"));
        assert!(error < TOLERANCE, "{name}, order {order}: relative error {error:e}");
    }
}

type One = for<'t> fn(Var<'t>) -> Var<'t>;
type Two = for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>;

// Poles are kept 1 away from the points: the truncation of the differences grows like the fifth
// derivative.

#[test]
fn invariant_operations_on_any_number() {
    let operations: [(&str, One); 33] = [
        ("alias", |x| x.alias() * x),
        ("neg", |x| -(x * x)),
        ("x + c", |x| (x + 3.0) * (2.0 + x)),
        ("x - c", |x| (x - 3.0) * (2.0 - x)),
        ("x * c", |x| (x * 3.0) * (2.0 * x)),
        ("x / c", |x| (x / 3.0) * (2.0 / (x - 2.0))),
        ("powi", |x| x.powi(3)),
        ("powi negative", |x| (2.0 + x).powi(-2)),
        ("powi 1 and 0", |x| x.powi(1) * x.powi(0)),
        ("powf 2", |x| x.powf(2.0)),
        ("square", |x| x.square()),
        ("exp", |x| x.exp()),
        ("expm1", |x| x.expm1()),
        ("sin", |x| x.sin()),
        ("cos", |x| x.cos()),
        ("tan", |x| x.tan()),
        ("tanh", |x| x.tanh()),
        ("asinh", |x| x.asinh()),
        ("erf", |x| x.erf()),
        ("normcdf", |x| x.normcdf()),
        ("sigmoid", |x| x.sigmoid()),
        ("softplus", |x| x.softplus()),
        ("abs", |x| x.abs() * x.sin()),
        ("relu", |x| x.relu() * x.sin()),
        ("step", |x| x.step() * x.sin()),
        ("sign", |x| x.sign() * x.sin()),
        ("round", |x| (3.0 * x).round() * x.sin()),
        ("floor", |x| x.floor() * x.sin()),
        ("clamp", |x| x.clamp(-0.8, 0.15).exp()),
        ("detached", |x| x * x.sin() - x.detached() * 0.0),
        ("row_min", |x| x.row_min().exp() * x),
        ("row_max", |x| x.row_max().exp() * x),
        ("select", |x| select(x.step(), x.exp(), x * x)),
    ];
    let at = Random(1).signed([4, 3], 0.2, 0.7);
    for (name, operation) in operations {
        judge(name, |x| operation(x[0]), std::slice::from_ref(&at));
    }
}

#[test]
fn invariant_operations_on_positive_numbers() {
    let operations: [(&str, One); 6] = [
        ("ln", |x| x.ln()),
        ("log1p", |x| x.log1p()),
        ("sqrt", |x| x.sqrt()),
        ("powf", |x| x.powf(2.7)),
        ("powf negative", |x| x.powf(-0.3)),
        ("powf 1 and 0", |x| x.powf(1.0) * x.powf(0.0)),
    ];
    let at = Random(2).signed([4, 3], 0.5, 1.5).abs();
    for (name, operation) in operations {
        judge(name, |x| operation(x[0]), std::slice::from_ref(&at));
    }
}

#[test]
fn invariant_operations_on_two_with_sides_repeated() {
    let operations: [(&str, Two); 12] = [
        ("add", |a, b| (a + b).exp()),
        ("sub", |a, b| (a - b).exp()),
        ("mul", |a, b| a * b),
        ("div", |a, b| a / (b - 2.0)),
        ("pow", |a, b| (a + 2.0).pow(b)),
        ("min", |a, b| a.min(b).exp()),
        ("max", |a, b| a.max(b).exp()),
        ("less", |a, b| a.less(b) * a.exp() * b),
        ("less_equal", |a, b| a.less_equal(b) * a.exp() * b),
        ("equal", |a, b| (a.equal(b) + 1.0) * a.exp() * b),
        ("dot", |a, b| a.dot(b).exp()),
        ("select", |a, b| select(a.less(b), a * b, b.exp())),
    ];
    let shapes = [[3, 4], [3, 1], [1, 4], [1, 1]];
    let mut random = Random(3);
    for (name, operation) in operations {
        for (left, right) in shapes.iter().flat_map(|a| shapes.map(|b| (*a, b))) {
            // The sizes do not overlap: `a` and `b` never tie.
            let at = [random.signed(left, 0.25, 0.45), random.signed(right, 0.55, 0.95)];
            let name = format!("{name} of {left:?} and {right:?}");
            judge(&name, |x| operation(x[0], x[1]), &at);
            judge(&name, |x| operation(x[1], x[0]), &at);
        }
    }
}

#[test]
fn invariant_select_with_sides_repeated() {
    let mut random = Random(4);
    let shapes = [[3, 4], [3, 1], [1, 4]];
    for (cond, a, b) in [(0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 1, 1)] {
        let cond = random.signed(shapes[cond], 0.2, 0.7);
        let at = [random.signed(shapes[a], 0.2, 0.7), random.signed(shapes[b], 0.2, 0.7)];
        judge("select", |x| select_by(&cond, x), &at);
    }
}

fn select_by<'t>(cond: &Array, x: &[Var<'t>]) -> Var<'t> {
    select(x[0].tape().variable(cond.clone()).step(), x[0].exp(), x[1] * x[1])
}

#[test]
fn invariant_sums_and_shapes() {
    let operations: [(&str, One); 12] = [
        ("sum", |x| x.exp().sum().sin()),
        ("mean", |x| x.exp().mean().sin()),
        ("row_sum", |x| x.exp().row_sum().sin()),
        ("row_mean", |x| x.exp().row_mean().sin()),
        ("sum_to a row", |x| x.exp().sum_to([1, 3]).sin()),
        ("repeated", |x| x.row_sum().repeated([4, 5]).sin()),
        ("reshape", |x| x.reshape([2, 6]).sin()),
        ("transpose", |x| x.transpose().sin()),
        ("columns", |x| x.columns(1, 2).sin()),
        ("padded", |x| x.padded(2, 6).sin()),
        ("join", |x| join(&[x.columns(2, 1), x.exp(), x]).sin()),
        ("gram", |x| x.matmul(x.transpose()).sin()),
    ];
    let at = Random(5).signed([4, 3], 0.2, 0.7);
    for (name, operation) in operations {
        judge(name, |x| operation(x[0]), std::slice::from_ref(&at));
    }
}

#[test]
fn invariant_products_and_joins_of_two() {
    let mut random = Random(6);
    let at = [random.signed([4, 3], 0.2, 0.7), random.signed([3, 2], 0.2, 0.7)];
    judge("matmul", |x| x[0].matmul(x[1]).sin(), &at);
    let at = [random.signed([4, 3], 0.2, 0.7), random.signed([4, 1], 0.2, 0.7)];
    judge("join", |x| join(x).exp().row_sum().sin(), &at);
}

#[test]
fn invariant_a_network_of_two_layers() {
    let mut random = Random(7);
    let shapes = [[5, 3], [3, 4], [1, 4], [4, 1]];
    let at = shapes.map(|shape| random.signed(shape, 0.2, 0.7));
    judge("network", |x| (x[0].matmul(x[1]) + x[2]).tanh().matmul(x[3]), &at);
}

/// f and f′ at the elements of a row.
fn slope(f: One, at: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let tape = Tape::new();
    let x = tape.variable(Array::from_shape_vec((1, at.len()), at.to_vec()).unwrap());
    let y = f(x);
    let slope = grad(y, &[x])[0];
    (y.value().iter().copied().collect(), slope.value().iter().copied().collect())
}

#[test]
fn exact_values_and_slopes_at_kinks() {
    let at = [-1.0, 0.0, 2.0];
    assert_eq!(slope(|x| x.abs(), &at), (vec![1.0, 0.0, 2.0], vec![-1.0, 0.0, 1.0]));
    assert_eq!(slope(|x| x.sign(), &at), (vec![-1.0, 0.0, 1.0], vec![0.0; 3]));
    assert_eq!(slope(|x| x.step(), &at), (vec![0.0, 0.0, 1.0], vec![0.0; 3]));
    assert_eq!(slope(|x| x.relu(), &at), (vec![0.0, 0.0, 2.0], vec![0.0, 0.0, 1.0]));
    let clamp: One = |x| x.clamp(-1.0, 1.0);
    assert_eq!(slope(clamp, &at), (vec![-1.0, 0.0, 1.0], vec![0.0, 1.0, 0.0]));
    let halves = [-2.5, -0.5, 0.5, 1.5];
    assert_eq!(slope(|x| x.round(), &halves), (vec![-3.0, -1.0, 1.0, 2.0], vec![0.0; 4]));
    assert_eq!(slope(|x| x.floor(), &halves), (vec![-3.0, -1.0, 0.0, 1.0], vec![0.0; 4]));
    let powers: One = |x| x.powf(2.0) + x.powf(1.0) + x.powf(0.0) + x.powi(1) + x.powi(0);
    assert_eq!(slope(powers, &[0.0]), (vec![2.0], vec![2.0]));
    assert_eq!(slope(|x| x.row_min(), &[3.0, 1.0, 1.0, 2.0]).1, [0.0, 0.5, 0.5, 0.0]);
    assert_eq!(slope(|x| x.row_max(), &[5.0, 5.0, 5.0, 5.0]).1, [0.25; 4]);
}

#[test]
fn exact_two_that_are_equal_share_the_derivative() {
    let tape = Tape::new();
    let (a, b) = (tape.variable(array![[1.0, 2.0, 3.0]]), tape.variable(array![[1.0, 5.0, 0.0]]));
    let slopes = |y: Var<'_>| grad(y, &[a, b]).iter().map(|g| g.value().row(0).to_vec()).collect();
    let (low, high): (Vec<_>, Vec<_>) = (slopes(a.min(b)), slopes(a.max(b)));
    assert_eq!(low, [[0.5, 1.0, 0.0], [0.5, 0.0, 1.0]]);
    assert_eq!(high, [[0.5, 0.0, 1.0], [0.5, 1.0, 0.0]]);
    assert_eq!(*a.less(b).value(), array![[0.0, 1.0, 0.0]]);
    assert_eq!(*a.less_equal(b).value(), array![[1.0, 1.0, 0.0]]);
    assert_eq!(*a.equal(b).value(), array![[1.0, 0.0, 0.0]]);
}

#[test]
fn exact_powers_of_zero() {
    let tape = Tape::new();
    let (a, b) = (tape.number(0.0), tape.number(2.0));
    let slopes = grad(a.pow(b), &[a, b]);
    assert_eq!((slopes[0].item(), slopes[1].item()), (0.0, 0.0));
    assert_eq!(grad(slopes[0], &[a])[0].item(), 2.0);
}

#[test]
fn exact_values_in_the_tails() {
    /// Φ(−10) = erfc(10/√2)/2, computed with 40 digits.
    const PHI_OF_MINUS_TEN: f64 = 7.619_853_024_160_527e-24;
    let (value, slope_) = slope(|x| x.sigmoid(), &[-800.0, 800.0, 40.0]);
    assert_eq!((value[0], value[1]), (0.0, 1.0));
    assert!((slope_[2] / (-40.0_f64).exp() - 1.0).abs() < 1e-14);
    assert_eq!(slope(|x| x.softplus(), &[-800.0, 800.0]).0, [0.0, 800.0]);
    let (value, _) = slope(|x| x.normcdf(), &[-10.0, 0.0]);
    assert!((value[0] / PHI_OF_MINUS_TEN - 1.0).abs() < 1e-13);
    assert_eq!(value[1], 0.5);
}

#[test]
fn not_a_number_goes_through() {
    let through: [One; 8] = [
        |x| x.relu(),
        |x| x.sign(),
        |x| x.row_min(),
        |x| x.row_max(),
        |x| x.clamp(0.0, 1.0),
        |x| x.min(x.tape().number(0.0)),
        |x| x.tape().number(0.0).max(x),
        |x| x.softplus(),
    ];
    for operation in through {
        assert!(slope(operation, &[f64::NAN]).0[0].is_nan());
    }
}

#[test]
fn derivatives_stop_at_detached_and_pass_the_side_not_chosen() {
    let tape = Tape::new();
    let x = tape.variable(array![[2.0, f64::INFINITY]]);
    assert_eq!(grad(x.detached() * x, &[x])[0].value(), x.value());
    let chosen = select(x.less(tape.number(9.0)), x * x, tape.number(1.0));
    assert_eq!(grad(chosen.columns(0, 1), &[x])[0].value()[[0, 0]], 4.0);
    let unrelated = tape.number(7.0);
    assert_eq!(grad(x, &[unrelated])[0].item(), 0.0);
}

#[test]
fn intermediate_results_and_seeds_can_be_differentiated_by() {
    let tape = Tape::new();
    let x = tape.number(3.0);
    let y = x * x;
    let z = y * x;
    let slopes = grad(z, &[y, x]);
    assert_eq!((slopes[0].item(), slopes[1].item()), (3.0, 27.0));
    let seed = tape.number(5.0);
    let pulled = pull(y, seed, &[x])[0];
    assert_eq!((pulled.item(), grad(pulled, &[seed])[0].item()), (30.0, 6.0));
    let alias = y.alias();
    let slopes = grad(alias * alias, &[alias, y]);
    assert_eq!((slopes[0].item(), slopes[1].item()), (18.0, 18.0));
}

#[test]
#[should_panic(expected = "variables of two tapes met")]
fn two_tapes_do_not_mix() {
    let (one, two) = (Tape::new(), Tape::new());
    let _sum = mixed(one.number(1.0), two.number(1.0));
}

fn mixed<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
    a + b
}

#[test]
fn bits_of_a_row_do_not_depend_on_the_other_rows() {
    let mut random = Random(8);
    let (x, w) = (random.signed([37, 50], 0.0, 1.0), random.signed([50, 19], 0.0, 1.0));
    let forward = |x: Array| {
        let tape = Tape::new();
        let (x, w) = (tape.variable(x), tape.variable(w.clone()));
        let y = x.matmul(w).tanh().row_sum();
        (y.value(), grad(y, &[x])[0].value())
    };
    let (values, slopes) = forward(x.clone());
    for i in [0, 5, 36] {
        let (value, slope) = forward(x.row(i).to_owned().insert_axis(array::Axis(0)));
        assert_eq!((value.row(0), slope.row(0)), (values.row(i), slopes.row(i)));
    }
}

#[test]
fn cost_of_a_gradient_is_a_few_times_the_function() {
    let tape = Tape::new();
    let (x, w) = (tape.variable(Array::ones((4, 3))), tape.variable(Array::ones((3, 3))));
    let y = x.matmul(w).tanh().matmul(w).exp().row_sum();
    let function = tape.len();
    grad(y, &[w]);
    assert_eq!((function, tape.len()), (7, 21));
}
