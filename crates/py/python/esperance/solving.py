"""Cases solved: from names, files, dictionaries and problems to solutions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Union, cast

from ._arrays import whole
from ._esperance import Case, InputError, Interrupted, NumericError
from ._esperance import cases as _cases
from ._esperance import explain as _explain
from ._esperance import load as _load
from ._esperance import solve as _solve
from ._stopped import Stopped
from .control import Control
from .equation import DeepBsde, Equation
from .progress import Progress
from .solution import Solution, Solutions, interrupted

#: The most iterations of a case.
_MOST = 2**63 - 1

#: What can be solved.
Solvable = Union[str, "os.PathLike[str]", Mapping[str, Any], DeepBsde, Control]


def solve(
    case: Solvable,
    changes: Mapping[str, Any] | None = None,
    *,
    seed: int | None = None,
    iterations: int | None = None,
    threads: int | None = None,
    precision: str | None = None,
    quick: bool = False,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool | None = None,
    name: str = "case",
    **overrides: Any,
) -> Solution:
    """Solves a case: the answer with its error.

    Parameters
    ----------
    case : str, path, mapping, DeepBsde or Control
        The name of a shipped case (``es.cases()``), a case file, a training input of DeePMD-kit
        (``input.json``), sections as dictionaries, or a problem.
    changes : mapping, optional
        Any keys of the case: ``{"model.dim": 50}``.
    seed, iterations, threads, precision : optional
        Short for ``run.seed`` and so on; precision is ``"f32"`` or ``"f64"``.
    quick : bool
        The changes of the case's own section ``quick``.
    out : path, optional
        A new folder for the run, with a report and everything to go on from. Without it nothing is
        written.
    resume : bool
        Go on in the folder ``out``.
    progress : bool, optional
        Whether progress is shown; by default on a terminal and in a notebook.
    name : str
        What a case of dictionaries is called.
    **overrides
        The same as ``changes``: ``**{"model.dim": 50}``.

    Returns
    -------
    Solution

    Raises
    ------
    InputError
        What was given is wrong; the sentence is that of the command.
    NumericError
        A number stopped being finite.
    Interrupted
        Ctrl-C; ``.solution`` is what had been reached, ``.solution.resume()`` goes on.

    Examples
    --------
    >>> import esperance as es
    >>> solution = es.solve("hjb-lqg-10d", seed=1, quick=True, progress=False)
    >>> abs(solution.value - 2.0) < 1
    True
    """
    short = {
        "run.seed": seed,
        "run.iterations": iterations,
        "run.threads": threads,
        "run.precision": precision,
    }
    made = _made(case, name, quick, {**short, **(changes or {}), **overrides})
    return run(made, _folder(out, resume), resume, None, progress)


def sweep(
    case: Solvable,
    changes: Mapping[str, Any] | None = None,
    *,
    quick: bool = False,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool | None = None,
    name: str = "case",
    **overrides: Any,
) -> Solutions:
    """Solves a case with a section ``sweep`` at each of its values.

    Parameters
    ----------
    case, changes, quick, progress, name, **overrides
        As of :func:`esperance.solve`.
    out : path, optional
        A folder in which each run has one of its own, called by its number from 0.
    resume : bool
        Go on in that folder.

    Returns
    -------
    Solutions

    Raises
    ------
    InputError
        As of :func:`esperance.solve`, or the case has no such section.
    NumericError, Interrupted
        As of :func:`esperance.solve`; ``.solutions`` are those before.
    """
    made = _made(case, name, quick, {**(changes or {}), **overrides})
    folder = _folder(out, resume)
    swept = made.swept()
    if swept is None:
        raise InputError(f"{made.name}: this case has no section `sweep`. `es.solve` solves it.")
    found: list[Solution] = []
    for k, one in enumerate(swept):
        inside = None if folder is None else os.path.join(folder, str(k))
        try:
            found.append(run(one, inside, resume, None, progress))
        except (Interrupted, NumericError) as error:
            # What came before is not lost, nor what ended as the signal came.
            reached = cast("Solution | None", getattr(error, "solution", None))
            if isinstance(error, Interrupted) and reached is not None and reached.verdict != "interrupted":
                found.append(reached)
            cast(Any, error).solutions = Solutions(found)
            raise
    return Solutions(found)


def _made(case: Solvable, name: str, quick: bool, changes: Mapping[str, Any]) -> Case:
    """The case with its changes."""
    iterations = changes.get("run.iterations")
    steps = None if iterations is None else whole("iterations", iterations, 0, _MOST)
    made = _opened(case, name, steps)
    if quick:
        made.quicken()
    for key, value in changes.items():
        if value is not None:
            made.put(key, value)
    return made


def _folder(out: str | os.PathLike[str] | None, resume: bool) -> str | None:
    folder = None if out is None else _path("out", out)
    if resume and folder is None:
        raise InputError("resume: there is no folder to go on in. Give it as out=.")
    return folder


def _opened(case: Solvable, name: str, iterations: int | None) -> Case:
    if isinstance(case, DeepBsde):
        return Case.of(case.equation.name, case.case())
    if isinstance(case, Control):
        return Case.of(case.name, case.case())
    if isinstance(case, Mapping):
        return Case.of(name, dict(case))
    if isinstance(cast(object, case), Equation):
        raise InputError(
            "case: an equation says not where it is to be solved. es.DeepBsde(equation, at=0.0)."
        )
    return Case.open(_path("case", case, "A name, a file, dictionaries, or a problem"), iterations)


def _path(name: str, value: object, allowed: str = "A path") -> str:
    try:
        return os.fsdecode(cast(Any, value))
    except TypeError:
        raise InputError(f"{name}: this is of the type {type(value).__name__}. {allowed}.") from None


def run(case: Case, out: str | None, again: bool, state: bytes | None, progress: bool | None) -> Solution:
    """One run; a state or a folder is gone on from."""
    shown = Progress(progress)
    pending = None
    try:
        for note in case.notes:
            shown(0, 0, None, "", [note])
        outcome, pending, signal = _solve(case, out, again, state, shown)
    except KeyboardInterrupt as heard:
        outcome, signal = None, heard
    finally:
        shown.end()
    if signal is not None and not isinstance(signal, KeyboardInterrupt):
        # What a handler of signals raised: TimeoutError of an alarm.
        raise signal
    if signal is not None:
        solution = Solution(Stopped(case, pending) if outcome is None else outcome, out)
        where = (solution.why or solution.verdict) if outcome is not None else "before anything was reached"
        raise interrupted(
            "a step of the run is not over yet; `.solution` waits for it" if pending is not None else where,
            solution,
        ) from None
    if outcome is None:
        raise RuntimeError("this is a bug, please report it: a run gave nothing")
    solution = Solution(_with_looks(outcome, out), out)
    if solution.verdict == "non-finite":
        failed = NumericError(f"{solution.name}: {solution.why}")
        cast(Any, failed).solution = solution
        raise failed
    return solution


def load(folder: str | os.PathLike[str]) -> Solution:
    """The solution of a finished run folder.

    Parameters
    ----------
    folder : str or path
        What was given as ``out=``, or to the command as ``--out``.

    Returns
    -------
    Solution

    Raises
    ------
    InputError
        There is no finished run.
    """
    path = _path("folder", folder)
    return Solution(_with_looks(_load(path), path), path)


def _with_looks(outcome: dict[str, Any], folder: str | None) -> dict[str, Any]:
    """The outcome of a run that was finished before, with the looks that its folder holds."""
    name = None if folder is None else os.path.join(folder, "trace.csv")
    if len(outcome["trace"]["iteration"]) > 0 or name is None or not os.path.isfile(name):
        return outcome
    import csv

    import numpy as np

    with open(name, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    # Before the first iteration there is no training value.
    table = np.array([[float(cell or "nan") for cell in row] for row in rows])
    columns = {own: table[:, k] for k, own in enumerate(head)}
    return {**outcome, "trace": {**columns, "iteration": columns["iteration"].astype(np.uint64)}}


def cases(family: str | None = None) -> list[str]:
    """The names of the shipped cases.

    Parameters
    ----------
    family : ``"paths"``, ``"atoms"`` or ``"control"``, optional
        Those of one family alone.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import esperance as es
    >>> "storage-1" in es.cases("control")
    True
    """
    all_of = _cases()
    families = sorted({own for own, _ in all_of})
    if family is not None and family not in families:
        raise InputError(f"family: there is no family {family!r}. Known here: {', '.join(families)}.")
    return [name for own, name in all_of if family in (None, own)]


def explain(key: str | None = None) -> None:
    """Prints what a key of a case means, its default and what may be written.

    Parameters
    ----------
    key : str, optional
        ``"run.batch"``, a section or a name; all keys without it.
    """
    print(_explain(key))
