//! The node of a normalised network in training mode.

use std::rc::Rc;

use super::{array_of, by_elements, line_of, normed_in_elements, numbers_of, rows_of, zeros};
use crate::array::{self, Array};
use crate::kernel::dense::{Batch, Gradient, Normed, rows};
use crate::kernel::lane::{Row8, level};
use crate::tape::{Node, Op, Var, pull};

/// A normalised network in training mode: θ `[1, parameters]`, x `[n, n_in]` → `[n, n_out]`, by the
/// statistics of these n points and differentiated through them.
///
/// # Panics
/// If θ or x have another shape, or there are no points.
pub fn normed<'t>(network: &Normed, theta: Var<'t>, x: Var<'t>) -> Var<'t> {
    Var::record(Values(network.clone()), &[theta, x])
}

/// y(θ, x).
struct Values(Normed);

impl Op for Values {
    fn value(&self, inputs: &[Rc<Array>]) -> Array {
        let [_, _, _, output] = forward(&self.0, inputs);
        array_of(&output, *self.0.widths.last().expect("a network has widths"))
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        let (theta, x) = (at.inputs[0], at.inputs[1]);
        let both = Var::record(Back(self.0.clone()), &[theta, x, at.seed]);
        let (parameters, [n, d]) = (self.0.parameters(), x.shape());
        vec![
            at.wanted[0].then(|| both.columns(0, parameters)),
            at.wanted[1].then(|| both.columns(parameters, n * d).reshape([n, d])),
        ]
    }
}

/// The derivatives of Σ s·y by θ and by x, one after the other in a line; inputs θ, x, s.
struct Back(Normed);

impl Op for Back {
    fn value(&self, inputs: &[Rc<Array>]) -> Array {
        let Self(network) = self;
        let [mut theta, input, cache, _] = forward(network, inputs);
        let seeds = rows_of(&inputs[2]);
        let n = inputs[1].nrows();
        let batch = Batch { n, input: &input, cache: &cache, seeds: &seeds };
        let [mut sums, mut back] = [theta.len(), input.len()].map(zeros);
        let (scratch, into) = (&mut Vec::new(), Gradient::Add(&mut sums));
        network.reverse::<f64>(level(), &mut theta, batch, scratch, into, Some(&mut back));
        let mut both = network.unpack::<f64>(&sums);
        both.extend(array_of(&back, network.widths[0]));
        line_of(both)
    }
    fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
        by_elements(at, |v| {
            let by = pull(normed_in_elements(&self.0, v[0], None, v[1]), v[2], &[v[0], v[1]]);
            let [n, d] = by[1].shape();
            crate::tape::join(&[by[0], by[1].reshape([1, n * d])])
        })
    }
}

/// θ, x, cache and outputs in rows, from θ and x, the first two of `inputs`.
fn forward(network: &Normed, inputs: &[Rc<Array>]) -> [Vec<Row8>; 4] {
    let (found, n) = (array::shape(&inputs[0]), inputs[1].nrows());
    assert_eq!(found, [1, network.parameters()], "shape of the parameters: found, needed");
    assert_eq!(inputs[1].ncols(), network.widths[0], "numbers of a point: found, needed");
    let theta = network.pack::<f64>(&numbers_of(&inputs[0]));
    let input = rows_of(&inputs[1]);
    let n_out = *network.widths.last().expect("a network has widths");
    let mut cache = zeros(network.cache_rows::<f64>(n));
    let mut output = zeros(n * rows::<f64>(n_out));
    let mut statistics = zeros(network.statistics_rows::<f64>());
    let level = level();
    network.forward::<f64>(level, &theta, n, &input, &mut cache, &mut output, &mut statistics);
    [theta, input, cache, output]
}
