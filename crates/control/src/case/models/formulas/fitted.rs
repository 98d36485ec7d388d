//! Records that revert to their means, fitted one by one and moved together.
//!
//! ```text
//! x_i ← x_i + κ_i (μ_i − x_i) + σ_i Σ_j L_ij ξ_j        L Lᵀ the correlation of what the fits leave
//! ```
//! Records of one length are taken to be of the same times; records of different lengths move independently.

use ground::Result;
use ground::array::Array;
use ground::estimate::Estimate;
use ground::formula::Expr;
use ground::linalg::cholesky;

use crate::calibrate::Reversion;
use crate::model::formulas::{Drawn, Law, Named, Next, State};

/// A correlation nearer to 1 than this is taken as this.
const NEAREST: f64 = 1.0 - 1e-9;

/// A record and its fit.
pub(super) struct Fitted {
    name: String,
    fit: Reversion,
    /// What the fit leaves of every step, in units of σ.
    left: Vec<f64>,
}

/// What goes on by fits.
pub(super) struct Moved {
    pub(super) states: Vec<State>,
    pub(super) noise: Vec<Drawn>,
    pub(super) notes: Vec<[String; 2]>,
}

impl Fitted {
    /// The fit of a record.
    pub(super) fn of(name: &str, values: &[f64], log: bool) -> Result<Self> {
        let fit = Reversion::fit(values, log)?;
        let left = fit.left(values)?;
        Ok(Self { name: name.to_owned(), fit, left })
    }

    /// The correlation of what two fits leave; none of records of different lengths.
    fn beside(&self, other: &Self) -> Option<Estimate> {
        let n = self.left.len();
        if other.left.len() != n {
            return None;
        }
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let size = product(&self.left, &self.left) * product(&other.left, &other.left);
        let r = (product(&self.left, &other.left) / size.sqrt()).clamp(-NEAREST, NEAREST);
        Some(Estimate { mean: r, stderr: (1.0 - r * r) / (n as f64).sqrt(), n })
    }
}

/// All of them.
pub(super) fn together(all: &[Fitted]) -> Result<Moved> {
    let n = all.len();
    let mut moved = Moved { states: Vec::new(), noise: Vec::new(), notes: Vec::new() };
    if n == 0 {
        return Ok(moved);
    }
    let mut correlation = Array::eye(n);
    for i in 0..n {
        for j in 0..i {
            let names = format!("{} and {}", all[j].name, all[i].name);
            let fact = match all[i].beside(&all[j]) {
                Some(r) => {
                    correlation[[i, j]] = r.mean;
                    correlation[[j, i]] = r.mean;
                    format!("their steps correlate by {r}")
                }
                None => "of different lengths: their steps are independent".to_owned(),
            };
            moved.notes.push([names, fact]);
        }
    }
    let factor = cholesky(&correlation)?;
    let drawn = Named::new("records drawn", Some(n));
    for (i, Fitted { name, fit, .. }) in all.iter().enumerate() {
        let row: Vec<f64> = (0..n).map(|j| factor[[i, j]]).collect();
        let step = fit.sigma.mean * Expr::vector(&row).dot(drawn.var);
        let named = Named::new(name, None);
        let x = named.var;
        let towards = |x: Expr| x + fit.rate.mean * (fit.mean.mean - x) + step;
        let next = if fit.log { towards(x.ln()).exp() } else { towards(x) };
        let start = Expr::number(if fit.log { fit.last.exp() } else { fit.last });
        let doubt = if fit.is_doubtful() { "; a random walk would do as well" } else { "" };
        let fact = format!("{fit}; steps correlate with the one before by {}{doubt}", fit.residual);
        moved.notes.push([format!("{name}, fitted"), fact]);
        moved.states.push(State { named, start, next: Next::Formula(next) });
    }
    moved.noise.push(Drawn { named: drawn, law: Law::Normal });
    Ok(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_move_together_do_so_in_the_model() {
        let stream = ground::stream::Stream::new(4);
        let (mut a, mut b) = (vec![50.0], vec![20.0]);
        for k in 0..4000 {
            let [z, w] = [0, 1].map(|i| stream.normal(k, 0, i));
            let (x, y) = (a[a.len() - 1], b[b.len() - 1]);
            a.push(x + 0.3 * (50.0 - x) + 2.0 * z);
            b.push(y + 0.5 * (20.0 - y) + 0.8 * z + 0.6 * w);
        }
        let fits = [Fitted::of("P", &a, false).unwrap(), Fitted::of("Q", &b, false).unwrap()];
        let r = fits[0].beside(&fits[1]).unwrap();
        assert!(r.deviation(0.8) < 4.0, "{r}");
        let moved = together(&fits).unwrap();
        assert_eq!((moved.states.len(), moved.noise.len(), moved.notes.len()), (2, 1, 3));
        // σ_Q L_10 is what a unit of the first noise does to the second record.
        let drawn = moved.noise[0].named.var;
        let Next::Formula(next) = moved.states[1].next else { panic!("a formula") };
        let at =
            |xi: [f64; 2]| next.evaluate(&[(moved.states[1].named.var, &[20.0]), (drawn, &xi)])[0];
        let slope = at([1.0, 0.0]) - at([0.0, 0.0]);
        assert!((slope - r.mean * fits[1].fit.sigma.mean).abs() < 1e-12, "{slope}");
        let apart = [Fitted::of("P", &a, false).unwrap(), Fitted::of("Q", &b[1..], false).unwrap()];
        assert!(apart[0].beside(&apart[1]).is_none());
    }
}
