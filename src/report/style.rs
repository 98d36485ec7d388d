//! Colours and lines, for light and dark: a palette that colour-blind readers can tell apart.
//!
//! Series differ by dash and mark as well, never by colour alone.

use super::heat::COLOURS as HEAT;

/// How many colours there are.
pub(super) const COLOURS: usize = 8;
/// How many kinds of dashes horizontal lines have.
pub(super) const DASHES: usize = 4;

/// Colours by name: paper, ink, quiet ink, grid, and those of the series. Okabe and Ito's hues, each
/// with a contrast of 3 or more on its paper.
type Palette = [(&'static str, &'static str); 4 + COLOURS];

const LIGHT: Palette = [
    ("paper", "#ffffff"),
    ("ink", "#1b1f24"),
    ("quiet", "#57606a"),
    ("grid", "#d8dee4"),
    ("c0", "#0072b2"),
    ("c1", "#d55e00"),
    ("c2", "#00785a"),
    ("c3", "#aa4499"),
    ("c4", "#946800"),
    ("c5", "#3b6fd4"),
    ("c6", "#555555"),
    ("c7", "#882255"),
];

const DARK: Palette = [
    ("paper", "#14171b"),
    ("ink", "#e6e9ed"),
    ("quiet", "#a3acb6"),
    ("grid", "#333a42"),
    ("c0", "#56b4e9"),
    ("c1", "#ff9650"),
    ("c2", "#3cc9a0"),
    ("c3", "#e58fd0"),
    ("c4", "#e6c229"),
    ("c5", "#9db4ff"),
    ("c6", "#bbbbbb"),
    ("c7", "#f08fa8"),
];

/// What the page adds to the figures.
const PAGE: &str = include_str!("page.css");
/// What a figure needs; `var(--name)` stands for a colour.
const FIGURE: &str = include_str!("figure.css");

/// The style of the page, light or dark as the reader's system is.
pub(super) fn page() -> String {
    format!(
        ":root {{ color-scheme: light dark; {} }}\n\
         @media (prefers-color-scheme: dark) {{ :root {{ {} }} }}\n{}{PAGE}",
        variables(&LIGHT),
        variables(&DARK),
        figure(|name| format!("var(--{name})"))
    )
}

/// The style of a figure that is a file of its own: light.
pub(super) fn light() -> String {
    let fixed = |name: &str| {
        LIGHT.iter().find(|(known, _)| *known == name).map_or("#000000", |(_, v)| v).to_owned()
    };
    let mut text = FIGURE.to_owned();
    for (name, _) in LIGHT {
        text = text.replace(&format!("var(--{name})"), &fixed(name));
    }
    series(text, fixed)
}

fn figure(colour: impl Fn(&str) -> String) -> String {
    series(FIGURE.to_owned(), colour)
}

/// The classes of the series, after what all figures need.
fn series(text: String, colour: impl Fn(&str) -> String) -> String {
    let class = |k: usize| {
        let colour = colour(&format!("c{k}"));
        format!(
            ".figure .c{k} {{ stroke: {colour} }} .figure .bars.c{k}, .figure .dot.c{k}, .figure .c{k} \
             .dot, .figure .band.c{k} {{ fill: {colour} }} .figure .cells.c{k} {{ fill: {colour}; stroke: none }} .figure .band.c{k} {{ stroke: none \
             }}\n"
        )
    };
    let heat =
        |(k, colour): (usize, &&str)| format!(".figure .h{k} {{ fill: {colour}; stroke: none }}\n");
    let heats = HEAT.iter().enumerate().map(heat);
    text + &(0..COLOURS).map(class).chain(heats).collect::<Vec<_>>().concat()
}

fn variables(palette: &Palette) -> String {
    palette
        .iter()
        .map(|(name, colour)| format!("--{name}: {colour};"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The luminance of WCAG 2.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let v = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn everything_can_be_seen_in_light_and_dark() {
        for palette in [LIGHT, DARK] {
            let paper = luminance(palette[0].1);
            for (name, colour) in
                palette.iter().filter(|(name, _)| !["paper", "grid"].contains(name))
            {
                let own = luminance(colour);
                let contrast = (own.max(paper) + 0.05) / (own.min(paper) + 0.05);
                let least = if ["ink", "quiet"].contains(name) { 4.5 } else { 3.0 };
                assert!(contrast >= least, "{name} {colour}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn a_file_of_its_own_has_no_variables() {
        assert!(!light().contains("var("), "{}", light());
        assert!(page().contains("prefers-color-scheme: dark"));
    }
}
