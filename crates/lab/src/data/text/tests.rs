//! Text of every separator and header, and text that is no table.

use super::*;

fn usual(text: &str) -> Table {
    read(text.as_bytes(), None).unwrap()
}

fn said(text: &str, label: Option<&Label>) -> String {
    read(text.as_bytes(), label).unwrap_err().to_string()
}

const CELLS: &str = "Every cell is a finite number; the first line may name the columns, without a number among the names.";

#[test]
fn every_separator_and_end_of_line() {
    let due = usual("a,b,c\n1,2.5,0\n-3,4e1,1\n");
    assert_eq!(
        (&due.x[..], &due.names[..]),
        (&[1.0, 2.5, -3.0, 40.0][..], &["a".into(), "b".into()][..])
    );
    assert_eq!(due.labels.as_ref().unwrap().numbers, [0.0, 1.0]);
    for text in [
        "a;b;c\n1;2.5;0\n-3;4e1;1\n",
        "a\tb\tc\r\n1\t2.5\t0\r\n-3\t4e1\t1",
        "\u{feff}# a comment, with commas,\n\na,b,c\r1,2.5,0\r\r-3,4e1,1\r",
        "\"a\" , b,c\n 1,\"2.5\",0\n+-3,4e1,1\n".replace("+-", "-").as_str(),
        "a,b,c\n1,2.5,0\n-3,4e1,1\n   \n",
    ] {
        assert_eq!(usual(text), due, "{text:?}");
    }
    let bare = usual("1,2.5,0\n-3,4e1,1\n");
    assert_eq!(bare, Table { names: Vec::new(), ..due });
}

#[test]
fn every_place_of_the_labels() {
    let text = "y,a,b\n7,1,2\n8,3,4\n";
    for label in [Label::Column(1), Label::Named("y".into())] {
        let table = read(text.as_bytes(), Some(&label)).unwrap();
        assert_eq!(
            (&table.x[..], table.names.join(" ")),
            (&[1.0, 2.0, 3.0, 4.0][..], "a b".into())
        );
        assert_eq!(table.labels.unwrap().numbers, [7.0, 8.0]);
    }
    let last = read(text.as_bytes(), Some(&Label::Last)).unwrap();
    assert_eq!(last, usual(text));
    assert_eq!(last.labels.unwrap().numbers, [2.0, 4.0]);
    let all = read(text.as_bytes(), Some(&Label::Absent)).unwrap();
    assert_eq!((all.d(), all.labels), (3, None));
    let column = usual("5\n6\n7\n");
    assert_eq!((column.d(), &column.x[..], column.labels), (1, &[5.0, 6.0, 7.0][..], None));
}

#[test]
fn labels_in_words() {
    let table = usual("5.1,3.5,setosa\n7.0,3.2,virginica\n6.3,3.3,setosa\n6.0,2.0,1\n");
    let labels = table.labels.unwrap();
    assert_eq!(labels.words, ["1", "setosa", "virginica"]);
    assert_eq!(labels.numbers, [1.0, 2.0, 1.0, 0.0]);
}

#[test]
fn the_header_of_scikit_learn() {
    let table = usual("2,3,malignant,benign\n1,2,3,0\n4,5,6,1\n");
    assert_eq!((table.n(), table.d()), (2, 3));
    let labels = table.labels.unwrap();
    assert_eq!(
        (labels.words.join(" "), &labels.numbers[..]),
        ("malignant benign".into(), &[0.0, 1.0][..])
    );
    assert_eq!(
        said("569,3,malignant,benign\n1,2,3,0\n4,5,6,1\n", None),
        "the first line says 569 rows of 3 numbers and a label, the file has 2. The file is cut; copy it again."
    );
    assert_eq!(
        said("2,3,malignant,benign\n1,2,3,0\n4,5,6,2\n", None),
        "row 2 has the label 2. The first line has words for 0 to 1."
    );
    // Rows of two whole numbers and a word are rows.
    assert_eq!(usual("5,2,a\n4,3,b\n").n(), 2);
}

#[test]
fn cells_that_are_no_numbers() {
    assert_eq!(
        said("a,b,y\n1,2,0\n3,x4,1\n", None),
        format!("line 3, column 2 (b): `x4` is not a number. {CELLS}")
    );
    assert_eq!(
        said("a,b,y\n\n# left out\r\n1,2,0\n\r\n3,,1\n", None),
        format!("line 6, column 2 (b): the cell is empty. {CELLS}")
    );
    assert_eq!(
        said("1,2,0\n3,nan,1\n", None),
        format!("line 2, column 2: `nan` is not finite. {CELLS}")
    );
    assert_eq!(
        said("1,2,0\n-inf,4,1\n", None),
        format!("line 2, column 1: `-inf` is not finite. {CELLS}")
    );
    assert_eq!(said("1,b,0\n", None), format!("line 1, column 2: `b` is not a number. {CELLS}"));
    assert_eq!(
        said("1,2,0\n3,4,one\n", None),
        "line 2, column 3: `one` is not a number. Labels are all numbers or all words, as the first one is."
    );
    assert_eq!(
        said("1,2,a\n3,4,\n", None),
        "line 2, column 3: the cell is empty. Labels are all numbers or all words, as the first one is."
    );
    assert_eq!(
        said("1,5;2;0\n2,5;1;1\n", None),
        "line 1, column 1: `1,5` is not a number. Decimals follow a point, not a comma."
    );
    let latin = [&b"1,2,0\n3,gr\xf6\xdfe,1\n"[..]].concat();
    assert_eq!(
        read(&latin, None).unwrap_err().to_string(),
        format!("line 2, column 2: `gr\u{fffd}\u{fffd}e` is not text in UTF-8. {CELLS}")
    );
    let open = format!("1,2,0\n3,\"{}\n", "4,1\n".repeat(100));
    assert_eq!(said(&open, None), "line 2 has 2 cells. The rows before it have 3 cells.");
}

#[test]
fn rows_that_do_not_fit() {
    assert_eq!(
        said("a,b,y\n1,2,0\n3,4\n", None),
        "line 3 has 2 cells. The rows before it have 3 cells."
    );
    assert_eq!(
        said("1,2,0\r\n3,4,1\r\n5\r\n", None),
        "line 3 has 1 cell. The rows before it have 3 cells."
    );
    assert_eq!(said("a,b\n1,2,0\n", None), "the first line names 2 columns. Line 2 has 3 cells.");
    for text in ["", "# nothing\n", "a,b,c\n"] {
        assert_eq!(
            said(text, None),
            "the text has no rows of numbers. A row has a number a column and a label, separated by commas, semicolons or tabs."
        );
    }
}

#[test]
fn labels_that_are_not_there() {
    let named = |text, name: &str| said(text, Some(&Label::Named(name.into())));
    let text = "alcohol,ash,quality\n1,2,0\n";
    assert_eq!(
        named(text, "qualty"),
        "label: there is no column `qualty`; did you mean `quality`? The columns are alcohol, ash, quality."
    );
    assert_eq!(
        named(text, "y"),
        "label: there is no column `y`. The columns are alcohol, ash, quality."
    );
    assert_eq!(
        named("1,2,0\n", "y"),
        "label: there is no column `y`. The first line has numbers and names no columns; give the column's number."
    );
    assert_eq!(
        named("a,b,a\n1,2,0\n", "a"),
        "label: columns 1 and 3 are both called `a`. Give the column's number."
    );
    for k in [0, 4] {
        assert_eq!(
            said(text, Some(&Label::Column(k))),
            format!("label: there is no column {k}. There are 3 columns, counted from 1.")
        );
    }
    assert_eq!(
        said("1\n2\n", Some(&Label::Last)),
        "label: the file has one column, and no points beside it. A file of labels alone is read without labels and put beside the points."
    );
}
