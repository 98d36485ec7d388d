//! Dense row-major arrays of f64: the currency of the tape.
//!
//! Everything has rank 2, batch first: a batch of points is `[n, d]`, one value per draw is
//! `[n, 1]`, a number is `[1, 1]`. Sides of length 1 are repeated to fit the other side, and no
//! other rule of broadcasting exists.
//!
//! Sums run in one fixed order, element by element, so that the bits of a row do not depend on the
//! other rows. Not here: higher ranks, f32 (kernels keep those to themselves).

pub use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Zip, array, s};

/// A dense matrix `[rows, cols]`.
pub type Array = ndarray::Array2<f64>;

/// A matrix from its rows one after the other; panics unless there are rows × cols numbers.
pub fn rows(rows: usize, cols: usize, data: &[f64]) -> Array {
    Array::from_shape_vec((rows, cols), data.to_vec()).expect("rows x cols numbers")
}

/// A number as `[1, 1]`.
pub fn number(value: f64) -> Array {
    Array::from_elem((1, 1), value)
}

/// The number in a `[1, 1]` matrix. Panics on any other shape.
pub fn item(a: &Array) -> f64 {
    assert!(shape(a) == [1, 1], "a number was asked of the shape {:?}", shape(a));
    a[[0, 0]]
}

/// `[rows, cols]`.
pub fn shape(a: &Array) -> [usize; 2] {
    [a.nrows(), a.ncols()]
}

/// True when no element is infinite or not a number.
pub fn is_finite(a: &Array) -> bool {
    a.iter().all(|v| v.is_finite())
}

/// The shape that both fit into when sides of length 1 are repeated. Panics when there is none.
///
/// ```
/// assert_eq!(ground::array::joint_shape([5, 1], [1, 3]), [5, 3]);
/// ```
pub fn joint_shape(a: [usize; 2], b: [usize; 2]) -> [usize; 2] {
    let side = |p: usize, q: usize| {
        assert!(p == q || p == 1 || q == 1, "the shapes {a:?} and {b:?} do not fit");
        if p == 1 { q } else { p }
    };
    [side(a[0], b[0]), side(a[1], b[1])]
}

/// `op` of pairs of elements, sides of length 1 repeated. Panics when the shapes do not fit.
pub fn zip(a: &Array, b: &Array, op: impl Fn(f64, f64) -> f64) -> Array {
    let shape = joint_shape(shape(a), shape(b));
    Zip::from(view(a, shape)).and(view(b, shape)).map_collect(|&a, &b| op(a, b))
}

/// Repeats sides of length 1 up to `to`. Panics when `a` does not fit.
pub fn repeated(a: &Array, to: [usize; 2]) -> Array {
    view(a, to).to_owned().as_standard_layout().into_owned()
}

/// Sums over the sides that are longer than in `to`: the adjoint of [`repeated`].
///
/// `[n, d] → [n, 1]`, `[1, d]` or `[1, 1]`. Panics when `to` does not fit into the shape of `a`.
pub fn sum_to(a: &Array, to: [usize; 2]) -> Array {
    assert!(joint_shape(shape(a), to) == shape(a), "{:?} does not sum to {to:?}", shape(a));
    let mut out = Array::zeros(to);
    for (i, row) in a.outer_iter().enumerate() {
        let i = if to[0] == 1 { 0 } else { i };
        if to[1] == 1 {
            out[[i, 0]] += row.iter().sum::<f64>();
        } else {
            out.row_mut(i).zip_mut_with(&row, |sum, v| *sum += v);
        }
    }
    out
}

/// The same elements, row by row, in another shape. Panics when their number differs.
pub fn reshaped(a: &Array, to: [usize; 2]) -> Array {
    assert!(a.len() == to[0] * to[1], "{:?} does not reshape to {to:?}", shape(a));
    let elements = a.iter().copied().collect();
    Array::from_shape_vec(to, elements).expect("the number of elements was checked")
}

/// The transpose, row-major again: `[n, m] → [m, n]`.
pub fn transposed(a: &Array) -> Array {
    a.t().as_standard_layout().into_owned()
}

/// The product `[n, k] · [k, m] → [n, m]`. Panics when the inner sides differ.
pub fn matmul(a: &Array, b: &Array) -> Array {
    assert!(a.ncols() == b.nrows(), "cannot multiply {:?} by {:?}", shape(a), shape(b));
    a.dot(b).as_standard_layout().into_owned()
}

/// Columns `from..from + n`: `[rows, d] → [rows, n]`. Panics when there are fewer.
pub fn columns(a: &Array, from: usize, n: usize) -> Array {
    let end = from + n;
    assert!(end <= a.ncols(), "columns {from}..{end} were asked of the shape {:?}", shape(a));
    a.slice(s![.., from..end]).as_standard_layout().into_owned()
}

/// The same columns at `from` inside a wider matrix of zeros: the adjoint of [`columns`].
///
/// `[rows, n] → [rows, width]`. Panics when they do not fit.
pub fn padded(a: &Array, from: usize, width: usize) -> Array {
    let end = from + a.ncols();
    assert!(end <= width, "{:?} does not fit at column {from} of {width}", shape(a));
    let mut out = Array::zeros((a.nrows(), width));
    out.slice_mut(s![.., from..end]).assign(a);
    out
}

/// The parts side by side: `[n, a], [n, b] → [n, a + b]`. Panics when the rows differ in number.
pub fn joined(parts: &[ArrayView2<'_, f64>]) -> Array {
    let shapes: Vec<_> = parts.iter().map(ArrayView2::dim).collect();
    assert!(
        shapes.windows(2).all(|pair| pair[0].0 == pair[1].0),
        "cannot join the shapes {shapes:?}: the rows differ in number"
    );
    let joined = ndarray::concatenate(Axis(1), parts).expect("the rows were checked");
    joined.as_standard_layout().into_owned()
}

/// A view that repeats sides of length 1 up to `to`.
fn view(a: &Array, to: [usize; 2]) -> ArrayView2<'_, f64> {
    a.broadcast(to).unwrap_or_else(|| panic!("{:?} does not repeat to {to:?}", shape(a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_of_length_one_are_repeated() {
        let (column, row) = (array![[1.0], [2.0]], array![[10.0, 20.0, 30.0]]);
        let sum = array![[11.0, 21.0, 31.0], [12.0, 22.0, 32.0]];
        assert_eq!(zip(&column, &row, |a, b| a + b), sum);
        assert_eq!(repeated(&row, [2, 3]), array![[10.0, 20.0, 30.0], [10.0, 20.0, 30.0]]);
    }

    #[test]
    fn sums_run_over_the_longer_sides() {
        let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        assert_eq!(sum_to(&a, [2, 1]), array![[6.0], [15.0]]);
        assert_eq!(sum_to(&a, [1, 3]), array![[5.0, 7.0, 9.0]]);
        assert_eq!(sum_to(&a, [1, 1]), number(21.0));
        assert_eq!(sum_to(&a, [2, 3]), a);
    }

    #[test]
    fn padding_is_the_adjoint_of_columns() {
        let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let b = array![[7.0, -1.0], [2.0, 0.5]];
        let left = (&columns(&a, 1, 2) * &b).sum();
        let right = (&a * &padded(&b, 1, 3)).sum();
        assert!((left - right).abs() < 1e-14);
    }

    #[test]
    fn everything_is_row_major() {
        let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let column = array![[1.0], [2.0]];
        let made = [
            transposed(&a),
            matmul(&transposed(&a), &a),
            columns(&a, 1, 2),
            zip(&a, &column, |a, b| a * b),
            repeated(&column, [2, 3]),
            joined(&[a.view(), column.view()]),
            reshaped(&a.t().to_owned(), [2, 3]),
        ];
        assert!(made.iter().all(Array::is_standard_layout));
        assert_eq!(made[6], array![[1.0, 4.0, 2.0], [5.0, 3.0, 6.0]]);
    }

    #[test]
    fn an_empty_batch_stays_empty() {
        let empty = Array::zeros((0, 3));
        assert_eq!(shape(&zip(&empty, &number(1.0), |a, b| a + b)), [0, 3]);
        assert_eq!(sum_to(&empty, [1, 1]), number(0.0));
    }

    #[test]
    #[should_panic(expected = "the shapes [2, 3] and [3, 2] do not fit")]
    fn shapes_that_do_not_fit_are_named() {
        zip(&Array::zeros((2, 3)), &Array::zeros((3, 2)), |a, b| a + b);
    }
}
