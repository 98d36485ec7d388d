"""Training of Deep Potentials: from frames, or from a training input of DeePMD-kit. [ZHW18]"""

from __future__ import annotations

import atexit
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Union, cast

from ._esperance import InputError, Interrupted
from ._optional import warned
from .atoms import Frames, PathLike
from .frame import Frame
from .solving import solve

if TYPE_CHECKING:
    from .solution import Solution

#: What can be learned from: frames, files and folders of them, or a training input.
Data = Union[Frames, Sequence[Frame], str, "os.PathLike[str]", Sequence[PathLike], Mapping[str, Any]]

#: The keys of a case that the arguments stand for.
_KEYS = {
    "species": "model.species",
    "held_out": "problem.held-out",
    "weights": "problem.weights",
    "batch": "problem.batch",
    "cutoff": "representation.cutoff",
    "smooth_from": "representation.smooth-from",
    "selection": "representation.selection",
    "embedding": "representation.embedding",
    "axis": "representation.axis",
    "fitting": "representation.fitting",
    "init": "run.init",
    "finetune": "run.finetune",
}


def train(
    data: Data,
    *,
    validation: Data | None = None,
    species: Sequence[str] | None = None,
    held_out: float | None = None,
    weights: Mapping[str, Any] | None = None,
    batch: Mapping[str, Any] | None = None,
    cutoff: float | None = None,
    smooth_from: float | None = None,
    selection: Sequence[int] | None = None,
    embedding: Sequence[int] | None = None,
    axis: int | None = None,
    fitting: Sequence[int] | None = None,
    init: PathLike | None = None,
    finetune: PathLike | None = None,
    name: str = "potential",
    out: PathLike | None = None,
    **options: Any,
) -> Solution:
    """Trains a Deep Potential: ``solution.potential`` is what was learned, ``solution.value`` its force RMSE.

    Parameters
    ----------
    data : Frames, files and folders, or a training input of DeePMD-kit
        Labelled frames; or ``"input.json"``, or a dictionary like it, whose paths begin where you are.
    validation : Frames, files or folders, optional
        Frames to judge by.
    species : sequence of str, optional
        Names of the species in the order of types; by default those of the data.
    held_out : float, optional
        The share of ``data`` that is set aside to judge by where ``validation`` is absent.
    weights : dict, optional
        Of the terms of the loss: ``{"energy": …, "force": …, "virial": …, "atomic-energy": …}``, numbers or
        ``{"from": …, "to": …}``.
    batch : dict, optional
        ``{"atoms": 32}``, ``{"frames": 1}`` or ``{"auto": 32}``.
    cutoff, smooth_from : float, optional
        Where the environment of an atom ends, and where its weight begins to fall, Å.
    selection : sequence of int, optional
        Room for neighbours, a number a species: the scale of the descriptor.
    embedding, fitting : sequence of int, optional
        Widths of the networks.
    axis : int, optional
        M_<, how many features are paired with all.
    init, finetune : path, optional
        A model or run folder to start from; ``finetune`` fits the energies of atoms again.
    name : str
        What the case is called.
    out : path, optional
        A new folder for the run; those above it are made. Frames that are given as such are then written
        beside it, to ``OUT.frames.xyz``, since a run names its data; without it they stand in a temporary
        file.
    **options
        Those of ``es.solve``: ``iterations``, ``seed``, ``threads``, ``precision``, ``quick``, ``resume``,
        ``progress``, and any key of the case, ``**{"run.time-limit": "60s"}``; ``es.explain()`` lists them.

    Returns
    -------
    Solution, or Solutions of a case with a section ``sweep``

    Examples
    --------
    >>> import esperance as es
    >>> frames = es.read("cases/atoms/data/lennard-jones.xyz")
    >>> solution = es.train(
    ...     frames, held_out=0.2, cutoff=4.5, smooth_from=3.0, embedding=[4, 8], axis=2, fitting=[8, 8],
    ...     iterations=50, seed=1, progress=False, **{"run.look": 4},
    ... )
    >>> solution.potential.species
    ['Ag', 'Cu']
    """
    said: dict[str, Any] = dict(locals())
    keys: dict[str, Any] = {key: said[one] for one, key in _KEYS.items() if said[one] is not None}
    for key in ("run.init", "run.finetune"):
        if key in keys:
            start: PathLike = keys[key]
            keys[key] = os.path.abspath(start)
    if _is_input(data):
        if validation is not None:
            raise InputError("validation: a training input says its own, as training.validation_data.")
        return _from_input(cast("PathLike | Mapping[str, Any]", data), out, {**keys, **options})
    if isinstance(data, Mapping):
        raise InputError('data: a dictionary without "training". A training input of DeePMD-kit has one.')
    with _placed(out, bool(options.get("resume"))) as place:
        case = {
            "model": {"kind": "atoms"},
            "problem": {
                "kind": "force-matching",
                "data": place("data", data),
                "validation": [] if validation is None else place("validation", validation),
            },
            "representation": {"kind": "deep-potential"},
        }
        if held_out is not None and validation is None:
            _say_whether_held_out(held_out, place.counts.get("data"))
        return solve(case, name=name, out=out, **keys, **options)


def _say_whether_held_out(share: object, count: int | None) -> None:
    """A share of few frames may be none of them; one frame is always learned from."""
    if count is None or not isinstance(share, (int, float)) or not 0.0 < share < 1.0:
        return
    if count == 1 or share * count < 0.5:
        frames = "1 frame" if count == 1 else f"{count} frames"
        warned(
            f"held_out: {share:g} of {frames} is none, so nothing is held out to judge by. "
            "Give more frames, a larger share, or validation="
        )


def _is_input(data: object) -> bool:
    """Whether this is a training input: a dictionary, or a file with one; data in JSON are a list."""
    if isinstance(data, Mapping):
        return "training" in data
    if not isinstance(data, (str, os.PathLike)):
        return False
    path = os.fspath(cast("PathLike", data))
    if os.path.splitext(path)[1].lower() not in (".json", ".yaml", ".yml"):
        return False
    if not os.path.isfile(path):
        raise InputError(
            f"{path}: there is no such file. A training input of DeePMD-kit, or labelled frames."
        )
    with open(path, "rb") as file:
        return not file.read(4096).lstrip().startswith(b"[")


def _from_input(data: PathLike | Mapping[str, Any], out: PathLike | None, options: dict[str, Any]) -> Any:
    if not isinstance(data, Mapping):
        return solve(data, out=out, **options)
    import json
    import tempfile

    with tempfile.TemporaryDirectory(prefix="esperance-") as folder:
        path = os.path.join(folder, "input.json")
        with open(path, "w", encoding="utf-8") as file:
            try:
                json.dump(data, file)
            except TypeError as error:
                raise InputError(
                    f"data: this dictionary is no JSON ({error}). Numbers, text, lists."
                ) from None
        try:
            return solve(path, out=out, **options)
        except InputError as error:
            raise InputError(str(error).replace(path, "input.json")) from None


class _Place:
    """Where the frames of a training stand while it runs."""

    def __init__(self, folder: str | None, beside: str | None, again: bool) -> None:
        self._folder, self._beside, self._again = folder, beside, again
        #: The files that were made, and what messages call them.
        self.made: dict[str, str] = {}
        #: How many frames were given, where they are frames.
        self.counts: dict[str, int] = {}
        #: The folders that were made for them, from the outermost.
        self.folders: list[str] = []

    def __call__(self, key: str, data: object) -> list[str]:
        """Paths of data, which are written where they are none."""
        alone = isinstance(data, (str, os.PathLike, Frame))
        listed = [cast(object, data)] if alone else data
        if not hasattr(listed, "__iter__"):
            raise InputError(
                f"{key}: this is of the type {type(data).__name__}. Frames, or paths of files and folders."
            )
        rows = list(cast("Sequence[object]", listed))
        if rows and all(isinstance(one, (str, os.PathLike)) for one in rows):
            return [_absolute(os.fspath(cast("PathLike", one))) for one in rows]
        frames = data if isinstance(data, Frames) else Frames(cast("list[Frame]", rows))
        if len(frames) == 0:
            raise InputError(f"{key}: there are no frames.")
        self.counts[key] = len(frames)
        if self._beside is None:
            path = os.path.join(cast(str, self._folder), f"{key}.xyz")
        else:
            path = f"{self._beside}.{'frames' if key == 'data' else key}.xyz"
        there = os.path.exists(path)
        if there and not self._again:
            raise InputError(
                f"{path}: these are the frames of an earlier run. Remove this file, or choose another out."
            )
        if not there:
            self._make_room(path)
            frames.write(path, "extxyz")
            self.made[path] = key
        return [os.path.abspath(path)]

    def _make_room(self, path: str) -> None:
        """The folders above a file, as ``es.solve`` makes those above a run."""
        above = os.path.dirname(os.path.abspath(path))
        missing: list[str] = []
        while not os.path.exists(above):
            missing.append(above)
            above = os.path.dirname(above)
        for folder in reversed(missing):
            try:
                os.mkdir(folder)
            except OSError as error:
                raise InputError(
                    f"{folder}: this folder cannot be made ({error.strerror}). Choose another out."
                ) from None
            self.folders.append(folder)


def _absolute(path: str) -> str:
    return path if path.startswith("shipped:") else os.path.abspath(path)


@contextmanager
def _placed(out: PathLike | None, again: bool) -> Generator[_Place, None, None]:
    """A place for frames: beside a run folder, where they stay; else temporary.

    A run that was interrupted goes on from its data, so that they stay until the process ends.
    """
    import shutil
    import tempfile

    beside = None if out is None else os.path.normpath(str(os.fspath(out)))
    folder = tempfile.mkdtemp(prefix="esperance-") if beside is None else None
    place = _Place(folder, beside, again)
    interrupted = False
    try:
        yield place
    except Interrupted:
        interrupted = True
        raise
    except InputError as error:
        text = str(error)
        for path, key in place.made.items():
            text = text.replace(os.path.abspath(path), key)
        raise InputError(text) from None
    finally:
        if folder is not None and interrupted:
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        elif folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        elif beside is not None and not os.path.exists(beside):
            # Nothing was begun.
            for path in place.made:
                os.unlink(path)
            for made in reversed(place.folders):
                if not os.listdir(made):
                    os.rmdir(made)
