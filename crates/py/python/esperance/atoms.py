"""Frames in order, with the arrays of all of them; from files and back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Union, cast, overload

from ._esperance import InputError
from ._esperance import read as _read
from ._esperance import write as _write
from ._optional import module, warned
from .frame import Frame

if TYPE_CHECKING:
    from ._arrays import Array

#: A file or folder.
PathLike = Union[str, "os.PathLike[str]"]


class Frames(Sequence[Frame]):
    """Frames in order, with the arrays of all of them where they have equally many atoms.

    Parameters
    ----------
    frames : iterable of Frame
    species : sequence of str, optional
        Names of the species in their order; by default in the order in which atoms have them.

    Examples
    --------
    >>> import esperance as es
    >>> frames = es.Frames([es.Frame(["H", "H"], [[0, 0, 0], [0, 0, z]], energy=z) for z in (0.7, 0.8)])
    >>> frames
    Frames(2 of 2 atoms: H; with energies)
    >>> frames.positions.shape, frames.energies
    ((2, 2, 3), array([0.7, 0.8]))
    """

    def __init__(self, frames: Iterable[Frame] = (), species: Sequence[str] | None = None) -> None:
        if hasattr(frames, "get_atomic_numbers"):
            raise InputError("frames: this is ase.Atoms. es.Frames.from_ase([atoms]) has its frame.")
        self._all = list(frames)
        odd = next((one for one in self._all if not isinstance(cast(object, one), Frame)), None)
        if odd is not None:
            kind = type(cast(object, odd)).__name__
            raise InputError(
                f"frames: one is of the type {kind}. es.Frame(symbols, positions), or Frames.from_ase."
            )
        # Few compositions, many frames.
        known = dict.fromkeys(species or ())
        for names in {id(one.names): one.names for one in self._all}.values():
            known.update(dict.fromkeys(names))
        self._species = list(known)

    @property
    def species(self) -> list[str]:
        """Names of the species, in their order."""
        return list(self._species)

    @overload
    def __getitem__(self, k: int) -> Frame: ...
    @overload
    def __getitem__(self, k: slice | Sequence[int] | Sequence[bool] | Array) -> Frames: ...
    def __getitem__(self, k: Any) -> Frame | Frames:
        """A frame; those of a slice, of a list of numbers or of a mask."""
        if isinstance(k, slice):
            return Frames(self._all[k], self._species)
        if hasattr(k, "__index__") and getattr(k, "ndim", 0) == 0:
            return self._all[cast(int, k)]
        import numpy as np

        chosen = cast("list[int]", np.arange(len(self._all))[np.asarray(k)].tolist())
        return Frames([self._all[i] for i in chosen], self._species)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._all)

    def __add__(self, other: Frames) -> Frames:
        return Frames([*self._all, *other], [*self._species, *other.species])

    # ---- all of them

    def _stacked(self, name: str, of: str) -> Array:
        import numpy as np

        for k, frame in enumerate(self._all):
            if getattr(frame, of) is None:
                has = "no cell, it is in free space" if of == "cell" else f"no {of}"
                raise InputError(
                    f"{name}: frame {k} has {has}. Choose the frames that have one, or ask one by one."
                )
        sizes = sorted({len(frame) for frame in self._all})
        if of in ("positions", "forces", "atomic_energies") and len(sizes) > 1:
            raise InputError(
                f"{name}: the frames have {sizes[0]} to {sizes[-1]} atoms, which makes no one array. "
                "Choose those of one size, or ask one by one."
            )
        if not self._all:
            raise InputError(f"{name}: there are no frames.")
        return np.array([getattr(frame, of) for frame in self._all], dtype=np.float64)

    @property
    def energies(self) -> Array:
        """Energies, eV, an array of shape (f,)."""
        return self._stacked("energies", "energy")

    @property
    def positions(self) -> Array:
        """Positions, Å, an array of shape (f, n, 3)."""
        return self._stacked("positions", "positions")

    @property
    def cells(self) -> Array:
        """Cells, Å, an array of shape (f, 3, 3)."""
        return self._stacked("cells", "cell")

    @property
    def forces(self) -> Array:
        """Forces, eV/Å, an array of shape (f, n, 3)."""
        return self._stacked("forces", "forces")

    @property
    def virials(self) -> Array:
        """Virials, eV, positive when compressed, an array of shape (f, 3, 3)."""
        return self._stacked("virials", "virial")

    @property
    def atomic_energies(self) -> Array:
        """Atomic energies, eV, an array of shape (f, n)."""
        return self._stacked("atomic_energies", "atomic_energies")

    # ---- elsewhere

    def write(self, path: PathLike, format: str | None = None) -> None:
        """Writes all frames to a new file or folder, every number to its last bit.

        Parameters
        ----------
        path : str or path
            Where nothing is yet.
        format : str, optional
            ``deepmd/npy``, ``deepmd/raw``, ``deepmd/npy/mixed`` (folders), ``extxyz``, ``vasp/poscar`` or
            ``mlearn`` (files). By default what the name says: ``.xyz``, ``.extxyz``, ``POSCAR``,
            ``.json``; a name without an end is a folder ``deepmd/npy``.
        """
        import numpy as np

        out = os.fspath(path)
        places = {name: k for k, name in enumerate(self._species)}
        types = {
            id(one.names): np.array([places[name] for name in one.names], dtype=np.uint32)
            for one in self._all
        }
        rows = [
            (types[id(f.names)], f.positions, f.cell, f.energy, f.forces, f.virial, f.atomic_energies)
            for f in self._all
        ]
        lost = _write(out, format or _format(out), self._species, rows)
        for sentence in lost:
            warned(f"{out}: {sentence}")

    def to_ase(self) -> list[Any]:
        """The frames as ``ase.Atoms``, their labels in a ``SinglePointCalculator``. Needs ASE."""
        return [frame.to_ase() for frame in self._all]

    @staticmethod
    def from_ase(atoms: Iterable[Any]) -> Frames:
        """The frames of many ``ase.Atoms``, with what their calculators have computed. Needs ASE."""
        if hasattr(atoms, "get_atomic_numbers"):
            return Frames([Frame.from_ase(atoms)])
        return Frames([Frame.from_ase(one) for one in atoms])

    def to_pandas(self) -> Any:
        """A data frame, a row a frame. Needs pandas."""
        import numpy as np

        pandas = module("pandas")

        def row(frame: Frame) -> dict[str, object]:
            most = None if frame.forces is None else float(np.sqrt((frame.forces**2).sum(axis=1).max()))
            return {
                "formula": frame.formula,
                "atoms": len(frame),
                "volume": frame.volume,
                "energy": frame.energy,
                "energy_per_atom": None if frame.energy is None else frame.energy / len(frame),
                "max_force": most,
                "source": frame.source,
            }

        return pandas.DataFrame([row(frame) for frame in self._all])

    def __repr__(self) -> str:
        if not self._all:
            return "Frames(0)"
        sizes = sorted({len(frame) for frame in self._all})
        size = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        named = {
            "energy": "energies",
            "forces": "forces",
            "virial": "virials",
            "atomic_energies": "atomic energies",
        }
        counts = {of: sum(getattr(one, of) is not None for one in self._all) for of in named}
        all_of = len(self._all)
        labels = [
            named[of] if count == all_of else f"{named[of]} of {count}"
            for of, count in counts.items()
            if count
        ]
        rest = f"; with {', '.join(labels)}" if labels else ""
        return f"Frames({all_of} of {size} atoms: {', '.join(self._species)}{rest})"


#: What the ends of names say; a name without one is a folder.
_ENDS = {
    "": "deepmd/npy",
    ".xyz": "extxyz",
    ".extxyz": "extxyz",
    ".vasp": "vasp/poscar",
    ".poscar": "vasp/poscar",
    ".json": "mlearn",
}


def _format(path: str) -> str:
    """The format that the name of a new file says."""
    name = os.path.basename(os.path.normpath(path))
    if "POSCAR" in name or "CONTCAR" in name:
        return "vasp/poscar"
    found = _ENDS.get(os.path.splitext(name)[1].lower())
    if found is None:
        known = "deepmd/npy, deepmd/raw, deepmd/npy/mixed, extxyz, vasp/poscar, mlearn"
        raise InputError(
            f"path: the name `{name}` says no format that is written. Give format= one of {known}."
        )
    return found


def read(*paths: PathLike | Sequence[PathLike], format: str | None = None) -> Frames:
    """Labelled frames from files and folders.

    Parameters
    ----------
    *paths : str, path or a list of them
        Files, or folders that hold systems of DeePMD-kit or outputs of other programs at any depth.
    format : str, optional
        ``deepmd/npy``, ``deepmd/raw``, ``deepmd/npy/mixed``, ``npz``, ``extxyz``, ``vasp/poscar``,
        ``vasp/outcar``, ``vasp/xml`` or ``mlearn``; by default what names and first lines say.

    Returns
    -------
    Frames
        In eV and Å, virials positive when compressed, whatever the files have.

    Raises
    ------
    InputError
        A file is not there, or does not hold together: which line or frame, and what is allowed.

    Examples
    --------
    >>> import esperance as es
    >>> frames = es.read("cases/atoms/data/lennard-jones.xyz")
    >>> frames
    Frames(60 of 32 atoms: Ag, Cu; with energies, forces, virials)
    >>> frames[0]
    Frame(Ag14Cu18 in 493.039 Å³; energy -44.513933 eV, forces, virial)
    >>> frames[:10].forces.shape
    (10, 32, 3)
    """
    files: list[str] = []
    for path in paths:
        several = not isinstance(path, (str, bytes)) and hasattr(path, "__iter__")
        for one in cast("Sequence[PathLike]", path if several else [path]):
            if not isinstance(cast(object, one), (str, os.PathLike)):
                raise InputError(f"files: {one!r} is no path. Text or a pathlib.Path.")
            files.append(os.fspath(one))
    if not files:
        raise InputError("files: none are given. Files or folders, such as es.read('frames.xyz').")
    frames: list[Frame] = []
    species: list[str] = []
    for one in _read(files, format):
        for sentence in one["warnings"]:
            warned(f"{one['name']}: {sentence}")
        names = cast("list[str]", one["species"])
        species += names
        # Frames of one composition have one array of types, and so one tuple of names.
        last: object = None
        symbols: tuple[str, ...] = ()
        rows = cast("list[dict[str, Any]]", one["frames"])
        for number, row in zip(one["numbers"], rows):
            types = row.pop("types")
            if types is not last:
                last, symbols = types, tuple([names[t] for t in cast("list[int]", types.tolist())])
            frames.append(Frame(symbols, source=f"{one['name']}, frame {number}", **row))
    return Frames(frames, species)
