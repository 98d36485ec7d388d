//! The loops of a program: one pass over the rows of a block.
//!
//! An operand is fetched row by row from rows, from a uniform vector (one number for all lanes), or
//! is the same for all components; a pair is formed while it is fetched. Everything is inlined into
//! one function per instruction set.

use std::marker::PhantomData;

use fearless_simd::{Select, Simd, SimdBase, SimdFloat};

use crate::kernel::lane::Real;

/// Something that can be cut. Loops cut to the length they run over: then no index is checked.
pub(super) trait Part: Copy {
    /// Components `from..to`.
    fn part(self, from: usize, to: usize) -> Self;
}

/// Something with a row for every component.
pub(super) trait Fetch<T: Real, S: Simd>: Part {
    /// Row `i`.
    fn at(self, simd: S, i: usize) -> T::V<S>;
}

/// Rows in memory.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, R>(pub(super) &'a [R]);
/// Numbers in memory, each the same in all lanes.
#[derive(Clone, Copy)]
pub(super) struct Uniform<'a, T>(pub(super) &'a [T]);
/// One row for all components.
#[derive(Clone, Copy)]
pub(super) struct Same<V>(pub(super) V);
/// Two rows made one by `O`.
#[derive(Clone, Copy)]
pub(super) struct Pair<A, B, O>(pub(super) A, pub(super) B, pub(super) PhantomData<O>);
/// Three rows made one by `O`.
#[derive(Clone, Copy)]
pub(super) struct Triple<A, B, C, O>(
    pub(super) A,
    pub(super) B,
    pub(super) C,
    pub(super) PhantomData<O>,
);

impl<R: Copy> Part for Rows<'_, R> {
    #[inline(always)]
    fn part(self, from: usize, to: usize) -> Self {
        Self(&self.0[from..to])
    }
}

impl<T: Copy> Part for Uniform<'_, T> {
    #[inline(always)]
    fn part(self, from: usize, to: usize) -> Self {
        Self(&self.0[from..to])
    }
}

impl<V: Copy> Part for Same<V> {
    #[inline(always)]
    fn part(self, _: usize, _: usize) -> Self {
        self
    }
}

impl<A: Part, B: Part, O: Copy> Part for Pair<A, B, O> {
    #[inline(always)]
    fn part(self, from: usize, to: usize) -> Self {
        Self(self.0.part(from, to), self.1.part(from, to), PhantomData)
    }
}

impl<A: Part, B: Part, C: Part, O: Copy> Part for Triple<A, B, C, O> {
    #[inline(always)]
    fn part(self, from: usize, to: usize) -> Self {
        let (a, b) = (self.0.part(from, to), self.1.part(from, to));
        Self(a, b, self.2.part(from, to), PhantomData)
    }
}

impl<A: Part, B: Part> Part for (A, B) {
    #[inline(always)]
    fn part(self, from: usize, to: usize) -> Self {
        (self.0.part(from, to), self.1.part(from, to))
    }
}

impl<T: Real, S: Simd> Fetch<T, S> for Rows<'_, T::Row> {
    #[inline(always)]
    fn at(self, simd: S, i: usize) -> T::V<S> {
        T::load(simd, &self.0[i])
    }
}

impl<T: Real, S: Simd> Fetch<T, S> for Uniform<'_, T> {
    #[inline(always)]
    fn at(self, simd: S, i: usize) -> T::V<S> {
        T::V::<S>::splat(simd, self.0[i])
    }
}

impl<T: Real, S: Simd> Fetch<T, S> for Same<T::V<S>> {
    #[inline(always)]
    fn at(self, _: S, _: usize) -> T::V<S> {
        self.0
    }
}

/// An operation on two rows.
pub(super) trait Two: Copy {
    fn of<T: Real, S: Simd>(simd: S, a: T::V<S>, b: T::V<S>) -> T::V<S>;
}

/// An operation on three rows.
pub(super) trait Three: Copy {
    fn of<T: Real, S: Simd>(simd: S, a: T::V<S>, b: T::V<S>, c: T::V<S>) -> T::V<S>;
}

impl<T: Real, S: Simd, A: Fetch<T, S>, B: Fetch<T, S>, O: Two> Fetch<T, S> for Pair<A, B, O> {
    #[inline(always)]
    fn at(self, simd: S, i: usize) -> T::V<S> {
        O::of::<T, S>(simd, self.0.at(simd, i), self.1.at(simd, i))
    }
}

impl<T: Real, S: Simd, A, B, C, O: Three> Fetch<T, S> for Triple<A, B, C, O>
where
    A: Fetch<T, S>,
    B: Fetch<T, S>,
    C: Fetch<T, S>,
{
    #[inline(always)]
    fn at(self, simd: S, i: usize) -> T::V<S> {
        O::of::<T, S>(simd, self.0.at(simd, i), self.1.at(simd, i), self.2.at(simd, i))
    }
}

/// 1 where the mask holds, else 0.
#[inline(always)]
fn truth<T: Real, S: Simd>(simd: S, mask: <T::V<S> as SimdBase<S>>::Mask) -> T::V<S> {
    let of = |x: f64| T::V::<S>::splat(simd, T::of(x));
    mask.select(of(1.0), of(0.0))
}

/// `a` where `condition` is not zero, else `b`.
#[inline(always)]
pub(super) fn choose<T: Real, S: Simd>(
    simd: S,
    condition: T::V<S>,
    a: T::V<S>,
    b: T::V<S>,
) -> T::V<S> {
    condition.simd_eq(T::V::<S>::splat(simd, T::of(0.0))).select(b, a)
}

/// Names for operations on two rows.
macro_rules! two {
    ($($name:ident($simd:ident, $a:ident, $b:ident) => $value:expr;)*) => {$(
        #[derive(Clone, Copy)]
        pub(super) struct $name;
        impl Two for $name {
            #[inline(always)]
            fn of<T: Real, S: Simd>($simd: S, $a: T::V<S>, $b: T::V<S>) -> T::V<S> {
                $value
            }
        }
    )*};
}

/// Names for operations on three rows.
macro_rules! three {
    ($($name:ident($simd:ident, $a:ident, $b:ident, $c:ident) => $value:expr;)*) => {$(
        #[derive(Clone, Copy)]
        pub(super) struct $name;
        impl Three for $name {
            #[inline(always)]
            fn of<T: Real, S: Simd>($simd: S, $a: T::V<S>, $b: T::V<S>, $c: T::V<S>) -> T::V<S> {
                $value
            }
        }
    )*};
}

two! {
    Add(_simd, a, b) => a + b;
    Sub(_simd, a, b) => a - b;
    Mul(_simd, a, b) => a * b;
    Div(_simd, a, b) => a / b;
    Min(_simd, a, b) => a.min(b);
    Max(_simd, a, b) => a.max(b);
    Less(simd, a, b) => truth::<T, S>(simd, a.simd_lt(b));
    LessEqual(simd, a, b) => truth::<T, S>(simd, a.simd_le(b));
    Equal(simd, a, b) => truth::<T, S>(simd, a.simd_eq(b));
    Share(simd, a, b) => {
        let (less, tie) = (truth::<T, S>(simd, a.simd_lt(b)), truth::<T, S>(simd, a.simd_eq(b)));
        less + tie * T::of(0.5)
    };
}

three! {
    MulAdd(_simd, a, b, c) => a.mul_add(b, c);
    MulSub(_simd, a, b, c) => a.mul_sub(b, c);
    MulFrom(_simd, a, b, c) => (-a).mul_add(b, c);
    Choose(simd, a, b, c) => choose::<T, S>(simd, a, b, c);
}

/// out = f.
#[inline(always)]
pub(super) fn set<T: Real, S: Simd>(simd: S, out: &mut [T::Row], f: impl Fetch<T, S>) {
    let f = f.part(0, out.len());
    for (i, row) in out.iter_mut().enumerate() {
        T::store(f.at(simd, i), row);
    }
}

/// out += f.
#[inline(always)]
pub(super) fn increase<T: Real, S: Simd>(simd: S, out: &mut [T::Row], f: impl Fetch<T, S>) {
    let f = f.part(0, out.len());
    for (i, row) in out.iter_mut().enumerate() {
        T::store(T::load(simd, row) + f.at(simd, i), row);
    }
}

/// out += f g, in one rounding where the machine can.
#[inline(always)]
pub(super) fn increase_by_product<T: Real, S: Simd>(
    simd: S,
    out: &mut [T::Row],
    f: impl Fetch<T, S>,
    g: impl Fetch<T, S>,
) {
    let (f, g) = (f, g).part(0, out.len());
    for (i, row) in out.iter_mut().enumerate() {
        T::store(f.at(simd, i).mul_add(g.at(simd, i), T::load(simd, row)), row);
    }
}

/// Partial sums of a reduction: they hide the latency of the addition.
const PARTS: usize = 4;

/// A reduction over `n` rows in a fixed order: row i goes to part i mod 4, the last rows to part 0.
#[inline(always)]
fn reduce<V: Copy, F: Part>(
    (n, f): (usize, F),
    start: V,
    step: impl Fn(V, F, usize) -> V,
    join: impl Fn(V, V) -> V,
) -> V {
    let [mut a, mut b, mut c, mut d] = [start; PARTS];
    let whole = n - n % PARTS;
    let mut i = 0;
    while i < whole {
        let block = f.part(i, i + PARTS);
        a = step(a, block, 0);
        b = step(b, block, 1);
        c = step(c, block, 2);
        d = step(d, block, 3);
        i += PARTS;
    }
    let rest = f.part(whole, n);
    for i in 0..n - whole {
        a = step(a, rest, i);
    }
    join(join(a, b), join(c, d))
}

/// The sum of the rows of f.
#[inline(always)]
pub(super) fn sum<T: Real, S: Simd>(simd: S, n: usize, f: impl Fetch<T, S>) -> T::V<S> {
    reduce(
        (n, f),
        T::V::<S>::splat(simd, T::of(0.0)),
        #[inline(always)]
        |s, f, i| s + f.at(simd, i),
        #[inline(always)]
        |a, b| a + b,
    )
}

/// The sum of the squares.
#[inline(always)]
pub(super) fn norm_squared<T: Real, S: Simd>(simd: S, n: usize, f: impl Fetch<T, S>) -> T::V<S> {
    reduce(
        (n, f),
        T::V::<S>::splat(simd, T::of(0.0)),
        #[inline(always)]
        |s, f, i| {
            let v = f.at(simd, i);
            v.mul_add(v, s)
        },
        #[inline(always)]
        |a, b| a + b,
    )
}

/// The sum of the products.
#[inline(always)]
pub(super) fn dot<T: Real, S: Simd>(
    simd: S,
    n: usize,
    f: impl Fetch<T, S>,
    g: impl Fetch<T, S>,
) -> T::V<S> {
    reduce(
        (n, (f, g)),
        T::V::<S>::splat(simd, T::of(0.0)),
        #[inline(always)]
        |s, (f, g), i| f.at(simd, i).mul_add(g.at(simd, i), s),
        #[inline(always)]
        |a, b| a + b,
    )
}

/// The smallest or largest row, by `O`.
#[inline(always)]
pub(super) fn extreme<T: Real, S: Simd, O: Two>(simd: S, rows: &[T::Row]) -> T::V<S> {
    reduce(
        (rows.len(), Rows(rows)),
        T::load(simd, &rows[0]),
        #[inline(always)]
        |s, f, i| O::of::<T, S>(simd, s, T::load(simd, &f.0[i])),
        #[inline(always)]
        |a, b| O::of::<T, S>(simd, a, b),
    )
}
