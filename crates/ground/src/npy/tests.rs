//! Files as numpy.save writes them, and files that are anything else.

use super::*;

/// A file such as numpy.save writes.
fn file(version: u8, descr: &str, fortran: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let header =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    let length = u32::try_from(header.len()).unwrap().to_le_bytes();
    bytes.extend(&length[..if version == 1 { 2 } else { 4 }]);
    bytes.extend(header.as_bytes());
    bytes.extend(numbers);
    bytes
}

#[test]
fn both_floats_both_orders_both_ends() {
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let bytes = |f: fn(f64) -> Vec<u8>| numbers.into_iter().flat_map(f).collect::<Vec<_>>();
    let due = Array { kind: Kind::Float, shape: vec![2, 3], numbers: numbers.to_vec() };
    #[allow(clippy::cast_possible_truncation, reason = "small whole numbers")]
    let all = [
        ("<f8", bytes(|v| v.to_le_bytes().to_vec())),
        (">f8", bytes(|v| v.to_be_bytes().to_vec())),
        ("<f4", bytes(|v| (v as f32).to_le_bytes().to_vec())),
        (">f4", bytes(|v| (v as f32).to_be_bytes().to_vec())),
    ];
    for (descr, numbers) in &all {
        for version in [1, 2, 3] {
            let found = read(&file(version, descr, "False", "(2, 3)", numbers));
            assert_eq!(found.unwrap(), due, "{descr}");
        }
    }
    let columns = read(&file(1, "<f8", "True", "(2, 3)", &all[0].1)).unwrap();
    assert_eq!(columns.numbers, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
}

#[test]
fn integers_and_truth_values() {
    let one = |descr: &str, bytes: &[u8]| read(&file(1, descr, "False", "()", bytes)).unwrap();
    for (descr, bytes) in [
        ("|i1", vec![0xfe]),
        ("<i2", vec![0xfe, 0xff]),
        (">i4", vec![0xff, 0xff, 0xff, 0xfe]),
        ("<i8", (-2_i64).to_le_bytes().to_vec()),
    ] {
        let found = one(descr, &bytes);
        assert_eq!((found.kind, found.numbers[0]), (Kind::Integer, -2.0), "{descr}");
    }
    assert_eq!(one("<u2", &[1, 1]).numbers, [257.0]);
    let truths = read(&file(1, "|b1", "False", "(3,)", &[0, 1, 1])).unwrap();
    assert_eq!((truths.kind, truths.numbers), (Kind::Bool, vec![0.0, 1.0, 1.0]));
}

#[test]
fn any_rank_in_either_order() {
    let numbers: Vec<f64> = (0..24).map(f64::from).collect();
    let back = read(&write(&[2, 3, 4], &numbers, Width::Double)).unwrap();
    assert_eq!((back.shape.as_slice(), &back.numbers), (&[2, 3, 4][..], &numbers));
    let bytes: Vec<u8> = numbers.iter().flat_map(|v| v.to_le_bytes()).collect();
    let turned = read(&file(1, "<f8", "True", "(2, 3, 4)", &bytes)).unwrap();
    // Element (i, j, k) stands at i + 2 j + 6 k.
    let due = |i: usize, j: usize, k: usize| (i + 2 * j + 6 * k) as f64;
    for (at, &v) in turned.numbers.iter().enumerate() {
        assert_eq!(v, due(at / 12, at / 4 % 3, at % 4));
    }
    assert!(read(&write(&[0, 3], &[], Width::Single)).unwrap().numbers.is_empty());
    assert_eq!(read(&write(&[2], &[7.0, -1.0], Width::Integer)).unwrap().numbers, [7.0, -1.0]);
    let header = write(&[2], &[7.0, -1.0], Width::Double);
    assert_eq!((header.len() - 16) % 64, 0);
}

#[test]
fn what_is_wrong_is_said() {
    let said = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    let sixteen = [0; 16];
    for (descr, shape, due) in [
        (
            "<c16",
            "(2,)",
            "this NumPy array is of type `<c16`. Floats of 4 or 8 bytes, whole numbers and truth values are read.",
        ),
        (
            "<f8",
            "(3,)",
            "this NumPy array of shape [3] has 16 bytes of numbers, not 24. The file is cut or damaged; copy it again.",
        ),
        (
            "<f8",
            "(-1, 2)",
            "the NumPy header {'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2), } is not understood. Write it with numpy.save, from an array of numbers.",
        ),
        (
            "<f8",
            "(18446744073709551615, 2)",
            "the NumPy header {'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551615, 2), } is not understood. Write it with numpy.save, from an array of numbers.",
        ),
    ] {
        assert_eq!(said(&file(1, descr, "False", shape, &sixteen)), due);
    }
    assert!(said(b"hello").starts_with("this is not a NumPy array, or it ends in its header."));
    let whole = file(1, "<f8", "False", "(2,)", &sixteen);
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "the first {end} bytes");
    }
}
