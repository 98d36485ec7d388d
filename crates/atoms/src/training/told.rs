//! What a look tells beside the loss: root mean squares by kind, under the names of `lcurve.out`.
//!
//! ```text
//! rmse = √J,   rmse_e = √⟨(ΔE/N)²⟩,   rmse_f = √⟨ΔF²⟩,   rmse_v = √⟨(ΔΞ/N)²⟩      ⟨⟩ over snapshots
//! _val on the frames of the look, _trn on the batch that the next move takes
//! ```

use crate::model::Snapshot;
use crate::problem::loss::Squares;

/// Root mean squares of a set of snapshots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Roots {
    /// Of the loss, of energies an atom, of forces, of virials an atom.
    of: [f64; 4],
}

impl Roots {
    /// From the losses and squares of snapshots; not a number where nothing is known.
    pub(super) fn of(snapshots: &[&Snapshot], squares: &[Squares], losses: &[f64]) -> Self {
        let mean = |one: &dyn Fn(usize) -> Option<f64>| {
            let all: Vec<f64> = (0..snapshots.len()).filter_map(one).collect();
            (all.iter().sum::<f64>() / all.len() as f64).sqrt()
        };
        let per_atom = |k: usize, square: Option<f64>| {
            square.map(|v| v / (snapshots[k].len().max(1) as f64).powi(2))
        };
        Self {
            of: [
                mean(&|k| Some(losses[k])),
                mean(&|k| per_atom(k, squares[k].energy)),
                mean(&|k| squares[k].force),
                mean(&|k| per_atom(k, squares[k].virial)),
            ],
        }
    }
}

/// Names and numbers of a look: validation where there is any, and the training batch.
pub(super) fn told(
    validation: Option<Roots>,
    training: Roots,
    with_virials: bool,
) -> Vec<(String, f64)> {
    let kinds = ["rmse", "rmse_e", "rmse_f", "rmse_v"].into_iter().enumerate();
    let kinds = kinds.take(if with_virials { 4 } else { 3 });
    kinds
        .flat_map(|(k, name)| {
            let validation = validation.map(|roots| (format!("{name}_val"), roots.of[k]));
            validation.into_iter().chain([(format!("{name}_trn"), training.of[k])])
        })
        .collect()
}
