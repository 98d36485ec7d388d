//! Pages of made-up runs: escaped, well-formed, complete.

use frame::{Axis, Figure, Mark, Series, Sheet, Verdict};
use roxmltree::{Document, ParsingOptions};

use super::advice::Advice;
use super::{Page, reasons, solved};

fn made_up() -> Page {
    let text = |words: &str| words.to_owned();
    Page {
        title: text("A <b>bold</b> title & \"more\""),
        answer: Some(text("u(0, 0) = 1.0(2)")),
        interval: Some(text("[0.6, 1.4]")),
        verdict: text("not-settled"),
        meaning: text("not yet"),
        reasons: vec![text("sd(λ y₀) > 1 & rising")],
        error: None,
        tables: vec![Sheet::facts("equation", "What", "cap", [("g", text("if(x[1] < 0, 1, 2)"))])],
        figures: vec![Figure {
            name: text("levels"),
            title: text("t"),
            caption: text("a < b"),
            x: Axis::linear("x"),
            y: Axis::linear("y"),
            series: vec![Series::new("s", Mark::Line, vec![[0.0, 1.0], [1.0, 2.0]])],
        }],
        next: vec![Advice {
            words: text("more"),
            command: Some(text("esperance solve 'a b' --set x=1")),
        }],
        again: text("esperance solve 'a b'"),
        made: vec![(text("seed"), text("7"))],
        cites: vec![(text("HJE18"), text("Han"))],
    }
}

fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).unwrap_or_else(|e| panic!("{e}\n{html}"))
}

#[test]
fn a_page_is_well_formed_and_says_all() {
    let html = solved::html(&made_up(), "# <case>\nsource = \"a < b && \u{1}\"\n");
    let document = parsed(&html);
    let all: String =
        document.descendants().filter(roxmltree::Node::is_text).filter_map(|n| n.text()).collect();
    for said in [
        "A <b>bold</b> title & \"more\"",
        "u(0, 0) = 1.0(2)",
        "[0.6, 1.4]",
        "not-settled",
        "sd(λ y₀) > 1 & rising",
        "if(x[1] < 0, 1, 2)",
        "a < b",
        "esperance solve 'a b' --set x=1",
        "# <case>\nsource = \"a < b && \u{fffd}\"",
        "HJE18",
    ] {
        assert!(all.contains(said), "{said} is not in\n{all}");
    }
    assert!(!html.contains("http") && !html.contains("<script"), "no network, no script");
}

#[test]
fn a_page_is_kept_as_text_and_read_again() {
    let page = made_up();
    let text = serde_json::to_string(&page).unwrap();
    assert_eq!(serde_json::from_str::<Page>(&text).unwrap(), page);
}

#[test]
fn a_run_without_an_answer_has_a_page() {
    let nothing = Page {
        answer: None,
        interval: None,
        verdict: "non-finite".to_owned(),
        tables: Vec::new(),
        figures: Vec::new(),
        ..made_up()
    };
    let html = solved::html(&nothing, "");
    parsed(&html);
    assert!(html.contains("no answer"));
}

#[test]
fn reasons_are_taken_apart_but_for_what_they_say_to_try() {
    let why = "the loss moved; try more run.iterations; the answer 1 is below; all of it; try less";
    let found = reasons(&Verdict::NotSettled { why: why.to_owned() });
    let expected =
        ["the loss moved; try more run.iterations", "the answer 1 is below", "all of it; try less"];
    assert_eq!(found, expected);
    assert!(reasons(&Verdict::Converged).is_empty());
}
