"""What a run shows on its way: ``tqdm`` where it is installed, else a line now and then."""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any


class EsperanceWarning(UserWarning):
    """Something that should be known about a run or a file."""


class Progress:
    """The listener of one run: called about every 50 ms."""

    def __init__(self, wanted: bool | None) -> None:
        notebook = "ipykernel" in sys.modules
        self._shows = wanted if wanted is not None else notebook or sys.stderr.isatty()
        self._bar: Any = None
        self._stage: str | None = None
        self._lined = time.monotonic()

    def __call__(self, made: int, of: int, loss: float | None, stage: str, said: list[str]) -> None:
        for sentence in said:
            from ._optional import warned

            warned(sentence)
        if not self._shows or of == 0:
            return
        if not self._draw(made, of, loss, stage) and time.monotonic() - self._lined > 1.0:
            self._lined = time.monotonic()
            rest = "" if loss is None else f"  loss {loss:.3e}"
            print(f"{stage or 'iteration'} {made} of {of}{rest}", file=sys.stderr)

    def _draw(self, made: int, of: int, loss: float | None, stage: str) -> bool:
        try:
            with warnings.catch_warnings():
                # Without ipywidgets it says so, and draws with text.
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm
        except ImportError:
            return False
        if self._bar is None or self._stage != stage:
            self.end()
            self._stage = stage
            self._bar = tqdm(total=of, desc=stage or "iterations", leave=False)
        self._bar.total = of
        if loss is not None:
            self._bar.set_postfix_str(f"loss {loss:.3e}", refresh=False)
        self._bar.update(made - self._bar.n)
        return True

    def end(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
