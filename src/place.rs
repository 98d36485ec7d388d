//! A place for a new file: refused where something is, written whole or not at all.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use ground::{Error, Result};

fn wrong(out: &Path, found: impl Into<String>) -> Error {
    Error::input("--out", found).allowed("Choose another --out").in_file(&out.display().to_string())
}

/// The folder it is to stand in.
fn parent(out: &Path) -> &Path {
    out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Refuses a place where something is, or that cannot be: said before the work.
pub(crate) fn refuse(out: &Path) -> Result<()> {
    // A link that leads nowhere is something, too.
    if fs::symlink_metadata(out).is_ok() {
        let what = if out.is_dir() { "this folder" } else { "this file" };
        return Err(wrong(out, format!("{what} is there already")));
    }
    // What stands there for a moment says whether something may.
    draft(out).map(drop)
}

fn beside(out: &Path) -> impl Fn(std::io::Error) -> Error {
    move |e| match e.kind() {
        ErrorKind::NotFound => wrong(out, "the folder that it should stand in is not there"),
        ErrorKind::NotADirectory => wrong(out, "what it should stand in is no folder"),
        ErrorKind::PermissionDenied => wrong(out, "nothing may be written where it should stand"),
        kind => wrong(out, format!("this cannot be made: {kind}")),
    }
}

/// A folder beside the place, gone when dropped.
pub(crate) fn draft(out: &Path) -> Result<tempfile::TempDir> {
    named().tempdir_in(parent(out)).map_err(beside(out))
}

fn named<'a>() -> tempfile::Builder<'a, 'a> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".draft-");
    builder
}

/// Writes a file that is not there yet.
pub(crate) fn write(out: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    let mut builder = named();
    #[cfg(unix)]
    {
        // As any new file, not for its owner alone.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(parent(out)).map_err(beside(out))?;
    let full = |e| Error::io(out.display().to_string(), e);
    file.write_all(bytes.as_ref()).map_err(full)?;
    file.as_file().sync_all().map_err(full)?;
    file.persist_noclobber(out).map(drop).map_err(|e| match e.error.kind() {
        ErrorKind::AlreadyExists => wrong(out, "this file is there already"),
        _ => full(e.error),
    })
}

/// Moves a finished folder to its place.
pub(crate) fn settle(from: &Path, out: &Path) -> Result<()> {
    refuse(out)?;
    fs::rename(from, out).map_err(|e| Error::io(out.display().to_string(), e))
}
