//! Embeddings on nodes: between two of them a polynomial of degree five, twice continuously differentiable.
//!
//! ```text
//! nodes     x_q = x_0 + q h; three lines a node: g, h g', h² g''                 [3 (K + 1), M]
//! between   g(x_q + t h) = Σ_r φ_r(t) (line r of nodes q, q + 1)
//! ```
//! Its errors are measured against the network itself between all nodes, and nodes are added until they
//! are small enough. Where the table ends, the network is asked.

use fearless_simd::{Simd, SimdBase, SimdFloat, f64x8};
use ground::kernel::dense::rows;
use ground::kernel::gathered::Table;
use ground::kernel::lane::Real;

use super::environment::Number;
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
    axis: Axis,
    cells: usize,
    stride: usize,
    rows: Vec<T::Row>,
    /// The largest errors of g and g' found between nodes.
    pub errors: [f64; 2],
}

/// Nodes on a line.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    low: f64,
    /// 1/h.
    per_cell: f64,
    last: f64,
}

impl Axis {
    /// So many cells between two ends.
    pub fn new(ends: [f64; 2], cells: usize) -> Self {
        let per_cell = cells as f64 / (ends[1] - ends[0]);
        Self { low: ends[0], per_cell, last: (cells - 1) as f64 }
    }

    /// The cells q of arguments, and how far in them they are: t, from 0 to 1.
    #[inline(always)]
    pub fn place<S: Simd>(self, simd: S, x: f64x8<S>) -> [f64x8<S>; 2] {
        let all = |v| f64x8::splat(simd, v);
        let at = (x - self.low) * self.per_cell;
        let cell = at.floor().max(all(0.0)).min(all(self.last));
        [cell, at - cell]
    }

    /// 1/h, as a factor of slopes.
    pub fn per_cell(self) -> f64 {
        self.per_cell
    }
}

impl<T: Real> Tabulated<T> {
    /// The table of an embedding.
    pub fn new(network: &Network, theta: &[f64], range: Range) -> Self {
        let (nodes, errors) = Nodes::sufficient::<T>(network, theta, range, CELLS);
        nodes.rows(errors)
    }

    /// Its nodes.
    pub fn axis(&self) -> Axis {
        self.axis
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
    (cells as f64 * factor).ceil() as usize
}

/// φ of the six lines of a cell: three of its first node, three of its second.
#[inline(always)]
pub fn basis<V: Number>(t: V) -> [V; 6] {
    let t2 = t * t;
    let t3 = t2 * t;
    let value = t3 * (t * (t * 6.0 - 15.0) + 10.0);
    [
        value * -1.0 + 1.0,
        t + t3 * (t * (t * -3.0 + 8.0) - 6.0),
        t2 * (t * (t * (t * -0.5 + 1.5) - 1.5) + 0.5),
        value,
        t3 * (t * (t * -3.0 + 7.0) - 4.0),
        t3 * (t * (t * 0.5 - 1.0) + 0.5),
    ]
}

/// φ'.
#[inline(always)]
pub fn derivatives<V: Number>(t: V) -> [V; 6] {
    let t2 = t * t;
    let s = t - t2;
    let value = s * s * 30.0;
    [
        value * -1.0,
        t2 * (t * (t * -15.0 + 32.0) - 18.0) + 1.0,
        t * (t * (t * (t * -2.5 + 6.0) - 4.5) + 1.0),
        value,
        t2 * (t * (t * -15.0 + 28.0) - 12.0),
        t2 * (t * (t * 2.5 - 4.0) + 1.5),
    ]
}

/// What the slope is made of, times h: in double precision φ'. In single precision differences of g on
/// neighbouring nodes would be mostly rounding; there it is the cubic through h g' and its slope h² g''
/// on both nodes, which differs from φ' by less than the error that tables may have.
#[inline(always)]
pub fn slopes<T: Real, V: Number>(t: V) -> [V; 6] {
    if T::LANES == 8 {
        return derivatives(t);
    }
    let t2 = t * t;
    let (zero, step) = (t * 0.0, t2 * (t * -2.0 + 3.0));
    [zero, step * -1.0 + 1.0, t * (t * (t - 2.0) + 1.0), zero, step, t2 * (t - 1.0)]
}

/// Values and derivatives on nodes, as they are stored.
struct Nodes {
    ends: [f64; 2],
    cells: usize,
    jets: [ground::array::Array; 3],
}

/// The fewest cells, from a first number to a last, with which the error is as small as it must be, and
/// the errors of g and g' then.
pub fn cells(
    network: &Network,
    theta: &[f64],
    range: Range,
    between: [usize; 2],
) -> (usize, [f64; 2]) {
    let (nodes, errors) = Nodes::sufficient::<f64>(network, theta, range, between);
    (nodes.cells, errors)
}

impl Nodes {
    fn sufficient<T: Real>(
        network: &Network,
        theta: &[f64],
        range: Range,
        [first, last]: [usize; 2],
    ) -> (Self, [f64; 2]) {
        let mut cells = first;
        loop {
            let nodes = Self::new(network, theta, range.ends, cells);
            let (errors, largest) = nodes.errors::<T>(network, theta);
            let allowed = range.within * largest.max(1.0);
            if errors[1] <= allowed || cells >= last {
                return (nodes, errors);
            }
            // The error of g' falls with the fourth or fifth power of the width.
            cells = next(cells, errors[1] / allowed).min(last);
        }
    }

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
    fn errors<T: Real>(&self, network: &Network, theta: &[f64]) -> ([f64; 2], f64) {
        let h = self.h();
        let (mut errors, mut largest) = ([0.0_f64; 2], 0.0_f64);
        for t in PROBES {
            let points: Vec<f64> =
                (0..self.cells).map(|q| self.ends[0] + h * (q as f64 + t)).collect();
            let exact = jets(network, theta, &points);
            let weights = [basis(t), slopes::<T, _>(t).map(|v| v / h)];
            for q in 0..self.cells {
                for m in 0..exact[0].ncols() {
                    let line = |r: usize| T::of(self.jets[r % 3][[q + r / 3, m]]).wide();
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
        Tabulated {
            axis: Axis::new(self.ends, self.cells),
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
    use ground::dispatch;
    use ground::kernel::gathered::project;
    use ground::kernel::lane::{Row8, flat, flat_mut, level};
    use ground::kernel::network::Activation;
    use ground::stream::Stream;

    #[test]
    fn exact_polynomials_of_degree_five() {
        // t⁵ has g = t⁵, g' = 5 t⁴, g'' = 20 t³ on nodes 0 and 1.
        let lines = [0.0, 0.0, 0.0, 1.0, 5.0, 20.0];
        for t in [0.0, 0.2, 0.7, 1.0_f64] {
            let of = |w: [f64; 6]| w.iter().zip(lines).map(|(w, l)| w * l).sum::<f64>();
            assert!((of(basis(t)) - t.powi(5)).abs() < 1e-14);
            assert!((of(slopes::<f64, _>(t)) - 5.0 * t.powi(4)).abs() < 1e-14);
        }
    }

    /// Cell and place in it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cell")]
    fn placed(axis: Axis, x: f64) -> (u32, f64) {
        let mut rows = [Row8::default(); 2];
        dispatch!(level(), simd => {
            let [cell, t] = axis.place(simd, f64x8::splat(simd, x));
            f64::store(cell, &mut rows[0]);
            f64::store(t, &mut rows[1]);
        });
        let [cell, t] = rows.map(|row| row.as_ref()[0]);
        (cell as u32, t)
    }

    fn errors<T: Real>(within: f64, below: f64, rounding: f64) {
        let network = Network::new(&[1, 25, 50, 100], Activation::Tanh, Skip::Doubling, false);
        let theta = network.drawn(1.0, &Stream::new(2), 0);
        let range = Range { ends: [-0.5, 12.0], within };
        let table = Tabulated::<T>::new(&network, &theta, range);
        assert!(table.errors[1] < below && table.errors[0] < table.errors[1], "{:?}", table.errors);
        let points: Vec<f64> = (0..300).map(|i| -0.5 + 12.5 * f64::from(i) / 299.0).collect();
        let exact = jets(&network, &theta, &points);
        for (i, &x) in points.iter().enumerate() {
            let (cell, t) = placed(table.axis(), x);
            // Two lines of an identity pick two channels.
            let at: Vec<u32> = (0..6).map(|r| cell * 3 + r).collect();
            let (mut z, picked) = (vec![[T::of(0.0); 4]; 6], [3, 99]);
            let mut a = vec![T::Row::default(); 4 * table.stride];
            for (k, m) in picked.into_iter().enumerate() {
                flat_mut::<T>(&mut a[k * table.stride..])[m] = T::of(1.0);
            }
            project::<T>(level(), table.lines(), &at, &a, &mut z);
            let sum = |k: usize, w: [f64; 6]| (0..6).map(|r| w[r] * z[r][k].wide()).sum::<f64>();
            for (k, m) in picked.into_iter().enumerate() {
                let off = (sum(k, basis(t)) - exact[0][[i, m]]).abs();
                assert!(off < 3.0 * table.errors[0] + rounding, "g_{m}({x}): {off}");
                let slope = sum(k, slopes::<T, _>(t)) * table.axis().per_cell();
                let off = (slope - exact[1][[i, m]]).abs();
                assert!(off < 3.0 * table.errors[1] + rounding, "g'_{m}({x}): {off}");
            }
        }
        assert!(flat::<T>(&table.rows).iter().all(|v| v.wide().is_finite()));
    }

    #[test]
    fn errors_are_those_that_are_said() {
        errors::<f64>(1e-10, 1e-8, 1e-12);
        errors::<f32>(5e-7, 5e-6, 2e-7);
    }
}
