//! Whether the driver is concave or convex in z: what a policy's value bounds.
//!
//! ```text
//! f concave:  f(t, x, z) = min over a of { a·z + c(t, x, a) },  attained at a = ∂f/∂z
//! ```
//! so for any policy a the mean of g + Σ h c along dX = μ dt + σ (a dt + dW) is not below u; for f
//! convex it is not above. −½λ|z|² + ℓ(t, x) is recognised from the formula, and has a bound on the
//! other side too; the rest is tested on midpoints of random pairs, which refutes but does not prove.

use ground::Result;
use ground::formula::Expr;
use ground::stream::Stream;

use crate::model::At;
use crate::pilot::Pilot;
use crate::problem::DeepBsde;
use crate::quadratic::lambda;

/// Pairs of slopes that are tried.
const PAIRS: usize = 256;

/// The shape of the driver as a function of z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Curvature {
    /// −½λ|z|² + ℓ(t, x), λ ≠ 0.
    Quadratic(f64),
    /// No midpoint is below the mean of its ends.
    Concave,
    /// No midpoint is above it.
    Convex,
    /// Linear: every policy has the same value.
    Linear,
    /// None of these.
    Neither,
}

/// The curvature of a driver that does not depend on u.
pub(crate) fn curvature(problem: &DeepBsde, pilot: &Pilot) -> Result<Curvature> {
    let At { z, .. } = problem.equation.variables();
    let f = problem.equation.driver()?;
    if let Some(lambda) = lambda(f, z) {
        return Ok(Curvature::Quadratic(lambda));
    }
    let mut seen = [false; 2];
    for pair in 0..PAIRS {
        let (middle, ends, size) = midpoint(problem, pilot, f, pair);
        if !(middle - ends).is_finite() {
            return Ok(Curvature::Neither);
        }
        seen[0] |= middle - ends > 1e-9 * size;
        seen[1] |= ends - middle > 1e-9 * size;
    }
    Ok(match seen {
        [true, false] => Curvature::Concave,
        [false, true] => Curvature::Convex,
        [false, false] => Curvature::Linear,
        [true, true] => Curvature::Neither,
    })
}

/// f at a midpoint, the mean of f at the ends, and the size of these numbers.
fn midpoint(problem: &DeepBsde, pilot: &Pilot, f: Expr, pair: usize) -> (f64, f64, f64) {
    let At { t, x, z, .. } = problem.equation.variables();
    let d = problem.equation.dim;
    let stream = Stream::new(0).child("curvature");
    let normals = |what: usize| -> Vec<f64> {
        (0..d).map(|i| stream.normal((3 * pair + what) as u64, 0, i)).collect()
    };
    let time = pilot.horizon * (pair as f64 + 0.5) / PAIRS as f64;
    let spread = 1.0 / pilot.inverse_sd_at(time);
    let mean = pilot.mean_at(time);
    let point: Vec<f64> = mean.iter().zip(normals(0)).map(|(m, n)| m + spread * n).collect();
    // Slopes of the natural size, and a tenth and ten times of it.
    let scale = pilot.zeta() / (d as f64).sqrt() * [0.1, 1.0, 10.0][pair % 3];
    let mut ends = [1, 2].map(|what| normals(what).iter().map(|n| scale * n).collect::<Vec<f64>>());
    if pair % 2 == 1 {
        // Every other pair lies on one ray, which random ones never do.
        let part = 2.0 * stream.uniform(pair as u64, 1, 0);
        ends[1] = ends[0].iter().map(|v| part * v).collect();
    }
    let middle: Vec<f64> = ends[0].iter().zip(&ends[1]).map(|(a, b)| 0.5 * (a + b)).collect();
    let at = |slope: &[f64]| f.evaluate(&[(t, &[time]), (x, &point), (z, slope)])[0];
    let (low, high, between) = (at(&ends[0]), at(&ends[1]), at(&middle));
    (between, 0.5 * (low + high), low.abs() + high.abs() + between.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Equation;

    fn of(source: impl FnOnce(At) -> Expr) -> Curvature {
        let equation = Equation::new(2, 1.0).source(source).terminal(Expr::sum);
        let pilot = Pilot {
            horizon: 1.0,
            times: vec![],
            mean: vec![vec![0.0; 2]; 3],
            variance: vec![0.0, 0.5, 1.0],
            m_g: 0.0,
            s_g: 1.0,
            s_c: 1.0,
            range: [-8.0, 8.0],
            xi: vec![],
            active: vec![],
        };
        curvature(&DeepBsde::new(equation), &pilot).unwrap()
    }

    #[test]
    fn exact_recognition() {
        assert_eq!(of(|At { z, .. }| -1.5 * z.dot(z)), Curvature::Quadratic(3.0));
        assert_eq!(of(|At { z, x, t, .. }| z.dot(z) + x.sum() * t), Curvature::Quadratic(-2.0));
        assert_eq!(of(|At { z, .. }| z.norm() + z.sum()), Curvature::Convex);
        assert_eq!(of(|At { z, x, .. }| -(x.dot(x) + 1.0) * z.norm()), Curvature::Concave);
        assert_eq!(of(|At { z, x, .. }| x.dot(z) + x.sum()), Curvature::Linear);
        assert_eq!(of(|At { z, .. }| z.sum().sin()), Curvature::Neither);
        assert_eq!(of(|At { z, .. }| z.norm().sqrt()), Curvature::Neither);
    }
}
