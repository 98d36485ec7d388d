//! Parallel map and ordered reduction: a thin layer over rayon.
//!
//! Work is numbered, results come back in the order of the numbers, and sums run in that order on
//! one thread: the bits do not depend on the number of threads. Random numbers inside `work` must
//! come from a stream named by the number of the piece, not by the thread.

use rayon::prelude::*;

pub use rayon::ThreadPool;

use crate::{Error, Result};

/// `work(0), …, work(n - 1)`, in order.
///
/// ```
/// assert_eq!(ground::par::map(4, |i| i * i), [0, 1, 4, 9]);
/// ```
pub fn map<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    // One piece needs no other thread, nor a pool.
    if n == 1 {
        return vec![work(0)];
    }
    (0..n).into_par_iter().map(&work).collect()
}

/// `work(i, &mut items[i])` for every item; the results in order.
pub fn map_mut<T: Send, R: Send>(
    items: &mut [T],
    work: impl Fn(usize, &mut T) -> R + Sync,
) -> Vec<R> {
    items.par_iter_mut().enumerate().map(|(i, item)| work(i, item)).collect()
}

/// The results of [`map`] joined from the first to the last; `None` when `n` is 0.
pub fn reduce<T: Send>(
    n: usize,
    work: impl Fn(usize) -> T + Sync,
    join: impl FnMut(T, T) -> T,
) -> Option<T> {
    map(n, work).into_iter().reduce(join)
}

/// Bytes of the stack of a thread: those of a main thread.
pub const STACK: usize = 8 << 20;

/// A pool of `threads` threads; run inside it with `pool.install(|| …)`. 0 means one a core.
///
/// Fails when the system refuses the threads.
pub fn pool(threads: usize) -> Result<ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .build()
        .map_err(|error| Error::io("threads", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let sum = || reduce(1000, |i| 1.0 / (1.0 + i as f64), |a, b| a + b).unwrap();
        let [one, four] = [1, 4].map(|threads| pool(threads).unwrap().install(sum));
        assert_eq!(one.to_bits(), four.to_bits());
    }

    #[test]
    fn items_are_changed_and_results_are_in_order() {
        let mut items = vec![1, 2, 3];
        let before = map_mut(&mut items, |i, item| {
            let before = *item;
            *item += 10 * i;
            before
        });
        assert_eq!((before, items), (vec![1, 2, 3], vec![1, 12, 23]));
        assert_eq!(reduce(0, |i| i, |a, b| a + b), None);
    }
}
