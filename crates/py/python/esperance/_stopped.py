"""A run that was left: what it still brings, or the beginning of its case."""

from __future__ import annotations

import json
from typing import Any

from ._arrays import floats
from ._esperance import Case, Pending


class Stopped:
    """What a solution holds of a run that was asked to stop and was not waited for."""

    def __init__(self, case: Case, pending: Pending | None) -> None:
        self._case = case
        self._pending = pending

    def outcome(self) -> dict[str, Any]:
        """What it had reached; waits for the end of its iteration."""
        found = None if self._pending is None else self._pending.wait()
        if found is not None:
            return found
        why = "interrupted before its first iteration"
        said: dict[str, object] = {
            "case": self._case.name,
            "verdict": "interrupted",
            "why": why,
            "answer": None,
            "error": {},
        }
        none: list[float] = []
        return {
            "object": json.dumps(said),
            "text": f"no answer: {why}",
            "case": self._case.complete(),
            "name": self._case.name,
            "family": "",
            "why": why,
            "verdict": "interrupted",
            "trace": {name: floats(name, none) for name in ("iteration", "training", "validation", "stderr")},
            "top": None,
            "figures": "[]",
            "parameters": None,
            "goes_on": False,
            "paths": {},
            "files": {},
        }
