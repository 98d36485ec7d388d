//! Problems in formulas: against models written by hand, the tape, differences, and their own limits.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test"
)]

mod common;

use common::{agrees, policy, storage, weights};
use control::case::Formulas as Case;
use control::model::formulas::Formulas;
use control::model::{Model, Step};
use control::plan::Plan;
use control::problem::Control;
use frame::{Batch, Functional as _, Precision, Purpose, Representation as _, Run};
use ground::stream::Stream;

fn formulas(text: &str) -> Formulas {
    let case: Case = toml::from_str(text).unwrap();
    case.model().unwrap()
}

fn refused(text: &str) -> String {
    let case: Case = toml::from_str(text).unwrap();
    case.model().unwrap_err().to_string()
}

/// The devices of `storage` in formulas.
const DEVICES: &str = r#"
horizon     = 10
reward      = "P * (sum(eta * y) + min(E - sum(c), D))"
constraints = ["sum(c) <= E"]
[states]
R = { start = 3.75, size = 4 }
E = 4.0
P = 50.0
[actions]
c = { size = 4, low = 0, high = "min(rate, capacity - R)" }
y = { size = 4, low = 0, high = "min(rate, R)" }
[noise]
gust = { values = [-1, 0, 1] }
move = { values = [-10, 0, 10], probabilities = [0.25, 0.5, 0.25] }
[next]
R = "R + c - y"
E = "clamp(E + gust, 1, 7)"
P = "clamp(P + round(0.8 * (50 - P)) + move, 30, 70)"
[series]
D = { values = [3, 0, 0, 0, 0, 3, 5, 6, 6, 5] }
[constants]
capacity = 7.5
rate = 1.25
eta = [1, 1, 1, 1]
"#;

/// A portfolio: weights on a simplex, chains, a discount, the weights before as a state, correlated noise.
const WEIGHTS: &str = r#"
horizon     = 5
dim         = 3
discount    = 0.9
cost        = "-dot(w, mean * state + g) + cost * sum((w - last)^2) + 0.1 * |w|^2"
end         = "sum(last^2)"
constraints = ["sum(w) == 1"]
seen        = ["last", "state / 2", "x"]
[states]
last = "repeat(1 / 3, 3)"
x = "start"
[actions]
w = { size = 3, low = 0.05 }
[noise]
g = { normal = 3, covariance = { diagonal = 0.02, above = 0.01, below = 0.01 } }
start = { low = -1, high = 1 }
[next]
last = "w"
x = "0.5 * x + sum(g) + w[1]"
[chains]
state = { values = [1, 2], transitions = [[0.9, 0.1], [0.3, 0.7]], start = 1 }
[constants]
mean = [0.05, 0.02, -0.01]
cost = 0.3
"#;

/// Free actions, a forced last one, a vector of outcomes, a record whose windows are paths.
const SELLING: &str = r#"
horizon = 4
cost    = "-P * u + 0.01 * u^2 + sum(k) * u"
[states]
y = 10
[actions]
u = { centre = "y / (T - t)", unit = 2, last = "y" }
[noise]
k = { values = [[1, 0], [0, -1], [0.5, 0.5]], probabilities = [0.2, 0.3, 0.5] }
[next]
y = "y - u"
[series]
P = { values = [1, 2, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2, 1, 2, 3, 2], as = "windows", held = 0.4 }
"#;

#[test]
fn plan_and_tape() {
    for text in [DEVICES, WEIGHTS, SELLING] {
        let model = formulas(text);
        agrees(&model, &policy(&model, &[7], true));
    }
    let model = formulas(&format!("limits = \"penalty\"\npenalty = 3.0\n{DEVICES}"));
    agrees(&model, &policy(&model, &[7], true));
}

#[test]
fn formulas_are_the_model_written_by_hand() {
    let written = storage(4, 10, 15.0, "");
    let model =
        formulas(&DEVICES.replace("-10, 0, 10], probabilities = [0.25, 0.5, 0.25]", &moves()));
    let stream = Stream::new(3);
    let (shape, other) = (written.shape(), model.shape());
    assert_eq!(
        [shape.state, shape.action, shape.noise()],
        [other.state, other.action, other.noise()]
    );
    let mut s = vec![0.0; shape.state];
    written.start(&[0.5, 0.5], &mut s);
    let mut same = vec![0.0; other.state];
    model.start(&[0.5, 0.5], &mut same);
    assert_eq!(s, same);
    for t in 0..10 {
        let z: Vec<f64> = (0..8).map(|k| 2.0 * stream.normal(1, t, k)).collect();
        let shares: Vec<f64> = z.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect();
        let xi = [stream.uniform(2, t, 0), stream.uniform(2, t, 1)];
        let t = t as usize;
        let [mut a, mut b] = [vec![0.0; 8], vec![0.0; 8]];
        written.act((t, &s, &shares), &mut a);
        model.act((t, &same, &z), &mut b);
        a.iter().zip(&b).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{a} {b}"));
        let [mut next, mut goes] = [vec![0.0; 6], vec![0.0; 6]];
        let cost = written.step(Step { t, s: &s, a: &a, xi: &xi }, &mut next);
        let paid = model.step(Step { t, s: &same, a: &b, xi: &xi }, &mut goes);
        assert!((cost - paid).abs() < 1e-12 * cost.abs(), "{cost} {paid}");
        next.iter().zip(&goes).for_each(|(a, b)| assert!((a - b).abs() < 1e-13, "{a} {b}"));
        (s, same) = (next, goes);
    }
}

/// The moves of the price that `storage` has.
fn moves() -> String {
    let weights: Vec<f64> = (-20..=20).map(|k| (-f64::from(k * k) / 200.0).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let list = |of: Vec<String>| of.join(", ");
    let values = list((-20..=20).map(|k| k.to_string()).collect());
    let shares = list(weights.iter().map(|w| format!("{:e}", w / sum)).collect());
    format!("{values}], probabilities = [{shares}]")
}

#[test]
fn limits_hold_whatever_is_said() {
    let free = "horizon = 3\ncost = \"|u|^2\"\nconstraints = [\"u[1] + 2 * u[2] <= x\", \"u[1] - u[2] >= -1\", \
                \"sum(u) == 0.1 * x\"]\n[states]\nx = { start = 1.0 , size = 1 }\n[next]\nx = \"x + 0.1 * u[1]\"\n\
                [actions]\nu = { size = 3, low = -2, high = \"1 + x[1]\" }\n";
    let free = &free.replace("<= x\"", "<= x[1]\"").replace("0.1 * x\"", "0.1 * x[1]\"");
    for (text, projected) in [
        (DEVICES.to_owned(), false),
        (format!("limits = \"projection\"\n{DEVICES}"), true),
        (WEIGHTS.to_owned(), false),
        (free.clone(), true),
    ] {
        let model = formulas(&text);
        assert_eq!(model.is_projected(), projected, "{text}");
        let shape = model.shape();
        let stream = Stream::new(8);
        let (mut s, mut a) = (vec![0.0; shape.state], vec![0.0; shape.action]);
        for path in 0..300 {
            let xi: Vec<f64> = (0..shape.noise()).map(|k| stream.uniform(path, 0, k)).collect();
            model.start(&xi, &mut s);
            for t in 0..shape.steps {
                let z: Vec<f64> =
                    (0..shape.said).map(|k| 6.0 * stream.normal(path, 1 + t as u32, k)).collect();
                model.act((t, &s, &z), &mut a);
                let mut beyond = Vec::new();
                model.beyond((t, &s, &a), &mut beyond);
                for (k, one) in beyond.iter().enumerate() {
                    assert!(one.by <= 1e-12 * one.scale.max(1.0), "{text} {k}: {one:?} {a:?}");
                }
                let mut next = vec![0.0; shape.state];
                model.step(Step { t, s: &s, a: &a, xi: &xi }, &mut next);
                s = next;
            }
        }
    }
}

#[test]
fn a_projection_has_the_slopes_of_differences() {
    let text = format!("limits = \"projection\"\n{DEVICES}");
    let model = formulas(&text);
    let run = Run { threads: 2, precision: Precision::F64, ..Run::new(10) };
    let form = policy(&model, &[7], false);
    let mut plan = Plan::new(Control::new(model), form.clone(), &run).unwrap();
    let theta = weights(&form, Precision::F64);
    let batch = Batch { purpose: Purpose::Training, step: 0, n: 64 };
    let mut gradient = theta.zeros_like();
    plan.gradient(&theta, batch, &mut gradient).unwrap();
    let h = 1e-6;
    for k in 0..theta.layout().blocks.len() {
        let own = gradient.get(k);
        let largest = own.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for i in (0..own.len()).step_by(own.len().div_ceil(4)) {
            let mut at = |h: f64| {
                let (mut moved, mut numbers) = (theta.clone(), theta.get(k));
                numbers[i] += h;
                moved.set(k, &numbers);
                plan.value(&moved, batch).unwrap().mean
            };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            assert!((slope - own[i]).abs() <= 1e-5 * largest, "block {k}, {i}: {slope} {}", own[i]);
        }
    }
}

#[test]
fn precisions_agree() {
    for text in [DEVICES, WEIGHTS, SELLING] {
        let model = formulas(text);
        let form = policy(&model, &[7], true);
        let value = |precision: Precision| {
            let run = Run { precision, ..Run::new(10) };
            let mut plan = Plan::new(Control::new(model.clone()), form.clone(), &run).unwrap();
            let batch = Batch { purpose: Purpose::Training, step: 0, n: 200 };
            plan.value(&weights(&form, precision), batch).unwrap().mean
        };
        let [single, double] = [value(Precision::F32), value(Precision::F64)];
        assert!((single - double).abs() < 2e-5 * double.abs(), "{single} {double}");
    }
}

#[test]
fn a_policy_in_training_does_not_see_what_is_held_back() {
    let model = formulas(SELLING);
    let values = [1., 2., 3., 2., 1., 2., 3., 4., 3., 2., 1., 2., 1., 2., 3., 2.];
    let shape = model.shape();
    let rows = |model: &Formulas| {
        let mut all: Vec<usize> = (0..200)
            .map(|k| {
                let mut s = vec![0.0; shape.state];
                let mut xi = vec![0.5; shape.noise()];
                xi[shape.noise() - 1] = (f64::from(k) + 0.5) / 200.0;
                model.start(&xi, &mut s);
                s[shape.state - 1] as usize
            })
            .collect();
        all.dedup();
        all
    };
    // Ten of sixteen rows are for training, six for the answer; a path of four steps takes five.
    assert_eq!(rows(&model), [0, 1, 2, 3, 4, 5]);
    assert_eq!(rows(&model.for_answer()), [10, 11]);
    let mut s = vec![0.0; shape.state];
    model.start(&vec![0.5; shape.noise()], &mut s);
    let row = s[shape.state - 1] as usize;
    let mut next = vec![0.0; shape.state];
    model.step(Step { t: 2, s: &s, a: &[1.0], xi: &vec![0.5; shape.noise()] }, &mut next);
    assert_eq!(next[0], values[row + 3]);
}

#[test]
fn what_is_paid_for_in_training_is_not_done_in_an_answer() {
    let model = formulas(&format!("limits = \"penalty\"\npenalty = 3.0\n{DEVICES}"));
    let kept = formulas(&format!("limits = \"projection\"\n{DEVICES}"));
    let answer = model.for_answer();
    let (mut s, mut same) = (vec![0.0; 6], vec![0.0; 6]);
    model.start(&[0.5, 0.5], &mut s);
    same.copy_from_slice(&s);
    let z = [3.0, -2.0, 0.5, 4.0, 0.0, 1.5, -1.5, 0.2];
    let [mut paid, mut done, mut nearest, mut asked] = [[0.0; 8]; 4];
    model.act((0, &s, &z), &mut paid);
    answer.act((0, &s, &z), &mut done);
    kept.act((0, &same, &z), &mut nearest);
    assert!(model.asked((0, &s, &z), &mut asked) && !kept.asked((0, &s, &z), &mut asked));
    assert_eq!((paid, done), (asked, nearest));
    // What is beyond, squared: the cost of the step is larger by it.
    let mut beyond = Vec::new();
    model.beyond((0, &s, &paid), &mut beyond);
    let squares: f64 = beyond.iter().map(|one| one.by * one.by).sum();
    let mut next = [0.0; 6];
    let step = |model: &Formulas, next: &mut [f64]| {
        model.step(Step { t: 0, s: &s, a: &paid, xi: &[0.5, 0.5] }, next)
    };
    let more = step(&model, &mut next) - step(&kept, &mut next);
    assert!(squares > 1.0 && (more - 3.0 * squares).abs() < 1e-12 * more, "{more} {squares}");
}

#[test]
fn what_contradicts_itself_is_named() {
    let text =
        DEVICES.replace("low = 0, high = \"min(rate, R)\"", "low = 2, high = \"min(rate, R)\"");
    let said = refused(&text);
    assert!(
        said.contains("`low of y1` and `high of y1` contradict each other at step 0"),
        "{said}"
    );
    let said = refused(&DEVICES.replace("sum(c) <= E", "sum(c) >= 100"));
    assert!(said.contains("contradict each other") && said.contains("`sum(c) >= 100`"), "{said}");
    let said = refused(&DEVICES.replace("sum(c) <= E", "sum(c * c) <= E"));
    assert!(said.contains("`sum(c * c) <= E` is not linear in `c`"), "{said}");
    let said = refused(&DEVICES.replace("sum(c) <= E", "E * c[1] <= E"));
    assert!(said.contains("is not linear in `c`"), "{said}");
}

/// A linear system with a discount, as a problem without an end: its last costs are those of all steps after.
fn discounted(p: &[[f64; 2]; 2]) -> Formulas {
    formulas(&format!(
        "horizon = 12\ndiscount = 0.9\ncost = \"dot(x, Q * x) + 0.5 * u^2\"\nend = \"dot(x, P * x)\"\n\
         [states]\nx = [1.0, -0.5]\n[next]\nx = \"A * x + B * u + w\"\n[actions]\nu = {{}}\n\
         [noise]\nw = {{ normal = 2, covariance = 0.04 }}\n[constants]\nA = [[1.0, 0.2], [0.0, 1.0]]\n\
         B = [0.0, 0.3]\nQ = [[1.0, 0.0], [0.0, 0.2]]\nP = {p:?}\n"
    ))
}

#[test]
fn a_stationary_policy_reaches_what_riccati_says() {
    let (beta, r, a, b) = (0.9, 0.5, [[1.0, 0.2], [0.0, 1.0]], [0.0, 0.3]);
    let mut p = [[0.0; 2]; 2];
    let mut k = [0.0; 2];
    for _ in 0..2000 {
        // The recursion of the discounted problem, to its fixed point.
        let pa = |i: usize, j: usize| p[i][0] * a[0][j] + p[i][1] * a[1][j];
        let pb = [p[0][0] * b[0] + p[0][1] * b[1], p[1][0] * b[0] + p[1][1] * b[1]];
        let h = r + beta * (b[0] * pb[0] + b[1] * pb[1]);
        for (j, k) in k.iter_mut().enumerate() {
            *k = beta * (b[0] * pa(0, j) + b[1] * pa(1, j)) / h;
        }
        let mut next = [[1.0, 0.0], [0.0, 0.2]];
        for i in 0..2 {
            for j in 0..2 {
                let apa = a[0][i] * pa(0, j) + a[1][i] * pa(1, j);
                let apb = a[0][i] * pb[0] + a[1][i] * pb[1];
                next[i][j] += beta * (apa - apb * k[j]);
            }
        }
        p = next;
    }
    let model = discounted(&p);
    let mut form = policy(&model, &[], true);
    (form.shared, form.stationary) = (true, true);
    let x0 = [1.0, -0.5];
    let quadratic: f64 = (0..2).map(|i| (0..2).map(|j| x0[i] * p[i][j] * x0[j]).sum::<f64>()).sum();
    let noise: f64 = (1..=12).map(|t| beta.powi(t) * 0.04 * (p[0][0] + p[1][1])).sum();
    // What is seen is (x − m)/s: the gain in these units.
    let shape = model.shape();
    let [mut at0, mut at1, mut at2] = [[0.0; 2], [0.0; 2], [0.0; 2]];
    model.see((0, &[0.0, 0.0], &[]), &mut at0);
    model.see((0, &[1.0, 0.0], &[]), &mut at1);
    model.see((0, &[0.0, 1.0], &[]), &mut at2);
    let units = [at1[0] - at0[0], at2[1] - at0[1]];
    let gains = [-k[0] / units[0], -k[1] / units[1]];
    let bias = -(gains[0] * at0[0] + gains[1] * at0[1]);
    let mut theta = form.init(Precision::F64, &Stream::new(1)).unwrap();
    theta.set(0, &[gains[0], gains[1], bias]);
    assert_eq!((shape.seen, form.n_in()), (2, 2));
    let run = Run { threads: 2, precision: Precision::F64, ..Run::new(10) };
    let mut plan = Plan::new(Control::new(model), form, &run).unwrap();
    let batch = Batch { purpose: Purpose::Validation, step: 0, n: 100_000 };
    let found = plan.value(&theta, batch).unwrap();
    let due = quadratic + noise;
    assert!(found.deviation(due) < 4.0, "{found}, due {due}");
    assert!(found.stderr < 2e-3 * due, "{found}");
}
