//! The number of threads changes the time and not one bit.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

mod door;

use door::{code, object, run, small, stderr};
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn one_two_and_three_threads_give_the_same_bits() {
    let here = tempdir().unwrap();
    let solved = |threads: &str| {
        let output = run(here.path(), &small(&["--json", "--threads", threads, "--out", threads]));
        assert!(code(&output) <= 1, "{}", stderr(&output));
        let mut object = object(&output);
        for clock in ["seconds", "ms_per_iteration", "peak_rss_mb"] {
            object.as_object_mut().unwrap().remove(clock);
        }
        let params = here.path().join(threads).join("params.safetensors");
        (std::fs::read(params).unwrap(), object)
    };
    let one: (Vec<u8>, Value) = solved("1");
    assert_eq!(one, solved("2"));
    assert_eq!(one, solved("3"));
}
