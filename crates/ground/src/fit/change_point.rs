//! Where y leaves its plateau.
//!
//! The plateau is the median or the minimum of the centres of the first or the last k points, the threshold
//! a factor times that. Seen from the plateau, the change point is the first crossing of the threshold from
//! inside to outside, linear in ln y over ln x between two neighbours. A factor above 1 asks for a rise out
//! of the plateau, one below 1 for a fall. There may be none.
//!
//! The interval draws seeds, as [`super::bootstrap`] does, plateau and all; a resample without a crossing has
//! its change point beyond the other end, at ∞ or 0: the interval is open where many have none.

use super::bootstrap::{Resampling, interval};
use super::points::{quantile, sorted};
use super::{Centre, Points};
use crate::{Error, Result, par};

/// Where the plateau lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At the smallest x.
    First,
    /// At the largest x.
    Last,
}

/// What stands for a plateau.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The median of its points.
    Median,
    /// The least of its points.
    Minimum,
}

/// What the plateau is, and what leaving it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlateauRule {
    /// Where it lies.
    pub end: End,
    /// How many points it has.
    pub points: usize,
    /// What stands for it.
    pub by: By,
    /// The threshold, as a multiple of the plateau: above 1 for a rise, below 1 for a fall.
    pub factor: f64,
}

/// Where y leaves its plateau.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangePoint {
    /// The x of the crossing; `None` when there is none.
    pub at: Option<f64>,
    /// The interval over seeds; `None` with one seed. An end may be 0 or ∞: no crossing before that.
    pub ci95: Option<[f64; 2]>,
    /// The share of resamples that have a crossing; `None` with one seed.
    pub resampled: Option<f64>,
    /// The plateau.
    pub plateau: f64,
    /// The value that is crossed.
    pub threshold: f64,
    /// How many single seeds have a crossing of their own.
    pub seeds_with: usize,
    /// How many seeds there are.
    pub seeds: usize,
    /// What stood for the values at an x.
    pub centre: Centre,
    /// What the plateau was taken to be.
    pub rule: PlateauRule,
}

/// Finds where the centres leave the plateau.
///
/// Fails for x or values that are not positive, for x that are equal, for a plateau without points or
/// without a point beside it, and for a factor that is 1 or not positive.
pub fn change_point(
    points: &Points,
    centre: Centre,
    rule: &PlateauRule,
    resampling: &Resampling,
) -> Result<ChangePoint> {
    check(points, rule)?;
    let found = crossing(points, centre, rule)?;
    let seeds = points.seeds();
    let alone = |j: usize| points.of_seed(j).filter(|one| one.len() > rule.points);
    let crosses =
        |one: Points| matches!(crossing(&one, centre, rule), Ok(Crossing { at: Some(_), .. }));
    let seeds_with = (0..seeds).filter_map(alone).filter(|one| crosses(one.clone())).count();
    let (mut ci95, mut resampled) = (None, None);
    if seeds > 1 {
        resampling.check(seeds)?;
        let beyond = if rule.end == End::First { f64::INFINITY } else { 0.0 };
        let resample = |k: usize| {
            let drawn = points.drawn(&resampling.draws(k, seeds))?;
            crossing(&drawn, centre, rule).ok().map(|found| found.at)
        };
        let places: Vec<Option<f64>> =
            par::map(resampling.resamples, resample).into_iter().flatten().collect();
        if !places.is_empty() {
            let with = places.iter().flatten().count();
            resampled = Some(with as f64 / places.len() as f64);
            let ends: Vec<f64> = places.iter().map(|at| at.unwrap_or(beyond)).collect();
            ci95 = Some(interval(&ends, seeds));
        }
    }
    let Crossing { at, plateau } = found;
    let threshold = rule.factor * plateau;
    let rule = *rule;
    Ok(ChangePoint { at, ci95, resampled, plateau, threshold, seeds_with, seeds, centre, rule })
}

/// A crossing and the plateau it was measured by.
struct Crossing {
    at: Option<f64>,
    plateau: f64,
}

/// The crossing of the centres.
fn crossing(points: &Points, centre: Centre, rule: &PlateauRule) -> Result<Crossing> {
    let cells = points.cells(centre)?;
    if let Some(cell) = cells.iter().find(|cell| cell.value <= 0.0) {
        let found = format!(
            "a change point needs positive data, the value at x = {} is {}",
            cell.x, cell.value
        );
        return Err(Error::input("change-point", found).allowed("It is read off logarithms"));
    }
    let mut places: Vec<[f64; 2]> =
        cells.iter().map(|cell| [cell.x.ln(), cell.value.ln()]).collect();
    if rule.end == End::Last {
        places.reverse();
    }
    let values = sorted(&places[..rule.points].iter().map(|place| place[1]).collect::<Vec<_>>());
    let plateau = match rule.by {
        By::Minimum => values[0],
        By::Median => quantile(&values, 0.5),
    };
    let threshold = plateau + rule.factor.ln();
    let outside = |z: f64| if rule.factor > 1.0 { z > threshold } else { z < threshold };
    let at =
        places.windows(2).find(|pair| !outside(pair[0][1]) && outside(pair[1][1])).map(|pair| {
            let [[u, z], [next_u, next_z]] = [pair[0], pair[1]];
            (u + (threshold - z) / (next_z - z) * (next_u - u)).exp()
        });
    Ok(Crossing { at, plateau: plateau.exp() })
}

/// Refuses rules and x that have no answer.
fn check(points: &Points, rule: &PlateauRule) -> Result<()> {
    let wrong =
        |found: String, allowed: &str| Err(Error::input("change-point", found).allowed(allowed));
    let (n, k) = (points.len(), rule.points);
    if k == 0 || k >= n {
        let found = format!("a plateau of {k} points was asked among {n}");
        return wrong(found, "It has 1 point at least and leaves 1 beside it");
    }
    if !(rule.factor.is_finite() && rule.factor > 0.0 && rule.factor != 1.0) {
        let found = format!("the factor is {}", rule.factor);
        return wrong(found, "It is above 1 for a rise, between 0 and 1 for a fall");
    }
    if points.x()[0] <= 0.0 {
        let found = format!("a change point needs positive x, one is {}", points.x()[0]);
        return wrong(found, "It is read off logarithms");
    }
    if let Some([x, ..]) = points.x().windows(2).find(|pair| pair[0] == pair[1]) {
        let found = format!("x = {x} is there twice");
        return wrong(found, "Give its values as seeds of one point");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
