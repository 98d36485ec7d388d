//! `eval`: points in, values with errors out, and every wrong file named.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use std::path::Path;

use door::{code, run, small, stderr, stdout};
use tempfile::tempdir;

/// A header and points for d = 10.
fn points(rows: &[&str]) -> String {
    let header: Vec<String> =
        std::iter::once("t".to_owned()).chain((1..=10).map(|i| format!("x{i}"))).collect();
    let zeros = ",0".repeat(10);
    let lines = rows.iter().map(|row| row.replace("…", &zeros));
    std::iter::once(header.join(",")).chain(lines).collect::<Vec<_>>().join("\n") + "\n"
}

fn refused(here: &Path, text: &str) -> String {
    std::fs::write(here.join("points.csv"), text).unwrap();
    let output = run(here, &["eval", "a", "--at", "points.csv"]);
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    stderr(&output).trim().to_owned()
}

#[test]
fn values_and_slopes_at_points() {
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a"]));
    std::fs::write(here.path().join("points.csv"), points(&["0…", "0.5…", "# a remark"])).unwrap();
    let output = run(here.path(), &["eval", "a", "--at", "points.csv"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0][11..14], ["u", "stderr", "du1"]);
    assert_eq!(lines[0][23..], ["du_error", "inside"]);
    let u: f64 = lines[1][11].parse().unwrap();
    assert!((u - 2.157).abs() < 0.05, "u(0, 0) = {u}");
    assert_eq!(lines[1][24], "1");
    let again = run(here.path(), &["eval", "a", "--at", "points.csv", "--out", "found.csv"]);
    assert_eq!((code(&again), stdout(&again).as_str()), (0, ""));
    let written = std::fs::read_to_string(here.path().join("found.csv")).unwrap();
    assert_eq!(written.trim(), text.trim(), "the same bits");
    let again = run(here.path(), &["eval", "a", "--at", "points.csv", "--out", "found.csv"]);
    assert_eq!(code(&again), 2);
    assert_eq!(
        stderr(&again).trim(),
        "found.csv: --out: this file is there already. Choose another --out."
    );
}

#[test]
fn wrong_points_are_named() {
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a"]));
    let refused = |text: &str| refused(here.path(), text);
    let how = "Write a line of names, t,x1,x2,…, and a line of numbers for each point.";
    assert_eq!(
        refused("t,x1,y2\n0,0,0\n"),
        "points.csv: a column `y2` where `x2` is due. Columns t, x1, … to x10, in this order: 11 in \
         all."
    );
    assert_eq!(
        refused("t,x1\n0,0\n"),
        "points.csv: 2 columns. Columns t, x1, … to x10, in this order: 11 in all."
    );
    assert_eq!(
        refused(&points(&["0…", "1…"])),
        "points.csv: row 2: t: the time 1. From 0 to below T = 1, where u = g."
    );
    assert_eq!(
        refused(&points(&["-0.1…"])),
        "points.csv: row 1: t: the time -0.1. From 0 to below T = 1, where u = g."
    );
    assert_eq!(
        refused(&points(&["0…", "0.1,0,0,0,0,0,0,nan,0,0,0"])),
        "points.csv: row 2: x: NaN is no coordinate. 10 finite numbers."
    );
    assert_eq!(
        refused(&points(&["soon…"])),
        format!("points.csv: line 2, column t: `soon` is no number. {how}")
    );
    assert_eq!(refused(&points(&[])), format!("points.csv: there are no points. {how}"));
    assert_eq!(
        refused(&points(&["0,0,0"])),
        format!("points.csv: line 2 has 3 numbers, the first line 11 names. {how}")
    );
    assert_eq!(
        refused("t;x1;x2\n0;0;0\n"),
        format!("points.csv: the columns are separated by ';', not by commas. {how}")
    );
    assert_eq!(
        refused(&points(&["0…", "0.1,1e300,0,0,0,0,0,0,0,0,0"])),
        "points.csv: row 2: x: paths from this point are not finite. Points such as the paths of the \
         run go to."
    );
    std::fs::remove_file(here.path().join("points.csv")).unwrap();
    let output = run(here.path(), &["eval", "a", "--at", "points.csv"]);
    assert!(stderr(&output).starts_with("points.csv: this file cannot be read: "));
    std::fs::write(here.path().join("points.csv"), points(&["0…"])).unwrap();
    let output = run(here.path(), &["eval", "nowhere", "--at", "points.csv"]);
    assert_eq!(
        stderr(&output).trim(),
        "nowhere: there is no such folder. Give the folder of a run."
    );
}
