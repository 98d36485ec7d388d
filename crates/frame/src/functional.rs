//! The waist: J(θ) = E j(z, f_θ), something that can be estimated and descended.

use ground::estimate::Estimate;
use ground::kernel::lane;
use ground::{Error, Result, par};
use serde::Serialize;

use crate::checkpoint::Keeper;
use crate::descent::Move;
use crate::params::{Params, Stored};

/// The name of a batch. The same name means the same draws, at any θ: a line search, an
/// accept-or-reject test and a resumed run see what they saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What it is for.
    pub purpose: Purpose,
    /// Which one: the iteration.
    pub step: u64,
    /// How many draws.
    pub n: usize,
}

/// Draws of different purposes never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To descend on.
    Training,
    /// To judge by; the same draws at every look.
    Validation,
}

/// Work done so far; every descent reports in the same coin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Work {
    /// Draws j was evaluated on.
    pub values: u64,
    /// Draws j was differentiated on.
    pub gradients: u64,
    /// Draws made for the answer.
    pub fresh: u64,
    /// Operations recorded on tapes.
    pub operations: u64,
}

/// J as a descent sees it.
///
/// An implementer need not think about rates, schedules, stopping or files. A value that is not
/// finite is an error, and θ is then what it was before.
pub trait Functional: Send {
    /// J on a batch.
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate>;

    /// J and its gradient on a batch; `into` is overwritten.
    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate>;

    /// Gradient, then one move of every block. A fused plan overrides this. Returns J before the
    /// move.
    fn descend(&mut self, theta: &mut Params, batch: Batch, by: Move) -> Result<Estimate> {
        let mut gradient = theta.zeros_like();
        let value = self.gradient(theta, batch, &mut gradient)?;
        by.apply(theta, &mut gradient, batch.step)?;
        Ok(value)
    }

    /// Work done so far.
    fn work(&self) -> Work;

    /// What the last value was made of, by name: the same names after every value. A trace keeps it of
    /// every look.
    fn told(&self) -> Vec<(String, f64)> {
        Vec::new()
    }

    /// What must survive an interruption, beyond θ: walkers and the like.
    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        let _ = keeper;
        Ok(())
    }
}

impl Work {
    /// What must survive an interruption.
    pub fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        keeper.count("values", &mut self.values)?;
        keeper.count("gradients", &mut self.gradients)?;
        keeper.count("fresh", &mut self.fresh)?;
        keeper.count("operations", &mut self.operations)
    }
}

impl Move {
    /// Clips the gradient as one vector, then moves block after block, over threads. A gradient that is
    /// not finite is an error, and θ stays.
    pub fn apply(self, theta: &mut Params, gradient: &mut Params, at: u64) -> Result<()> {
        let norm = gradient.norm();
        if !norm.is_finite() {
            return Err(Error::Numeric { what: "the gradient".to_owned(), at });
        }
        let scale = self.clip.map_or(1.0, |clip| (clip / (norm + 1e-12)).min(1.0));
        match theta.precision() {
            crate::Precision::F32 => self.each::<f32>(theta, gradient, scale),
            crate::Precision::F64 => self.each::<f64>(theta, gradient, scale),
        }
        Ok(())
    }

    fn each<T: Stored>(self, theta: &mut Params, gradient: &mut Params, scale: f64) {
        let (level, by) = (lane::level(), T::of(scale));
        let blocks = T::blocks_mut(theta).iter_mut().zip(T::blocks_mut(gradient));
        let mut parts: Vec<_> = blocks.flat_map(|(block, slope)| block.parts_with(slope)).collect();
        par::map_mut(&mut parts, |_, (rows, slope)| {
            if scale < 1.0 {
                for g in lane::flat_mut::<T>(slope) {
                    *g *= by;
                }
            }
            let rows = rows.each_mut().map(|rows| &mut **rows);
            self.update.apply_rows::<T>(level, rows, slope);
        });
    }
}
