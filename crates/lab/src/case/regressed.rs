//! `[problem] kind = "regression"` with `[representation] kind = "two-layer"`: a network and a descent.

use ground::kernel::network::Activation;
use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Models, SAMPLES, four_thousand, unit};
use crate::form::{Scaling, Start, TwoLayer};
use crate::problem::{Loss, Regression, Truth};

/// `[problem] kind = "regression"`: the mean square over a whole sample is descended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegressionProblem {
    /// n, the points to learn from. Default: all of a file; 200 of a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub samples: Option<usize>,
    /// Fresh points by which a target that is known is judged. Default: 4000.
    #[serde(default = "four_thousand")]
    #[schemars(range(min = 2))]
    pub test_points: usize,
    /// The standard deviation of noise on the labels to learn from; of classes the share of labels that are
    /// replaced by others. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub noise: f64,
    /// What is descended: "mean-square", or "half-mean-square" with a factor of one half.
    /// Default: "mean-square".
    #[serde(default = "mean_square")]
    pub loss: Loss,
    /// λ of the penalty λ Σ |a| (‖b‖₁ + |c|) on the path norm, beside the loss. The theorem [EMW19a] asks for
    /// 4 √(2 ln(2d)/n), which is printed with it. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub penalty: f64,
}

/// `[representation] kind = "two-layer"`: f(x) = s Σ a σ(b·x + c). [EMW19a]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TwoLayerForm {
    /// m, the neurons.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub width: usize,
    /// s: "plain" for 1, "mean-field" for 1/m, "ntk" for 1/√m. Default: "mean-field".
    #[serde(default = "mean_field")]
    pub scaling: Scaling,
    /// σ: "relu", "tanh", "sigmoid", "softplus", "sin" or "identity". Default: "relu".
    #[serde(default = "relu")]
    pub activation: Word,
    /// Whether there are biases c. Default: false.
    #[serde(default)]
    pub bias: bool,
    /// Where the descent starts: "zero-outer-unit-inner" (a = 0, b uniform on the unit sphere), "gaussian" (a ∼
    /// N(0, 2κ/m), b ∼ N(0, 2κ/d)) or "ntk" (all standard normal). Default: "zero-outer-unit-inner".
    #[serde(default = "zero_outer")]
    pub start: StartWord,
    /// κ of "gaussian". Default: 1.
    #[serde(default = "unit")]
    #[schemars(range(min = 0.0))]
    pub kappa: f64,
}

/// An activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// max(z, 0).
    Relu,
    /// The hyperbolic tangent.
    Tanh,
    /// 1/(1 + e^(-z)).
    Sigmoid,
    /// ln(1 + e^z).
    Softplus,
    /// The sine.
    Sin,
    /// z.
    Identity,
}

impl Word {
    /// As kernels know it.
    pub(super) fn activation(self) -> Activation {
        match self {
            Self::Relu => Activation::Relu,
            Self::Tanh => Activation::Tanh,
            Self::Sigmoid => Activation::Sigmoid,
            Self::Softplus => Activation::Softplus,
            Self::Sin => Activation::Sin,
            Self::Identity => Activation::Identity,
        }
    }
}

/// A start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StartWord {
    /// a = 0, b uniform on the unit sphere.
    ZeroOuterUnitInner,
    /// Normal numbers with variances by κ.
    Gaussian,
    /// Standard normal numbers.
    Ntk,
}

fn mean_square() -> Loss {
    Loss::MeanSquare
}

fn mean_field() -> Scaling {
    Scaling::MeanField
}

fn relu() -> Word {
    Word::Relu
}

fn zero_outer() -> StartWord {
    StartWord::ZeroOuterUnitInner
}

/// The problem and the network.
pub(super) fn pose(
    model: &Models,
    problem: &RegressionProblem,
    form: &TwoLayerForm,
    stream: &Stream,
) -> Result<(Regression, TwoLayer)> {
    let mut regression = match model {
        Models::Target(model) => {
            let target = model.function(stream)?;
            let truth = Truth { inputs: model.inputs, target, noise: problem.noise };
            let n = problem.samples.unwrap_or(SAMPLES);
            Regression::drawn(truth, [n, problem.test_points], stream)?
        }
        Models::Data(data) => {
            let split = data.split(problem.samples, problem.noise, stream)?;
            let (loss, penalty) = (problem.loss, problem.penalty);
            Regression { train: split.train, test: split.test, loss, penalty, truth: None }
        }
        _ => return Err(Error::bug("a regression has a target or data")),
    };
    regression.loss = problem.loss;
    regression.penalty = problem.penalty;
    let form = TwoLayer {
        inputs: regression.train.d,
        width: form.width,
        scaling: form.scaling,
        activation: form.activation.activation(),
        bias: form.bias,
        start: match form.start {
            StartWord::ZeroOuterUnitInner => Start::ZeroOuterUnitInner,
            StartWord::Gaussian => Start::Gaussian { kappa: form.kappa },
            StartWord::Ntk => Start::Ntk,
        },
    };
    regression.check(&form)?;
    Ok((regression, form))
}
