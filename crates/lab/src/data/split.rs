//! From a table to samples for training and for testing.
//!
//! ```text
//! every k-th   point i, from 0, is for testing iff i mod k = 0; both keep the order of the file
//! a share s    round(s n) points drawn without replacement; the others train in the order drawn
//! divided      x / c
//! standardised (x − mean)/s.d. of each coordinate over the points trained on, s.d. with 1/n;
//!              a coordinate that never changes there is only centred
//! ```
//! The first points of the training set are taken before anything is measured on it.

use ground::stream::Stream;
use ground::{Error, Result};

use super::labels::{Code, Noise, Target, disturb};
use super::{Labels, Table};
use crate::Sample;

/// How coordinates are scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Features {
    /// Divided by a number.
    Divided(f64),
    /// To mean 0 and standard deviation 1 in training.
    Standardised,
}

/// Which points are for testing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Held {
    /// Those whose number, from 0, this divides.
    Every(usize),
    /// This share of them, drawn with this seed.
    Share {
        /// Between 0 and 1.
        share: f64,
        /// Other seeds draw other points.
        seed: u64,
    },
}

/// What becomes of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// How coordinates are scaled.
    pub features: Features,
    /// What is learnt of the labels.
    pub target: Target,
    /// Which points are for testing.
    pub held: Held,
    /// How many points are trained on, from the first; all where it is not given.
    pub train: Option<usize>,
    /// What is done to the targets of training.
    pub noise: Noise,
}

/// (x − shift)/divisor of each coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// [d].
    pub shift: Vec<f64>,
    /// [d].
    pub divisor: Vec<f64>,
}

/// The samples of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// For training.
    pub train: Sample,
    /// For testing.
    pub test: Sample,
    /// The row in its table of each point trained on, from 0.
    pub train_rows: Vec<usize>,
    /// The row in its table of each point tested on, from 0.
    pub test_rows: Vec<usize>,
    /// How coordinates were scaled.
    pub scaling: Scaling,
    /// The labels that occur, in order: output k of a one-hot target is `classes[k]`; none of values.
    pub classes: Vec<f64>,
    /// How many training targets are of another class than their label.
    pub replaced: usize,
}

/// A table and the rows of it that are used.
type Rows<'t> = (&'t Table, Vec<usize>);

impl Recipe {
    /// Samples of one table. The noise is drawn from a child of `stream` and depends on nothing else.
    ///
    /// # Errors
    /// If the table has no labels, or labels, numbers of points, shares and scales do not fit.
    pub fn split(&self, table: &Table, stream: &Stream) -> Result<Split> {
        let (train, test) = self.rows(table.n())?;
        self.samples((table, train), (table, test), stream)
    }

    /// Samples of two tables, one to train on and one to test on; the rule for testing is not used.
    ///
    /// # Errors
    /// As of [`Recipe::split`], and if the tables do not fit each other.
    pub fn pair(&self, train: &Table, test: &Table, stream: &Stream) -> Result<Split> {
        let test = in_words_of(train, test)?;
        let rows = |table: &Table| (0..table.n()).collect();
        self.samples((train, rows(train)), (&test, rows(&test)), stream)
    }

    /// The rows to train and to test on.
    fn rows(&self, n: usize) -> Result<(Vec<usize>, Vec<usize>)> {
        match self.held {
            Held::Every(k) => {
                if k < 2 || n < 2 {
                    let found = format!("one in {k} of {n} points is for testing");
                    return Err(Error::input("held", found)
                        .allowed("One in two or fewer, of two points or more"));
                }
                Ok((0..n).partition(|i| !i.is_multiple_of(k)))
            }
            Held::Share { share, seed } => {
                let count = (share * n as f64).round();
                if !(count >= 1.0 && count < n as f64) {
                    let found = format!("a share of {share} of {n} points is for testing");
                    return Err(Error::input("held", found)
                        .allowed("One point or more is tested on, and one or more trained on"));
                }
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "below n"
                )]
                let count = count as usize;
                let stream = Stream::new(seed).child("held");
                let mut drawn: Vec<(f64, usize)> =
                    (0..n).map(|i| (stream.uniform(i as u64, 0, 0), i)).collect();
                drawn.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let mut test: Vec<usize> = drawn.iter().map(|(_, i)| *i).collect();
                let train = test.split_off(count);
                test.sort_unstable();
                Ok((train, test))
            }
        }
    }

    /// The samples of rows of tables that fit each other.
    fn samples(&self, train: Rows<'_>, test: Rows<'_>, stream: &Stream) -> Result<Split> {
        let ((train, mut train_rows), (test, test_rows)) = (train, test);
        let (labels, test_labels) = (labelled(train)?, labelled(test)?);
        fit(train, test)?;
        if let Some(n) = self.train {
            if n == 0 || n > train_rows.len() {
                let found = format!("{n} points to train on");
                return Err(
                    Error::input("train", found).allowed(format!("There are {}", train_rows.len()))
                );
            }
            train_rows.truncate(n);
        }
        let code = Code::of(self.target, &[labels, test_labels])?;
        code.allows(self.noise)?;
        let scaling = Scaling::of(self.features, train, &train_rows)?;
        let sample = |table: &Table, labels: &Labels, rows: &[usize]| {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for &i in rows {
                x.extend(scaling.scaled(table.point(i)));
                code.write(labels, i, &mut y);
            }
            Sample { d: table.d(), outputs: code.outputs, x, y }
        };
        let test = sample(test, test_labels, &test_rows);
        let mut train = sample(train, labels, &train_rows);
        let stream = stream.child("label noise");
        let mut replaced = 0;
        for (y, &i) in train.y.chunks_exact_mut(code.outputs).zip(&train_rows) {
            replaced += usize::from(disturb(self.noise, &stream, i, y));
        }
        Ok(Split { train, test, train_rows, test_rows, scaling, classes: code.classes, replaced })
    }
}

impl Scaling {
    fn of(features: Features, table: &Table, rows: &[usize]) -> Result<Self> {
        let d = table.d();
        match features {
            Features::Divided(c) if c == 0.0 || !c.is_finite() => {
                Err(Error::input("features", format!("coordinates divided by {c}"))
                    .allowed("The number is finite and not 0"))
            }
            Features::Divided(c) => Ok(Self { shift: vec![0.0; d], divisor: vec![c; d] }),
            Features::Standardised => {
                let n = rows.len() as f64;
                let mut shift = vec![0.0; d];
                for &i in rows {
                    shift.iter_mut().zip(table.point(i)).for_each(|(m, x)| *m += x / n);
                }
                let mut divisor = vec![0.0; d];
                for &i in rows {
                    for (k, x) in table.point(i).iter().enumerate() {
                        divisor[k] += (x - shift[k]).powi(2) / n;
                    }
                }
                let first = table.point(rows[0]);
                for k in 0..d {
                    // Rounding leaves a variance where nothing changes.
                    let still = rows.iter().all(|&i| table.point(i)[k] == first[k]);
                    if still {
                        (shift[k], divisor[k]) = (first[k], 1.0);
                    } else {
                        divisor[k] = divisor[k].sqrt();
                    }
                }
                Ok(Self { shift, divisor })
            }
        }
    }

    /// A point, scaled.
    pub fn scaled<'a>(&'a self, point: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let by = self.shift.iter().zip(&self.divisor);
        point.iter().zip(by).map(|(x, (shift, divisor))| (x - shift) / divisor)
    }
}

fn labelled(table: &Table) -> Result<&Labels> {
    table.labels.as_ref().ok_or_else(|| {
        Error::input("label", "the points have no labels")
            .allowed("Say which column or array has them, or give the file that does")
    })
}

/// An error if two tables have other shapes.
fn fit(train: &Table, test: &Table) -> Result<()> {
    let outputs = |table: &Table| table.labels.as_ref().map_or(0, |labels| labels.outputs);
    for (what, a, b) in
        [("numbers", train.d(), test.d()), ("labels", outputs(train), outputs(test))]
    {
        if a != b {
            let found = format!("{what} a point: {a} to train on, {b} to test on");
            return Err(Error::input("", found).allowed("Both are of one shape"));
        }
    }
    Ok(())
}

/// The table to test on, its words numbered as those of the other.
fn in_words_of(train: &Table, test: &Table) -> Result<Table> {
    let mut test = test.clone();
    let (Some(from), Some(labels)) = (&train.labels, &mut test.labels) else { return Ok(test) };
    if from.words.is_empty() != labels.words.is_empty() {
        let found = "the labels of one file are words, those of the other numbers";
        return Err(Error::input("label", found).allowed("Both are words or both are numbers"));
    }
    if from.words == labels.words {
        return Ok(test);
    }
    let of = |word: &String| {
        from.words.iter().position(|known| known == word).map(|k| k as f64).ok_or_else(|| {
            let known = || from.words.iter().map(String::as_str);
            Error::input("label", format!("`{word}` is no class of the points to train on"))
                .nearest(ground::formula::nearest(word, known()))
                .allowed(format!("Classes are {}", super::listed(known())))
        })
    };
    let numbers = labels.words.iter().map(of).collect::<Result<Vec<f64>>>()?;
    for label in &mut labels.numbers {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it counts words"
        )]
        let word = *label as usize;
        *label = numbers.get(word).copied().unwrap_or(*label);
    }
    labels.words.clone_from(&from.words);
    Ok(test)
}

#[cfg(test)]
mod tests;
