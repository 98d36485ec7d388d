//! What `test --out` leaves: a page that says all and fetches nothing, pictures, figures, every label.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail")]

mod door;
#[path = "../crates/atoms/tests/drawn/mod.rs"]
mod drawn;
mod models;

use std::fs;
use std::path::Path;

use atoms::form::on_tape;
use atoms::{Frames, Labels};
use door::{code, names, object, run, stderr, stdout};
use models::{folder, write};
use roxmltree::{Document, Node, ParsingOptions};

const FILES: [&str; 8] = [
    "detail.e.out",
    "detail.e_peratom.out",
    "detail.f.out",
    "detail.v.out",
    "detail.v_peratom.out",
    "figures",
    "report.html",
    "test.json",
];

fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).unwrap_or_else(|e| panic!("{e}\n{html}"))
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|n| n.text().map(str::to_owned)).collect()
}

fn page(folder: &Path) -> String {
    fs::read_to_string(folder.join("report.html")).unwrap()
}

#[test]
fn the_folder_says_all_and_is_written_once() {
    let (here, _, frames) = folder();
    let words = ["test", "model.dp", "--data", "frames.xyz", "--table", "off", "--out", "a b"];
    let output = run(here.path(), &words);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).trim_end().ends_with("a b/report.html  for reading"));
    let place = here.path().join("a b");
    assert_eq!(names(&place), FILES);
    assert_eq!(names(&place.join("figures")), ["energy.svg", "force.svg", "virial.svg"]);
    let atoms: usize = frames.snapshots.iter().map(atoms::Snapshot::len).sum();
    let lines = fs::read_to_string(place.join("detail.f.out")).unwrap().lines().count();
    assert_eq!(lines, 1 + atoms);

    let html = page(&place);
    assert!(!html.contains("http") && !html.contains("<script") && !html.contains("NaN"));
    let document = parsed(&html);
    let all = text(document.root_element());
    for said in [
        "model.dp against labels",
        "RMSE energy 0.1",
        "Of 3 frames, 42 atoms",
        "without a model",
        "force on O",
        "force on H",
        "force, |F| 0 to 0.5",
        "virial/atom (eV)",
        "126 components of forces, coloured by the species of their atom. Each is a dot.",
        "predicted as labelled",
        "embeddings by their networks",
        "f64: everything in double precision",
        "energies of 3 frames, forces of 42 atoms, virials of 3 frames",
        "esperance test model.dp --data frames.xyz --table off --out 'a b'",
    ] {
        assert!(all.contains(said), "{said} is not in\n{all}");
    }
    let again = run(here.path(), &words);
    assert_eq!((code(&again), stdout(&again).as_str()), (2, ""));
    assert_eq!(stderr(&again).trim(), "a b: this folder is not empty. Choose another --out.");
    assert_eq!(page(&place), html);
    let words = ["test", "model.dp", "--data", "frames.xyz", "--out", "model.dp"];
    let output = run(here.path(), &words);
    assert_eq!(stderr(&output).trim(), "model.dp: this is a file. Choose a folder for --out.");
}

#[test]
fn the_object_is_kept_and_the_mean_is_beside_it() {
    let (here, _, frames) = folder();
    let words = ["test", "model.dp", "--data", "frames.xyz", "--json", "--out", "a"];
    let found = object(&run(here.path(), &words));
    let kept = fs::read(here.path().join("a/test.json")).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&kept).unwrap(), found);
    // Nobody needs the program for these.
    let labels: Vec<f64> =
        frames.snapshots.iter().flat_map(|s| s.labels.forces.clone().unwrap().concat()).collect();
    let rms = (labels.iter().map(|f| f * f).sum::<f64>() / labels.len() as f64).sqrt();
    let near = |value: &serde_json::Value, right: f64| {
        let value = value.as_f64().unwrap();
        assert!((value - right).abs() < 1e-8 * right.max(1.0), "{value}, not {right}");
    };
    near(&found["without_model"]["force_rmse"], rms);
    let species = &found["force_by_species"];
    let square = |name: &str| {
        let class = &species[name];
        class["rmse_without_model"].as_f64().unwrap().powi(2) * class["n"].as_f64().unwrap()
    };
    near(&((square("O") + square("H")) / labels.len() as f64).sqrt().into(), rms);
}

#[test]
fn many_components_make_a_small_picture() {
    let (here, potential, _) = folder();
    let snapshot = |seed: u64| {
        let mut snapshot = drawn::snapshot(80, 2, Some(drawn::skew(80)), seed);
        let found = on_tape::evaluate(&potential, &snapshot);
        snapshot.labels = Labels { forces: Some(found.forces), ..Labels::default() };
        snapshot
    };
    let species = potential.form.species.clone();
    write(here.path(), "many.xyz", &Frames { species, snapshots: (0..9).map(snapshot).collect() });
    let words = ["test", "model.dp", "--data", "many.xyz", "frames.xyz", "--out", "a"];
    let output = run(here.path(), &words);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let svg = fs::read_to_string(here.path().join("a/figures/force.svg")).unwrap();
    let document = Document::parse(&svg).unwrap();
    let cells = document.descendants().filter(|n| n.has_tag_name("path")).count();
    assert!((2..=8).contains(&cells), "{cells} shades of two species");
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
    let html = page(&here.path().join("a"));
    let all = text(parsed(&html).root_element());
    assert!(all.contains("2286 components of forces"), "{all}");
    assert!(
        all.contains("They are counted in 100 by 100 cells, the darker the more, up to"),
        "{all}"
    );
    assert!(all.contains("By system") && all.contains("energies of 3 frames, forces of 762 atoms"));
}
