//! Twenty dense networks 100-110-110-100 with tanh, a batch of 64 each, and one step of each.
//!
//! The loss of a network is half the sum of its squared outputs, so that the seeds of the reverse
//! pass are the outputs. The rate is so small that numbers stay of one size however long it runs.

use ground::kernel::dense::{Batch, Dense, Gradient, rows};
use ground::kernel::lane::{Level, Real, Row};
use ground::kernel::network::Activation;
use ground::kernel::update::{AdamForm, Update};

/// How many.
pub const NETWORKS: usize = 20;

/// Points of a batch.
pub const POINTS: usize = 64;

/// Inputs and outputs.
const WIDTH: usize = 100;

/// The form of each.
pub fn network() -> Dense {
    Dense { widths: vec![WIDTH, 110, 110, WIDTH], activation: Activation::Tanh }
}

/// One network with everything it works with.
#[derive(Debug)]
pub struct Unit<T: Real> {
    theta: Vec<T::Row>,
    memory: [Vec<T::Row>; 2],
    input: Vec<T::Row>,
    cache: Vec<T::Row>,
    output: Vec<T::Row>,
    scratch: Vec<T::Row>,
}

impl<T: Real> Unit<T> {
    /// A network at its start.
    pub fn new(network: &Dense) -> Self {
        let numbers: Vec<f64> = (0..network.parameters()).map(|i| 0.1 * (i as f64).sin()).collect();
        let theta = network.pack::<T>(&numbers);
        let zeros = |n: usize| vec![T::Row::default(); n];
        Self {
            memory: [zeros(theta.len()), zeros(theta.len())],
            theta,
            input: vec![T::Row::splat(T::of(0.3)); POINTS * rows::<T>(WIDTH)],
            cache: zeros(network.cache_rows::<T>(POINTS)),
            output: zeros(POINTS * rows::<T>(WIDTH)),
            scratch: Vec::new(),
        }
    }

    /// Forward, reverse, Adam. Steps count from 1.
    pub fn train(&mut self, network: &Dense, level: Level, step: u64) {
        let (theta, cache, output) = (&mut self.theta, &mut self.cache, &mut self.output);
        network.forward::<T>(level, theta, POINTS, &self.input, cache, output);
        let batch: Batch<'_, T> = Batch { n: POINTS, input: &self.input, cache, seeds: output };
        let (rate, beta1, beta2, eps) = (1e-6, 0.9, 0.999, 1e-8);
        let adam = Update::Adam { rate, beta1, beta2, eps, step, form: AdamForm::Keras };
        let [m, v] = &mut self.memory;
        let into = Gradient::Adam([m, v], adam.factors());
        network.reverse(level, theta, batch, &mut self.scratch, into, None);
    }

    /// The loss of the last forward pass.
    pub fn loss(&self) -> f64 {
        let row = |row: &T::Row| row.as_ref().iter().map(|y| y.wide() * y.wide()).sum::<f64>();
        0.5 * self.output.iter().map(row).sum::<f64>()
    }
}
