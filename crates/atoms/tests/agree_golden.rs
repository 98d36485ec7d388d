//! Models of DeePMD-kit give its numbers: on the tape, and by the plan without and with a table.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod golden;

use atoms::form::on_tape;
use atoms::plan::{Embeddings, Plan};
use ground::kernel::lane::levels;

#[test]
fn agree_on_tape() {
    if golden::folder().is_none() {
        return;
    }
    for (file, numbers, rules, within) in golden::CASES {
        let model = golden::model(file, rules);
        let golden = golden::numbers(numbers);
        for (snapshot, right) in golden.snapshots.iter().zip(&golden.right) {
            let off = golden::off(&on_tape::evaluate(&model.potential, snapshot), right);
            assert!(off <= within, "{file}, {numbers}: {off:e}");
            // The tape is slow: one frame of water is enough.
            if snapshot.len() > 100 {
                break;
            }
        }
    }
}

#[test]
fn agree_in_the_plan() {
    if golden::folder().is_none() {
        return;
    }
    for (file, numbers, rules, within) in golden::CASES {
        let model = golden::model(file, rules);
        let golden = golden::numbers(numbers);
        for level in levels() {
            for embeddings in [Embeddings::Networks, Embeddings::Tabulated] {
                let plan = Plan::<f64>::at_level(&model.potential, embeddings, level);
                for (snapshot, right) in golden.snapshots.iter().zip(&golden.right) {
                    let (found, noted) = plan.evaluate(snapshot, true).unwrap();
                    let off = golden::off(&found, right);
                    assert!(off <= within, "{file}, {numbers}, {embeddings:?}: {off:e}");
                    assert_eq!((noted.crowded, noted.close.len()), (0, 0), "{file}");
                }
            }
        }
        let plan = Plan::<f32>::new(&model.potential, Embeddings::Tabulated);
        for (snapshot, right) in golden.snapshots.iter().zip(&golden.right) {
            let (found, _) = plan.evaluate(snapshot, true).unwrap();
            let off = golden::off(&found, right);
            // The energy of 192 atoms has eight digits before the point.
            assert!(off <= 1e-7 * snapshot.len().max(100) as f64, "{file}: {off:e} in f32");
        }
    }
}
