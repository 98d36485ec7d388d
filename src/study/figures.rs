//! The figures of a study: records over an axis with the fitted laws, heat maps, error against cost.

use frame::study::axes::Setting;
use frame::study::table::Row;
use frame::{Axis, Figure, Series};
use ground::Result;

mod heat;
mod learning;
mod lines;

pub(crate) use learning::learning;

use super::finish::Come;
use crate::cases::sweep::{FigureKind, FigureSection};

/// All of them.
pub(crate) fn all(come: &Come<'_>) -> Result<Vec<Figure>> {
    let mut figures: Vec<Figure> = Vec::new();
    for section in &come.plan.sweep.figure {
        let more = match section.kind {
            FigureKind::HeatMap => heat::maps(section, come)?,
            FigureKind::WorkPrecision => vec![lines::work_precision(section, come)],
            FigureKind::LogLog | FigureKind::Log | FigureKind::Lines => {
                lines::lines(section, come)?
            }
        };
        for mut figure in more {
            let alike = figures.iter().filter(|other| other.name == figure.name).count();
            if alike > 0 {
                figure.name = format!("{}-{}", figure.name, alike + 1);
            }
            figures.push(figure);
        }
    }
    Ok(figures)
}

/// Rows of a figure: those that are meant, with the settings of the axes that are not across.
struct Rows<'a> {
    /// Groups, each with its name and its rows in order.
    groups: Vec<Group<'a>>,
}

/// The settings that a group has in common, and its rows.
type Group<'a> = (Vec<(String, Setting)>, Vec<&'a Row>);

impl<'a> Rows<'a> {
    /// Grouped by all axes but some.
    fn of(section: &FigureSection, come: &'a Come<'_>, across: &[usize]) -> Self {
        let grid = &come.plan.grid;
        let mut groups: Vec<Group<'a>> = Vec::new();
        for (k, row) in come.table.rows.iter().enumerate() {
            let place = grid.place(k);
            let settings = grid.settings(&place);
            let meant = |(name, item): (&String, &crate::cases::sweep::Item)| {
                settings.iter().any(|(known, s)| known == name && **s == item.setting())
            };
            if !section.at.iter().all(meant) {
                continue;
            }
            let own = |name: &str| {
                across.iter().any(|axis| grid.axes[*axis].names.iter().any(|known| known == name))
            };
            let key: Vec<(String, Setting)> = settings
                .iter()
                .filter(|(name, _)| !own(name))
                .map(|(name, s)| ((*name).to_owned(), (*s).clone()))
                .collect();
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        Self { groups }
    }
}

/// The settings of a group in words, those that are the same in all groups left out.
fn words(key: &[(String, Setting)], groups: &[Group<'_>]) -> String {
    let varies = |k: usize| groups.iter().any(|(other, _)| other[k].1 != key[k].1);
    let word = |(name, setting): &(String, Setting)| match setting {
        Setting::Word(word) => word.clone(),
        other => format!("{name} = {other}"),
    };
    let all = key.iter().enumerate().filter(|(k, _)| varies(*k)).map(|(_, pair)| word(pair));
    all.collect::<Vec<_>>().join(", ")
}

/// The place of a setting among the settings of a row.
fn place_of(come: &Come<'_>, axis: usize) -> usize {
    come.plan.grid.axes[..axis].iter().map(|axis| axis.names.len()).sum()
}

/// The axis of a name; else the first that has several numbers.
fn axis(come: &Come<'_>, name: Option<&str>) -> Option<usize> {
    let grid = &come.plan.grid;
    match name {
        Some(name) => grid.axis(name).or_else(|| grid.axis(&crate::cases::sweep::last(name))),
        None => grid.first_of_numbers(),
    }
}

/// An axis of a figure.
fn labelled(name: &str, logarithmic: bool) -> Axis {
    if logarithmic { Axis::logarithmic(name) } else { Axis::linear(name) }
}

/// A record's dots over the numbers of a group.
fn dots(name: String, points: Vec<([f64; 2], f64)>) -> Series {
    let (points, errors) = points.into_iter().unzip();
    Series::dots(name, points, errors)
}
