//! The page of a run: what was solved, how well, and what to try next.
//!
//! It is written for somebody who never saw the program. A page is data first, kept as `report.json` in the run folder, so that `esperance report` can
//! write it again; `report.html` is that data as one file that needs no network and no script.

pub(crate) mod advice;
mod budget;
mod cells;
mod curves;
pub(crate) mod draw;
mod heat;
mod learning;
mod legend;
pub(crate) mod page;
pub(crate) mod pdf;
pub(crate) mod png;
mod policy;
mod scale;
mod solved;
mod style;

use frame::{Axis, Figure, Forecast, Mark, Report, Series, Sheet, Trace, Verdict};
use ground::estimate::Estimate;
use ground::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cases::{Family, Resolved};
use crate::machine::machine;
use crate::progress::human;
use crate::run_folder::{CASE, FIGURES, PAGE, RunFolder, SHOWN};
use crate::verb::cite;
use advice::Advice;

/// Everything a page says, but the case itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Page {
    /// One line that says what is solved.
    pub(crate) title: String,
    /// `u(0, 0) = 4.590147(26)`; none without an answer.
    pub(crate) answer: Option<String>,
    /// `[4.590095, 4.590199]`.
    pub(crate) interval: Option<String>,
    /// The word of the published schema.
    pub(crate) verdict: String,
    /// What it means.
    pub(crate) meaning: String,
    /// What it rests on, reason by reason.
    pub(crate) reasons: Vec<String>,
    /// The error budget.
    pub(crate) error: Option<Sheet>,
    /// What the family says.
    pub(crate) tables: Vec<Sheet>,
    /// The pictures.
    pub(crate) figures: Vec<Figure>,
    /// What to try next.
    pub(crate) next: Vec<Advice>,
    /// How to run it again.
    pub(crate) again: String,
    /// How the page came about: a topic and a fact.
    pub(crate) made: Vec<(String, String)>,
    /// Keys of the references it rests on, and what they are.
    pub(crate) cites: Vec<(String, String)>,
}

/// A run, as a page sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    /// Its case.
    pub(crate) resolved: &'a Resolved,
    /// What was forecast.
    pub(crate) forecast: &'a Forecast,
    /// Its folder; none where it is kept in memory alone.
    pub(crate) place: Option<&'a RunFolder>,
    /// Seconds from start to end.
    pub(crate) seconds: f64,
}

impl Run<'_> {
    /// Its folder as a command writes it.
    fn folder(&self) -> String {
        self.place.map_or_else(|| "RUN".to_owned(), |place| place.path.display().to_string())
    }

    /// A file of its folder as a command writes it.
    fn file(&self, name: &str) -> String {
        self.place.map_or_else(|| format!("RUN/{name}"), |place| place.name_of(name))
    }

    /// Its case as a command writes it.
    fn case(&self) -> String {
        let name = || self.resolved.case.name.clone();
        self.place.map_or_else(name, |place| place.name_of(CASE))
    }
}

impl Page {
    /// The page of a run that answered; `object` is the published object.
    pub(crate) fn answered(
        run: &Run<'_>,
        report: &Report,
        object: &Map<String, Value>,
    ) -> Result<Self> {
        let known = run.resolved.known()?;
        let text = report.answer.to_string();
        let mut page = Self::of(run, &report.verdict, &report.trace, object);
        page.answer = text.lines().next().map(str::to_owned);
        let unit = object.get("answer").and_then(|answer| answer.get("unit")?.as_str());
        let unit = unit.map_or_else(String::new, |unit| format!(" {unit}"));
        page.interval = Some(interval(report.answer.headline()) + &unit);
        page.error = Some(budget::table(&report.error, run.resolved.family()));
        page.tables = report.answer.sheets(&known);
        page.figures.splice(0..0, report.answer.figures(&known).into_iter().map(Figure::finite));
        page.next = advice::of(run, report, object);
        Ok(page)
    }

    /// The page of a run that has no answer.
    pub(crate) fn unanswered(run: &Run<'_>, verdict: &Verdict, trace: &Trace) -> Self {
        let mut page = Self::of(run, verdict, trace, &Map::new());
        page.next = advice::without_answer(run, verdict);
        page
    }

    fn of(run: &Run<'_>, verdict: &Verdict, trace: &Trace, object: &Map<String, Value>) -> Self {
        let mut keys = run.forecast.cites.clone();
        keys.sort();
        keys.dedup();
        let cites = keys.into_iter().map(|key| (cite::words(&key), key)).map(|(w, k)| (k, w));
        let family = run.resolved.family();
        let learning = match family {
            Family::Paths => learning::figures(trace, object),
            Family::Atoms => curves::figures(trace, object),
            Family::Control => policy::figures(trace, object),
            Family::Lab => descending(trace),
            Family::Program => Vec::new(),
        };
        Self {
            title: run.resolved.title.clone(),
            answer: None,
            interval: None,
            verdict: verdict.word().to_owned(),
            meaning: solved::meaning(verdict, family).to_owned(),
            reasons: reasons(verdict),
            error: None,
            tables: Vec::new(),
            figures: learning.into_iter().map(Figure::finite).collect(),
            next: Vec::new(),
            again: advice::command(run, &[]),
            made: made(run),
            cites: cites.collect(),
        }
    }

    /// The top of the page as a piece of HTML: the answer, its verdict and its errors.
    pub(crate) fn top(&self) -> String {
        solved::top(self)
    }

    /// Writes the page and its data.
    pub(crate) fn write(&self, place: &RunFolder) -> Result<()> {
        let data = serde_json::to_string(self)
            .map_err(|e| Error::bug(format!("a page cannot be written: {e}")))?;
        place.write(SHOWN, data.as_bytes())?;
        self.render(place)
    }

    /// The data of the page of a run.
    pub(crate) fn read(place: &RunFolder) -> Result<Self> {
        let text = place.text(SHOWN)?;
        serde_json::from_str(&text).map_err(|_| {
            Error::input("", "this is not what a page is made of")
                .allowed("Solve the case again, or use the version that wrote it")
                .in_file(&place.name_of(SHOWN))
        })
    }

    /// Writes `report.html`.
    pub(crate) fn render(&self, place: &RunFolder) -> Result<()> {
        let html = solved::html(self, &place.text(CASE)?);
        place.write(PAGE, html.as_bytes())
    }
}

/// Writes every picture as a file `figures/<name>.<ending>`; returns where.
pub(crate) fn pictures(figures: &[Figure], place: &RunFolder, as_png: bool) -> Result<Vec<String>> {
    let inside = place.inside(FIGURES)?;
    let mut written = Vec::new();
    for figure in figures {
        let svg = draw::standalone(figure);
        let (ending, bytes) =
            if as_png { ("png", png::png(&svg)?) } else { ("svg", svg.into_bytes()) };
        let name = format!("{}.{ending}", figure.name);
        inside.write(&name, &bytes)?;
        written.push(inside.name_of(&name));
    }
    Ok(written)
}

/// `[4.590095, 4.590199]`: as many places as show two digits of the standard error.
fn interval(answer: Estimate) -> String {
    let (low, high) = answer.interval95();
    let places = if answer.stderr.is_finite() && answer.stderr > 0.0 {
        (1.0 - answer.stderr.log10().floor()).clamp(0.0, 12.0)
    } else {
        6.0
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 12")]
    let places = places as usize;
    format!("[{low:.places$}, {high:.places$}]")
}

/// The reasons of a verdict: what is joined by semicolons, but for what a reason says to try.
fn reasons(verdict: &Verdict) -> Vec<String> {
    let (Verdict::NotSettled { why } | Verdict::Contradicted { why }) = verdict else {
        return match verdict {
            Verdict::Converged => Vec::new(),
            other => vec![other.to_string()],
        };
    };
    let mut all: Vec<String> = Vec::new();
    for part in why.split("; ") {
        match all.last_mut().filter(|_| part.starts_with("try ")) {
            Some(last) => {
                last.push_str("; ");
                last.push_str(part);
            }
            None => all.push(part.to_owned()),
        }
    }
    all
}

fn made(run: &Run<'_>) -> Vec<(String, String)> {
    let own = &run.resolved.run;
    let mut rows = vec![("case".to_owned(), run.resolved.case.name.clone())];
    rows.extend(program());
    let rest = [
        ("threads", own.threads.to_string()),
        ("seed", own.seed.to_string()),
        ("training", training(run.resolved)),
        ("time", human(run.seconds)),
    ];
    rows.extend(rest.map(|(topic, fact)| (topic.to_owned(), fact)));
    rows
}

/// How long the training was, in words.
pub(crate) fn training(run: &Resolved) -> String {
    let frame::Run { iterations, batch, .. } = run.run;
    match run.family() {
        Family::Paths | Family::Control => format!("{iterations} iterations of {batch} paths"),
        Family::Atoms | Family::Lab => format!("{iterations} iterations"),
        Family::Program => "none".to_owned(),
    }
}

/// The loss of a whole sample while it is descended.
fn descending(trace: &Trace) -> Vec<Figure> {
    let points = trace.looks.iter().map(|look| [look.iteration as f64, look.validation.mean]);
    let points: Vec<[f64; 2]> = points.collect();
    if points.len() < 2 {
        return Vec::new();
    }
    vec![Figure {
        name: "loss".to_owned(),
        title: "Loss".to_owned(),
        caption: "The loss of the whole training sample, which is what the descent lowers."
            .to_owned(),
        x: Axis::linear("iterations"),
        y: Axis::logarithmic("training loss"),
        series: vec![Series::new("", Mark::Line, points)],
    }]
}

/// This program and the machine: a topic and a fact.
pub(crate) fn program() -> [(String, String); 2] {
    let machine = machine();
    let commit = crate::COMMIT.map_or_else(String::new, |commit| format!(", commit {commit}"));
    let cpu = machine.cpu.unwrap_or_else(|| machine.architecture.to_owned());
    [
        ("program".to_owned(), format!("esperance {}{commit}", crate::VERSION)),
        ("machine".to_owned(), format!("{cpu}, {} cores, {}", machine.cores, machine.vector)),
    ]
}

#[cfg(test)]
mod tests;
