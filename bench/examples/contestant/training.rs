//! Training of a Deep Potential of water: the network and the schedules of DeePMD-kit's example.

use esperance::atoms::case::{Batch, Data, Model, Paths, Problem, Representation, Room, Terms};
use esperance::atoms::case::{Counts, Divisor};
use esperance::atoms::form::DeepPotential;
use esperance::atoms::problem::{Embedding, System};
use esperance::atoms::training::{Training, forecast};
use esperance::frame::run::Vector;
use esperance::frame::{
    self, Adam, Descent, Precision, Purpose, Representation as _, Run, Schedule,
};
use ground::stream::Stream;
use ground::{Error, Result, par};

use crate::potential::system;
use crate::windows::Windows;

/// Moves that the rate is stretched over.
const MOVES: u64 = 1_000_000;
/// Of the example.
const RATE: Schedule = Schedule::Staircase { from: 1e-3, to: 3.51e-8, every: 5000, ratio: None };

/// Moves while windows are asked for, a frame a move. The loss is that of the last move, before it. The
/// title says how many weights there are, and how many operations a move needs.
pub(crate) fn train(
    [precision, level, embeddings]: [&str; 3],
    threads: usize,
    systems: &[&str],
    windows: &mut Windows,
) -> Result<()> {
    let unknown = |what: &str| Error::input("", format!("`{what}` is not understood"));
    let embedding = match embeddings {
        "nodes" => Embedding::Nodes,
        "networks" => Embedding::Networks,
        _ => return Err(unknown(embeddings).allowed("nodes, networks")),
    };
    let precision = match precision {
        "f32" => Precision::F32,
        "f64" => Precision::F64,
        _ => return Err(unknown(precision).allowed("f32, f64")),
    };
    let vector = match level {
        "native" => Vector::Native,
        "avx2" => Vector::Avx2,
        "portable" => Vector::Portable,
        _ => return Err(unknown(level).allowed("native, avx2, portable")),
    };
    let training =
        systems.iter().map(|&name| Ok(System { name: name.to_owned(), frames: system(name)? }));
    let data = Data { training: training.collect::<Result<_>>()?, ..Data::default() };
    let data = data.of_species(&Model { species: vec!["O".to_owned(), "H".to_owned()] })?;
    let selection = Room::Counts(vec![46, 92]);
    let form = Representation { selection, ..Representation::default() }.form(&data)?;
    let problem = Problem {
        data: Paths::default(),
        validation: Paths::default(),
        held_out: 0.0,
        batch: Batch::Frames(Counts::One(1)),
        probabilities: None,
        weights: Terms::default(),
        per_atom: Divisor::N,
        single_weights: false,
        digest: None,
        source: None,
    };
    let problem = problem.pose(&data, embedding, (RATE, MOVES))?;
    problem.check()?;
    let atoms = problem.training[0].len();
    windows.say(&format!(
        ": {} weights, {:.0} operations a step",
        weights(&form),
        forecast::operations(&form, atoms)
    ));
    let run = Run::new(MOVES).precision(precision).vector(vector).threads(threads);
    par::pool(threads)?.install(|| {
        let mut theta = form.init(precision, &Stream::new(run.seed))?;
        let mut training = Training::new(problem, form, &run)?;
        let mut descent = Adam { rate: RATE, of: MOVES, ..Adam::keras(0.0) };
        let (mut step, mut loss) = (0, f64::NAN);
        while windows.before(|| loss).is_continue() {
            let batch = frame::Batch { purpose: Purpose::Training, step, n: 1 };
            loss = descent.step(&mut theta, &mut training, batch)?.mean;
            step += 1;
        }
        Ok(())
    })
}

fn weights(form: &DeepPotential) -> usize {
    form.embeddings() * form.embedding.parameters() + form.species.len() * form.fitting.parameters()
}
