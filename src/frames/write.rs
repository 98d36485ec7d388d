//! Frames to new files and folders; nothing is written over.

use std::fs;
use std::path::Path;

use atoms::Frames;
use atoms::format::{self, Format, Precision, Tree, Written};
use ground::{Error, Result};

use crate::place;

/// Writes frames to a new file or folder, whole or not at all; gives what the format has no place for.
pub fn write(
    frames: &Frames,
    format: Format,
    precision: Precision,
    out: &Path,
) -> Result<Vec<String>> {
    let (written, lost) = format::write(frames, format, precision)?;
    match written {
        Written::File(bytes) => place::write(out, &bytes)?,
        Written::Folder(tree) => folder(out, &tree)?,
    }
    Ok(lost)
}

/// Beside its place first, then moved there.
fn folder(out: &Path, tree: &Tree) -> Result<()> {
    let draft = place::draft(out)?;
    let root = draft.path().join("frames");
    let broken = |e: std::io::Error| Error::io(out.display().to_string(), e);
    for (name, bytes) in tree {
        let path = root.join(name);
        let folder = path.parent().unwrap_or(&root);
        fs::create_dir_all(folder).map_err(broken)?;
        fs::write(&path, bytes).map_err(broken)?;
    }
    place::settle(&root, out)
}
