//! Norms of two-layer networks, and the bounds that theory draws from them.
//!
//! ```text
//! network        f(x) = s Σ_j a_j σ(b_j·x + c_j)
//! path norm      |s| Σ_j |a_j| ‖(b_j, c_j)‖,   ‖·‖ the sum of absolute values or the length
//! spectral norm  γ = ∫ ‖ω‖₁² |f̂(ω)| dω,   f(x) = ∫ f̂(ω) e^{iω·x} dω
//! Gaussian       f = exp(−s²|x|²/2):   f̂ is the density of ω ~ N(0, s²I),   γ = s² (d + (2/π) d (d − 1))
//! ```
//! Every bound comes with the formula that was used, because constants differ from author to author:
//! these are those of [EMW19a], [EMW19b]. Not here: complexities, see [`crate::rademacher`].

use std::f64::consts::FRAC_2_PI;

use ground::estimate::Estimate;
use ground::stream::Stream;
use ground::{Error, Result};

/// A two-layer network with one output, f(x) = s Σ_j a_j σ(b_j·x + c_j), as it lies in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoLayer<'a> {
    /// d.
    pub d: usize,
    /// The outer weights, `[m]`.
    pub a: &'a [f64],
    /// The inner weights, `[m, d]`, neuron by neuron.
    pub b: &'a [f64],
    /// The biases, `[m]`; empty where there are none.
    pub c: &'a [f64],
    /// s: 1, 1/m or 1/√m.
    pub scale: f64,
}

impl<'a> TwoLayer<'a> {
    /// m.
    pub fn width(&self) -> usize {
        self.a.len()
    }

    /// b_j.
    pub fn inner(&self, j: usize) -> &'a [f64] {
        &self.b[j * self.d..][..self.d]
    }

    /// c_j; 0 where there are no biases.
    pub fn bias(&self, j: usize) -> f64 {
        self.c.get(j).copied().unwrap_or(0.0)
    }
}

/// The norm of a neuron that a path norm weighs |a_j| with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathNorm {
    /// ‖b‖₁ + |c|, as in [EMW19a].
    L1,
    /// ‖(b, c)‖₂, as in [MWE20].
    L2,
}

impl PathNorm {
    /// The norm of the inner weights of one neuron.
    pub fn of(self, b: &[f64], c: f64) -> f64 {
        match self {
            Self::L1 => b.iter().map(|b| b.abs()).sum::<f64>() + c.abs(),
            Self::L2 => b.iter().fold(c * c, |sum, b| sum + b * b).sqrt(),
        }
    }

    /// |s| |a_j| ‖(b_j, c_j)‖ of every neuron.
    pub fn parts(self, network: &TwoLayer<'_>) -> Vec<f64> {
        let part = |j: usize| {
            (network.scale * network.a[j]).abs() * self.of(network.inner(j), network.bias(j))
        };
        (0..network.width()).map(part).collect()
    }

    /// The path norm of the network.
    pub fn value(self, network: &TwoLayer<'_>) -> f64 {
        self.parts(network).iter().sum()
    }

    /// What [`PathNorm::value`] computes.
    pub fn formula(self) -> &'static str {
        match self {
            Self::L1 => "|s| Σ |a| (‖b‖₁ + |c|)",
            Self::L2 => "|s| Σ |a| ‖(b, c)‖₂",
        }
    }
}

/// What a sum may lack by rounding and still reach a share, beside the whole.
const ROUNDING: f64 = 1e-12;

/// The smallest number of parts that together hold `share` of the sum of all; 0 where that is 0.
///
/// ```
/// assert_eq!(lab::norms::neurons_for(&[0.1, 5.0, 0.0, 3.0], 0.9), 2);
/// ```
pub fn neurons_for(parts: &[f64], share: f64) -> usize {
    let mut sizes: Vec<f64> = parts.iter().map(|part| part.abs()).collect();
    sizes.sort_by(|p, q| q.total_cmp(p));
    let wanted = sizes.iter().sum::<f64>() * (share - ROUNDING);
    let mut held = 0.0;
    for (count, size) in sizes.iter().enumerate() {
        if held >= wanted {
            return count;
        }
        held += size;
    }
    sizes.len()
}

/// γ of exp(−s²|x|²/2) in d dimensions.
///
/// ```
/// assert!((lab::norms::spectral_norm(1.0, 2) - 3.273239544735163).abs() < 1e-14);
/// ```
pub fn spectral_norm(s: f64, d: usize) -> f64 {
    let d = d as f64;
    s * s * (d + FRAC_2_PI * d * (d - 1.0))
}

/// The same as the mean of ‖ω‖₁² over `draws` frequencies ω ~ N(0, s²I).
pub fn sampled_spectral_norm(s: f64, d: usize, draws: usize, stream: &Stream) -> Estimate {
    let stream = stream.child("frequencies");
    let squared = |path: usize| {
        let norm: f64 = (0..d).map(|i| (s * stream.normal(path as u64, 0, i)).abs()).sum();
        norm * norm
    };
    Estimate::of(&(0..draws).map(squared).collect::<Vec<_>>())
}

/// A number that bounds another, and the formula it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The bound.
    pub value: f64,
    /// How it was computed, in the letters of the field.
    pub formula: &'static str,
}

impl std::fmt::Display for Bound {
    /// `0.9792 = 4 √(2 ln(2d)/n)`, four digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded: f64 = format!("{:.3e}", self.value).parse().unwrap_or(self.value);
        write!(f, "{rounded} = {}", self.formula)
    }
}

/// The Barron norm on [−1, 1]^d is at most this; `gradient` is ‖∇f(0)‖₁, `value` is f(0). [EMW19b]
pub fn barron_from_spectral(gamma: f64, gradient: f64, value: f64) -> Bound {
    Bound {
        value: 2.0 * gamma + 2.0 * gradient.abs() + 2.0 * value.abs(),
        formula: "2γ + 2‖∇f(0)‖₁ + 2|f(0)|",
    }
}

/// Some network of m neurons has a mean square error of at most this: the direct theorem. [EMW19a]
pub fn direct(barron: f64, m: usize) -> Bound {
    Bound { value: 3.0 * barron * barron / m as f64, formula: "3 ‖f‖²_B/m" }
}

/// λ_n, from which on the penalty on the path norm makes the a-priori estimate hold. [EMW19a]
///
/// Penalties of use are 10² to 10⁴ times smaller.
pub fn penalty(d: usize, n: usize) -> Bound {
    Bound { value: 4.0 * massart(d, n), formula: "4 √(2 ln(2d)/n)" }
}

/// |R(f) − R_n(f)| is at most this for all f of a class at once, with probability 1 − δ, for a loss in
/// [0, `largest`].
pub fn gap(rademacher: f64, largest: f64, delta: f64, n: usize) -> Result<Bound> {
    if !(delta > 0.0 && delta < 1.0) {
        return Err(Error::input("delta", format!("{delta} is not a probability to fail with"))
            .allowed("Allowed: numbers between 0 and 1, both excluded"));
    }
    let deviation = (2.0 * (2.0 / delta).ln() / n as f64).sqrt();
    Ok(Bound {
        value: 2.0 * rademacher + largest * deviation,
        formula: "2 Rad_n + B √(2 ln(2/δ)/n)",
    })
}

/// √(2 ln(2d)/n), the mean of the largest of 2d averages of n signs at most.
pub(crate) fn massart(d: usize, n: usize) -> f64 {
    (2.0 * (2.0 * d as f64).ln() / n as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: TwoLayer<'static> = TwoLayer {
        d: 2,
        a: &[2.0, -1.0, 0.0],
        b: &[3.0, -4.0, 1.0, 2.0, 7.0, 7.0],
        c: &[12.0, -2.0, 1.0],
        scale: 0.5,
    };

    #[test]
    fn exact_path_norms() {
        // ½ (2·(3+4+12) + 1·(1+2+2)) and ½ (2·13 + 1·3).
        assert_eq!(PathNorm::L1.value(&NETWORK), 21.5);
        assert_eq!(PathNorm::L2.value(&NETWORK), 14.5);
        assert_eq!(PathNorm::L2.parts(&TwoLayer { c: &[], ..NETWORK })[0], 5.0);
        assert!(PathNorm::L1.formula() != PathNorm::L2.formula());
    }

    #[test]
    fn invariant_under_moving_a_factor_between_the_layers() {
        let b: Vec<f64> = NETWORK.b.iter().map(|b| b * 8.0).collect();
        let (a, c) = ([0.25, -0.125, 0.0], [96.0, -16.0, 8.0]);
        let moved = TwoLayer { a: &a, b: &b, c: &c, ..NETWORK };
        for norm in [PathNorm::L1, PathNorm::L2] {
            assert_eq!(norm.value(&moved), norm.value(&NETWORK));
        }
    }

    #[test]
    fn exact_numbers_of_neurons() {
        assert_eq!(neurons_for(&[0.1; 10], 0.9), 9);
        assert_eq!(neurons_for(&[0.1; 10], 0.91), 10);
        assert_eq!(neurons_for(&[1.0, 0.0, 0.0], 0.9), 1);
        assert_eq!(neurons_for(&[1.0, 0.0, 2.0], 1.0), 2);
        assert_eq!(neurons_for(&[0.0, 0.0], 0.9), 0);
        assert_eq!(neurons_for(&[], 0.9), 0);
    }

    #[test]
    fn exact_spectral_norm_of_the_gaussian() {
        let wanted = [
            (1, 1.0),
            (2, 3.273_239_544_735_163),
            (10, 67.295_779_513_082_32),
            (100, 6_402.535_746_439_056),
        ];
        for (d, gamma) in wanted {
            assert!((spectral_norm(1.0, d) / gamma - 1.0).abs() < 1e-12);
            assert!((spectral_norm(3.0, d) / (9.0 * gamma) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn statistical_spectral_norm_of_the_gaussian() {
        for (seed, d, s) in [(1, 1, 1.0), (2, 2, 0.5), (3, 10, 1.0), (4, 100, 2.0)] {
            let sampled = sampled_spectral_norm(s, d, 10_000, &Stream::new(seed));
            assert!(sampled.deviation(spectral_norm(s, d)) < 4.0, "d = {d}: {sampled}");
        }
    }

    #[test]
    fn exact_bounds() {
        // exp(−|x|²/2) in one dimension: γ = 1, no slope at 0, height 1.
        assert_eq!(barron_from_spectral(1.0, 0.0, 1.0).value, 4.0);
        assert_eq!(direct(2.0, 6).value, 2.0);
        assert!((penalty(10, 100).value - 0.979_098_8).abs() < 1e-6);
        assert_eq!(penalty(10, 100).to_string(), "0.9791 = 4 √(2 ln(2d)/n)");
        // ln(2/δ) = 2 and n = 100: 2·0.1 + 3·√(4/100).
        let bound = gap(0.1, 3.0, 2.0 * (-2.0_f64).exp(), 100).unwrap();
        assert!((bound.value - 0.8).abs() < 1e-15);
        assert!(gap(0.1, 1.0, 0.0, 10).is_err() && gap(0.1, 1.0, f64::NAN, 10).is_err());
    }
}
