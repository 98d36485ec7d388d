//! The coefficients of directions: Z(t, x) = Σ_k c_k D_k.
//!
//! ```text
//! ψ = [(g̃ − m_g)/s_g, (|x̂|² − d)/√(2d), V_1·x̂, …, V_K·x̂]         features, data of the path
//! D = [b, ζ x̂/√d, ζ V_1, …, ζ V_K]                               directions, data of the path
//! c = network(squash(ψ), 2t/T − 1, √(1 − t/T))                   all that is learned
//! ```
//! x̂ = (x − m)/s standardises x by the pilot; g̃ is the smoothed terminal value, b = σᵀ∇g̃; V are the
//! active directions; ζ = s_c/√T is the natural size of |Z|. Hidden weights start N(0, 1/fan-in),
//! the last layer at zero with bias e₁: Z starts at b. One number more, `start` = y₀ − m_g, is moved
//! by the problem, not by a descent, where f depends on u. A free network may be added to the sum.

use frame::{Layout, Params, Precision, Representation};
use ground::Result;
use ground::kernel::network::{Activation, Network};
use ground::stream::Stream;

use super::Free;
use crate::case::Start;

/// Coefficients of directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Directions {
    /// M, antithetic pairs that smooth the terminal value.
    pub pairs: usize,
    /// K, active directions.
    pub active: usize,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Where training starts.
    pub start: Start,
    /// What is added to the sum, if anything.
    pub plus: Option<Free>,
}

impl Directions {
    /// M pairs and min(4, d) active directions, two hidden layers of 32.
    pub fn new(dim: usize, pairs: usize) -> Self {
        Self { pairs, active: dim.min(4), hidden: vec![32, 32], start: Start::Smoothed, plus: None }
    }

    /// Evaluations of the terminal value that smooth it: ±ξ_m, or one where there are no pairs.
    pub fn samples(&self) -> usize {
        (2 * self.pairs).max(1)
    }

    /// Features and times: inputs of the network.
    pub fn inputs(&self) -> usize {
        self.active + 4
    }

    /// Directions: outputs of the network.
    pub fn outputs(&self) -> usize {
        self.active + 2
    }

    /// The network of the coefficients.
    pub fn network(&self) -> Network {
        let mut widths = vec![self.inputs()];
        widths.extend(&self.hidden);
        widths.push(self.outputs());
        Network { widths, activation: Activation::Tanh }
    }
}

impl Representation for Directions {
    fn layout(&self) -> Layout {
        let coefficients = Layout::default().list("coefficients", self.network().len());
        let all = self.plus.iter().fold(coefficients, |layout, plus| plus.blocks(layout));
        all.list("start", 1)
    }

    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params> {
        let mut theta = Vec::with_capacity(self.network().len());
        let widths = self.network().widths;
        for (layer, pair) in widths.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            if layer + 2 == widths.len() {
                theta.extend(std::iter::repeat_n(0.0, inputs * outputs));
                theta.push(if self.start == Start::Smoothed { 1.0 } else { 0.0 });
                theta.extend(std::iter::repeat_n(0.0, outputs - 1));
            } else {
                let own = stream.child(&format!("layer{layer}"));
                let scale = 1.0 / (inputs as f64).sqrt();
                theta.extend((0..inputs * outputs).map(|k| scale * own.normal(0, 0, k)));
                theta.extend(std::iter::repeat_n(0.0, outputs));
            }
        }
        let mut params = Params::zeros(self.layout(), precision);
        params.set(0, &theta);
        if let Some(plus) = &self.plus {
            plus.draw(&mut params, 1, &stream.child("plus"));
        }
        Ok(params)
    }
}
