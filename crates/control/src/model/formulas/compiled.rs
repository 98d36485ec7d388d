//! Formulas of a definition as programs, and what runs them.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use ground::formula::{Expr, Program, Shape as Size};
use ground::kernel::lane::{Level, level};
use ground::{Error, Result};
use thread_local::ThreadLocal;

use super::chance::Follower;
use super::kit::Room;
use super::layer::Allowed;
use super::{Definition, Limits, Named, Next, Shape};

/// Where a program reads an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Time,
    Series(usize),
    State,
    Action,
    Said,
    Noise,
    Seed,
}

/// A program, what it reads and what it writes.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) program: Program,
    pub(super) inputs: Vec<(Place, Range<usize>)>,
    pub(super) outputs: Vec<usize>,
}

/// The programs.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Start,
    See,
    SeeBack,
    Act,
    ActBack,
    Sides,
    SidesBack,
    Step,
    StepBack,
    End,
    EndBack,
    Rules,
}

/// How many there are.
pub(super) const PROGRAMS: usize = 12;

/// A definition, compiled.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) definition: Definition,
    pub(super) shape: Shape,
    pub(super) level: Level,
    /// β^t, t ≤ T.
    pub(super) discounts: Vec<f64>,
    pub(super) allowed: Allowed,
    pub(super) codes: Vec<Code>,
    /// Where each state, action and noise begins.
    pub(super) states: Vec<Range<usize>>,
    pub(super) actions: Vec<Range<usize>>,
    pub(super) noise: Vec<Range<usize>>,
    /// The random numbers of each noise, among those of a step.
    pub(super) raw: Vec<usize>,
    /// The states that follow chance alone, and their uniform number.
    pub(super) followers: Vec<(usize, usize)>,
    /// States whose derivatives are asked for.
    pub(super) moved: Vec<Range<usize>>,
    /// What is seen, as formulas of order one.
    pub(super) seen: Vec<Expr>,
    /// The cost of a step with its sign and its penalty, and of the end.
    pub(super) cost: Expr,
    pub(super) end: Expr,
    pub(super) rooms: ThreadLocal<RefCell<Room>>,
    /// What went wrong first where nothing was allowed.
    pub(super) trouble: OnceLock<Error>,
}

/// Ranges of some lengths, one after the other.
fn ranges(lengths: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut first = 0;
    let next = |n: usize| {
        let range = first..first + n;
        first += n;
        range
    };
    lengths.map(next).collect()
}

impl Compiled {
    /// The programs. What is seen is (x − m)/s, with pairs (m, s), one for each number.
    pub(super) fn new(definition: Definition, scales: Option<&[[f64; 2]]>) -> Result<Self> {
        let allowed = Allowed::new(&definition)?;
        let count = |named: &Named| named.count();
        let states = ranges(definition.states.iter().map(|s| count(&s.named)));
        let actions = ranges(definition.actions.iter().map(|a| count(&a.named)));
        let noise = ranges(definition.noise.iter().map(|d| count(&d.named)));
        let normals: usize = definition.noise.iter().map(|d| d.takes()[0]).sum();
        let mut of = [0, normals];
        let mut raw = Vec::new();
        for drawn in &definition.noise {
            let [some, others] = drawn.takes();
            raw.push(if some > 0 { of[0] } else { of[1] });
            of = [of[0] + some, of[1] + others];
        }
        let mut followers = Vec::new();
        let mut window = None;
        for (k, state) in definition.states.iter().enumerate() {
            let Next::Follows(follower) = &state.next else { continue };
            let own = if follower.is_window() { *window.get_or_insert(of[1]) } else { of[1] };
            followers.push((k, own));
            of[1] = of[1].max(own + 1);
        }
        let seen = scaled(&definition.seen, scales);
        let width = |all: &[Range<usize>]| all.last().map_or(0, |last| last.end);
        let shape = Shape {
            steps: definition.steps,
            state: width(&states) + usize::from(window.is_some()),
            action: width(&actions),
            seen: seen.iter().map(|e| e.shape().count()).sum(),
            said: width(&actions),
            normals,
            uniforms: of[1] - normals,
        };
        let sign = definition.sense.sign();
        let follows = |k: &usize| matches!(definition.states[*k].next, Next::Follows(_));
        let moved: Vec<usize> = (0..states.len()).filter(|k| !follows(k)).collect();
        let discounts = (0..=definition.steps)
            .map(|t| definition.discount.powi(i32::try_from(t).unwrap_or(i32::MAX)));
        let mut all = Self {
            shape,
            level: level(),
            discounts: discounts.collect(),
            codes: Vec::new(),
            raw,
            followers,
            moved: moved.iter().map(|k| states[*k].clone()).collect(),
            seen,
            cost: sign * definition.cost + penalty(&definition, &allowed),
            end: sign * definition.end,
            rooms: ThreadLocal::new(),
            trouble: OnceLock::new(),
            allowed,
            states,
            actions,
            noise,
            definition,
        };
        all.codes = all.compiled();
        Ok(all)
    }

    /// The row that windows begin at, where there are any: the last number of a state.
    pub(super) fn window(&self) -> Option<(&Follower, usize)> {
        self.followers.iter().find_map(|(k, uniform)| match &self.definition.states[*k].next {
            Next::Follows(follower) if follower.is_window() => Some((follower, *uniform)),
            _ => None,
        })
    }

    /// Names of states that no formula names.
    pub(super) fn hidden(&self) -> Vec<String> {
        self.window().map(|_| "row".to_owned()).into_iter().collect()
    }

    /// The variables of a program that its outputs name, and where they are read.
    fn inputs(&self, outputs: &[Expr], seeds: &[Expr]) -> Vec<(Expr, Place, Range<usize>)> {
        let d = &self.definition;
        let mut all = vec![(d.time, Place::Time, 0..1)];
        let series = d.series.iter().enumerate();
        all.extend(series.map(|(k, s)| (s.named.var, Place::Series(k), 0..s.named.count())));
        let placed = |vars: Vec<Expr>, ranges: &[Range<usize>], place: Place| {
            let each = vars.into_iter().zip(ranges.to_vec());
            each.map(move |(var, range)| (var, place, range)).collect::<Vec<_>>()
        };
        let of = |named: Vec<&Named>| named.into_iter().map(|n| n.var).collect::<Vec<_>>();
        all.extend(placed(
            of(d.states.iter().map(|s| &s.named).collect()),
            &self.states,
            Place::State,
        ));
        all.extend(placed(
            of(d.actions.iter().map(|a| &a.named).collect()),
            &self.actions,
            Place::Action,
        ));
        all.extend(placed(self.allowed.said.clone(), &self.actions, Place::Said));
        all.extend(placed(
            of(d.noise.iter().map(|n| &n.named).collect()),
            &self.noise,
            Place::Noise,
        ));
        let lengths = ranges(seeds.iter().map(|seed| seed.shape().count()));
        all.extend(placed(seeds.to_vec(), &lengths, Place::Seed));
        let mut used = Vec::new();
        for e in outputs {
            used.extend(e.variables());
        }
        all.retain(|(var, ..)| used.contains(var));
        all
    }

    fn code(&self, outputs: &[Expr], seeds: &[Expr]) -> Code {
        let inputs = self.inputs(outputs, seeds);
        let vars: Vec<Expr> = inputs.iter().map(|(var, ..)| *var).collect();
        Code {
            program: Program::new(&vars, outputs),
            inputs: inputs.into_iter().map(|(_, place, range)| (place, range)).collect(),
            outputs: outputs.iter().map(|e| e.shape().count()).collect(),
        }
    }

    /// Derivatives of Σ seed · output by some variables.
    fn back(&self, outputs: &[Expr], by: &[Expr]) -> Code {
        let seeds: Vec<Expr> = outputs
            .iter()
            .enumerate()
            .map(|(k, e)| Expr::variable(&format!("seed {k}"), e.shape()))
            .collect();
        let product = |(e, seed): (&Expr, &Expr)| match e.shape() {
            Size::Scalar => *seed * *e,
            Size::Vector(_) => seed.dot(*e),
        };
        let sum = outputs
            .iter()
            .zip(&seeds)
            .map(product)
            .reduce(|a, b| a + b)
            .unwrap_or_else(|| Expr::number(0.0));
        let slopes: Vec<Expr> = by.iter().map(|var| sum.gradient(*var)).collect();
        self.code(&slopes, &seeds)
    }

    /// All programs, in the order of [`What`].
    fn compiled(&self) -> Vec<Code> {
        let d = &self.definition;
        let formulas = |pick: &dyn Fn(&super::State) -> Expr| -> Vec<Expr> {
            let own = d.states.iter().filter(|s| matches!(s.next, Next::Formula(_)));
            own.map(pick).collect()
        };
        let start = formulas(&|s| s.start);
        let moved = formulas(&|s| s.named.var);
        let mut step = formulas(&|s| match s.next {
            Next::Formula(next) => next,
            Next::Follows(_) => s.named.var,
        });
        step.push(self.cost);
        let acts: Vec<Expr> = d.actions.iter().map(|a| a.named.var).collect();
        let with = |more: &[Expr]| [&moved[..], more].concat();
        let (raw, sides) = (&self.allowed.raw, self.allowed.sides());
        let rules: Vec<Expr> = d.rules.iter().flat_map(|(_, of)| of.iter().copied()).collect();
        let all = vec![
            self.code(&start, &[]),
            self.code(&self.seen, &[]),
            self.back(&self.seen, &moved),
            self.code(raw, &[]),
            self.back(raw, &with(&self.allowed.said)),
            self.code(&sides, &[]),
            self.back(&sides, &moved),
            self.code(&step, &[]),
            self.back(&step, &with(&acts)),
            self.code(&[self.end], &[]),
            self.back(&[self.end], &moved),
            self.code(&rules, &[]),
        ];
        debug_assert_eq!(all.len(), PROGRAMS, "programs");
        all
    }

    /// Operations of a step: formulas, and the nearest point.
    pub(super) fn operations(&self) -> f64 {
        let formulas: usize = [What::See, What::Act, What::Sides, What::Step]
            .iter()
            .map(|what| self.codes[*what as usize].program.operations())
            .sum();
        let projected = self.allowed.is_projected();
        let nearest = if projected { self.allowed.polyhedron.operations() } else { 0.0 };
        4.0 * formulas as f64 + nearest
    }

    /// What is seen and how what is said becomes an action, as formulas.
    pub(super) fn words(&self) -> [String; 2] {
        let list = |all: Vec<String>| all.join("; ");
        let seen = list(self.seen.iter().map(ToString::to_string).collect());
        let parts = self.definition.actions.iter().zip(&self.allowed.raw);
        let made = list(parts.map(|(a, e)| format!("{} = {e}", a.named.name)).collect());
        if !self.allowed.is_projected() {
            return [seen, made];
        }
        let rows = self.allowed.words(&self.definition);
        [seen, format!("{made}; then the nearest point, in the Euclidean norm, with {rows}")]
    }

    /// What a picture shows: up to [`SHOWN`] numbers of states and actions, of lists their sum.
    pub(super) fn shown(&self) -> Vec<String> {
        let name = |named: &Named| match named.var.shape() {
            Size::Scalar => named.name.clone(),
            Size::Vector(_) => format!("sum of {}", named.name),
        };
        let d = &self.definition;
        let states = d.states.iter().map(|s| name(&s.named));
        states.chain(d.actions.iter().map(|a| name(&a.named))).take(SHOWN).collect()
    }

    /// The same of a step.
    pub(super) fn show(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        let sum = |of: &[f64]| of.iter().sum::<f64>();
        let states = self.states.iter().map(|range| sum(&s[range.clone()]));
        to.extend(states.chain(self.actions.iter().map(|r| sum(&a[r.clone()]))).take(SHOWN));
    }
}

/// What a step costs for what is beyond constraints, where that is asked for.
fn penalty(definition: &Definition, allowed: &Allowed) -> Expr {
    match definition.limits {
        Limits::Penalty(weight) => weight * allowed.squares(definition),
        _ => Expr::number(0.0),
    }
}

/// Quantities in pictures.
const SHOWN: usize = 12;

/// What is seen, each number less its mean and in its own unit.
fn scaled(seen: &[Expr], scales: Option<&[[f64; 2]]>) -> Vec<Expr> {
    let Some(scales) = scales else { return seen.to_vec() };
    let mut scales = scales.iter();
    let each = |e: &Expr| {
        let own: Vec<[f64; 2]> = scales.by_ref().take(e.shape().count()).copied().collect();
        let of = |k: usize, f: &dyn Fn(f64) -> f64| -> Vec<f64> {
            own.iter().map(|pair| f(pair[k])).collect()
        };
        let (means, units) = (of(0, &|m| m), of(1, &|s| 1.0 / s));
        match e.shape() {
            Size::Scalar => (*e - means[0]) * units[0],
            Size::Vector(_) => (*e - Expr::vector(&means)) * Expr::vector(&units),
        }
    };
    seen.iter().map(each).collect()
}
