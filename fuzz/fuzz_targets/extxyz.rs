//! No bytes make the reader of extended XYZ panic; frames that it reads hold together and can be written.
//!
//! `cargo fuzz run -s none extxyz`
#![no_main]

use atoms::format::{Format, Options, Precision, Source, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = Options { keep_unconverged: true, keep_force_field: true };
    if let Ok(found) = read(Format::ExtXyz, "fuzz", Source::File(bytes), options) {
        found.frames.check().unwrap();
        if !found.frames.is_empty() {
            write(&found.frames, Format::DeepmdNpy, Precision::Double).unwrap();
        }
    }
});
