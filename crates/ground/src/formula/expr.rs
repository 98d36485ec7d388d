//! An expression: a handle into one hash-consed graph.
//!
//! Equal expressions have equal handles. The graph only grows and lives as long as the process; a
//! handle is four bytes and may cross threads. The numbering depends on who came first, so nothing
//! may be ordered by it: every walk below starts at the roots and goes depth first.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{PoisonError, RwLock};

use super::operation::{Binary, Fold, Unary};

/// A formula.
///
/// ```
/// use ground::formula::{Expr, Shape};
/// let x = Expr::variable("x", Shape::Vector(3));
/// let g = (0.5 * (1.0 + x.norm_squared())).ln();
/// assert_eq!(g.to_string(), "ln(0.5 * (1 + |x|^2))");
/// assert_eq!(g.gradient(x).to_string(), "2 / (1 + |x|^2) * x");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Expr(u32);

/// How many numbers an expression stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// One number.
    Scalar,
    /// So many components.
    Vector(usize),
}

impl Shape {
    /// The count of numbers: 1 for a scalar.
    pub fn count(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Vector(n) => n,
        }
    }
}

impl fmt::Display for Shape {
    /// "a number", "a vector of 3".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar => write!(f, "a number"),
            Self::Vector(n) => write!(f, "a vector of {n}"),
        }
    }
}

/// A number compared by its bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits(pub(super) f64);

impl Bits {
    /// One zero and one not-a-number, so that equal numbers have equal bits.
    pub(super) fn of(x: f64) -> Self {
        Self(if x == 0.0 {
            0.0
        } else if x.is_nan() {
            f64::NAN
        } else {
            x
        })
    }
}

impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}
impl Eq for Bits {}
impl Hash for Bits {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A constant matrix, row after row.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) data: Box<[Bits]>,
}

/// One operation and what it is applied to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Node {
    Number(Bits),
    /// A constant vector whose components are not all equal.
    Vector(Box<[Bits]>),
    Variable(Box<str>, Shape),
    Unary(Unary, Expr),
    /// A scalar beside a vector stands for all its components.
    Binary(Binary, Expr, Expr),
    /// The second where the first is not zero, else the third.
    Select(Expr, Expr, Expr),
    Fold(Fold, Expr),
    Dot(Expr, Expr),
    /// Component `i`, from 0.
    At(Expr, usize),
    /// Components `from..to`.
    Slice(Expr, usize, usize),
    /// Zeros, and the expression from `from` on, in a vector of the given length.
    Embed(Expr, usize, usize),
    /// The same scalar in every component.
    Repeat(Expr, usize),
    Matrix(Box<Matrix>, Expr),
}

struct Entry {
    node: Node,
    shape: Shape,
}

#[derive(Default)]
struct Arena {
    entries: Vec<&'static Entry>,
    index: HashMap<&'static Node, u32>,
}

static ARENA: RwLock<Option<Arena>> = RwLock::new(None);

impl Expr {
    /// The handle of `node`. Only the constructors in `simplify` call this.
    pub(super) fn intern(node: Node, shape: Shape) -> Self {
        let mut guard = ARENA.write().unwrap_or_else(PoisonError::into_inner);
        let arena = guard.get_or_insert_with(Arena::default);
        if let Some(&id) = arena.index.get(&node) {
            return Self(id);
        }
        let id = u32::try_from(arena.entries.len()).expect("four thousand million formulas");
        // The arena lives as long as the process.
        let entry: &'static Entry = Box::leak(Box::new(Entry { node, shape }));
        arena.entries.push(entry);
        arena.index.insert(&entry.node, id);
        Self(id)
    }

    fn entry(self) -> &'static Entry {
        let guard = ARENA.read().unwrap_or_else(PoisonError::into_inner);
        guard.as_ref().expect("a handle comes from the arena").entries[self.0 as usize]
    }

    pub(super) fn node(self) -> &'static Node {
        &self.entry().node
    }

    /// A name for the expression, unique within the process and different in the next.
    pub(super) fn id(self) -> u32 {
        self.0
    }

    /// One number, or how many components.
    pub fn shape(self) -> Shape {
        self.entry().shape
    }

    /// The operands, left to right.
    pub(super) fn children(self) -> impl DoubleEndedIterator<Item = Expr> {
        let children = match *self.node() {
            Node::Number(_) | Node::Vector(_) | Node::Variable(..) => [None; 3],
            Node::Unary(_, a)
            | Node::Fold(_, a)
            | Node::At(a, _)
            | Node::Slice(a, ..)
            | Node::Embed(a, ..)
            | Node::Repeat(a, _)
            | Node::Matrix(_, a) => [Some(a), None, None],
            Node::Binary(_, a, b) | Node::Dot(a, b) => [Some(a), Some(b), None],
            Node::Select(c, a, b) => [Some(c), Some(a), Some(b)],
        };
        children.into_iter().flatten()
    }

    /// True for operations that treat every component alike.
    pub(super) fn is_elementwise(self) -> bool {
        matches!(
            self.node(),
            Node::Number(_)
                | Node::Vector(_)
                | Node::Variable(..)
                | Node::Unary(..)
                | Node::Binary(..)
                | Node::Select(..)
                | Node::Repeat(..)
        )
    }
}

/// All sub-expressions of `roots`, operands first, each once, in depth-first order. Where `stop`
/// holds, the operands are not visited.
pub(super) fn postorder(roots: &[Expr], stop: impl Fn(Expr) -> bool) -> Vec<Expr> {
    let mut seen = HashSet::new();
    let mut order = Vec::new();
    let mut stack: Vec<(Expr, bool)> = roots.iter().rev().map(|&root| (root, false)).collect();
    while let Some((e, done)) = stack.pop() {
        if done {
            order.push(e);
        } else if seen.insert(e) {
            stack.push((e, true));
            if !stop(e) {
                stack.extend(e.children().rev().map(|child| (child, false)));
            }
        }
    }
    order
}

/// The roots with some sub-expressions replaced, everything above them built anew.
pub(super) fn transform(roots: &[Expr], replace: impl Fn(Expr) -> Option<Expr>) -> Vec<Expr> {
    let mut image: HashMap<Expr, Expr> = HashMap::new();
    for e in postorder(roots, |e| replace(e).is_some()) {
        let new = replace(e).unwrap_or_else(|| {
            let children: Vec<Expr> = e.children().map(|child| image[&child]).collect();
            e.rebuild(&children)
        });
        image.insert(e, new);
    }
    roots.iter().map(|root| image[root]).collect()
}
