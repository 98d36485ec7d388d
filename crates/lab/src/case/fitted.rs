//! `[problem] kind = "least-squares"`: outer weights of frozen features, or a kernel, by one decomposition.

use frame::{ErrorBudget, Forecast, Watch};
use ground::array::{Array, rows};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Forms, Models, SAMPLES, four_thousand, unit};
use crate::Sample;
use crate::answer::Measured;
use crate::experiment::{self, Experiment};
use crate::features::{self, Features, Filter, Law, Spectrum};
use crate::form::Scaling;
use crate::inputs::Role;
use crate::kernel_limit::{Kernel, Regression};

/// `[problem] kind = "least-squares"`: f is linear in what is learned, so any training time costs nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeastSquares {
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
    /// λ of the ridge |Φa − y|² + λ|a|²; 0 for the solution of least norm. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub ridge: f64,
    /// Singular values of at most this share of the largest count as zero, where there is no ridge.
    /// Default: 1e-13.
    #[serde(default = "cut")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub cut: f64,
    /// Stop gradient descent on ½|Φa − y|² from a = 0 after so many steps of length `step`; the steps are not
    /// made, a singular value decomposition says where they end. Default: the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// The length of a step. Default: 1 over the square of the largest singular value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub step: Option<f64>,
    /// Stop gradient flow from a = 0 at this time. Default: the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub time: Option<f64>,
}

/// `[representation] kind = "random-features"`: f(x) = s Σ a σ(w·x), only a is learned. σ is ReLU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomFeatures {
    /// m, the features.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub width: usize,
    /// The law of w: "normal", "sphere" (length one), or "biased-sphere" (length one of w and a bias
    /// together). Default: "normal".
    #[serde(default = "law")]
    pub law: LawWord,
    /// The standard deviation of the numbers of w where their law is "normal". Default: 1/√d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub deviation: Option<f64>,
    /// s: "plain" for 1, "mean-field" for 1/m, "ntk" for 1/√m. Default: "ntk".
    #[serde(default = "ntk")]
    pub scaling: Scaling,
}

/// `[representation] kind = "kernel"`: what a network becomes when it is infinitely wide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KernelForm {
    /// "arc-cosine" (ReLU features, normal w), "sphere" (w on the unit sphere), "nngp" (the covariance of the
    /// network at its start) or "tangent" (a and b trained).
    pub kernel: KernelWord,
    /// The standard deviation of a, of "nngp" and "tangent". Default: 1.
    #[serde(default = "unit")]
    #[schemars(range(min = 0.0))]
    pub outer: f64,
    /// The standard deviation of the numbers of b, of "nngp" and "tangent". Default: 1.
    #[serde(default = "unit")]
    #[schemars(range(min = 0.0))]
    pub inner: f64,
}

/// A law of frozen weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LawWord {
    /// Normal numbers.
    Normal,
    /// On the unit sphere.
    Sphere,
    /// On the unit sphere with a bias.
    BiasedSphere,
}

/// A kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KernelWord {
    /// Of ReLU features with normal w.
    ArcCosine,
    /// Of ReLU features on the unit sphere.
    Sphere,
    /// Of a network at its start.
    Nngp,
    /// Of a network whose weights hardly move.
    Tangent,
}

fn cut() -> f64 {
    1e-13
}

fn law() -> LawWord {
    LawWord::Normal
}

fn ntk() -> Scaling {
    Scaling::Ntk
}

/// Least squares, ready to be done.
#[derive(Debug)]
pub(super) struct Fitting {
    model: Models,
    problem: LeastSquares,
    form: Forms,
}

/// The measurement of a case.
pub(super) fn experiment(model: &Models, problem: &LeastSquares, form: &Forms) -> Result<Fitting> {
    let both = [problem.steps.is_some(), problem.time.is_some(), problem.ridge > 0.0];
    if both.iter().filter(|one| **one).count() > 1 {
        return Err(Error::input("problem", "steps, time and ridge do not go together")
            .allowed("Each is a way to stop short of least squares: choose one"));
    }
    if matches!(form, Forms::Kernel(_)) && (problem.steps.is_some() || problem.time.is_some()) {
        return Err(Error::input("problem", "steps and time are of random features")
            .allowed("A kernel has the ridge"));
    }
    Ok(Fitting { model: model.clone(), problem: problem.clone(), form: form.clone() })
}

impl Fitting {
    fn samples(&self, stream: &Stream) -> Result<(Sample, Sample)> {
        match &self.model {
            Models::Data(data) => {
                let split = data.split(self.problem.samples, self.problem.noise, stream)?;
                Ok((split.train, split.test))
            }
            Models::Target(model) => {
                let n = self.problem.samples.unwrap_or(SAMPLES);
                let mut train = model.sample(n, Role::Train, stream)?;
                if self.problem.noise > 0.0 {
                    crate::target::with_noise(&mut train.y, self.problem.noise, stream);
                }
                Ok((train, model.sample(self.problem.test_points, Role::Test, stream)?))
            }
            _ => Err(Error::bug("least squares have a target or data")),
        }
    }

    fn filter(&self, spectrum: &Spectrum) -> Filter {
        let LeastSquares { ridge, cut, steps, step, time, .. } = self.problem;
        match (steps, time) {
            (Some(steps), _) => {
                let step = step.unwrap_or_else(|| spectrum.largest().powi(-2));
                Filter::Descent { step, steps }
            }
            (None, Some(time)) => Filter::Flow { time },
            (None, None) if ridge > 0.0 => Filter::Ridge { lambda: ridge },
            (None, None) => Filter::MinimumNorm { cut },
        }
    }

    fn by_features(
        &self,
        form: &RandomFeatures,
        (train, test): (&Sample, &Sample),
        stream: &Stream,
    ) -> Result<Measured> {
        let d = train.d;
        let law = match form.law {
            LawWord::Normal => {
                Law::Normal { deviation: form.deviation.unwrap_or(1.0 / (d as f64).sqrt()) }
            }
            LawWord::Sphere => Law::Sphere,
            LawWord::BiasedSphere => Law::BiasedSphere,
        };
        let drawn = Features::draw(law, (form.width, d), form.scaling.factor(form.width), stream)?;
        let matrix = drawn.matrix(train);
        let dead = features::dead(&matrix);
        let spectrum = Spectrum::of(&matrix, &rows(train.n(), train.outputs, &train.y))?;
        let filter = self.filter(&spectrum);
        let a = spectrum.weights(filter);
        let norms = drawn.path_norm(&a);
        let measured = judged(Measured::of("test error"), &drawn.predict(test, &a), test)
            .exact("training-error", spectrum.training_error(filter))
            .exact("path-norm", norms.iter().sum())
            .exact("rank", spectrum.rank(self.problem.cut) as f64)
            .exact("dead-features", dead as f64)
            .exact("largest-singular-value", spectrum.largest());
        Ok(measured)
    }

    fn by_kernel(
        form: &KernelForm,
        ridge: f64,
        (train, test): (&Sample, &Sample),
    ) -> Result<Measured> {
        let (outer, inner) = (form.outer, form.inner);
        let kernel = match form.kernel {
            KernelWord::ArcCosine => Kernel::ArcCosine1,
            KernelWord::Sphere => Kernel::Sphere,
            KernelWord::Nngp => Kernel::Nngp { outer, inner },
            KernelWord::Tangent => Kernel::Tangent { outer, inner },
        };
        let fitted = Regression::fit(kernel, train, ridge)?;
        let measured = judged(Measured::of("test error"), &fitted.predict(test), test);
        Ok(measured.exact("training-error", features::mean_square(&fitted.predict(train), train)))
    }
}

/// The test error, and the accuracy where there are classes.
fn judged(measured: Measured, found: &Array, test: &Sample) -> Measured {
    let outputs = test.outputs;
    let square = |i: usize| {
        let pairs = test.value(i).iter().enumerate();
        pairs.map(|(k, y)| (found[[i, k]] - y).powi(2)).sum::<f64>() / outputs as f64
    };
    let error = Estimate::of(&(0..test.n()).map(square).collect::<Vec<_>>());
    let measured = measured.number("test-error", error.mean, error.stderr);
    // Of one number the sign says the class, of several the largest; other numbers are no classes.
    let one_hot =
        |y: &[f64]| y.iter().all(|v| *v == 0.0 || *v == 1.0) && y.iter().sum::<f64>() == 1.0;
    let classes = match outputs {
        1 => test.y.iter().all(|y| y.abs() == 1.0),
        _ => (0..test.n()).all(|i| one_hot(test.value(i))),
    };
    if !classes {
        return measured;
    }
    let told: Vec<f64> = found.iter().copied().collect();
    let share = crate::data::labels::accuracy(outputs, &test.y, &told);
    let stderr = (share * (1.0 - share) / test.n() as f64).sqrt();
    measured.number("test-accuracy", share, stderr)
}

impl Experiment for Fitting {
    fn forecast(&self) -> Result<Forecast> {
        let n = self.problem.samples.unwrap_or(match &self.model {
            Models::Data(_) => 1000,
            _ => SAMPLES,
        }) as f64;
        let tests = self.problem.test_points as f64;
        let (what, m) = match &self.form {
            Forms::RandomFeatures(form) => {
                (format!("{} random ReLU features", form.width), form.width as f64)
            }
            _ => ("a kernel between all pairs of points".to_owned(), n),
        };
        let least = n.min(m);
        let operations = 20.0 * least * least * n.max(m) + 20.0 * (n + tests) * m;
        let bytes = 8.0 * (3.0 * n * m + tests * m);
        let facts = [("function", what), ("samples", format!("{n} to learn from"))];
        Ok(experiment::forecast(&facts, [operations, bytes], &["MWE20", "CS09"]))
    }

    fn measure(&self, stream: &Stream, _: &mut dyn Watch) -> Result<(Measured, ErrorBudget)> {
        let stream = stream.child("data");
        let (train, test) = self.samples(&stream)?;
        let both = (&train, &test);
        let mut measured = match &self.form {
            Forms::RandomFeatures(form) => self.by_features(form, both, &stream)?,
            Forms::Kernel(form) => Self::by_kernel(form, self.problem.ridge, both)?,
            _ => return Err(Error::bug("least squares have features or a kernel")),
        };
        let mean: Vec<f64> = (0..train.outputs)
            .map(|k| (0..train.n()).map(|i| train.value(i)[k]).sum::<f64>() / train.n() as f64)
            .collect();
        let constant = Array::from_shape_fn((test.n(), test.outputs), |(_, k)| mean[k]);
        let untaught = judged(Measured::default(), &constant, &test);
        if let Some(error) = untaught.get("test-error") {
            measured = measured.baseline("the mean", error, "of the training labels");
        }
        let stderr = measured.get("test-error").map_or(f64::NAN, |e| e.stderr);
        let how = "standard error of the test error over the test points";
        Ok((measured, experiment::sampled(stderr, how)))
    }
}
