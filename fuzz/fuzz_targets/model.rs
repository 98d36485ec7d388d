//! No bytes make the readers of models panic; what they read is written as bytes that read back.
//!
//! `cargo fuzz run -s none model`
#![no_main]

use atoms::interchange::{read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["model.dp", "model.yaml"] {
        if let Ok(found) = read(name, bytes, None) {
            // A form that no back end has is refused by the writer.
            let Ok(written) = write(name, &found.potential) else { continue };
            let again = read(name, &written, Some(found.rules)).unwrap().potential;
            assert_eq!(again.theta.flat(), found.potential.theta.flat());
        }
    }
});
