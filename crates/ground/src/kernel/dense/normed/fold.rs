//! A normalised network with given statistics as a plain one.

use super::super::packing::unpack_lists;
use super::Normed;
use crate::kernel::lane::Real;

impl Normed {
    /// The parameters of the [`Network`](crate::kernel::network::Network) of the same widths and
    /// activation that this network is with given `statistics`: for each layer W `[out, in]` row after
    /// row, then b `[out]`. In double precision.
    ///
    /// With y = A x + c of every normalisation, A = γ/√(v + ε) and c = β − A m, layer k has
    /// W'ᵢₒ = Aₒ Wᵢₒ and b'ₒ = cₒ + Aₒ bₒ; the first also takes in the normalisation before it,
    /// W'ᵢₒ = Aₒ Wᵢₒ A⁰ᵢ and b'ₒ = cₒ + Aₒ (bₒ + Σᵢ c⁰ᵢ Wᵢₒ).
    ///
    /// # Panics
    /// If a slice has another length than `[rows]` and `[statistics_rows]`.
    pub fn folded<T: Real>(&self, theta: &[T::Row], statistics: &[T::Row]) -> Vec<f64> {
        assert_eq!(theta.len(), self.rows::<T>(), "parameter rows: found, needed");
        let needed = self.statistics_rows::<T>();
        assert_eq!(statistics.len(), needed, "statistics rows: found, needed");
        let numbers = self.unpack::<T>(theta);
        let (mut weights, scales) = numbers.split_at(self.weights());
        let mut kept = Vec::new();
        unpack_lists::<T>(&self.statistics(), statistics, &mut kept);
        let affine = self.affine(scales, &kept);
        let last = self.widths.len() - 2;
        let mut folded = Vec::with_capacity(numbers.len());
        for (k, pair) in self.widths.windows(2).enumerate() {
            let (n_in, n_out) = (pair[0], pair[1]);
            let (w, rest) = weights.split_at(n_in * n_out);
            let (b, rest) = rest.split_at(if k == last { n_out } else { 0 });
            let before = |i: usize| if k == 0 { affine[0][i] } else { [1.0, 0.0] };
            let mut biases = Vec::with_capacity(n_out);
            for o in 0..n_out {
                let [scale, shift] = affine[k + 1][o];
                let column = |i: usize| w[i * n_out + o];
                folded.extend((0..n_in).map(|i| scale * column(i) * before(i)[0]));
                let moved: f64 = (0..n_in).map(|i| before(i)[1] * column(i)).sum();
                biases.push(shift + scale * (b.get(o).copied().unwrap_or(0.0) + moved));
            }
            folded.extend(biases);
            weights = rest;
        }
        folded
    }

    /// A and c of every number of every normalisation.
    fn affine(&self, mut scales: &[f64], mut statistics: &[f64]) -> Vec<Vec<[f64; 2]>> {
        let mut all = Vec::with_capacity(self.widths.len());
        for &width in &self.widths {
            let (own, rest) = scales.split_at(2 * width);
            let (seen, others) = statistics.split_at(2 * width);
            let one = |i: usize| {
                let scale = own[i] / (seen[width + i] + self.eps).sqrt();
                [scale, own[width + i] - scale * seen[i]]
            };
            all.push((0..width).map(one).collect());
            (scales, statistics) = (rest, others);
        }
        all
    }
}
