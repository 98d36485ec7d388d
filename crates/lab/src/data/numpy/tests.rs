//! Files as numpy.save and numpy.savez write them, and files that are anything else.

use std::io::Write as _;

use ground::npy::{Width, write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

/// An array of four numbers or fewer beside its name and shape.
pub(crate) type Entry<'a> = (&'a str, &'a [usize], &'a [f64]);

/// An archive as numpy.savez or numpy.savez_compressed writes it.
pub(crate) fn archive(method: CompressionMethod, arrays: &[Entry<'_>]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, shape, numbers) in arrays {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(&write(shape, numbers, Width::Double)).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An array as numpy.save writes it.
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
fn every_type_version_and_order() {
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let bytes = |f: fn(f64) -> Vec<u8>| numbers.into_iter().flat_map(f).collect::<Vec<_>>();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
    let all = [
        ("<f8", bytes(|v| v.to_le_bytes().to_vec())),
        (">f8", bytes(|v| v.to_be_bytes().to_vec())),
        ("<f4", bytes(|v| (v as f32).to_le_bytes().to_vec())),
        ("|u1", bytes(|v| vec![v as u8])),
        ("<i2", bytes(|v| (v as i16).to_le_bytes().to_vec())),
        ("<i4", bytes(|v| (v as i32).to_le_bytes().to_vec())),
        ("<i8", bytes(|v| (v as i64).to_le_bytes().to_vec())),
    ];
    for (descr, data) in &all {
        for version in [1, 2, 3] {
            let found = read(&file(version, descr, "False", "(3, 2)", data), None).unwrap();
            assert_eq!((found.n(), &found.x[..]), (3, &numbers[..]), "{descr}");
            let found = read(&file(version, descr, "True", "(3, 2)", data), None).unwrap();
            assert_eq!(found.x, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0], "{descr}");
        }
    }
    let images = read(&write(&[1, 2, 3], &numbers, Width::Double), None).unwrap();
    assert_eq!((images.n(), &images.shape[..]), (1, &[2, 3][..]));
}

#[test]
fn a_column_of_labels() {
    let bytes = write(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Width::Double);
    for (label, x, y) in [
        (Label::Last, [1.0, 2.0, 4.0, 5.0], [3.0, 6.0]),
        (Label::Column(1), [2.0, 3.0, 5.0, 6.0], [1.0, 4.0]),
        (Label::Column(2), [1.0, 3.0, 4.0, 6.0], [2.0, 5.0]),
    ] {
        let table = read(&bytes, Some(&label)).unwrap();
        assert_eq!((&table.x[..], &table.shape[..]), (&x[..], &[2][..]));
        assert_eq!(table.labels.unwrap().numbers, y);
    }
    let said = |shape: &[usize], label| {
        read(&write(shape, &[0.0; 6], Width::Double), Some(&label)).unwrap_err().to_string()
    };
    assert_eq!(
        said(&[2, 3], Label::Column(4)),
        "label: there is no column 4. There are 3 columns, counted from 1."
    );
    assert_eq!(
        said(&[6], Label::Last),
        "label: an array of shape [6] has no column to spare. Labels and points in one array are a matrix of two columns or more."
    );
    assert_eq!(
        said(&[2, 3], Label::Named("class".into())),
        "label: a NumPy array has no column `class`. Its columns have numbers from 1 on; arrays with names are in NPZ files."
    );
}

const X: Entry<'_> = ("x", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);

#[test]
fn several_arrays_by_name() {
    let one = ("y", &[2][..], &[0.0, 1.0][..]);
    let two = ("targets", &[2, 2][..], &[0.5, 1.0, 1.5, 2.0][..]);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let bytes = archive(method, &[one, X, two]);
        let table = read_several(&bytes, &Options::default()).unwrap();
        assert_eq!(table.x, X.2);
        assert_eq!(table.labels.unwrap().numbers, one.2);
        let label = Some(Label::Named("targets".into()));
        let labels =
            read_several(&bytes, &Options { label, ..Options::default() }).unwrap().labels.unwrap();
        assert_eq!((labels.outputs, &labels.numbers[..]), (2, two.2));
        let options = Options { label: Some(Label::Absent), x: "y".into(), ..Options::default() };
        let alone = read_several(&bytes, &options).unwrap();
        assert_eq!((alone.d(), &alone.x[..], alone.labels), (1, one.2, None));
    }
}

#[test]
fn what_is_wrong_is_said() {
    let said = |arrays: &[Entry<'_>], options: &Options| {
        let bytes = archive(CompressionMethod::Deflated, arrays);
        read_several(&bytes, options).unwrap_err().to_string()
    };
    let usual = Options::default();
    let y = ("labels", &[2][..], &[0.0, 1.0][..]);
    assert_eq!(said(&[X, y], &usual), "there is no array `y`. The file has x, labels.");
    let label = Some(Label::Named("lables".into()));
    assert_eq!(
        said(&[X, y], &Options { label, ..usual.clone() }),
        "there is no array `lables`; did you mean `labels`? The file has x, labels."
    );
    assert_eq!(said(&[], &usual), "there is no array `x`. The file is empty.");
    let label = Some(Label::Last);
    assert_eq!(
        said(&[X, y], &Options { label, ..usual.clone() }),
        "label: the arrays of an NPZ file have names, not numbers. Name the array of the labels."
    );
    let three = ("y", &[3][..], &[0.0; 3][..]);
    assert_eq!(
        said(&[X, three], &usual),
        "there are 2 points and 3 labels. Each point has one label, in the same order."
    );
    let number = ("y", &[][..], &[1.0][..]);
    assert_eq!(
        said(&[X, number], &usual),
        "y: this array is one number. The first index of an array counts the points."
    );
    let nan = ("x", &[1, 2][..], &[0.0, f64::NEG_INFINITY][..]);
    assert_eq!(
        said(&[nan], &usual),
        "x: number 2 of point 1 is -inf. Numbers are finite; points and numbers are counted from 1."
    );
    assert_eq!(
        said(&[X], &Options { unpacked: 100, ..usual.clone() }),
        "x: the array unpacks to more than 100 bytes. Raise the limit if the file is meant."
    );
    let cut = &archive(CompressionMethod::Stored, &[X])[..60];
    let said = read_several(cut, &usual).unwrap_err().to_string();
    assert!(said.starts_with("this is no NPZ file, or it is cut or damaged ("), "{said}");
    assert!(said.ends_with(&format!("{ALLOWED}.")), "{said}");
}
