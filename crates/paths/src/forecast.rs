//! What a run will do and cost, from the formulas alone.

use frame::{Forecast, Precision, Representation, Run};
use ground::Result;

use crate::bounds;
use crate::form::{Form, Time};
use crate::model::Diffusion;
use crate::pilot;
use crate::plan::Compiled;
use crate::problem::DeepBsde;
use crate::quadratic::Quadratic;

/// The forecast of a problem with its form.
pub(crate) fn forecast(problem: &DeepBsde, form: &Form, run: &Run) -> Result<Forecast> {
    let step = problem.step()?;
    let samples = form.beside(problem).samples();
    let compiled = Compiled::new(&problem.equation, &step, samples)?;
    let follows = problem.follows()? && form.per_step().is_none();
    let value = match Quadratic::of_answer(problem)? {
        _ if problem.levels.len() == 1 => "adjoint-weighted, of the one level".to_owned(),
        Some(q) => format!("logarithmic mean with λ = {}, where sd(λ y₀) ≤ 1", q.lambda()),
        None => "adjoint-weighted, extrapolated over the levels".to_owned(),
    };
    let training = if follows {
        "follow the function (the driver depends on z)"
    } else {
        "do not follow the function"
    };
    let enclosed = match (problem.bound_steps(), bounds::none(problem)) {
        (Some(steps), _) => format!("on {steps} steps"),
        (None, Some(why)) => format!("none: {why}"),
        (None, None) => "none were asked for".to_owned(),
    };
    let mut facts = vec![
        ("paths", step.to_string()),
        ("training paths", training.to_owned()),
        ("levels", format!("{:?}, trained on the first", problem.levels)),
        ("grid", problem.grid.describe(problem.equation.horizon, problem.levels[0])),
    ];
    facts.extend(described(form));
    facts.extend([("value", value), ("fresh paths", run.fresh.to_string()), ("bounds", enclosed)]);
    let mut facts: Vec<(String, String)> =
        facts.into_iter().map(|(topic, fact)| (topic.to_owned(), fact)).collect();
    if problem.at.is_law() {
        let group = problem.at.group();
        let loss =
            format!("conditional: {group} paths from each of {} starts a batch", run.batch / group);
        let law = [("x₀".to_owned(), problem.at.words()), ("loss".to_owned(), loss)];
        facts.splice(0..0, law);
    }
    Ok(Forecast {
        facts,
        bytes: bytes(problem, form, run, &compiled),
        operations: operations(problem, form, run, &compiled),
        cites: ["HJE18", "EHJ17", "E20", "SMDS11", "KB15"]
            .into_iter()
            .chain(form.per_step().map(|_| "IS15"))
            .map(str::to_owned)
            .collect(),
    })
}

/// What is learned, in words.
fn described(form: &Form) -> Vec<(&'static str, String)> {
    let shown = |widths: &[usize]| -> String {
        widths.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
    };
    let mut facts = Vec::new();
    if let Some(form) = form.directions() {
        let network = form.network();
        let said = format!("{} pairs, {} active, gradient and x", form.pairs, form.active);
        facts.push(("directions", said));
        let said = format!("{}, {} parameters", shown(&network.widths), network.len());
        facts.push(("network", said));
    }
    if let Some(free) = form.free() {
        let (network, n) = (free.network(), free.networks());
        let of = match free.time {
            Time::Input => "one network of x and t".to_owned(),
            Time::PerStep => format!("{n} networks, one a step"),
        };
        let all = n * network.len();
        facts.push(("free", format!("{of}: {}, {all} parameters", shown(&network.widths))));
    }
    if let Some(form) = form.per_step() {
        let (network, n) = (form.network(), form.networks());
        let all = n * network.parameters() + form.dim + 1;
        let widths = shown(&network.widths);
        let said =
            format!("{n}, one a step, batch-normalised: {widths}; {all} parameters with y₀ and z₀");
        facts.push(("networks", said));
        let [low, high] = form.start;
        facts.push(("loss", format!("squares of δ, linear beyond {}", form.clip)));
        facts.push(("y₀", format!("trained, from between {low} and {high}")));
    }
    facts
}

/// Operations of the networks of one step of a path, forward, and how many rows they keep of a block.
fn networks(form: &Form) -> [f64; 2] {
    let coefficients = form.directions().map(|form| {
        let network = form.network();
        [network.flops(), network.cache_rows() + form.inputs() + form.outputs()]
    });
    let free = form.free().map(|free| {
        let network = free.network();
        [network.flops(), network.cache_rows() + 2 * network.widths[0]]
    });
    let per_step = form.per_step().map(|form| {
        let network = form.network();
        [network.flops(), 3 * network.widths.iter().sum::<usize>()]
    });
    let all = [coefficients, free, per_step].into_iter().flatten();
    all.fold([0.0; 2], |sum, [flops, rows]| [sum[0] + flops as f64, sum[1] + rows as f64])
}

/// Operations of all paths: pilot, training (three times a plain step), looks, answer.
fn operations(problem: &DeepBsde, form: &Form, run: &Run, compiled: &Compiled) -> f64 {
    /// Of one normal number.
    const NORMAL: f64 = 30.0;
    let d = compiled.dim as f64;
    let beside = form.beside(problem);
    let directed = form.directions().is_some();
    let samples = if directed { beside.samples() } else { 0 };
    let outputs = if directed { beside.outputs() } else { 2 };
    let [network, _] = networks(form);
    let one = compiled.operations(samples) + network + d * (NORMAL + 6.0 * outputs as f64 + 10.0);
    let first = problem.levels[0] as f64;
    let all: f64 = problem.levels.iter().map(|&n| n as f64).sum();
    // Policy, centre and dual, as much as a quadratic driver needs.
    let bounds = problem.bound_steps().map_or(0.0, |steps| steps as f64)
        * 2.5
        * run.fresh.min(bounds::PATHS) as f64;
    let looks = (run.iterations / run.look_every.max(1) + 1) as f64 * run.look as f64;
    let trained = run.iterations as f64 * run.batch as f64 * 3.0;
    let active =
        pilot::ACTIVE_PATHS as f64 * first * d * d * f64::from(u8::from(beside.active > 0));
    let pilot = pilot::PATHS as f64 * problem.levels.last().map_or(0.0, |&n| n as f64);
    // Newton steps to where Y starts, on plain and on policy paths, a third of the levels each.
    let newton = if problem.equation.depends_on_value() { 3.0 * 2.0 * 2048.0 } else { 0.0 };
    let fresh = (run.fresh + run.fresh.min(8192)) as f64 * all + newton * all;
    // What a kink does to the learning error, by two functions.
    let kinked = if problem.equation.source.is_kinked() { 2.0 } else { 0.0 };
    let learning = kinked * run.fresh.min(16_384) as f64 * first;
    active
        + one * (first * (looks + trained) + fresh + learning + bounds)
        + pilot * d * (NORMAL + 4.0)
}

/// Memory at the peak: grids, pilot, records of the batch, desks of the threads, paths kept.
fn bytes(problem: &DeepBsde, form: &Form, run: &Run, compiled: &Compiled) -> f64 {
    let word = if run.precision == Precision::F32 { 4.0 } else { 8.0 };
    let lanes = 64.0 / word;
    let d = compiled.dim as f64;
    let beside = form.beside(problem);
    let samples = beside.samples() as f64;
    let all: f64 = problem.levels.iter().map(|&n| n as f64).sum();
    let (first, finest) =
        (problem.levels[0] as f64, problem.levels.last().map_or(0.0, |&n| n as f64));
    let width: usize = compiled.widths.iter().sum();
    let grids = all * word * (d + samples * width as f64);
    let pilot = 10.0 * finest * d * 8.0;
    let matrix = if beside.active > 0 { 4.0 * d * d / 2.0 * 72.0 + 4.0 * d * d * 8.0 } else { 0.0 };
    // σ as it was read, and in the programs of step and slope.
    let matrix = matrix
        + if matches!(problem.equation.diffusion, Diffusion::Matrix(_)) {
            4.0 * d * d * 8.0
        } else {
            0.0
        };
    let blocks = (run.batch.max(run.look) as f64 / lanes).ceil();
    let [_, kept] = networks(form);
    let kept = kept * first * 64.0;
    // Parameters, their memories and the gradients of the blocks.
    let numbers = form.layout().blocks.iter().map(|(_, numbers)| numbers.len() as f64).sum::<f64>();
    let numbers = numbers * word * (4.0 + (run.batch as f64 / lanes).ceil());
    let walk = 16.0 * d * 64.0;
    let desks = run.threads as f64 * (walk + problem.levels.len() as f64 * 3.0 * d * 64.0);
    let paths = run.fresh as f64 * problem.levels.len() as f64 * 8.0 * 6.0;
    4e6 + grids + pilot + matrix + numbers + blocks * (walk + kept) + desks + paths
}
