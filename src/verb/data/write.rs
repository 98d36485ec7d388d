//! Frames to new files and folders; nothing is written over.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use atoms::Frames;
use atoms::format::{self, Format, Precision, Tree, Written};
use ground::{Error, Result};

/// Refuses a place where something is.
pub(super) fn refuse_existing(out: &Path) -> Result<()> {
    // A link that leads nowhere is something, too.
    if fs::symlink_metadata(out).is_err() {
        return Ok(());
    }
    Err(Error::input("--out", "this is there already")
        .allowed("Choose another --out")
        .in_file(&out.display().to_string()))
}

/// Writes frames, whole or not at all; gives what the format has no place for.
pub(super) fn frames(
    frames: &Frames,
    format: Format,
    precision: Precision,
    out: &Path,
) -> Result<Vec<String>> {
    let (written, lost) = format::write(frames, format, precision)?;
    refuse_existing(out)?;
    match written {
        Written::File(bytes) => file(out, &bytes)?,
        Written::Folder(tree) => folder(out, &tree)?,
    }
    Ok(lost)
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let name = path.display().to_string();
    move |e| {
        Error::input("--out", format!("this cannot be made: {e}"))
            .allowed("Choose another --out")
            .in_file(&name)
    }
}

fn file(out: &Path, bytes: &[u8]) -> Result<()> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(out).map_err(failed(out))?;
    file.write_all(bytes).map_err(|e| Error::io(out.display().to_string(), e))
}

/// Beside its place first, then moved there.
fn folder(out: &Path, tree: &Tree) -> Result<()> {
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft =
        tempfile::Builder::new().prefix(".data-").tempdir_in(parent).map_err(failed(out))?;
    let place = draft.path().join("frames");
    let broken = |e: std::io::Error| Error::io(out.display().to_string(), e);
    for (name, bytes) in tree {
        let path = place.join(name);
        let folder = path.parent().unwrap_or(&place);
        fs::create_dir_all(folder).map_err(broken)?;
        fs::write(&path, bytes).map_err(broken)?;
    }
    refuse_existing(out)?;
    fs::rename(&place, out).map_err(failed(out))
}
