//! Selling a portfolio over time, at prices that the sales move and information helps to foresee. [BHL99]
//!
//! ```text
//! y remaining, u sold (dollars), x information, all seen before acting
//! cost_t  = 1ᵀu + uᵀA u + uᵀB x
//! y_{t+1} = e^{Z_{t+1}} ∘ (y_t − u_t),   Z ~ N(−½ diag Σ_z, Σ_z)
//! x_{t+1} = C x_t + η_{t+1},             η ~ N(0, Σ_x);      u_{T−1} = y_{T−1}
//! ```
//! u may be negative: buying is allowed.

use ground::Result;
use ground::array::{Array, transposed};
use ground::linalg::cholesky;
use ground::tape::{Var, join};

use super::{Act, Beyond, Model, OnTape, Sense, Shape, Step};
use crate::answer::Baseline;
use crate::number::Number;
use crate::reference::Exact;
use crate::reference::selling::Selling;
use crate::sparse::Sparse;

/// The problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// A, impact. `[n, n]`, symmetric
    pub a: Array,
    /// B, how information moves prices. `[n, m]`
    pub b: Array,
    /// C, how information lasts. `[m, m]`
    pub c: Array,
    /// Σ_x. `[m, m]`
    pub sigma_x: Array,
    /// Σ_z. `[n, n]`
    pub sigma_z: Array,
    /// y₀. `[n]`
    pub start: Vec<f64>,
    /// T.
    pub steps: usize,
    at_work: AtWork,
}

/// The matrices as a step needs them.
#[derive(Clone, Debug, PartialEq)]
struct AtWork {
    a: Sparse,
    b: Sparse,
    c: Sparse,
    root_x: Sparse,
    root_z: Sparse,
    /// −½ diag Σ_z.
    drift: Vec<f64>,
}

/// The matrices A, B, C, Σ_x, Σ_z.
pub type Matrices = [Array; 5];

impl Execution {
    /// The problem of some matrices.
    pub fn new(
        [a, b, c, sigma_x, sigma_z]: Matrices,
        steps: usize,
        start: Vec<f64>,
    ) -> Result<Self> {
        let at_work = AtWork {
            a: Sparse::of(&a),
            b: Sparse::of(&b),
            c: Sparse::of(&c),
            root_x: Sparse::of(&cholesky(&sigma_x)?),
            root_z: Sparse::of(&cholesky(&sigma_z)?),
            drift: sigma_z.diag().iter().map(|s| -0.5 * s).collect(),
        };
        Ok(Self { a, b, c, sigma_x, sigma_z, start, steps, at_work })
    }

    /// n and m.
    pub fn sizes(&self) -> [usize; 2] {
        self.at_work.b.shape()
    }

    /// What an equal slice of y₀ is: a unit for what is said.
    fn slice(&self, i: usize) -> f64 {
        self.start[i] / self.steps as f64
    }

    /// The unit of what is seen of y: a tenth of y₀.
    fn unit(&self, i: usize) -> f64 {
        10.0 / self.start[i]
    }

    /// e^Z, share by share.
    #[inline(always)]
    fn growth<T: Number>(&self, i: usize, xi: &[T]) -> T {
        (T::of(self.at_work.drift[i]) + self.at_work.root_z.times(i, xi)).exp()
    }

    fn is_last(&self, t: usize) -> bool {
        t + 1 == self.steps
    }
}

impl Model for Execution {
    fn shape(&self) -> Shape {
        let [n, m] = self.sizes();
        Shape {
            steps: self.steps,
            state: n + m,
            action: n,
            seen: n + m,
            said: n,
            normals: n + m,
            uniforms: 0,
        }
    }

    fn sense(&self) -> Sense {
        Sense::Minimum
    }

    fn bias(&self) -> Vec<f64> {
        vec![1.0; self.sizes()[0]]
    }

    #[inline(always)]
    fn start<T: Number>(&self, _: &[T], s: &mut [T]) {
        s.fill(T::zero());
        for (s, &y) in s.iter_mut().zip(&self.start) {
            *s = T::of(y);
        }
    }

    #[inline(always)]
    fn see<T: Number>(&self, (t, s, _): (usize, &[T], &[T]), seen: &mut [T]) {
        let n = self.start.len();
        let left = T::of(10.0 * (1.0 - t as f64 / self.steps as f64));
        for i in 0..n {
            seen[i] = T::of(self.unit(i)) * s[i] - left;
        }
        seen[n..].copy_from_slice(&s[n..]);
    }

    #[inline(always)]
    fn see_back<T: Number>(&self, _: (usize, &[T]), by: &[T], by_s: &mut [T]) {
        let n = self.start.len();
        for i in 0..n {
            by_s[i] += T::of(self.unit(i)) * by[i];
        }
        by_s[n..].iter_mut().zip(&by[n..]).for_each(|(to, &by)| *to += by);
    }

    #[inline(always)]
    fn act<T: Number>(&self, (t, s, z): (usize, &[T], &[T]), a: &mut [T]) {
        for (i, a) in a.iter_mut().enumerate() {
            *a = if self.is_last(t) { s[i] } else { T::of(self.slice(i)) * z[i] };
        }
    }

    #[inline(always)]
    fn act_back<T: Number>(&self, at: Act<'_, T>, by: &[T], [by_s, by_z]: [&mut [T]; 2]) {
        for (i, &by) in by.iter().enumerate() {
            if self.is_last(at.t) {
                by_s[i] += by;
            } else {
                by_z[i] += T::of(self.slice(i)) * by;
            }
        }
    }

    #[inline(always)]
    fn step<T: Number>(&self, Step { s, a, xi, .. }: Step<'_, T>, next: &mut [T]) -> T {
        let (n, work) = (self.start.len(), &self.at_work);
        let (y, x) = next.split_at_mut(n);
        for (i, y) in y.iter_mut().enumerate() {
            *y = self.growth(i, &xi[..n]) * (s[i] - a[i]);
        }
        x.fill(T::zero());
        work.c.add(&s[n..], x);
        work.root_x.add(&xi[n..], x);
        a.iter().copied().sum::<T>() + work.a.form(a, a) + work.b.form(a, &s[n..])
    }

    #[inline(always)]
    fn step_back<T: Number>(
        &self,
        Step { s, a, xi, .. }: Step<'_, T>,
        (seed, by): (T, &[T]),
        [by_s, by_a]: [&mut [T]; 2],
    ) {
        let (n, work) = (self.start.len(), &self.at_work);
        for i in 0..n {
            let through = self.growth(i, &xi[..n]) * by[i];
            by_s[i] += through;
            let slope =
                T::one() + work.a.times(i, a) + work.a.times(i, a) + work.b.times(i, &s[n..]);
            by_a[i] += seed * slope - through;
        }
        work.c.add_transposed(&by[n..], &mut by_s[n..]);
        for (i, &u) in a.iter().enumerate() {
            work.b.add_row(i, seed * u, &mut by_s[n..]);
        }
    }

    fn beyond(&self, (t, s, a): (usize, &[f64], &[f64]), to: &mut Vec<Beyond>) {
        // One constraint: everything is sold at the end.
        let worst = |i: usize| Beyond::differs(a[i], s[i]);
        let all = (0..a.len()).filter(|_| self.is_last(t)).map(worst);
        let start = self.start.iter().copied().fold(0.0, f64::max);
        to.push(all.fold(Beyond { by: 0.0, scale: start }, |x, y| if y.by > x.by { y } else { x }));
    }

    fn exact(&self) -> Option<Box<dyn Exact>> {
        Selling::of(self).ok().map(|exact| Box::new(exact) as Box<dyn Exact>)
    }

    fn baselines(&self) -> Vec<Baseline> {
        Selling::of(self).map(|exact| exact.baselines(self)).unwrap_or_default()
    }

    fn words(&self) -> [String; 2] {
        [
            "10 (y/y₀ − (1 − t/T)) of every stock, then x",
            "u = z y₀/T; at the last step all that is left",
        ]
        .map(str::to_owned)
    }

    fn shown(&self) -> Vec<String> {
        ["left (share of y₀)", "sold (share of y₀)", "x₁"].map(str::to_owned).to_vec()
    }

    fn show(&self, (_, s, a): (usize, &[f64], &[f64]), to: &mut Vec<f64>) {
        let n = self.start.len();
        let all: f64 = self.start.iter().sum();
        let sum = |v: &[f64]| v.iter().sum::<f64>() / all;
        to.extend([sum(&s[..n]), sum(a), s[n]]);
    }

    fn names(&self) -> [Vec<String>; 2] {
        let [n, m] = self.sizes();
        let of = |name: &str, n: usize| (1..=n).map(|i| format!("{name}{i}")).collect::<Vec<_>>();
        [of("y", n).into_iter().chain(of("x", m)).collect(), of("u", n)]
    }
}

impl OnTape for Execution {
    fn start_on_tape<'t>(&self, xi: Var<'t>) -> Var<'t> {
        let [n, m] = self.sizes();
        let start = |(_, i): (usize, usize)| self.start.get(i).copied().unwrap_or(0.0);
        xi.columns(0, n + m) * 0.0 + xi.tape().variable(Array::from_shape_fn((1, n + m), start))
    }

    fn see_on_tape<'t>(&self, t: usize, s: Var<'t>, _: Var<'t>) -> Var<'t> {
        let [n, m] = self.sizes();
        let unit = s.tape().variable(Array::from_shape_fn((1, n), |(_, i)| self.unit(i)));
        let y = s.columns(0, n) * unit - 10.0 * (1.0 - t as f64 / self.steps as f64);
        join(&[y, s.columns(n, m)])
    }

    fn act_on_tape<'t>(&self, t: usize, s: Var<'t>, z: Var<'t>) -> Var<'t> {
        let n = self.sizes()[0];
        if self.is_last(t) {
            return s.columns(0, n) + z * 0.0;
        }
        z * z.tape().variable(Array::from_shape_fn((1, n), |(_, i)| self.slice(i)))
    }

    fn step_on_tape<'t>(&self, _: usize, [s, u, xi]: [Var<'t>; 3]) -> [Var<'t>; 2] {
        let [n, m] = self.sizes();
        let fixed = |m: &Array| s.tape().variable(transposed(m));
        let root = |m: &Array| fixed(&cholesky(m).expect("it was positive before"));
        let (y, x) = (s.columns(0, n), s.columns(n, m));
        let drift = Array::from_shape_fn((1, n), |(_, i)| -0.5 * self.sigma_z[[i, i]]);
        let z = xi.columns(0, n).matmul(root(&self.sigma_z)) + s.tape().variable(drift);
        let next = z.exp() * (y - u);
        let told = x.matmul(fixed(&self.c)) + xi.columns(n, m).matmul(root(&self.sigma_x));
        let impact = u.dot(u.matmul(fixed(&self.a))) + u.dot(x.matmul(fixed(&self.b)));
        [join(&[next, told]), u.row_sum() + impact]
    }
}
