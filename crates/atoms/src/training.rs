//! Force matching by hand: the gradient of a loss that holds first derivatives of the function.
//!
//! ```text
//! J(θ) = mean of l(E, F, Ξ, E_i),   dJ/dθ = ∂/∂θ (Σ s_i E_i + Σ Ė_i),   s = ∂J/∂E_i
//! Ė_i the change of E_i while every d_ij changes by w_ij = u_i − u_j − y d_ij,  u = ∂J/∂F, y = ∂J/∂Ξ
//! ```
//! One way forward along w and one way back: no second derivative is ever formed. Read engine, piece, forth,
//! back in this order. The judge is [`crate::problem::on_tape`].

use frame::problem::Findings;
use frame::{
    Batch, ErrorBudget, Forecast, Functional, Keeper, Move, Params, Precision, Problem, Purpose,
    Run, Stored, Table, Term, Watch, Work,
};
use ground::estimate::Estimate;
use ground::kernel::gram::Pairs;
use ground::kernel::lane::{self, Real};
use ground::stream::Stream;
use ground::{Error, Result, par};

use crate::answer::Trained;
use crate::form::DeepPotential;
use crate::model::{Mat3, Snapshot, Vec3};
use crate::neighbours::{self, Grid, Surroundings as _};
use crate::plan::environment::{Octet, Scale};
use crate::problem::loss::{self, Squares};
use crate::problem::statistics::Environments;
use crate::problem::{Embedding, ForceMatching};
use embedded::Embedded;
use engine::Engine;
use fitted::Fitted;
use told::Roots;

mod back;
mod embedded;
mod engine;
mod fitted;
pub mod forecast;
mod forth;
mod piece;
mod table;
mod told;

/// Iterations between two looks at how well nodes stand for the embeddings.
const MEASURE_EVERY: u64 = 100;
/// Nodes reach to this part of the smallest distance of the data.
const CLOSER: f64 = 0.99;

/// What all pieces of a batch share.
struct Shared<'a, T: Real> {
    form: &'a DeepPotential,
    level: lane::Level,
    frames: &'a [Frame<'a>],
    /// Embeddings with their weights.
    embedded: &'a [(&'a Embedded<T>, &'a [T::Row])],
    fitted: &'a [Fitted<T>],
    scales: &'a [Scale],
    pairs: Pairs,
    /// Rows of a line of features.
    stride: usize,
    /// 1/N_c.
    by_slots: T,
    /// Eight neighbours that are not there, and the same measured.
    nobody: Octet,
    nothing: Octet,
    /// Whether every neighbour has a node of its own.
    own: bool,
    /// Of all frames.
    atoms: usize,
}

impl<T: Real> Shared<'_, T> {
    fn fitted(&self, species: usize) -> &Fitted<T> {
        &self.fitted[species]
    }

    /// Nodes of the largest table.
    fn most_nodes(&self) -> usize {
        self.embedded.iter().map(|(embedded, _)| embedded.cells + 1).max().unwrap_or(0)
    }
}

/// A snapshot of a batch.
struct Frame<'a> {
    snapshot: &'a Snapshot,
    grid: Grid,
    /// Its first atom among those of the batch.
    first: u32,
}

impl<'a> Frame<'a> {
    /// Those of a batch.
    fn all(snapshots: &[&'a Snapshot], within: f64) -> Result<Vec<Self>> {
        let grids = par::map(snapshots.len(), |k| {
            neighbours::check(snapshots[k], within)?;
            Ok(Grid::new(snapshots[k], within))
        });
        let mut next = 0;
        let frame = |(&snapshot, grid): (&&'a Snapshot, Result<Grid>)| {
            let first = next;
            next += u32::try_from(snapshot.len()).map_err(|_| Error::bug("2^32 atoms"))?;
            Ok(Self { snapshot, grid: grid?, first })
        };
        snapshots.iter().zip(grids).map(frame).collect()
    }

    /// The atom at a place, among those of the batch.
    fn atom(&self, place: u32) -> u32 {
        self.first + u32::try_from(self.grid.atom(place as usize)).expect("fewer than 2^32 atoms")
    }
}

/// What a potential gives of a snapshot.
#[derive(Clone, Debug)]
struct Found {
    energy: f64,
    forces: Vec<Vec3>,
    virial: Mat3,
    atomic: Vec<f64>,
}

impl Found {
    fn zeros(frame: &Frame<'_>) -> Self {
        let n = frame.snapshot.len();
        let (forces, atomic) = (vec![[0.0; 3]; n], vec![0.0; n]);
        Self { energy: 0.0, forces, virial: [[0.0; 3]; 3], atomic }
    }

    fn view(&self) -> loss::Found<'_> {
        loss::Found {
            energy: self.energy,
            forces: &self.forces,
            virial: self.virial,
            atomic: &self.atomic,
        }
    }
}

/// Derivatives of a number by what a batch gave.
struct Pulls {
    /// By the energy of every atom, and by those of all atoms of a species.
    energies: Vec<f64>,
    species: Vec<f64>,
    /// By every force.
    forces: Vec<Vec3>,
    /// By the virial of every frame, where it matters.
    virials: Vec<Option<Mat3>>,
}

/// Force matching of a form in one precision.
#[derive(Debug)]
struct Matching<T: Real> {
    engine: Engine<T>,
}

impl<T: Stored> Matching<T> {
    /// l of every snapshot, and its parts.
    fn losses(
        &mut self,
        theta: &Params,
        snapshots: &[&Snapshot],
        factors: loss::Factors,
    ) -> Result<(Vec<Found>, Vec<Squares>, Vec<f64>)> {
        let found = self.engine.forth(theta, snapshots)?;
        let pairs = || snapshots.iter().zip(&found);
        let squares: Vec<Squares> =
            pairs().map(|(s, found)| Squares::of(s, found.view())).collect();
        let losses = snapshots.iter().zip(&squares).map(|(s, own)| factors.loss(s.len(), *own));
        let losses = losses.collect();
        Ok((found, squares, losses))
    }

    /// The gradient of the mean l of a batch: the engine keeps it.
    fn slopes(
        &mut self,
        theta: &Params,
        snapshots: &[&Snapshot],
        (factors, at): (loss::Factors, u64),
    ) -> Result<Vec<f64>> {
        let (found, _, losses) = self.losses(theta, snapshots, factors)?;
        if losses.iter().any(|l| !l.is_finite()) {
            return Err(Error::Numeric { what: "the loss".to_owned(), at });
        }
        let by = 1.0 / snapshots.len().max(1) as f64;
        let mut pulls = Pulls {
            energies: Vec::new(),
            species: vec![0.0; self.engine.form.species.len()],
            forces: Vec::new(),
            virials: Vec::new(),
        };
        for (snapshot, found) in snapshots.iter().zip(&found) {
            let slopes = factors.slopes(snapshot, found.view(), by);
            let n = snapshot.len();
            let atomic = slopes.atomic.unwrap_or_else(|| vec![0.0; n]);
            for (own, &t) in atomic.iter().zip(&*snapshot.types) {
                pulls.energies.push(own + slopes.energy);
                pulls.species[t as usize] += own + slopes.energy;
            }
            pulls.forces.extend(slopes.forces.unwrap_or_else(|| vec![[0.0; 3]; n]));
            pulls.virials.push(slopes.virial);
        }
        if self.engine.back(theta, &pulls) {
            return Ok(losses);
        }
        Err(Error::Numeric { what: "the gradient".to_owned(), at })
    }
}

/// A form and the data it is trained on.
#[derive(Debug)]
pub struct Training {
    problem: ForceMatching,
    form: DeepPotential,
    stream: Stream,
    plan: Plans,
    work: Work,
    /// What the last look told.
    told: Vec<(String, f64)>,
}

#[derive(Debug)]
enum Plans {
    F32(Box<Matching<f32>>),
    F64(Box<Matching<f64>>),
}

/// Runs an expression with the plan of the right precision.
macro_rules! with {
    ($plan:expr, $name:pat => $body:expr) => {
        match $plan {
            Plans::F32($name) => $body,
            Plans::F64($name) => $body,
        }
    };
}

impl Training {
    /// Couples a problem and a form.
    pub fn new(problem: ForceMatching, form: DeepPotential, run: &Run) -> Result<Self> {
        let level = match run.vector {
            frame::run::Vector::Native => lane::level(),
            frame::run::Vector::Avx2 => lane::level_named("avx2").unwrap_or_else(lane::level),
            frame::run::Vector::Portable => {
                lane::level_named("portable").unwrap_or_else(lane::level)
            }
        };
        let all: Vec<&Snapshot> = problem.training.iter().chain(&problem.validation).collect();
        let found = Environments::of(&all, form.species.len(), form.switch)?;
        let closest = CLOSER * found.nearest.unwrap_or(form.switch.to).min(form.switch.to);
        let own = problem.embedding == Embedding::Networks;
        let engine = form.clone();
        let plan = match run.precision {
            Precision::F32 => {
                Plans::F32(Box::new(Matching { engine: Engine::new(engine, closest, own, level) }))
            }
            Precision::F64 => {
                Plans::F64(Box::new(Matching { engine: Engine::new(engine, closest, own, level) }))
            }
        };
        Ok(Self {
            problem,
            form,
            stream: Stream::new(run.seed),
            plan,
            work: Work::default(),
            told: Vec::new(),
        })
    }

    /// The largest errors of g and g' between nodes when they were last measured; None where there are no
    /// nodes.
    pub fn node_errors(&self) -> Option<[f64; 2]> {
        if self.problem.embedding == Embedding::Networks {
            return None;
        }
        let larger = |a: [f64; 2], b: [f64; 2]| [a[0].max(b[0]), a[1].max(b[1])];
        with!(&self.plan, plan => {
            plan.engine.embedded.iter().map(|embedded| embedded.errors).reduce(larger)
        })
    }

    /// J on a batch, and what it is made of.
    fn roots(&mut self, theta: &Params, batch: Batch) -> Result<(Estimate, Roots)> {
        self.prepare(theta, batch);
        let snapshots = self.problem.drawn(batch, &self.stream);
        let factors = self.problem.at(batch.step);
        self.work.values += snapshots.len() as u64;
        let (_, squares, losses) =
            with!(&mut self.plan, plan => plan.losses(theta, &snapshots, factors))?;
        let value = Estimate::of(&losses);
        if value.mean.is_finite() {
            return Ok((value, Roots::of(&snapshots, &squares, &losses)));
        }
        Err(Error::Numeric { what: "the loss".to_owned(), at: batch.step })
    }

    /// J and its gradient on a batch, which the plan keeps.
    fn slopes(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        self.prepare(theta, batch);
        let snapshots = self.problem.drawn(batch, &self.stream);
        let at = (self.problem.at(batch.step), batch.step);
        self.work.gradients += snapshots.len() as u64;
        let losses = with!(&mut self.plan, plan => plan.slopes(theta, &snapshots, at))?;
        Ok(Estimate::of(&losses))
    }

    /// Measures nodes when it is time, and always where there are none.
    fn prepare(&mut self, theta: &Params, batch: Batch) {
        let due = batch.purpose == Purpose::Training && batch.step.is_multiple_of(MEASURE_EVERY);
        with!(&mut self.plan, plan => {
            if due || plan.engine.embedded.iter().any(|embedded| embedded.cells == 0) {
                plan.engine.measure(theta);
            }
        });
    }
}

impl Functional for Training {
    fn value(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        let (value, roots) = self.roots(theta, batch)?;
        if batch.purpose == Purpose::Validation {
            let (_, training) = self.roots(theta, Batch { purpose: Purpose::Training, ..batch })?;
            let validation = (!self.problem.validation.is_empty()).then_some(roots);
            self.told = told::told(validation, training, !self.problem.weights.virial.is_zero());
        }
        Ok(value)
    }

    fn told(&self) -> Vec<(String, f64)> {
        self.told.clone()
    }

    fn gradient(&mut self, theta: &Params, batch: Batch, into: &mut Params) -> Result<Estimate> {
        let value = self.slopes(theta, batch)?;
        with!(&self.plan, plan => plan.engine.gradient(into));
        Ok(value)
    }

    fn descend(&mut self, theta: &mut Params, batch: Batch, by: Move) -> Result<Estimate> {
        if by.clip.is_some() {
            let mut gradient = theta.zeros_like();
            let value = self.gradient(theta, batch, &mut gradient)?;
            by.apply(theta, &mut gradient, batch.step)?;
            return Ok(value);
        }
        let value = self.slopes(theta, batch)?;
        with!(&self.plan, plan => plan.engine.step(theta, by.update));
        Ok(value)
    }

    fn work(&self) -> Work {
        self.work
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        self.work.keep(keeper)?;
        with!(&mut self.plan, plan => plan.engine.keep(keeper))
    }
}

impl Problem<DeepPotential> for ForceMatching {
    type Functional = Training;
    type Answer = Trained;

    fn forecast(&self, form: &DeepPotential, run: &Run) -> Result<Forecast> {
        Ok(forecast::forecast(self, form, run))
    }

    fn couple(self, form: DeepPotential, run: &Run) -> Result<Training> {
        Training::new(self, form, run)
    }

    fn answer(
        j: &mut Training,
        theta: &Params,
        _: &Stream,
        watch: &mut dyn Watch,
    ) -> Result<Findings<Trained>> {
        let answer = Trained::of(&j.problem, &j.form, theta, watch)?;
        let doubts = answer.doubts();
        Ok(Findings {
            error: budget(&answer, j.node_errors()),
            answer,
            contradiction: None,
            doubts,
            // The loss changes with its weights: only the end of the schedule says that it has settled.
            slack: f64::INFINITY,
        })
    }

    fn at_points(_: &mut Training, _: &Params, _: &Table, _: &mut dyn Watch) -> Result<Table> {
        Err(Error::input("--at", "a potential is asked at frames, not at points of a table")
            .allowed("Write: esperance eval RUN/model.dp FRAMES"))
    }
}

/// What is known of the four errors.
fn budget(answer: &Trained, nodes: Option<[f64; 2]>) -> ErrorBudget {
    let unknown = |why: &str| Term::Unknown { why: why.to_owned() };
    let training = answer.training.force.rmse();
    let validation = answer.validation.as_ref().and_then(|score| score.force.rmse());
    ErrorBudget {
        estimation: match (training, validation) {
            (Some(training), Some(validation)) => Term::Measured {
                size: (validation - training).max(0.0),
                how: "force RMSE on frames set aside, less that on frames learned from, eV/Å"
                    .to_owned(),
            },
            _ => unknown("no frames with forces were set aside"),
        },
        optimisation: unknown(
            "the schedule ends where it was told to; a longer one may lead further",
        ),
        discretisation: match nodes {
            Some([_, slope]) => Term::Indicated {
                size: slope,
                how: "largest error of an embedding's slope between nodes, at its last measurement"
                    .to_owned(),
            },
            None => Term::Absent { why: "embeddings are asked at every neighbour".to_owned() },
        },
        approximation: match training {
            Some(size) => Term::Indicated {
                size,
                how: "force RMSE on the frames learned from, eV/Å: what form and descent leave"
                    .to_owned(),
            },
            None => unknown("no forces were learned"),
        },
    }
}
