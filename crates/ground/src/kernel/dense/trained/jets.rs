//! Features of points of a line with two derivatives, and the way back: what trains a table.
//!
//! ```text
//! z = W a + b, z' = W a', z'' = W a'';   next a = φ(z), a' = φ' z', a'' = φ'' z'² + φ' z''     times c, and copies
//! z̄ = φ' ȳ + φ'' z' ȳ' + (φ''' z'² + φ'' z'') ȳ'',  z̄' = φ' ȳ' + 2 φ'' z' ȳ'',  z̄'' = φ' ȳ''
//! ```
//! Lines stand as values of all points, then first derivatives, then second ones.

use fearless_simd::Level;

use super::super::product::Bias;
use super::super::rows;
use super::super::skip::add;
use super::third::jet;
use super::{Part, Ply, Trained, Weights};
use crate::kernel::lane::{Real, flat, flat_mut};

/// Points under way through a network with one input.
#[derive(Clone, Debug)]
pub struct Jets<T: Real> {
    n: usize,
    layers: Vec<Kept<T>>,
    /// What comes out.
    features: Vec<T::Row>,
    room: [Vec<T::Row>; 2],
}

/// What one layer keeps of all points; three lines a point.
#[derive(Clone, Debug)]
struct Kept<T: Real> {
    x: Vec<T::Row>,
    /// What slopes are computed from, then z' and z''.
    base: Vec<T::Row>,
    d: Vec<T::Row>,
    /// c̄, a line; empty without steps.
    steps: Vec<T::Row>,
}

impl<T: Real> Default for Jets<T> {
    fn default() -> Self {
        Self { n: 0, layers: Vec::new(), features: Vec::new(), room: [Vec::new(), Vec::new()] }
    }
}

impl<T: Real> Jets<T> {
    /// Room for n points.
    fn prepare(&mut self, network: &Trained, n: usize) {
        let none = || Kept { x: Vec::new(), base: Vec::new(), d: Vec::new(), steps: Vec::new() };
        self.n = n;
        self.layers.resize_with(network.shapes.len(), none);
        let mut widest = 1;
        for (kept, shape) in self.layers.iter_mut().zip(&network.shapes) {
            let [before, after] = [shape.n_in, shape.n_out].map(rows::<T>);
            kept.x.resize(3 * n * before, T::Row::default());
            kept.base.resize(3 * n * after, T::Row::default());
            kept.d.resize(3 * n * after, T::Row::default());
            kept.steps.resize(if shape.step { after } else { 0 }, T::Row::default());
            widest = widest.max(after);
        }
        self.features.resize(3 * n * rows::<T>(network.n_out()), T::Row::default());
        self.room.iter_mut().for_each(|room| room.resize(3 * n * widest, T::Row::default()));
    }

    /// Features and their derivatives at points, `[3 n, rows(n_out)]`.
    ///
    /// # Panics
    /// If more than one number goes in.
    pub fn forward(
        &mut self,
        level: Level,
        (network, weights): (&Trained, Weights<'_, T::Row>),
        points: &[T],
    ) -> &[T::Row] {
        assert_eq!(network.n_in(), 1, "inputs of the network: found, needed");
        let n = points.len();
        self.prepare(network, n);
        for (i, &point) in points.iter().enumerate() {
            let x = &mut self.layers[0].x;
            (x[i], x[n + i], x[2 * n + i]) =
                (T::Row::default(), T::Row::default(), T::Row::default());
            x[i].as_mut()[0] = point;
            x[n + i].as_mut()[0] = T::of(1.0);
        }
        for (k, ply) in Ply::<T>::all(level, network, weights).into_iter().enumerate() {
            let [before, after] = ply.strides();
            let (done, rest) = self.layers.split_at_mut(k + 1);
            let Kept { x, base: kept, .. } = &mut done[k];
            let y = match rest.first_mut() {
                Some(next) => &mut next.x[..],
                None => &mut self.features[..],
            };
            let (values, slopes) = y.split_at_mut(n * after);
            ply.through(Bias::Added, &x[..n * before], values);
            ply.through(Bias::Passed, &x[n * before..], slopes);
            kept[n * after..].copy_from_slice(slopes);
            kept[..n * after].copy_from_slice(values);
            T::activate(level, ply.activation, values);
            if !ply.activation.keeps_argument() {
                kept[..n * after].copy_from_slice(values);
            }
            ahead::<T>(&ply, kept, slopes);
            ply.scale(y);
            if ply.layer.copies > 0 {
                T::add_copies(level, ply.layer, x, y);
            }
        }
        &self.features
    }

    /// The way back from the derivatives of a number by all lines of features: then the products of
    /// [`Jets::part`] are those by the weights.
    ///
    /// # Panics
    /// If there are not as many lines.
    pub fn reverse(
        &mut self,
        level: Level,
        (network, weights): (&Trained, Weights<'_, T::Row>),
        seeds: &[T::Row],
    ) {
        assert_eq!(seeds.len(), self.features.len(), "seed rows: found, needed");
        let n = self.n;
        let [here, before] = &mut self.room;
        here[..seeds.len()].copy_from_slice(seeds);
        for (k, ply) in Ply::<T>::all(level, network, weights).into_iter().enumerate().rev() {
            let own = &mut self.layers[k];
            let here_n = &mut here[..own.d.len()];
            own.d.copy_from_slice(here_n);
            own.steps.fill(T::Row::default());
            if ply.layer.steps {
                add_steps::<T>(&ply, own);
            }
            ply.scale(&mut own.d);
            back::<T>(&ply, &own.base, &mut own.d);
            if k > 0 {
                let to = &mut before[..3 * n * ply.layer.before::<T>()];
                ply.back(&own.d, here_n, to);
            }
            std::mem::swap(here, before);
        }
    }

    /// Lines of layer k whose products are its gradient.
    pub fn part(&self, k: usize) -> Part<'_, T::Row> {
        Part { x: &self.layers[k].x, d: &self.layers[k].d, values: self.n }
    }

    /// Adds c̄ of layer k to a line.
    pub fn add_steps(&self, k: usize, to: &mut [T::Row]) {
        for (to, from) in to.iter_mut().zip(&self.layers[k].steps) {
            add::<T>(to, from);
        }
    }
}

/// From z' and z'' to a' and a''.
fn ahead<T: Real>(ply: &Ply<'_, T>, kept: &[T::Row], slopes: &mut [T::Row]) {
    let m = kept.len() / 3;
    let (first, second) = slopes.split_at_mut(m);
    let own = flat::<T>(&kept[..m]).iter();
    let slopes = flat_mut::<T>(first).iter_mut().zip(flat_mut::<T>(second));
    for (&kept, (first, second)) in own.zip(slopes) {
        let [_, f1, f2, _] = jet(ply.activation, kept.wide());
        let (z1, z2) = (first.wide(), second.wide());
        *first = T::of(f1 * z1);
        *second = T::of(f2 * z1 * z1 + f1 * z2);
    }
}

/// From the derivatives by a, a' and a'' to those by z, z' and z''.
fn back<T: Real>(ply: &Ply<'_, T>, kept: &[T::Row], d: &mut [T::Row]) {
    let m = kept.len() / 3 * T::LANES;
    let (kept, d) = (flat::<T>(kept), flat_mut::<T>(d));
    for i in 0..m {
        let [_, f1, f2, f3] = jet(ply.activation, kept[i].wide());
        let [z1, z2] = [kept[m + i].wide(), kept[2 * m + i].wide()];
        let [b, b1, b2] = [d[i].wide(), d[m + i].wide(), d[2 * m + i].wide()];
        d[i] = T::of(f1 * b + f2 * z1 * b1 + (f3 * z1 * z1 + f2 * z2) * b2);
        d[m + i] = T::of(f1 * b1 + 2.0 * f2 * z1 * b2);
        d[2 * m + i] = T::of(f1 * b2);
    }
}

/// c̄ = Σ φ ȳ + Σ φ' z' ȳ' + Σ (φ'' z'² + φ' z'') ȳ''.
fn add_steps<T: Real>(ply: &Ply<'_, T>, own: &mut Kept<T>) {
    let m = own.base.len() / 3 * T::LANES;
    let (kept, d) = (flat::<T>(&own.base), flat::<T>(&own.d));
    let width = own.steps.len() * T::LANES;
    let mut sums = vec![0.0; width];
    for i in 0..m {
        let [f, f1, f2, _] = jet(ply.activation, kept[i].wide());
        let [z1, z2] = [kept[m + i].wide(), kept[2 * m + i].wide()];
        let [b, b1, b2] = [d[i].wide(), d[m + i].wide(), d[2 * m + i].wide()];
        sums[i % width] += f * b + f1 * z1 * b1 + (f2 * z1 * z1 + f1 * z2) * b2;
    }
    for (to, sum) in flat_mut::<T>(&mut own.steps).iter_mut().zip(sums) {
        *to = T::of(sum);
    }
}
