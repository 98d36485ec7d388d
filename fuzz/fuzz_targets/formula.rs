//! No text makes the parser panic; what it accepts prints as text that reads back.
//!
//! `cargo fuzz run -s none formula`
#![no_main]

use ground::formula::{Constant, Scope, Shape, parse};
use libfuzzer_sys::fuzz_target;

/// Longer texts are cut by the printer, and slow to no purpose.
const LONGEST: usize = 400;

fuzz_target!(|text: &str| {
    if text.len() > LONGEST {
        return;
    }
    let scope = Scope { dim: Some(4), ..Scope::default() }
        .variable("t", Shape::Scalar)
        .variable("x", Shape::Vector(4))
        .constant("d", Constant::Number(4.0))
        .constant("c", Constant::Vector(vec![1.0, -2.0, 0.5, 3.0]))
        .constant("A", Constant::Matrix { rows: 2, columns: 4, data: vec![0.5; 8] });
    if let Ok(formula) = parse(text, &scope) {
        let printed = formula.to_string();
        assert_eq!(parse(&printed, &scope).ok(), Some(formula), "{text} prints {printed}");
    }
});
