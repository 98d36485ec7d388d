//! Labels beside predictions, as `dp test -d` writes them.

use std::fmt::Write as _;

use atoms::Snapshot;
use atoms::deviation::scientific;
use atoms::model::Mat3;
use atoms::potential::Evaluation;
use ground::Result;

use crate::run_folder::RunFolder;

/// What the names of the files end with.
const ENDS: [&str; 5] = ["e", "e_peratom", "f", "v", "v_peratom"];

/// What is in the files.
#[derive(Debug, Default)]
pub(super) struct Detail {
    texts: [String; 5],
}

impl Detail {
    /// A new system.
    pub(super) fn begin(&mut self, name: &str) {
        let axes = ["xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"];
        let columns = |names: &[&str], letter: &str| {
            let side = |side: &str| {
                names.iter().map(|n| format!("{side}_{letter}{n}")).collect::<Vec<_>>().join(" ")
            };
            format!("{} {}", side("data"), side("pred"))
        };
        let heads = [
            columns(&[""], "e"),
            columns(&[""], "e"),
            columns(&["x", "y", "z"], "f"),
            columns(&axes, "v"),
            columns(&axes, "v"),
        ];
        for (text, head) in self.texts.iter_mut().zip(heads) {
            let _infallible = writeln!(text, "# {name}: {head}");
        }
    }

    /// A frame; labels that are absent stand as zeros, as the reference writes them.
    pub(super) fn add(&mut self, snapshot: &Snapshot, found: &Evaluation) {
        let n = snapshot.len().max(1) as f64;
        let labels = &snapshot.labels;
        let energy = labels.energy.unwrap_or(0.0);
        self.line(0, &[energy, found.energy]);
        self.line(1, &[energy / n, found.energy / n]);
        for (i, force) in found.forces.iter().enumerate() {
            let label = labels.forces.as_ref().map_or([0.0; 3], |all| all[i]);
            self.line(2, &[label, *force].concat());
        }
        let virial: Mat3 = labels.virial.unwrap_or_default();
        let both = [virial.concat(), found.virial.concat()].concat();
        self.line(3, &both);
        self.line(4, &both.iter().map(|v| v / n).collect::<Vec<_>>());
    }

    fn line(&mut self, file: usize, numbers: &[f64]) {
        let words: Vec<String> = numbers.iter().map(|&v| scientific(v, 18)).collect();
        let _infallible = writeln!(self.texts[file], "{}", words.join(" "));
    }

    /// Writes the files: `detail.e.out` and so on.
    pub(super) fn write(self, place: &RunFolder) -> Result<()> {
        let mut files = ENDS.iter().zip(&self.texts);
        files.try_for_each(|(end, text)| place.write(&format!("detail.{end}.out"), text.as_bytes()))
    }
}
