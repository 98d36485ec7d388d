//! A two-layer network on a full batch: forward, reverse and a move, many times on the same data.
//!
//! ```text
//! f(x) = s Σ_j a_j σ(b_j · x + c_j),   Σ_i (f(x_i) − y_i)²,   r_i = weight (f(x_i) − y_i)
//! ∂a_j = Σ_i r_i σ(·)_ij,   ∂b_j = a_j Σ_i r_i σ'(·)_ij x_i,   ∂c_j = a_j Σ_i r_i σ'(·)_ij
//! ```
//! Lanes are neurons: a block is LANES of them, row q of a block their weights of input q. Samples are
//! broadcast, so no sum over samples crosses lanes, and those over neurons do once a sample. Values are
//! kept between the two passes; where they would not stay in the second cache the samples go through in
//! slabs. Sums run over inputs, blocks and samples in their order, whatever the tiles: all levels with
//! fused sums give the same bits. Neurons that fill up a block are zero and stay zero.

mod forward;
mod penalty;
mod reverse;
#[cfg(test)]
mod tests;

use fearless_simd::{Level, Simd};

use self::forward::{Forth, Residuals, TILE, Weights, combine, forward, residuals};
use self::reverse::{Back, Finish, Roll, finish, reverse, roll, weigh};
use super::dense::rows;
use super::lane::{self, Real};
use super::network::Activation;
use super::update::Update;

/// What is kept between forward and reverse: bytes that a second cache holds beside the rest.
const KEPT: usize = 1 << 19;

/// Samples of a slab are a multiple of this: whole tiles and whole rows.
const SLAB: usize = 48;

/// A two-layer network with one output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoLayer {
    /// d.
    pub inputs: usize,
    /// m.
    pub width: usize,
    /// Whether there are c.
    pub bias: bool,
    /// σ.
    pub activation: Activation,
    /// s.
    pub scale: f64,
}

impl TwoLayer {
    /// Numbers of a sample on the way back: its inputs, 1 where there is a bias, filled up.
    fn wide(self) -> usize {
        (self.inputs + usize::from(self.bias)).next_multiple_of(2)
    }

    /// Lengths in rows of the blocks a, b and c.
    pub fn rows<T: Real>(self) -> [usize; 3] {
        let blocks = rows::<T>(self.width);
        [blocks, blocks * self.inputs, if self.bias { blocks } else { 0 }]
    }

    /// The weights in rows.
    fn weights<T: Real>(self, [outer, inner, bias]: [&[T::Row]; 3]) -> Weights<'_, T::Row> {
        let found = [outer.len(), inner.len(), bias.len()];
        assert_eq!(found, self.rows::<T>(), "rows of a, b and c: found, needed");
        Weights { d: self.inputs, inner, outer, bias }
    }
}

/// A pass over blocks of neurons.
#[derive(Debug)]
pub struct Pass<'a, T: Real>(Kind<'a, T>);

#[derive(Debug)]
enum Kind<'a, T: Real> {
    Forward(Forth<'a, T>),
    /// Outer weights, values, sums.
    Combine(&'a [T::Row], &'a [T::Row], &'a mut [T::Row]),
    Residuals(Residuals<'a, T>),
    Reverse(Back<'a, T>),
    /// Residuals, values, sums.
    Weigh(&'a [T], &'a [T::Row], &'a mut [T::Row]),
    Finish(Finish<'a, T>),
    Roll(Roll<'a, T>),
}

/// The body of every pass: sums of products, maxima with 0 and what follows from where they are 0. What it
/// returns is Σ e² of residuals and 0 where not all is finite.
#[inline(always)]
pub(super) fn pass<T: Real, S: Simd>(simd: S, Pass(kind): Pass<'_, T>) -> f64 {
    match kind {
        Kind::Forward(mut pass) => forward::<T, S>(simd, &mut pass),
        Kind::Combine(outer, values, sums) => combine::<T, S>(simd, outer, values, sums),
        Kind::Residuals(mut pass) => return residuals::<T, S>(simd, &mut pass),
        Kind::Reverse(mut pass) => reverse::<T, S>(simd, &mut pass),
        Kind::Weigh(r, values, sums) => weigh::<T, S>(simd, r, values, sums),
        Kind::Finish(mut pass) => return f64::from(u8::from(finish::<T, S>(simd, &mut pass))),
        Kind::Roll(pass) => roll::<T, S>(simd, pass),
    }
    1.0
}

/// Data of a regression and the room for passes over it.
#[derive(Clone, Debug)]
pub struct Regression<T: Real> {
    network: TwoLayer,
    level: Level,
    n: usize,
    /// Samples of a slab.
    slab: usize,
    /// Inputs, in tiles of samples.
    tiles: Vec<T>,
    /// Inputs, sample after sample, each `wide` numbers.
    lines: Vec<T>,
    /// Targets, a lane a sample.
    y: Vec<T::Row>,
    /// Residuals, a lane a sample.
    r: Vec<T::Row>,
    sums: Vec<T::Row>,
    kept: Vec<T::Row>,
    /// Values where arguments are kept.
    values: Vec<T::Row>,
    /// r σ' where it does not follow from values at once.
    back: Vec<T::Row>,
    /// G.
    inner: Vec<T::Row>,
    /// The last gradient: by a, b and c.
    gradient: [Vec<T::Row>; 3],
}

impl<T: Real> Regression<T> {
    /// Packs samples x `[n, d]` and their targets.
    ///
    /// # Panics
    /// If there are not d numbers to every target.
    pub fn new(level: Level, network: TwoLayer, x: &[f64], y: &[f64]) -> Self {
        let (d, n) = (network.inputs, y.len());
        assert_eq!(x.len(), n * d, "numbers of samples: found, needed");
        let blocks = rows::<T>(network.width).max(1);
        let slab = (KEPT / (64 * blocks) / SLAB * SLAB).max(SLAB);
        let wide = network.wide();
        let mut lines = vec![T::of(0.0); n * wide];
        for (line, x) in lines.chunks_exact_mut(wide.max(1)).zip(x.chunks_exact(d.max(1))) {
            for (to, &x) in line.iter_mut().zip(x) {
                *to = T::of(x);
            }
            if network.bias {
                line[d] = T::of(1.0);
            }
        }
        let mut tiles = Vec::with_capacity(n * d);
        for tile in x.chunks(TILE * d.max(1)) {
            let samples = tile.len() / d.max(1);
            tiles.extend((0..d * samples).map(|k| T::of(tile[k % samples * d + k / samples])));
        }
        let mut packed = vec![T::Row::default(); rows::<T>(n)];
        for (to, &y) in lane::flat_mut::<T>(&mut packed).iter_mut().zip(y) {
            *to = T::of(y);
        }
        let zeros = |n: usize| vec![T::Row::default(); n];
        let most = slab.min(n);
        let smooth = network.activation != Activation::Relu;
        let keeps = smooth && network.activation.keeps_argument();
        Self {
            network,
            level,
            n,
            slab,
            tiles,
            lines,
            r: zeros(packed.len()),
            y: packed,
            sums: zeros(most.next_multiple_of(T::LANES)),
            kept: zeros(blocks * most),
            values: zeros(if keeps { blocks * most } else { 0 }),
            back: zeros(if smooth { blocks * most } else { 0 }),
            inner: zeros(blocks * wide),
            gradient: network.rows::<T>().map(zeros),
        }
    }

    /// Σ (f(x_i) − y_i)².
    pub fn squares(&mut self, theta: [&[T::Row]; 3]) -> f64 {
        let weights = self.network.weights::<T>(theta);
        let slabs = (0..self.n).step_by(self.slab);
        slabs.map(|from| self.forth(weights, from, 1.0)).sum()
    }

    /// f(x_i) − y_i.
    pub fn residuals(&mut self, theta: [&[T::Row]; 3]) -> Vec<f64> {
        self.squares(theta);
        lane::flat::<T>(&self.r)[..self.n].iter().map(|r| r.wide()).collect()
    }

    /// Σ (f(x_i) − y_i)², and the gradient of ½ weight times that. None where one is not finite.
    pub fn gradient(&mut self, theta: [&[T::Row]; 3], weight: f64) -> Option<f64> {
        let weights = self.network.weights::<T>(theta);
        let mut squares = 0.0;
        for from in (0..self.n).step_by(self.slab) {
            squares += self.forth(weights, from, weight * self.network.scale);
            self.back(from);
        }
        (self.finish(weights) && squares.is_finite()).then_some(squares)
    }

    /// Adds the sub-gradient of λ s Σ |a_j| (‖b_j‖₁ + |c_j|) to the last gradient; returns that.
    pub fn penalise(&mut self, theta: [&[T::Row]; 3], lambda: f64) -> f64 {
        let weights = self.network.weights::<T>(theta);
        let by = lambda * self.network.scale;
        let into = self.gradient.each_mut().map(|rows| &mut rows[..]);
        by * penalty::penalise::<T>(weights, T::of(by), into)
    }

    /// The gradient by a, b and c that was computed last.
    pub fn slopes(&self) -> [&[T::Row]; 3] {
        self.gradient.each_ref().map(|rows| &rows[..])
    }

    /// One move along the last gradient: of each block its parameters and two memories.
    pub fn move_along(&self, by: Update, blocks: [[&mut [T::Row]; 3]; 3]) {
        for ([theta, first, second], gradient) in blocks.into_iter().zip(&self.gradient) {
            if let Update::Momentum { rate, keep } = by {
                let numbers = [rate, keep].map(T::of);
                self.run(Kind::Roll(Roll { numbers, theta, ball: first, gradient }));
            } else {
                by.apply_rows::<T>(self.level, [theta, first, second], gradient);
            }
        }
    }

    fn run(&self, kind: Kind<'_, T>) -> f64 {
        T::two_layer(self.level, Pass(kind))
    }

    /// Samples of the slab that begins here.
    fn length(&self, from: usize) -> usize {
        self.slab.min(self.n - from)
    }

    /// Forward through a slab, to its residuals times `weight`; returns the sum of their squares.
    fn forth(&mut self, weights: Weights<'_, T::Row>, from: usize, weight: f64) -> f64 {
        let (n, d) = (self.length(from), self.network.inputs);
        let (level, activation) = (self.level, self.network.activation);
        let relu = activation == Activation::Relu;
        let whole = n.next_multiple_of(T::LANES);
        let kept = &mut self.kept[..weights.outer.len() * n];
        let sums = &mut self.sums[..whole];
        sums[n..].fill(T::Row::default());
        let x = &self.tiles[from * d..][..n * d];
        let pass = Forth { weights, n, x, relu, kept: &mut *kept, sums: &mut sums[..n] };
        T::two_layer(level, Pass(Kind::Forward(pass)));
        if !relu {
            let values = if activation.keeps_argument() {
                let values = &mut self.values[..kept.len()];
                values.copy_from_slice(kept);
                values
            } else {
                kept
            };
            T::activate(level, activation, values);
            T::two_layer(level, Pass(Kind::Combine(weights.outer, values, &mut sums[..n])));
        }
        let (first, whole) = (from / T::LANES, whole / T::LANES);
        let pass = Residuals {
            sums,
            y: &self.y[first..][..whole],
            scale: T::of(self.network.scale),
            weight: T::of(weight),
            r: &mut self.r[first..][..whole],
        };
        T::two_layer(level, Pass(Kind::Residuals(pass)))
    }

    /// Back through the slab that went forward last.
    fn back(&mut self, from: usize) {
        let n = self.length(from);
        let (level, activation) = (self.level, self.network.activation);
        let relu = activation == Activation::Relu;
        let kept = &self.kept[..rows::<T>(self.network.width) * n];
        let r = &lane::flat::<T>(&self.r)[from..][..n];
        let wide = self.network.wide();
        if !relu {
            let outer = &mut self.gradient[0];
            if from == 0 {
                outer.fill(T::Row::default());
            }
            let values =
                if activation.keeps_argument() { &self.values[..kept.len()] } else { kept };
            T::two_layer(level, Pass(Kind::Weigh(r, values, outer)));
            let back = &mut self.back[..kept.len()];
            for line in back.chunks_exact_mut(n) {
                for (row, &r) in line.iter_mut().zip(r) {
                    *row = lane::Row::splat(r);
                }
            }
            T::derive(level, activation, kept, back);
        }
        let pass = Back {
            wide,
            x: &self.lines[from * wide..][..n * wide],
            r,
            relu,
            kept: if relu { kept } else { &self.back[..kept.len()] },
            first: from == 0,
            sums: &mut self.inner[..rows::<T>(self.network.width) * wide],
        };
        T::two_layer(level, Pass(Kind::Reverse(pass)));
    }

    /// Sums become gradients. Whether all are finite.
    fn finish(&mut self, weights: Weights<'_, T::Row>) -> bool {
        let wide = self.network.wide();
        let pass = Finish {
            weights,
            sums: &self.inner[..weights.outer.len() * wide],
            wide,
            relu: self.network.activation == Activation::Relu,
            into: self.gradient.each_mut().map(|rows| &mut rows[..]),
        };
        let finite = T::two_layer(self.level, Pass(Kind::Finish(pass))) > 0.0;
        for spare in &mut lane::flat_mut::<T>(&mut self.gradient[0])[self.network.width..] {
            *spare = T::of(0.0);
        }
        finite
    }
}
