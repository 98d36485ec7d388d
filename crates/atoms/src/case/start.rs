//! A potential to go on from, in terms of the species of the data.
//!
//! Everything is kept by name: species may come in another order. A new species has networks that are
//! drawn and the scale of its environments from the data. Room for it makes N_c larger, and what the
//! fitting networks of known species see smaller by (N_c/N_c')²; their first weights undo that. Pairs of
//! known species are then as they were, but for the empty places of the new one.
//!
//! To go on with other data, the energies of atoms are fitted again:
//! ```text
//! b_t += argmin Σ_frames (E_label − E − Σ_t n_t b_t)²      the shortest of all such
//! ```

use frame::{Params, Precision, Representation as _};
use ground::stream::Stream;
use ground::{Error, Result};

use super::data::Parted;
use super::representation::Representation;
use crate::form::{DeepPotential, Potential};
use crate::model::Snapshot;
use crate::plan::{Embeddings, Fast};
use crate::problem::statistics::{Environments, bias};

/// A potential to start from.
#[derive(Clone, Debug)]
pub struct Start {
    /// It.
    pub potential: Potential,
    /// Whether the energies of atoms are fitted again, and species may be new.
    pub finetune: bool,
    /// Of the weights of the training.
    pub precision: Precision,
}

/// What a training starts with.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The form.
    pub form: DeepPotential,
    /// The weights; none where the form draws its own.
    pub theta: Option<Params>,
}

impl Start {
    /// The species of a training that names none: those of the potential, then the new ones.
    pub fn species(&self, of_data: &[String]) -> Result<Vec<String>> {
        let mut species = self.potential.form.species.clone();
        for name in of_data {
            if species.contains(name) {
                continue;
            }
            if !self.finetune {
                let known = species.join(", ");
                let found = format!("there are atoms of `{name}`, which the model does not know");
                return Err(Error::input("run.init", found)
                    .allowed(format!("It knows {known}; run.finetune instead adds species")));
            }
            species.push(name.clone());
        }
        Ok(species)
    }

    /// The form and the weights for these data; what is new is drawn by `seed`.
    pub fn begin(self, room: &Representation, data: &Parted, seed: u64) -> Result<Begun> {
        let old = self.potential;
        let key = if self.finetune { "run.finetune" } else { "run.init" };
        if let Some(lost) = old.form.species.iter().find(|name| !data.species.contains(name)) {
            return Err(Error::input(
                "model.species",
                format!("the model of {key} knows `{lost}`"),
            )
            .allowed("Name all of its species, or leave model.species out"));
        }
        let places: Vec<Option<usize>> = data
            .species
            .iter()
            .map(|name| old.form.species.iter().position(|known| known == name))
            .collect();
        if !self.finetune && places.contains(&None) {
            return Err(Error::input("model.species", "a species is new to the model of run.init")
                .allowed(format!(
                    "It knows {}; run.finetune instead adds species",
                    old.form.species.join(", ")
                )));
        }
        let mut form = grown(&old.form, &places, room, data)?;
        let theta = moved(&old, &form, &places, (self.precision, seed))?;
        if self.finetune {
            refit(&mut form, &theta, data)?;
        }
        Ok(Begun { form, theta: Some(theta) })
    }
}

/// The form for other species: `places` says which of the old ones each is.
fn grown(
    old: &DeepPotential,
    places: &[Option<usize>],
    room: &Representation,
    data: &Parted,
) -> Result<DeepPotential> {
    let n = places.len();
    let new_place = |i: usize| places.iter().position(|place| *place == Some(i));
    let pair = |[a, b]: &[usize; 2]| Some([new_place(*a)?, new_place(*b)?]);
    let mut form = DeepPotential {
        species: data.species.clone(),
        excluded: old.excluded.iter().filter_map(pair).collect(),
        ..old.clone()
    };
    let of = |i: usize| places[i].unwrap_or(0);
    form.bias = (0..n).map(|i| places[i].map_or(0.0, |k| old.bias[k])).collect();
    form.from_vacuum = (0..n).map(|i| places[i].is_some_and(|k| old.from_vacuum[k])).collect();
    form.selection = (0..n).map(|i| old.selection[of(i)]).collect();
    form.statistics = (0..n).map(|i| old.statistics[of(i)]).collect();
    if places.contains(&None) {
        let training: Vec<&Snapshot> = data.training.iter().collect();
        let found = Environments::of(&training, n, old.switch)?;
        let selection = room.room(&found, n)?;
        for i in (0..n).filter(|&i| places[i].is_none()) {
            form.selection[i] = selection[i];
        }
        let floor = room.deviation_floor;
        let mut statistics = found.statistics(form.slots(), floor, old.switch.to);
        if old.statistics.iter().all(|s| s.mean == 0.0) {
            for s in &mut statistics {
                s.mean = 0.0;
            }
        }
        for i in (0..n).filter(|&i| places[i].is_none()) {
            form.statistics[i] = statistics[i];
        }
    }
    Ok(form)
}

/// The weights in the order of other species, in a precision; those of new ones are drawn.
fn moved(
    old: &Potential,
    form: &DeepPotential,
    places: &[Option<usize>],
    (precision, seed): (Precision, u64),
) -> Result<Params> {
    let mut theta = form.init(precision, &Stream::new(seed).child("init"))?;
    let n = places.len();
    for (i, place) in places.iter().enumerate() {
        for j in 0..n {
            if let (Some(centre), Some(neighbour)) = (place, places[j]) {
                let from = old.form.embedding_block(old.form.embedding_of(neighbour, *centre));
                let to = form.embedding_block(form.embedding_of(j, i));
                theta.set(to, &old.theta.get(from));
            }
        }
        if let Some(k) = place {
            let mut weights = old.theta.get(old.form.fitting_block(*k));
            let larger = form.slots() as f64 / old.form.slots() as f64;
            let first = form.fitting.layers.first().map_or(0, |layer| layer.n_in * layer.n_out);
            if form.slots() != old.form.slots() {
                weights[..first].iter_mut().for_each(|w| *w *= larger * larger);
            }
            theta.set(form.fitting_block(i), &weights);
        }
    }
    Ok(theta)
}

/// Fits the energies of atoms to what is left of the labels.
fn refit(form: &mut DeepPotential, theta: &Params, data: &Parted) -> Result<()> {
    let mut all = Params::zeros(form.layout(), Precision::F64);
    for block in 0..all.layout().blocks.len() {
        all.set(block, &theta.get(block));
    }
    let precision = Precision::F64;
    let potential = Potential { form: form.clone(), theta: all, precision, nearest: None };
    let plan = Fast::new(&potential, precision, Embeddings::Networks);
    let mut left = Vec::new();
    for snapshot in &data.training {
        if let Some(energy) = snapshot.labels.energy {
            let found = plan.evaluate(snapshot, false)?.0.energy;
            left.push((&*snapshot.types, energy - found));
        }
    }
    let more = bias(left.into_iter(), form.species.len())?;
    form.bias.iter_mut().zip(more).for_each(|(b, more)| *b += more);
    Ok(())
}

#[cfg(test)]
mod tests;
