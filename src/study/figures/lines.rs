//! Records over an axis, with known values, fitted laws, their bands and slope triangles.

use frame::study::axes::Setting;
use frame::study::table::Row;
use frame::{Figure, Mark, Series};
use ground::Result;
use ground::fit::{Centre, Fit, Law};

use super::{Rows, axis, dots, labelled, place_of, words};
use crate::cases::sweep::{Axes, FigureKind, FigureSection};
use crate::study::finish::Come;
use crate::study::fits::{Fitted, Found, with_error};

/// Up to so many series have a slope triangle each.
const TRIANGLES: usize = 3;

/// Points of a curve.
const POINTS: usize = 60;

/// A figure of records over an axis, a series for every combination of the others.
pub(super) fn lines(section: &FigureSection, come: &Come<'_>) -> Result<Vec<Figure>> {
    let Some(across) = axis(come, section.x.as_deref()) else { return Ok(Vec::new()) };
    let logs = [section.kind == FigureKind::LogLog, section.kind != FigureKind::Lines];
    let rows = Rows::of(section, come, &[across]);
    let at = place_of(come, across);
    let several = section.y.iter().count() > 1;
    // Many triangles hide what they are about.
    let many = section.y.iter().count() * rows.groups.len() > TRIANGLES;
    let mut series: Vec<Series> = Vec::new();
    for record in &section.y {
        for (key, own) in &rows.groups {
            let group = words(key, &rows.groups);
            let name = match (several, group.is_empty()) {
                (true, false) => format!("{record}, {group}"),
                (_, true) => record.clone(),
                (false, false) => group,
            };
            let line = Line { record, key, rows: own, at, logs };
            series.extend(line.series(come, across, (name, many))?);
        }
    }
    let first = section.y.iter().next().cloned().unwrap_or_default();
    let x = come.plan.grid.axes[across].names[0].clone();
    let name = section.name.clone().unwrap_or_else(|| first.replace('.', "-"));
    let label = if several { name.replace('-', " ") } else { first.clone() };
    let over = if come.plan.grid.repeats > 1 {
        format!(
            "Each dot is the {} over seeds, with bars of two standard errors.",
            come.plan.sweep.centre(&first).name()
        )
    } else {
        "Bars are two standard errors, where there are any.".to_owned()
    };
    Ok(vec![Figure {
        name,
        title: come.plan.resolved.title.clone(),
        caption: format!(
            "{label} over {x}. {over} Lines are fitted laws in the band that holds them in 95 of 100 \
             studies; broken lines are what is known."
        ),
        x: labelled(&x, logs[0]),
        y: labelled(&label, logs[1]),
        series,
    }])
}

/// One record of one group over an axis.
struct Line<'a> {
    record: &'a str,
    key: &'a [(String, Setting)],
    rows: &'a [&'a Row],
    /// The place of the axis among settings.
    at: usize,
    /// Which axes of the figure are logarithmic.
    logs: [bool; 2],
}

impl Line<'_> {
    /// Its dots, what is known of them, and the law that was fitted.
    fn series(
        &self,
        come: &Come<'_>,
        across: usize,
        (name, many): (String, bool),
    ) -> Result<Vec<Series>> {
        let centre = come.plan.sweep.centre(self.record);
        let points = self.rows.iter().filter_map(|row| {
            let x = row.settings[self.at].number()?;
            let summary = row.summary(self.record, centre);
            Some(([x, summary.value()?], summary.stderr().unwrap_or(0.0)))
        });
        let points: Vec<_> = points.filter(|([_, y], _)| *y > 0.0 || !self.logs[1]).collect();
        if points.is_empty() {
            return Ok(Vec::new());
        }
        let along = &come.plan.grid.axes[across].names[0];
        let fitted = come.fits.iter().find(|f| {
            f.question.of == self.record && f.question.along == *along && f.at == self.key
        });
        let slope = fitted.and_then(slope).filter(|_| many && self.logs[0]);
        let name = slope.map_or(name.clone(), |slope| format!("{name}, slope {slope}"));
        let by_factors = centre == Centre::GeometricMean;
        let line = points.iter().map(|(point, _)| *point).collect();
        let mut series = vec![Series { by_factors, ..dots(name, points) }];
        series.extend(known(come, self.record, self.rows, self.at)?);
        if !self.logs[1] && fitted.is_none() {
            series.push(Series::new("", Mark::Line, line).beside());
        }
        if let Some(fitted) = fitted {
            series.extend(law(fitted, self.rows, self.at, self.logs[0] && !many));
        }
        Ok(series)
    }
}

/// The slope of a power law.
fn slope(fitted: &Fitted) -> Option<String> {
    let Ok(Found::Law { best, .. }) = &fitted.found else { return None };
    let exponent = best.parameter("exponent").ok().filter(|_| best.law == Law::Power)?;
    Some(with_error(exponent.value, exponent.stderr))
}

/// What a record should be.
fn known(come: &Come<'_>, record: &str, rows: &[&Row], at: usize) -> Result<Option<Series>> {
    let Some(text) = come.plan.sweep.known.get(record) else { return Ok(None) };
    let axes = Axes::of(&come.plan.grid);
    let mut points = Vec::new();
    for row in rows {
        let settings: Vec<(&str, &Setting)> =
            come.table.names.iter().map(String::as_str).zip(&row.settings).collect();
        let value = axes.value(&format!("sweep.known.{record}"), text, &settings)?;
        points.push([row.settings[at].number().unwrap_or(f64::NAN), value]);
    }
    Ok(Some(Series::new("known", Mark::Broken, points).beside()))
}

/// A fitted law, its band, and the triangle of its slope.
fn law(fitted: &Fitted, rows: &[&Row], at: usize, triangles: bool) -> Vec<Series> {
    let Ok(found) = &fitted.found else { return Vec::new() };
    let places = rows.iter().filter_map(|row| row.settings[at].number());
    let (low, high) = places.fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(x), b.max(x)));
    match found {
        Found::Law { best, .. }
            if low > 0.0 || matches!(best.law, Law::Constant | Law::Exponential) =>
        {
            let x = |k: usize| {
                let t = k as f64 / (POINTS - 1) as f64;
                if low > 0.0 { low * (high / low).powf(t) } else { low + (high - low) * t }
            };
            let band: Vec<(f64, [f64; 2])> = (0..POINTS)
                .map(|k| {
                    let band = best.predict(x(k));
                    (x(k), [band.low, band.high])
                })
                .collect();
            let line = (0..POINTS).map(|k| [x(k), best.predict(x(k)).value]).collect();
            let mut series =
                vec![Series::band("", &band).beside(), Series::new("", Mark::Line, line).beside()];
            if triangles && best.law == Law::Power {
                series.extend(triangle(best, [low, high]));
            }
            series
        }
        Found::Change(change) => {
            let place = change.at.into_iter();
            let ends = [change.plateau, change.threshold];
            place
                .map(|x| Series::new("", Mark::Broken, ends.map(|y| [x, y]).to_vec()).beside())
                .collect()
        }
        Found::Law { .. } | Found::Limit(_) => Vec::new(),
    }
}

/// A triangle whose long side has the slope of the law, above the line: across by a third of the decades.
fn triangle(fit: &Fit, [low, high]: [f64; 2]) -> Option<Series> {
    let exponent = fit.parameter("exponent").ok()?;
    let x = [1.0 / 3.0, 2.0 / 3.0].map(|t| low * (high / low).powf(t));
    let y = x.map(|x| 1.6 * fit.predict(x).value);
    let slope = with_error(exponent.value, exponent.stderr);
    let corner = if y[0] > y[1] { [x[1], y[0]] } else { [x[0], y[1]] };
    let points = vec![[x[0], y[0]], corner, [x[1], y[1]], [x[0], y[0]]];
    Some(Series::new(format!("slope {slope}"), Mark::Line, points).beside())
}

/// One record against another, a series for every combination of the axes but the first with numbers.
pub(super) fn work_precision(section: &FigureSection, come: &Come<'_>) -> Figure {
    let across: Vec<usize> = axis(come, None).into_iter().collect();
    let rows = Rows::of(section, come, &across);
    let work = section.x.clone().unwrap_or_else(|| "seconds".to_owned());
    let mut series = Vec::new();
    for record in &section.y {
        for (key, own) in &rows.groups {
            let points = own.iter().filter_map(|row| {
                let cost = row.summary(&work, come.plan.sweep.centre(&work)).value()?;
                let error = row.summary(record, come.plan.sweep.centre(record));
                Some(([cost, error.value()?], error.stderr().unwrap_or(0.0)))
            });
            let points: Vec<_> = points.filter(|([x, y], _)| *x > 0.0 && *y > 0.0).collect();
            let group = words(key, &rows.groups);
            let name = if group.is_empty() { record.clone() } else { group };
            let line = points.iter().map(|(point, _)| *point).collect();
            series.push(dots(name, points));
            series.push(Series::new("", Mark::Line, line).beside());
        }
    }
    let first = section.y.iter().next().cloned().unwrap_or_default();
    Figure {
        name: section.name.clone().unwrap_or_else(|| "work-precision".to_owned()),
        title: come.plan.resolved.title.clone(),
        caption: format!(
            "{first} against {work}: what a precision costs. Lower and further left is better."
        ),
        x: labelled(&work, true),
        y: labelled(&first, true),
        series,
    }
}
