//! The gradient flow itself, by Dormand–Prince steps that choose their own length. [DP80]
//!
//! ```text
//! dθ/dt = −∇J(θ),   g_i = ∇J(θ − h Σ_{j<i} a_ij g_j),   θ⁺ = θ − h Σ_i b_i g_i     (order 5)
//! error = rms( h Σ_i e_i g_i / (atol + rtol max(|θ|, |θ⁺|)) ),   accepted when ≤ 1  (order 4)
//! h⁺ = 0.9 h before^β / error^(1/5 − 3β/4),   β = 0.04,   at least h/5, at most 10 h
//! ```
//! `before` is the error of the accepted step before: the controller of [HNW93, II.4 and IV.2], and its
//! first step. The last slope of an accepted step is the first of the next one, so a step takes six
//! gradients, and so does a refused trial. Sums are double in either precision of θ.
//!
//! A flow is of one function. So all gradients are taken on one batch, the one of step 0, whatever step it
//! is asked for: of a functional that draws it descends the average over a fixed sample.

use ground::estimate::Estimate;
use ground::kernel::lane;
use ground::{Error, Result};

use super::Descent;
use crate::checkpoint::Keeper;
use crate::functional::{Batch, Functional};
use crate::params::{Params, Precision, Stored};

/// Gradients of a step; the last one is the first of the step after.
const STAGES: usize = 7;

/// a: row i for the place of gradient i + 1. The last row is b.
const A: [&[f64]; STAGES - 1] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19_372.0 / 6561.0, -25_360.0 / 2187.0, 64_448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46_732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18_656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];

/// e: order 5 less order 4.
const E: [f64; STAGES] = [
    71.0 / 57_600.0,
    0.0,
    -71.0 / 16_695.0,
    71.0 / 1920.0,
    -17_253.0 / 339_200.0,
    22.0 / 525.0,
    -1.0 / 40.0,
];

/// β of the controller.
const BETA: f64 = 0.04;
/// The controller aims at this share of the step that would just be accepted.
const SAFETY: f64 = 0.9;
/// The most a step grows, and the most it shrinks.
const GROWS: f64 = 10.0;
const SHRINKS: f64 = 5.0;
/// The smallest error that the controller remembers.
const LEAST: f64 = 1e-4;
/// Trials in a row that may be refused.
const REFUSALS: usize = 40;
/// Numbers that are summed at once.
const CHUNK: usize = 256;

/// The gradient flow of J: a step of the descent is one accepted step of the flow.
///
/// It belongs to one θ: what it remembers of the last step is true only where that step ended.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientFlow {
    /// The error of a step that is allowed, as a share of each number.
    pub rtol: f64,
    /// The error of a step that is allowed of numbers near zero.
    pub atol: f64,
    /// The time at which the flow ends, to the bit, if it does. A step asked for then moves nothing.
    pub end: Option<f64>,
    /// The time reached.
    pub t: f64,
    /// The step that is tried next; zero before the first one, which finds it.
    pub h: f64,
    /// Steps made.
    pub accepted: u64,
    /// Trials that were refused; each cost six gradients, or fewer where a number was not finite.
    pub rejected: u64,
    /// The error of the last step, at least [`LEAST`].
    before: f64,
    /// J where the flow is.
    value: Estimate,
    /// ∇J there, from a checkpoint; empty where it is in `room` or unknown.
    held: Vec<f64>,
    room: Option<Room>,
}

/// What a step works on, made once.
#[derive(Clone, Debug, PartialEq)]
struct Room {
    slopes: Vec<Params>,
    /// The place of a gradient; after the last one θ⁺.
    trial: Params,
}

impl GradientFlow {
    /// A flow from t = 0 without an end.
    ///
    /// ```
    /// let flow = frame::GradientFlow::new(1e-6, 1e-9)?.until(10.0);
    /// assert!(!flow.ended());
    /// # Ok::<(), ground::Error>(())
    /// ```
    pub fn new(rtol: f64, atol: f64) -> Result<Self> {
        let what = "A tolerance is a finite number: rtol from 0, atol above 0";
        if !(rtol >= 0.0 && rtol.is_finite()) {
            return Err(Error::input("rtol", format!("{rtol} is no tolerance")).allowed(what));
        }
        if !(atol > 0.0 && atol.is_finite()) {
            return Err(Error::input("atol", format!("{atol} is no tolerance")).allowed(what));
        }
        let value = Estimate { mean: f64::NAN, stderr: f64::NAN, n: 0 };
        let (t, h, before) = (0.0, 0.0, LEAST);
        let (accepted, rejected) = (0, 0);
        let (held, room) = (Vec::new(), None);
        Ok(Self { rtol, atol, end: None, t, h, accepted, rejected, before, value, held, room })
    }

    /// The same, with an end.
    pub fn until(self, end: f64) -> Self {
        Self { end: Some(end), ..self }
    }

    /// Whether the end is reached.
    pub fn ended(&self) -> bool {
        self.end.is_some_and(|end| self.t >= end)
    }

    /// One accepted step. What a failure leaves in `room` is worth nothing but memory.
    fn advance<T: Stored, J: Functional + ?Sized>(
        &mut self,
        theta: &mut Params,
        j: &mut J,
        draws: Batch,
    ) -> Result<Estimate> {
        let mut room = match self.room.take() {
            Some(room) => room,
            None => self.enter::<T, J>(theta, j, draws)?,
        };
        let value = self.value;
        let done =
            if self.ended() { Ok(()) } else { self.tries::<T, J>(&mut room, theta, j, draws) };
        self.room = Some(room);
        done.map(|()| value)
    }

    /// Room with the first slope in it: of the checkpoint, or computed.
    fn enter<T: Stored, J: Functional + ?Sized>(
        &mut self,
        theta: &Params,
        j: &mut J,
        draws: Batch,
    ) -> Result<Room> {
        let mut room = Room {
            slopes: (0..STAGES).map(|_| theta.zeros_like()).collect(),
            trial: theta.zeros_like(),
        };
        if self.held.is_empty() {
            self.value = slope::<T, J>(j, theta, draws, &mut room.slopes[0])?;
            return Ok(room);
        }
        let mut from = 0;
        for (k, (name, packing)) in theta.layout().blocks.iter().enumerate() {
            let held = self.held.get(from..from + packing.len());
            let held = held.ok_or_else(|| foreign(&format!("block `{name}` has no slope")))?;
            room.slopes[0].set(k, held);
            from += packing.len();
        }
        if from != self.held.len() {
            return Err(foreign("the slope is of a longer list of parameters"));
        }
        self.held.clear();
        Ok(room)
    }

    /// Trials until one is accepted.
    fn tries<T: Stored, J: Functional + ?Sized>(
        &mut self,
        room: &mut Room,
        theta: &mut Params,
        j: &mut J,
        draws: Batch,
    ) -> Result<()> {
        if self.h == 0.0 {
            self.h = self.first::<T, J>(room, theta, j, draws)?;
        }
        for refused in 0..REFUSALS {
            let (h, t) = self.next();
            if t <= self.t {
                break;
            }
            let (error, value) = match self.trial::<T, J>(room, theta, j, (draws, h)) {
                Err(Error::Numeric { .. }) => (f64::INFINITY, self.value),
                other => other?,
            };
            let wanted = error.powf(0.2 - 0.75 * BETA);
            if error <= 1.0 {
                let over = wanted / self.before.powf(BETA) / SAFETY;
                let next = h / over.clamp(1.0 / GROWS, SHRINKS);
                self.h = match refused {
                    // A step that the end shortened says nothing against the length it had.
                    0 if h < self.h => next.max(self.h),
                    0 => next,
                    _ => next.min(h),
                };
                (self.t, self.value, self.before) = (t, value, error.max(LEAST));
                self.accepted += 1;
                exchange::<T>(theta, &mut room.trial);
                room.slopes.swap(0, STAGES - 1);
                return Ok(());
            }
            self.rejected += 1;
            self.h = h / (wanted / SAFETY).min(SHRINKS);
        }
        let what = format!("what follows t = {}, however short the step,", self.t);
        Err(Error::Numeric { what, at: draws.step })
    }

    /// The step to try and where it ends: at the end, if that is no more than a hundredth further.
    fn next(&self) -> (f64, f64) {
        match self.end {
            Some(end) if self.t + 1.01 * self.h >= end => (end - self.t, end),
            _ => (self.h, self.t + self.h),
        }
    }

    /// Six gradients, θ⁺ in `trial`. Returns the error and J(θ⁺).
    fn trial<T: Stored, J: Functional + ?Sized>(
        &self,
        room: &mut Room,
        theta: &Params,
        j: &mut J,
        (draws, h): (Batch, f64),
    ) -> Result<(f64, Estimate)> {
        let mut value = self.value;
        for (i, row) in A.iter().enumerate() {
            let (known, rest) = room.slopes.split_at_mut(i + 1);
            combine::<T>(&mut room.trial, theta, (known, row), h);
            value = slope::<T, J>(j, &room.trial, draws, &mut rest[0])?;
        }
        Ok((h * self.size::<T>([theta, &room.trial], (&room.slopes, &E)), value))
    }

    /// The first step: such that a step of order one makes a hundredth of the way that is allowed. One
    /// gradient more. [HNW93, II.4]
    fn first<T: Stored, J: Functional + ?Sized>(
        &self,
        room: &mut Room,
        theta: &Params,
        j: &mut J,
        draws: Batch,
    ) -> Result<f64> {
        let way = self.size::<T>([theta, theta], (std::slice::from_ref(theta), &[1.0]));
        let pace = self.size::<T>([theta, theta], (&room.slopes[..1], &[1.0]));
        let guess = if way < 1e-5 || pace < 1e-5 { 1e-6 } else { 0.01 * way / pace };
        let (known, rest) = room.slopes.split_at_mut(1);
        combine::<T>(&mut room.trial, theta, (known, &[1.0]), guess);
        match slope::<T, J>(j, &room.trial, draws, &mut rest[0]) {
            Err(Error::Numeric { .. }) => return Ok(guess),
            other => other?,
        };
        let bend = self.size::<T>([theta, theta], (&room.slopes[..2], &[1.0, -1.0])) / guess;
        let most = bend.max(pace);
        let better = if most <= 1e-15 { guess * 1e-3 } else { (0.01 / most).powf(0.2) };
        Ok(better.min(100.0 * guess))
    }

    /// The root mean square of Σ w_i g_i in units of what is allowed at two θ.
    fn size<T: Stored>(&self, at: [&Params; 2], (slopes, w): (&[Params], &[f64])) -> f64 {
        let (mut squares, mut n) = (0.0, 0);
        let mut sum = [0.0; CHUNK];
        for (k, (_, packing)) in at[0].layout().blocks.iter().enumerate() {
            n += packing.len();
            let [one, other] = at.map(|theta| lane::flat::<T>(&T::blocks(theta)[k].rows));
            for (c, (x, y)) in one.chunks(CHUNK).zip(other.chunks(CHUNK)).enumerate() {
                weigh::<T>(&mut sum[..x.len()], (slopes, w), k, c * CHUNK);
                for ((s, x), y) in sum.iter().zip(x).zip(y) {
                    let allowed = self.atol + self.rtol * x.wide().abs().max(y.wide().abs());
                    squares += (s / allowed) * (s / allowed);
                }
            }
        }
        (squares / n.max(1) as f64).sqrt()
    }
}

fn foreign(found: &str) -> Error {
    Error::input("", format!("the checkpoint does not fit: {found}"))
        .allowed("It belongs to another case, representation or version; start anew")
}

/// J and ∇J, both finite.
fn slope<T: Stored, J: Functional + ?Sized>(
    j: &mut J,
    theta: &Params,
    draws: Batch,
    into: &mut Params,
) -> Result<Estimate> {
    let value = j.gradient(theta, draws, into)?;
    let finite = |numbers: &[T]| numbers.iter().all(|g| g.wide().is_finite());
    if value.mean.is_finite() && T::blocks(into).iter().all(|b| finite(lane::flat::<T>(&b.rows))) {
        return Ok(value);
    }
    Err(Error::Numeric { what: "the loss or its gradient".to_owned(), at: draws.step })
}

/// Σ w_i g_i of some numbers of block k, from the given one on.
fn weigh<T: Stored>(sum: &mut [f64], (slopes, w): (&[Params], &[f64]), k: usize, from: usize) {
    sum.fill(0.0);
    for (slope, w) in slopes.iter().zip(w).filter(|(_, w)| **w != 0.0) {
        let numbers = &lane::flat::<T>(&T::blocks(slope)[k].rows)[from..][..sum.len()];
        for (s, g) in sum.iter_mut().zip(numbers) {
            *s += w * g.wide();
        }
    }
}

/// θ − h Σ w_i g_i.
fn combine<T: Stored>(into: &mut Params, theta: &Params, of: (&[Params], &[f64]), h: f64) {
    let mut sum = [0.0; CHUNK];
    for (k, (to, at)) in T::blocks_mut(into).iter_mut().zip(T::blocks(theta)).enumerate() {
        let to = lane::flat_mut::<T>(&mut to.rows).chunks_mut(CHUNK);
        for (c, (to, at)) in to.zip(lane::flat::<T>(&at.rows).chunks(CHUNK)).enumerate() {
            weigh::<T>(&mut sum[..at.len()], of, k, c * CHUNK);
            for ((to, at), s) in to.iter_mut().zip(at).zip(&sum) {
                *to = T::of(at.wide() - h * s);
            }
        }
    }
}

/// Exchanges the numbers, not what a descent remembers of them.
fn exchange<T: Stored>(one: &mut Params, other: &mut Params) {
    for (one, other) in T::blocks_mut(one).iter_mut().zip(T::blocks_mut(other)) {
        std::mem::swap(&mut one.rows, &mut other.rows);
    }
}

impl<J: Functional + ?Sized> Descent<J> for GradientFlow {
    fn step(&mut self, theta: &mut Params, j: &mut J, batch: Batch) -> Result<Estimate> {
        let draws = Batch { step: 0, ..batch };
        let done = match theta.precision() {
            Precision::F32 => self.advance::<f32, J>(theta, j, draws),
            Precision::F64 => self.advance::<f64, J>(theta, j, draws),
        };
        done.map_err(|error| match error {
            Error::Numeric { what, .. } => Error::Numeric { what, at: batch.step },
            other => other,
        })
    }

    fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        if let Some(room) = self.room.take() {
            self.held = room.slopes[0].flat();
        }
        let mut keeper = keeper.within("gradient_flow");
        let Estimate { mean, stderr, n } = self.value;
        let mut numbers = vec![self.t, self.h, self.before, mean, stderr];
        let mut counts = vec![self.accepted, self.rejected, n as u64];
        keeper.numbers("numbers", &mut numbers)?;
        keeper.counts("counts", &mut counts)?;
        keeper.numbers("slope", &mut self.held)?;
        let ([t, h, before, mean, stderr], [accepted, rejected, n]) = (&numbers[..], &counts[..])
        else {
            return Err(foreign("the state of the gradient flow has another length"));
        };
        let n = usize::try_from(*n).map_err(|_| foreign("too many draws for this machine"))?;
        (self.t, self.h, self.before) = (*t, *h, *before);
        (self.accepted, self.rejected) = (*accepted, *rejected);
        self.value = Estimate { mean: *mean, stderr: *stderr, n };
        Ok(())
    }
}
