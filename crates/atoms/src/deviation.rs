//! How far several potentials are apart: what says where a potential has not been trained.
//!
//! ```text
//! ε_i  = √⟨|F_i^k − ⟨F_i⟩|²⟩_k         forces, eV/Å; k runs over the potentials
//! σ_ab = std_k(Ξ_ab^k/N)               virial, eV an atom; its mean is √(Σ σ²)/3
//! δ    = std_k(E^k/N)                  energy, eV an atom
//! ```
//! With labels the mean over k is replaced by the label: the real error. Text as `dp model-devi` writes
//! it: its readers take it unchanged. [ZGW20]

use std::fmt::Write as _;

use crate::model::{Labels, Vec3};
use crate::potential::Evaluation;

/// Largest, smallest and mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Over atoms, or over components.
    pub max: f64,
    /// The same.
    pub min: f64,
    /// The same.
    pub mean: f64,
}

/// How far potentials are apart in one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// Over the nine components of the virial an atom, eV.
    pub virial: Spread,
    /// Over the atoms, eV/Å.
    pub forces: Spread,
    /// Of the energy an atom, eV.
    pub energy: f64,
    /// ε of every atom, eV/Å.
    pub atoms: Vec<f64>,
}

impl Deviation {
    /// Of evaluations of one snapshot, at least one; from their mean, or from labels: those that are
    /// absent count as zero.
    ///
    /// # Panics
    /// If the evaluations are of different numbers of atoms, or there are none.
    pub fn of(all: &[Evaluation], labels: Option<&Labels>) -> Self {
        let n = all[0].forces.len();
        let count = n.max(1) as f64;
        let centred = |label: Option<f64>, value: &dyn Fn(&Evaluation) -> f64| {
            let mean = || all.iter().map(value).sum::<f64>() / all.len() as f64;
            let centre = if labels.is_some() { label.unwrap_or(0.0) } else { mean() };
            all.iter().map(|e| (value(e) - centre).powi(2)).sum::<f64>() / all.len() as f64
        };
        let of_atom = |i: usize| {
            let label: Option<Vec3> = labels.and_then(|l| l.forces.as_ref()).map(|f| f[i]);
            (0..3).map(|a| centred(label.map(|f| f[a]), &|e| e.forces[i][a])).sum::<f64>().sqrt()
        };
        let atoms: Vec<f64> = (0..n).map(of_atom).collect();
        let of_component = |k: usize| {
            let label = labels.and_then(|l| l.virial).map(|v| v[k / 3][k % 3] / count);
            centred(label, &|e| e.virial[k / 3][k % 3] / count).sqrt()
        };
        let components: Vec<f64> = (0..9).map(of_component).collect();
        let square: f64 = components.iter().map(|s| s * s).sum();
        let virial = Spread { mean: square.sqrt() / 3.0, ..spread(&components) };
        let label = labels.and_then(|l| l.energy).map(|e| e / count);
        let energy = centred(label, &|e| e.energy / count).sqrt();
        Self { virial, forces: spread(&atoms), energy, atoms }
    }
}

fn spread(values: &[f64]) -> Spread {
    let Some(&first) = values.first() else { return Spread::default() };
    Spread {
        max: values.iter().copied().fold(first, f64::max),
        min: values.iter().copied().fold(first, f64::min),
        mean: values.iter().sum::<f64>() / values.len() as f64,
    }
}

/// The text of a system: its name, the names of the columns, a line a frame. `atoms`: with ε of every atom.
pub fn text(system: &str, rows: &[(usize, Deviation)], atoms: bool) -> String {
    let mut names = vec![
        "max_devi_v",
        "min_devi_v",
        "avg_devi_v",
        "max_devi_f",
        "min_devi_f",
        "avg_devi_f",
        "devi_e",
    ];
    if atoms {
        names.push("atm_devi_f(N)");
    }
    let mut text = format!("# {system}\n{:<12}", "# step");
    for name in names {
        let _infallible = write!(text, "{name:<19}");
    }
    text.push('\n');
    for (step, row) in rows {
        let _infallible = write!(text, "{step:>12}");
        let Deviation { virial: v, forces: f, energy, atoms: own } = row;
        let mut all = vec![v.max, v.min, v.mean, f.max, f.min, f.mean, *energy];
        if atoms {
            all.extend(own);
        }
        for value in all {
            let _infallible = write!(text, "{:>19}", scientific(value, 6));
        }
        text.push('\n');
    }
    text
}

/// A number as C prints it with `%.{digits}e`: `7.886454e-02`.
pub fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    let Some((number, exponent)) = text.split_once('e') else { return text };
    let (sign, size) = match exponent.strip_prefix('-') {
        Some(size) => ('-', size),
        None => ('+', exponent),
    };
    format!("{number}e{sign}{size:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(x: f64) -> Evaluation {
        let mut own = Evaluation::zeros(2, None);
        own.energy = 2.0 * x;
        own.forces[1] = [0.0, 3.0 * x, 4.0 * x];
        own.virial[0][2] = -2.0 * x;
        own
    }

    #[test]
    fn exact_two_potentials() {
        let apart = Deviation::of(&[evaluation(1.0), evaluation(3.0)], None);
        assert_eq!(apart.atoms, [0.0, 5.0]);
        assert_eq!(apart.forces, Spread { max: 5.0, min: 0.0, mean: 2.5 });
        assert_eq!(apart.virial, Spread { max: 1.0, min: 0.0, mean: 1.0 / 3.0 });
        assert_eq!(apart.energy, 1.0);
        let labels = Labels { energy: Some(4.0), ..Labels::default() };
        let real = Deviation::of(&[evaluation(1.0), evaluation(3.0)], Some(&labels));
        assert_eq!((real.energy, real.atoms[0]), (1.0, 0.0));
        assert!((real.atoms[1] - 125.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn numbers_as_c_prints_them() {
        let shown = [0.078_864_54, -12.5, 0.0, 1e-120].map(|v| scientific(v, 3));
        assert_eq!(shown, ["7.886e-02", "-1.250e+01", "0.000e+00", "1.000e-120"]);
    }
}
