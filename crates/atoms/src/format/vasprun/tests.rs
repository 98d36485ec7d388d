//! A run of two calculations, whole, cut and broken.

use super::*;

fn calculation(steps: usize, energy: f64) -> String {
    let scf =
        "<scstep><energy><i name=\"e_fr_energy\"> 99.0 </i></energy></scstep>\n".repeat(steps);
    format!(
        "<calculation>\n{scf}<structure><crystal><varray name=\"basis\" >
<v> 2.0 0.0 0.0 </v><v> 0.0 2.0 0.0 </v><v> 0.5 0.0 3.0 </v></varray>
<varray name=\"rec_basis\" ><v> 9 9 9 </v></varray></crystal>
<varray name=\"positions\" ><v> 0.5 0.0 0.5 </v><v> 0.0 0.0 0.0 </v></varray></structure>
<varray name=\"forces\" ><v> 1.0 2.0 3.0 </v><v> -1.0 -2.0 -3.0 </v></varray>
<varray name=\"stress\" ><v> 10.0 1.0 2.0 </v><v> 1.0 20.0 3.0 </v><v> 2.0 3.0 30.0 </v></varray>
<energy><i name=\"e_fr_energy\"> {energy} </i><i name=\"e_0_energy\"> 0.0 </i></energy>
</calculation>\n"
    )
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>
<modeling><incar><i name=\"NELM\"> 99 </i></incar>
<parameters><separator><i type=\"int\" name=\"NELM\"> 4 </i></separator><i name=\"NELM\"> 1 </i></parameters>
<atominfo><array name=\"atoms\" ><set><rc><c>Al</c><c> 1</c></rc><rc><c>Cu</c><c> 2</c></rc></set></array>
<array name=\"atomtypes\" ><set><rc><c>1</c><c>Al</c></rc></set></array></atominfo>
<structure name=\"initialpos\" ><varray name=\"positions\" ><v> 7 7 7 </v></varray></structure>\n";

fn run(calculations: &[String]) -> String {
    format!("{HEAD}{}</modeling>\n", calculations.concat())
}

fn of(text: &str) -> Result<Read> {
    read(text.as_bytes(), Options::default())
}

#[test]
fn calculations_have_all_their_labels() {
    let found = of(&run(&[calculation(2, -3.5), calculation(3, -3.25)])).unwrap();
    assert!(found.warnings.is_empty());
    let frame = &found.frames.snapshots[0];
    assert_eq!((found.frames.species.join(" "), &*frame.types), ("Al Cu".to_owned(), &[0, 1][..]));
    assert_eq!((frame.labels.energy, frame.labels.converged), (Some(-3.5), Some(true)));
    assert_eq!(frame.positions[0], [1.25, 0.0, 1.5]);
    assert_eq!(frame.labels.forces.as_ref().unwrap()[0], [1.0, 2.0, 3.0]);
    let virial = frame.labels.virial.unwrap();
    assert!((virial[2][2] - 30.0 * 12.0 / 1_602.176_634).abs() < 1e-14);
    assert_eq!(virial[0][2], virial[2][0]);
    assert_eq!(found.frames.snapshots[1].labels.energy, Some(-3.25));
}

#[test]
fn electrons_that_took_all_iterations() {
    let text = run(&[calculation(4, -3.5), calculation(3, -3.25)]);
    let found = of(&text).unwrap();
    assert_eq!(found.frames.len(), 1);
    assert_eq!(found.warnings, ["1 ionic step (1) left out: electrons took all NELM iterations"]);
    let keep = Options { keep_unconverged: true, ..Options::default() };
    let kept = read(text.as_bytes(), keep).unwrap();
    assert_eq!(kept.frames.snapshots[0].labels.converged, Some(false));
    let field = run(&[calculation(0, -3.5), calculation(3, -3.25)])
        .replace("</incar>", "<i type=\"logical\" name=\"ML_LMLFF\"> T  </i></incar>");
    let found = of(&field).unwrap();
    assert_eq!((found.frames.len(), found.warnings.len()), (1, 1));
    assert!(found.warnings[0].contains("force field"));
}

#[test]
fn of_a_cut_file_the_complete_calculations_are_kept() {
    let first = calculation(2, -3.5);
    let whole = run(&[first.clone(), calculation(2, -3.0)]);
    let end = HEAD.len() + first.len();
    for cut in (end..whole.len() - 40).step_by(11) {
        let found = of(&whole[..cut]).unwrap();
        assert_eq!(found.frames.len(), 1, "the first {cut} bytes");
        assert!(found.warnings[0].starts_with("the XML ends or breaks at line "));
        assert!(found.warnings[0].ends_with(": kept are the 1 complete calculations before"));
    }
    let said = of(&whole[..HEAD.len() + 20]).unwrap_err().to_string();
    assert_eq!(
        said,
        "this XML ends or breaks at line 8, before a calculation is complete. Give a vasprun.xml of VASP."
    );
    assert_eq!(
        of("<a></a>").unwrap_err().to_string(),
        "there is no calculation in this file. Give a vasprun.xml of VASP."
    );
}

#[test]
fn counts_that_differ_are_said() {
    let text = run(&[calculation(2, -3.5).replace("<v> -1.0 -2.0 -3.0 </v>", "")]);
    let said = of(&text).unwrap_err().to_string();
    assert!(said.ends_with("a calculation with 1 forces. There are 2 here."), "{said}");
    let text = run(&[calculation(2, -3.5).replace("1.0 2.0 3.0", "1.0 *** 3.0")]);
    assert!(of(&text).unwrap_err().to_string().contains("`1.0 *** 3.0` are not three numbers"));
}
