//! Which snapshots make a batch.
//!
//! An epoch is every batch once, in an order of its own; which batch a step takes is known from the step
//! alone, so that a run that goes on sees what it would have seen. Where systems have probabilities there
//! are no epochs: a system is drawn, then some of its snapshots.

use ground::stream::Stream;
use ground::{Error, Result};

/// How batches are made.
#[derive(Clone, Debug, PartialEq)]
pub enum Batches {
    /// Snapshots of all systems together, about as many atoms in each batch as this, at least one
    /// snapshot.
    Mixed {
        /// Atoms of a batch.
        atoms: usize,
    },
    /// So many snapshots of one system, one number a system.
    Frames {
        /// Snapshots of a batch, one number a system.
        counts: Vec<usize>,
        /// Of the systems; none for all batches once an epoch.
        probabilities: Option<Vec<f64>>,
    },
}

/// An order of n things.
#[derive(Clone, Debug)]
pub struct Epoch(Vec<usize>);

impl Epoch {
    /// Drawn: number `epoch` of a stream.
    pub fn new(n: usize, epoch: u64, stream: &Stream) -> Self {
        let mut keys: Vec<(u64, usize)> = (0..n)
            .map(|i| {
                let [a, b, ..] = stream.words(epoch, 0, i);
                (u64::from(a) << 32 | u64::from(b), i)
            })
            .collect();
        keys.sort_unstable();
        Self(keys.into_iter().map(|(_, i)| i).collect())
    }

    /// Which thing is at a place.
    pub fn at(&self, place: usize) -> usize {
        self.0[place]
    }
}

impl Batches {
    /// One batch a system: the fewest snapshots that have so many atoms together.
    pub fn of_atoms(sizes: &[Vec<usize>], atoms: usize) -> Self {
        let count = |system: &Vec<usize>| {
            let size = system.first().copied().unwrap_or(1).max(1);
            atoms.div_ceil(size).clamp(1, system.len().max(1))
        };
        Self::Frames { counts: sizes.iter().map(count).collect(), probabilities: None }
    }

    /// Refuses what does not fit so many systems.
    pub fn check(&self, systems: usize) -> Result<()> {
        let Self::Frames { counts, probabilities } = self else { return Ok(()) };
        let lengths = [
            ("problem.batch.frames", counts.len()),
            ("problem.probabilities", probabilities.as_ref().map_or(systems, Vec::len)),
        ];
        for (key, n) in lengths {
            if n != systems {
                return Err(Error::input(key, format!("{n} numbers for {systems} systems"))
                    .allowed("Write one for each system of problem.data"));
            }
        }
        if counts.contains(&0) {
            return Err(Error::input("problem.batch.frames", "a batch of no frames")
                .allowed("Write whole numbers, at least 1"));
        }
        if let Some(all) = probabilities {
            let sum: f64 = all.iter().sum();
            if !(sum > 0.0 && sum.is_finite()) || all.iter().any(|p| *p < 0.0) {
                return Err(Error::input("problem.probabilities", "these are no probabilities")
                    .allowed("Write numbers of which none is negative and one is positive"));
            }
        }
        Ok(())
    }

    /// Batches of an epoch, from the atoms of every snapshot, system by system.
    pub fn per_epoch(&self, sizes: &[Vec<usize>]) -> usize {
        match self {
            Self::Mixed { atoms } => {
                let total: usize = sizes.iter().flatten().sum();
                let largest = sizes.iter().flatten().copied().max().unwrap_or(1);
                (total / (*atoms).max(largest).max(1)).max(1)
            }
            Self::Frames { counts, .. } => {
                let batches = |(system, count): (&Vec<usize>, &usize)| {
                    if system.is_empty() { 0 } else { (system.len() / count).max(1) }
                };
                sizes.iter().zip(counts).map(batches).sum::<usize>().max(1)
            }
        }
    }

    /// All batches of an epoch in their order, each as places among all snapshots.
    fn epoch(&self, sizes: &[Vec<usize>], epoch: u64, stream: &Stream) -> Vec<Vec<usize>> {
        match self {
            Self::Mixed { .. } => mixed(sizes, epoch, self.per_epoch(sizes), stream),
            Self::Frames { counts, .. } => by_system(sizes, counts, epoch, stream),
        }
    }
}

/// The batches of a run, one epoch after another.
#[derive(Clone, Debug)]
pub struct Course {
    batches: Batches,
    sizes: Vec<Vec<usize>>,
    stream: Stream,
    per_epoch: u64,
    /// The epoch that was asked for last.
    now: Option<(u64, Vec<Vec<usize>>)>,
}

impl Course {
    /// Of snapshots with so many atoms, system by system.
    pub fn new(batches: Batches, sizes: Vec<Vec<usize>>, stream: &Stream) -> Self {
        let per_epoch = batches.per_epoch(&sizes) as u64;
        Self { batches, sizes, stream: stream.child("batches"), per_epoch, now: None }
    }

    /// The snapshots of the batch of a step, as places among all.
    pub fn at(&mut self, step: u64) -> Vec<usize> {
        if let Batches::Frames { counts, probabilities: Some(all) } = &self.batches {
            return weighted(&self.sizes, counts, all, (step, &self.stream));
        }
        let (epoch, within) = (step / self.per_epoch, step % self.per_epoch);
        let now = match self.now.take() {
            Some((known, all)) if known == epoch => all,
            _ => self.batches.epoch(&self.sizes, epoch, &self.stream),
        };
        let batch = usize::try_from(within).ok().and_then(|within| now.get(within)).cloned();
        self.now = Some((epoch, now));
        batch.unwrap_or_default()
    }
}

/// Snapshots in an order of the epoch; those whose middle, counted in atoms, lies in one part are a batch.
fn mixed(sizes: &[Vec<usize>], epoch: u64, parts: usize, stream: &Stream) -> Vec<Vec<usize>> {
    let all: Vec<usize> = sizes.iter().flatten().copied().collect();
    let order = Epoch::new(all.len(), epoch, &stream.child("frames"));
    let total: usize = all.iter().sum();
    let (mut before, mut batches) = (0, vec![Vec::new(); parts]);
    for place in 0..all.len() {
        let snapshot = order.at(place);
        let middle = 2 * before + all[snapshot];
        batches[middle * parts / (2 * total.max(1))].push(snapshot);
        before += all[snapshot];
    }
    batches
}

/// Every system in an order of the epoch, cut into batches; then all batches in an order of theirs.
fn by_system(
    sizes: &[Vec<usize>],
    counts: &[usize],
    epoch: u64,
    stream: &Stream,
) -> Vec<Vec<usize>> {
    let (mut all, mut first) = (Vec::new(), 0);
    for (k, (system, &count)) in sizes.iter().zip(counts).enumerate() {
        let n = system.len();
        let order = Epoch::new(n, epoch, &stream.child("system").child(&k.to_string()));
        let batches = if n == 0 { 0 } else { (n / count).max(1) };
        all.extend((0..batches).map(|b| {
            (0..count.min(n)).map(|i| first + order.at((b * count + i) % n)).collect::<Vec<_>>()
        }));
        first += n;
    }
    let order = Epoch::new(all.len(), epoch, &stream.child("order"));
    (0..all.len()).map(|place| std::mem::take(&mut all[order.at(place)])).collect()
}

/// A system by its probability, then some of its snapshots, each once.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place below n")]
fn weighted(
    sizes: &[Vec<usize>],
    counts: &[usize],
    probabilities: &[f64],
    (step, stream): (u64, &Stream),
) -> Vec<usize> {
    let total: f64 = probabilities.iter().sum();
    let mut left = total * stream.child("system").uniform(step, 0, 0);
    let mut system = probabilities.iter().rposition(|p| *p > 0.0).unwrap_or(0);
    for (k, p) in probabilities.iter().enumerate() {
        if left < *p {
            system = k;
            break;
        }
        left -= p;
    }
    let first: usize = sizes[..system].iter().map(Vec::len).sum();
    let n = sizes[system].len();
    let (mut batch, drawn) = (Vec::new(), stream.child("weighted"));
    let mut draws = (0..).map(|k| (drawn.uniform(step, 0, k) * n as f64) as usize);
    while batch.len() < counts[system].min(n) {
        let place = first + draws.next().unwrap_or(0).min(n - 1);
        if !batch.contains(&place) {
            batch.push(place);
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch_of(batches: &Batches, sizes: &[Vec<usize>], epoch: u64) -> Vec<Vec<usize>> {
        let mut course = Course::new(batches.clone(), sizes.to_vec(), &Stream::new(4));
        let n = course.per_epoch;
        (epoch * n..(epoch + 1) * n).map(|step| course.at(step)).collect()
    }

    #[test]
    fn an_epoch_takes_every_snapshot_once() {
        let sizes = vec![vec![12; 6], vec![5; 9], vec![40; 3]];
        for batches in [
            Batches::Mixed { atoms: 32 },
            Batches::Mixed { atoms: 1000 },
            Batches::Frames { counts: vec![2, 3, 1], probabilities: None },
        ] {
            for epoch in 0..3 {
                let all = epoch_of(&batches, &sizes, epoch);
                assert!(all.iter().all(|batch| !batch.is_empty()), "{batches:?}");
                let mut seen: Vec<usize> = all.concat();
                seen.sort_unstable();
                assert_eq!(seen, (0..18).collect::<Vec<_>>(), "{batches:?}");
            }
            assert_ne!(epoch_of(&batches, &sizes, 0), epoch_of(&batches, &sizes, 1));
        }
    }

    #[test]
    fn mixed_batches_are_about_as_large_as_asked_for() {
        let sizes = vec![vec![12; 60], vec![5; 90]];
        for batch in epoch_of(&Batches::Mixed { atoms: 32 }, &sizes, 0) {
            let atoms: usize = batch.iter().map(|&k| if k < 60 { 12 } else { 5 }).sum();
            assert!((20..=48).contains(&atoms), "{atoms}");
        }
    }

    #[test]
    fn systems_come_as_often_as_they_should() {
        let sizes = vec![vec![3; 4], vec![3; 4]];
        let probabilities = Some(vec![0.25, 0.75]);
        let batches = Batches::Frames { counts: vec![2, 1], probabilities };
        let n = 4000;
        let mut course = Course::new(batches, sizes, &Stream::new(1));
        let second = (0..n).filter(|&step| course.at(step)[0] >= 4).count();
        let share = second as f64 / n as f64;
        assert!((share - 0.75).abs() < 4.0 * (0.1875_f64 / n as f64).sqrt(), "{share}");
    }

    #[test]
    fn the_fewest_snapshots_with_so_many_atoms() {
        let batches = Batches::of_atoms(&[vec![12; 6], vec![192; 3], vec![1; 8]], 32);
        assert_eq!(batches, Batches::Frames { counts: vec![3, 1, 8], probabilities: None });
    }
}
