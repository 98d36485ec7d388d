//! One walk over fresh paths: amounts, regrets, violations, and what pictures show.

use std::ops::ControlFlow;

use frame::{Params, Watch};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::answer::Baseline;
use crate::model::{Beyond, Model, Sense, Step};
use crate::plan::{Path, Plan};
use crate::reference::{Exact, Seen};

/// Paths that are walked at once.
const CHUNK: usize = 2048;

/// Paths that pictures are made of.
const SHOWN: usize = 2048;

/// The quantiles of a fan.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// What is shown of one quantity: its quantiles, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Fan {
    /// What it is.
    pub name: String,
    /// 5, 25, 50, 75 and 95 % of all paths are below.
    pub steps: Vec<[f64; 5]>,
}

/// What was found on the paths.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) amount: Estimate,
    /// The same with what is linear in the random numbers taken off, where no optimum is known.
    pub(super) controlled: Option<Estimate>,
    pub(super) regret: Option<Estimate>,
    pub(super) violation: f64,
    pub(super) fans: Vec<Fan>,
    pub(super) amounts: Vec<f64>,
    /// Rules that were walked along the same paths.
    pub(super) rules: Vec<Baseline>,
    /// What is to be said of the paths.
    pub(super) notes: Vec<[String; 2]>,
}

/// Paths behind each control variate.
const BEHIND: usize = 20;

/// What one path tells.
struct Told {
    cost: f64,
    regret: Option<f64>,
    /// Of every constraint, the worst of all steps.
    beyond: Vec<Beyond>,
    /// What is shown of every step.
    shown: Vec<f64>,
    /// What each rule costs.
    rules: Vec<f64>,
    /// Its random numbers, each of mean zero.
    chance: Vec<f64>,
    /// Where in a record it begins.
    row: Option<f64>,
}

/// The random numbers that the steps of a path meet, less their means.
fn chance<M: Model>(model: &M, path: Path<'_>) -> Vec<f64> {
    let normals = model.shape().normals;
    let centred = |(k, x): (usize, &f64)| if k < normals { *x } else { x - 0.5 };
    let step = |t: usize| path.noise(t + 1).iter().enumerate().map(centred);
    (0..path.steps()).flat_map(step).collect()
}

/// What a path loses against the optimum.
pub(crate) fn regret_of<M: Model>(model: &M, exact: &dyn Exact, path: Path<'_>) -> f64 {
    let mut memory = exact.begin();
    let mut seen = vec![0.0; model.shape().seen];
    let step = |t: usize| {
        let (s, a) = (path.state(t), path.action(t));
        model.see((t, s, path.noise(t)), &mut seen);
        exact.regret(Seen { t, s, seen: &seen, a }, &mut memory)
    };
    (0..path.steps()).map(step).sum()
}

fn told<M: Model>(
    [model, trained]: [&M; 2],
    exact: Option<&dyn Exact>,
    path: Path<'_>,
    (show, control, rules): (bool, bool, usize),
) -> Told {
    let regret = exact.map(|exact| regret_of(model, exact, path));
    let (mut beyond, mut shown, mut now) = (Vec::<Beyond>::new(), Vec::new(), Vec::new());
    let mut asked = vec![0.0; model.shape().action];
    for t in 0..path.steps() {
        let at = (t, path.state(t), path.action(t));
        now.clear();
        if trained.asked((t, at.1, path.said(t)), &mut asked) {
            model.beyond((t, at.1, &asked), &mut now);
        } else {
            model.beyond(at, &mut now);
        }
        beyond.resize(now.len(), Beyond { by: 0.0, scale: 0.0 });
        join(&mut beyond, &now);
        if show {
            model.show(at, &mut shown);
        }
    }
    let rules = (0..rules).map(|rule| walked(model, rule, path)).collect();
    let chance = if control { chance(model, path) } else { Vec::new() };
    Told { cost: path.cost(), regret, beyond, shown, rules, chance, row: model.row(path.state(0)) }
}

/// What a rule costs on the noise of a path.
fn walked<M: Model>(model: &M, rule: usize, path: Path<'_>) -> f64 {
    let shape = model.shape();
    let [mut s, mut next] = [vec![0.0; shape.state], vec![0.0; shape.state]];
    let mut a = vec![0.0; shape.action];
    s.copy_from_slice(path.state(0));
    let mut cost = 0.0;
    for t in 0..shape.steps {
        model.follow(rule, (t, &s), &mut a);
        let xi = path.noise(t + 1);
        cost += model.step(Step { t, s: &s, a: &a, xi }, &mut next);
        s.copy_from_slice(&next);
    }
    cost + model.last(&s)
}

/// The worst of both, constraint by constraint.
fn join(worst: &mut [Beyond], now: &[Beyond]) {
    for (worst, now) in worst.iter_mut().zip(now) {
        worst.by = worst.by.max(now.by);
        worst.scale = worst.scale.max(now.scale);
    }
}

pub(super) fn measure<M: Model>(
    plan: &Plan<M>,
    theta: &Params,
    stream: &Stream,
    watch: &mut dyn Watch,
) -> Result<Found> {
    let (own, n) = (plan.problem.model.for_answer(), plan.fresh);
    let model = &own;
    let exact = plan.exact.as_deref();
    let (mut amounts, mut regrets) = (Vec::with_capacity(n), Vec::new());
    let mut worst: Vec<Beyond> = Vec::new();
    let (mut shown, mut rows) = (Vec::new(), Vec::new());
    let count = model.shape().noise() * model.shape().steps;
    let control = exact.is_none() && count > 0 && BEHIND * count <= n;
    let mut controls = vec![Vec::with_capacity(n); if control { count } else { 0 }];
    let names = model.rules();
    let mut rules = vec![Vec::with_capacity(n); names.len()];
    for first in (0..n).step_by(CHUNK) {
        if watch.stage("fresh paths", first, n) == ControlFlow::Break(()) {
            return Err(Error::Interrupted { at: 0 });
        }
        let draws = (stream, first as u64, CHUNK.min(n - first));
        let show = first < SHOWN;
        for one in plan.watch(theta, (model, draws), |path| {
            told([model, &plan.problem.model], exact, path, (show, control, names.len()))
        }) {
            amounts.push(model.sense().sign() * one.cost);
            rows.extend(one.row);
            regrets.extend(one.regret);
            for (to, cost) in rules.iter_mut().zip(&one.rules) {
                to.push(model.sense().sign() * cost);
            }
            for (to, x) in controls.iter_mut().zip(&one.chance) {
                to.push(*x);
            }
            worst.resize(one.beyond.len(), Beyond { by: 0.0, scale: 0.0 });
            join(&mut worst, &one.beyond);
            if show {
                shown.push(one.shown);
            }
        }
    }
    let share = |b: &Beyond| b.by / if b.scale > 0.0 { b.scale } else { 1.0 };
    let amount = Estimate::of(&amounts);
    let controls: Vec<&[f64]> = controls.iter().map(Vec::as_slice).collect();
    let of = |sample: &[f64]| Estimate::with_controls(sample, &controls);
    let controlled = control.then(|| of(&amounts));
    let (rules, mut notes) = judged(names, &rules, (&amounts, model.sense()), &of);
    notes.extend(stretches(&rows, &amounts, model.shape().steps));
    amounts.truncate(SHOWN);
    Ok(Found {
        amount,
        controlled,
        regret: (!regrets.is_empty()).then(|| Estimate::of(&regrets)),
        violation: worst.iter().map(share).fold(0.0, f64::max),
        fans: fans(&model.shown(), &shown, model.shape().steps),
        amounts,
        rules,
        notes,
    })
}

/// What rules reach beside the policy, path by path, and what is to be said of those that reach nothing finite.
fn judged(
    names: Vec<String>,
    rules: &[Vec<f64>],
    (amounts, sense): (&[f64], Sense),
    of: &dyn Fn(&[f64]) -> Estimate,
) -> (Vec<Baseline>, Vec<[String; 2]>) {
    let rule = |(name, own): (String, &Vec<f64>)| {
        let better = |(mine, rule): (&f64, &f64)| sense.sign() * (rule - mine);
        let gain: Vec<f64> = amounts.iter().zip(own).map(better).collect();
        Baseline { name, value: of(own), gain: Some(of(&gain)) }
    };
    let all = names.into_iter().zip(rules).map(rule);
    let (sound, odd): (Vec<Baseline>, Vec<Baseline>) =
        all.partition(|rule| rule.value.mean.is_finite());
    let note = |rule: Baseline| [rule.name, "no finite number on some path".to_owned()];
    (sound, odd.into_iter().map(note).collect())
}

/// How far the mean over windows of a record may be from that of other records: windows overlap, and stretches
/// of one length are what is independent, nearly.
fn stretches(rows: &[f64], amounts: &[f64], steps: usize) -> Option<[String; 2]> {
    let first = rows.iter().copied().reduce(f64::min)?;
    let length = (steps + 1) as f64;
    let mut all: std::collections::BTreeMap<u64, Vec<f64>> = std::collections::BTreeMap::new();
    for (row, amount) in rows.iter().zip(amounts) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a stretch")]
        all.entry(((row - first) / length) as u64).or_default().push(*amount);
    }
    let means: Vec<f64> = all.values().map(|own| Estimate::of(own).mean).collect();
    let fact = if means.len() < 2 {
        "one stretch: how far another would differ is not known".to_owned()
    } else {
        let over = Estimate::of(&means);
        format!("{over} over {} stretches of it that do not begin in one another", means.len())
    };
    Some(["of another record".to_owned(), fact])
}

/// The number of a sorted list that a share of them is below; 0 of none.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of them")]
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted.get((q * (sorted.len() as f64 - 1.0)).round() as usize).copied().unwrap_or(0.0)
}

/// Quantiles of what is shown.
fn fans(names: &[String], shown: &[Vec<f64>], steps: usize) -> Vec<Fan> {
    let of = |k: usize, t: usize| {
        let mut all: Vec<f64> = shown.iter().map(|path| path[t * names.len() + k]).collect();
        all.sort_by(f64::total_cmp);
        QUANTILES.map(|q| quantile(&all, q))
    };
    let fan = |(k, name): (usize, &String)| Fan {
        name: name.clone(),
        steps: (0..steps).map(|t| of(k, t)).collect(),
    };
    names.iter().enumerate().map(fan).collect()
}
