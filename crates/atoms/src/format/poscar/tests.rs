//! Structures of VASP 4 and 5, and ones that do not fit their counts.

use super::*;
use crate::format::Written;

fn of(text: &str) -> Result<Read> {
    read(text.as_bytes())
}

const DIRECT: &str =
    "rocksalt\n 2.0\n 0 1 1\n 1 0 1\n 1 1 0\n Na Cl\n 1 1\nDirect\n 0 0 0\n 0.5 0.5 0.5\n";

#[test]
fn vasp_5() {
    let frames = of(DIRECT).unwrap().frames;
    let frame = &frames.snapshots[0];
    assert_eq!(frames.species, ["Na", "Cl"]);
    assert_eq!(frame.cell.unwrap().rows()[0], [0.0, 2.0, 2.0]);
    assert_eq!(frame.positions[1], [2.0, 2.0, 2.0]);
    let cartesian =
        DIRECT.replace("Direct", "Selective dynamics\ncart").replace(" 0 0 0\n", " 0 0 0 F F F\n");
    assert_eq!(
        of(&cartesian).unwrap_err().to_string(),
        "line 11: `0.5 0.5 0.5` does not end with three of T and F. With Selective dynamics every atom \
         has them."
    );
    let cartesian = cartesian.replace("0.5 0.5 0.5", "1 0 0 T T F");
    assert_eq!(of(&cartesian).unwrap().frames.snapshots[0].positions[1], [2.0, 0.0, 0.0]);
    let velocities = format!("{DIRECT}\n 0.1 0.1 0.1\n 0.2 0.2 0.2\n");
    assert_eq!(of(&velocities).unwrap().frames, frames);
    let decorated = DIRECT.replace("Na Cl", "Na_pv/9d2 Cl_h");
    assert_eq!(of(&decorated).unwrap().frames, frames);
}

#[test]
fn scales() {
    let volume = of(&DIRECT.replace(" 2.0\n", " -16.0\n")).unwrap().frames;
    assert!((volume.snapshots[0].cell.unwrap().volume() - 16.0).abs() < 1e-12);
    let three = of(&DIRECT.replace(" 2.0\n", " 1.0 2.0 3.0\n")).unwrap().frames;
    assert_eq!(three.snapshots[0].cell.unwrap().rows()[0], [0.0, 2.0, 3.0]);
}

#[test]
fn vasp_4_asks_the_comment() {
    let text = format!("Na1 Cl1\n{}", DIRECT.replace(" Na Cl\n", "").split_once('\n').unwrap().1);
    let read = of(&text).unwrap();
    assert_eq!(read.frames.species, ["Na", "Cl"]);
    assert_eq!(read.warnings, ["species are not named; the comment says Na, Cl"]);
    let nameless = format!("rocksalt\n{}", text.split_once('\n').unwrap().1);
    assert_eq!(
        of(&nameless).unwrap_err().to_string(),
        "line 6: there are counts and no names: a POSCAR of VASP 4. Write the symbols on a line above \
         the counts, in the order of the POTCAR."
    );
}

#[test]
fn what_does_not_fit_is_said() {
    for (from, to, due) in [
        (
            "\n 1 1\n",
            "\n 1 1 1\n",
            "line 7: 3 counts for the 2 names above. Whole numbers, one for each name.",
        ),
        (
            "\n 1 1\n",
            "\n 1 2\n",
            "line 10: there are 2 positions, and the counts are 3 atoms. A line for each atom.",
        ),
        (
            "\n 1 1\n",
            "\n 1 0\n",
            "line 10: there is a position more than the 1 atoms counted. Velocities follow a blank line.",
        ),
        (
            "\n 1 1\n",
            "\n 1 x\n",
            "line 7: `1 x` are no counts of atoms. Below the names stand whole numbers, one for each.",
        ),
        (
            "Direct\n",
            "",
            "line 8: `0 0 0` is neither Direct nor Cartesian. This line says what the positions below it are.",
        ),
        (
            " 2.0\n",
            " 0.0\n",
            "line 2: `0.0` is no scale. A positive number, a negative one whose size is the volume in Å³, or three positive ones.",
        ),
        (" 1 1 0\n", " 1 1\n", "line 5: `1 1` does not begin with three numbers. Write x y z."),
        (
            " 1 1 0\n",
            " 0 2 2\n",
            "cell: the lattice vectors (0 2 2), (2 0 2), (0 4 4) span no volume. Needed are three vectors that do not lie in one plane.",
        ),
    ] {
        assert_eq!(of(&DIRECT.replacen(from, to, 1)).unwrap_err().to_string(), due);
    }
    assert_eq!(
        of("a\n").unwrap_err().to_string(),
        "line 1: the file ends where the scale is due. A POSCAR has comment, scale, three vectors, \
         names, counts, mode, positions."
    );
}

#[test]
fn what_is_written_reads_back() {
    let mut frames = of(DIRECT).unwrap().frames;
    let Written::File(bytes) = write(&frames).unwrap() else { panic!("one frame is one file") };
    assert_eq!(read(&bytes).unwrap().frames, frames);
    frames.snapshots.push(frames.snapshots[0].clone());
    let Written::Folder(tree) = write(&frames).unwrap() else { panic!("two frames are a folder") };
    assert_eq!(tree.keys().collect::<Vec<_>>(), ["POSCAR.000000", "POSCAR.000001"]);
    frames.snapshots[0].cell = None;
    assert!(
        write(&frames)
            .unwrap_err()
            .to_string()
            .starts_with("a molecule in free space has no cell.")
    );
}
