"""The calculator of ASE: its tools work unchanged, and DeePMD-kit's calculator says the same."""

from __future__ import annotations

import json
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ase")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*closer than any in the training data"),
    pytest.mark.filterwarnings("ignore:.*more neighbours than the model's sel"),
    pytest.mark.filterwarnings("ignore:Use thermalize_momenta:DeprecationWarning"),
]

from ase import Atoms, units
from ase.build import bulk, fcc111, molecule
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.calculators.singlepoint import SinglePointCalculator
from ase.filters import FrechetCellFilter
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
from ase.md.verlet import VelocityVerlet
from ase.optimize import BFGS
from ase.phonons import Phonons

from esperance import EsperanceWarning, InputError
from esperance.atoms import Frames
from esperance.frame import Frame
from esperance.solving import solve

# ---- frames


def test_frames_go_to_ase_and_come_back(frames):
    some = frames[:3]
    all_of = some.to_ase()
    atoms, frame = all_of[0], some[0]
    assert atoms.get_chemical_symbols() == frame.symbols and atoms.pbc.all()
    assert atoms.get_potential_energy() == frame.energy and np.array_equal(atoms.get_forces(), frame.forces)
    due = -frame.virial / frame.volume
    assert np.allclose(atoms.get_stress(), [due[0, 0], due[1, 1], due[2, 2], due[1, 2], due[0, 2], due[0, 1]])
    again = Frames.from_ase(all_of)
    for part in ("positions", "cells", "energies", "forces"):
        assert np.array_equal(getattr(again, part), getattr(some, part)), part
    assert np.allclose(again.virials, some.virials, rtol=1e-12) and again.species == some.species


def test_free_space_and_labels_that_are_old():
    frame = Frame(
        ["O", "H", "H"], molecule("H2O").positions, energy=-1.0, virial=np.eye(3), atomic_energies=[1, 2, 3]
    )
    atoms = frame.to_ase()
    assert not atoms.pbc.any() and "stress" not in atoms.calc.results
    again = Frame.from_ase(atoms)
    assert again.cell is None and again.virial[1, 1] == 1 and again.atomic_energies[2] == 3
    atoms.positions[0, 0] += 0.1
    assert Frame.from_ase(atoms).energy is None  # that of other positions
    with pytest.raises(InputError, match="`Type_0` is no element"):
        Frame(["Type_0"], [[0, 0, 0]]).to_ase()
    with pytest.raises(InputError, match="this is of the type int. ase.Atoms"):
        Frame.from_ase(3)


def test_frames_that_are_partly_periodic():
    slab = fcc111("Cu", (2, 2, 2), vacuum=8.0)
    with pytest.warns(EsperanceWarning, match="periodic in all"):
        assert Frame.from_ase(slab).cell is not None
    with pytest.raises(InputError, match="periodic in some directions and have no cell in others"):
        Frame.from_ase(fcc111("Cu", (2, 2, 2)))
    stressed = bulk("Cu")
    stressed.calc = SinglePointCalculator(stressed, stress=np.diag([1.0, 2.0, 3.0]))
    assert Frame.from_ase(stressed).virial[2, 2] == pytest.approx(-3 * stressed.get_volume())


# ---- the calculator


@pytest.fixture
def crystal(potential):
    atoms = bulk("Cu", "fcc", a=4.0, cubic=True)
    atoms.symbols[:2] = "Ag"
    atoms.calc = potential.calculator()
    return atoms


@pytest.fixture
def melt(potential, frames):
    atoms = frames[0].to_ase()
    atoms.calc = potential.calculator()
    return atoms


def test_the_calculator_says_what_the_potential_says(potential, frames, melt):
    due = potential(frames[0])
    assert melt.get_potential_energy() == due.energy == melt.get_potential_energy(force_consistent=True)
    assert np.array_equal(melt.get_forces(), due.forces)
    assert np.array_equal(melt.get_potential_energies(), due.atomic_energies)
    assert np.array_equal(melt.calc.get_virial(melt), due.virial)
    assert np.allclose(melt.get_stress(voigt=False), -due.virial / frames[0].volume, atol=1e-14)


def test_forces_and_stress_are_slopes(melt):
    some = [0, 7, 31]
    slopes = calculate_numerical_forces(melt, eps=1e-4, iatoms=some)
    assert np.allclose(melt.get_forces()[some], slopes, atol=1e-5)
    assert np.allclose(melt.get_stress(), calculate_numerical_stress(melt, eps=1e-5), atol=1e-7)


def test_what_has_not_changed_is_not_computed_again(melt):
    calculator, count = melt.calc, []
    inner = calculator.potential.evaluate
    calculator.potential = type(
        "Counted", (), {"cutoff": 4.5, "evaluate": lambda _, *a: count.append(1) or inner(*a)}
    )()
    melt.get_potential_energy(), melt.get_forces(), melt.get_stress(), calculator.get_virial(melt)
    melt.set_initial_charges(np.ones(len(melt)))
    melt.get_forces()
    assert len(count) == 1
    for change in (
        lambda: melt.positions.__setitem__((0, 0), 0.3),
        lambda: melt.set_cell(melt.cell * 1.01),
        lambda: melt.symbols.__setitem__(0, "Cu"),
        lambda: melt.set_pbc(False),
    ):
        change()
        melt.get_forces(), melt.get_potential_energy()
    assert len(count) == 5


def test_relaxation_of_cell_and_positions(crystal):
    crystal.rattle(0.1, seed=1)
    before = crystal.get_potential_energy()
    assert BFGS(FrechetCellFilter(crystal), logfile=None).run(fmax=1e-3, steps=300)
    assert crystal.get_potential_energy() < before
    assert abs(crystal.get_forces()).max() < 1e-3 and abs(crystal.get_stress()).max() < 1e-4


def test_elastic_constants_are_the_curvature_of_the_energy(crystal):
    BFGS(FrechetCellFilter(crystal), logfile=None).run(fmax=1e-5, steps=300)
    cell, volume, h = crystal.cell.copy(), crystal.get_volume(), 1e-3
    stresses, energies = np.zeros((2, 6)), [crystal.get_potential_energy()]
    for k, sign in enumerate((1, -1)):
        strain = np.eye(3)
        strain[0, 0] += sign * h
        crystal.set_cell(cell @ strain, scale_atoms=True)
        stresses[k], _ = crystal.get_stress(), energies.append(crystal.get_potential_energy())
    c11 = (stresses[0, 0] - stresses[1, 0]) / (2 * h)
    curvature = (energies[1] - 2 * energies[0] + energies[2]) / h**2 / volume
    assert c11 > 0 and c11 == pytest.approx(curvature, rel=2e-3)


def test_phonons_of_a_relaxed_crystal(crystal, tmp_path):
    BFGS(FrechetCellFilter(crystal), logfile=None).run(fmax=1e-5, steps=300)
    phonons = Phonons(crystal, crystal.calc, supercell=(2, 2, 2), delta=0.01, name=str(tmp_path / "phonons"))
    phonons.run()
    phonons.read(acoustic=True)
    omega = phonons.band_structure([[0, 0, 0], [0.25, 0.1, 0]])
    assert omega.shape == (2, 12)
    # Translations cost nothing: ω² vanishes to the error of the differences.
    assert (omega[0][:3] ** 2).max() < 1e-4 * (omega**2).max()
    # The force constants are symmetric, as second derivatives are.
    assert np.allclose(phonons.D_N[0], phonons.D_N[0].T, atol=1e-3 * abs(phonons.D_N).max())


def test_energy_is_conserved_to_second_order(potential, melt):
    """NVE at 300 K, 200 fs: the energy stays within 0.1 meV an atom at 2 fs, and errors fall as dt²."""
    BFGS(melt, logfile=None).run(fmax=0.05, steps=200)
    MaxwellBoltzmannDistribution(melt, temperature_K=300, rng=np.random.default_rng(1))
    Stationary(melt)
    spans = []
    for step in (2.0, 1.0):
        atoms = melt.copy()
        atoms.calc = potential.calculator()
        energies: list[float] = []
        dynamics = VelocityVerlet(atoms, step * units.fs)
        dynamics.attach(lambda a=atoms, e=energies: e.append(a.get_total_energy()))
        dynamics.run(round(200 / step))
        spans.append(np.ptp(energies) / len(atoms))
    print(f"NVE: {1e3 * spans[0]:.3f} meV an atom at 2 fs, {1e3 * spans[1]:.3f} at 1 fs")
    assert spans[0] < 1e-4 and 3.0 < spans[0] / spans[1] < 5.0


def test_directions_that_are_not_periodic_are_free_space(potential):
    """A slab and a chain without a cell across are those with room across, and a cluster has no box."""
    slab = fcc111("Cu", (2, 2, 3), a=4.0)
    slab.calc = potential.calculator()
    slab.rattle(0.05, seed=2)
    roomy = slab.copy()
    roomy.center(vacuum=5.0, axis=2)
    roomy.pbc = True
    roomy.calc = potential.calculator()
    assert slab.get_potential_energy() == pytest.approx(roomy.get_potential_energy(), abs=1e-10)
    assert np.allclose(slab.get_forces(), roomy.get_forces(), atol=1e-10)
    with pytest.raises(PropertyNotImplementedError):
        slab.get_stress()
    tight = roomy.copy()  # in a cell that is too small across, which is not periodic
    tight.cell[2, 2], tight.pbc, tight.calc = 4.0, (True, True, False), potential.calculator()
    assert np.allclose(tight.get_forces(), roomy.get_forces(), atol=1e-10)
    chain = Atoms("AgCu", [[0, 0, 0], [2.6, 0.3, 0]], cell=[5.4, 0, 0], pbc=(True, False, False))
    wide = Atoms("AgCu", chain.positions, cell=[5.4, 20, 20], pbc=True)
    cluster = Atoms("AgCu", chain.positions, cell=[3, 3, 3], pbc=False)
    alone = Atoms("AgCu", chain.positions, cell=[40, 40, 40], pbc=True)
    for atoms in (chain, wide, cluster, alone):
        atoms.calc = potential.calculator()
    assert np.allclose(chain.get_forces(), wide.get_forces(), atol=1e-10)
    assert np.allclose(cluster.get_forces(), alone.get_forces(), atol=1e-10)
    chain.cell = np.zeros((3, 3))
    with pytest.raises(InputError, match="span"):
        chain.get_forces()


def test_elements_the_model_does_not_know(potential):
    water = molecule("H2O")
    water.calc = potential.calculator()
    with pytest.raises(InputError, match="unknown species `O`.*Known here: Ag, Cu"):
        water.get_potential_energy()
    renamed = molecule("H2O")
    renamed.calc = potential.calculator(species={"O": "Ag", "H": "Cu"})
    assert renamed.get_potential_energy() == potential.evaluate(["Ag", "Cu", "Cu"], renamed.positions).energy
    with pytest.raises(InputError, match="species: the model knows no `Au`"):
        potential.calculator(species={"O": "Au"})


def test_calculators_are_pickled(melt):
    again = pickle.loads(pickle.dumps(melt.calc))
    atoms = melt.copy()
    atoms.calc = again
    assert np.array_equal(atoms.get_forces(), melt.get_forces())


# ---- the other program

THEIRS = """
import json, os, sys
for name in ("OMP_NUM_THREADS", "DP_INTRA_OP_PARALLELISM_THREADS", "DP_INTER_OP_PARALLELISM_THREADS"):
    os.environ[name] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
folder, ase = sys.argv[1:]
sys.path.append(ase)
from ase.io import read
from deepmd.calculator import DP
from deepmd.main import main
main(["--tf", "convert-backend", f"{folder}/model.dp", f"{folder}/model.pb"])
calculator = DP(f"{folder}/model.pb")
found = []
for atoms in read(f"{folder}/frames.json", ":"):
    atoms.calc = calculator
    found.append({"energy": atoms.get_potential_energy(), "forces": atoms.get_forces().tolist()})
    if atoms.pbc.all():
        found[-1]["stress"] = atoms.get_stress().tolist()
json.dump(found, open(f"{folder}/theirs.json", "w"))
"""


def test_deepmd_kit_says_the_same(frames, deepmd: Path, tmp_path):
    """The calculators of both programs on one model in double precision: to 1e-10 eV, eV/Å and eV/Å³."""
    import ase
    from ase.io import write

    short = {"precision": "f64", "iterations": 200, "progress": False, "run.look": 4}
    potential = solve("lennard-jones", quick=True, seed=1, **short).potential
    potential.save(tmp_path / "model.dp")
    all_of = frames[[0, 20, 59]].to_ase()
    all_of.append(Atoms("AgCuCu", [[0, 0, 0], [2.6, 0.2, 0], [0.5, 2.4, 0.8]]))
    sheared = all_of[0].copy()
    sheared.set_cell(sheared.cell @ [[1, 0.1, 0], [0, 1, 0.2], [0.05, 0, 1]], scale_atoms=True)
    all_of.append(sheared)
    for atoms in all_of:
        atoms.calc = None
    write(tmp_path / "frames.json", all_of)
    beside = Path(ase.__file__).parents[1]
    done = subprocess.run(
        [deepmd, "-c", THEIRS, tmp_path, beside], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    exact = type(potential)(tmp_path / "model.dp", table=False).calculator()
    worst = 0.0
    for atoms, due in zip(all_of, json.loads((tmp_path / "theirs.json").read_text())):
        for calculator in (potential.calculator(), exact):
            atoms.calc = calculator
            pairs = [(atoms.get_potential_energy(), due["energy"]), (atoms.get_forces(), due["forces"])]
            pairs += [(atoms.get_stress(), due["stress"])] if "stress" in due else []
            worst = max([worst, *(float(np.abs(np.subtract(*pair)).max()) for pair in pairs)])
    print(f"DeePMD-kit: {worst:.1e}")
    assert worst < 1e-10
