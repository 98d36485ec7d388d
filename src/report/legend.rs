//! What each mark of a figure is called, in rows below it.

use frame::{Mark, Series};
use svg::node::element::Element;

use super::cells::SHADES;
use super::draw::{LETTER, WIDTH, element, line, polyline, text};
use super::heat::heat_scale;

/// The width of a swatch with its room, and the height of a row.
const SWATCH: f64 = 38.0;
const ROW: f64 = 20.0;
/// Room between two entries.
const BETWEEN: f64 = 18.0;

/// The entries from `top` on, and where they end. A series comes with its class, and with an arrow
/// where it lies outside the picture.
pub(super) fn legend(
    entries: &[(&Series, String, Option<&str>)],
    left: f64,
    top: f64,
) -> (Vec<Element>, f64) {
    let mut nodes = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    let (mut x, mut y) = (left, top + 8.0);
    for (series, class, off) in entries {
        if series.name.is_empty() || named.contains(&series.name.as_str()) {
            continue;
        }
        named.push(&series.name);
        let name = match off {
            Some(arrow) => format!("{} {arrow} outside", series.name),
            None => series.name.clone(),
        };
        let wide = SWATCH + LETTER * name.chars().count() as f64;
        if x > left && x + wide > WIDTH - 8.0 {
            (x, y) = (left, y + ROW);
        }
        if series.mark == Mark::Heat {
            let (scale, right) = heat_scale(series, &name, [x, y]);
            nodes.extend(scale);
            (x, y) =
                if right + BETWEEN > WIDTH - 8.0 { (left, y + ROW) } else { (right + BETWEEN, y) };
            continue;
        }
        nodes.push(swatch(series.mark, class, [x, y]));
        nodes.push(text("entry", [x + SWATCH - 6.0, y + 4.0], "start", &name));
        x += wide + BETWEEN;
    }
    let end = if nodes.is_empty() { top } else { y + ROW };
    (nodes, end)
}

fn swatch(mark: Mark, class: &str, [x, y]: [f64; 2]) -> Element {
    let (from, to) = ([x, y], [x + 26.0, y]);
    match mark {
        Mark::Line => polyline(&format!("line {class}"), &[from, to]),
        Mark::Broken => polyline(&format!("line broken {class}"), &[from, to]),
        Mark::Level => line(class, from, to),
        Mark::Dots => {
            element("circle", &format!("dot {class}"), &[("cx", x + 13.0), ("cy", y), ("r", 3.6)])
        }
        Mark::Bars | Mark::Band | Mark::Heat => {
            let place = [("x", x), ("y", y - 6.0), ("width", 26.0), ("height", 12.0)];
            let kind = if mark == Mark::Band { "band" } else { "bars" };
            element("rect", &format!("{kind} {class}"), &place)
        }
        Mark::Cells => {
            let place = [("x", x + 7.0), ("y", y - 6.0), ("width", 12.0), ("height", 12.0)];
            element("rect", &format!("cells s{} {class}", SHADES - 1), &place)
        }
    }
}
