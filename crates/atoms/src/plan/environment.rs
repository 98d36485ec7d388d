//! Eight neighbours at once: unit vectors, the weight of the switch over the distance, and its slope.
//!
//! ```text
//! e = d/r,  s = w(r)/r,  s' = ds/dr = (w' − s)/r
//! R_0 = s, R_a = s e_a;   ∂R_0/∂d = s' e,   ∂R_a/∂d_b = s' e_a e_b + (s/r)(δ_ab − e_a e_b)
//! ```

use std::ops::{Add, Mul, Sub};

use fearless_simd::{Level, Simd, SimdBase, SimdFloat, f64x8};
use ground::dispatch;
use ground::kernel::lane::{Real, Row8};

use crate::form::{Statistics, Switch};
use crate::model::Vec3;

/// Neighbours in one octet.
pub const LANES: usize = 8;

/// The octets of so many neighbours from an octet on, and how many neighbours are in each.
pub fn octets(first: usize, count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count.div_ceil(LANES)).map(move |k| (first + k, LANES.min(count - k * LANES)))
}

/// Eight neighbours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Octet {
    /// d, then e.
    e: [Row8; 3],
    /// r², then s.
    s: Row8,
    /// s'.
    slope: Row8,
    /// 1/r.
    inverse: Row8,
}

/// Numbers, or eight side by side.
pub trait Number:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
{
}

impl<V> Number for V where
    V: Copy
        + Add<Output = V>
        + Sub<Output = V>
        + Mul<Output = V>
        + Add<f64, Output = V>
        + Sub<f64, Output = V>
        + Mul<f64, Output = V>
{
}

/// One neighbour of an octet, or all of them.
#[derive(Clone, Copy, Debug)]
pub struct Seen<V> {
    /// d/r.
    pub e: [V; 3],
    /// w/r, 1/Å.
    pub s: V,
    /// ds/dr, 1/Å².
    pub slope: V,
    /// 1/r, 1/Å.
    pub inverse: V,
}

/// The scale of the environment of a species.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    mean: f64,
    radial: f64,
    angular: f64,
}

impl Scale {
    /// The scale that goes with some statistics.
    pub fn new(statistics: Statistics) -> Self {
        let Statistics { mean, radial, angular } = statistics;
        Self { mean, radial: 1.0 / radial, angular: 1.0 / angular }
    }

    /// R̃_0.
    #[inline(always)]
    pub fn radial<V: Number>(self, s: V) -> V {
        (s - self.mean) * self.radial
    }

    /// R̃.
    #[inline(always)]
    pub fn of<V: Number>(self, seen: &Seen<V>) -> [V; 4] {
        let by = seen.s * self.angular;
        [self.radial(seen.s), by * seen.e[0], by * seen.e[1], by * seen.e[2]]
    }

    /// ∂E/∂d from p = ∂E/∂R̃.
    #[inline(always)]
    pub fn chain<V: Number>(self, p: [V; 4], seen: &Seen<V>) -> [V; 3] {
        let Seen { e, s, slope, inverse } = *seen;
        let angular = [p[1] * self.angular, p[2] * self.angular, p[3] * self.angular];
        let along = angular[0] * e[0] + angular[1] * e[1] + angular[2] * e[2];
        let across = s * inverse;
        let by = p[0] * self.radial * slope + along * (slope - across);
        [
            by * e[0] + across * angular[0],
            by * e[1] + across * angular[1],
            by * e[2] + across * angular[2],
        ]
    }
}

impl Scale {
    /// The change of R̃ while d changes by w: what [`Scale::chain`] is the transpose of.
    #[inline(always)]
    pub fn push<V: Number>(self, w: [V; 3], seen: &Seen<V>) -> [V; 4] {
        let Seen { e, s, slope, inverse } = *seen;
        let along = e[0] * w[0] + e[1] * w[1] + e[2] * w[2];
        let across = s * inverse;
        let by = (slope - across) * along * self.angular;
        let across = across * self.angular;
        [
            slope * along * self.radial,
            by * e[0] + across * w[0],
            by * e[1] + across * w[1],
            by * e[2] + across * w[2],
        ]
    }
}

impl Octet {
    /// Nobody: eight neighbours where the switch ends.
    pub fn empty(switch: Switch) -> Self {
        let mut octet = Self::default();
        octet.s.as_mut().fill(switch.to * switch.to);
        octet
    }

    /// Puts a neighbour into a lane.
    pub fn put(&mut self, lane: usize, d: Vec3, r2: f64) {
        for k in 0..3 {
            self.e[k].as_mut()[lane] = d[k];
        }
        self.s.as_mut()[lane] = r2;
    }

    /// The neighbour in a lane, once measured.
    #[inline]
    pub fn get(&self, lane: usize) -> Seen<f64> {
        Seen {
            e: [0, 1, 2].map(|k| self.e[k].as_ref()[lane]),
            s: self.s.as_ref()[lane],
            slope: self.slope.as_ref()[lane],
            inverse: self.inverse.as_ref()[lane],
        }
    }

    /// All of them, once measured.
    #[inline(always)]
    pub fn all<S: Simd>(&self, simd: S) -> Seen<f64x8<S>> {
        let load = |row| f64::load(simd, row);
        Seen {
            e: [load(&self.e[0]), load(&self.e[1]), load(&self.e[2])],
            s: load(&self.s),
            slope: load(&self.slope),
            inverse: load(&self.inverse),
        }
    }
}

/// From d and r² to all the rest.
pub fn measure(level: Level, switch: Switch, octets: &mut [Octet]) {
    dispatch!(level, simd => {
        for octet in octets.iter_mut() {
            one(simd, switch, octet);
        }
    });
}

#[inline(always)]
fn one<S: Simd>(simd: S, switch: Switch, octet: &mut Octet) {
    let all = |x: f64| f64x8::splat(simd, x);
    let (zero, one) = (all(0.0), all(1.0));
    let r = f64::load(simd, &octet.s).sqrt();
    let inverse = one / r;
    let u = ((r - switch.from) / switch.span).max(zero).min(one);
    let bend = u.mul_add(all(-6.0), all(15.0)).mul_add(u, all(-10.0));
    let w = (u * u * u).mul_add(bend, one);
    let v = u * (one - u);
    let dw = v * v * (-30.0 / switch.span);
    let s = w * inverse;
    f64::store(s, &mut octet.s);
    f64::store((dw - s) * inverse, &mut octet.slope);
    f64::store(inverse, &mut octet.inverse);
    for k in 0..3 {
        let e = f64::load(simd, &octet.e[k]) * inverse;
        f64::store(e, &mut octet.e[k]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::kernel::lane::levels;

    #[test]
    fn pushes_are_transposed_chains() {
        let seen = Seen { e: [0.6, 0.0, -0.8], s: 0.4, slope: -0.3, inverse: 0.5 };
        let scale = Scale::new(Statistics { mean: 0.1, radial: 0.2, angular: 0.3 });
        let (p, w) = ([0.3, -1.0, 0.7, 0.2], [0.9, 0.4, -0.6]);
        let pulled: f64 = scale.chain(p, &seen).iter().zip(w).map(|(g, w)| g * w).sum();
        let pushed: f64 = scale.push(w, &seen).iter().zip(p).map(|(v, p)| v * p).sum();
        assert!((pulled - pushed).abs() < 1e-14, "{pulled} {pushed}");
    }

    #[test]
    fn agree_with_the_switch() {
        let switch = Switch::new(0.5, 6.0).unwrap();
        for level in levels() {
            let mut octet = Octet::empty(switch);
            let distances = [0.3, 0.5, 1.0, 2.5, 4.0, 5.9, 6.0];
            for (lane, r) in distances.into_iter().enumerate() {
                octet.put(lane, [0.6 * r, 0.0, -0.8 * r], r * r);
            }
            let mut octets = [octet];
            measure(level, switch, &mut octets);
            for (lane, r) in distances.into_iter().enumerate() {
                let (seen, [w, dw]) = (octets[0].get(lane), switch.at(r));
                assert!((seen.s - w / r).abs() < 1e-14 && (seen.inverse - 1.0 / r).abs() < 1e-14);
                assert!((seen.slope - (dw - w / r) / r).abs() < 1e-13, "{r}");
                assert!((seen.e[2] + 0.8).abs() < 1e-14);
            }
            let nobody = octets[0].get(7);
            assert_eq!((nobody.s, nobody.slope, nobody.e), (0.0, 0.0, [0.0; 3]));
        }
    }
}
