//! One instruction on one block: which loop runs for which kinds of operands.

use std::marker::PhantomData;

use fearless_simd::{Simd, SimdBase, SimdFloat};

use super::lanes::{self as l, Pair, Rows, Same, Triple, Uniform, set};
use super::machine::{Memory, View};
use super::math;
use super::operation::{Binary, Fold, Unary};
use super::program::{Action, Fused, Term};
use crate::kernel::lane::Real;

/// Rows for operands that a loop wants in memory.
#[derive(Clone, Debug)]
pub(super) struct Scratch<T: Real> {
    spare: [Vec<T::Row>; 3],
    pub(super) landing: Vec<T::Row>,
}

impl<T: Real> Default for Scratch<T> {
    fn default() -> Self {
        Self { spare: [const { Vec::new() }; 3], landing: Vec::new() }
    }
}

/// The result of a pass and where operands may be put.
type Room<'a, T> = (&'a mut [<T as Real>::Row], &'a mut Scratch<T>);

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

/// The rows of a view, written into `spare` if they are none yet.
#[inline(always)]
fn rows_of<'a, T: Real, S: Simd>(
    simd: S,
    view: View<'a, T, S>,
    n: usize,
    spare: &'a mut Vec<T::Row>,
) -> &'a [T::Row] {
    if let View::Rows(rows) = view {
        return &rows[..n];
    }
    spare.resize(n.max(spare.len()), T::Row::default());
    let out = &mut spare[..n];
    with!(view, f => set::<T, S>(simd, out, f));
    out
}

/// Two operands with rows on the left, exchanged if that is allowed and helps.
#[inline(always)]
fn rows_first<'a, T: Real, S: Simd>(
    simd: S,
    commutes: bool,
    [a, b]: [View<'a, T, S>; 2],
    (n, spare): (usize, &'a mut Vec<T::Row>),
) -> (&'a [T::Row], View<'a, T, S>) {
    match (a, b) {
        (View::Rows(rows), b) => (&rows[..n], b),
        (a, View::Rows(rows)) if commutes => (&rows[..n], a),
        (a, b) => (rows_of::<T, S>(simd, a, n, spare), b),
    }
}

fn commutes(op: Binary) -> bool {
    matches!(op, Binary::Add | Binary::Mul | Binary::Min | Binary::Max | Binary::Equal)
}

/// A result of several components.
#[inline(always)]
pub(super) fn vector<T: Real, S: Simd>(
    simd: S,
    memory: &Memory<'_, T>,
    action: &Action,
    (out, scratch): Room<'_, T>,
) {
    let n = out.len();
    let [first, second, third] = &mut scratch.spare;
    match *action {
        Action::Copy(a) => with!(memory.view(simd, a), f => set::<T, S>(simd, out, f)),
        Action::Unary(op, a) => {
            let rows = rows_of::<T, S>(simd, memory.view(simd, a), n, first);
            for (row, &of) in out.iter_mut().zip(rows) {
                T::store::<S>(unary::<T, S>(simd, op, T::load(simd, &of)), row);
            }
        }
        Action::Binary(Binary::Pow, [a, b]) => {
            let (a, b) = (
                rows_of::<T, S>(simd, memory.view(simd, a), n, first),
                rows_of::<T, S>(simd, memory.view(simd, b), n, second),
            );
            for (row, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
                T::store::<S>(math::pow::<T, S>(simd, T::load(simd, a), T::load(simd, b)), row);
            }
        }
        Action::Binary(op, of) => binary(simd, op, memory.pair(simd, of), (out, scratch)),
        Action::Fused(op, of) => fused(simd, op, memory.triple(simd, of), (out, scratch)),
        Action::Select([c, a, b]) => {
            let c = rows_of::<T, S>(simd, memory.view(simd, c), n, first);
            let (a, b) = (
                rows_of::<T, S>(simd, memory.view(simd, a), n, second),
                rows_of::<T, S>(simd, memory.view(simd, b), n, third),
            );
            set::<T, S>(simd, out, Triple(Rows(c), Rows(a), Rows(b), PhantomData::<l::Choose>));
        }
        Action::Embed(a, from) => {
            let count = a.count;
            let zero = Same(T::V::<S>::splat(simd, T::of(0.0)));
            set::<T, S>(simd, &mut out[..from], zero);
            with!(memory.view(simd, a), f => set::<T, S>(simd, &mut out[from..from + count], f));
            set::<T, S>(simd, &mut out[from + count..], zero);
        }
        Action::Matrix(k, a) => {
            let v = rows_of::<T, S>(simd, memory.view(simd, a), a.count, first);
            matrix::<T, S>(simd, &memory.matrices[k], v, out);
        }
        Action::Sum(_) | Action::NormSquared(_) | Action::Extreme(..) | Action::Dot(..) => {}
    }
}

/// A result of one component.
#[inline(always)]
pub(super) fn number<T: Real, S: Simd>(
    simd: S,
    memory: &Memory<'_, T>,
    action: &Action,
    scratch: &mut Scratch<T>,
) -> T::V<S> {
    let spare = &mut scratch.spare[0];
    match *action {
        Action::Copy(a) => memory.row(simd, a),
        Action::Unary(op, a) => unary::<T, S>(simd, op, memory.row(simd, a)),
        Action::Binary(op, [a, b]) => {
            binary_of::<T, S>(simd, op, memory.row(simd, a), memory.row(simd, b))
        }
        Action::Fused(op, of) => {
            let [a, b, c] = of;
            let of = (memory.row(simd, a), memory.row(simd, b), memory.row(simd, c));
            fused_of::<T, S>(simd, op, of)
        }
        Action::Select([c, a, b]) => {
            l::choose::<T, S>(simd, memory.row(simd, c), memory.row(simd, a), memory.row(simd, b))
        }
        Action::Sum(a) => with!(memory.view(simd, a), f => l::sum::<T, S>(simd, a.count, f)),
        Action::NormSquared(Term::Single(a)) => {
            with!(memory.view(simd, a), f => l::norm_squared::<T, S>(simd, a.count, f))
        }
        Action::NormSquared(Term::Pair(op, of)) => {
            let n = of[0].count.max(of[1].count);
            let (a, b) =
                rows_first::<T, S>(simd, op != Binary::Sub, memory.pair(simd, of), (n, spare));
            with!(b, g => match op {
                Binary::Add => l::norm_squared::<T, S>(simd, n, Pair(Rows(a), g, PhantomData::<l::Add>)),
                Binary::Sub => l::norm_squared::<T, S>(simd, n, Pair(Rows(a), g, PhantomData::<l::Sub>)),
                _ => l::norm_squared::<T, S>(simd, n, Pair(Rows(a), g, PhantomData::<l::Mul>)),
            })
        }
        Action::Dot(Term::Single(a), b) => {
            let (a, b) = rows_first::<T, S>(
                simd,
                true,
                [memory.view(simd, a), memory.view(simd, b)],
                (b.count, spare),
            );
            with!(b, g => l::dot::<T, S>(simd, a.len(), Rows(a), g))
        }
        Action::Dot(Term::Pair(op, of), c) => {
            let (a, b) = rows_first::<T, S>(
                simd,
                op != Binary::Sub,
                memory.pair(simd, of),
                (c.count, spare),
            );
            with!(b, g => with!(memory.view(simd, c), h => match op {
                Binary::Add => l::dot::<T, S>(simd, c.count, Pair(Rows(a), g, PhantomData::<l::Add>), h),
                Binary::Sub => l::dot::<T, S>(simd, c.count, Pair(Rows(a), g, PhantomData::<l::Sub>), h),
                _ => l::dot::<T, S>(simd, c.count, Pair(Rows(a), g, PhantomData::<l::Mul>), h),
            }))
        }
        Action::Extreme(op, a) => {
            let rows = rows_of::<T, S>(simd, memory.view(simd, a), a.count, spare);
            if op == Fold::Smallest {
                l::extreme::<T, S, l::Min>(simd, rows)
            } else {
                l::extreme::<T, S, l::Max>(simd, rows)
            }
        }
        Action::Embed(a, _) => memory.row(simd, a),
        Action::Matrix(..) => T::V::<S>::splat(simd, T::of(0.0)),
    }
}

/// A componentwise operation on two operands.
#[inline(always)]
fn binary<T: Real, S: Simd>(simd: S, op: Binary, of: [View<'_, T, S>; 2], room: Room<'_, T>) {
    let (out, scratch) = room;
    let n = out.len();
    let spare = &mut scratch.spare[0];
    // Numbers left of rows keep their place where the order matters.
    if let ([a @ (View::Same(_) | View::Uniform(_)), View::Rows(rows)], false) = (of, commutes(op))
    {
        let g = Rows(&rows[..n]);
        return with!(a, f => match op {
            Binary::Sub => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Sub>)),
            Binary::Div => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Div>)),
            Binary::Less => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Less>)),
            Binary::LessEqual => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::LessEqual>)),
            _ => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Share>)),
        });
    }
    let (a, b) = rows_first::<T, S>(simd, commutes(op), of, (n, spare));
    let f = Rows(a);
    with!(b, g => match op {
        Binary::Add => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Add>)),
        Binary::Sub => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Sub>)),
        Binary::Mul => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Mul>)),
        Binary::Div => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Div>)),
        Binary::Min => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Min>)),
        Binary::Max => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Max>)),
        Binary::Less => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Less>)),
        Binary::LessEqual => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::LessEqual>)),
        Binary::Equal => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Equal>)),
        Binary::Share | Binary::Pow => set::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Share>)),
    });
}

/// Two operations in one pass.
#[inline(always)]
fn fused<T: Real, S: Simd>(simd: S, op: Fused, of: [View<'_, T, S>; 3], room: Room<'_, T>) {
    let (out, scratch) = room;
    let [first, ..] = &mut scratch.spare;
    let (a, b) = rows_first::<T, S>(simd, op != Fused::SubMul, [of[0], of[1]], (out.len(), first));
    let f = Rows(a);
    with!(b, g => with!(of[2], h => match op {
        Fused::MulAdd => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::MulAdd>)),
        Fused::MulSub => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::MulSub>)),
        Fused::MulFrom => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::MulFrom>)),
        Fused::MulMul => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::MulMul>)),
        Fused::AddAdd => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::AddAdd>)),
        Fused::AddSub => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::AddSub>)),
        Fused::AddMul => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::AddMul>)),
        Fused::SubMul => set::<T, S>(simd, out, Triple(f, g, h, PhantomData::<l::SubMul>)),
    }));
}

/// out += a product, without a pass of its own; false if the action is none of these.
#[inline(always)]
pub(super) fn add_scaled<T: Real, S: Simd>(
    simd: S,
    memory: &Memory<'_, T>,
    action: &Action,
    (out, scratch): Room<'_, T>,
) -> bool {
    let n = out.len();
    let spare = &mut scratch.spare[0];
    match *action {
        Action::Copy(a) => with!(memory.view(simd, a), f => l::increase::<T, S>(simd, out, f)),
        Action::Binary(Binary::Mul, of) => {
            let (a, b) = rows_first::<T, S>(simd, true, memory.pair(simd, of), (n, spare));
            with!(b, g => l::increase_by_product::<T, S>(simd, out, Rows(a), g));
        }
        Action::Fused(op @ (Fused::MulMul | Fused::AddMul | Fused::SubMul), [a, b, c])
            if c.count == 1 =>
        {
            let of = [memory.view(simd, a), memory.view(simd, b)];
            let (a, b) = rows_first::<T, S>(simd, op != Fused::SubMul, of, (n, spare));
            let (f, h) = (Rows(a), Same(memory.row(simd, c)));
            with!(b, g => match op {
                Fused::MulMul => {
                    l::increase_by_product::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Mul>), h);
                }
                Fused::AddMul => {
                    l::increase_by_product::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Add>), h);
                }
                _ => l::increase_by_product::<T, S>(simd, out, Pair(f, g, PhantomData::<l::Sub>), h),
            });
        }
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

#[inline(always)]
fn binary_of<T: Real, S: Simd>(simd: S, op: Binary, a: T::V<S>, b: T::V<S>) -> T::V<S> {
    use super::lanes::Two;
    match op {
        Binary::Add => l::Add::of::<T, S>(simd, a, b),
        Binary::Sub => l::Sub::of::<T, S>(simd, a, b),
        Binary::Mul => l::Mul::of::<T, S>(simd, a, b),
        Binary::Div => l::Div::of::<T, S>(simd, a, b),
        Binary::Pow => math::pow::<T, S>(simd, a, b),
        Binary::Min => l::Min::of::<T, S>(simd, a, b),
        Binary::Max => l::Max::of::<T, S>(simd, a, b),
        Binary::Less => l::Less::of::<T, S>(simd, a, b),
        Binary::LessEqual => l::LessEqual::of::<T, S>(simd, a, b),
        Binary::Equal => l::Equal::of::<T, S>(simd, a, b),
        Binary::Share => l::Share::of::<T, S>(simd, a, b),
    }
}

#[inline(always)]
fn fused_of<T: Real, S: Simd>(
    simd: S,
    op: Fused,
    (a, b, c): (T::V<S>, T::V<S>, T::V<S>),
) -> T::V<S> {
    use super::lanes::Three;
    match op {
        Fused::MulAdd => l::MulAdd::of::<T, S>(simd, a, b, c),
        Fused::MulSub => l::MulSub::of::<T, S>(simd, a, b, c),
        Fused::MulFrom => l::MulFrom::of::<T, S>(simd, a, b, c),
        Fused::MulMul => l::MulMul::of::<T, S>(simd, a, b, c),
        Fused::AddAdd => l::AddAdd::of::<T, S>(simd, a, b, c),
        Fused::AddSub => l::AddSub::of::<T, S>(simd, a, b, c),
        Fused::AddMul => l::AddMul::of::<T, S>(simd, a, b, c),
        Fused::SubMul => l::SubMul::of::<T, S>(simd, a, b, c),
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
        Unary::Step => <l::Less as l::Two>::of::<T, S>(simd, zero, v),
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
