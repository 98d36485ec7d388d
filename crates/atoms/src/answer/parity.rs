//! Predictions against labels as pictures: energies, force components and virials.
//!
//! Few numbers are dots. Many are counted in the cells of a grid, so that a picture of a million is as
//! small as one of ten thousand, and one that is far from all others is still seen.

use frame::{Axis, Figure, Mark, Series};

use crate::model::Snapshot;
use crate::potential::Evaluation;

/// Dots in a picture; more are counted in cells.
const DOTS: usize = 2000;
/// Cells along each side of a picture.
const CELLS: usize = 100;
/// Systems with a colour each; more have one together.
const COLOURS: usize = 8;

/// Pairs of label and prediction, by what they have a colour for.
type Groups = Vec<(String, Vec<[f64; 2]>)>;

/// Every label beside its prediction.
#[derive(Clone, Debug)]
pub struct Parity {
    /// E/N by system.
    energies: Groups,
    /// Components of forces by species.
    forces: Groups,
    /// Components of virials over N, diagonal and not.
    virials: Groups,
}

/// What a picture shows.
struct Shown {
    name: &'static str,
    title: &'static str,
    /// The quantity with its unit.
    axis: &'static str,
    /// The things counted.
    things: &'static str,
}

impl Parity {
    /// Nothing yet, of these species.
    pub fn new(species: &[String]) -> Self {
        let empty =
            |names: &[String]| names.iter().map(|name| (name.clone(), Vec::new())).collect();
        Self {
            energies: Vec::new(),
            forces: empty(species),
            virials: empty(&["diagonal", "off the diagonal"].map(String::from)),
        }
    }

    /// A new system.
    pub fn begin(&mut self, name: &str) {
        self.energies.push((name.to_owned(), Vec::new()));
    }

    /// A frame; what has no label is left out.
    pub fn add(&mut self, snapshot: &Snapshot, found: &Evaluation) {
        let n = snapshot.len().max(1) as f64;
        let labels = &snapshot.labels;
        if let (Some(label), Some((_, system))) = (labels.energy, self.energies.last_mut()) {
            system.push([label / n, found.energy / n]);
        }
        for (i, label) in labels.forces.iter().flatten().enumerate() {
            let pairs = label.iter().zip(&found.forces[i]).map(|(a, b)| [*a, *b]);
            self.forces[snapshot.types[i] as usize].1.extend(pairs);
        }
        for (i, row) in labels.virial.iter().flatten().enumerate() {
            for (k, label) in row.iter().enumerate() {
                let pair = [label / n, found.virial[i][k] / n];
                self.virials[usize::from(i != k)].1.push(pair);
            }
        }
    }

    /// The pictures, of what has labels.
    pub fn figures(self) -> Vec<Figure> {
        let mut energies = self.energies;
        energies.retain(|(_, pairs)| !pairs.is_empty());
        if energies.len() > COLOURS {
            let all = energies.into_iter().flat_map(|(_, pairs)| pairs).collect();
            energies = vec![("frames".to_owned(), all)];
        }
        let energy =
            Shown { name: "energy", title: "Energy per atom", axis: "E/N (eV)", things: "frames" };
        let force = Shown {
            name: "force",
            title: "Force components",
            axis: "F (eV/Å)",
            things: "components of forces, coloured by the species of their atom",
        };
        let virial = Shown {
            name: "virial",
            title: "Virial per atom",
            axis: "Ξ/N (eV)",
            things: "components of virials over the number of atoms",
        };
        let all = [(energy, energies), (force, self.forces), (virial, self.virials)];
        all.into_iter().filter_map(|(shown, groups)| figure(&shown, groups)).collect()
    }
}

/// Predictions against labels, both axes over the same values; None without any.
fn figure(shown: &Shown, mut groups: Groups) -> Option<Figure> {
    for (_, pairs) in &mut groups {
        pairs.retain(|pair| pair.iter().all(|v| v.is_finite()));
    }
    groups.retain(|(_, pairs)| !pairs.is_empty());
    // What there is most of lies below.
    groups.sort_by_key(|(_, pairs)| std::cmp::Reverse(pairs.len()));
    let all = || groups.iter().flat_map(|(_, pairs)| pairs.iter().flatten().copied());
    let range = [all().reduce(f64::min)?, all().reduce(f64::max)?];
    let count: usize = groups.iter().map(|(_, pairs)| pairs.len()).sum();
    let many = count > DOTS;
    let one = |(name, pairs): (String, Vec<[f64; 2]>)| {
        if many {
            Series::cells(name, &pairs, range, CELLS)
        } else {
            Series::new(name, Mark::Dots, pairs)
        }
    };
    let mut series: Vec<Series> = groups.into_iter().map(one).collect();
    let most = series.iter().flat_map(|series| &series.counts).max().copied().unwrap_or(1);
    let line = vec![[range[0]; 2], [range[1]; 2]];
    series.push(Series::new("predicted as labelled", Mark::Broken, line));
    let how = if many {
        format!(
            "They are counted in {CELLS} by {CELLS} cells, the darker the more, up to {most} in one; a \
             cell that holds a single one is drawn too"
        )
    } else {
        "Each is a dot".to_owned()
    };
    Some(Figure {
        name: shown.name.to_owned(),
        title: format!("{}: predicted against labelled", shown.title),
        caption: format!(
            "{count} {}. {how}. On the broken line a prediction is its label; the distance from it, \
             upward, is the error.",
            shown.things
        ),
        x: Axis::linear(format!("{}, labelled", shown.axis)),
        y: Axis::linear(format!("{}, predicted", shown.axis)),
        series,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(n: usize) -> Figure {
        let pair = |k: usize| [(k as f64).sin(), (k as f64).sin() + 0.01 * (7.0 * k as f64).cos()];
        let mut pairs: Vec<[f64; 2]> = (0..n).map(pair).collect();
        pairs.push([0.5, -0.9]);
        let shown = Shown { name: "a", title: "A", axis: "a (eV)", things: "numbers" };
        let few = vec![[0.0, 0.1], [f64::NAN, 0.0]];
        figure(&shown, vec![("few".to_owned(), few), ("many".to_owned(), pairs)]).unwrap()
    }

    #[test]
    fn few_are_dots_and_many_are_cells() {
        let few = drawn(30);
        let marks = |figure: &Figure| figure.series.iter().map(|s| s.mark).collect::<Vec<_>>();
        assert_eq!(marks(&few), [Mark::Dots, Mark::Dots, Mark::Broken]);
        assert_eq!((few.series[0].name.as_str(), few.series[0].points.len()), ("many", 31));
        assert_eq!(few.series[1].points.len(), 1, "what is not finite is nowhere");
        let many = drawn(100_000);
        assert_eq!(marks(&many), [Mark::Cells, Mark::Cells, Mark::Broken]);
        assert_eq!(many.series[0].counts.iter().sum::<usize>(), 100_001);
        let lone = many.series[0].points.iter().filter(|p| p[0] > 0.45 && p[1] < -0.85);
        assert_eq!(lone.count(), 1, "one far from all others");
        assert!(many.caption.starts_with("100002 numbers. They are counted in 100 by 100 cells"));
        assert!(drawn(1_000_000).series[0].points.len() < 1000);
    }

    #[test]
    fn nothing_gives_no_picture() {
        assert!(Parity::new(&["O".to_owned()]).figures().is_empty());
    }
}
