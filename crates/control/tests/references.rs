//! Exact optima and rules without learning against digits that were computed elsewhere, by other methods.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{consumption, execution, liquidation, lqg, storage};
use control::model::Model;

fn near(found: f64, due: f64, relative: f64) {
    assert!((found - due).abs() <= relative * due.abs(), "{found} is not {due}");
}

fn value(model: &impl Model) -> f64 {
    model.exact().unwrap().value()
}

fn rule(model: &impl Model, name: &str) -> f64 {
    let all = model.baselines();
    let found = all.iter().find(|rule| rule.name.starts_with(name));
    found.unwrap_or_else(|| panic!("{name} is not among {all:?}")).value.mean
}

#[test]
fn linear_quadratic() {
    for (n, optimum, none, planned, scalar) in [
        (1, 0.310_639_621_5, 1.225_182_166_0, 46.0, 0.8296),
        (10, 3.363_747_849_4, 29.236_743_776_3, 50.2, 0.7083),
        (50, 16.936_307_127_0, 158.523_232_018_5, 50.6, 0.6824),
    ] {
        let model = lqg(n, "");
        near(value(&model), optimum, 1e-9);
        near(rule(&model, "u = 0"), none, 1e-10);
        let percent = |name: &str| 100.0 * (rule(&model, name) / optimum - 1.0);
        near(percent("planned"), planned, 2e-3);
        near(percent("u = −"), scalar, 2e-4);
    }
}

#[test]
fn delayed_and_observed_in_part() {
    for (n, optimum) in [(1, 0.407_089_737_5), (10, 4.549_805_905_0), (50, 22.971_735_637_4)] {
        near(value(&lqg(n, "delayed = true")), optimum, 1e-9);
    }
    let seen = "spread = 0.25\nobservation = { of = [1, 3, 5, 7, 9], noise = 0.25 }";
    let model = lqg(10, seen);
    near(value(&model), 6.157_261_816_8, 1e-10);
    near(100.0 * (rule(&model, "planned") / 6.157_261_816_8 - 1.0), 36.7, 2e-3);
    near(value(&lqg(10, "spread = 0.25")), 3.993_441_074_0, 1e-10);
}

#[test]
fn selling() {
    for (n, m, steps, cost, equal) in [
        (1, 1, 20, 30_307.795_456, 31_259.136_4),
        (10, 3, 20, 359_379.827_851, 373_835.925_9),
        (10, 3, 25, 278_034.967_593, 299_089.110_8),
        (10, 3, 30, 221_241.229_112, 249_257.902_4),
    ] {
        let model = execution(n, m, steps);
        let sold = 5e6 * n as f64;
        near(value(&model) - sold, cost, 1e-9);
        near(rule(&model, "equal") - sold, equal, 1e-8);
    }
}

#[test]
fn stored() {
    for (steps, start, best, blind, none, lines) in [
        (10, 0.0, 2_077.604_893_86, 1_953.556_368_44, 1_038.474_825_99, 2_002.956_520_47),
        (15, 0.0, 3_118.320_569_68, 2_899.680_188_18, 1_523.954_848_97, 2_999.357_155_83),
        (20, 0.0, 4_177.320_385_72, 3_856.841_875_41, 2_026.491_907_01, 3_999.529_126_51),
        (20, 15.0, 4_926.445_783_90, 4_606.841_875_41, 2_026.491_907_01, 4_689.355_920_46),
        (30, 15.0, 7_013.574_279_33, 6_503.172_754_37, 3_015.892_144_40, 6_521.595_236_77),
    ] {
        let model = storage(1, steps, start, "");
        near(value(&model), best, 1e-11);
        near(rule(&model, "best without"), blind, 1e-11);
        near(rule(&model, "no storage"), none, 1e-11);
        near(rule(&model, "two lines"), lines, 1e-11);
    }
    near(value(&storage(30, 10, 15.0, "")), 2_816.802_291_03, 1e-11);
}

#[test]
fn sold_in_five_days() {
    for (lambda, objective, equal, holdings) in [
        (0.0, 662_500.0, 662_500.0, [800_000.0, 600_000.0, 400_000.0, 200_000.0]),
        (1e-6, 1_275_355.558, 1_745_500.0, [541_955.55, 289_854.22, 147_897.49, 62_141.80]),
        (2e-6, 1_544_577.741, 2_828_500.0, [428_598.85, 182_932.81, 76_295.72, 27_643.38]),
        (-2e-7, 401_115.962, 445_900.0, [910_056.44, 750_948.58, 534_768.64, 277_946.28]),
    ] {
        let model = liquidation(lambda);
        near(value(&model), objective, 1e-9);
        near(rule(&model, "equal"), equal, 1e-12);
        let left = control::reference::schedule::Schedule::of(&model).holdings();
        left[1..5].iter().zip(holdings).for_each(|(found, due)| near(*found, due, 1e-7));
    }
}

#[test]
fn consumed_and_invested() {
    for (wealth, best, cash) in [
        (1.0, -9.351_674_7, -9.649_228),
        (3.0, -7.217_845_6, -7.774_353),
        (10.0, -4.283_789_0, -4.809_031),
    ] {
        let model = consumption(wealth);
        near(value(&model), best, 1e-7);
        near(rule(&model, "best without"), cash, 2e-7);
    }
    // Three steps against one convex programme over the tree of what may happen.
    for (wealth, best) in [(1.0, -4.046_800_139), (3.0, -2.483_127_269), (10.0, -1.100_211_606)] {
        let model = control::model::consumption::Consumption { steps: 3, ..consumption(wealth) };
        near(value(&model), best, 1e-8);
    }
}
