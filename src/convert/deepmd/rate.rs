//! `learning_rate` and `optimizer`: the descent, with the rate that it has there at every iteration.

use ground::{Error, Result};
use toml::{Table, Value};

use super::keys::Section;
use super::{shapes, table, whole};
use crate::cases::schema::nearest;

/// Optimisers that DeePMD-kit has.
const OTHERS: [&str; 4] = ["AdamW", "LKF", "AdaMuon", "HybridMuon"];

/// The lowest rate that an exponential fall is computed to there.
const LOWEST: f64 = 1e-10;

/// The last rate where none is given.
const LAST: f64 = 5e-8;

/// Reads the descent of a run of so many steps, where they are known.
pub(super) fn read(
    input: Section<'_>,
    steps: Option<u64>,
    notes: &mut Vec<String>,
) -> Result<Table> {
    let [beta1, beta2] = betas(input)?;
    let training = input.below("training", &shapes::TRAINING)?;
    let clip = training.number("gradient_max_norm", 0.0)?.filter(|norm| *norm > 0.0);
    let rate = rate(input, steps, notes)?;
    Ok(table([
        ("kind", "adam".into()),
        ("rate", rate.into()),
        ("beta1", beta1.into()),
        ("beta2", beta2.into()),
        ("eps", 1e-8.into()),
        ("form", "tensorflow".into()),
        ("clip", clip.unwrap_or(f64::INFINITY).into()),
    ]))
}

fn betas(input: Section<'_>) -> Result<[f64; 2]> {
    let section = input.below("optimizer", &shapes::OPTIMIZER)?;
    let path = section.path("type");
    match section.text("type")? {
        None | Some("Adam") => {}
        Some(found) if OTHERS.contains(&found) => {
            return Err(Error::input(path, format!("`{found}` is not supported"))
                .allowed("Write \"Adam\", or train with DeePMD-kit"));
        }
        Some(found) => {
            return Err(Error::input(path, format!("unknown word `{found}`"))
                .nearest(nearest(found, ["Adam"]))
                .allowed("Write \"Adam\""));
        }
    }
    let section = section.checked()?;
    let beta = |key: &str, default: f64| {
        let kind = |value: &serde_json::Value| value.as_f64().filter(|b| (0.0..1.0).contains(b));
        Ok(section.read(key, kind, "Write a number from 0 to below 1")?.unwrap_or(default))
    };
    Ok([beta("adam_beta1", 0.9)?, beta("adam_beta2", 0.999)?])
}

/// A rate under construction.
struct Fall<'a> {
    section: Section<'a>,
    from: f64,
    to: f64,
    keys: Table,
}

fn rate(input: Section<'_>, steps: Option<u64>, notes: &mut Vec<String>) -> Result<Table> {
    let section = input.below("learning_rate", &shapes::RATE)?.checked()?;
    let law = section.word("type", &["exp", "cosine", "wsd"])?;
    of_another_law(section, law)?;
    let from = section.positive("start_lr")?;
    let from = section.needed("start_lr", from, "Write the first rate, such as 0.001")?;
    let to = last(section, from, notes)?;
    let mut fall = Fall { section, from, to, keys: Table::new() };
    fall.insert("from", from);
    fall.insert("to", to);
    let warm = fall.warm_up(steps)?;
    match law {
        "exp" => fall.exponential(steps.map(|steps| (steps, steps - warm)), notes)?,
        "cosine" => fall.insert("law", "cosine"),
        _ => fall.plateau()?,
    }
    Ok(fall.keys)
}

/// Refuses keys that another law has.
fn of_another_law(section: Section<'_>, law: &str) -> Result<()> {
    for (key, of) in [
        ("decay_steps", "exp"),
        ("decay_rate", "exp"),
        ("smooth", "exp"),
        ("decay_phase_ratio", "wsd"),
        ("decay_type", "wsd"),
    ] {
        if let Some((path, _)) = section.get(key).filter(|_| of != law) {
            return Err(Error::input(path, format!("this is for the type \"{of}\" only"))
                .allowed(format!("Remove it, or write \"type\": \"{of}\"")));
        }
    }
    Ok(())
}

/// The last rate.
fn last(section: Section<'_>, from: f64, notes: &mut Vec<String>) -> Result<f64> {
    let (to, key) = match (section.positive("stop_lr")?, section.positive("stop_lr_ratio")?) {
        (Some(_), Some(_)) => {
            return Err(Error::input(
                section.path("stop_lr_ratio"),
                "stop_lr says the last rate already",
            )
            .allowed("Keep one of the two"));
        }
        (Some(to), None) => (to, "stop_lr"),
        (None, Some(ratio)) => (from * ratio, "stop_lr_ratio"),
        (None, None) => {
            notes.push(format!("learning_rate.stop_lr is not given: it is {LAST:e}, as there."));
            (LAST, "stop_lr")
        }
    };
    if to > from {
        let found = format!("the rate would rise, from {from:?} to {to:?}");
        return Err(
            Error::input(section.path(key), found).allowed("Let it end no higher than start_lr")
        );
    }
    Ok(to)
}

impl Fall<'_> {
    fn insert(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    /// The steps of a rise before the fall.
    fn warm_up(&mut self, steps: Option<u64>) -> Result<u64> {
        let section = self.section;
        let given = section.whole("warmup_steps", 0)?.filter(|warm| *warm > 0);
        let share = section.number("warmup_ratio", 0.0)?.filter(|share| *share > 0.0);
        let share_from = section.number("warmup_start_factor", 0.0)?.filter(|share| *share > 0.0);
        if given.is_some() && share.is_some() {
            return Err(Error::input(section.path("warmup_ratio"), "warmup_steps says it already")
                .allowed("Keep one of the two"));
        }
        if share_from.is_some_and(|share| share > 1.0) {
            let found = "the rate would fall to its start";
            return Err(Error::input(section.path("warmup_start_factor"), found)
                .allowed("Write a number from 0 to 1"));
        }
        let Some(steps) = steps else { return Ok(0) };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
        let warm = given.or(share.map(|share| (share * steps as f64) as u64)).unwrap_or(0);
        if warm == 0 {
            return Ok(0);
        }
        if warm >= steps {
            let key = if given.is_some() { "warmup_steps" } else { "warmup_ratio" };
            let found =
                format!("{warm} steps of rise are not fewer than the {steps} of the training");
            return Err(Error::input(section.path(key), found).allowed("Write a smaller number"));
        }
        self.insert("warm-up", whole(warm));
        if let Some(share) = share_from {
            self.insert("warm-up-from", share);
        }
        Ok(warm)
    }

    /// The exponential; `steps` are those of the training and those after the rise.
    fn exponential(&mut self, steps: Option<(u64, u64)>, notes: &mut Vec<String>) -> Result<()> {
        let section = self.section;
        self.insert("law", "exponential");
        let smooth = section.truth("smooth", false)?;
        let given = section.whole("decay_steps", 1)?;
        let mut ratio = section.share("decay_rate")?;
        let Some((all, rest)) = steps else { return Ok(()) };
        let mut every = given.unwrap_or(5000);
        if ratio.is_none() && every >= rest {
            every = if rest / 10 > 100 { 100 } else { rest / 100 + 1 };
            // With one step there is nothing to fall in.
            if given.is_some() && !smooth {
                let found = given.unwrap_or(5000);
                notes.push(format!(
                    "learning_rate.decay_steps = {found} is not below the {all} steps: {every} is taken \
                     in its place, as there."
                ));
            }
        }
        if ratio.is_none() && self.to < self.from * 1e-6 {
            let share = 100.0 * (1.0 - 3.0 / (self.from / self.to.max(LOWEST)).log10());
            notes.push(format!(
                "learning_rate falls from {:?} to {:?}: it is below a thousandth of its start for \
                 {share:.0}% of the run, where little is learned.",
                self.from, self.to
            ));
        }
        if ratio.is_none() && self.to < LOWEST && self.from > LOWEST {
            // There the ratio is computed for a last rate of LOWEST, and the rate ends there.
            let turns = rest as f64 / every as f64;
            ratio = Some(((LOWEST / self.from).ln() / turns).exp());
        }
        match (smooth, ratio) {
            (true, None) => {}
            (true, Some(ratio)) => {
                self.insert("every", 1);
                self.insert("ratio", ratio.powf(1.0 / every as f64));
            }
            // One step is at the first rate, whatever holds it.
            (false, None) if rest <= every => {}
            (false, None) => self.insert("every", whole(every)),
            (false, Some(ratio)) => {
                self.insert("every", whole(every));
                self.insert("ratio", ratio);
            }
        }
        Ok(())
    }

    fn plateau(&mut self) -> Result<()> {
        self.insert("law", "plateau");
        if let Some(share) = self.section.share("decay_phase_ratio")? {
            self.insert("last", share);
        }
        let tail = self.section.word("decay_type", &["inverse_linear", "linear", "cosine"])?;
        self.insert("tail", tail.trim_end_matches("_linear"));
        Ok(())
    }
}
