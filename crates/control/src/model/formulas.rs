//! A problem in formulas: named states, actions and noise, what follows, what it costs, what is allowed.
//!
//! ```text
//! s_k   ← next_k(t, s, a, ξ)        a formula, a Markov chain, or a window of somebody's data
//! cost  = β^t c(t, s, a, ξ), and β^T e(s) at the end
//! a     in {low(t, s) ≤ a ≤ high(t, s),  G a ≤ g(t, s),  F a = f(t, s)}
//! ```
//! Formulas are differentiated on symbols and compiled; blocks of paths run through them side by side. Where
//! the allowed set is a box with sums, actions are shares of it; else they are the nearest allowed point to
//! what was said (`layer`).

use std::fmt;
use std::sync::Arc;

use ground::formula::{Expr, Shape as Size};
use ground::stream::Stream;
use ground::tape::Var;
use ground::{Error, Result};

use super::{Act, Beyond, Group, Lines, LinesMut, Model, OnTape, Sense, Shape, Step};
use crate::number::Number;

mod chance;
mod compiled;
mod kit;
mod layer;
mod pilot;
mod tape;

pub use chance::{Drawn, Follower, Law, cumulated};
pub use layer::{Allowed, Limits};

use compiled::Compiled;

/// The rule of a policy before it has learned anything.
pub const NO_LEARNING: &str = "no learning";

/// A number or a list under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The variable that formulas know it by.
    pub var: Expr,
}

impl Named {
    /// A number, or so many of them.
    pub fn new(name: &str, count: Option<usize>) -> Self {
        let size = count.map_or(Size::Scalar, Size::Vector);
        Self { name: name.to_owned(), var: Expr::variable(name, size) }
    }

    /// How many numbers.
    pub fn count(&self) -> usize {
        self.var.shape().count()
    }

    /// A name for each number.
    fn names(&self) -> Vec<String> {
        match self.var.shape() {
            Size::Scalar => vec![self.name.clone()],
            Size::Vector(n) => (1..=n).map(|i| format!("{}{i}", self.name)).collect(),
        }
    }
}

/// A part of the state.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub named: Named,
    /// How it begins: a formula of noise.
    pub start: Expr,
    /// How it goes on.
    pub next: Next,
}

/// How a state goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// By a formula of t, series, states, actions and noise.
    Formula(Expr),
    /// By chance alone.
    Follows(Follower),
}

/// A part of the action.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Its name.
    pub named: Named,
    /// The least it may be, a formula of t, series and states; none for no limit.
    pub low: Option<Expr>,
    /// The most it may be.
    pub high: Option<Expr>,
    /// Where it begins, where it has no two limits.
    pub centre: Expr,
    /// What a unit of what a policy says is, where it has no two limits.
    pub unit: Expr,
    /// What is done at the last step, where nothing is left to choose.
    pub last: Option<Expr>,
}

/// lhs ≤ rhs or lhs = rhs, affine in the actions.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// As it was written.
    pub text: String,
    /// lhs − rhs.
    pub excess: Expr,
    /// Whether it is an equality.
    pub equal: bool,
}

/// Numbers that are known beforehand, one or a list a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The name.
    pub named: Named,
    /// Of every step.
    pub values: Vec<Vec<f64>>,
}

/// What a problem is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// T.
    pub steps: usize,
    /// What the best is.
    pub sense: Sense,
    /// β.
    pub discount: f64,
    /// The variable t.
    pub time: Expr,
    /// What is known beforehand.
    pub series: Vec<Series>,
    /// The states.
    pub states: Vec<State>,
    /// The actions.
    pub actions: Vec<Action>,
    /// The noise.
    pub noise: Vec<Drawn>,
    /// Further constraints.
    pub constraints: Vec<Constraint>,
    /// How constraints are kept.
    pub limits: Limits,
    /// The cost, or the reward, of a step.
    pub cost: Expr,
    /// The cost, or the reward, of the last state.
    pub end: Expr,
    /// What a policy sees.
    pub seen: Vec<Expr>,
    /// Rules that learn nothing: an action for every part.
    pub rules: Vec<(String, Vec<Expr>)>,
    /// What is to be said beside an answer.
    pub notes: Vec<[String; 2]>,
}

/// The problem, compiled.
#[derive(Clone)]
pub struct Formulas {
    inner: Arc<Compiled>,
    /// Whether windows of data are those held back for the answer, and every action is allowed.
    of_answer: bool,
}

impl fmt::Debug for Formulas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Formulas")
            .field("definition", &self.inner.definition)
            .finish_non_exhaustive()
    }
}

impl Formulas {
    /// The problem of a definition. What is seen is brought to order one by what a first policy meets; an error
    /// says where nothing is allowed, or what is not finite.
    pub fn new(definition: Definition) -> Result<Self> {
        let first =
            Self { inner: Arc::new(Compiled::new(definition.clone(), None)?), of_answer: false };
        let scales = pilot::scales(&first, &Stream::new(0).child("pilot"))?;
        Ok(Self { inner: Arc::new(Compiled::new(definition, Some(&scales))?), of_answer: false })
    }

    /// What it was made of.
    pub fn definition(&self) -> &Definition {
        &self.inner.definition
    }

    /// Whether actions are the nearest allowed points, rather than shares of what is allowed.
    pub fn is_projected(&self) -> bool {
        self.inner.allowed.is_projected()
    }

    fn one<'a, T: Number>(&self, t: usize, s: &'a [T], xi: &'a [T]) -> Group<'a, T> {
        Group { level: self.inner.level, t, n: 1, s, xi }
    }
}

impl Model for Formulas {
    fn shape(&self) -> Shape {
        self.inner.shape
    }

    fn sense(&self) -> Sense {
        self.inner.definition.sense
    }

    fn start<T: Number>(&self, xi: &[T], s: &mut [T]) {
        self.inner.start(xi, s, self.of_answer);
    }

    fn see<T: Number>(&self, (t, s, xi): (usize, &[T], &[T]), seen: &mut [T]) {
        let stride = seen.len();
        self.see_group(self.one(t, s, xi), &mut LinesMut { all: seen, stride });
    }

    fn see_back<T: Number>(&self, (t, s): (usize, &[T]), by: &[T], by_s: &mut [T]) {
        let by = Lines { all: by, stride: by.len() };
        self.see_group_back(self.one(t, s, &[]), by, by_s);
    }

    fn act<T: Number>(&self, (t, s, z): (usize, &[T], &[T]), a: &mut [T]) {
        let z = Lines { all: z, stride: z.len() };
        self.inner.act(self.one(t, s, &[]), z, a, self.of_answer);
    }

    fn act_back<T: Number>(&self, at: Act<'_, T>, by: &[T], to: [&mut [T]; 2]) {
        let z = Lines { all: at.z, stride: at.z.len() };
        self.inner.act_back(self.one(at.t, at.s, &[]), z, by, to);
    }

    fn step<T: Number>(&self, Step { t, s, a, xi }: Step<'_, T>, next: &mut [T]) -> T {
        let mut cost = [T::zero()];
        self.inner.step(self.one(t, s, xi), a, [next, &mut cost]);
        cost[0]
    }

    fn step_back<T: Number>(
        &self,
        Step { t, s, a, xi }: Step<'_, T>,
        (seed, by): (T, &[T]),
        to: [&mut [T]; 2],
    ) {
        self.inner.step_back(self.one(t, s, xi), a, (seed, by), to);
    }

    fn last<T: Number>(&self, s: &[T]) -> T {
        self.inner.end(s)
    }

    fn last_back<T: Number>(&self, s: &[T], seed: T, to: &mut [T]) {
        self.inner.end_back(s, seed, to);
    }

    fn see_group<T: Number>(&self, at: Group<'_, T>, seen: &mut LinesMut<'_, T>) {
        self.inner.see(at, seen);
    }

    fn see_group_back<T: Number>(&self, at: Group<'_, T>, by: Lines<'_, T>, by_s: &mut [T]) {
        self.inner.see_back(at, by, by_s);
    }

    fn go_group<T: Number>(
        &self,
        at: Group<'_, T>,
        z: Lines<'_, T>,
        [a, next, cost]: [&mut [T]; 3],
    ) {
        self.inner.go(at, z, [a, next, cost], self.of_answer);
    }

    fn go_group_back<T: Number>(
        &self,
        at: Group<'_, T>,
        (z, a): (Lines<'_, T>, &[T]),
        (seed, by): (T, &[T]),
        [by_s, by_a, by_z]: [&mut [T]; 3],
    ) {
        self.inner.go_back(at, (z, a), (seed, by), [by_s, by_a, by_z]);
    }

    fn asked(&self, (t, s, z): (usize, &[f64], &[f64]), a: &mut [f64]) -> bool {
        let Limits::Penalty(_) = self.inner.definition.limits else { return false };
        let z = Lines { all: z, stride: z.len() };
        self.inner.act(self.one(t, s, &[]), z, a, false);
        true
    }

    fn beyond(&self, (t, s, a): (usize, &[f64], &[f64]), to: &mut Vec<Beyond>) {
        let excess = self.inner.excess(self.one(t, s, &[]), a);
        to.extend(excess.into_iter().map(|(by, scale)| Beyond { by, scale }));
    }

    fn for_answer(&self) -> Self {
        Self { of_answer: true, ..self.clone() }
    }

    fn rules(&self) -> Vec<String> {
        let said = self.inner.definition.rules.iter().map(|(name, _)| name.clone());
        std::iter::once(NO_LEARNING.to_owned()).chain(said).collect()
    }

    fn follow(&self, rule: usize, (t, s): (usize, &[f64]), a: &mut [f64]) {
        match rule.checked_sub(1) {
            None => self.act((t, s, &vec![0.0; self.inner.shape.said]), a),
            Some(k) => self.inner.follow(k, self.one(t, s, &[]), a),
        }
    }

    fn operations(&self) -> f64 {
        self.inner.operations()
    }

    fn row(&self, s: &[f64]) -> Option<f64> {
        self.inner.window().and_then(|_| s.last().copied())
    }

    fn trouble(&self) -> Option<Error> {
        self.inner.trouble.get().cloned()
    }

    fn notes(&self) -> Vec<[String; 2]> {
        let how = match (self.inner.definition.limits, self.is_projected()) {
            _ if self.inner.allowed.is_free() => None,
            (Limits::Penalty(_), _) => Some("paid for in training, kept in the answer"),
            (_, true) => Some("kept by the nearest allowed action"),
            (_, false) => Some("kept as shares of what is allowed"),
        };
        let how = how.map(|how| ["constraints".to_owned(), how.to_owned()]);
        how.into_iter().chain(self.inner.definition.notes.iter().cloned()).collect()
    }

    fn words(&self) -> [String; 2] {
        self.inner.words()
    }

    fn shown(&self) -> Vec<String> {
        self.inner.shown()
    }

    fn show(&self, at: (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        self.inner.show(at, to);
    }

    fn names(&self) -> [Vec<String>; 2] {
        let Definition { states, actions, .. } = &self.inner.definition;
        let mut names: Vec<String> = states.iter().flat_map(|state| state.named.names()).collect();
        names.extend(self.inner.hidden());
        [names, actions.iter().flat_map(|action| action.named.names()).collect()]
    }
}

impl OnTape for Formulas {
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t> {
        tape::start(&self.inner, xi)
    }

    fn see_on_tape<'t>(&self, t: usize, s: Var<'t>, _: Var<'t>) -> Var<'t> {
        tape::see(&self.inner, t, s)
    }

    fn act_on_tape<'t>(&self, t: usize, s: Var<'t>, z: Var<'t>) -> Var<'t> {
        tape::act(&self.inner, t, s, z)
    }

    fn step_on_tape<'t>(&self, t: usize, at: [Var<'t>; 3]) -> [Var<'t>; 2] {
        tape::step(&self.inner, t, at)
    }

    fn last_on_tape<'t>(&self, s: Var<'t>) -> Var<'t> {
        tape::last(&self.inner, s)
    }
}

/// An error of a formula model: its key is the caller's.
fn refused(key: &str, found: impl Into<String>, allowed: &str) -> Error {
    Error::input(key, found.into()).allowed(allowed)
}
