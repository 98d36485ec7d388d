//! What a page says of a trained potential: what was trained, how well it meets labels.

use frame::Sheet;

use super::{Trained, thousandths};
use crate::score::{Errors, Score};

/// Systems that are named; of more, how many there are.
const NAMED: usize = 4;

/// The tables of a page.
pub(super) fn sheets(trained: &Trained) -> Vec<Sheet> {
    let mut rows = errors(trained);
    let head = rows.remove(0);
    let caption = format!(
        "RMSE = √⟨δ²⟩ over frames and over components, in brackets the standard error over frames, which \
         are taken as independent. Validation frames were not learned from. Without learning: every frame \
         has the mean energy of its composition, and no force and no virial. Where an error is not well \
         below that, nothing was learned of it. The answer is that of the {} frames.",
        trained.frames()
    );
    let errors =
        Sheet { name: "errors".to_owned(), title: "Errors".to_owned(), caption, head, rows };
    vec![what(trained), errors]
}

/// What was trained, on what.
fn what(trained: &Trained) -> Sheet {
    let form = &trained.potential.form;
    let widths = |network: &crate::form::Network| {
        let layers = network.layers.iter().map(|layer| layer.n_out.to_string());
        layers.collect::<Vec<_>>().join("-")
    };
    let by_species = |number: &dyn Fn(usize) -> String| {
        let each = form.species.iter().enumerate().map(|(k, name)| format!("{name} {}", number(k)));
        each.collect::<Vec<_>>().join(", ")
    };
    let statistics = |k: usize| {
        let s = form.statistics[k];
        format!("mean {:.4}, radial {:.4}, angular {:.4}", s.mean, s.radial, s.angular)
    };
    let nearest = trained.potential.nearest;
    let rows = [
        ("learned from", learned(trained)),
        ("judged by", judged(trained)),
        ("species", form.species.join(", ")),
        ("cutoff", format!("{} Å, falling from {} Å", form.switch.to, form.switch.from)),
        ("N_c", format!("{}: {}", form.slots(), by_species(&|k| form.selection[k].to_string()))),
        (
            "networks",
            format!("embedding {}, axis {}, fitting {}", widths(&form.embedding), form.axis, {
                widths(&form.fitting)
            }),
        ),
        ("parameters", trained.potential.theta.flat().len().to_string()),
        ("scale of environments, 1/Å", by_species(&statistics)),
        ("energy of an atom, eV", by_species(&|k| format!("{:.4}", form.bias[k]))),
        (
            "nearest atoms",
            nearest.map_or_else(|| "none within the cutoff".to_owned(), |r| format!("{r:.3} Å")),
        ),
    ];
    Sheet::facts(
        "training",
        "What was trained",
        "A Deep Potential: the energy is a sum over atoms, each a network of what stands around it within \
         the cutoff. It is kept as model.dp, which DeePMD-kit reads too.",
        rows,
    )
}

fn learned(trained: &Trained) -> String {
    let Score { frames, atoms, .. } = &trained.training;
    let named: Vec<String> =
        trained.systems.iter().take(NAMED).map(|(name, n)| format!("{name}: {n}")).collect();
    let more = match trained.systems.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} systems more"),
    };
    format!("{frames} frames, {atoms} atoms ({}{more})", named.join(", "))
}

fn judged(trained: &Trained) -> String {
    match &trained.validation {
        Some(score) => format!("{} other frames, {} atoms", score.frames, score.atoms),
        None => "the same frames: there are no others".to_owned(),
    }
}

/// Errors and what is had without learning, head first: of what has labels.
pub(super) fn errors(trained: &Trained) -> Vec<Vec<String>> {
    type Of = fn(&Score) -> &Errors;
    let quantities: [(&str, Of); 3] = [
        ("force (meV/Å)", |score| &score.force),
        ("energy (meV/atom)", |score| &score.energy_per_atom),
        ("virial (meV/atom)", |score| &score.virial_per_atom),
    ];
    let judged = trained.judged();
    let head = ["RMSE", "training", "validation", "without learning"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (k, (name, of)) in quantities.into_iter().enumerate() {
        if of(&trained.training).n == 0 && of(judged).n == 0 {
            continue;
        }
        let zero = match k {
            1 => judged.mean_energy().map(|[rmse, _]| rmse),
            _ => of(judged).zero_rmse(),
        };
        rows.push(vec![
            name.to_owned(),
            thousandths(of(&trained.training)),
            trained.validation.as_ref().map_or_else(|| "–".to_owned(), |s| thousandths(of(s))),
            zero.map_or_else(|| "–".to_owned(), |zero| format!("{:.1}", 1e3 * zero)),
        ]);
    }
    rows
}
