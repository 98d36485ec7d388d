//! What a network learns of labels, labels that are wrong on purpose, and the share told right.
//!
//! ```text
//! one-hot   y_k = 1 where k is the class, else 0     classes: the labels that occur, in order
//! parity    y = +1 for an even label, −1 for an odd one
//! value     y = the label
//! ```
//! Noise belongs to a point by its number in the table, not by its place among those drawn: it is
//! the same for every size of the training set, and a greater share has the wrong labels of a
//! smaller one.

use ground::stream::Stream;
use ground::{Error, Result};

use super::Labels;

/// What is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One number a class.
    OneHot,
    /// +1 for even labels, −1 for odd ones.
    Parity,
    /// The labels as they are.
    Value,
}

/// What is done to the targets of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// Nothing.
    Absent,
    /// Each target of a class is, with this probability, that of another class, all of them equally
    /// likely; a parity changes its sign.
    Replaced(f64),
    /// To each number a normal one is added, of this standard deviation.
    Gaussian(f64),
}

/// More classes than this are a mistake: the labels are values.
const MOST_CLASSES: usize = 1000;

/// How labels become targets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Code {
    target: Target,
    /// The labels that occur, in order; none where they are values.
    pub(super) classes: Vec<f64>,
    /// Numbers of a target.
    pub(super) outputs: usize,
}

impl Code {
    /// For labels of all tables together.
    pub(super) fn of(target: Target, all: &[&Labels]) -> Result<Self> {
        let outputs = all.first().map_or(0, |labels| labels.outputs);
        if target == Target::Value {
            return Ok(Self { target, classes: Vec::new(), outputs });
        }
        let what = if target == Target::OneHot { "one-hot" } else { "parity" };
        if outputs != 1 {
            return Err(Error::input("target", format!("{what} of labels of {outputs} numbers"))
                .allowed("A class is one number; several are learnt as values"));
        }
        for labels in all {
            // Beyond 2⁵³ neighbours differ by more than 1.
            let whole = |v: &f64| v.fract() == 0.0 && v.abs() <= 2f64.powi(53);
            if let Some(i) = labels.numbers.iter().position(|v| !whole(v)) {
                let found = format!("{what} of the label {} of row {}", labels.numbers[i], i + 1);
                return Err(Error::input("target", found)
                    .allowed("A class is a whole number; others are learnt as values"));
            }
        }
        let mut classes: Vec<f64> = all.iter().flat_map(|l| &l.numbers).copied().collect();
        classes.sort_by(f64::total_cmp);
        classes.dedup();
        if target == Target::Parity {
            return Ok(Self { target, classes, outputs: 1 });
        }
        if !(2..=MOST_CLASSES).contains(&classes.len()) {
            let found = format!("one-hot of {} different labels", classes.len());
            return Err(Error::input("target", found)
                .allowed(format!("There are 2 to {MOST_CLASSES} classes")));
        }
        let outputs = classes.len();
        Ok(Self { target, classes, outputs })
    }

    /// Appends the target of a row.
    pub(super) fn write(&self, labels: &Labels, row: usize, y: &mut Vec<f64>) {
        let label = &labels.numbers[row * labels.outputs..][..labels.outputs];
        match self.target {
            Target::Value => y.extend(label),
            Target::Parity => y.push(if label[0].rem_euclid(2.0) == 0.0 { 1.0 } else { -1.0 }),
            Target::OneHot => {
                y.extend(self.classes.iter().map(|c| if *c == label[0] { 1.0 } else { 0.0 }));
            }
        }
    }

    /// Whether such noise makes sense here.
    pub(super) fn allows(&self, noise: Noise) -> Result<()> {
        let wrong =
            |found: String, allowed: &str| Err(Error::input("noise", found).allowed(allowed));
        match (noise, self.target) {
            (Noise::Replaced(_), Target::Value) => wrong(
                "values are not replaced by those of another class".into(),
                "Values take noise of a standard deviation",
            ),
            (Noise::Gaussian(_), Target::OneHot | Target::Parity) => {
                wrong("classes take no normal noise".into(), "A share of the classes is replaced")
            }
            (Noise::Replaced(share), _) if !(0.0..=1.0).contains(&share) => {
                wrong(format!("the share replaced is {share}"), "A share is from 0 to 1")
            }
            (Noise::Gaussian(sigma), _) if !(sigma >= 0.0 && sigma.is_finite()) => wrong(
                format!("the standard deviation is {sigma}"),
                "A standard deviation is finite and not negative",
            ),
            _ => Ok(()),
        }
    }
}

/// Puts noise on the target of a row; tells whether a class was replaced.
pub(super) fn disturb(noise: Noise, stream: &Stream, row: usize, y: &mut [f64]) -> bool {
    let row = row as u64;
    match noise {
        Noise::Absent => false,
        Noise::Gaussian(sigma) => {
            for (k, v) in y.iter_mut().enumerate() {
                *v += sigma * stream.normal(row, 0, k);
            }
            false
        }
        Noise::Replaced(share) => {
            let drawn = stream.uniform(row, 0, 0) < share;
            match y {
                _ if !drawn => {}
                [sign] => *sign = -*sign,
                hot => shift(hot, stream.uniform(row, 0, 1)),
            }
            drawn
        }
    }
}

/// Moves the one of a one-hot target to another class: u in (0, 1) says to which.
fn shift(hot: &mut [f64], u: f64) {
    let n = hot.len();
    let from = hot.iter().position(|&v| v == 1.0).unwrap_or(0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below n")]
    let by = 1 + ((u * (n - 1) as f64) as usize).min(n - 2);
    hot[from] = 0.0;
    hot[(from + by) % n] = 1.0;
}

/// The share of points whose class is told right: the greatest of several outputs, the sign of one.
///
/// Of equal outputs the first is the greatest; the sign of 0 is +1; an output that is not a number
/// is wrong.
///
/// ```
/// use lab::data::labels::accuracy;
/// assert_eq!(accuracy(1, &[1.0, -1.0], &[0.0, 3.0]), 0.5);
/// assert_eq!(accuracy(3, &[0.0, 1.0, 0.0], &[0.1, 0.7, 0.2]), 1.0);
/// ```
///
/// # Panics
/// If there are not as many outputs as targets.
pub fn accuracy(outputs: usize, y: &[f64], told: &[f64]) -> f64 {
    assert_eq!(y.len(), told.len(), "as many outputs as targets");
    let class = |v: &[f64]| match v {
        _ if v.iter().any(|v| v.is_nan()) => None,
        [v] => Some(usize::from(*v >= 0.0)),
        _ => (0..v.len()).reduce(|best, k| if v[k] > v[best] { k } else { best }),
    };
    let pairs = y.chunks_exact(outputs.max(1)).zip(told.chunks_exact(outputs.max(1)));
    let (n, right) = pairs.fold((0_usize, 0_usize), |(n, right), (y, told)| {
        (n + 1, right + usize::from(class(told).is_some() && class(y) == class(told)))
    });
    right as f64 / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(numbers: &[f64]) -> Labels {
        Labels { outputs: 1, numbers: numbers.to_vec(), words: Vec::new() }
    }

    fn targets(target: Target, numbers: &[f64]) -> Vec<f64> {
        let labels = labels(numbers);
        let code = Code::of(target, &[&labels]).unwrap();
        let mut y = Vec::new();
        (0..numbers.len()).for_each(|i| code.write(&labels, i, &mut y));
        y
    }

    #[test]
    fn exact_targets() {
        assert_eq!(
            targets(Target::OneHot, &[3.0, 1.0, 7.0]),
            [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
        );
        assert_eq!(targets(Target::Parity, &[0.0, 3.0, -2.0, -3.0]), [1.0, -1.0, 1.0, -1.0]);
        assert_eq!(targets(Target::Value, &[0.5, -3.0]), [0.5, -3.0]);
    }

    #[test]
    fn exact_accuracy() {
        assert_eq!(accuracy(1, &[1.0, -1.0, 1.0, -1.0], &[0.2, -7.0, -0.1, f64::NAN]), 0.5);
        let y = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        assert_eq!(accuracy(2, &y, &[0.5, 0.5, 0.9, 0.8, -2.0, -1.0]), 2.0 / 3.0);
        assert_eq!(accuracy(2, &y[..2], &[1.0, f64::NAN]), 0.0);
    }

    #[test]
    fn statistical_every_other_class_is_as_likely() {
        let stream = Stream::new(5).child("label noise");
        let (n, share) = (40_000, 0.3);
        let mut counts = [0_usize; 4];
        for row in 0..n {
            let mut y = [0.0, 1.0, 0.0, 0.0];
            let replaced = disturb(Noise::Replaced(share), &stream, row, &mut y);
            assert_eq!(y.iter().sum::<f64>(), 1.0);
            assert_eq!(replaced, y[1] == 0.0);
            counts[y.iter().position(|&v| v == 1.0).unwrap()] += 1;
        }
        for (k, due) in [(0, share / 3.0), (1, 1.0 - share), (2, share / 3.0), (3, share / 3.0)] {
            let stderr = (n as f64 * due * (1.0 - due)).sqrt();
            assert!((counts[k] as f64 - n as f64 * due).abs() < 5.0 * stderr, "{counts:?}");
        }
    }

    #[test]
    fn invariant_a_greater_share_keeps_what_a_smaller_one_replaced() {
        let stream = Stream::new(1);
        let flipped = |share, row| {
            let mut y = [1.0];
            disturb(Noise::Replaced(share), &stream, row, &mut y);
            y[0] < 0.0
        };
        for row in 0..1000 {
            assert!(!flipped(0.0, row) && flipped(1.0, row));
            assert!(flipped(0.5, row) || !flipped(0.1, row));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |target, numbers: &[f64], outputs| {
            let labels = Labels { outputs, ..labels(numbers) };
            Code::of(target, &[&labels]).unwrap_err().to_string()
        };
        assert_eq!(
            said(Target::OneHot, &[1.0, 0.5], 1),
            "target: one-hot of the label 0.5 of row 2. A class is a whole number; others are learnt as values."
        );
        assert_eq!(
            said(Target::Parity, &[1.0, 0.0], 2),
            "target: parity of labels of 2 numbers. A class is one number; several are learnt as values."
        );
        let many: Vec<f64> = (0..1001).map(f64::from).collect();
        assert_eq!(
            said(Target::OneHot, &many, 1),
            "target: one-hot of 1001 different labels. There are 2 to 1000 classes."
        );
        assert_eq!(
            said(Target::OneHot, &[4.0, 4.0], 1),
            "target: one-hot of 1 different labels. There are 2 to 1000 classes."
        );
        let refused = |target, noise| {
            let code = Code::of(target, &[&labels(&[0.0, 1.0])]).unwrap();
            code.allows(noise).unwrap_err().to_string()
        };
        assert_eq!(
            refused(Target::Value, Noise::Replaced(0.1)),
            "noise: values are not replaced by those of another class. Values take noise of a standard deviation."
        );
        assert_eq!(
            refused(Target::OneHot, Noise::Gaussian(0.1)),
            "noise: classes take no normal noise. A share of the classes is replaced."
        );
        assert_eq!(
            refused(Target::Parity, Noise::Replaced(1.5)),
            "noise: the share replaced is 1.5. A share is from 0 to 1."
        );
        assert_eq!(
            refused(Target::Value, Noise::Gaussian(f64::NAN)),
            "noise: the standard deviation is NaN. A standard deviation is finite and not negative."
        );
    }
}
