//! `training`: the data, how long, what is written on the way.

use ground::{Error, Result};
use toml::Table;

use super::keys::Section;
use super::{Output, shapes, systems, table, whole};

/// What is asked of a training.
#[derive(Debug)]
pub(super) struct Asked {
    /// `[problem]`, without the weights.
    pub(super) problem: Table,
    /// `[run]`, without the precision.
    pub(super) run: Table,
    /// Iterations, where they are known.
    pub(super) steps: Option<u64>,
    /// Passes over the data, where they are asked for instead.
    pub(super) epochs: Option<f64>,
    /// The table of errors.
    pub(super) curve: Output,
    /// The checkpoints.
    pub(super) checkpoint: Output,
}

/// Reads `training`; `steps` replaces the number of its steps.
pub(super) fn read(
    input: Section<'_>,
    steps: Option<u64>,
    notes: &mut Vec<String>,
) -> Result<Asked> {
    let training = input.below("training", &shapes::TRAINING)?.checked()?;
    let data = training.below("training_data", &shapes::TRAINING_DATA)?.checked()?;
    training.needed(
        "training_data",
        data.given().then_some(()),
        "Write the systems to learn from: { \"systems\": [\"data_0\"] }",
    )?;
    let held = training.below("validation_data", &shapes::VALIDATION_DATA)?.checked()?;
    let (steps, epochs) = length(training, steps)?;
    let every = training.whole("disp_freq", 1)?.unwrap_or(1000);
    let mut run = table([("look-every", whole(every))]);
    if let Some(steps) = steps {
        run.insert("iterations".into(), whole(steps));
    }
    let mut problem = table([("kind", "force-matching".into()), ("data", systems::systems(data)?)]);
    if held.given() {
        problem.insert("validation".into(), systems::systems(held)?);
        let batches = held.whole("numb_btch", 1)?.unwrap_or(1);
        let look = systems::batch(held)?.largest().saturating_mul(batches);
        run.insert("look".into(), whole(look));
        if systems::probabilities(held)?.is_some() {
            notes.push(
                "Probabilities of systems have no effect on training.validation_data: a look takes \
                 its frames from all of them."
                    .to_owned(),
            );
        }
    } else {
        problem.insert("held-out".into(), 0.0.into());
    }
    problem.insert("batch".into(), systems::batch(data)?.value());
    if let Some(all) = systems::probabilities(data)? {
        problem.insert("probabilities".into(), all);
    }
    seeds(input, training, &mut run, notes)?;
    idle(training, notes);
    let file = |key: &str, default: &str| Ok(training.text(key)?.unwrap_or(default).to_owned());
    let curve = Output { file: file("disp_file", "lcurve.out")?, every };
    let often = training.whole("save_freq", 1)?.unwrap_or(1000);
    let checkpoint = Output { file: file("save_ckpt", "model.ckpt")?, every: often };
    Ok(Asked { problem, run, steps, epochs, curve, checkpoint })
}

/// How long: iterations, or passes over the data.
fn length(training: Section<'_>, steps: Option<u64>) -> Result<(Option<u64>, Option<f64>)> {
    let given = training.whole("numb_steps", 1)?;
    let epochs = training.positive("numb_epoch")?;
    if let (Some(_), Some(_)) = (given, epochs) {
        let path = training.get("numb_epoch").map_or_else(String::new, |(path, _)| path);
        return Err(Error::input(path, "the number of steps says how long already")
            .allowed("Keep one of the two"));
    }
    match (steps.or(given), epochs) {
        (Some(steps), _) => Ok((Some(steps), None)),
        (None, Some(epochs)) => Ok((None, Some(epochs))),
        (None, None) => training.needed(
            "numb_steps",
            None,
            "Write the number of steps, such as 1000000, or numb_epoch, passes over the data",
        ),
    }
}

/// The seed of all random numbers; those of single networks are not needed.
fn seeds(
    input: Section<'_>,
    training: Section<'_>,
    run: &mut Table,
    notes: &mut Vec<String>,
) -> Result<()> {
    let given = training.whole("seed", 0)?;
    if let Some(seed) = given {
        run.insert("seed".into(), whole(seed));
    }
    let model = input.below("model", &shapes::MODEL)?;
    for (key, shape) in [("descriptor", &shapes::DESCRIPTOR), ("fitting_net", &shapes::FITTING)] {
        let section = model.below(key, shape)?;
        if let (Some(seed), None) = (section.whole("seed", 0)?, given) {
            notes.push(format!(
                "{} = {seed} has no effect: all random numbers come from training.seed, which is not \
                 given.",
                section.path("seed")
            ));
        }
    }
    Ok(())
}

/// Notes on options that ask for something and change nothing.
fn idle(training: Section<'_>, notes: &mut Vec<String>) {
    let asked =
        |key: &str| training.get(key).is_some_and(|(_, value)| value.as_bool() == Some(true));
    for (key, says) in [
        ("tensorboard", "the errors stand in the table of the run"),
        ("profiling", "no timeline is written"),
        ("enable_profiler", "no timeline is written"),
    ] {
        if asked(key) {
            notes.push(format!("training.{key} has no effect: {says}."));
        }
    }
    if training.get("numb_test").is_some() {
        notes.push(
            "training.numb_test has no effect, as there: training.validation_data says what is looked \
             at."
                .to_owned(),
        );
    }
}
