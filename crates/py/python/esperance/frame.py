"""A frame: a molecule or crystal at one instant, with what is known of it.

=================  =========  ======================================================
positions          (n, 3)     Å
cell               (3, 3)     Å, a lattice vector a row; None in free space
energy             float      eV
forces             (n, 3)     eV/Å, −∂E/∂x
virial             (3, 3)     eV, Ξ = −∂E/∂ε for a strain ε: positive when compressed
atomic_energies    (n,)       eV, their sum is E
=================  =========  ======================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from ._arrays import floats
from ._esperance import InputError
from ._optional import module

if TYPE_CHECKING:
    from ._arrays import Array

#: What a frame knows, in the order of its constructor.
_FIELDS = ("positions", "cell", "energy", "forces", "virial", "atomic_energies", "source")


def named(symbols: object) -> tuple[str, ...]:
    """Names of species, an atom each, from any sequence of text."""
    if isinstance(symbols, tuple):
        names = cast("tuple[object, ...]", symbols)
    elif isinstance(symbols, str) or not hasattr(symbols, "__iter__"):
        raise InputError(f"symbols: {symbols!r}. One name for each atom: ['O', 'H', 'H'].")
    else:
        names = tuple(
            cast("list[object]", cast(Any, symbols).tolist() if hasattr(symbols, "tolist") else symbols)
        )
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if wrong is not None:
        raise InputError(f"symbols: {wrong!r} is no name. One name for each atom: ['O', 'H', 'H'].")
    if not names:
        raise InputError("symbols: there are no atoms. One name for each atom: ['O', 'H', 'H'].")
    return cast("tuple[str, ...]", names)


def _seen(array: Array) -> Array:
    """The same numbers, read-only: no copy, and the array of the user stays as it is."""
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


class Frame:
    """Atoms at one instant, and what is known of them. It does not change; ``replace`` makes another.

    Arrays of float64 are not copied: a frame has read-only views of them.

    Parameters
    ----------
    symbols : sequence of str
        The species of each atom.
    positions : array of shape (n, 3)
        Å, inside the cell or not.
    cell : array of shape (3, 3), optional
        Å, a lattice vector a row, periodic in all directions; without it the atoms are in free space.
    energy : float, optional
        eV.
    forces : array of shape (n, 3), optional
        eV/Å.
    virial : array of shape (3, 3), optional
        Ξ = −∂E/∂ε, eV: positive when compressed. The stress of ASE is −Ξ/V.
    atomic_energies : array of shape (n,), optional
        eV.
    source : str
        Where it is from.

    Examples
    --------
    >>> import esperance as es
    >>> es.Frame(["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], energy=-14.2)
    Frame(OH2 in free space; energy -14.2 eV)
    """

    __slots__ = ("_symbols", *_FIELDS)

    _symbols: tuple[str, ...]
    #: Å.
    positions: Array
    #: Å; None in free space.
    cell: Array | None
    #: eV.
    energy: float | None
    #: eV/Å.
    forces: Array | None
    #: eV.
    virial: Array | None
    #: eV.
    atomic_energies: Array | None
    #: The file and the number in it, counted from 0.
    source: str

    def __init__(
        self,
        symbols: Sequence[str],
        positions: object,
        cell: object = None,
        energy: float | None = None,
        forces: object = None,
        virial: object = None,
        atomic_energies: object = None,
        source: str = "",
    ) -> None:
        names = named(symbols)
        n = len(names)

        def array(name: str, value: object, shape: tuple[int | None, ...]) -> Array | None:
            return None if value is None else _seen(floats(name, value, shape))

        values = {
            "_symbols": names,
            "positions": _seen(floats("positions", positions, (n, 3))),
            "cell": array("cell", cell, (3, 3)),
            "energy": None if energy is None else float(floats("energy", energy, ())),
            "forces": array("forces", forces, (n, 3)),
            "virial": array("virial", virial, (3, 3)),
            "atomic_energies": array("atomic_energies", atomic_energies, (n,)),
            "source": source,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a frame does not change: frame.replace({name}=…) makes another")

    def replace(self, **changes: Any) -> Frame:
        """Another frame, with these changes.

        Examples
        --------
        >>> import esperance as es
        >>> es.Frame(["H"], [[0, 0, 0]], energy=-13.6).replace(energy=None)
        Frame(H in free space)
        """
        same: dict[str, Any] = {"symbols": self._symbols, **{name: getattr(self, name) for name in _FIELDS}}
        unknown = next((name for name in changes if name not in same), None)
        if unknown is not None:
            raise InputError(f"{unknown}: a frame has none. It has {', '.join(same)}.")
        return Frame(**{**same, **changes})

    __replace__ = replace

    def __reduce__(self) -> tuple[type[Frame], tuple[Any, ...]]:
        return Frame, (self._symbols, *(getattr(self, name) for name in _FIELDS))

    @property
    def symbols(self) -> list[str]:
        """The species of each atom."""
        return list(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The same, as frames of one composition share it."""
        return self._symbols

    @property
    def volume(self) -> float | None:
        """The volume of the cell, Å³; None in free space."""
        import numpy as np

        return None if self.cell is None else abs(float(np.linalg.det(self.cell)))

    @property
    def formula(self) -> str:
        """How many atoms of each species, in the order of appearance: ``OH2``."""
        counts: dict[str, int] = {}
        for name in self.names:
            counts[name] = counts.get(name, 0) + 1
        return "".join(name if count == 1 else f"{name}{count}" for name, count in counts.items())

    def to_ase(self) -> Any:
        """The frame as ``ase.Atoms``, its labels in a ``SinglePointCalculator``. Needs ASE."""
        return _ase().atoms_of(self)

    @staticmethod
    def from_ase(atoms: Any) -> Frame:
        """The frame of ``ase.Atoms``, with what its calculator has computed. Needs ASE."""
        return _ase().frame_of(atoms)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        place = "in free space" if self.cell is None else f"in {self.volume:.6g} Å³"
        labels = [] if self.energy is None else [f"energy {self.energy:.10g} eV"]
        labels += [name for name in ("forces", "virial") if getattr(self, name) is not None]
        labels += [] if self.atomic_energies is None else ["atomic energies"]
        return f"Frame({self.formula} {place}{'; ' if labels else ''}{', '.join(labels)})"


def _ase() -> Any:
    module("ase")
    from . import ase

    return ase
