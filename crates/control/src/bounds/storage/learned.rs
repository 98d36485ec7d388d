//! The guess that is learned: regression on what a policy earned, and on its derivatives. [LS01]
//!
//! ```text
//! b_{t,i}(R, E, P) = ηᵈ_i f_t(u_i, x_i, X, E, P)            on dJ/dR_{t,i} of each path
//! V̂_t(R, E, P)     = Σ_i w_i g_t(u_i, x_i, X, E, P)         on what was earned from t on
//! u_i = R_i/γᵈ_i, the steps that it takes to empty a device, as a share of the most of all devices
//! x_i = R_i/R̄_i,   X = Σ_i w_i x_i,   w_i = ηᵈ_i R̄_i/Σ_k ηᵈ_k R̄_k
//! ```
//! f and g are sums of hats; x_i and X are left out where there is one device. A bound holds for any of them: b need not be
//! the derivative of V̂. What V̂ knows of the chance after t is taken off what was earned before V̂_t is fitted,
//! which changes no mean.

use ground::{Result, par};

use super::basis::{Basis, Equations, Heights, When, value};
use super::{Foresight, Guessed, Turn};
use crate::bounds::{Learner, Lived, Relaxation};
use crate::model::storage::Storage;

/// Hats of u, of x and of X, of wind, and of price: of the slopes,
const OF_SLOPES: [usize; 4] = [16, 7, 3, 9];
/// and of the value, which bends less with levels, and more with the wind.
const OF_VALUES: [usize; 4] = [8, 5, 7, 5];

/// ρ of the slopes, whose samples are noisy, and of the value, which bends by more.
const SMOOTH: [f64; 2] = [100.0, 3.0];

/// Levels of one step that are asked for, paths times devices, and the range of the paths.
const LEVELS: usize = 1 << 18;
const PATHS: [usize; 2] = [4096, 16_384];

/// Paths whose equations are added up at once.
const CHUNK: usize = 2048;

/// What was heard of a policy.
#[derive(Clone, Debug)]
pub struct Hearing {
    model: Storage,
    lived: Vec<Lived>,
}

impl Hearing {
    /// Nothing yet.
    pub fn new(model: &Storage) -> Self {
        Self { model: model.clone(), lived: Vec::new() }
    }

    /// What was learned.
    pub fn regression(&self) -> Result<Learned> {
        let mut learned = Learned::nothing(&self.model);
        let steps = self.model.demand.len();
        let slopes = par::map(steps, |t| learned.fit_slopes(&self.lived, t));
        learned.slopes = slopes.into_iter().collect::<Result<_>>()?;
        let mut due = vec![0.0; self.lived.len()];
        for t in (1..steps).rev() {
            learned.values[t] = learned.fit_values(&self.lived, &mut due, t)?;
        }
        Ok(learned)
    }
}

impl Learner for Hearing {
    fn paths(&self) -> usize {
        (LEVELS / self.model.devices.count()).clamp(PATHS[0], PATHS[1])
    }

    fn hear(&mut self, paths: &[Lived]) {
        self.lived.extend_from_slice(paths);
    }

    fn learned(self: Box<Self>) -> Result<Box<dyn Relaxation>> {
        let guess = Box::new(self.regression()?);
        Ok(Box::new(Foresight::new(&self.model, guess)))
    }
}

/// V̂ and b.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Of the slopes, and of the value.
    bases: [Basis; 2],
    capacities: Vec<f64>,
    /// γᵈ_i max_k R̄_k/γᵈ_k.
    emptied: Vec<f64>,
    /// ηᵈ_i.
    discharged: Vec<f64>,
    /// w_i.
    shares: Vec<f64>,
    /// θ of V̂_t and of b_t, t < T; those of t = 0 are empty.
    values: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
}

impl Learned {
    fn nothing(model: &Storage) -> Self {
        let devices = &model.devices;
        let basis = |[own, others, wind, price]: [usize; 4]| {
            let levels = [own, others, others];
            let levels = if devices.count() > 1 { &levels[..] } else { &levels[..1] };
            Basis::new(levels, [(&model.wind, wind), (&model.price, price)])
        };
        let held = devices.capacity.iter().zip(&devices.discharged).map(|(r, eta)| r * eta);
        let sum: f64 = held.clone().sum();
        let steps = devices.capacity.iter().zip(&devices.discharge).map(|(r, rate)| r / rate);
        let most = steps.fold(0.0, f64::max);
        Self {
            bases: [basis(OF_SLOPES), basis(OF_VALUES)],
            emptied: devices.discharge.iter().map(|rate| rate * most).collect(),
            capacities: devices.capacity.clone(),
            discharged: devices.discharged.clone(),
            shares: held.map(|x| x / sum).collect(),
            values: vec![Vec::new(); model.demand.len()],
            slopes: Vec::new(),
        }
    }

    /// n.
    fn n(&self) -> usize {
        self.capacities.len()
    }

    /// X.
    fn total(&self, levels: &[f64]) -> f64 {
        (0..self.n()).map(|i| self.shares[i] * levels[i] / self.capacities[i]).sum()
    }

    /// u_i, x_i and X.
    fn levels(&self, i: usize, levels: &[f64], total: f64) -> [f64; 3] {
        [levels[i] / self.emptied[i], levels[i] / self.capacities[i], total]
    }

    /// What is not zero for V̂.
    fn of_all(&self, levels: &[f64], seen: ([f64; 2], When)) -> Heights {
        let (mut one, total) = (Heights::new(), self.total(levels));
        let mut all = vec![0.0; self.bases[1].count()];
        for (i, share) in self.shares.iter().enumerate() {
            one.clear();
            self.bases[1].heights(&self.levels(i, levels, total), seen, *share, &mut one);
            for (k, h) in &one {
                all[*k] += h;
            }
        }
        all.into_iter().enumerate().filter(|(_, h)| *h > 0.0).collect()
    }

    /// What is not zero for the slope of each device.
    fn of_devices(
        &self,
        levels: &[f64],
        seen: ([f64; 2], When),
        mut each: impl FnMut(usize, &Heights),
    ) {
        let (mut one, total) = (Heights::new(), self.total(levels));
        for i in 0..self.n() {
            one.clear();
            self.bases[0].heights(&self.levels(i, levels, total), seen, 1.0, &mut one);
            each(i, &one);
        }
    }

    /// V̂_t at some levels.
    pub fn value(&self, t: usize, levels: &[f64], seen: ([f64; 2], When)) -> f64 {
        value(&self.values[t], &self.of_all(levels, seen))
    }

    /// b_t at some levels.
    pub fn slopes(&self, t: usize, levels: &[f64], seen: ([f64; 2], When)) -> Vec<f64> {
        let mut slopes = Vec::with_capacity(self.n());
        self.of_devices(levels, seen, |i, heights| {
            slopes.push(self.discharged[i] * value(&self.slopes[t], heights));
        });
        slopes
    }

    fn fit_slopes(&self, lived: &[Lived], t: usize) -> Result<Vec<f64>> {
        if t == 0 {
            return Ok(Vec::new());
        }
        let n = self.n();
        let mut equations = Equations::new(self.bases[0].count());
        for path in lived {
            let state = &path.states[t];
            let seen = ([state[n], state[n + 1]], When::Now);
            self.of_devices(&state[..n], seen, |i, heights| {
                equations.hear(heights, path.slopes[t][i] / self.discharged[i]);
            });
        }
        equations.solve(&self.bases[0], SMOOTH[0])
    }

    /// V̂_t, where `due` is what was earned after t, less the chance that is known; then from t on.
    fn fit_values(&self, lived: &[Lived], due: &mut [f64], t: usize) -> Result<Vec<f64>> {
        let n = self.n();
        let last = t + 1 == self.values.len();
        let mut chunks: Vec<_> = lived.chunks(CHUNK).zip(due.chunks_mut(CHUNK)).collect();
        let parts = par::map_mut(&mut chunks, |_, (lived, due)| {
            let mut equations = Equations::new(self.bases[1].count());
            for (path, due) in lived.iter().zip(due.iter_mut()) {
                let (state, next) = (&path.states[t], &path.states[t + 1]);
                let (was, is) = ([state[n], state[n + 1]], [next[n], next[n + 1]]);
                if !last {
                    *due -= self.value(t + 1, &next[..n], (is, When::Now))
                        - self.value(t + 1, &next[..n], (was, When::Ahead));
                }
                *due += path.amounts[t];
                equations.hear(&self.of_all(&state[..n], (was, When::Now)), *due);
            }
            equations
        });
        let none = Equations::new(self.bases[1].count());
        parts.iter().fold(none, Equations::with).solve(&self.bases[1], SMOOTH[1])
    }
}

impl Guessed for Learned {
    fn news(&self, Turn { t, levels, was, is }: Turn<'_>) -> (f64, Vec<f64>) {
        let [now, ahead] = [(is, When::Now), (was, When::Ahead)];
        let control = self.value(t + 1, levels, now) - self.value(t + 1, levels, ahead);
        let own = self.slopes(t + 1, levels, now);
        let mean = self.slopes(t + 1, levels, ahead);
        (control, own.iter().zip(mean).map(|(own, mean)| own - mean).collect())
    }
}
