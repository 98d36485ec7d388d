//! One block of paths under way: every step of it, with all memory allocated before.
//!
//! ```text
//! smooth → b, ψ;   network → c;   z = Σ c_k D_k;   f, a = ∂f/∂z, β = ∂f/∂u at clip(Y)
//! ΔB = ΔW + κ a h;   x ← Φ(x, ΔB);   Y ← Y − h f + z·ΔB;   J ← J (1 − h β)
//! ```
//! κ = 0 on plain paths, 1 on paths that follow the function. What is kept of Y is the sum
//! Σ h f − z·ΔB: Y = y₀ less that sum.

use std::sync::Arc;

use ground::formula::{Machine, Sink, Source};
use ground::kernel::lane::{Level, Real, Row};
use ground::kernel::network::Network;
use ground::kernel::span::{self, Points, Span};
use ground::stream::Stream;
use smallvec::SmallVec;

use super::compiled::Compiled;
use super::function::{Function, Kind, Learned, Shape};
use super::grid::Grid;
use crate::pilot::Pilot;

/// What all paths share.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    pub(crate) compiled: Arc<Compiled>,
    /// Of the coefficients of directions.
    pub(crate) network: Network,
    /// Whether the function has them.
    pub(crate) directed: bool,
    /// What all free networks share, where there are any.
    pub(crate) free: Option<Shape<T>>,
    pub(crate) level: Level,
    /// Clip ψ to ±5, or squash it by asinh where paths follow the function.
    pub(crate) asinh: bool,
    m_g: T,
    inverse_s_g: T,
    /// What f sees of Y at most.
    range: [f64; 2],
    zeta: T,
    active: Vec<T>,
    n_active: usize,
    samples: usize,
}

impl<T: Real> Shared<T> {
    pub(crate) fn new(
        compiled: Arc<Compiled>,
        network: Network,
        pilot: &Pilot,
        asinh: bool,
        level: Level,
    ) -> Self {
        Self {
            asinh,
            level,
            directed: true,
            free: None,
            m_g: T::of(pilot.m_g),
            inverse_s_g: T::of(1.0 / pilot.s_g),
            range: pilot.range,
            zeta: T::of(pilot.zeta()),
            active: span::pack(&pilot.active, compiled.dim),
            n_active: pilot.active.len(),
            samples: pilot.samples().len(),
            compiled,
            network,
        }
    }

    fn span<'a>(&'a self, grid: &'a Grid<T>, n: usize) -> Span<'a, T> {
        Span {
            mean: grid.mean(n),
            inverse_sd: grid.inverse_sd[n],
            radial: T::of(1.0 / (self.compiled.dim as f64).sqrt()),
            active: &self.active,
        }
    }
}

/// One block of paths, and the memory of its steps.
#[derive(Debug)]
pub(crate) struct Walk<T: Real> {
    /// X, `[d]`.
    pub(crate) x: Vec<T::Row>,
    /// ΔW, `[d]`.
    pub(crate) dw: Vec<T::Row>,
    /// Z, `[d]`.
    pub(crate) z: Vec<T::Row>,
    /// Inputs of the network, `[in]`.
    pub(crate) psi: Vec<T::Row>,
    /// Its outputs, `[out]`.
    pub(crate) c: Vec<T::Row>,
    /// Its activations.
    pub(crate) cache: Vec<T::Row>,
    /// Inputs, outputs and activations of a free network.
    pub(crate) free: [Vec<T::Row>; 3],
    b: Vec<T::Row>,
    p: Vec<T::Row>,
    a: Vec<T::Row>,
    db: Vec<T::Row>,
    e: Vec<T::Row>,
    next: Vec<T::Row>,
    f: T::Row,
    u: T::Row,
    /// β = ∂f/∂u at the last step; zero where f has no u or clips it.
    pub(crate) beta: T::Row,
    machines: Machines<T>,
}

/// Y on the paths of a block: y₀ less the sums of h f − z·ΔB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    /// y₀.
    pub(crate) start: f64,
    /// The sums, lane by lane.
    pub(crate) sums: &'a [f64],
}

#[derive(Debug)]
struct Machines<T: Real> {
    step: Machine<T>,
    smooth: Machine<T>,
    slope: Machine<T>,
    driver: Option<Machine<T>>,
    terminal: Machine<T>,
}

impl<T: Real> Walk<T> {
    /// Memory for one block.
    pub(crate) fn new(shared: &Shared<T>) -> Self {
        let rows = |n: usize| vec![T::Row::default(); n];
        let (compiled, network) = (&shared.compiled, &shared.network);
        let d = compiled.dim;
        let ends = (network.widths[0], network.widths[network.widths.len() - 1]);
        let free = shared
            .free
            .as_ref()
            .map_or([0; 3], |free| [free.network.widths[0], d, free.network.cache_rows()]);
        Self {
            x: rows(d),
            dw: rows(d),
            z: rows(d),
            psi: rows(ends.0),
            c: rows(ends.1),
            cache: rows(network.cache_rows()),
            free: free.map(rows),
            b: rows(d),
            p: rows(d),
            a: rows(d),
            db: rows(d),
            e: rows(d),
            next: rows(d),
            f: T::Row::default(),
            u: T::Row::default(),
            beta: T::Row::default(),
            machines: Machines {
                step: Machine::new(&compiled.step),
                smooth: Machine::new(&compiled.smooth),
                slope: Machine::new(&compiled.slope),
                driver: compiled.driver.program.as_ref().map(Machine::new),
                terminal: Machine::new(&compiled.terminal),
            },
        }
    }

    /// To x₀; where it has a law, of the stream, to one start for every `group` paths from `path` on.
    pub(crate) fn start(&mut self, grid: &Grid<T>, (stream, path, group): (&Stream, u64, usize)) {
        let Some(law) = &grid.law else {
            self.x.iter_mut().zip(&grid.start).for_each(|(row, &x)| *row = T::Row::splat(x));
            return;
        };
        let own = stream.child("origin");
        let first = path / group as u64;
        for (i, row) in self.x.iter_mut().enumerate() {
            for (k, lanes) in row.as_mut().chunks_mut(group).enumerate() {
                lanes.fill(T::of(law.draw(&own, first + k as u64, i)));
            }
        }
    }

    /// b, and the inputs of the network.
    pub(crate) fn look(&mut self, shared: &Shared<T>, grid: &Grid<T>, n: usize) {
        let (compiled, level) = (&shared.compiled, shared.level);
        let mut value = T::Row::default();
        self.p.fill(T::Row::default());
        for numbers in grid.hoisted(n) {
            let mut sources: SmallVec<[Source<'_, T>; 8]> = SmallVec::new();
            sources.push(Source::Lanes(&self.x));
            let mut left = numbers;
            for &width in &compiled.widths {
                let (one, rest) = left.split_at(width);
                sources.push(Source::Uniform(one));
                left = rest;
            }
            let mut sinks = [Sink::Add(std::slice::from_mut(&mut value)), Sink::Add(&mut self.p)];
            self.machines.smooth.run(level, &compiled.smooth, &sources, &mut sinks);
        }
        let t = std::slice::from_ref(&grid.times[n]);
        let sources = [Source::Uniform(t), Source::Lanes(&self.x), Source::Lanes(&self.p)];
        self.machines.slope.run(level, &compiled.slope, &sources, &mut [Sink::Set(&mut self.b)]);
        self.features(shared, grid, n, value);
    }

    /// ψ from the sum of the smoothed terminal value.
    fn features(&mut self, shared: &Shared<T>, grid: &Grid<T>, n: usize, sum: T::Row) {
        let d = shared.compiled.dim as f64;
        let k = shared.n_active;
        span::features(shared.level, shared.span(grid, n), &self.x, &mut self.psi[1..2 + k]);
        let scale = 1.0 / shared.samples as f64;
        let (m_g, inverse_s_g) = (shared.m_g.wide(), shared.inverse_s_g.wide());
        let smoothed = sum.as_ref().iter();
        for (psi, sum) in self.psi[0].as_mut().iter_mut().zip(smoothed) {
            *psi = T::of((sum.wide() * scale - m_g) * inverse_s_g);
        }
        let spread = 1.0 / (2.0 * d).sqrt();
        for psi in self.psi[1].as_mut() {
            *psi = T::of((psi.wide() - d) * spread);
        }
        if shared.asinh {
            span::asinh::<T>(shared.level, &mut self.psi[..2 + k]);
        } else {
            span::clip::<T>(shared.level, T::of(5.0), &mut self.psi[..2 + k]);
        }
        let [time, left] = grid.clock[n];
        self.psi[2 + k] = T::Row::splat(time);
        self.psi[3 + k] = T::Row::splat(left);
    }

    /// z.
    pub(crate) fn find(
        &mut self,
        shared: &Shared<T>,
        grid: &Grid<T>,
        n: usize,
        function: &Function<'_, T>,
    ) {
        if function.looks() {
            self.look(shared, grid, n);
        }
        match &function.kind {
            Kind::Zero => self.z.fill(T::Row::default()),
            Kind::Smoothed => self.z.copy_from_slice(&self.b),
            Kind::Learned(learned) => self.learned(shared, grid, n, learned),
        }
        if function.by != 1.0 {
            stretch(shared, function.by, &mut self.z);
        }
    }

    fn learned(&mut self, shared: &Shared<T>, grid: &Grid<T>, n: usize, learned: &Learned<'_, T>) {
        match learned.coefficients {
            Some(theta) => self.decide(shared, grid, n, theta),
            None => self.z.fill(T::Row::default()),
        }
        let Some(shape) = &shared.free else { return };
        let interval = shape.interval(grid.times[n]);
        match (learned.first, interval) {
            (Some(first), 0) => {
                self.z.iter_mut().zip(first).for_each(|(row, &z)| *row = T::Row::splat(z));
            }
            (Some(_), k) => self.add_free(shared, grid, n, (shape, &learned.free[k - 1])),
            (None, k) => self.add_free(shared, grid, n, (shape, &learned.free[k])),
        }
    }

    /// c and z with parameters θ of the coefficients.
    fn decide(&mut self, shared: &Shared<T>, grid: &Grid<T>, n: usize, theta: &[T]) {
        let level = shared.level;
        shared.network.forward(level, theta, &self.psi, &mut self.cache, &mut self.c);
        stretch(shared, shared.zeta.wide(), &mut self.c[1..]);
        let points = Points { x: &self.x, b: &self.b };
        span::combine(level, shared.span(grid, n), points, &self.c, &mut self.z);
    }

    /// z more by what a free network says.
    fn add_free(
        &mut self,
        shared: &Shared<T>,
        grid: &Grid<T>,
        n: usize,
        (shape, theta): (&Shape<T>, &[T]),
    ) {
        let [inputs, outputs, cache] = &mut self.free;
        if shape.hat {
            let (mean, scale) = (grid.mean(n), grid.inverse_sd[n]);
            span::standardise::<T>(shared.level, &self.x, (mean, scale), inputs);
        } else {
            inputs.copy_from_slice(&self.x);
        }
        if shape.clocks {
            for (row, &clock) in inputs.iter_mut().rev().zip(grid.clock[n].iter().rev()) {
                *row = T::Row::splat(clock);
            }
        }
        shape.network.forward(shared.level, theta, inputs, cache, outputs);
        span::axpy(shared.level, &self.z, shape.scale, outputs, &mut self.next);
        std::mem::swap(&mut self.z, &mut self.next);
    }

    /// f and ΔB, from z, ΔW and Y. Returns h f − z·ΔB, lane by lane.
    pub(crate) fn drive(
        &mut self,
        shared: &Shared<T>,
        grid: &Grid<T>,
        n: usize,
        (kappa, y): (f64, Value<'_>),
    ) -> T::Row {
        let level = shared.level;
        let driver = &shared.compiled.driver;
        if driver.of_u {
            self.see(y, shared.range);
        }
        if let (Some(program), Some(machine)) = (&driver.program, &mut self.machines.driver) {
            let t = std::slice::from_ref(&grid.times[n]);
            let mut sources: SmallVec<[Source<'_, T>; 4]> = SmallVec::new();
            sources.extend([Source::Uniform(t), Source::Lanes(&self.x)]);
            let mut sinks: SmallVec<[Sink<'_, T>; 3]> = SmallVec::new();
            sinks.push(Sink::Set(std::slice::from_mut(&mut self.f)));
            if driver.of_z {
                sources.push(Source::Lanes(&self.z));
                sinks.push(Sink::Set(&mut self.a));
            }
            if driver.of_u {
                sources.push(Source::Lanes(std::slice::from_ref(&self.u)));
                sinks.push(Sink::Set(std::slice::from_mut(&mut self.beta)));
            }
            machine.run(level, program, &sources, &mut sinks);
        }
        if driver.of_u {
            self.forget_clipped(shared.range);
        }
        if driver.of_z && kappa > 0.0 {
            span::axpy(level, &self.dw, T::of(kappa * grid.h[n]), &self.a, &mut self.db);
        } else {
            self.db.copy_from_slice(&self.dw);
        }
        let h = grid.h[n];
        let mut change = span::dot::<T>(level, &self.z, &self.db);
        for (change, f) in change.as_mut().iter_mut().zip(self.f.as_ref()) {
            *change = T::of(h * f.wide() - change.wide());
        }
        change
    }

    /// clip(Y), as f sees it.
    fn see(&mut self, y: Value<'_>, [low, high]: [f64; 2]) {
        for (u, sum) in self.u.as_mut().iter_mut().zip(y.sums) {
            *u = T::of((y.start - sum).clamp(low, high));
        }
    }

    /// f does not depend on what is beyond its range.
    fn forget_clipped(&mut self, [low, high]: [f64; 2]) {
        let (low, high) = (T::of(low), T::of(high));
        for (beta, u) in self.beta.as_mut().iter_mut().zip(self.u.as_ref()) {
            if *u <= low || *u >= high {
                *beta = T::default();
            }
        }
    }

    /// Lanes, of the first so many, whose Y the driver did not see as it is.
    pub(crate) fn clipped(&self, shared: &Shared<T>, lanes: usize) -> usize {
        if !shared.compiled.driver.of_u {
            return 0;
        }
        let [low, high] = shared.range.map(T::of);
        self.u.as_ref()[..lanes].iter().filter(|u| **u <= low || **u >= high).count()
    }

    /// a·ΔB and |a|², lane by lane, after [`Walk::drive`].
    pub(crate) fn tilt(&self, shared: &Shared<T>) -> [T::Row; 2] {
        let level = shared.level;
        [span::dot::<T>(level, &self.a, &self.db), span::dot::<T>(level, &self.a, &self.a)]
    }

    /// ∂Y/∂z = ΔW − h(1 − κ) a, with the law of the paths held fixed; `h` is h(1 − κ).
    pub(crate) fn towards(&self, shared: &Shared<T>, h: f64, out: &mut [T::Row]) {
        if shared.compiled.driver.of_z {
            span::axpy(shared.level, &self.dw, T::of(-h), &self.a, out);
        } else {
            out.copy_from_slice(&self.dw);
        }
    }

    /// ∂y/∂c_k = D_k·(h(1 − κ) a − ΔW) into the first `out`, and the same by the outputs of a free
    /// network into the second.
    pub(crate) fn sensitivity(
        &mut self,
        shared: &Shared<T>,
        grid: &Grid<T>,
        (n, kappa): (usize, f64),
        [by_c, by_free]: [&mut [T::Row]; 2],
    ) {
        let mut e = std::mem::take(&mut self.e);
        self.towards(shared, grid.h[n] * (1.0 - kappa), &mut e);
        self.e = e;
        if !by_c.is_empty() {
            let points = Points { x: &self.x, b: &self.b };
            span::project(shared.level, shared.span(grid, n), points, &self.e, by_c);
            stretch(shared, -1.0, &mut by_c[..1]);
            stretch(shared, -shared.zeta.wide(), &mut by_c[1..]);
        }
        if let (Some(shape), false) = (&shared.free, by_free.is_empty()) {
            by_free.copy_from_slice(&self.e);
            stretch(shared, -shape.scale.wide(), by_free);
        }
    }

    /// One step of x by ΔB.
    pub(crate) fn advance(&mut self, shared: &Shared<T>, grid: &Grid<T>, n: usize) {
        let [x, db, mut next] = [&mut self.x, &mut self.db, &mut self.next].map(std::mem::take);
        self.pass((shared, grid, n), [&x, &db], &mut next);
        (self.x, self.db, self.next) = (next, db, x);
    }

    /// One step from x by ΔB into `next`; X stays where it is.
    pub(crate) fn pass(
        &mut self,
        (shared, grid, n): (&Shared<T>, &Grid<T>, usize),
        [x, db]: [&[T::Row]; 2],
        next: &mut [T::Row],
    ) {
        let h = T::of(grid.h[n]);
        let sources = [
            Source::Uniform(std::slice::from_ref(&grid.times[n])),
            Source::Uniform(std::slice::from_ref(&h)),
            Source::Lanes(x),
            Source::Lanes(db),
        ];
        let step = &shared.compiled.step;
        self.machines.step.run(shared.level, step, &sources, &mut [Sink::Set(next)]);
    }

    /// One step of x by ΔW, without a function.
    pub(crate) fn drift_along(&mut self, shared: &Shared<T>, grid: &Grid<T>, n: usize) {
        self.db.copy_from_slice(&self.dw);
        self.advance(shared, grid, n);
    }

    /// g(x).
    pub(crate) fn terminal(&mut self, shared: &Shared<T>) -> T::Row {
        let mut g = T::Row::default();
        self.machines.terminal.run(
            shared.level,
            &shared.compiled.terminal,
            &[Source::Lanes(&self.x)],
            &mut [Sink::Set(std::slice::from_mut(&mut g))],
        );
        g
    }

    /// b.
    pub(crate) fn slope(&self) -> &[T::Row] {
        &self.b
    }
}

/// Every number times a factor.
fn stretch<T: Real>(shared: &Shared<T>, by: f64, rows: &mut [T::Row]) {
    span::scale::<T>(shared.level, &T::Row::splat(T::of(by)), rows);
}
