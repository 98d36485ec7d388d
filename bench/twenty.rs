//! Twenty dense networks 100-110-110-100, a batch of 64 each, and one step of each.
//!
//! The loss of a network is half the sum of its squared outputs, so that the seeds of the reverse
//! pass are the outputs. The rate is so small that numbers stay of one size however long it runs.

use std::cell::RefCell;

use ground::kernel::dense::{Batch, Dense, Gradient, Normed, Skip, Steps, rows};
use ground::kernel::lane::{Level, Real};
use ground::kernel::network::Activation;
use ground::kernel::update::{AdamForm, Update};
use thread_local::ThreadLocal;

/// How many.
pub const NETWORKS: usize = 20;

/// Points of a batch.
pub const POINTS: usize = 64;

/// The form of a plain one.
pub fn plain() -> Dense {
    let widths = vec![100, 110, 110, 100];
    Dense { widths, activation: Activation::Tanh, skip: Skip::Nothing, steps: Steps::None }
}

/// The form of a batch-normalised one.
pub fn normed() -> Normed {
    Normed { widths: vec![100, 110, 110, 100], activation: Activation::Relu, eps: 1e-6 }
}

/// Operations of the products of one network and one point.
pub fn flops(kind: Kind) -> usize {
    match kind {
        Kind::Plain => 3 * plain().flops() - 2 * 100 * 110,
        Kind::Normed => 3 * normed().flops(),
    }
}

/// Which networks.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Plain, with tanh.
    Plain,
    /// Batch-normalised, with ReLU.
    Normed,
}

/// One network with what it keeps.
#[derive(Debug)]
pub struct Unit<T: Real> {
    theta: Vec<T::Row>,
    memory: [Vec<T::Row>; 2],
    input: Vec<T::Row>,
    output: Vec<T::Row>,
    statistics: Vec<T::Row>,
}

/// What the networks of a thread work with, one after the other.
pub type Desks<T> = ThreadLocal<RefCell<Desk<<T as Real>::Row>>>;

/// What one network works with.
#[derive(Debug, Default)]
pub struct Desk<R> {
    cache: Vec<R>,
    scratch: Vec<R>,
}

fn zeros<T: Real>(n: usize) -> Vec<T::Row> {
    vec![T::Row::default(); n]
}

impl<T: Real> Unit<T> {
    /// A network at its start.
    pub fn new(kind: Kind) -> Self {
        let numbers = |n: usize| -> Vec<f64> { (0..n).map(|i| 0.1 * (i as f64).sin()).collect() };
        let (theta, statistics) = match kind {
            Kind::Plain => {
                let network = plain();
                (network.pack::<T>(&numbers(network.parameters())), 0)
            }
            Kind::Normed => {
                let network = normed();
                let theta = network.pack::<T>(&numbers(network.parameters()));
                (theta, network.statistics_rows::<T>())
            }
        };
        let wide = rows::<T>(100);
        let mut input = zeros::<T>(POINTS * wide);
        for (i, row) in input.iter_mut().enumerate() {
            let (point, first) = (i / wide, i % wide * T::LANES);
            for (l, lane) in row.as_mut().iter_mut().enumerate() {
                *lane = T::of((1.7 * point as f64 + (first + l) as f64).sin());
            }
        }
        Self {
            memory: [zeros::<T>(theta.len()), zeros::<T>(theta.len())],
            theta,
            input,
            output: zeros::<T>(POINTS * rows::<T>(100)),
            statistics: zeros::<T>(statistics),
        }
    }

    /// Forward, reverse, Adam. Steps count from 1.
    pub fn train(&mut self, kind: Kind, level: Level, desks: &Desks<T>, step: u64) {
        let Self { theta, memory: [m, v], input, output, statistics } = self;
        let mut desk = desks.get_or_default().borrow_mut();
        let Desk { cache, scratch } = &mut *desk;
        let (rate, beta1, beta2, eps) = (1e-6, 0.9, 0.999, 1e-8);
        let adam = Update::Adam { rate, beta1, beta2, eps, step, form: AdamForm::Keras };
        let into = Gradient::Move { memory: [m, v], rule: adam.rule() };
        match kind {
            Kind::Plain => {
                let network = plain();
                cache.resize(network.cache_rows::<T>(POINTS), T::Row::default());
                network.forward::<T>(level, theta, POINTS, input, cache, output);
                let batch: Batch<'_, T> = Batch { n: POINTS, input, cache, seeds: output };
                network.reverse(level, theta, batch, scratch, into, None);
            }
            Kind::Normed => {
                let network = normed();
                cache.resize(network.cache_rows::<T>(POINTS), T::Row::default());
                network.forward::<T>(level, theta, POINTS, input, cache, output, statistics);
                let batch: Batch<'_, T> = Batch { n: POINTS, input, cache, seeds: output };
                network.reverse(level, theta, batch, scratch, into, None);
            }
        }
    }

    /// The loss of the last forward pass.
    pub fn loss(&self) -> f64 {
        let row = |row: &T::Row| row.as_ref().iter().map(|y| y.wide() * y.wide()).sum::<f64>();
        0.5 * self.output.iter().map(row).sum::<f64>()
    }
}
