"""How far several potentials are apart, under the names of ``model_devi.out``. [ZGW20]

``ε_i = √⟨|F_i^k − ⟨F_i⟩|²⟩_k`` for forces, ``std_k(Ξ_ab^k/N)`` for virials, ``std_k(E^k/N)`` for energies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._esperance import InputError
from ._optional import module

if TYPE_CHECKING:
    from ._arrays import Array

#: The columns, in the order in which they are computed.
COLUMNS = ("max_devi_v", "min_devi_v", "avg_devi_v", "max_devi_f", "min_devi_f", "avg_devi_f", "devi_e")


@dataclass(frozen=True, eq=False, repr=False)
class Deviation:
    """How far potentials are apart in f frames: arrays of shape (f,)."""

    #: The largest over components of Ξ/N, eV.
    max_devi_v: Array
    #: The smallest over components of Ξ/N, eV.
    min_devi_v: Array
    #: √(Σ σ²)/3 over components of Ξ/N, eV.
    avg_devi_v: Array
    #: The largest ε of an atom, eV/Å: what chooses frames to label.
    max_devi_f: Array
    #: The smallest ε of an atom, eV/Å.
    min_devi_f: Array
    #: The mean ε of atoms, eV/Å.
    avg_devi_f: Array
    #: Of E/N, eV.
    devi_e: Array
    #: ε of every atom, eV/Å, an array (n,) a frame.
    atoms: list[Array]

    @staticmethod
    def of(rows: Sequence[tuple[Array, Array]]) -> Deviation:
        """From seven columns and the atoms of each frame."""
        import numpy as np

        table: Array = np.array([row for row, _ in rows], dtype=np.float64)
        table = np.reshape(table, (len(rows), len(COLUMNS)))
        columns = {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(COLUMNS)}
        return Deviation(**columns, atoms=[atoms for _, atoms in rows])

    @property
    def atm_devi_f(self) -> Array:
        """ε of every atom, eV/Å, (f, n), where frames have equally many."""
        import numpy as np

        sizes = sorted({len(one) for one in self.atoms})
        if len(sizes) > 1:
            raise InputError(
                f"atm_devi_f: the frames have {sizes[0]} to {sizes[-1]} atoms, which makes no one array. "
                "`atoms` has one for each frame."
            )
        return np.array(self.atoms)

    def to_pandas(self) -> Any:
        """A data frame, a row a frame. Needs pandas."""
        return module("pandas").DataFrame({name: getattr(self, name) for name in COLUMNS})

    def __len__(self) -> int:
        return len(self.atoms)

    def __repr__(self) -> str:
        if not self.atoms:
            return "Deviation(0 frames)"
        low, high = self.max_devi_f.min(), self.max_devi_f.max()
        return f"Deviation({len(self)} frames: max_devi_f {low:.3g} to {high:.3g} eV/Å)"
