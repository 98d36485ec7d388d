//! Cells of a grid as SVG: one path a shade, the darker the more stands in them.

use std::fmt::Write as _;

use frame::Series;
use svg::node::element::Element;

use super::draw::{element, group, round, set};
use super::scale::Scale;

/// How many shades there are; shade k is the class `sk`.
pub(super) const SHADES: usize = 4;

/// The cells of a series. A shade stands for a share of the logarithm of the largest count, so that one
/// point far from all others is seen.
pub(super) fn cells(series: &Series, class: &str, (x, y): (&Scale, &Scale)) -> Element {
    let half = series.sides.unwrap_or_default().map(|side| 0.5 * side);
    let most = series.counts.iter().copied().max().unwrap_or(1);
    let mut paths = vec![String::new(); SHADES];
    for (point, count) in series.points.iter().zip(&series.counts) {
        let edges = [
            x.at(point[0] - half[0]),
            y.at(point[1] - half[1]),
            x.at(point[0] + half[0]),
            y.at(point[1] + half[1]),
        ];
        if edges.iter().all(|edge| edge.is_finite()) {
            let [left, bottom, right, top] = edges.map(round);
            let path = &mut paths[shade(*count, most)];
            let _infallible = write!(path, "M{left} {bottom}H{right}V{top}H{left}Z");
        }
    }
    let mut all = group("density");
    for (shade, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let mut node = element("path", &format!("cells s{shade} {class}"), &[]);
        set(&mut node, "d", path);
        all.get_children_mut().push(node.into());
    }
    all
}

fn shade(count: usize, most: usize) -> usize {
    let share = (count as f64).ln() / (most as f64).ln().max(f64::MIN_POSITIVE);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1")]
    let shade = (share * SHADES as f64) as usize;
    shade.min(SHADES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_by_the_logarithm_of_the_count() {
        let of = |count| shade(count, 10_000);
        assert_eq!([1, 9, 11, 99, 101, 999, 1001, 10_000].map(of), [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!((shade(1, 1), shade(3, 3)), (0, 3));
    }
}
