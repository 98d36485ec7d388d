//! Some paths of a batch: everything that their way back needs.
//!
//! States, actions and random numbers stand path by path, `[n, …]`; what goes through networks in lines of
//! whole rows.

use ground::kernel::dense::rows;
use ground::kernel::dense::trained::Weights;
use ground::kernel::dense::trained::values::Pass;
use ground::kernel::lane::{Real, flat, flat_mut};
use ground::kernel::network::Activation;
use ground::kernel::normal::normals;
use ground::stream::Stream;

use super::{Nets, SLICE};
use crate::model::{Group, Lines, LinesMut, Model};
use crate::number::Number;

/// The working memory of some paths.
#[derive(Debug)]
pub(crate) struct Slice<T: Number> {
    n: usize,
    /// ξ_t, t ≤ T. `[n, noise]` each
    xi: Vec<Vec<T>>,
    /// s_t, t ≤ T. `[n, state]` each
    s: Vec<Vec<T>>,
    /// a_t, t < T. `[n, action]` each
    a: Vec<Vec<T>>,
    /// What a step's networks went through, part by part.
    passes: Vec<Vec<Pass<T>>>,
    /// (z, h) of every step, squashed; on the way back its derivatives. `[n, rows(n_out)]`
    said: Vec<Vec<T::Row>>,
    cost: Vec<T>,
    back: Back<T>,
    normal: Vec<T::Row>,
    /// The gradient by the weights, block by block.
    pub(super) gradient: Vec<Vec<T::Row>>,
    room: Vec<T::Row>,
    /// The gradient of one network, where it serves several steps.
    once: Vec<T::Row>,
}

/// Memory of the way back.
#[derive(Debug)]
struct Back<T: Number> {
    /// By the state of the step, and of the one after it. `[n, state]`
    by_s: [Vec<T>; 2],
    by_a: Vec<T>,
    by_z: Vec<T>,
    /// By what was said. `[n, rows(n_out)]`
    seeds: Vec<T::Row>,
    /// By what went in, of a part and of all. `[n, rows(n_in)]`
    by_input: [Vec<T::Row>; 2],
}

/// A path that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'a> {
    slice: &'a Slice<f64>,
    p: usize,
    /// Numbers of ξ, of a state, of an action, and of what is said.
    sizes: [usize; 4],
}

impl<'a> Path<'a> {
    /// Steps.
    pub(crate) fn steps(&self) -> usize {
        self.slice.a.len()
    }

    /// s_t, t ≤ T.
    pub(crate) fn state(&self, t: usize) -> &'a [f64] {
        &self.slice.s[t][self.p * self.sizes[1]..][..self.sizes[1]]
    }

    /// a_t.
    pub(crate) fn action(&self, t: usize) -> &'a [f64] {
        &self.slice.a[t][self.p * self.sizes[2]..][..self.sizes[2]]
    }

    /// What the policy said, z, after [`Model::squash`].
    pub(crate) fn said(&self, t: usize) -> &'a [f64] {
        let said = flat::<f64>(&self.slice.said[t]);
        let stride = said.len() / self.slice.n.max(1);
        &said[self.p * stride..][..self.sizes[3]]
    }

    /// ξ_t, t ≤ T.
    pub(crate) fn noise(&self, t: usize) -> &'a [f64] {
        &self.slice.xi[t][self.p * self.sizes[0]..][..self.sizes[0]]
    }

    /// The cost of the whole path.
    pub(crate) fn cost(&self) -> f64 {
        self.slice.cost[self.p]
    }
}

impl<T: Number> Slice<T> {
    pub(super) fn new(nets: &Nets) -> Self {
        let steps = nets.shape.steps;
        let some = |n: usize| vec![Vec::new(); n];
        let passes = || nets.parts.iter().map(|_| Pass::default()).collect();
        Self {
            n: 0,
            xi: some(steps + 1),
            s: some(steps + 1),
            a: some(steps),
            passes: (0..steps).map(|_| passes()).collect(),
            said: vec![Vec::new(); steps],
            cost: Vec::new(),
            back: Back {
                by_s: [Vec::new(), Vec::new()],
                by_a: Vec::new(),
                by_z: Vec::new(),
                seeds: Vec::new(),
                by_input: [Vec::new(), Vec::new()],
            },
            normal: Vec::new(),
            gradient: Vec::new(),
            room: Vec::new(),
            once: Vec::new(),
        }
    }

    /// Room for n paths.
    pub(super) fn prepare(&mut self, nets: &Nets, n: usize) {
        if self.n == n {
            return;
        }
        self.n = n;
        let (shape, policy) = (nets.shape, &nets.policy);
        let fill = |all: &mut [Vec<T>], width: usize| {
            for one in all {
                one.resize(n * width, T::zero());
            }
        };
        fill(&mut self.xi, shape.noise());
        fill(&mut self.s, shape.state);
        fill(&mut self.a, shape.action);
        fill(&mut self.back.by_s, shape.state);
        fill(std::slice::from_mut(&mut self.back.by_a), shape.action);
        fill(std::slice::from_mut(&mut self.back.by_z), shape.said);
        self.cost.resize(n, T::zero());
        let lines = |to: &mut Vec<T::Row>, width: usize| {
            to.resize(n * rows::<T>(width), T::Row::default());
        };
        self.said.iter_mut().for_each(|said| lines(said, policy.n_out()));
        lines(&mut self.back.seeds, policy.n_out());
        self.back.by_input.iter_mut().for_each(|to| lines(to, policy.n_in()));
        for passes in &mut self.passes {
            for (pass, (_, network)) in passes.iter_mut().zip(&nets.parts) {
                pass.prepare(network, n);
            }
        }
    }

    /// Paths.
    pub(super) fn n(&self) -> usize {
        self.n
    }

    /// The cost of each path.
    pub(super) fn costs(&self) -> impl Iterator<Item = f64> + '_ {
        self.cost.iter().map(|cost| cost.wide())
    }

    /// Random numbers of the paths from `first` on.
    pub(super) fn draw(&mut self, nets: &Nets, stream: &Stream, first: u64) {
        let (shape, width) = (nets.shape, nets.shape.noise());
        let uniform = stream.child("uniform");
        let of_uniforms = shape.uniforms.div_ceil(4);
        self.normal.resize(shape.normals, T::Row::default());
        for (t, xi) in self.xi.iter_mut().enumerate() {
            let step = u32::try_from(t).expect("steps are counted in 32 bits");
            for (block, lines) in xi.chunks_mut(T::LANES * width.max(1)).enumerate() {
                let path = first + (block * T::LANES) as u64;
                if shape.normals > 0 {
                    normals(nets.level, stream, path, step, T::one(), &mut self.normal);
                }
                for (lane, line) in lines.chunks_exact_mut(width.max(1)).enumerate() {
                    for (to, row) in line.iter_mut().zip(&self.normal) {
                        *to = row.as_ref()[lane];
                    }
                    for group in 0..of_uniforms {
                        let words = uniform.words(path + lane as u64, step, group);
                        let own = line[shape.normals..].iter_mut().skip(4 * group);
                        for (to, word) in own.zip(words) {
                            *to = T::of((f64::from(word) + 0.5) / 4_294_967_296.0);
                        }
                    }
                }
            }
        }
    }

    /// All steps of all paths.
    pub(super) fn forward<'t, M: Model>(
        &mut self,
        nets: &Nets,
        model: &M,
        theta: impl Fn(usize) -> &'t [T::Row],
    ) {
        let (shape, n) = (nets.shape, self.n);
        for p in 0..n {
            let xi = &self.xi[0][p * shape.noise()..][..shape.noise()];
            model.start(xi, &mut self.s[0][p * shape.state..][..shape.state]);
        }
        self.cost.fill(T::zero());
        for t in 0..shape.steps {
            self.say(nets, (model, t), &theta);
            ground::dispatch!(nets.level, _ => self.step(nets, model, t));
        }
        for (p, cost) in self.cost.iter_mut().enumerate() {
            *cost += model.last(&self.s[shape.steps][p * shape.state..][..shape.state]);
        }
    }

    /// What the networks of a step say.
    fn say<'t, M: Model>(
        &mut self,
        nets: &Nets,
        (model, t): (&M, usize),
        theta: &impl Fn(usize) -> &'t [T::Row],
    ) {
        let (shape, policy) = (nets.shape, &nets.policy);
        let (line_in, line_out) = (rows::<T>(policy.n_in()), rows::<T>(policy.n_out()));
        let (earlier, now) = self.said.split_at_mut(t);
        let said = &mut now[0];
        let passes = &mut self.passes[t];
        let at = Group { level: nets.level, t, n: self.n, s: &self.s[t], xi: &self.xi[t] };
        let inputs = flat_mut::<T>(passes[0].inputs());
        let stride = inputs.len() / self.n.max(1);
        model.see_group(at, &mut LinesMut { all: inputs, stride });
        for (p, line) in passes[0].inputs().chunks_exact_mut(line_in).enumerate() {
            let line = flat_mut::<T>(line);
            let memory = &mut line[shape.seen..][..policy.memory];
            match earlier.last() {
                Some(before) => {
                    let before = flat::<T>(&before[p * line_out..][..line_out]);
                    memory.copy_from_slice(&before[shape.said..][..policy.memory]);
                }
                None => memory.fill(T::zero()),
            }
            if policy.is_timed() {
                line[shape.seen + policy.memory] = T::of(policy.time(t));
            }
        }
        let (first, others) = passes.split_at_mut(1);
        first[0].forward(nets.level, &nets.parts[0].1, theta(policy.block(nets.parts[0].0, t)));
        said.copy_from_slice(first[0].outputs());
        for (pass, (part, network)) in others.iter_mut().zip(&nets.parts[1..]) {
            pass.inputs().copy_from_slice(first[0].inputs());
            pass.forward(nets.level, network, theta(policy.block(*part, t)));
            for (to, from) in flat_mut::<T>(said).iter_mut().zip(flat::<T>(pass.outputs())) {
                *to += *from;
            }
        }
        squash::<T>(nets, model.squash(), said);
    }

    /// What is done and what comes of it.
    #[inline(always)]
    fn step<M: Model>(&mut self, nets: &Nets, model: &M, t: usize) {
        let stride = rows::<T>(nets.policy.n_out()) * T::LANES;
        let (before, after) = self.s.split_at_mut(t + 1);
        let at = Group { level: nets.level, t, n: self.n, s: &before[t], xi: &self.xi[t + 1] };
        let z = Lines { all: flat::<T>(&self.said[t]), stride };
        model.go_group(at, z, [&mut self.a[t], &mut after[0], &mut self.cost]);
    }

    /// The action at one state, for a slice of one path.
    pub(super) fn at<'t, M: Model>(
        &mut self,
        nets: &Nets,
        (model, t): (&M, usize),
        s: &[f64],
        theta: impl Fn(usize) -> &'t [T::Row],
    ) -> Vec<f64> {
        for (to, from) in self.s[t].iter_mut().zip(s) {
            *to = T::of(*from);
        }
        self.xi[t].fill(T::zero());
        self.said.iter_mut().for_each(|said| said.fill(T::Row::default()));
        self.say(nets, (model, t), &theta);
        let z = &flat::<T>(&self.said[t])[..nets.shape.said];
        model.act((t, &self.s[t], z), &mut self.a[t]);
        crate::number::wide(&self.a[t])
    }

    /// From the cost of every path, each times `seed`, back to the gradient by the weights. The products of a
    /// step are made while its lines are near.
    pub(super) fn back<'t, M: Model>(
        &mut self,
        nets: &Nets,
        model: &M,
        weights: impl Fn(usize) -> Weights<'t, T::Row>,
        seed: T,
    ) {
        self.prepare_gradient(nets);
        self.way_back((nets, model), weights, seed, |slice, t| slice.products(nets, t));
    }

    /// The same way without the products: `each` sees the slice after every step, the last step first.
    fn way_back<'t, M: Model>(
        &mut self,
        (nets, model): (&Nets, &M),
        weights: impl Fn(usize) -> Weights<'t, T::Row>,
        seed: T,
        mut each: impl FnMut(&mut Self, usize),
    ) {
        let (shape, policy) = (nets.shape, &nets.policy);
        let line_in = rows::<T>(policy.n_in());
        self.back.by_s[1].fill(T::zero());
        for p in 0..self.n {
            let range = p * shape.state..(p + 1) * shape.state;
            let to = &mut self.back.by_s[1][range.clone()];
            model.last_back(&self.s[shape.steps][range], seed, to);
        }
        self.back.by_input[1].fill(T::Row::default());
        for t in (0..shape.steps).rev() {
            ground::dispatch!(nets.level, _ => self.step_back(nets, model, (t, seed)));
            let Back { by_s, seeds, by_input: [own, all], .. } = &mut self.back;
            for (k, (part, network)) in nets.parts.iter().enumerate() {
                let weights = weights(policy.block(*part, t));
                let to = (t > 0).then_some(if k == 0 { &mut all[..] } else { &mut own[..] });
                self.passes[t][k].back(nets.level, (network, weights), seeds, to);
                if k > 0 && t > 0 {
                    for (to, from) in flat_mut::<T>(all).iter_mut().zip(flat::<T>(own)) {
                        *to += *from;
                    }
                }
            }
            if t > 0 {
                let at = Group { level: nets.level, t, n: self.n, s: &self.s[t], xi: &self.xi[t] };
                let stride = line_in * T::LANES;
                model.see_group_back(at, Lines { all: flat::<T>(all), stride }, &mut by_s[0]);
            }
            by_s.swap(0, 1);
            each(self, t);
        }
    }

    fn prepare_gradient(&mut self, nets: &Nets) {
        let blocks = nets.policy.own_steps().len() * nets.parts.len();
        self.gradient.resize_with(blocks, Vec::new);
        for (k, gradient) in self.gradient.iter_mut().enumerate() {
            let rows = nets.parts[k % nets.parts.len()].1.rows::<T>();
            if nets.policy.shared {
                gradient.clear();
            }
            gradient.resize(rows, T::Row::default());
        }
    }

    /// The gradient by the weights of a step.
    fn products(&mut self, nets: &Nets, t: usize) {
        for (k, (part, network)) in nets.parts.iter().enumerate() {
            let to = &mut self.gradient[nets.policy.block(*part, t)];
            let own = if nets.policy.shared {
                self.once.resize(to.len(), T::Row::default());
                &mut self.once
            } else {
                &mut *to
            };
            for layer in 0..network.shapes.len() {
                let parts = [self.passes[t][k].part(layer)];
                network.gradient::<T>(nets.level, (layer, &parts), &mut self.room, own);
            }
            if nets.policy.shared {
                for (to, from) in flat_mut::<T>(to).iter_mut().zip(flat::<T>(&self.once)) {
                    *to += *from;
                }
            }
        }
    }

    /// Through the step and the action, to what was said.
    #[inline(always)]
    fn step_back<M: Model>(&mut self, nets: &Nets, model: &M, (t, seed): (usize, T)) {
        let (shape, policy) = (nets.shape, &nets.policy);
        let (line_in, line_out) = (rows::<T>(policy.n_in()), rows::<T>(policy.n_out()));
        let last = t + 1 == shape.steps;
        let Back { by_s: [by_s, by_next], by_a, by_z, seeds, by_input } = &mut self.back;
        by_s.fill(T::zero());
        by_a.fill(T::zero());
        by_z.fill(T::zero());
        let z = Lines { all: flat::<T>(&self.said[t]), stride: line_out * T::LANES };
        let at = Group { level: nets.level, t, n: self.n, s: &self.s[t], xi: &self.xi[t + 1] };
        model.go_group_back(at, (z, &self.a[t]), (seed, by_next), [by_s, by_a, &mut *by_z]);
        for p in 0..self.n {
            let line = flat_mut::<T>(&mut seeds[p * line_out..][..line_out]);
            line[..shape.said].copy_from_slice(&by_z[p * shape.said..][..shape.said]);
            // The memory that was left is what went in at the next step.
            let memory = &mut line[shape.said..][..policy.memory];
            if last {
                memory.fill(T::zero());
            } else {
                let next = flat::<T>(&by_input[1][p * line_in..][..line_in]);
                memory.copy_from_slice(&next[shape.seen..][..policy.memory]);
            }
            line[policy.n_out()..].fill(T::zero());
        }
        if model.squash() != Activation::Identity {
            unsquash::<T>(nets, model.squash(), &self.said[t], seeds);
        }
    }
}

impl Slice<f64> {
    /// The derivative by s_t of what is paid from t on, 1 ≤ t < T; at 0 it is empty. `[n, state]` each
    pub(super) fn costates<'t, M: Model>(
        &mut self,
        nets: &Nets,
        model: &M,
        weights: impl Fn(usize) -> Weights<'t, <f64 as Real>::Row>,
    ) -> Vec<Vec<f64>> {
        let mut all = vec![Vec::new(); nets.shape.steps];
        self.way_back((nets, model), weights, 1.0, |slice, t| {
            // At the first step nobody needs what went into the networks, so that it is not known.
            if t > 0 {
                all[t].clone_from(&slice.back.by_s[1]);
            }
        });
        all
    }

    /// A path.
    pub(super) fn path<M: Model>(&self, model: &M, p: usize) -> Path<'_> {
        let shape = model.shape();
        debug_assert!(p < SLICE, "paths of a slice");
        Path { slice: self, p, sizes: [shape.noise(), shape.state, shape.action, shape.said] }
    }
}

/// The activation of everything that is said, but not of the memory.
fn squash<T: Number>(nets: &Nets, activation: Activation, said: &mut [T::Row]) {
    if activation == Activation::Identity {
        return;
    }
    let line = rows::<T>(nets.policy.n_out());
    let memory = memory_of::<T>(nets, said, line);
    T::activate(nets.level, activation, said);
    restore::<T>(nets, said, line, &memory);
}

/// The derivatives by what was said, from those by what the model saw of it.
fn unsquash<T: Number>(nets: &Nets, activation: Activation, said: &[T::Row], seeds: &mut [T::Row]) {
    let line = rows::<T>(nets.policy.n_out());
    let memory = memory_of::<T>(nets, seeds, line);
    T::derive(nets.level, activation, said, seeds);
    restore::<T>(nets, seeds, line, &memory);
}

/// The memories in some lines.
fn memory_of<T: Number>(nets: &Nets, lines: &[T::Row], line: usize) -> Vec<T> {
    let (from, n) = (nets.policy.said, nets.policy.memory);
    if n == 0 {
        return Vec::new();
    }
    lines.chunks_exact(line).flat_map(|one| flat::<T>(one)[from..from + n].to_vec()).collect()
}

fn restore<T: Number>(nets: &Nets, lines: &mut [T::Row], line: usize, memory: &[T]) {
    let (from, n) = (nets.policy.said, nets.policy.memory);
    if n == 0 {
        return;
    }
    for (one, kept) in lines.chunks_exact_mut(line).zip(memory.chunks_exact(n)) {
        flat_mut::<T>(one)[from..from + n].copy_from_slice(kept);
    }
}
