//! Finite differences, the judge of derivatives.
//!
//! Central differences of five points,
//!
//! f′(x) ≈ (8 (f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / (12 h),  h = ε^(1/5) max(1, |x|),
//!
//! whose truncation h⁴ f⁽⁵⁾/30 and rounding ε f/h are both about 1e-12 for functions of order one.
//! An error above 1e-8 is a wrong derivative, or a kink within 2 h ≈ 0.0015 of the point.
//!
//! An output of many elements is judged through one number, the sum with fixed unequal weights:
//! with equal weights an error that only moves elements about would not show.

use crate::array::Array;
use crate::tape::{Tape, Var, pull};
use crate::{Error, Result};

/// ε^(1/5): truncation and rounding in balance.
const STEP: f64 = 7.4e-4;

/// The worst relative error of the first derivatives of `f` by all its inputs at `at`.
///
/// The error of one derivative is |exact − difference| / max(1, |difference|). Fails when one of
/// them is not finite, with the number of the element, counted through all inputs, as the
/// iteration.
///
/// ```
/// use ground::{array::array, gradcheck};
/// let at = [array![[0.3, -1.2]], array![[2.0, 0.7]]];
/// assert!(gradcheck::check(|_, x| (x[0] * x[1]).sin(), &at).unwrap() < 1e-9);
/// ```
pub fn check(f: impl for<'t> Fn(&'t Tape, &[Var<'t>]) -> Var<'t>, at: &[Array]) -> Result<f64> {
    check_order(1, f, at)
}

/// The same for the second derivatives: the exact first derivatives are differentiated.
pub fn check_second(
    f: impl for<'t> Fn(&'t Tape, &[Var<'t>]) -> Var<'t>,
    at: &[Array],
) -> Result<f64> {
    check_order(2, f, at)
}

/// The same for derivatives of any order ≥ 1. Panics when the order is 0.
///
/// Order k checks the gradient of D^(k−1) f, where D f is the derivative of `f` along one fixed
/// direction in all inputs.
pub fn check_order(
    order: usize,
    f: impl for<'t> Fn(&'t Tape, &[Var<'t>]) -> Var<'t>,
    at: &[Array],
) -> Result<f64> {
    assert!(order > 0, "derivatives have order 1 or more");
    let tape = Tape::new();
    let x = variables(&tape, at);
    let y = along(order - 1, f(&tape, &x), &x);
    let exact: Vec<_> = pull(y, weights(y), &x).iter().map(|g| Array::clone(&g.value())).collect();
    let number = |at: &[Array]| {
        let tape = Tape::new();
        let x = variables(&tape, at);
        let y = along(order - 1, f(&tape, &x), &x);
        (y * weights(y)).sum().item()
    };
    worst_error(&exact, &differences(number, at))
}

/// The derivatives of a number by every element of its arguments, in the shapes of the arguments.
pub fn differences(f: impl Fn(&[Array]) -> f64, at: &[Array]) -> Vec<Array> {
    let mut point = at.to_vec();
    let mut slopes: Vec<_> = at.iter().map(|x| Array::zeros(x.raw_dim())).collect();
    for (k, x) in at.iter().enumerate() {
        for (place, &x) in x.indexed_iter() {
            let h = STEP * x.abs().max(1.0);
            let mut shifted = |shift: f64| {
                point[k][place] = x + shift;
                f(&point)
            };
            let near = shifted(h) - shifted(-h);
            let far = shifted(2.0 * h) - shifted(-2.0 * h);
            point[k][place] = x;
            slopes[k][place] = (8.0 * near - far) / (12.0 * h);
        }
    }
    slopes
}

/// The largest |exact − difference| / max(1, |difference|) over all elements.
///
/// Fails when one of them is not finite. Panics when the shapes differ.
pub fn worst_error(exact: &[Array], differences: &[Array]) -> Result<f64> {
    let shapes = |all: &[Array]| all.iter().map(Array::dim).collect::<Vec<_>>();
    let (found, right) = (shapes(exact), shapes(differences));
    assert!(found == right, "derivatives {found:?} for inputs {right:?}");
    let pairs = exact.iter().flatten().zip(differences.iter().flatten());
    let mut worst = 0.0_f64;
    for (k, (exact, difference)) in pairs.enumerate() {
        let error = (exact - difference).abs() / difference.abs().max(1.0);
        if !error.is_finite() {
            let what = format!("the derivative {exact}, by differences {difference},");
            return Err(Error::Numeric { what, at: k as u64 });
        }
        worst = worst.max(error);
    }
    Ok(worst)
}

fn variables<'t>(tape: &'t Tape, at: &[Array]) -> Vec<Var<'t>> {
    at.iter().map(|x| tape.variable(x.clone())).collect()
}

/// `y`, differentiated `order` times along the direction of the weights.
fn along<'t>(order: usize, mut y: Var<'t>, x: &[Var<'t>]) -> Var<'t> {
    for _ in 0..order {
        let slopes = pull(y, weights(y), x);
        let parts = slopes.into_iter().map(|slope| (slope * weights(slope)).sum());
        y = parts.reduce(|sum, part| sum + part).expect("there is an input");
    }
    y
}

/// Unequal numbers between 0.5 and 1.5 in the shape of `like`: multiples of the golden ratio.
fn weights(like: Var<'_>) -> Var<'_> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let [n, d] = like.shape();
    let weight = |(i, j)| 0.5 + (GOLDEN * (i * d + j + 1) as f64).fract();
    like.tape().variable(Array::from_shape_fn((n, d), weight))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::array::{array, number};
    use crate::tape::{Node, Op};

    #[test]
    fn exact_differences_of_a_quartic() {
        // The five points are exact for polynomials up to degree 4.
        let f = |x: &[Array]| x[0].mapv(|x| x.powi(4)).sum() * x[1][[0, 0]];
        let slopes = differences(f, &[array![[1.0, -2.0]], number(3.0)]);
        let right = [array![[12.0, -96.0]], number(17.0)];
        assert!(worst_error(&slopes, &right).unwrap() < 1e-11);
    }

    /// x² with the derivative c x, which is right for c = 2.
    struct Wrong(f64);

    impl Op for Wrong {
        fn value(&self, x: &[Rc<Array>]) -> Array {
            &*x[0] * &*x[0]
        }
        fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
            vec![Some(self.0 * at.seed * at.inputs[0])]
        }
    }

    #[test]
    fn a_wrong_derivative_is_seen() {
        let at = [array![[0.5, 1.5], [-0.7, 0.3]]];
        let error = |factor: f64| check(move |_, x| Var::record(Wrong(factor), x), &at).unwrap();
        assert!(error(2.0) < 1e-10);
        assert!(error(2.0 + 1e-6) > 1e-7);
    }

    #[test]
    fn elements_in_the_wrong_place_are_seen() {
        /// The transpose of a square matrix, whose derivative forgets to transpose.
        struct Lazy;
        impl Op for Lazy {
            fn value(&self, x: &[Rc<Array>]) -> Array {
                x[0].t().to_owned()
            }
            fn pullback<'t>(&self, at: &Node<'_, 't>) -> Vec<Option<Var<'t>>> {
                vec![Some(at.seed)]
            }
        }
        let at = [array![[0.5, 1.5], [-0.7, 0.3]]];
        assert!(check(|_, x| Var::record(Lazy, x), &at).unwrap() > 0.1);
    }

    #[test]
    fn an_infinite_derivative_is_an_error() {
        assert!(check(|_, x| x[0].ln(), &[number(0.0)]).is_err());
    }
}
