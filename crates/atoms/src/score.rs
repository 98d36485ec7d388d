//! How well a potential meets labels: errors of energies, forces and virials, and whose they are.
//!
//! ```text
//! RMSE = √⟨δ²⟩, MAE = ⟨|δ|⟩      over frames (E, E/N), components of forces, components of virials
//! ```
//! Beside each stands what a potential without shape gives: the mean energy of each composition, taken
//! from the labels of these very frames, and so no forces and no virial.
//!
//! The error of an RMSE is that of the mean of δ² over frames, frames taken as independent: neighbours of
//! one trajectory are not, and then it is too small.

use ground::estimate::Estimate;

use crate::model::{Labels, Snapshot, Vec3};
use crate::potential::Evaluation;

/// Ends of the classes of |F|, eV/Å; the last has none.
pub const MAGNITUDES: [f64; 6] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0];

/// Differences of one quantity, beside those of zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors {
    /// How many numbers were compared.
    pub n: usize,
    sum: f64,
    square: f64,
    /// Σ|label| and Σ label².
    zeros: [f64; 2],
    /// ⟨δ²⟩ of every frame.
    frames: Vec<f64>,
}

impl Errors {
    /// Adds the pairs of a frame: what was found, and what is right.
    fn frame(&mut self, pairs: impl Iterator<Item = [f64; 2]>) {
        let (mut n, mut square) = (0, 0.0);
        for [found, right] in pairs {
            let d = found - right;
            n += 1;
            self.sum += d.abs();
            square += d * d;
            self.zeros[0] += right.abs();
            self.zeros[1] += right * right;
        }
        if n > 0 {
            self.n += n;
            self.square += square;
            self.frames.push(square / n as f64);
        }
    }

    /// √⟨δ²⟩; None where nothing was compared.
    pub fn rmse(&self) -> Option<f64> {
        (self.n > 0).then(|| (self.square / self.n as f64).sqrt())
    }

    /// ⟨|δ|⟩.
    pub fn mae(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// The RMSE of zeros in place of what was found.
    pub fn zero_rmse(&self) -> Option<f64> {
        (self.n > 0).then(|| (self.zeros[1] / self.n as f64).sqrt())
    }

    /// The MAE of zeros in place of what was found.
    pub fn zero_mae(&self) -> Option<f64> {
        (self.n > 0).then(|| self.zeros[0] / self.n as f64)
    }

    /// The standard error of the RMSE, from the spread over frames; None for a single frame.
    pub fn stderr(&self) -> Option<f64> {
        let (count, rmse) = (self.frames.len() as f64, self.rmse()?);
        if self.frames.len() < 2 || rmse == 0.0 {
            return None;
        }
        let mean = self.frames.iter().sum::<f64>() / count;
        let spread: f64 = self.frames.iter().map(|v| (v - mean).powi(2)).sum();
        Some((spread / (count - 1.0) / count).sqrt() / (2.0 * rmse))
    }

    /// The RMSE with its error, where both are known.
    pub fn estimate(&self) -> Option<Estimate> {
        let (mean, stderr) = (self.rmse()?, self.stderr()?);
        Some(Estimate { mean, stderr, n: self.frames.len() })
    }

    fn join(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.square += other.square;
        self.zeros = std::array::from_fn(|k| self.zeros[k] + other.zeros[k]);
        self.frames.extend(&other.frames);
    }
}

/// Errors of a set of frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Frames that were compared.
    pub frames: usize,
    /// Their atoms, all together.
    pub atoms: usize,
    /// Of E, eV.
    pub energy: Errors,
    /// Of E/N, eV.
    pub energy_per_atom: Errors,
    /// Of components of forces, eV/Å.
    pub force: Errors,
    /// Of components of virials, eV.
    pub virial: Errors,
    /// The same over N, eV.
    pub virial_per_atom: Errors,
    /// Of forces on atoms of each species.
    pub by_species: Vec<Errors>,
    /// Of forces by their size: from each of [`MAGNITUDES`] on.
    pub by_magnitude: Vec<Errors>,
    /// E/N and the number of atoms of each species, frame by frame.
    energies: Vec<(Vec<usize>, f64)>,
}

impl Score {
    /// Nothing yet, for so many species.
    pub fn new(species: usize) -> Self {
        Self {
            by_species: vec![Errors::default(); species],
            by_magnitude: vec![Errors::default(); MAGNITUDES.len()],
            ..Self::default()
        }
    }

    /// Adds a frame; what has no label is not compared.
    pub fn add(&mut self, snapshot: &Snapshot, found: &Evaluation) {
        let n = snapshot.len().max(1) as f64;
        let Labels { energy, forces, virial, .. } = &snapshot.labels;
        self.frames += 1;
        self.atoms += snapshot.len();
        if let Some(energy) = energy {
            let pair = [found.energy, *energy];
            self.energy.frame([pair].into_iter());
            self.energy_per_atom.frame([pair.map(|e| e / n)].into_iter());
            let mut counts = vec![0; self.by_species.len()];
            snapshot.types.iter().for_each(|&t| counts[t as usize] += 1);
            self.energies.push((counts, energy / n));
        }
        if let Some(forces) = forces {
            self.add_forces(&snapshot.types, forces, &found.forces);
        }
        if let Some(virial) = virial {
            let pairs = || {
                let pairs = found.virial.iter().flatten().zip(virial.iter().flatten());
                pairs.map(|(&found, &right)| [found, right])
            };
            self.virial.frame(pairs());
            self.virial_per_atom.frame(pairs().map(|pair| pair.map(|v| v / n)));
        }
    }

    fn add_forces(&mut self, types: &[u32], right: &[Vec3], found: &[Vec3]) {
        let pairs = |i: usize| (0..3).map(move |k| [found[i][k], right[i][k]]);
        let all = 0..right.len();
        self.force.frame(all.clone().flat_map(pairs));
        for (species, errors) in self.by_species.iter_mut().enumerate() {
            errors.frame(all.clone().filter(|&i| types[i] as usize == species).flat_map(pairs));
        }
        let class = |i: usize| {
            let size = right[i].iter().map(|f| f * f).sum::<f64>().sqrt();
            MAGNITUDES.iter().rposition(|&from| size >= from).unwrap_or(0)
        };
        for (k, errors) in self.by_magnitude.iter_mut().enumerate() {
            errors.frame(all.clone().filter(|&i| class(i) == k).flat_map(pairs));
        }
    }

    /// The RMSE and the MAE of E/N where every composition has its mean, eV.
    pub fn mean_energy(&self) -> Option<[f64; 2]> {
        let mut groups: Vec<(&[usize], Vec<f64>)> = Vec::new();
        for (counts, energy) in &self.energies {
            match groups.iter_mut().find(|(known, _)| known == counts) {
                Some((_, all)) => all.push(*energy),
                None => groups.push((counts, vec![*energy])),
            }
        }
        let [mut sum, mut square] = [0.0; 2];
        for (_, all) in &groups {
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            for off in all.iter().map(|energy| energy - mean) {
                sum += off.abs();
                square += off * off;
            }
        }
        let n = self.energies.len() as f64;
        (n > 0.0).then(|| [(square / n).sqrt(), sum / n])
    }

    /// How many compositions there are among the frames with an energy.
    pub fn compositions(&self) -> usize {
        let mut all: Vec<&[usize]> = self.energies.iter().map(|(counts, _)| &counts[..]).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    }

    /// Together with other frames, of the same species.
    pub fn join(&mut self, other: &Self) {
        self.frames += other.frames;
        self.atoms += other.atoms;
        let own = [
            (&mut self.energy, &other.energy),
            (&mut self.energy_per_atom, &other.energy_per_atom),
            (&mut self.force, &other.force),
            (&mut self.virial, &other.virial),
            (&mut self.virial_per_atom, &other.virial_per_atom),
        ];
        for (own, other) in own {
            own.join(other);
        }
        let lists = [
            (&mut self.by_species, &other.by_species),
            (&mut self.by_magnitude, &other.by_magnitude),
        ];
        for (own, other) in lists {
            own.iter_mut().zip(other).for_each(|(own, other)| own.join(other));
        }
        self.energies.extend(other.energies.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_mean_energies_of_two_compositions() {
        let mut score = Score::new(2);
        for (types, energy) in [(vec![0], 1.0), (vec![0], 3.0), (vec![0, 1], 100.0)] {
            let n = types.len();
            let labels = Labels { energy: Some(energy), ..Labels::default() };
            let positions = vec![[0.0; 3]; n];
            score.add(
                &Snapshot { types: types.into(), positions, cell: None, labels },
                &Evaluation::zeros(n, None),
            );
        }
        assert_eq!(score.compositions(), 2);
        assert_eq!(score.mean_energy(), Some([(2.0_f64 / 3.0).sqrt(), 2.0 / 3.0]));
    }

    #[test]
    fn exact_errors_of_two_frames() {
        let frame = |force: f64| Snapshot {
            types: [0, 1].into(),
            positions: vec![[0.0; 3]; 2],
            cell: None,
            labels: Labels {
                energy: Some(1.0),
                forces: Some(vec![[force, 0.0, 0.0], [0.0, 0.0, 0.0]]),
                ..Labels::default()
            },
        };
        let mut score = Score::new(2);
        let mut found = Evaluation::zeros(2, None);
        found.energy = 3.0;
        score.add(&frame(3.0), &found);
        found.energy = 1.0;
        score.add(&frame(0.0), &found);
        assert_eq!((score.energy.rmse(), score.energy.mae()), (Some(2.0_f64.sqrt()), Some(1.0)));
        assert_eq!(score.energy_per_atom.mae(), Some(0.5));
        assert_eq!(score.force.rmse(), Some((9.0_f64 / 12.0).sqrt()));
        assert_eq!(score.by_species[0].rmse(), Some((9.0_f64 / 6.0).sqrt()));
        assert_eq!(score.by_species[1].rmse(), Some(0.0));
        assert_eq!((score.by_magnitude[3].n, score.by_magnitude[0].n), (3, 9));
        assert_eq!(score.virial.rmse(), None);
        assert_eq!((score.mean_energy(), score.compositions()), (Some([0.0, 0.0]), 1));
        assert_eq!(
            (score.force.zero_rmse(), score.force.zero_mae()),
            (score.force.rmse(), Some(0.25))
        );
        assert_eq!(score.by_species[1].zero_rmse(), Some(0.0));
        assert_eq!((score.frames, score.atoms), (2, 4));
        // ⟨δ²⟩ of the frames is 1.5 and 0: their mean 0.75(75), so the RMSE 0.87(43).
        let stderr = score.force.stderr().unwrap();
        assert!((stderr - 0.75 / (2.0 * 0.75_f64.sqrt())).abs() < 1e-12);
        let mut both = Score::new(2);
        both.join(&score);
        assert_eq!(both, score);
    }
}
