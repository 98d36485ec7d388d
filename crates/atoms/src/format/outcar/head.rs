//! The head of an OUTCAR: which species there are, how many atoms of each, how long electrons may take.

use std::sync::Arc;

use ground::{Error, Result};

/// More atoms than these are a slip, and would be room asked for nothing.
const MOST: usize = 100_000_000;

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// From `TITEL  = PAW_PBE Al_pv 04Jan2001`.
    titles: Vec<String>,
    /// From `VRHFIN =Al: s2p1`.
    elements: Vec<String>,
    /// From `POTCAR:    PAW_PBE Al 04Jan2001`, printed twice for each.
    potcars: Vec<String>,
    /// From `ions per type =   32`.
    counts: Vec<usize>,
    /// `NIONS`.
    ions: Option<usize>,
    /// The most electronic iterations.
    pub(super) nelm: Option<usize>,
    /// The change of the energy at which electrons have converged, eV.
    pub(super) ediff: Option<f64>,
    /// Names of the species, once types are known.
    pub(super) species: Vec<String>,
    types: Option<Arc<[u32]>>,
}

impl Head {
    /// Reads a line that begins with `text`.
    pub(super) fn line(&mut self, text: &str) -> Result<()> {
        let name = |word: Option<&str>| word.and_then(element).map(str::to_owned);
        if let Some(rest) = text.strip_prefix("TITEL") {
            self.titles.extend(name(rest.split_whitespace().nth(2)));
        } else if let Some(rest) = text.strip_prefix("VRHFIN =") {
            self.elements.extend(name(rest.split(':').next()));
        } else if let Some(rest) = text.strip_prefix("POTCAR:") {
            self.potcars.extend(name(rest.split_whitespace().nth(1)));
        } else if let Some(rest) = text.strip_prefix("ions per type =") {
            self.count(rest)?;
        } else if let Some(rest) = text.strip_prefix("NELM")
            && let Some(rest) = rest.trim_start().strip_prefix('=')
            && self.nelm.is_none()
        {
            let end = rest.find(';').unwrap_or(rest.len());
            self.nelm = rest[..end].split_whitespace().next().and_then(|n| n.parse().ok());
        } else if let Some(rest) = text.strip_prefix("EDIFF")
            && let Some(rest) = rest.trim_start().strip_prefix('=')
        {
            self.ediff = rest.split_whitespace().next().and_then(|n| n.parse().ok());
        } else if let Some((_, rest)) = text.split_once("NIONS =")
            && self.ions.is_none()
        {
            self.ions = rest.split_whitespace().next().and_then(|n| n.parse().ok());
        }
        Ok(())
    }

    fn count(&mut self, rest: &str) -> Result<()> {
        let counts: Option<Vec<usize>> = rest.split_whitespace().map(|n| n.parse().ok()).collect();
        let counts = counts.filter(|counts| {
            !counts.is_empty()
                && counts
                    .iter()
                    .try_fold(0_usize, |s, n| s.checked_add(*n))
                    .is_some_and(|all| all <= MOST)
        });
        let counts = counts
            .ok_or_else(|| Error::input("", format!("`{}` are no counts of atoms", rest.trim())))?;
        if !self.counts.is_empty() && self.counts != counts {
            let found = "the counts of atoms are not those printed before";
            return Err(Error::input("", found).allowed("Two runs in one file: split it"));
        }
        self.counts = counts;
        Ok(())
    }

    /// How many atoms there are.
    pub(super) fn atoms(&self) -> Result<usize> {
        if self.counts.is_empty() {
            return Err(Error::input("", "atoms are printed before the line `ions per type`")
                .allowed("The head of the file is missing"));
        }
        Ok(self.counts.iter().sum())
    }

    /// The type of each atom.
    pub(super) fn types(&mut self) -> Result<Arc<[u32]>> {
        if let Some(types) = &self.types {
            return Ok(Arc::clone(types));
        }
        let n = self.counts.len();
        let atoms: usize = self.counts.iter().sum();
        if let Some(ions) = self.ions.filter(|ions| *ions != atoms) {
            let found =
                format!("the counts `ions per type` are {atoms} atoms, and NIONS is {ions}");
            return Err(Error::input("", found)
                .allowed("VASP before 6.3 cuts that line for many species; try vasprun.xml"));
        }
        let (once, again) = self.potcars.split_at(self.potcars.len() / 2);
        let potcars = if once == again { once } else { &self.potcars };
        let all: [&[String]; 3] = [&self.titles, &self.elements, potcars];
        let names = all.into_iter().find(|names| names.len() == n).ok_or_else(|| {
            let most = all.iter().map(|names| names.len()).max().unwrap_or(0);
            Error::input("", format!("there are {n} counts of atoms, and {most} species are named"))
                .allowed("The line `ions per type` and the lines TITEL must agree; try vasprun.xml")
        })?;
        let names = names.to_vec();
        let mut types = Vec::new();
        for (name, &count) in names.iter().zip(&self.counts) {
            let at = self.species.iter().position(|known| known == name).unwrap_or_else(|| {
                self.species.push(name.clone());
                self.species.len() - 1
            });
            types.extend(std::iter::repeat_n(u32::try_from(at).unwrap_or(u32::MAX), count));
        }
        let types: Arc<[u32]> = types.into();
        self.types = Some(Arc::clone(&types));
        Ok(types)
    }
}

/// `Al` of `Al_pv`, `Cr` of `Cr `, `H` of `H1.25`.
fn element(word: &str) -> Option<&str> {
    let word = word.trim();
    let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
    (end > 0).then_some(&word[..end])
}
