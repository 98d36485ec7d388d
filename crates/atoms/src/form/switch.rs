//! The smooth cutoff: a weight that goes from 1 to 0, twice continuously differentiable.
//!
//! ```text
//! u = (r − r_s)/(r_c − r_s),   w = 1 (r < r_s),  u³(−6u² + 15u − 10) + 1,  0 (r ≥ r_c)
//! dw/dr = −30 u² (1 − u)² /(r_c − r_s)
//! ```

use ground::tape::{Var, select};
use ground::{Error, Result};

/// Where the weight begins to fall, and where it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Switch {
    /// r_s, Å.
    pub from: f64,
    /// r_c, Å.
    pub to: f64,
    /// r_c − r_s, Å, as the program that trained the model rounds it.
    pub span: f64,
}

impl Switch {
    /// From r_s to r_c.
    ///
    /// Fails unless 0 ≤ r_s < r_c, both finite.
    pub fn new(from: f64, to: f64) -> Result<Self> {
        if !(from >= 0.0 && from < to && to.is_finite()) {
            let found = format!("the switch goes from {from} to {to}");
            return Err(Error::input("rcut_smth", found)
                .allowed("rcut_smth is at least 0 and less than rcut"));
        }
        Ok(Self { from, to, span: to - from })
    }

    /// The same with both numbers and their difference rounded to single precision, as TensorFlow
    /// models have them.
    #[allow(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
    pub fn in_single_precision(self) -> Self {
        let (from, to) = (self.from as f32, self.to as f32);
        Self { from: from.into(), to: to.into(), span: (to - from).into() }
    }

    /// Whether r_s, r_c and their difference are numbers of single precision.
    pub fn is_single(self) -> bool {
        self == self.in_single_precision()
    }

    /// w and dw/dr at a distance.
    pub fn at(self, r: f64) -> [f64; 2] {
        if r < self.from {
            return [1.0, 0.0];
        }
        if r >= self.to {
            return [0.0, 0.0];
        }
        let u = (r - self.from) / self.span;
        let w = u * u * u * ((-6.0 * u + 15.0) * u - 10.0) + 1.0;
        let v = u * (1.0 - u);
        [w, -30.0 * v * v / self.span]
    }

    /// w of distances `[n, 1]`, on the tape.
    pub fn on_tape(self, r: Var<'_>) -> Var<'_> {
        let u = (r - self.from) / self.span;
        let w = u.powi(3) * ((u * -6.0 + 15.0) * u - 10.0) + 1.0;
        let [zero, one] = [0.0, 1.0].map(|v| r.tape().number(v).repeated(r.shape()));
        let near = r.less(r.tape().number(self.from));
        let far = r.tape().number(self.to).less_equal(r);
        select(near, one, select(far, zero, w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::array::array;
    use ground::tape::{Tape, grad};

    #[test]
    fn exact_ends_and_slopes() {
        let switch = Switch::new(0.5, 6.0).unwrap();
        assert_eq!(switch.at(0.4), [1.0, 0.0]);
        assert_eq!(switch.at(0.5), [1.0, 0.0]);
        assert_eq!(switch.at(6.0), [0.0, 0.0]);
        let middle = switch.at(3.25);
        assert!((middle[0] - 0.5).abs() < 1e-15 && (middle[1] + 30.0 / 16.0 / 5.5).abs() < 1e-15);
        for r in [0.6, 1.0, 3.0, 5.9] {
            let h = 1e-5;
            let slope = (switch.at(r + h)[0] - switch.at(r - h)[0]) / (2.0 * h);
            assert!((slope - switch.at(r)[1]).abs() < 1e-9);
        }
    }

    #[test]
    fn agree_on_tape() {
        let switch = Switch::new(0.7, 4.3).unwrap().in_single_precision();
        assert!(!Switch::new(0.7, 4.3).unwrap().is_single() && switch.is_single());
        let tape = Tape::new();
        let r = tape.variable(array![[0.3], [1.0], [3.3], [4.29], [5.0]]);
        let w = switch.on_tape(r);
        let dw = grad(w, &[r])[0];
        for (i, &r) in r.value().iter().enumerate() {
            let [value, slope] = switch.at(r);
            assert!((w.value()[[i, 0]] - value).abs() < 1e-14, "w({r})");
            assert!((dw.value()[[i, 0]] - slope).abs() < 1e-13, "w'({r})");
        }
    }

    #[test]
    fn what_is_no_switch_is_refused() {
        let said = Switch::new(6.0, 6.0).unwrap_err().to_string();
        assert_eq!(
            said,
            "rcut_smth: the switch goes from 6 to 6. rcut_smth is at least 0 and less than rcut."
        );
        assert!(Switch::new(-1.0, 6.0).is_err() && Switch::new(0.0, f64::NAN).is_err());
    }
}
