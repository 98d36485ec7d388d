//! Sobol points under Owen's nested scrambling.
//!
//! Coordinate c of point i is the binary fraction x = v_(j1) ⊕ v_(j2) ⊕ … over the bits of i in Gray
//! code, with direction numbers v_j of the coordinate. Scrambling flips digit j by a fair coin that
//! belongs to the digits before it: a node of a binary tree. [Owe97]
//!
//! Of the first 2^k points no two agree in k digits of a coordinate. So the coins of depth ≥ k are all
//! different ones, and what follows the k-th digit is a uniform number of the point alone:
//!
//! ```text
//! u = (π(⌊2^k x⌋) + uniform)/2^k,   2^k ≥ m,   π from the 2^k − 1 coins of depth < k
//! ```
//! This is the full scrambling, to the last digit, at one random number and less than two coins a
//! number. Node n of the tree is the n-th of a heap: its children are 2n and 2n + 1.

use ground::stream::Stream;
use sobol::params::JoeKuoD6;

/// Binary digits of a direction number.
const DIGITS: usize = 32;

/// Coins in the four words of a place of a stream.
const COINS: usize = 128;

/// Sobol points of (0, 1)^d.
#[derive(Clone, Debug)]
pub(super) struct Net {
    /// `[d][32]`, the first digit in the highest bit.
    directions: Vec<Vec<u32>>,
}

impl Net {
    /// Direction numbers of the first d coordinates, d from 1 to 21 201.
    pub(super) fn new(d: usize) -> Self {
        let table = match d {
            ..=100 => JoeKuoD6::minimal(),
            101..=1000 => JoeKuoD6::standard(),
            _ => JoeKuoD6::extended(),
        };
        Self { directions: sobol::Sobol::<u32>::init_direction_vals(d, DIGITS, &table) }
    }

    /// m scrambled points, `[m, d]`, for m ≤ 2^32.
    pub(super) fn draw(&self, m: usize, stream: &Stream) -> Vec<f64> {
        let d = self.directions.len();
        let depth = m.next_power_of_two().trailing_zeros();
        let scale = 0.5_f64.powf(f64::from(depth));
        let [coins, rest] = ["coins", "rest"].map(|name| stream.child(name));
        let mut out = vec![0.0; m * d];
        for (c, directions) in self.directions.iter().enumerate() {
            let order = scrambled(depth, c, &coins);
            let (mut x, mut words) = (0, [0; 4]);
            for i in 0..m {
                if i.is_multiple_of(4) {
                    words = rest.words((i / 4) as u64, 0, c);
                }
                if i > 0 {
                    x ^= directions[i.trailing_zeros() as usize];
                }
                let leading = (u64::from(x) << depth) >> DIGITS;
                let q = order[usize::try_from(leading).unwrap_or(0)];
                let u = f64::from(q) + super::unit(words[i % 4]);
                out[i * d + c] = super::open(u * scale);
            }
        }
        out
    }
}

/// π of 0…2^depth − 1 for a coordinate.
fn scrambled(depth: u32, coordinate: usize, coins: &Stream) -> Vec<u32> {
    let mut order = vec![0];
    let mut words = coins.words(0, 0, coordinate);
    let mut node = 1_usize;
    for _ in 0..depth {
        let mut next = Vec::with_capacity(2 * order.len());
        for before in &order {
            if node.is_multiple_of(COINS) {
                words = coins.words((node / COINS) as u64, 0, coordinate);
            }
            let coin = words[node % COINS / 32] >> (node % 32) & 1;
            next.extend([2 * before + coin, 2 * before + 1 - coin]);
            node += 1;
        }
        order = next;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_first_points_without_scrambling() {
        // The eight points that the program of Joe and Kuo prints first.
        let wanted = [
            [0.0, 0.0, 0.0],
            [0.5, 0.5, 0.5],
            [0.75, 0.25, 0.25],
            [0.25, 0.75, 0.75],
            [0.375, 0.375, 0.625],
            [0.875, 0.875, 0.125],
            [0.625, 0.125, 0.875],
            [0.125, 0.625, 0.375],
        ];
        let net = Net::new(3);
        let mut x = [0_u32; 3];
        for (i, wanted) in wanted.iter().enumerate() {
            for (c, x) in x.iter_mut().enumerate() {
                if i > 0 {
                    *x ^= net.directions[c][i.trailing_zeros() as usize];
                }
                assert_eq!(f64::from(*x) / 2f64.powi(32), wanted[c], "{i} {c}");
            }
        }
    }

    #[test]
    fn direction_numbers_of_every_table_lead_to_permutations() {
        for d in [100, 1000, 21_201] {
            let net = Net::new(d);
            assert_eq!(net.directions.len(), d);
            for directions in &net.directions {
                for (j, v) in directions.iter().enumerate() {
                    // The last digit that is not zero is digit j.
                    assert_eq!(v.trailing_zeros() as usize, DIGITS - 1 - j);
                }
            }
        }
    }

    #[test]
    fn exact_scrambling_keeps_halves_together() {
        let stream = Stream::new(5);
        for depth in [0, 1, 3, 9] {
            let order = scrambled(depth, 2, &stream);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..1 << depth).collect::<Vec<u32>>());
            // Two numbers that agree in their first j digits still do, and differ in the next.
            for a in 0..order.len() {
                for b in 0..a {
                    let split = (a ^ b).ilog2();
                    assert_eq!((order[a] ^ order[b]).ilog2(), split);
                }
            }
        }
    }
}
