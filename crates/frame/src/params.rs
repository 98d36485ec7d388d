//! The numbers of a function in named blocks, in the precision of the run.
//!
//! Each block carries what a descent remembers of it, so that a fused plan moves a block while it
//! is in cache. In memory a block stands in rows, as kernels want it; [`Params::get`], [`Params::set`]
//! and files see its numbers in the order of its [`Packing`].

use std::sync::Arc;

use ground::kernel::lane::{self, Real};
use ground::kernel::packing::Packing;
use ground::kernel::update::Update;
use ground::{Error, Result, par};
use serde::{Deserialize, Serialize};

use crate::checkpoint::Keeper;

/// Rows that are moved at once.
const PART: usize = 1024;

/// The precision of paths, networks and parameters. Sums over paths are always double.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single.
    F32,
    /// Double.
    F64,
}

/// The blocks of θ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Name and numbers, in order.
    pub blocks: Vec<(String, Packing)>,
}

impl Layout {
    /// With one block more: so many numbers in a list.
    pub fn list(self, name: impl Into<String>, n: usize) -> Self {
        self.block(name, Packing::list(n))
    }

    /// With one block more.
    pub fn block(mut self, name: impl Into<String>, numbers: Packing) -> Self {
        self.blocks.push((name.into(), numbers));
        self
    }
}

/// The numbers of one block, and what a descent remembers of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Block<T: Real> {
    /// How many numbers count, if they are one list.
    n: usize,
    /// The parameters.
    pub rows: Vec<T::Row>,
    /// Two numbers a parameter: for Adam the two moments of its gradient.
    pub memory: [Vec<T::Row>; 2],
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
    fn zeros(packing: &Packing) -> Self {
        let zeros = || vec![T::Row::default(); packing.rows::<T>()];
        Self { n: packing.len(), rows: zeros(), memory: [zeros(), zeros()] }
    }

    /// The numbers of a block that is one list.
    pub fn list(&self) -> &[T] {
        &lane::flat::<T>(&self.rows)[..self.n]
    }

    /// The same, to be changed.
    pub fn list_mut(&mut self) -> &mut [T] {
        &mut lane::flat_mut::<T>(&mut self.rows)[..self.n]
    }

    /// One step of a rule on the first numbers of the block, as many as the gradient has.
    ///
    /// # Panics
    /// If the gradient has more numbers than the block.
    pub fn step(&mut self, by: Update, gradient: &[T]) {
        let n = gradient.len();
        let [theta, first, second] = self.parts().map(|rows| &mut lane::flat_mut::<T>(rows)[..n]);
        by.apply(theta, [first, second], gradient);
    }

    /// Parts of the block with what a descent remembers of them, and the same parts of a gradient: to be
    /// moved independently.
    pub(crate) fn parts_with<'a>(
        &'a mut self,
        gradient: &'a mut Self,
    ) -> impl Iterator<Item = ([&'a mut [T::Row]; 3], &'a mut [T::Row])> {
        let [theta, first, second] = self.parts().map(|rows| rows.chunks_mut(PART));
        let rows =
            theta.zip(first).zip(second).map(|((theta, first), second)| [theta, first, second]);
        rows.zip(gradient.rows.chunks_mut(PART))
    }

    /// Parameters and memories.
    fn parts(&mut self) -> [&mut Vec<T::Row>; 3] {
        let [first, second] = &mut self.memory;
        [&mut self.rows, first, second]
    }
}

impl Params {
    /// All numbers zero.
    pub fn zeros(layout: Layout, precision: Precision) -> Self {
        let packings = layout.blocks.iter().map(|(_, packing)| packing);
        let store = match precision {
            Precision::F32 => Store::F32(packings.map(Block::zeros).collect()),
            Precision::F64 => Store::F64(packings.map(Block::zeros).collect()),
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
        let packing = &self.layout.blocks[block].1;
        match &self.store {
            Store::F32(blocks) => packing.unpack::<f32>(&blocks[block].rows),
            Store::F64(blocks) => packing.unpack::<f64>(&blocks[block].rows),
        }
    }

    /// Sets the parameters of a block; panics when their number differs.
    pub fn set(&mut self, block: usize, values: &[f64]) {
        let packing = &self.layout.blocks[block].1;
        match &mut self.store {
            Store::F32(blocks) => blocks[block].rows = packing.pack::<f32>(values),
            Store::F64(blocks) => blocks[block].rows = packing.pack::<f64>(values),
        }
    }

    /// All parameters, block after block.
    pub fn flat(&self) -> Vec<f64> {
        (0..self.layout.blocks.len()).flat_map(|k| self.get(k)).collect()
    }

    /// The Euclidean norm of all parameters (of a gradient stored like θ). What fills rows up is zero.
    pub fn norm(&self) -> f64 {
        fn squares<T: Real>(blocks: &[Block<T>]) -> f64 {
            let parts: Vec<_> = blocks.iter().flat_map(|block| block.rows.chunks(PART)).collect();
            let square = |k: usize| {
                let mut sums = [0.0; 8];
                for numbers in lane::flat::<T>(parts[k]).chunks_exact(8) {
                    for (sum, v) in sums.iter_mut().zip(numbers) {
                        *sum += v.wide() * v.wide();
                    }
                }
                sums.iter().sum::<f64>()
            };
            par::map(parts.len(), square).iter().sum()
        }
        match &self.store {
            Store::F32(blocks) => squares(blocks),
            Store::F64(blocks) => squares(blocks),
        }
        .sqrt()
    }

    /// What a checkpoint holds: parameters and memory, to the bit.
    pub fn keep(&mut self, keeper: &mut Keeper<'_>) -> Result<()> {
        fn each<T: Real>(
            layout: &Layout,
            blocks: &mut [Block<T>],
            mut keep: impl FnMut(&str, &mut Vec<T>) -> Result<()>,
        ) -> Result<()> {
            for ((name, packing), block) in layout.blocks.iter().zip(blocks) {
                let parts = ["", "/memory0", "/memory1"];
                for (part, rows) in parts.into_iter().zip(block.parts()) {
                    let numbers = packing.unpack::<T>(rows);
                    let mut numbers: Vec<T> = numbers.into_iter().map(T::of).collect();
                    keep(&format!("{name}{part}"), &mut numbers)?;
                    if numbers.len() != packing.len() {
                        return Err(Error::input("", format!("block `{name}` has another length"))
                            .allowed("The parameters belong to another case"));
                    }
                    let numbers: Vec<f64> = numbers.into_iter().map(T::wide).collect();
                    *rows = packing.pack::<T>(&numbers);
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
                memory.fill(T::Row::default());
            }
        }
        match &mut self.store {
            Store::F32(blocks) => clear(blocks),
            Store::F64(blocks) => clear(blocks),
        }
    }
}
