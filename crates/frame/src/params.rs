//! The numbers of a function in named blocks, in the precision of the run.
//!
//! Each block carries what a descent remembers of it, so that a fused plan moves a block while it
//! is in cache. [`Params::get`] and [`Params::set`] convert to f64 at the door.

use std::sync::Arc;

use ground::kernel::lane::Real;
use ground::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::checkpoint::Keeper;

/// The precision of paths, networks and parameters. Sums over paths are always double.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single.
    F32,
    /// Double.
    F64,
}

/// The blocks of θ: their names and lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Name and length, in order.
    pub blocks: Vec<(String, usize)>,
}

/// The numbers of one block, and what a descent remembers of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Block<T> {
    /// The parameters.
    pub theta: Vec<T>,
    /// Two numbers a parameter: for Adam the two moments of its gradient.
    pub memory: [Vec<T>; 2],
}

/// All blocks in one precision.
#[derive(Clone, Debug, PartialEq)]
pub enum Store {
    /// Single precision.
    F32(Vec<Block<f32>>),
    /// Double precision.
    F64(Vec<Block<f64>>),
}

/// θ.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    layout: Arc<Layout>,
    store: Store,
}

/// A precision a [`Store`] has a variant for.
pub trait Stored: Real {
    /// Its blocks; panics when the store is of the other precision.
    fn blocks(params: &Params) -> &[Block<Self>];
    /// The same, to be changed.
    fn blocks_mut(params: &mut Params) -> &mut [Block<Self>];
}

/// Ties a precision to its variant.
macro_rules! stored {
    ($real:ident, $variant:ident) => {
        impl Stored for $real {
            fn blocks(params: &Params) -> &[Block<Self>] {
                match &params.store {
                    Store::$variant(blocks) => blocks,
                    _ => panic!("parameters of the other precision"),
                }
            }
            fn blocks_mut(params: &mut Params) -> &mut [Block<Self>] {
                match &mut params.store {
                    Store::$variant(blocks) => blocks,
                    _ => panic!("parameters of the other precision"),
                }
            }
        }
    };
}
stored!(f32, F32);
stored!(f64, F64);

impl<T: Real> Block<T> {
    fn zeros(n: usize) -> Self {
        let zeros = || vec![T::default(); n];
        Self { theta: zeros(), memory: [zeros(), zeros()] }
    }
}

impl Params {
    /// All numbers zero.
    pub fn zeros(layout: Layout, precision: Precision) -> Self {
        let lengths = layout.blocks.iter().map(|(_, n)| *n);
        let store = match precision {
            Precision::F32 => Store::F32(lengths.map(Block::zeros).collect()),
            Precision::F64 => Store::F64(lengths.map(Block::zeros).collect()),
        };
        Self { layout: Arc::new(layout), store }
    }

    /// Zeros of the same layout and precision.
    pub fn zeros_like(&self) -> Self {
        Self::zeros(Layout::clone(&self.layout), self.precision())
    }

    /// The blocks.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The precision.
    pub fn precision(&self) -> Precision {
        match self.store {
            Store::F32(_) => Precision::F32,
            Store::F64(_) => Precision::F64,
        }
    }

    /// The parameters of a block.
    pub fn get(&self, block: usize) -> Vec<f64> {
        match &self.store {
            Store::F32(blocks) => blocks[block].theta.iter().map(|&x| x.wide()).collect(),
            Store::F64(blocks) => blocks[block].theta.clone(),
        }
    }

    /// Sets the parameters of a block; panics when their number differs.
    pub fn set(&mut self, block: usize, values: &[f64]) {
        fn fill<T: Real>(theta: &mut [T], values: &[f64]) {
            assert!(
                theta.len() == values.len(),
                "a block of {} is not {}",
                theta.len(),
                values.len()
            );
            theta.iter_mut().zip(values).for_each(|(theta, &v)| *theta = T::of(v));
        }
        match &mut self.store {
            Store::F32(blocks) => fill(&mut blocks[block].theta, values),
            Store::F64(blocks) => fill(&mut blocks[block].theta, values),
        }
    }

    /// All parameters, block after block.
    pub fn flat(&self) -> Vec<f64> {
        (0..self.layout.blocks.len()).flat_map(|k| self.get(k)).collect()
    }

    /// The Euclidean norm of all parameters (of a gradient stored like θ).
    pub fn norm(&self) -> f64 {
        self.flat().iter().map(|v| v * v).sum::<f64>().sqrt()
    }

    /// What a checkpoint holds: parameters and memory, to the bit.
    pub fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        fn each<T: Real>(
            layout: &Layout,
            blocks: &mut [Block<T>],
            mut keep: impl FnMut(&str, &mut Vec<T>) -> Result<()>,
        ) -> Result<()> {
            for ((name, n), block) in layout.blocks.iter().zip(blocks) {
                keep(name, &mut block.theta)?;
                for (k, memory) in block.memory.iter_mut().enumerate() {
                    keep(&format!("{name}/memory{k}"), memory)?;
                }
                if block.theta.len() != *n || block.memory.iter().any(|m| m.len() != *n) {
                    return Err(Error::input("", format!("block `{name}` has another length"))
                        .allowed("The parameters belong to another case"));
                }
            }
            Ok(())
        }
        let layout = Arc::clone(&self.layout);
        match &mut self.store {
            Store::F32(blocks) => each(&layout, blocks, |name, v| keeper.singles(name, v)),
            Store::F64(blocks) => each(&layout, blocks, |name, v| keeper.numbers(name, v)),
        }
    }
}

impl Params {
    /// Forgets what a descent remembers: a new run starts from here.
    pub fn forget(&mut self) {
        fn clear<T: Real>(blocks: &mut [Block<T>]) {
            for memory in blocks.iter_mut().flat_map(|block| &mut block.memory) {
                memory.fill(T::default());
            }
        }
        match &mut self.store {
            Store::F32(blocks) => clear(blocks),
            Store::F64(blocks) => clear(blocks),
        }
    }
}
