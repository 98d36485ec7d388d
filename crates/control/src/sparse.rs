//! Matrices with few entries in a row: dynamics that couple neighbours cost what they say.
//!
//! Products run along diagonals, which are as long as vectors: y_i += d_i x_{i+o}.

use ground::array::Array;

use crate::number::Number;

/// A matrix, its entries row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Sparse {
    shape: [usize; 2],
    /// Where the entries of each row begin, and where the last ends.
    first: Vec<usize>,
    columns: Vec<usize>,
    entries: Vec<f64>,
    diagonals: Vec<Diagonal>,
}

/// Entries M_{i, j} with one j − i, from the first row that has any.
#[derive(Clone, Debug, PartialEq)]
struct Diagonal {
    /// The first row and the first column.
    from: [usize; 2],
    entries: Vec<f64>,
}

impl Sparse {
    /// What is not zero of a matrix.
    pub fn of(matrix: &Array) -> Self {
        let (rows, width) = matrix.dim();
        let mut found = Self {
            shape: [rows, width],
            first: vec![0],
            columns: Vec::new(),
            entries: Vec::new(),
            diagonals: Vec::new(),
        };
        for row in matrix.rows() {
            for (j, &x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                found.columns.push(j);
                found.entries.push(x);
            }
            found.first.push(found.columns.len());
        }
        for k in 0..(rows + width).saturating_sub(1) {
            // From the lower left corner to the upper right one.
            let from = [(rows - 1).saturating_sub(k), k.saturating_sub(rows - 1)];
            let n = (rows - from[0]).min(width - from[1]);
            let entries: Vec<f64> = (0..n).map(|i| matrix[[from[0] + i, from[1] + i]]).collect();
            if entries.iter().any(|x| *x != 0.0) {
                found.diagonals.push(Diagonal { from, entries });
            }
        }
        found
    }

    /// Rows and columns.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// The same as an array.
    pub fn dense(&self) -> Array {
        let mut all = Array::zeros(self.shape);
        for i in 0..self.shape[0] {
            for k in self.first[i]..self.first[i + 1] {
                all[[i, self.columns[k]]] = self.entries[k];
            }
        }
        all
    }

    /// y += M x.
    #[inline(always)]
    pub fn add<T: Number>(&self, x: &[T], y: &mut [T]) {
        for Diagonal { from: [i, j], entries } in &self.diagonals {
            for ((y, &x), &d) in y[*i..].iter_mut().zip(&x[*j..]).zip(entries) {
                *y += T::of(d) * x;
            }
        }
    }

    /// y += c M x.
    #[inline(always)]
    pub fn add_times<T: Number>(&self, c: T, x: &[T], y: &mut [T]) {
        for Diagonal { from: [i, j], entries } in &self.diagonals {
            for ((y, &x), &d) in y[*i..].iter_mut().zip(&x[*j..]).zip(entries) {
                *y += c * T::of(d) * x;
            }
        }
    }

    /// x += c · row i.
    #[inline(always)]
    pub fn add_row<T: Number>(&self, i: usize, c: T, x: &mut [T]) {
        for k in self.first[i]..self.first[i + 1] {
            x[self.columns[k]] += T::of(self.entries[k]) * c;
        }
    }

    /// x += Mᵀ y.
    #[inline(always)]
    pub fn add_transposed<T: Number>(&self, y: &[T], x: &mut [T]) {
        for Diagonal { from: [i, j], entries } in &self.diagonals {
            for ((x, &y), &d) in x[*j..].iter_mut().zip(&y[*i..]).zip(entries) {
                *x += T::of(d) * y;
            }
        }
    }

    /// Mᵀ A.
    pub fn under(&self, a: &Array) -> Array {
        let mut product = Array::zeros((self.shape[1], a.ncols()));
        for i in 0..self.shape[0] {
            for k in self.first[i]..self.first[i + 1] {
                product.row_mut(self.columns[k]).scaled_add(self.entries[k], &a.row(i));
            }
        }
        product
    }

    /// x · M y: eight sums along each diagonal, which are then added.
    #[inline(always)]
    pub fn form<T: Number>(&self, x: &[T], y: &[T]) -> T {
        let mut sums = [T::zero(); 8];
        for Diagonal { from: [i, j], entries } in &self.diagonals {
            let n = entries.len();
            let (x, y) = (&x[*i..*i + n], &y[*j..*j + n]);
            let whole = n / 8 * 8;
            for k in (0..whole).step_by(8) {
                for (l, sum) in sums.iter_mut().enumerate() {
                    *sum += T::of(entries[k + l]) * x[k + l] * y[k + l];
                }
            }
            for k in whole..n {
                sums[0] += T::of(entries[k]) * x[k] * y[k];
            }
        }
        sums.into_iter().sum()
    }

    /// Row i of M x.
    #[inline(always)]
    pub fn times<T: Number>(&self, i: usize, x: &[T]) -> T {
        let range = self.first[i]..self.first[i + 1];
        range.map(|k| T::of(self.entries[k]) * x[self.columns[k]]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_array() {
        let a = ground::array::rows(2, 3, &[1.0, 0.0, -2.0, 0.0, 3.0, 0.5]);
        let sparse = Sparse::of(&a);
        assert_eq!(sparse.dense(), a);
        let (x, y) = ([1.0, 2.0, 3.0], [5.0, 7.0]);
        let (mut up, mut down) = ([1.0; 2], [0.0; 3]);
        sparse.add(&x, &mut up);
        sparse.add_transposed(&y, &mut down);
        assert_eq!(up, [-4.0, 8.5]);
        assert_eq!(down, [5.0, 21.0, -6.5]);
        assert_eq!(sparse.form(&y, &x), -25.0 + 52.5);
        let b = ground::array::rows(2, 2, &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(sparse.under(&b), a.t().dot(&b));
    }
}
