//! `[descent]`: how the function is improved.

use frame::descent::schedule::Schedule;
use frame::{AdaGrad, Adam, Descent, Functional, GradientFlow, Momentum};
use ground::kernel::update::AdamForm;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod rate;

pub use rate::{Boundaries, Fall, Law, Rate, Tail};

/// `[descent] kind = "adam"`: one step against the gradient, scaled by what the gradients have been.
/// [KB15]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AdamSection {
    /// The rate: a number, a fall { from, to }, or { at, values } for steps: one value more than
    /// boundaries. Default: { from = 1e-2, to = 1e-4 }; { from = 4e-3, to = 1e-5 } for atoms.
    pub rate: Rate,
    /// How slowly the mean of the gradient is forgotten, from 0 to 1. Default: 0.9.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub beta1: f64,
    /// How slowly the mean of its square is forgotten, from 0 to 1. Default: 0.99; 0.95 for atoms.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub beta2: f64,
    /// What keeps the division finite. Default: 1e-8.
    #[schemars(range(min = 0.0))]
    pub eps: f64,
    /// Where eps stands: "torch", beside the corrected root, or "keras", beside the plain one;
    /// "tensorflow" is "keras" with rates and betas rounded to f32, as TensorFlow has them.
    /// Default: "torch"; "keras" for atoms.
    pub form: Form,
    /// The largest norm of the gradient, a longer one is shortened to it; inf for none. Default: 5; inf
    /// for atoms.
    #[schemars(range(min = 0.0))]
    pub clip: f64,
}

/// `[descent] kind = "momentum"`: steps along a sum of the gradients so far, v ← keep v + g, θ ← θ −
/// rate v. [SMDH13]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MomentumSection {
    /// The rate: a number, a fall { from, to }, or { at, values } for steps: one value more than
    /// boundaries. Default: { from = 1e-2, to = 1e-4 }.
    pub rate: Rate,
    /// What is kept of the sum, from 0 (plain gradient descent) to below 1. Default: 0.9.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub keep: f64,
    /// The largest norm of the gradient, a longer one is shortened to it; inf for none. Default: 5.
    #[schemars(range(min = 0.0))]
    pub clip: f64,
}

/// `[descent] kind = "adagrad"`: every parameter at a rate of its own, which falls as its gradients add
/// up, s ← s + g², θ ← θ − rate g/(√s + eps). [DHS11]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AdaGradSection {
    /// The rate: a number, a fall { from, to }, or { at, values } for steps: one value more than
    /// boundaries. Default: 1e-2.
    pub rate: Rate,
    /// What keeps the division finite. Default: 1e-10.
    #[schemars(range(min = 0.0))]
    pub eps: f64,
    /// The largest norm of the gradient, a longer one is shortened to it; inf for none. Default: inf.
    #[schemars(range(min = 0.0))]
    pub clip: f64,
}

/// `[descent] kind = "gradient-flow"`: dθ/dt = −∇J, by steps of Dormand and Prince that choose their own
/// length; an iteration is a step. [DP80]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GradientFlowSection {
    /// The error of a step that is allowed, as a share of each number. Default: 1e-6.
    #[schemars(range(min = 0.0))]
    pub rtol: f64,
    /// The same of numbers near zero. Default: 1e-9.
    #[schemars(range(min = 0.0))]
    pub atol: f64,
    /// The time at which the flow ends. Default: with the last iteration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
}

impl Default for GradientFlowSection {
    fn default() -> Self {
        Self { rtol: 1e-6, atol: 1e-9, time: None }
    }
}

/// The section, by its kind.
#[derive(Clone, Debug)]
pub enum DescentSection {
    /// `adam`.
    Adam(AdamSection),
    /// `momentum`.
    Momentum(MomentumSection),
    /// `adagrad`.
    AdaGrad(AdaGradSection),
}

/// Any of the descents.
#[derive(Clone, Debug)]
pub enum Descents {
    /// Adam.
    Adam(Adam),
    /// Momentum.
    Momentum(Momentum),
    /// AdaGrad.
    AdaGrad(AdaGrad),
    /// The gradient flow.
    Flow(GradientFlow),
}

impl Descents {
    /// The rate, where it has one.
    pub fn rate(&self) -> Option<&Schedule> {
        match self {
            Self::Adam(descent) => Some(&descent.rate),
            Self::Momentum(descent) => Some(&descent.rate),
            Self::AdaGrad(descent) => Some(&descent.rate),
            Self::Flow(_) => None,
        }
    }

    /// One of them, its type forgotten.
    pub fn boxed<J: Functional + ?Sized>(self) -> Box<dyn Descent<J>> {
        match self {
            Self::Adam(descent) => Box::new(descent),
            Self::Momentum(descent) => Box::new(descent),
            Self::AdaGrad(descent) => Box::new(descent),
            Self::Flow(descent) => Box::new(descent),
        }
    }
}

/// Where eps stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Beside the corrected root.
    Torch,
    /// Beside the plain root.
    Keras,
    /// Beside the plain root, with the roundings of TensorFlow.
    #[serde(rename = "tensorflow")]
    TensorFlow,
}

impl Default for AdamSection {
    fn default() -> Self {
        Self {
            rate: Rate::Fall(Fall::cosine(1e-2, 1e-4)),
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            form: Form::Torch,
            clip: 5.0,
        }
    }
}

impl Default for MomentumSection {
    fn default() -> Self {
        let AdamSection { rate, clip, .. } = AdamSection::default();
        Self { rate, keep: 0.9, clip }
    }
}

impl Default for AdaGradSection {
    fn default() -> Self {
        Self { rate: Rate::Number(1e-2), eps: 1e-10, clip: f64::INFINITY }
    }
}

impl DescentSection {
    /// The descent of a run of so many iterations.
    pub fn of(&self, iterations: u64) -> Result<Descents> {
        Ok(match self {
            Self::Adam(section) => Descents::Adam(section.adam(iterations)?),
            Self::Momentum(section) => Descents::Momentum(section.momentum(iterations)?),
            Self::AdaGrad(section) => Descents::AdaGrad(section.adagrad(iterations)?),
        })
    }
}

impl GradientFlowSection {
    /// The descent.
    pub fn of(&self) -> Result<GradientFlow> {
        let place = |mut error: Error| {
            if let Error::Input(input) = &mut error {
                input.key = format!("descent.{}", input.key);
            }
            error
        };
        let flow = GradientFlow::new(self.rtol, self.atol).map_err(place)?;
        match self.time {
            None => Ok(flow),
            Some(time) if time > 0.0 && time.is_finite() => Ok(flow.until(time)),
            Some(time) => Err(Error::input("descent.time", format!("{time} is no time to end at"))
                .allowed("Write a number above 0")),
        }
    }
}

/// The largest norm of a gradient, where there is one.
fn norm(clip: f64) -> Result<Option<f64>> {
    if clip > 0.0 {
        return Ok(clip.is_finite().then_some(clip));
    }
    Err(Error::input("descent.clip", "every gradient would be shortened to nothing")
        .allowed("Write a number above 0, or inf for no clipping"))
}

/// What keeps a division finite.
fn divisor(eps: f64) -> Result<f64> {
    if eps > 0.0 && eps.is_finite() {
        return Ok(eps);
    }
    Err(Error::input("descent.eps", format!("{eps} keeps no division finite"))
        .allowed("Write a finite number above 0, such as 1e-8"))
}

impl MomentumSection {
    fn momentum(&self, iterations: u64) -> Result<Momentum> {
        if self.keep >= 1.0 {
            return Err(Error::input("descent.keep", "nothing would be forgotten")
                .allowed("Write a number from 0 to below 1"));
        }
        let (rate, clip) = (self.rate.schedule(iterations)?, norm(self.clip)?);
        Ok(Momentum { rate, keep: self.keep, clip, of: iterations, made: 0 })
    }
}

impl AdaGradSection {
    fn adagrad(&self, iterations: u64) -> Result<AdaGrad> {
        let (rate, clip) = (self.rate.schedule(iterations)?, norm(self.clip)?);
        Ok(AdaGrad { rate, eps: divisor(self.eps)?, clip, of: iterations, made: 0 })
    }
}

impl AdamSection {
    fn adam(&self, iterations: u64) -> Result<Adam> {
        for (name, beta) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            if beta >= 1.0 {
                return Err(Error::input(format!("descent.{name}"), "nothing would be forgotten")
                    .allowed("Write a number from 0 to below 1"));
            }
        }
        Ok(Adam {
            rate: self.rate.schedule(iterations)?,
            beta1: self.beta1,
            beta2: self.beta2,
            eps: divisor(self.eps)?,
            form: match self.form {
                Form::Torch => AdamForm::Torch,
                Form::Keras => AdamForm::Keras,
                Form::TensorFlow => AdamForm::TensorFlow,
            },
            clip: norm(self.clip)?,
            ..Adam::cosine(iterations)
        })
    }
}
