//! Files as those of MNIST are, of every type and rank, and files that are not.

use super::*;

/// A file of this type and these lengths.
pub(crate) fn file(code: u8, lengths: &[u32], numbers: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, u8::try_from(lengths.len()).unwrap()];
    bytes.extend(lengths.iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend(numbers);
    bytes
}

#[test]
fn every_type_at_every_rank() {
    let numbers: [f64; 6] = [0.0, 1.0, -2.0, 100.0, 127.0, -128.0];
    #[allow(clippy::cast_possible_truncation, reason = "small whole numbers")]
    let all: [(u8, Vec<u8>); 5] = [
        (0x09, numbers.iter().flat_map(|&v| (v as i8).to_be_bytes()).collect()),
        (0x0b, numbers.iter().flat_map(|&v| (v as i16).to_be_bytes()).collect()),
        (0x0c, numbers.iter().flat_map(|&v| (v as i32).to_be_bytes()).collect()),
        (0x0d, numbers.iter().flat_map(|&v| (v as f32).to_be_bytes()).collect()),
        (0x0e, numbers.iter().flat_map(|&v| v.to_be_bytes()).collect()),
    ];
    for (code, bytes) in all {
        for lengths in [&[6][..], &[2, 3], &[3, 1, 2], &[2, 1, 3, 1]] {
            let table = read(&file(code, lengths, &bytes), None).unwrap();
            assert_eq!(table.x, numbers, "{code} {lengths:?}");
            assert_eq!(table.n(), lengths[0] as usize);
            let shape: Vec<usize> = lengths[1..].iter().map(|&n| n as usize).collect();
            assert_eq!(table.shape, shape);
        }
    }
    let bytes = read(&file(0x08, &[1, 3], &[0, 128, 255]), None).unwrap();
    assert_eq!(bytes.x, [0.0, 128.0, 255.0]);
    // −2.5 and 1e-3 as C writes them, and 300 = 0x012c.
    let single = read(&file(0x0d, &[1], &[0xc0, 0x20, 0, 0]), None).unwrap();
    assert_eq!(single.x, [-2.5]);
    let double = [0x3f, 0x50, 0x62, 0x4d, 0xd2, 0xf1, 0xa9, 0xfc];
    assert_eq!(read(&file(0x0e, &[1], &double), None).unwrap().x, [0.001]);
    assert_eq!(read(&file(0x0b, &[1], &[1, 0x2c]), None).unwrap().x, [300.0]);
}

#[test]
fn what_is_wrong_is_said() {
    let said = |bytes: &[u8]| read(bytes, None).unwrap_err().to_string();
    let cut = "The file is cut; copy it again.";
    assert_eq!(
        said(&[0, 0, 8]),
        format!("the IDX header has 4 bytes and lengths, the file has 3. {cut}")
    );
    assert_eq!(
        said(&file(8, &[2, 2, 2], &[])[..9]),
        format!("the IDX header of rank 3 has 16 bytes, the file has 9. {cut}")
    );
    assert_eq!(
        said(&[1, 0, 8, 1]),
        "the file begins with 01 00 08 01. An IDX file begins with 00 00."
    );
    assert_eq!(
        said(&file(0x0a, &[1], &[1])),
        "the IDX type at byte 2 is 0a. Types are 08 (u8), 09 (i8), 0b (i16), 0c (i32), 0d (f32) and 0e (f64)."
    );
    assert_eq!(said(&file(8, &[1; 5], &[1])), "the IDX rank at byte 3 is 5. Ranks are 1 to 4.");
    assert_eq!(said(&file(8, &[], &[1])), "the IDX rank at byte 3 is 0. Ranks are 1 to 4.");
    assert_eq!(
        said(&file(0x0e, &[u32::MAX, u32::MAX, 2], &[1])),
        "the IDX header says 4294967295×4294967295×2, more than can be counted. Lengths are big-endian, from byte 4 on; the file is damaged or no IDX file."
    );
    assert_eq!(
        said(&file(8, &[0, 28, 28], &[])),
        "there are no numbers: 0×28×28. A table has one point or more."
    );
    assert_eq!(
        said(&file(0x0d, &[2, 2], &f32::NAN.to_be_bytes().repeat(4))),
        "number 1 of point 1 is NaN. Numbers are finite; points and numbers are counted from 1."
    );
    assert_eq!(
        read(&file(8, &[1], &[1]), Some(&Label::Last)).unwrap_err().to_string(),
        "label: an IDX file has no columns to choose from. Its labels are a second IDX file."
    );
}

#[test]
fn lengths_that_do_not_fit() {
    let said = |bytes: &[u8]| read(bytes, None).unwrap_err().to_string();
    let mut mnist = file(8, &[60_000, 28, 28], &[]);
    mnist.resize(47_039_000, 0);
    assert_eq!(
        said(&mnist),
        "the IDX header says 60000×28×28 = 47 040 016 bytes, the file has 47 039 000 (header included). The file is cut at byte 47 039 000; copy it again."
    );
    assert_eq!(
        said(&file(0x0c, &[2, 3], &[0; 27])),
        "the IDX header says 2×3 numbers of 4 bytes = 36 bytes, the file has 39 (header included). 3 bytes are too many, from byte 36 on."
    );
}
