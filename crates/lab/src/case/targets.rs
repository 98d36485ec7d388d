//! `[model] kind = "target"`: a function that is known, and the law of its points.

use ground::Result;
use ground::stream::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Sample;
use crate::inputs::{Inputs, Role};
use crate::target::Target;

/// The word for a target that is drawn.
const MULTI_NEURON: &str = "multi-neuron";

/// `[model] kind = "target"`: a function f* that is known, and the law of x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetModel {
    /// f*: a formula of the vector x and of d, such as "relu(x[1])" (one neuron), "x[1]", "exp(-0.5 *
    /// |x|^2)" or "1 / (1 + 25 * x[1]^2)"; or "multi-neuron", the mean of neurons of length one that are
    /// drawn with the seed.
    pub target: String,
    /// Of "multi-neuron": how many neurons. Default: 10.
    #[serde(default = "ten")]
    #[schemars(range(min = 1))]
    pub neurons: usize,
    /// Of "multi-neuron": the first coordinates that they depend on; all where there are fewer. Default: 10.
    #[serde(default = "ten")]
    #[schemars(range(min = 1))]
    pub support: usize,
    /// The law of x: "normal", "cube" (uniform on [-1, 1]^d), "unit-cube", "sphere" or "ball".
    /// Default: "normal".
    #[serde(default = "normal")]
    pub inputs: Inputs,
    /// d, the numbers of a point.
    #[schemars(range(min = 1, max = 100_000))]
    pub dim: usize,
}

fn ten() -> usize {
    10
}

fn normal() -> Inputs {
    Inputs::Normal
}

impl TargetModel {
    /// f*.
    pub(super) fn function(&self, stream: &Stream) -> Result<Target> {
        if self.target.trim() == MULTI_NEURON {
            return Target::multi_neuron(
                self.neurons,
                (self.support.min(self.dim), self.dim),
                stream,
            );
        }
        Target::formula(&self.target, self.dim, "model.target")
    }

    /// Points of a role, with f* there.
    pub(super) fn sample(&self, n: usize, role: Role, stream: &Stream) -> Result<Sample> {
        let target = self.function(stream)?;
        let x = self.inputs.draw((n, self.dim), role, stream);
        Ok(Sample { d: self.dim, outputs: 1, y: target.values(&x), x })
    }
}
