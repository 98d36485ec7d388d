//! Linear dynamics and quadratic costs, solved by the Riccati recursion and the Kalman filter. [Ber17]
//!
//! ```text
//! P_T = Q_T,  H_t = R + BᵀP_{t+1}B,  K_t = H_t⁻¹BᵀP_{t+1}A,  P_t = Q + AᵀP_{t+1}(A − B K_t)
//! J*  = x̄₀ᵀP₀x̄₀ + tr(P₀Σ₀) + Σ tr(P_{t+1}W)                     u* = −K_t x,  ℓ_t = (u − u*)ᵀH_t(u − u*)
//! observed in part:  L = Σ_tCᵀ(CΣ_tCᵀ + V)⁻¹,  Σ⁺ = (I − LC)Σ_t,  Σ_{t+1} = AΣ⁺Aᵀ + W,
//!                    u* = −K_t x̂⁺_t,  and Σ tr(K_tᵀH_tK_tΣ⁺_t) more
//! ```
//! A delay is a larger state (x, u_{t−1}).

use ground::Result;
use ground::array::{Array, matmul, transposed};
use ground::linalg::{cholesky, inverse, solve};

use super::{Exact, Seen};
use crate::answer::Baseline;
use crate::limits::weighted;
use crate::model::lqg::{Lqg, Observation};
use crate::sparse::Sparse;

/// The recursion, finished.
#[derive(Clone, Debug)]
pub struct Riccati {
    /// K_t, t < T.
    pub gains: Vec<Array>,
    /// H_t, t < T.
    pub curvatures: Vec<Array>,
    /// P_t, t ≤ T.
    pub values: Vec<Array>,
    optimum: f64,
    system: System,
    filter: Option<Filter>,
}

/// The problem with a delay in its state.
#[derive(Clone, Debug)]
struct System {
    a: Array,
    b: Array,
    q: Array,
    r: Array,
    q_t: Array,
    w: Array,
    start: Array,
    spread: Array,
    steps: usize,
}

/// The filter of what is seen.
#[derive(Clone, Debug)]
struct Filter {
    c: Array,
    /// L, t < T.
    gains: Vec<Array>,
}

impl System {
    fn of(model: &Lqg) -> Self {
        let [n, m] = model.sizes();
        let mut all = Self {
            a: model.matrices.a.clone(),
            b: model.matrices.b.clone(),
            q: model.matrices.q.clone(),
            r: model.matrices.r.clone(),
            q_t: model.matrices.q_t.clone(),
            w: model.matrices.w.clone(),
            start: ground::array::rows(n, 1, &model.start),
            spread: model.spread.clone().unwrap_or_else(|| Array::zeros((n, n))),
            steps: model.steps,
        };
        if model.delayed {
            let zeros = |rows, columns| Array::zeros((rows, columns));
            let none = (&zeros(n, m), &zeros(m, n), &zeros(m, m));
            let larger = |own: &Array| blocks([own, none.0], [none.1, none.2]);
            all.a = blocks([&all.a, &all.b], [none.1, none.2]);
            all.b = stacked(&zeros(n, m), &Array::eye(m));
            (all.q, all.q_t) = (larger(&all.q), larger(&all.q_t));
            (all.w, all.spread) = (larger(&all.w), larger(&all.spread));
            all.start = stacked(&all.start, &zeros(m, 1));
        }
        all
    }

    /// J of u = −G_t x, everything seen.
    fn cost(&self, gain: impl Fn(usize) -> Array) -> f64 {
        let mut p = self.q_t.clone();
        let mut noise = 0.0;
        for t in (0..self.steps).rev() {
            noise += trace(&p, &self.w);
            let g = gain(t);
            let closed = &self.a - &matmul(&self.b, &g);
            p = &self.q + &around(&g, &self.r) + &around(&closed, &p);
        }
        self.total(&p, &p, noise)
    }

    /// J of actions that are planned at the start: those of the Riccati recursion along the mean.
    fn planned(&self, p: &Array) -> f64 {
        let mut s = self.q_t.clone();
        let mut noise = 0.0;
        for _ in 0..self.steps {
            noise += trace(&s, &self.w);
            s = &self.q + &around(&self.a, &s);
        }
        self.total(p, &s, noise)
    }

    fn total(&self, of_mean: &Array, of_spread: &Array, noise: f64) -> f64 {
        around(&self.start, of_mean)[[0, 0]] + trace(of_spread, &self.spread) + noise
    }
}

impl Riccati {
    /// The optimum of a problem.
    pub fn of(model: &Lqg) -> Result<Self> {
        let system = System::of(model);
        let (mut gains, mut curvatures) = (Vec::new(), Vec::new());
        let mut values = vec![system.q_t.clone()];
        let mut noise = 0.0;
        for _ in 0..system.steps {
            let p = &values[values.len() - 1];
            noise += trace(p, &system.w);
            let pb = transposed(&Sparse::of(&system.b).under(p));
            let h = &system.r + &Sparse::of(&system.b).under(&pb);
            // Where this fails, ever larger actions cost ever less.
            cholesky(&h)?;
            let k = solve(&h, &transposed(&Sparse::of(&system.a).under(&pb)))?;
            let closed = &system.a - &Sparse::of(&transposed(&system.b)).under(&k);
            let next = &system.q + &Sparse::of(&system.a).under(&matmul(p, &closed));
            gains.push(k);
            curvatures.push(h);
            values.push((&next + &transposed(&next)) * 0.5);
        }
        gains.reverse();
        curvatures.reverse();
        values.reverse();
        let mut optimum = system.total(&values[0], &values[0], noise);
        let mut filter = None;
        if let Some(observation) = &model.observation {
            let (found, spreads) = Filter::of(&system, observation)?;
            let lost = (0..system.steps)
                .map(|t| trace(&around(&gains[t], &curvatures[t]), &spreads[t]))
                .sum::<f64>();
            optimum += lost;
            filter = Some(found);
        }
        Ok(Self { gains, curvatures, values, optimum, system, filter })
    }

    /// What simple rules reach, exactly.
    pub fn baselines(&self, model: &Lqg) -> Vec<Baseline> {
        let system = &self.system;
        let [n, m] = model.sizes();
        let state = system.a.nrows();
        let none = system.cost(|_| Array::zeros((m, state)));
        let planned = system.planned(&self.values[0]);
        let mut all = vec![Baseline::exact("planned at the start", planned)];
        if n == m && self.filter.is_none() {
            let scalar = |k: f64| {
                let gain = Array::from_shape_fn((m, state), |(i, j)| if i == j { k } else { 0.0 });
                system.cost(|_| gain.clone())
            };
            let (k, cost) = least(scalar, 0.0, 1.0);
            all.push(Baseline::exact(&format!("u = −{k:.4} x"), cost));
        }
        all.push(Baseline::exact("u = 0", none));
        all
    }
}

impl Filter {
    /// The filter, and Σ⁺_t for every t < T.
    fn of(system: &System, seen: &Observation) -> Result<(Self, Vec<Array>)> {
        let c = ground::array::padded(&seen.c, 0, system.a.ncols());
        let (mut gains, mut after) = (Vec::new(), Vec::new());
        let mut spread = system.spread.clone();
        for _ in 0..system.steps {
            let told = matmul(&spread, &transposed(&c));
            let gain = matmul(&told, &inverse(&(&matmul(&c, &told) + &seen.v))?);
            let left = &spread - &matmul(&gain, &matmul(&c, &spread));
            spread = &around(&transposed(&system.a), &left) + &system.w;
            gains.push(gain);
            after.push(left);
        }
        Ok((Self { c, gains }, after))
    }
}

impl Exact for Riccati {
    fn value(&self) -> f64 {
        self.optimum
    }

    fn how(&self) -> String {
        let filtered = if self.filter.is_some() { " and Kalman filter" } else { "" };
        format!("exact: Riccati recursion{filtered}")
    }

    fn begin(&self) -> Vec<f64> {
        if self.filter.is_some() { self.system.start.iter().copied().collect() } else { Vec::new() }
    }

    fn regret(&self, Seen { t, s, seen, a }: Seen<'_>, memory: &mut Vec<f64>) -> f64 {
        if let Some(Filter { c, gains }) = &self.filter {
            // From x̂ before y to x̂⁺; below, to x̂ of the next step.
            let foreseen = times(c, memory);
            let news: Vec<f64> = seen.iter().zip(foreseen).map(|(y, of)| y - of).collect();
            memory.iter_mut().zip(times(&gains[t], &news)).for_each(|(x, more)| *x += more);
        }
        let state = if self.filter.is_some() { &memory[..] } else { s };
        let off: Vec<f64> =
            times(&self.gains[t], state).iter().zip(a).map(|(k, u)| u + k).collect();
        let lost = times(&self.curvatures[t], &off).iter().zip(&off).map(|(h, d)| h * d).sum();
        if self.filter.is_some() {
            let moved = times(&self.system.b, a);
            let next = times(&self.system.a, memory);
            *memory = next.iter().zip(moved).map(|(x, u)| x + u).collect();
        }
        lost
    }
}

/// M x.
fn times(m: &Array, x: &[f64]) -> Vec<f64> {
    let rows = m.as_standard_layout();
    let numbers = rows.as_slice().unwrap_or(&[]);
    numbers.chunks_exact(m.ncols()).map(|row| weighted(row, x)).collect()
}

/// GᵀM G for a symmetric M; what is zero of G costs nothing.
fn around(g: &Array, m: &Array) -> Array {
    let sparse = Sparse::of(g);
    sparse.under(&transposed(&sparse.under(m)))
}

/// tr(A B) of symmetric matrices.
fn trace(a: &Array, b: &Array) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// One matrix above another.
fn stacked(above: &Array, below: &Array) -> Array {
    transposed(&ground::array::joined(&[transposed(above).view(), transposed(below).view()]))
}

/// Four blocks.
fn blocks(above: [&Array; 2], below: [&Array; 2]) -> Array {
    let [above, below] =
        [above, below].map(|row| ground::array::joined(&row.map(|part| part.view())));
    stacked(&above, &below)
}

/// The least value of a function with one minimum between two places, and where it is: by golden section.
fn least(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> (f64, f64) {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let mut inner = [high - golden * (high - low), low + golden * (high - low)];
    let mut values = inner.map(&f);
    while high - low > 1e-5 {
        if values[0] < values[1] {
            high = inner[1];
            inner = [high - golden * (high - low), inner[0]];
            values = [f(inner[0]), values[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + golden * (high - low)];
            values = [values[1], f(inner[1])];
        }
    }
    let at = 0.5 * (low + high);
    (at, f(at))
}
