//! A heat map as SVG: cells whose colour is a value, the value written in them, and the scale of colours.
//!
//! The colours are viridis, which is as light as the value in every kind of sight, and on paper.

use frame::Series;
use svg::node::element::Element;

use super::draw::{LETTER, element, group, text};
use super::scale::Scale;

/// How many colours there are; colour k is the class `hk`, the lowest value first.
pub(super) const COLOURS: [&str; 9] = [
    "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30",
    "#fde725",
];

/// From this colour on ink is dark.
const LIGHT: usize = 5;

/// A scale of colours spans so many times its smallest value, or it is linear.
const LOGARITHMIC: f64 = 20.0;

/// A cell is at least so wide where its value is written in it.
const ROOM: f64 = 30.0;

/// The values that colours stand for.
#[derive(Clone, Copy, Debug)]
struct Colours {
    ends: [f64; 2],
    logarithmic: bool,
}

impl Colours {
    fn of(values: &[f64]) -> Self {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let (low, high) =
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        Self { ends: [low, high], logarithmic: low > 0.0 && high / low > LOGARITHMIC }
    }

    /// From 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let on = |v: f64| if self.logarithmic { v.ln() } else { v };
        let [low, high] = self.ends.map(on);
        if high > low { ((on(value) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1")]
    fn shade(&self, value: f64) -> usize {
        ((self.share(value) * COLOURS.len() as f64) as usize).min(COLOURS.len() - 1)
    }
}

/// The cells of a series.
pub(super) fn heat(series: &Series, (x, y): (&Scale, &Scale)) -> Element {
    let colours = Colours::of(&series.values);
    let mut all = group("heat");
    for (value, edges) in series.values.iter().zip(&series.edges) {
        let [left, low, right, high] = *edges;
        let (left, right) = (x.at(left), x.at(right));
        let (bottom, top) = (y.at(low), y.at(high));
        if ![left, right, bottom, top].iter().all(|edge| edge.is_finite()) {
            continue;
        }
        let shade = colours.shade(*value);
        let place = [("x", left), ("y", top), ("width", right - left), ("height", bottom - top)];
        all.get_children_mut().push(element("rect", &format!("h{shade}"), &place).into());
        if right - left >= ROOM && bottom - top >= 12.0 {
            let ink = if shade >= LIGHT { "dark" } else { "bright" };
            let at = [0.5 * (left + right), 0.5 * (top + bottom) + 3.5];
            all.get_children_mut()
                .push(text(&format!("value {ink}"), at, "middle", &label(*value)).into());
        }
    }
    all
}

/// The scale of colours, from its lowest to its highest value; and where it ends.
pub(super) fn heat_scale(series: &Series, name: &str, [x, y]: [f64; 2]) -> (Vec<Element>, f64) {
    let Colours { ends: [low, high], .. } = Colours::of(&series.values);
    let (low, high) = (label(low), label(high));
    let wide = |text: &str| LETTER * text.chars().count() as f64;
    let mut nodes = vec![text("entry", [x, y + 4.0], "start", name)];
    let mut at = x + wide(name) + 10.0;
    nodes.push(text("entry", [at, y + 4.0], "start", &low));
    at += wide(&low) + 4.0;
    for shade in 0..COLOURS.len() {
        let place = [("x", at), ("y", y - 6.0), ("width", 14.0), ("height", 12.0)];
        nodes.push(element("rect", &format!("heat h{shade}"), &place));
        at += 14.0;
    }
    nodes.push(text("entry", [at + 6.0, y + 4.0], "start", &high));
    (nodes, at + 6.0 + wide(&high))
}

/// Two digits.
fn label(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if (0.01..1000.0).contains(&value.abs()) {
        #[allow(clippy::cast_possible_truncation, reason = "between -2 and 3")]
        let size = value.abs().log10().floor() as i32;
        format!("{value:.*}", usize::try_from(1 - size).unwrap_or(0))
    } else {
        format!("{value:.0e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_by_the_value() {
        let colours = Colours::of(&[1e-6, 1e-3, 1.0]);
        assert!(colours.logarithmic);
        assert_eq!([1e-6, 1e-3, 1.0].map(|v| colours.shade(v)), [0, 4, 8]);
        let linear = Colours::of(&[-1.0, 1.0]);
        assert!(!linear.logarithmic && linear.shade(0.0) == 4);
        assert_eq!(Colours::of(&[2.0, 2.0]).shade(2.0), 4);
        assert_eq!([1.234, 0.05678, 12.6, 1.2e-5].map(label), ["1.2", "0.057", "13", "1e-5"]);
    }
}
