//! The answer for people.

use std::fmt;

use frame::budget::Target;
use frame::{Answer, Figure, Known, Named, Sheet};
use ground::estimate::Estimate;

use super::figures::figures;
use super::sheets::sheets;
use super::{Json, Limit, Value, steps};
use crate::bounds::{Bounds, Side};
use crate::case::Reading;
use crate::origin::place;

/// What is asked for where x₀ has a law.
const MEAN: &str = "E u(0, x₀)";

impl Answer for Value {
    fn figures(&self, known: &Known) -> Vec<Figure> {
        figures(self, known)
    }

    fn sheets(&self, known: &Known) -> Vec<Sheet> {
        sheets(self, known)
    }

    fn paths(&self) -> Vec<Named<'_>> {
        let kept = &self.sample.paths;
        let (paths, steps, dim) = (kept.paths, kept.steps(), kept.dim);
        vec![
            Named { name: "t", shape: vec![steps + 1], numbers: &kept.t },
            Named { name: "x", shape: vec![paths, steps + 1, dim], numbers: &kept.x },
            Named { name: "y", shape: vec![paths, steps + 1], numbers: &kept.y },
            Named { name: "z", shape: vec![paths, steps, dim], numbers: &kept.z },
        ]
    }

    fn headline(&self) -> Estimate {
        self.answer
    }

    fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        match serde_json::to_value(Json::from(self)) {
            Ok(serde_json::Value::Object(map)) => map,
            _ => serde_json::Map::new(),
        }
    }
}

/// Why there is no ∇u(0, x₀) where x₀ has a law.
pub(super) const NO_GRADIENT: &str = "u(0, x₀) is a function of x₀ here; eval gives its gradient";

impl Value {
    /// What is answered: `u(0, 0)`, `E u(0, x₀)`; of one level `u(0, 0) on 20 steps`.
    pub(super) fn name(&self) -> String {
        let name = if self.at.is_law() {
            MEAN.to_owned()
        } else {
            format!("u(0, {})", place(&self.at.mean(self.equation.dim)))
        };
        match self.levels.as_slice() {
            [one] if self.reading != Reading::Logarithmic => {
                format!("{name} on {}", steps(one.steps))
            }
            _ => name,
        }
    }

    /// The same without the point.
    pub(super) fn symbol(&self) -> &'static str {
        if self.at.is_law() { MEAN } else { "u(0, x₀)" }
    }

    /// What Z has to explain.
    pub(super) fn variance(&self) -> &'static str {
        if self.at.is_law() { "E Var(g | x₀)" } else { "Var g" }
    }

    /// Which paths are compared, where not all of them are.
    pub(super) fn alike(&self) -> &'static str {
        if self.at.is_law() { " from one start" } else { "" }
    }

    /// How paths are compared, where x₀ has a law.
    pub(super) fn conditional(&self) -> Option<String> {
        let group = self.at.group();
        let starts = self.plain / group;
        self.at.is_law().then(|| format!("conditional: {group} paths from each of {starts} starts"))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.answer.interval95();
        let digits = digits(self.answer.stderr);
        writeln!(f, "{} = {}", self.name(), self.answer)?;
        if self.at.is_law() {
            writeln!(f, "  x₀                {}", self.at.words())?;
        }
        writeln!(f, "  95 % interval     [{low:.digits$}, {high:.digits$}]")?;
        writeln!(f, "  how               {}, {} fresh paths", self.how, self.fresh)?;
        writeln!(
            f,
            "  without learning  {} (Z = 0)   {} (untrained, R² {})",
            self.zero,
            self.untrained,
            share(self.untrained_r2)
        )?;
        writeln!(
            f,
            "  learned           R² {} on {} plain paths ({} over untrained); minimiser {}",
            share(self.r2),
            self.plain,
            gain(self.gain),
            self.minimiser
        )?;
        if let Some(y) = self.trained {
            writeln!(
                f,
                "  trained           y₀ {y:.6}, as the descent left it; no error is known of it"
            )?;
        }
        if let Some(conditional) = self.conditional() {
            writeln!(f, "  loss and R²       {conditional}, of {}", self.variance())?;
        }
        if let Some(log) = self.logarithmic.as_ref().filter(|log| !log.trusted) {
            writeln!(
                f,
                "  gate              sd(λ y0) = {:.2} > 1: the logarithmic mean is not trusted",
                log.spread
            )?;
        }
        if let Some(bounds) = &self.bounds {
            enclosed(f, bounds)?;
        }
        write!(f, "  steps             adjoint-weighted value   R²")?;
        for level in &self.levels {
            let value = level.value.to_string();
            write!(f, "\n  {:<17} {value:<24} {}", level.steps, share(level.r2))?;
        }
        let Some(limit) = &self.limit else { return Ok(()) };
        write!(f, "\n  limit             {:<24} {}", limit.value.to_string(), limit.words())
    }
}

impl Limit {
    /// The order it rests on.
    pub(super) fn words(&self) -> String {
        match (self.order, self.fitted) {
            (None, _) => "no time-step error".to_owned(),
            (Some(order), true) => format!("order {order:.2}, fitted"),
            (Some(order), false) => match self.seen {
                Some(seen) => format!("order {order:.0}; seen {seen}"),
                None => format!("order {order:.0}, assumed"),
            },
        }
    }
}

/// Both bounds on a line, and why one is unknown on a line of its own.
fn enclosed(f: &mut fmt::Formatter<'_>, bounds: &Bounds) -> fmt::Result {
    let side = |side: &Side| match side {
        Side::Known(bound) => bound.to_string(),
        Side::Unknown(_) => "unknown".to_owned(),
    };
    let of = match bounds.of {
        Target::Exact => "u".to_owned(),
        Target::Discrete => format!("the value of the scheme with {} steps", bounds.steps),
    };
    let (lower, upper) = (side(&bounds.lower), side(&bounds.upper));
    write!(f, "  bounds            {lower} to {upper}, of {of}")?;
    if let Some([low, high]) = bounds.enclosure() {
        let digits = digits(0.2 * (high - low));
        write!(f, "; with 2.5 standard errors [{low:.digits$}, {high:.digits$}]")?;
    }
    for (name, side) in [("lower", &bounds.lower), ("upper", &bounds.upper)] {
        if let Side::Unknown(why) = side {
            write!(f, "\n    {name:<15} unknown: {why}")?;
        }
    }
    writeln!(f)
}

/// R², or a dash where g does not vary.
pub(super) fn share(r2: f64) -> String {
    if r2.is_finite() { format!("{r2:.4}") } else { "–".to_owned() }
}

/// What is added to the untrained R², with its sign.
pub(super) fn gain(gain: Estimate) -> String {
    if !gain.mean.is_finite() {
        return "–".to_owned();
    }
    let sign = if gain.mean < 0.0 { "" } else { "+" };
    format!("{sign}{gain}")
}

/// Decimals that show two digits of a standard error.
pub(super) fn digits(stderr: f64) -> usize {
    if !(stderr.is_finite() && stderr > 0.0) {
        return 6;
    }
    let places = 1.0 - stderr.log10().floor();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let places = places.clamp(0.0, 12.0) as usize;
    places
}
