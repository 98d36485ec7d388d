//! In which order cells are computed, and how long the rest takes.
//!
//! The cost of a cell is what its forecast says, operations; the time is that cost times the seconds an
//! operation took in the cells that are done. Cells that end early make it an upper end.

/// Places of the costs, the dearest first: the last cells to end are then short ones. Equal costs stay in
/// order.
pub fn longest_first(costs: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|a, b| costs[*b].total_cmp(&costs[*a]));
    order
}

/// What cells took so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    cost: f64,
    seconds: f64,
}

impl Pace {
    /// One cell more is done.
    pub fn add(&mut self, cost: f64, seconds: f64) {
        self.cost += cost;
        self.seconds += seconds;
    }

    /// Seconds that cells of these costs take on so many workers; none before a cell is done.
    ///
    /// Each cell goes to the worker that is free first: the time is at least that of the dearest.
    pub fn left(&self, costs: &[f64], workers: usize) -> Option<f64> {
        if self.cost <= 0.0 {
            return None;
        }
        let rate = self.seconds / self.cost;
        let mut busy = vec![0.0_f64; workers.max(1)];
        for &at in &longest_first(costs) {
            if let Some(first) = busy.iter_mut().min_by(|a, b| a.total_cmp(b)) {
                *first += rate * costs[at];
            }
        }
        Some(busy.into_iter().fold(0.0, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dearest_come_first() {
        assert_eq!(longest_first(&[1.0, 5.0, 1.0, 3.0]), [1, 3, 0, 2]);
    }

    #[test]
    fn time_is_cost_shared_by_workers() {
        let mut pace = Pace::default();
        assert_eq!(pace.left(&[1.0], 2), None);
        pace.add(10.0, 5.0);
        assert_eq!(pace.left(&[4.0, 4.0, 4.0, 4.0], 2), Some(4.0));
        assert_eq!(pace.left(&[8.0, 1.0, 1.0], 4), Some(4.0));
        assert_eq!(pace.left(&[], 4), Some(0.0));
    }
}
