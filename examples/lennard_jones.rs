//! Labelled frames of a binary Lennard-Jones system, as extended XYZ: the data of the case `lennard-jones`.
//!
//! 32 atoms in a periodic box, warm, molten and compressed. The potential is cut with its force at 4.5 Å:
//! V(r) − V(r_c) − (r − r_c) V'(r_c), V = 4ε((σ/r)¹² − (σ/r)⁶), σ and ε of unlike atoms by Lorentz and
//! Berthelot. So a fit of these labels can be exact up to the form, and there is nothing else to know.

#![allow(clippy::print_stdout, reason = "an example prints")]

use esperance::atoms::cell::Cell;
use esperance::atoms::format::{self, Format, Precision, Written};
use esperance::atoms::{Frames, Labels, Snapshot};
use esperance::ground::stream::Stream;
use esperance::{Error, Result};

/// Names, σ (Å), ε (eV) and masses (u).
const SPECIES: [(&str, f64, f64, f64); 2] =
    [("Cu", 2.338, 0.409, 63.5), ("Ag", 2.644, 0.345, 107.9)];
/// r_c, Å.
const CUT: f64 = 4.5;
/// Å/ps² of 1 eV/Å on 1 u.
const ACCELERATION: f64 = 9648.533;
/// k_B, eV/K.
const BOLTZMANN: f64 = 8.617_333e-5;
/// A step, ps.
const STEP: f64 = 0.002;
/// Temperatures (K) and sides of the box (Å).
const STATES: [(f64, f64); 3] = [(300.0, 7.9), (2500.0, 8.3), (1500.0, 7.7)];
/// Frames of each, so many steps apart.
const FRAMES: usize = 20;
const APART: usize = 50;

type Vec3 = [f64; 3];

/// Atoms on their way.
struct Box {
    side: f64,
    types: Vec<u32>,
    x: Vec<Vec3>,
    v: Vec<Vec3>,
}

/// Energy, forces and virial.
fn forces(at: &Box) -> (f64, Vec<Vec3>, [Vec3; 3]) {
    let n = at.x.len();
    let (mut energy, mut force, mut virial) = (0.0, vec![[0.0; 3]; n], [[0.0; 3]; 3]);
    for i in 0..n {
        for j in 0..n {
            for image in 0..27_i32 {
                let shift = [image % 3 - 1, image / 3 % 3 - 1, image / 9 - 1].map(f64::from);
                let d: Vec3 = std::array::from_fn(|k| at.x[j][k] - at.x[i][k] + at.side * shift[k]);
                let r = d.iter().map(|v| v * v).sum::<f64>().sqrt();
                if r >= CUT || r == 0.0 {
                    continue;
                }
                let [a, b] = [i, j].map(|i| SPECIES[at.types[i] as usize]);
                let (sigma, epsilon) = (0.5 * (a.1 + b.1), (a.2 * b.2).sqrt());
                let value = |r: f64| {
                    let s6 = (sigma / r).powi(6);
                    [
                        4.0 * epsilon * (s6 * s6 - s6),
                        4.0 * epsilon * (6.0 * s6 - 12.0 * s6 * s6) / r,
                    ]
                };
                let ([v, slope], [v_cut, slope_cut]) = (value(r), value(CUT));
                energy += 0.5 * (v - v_cut - (r - CUT) * slope_cut);
                for k in 0..3 {
                    let f = (slope - slope_cut) * d[k] / r;
                    force[i][k] += f;
                    for l in 0..3 {
                        virial[k][l] -= 0.5 * f * d[l];
                    }
                }
            }
        }
    }
    (energy, force, virial)
}

/// A crystal with both species in turn, its atoms moving at random.
fn crystal((temperature, side): (f64, f64), stream: &Stream) -> Box {
    let corner = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let (mut x, mut v, mut types) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..32_u32 {
        let cell = [i / 4 % 2, i / 8 % 2, i / 16].map(f64::from);
        x.push(std::array::from_fn(|k| 0.5 * side * (cell[k] + corner[i as usize % 4][k])));
        types.push(u32::from(stream.uniform(u64::from(i), 1, 0) < 0.4));
        let mass = SPECIES[types[i as usize] as usize].3;
        let wide = (BOLTZMANN * temperature / mass * ACCELERATION).sqrt();
        let normal =
            |k: usize| (0..12).map(|m| stream.uniform(u64::from(i), 2 + m, k)).sum::<f64>();
        v.push(std::array::from_fn(|k| wide * (normal(k) - 6.0)));
    }
    Box { side, types, x, v }
}

/// Velocity Verlet; the kinetic energy is kept at that of the temperature.
fn advance(at: &mut Box, temperature: f64, steps: usize) {
    let (_, mut force, _) = forces(at);
    for _ in 0..steps {
        for half in 0..2 {
            for (i, f) in force.iter().enumerate() {
                let mass = SPECIES[at.types[i] as usize].3;
                for k in 0..3 {
                    at.v[i][k] += 0.5 * STEP * f[k] * ACCELERATION / mass;
                    at.x[i][k] += if half == 0 { STEP * at.v[i][k] } else { 0.0 };
                }
            }
            if half == 0 {
                force = forces(at).1;
            }
        }
        let kinetic: f64 = (0..at.v.len())
            .map(|i| SPECIES[at.types[i] as usize].3 * at.v[i].iter().map(|v| v * v).sum::<f64>())
            .sum();
        let due = 3.0 * at.v.len() as f64 * BOLTZMANN * temperature * ACCELERATION;
        at.v.iter_mut().flatten().for_each(|v| *v *= (due / kinetic).sqrt());
    }
}

fn main() -> Result<()> {
    let mut frames = Frames {
        species: SPECIES.iter().map(|species| species.0.to_owned()).collect(),
        snapshots: Vec::new(),
    };
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(FRAMES);
    for (k, state) in STATES.into_iter().enumerate() {
        let mut at = crystal(state, &Stream::new(k as u64 + 1).child("crystal"));
        for _ in 0..count {
            advance(&mut at, state.0, APART);
            // Files hold nine digits: labels are those of what a reader finds.
            at.x.iter_mut().flatten().for_each(|x| *x = (*x * 1e5).round() * 1e-5);
            let (energy, force, virial) = forces(&at);
            let side = at.side;
            let round = |v: f64| (v * 1e6).round() * 1e-6;
            frames.snapshots.push(Snapshot {
                types: at.types.clone().into(),
                positions: at.x.clone(),
                cell: Some(Cell::new([[side, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]])?),
                labels: Labels {
                    energy: Some(round(energy)),
                    forces: Some(force.into_iter().map(|f| f.map(round)).collect()),
                    virial: Some(virial.map(|row| row.map(round))),
                    ..Labels::default()
                },
            });
        }
    }
    let (written, _) = format::write(&frames, Format::ExtXyz, Precision::Single)?;
    let Written::File(bytes) = written else { return Err(Error::bug("extended XYZ is one file")) };
    print!("{}", String::from_utf8_lossy(&bytes));
    Ok(())
}
