//! The plan against its twin on the tape: values and slopes on one named batch, to 1e-10 in f64.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

use esperance::cases::{resolve, shipped};
use esperance::{frame, ground, paths};
use frame::{Batch, Coupled, Functional, Params, Precision, Problem, Purpose, Representation, Run};
use ground::formula::Expr;
use ground::kernel::network::Activation;
use ground::stream::Stream;
use paths::form::{Directions, Form, Free, PerStep, Time};
use paths::known::{AllenCahn, BasketCall, Burgers, Heat, HjbLqg, QuadraticGradient};
use paths::model::{At, Diffusion, Equation};
use paths::origin::Origin;
use paths::plan::PathPlan;
use paths::problem::{DeepBsde, OnTape};
use paths::sde::Law;
use paths::spacing::Spacing;

/// A point away from the start, so that every coefficient matters.
fn somewhere(form: &Form) -> Params {
    let stream = Stream::new(5);
    let mut theta = form.init(Precision::F64, &stream.child("init")).unwrap();
    for block in 0..theta.layout().blocks.len() {
        // Sizes that a network can have, and variances that are positive.
        let size = 1.0 / (theta.get(block).len() as f64).sqrt().clamp(5.0, 20.0);
        let kept = theta.layout().blocks[block].0.ends_with("statistics");
        let move_ = |(k, v): (usize, &f64)| {
            let by = size * stream.normal(0, 0, k);
            if kept { v + by.abs() } else { v + by }
        };
        let moved: Vec<f64> = theta.get(block).iter().enumerate().map(move_).collect();
        theta.set(block, &moved);
    }
    theta.set(theta.layout().blocks.len() - 1, &[0.05]);
    theta
}

fn agree(problem: &DeepBsde, form: impl Into<Form>, step: u64) {
    let form = &form.into();
    let run = Run::new(10).precision(Precision::F64).seed(3);
    let theta = somewhere(form);
    let mut plan: PathPlan = problem.clone().couple(form.clone(), &run).unwrap();
    let twin = OnTape { problem: problem.clone(), pilot: plan.pilot().clone(), iterations: 10 };
    let mut tape = Coupled::new(twin, form.clone(), &run);
    let [training, validation] = if problem.at.is_law() { [24, 16] } else { [21, 19] };
    let batch = Batch { purpose: Purpose::Training, step, n: training };
    let (mut fast, mut slow) = (theta.zeros_like(), theta.zeros_like());
    let a = plan.gradient(&theta, batch, &mut fast).unwrap();
    let b = tape.gradient(&theta, batch, &mut slow).unwrap();
    assert!((a.mean / b.mean - 1.0).abs() < 1e-10, "values {} and {}", a.mean, b.mean);
    assert!((a.stderr / b.stderr - 1.0).abs() < 1e-10, "errors {} and {}", a.stderr, b.stderr);
    let size = slow.norm();
    for (block, (name, _)) in theta.layout().blocks.iter().enumerate() {
        if name.ends_with("statistics") || (name == "start" && form_keeps_start(form)) {
            continue;
        }
        for (k, (a, b)) in fast.get(block).iter().zip(slow.get(block)).enumerate() {
            assert!((a - b).abs() < 1e-10 * size, "{name}, slope {k}: {a} and {b} of {size}");
        }
    }
    let batch = Batch { purpose: Purpose::Validation, step, n: validation };
    let a = plan.value(&theta, batch).unwrap();
    let b = tape.value(&theta, batch).unwrap();
    assert!((a.mean / b.mean - 1.0).abs() < 1e-10, "validation {} and {}", a.mean, b.mean);
}

/// Whether y₀ is moved by the problem, not by a descent.
fn form_keeps_start(form: &Form) -> bool {
    !matches!(form, Form::PerStep(_))
}

fn small(equation: impl Into<Equation>) -> DeepBsde {
    DeepBsde::new(equation).steps(5)
}

#[test]
fn agree_on_every_shipped_case_at_quick_size() {
    for (_, name) in shipped::names().into_iter().filter(|(family, _)| family == "paths") {
        let mut case = shipped::open(&name).unwrap();
        case.quicken().unwrap();
        let (problem, form) = resolve(case).and_then(|case| case.pose()).unwrap();
        agree(&problem, form.clone(), 6);
    }
}

#[test]
fn agree_free_networks_alone_and_added() {
    let problem = small(&HjbLqg::new(7, 3.0)).at(&[0.3; 7]);
    let plain = Free { hidden: vec![6, 9], ..Free::new(7, 5) };
    for time in [Time::Input, Time::PerStep] {
        for activation in [Activation::Tanh, Activation::Sin, Activation::Relu] {
            let free = Free { time, activation, ..plain.clone() };
            for step in [2, 7] {
                agree(&problem, free.clone(), step);
            }
            let form = Directions { plus: Some(free), ..problem.default_form() };
            agree(&problem, form, 7);
        }
    }
    let law = small(&HjbLqg::new(7, 1.0)).starting(Origin::normal(0.1, 0.5));
    agree(&law, plain, 4);
    let of_u = small(&AllenCahn { dim: 4 });
    agree(&of_u, Free { hidden: vec![5], ..Free::new(4, 5) }, 4);
}

#[test]
fn agree_published_form() {
    let form =
        |dim: usize, start| PerStep { hidden: vec![6, 9], ..PerStep::published(dim, 5, start) };
    let problem = small(&HjbLqg::new(7, 3.0)).at(&[0.3; 7]);
    agree(&problem, form(7, [0.0, 1.0]), 2);
    agree(&small(&AllenCahn { dim: 4 }), form(4, [0.3, 0.5]), 2);
    agree(&small(&Burgers { dim: 3, horizon: 0.2 }), form(3, [2.0, 4.0]), 2);
    agree(&small(&QuadraticGradient { dim: 6 }), form(6, [2.0, 4.0]), 2);
    // Where the loss is linear.
    agree(&problem, PerStep { clip: 0.3, activation: Activation::Tanh, ..form(7, [0.0, 1.0]) }, 2);
}

#[test]
fn agree_hjb_on_and_off_policy() {
    let problem = small(&HjbLqg::new(7, 3.0)).at(&[0.3; 7]);
    let form = problem.default_form();
    for step in [0, 2, 7] {
        agree(&problem, form.clone(), step);
    }
    agree(&problem.on_policy(false), form, 7);
}

#[test]
fn agree_hjb_anisotropic_with_more_directions() {
    let problem = small(&HjbLqg::anisotropic(9, 1.0));
    let form = Directions { active: 6, hidden: vec![5], ..problem.default_form() };
    agree(&problem, form.clone(), 7);
}

#[test]
fn agree_without_active_directions_or_pairs() {
    let problem = small(&HjbLqg::new(3, 1.0)).at(&[0.5; 3]);
    let form = Directions { active: 0, pairs: 0, hidden: vec![], ..problem.default_form() };
    agree(&problem, form.clone(), 7);
}

#[test]
fn agree_quadratic_gradient() {
    let problem = small(&QuadraticGradient { dim: 6 });
    agree(&problem, problem.default_form(), 4);
}

#[test]
fn agree_heat() {
    let problem = small(&Heat { dim: 5 });
    agree(&problem, problem.default_form(), 4);
}

#[test]
fn agree_basket_geometric_and_kinked() {
    let call = BasketCall { dim: 4, rate: 0.05, volatility: 0.2, strike: 100.0 };
    let problem = small(&call).at(&[100.0; 4]);
    let form = problem.default_form();
    assert_eq!(form.pairs, 64);
    agree(&problem, form.clone(), 4);
}

#[test]
fn agree_general_coefficients_by_euler() {
    let equation = Equation::new(3, 0.5)
        .drift(|At { t, x, .. }| (1.0 + t) * (0.3 - x))
        .diffusion_at(|At { x, .. }| 0.5 + 0.2 * x.tanh())
        .source(|At { t, x, z, .. }| (t + x.sum()).cos() - 0.3 * z.dot(z) + z.sum())
        .terminal(|x| x.sin().sum());
    let problem = small(equation).at(&[0.1, 0.2, 0.3]);
    agree(&problem, problem.default_form(), 4);
}

#[test]
fn agree_drivers_in_u_alone_and_with_z() {
    let growth = Equation::new(6, 0.3)
        .diffusion(2f64.sqrt())
        .source(|At { u, .. }| u - u.powi(3))
        .terminal(|x| 0.5 / (1.0 + 0.2 * x.dot(x)));
    let problem = small(growth);
    agree(&problem, problem.default_form(), 4);
    let burgers = Equation::new(5, 0.2)
        .diffusion(5.0)
        .source(|At { u, z, .. }| (u - 0.7) * z.sum() + 0.1 * z.dot(z))
        .terminal(|x| (0.2 + x.sum() / 5.0).sigmoid());
    let problem = small(burgers);
    for step in [0, 7] {
        agree(&problem, problem.default_form(), step);
    }
    agree(&problem.clone().on_policy(false), problem.default_form(), 7);
}

#[test]
fn agree_where_the_driver_does_not_see_all_of_u() {
    // Y leaves m_g ± 8 s_g: f is large everywhere but at the start.
    let equation = Equation::new(3, 1.0)
        .source(|At { t, x, u, .. }| (20.0 * t + x.sum()) * (1.0 + 0.1 * u))
        .terminal(|x| x.sin().sum());
    let problem = small(equation);
    let form = problem.default_form();
    let run = Run::new(10).precision(Precision::F64).seed(3);
    let plan: PathPlan = problem.clone().couple(form.clone(), &run).unwrap();
    let [low, high] = plan.pilot().range;
    assert!(high - low < 40.0, "[{low}, {high}]");
    agree(&problem, form.clone(), 4);
}

#[test]
fn agree_where_x0_has_a_law() {
    let normal = Origin::normal(vec![0.3, -0.2, 0.0, 1.0, 0.0, 0.0, 2.0], 0.5);
    let uniform = Origin::uniform(-1.0, vec![0.5, 1.0, 2.0, -0.5, 0.0, 0.1, 0.2]);
    let problem = small(&HjbLqg::new(7, 3.0));
    let form = problem.default_form();
    for law in [normal, uniform] {
        let problem = problem.clone().starting(law);
        for step in [0, 2, 7] {
            agree(&problem, form.clone(), step);
        }
        agree(&problem.clone().on_policy(false), form.clone(), 7);
        agree_on_uneven_grids(&problem);
    }
    let general = Equation::new(3, 0.5)
        .drift(|At { t, x, .. }| (1.0 + t) * (0.3 - x))
        .diffusion_at(|At { x, .. }| 0.5 + 0.2 * x.tanh())
        .source(|At { t, x, z, .. }| (t + x.sum()).cos() - 0.3 * z.dot(z) + z.sum())
        .terminal(|x| x.sin().sum());
    let problem = small(general).starting(Origin::normal(0.1, vec![0.2, 0.3, 0.4]));
    agree(&problem, problem.default_form(), 4);
}

/// A batch of 24 does not begin where a block of 16 does: its starts are the same all the same. Losses
/// in single precision are good to a few ulp of a number near 1.
#[test]
fn agree_in_both_precisions_where_x0_has_a_law() {
    let problem = small(&HjbLqg::new(7, 1.0)).starting(Origin::normal(0.0, 1.0));
    let form = problem.default_form();
    let loss = |precision: Precision, step: u64| {
        let run = Run::new(10).precision(precision).seed(3);
        let theta = form.init(precision, &Stream::new(5)).unwrap();
        let mut plan: PathPlan = problem.clone().couple(form.clone(), &run).unwrap();
        let batch = Batch { purpose: Purpose::Training, step, n: 24 };
        plan.value(&theta, batch).unwrap()
    };
    for step in [0, 1, 2, 3] {
        let (single, double) = (loss(Precision::F32, step), loss(Precision::F64, step));
        assert!((single.mean / double.mean - 1.0).abs() < 1e-4, "{single} and {double}");
        assert_eq!(single.n, 3, "independent numbers are groups of 8");
    }
}

#[test]
fn agree_ornstein_uhlenbeck() {
    let kappa = [1.5, 0.0, -0.4];
    let reverting = |equation: Equation| {
        equation
            .source(|At { x, z, .. }| x.sum().cos() - 0.3 * z.dot(z))
            .terminal(|x| (1.0 + x.dot(x)).sqrt())
    };
    let several = Equation::new(3, 1.0)
        .drift(|At { x, .. }| Expr::vector(&kappa) * (0.5 - x) + Expr::vector(&[0.0, 0.2, 0.0]))
        .diffusion(Expr::vector(&[0.5, 0.9, 0.7]));
    let sigma = vec![1.0, 0.2, 0.0, 0.3, 0.9, 0.1, 0.0, -0.2, 1.1];
    let one = Equation::new(3, 1.0)
        .drift(|At { x, .. }| 2.0 * (0.5 - x))
        .diffusion(Diffusion::Matrix(sigma));
    for equation in [several, one] {
        let problem = small(reverting(equation)).at(&[0.1, 0.2, 0.3]);
        assert_eq!(problem.step().unwrap().law, Law::OrnsteinUhlenbeck);
        agree(&problem, problem.default_form(), 4);
    }
}

#[test]
fn agree_correlated_diffusion_and_a_driver_in_grad_u() {
    let factor = vec![1.0, 0.0, 0.0, 0.6, 0.8, 0.0, -0.3, 0.5, 0.66_f64.sqrt()];
    let posed = |volatility: fn(At) -> Expr| {
        let equation = Equation::new(3, 1.0)
            .drift(|At { x, .. }| 0.05 * x)
            .source(|At { grad_u, x, .. }| -0.4 * grad_u.dot(grad_u) + 0.1 * (x * grad_u).sum())
            .terminal(|x| (1.0 + x.dot(x)).sqrt());
        let volatility = volatility(equation.variables());
        small(equation.diffusion(Diffusion::Correlated { volatility, factor: factor.clone() }))
            .at(&[0.9, 1.1, 1.0])
    };
    let geometric = posed(|At { x, .. }| 0.3 * x);
    let general = posed(|At { t, x, .. }| 0.3 + 0.1 * t * x.tanh());
    assert_eq!(geometric.step().unwrap().law, Law::Geometric);
    assert_eq!(general.step().unwrap().law, Law::General);
    for problem in [geometric, general] {
        agree(&problem, problem.default_form(), 4);
    }
}

#[test]
fn agree_matrix_diffusion_and_a_driver_in_grad_u() {
    let sigma = vec![1.0, 0.2, 0.0, 0.3, 0.9, 0.1, 0.0, -0.2, 1.1];
    let equation = Equation::new(3, 1.0)
        .diffusion(Diffusion::Matrix(sigma))
        .source(|At { grad_u, .. }| -0.4 * grad_u.dot(grad_u))
        .terminal(|x| (1.0 + x.dot(x)).sqrt());
    let problem = small(equation).at(&[0.1, 0.2, 0.3]);
    agree(&problem, problem.default_form(), 4);
}

/// A problem on steps that shrink towards T, on steps that grow, and on given times; of the pilot's
/// grid, twice as fine, every other time is one of the training's.
fn agree_on_uneven_grids(problem: &DeepBsde) {
    let horizon = problem.equation.horizon;
    let given = [0.0, 0.02, 0.3, 0.35, 0.9, 1.0].map(|part| part * horizon);
    for grid in [Spacing::power(2.0), Spacing::power(0.6), Spacing::times(given)] {
        let problem = problem.clone().levels([5, 10]).grid(grid);
        agree(&problem, problem.default_form(), 4);
    }
}

#[test]
fn agree_on_uneven_grids_with_z_and_with_u() {
    agree_on_uneven_grids(&small(&HjbLqg::new(7, 3.0)).at(&[0.3; 7]));
    let growth = Equation::new(6, 0.3)
        .diffusion(2f64.sqrt())
        .source(|At { t, u, .. }| (1.0 + t) * (u - u.powi(3)))
        .terminal(|x| 0.5 / (1.0 + 0.2 * x.dot(x)));
    agree_on_uneven_grids(&small(growth));
    let burgers = Equation::new(5, 0.2)
        .diffusion(5.0)
        .source(|At { u, z, .. }| (u - 0.7) * z.sum() + 0.1 * z.dot(z))
        .terminal(|x| (0.2 + x.sum() / 5.0).sigmoid());
    agree_on_uneven_grids(&small(burgers));
}

#[test]
fn agree_on_uneven_grids_of_every_law() {
    let call = BasketCall { dim: 4, rate: 0.05, volatility: 0.2, strike: 100.0 };
    agree_on_uneven_grids(&small(&call).at(&[100.0; 4]));
    let reverting = Equation::new(3, 1.0)
        .drift(|At { x, .. }| 2.0 * (0.5 - x))
        .source(|At { x, z, .. }| x.sum().cos() - 0.3 * z.dot(z))
        .terminal(|x| (1.0 + x.dot(x)).sqrt());
    let general = Equation::new(3, 0.5)
        .drift(|At { t, x, .. }| (1.0 + t) * (0.3 - x))
        .diffusion_at(|At { x, .. }| 0.5 + 0.2 * x.tanh())
        .source(|At { t, x, z, .. }| (t + x.sum()).cos() - 0.3 * z.dot(z) + z.sum())
        .terminal(|x| x.sin().sum());
    for (equation, law) in [(reverting, Law::OrnsteinUhlenbeck), (general, Law::General)] {
        let problem = small(equation).at(&[0.1, 0.2, 0.3]);
        assert_eq!(problem.step().unwrap().law, law);
        agree_on_uneven_grids(&problem);
    }
}
