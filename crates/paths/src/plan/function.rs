//! What finds Z on a path: a function made ready for walks.

use std::borrow::Cow;

use frame::{Params, Stored};
use ground::kernel::dense::Normed;
use ground::kernel::lane::Real;
use ground::kernel::network::Network;

use super::Plan;
use crate::form::{Form, Free, PerStep};

/// Which function is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// That of these parameters.
    Learned(&'a Params),
    /// A multiple of it.
    Part(&'a Params, f64),
    /// The gradient of the smoothed terminal value: nothing is learned.
    Smoothed,
    /// Z = 0.
    Zero,
}

/// A function made ready.
#[derive(Debug)]
pub(crate) struct Function<'a, T: Real> {
    pub(super) kind: Kind<'a, T>,
    /// What Z is multiplied by.
    pub(super) by: f64,
}

#[derive(Debug)]
pub(super) enum Kind<'a, T: Real> {
    Zero,
    Smoothed,
    Learned(Learned<'a, T>),
}

/// Parameters in the order of [`Network`].
#[derive(Debug)]
pub(super) struct Learned<'a, T: Real> {
    /// Of the coefficients of directions, where there are any.
    pub(super) coefficients: Option<&'a [T]>,
    /// Of free networks: none, one, or one an interval.
    pub(super) free: Vec<Cow<'a, [T]>>,
    /// Z on the first interval, where that is a vector; the networks are then those of later ones.
    pub(super) first: Option<&'a [T]>,
}

/// What all free networks share.
#[derive(Clone, Debug)]
pub(crate) struct Shape<T> {
    pub(super) network: Network,
    /// Whether x is standardised.
    pub(super) hat: bool,
    /// Whether the time is among the inputs.
    pub(super) clocks: bool,
    /// What outputs are multiplied by.
    pub(super) scale: T,
    /// Where the intervals of networks of their own begin; empty for one network.
    pub(super) begins: Vec<T>,
}

impl<T: Real> Shape<T> {
    /// That of a form, if it has free networks. `begins` are the times of the first level.
    pub(super) fn new(form: &Form, zeta: f64, begins: &[T]) -> Option<Self> {
        if let Some(form) = form.per_step() {
            let Normed { widths, activation, .. } = form.network();
            let scale = T::of(1.0 / form.dim as f64);
            let network = Network { widths, activation };
            let begins = begins.to_vec();
            return Some(Self { network, hat: false, clocks: false, scale, begins });
        }
        let free = form.free()?;
        let clocks = free.clocks() > 0;
        let scale = T::of(zeta / (free.dim as f64).sqrt());
        let begins = if clocks { Vec::new() } else { begins.to_vec() };
        Some(Self { network: free.network(), hat: true, clocks, scale, begins })
    }

    /// The interval that holds a time; 0 for one network.
    pub(super) fn interval(&self, t: T) -> usize {
        // A time of another level may differ by its rounding.
        let later = |begin: &T| begin.wide() <= t.wide() + 1e-6 * (1.0 + t.wide().abs());
        self.begins.partition_point(later).saturating_sub(1)
    }
}

impl<T: Real> Function<'_, T> {
    /// Whether it is made of what the paths say of the terminal value.
    pub(super) fn looks(&self) -> bool {
        match &self.kind {
            Kind::Zero => false,
            Kind::Smoothed => true,
            Kind::Learned(learned) => learned.coefficients.is_some(),
        }
    }
}

impl<T: Stored> Plan<T> {
    /// A function made ready.
    pub(super) fn function<'a>(&self, which: Which<'a>) -> Function<'a, T> {
        let (kind, by) = match which {
            Which::Zero => (Kind::Zero, 1.0),
            Which::Smoothed => (Kind::Smoothed, 1.0),
            Which::Learned(theta) => (Kind::Learned(self.learned(theta)), 1.0),
            Which::Part(theta, by) => (Kind::Learned(self.learned(theta)), by),
        };
        Function { kind, by }
    }

    fn learned<'a>(&self, theta: &'a Params) -> Learned<'a, T> {
        let blocks = T::blocks(theta);
        if let Some(form) = self.form.per_step() {
            let folded = |n: usize| {
                let (network, statistics) = (PerStep::block(n), PerStep::block(n) + 1);
                let numbers =
                    form.network().folded::<T>(&blocks[network].rows, &blocks[statistics].rows);
                Cow::Owned(numbers.into_iter().map(T::of).collect())
            };
            let free = (1..form.steps).map(folded).collect();
            let first = Some(blocks[form.slope_block()].list());
            return Learned { coefficients: None, free, first };
        }
        let coefficients = self.form.directions().map(|_| blocks[0].list());
        let from = usize::from(coefficients.is_some());
        let n = self.form.free().map_or(0, Free::networks);
        let free = blocks[from..from + n].iter().map(|block| Cow::Borrowed(block.list())).collect();
        Learned { coefficients, free, first: None }
    }
}
