//! Small files: what is read, and the sentence about what is not.

use super::*;

/// A table of keys, without `file`.
fn asked(keys: &str) -> Table {
    toml::from_str(keys).unwrap()
}

fn read(text: &str, keys: &str) -> Result<Vec<f64>> {
    column(text.as_bytes(), "p.csv", &Asked::of(&asked(keys))?)
}

#[track_caller]
fn reads(text: &str, keys: &str, due: &[f64]) {
    match read(text, keys) {
        Ok(found) => assert_eq!(found, due, "{text}"),
        Err(error) => panic!("{text}: {error}"),
    }
}

#[track_caller]
fn refuses(text: &str, keys: &str, due: &str) {
    let said = read(text, keys).unwrap_err().to_string();
    assert_eq!(said, due, "{text}");
}

/// Lines of a date and a number.
fn dated(dates: &[&str]) -> String {
    let line = |(k, date): (usize, &&str)| format!("{date},{k}.5\n");
    "date,price\n".to_owned() + &dates.iter().enumerate().map(line).collect::<String>()
}

#[track_caller]
fn regular(dates: &[&str]) {
    let due: Vec<f64> = (0..dates.len()).map(|k| k as f64 + 0.5).collect();
    reads(&dated(dates), "", &due);
}

const CASE: &str = "[case]\nversion = 1\n[model]\nkind = \"formulas\"\n[model.series.spot]\n\
                    file = \"p.csv\"\ncolumn = \"price\"\nlog = true\n[model.series.given]\n\
                    values = [1.0]\n";

#[test]
fn numbers_stand_where_the_name_stood() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("p.csv"), "date,price\n2024-01-01,1.5\n2024-01-02,2\n")
        .unwrap();
    let path = here.path().join("case.toml").display().to_string();
    let case = Case::parse("case", &path, CASE).unwrap();
    let found = embedded(&case, Cow::Borrowed(&case.sections)).unwrap();
    let series = found["model"]["series"].as_table().unwrap();
    let spot: Table = toml::from_str("log = true\nvalues = [1.5, 2.0]").unwrap();
    assert_eq!(series["spot"].as_table(), Some(&spot));
    assert_eq!(series["given"]["values"].as_array().unwrap().len(), 1);
    let quick = CASE.to_owned() + "[quick]\nmodel.series.spot.column = 2\n";
    let mut quick = Case::parse("case", &path, &quick).unwrap();
    quick.quicken().unwrap();
    let quick = embedded(&quick, Cow::Borrowed(&quick.sections)).unwrap();
    assert_eq!(quick["model"], found["model"]);
    let again = Case::of_sections("case", "elsewhere.toml", found.into_owned(), Vec::new());
    let kept = embedded(&again, Cow::Borrowed(&again.sections)).unwrap();
    assert!(matches!(kept, Cow::Borrowed(_)));
}

#[test]
fn errors_name_the_key_and_the_line_of_the_case() {
    let case = Case::parse("case", "far/case.toml", CASE).unwrap();
    let error = embedded(&case, Cow::Borrowed(&case.sections)).unwrap_err();
    assert_eq!(
        case.locate(error).to_string(),
        "far/case.toml:6: model.series.spot.file: there is no file `p.csv`. Give a CSV or .npy file; its \
         path begins at the folder of the case file."
    );
}

#[test]
fn a_column_alone_needs_no_words() {
    reads("1.5\n2\n3e1\n", "", &[1.5, 2.0, 30.0]);
    reads("\u{feff}price\r\n\r\n# of last year\r\n1.5\r\n-2\r\n", "", &[1.5, -2.0]);
    reads("\"price\"\n\"1,234.5\"\n\"2.5\"\n", "", &[1234.5, 2.5]);
    reads("date,price\n2024-01-01,1\n2024-01-02,2\n", "", &[1.0, 2.0]);
    reads("place,price\nWien,1\nGraz,2\n", "", &[1.0, 2.0]);
    reads(",price\n2024-01-01,1\n2024-01-02,2\n", "", &[1.0, 2.0]);
}

#[test]
fn columns_are_chosen_by_name_or_number() {
    let text = "date;open;close\n2024-01-01;1,5;2,5\n2024-01-02;3,5;4,5\n";
    reads(text, "column = \"close\"", &[2.5, 4.5]);
    reads(text, "column = 2", &[1.5, 3.5]);
    refuses(
        text,
        "",
        "column: `p.csv` has several columns of numbers: `open`, `close`. Choose one: column = \"open\".",
    );
    refuses(
        text,
        "column = \"clsoe\"",
        "column: `p.csv` has no column `clsoe`; did you mean `close`? Its columns are `date`, `open`, \
         `close`.",
    );
    refuses(text, "column = 4", "column: `p.csv` has no column 4. It has 3 columns.");
    refuses(
        text,
        "column = 2\ntime = 2",
        "time: column `open` is that of the numbers too. Name two columns, or leave `time` out.",
    );
    refuses(
        "1\n2\n",
        "column = \"x\"",
        "column: the first line of `p.csv` names no columns. Give a number: column = 1.",
    );
    refuses(
        "a,a\n1,2\n3,4\n",
        "column = \"a\"",
        "column: `a` is the name of columns 1 and 2 of `p.csv`. Give a number: column = 1.",
    );
    refuses(
        "a,b\nx,y\nz,w\n",
        "",
        "column: `p.csv` has no column of numbers. Write one number in each row, with a point or a comma \
         for its decimals.",
    );
}

#[test]
fn keys_have_few_values() {
    refuses(
        "1\n2\n",
        "decimal = \".,\"",
        "decimal: \".,\" is none of what can be said here. Write decimal = \".\" or decimal = \",\".",
    );
    refuses(
        "1\n2\n",
        "gaps = true",
        "gaps: true is none of what can be said here. Write gaps = \"refuse\" or gaps = \"join\".",
    );
    let said = read("1\n2\n", "column = 0").unwrap_err().to_string();
    assert!(said.starts_with("column: 0 is not a column. Write its name"), "{said}");
    let said = read("1\n2\n", "format = \"%K\"").unwrap_err().to_string();
    assert!(said.starts_with("format: \"%K\" is no format of times: "), "{said}");
    let said = read("1\n2\n", "format = \"%d %Z\"").unwrap_err().to_string();
    assert!(said.contains("%Z can be written, not read"), "{said}");
}

#[test]
fn an_unclear_decimal_sign_is_asked_for() {
    let unclear = "date;price\n2024-01-01;1,234\n2024-01-02;2,345\n";
    refuses(
        unclear,
        "",
        "decimal: `1,234` in line 2 of `p.csv`, column `price`, is 1.234 or 1234. Write decimal = \",\" for \
         the first, decimal = \".\" for the second.",
    );
    reads(unclear, "decimal = \",\"", &[1.234, 2.345]);
    reads(unclear, "decimal = \".\"", &[1234.0, 2345.0]);
    refuses(
        "a;b\nx;1.234\ny;2.345\n",
        "",
        "decimal: `1.234` in line 2 of `p.csv`, column `b`, is 1234 or 1.234. Write decimal = \",\" for the \
         first, decimal = \".\" for the second.",
    );
}

#[test]
fn a_column_settles_its_decimal_sign() {
    reads("p;q\n1,234;x\n1,5;y\n", "", &[1.234, 1.5]);
    reads("p;q\n1.234,56;x\n2.345;y\n", "", &[1234.56, 2345.0]);
    reads("p;q\n0,123;x\n1,234;y\n", "", &[0.123, 1.234]);
    reads("p;q\n1.234.567;x\n1.234;y\n", "", &[1_234_567.0, 1234.0]);
    reads("p;q\n1 234,5;x\n1'234,5;y\n", "", &[1234.5, 1234.5]);
    reads("p;q\n1,234;1,5\n2,345;2,5\n", "column = \"p\"", &[1.234, 2.345]);
    reads("p,q\n1.234,x\n2.345,y\n", "", &[1.234, 2.345]);
    let quoted = read("p,q\n\"1,234\",x\n\"2,345\",y\n", "").unwrap_err().to_string();
    assert!(
        quoted.contains("`1,234` in line 2 of `p.csv`, column `p`, is 1.234 or 1234"),
        "{quoted}"
    );
    refuses(
        "p;q\n1.5;x\n1,5;y\n",
        "",
        "decimal: `1.5` in line 2 of `p.csv`, column `p`, has a decimal point and `1,5` in line 3 a decimal \
         comma. Write all numbers with the same.",
    );
}

#[test]
fn an_unclear_separator_is_asked_for() {
    let unclear = "1,5\n2,5\n3,5\n";
    refuses(
        unclear,
        "",
        "separator: `1,5` in line 1 of `p.csv` is one number or two cells. Write decimal = \",\" for one \
         number, separator = \",\" for two cells.",
    );
    reads(unclear, "decimal = \",\"", &[1.5, 2.5, 3.5]);
    reads(unclear, "separator = \",\"\ncolumn = 1", &[1.0, 2.0, 3.0]);
    reads("price\n1,5\n2,5\n", "", &[1.5, 2.5]);
    reads("a,b\n1,5\n2,6\n", "column = \"b\"", &[5.0, 6.0]);
    reads("a\tb\nx\t1.5\ny\t2.5\n", "", &[1.5, 2.5]);
    reads("a\tb\nx\t1.5\ny\t2.5\n", "separator = \"tab\"", &[1.5, 2.5]);
    reads("\"2024-01-01\",\"1,5\"\n\"2024-01-02\",\"2,5\"\n", "", &[1.5, 2.5]);
    refuses(
        "a;b\tc;d\n1;2\t3;4\n1;2\t3;4\n",
        "",
        "column: `p.csv` has several columns of numbers: `a`, `d`. Choose one: column = \"a\".",
    );
    refuses(
        "1;x\t2\n3;y\t4\n",
        "",
        "separator: line 1 of `p.csv` has cells between semicolons or between tabs. Write separator = \";\" \
         or separator = \"\\t\".",
    );
}

#[test]
fn ragged_lines_are_refused() {
    refuses(
        "date,price\n2024-01-01,1.5\n2024-01-02,1,5\n",
        "",
        "file: line 3 of `p.csv` has 3 cells between commas, line 1 has 2. As many in every line; cells that \
         hold the separator stand in quotes.",
    );
    refuses(
        "a;b\n1\n",
        "separator = \";\"",
        "file: line 2 of `p.csv` has 1 cell between semicolons, line 1 has 2. As many in every line; cells \
         that hold the separator stand in quotes.",
    );
}

#[test]
fn cells_that_are_no_numbers_are_named() {
    let allowed = "A finite number in every row; rows without one can be left out, with gaps = \"join\" \
                   where they are of one spacing.";
    for (cell, found) in [
        ("n/a", "`n/a` in line 3 of `p.csv`, column `price`, is not a number"),
        ("", "the cell in line 3 of `p.csv`, column `price`, is empty"),
        ("nan", "`nan` in line 3 of `p.csv`, column `price`, is not finite"),
        ("1e999", "`1e999` in line 3 of `p.csv`, column `price`, is not finite"),
    ] {
        let text = format!("date,price\n2024-01-01,1\n2024-01-02,{cell}\n2024-01-03,3\n");
        refuses(&text, "", &format!("column: {found}. {allowed}"));
    }
    refuses(
        "p\n1.5\n2,50\n3\n",
        "decimal = \",\"",
        &format!(
            "column: `1.5` in line 2 of `p.csv`, column `p`, is not a number with a decimal comma. {allowed}"
        ),
    );
    let many =
        format!("date,price\n2024-01-01,1\n2024-01-02,{}\n2024-01-03,3\n", "x\u{1b}".repeat(40));
    let said = read(&many, "").unwrap_err().to_string();
    assert!(said.contains("x\u{fffd}…` in line 3") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn few_rows_and_strange_bytes_are_refused() {
    let few = "At least 2 make a series.";
    refuses("", "", &format!("file: `p.csv` has no rows of numbers. {few}"));
    refuses("price\n", "", &format!("file: `p.csv` has no rows of numbers. {few}"));
    refuses("price\n1\n", "", &format!("file: `p.csv` has 1 row of numbers. {few}"));
    let said = column(b"price\n1\n\xff\xfe\n", "p.csv", &Asked::default()).unwrap_err().to_string();
    assert_eq!(
        said,
        "file: line 3 of `p.csv` is not text in UTF-8. Save it as CSV in UTF-8, or as a NumPy array (.npy)."
    );
    let said =
        numbers(&asked("values = [1.0]"), Path::new("p.csv"), "p.csv").unwrap_err().to_string();
    assert_eq!(
        said,
        "values: these stand beside a `file`. Give `values`, or a `file` that holds them."
    );
}

#[test]
fn an_unclear_date_is_asked_for() {
    let unclear = dated(&["03/04/2024", "04/05/2024", "05/06/2024"]);
    let monthly = dated(&["03/01/2024", "03/02/2024", "03/03/2024"]);
    refuses(
        &monthly,
        "",
        "format: `03/01/2024` in line 2 of `p.csv`, column `date`, is 3 January or 1 March 2024. Write format \
         = \"%d/%m/%Y\" for the first, format = \"%m/%d/%Y\" for the second.",
    );
    reads(&monthly, "format = \"%d/%m/%Y\"", &[0.5, 1.5, 2.5]);
    reads(&monthly, "format = \"%m/%d/%Y\"", &[0.5, 1.5, 2.5]);
    // A month and a day apart in both readings.
    let said = read(&unclear, "").unwrap_err().to_string();
    assert!(said.contains("is 3 April or 4 March 2024"), "{said}");
    let clocks = dated(&["03/03/2024 10:00", "03/03/2024 11:00", "04/03/2024 10:00"]);
    let said = read(&clocks, "").unwrap_err().to_string();
    assert!(said.contains("`04/03/2024 10:00` in line 4"), "{said}");
    reads(&clocks, "format = \"%d/%m/%Y\"\ngaps = \"join\"", &[0.5, 1.5, 2.5]);
    reads(&clocks, "format = \"%d/%m/%Y %H:%M\"\ngaps = \"join\"", &[0.5, 1.5, 2.5]);
}

#[test]
fn a_column_settles_its_dates() {
    regular(&["12/01/2024", "13/01/2024", "14/01/2024"]);
    regular(&["01/12/2024", "01/13/2024", "01/14/2024"]);
    regular(&["03/04/2024 23:00", "04/04/2024 00:00", "04/04/2024 01:00"]);
    regular(&["04/03/2024 11:00 PM", "04/04/2024 12:00 AM", "04/04/2024 1:00 AM"]);
    // Weekdays of February; the second of months from May on, of which two are missing.
    regular(&["05.02.2024", "06.02.2024", "07.02.2024", "08.02.2024", "09.02.2024", "12.02.2024"]);
    // In order with the day first only; there is a gap.
    let ordered = dated(&["10-02-2024", "11-02-2024", "12-02-2024", "01-03-2024"]);
    reads(&ordered, "gaps = \"join\"", &[0.5, 1.5, 2.5, 3.5]);
    let said = read(&ordered, "").unwrap_err().to_string();
    assert!(said.starts_with("gaps: 17 steps of 1 day are missing"), "{said}");
    // The same in both readings.
    regular(&["01/01/2024", "02/02/2024"]);
}

#[test]
fn clear_dates_need_no_format() {
    regular(&["2024-02-28", "2024-02-29", "2024-03-01"]);
    regular(&["2024/2/28", "2024/2/29", "2024/3/1"]);
    regular(&["20240228", "20240229", "20240301"]);
    regular(&["2024-01-01T00:00", "2024-01-01T00:15", "2024-01-01T00:30"]);
    regular(&["2024-01-01 00:00:00.25", "2024-01-01 00:00:00.5", "2024-01-01 00:00:00.75"]);
    regular(&["2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z", "2024-01-01T02:00:00Z"]);
    regular(&["3 Apr 2024", "4 Apr 2024", "5 Apr 2024"]);
    regular(&["03-APR-2024", "04-apr-2024", "05-Apr-2024"]);
    regular(&["3 April 2024", "4 April 2024", "5 April 2024"]);
    regular(&["\"April 3, 2024\"", "\"April 4, 2024\"", "\"April 5, 2024\""]);
    // Midnight without a clock, as R writes it.
    regular(&["2024-01-01 22:00", "2024-01-01 23:00", "2024-01-02", "2024-01-02 01:00"]);
}

#[test]
fn months_years_weekdays_and_zones_are_regular() {
    regular(&["2024-01", "2024-02", "2024-03", "2024-04"]);
    regular(&["2023-11-30", "2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30"]);
    regular(&["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"]);
    // The last working days, and the first.
    regular(&["2024-02-29", "2024-03-29", "2024-04-30", "2024-05-31", "2024-06-28"]);
    regular(&["2024-05-01", "2024-06-03", "2024-07-01", "2024-08-01", "2024-09-02"]);
    regular(&["2019-12-31", "2020-12-31", "2021-12-31"]);
    regular(&["2023-Q4", "2024-Q1", "2024-Q2"]);
    regular(&["03/2024", "04/2024", "05/2024"]);
    regular(&["Mar 2024", "Apr 2024", "May 2024"]);
    regular(&["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"]);
    regular(&["2024-01-05", "2024-01-12", "2024-01-19"]);
    // An hour is put back; days there have 25 hours once.
    regular(&["2024-10-27T02:00+02:00", "2024-10-27T02:00+01:00", "2024-10-27T03:00+01:00"]);
    regular(&["2024-10-26T00:00+02:00", "2024-10-27T00:00+02:00", "2024-10-28T00:00+01:00"]);
}

#[test]
fn years_and_hours_may_be_numbers() {
    let text = "year,price\n2020,1\n2021,2\n2022,3\n";
    reads(text, "time = \"year\"", &[1.0, 2.0, 3.0]);
    reads(text, "time = \"year\"\nformat = \"%Y\"", &[1.0, 2.0, 3.0]);
    reads("h;p\n0,1;1,5\n0,2;2,5\n0,3;3,5\n", "time = \"h\"", &[1.5, 2.5, 3.5]);
    refuses(
        "h,p\n0,1\n1,2\n4,3\n5,4\n",
        "time = 1\ncolumn = 2",
        "gaps: 2 steps of 1 are missing between `1` in line 3 and `4` in line 4 of `p.csv`, column `h`, the \
         only gap. Put the missing rows in, or write gaps = \"join\" to take rows as neighbours.",
    );
    let said = read("h,p\n0,1\nx,2\n4,3\n5,4\n", "time = 1\ncolumn = 2").unwrap_err().to_string();
    assert!(
        said.starts_with("time: `x` in line 3 of `p.csv`, column `h`, is not a number"),
        "{said}"
    );
}

#[test]
fn gaps_are_counted() {
    let allowed = "Put the missing rows in, or write gaps = \"join\" to take rows as neighbours.";
    let holes = dated(&[
        "2024-01-04",
        "2024-01-05",
        "2024-01-08",
        "2024-01-10",
        "2024-01-11",
        "2024-01-16",
    ]);
    refuses(
        &holes,
        "",
        &format!(
            "gaps: 1 step of 1 weekday is missing between `2024-01-08` in line 4 and `2024-01-10` in line 5 \
             of `p.csv`, column `date`, the first of 2 gaps. {allowed}"
        ),
    );
    reads(&holes, "gaps = \"join\"", &[0.5, 1.5, 2.5, 3.5, 4.5, 5.5]);
    refuses(
        &dated(&["2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:35", "2024-01-01 00:50"]),
        "",
        &format!(
            "gaps: between `2024-01-01 00:15` in line 3 and `2024-01-01 00:35` in line 4 of `p.csv`, column \
             `date`, lie 20 min, elsewhere 15 min, the only gap. {allowed}"
        ),
    );
    let said =
        read(&dated(&["2024-01", "2024-02", "2024-05", "2024-06"]), "").unwrap_err().to_string();
    assert!(said.starts_with("gaps: 2 steps of 1 month are missing"), "{said}");
}

#[test]
fn times_go_on() {
    let sort = "Sort the rows, the earliest first.";
    refuses(
        &dated(&["2024-01-03", "2024-01-02", "2024-01-01"]),
        "gaps = \"join\"",
        &format!(
            "time: the latest row comes first: `2024-01-03` in line 2, `2024-01-02` in line 3 of `p.csv`, \
             column `date`. {sort}"
        ),
    );
    refuses(
        &dated(&["2024-01-01", "2024-01-03", "2024-01-02"]),
        "",
        &format!(
            "time: `2024-01-02` in line 4 of `p.csv`, column `date`, is before `2024-01-03` in line 3. {sort}"
        ),
    );
    refuses(
        &dated(&["2024-01-01", "2024-01-02", "2024-01-02"]),
        "gaps = \"join\"",
        "time: `2024-01-02` in line 4 of `p.csv`, column `date`, is the same time as `2024-01-02` in line 3. \
         One row a time; clocks that are put back need a zone: 2024-10-27T02:00+02:00.",
    );
}

#[test]
fn times_that_cannot_be_read_are_named() {
    refuses(
        &dated(&["03/04/24", "04/04/24"]),
        "",
        "format: `03/04/24` in line 2 of `p.csv`, column `date`, has a year of two digits. Write format = \
         \"%d/%m/%y\" or format = \"%m/%d/%y\" or format = \"%y/%m/%d\": 69 to 99 are then of the years 1900, 00 \
         to 68 of the years 2000.",
    );
    reads(&dated(&["03/04/24", "04/04/24"]), "format = \"%d/%m/%y\"", &[0.5, 1.5]);
    refuses(
        &dated(&["2024-01-01", "2024-01-02", "soon"]),
        "",
        "time: `soon` in line 4 of `p.csv`, column `date`, is no time like `2024-01-02` in line 3. One way of \
         writing times in all rows, or a `format` that says it.",
    );
    refuses(
        &dated(&["13/01/2024", "01/14/2024"]),
        "",
        "time: `01/14/2024` in line 3 of `p.csv`, column `date`, is no time like `13/01/2024` in line 2. One \
         way of writing times in all rows, or a `format` that says it.",
    );
    refuses(
        &dated(&["week 1", "week 2"]),
        "",
        "time: `week 1` in line 2 of `p.csv`, column `date`, is not understood as a time. ISO times such as \
         2024-03-04 13:00 are; say how others are written: format = \"%d/%m/%Y\", or time = \"none\" where \
         column `date` holds no times.",
    );
    reads(&dated(&["week 1", "week 2"]), "time = \"none\"", &[0.5, 1.5]);
    refuses(
        &dated(&["2024-01-01", "02.01.2024"]),
        "format = \"%Y-%m-%d\"",
        "format: `02.01.2024` in line 3 of `p.csv`, column `date`, is not of this format. Every time of the \
         column is read by it; a time of day such as 13:05 may follow.",
    );
    refuses(
        &dated(&["2024-01-01T00:00Z", "2024-01-02T00:00"]),
        "",
        "time: `2024-01-01T00:00Z` in line 2 of `p.csv`, column `date`, has a zone and `2024-01-02T00:00` in \
         line 3 has none. Write the zone in every row, or in none.",
    );
    refuses(
        &dated(&["2024-01-01", ""]),
        "",
        "time: the cell in line 3 of `p.csv`, column `date`, is empty. A time in every row.",
    );
    let said = read("1\n2\n", "format = \"%Y\"\ncolumn = 1").unwrap_err().to_string();
    assert_eq!(said, "format: no column of `p.csv` holds times. Name it: time = \"date\".");
}

#[test]
fn an_array_of_one_axis_is_a_series() {
    let of = |shape: &[usize], numbers: &[f64], keys: &str| {
        let bytes = npy::write(shape, numbers, npy::Width::Double);
        array(&bytes, "p.npy", &asked(keys)).map_err(|error| error.to_string())
    };
    assert_eq!(of(&[3], &[1.0, 2.0, 3.5], ""), Ok(vec![1.0, 2.0, 3.5]));
    let said = of(&[2, 2], &[1.0; 4], "").unwrap_err();
    assert_eq!(
        said,
        "file: `p.npy` is not an array of numbers in a row. Write it with numpy.save, from an array of one \
         axis."
    );
    let said = of(&[2], &[1.0, f64::NAN], "").unwrap_err();
    assert_eq!(said, "file: number 2 of `p.npy` is NaN. Finite numbers.");
    let said = of(&[1], &[1.0], "").unwrap_err();
    assert_eq!(said, "file: `p.npy` has 1 number. At least 2 make a series.");
    let said = of(&[2], &[1.0; 2], "column = 1").unwrap_err();
    assert_eq!(said, "column: `p.npy` is a NumPy array, which has no columns. Leave `column` out.");
    assert!(array(b"\x93NUMPY", "p.npy", &asked("")).is_err());
}

/// Any bytes make numbers or a sentence: files that can be read, with bytes of them changed, put in, left out
/// and repeated.
#[test]
fn invariant_no_bytes_make_the_reader_panic() {
    let files = [
        "date;close\n13/04/2024 10:00;1.234,5\n13/04/2024 11:00;\"3,5\"\n13/04/2024 12:00;2\n",
        "t,p\n2024-01-01T00:00+01:00,1.5\n2024-01-02T00:00+01:00,2e3\n2024-01-03T00:00+01:00,-7\n",
        "p\n1,5\n2,5\n3,5\n",
        "when\tp\n1 Apr 2024\t1'234\n2 Apr 2024\t2 345.6\n3 Apr 2024\t0\n",
        "q,p,r\n2024-Q3,1.234,1\n2024-Q4,2,3\n03/04/24,4,5\n",
    ];
    let odd = b"0199,.;:-+/\t\n\r\"#eETZQ %\xc2\xa0\xff\x1f";
    let keys = [
        "",
        "",
        "format = \"%d/%m/%Y\"",
        "time = 1\ncolumn = 2",
        "decimal = \",\"\nseparator = \";\"",
    ];
    let stream = ground::stream::Stream::new(11);
    let draw =
        |round: u64, k: usize, below: usize| stream.words(round, 0, k)[0] as usize % below.max(1);
    let (mut read, mut refused) = (0, 0);
    for round in 0..6000 {
        let mut bytes = files[draw(round, 0, files.len())].as_bytes().to_vec();
        for k in 0..draw(round, 1, 6) {
            let (at, what) =
                (draw(round, 4 * k + 2, bytes.len()), draw(round, 4 * k + 3, odd.len()));
            match draw(round, 4 * k + 4, 4) {
                0 => bytes[at] = odd[what],
                1 => bytes.insert(at, odd[what]),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.extend_from_within(at..),
            }
        }
        let asked = Asked::of(&asked(keys[draw(round, 99, keys.len())])).unwrap();
        match column(&bytes, "p.csv", &asked) {
            Ok(values) => {
                assert!(values.len() >= 2 && values.iter().all(|x| x.is_finite()));
                read += 1;
            }
            Err(Error::Input(input)) => {
                assert!(KEYS.contains(&input.key.as_str()) && !input.allowed.is_empty());
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(read > 300 && refused > 300, "{read} {refused}");
}
