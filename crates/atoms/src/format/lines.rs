//! Lines of a text file, counted from 1, and the numbers on them.

use std::borrow::Cow;

/// The lines of a file that may be large and need not be UTF-8.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    /// The number of the line that was given last.
    pub(super) at: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), at: 0 }
    }

    /// Whether nothing but white space is left.
    pub(super) fn is_over(&self) -> bool {
        self.rest.trim_ascii().is_empty()
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&b| b == b'\n');
        let (line, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &self.rest[self.rest.len()..]),
        };
        (self.rest, self.at) = (rest, self.at + 1);
        Some(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// The numbers of a line; None where a word is none.
pub(super) fn numbers(line: &str) -> Option<Vec<f64>> {
    line.split_whitespace().map(|word| word.parse().ok()).collect()
}

/// The first `N` numbers of a line that a Fortran program wrote: columns may touch, as in
/// `10.5-3.25`, and exponents may be `D`.
pub(super) fn columns<const N: usize>(line: &str) -> Option<[f64; N]> {
    let mut found = [0.0; N];
    let mut n = 0;
    for word in line.split_whitespace() {
        let mut begin = 0;
        for at in 1..=word.len() {
            let ends = at == word.len()
                || (word.as_bytes()[at] == b'-'
                    && !matches!(word.as_bytes()[at - 1], b'e' | b'E' | b'd' | b'D'));
            if !ends {
                continue;
            }
            if n == N {
                return Some(found);
            }
            found[n] = number(word.get(begin..at)?)?;
            (n, begin) = (n + 1, at);
        }
    }
    (n == N).then_some(found)
}

/// A number as Fortran writes it.
fn number(word: &str) -> Option<f64> {
    let plain = word.bytes().all(|b| b.is_ascii_digit() || b"+-.eEdD".contains(&b));
    if !plain {
        return None;
    }
    word.parse().ok().or_else(|| word.replace(['d', 'D'], "e").parse().ok())
}

/// A number with as few digits as say it to the last bit.
pub(super) fn shortest(v: f64) -> String {
    let plain = format!("{v}");
    if plain.len() <= 20 { plain } else { format!("{v:e}") }
}

/// Six digits: enough for a sentence.
pub(super) fn six(v: f64) -> String {
    shortest(format!("{v:.5e}").parse().unwrap_or(v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_touch() {
        assert_eq!(columns::<3>("  1.5-2.25 3.0  9.0 x"), Some([1.5, -2.25, 3.0]));
        assert_eq!(columns::<2>(" -.121E+01-1.0D-03"), Some([-1.21, -0.001]));
        assert_eq!(columns::<2>("1.0 ********"), None);
        assert_eq!(columns::<2>("1.0"), None);
        assert_eq!(columns::<1>("NaN"), None);
        assert_eq!(columns::<3>("1.0é-2 3 4"), None);
    }

    #[test]
    fn lines_are_counted() {
        let mut lines = Lines::new(b"\xef\xbb\xbfa\r\n\xffb\n\n");
        assert_eq!(lines.next().unwrap(), "a");
        assert_eq!(lines.next().unwrap(), "\u{fffd}b");
        assert!(lines.is_over() && lines.at == 2);
        assert_eq!((lines.next().as_deref(), lines.next()), (Some(""), None));
    }

    #[test]
    fn shortest_reads_back() {
        for v in [0.1, -1e-300, 6.02e23, 12.444_661, f64::MIN_POSITIVE] {
            assert_eq!(shortest(v).parse::<f64>().unwrap(), v);
        }
    }
}
