//! Pictures of a training on data: errors and the loss against iterations.
//!
//! Beside errors of forces, energies and virials stands what is had without learning.

use frame::{Axis, Figure, Mark, Series, Trace};
use serde_json::{Map, Value};

/// An error that looks tell.
struct Curve {
    /// What its picture is called.
    name: &'static str,
    /// Under what name looks tell it.
    told: &'static str,
    /// Where the published object has it.
    key: &'static str,
    title: &'static str,
    axis: &'static str,
}

const CURVES: [Curve; 3] = [
    Curve {
        name: "force-error",
        told: "rmse_f",
        key: "force_rmse",
        title: "Force error while learning",
        axis: "RMSE of force components (eV/Å)",
    },
    Curve {
        name: "energy-error",
        told: "rmse_e",
        key: "energy_rmse_per_atom",
        title: "Energy error while learning",
        axis: "RMSE of E/N (eV)",
    },
    Curve {
        name: "virial-error",
        told: "rmse_v",
        key: "virial_rmse_per_atom",
        title: "Virial error while learning",
        axis: "RMSE of Ξ/N (eV)",
    },
];

/// On which frames, as looks and as the legend say it.
const FRAMES: [(&str, &str); 2] = [("trn", "training batch"), ("val", "validation frames")];

/// The pictures; none where nothing was looked at. `object` is the published object of the run.
pub(super) fn figures(trace: &Trace, object: &Map<String, Value>) -> Vec<Figure> {
    if trace.looks.len() < 2 {
        return Vec::new();
    }
    let errors = CURVES.iter().filter_map(|curve| error(curve, trace, object));
    errors.chain(std::iter::once(loss(trace))).collect()
}

fn error(curve: &Curve, trace: &Trace, object: &Map<String, Value>) -> Option<Figure> {
    let points = |name: &str| {
        let numbers = trace.column(name)?;
        let points = trace.looks.iter().zip(numbers).map(|(look, v)| [look.iteration as f64, v]);
        Some(points.filter(|point| point[1].is_finite()).collect::<Vec<_>>())
    };
    let mut series = Vec::new();
    for (frames, name) in FRAMES {
        if let Some(points) = points(&format!("{}_{frames}", curve.told)).filter(|p| !p.is_empty())
        {
            series.push(Series::new(name, Mark::Line, points));
        }
    }
    if series.is_empty() {
        return None;
    }
    series.extend(without(curve, object).map(|at| Series::level("without learning", at)));
    Some(Figure {
        name: curve.name.to_owned(),
        title: curve.title.to_owned(),
        caption:
            "The error on the batch that was learned from, and on frames that were not. Where the \
                  lines part, more frames help, and more iterations do not. The broken line is had \
                  without learning: the mean energy of each composition, no forces and no virial."
                .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::logarithmic(curve.axis),
        series,
    })
}

/// The error without a potential: on validation frames, where there are any.
fn without(curve: &Curve, object: &Map<String, Value>) -> Option<f64> {
    let baseline = object.get("baseline")?;
    let on = |frames: &str| baseline.get(frames)?.get(curve.key)?.as_f64();
    on("validation").or_else(|| on("train")).filter(|v| *v > 0.0)
}

fn loss(trace: &Trace) -> Figure {
    let looks = || trace.looks.iter();
    let training = looks().map(|look| [look.iteration as f64, look.training]).collect();
    let held_out = looks().map(|look| [look.iteration as f64, look.validation.mean]).collect();
    Figure {
        name: "loss".to_owned(),
        title: "Loss while learning".to_owned(),
        caption: "What the descent lowers: squares of errors with the weights of the case, which change \
                  as the rate falls. So it may fall or rise where no error does; the errors are above."
            .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::logarithmic("loss"),
        series: vec![
            Series::new("training batch", Mark::Line, training),
            Series::new("frames of the looks", Mark::Line, held_out),
        ],
    }
}

#[cfg(test)]
mod tests {
    use ground::estimate::Estimate;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_had_without_learning_is_a_line() {
        let mut trace = Trace::default();
        for k in 0..3_u32 {
            let value = Estimate { mean: 1.0 / f64::from(k + 1), stderr: 0.1, n: 4 };
            let told = [("rmse_f_val", 0.5), ("rmse_f_trn", f64::NAN), ("rmse_e_trn", 0.1)];
            let told = told.map(|(name, v)| (name.to_owned(), v / f64::from(k + 1))).to_vec();
            trace.add(u64::from(k), [value; 2], told);
        }
        let object = json!({ "baseline": {
            "train": { "energy_rmse_per_atom": 0.2 },
            "validation": { "force_rmse": 1.5, "energy_rmse_per_atom": 0.3 },
        } });
        let figures = figures(&trace, object.as_object().unwrap());
        let names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["force-error", "energy-error", "loss"]);
        let series: Vec<_> = figures[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(series, ["validation frames", "without learning"]);
        assert_eq!(figures[0].series[1].points, [[0.0, 1.5]]);
        assert_eq!(figures[1].series[1].points, [[0.0, 0.3]]);
    }
}
