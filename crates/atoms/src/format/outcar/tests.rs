//! Runs of two steps, unconverged ones, force fields, and files that end in the middle.

use super::*;
use crate::format::Options;

const HEAD: &str = " POTCAR:    PAW_PBE O_s 08Apr2002
 POTCAR:    PAW_PBE H 15Jun2001
   VRHFIN =O: s2p4
   TITEL  = PAW_PBE O_s 08Apr2002
   VRHFIN =H: ultrasoft test
   TITEL  = PAW_PBE H 15Jun2001
   ions per type =               1   2
   NELM   =     12;   NELMIN=  2; NELMDL= -5     # of ELM steps
   EDIFF  = 0.1E-05   stopping-criterion for ELM
   number of dos      NEDOS =    301   number of ions     NIONS =      3
";

const CELL: &str = "  volume of cell :     1000.00
      direct lattice vectors                 reciprocal lattice vectors
    10.000000000  0.000000000  0.000000000     0.100000000  0.000000000  0.000000000
     0.000000000 10.000000000  0.000000000     0.000000000  0.100000000  0.000000000
   -10.000000000-10.000000000 10.000000000     0.000000000  0.000000000  0.100000000
";

/// An ionic step of so many electronic iterations, the last of which changed the energy by so much.
fn step(iterations: usize, end: &str, mark: &str, energy: &str) -> String {
    let iteration = |n: usize| {
        format!(
            "--------- Iteration      1({n:4})  ---------\n total energy-change (2. order) : 0.1E-04  \
             (-0.2E-08)\n  free energy    TOTEN  =         1.00000000 eV\n"
        )
    };
    let iterations: Vec<String> = (1..=iterations).map(iteration).collect();
    format!(
        "{}{end}
  in kB      46.0      57.0      30.0     -15.0       1.0       7.0
{CELL} POSITION                     TOTAL-FORCE (eV/Angst){mark}
 ------
   0.1   0.2   0.3      1.0   -2.0   3.0
   1.1   0.2   0.3     -1.0-2.0   0.0
   0.1   1.2   0.3      0.0    4.0  -3.0
 ------
  free  energy{energy}
",
        iterations.concat()
    )
}

const REACHED: &str = "------ aborting loop because EDIFF is reached ------";
const DFT: &str = "   TOTEN  =      -14.25000000 eV";
const FIELD: &str = " ML TOTEN  =      -14.00000000 eV";

fn of(text: &str) -> Result<Read> {
    read(text.as_bytes(), Options::default())
}

#[test]
fn a_step_has_all_its_labels() {
    let text = format!("{HEAD}{CELL}{}", step(3, REACHED, "", DFT));
    let found = of(&text).unwrap();
    assert!(found.warnings.is_empty());
    let frame = &found.frames.snapshots[0];
    assert_eq!((found.frames.species.join(" "), &*frame.types), ("O H".to_owned(), &[0, 1, 1][..]));
    assert_eq!(frame.labels.energy, Some(-14.25));
    assert_eq!(frame.labels.forces.as_ref().unwrap()[1], [-1.0, -2.0, 0.0]);
    assert_eq!(frame.cell.unwrap().rows()[2], [-10.0, -10.0, 10.0]);
    let virial = frame.labels.virial.unwrap();
    let due = [[46.0, -15.0, 7.0], [-15.0, 57.0, 1.0], [7.0, 1.0, 30.0]];
    for (found, due) in virial.iter().flatten().zip(due.iter().flatten()) {
        assert!((found - due * 1000.0 / 1_602.176_634).abs() < 1e-12);
    }
    assert_eq!(frame.labels.converged, Some(true));
    let unlabelled = text.replace("in kB", "in kb");
    assert_eq!(of(&unlabelled).unwrap().frames.snapshots[0].labels.virial, None);
}

#[test]
fn names_may_repeat_or_be_in_potcar_only() {
    let head = HEAD.replace("ions per type =               1   2", "ions per type =   1   1   1")
        + "   TITEL  = PAW_PBE O 08Apr2002\n";
    let found = of(&(head + &step(1, REACHED, "", DFT))).unwrap().frames;
    assert_eq!(
        (found.species.join(" "), &*found.snapshots[0].types),
        ("O H".to_owned(), &[0, 1, 0][..])
    );
    let bare: String = HEAD
        .lines()
        .filter(|l| !l.contains("TITEL") && !l.contains("VRHFIN"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let found = of(&(bare.clone() + &step(1, REACHED, "", DFT))).unwrap().frames;
    assert_eq!(found.species, ["O", "H"]);
    let other = HEAD.replace("NIONS =      3", "NIONS =      5") + &step(1, REACHED, "", DFT);
    assert!(of(&other).unwrap_err().to_string().ends_with(
        "the counts `ions per type` are 3 atoms, and NIONS is 5. VASP before 6.3 cuts that line for many \
         species; try vasprun.xml."
    ));
    let many = HEAD
        .replace("ions per type =               1   2", "ions per type = 18446744073709551615 2");
    assert!(of(&many).unwrap_err().to_string().contains("are no counts of atoms"));
    let none = bare.replace("POTCAR", "potcar") + &step(1, REACHED, "", DFT);
    assert!(of(&none).unwrap_err().to_string().ends_with(
        "there are 2 counts of atoms, and 0 species are named. The line `ions per type` and the lines \
         TITEL must agree; try vasprun.xml."
    ));
}

#[test]
fn unconverged_steps_are_left_out_unless_asked_for() {
    // VASP 5 says of the second step, too, that EDIFF is reached; of the third it is true.
    let reached = step(12, REACHED, "", DFT).replace(": 0.1E-04", ":-0.1E-06");
    let text = [HEAD, &step(3, REACHED, "", DFT), &step(12, REACHED, "", DFT), &reached].concat();
    let found = of(&text).unwrap();
    assert_eq!(found.frames.len(), 2);
    assert_eq!(found.warnings, ["1 ionic step (2) left out: electrons had not converged"]);
    let keep = Options { keep_unconverged: true, ..Options::default() };
    let kept = read(text.as_bytes(), keep).unwrap();
    assert_eq!(kept.frames.snapshots[1].labels.converged, Some(false));
    assert_eq!(kept.warnings, ["1 ionic step (2) kept: electrons had not converged"]);
    let told =
        [HEAD, &step(3, "--- aborting loop EDIFF was not reached (unconverged) ---", "", DFT)]
            .concat();
    assert!(of(&told).unwrap().frames.is_empty());
}

#[test]
fn steps_of_a_force_field_are_told_apart() {
    let text = [
        HEAD,
        &step(0, "", " (ML)", FIELD),
        &step(3, REACHED, "", DFT),
        &step(0, "", " (ML)", FIELD),
    ]
    .concat();
    let found = of(&text).unwrap();
    assert_eq!(found.frames.snapshots[0].labels.energy, Some(-14.25));
    let why =
        "2 ionic steps (1, 3) left out: computed with a force field of VASP, not from electrons";
    assert_eq!((found.frames.len(), found.warnings), (1, vec![why.to_owned()]));
    let keep = Options { keep_force_field: true, ..Options::default() };
    let energies: Vec<_> = read(text.as_bytes(), keep)
        .unwrap()
        .frames
        .snapshots
        .iter()
        .map(|s| s.labels.energy.unwrap())
        .collect();
    assert_eq!(energies, [-14.0, -14.25, -14.0]);
}

#[test]
fn a_step_that_is_cut_is_left_out() {
    let whole = [HEAD, &step(3, REACHED, "", DFT), &step(4, REACHED, "", DFT)].concat();
    let second = [HEAD, &step(3, REACHED, "", DFT)].concat().len();
    // The last steps end with " eV" and a newline.
    for end in (second + 60..whole.len() - 4).step_by(7) {
        let found = of(&whole[..end]).unwrap();
        assert_eq!(found.frames.len(), 1, "the first {end} bytes");
        assert_eq!(found.warnings, ["the last ionic step is not finished: left out"]);
    }
    assert_eq!(
        of(&whole[..second - 5]).unwrap_err().to_string(),
        "there is no finished ionic step in this OUTCAR. A step ends with the line `free  energy   TOTEN`."
    );
    let damaged =
        whole.replacen("   1.1   0.2   0.3     -1.0-2.0   0.0\n", "  1.1 0.2 0.3 0 0\n", 1);
    let found = of(&damaged).unwrap();
    assert_eq!(found.frames.len(), 1);
    assert!(found.warnings[0].ends_with("1 of 3 atoms are printed"), "{}", found.warnings[0]);
}

#[test]
fn stars_for_a_number_are_said() {
    let rows = "   0.1   0.2   0.3      1.0   -2.0   3.0";
    let good = format!("{HEAD}{CELL}{}", step(3, REACHED, "", DFT));
    for (from, to) in [
        (rows, "   0.1   0.2   0.3   ********   -2.0   3.0"),
        ("46.0      57.0", "46.0 *********"),
        (DFT, "   TOTEN  =  *************** eV"),
    ] {
        let text = format!("{good}{}", step(3, REACHED, "", DFT).replace(from, to));
        let found = of(&text).unwrap();
        assert_eq!(found.frames.len(), 1);
        let due = "there is `****` for a number that is too large for its column";
        assert!(found.warnings[0].ends_with(due), "{:?}", found.warnings);
    }
}
