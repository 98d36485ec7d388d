"""The parts of an answer: its levels, its four errors, and the looks on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .estimate import Estimate

if TYPE_CHECKING:
    from ._arrays import Array


@dataclass(frozen=True)
class Level:
    """One level of the time grid: N steps, the value there, and the share of Var g that Z explains."""

    steps: int
    value: Estimate
    r2: float | None


class ErrorBudget:
    """The four errors of an answer, and how each is known; printed as a table."""

    def __init__(self, terms: Mapping[str, Mapping[str, Any]]) -> None:
        self._terms = {name: dict(term) for name, term in terms.items()}

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self._terms[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def size(self, name: str) -> float | None:
        """The size of an error, where one is known."""
        return cast("float | None", self._terms[name].get("size"))

    def __repr__(self) -> str:
        rows = [("error", "size", "how")]
        for name, term in self._terms.items():
            size = term.get("size")
            shown = (
                f"{size:.2g}"
                if isinstance(size, (int, float))
                else ("none" if term["kind"] == "absent" else "")
            )
            rows.append((name, shown, f"{term.get('how', '')} ({term['kind']})"))
        wide = [max(len(row[k]) for row in rows) for k in range(2)]
        return "\n".join(f"{a:<{wide[0]}}  {b:<{wide[1]}}  {c}" for a, b, c in rows)


class Trace(Mapping[str, "Array"]):
    """The looks of a run at its loss, as arrays by name: iteration, training, validation, stderr, …"""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> Array:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def to_pandas(self) -> Any:
        """A data frame, a row a look. Needs pandas."""
        from ._optional import module

        return module("pandas").DataFrame(self._columns).set_index("iteration")

    def __repr__(self) -> str:
        return f"Trace({len(self._columns['iteration'])} looks: {', '.join(self._columns)})"
