//! The golden training of DeePMD-kit: systems, start, gradient, weights after every step.

use std::io::Read as _;

use atoms::form::DeepPotential;
use atoms::format::{self, Format, Options, Source, Tree};
use atoms::problem::{Batches, Embedding, ForceMatching, Weight, Weights};
use atoms::{Potential, Snapshot};
use frame::{Layout, Params, Precision, Schedule};
use ground::npy;
use zip::ZipArchive;

use super::{folder, model};

/// Names of its species.
pub(crate) const SPECIES: [&str; 2] = ["A", "B"];
/// Steps that were made.
pub(crate) const STEPS: u64 = 10;

/// The snapshots of a system.
pub(crate) fn system(name: &str) -> Vec<Snapshot> {
    let own = folder().unwrap().join("train").join(name);
    let files = ["coord", "box", "energy", "force", "virial"];
    let names = files.map(|f| format!("set.000/{f}.npy"));
    let tree: Tree = ["type.raw".to_owned(), "type_map.raw".to_owned()]
        .into_iter()
        .chain(names)
        .map(|f| (f.clone(), std::fs::read(own.join(&f)).unwrap()))
        .collect();
    let source = Source::Folder(&tree);
    let read = format::read(Format::DeepmdNpy, name, source, Options::default()).unwrap();
    read.frames.in_terms_of(&SPECIES.map(String::from)).unwrap().snapshots
}

/// Where it starts.
pub(crate) fn start() -> Potential {
    model("train/start.dp", None).potential
}

/// What it does: both snapshots of the first system in every batch.
pub(crate) fn problem(embedding: Embedding, single: bool) -> ForceMatching {
    let training = system("sys_a");
    ForceMatching {
        species: SPECIES.map(String::from).to_vec(),
        systems: vec![("sys_a".to_owned(), 0..training.len())],
        batches: Batches::Frames { counts: vec![training.len()], probabilities: None },
        training,
        validation: Vec::new(),
        weights: Weights {
            energy: Weight { from: 0.0625, to: 1.0 },
            force: Weight { from: 1000.0, to: 1.0 },
            virial: Weight { from: 0.0625, to: 1.0 },
            single,
            ..Weights::default()
        },
        rate: (rate(), STEPS),
        embedding,
    }
}

/// Halved every step.
pub(crate) fn rate() -> Schedule {
    Schedule::Exponential { from: 0.003_906_25, to: 3.814_697_265_625e-6 }
}

/// Rows of `steps.json`: lr, rmse, rmse_e, rmse_f, rmse_v.
pub(crate) fn curve() -> Vec<[f64; 5]> {
    let text = std::fs::read_to_string(folder().unwrap().join("train/steps.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let keys = ["lr", "rmse", "rmse_e", "rmse_f", "rmse_v"];
    rows.iter().map(|row| keys.map(|key| row[key].as_f64().unwrap())).collect()
}

/// Weights or a gradient by the names of the reference, `part` being `grad0`, `w1`, …, block by block.
pub(crate) fn weights(form: &DeepPotential, part: &str) -> Vec<Vec<f64>> {
    let path = folder().unwrap().join("train/weights.npz");
    let mut archive = ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut read = |name: String| -> Option<Vec<f64>> {
        let mut bytes = Vec::new();
        archive.by_name(&format!("{part}/{name}.npy")).ok()?.read_to_end(&mut bytes).unwrap();
        Some(npy::read(&bytes).unwrap().numbers)
    };
    let mut blocks = Vec::new();
    for (folder, network) in [("emb", &form.embedding), ("fit", &form.fitting)] {
        for k in 0..SPECIES.len() {
            let mut block = Vec::new();
            for (l, layer) in network.layers.iter().enumerate() {
                let last = folder == "fit" && l + 1 == network.layers.len();
                let l = if last { "last".to_owned() } else { l.to_string() };
                for part in ["w", "b", "idt"] {
                    block.extend(read(format!("{folder}_{k}/{l}/{part}")).unwrap_or_default());
                }
                assert_eq!(
                    layer.n_out * (layer.n_in + 1),
                    layer.parameters() - usize::from(layer.step) * layer.n_out
                );
            }
            assert_eq!(block.len(), network.parameters(), "{part}, {folder} {k}");
            blocks.push(block);
        }
    }
    blocks
}

/// Blocks as parameters.
pub(crate) fn params(layout: Layout, blocks: &[Vec<f64>]) -> Params {
    let mut theta = Params::zeros(layout, Precision::F64);
    blocks.iter().enumerate().for_each(|(k, block)| theta.set(k, block));
    theta
}

/// The largest difference of a block, in units of the largest number that is right.
pub(crate) fn off(found: &[f64], right: &[f64]) -> f64 {
    assert_eq!(found.len(), right.len());
    let most = right.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    found.iter().zip(right).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs())) / most
}
