//! What a first look at the paths tells: scales, smoothed terminal value, active directions.
//!
//! ```text
//! m_n = E X_n,   s_n² = mean over coordinates of Var X_n         on the finest grid
//! m_g, s_g = mean and standard deviation of g(X_T)
//! s_c² = E Var(g(X_T) | x₀),   ζ = s_c/√T                        s_c = s_g where x₀ is a point
//! ξ_1 … ξ_M ~ N(0, I)                                            drawn once, kept
//! V_1 … V_K = leading eigenvectors of mean b bᵀ                  along the paths
//! ```
//! Where x₀ has a law the paths come in pairs of one start, and s_0² is that of the law. One pilot for
//! all levels: Z(t, x) is one function of t. Between grid times the mean and the
//! variance are linear in t.

/// Paths of the pilot.
pub(crate) const PATHS: usize = 2048;
/// Of these, so many share a start.
pub(crate) const PAIR: usize = 2;
/// Paths that choose the active directions.
pub(crate) const ACTIVE_PATHS: usize = 512;

/// What the pilot found.
#[derive(Clone, Debug, PartialEq)]
pub struct Pilot {
    /// T.
    pub horizon: f64,
    /// t_n, `[n]`; empty where steps are equal.
    pub times: Vec<f64>,
    /// m_n, `[n + 1][d]`.
    pub mean: Vec<Vec<f64>>,
    /// s_n², `[n + 1]`.
    pub variance: Vec<f64>,
    /// m_g.
    pub m_g: f64,
    /// s_g; 1 where g does not vary.
    pub s_g: f64,
    /// s_c, the same from one start: what Z has to explain.
    pub s_c: f64,
    /// Between what bounds f sees Y: m_g ± (8 s_g + 2 T |f(0, x₀, m_g, 0)|).
    pub range: [f64; 2],
    /// ξ, `[m][d]`.
    pub xi: Vec<Vec<f64>>,
    /// V, `[k][d]`.
    pub active: Vec<Vec<f64>>,
}

impl Pilot {
    /// ζ = s_c/√T, the natural size of |Z|.
    pub fn zeta(&self) -> f64 {
        self.s_c / self.horizon.sqrt()
    }

    /// m at time t.
    pub fn mean_at(&self, t: f64) -> Vec<f64> {
        let (k, part) = self.place(t);
        let pairs = self.mean[k].iter().zip(&self.mean[(k + 1).min(self.mean.len() - 1)]);
        pairs.map(|(a, b)| a + part * (b - a)).collect()
    }

    /// 1/s at time t; from a point s² is at least its value after the first step.
    pub fn inverse_sd_at(&self, t: f64) -> f64 {
        let (k, part) = self.place(t);
        let next = self.variance[(k + 1).min(self.variance.len() - 1)];
        let here = self.variance[k] + part * (next - self.variance[k]);
        let least = if self.variance[0] > 0.0 { 0.0 } else { self.variance[1] };
        let variance = here.max(least);
        if variance > 0.0 { 1.0 / variance.sqrt() } else { 1.0 }
    }

    /// A point such as paths end at: a standard deviation from the mean in every component.
    pub fn typical(&self) -> Vec<f64> {
        let last = self.variance.len() - 1;
        self.mean[last].iter().map(|m| m + self.variance[last].sqrt()).collect()
    }

    /// What the smoothed terminal value is evaluated on: ±ξ_m, or 0 where there are no pairs.
    pub fn samples(&self) -> Vec<Vec<f64>> {
        if self.xi.is_empty() {
            return vec![vec![0.0; self.mean[0].len()]];
        }
        let negative = |xi: &Vec<f64>| xi.iter().map(|v| -v).collect::<Vec<f64>>();
        self.xi.iter().flat_map(|xi| [xi.clone(), negative(xi)]).collect()
    }

    /// The grid time before t and the part of the step behind it.
    fn place(&self, t: f64) -> (usize, f64) {
        let steps = self.variance.len() - 1;
        if !self.times.is_empty() {
            let t = t.clamp(0.0, self.horizon);
            let k = self.times.partition_point(|&begun| begun <= t).saturating_sub(1);
            let next = self.times.get(k + 1).copied().unwrap_or(self.horizon);
            return (k, (t - self.times[k]) / (next - self.times[k]));
        }
        let at = (t / self.horizon).clamp(0.0, 1.0) * steps as f64;
        // A grid time that rounding puts a hair below itself is that grid time.
        let nearest = at.round();
        let at = if (at - nearest).abs() < 1e-9 { nearest } else { at };
        let k = at.floor();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..=steps")]
        (k as usize, at - k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_interpolation() {
        let pilot = Pilot {
            horizon: 2.0,
            times: vec![],
            mean: vec![vec![0.0], vec![1.0], vec![4.0]],
            variance: vec![0.0, 1.0, 4.0],
            m_g: 0.0,
            s_g: 1.0,
            s_c: 1.0,
            range: [-8.0, 8.0],
            xi: vec![],
            active: vec![],
        };
        assert_eq!(pilot.mean_at(1.5), [2.5]);
        assert_eq!(pilot.inverse_sd_at(2.0), 0.5);
        assert_eq!(pilot.inverse_sd_at(0.5), 1.0);
        assert_eq!(pilot.samples(), [[0.0]]);
        let spread = Pilot { variance: vec![0.25, 1.0, 4.0], ..pilot.clone() };
        assert_eq!(spread.inverse_sd_at(0.0), 2.0, "the law of x₀ itself");
        let uneven = Pilot { times: vec![0.0, 1.5], ..pilot };
        assert_eq!(uneven.mean_at(0.75), [0.5]);
        assert_eq!(uneven.mean_at(1.5), [1.0]);
        assert_eq!(uneven.mean_at(1.75), [2.5]);
        assert_eq!(uneven.mean_at(2.0), [4.0]);
        assert_eq!(uneven.inverse_sd_at(2.0), 0.5);
    }
}
