//! Blocks of paths through the programs.

use std::any::Any;
use std::cell::RefCell;
use std::ops::Range;

use ground::formula::{Machine, Sink, Source};
use ground::kernel::lane::Level;

use super::chance::Law;
use super::compiled::{Code, Compiled, PROGRAMS, Place, What};
use super::{Limits, Next};
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

/// Lines of paths from `first` on into rows, a path a lane; lanes without a path repeat the last.
#[inline]
fn gather<T: Number>(
    rows: &mut Vec<T::Row>,
    count: usize,
    (first, n): (usize, usize),
    line: impl Fn(usize) -> usize,
    all: &[T],
) {
    rows.resize(count, T::Row::default());
    for lane in 0..T::LANES {
        let p = (first + lane).min(n - 1);
        let from = &all[line(p)..][..count];
        for (row, x) in rows.iter_mut().zip(from) {
            row.as_mut()[lane] = *x;
        }
    }
}

impl Compiled {
    /// A task for every block of paths: the kit, the first path and how many of the block there are.
    fn blocks<T: Number>(&self, n: usize, mut task: impl FnMut(&mut Kit<T>, usize, usize)) {
        let room =
            self.rooms.get_or(|| RefCell::new(Room { single: Kit::new(), double: Kit::new() }));
        let mut room = room.borrow_mut();
        let kit = of::<T>(&mut room);
        for first in (0..n).step_by(T::LANES) {
            task(kit, first, T::LANES.min(n - first));
        }
    }

    fn coded(&self, what: What) -> (What, &Code) {
        (what, &self.codes[what as usize])
    }

    /// The state of a block, and what is known at its step.
    fn load<T: Number>(&self, kit: &mut Kit<T>, at: &Group<'_, T>, first: usize) {
        let width = self.shape.state;
        gather(&mut kit.state, width, (first, at.n), |p| p * width, at.s);
        kit.time = [T::of(at.t as f64)];
        kit.known.resize_with(self.definition.series.len(), Vec::new);
        for (to, series) in kit.known.iter_mut().zip(&self.definition.series) {
            to.clear();
            to.extend(series.values[at.t.min(series.values.len() - 1)].iter().map(|x| T::of(*x)));
        }
    }

    /// The noise of a block, under its names.
    fn noisy<T: Number>(&self, kit: &mut Kit<T>, (first, n): (usize, usize), xi: &[T]) {
        let width = self.shape.noise();
        let total = self.noise.last().map_or(0, |range| range.end);
        kit.noise.resize(total, T::Row::default());
        for (k, drawn) in self.definition.noise.iter().enumerate() {
            let (range, from) = (self.noise[k].clone(), self.raw[k]);
            for lane in 0..T::LANES {
                let xi = &xi[(first + lane).min(n - 1) * width..][..width];
                for (i, row) in kit.noise[range.clone()].iter_mut().enumerate() {
                    row.as_mut()[lane] = match drawn.law {
                        Law::Normal | Law::Uniform => xi[from + i],
                        Law::Discrete { .. } => {
                            T::of(drawn.outcome(xi[from].wide(), i).unwrap_or(0.0))
                        }
                    };
                }
            }
        }
    }

    /// The first states.
    pub(super) fn start<T: Number>(&self, xi: &[T], s: &mut [T], held: bool) {
        self.blocks::<T>(1, |kit, _, _| {
            self.noisy(kit, (0, 1), xi);
            kit.time = [T::zero()];
            kit.run(self.level, self.coded(What::Start));
            let mut written = kit.out.iter();
            for range in &self.moved {
                for (to, row) in s[range.clone()].iter_mut().zip(written.by_ref()) {
                    *to = row.as_ref()[0];
                }
            }
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
        self.blocks::<T>(at.n, |kit, first, some| {
            self.load(kit, &at, first);
            kit.run(at.level, self.coded(What::See));
            for lane in 0..some {
                let line = seen.line(first + lane, self.shape.seen);
                for (to, row) in line.iter_mut().zip(&kit.out) {
                    *to = row.as_ref()[lane];
                }
            }
        });
    }

    pub(super) fn see_back<T: Number>(&self, at: Group<'_, T>, by: Lines<'_, T>, to: &mut [T]) {
        let seen = self.shape.seen;
        self.blocks::<T>(at.n, |kit, first, some| {
            self.load(kit, &at, first);
            gather(&mut kit.seed, seen, (first, at.n), |p| p * by.stride, by.all);
            kit.run(at.level, self.coded(What::SeeBack));
            self.add_states(kit, (first, some), to);
        });
    }

    /// Adds what was written to derivatives by states. Returns how many rows that were.
    fn add_states<T: Number>(
        &self,
        kit: &Kit<T>,
        (first, some): (usize, usize),
        to: &mut [T],
    ) -> usize {
        let mut rows = 0;
        for range in &self.moved {
            add::<T>(&kit.out[rows..rows + range.len()], (first, some), to, |p| {
                p * self.shape.state + range.start
            });
            rows += range.len();
        }
        rows
    }

    /// What is done: with `strict` the nearest allowed action, where training only pays for what is not.
    pub(super) fn act<T: Number>(
        &self,
        at: Group<'_, T>,
        z: Lines<'_, T>,
        a: &mut [T],
        strict: bool,
    ) {
        let strict = strict && matches!(self.definition.limits, Limits::Penalty(_));
        let width = self.shape.action;
        self.blocks::<T>(at.n, |kit, first, some| {
            self.load(kit, &at, first);
            gather(&mut kit.said, width, (first, at.n), |p| p * z.stride, z.all);
            kit.run(at.level, self.coded(What::Act));
            for lane in 0..some {
                let line = &mut a[(first + lane) * width..][..width];
                for (to, row) in line.iter_mut().zip(&kit.out) {
                    *to = row.as_ref()[lane];
                }
            }
            if self.allowed.is_projected() || strict {
                kit.run(at.level, self.coded(What::Sides));
                for lane in 0..some {
                    let line = &mut a[(first + lane) * width..][..width];
                    let sides = lane_of::<T>(&kit.out, lane);
                    self.project(at.t, line, &sides);
                }
            }
        });
    }

    /// The nearest allowed point; not a number where there is none.
    fn project<T: Number>(&self, t: usize, a: &mut [T], sides: &[f64]) {
        match self.allowed.nearest(&wide(a), sides) {
            Ok(point) => a.iter_mut().zip(point).for_each(|(a, x)| *a = T::of(x)),
            Err(error) => {
                a.fill(T::nan());
                self.trouble.get_or_init(|| self.allowed.named(error, t));
            }
        }
    }

    pub(super) fn act_back<T: Number>(
        &self,
        at: Group<'_, T>,
        z: Lines<'_, T>,
        by: &[T],
        [by_s, by_z]: [&mut [T]; 2],
    ) {
        let width = self.shape.action;
        self.blocks::<T>(at.n, |kit, first, some| {
            self.load(kit, &at, first);
            gather(&mut kit.said, width, (first, at.n), |p| p * z.stride, z.all);
            if self.allowed.is_projected() {
                self.projected_back(kit, (at.level, first, some), by, by_s);
            } else {
                gather(&mut kit.seed, width, (first, at.n), |p| p * width, by);
            }
            kit.run(at.level, self.coded(What::ActBack));
            let rows = self.add_states(kit, (first, some), by_s);
            add::<T>(&kit.out[rows..], (first, some), by_z, |p| p * width);
        });
    }

    /// Through the projection: its derivatives by what was said become seeds, those by the sides go on to states.
    fn projected_back<T: Number>(
        &self,
        kit: &mut Kit<T>,
        (level, first, some): (Level, usize, usize),
        by: &[T],
        by_s: &mut [T],
    ) {
        let width = self.shape.action;
        let Some(polyhedron) = &self.allowed.polyhedron else { return };
        kit.run(level, self.coded(What::Act));
        let raw: Vec<Vec<f64>> = (0..some).map(|lane| lane_of::<T>(&kit.out, lane)).collect();
        kit.run(level, self.coded(What::Sides));
        let sides: Vec<Vec<f64>> = (0..some).map(|lane| lane_of::<T>(&kit.out, lane)).collect();
        let mut by_raw = vec![T::Row::default(); width];
        kit.seed.clear();
        kit.seed.resize(polyhedron.constraints(), T::Row::default());
        for lane in 0..some {
            let Ok(found) = polyhedron.project(&raw[lane], &sides[lane]) else { continue };
            let slopes = polyhedron.back(&found, &wide(&by[(first + lane) * width..][..width]));
            for (row, x) in by_raw.iter_mut().zip(slopes.by_z) {
                row.as_mut()[lane] = T::of(x);
            }
            for (row, x) in kit.seed.iter_mut().zip(slopes.by_sides) {
                row.as_mut()[lane] = T::of(x);
            }
        }
        kit.run(level, self.coded(What::SidesBack));
        self.add_states(kit, (first, some), by_s);
        kit.seed.clear();
        kit.seed.extend(by_raw);
    }

    /// Writes next states and adds costs.
    pub(super) fn step<T: Number>(&self, at: Group<'_, T>, a: &[T], [next, cost]: [&mut [T]; 2]) {
        let (width, states, noise) = (self.shape.action, self.shape.state, self.shape.noise());
        let weight = T::of(self.discounts[at.t]);
        self.blocks::<T>(at.n, |kit, first, some| {
            self.load(kit, &at, first);
            gather(&mut kit.action, width, (first, at.n), |p| p * width, a);
            self.noisy(kit, (first, at.n), at.xi);
            kit.run(at.level, self.coded(What::Step));
            for lane in 0..some {
                let p = first + lane;
                let line = &mut next[p * states..][..states];
                let mut written = kit.out.iter();
                for range in &self.moved {
                    for (to, row) in line[range.clone()].iter_mut().zip(written.by_ref()) {
                        *to = row.as_ref()[lane];
                    }
                }
                if let Some(own) = written.next() {
                    cost[p] += weight * own.as_ref()[lane];
                }
                let xi = &at.xi[p * noise..][..noise];
                self.followed(at.t, &at.s[p * states..][..states], xi, line);
            }
        });
    }

    /// The next values of what follows chance alone.
    fn followed<T: Number>(&self, t: usize, s: &[T], xi: &[T], next: &mut [T]) {
        let last = self.shape.state - 1;
        let row = if self.window().is_some() {
            next[last] = s[last];
            s[last].to_usize().unwrap_or(0) + t + 1
        } else {
            0
        };
        for (k, uniform) in &self.followers {
            if let Next::Follows(follower) = &self.definition.states[*k].next {
                let at = self.states[*k].start;
                next[at] = T::of(follower.next(s[at].wide(), xi[*uniform].wide(), row));
            }
        }
    }

    /// From `seed` for the cost and derivatives by next states.
    pub(super) fn step_back<T: Number>(
        &self,
        at: Group<'_, T>,
        a: &[T],
        (seed, by): (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let (width, states) = (self.shape.action, self.shape.state);
        let seed = seed * T::of(self.discounts[at.t]);
        self.blocks::<T>(at.n, |kit, first, some| {
            self.load(kit, &at, first);
            gather(&mut kit.action, width, (first, at.n), |p| p * width, a);
            self.noisy(kit, (first, at.n), at.xi);
            kit.seed.clear();
            for range in &self.moved {
                for k in range.clone() {
                    let mut row = T::Row::default();
                    for lane in 0..some {
                        row.as_mut()[lane] = by[(first + lane) * states + k];
                    }
                    kit.seed.push(row);
                }
            }
            let mut row = T::Row::default();
            row.as_mut().fill(seed);
            kit.seed.push(row);
            kit.run(at.level, self.coded(What::StepBack));
            let rows = self.add_states(kit, (first, some), by_s);
            add::<T>(&kit.out[rows..], (first, some), by_a, |p| p * width);
        });
    }

    /// The cost of a last state, without its discount.
    pub(super) fn end<T: Number>(&self, s: &[T]) -> T {
        let mut cost = T::zero();
        let at = self.last_group(s);
        self.blocks::<T>(1, |kit, _, _| {
            self.load(kit, &at, 0);
            kit.run(self.level, self.coded(What::End));
            cost = kit.out[0].as_ref()[0];
        });
        cost
    }

    pub(super) fn end_back<T: Number>(&self, s: &[T], seed: T, to: &mut [T]) {
        let at = self.last_group(s);
        self.blocks::<T>(1, |kit, _, _| {
            self.load(kit, &at, 0);
            let mut row = T::Row::default();
            row.as_mut().fill(seed);
            kit.seed.clear();
            kit.seed.push(row);
            kit.run(self.level, self.coded(What::EndBack));
            self.add_states(kit, (0, 1), to);
        });
    }

    fn last_group<'a, T: Number>(&self, s: &'a [T]) -> Group<'a, T> {
        Group { level: self.level, t: self.shape.steps, n: 1, s, xi: &[] }
    }

    /// The right-hand sides of all constraints at a state.
    pub(super) fn sides(&self, at: Group<'_, f64>) -> Vec<f64> {
        let mut sides = Vec::new();
        self.blocks::<f64>(1, |kit, _, _| {
            self.load(kit, &at, 0);
            kit.run(self.level, self.coded(What::Sides));
            sides = lane_of::<f64>(&kit.out, 0);
        });
        sides
    }

    /// How far an action is beyond every constraint, and the size of its right-hand side.
    pub(super) fn excess(&self, at: Group<'_, f64>, a: &[f64]) -> Vec<(f64, f64)> {
        self.allowed.excess(a, &self.sides(at))
    }

    /// What a rule does, brought to the nearest allowed point.
    pub(super) fn follow(&self, rule: usize, at: Group<'_, f64>, a: &mut [f64]) {
        let width = self.shape.action;
        self.blocks::<f64>(1, |kit, _, _| {
            self.load(kit, &at, 0);
            kit.run(self.level, self.coded(What::Rules));
            a.copy_from_slice(&lane_of::<f64>(&kit.out[rule * width..][..width], 0));
        });
        let sides = self.sides(at);
        if self.allowed.excess(a, &sides).iter().any(|(by, _)| *by > 0.0) {
            match self.allowed.nearest(a, &sides) {
                Ok(point) => a.copy_from_slice(&point),
                Err(_) => a.fill(f64::NAN),
            }
        }
    }
}

/// The numbers of a lane.
fn lane_of<T: Number>(rows: &[T::Row], lane: usize) -> Vec<f64> {
    rows.iter().map(|row| row.as_ref()[lane].wide()).collect()
}

/// Adds rows to lines.
#[inline]
fn add<T: Number>(
    rows: &[T::Row],
    (first, some): (usize, usize),
    to: &mut [T],
    line: impl Fn(usize) -> usize,
) {
    for lane in 0..some {
        let own = &mut to[line(first + lane)..][..rows.len()];
        for (to, row) in own.iter_mut().zip(rows) {
            *to += row.as_ref()[lane];
        }
    }
}
