//! Every sign of a wrong answer is seen where it is known to be there, and not where it is not.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use frame::{Adam, Checkpoint, Representation, Run, Verdict};
use ground::formula::Expr;
use ground::stream::Stream;
use paths::case::{Reading, Scheme};
use paths::form::{Directions, Free};
use paths::known::{Burgers, HjbLqg};
use paths::model::{At, Equation};
use paths::problem::DeepBsde;

fn verdict(problem: DeepBsde, iterations: u64) -> Verdict {
    problem.solve(&Run::new(iterations).seed(3).fresh(8192)).unwrap().verdict
}

/// Why a run is not settled.
fn why(problem: DeepBsde, iterations: u64) -> String {
    match verdict(problem, iterations) {
        Verdict::NotSettled { why } => why,
        other => panic!("{other}"),
    }
}

fn line(terminal: impl Fn(Expr) -> Expr) -> Equation {
    Equation::new(1, 1.0).diffusion(1.0).terminal(terminal)
}

#[test]
fn a_sound_run_is_not_doubted() {
    let verdict = verdict(DeepBsde::new(&HjbLqg::new(20, 1.0)).levels([10, 20, 40]), 150);
    assert_eq!(verdict, Verdict::Converged);
}

#[test]
fn nothing_trained() {
    let problem = DeepBsde::new(&HjbLqg::new(20, 1.0)).steps(10);
    assert_eq!(why(problem, 0), "nothing was trained");
}

#[test]
fn no_path_where_the_terminal_value_differs() {
    // N(−8) = 6e-16: no path of a sample comes there.
    let rare = why(DeepBsde::new(line(|x| (x.sum() - 8.0).step())).steps(10), 20);
    assert!(rare.contains("where it differs no path came"), "{rare}");
    // A constant has nothing to see, and without noise one path says it all.
    let constant = DeepBsde::new(line(|x| 4.0 + 0.0 * x.sum())).steps(10);
    assert_eq!(verdict(constant, 20), Verdict::Converged);
    let still = DeepBsde::new(line(Expr::sum).diffusion(0.0)).at(&[4.0]).steps(10);
    assert_eq!(verdict(still, 20), Verdict::Converged);
}

#[test]
fn the_minimiser_far_from_the_value_it_rests_on() {
    // λ = 10 on plain paths: the loss is lowered by the driver, not by the truth.
    let trap = DeepBsde::new(&HjbLqg::new(100, 10.0)).steps(20).on_policy(false);
    let why = why(trap.reading(Reading::Adjoint), 150);
    assert!(why.contains("standard errors apart") && why.contains("on-policy = true"), "{why}");
}

#[test]
fn a_function_worse_than_none() {
    // The raw gradient of ln(½(1 + |x|²)), not smoothed, is far from that of u in d = 100.
    let problem = DeepBsde::new(&HjbLqg::new(100, 1.0)).steps(20);
    let form = Directions::new(100, 0);
    let run = Run::new(0).seed(3).fresh(8192);
    let solution = frame::solve(problem, form, Adam::cosine(1), &run, &mut ()).unwrap();
    assert!(solution.answer.r2 < -1.0, "R² {}", solution.answer.r2);
    let Verdict::NotSettled { why } = solution.verdict else { panic!("{}", solution.verdict) };
    assert!(why.contains("explains less than Z = 0"), "{why}");
}

#[test]
fn networks_that_learned_nothing() {
    // One move, from networks that say zero: y₀ is that of Z = 0.
    let problem = DeepBsde::new(&HjbLqg::new(20, 1.0)).steps(5);
    let run = Run::new(1).seed(3).fresh(8192);
    let solution = frame::solve(problem, Free::new(20, 5), Adam::cosine(1), &run, &mut ()).unwrap();
    assert!(solution.answer.r2 < 0.05, "R² {}", solution.answer.r2);
    let Verdict::NotSettled { why } = solution.verdict else { panic!("{}", solution.verdict) };
    assert!(why.contains("next to nothing"), "{why}");
}

#[test]
fn levels_without_a_limit() {
    // Euler steps of dX = −50 X dt multiply by 49, 24² and 11.5⁴.
    let stiff = line(Expr::sum).diffusion(0.01).drift(|At { x, .. }| -50.0 * x);
    let problem = DeepBsde::new(&stiff).at(&[1.0]).levels([1, 2, 4]);
    let why = why(DeepBsde { scheme: Scheme::Euler, ..problem }, 20);
    assert!(why.contains("do not approach a limit"), "{why}");
}

#[test]
fn a_source_of_t_alone_is_integrated_exactly() {
    // cos(20πt) is 1 at all times of 10 and of 20 steps, and has the integral 0.
    let turn = 20.0 * std::f64::consts::PI;
    let source = |At { t, .. }: At| (turn * t).cos() + t.powi(2);
    let problem = DeepBsde::new(line(Expr::sum).source(source)).levels([10, 20]);
    let solution = problem.solve(&Run::new(20).seed(3).fresh(8192)).unwrap();
    assert_eq!(solution.verdict, Verdict::Converged);
    let found = solution.answer.answer;
    assert!((found.mean - 1.0 / 3.0).abs() < 4.0 * found.stderr, "{found}");
}

#[test]
fn what_the_steps_do_not_see() {
    let turn = 20.0 * std::f64::consts::PI;
    let source = |At { t, x, .. }: At| (turn * t).cos() * x.dot(x);
    let problem = DeepBsde::new(line(Expr::sum).source(source)).levels([10, 20]);
    let said = why(problem.clone(), 20);
    assert!(said.contains("the steps miss how model.source varies in t"), "{said}");
    assert_eq!(verdict(problem.levels([11, 33]), 20), Verdict::Converged);
    let drift = |At { t, x, .. }: At| (turn * t).cos() - 0.1 * x;
    let said = why(DeepBsde::new(line(Expr::sum).drift(drift)).levels([10, 20]), 20);
    assert!(said.contains("the steps miss how model.drift varies in t"), "{said}");
}

#[test]
fn one_path_with_much_of_the_variance() {
    for terminal in [|x: Expr| (x.sum() - 3.5).relu(), |x: Expr| (0.7 * x.dot(x)).exp()] {
        let said = why(DeepBsde::new(line(terminal)).steps(1), 20);
        assert!(said.contains("of the variance: events too rare or tails too heavy"), "{said}");
    }
}

#[test]
fn a_start_at_the_spurious_minimum_of_burgers_is_no_answer() {
    // Without truncation of the driver the loss has a second minimum near y₀ = 5.15, with R² as
    // high as that of the truth ½.
    let problem = DeepBsde::new(&Burgers { dim: 20, horizon: 1.0 }).steps(80);
    let form = problem.default_form();
    let run = Run::new(300).seed(3).fresh(4096);
    let mut start = form.init(run.precision, &Stream::new(3)).unwrap();
    start.set(1, &[4.6]);
    let run = Run { init: Some(Checkpoint::of(&start).unwrap()), ..run };
    let solution = frame::solve(problem, form, Adam::cosine(300), &run, &mut ()).unwrap();
    let found = solution.answer.answer.mean;
    let right = (found - 0.5).abs() < 0.02;
    assert!(right || solution.verdict != Verdict::Converged, "{found} {}", solution.verdict);
}

#[test]
fn the_interval_holds_what_the_limit_misses() {
    // Euler steps of dX = −8 X dt + dW end with variance 1/(16 − 64 h): the levels show order 1.6.
    let reverting = line(Expr::norm_squared).diffusion(1.0).drift(|At { x, .. }| -8.0 * x);
    let problem = DeepBsde { scheme: Scheme::Euler, ..DeepBsde::new(&reverting) };
    let run = Run::new(100).seed(3).fresh(65_536);
    let value = problem.levels([10, 20, 40]).solve(&run).unwrap().answer;
    let exact = 1.0 / 16.0;
    assert!(value.sampled.deviation(exact) > 3.0, "{} tests nothing", value.sampled);
    assert!(value.answer.deviation(exact) < 2.0, "{} against {exact}", value.answer);
}

#[test]
fn a_factor_of_u_that_the_steps_miss() {
    let blinking = line(Expr::sum)
        .source(|At { t, u, .. }| u * (80.0 * std::f64::consts::PI * t).sin().powi(2));
    let why = why(DeepBsde::new(&blinking).at(&[1.0]).levels([20, 40, 80]), 100);
    assert!(why.contains("the steps miss how model.source varies in t"), "{why}");
}

#[test]
fn levels_that_turn_back() {
    let season = Equation::new(10, 1.0)
        .diffusion(1.0)
        .terminal(Expr::norm_squared)
        .source(|At { t, u, .. }| -u * (1.0 + (40.0 * std::f64::consts::PI * t).cos()));
    let why = why(DeepBsde::new(&season).levels([20, 40, 80]), 200);
    assert!(why.contains("do not approach a limit"), "{why}");
}

#[test]
fn a_driver_that_jumps() {
    let jumping = line(|x| x.sum().tanh()).source(|At { u, .. }| (u - 0.2).step());
    let why = why(DeepBsde::new(&jumping).levels([10, 20, 40]), 50);
    assert!(why.contains("model.source jumps where u crosses a value"), "{why}");
}

#[test]
fn a_range_that_is_too_narrow_can_be_widened() {
    // u = e³ for g = 1 at x = 1, far from E g ± what is thought of it.
    let growing = line(Expr::sum).source(|At { u, .. }| 3.0 * u);
    let problem = DeepBsde::new(&growing).at(&[1.0]).levels([40, 80, 160]);
    let narrow = why(problem.clone().range_of_value([-2.0, 4.0]), 100);
    assert!(narrow.contains("problem.range = [-2.0000, 4.0000]"), "{narrow}");
    let run = Run::new(100).seed(3).fresh(8192);
    let wide = problem.range_of_value([-500.0, 500.0]).solve(&run).unwrap().answer.answer;
    assert!(wide.deviation(3f64.exp()) < 3.0, "{wide}");
}
