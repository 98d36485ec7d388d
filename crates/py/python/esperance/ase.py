"""ASE: potentials as calculators, frames from and to ``ase.Atoms``. Import it where ASE is installed.

The stress of ASE is positive under tension: σ = −Ξ/V, six numbers xx, yy, zz, yz, xz, xy, eV/Å³.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator as Base
from ase.calculators.calculator import all_changes
from ase.calculators.singlepoint import SinglePointCalculator
from ase.data import atomic_numbers, chemical_symbols

from ._arrays import floats
from ._esperance import InputError
from ._optional import warned
from .frame import Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._arrays import Array
    from .potential import Potential

#: Room between images along a direction that is not periodic, in cutoffs.
_ROOM = 1.01


class Calculator(Base):
    """A potential as ASE asks it: ``atoms.calc = potential.calculator()``.

    Energy, free energy (the same), atomic energies, forces and, where there is a volume, stress; the
    virial too, eV, with ``get_virial``. Directions that are not periodic are free space, whatever the
    cell says of them. Atoms that have not changed are not computed again.

    Parameters
    ----------
    potential : Potential
        Of several models the first is asked.
    species : dict, optional
        Which species of the model an element is, where their names differ.
    """

    name = "esperance"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]
    implemented_properties: list[str] = ["energy", "free_energy", "energies", "forces", "stress"]
    #: What the energy does not depend on.
    ignored_changes: set[str] = {"initial_charges", "initial_magmoms"}

    def __init__(self, potential: Potential, species: dict[str, str] | None = None) -> None:
        cast(Any, super()).__init__()
        self.potential = potential
        self._species = dict(species or {})
        unknown = next((name for name in self._species.values() if name not in potential.species), None)
        if unknown is not None:
            raise InputError(
                f"species: the model knows no `{unknown}`. It knows {', '.join(potential.species)}."
            )
        known = {name: k for k, name in enumerate(potential.species)}
        # The type of each atomic number, −1 where there is none.
        self._types: NDArray[np.int64] = np.full(len(chemical_symbols), -1)
        for number, element in enumerate(chemical_symbols):
            self._types[number] = known.get(self._species.get(element, element), -1)

    def calculate(
        self, atoms: Any = None, properties: list[str] | None = None, system_changes: list[str] = all_changes
    ) -> None:
        """Computes everything for these atoms; what is asked for makes no difference."""
        cast(Any, super()).calculate(atoms, properties or ["energy"], system_changes)
        now = cast(Any, self).atoms
        types = self._types[now.numbers]
        if (types < 0).any():
            # Says which, and what is known.
            self.potential.types(
                [self._species.get(name, name) for name in cast("list[str]", now.get_chemical_symbols())]
            )
        cell = around(now, self.potential.cutoff)
        found = cast(Any, self.potential.evaluate(types, now.positions, cell))
        self.results: dict[str, Any] = {
            "energy": found.energy,
            "free_energy": found.energy,
            "energies": found.atomic_energies,
            "forces": found.forces,
            "virial": found.virial,
        }
        if now.cell.rank == 3:
            self.results["stress"] = voigt(-found.virial / now.cell.volume)

    def get_virial(self, atoms: Any = None) -> Array:
        """Ξ = −∂E/∂ε, eV, (3, 3): positive when compressed."""
        cast(Any, self).get_property("energy", atoms)
        return self.results["virial"].copy()


def voigt(stress: Array) -> Array:
    """Six numbers of a symmetric tensor: xx, yy, zz, yz, xz, xy."""
    symmetric: Array = 0.5 * (stress + np.transpose(stress))
    return symmetric[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]


def around(atoms: Any, cutoff: float) -> Array | None:
    """A cell that is periodic where the atoms are, and so wide elsewhere that images do not meet.

    None where no direction is periodic.
    """
    periodic = [k for k in range(3) if atoms.pbc[k]]
    if not periodic:
        return None
    cell: Array = np.array(atoms.cell)
    if len(periodic) == 3:
        return cell
    rows = cell[periodic]
    _, sizes, axes = cast("tuple[Array, Array, Array]", np.linalg.svd(rows))
    if sizes.min() <= 1e-10 * sizes.max():
        raise InputError(
            f"cell: the atoms are periodic along {len(rows)} vectors that do not span as many directions. "
            "Set atoms.cell, or atoms.pbc = False for free space."
        )
    free = axes[len(rows) :]  # perpendicular to what is periodic
    along: Array = atoms.positions @ np.transpose(free)
    cell[[k for k in range(3) if k not in periodic]] = (np.ptp(along, axis=0) + _ROOM * cutoff)[:, None] * free
    return cell


def frame_of(atoms: Any) -> Frame:
    """A frame of ``ase.Atoms``, with what its calculator has computed for these atoms."""
    if not isinstance(atoms, Atoms):
        raise InputError(f"atoms: this is of the type {type(atoms).__name__}. ase.Atoms, or a list of them.")
    given = cast(Any, atoms)
    periodic = sum(bool(one) for one in given.pbc)
    cell: Array | None = np.array(given.cell) if periodic else None
    if cell is not None and periodic < 3:
        if given.cell.rank < 3:
            raise InputError(
                "atoms: they are periodic in some directions and have no cell in others. A frame is periodic "
                "in all or in none: atoms.center(vacuum=…, axis=…) makes room."
            )
        warned("atoms periodic in some directions are taken as periodic in all, as their cell says")
    results = _results(given)
    said, stress = given.info.get("virial"), results.get("stress")
    virial: Array | None = None if said is None else np.reshape(floats("virial", said), (3, 3))
    if stress is not None and given.cell.rank == 3:
        virial = -given.cell.volume * _full(floats("stress", stress))
    return Frame(
        tuple([chemical_symbols[number] for number in cast("list[int]", given.numbers.tolist())]),
        np.array(given.positions),
        cell,
        energy=results.get("energy"),
        forces=results.get("forces"),
        virial=virial,
        atomic_energies=results.get("energies"),
    )


def _results(atoms: Any) -> dict[str, Any]:
    """What the calculator of atoms has computed, for these atoms and no others."""
    calculator = atoms.calc
    results = getattr(calculator, "results", None)
    if not results or calculator.check_state(atoms):
        return {}
    return {name: value for name, value in results.items() if value is not None}


def _full(stress: Array) -> Array:
    """The matrix of six numbers xx, yy, zz, yz, xz, xy."""
    return stress[[[0, 5, 4], [5, 1, 3], [4, 3, 2]]] if stress.shape == (6,) else np.reshape(stress, (3, 3))


def atoms_of(frame: Frame) -> Any:
    """``ase.Atoms`` of a frame, its labels in a ``SinglePointCalculator``.

    A virial in free space, where there is no stress, is ``atoms.info["virial"]``.
    """
    unknown = next((name for name in frame.names if name not in atomic_numbers), None)
    if unknown is not None:
        raise InputError(f"symbols: `{unknown}` is no element, and ASE has atoms of elements alone.")
    made = cast(
        Any, Atoms(frame.symbols, positions=frame.positions, cell=frame.cell, pbc=frame.cell is not None)
    )
    labels: dict[str, Any] = {
        "energy": frame.energy,
        "forces": frame.forces,
        "energies": frame.atomic_energies,
    }
    if frame.virial is not None and frame.cell is not None:
        labels["stress"] = voigt(-frame.virial / made.cell.volume)
    elif frame.virial is not None:
        made.info["virial"] = np.array(frame.virial)
    known = {name: value for name, value in labels.items() if value is not None}
    if known:
        made.calc = SinglePointCalculator(made, **known)
    return made
