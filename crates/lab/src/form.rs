//! Two-layer networks as a representation: width, scaling, activation, and where a descent starts.
//!
//! ```text
//! f(x; θ) = s Σ_{j ≤ m} a_j σ(b_j·x + c_j),     s = 1 (plain), 1/m (mean field), 1/√m (ntk)
//! ```
//! θ has the blocks a `[m]`, b `[m, d]` and, where there are biases, c `[m]`. A start treats (b_j, c_j) as
//! the inner weights of the point (x, 1). The j-th neuron of a start depends on the stream and on j alone, so
//! wider networks begin with the neurons of narrower ones. [MWE20], [EMW19a], [JGH18]

use frame::{Layout, Params, Precision, Representation};
use ground::kernel::network::Activation;
use ground::kernel::packing::Packing;
use ground::kernel::two_layer;
use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::norms;

/// What the sum over neurons is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// 1: the conventional network.
    Plain,
    /// 1/m: neurons are particles, f is their mean.
    MeanField,
    /// 1/√m.
    Ntk,
}

impl Scaling {
    /// s of m neurons.
    pub fn factor(self, m: usize) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::MeanField => 1.0 / m as f64,
            Self::Ntk => 1.0 / (m as f64).sqrt(),
        }
    }

    /// The word of a case file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::MeanField => "mean-field",
            Self::Ntk => "ntk",
        }
    }
}

/// The law of the first parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// a = 0, and (b, c) uniform on the unit sphere.
    ZeroOuterUnitInner,
    /// a ~ N(0, 2κ/m), b and c ~ N(0, 2κ/d).
    Gaussian {
        /// κ.
        kappa: f64,
    },
    /// a, b and c standard normal.
    Ntk,
}

/// A two-layer network with one output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoLayer {
    /// d.
    pub inputs: usize,
    /// m.
    pub width: usize,
    /// s.
    pub scaling: Scaling,
    /// σ.
    pub activation: Activation,
    /// Whether there are c.
    pub bias: bool,
    /// Where a descent starts.
    pub start: Start,
}

/// a, b and c in double precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    form: TwoLayer,
    /// `[m]`.
    pub a: Vec<f64>,
    /// `[m, d]`.
    pub b: Vec<f64>,
    /// `[m]`, or none.
    pub c: Vec<f64>,
}

impl Weights {
    /// The network as norms and risks see it.
    pub fn view(&self) -> norms::TwoLayer<'_> {
        let Self { form, a, b, c } = self;
        norms::TwoLayer { d: form.inputs, a, b, c, scale: form.scale() }
    }

    /// σ(b_j·x + c_j) of every neuron at a point.
    pub fn neurons(&self, x: &[f64]) -> Vec<f64> {
        let view = self.view();
        let inner = |j: usize| -> f64 {
            view.bias(j) + view.inner(j).iter().zip(x).map(|(b, x)| b * x).sum::<f64>()
        };
        (0..self.a.len()).map(|j| value(self.form.activation, inner(j))).collect()
    }
}

/// σ of one number: the activations that a form may have.
pub(crate) fn value(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Tanh => z.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Softplus => z.max(0.0) + (-z.abs()).exp().ln_1p(),
        Activation::Sin => z.sin(),
        Activation::Identity => z,
        _ => z.max(0.0),
    }
}

/// What [`value`] knows.
const KNOWN: [Activation; 6] = [
    Activation::Relu,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Softplus,
    Activation::Sin,
    Activation::Identity,
];

impl TwoLayer {
    /// s.
    pub fn scale(&self) -> f64 {
        self.scaling.factor(self.width)
    }

    /// The network as the kernel sees it.
    pub fn network(&self) -> two_layer::TwoLayer {
        let Self { inputs, width, bias, activation, .. } = *self;
        two_layer::TwoLayer { inputs, width, bias, activation, scale: self.scale() }
    }

    /// The parameters in double precision.
    pub fn weights(&self, theta: &Params) -> Weights {
        let c = if self.bias { theta.get(2) } else { Vec::new() };
        Weights { form: *self, a: theta.get(0), b: theta.get(1), c }
    }

    /// Says what is wrong with it.
    pub fn check(&self) -> Result<()> {
        let wrong = |key: &str, found: String, allowed: &str| {
            Err(Error::input(format!("representation.{key}"), found).allowed(allowed))
        };
        if self.width == 0 {
            return wrong("width", "0 neurons are no network".to_owned(), "At least one");
        }
        if !KNOWN.contains(&self.activation) {
            let found = format!("{:?} is not for two-layer networks", self.activation);
            return wrong("activation", found, "relu, tanh, sigmoid, softplus, sin, identity");
        }
        match self.start {
            Start::Gaussian { kappa } if !(kappa > 0.0 && kappa.is_finite()) => {
                wrong("start.kappa", format!("{kappa} is no variance"), "A positive number")
            }
            _ => Ok(()),
        }
    }

    /// a, b and c of the j-th neuron at the start.
    fn first(&self, j: usize, stream: &Stream) -> (f64, Vec<f64>) {
        let (outer, inner) = (stream.child("outer"), stream.child("inner"));
        let wide = self.inputs + usize::from(self.bias);
        let a = outer.normal(j as u64, 0, 0);
        let mut b: Vec<f64> = (0..wide).map(|q| inner.normal(j as u64, 0, q)).collect();
        let (by_a, by_b) = match self.start {
            Start::ZeroOuterUnitInner => (0.0, 1.0 / b.iter().map(|b| b * b).sum::<f64>().sqrt()),
            Start::Gaussian { kappa } => {
                let deviation = |n: usize| (2.0 * kappa / n as f64).sqrt();
                (deviation(self.width), deviation(self.inputs))
            }
            Start::Ntk => (1.0, 1.0),
        };
        for b in &mut b {
            *b *= by_b;
        }
        (a * by_a, b)
    }
}

impl Representation for TwoLayer {
    fn layout(&self) -> Layout {
        let layout = Layout::default().list("a", self.width);
        let layout = layout.block("b", Packing::Blocks([self.width, self.inputs]));
        if self.bias { layout.list("c", self.width) } else { layout }
    }

    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params> {
        self.check()?;
        let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
        for j in 0..self.width {
            let (outer, inner) = self.first(j, stream);
            a.push(outer);
            b.extend_from_slice(&inner[..self.inputs]);
            c.extend_from_slice(&inner[self.inputs..]);
        }
        let mut params = Params::zeros(self.layout(), precision);
        params.set(0, &a);
        params.set(1, &b);
        if self.bias {
            params.set(2, &c);
        }
        Ok(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::estimate::Estimate;

    fn form(width: usize, bias: bool, start: Start) -> TwoLayer {
        let (scaling, activation) = (Scaling::MeanField, Activation::Relu);
        TwoLayer { inputs: 10, width, scaling, activation, bias, start }
    }

    fn start(form: &TwoLayer) -> Weights {
        form.weights(&form.init(Precision::F64, &Stream::new(3)).unwrap())
    }

    #[test]
    fn zero_outer_weights_and_inner_ones_of_length_one() {
        for bias in [false, true] {
            let weights = start(&form(21, bias, Start::ZeroOuterUnitInner));
            assert!(weights.a.iter().all(|&a| a == 0.0));
            let view = weights.view();
            for j in 0..21 {
                let length = norms::PathNorm::L2.of(view.inner(j), view.bias(j));
                assert!((length - 1.0).abs() < 1e-14);
            }
            assert_eq!(weights.c.len(), if bias { 21 } else { 0 });
        }
    }

    #[test]
    fn statistical_variances_of_gaussian_starts() {
        let m = 4000;
        for (law, [outer, inner]) in
            [(Start::Gaussian { kappa: 3.0 }, [6.0 / m as f64, 0.6]), (Start::Ntk, [1.0, 1.0])]
        {
            let weights = start(&form(m, false, law));
            for (numbers, variance) in [(weights.a, outer), (weights.b, inner)] {
                let squares: Vec<f64> = numbers.iter().map(|v| v * v).collect();
                assert!(Estimate::of(&squares).deviation(variance) < 5.0, "{law:?}");
            }
        }
    }

    #[test]
    fn a_wider_network_begins_with_the_narrower_one() {
        let [few, many] = [4, 37].map(|m| start(&form(m, false, Start::ZeroOuterUnitInner)));
        assert_eq!(many.b[..40], few.b);
    }

    #[test]
    fn exact_factors() {
        let factors = [Scaling::Plain, Scaling::MeanField, Scaling::Ntk].map(|s| s.factor(16));
        assert_eq!(factors, [1.0, 1.0 / 16.0, 0.25]);
    }

    #[test]
    fn wrong_forms_are_refused() {
        let wrong = TwoLayer { activation: Activation::Gelu, ..form(3, false, Start::Ntk) };
        assert!(wrong.check().is_err());
        assert!(form(0, false, Start::Ntk).check().is_err());
        assert!(form(3, false, Start::Gaussian { kappa: 0.0 }).check().is_err());
    }
}
