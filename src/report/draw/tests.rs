//! Pictures are well-formed XML with title, labels and ticks, whatever is drawn.

use frame::{Axis, Figure, Mark, Series};
use roxmltree::{Document, Node};

use super::{inline, standalone};

fn figure(logarithmic: bool, series: Vec<Series>) -> Figure {
    Figure {
        name: "one".to_owned(),
        title: "A <title> & more".to_owned(),
        caption: "c".to_owned(),
        x: Axis::linear("across \"x\""),
        y: if logarithmic { Axis::logarithmic("up") } else { Axis::linear("up") },
        series,
    }
}

fn all_marks() -> Vec<Series> {
    let points = || vec![[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]];
    vec![
        Series::new("bars", Mark::Bars, points()),
        Series::new("line", Mark::Line, points()),
        Series::new("broken", Mark::Broken, points()).beside(),
        Series::dots("dots", points(), vec![0.1, 0.2, 0.0]),
        Series::cells("cells", &points(), [0.0, 3.0], 3),
        Series::level("near", 2.5),
        Series::level("far", 1e3),
    ]
}

fn of_class<'a>(document: &'a Document<'_>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class))
    };
    document.descendants().filter(has).collect()
}

#[test]
fn every_mark_is_drawn_and_named() {
    let text = inline(&figure(false, all_marks()));
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("xmlns"), None, "a page needs no namespace");
    assert_eq!(of_class(&document, "title")[0].text(), Some("A <title> & more"));
    let labels: Vec<_> = of_class(&document, "label").iter().map(|n| n.text().unwrap()).collect();
    assert_eq!(labels, ["across \"x\"", "up"]);
    assert!(of_class(&document, "tick").len() >= 4);
    let named: Vec<_> = of_class(&document, "entry").iter().map(|n| n.text().unwrap()).collect();
    assert_eq!(named, ["bars", "line", "broken", "dots", "cells", "near", "far ↑ outside"]);
    let dots = of_class(&document, "dots");
    assert_eq!(dots[0].children().filter(Node::is_element).count(), 3 + 2 * 3, "dots and two bars");
    let cells = of_class(&document, "cells");
    assert_eq!(cells.len(), 2, "one path, for all cells hold one point, and one swatch");
    assert_eq!(cells[0].attribute("d").unwrap().matches('M').count(), 3);
    let colour = |class: &str| of_class(&document, class)[0].attribute("class").unwrap().to_owned();
    assert!(colour("broken").ends_with(" c1"), "a broken line has the colour of the one before");
}

#[test]
fn everything_stands_on_the_canvas() {
    let mut many = all_marks();
    many.extend((0..30).map(|k| Series::level(format!("level number {k}"), 2.0)));
    for text in [inline(&figure(false, many)), inline(&figure(true, all_marks()))] {
        let document = Document::parse(&text).unwrap();
        let view = document.root_element().attribute("viewBox").unwrap();
        let size: Vec<f64> = view.split(' ').map(|n| n.parse().unwrap()).collect();
        for node in document.descendants() {
            for (key, limit) in
                [("x", size[2]), ("cx", size[2]), ("x2", size[2]), ("y", size[3]), ("y2", size[3])]
            {
                let Some(place) = node.attribute(key) else { continue };
                let place: f64 = place.parse().unwrap();
                assert!((0.0..=limit).contains(&place), "{key} = {place} of {limit}");
            }
        }
    }
}

#[test]
fn odd_data_give_a_picture() {
    for (logarithmic, points) in [
        (false, vec![]),
        (false, vec![[0.0, 0.0]]),
        (false, vec![[1e300, -1e300], [-1e300, 1e300]]),
        (true, vec![[0.0, 0.0], [1.0, -1.0]]),
        (true, vec![[0.0, 1e-290], [1.0, 1e300]]),
        (false, vec![[0.0, 1.0], [1.0, 1.0 + 1e-15]]),
    ] {
        for mark in [Mark::Line, Mark::Dots, Mark::Bars, Mark::Level] {
            let series = Series::new("odd", mark, points.clone());
            let text = inline(&figure(logarithmic, vec![series]));
            let document = Document::parse(&text).unwrap();
            assert!(of_class(&document, "tick").len() >= 4, "{points:?}");
            assert!(!text.contains("NaN") && !text.contains("inf"), "{points:?}: {text}");
        }
        let series = Series::cells("odd", &points, [0.0, 1.0], 10);
        let text = inline(&figure(logarithmic, vec![series]));
        assert!(!text.contains("NaN") && !text.contains("inf"), "{points:?}: {text}");
    }
}

#[test]
fn a_file_of_its_own_knows_its_colours_and_becomes_pixels() {
    let text = standalone(&figure(false, all_marks()));
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
    assert!(!text.contains("var("));
    let png = crate::report::png::png(&text).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    // Width and height stand big-endian behind the first chunk's name.
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(number(16), 1440);
    assert!(number(20) > 800 && png.len() > 10_000, "{} {}", number(20), png.len());
}
