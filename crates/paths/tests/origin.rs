//! Where x₀ has a law: the mean of u(0, ·), u(0, ·) itself, and the loss are right, and so are their
//! errors.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use frame::{Answer, Batch, Functional, Known, Precision, Problem, Purpose, Representation, Run};
use ground::estimate::Estimate;
use ground::quadrature;
use ground::stream::Stream;
use paths::answer::Value;
use paths::anywhere::Anywhere;
use paths::case::Reading;
use paths::known::{Heat, HjbLqg};
use paths::model::Equation;
use paths::origin::Origin;
use paths::plan::PathPlan;
use paths::problem::DeepBsde;
use paths::reference::cole_hopf::ColeHopf;
use paths::reference::heat;

fn solved(problem: DeepBsde, iterations: u64, fresh: usize) -> Value {
    problem.solve(&Run::new(iterations).seed(3).fresh(fresh)).unwrap().answer
}

fn near(found: Estimate, exact: f64) {
    assert!(found.deviation(exact) < 5.0, "{found} for {exact}");
}

/// u(0, x) = |x|² + 2 d T, so E u(0, x₀) = |E x₀|² + d (Var x₀ + 2 T).
#[test]
fn statistical_heat_from_a_normal_and_a_uniform_law() {
    let means: Vec<f64> = (0..5).map(|i| 0.5 * f64::from(i) - 1.0).collect();
    let laws = [
        Origin::normal(means.clone(), vec![0.1, 0.5, 1.0, 0.2, 2.0]),
        Origin::normal(0.0, 0.5),
        Origin::uniform(-1.0, means.iter().map(|m| m + 1.5).collect::<Vec<f64>>()),
    ];
    for law in laws {
        let exact = law.mean(5).iter().map(|m| m * m).sum::<f64>() + 5.0 * (law.variance(5) + 2.0);
        let value =
            solved(DeepBsde::new(&Heat { dim: 5 }).starting(law).levels([5, 10]), 20, 16_384);
        for found in [value.sampled, value.minimiser, value.zero, value.untrained] {
            near(found, exact);
        }
        value.levels.iter().for_each(|level| near(level.value, exact));
        assert!(value.gradient.is_empty() && value.logarithmic.is_none() && value.bounds.is_none());
    }
}

/// E u(0, r ϑ) over the radius of a normal law around 0, |x₀|² = s² χ²_d, by a Gauss rule.
fn over_the_radius(exact: &ColeHopf, dim: usize, sd: f64) -> f64 {
    let rule = quadrature::chi_squared(40, dim);
    let u = |square: f64| exact.at_radius(0.0, sd * square.sqrt()).0;
    let coarse = quadrature::chi_squared(20, dim).integrate(u);
    assert!((rule.integrate(u) - coarse).abs() < 1e-9, "the rule has converged");
    rule.integrate(u)
}

#[test]
fn statistical_hjb_against_cole_hopf_over_the_radius() {
    for (dim, lambda, sd) in [(6, 1.0, 0.7), (20, 2.0, 1.0)] {
        let exact = over_the_radius(&ColeHopf::radial(dim, lambda, 1.0), dim, sd);
        let problem = DeepBsde::new(&HjbLqg::new(dim, lambda)).levels([20, 40, 80]);
        let value = solved(problem.starting(Origin::normal(0.0, sd)), 200, 16_384);
        assert_eq!(value.reading, Reading::Adjoint);
        near(value.sampled, exact);
        assert!(value.r2 > 0.8 && value.r2 < 1.0, "R² {}", value.r2);
    }
}

/// No symmetry: another sample of starts, u exact on each.
#[test]
fn statistical_hjb_against_cole_hopf_over_a_sample() {
    let model = HjbLqg::anisotropic(8, 1.0);
    let exact = ColeHopf::weighted(&model.weights, 1.0, 1.0);
    let law = Origin::uniform(vec![-1.0, -0.5, 0.0, 1.0, -2.0, 0.3, 0.0, -1.0], 2.0);
    let own = Stream::new(71);
    let value_at = |k: u64| {
        let x: Vec<f64> = (0..8).map(|i| law.draw(&own, k, i)).collect();
        exact.value(0.0, &x)
    };
    let sample: Vec<f64> = (0..8192).map(value_at).collect();
    let wanted = Estimate::of(&sample);
    let problem = DeepBsde::new(&model).levels([20, 40, 80]).starting(law.clone());
    let found = solved(problem, 200, 16_384).answer;
    let (off, noise) = (found.mean - wanted.mean, found.stderr.hypot(wanted.stderr));
    assert!(off.abs() < 5.0 * noise, "{found} and {wanted}");
}

/// u(0, ·) at points of the law, and what is outside of it.
#[test]
fn statistical_u_at_the_start_is_a_function() {
    let (dim, sd) = (10, 0.8);
    let exact = ColeHopf::radial(dim, 1.0, 1.0);
    let law = Origin::normal(0.5, sd);
    let problem = DeepBsde::new(&HjbLqg::new(dim, 1.0)).starting(law.clone());
    let mut solution = problem.solve(&Run::new(200).seed(3).fresh(4096)).unwrap();
    let own = Stream::new(72);
    let (mut off, mut size) = (0.0, 0.0);
    for k in 0..12 {
        let x: Vec<f64> = (0..dim).map(|i| law.draw(&own, k, i)).collect();
        let point = solution.at(0.0, &x).unwrap();
        near(point.u, exact.value(0.0, &x));
        assert!(point.inside, "start {k}");
        for (z, slope) in point.z.iter().zip(exact.gradient(0.0, &x)) {
            off += (z - 2f64.sqrt() * slope).powi(2);
            size += 2.0 * slope * slope;
        }
    }
    // 1 − R² is the share of |Z|² that is off along paths; at their first step as well, up to a factor.
    let share = 1.0 - solution.answer.levels[2].r2;
    assert!(off / size < 4.0 * share, "{} and {share}", off / size);
    // A radius of 2.4 √d standard deviations: no path begins there, and some are there later.
    let away = vec![0.5 + 2.4 * sd; dim];
    assert!(!solution.at(0.0, &away).unwrap().inside);
    assert!(solution.at(0.9, &away).unwrap().inside);
    let cube = DeepBsde::new(&Heat { dim: 2 }).starting(Origin::uniform(0.0, 1.0)).steps(4);
    let mut solution = cube.solve(&Run::new(2).fresh(256)).unwrap();
    assert!(solution.at(0.0, &[0.01, 0.99]).unwrap().inside);
    assert!(!solution.at(0.0, &[0.01, 1.01]).unwrap().inside);
    assert!(solution.at(0.5, &[0.01, 1.01]).unwrap().inside);
}

/// Answer and minimiser over many seeds: z-scores have mean 0 and mean square 1. With d = 2 and sd = 2
/// what differs from start to start has most of the variance: taken path by path, the error of the
/// minimiser would be small by √8.
#[test]
fn statistical_errors_are_true() {
    const SEEDS: u64 = 64;
    let exact = heat::value(1.0, 0.0, &[0.0; 2]) + 2.0 * 4.0;
    let (mut answers, mut minimisers) = (Vec::new(), Vec::new());
    for seed in 1..=SEEDS {
        let problem = DeepBsde::new(&Heat { dim: 2 }).starting(Origin::normal(0.0, 2.0)).steps(2);
        let value = problem.solve(&Run::new(0).seed(seed).fresh(1024)).unwrap().answer;
        let z = |e: Estimate| (e.mean - exact) / e.stderr;
        answers.push(z(value.answer));
        minimisers.push(z(value.minimiser));
    }
    for z in [answers, minimisers] {
        near(Estimate::of(&z), 0.0);
        let squares: Vec<f64> = z.iter().map(|z| z * z).collect();
        let (mean, noise) = (Estimate::of(&squares).mean, (2.0 / SEEDS as f64).sqrt());
        assert!((mean - 1.0).abs() < 4.0 * noise, "mean square {mean}, {noise:.2}");
    }
}

/// With Z = 0, δ is g less a constant, and L s_c² estimates E Var(g | x₀) = 8 T E|x₀|² + 8 d T².
#[test]
fn statistical_the_loss_is_conditional_and_unbiased() {
    let (dim, sd) = (3, 1.5);
    let problem = DeepBsde::new(&Heat { dim }).starting(Origin::normal(1.0, sd)).steps(2);
    let form = problem.default_form();
    let run = Run::new(1).precision(Precision::F64);
    let theta = form.init(Precision::F64, &Stream::new(1)).unwrap().zeros_like();
    let mut plan: PathPlan = problem.couple(form, &run).unwrap();
    let scale = plan.pilot().s_c.powi(2);
    let batch = Batch { purpose: Purpose::Validation, step: 0, n: 1 << 16 };
    let loss = plan.value(&theta, batch).unwrap();
    let exact = 8.0 * (dim as f64 * (1.0 + sd * sd)) + 8.0 * dim as f64;
    let found = Estimate { mean: loss.mean * scale, stderr: loss.stderr * scale, n: loss.n };
    assert_eq!(found.n, 1 << 13);
    near(found, exact);
    assert!(found.stderr < 0.02 * exact, "8/7 would be seen");
    // Of the pilot: 1024 pairs.
    assert!((scale / exact - 1.0).abs() < 5.0 * 0.08, "{scale} and {exact}");
}

/// Without noise u(0, x) = g(x): all of the variance is between starts, and there is none to explain.
#[test]
fn statistical_without_noise_the_answer_is_a_mean_over_starts() {
    let equation = Equation::new(3, 1.0).diffusion(0.0).terminal(|x| x.dot(x));
    let problem = DeepBsde::new(equation).starting(Origin::uniform(0.0, 1.0)).levels([2]);
    let solution = problem.solve(&Run::new(2).seed(3).fresh(4096)).unwrap();
    let value = solution.answer;
    near(value.sampled, 1.0);
    near(value.minimiser, 1.0);
    assert!(value.r2.is_nan() && value.gain.mean.is_nan(), "R² {}", value.r2);
    let why = solution.error.approximation.to_string();
    assert!(why.contains("does not depend on the error of Z"), "{why}");
}

#[test]
fn the_bits_do_not_depend_on_threads() {
    let solved = |threads: usize| {
        let law = Origin::uniform(-1.0, 1.0);
        let problem = DeepBsde::new(&HjbLqg::new(5, 1.0)).starting(law).levels([4, 8]);
        let run = Run::new(20).batch(24).seed(4).fresh(2000).threads(threads);
        let solution = problem.solve(&run).unwrap();
        (solution.params.get(0), solution.answer)
    };
    let one = solved(1);
    assert_eq!(one, solved(2));
    assert_eq!(one, solved(3));
}

/// Y is read backward: it ends at g on every path, and begins at u(0, x₀) of its own start.
#[test]
fn pictures_follow_y_backward() {
    let problem = DeepBsde::new(&Heat { dim: 3 }).starting(Origin::normal(0.0, 1.0)).levels([200]);
    let value = solved(problem, 0, 512);
    let paths = &value.sample.paths;
    let mut starts = Vec::new();
    for path in 0..paths.paths {
        let (g, last) = (paths.terminal[path], paths.value(path, paths.steps()));
        assert!((g - last).abs() < 1e-5 * (1.0 + g.abs()), "{g} and {last}");
        starts.push(paths.value(path, 0) - heat::value(1.0, 0.0, paths.point(path, 0)));
    }
    // The steps leave 2 Σ (|ΔW_n|² − h d), of variance 8 d T h; from 64 paths its root is known to a
    // relative 1/√128.
    let (found, n) = (Estimate::of(&starts), starts.len() as f64);
    near(found, 0.0);
    let spread = found.stderr * n.sqrt() / (8.0 * 3.0 / 200.0_f64).sqrt();
    assert!((spread - 1.0).abs() < 5.0 / (2.0 * n).sqrt(), "{spread}");
    let figures = value.figures(&Known::default());
    let caption = &figures.iter().find(|figure| figure.name == "paths").unwrap().caption;
    assert!(caption.contains("read backward"), "{caption}");
    let levels = figures.iter().find(|figure| figure.name == "levels").unwrap();
    assert_eq!(levels.y.label, "E u(0, x₀)");
}

#[test]
fn the_answer_says_the_law() {
    let problem = DeepBsde::new(&Heat { dim: 3 }).starting(Origin::normal(0.0, 1.0)).levels([4, 8]);
    let value = solved(problem, 5, 1000);
    let text = value.to_string();
    for said in [
        "E u(0, x₀) = ",
        "normal, mean 0, standard deviation 1",
        "conditional: 8 paths from each of 125 starts, of E Var(g | x₀)",
    ] {
        assert!(text.contains(said), "{text}");
    }
    let json = value.json();
    assert_eq!(json["at"], serde_json::json!({ "mean": 0.0, "sd": 1.0 }));
    let why = "u(0, x₀) is a function of x₀ here; eval gives its gradient";
    assert_eq!(json["gradient"], serde_json::json!({ "value": null, "why": why }));
    for key in ["logarithmic", "bounds"] {
        assert!(json[key]["why"].as_str().unwrap().contains("at one point"), "{}", json[key]);
    }
}
