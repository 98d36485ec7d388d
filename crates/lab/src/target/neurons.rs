//! Formulas that are sums of ReLU neurons, recognised as such.
//!
//! The text is cut at the signs outside brackets. A term is a product with at most one factor that depends
//! on x: relu of a linear form, or a linear form. What was read is compared with the formula at points; a
//! formula that is not understood has no neurons, which costs a closed form and nothing else.

use ground::formula::{Shape, parse};
use ground::stream::Stream;

use super::{Neurons, Target, scope, sum};

/// Points at which what was read is compared.
const POINTS: u64 = 32;

/// The neurons of a formula, if it is a sum of such.
pub(super) fn recognised(text: &str, target: &Target) -> Option<Neurons> {
    let d = target.d;
    let mut neurons = Neurons::default();
    for (sign, term) in parts(text, &['+', '-'])? {
        read(sign == '-', term, d, &mut neurons)?;
    }
    let stream = Stream::new(0).child("recognised");
    let points: Vec<f64> =
        (0..POINTS).flat_map(|i| (0..d).map(move |k| stream.normal(i, 0, k))).collect();
    let agrees = points
        .chunks(d)
        .zip(target.values(&points))
        .all(|(x, exact)| (sum(&neurons, x) - exact).abs() <= 1e-12 * exact.abs().max(1.0));
    (agrees && !neurons.a.is_empty()).then_some(neurons)
}

/// The parts of a text between signs outside brackets, each with the sign before it. None where brackets do
/// not close.
fn parts<'a>(text: &'a str, signs: &[char]) -> Option<Vec<(char, &'a str)>> {
    let (mut depth, mut from, mut sign) = (0_i32, 0, signs[0]);
    let mut parts = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            // A sign behind an operation belongs to the number after it.
            _ if depth == 0 && signs.contains(&c) && !"*/^eE".contains(before) => {
                let part = text[from..at].trim();
                if !part.is_empty() {
                    parts.push((sign, part));
                } else if at > 0 && !parts.is_empty() {
                    return None;
                }
                (from, sign) = (at + c.len_utf8(), c);
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    parts.push((sign, text[from..].trim()));
    (depth == 0).then_some(parts)
}

/// Adds the neurons of one term.
fn read(minus: bool, term: &str, d: usize, neurons: &mut Neurons) -> Option<()> {
    let scope = scope(d);
    let mut factor = if minus { -1.0 } else { 1.0 };
    let mut form = None;
    for (sign, part) in parts(term, &['*', '/'])? {
        let expr = parse(part, &scope).ok()?;
        if let Some(number) = expr.as_number() {
            factor *= if sign == '/' { 1.0 / number } else { number };
        } else if form.is_some() || sign == '/' {
            return None;
        } else {
            form = Some(part);
        }
    }
    let form = form?;
    let (inner, is_on) = match form.strip_prefix("relu(").and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (form, false),
    };
    let b = linear(inner, d)?;
    if !is_on {
        neurons.a.push(-factor);
        neurons.b.extend(b.iter().map(|b| -b));
    }
    neurons.a.push(factor);
    neurons.b.extend(b);
    Some(())
}

/// w, if the text may be w·x: its values at the unit vectors.
fn linear(text: &str, d: usize) -> Option<Vec<f64>> {
    let expr = parse(text, &scope(d)).ok().filter(|expr| expr.shape() == Shape::Scalar)?;
    let x = expr.variables();
    let &[x] = x.as_slice() else { return None };
    let at = |k: usize| {
        let point: Vec<f64> = (0..d).map(|i| if i == k { 1.0 } else { 0.0 }).collect();
        expr.evaluate(&[(x, &point)])[0]
    };
    Some((0..d).map(at).collect())
}
