//! A case as a definition.

use frame::text::{Text, at_key};
use ground::formula::{Expr, Shape};
use ground::{Error, Result};

use super::chance::windows;
use super::fitted::{self, Fitted};
use super::names::{AFTER, BEFORE, CHOICE, Kind, Names};
use super::{As, Begin, Chosen, Formulas, Recorded};
use crate::case::models::Kept;
use crate::case::models::market::{unpaid, weight};
use crate::case::models::some;
use crate::model::Sense;
use crate::model::formulas::{
    Action, Constraint, Definition, Drawn, Limits, NO_LEARNING, Named, Next, Series, State,
};

/// What a case says beside formulas: in which order names become known matters.
struct Reader<'a> {
    case: &'a Formulas,
    names: Names,
    noise: Vec<Drawn>,
    states: Vec<State>,
    series: Vec<Series>,
    notes: Vec<[String; 2]>,
    /// Series that say nothing of the time after the last step.
    short: Vec<Expr>,
}

fn zero() -> Text {
    Text::Number(0.0)
}

impl Formulas {
    /// What the case defines.
    pub fn definition(&self) -> Result<Definition> {
        let steps = some("model.horizon", self.horizon)?;
        let names = Names::new(self)?;
        let (noise, states, series, notes, short) = Default::default();
        let mut reader = Reader { case: self, names, noise, states, series, notes, short };
        reader.chance()?;
        reader.records(steps)?;
        reader.begins()?;
        let actions = reader.actions()?;
        reader.follows()?;
        let (sense, cost) = reader.cost()?;
        let number = Shape::Scalar;
        let end = self.end.clone().unwrap_or_else(zero);
        let names = &reader.names;
        let end = names.sized("model.end", &end, &BEFORE, number)?;
        if reader.short.iter().any(|var| end.depends_on(*var)) {
            return Err(Error::input(
                "model.end",
                "a series has no number for the time after the last step",
            )
            .allowed("Give it one number, or list, more than steps"));
        }
        let seen = match &self.seen {
            Some(all) => all
                .iter()
                .map(|text| names.parsed("model.seen", text, &BEFORE))
                .collect::<Result<Vec<_>>>()?,
            None => reader.states.iter().map(|state| state.named.var).collect(),
        };
        if seen.is_empty() {
            return Err(Error::input("model.seen", "nothing is seen")
                .allowed("Name a state, or leave it out to see all of them"));
        }
        let discount = self.discount.unwrap_or(1.0);
        if !(discount > 0.0 && discount <= 1.0) {
            return Err(Error::input("model.discount", format!("{discount} is out of range"))
                .allowed("Write a number above 0, up to 1"));
        }
        Ok(Definition {
            steps,
            sense,
            discount,
            time: Expr::variable("t", number),
            end,
            constraints: reader.constraints()?,
            limits: self.limits()?,
            rules: reader.rules(&actions)?,
            notes: reader.notes(discount, steps),
            series: reader.series,
            states: reader.states,
            noise: reader.noise,
            actions,
            cost,
            seen,
        })
    }

    fn limits(&self) -> Result<Limits> {
        unpaid(self.penalty, self.limits)?;
        Ok(match self.limits {
            None => Limits::Auto,
            Some(Kept::Shares) => Limits::Shares,
            Some(Kept::Projection) => Limits::Projection,
            Some(Kept::Penalty) => Limits::Penalty(weight(self.penalty, 100.0)?),
        })
    }
}

impl Reader<'_> {
    /// Noise, and chains.
    fn chance(&mut self) -> Result<()> {
        for (name, noise) in &self.case.noise {
            let read = noise.read(name)?;
            self.names.add("noise", name, Kind::Noise, read.shape)?;
            if let Some(made) = read.made {
                self.names.made(Expr::variable(name, read.shape), made);
            }
            self.noise.push(read.drawn);
        }
        for (name, chain) in &self.case.chains {
            let follower = chain.read(name)?;
            self.names.add("chains", name, Kind::State, Shape::Scalar)?;
            self.states.push(State {
                named: Named::new(name, None),
                start: Expr::number(chain.start),
                next: Next::Follows(follower),
            });
        }
        Ok(())
    }

    /// What was recorded.
    fn records(&mut self, steps: usize) -> Result<()> {
        let (mut length, mut fits) = (None, Vec::new());
        for (name, record) in &self.case.series {
            let key = format!("model.series.{name}");
            let Some(values) = &record.values else {
                return Err(Error::input(key, "no values").allowed(
                    "Write values = […], one number or list a step, or file = \"….csv\"",
                ));
            };
            let (lists, numbers) = values.lists(&format!("{key}.values"))?;
            record.sound(&key)?;
            if record.r#as == As::Known {
                if lists.len() < steps {
                    let found = format!("{} steps of {steps}", lists.len());
                    return Err(Error::input(format!("{key}.values"), found)
                        .allowed("Write one number, or one list, for every step"));
                }
                let named = Named::new(name, (!numbers).then_some(lists[0].len()));
                self.names.add("series", name, Kind::Series, named.var.shape())?;
                if lists.len() == steps {
                    self.short.push(named.var);
                }
                self.series.push(Series { named, values: lists });
                continue;
            }
            if !numbers {
                return Err(Error::input(format!("{key}.values"), "lists")
                    .allowed("A record of paths has one number a row; write a series for each"));
            }
            if record.r#as == As::Windows && *length.get_or_insert(lists.len()) != lists.len() {
                return Err(Error::input(format!("{key}.values"), "another length")
                    .allowed("Records whose windows are taken together have as many rows"));
            }
            self.names.add("series", name, Kind::State, Shape::Scalar)?;
            let values: Vec<f64> = lists.into_iter().flatten().collect();
            if record.r#as == As::Windows {
                let follower = windows(&key, values, steps, record.held)?;
                self.notes.push([format!("{name}, windows"), follower.words()]);
                let (named, next) = (Named::new(name, None), Next::Follows(follower));
                self.states.push(State { named, start: Expr::number(0.0), next });
            } else {
                fits.push(Fitted::of(name, &values, record.log).map_err(|e| at_key(e, &key))?);
            }
        }
        let fitted::Moved { states, noise, notes } = fitted::together(&fits)?;
        self.states.extend(states);
        self.noise.extend(noise);
        self.notes.extend(notes);
        Ok(())
    }

    /// What is to be said beside an answer.
    fn notes(&self, discount: f64, steps: usize) -> Vec<[String; 2]> {
        let mut all = self.notes.clone();
        if discount < 1.0 {
            let left = discount.powi(i32::try_from(steps).unwrap_or(i32::MAX));
            let fact = format!("the weight of all steps from T on is {left:.2e} of 1/(1 − β)");
            all.push(["beyond the horizon".to_owned(), fact]);
        }
        all
    }

    /// How states begin.
    fn begins(&mut self) -> Result<()> {
        for (name, begin) in &self.case.states {
            let key = format!("model.states.{name}");
            let kinds = [Kind::Noise];
            let start = match begin {
                Begin::Number(x) => self.names.formula(&key, &Text::Number(*x), &kinds)?,
                Begin::List(list) if list.is_empty() => {
                    return Err(
                        Error::input(key, "the list is empty").allowed("At least one number")
                    );
                }
                Begin::List(list) => {
                    list.iter().try_for_each(|x| frame::text::finite(&key, *x).map(|_| ()))?;
                    // A vector of equal numbers stays a vector.
                    Expr::vector(list)
                }
                Begin::Formula(text) => {
                    self.names.formula(&key, &Text::Formula(text.clone()), &kinds)?
                }
                Begin::Sized(sized) => {
                    let n = some(&format!("{key}.size"), sized.size)?;
                    let key = format!("{key}.start");
                    self.names.sized(&key, &sized.start, &kinds, Shape::Vector(n))?
                }
            };
            self.names.add("states", name, Kind::State, start.shape())?;
            let count = match start.shape() {
                Shape::Scalar => None,
                Shape::Vector(n) => Some(n),
            };
            let named = Named::new(name, count);
            let next = Next::Formula(named.var);
            self.states.push(State { named, start, next });
        }
        if self.states.is_empty() {
            return Err(Error::input("model.states", "there are no states")
                .allowed("Write NAME = how it begins, and its next under [model.next]"));
        }
        Ok(())
    }

    fn actions(&mut self) -> Result<Vec<Action>> {
        let mut all = Vec::new();
        for (name, chosen) in &self.case.actions {
            let key = format!("model.actions.{name}");
            let count = chosen.size.map(|n| some(&format!("{key}.size"), n)).transpose()?;
            let named = Named::new(name, count);
            self.names.add("actions", name, Kind::Action, named.var.shape())?;
            all.push(self.action(&key, chosen, named)?);
        }
        if all.is_empty() {
            return Err(Error::input("model.actions", "there is nothing to choose")
                .allowed("Write NAME = { low = …, high = … }, or NAME = {} without limits"));
        }
        Ok(all)
    }

    fn action(&self, key: &str, chosen: &Chosen, named: Named) -> Result<Action> {
        let shape = named.var.shape();
        let of = |name: &str, text: &Option<Text>| {
            let key = format!("{key}.{name}");
            text.as_ref().map(|text| self.names.sized(&key, text, &BEFORE, shape)).transpose()
        };
        let unit = of("unit", &chosen.unit)?.unwrap_or_else(|| Expr::number(1.0));
        if unit.as_constant().is_some_and(|all| all.iter().any(|x| *x <= 0.0)) {
            return Err(Error::input(format!("{key}.unit"), "a unit is not above 0")
                .allowed("Write numbers above 0"));
        }
        Ok(Action {
            unit,
            low: of("low", &chosen.low)?,
            high: of("high", &chosen.high)?,
            centre: of("centre", &chosen.centre)?.unwrap_or_else(|| Expr::number(0.0)),
            last: of("last", &chosen.last)?,
            named,
        })
    }

    /// How states go on.
    fn follows(&mut self) -> Result<()> {
        let next = &self.case.next;
        for name in next.keys() {
            if self.case.chains.contains_key(name) || self.case.series.contains_key(name) {
                let found = format!("`{name}` goes on by itself");
                return Err(Error::input(format!("model.next.{name}"), found)
                    .allowed("Leave it out: no formula moves a chain or a record"));
            }
            if !self.case.states.contains_key(name) {
                let key = format!("model.next.{name}");
                return Err(self.names.unknown(&key, name, Kind::State, "state"));
            }
        }
        for state in &mut self.states {
            if !matches!(state.next, Next::Formula(_)) {
                continue;
            }
            let (name, shape) = (&state.named.name, state.named.var.shape());
            if !self.case.states.contains_key(name) {
                continue;
            }
            let key = format!("model.next.{name}");
            let text = next.get(name).ok_or_else(|| {
                Error::input(&key, "missing key").allowed(format!("Write what `{name}` becomes"))
            })?;
            state.next = Next::Formula(self.names.sized(&key, text, &AFTER, shape)?);
        }
        Ok(())
    }

    fn cost(&self) -> Result<(Sense, Expr)> {
        let of = |name: &str, text: &Text| {
            self.names.sized(&format!("model.{name}"), text, &AFTER, Shape::Scalar)
        };
        match (&self.case.cost, &self.case.reward) {
            (Some(cost), None) => Ok((Sense::Minimum, of("cost", cost)?)),
            (None, Some(reward)) => Ok((Sense::Maximum, of("reward", reward)?)),
            (Some(_), Some(_)) => Err(Error::input("model.reward", "a cost is there too")
                .allowed("Write `cost` to minimise or `reward` to maximise")),
            (None, None) => Err(Error::input("model.cost", "missing key")
                .allowed("Write `cost` to minimise or `reward` to maximise, a formula")),
        }
    }

    fn constraints(&self) -> Result<Vec<Constraint>> {
        let key = "model.constraints";
        let read = |text: &String| {
            let formula = self.names.parsed(key, text, &CHOICE)?;
            let (a, b, equal) = formula.relation().ok_or_else(|| {
                Error::input(key, format!("`{text}` is no <=, >= or =="))
                    .allowed("Write two formulas with one of these between them")
            })?;
            Ok(Constraint { text: text.clone(), excess: a - b, equal })
        };
        self.case.constraints.iter().map(read).collect()
    }

    fn rules(&self, actions: &[Action]) -> Result<Vec<(String, Vec<Expr>)>> {
        let mut all = Vec::new();
        for (rule, of) in &self.case.rules {
            let key = format!("model.rules.{rule}");
            if rule == NO_LEARNING {
                return Err(Error::input(key, "every problem has a rule of this name")
                    .allowed("Give it another name"));
            }
            if let Some(name) =
                of.keys().find(|name| actions.iter().all(|a| a.named.name != **name))
            {
                let key = format!("{key}.{name}");
                return Err(self.names.unknown(&key, name, Kind::Action, "action"));
            }
            let one = |action: &Action| {
                let key = format!("{key}.{}", action.named.name);
                let text = of.get(&action.named.name).ok_or_else(|| {
                    Error::input(&key, "missing key")
                        .allowed("A rule says what every action is: write a formula")
                })?;
                self.names.sized(&key, text, &BEFORE, action.named.var.shape())
            };
            all.push((rule.clone(), actions.iter().map(one).collect::<Result<_>>()?));
        }
        Ok(all)
    }
}

impl Recorded {
    /// Refuses keys that mean nothing for what the record is.
    fn sound(&self, key: &str) -> Result<()> {
        let columns = [("column", &self.column), ("time", &self.time)];
        let of_columns = columns.into_iter().filter(|(_, said)| said.is_some());
        let texts = [
            ("format", &self.format),
            ("decimal", &self.decimal),
            ("separator", &self.separator),
            ("gaps", &self.gaps),
        ];
        let of_texts = texts.into_iter().filter(|(_, said)| said.is_some());
        let of_files = of_columns.map(|(name, _)| name).chain(of_texts.map(|(name, _)| name));
        if let Some(name) = of_files.into_iter().next() {
            return Err(Error::input(format!("{key}.{name}"), "no file is read")
                .allowed("Leave it out, or write file = \"….csv\""));
        }
        if self.log && self.r#as != As::Reverting {
            return Err(Error::input(format!("{key}.log"), "nothing is fitted to this record")
                .allowed("Leave it out, or write as = \"reverting\""));
        }
        if self.held.is_some() && self.r#as != As::Windows {
            return Err(Error::input(format!("{key}.held"), "nothing is held back of this record")
                .allowed("Leave it out, or write as = \"windows\""));
        }
        Ok(())
    }
}
