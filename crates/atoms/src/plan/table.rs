//! Embeddings on nodes: between two of them a polynomial of degree five, twice continuously differentiable.
//!
//! ```text
//! nodes     x_q = x_0 + q h; three lines a node: g, h g', h² g''                 [3 (K + 1), M]
//! between   g(x_q + t h) = Σ_r φ_r(t) (line r of nodes q, q + 1)
//! ```
//! Its errors are measured against the network itself between all nodes, and nodes are added until they
//! are small enough. Where the table ends, the network is asked.

use ground::kernel::dense::rows;
use ground::kernel::gathered::Table;
use ground::kernel::lane::Real;

use crate::form::Network;
use crate::form::jets::jets;

/// Lines a node.
pub const LINES: usize = 3;
/// Points of every cell where the error is measured.
const PROBES: [f64; 4] = [0.13, 0.37, 0.63, 0.87];
/// The first number of cells that is tried, and the last.
const CELLS: [usize; 2] = [16, 16384];

/// Where an embedding is tabulated, and how well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lowest and the highest argument.
    pub ends: [f64; 2],
    /// The largest error of g' allowed, in units of its largest value, or of 1.
    pub within: f64,
}

/// A tabulated embedding.
#[derive(Clone, Debug)]
pub struct Tabulated<T: Real> {
    ends: [f64; 2],
    per_cell: f64,
    /// 1/h, as a factor of slopes.
    inverse: f64,
    cells: usize,
    stride: usize,
    rows: Vec<T::Row>,
    /// The largest errors of g and g' found between nodes.
    pub errors: [f64; 2],
}

/// A place in a table: the cell, and how far in it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// q.
    pub cell: u32,
    /// t, from 0 to 1.
    pub t: f64,
}

impl<T: Real> Tabulated<T> {
    /// The table of an embedding.
    pub fn new(network: &Network, theta: &[f64], range: Range) -> Self {
        let mut cells = CELLS[0];
        loop {
            let nodes = Nodes::new(network, theta, range.ends, cells);
            let (errors, largest) = nodes.errors(network, theta);
            if errors[1] <= range.within * largest.max(1.0) || cells >= CELLS[1] {
                return nodes.rows(errors);
            }
            // The error of g' falls with the fifth power of the width.
            let ratio = errors[1] / (range.within * largest.max(1.0));
            cells = next(cells, ratio);
        }
    }

    /// Where an argument is; None outside.
    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is inside")]
    pub fn place(&self, x: f64) -> Option<Place> {
        if !(x >= self.ends[0] && x <= self.ends[1]) {
            return None;
        }
        let at = (x - self.ends[0]) * self.per_cell;
        let cell = (at as usize).min(self.cells - 1);
        Some(Place { cell: cell as u32, t: at - cell as f64 })
    }

    /// 1/h.
    pub fn inverse(&self) -> f64 {
        self.inverse
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.cells + 1
    }

    /// Its lines.
    pub fn lines(&self) -> Table<'_, T::Row> {
        Table { rows: &self.rows, stride: self.stride }
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        std::mem::size_of_val(&self.rows[..])
    }
}

/// More cells, by what is missing.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
fn next(cells: usize, ratio: f64) -> usize {
    let factor = ratio.powf(0.2).clamp(1.1, 4.0);
    ((cells as f64 * factor).ceil() as usize).min(CELLS[1])
}

/// φ of the six lines of a cell: three of its first node, three of its second.
#[inline]
pub fn basis<T: Real>(t: T) -> [T; 6] {
    let c = T::of;
    let (t2, t3) = (t * t, t * t * t);
    let value = t3 * (c(10.0) + t * (c(6.0) * t - c(15.0)));
    [
        c(1.0) - value,
        t + t3 * (t * (c(8.0) - c(3.0) * t) - c(6.0)),
        t2 * (c(0.5) + t * (t * (c(1.5) - c(0.5) * t) - c(1.5))),
        value,
        t3 * (t * (c(7.0) - c(3.0) * t) - c(4.0)),
        t3 * (c(0.5) + t * (c(0.5) * t - c(1.0))),
    ]
}

/// φ'.
#[inline]
pub fn slopes<T: Real>(t: T) -> [T; 6] {
    let c = T::of;
    let (t2, s) = (t * t, t * (c(1.0) - t));
    let value = c(30.0) * s * s;
    [
        c(0.0) - value,
        c(1.0) + t2 * (t * (c(32.0) - c(15.0) * t) - c(18.0)),
        t * (c(1.0) + t * (t * (c(6.0) - c(2.5) * t) - c(4.5))),
        value,
        t2 * (t * (c(28.0) - c(15.0) * t) - c(12.0)),
        t2 * (c(1.5) + t * (c(2.5) * t - c(4.0))),
    ]
}

/// Values and derivatives on nodes, in double precision.
struct Nodes {
    ends: [f64; 2],
    cells: usize,
    jets: [ground::array::Array; 3],
}

impl Nodes {
    fn new(network: &Network, theta: &[f64], ends: [f64; 2], cells: usize) -> Self {
        let h = (ends[1] - ends[0]) / cells as f64;
        let points: Vec<f64> = (0..=cells).map(|q| ends[0] + h * q as f64).collect();
        let mut jets = jets(network, theta, &points);
        jets[1] *= h;
        jets[2] *= h * h;
        Self { ends, cells, jets }
    }

    fn h(&self) -> f64 {
        (self.ends[1] - self.ends[0]) / self.cells as f64
    }

    /// The largest errors of g and g' at the probes, and the largest |g'| there.
    fn errors(&self, network: &Network, theta: &[f64]) -> ([f64; 2], f64) {
        let h = self.h();
        let (mut errors, mut largest) = ([0.0_f64; 2], 0.0_f64);
        for t in PROBES {
            let points: Vec<f64> =
                (0..self.cells).map(|q| self.ends[0] + h * (q as f64 + t)).collect();
            let exact = jets(network, theta, &points);
            let weights = [basis(t), slopes(t).map(|v| v / h)];
            for q in 0..self.cells {
                for m in 0..exact[0].ncols() {
                    let line = |r: usize| self.jets[r % 3][[q + r / 3, m]];
                    for (k, weights) in weights.iter().enumerate() {
                        let found: f64 = (0..6).map(|r| weights[r] * line(r)).sum();
                        errors[k] = errors[k].max((found - exact[k][[q, m]]).abs());
                    }
                    largest = largest.max(exact[1][[q, m]].abs());
                }
            }
        }
        (errors, largest)
    }

    fn rows<T: Real>(&self, errors: [f64; 2]) -> Tabulated<T> {
        let features = self.jets[0].ncols();
        let stride = rows::<T>(features);
        let mut all = vec![T::Row::default(); (self.cells + 1) * LINES * stride];
        for q in 0..=self.cells {
            for (r, jet) in self.jets.iter().enumerate() {
                let line = &mut all[(q * LINES + r) * stride..][..stride];
                write::<T>(line, jet.row(q).iter());
            }
        }
        let inverse = 1.0 / self.h();
        Tabulated {
            ends: self.ends,
            per_cell: inverse,
            inverse,
            cells: self.cells,
            stride,
            rows: all,
            errors,
        }
    }
}

/// Numbers into the rows of a line.
pub fn write<'a, T: Real>(line: &mut [T::Row], numbers: impl Iterator<Item = &'a f64>) {
    for (to, &v) in ground::kernel::lane::flat_mut::<T>(line).iter_mut().zip(numbers) {
        *to = T::of(v);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::network::Skip;
    use ground::kernel::gathered::project;
    use ground::kernel::lane::{flat, level};
    use ground::kernel::network::Activation;
    use ground::stream::Stream;

    #[test]
    fn exact_polynomials_of_degree_five() {
        // t⁵ has g = t⁵, g' = 5 t⁴, g'' = 20 t³ on nodes 0 and 1.
        let lines = [0.0, 0.0, 0.0, 1.0, 5.0, 20.0];
        for t in [0.0, 0.2, 0.7, 1.0_f64] {
            let of = |w: [f64; 6]| w.iter().zip(lines).map(|(w, l)| w * l).sum::<f64>();
            assert!((of(basis(t)) - t.powi(5)).abs() < 1e-14);
            assert!((of(slopes(t)) - 5.0 * t.powi(4)).abs() < 1e-14);
        }
    }

    #[test]
    fn errors_are_those_that_are_said() {
        let network = Network::new(&[1, 25, 50, 100], Activation::Tanh, Skip::Doubling, false);
        let theta = network.drawn(1.0, &Stream::new(2), 0);
        let range = Range { ends: [-0.5, 12.0], within: 1e-10 };
        let table = Tabulated::<f64>::new(&network, &theta, range);
        assert!(table.errors[1] < 1e-8 && table.errors[0] < table.errors[1], "{:?}", table.errors);
        let points: Vec<f64> = (0..300).map(|i| -0.5 + 12.5 * f64::from(i) / 299.0).collect();
        let exact = jets(&network, &theta, &points);
        for (i, &x) in points.iter().enumerate() {
            let place = table.place(x).unwrap();
            // Lines 40 and 41 of the identity pick two channels.
            let at: Vec<u32> = (0..6).map(|r| place.cell * 3 + r).collect();
            let mut z = vec![[0.0; 4]; 6];
            let mut a = vec![ground::kernel::lane::Row8::default(); 4 * table.stride];
            a[0].as_mut()[3] = 1.0;
            a[table.stride + 12].as_mut()[3] = 1.0;
            project::<f64>(level(), table.lines(), &at, &a, &mut z);
            let sum = |k: usize, w: [f64; 6]| (0..6).map(|r| w[r] * z[r][k]).sum::<f64>();
            for (k, m) in [(0, 3), (1, 99)] {
                assert!(
                    (sum(k, basis(place.t)) - exact[0][[i, m]]).abs()
                        < 3.0 * table.errors[0] + 1e-13
                );
                let slope = sum(k, slopes(place.t)) * table.inverse();
                assert!((slope - exact[1][[i, m]]).abs() < 3.0 * table.errors[1] + 1e-12);
            }
        }
        assert!(table.place(12.1).is_none() && table.place(-0.6).is_none());
        assert!(flat::<f64>(&table.rows).iter().all(|v| v.is_finite()));
    }
}
