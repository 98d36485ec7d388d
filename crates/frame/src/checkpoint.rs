//! Stop and go on, to the bit.

use ground::archive::{Archive, Numbers};
use ground::{Error, Result};

use crate::params::Params;

/// Everything a run needs to go on: named arrays, and the digest of the case it belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint(pub Archive);

/// Saves or restores: one method walks over what must survive, so that the two cannot disagree.
#[derive(Debug)]
pub struct Keeper<'a> {
    archive: &'a mut Archive,
    saving: bool,
    prefix: String,
}

/// Ties a kind of array to its variant.
macro_rules! arrays {
    ($(#[$doc:meta])* $method:ident, $variant:ident, $type:ty) => {
        $(#[$doc])*
        pub fn $method(&mut self, name: &str, values: &mut Vec<$type>) -> Result<()> {
            let key = format!("{}{name}", self.prefix);
            if self.saving {
                self.archive.numbers.insert(key, Numbers::$variant(values.clone()));
                return Ok(());
            }
            match self.archive.numbers.get(&key) {
                Some(Numbers::$variant(kept)) => {
                    values.clone_from(kept);
                    Ok(())
                }
                Some(_) => Err(foreign(&format!("`{key}` is of another precision"))),
                None => Err(foreign(&format!("`{key}` is missing"))),
            }
        }
    };
}

fn foreign(found: &str) -> Error {
    Error::input("", format!("the checkpoint does not fit: {found}")).allowed(
        "It belongs to another case, representation or version; start anew, without --resume \
                  or run.init",
    )
}

impl<'a> Keeper<'a> {
    /// Saves into an archive.
    pub fn saving(archive: &'a mut Archive) -> Self {
        Self { archive, saving: true, prefix: String::new() }
    }

    /// Restores from an archive.
    pub fn restoring(archive: &'a mut Archive) -> Self {
        Self { archive, saving: false, prefix: String::new() }
    }

    /// The same archive, one level down.
    pub fn within(&mut self, name: &str) -> Keeper<'_> {
        Keeper {
            prefix: format!("{}{name}/", self.prefix),
            saving: self.saving,
            archive: self.archive,
        }
    }

    arrays!(/// Numbers of single precision.
        singles, F32, f32);
    arrays!(/// Numbers of double precision.
        numbers, F64, f64);
    arrays!(/// Counts.
        counts, U64, u64);

    /// Words without blanks.
    pub fn words(&mut self, name: &str, words: &mut Vec<String>) -> Result<()> {
        let key = format!("{}{name}", self.prefix);
        if self.saving {
            self.archive.words.insert(key, words.join(" "));
            return Ok(());
        }
        let kept = self.archive.words.get(&key);
        let kept = kept.ok_or_else(|| foreign(&format!("`{key}` is missing")))?;
        *words = kept.split_whitespace().map(str::to_owned).collect();
        Ok(())
    }

    /// One count.
    pub fn count(&mut self, name: &str, value: &mut u64) -> Result<()> {
        let mut one = vec![*value];
        self.counts(name, &mut one)?;
        *value = *one.first().ok_or_else(|| foreign(&format!("`{name}` is empty")))?;
        Ok(())
    }
}

impl Checkpoint {
    /// Puts the parameters it holds into `params`; the rest of the run is left out.
    pub fn restore(&self, params: &mut Params) -> Result<()> {
        params.keep(&mut Keeper::restoring(&mut self.0.clone()).within("theta"))
    }

    /// The parameters alone.
    pub fn of(params: &Params) -> Result<Self> {
        let mut archive = Archive::default();
        params.clone().keep(&mut Keeper::saving(&mut archive).within("theta"))?;
        Ok(Self(archive))
    }
}
