//! What was recorded on the way.

use ground::Result;
use ground::estimate::Estimate;

use crate::checkpoint::Keeper;

/// One look at the validation value.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// After how many moves.
    pub iteration: u64,
    /// J on the training batch of the move before.
    pub training: f64,
    /// J on the validation draws.
    pub validation: Estimate,
    /// What that value was made of, in the order of [`Trace::told`].
    pub told: Vec<f64>,
}

/// All looks, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The looks.
    pub looks: Vec<Look>,
    /// Names of what a look tells beside its value.
    pub told: Vec<String>,
}

impl Trace {
    /// Adds a look and what its value was made of.
    pub fn add(
        &mut self,
        iteration: u64,
        [training, validation]: [Estimate; 2],
        told: Vec<(String, f64)>,
    ) {
        let (names, told) = told.into_iter().unzip();
        self.told = names;
        let training = training.mean;
        self.looks.push(Look { iteration, training, validation, told });
    }

    /// What the looks tell of this name, look by look; None where they do not.
    pub fn column(&self, name: &str) -> Option<Vec<f64>> {
        let at = self.told.iter().position(|told| told == name)?;
        Some(self.looks.iter().map(|look| look.told.get(at).copied().unwrap_or(f64::NAN)).collect())
    }

    /// By how much the mean validation value of the last fifth of the run differs from that of the
    /// fifth before, and its standard error. None before there is a look in either.
    ///
    /// All looks judge by the same draws, so their noise is one noise: the error is that of one
    /// look.
    pub fn drift(&self) -> Option<Estimate> {
        let last = self.looks.last()?.iteration as f64;
        let mean = |low: f64, high: f64| {
            let part: Vec<f64> = self
                .looks
                .iter()
                .filter(|look| (look.iteration as f64) > low && look.iteration as f64 <= high)
                .map(|look| look.validation.mean)
                .collect();
            (!part.is_empty()).then(|| part.iter().sum::<f64>() / part.len() as f64)
        };
        let (before, after) = (mean(0.6 * last, 0.8 * last)?, mean(0.8 * last, last)?);
        let noise = self.looks.last()?.validation;
        Some(Estimate { mean: after - before, ..noise })
    }

    /// What share of the whole improvement the second half of the run brought. None before there are three
    /// looks, or where nothing improved.
    ///
    /// All looks judge by the same draws: what is chance in them stands in all alike.
    pub fn late(&self) -> Option<f64> {
        let (first, last) = (self.looks.first()?, self.looks.last()?);
        let half = |look: &&Look| 2 * look.iteration <= last.iteration;
        let middle = self.looks.iter().skip(1).take_while(half).last()?;
        let whole = first.validation.mean - last.validation.mean;
        (whole > 0.0).then(|| (middle.validation.mean - last.validation.mean) / whole)
    }

    /// What must survive an interruption.
    pub(crate) fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        let mut counts: Vec<u64> =
            self.looks.iter().flat_map(|l| [l.iteration, l.validation.n as u64]).collect();
        let mut numbers: Vec<f64> = self
            .looks
            .iter()
            .flat_map(|l| [l.training, l.validation.mean, l.validation.stderr])
            .collect();
        let mut told: Vec<f64> = self.looks.iter().flat_map(|look| look.told.clone()).collect();
        keeper.counts("looks", &mut counts)?;
        keeper.numbers("values", &mut numbers)?;
        keeper.words("names", &mut self.told)?;
        keeper.numbers("told", &mut told)?;
        let n = self.told.len();
        self.looks.clear();
        let looks = counts.as_chunks().0.iter().zip(numbers.as_chunks().0);
        for (k, (&[iteration, n_draws], &[training, mean, stderr])) in looks.enumerate() {
            let told: Vec<f64> = told.iter().skip(k * n).take(n).copied().collect();
            #[allow(clippy::cast_possible_truncation, reason = "it was a usize when saved")]
            let validation = Estimate { mean, stderr, n: n_draws as usize };
            self.looks.push(Look { iteration, training, validation, told });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ground::archive::Archive;

    use super::*;

    #[test]
    fn what_was_told_is_kept() {
        let mut trace = Trace::default();
        for k in 0..3_u32 {
            let value = Estimate { mean: f64::from(k), stderr: 0.5, n: 7 };
            let told = vec![("b".to_owned(), f64::from(k)), ("a".to_owned(), -1.0)];
            trace.add(u64::from(10 * k), [value; 2], told);
        }
        let mut archive = Archive::default();
        trace.keep(&mut Keeper::saving(&mut archive)).unwrap();
        let mut again = Trace::default();
        again.keep(&mut Keeper::restoring(&mut archive)).unwrap();
        assert_eq!(again, trace);
        assert_eq!(again.column("b").unwrap(), [0.0, 1.0, 2.0]);
        assert_eq!(again.column("c"), None);
    }
}
