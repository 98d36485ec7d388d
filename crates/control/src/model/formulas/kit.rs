//! Blocks of paths through the programs.

use std::any::Any;
use std::cell::RefCell;
use std::ops::Range;

use ground::formula::{Machine, Sink, Source};
use ground::kernel::lane::Level;

use super::compiled::{Code, Compiled, PROGRAMS, Place, What};
use super::{Limits, Next};
use crate::limits::projection::Contradiction;
use crate::model::{Group, Lines, LinesMut};
use crate::number::{Number, wide};

/// What a thread works with, in both precisions.
#[derive(Debug)]
pub(super) struct Room {
    single: Kit<f32>,
    double: Kit<f64>,
}

/// The registers of all programs, and the blocks that they read and write.
#[derive(Debug)]
pub(super) struct Kit<T: Number> {
    machines: Vec<Option<Machine<T>>>,
    state: Vec<T::Row>,
    action: Vec<T::Row>,
    said: Vec<T::Row>,
    noise: Vec<T::Row>,
    seed: Vec<T::Row>,
    /// Room for seeds in another order.
    spare: Vec<T::Row>,
    out: Vec<T::Row>,
    /// What is known of the step.
    known: Vec<Vec<T>>,
    time: [T; 1],
}

impl<T: Number> Kit<T> {
    fn new() -> Self {
        Self {
            machines: (0..PROGRAMS).map(|_| None).collect(),
            state: Vec::new(),
            action: Vec::new(),
            said: Vec::new(),
            noise: Vec::new(),
            seed: Vec::new(),
            spare: Vec::new(),
            out: Vec::new(),
            known: Vec::new(),
            time: [T::zero()],
        }
    }

    /// Runs a program on the blocks: `out` holds all that it writes, one output after the other.
    fn run(&mut self, level: Level, (what, code): (What, &Code)) {
        let machine =
            self.machines[what as usize].get_or_insert_with(|| Machine::new(&code.program));
        let source = |(place, range): &(Place, Range<usize>)| match place {
            Place::Time => Source::Uniform(&self.time[..]),
            Place::Series(k) => Source::Uniform(&self.known[*k][..]),
            Place::State => Source::Lanes(&self.state[range.clone()]),
            Place::Action => Source::Lanes(&self.action[range.clone()]),
            Place::Said => Source::Lanes(&self.said[range.clone()]),
            Place::Noise => Source::Lanes(&self.noise[range.clone()]),
            Place::Seed => Source::Lanes(&self.seed[range.clone()]),
        };
        let sources: Vec<Source<'_, T>> = code.inputs.iter().map(source).collect();
        self.out.resize(code.outputs.iter().sum(), T::Row::default());
        let mut rest = &mut self.out[..];
        let mut sinks = Vec::with_capacity(code.outputs.len());
        for n in &code.outputs {
            let (own, others) = rest.split_at_mut(*n);
            sinks.push(Sink::Set(own));
            rest = others;
        }
        machine.run(level, &code.program, &sources, &mut sinks);
    }
}

/// The kit of a precision.
fn of<T: Number>(room: &mut Room) -> &mut Kit<T> {
    let all: [&mut dyn Any; 2] = [&mut room.single, &mut room.double];
    all.into_iter().find_map(|kit| kit.downcast_mut()).expect("a precision is single or double")
}

/// Some paths of a group that go through programs side by side.
#[derive(Clone, Copy)]
struct Block<'a, T> {
    at: Group<'a, T>,
    /// The first path, and how many.
    first: usize,
    some: usize,
}

impl<T: Number> Block<'_, T> {
    /// Lines of the paths into rows, a path a lane; lanes without a path repeat the last.
    #[inline]
    fn gather(&self, rows: &mut Vec<T::Row>, count: usize, lines: Lines<'_, T>) {
        rows.resize(count, T::Row::default());
        for lane in 0..T::LANES {
            let line = lines.line(self.first + lane.min(self.some - 1), count);
            for (row, x) in rows.iter_mut().zip(line) {
                row.as_mut()[lane] = *x;
            }
        }
    }

    /// Rows into lines, from a place in each on: `put` says how.
    #[inline]
    fn scatter(
        &self,
        rows: &[T::Row],
        (to, stride, from): (&mut [T], usize, usize),
        put: impl Fn(&mut T, T),
    ) {
        for lane in 0..self.some {
            let own = &mut to[(self.first + lane) * stride + from..][..rows.len()];
            for (to, row) in own.iter_mut().zip(rows) {
                put(to, row.as_ref()[lane]);
            }
        }
    }
}

/// Written.
#[inline]
fn set<T: Number>(to: &mut T, x: T) {
    *to = x;
}

/// Added.
#[inline]
fn add<T: Number>(to: &mut T, x: T) {
    *to += x;
}

/// Lines of one length without anything between.
fn dense<T>(all: &[T], stride: usize) -> Lines<'_, T> {
    Lines { all, stride }
}

/// The same number in every lane.
fn same<T: Number>(x: T) -> T::Row {
    let mut row = T::Row::default();
    row.as_mut().fill(x);
    row
}

/// The numbers of a lane.
fn lane_of<T: Number>(rows: &[T::Row], lane: usize) -> Vec<f64> {
    rows.iter().map(|row| row.as_ref()[lane].wide()).collect()
}

impl Compiled {
    /// A task with the kit of this thread.
    fn with<T: Number, R>(&self, task: impl FnOnce(&mut Kit<T>) -> R) -> R {
        let room =
            self.rooms.get_or(|| RefCell::new(Room { single: Kit::new(), double: Kit::new() }));
        task(of::<T>(&mut room.borrow_mut()))
    }

    /// A task for every block of a group, its states and what is known at its step in the kit.
    fn blocks<T: Number>(&self, at: Group<'_, T>, mut task: impl FnMut(&mut Kit<T>, Block<'_, T>)) {
        self.with::<T, ()>(|kit| {
            kit.time = [T::of(at.t as f64)];
            kit.known.resize_with(self.definition.series.len(), Vec::new);
            for (to, series) in kit.known.iter_mut().zip(&self.definition.series) {
                to.clear();
                let row = &series.values[at.t.min(series.values.len() - 1)];
                to.extend(row.iter().map(|x| T::of(*x)));
            }
            let width = self.shape.state;
            for first in (0..at.n).step_by(T::LANES) {
                let block = Block { at, first, some: T::LANES.min(at.n - first) };
                block.gather(&mut kit.state, width, dense(at.s, width));
                task(kit, block);
            }
        });
    }

    fn coded(&self, what: What) -> (What, &Code) {
        (what, &self.codes[what as usize])
    }

    /// The noise of a block, under its names.
    fn noisy<T: Number>(&self, kit: &mut Kit<T>, block: Block<'_, T>) {
        let width = self.shape.noise();
        kit.noise.resize(self.noise.last().map_or(0, |range| range.end), T::Row::default());
        let lines = dense(block.at.xi, width);
        for lane in 0..T::LANES {
            let xi = lines.line(block.first + lane.min(block.some - 1), width);
            for (k, drawn) in self.definition.noise.iter().enumerate() {
                let rows = &mut kit.noise[self.noise[k].clone()];
                let from = self.raw[k];
                match drawn.outcome(xi.get(from).map_or(0.0, |u| u.wide())) {
                    Some(outcome) => {
                        for (row, x) in rows.iter_mut().zip(outcome) {
                            row.as_mut()[lane] = T::of(*x);
                        }
                    }
                    None => {
                        for (row, x) in rows.iter_mut().zip(&xi[from..]) {
                            row.as_mut()[lane] = *x;
                        }
                    }
                }
            }
        }
    }

    /// States that formulas give, from the rows that were written. Returns how many these are.
    fn states_from<T: Number>(
        &self,
        rows: &[T::Row],
        block: Block<'_, T>,
        to: &mut [T],
        put: impl Fn(&mut T, T),
    ) -> usize {
        let mut first = 0;
        for range in &self.moved {
            let own = &rows[first..first + range.len()];
            block.scatter(own, (to, self.shape.state, range.start), &put);
            first += range.len();
        }
        first
    }

    /// The first states.
    pub(super) fn start<T: Number>(&self, xi: &[T], s: &mut [T], held: bool) {
        let at = Group { level: self.level, t: 0, n: 1, s: &[], xi };
        self.with::<T, ()>(|kit| {
            let block = Block { at, first: 0, some: 1 };
            self.noisy(kit, block);
            kit.run(self.level, self.coded(What::Start));
            self.states_from(&kit.out, block, s, set);
        });
        let row = self.window().map(|(window, uniform)| window.row(xi[uniform].wide(), held));
        for (k, _) in &self.followers {
            if let Next::Follows(follower) = &self.definition.states[*k].next {
                s[self.states[*k].start] = T::of(follower.first(row.unwrap_or(0)));
            }
        }
        if let Some(row) = row {
            s[self.shape.state - 1] = T::of(row as f64);
        }
    }

    pub(super) fn see<T: Number>(&self, at: Group<'_, T>, seen: &mut LinesMut<'_, T>) {
        self.blocks(at, |kit, block| {
            kit.run(at.level, self.coded(What::See));
            block.scatter(&kit.out, (&mut *seen.all, seen.stride, 0), set);
        });
    }

    pub(super) fn see_back<T: Number>(&self, at: Group<'_, T>, by: Lines<'_, T>, to: &mut [T]) {
        self.blocks(at, |kit, block| {
            block.gather(&mut kit.seed, self.shape.seen, by);
            kit.run(at.level, self.coded(What::SeeBack));
            self.states_from(&kit.out, block, to, add);
        });
    }

    /// What is done: with `strict` the nearest allowed action, where training only pays for what is not.
    pub(super) fn act<T: Number>(
        &self,
        at: Group<'_, T>,
        z: Lines<'_, T>,
        a: &mut [T],
        strict: bool,
    ) {
        self.blocks(at, |kit, block| self.act_block(kit, block, z, (a, strict)));
    }

    /// The same, and what comes of it: writes actions and next states, adds costs.
    pub(super) fn go<T: Number>(
        &self,
        at: Group<'_, T>,
        z: Lines<'_, T>,
        [a, next, cost]: [&mut [T]; 3],
        strict: bool,
    ) {
        self.blocks(at, |kit, block| {
            self.act_block(kit, block, z, (a, strict));
            self.step_block(kit, block, a, [&mut *next, &mut *cost]);
        });
    }

    /// Writes next states and adds costs.
    pub(super) fn step<T: Number>(&self, at: Group<'_, T>, a: &[T], [next, cost]: [&mut [T]; 2]) {
        self.blocks(at, |kit, block| {
            self.step_block(kit, block, a, [&mut *next, &mut *cost]);
        });
    }

    fn act_block<T: Number>(
        &self,
        kit: &mut Kit<T>,
        block: Block<'_, T>,
        z: Lines<'_, T>,
        (a, strict): (&mut [T], bool),
    ) {
        let width = self.shape.action;
        block.gather(&mut kit.said, width, z);
        kit.run(block.at.level, self.coded(What::Act));
        block.scatter(&kit.out, (&mut *a, width, 0), set);
        let paid = matches!(self.definition.limits, Limits::Penalty(_));
        if !(self.allowed.is_projected() || strict && paid) {
            return;
        }
        kit.run(block.at.level, self.coded(What::Sides));
        for lane in 0..block.some {
            let own = &mut a[(block.first + lane) * width..][..width];
            if let Err(why) = self.project(own, &lane_of::<T>(&kit.out, lane)) {
                self.trouble.get_or_init(|| self.allowed.named(&why, block.at.t));
            }
        }
    }

    /// The nearest allowed point; not a number where there is none.
    fn project<T: Number>(&self, a: &mut [T], sides: &[f64]) -> Result<(), Contradiction> {
        let found = self.allowed.polyhedron.project(&wide(a), sides);
        match &found {
            Ok(found) => a.iter_mut().zip(&found.point).for_each(|(a, x)| *a = T::of(*x)),
            Err(_) => a.fill(T::nan()),
        }
        found.map(|_| ())
    }

    fn step_block<T: Number>(
        &self,
        kit: &mut Kit<T>,
        block: Block<'_, T>,
        a: &[T],
        [next, cost]: [&mut [T]; 2],
    ) {
        let (states, noise) = (self.shape.state, self.shape.noise());
        let Group { t, level, s, xi, .. } = block.at;
        let weight = T::of(self.discounts[t]);
        block.gather(&mut kit.action, self.shape.action, dense(a, self.shape.action));
        self.noisy(kit, block);
        kit.run(level, self.coded(What::Step));
        let written = self.states_from(&kit.out, block, next, set);
        block.scatter(&kit.out[written..], (cost, 1, 0), |to, x| *to += weight * x);
        if self.followers.is_empty() {
            return;
        }
        let windowed = self.window().is_some();
        for p in block.first..block.first + block.some {
            let [s, xi] = [&s[p * states..][..states], &xi[p * noise..][..noise]];
            self.followed((t, windowed), s, xi, &mut next[p * states..][..states]);
        }
    }

    /// The next values of what follows chance alone.
    fn followed<T: Number>(&self, (t, windowed): (usize, bool), s: &[T], xi: &[T], next: &mut [T]) {
        let mut row = 0;
        if windowed {
            let last = self.shape.state - 1;
            next[last] = s[last];
            row = s[last].to_usize().unwrap_or(0) + t + 1;
        }
        for (k, uniform) in &self.followers {
            if let Next::Follows(follower) = &self.definition.states[*k].next {
                let at = self.states[*k].start;
                next[at] = T::of(follower.next(s[at].wide(), xi[*uniform].wide(), row));
            }
        }
    }

    /// The way back through [`Compiled::go`], from `seed` for every cost and derivatives by next states.
    pub(super) fn go_back<T: Number>(
        &self,
        at: Group<'_, T>,
        (z, a): (Lines<'_, T>, &[T]),
        from: (T, &[T]),
        [by_s, by_a, by_z]: [&mut [T]; 3],
    ) {
        self.blocks(at, |kit, block| {
            self.step_back_block(kit, block, (a, from), [&mut *by_s, &mut *by_a]);
            self.act_back_block(kit, block, (z, by_a), [&mut *by_s, &mut *by_z]);
        });
    }

    pub(super) fn step_back<T: Number>(
        &self,
        at: Group<'_, T>,
        a: &[T],
        from: (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        self.blocks(at, |kit, block| {
            self.step_back_block(kit, block, (a, from), [&mut *by_s, &mut *by_a]);
        });
    }

    pub(super) fn act_back<T: Number>(
        &self,
        at: Group<'_, T>,
        z: Lines<'_, T>,
        by: &[T],
        [by_s, by_z]: [&mut [T]; 2],
    ) {
        self.blocks(at, |kit, block| {
            self.act_back_block(kit, block, (z, by), [&mut *by_s, &mut *by_z]);
        });
    }

    fn step_back_block<T: Number>(
        &self,
        kit: &mut Kit<T>,
        block: Block<'_, T>,
        (a, (seed, by)): (&[T], (T, &[T])),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let (width, states) = (self.shape.action, self.shape.state);
        block.gather(&mut kit.action, width, dense(a, width));
        self.noisy(kit, block);
        // By the next states that formulas give, one after the other; then by the cost.
        block.gather(&mut kit.spare, states, dense(by, states));
        kit.seed.clear();
        for range in &self.moved {
            kit.seed.extend_from_slice(&kit.spare[range.clone()]);
        }
        kit.seed.push(same(seed * T::of(self.discounts[block.at.t])));
        kit.run(block.at.level, self.coded(What::StepBack));
        let written = self.states_from(&kit.out, block, by_s, add);
        block.scatter(&kit.out[written..], (by_a, width, 0), add);
    }

    fn act_back_block<T: Number>(
        &self,
        kit: &mut Kit<T>,
        block: Block<'_, T>,
        (z, by): (Lines<'_, T>, &[T]),
        [by_s, by_z]: [&mut [T]; 2],
    ) {
        let width = self.shape.action;
        block.gather(&mut kit.said, width, z);
        if self.allowed.is_projected() {
            self.projected_back(kit, block, by, by_s);
        } else {
            block.gather(&mut kit.seed, width, dense(by, width));
        }
        kit.run(block.at.level, self.coded(What::ActBack));
        let written = self.states_from(&kit.out, block, by_s, add);
        block.scatter(&kit.out[written..], (by_z, width, 0), add);
    }

    /// Through the projection: its derivatives by what was said become seeds, those by the sides go on to states.
    fn projected_back<T: Number>(
        &self,
        kit: &mut Kit<T>,
        block: Block<'_, T>,
        by: &[T],
        by_s: &mut [T],
    ) {
        let (width, level, polyhedron) =
            (self.shape.action, block.at.level, &self.allowed.polyhedron);
        kit.run(level, self.coded(What::Act));
        let raw: Vec<Vec<f64>> = (0..block.some).map(|lane| lane_of::<T>(&kit.out, lane)).collect();
        kit.run(level, self.coded(What::Sides));
        kit.spare.clear();
        kit.spare.resize(width, T::Row::default());
        kit.seed.clear();
        kit.seed.resize(polyhedron.constraints(), T::Row::default());
        let lines = dense(by, width);
        for (lane, raw) in raw.iter().enumerate() {
            let sides = lane_of::<T>(&kit.out, lane);
            let Ok(found) = polyhedron.project(raw, &sides) else { continue };
            let slopes = polyhedron.back(&found, &wide(lines.line(block.first + lane, width)));
            let by = [(&mut kit.spare, slopes.by_z), (&mut kit.seed, slopes.by_sides)];
            for (rows, slopes) in by {
                for (row, x) in rows.iter_mut().zip(slopes) {
                    row.as_mut()[lane] = T::of(x);
                }
            }
        }
        kit.run(level, self.coded(What::SidesBack));
        self.states_from(&kit.out, block, by_s, add);
        std::mem::swap(&mut kit.seed, &mut kit.spare);
    }

    /// The cost of a last state.
    pub(super) fn end<T: Number>(&self, s: &[T]) -> T {
        let mut cost = T::zero();
        self.blocks(self.last_group(s), |kit, _| {
            kit.run(self.level, self.coded(What::End));
            cost = kit.out[0].as_ref()[0];
        });
        cost * T::of(self.discounts[self.shape.steps])
    }

    pub(super) fn end_back<T: Number>(&self, s: &[T], seed: T, to: &mut [T]) {
        let seed = seed * T::of(self.discounts[self.shape.steps]);
        self.blocks(self.last_group(s), |kit, block| {
            kit.seed.clear();
            kit.seed.push(same(seed));
            kit.run(self.level, self.coded(What::EndBack));
            self.states_from(&kit.out, block, to, add);
        });
    }

    fn last_group<'a, T: Number>(&self, s: &'a [T]) -> Group<'a, T> {
        Group { level: self.level, t: self.shape.steps, n: 1, s, xi: &[] }
    }

    /// The right-hand sides of all constraints at a state.
    pub(super) fn sides(&self, at: Group<'_, f64>) -> Vec<f64> {
        let mut sides = Vec::new();
        self.blocks(at, |kit, _| {
            kit.run(self.level, self.coded(What::Sides));
            sides = lane_of::<f64>(&kit.out, 0);
        });
        sides
    }

    /// How far an action is beyond every constraint, and the size of its right-hand side.
    pub(super) fn excess(&self, at: Group<'_, f64>, a: &[f64]) -> Vec<(f64, f64)> {
        self.allowed.excess(a, &self.sides(at))
    }

    /// What a rule does, brought to the nearest allowed point; not a number where there is none.
    pub(super) fn follow(&self, rule: usize, at: Group<'_, f64>, a: &mut [f64]) {
        let width = self.shape.action;
        self.blocks(at, |kit, _| {
            kit.run(self.level, self.coded(What::Rules));
            a.copy_from_slice(&lane_of::<f64>(&kit.out[rule * width..][..width], 0));
        });
        let sides = self.sides(at);
        if self.allowed.excess(a, &sides).iter().any(|(by, _)| *by > 0.0) {
            let _nowhere = self.project(a, &sides);
        }
    }
}
