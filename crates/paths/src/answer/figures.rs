//! What an answer looks like: all its pictures, and what they share.

mod levels;
mod mismatch;
mod paths;
mod slopes;

use frame::{Figure, Known};

use super::Value;

/// Points of a line, at most: more cannot be told apart.
const POINTS: usize = 200;

/// All pictures of an answer, beside what is known.
pub(super) fn figures(value: &Value, known: &Known) -> Vec<Figure> {
    let sampled = value.sample.paths.paths > 0;
    let mut all = vec![levels::levels(value, known), mismatch::mismatch(value)];
    if sampled {
        all.push(paths::paths(value, known.solution));
        all.push(match known.solution {
            Some(solution) => slopes::against(value, solution),
            None => slopes::along(value),
        });
    }
    all
}

/// At most `most` of 0 … n − 1, evenly, the first and the last among them.
fn some(n: usize, most: usize) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    (0..most).map(|k| k * (n - 1) / (most - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::some;

    #[test]
    fn the_first_and_the_last_are_among_some() {
        assert_eq!(some(3, 5), [0, 1, 2]);
        assert_eq!(some(100, 4), [0, 33, 66, 99]);
        assert_eq!(some(0, 4), [] as [usize; 0]);
    }
}
