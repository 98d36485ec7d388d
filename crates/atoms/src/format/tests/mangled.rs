//! Files with bytes changed, cut out and put twice: every reader refuses or reads them, none panics.

use ground::stream::Stream;

use super::*;

/// Good files of every format, small ones.
fn good() -> Vec<(Format, Vec<u8>)> {
    let mut files: Vec<(Format, Vec<u8>)> = Vec::new();
    for format in [Format::ExtXyz, Format::Mlearn] {
        let (Written::File(bytes), _) = write(&water(), format, Precision::Double).unwrap() else {
            panic!()
        };
        files.push((format, bytes));
    }
    files.push((
        Format::Poscar,
        b"NaCl\n 2.0\n 0 1 1\n 1 0 1\n 1 1 0\n Na Cl\n 1 1\nDirect\n 0 0 0\n 0.5 0.5 0.5\n"
            .to_vec(),
    ));
    files.push((Format::Outcar, b" TITEL  = PAW_PBE H 15Jun2001\n ions per type =   1\n NELM   =   12;\n\
        --- Iteration  1(  3)  ---\n--- aborting loop because EDIFF is reached ---\n in kB 1 2 3 4 5 6\n\
        volume of cell : 8\n direct lattice vectors\n 2 0 0\n 0 2 0\n 0 0 2\n\
        POSITION   TOTAL-FORCE (eV/Angst)\n ---\n 0 0 0 0 0 0\n ---\n free  energy   TOTEN  =  -1.0 eV\n".to_vec()));
    files.push((Format::Vasprun, b"<modeling><parameters><i name=\"NELM\">9</i></parameters><atominfo>\
        <array name=\"atoms\"><set><rc><c>H</c><c>1</c></rc></set></array></atominfo><calculation><scstep>\
        </scstep><structure><crystal><varray name=\"basis\"><v>2 0 0</v><v>0 2 0</v><v>0 0 2</v></varray>\
        </crystal><varray name=\"positions\"><v>0 0 0</v></varray></structure><varray name=\"forces\">\
        <v>0 0 0</v></varray><energy><i name=\"e_fr_energy\">-1.0</i></energy></calculation></modeling>".to_vec()));
    files
}

/// A file that is changed in up to four places.
fn mangle(bytes: &[u8], stream: &Stream, k: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let words = stream.words(k, 0, 0);
    for place in 0..=words[0] % 4 {
        let [what, at, with, length] = stream.words(k, place + 1, 0);
        let at = at as usize % (bytes.len() + 1);
        let end = (at + length as usize % 40).min(bytes.len());
        match what % 5 {
            0 if at < bytes.len() => bytes[at] ^= 1 << (with % 8),
            1 if at < bytes.len() => bytes[at] = b"0-.9e \n<\"="[with as usize % 10],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            _ => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

#[test]
fn no_file_makes_a_reader_panic() {
    let stream = Stream::new(1).child("mangled");
    let mut read_anyway = 0;
    for (format, bytes) in good() {
        assert!(
            read(format, "f", Source::File(&bytes), Options::default()).is_ok(),
            "{}",
            format.name()
        );
        for k in 0..3000 {
            let bytes = mangle(&bytes, &stream, k);
            let found = read(format, "f", Source::File(&bytes), Options::default());
            read_anyway += usize::from(found.is_ok());
            detect("f", Source::File(&bytes)).ok();
        }
    }
    assert!(read_anyway > 100, "{read_anyway}");
}

#[test]
fn no_folder_makes_a_reader_panic() {
    let stream = Stream::new(2).child("mangled");
    for format in [Format::DeepmdNpy, Format::DeepmdRaw, Format::DeepmdMixed] {
        let (Written::Folder(tree), _) = write(&water(), format, Precision::Double).unwrap() else {
            panic!()
        };
        let names: Vec<&String> = tree.keys().collect();
        for k in 0..1000 {
            let mut tree = tree.clone();
            let name = names[stream.words(k, 9, 0)[0] as usize % names.len()];
            let bytes = mangle(&tree[name], &stream, k);
            tree.insert(name.clone(), bytes);
            read(format, "f", Source::Folder(&tree), Options::default()).ok();
        }
    }
}
