//! A network free to give any vector: Z(t, x) = ζ/√d N(t, x̂).
//!
//! ```text
//! one network    N(x̂, 2t/T − 1, √(1 − t/T))       d + 2 inputs, d outputs
//! a step each    N_n(x̂) on [t_n, t_{n+1})          d inputs, d outputs
//! ```
//! x̂ and ζ are the pilot's, as in [`super::Directions`]; the times of the second are those of the first
//! level. Hidden weights start N(0, 1/fan-in), the last layer at zero: Z starts at 0, or at the
//! directions that the network is added to.

use frame::{Layout, Params, Precision, Representation};
use ground::Result;
use ground::kernel::network::{Activation, Network};
use ground::stream::Stream;

/// How a network knows the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// It is among the inputs of one network.
    Input,
    /// Each step of the first level has a network of its own.
    PerStep,
}

/// A free network.
#[derive(Clone, Debug, PartialEq)]
pub struct Free {
    /// d.
    pub dim: usize,
    /// N, the steps of the first level.
    pub steps: usize,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Of the hidden layers.
    pub activation: Activation,
    /// How it knows the time.
    pub time: Time,
}

impl Free {
    /// One network with two hidden layers of d + 10, tanh.
    pub fn new(dim: usize, steps: usize) -> Self {
        let (hidden, activation) = (vec![dim + 10; 2], Activation::Tanh);
        Self { dim, steps, hidden, activation, time: Time::Input }
    }

    /// Numbers that say the time.
    pub(crate) fn clocks(&self) -> usize {
        match self.time {
            Time::Input => 2,
            Time::PerStep => 0,
        }
    }

    /// How many networks there are.
    pub fn networks(&self) -> usize {
        match self.time {
            Time::Input => 1,
            Time::PerStep => self.steps,
        }
    }

    /// One of them.
    pub fn network(&self) -> Network {
        let mut widths = vec![self.dim + self.clocks()];
        widths.extend(&self.hidden);
        widths.push(self.dim);
        Network { widths, activation: self.activation }
    }

    /// The blocks of its networks, added to a layout.
    pub(super) fn blocks(&self, layout: Layout) -> Layout {
        let n = self.network().len();
        match self.time {
            Time::Input => layout.list("network", n),
            Time::PerStep => (0..self.steps)
                .fold(layout, |layout, step| layout.list(format!("network/step{step:03}"), n)),
        }
    }

    /// Draws the parameters of its networks into the blocks from `first` on.
    pub(super) fn draw(&self, params: &mut Params, first: usize, stream: &Stream) {
        let widths = self.network().widths;
        for k in 0..self.networks() {
            let own = stream.child(&format!("network{k}"));
            let mut theta = Vec::with_capacity(self.network().len());
            for (layer, pair) in widths.windows(2).enumerate() {
                let (inputs, outputs) = (pair[0], pair[1]);
                let last = layer + 2 == widths.len();
                let scale = if last { 0.0 } else { 1.0 / (inputs as f64).sqrt() };
                let own = own.child(&format!("layer{layer}"));
                theta.extend((0..inputs * outputs).map(|i| scale * own.normal(0, 0, i)));
                theta.extend(std::iter::repeat_n(0.0, outputs));
            }
            params.set(first + k, &theta);
        }
    }
}

impl Representation for Free {
    fn layout(&self) -> Layout {
        self.blocks(Layout::default()).list("start", 1)
    }

    fn init(&self, precision: Precision, stream: &Stream) -> Result<Params> {
        let mut params = Params::zeros(self.layout(), precision);
        self.draw(&mut params, 0, stream);
        Ok(params)
    }
}
