//! The one unit system and its doors: Å, eV, fs, K.
//!
//! Inside, a length is in Å, an energy in eV, a time in fs, a temperature in K; so a force is in eV/Å and a
//! pressure in eV/Å³. A constant below is what one of its unit is inside: a number that comes in is
//! multiplied by it, one that goes out is divided by it.
//!
//! What the SI defines is exact [BIPM19]; what was measured is that of CODATA 2018 [TMNT21]. Numbers are
//! those to the nearest f64 or the one beside it.
//!
//! ```
//! use ground::units::{BOLTZMANN, GPA, KCAL_PER_MOL};
//! let barrier = 10.0 * KCAL_PER_MOL;
//! assert!((barrier - 0.433_641).abs() < 1e-6); // eV
//! let room = 300.0 * BOLTZMANN;
//! assert!((room - 0.025_852).abs() < 1e-6); // eV
//! let inside = 1.0; // eV/Å³
//! assert!((inside / GPA - 160.217_663).abs() < 1e-6);
//! ```

// The SI, in its own units.

/// e, in C = J/eV. Exact [BIPM19].
const ELEMENTARY_CHARGE: f64 = 1.602_176_634e-19;
/// k, in J/K. Exact [BIPM19].
const BOLTZMANN_SI: f64 = 1.380_649e-23;
/// N, in 1/mol. Exact [BIPM19].
const AVOGADRO: f64 = 6.022_140_76e23;

// Lengths, in Å.

/// 1 nm, in Å. Exact.
pub const NANOMETRE: f64 = 10.0;
/// The Bohr radius, in Å. CODATA 2018 [TMNT21]: 0.529177210903(80).
pub const BOHR: f64 = 0.529_177_210_903;

// Times, in fs.

/// 1 ps, in fs. Exact.
pub const PICOSECOND: f64 = 1000.0;

// Energies, in eV.

/// The Hartree energy, in eV. CODATA 2018 [TMNT21]: 27.211386245988(53).
pub const HARTREE: f64 = 27.211_386_245_988;
/// Half of that, in eV.
pub const RYDBERG: f64 = HARTREE / 2.0;
/// 1 kJ/mol, in eV. Exact, from e and the Avogadro constant.
pub const KJ_PER_MOL: f64 = 1e3 / (AVOGADRO * ELEMENTARY_CHARGE);
/// 1 kcal/mol, in eV: 4.184 kJ/mol, the thermochemical calorie. Exact, from e and the Avogadro constant.
pub const KCAL_PER_MOL: f64 = 4.184 * KJ_PER_MOL;

// Pressures, in eV/Å³.

/// 1 kbar = 10⁸ J/m³, in eV/Å³: 1/1602.176634. Exact, from e.
pub const KILOBAR: f64 = 1e-22 / ELEMENTARY_CHARGE;
/// 1 GPa = 10 kbar, in eV/Å³. Exact, from e.
pub const GPA: f64 = 10.0 * KILOBAR;

// Energy by temperature.

/// The Boltzmann constant, in eV/K: 8.617333262…e-5. Exact, from e and k.
pub const BOLTZMANN: f64 = BOLTZMANN_SI / ELEMENTARY_CHARGE;

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, exact: f64, to: f64) {
        assert!((found / exact - 1.0).abs() < to, "{found:e} against {exact:e}");
    }

    /// From the SI, in quotients of whole numbers where there are such.
    #[test]
    fn exact_by_the_si() {
        let unit = 2.0 * f64::EPSILON;
        near(KILOBAR, 1.0 / 1_602.176_634, unit);
        near(GPA, 1.0 / 160.217_663_4, unit);
        near(BOLTZMANN, 1_380_649.0 / 16_021_766_340.0, unit);
        // N_A e is the Faraday constant, in C/mol.
        let faraday = 6.022_140_76 * 1.602_176_634e4;
        near(KJ_PER_MOL, 1e3 / faraday, unit);
        near(KCAL_PER_MOL, 4184.0 / faraday, unit);
        near(BOLTZMANN / KJ_PER_MOL, 8.314_462_618_153_24e-3, unit);
    }

    /// As tables print them.
    #[test]
    fn exact_by_the_tables() {
        near(BOLTZMANN, 8.617_333_262e-5, 1e-10);
        near(RYDBERG, 13.605_693_122_994, 1e-14);
        near(1.0 / KJ_PER_MOL, 96.485_332_12, 1e-10);
        near(HARTREE / KCAL_PER_MOL, 627.509_474, 1e-9);
        near(HARTREE / (BOHR * BOHR * BOHR) / GPA, 29_421.015_697, 1e-9);
    }

    /// The energy and the radius are of one measurement: their product is α ħ c.
    #[test]
    fn exact_product_of_energy_and_radius() {
        let planck = 6.626_070_15e-34 / ELEMENTARY_CHARGE * 1e15; // eV fs
        let (alpha, light) = (7.297_352_569_3e-3, 2_997.924_58); // 1, Å/fs
        near(HARTREE * BOHR, alpha * planck / std::f64::consts::TAU * light, 1e-10);
    }
}
