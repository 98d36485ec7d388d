//! The comment of a frame: keys and values, quoted or not.

use ground::formula::nearest;
use ground::{Error, Result};

/// Keys and values, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Comment(Vec<(String, String)>);

/// Columns of the lines of atoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    /// What they hold.
    pub(super) name: String,
    /// S, R, I or L.
    pub(super) kind: char,
    /// How many there are.
    pub(super) width: usize,
}

impl Comment {
    /// From the second line of a frame. Words without `=` are passed over.
    pub(super) fn parse(line: &str) -> Result<Self> {
        let mut found: Vec<(String, String)> = Vec::new();
        let mut rest = line.trim_start();
        while !rest.is_empty() {
            let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let Some(value) = after.strip_prefix('=') else {
                rest = after.trim_start();
                continue;
            };
            let (value, after) = value_of(key, value)?;
            let key = spelt(key.trim_matches('"'));
            if found.iter().any(|(known, _)| *known == key) {
                return Err(Error::input(key, "this key is there twice")
                    .allowed("Each key once in a comment"));
            }
            found.push((key, value));
            rest = after.trim_start();
        }
        Ok(Self(found))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    /// The first of these keys that is there, and its value.
    pub(super) fn first<'k>(&self, keys: &[&'k str]) -> Option<(&'k str, &str)> {
        keys.iter().find_map(|key| Some((*key, self.get(key)?)))
    }

    /// The numbers of a key.
    pub(super) fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let words = text.split(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        let number = |word: &str| {
            word.parse().map_err(|_| {
                Error::input(key, format!("`{word}` is no number"))
                    .allowed("Numbers separated by blanks, in quotes")
            })
        };
        words.filter(|word| !word.is_empty()).map(number).collect::<Result<_>>().map(Some)
    }

    /// What the columns hold; a symbol and a position where nothing is said.
    pub(super) fn properties(&self) -> Result<Vec<Property>> {
        let text = self.get("Properties");
        let text = text.unwrap_or("species:S:1:pos:R:3");
        let words: Vec<&str> = text.split(':').map(str::trim).collect();
        let wrong = || {
            Error::input("Properties", format!("`{text}` is not understood"))
                .allowed("Write name:kind:columns, such as species:S:1:pos:R:3:forces:R:3")
        };
        let one = |words: &[&str]| match words {
            [name, kind, width] => {
                let kind = kind.chars().next().filter(|c| "SRIL".contains(*c))?;
                let width = width.parse().ok().filter(|n| (1..=100_000).contains(n))?;
                Some(Property { name: (*name).to_owned(), kind, width })
            }
            _ => None,
        };
        words.chunks(3).map(|words| one(words).ok_or_else(wrong)).collect()
    }

    /// Whether the columns are named.
    pub(super) fn is_extended(&self) -> bool {
        self.get("Properties").is_some()
    }

    /// A key that is probably meant to be `Lattice`.
    pub(super) fn near_lattice(&self) -> Option<&str> {
        let near = |key: &str| {
            let key = key.to_ascii_lowercase();
            key == "cell" || nearest(&key, ["lattice"].into_iter()).is_some()
        };
        self.0.iter().map(|(key, _)| key.as_str()).find(|key| near(key))
    }
}

/// Keys that every program writes, in any case, as they are called here.
fn spelt(key: &str) -> String {
    let known = ["Lattice", "Properties", "pbc"];
    known.into_iter().find(|known| known.eq_ignore_ascii_case(key)).unwrap_or(key).to_owned()
}

/// A value, and what follows it.
fn value_of<'t>(key: &str, text: &'t str) -> Result<(String, &'t str)> {
    let open = || {
        Error::input(key, "its value begins with a quote or bracket that does not end")
            .allowed("Close it on the same line")
    };
    let close = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => quote,
        Some('{') => '}',
        Some('[') => ']',
        _ => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            return Ok((text[..end].to_owned(), &text[end..]));
        }
    };
    let mut value = String::new();
    let mut depth = 1;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            value.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Ok((value, &text[at + c.len_utf8()..]));
            }
            value.push(c);
        } else {
            depth += usize::from(matches!((c, close), ('{', '}') | ('[', ']')));
            value.push(c);
        }
    }
    Err(open())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values() {
        let line = r#" energy=-1.5 flag Lattice="1 0  0" name='a b' m={1 2} n=[[1, 0], [0, 1]] q="say \"x\"" "#;
        let comment = Comment::parse(line).unwrap();
        let of = |key| comment.get(key).unwrap();
        assert_eq!((of("energy"), of("name"), of("q")), ("-1.5", "a b", "say \"x\""));
        assert_eq!(comment.numbers("Lattice").unwrap().unwrap(), [1.0, 0.0, 0.0]);
        assert_eq!(comment.numbers("n").unwrap().unwrap(), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(comment.numbers("m").unwrap().unwrap(), [1.0, 2.0]);
        assert_eq!(comment.get("flag"), None);
        let said = Comment::parse("a=\"1").unwrap_err().to_string();
        assert!(said.starts_with("a: its value begins with a quote or bracket"), "{said}");
    }

    #[test]
    fn properties_are_named_columns() {
        let of = |text: &str| Comment::parse(text).unwrap().properties();
        let found = of("Properties=species:S:1:pos:R:3").unwrap();
        assert_eq!(found, of("a molecule").unwrap());
        assert_eq!((found[1].name.as_str(), found[1].kind, found[1].width), ("pos", 'R', 3));
        assert!(of("Properties=species:S:1:pos:R").is_err());
        assert!(of("Properties=species:S:1:pos:X:3").is_err());
    }
}
