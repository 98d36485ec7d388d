//! Formulas over the axes of a study: `if(scaling == 'ntk', 0.1, 0.1 * width)`.
//!
//! A word of an axis, and a word in quotes, stand for its place in one list of words, so that two are equal
//! where they are the same word.

use frame::study::axes::{Grid, Setting};
use ground::formula::{self, Constant, Scope};
use ground::{Error, Result};

use super::as_number;
use crate::cases::schema::nearest;

/// The names that formulas over the axes of a grid may use, and their words.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    names: Vec<String>,
    words: Vec<String>,
    first: Vec<Setting>,
}

impl Axes {
    /// Of a grid.
    pub fn of(grid: &Grid) -> Self {
        let names = grid.names().into_iter().map(str::to_owned).collect();
        let mut words: Vec<String> = Vec::new();
        let settings = grid.axes.iter().flat_map(|axis| &axis.levels).flat_map(|l| &l.settings);
        for setting in settings {
            if let Setting::Word(word) = setting
                && !words.contains(word)
            {
                words.push(word.clone());
            }
        }
        let place = vec![0; grid.axes.len()];
        let first = grid.settings(&place).into_iter().map(|(_, setting)| setting.clone()).collect();
        Self { names, words, first }
    }

    /// An error unless the formula can be read.
    pub fn check(&self, place: &str, text: &str) -> Result<()> {
        let names = self.names.iter().map(String::as_str);
        self.value(place, text, &names.zip(&self.first).collect::<Vec<_>>()).map(|_| ())
    }

    /// The value at some settings. `place` is the key where the formula is written.
    pub fn value(&self, place: &str, text: &str, settings: &[(&str, &Setting)]) -> Result<f64> {
        let plain = self.without_words(place, text)?;
        let mut scope = Scope::new();
        for (name, setting) in settings {
            if let Some(number) = as_number(setting, &self.words) {
                // A formula reads `-` as minus.
                scope = scope.constant(&name.replace(['-', '.'], "_"), Constant::Number(number));
            }
        }
        let scope = scope.constant("pi", Constant::Number(std::f64::consts::PI));
        let formula = formula::parse(&plain, &scope).map_err(|e| frame::text::at_key(e, place))?;
        let value = frame::text::single(formula).evaluate(&[]).first().copied().unwrap_or(f64::NAN);
        if value.is_finite() {
            Ok(value)
        } else {
            let at: Vec<String> = settings.iter().map(|(n, s)| format!("{n} = {s}")).collect();
            Err(Error::input(place, format!("`{text}` is no number at {}", at.join(", "))))
        }
    }

    /// The formula with numbers for words in quotes.
    fn without_words(&self, place: &str, text: &str) -> Result<String> {
        let mut plain = String::new();
        for (k, part) in text.split('\'').enumerate() {
            if k % 2 == 0 {
                plain.push_str(part);
                continue;
            }
            let at = self.words.iter().position(|word| word == part).ok_or_else(|| {
                let known = self.words.iter().map(String::as_str);
                let allowed = if self.words.is_empty() {
                    "No axis has words".to_owned()
                } else {
                    format!("The axes have {}", self.words.join(", "))
                };
                Error::input(place, format!("no axis has the word `{part}`"))
                    .nearest(nearest(part, known))
                    .allowed(allowed)
            })?;
            plain.push_str(&at.to_string());
        }
        if text.matches('\'').count() % 2 == 1 {
            return Err(Error::input(place, format!("a quote of `{text}` is not closed")));
        }
        Ok(plain)
    }
}
