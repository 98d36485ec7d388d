//! One walk over fresh paths: amounts, regrets, violations, and what pictures show.

use std::ops::ControlFlow;

use frame::{Params, Watch};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::model::{Beyond, Model};
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
    pub(super) regret: Option<Estimate>,
    pub(super) violation: f64,
    pub(super) fans: Vec<Fan>,
    pub(super) amounts: Vec<f64>,
}

/// What one path tells.
struct Told {
    cost: f64,
    regret: Option<f64>,
    /// Of every constraint, the worst of all steps.
    beyond: Vec<Beyond>,
    /// What is shown of every step.
    shown: Vec<f64>,
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

fn told<M: Model>(model: &M, exact: Option<&dyn Exact>, path: Path<'_>, show: bool) -> Told {
    let regret = exact.map(|exact| regret_of(model, exact, path));
    let (mut beyond, mut shown, mut now) = (Vec::<Beyond>::new(), Vec::new(), Vec::new());
    for t in 0..path.steps() {
        let at = (t, path.state(t), path.action(t));
        now.clear();
        model.beyond(at, &mut now);
        beyond.resize(now.len(), Beyond { by: 0.0, scale: 0.0 });
        join(&mut beyond, &now);
        if show {
            model.show(at, &mut shown);
        }
    }
    Told { cost: path.cost(), regret, beyond, shown }
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
    let (model, n) = (&plan.problem.model, plan.fresh);
    let exact = plan.exact.as_deref();
    let (mut amounts, mut regrets) = (Vec::with_capacity(n), Vec::new());
    let mut worst: Vec<Beyond> = Vec::new();
    let mut shown = Vec::new();
    for first in (0..n).step_by(CHUNK) {
        if watch.stage("fresh paths", first, n) == ControlFlow::Break(()) {
            return Err(Error::Interrupted { at: 0 });
        }
        let draws = (stream, first as u64, CHUNK.min(n - first));
        let show = first < SHOWN;
        for one in plan.watch(theta, draws, |path| told(model, exact, path, show)) {
            amounts.push(model.sense().sign() * one.cost);
            regrets.extend(one.regret);
            worst.resize(one.beyond.len(), Beyond { by: 0.0, scale: 0.0 });
            join(&mut worst, &one.beyond);
            if show {
                shown.push(one.shown);
            }
        }
    }
    let share = |b: &Beyond| b.by / if b.scale > 0.0 { b.scale } else { 1.0 };
    let amount = Estimate::of(&amounts);
    amounts.truncate(SHOWN);
    Ok(Found {
        amount,
        regret: (!regrets.is_empty()).then(|| Estimate::of(&regrets)),
        violation: worst.iter().map(share).fold(0.0, f64::max),
        fans: fans(&model.shown(), &shown, model.shape().steps),
        amounts,
    })
}

/// Quantiles of what is shown.
fn fans(names: &[String], shown: &[Vec<f64>], steps: usize) -> Vec<Fan> {
    let of = |k: usize, t: usize| {
        let mut all: Vec<f64> = shown.iter().map(|path| path[t * names.len() + k]).collect();
        all.sort_by(f64::total_cmp);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of them"
        )]
        QUANTILES.map(|q| {
            all.get((q * (all.len() as f64 - 1.0)).round() as usize).copied().unwrap_or(0.0)
        })
    };
    let fan = |(k, name): (usize, &String)| Fan {
        name: name.clone(),
        steps: (0..steps).map(|t| of(k, t)).collect(),
    };
    names.iter().enumerate().map(fan).collect()
}
