//! How the numbers of a block of parameters stand in rows.
//!
//! Numbers have one order that people and files see, and another in memory, where kernels want panels
//! and whole rows. What fills a row up is zero and stays zero.

use super::dense::packing::{pack_lists, unpack_lists};
use super::dense::trained::Trained;
use super::dense::{Normed, rows};
use super::lane::Real;

/// An order in memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Packing {
    /// Lists of these lengths, each beginning a row.
    Lists(Vec<usize>),
    /// A network of layers; its order for people is that of [`Trained::unpack`].
    Layers(Trained),
    /// A matrix `[m, d]`, row after row for people; in memory blocks of LANES of its rows side by side, a row
    /// of memory a column of such a block.
    Blocks([usize; 2]),
    /// A batch-normalised network; its order for people is that of [`Normed::unpack`].
    Normed(Normed),
}

impl Packing {
    /// One list.
    pub fn list(n: usize) -> Self {
        Self::Lists(vec![n])
    }

    /// How many numbers there are, without what fills rows up.
    #[expect(clippy::len_without_is_empty, reason = "a block is not a collection to be filled")]
    pub fn len(&self) -> usize {
        match self {
            Self::Lists(lengths) => lengths.iter().sum(),
            Self::Blocks([m, d]) => m * d,
            Self::Layers(network) => network.parameters(),
            Self::Normed(network) => network.parameters(),
        }
    }

    /// How many rows they take.
    pub fn rows<T: Real>(&self) -> usize {
        match self {
            Self::Lists(lengths) => lengths.iter().map(|&n| rows::<T>(n)).sum(),
            Self::Blocks([m, d]) => rows::<T>(*m) * d,
            Self::Layers(network) => network.rows::<T>(),
            Self::Normed(network) => network.rows::<T>(),
        }
    }

    /// Rows from numbers.
    ///
    /// # Panics
    /// If there are more or fewer of them than [`Packing::len`].
    pub fn pack<T: Real>(&self, numbers: &[f64]) -> Vec<T::Row> {
        assert_eq!(numbers.len(), self.len(), "numbers: found, needed");
        match self {
            Self::Lists(lengths) => {
                let mut packed = vec![T::Row::default(); self.rows::<T>()];
                pack_lists::<T>(lengths, &mut numbers.iter(), &mut packed);
                packed
            }
            Self::Blocks([_, d]) => {
                let mut packed = vec![T::Row::default(); self.rows::<T>()];
                for (k, &number) in numbers.iter().enumerate() {
                    let (i, q) = (k / d, k % d);
                    packed[i / T::LANES * d + q].as_mut()[i % T::LANES] = T::of(number);
                }
                packed
            }
            Self::Layers(network) => network.pack::<T>(numbers),
            Self::Normed(network) => network.pack::<T>(numbers),
        }
    }

    /// Numbers from rows.
    ///
    /// # Panics
    /// If there are more or fewer of them than [`Packing::rows`].
    pub fn unpack<T: Real>(&self, packed: &[T::Row]) -> Vec<f64> {
        assert_eq!(packed.len(), self.rows::<T>(), "rows: found, needed");
        match self {
            Self::Lists(lengths) => {
                let mut numbers = Vec::with_capacity(self.len());
                unpack_lists::<T>(lengths, packed, &mut numbers);
                numbers
            }
            Self::Blocks([m, d]) => {
                let place = |k: usize| (k / d / T::LANES * d + k % d, k / d % T::LANES);
                let number = |(row, lane): (usize, usize)| packed[row].as_ref()[lane].wide();
                (0..m * d).map(|k| number(place(k))).collect()
            }
            Self::Layers(network) => network.unpack::<T>(packed),
            Self::Normed(network) => network.unpack::<T>(packed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::lane;
    use crate::kernel::network::Activation;

    fn there_and_back<T: Real>(packing: &Packing) {
        let numbers: Vec<f64> = (0..packing.len()).map(|i| 1.0 + i as f64).collect();
        let packed = packing.pack::<T>(&numbers);
        assert_eq!(packing.unpack::<T>(&packed), numbers);
        let kept: f64 = lane::flat::<T>(&packed).iter().map(|v| v.wide()).sum();
        assert_eq!(kept, numbers.iter().sum::<f64>(), "what fills rows up is zero");
    }

    #[test]
    fn exact_there_and_back() {
        let (widths, activation) = (vec![3, 20, 9], Activation::Tanh);
        let normed = Packing::Normed(Normed { widths, activation, eps: 1e-6 });
        let (lists, blocks) = (Packing::Lists(vec![3, 16, 0, 21]), Packing::Blocks([21, 3]));
        let all = [Packing::list(37), lists, blocks, normed];
        for packing in all {
            there_and_back::<f32>(&packing);
            there_and_back::<f64>(&packing);
        }
    }
}
