//! What happens in a step: the state, what is done, what it costs.
//!
//! At step t = 0 … T−1 the state s is known, an action a is chosen, a cost is paid, and s becomes
//! f_t(s, a, ξ) with ξ independent of the past. A reward is a cost with the other sign. The policy sees
//! some numbers of the state and says others, z; the model makes an action of them that its constraints
//! allow: they hold by construction, whatever the weights are.
//!
//! Everything is written for one path. Derivatives are written by hand and judged by the same model on
//! the tape, `OnTape`.

use std::fmt;

use ground::Error;
use ground::kernel::lane::Level;
use ground::kernel::network::Activation;
use ground::tape::Var;

use crate::answer::Baseline;
use crate::bounds::Relaxed;
use crate::number::Number;
use crate::reference::Exact;

pub mod consumption;
pub mod execution;
pub mod formulas;
pub mod liquidation;
pub mod lqg;
pub mod storage;

/// What the best is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// The least cost.
    Minimum,
    /// The largest reward.
    Maximum,
}

impl Sense {
    /// A cost from an amount of this sense, and back.
    pub fn sign(self) -> f64 {
        match self {
            Self::Minimum => 1.0,
            Self::Maximum => -1.0,
        }
    }

    /// What is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => "cost",
            Self::Maximum => "reward",
        }
    }
}

/// How many numbers there are of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// T, steps.
    pub steps: usize,
    /// Numbers of a state.
    pub state: usize,
    /// Numbers of an action.
    pub action: usize,
    /// Numbers that a policy sees.
    pub seen: usize,
    /// Numbers that a policy says, z.
    pub said: usize,
    /// Standard normal numbers of a step; they come first.
    pub normals: usize,
    /// Uniform numbers of a step.
    pub uniforms: usize,
}

impl Shape {
    /// Random numbers of a step.
    pub fn noise(&self) -> usize {
        self.normals + self.uniforms
    }
}

/// A step that was made.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a, T> {
    /// Which.
    pub t: usize,
    /// The state before it. `[state]`
    pub s: &'a [T],
    /// What was done. `[action]`
    pub a: &'a [T],
    /// What chance did. `[noise]`
    pub xi: &'a [T],
}

/// An action that was made of what a policy said.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a, T> {
    /// The step.
    pub t: usize,
    /// The state. `[state]`
    pub s: &'a [T],
    /// What the policy said, after [`Model::squash`]. `[said]`
    pub z: &'a [T],
    /// The action. `[action]`
    pub a: &'a [T],
}

/// Numbers that stand in lines of one length, of which the first are meant.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a, T> {
    /// Line after line.
    pub all: &'a [T],
    /// Numbers from one line to the next.
    pub stride: usize,
}

impl<'a, T> Lines<'a, T> {
    /// The first n numbers of a line.
    #[inline(always)]
    pub fn line(&self, p: usize, n: usize) -> &'a [T] {
        &self.all[p * self.stride..][..n]
    }
}

/// The same, to be written.
#[derive(Debug)]
pub struct LinesMut<'a, T> {
    /// Line after line.
    pub all: &'a mut [T],
    /// Numbers from one line to the next.
    pub stride: usize,
}

impl<T> LinesMut<'_, T> {
    /// The first n numbers of a line.
    #[inline(always)]
    pub fn line(&mut self, p: usize, n: usize) -> &mut [T] {
        &mut self.all[p * self.stride..][..n]
    }
}

/// Some paths at a step, path by path.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a, T> {
    /// The instructions to use.
    pub level: Level,
    /// The step.
    pub t: usize,
    /// How many paths.
    pub n: usize,
    /// Their states. `[n, state]`
    pub s: &'a [T],
    /// Their random numbers: of this step where something is seen, of the next where something is done.
    /// `[n, noise]`
    pub xi: &'a [T],
}

impl<'a, T> Group<'a, T> {
    /// The state and the random numbers of a path.
    #[inline(always)]
    fn path(&self, shape: &Shape, p: usize) -> [&'a [T]; 2] {
        let noise = shape.noise();
        [&self.s[p * shape.state..][..shape.state], &self.xi[p * noise..][..noise]]
    }
}

/// A control problem.
///
/// What is said of one path has to be said; what is said of a group of them is the same path by path, and a
/// model that is faster on several at once says it again.
pub trait Model: Clone + fmt::Debug + Send + Sync + 'static {
    /// How many numbers there are.
    fn shape(&self) -> Shape;

    /// What the best is.
    fn sense(&self) -> Sense;

    /// What is done to every number that a network says, before the model sees it.
    fn squash(&self) -> Activation {
        Activation::Identity
    }

    /// What the networks of a step say before they have learned anything: their last biases.
    fn bias(&self) -> Vec<f64> {
        vec![0.0; self.shape().said]
    }

    /// The first state, from the random numbers of step 0.
    fn start<T: Number>(&self, xi: &[T], s: &mut [T]);

    /// What the policy sees, of order 1.
    fn see<T: Number>(&self, at: (usize, &[T], &[T]), seen: &mut [T]);

    /// Adds to the derivative by the state that of Σ `by` · seen, at a step and a state.
    fn see_back<T: Number>(&self, at: (usize, &[T]), by: &[T], by_s: &mut [T]);

    /// The action.
    fn act<T: Number>(&self, at: (usize, &[T], &[T]), a: &mut [T]);

    /// Adds to the derivatives by state and z, in this order, those of Σ `by` · a.
    fn act_back<T: Number>(&self, at: Act<'_, T>, by: &[T], to: [&mut [T]; 2]);

    /// The next state (written), and the cost of the step.
    fn step<T: Number>(&self, at: Step<'_, T>, next: &mut [T]) -> T;

    /// Adds to the derivatives by state and action, in this order, those of `seed` · cost + Σ `by` · next.
    fn step_back<T: Number>(&self, at: Step<'_, T>, from: (T, &[T]), to: [&mut [T]; 2]);

    /// The cost of the last state.
    fn last<T: Number>(&self, s: &[T]) -> T {
        let _ = s;
        T::zero()
    }

    /// Adds to the derivative by the last state that of `seed` · cost.
    fn last_back<T: Number>(&self, s: &[T], seed: T, to: &mut [T]) {
        let _ = (s, seed, to);
    }

    /// What is seen of some paths.
    #[inline(always)]
    fn see_group<T: Number>(&self, at: Group<'_, T>, seen: &mut LinesMut<'_, T>) {
        let shape = self.shape();
        for p in 0..at.n {
            let [s, xi] = at.path(&shape, p);
            self.see((at.t, s, xi), seen.line(p, shape.seen));
        }
    }

    /// The way back through it.
    #[inline(always)]
    fn see_group_back<T: Number>(&self, at: Group<'_, T>, by: Lines<'_, T>, by_s: &mut [T]) {
        let shape = self.shape();
        for (p, by_s) in by_s.chunks_exact_mut(shape.state).enumerate() {
            self.see_back((at.t, at.path(&shape, p)[0]), by.line(p, shape.seen), by_s);
        }
    }

    /// What is done on some paths and what comes of it: writes actions and next states, adds the costs.
    #[inline(always)]
    fn go_group<T: Number>(
        &self,
        at: Group<'_, T>,
        z: Lines<'_, T>,
        [a, next, cost]: [&mut [T]; 3],
    ) {
        let shape = self.shape();
        for (p, cost) in cost.iter_mut().enumerate() {
            let [s, xi] = at.path(&shape, p);
            let a = &mut a[p * shape.action..][..shape.action];
            self.act((at.t, s, z.line(p, shape.said)), a);
            let next = &mut next[p * shape.state..][..shape.state];
            *cost += self.step(Step { t: at.t, s, a, xi }, next);
        }
    }

    /// The way back through it, from `seed` for every cost and derivatives by next states: adds to those by
    /// states, actions and z.
    #[inline(always)]
    fn go_group_back<T: Number>(
        &self,
        at: Group<'_, T>,
        (z, a): (Lines<'_, T>, &[T]),
        (seed, by): (T, &[T]),
        [by_s, by_a, by_z]: [&mut [T]; 3],
    ) {
        let shape = self.shape();
        for p in 0..at.n {
            let [s, xi] = at.path(&shape, p);
            let a = &a[p * shape.action..][..shape.action];
            let by = &by[p * shape.state..][..shape.state];
            let by_s = &mut by_s[p * shape.state..][..shape.state];
            let by_a = &mut by_a[p * shape.action..][..shape.action];
            self.step_back(Step { t: at.t, s, a, xi }, (seed, by), [&mut *by_s, &mut *by_a]);
            let (z, by_z) = (z.line(p, shape.said), &mut by_z[p * shape.said..][..shape.said]);
            self.act_back(Act { t: at.t, s, z, a }, by_a, [by_s, by_z]);
        }
    }

    /// The action that z asks for, where what is done is the nearest allowed one and what is beyond was only paid
    /// for in training; false where what is asked is done.
    fn asked(&self, at: (usize, &[f64], &[f64]), a: &mut [f64]) -> bool {
        let _ = (at, a);
        false
    }

    /// How far an action is beyond each constraint, with the largest limit that it was set beside: the
    /// same constraints in the same order at every call.
    fn beyond(&self, at: (usize, &[f64], &[f64]), to: &mut Vec<Beyond>) {
        let _ = (at, to);
    }

    /// The exact optimum, where it is known.
    fn exact(&self) -> Option<Box<dyn Exact>> {
        None
    }

    /// How what may be known is relaxed, for bounds where no optimum is known.
    fn relaxed(&self) -> Option<&dyn Relaxed> {
        None
    }

    /// What is reached without learning: first the best that does not look at what is random.
    fn baselines(&self) -> Vec<Baseline> {
        Vec::new()
    }

    /// The model that an answer is about: on data that were held back, and with every action allowed where
    /// training only pays for what is not.
    fn for_answer(&self) -> Self {
        self.clone()
    }

    /// Names of rules that learn nothing and whose value is known by walking alone.
    fn rules(&self) -> Vec<String> {
        Vec::new()
    }

    /// What a rule does, at a step and a state.
    fn follow(&self, rule: usize, at: (usize, &[f64]), a: &mut [f64]) {
        let _ = (rule, at, a);
    }

    /// Operations of a step of one path, there alone, beside networks: for a forecast.
    fn operations(&self) -> f64 {
        let shape = self.shape();
        20.0 * (shape.state + shape.action) as f64
    }

    /// Where in a record a path begins, where it is a window of one.
    fn row(&self, s: &[f64]) -> Option<f64> {
        let _ = s;
        None
    }

    /// What went wrong in the model, where a cost is not finite for a reason that it knows.
    fn trouble(&self) -> Option<Error> {
        None
    }

    /// What is to be said beside an answer: a topic and a fact.
    fn notes(&self) -> Vec<[String; 2]> {
        Vec::new()
    }

    /// For readers of an exported policy: what is seen, and how what is said, z, becomes an action.
    fn words(&self) -> [String; 2];

    /// Names of what a picture shows of every step.
    fn shown(&self) -> Vec<String>;

    /// What a picture shows of a step.
    fn show(&self, at: (usize, &[f64], &[f64]), to: &mut Vec<f64>);

    /// Names of the numbers of a state, and of an action.
    fn names(&self) -> [Vec<String>; 2];
}

/// How far one constraint is violated, and the size of its right-hand side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beyond {
    /// max(0, lhs − rhs), or |lhs − rhs| of an equality.
    pub by: f64,
    /// |rhs|; of a sign, the upper limit of the action.
    pub scale: f64,
}

impl Beyond {
    /// lhs ≤ rhs.
    pub fn above(lhs: f64, rhs: f64) -> Self {
        Self { by: (lhs - rhs).max(0.0), scale: rhs.abs() }
    }

    /// x ≥ 0, where x may be as large as `high`.
    pub fn negative(x: f64, high: f64) -> Self {
        Self { by: (-x).max(0.0), scale: high }
    }

    /// lhs = rhs.
    pub fn differs(lhs: f64, rhs: f64) -> Self {
        Self { by: (lhs - rhs).abs(), scale: rhs.abs() }
    }
}

/// The same model on the tape: what judges the derivatives. Everything has a line for each path.
pub trait OnTape: Model {
    /// The first state. `[n, state]` of `[n, noise]`
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t>;
    /// What the policy sees. `[n, seen]` of `[n, state]`, `[n, noise]`
    fn see_on_tape<'t>(&self, t: usize, s: Var<'t>, xi: Var<'t>) -> Var<'t>;
    /// The action. `[n, action]` of `[n, state]`, `[n, said]`
    fn act_on_tape<'t>(&self, t: usize, s: Var<'t>, z: Var<'t>) -> Var<'t>;
    /// The next state and the cost. `[n, state]`, `[n, 1]` of `[n, state]`, `[n, action]`, `[n, noise]`
    fn step_on_tape<'t>(&self, t: usize, at: [Var<'t>; 3]) -> [Var<'t>; 2];
    /// The cost of the last state. `[n, 1]` of `[n, state]`
    fn last_on_tape<'t>(&self, s: Var<'t>) -> Var<'t> {
        s.columns(0, 1) * 0.0
    }
}
