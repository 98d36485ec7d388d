//! What is done: a network for every step, or one for all with the time as an input.
//!
//! ```text
//! (z, h_{t+1}) = L_t i + b_t + net_t(i),   i = (seen_t, h_t)          h₀ = 0
//! ```
//! h is a memory of m numbers, where the state is not seen; L and b are a linear skip, which holds the
//! optimum of every linear-quadratic problem; net has hidden layers. Either of skip and net may be absent.

use std::ops::Range;

use frame::{Layout, Params, Precision, Representation};
use ground::Result;
use ground::kernel::dense::trained::{Shape, Trained};
use ground::kernel::dense::{Dense, Skip, Steps};
use ground::kernel::network::Activation;
use ground::kernel::packing::Packing;
use ground::stream::Stream;
use ground::tape::networks::dense_in_elements;
use ground::tape::{Var, join};

/// The form of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// T.
    pub steps: usize,
    /// Numbers that are seen.
    pub seen: usize,
    /// Numbers that are said.
    pub said: usize,
    /// m, numbers that are remembered.
    pub memory: usize,
    /// Widths of the hidden layers; none for no network beside the skip.
    pub hidden: Vec<usize>,
    /// Of the hidden layers.
    pub activation: Activation,
    /// Whether there is a linear skip.
    pub skip: bool,
    /// Whether one network serves all steps, with t/T among its inputs.
    pub shared: bool,
    /// Whether that one does not see the time.
    pub stationary: bool,
    /// What is said before anything is learned. `[said]`
    pub bias: Vec<f64>,
}

/// A part of the policy of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The linear skip.
    Skip,
    /// The network.
    Net,
}

impl Policy {
    /// Numbers that go into a network.
    pub fn n_in(&self) -> usize {
        self.seen + self.memory + usize::from(self.is_timed())
    }

    /// Whether t/T is among the inputs.
    pub fn is_timed(&self) -> bool {
        self.shared && !self.stationary
    }

    /// Numbers that come out of it.
    pub fn n_out(&self) -> usize {
        self.said + self.memory
    }

    /// The parts that there are.
    pub fn parts(&self) -> Vec<Part> {
        let net = self.has_net().then_some(Part::Net);
        self.skip.then_some(Part::Skip).into_iter().chain(net).collect()
    }

    fn has_net(&self) -> bool {
        !self.hidden.is_empty() || !self.skip
    }

    /// Widths of a part, from what goes in to what comes out.
    pub fn widths(&self, part: Part) -> Vec<usize> {
        let hidden: &[usize] = if part == Part::Skip { &[] } else { &self.hidden };
        [&[self.n_in()], hidden, &[self.n_out()]].concat()
    }

    /// The network of a part.
    pub fn network(&self, part: Part) -> Trained {
        let widths = self.widths(part);
        let last = widths.len() - 2;
        let shape = |(k, pair): (usize, &[usize])| Shape {
            n_in: pair[0],
            n_out: pair[1],
            copies: 0,
            step: false,
            activation: if k == last { Activation::Identity } else { self.activation },
        };
        Trained { shapes: widths.windows(2).enumerate().map(shape).collect() }
    }

    /// The block of a part at a step.
    pub fn block(&self, part: Part, t: usize) -> usize {
        let parts = self.parts();
        let own = parts.iter().position(|p| *p == part).unwrap_or(0);
        let step = if self.shared { 0 } else { t };
        step * parts.len() + own
    }

    /// The weight that a memory begins with: of what is seen, and of itself.
    fn remembered(&self, from: usize, to: usize, z: f64) -> f64 {
        match from.checked_sub(self.seen) {
            None => z / (self.seen as f64).sqrt(),
            Some(from) if from == to => 0.9,
            Some(_) => 0.0,
        }
    }

    /// The steps that have blocks of their own.
    pub fn own_steps(&self) -> Range<usize> {
        0..if self.shared { 1 } else { self.steps }
    }

    /// t/T.
    pub fn time(&self, t: usize) -> f64 {
        t as f64 / self.steps as f64
    }

    /// (z, h) at a step on the tape. `[n, n_out]` of `[n, seen]`, `[n, memory]`
    pub fn on_tape<'t>(
        &self,
        theta: &[Var<'t>],
        t: usize,
        seen: Var<'t>,
        memory: Option<Var<'t>>,
    ) -> Var<'t> {
        let mut inputs = vec![seen];
        inputs.extend(memory);
        if self.is_timed() {
            inputs.push(seen.columns(0, 1) * 0.0 + self.time(t));
        }
        let inputs = join(&inputs);
        let of = |part: Part| {
            let network = Dense {
                widths: self.widths(part),
                activation: self.activation,
                skip: Skip::Nothing,
                steps: Steps::None,
            };
            dense_in_elements(&network, theta[self.block(part, t)], inputs)
        };
        let parts: Vec<Var<'t>> = self.parts().into_iter().map(of).collect();
        parts[1..].iter().fold(parts[0], |sum, part| sum + *part)
    }
}

impl Representation for Policy {
    fn layout(&self) -> Layout {
        let mut layout = Layout::default();
        for t in self.own_steps() {
            for part in self.parts() {
                let name = if part == Part::Skip { "linear" } else { "network" };
                layout = layout.block(format!("{name}{t}"), Packing::Layers(self.network(part)));
            }
        }
        layout
    }

    /// Weights of hidden layers ~ N(0, 2/n_in) for ReLU and the like, N(0, 1/n_in) else; the last layer a
    /// tenth of that, the skip 0; biases 0, and the last that of the model. What a memory is made of must not
    /// begin at 0, where nothing says which way is down: it fades by a tenth a step and hears N(0, 1/n_seen).
    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params> {
        let mut params = Params::zeros(self.layout(), precision);
        let gain = match self.activation {
            Activation::Relu | Activation::Gelu | Activation::GeluTanh | Activation::Silu => 2.0,
            _ => 1.0,
        };
        for t in self.own_steps() {
            for part in self.parts() {
                let (block, widths) = (self.block(part, t), self.widths(part));
                let layers = widths.len() - 1;
                let mut numbers = Vec::with_capacity(self.network(part).parameters());
                for (k, pair) in widths.windows(2).enumerate() {
                    let last = k + 1 == layers;
                    let scale = match part {
                        Part::Skip => 0.0,
                        Part::Net if last => 0.1 * (1.0 / pair[0] as f64).sqrt(),
                        Part::Net => (gain / pair[0] as f64).sqrt(),
                    };
                    let step = u32::try_from(k).unwrap_or(u32::MAX);
                    let drawn = |i: usize| {
                        let z = stream.normal(block as u64, step, i);
                        let (from, to) = (i / pair[1], i % pair[1]);
                        let first = part == self.parts()[0];
                        match to.checked_sub(self.said) {
                            Some(to) if last && first && layers == 1 => {
                                self.remembered(from, to, z)
                            }
                            _ => scale * z,
                        }
                    };
                    numbers.extend((0..pair[0] * pair[1]).map(drawn));
                    let said = last && part == self.parts()[0];
                    let bias = |i: usize| self.bias.get(i).copied().filter(|_| said).unwrap_or(0.0);
                    numbers.extend((0..pair[1]).map(bias));
                }
                params.set(block, &numbers);
            }
        }
        Ok(params)
    }
}
