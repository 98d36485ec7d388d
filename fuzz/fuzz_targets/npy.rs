//! No bytes make the reader of NumPy arrays panic; what it reads is written as bytes that read back.
//!
//! `cargo fuzz run -s none npy`
#![no_main]

use ground::npy::{Kind, Width, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(array) = read(bytes) {
        assert_eq!(array.shape.iter().product::<usize>(), array.numbers.len());
        let again = read(&write(&array.shape, &array.numbers, Width::Double)).unwrap();
        assert_eq!((again.kind, &again.shape), (Kind::Float, &array.shape));
        let bits = |numbers: &[f64]| numbers.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&again.numbers), bits(&array.numbers));
    }
});
