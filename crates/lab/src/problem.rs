//! Regression with a two-layer network on the whole sample at once; here on the tape, the judge of the plan.
//!
//! ```text
//! J(θ) = w (1/n) Σ_i (f(x_i; θ) − y_i)² + λ s Σ_j |a_j| (‖b_j‖₁ + |c_j|),     w = 1 or ½
//! ```
//! The penalty has the sub-gradient 0 where a number is 0. A batch is the whole sample whatever its name: a
//! full-batch problem has no other, so the looks of a run see the training value. The test points are seen
//! by the answer alone. [MWE20], [EMW19a]

mod measure;
mod posed;
#[cfg(test)]
mod tests;

use frame::problem::At;
use frame::{Batch, Integral, Integrand};
use ground::array::rows;
use ground::kernel::network::Activation;
use ground::stream::Stream;
use ground::tape::Var;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Sample;
use crate::form::TwoLayer;
use crate::inputs::{Inputs, Role};
use crate::target::{Target, with_noise};

/// w.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The mean square.
    MeanSquare,
    /// Half of it.
    HalfMeanSquare,
}

impl Loss {
    /// w.
    pub fn factor(self) -> f64 {
        match self {
            Self::MeanSquare => 1.0,
            Self::HalfMeanSquare => 0.5,
        }
    }
}

/// Where a sample comes from, when that is known.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The law of x.
    pub inputs: Inputs,
    /// f*.
    pub target: Target,
    /// The standard deviation of the noise of training labels.
    pub noise: f64,
}

/// Find the network that is nearest to labels at points.
#[derive(Clone, Debug)]
pub struct Regression {
    /// What is learned from.
    pub train: Sample,
    /// What the answer is judged by; without noise where labels have noise.
    pub test: Sample,
    /// w.
    pub loss: Loss,
    /// λ.
    pub penalty: f64,
    /// Where the samples come from.
    pub truth: Option<Truth>,
}

impl Regression {
    /// n points to learn from and others to be judged by. Samples of other sizes share their first points.
    pub fn drawn(truth: Truth, [n, tests]: [usize; 2], stream: &Stream) -> Result<Self> {
        if !(truth.noise >= 0.0 && truth.noise.is_finite()) {
            let found = format!("{} is no standard deviation", truth.noise);
            return Err(Error::input("problem.noise", found).allowed("A number from 0 on"));
        }
        let d = truth.target.d();
        let sample = |n: usize, role: Role| {
            let x = truth.inputs.draw((n, d), role, stream);
            Sample { d, outputs: 1, y: truth.target.values(&x), x }
        };
        let (mut train, test) = (sample(n, Role::Train), sample(tests, Role::Test));
        if truth.noise > 0.0 {
            with_noise(&mut train.y, truth.noise, stream);
        }
        Ok(Self { train, test, loss: Loss::MeanSquare, penalty: 0.0, truth: Some(truth) })
    }

    /// Whether labels are two classes, −1 and +1.
    pub fn has_classes(&self) -> bool {
        [&self.train, &self.test].iter().all(|sample| sample.y.iter().all(|y| y.abs() == 1.0))
    }

    /// Says what does not fit the form.
    pub fn check(&self, form: &TwoLayer) -> Result<()> {
        form.check()?;
        for (key, sample) in [("samples", &self.train), ("test-points", &self.test)] {
            let key = format!("problem.{key}");
            if sample.n() == 0 {
                return Err(Error::input(key, "there are no points").allowed("At least one"));
            }
            if sample.outputs != 1 {
                let found = format!("the target has {} numbers a point", sample.outputs);
                return Err(
                    Error::input(key, found).allowed("Two-layer networks here have one output")
                );
            }
            if sample.d != form.inputs {
                let found = format!("points have {} numbers", sample.d);
                return Err(
                    Error::input(key, found).allowed(format!("The network takes {}", form.inputs))
                );
            }
            if sample.x.iter().chain(&sample.y).any(|v| !v.is_finite()) {
                return Err(Error::input(key, "a number is not finite").allowed("Finite numbers"));
            }
        }
        if !(self.penalty >= 0.0 && self.penalty.is_finite()) {
            let found = format!("{} is no penalty", self.penalty);
            return Err(Error::input("problem.penalty", found).allowed("A number from 0 on"));
        }
        Ok(())
    }
}

impl Integral<TwoLayer> for Regression {
    type Draws = ();

    fn draws(&self, _: Batch, _: &Stream) -> Result<()> {
        Ok(())
    }

    fn integrand<'t>(&self, at: At<'_, 't, TwoLayer, ()>) -> Result<Integrand<'t>> {
        let (form, tape, n) = (at.form, at.tape, self.train.n());
        let [m, d] = [form.width, form.inputs];
        let x = tape.variable(rows(n, d, &self.train.x)); // [n, d]
        let y = tape.variable(rows(n, 1, &self.train.y)); // [n, 1]
        let (a, b) = (at.theta[0], at.theta[1].reshape([m, d]));
        let inner = x.matmul(b.transpose()); // [n, m]
        let (inner, lengths) = match at.theta.get(2) {
            Some(&c) => (inner + c.repeated([n, m]), b.abs().row_sum().transpose() + c.abs()),
            None => (inner, b.abs().row_sum().transpose()),
        };
        let f = form.scale() * activated(form.activation, inner).matmul(a.transpose());
        let value = self.loss.factor() * (f - y).square();
        if self.penalty == 0.0 {
            return Ok(value.into());
        }
        let norm = self.penalty * form.scale() * (a.abs() * lengths).sum();
        Ok((value + norm.repeated([n, 1])).into())
    }
}

/// σ on the tape.
fn activated(activation: Activation, inner: Var<'_>) -> Var<'_> {
    match activation {
        Activation::Tanh => inner.tanh(),
        Activation::Sigmoid => inner.sigmoid(),
        Activation::Softplus => inner.softplus(),
        Activation::Sin => inner.sin(),
        Activation::Identity => inner,
        _ => inner.relu(),
    }
}
