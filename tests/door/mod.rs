//! The command as a test sees it: run it in an empty folder, read what it says.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

/// The command in a folder, with these words.
pub(crate) fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("esperance"));
    command.current_dir(folder).args(words).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(folder: &Path, words: &[&str]) -> Output {
    command(folder, words).output().unwrap()
}

/// The exit code.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What it answered.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it said on the way.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Its answer as one object.
pub(crate) fn object(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}\n{}\n{}", String::from_utf8_lossy(&output.stdout), stderr(output))
    })
}

/// Kills a process at so many random moments, and starts it again each time. `ended` sees how often it was
/// killed whenever it comes to its end by itself; what it leaves then decides how it starts next.
pub(crate) fn kill(times: u32, mut start: impl FnMut() -> Child, mut ended: impl FnMut(u32)) {
    let (mut seed, mut kills) = (20_261_125_u64, 0);
    loop {
        let mut child = start();
        if kills < times {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            sleep(Duration::from_millis(20 + (seed >> 33) % 250));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                kills += 1;
            }
        }
        if child.wait().unwrap().code().is_some() {
            ended(kills);
            if kills >= times {
                return;
            }
        }
    }
}

/// Names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A quick case that takes well under a second.
pub(crate) const SMALL: [&str; 6] =
    ["--set", "problem.steps=[4,8]", "--set", "run.fresh-paths=1000", "--set", "run.iterations=20"];

/// `solve hjb-lqg-10d`, small, with more words.
pub(crate) fn small<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut all = vec!["solve", "hjb-lqg-10d"];
    all.extend(SMALL);
    all.extend(words);
    all
}
