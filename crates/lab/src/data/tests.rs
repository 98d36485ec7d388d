//! All formats through one door: packed or not, cut at every byte, and bytes at random.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use ground::npy::{Width, write};
use proptest::prelude::*;
use zip::CompressionMethod;

use super::idx::tests::file;
use super::numpy::tests::archive;
use super::*;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn usual(bytes: &[u8]) -> Result<Table> {
    read("file", bytes, &Options::default())
}

/// A file of each format in which every byte counts.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let x: (_, &[usize], &[f64]) = ("x", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let y: (_, &[usize], &[f64]) = ("y", &[2], &[0.0, 1.0]);
    vec![
        ("idx", file(0x0b, &[2, 2, 2], &[1; 16])),
        ("idx of bytes", file(8, &[2, 2, 2], &[1; 8])),
        ("npy", write(&[2, 2], x.2, Width::Double)),
        ("npz", archive(CompressionMethod::Stored, &[x, y])),
        ("npz deflated", archive(CompressionMethod::Deflated, &[x, y])),
        ("csv packed", packed(b"a,b,c\n1,2,0\n3,4,1\n")),
        ("idx packed", packed(&file(8, &[2, 2, 2], &[1; 8]))),
        ("cifar", vec![3; cifar::RECORD]),
    ]
}

#[test]
fn images_and_labels_are_two_files() {
    let images: Vec<u8> = (0..24).collect();
    let images = usual(&packed(&file(8, &[2, 3, 4], &images))).unwrap();
    assert_eq!((images.n(), images.d(), &images.shape[..]), (2, 12, &[3, 4][..]));
    let labels = usual(&file(8, &[2], &[7, 2])).unwrap();
    let both = images.clone().with_labels(labels.clone()).unwrap();
    assert_eq!(both.labels.unwrap().numbers, [7.0, 2.0]);
    let three = usual(&file(8, &[3], &[7, 2, 1])).unwrap();
    assert_eq!(
        images.clone().with_labels(three).unwrap_err().to_string(),
        "there are 2 points and 3 labels. Each point has one label, in the same order."
    );
    let own = usual(b"1,2\n3,4\n").unwrap();
    assert_eq!(
        images.with_labels(own).unwrap_err().to_string(),
        "the file of the labels has labels and points of its own. It has one row of numbers a point and nothing else."
    );
    assert_eq!(labels.d(), 1);
}

#[test]
fn images_column_by_column() {
    let options = Options { transposed: true, ..Options::default() };
    let bytes: Vec<u8> = (0..12).collect();
    let turned = read("emnist", &file(8, &[2, 2, 3], &bytes), &options).unwrap();
    assert_eq!(turned.shape, [3, 2]);
    assert_eq!(turned.point(0), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert_eq!(turned.point(1), [6.0, 9.0, 7.0, 10.0, 8.0, 11.0]);
    assert_eq!(read("emnist", &file(8, &[3], &[1, 2, 3]), &options).unwrap().x, [1.0, 2.0, 3.0]);
    assert_eq!(
        read("emnist", &file(8, &[3, 2], &[0; 6]), &options).unwrap_err().to_string(),
        "emnist: transposed: a point of 2 is no image. Only images of rows and columns are transposed."
    );
}

#[test]
fn errors_name_the_file_and_the_limit_is_kept() {
    let bytes = packed(&[0; 5000]);
    let options = Options { unpacked: 4999, ..Options::default() };
    assert_eq!(
        read("zeros.gz", &bytes, &options).unwrap_err().to_string(),
        "zeros.gz: the gzip file unpacks to more than 4 999 bytes. Raise the limit if the file is meant."
    );
    let options = Options { format: Some(Format::Idx), ..Options::default() };
    assert_eq!(
        read("t.csv", b"1,2,3", &options).unwrap_err().to_string(),
        "t.csv: the file begins with 31 2c 32 2c. An IDX file begins with 00 00."
    );
    assert!(
        usual(b"\x93NUMPY\x01\x00v\x00{'descr': '<c16', ")
            .unwrap_err()
            .to_string()
            .starts_with("file: this is not a NumPy array, or it ends in its header.")
    );
    let inside = usual(&packed(&packed(b"1,2"))).unwrap_err().to_string();
    assert!(inside.ends_with("each also packed by gzip."), "{inside}");
    assert!(inside.contains(": gzip inside gzip. Known are IDX"), "{inside}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for (name, bytes) in files() {
        assert!(usual(&bytes).is_ok(), "{name}");
        for end in 0..bytes.len() {
            let found = usual(&bytes[..end]);
            assert!(found.is_err(), "{name} cut at {end} of {}", bytes.len());
        }
    }
}

#[test]
fn a_text_cut_anywhere_is_a_table_or_an_error() {
    let text = "\u{feff}größe;b;\"c\"\r\n# left out\r\n1;2.5e-3;\"zwölf\"\r\n\r\n3;4;b";
    assert_eq!(usual(text.as_bytes()).unwrap().n(), 2);
    for end in 0..text.len() {
        usual(&text.as_bytes()[..end]).ok();
    }
}

const FORMATS: [Option<Format>; 6] = [
    None,
    Some(Format::Idx),
    Some(Format::Cifar10),
    Some(Format::Csv),
    Some(Format::Npy),
    Some(Format::Npz),
];

fn labels() -> impl Strategy<Value = Option<Label>> {
    prop_oneof![
        Just(None),
        Just(Some(Label::Absent)),
        Just(Some(Label::Last)),
        (0_usize..4).prop_map(|k| Some(Label::Column(k))),
        Just(Some(Label::Named("c".into()))),
    ]
}

/// Reads in every format; what is a table has as many labels as points.
fn try_all(bytes: &[u8], label: Option<&Label>, transposed: bool) {
    for format in FORMATS {
        let unpacked = 1 << 16;
        let options =
            Options { format, transposed, unpacked, label: label.cloned(), ..Options::default() };
        if let Ok(table) = read("random", bytes, &options) {
            assert_eq!(table.x.len(), table.n() * table.d());
            assert!(table.n() > 0 && table.x.iter().all(|v| v.is_finite()));
            if let Some(labels) = &table.labels {
                assert_eq!(labels.numbers.len(), table.n() * labels.outputs);
            }
        }
    }
}

proptest! {
    #[test]
    fn bytes_at_random_never_panic(
        begin in prop::sample::select(vec![
            &b""[..], b"\x1f\x8b\x08\x00", b"\x00\x00\x08\x02", b"\x93NUMPY\x01\x00", b"PK\x03\x04",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        label in labels(),
        transposed: bool,
    ) {
        try_all(&[begin, &bytes].concat(), label.as_ref(), transposed);
    }

    #[test]
    fn text_at_random_never_panics(
        text in "([0-9.,;\t\r\n\"#a-c \\-]|1,2\n|a,b,c\n|é){0,60}",
        label in labels(),
    ) {
        try_all(text.as_bytes(), label.as_ref(), false);
    }

    #[test]
    fn damaged_files_never_panic(
        which in 0_usize..7,
        at: prop::sample::Index,
        to: u8,
        label in labels(),
    ) {
        let mut bytes = files().swap_remove(which).1;
        let k = at.index(bytes.len());
        bytes[k] = to;
        try_all(&bytes, label.as_ref(), true);
    }
}
