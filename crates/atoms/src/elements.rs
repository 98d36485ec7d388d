//! The elements: their symbols, in order of nuclear charge, and the masses of their atoms.
//!
//! Masses are the conventional atomic weights of IUPAC in u; for elements without stable isotopes, of
//! the longest-lived one.

/// A gram per cm³ in u/Å³ is 1/this: 1.66053906892·10⁻²⁴ g over 10⁻²⁴ cm³ (CODATA 2022).
pub const GRAMS_PER_CM3: f64 = 1.660_539_068_92;

/// Symbol and mass of each.
pub const ELEMENTS: [(&str, f64); 118] = [
    ("H", 1.008),
    ("He", 4.002_602),
    ("Li", 6.94),
    ("Be", 9.012_183),
    ("B", 10.81),
    ("C", 12.011),
    ("N", 14.007),
    ("O", 15.999),
    ("F", 18.998_403),
    ("Ne", 20.179_7),
    ("Na", 22.989_769),
    ("Mg", 24.305),
    ("Al", 26.981_538),
    ("Si", 28.085),
    ("P", 30.973_762),
    ("S", 32.06),
    ("Cl", 35.45),
    ("Ar", 39.948),
    ("K", 39.098_3),
    ("Ca", 40.078),
    ("Sc", 44.955_908),
    ("Ti", 47.867),
    ("V", 50.941_5),
    ("Cr", 51.996_1),
    ("Mn", 54.938_044),
    ("Fe", 55.845),
    ("Co", 58.933_194),
    ("Ni", 58.693_4),
    ("Cu", 63.546),
    ("Zn", 65.38),
    ("Ga", 69.723),
    ("Ge", 72.63),
    ("As", 74.921_595),
    ("Se", 78.971),
    ("Br", 79.904),
    ("Kr", 83.798),
    ("Rb", 85.467_8),
    ("Sr", 87.62),
    ("Y", 88.905_84),
    ("Zr", 91.224),
    ("Nb", 92.906_37),
    ("Mo", 95.95),
    ("Tc", 97.907_21),
    ("Ru", 101.07),
    ("Rh", 102.905_5),
    ("Pd", 106.42),
    ("Ag", 107.868_2),
    ("Cd", 112.414),
    ("In", 114.818),
    ("Sn", 118.71),
    ("Sb", 121.76),
    ("Te", 127.6),
    ("I", 126.904_47),
    ("Xe", 131.293),
    ("Cs", 132.905_452),
    ("Ba", 137.327),
    ("La", 138.905_47),
    ("Ce", 140.116),
    ("Pr", 140.907_66),
    ("Nd", 144.242),
    ("Pm", 144.912_76),
    ("Sm", 150.36),
    ("Eu", 151.964),
    ("Gd", 157.25),
    ("Tb", 158.925_35),
    ("Dy", 162.5),
    ("Ho", 164.930_33),
    ("Er", 167.259),
    ("Tm", 168.934_22),
    ("Yb", 173.054),
    ("Lu", 174.966_8),
    ("Hf", 178.49),
    ("Ta", 180.947_88),
    ("W", 183.84),
    ("Re", 186.207),
    ("Os", 190.23),
    ("Ir", 192.217),
    ("Pt", 195.084),
    ("Au", 196.966_569),
    ("Hg", 200.592),
    ("Tl", 204.38),
    ("Pb", 207.2),
    ("Bi", 208.980_4),
    ("Po", 208.982_43),
    ("At", 209.987_15),
    ("Rn", 222.017_58),
    ("Fr", 223.019_74),
    ("Ra", 226.025_41),
    ("Ac", 227.027_75),
    ("Th", 232.037_7),
    ("Pa", 231.035_88),
    ("U", 238.028_91),
    ("Np", 237.048_17),
    ("Pu", 244.064_21),
    ("Am", 243.061_38),
    ("Cm", 247.070_35),
    ("Bk", 247.070_31),
    ("Cf", 251.079_59),
    ("Es", 252.083),
    ("Fm", 257.095_11),
    ("Md", 258.098_43),
    ("No", 259.101),
    ("Lr", 262.11),
    ("Rf", 267.122),
    ("Db", 268.126),
    ("Sg", 271.134),
    ("Bh", 270.133),
    ("Hs", 269.133_8),
    ("Mt", 278.156),
    ("Ds", 281.165),
    ("Rg", 281.166),
    ("Cn", 285.177),
    ("Nh", 286.182),
    ("Fl", 289.19),
    ("Mc", 289.194),
    ("Lv", 293.204),
    ("Ts", 293.208),
    ("Og", 294.214),
];

/// The nuclear charge of a symbol: 8 of `O`.
pub fn charge(symbol: &str) -> Option<usize> {
    ELEMENTS.iter().position(|(name, _)| *name == symbol).map(|at| at + 1)
}

/// The symbol of a nuclear charge: `O` of 8.
pub fn symbol(charge: usize) -> Option<&'static str> {
    ELEMENTS.get(charge.checked_sub(1)?).map(|(name, _)| *name)
}

/// The mass of an atom of a symbol, u.
pub fn mass(symbol: &str) -> Option<f64> {
    ELEMENTS.get(charge(symbol)? - 1).map(|(_, mass)| *mass)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_elements() {
        assert_eq!((charge("H"), charge("O"), charge("Al")), (Some(1), Some(8), Some(13)));
        assert_eq!((symbol(79), symbol(0), symbol(119)), (Some("Au"), None, None));
        assert!((mass("O").unwrap() - 15.999).abs() < 1e-9 && mass("Type_0").is_none());
    }
}
