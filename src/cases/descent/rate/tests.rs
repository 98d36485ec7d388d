//! Rates from their keys, and what contradicts itself.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

/// A rate from TOML, as in a case file.
fn rate(keys: &str) -> Rate {
    let table: toml::Table = format!("rate = {keys}").parse().unwrap();
    table["rate"].clone().try_into().unwrap()
}

fn schedule(keys: &str) -> Schedule {
    rate(keys).schedule(1000).unwrap()
}

#[test]
fn keys_name_schedules() {
    assert_eq!(schedule("0.5"), Schedule::Constant(0.5));
    let (from, to) = (0.5, 0.25);
    assert_eq!(schedule("{ from = 0.5, to = 0.25 }"), Schedule::Cosine { from, to });
    let exponential = "from = 0.5, to = 0.25, law = \"exponential\"";
    assert_eq!(schedule(&format!("{{ {exponential} }}")), Schedule::Exponential { from, to });
    let stairs = |ratio| Schedule::Staircase { from, to, every: 100, ratio };
    assert_eq!(schedule(&format!("{{ {exponential}, every = 100 }}")), stairs(None));
    assert_eq!(
        schedule(&format!("{{ {exponential}, every = 100, ratio = 0.9 }}")),
        stairs(Some(0.9))
    );
    let plateau = "from = 0.5, to = 0.25, law = \"plateau\"";
    let falls = |fall, tail| Schedule::Plateau { from, to, fall, tail };
    assert_eq!(schedule(&format!("{{ {plateau} }}")), falls(100, schedule::Tail::Inverse));
    // The share is of the whole run, and no more than what a warm-up leaves.
    let after = |then| Schedule::WarmUp { steps: 600, share: 0.5, then: Box::new(then) };
    let long = "last = 0.3, tail = \"linear\", warm-up = 600, warm-up-from = 0.5";
    let linear = schedule::Tail::Linear;
    assert_eq!(schedule(&format!("{{ {plateau}, {long} }}")), after(falls(300, linear)));
    let longer = long.replace("0.3", "0.9");
    assert_eq!(schedule(&format!("{{ {plateau}, {longer} }}")), after(falls(400, linear)));
}

#[test]
fn what_is_not_given_is_not_written() {
    let text = toml::to_string(&Fall::cosine(1e-2, 1e-4)).unwrap();
    assert_eq!(text, "from = 0.01\nto = 0.0001\nlaw = \"cosine\"\n");
}

#[test]
fn contradictions_are_refused() {
    for (keys, sentence) in [
        (
            "from = 0.1, to = 0.2",
            ".to: 0.2 is above from = 0.1: the rate would rise. Write a number up to `from`; a rise at \
             the start is `warm-up`.",
        ),
        (
            "from = 0.1, to = 0.01, every = 10",
            ".every: this is for law = \"exponential\" only. Write law = \"exponential\" too, or remove \
             it.",
        ),
        (
            "from = 0.1, to = 0.01, law = \"exponential\", tail = \"linear\"",
            ".tail: this is for law = \"plateau\" only. Write law = \"plateau\" too, or remove it.",
        ),
        (
            "from = 0.1, to = 0.01, law = \"exponential\", ratio = 0.5",
            ".ratio: it is not known after how many iterations. Write `every` too, the iterations after \
             which the rate falls by it.",
        ),
        (
            "from = 0.1, to = 0.01, law = \"exponential\", every = 10, ratio = 1.5",
            ".ratio: a rate times 1.5 does not fall. Write a number above 0, up to 1.",
        ),
        (
            "from = 0.1, to = 0.01, law = \"exponential\", every = 5000",
            ".every: the rate would never fall: there are 1000 iterations of it. Write a number below \
             that, such as a hundredth.",
        ),
        (
            "from = 0.1, to = 0.01, law = \"plateau\", last = 1.5",
            ".last: 1.5 is no share of the run. Write a number above 0, up to 1.",
        ),
        (
            "from = 0.1, to = 0.01, warm-up = 1000",
            ".warm-up: 1000 iterations of warm-up are not fewer than the 1000 of the run. Write fewer, or \
             raise run.iterations.",
        ),
        (
            "from = 0.1, to = 0.01, warm-up-from = 0.5",
            ".warm-up-from: there is no rise. Write `warm-up` too, the iterations of the rise, or remove \
             it.",
        ),
    ] {
        let found = rate(&format!("{{ {keys} }}")).schedule(1000).unwrap_err().to_string();
        assert_eq!(found, format!("descent.rate{sentence}"), "{keys}");
    }
}
