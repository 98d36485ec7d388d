//! One instruction on one block: which loop runs for which kinds of operands.
//!
//! Every loop exists once for every kind of operand that is frequent at its place; an operand of
//! another kind is first written into spare rows. A number is a vector of one component.

use std::marker::PhantomData;

use fearless_simd::{Simd, SimdBase, SimdFloat};

use super::lanes::{self as l, Pair, Rows, Same, Three, Triple, Two, Uniform, set};
use super::machine::{Memory, View};
use super::math;
use super::operation::{Binary, Fold, Unary};
use super::program::{Action, Fused, Term};
use crate::kernel::lane::Real;

/// Rows for operands that a loop wants in memory, one set for each operand.
pub(super) type Spare<T> = [Vec<<T as Real>::Row>; 3];

/// Up to three operands.
type Views<'a, T, S> = [View<'a, T, S>; 3];

/// `body` with `f` fetching from `view`, whatever its kind.
macro_rules! with {
    ($view:expr, $f:ident => $body:expr) => {
        match $view {
            View::Rows(rows) => {
                let $f = Rows(rows);
                $body
            }
            View::Uniform(numbers) => {
                let $f = Uniform(numbers);
                $body
            }
            View::Same(v) => {
                let $f = Same(v);
                $body
            }
        }
    };
}

/// Two rows made one by `O`.
#[inline(always)]
fn two<O, A, B>(a: A, b: B) -> Pair<A, B, O> {
    Pair(a, b, PhantomData)
}

/// Three rows made one by `O`.
#[inline(always)]
fn three<O, A, B, C>(a: A, b: B, c: C) -> Triple<A, B, C, O> {
    Triple(a, b, c, PhantomData)
}

/// Which operands must be rows, and whether the first two are exchanged before.
fn demand(action: &Action, is_rows: [bool; 3]) -> ([bool; 3], bool) {
    let [a, b, _] = is_rows;
    // Of two exchangeable operands one in rows is enough.
    let first = |commutes: bool| ([true, false, false], commutes && !a && b);
    match *action {
        Action::Copy(_)
        | Action::Sum(_)
        | Action::Embed(..)
        | Action::NormSquared(Term::Single(_)) => ([false; 3], false),
        Action::Binary(op, _) => match op {
            Binary::Add | Binary::Mul | Binary::Min | Binary::Max => first(true),
            // A number left of rows keeps its place.
            Binary::Sub | Binary::Div if !a && b => ([false, true, false], false),
            Binary::Sub => first(false),
            _ => ([true; 3], false),
        },
        Action::NormSquared(Term::Pair(op, _)) | Action::Dot(Term::Pair(op, _), _) => {
            first(op != Binary::Sub)
        }
        Action::Dot(Term::Single(_), _) => first(true),
        Action::Fused(op, _) => first(op != Fused::SubMul),
        Action::Unary(..) | Action::Select(_) | Action::Extreme(..) | Action::Matrix(..) => {
            ([true; 3], false)
        }
    }
}

/// The operands as the loops want them.
#[inline(always)]
pub(super) fn arrange<'a, T: Real, S: Simd>(
    simd: S,
    action: &Action,
    (mut of, n): (Views<'a, T, S>, usize),
    spare: &'a mut Spare<T>,
) -> Views<'a, T, S> {
    let is_rows = [0, 1, 2].map(|k| matches!(of[k], View::Rows(_)));
    let (wanted, exchanged) = demand(action, is_rows);
    if exchanged {
        of.swap(0, 1);
    }
    for (k, spare) in spare.iter_mut().enumerate() {
        let is_missing = wanted[k] && k < action.arity() && !matches!(of[k], View::Rows(_));
        if is_missing {
            let n = if let View::Uniform(numbers) = of[k] { numbers.len() } else { n };
            spare.resize(n.max(spare.len()), T::Row::default());
            let out = &mut spare[..n];
            match of[k] {
                View::Uniform(numbers) => set::<T, S>(simd, out, Uniform(numbers)),
                View::Same(v) => set::<T, S>(simd, out, Same(v)),
                View::Rows(_) => {}
            }
            of[k] = View::Rows(out);
        }
    }
    of
}

/// The rows of an operand that was asked for them.
#[inline(always)]
fn rows<T: Real, S: Simd>(view: View<'_, T, S>) -> &[T::Row] {
    if let View::Rows(rows) = view { rows } else { &[] }
}

/// The result of an instruction from its arranged operands.
#[inline(always)]
pub(super) fn execute<T: Real, S: Simd>(
    simd: S,
    memory: &Memory<'_, T>,
    action: &Action,
    (of, out): (Views<'_, T, S>, &mut [T::Row]),
) {
    let [a, b, c] = of;
    match *action {
        Action::Copy(_) => with!(a, f => set::<T, S>(simd, out, f)),
        Action::Unary(op, _) => {
            for (row, of) in out.iter_mut().zip(rows(a)) {
                T::store::<S>(unary::<T, S>(simd, op, T::load(simd, of)), row);
            }
        }
        Action::Binary(op, _) => binary(simd, op, of, out),
        Action::Fused(op, _) => fused(simd, op, of, out),
        Action::Select(_) => {
            let of = three::<l::Choose, _, _, _>(Rows(rows(a)), Rows(rows(b)), Rows(rows(c)));
            set::<T, S>(simd, out, of);
        }
        Action::Embed(of, from) => {
            let zero = Same(T::V::<S>::splat(simd, T::of(0.0)));
            set::<T, S>(simd, &mut *out, zero);
            with!(a, f => set::<T, S>(simd, &mut out[from..from + of.count], f));
        }
        Action::Matrix(k, _) => matrix::<T, S>(simd, &memory.matrices[k], rows(a), out),
        Action::Sum(_) | Action::NormSquared(_) | Action::Extreme(..) | Action::Dot(..) => {
            T::store::<S>(reduced(simd, action, of), &mut out[0]);
        }
    }
}

/// From a vector to a number.
#[inline(always)]
fn reduced<T: Real, S: Simd>(simd: S, action: &Action, of: Views<'_, T, S>) -> T::V<S> {
    let [a, b, c] = of;
    let n = action.longest();
    match *action {
        Action::Sum(_) => with!(a, f => l::sum::<T, S>(simd, n, f)),
        Action::NormSquared(Term::Single(_)) => {
            with!(a, f => l::norm_squared::<T, S>(simd, n, f))
        }
        Action::NormSquared(Term::Pair(op, _)) => {
            let f = Rows(rows(a));
            with!(b, g => match op {
                Binary::Add => l::norm_squared::<T, S>(simd, n, two::<l::Add, _, _>(f, g)),
                Binary::Sub => l::norm_squared::<T, S>(simd, n, two::<l::Sub, _, _>(f, g)),
                _ => l::norm_squared::<T, S>(simd, n, two::<l::Mul, _, _>(f, g)),
            })
        }
        Action::Dot(Term::Single(_), _) => {
            with!(b, g => l::dot::<T, S>(simd, n, Rows(rows(a)), g))
        }
        Action::Dot(Term::Pair(..), _) => {
            let f = Rows(rows(a));
            with!(b, g => with!(c, h => l::dot::<T, S>(simd, n, two::<l::Mul, _, _>(f, g), h)))
        }
        Action::Extreme(Fold::Smallest, _) => l::extreme::<T, S, l::Min>(simd, rows(a)),
        _ => l::extreme::<T, S, l::Max>(simd, rows(a)),
    }
}

/// out = f O g, with f in rows.
#[inline(always)]
fn each<O: Two, T: Real, S: Simd>(simd: S, [a, b, _]: Views<'_, T, S>, out: &mut [T::Row]) {
    let f = Rows(rows(a));
    with!(b, g => set::<T, S>(simd, out, two::<O, _, _>(f, g)));
}

/// out = f O g, with both in rows.
#[inline(always)]
fn both<O: Two, T: Real, S: Simd>(simd: S, [a, b, _]: Views<'_, T, S>, out: &mut [T::Row]) {
    set::<T, S>(simd, out, two::<O, _, _>(Rows(rows(a)), Rows(rows(b))));
}

/// A componentwise operation on two operands.
#[inline(always)]
fn binary<T: Real, S: Simd>(simd: S, op: Binary, of: Views<'_, T, S>, out: &mut [T::Row]) {
    let [a, b, _] = of;
    match (op, a) {
        (Binary::Add, _) => each::<l::Add, T, S>(simd, of, out),
        (Binary::Mul, _) => each::<l::Mul, T, S>(simd, of, out),
        (Binary::Min, _) => each::<l::Min, T, S>(simd, of, out),
        (Binary::Max, _) => each::<l::Max, T, S>(simd, of, out),
        (Binary::Sub, View::Rows(_)) => each::<l::Sub, T, S>(simd, of, out),
        (Binary::Div, View::Rows(_)) => both::<l::Div, T, S>(simd, of, out),
        (Binary::Sub | Binary::Div, a) => {
            let g = Rows(rows(b));
            with!(a, f => match op {
                Binary::Sub => set::<T, S>(simd, out, two::<l::Sub, _, _>(f, g)),
                _ => set::<T, S>(simd, out, two::<l::Div, _, _>(f, g)),
            });
        }
        (Binary::Less, _) => both::<l::Less, T, S>(simd, of, out),
        (Binary::LessEqual, _) => both::<l::LessEqual, T, S>(simd, of, out),
        (Binary::Equal, _) => both::<l::Equal, T, S>(simd, of, out),
        (Binary::Share, _) => both::<l::Share, T, S>(simd, of, out),
        (Binary::Pow, _) => {
            for (row, (a, b)) in out.iter_mut().zip(rows(a).iter().zip(rows(b))) {
                let (a, b) = (T::load(simd, a), T::load(simd, b));
                T::store::<S>(math::pow::<T, S>(simd, a, b), row);
            }
        }
    }
}

/// out = O(f, g, h), with f in rows.
#[inline(always)]
fn each_of_three<O: Three, T: Real, S: Simd>(
    simd: S,
    [a, b, c]: Views<'_, T, S>,
    out: &mut [T::Row],
) {
    let f = Rows(rows(a));
    with!(b, g => with!(c, h => set::<T, S>(simd, out, three::<O, _, _, _>(f, g, h))));
}

/// out = O(f, g) h, with f in rows and one h for all components.
#[inline(always)]
fn each_scaled<O: Two, T: Real, S: Simd>(simd: S, [a, b, c]: Views<'_, T, S>, out: &mut [T::Row]) {
    let (f, h) = (Rows(rows(a)), Same(first::<T, S>(simd, c)));
    with!(b, g => set::<T, S>(simd, out, two::<l::Mul, _, _>(two::<O, _, _>(f, g), h)));
}

/// An operation on numbers, none if it is a call or a reduction: most instructions of a program are
/// of this kind, and finding out the kinds of operands would cost more than the operation.
#[inline(always)]
pub(super) fn number<T: Real, S: Simd>(
    simd: S,
    memory: &Memory<'_, T>,
    action: &Action,
) -> Option<T::V<S>> {
    Some(match *action {
        Action::Copy(a) => memory.number(simd, a),
        Action::Binary(op, [a, b]) => {
            let (a, b) = (memory.number(simd, a), memory.number(simd, b));
            match op {
                Binary::Add => a + b,
                Binary::Sub => a - b,
                Binary::Mul => a * b,
                Binary::Div => a / b,
                Binary::Min => l::Min::of::<T, S>(simd, a, b),
                Binary::Max => l::Max::of::<T, S>(simd, a, b),
                Binary::Less => l::Less::of::<T, S>(simd, a, b),
                Binary::LessEqual => l::LessEqual::of::<T, S>(simd, a, b),
                Binary::Equal => l::Equal::of::<T, S>(simd, a, b),
                Binary::Share => l::Share::of::<T, S>(simd, a, b),
                Binary::Pow => return None,
            }
        }
        Action::Fused(op, [a, b, c]) => {
            let (a, b) = (memory.number(simd, a), memory.number(simd, b));
            let c = memory.number(simd, c);
            match op {
                Fused::MulAdd => l::MulAdd::of::<T, S>(simd, a, b, c),
                Fused::MulSub => l::MulSub::of::<T, S>(simd, a, b, c),
                Fused::MulFrom => l::MulFrom::of::<T, S>(simd, a, b, c),
                Fused::MulMul => a * b * c,
                Fused::AddMul => (a + b) * c,
                Fused::SubMul => (a - b) * c,
            }
        }
        _ => return None,
    })
}

/// The only component of an operand.
#[inline(always)]
pub(super) fn first<T: Real, S: Simd>(simd: S, view: View<'_, T, S>) -> T::V<S> {
    match view {
        View::Rows(rows) => T::load(simd, &rows[0]),
        View::Uniform(numbers) => T::V::<S>::splat(simd, numbers[0]),
        View::Same(v) => v,
    }
}

/// Two operations in one pass.
#[inline(always)]
fn fused<T: Real, S: Simd>(simd: S, op: Fused, of: Views<'_, T, S>, out: &mut [T::Row]) {
    match op {
        Fused::MulAdd => each_of_three::<l::MulAdd, T, S>(simd, of, out),
        Fused::MulSub => each_of_three::<l::MulSub, T, S>(simd, of, out),
        Fused::MulFrom => each_of_three::<l::MulFrom, T, S>(simd, of, out),
        Fused::MulMul => each_scaled::<l::Mul, T, S>(simd, of, out),
        Fused::AddMul => each_scaled::<l::Add, T, S>(simd, of, out),
        Fused::SubMul => each_scaled::<l::Sub, T, S>(simd, of, out),
    }
}

/// out += O(f, g) h, with f in rows and one h for all components.
#[inline(always)]
fn add_each_scaled<O: Two, T: Real, S: Simd>(
    simd: S,
    [a, b, c]: Views<'_, T, S>,
    out: &mut [T::Row],
) {
    let (f, h) = (Rows(rows(a)), Same(first::<T, S>(simd, c)));
    with!(b, g => l::increase_by_product::<T, S>(simd, out, two::<O, _, _>(f, g), h));
}

/// out += a value or a product, without a pass of its own; false if the action is none of these.
#[inline(always)]
pub(super) fn add_scaled<T: Real, S: Simd>(
    simd: S,
    action: &Action,
    of: Views<'_, T, S>,
    out: &mut [T::Row],
) -> bool {
    let [a, b, _] = of;
    match *action {
        Action::Copy(_) => with!(a, f => l::increase::<T, S>(simd, out, f)),
        Action::Binary(Binary::Mul, _) => {
            with!(b, g => l::increase_by_product::<T, S>(simd, out, Rows(rows(a)), g));
        }
        Action::Fused(Fused::MulMul, _) => add_each_scaled::<l::Mul, T, S>(simd, of, out),
        Action::Fused(Fused::AddMul, _) => add_each_scaled::<l::Add, T, S>(simd, of, out),
        Action::Fused(Fused::SubMul, _) => add_each_scaled::<l::Sub, T, S>(simd, of, out),
        _ => return false,
    }
    true
}

/// A constant matrix times rows, four results at a time.
#[inline(always)]
fn matrix<T: Real, S: Simd>(simd: S, m: &[T], v: &[T::Row], out: &mut [T::Row]) {
    const TOGETHER: usize = 4;
    let n = v.len();
    for (k, out) in out.chunks_mut(TOGETHER).enumerate() {
        let mut sums = [T::V::<S>::splat(simd, T::of(0.0)); TOGETHER];
        let block = &m[k * TOGETHER * n..];
        for (j, row) in v.iter().enumerate() {
            let x = T::load(simd, row);
            for (i, sum) in sums.iter_mut().enumerate().take(out.len()) {
                *sum = x.mul_add(T::V::<S>::splat(simd, block[i * n + j]), *sum);
            }
        }
        for (row, sum) in out.iter_mut().zip(sums) {
            T::store::<S>(sum, row);
        }
    }
}

/// An operation on one row.
#[inline(always)]
fn unary<T: Real, S: Simd>(simd: S, op: Unary, v: T::V<S>) -> T::V<S> {
    let zero = T::V::<S>::splat(simd, T::of(0.0));
    let one = T::V::<S>::splat(simd, T::of(1.0));
    match op {
        Unary::Exp => math::exp::<T, S>(simd, v),
        Unary::Expm1 => math::expm1::<T, S>(simd, v),
        Unary::Ln => math::ln::<T, S>(simd, v),
        Unary::Log1p => math::log1p::<T, S>(simd, v),
        Unary::Sin => math::sin::<T, S>(simd, v),
        Unary::Cos => math::cos::<T, S>(simd, v),
        Unary::Tan => math::tan::<T, S>(simd, v),
        Unary::Tanh => math::tanh::<T, S>(simd, v),
        Unary::Erf => math::erf::<T, S>(simd, v),
        Unary::Normcdf => math::normcdf::<T, S>(simd, v),
        Unary::Asinh => math::asinh::<T, S>(simd, v),
        Unary::Sigmoid => math::sigmoid::<T, S>(simd, v),
        Unary::Softplus => math::softplus::<T, S>(simd, v),
        Unary::Sqrt => v.sqrt(),
        Unary::Abs => v.max(-v),
        Unary::Sign => l::choose::<T, S>(simd, v, one.copysign(v), zero),
        Unary::Step => l::Less::of::<T, S>(simd, zero, v),
        Unary::Relu => v.max(zero),
        Unary::Round => v.round(),
        Unary::Floor => v.floor(),
        Unary::Inverse => l::choose::<T, S>(simd, v, one / v, zero),
        Unary::Square => v * v,
        Unary::Power(n) => power::<T, S>(v, n),
    }
}

/// v^n by repeated squaring, n >= 1.
#[inline(always)]
fn power<T: Real, S: Simd>(v: T::V<S>, n: u32) -> T::V<S> {
    let (mut base, mut n) = (v, n);
    while n & 1 == 0 {
        base *= base;
        n >>= 1;
    }
    let mut result = base;
    n >>= 1;
    while n > 0 {
        base *= base;
        if n & 1 == 1 {
            result *= base;
        }
        n >>= 1;
    }
    result
}
