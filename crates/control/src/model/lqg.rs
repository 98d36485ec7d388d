//! Linear dynamics, quadratic costs, normal noise: what control theory solves exactly.
//!
//! ```text
//! x_{t+1} = A x_t + B u_t + w_t,   w ~ N(0, W)         cost Σ_{t<T} (xᵀQx + uᵀRu) + x_TᵀQ_T x_T
//! delayed:   x_{t+1} = A x_t + B u_{t−1} + w_t,  u_{−1} = 0
//! observed:  y_t = C x_t + v_t, v ~ N(0, V), is all that the policy sees;  x₀ ~ N(x̄₀, Σ₀)
//! ```
//! Letters are those of [Ber17]; Q, R and Q_T are symmetric.

use ground::Result;
use ground::array::{Array, transposed};
use ground::linalg::cholesky;
use ground::tape::{Var, join};

use super::{Act, Model, OnTape, Sense, Shape, Step};
use crate::answer::Baseline;
use crate::number::Number;
use crate::reference::Exact;
use crate::reference::riccati::Riccati;
use crate::sparse::Sparse;

/// The matrices of the problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrices {
    /// A. `[n, n]`
    pub a: Array,
    /// B. `[n, m]`
    pub b: Array,
    /// Q. `[n, n]`
    pub q: Array,
    /// R. `[m, m]`
    pub r: Array,
    /// Q_T. `[n, n]`
    pub q_t: Array,
    /// W. `[n, n]`
    pub w: Array,
}

/// What is seen of the state.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// C. `[k, n]`
    pub c: Array,
    /// V. `[k, k]`
    pub v: Array,
}

/// The problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Lqg {
    /// The matrices.
    pub matrices: Matrices,
    /// T.
    pub steps: usize,
    /// x̄₀. `[n]`
    pub start: Vec<f64>,
    /// Σ₀, where x₀ is not known. `[n, n]`
    pub spread: Option<Array>,
    /// Whether an action works one step late.
    pub delayed: bool,
    /// What the policy sees, where that is not x.
    pub observation: Option<Observation>,
    at_work: AtWork,
}

/// The matrices as a step needs them.
#[derive(Clone, Debug, PartialEq)]
struct AtWork {
    a: Sparse,
    b: Sparse,
    q: Sparse,
    r: Sparse,
    q_t: Sparse,
    noise: Sparse,
    spread: Option<Sparse>,
    seen: Option<[Sparse; 2]>,
}

impl Lqg {
    /// The problem of some matrices, everything seen at once, x₀ known.
    pub fn new(matrices: Matrices, steps: usize, start: Vec<f64>) -> Result<Self> {
        let at_work = AtWork {
            a: Sparse::of(&matrices.a),
            b: Sparse::of(&matrices.b),
            q: Sparse::of(&matrices.q),
            r: Sparse::of(&matrices.r),
            q_t: Sparse::of(&matrices.q_t),
            noise: Sparse::of(&cholesky(&matrices.w)?),
            spread: None,
            seen: None,
        };
        let (spread, delayed, observation) = (None, false, None);
        Ok(Self { matrices, steps, start, spread, delayed, observation, at_work })
    }

    /// The same where x₀ ~ N(x̄₀, Σ₀).
    pub fn spread(mut self, spread: Array) -> Result<Self> {
        self.at_work.spread = Some(Sparse::of(&cholesky(&spread)?));
        Ok(Self { spread: Some(spread), ..self })
    }

    /// The same where an action works one step late.
    pub fn delayed(self) -> Self {
        Self { delayed: true, ..self }
    }

    /// The same where only y = C x + v is seen.
    pub fn observed(mut self, observation: Observation) -> Result<Self> {
        let noise = cholesky(&observation.v)?;
        self.at_work.seen = Some([Sparse::of(&observation.c), Sparse::of(&noise)]);
        Ok(Self { observation: Some(observation), ..self })
    }

    /// n and m.
    pub fn sizes(&self) -> [usize; 2] {
        self.at_work.b.shape()
    }

    /// What moves the state in a step: the action, or the last one.
    fn acting<'a, T>(&self, s: &'a [T], a: &'a [T]) -> &'a [T] {
        if self.delayed { &s[self.sizes()[0]..] } else { a }
    }
}

impl Model for Lqg {
    fn shape(&self) -> Shape {
        let [n, m] = self.sizes();
        let observed = self.at_work.seen.as_ref().map(|[c, _]| c.shape()[0]);
        let state = if self.delayed { n + m } else { n };
        Shape {
            steps: self.steps,
            state,
            action: m,
            seen: observed.unwrap_or(state),
            said: m,
            normals: n + observed.unwrap_or(0),
            uniforms: 0,
        }
    }

    fn sense(&self) -> Sense {
        Sense::Minimum
    }

    #[inline(always)]
    fn start<T: Number>(&self, xi: &[T], s: &mut [T]) {
        let n = self.start.len();
        s.fill(T::zero());
        for (s, &x) in s.iter_mut().zip(&self.start) {
            *s = T::of(x);
        }
        if let Some(spread) = &self.at_work.spread {
            spread.add(&xi[..n], &mut s[..n]);
        }
    }

    #[inline(always)]
    fn see<T: Number>(&self, (_, s, xi): (usize, &[T], &[T]), seen: &mut [T]) {
        match &self.at_work.seen {
            None => seen.copy_from_slice(s),
            Some([c, noise]) => {
                let n = self.sizes()[0];
                seen.fill(T::zero());
                c.add(&s[..n], seen);
                noise.add(&xi[n..], seen);
            }
        }
    }

    #[inline(always)]
    fn see_back<T: Number>(&self, _: (usize, &[T]), by: &[T], by_s: &mut [T]) {
        match &self.at_work.seen {
            None => by_s.iter_mut().zip(by).for_each(|(to, &by)| *to += by),
            Some([c, _]) => c.add_transposed(by, &mut by_s[..self.sizes()[0]]),
        }
    }

    #[inline(always)]
    fn act<T: Number>(&self, (_, _, z): (usize, &[T], &[T]), a: &mut [T]) {
        a.copy_from_slice(z);
    }

    #[inline(always)]
    fn act_back<T: Number>(&self, _: Act<'_, T>, by: &[T], [_, by_z]: [&mut [T]; 2]) {
        by_z.iter_mut().zip(by).for_each(|(to, &by)| *to += by);
    }

    #[inline(always)]
    fn step<T: Number>(&self, Step { s, a, xi, .. }: Step<'_, T>, next: &mut [T]) -> T {
        let (n, work) = (self.sizes()[0], &self.at_work);
        next.fill(T::zero());
        let (x, last) = next.split_at_mut(n);
        work.a.add(&s[..n], x);
        work.b.add(self.acting(s, a), x);
        work.noise.add(&xi[..n], x);
        if self.delayed {
            last.copy_from_slice(a);
        }
        work.q.form(&s[..n], &s[..n]) + work.r.form(a, a)
    }

    #[inline(always)]
    fn step_back<T: Number>(
        &self,
        Step { s, a, .. }: Step<'_, T>,
        (seed, by): (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let (n, work) = (self.sizes()[0], &self.at_work);
        let (by_x, by_last) = by.split_at(n);
        work.a.add_transposed(by_x, &mut by_s[..n]);
        if self.delayed {
            work.b.add_transposed(by_x, &mut by_s[n..]);
            by_a.iter_mut().zip(by_last).for_each(|(to, &by)| *to += by);
        } else {
            work.b.add_transposed(by_x, by_a);
        }
        twice(&work.q, seed, &s[..n], &mut by_s[..n]);
        twice(&work.r, seed, a, by_a);
    }

    #[inline(always)]
    fn last<T: Number>(&self, s: &[T]) -> T {
        let x = &s[..self.sizes()[0]];
        self.at_work.q_t.form(x, x)
    }

    #[inline(always)]
    fn last_back<T: Number>(&self, s: &[T], seed: T, to: &mut [T]) {
        let n = self.sizes()[0];
        twice(&self.at_work.q_t, seed, &s[..n], &mut to[..n]);
    }

    fn exact(&self) -> Option<Box<dyn Exact>> {
        Riccati::of(self).ok().map(|exact| Box::new(exact) as Box<dyn Exact>)
    }

    fn baselines(&self) -> Vec<Baseline> {
        Riccati::of(self).map(|exact| exact.baselines(self)).unwrap_or_default()
    }

    fn words(&self) -> [String; 2] {
        ["x; with a delay (x, u before); observed, y = C x + v", "u = z"].map(str::to_owned)
    }

    fn shown(&self) -> Vec<String> {
        ["x₁", "u₁", "|x|", "|u|"].map(str::to_owned).to_vec()
    }

    fn show(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        to.extend([s[0], a[0], norm(&s[..self.sizes()[0]]), norm(a)]);
    }

    fn names(&self) -> [Vec<String>; 2] {
        let [n, m] = self.sizes();
        let of = |name: &str, n: usize| (1..=n).map(|i| format!("{name}{i}")).collect::<Vec<_>>();
        let last = if self.delayed { of("last_u", m) } else { Vec::new() };
        [of("x", n).into_iter().chain(last).collect(), of("u", m)]
    }
}

/// to += 2 seed M x for a symmetric M.
#[inline(always)]
fn twice<T: Number>(m: &Sparse, seed: T, x: &[T], to: &mut [T]) {
    m.add_times(seed + seed, x, to);
}

impl OnTape for Lqg {
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t> {
        let [n, m] = self.sizes();
        let tape = xi.tape();
        let mean = tape.variable(Array::from_shape_fn((1, n), |(_, i)| self.start[i]));
        let x = match &self.spread {
            None => xi.columns(0, n) * 0.0 + mean,
            Some(spread) => through(xi.columns(0, n), &lower(spread)) + mean,
        };
        if self.delayed { join(&[x, through(x, &Array::zeros((m, n)))]) } else { x }
    }

    fn see_on_tape<'t>(&self, _: usize, s: Var<'t>, xi: Var<'t>) -> Var<'t> {
        match &self.observation {
            None => s,
            Some(Observation { c, v }) => {
                let n = self.sizes()[0];
                let noise = xi.columns(n, c.nrows());
                through(s.columns(0, n), c) + through(noise, &lower(v))
            }
        }
    }

    fn act_on_tape<'t>(&self, _: usize, _: Var<'t>, z: Var<'t>) -> Var<'t> {
        z
    }

    fn step_on_tape<'t>(&self, _: usize, [s, u, xi]: [Var<'t>; 3]) -> [Var<'t>; 2] {
        let [n, m] = self.sizes();
        let Matrices { a, b, q, r, w, .. } = &self.matrices;
        let x = s.columns(0, n);
        let acting = if self.delayed { s.columns(n, m) } else { u };
        let noise = through(xi.columns(0, n), &lower(w));
        let next = through(x, a) + through(acting, b) + noise;
        let cost = x.dot(through(x, q)) + u.dot(through(u, r));
        [if self.delayed { join(&[next, u]) } else { next }, cost]
    }

    fn last_on_tape<'t>(&self, s: Var<'t>) -> Var<'t> {
        let x = s.columns(0, self.sizes()[0]);
        x.dot(through(x, &self.matrices.q_t))
    }
}

/// Lines x as lines M x.
fn through<'t>(x: Var<'t>, m: &Array) -> Var<'t> {
    x.matmul(x.tape().variable(transposed(m)))
}

/// L with L Lᵀ = M, which the constructors have found before.
fn lower(m: &Array) -> Array {
    cholesky(m).expect("it was positive when the model was made")
}
