//! The learned slope Z: against the exact one, or along paths where that is unknown.

use frame::{Axis, Figure, Mark, Series};
use ground::formula::Expr;

use super::super::Value;
use super::paths::at;
use super::{POINTS, some};

/// Paths, steps and components of the scatter.
const SCATTER: [usize; 3] = [8, 12, 6];
/// Paths drawn as lines.
const PATHS: usize = 8;

/// Components of Z against those of σᵀ∇u.
pub(super) fn against(value: &Value, solution: Expr) -> Figure {
    let sample = &value.sample.paths;
    let equation = &value.equation;
    let slope = equation.sigma_transposed(solution.gradient(equation.variables().x));
    let [paths, steps, components] = SCATTER;
    let components = some(sample.dim, components);
    let mut points = Vec::new();
    for path in some(sample.paths, paths) {
        for n in some(sample.steps(), steps) {
            let exact = at(value, slope, path, n);
            let learned = sample.slope(path, n);
            points.extend(components.iter().map(|&i| [exact[i], learned[i]]));
        }
    }
    let all = || points.iter().flatten().copied().filter(|v: &f64| v.is_finite());
    let (low, high) =
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let diagonal = vec![[low, low], [high, high]];
    Figure {
        name: "slopes".to_owned(),
        title: "Learned slope against the exact one".to_owned(),
        caption: format!(
            "Each dot is one component of the learned Z at one step of a plain path ({} of {} \
             components), against the same component of σᵀ∇u of the known solution. Dots on the \
             line are right; a cloud around it is what the function has not learned.",
            components.len(),
            sample.dim
        ),
        x: Axis::linear("exact σᵀ∇u, component by component"),
        y: Axis::linear("learned Z"),
        series: vec![
            Series::new("learned Z", Mark::Dots, points),
            Series::new("equal", Mark::Line, diagonal),
        ],
    }
}

/// |Z| against time on a few plain paths.
pub(super) fn along(value: &Value) -> Figure {
    let sample = &value.sample.paths;
    let steps = some(sample.steps(), POINTS);
    let size = |path: usize, n: usize| sample.slope(path, n).iter().map(|z| z * z).sum::<f64>();
    let line = |path: usize| {
        let points = steps.iter().map(|&n| [sample.t[n], size(path, n).sqrt()]).collect();
        Series::new("|Z| along a path", Mark::Line, points)
    };
    Figure {
        name: "slopes".to_owned(),
        title: "Learned slope along paths".to_owned(),
        caption:
            "Each line is the length of the learned Z ≈ σᵀ∇u along one random path: how much u \
                  reacts to noise there. Jumps from step to step, or lines that leave the others, \
                  are places where the function is not to be trusted."
                .to_owned(),
        x: Axis::linear("time t"),
        y: Axis::linear("|Z|"),
        series: some(sample.paths, PATHS).into_iter().map(line).collect(),
    }
}
