//! `data split`: frames parted at random, the same way for the same seed.

use std::fs;
use std::path::PathBuf;

use atoms::Frames;
use atoms::format::{Format, Precision};
use clap::Args;
use ground::stream::Stream;
use ground::{Error, Result};

use super::{Given, counted};
use crate::failure::{Outcome, code};
use crate::frames;
use crate::place;
use crate::print;
use crate::progress::say;

/// The arguments of `data split`.
#[derive(Args, Debug)]
pub(super) struct Split {
    #[command(flatten)]
    given: Given,
    /// Shares that sum to 1; two are called train and valid, three train, valid and test
    #[arg(long, value_name = "SHARES", default_value = "0.8,0.1,0.1")]
    parts: String,
    /// Which shuffle
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Do not shuffle: the first frames are the first part
    #[arg(long, conflicts_with = "seed")]
    by_order: bool,
    /// The format of the parts; without it that of the input, or deepmd/npy
    #[arg(long, value_name = "FORMAT")]
    to: Option<String>,
    /// A new folder, in it one part each
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Split {
    /// Does it.
    pub(super) fn act(self) -> Outcome {
        let to = self.to.as_deref().map(|name| frames::named("--to", name)).transpose()?;
        let shares = shares(&self.parts)?;
        place::refuse(&self.out)?;
        let all = self.given.read(true)?;
        self.given.chosen.refuse_none(&all)?;
        let read = all.first().map(|one| one.format).filter(|format| format.is_written());
        let format = to.or(read.filter(|f| *f != Format::Poscar)).unwrap_or(Format::DeepmdNpy);
        let frames = frames::together(all);
        let counts = counts(&shares, frames.len())?;
        let order = order(frames.len(), self.seed, self.by_order);
        let draft = place::draft(&self.out)?;
        let folder = draft.path().join("parts");
        fs::create_dir(&folder).map_err(|e| Error::io(self.out.display().to_string(), e))?;
        let mut lines = Vec::new();
        let mut begin = 0;
        for (k, count) in counts.iter().enumerate() {
            let own = &order[begin..begin + count];
            begin += count;
            let snapshots = own.iter().map(|&i| frames.snapshots[i].clone()).collect();
            let part = Frames { species: frames.species.clone(), snapshots };
            let name = file_name(k, counts.len(), format);
            let lost = frames::write(&part, format, Precision::Double, &folder.join(&name))?;
            for text in lost.iter().filter(|_| k == 0) {
                say(text);
            }
            let path = self.out.join(&name);
            lines.push(format!("{} in {}", counted(*count), path.display()));
        }
        place::settle(&folder, &self.out)?;
        print::answer(&lines.join("\n"))?;
        Ok(code::CONVERGED)
    }
}

fn shares(text: &str) -> Result<Vec<f64>> {
    let wrong = |found: String| {
        Error::input("--parts", found).allowed("Positive shares that sum to 1, such as 0.8,0.1,0.1")
    };
    let one = |word: &str| {
        let share = word.trim().parse::<f64>().ok().filter(|s| s.is_finite() && *s > 0.0);
        share.ok_or_else(|| wrong(format!("`{word}` is no share")))
    };
    let shares: Vec<f64> = text.split(',').map(one).collect::<Result<_>>()?;
    let sum: f64 = shares.iter().sum();
    if (sum - 1.0).abs() > 1e-9 {
        let sum = (sum * 1e9).round() / 1e9;
        return Err(wrong(format!("these shares sum to {sum}")));
    }
    Ok(shares)
}

/// Frames of each part: as near to the shares as whole numbers can be, every frame in one.
fn counts(shares: &[f64], n: usize) -> Result<Vec<usize>> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to n")]
    let at = |sum: f64| ((sum * n as f64).round() as usize).min(n);
    let mut begin = 0;
    let mut sum = 0.0;
    let mut counts = Vec::new();
    for (k, share) in shares.iter().enumerate() {
        sum += share;
        let end = if k + 1 == shares.len() { n } else { at(sum).max(begin) };
        counts.push(end - begin);
        begin = end;
    }
    match counts.iter().position(|count| *count == 0) {
        Some(k) => Err(Error::input("--parts", format!("part {} of {n} frames is empty", k + 1))
            .allowed("Give larger shares or more frames")),
        None => Ok(counts),
    }
}

/// Which frame stands where.
fn order(n: usize, seed: u64, by_order: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    if !by_order {
        let stream = Stream::new(seed).child("split");
        // Two frames with the same words keep their order.
        order.sort_by_cached_key(|&i| stream.words(i as u64, 0, 0));
    }
    order
}

fn file_name(k: usize, parts: usize, format: Format) -> String {
    let name = match (parts, k) {
        (2 | 3, 0) => "train".to_owned(),
        (2 | 3, 1) => "valid".to_owned(),
        (3, 2) => "test".to_owned(),
        _ => format!("part-{}", k + 1),
    };
    match format {
        Format::ExtXyz => format!("{name}.xyz"),
        Format::Mlearn => format!("{name}.json"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_in_one_part() {
        for n in [3, 10, 17, 400] {
            assert_eq!(counts(&[0.4, 0.3, 0.3], n).unwrap().iter().sum::<usize>(), n);
            let mut all = order(n, 7, false);
            assert_eq!(all, order(n, 7, false));
            all.sort_unstable();
            assert_eq!(all, order(n, 7, true));
        }
        assert_eq!(counts(&[0.8, 0.1, 0.1], 400).unwrap(), [320, 40, 40]);
        assert_ne!(order(40, 1, false), order(40, 2, false));
        assert!(counts(&[0.99, 0.01], 10).is_err());
    }
}
