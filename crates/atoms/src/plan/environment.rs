//! Eight neighbours at once: unit vectors, the weight of the switch over the distance, and its slope.
//!
//! ```text
//! e = d/r,  s = w(r)/r,  s' = ds/dr = (w' − s)/r
//! R_0 = s, R_a = s e_a;   ∂R_0/∂d = s' e,   ∂R_a/∂d_b = s' e_a e_b + (s/r)(δ_ab − e_a e_b)
//! ```

use fearless_simd::{Level, Simd, SimdBase, SimdFloat, f64x8};
use ground::dispatch;
use ground::kernel::lane::{Real, Row8};

use crate::form::Switch;
use crate::model::Vec3;

/// Neighbours in one octet.
pub const LANES: usize = 8;

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

/// One neighbour of an octet.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// d/r.
    pub e: Vec3,
    /// w/r, 1/Å.
    pub s: f64,
    /// ds/dr, 1/Å².
    pub slope: f64,
    /// 1/r, 1/Å.
    pub inverse: f64,
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
    pub fn get(&self, lane: usize) -> Seen {
        Seen {
            e: [0, 1, 2].map(|k| self.e[k].as_ref()[lane]),
            s: self.s.as_ref()[lane],
            slope: self.slope.as_ref()[lane],
            inverse: self.inverse.as_ref()[lane],
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
