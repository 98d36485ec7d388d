//! The published form: a batch-normalised network a step, y₀ and z₀ trained with them. [HJE18]
//!
//! ```text
//! Z_0 = z₀,   Z_n = N_n(X_n)/d,  n = 1 … N − 1
//! N_n: BN → [Dense without bias → BN → activation] a hidden layer → Dense → BN
//! BN: γ (x − m)/√(v + 1e-6) + β; m, v of the batch in training, running ones (0.99) elsewhere
//! ```
//! Trained on the mean over the batch of δ² where |δ| < c and 2c|δ| − c² elsewhere, δ = Y_N − g(X_N),
//! c = 50: y₀ and z₀ have gradients as the weights have. The start as published: Glorot weights, β from
//! N(0, 0.1²), γ from U(0.1, 0.5), z₀ from U(−0.1, 0.1), y₀ from a given range. Between the times of the
//! first level, and on other levels, the network of the step holds.

use frame::{Layout, Params, Precision, Representation};
use ground::kernel::dense::Normed;
use ground::kernel::network::Activation;
use ground::kernel::packing::Packing;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::problem::DeepBsde;

/// The published form.
#[derive(Clone, Debug, PartialEq)]
pub struct PerStep {
    /// d.
    pub dim: usize,
    /// N, the steps of the first level: N − 1 networks.
    pub steps: usize,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Of the hidden layers.
    pub activation: Activation,
    /// y₀ is drawn between these.
    pub start: [f64; 2],
    /// Components of z₀ are drawn between this and its negative.
    pub slope: f64,
    /// c, beyond which the loss grows linearly.
    pub clip: f64,
}

impl PerStep {
    /// ε of a batch normalisation.
    const EPS: f64 = 1e-6;
    /// How slowly running statistics forget.
    pub(crate) const KEEP: f64 = 0.99;

    /// As published: two hidden layers of d + 10, ReLU.
    pub fn published(dim: usize, steps: usize, start: [f64; 2]) -> Self {
        let (hidden, activation) = (vec![dim + 10; 2], Activation::Relu);
        Self { dim, steps, hidden, activation, start, slope: 0.1, clip: 50.0 }
    }

    /// The network of one step.
    pub fn network(&self) -> Normed {
        let mut widths = vec![self.dim];
        widths.extend(&self.hidden);
        widths.push(self.dim);
        Normed { widths, activation: self.activation, eps: Self::EPS }
    }

    /// N − 1.
    pub fn networks(&self) -> usize {
        self.steps - 1
    }

    /// The block of the network of step n ≥ 1; that of its running statistics follows.
    pub(crate) fn block(n: usize) -> usize {
        2 * (n - 1)
    }

    /// The block of z₀; that of y₀ follows.
    pub(crate) fn slope_block(&self) -> usize {
        2 * self.networks()
    }

    /// The loss of one path and its derivative by δ.
    pub(crate) fn loss(&self, delta: f64) -> [f64; 2] {
        let c = self.clip;
        if delta.abs() < c {
            [delta * delta, 2.0 * delta]
        } else {
            [2.0 * c * delta.abs() - c * c, 2.0 * c * delta.signum()]
        }
    }

    pub(super) fn check(&self, problem: &DeepBsde) -> Result<()> {
        if problem.at.is_law() {
            let found = "\"per-step\" with x₀ a distribution";
            return Err(Error::input("representation.kind", found).allowed(
                "The published form has one y₀: give one point, or another representation",
            ));
        }
        let [low, high] = self.start;
        if !(low.is_finite() && high.is_finite() && low <= high) {
            let found = format!("[{low}, {high}] holds nothing");
            return Err(Error::input("representation.start", found)
                .allowed("Two finite numbers, the smaller one first"));
        }
        if !(self.slope.is_finite() && self.slope >= 0.0) {
            let found = format!("{} is no size", self.slope);
            return Err(
                Error::input("representation.slope", found).allowed("A finite number, 0 or more")
            );
        }
        Ok(())
    }

    /// The start of one network, in the order of [`Normed::pack`].
    fn draw(&self, stream: &Stream) -> Vec<f64> {
        let widths = self.network().widths;
        let mut theta = Vec::with_capacity(self.network().parameters());
        for (layer, pair) in widths.windows(2).enumerate() {
            let own = stream.child(&format!("layer{layer}"));
            let limit = f64::sqrt(6.0 / (pair[0] + pair[1]) as f64);
            theta.extend((0..pair[0] * pair[1]).map(|i| between([-limit, limit], &own, i)));
        }
        theta.extend(std::iter::repeat_n(0.0, self.dim));
        for (k, &width) in widths.iter().enumerate() {
            let own = stream.child(&format!("scale{k}"));
            theta.extend((0..width).map(|i| between([0.1, 0.5], &own, i)));
            let own = stream.child(&format!("shift{k}"));
            theta.extend((0..width).map(|i| 0.1 * own.normal(0, 0, i)));
        }
        theta
    }
}

/// The i-th uniform number of a stream, between two.
fn between([low, high]: [f64; 2], stream: &Stream, i: usize) -> f64 {
    low + (high - low) * stream.uniform(0, 0, i)
}

impl Representation for PerStep {
    fn layout(&self) -> Layout {
        let network = self.network();
        let statistics = network.statistics();
        let networks = (1..self.steps).fold(Layout::default(), |layout, n| {
            layout
                .block(format!("step{n:03}"), Packing::Normed(network.clone()))
                .block(format!("step{n:03}/statistics"), Packing::Lists(statistics.clone()))
        });
        networks.list("slope", self.dim).list("start", 1)
    }

    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params> {
        let mut params = Params::zeros(self.layout(), precision);
        let unit = |(k, &n): (usize, &usize)| std::iter::repeat_n((k % 2) as f64, n);
        let statistics: Vec<f64> =
            self.network().statistics().iter().enumerate().flat_map(unit).collect();
        for n in 1..self.steps {
            params.set(Self::block(n), &self.draw(&stream.child(&format!("step{n:03}"))));
            params.set(Self::block(n) + 1, &statistics);
        }
        let own = stream.child("slope");
        let bounds = [-self.slope, self.slope];
        let slope: Vec<f64> = (0..self.dim).map(|i| between(bounds, &own, i)).collect();
        params.set(self.slope_block(), &slope);
        let start = between(self.start, &stream.child("start"), 0);
        params.set(self.slope_block() + 1, &[start]);
        Ok(params)
    }
}
