"""Windows of iterations: asked for on standard input, answered on standard output.

Ready, a contestant says `ready TITLE`. To each line `window K` it makes at least K iterations and
answers `MILLISECONDS LOSS`: the time of one, and the loss of the last. It ends with its input.
"""

import sys
import time
from collections.abc import Callable
from typing import SupportsFloat


def answer(title: str, window: Callable[[int], tuple[float, float]]) -> None:
    """Answers until nobody asks. `window` makes so many iterations: milliseconds of one, and the loss."""
    print(f"ready {title}", flush=True)
    for line in sys.stdin:
        ms, loss = window(int(line.removeprefix("window ")))
        print(f"{ms:.5f} {loss:.5e}", flush=True)


def serve(title: str, length: int, advance: Callable[[], SupportsFloat]) -> None:
    """Answers until nobody asks. `advance` makes `length` iterations; its first call compiles."""
    float(advance())

    def window(iterations: int) -> tuple[float, float]:
        calls = -(-iterations // length)
        began = time.perf_counter()
        for _ in range(calls - 1):
            advance()
        loss = float(advance())
        return 1e3 * (time.perf_counter() - began) / (calls * length), loss

    answer(title, window)
