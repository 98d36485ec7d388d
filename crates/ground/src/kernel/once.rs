//! The kernels compiled once for each precision and level: here, not in the crates that call them.
//!
//! A generic function is compiled where it is called from. The loops of this folder are large and
//! compiled for several levels, so their generic doors call through this trait, whose methods are
//! concrete.

use std::ops::Range;

use fearless_simd::Level;

use super::dense::normed;
use super::dense::normed::forward::Forth;
use super::dense::normed::reverse::Back;
use super::dense::product::{self, Bias, Lines, Panels, Store};
use super::dense::reverse::{Add, Move};
use super::dense::steps::{self, Factors};
use super::dense::{self, Layer, skip, turn};
use super::gathered::{self, Outer, Table};
use super::gram::{self, Pairs};
use super::lane::Real;
use super::network::{Activation, Evaluations, Network, Reversed, forward, reverse};
use super::span::{self, Points, Span};
use super::update::{self, Rule};
use super::{block, normal, two_layer};
use crate::stream::Stream;
use crate::{dispatch, dispatch_products};

/// The kernels of one precision.
#[doc(hidden)]
pub trait Once: Sized {
    /// See [`normal::normals`].
    fn normals(
        level: Level,
        stream: &Stream,
        place: (u64, u32),
        scale: Self,
        out: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`Network::forward`].
    fn forward(
        level: Level,
        network: &Network,
        input: (&[Self], &[<Self as Real>::Row]),
        out: [&mut [<Self as Real>::Row]; 2],
    ) where
        Self: Real;
    /// See [`Network::reverse`].
    fn reverse(
        level: Level,
        network: &Network,
        theta: &[Self],
        batch: Evaluations<'_, Self>,
        out: Reversed<'_, Self>,
    ) where
        Self: Real;
    /// See [`dense::product::across`].
    fn across(
        level: Level,
        shape: (usize, usize, Bias),
        a: Lines<'_, <Self as Real>::Row>,
        panels: &[<Self as Real>::Row],
        to: Store<'_, <Self as Real>::Row>,
    ) where
        Self: Real;
    /// See [`dense::product::down`].
    fn down_add(
        level: Level,
        shape: (usize, usize, bool),
        factors: [Lines<'_, <Self as Real>::Row>; 2],
        to: Add<'_, <Self as Real>::Row>,
    ) where
        Self: Real;
    /// See [`dense::product::down`].
    fn down_move(
        level: Level,
        shape: (usize, usize, bool),
        factors: [Lines<'_, <Self as Real>::Row>; 2],
        to: Move<'_, Self>,
    ) where
        Self: Real;
    /// See [`dense::product::down_parts`].
    fn down_parts(
        level: Level,
        shape: (usize, Range<usize>),
        parts: &[[Lines<'_, <Self as Real>::Row>; 2]],
        to: Panels<'_, <Self as Real>::Row>,
    ) where
        Self: Real;
    /// See [`dense::turn::turn`].
    fn turn(
        level: Level,
        layer: Layer,
        panels: (&[<Self as Real>::Row], Range<usize>),
        to: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`forward::activate`].
    fn activate(level: Level, activation: Activation, rows: &mut [<Self as Real>::Row])
    where
        Self: Real;
    /// See [`dense::reverse::derive`].
    fn derive(
        level: Level,
        activation: Activation,
        values: &[<Self as Real>::Row],
        rows: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`dense::reverse::derive_twice`].
    fn derive_twice(
        level: Level,
        activation: Activation,
        kept: [&[<Self as Real>::Row]; 2],
        rows: [&mut [<Self as Real>::Row]; 2],
    ) where
        Self: Real;
    /// See [`skip::add_copies`].
    fn add_copies(
        level: Level,
        layer: Layer,
        from: &[<Self as Real>::Row],
        to: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`skip::fold_copies`].
    fn fold_copies(
        level: Level,
        layer: Layer,
        from: &[<Self as Real>::Row],
        to: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`steps::scale`].
    fn scale(level: Level, by: &[<Self as Real>::Row], lines: &mut [<Self as Real>::Row])
    where
        Self: Real;
    /// See [`steps::weigh`].
    fn weigh(
        level: Level,
        factors: Factors<'_, <Self as Real>::Row>,
        sums: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`normed::forward::normalise`].
    fn normalise(level: Level, pass: Forth<'_, Self>)
    where
        Self: Real;
    /// See [`normed::reverse::unnormalise`].
    fn unnormalise(level: Level, pass: Back<'_, Self>)
    where
        Self: Real;
    /// See [`update::step_rows`].
    fn step_rows(
        level: Level,
        rule: Rule<Self>,
        rows: [&mut [<Self as Real>::Row]; 3],
        gradient: &[<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`update::Update::apply`].
    fn step(theta: &mut [Self], memory: [&mut [Self]; 2], gradient: &[Self], rule: Rule<Self>)
    where
        Self: Real;
    /// See [`block::to_lines`].
    fn to_lines(
        level: Level,
        block: &[<Self as Real>::Row],
        by: Self,
        lines: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`block::from_lines`].
    fn from_lines(
        level: Level,
        lines: &[<Self as Real>::Row],
        by: Self,
        block: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`span::features`].
    fn features(
        level: Level,
        span: Span<'_, Self>,
        x: &[<Self as Real>::Row],
        out: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`span::combine`].
    fn combine(
        level: Level,
        span: Span<'_, Self>,
        points: Points<'_, <Self as Real>::Row>,
        c: &[<Self as Real>::Row],
        out: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`span::project`].
    fn project(
        level: Level,
        span: Span<'_, Self>,
        points: Points<'_, <Self as Real>::Row>,
        e: &[<Self as Real>::Row],
        out: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`span::outer`].
    fn outer(level: Level, b: &[<Self as Real>::Row], sums: &mut [<Self as Real>::Row])
    where
        Self: Real;
    /// See [`gathered::gather`].
    fn gather(
        level: Level,
        table: Table<'_, <Self as Real>::Row>,
        terms: (&[u32], &[[Self; 4]]),
        a: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`gathered::project`].
    fn project_gathered(
        level: Level,
        table: Table<'_, <Self as Real>::Row>,
        factors: (&[u32], &[<Self as Real>::Row]),
        z: &mut [[Self; 4]],
    ) where
        Self: Real;
    /// See [`gathered::scatter`].
    fn scatter(
        level: Level,
        terms: (&[u32], [Outer<'_, Self>; 2]),
        by: Self,
        to: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`gram::products`].
    fn gram(level: Level, pairs: Pairs, a: &[<Self as Real>::Row], products: &mut [Self])
    where
        Self: Real;
    /// See [`gram::changes`].
    fn gram_changes(
        level: Level,
        pairs: Pairs,
        a: [&[<Self as Real>::Row]; 2],
        products: &mut [Self],
    ) where
        Self: Real;
    /// See [`gram::reverse`].
    fn gram_reverse(
        level: Level,
        from: (&[<Self as Real>::Row], Self, &[<Self as Real>::Row]),
        into: &mut [<Self as Real>::Row],
    ) where
        Self: Real;
    /// See [`span::asinh`].
    fn asinh(level: Level, rows: &mut [<Self as Real>::Row])
    where
        Self: Real;
    /// See [`two_layer::pass`].
    fn two_layer(level: Level, pass: two_layer::Pass<'_, Self>) -> f64
    where
        Self: Real;
    /// See [`span::dot`].
    fn dot(
        level: Level,
        a: &[<Self as Real>::Row],
        b: &[<Self as Real>::Row],
    ) -> <Self as Real>::Row
    where
        Self: Real;
}

/// The kernels of one precision, each a call of its generic body under the level's instructions.
macro_rules! once {
    ($real:ident) => {
        impl Once for $real {
            #[inline(never)]
            fn normals(
                level: Level,
                stream: &Stream,
                place: (u64, u32),
                scale: Self,
                out: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, simd => normal::fill::<$real, _>(simd, stream, place, scale, out));
            }
            #[inline(never)]
            fn forward(
                level: Level,
                network: &Network,
                (theta, input): (&[Self], &[<Self as Real>::Row]),
                out: [&mut [<Self as Real>::Row]; 2],
            ) {
                dispatch!(level, simd => {
                    forward::forward::<$real, _>(simd, network, theta, [input], out);
                });
            }
            #[inline(never)]
            fn reverse(
                level: Level,
                network: &Network,
                theta: &[Self],
                batch: Evaluations<'_, Self>,
                out: Reversed<'_, Self>,
            ) {
                dispatch!(level, simd => {
                    reverse::reverse::<$real, _>(simd, network, theta, batch, out);
                });
            }
            #[inline(never)]
            fn across(
                level: Level,
                shape: (usize, usize, Bias),
                a: Lines<'_, <Self as Real>::Row>,
                panels: &[<Self as Real>::Row],
                mut to: Store<'_, <Self as Real>::Row>,
            ) {
                dispatch_products!(level, simd => {
                    product::across::<$real, _, _>(simd, shape, a, panels, &mut to);
                });
            }
            #[inline(never)]
            fn down_add(
                level: Level,
                shape: (usize, usize, bool),
                [a, d]: [Lines<'_, <Self as Real>::Row>; 2],
                mut to: Add<'_, <Self as Real>::Row>,
            ) {
                dispatch_products!(level, simd => {
                    product::down::<$real, _, _>(simd, shape, a, d, &mut to);
                });
            }
            #[inline(never)]
            fn down_move(
                level: Level,
                shape: (usize, usize, bool),
                [a, d]: [Lines<'_, <Self as Real>::Row>; 2],
                mut to: Move<'_, Self>,
            ) {
                dispatch_products!(level, simd => {
                    product::down::<$real, _, _>(simd, shape, a, d, &mut to);
                });
            }
            #[inline(never)]
            fn down_parts(
                level: Level,
                shape: (usize, Range<usize>),
                parts: &[[Lines<'_, <Self as Real>::Row>; 2]],
                mut to: Panels<'_, <Self as Real>::Row>,
            ) {
                dispatch_products!(level, simd => {
                    product::down_parts::<$real, _, _>(simd, shape, parts, &mut to);
                });
            }
            #[inline(never)]
            fn turn(
                level: Level,
                layer: Layer,
                panels: (&[<Self as Real>::Row], Range<usize>),
                to: &mut [<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => {
                    turn::turn::<$real, _>(simd, layer, panels, to);
                });
            }
            #[inline(never)]
            fn activate(level: Level, activation: Activation, rows: &mut [<Self as Real>::Row]) {
                dispatch!(level, simd => forward::activate::<$real, _>(simd, activation, rows));
            }
            #[inline(never)]
            fn derive(
                level: Level,
                activation: Activation,
                values: &[<Self as Real>::Row],
                rows: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, simd => {
                    dense::reverse::derive::<$real, _>(simd, activation, values, rows);
                });
            }
            #[inline(never)]
            fn derive_twice(
                level: Level,
                activation: Activation,
                kept: [&[<Self as Real>::Row]; 2],
                rows: [&mut [<Self as Real>::Row]; 2],
            ) {
                dispatch!(level, simd => {
                    dense::reverse::derive_twice::<$real, _>(simd, activation, kept, rows);
                });
            }
            #[inline(never)]
            fn add_copies(
                level: Level,
                layer: Layer,
                from: &[<Self as Real>::Row],
                to: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, _ => skip::add_copies::<$real>(layer, from, to));
            }
            #[inline(never)]
            fn fold_copies(
                level: Level,
                layer: Layer,
                from: &[<Self as Real>::Row],
                to: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, _ => skip::fold_copies::<$real>(layer, from, to));
            }
            #[inline(never)]
            fn scale(
                level: Level,
                by: &[<Self as Real>::Row],
                lines: &mut [<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => steps::scale::<$real, _>(simd, by, lines));
            }
            #[inline(never)]
            fn weigh(
                level: Level,
                factors: Factors<'_, <Self as Real>::Row>,
                sums: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, simd => steps::weigh::<$real, _>(simd, factors, sums));
            }
            #[inline(never)]
            fn normalise(level: Level, mut pass: Forth<'_, Self>) {
                dispatch_products!(level, simd => {
                    normed::forward::normalise::<$real, _>(simd, &mut pass);
                });
            }
            #[inline(never)]
            fn unnormalise(level: Level, mut pass: Back<'_, Self>) {
                dispatch_products!(level, simd => {
                    normed::reverse::unnormalise::<$real, _>(simd, &mut pass);
                });
            }
            #[inline(never)]
            fn step_rows(
                level: Level,
                rule: Rule<Self>,
                rows: [&mut [<Self as Real>::Row]; 3],
                gradient: &[<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => {
                    update::step_rows::<$real, _>(simd, rule, rows, gradient);
                });
            }
            #[inline(never)]
            fn step(
                theta: &mut [Self],
                memory: [&mut [Self]; 2],
                gradient: &[Self],
                rule: Rule<Self>,
            ) {
                let level = super::lane::level();
                // No sum is fused here, so the level changes the speed and not one bit.
                dispatch!(level, _ => update::step(theta, memory, gradient, rule));
            }
            #[inline(never)]
            fn to_lines(
                level: Level,
                block: &[<Self as Real>::Row],
                by: Self,
                lines: &mut [<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => {
                    block::to_lines_of::<$real, _>(simd, block, by, lines);
                });
            }
            #[inline(never)]
            fn from_lines(
                level: Level,
                lines: &[<Self as Real>::Row],
                by: Self,
                block: &mut [<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => {
                    block::from_lines_of::<$real, _>(simd, lines, by, block);
                });
            }
            #[inline(never)]
            fn features(
                level: Level,
                span: Span<'_, Self>,
                x: &[<Self as Real>::Row],
                out: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, simd => span::features_of(simd, span, x, out));
            }
            #[inline(never)]
            fn combine(
                level: Level,
                span: Span<'_, Self>,
                points: Points<'_, <Self as Real>::Row>,
                c: &[<Self as Real>::Row],
                out: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, simd => span::combine_of(simd, span, points, (c, out)));
            }
            #[inline(never)]
            fn project(
                level: Level,
                span: Span<'_, Self>,
                points: Points<'_, <Self as Real>::Row>,
                e: &[<Self as Real>::Row],
                out: &mut [<Self as Real>::Row],
            ) {
                dispatch!(level, simd => span::project_of(simd, span, points, (e, out)));
            }
            #[inline(never)]
            fn outer(level: Level, b: &[<Self as Real>::Row], sums: &mut [<Self as Real>::Row]) {
                dispatch!(level, simd => span::outer_of::<$real, _>(simd, b, sums));
            }
            #[inline(never)]
            fn gather(
                level: Level,
                table: Table<'_, <Self as Real>::Row>,
                terms: (&[u32], &[[Self; 4]]),
                a: &mut [<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => {
                    gathered::gather_of::<$real, _>(simd, table, terms, a);
                });
            }
            #[inline(never)]
            fn project_gathered(
                level: Level,
                table: Table<'_, <Self as Real>::Row>,
                factors: (&[u32], &[<Self as Real>::Row]),
                z: &mut [[Self; 4]],
            ) {
                dispatch_products!(level, simd => {
                    gathered::project_of::<$real, _>(simd, table, factors, z);
                });
            }
            #[inline(never)]
            fn scatter(
                level: Level,
                terms: (&[u32], [Outer<'_, Self>; 2]),
                by: Self,
                to: &mut [<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => {
                    gathered::scatter_of::<$real, _>(simd, terms, by, to);
                });
            }
            #[inline(never)]
            fn gram(
                level: Level,
                pairs: Pairs,
                a: &[<Self as Real>::Row],
                products: &mut [Self],
            ) {
                dispatch_products!(level, simd => {
                    gram::products_of::<$real, _>(simd, pairs, a, products);
                });
            }
            #[inline(never)]
            fn gram_changes(
                level: Level,
                pairs: Pairs,
                a: [&[<Self as Real>::Row]; 2],
                products: &mut [Self],
            ) {
                dispatch_products!(level, simd => {
                    gram::changes_of::<$real, _>(simd, pairs, a, products);
                });
            }
            #[inline(never)]
            fn gram_reverse(
                level: Level,
                from: (&[<Self as Real>::Row], Self, &[<Self as Real>::Row]),
                into: &mut [<Self as Real>::Row],
            ) {
                dispatch_products!(level, simd => {
                    gram::reverse_of::<$real, _>(simd, from, into);
                });
            }
            #[inline(never)]
            fn asinh(level: Level, rows: &mut [<Self as Real>::Row]) {
                dispatch!(level, simd => span::asinh_of::<$real, _>(simd, rows));
            }
            #[inline(never)]
            fn two_layer(level: Level, pass: two_layer::Pass<'_, Self>) -> f64 {
                dispatch_products!(level, simd => two_layer::pass::<$real, _>(simd, pass))
            }
            #[inline(never)]
            fn dot(level: Level, a: &[<Self as Real>::Row], b: &[<Self as Real>::Row]) -> <Self as Real>::Row {
                dispatch!(level, simd => span::dot_of::<$real, _>(simd, a, b))
            }
        }
    };
}

once!(f32);
once!(f64);
