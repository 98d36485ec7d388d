//! The laws fitted to a study, or to a table: parameters with intervals, and what speaks against other laws.

use frame::study::axes::{Grid, Setting};
use frame::study::table::Table;
use ground::estimate::Estimate;
use ground::fit::{
    By, Centre, ChangePoint, End, Fit, Law, Options, PlateauRule, Points, Reason, Rejected,
    Resampling, Richardson, Stability, Weighting, change_point, choose, richardson, stability,
};
use ground::stream::Stream;
use ground::{Error, Result};
use serde_json::{Map, Value, json};

use crate::cases::sweep::{FitSection, Law as Asked, Sweep};

/// Resamples of seeds for an interval.
const RESAMPLES: usize = 2000;

/// What is asked of the numbers of one group.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// What is fitted.
    pub(crate) of: String,
    /// Along which axis.
    pub(crate) along: String,
    /// The laws.
    pub(crate) laws: Vec<Asked>,
    /// What stands for the repeats.
    pub(crate) centre: Centre,
    /// The exponent that theory gives.
    pub(crate) exponent: Option<f64>,
    /// Of a change point: the factor, and the points of the plateau.
    pub(crate) change: (f64, usize),
}

/// One fit: of a record along an axis, at the settings of the others.
#[derive(Clone, Debug)]
pub(crate) struct Fitted {
    /// What was asked.
    pub(crate) question: Question,
    /// The settings of the other axes.
    pub(crate) at: Vec<(String, Setting)>,
    /// What was found, or why nothing was.
    pub(crate) found: std::result::Result<Found, String>,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// The best of some laws.
    Law {
        /// It.
        best: Box<Fit>,
        /// The others.
        rejected: Vec<Rejected>,
        /// How probable a fit as far from theory is.
        p_value: Option<f64>,
        /// Whether the fits without the first points agree.
        stable: Option<Stability>,
    },
    /// Where the plateau is left.
    Change(ChangePoint),
    /// The limit.
    Limit(Richardson),
}

/// A parameter as it is published.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its value.
    pub(crate) value: f64,
    /// The interval that holds it in 95 of 100 runs, where one is known.
    pub(crate) ci95: Option<[f64; 2]>,
}

/// All fits of a study.
pub(crate) fn all(sweep: &Sweep, grid: &Grid, table: &Table) -> Vec<Fitted> {
    sweep.fit.iter().flat_map(|section| of_section(section, sweep, grid, table)).collect()
}

/// The fits of one section: a group for every combination of the other axes.
fn of_section(section: &FitSection, sweep: &Sweep, grid: &Grid, table: &Table) -> Vec<Fitted> {
    let Some(axis) = section.axis(grid) else { return Vec::new() };
    let question = Question {
        of: section.of.clone(),
        along: grid.axes[axis].names[0].clone(),
        laws: section.law.iter().copied().collect(),
        centre: section.statistic.map_or_else(|| sweep.centre(&section.of), Into::into),
        exponent: section.exponent,
        change: (section.factor.unwrap_or(10.0), section.plateau.unwrap_or(3)),
    };
    let n = grid.axes[axis].levels.len();
    let first = (0..grid.rows()).filter(|row| grid.place(*row)[axis] == 0);
    first
        .map(|row| {
            let mut place = grid.place(row);
            let mut numbers = Vec::new();
            for level in 0..n {
                place[axis] = level;
                let x = grid.axes[axis].levels[level].settings[0].number().unwrap_or(f64::NAN);
                numbers.push((x, table.rows[grid.row(&place)].numbers(&section.of)));
            }
            let own = |name: &str| grid.axes[axis].names.iter().any(|own| own == name);
            let settings = grid.settings(&place).into_iter().filter(|(name, _)| !own(name));
            let at = settings.map(|(name, s)| (name.to_owned(), s.clone())).collect();
            Fitted { found: answer(&question, numbers), question: question.clone(), at }
        })
        .collect()
}

/// Fits what is asked. The numbers are those of the repeats at every x; where there are none, x is left out.
pub(crate) fn answer(
    question: &Question,
    numbers: Vec<(f64, Vec<Option<f64>>)>,
) -> std::result::Result<Found, String> {
    let full = |values: &Vec<Option<f64>>| values.iter().any(Option::is_some);
    let (x, values): (Vec<f64>, Vec<_>) = numbers.into_iter().filter(|(_, v)| full(v)).unzip();
    let found = || -> Result<Found> {
        if x.len() < 2 {
            let found = match x.first() {
                None => "there is no number to fit".to_owned(),
                Some(x) => format!("there is one point, at {} = {x}", question.along),
            };
            return Err(Error::input("fit", found).allowed("A law needs several points"));
        }
        let values = without_chance(&values).unwrap_or(values);
        let mut found = of_points(question, &Points::new(&x, &values)?)?;
        if let Found::Law { best, .. } = &mut found {
            widen(best, &by_seeds(best.law, &x, &values));
        }
        Ok(found)
    };
    found().map_err(|error| error.to_string())
}

/// The parameters of a law seed by seed, name by name: seeds may tie values at all x together, and then say
/// less than as many independent numbers. Nothing where there are fewer than three, or of other laws.
fn by_seeds(law: Law, x: &[f64], values: &[Vec<Option<f64>>]) -> Vec<(&'static str, Vec<f64>)> {
    let seeds = values.first().map_or(0, Vec::len);
    if seeds < 3 || !matches!(law, Law::Power | Law::Exponential) {
        return Vec::new();
    }
    let options = Options { centre: Centre::Mean, weighting: Weighting::Equal };
    let one = |seed: usize| {
        let pairs = x.iter().zip(values).filter_map(|(x, own)| Some((*x, own[seed]?)));
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.unzip();
        Points::single(&x, &y).and_then(|points| ground::fit::fit(&points, law, &options)).ok()
    };
    let fits: Vec<Fit> = (0..seeds).filter_map(one).collect();
    let name = law.rate();
    let rates = fits.iter().filter_map(|fit| Some(fit.parameter(name).ok()?.value)).collect();
    if fits.len() < 3 { Vec::new() } else { vec![(name, rates)] }
}

/// The interval of a parameter is at least that of its values seed by seed.
fn widen(fit: &mut Fit, seeds: &[(&'static str, Vec<f64>)]) {
    for (name, values) in seeds {
        let found = Estimate::of(values);
        let half = ground::fit::student_95(found.n as f64 - 1.0) * found.stderr;
        for own in fit.parameters.iter_mut().filter(|own| own.name == *name) {
            if half > 0.5 * (own.ci95[1] - own.ci95[0]) {
                own.ci95 = [own.value - half, own.value + half];
                own.stderr = found.stderr;
            }
        }
    }
}

/// The values without repeats, where all repeats are the same: chance has no part in them.
fn without_chance(values: &[Vec<Option<f64>>]) -> Option<Vec<Vec<Option<f64>>>> {
    let same = |repeats: &Vec<Option<f64>>| {
        let mut known = repeats.iter().flatten();
        let first = known.next();
        known.all(|value| Some(value) == first)
    };
    let one = |repeats: &Vec<Option<f64>>| vec![repeats.iter().flatten().next().copied()];
    values.iter().all(same).then(|| values.iter().map(one).collect())
}

fn of_points(question: &Question, points: &Points) -> Result<Found> {
    let stream = Stream::new(0).child("fit").child(&question.of);
    let resampling = Resampling { stream, resamples: RESAMPLES };
    // A point that is exact beside others that are not would have all the weight.
    let exact = points.cells(question.centre)?.iter().any(|cell| cell.stderr == Some(0.0));
    let weighting = if exact { Weighting::Equal } else { Weighting::Replicates };
    let options = Options { centre: question.centre, weighting };
    let mut laws = Vec::new();
    for law in &question.laws {
        laws.push(match law {
            Asked::Power => Law::Power,
            Asked::Exponential => Law::Exponential,
            Asked::BrokenPower => Law::BrokenPower,
            Asked::Plateau => Law::Plateau,
            Asked::Constant => Law::Constant,
            Asked::ChangePoint => {
                let (factor, points_of) = question.change;
                let rule =
                    PlateauRule { end: End::First, points: points_of, by: By::Median, factor };
                return change_point(points, question.centre, &rule, &resampling)
                    .map(Found::Change);
            }
            Asked::Richardson => return richardson(points, question.centre).map(Found::Limit),
        });
    }
    let (best, rejected) = match laws.as_slice() {
        [one] => (ground::fit::fit(points, *one, &options)?, Vec::new()),
        several => {
            let choice = choose(points, several, &options)?;
            // One law that could be compared with none has not been chosen.
            let compared =
                choice.rejected.iter().any(|other| matches!(other.reason, Reason::Worse { .. }));
            if !compared {
                let found = format!("{} points cannot decide between laws", points.len());
                return Err(Error::input("fit", found).allowed("Name one law, or give more points"));
            }
            (choice.best, choice.rejected)
        }
    };
    let has_exponent = best.law.parameters().contains(&"exponent");
    let p_value = match question.exponent.filter(|_| has_exponent) {
        Some(exponent) => Some(best.p_value("exponent", exponent)?),
        None => None,
    };
    // Where too few points are left nothing is said of stability.
    let stable = stability(points, best.law, &options).ok().filter(|s| s.fits.len() > 1);
    Ok(Found::Law { best: Box::new(best), rejected, p_value, stable })
}

impl Found {
    /// The word of the law.
    pub(crate) fn law(&self) -> &'static str {
        match self {
            Self::Law { best, .. } => best.law.name(),
            Self::Change(_) => "change-point",
            Self::Limit(_) => "richardson",
        }
    }

    /// Its parameters.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        match self {
            Self::Law { best, .. } => {
                let of = |p: &ground::fit::Parameter| Parameter {
                    name: p.name,
                    value: p.value,
                    ci95: Some(p.ci95),
                };
                best.parameters.iter().map(of).collect()
            }
            Self::Change(change) => vec![
                Parameter { name: "at", value: change.at.unwrap_or(f64::NAN), ci95: change.ci95 },
                Parameter { name: "plateau", value: change.plateau, ci95: None },
            ],
            Self::Limit(limit) => vec![
                Parameter { name: "limit", value: limit.limit, ci95: limit.ci95 },
                Parameter { name: "order", value: limit.order, ci95: limit.order_ci95 },
            ],
        }
    }
}

impl Fitted {
    /// As the published object has it.
    pub(crate) fn json(&self) -> Value {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("of", json!(self.question.of));
        put("along", json!(self.question.along));
        let at: Map<String, Value> = self.at.iter().map(|(n, s)| (n.clone(), json!(s))).collect();
        put("at", json!(at));
        let found = match &self.found {
            Ok(found) => found,
            Err(why) => {
                put("law", Value::Null);
                put("why", json!(why));
                return json!(object);
            }
        };
        put("law", json!(found.law()));
        let finite = |v: f64| Some(v).filter(|v| v.is_finite());
        let parameters: Map<String, Value> = found
            .parameters()
            .into_iter()
            .map(|p| {
                let ends = p.ci95.map(|ends| ends.map(finite));
                (p.name.to_owned(), json!({ "value": finite(p.value), "ci95": ends }))
            })
            .collect();
        put("parameters", json!(parameters));
        if let Found::Law { best, rejected, p_value, stable } = found {
            put("aicc", json!(best.aicc));
            put("rejected", rejected.iter().map(against).collect());
            put("p-value", json!(p_value));
            put("stable", json!(stable.as_ref().map(|s| s.agree)));
        }
        if let Found::Change(change) = found {
            put("threshold", json!(change.threshold));
            put("seeds-with", json!(change.seeds_with));
            put("seeds", json!(change.seeds));
        }
        json!(object)
    }

    /// In words: `test-error ~ width^-0.98(4) at scaling = ntk`.
    pub(crate) fn words(&self) -> String {
        let at: Vec<String> = self.at.iter().map(|(name, s)| format!("{name} = {s}")).collect();
        let at = if at.is_empty() { String::new() } else { format!(" at {}", at.join(", ")) };
        let Question { of, along, exponent, .. } = &self.question;
        let found = match &self.found {
            Ok(found) => found,
            Err(why) => return format!("{of}{at}: no law: {}", why.trim_start_matches("fit: ")),
        };
        match found {
            Found::Law { best, rejected, p_value, stable } => {
                let mut words = format!("{of} {}{at}", formula(best, along));
                if let (Some(p), Some(exponent)) = (p_value, exponent) {
                    let p = if *p < 0.005 { format!("{p:.0e}") } else { format!("{p:.2}") };
                    words.push_str(&["; p(", &exponent.to_string(), ") = ", &p].concat());
                }
                for other in rejected {
                    let why = match &other.reason {
                        Reason::Worse { delta_aicc, .. } => {
                            format!("; {} is worse, ΔAICc {delta_aicc:.1}", other.law.name())
                        }
                        Reason::Impossible { sentence } => {
                            format!("; no {}: {}", other.law.name(), sentence.trim_end_matches('.'))
                        }
                    };
                    words.push_str(&why);
                }
                if stable.as_ref().is_some_and(|s| !s.agree) {
                    words += "; not asymptotic: without the first points it is another";
                }
                words
            }
            Found::Change(change) => {
                let factor = change.rule.factor;
                match change.at {
                    Some(place) => format!(
                        "{of} is {factor} times its plateau of {:.2e} from {along} = {}{} on{at}; {} of {} \
                         seeds alone have such a place",
                        change.plateau,
                        digits(place),
                        interval(change.ci95),
                        change.seeds_with,
                        change.seeds
                    ),
                    None => format!(
                        "{of} nowhere is {factor} times its plateau of {:.2e}{at}",
                        change.plateau
                    ),
                }
            }
            Found::Limit(limit) => {
                let value =
                    Estimate { mean: limit.limit, stderr: limit.stderr.unwrap_or(0.0), n: 1 };
                format!(
                    "{of} → {value}{}{at}, order {}{}",
                    interval(limit.ci95),
                    digits(limit.order),
                    interval(limit.order_ci95)
                )
            }
        }
    }
}

fn against(other: &Rejected) -> Value {
    match &other.reason {
        Reason::Worse { delta_aicc, .. } => {
            json!({ "law": other.law.name(), "delta-aicc": delta_aicc })
        }
        Reason::Impossible { sentence } => {
            json!({ "law": other.law.name(), "delta-aicc": null, "why": sentence })
        }
    }
}

/// A law with its numbers: `~ width^-0.98(4) [-1.06, -0.90]`.
fn formula(fit: &Fit, x: &str) -> String {
    let of = |name: &str| fit.parameters.iter().find(|p| p.name == name);
    let text = |name: &str| {
        of(name).map_or_else(String::new, |p| {
            format!("{}{}", with_error(p.value, p.stderr), interval(Some(p.ci95)))
        })
    };
    match fit.law {
        Law::Constant => format!("= {}", text("scale")),
        Law::Power => format!("~ {x}^{}", text("exponent")),
        Law::Exponential => format!("~ exp({} {x})", text("rate")),
        Law::Plateau => format!("~ {x}^{} + {}", text("exponent"), text("floor")),
        Law::BrokenPower => format!(
            "~ {x}^{}, from {x} = {} on {x}^{}",
            text("exponent-before"),
            text("break"),
            text("exponent-after")
        ),
    }
}

fn interval(ends: Option<[f64; 2]>) -> String {
    ends.map_or_else(String::new, |[low, high]| format!(" [{}, {}]", digits(low), digits(high)))
}

/// A number with its error, or alone where the error is that of rounding.
pub(crate) fn with_error(value: f64, stderr: f64) -> String {
    if stderr.is_finite() && stderr > 1e-12 * value.abs() {
        Estimate { mean: value, stderr, n: 1 }.to_string()
    } else {
        digits(value)
    }
}

/// Four digits.
pub(crate) fn digits(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "none".to_owned() } else { "∞".to_owned() };
    }
    if x.fract() == 0.0 && x.abs() < 1e6 {
        return format!("{x:.0}");
    }
    if x != 0.0 && !(1e-2..1e5).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    #[allow(clippy::cast_possible_truncation, reason = "the size of a number that is not extreme")]
    let size = if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 };
    format!("{x:.*}", usize::try_from(3 - size).unwrap_or(0))
}
