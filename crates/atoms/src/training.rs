//! Force matching by hand: the gradient of a loss that holds first derivatives of the function.
//!
//! ```text
//! J(θ) = mean of l(E, F, Ξ, E_i),   dJ/dθ = ∂/∂θ (Σ s_i E_i + Σ Ė_i),   s = ∂J/∂E_i
//! Ė_i the change of E_i while every d_ij changes by w_ij = u_i − u_j − y d_ij,  u = ∂J/∂F, y = ∂J/∂Ξ
//! ```
//! One way forward along w and one way back: no second derivative is ever formed. Read engine, piece, forth,
//! back in this order. The judge is [`crate::problem::on_tape`].

use frame::{Batch, Functional, Keeper, Move, Params, Precision, Purpose, Run, Stored, Work};
use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

use crate::form::DeepPotential;
use crate::model::Snapshot;
use crate::problem::loss::{self, Squares};
use crate::problem::statistics::Environments;
use crate::problem::{Course, Embedding, ForceMatching};
use engine::Engine;
use shared::{Found, Frame, Pulls, Shared};
use told::Roots;

mod back;
mod embedded;
mod engine;
mod fitted;
pub mod forecast;
mod forth;
mod piece;
mod posed;
mod shared;
mod table;
mod told;

/// Iterations between two looks at how well nodes stand for the embeddings.
const MEASURE_EVERY: u64 = 100;
/// Nodes reach to this part of the smallest distance of the data.
const CLOSER: f64 = 0.99;

/// Atoms of a look that are evaluated together.
const AT_ONCE: usize = 192;

impl<T: Stored> Engine<T> {
    /// l of every snapshot, and its parts.
    fn losses(
        &mut self,
        theta: &Params,
        snapshots: &[&Snapshot],
        factors: loss::Factors,
    ) -> Result<(Vec<Found>, Vec<Squares>, Vec<f64>)> {
        let found = self.forth(theta, snapshots)?;
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
            species: vec![0.0; self.form.species.len()],
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
        if self.back(theta, &pulls) {
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
    /// The smallest distance in the frames that are learned from, Å.
    nearest: Option<f64>,
    course: Course,
    plan: Plans,
    work: Work,
    /// What the last look told.
    told: Vec<(String, f64)>,
}

#[derive(Debug)]
enum Plans {
    F32(Box<Engine<f32>>),
    F64(Box<Engine<f64>>),
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
        if form.fitting.layers[0].copies > 0 {
            let found = "the first layer of its fitting networks adds its inputs to its outputs";
            return Err(Error::input("representation", found).allowed(
                "Such a model can be evaluated, not trained: choose another first width",
            ));
        }
        let nearest = |frames: &[Snapshot]| {
            let frames: Vec<&Snapshot> = frames.iter().collect();
            Ok(Environments::of(&frames, form.species.len(), form.switch)?.nearest)
        };
        let [learned, judged] = [nearest(&problem.training)?, nearest(&problem.validation)?];
        let closest = [learned, judged].into_iter().flatten().fold(form.switch.to, f64::min);
        let own = problem.embedding == Embedding::Networks;
        let made = (form.clone(), CLOSER * closest, own, run.vector.level());
        let plan = match run.precision {
            Precision::F32 => Plans::F32(Box::new(Engine::new(made))),
            Precision::F64 => Plans::F64(Box::new(Engine::new(made))),
        };
        let stream = Stream::new(run.seed);
        Ok(Self {
            course: problem.course(&stream),
            nearest: learned,
            problem,
            form,
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
            plan.embedded.iter().map(|embedded| embedded.errors).reduce(larger)
        })
    }

    /// J on a batch, and what it is made of.
    fn roots(&mut self, theta: &Params, batch: Batch) -> Result<(Estimate, Roots)> {
        self.prepare(theta, false);
        let snapshots = self.problem.drawn(batch, &mut self.course);
        let factors = self.problem.at(batch.step);
        self.work.values += snapshots.len() as u64;
        let (mut squares, mut losses) = (Vec::new(), Vec::new());
        for some in groups(&snapshots) {
            let (_, own, l) = with!(&mut self.plan, plan => plan.losses(theta, some, factors))?;
            squares.extend(own);
            losses.extend(l);
        }
        let value = Estimate::of(&losses);
        if value.mean.is_finite() {
            return Ok((value, Roots::of(&snapshots, &squares, &losses)));
        }
        Err(Error::Numeric { what: "the loss".to_owned(), at: batch.step })
    }

    /// J and its gradient on a batch, which the plan keeps.
    fn slopes(&mut self, theta: &Params, batch: Batch) -> Result<Estimate> {
        self.prepare(theta, batch.step.is_multiple_of(MEASURE_EVERY));
        let snapshots = self.problem.drawn(batch, &mut self.course);
        let at = (self.problem.at(batch.step), batch.step);
        self.work.gradients += snapshots.len() as u64;
        let losses = with!(&mut self.plan, plan => plan.slopes(theta, &snapshots, at))?;
        Ok(Estimate::of(&losses))
    }

    /// Measures nodes when it is time, and always where there are none.
    fn prepare(&mut self, theta: &Params, due: bool) {
        with!(&mut self.plan, plan => {
            if due || plan.embedded.iter().any(|embedded| embedded.cells == 0) {
                plan.measure(theta);
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
        with!(&self.plan, plan => plan.gradient(into));
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
        with!(&self.plan, plan => plan.step(theta, by.update));
        Ok(value)
    }

    fn work(&self) -> Work {
        self.work
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        self.work.keep(keeper)?;
        with!(&mut self.plan, plan => plan.keep(keeper))
    }
}

/// Snapshots a few at a time: a look needs no more room than a move.
fn groups<'a, 's>(snapshots: &'a [&'s Snapshot]) -> impl Iterator<Item = &'a [&'s Snapshot]> {
    let mut rest = snapshots;
    std::iter::from_fn(move || {
        let mut atoms = 0;
        let fits = |snapshot: &&&Snapshot| {
            atoms += snapshot.len();
            atoms <= AT_ONCE
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (own, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(own)
    })
}
