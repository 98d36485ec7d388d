//! The names of units that files are written in.

use ground::units::{BOHR, GPA, HARTREE, KCAL_PER_MOL, KILOBAR, KJ_PER_MOL, RYDBERG};
use ground::{Error, Result};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    Energy,
    Force,
    Stress,
}

/// What a number in this unit is multiplied by to be in eV, eV/Å or eV/Å³.
pub(super) fn factor(unit: &str, quantity: Quantity) -> Result<f64> {
    let word = unit.to_ascii_lowercase().replace("angstrom", "a").replace("ang", "a");
    let word = word.replace('å', "a").replace("a.u.", "au").replace("electronvolt", "ev");
    let energy = |word: &str| {
        Some(match word {
            "ev" => 1.0,
            "mev" => 1e-3,
            "hartree" | "ha" | "au" | "eh" => HARTREE,
            "rydberg" | "ry" => RYDBERG,
            "kcal/mol" => KCAL_PER_MOL,
            "kj/mol" => KJ_PER_MOL,
            _ => return None,
        })
    };
    let length = |word: &str| match word {
        "a" => Some(1.0),
        "bohr" | "au" => Some(BOHR),
        _ => None,
    };
    let found = match quantity {
        Quantity::Energy => energy(&word),
        Quantity::Force if word == "au" => Some(HARTREE / BOHR),
        Quantity::Force => word.rsplit_once('/').and_then(|(e, l)| Some(energy(e)? / length(l)?)),
        Quantity::Stress => match word.as_str() {
            "gpa" => Some(GPA),
            "kbar" | "kb" => Some(KILOBAR),
            "bar" => Some(1e-3 * KILOBAR),
            "au" => Some(HARTREE / BOHR.powi(3)),
            _ => word.rsplit_once('/').and_then(|(e, v)| {
                let length = length(v.strip_suffix("^3").or_else(|| v.strip_suffix("**3"))?)?;
                Some(energy(e)? / length.powi(3))
            }),
        },
    };
    found.ok_or_else(|| {
        let allowed = match quantity {
            Quantity::Energy => "Energies in eV, meV, hartree, rydberg, kcal/mol or kJ/mol",
            Quantity::Force => "Forces in an energy over angstrom or bohr, such as eV/angstrom",
            Quantity::Stress => "Stress in eV/angstrom^3, hartree/bohr^3, GPa, kbar or bar",
        };
        Error::input("", format!("the unit `{unit}` is not known")).allowed(allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_units() {
        let of = |unit, quantity| factor(unit, quantity).unwrap();
        assert_eq!(of("eV", Quantity::Energy), 1.0);
        assert_eq!(of("Hartree", Quantity::Energy), HARTREE);
        assert!((of("kcal/mol", Quantity::Energy) - 0.043_364_104).abs() < 1e-9);
        assert_eq!(of("eV/Angstrom", Quantity::Force), 1.0);
        assert!((of("hartree/bohr", Quantity::Force) - 51.422_067).abs() < 1e-6);
        assert!((of("Ry/bohr", Quantity::Force) - 25.711_033_6).abs() < 1e-6);
        assert!((of("kcal/mol/angstrom", Quantity::Force) - 0.043_364_104).abs() < 1e-9);
        assert!((of("GPa", Quantity::Stress) * 160.217_663_4 - 1.0).abs() < 1e-12);
        assert_eq!(of("eV/Angstrom^3", Quantity::Stress), 1.0);
        assert!((of("au/bohr^3", Quantity::Stress) - 183.631_6).abs() < 1e-3);
        assert!(factor("furlong", Quantity::Stress).is_err());
    }
}
