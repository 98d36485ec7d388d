//! What a run leaves behind: a folder, its files written whole or not at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use frame::Checkpoint;
use ground::archive::Archive;
use ground::{Error, Result};
use sha2::{Digest, Sha256};

use crate::cases::Resolved;

/// The complete case.
pub(crate) const CASE: &str = "case.toml";
/// The object that `--json` prints.
pub(crate) const ANSWER: &str = "answer.json";
/// The looks at the validation value.
pub(crate) const TRACE: &str = "trace.csv";
/// The trained parameters.
pub(crate) const PARAMS: &str = "params.safetensors";
/// The page.
pub(crate) const PAGE: &str = "report.html";
/// What the page is made of.
pub(crate) const SHOWN: &str = "report.json";
/// The folder of the pictures as files.
pub(crate) const FIGURES: &str = "figures";
/// Whole paths, for other programs.
pub(crate) const PATHS: &str = "paths.npz";
/// Version, machine, seed, counters, digests.
pub(crate) const PROVENANCE: &str = "provenance.json";
/// A trained potential, which DeePMD-kit reads too.
pub(crate) const MODEL: &str = atoms::answer::MODEL;
/// Errors while learning, as DeePMD-kit writes them.
pub(crate) const CURVE: &str = "lcurve.out";
/// How the folder of one of several seeds begins.
pub(crate) const SEED: &str = "seed-";
/// Where to go on from; gone when the run is finished.
pub(crate) const CHECKPOINT: &str = "checkpoint.safetensors";

/// The word under which a sealed archive keeps the digest of its contents.
const SEAL: &str = "seal";

/// Files being written begin like this; what a kill leaves of them is removed at the next start.
const PARTIAL: &str = ".esperance-";

/// The folder of a run.
#[derive(Clone, Debug)]
pub(crate) struct RunFolder {
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl RunFolder {
    /// A new folder: `out`, or `runs/<case>-<number>`.
    pub(crate) fn new(out: Option<&Path>, case: &str) -> Result<Self> {
        let Some(path) = out else { return numbered(Path::new("runs"), case) };
        refuse_filled(path, "Choose another --out, or go on with --resume")?;
        Self::made(path)
    }

    /// A folder at a place that [`refuse_filled`] has nothing against.
    pub(crate) fn made(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(|e| {
            Error::input("--out", format!("this folder cannot be made: {e}"))
                .allowed("Choose another --out")
                .in_file(&path.display().to_string())
        })?;
        Ok(Self { path: path.to_owned() })
    }

    /// A folder that is there already.
    pub(crate) fn existing(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            return Err(Error::input("", "there is no such folder")
                .allowed("Give the folder of a run")
                .in_file(&path.display().to_string()));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// A folder of this name inside, made where it is not there yet.
    pub(crate) fn inside(&self, name: &str) -> Result<Self> {
        let path = self.file(name);
        fs::create_dir_all(&path).map_err(|e| Error::io(path.display().to_string(), e))?;
        Ok(Self { path })
    }

    /// Keeps other processes out for as long as what is returned lives, whatever becomes of this one.
    /// Where a folder cannot be locked (a file system or a system without such locks), nobody is
    /// kept out.
    pub(crate) fn lock(&self) -> Result<Option<fs::File>> {
        let Ok(folder) = fs::File::open(&self.path) else { return Ok(None) };
        match folder.try_lock() {
            Ok(()) => Ok(Some(folder)),
            Err(fs::TryLockError::WouldBlock) => {
                Err(Error::input("", "another process is at work in this folder")
                    .allowed("Wait for it, or choose another --out")
                    .in_file(&self.path.display().to_string()))
            }
            Err(fs::TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Removes what an interrupted writing left.
    pub(crate) fn tidy(&self) -> Result<()> {
        for entry in self.entries()? {
            if entry.file_name().is_some_and(|n| n.to_string_lossy().starts_with(PARTIAL)) {
                fs::remove_file(&entry).map_err(|e| Error::io(entry.display().to_string(), e))?;
            }
        }
        Ok(())
    }

    /// Whether nothing was written yet.
    pub(crate) fn is_empty(&self) -> Result<bool> {
        Ok(self.entries()?.is_empty())
    }

    fn entries(&self) -> Result<Vec<PathBuf>> {
        let io = |e: std::io::Error| Error::io(self.path.display().to_string(), e);
        fs::read_dir(&self.path).map_err(io)?.map(|e| Ok(e.map_err(io)?.path())).collect()
    }

    /// The path of a file inside.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The name of a file inside, as messages write it.
    pub(crate) fn name_of(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// Whether a file is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.file(name).is_file()
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.file(name)).map_err(|e| {
            let what = match e.kind() {
                std::io::ErrorKind::NotFound => "this file is missing".to_owned(),
                _ => format!("this file cannot be read: {e}"),
            };
            Error::input("", what)
                .allowed("Give the folder of a finished run")
                .in_file(&self.name_of(name))
        })
    }

    /// The text of a file.
    pub(crate) fn text(&self, name: &str) -> Result<String> {
        String::from_utf8(self.read(name)?)
            .map_err(|_| Error::input("", "this file is not text").in_file(&self.name_of(name)))
    }

    /// Writes a file: at any moment the old one or the new one is there, whole, also after a power
    /// cut.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let whole = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(PARTIAL).tempfile_in(&self.path)?;
            file.write_all(bytes)?;
            readable(file.as_file())?;
            file.as_file().sync_all()?;
            file.persist(self.file(name))?;
            sync_folder(&self.path)
        };
        whole().map_err(|e| Error::io(self.name_of(name), e))
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        match fs::remove_file(self.file(name)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(self.name_of(name), e))
            }
            _ => Ok(()),
        }
    }

    /// The trained function of a finished run.
    pub(crate) fn trained(&self) -> Result<Checkpoint> {
        unsealed(&self.name_of(PARAMS), &self.read(PARAMS)?, Seal::Optional).map(Checkpoint)
    }

    /// Writes a checkpoint that knows its case.
    pub(crate) fn save(&self, checkpoint: Checkpoint, owner: &Owner) -> Result<()> {
        self.write(CHECKPOINT, &sealed(owner.sign(checkpoint))?)
    }

    /// The checkpoint, if there is one. It must be of this case.
    pub(crate) fn checkpoint(&self, owner: &Owner) -> Result<Option<Checkpoint>> {
        if !self.has(CHECKPOINT) {
            return Ok(None);
        }
        let name = self.name_of(CHECKPOINT);
        let archive = unsealed(&name, &self.read(CHECKPOINT)?, Seal::Needed)?;
        let word = |key: &str| archive.words.get(key).map_or("", String::as_str);
        if word("digest") != owner.digest {
            let what = if word("case").is_empty() {
                "this is not a checkpoint of esperance".to_owned()
            } else if word("case") == owner.case {
                format!("this checkpoint belongs to another version of `{}`", owner.case)
            } else {
                format!("this checkpoint belongs to `{}`, not to `{}`", word("case"), owner.case)
            };
            return Err(Error::input("", what)
                .allowed("Choose another --out, or the case it belongs to")
                .in_file(&name));
        }
        Ok(Some(Checkpoint(archive)))
    }
}

/// The case a checkpoint belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Its name.
    pub(crate) case: String,
    /// The digest of everything its answer depends on.
    pub(crate) digest: String,
}

impl Owner {
    /// The owner of the checkpoints of a case.
    pub(crate) fn of(resolved: &Resolved) -> Result<Self> {
        let digest = digest(resolved.identity()?.as_bytes());
        Ok(Self { case: resolved.case.name.clone(), digest })
    }

    /// The archive of a checkpoint, its owner written in.
    pub(crate) fn sign(&self, Checkpoint(mut archive): Checkpoint) -> Archive {
        archive.words.insert("case".to_owned(), self.case.clone());
        archive.words.insert("digest".to_owned(), self.digest.clone());
        archive
    }
}

/// The bytes of an archive that knows the digest of its own contents.
pub(crate) fn sealed(mut archive: Archive) -> Result<Vec<u8>> {
    archive.words.remove(SEAL);
    let seal = digest(&archive.to_bytes()?);
    archive.words.insert(SEAL.to_owned(), seal);
    archive.to_bytes()
}

/// Whether an archive that knows no digest is taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seal {
    /// It is not.
    Needed,
    /// It is: parameters may be made by hand.
    Optional,
}

/// The archive in bytes, whose contents must have the digest it knows.
fn unsealed(name: &str, bytes: &[u8], wanted: Seal) -> Result<Archive> {
    let mut archive = Archive::from_bytes(name, bytes)?;
    let seal = archive.words.remove(SEAL);
    let own = digest(&archive.to_bytes()?);
    if seal.map_or(wanted == Seal::Needed, |seal| seal != own) {
        return Err(Error::input("", "the numbers of this file are not those that were written")
            .allowed("It is damaged; remove it to start anew")
            .in_file(name));
    }
    Ok(archive)
}

/// SHA-256, in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Refuses a place for a new folder where a file is, or a folder with something in it; changes nothing.
pub(crate) fn refuse_filled(path: &Path, instead: &str) -> Result<()> {
    let name = path.display().to_string();
    if path.is_dir() && !is_empty(path)? {
        return Err(Error::input("", "this folder is not empty").allowed(instead).in_file(&name));
    }
    if path.exists() && !path.is_dir() {
        return Err(Error::input("", "this is a file")
            .allowed("Choose a folder for --out")
            .in_file(&name));
    }
    Ok(())
}

/// `runs/<case>-<number>`, the number one more than the largest there is.
fn numbered(runs: &Path, case: &str) -> Result<RunFolder> {
    let io = |e: std::io::Error| Error::io(runs.display().to_string(), e);
    let unmade = |path: &Path, e: std::io::Error| {
        Error::input("", format!("this folder cannot be made: {e}"))
            .allowed("Say with --out where the run may be kept")
            .in_file(&path.display().to_string())
    };
    fs::create_dir_all(runs).map_err(|e| unmade(runs, e))?;
    let prefix = format!("{case}-");
    let mut number = 0_u64;
    for entry in fs::read_dir(runs).map_err(io)? {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        let taken = name.strip_prefix(&prefix).and_then(|n| n.parse().ok()).unwrap_or(0);
        number = number.max(taken);
    }
    loop {
        number += 1;
        let path = runs.join(format!("{prefix}{number}"));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(RunFolder { path }),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(unmade(&path, e)),
        }
    }
}

fn is_empty(path: &Path) -> Result<bool> {
    RunFolder { path: path.to_owned() }.is_empty()
}

/// Temporary files are private; a result is not.
#[cfg(unix)]
fn readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// The name of a file is safe when the folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}
