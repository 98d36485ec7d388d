"""Windows of iterations: asked for on standard input, answered on standard output.

Ready, a contestant says `ready TITLE`. To each line `window K` it makes at least K iterations and
answers `MILLISECONDS LOSS`: the time of one, and the loss of the last. It ends with its input.
"""

import sys
import time
from collections.abc import Callable
from typing import SupportsFloat


def serve(title: str, length: int, advance: Callable[[], SupportsFloat]) -> None:
    """Answers until nobody asks. `advance` makes `length` iterations; its first call compiles."""
    float(advance())
    print(f"ready {title}", flush=True)
    for line in sys.stdin:
        calls = -(-int(line.removeprefix("window ")) // length)
        began = time.perf_counter()
        for _ in range(calls - 1):
            advance()
        loss = float(advance())
        ms = 1e3 * (time.perf_counter() - began) / (calls * length)
        print(f"{ms:.5f} {loss:.5e}", flush=True)
