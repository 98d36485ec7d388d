//! A figure as SVG: axes with round ticks, marks, a legend.
//!
//! Colours are classes: the page gives them for light and dark, a file of its own for light. The
//! canvas is 720 wide and as high as the legend makes it.

use frame::{Figure, Hue, Mark, Series};
use svg::node::Text;
use svg::node::element::Element;

use super::cells::cells;
use super::heat::heat;
use super::legend::legend;
use super::scale::Scale;
use super::style;

/// The canvas.
pub(super) const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// The edges of the plot; the left one follows the labels.
const TOP: f64 = 40.0;
const BOTTOM: f64 = HEIGHT - 52.0;
const RIGHT: f64 = WIDTH - 20.0;
/// The width of a letter of the labels, at most on average.
pub(super) const LETTER: f64 = 7.4;
/// Horizontal lines further from the data than this many of its spans are named, not drawn.
const NEAR: f64 = 2.0;
/// Dots beyond this number are small.
const MANY: usize = 100;

/// A figure inside a page.
pub(crate) fn inline(figure: &Figure) -> String {
    picture(figure).to_string()
}

/// A figure as a file of its own, in fixed light colours.
pub(crate) fn standalone(figure: &Figure) -> String {
    let mut picture = picture(figure);
    let attributes = picture.get_attributes_mut();
    let view = attributes.get("viewBox").map(ToString::to_string).unwrap_or_default();
    let size: Vec<&str> = view.split(' ').collect();
    let (width, height) = (size.get(2).copied(), size.get(3).copied());
    attributes.insert("xmlns".to_owned(), "http://www.w3.org/2000/svg".into());
    attributes.insert("width".to_owned(), width.unwrap_or("720").into());
    attributes.insert("height".to_owned(), height.unwrap_or("400").into());
    let sheet = with(Element::new("style"), Text::new(style::light()));
    let mut paper = element("rect", "paper", &[]);
    set(&mut paper, "width", "100%");
    set(&mut paper, "height", "100%");
    picture.get_children_mut().splice(0..0, [sheet.into(), paper.into()]);
    format!("{picture}\n")
}

fn picture(figure: &Figure) -> Element {
    let [x, y] = scales(figure);
    let mut picture = Element::new("svg");
    set(&mut picture, "class", "figure");
    set(&mut picture, "role", "img");
    let mut add = |node: Element| picture.get_children_mut().push(node.into());
    add(with(Element::new("title"), Text::new(figure.title.clone())));
    add(text("title", [x.at_start(), 22.0], "start", &figure.title));
    axes(figure, &x, &y).into_iter().for_each(&mut add);
    let mut colour = 0;
    let mut level = 0;
    let mut entries = Vec::new();
    for series in &figure.series {
        if series.hue == Hue::Own || colour == 0 {
            colour += 1;
        }
        let own = (colour - 1) % style::COLOURS;
        let class = if series.mark == Mark::Level {
            level += 1;
            format!("c{own} level d{}", (level - 1) % style::DASHES)
        } else {
            format!("c{own}")
        };
        let off = outside(series, &y);
        if off.is_none() {
            draw(series, &class, (&x, &y)).into_iter().for_each(&mut add);
        }
        entries.push((series, class, off));
    }
    let (nodes, height) = legend(&entries, x.at_start(), HEIGHT);
    nodes.into_iter().for_each(&mut add);
    set(&mut picture, "viewBox", &format!("0 0 {WIDTH} {}", height.ceil()));
    picture
}

/// Where a horizontal line is that is not on the axis: above or below.
fn outside(series: &Series, y: &Scale) -> Option<&'static str> {
    let at = series.points.first().filter(|_| series.mark == Mark::Level)?[1];
    if y.holds(at) {
        return None;
    }
    Some(if y.is_above(at) { "↑" } else { "↓" })
}

/// Both axes: they hold all points with their bars, and the horizontal lines that are near.
fn scales(figure: &Figure) -> [Scale; 2] {
    let log = figure.y.logarithmic;
    let [across, up] = ranges(figure);
    let y = Scale::new(up, [BOTTOM, TOP], log);
    let bars = figure.series.iter().any(|series| series.mark == Mark::Bars);
    let y = if bars { y.starting_at(0.0) } else { y };
    let widest = y.ticks().iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
    let left = 44.0 + LETTER * widest as f64;
    [Scale::new(across, [left, RIGHT], figure.x.logarithmic), y]
}

fn ranges(figure: &Figure) -> [[f64; 2]; 2] {
    let (mut x, mut y) = (Range::EMPTY, Range::EMPTY);
    let (across, up) = (figure.x.logarithmic, figure.y.logarithmic);
    let mut levels = Vec::new();
    for series in &figure.series {
        for (k, [a, b]) in series.points.iter().copied().enumerate() {
            if series.mark == Mark::Level {
                levels.push(b);
                continue;
            }
            if let Some([left, low, right, high]) = series.edges.get(k).copied() {
                x.take(left, across);
                x.take(right, across);
                y.take(low, up);
                y.take(high, up);
                continue;
            }
            let half = series.sides.unwrap_or_default().map(|side| 0.5 * side);
            for v in [a - half[0], a + half[0]] {
                x.take(v, across);
            }
            let [low, high] = series.bar(k);
            for v in [low - half[1], b, high + half[1]] {
                y.take(v, up);
            }
            if series.mark == Mark::Bars {
                y.take(0.0, up);
            }
        }
    }
    let near = y.widened(NEAR);
    for level in levels {
        if up || y.is_empty() || near.holds(level) {
            y.take(level, up);
        }
    }
    [x.ends(), y.ends()]
}

/// The smallest and the largest of some numbers.
#[derive(Clone, Copy, Debug)]
struct Range([f64; 2]);

impl Range {
    const EMPTY: Self = Self([f64::INFINITY, f64::NEG_INFINITY]);

    fn take(&mut self, v: f64, logarithmic: bool) {
        if v.is_finite() && (v > 0.0 || !logarithmic) {
            self.0 = [self.0[0].min(v), self.0[1].max(v)];
        }
    }

    fn is_empty(self) -> bool {
        self.0[0] > self.0[1]
    }

    fn holds(self, v: f64) -> bool {
        (self.0[0]..=self.0[1]).contains(&v)
    }

    fn widened(self, spans: f64) -> Self {
        let more = spans * (self.0[1] - self.0[0]);
        Self([self.0[0] - more, self.0[1] + more])
    }

    fn ends(self) -> [f64; 2] {
        if self.is_empty() { [0.0, 1.0] } else { self.0 }
    }
}

/// Frame, grid, ticks and labels.
fn axes(figure: &Figure, x: &Scale, y: &Scale) -> Vec<Element> {
    let (left, right) = (x.at_start(), RIGHT);
    let mut ticks = group("ticks");
    let mut add = |node: Element| ticks.get_children_mut().push(node.into());
    for (value, label) in y.ticks() {
        let at = y.at(value);
        add(line("grid", [left, at], [right, at]));
        add(text("tick", [left - 8.0, at + 4.0], "end", &label));
    }
    for (value, label) in x.ticks() {
        let at = x.at(value);
        add(line("axis", [at, BOTTOM], [at, BOTTOM + 5.0]));
        add(text("tick", [at, BOTTOM + 19.0], "middle", &label));
    }
    let mut upright = text("label", [0.0, 0.0], "middle", &figure.y.label);
    let middle = 0.5 * (TOP + BOTTOM);
    set(&mut upright, "transform", &format!("translate(16 {middle}) rotate(-90)"));
    vec![
        ticks,
        line("axis", [left, BOTTOM], [right, BOTTOM]),
        line("axis", [left, TOP], [left, BOTTOM]),
        text("label", [0.5 * (left + right), BOTTOM + 40.0], "middle", &figure.x.label),
        upright,
    ]
}

/// One series.
fn draw(series: &Series, class: &str, (x, y): (&Scale, &Scale)) -> Vec<Element> {
    let seen = |p: &&[f64; 2]| x.at(p[0]).is_finite() && y.at(p[1]).is_finite();
    let at = |p: &[f64; 2]| [x.at(p[0]), y.at(p[1])];
    let points: Vec<[f64; 2]> = series.points.iter().filter(seen).map(at).collect();
    match series.mark {
        Mark::Line => vec![polyline(&format!("line {class}"), &points)],
        Mark::Broken => vec![polyline(&format!("line broken {class}"), &points)],
        Mark::Level => {
            let at = points.first().map_or(BOTTOM, |p| p[1]);
            vec![line(class, [x.at_start(), at], [RIGHT, at])]
        }
        Mark::Bars => {
            // On a logarithmic axis bars stand on its end.
            let floor = Some(y.at(0.0)).filter(|floor| floor.is_finite()).unwrap_or(BOTTOM);
            vec![bars(class, &points, floor)]
        }
        Mark::Dots => dots(series, class, (x, y)),
        Mark::Cells => vec![cells(series, class, (x, y))],
        Mark::Band => vec![polyline(&format!("band {class}"), &points)],
        Mark::Heat => vec![heat(series, (x, y))],
    }
}

/// Dots with bars of two standard errors.
fn dots(series: &Series, class: &str, (x, y): (&Scale, &Scale)) -> Vec<Element> {
    let mut group = group(&format!("dots {class}"));
    let radius = if series.points.len() > MANY { 1.8 } else { 3.6 };
    for (k, [a, b]) in series.points.iter().enumerate() {
        let (across, up) = (x.at(*a), y.at(*b));
        if !(across.is_finite() && up.is_finite()) {
            continue;
        }
        let [low, high] = series.bar(k);
        if high > low {
            let (low, high) = (y.at(low), y.at(high));
            let low = if low.is_finite() { low } else { BOTTOM };
            let (left, right) = (across - 4.0, across + 4.0);
            for (from, to) in [
                ([across, low], [across, high]),
                ([left, low], [right, low]),
                ([left, high], [right, high]),
            ] {
                group.get_children_mut().push(line("bar", from, to).into());
            }
        }
        let dot = element("circle", "dot", &[("cx", across), ("cy", up), ("r", radius)]);
        group.get_children_mut().push(dot.into());
    }
    vec![group]
}

/// The outline of bars that touch.
fn bars(class: &str, points: &[[f64; 2]], floor: f64) -> Element {
    let mut outline = Vec::new();
    let mut height = floor;
    for [x, y] in points {
        outline.extend([[*x, height], [*x, *y]]);
        height = *y;
    }
    if let (Some([first, _]), Some([last, _])) = (points.first(), points.last()) {
        outline.extend([[*last, floor], [*first, floor]]);
    }
    polyline(&format!("bars {class}"), &outline)
}

pub(super) fn polyline(class: &str, points: &[[f64; 2]]) -> Element {
    let mut node = element("polyline", class, &[]);
    let words: Vec<String> =
        points.iter().map(|[x, y]| format!("{},{}", round(*x), round(*y))).collect();
    set(&mut node, "points", &words.join(" "));
    node
}

pub(super) fn line(class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> Element {
    element("line", class, &[("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)])
}

pub(super) fn text(class: &str, [x, y]: [f64; 2], anchor: &str, words: &str) -> Element {
    let mut node = element("text", class, &[("x", x), ("y", y)]);
    set(&mut node, "text-anchor", anchor);
    with(node, Text::new(words))
}

pub(super) fn group(class: &str) -> Element {
    element("g", class, &[])
}

pub(super) fn element(name: &str, class: &str, numbers: &[(&str, f64)]) -> Element {
    let mut node = Element::new(name);
    set(&mut node, "class", class);
    for (key, value) in numbers {
        node.get_attributes_mut().insert((*key).to_owned(), round(*value).into());
    }
    node
}

pub(super) fn set(node: &mut Element, key: &str, value: &str) {
    node.get_attributes_mut().insert(key.to_owned(), value.into());
}

fn with(mut node: Element, text: Text) -> Element {
    node.get_children_mut().push(text.into());
    node
}

/// A tenth of a unit is finer than a screen.
pub(super) fn round(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests;
