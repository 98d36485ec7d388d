//! Grids of case files: levels, ways, what goes together, formulas.

use super::*;
use crate::cases::{Case, resolve};

const CASE: &str = r#"
[case]
version = 1

[model]
kind    = "command"
command = ["true", "{m}"]
values  = { m = 1, rate = 0.5, kind = "plain" }
"#;

fn with(sweep: &str) -> Case {
    Case::parse("mine", "mine.toml", &format!("{CASE}\n[sweep]\n{sweep}")).unwrap()
}

fn read(sweep: &str) -> Sweep {
    resolve(with(sweep)).unwrap().sweep.unwrap()
}

fn said(sweep: &str) -> String {
    resolve(with(sweep)).unwrap_err().to_string()
}

#[test]
fn ranges_are_round_and_lists_are_as_written() {
    let sweep = read(
        "over = { \"model.values.m\" = { from = 4, to = 512, points = 8 }, \"model.values.rate\" = [0.5, 1] }",
    );
    let grid = sweep.grid().unwrap();
    let m: Vec<f64> = grid.axes[0].levels.iter().map(|l| l.settings[0].number().unwrap()).collect();
    assert_eq!(m, [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]);
    assert_eq!(grid.axes[0].levels[1].changes, [("model.values.m".to_owned(), "8".to_owned())]);
    assert_eq!(grid.names(), ["m", "rate"]);
    let linear = read(
        "over = { \"model.values.rate\" = { from = 0, to = 1, points = 5, spacing = \"linear\" } }",
    );
    let levels = linear.grid().unwrap().axes[0].levels.clone();
    assert_eq!(levels.len(), 5);
    assert_eq!(levels[1].settings[0].number(), Some(0.25));
}

#[test]
fn seeds_are_the_same_for_all_and_formulas_see_the_axes() {
    let sweep = read(
        "over = { \"model.values.m\" = [2, 4], \"model.values.kind\" = [\"plain\", \"mean-field\"] }\n\
         repeats = 2\n\
         set = { \"model.values.rate\" = \"if(kind == 'mean-field', 0.01 * m, 1)\" }",
    );
    let (case, grid) = (with("over = { \"model.values.m\" = [1, 2] }"), sweep.grid().unwrap());
    let cells = grid.cells();
    let of = |k: usize| sweep.case(&case, &grid, &cells[k]).unwrap();
    let rate = |k: usize| of(k).sections["model"]["values"]["rate"].as_float();
    let seed = |k: usize| of(k).sections["run"]["seed"].as_integer();
    assert_eq!(cells.len(), 8);
    assert_eq!([seed(0), seed(1), seed(6), seed(7)], [1, 2, 1, 2].map(Some));
    assert_eq!([rate(2), rate(6)], [Some(0.02), Some(0.04)]);
    assert_eq!(of(0).sections["model"]["values"]["rate"].as_integer(), Some(1));
    assert!(!of(0).sections.contains_key("sweep"));
}

#[test]
fn axes_go_together_and_ways_change_several_keys() {
    let sweep = read(
        "over = { \"model.values.m\" = [2, 4], \"model.values.rate\" = [0.1, 0.2], \
         method = { ways = { a = [], b = [\"model.values.kind=other\", \"run.seed=1\"] } } }\n\
         zip = [[\"model.values.m\", \"model.values.rate\"]]",
    );
    let grid = sweep.grid().unwrap();
    assert_eq!((grid.rows(), grid.names()), (4, vec!["m", "rate", "method"]));
    let place = grid.place(3);
    let words: Vec<String> =
        grid.settings(&place).iter().map(|(n, s)| format!("{n}={s}")).collect();
    assert_eq!(words, ["m=4", "rate=0.2", "method=b"]);
    let case = sweep.case(&with("over = { \"model.values.m\" = [1, 2] }"), &grid, &grid.cells()[3]);
    assert_eq!(case.unwrap().sections["model"]["values"]["kind"].as_str(), Some("other"));
}

#[test]
fn what_cannot_be_is_said_with_its_key() {
    let axis = "over = { \"model.values.m\" = [1, 2] }\n";
    for (sweep, sentence) in [
        ("over = {}", "sweep.over: there is no axis"),
        ("over = { \"model.values.m\" = [] }", "sweep.over.model.values.m: there are no values"),
        ("over = { \"model.values.m\" = [1, 1] }", "1 stands there twice"),
        ("over = { \"modle.values.m\" = [1] }", "did you mean `model.values.m`?"),
        ("over = { m = [1] }", "`m` is no key of a case"),
        ("over = { \"run.seed\" = [1, 2] }", "seeds are repeats"),
        (
            "over = { \"model.values.m\" = { from = 0, to = 4, points = 3 } }",
            "0 to 4 has no logarithm",
        ),
        ("over = { \"model.values.m\" = { from = 1, to = 4, point = 3 } }", "unknown key"),
        (
            "over = { \"model.values.m\" = [1, 2], \"model.values.rate\" = [1] }\n\
             zip = [[\"model.values.m\", \"model.values.rate\"]]",
            "1 values go together with 2",
        ),
        (&format!("{axis}zip = [[\"model.values.k\"]]"), "`model.values.k` is no axis"),
        (&format!("{axis}repeats = 0"), "sweep.repeats: 0 is too small"),
        (&format!("{axis}record = []"), "sweep.record: the list is empty"),
        (&format!("{axis}set = {{ \"model.values.rate\" = \"2 * k\" }}"), "`k` is not defined"),
        (
            &format!("{axis}set = {{ \"model.values.rate\" = \"m == 'x'\" }}"),
            "no axis has the word `x`",
        ),
        (
            &format!("{axis}set = {{ \"model.values.rate\" = \"1 / (m - 1)\" }}"),
            "`1 / (m - 1)` is not a finite number",
        ),
        (&format!("{axis}set = {{ \"model.values.m\" = \"2\" }}"), "this key is an axis"),
        (&format!("{axis}fit = {{ of = \"anser\", law = \"power\" }}"), "did you mean `answer`?"),
        (&format!("{axis}fit = {{ of = \"answer\", law = \"powr\" }}"), "unknown word `powr`"),
        (
            &format!("{axis}fit = {{ of = \"answer\", law = \"power\", along = \"n\" }}"),
            "`n` is no axis",
        ),
        (
            "over = { \"model.values.m\" = [1] }\nfit = { of = \"answer\", law = \"power\", along = \"m\" }",
            "`m` has one value",
        ),
        (
            "over = { \"model.values.kind\" = [\"a\", \"b\"] }\n\
             fit = { of = \"answer\", law = \"power\", along = \"kind\" }",
            "the values of `kind` are words",
        ),
        (
            &format!("{axis}figure = {{ kind = \"heat-map\", y = \"m\" }}"),
            "sweep.figure.colour: missing key",
        ),
        (&format!("{axis}figure = {{ y = \"other\" }}"), "`other` is not recorded"),
        (&format!("{axis}known = {{ answer = \"q\" }}"), "`q` is not defined"),
    ] {
        let said = said(sweep);
        assert!(said.contains(sentence), "{sweep}\n{said}");
    }
}
