//! The handwritten digits that come with the lab: 1797 images of 8 × 8 pixels, ten classes.
//!
//! Pixels are 0 to 16. Point i, from 0, is for testing iff i mod 5 = 0: 1437 images to train on and
//! 360 to test on. [AK98]
//!
//! Not here: the bytes; the caller has the file.

use ground::{Error, Result};

use super::labels::{Noise, Target};
use super::split::{Features, Held, Recipe};
use super::{Options, Table, read};

/// Images.
pub const N: usize = 1797;

/// Rows and columns of an image.
pub const SIDE: usize = 8;

/// The greatest pixel.
pub const INK: f64 = 16.0;

/// Images to train on.
pub const N_TRAIN: usize = 1437;

/// Images to test on.
pub const N_TEST: usize = 360;

/// The images of the file of this name, with their classes.
///
/// # Errors
/// If the bytes are anything else.
pub fn table(name: &str, bytes: &[u8]) -> Result<Table> {
    let mut table = read(name, bytes, &Options::default())?;
    let labels = table.labels.as_ref().map_or(&[][..], |labels| &labels.numbers);
    let among = |last: f64| move |v: &f64| v.fract() == 0.0 && (0.0..=last).contains(v);
    let right = table.n() == N
        && table.d() == SIDE * SIDE
        && table.x.iter().all(among(INK))
        && labels.len() == N
        && labels.iter().all(among(9.0));
    if !right {
        let found = format!("these are not the digits: {} x {} numbers", table.n(), table.d());
        let allowed =
            format!("They are {N} images of {SIDE} x {SIDE} pixels 0 to 16 and a digit each");
        return Err(Error::input("", found).allowed(allowed).in_file(name));
    }
    table.shape = vec![SIDE, SIDE];
    Ok(table)
}

/// Pixels divided by 16, one output a class, every fifth image for testing.
pub fn recipe() -> Recipe {
    Recipe {
        features: Features::Divided(INK),
        target: Target::OneHot,
        held: Held::Every(5),
        train: None,
        noise: Noise::Absent,
    }
}

#[cfg(test)]
mod tests {
    use ground::stream::Stream;

    use super::*;

    const FILE: &[u8] = include_bytes!("../../../../cases/lab/data/digits.csv.gz");

    /// How many of the outputs k are 1.
    fn classes(outputs: usize, y: &[f64]) -> Vec<usize> {
        let of = |k| y.iter().skip(k).step_by(outputs).filter(|&&v| v == 1.0).count();
        (0..outputs).map(of).collect()
    }

    /// Counted with zcat and awk.
    #[test]
    fn exact_counts_of_the_file_and_of_the_split() {
        let table = table("digits.csv.gz", FILE).unwrap();
        assert_eq!(table.x.iter().sum::<f64>(), 561_718.0);
        let split = recipe().split(&table, &Stream::new(0)).unwrap();
        assert_eq!((split.train.n(), split.test.n()), (N_TRAIN, N_TEST));
        assert_eq!(split.test.x.iter().sum::<f64>(), 112_598.0 / 16.0);
        assert_eq!(classes(10, &split.test.y), [42, 28, 26, 48, 38, 39, 30, 26, 36, 47]);
        let train = classes(10, &split.train.y);
        assert_eq!(train, [136, 154, 151, 135, 143, 143, 151, 153, 138, 133]);
        assert_eq!(split.train.point(0)[2..6], [0.0, 12.0 / 16.0, 13.0 / 16.0, 5.0 / 16.0]);
        assert_eq!(split.classes, (0..10).map(f64::from).collect::<Vec<_>>());
    }

    #[test]
    fn other_bytes_are_refused() {
        let said = |bytes: &[u8]| table("digits.csv.gz", bytes).unwrap_err().to_string();
        assert_eq!(
            said(b"1,2,3\n"),
            "digits.csv.gz: these are not the digits: 1 x 2 numbers. They are 1797 images of 8 x 8 pixels 0 to 16 and a digit each."
        );
        assert!(said(&FILE[..FILE.len() - 1]).ends_with("It is cut; copy it again."));
    }
}
