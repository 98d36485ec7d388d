//! What a training will do and cost.
//!
//! ```text
//! products of a step   12 (P (W_1 + …) + …) a fitting network and atom: forward, back, forward along w, back,
//!                      and two products of lines for the weights, each 2 operations a weight
//!                      18 W a node and embedding: values and two derivatives, forward, back, weights
//! around the products  200 a feature and neighbour, 50 000 an atom: fitted to times of steps, not counted
//! bytes of a step      θ, m, v and their gradient once there and back: 7 numbers a weight
//! ```

use frame::{Forecast, Precision, Run};

use crate::form::DeepPotential;
use crate::model::Snapshot;
use crate::problem::{Embedding, ForceMatching};

/// Nodes of an embedding, about.
const NODES: usize = 64;
/// Numbers that are kept of an atom of a batch, beside those of its networks.
const AROUND: usize = 12_000;

/// Operations whose time is that of all that surrounds the products: a feature of a neighbour, an atom.
const SURROUNDING: [f64; 2] = [200.0, 5e4];

/// What a step with so many atoms costs, as operations of products.
fn cost(form: &DeepPotential, atoms: usize) -> f64 {
    let features = form.embedding.layers.last().map_or(0, |layer| layer.n_out);
    let neighbours: usize = form.selection.iter().sum();
    let [feature, atom] = SURROUNDING;
    operations(form, atoms) + atoms as f64 * (feature * (features * neighbours) as f64 + atom)
}

/// Operations of the products of one step with so many atoms.
pub fn operations(form: &DeepPotential, atoms: usize) -> f64 {
    let pairs = pairs(form);
    let fitting: usize = form.fitting.products()
        - form.fitting.n_in() * form.fitting.layers[0].n_out
        + pairs * form.fitting.layers[0].n_out;
    let nodes = 18 * NODES * form.embedding.products() * form.embeddings();
    (12 * fitting * atoms + nodes) as f64
}

/// Products of columns, each once.
fn pairs(form: &DeepPotential) -> usize {
    form.features() * form.axis - form.axis * (form.axis - 1) / 2
}

/// The forecast of a run.
pub(super) fn forecast(problem: &ForceMatching, form: &DeepPotential, run: &Run) -> Forecast {
    let frames = |n: usize| format!("{n} frame{}", if n == 1 { "" } else { "s" });
    let atoms = |all: &[Snapshot]| all.iter().map(Snapshot::len).sum::<usize>();
    let per_epoch = problem.batches.per_epoch(&problem.sizes());
    let total = atoms(&problem.training);
    let batch = total.div_ceil(per_epoch);
    let weights = form.embeddings() * form.embedding.parameters()
        + form.species.len() * form.fitting.parameters();
    let bytes = if run.precision == Precision::F32 { 4.0 } else { 8.0 };
    let kept = 6.0 * bytes * weights as f64;
    let lines = 6 * pairs(form) + 9 * form.fitting.layers.iter().map(|l| l.n_out).sum::<usize>();
    let work = (AROUND + lines) as f64 * bytes * batch as f64;
    let data = 56.0 * (total + atoms(&problem.validation)) as f64;
    let embedding = match problem.embedding {
        Embedding::Nodes => "on nodes, their error measured",
        Embedding::Networks => "at every neighbour",
    };
    let facts = [
        (
            "learned from",
            format!("{} of {}", frames(problem.training.len()), form.species.join(", ")),
        ),
        (
            "judged by",
            match problem.validation.len() {
                0 => "the same frames: none are set aside".to_owned(),
                n => frames(n),
            },
        ),
        ("batches", format!("{per_epoch} an epoch, about {batch} atoms each")),
        ("weights", format!("{weights} of {} networks", form.embeddings() + form.species.len())),
        ("embeddings", embedding.to_owned()),
    ];
    Forecast {
        facts: facts.into_iter().map(|(topic, fact)| (topic.to_owned(), fact)).collect(),
        bytes: kept + work + data,
        operations: cost(form, batch) * run.iterations as f64,
        cites: ["ZHW18", "KB15"].map(str::to_owned).to_vec(),
    }
}
