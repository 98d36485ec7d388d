//! The risk on a sample: R = (1/n) Σ_i (f(x_i) − y_i)² and its gradient.
//!
//! ```text
//! r_i = f(x_i) − y_i,   ∂R/∂a_j = (2s/n) Σ_i r_i σ(b_j·x_i),
//! ∂R/∂b_j = (2s a_j/n) Σ_i r_i σ'(b_j·x_i) x_i
//! ```
//! Points stand side by side, coordinate after coordinate, so that loops run over points. Sums over points
//! run in eight lanes, in one order.

use ground::{Error, Result};

use super::{Neuron, Particles, Risk, Scaling};
use crate::Sample;

/// Lanes of a sum over points.
const LANES: usize = 8;

/// The mean square over a sample.
#[derive(Clone, Debug)]
pub struct Empirical {
    /// What a neuron does.
    pub neuron: Neuron,
    /// What f is divided by.
    pub scaling: Scaling,
    d: usize,
    /// `[d, n]`.
    x: Vec<f64>,
    /// `[n]`.
    y: Vec<f64>,
    /// |x_i|, `[n]`.
    lengths: Vec<f64>,
    /// r, `[n]`.
    rest: Vec<f64>,
    /// r σ', `[n]`.
    pull: Vec<f64>,
    /// σ and σ' of each neuron, `[m, n]`.
    values: Vec<f64>,
    slopes: Vec<f64>,
}

impl Empirical {
    /// The risk on a sample whose target gives one number of a point.
    pub fn new(sample: &Sample, neuron: Neuron, scaling: Scaling) -> Result<Self> {
        let (n, d) = (sample.n(), sample.d);
        if n == 0 || sample.outputs != 1 || sample.y.len() != n {
            let found = format!("{n} points with {} numbers of the target", sample.y.len());
            return Err(Error::input("sample", found).allowed("There is a point, and one a point"));
        }
        if let Neuron::Smoothed { h } = neuron
            && !(h >= 0.0 && h.is_finite())
        {
            return Err(Error::input("h", format!("{h} is no width")).allowed("From 0 on"));
        }
        let x = (0..d).flat_map(|k| (0..n).map(move |i| sample.point(i)[k])).collect();
        let length = |i: usize| sample.point(i).iter().map(|x| x * x).sum::<f64>().sqrt();
        let lengths = (0..n).map(length).collect();
        let zeros = || vec![0.0; n];
        let (rest, pull, y) = (zeros(), zeros(), sample.y.clone());
        let (values, slopes) = (Vec::new(), Vec::new());
        Ok(Self { neuron, scaling, d, x, y, lengths, rest, pull, values, slopes })
    }

    /// σ and σ' of all neurons, and r.
    fn forward(&mut self, at: &Particles) {
        let (n, s) = (self.y.len(), self.scaling.factor(at.m()));
        self.values.resize(at.m() * n, 0.0);
        self.slopes.resize(at.m() * n, 0.0);
        self.rest.fill(0.0);
        let rows = self.values.chunks_exact_mut(n).zip(self.slopes.chunks_exact_mut(n));
        for (j, (values, slopes)) in rows.enumerate() {
            values.fill(0.0);
            for (b, x) in at.direction(j).iter().zip(self.x.chunks_exact(n)) {
                for (z, x) in values.iter_mut().zip(x) {
                    *z += b * x;
                }
            }
            self.neuron.all(values, &self.lengths, slopes);
            for (f, value) in self.rest.iter_mut().zip(&*values) {
                *f += at.a[j] * value;
            }
        }
        for (f, y) in self.rest.iter_mut().zip(&self.y) {
            *f = s * *f - y;
        }
    }
}

impl Risk for Empirical {
    fn scaling(&self) -> Scaling {
        self.scaling
    }

    fn points(&self) -> usize {
        self.y.len()
    }

    fn gradient(&mut self, at: &Particles, slope: &mut Particles) -> f64 {
        assert_eq!(at.d, self.d, "particles and points of one space");
        self.forward(at);
        let n = self.y.len();
        let by = 2.0 * self.scaling.factor(at.m()) / n as f64;
        for j in 0..at.m() {
            let [values, slopes] = [&self.values, &self.slopes].map(|all| &all[j * n..][..n]);
            slope.a[j] = by * dot(&self.rest, values);
            for ((pull, r), s) in self.pull.iter_mut().zip(&self.rest).zip(slopes) {
                *pull = r * s;
            }
            let into = &mut slope.b[j * at.d..][..at.d];
            for (g, x) in into.iter_mut().zip(self.x.chunks_exact(n)) {
                *g = by * at.a[j] * dot(&self.pull, x);
            }
        }
        dot(&self.rest, &self.rest) / n as f64
    }
}

/// Σ u_i v_i.
fn dot(u: &[f64], v: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (us, vs) = (u.chunks_exact(LANES), v.chunks_exact(LANES));
    let rest: f64 = us.remainder().iter().zip(vs.remainder()).map(|(u, v)| u * v).sum();
    for (u, v) in us.zip(vs) {
        for ((sum, u), v) in sums.iter_mut().zip(u).zip(v) {
            *sum += u * v;
        }
    }
    sums.iter().sum::<f64>() + rest
}
