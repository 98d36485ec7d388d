"""A Deep Potential from frames: trained, compared with what it never saw, and asked by ASE about a crystal.

The frames are crystals, melts and compressed melts of two Lennard-Jones species, 32 atoms each, with exact
energies, forces and virials; a fifth is held out of the training. [ZHW18]

    python potential.py            # half a minute
    python potential.py --quick    # fewer iterations
    python potential.py --save     # leaves model.dp, which DeePMD-kit reads
"""

# pyright: basic
from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

import esperance as es

DATA = Path(__file__).parents[2] / "cases" / "atoms" / "data" / "lennard-jones.xyz"


def crystal(potential: es.Potential, frame: es.Frame) -> None:
    """A warm frame is brought to rest by ASE; then its volume and its bulk modulus, from a curve E(V)."""
    try:
        from ase.eos import EquationOfState
        from ase.optimize import LBFGS
        from ase.units import GPa
    except ImportError:
        print("crystal     left out, it needs ASE: pip install ase")
        return
    atoms = frame.to_ase()
    atoms.calc = potential.calculator()
    n, before = len(atoms), atoms.get_potential_energy()
    LBFGS(atoms, logfile=os.devnull).run(fmax=0.01, steps=200)
    largest = np.abs(atoms.get_forces()).max()
    gained = 1000.0 * (before - atoms.get_potential_energy()) / n
    print(f"crystal     at rest, largest force {largest:.1e} eV/Å, {gained:.1f} meV an atom below its start")

    volumes: list[float] = []
    energies: list[float] = []
    cell = atoms.cell.copy()
    for stretch in np.linspace(0.98, 1.02, 7):
        atoms.set_cell(cell * stretch, scale_atoms=True)
        volumes.append(atoms.get_volume() / n)
        energies.append(atoms.get_potential_energy() / n)
    volume, energy, modulus = EquationOfState(volumes, energies).fit()
    print(f"            {energy:.3f} eV and {volume:.2f} Å³ an atom, bulk modulus {modulus / GPa:.0f} GPa")


def main() -> None:
    frames = es.read(DATA)
    print(frames)

    training = es.train(
        frames,
        held_out=0.2,
        cutoff=4.5,
        smooth_from=3.0,
        weights={"virial": {"from": 0.02, "to": 1.0}},
        embedding=[8, 16],
        axis=4,
        fitting=[24, 24],
        iterations=1000 if "--quick" in sys.argv else 8000,
        seed=1,
    )
    print(f"force RMSE  {training.answer} eV/Å on frames that were held out, {training.verdict}")

    potential = training.potential
    print(potential)
    found = potential(frames)
    # Frames are independent, atoms of one frame are not: the error is that of a mean over frames.
    squares = ((found.forces - frames.forces) ** 2).mean(axis=(1, 2))
    rmse = float(np.sqrt(squares.mean()))
    error = float(squares.std(ddof=1) / np.sqrt(len(squares)) / (2.0 * rmse))
    off = 1000.0 * (np.abs(found.energy - frames.energies) / len(frames[0])).mean()
    print(f"all frames  force RMSE {es.Estimate(rmse, error)} eV/Å, mean |ΔE|/N {off:.1f} meV")
    one = found[0]
    rest = one.atomic_energies.sum() - one.energy
    print(f"invariance  Σ E_i − E = {rest:.1e} eV, Σ F = {np.abs(one.forces.sum(axis=0)).max():.1e} eV/Å")

    crystal(potential, frames[0])
    if "--save" in sys.argv:
        potential.save("model.dp")


if __name__ == "__main__":
    main()
