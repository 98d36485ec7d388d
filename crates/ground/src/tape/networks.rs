//! Dense networks as operations of the tape: their kernels, in double precision, with derivatives.
//!
//! A node is one record whose value and first derivatives come from [`kernel::dense`](crate::kernel::dense).
//! Second derivatives of a plain network by its inputs come from its tangents: what a loss on slopes
//! needs. All others are taken of the network written in elementary operations, so derivatives of every
//! order exist; `…_in_elements` is that network, and the judge of the node.
//!
//! θ is one line `[1, parameters]` in the order of `unpack`, x is `[n, n_in]`, a point a line. The values
//! depend on the vector level to rounding, as those of the kernels do.

use std::rc::Rc;

use super::{Node, Op, Var, pull};
use crate::array::{self, Array};
use crate::kernel::dense::{Batch, Dense, Gradient, Tangents, rows};
use crate::kernel::lane::{Row8, level};

mod elements;
mod normed;

pub use elements::{activated, dense_in_elements, normed_in_elements};
pub use normed::normed;

/// A plain network: θ `[1, parameters]`, x `[n, n_in]` → `[n, n_out]`.
///
/// # Panics
/// If θ or x have another shape.
pub fn dense<'t>(network: &Dense, theta: Var<'t>, x: Var<'t>) -> Var<'t> {
    Var::record(Values(network.clone()), &[theta, x])
}

/// The tangent J(x) ẋ of a plain network: θ `[1, parameters]`, x and ẋ `[n, n_in]` → `[n, n_out]`.
///
/// # Panics
/// If θ, x or ẋ have another shape.
pub fn dense_tangent<'t>(network: &Dense, theta: Var<'t>, x: Var<'t>, dx: Var<'t>) -> Var<'t> {
    Var::record(Along(network.clone()), &[theta, x, dx])
}

// ---- operations ----

/// y(θ, x).
struct Values(Dense);

impl Op for Values {
    fn value(&self, inputs: &[Rc<Array>]) -> Array {
        let run = Run::new(&self.0, inputs);
        array_of(&run.forward()[1], run.n_out())
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let all = [at.inputs[0], at.inputs[1], at.seed];
        let back = |by: By| Var::record(Back(self.0.clone(), by), &all);
        vec![at.wanted[0].then(|| back(By::Theta)), at.wanted[1].then(|| back(By::Input))]
    }
}

/// What a derivative is taken by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Theta,
    Input,
}

/// The derivative of Σ s·y by θ or by x; inputs θ, x, s.
struct Back(Dense, By);

impl Op for Back {
    fn value(&self, inputs: &[Rc<Array>]) -> Array {
        let Self(network, by) = self;
        let mut run = Run::new(network, inputs);
        let [cache, _] = run.forward();
        let seeds = rows_of(&inputs[2]);
        let batch = Batch { n: run.n, input: &run.input, cache: &cache, seeds: &seeds };
        let [mut sums, mut back] = [run.theta.len(), run.input.len()].map(zeros);
        let by_input = (*by == By::Input).then_some(&mut back[..]);
        let (theta, into) = (&mut run.theta, Gradient::Add(&mut sums));
        network.reverse::<f64>(level(), theta, batch, &mut Vec::new(), into, by_input);
        by.array(network, [&sums, &back])
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let Self(network, by) = self;
        let &[theta, x, s] = at.inputs else { unreachable!("three inputs are recorded") };
        if *by == By::Theta {
            return by_elements(at, |v| {
                pull(dense_in_elements(network, v[0], v[1]), v[2], &[v[0]])[0]
            });
        }
        // r·Jᵀs = s·J r: the tangent along r, seeded by s.
        let all = [theta, x, at.seed, s];
        let back = |by: By| Var::record(AlongBack(network.clone(), by), &all);
        vec![
            at.wanted[0].then(|| back(By::Theta)),
            at.wanted[1].then(|| back(By::Input)),
            at.wanted[2].then(|| dense_tangent(network, theta, x, at.seed)),
        ]
    }
}

/// J(x) ẋ; inputs θ, x, ẋ.
struct Along(Dense);

impl Op for Along {
    fn value(&self, inputs: &[Rc<Array>]) -> Array {
        let run = Run::new(&self.0, inputs);
        array_of(&run.tangent(&rows_of(&inputs[2]))[1], run.n_out())
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let &[theta, x, dx] = at.inputs else { unreachable!("three inputs are recorded") };
        let all = [theta, x, dx, at.seed];
        let back = |by: By| Var::record(AlongBack(self.0.clone(), by), &all);
        let by_dx = || Var::record(Back(self.0.clone(), By::Input), &[theta, x, at.seed]);
        vec![
            at.wanted[0].then(|| back(By::Theta)),
            at.wanted[1].then(|| back(By::Input)),
            at.wanted[2].then(by_dx),
        ]
    }
}

/// The derivative of Σ s·J(x) ẋ by θ or by x; inputs θ, x, ẋ, s.
struct AlongBack(Dense, By);

impl Op for AlongBack {
    fn value(&self, inputs: &[Rc<Array>]) -> Array {
        let Self(network, by) = self;
        let run = Run::new(network, inputs);
        let [direction, seeds] = [2, 3].map(|i| rows_of(&inputs[i]));
        let [cache, _] = run.tangent(&direction);
        let none = zeros(seeds.len());
        let (inputs, seeds) = ([&run.input[..], &direction], [&none[..], &seeds]);
        let batch = Tangents { n: run.n, inputs, cache: &cache, seeds };
        let [mut sums, mut back, mut rest] =
            [run.theta.len(), run.input.len(), run.input.len()].map(zeros);
        let by_inputs = (*by == By::Input).then_some([&mut back[..], &mut rest[..]]);
        let (theta, scratch) = (&run.theta, &mut Vec::new());
        network.reverse_tangent::<f64>(level(), theta, batch, scratch, &mut sums, by_inputs);
        by.array(network, [&sums, &back])
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let Self(network, by) = self;
        by_elements(at, |v| {
            let by = if *by == By::Theta { v[0] } else { v[1] };
            let back = pull(dense_in_elements(network, v[0], v[1]), v[3], &[v[1]])[0];
            pull(back, v[2], &[by])[0]
        })
    }
}

/// A pullback by the same operation written in elementary ones.
fn by_elements<'t>(
    at: &Node<'_, 't>,
    write: impl Fn(&[Var<'t>]) -> Var<'t>,
) -> Vec<Option<Var<'t>>> {
    let aliases: Vec<_> = at.inputs.iter().map(|input| input.alias()).collect();
    pull(write(&aliases), at.seed, &aliases).into_iter().map(Some).collect()
}

// ---- the kernels ----

/// A network with parameters and points in rows.
struct Run<'a> {
    network: &'a Dense,
    n: usize,
    theta: Vec<Row8>,
    input: Vec<Row8>,
}

impl<'a> Run<'a> {
    /// From θ and x, the first two of `inputs`.
    fn new(network: &'a Dense, inputs: &[Rc<Array>]) -> Self {
        let (found, n) = (array::shape(&inputs[0]), inputs[1].nrows());
        assert_eq!(found, [1, network.parameters()], "shape of the parameters: found, needed");
        assert_eq!(inputs[1].ncols(), network.widths[0], "numbers of a point: found, needed");
        let theta = network.pack::<f64>(&numbers_of(&inputs[0]));
        Self { network, n, theta, input: rows_of(&inputs[1]) }
    }

    fn n_out(&self) -> usize {
        *self.network.widths.last().expect("a network has widths")
    }

    /// Cache and outputs.
    fn forward(&self) -> [Vec<Row8>; 2] {
        let Self { network, n, theta, input } = self;
        let mut cache = zeros(network.cache_rows::<f64>(*n));
        let mut output = zeros(n * rows::<f64>(self.n_out()));
        network.forward::<f64>(level(), theta, *n, input, &mut cache, &mut output);
        [cache, output]
    }

    /// Cache and tangents of the outputs.
    fn tangent(&self, direction: &[Row8]) -> [Vec<Row8>; 2] {
        let Self { network, n, theta, input } = self;
        let mut cache = zeros(network.tangent_cache_rows::<f64>(*n));
        let [mut output, mut along] = [n * rows::<f64>(self.n_out()); 2].map(zeros);
        let outputs = [&mut output[..], &mut along[..]];
        network.tangent::<f64>(level(), theta, *n, [input, direction], &mut cache, outputs);
        [cache, along]
    }
}

impl By {
    /// The derivative asked for, from those by the parameters and by the inputs.
    fn array(self, network: &Dense, [sums, back]: [&[Row8]; 2]) -> Array {
        match self {
            Self::Theta => line_of(network.unpack::<f64>(sums)),
            Self::Input => array_of(back, network.widths[0]),
        }
    }
}

fn zeros(n: usize) -> Vec<Row8> {
    vec![Row8::default(); n]
}

fn numbers_of(x: &Array) -> Vec<f64> {
    x.iter().copied().collect()
}

/// `[1, n]`.
fn line_of(numbers: Vec<f64>) -> Array {
    Array::from_shape_vec((1, numbers.len()), numbers).expect("one line of all numbers")
}

/// Lines of whole rows, padded with zeros.
fn rows_of(x: &Array) -> Vec<Row8> {
    let each = rows::<f64>(x.ncols());
    let mut all = zeros(x.nrows() * each);
    for (to, from) in all.chunks_exact_mut(each).zip(x.outer_iter()) {
        let lanes = to.iter_mut().flat_map(|row| row.as_mut().iter_mut());
        lanes.zip(from).for_each(|(to, &x)| *to = x);
    }
    all
}

/// The first `width` numbers of each line.
fn array_of(lines: &[Row8], width: usize) -> Array {
    let mut all = Vec::with_capacity(lines.len() * 8);
    for line in lines.chunks_exact(rows::<f64>(width)) {
        all.extend(line.iter().flat_map(|row| row.as_ref().iter().copied()).take(width));
    }
    Array::from_shape_vec((all.len() / width, width), all).expect("whole lines")
}

#[cfg(test)]
mod tests;
