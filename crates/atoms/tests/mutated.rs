//! No bytes make the readers of models panic, hang or take memory that the file does not account for.
//!
//! Files of a small model with bits flipped, cut, with pieces doubled, moved or overwritten: thousands,
//! the same on every run. `fuzz/fuzz_targets/model.rs` goes on from there.
#![allow(clippy::format_collect, clippy::unwrap_used, reason = "a test may fail")]

mod small;

use atoms::interchange::{read, write};
use ground::stream::Stream;

/// Changed files of each format.
const MANY: u64 = 3000;

/// A file with a change that the number k names.
fn mutated(bytes: &[u8], stream: &Stream, k: u64) -> Vec<u8> {
    let mut draws = 0;
    let mut below = |n: usize| {
        draws += 1;
        let u = stream.uniform(k, 0, draws);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below n")]
        let drawn = (u * n as f64) as usize;
        drawn.min(n - 1)
    };
    let mut changed = bytes.to_vec();
    let length = changed.len();
    match k % 5 {
        0 => {
            for _ in 0..=below(8) {
                changed[below(length)] ^= 1 << below(8);
            }
        }
        1 => changed.truncate(below(length)),
        2 => {
            let (from, size, to) = (below(length), below(200), below(length));
            let piece = bytes[from..(from + size).min(length)].to_vec();
            changed.splice(to..to, piece);
        }
        3 => {
            let (from, size) = (below(length), below(200));
            changed.drain(from..(from + size).min(length));
        }
        _ => {
            let (at, size) = (below(length), 1 + below(8));
            let byte = [0, 0xff, 0x7f, 0x80][below(4)];
            changed[at..(at + size).min(length)].fill(byte);
        }
    }
    changed
}

#[test]
fn no_bytes_make_the_readers_panic() {
    for name in ["model.dp", "model.yaml"] {
        let bytes = write(name, &small::potential()).unwrap();
        assert!(read(name, &bytes, None).is_ok(), "{name}");
        let stream = Stream::new(3).child(name);
        let readable =
            (0..MANY).filter(|&k| read(name, &mutated(&bytes, &stream, k), None).is_ok());
        // Changes of a weight are read, most others are not.
        let readable = readable.count();
        println!("{name}: {readable} of {MANY} can still be read");
        assert!(readable > 0 && readable < 2700, "{name}: {readable}");
    }
}

/// The head of an HDF5 file decides what the rest means: every bit of it, one by one.
#[test]
fn no_bit_of_the_head_makes_the_reader_panic() {
    let bytes = write("model.dp", &small::potential()).unwrap();
    for bit in 0..8 * 1024 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let _read = read("model.dp", &changed, None);
    }
}

#[test]
fn deep_yaml_is_refused() {
    for text in ["[", "- ", "{a: ", "? "] {
        assert!(read("a.yaml", text.repeat(100_000).as_bytes(), None).is_err());
    }
    let line = |k: usize| format!("a{k}: &a{k} [*a{0}, *a{0}]\n", k - 1);
    let bomb = (1..30).map(line).collect::<Vec<_>>().concat();
    assert!(read("a.yaml", format!("a0: &a0 [1]\n{bomb}").as_bytes(), None).is_err());
}
