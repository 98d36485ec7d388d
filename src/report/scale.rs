//! An axis as numbers: where a value stands, and the round ticks with their labels.

/// Ticks wanted on an axis, roughly.
const WANTED: f64 = 5.0;
/// Room beyond the data at both ends, as a share of their span.
const ROOM: f64 = 0.05;
/// Numbers beyond this have no place in a picture; and its logarithm.
const LARGEST: f64 = 1e300;
const DECADES: f64 = 300.0;

/// An axis: from values to places.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    /// The ends of the axis as values, or as their logarithms.
    ends: [f64; 2],
    /// The places of the ends.
    places: [f64; 2],
    logarithmic: bool,
}

impl Scale {
    /// An axis that holds the values from `low` to `high` between two places. A logarithmic one is
    /// linear where a value is not above zero.
    pub(crate) fn new([low, high]: [f64; 2], places: [f64; 2], logarithmic: bool) -> Self {
        let logarithmic = logarithmic && low > 0.0;
        let on = |v: f64| if logarithmic { v.log10() } else { v.clamp(-LARGEST, LARGEST) };
        let (low, high) = (on(low), on(high));
        let size = low.abs().max(high.abs());
        // A span that is lost in rounding has no ticks.
        let least = if size == 0.0 { 1.0 } else { 1e-9 * size };
        let span = (high - low).max(least);
        let middle = 0.5 * low + 0.5 * high;
        let half = (0.5 + ROOM) * span;
        let most = if logarithmic { DECADES } else { f64::MAX };
        let ends = [middle - half, middle + half].map(|end| end.clamp(-most, most));
        Self { ends, places, logarithmic }
    }

    /// The same axis, beginning at a value itself.
    pub(crate) fn starting_at(mut self, low: f64) -> Self {
        if !self.logarithmic {
            self.ends[0] = low;
        }
        self
    }

    /// The place of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.log10() } else { value };
        let [low, high] = self.ends;
        let [from, to] = self.places;
        from + (value - low) / (high - low) * (to - from)
    }

    /// The place where the axis begins.
    pub(crate) fn at_start(&self) -> f64 {
        self.places[0]
    }

    /// Whether a value is beyond the upper end.
    pub(crate) fn is_above(&self, value: f64) -> bool {
        (if self.logarithmic { value.log10() } else { value }) > self.ends[1]
    }

    /// Whether a value is on the axis.
    pub(crate) fn holds(&self, value: f64) -> bool {
        let value = if self.logarithmic { value.log10() } else { value };
        (self.ends[0]..=self.ends[1]).contains(&value)
    }

    /// Round values on the axis with their labels, at least two.
    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        if !self.logarithmic {
            return linear(self.ends);
        }
        let values = decades(self.ends);
        if values.len() >= 2 {
            return values.into_iter().map(|v| (v, label(v, v))).collect();
        }
        linear(self.ends.map(|end| 10f64.powf(end)))
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear([low, high]: [f64; 2]) -> Vec<(f64, String)> {
    let step = round((high - low) / WANTED);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    let mut ticks = Vec::new();
    let mut k = first;
    while k <= last {
        ticks.push(k * step);
        k += 1.0;
    }
    let largest = ticks.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    ticks.into_iter().map(|v| (v, label_among(v, step, largest))).collect()
}

/// The largest of 1, 2, 5 times a power of ten that is not above `size`.
fn round(size: f64) -> f64 {
    let power = 10f64.powf(size.log10().floor());
    let factor = [5.0, 2.0, 1.0].into_iter().find(|f| f * power <= size * (1.0 + 1e-9));
    factor.unwrap_or(1.0) * power
}

/// Powers of ten between two logarithms, thinned where there are many; 2 and 5 times them where
/// there are few.
fn decades([low, high]: [f64; 2]) -> Vec<f64> {
    let (first, last) = (low.ceil(), high.floor());
    if last - first >= 2.0 {
        let stride = ((last - first) / 6.0).ceil().max(1.0);
        let mut powers = Vec::new();
        let mut k = first;
        while k <= last {
            powers.push(10f64.powf(k));
            k += stride;
        }
        return powers;
    }
    let factors = [1.0, 2.0, 5.0];
    let powers = [first - 1.0, first, first + 1.0, first + 2.0];
    let all = powers.iter().flat_map(|k| factors.map(|f| f * 10f64.powf(*k)));
    all.filter(|v| (low..=high).contains(&v.log10())).collect()
}

/// A label that shows as much of a value as a step needs.
fn label(value: f64, step: f64) -> String {
    label_among(value, step, value.abs())
}

/// The same, written like the largest of its axis.
fn label_among(value: f64, step: f64, largest: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "the exponent of a finite number")]
    let power = |v: f64| v.abs().max(f64::MIN_POSITIVE).log10().floor() as i32;
    // A step of 1 − 1e-16 is 1.
    let (step, size) = (power(step * (1.0 + 1e-9)), power(largest * (1.0 + 1e-9)));
    let places = |from: i32| usize::try_from(from - step).unwrap_or(0).min(12);
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = if (-4..6).contains(&size) {
        format!("{value:.*}", places(0))
    } else {
        let scaled = value / 10f64.powi(size);
        let text = format!("{scaled:.*}·10{}", places(size), raised(size));
        text.strip_prefix("1·").map_or(text.clone(), str::to_owned)
    };
    text.replace('-', "−")
}

/// A whole number as superscript.
fn raised(number: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => c.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(c),
    };
    number.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(range: [f64; 2], logarithmic: bool) -> Vec<String> {
        let scale = Scale::new(range, [0.0, 100.0], logarithmic);
        let ticks = scale.ticks();
        for (value, _) in &ticks {
            assert!(scale.holds(*value) && (0.0..=100.0).contains(&scale.at(*value)), "{value}");
        }
        ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels([0.0, 1.0], false), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels([-30.0, 30.0], false), ["−30", "−20", "−10", "0", "10", "20", "30"]);
        assert_eq!(labels([4.5902, 4.5907], false)[0], "4.5902");
        assert_eq!(labels([0.0, 3e-7], false)[..2], ["0", "0.5·10⁻⁷"]);
        assert_eq!(labels([0.0, 2e6], false)[1], "0.2·10⁶");
        assert_eq!(labels([1e-3, 10.0], true), ["0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(labels([0.9, 6.0], true), ["1", "2", "5"]);
        assert_eq!(labels([1e-9, 1.0], true)[0], "10⁻⁹");
    }

    #[test]
    fn every_axis_has_ticks() {
        for range in [[0.0, 0.0], [5.0, 5.0], [-1e-20, 1e-20], [1.0, 1.0 + 1e-14], [-1e308, 1e308]]
        {
            assert!(labels(range, false).len() >= 2, "{range:?}");
        }
        for range in [[0.043, 0.049], [1e-30, 1e30], [0.9, 11.0], [2.0, 2.0], [-1.0, 1.0]] {
            assert!(labels(range, true).len() >= 2, "{range:?}");
        }
    }

    #[test]
    fn values_stand_in_order() {
        let scale = Scale::new([1.0, 100.0], [200.0, 0.0], true);
        assert!(scale.at(1.0) > scale.at(10.0) && scale.at(10.0) > scale.at(100.0));
        assert!((scale.at(10.0) - 100.0).abs() < 1e-9);
        assert!(!scale.holds(1e4) && scale.holds(50.0));
    }
}
