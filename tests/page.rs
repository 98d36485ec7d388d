//! The page of real runs: every picture is there, nothing is fetched, a browser has no complaint.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]
#![allow(clippy::print_stderr, reason = "a test that is left out says why")]

mod door;

use std::path::Path;
use std::process::{Command, Stdio};

use door::{SMALL, code, command, names, run, small, stderr, stdout};
use ndarray_npy::NpzReader;
use roxmltree::{Document, Node, ParsingOptions};
use tempfile::tempdir;

/// Pictures of a finished run.
const PICTURES: [&str; 6] = ["levels", "mismatch", "paths", "slopes", "loss", "r2"];

fn page(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("report.html")).unwrap()
}

fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).unwrap_or_else(|e| panic!("{e}"))
}

fn of_class<'a>(node: Node<'a, 'a>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class))
    };
    node.descendants().filter(has).collect()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|n| n.text().map(str::to_owned)).collect()
}

#[test]
fn the_page_says_what_was_solved_how_well_and_what_to_try() {
    let here = tempdir().unwrap();
    let output = run(here.path(), &small(&["--out", "a"]));
    assert!(stdout(&output).contains("a/report.html"), "{}", stdout(&output));
    let html = page(&here.path().join("a"));
    let document = parsed(&html);
    let figures: Vec<_> = document.descendants().filter(|n| n.has_tag_name("figure")).collect();
    let found: Vec<_> = figures.iter().filter_map(|n| n.attribute("id")).collect();
    assert_eq!(found, PICTURES.map(|name| format!("figure-{name}")));
    for figure in figures {
        for (class, least) in [("title", 1), ("label", 2), ("tick", 4), ("entry", 1)] {
            let nodes = of_class(figure, class);
            assert!(nodes.len() >= least, "{:?} has no {class}", figure.attribute("id"));
            assert!(nodes.iter().all(|node| node.text().is_some_and(|text| !text.is_empty())));
        }
        let caption = figure.descendants().find(|n| n.has_tag_name("figcaption")).unwrap();
        assert!(text(caption).len() > 60, "{}", text(caption));
    }
    assert!(!html.contains("http") && !html.contains("<script") && !html.contains("NaN"));
    let all = text(document.root_element());
    for said in [
        "u(0, 0) = ",
        "95 % interval",
        "ln(0.5 * (1 + |x|^2))",
        "Without learning",
        "Error budget",
        "measured",
        "not below",
        "expected",
        "What to try next",
        "esperance solve a/case.toml",
        "esperance verify a",
        "[model]",
        "HJE18",
    ] {
        assert!(all.to_lowercase().contains(&said.to_lowercase()), "{said} is not in\n{all}");
    }
}

#[test]
fn a_known_solution_is_compared_with() {
    let here = tempdir().unwrap();
    let html = |name: &str, more: &[&str]| {
        let words = [["solve", "heat-100d", "--out", name].as_slice(), &SMALL, more].concat();
        run(here.path(), &words);
        page(&here.path().join(name))
    };
    let known = html("a", &[]);
    assert!(known.contains("against the exact one") && known.contains("u(t, X), exact"));
    assert!(known.contains("200 (exact: 2 d T); off by"));
    // What is expected was said of the case as it stands.
    let another = html("b", &["--set", "model.dim=5"]);
    assert!(!another.contains("against the exact one") && !another.contains("off by"));
    let case = std::fs::read_to_string(here.path().join("b/case.toml")).unwrap();
    assert!(!case.contains("[expect"), "{case}");
}

#[test]
fn report_writes_it_again_and_its_pictures() {
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a"]));
    let first = page(&here.path().join("a"));
    std::fs::remove_file(here.path().join("a/report.html")).unwrap();
    let output = run(here.path(), &["report", "a", "--svg", "--png"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).trim_end().ends_with("a/report.html"));
    assert_eq!(page(&here.path().join("a")), first);
    let mut files: Vec<String> =
        PICTURES.iter().flat_map(|name| [format!("{name}.png"), format!("{name}.svg")]).collect();
    files.sort();
    assert_eq!(names(&here.path().join("a/figures")), files);
    for name in PICTURES {
        let svg = std::fs::read_to_string(here.path().join(format!("a/figures/{name}.svg")));
        Document::parse(&svg.unwrap()).unwrap();
        let png = std::fs::read(here.path().join(format!("a/figures/{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000);
    }
    let again = run(here.path(), &["verify", "a"]);
    assert_eq!(code(&again), 0, "pictures change no run: {}", stdout(&again));
}

#[test]
fn a_folder_that_is_no_run_has_no_page() {
    let here = tempdir().unwrap();
    std::fs::create_dir(here.path().join("mine")).unwrap();
    std::fs::write(here.path().join("mine/thesis.tex"), "all of it").unwrap();
    let output = run(here.path(), &["report", "mine"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "mine: this folder holds no run that has come to its end. Give the folder of a finished \
         run, such as runs/hjb-lqg-100d-1."
    );
    assert_eq!(names(&here.path().join("mine")), ["thesis.tex"]);
    let output = run(here.path(), &["report", "nowhere"]);
    assert_eq!(
        stderr(&output).trim(),
        "nowhere: there is no such folder. Give the folder of a run."
    );
    run(here.path(), &small(&["--out", "a"]));
    std::fs::write(here.path().join("a/report.json"), "{}").unwrap();
    let output = run(here.path(), &["report", "a"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).starts_with("a/report.json: this is not what a page is made of."));
}

#[test]
fn a_run_without_an_answer_says_why_on_its_page() {
    let here = tempdir().unwrap();
    let words = ["--out", "a", "--set", "descent.rate=1e30", "--set", "descent.clip=inf"];
    let output = run(here.path(), &small(&words));
    assert_eq!(code(&output), 3);
    let html = page(&here.path().join("a"));
    parsed(&html);
    assert!(html.contains("no answer") && html.contains("not finite at iteration"), "{html}");
    assert!(html.contains("descent.rate=1e-3"), "{html}");
}

/// The list of what to try, as text.
fn next(html: &str) -> String {
    let document = parsed(html);
    let list = document.descendants().find(|n| n.attribute("id") == Some("next"));
    text(list.unwrap())
}

#[test]
fn what_to_try_follows_from_what_is_wrong() {
    let here = tempdir().unwrap();
    let solved = |name: &str, more: &[&str]| {
        run(here.path(), &small(&[&["--out", name], more].concat()));
        let html = page(&here.path().join(name));
        (next(&html), html)
    };
    let (list, _) = solved("one", &["--set", "problem.steps=4"]);
    assert!(list.contains("--set 'problem.steps=[4,8,16]'"), "{list}");
    let (list, html) = solved("none", &["--set", "run.iterations=0"]);
    assert!(html.contains("nothing was trained"), "{html}");
    assert!(
        list.contains("run.iterations=300") && !list.contains("Nothing has to be done"),
        "{list}"
    );
    let late = ["--set", "run.iterations=100_000_000", "--time-limit", "50ms"];
    let (list, html) = solved("late", &late);
    let words = ["solve", "late/case.toml", "--out", "late", "--resume"];
    assert!(list.contains(&words.join(" ")), "{list}");
    assert!(html.contains("stopped after"), "{html}");
    let output = run(here.path(), &words);
    assert_eq!(code(&output), 1, "it goes on to its time limit: {}", stderr(&output));
}

#[test]
fn whole_paths_are_exported() {
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a", "--export", "paths"]));
    let file = std::fs::File::open(here.path().join("a/paths.npz")).unwrap();
    let mut arrays = NpzReader::new(file).unwrap();
    let mut shape = |name: &str| -> Vec<usize> {
        let array: ndarray::ArrayD<f64> = arrays.by_name(name).unwrap();
        assert!(array.iter().all(|v| v.is_finite()), "{name}");
        array.shape().to_vec()
    };
    assert_eq!(shape("t"), [5]);
    assert_eq!(shape("x"), [64, 5, 10]);
    assert_eq!(shape("y"), [64, 5]);
    assert_eq!(shape("z"), [64, 4, 10]);
    let output = run(here.path(), &small(&["--export", "nets"]));
    assert_eq!(code(&output), 2);
    run(here.path(), &small(&["--out", "b"]));
    let output = run(here.path(), &small(&["--out", "b", "--resume", "--export", "paths"]));
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output).trim(),
        "b: --export: this run is finished, and whole paths are written by the run itself. Choose \
         another --out."
    );
}

#[test]
fn numpy_opens_the_paths() {
    let has = Command::new("python3").args(["-c", "import numpy"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        eprintln!("left out: no python3 with numpy on this machine");
        return;
    }
    let here = tempdir().unwrap();
    run(here.path(), &small(&["--out", "a", "--export", "paths"]));
    let script = "import numpy; a = numpy.load('a/paths.npz'); \
                  print(sorted((k, a[k].shape, str(a[k].dtype)) for k in a.files)); \
                  assert (a['x'][:, 0] == 0).all() and a['t'][-1] == 1";
    let output =
        Command::new("python3").current_dir(here.path()).args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stdout(&output).trim(),
        "[('t', (5,), 'float64'), ('x', (64, 5, 10), 'float64'), ('y', (64, 5), 'float64'), \
         ('z', (64, 4, 10), 'float64')]"
    );
}

/// A browser on this machine.
fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    })
}

#[test]
fn a_browser_has_no_complaint() {
    let Some(browser) = browser() else {
        eprintln!("left out: no chromium on this machine; `scripts/setup chromium` installs it");
        return;
    };
    let here = tempdir().unwrap();
    let solved = command(here.path(), &small(&["--out", "a"])).output().unwrap();
    assert!(code(&solved) <= 1);
    let home = tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--enable-logging=stderr", "--v=0", "--dump-dom"])
        .arg(format!("--user-data-dir={}", home.path().display()))
        .arg(format!("file://{}", here.path().join("a/report.html").display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (dom, said) = (stdout(&output), stderr(&output));
    assert!(output.status.success(), "{said}");
    for name in PICTURES {
        let at = dom.find(&format!("id=\"figure-{name}\"")).unwrap_or_else(|| panic!("no {name}"));
        let end = dom[at..].find("</figure>").unwrap();
        assert!(dom[at..at + end].contains("<svg") && dom[at..at + end].contains("</svg>"));
    }
    assert!(!said.contains("CONSOLE"), "{said}");
}
