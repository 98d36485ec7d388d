//! The same at speed: the whole sample through the fused kernel, forward, reverse and the move. [MWE20]
//!
//! One thread and no memory but what is made at the start; cells of a study run side by side. The twin on the
//! tape is [`crate::problem`]. Whatever a batch is called, it is the training sample: training and validation
//! values are one number, J, and the test points stay unseen.

use frame::{
    Batch, Functional, Keeper, Move, Params, Precision, Representation as _, Run, Stored, Work,
};
use ground::estimate::Estimate;
use ground::kernel::lane::Level;
use ground::kernel::two_layer::Regression as Kernel;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::Sample;
use crate::form::{TwoLayer, Weights};
use crate::norms::PathNorm;
use crate::problem::Regression;

/// The fast functional of [`Regression`] with a [`TwoLayer`], in the precision of the run.
#[derive(Debug)]
pub struct Plan {
    /// The problem.
    pub problem: Regression,
    /// The form.
    pub form: TwoLayer,
    /// Where the descent started.
    pub start: Weights,
    /// Moves made.
    pub made: u64,
    level: Level,
    inner: Inner,
    gradient: Option<Params>,
    work: Work,
    /// The path norm at the last look.
    path: f64,
}

#[derive(Debug)]
enum Inner {
    F32(Box<Kernel<f32>>),
    F64(Box<Kernel<f64>>),
}

/// `$body` with `$kernel` that of either precision, a list of whose blocks `$T` knows.
macro_rules! either {
    ($inner:expr, $kernel:ident, $T:ident => $body:expr) => {
        match $inner {
            Inner::F32($kernel) => {
                type $T = f32;
                $body
            }
            Inner::F64($kernel) => {
                type $T = f64;
                $body
            }
        }
    };
}

/// The rows of a, b and c.
fn blocks<T: Stored>(theta: &Params) -> [&[T::Row]; 3] {
    let mut blocks = T::blocks(theta).iter().map(|block| &block.rows[..]);
    [(); 3].map(|()| blocks.next().unwrap_or_default())
}

/// The same with memories, to be moved.
fn blocks_mut<T: Stored>(theta: &mut Params) -> [[&mut [T::Row]; 3]; 3] {
    let mut blocks = T::blocks_mut(theta).iter_mut().map(frame::Block::all);
    [(); 3].map(|()| blocks.next().unwrap_or_default())
}

impl Plan {
    /// The plan of a run.
    pub fn new(problem: Regression, form: TwoLayer, run: &Run) -> Result<Self> {
        problem.check(&form)?;
        let mut start = form.init(run.precision, &Stream::new(run.seed).child("init"))?;
        if let Some(init) = &run.init {
            init.restore(&mut start)?;
        }
        let (level, network) = (run.vector.level(), form.network());
        let Sample { x, y, .. } = &problem.train;
        let inner = match run.precision {
            Precision::F32 => Inner::F32(Box::new(Kernel::new(level, network, x, y))),
            Precision::F64 => Inner::F64(Box::new(Kernel::new(level, network, x, y))),
        };
        let start = form.weights(&start);
        let (gradient, work, path) = (None, Work::default(), f64::NAN);
        Ok(Self { problem, form, start, made: 0, level, inner, gradient, work, path })
    }

    /// f at points `[n, d]`, in double precision.
    pub fn at(&self, weights: &Weights, x: &[f64]) -> Vec<f64> {
        let mut wide = Params::zeros(self.form.layout(), Precision::F64);
        wide.set(0, &weights.a);
        wide.set(1, &weights.b);
        if self.form.bias {
            wide.set(2, &weights.c);
        }
        let none = vec![0.0; x.len() / self.form.inputs.max(1)];
        let mut kernel = Kernel::<f64>::new(self.level, self.form.network(), x, &none);
        kernel.residuals(blocks::<f64>(&wide))
    }

    /// Σ r² of the sample and J.
    fn estimate(&self, squares: f64, penalty: f64, at: u64) -> Result<Estimate> {
        let n = self.problem.train.n();
        let mean = self.problem.loss.factor() * squares / n as f64 + penalty;
        if mean.is_finite() {
            Ok(Estimate { mean, stderr: 0.0, n })
        } else {
            Err(Error::Numeric { what: "the training loss".to_owned(), at })
        }
    }

    /// J, and its gradient in the kernel.
    fn slopes(&mut self, theta: &Params, at: u64) -> Result<Estimate> {
        let n = self.problem.train.n();
        self.work.gradients += n as u64;
        let (weight, lambda) = (2.0 * self.problem.loss.factor() / n as f64, self.problem.penalty);
        let (squares, penalty) = either!(&mut self.inner, kernel, T => {
            let blocks = blocks::<T>(theta);
            let squares = kernel.gradient(blocks, weight).unwrap_or(f64::NAN);
            (squares, if lambda > 0.0 { kernel.penalise(blocks, lambda) } else { 0.0 })
        });
        self.estimate(squares, penalty, at)
    }
}

impl Functional for Plan {
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        self.work.values += self.problem.train.n() as u64;
        let squares = either!(&mut self.inner, kernel, T => kernel.squares(blocks::<T>(theta)));
        let weights = self.form.weights(theta);
        self.path = PathNorm::L2.value(&weights.view());
        let lambda = self.problem.penalty;
        let penalty = if lambda > 0.0 { lambda * PathNorm::L1.value(&weights.view()) } else { 0.0 };
        self.estimate(squares, penalty, batch.step)
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        let value = self.slopes(theta, batch.step)?;
        either!(&self.inner, kernel, T => {
            for (to, from) in blocks_mut::<T>(into).into_iter().zip(kernel.slopes()) {
                to.into_iter().next().unwrap_or_default().copy_from_slice(from);
            }
        });
        Ok(value)
    }

    fn descend(&mut self, theta: &mut Params, batch: Batch, by: Move) -> Result<Estimate> {
        let value = if by.clip.is_some() {
            let mut gradient = self.gradient.take().unwrap_or_else(|| theta.zeros_like());
            let value = self.gradient(theta, batch, &mut gradient);
            let moved = match value {
                Ok(_) => by.apply(theta, &mut gradient, batch.step),
                Err(_) => Ok(()),
            };
            self.gradient = Some(gradient);
            moved.and(value)?
        } else {
            let value = self.slopes(theta, batch.step)?;
            either!(&self.inner, kernel, T => kernel.move_along(by.update, blocks_mut::<T>(theta)));
            value
        };
        self.made += 1;
        Ok(value)
    }

    fn work(&self) -> Work {
        self.work
    }

    fn told(&self) -> Vec<(String, f64)> {
        vec![("path-norm".to_owned(), self.path)]
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        keeper.count("made", &mut self.made)?;
        self.work.keep(keeper)
    }
}
