//! The gradient, at the start with its error.
//!
//! ```text
//! ∇u(0, x₀) = σ^(−T) (Z₀ + mean[(y₀ − V) ΔW₀]/h₀)
//! ```
//! The learned Z₀ is a control variate: its error is in the mean, and its own in the standard error.

use frame::Params;
use ground::estimate::Estimate;
use ground::{Result, array, linalg};

use crate::model::Diffusion;
use crate::plan::{LevelDraws, PathPlan};
use crate::problem::DeepBsde;
use crate::sde::Law;
use crate::sde::reversion::Reversion;

/// ∇u(0, x₀), `[d]`; not a number where σ is singular, empty where x₀ has a law.
pub(super) fn gradient(j: &PathPlan, theta: &Params, draws: &LevelDraws) -> Result<Vec<Estimate>> {
    let problem = &j.problem;
    if problem.at.is_law() {
        return Ok(Vec::new());
    }
    let at = problem.at.mean(problem.equation.dim);
    let z0 = j.slope_at(theta, 0.0, &at);
    let pull = pull(problem, draws.h)?;
    let n = draws.value.len();
    let count = n as f64;
    let z: Vec<Estimate> = draws
        .moments
        .iter()
        .zip(&z0)
        .zip(pull.iter().cycle())
        .map(|(([sum, square], z0), pull)| {
            let mean = sum / count;
            let variance = (square / count - mean * mean).max(0.0);
            let stderr = (variance / count).sqrt() / draws.h;
            Estimate { mean: pull * (z0 + mean / draws.h), stderr: pull * stderr, n }
        })
        .collect();
    Ok(through(problem, (0.0, &at), &z))
}

/// What the first step does to a slope beside σ: not 1 for Ornstein–Uhlenbeck steps only.
fn pull(problem: &DeepBsde, h: f64) -> Result<Vec<f64>> {
    let step = problem.step()?;
    let reversion = Reversion::of(&problem.equation)
        .filter(|_| step.law == Law::OrnsteinUhlenbeck && step.exact);
    Ok(reversion.map_or_else(|| vec![1.0], |reversion| reversion.pull(h)))
}

/// ∇u = σ(t, x)^(−T) z, `[d]`; not a number where σ is singular.
pub(crate) fn gradient_of(problem: &DeepBsde, at: (f64, &[f64]), z: &[f64]) -> Vec<f64> {
    let z: Vec<Estimate> = z.iter().map(|&mean| Estimate { mean, stderr: 0.0, n: 1 }).collect();
    through(problem, at, &z).iter().map(|slope| slope.mean).collect()
}

/// σ(t, x)^(−T) z, components independent.
fn through(problem: &DeepBsde, (t, x): (f64, &[f64]), z: &[Estimate]) -> Vec<Estimate> {
    let n = z.first().map_or(0, |z| z.n);
    let d = problem.equation.dim;
    let weighted = |weights: &dyn Fn(usize) -> f64| Estimate {
        mean: (0..d).map(|k| weights(k) * z[k].mean).sum(),
        stderr: (0..d).map(|k| (weights(k) * z[k].stderr).powi(2)).sum::<f64>().sqrt(),
        n,
    };
    let variables = problem.equation.variables();
    let here = [(variables.t, &[t][..]), (variables.x, x)];
    match &problem.equation.diffusion {
        Diffusion::Scalar(sigma) | Diffusion::Diagonal(sigma) => {
            let sigma = sigma.evaluate(&here);
            let at = |i: usize| sigma[i.min(sigma.len() - 1)];
            let one = |(i, z): (usize, &Estimate)| Estimate {
                mean: if at(i) == 0.0 { f64::NAN } else { z.mean / at(i) },
                stderr: (z.stderr / at(i)).abs(),
                n,
            };
            z.iter().enumerate().map(one).collect()
        }
        Diffusion::Matrix(sigma) => match linalg::inverse(&array::rows(d, d, sigma)) {
            Ok(inverse) => (0..d).map(|i| weighted(&|k| inverse[[k, i]])).collect(),
            Err(_) => vec![Estimate { mean: f64::NAN, stderr: f64::NAN, n }; d],
        },
        Diffusion::Correlated { volatility, factor } => {
            let v = volatility.evaluate(&here);
            let v = |i: usize| v[i.min(v.len() - 1)];
            match linalg::inverse(&array::rows(d, d, factor)) {
                Ok(inverse) if (0..d).all(|i| v(i) != 0.0) => {
                    (0..d).map(|i| weighted(&|k| inverse[[k, i]] / v(i))).collect()
                }
                _ => vec![Estimate { mean: f64::NAN, stderr: f64::NAN, n }; d],
            }
        }
    }
}
