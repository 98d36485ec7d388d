//! Constraints that hold by construction: layers between what a network says and what is done.
//!
//! ```text
//! box, by shares     a = h σ(z), 0 ≤ a ≤ h                    reaches no face, passes slopes everywhere
//! box, by clamping   a = min(max(z, 0), h)                    reaches faces, passes no slope beyond them
//! shared, scaled     c ← c min(1, E/Σc)                       a sum that may not exceed E
//! shared, projected  c ← clamp(c − μ), the least μ ≥ 0 with Σ ≤ E      the nearest point
//! ```
//! Limits may depend on the state: their derivatives are passed on.

use crate::number::Number;

pub mod projection;

/// Σ c, as eight sums that are then added.
#[inline(always)]
pub fn sum<T: Number>(c: &[T]) -> T {
    let mut sums = [T::zero(); 8];
    let (whole, rest) = c.as_chunks::<8>();
    for eight in whole {
        for (sum, &c) in sums.iter_mut().zip(eight) {
            *sum += c;
        }
    }
    for (sum, &c) in sums.iter_mut().zip(rest) {
        *sum += c;
    }
    sums.into_iter().sum()
}

/// Σ w c, in the same order.
#[inline(always)]
pub fn weighted<T: Number>(w: &[f64], c: &[T]) -> T {
    let mut sums = [T::zero(); 8];
    let ((eights, rest), (weights, last)) = (c.as_chunks::<8>(), w.as_chunks::<8>());
    for (eight, weights) in eights.iter().zip(weights) {
        for ((sum, &c), &w) in sums.iter_mut().zip(eight).zip(weights) {
            *sum += T::of(w) * c;
        }
    }
    for ((sum, &c), &w) in sums.iter_mut().zip(rest).zip(last) {
        *sum += T::of(w) * c;
    }
    sums.into_iter().sum()
}

/// c ← c min(1, E/Σc) for c ≥ 0. Returns the factor and Σc.
#[inline(always)]
pub fn share<T: Number>(c: &mut [T], most: T) -> [T; 2] {
    let sum = sum(c);
    let factor = if sum > most { most / sum } else { T::one() };
    if factor < T::one() {
        for c in c.iter_mut() {
            *c *= factor;
        }
    }
    [factor, sum]
}

/// The way back through [`share`]: `by` is by the results and becomes that by what went in; `scaled` are
/// the results. Returns the derivative by E.
#[inline(always)]
pub fn share_back<T: Number>(scaled: &[T], [factor, sum]: [T; 2], by: &mut [T]) -> T {
    if factor >= T::one() {
        return T::zero();
    }
    // c' = E c/Σ: ∂c'_i/∂c_j = f (δ_ij − c_i/Σ), ∂c'_i/∂E = c_i/Σ; c_i/Σ = c'_i/E and E = f Σ.
    let most = factor * sum;
    let along: T = scaled.iter().zip(by.iter()).map(|(&c, &by)| c * by).sum();
    let mean = if most > T::zero() { along / most } else { T::zero() };
    for by in by.iter_mut() {
        *by = factor * (*by - mean);
    }
    mean
}

/// c ← clamp(c − μ, 0, h) with the least μ ≥ 0 for which Σ c ≤ E: the nearest point. Returns μ.
#[inline(always)]
pub fn project<T: Number>(c: &mut [T], high: impl Fn(usize) -> T, most: T) -> T {
    let clamped = |c: T, h: T, mu: T| (c - mu).max(T::zero()).min(h);
    let total = |mu: T| c.iter().enumerate().map(|(i, &c)| clamped(c, high(i), mu)).sum::<T>();
    let mut mu = T::zero();
    if total(mu) > most {
        let [mut low, mut up] = [T::zero(), c.iter().copied().fold(T::zero(), T::max)];
        for _ in 0..60 {
            let middle = T::of(0.5) * (low + up);
            if total(middle) > most {
                low = middle;
            } else {
                up = middle;
            }
        }
        // The sum is linear between kinks: the last step is exact.
        let (mut sum, mut count) = (T::zero(), T::zero());
        for (i, &c) in c.iter().enumerate() {
            let (h, left) = (high(i), c - up);
            if left >= h {
                sum += h;
            } else if left > T::zero() {
                sum += c;
                count += T::one();
            }
        }
        mu = if count > T::zero() { ((sum - most) / count).max(T::zero()) } else { up };
    }
    for (i, c) in c.iter_mut().enumerate() {
        *c = clamped(*c, high(i), mu);
    }
    mu
}

/// The way back through [`project`]: `by` is by the results and becomes that by what went in; `by_high` is told
/// that by each limit. `c` and `high` are what went in. Returns the derivative by E.
#[inline(always)]
pub fn project_back<T: Number>(
    (c, high): (impl Fn(usize) -> T, impl Fn(usize) -> T),
    mu: T,
    by: &mut [T],
    mut by_high: impl FnMut(usize, T),
) -> T {
    let is_free = |i: usize| c(i) - mu > T::zero() && c(i) - mu < high(i);
    let (mut sum, mut count) = (T::zero(), T::zero());
    for (_, &by) in by.iter().enumerate().filter(|(i, _)| is_free(*i)) {
        sum += by;
        count += T::one();
    }
    let mean = if mu > T::zero() && count > T::zero() { sum / count } else { T::zero() };
    for (i, by) in by.iter_mut().enumerate() {
        let own = *by - mean;
        if c(i) - mu >= high(i) {
            by_high(i, own);
        }
        *by = if is_free(i) { own } else { T::zero() };
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_of_a_projection_are_differences() {
        let (c, high, by) =
            ([0.9, 2.5, -0.3, 1.7, 0.2], [1.0, 1.2, 1.0, 2.0, 1.0], [1.0, -2.0, 0.5, 0.3, 0.7]);
        for most in [1.9, 10.0] {
            let value = |c: &[f64], high: &[f64], most: f64| {
                let mut c = c.to_vec();
                project(&mut c, |i| high[i], most);
                c.iter().zip(&by).map(|(c, by)| c * by).sum::<f64>()
            };
            let mut found = c;
            let mu = project(&mut found, |i| high[i], most);
            assert!(found.iter().sum::<f64>() <= most + 1e-15, "{found:?}");
            let (mut back, mut by_high) = (by, [0.0; 5]);
            let by_most =
                project_back((|i: usize| c[i], |i: usize| high[i]), mu, &mut back, |i, x| {
                    by_high[i] = x;
                });
            let h = 1e-6;
            for i in 0..5 {
                let moved = |of_c: f64, of_high: f64| {
                    let (mut c, mut high) = (c, high);
                    c[i] += of_c;
                    high[i] += of_high;
                    value(&c, &high, most)
                };
                assert!(
                    (back[i] - (moved(h, 0.0) - moved(-h, 0.0)) / (2.0 * h)).abs() < 1e-8,
                    "{i}"
                );
                assert!(
                    (by_high[i] - (moved(0.0, h) - moved(0.0, -h)) / (2.0 * h)).abs() < 1e-8,
                    "{i}"
                );
            }
            let slope = (value(&c, &high, most + h) - value(&c, &high, most - h)) / (2.0 * h);
            assert!((by_most - slope).abs() < 1e-8);
        }
    }

    #[test]
    fn derivatives_of_a_share_are_differences() {
        let (c, most, by) = ([0.5, 1.5, 0.25, 2.0], 3.0, [1.0, -2.0, 0.5, 0.3]);
        let value = |c: &[f64], most: f64| {
            let mut c = c.to_vec();
            share(&mut c, most);
            c.iter().zip(&by).map(|(c, by)| c * by).sum::<f64>()
        };
        let mut scaled = c.to_vec();
        let kept = share(&mut scaled, most);
        assert!((scaled.iter().sum::<f64>() - most).abs() < 1e-15);
        let mut back = by.to_vec();
        let by_most = share_back(&scaled, kept, &mut back);
        let h = 1e-6;
        for i in 0..c.len() {
            let moved = |h: f64| {
                let mut c = c;
                c[i] += h;
                value(&c, most)
            };
            assert!((back[i] - (moved(h) - moved(-h)) / (2.0 * h)).abs() < 1e-9);
        }
        let slope = (value(&c, most + h) - value(&c, most - h)) / (2.0 * h);
        assert!((by_most - slope).abs() < 1e-9);
    }

    #[test]
    fn what_is_within_its_limit_stays() {
        let mut c = [0.5, 0.25];
        let kept = share(&mut c, 1.0);
        assert_eq!((c, kept), ([0.5, 0.25], [1.0, 0.75]));
        let mut by = [3.0, 4.0];
        assert_eq!(share_back(&c, kept, &mut by), 0.0);
        assert_eq!(by, [3.0, 4.0]);
        let mut none = [1.0, 2.0];
        let kept = share(&mut none, 0.0);
        assert_eq!(none, [0.0; 2]);
        let mut by = [3.0, 4.0];
        share_back(&none, kept, &mut by);
        assert_eq!(by, [0.0; 2]);
    }
}
