"""Cases solved: the answer with its error, and the function behind it."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ._esperance import Case, Function, InputError, Interrupted, NumericError
from ._points import points
from ._stopped import Stopped
from .answer import ErrorBudget, Level, Trace
from .estimate import Estimate, Estimates

if TYPE_CHECKING:
    from ._arrays import Array
    from .potential import Potential


class Solution:
    """What became of a case: an answer with its error, or why there is none.

    It prints as the command prints it, converts to ``float``, and is a function: ``solution(t, x)`` is
    u(t, x) of an equation, and the actions of a policy in control.
    """

    def __init__(self, outcome: Mapping[str, Any] | Stopped, folder: str | None = None) -> None:
        self._found = outcome
        #: The folder of the run, where there is one.
        self.folder = folder
        self._read: tuple[dict[str, Any], Trace] | None = None
        self._asked: tuple[int, Function] | None = None

    @property
    def _outcome(self) -> Mapping[str, Any]:
        """What Rust left: numbers, text and bytes."""
        if isinstance(self._found, Stopped):
            self._found = self._found.outcome()
        return self._found

    @property
    def json(self) -> dict[str, Any]:
        """The object that ``esperance solve --json`` prints."""
        return self._parsed()[0]

    @property
    def trace(self) -> Trace:
        """The looks on the way."""
        return self._parsed()[1]

    def _parsed(self) -> tuple[dict[str, Any], Trace]:
        if self._read is None:
            outcome = self._outcome
            self._read = json.loads(outcome["object"]), Trace(outcome["trace"])
        return self._read

    def _table(self, key: str) -> dict[str, Any]:
        """A part of the object; nothing where it has only why it is not there."""
        part = self.json.get(key)
        found = cast("dict[str, Any]", part) if isinstance(part, dict) else {}
        return {} if found.get("value", 0) is None else found

    # ---- the answer

    @property
    def answer(self) -> Estimate:
        """The answer and its standard error. There is none, an error, where the run was interrupted."""
        found = _estimate(self.json.get("answer"))
        if found is None:
            raise NumericError(f"there is no answer: {self.why or self.verdict}")
        return found

    @property
    def value(self) -> float:
        """The answer alone."""
        return self.answer.value

    def __float__(self) -> float:
        return self.value

    @property
    def error(self) -> ErrorBudget:
        """The four errors, and how each is known."""
        return ErrorBudget(self._table("error"))

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the answer."""
        ends = self.json.get("ci95")
        if isinstance(ends, list):
            low, high = cast("list[float]", ends)
            return (low, high)
        answer = _estimate(self.json.get("answer"))
        return None if answer is None else answer.interval

    @property
    def verdict(self) -> str:
        """``converged``, ``not-settled``, ``contradicted`` or ``interrupted``."""
        return self._outcome["verdict"]

    @property
    def why(self) -> str | None:
        """Why it is not settled, contradicted or interrupted."""
        return self.json.get("why") or (None if self.verdict == "converged" else self._outcome["why"])

    @property
    def bounds(self) -> tuple[Estimate, Estimate] | None:
        """Between what numbers the truth lies, where that is proved."""
        bounds = self._table("bounds")
        lower, upper = _estimate(bounds.get("lower")), _estimate(bounds.get("upper"))
        return None if lower is None or upper is None else (lower, upper)

    @property
    def baselines(self) -> dict[str, Estimate]:
        """What is had without learning, by name."""
        rows = self.json.get("baselines")
        named = self._table("baselines")
        if isinstance(rows, list):
            named = {row["name"]: row for row in cast("list[dict[str, Any]]", rows)}
        found = {name: _estimate(one) for name, one in named.items()}
        return {name: one for name, one in found.items() if one is not None}

    @property
    def levels(self) -> list[Level]:
        """Level by level of the time grid, of an equation."""
        rows = self.json.get("levels")
        if not isinstance(rows, list):
            return []
        each = cast("list[dict[str, Any]]", rows)
        found = [(row["steps"], _estimate(row), row["r2"]) for row in each]
        return [Level(steps, value, r2) for steps, value, r2 in found if value is not None]

    @property
    def seconds(self) -> float:
        """Seconds from start to end."""
        return self.json["seconds"]

    @property
    def name(self) -> str:
        """The name of the case."""
        return self._outcome["name"]

    @property
    def case(self) -> str:
        """The complete case as the text of a case file, every default filled in."""
        return self._outcome["case"]

    @property
    def text(self) -> str:
        """What the command prints."""
        return self._outcome["text"]

    @property
    def paths(self) -> dict[str, Array]:
        """Whole paths as arrays: of an equation ``t`` (n + 1,), ``x`` (paths, n + 1, d), ``y``, ``z``."""
        import numpy as np

        paths = cast("dict[str, tuple[Array, tuple[int, ...]]]", self._outcome["paths"])
        return {name: np.reshape(array, shape) for name, (array, shape) in paths.items()}

    @property
    def potential(self) -> Potential:
        """The trained potential, of a training."""
        from .potential import Potential

        found = cast("dict[str, bytes]", self._outcome["files"]).get("model.dp")
        if found is None and self.folder is not None:
            return Potential(os.path.join(self.folder, "model.dp"))
        if found is None and self.verdict == "interrupted":
            raise InputError(
                f"`{self.name}`: the training was interrupted. `.resume()` ends it, then it is there."
            )
        if found is None:
            raise InputError(f'`{self.name}` trains no potential. A case of kind = "deep-potential" does.')
        return Potential(found)

    # ---- the function

    @property
    def columns(self) -> list[str]:
        """What the function is asked of: ``t``, and the components of x or the states, in this order."""
        return self._function().columns

    def _function(self) -> Function:
        # Its threads do not follow a fork.
        if self._outcome["family"] == "atoms":
            raise InputError(
                f"`{self.name}` trains a potential, not a function of time and place: `.potential` is asked "
                "at frames."
            )
        if self._asked is None or self._asked[0] != os.getpid():
            parameters = self._outcome["parameters"]
            if parameters is None:
                raise NumericError(f"`{self.name}`: nothing was trained, so there is no function to ask")
            try:
                self._asked = os.getpid(), Function(self.name, self.case, parameters)
            except KeyboardInterrupt as signal:
                raise interrupted("while the function was made", self) from signal
        return self._asked[1]

    def _at(self, columns: list[str], asked: Array) -> dict[str, Array]:
        import numpy as np

        function = self._function()
        try:
            names, flat, n = function.at(columns, asked)
        except KeyboardInterrupt as signal:
            raise interrupted("while the function was asked", self) from signal
        table = np.reshape(flat, (n, len(names)))
        return {name: table[:, k] for k, name in enumerate(names)}

    def _points(self, t: object, x: object) -> tuple[list[str], Array, tuple[int, ...]]:
        """Columns, a table of points, and the shape of what is asked for."""
        columns = self.columns
        return columns, *points(columns, t, x)

    def __call__(self, t: object, x: object) -> Any:
        """u(t, x) of an equation, with standard errors; the actions of a policy at step t in states x.

        Parameters
        ----------
        t : float or array of shape (n,)
            Times, 0 ≤ t < T; in control steps, counted from 0.
        x : array of shape (d,) or (n, d), or mapping
            Points; in control states, in the order of ``solution.columns``, or an array for each by its name.

        Returns
        -------
        Estimates, or an array of actions of shape (k,) or (n, k), in the order in which they were named

        Notes
        -----
        u is read off 1024 paths from each point that follow the function, with draws of its own for each row:
        some milliseconds a point, and no differences are to be taken of it. `gradient` is the network's.
        """
        import numpy as np

        columns, table, shape = self._points(t, x)
        found = self._at(columns, table)
        if self._outcome["family"] == "equations":
            value, error = np.reshape(found["u"], shape), np.reshape(found["stderr"], shape)
            return Estimates(value, error, np.reshape(found["inside"], shape) > 0.5)
        actions = [found[name] for name in list(found)[len(columns) :]]
        return np.reshape(np.stack(actions, axis=-1), (*shape, len(actions)))

    def gradient(self, t: object = None, x: object = None) -> Estimates:
        """∇u(t, x) of an equation, an array of shape (…, d) with its indicated errors.

        Without a point it is ∇u(0, x₀), with standard errors.
        """
        import numpy as np

        if t is None and x is None:
            rows = self.json.get("gradient")
            if not isinstance(rows, list):
                raise InputError(f"`{self.name}` has no gradient at its start. Give t and x.")
            pairs = np.array([[row["value"], row["stderr"]] for row in cast("list[dict[str, float]]", rows)])
            return Estimates(pairs[:, 0], pairs[:, 1], np.ones(len(pairs), dtype=bool))
        columns, table, shape = self._points(t, x)
        found = self._at(columns, table)
        if self._outcome["family"] != "equations":
            raise InputError(
                f"`{self.name}` is no equation, so it has no gradient. `solution(t, x)` are its actions."
            )
        d = len(columns) - 1
        slopes = np.reshape(np.stack([found[f"du{i}"] for i in range(1, d + 1)], axis=-1), (*shape, d))
        # The error is indicated for the whole vector: |∇u| times √(1 − R²).
        error = np.broadcast_to(np.reshape(found["du_error"], shape)[..., None], slopes.shape)
        inside = np.broadcast_to(np.reshape(found["inside"], shape)[..., None] > 0.5, slopes.shape)
        return Estimates(slopes, error, inside)

    def resume(self, *, progress: bool | None = None) -> Solution:
        """Goes on with an interrupted run, to the same bits as if it had not been interrupted."""
        if self.verdict != "interrupted":
            raise InputError(f"`{self.name}` was not interrupted. Solve it again with more run.iterations.")
        case = Case.parse(self.name, self.case)
        state = self._outcome["parameters"] if self._outcome["goes_on"] else None
        again = self.folder is not None and os.path.isdir(self.folder)
        from .solving import run

        return run(case, self.folder, again, state, progress)

    # ---- how it looks

    def plot(self, figure: int | str = 0, ax: Any = None) -> Any:
        """Draws a picture of the report with matplotlib; ``solution.figures`` names them."""
        from .plot import draw

        return draw(self.figures, figure, ax)

    @property
    def figures(self) -> dict[str, dict[str, Any]]:
        """The pictures of the report as data, by name."""
        all_of = cast("list[dict[str, Any]]", json.loads(self._outcome["figures"]))
        return {one["name"]: one for one in all_of}

    def to_pandas(self) -> Any:
        """The looks of the run as a data frame. Needs pandas."""
        return self.trace.to_pandas()

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        top = self._outcome["top"]
        return top if top is not None else f"<pre>{html.escape(self.text)}</pre>"

    def __getstate__(self) -> dict[str, Any]:
        return {"outcome": dict(self._outcome), "folder": self.folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["outcome"], state["folder"])


def _estimate(part: object) -> Estimate | None:
    if not isinstance(part, dict):
        return None
    row = cast("dict[str, Any]", part)
    value, error = row.get("value"), row.get("stderr")
    if not isinstance(value, (int, float)):
        return None
    return Estimate(float(value), float(error) if isinstance(error, (int, float)) else float("nan"))


def _shown(solution: Solution) -> str:
    answer = _estimate(solution.json.get("answer"))
    return "no answer" if answer is None else repr(answer)


class Solutions(Sequence[Solution]):
    """The solutions of a case with a section ``sweep``, in the order of its values."""

    def __init__(self, all_of: Sequence[Solution]) -> None:
        self._all = list(all_of)

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            return Solutions(self._all[cast("slice[Any, Any, Any]", k)])
        return self._all[cast(int, k)]

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return "\n".join(f"{_shown(one):<24} {one.verdict}" for one in self._all)


def interrupted(where: str, solution: Solution) -> Interrupted:
    """An interruption, with what had been reached."""
    error = Interrupted(where)
    cast(Any, error).solution = solution
    return error
