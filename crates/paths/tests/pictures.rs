//! What an answer shows: every picture complete, every table in shape, and the numbers those of the
//! answer.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use frame::{Answer, Figure, Known, Mark, Run};
use ground::formula::Expr;
use paths::answer::Value;
use paths::known::HjbLqg;
use paths::model::{Diffusion, Equation};
use paths::problem::DeepBsde;

fn small(problem: DeepBsde) -> Value {
    problem.solve(&Run::new(5).seed(3).fresh(512)).unwrap().answer
}

/// u_t + ½ tr(σσᵀ∇²u) = 0, u(T, x) = |x|²: u = |x|² + tr(σσᵀ) (T − t).
fn heat(diffusion: Diffusion, trace: f64) -> (Equation, Expr) {
    let equation = Equation::new(3, 1.0).diffusion(diffusion).terminal(|x| x.dot(x));
    let at = equation.variables();
    let solution = at.x.dot(at.x) + trace * (1.0 - at.t);
    (equation, solution)
}

fn complete(figure: &Figure) {
    for text in [&figure.name, &figure.title, &figure.caption, &figure.x.label, &figure.y.label] {
        assert!(!text.is_empty(), "{figure:?}");
    }
    assert!(!figure.series.is_empty(), "{}", figure.name);
    for series in &figure.series {
        assert!(!series.points.is_empty(), "{}: {}", figure.name, series.name);
        assert!(series.errors.is_empty() || series.errors.len() == series.points.len());
    }
}

fn named<'f>(figures: &'f [Figure], name: &str) -> &'f Figure {
    figures.iter().find(|figure| figure.name == name).unwrap()
}

#[test]
fn every_picture_is_complete_with_and_without_a_solution() {
    let (equation, solution) = heat(Diffusion::scalar(1.0), 3.0);
    let value = small(DeepBsde::new(equation).at(&[1.0; 3]).levels([4, 8]));
    for known in [
        Known::default(),
        Known { answer: Some(6.0), solution: Some(solution), ..Known::default() },
    ] {
        let figures = value.figures(&known);
        let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["levels", "mismatch", "paths", "slopes"]);
        figures.iter().for_each(complete);
        let expected = named(&figures, "levels").series.iter().any(|s| s.name == "expected 6");
        assert_eq!(expected, known.answer.is_some());
        let broken = named(&figures, "paths").series.iter().filter(|s| s.mark == Mark::Broken);
        assert_eq!(broken.count(), if known.solution.is_some() { 5 } else { 0 });
    }
}

/// The smoothed gradient of |x|² is exact, and training starts from it: with any σ the dots lie on
/// the diagonal, and Y on u.
#[test]
fn exact_slopes_lie_on_the_diagonal() {
    let matrix = vec![1.0, 0.5, 0.0, 0.0, 1.0, 0.0, 0.2, 0.0, 2.0];
    let trace = matrix.iter().map(|s| s * s).sum();
    for (diffusion, trace) in [
        (Diffusion::Diagonal(Expr::vector(&[1.0, 2.0, 0.5])), 5.25),
        (Diffusion::Matrix(matrix), trace),
    ] {
        let (equation, solution) = heat(diffusion, trace);
        let run = Run::new(0).seed(3).fresh(512);
        let value =
            DeepBsde::new(equation).at(&[1.0; 3]).levels([4, 8]).solve(&run).unwrap().answer;
        let figures = value.figures(&Known { solution: Some(solution), ..Known::default() });
        let dots = &named(&figures, "slopes").series[0].points;
        assert_eq!(dots.len(), 8 * 4 * 3);
        for [exact, learned] in dots {
            assert!((exact - learned).abs() < 1e-4 * (1.0 + exact.abs()), "{exact} {learned}");
        }
        let last = |mark: Mark| {
            let lines = named(&figures, "paths").series.iter().filter(move |s| s.mark == mark);
            lines.map(|line| line.points.last().unwrap()[1]).collect::<Vec<f64>>()
        };
        for (exact, end) in last(Mark::Broken).iter().zip(last(Mark::Dots)) {
            assert!((exact - end).abs() < 1e-4 * end.abs(), "u(T, X) = g(X): {exact} {end}");
        }
    }
}

#[test]
fn one_level_has_no_limit_and_an_unknown_solution_no_diagonal() {
    let value = small(DeepBsde::new(&HjbLqg::new(4, 1.0)).steps(300));
    let figures = value.figures(&Known::default());
    assert!(named(&figures, "levels").series.iter().all(|s| !s.name.starts_with("limit")));
    for figure in &figures {
        for line in figure.series.iter().filter(|s| s.mark == Mark::Line) {
            assert!(line.points.len() <= 200, "{} points cannot be told apart", line.points.len());
        }
    }
    let slopes = named(&figures, "slopes");
    assert_eq!((slopes.y.label.as_str(), slopes.series.len()), ("|Z|", 8));
}

#[test]
fn tables_have_rows_as_wide_as_their_heads() {
    let value = small(DeepBsde::new(&HjbLqg::new(4, 1.0)).levels([4, 8]));
    let tables =
        value.sheets(&Known { answer: Some(1.0), reference: "a guess".to_owned(), solution: None });
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["equation", "answer", "without", "bounds", "levels"]);
    for table in &tables {
        assert!(!table.caption.is_empty() && !table.rows.is_empty());
        let width = if table.head.is_empty() { 2 } else { table.head.len() };
        for row in &table.rows {
            let whole = row.len() == width || row[0] == "limit";
            assert!(whole && row.iter().all(|cell| !cell.is_empty()), "{}: {row:?}", table.name);
        }
    }
    let said = |table: usize| tables[table].rows.concat().join(" ");
    assert!(said(0).contains("ln(0.5 * (1 + |x|^2))"), "{}", said(0));
    assert!(said(1).contains(&value.answer.to_string()) && said(1).contains("1 (a guess); off by"));
    assert!(said(4).contains(&value.levels[1].value.to_string()));
}

#[test]
fn paths_are_arrays_of_their_shapes() {
    let value = small(DeepBsde::new(&HjbLqg::new(4, 1.0)).levels([4, 8]));
    let arrays = value.paths();
    let shapes: Vec<_> = arrays.iter().map(|a| (a.name, a.shape.clone())).collect();
    let expected =
        [("t", vec![5]), ("x", vec![64, 5, 4]), ("y", vec![64, 5]), ("z", vec![64, 4, 4])];
    assert_eq!(shapes, expected);
    for array in arrays {
        assert_eq!(array.shape.iter().product::<usize>(), array.numbers.len(), "{}", array.name);
    }
}
