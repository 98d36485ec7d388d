//! Halton points under random permutations of their digits.
//!
//! Coordinate c of point i = Σ_j a_j b^j, b the c-th prime, is
//!
//! ```text
//! u = Σ_(j < K) π_j(a_j) b^(−j−1) + b^(−K) v,   b^K ≥ m
//! ```
//! with a uniform permutation π_j of 0…b − 1 for each digit of each coordinate [Owe17]. Digits from
//! the K-th on are 0 for all m points: what their permutations make of that is one uniform number v of
//! the coordinate. Of a permutation only the digits that occur are drawn.

use ground::stream::Stream;

/// The first d primes.
pub(super) fn primes(d: usize) -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::with_capacity(d);
    let mut candidate = 2;
    while primes.len() < d {
        let divides = |p: &u32| candidate % p == 0;
        let small = primes.iter().take_while(|p| u64::from(**p).pow(2) <= u64::from(candidate));
        if !small.into_iter().any(divides) {
            primes.push(candidate);
        }
        candidate += 1;
    }
    primes
}

/// m scrambled points in these bases, `[m, d]`.
pub(super) fn draw(bases: &[u32], m: usize, stream: &Stream) -> Vec<f64> {
    let d = bases.len();
    let [digits, rest] = ["digits", "rest"].map(|name| stream.child(name));
    let mut out = vec![0.0; m * d];
    for (c, &base) in bases.iter().enumerate() {
        let b = base as usize;
        let (mut scale, mut span) = (1.0, 1); // b^(−j) and b^j
        let mut place = 0;
        while span < m || place == 0 {
            scale /= f64::from(base);
            let occur = b.min(m.div_ceil(span));
            let image = permutation((b, occur), (place, c), &digits);
            for i in 0..m {
                out[i * d + c] += scale * image[i / span % b] as f64;
            }
            span = span.saturating_mul(b);
            place += 1;
        }
        let tail = scale * rest.uniform(0, 0, c);
        for i in 0..m {
            out[i * d + c] = super::open(out[i * d + c] + tail);
        }
    }
    out
}

/// What a uniform permutation of 0…b − 1 makes of the first `occur` of them.
fn permutation(
    (b, occur): (usize, usize),
    (place, coordinate): (u32, usize),
    stream: &Stream,
) -> Vec<usize> {
    let mut image: Vec<usize> = (0..b).collect();
    for k in 0..occur {
        let words = stream.words((k / 2) as u64, place, coordinate);
        let [high, low] = [words[2 * (k % 2)], words[2 * (k % 2) + 1]];
        let word = u128::from(high) << 32 | u128::from(low);
        // ⌊word (b − k)/2^64⌋ is uniform on 0…b − k − 1 to 1e-14.
        let chosen = (word * (b - k) as u128) >> 64;
        image.swap(k, k + usize::try_from(chosen).unwrap_or(0));
    }
    image.truncate(occur);
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_primes() {
        assert_eq!(primes(10), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!(primes(1000)[999], 7919);
        assert_eq!(primes(0), Vec::<u32>::new());
    }

    #[test]
    fn statistical_permutations_are_uniform() {
        // The six permutations of three digits, 6000 times: χ² of 5 degrees below 20.5 but once in 1000.
        let stream = Stream::new(2);
        let mut counts = [0.0_f64; 9];
        for coordinate in 0..6000 {
            let image = permutation((3, 3), (0, coordinate), &stream);
            assert_eq!(image.iter().sum::<usize>(), 3);
            counts[3 * image[0] + image[1]] += 1.0;
        }
        let chi: f64 = counts
            .iter()
            .filter(|count| **count > 0.0)
            .map(|count| (count - 1000.0).powi(2) / 1000.0)
            .sum();
        assert!(counts.iter().filter(|count| **count > 0.0).count() == 6 && chi < 20.5, "{chi}");
    }
}
