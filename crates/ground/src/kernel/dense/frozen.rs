//! A network whose weights stand still: values and input gradients of batches, no work on weights.
//!
//! What [`super::Dense`] trains is used here many times as it is. The transposed weights of the reverse
//! pass are made once, every layer says for itself what is added to its results, and the numbers by
//! which they are multiplied first, c:
//!
//! ```text
//! y = (x, … x) + c ∘ φ(x W + b)
//! ```
//! Asked for are the gradient of one output by many inputs, or the first two derivatives of many outputs
//! by one input:
//!
//! ```text
//! z = x W + b, ż = ẋ W, z̈ = ẍ W;   φ(z), φ' ż, φ'' ż² + φ' z̈       the input has ẋ = 1, ẍ = 0
//! ```

use fearless_simd::Level;

use super::product::{Bias, Lines, Store};
use super::{Layer, rows};
use crate::kernel::lane::Real;
use crate::kernel::network::Activation;

/// A layer and its numbers.
#[derive(Clone, Copy, Debug)]
pub struct Still<'a> {
    /// φ.
    pub activation: Activation,
    /// How often x is added, side by side: 0, 1 or 2 times.
    pub copies: usize,
    /// W `[n_in, n_out]`.
    pub w: &'a [f64],
    /// b `[n_out]`.
    pub b: &'a [f64],
    /// c `[n_out]`, or nothing for ones.
    pub c: &'a [f64],
}

/// A network as its kernels read it.
#[derive(Clone, Debug)]
pub struct Frozen<T: Real> {
    layers: Vec<Held<T>>,
}

/// A layer, its weights in panels, both ways.
#[derive(Clone, Debug)]
struct Held<T: Real> {
    layer: Layer,
    activation: Activation,
    panels: Vec<T::Row>,
    turned: Vec<T::Row>,
    /// Empty for ones.
    steps: Vec<T::Row>,
}

/// Room to work in; keep it for the next call.
#[derive(Clone, Debug, Default)]
pub struct Desk<R> {
    /// Values, then what slopes are computed from, of each layer but the last.
    layers: Vec<[Vec<R>; 2]>,
    /// Deltas of a layer, of the one before, and those that pass a skip.
    deltas: [Vec<R>; 3],
    output: Vec<R>,
}

impl<T: Real> Held<T> {
    fn new(level: Level, still: &Still<'_>) -> Self {
        let n_out = still.b.len();
        let n_in = still.w.len() / n_out;
        assert_eq!(still.w.len(), n_in * n_out, "weights: found, needed");
        assert!([0, n_out].contains(&still.c.len()), "{} steps for {n_out} outputs", still.c.len());
        let layer = Layer { n_in, n_out, bias: true, copies: still.copies, ..Layer::default() };
        let panel = layer.panel();
        let mut panels = vec![T::Row::default(); layer.len::<T>()];
        for o in 0..n_out {
            let rows = &mut panels[o / T::LANES * panel..][..panel];
            for (i, row) in rows.iter_mut().enumerate() {
                let v = if i < n_in { still.w[i * n_out + o] } else { still.b[o] };
                row.as_mut()[o % T::LANES] = T::of(v);
            }
        }
        let mut turned = vec![T::Row::default(); rows::<T>(n_in) * n_out];
        T::turn(level, layer, (&panels, 0..rows::<T>(n_in)), &mut turned);
        let mut steps = vec![T::Row::default(); rows::<T>(still.c.len())];
        for (o, &c) in still.c.iter().enumerate() {
            steps[o / T::LANES].as_mut()[o % T::LANES] = T::of(c);
        }
        Self { layer, activation: still.activation, panels, turned, steps }
    }

    /// Rows of the outputs of a point.
    fn after(&self) -> usize {
        rows::<T>(self.layer.n_out)
    }

    /// Whether its values are not what slopes are computed from.
    fn keeps(&self) -> bool {
        self.layer.copies > 0 || !self.steps.is_empty() || self.activation.keeps_argument()
    }
}

impl<T: Real> Frozen<T> {
    /// From layers, the first one first.
    ///
    /// # Panics
    /// If there are none or their numbers do not fit one another.
    pub fn new(level: Level, layers: &[Still<'_>]) -> Self {
        let layers: Vec<_> = layers.iter().map(|still| Held::new(level, still)).collect();
        let fits = layers.windows(2).all(|pair| pair[0].layer.n_out == pair[1].layer.n_in);
        assert!(fits && !layers.is_empty(), "layers fit one another");
        Self { layers }
    }

    /// Numbers that go in.
    pub fn n_in(&self) -> usize {
        self.layers[0].layer.n_in
    }

    /// Numbers that come out.
    pub fn n_out(&self) -> usize {
        self.layers.last().expect("there is a layer").layer.n_out
    }

    /// The outputs at points of a line and their first two derivatives: `[n, rows(n_out)]` each.
    ///
    /// # Panics
    /// If more than one number goes in.
    pub fn jets(&self, level: Level, points: &[T]) -> [Vec<T::Row>; 3] {
        assert_eq!(self.n_in(), 1, "inputs of the network: found, needed");
        let n = points.len();
        let line = |x: T| {
            let mut row = T::Row::default();
            row.as_mut()[0] = x;
            row
        };
        let mut x = [
            points.iter().map(|&x| line(x)).collect(),
            vec![line(T::of(1.0)); n],
            vec![T::Row::default(); n],
        ];
        for held in &self.layers {
            let mut y = [(); 3].map(|()| vec![T::Row::default(); n * held.after()]);
            for (k, (x, y)) in x.iter().zip(&mut y).enumerate() {
                held.through(level, (n, if k == 0 { Bias::Added } else { Bias::Passed }), x, y);
            }
            let dots = y[1].clone();
            let mut kept = y[0].clone();
            T::activate(level, held.activation, &mut y[0]);
            if !held.activation.keeps_argument() {
                kept.clone_from(&y[0]);
            }
            let [_, first, second] = &mut y;
            T::derive_twice(level, held.activation, [&kept, &dots], [second, first]);
            for (x, y) in x.iter().zip(&mut y) {
                held.multiply(level, y);
                if held.layer.copies > 0 {
                    T::add_copies(level, held.layer, x, y);
                }
            }
            x = y;
        }
        x
    }

    /// The outputs of n points and their gradients: `outputs` `[n]` (written); `lines` `[n, rows(n_in)]`
    /// are the inputs, then the gradients by them (what stands in the padding is not said).
    ///
    /// # Panics
    /// If a slice has another length, or the network more than one output.
    pub fn values(
        &self,
        level: Level,
        lines: &mut [T::Row],
        desk: &mut Desk<T::Row>,
        outputs: &mut [T],
    ) {
        let n = outputs.len();
        assert_eq!(lines.len(), n * rows::<T>(self.n_in()), "input rows: found, needed");
        assert_eq!(self.n_out(), 1, "outputs of the network: found, needed");
        self.forward(level, n, lines, desk);
        for (output, row) in outputs.iter_mut().zip(&desk.output) {
            *output = row.as_ref()[0];
        }
        self.reverse(level, n, desk, lines);
    }

    fn forward(&self, level: Level, n: usize, input: &[T::Row], desk: &mut Desk<T::Row>) {
        let (last, hidden) = self.layers.split_last().expect("there is a layer");
        desk.layers.resize(hidden.len(), Default::default());
        for (k, held) in hidden.iter().enumerate() {
            let (done, rest) = desk.layers.split_at_mut(k);
            let from = if k == 0 { input } else { &done[k - 1][0] };
            let [to, kept] = &mut rest[0];
            to.resize(n * held.after(), T::Row::default());
            held.through(level, (n, Bias::Added), from, to);
            if held.activation.keeps_argument() {
                kept.clone_from(to);
            }
            T::activate(level, held.activation, to);
            if held.keeps() && !held.activation.keeps_argument() {
                kept.clone_from(to);
            }
            held.multiply(level, to);
            if held.layer.copies > 0 {
                T::add_copies(level, held.layer, from, to);
            }
        }
        desk.output.resize(n, T::Row::default());
        let from = desk.layers.last().map_or(input, |[values, _]| values);
        last.through(level, (n, Bias::Added), from, &mut desk.output);
    }

    /// The gradients, from what the forward pass left on the desk.
    fn reverse(&self, level: Level, n: usize, desk: &mut Desk<T::Row>, by_input: &mut [T::Row]) {
        let Desk { layers, deltas: [here, before, aside], .. } = desk;
        here.resize(n, T::Row::default());
        let mut one = T::Row::default();
        one.as_mut()[0] = T::of(1.0);
        here.fill(one);
        for (k, held) in self.layers.iter().enumerate().rev() {
            if let Some([values, kept]) = layers.get(k) {
                if held.layer.copies > 0 {
                    aside.clone_from(here);
                }
                held.multiply(level, here);
                let seen = if held.keeps() { kept } else { values };
                T::derive(level, held.activation, seen, here);
            }
            let stride = rows::<T>(held.layer.n_in);
            let to = if k == 0 {
                &mut *by_input
            } else {
                before.resize(n * stride, T::Row::default());
                &mut before[..]
            };
            let delta = Lines { rows: &here[..], stride: held.after() };
            let store = Store { rows: &mut *to, stride };
            T::across(level, (n, held.layer.n_out, Bias::Absent), delta, &held.turned, store);
            if held.layer.copies > 0 {
                T::fold_copies(level, held.layer, aside, to);
            }
            std::mem::swap(here, before);
        }
    }
}

impl<T: Real> Held<T> {
    /// `to` = `from` W, and b where the bias is added.
    fn through(&self, level: Level, (n, bias): (usize, Bias), from: &[T::Row], to: &mut [T::Row]) {
        let a = Lines { rows: from, stride: rows::<T>(self.layer.n_in) };
        let store = Store { rows: to, stride: self.after() };
        T::across(level, (n, self.layer.n_in, bias), a, &self.panels, store);
    }

    /// Lines times c.
    fn multiply(&self, level: Level, lines: &mut [T::Row]) {
        if !self.steps.is_empty() {
            T::scale(level, &self.steps, lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::lane::{flat, flat_mut, levels};
    use crate::stream::Stream;

    /// Layers whose numbers are drawn.
    struct Drawn(Vec<(usize, usize, [Vec<f64>; 3])>);

    /// (n_in, n_out, copies, steps).
    const SHAPE: [(usize, usize, usize, bool); 5] = [
        (11, 9, 0, true),
        (9, 9, 1, true),
        (9, 18, 2, false),
        (18, 18, 1, true),
        (18, 1, 0, false),
    ];

    fn drawn() -> Drawn {
        let stream = Stream::new(7).child("weights");
        let draw = |k: usize, part: u32, n: usize| {
            (0..n).map(|i| 0.4 * stream.normal(k as u64, part, i)).collect::<Vec<_>>()
        };
        let all = SHAPE.iter().enumerate().map(|(k, &(n_in, n_out, _, steps))| {
            let c = draw(k, 2, if steps { n_out } else { 0 });
            (n_in, n_out, [draw(k, 0, n_in * n_out), draw(k, 1, n_out), c])
        });
        Drawn(all.collect())
    }

    impl Drawn {
        fn stills(&self, activation: Activation) -> Vec<Still<'_>> {
            let all = self.0.iter().zip(SHAPE).enumerate();
            all.map(|(k, ((_, _, [w, b, c]), (_, _, copies, _)))| {
                let linear = k + 1 == SHAPE.len();
                let activation = if linear { Activation::Identity } else { activation };
                Still { activation, copies, w, b, c }
            })
            .collect()
        }
    }

    fn close(a: f64, b: f64, within: f64) -> bool {
        (a - b).abs() <= within * (1.0 + b.abs())
    }

    /// Outputs and gradients of 13 points.
    fn solve<T: Real>(level: Level, layers: &[Still<'_>], x: &[f64]) -> [Vec<f64>; 2] {
        let frozen = Frozen::<T>::new(level, layers);
        let (n_in, stride) = (frozen.n_in(), rows::<T>(frozen.n_in()) * T::LANES);
        let n = x.len() / n_in;
        let mut input = vec![T::Row::default(); n * rows::<T>(n_in)];
        for (line, x) in flat_mut::<T>(&mut input).chunks_mut(stride).zip(x.chunks(n_in)) {
            line.iter_mut().zip(x).for_each(|(to, &x)| *to = T::of(x));
        }
        let (mut desk, mut outputs) = (Desk::default(), vec![T::of(0.0); n]);
        let mut back = Vec::new();
        for _ in 0..2 {
            back.clone_from(&input);
            frozen.values(level, &mut back, &mut desk, &mut outputs);
        }
        let gradients = flat::<T>(&back).chunks(stride).flat_map(|line| &line[..n_in]);
        [outputs.iter().map(|v| v.wide()).collect(), gradients.map(|v| v.wide()).collect()]
    }

    #[test]
    fn agree_with_differences_and_with_one_another() {
        let (drawn, stream) = (drawn(), Stream::new(8));
        let x: Vec<f64> = (0..13 * 11).map(|i| stream.normal(0, 0, i)).collect();
        for activation in Activation::ALL {
            let layers = drawn.stills(activation);
            let [values, gradients] = solve::<f64>(crate::kernel::lane::level(), &layers, &x);
            if activation != Activation::Relu {
                let h = 1e-5;
                for i in (0..x.len()).step_by(17) {
                    let side = |by: f64| {
                        let mut x = x.clone();
                        x[i] += by;
                        solve::<f64>(crate::kernel::lane::level(), &layers, &x)[0][i / 11]
                    };
                    let slope = (side(h) - side(-h)) / (2.0 * h);
                    assert!(close(gradients[i], slope, 1e-8), "{activation:?}: {i}");
                }
            }
            for level in levels() {
                let [v, g] = solve::<f64>(level, &layers, &x);
                assert!(v.iter().zip(&values).all(|(a, b)| close(*a, *b, 1e-12)), "{activation:?}");
                assert!(g.iter().zip(&gradients).all(|(a, b)| close(*a, *b, 1e-12)));
                let [v, g] = solve::<f32>(level, &layers, &x);
                assert!(v.iter().zip(&values).all(|(a, b)| close(*a, *b, 3e-5)), "{activation:?}");
                if activation != Activation::Relu {
                    assert!(g.iter().zip(&gradients).all(|(a, b)| close(*a, *b, 1e-4)));
                }
            }
        }
    }

    /// One layer against sums written out.
    #[test]
    fn exact_one_layer() {
        let c = [0.5, -2.0];
        let layers = [
            Still {
                activation: Activation::Tanh,
                copies: 1,
                w: &[1.0, 2.0, 3.0, 4.0],
                b: &[0.1, 0.2],
                c: &c,
            },
            Still {
                activation: Activation::Identity,
                copies: 0,
                w: &[1.0, 1.0],
                b: &[0.25],
                c: &[],
            },
        ];
        let x = [0.3, -0.2];
        let z = [0.3 - 0.6 + 0.1, 0.6 - 0.8 + 0.2_f64].map(f64::tanh);
        let value = 0.25 + x[0] + x[1] + c[0] * z[0] + c[1] * z[1];
        let [values, _] = solve::<f64>(crate::kernel::lane::level(), &layers, &x);
        assert!((values[0] - value).abs() < 1e-14);
    }
}
