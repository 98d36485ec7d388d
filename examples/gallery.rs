//! The gallery of the README, from real runs of all shipped cases but the sweeps:
//!
//! `cargo run --release --example gallery` prints the table, `… -- README.md` writes it between the
//! marks of that file; `--quick` first runs the cases as the tests do, names choose some.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "an example is a door: it prints, reads the clock and writes the page it is given"
)]

use std::time::Instant;

use esperance::cases::{Resolved, resolve, shipped};
use esperance::ground::estimate::Estimate;
use esperance::{Error, Result};
use serde_json::Value;

const MARKS: [&str; 2] = ["<!-- gallery -->\n", "<!-- end of gallery -->"];

fn main() -> Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.first().is_some_and(|word| word == "--quick");
    if quick {
        words.remove(0);
    }
    let began = Instant::now();
    let mut lines = vec![
        "| case | exact or best known | answer | off | Z = 0 | R² | verdict | time |".to_owned(),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    let (files, mut names): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.contains('.'));
    if names.is_empty() {
        let equations = shipped::names().into_iter().filter(|(family, _)| family == "paths");
        names = equations.map(|(_, name)| name).collect();
    }
    for name in names {
        let mut case = shipped::open(&name)?;
        if quick {
            case.quicken()?;
        }
        let case = resolve(case)?;
        if case.sweep.is_none() {
            eprintln!("{name}");
            lines.push(line(&name, &case)?);
        }
    }
    lines.push(String::new());
    lines.push(format!("All in {:.0} s.\n", began.elapsed().as_secs_f64()));
    let table = lines.join("\n");
    if let Some(file) = files.first() {
        return replace(file, &table);
    }
    println!("{table}");
    Ok(())
}

/// One case as a line of the table.
fn line(name: &str, case: &Resolved) -> Result<String> {
    let expect = case.expect.clone().ok_or_else(|| Error::bug("a shipped case has [expect]"))?;
    let began = Instant::now();
    let report = case.job()?.run(&case.run, &mut ())?;
    let seconds = began.elapsed().as_secs_f64();
    let (found, object) = (report.answer.headline(), Value::Object(report.answer.json()));
    let number = |path: &str| object.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let zero = number("/baselines/zero/value");
    let zero = Estimate { mean: zero, stderr: number("/baselines/zero/stderr"), n: 0 };
    let exact = expect.answer.map_or(f64::NAN, |promise| promise.value);
    let off = |value: f64| format!("{:+.3} %", 100.0 * (value / exact - 1.0));
    let levels = object["levels"].as_array().map_or(1, Vec::len);
    let r2 = |level: usize| number(&format!("/levels/{level}/r2"));
    Ok(format!(
        "| `{name}` | {exact} | {found} | {} | {zero} ({}) | {:.3} – {:.3} | {} | {seconds:.1} s |",
        off(found.mean),
        off(zero.mean),
        r2(0),
        r2(levels - 1),
        report.verdict.word(),
    ))
}

/// Puts the table between the marks of a file.
fn replace(file: &str, table: &str) -> Result<()> {
    let io = |e: std::io::Error| Error::io(file, e);
    let text = std::fs::read_to_string(file).map_err(io)?;
    let parts = text
        .split_once(MARKS[0])
        .and_then(|(before, rest)| rest.split_once(MARKS[1]).map(|(_, after)| (before, after)));
    let (before, after) = parts
        .ok_or_else(|| Error::input("", "the marks of the gallery are missing").in_file(file))?;
    let whole = format!("{before}{}{table}\n{}{after}", MARKS[0], MARKS[1]);
    std::fs::write(file, whole).map_err(io)
}
