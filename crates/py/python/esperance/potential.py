"""Deep Potentials: energies, forces and virials of frames, and how far several are apart. [ZHW18]

Units are eV and Å; a virial is Ξ = −∂E/∂ε, positive when compressed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Union, cast, overload

from ._asked import Symbols, arrays, groups, listed, types
from ._esperance import InputError, Model
from ._optional import module, warned
from .atoms import Frames, PathLike
from .deviation import Deviation
from .evaluation import Evaluation, Evaluations
from .frame import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._arrays import Array

#: Ends of names that say what a file is, be it there or not.
_KNOWN = (".dp", ".yaml", ".yml", ".pb", ".pth", ".pt", ".pt2", ".pte", ".hlo", ".savedmodel")

#: Where a model is: a file or folder, or the bytes of a file.
Source = Union[str, "os.PathLike[str]", bytes]


@contextmanager
def _spoken() -> Generator[None, None, None]:
    """Errors of the kernel, as arrays have them: atoms are counted from 0, free space is no cell."""
    try:
        yield
    except InputError as error:
        text = re.sub(
            r"atoms (\d+) and (\d+) are at one place",
            lambda two: f"atoms {int(two[1]) - 1} and {int(two[2]) - 1}, counted from 0, are at one place",
            str(error),
        )
        text = re.sub(
            r"A molecule without a cell [^.]*`nopbc`\)\.", "Leave cell out for free space.", text
        )
        raise InputError(text) from None


def _not_atoms(frames: object) -> None:
    """``ase.Atoms`` are no frames: what to write."""
    listed = cast("Sequence[object]", frames) if isinstance(frames, (list, tuple)) else [frames]
    if listed and hasattr(listed[0], "get_atomic_numbers"):
        way = "Frames.from_ase(list)" if isinstance(frames, (list, tuple)) else "Frame.from_ase(atoms)"
        raise InputError(
            f"frames: ase.Atoms. potential(es.{way}), or atoms.calc = potential.calculator() for ASE."
        )


class Potential:
    """One Deep Potential or several: a function from atoms to energies, forces and virials.

    It does not change; it can be pickled, copied, and used after a fork.

    Parameters
    ----------
    *models : str, path, bytes, or a list of them
        Models of DeePMD-kit (``.dp``, ``.yaml``), folders of finished trainings, or the bytes of a
        ``.dp``. Of several the first evaluates, and ``deviation`` says how far they are apart.
    precision : ``"f64"`` or ``"f32"``
        Of networks and sums; geometry and forces are added in double precision.
    table : bool
        Embeddings from tables, or by their networks; ``table_errors`` says how far tables are off.
    threads : int
        0 for one a core. The numbers do not depend on it.
    rules : ``"tensorflow"`` or ``"numpy"``, optional
        Read a model as this back end of DeePMD-kit does, where they disagree; by default the file says.

    Examples
    --------
    >>> import esperance as es
    >>> potential = es.solve("lennard-jones", quick=True, progress=False).potential
    >>> potential.species, potential.cutoff
    (['Ag', 'Cu'], 4.5)
    >>> found = potential.evaluate(["Ag", "Cu"], [[0, 0, 0], [0, 0, 2.6]])
    >>> found.forces.shape, bool(abs(found.forces.sum()) < 1e-9)
    ((2, 3), True)
    """

    def __init__(
        self,
        *models: Source | Sequence[Source],
        precision: str = "f64",
        table: bool = True,
        threads: int = 0,
        rules: str | None = None,
    ) -> None:
        given: list[object] = []
        for one in models:
            given += one if isinstance(one, (list, tuple)) else [one]
        if not given:
            raise InputError(
                "models: none are given. A model of DeePMD-kit, such as es.Potential('model.dp')."
            )
        if isinstance(cast(object, threads), bool) or not 0 <= threads <= 1024:
            raise InputError(f"threads: {threads!r}. From 0, one a core, to 1024.")
        self._how = (precision, bool(table), int(threads))
        self._models: list[Model] = []
        self._names: list[str] = []
        for one in given:
            self._add(one, rules)
        self._settle()

    def _add(self, one: object, rules: str | None) -> None:
        if isinstance(one, bytes):
            self._models.append(Model.of(one, self._how, rules))
            self._names.append(f"model {len(self._models)}")
            return
        try:
            path = os.fspath(cast("os.PathLike[str]", one))
        except TypeError:
            kind = type(one).__name__
            raise InputError(f"models: one is of the type {kind}. A path, or the bytes of a .dp.") from None
        if not os.path.exists(path) and not path.lower().endswith(_KNOWN) and not set(path) & set("*?["):
            raise InputError(
                f"{path}: there is no such file or folder. Give a model of DeePMD-kit, .dp or .yaml, "
                "or the folder of a finished training."
            )
        for name in Model.paths(path):
            model = Model.open(name, self._how, rules)
            for sentence in model.warnings:
                warned(f"{name}: {sentence}")
            self._models.append(model)
            self._names.append(name)

    def _settle(self) -> None:
        self._species = self._models[0].species
        for model, name in zip(self._models, self._names):
            if model.species != self._species:
                found, first = ", ".join(model.species), ", ".join(self._species)
                raise InputError(f"{name}: its species are {found}. Those of {self._names[0]} are {first}.")

    # ---- what it is

    @property
    def species(self) -> list[str]:
        """Names of the species it knows, in their order."""
        return list(self._species)

    @property
    def cutoff(self) -> float:
        """Where the environment of an atom ends, Å."""
        return self._models[0].cutoff

    @property
    def table_errors(self) -> tuple[float, float] | None:
        """The largest error of tables of embeddings, and of their slopes; None without tables."""
        return self._models[0].table_errors

    def __len__(self) -> int:
        """How many models there are."""
        return len(self._models)

    def __getitem__(self, k: int) -> Potential:
        """One of the models alone."""
        return self._with([self._models[k]], [self._names[k]])

    def __iter__(self) -> Iterator[Potential]:
        return (self[k] for k in range(len(self)))

    def types(self, symbols: Symbols) -> NDArray[np.uint32]:
        """Species as whole numbers, counted from 0 in the order of ``species``."""
        return types(self._species, symbols)

    # ---- what it says

    @overload
    def __call__(self, frames: Frame, *, descriptors: bool = False) -> Evaluation: ...
    @overload
    def __call__(self, frames: Frames | Sequence[Frame], *, descriptors: bool = False) -> Evaluations: ...
    @overload
    def __call__(
        self, frames: Symbols, positions: object, cell: object = None, *, descriptors: bool = False
    ) -> Evaluation | Evaluations: ...
    def __call__(
        self, frames: Any, positions: object = None, cell: object = None, *, descriptors: bool = False
    ) -> Evaluation | Evaluations:
        """What it says of a frame, of frames, or of arrays as ``evaluate`` takes them."""
        if positions is not None:
            return self.evaluate(frames, positions, cell, descriptors)
        if isinstance(frames, Frame):
            return self.evaluate(frames.names, frames.positions, frames.cell, descriptors)
        _not_atoms(frames)

        def whole(kinds: NDArray[np.uint32], places: Array, cells: Array | None) -> Evaluations:
            return self._said(kinds, places, cells, descriptors)

        return Evaluations.together(groups(self._species, listed(frames), whole))

    def evaluate(
        self, symbols: Symbols, positions: object, cell: object = None, descriptors: bool = False
    ) -> Evaluation | Evaluations:
        """Energy, forces, virial and atomic energies of atoms at one or many places.

        Parameters
        ----------
        symbols : sequence of str, or of int
            The species of each of n atoms, by name or counted from 0 in the order of ``species``.
        positions : array of shape (n, 3) or (f, n, 3)
            Å, inside the cell or not.
        cell : array of shape (3, 3) or (f, 3, 3), optional
            Å, a lattice vector a row, periodic in all directions; free space without it.
        descriptors : bool
            The descriptors of all atoms too.

        Returns
        -------
        Evaluation of positions (n, 3), Evaluations of positions (f, n, 3)

        Raises
        ------
        InputError
            A species is unknown, shapes do not fit, a number is not finite, the cell has no volume, or
            two atoms are at one place.
        """
        kinds, places, cells, alone = arrays(self._species, symbols, positions, cell)
        found = self._said(kinds, places, cells, descriptors)
        return found[0] if alone else found

    def _said(
        self, kinds: NDArray[np.uint32], places: Array, cells: Array | None, descriptors: bool
    ) -> Evaluations:
        with _spoken():
            *found, crowded = self._models[0].evaluate(kinds, places, cells, descriptors)
        if found[5]:
            nearest = self._models[0].nearest
            known = "tables reach" if nearest is None else f"any in the training data ({nearest:.3f} Å)"
            warned(f"{self._names[0]}: atoms have neighbours closer than {known}: `outside` says which")
        if crowded:
            warned(
                f"{self._names[0]}: atoms have more neighbours than the model's sel; "
                "DeePMD-kit drops the farthest, nothing is dropped here"
            )
        return Evaluations(None, tuple(found))

    def deviation(
        self,
        frames: Frame | Frames | Sequence[Frame] | Symbols,
        positions: object = None,
        cell: object = None,
        *,
        labels: bool = False,
    ) -> Deviation:
        """How far several models are apart, as ``dp model-devi`` has it: where they were not trained. [ZGW20]

        Parameters
        ----------
        frames, positions, cell
            Frames, or arrays as ``evaluate`` takes them.
        labels : bool
            From the energies, forces and virials of the frames, instead of the mean of the models.

        Returns
        -------
        Deviation
            Arrays of shape (f,), an entry a frame.
        """
        if len(self) < 2:
            raise InputError(
                "models: one model has no deviation. Give several: es.Potential('a.dp', 'b.dp')."
            )
        models = self._models

        def plain(kinds: NDArray[np.uint32], places: Array, cells: Array | None) -> list[tuple[Array, Array]]:
            with _spoken():
                table, atoms = Model.deviation(models, (kinds, places, cells), None)
            return list(zip(table, atoms))

        if positions is not None:
            if labels:
                raise InputError(
                    "labels: arrays have none. Frames have: es.Frame(symbols, positions, energy=…, …)."
                )
            return Deviation.of(plain(*arrays(self._species, cast(Symbols, frames), positions, cell)[:3]))
        _not_atoms(frames)
        all_of = listed([frames] if isinstance(frames, Frame) else frames)
        if labels:
            return Deviation.of([self._error(frame, k) for k, frame in enumerate(all_of)])
        rows: dict[int, tuple[Array, Array]] = {}
        for numbers, found in groups(self._species, all_of, plain):
            rows.update(zip(numbers, found))
        return Deviation.of([rows[k] for k in range(len(rows))])

    def _error(self, frame: Frame, number: int) -> tuple[Array, Array]:
        """How far the models are from the labels of a frame; a virial that is absent counts as none."""
        import numpy as np

        if frame.energy is None or frame.forces is None:
            lacks = "energy" if frame.energy is None else "forces"
            raise InputError(f"frame {number}: it has no {lacks}. Errors are taken from energies and forces.")
        cells = None if frame.cell is None else frame.cell[None]
        virials = None if frame.virial is None else frame.virial[None]
        with _spoken():
            table, atoms = Model.deviation(
                self._models,
                (self.types(frame.names), frame.positions[None], cells),
                (np.array([frame.energy]), frame.forces[None], virials),
            )
        return table[0], atoms[0]

    def calculator(self, species: dict[str, str] | None = None) -> Any:
        """A calculator of ASE: energy, free energy, atomic energies, forces and stress. Needs ASE.

        Parameters
        ----------
        species : dict, optional
            Which species of the model an element is, where their names differ: ``{"O": "O_water"}``.
        """
        module("ase")
        from .ase import Calculator

        return Calculator(self, species)

    # ---- elsewhere

    def save(self, path: PathLike) -> None:
        """Writes the model, alone, to a new file of DeePMD-kit: ``.dp`` or ``.yaml``."""
        out = os.fspath(path)
        if len(self) > 1:
            raise InputError(f"models: there are {len(self)}, and a file holds one. potential[0].save(…).")
        data = self._models[0].bytes(out)
        try:
            with open(out, "xb") as file:
                file.write(data)
        except FileExistsError:
            raise InputError(f"{out}: path: this file is there already. Choose another path.") from None

    def _with(self, models: list[Model], names: list[str]) -> Potential:
        made = object.__new__(Potential)
        made._how, made._models, made._names = self._how, models, names
        made._settle()
        return made

    def __copy__(self) -> Potential:
        return self._with(self._models, self._names)

    def __deepcopy__(self, memo: object) -> Potential:
        # Models do not change, so copies share them.
        return self._with(self._models, self._names)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "how": self._how,
            "names": self._names,
            "models": [one.bytes("model.dp") for one in self._models],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._how, self._names = state["how"], state["names"]
        self._models = [Model.of(one, self._how, None) for one in state["models"]]
        self._settle()

    def __repr__(self) -> str:
        precision, table, _ = self._how
        count = "" if len(self) == 1 else f"{len(self)} models, "
        errors = self.table_errors
        how = f"tables within {errors[0]:.1e}" if table and errors else "networks"
        return f"Potential({count}{', '.join(self._species)}; cutoff {self.cutoff:g} Å; {precision}, {how})"
