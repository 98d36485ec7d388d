//! Multilinear interpolation on a grid of the unit cube: the rate that dimension spoils.
//!
//! N cells a side, h = 1/N, m = (N + 1)^d nodes. In a cell with corners c ∈ {0, 1}^d and coordinates
//! t ∈ [0, 1]^d,
//!
//! ```text
//! I f(x) = Σ_c f(node + h c) Π_i (c_i t_i + (1 − c_i)(1 − t_i)).
//! ```
//! For |x|² the error is h² Σ t_i (1 − t_i) in every cell, so its L² norm is exactly
//! h² √(d/30 + d(d − 1)/36): second order in h whatever d, and m^(−2/d) in what is paid for. Fit
//! against N; against m = (N + 1)^d the slope is off as long as N is not large.
//!
//! Three ways to the L² error √∫(f − I f)²:
//!
//! ```text
//! any f, exact for polynomials   tensor Gauss rule in each cell, (N q)^d evaluations of f
//! f = Σ_i g_i(x_i), exact too    one-dimensional errors e_i: Σ ∫e_i² + Σ_(i≠j) ∫e_i ∫e_j, any d
//! any f, sampled                 uniform points, a mean with its standard error
//! ```

use ground::estimate::Estimate;
use ground::quadrature::{self, Rule};
use ground::stream::Stream;
use ground::{Error, Result, par};

/// The highest dimension.
pub const MOST_DIMENSIONS: usize = 16;

/// The most nodes: 1 GiB of values.
pub const MOST_NODES: usize = 1 << 27;

/// The most evaluations in one quadrature.
pub const MOST_EVALUATIONS: usize = 1 << 30;

/// Sampled points that one piece of work takes.
const PIECE: usize = 1024;

/// A function of a point, to be called from many threads.
pub type Function<'a> = &'a (dyn Fn(&[f64]) -> f64 + Sync);

/// The nodes of a grid of N cells a side, m = (N + 1)^d. Fails where they do not fit into memory.
///
/// ```
/// assert_eq!(lab::grid::nodes(8, 4).unwrap(), 390_625);
/// let error = lab::grid::nodes(10, 9).unwrap_err().to_string();
/// assert!(error.contains("10^10 nodes"));
/// ```
pub fn nodes(d: usize, cells: usize) -> Result<usize> {
    if !(1..=MOST_DIMENSIONS).contains(&d) {
        return Err(Error::input("dimension", format!("a grid in {d} dimensions is not possible"))
            .allowed(format!("From 1 to {MOST_DIMENSIONS} are allowed")));
    }
    if cells == 0 {
        return Err(Error::input("cells", "a grid without cells has no inside")
            .allowed("At least 1 cell a side is needed"));
    }
    power(cells.saturating_add(1), d).filter(|m| *m <= MOST_NODES).ok_or_else(|| {
        let side = cells.saturating_add(1);
        Error::input("cells", format!("{side}^{d} nodes of 8 bytes do not fit into memory"))
            .allowed(format!("At most {MOST_NODES} nodes are allowed: take fewer cells a side"))
    })
}

/// √∫(|x|² − I|x|²)² over the unit cube: h² √(d/30 + d(d − 1)/36).
///
/// ```
/// assert!((lab::grid::square_error(8, 4) - 8.43686e-2).abs() < 1e-7);
/// ```
pub fn square_error(d: usize, cells: usize) -> f64 {
    let (d, h) = (d as f64, 1.0 / cells as f64);
    h * h * (d / 30.0 + d * (d - 1.0) / 36.0).sqrt()
}

/// √∫(f − I f)² for f(x) = Σ_i g_i(x_i), d = the number of parts, with N cells a side.
///
/// The interpolant of such a sum is the sum of the broken lines through its parts, so that nothing
/// is larger than d N: exact for polynomials of degree up to `gauss` − 1 each, in any dimension.
///
/// ```
/// let square: &dyn Fn(f64) -> f64 = &|x| x * x;
/// let error = lab::grid::error_of_sum(&[square; 100], 4, 3);
/// assert!((error - lab::grid::square_error(100, 4)).abs() < 1e-12);
/// ```
///
/// # Panics
/// If there are no cells or no Gauss nodes.
pub fn error_of_sum(parts: &[&dyn Fn(f64) -> f64], cells: usize, gauss: usize) -> f64 {
    assert!(cells > 0, "a grid has at least one cell a side");
    let rule = quadrature::legendre(gauss, 0.0, 1.0);
    let h = 1.0 / cells as f64;
    let (mut spread, mut mean) = (0.0, 0.0);
    for g in parts {
        let (mut first, mut second) = (0.0, 0.0);
        for cell in 0..cells {
            let at = |t: f64| g((cell as f64 + t) / cells as f64);
            let (low, high) = (at(0.0), at(1.0));
            for (t, w) in rule.iter() {
                let e = at(t) - (1.0 - t) * low - t * high;
                first += h * w * e;
                second += h * w * e * e;
            }
        }
        spread += second - first * first;
        mean += first;
    }
    (spread + mean * mean).max(0.0).sqrt()
}

/// The values of a function at the nodes of a grid, and what is between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    d: usize,
    cells: usize,
    /// `[N + 1; d]`, the last coordinate fastest.
    values: Vec<f64>,
}

impl Grid {
    /// The interpolant of f with N cells a side. Fails where the nodes do not fit into memory or f
    /// is not finite at one.
    pub fn of(f: Function, d: usize, cells: usize) -> Result<Self> {
        let m = nodes(d, cells)?;
        let pieces = par::map(m.div_ceil(PIECE), |piece| {
            let mut x = vec![0.0; d];
            let values = (piece * PIECE..m.min((piece + 1) * PIECE)).map(|node| {
                digits(node, cells + 1, |i, k| x[i] = k as f64 / cells as f64, d);
                f(&x)
            });
            values.collect::<Vec<f64>>()
        });
        let values = pieces.concat();
        if let Some(node) = values.iter().position(|y| !y.is_finite()) {
            return Err(Error::Numeric { what: "the function at a node".into(), at: node as u64 });
        }
        Ok(Self { d, cells, values })
    }

    /// m = (N + 1)^d.
    pub fn n_nodes(&self) -> usize {
        self.values.len()
    }

    /// I f(x); outside of the cube the nearest cell goes on.
    ///
    /// # Panics
    /// If x has another dimension.
    pub fn at(&self, x: &[f64]) -> f64 {
        let mut corners = vec![0.0; 1 << self.d];
        self.between(x, &mut corners)
    }

    /// √∫(f − I f)² by `gauss` nodes a side in every cell: exact where f is a polynomial of degree at
    /// most `gauss` − 1 in each coordinate. Fails where it takes more than [`MOST_EVALUATIONS`].
    pub fn exact_error(&self, f: Function, gauss: usize) -> Result<f64> {
        let d = self.d;
        let cost = self.cells.checked_mul(gauss).and_then(|side| power(side, d));
        if gauss == 0 || cost.is_none_or(|cost| cost > MOST_EVALUATIONS) {
            let found = format!("({} cells x {gauss} Gauss nodes)^{d} evaluations", self.cells);
            return Err(Error::input("error", format!("{found} are not possible")).allowed(
                format!("From 1 to {MOST_EVALUATIONS} are allowed: sample the error instead"),
            ));
        }
        let rule = quadrature::legendre(gauss, 0.0, 1.0);
        let volume = (self.cells as f64).powf(-(d as f64));
        // One piece of work is a row of cells along the last coordinate.
        let rows = self.cells.pow(u32::try_from(d - 1).unwrap_or(0));
        let sum = par::reduce(rows, |row| self.row_error(f, &rule, row), |a, b| a + b);
        Ok((sum.unwrap_or(0.0) * volume).sqrt())
    }

    /// √∫(f − I f)² from n uniform points, with its standard error by the delta method.
    pub fn sampled_error(&self, f: Function, n: usize, stream: &Stream) -> Estimate {
        let pieces = par::map(n.div_ceil(PIECE), |piece| {
            let (mut x, mut corners) = (vec![0.0; self.d], vec![0.0; 1 << self.d]);
            let squares = (piece * PIECE..n.min((piece + 1) * PIECE)).map(|i| {
                for (c, x) in x.iter_mut().enumerate() {
                    *x = stream.uniform(i as u64, 0, c);
                }
                (f(&x) - self.between(&x, &mut corners)).powi(2)
            });
            squares.collect::<Vec<f64>>()
        });
        let square = Estimate::of(&pieces.concat());
        let mean = square.mean.sqrt();
        let stderr = if mean == 0.0 { 0.0 } else { square.stderr / (2.0 * mean) };
        Estimate { mean, stderr, n }
    }

    /// The values at the 2^d corners of a cell, the last coordinate fastest.
    fn corners(&self, cell: &[usize], corners: &mut [f64]) {
        let side = self.cells + 1;
        let low = cell.iter().fold(0, |place, k| place * side + k);
        for (c, corner) in corners.iter_mut().enumerate() {
            let mut step = 0;
            for i in 0..self.d {
                step = step * side + (c >> (self.d - 1 - i) & 1);
            }
            *corner = self.values[low + step];
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..=cells")]
    fn between(&self, x: &[f64], corners: &mut [f64]) -> f64 {
        assert!(x.len() == self.d, "a point of R^{} in a grid of R^{}", x.len(), self.d);
        let mut cell = [0; MOST_DIMENSIONS];
        let mut t = [0.0; MOST_DIMENSIONS];
        for (i, x) in x.iter().enumerate() {
            let place = x * self.cells as f64;
            cell[i] = (place.max(0.0) as usize).min(self.cells - 1);
            t[i] = place - cell[i] as f64;
        }
        self.corners(&cell[..self.d], corners);
        for (i, t) in t[..self.d].iter().enumerate() {
            // The first coordinate left is the slowest: both halves become one.
            let (low, high) = corners[..1 << (self.d - i)].split_at_mut(1 << (self.d - 1 - i));
            for (low, high) in low.iter_mut().zip(high) {
                *low = (1.0 - t) * *low + t * *high;
            }
        }
        corners[0]
    }

    /// Σ over the cells of a row of ∫(f − I f)² in cell coordinates.
    fn row_error(&self, f: Function, rule: &Rule, row: usize) -> f64 {
        let (d, q) = (self.d, rule.nodes.len());
        let mut cell = vec![0; d];
        let mut corners = vec![0.0; 1 << d];
        let mut x = vec![0.0; d];
        let mut sum = 0.0;
        digits(row, self.cells, |i, k| cell[i] = k, d - 1);
        for last in 0..self.cells {
            cell[d - 1] = last;
            self.corners(&cell, &mut corners);
            let inside = refined(&corners, &rule.nodes, d); // [q; d]
            for (place, value) in inside.iter().enumerate() {
                let mut weight = 1.0;
                let coordinate = |i: usize, k: usize| {
                    x[i] = (cell[i] as f64 + rule.nodes[k]) / self.cells as f64;
                    weight *= rule.weights[k];
                };
                digits(place, q, coordinate, d);
                sum += weight * (f(&x) - value).powi(2);
            }
        }
        sum
    }
}

/// The multilinear function with these values at the corners at all points of a tensor grid of the
/// cell, `[2; d] → [q; d]`, one coordinate after the other.
fn refined(corners: &[f64], nodes: &[f64], d: usize) -> Vec<f64> {
    let mut values = corners.to_vec();
    for i in 0..d {
        // Done are i coordinates, the slowest ones; d − 1 − i are left behind this one.
        let behind = 1 << (d - 1 - i);
        let mut next = Vec::with_capacity(values.len() / 2 * nodes.len());
        for pair in values.chunks_exact(2 * behind) {
            let (low, high) = pair.split_at(behind);
            for t in nodes {
                next.extend(low.iter().zip(high).map(|(low, high)| (1.0 - t) * low + t * high));
            }
        }
        values = next;
    }
    values
}

/// Tells the d digits of a number in this base, the first one the most significant.
fn digits(mut number: usize, base: usize, mut tell: impl FnMut(usize, usize), d: usize) {
    for i in (0..d).rev() {
        tell(i, number % base);
        number /= base;
    }
}

/// side^d where it is a number.
fn power(side: usize, d: usize) -> Option<usize> {
    side.checked_pow(u32::try_from(d).ok()?)
}

#[cfg(test)]
mod tests;
