//! What is measured of a trained network, beside what is had without training it.
//!
//! ```text
//! test error   mean over fresh points of (f − f*)²; where all is Gaussian and ReLU also R in closed form
//! baselines    mean of the labels; least squares by (x, 1); by the neurons of the start, of least norm
//! ```

use frame::{Axis, Figure, Mark, Params, Series};
use ground::Result;
use ground::array::{Array, rows};
use ground::estimate::Estimate;
use ground::kernel::network::Activation;
use ground::linalg::least_squares;

use super::Regression;
use crate::Sample;
use crate::answer::Measured;
use crate::features::{Filter, Spectrum};
use crate::form::Weights;
use crate::inputs::Inputs;
use crate::kernel_limit::population_risk;
use crate::norms::{PathNorm, neurons_for};
use crate::plan::Plan;

/// Above so many rows and columns the features of the start are not fitted: it would take minutes.
const FITTED: usize = 1200;

/// The same for so many numbers: half a gigabyte.
const ROOM: usize = 1 << 26;

/// Above so many neurons the closed form of the risk is left out: it runs over all pairs.
const PAIRS: usize = 2000;

/// Points of a curve and of a scatter.
const SHOWN: usize = 400;

/// What is known of a trained network.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) answer: Measured,
    /// The test error.
    pub(super) test: Estimate,
    /// The mean square on the training sample.
    pub(super) training: f64,
    /// The variance of the training labels.
    pub(super) variance: f64,
    /// The test error of the mean of the labels.
    pub(super) untaught: Estimate,
    /// The risk in closed form.
    pub(super) risk: Option<f64>,
    /// Whether the target is a network of this form.
    pub(super) representable: bool,
}

impl Measure {
    /// The test error and the closed form must agree.
    pub(super) fn contradiction(&self) -> Option<String> {
        let (risk, far) = (self.risk?, self.test.deviation(self.risk?));
        // (f − f*)² has a long tail: few points may miss it.
        (self.test.n >= 1000 && far > 8.0).then(|| {
            format!("the test error {} is not the risk in closed form, {risk:.4e}", self.test)
        })
    }
}

/// (f − y)² over a sample.
fn squares(f: &[f64], y: &[f64]) -> Estimate {
    Estimate::of(&f.iter().zip(y).map(|(f, y)| (f - y) * (f - y)).collect::<Vec<_>>())
}

/// All of it.
pub(super) fn measure(plan: &Plan, theta: &Params) -> Result<Measure> {
    let Regression { train, test, .. } = &plan.problem;
    let weights = plan.form.weights(theta);
    let (f, fitted) = (plan.at(&weights, &test.x), plan.at(&weights, &train.x));
    let (error, training) = (squares(&f, &test.y), squares(&fitted, &train.y));
    let mean = train.y.iter().sum::<f64>() / train.n() as f64;
    let untaught = squares(&vec![mean; test.n()], &test.y);
    let (risk, representable) = exact(plan, &weights);
    let view = weights.view();
    let parts = PathNorm::L2.parts(&view);
    let [largest, distance] = moved(&plan.start, &weights);
    let mut answer = Measured::of("test error")
        .number("test-error", error.mean, error.stderr)
        .exact("training-error", training.mean)
        .exact("path-norm", parts.iter().sum())
        .exact("path-norm-l1", PathNorm::L1.value(&view))
        .exact("neurons-for-90-percent", neurons_for(&parts, 0.9) as f64)
        .exact("iterations", plan.made as f64)
        .exact("largest-move", largest)
        .exact("distance-from-start", distance);
    if plan.problem.has_classes() {
        let right = |f: &[f64], y: &[f64]| {
            let one = |(f, y): (&f64, &f64)| f64::from(u8::from(f * y > 0.0));
            Estimate::of(&f.iter().zip(y).map(one).collect::<Vec<_>>())
        };
        let (on_test, on_train) = (right(&f, &test.y), right(&fitted, &train.y));
        answer = answer
            .number("test-accuracy", on_test.mean, on_test.stderr)
            .exact("training-accuracy", on_train.mean);
    }
    if let Some(risk) = risk {
        answer = answer.exact("population-risk", risk).theory(
            "population risk",
            risk,
            "(1/2π) Σ a a' K(b, b') over network and target",
        );
    }
    answer = answer.baseline("the mean", untaught, "of the training labels");
    answer = baselines(plan, answer)?;
    answer.figures = figures(plan, &weights, &f, &parts);
    let variance = squares(&vec![mean; train.n()], &train.y).mean;
    let (test, training) = (error, training.mean);
    Ok(Measure { answer, test, training, variance, untaught, risk, representable })
}

/// The risk in closed form, and whether the target is a network of this form.
fn exact(plan: &Plan, weights: &Weights) -> (Option<f64>, bool) {
    let form = &plan.form;
    let Some(truth) = plan.problem.truth.as_ref().filter(|_| form.activation == Activation::Relu)
    else {
        return (None, false);
    };
    let Some(neurons) = &truth.target.neurons else { return (None, false) };
    let possible = truth.inputs == Inputs::Normal && !form.bias && form.width <= PAIRS;
    let risk = || population_risk(&weights.view(), &neurons.view(form.inputs)).ok();
    (possible.then(risk).flatten(), neurons.a.len() <= form.width)
}

/// The largest change of a parameter, and |θ − θ₀|.
fn moved(start: &Weights, end: &Weights) -> [f64; 2] {
    let pairs = [(&start.a, &end.a), (&start.b, &end.b), (&start.c, &end.c)];
    let changes = pairs.into_iter().flat_map(|(from, to)| from.iter().zip(to));
    let [largest, square] = changes.fold([0.0_f64, 0.0], |[largest, square], (from, to)| {
        [largest.max((to - from).abs()), square + (to - from) * (to - from)]
    });
    [largest, square.sqrt()]
}

/// Least squares by the inputs and by the neurons of the start.
fn baselines(plan: &Plan, answer: Measured) -> Result<Measured> {
    let Regression { train, test, .. } = &plan.problem;
    let y = rows(train.n(), 1, &train.y);
    let by_features = |lines: &dyn Fn(&[f64]) -> Vec<f64>, sample: &Sample| -> Array {
        let all: Vec<f64> = (0..sample.n()).flat_map(|i| lines(sample.point(i))).collect();
        rows(sample.n(), all.len() / sample.n(), &all)
    };
    let with_one = |x: &[f64]| x.iter().copied().chain([1.0]).collect::<Vec<f64>>();
    let mut answer = answer;
    if train.d < FITTED {
        let weights = least_squares(&by_features(&with_one, train), &y)?;
        let linear: Vec<f64> = by_features(&with_one, test).dot(&weights).into_iter().collect();
        answer = answer.baseline("linear least squares", squares(&linear, &test.y), "by x and 1");
    }
    let start = &plan.start;
    let (n, m) = (train.n(), start.a.len());
    if n.min(m) <= FITTED && n * m <= ROOM {
        let scale = plan.form.scale();
        let line =
            |x: &[f64]| -> Vec<f64> { start.neurons(x).into_iter().map(|h| scale * h).collect() };
        let spectrum = Spectrum::of(&by_features(&line, train), &y)?;
        let outer = spectrum.weights(Filter::MinimumNorm { cut: 1e-12 });
        let mut frozen = start.clone();
        frozen.a = outer.into_iter().collect();
        let f = plan.at(&frozen, &test.x);
        answer = answer.baseline(
            "random features",
            squares(&f, &test.y),
            "least squares of least norm by the neurons of the start",
        );
    }
    Ok(answer)
}

/// The function, or what it gives against what it should; and what neurons weigh.
fn figures(plan: &Plan, weights: &Weights, f: &[f64], parts: &[f64]) -> Vec<Figure> {
    let Regression { train, test, truth, .. } = &plan.problem;
    let mut sizes: Vec<f64> = parts.to_vec();
    sizes.sort_by(|p, q| q.total_cmp(p));
    let sizes = sizes.into_iter().enumerate().map(|(k, size)| [(k + 1) as f64, size]).collect();
    let neurons = Figure {
        name: "neurons".to_owned(),
        title: "What neurons weigh".to_owned(),
        caption:
            "Neurons in the order of their share of the path norm: few that stand out are a sparse \
                  solution, a slow fall is one of random features."
                .to_owned(),
        x: Axis::logarithmic("neuron"),
        y: Axis::logarithmic("s |a| ‖(b, c)‖"),
        series: vec![Series::new("", Mark::Dots, sizes)],
    };
    let first = if train.d == 1 {
        let (low, high) = test
            .x
            .iter()
            .chain(&train.x)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        let at = |k: usize| low + (high - low) * k as f64 / (SHOWN - 1) as f64;
        let x: Vec<f64> = (0..SHOWN).map(at).collect();
        let line = |values: Vec<f64>| x.iter().zip(values).map(|(&x, f)| [x, f]).collect();
        let labels = train.x.iter().zip(&train.y).take(SHOWN).map(|(&x, &y)| [x, y]).collect();
        let mut series = vec![Series::new("network", Mark::Line, line(plan.at(weights, &x)))];
        let exact = truth.iter().map(|truth| line(truth.target.values(&x)));
        series.extend(exact.map(|points| Series::new("target", Mark::Broken, points)));
        series.push(Series::new("training labels", Mark::Dots, labels));
        Figure {
            name: "function".to_owned(),
            title: "The network and what it was to learn".to_owned(),
            caption: "Between the labels nothing but the start and the descent decides.".to_owned(),
            x: Axis::linear("x"),
            y: Axis::linear("f"),
            series,
        }
    } else {
        let points: Vec<_> = test.y.iter().zip(f).take(SHOWN).map(|(&y, &f)| [y, f]).collect();
        let ends = points.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], p| {
            [low.min(p[0]), high.max(p[0])]
        });
        Figure {
            name: "predicted".to_owned(),
            title: "What the network gives at test points".to_owned(),
            caption: "A perfect network lies on the broken line.".to_owned(),
            x: Axis::linear("target"),
            y: Axis::linear("network"),
            series: vec![
                Series::new("test points", Mark::Dots, points),
                Series::new("equal", Mark::Broken, ends.map(|v| [v, v]).into()),
            ],
        }
    };
    vec![first, neurons]
}
