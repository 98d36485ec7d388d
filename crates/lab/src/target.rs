//! The function to be learned: a formula of x, or neurons; with noise where labels have it.
//!
//! ```text
//! formula         f*(x) in the names x, d, pi
//! multi-neuron    f*(x) = (1/k) Σ_{j ≤ k} σ(w_j·x),  w_j uniform on the unit sphere of the first r coordinates
//! ```
//! A formula that is a sum of terms c · relu(linear form), or a linear form itself, since
//! t = relu(t) − relu(−t), is known as neurons too: then the risk has a closed form. [MWE20]

use ground::formula::{Expr, Machine, Program, Scope, Shape, Sink, Source, parse};
use ground::kernel::lane::{self, Real};
use ground::stream::Stream;
use ground::{Error, Result};

use crate::norms;

mod neurons;
#[cfg(test)]
mod tests;

/// ReLU neurons, Σ_j a_j max(b_j·x, 0).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neurons {
    /// `[k]`.
    pub a: Vec<f64>,
    /// `[k, d]`.
    pub b: Vec<f64>,
}

impl Neurons {
    /// As norms and risks see them.
    pub fn view(&self, d: usize) -> norms::TwoLayer<'_> {
        norms::TwoLayer { d, a: &self.a, b: &self.b, c: &[], scale: 1.0 }
    }
}

/// f*.
#[derive(Clone, Debug)]
pub struct Target {
    /// In words.
    pub name: String,
    d: usize,
    formula: Option<Expr>,
    /// The same as ReLU neurons, where it is a sum of such.
    pub neurons: Option<Neurons>,
}

impl Target {
    /// A formula of x in R^d; an error carries the key.
    ///
    /// ```
    /// use lab::target::Target;
    /// let target = Target::formula("relu(x[1]) - 2 * relu(x[2])", 3, "problem.target")?;
    /// assert_eq!(target.values(&[1.0, 1.0, 5.0, -1.0, 0.5, 5.0]), [-1.0, -1.0]);
    /// assert_eq!(target.neurons.unwrap().a, [1.0, -2.0]);
    /// # Ok::<(), ground::Error>(())
    /// ```
    pub fn formula(text: &str, d: usize, key: &str) -> Result<Self> {
        let scope = scope(d);
        let formula = parse(text, &scope).map_err(|error| frame::text::at_key(error, key))?;
        if formula.shape() != Shape::Scalar {
            let found = format!("`{text}` is {}", formula.shape());
            return Err(Error::input(key, found).allowed("A number: f* at a point"));
        }
        let mut target = Self { name: text.to_owned(), d, formula: Some(formula), neurons: None };
        target.neurons = neurons::recognised(text, &target);
        Ok(target)
    }

    /// k neurons of length 1 supported on the first `support` of d coordinates, and their mean.
    pub fn multi_neuron(
        count: usize,
        (support, d): (usize, usize),
        stream: &Stream,
    ) -> Result<Self> {
        if count == 0 || support == 0 || support > d {
            let found = format!("{count} neurons on {support} of {d} coordinates");
            return Err(Error::input("problem.target", found)
                .allowed("At least one neuron, on at least one and at most all coordinates"));
        }
        let stream = stream.child("target");
        let mut b = Vec::with_capacity(count * d);
        for j in 0..count as u64 {
            let w: Vec<f64> = (0..support).map(|k| stream.normal(j, 0, k)).collect();
            let length = w.iter().map(|w| w * w).sum::<f64>().sqrt();
            b.extend((0..d).map(|k| w.get(k).map_or(0.0, |w| w / length)));
        }
        let neurons = Neurons { a: vec![1.0 / count as f64; count], b };
        let name = format!("the mean of {count} neurons on {support} coordinates");
        Ok(Self { name, d, formula: None, neurons: Some(neurons) })
    }

    /// d.
    pub fn d(&self) -> usize {
        self.d
    }

    /// f* at points `[n, d]`.
    pub fn values(&self, x: &[f64]) -> Vec<f64> {
        match (&self.formula, &self.neurons) {
            (Some(formula), _) => by_formula(*formula, self.d, x),
            (None, Some(neurons)) => x.chunks_exact(self.d).map(|x| sum(neurons, x)).collect(),
            (None, None) => Vec::new(),
        }
    }
}

/// The names of a formula.
fn scope(d: usize) -> Scope {
    use ground::formula::Constant::Number;
    let scope = Scope { dim: Some(d), ..Scope::new() }.variable("x", Shape::Vector(d));
    scope.constant("d", Number(d as f64)).constant("pi", Number(std::f64::consts::PI))
}

/// Σ_j a_j max(b_j·x, 0).
fn sum(neurons: &Neurons, x: &[f64]) -> f64 {
    let inner = |b: &[f64]| b.iter().zip(x).map(|(b, x)| b * x).sum::<f64>();
    neurons.a.iter().zip(neurons.b.chunks_exact(x.len())).map(|(a, b)| a * inner(b).max(0.0)).sum()
}

/// A formula at points, a block of lanes at a time.
fn by_formula(formula: Expr, d: usize, x: &[f64]) -> Vec<f64> {
    type Row = <f64 as Real>::Row;
    let program = Program::new(&[Expr::variable("x", Shape::Vector(d))], &[formula]);
    let (mut machine, level) = (Machine::<f64>::new(&program), lane::level());
    let mut values = Vec::with_capacity(x.len() / d);
    let mut block = vec![Row::default(); d];
    for points in x.chunks(d * f64::LANES) {
        for (lane, point) in points.chunks_exact(d).enumerate() {
            for (row, &x) in block.iter_mut().zip(point) {
                row.as_mut()[lane] = x;
            }
        }
        let mut found = [Row::default()];
        machine.run(level, &program, &[Source::Lanes(&block)], &mut [Sink::Set(&mut found)]);
        values.extend_from_slice(&found[0].as_ref()[..points.len() / d]);
    }
    values
}

/// Normal noise on labels, of standard deviation `size`; the i-th depends on the stream and i alone.
pub fn with_noise(y: &mut [f64], size: f64, stream: &Stream) {
    let stream = stream.child("noise");
    for (y, i) in y.iter_mut().zip(0_u64..) {
        *y += size * stream.normal(i, 0, 0);
    }
}
