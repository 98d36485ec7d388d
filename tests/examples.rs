//! Every example runs and prints an answer.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;
use std::process::Command;

/// What an example prints. Cargo builds examples beside the tests.
fn printed(name: &str, words: &[&str]) -> String {
    let here: PathBuf = std::env::current_exe().unwrap();
    let built = here.parent().unwrap().parent().unwrap().join("examples").join(name);
    let output = Command::new(&built)
        .args(words)
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}; `cargo build --examples` makes it", built.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn my_equation() {
    let text = printed("my_equation", &[]);
    assert!(text.starts_with("u(0, 0) = 4.59"), "{text}");
    assert!(text.contains("estimation") && text.contains("discretisation"), "{text}");
}

#[test]
fn learning_curve() {
    let text = printed("learning_curve", &["20"]);
    assert!(text.starts_with("<svg") && text.matches("<polyline").count() == 2, "{text}");
}

#[test]
fn new_target() {
    let text = printed("new_target", &[]);
    let error: f64 =
        text.split(['(', '\n']).next().unwrap().split(' ').next_back().unwrap().parse().unwrap();
    assert!(text.starts_with("test error") && error < 1e-2, "{text}");
}

#[test]
fn new_descent() {
    let text = printed("new_descent", &[]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Nesterov") && lines[1].starts_with("heavy ball"), "{text}");
    assert!(lines.iter().all(|line| line.contains('(')), "{text}");
}

#[test]
fn lennard_jones() {
    let text = printed("lennard_jones", &["1"]);
    assert_eq!(text.lines().count(), 3 * 34, "{text}");
    assert!(text.starts_with("32\nLattice=\"7.9"), "{text}");
}

#[test]
fn gallery() {
    let text = printed("gallery", &["--quick", "heat-100d", "allen-cahn-100d"]);
    assert_eq!(text.lines().filter(|line| line.starts_with("| `")).count(), 2, "{text}");
    assert!(!text.contains("NaN"), "{text}");
}
