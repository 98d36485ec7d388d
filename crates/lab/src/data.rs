//! Tables of samples from the bytes of files: IDX, CIFAR-10, CSV, NPY, NPZ, also packed by gzip.
//!
//! The format is told by the content, never by the name of the file. A table has n points of d
//! numbers each, and labels where the file has them; labels in a second file are put beside the
//! points by [`Table::with_labels`]. What becomes of a table is said by a [`split::Recipe`].
//!
//! Not here: files themselves (the caller reads them), and files that hold Python objects.

use ground::{Error, Result};

pub mod digits;
pub mod labels;
pub mod split;

mod cifar;
mod format;
mod gzip;
mod idx;
mod numpy;
mod text;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Arrays of MNIST and its kin: 00 00, type, rank, lengths, numbers.
    Idx,
    /// Records of a label and 3 × 32 × 32 bytes.
    Cifar10,
    /// Text with separators.
    Csv,
    /// One NumPy array.
    Npy,
    /// Several NumPy arrays with names.
    Npz,
}

/// Where the labels are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// There are none, or none that are wanted.
    Absent,
    /// In the last column of a CSV file or of a matrix in NPY.
    Last,
    /// In this column, counted from 1.
    Column(usize),
    /// In the column of this name of a CSV file, or the array of this name of an NPZ file.
    Named(String),
}

/// How a file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The format; told by the content where it is not given.
    pub format: Option<Format>,
    /// Where the labels are. Where it is not given: the last of several columns of a CSV file, the
    /// array `y` of an NPZ file, the first byte of a record of CIFAR-10; none in IDX and NPY.
    pub label: Option<Label>,
    /// The array of an NPZ file that holds the points.
    pub x: String,
    /// Whether images are stored column by column, as those of EMNIST are.
    pub transposed: bool,
    /// The most bytes that a packed file may become.
    pub unpacked: usize,
}

impl Default for Options {
    /// Points in `x`, images row by row, 1 GiB.
    fn default() -> Self {
        Self { format: None, label: None, x: "x".into(), transposed: false, unpacked: 1 << 30 }
    }
}

/// Labels: numbers, or words counted from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// How many numbers a point has; 1 for classes.
    pub outputs: usize,
    /// [n, outputs], row by row.
    pub numbers: Vec<f64>,
    /// What the numbers 0, 1, … stand for where the file has words; in the order of the alphabet.
    pub words: Vec<String>,
}

/// Points as they are in a file, and their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The lengths of one point: [28, 28] for an image; none where it is one number.
    pub shape: Vec<usize>,
    /// The names of the columns where the file has them.
    pub names: Vec<String>,
    /// [n, d], row by row.
    pub x: Vec<f64>,
    /// One or more numbers a point.
    pub labels: Option<Labels>,
}

impl Table {
    /// d.
    pub fn d(&self) -> usize {
        self.shape.iter().product()
    }

    /// n.
    pub fn n(&self) -> usize {
        self.x.len().checked_div(self.d()).unwrap_or(0)
    }

    /// The i-th point.
    pub fn point(&self, i: usize) -> &[f64] {
        &self.x[i * self.d()..][..self.d()]
    }

    /// The same points with labels from a second file.
    ///
    /// # Errors
    /// If there are not as many labels as points.
    pub fn with_labels(mut self, labels: Self) -> Result<Self> {
        if labels.labels.is_some() {
            return Err(Error::input(
                "",
                "the file of the labels has labels and points of its own",
            )
            .allowed("It has one row of numbers a point and nothing else"));
        }
        self.labels = Some(Labels { outputs: labels.d(), numbers: labels.x, words: Vec::new() });
        self.matched()
    }

    /// A table of an array whose first index counts the points.
    fn of(lengths: &[usize], numbers: Vec<f64>) -> Result<Self> {
        let Some((_, shape)) = lengths.split_first() else {
            return Err(Error::input("", "this array is one number")
                .allowed("The first index of an array counts the points"));
        };
        let table = Self { shape: shape.to_vec(), x: numbers, ..Self::default() };
        if table.n() == 0 {
            return Err(Error::input("", format!("there are no numbers: {}", times(lengths)))
                .allowed("A table has one point or more"));
        }
        finite(&table.x, table.d())?;
        Ok(table)
    }

    /// The table with the k-th of its columns, counted from 0, as labels.
    fn split_column(mut self, k: usize) -> Self {
        let d = self.d();
        let numbers = self.x.iter().skip(k).step_by(d).copied().collect();
        let mut column = 0;
        self.x.retain(|_| {
            let kept = column != k;
            column = (column + 1) % d;
            kept
        });
        self.shape = vec![d - 1];
        self.labels = Some(Labels { outputs: 1, numbers, words: Vec::new() });
        self
    }

    /// The table, if it has as many labels as points.
    fn matched(self) -> Result<Self> {
        let count = self.labels.as_ref().map_or(self.n(), |l| l.numbers.len() / l.outputs.max(1));
        if count == self.n() {
            return Ok(self);
        }
        let found = format!("there are {} points and {count} labels", self.n());
        Err(Error::input("", found).allowed("Each point has one label, in the same order"))
    }

    /// The table with the two indices of each image exchanged.
    fn transposed(mut self) -> Result<Self> {
        let (rows, columns) = match self.shape[..] {
            [] => return Ok(self),
            [rows, columns] => (rows, columns),
            _ => {
                let found = format!("a point of {} is no image", times(&self.shape));
                return Err(Error::input("transposed", found)
                    .allowed("Only images of rows and columns are transposed"));
            }
        };
        let turned = |image: &[f64]| -> Vec<f64> {
            (0..columns)
                .flat_map(|j| (0..rows).map(move |i| i * columns + j))
                .map(|k| image[k])
                .collect()
        };
        self.x = self.x.chunks_exact(rows * columns).flat_map(turned).collect();
        self.shape = vec![columns, rows];
        Ok(self)
    }
}

/// The table in the bytes of a file; errors begin with the name.
///
/// ```
/// use lab::data::{Options, read};
/// let table = read("points.csv", b"a,b,class\n1,2,0\n3,4,1\n", &Options::default()).unwrap();
/// assert_eq!((table.n(), table.d()), (2, 2));
/// assert_eq!(table.labels.unwrap().numbers, [0.0, 1.0]);
/// ```
///
/// # Errors
/// One sentence on what is wrong and where: a byte, or a line and a column.
pub fn read(name: &str, bytes: &[u8], options: &Options) -> Result<Table> {
    unpacked(bytes, options).map_err(|error| error.in_file(name))
}

/// The table in bytes that may be packed.
fn unpacked(bytes: &[u8], options: &Options) -> Result<Table> {
    let inside;
    let bytes = if gzip::is(bytes) {
        inside = gzip::unpack(bytes, options.unpacked)?;
        &inside
    } else {
        bytes
    };
    let format = options.format.map_or_else(|| format::tell(bytes), Ok)?;
    let label = options.label.as_ref();
    let table = match format {
        Format::Idx => idx::read(bytes, label),
        Format::Cifar10 => cifar::read(bytes, label),
        Format::Csv => text::read(bytes, label),
        Format::Npy => numpy::read(bytes, label),
        Format::Npz => numpy::read_several(bytes, options),
    }?;
    if options.transposed { table.transposed() } else { Ok(table) }
}

/// An error where a number is not finite.
fn finite(numbers: &[f64], d: usize) -> Result<()> {
    let Some(at) = numbers.iter().position(|v| !v.is_finite()) else { return Ok(()) };
    let (row, column) = (at / d + 1, at % d + 1);
    Err(Error::input("", format!("number {column} of point {row} is {}", numbers[at]))
        .allowed("Numbers are finite; points and numbers are counted from 1"))
}

/// Lengths as in 60000×28×28.
fn times(lengths: &[usize]) -> String {
    lengths.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

/// Digits in groups of three: 47 040 016.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// The first of some names, and how many more there are.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.take(SHOWN).map(shortened).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
