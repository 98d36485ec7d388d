"""What a potential is asked about: species, arrays of positions, frames in groups of one composition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast

from ._arrays import floats
from ._esperance import InputError
from .atoms import Frames
from .frame import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._arrays import Array

#: Names of species, an atom each, or whole numbers that count the species of the model from 0.
Symbols = Union[Sequence[str], Sequence[int], "NDArray[Any]"]

_Found = TypeVar("_Found")


def types(species: Sequence[str], symbols: Symbols) -> NDArray[np.uint32]:
    """Species as whole numbers, counted from 0."""
    import numpy as np

    if isinstance(symbols, str) or not hasattr(symbols, "__iter__"):
        raise InputError(f"symbols: {symbols!r}. One name for each atom: ['O', 'H', 'H'].")
    rows = cast("list[object]", cast(Any, symbols).tolist() if hasattr(symbols, "tolist") else list(symbols))
    places = {name: k for k, name in enumerate(species)}
    try:
        return np.array([places[cast(str, name)] for name in rows], dtype=np.uint32)
    except (KeyError, TypeError):
        return np.array([_type(species, name, k) for k, name in enumerate(rows)], dtype=np.uint32)


def _type(species: Sequence[str], name: object, atom: int) -> int:
    known = ", ".join(species)
    if isinstance(name, str):
        if name in species:
            return species.index(name)
        # Systems of DeePMD-kit without names have types alone.
        number = name.removeprefix("Type_")
        if name == number or not number.isdecimal():
            from difflib import get_close_matches

            near = get_close_matches(name, species, n=1, cutoff=0.5)
            near = near or [one for one in species if one.lower() == name.lower()]
            meant = f"; did you mean `{near[0]}`?" if near else "."
            raise InputError(
                f"symbols: atom {atom} is of the unknown species `{name}`{meant} Known here: {known}."
            )
        name = int(number)
    if not isinstance(name, int) or isinstance(name, bool):
        raise InputError(f"symbols: {name!r} is no species. Names such as {known}, or whole numbers from 0.")
    if not 0 <= name < len(species):
        raise InputError(f"symbols: atom {atom} has the type {name}. They count the species from 0: {known}.")
    return name


def arrays(
    species: Sequence[str], symbols: Symbols, positions: object, cell: object
) -> tuple[NDArray[np.uint32], Array, Array | None, bool]:
    """Types, positions (f, n, 3), cells (f or 1, 3, 3), and whether it is one frame alone."""
    kinds = types(species, symbols)
    n = len(kinds)
    if n == 0:
        raise InputError("symbols: there are no atoms. One name for each atom: ['O', 'H', 'H'].")
    places = floats("positions", positions)
    alone = places.ndim == 2
    if places.ndim not in (2, 3) or places.shape[-2:] != (n, 3):
        raise InputError(
            f"positions: the shape {places.shape} for {n} atoms. "
            f"It must be ({n}, 3), or (f, {n}, 3) of f frames."
        )
    if alone:
        places = places[None]
    if cell is None:
        return kinds, places, None, alone
    cells = floats("cell", cell)
    if cells.shape == (3, 3):
        cells = cells[None]
    elif alone or cells.shape != (len(places), 3, 3):
        allowed = "(3, 3)" if alone else f"(3, 3), or ({len(places)}, 3, 3)"
        raise InputError(f"cell: the shape {cells.shape}. It must be {allowed}, a lattice vector a row.")
    return kinds, places, cells, alone


def listed(frames: object) -> Sequence[Frame]:
    """Frames that are frames."""
    if isinstance(frames, Frames):
        return frames
    if isinstance(frames, str) or not hasattr(frames, "__iter__"):
        raise InputError(
            f"frames: this is of the type {type(frames).__name__}. Frames, or symbols and positions."
        )
    rows = list(cast("Sequence[object]", frames))
    odd = next((one for one in rows if not isinstance(one, Frame)), None)
    if isinstance(odd, (str, int)):
        raise InputError(
            "positions: none are given. Frames, or symbols and positions: potential(symbols, positions)."
        )
    if odd is not None:
        raise InputError(f"frames: one is of the type {type(odd).__name__}. es.Frame, or Frames.from_ase(…).")
    return cast("list[Frame]", rows)


def groups(
    species: Sequence[str],
    frames: Sequence[Frame],
    ask: Callable[[NDArray[np.uint32], Array, Array | None], _Found],
) -> list[tuple[list[int], _Found]]:
    """Asks about frames of one composition together: their numbers, and what is found."""
    import numpy as np

    numbers_of: dict[tuple[tuple[str, ...], bool], list[int]] = {}
    for k, frame in enumerate(frames):
        numbers_of.setdefault((frame.names, frame.cell is None), []).append(k)
    found: list[tuple[list[int], _Found]] = []
    for (names, free), numbers in numbers_of.items():
        places = np.stack([frames[k].positions for k in numbers])
        cells = None if free else np.stack([cast("Array", frames[k].cell) for k in numbers])
        found.append((numbers, ask(types(species, names), places, cells)))
    return found
