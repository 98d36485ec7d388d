//! Case files from the configurations of the published Deep BSDE code.
//!
//! A configuration is JSON with `eqn_config` (name, T, d, N) and `net_config` (networks, rates,
//! iterations). The equation is known by its name. It is solved by the method of this program, and what
//! has no counterpart there (a network a step, where y₀ starts, the clip of the loss) is said in a
//! comment; or by the published one, which has them all. [HJE18]

use std::fmt::Write;

use ground::{Error, Result};
use serde_json::{Map, Value};

use super::equations::{self, Named};
use crate::cases::schema::nearest;

/// The keys of `eqn_config` that are read.
const EQUATION: [&str; 4] = ["eqn_name", "total_time", "dim", "num_time_interval"];
/// The keys of `net_config` that are read, or that a comment speaks of.
const NETWORK: [&str; 10] = [
    "y_init_range",
    "num_hiddens",
    "lr_values",
    "lr_boundaries",
    "num_iterations",
    "batch_size",
    "valid_size",
    "logging_frequency",
    "dtype",
    "verbose",
];

/// How the equation of a configuration is to be solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By coefficients of known directions.
    Directions,
    /// As published: a batch-normalised network a step.
    Published,
}

/// The text of a case file. `file` is what the user calls the configuration.
///
/// ```
/// use esperance::convert::deepbsde::{self, Method};
/// let json = r#"{ "eqn_config": { "eqn_name": "HJBLQ", "total_time": 1.0, "dim": 100,
///                                 "num_time_interval": 20 } }"#;
/// let text = deepbsde::case("hjb.json", json, Method::Directions).unwrap();
/// let case = esperance::cases::Case::parse("hjb", "hjb.toml", &text).unwrap();
/// assert_eq!(case.sections["model"]["dim"].as_integer(), Some(100));
/// ```
pub fn case(file: &str, json: &str, method: Method) -> Result<String> {
    let json = json.trim_start_matches('\u{feff}');
    let whole: Value = serde_json::from_str(json).map_err(|e| {
        Error::input("", format!("this is not JSON: {e}"))
            .allowed("Give a configuration of the Deep BSDE code")
            .in_file(file)
    })?;
    written(file, &whole, method).map_err(|error| error.in_file(file))
}

/// A section of the configuration.
#[derive(Clone, Copy, Debug)]
struct Section<'a> {
    name: &'static str,
    keys: Option<&'a Map<String, Value>>,
}

impl<'a> Section<'a> {
    fn of(whole: &'a Value, name: &'static str) -> Result<Self> {
        match whole.get(name) {
            Some(Value::Object(keys)) => Ok(Self { name, keys: Some(keys) }),
            Some(_) => Err(Error::input(name, "this is not an object")
                .allowed("A configuration has the objects eqn_config and net_config")),
            None => Ok(Self { name, keys: None }),
        }
    }

    fn get(self, key: &str) -> Option<&'a Value> {
        self.keys?.get(key).filter(|value| !value.is_null())
    }

    fn wrong(self, key: &str, value: &Value, allowed: &str) -> Error {
        Error::input(format!("{}.{key}", self.name), format!("this is {value}")).allowed(allowed)
    }

    fn needed<T>(self, key: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| {
            Error::input(format!("{}.{key}", self.name), "missing key")
                .allowed("The equation is not known without it")
        })
    }

    /// A whole number of at least `least`.
    fn whole(self, key: &str, least: u64) -> Result<Option<u64>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let fine = value.as_u64().filter(|n| *n >= least && i64::try_from(*n).is_ok());
        let allowed = format!("Write a whole number, {least} or more");
        fine.map(Some).ok_or_else(|| self.wrong(key, value, &allowed))
    }

    fn positive(self, key: &str) -> Result<Option<f64>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let fine = value.as_f64().filter(|number| *number > 0.0);
        fine.map(Some).ok_or_else(|| self.wrong(key, value, "Write a number above 0"))
    }

    fn list<T>(self, key: &str, read: fn(&Value) -> Option<T>, what: &str) -> Result<Vec<T>> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let items = value.as_array().and_then(|all| all.iter().map(read).collect());
        items.ok_or_else(|| self.wrong(key, value, &format!("Write a list of {what}")))
    }

    /// The keys that nothing here knows; those that begin with _ are comments.
    fn unknown(self, known: &'a [&str]) -> impl Iterator<Item = String> + use<'a> {
        let keys = self.keys.into_iter().flat_map(Map::iter);
        keys.filter(|(key, _)| !known.contains(&key.as_str()) && !key.starts_with('_'))
            .map(move |(key, value)| format!("{}.{key} = {value}", self.name))
    }
}

fn written(file: &str, whole: &Value, method: Method) -> Result<String> {
    if !whole.is_object() || whole.get("eqn_config").is_none() {
        return Err(Error::input("eqn_config", "missing key").allowed(
            "A configuration of the Deep BSDE code has the objects eqn_config and net_config",
        ));
    }
    let (equation, network) =
        (Section::of(whole, "eqn_config")?, Section::of(whole, "net_config")?);
    let named = known(equation)?;
    let dim = equation.needed("dim", equation.whole("dim", 1)?)?;
    let horizon = equation.needed("total_time", equation.positive("total_time")?)?;
    let steps = equation.needed("num_time_interval", equation.whole("num_time_interval", 1)?)?;
    let mut text = head(file, (named, method), equation, network, whole);
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!("\n[case]\nversion = 1\ntitle   = \"{}, {dim} dimensions\"", named.title));
    line(format!("\n[model]\nkind      = \"parabolic\"\ndim       = {dim}"));
    line(format!("horizon   = {horizon:?}"));
    for (key, value) in named.model {
        line(format!("{key:<9} = {value}"));
    }
    line(format!("\n[problem]\nkind  = \"deep-bsde\"\nat    = {:?}", named.at));
    line("# One level, as there: the value of the scheme with so many steps. Several levels, such as".into());
    line(format!("# [{steps}, {}, {}], give the limit.", 2 * steps, 4 * steps));
    line(format!("steps = {steps}"));
    if method == Method::Published {
        line(representation(network)?);
    }
    line(descent(network, method)?);
    line(run(network)?);
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(text)
}

/// The equation with the name that is asked for.
fn known(equation: Section<'_>) -> Result<&'static Named> {
    let name = equation.needed("eqn_name", equation.get("eqn_name"))?;
    let said = name.as_str().unwrap_or_default();
    equations::named(said).ok_or_else(|| {
        let all: Vec<&str> = equations::names().collect();
        Error::input("eqn_config.eqn_name", format!("unknown equation {name}"))
            .nearest(nearest(said, all.iter().copied()))
            .allowed(format!("Known here: {}", all.join(", ")))
    })
}

/// What the case is, and what of the configuration it does not hold.
fn head(
    file: &str,
    (named, method): (&Named, Method),
    equation: Section<'_>,
    network: Section<'_>,
    whole: &Value,
) -> String {
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file).replace(char::is_control, " ");
    let mut lines = vec![format!("{} ({}), converted from {file}:", named.title, named.name)];
    lines.extend(named.says.iter().map(|says| format!("  {says}")));
    lines.extend(named.differs.iter().map(|&differs| differs.to_owned()));
    lines.push("Han, Jentzen & E, PNAS 115 (2018) 8505. [HJE18]".to_owned());
    lines.push(String::new());
    if method == Method::Directions {
        lines.extend(missing(network));
    }
    if network.get("verbose").is_some() {
        lines
            .push("verbose has no counterpart: progress is shown where there is a terminal".into());
    }
    let outside = whole.as_object().into_iter().flat_map(Map::iter);
    let outside = outside
        .filter(|(key, _)| !["eqn_config", "net_config"].contains(&key.as_str()))
        .filter(|(key, _)| !key.starts_with('_'))
        .map(|(key, value)| format!("{key} = {value}"));
    let foreign: Vec<String> =
        equation.unknown(&EQUATION).chain(network.unknown(&NETWORK)).chain(outside).collect();
    if !foreign.is_empty() {
        lines.push("Warning: these keys are not known and were left out:".to_owned());
        lines.extend(foreign.iter().map(|key| format!("  {}", key.replace(char::is_control, " "))));
    }
    let mut text = String::new();
    for line in lines {
        let _infallible = writeln!(text, "{}", format!("# {line}").trim_end());
    }
    text
}

/// What the method of this program does not have.
fn missing(network: Section<'_>) -> Vec<String> {
    let given = |key: &str| network.get(key).map(ToString::to_string);
    let hidden = given("num_hiddens").map_or_else(String::new, |v| format!(", num_hiddens = {v}"));
    let mut lines = vec![
        "What has no counterpart here (--published keeps it):".to_owned(),
        format!(
            "  a network a step{hidden}: one small network gives the coefficients of known directions"
        ),
    ];
    if let Some(range) = given("y_init_range") {
        lines.push(format!("  y_init_range = {range}: y0 is a mean over paths, it starts nowhere"));
    }
    lines
        .push("  the clip of the loss at |y - g| = 50: the norm of the gradient is clipped".into());
    lines
}

/// `[representation]`: a batch-normalised network a step, and where y₀ starts.
fn representation(network: Section<'_>) -> Result<String> {
    let mut lines = vec!["\n[representation]".to_owned(), "kind   = \"per-step\"".to_owned()];
    let hidden = network.list("num_hiddens", Value::as_u64, "whole numbers")?;
    if !hidden.is_empty() {
        lines.push(format!("hidden = {hidden:?}"));
    }
    match network.list("y_init_range", Value::as_f64, "two numbers")?[..] {
        [] => {}
        [low, high] if low <= high => lines.push(format!("start  = [{low:?}, {high:?}]")),
        _ => {
            let value = network.get("y_init_range").unwrap_or(&Value::Null);
            return Err(network.wrong("y_init_range", value, "Write two numbers, the lower first"));
        }
    }
    Ok(lines.join("\n"))
}

/// `[descent]`: Adam in the form of Keras with the rates of the configuration; as published, without a
/// clip of the gradient.
fn descent(network: Section<'_>, method: Method) -> Result<String> {
    let values = network.list("lr_values", Value::as_f64, "numbers")?;
    let boundaries = network.list("lr_boundaries", Value::as_u64, "whole numbers")?;
    let mut text = "\n[descent]\nkind  = \"adam\"\nbeta2 = 0.999\nform  = \"keras\"".to_owned();
    if method == Method::Published {
        text.push_str("\nclip  = inf");
    }
    if values.is_empty() {
        return Ok(text);
    }
    if values.len() != boundaries.len() + 1 {
        let found = format!("{} values for {} boundaries", values.len(), boundaries.len());
        return Err(Error::input("net_config.lr_values", found)
            .allowed("Give one value more than boundaries"));
    }
    let rate = if boundaries.is_empty() {
        format!("\nrate  = {:?}", values[0])
    } else {
        // There a value holds up to its boundary and at it, here below it.
        let at: Vec<u64> = boundaries.iter().map(|b| b + 1).collect();
        format!(
            "\n# lr_boundaries = {boundaries:?}: there a value holds at its boundary too.\n\
             rate  = {{ at = {at:?}, values = {values:?} }}"
        )
    };
    text.push_str(&rate);
    Ok(text)
}

/// `[run]`: iterations, batch, looks, precision.
fn run(network: Section<'_>) -> Result<String> {
    let mut keys: Vec<(&str, String)> = Vec::new();
    for (there, here, least) in [
        ("num_iterations", "iterations", 0),
        ("batch_size", "batch", 2),
        ("valid_size", "look", 2),
        ("logging_frequency", "look-every", 1),
    ] {
        if let Some(number) = network.whole(there, least)? {
            keys.push((here, number.to_string()));
        }
    }
    if let Some(word) = network.get("dtype") {
        let digits = match word.as_str() {
            Some("float64") => "\"f64\"",
            Some("float32") => "\"f32\"",
            _ => {
                return Err(network.wrong("dtype", word, "Write \"float64\" or \"float32\""));
            }
        };
        keys.push(("precision", digits.to_owned()));
    }
    if keys.is_empty() {
        return Ok(String::new());
    }
    let wide = keys.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let lines = keys.iter().map(|(key, value)| format!("\n{key:<wide$} = {value}"));
    Ok(format!("\n[run]{}", lines.collect::<String>()))
}
