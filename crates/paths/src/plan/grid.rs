//! One level of the time grid, with what the form needs at each of its times.

use ground::formula::{Machine, Sink, Source};
use ground::kernel::lane::{Level, Real, Row};

use super::compiled::Compiled;
use crate::origin::Origin;
use crate::pilot::Pilot;
use crate::spacing::{Cut, Spacing};

/// A level: N steps from t₀ to T, starting at x₀ or at points of its law.
#[derive(Clone, Debug)]
pub(crate) struct Grid<T> {
    pub(crate) steps: usize,
    /// h_n.
    pub(crate) h: Vec<f64>,
    /// x₀, or its mean.
    pub(crate) start: Vec<T>,
    /// The law of x₀, where it has one.
    pub(crate) law: Option<Origin>,
    /// ∫c dt − Σ h_n c(t_n) for the part c(t) of the driver.
    pub(crate) shift: f64,
    /// t_n.
    pub(crate) times: Vec<T>,
    /// 2t/T − 1 and √(1 − t/T).
    pub(crate) clock: Vec<[T; 2]>,
    /// m, `[n][d]`.
    mean: Vec<T>,
    /// 1/s.
    pub(crate) inverse_sd: Vec<T>,
    /// What `smooth` takes beside x, `[n][samples][width]`.
    hoisted: Vec<T>,
    samples: usize,
}

impl<T: Real> Grid<T> {
    /// The grid from (t₀, x₀) in so many steps.
    pub(crate) fn new(
        compiled: &Compiled,
        pilot: &Pilot,
        (from, origin): (f64, &Origin),
        (spacing, steps): (&Spacing, usize),
        level: Level,
    ) -> Self {
        let Cut { times, lengths } = spacing.cut((from, pilot.horizon), steps);
        let samples = pilot.samples();
        let clock = |t: f64| {
            let part = t / pilot.horizon;
            [T::of(2.0 * part - 1.0), T::of((1.0 - part).max(0.0).sqrt())]
        };
        Self {
            steps,
            shift: compiled.clock.beyond(&times, &lengths),
            h: lengths,
            start: origin.mean(compiled.dim).into_iter().map(T::of).collect(),
            law: origin.is_law().then(|| origin.clone()),
            clock: times.iter().map(|&t| clock(t)).collect(),
            mean: times.iter().flat_map(|&t| pilot.mean_at(t)).map(T::of).collect(),
            inverse_sd: times.iter().map(|&t| T::of(pilot.inverse_sd_at(t))).collect(),
            hoisted: hoisted(compiled, &times, &samples, level),
            samples: samples.len(),
            times: times.into_iter().map(T::of).collect(),
        }
    }

    /// m at step n.
    pub(crate) fn mean(&self, n: usize) -> &[T] {
        let dim = self.start.len();
        &self.mean[n * dim..(n + 1) * dim]
    }

    /// What `smooth` takes beside x at step n, sample by sample.
    pub(crate) fn hoisted(&self, n: usize) -> impl Iterator<Item = &[T]> {
        let width = self.hoisted.len() / (self.steps * self.samples);
        let at = n * self.samples * width;
        (0..self.samples).map(move |q| &self.hoisted[at + q * width..at + (q + 1) * width])
    }
}

/// The hoisted numbers at all times and samples, in double precision, then rounded.
fn hoisted<T: Real>(
    compiled: &Compiled,
    times: &[f64],
    samples: &[Vec<f64>],
    level: Level,
) -> Vec<T> {
    let lanes = f64::LANES;
    let width: usize = compiled.widths.iter().sum();
    let mut all = vec![T::default(); times.len() * samples.len() * width];
    if width == 0 {
        return all;
    }
    let mut machine = Machine::<f64>::new(&compiled.hoisted);
    let mut rows = vec![<f64 as Real>::Row::splat(0.0); width];
    let mut xi = vec![<f64 as Real>::Row::splat(0.0); compiled.dim];
    for (n, &t) in times.iter().enumerate() {
        for (first, part) in samples.chunks(lanes).enumerate() {
            for (l, sample) in part.iter().enumerate() {
                xi.iter_mut().zip(sample).for_each(|(row, &v)| row.as_mut()[l] = v);
            }
            let mut sinks = Vec::with_capacity(compiled.widths.len());
            let mut left = rows.as_mut_slice();
            for &w in &compiled.widths {
                let (one, rest) = left.split_at_mut(w);
                sinks.push(Sink::Set(one));
                left = rest;
            }
            let sources = [Source::Uniform(std::slice::from_ref(&t)), Source::Lanes(&xi)];
            machine.run(level, &compiled.hoisted, &sources, &mut sinks);
            for l in 0..part.len() {
                let at = (n * samples.len() + first * lanes + l) * width;
                let target = &mut all[at..at + width];
                target.iter_mut().zip(&rows).for_each(|(v, row)| *v = T::of(row.as_ref()[l]));
            }
        }
    }
    all
}
