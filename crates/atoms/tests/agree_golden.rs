//! Models of DeePMD-kit give its numbers: on the tape, and by the plan without and with a table.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod golden;

use atoms::form::on_tape;

#[test]
fn agree_on_tape() {
    if golden::folder().is_none() {
        return;
    }
    for (file, numbers, rules, within) in golden::CASES {
        let model = golden::model(file, rules);
        let golden = golden::numbers(numbers);
        for (snapshot, right) in golden.snapshots.iter().zip(&golden.right) {
            // The tape is slow: one frame of water is enough.
            let found = on_tape::evaluate(&model.potential, snapshot);
            let off = golden::off(&found, right);
            println!("{file} {numbers}: {off:.1e}");
            assert!(off <= within, "{file}, {numbers}: {off:e}");
            if snapshot.len() > 100 {
                break;
            }
        }
    }
}
