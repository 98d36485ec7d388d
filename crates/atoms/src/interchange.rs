//! Models of other programs, read and written: the serialisation of DeePMD-kit, as YAML and as HDF5.
//!
//! ```text
//! bytes  ⇄  Document: a tree whose arrays stand aside     yaml.rs, hdf5.rs
//! Document  ⇄  Potential                                  import.rs, export.rs; described.rs says what is in it
//! ```
//! Files of one back end of that program (`.pb`, `.pth`, `.pt2`, …) hold programs, not models: they are
//! refused with the command that converts them.

use ground::{Error, Result};

mod agree;
mod described;
pub mod document;
pub mod export;
pub mod hdf5;
pub mod import;
pub mod yaml;

pub use document::{Document, Tensor};
pub use import::{Imported, Rules};

/// The form of a model file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// `.yaml`, `.yml`
    Yaml,
    /// `.dp`: HDF5
    Hdf5,
}

/// What the names of files of one back end end with.
const BACK_ENDS: [&str; 9] =
    ["pb", "pbtxt", "pth", "pt2", "pt", "savedmodel", "hlo", "json", "pdmodel"];

impl ModelFormat {
    /// From the name of a file. Fails for what cannot be read, with the way out.
    pub fn of(name: &str) -> Result<Self> {
        let file = name.rsplit('/').next().unwrap_or(name);
        let end = file.rsplit_once('.').map_or("", |(_, end)| end);
        match end {
            "yaml" | "yml" => Ok(Self::Yaml),
            "dp" | "hdf5" | "h5" => Ok(Self::Hdf5),
            _ if BACK_ENDS.contains(&end) => {
                let stem = name.strip_suffix(end).unwrap_or(name);
                Err(Error::input("", format!("`.{end}` is a file of one back end of DeePMD-kit"))
                    .allowed(format!("Convert it: dp convert-backend {name} {stem}dp")))
            }
            _ => Err(Error::input("", format!("`{file}` is not the name of a model"))
                .allowed("A model is a file of DeePMD-kit that ends in .dp or .yaml")),
        }
    }
}

/// The potential in the bytes of a file of this name.
pub fn read(name: &str, bytes: &[u8], rules: Option<Rules>) -> Result<Imported> {
    let document = match ModelFormat::of(name)? {
        ModelFormat::Yaml => yaml::read(bytes),
        ModelFormat::Hdf5 => hdf5::read(bytes),
    }?;
    import::potential(&document, rules)
}

/// The bytes of a file of this name that holds a potential.
pub fn write(name: &str, potential: &crate::Potential) -> Result<Vec<u8>> {
    let document = export::document(potential)?;
    match ModelFormat::of(name)? {
        ModelFormat::Yaml => yaml::write(&document),
        ModelFormat::Hdf5 => hdf5::write(&document),
    }
}
