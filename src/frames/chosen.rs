//! Which frames of files and folders are meant: what the command line says.

use std::path::PathBuf;
use std::str::FromStr;

use atoms::Frames;
use atoms::format::Options;
use clap::Args;
use ground::{Error, Result};

use super::{Loaded, named, read};
use crate::progress::say;

/// Which frames of files and folders are meant.
#[derive(Args, Debug)]
pub(crate) struct Chosen {
    /// The format of all of them; without it names and contents say: deepmd/npy, deepmd/raw,
    /// deepmd/npy/mixed, npz, extxyz, vasp/poscar, vasp/outcar, vasp/xml, mlearn
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<String>,
    /// Only these frames of each file or system, counted from 0: begin:end:step, or
    /// one number
    #[arg(long, value_name = "SLICE", allow_hyphen_values = true)]
    pub(crate) frames: Option<Slice>,
}

impl Chosen {
    /// Reads them; what is odd goes to stderr where `aloud`.
    pub(crate) fn read(
        &self,
        paths: &[PathBuf],
        options: Options,
        aloud: bool,
    ) -> Result<Vec<Loaded>> {
        let from = self.from.as_deref().map(|name| named("--from", name)).transpose()?;
        let mut all = read(paths, from, options)?;
        for one in &mut all {
            if aloud {
                one.warnings.iter().for_each(|text| say(&format!("{}: {text}", one.name)));
            }
            if let Some(slice) = self.frames {
                one.numbers = slice.numbers(one.frames.len());
                one.frames = slice.of(std::mem::take(&mut one.frames));
            }
        }
        Ok(all)
    }

    /// Refuses to go on with no frames.
    pub(crate) fn refuse_none(&self, all: &[Loaded]) -> Result<()> {
        if all.iter().any(|one| !one.frames.is_empty()) {
            return Ok(());
        }
        let name = all.first().map_or("", |one| one.name.as_str());
        let (key, allowed) = match self.frames {
            Some(_) => ("--frames", "They are counted from 0; `data info` says how many there are"),
            None => ("", "See what was left out, if anything"),
        };
        Err(Error::input(key, "there are no such frames").allowed(allowed).in_file(name))
    }
}

/// Some of the frames: `begin:end:step`, any of them absent, as in Python, or one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    begin: Option<i64>,
    end: Option<i64>,
    step: usize,
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` are no frames; write one number, begin:end or begin:end:step, counted from \
                 0 without the end, such as 0:100:10"
            )
        };
        let parts: Vec<&str> = text.split(':').map(str::trim).collect();
        let place = |part: &str| match part {
            "" => Ok(None),
            part => part.parse::<i64>().map(Some).map_err(|_| wrong()),
        };
        let (begin, end, step) = match parts[..] {
            [one] => {
                let begin = place(one)?.ok_or_else(wrong)?;
                // The last one ends where all end.
                let end = Some(begin.saturating_add(1)).filter(|end| *end != 0);
                return Ok(Self { begin: Some(begin), end, step: 1 });
            }
            [begin, end] => (begin, end, ""),
            [begin, end, step] => (begin, end, step),
            _ => return Err(wrong()),
        };
        let step = if step.is_empty() { Ok(1) } else { step.parse().map_err(|_| wrong()) }?;
        if step == 0 {
            return Err(wrong());
        }
        Ok(Self { begin: place(begin)?, end: place(end)?, step })
    }
}

impl Slice {
    /// The numbers of these frames, of so many.
    pub(crate) fn numbers(self, count: usize) -> Vec<usize> {
        let [begin, end] = self.ends(count);
        (0..end).skip(begin).step_by(self.step).collect()
    }

    /// These frames.
    pub(crate) fn of(self, frames: Frames) -> Frames {
        let [begin, end] = self.ends(frames.len());
        let kept = frames.snapshots.into_iter().take(end).skip(begin).step_by(self.step);
        Frames { species: frames.species, snapshots: kept.collect() }
    }

    /// Begin and end, of so many frames.
    fn ends(self, count: usize) -> [usize; 2] {
        let n = i64::try_from(count).unwrap_or(i64::MAX);
        let place = |at: Option<i64>, default: i64| {
            let at = at.unwrap_or(default);
            let at = if at < 0 { at + n } else { at };
            usize::try_from(at.clamp(0, n)).unwrap_or(0)
        };
        [place(self.begin, 0), place(self.end, n)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atoms::{Labels, Snapshot};

    #[test]
    fn slices_are_those_of_python() {
        let frame = |x: f64| Snapshot {
            types: [0].into(),
            positions: vec![[x, 0.0, 0.0]],
            cell: None,
            labels: Labels::default(),
        };
        let of = |text: &str| {
            let frames = Frames {
                species: vec!["H".into()],
                snapshots: (0..10).map(|k| frame(f64::from(k))).collect(),
            };
            let kept = text.parse::<Slice>().unwrap().of(frames).snapshots;
            kept.iter().map(|s| s.positions[0][0]).collect::<Vec<_>>()
        };
        assert_eq!(of("0:6:2"), [0.0, 2.0, 4.0]);
        assert_eq!(of("7:"), [7.0, 8.0, 9.0]);
        assert_eq!(of(":2"), [0.0, 1.0]);
        assert_eq!(of("-2:"), [8.0, 9.0]);
        assert_eq!(of("::5"), [0.0, 5.0]);
        assert_eq!(of("1:-7"), [1.0, 2.0]);
        assert!(of("5:2").is_empty() && of("100:").is_empty());
        assert_eq!(of("5"), [5.0]);
        assert_eq!(of("-1"), [9.0]);
        for wrong in ["x", "a:b", "1:2:0", "1:2:-1", "1:2:3:4", ""] {
            assert!(wrong.parse::<Slice>().is_err(), "{wrong}");
        }
        assert!(of(&i64::MAX.to_string()).is_empty());
    }
}
