//! The neuron of inner norm 1 that follows given signs best.
//!
//! h(w) = Σ_i ξ_i σ(w·x_i) on ‖w‖₁ = 1. Where no w·x_i changes its sign h is g·w, g the sum of ξ_i x_i over
//! the points with w·x_i > 0; so h has its largest size in the plane at a kink w·x_i = 0 or at a vertex.
//!
//! In more dimensions the ascent goes from w towards the vertex ±e_k that g·w likes best, as far as h
//! grows: (1 − γ)w ± γe_k with γ = 1, ½, ¼ …, brought back to ‖w‖₁ = 1. h is of degree 1 in w, so that its
//! value never falls.

use ground::array::Array;
use ground::stream::Stream;

use crate::Sample;

/// Directions that the ascent begins with, for each sign of h.
const STARTS: usize = 2;

/// Steps of an ascent at most.
const STEPS: usize = 40;

/// Halvings of a step.
const HALVINGS: usize = 12;

/// The directions that are tried, and what they do at the points.
#[derive(Debug)]
pub(super) struct Neuron<'a> {
    points: &'a Sample,
    /// `[directions, d]`.
    directions: Array,
    /// σ(w·x_i), `[directions, n]`.
    features: Array,
}

impl<'a> Neuron<'a> {
    /// Vertices, and kinks in the plane or random directions beyond it.
    pub(super) fn new(points: &'a Sample, random: usize, stream: &Stream) -> Self {
        let d = points.d;
        let stream = stream.child("directions");
        let mut list: Vec<f64> = Vec::new();
        for k in 0..2 * d {
            list.extend((0..d).map(|i| match (i == k / 2, k % 2 == 0) {
                (true, true) => 1.0,
                (true, false) => -1.0,
                _ => 0.0,
            }));
        }
        match d {
            1 => {}
            2 => {
                for i in 0..points.n() {
                    let [x, y] = [points.point(i)[0], points.point(i)[1]];
                    let size = x.abs() + y.abs();
                    if size > 0.0 {
                        list.extend([-y / size, x / size, y / size, -x / size]);
                    }
                }
            }
            _ => {
                for path in 0..random {
                    let mut w: Vec<f64> =
                        (0..d).map(|i| stream.normal(path as u64, 0, i)).collect();
                    normalise(&mut w);
                    list.extend(w);
                }
            }
        }
        let directions = ground::array::rows(list.len() / d, d, &list);
        let x = ground::array::rows(points.n(), d, &points.x);
        let features = directions.dot(&x.t()).mapv(|z| z.max(0.0));
        Self { points, directions, features }
    }

    /// True where the directions hold the best one for any signs.
    pub(super) fn is_exact(&self) -> bool {
        self.points.d <= 2
    }

    /// max |h|, or what the search finds of it.
    pub(super) fn largest(&self, signs: &[f64]) -> f64 {
        let value = |row: usize| -> f64 {
            self.features.row(row).iter().zip(signs).map(|(f, s)| f * s).sum()
        };
        let values: Vec<f64> = (0..self.features.nrows()).map(value).collect();
        let mut best = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        if !self.is_exact() {
            for side in [1.0, -1.0] {
                let mut order: Vec<usize> = (0..values.len()).collect();
                order.sort_by(|&i, &j| (side * values[j]).total_cmp(&(side * values[i])));
                let turned: Vec<f64> = signs.iter().map(|s| side * s).collect();
                for &row in order.iter().take(STARTS) {
                    best = best.max(self.ascend(self.directions.row(row).to_vec(), &turned));
                }
            }
        }
        best
    }

    /// h at the end of an ascent from w.
    fn ascend(&self, mut w: Vec<f64>, signs: &[f64]) -> f64 {
        let (mut value, mut slope) = self.value_and_slope(&w, signs);
        for _ in 0..STEPS {
            let size = |k: &usize| slope[*k].abs();
            let best = (0..w.len()).max_by(|i, j| size(i).total_cmp(&size(j)));
            let Some(k) = best else { break };
            let mut share = 1.0;
            let step = (0..HALVINGS).find_map(|_| {
                let mut to: Vec<f64> = w.iter().map(|w| (1.0 - share) * w).collect();
                to[k] += share * slope[k].signum();
                share *= 0.5;
                normalise(&mut to);
                let (higher, next) = self.value_and_slope(&to, signs);
                (higher > value * (1.0 + 1e-9)).then_some((to, higher, next))
            });
            let Some(step) = step else { break };
            (w, value, slope) = step;
        }
        value
    }

    /// h(w) and g.
    fn value_and_slope(&self, w: &[f64], signs: &[f64]) -> (f64, Vec<f64>) {
        let (mut value, mut slope) = (0.0, vec![0.0; w.len()]);
        for (i, sign) in signs.iter().enumerate() {
            let x = self.points.point(i);
            let z: f64 = w.iter().zip(x).map(|(w, x)| w * x).sum();
            if z > 0.0 {
                value += sign * z;
                for (slope, x) in slope.iter_mut().zip(x) {
                    *slope += sign * x;
                }
            }
        }
        (value, slope)
    }
}

/// ‖w‖₁ = 1, unless w is 0.
fn normalise(w: &mut [f64]) {
    let size: f64 = w.iter().map(|w| w.abs()).sum();
    if size > 0.0 {
        for w in w.iter_mut() {
            *w /= size;
        }
    }
}
