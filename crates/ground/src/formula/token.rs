//! The words of a formula.

use std::ops::Range;

use crate::error::{Error, Result};

/// One word.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Word<'a> {
    Number(f64),
    Name(&'a str),
    Symbol(&'static str),
    End,
}

/// A word and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token<'a> {
    pub(super) word: Word<'a>,
    pub(super) span: Range<usize>,
}

/// Longer ones first.
const SYMBOLS: [&str; 17] =
    ["<=", ">=", "==", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", "|", ",", ":"];

/// An input error at a place of the formula; the caller adds the file and the key.
pub(super) fn error(span: Range<usize>, found: impl Into<String>) -> Error {
    Error::input("", found).span(span)
}

/// The words of `text`, the last one being [`Word::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (word, length) = word(text, at, first)?;
        tokens.push(Token { word, span: at..at + length });
        at += length;
    }
    tokens.push(Token { word: Word::End, span: text.len()..text.len() });
    Ok(tokens)
}

/// The word that begins at `at`, and its length.
fn word(text: &str, at: usize, first: char) -> Result<(Word<'_>, usize)> {
    let rest = &text[at..];
    let second = rest[first.len_utf8()..].chars().next();
    if first.is_ascii_digit() || first == '.' && second.is_some_and(|c| c.is_ascii_digit()) {
        let length = number_length(rest);
        return Ok((number(&rest[..length], at..at + length)?, length));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = rest.find(|c: char| !is_inner(c)).unwrap_or(rest.len());
        return Ok((Word::Name(&rest[..length]), length));
    }
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return Ok((Word::Symbol(symbol), symbol.len()));
    }
    let span = at..at + first.len_utf8();
    if matches!(first, '\'' | '"') {
        let quoted = rest[1..].find(first).map_or(text.len(), |end| at + end + 2);
        return Err(error(at..quoted, "a quoted word is not understood here yet")
            .allowed("Compare numbers with =="));
    }
    let hint = match first {
        '=' => "Write == to compare",
        '&' => "Write a * b where both must hold",
        '!' => "Write 1 - a for the opposite of a",
        _ => "A formula is made of numbers, names, + - * / ^ < <= > >= == ( ) [ ] | , and :",
    };
    Err(error(span, format!("`{first}` has no meaning in a formula")).allowed(hint))
}

fn is_inner(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Everything that was probably meant as one number: also the sign of an exponent.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let belongs = |i: usize| {
        let exponent = i > 0 && matches!(bytes[i - 1], b'e' | b'E');
        is_inner(char::from(bytes[i]))
            || bytes[i] == b'.'
            || exponent
                && matches!(bytes[i], b'+' | b'-')
                && bytes[..i - 1].iter().all(|&b| is_plain(b))
    };
    (0..bytes.len()).find(|&i| !belongs(i)).unwrap_or(bytes.len())
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

fn number(text: &str, span: Range<usize>) -> Result<Word<'_>> {
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(Word::Number(x)),
        Ok(_) => Err(error(span, format!("`{}` is too large for a number", clip(text)))),
        Err(_) => Err(error(span, format!("`{}` is not a number", clip(text)))
            .allowed("Write numbers like 2, 0.5 or 1e-3, and * between a number and a name")),
    }
}

/// The beginning of a piece of the formula, short enough for a sentence.
pub(super) fn clip(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}
