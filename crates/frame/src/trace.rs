//! What was recorded on the way.

use ground::Result;
use ground::estimate::Estimate;

use crate::checkpoint::Keeper;

/// One look at the validation value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// After how many moves.
    pub iteration: u64,
    /// J on the training batch of the move before.
    pub training: f64,
    /// J on the validation draws.
    pub validation: Estimate,
}

/// All looks, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The looks.
    pub looks: Vec<Look>,
}

impl Trace {
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

    /// What must survive an interruption.
    pub(crate) fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        let mut counts: Vec<u64> =
            self.looks.iter().flat_map(|l| [l.iteration, l.validation.n as u64]).collect();
        let mut numbers: Vec<f64> = self
            .looks
            .iter()
            .flat_map(|l| [l.training, l.validation.mean, l.validation.stderr])
            .collect();
        keeper.counts("looks", &mut counts)?;
        keeper.numbers("values", &mut numbers)?;
        self.looks = counts
            .as_chunks()
            .0
            .iter()
            .zip(numbers.as_chunks().0)
            .map(|(&[iteration, n], &[training, mean, stderr])| {
                #[allow(clippy::cast_possible_truncation, reason = "it was a usize when saved")]
                let validation = Estimate { mean, stderr, n: n as usize };
                Look { iteration, training, validation }
            })
            .collect();
        Ok(())
    }
}
