//! Every error sentence, word for word, and inputs made to break the parser.

use proptest::prelude::*;

use super::super::parse;
use super::scope;
use crate::error::Error;

fn sentence(text: &str) -> String {
    parse(text, &scope()).expect_err(text).to_string()
}

#[test]
fn sentences_are_word_for_word() {
    let known = "Known here: t, x, u, z, d, T, pi, lambda, c, A.";
    for (text, expected) in [
        ("-0.5 * kappa * |z|^2", format!("`kappa` is not defined. {known}")),
        ("lamda * u", format!("`lamda` is not defined; did you mean `lambda`? {known}")),
        ("X", format!("`X` is not defined; did you mean `x`? {known}")),
        ("", "the formula is empty.".into()),
        (" \n", "the formula is empty.".into()),
        ("min(x, z, u)", "`min` takes 1 or 2 arguments, not 3. Write min(v) or min(a, b).".into()),
        ("exp()", "`exp` takes 1 argument, not 0. Write exp(a).".into()),
        ("if(u, 1)", "`if` takes 3 arguments, not 2. Write if(c, a, b).".into()),
        ("exp + 1", "`exp` is a function. Write exp(a).".into()),
        ("u(2)", "`u` is not a function. Write u * (...) to multiply.".into()),
        ("(u + 1", "`(` is never closed. Add `)`.".into()),
        ("|x + 1", "`|` is never closed. Add `|`.".into()),
        ("x[1", "`[` is never closed. Add `]`.".into()),
        ("u + 1)", "`)` closes nothing.".into()),
        ("u, t", "`,` is out of place. A comma separates the arguments of a function, a colon those of a slice.".into()),
        ("u t", "an operator is missing before `t`. Write * to multiply.".into()),
        ("2 (u)", "an operator is missing before `(`. Write * to multiply.".into()),
        ("u +", "an operand is missing at the end of the formula.".into()),
        ("u * / t", "an operand is missing before `/`.".into()),
        ("()", "an operand is missing before `)`.".into()),
        ("sum(u)", "`sum` takes a vector, and `u` is a number. Write sum(v).".into()),
        ("dot(x, u)", "`dot` takes a vector, and `u` is a number. Write dot(a, b).".into()),
        ("x + x[1:2]", "`x` is a vector of 5 and `x[1:2]` is a vector of 2. Operations on vectors need one length.".into()),
        ("min(x, x[1:2])", "`x` is a vector of 5 and `x[1:2]` is a vector of 2. Operations on vectors need one length.".into()),
        ("x[6]", "index 6 is outside `x`, a vector of 5. Indices run from 1 to 5.".into()),
        ("x[0]", "index 0 is outside `x`, a vector of 5. Indices run from 1 to 5.".into()),
        ("x[4:2]", "the slice from 4 to 2 is empty.".into()),
        ("x[1.5]", "the index 1.5 is not a whole number from 1 on. A constant whole number is due here.".into()),
        ("x[u]", "the index `u` is not constant. A constant whole number is due here.".into()),
        ("x[z]", "the index `z` is a vector of 5. A constant whole number is due here.".into()),
        ("u[1]", "`u` is a number and has no components.".into()),
        ("1.2.3", "`1.2.3` is not a number. Write numbers like 2, 0.5 or 1e-3, and * between a number and a name.".into()),
        ("2x", "`2x` is not a number. Write numbers like 2, 0.5 or 1e-3, and * between a number and a name.".into()),
        ("1e999", "`1e999` is too large for a number.".into()),
        ("u + 1 / 0", "`1 / 0` is not a finite number.".into()),
        ("(-8)^0.5", "`(-8)^0.5` is not a finite number.".into()),
        ("0 < u < 1", "comparisons do not chain. Write (a < b) * (b < c) where both must hold.".into()),
        ("u = 1", "`=` has no meaning in a formula. Write == to compare.".into()),
        ("λ", "`λ` has no meaning in a formula. A formula is made of numbers, names, + - * / ^ < <= > >= == ( ) [ ] | , and :.".into()),
        ("scaling == 'ntk'", "a quoted word is not understood here yet. Compare numbers with ==.".into()),
        ("A + 1", "`A` is a matrix of 2 by 5. Write A * v with a vector v of 5.".into()),
        ("A * x[1:3]", "`A` is a matrix of 2 by 5 and `x[1:3]` is a vector of 3. The vector needs 5 components.".into()),
        ("[1, u]", "`u` does not fit into a list. A list holds constant numbers, or lists of one length.".into()),
        ("repeat(x, 3)", "`repeat` takes a number, and `x` is a vector of 5. Write repeat(a, n).".into()),
        ("repeat(u, 2e6)", "a vector cannot have 2000000 components. Lengths run from 1 to 1000000.".into()),
        ("embed(x, 2, 5)", "`x` at place 2 does not fit into a vector of 5. Places run from 1 on.".into()),
    ] {
        assert_eq!(sentence(text), expected, "{text}");
    }
}

#[test]
fn unknown_functions_are_listed() {
    let found = sentence("foo(u)");
    assert!(
        found.starts_with("there is no function `foo`. Functions: exp, expm1, ln, "),
        "{found}"
    );
    let near = sentence("sqr(u)");
    assert!(
        near.starts_with("there is no function `sqr`; did you mean `sqrt`? Functions: "),
        "{near}"
    );
}

#[test]
fn places_are_bytes_of_the_text() {
    for (text, expected) in [
        ("-0.5 * kappa * |z|^2", "kappa"),
        ("u + (1 / 0) * t", "1 / 0"),
        ("exp(u, t)", "exp(u, t)"),
        ("x[7]", "7"),
        ("(u + (1)", "("),
    ] {
        let Err(Error::Input(input)) = parse(text, &scope()) else { panic!("{text}") };
        assert_eq!(
            input.span.map(|span| text[span].to_owned()).as_deref(),
            Some(expected),
            "{text}"
        );
    }
}

#[test]
fn no_nesting_overflows_the_stack() {
    let deep =
        |open: &str, close: &str, n: usize| format!("{}u{}", open.repeat(n), close.repeat(n));
    assert!(parse(&deep("(", ")", 150), &scope()).is_ok());
    let expected = "the formula is nested deeper than 200.";
    for (open, close) in [("(", ")"), ("-", ""), ("exp(", ")"), ("2^", ""), ("|", "|"), ("[", "]")]
    {
        assert_eq!(sentence(&deep(open, close, 100_000)), expected, "{open}");
    }
    assert_eq!(sentence(&"(".repeat(100_000)), expected);
    let long = "u + ".repeat(100_000) + "x";
    let e = parse(&long, &scope()).expect("a long sum is no deep nesting");
    assert_eq!(e.gradient(super::u()).as_number(), Some(5e5));
    assert_eq!(sentence(&" ".repeat(1_000_001)), "the formula is longer than 1000000 bytes.");
}

proptest! {
    #[test]
    fn random_text_never_panics(text in ".{0,60}") {
        drop(parse(&text, &scope()));
    }

    #[test]
    fn soups_of_words_never_panic(words in prop::collection::vec(prop::sample::select(vec![
        "x", "z", "u", "t", "A", "c", "i", "d", "1", "2", "0.5", "1e300", "0", "+", "-", "*", "/",
        "^", "(", ")", "[", "]", "|", ",", ":", "<", ">=", "==", "sum(", "min(", "if(", "repeat(",
        "embed(", "dot(", "sqrt(", "ln(", "clamp(", "'", "kappa", "..",
    ]), 0..30)) {
        if let Ok(e) = parse(&words.concat(), &scope()) {
            let _ = e.to_string();
        }
        drop(parse(&words.join(" "), &scope()));
    }
}
