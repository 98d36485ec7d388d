//! The page of a test: errors beside what is had without a model, pictures, how it was evaluated.

use frame::{Figure, Sheet};
use ground::Result;

use super::{Tested, words};
use crate::print;
use crate::progress::human;
use crate::report::{self, page};
use crate::run_folder::{PAGE, RunFolder};

/// How a page came about.
#[derive(Debug)]
pub(super) struct Made<'a> {
    /// The words of the command line.
    pub(super) said: &'a [String],
    /// Seconds from start to end.
    pub(super) seconds: f64,
}

/// Writes the page and its pictures to a folder; returns where the page is.
pub(super) fn write(
    tested: &Tested,
    figures: &[Figure],
    place: &RunFolder,
    made: &Made<'_>,
) -> Result<String> {
    report::pictures(figures, place, false)?;
    place.write(PAGE, html(tested, figures, made).as_bytes())?;
    Ok(place.name_of(PAGE))
}

fn html(tested: &Tested, figures: &[Figure], made: &Made<'_>) -> String {
    let model = &tested.committee.members[0].name;
    let title = format!("{model} against labels");
    let parts = [
        summary(tested, &title),
        warnings(&tested.warnings),
        page::table(&errors(tested)),
        page::pictures(figures),
        systems(tested),
        page::table(&evaluated(tested)),
        again(made),
        page::table(&about(made)),
    ];
    page::document(&title, &parts)
}

/// Title, and the errors in a sentence.
fn summary(tested: &Tested, title: &str) -> String {
    let total = &tested.total;
    let known = [
        ("energy", &total.energy_per_atom, "eV/atom"),
        ("force", &total.force, "eV/Å"),
        ("virial", &total.virial_per_atom, "eV/atom"),
    ];
    let known = known.into_iter().filter(|(_, errors, _)| errors.n > 0);
    let words: Vec<String> = known
        .map(|(name, errors, unit)| format!("{name} {} {unit}", words::rmse(errors)))
        .collect();
    format!(
        "<h1>{}</h1>\n<p class=\"sentence\">RMSE <strong>{}</strong></p>\n<p>Of {} frames, {} atoms; in \
         brackets the standard error over frames, which are taken as independent: neighbours of one \
         trajectory are not, and then it is too small.</p>\n",
        page::escape(title),
        page::escape(&words.join(", ")),
        total.frames,
        total.atoms
    )
}

fn warnings(all: &[String]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let items = all.iter().map(|text| page::escape(text));
    page::section("warnings", "What should be known", &page::list("warnings", items))
}

/// The table of errors.
fn errors(tested: &Tested) -> Sheet {
    let mut rows = words::rows(tested);
    let head = rows.remove(0);
    let compositions = match tested.total.compositions() {
        0 | 1 => String::new(),
        n => format!(" ({n} of them; one that a single frame has is off by nothing)"),
    };
    Sheet {
        name: "errors".to_owned(),
        title: "Errors".to_owned(),
        caption: format!(
            "RMSE = √⟨δ²⟩ and MAE = ⟨|δ|⟩ over frames and over components of forces and virials; |F| is \
             the size of the labelled force, eV/Å. {} The means are those of these labels{compositions}. \
             Where an error is not below that without a model, the model has learned nothing.",
            words::MEANING
        ),
        head,
        rows,
    }
}

/// The same by file or system, where there are several.
fn systems(tested: &Tested) -> String {
    if tested.systems.len() < 2 {
        return String::new();
    }
    let mut rows = words::by_system(&tested.systems);
    let head = rows.remove(0);
    page::table(&Sheet {
        name: "systems".to_owned(),
        title: "By system".to_owned(),
        caption: "The RMSE of each file or folder; in brackets its standard error over frames."
            .to_owned(),
        head,
        rows,
    })
}

/// What was evaluated, and how.
fn evaluated(tested: &Tested) -> Sheet {
    let (committee, total) = (&tested.committee, &tested.total);
    let imported = &committee.members[0].imported;
    let precision = match committee.precision() {
        "f32" => "f32: networks and sums in single precision, geometry and forces in double",
        _ => "f64: everything in double precision",
    };
    let names: Vec<&str> = tested.systems.iter().map(|(name, _)| name.as_str()).collect();
    let labels = [
        ("energies", total.energy.n, "frames"),
        ("forces", total.force.n / 3, "atoms"),
        ("virials", total.virial.n / 9, "frames"),
    ];
    let labels = labels.map(|(name, n, of)| format!("{name} of {n} {of}"));
    let rows = [
        ("model", committee.members[0].name.clone()),
        ("species", committee.species().join(", ")),
        ("cutoff", format!("{} Å", imported.potential.form.switch.to)),
        ("embeddings", committee.embeddings()),
        ("precision", precision.to_owned()),
        ("rules", format!("{:?}", imported.rules)),
        ("frames", format!("{}, {} atoms", total.frames, total.atoms)),
        ("labels", labels.join(", ")),
        ("read from", names.join(", ")),
        ("threads", format!("{}; the numbers do not depend on them", committee.threads())),
    ];
    Sheet::facts(
        "evaluated",
        "What was evaluated, and how",
        "Energies and forces are those of one function of all positions: forces are its derivative, and no \
         neighbour is dropped.",
        rows,
    )
}

fn again(made: &Made<'_>) -> String {
    let words = made.said.iter().map(|word| print::quoted(word));
    let command: Vec<String> = std::iter::once("esperance".to_owned()).chain(words).collect();
    let body = format!(
        "<p>This writes it again, to another folder than this one.</p>\n<pre><code>{}</code></pre>\n\
         <p>Beside this page are its pictures (figures/*.svg), all figures as one object (test.json), and \
         every label beside its prediction (detail.*.out).</p>\n",
        page::escape(&command.join(" "))
    );
    page::section("again", "How to run it again", &body)
}

fn about(made: &Made<'_>) -> Sheet {
    let time = ("time".to_owned(), human(made.seconds));
    Sheet::facts(
        "made",
        "How this page came about",
        "Written by esperance, which computes energies and forces of molecules from learned functions.",
        report::program().into_iter().chain([time]),
    )
}
